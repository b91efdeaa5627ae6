package provision

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// Update implements scim.Backend.
func (b *Backend) Update(ctx context.Context, r scim.Ref, u scim.Update, o scim.WriteOptions) (_ *scim.Resource, err error) {
	action := ActionPatch
	if u.Replace != nil {
		action = ActionReplace
	}
	ctx, op, err := b.begin(ctx, action, r)
	if err != nil {
		return nil, err
	}
	var bind *binding
	defer func() { err = op.end(ctx, bind, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.Matched = "id"
	if _, bind, err = b.binding(ctx, r.Type); err != nil {
		return nil, err
	}
	if !bind.served() {
		return nil, notFound(r)
	}
	if err := bind.fits(u); err != nil {
		return nil, err
	}
	ref, ok := bind.ref(r.ID)
	if !ok {
		return nil, notFound(r)
	}
	unlock, err := b.lock(ctx, keyOf(bind.obj, ref.ID))
	if err != nil {
		return nil, err
	}
	res, rec, err := b.change(ctx, op.ev, bind, r, u, o)
	unlock()
	if err != nil {
		return nil, err
	}
	b.completeLate(ctx, op.ev, bind, rec)
	return res, nil
}

// fits reports by its error whether an update was made for the present types.
func (bind *binding) fits(u scim.Update) error {
	if u.Replace != nil {
		return bind.fresh(u.Replace.Type())
	}
	for _, op := range u.Patch {
		if err := bind.fresh(op.Target.Type); err != nil {
			return err
		}
	}
	return nil
}

// change chooses the cheapest way to carry out an update; the record is locked.
func (b *Backend) change(ctx context.Context, ev *Event, bind *binding, r scim.Ref, u scim.Update, o scim.WriteOptions) (*scim.Resource, *schema.Record, error) {
	ref, entry, err := b.locate(ctx, ev, bind, r)
	if err != nil {
		return nil, nil, err
	}
	if u.Replace == nil {
		if bind.obj.Members {
			if add, remove, ok := scim.MemberDelta(u.Patch); ok {
				return nil, nil, b.editMembers(ctx, ev, bind, ref, add, remove)
			}
		}
		if bind.blind(u.Patch) {
			return b.changeBlind(ctx, ev, bind, ref, entry, u.Patch)
		}
	}
	found, err := b.load(ctx, ev, bind, r, scim.Projection{})
	if err != nil {
		return nil, nil, err
	}
	c := &modification{b: b, ev: ev, bind: bind, stored: found}
	res, err := c.run(ctx, u)
	return res, c.rec, err
}

// editMembers changes a group's members without reading it.
func (b *Backend) editMembers(ctx context.Context, ev *Event, bind *binding, group connector.Ref, add, remove []string) error {
	toAdd, toRemove := bind.memberRefs(add), bind.memberRefs(remove)
	results, err := b.target.EditMembers(ctx, group, toAdd, toRemove)
	if errors.Is(err, connector.NotFound) {
		return notFound(ev.Ref)
	}
	if err != nil {
		return err
	}
	var unknown []string
	for i, err := range results {
		switch {
		case err == nil:
		case i < len(add) && errors.Is(err, connector.NotFound):
			unknown = append(unknown, add[i])
		default:
			return err
		}
	}
	ev.Changed = append(ev.Changed, fmt.Sprintf("members (+%d -%d)", len(add)-len(unknown), len(remove)))
	if len(unknown) > 0 {
		return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "members: nobody has the id %s", strings.Join(unknown, ", "))
	}
	return nil
}

// memberRefs gives SCIM ids the form that the target knows.
func (bind *binding) memberRefs(ids []string) []connector.Ref {
	refs := make([]connector.Ref, len(ids))
	for i, id := range ids {
		refs[i].ID = id
		if len(bind.obj.Member) > 0 {
			refs[i].Object = bind.obj.Member[0]
		}
	}
	return refs
}

// blind reports whether operations can be carried out without a read.
func (bind *binding) blind(ops []scim.Op) bool {
	if !bind.obj.BlindUpdate {
		return false
	}
	touched := make([]schema.Selector, len(ops))
	for i, op := range ops {
		// What has a life of its own needs to know how things stand.
		if s := op.Target.Slot; s == bind.active || bind.shadowed(s) {
			return false
		}
		touched[i] = op.Target
	}
	return bind.plan.Blind(touched) && (bind.routes == nil || bind.routes.Blind(touched))
}

func (b *Backend) changeBlind(ctx context.Context, ev *Event, bind *binding, ref connector.Ref, entry *Entry, ops []scim.Op) (*scim.Resource, *schema.Record, error) {
	touched := make([]schema.Selector, len(ops))
	for i := range ops {
		touched[i] = ops[i].Target
		ops[i].CreateMissing = true
	}
	patched, err := scim.ApplyPatch(bind.typ.New(), ops)
	if err != nil {
		return nil, nil, err
	}
	var out mapping.Result
	in := &mapping.Input{Op: mapping.Patch, Resource: patched, Touched: touched, Now: b.opts.Clock()}
	if err := b.plan(ctx, ev, bind, in, &out); err != nil {
		return nil, nil, err
	}
	if len(out.Edits) == 0 {
		ev.Outcome = Unchanged
		return nil, nil, nil
	}
	rec, err := b.target.Update(ctx, ref, connector.Change{Edits: out.Edits})
	if errors.Is(err, connector.NotFound) {
		return nil, nil, notFound(ev.Ref)
	}
	if err != nil {
		return nil, nil, err
	}
	ev.Changed = editedFields(bind.obj.Type, out.Edits)
	if rec == nil {
		return nil, nil, nil
	}
	rec = adapt(rec, bind.obj.Type)
	b.overlay.wrote(ref, rec)
	return b.written(ctx, ev, bind, rec, entry), rec, nil
}

// modification is an update of a record that was read.
type modification struct {
	b    *Backend
	ev   *Event
	bind *binding
	*stored

	result mapping.Result
}

func (c *modification) run(ctx context.Context, u scim.Update) (*scim.Resource, error) {
	b, ev, bind := c.b, c.ev, c.bind
	current, err := b.resource(ctx, bind, c.rec, c.entry)
	if err != nil {
		return nil, err
	}
	ev.User = display(current.Record)
	wanted, in, err := c.wanted(current.Record, u)
	if err != nil {
		return nil, err
	}
	if in.Op == mapping.Patch && wanted.Equal(current.Record) {
		ev.Outcome = Unchanged
		return current, nil
	}
	if err := b.plan(ctx, ev, bind, in, &c.result); err != nil {
		return nil, err
	}
	before := *c.entry.clone()
	if err := c.write(ctx, wanted); err != nil {
		return nil, err
	}
	b.lookups.forget(identifiers(bind, c.rec)...)
	c.entry.Object = bind.obj.Name
	c.settleLate()
	res := b.answer(ctx, ev, bind, c.rec, c.entry, wanted)
	if len(ev.Changed) == 0 && len(ev.Done) == 0 && sameShadows(before.Shadow, c.entry.Shadow) {
		ev.Outcome = Unchanged
	} else {
		b.overlay.wrote(c.ref, c.rec)
	}
	return res, nil
}

// wanted is the resource as it is to be, and what the mapping makes it from.
func (c *modification) wanted(current *schema.Record, u scim.Update) (*schema.Record, *mapping.Input, error) {
	in := &mapping.Input{Stored: c.rec, Current: current, Now: c.b.opts.Clock()}
	if u.Replace == nil {
		rec, err := scim.ApplyPatch(current, u.Patch)
		in.Op, in.Resource = mapping.Patch, rec
		return rec, in, err
	}
	rec, err := scim.ApplyReplace(current, u.Replace)
	if err != nil {
		return nil, nil, err
	}
	if c.bind.active != schema.NoSlot && rec.At(c.bind.active).Unassigned() {
		// A PUT that does not speak of it neither disables nor enables.
		rec.SetAt(c.bind.active, current.At(c.bind.active))
	}
	in.Op, in.Resource = mapping.Replace, rec
	return rec, in, nil
}

// write carries out the edits and the change of state, in the order in which the
// target takes them: a disabled account is enabled before it is changed, and
// one to be disabled is changed before that.
func (c *modification) write(ctx context.Context, wanted *schema.Record) error {
	b, ev, bind := c.b, c.ev, c.bind
	wasActive := bind.isActive(c.rec)
	wantActive, ok := bind.activeOf(wanted)
	if !ok {
		wantActive = wasActive
	}
	if wasActive && !wantActive {
		if err := bind.mayRemove(c.ref); err != nil {
			return err
		}
	}
	change := connector.Change{Edits: c.result.Edits, Base: c.rec, Want: c.result.Record}
	if !wasActive && wantActive {
		rec, err := b.act(ctx, ev, c.ref, connector.Activate)
		if err != nil {
			return err
		}
		change = c.restore(adapt(rec, bind.obj.Type))
	}
	rec, err := b.update(ctx, ev, c.ref, bind, change)
	if err != nil {
		return err
	}
	c.rec = rec
	switch {
	case wasActive && !wantActive && bind.policy.Disable == DisableIgnore:
		ev.Warnings = append(ev.Warnings, "The account was not disabled: the policy says to ignore that")
	case wasActive && !wantActive:
		c.rec, err = b.deactivate(ctx, ev, bind, rec, c.entry)
	case wantActive:
		c.entry.Dropped = nil
	}
	return err
}

// restore is the change that gives a reactivated record back what the
// deactivation dropped, together with what the request changes.
func (c *modification) restore(activated *schema.Record) connector.Change {
	want := activated.Clone()
	for _, f := range c.bind.obj.DroppedByDeactivate {
		slot := c.bind.obj.Type.Slot(f)
		v := c.rec.At(slot)
		if v.Unassigned() {
			v = c.entry.Dropped[f]
		}
		if !v.Unassigned() {
			want.SetAt(slot, v)
		}
	}
	want.Apply(c.result.Edits...)
	return connector.Change{Edits: c.bind.plan.Diff(nil, activated, want), Base: activated, Want: want}
}

// settleLate brings what an entry waits for up to date: a field that was written
// now waits for nobody.
func (c *modification) settleLate() {
	var left []LateReference
	for _, l := range c.entry.Late {
		slot := c.bind.obj.Type.Slot(l.Target)
		written := false
		for _, e := range c.result.Edits {
			written = written || e.Slot == slot
		}
		for _, d := range c.result.Deferred {
			written = written || d.Target == l.Target
		}
		if !written {
			left = append(left, l)
		}
	}
	c.entry.Late = append(left, late(c.result.Deferred)...)
}

func sameShadows(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}
