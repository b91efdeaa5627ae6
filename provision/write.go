package provision

import (
	"context"
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

// notEnabled is the warning of the policy [EnableIgnore].
const notEnabled = "The account was not enabled: the policy says to ignore that"

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
func (b *Backend) disableAgain(ctx context.Context, ev *Event, f *stored) bool {
	if _, err := b.act(ctx, ev, &stored{bind: f.bind, ref: f.ref, entry: &Entry{}}, connector.Action{Kind: connector.Deactivate}); err != nil {
		ev.warn("The account was enabled, and could not be disabled again after the failure (" + codeText(err) + ")")
		return false
	}
	return true
}

// plan works out what a write changes, with all references looked up. Its
// warnings go to the event.
func (b *Backend) plan(ctx context.Context, ev *Event, bind *binding, in *mapping.Input, out *mapping.Result) error {
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
// where the target does not tell and the caller could not know.
func (b *Backend) act(ctx context.Context, ev *Event, f *stored, a connector.Action) (*schema.Record, error) {
	if a.Hint = f.entry.Hint; f.rec != nil {
		a.Hint = f.bind.hint(f.rec)
	}
	rec, err := b.target.Act(ctx, f.ref, a)
	if err != nil {
		return nil, err
	}
	ev.Done = append(ev.Done, a.Kind.String())
	if a.Kind == connector.Convert {
		b.overlay.wrote(&stored{ref: f.ref}) // there is none of the old kind any more
		b.cursors.forget(f.bind.fam)
	}
	if rec != nil {
		return rec, nil
	}
	switch a.Kind {
	case connector.Activate, connector.Downgrade:
		return b.target.Get(ctx, f.ref)
	case connector.Convert:
		return b.target.Get(ctx, connector.Ref{Object: a.To, ID: f.ref.ID})
	}
	return nil, nil //nolint:nilnil // the target does not tell
}

// became makes f what an action has made of it; rec is nil where the target does
// not tell.
func (f *stored) became(a connector.Action, rec *schema.Record) {
	if a.Kind == connector.Convert {
		f.bind = f.bind.fam.kindOf(a.To)
		f.ref.Object = a.To
		f.entry.converted(f.bind)
	}
	switch {
	case rec != nil:
		f.rec, f.partial = adapt(rec, f.bind.obj.Type), false
	case f.rec != nil && a.Kind != connector.Activate && f.bind.activeField != schema.NoSlot:
		f.rec, f.partial = f.rec.Clone(), true
		f.rec.SetAt(f.bind.activeField, schema.BooleanValue(false))
	}
}

// isActive reports whether SCIM shows an account as usable.
func (f *stored) isActive() bool {
	return f.bind.isActive(f.rec) && (f.entry == nil || !f.entry.Off)
}

// update writes a change of a record, if there is one: its fields, and the members
// of a group. f is the record as it is then; partial where the target does not
// tell.
func (b *Backend) update(ctx context.Context, ev *Event, f *stored, c connector.Change) error {
	bind := f.bind
	c.Type = bind.obj.Type
	edits, joining, leaving := bind.splitMembers(c)
	c.Edits = edits
	f.rec = c.Base
	if b.guardsAdmins(bind) && bind.takesRights(c.Edits) {
		if err := b.mayRemove(f); err != nil {
			return err
		}
	}
	if len(c.Edits) > 0 {
		rec, err := b.target.Update(ctx, f.ref, c)
		if err != nil {
			return err
		}
		for _, field := range editedFields(bind.obj.Type, c.Edits) {
			if !slices.Contains(ev.Changed, field) {
				ev.Changed = append(ev.Changed, field)
			}
		}
		// The target can leave out of an answer what it was not asked to write.
		f.partial = f.partial || rec == nil
		if rec == nil {
			rec = c.Want
		}
		f.rec = adapt(rec, bind.obj.Type)
	}
	if len(joining)+len(leaving) == 0 {
		return nil
	}
	skipped, err := b.changeMembers(ctx, ev, bind, f.ref, joining, leaving)
	if err != nil {
		return err
	}
	members := slices.DeleteFunc(slices.Collect(c.Want.At(bind.memberField).Elements()), func(v schema.Value) bool {
		return slices.Contains(skipped, v.Text())
	})
	f.rec = f.rec.Clone()
	f.rec.SetAt(bind.memberField, schema.ListValue(members...))
	f.partial = true
	return nil
}

// disable does what the policy says active: false does, and remembers what the
// target drops by that. f is the record as it is then.
func (b *Backend) disable(ctx context.Context, ev *Event, f *stored) error {
	leaving, err := f.bind.policy.disabling(f.bind, f.ordinary())
	if err != nil {
		return err
	}
	if len(leaving.acts) == 0 {
		ev.warn(notDisabled)
		return nil
	}
	if err := b.mayRemove(f); err != nil {
		return err
	}
	if !f.entry.Restoring {
		f.entry.Dropped = nil
	}
	for _, a := range leaving.acts {
		b.keepDropped(ctx, ev, f, a)
		rec, err := b.act(ctx, ev, f, a)
		if err != nil {
			return err
		}
		f.became(a, rec)
	}
	f.entry.Off, f.entry.Restoring = leaving.off, false
	if leaving.erases() {
		f.gone = true
		*f.entry = Entry{Key: f.entry.Key}
	}
	return nil
}

// keepDropped remembers what an action of a departure is about to empty. Afterwards
// would be too late: whoever repeats a request whose answer was lost finds it gone.
func (b *Backend) keepDropped(ctx context.Context, ev *Event, f *stored, a connector.Action) {
	for _, field := range f.bind.takenBy(a) {
		f.entry.drop(field, f.rec.Get(field))
	}
	if f.entry.Dropped != nil {
		f.entry.Restoring = f.entry.Restoring || a.Kind == connector.Convert // until the departure is done
		b.save(ctx, ev, f.entry)
	}
}

// takenBy are the fields that an action empties: a deactivation those that it drops,
// a conversion those that an activation changes in both kinds.
func (bind *binding) takenBy(a connector.Action) []string {
	switch a.Kind {
	case connector.Deactivate:
		return bind.obj.DroppedByDeactivate
	case connector.Convert:
		changed := changedByActivation(bind.fam.kindOf(a.To).obj)
		return slices.DeleteFunc(changedByActivation(bind.obj), func(field string) bool { return !slices.Contains(changed, field) })
	default:
		return nil
	}
}

// changedByActivation are the fields that an account has not got back as they were
// when it was deactivated and activated.
func changedByActivation(o *connector.Object) []string {
	return slices.Concat(o.DroppedByDeactivate, o.ResetByActivate)
}

// mayRemove protects the account that the connection itself uses, those that the
// target says are to be protected, and administrators where a setting says so
// (design D16 d).
func (b *Backend) mayRemove(f *stored) error {
	switch bind := f.bind; {
	case bind.owner != "" && bind.owner == f.ref.ID:
		return scim.Errorf(http.StatusForbidden, "", "the account that the connection itself uses cannot be disabled, downgraded or deleted")
	case slices.Contains(bind.others, f.ref.ID):
		return scim.Errorf(http.StatusForbidden, "", "the owner of the target's account cannot be disabled, downgraded or deleted")
	case b.opts.ProtectAdmins && bind.obj.Admin != "" && f.rec != nil && f.rec.Bool(bind.obj.Admin):
		return scim.Errorf(http.StatusForbidden, "", "administrators cannot be disabled, downgraded or deleted: a setting of the connection protects them")
	}
	return nil
}

// takesRights reports whether edits give an account other rights than it has.
func (bind *binding) takesRights(edits []schema.Edit) bool {
	hint := bind.obj.Type.Slot(bind.obj.Hint)
	return hint != schema.NoSlot && slices.ContainsFunc(edits, func(e schema.Edit) bool { return e.Slot == hint })
}

// answer stores what reading a record would not give back, and makes the resource
// that a write answers with. The write is done by then: references that cannot be
// looked up are left out of the answer, and do not make a failure of it.
func (b *Backend) answer(ctx context.Context, ev *Event, f *stored, wanted *schema.Record) *scim.Resource {
	bind, rec, entry := f.bind, f.rec, f.entry
	if f.gone {
		b.save(ctx, ev, entry)
		return b.written(ctx, ev, f)
	}
	bind.note(entry, rec)
	if len(bind.shadows) > 0 || !entry.empty() {
		read := bind.typ.New()
		bind.plan.ToSCIM(read, rec, nil)
		bind.nameNameless(read, rec)
		bind.keepShadows(entry, wanted, read)
		bind.keepLogin(entry, rec)
		b.save(ctx, ev, entry)
	}
	return b.written(ctx, ev, f)
}

// written makes the resource of a record that was just written.
func (b *Backend) written(ctx context.Context, ev *Event, f *stored) *scim.Resource {
	res, err := b.resource(ctx, f, forWriting)
	if err != nil {
		ev.warn("The answer lacks references that could not be looked up (" + codeText(err) + ")")
		res = &scim.Resource{Record: f.bind.record(f.rec, f.entry, nil)}
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
