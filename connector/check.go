package connector

import (
	"fmt"

	"github.com/usher-scim/usher/schema"
)

// checkCreate looks at a record that is to be made, and returns it in the type of
// the object.
func (o *object) checkCreate(rec *schema.Record) (*schema.Record, error) {
	if o.ReadOnly {
		return nil, errReadOnly()
	}
	if rec == nil {
		return nil, Errorf(Invalid, "", "there is no record to make")
	}
	rec, err := retype(rec, o.Type)
	if err != nil {
		return nil, err
	}
	for s, v := range rec.Values() {
		if err := o.checkValue(s, v, nil); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

// checkChange looks at a change that has edits, and completes it.
func (o *object) checkChange(c Change) (Change, error) {
	if o.ReadOnly {
		return c, errReadOnly()
	}
	if c.Base == nil && !o.BlindUpdate {
		return c, Errorf(Unsupported, "", "the record has to be read before it is changed")
	}
	from := c.Type
	switch {
	case from != nil:
	case c.Want != nil:
		from = c.Want.Type()
	case c.Base != nil:
		from = c.Base.Type()
	default:
		from = o.Type
	}
	var err error
	if c.Base != nil {
		if c.Base, err = retype(c.Base, o.Type); err != nil {
			return c, err
		}
	}
	if c.Want != nil {
		if c.Want, err = retype(c.Want, o.Type); err != nil {
			return c, err
		}
	}
	if c.Edits, err = retypeEdits(c.Edits, from, o.Type); err != nil {
		return c, err
	}
	for _, e := range c.Edits {
		v := e.Value
		if e.Op == schema.Clear {
			v = schema.Value{}
		}
		if err := o.checkValue(e.Slot, v, c.Base); err != nil {
			return c, err
		}
		if a := o.Type.Attribute(e.Slot); !a.Writable() || e.Op > schema.Remove || e.Op >= schema.Add && !a.MultiValued {
			return c, Errorf(Invalid, a.Name, "it cannot be changed this way")
		}
	}
	if c.Want == nil && c.Base != nil {
		c.Want = c.Base.Clone()
		c.Want.Apply(c.Edits...)
	}
	c.Type = o.Type
	return c, nil
}

func (o *object) checkValue(s schema.Slot, v schema.Value, base *schema.Record) error {
	a := o.Type.Attribute(s)
	switch {
	case v.Unassigned() && base == nil:
		return nil
	case !a.Writable():
		return Errorf(Invalid, a.Name, "the target does not let it be written")
	case a.Mutability == schema.Immutable && base != nil && !base.At(s).Unassigned() && !schema.SameValue(a, base.At(s), v):
		return Errorf(Invalid, a.Name, "it cannot be changed once it is set")
	case a.CheckValue(v) != nil:
		kind := a.Type.String()
		if a.MultiValued {
			kind = "list of " + kind
		}
		return Errorf(Invalid, a.Name, "a value of type %s is wanted", kind)
	}
	return nil
}

// checkAction returns the object that the record is one of afterwards.
func (d *described) checkAction(o *object, a Action) (*object, error) {
	if !o.Can(a.Kind) {
		return nil, Errorf(Unsupported, "", "the target has no such action for it")
	}
	if a.Kind != Convert {
		return o, nil
	}
	to := d.known[a.To]
	if to == nil || to == o || to.space() != o.space() {
		return nil, Errorf(Unsupported, "", "it cannot become %q", a.To)
	}
	return to, nil
}

// checkMember looks at a reference that is to join or leave a group.
func (d *described) checkMember(group *object, r Ref) error {
	for _, name := range group.Member {
		if name != r.Object {
			continue
		}
		if !d.known[name].validID(r.ID) {
			return Errorf(NotFound, "", "no such member")
		}
		return nil
	}
	return Errorf(Invalid, "", "members of this kind have no place in it")
}

func errReadOnly() error { return Errorf(Unsupported, "", "the target does not let it be changed") }

// retype gives a record the present type of its object. A caller may hold one of
// an earlier description when the account's fields change; fields are then
// matched by name. What has no place in the present type is a Conflict: the
// caller works on a picture of the target that has passed.
func retype(rec *schema.Record, to *schema.Type) (*schema.Record, error) {
	from := rec.Type()
	if from == to {
		return rec, nil
	}
	if from == nil || from.Name() != to.Name() {
		return nil, Errorf(Invalid, "", "the record is of another type")
	}
	out := to.New()
	for s, v := range rec.Values() {
		at, err := moveSlot(s, from, to)
		if err != nil && !v.Unassigned() {
			return nil, err
		} else if err == nil {
			out.SetAt(at, v)
		}
	}
	return out, nil
}

func retypeEdits(edits []schema.Edit, from, to *schema.Type) ([]schema.Edit, error) {
	out := edits
	if from != to {
		if from.Name() != to.Name() {
			return nil, Errorf(Invalid, "", "the change is of another type")
		}
		out = make([]schema.Edit, len(edits))
	}
	for i, e := range edits {
		if e.Slot < 0 || int(e.Slot) >= from.Len() {
			return nil, &Error{Code: Internal, Err: fmt.Errorf("edit %d is of slot %d, which type %s has not", i, e.Slot, from.Name())}
		}
		if from != to {
			at, err := moveSlot(e.Slot, from, to)
			if err != nil {
				return nil, err
			}
			e.Slot = at
			out[i] = e
		}
	}
	return out, nil
}

// moveSlot finds the attribute of one type in another. Complex attributes have to
// share the type of their values, which a record refers to.
func moveSlot(s schema.Slot, from, to *schema.Type) (schema.Slot, error) {
	at := to.Slot(from.Path(s))
	if at == schema.NoSlot || to.Attribute(at).Sub != from.Attribute(s).Sub {
		return schema.NoSlot, Errorf(Conflict, from.Attribute(s).Name, "the target's fields have changed meanwhile")
	}
	return at, nil
}
