package provision

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
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
func (b *Backend) walk(ctx context.Context, ev *Event, src *source, q query, known []*stored) (*scim.Page, error) {
	w := b.walker(ev, src, q, len(known) > 0, b.opts.Clock())
	w.known = known
	w.key = src.key()
	switch {
	case w.bind.obj.Offset && w.countable():
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
	src  *source
	bind *binding // of the source
	q    query
	push mapping.Pushdown
	key  string

	filtered bool // the query has a filter
	trusted  bool // every record that the target gives passes it
	// consistent says that the target's search sees every finished write.
	consistent bool
	fresh      map[connector.Ref]overlaid // written of late
	known      []*stored
	omit       []string // fields that are not read
	unchecked  bool     // what the target gives is not compared again

	cursor string
	skip   int // records behind the cursor that are not wanted
	offset int // where to begin, while there is no cursor
	seen   int // resources that stand before the cursor
	read   int // records read so far
	page   *scim.Page
}

// walker returns a walk at its beginning. elsewhere says that there are records
// that the target's search may not find, and since is when the search has to have
// been up to date.
func (b *Backend) walker(ev *Event, src *source, q query, elsewhere bool, since time.Time) *walker {
	bind, push := src.bind, src.push
	w := &walker{b: b, ev: ev, src: src, bind: bind, q: q, push: push, page: &scim.Page{}}
	// A filter that the target answers whole is walked like a list; one that is
	// checked here has to read everything there is.
	w.filtered = q.Filter != nil
	w.consistent = push.Query != nil && b.consistent(bind, push.Query)
	w.trusted = !w.filtered || w.consistent && push.Residual == nil && !elsewhere
	if push.Query != nil && !w.consistent {
		w.fresh = b.recent(src, since)
	}
	w.omit = bind.omitted(q)
	if w.trusted && w.filtered && bind.answersAll() {
		// Such a target has looked at what the filter is about, be it the members of
		// a group that nobody wants to see.
		q.Filter = nil
		all := bind.omitted(q)
		w.unchecked = len(all) > len(w.omit)
		w.omit = all
	}
	return w
}

// scan makes the walk read everything there is, where the target's query language
// has no way to say the filter.
func (w *walker) scan() {
	w.push, w.trusted, w.consistent, w.unchecked = mapping.Pushdown{}, false, false, false
	w.omit = w.bind.omitted(w.q)
	w.cursor, w.offset, w.seen = "", 0, 0
}

// list reads the target's page at the walk's cursor.
func (w *walker) list(ctx context.Context) (*connector.Page, error) {
	q := connector.Query{Filter: w.push.Query, Cursor: w.cursor, Offset: w.offset, Omit: w.omit, Kin: w.src.kin}
	// Who reads everything can wait for those who want one thing.
	q.Background = !w.filtered
	if w.trusted {
		q.Limit = w.q.Count + w.skip
	}
	return w.b.target.List(ctx, w.bind.obj.Name, q)
}

func (w *walker) run(ctx context.Context) (*scim.Page, error) {
	for {
		p, err := w.list(ctx)
		if errors.Is(err, connector.Unsupported) && w.push.Query != nil {
			// The target's query language has no way to say it, or no more results.
			if w.read > 0 {
				return nil, w.tooMany()
			}
			w.scan()
			w.fresh, w.known = nil, nil
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
	if w.q.sorting && (w.read >= w.b.opts.ScanLimit || total > w.b.opts.ScanLimit && w.countable()) {
		return true, w.b.tooManyToSort()
	}
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
	return (!w.filtered || w.trusted && w.bind.obj.Search.Any) && !w.bind.policy.buries(w.bind.obj)
}

// visible leaves out what DELETEs have put away, and puts records that were
// written of late in the place of what a search still has of them.
func (w *walker) visible(ctx context.Context, recs []*schema.Record) ([]*stored, error) {
	keys := make([]Key, len(recs))
	for i, rec := range recs {
		obj := w.src.kindOf(rec).obj
		keys[i] = keyOf(obj, rec.String(obj.IDField()))
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
		f := w.src.stored(rec, entries[i])
		f.partial = f.partial || len(w.omit) > 0
		w.known = slices.DeleteFunc(w.known, func(k *stored) bool { return k.ref == f.ref })
		if newer, ok := w.fresh[f.ref]; ok {
			delete(w.fresh, f.ref)
			if newer.rec == nil {
				continue
			}
			// Somebody else may have written it since.
			if !f.bind.modified(f.rec).After(f.bind.modified(newer.rec)) {
				f.rec, f.partial = newer.rec, newer.partial
			}
		}
		out = append(out, f)
	}
	return out, nil
}

// takeUnlisted takes the records that the search did not give although they are
// there: those written of late, those that State knows by the filter's value,
// and, where an address has found nobody, who may be hidden.
func (w *walker) takeUnlisted(ctx context.Context) error {
	var late []*schema.Record
	for _, ref := range sortedRefs(maps.Keys(w.fresh)) {
		if rec := w.fresh[ref].rec; rec != nil {
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
// connection knows.
func (w *walker) hidden(ctx context.Context) ([]*stored, error) {
	refs, err := w.b.hiddenRefs(ctx, w.src, w.b.opts.Clock())
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, ref := range refs {
		if id := w.bind.scimID(ref.ID); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return w.b.readAll(ctx, w.ev, w.bind.fam, w.q, ids)
}

// hiddenRefs are those who may have the value that the target is asked for by a
// consistent lookup, which may not show them: of what few targets say is whether
// it shows disabled accounts, and those that were made just now.
func (b *Backend) hiddenRefs(ctx context.Context, src *source, since time.Time) ([]connector.Ref, error) {
	bind := src.bind
	c, ok := src.push.Query.(*schema.Compare)
	if !ok || c.Op != schema.Eq || len(bind.obj.Unique) == 0 || !strings.EqualFold(c.Path.String(), bind.obj.Unique[0]) {
		return nil, nil
	}
	refs, err := b.stateRefs(ctx, bind, hiddenLogin, c.Value.Text())
	if err != nil {
		return nil, err
	}
	recent := b.recent(src, since)
	for _, ref := range sortedRefs(maps.Keys(recent)) {
		kind := bind.fam.kindOf(ref.Object)
		if rec := recent[ref].rec; rec != nil && strings.EqualFold(rec.Get(kind.uniqueLike(bind, bind.obj.Unique[0])).Text(), c.Value.Text()) && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs, nil
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
	all, err := w.b.resources(ctx, found, forReading)
	if err != nil {
		return err
	}
	for i, r := range all {
		if w.filtered {
			// The target's search may fold more than SCIM does: what it gave is
			// always compared again.
			if !w.passes(r) {
				continue
			}
			w.seen++
			if w.seen <= from || w.seen > to {
				continue
			}
		}
		if err := w.give(ctx, found[i], r); err != nil {
			return err
		}
	}
	return nil
}

// give puts a resource on the page.
func (w *walker) give(ctx context.Context, f *stored, r *scim.Resource) error {
	w.page.Resources = append(w.page.Resources, r)
	return w.b.setVersion(ctx, f, r)
}

// consistent reports whether a search sees every finished write.
func (b *Backend) consistent(bind *binding, f schema.Filter) bool {
	if bind.obj.Search.Immediate {
		return true
	}
	c, ok := f.(*schema.Compare)
	return ok && c.Op == schema.Eq && bind.obj.Search.Sees(c.Path.String())
}

// passes reports whether a resource passes the filter.
func (w *walker) passes(r *scim.Resource) bool { return w.unchecked || w.q.Matches(r.Record) }

// recent returns the records of a source's kinds that a search which was up to date
// at an instant may not have.
func (b *Backend) recent(src *source, since time.Time) map[connector.Ref]overlaid {
	out := make(map[connector.Ref]overlaid)
	for _, bind := range src.kinds() {
		for ref, e := range b.overlay.since(bind.obj.Name, since.Add(-b.opts.Lag)) {
			e.rec = adapt(e.rec, bind.obj.Type)
			out[ref] = e
		}
	}
	return out
}

func sortedRefs(refs iter.Seq[connector.Ref]) []connector.Ref {
	return slices.SortedFunc(refs, func(a, b connector.Ref) int { return strings.Compare(a.ID, b.ID) })
}
