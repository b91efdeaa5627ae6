package provision

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// walk reads the target's pages and gives the part of them that a query asks
// for. Its cost is one call for each page of the target from the last place
// that an earlier walk has passed; memory is that of one page and the answer.
//
// known are records that pass the filter for all that State says, and that the
// target's search may not find.
func (b *Backend) walk(ctx context.Context, ev *Event, bind *binding, q scim.Query, push mapping.Pushdown, known []*stored) (*scim.Page, error) {
	w := &walker{b: b, ev: ev, bind: bind, q: q, push: push, known: known, page: &scim.Page{}}
	// A filter that the target answers whole is walked like a list; one that is
	// checked here has to read everything there is.
	w.filtered = q.Filter != nil
	w.consistent = push.Query != nil && b.consistent(bind, push.Query)
	w.trusted = !w.filtered || w.consistent && push.Residual == nil && len(known) == 0
	if push.Query != nil && !w.consistent {
		w.fresh = b.recent(bind)
	}
	w.key = bind.obj.Name
	if push.Query != nil {
		w.key += "?" + push.Query.String()
	}
	switch {
	case bind.obj.Offset && w.countable():
		// The target counts as SCIM does, and can begin anywhere.
		w.seen, w.offset = q.StartIndex-1, q.StartIndex-1
	case !w.filtered || w.trusted:
		w.seen, w.cursor = b.cursors.nearest(w.key, q.StartIndex-1)
	}
	return w.run(ctx)
}

// walker is one walk.
type walker struct {
	b    *Backend
	ev   *Event
	bind *binding
	q    scim.Query
	push mapping.Pushdown
	key  string

	filtered bool // the query has a filter
	trusted  bool // every record that the target gives passes it
	// consistent says that the target's search sees every finished write.
	consistent bool
	fresh      map[connector.Ref]*schema.Record // written of late, nil for what is gone
	known      []*stored

	cursor string
	offset int // where to begin, while there is no cursor
	seen   int // resources that stand before the cursor
	read   int // records read so far
	page   *scim.Page
}

func (w *walker) run(ctx context.Context) (*scim.Page, error) {
	for {
		p, err := w.b.target.List(ctx, w.bind.obj.Name, connector.Query{
			Filter: w.push.Query, Cursor: w.cursor, Offset: w.offset, Limit: w.q.Count, Omit: w.bind.unwanted(w.q.Wants),
		})
		if errors.Is(err, connector.Unsupported) && w.push.Query != nil {
			// The target's query language has no way to say it, or no more results.
			if w.read > 0 {
				return nil, w.tooMany()
			}
			w.push, w.trusted, w.consistent, w.fresh, w.known = mapping.Pushdown{}, false, false, nil, nil
			w.cursor, w.offset, w.seen = "", 0, 0
			continue
		}
		if err != nil {
			return nil, err
		}
		found, err := w.visible(ctx, p.Records)
		if err != nil {
			return nil, err
		}
		if err := w.take(ctx, found); err != nil {
			return nil, err
		}
		w.read += len(p.Records)
		if p.Next == "" {
			if err := w.takeUnlisted(ctx); err != nil {
				return nil, err
			}
			w.page.Total, w.page.Exact = w.seen, true
			if w.countable() && p.Total >= 0 {
				w.page.Total = p.Total // the walk may have begun behind the end
			}
			return w.page, nil
		}
		w.cursor, w.offset = p.Next, 0
		if !w.filtered || w.trusted {
			w.b.cursors.note(w.key, w.seen, w.cursor)
		}
		if done, err := w.enough(p.Total); done || err != nil {
			return w.page, err
		}
	}
}

// enough decides whether a walk can end before the end of the list.
func (w *walker) enough(total int) (bool, error) {
	full := w.seen >= w.q.StartIndex-1+w.q.Count
	if full && total >= 0 && w.countable() {
		w.page.Total, w.page.Exact = total, true
		return true, nil
	}
	if w.filtered || w.q.ExactTotal {
		if w.read < w.b.opts.ScanLimit {
			return false, nil
		}
		if !w.trusted {
			return true, w.tooMany()
		}
		if w.q.ExactTotal {
			return false, nil
		}
	}
	if full {
		w.page.Total, w.page.Exact = w.seen+1, false
	}
	return full, nil
}

func (w *walker) tooMany() error {
	return scim.Errorf(http.StatusBadRequest, scim.TooMany,
		"the target cannot search for this, and it has more than %d records to read: match on an attribute that it can search", w.b.opts.ScanLimit)
}

// countable reports whether the target's own total is that of what SCIM shows. A
// search that folds more than SCIM does finds too many.
func (w *walker) countable() bool {
	_, tombstones, err := w.bind.policy.removal(w.bind.obj)
	return (!w.filtered || w.trusted && w.bind.obj.Search.Any) && err == nil && !tombstones
}

// visible leaves out what DELETEs have put away, and puts records that were
// written of late in the place of what a search still has of them.
func (w *walker) visible(ctx context.Context, recs []*schema.Record) ([]*stored, error) {
	keys := make([]Key, len(recs))
	for i, rec := range recs {
		keys[i] = keyOf(w.bind.obj, rec.String(w.bind.obj.IDField()))
	}
	entries, err := w.b.opts.State.Load(ctx, keys...)
	if err != nil {
		return nil, forgotten(err)
	}
	out := make([]*stored, 0, len(recs))
	for i, rec := range recs {
		if entries[i] != nil && !entries[i].Tombstone.IsZero() {
			continue
		}
		ref := connector.Ref{Object: w.bind.obj.Name, ID: keys[i].ID}
		w.known = slices.DeleteFunc(w.known, func(k *stored) bool { return k.ref == ref })
		rec = adapt(rec, w.bind.obj.Type)
		if newer, ok := w.fresh[ref]; ok {
			delete(w.fresh, ref)
			if newer == nil {
				continue
			}
			// Somebody else may have written it since.
			if !w.bind.modified(rec).After(w.bind.modified(newer)) {
				rec = newer
			}
		}
		out = append(out, &stored{ref: ref, rec: rec, entry: entries[i]})
	}
	return out, nil
}

// takeUnlisted takes the records that the search did not give although they are
// there: those written of late, those that State knows by the filter's value,
// and, where an address has found nobody, who may be hidden.
func (w *walker) takeUnlisted(ctx context.Context) error {
	var late []*schema.Record
	for _, ref := range sortedRefs(w.fresh) {
		if rec := w.fresh[ref]; rec != nil {
			late = append(late, rec)
		}
		w.known = slices.DeleteFunc(w.known, func(k *stored) bool { return k.ref == ref })
	}
	found, err := w.visible(ctx, late)
	if err != nil {
		return err
	}
	found = append(found, w.known...)
	if w.consistent && w.seen == 0 && !w.bind.obj.Search.Immediate {
		hidden, err := w.hidden(ctx)
		if err != nil {
			return err
		}
		found = append(found, hidden...)
	}
	return w.take(ctx, found)
}

// hidden reads who has the value that a lookup found nobody for, as far as this
// connection knows: of what few targets say is whether their lookup shows
// disabled accounts, and those that were made just now. It costs nothing where
// nobody is known.
func (w *walker) hidden(ctx context.Context) ([]*stored, error) {
	c, ok := w.push.Query.(*schema.Compare)
	if !ok || len(w.bind.obj.Unique) == 0 || !strings.EqualFold(c.Path.String(), w.bind.obj.Unique[0]) {
		return nil, nil
	}
	var ids []string
	value := c.Value.Text()
	w.b.overlay.recent(w.bind.obj.Name, func(ref connector.Ref, rec *schema.Record) {
		if rec != nil && strings.EqualFold(rec.Get(w.bind.obj.Unique[0]).Text(), value) {
			ids = append(ids, ref.ID)
		}
	})
	return w.b.readKnown(ctx, w.ev, w.bind, w.q, hiddenLogin, value, ids)
}

// modified is when the target says that a record was changed last; zero where it
// does not say.
func (bind *binding) modified(rec *schema.Record) time.Time {
	read := bind.typ.New()
	bind.plan.ToSCIM(read, rec, nil)
	at, _ := time.Parse(time.RFC3339Nano, read.At(schema.SlotMeta).Member("lastModified").Text())
	return at
}

// take counts records and keeps those of the part that was asked for.
func (w *walker) take(ctx context.Context, found []*stored) error {
	from, to := w.q.StartIndex-1, w.q.StartIndex-1+w.q.Count
	if !w.filtered {
		lo := min(max(from-w.seen, 0), len(found))
		hi := min(max(to-w.seen, lo), len(found))
		w.seen += len(found)
		found = found[lo:hi]
		if len(found) == 0 {
			return nil
		}
	}
	all, err := w.b.resources(ctx, w.bind, found)
	if err != nil {
		return err
	}
	for _, r := range all {
		if w.filtered {
			// The target's search may fold more than SCIM does: what it gave is
			// always compared again.
			if !w.q.Matches(r.Record) {
				continue
			}
			w.seen++
			if w.seen <= from || w.seen > to {
				continue
			}
		}
		w.page.Resources = append(w.page.Resources, r)
	}
	return nil
}

// consistent reports whether a search sees every finished write.
func (b *Backend) consistent(bind *binding, f schema.Filter) bool {
	if bind.obj.Search.Immediate {
		return true
	}
	c, ok := f.(*schema.Compare)
	return ok && c.Op == schema.Eq && bind.obj.Search.Sees(c.Path.String())
}

// recent returns the records of the binding's object that were written of late.
func (b *Backend) recent(bind *binding) map[connector.Ref]*schema.Record {
	out := make(map[connector.Ref]*schema.Record)
	b.overlay.recent(bind.obj.Name, func(ref connector.Ref, rec *schema.Record) {
		out[ref] = adapt(rec, bind.obj.Type)
	})
	return out
}

func sortedRefs(recs map[connector.Ref]*schema.Record) []connector.Ref {
	return slices.SortedFunc(maps.Keys(recs), func(a, b connector.Ref) int { return strings.Compare(a.ID, b.ID) })
}

// cursors remembers at which cursor of the target the resource with some number
// stands, so that a client that asks for page after page by number costs one
// call for each page, and not one for each page before it.
type cursors struct {
	mu    sync.Mutex
	clock func() time.Time
	age   time.Duration
	max   int
	lists map[string][]checkpoint
}

type checkpoint struct {
	seen   int // resources before the cursor
	cursor string
	at     time.Time
}

func newCursors(clock func() time.Time, age time.Duration, max int) *cursors {
	return &cursors{clock: clock, age: age, max: max, lists: make(map[string][]checkpoint)}
}

// nearest returns the last checkpoint that does not lie behind a position.
func (c *cursors) nearest(key string, position int) (seen int, cursor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.clock().Add(-c.age)
	for _, p := range c.lists[key] {
		if p.seen <= position && p.seen > seen && !p.at.Before(old) {
			seen, cursor = p.seen, p.cursor
		}
	}
	return seen, cursor
}

// forget drops the checkpoints of an object's lists: a record that is hidden or
// shown again moves all that stand behind it.
func (c *cursors) forget(object string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.lists, func(key string, _ []checkpoint) bool {
		name, _, _ := strings.Cut(key, "?")
		return name == object
	})
}

// note adds a checkpoint. The list of one key is bounded, the oldest goes first;
// so is the number of keys.
func (c *cursors) note(key string, seen int, cursor string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	list := c.lists[key]
	for i := range list {
		if list[i].cursor == cursor {
			list[i] = checkpoint{seen, cursor, now}
			return
		}
	}
	if len(list) >= c.max {
		list = append(list[:0], list[1:]...)
	}
	if list == nil && len(c.lists) >= c.max {
		clear(c.lists)
	}
	c.lists[key] = append(list, checkpoint{seen, cursor, now})
}
