package provision

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Get implements scim.Backend.
func (b *Backend) Get(ctx context.Context, r scim.Ref, o scim.ReadOptions) (_ *scim.Resource, err error) {
	ctx, op, err := b.begin(ctx, ActionGet, r)
	if err != nil {
		return nil, err
	}
	var bind *binding
	var res *scim.Resource
	defer func() { err = op.end(ctx, bind, err) }()
	_, bind, err = b.binding(ctx, r.Type)
	if err != nil {
		return nil, err
	}
	found, err := b.load(ctx, op.ev, bind, r, o.Wants)
	if err != nil {
		return nil, err
	}
	op.ev.Matched = "id"
	if res, err = b.resource(ctx, bind, found.rec, found.entry); err != nil {
		return nil, err
	}
	op.ev.User = display(res.Record)
	return res, nil
}

// stored is a record of the target with what State has of it.
type stored struct {
	ref   connector.Ref
	rec   *schema.Record
	entry *Entry
}

// load reads the record behind a SCIM id. One that a DELETE has put away is not
// found, without a call.
func (b *Backend) load(ctx context.Context, ev *Event, bind *binding, r scim.Ref, wants scim.Projection) (*stored, error) {
	ref, entry, err := b.locate(ctx, ev, bind, r)
	if err != nil {
		return nil, err
	}
	rec, err := b.target.GetWithout(ctx, ref, bind.unwanted(wants)...)
	if errors.Is(err, connector.NotFound) {
		return nil, notFound(r)
	}
	if err != nil {
		return nil, err
	}
	if entry.Object != bind.obj.Name && bind.obj.IDSpace != "" {
		// Of which kind the id is need not be found out again.
		entry.Object = bind.obj.Name
		b.save(ctx, ev, entry)
	}
	return &stored{ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry}, nil
}

// locate finds out what a SCIM id stands for, without a call.
func (b *Backend) locate(ctx context.Context, ev *Event, bind *binding, r scim.Ref) (connector.Ref, *Entry, error) {
	if !bind.served() {
		return connector.Ref{}, nil, notFound(r)
	}
	ref, ok := bind.ref(r.ID)
	if !ok {
		return connector.Ref{}, nil, notFound(r)
	}
	entry, err := b.entry(ctx, bind.obj, ref.ID)
	if err != nil {
		return connector.Ref{}, nil, err
	}
	ev.Target = ref
	if !entry.Tombstone.IsZero() {
		return connector.Ref{}, nil, notFound(r)
	}
	return ref, entry, nil
}

// unwanted are the fields that an answer does not show and a driver may leave
// out: the members of a group, which can be many. Fields are only named like
// attributes where the object is a resource itself.
func (bind *binding) unwanted(wants scim.Projection) []string {
	if !bind.obj.Type.IsResource() {
		return nil
	}
	var out []string
	for i := range bind.typ.Len() {
		s := schema.Slot(i)
		a := bind.typ.Attribute(s)
		if a.MultiValued && a.Type == schema.Complex && !wants.Wants(bind.typ, s) {
			out = append(out, a.Name)
		}
	}
	return out
}

// adapt gives a record the type that the plan was made for. They differ only
// while the account's fields change under way.
func adapt(rec *schema.Record, typ *schema.Type) *schema.Record {
	if rec == nil || rec.Type() == typ {
		return rec
	}
	out := typ.New()
	for s, v := range rec.Values() {
		out.Set(rec.Type().Path(s), v)
	}
	return out
}

// resource makes a SCIM resource of a record.
func (b *Backend) resource(ctx context.Context, bind *binding, rec *schema.Record, e *Entry) (*scim.Resource, error) {
	all, err := b.resources(ctx, bind, []*stored{{rec: rec, entry: e}})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// resources makes SCIM resources of records. What their references need is
// looked up once for all of them.
func (b *Backend) resources(ctx context.Context, bind *binding, found []*stored) ([]*scim.Resource, error) {
	var needs []mapping.Need
	for _, f := range found {
		needs = bind.plan.ReadNeeds(needs, f.rec)
	}
	var res mapping.Resolved
	if err := b.lookups.resolve(ctx, needs, &res); err != nil {
		return nil, err
	}
	out := make([]*scim.Resource, len(found))
	for i, f := range found {
		out[i] = bind.resource(f.rec, f.entry, &res)
	}
	return out, nil
}

// resource makes a SCIM resource of a record with what was looked up for it.
func (bind *binding) resource(rec *schema.Record, e *Entry, res *mapping.Resolved) *scim.Resource {
	out := bind.typ.New()
	bind.plan.ToSCIM(out, rec, res)
	out.SetAt(schema.SlotID, schema.StringValue(bind.scimID(rec.String(bind.obj.IDField()))))
	bind.applyShadows(out, e)
	return &scim.Resource{Record: out}
}

// List implements scim.Backend.
func (b *Backend) List(ctx context.Context, typ string, q scim.Query) (_ *scim.Page, err error) {
	ctx, op, err := b.begin(ctx, ActionList, scim.Ref{Type: typ})
	if err != nil {
		return nil, err
	}
	var bind *binding
	defer func() { err = op.end(ctx, bind, err) }()
	op.ev.Repairs = q.Repairs
	_, bind, err = b.binding(ctx, typ)
	if err != nil {
		return nil, err
	}
	if !bind.served() {
		return &scim.Page{Exact: true}, nil
	}
	if b.opts.ExactTotals {
		q.ExactTotal = true
	}
	if q.Filter == nil {
		return b.walk(ctx, bind, q, mapping.Pushdown{})
	}
	page, err := b.find(ctx, op.ev, bind, q)
	if err == nil && len(page.Resources) == 1 {
		op.ev.User = display(page.Resources[0].Record)
		op.ev.Ref.ID = page.Resources[0].Record.String("id")
	}
	return page, err
}

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
	push := bind.push(q.Filter.Filter())
	if push.None {
		return &scim.Page{Exact: true}, nil
	}
	if len(eqs) > 0 {
		ev.Matched = bind.typ.Path(eqs[0].slot)
	}
	return b.walk(ctx, bind, q, push)
}

// push divides a filter into what the target answers and what is checked here.
func (bind *binding) push(f schema.Filter) mapping.Pushdown {
	if bind.obj.Search.Any && bind.obj.Type == bind.typ {
		return mapping.Pushdown{Query: f}
	}
	return bind.plan.Filter(f)
}

func (b *Backend) findByID(ctx context.Context, ev *Event, bind *binding, q scim.Query, id string) (*scim.Page, error) {
	found, err := b.load(ctx, ev, bind, scim.Ref{Type: bind.name, ID: id}, q.Wants)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusNotFound {
		return &scim.Page{Exact: true}, nil
	}
	if err != nil {
		return nil, err
	}
	return b.only(ctx, bind, q, []*stored{found})
}

// findInState answers an equality on an attribute that State keeps, verified by
// one read for each hit. It returns nil when State knows nobody.
func (b *Backend) findInState(ctx context.Context, ev *Event, bind *binding, q scim.Query, e equality) (*scim.Page, error) {
	if !bind.shadowed(e.slot) {
		return nil, nil //nolint:nilnil // nothing known, go on looking
	}
	path := bind.typ.Path(e.slot)
	entries, err := b.opts.State.Find(ctx, path, e.value)
	if err != nil {
		return nil, err
	}
	var found []*stored
	for _, entry := range entries {
		if !entry.Tombstone.IsZero() || entry.Key != keyOf(bind.obj, entry.Key.ID) {
			continue
		}
		f, err := b.load(ctx, ev, bind, scim.Ref{Type: bind.name, ID: bind.scimID(entry.Key.ID)}, q.Wants)
		if e, ok := errors.AsType[*scim.Error](err); ok && e.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	page, err := b.only(ctx, bind, q, found)
	if err != nil || page.Total == 0 {
		return nil, err
	}
	ev.Matched = path + " (state)"
	return page, nil
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
		c, ok := p.(*schema.Compare)
		if !ok || c.Op != schema.Eq || c.Path.Filter != nil || c.Path.Sub != "" {
			continue
		}
		v, ok := c.Value.Str()
		if !ok {
			continue
		}
		if sel, err := t.Select(c.Path); err == nil && sel.Slot != schema.NoSlot && sel.Sub == schema.NoSlot {
			out = append(out, equality{sel.Slot, v})
		}
	}
	return out
}
