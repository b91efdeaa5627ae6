package provision

import (
	"context"
	"maps"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// enables reports whether a modification enables an account, or goes on with an
// enabling that stopped half-way: the account was enabled, and what a
// deactivation takes was not given back.
func (c *modification) enables(wanted *schema.Record) bool {
	active, ok := c.bind.activeOf(wanted)
	return ok && active && (!c.isActive() || c.entry.Restoring) && c.bind.policy.Enable != EnableIgnore
}

// recall makes the record as it was before it was deactivated, as far as that is
// known, and reports whether there was anything to add.
func (c *modification) recall() bool {
	c.full = c.rec.Clone()
	added := false
	for _, f := range c.taken() {
		slot := c.bind.obj.Type.Slot(f)
		if v := c.entry.Dropped[f]; !dropped(v) && dropped(c.rec.At(slot)) {
			c.full.SetAt(slot, v)
			added = true
		}
	}
	for _, f := range c.bind.obj.ResetByActivate {
		slot := c.bind.obj.Type.Slot(f)
		if v, ok := c.entry.Dropped[f]; ok && !v.Equal(c.rec.At(slot)) {
			c.full.SetAt(slot, v)
			added = true
		}
	}
	return added
}

// taken are the fields that a deactivation empties, and those that it has emptied
// while the record was of another kind.
func (c *modification) taken() []string {
	obj := c.bind.obj
	out := slices.Clone(obj.DroppedByDeactivate)
	for _, f := range slices.Sorted(maps.Keys(c.entry.Dropped)) {
		if obj.Type.Slot(f) != schema.NoSlot && !slices.Contains(out, f) && !slices.Contains(obj.ResetByActivate, f) {
			out = append(out, f)
		}
	}
	return out
}

// dropped reports whether a field has what a deactivation leaves in it.
func dropped(v schema.Value) bool {
	if on, ok := v.Bool(); ok {
		return !on
	}
	return v.Unassigned()
}

// enable activates an account and gives it back what the deactivation took,
// together with what the request changes. What there is to give back is
// remembered before the first call: some targets take it only when the account
// is activated, and whoever repeats a request of which the second call failed
// finds it gone.
func (c *modification) enable(ctx context.Context) error {
	b, ev, bind := c.b, c.ev, c.bind
	if !bind.isActive(c.rec) && bind.special(c.rec) {
		return c.enableLast(ctx)
	}
	if !bind.isActive(c.rec) {
		if err := c.remember(ctx); err != nil {
			return err
		}
		rec, err := b.act(ctx, ev, c.stored, connector.Action{Kind: connector.Activate})
		if err != nil {
			return err
		}
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		if err := c.restore(ctx, adapt(rec, bind.obj.Type)); err != nil {
			c.takeBack(ctx)
			return err
		}
	} else if err := c.restore(ctx, c.rec); err != nil {
		return err
	}
	c.finishEnabling(ctx)
	return nil
}

// takeBack disables an account again whose enabling has failed half-way.
func (c *modification) takeBack(ctx context.Context) {
	if c.b.disableAgain(ctx, c.ev, c.stored) {
		c.became(connector.Action{Kind: connector.Deactivate}, nil)
		c.entry.Restoring = false
		c.b.save(ctx, c.ev, c.entry)
	}
}

// finishEnabling puts the account back into its groups. Whoever sends the request
// again goes on with those that could not be reached.
func (c *modification) finishEnabling(ctx context.Context) {
	all := c.b.rejoin(ctx, c.ev, c.stored)
	c.entry.revived()
	c.entry.Restoring = !all
}

// enableLast activates an account with special rights once all else is written:
// to disable it again after a failure would take the rights away.
func (c *modification) enableLast(ctx context.Context) (err error) {
	b, ev := c.b, c.ev
	if err = b.update(ctx, ev, c.stored, connector.Change{Edits: c.result.Edits, Base: c.rec, Want: c.result.Record}); err != nil {
		return err
	}
	rest, cancel := afterWrite(ctx)
	defer cancel()
	a := connector.Action{Kind: connector.Activate}
	rec, err := b.act(rest, ev, c.stored, a)
	if err != nil {
		return err
	}
	c.became(a, rec)
	c.finishEnabling(rest)
	return nil
}

// remember keeps the fields that the activation may empty, or set to a value of
// its own, and that there is something to be given back.
func (c *modification) remember(ctx context.Context) error {
	taken := c.taken()
	c.entry.Dropped = nil
	for _, f := range taken {
		c.entry.drop(f, c.full.Get(f))
	}
	for _, f := range c.bind.obj.ResetByActivate {
		c.entry.keep(f, c.full.Get(f))
	}
	if c.entry.Dropped == nil && !c.rejoins() {
		return nil
	}
	c.entry.Restoring = true
	if err := c.b.opts.State.Save(ctx, c.entry); err != nil {
		return forgotten(err)
	}
	return nil
}

// restore writes the difference between the record as the target has it now and
// as it is to be.
func (c *modification) restore(ctx context.Context, now *schema.Record) error {
	want := now.Clone()
	for _, f := range c.taken() {
		slot := c.bind.obj.Type.Slot(f)
		if v := c.full.At(slot); dropped(now.At(slot)) && !dropped(v) {
			want.SetAt(slot, v)
		}
	}
	for _, f := range c.bind.obj.ResetByActivate {
		slot := c.bind.obj.Type.Slot(f)
		if v := c.full.At(slot); !v.IsUnset() {
			want.SetAt(slot, v)
		}
	}
	want.Apply(c.result.Edits...)
	change := connector.Change{Edits: c.bind.plan.Diff(nil, now, want), Base: now, Want: want}
	return c.b.update(ctx, c.ev, c.stored, change)
}
