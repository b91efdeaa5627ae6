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
	var bind *binding
	defer func() { err = op.end(ctx, bind, err) }()
	op.ev.Repairs = o.Repairs
	op.ev.User = display(in)
	m, bind, err := b.binding(ctx, typ)
	if err != nil {
		return nil, err
	}
	if !bind.served() {
		return nil, scim.Errorf(http.StatusNotImplemented, "", "this connection cannot create a %s: its target has nothing that it could become", typ)
	}
	if err := bind.fresh(in.Type()); err != nil {
		return nil, err
	}
	c := &creation{b: b, op: op, m: m, bind: bind, in: in}
	if err := c.plan(ctx, mapping.Create, nil); err != nil {
		return nil, err
	}
	unlock, err := c.lockAddresses(ctx)
	if err != nil {
		return nil, err
	}
	res, err := c.run(ctx)
	unlock()
	if err != nil {
		return nil, err
	}
	b.completeLate(ctx, op.ev, bind, c.rec)
	return res, nil
}

// creation is one create on its way.
type creation struct {
	b    *Backend
	op   *operation
	m    *model
	bind *binding
	in   *schema.Record // the resource

	result mapping.Result
	rec    *schema.Record // the target's record, once there is one
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
	slices.Sort(keys) // so that two creates cannot wait for each other
	var held []func()
	unlock := func() {
		for _, f := range slices.Backward(held) {
			f()
		}
	}
	for _, k := range slices.Compact(keys) {
		f, err := c.b.opts.Locker.Lock(ctx, c.b.opts.Connection+"/"+c.bind.obj.Name+"?"+k)
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
	switch {
	case errors.Is(err, connector.Ambiguous):
		err = c.settle(ctx, err)
	case errors.Is(err, connector.AlreadyExists):
		return c.takeOver(ctx, err)
	}
	if errors.Is(err, errHeld) {
		return c.takeOver(ctx, err)
	}
	if err != nil {
		return nil, err
	}
	return c.finish(ctx, nil)
}

func (c *creation) create(ctx context.Context) error {
	rec, err := c.b.target.Create(ctx, c.bind.obj.Name, c.result.Record)
	if err == nil {
		c.rec = adapt(rec, c.bind.obj.Type)
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
	c.op.ev.Warnings = append(c.op.ev.Warnings, "The target's answer to the create was lost; what became of it was looked up")
	if len(c.unique()) == 0 {
		return lost
	}
	for attempt := range 2 {
		held, err := c.holder(ctx)
		if err != nil {
			return err
		}
		if held != nil {
			if held.obj == c.bind.obj && c.isOurs(held.rec) {
				c.rec = held.rec
				return nil
			}
			return errHeld
		}
		if attempt > 0 {
			break
		}
		err = c.create(ctx)
		if !errors.Is(err, connector.Ambiguous) && !errors.Is(err, connector.AlreadyExists) {
			return err
		}
	}
	return lost
}

// isOurs reports whether a record holds all that was to be written.
func (c *creation) isOurs(rec *schema.Record) bool {
	for s, want := range c.result.Record.Values() {
		attr := c.bind.obj.Type.Attribute(s)
		if attr.Mutability == schema.ReadOnly || attr.Mutability == schema.WriteOnly {
			continue
		}
		have := rec.At(s)
		if !schema.SameValue(attr, want, have) && !strings.EqualFold(want.Text(), have.Text()) {
			return false
		}
	}
	return true
}

// holding is a record that has one of the unique values.
type holding struct {
	obj   *connector.Object
	rec   *schema.Record
	field string // in which it was found
}

// holder finds who has one of the unique values: among records of the same kind
// first, then among all that share their ids.
func (c *creation) holder(ctx context.Context) (*holding, error) {
	for _, u := range c.unique() {
		for _, obj := range c.neighbours() {
			field := u.field
			if obj != c.bind.obj {
				field = widest(obj)
			}
			if a := obj.Type.Lookup(field); a == nil || a.Filter&schema.Eq == 0 {
				continue
			}
			page, err := c.b.target.List(ctx, obj.Name, connector.Query{Filter: fieldEq(field, u.value)})
			if errors.Is(err, connector.Unsupported) {
				continue // the search cannot be asked for this value
			}
			if err != nil {
				return nil, err
			}
			for _, rec := range page.Records {
				for v := range rec.Get(field).Elements() {
					if strings.EqualFold(v.Text(), u.value.Text()) {
						return &holding{obj: obj, rec: adapt(rec, obj.Type), field: field}, nil
					}
				}
			}
		}
	}
	return nil, nil //nolint:nilnil // nobody is an answer
}

// neighbours are the object itself and those that share its ids, those that can
// be searched for more than one address first.
func (c *creation) neighbours() []*connector.Object {
	var out []*connector.Object
	for i := range c.m.desc.Objects {
		o := &c.m.desc.Objects[i]
		if o != c.bind.obj && o.IDSpace != "" && o.IDSpace == c.bind.obj.IDSpace {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *connector.Object) int {
		return boolInt(manyValued(b)) - boolInt(manyValued(a))
	})
	return append([]*connector.Object{c.bind.obj}, out...)
}

// widest is the field in which an object is searched for an address: one that
// holds all of a record's addresses where there is such a field.
func widest(o *connector.Object) string {
	for _, f := range o.Search.Consistent {
		if a := o.Type.Lookup(f); a != nil && a.MultiValued {
			return f
		}
	}
	if len(o.Unique) > 0 {
		return o.Unique[0]
	}
	return ""
}

func manyValued(o *connector.Object) bool {
	a := o.Type.Lookup(widest(o))
	return a != nil && a.MultiValued
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// takeOver deals with an address that is held already: a record that a DELETE
// put away is revived, others are taken over where the policy says so.
func (c *creation) takeOver(ctx context.Context, refused error) (*scim.Resource, error) {
	held, err := c.holder(ctx)
	if err != nil {
		return nil, err
	}
	if held == nil {
		return nil, refused
	}
	id := held.rec.String(held.obj.IDField())
	unlock, err := c.b.lock(ctx, keyOf(held.obj, id))
	if err != nil {
		return nil, err
	}
	defer unlock()
	entry, err := c.b.entry(ctx, held.obj, id)
	if err != nil {
		return nil, err
	}
	if held.obj != c.bind.obj {
		// It was found by another of its addresses, or as another kind.
		rec, err := c.b.target.Get(ctx, connector.Ref{Object: c.bind.obj.Name, ID: id})
		if errors.Is(err, connector.NotFound) {
			return nil, conflict("an account of another kind has this address; such accounts are not taken over")
		}
		if err != nil {
			return nil, err
		}
		held.rec, held.field = adapt(rec, c.bind.obj.Type), ""
	}
	active := c.bind.isActive(held.rec)
	switch {
	case !entry.Tombstone.IsZero():
		c.op.ev.Done = append(c.op.ev.Done, "revive")
	case held.field != c.bind.obj.Unique[0]:
		return nil, conflict("%s has this address as a further one", article(c.bind.obj.Name))
	case !active && (c.bind.policy.Conflict == ConflictReactivate || c.bind.policy.Conflict == ConflictAdopt),
		active && c.bind.policy.Conflict == ConflictAdopt:
		c.op.ev.Done = append(c.op.ev.Done, "adopt")
		entry.Owner = Adopted
	case active:
		return nil, conflict("%s with this %s exists", article(c.bind.obj.Name), held.field)
	default:
		return nil, conflict("a disabled %s with this %s exists; it can be enabled by its id, or taken over by the policy \"reactivate\"", c.bind.obj.Name, held.field)
	}
	if held.rec.String(c.bind.obj.IDField()) == c.bind.owner.ID && c.bind.owner.Object == c.bind.obj.Name {
		return nil, conflict("the account that the connection itself uses is not taken over")
	}
	c.op.ev.Matched = held.field
	return c.revive(ctx, held.rec, entry)
}

func conflict(format string, args ...any) error {
	return scim.Errorf(http.StatusConflict, scim.Uniqueness, format, args...)
}

// revive makes an existing record what the create asked for.
func (c *creation) revive(ctx context.Context, rec *schema.Record, entry *Entry) (*scim.Resource, error) {
	ref := c.bind.obj.RefOf(rec)
	wantActive, ok := c.bind.activeOf(c.in)
	if !ok {
		wantActive = true
	}
	var err error
	if wantActive && !c.bind.isActive(rec) {
		if rec, err = c.b.act(ctx, c.op.ev, ref, connector.Activate); err != nil {
			return nil, err
		}
	}
	if err = c.plan(ctx, mapping.Replace, rec); err != nil {
		return nil, err
	}
	if rec, err = c.b.update(ctx, c.op.ev, ref, c.bind, connector.Change{Edits: c.result.Edits, Base: rec, Want: c.result.Record}); err != nil {
		return nil, err
	}
	c.rec = rec
	return c.finish(ctx, entry)
}

// finish disables a record that is to be created disabled, and remembers what
// the target does not.
func (c *creation) finish(ctx context.Context, entry *Entry) (*scim.Resource, error) {
	b, ev, bind := c.b, c.op.ev, c.bind
	ref := bind.obj.RefOf(c.rec)
	ev.Target, ev.Ref.ID = ref, bind.scimID(ref.ID)
	if ev.Changed == nil {
		ev.Changed = editedFields(bind.obj.Type, c.result.Edits)
	}
	if entry == nil {
		entry = &Entry{Key: keyOf(bind.obj, ref.ID), Owner: Created}
	}
	entry.revived()
	entry.Object = bind.obj.Name
	if want, ok := bind.activeOf(c.in); ok && !want && bind.policy.Disable != DisableIgnore && bind.isActive(c.rec) {
		rec, err := b.deactivate(ctx, ev, bind, c.rec, entry)
		if err != nil {
			return nil, err
		}
		c.rec = rec
	}
	b.overlay.wrote(ref, c.rec)
	b.lookups.forget(identifiers(bind, c.rec)...)
	entry.Late = late(c.result.Deferred)
	return b.answer(ctx, ev, bind, c.rec, entry, c.in), nil
}

// revived takes the marks of a departure away.
func (e *Entry) revived() {
	e.Tombstone = noTime
	e.Dropped = nil
}

// article puts "a" or "an" before a kind of record.
func article(object string) string {
	if object != "" && strings.IndexByte("aeiou", object[0]) >= 0 {
		return "an " + object
	}
	return "a " + object
}
