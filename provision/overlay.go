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
	age   time.Duration // for how long a record is kept
	max   int
	recs  map[connector.Ref]overlaid
	queue []connector.Ref // in the order of writing; may name a ref again
}

type overlaid struct {
	rec     *schema.Record // nil for a record that is gone
	partial bool           // see stored
	at      time.Time
}

func newOverlay(clock func() time.Time, age time.Duration, max int) *overlay {
	return &overlay{clock: clock, age: age, max: max, recs: make(map[connector.Ref]overlaid)}
}

// wrote notes a record as it is now, without one when it is gone.
func (o *overlay) wrote(f *stored) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recs[f.ref] = overlaid{rec: f.rec, partial: f.partial, at: o.clock()}
	o.queue = append(o.queue, f.ref)
	o.trim()
}

// last returns a record as it was last written, nil where that is not known any more.
func (o *overlay) last(r connector.Ref) *schema.Record {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trim()
	return o.recs[r].rec
}

// since returns the records of an object that were written after an instant.
func (o *overlay) since(object string, at time.Time) map[connector.Ref]overlaid {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.trim()
	out := make(map[connector.Ref]overlaid)
	for ref, e := range o.recs {
		if ref.Object == object && !e.at.Before(at) {
			out[ref] = e
		}
	}
	return out
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
