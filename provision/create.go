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

// Create implements scim.Backend.
func (b *Backend) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (_ *scim.Resource, err error) {
	ctx, op, err := b.begin(ctx, ActionCreate, scim.Ref{Type: typ})
	if err != nil {
		return nil, err
	}
	defer func() { err = op.end(ctx, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.User = display(in)
	m, fam, err := b.family(ctx, typ)
	if err != nil {
		return nil, err
	}
	if !fam.served() {
		return nil, scim.Errorf(http.StatusNotImplemented, "", "this connection cannot create a %s: its target has nothing that it could become", typ)
	}
	if err := fam.fresh(in.Type()); err != nil {
		return nil, err
	}
	bind, err := fam.route(&mapping.Input{Op: mapping.Create, Resource: in, Now: b.opts.Clock()})
	if err != nil {
		return nil, err
	}
	op.ev.kind = bind
	c := &creation{b: b, op: op, m: m, bind: bind, in: in}
	if err := c.plan(ctx, mapping.Create, nil); err != nil {
		return nil, err
	}
	res, err := c.locked(ctx)
	if err != nil {
		return nil, err
	}
	b.completeLate(ctx, op.ev, m, c.stored)
	return res, nil
}

// locked carries out the create while nobody else creates with its addresses.
func (c *creation) locked(ctx context.Context) (*scim.Resource, error) {
	unlock, err := c.lockAddresses(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if name := c.bind.nameOf(c.in); name != "" {
		if err := c.b.freeName(ctx, c.op.ev, c.bind.fam, name, ""); err != nil {
			return nil, err
		}
	}
	return c.run(ctx)
}

// creation is one create on its way.
type creation struct {
	b    *Backend
	op   *operation
	m    *model
	bind *binding
	in   *schema.Record // the resource

	result  mapping.Result
	*stored // the target's record, once there is one
}

// made notes the record that there is.
func (c *creation) made(rec *schema.Record, entry *Entry) {
	rec = adapt(rec, c.bind.obj.Type)
	c.stored = &stored{bind: c.bind, ref: c.bind.obj.RefOf(rec), rec: rec, entry: entry}
}

// plan works out what is to be written, over what is stored.
func (c *creation) plan(ctx context.Context, op mapping.Operation, base *schema.Record) error {
	input := &mapping.Input{Op: op, Resource: c.in, Stored: base, Now: c.b.opts.Clock()}
	return c.b.plan(ctx, c.op.ev, c.bind, input, &c.result)
}

// lockAddresses makes creates with the same unique value wait for each other.
func (c *creation) lockAddresses(ctx context.Context) (func(), error) {
	var keys []string
	for _, u := range c.unique() {
		keys = append(keys, u.field+"="+strings.ToLower(u.value.Text()))
	}
	if name := c.bind.nameOf(c.in); name != "" {
		keys = append(keys, nameKey(name))
	}
	slices.Sort(keys) // so that two creates cannot wait for each other
	var held []func()
	unlock := func() {
		for _, f := range slices.Backward(held) {
			f()
		}
	}
	for _, k := range slices.Compact(keys) {
		f, err := c.b.opts.Locker.Lock(ctx, c.b.lockPrefix()+c.bind.nameSpace()+"?"+k)
		if err != nil {
			unlock()
			return nil, err
		}
		held = append(held, f)
	}
	return unlock, nil
}

// fieldValue is a value that only one record can have.
type fieldValue struct {
	field string
	value schema.Value
}

// unique returns the unique values that are to be written.
func (c *creation) unique() []fieldValue {
	var out []fieldValue
	for _, f := range c.bind.obj.Unique {
		if v := c.result.Record.Get(f); !v.Unassigned() && v.Kind() != schema.KindList {
			out = append(out, fieldValue{f, v})
		}
	}
	return out
}

func (c *creation) run(ctx context.Context) (*scim.Resource, error) {
	err := c.create(ctx)
	if errors.Is(err, connector.Ambiguous) {
		// Perhaps because the client has gone: what it has begun is finished.
		rest, cancel := afterWrite(ctx)
		defer cancel()
		ctx = rest
		err = c.settle(ctx, err)
	}
	if errors.Is(err, connector.AlreadyExists) {
		return c.takeOver(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return c.finishNew(ctx)
}

func (c *creation) create(ctx context.Context) error {
	rec := c.result.Record
	if s := c.bind.memberField; s != schema.NoSlot && !rec.At(s).Unassigned() {
		rec = rec.Clone() // members come after their group
		rec.Apply(schema.Edit{Slot: s, Op: schema.Clear})
	}
	rec, err := c.b.target.Create(ctx, c.bind.obj.Name, rec)
	if err == nil {
		c.made(rec, nil)
	}
	return err
}

// errHeld says that a lookup found the address with somebody who is not the
// record that was to be created.
var errHeld = connector.Errorf(connector.AlreadyExists, "", "another record has this address")

// settle finds out what became of a create whose answer was lost (design D6). It
// is repeated only when a search that sees every finished write finds nobody,
// and once; the target's own uniqueness keeps even that from making a second
// record.
func (c *creation) settle(ctx context.Context, lost error) error {
	c.op.ev.warn("The target's answer to the create was lost; what became of it was looked up")
	if len(c.unique()) == 0 {
		return c.settleByMatch(ctx, lost)
	}
	taken := lost // what is known at last
	for attempt := range 2 {
		held, err := c.holder(ctx)
		if err != nil {
			return err
		}
		if held != nil {
			ours, err := c.isOurs(ctx, held)
			if err != nil {
				return err
			}
			if !ours {
				return errHeld
			}
			c.made(held.rec, nil)
			return nil
		}
		if attempt > 0 {
			break
		}
		err = c.create(ctx)
		switch {
		case errors.Is(err, connector.AlreadyExists):
			taken = err // by somebody who may be hard to find: look once more
		case !errors.Is(err, connector.Ambiguous):
			return err
		}
	}
	if errors.Is(taken, connector.AlreadyExists) && !c.lags() {
		return taken
	}
	// Most likely by the record that the first attempt made, and that the search
	// does not show yet. That is no conflict: the client is to try again.
	c.b.unsettled.note(c.key())
	return lost
}

// settleByMatch is settle for a kind without unique values, such as groups: the one
// that the mapping's match finds, and that has all that was to be written, is it.
// Where there is none, or more than one, nothing is repeated.
func (c *creation) settleByMatch(ctx context.Context, lost error) error {
	queries, err := c.bind.plan.Matches(c.in)
	if err != nil {
		return lost
	}
	for i := range queries {
		page, err := c.b.target.List(ctx, c.bind.obj.Name, connector.Query{Filter: queries[i].Filter})
		if err != nil {
			return lost
		}
		var ours []*schema.Record
		for _, rec := range page.Records {
			held := c.held(c.bind.obj, rec, "")
			same, err := c.isOurs(ctx, held)
			if err != nil {
				return err
			}
			if same && queries[i].Accept(held.rec) {
				ours = append(ours, held.rec)
			}
		}
		if len(ours) == 1 {
			c.made(ours[0], nil)
			return nil
		}
	}
	return lost
}

// lags reports whether a finished write may be hidden from a lookup of one of the
// unique values.
func (c *creation) lags() bool {
	for _, u := range c.unique() {
		if !c.bind.obj.Search.Any && !c.bind.obj.Search.Sees(u.field) {
			return true
		}
	}
	return false
}

// isOurs reports whether a record is the one that a create has made whose answer
// was lost: it holds all that was to be written, it is usable, as new accounts
// are, and nobody has seen it through this connection before.
func (c *creation) isOurs(ctx context.Context, held *holding) (bool, error) {
	if held.obj != c.bind.obj || !c.bind.isActive(held.rec) {
		return false, nil
	}
	for s, want := range c.result.Record.Values() {
		attr := c.bind.obj.Type.Attribute(s)
		if attr.Mutability == schema.ReadOnly || attr.Mutability == schema.WriteOnly || s == c.bind.memberField {
			continue
		}
		have := held.rec.At(s)
		if have.Unassigned() && c.bind.remembers(s) {
			continue // such as an external id that the target does not take
		}
		if !schema.SameValue(attr, want, have) && !strings.EqualFold(want.Text(), have.Text()) {
			return false, nil
		}
	}
	entry, err := c.b.entry(ctx, c.bind.obj, held.rec.String(c.bind.obj.IDField()))
	if err != nil {
		return false, err
	}
	return entry.empty(), nil
}

// finishNew is finish for a record that was just made.
func (c *creation) finishNew(ctx context.Context) (*scim.Resource, error) {
	c.b.unsettled.forget(c.key())
	c.entry = &Entry{Key: keyOf(c.bind.obj, c.ref.ID)}
	// Whoever reads the record just now may note its kind.
	unlock, err := c.b.lock(context.WithoutCancel(ctx), c.entry.Key)
	if err == nil {
		defer unlock()
	}
	c.entry.Owner = Created
	c.op.ev.Changed = slices.DeleteFunc(editedFields(c.bind.obj.Type, c.result.Edits), func(field string) bool {
		return field == c.bind.obj.MemberField // the members say how many of them
	})
	if err := c.fill(ctx); err != nil {
		return nil, err
	}
	return c.finish(ctx)
}

// fill puts the members into a group that was just made. A group that cannot have
// them is taken away again: a create does all that it was asked for, or nothing.
func (c *creation) fill(ctx context.Context) error {
	b, ev, s := c.b, c.op.ev, c.bind.memberField
	if s == schema.NoSlot || c.result.Record.At(s).Unassigned() {
		return nil
	}
	rest, cancel := afterWrite(ctx)
	defer cancel()
	want := c.rec.Clone()
	want.SetAt(s, c.result.Record.At(s))
	change := connector.Change{Edits: []schema.Edit{{Slot: s, Op: schema.Set, Value: want.At(s)}}, Base: c.rec, Want: want}
	err := b.update(rest, ev, c.stored, change)
	if err == nil || !c.bind.obj.Can(connector.Delete) {
		return err
	}
	if _, undone := b.act(rest, ev, c.stored, connector.Action{Kind: connector.Delete}); undone != nil {
		ev.warn("The group was made without its members, and could not be taken away again (" + codeText(undone) + ")")
		b.overlay.wrote(c.stored)
		return err
	}
	ev.Changed = nil
	ev.warn("The group could not have its members, and was taken away again")
	return err
}

// finish disables a record that is to be created disabled, and remembers what
// the target does not.
func (c *creation) finish(ctx context.Context) (*scim.Resource, error) {
	b, ev, bind := c.b, c.op.ev, c.bind
	ev.Target, ev.Ref.ID = c.ref, bind.scimID(c.ref.ID)
	if !c.entry.Tombstone.IsZero() {
		b.cursors.forget(bind.fam)
	}
	c.entry.revived()
	c.entry.Object = bind.obj.Name
	if want, ok := bind.activeOf(c.in); ok && !want && bind.isActive(c.rec) {
		rest, cancel := afterWrite(ctx)
		defer cancel()
		if err := b.disable(rest, ev, c.stored); err != nil {
			// The record is there all the same: what is known of it is kept.
			c.keep(ctx)
			return nil, err
		}
	}
	return c.keep(ctx), nil
}

// keep remembers a record and makes the resource of it.
func (c *creation) keep(ctx context.Context) *scim.Resource {
	b := c.b
	c.op.ev.Target, c.op.ev.kind = c.ref, c.stored.bind // of another kind, if it was downgraded
	if c.gone {
		b.overlay.wrote(&stored{ref: c.ref})
	} else {
		b.overlay.wrote(c.stored)
		c.entry.Late = late(c.result.Deferred)
	}
	b.lookups.forget(identifiers(c.stored.bind, c.rec)...)
	return b.answer(ctx, c.op.ev, c.stored, c.in)
}

// remembers reports whether State has what is written to a field.
func (bind *binding) remembers(field schema.Slot) bool {
	return slices.ContainsFunc(bind.shadows, func(s schema.Slot) bool {
		return slices.Contains(bind.plan.Fields(nil, schema.Selector{Type: bind.typ, Slot: s, Sub: schema.NoSlot}), field)
	})
}
