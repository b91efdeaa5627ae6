package provision

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// find answers a filter with as few calls as can be: from an id, from State, by
// the target's own search, and only then by reading what there is.
func (b *Backend) find(ctx context.Context, ev *Event, bind *binding, q scim.Query) (*scim.Page, error) {
	eqs := equalities(bind.typ, q.Filter.Filter())
	for _, e := range eqs {
		if e.slot == schema.SlotID {
			ev.Matched = "id"
			return b.findByID(ctx, ev, bind, q, e.value)
		}
	}
	for _, e := range eqs {
		page, err := b.findInState(ctx, ev, bind, q, e)
		if page != nil || err != nil {
			return page, err
		}
	}
	push, asked := bind.push(q.Filter.Filter())
	var known []*stored
	if push.None || push.Query != nil {
		// What State keeps, the target's search does not know.
		for _, e := range asked {
			if slices.Contains(eqs, e) {
				continue // looked for above
			}
			more, err := b.known(ctx, ev, bind, q, e)
			if err != nil {
				return nil, err
			}
			known = append(known, more...)
		}
	}
	if push.None {
		return b.only(ctx, bind, q, known)
	}
	if len(eqs) > 0 {
		ev.Matched = bind.typ.Path(eqs[0].slot)
	}
	return b.walk(ctx, ev, bind, q, push, known)
}

// push divides a filter into what the target answers and what is checked here.
// asked are the equalities in it on attributes that State keeps.
func (bind *binding) push(f schema.Filter) (push mapping.Pushdown, asked []equality) {
	if bind.obj.Search.Any && bind.obj.Type == bind.typ {
		return mapping.Pushdown{Query: f}, nil
	}
	wider := f
	if len(bind.shadows) > 0 {
		wider = bind.widen(f, &asked)
		if wider == nil {
			return mapping.Pushdown{Residual: f}, nil
		}
	}
	push = bind.plan.Filter(wider)
	if push.Query != nil && wider.String() != f.String() {
		push.Residual = f
	}
	return push, asked
}

// widen leaves out of a filter what the target would answer by its own field
// although State can have another value for it, so that what is left finds all
// that passes the filter, and more. Equalities stay, and are noted: State can be
// asked for those as well. It returns nil when nothing is left.
func (bind *binding) widen(f schema.Filter, asked *[]equality) schema.Filter {
	switch f := f.(type) {
	case schema.And:
		var left schema.And
		for _, g := range f {
			if g = bind.widen(g, asked); g != nil {
				left = append(left, g)
			}
		}
		switch len(left) {
		case 0:
			return nil
		case 1:
			return left[0]
		}
		return left
	case schema.Or:
		left := make(schema.Or, len(f))
		for i, g := range f {
			if left[i] = bind.widen(g, asked); left[i] == nil {
				return nil
			}
		}
		return left
	case *schema.Compare:
		sel, err := bind.typ.Select(f.Path)
		if err != nil || !bind.shadowed(sel.Slot) {
			return f
		}
		e, ok := equalityOf(bind.typ, f)
		if !ok {
			return nil
		}
		*asked = append(*asked, e)
		return f
	default:
		return f
	}
}

func (b *Backend) findByID(ctx context.Context, ev *Event, bind *binding, q scim.Query, id string) (*scim.Page, error) {
	found, err := b.load(ctx, ev, bind, scim.Ref{Type: bind.name, ID: id}, q.Wants)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusNotFound {
		return &scim.Page{Exact: true}, nil
	}
	if err != nil {
		return nil, err
	}
	b.noteKind(ctx, ev, bind, found)
	return b.only(ctx, bind, q, []*stored{found})
}

// findInState answers an equality on an attribute that State keeps, verified by
// one read for each hit. It returns nil when State knows nobody.
func (b *Backend) findInState(ctx context.Context, ev *Event, bind *binding, q scim.Query, e equality) (*scim.Page, error) {
	found, err := b.known(ctx, ev, bind, q, e)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	page, err := b.only(ctx, bind, q, found)
	if err != nil || page.Total == 0 {
		return nil, err
	}
	ev.Matched = bind.typ.Path(e.slot) + " (state)"
	return page, nil
}

// known reads the records that State has for an equality.
func (b *Backend) known(ctx context.Context, ev *Event, bind *binding, q scim.Query, e equality) ([]*stored, error) {
	if !bind.shadowed(e.slot) {
		return nil, nil
	}
	var ids []string
	if id, ok := bind.namelessID(e); ok {
		ids = append(ids, id)
	}
	return b.readKnown(ctx, ev, bind, q, bind.typ.Path(e.slot), e.value, ids)
}

// readKnown reads the records that State has under a shadow attribute, and those
// with ids known otherwise. Who is gone is left out.
func (b *Backend) readKnown(ctx context.Context, ev *Event, bind *binding, q scim.Query, attr, value string, ids []string) ([]*stored, error) {
	entries, err := b.opts.State.Find(ctx, attr, value)
	if err != nil {
		return nil, forgotten(err)
	}
	for _, entry := range entries {
		if entry.Tombstone.IsZero() && entry.Key == keyOf(bind.obj, entry.Key.ID) && !slices.Contains(ids, entry.Key.ID) {
			ids = append(ids, entry.Key.ID)
		}
	}
	var found []*stored
	for _, id := range ids {
		f, err := b.load(ctx, ev, bind, scim.Ref{Type: bind.name, ID: bind.scimID(id)}, q.Wants)
		if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
}

func (bind *binding) shadowed(s schema.Slot) bool {
	for _, sh := range bind.shadows {
		if sh == s {
			return true
		}
	}
	return false
}

// only makes a page of those records that pass the query.
func (b *Backend) only(ctx context.Context, bind *binding, q scim.Query, found []*stored) (*scim.Page, error) {
	all, err := b.resources(ctx, bind, found)
	if err != nil {
		return nil, err
	}
	page := &scim.Page{Exact: true}
	for _, r := range all {
		if q.Matches(r.Record) {
			page.Total++
			if page.Total >= q.StartIndex && len(page.Resources) < q.Count {
				page.Resources = append(page.Resources, r)
			}
		}
	}
	return page, nil
}

// equality is a part "attribute eq text" of a filter, all of which have to hold.
type equality struct {
	slot  schema.Slot
	value string
}

// equalities returns those parts of a filter.
func equalities(t *schema.Type, f schema.Filter) []equality {
	parts := []schema.Filter{f}
	if and, ok := f.(schema.And); ok {
		parts = and
	}
	var out []equality
	for _, p := range parts {
		if c, ok := p.(*schema.Compare); ok {
			if e, ok := equalityOf(t, c); ok {
				out = append(out, e)
			}
		}
	}
	return out
}

func equalityOf(t *schema.Type, c *schema.Compare) (equality, bool) {
	if c.Op != schema.Eq || c.Path.Filter != nil || c.Path.Sub != "" {
		return equality{}, false
	}
	v, ok := c.Value.Str()
	if !ok {
		return equality{}, false
	}
	sel, err := t.Select(c.Path)
	return equality{sel.Slot, v}, err == nil && sel.Slot != schema.NoSlot && sel.Sub == schema.NoSlot
}
