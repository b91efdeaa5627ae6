package provision

import (
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// An overlay remembers the records that this connection wrote of late, so that
// a search through an index that lags behind finds them all the same (design
// D7). It is consulted for lagging searches only, never for reads.
type overlay struct {
	mu    sync.Mutex
	clock func() time.Time
	age   time.Duration
	max   int
	recs  map[connector.Ref]overlaid
	queue []connector.Ref // in the order of writing; may name a ref again
}

type overlaid struct {
	rec *schema.Record // nil for a record that is gone
	at  time.Time
}

func newOverlay(clock func() time.Time, age time.Duration, max int) *overlay {
	return &overlay{clock: clock, age: age, max: max, recs: make(map[connector.Ref]overlaid)}
}

// wrote notes a record as it is now, nil when it is gone.
func (o *overlay) wrote(ref connector.Ref, rec *schema.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recs[ref] = overlaid{rec: rec, at: o.clock()}
	o.queue = append(o.queue, ref)
	o.trim()
}

// recent calls visit for each record of an object that was written of late.
func (o *overlay) recent(object string, visit func(connector.Ref, *schema.Record)) {
	o.mu.Lock()
	o.trim()
	type pair struct {
		ref connector.Ref
		rec *schema.Record
	}
	var found []pair
	seen := make(map[connector.Ref]bool)
	for _, ref := range o.queue {
		if e, ok := o.recs[ref]; ok && ref.Object == object && !seen[ref] {
			seen[ref] = true
			found = append(found, pair{ref, e.rec})
		}
	}
	o.mu.Unlock()
	for _, p := range found {
		visit(p.ref, p.rec)
	}
}

// trim forgets what is too old or too much.
func (o *overlay) trim() {
	limit := o.clock().Add(-o.age)
	for len(o.queue) > 0 {
		ref := o.queue[0]
		e, ok := o.recs[ref]
		if ok && !e.at.Before(limit) && len(o.queue) <= o.max {
			return
		}
		o.queue = o.queue[1:]
		// A younger note of the same record stands further back in the queue.
		if ok && (e.at.Before(limit) || !o.queued(ref)) {
			delete(o.recs, ref)
		}
	}
}

func (o *overlay) queued(ref connector.Ref) bool {
	for _, r := range o.queue {
		if r == ref {
			return true
		}
	}
	return false
}
