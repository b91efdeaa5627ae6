package provision

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// query is a list on its way through the backend.
type query struct {
	scim.Query
	// sorting says that all records are needed, or none where they are too many.
	sorting bool
	// sortedBy is the attribute by which they will be sorted.
	sortedBy schema.Selector
}

// list answers a query in the cheapest way.
func (b *Backend) listFamily(ctx context.Context, ev *Event, fam *family, q query) (*scim.Page, error) {
	if q.Count == 0 {
		q.ByCursor, q.Sort = false, scim.Sort{} // the total is the same
	}
	if !q.Sort.IsZero() {
		return b.sorted(ctx, ev, fam, q)
	}
	if q.Filter != nil {
		page, err := b.findAtOnce(ctx, ev, fam, q)
		if page != nil || err != nil {
			return page, err
		}
	}
	sources := fam.sources(q)
	if len(sources) == 1 {
		return b.listSource(ctx, ev, sources[0], q)
	}
	return b.listInTurn(ctx, ev, sources, q)
}

// listSource answers a query by one source.
func (b *Backend) listSource(ctx context.Context, ev *Event, src *source, q query) (*scim.Page, error) {
	ev.kind = src.bind
	switch {
	case q.Filter != nil:
		return b.find(ctx, ev, src, q)
	case q.ByCursor:
		return b.walkByCursor(ctx, ev, src, q, nil)
	default:
		return b.walk(ctx, ev, src, q, nil)
	}
}

// sorted reads all records that pass a query, to sort them: targets cannot. It
// refuses more than the scan limit. Each page costs all of it again, since what
// was read is not kept.
func (b *Backend) sorted(ctx context.Context, ev *Event, fam *family, q query) (*scim.Page, error) {
	whole := q
	whole.sorting, whole.sortedBy = true, q.Sort.By
	whole.Sort, whole.ByCursor, whole.Cursor = scim.Sort{}, false, ""
	whole.StartIndex, whole.Count, whole.ExactTotal = 1, b.opts.ScanLimit, true
	page, err := b.listFamily(ctx, ev, fam, whole)
	if err != nil {
		return nil, err
	}
	if page.Total > len(page.Resources) {
		return nil, b.tooManyToSort()
	}
	q.Filter = nil // they have passed it
	return pageOf(q.Query, page.Resources)
}

func (b *Backend) tooManyToSort() error {
	return scim.Errorf(http.StatusBadRequest, scim.TooMany,
		"the target cannot sort, and there are more than %d records to be read for that: ask for a list without sortBy, or for fewer by a filter", b.opts.ScanLimit)
}

// wholeResult marks the cursors of pages of a result that is there as a whole.
const wholeResult = "="

// pageOf returns a page of a result that is there as a whole.
func pageOf(q scim.Query, all []*scim.Resource) (*scim.Page, error) {
	if q.Cursor != "" {
		var ok bool
		if q.Cursor, ok = strings.CutPrefix(q.Cursor, wholeResult); !ok || q.Cursor == "" {
			return nil, badCursor(nil)
		}
	}
	page := scim.PageOf(q, slices.Values(all))
	if page.Next != "" {
		page.Next = wholeResult + page.Next
	}
	return page, nil
}

func badCursor(err error) error {
	return &scim.Error{Status: http.StatusBadRequest, Type: scim.InvalidCursor, Err: err,
		Detail: "the cursor is not one of this list as it is now: begin again without one"}
}

// omits is the omission of a query.
func (q query) omits(bind *binding) []string { return bind.omitted(q) }

// omitted are the fields of which neither the answer nor the query has a need.
func (bind *binding) omitted(q query) []string {
	out := bind.unwanted(q.Wants)
	if len(out) == 0 {
		return nil
	}
	return slices.DeleteFunc(out, func(name string) bool {
		return q.concerns(schema.Selector{Type: bind.typ, Slot: bind.attribute(name)})
	})
}

// concerns reports whether a query filters or sorts by an attribute.
func (q query) concerns(sel schema.Selector) bool {
	return q.sortedBy.Type != nil && q.sortedBy.Slot == sel.Slot || q.Filter != nil && looksAt(sel.Type, q.Filter.Filter(), sel.Slot)
}

// looksAt reports whether a filter depends on an attribute of a resource type.
func looksAt(t *schema.Type, f schema.Filter, s schema.Slot) bool {
	any := func(fs []schema.Filter) bool {
		return slices.ContainsFunc(fs, func(g schema.Filter) bool { return looksAt(t, g, s) })
	}
	var path schema.Path
	switch f := f.(type) {
	case schema.And:
		return any(f)
	case schema.Or:
		return any(f)
	case schema.Not:
		return looksAt(t, f.Filter, s)
	case *schema.ValuePath:
		path = f.Path
	case *schema.Compare:
		path = f.Path
	}
	sel, err := t.Select(path)
	// The attribute schemas follows from all others.
	return err != nil || sel.Slot == s || sel.Slot == schema.SlotSchemas
}

// answersAll reports whether the target answers every filter on the binding's
// resources itself, with the meaning that SCIM gives it.
func (bind *binding) answersAll() bool {
	return bind.obj.Search.Any && bind.obj.Type == bind.typ
}

// refOf is the reference of a record of the binding's object.
func (bind *binding) refOf(id string) connector.Ref {
	return connector.Ref{Object: bind.obj.Name, ID: id}
}
