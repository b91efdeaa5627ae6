package provision

import (
	"context"
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

// notDisabled is the warning of the policy [DisableIgnore].
const notDisabled = "The account was not disabled: the policy says to ignore that"

// finishTime is how long an operation may go on whose client has gone away after
// its first write.
const finishTime = 30 * time.Second

// afterWrite returns the context for what is left of an operation once its first
// write is done: it is carried out even if the client does not wait for it, so
// that no account stays half-written.
func afterWrite(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), finishTime)
}

// disableAgain takes back that an account was enabled, because what was to come
// with it has failed.
func (b *Backend) disableAgain(ctx context.Context, ev *Event, ref connector.Ref) bool {
	if _, err := b.act(ctx, ev, ref, connector.Deactivate, ""); err != nil {
		ev.warn("The account was enabled, and could not be disabled again after the failure (" + codeText(err) + ")")
		return false
	}
	return true
}

// plan works out what a write changes, with all references looked up. Its
// warnings go to the event.
func (b *Backend) plan(ctx context.Context, ev *Event, bind *binding, in *mapping.Input, out *mapping.Result) error {
	if bind.routes != nil {
		if name, ok := bind.routes.Use(in); !ok || name != bind.role {
			return scim.Errorf(http.StatusBadRequest, scim.InvalidValue,
				"this %s is one for the mapping %q, which this connection does not have: such accounts cannot be provisioned through it", bind.name, name)
		}
	}
	if !bind.plan.InScope(in) {
		return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "this %s is outside the scope of the mapping %s", bind.name, bind.plan.Name())
	}
	var res mapping.Resolved
	if err := b.lookups.resolve(ctx, bind.plan.Needs(nil, in), &res); err != nil {
		return err
	}
	if err := bind.plan.ToTarget(out, in, &res); err != nil {
		return err
	}
	if err := b.makeReferences(ctx, ev, bind, in, out, &res); err != nil {
		return err
	}
	for _, w := range out.Warnings {
		ev.warn("The field " + w.Target + " was left alone (" + string(w.Code) + ", rule " + w.Rule + ")")
	}
	for _, d := range out.Deferred {
		ev.warn("The field " + d.Target + " will be written when the record it refers to exists")
	}
	if bind.identityMismatch(in) {
		ev.warn("userName and the work e-mail are different addresses (W_IDENTITY_MISMATCH); the mapping decides which is the login")
	}
	return nil
}

// identityMismatch reports whether userName and work e-mail are addresses that
// differ (design D9).
func (bind *binding) identityMismatch(in *mapping.Input) bool {
	rec := in.Resource
	if bind.userName == schema.NoSlot || bind.obj.Type.IsResource() {
		return false
	}
	name := rec.At(bind.userName).Text()
	if !strings.Contains(name, "@") || bind.workEmail.Type == nil {
		return false
	}
	for v := range bind.workEmail.Values(rec) {
		mail := v.Text()
		if !strings.Contains(mail, "@") || strings.EqualFold(mail, name) {
			continue
		}
		// What a PATCH leaves as it was read is the old login and no contradiction.
		if in.Op != mapping.Patch || in.Current == nil || !bind.hasWorkEmail(in.Current, mail) {
			return true
		}
	}
	return false
}

func (bind *binding) hasWorkEmail(rec *schema.Record, mail string) bool {
	for v := range bind.workEmail.Values(rec) {
		if strings.EqualFold(v.Text(), mail) {
			return true
		}
	}
	return false
}

// act carries out an action and returns the record as it is then, read again
// where the target does not tell. hint is what the object's Hint field was last
// seen as.
func (b *Backend) act(ctx context.Context, ev *Event, ref connector.Ref, kind connector.ActionKind, hint string) (*schema.Record, error) {
	rec, err := b.target.Act(ctx, ref, connector.Action{Kind: kind, Hint: hint})
	if err != nil {
		return nil, err
	}
	ev.Done = append(ev.Done, kind.String())
	if rec == nil && kind == connector.Activate {
		return b.target.Get(ctx, ref)
	}
	return rec, nil
}

// update writes a change, if there is one, and returns the record as it is then;
// partial where the target does not tell.
func (b *Backend) update(ctx context.Context, ev *Event, ref connector.Ref, bind *binding, c connector.Change) (now *schema.Record, partial bool, err error) {
	if len(c.Edits) == 0 {
		return c.Base, false, nil
	}
	rec, err := b.target.Update(ctx, ref, c)
	if err != nil {
		return nil, false, err
	}
	for _, f := range editedFields(bind.obj.Type, c.Edits) {
		if !slices.Contains(ev.Changed, f) {
			ev.Changed = append(ev.Changed, f)
		}
	}
	if rec == nil {
		rec, partial = c.Want, true
	}
	return adapt(rec, bind.obj.Type), partial, nil
}

// deactivate disables an account, remembers in its entry what the target drops
// by that, and returns the record as it is then; partial where the target does
// not tell.
func (b *Backend) deactivate(ctx context.Context, ev *Event, bind *binding, rec *schema.Record, entry *Entry) (now *schema.Record, partial bool, err error) {
	ref := bind.obj.RefOf(rec)
	if err := bind.mayRemove(ref); err != nil {
		return nil, false, err
	}
	after, err := b.act(ctx, ev, ref, connector.Deactivate, bind.hint(rec))
	if err != nil {
		return nil, false, err
	}
	if after == nil {
		after, partial = rec.Clone(), true
		after.SetAt(bind.activeField, schema.BooleanValue(false))
	}
	if !entry.Restoring {
		entry.Dropped = nil
	}
	entry.Restoring = false
	for _, f := range bind.obj.DroppedByDeactivate {
		entry.drop(f, rec.Get(f))
	}
	return adapt(after, bind.obj.Type), partial, nil
}

// mayRemove protects the account that the connection itself uses (design D16 d).
func (bind *binding) mayRemove(ref connector.Ref) error {
	if bind.owner.ID != "" && bind.owner.ID == ref.ID {
		return scim.Errorf(http.StatusForbidden, "", "the account that the connection itself uses cannot be disabled or deleted")
	}
	return nil
}

// answer stores what reading a record would not give back, and makes the resource
// that a write answers with. The write is done by then: references that cannot be
// looked up are left out of the answer, and do not make a failure of it.
func (b *Backend) answer(ctx context.Context, ev *Event, bind *binding, f *stored, wanted *schema.Record) *scim.Resource {
	rec, entry := f.rec, f.entry
	bind.note(entry, rec)
	if len(bind.shadows) > 0 || !entry.empty() {
		read := bind.typ.New()
		bind.plan.ToSCIM(read, rec, nil)
		bind.nameNameless(read, rec)
		bind.keepShadows(entry, wanted, read)
		bind.keepLogin(entry, rec)
		b.save(ctx, ev, entry)
	}
	return b.written(ctx, ev, bind, f)
}

// written makes the resource of a record that was just written.
func (b *Backend) written(ctx context.Context, ev *Event, bind *binding, f *stored) *scim.Resource {
	res, err := b.resource(ctx, bind, f, forWriting)
	if err != nil {
		ev.warn("The answer lacks references that could not be looked up (" + codeText(err) + ")")
		res = &scim.Resource{Record: bind.record(f.rec, f.entry, nil)}
	}
	ev.User = display(res.Record)
	return res
}

func editedFields(t *schema.Type, edits []schema.Edit) []string {
	out := make([]string, 0, len(edits))
	for _, e := range edits {
		out = append(out, t.Attribute(e.Slot).Name)
	}
	return out
}

// late turns deferred references into what an entry keeps of them.
func late(deferred []mapping.Deferred) []LateReference {
	var out []LateReference
	for _, d := range deferred {
		out = append(out, LateReference{Lookup: d.Lookup, Object: d.Object, Value: d.Value, Key: d.Key.Text(), Target: d.Target})
	}
	return out
}

// identifiers are the texts by which others may refer to a record: its id, its
// unique values, and its name as SCIM shows it.
func identifiers(bind *binding, rec *schema.Record) []string {
	out := []string{rec.String(bind.obj.IDField())}
	if slot := bind.typ.Slot("displayName"); slot != schema.NoSlot {
		read := bind.typ.New()
		bind.plan.ToSCIM(read, rec, nil)
		if name := read.At(slot).Text(); name != "" {
			out = append(out, name)
		}
	}
	for _, f := range append(slices.Clone(bind.obj.Unique), "name") {
		if s := rec.String(f); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// completeLate writes the references that waited for a record, now that it is
// there. Each is a write of its own; what fails stays remembered.
func (b *Backend) completeLate(ctx context.Context, ev *Event, bind *binding, rec *schema.Record) {
	if rec == nil || !bind.served() || bind.obj.Type.IsResource() {
		return
	}
	waiting, err := b.opts.State.FindLate(ctx, identifiers(bind, rec)...)
	if err != nil {
		b.opts.Logger.WarnContext(ctx, "late references were not looked for", "connection", b.opts.Connection, "error", err)
		return
	}
	for _, e := range waiting {
		if err := b.completeOne(ctx, ev, bind, e.Key, rec); err != nil {
			ev.warn("A record that waited for this one could not be completed: " + codeText(err))
		}
	}
	b.completeSelf(ctx, ev, bind, rec)
}

// completeSelf writes the references of a record to those who were written at the
// same time: they may have come before it could be seen that it waits for them.
func (b *Backend) completeSelf(ctx context.Context, ev *Event, bind *binding, rec *schema.Record) {
	self := bind.obj.RefOf(rec)
	others := b.overlay.since(bind.obj.Name, ev.Time)
	if delete(others, self); len(others) == 0 {
		return
	}
	entry, err := b.entry(ctx, bind.obj, self.ID)
	if err != nil || len(entry.Late) == 0 {
		return
	}
	for _, ref := range sortedRefs(maps.Keys(others)) {
		other := adapt(others[ref].rec, bind.obj.Type)
		if other == nil || !entry.waitsFor(identifiers(bind, other)) {
			continue
		}
		if err := b.completeOne(ctx, ev, bind, entry.Key, other); err != nil {
			ev.warn("A reference to a record that came meanwhile could not be written: " + codeText(err))
		}
	}
}

func (b *Backend) completeOne(ctx context.Context, ev *Event, bind *binding, k Key, arrived *schema.Record) error {
	unlock, err := b.lock(ctx, k)
	if err != nil {
		return err
	}
	defer unlock()
	entry, err := b.entry(ctx, bind.obj, k.ID)
	if err != nil || entry.Key != k || !entry.Tombstone.IsZero() {
		return err
	}
	ref := connector.Ref{Object: bind.obj.Name, ID: k.ID}
	rec, err := b.target.Get(ctx, ref)
	if err != nil {
		return err
	}
	rec = adapt(rec, bind.obj.Type)
	desc, err := b.target.Description(ctx)
	if err != nil {
		return err
	}
	names := identifiers(bind, arrived)
	change := connector.Change{Base: rec, Want: rec.Clone()}
	entry.Late = slices.DeleteFunc(entry.Late, func(l LateReference) bool {
		slot := bind.obj.Type.Slot(l.Target)
		if slot == schema.NoSlot || !sameIDs(desc.Object(l.Object), bind.obj) || !l.means(names) {
			return false
		}
		// What was set meanwhile by another way stands.
		if rec.At(slot).Unassigned() {
			v := arrived.Get(l.Value)
			if bind.obj.Type.Attribute(slot).MultiValued {
				v = schema.ListValue(v)
			}
			change.Edits = append(change.Edits, schema.Edit{Slot: slot, Op: schema.Set, Value: v})
		}
		return true
	})
	change.Want.Apply(change.Edits...)
	if _, _, err := b.update(ctx, ev, ref, bind, change); err != nil {
		return err
	}
	b.save(ctx, ev, entry)
	return nil
}

// sameIDs reports whether a reference to one object can mean a record of another:
// a department is no person, whatever both are called.
func sameIDs(looked, arrived *connector.Object) bool {
	return looked != nil && (looked.Name == arrived.Name || looked.IDSpace != "" && looked.IDSpace == arrived.IDSpace)
}
