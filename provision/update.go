package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

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
	defer func() { err = op.end(ctx, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.Matched = "id"
	m, fam, err := b.family(ctx, r.Type)
	if err != nil {
		return nil, err
	}
	if err := fam.fits(u); err != nil {
		return nil, err
	}
	c := &alteration{b: b, ev: op.ev, fam: fam, r: r, u: u, o: o}
	res, f, err := c.locked(ctx)
	if err != nil {
		return nil, err
	}
	b.completeLate(ctx, op.ev, m, f)
	return res, nil
}

// fits reports by its error whether an update was made for the present types.
func (fam *family) fits(u scim.Update) error {
	if u.Replace != nil {
		return fam.fresh(u.Replace.Type())
	}
	for _, op := range u.Patch {
		if err := fam.fresh(op.Target.Type); err != nil {
			return err
		}
	}
	return nil
}

// alteration is an update on its way to the record.
type alteration struct {
	b   *Backend
	ev  *Event
	fam *family
	r   scim.Ref
	u   scim.Update
	o   scim.WriteOptions
}

// locked carries out an update while nobody else writes the record, or gives
// somebody the same name.
func (c *alteration) locked(ctx context.Context) (*scim.Resource, *stored, error) {
	kinds := c.fam.candidates(c.r.ID)
	if len(kinds) == 0 {
		return nil, nil, notFound(c.r)
	}
	if name := kinds[0].newName(c.u); name != "" {
		// Before the record, as a create does: the other way round two could wait
		// for each other.
		unlock, err := c.b.opts.Locker.Lock(ctx, c.b.lockPrefix()+kinds[0].nameSpace()+"?"+nameKey(name))
		if err != nil {
			return nil, nil, err
		}
		defer unlock()
	}
	unlock, err := c.b.lockID(ctx, c.fam, c.r)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	return c.run(ctx)
}

// run chooses the cheapest way to carry out an update. Where versions are asked
// for the record has to be read, and be in one of them.
func (c *alteration) run(ctx context.Context) (*scim.Resource, *stored, error) {
	b, ev := c.b, c.ev
	kinds, entry, err := b.locate(ctx, ev, c.fam, c.r)
	if err != nil {
		return nil, nil, err
	}
	bind := kinds[0]
	ref, _ := bind.ref(c.r.ID)
	var found *stored
	if len(c.o.IfMatch) > 0 {
		if found, err = b.inVersion(ctx, ev, c.fam, c.r, c.o.IfMatch); err != nil {
			return nil, nil, err
		}
	}
	if c.u.Replace == nil && bind.obj.Members {
		if add, remove, ok := scim.MemberDelta(c.u.Patch); ok {
			return nil, nil, b.editMembers(ctx, ev, bind, ref, add, remove)
		}
	}
	if c.u.Replace == nil && found == nil {
		f := &stored{bind: bind, ref: ref, entry: entry}
		// Where kinds share their ids, only what has been seen as this kind is
		// written without a look.
		if bind.known(entry) && bind.blind(c.u.Patch) {
			res, err := b.changeBlind(ctx, ev, f, c.u.Patch)
			if err == nil || len(kinds) == 1 || !errors.Is(err, connector.NotFound) {
				return res, f, asNotFound(c.r, err)
			}
		} else if active, ok := bind.onlyActive(c.u.Patch); ok && !entry.Off && !b.guardsAdmins(bind) {
			res, err := b.changeState(ctx, ev, f, active)
			return res, f, asNotFound(c.r, err)
		}
	}
	if found == nil {
		if found, err = b.load(ctx, ev, c.fam, c.r, c.needs(bind)); err != nil {
			return nil, nil, err
		}
	}
	if found.bind.note(found.entry, found.rec) {
		b.save(ctx, ev, found.entry)
	}
	if name := bind.newName(c.u); name != "" && !strings.EqualFold(name, entry.Shadow[bind.typ.Path(bind.userName)]) {
		if err := b.freeName(ctx, ev, c.fam, name, ref.ID); err != nil {
			return nil, nil, err
		}
	}
	m := &modification{b: b, ev: ev, stored: found}
	res, err := m.run(ctx, c.u)
	return res, m.stored, err
}

// needs is what has to be read of a record for an update: everything, but for the
// members of a group that are neither written nor shown.
func (c *alteration) needs(bind *binding) omission {
	if c.u.Replace != nil || bind.members == schema.NoSlot || slices.ContainsFunc(c.u.Patch, func(op scim.Op) bool { return op.Target.Slot == bind.members }) {
		return nil
	}
	if c.o.Silent {
		return withoutMembers
	}
	return unshown(c.o.Wants)
}

// modification is an update of a record that was read.
type modification struct {
	b  *Backend
	ev *Event
	*stored
	// to is the kind that the record is to become; nil where the routes decide.
	to *binding

	disables bool // the request says that the account is to be disabled
	revives  bool // a DELETE may have put the record away, which the request takes back

	full   *schema.Record // the record with what a deactivation took, once recalled
	result mapping.Result
}

func (c *modification) run(ctx context.Context, u scim.Update) (*scim.Resource, error) {
	b, ev := c.b, c.ev
	current, err := b.resource(ctx, c.stored, forWriting)
	if err != nil {
		return nil, err
	}
	ev.User = display(current.Record)
	wanted, in, err := c.wanted(current.Record, u)
	if err != nil {
		return nil, err
	}
	enables := c.enables(wanted)
	if enables && c.recall() {
		// What the deactivation took counts as being there still.
		whole, err := b.resource(ctx, &stored{bind: c.bind, ref: c.ref, rec: c.full, entry: c.entry, partial: true}, forWriting)
		if err != nil {
			return nil, err
		}
		if wanted, in, err = c.wanted(whole.Record, u); err != nil {
			return nil, err
		}
		in.Stored = c.full
	} else if !enables && in.Op == mapping.Patch && wanted.Equal(current.Record) && !c.halfDisabled() {
		ev.Outcome = Unchanged
		return current, nil
	}
	if c.to == nil {
		if c.to, err = c.bind.reroute(in); err != nil {
			return nil, err
		}
	}
	before := *c.entry.clone()
	if c.to != c.bind && !c.downgraded(wanted) {
		if err := c.convert(ctx, wanted); err != nil {
			return nil, err
		}
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		if in.Op == mapping.Patch {
			if err := c.carryOver(ctx, current.Record, wanted); err != nil {
				return nil, err
			}
		}
		in = c.replacing(wanted, c.rec)
		if c.enables(wanted) {
			in.Stored = c.full // what the conversion took counts as being there still
		}
	}
	if err := b.plan(ctx, ev, c.bind, in, &c.result); err != nil {
		return nil, err
	}
	if err := c.write(ctx, wanted); err != nil {
		return nil, err
	}
	res := c.finish(ctx, wanted, &before)
	if u.Replace == nil && !c.gone {
		ev.warnLeft(c.left(current.Record, wanted, res.Record))
	}
	return res, nil
}

// finish remembers what has become of the record, and makes the answer.
func (c *modification) finish(ctx context.Context, wanted *schema.Record, before *Entry) *scim.Resource {
	b, ev := c.b, c.ev
	ev.Target, ev.kind = c.ref, c.bind
	b.lookups.forget(identifiers(c.bind, c.rec)...)
	if !c.gone {
		c.entry.Object = c.bind.obj.Name
	}
	if c.revives {
		c.entry.Tombstone = time.Time{}
	}
	c.settleLate()
	res := b.answer(ctx, ev, c.stored, wanted)
	switch {
	case len(ev.Changed) == 0 && len(ev.Done) == 0 && before.Off == c.entry.Off && sameShadows(before.Shadow, c.entry.Shadow):
		ev.Outcome = Unchanged
	case c.gone:
		b.overlay.wrote(&stored{ref: c.ref})
	default:
		b.overlay.wrote(c.stored)
	}
	return res
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
	if c.to == nil {
		c.bind.fam.keepRoute(rec, current)
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
func (c *modification) write(ctx context.Context, wanted *schema.Record) error {
	b, ev, bind := c.b, c.ev, c.bind
	wasActive := c.isActive()
	wantActive, ok := bind.activeOf(wanted)
	if !ok {
		wantActive = wasActive
	}
	disable := wasActive && !wantActive || c.halfDisabled()
	if disable {
		if err := b.mayRemove(c.stored); err != nil {
			return err
		}
	}
	if c.enables(wanted) {
		return c.enable(ctx)
	}
	if err := b.update(ctx, ev, c.stored, connector.Change{Edits: c.result.Edits, Base: c.rec, Want: c.result.Record}); err != nil {
		return err
	}
	switch {
	case disable:
		rest, cancel := afterWrite(ctx)
		defer cancel()
		return b.disable(rest, ev, c.stored)
	case wantActive && !wasActive:
		ev.warn(notEnabled)
	case wantActive:
		c.entry.revived()
	}
	return nil
}

// halfDisabled reports whether a request disables an account that cannot be used,
// but still has the rights that a deactivation takes away: an earlier one stopped
// half-way, or somebody disabled it in the target.
func (c *modification) halfDisabled() bool {
	p := c.bind.policy.Disable
	return c.disables && p != DisableIgnore && p != DisableDeactivate && !c.isActive() && c.bind.special(c.rec)
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
