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
	var res *scim.Resource
	defer func() { err = op.end(ctx, err) }()
	_, fam, err := b.family(ctx, r.Type)
	if err != nil {
		return nil, err
	}
	found, err := b.load(ctx, op.ev, fam, r, unshown(o.Wants))
	if err != nil {
		return nil, err
	}
	b.noteKind(ctx, op.ev, found)
	op.ev.Matched = "id"
	if res, err = b.resource(ctx, found, forReading); err != nil {
		return nil, err
	}
	op.ev.User = display(res.Record)
	return res, nil
}

// stored is a record of the target with what State has of it.
type stored struct {
	bind  *binding // of which kind it is
	ref   connector.Ref
	rec   *schema.Record
	entry *Entry
	// partial says that not all of the record was read, or that it is what a write
	// should have come to where the target does not tell. It has no version.
	partial bool
	gone    bool // erased by the operation under way
}

// omission says which fields of a kind nobody has a use for; nil means none.
type omission func(*binding) []string

// unshown leaves out what an answer does not show.
func unshown(wants scim.Projection) omission {
	return func(bind *binding) []string { return bind.unwanted(wants) }
}

// withoutMembers leaves out the members of a group.
func withoutMembers(bind *binding) []string {
	if bind.memberField == schema.NoSlot {
		return nil
	}
	return []string{bind.obj.MemberField}
}

// load reads the record behind a SCIM id. One that a DELETE has put away is not
// found, without a call. An id that several kinds share costs a call for each kind
// that it is not of.
func (b *Backend) load(ctx context.Context, ev *Event, fam *family, r scim.Ref, omits omission) (*stored, error) {
	kinds, entry, err := b.locate(ctx, ev, fam, r)
	if err != nil {
		return nil, err
	}
	for _, bind := range kinds {
		ref, _ := bind.ref(r.ID)
		ev.Target, ev.kind = ref, bind
		var omit []string
		if omits != nil {
			omit = omits(bind)
		}
		rec, err := b.target.GetWithout(ctx, ref, omit...)
		if errors.Is(err, connector.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &stored{bind: bind, ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry, partial: len(omit) > 0}, nil
	}
	return nil, notFound(r)
}

// noteKind remembers of which kind a record is that was read, so that it need
// not be found out again. Nobody may hold the record's lock: the entry is read
// again under it, since a DELETE may have put the record away meanwhile, and its
// tombstone must not be lost.
func (b *Backend) noteKind(ctx context.Context, ev *Event, found *stored) {
	bind := found.bind
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

// ordinary reports whether the account, as far as it was read, is known to have no
// special rights.
func (f *stored) ordinary() bool {
	return f.rec != nil && f.bind.obj.Ordinary != "" && !f.bind.special(f.rec)
}

// locate finds out of which kinds a SCIM id can be, without a call, the likeliest
// first, and what State has of it.
func (b *Backend) locate(ctx context.Context, ev *Event, fam *family, r scim.Ref) ([]*binding, *Entry, error) {
	kinds := fam.candidates(r.ID)
	if len(kinds) == 0 {
		return nil, nil, notFound(r)
	}
	ref, _ := kinds[0].ref(r.ID)
	entry, err := b.entry(ctx, kinds[0].obj, ref.ID)
	if err != nil {
		return nil, nil, err
	}
	kinds = likely(kinds, entry)
	ev.Target, _ = kinds[0].ref(r.ID)
	ev.kind = kinds[0]
	if !entry.Tombstone.IsZero() {
		return nil, nil, notFound(r)
	}
	return kinds, entry, nil
}

// unwanted are the fields that an answer does not show and a driver may leave
// out: the members of a group, which can be many. The version is made of all.
func (bind *binding) unwanted(wants scim.Projection) []string {
	if wants.NamesVersion() {
		return nil
	}
	if bind.memberField != schema.NoSlot && bind.members != schema.NoSlot {
		if wants.Wants(bind.typ, bind.members) {
			return nil
		}
		return []string{bind.obj.MemberField}
	}
	// Fields are only named like attributes where the object is a resource itself.
	if !bind.obj.Type.IsResource() {
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

// attribute is the slot of the resource's attribute behind one of the fields that
// unwanted can name.
func (bind *binding) attribute(unwanted string) schema.Slot {
	if bind.memberField != schema.NoSlot {
		return bind.members
	}
	return bind.typ.Slot(unwanted)
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
func (b *Backend) resource(ctx context.Context, f *stored, why purpose) (*scim.Resource, error) {
	all, err := b.resources(ctx, []*stored{f}, why)
	if err != nil {
		return nil, err
	}
	return all[0], b.setVersion(ctx, f, all[0])
}

// resources makes SCIM resources of records, without their versions. What their
// references need is looked up once for all of them.
func (b *Backend) resources(ctx context.Context, found []*stored, why purpose) ([]*scim.Resource, error) {
	var needs []mapping.Need
	for _, f := range found {
		needs = f.bind.plan.ReadNeeds(needs, f.rec)
	}
	var res mapping.Resolved
	if err := b.lookups.resolve(ctx, needs, &res); err != nil {
		return nil, err
	}
	out := make([]*scim.Resource, len(found))
	for i, f := range found {
		if why == forReading {
			if err := f.bind.plan.ReadErrors(f.rec, &res); err != nil {
				return nil, err
			}
		}
		shown := f.bind.record(f.rec, f.entry, &res)
		if err := b.hideMembers(ctx, f.bind, shown); err != nil {
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
	defer func() { err = op.end(ctx, err) }()
	op.ev.Repairs = q.Repairs
	_, fam, err := b.family(ctx, typ)
	if err != nil {
		return nil, err
	}
	if !fam.served() {
		return &scim.Page{Exact: true}, nil
	}
	if b.opts.ExactTotals {
		q.ExactTotal = true
	}
	page, err := b.listFamily(ctx, op.ev, fam, query{Query: q})
	if err == nil && q.Filter != nil && len(page.Resources) == 1 {
		op.ev.User = display(page.Resources[0].Record)
		op.ev.Ref.ID = page.Resources[0].Record.String("id")
	}
	return page, err
}
