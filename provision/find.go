package provision

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// findAtOnce answers a filter that an id or State answers. It returns nil where
// neither does.
func (b *Backend) findAtOnce(ctx context.Context, ev *Event, fam *family, q query) (*scim.Page, error) {
	eqs := equalities(fam.typ, q.Filter.Filter())
	_, alone := q.Filter.Filter().(*schema.Compare)
	for _, e := range eqs {
		// A target that answers every filter need not show what else this one is about.
		if e.slot == schema.SlotID && (alone || !slices.ContainsFunc(fam.kinds, (*binding).answersAll)) {
			ev.Matched = "id"
			return b.findByID(ctx, ev, fam, q, e.value)
		}
	}
	for _, e := range eqs {
		page, err := b.findInState(ctx, ev, fam, q, e)
		if page != nil || err != nil {
			return page, err
		}
	}
	return nil, nil //nolint:nilnil // the target has to be asked
}

// find answers a filter by a source, with as few calls as can be.
func (b *Backend) find(ctx context.Context, ev *Event, src *source, q query) (*scim.Page, error) {
	bind, push := src.bind, src.push
	var known []string // by SCIM id
	if push.None || push.Query != nil {
		// What State keeps, the target's search does not know.
		eqs := equalities(bind.typ, q.Filter.Filter())
		for _, e := range src.asked {
			if slices.Contains(eqs, e) {
				continue // looked for above
			}
			more, err := b.knownAs(ctx, src.kinds(), e)
			if err != nil {
				return nil, err
			}
			known = appendNew(known, more)
		}
	}
	if eqs := equalities(bind.typ, q.Filter.Filter()); len(eqs) > 0 && !push.None {
		ev.Matched = bind.typ.Path(eqs[0].slot)
	}
	if q.ByCursor && !push.None {
		return b.walkByCursor(ctx, ev, src, q, known)
	}
	found, err := b.readAll(ctx, ev, bind.fam, q, known)
	if err != nil {
		return nil, err
	}
	if push.None {
		return b.only(ctx, q, found)
	}
	return b.walk(ctx, ev, src, q, found)
}

// push divides a filter into what the target answers and what is checked here.
// asked are the equalities in it on attributes that State keeps.
func (bind *binding) push(f schema.Filter) (push mapping.Pushdown, asked []equality) {
	if bind.answersAll() {
		return pushAll(f), nil
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

// pushAll is push for a target that answers every filter. What it cannot know is
// the part of meta that the front makes.
func pushAll(f schema.Filter) mapping.Pushdown {
	if !asksForMeta(f) {
		return mapping.Pushdown{Query: f}
	}
	push := mapping.Pushdown{Residual: f}
	and, _ := f.(schema.And)
	var left schema.And
	for _, g := range and {
		if !asksForMeta(g) {
			left = append(left, g)
		}
	}
	switch {
	case len(left) == 1:
		push.Query = left[0]
	case len(left) > 1:
		push.Query = left
	}
	return push
}

// asksForMeta reports whether a filter is about the type or the location of
// resources.
func asksForMeta(f schema.Filter) bool {
	switch f := f.(type) {
	case schema.And:
		return slices.ContainsFunc(f, asksForMeta)
	case schema.Or:
		return slices.ContainsFunc(f, asksForMeta)
	case schema.Not:
		return asksForMeta(f.Filter)
	case *schema.Compare:
		return strings.EqualFold(f.Path.Attr, "meta") && (strings.EqualFold(f.Path.Sub, "location") || strings.EqualFold(f.Path.Sub, "resourceType"))
	default:
		return false
	}
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
		if on, _ := f.Value.Bool(); err == nil && bind.fam.off && sel.Slot == bind.active && (f.Op != schema.Eq || !on) {
			return nil // some who are usable are shown as disabled
		}
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

func (b *Backend) findByID(ctx context.Context, ev *Event, fam *family, q query, id string) (*scim.Page, error) {
	found, err := b.load(ctx, ev, fam, scim.Ref{Type: fam.name, ID: id}, q.omits)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusNotFound {
		return &scim.Page{Exact: true}, nil
	}
	if err != nil {
		return nil, err
	}
	b.noteKind(ctx, ev, found)
	return b.only(ctx, q, []*stored{found})
}

// findInState answers an equality on an attribute that State keeps, verified by
// one read for each hit. It returns nil when State knows nobody.
func (b *Backend) findInState(ctx context.Context, ev *Event, fam *family, q query, e equality) (*scim.Page, error) {
	ids, err := b.knownAs(ctx, fam.kinds, e)
	if err != nil {
		return nil, err
	}
	found, err := b.readAll(ctx, ev, fam, q, ids)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	page, err := b.only(ctx, q, found)
	if err != nil || page.Total == 0 {
		return nil, err
	}
	ev.Matched = fam.typ.Path(e.slot) + " (state)"
	return page, nil
}

// knownAs are the SCIM ids of the records of some kinds that State has for an
// equality.
func (b *Backend) knownAs(ctx context.Context, kinds []*binding, e equality) (ids []string, err error) {
	for _, bind := range kinds {
		refs, err := b.known(ctx, bind, e)
		if err != nil {
			return nil, err
		}
		for _, ref := range refs {
			ids = appendNew(ids, []string{bind.scimID(ref.ID)})
		}
	}
	return ids, nil
}

// known are the records that State has for an equality.
func (b *Backend) known(ctx context.Context, bind *binding, e equality) ([]connector.Ref, error) {
	if !bind.shadowed(e.slot) {
		return nil, nil
	}
	refs, err := b.stateRefs(ctx, bind, bind.typ.Path(e.slot), e.value)
	if err != nil {
		return nil, err
	}
	if id, ok := bind.namelessID(e); ok && !slices.Contains(refs, bind.refOf(id)) {
		refs = append([]connector.Ref{bind.refOf(id)}, refs...)
	}
	return refs, nil
}

// stateRefs are the records that State has under a shadow attribute.
func (b *Backend) stateRefs(ctx context.Context, bind *binding, attr, value string) ([]connector.Ref, error) {
	entries, err := b.opts.State.Find(ctx, attr, value)
	if err != nil {
		return nil, forgotten(err)
	}
	var refs []connector.Ref
	for _, entry := range entries {
		if entry.Tombstone.IsZero() && entry.Key == keyOf(bind.obj, entry.Key.ID) {
			refs = append(refs, bind.refOf(entry.Key.ID))
		}
	}
	return refs, nil
}

// readAll reads the records behind SCIM ids for a query. Who is gone is left out.
func (b *Backend) readAll(ctx context.Context, ev *Event, fam *family, q query, ids []string) ([]*stored, error) {
	var found []*stored
	for _, id := range ids {
		f, err := b.load(ctx, ev, fam, scim.Ref{Type: fam.name, ID: id}, q.omits)
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
func (b *Backend) only(ctx context.Context, q query, found []*stored) (*scim.Page, error) {
	all, err := b.resources(ctx, found, forReading)
	if err != nil {
		return nil, err
	}
	for i, r := range all {
		if err := b.setVersion(ctx, found[i], r); err != nil {
			return nil, err
		}
	}
	return pageOf(q.Query, all)
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
