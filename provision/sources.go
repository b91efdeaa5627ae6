package provision

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// source is one of the target's lists that a query is answered from: that of one
// kind, or one in which a kind comes along with its kin.
type source struct {
	bind *binding
	kin  bool
	// push is what becomes of the filter; asked are the equalities in it on
	// attributes that State keeps.
	push  mapping.Pushdown
	asked []equality
}

// withKin marks the keys of lists that kin come along in.
const withKin = "+"

// key names the list in which a source's records stand.
func (src *source) key() string {
	key := src.bind.obj.Name
	if src.kin {
		key += withKin
	}
	if src.push.Query != nil {
		key += "?" + src.push.Query.String()
	}
	return key
}

// kinds are those whose records a source gives.
func (src *source) kinds() []*binding {
	if src.kin {
		return src.bind.fam.kinds
	}
	return []*binding{src.bind}
}

// sources are the lists from which a query is answered, one after the other: a
// single one where the target lists all kinds together and can be asked for what
// the query wants in that list.
func (fam *family) sources(q query) []*source {
	out := make([]*source, 0, len(fam.kinds))
	for _, bind := range fam.kinds {
		src := &source{bind: bind}
		if q.Filter != nil {
			src.push, src.asked = bind.push(q.Filter.Filter())
		}
		out = append(out, src)
	}
	if len(out) > 1 && out[0].bind.listsAll() && joint(out, q) {
		out[0].kin = true
		return out[:1]
	}
	return out
}

// listsAll reports whether the target has a list of the binding's records in which
// those of all other kinds come along.
func (bind *binding) listsAll() bool {
	for _, other := range bind.fam.kinds {
		if other != bind && !slices.Contains(bind.obj.Kin, other.obj.Name) {
			return false
		}
	}
	return true
}

// joint reports whether the first kind's list with all kinds answers a query as
// the lists of the kinds would: what the target is asked means the same for all of
// them, and what is looked at here is there of all of them.
func joint(lists []*source, q query) bool {
	first := lists[0]
	if first.push.None || first.push.Query != nil && !onlyFields(first.push.Query, first.bind.obj.KinFilter) {
		return false
	}
	for _, other := range lists[1:] {
		if first.push.Query != nil && !other.push.None && !other.asks(other.push.Query, first.bind, first.push.Query) {
			return false
		}
		if slices.ContainsFunc(other.bind.sparse, q.concerns) {
			return false
		}
	}
	return true
}

// asks reports whether a query of the source is what another kind's query means:
// the same in the fields of the other's name, or in the login address of each.
func (src *source) asks(f schema.Filter, other *binding, g schema.Filter) bool {
	all := func(fs, gs []schema.Filter) bool {
		return slices.EqualFunc(fs, gs, func(f, g schema.Filter) bool { return src.asks(f, other, g) })
	}
	switch f := f.(type) {
	case schema.And:
		g, ok := g.(schema.And)
		return ok && all(f, g)
	case schema.Or:
		g, ok := g.(schema.Or)
		return ok && all(f, g)
	case schema.Not:
		g, ok := g.(schema.Not)
		return ok && src.asks(f.Filter, other, g.Filter)
	case *schema.Compare:
		g, ok := g.(*schema.Compare)
		return ok && f.Op == g.Op && f.Value.Equal(g.Value) && strings.EqualFold(f.Path.String(), src.bind.uniqueLike(other, g.Path.String()))
	default:
		return false
	}
}

// onlyFields reports whether a filter is about some fields only.
func onlyFields(f schema.Filter, fields []string) bool {
	all := func(fs []schema.Filter) bool {
		return !slices.ContainsFunc(fs, func(g schema.Filter) bool { return !onlyFields(g, fields) })
	}
	switch f := f.(type) {
	case schema.And:
		return all(f)
	case schema.Or:
		return all(f)
	case schema.Not:
		return onlyFields(f.Filter, fields)
	case *schema.Compare:
		return slices.ContainsFunc(fields, func(name string) bool { return strings.EqualFold(name, f.Path.String()) })
	default:
		return false
	}
}

// listInTurn answers a query from several lists, one after the other: a page
// begins in one and goes on in the next.
func (b *Backend) listInTurn(ctx context.Context, ev *Event, sources []*source, q query) (*scim.Page, error) {
	if q.ByCursor {
		return b.listInTurnByCursor(ctx, ev, sources, q)
	}
	out := &scim.Page{Exact: true}
	for _, src := range sources {
		rest := q
		rest.StartIndex = max(q.StartIndex-out.Total, 1)
		rest.Count = q.Count - len(out.Resources)
		page, err := b.listSource(ctx, ev, src, rest)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, page.Resources...)
		out.Total += page.Total
		if out.Exact = page.Exact; !out.Exact {
			return out, nil
		}
		if len(out.Resources) == q.Count && q.Count > 0 && q.Filter == nil && !q.ExactTotal && src != sources[len(sources)-1] {
			// The rest is for the next page; that there is more is all that is known.
			out.Total, out.Exact = out.Total+1, false
			return out, nil
		}
	}
	return out, nil
}

// listInTurnByCursor is listInTurn for a page that begins at a cursor: the number of
// the list, how many resources stand before it, and the cursor within it.
func (b *Backend) listInTurnByCursor(ctx context.Context, ev *Event, sources []*source, q query) (*scim.Page, error) {
	at, before, within := 0, 0, ""
	if q.Cursor != "" {
		var ok bool
		if at, before, within, ok = parseTurn(q.Cursor, len(sources)); !ok {
			return nil, badCursor(nil)
		}
	}
	out := &scim.Page{}
	for {
		rest := q
		rest.Cursor, rest.Count = within, q.Count-len(out.Resources)
		page, err := b.listSource(ctx, ev, sources[at], rest)
		if err != nil {
			return nil, err
		}
		out.Resources = append(out.Resources, page.Resources...)
		out.Total = before + page.Total
		last := at == len(sources)-1
		if page.Next != "" {
			out.Next = turn(at, before, page.Next)
			if out.Exact = page.Exact && last; page.Exact && !last {
				out.Total++
			}
			return out, nil
		}
		if last {
			out.Exact = page.Exact
			return out, nil
		}
		at, before, within = at+1, out.Total, ""
		if len(out.Resources) >= q.Count {
			out.Next = turn(at, before, "")
			out.Total++
			return out, nil
		}
	}
}

// turn is the cursor of a page in the list with the number at.
func turn(at, before int, within string) string {
	return strconv.Itoa(at) + "/" + strconv.Itoa(before) + "/" + within
}

func parseTurn(s string, lists int) (at, before int, within string, ok bool) {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 {
		return 0, 0, "", false
	}
	at, err1 := strconv.Atoi(parts[0])
	before, err2 := strconv.Atoi(parts[1])
	ok = err1 == nil && err2 == nil && at >= 0 && at < lists && before >= 0 && turn(at, before, parts[2]) == s
	return at, before, parts[2], ok
}

// kindOf is the kind of a record that a source gave.
func (src *source) kindOf(rec *schema.Record) *binding {
	if !src.kin {
		return src.bind
	}
	return src.bind.fam.kindWith(rec.Type())
}

// stored makes what a source gave.
func (src *source) stored(rec *schema.Record, e *Entry) *stored {
	bind := src.kindOf(rec)
	f := &stored{bind: bind, rec: adapt(rec, bind.obj.Type), entry: e}
	f.ref = connector.Ref{Object: bind.obj.Name, ID: f.rec.String(bind.obj.IDField())}
	f.partial = bind != src.bind && len(bind.obj.Sparse) > 0
	return f
}
