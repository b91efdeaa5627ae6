package provision

import (
	"context"
	"errors"

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
	found, err := b.load(ctx, op.ev, bind, r, bind.unwanted(o.Wants))
	if err != nil {
		return nil, err
	}
	b.noteKind(ctx, op.ev, bind, found)
	op.ev.Matched = "id"
	if res, err = b.resource(ctx, bind, found, forReading); err != nil {
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
	// partial says that not all of the record was read, or that it is what a write
	// should have come to where the target does not tell. It has no version.
	partial bool
}

// load reads the record behind a SCIM id, without some fields. One that a DELETE
// has put away is not found, without a call.
func (b *Backend) load(ctx context.Context, ev *Event, bind *binding, r scim.Ref, omit []string) (*stored, error) {
	ref, entry, err := b.locate(ctx, ev, bind, r)
	if err != nil {
		return nil, err
	}
	rec, err := b.target.GetWithout(ctx, ref, omit...)
	if errors.Is(err, connector.NotFound) {
		return nil, notFound(r)
	}
	if err != nil {
		return nil, err
	}
	return &stored{ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry, partial: len(omit) > 0}, nil
}

// noteKind remembers of which kind a record is that was read, so that it need
// not be found out again. Nobody may hold the record's lock: the entry is read
// again under it, since a DELETE may have put the record away meanwhile, and its
// tombstone must not be lost.
func (b *Backend) noteKind(ctx context.Context, ev *Event, bind *binding, found *stored) {
	if !bind.note(found.entry.clone(), found.rec) {
		return
	}
	unlock, err := b.lock(ctx, found.entry.Key)
	if err != nil {
		return // it is only a hint
	}
	defer unlock()
	entry, err := b.entry(ctx, bind.obj, found.ref.ID)
	if err != nil || !entry.Tombstone.IsZero() || !bind.note(entry, found.rec) {
		return
	}
	b.save(ctx, ev, entry)
}

// note writes down of which kind a record is, as far as that matters, and reports
// whether that was not known.
func (bind *binding) note(e *Entry, rec *schema.Record) bool {
	before := *e
	if bind.obj.IDSpace != "" {
		e.Object = bind.obj.Name
	}
	e.Hint = bind.hint(rec)
	return e.Object != before.Object || e.Hint != before.Hint
}

// hint is the value of the field that actions depend on.
func (bind *binding) hint(rec *schema.Record) string {
	if bind.obj.Hint == "" {
		return ""
	}
	return rec.String(bind.obj.Hint)
}

// special reports whether a record has rights that a deactivation takes away.
func (bind *binding) special(rec *schema.Record) bool {
	return bind.obj.Ordinary != "" && bind.hint(rec) != bind.obj.Ordinary
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
// attributes where the object is a resource itself. The version is made of all.
func (bind *binding) unwanted(wants scim.Projection) []string {
	if !bind.obj.Type.IsResource() || wants.NamesVersion() {
		return nil
	}
	var out []string
	for i := range bind.typ.Len() {
		s := schema.Slot(i)
		a := bind.typ.Attribute(s)
		if a.MultiValued && a.Type == schema.Complex && !wants.Wants(bind.typ, s) {
			out = append(out, bind.typ.Path(s))
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

// purpose says what a resource is made for.
type purpose bool

const (
	// forReading: a client asked for it. A reference to what does not exist is an
	// error where the mapping wants that (onUnknownId: error).
	forReading purpose = true
	// forWriting: it is what a write starts from or came to. Such a reference may be
	// what the write mends, and must not make a failure of what has been done.
	forWriting purpose = false
)

// resource makes a SCIM resource of a record.
func (b *Backend) resource(ctx context.Context, bind *binding, f *stored, why purpose) (*scim.Resource, error) {
	all, err := b.resources(ctx, bind, []*stored{f}, why)
	if err != nil {
		return nil, err
	}
	return all[0], b.setVersion(ctx, bind, f, all[0])
}

// resources makes SCIM resources of records, without their versions. What their
// references need is looked up once for all of them.
func (b *Backend) resources(ctx context.Context, bind *binding, found []*stored, why purpose) ([]*scim.Resource, error) {
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
		if why == forReading {
			if err := bind.plan.ReadErrors(f.rec, &res); err != nil {
				return nil, err
			}
		}
		shown := bind.record(f.rec, f.entry, &res)
		if err := b.hideMembers(ctx, bind, shown); err != nil {
			return nil, err
		}
		out[i] = &scim.Resource{Record: shown}
	}
	return out, nil
}

// record makes the record of a SCIM resource with what was looked up for it.
func (bind *binding) record(rec *schema.Record, e *Entry, res *mapping.Resolved) *schema.Record {
	out := bind.typ.New()
	bind.plan.ToSCIM(out, rec, res)
	out.SetAt(schema.SlotID, schema.StringValue(bind.scimID(rec.String(bind.obj.IDField()))))
	bind.applyShadows(out, e)
	bind.nameNameless(out, rec)
	return out
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
	page, err := b.list(ctx, op.ev, bind, query{Query: q})
	if err == nil && q.Filter != nil && len(page.Resources) == 1 {
		op.ev.User = display(page.Resources[0].Record)
		op.ev.Ref.ID = page.Resources[0].Record.String("id")
	}
	return page, err
}
