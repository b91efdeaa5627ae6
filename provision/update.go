package provision

import (
	"context"
	"errors"
	"slices"
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
	var m *model
	var bind *binding
	defer func() { err = op.end(ctx, bind, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.Matched = "id"
	if m, bind, err = b.binding(ctx, r.Type); err != nil {
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
	res, rec, err := b.change(ctx, op.ev, m, bind, ref, r, u, o.IfMatch)
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

// change chooses the cheapest way to carry out an update, with the record locked.
// Where versions are asked for the record has to be read, and be in one of them.
func (b *Backend) change(ctx context.Context, ev *Event, m *model, bind *binding, ref connector.Ref, r scim.Ref, u scim.Update, versions []string) (*scim.Resource, *schema.Record, error) {
	name := bind.newName(u)
	if name != "" {
		// Before the record, as a create does: the other way round two could wait
		// for each other.
		unlock, err := b.opts.Locker.Lock(ctx, b.lockPrefix()+bind.obj.Name+"?"+nameKey(name))
		if err != nil {
			return nil, nil, err
		}
		defer unlock()
	}
	unlock, err := b.lock(ctx, keyOf(bind.obj, ref.ID))
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	ref, entry, err := b.locate(ctx, ev, bind, r)
	if err != nil {
		return nil, nil, err
	}
	var found *stored
	if len(versions) > 0 {
		if found, err = b.inVersion(ctx, ev, bind, r, versions); err != nil {
			return nil, nil, err
		}
	}
	if u.Replace == nil && bind.obj.Members {
		if add, remove, ok := scim.MemberDelta(u.Patch); ok {
			return nil, nil, b.editMembers(ctx, ev, m, bind, ref, add, remove)
		}
	}
	if u.Replace == nil && found == nil {
		// Where kinds share their ids, only what has been seen as this kind is
		// written without a look.
		if known := bind.obj.IDSpace == "" || entry.Object == bind.obj.Name; known && bind.blind(u.Patch) {
			return b.changeBlind(ctx, ev, bind, ref, entry, u.Patch)
		}
		if active, ok := bind.onlyActive(u.Patch); ok {
			return b.changeState(ctx, ev, bind, ref, entry, active)
		}
	}
	if found == nil {
		if found, err = b.load(ctx, ev, bind, r, nil); err != nil {
			return nil, nil, err
		}
	}
	if bind.note(found.entry, found.rec) {
		b.save(ctx, ev, found.entry)
	}
	if name != "" && !strings.EqualFold(name, entry.Shadow[bind.typ.Path(bind.userName)]) {
		if err := b.freeName(ctx, ev, bind, name, ref.ID); err != nil {
			return nil, nil, err
		}
	}
	c := &modification{b: b, ev: ev, bind: bind, stored: found}
	res, err := c.run(ctx, u)
	return res, c.rec, err
}

// onlyActive reports whether operations do nothing but enable or disable an
// account, of a kind that need not be read for that.
func (bind *binding) onlyActive(ops []scim.Op) (active, ok bool) {
	if !bind.obj.BlindActions || bind.active == schema.NoSlot || len(ops) == 0 || bind.policy.Disable == DisableIgnore {
		return false, false
	}
	for _, op := range ops {
		v, isBool := op.Value.Bool()
		if op.Target.Slot != bind.active || op.Kind == scim.OpRemove || !isBool {
			return false, false
		}
		active = v
	}
	return active, bind.routes == nil || bind.routes.Blind([]schema.Selector{ops[0].Target})
}

// changeState enables or disables an account without reading it first.
func (b *Backend) changeState(ctx context.Context, ev *Event, bind *binding, ref connector.Ref, entry *Entry, active bool) (*scim.Resource, *schema.Record, error) {
	kind := connector.Activate
	if !active {
		kind = connector.Deactivate
		if err := bind.mayRemove(ref); err != nil {
			return nil, nil, err
		}
	}
	rec, err := b.act(ctx, ev, ref, kind, entry.Hint)
	if err == nil && rec == nil {
		rec, err = b.target.Get(ctx, ref)
	}
	if errors.Is(err, connector.NotFound) {
		return nil, nil, notFound(ev.Ref)
	}
	if err != nil {
		return nil, nil, err
	}
	f := &stored{ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry}
	b.overlay.wrote(f)
	bind.note(entry, f.rec)
	bind.keepLogin(entry, f.rec)
	b.save(ctx, ev, entry)
	return b.written(ctx, ev, bind, f), f.rec, nil
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
	f := &stored{ref: ref, rec: adapt(rec, bind.obj.Type), entry: entry}
	b.overlay.wrote(f)
	return b.written(ctx, ev, bind, f), f.rec, nil
}

// modification is an update of a record that was read.
type modification struct {
	b    *Backend
	ev   *Event
	bind *binding
	*stored

	disables bool // the request says that the account is to be disabled

	full   *schema.Record // the record with what a deactivation took, once recalled
	result mapping.Result
}

func (c *modification) run(ctx context.Context, u scim.Update) (*scim.Resource, error) {
	b, ev, bind := c.b, c.ev, c.bind
	all, err := b.resources(ctx, bind, []*stored{c.stored}, forWriting)
	if err != nil {
		return nil, err
	}
	current := all[0]
	ev.User = display(current.Record)
	wanted, in, err := c.wanted(current.Record, u)
	if err != nil {
		return nil, err
	}
	if c.enables(wanted) && c.recall() {
		// What the deactivation took counts as being there still.
		whole, err := b.resource(ctx, bind, &stored{rec: c.full, entry: c.entry, partial: true}, forWriting)
		if err != nil {
			return nil, err
		}
		if wanted, in, err = c.wanted(whole.Record, u); err != nil {
			return nil, err
		}
		in.Stored = c.full
	} else if in.Op == mapping.Patch && wanted.Equal(current.Record) && !c.halfDisabled() {
		ev.Outcome = Unchanged
		return current, b.setVersion(ctx, bind, c.stored, current)
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
	res := b.answer(ctx, ev, bind, c.stored, wanted)
	if len(ev.Changed) == 0 && len(ev.Done) == 0 && sameShadows(before.Shadow, c.entry.Shadow) {
		ev.Outcome = Unchanged
	} else {
		b.overlay.wrote(c.stored)
	}
	return res, nil
}

// wanted is the resource as it is to be, and what the mapping makes it from.
func (c *modification) wanted(current *schema.Record, u scim.Update) (*schema.Record, *mapping.Input, error) {
	in := &mapping.Input{Stored: c.rec, Current: current, Now: c.b.opts.Clock()}
	if u.Replace == nil {
		rec, repairs, err := scim.ApplyRepaired(current, u.Patch)
		c.ev.Repairs = appendNew(c.ev.Repairs, repairs)
		in.Op, in.Resource = mapping.Patch, rec
		if err == nil && c.bind.active != schema.NoSlot {
			on, isBool := rec.At(c.bind.active).Bool()
			c.disables = isBool && !on && slices.ContainsFunc(u.Patch, func(op scim.Op) bool { return op.Target.Slot == c.bind.active })
		}
		return rec, in, err
	}
	rec, err := scim.ApplyReplace(current, u.Replace)
	if err != nil {
		return nil, nil, err
	}
	if on, isBool := c.bind.activeOf(rec); isBool {
		c.disables = !on
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
func (c *modification) write(ctx context.Context, wanted *schema.Record) (err error) {
	b, ev, bind := c.b, c.ev, c.bind
	wasActive := bind.isActive(c.rec)
	wantActive, ok := bind.activeOf(wanted)
	if !ok {
		wantActive = wasActive
	}
	disable := wasActive && !wantActive || c.halfDisabled()
	if disable {
		if err := bind.mayRemove(c.ref); err != nil {
			return err
		}
	}
	if c.enables(wanted) {
		return c.enable(ctx)
	}
	if c.rec, c.partial, err = b.update(ctx, ev, c.ref, bind, connector.Change{Edits: c.result.Edits, Base: c.rec, Want: c.result.Record}); err != nil {
		return err
	}
	switch {
	case disable && bind.policy.Disable == DisableIgnore:
		ev.warn(notDisabled)
	case disable:
		rest, cancel := afterWrite(ctx)
		defer cancel()
		c.rec, c.partial, err = b.deactivate(rest, ev, bind, c.rec, c.entry)
	case wantActive:
		c.entry.revived()
	}
	return err
}

// halfDisabled reports whether a request disables an account that cannot be used,
// but still has the rights that a deactivation takes away: an earlier one stopped
// half-way, or somebody disabled it in the target.
func (c *modification) halfDisabled() bool {
	return c.disables && c.bind.policy.Disable != DisableIgnore && !c.bind.isActive(c.rec) && c.bind.special(c.rec)
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

// appendNew appends those texts that are not there yet.
func appendNew(list, more []string) []string {
	for _, m := range more {
		if !slices.Contains(list, m) {
			list = append(slices.Clip(list), m)
		}
	}
	return list
}
