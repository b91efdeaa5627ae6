package zendesk

import (
	"context"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// userBody is the body of a create: the writable fields that have a value, but
// for those that have paths of their own.
func userBody(rec *schema.Record) schema.Value {
	t := rec.Type()
	out := t.New()
	out.Set("skip_verify_email", schema.BooleanValue(true))
	for s, v := range rec.Values() {
		if a := t.Attribute(s); a.Writable() && !v.Unassigned() && !isSet(a.Name) {
			out.SetAt(s, v)
		}
	}
	return setBody(rec, out)
}

// update is an update in the making: what goes to the user itself, and what has
// paths of its own.
type update struct {
	typ        *schema.Type
	base, want *schema.Record // nil for a blind write

	fields map[schema.Slot]schema.Value // of the user
	raises bool                         // it makes the user an agent or administrator

	custom       bool          // a custom field is among the fields
	email        string        // the new primary address, "" for none
	phone        bool          // the phone number is among the fields
	phoneNumber  string        // as it is to be
	organization *schema.Value // the new default organization where the user may have several, nil for no change
	sets         []schema.Edit // of the fields that have paths of their own
}

func (u *update) empty() bool { return len(u.fields) == 0 }

// body returns the fields of the user as the API wants them.
func (u *update) body() schema.Value {
	c := connector.Change{Type: u.typ, Edits: make([]schema.Edit, 0, len(u.fields))}
	for s := range schema.Slot(u.typ.Len()) { // in the order of the type
		if v, ok := u.fields[s]; ok {
			op := schema.Set
			if v.Unassigned() {
				op = schema.Clear
			}
			c.Edits = append(c.Edits, schema.Edit{Slot: s, Op: op, Value: v})
		}
	}
	v, _ := connector.ChangeBody(c) // fails for edits of lists and of whole containers, of which there are none
	return v
}

func (u *update) set(name string, v schema.Value) {
	if s := u.typ.Slot(name); s != schema.NoSlot {
		u.fields[s] = v
	}
}

// value returns what a field is to become, as far as it was asked for.
func (u *update) value(name string) schema.Value {
	if name == "email" && u.email != "" {
		return schema.StringValue(u.email)
	}
	v, _ := u.sent(name)
	return v
}

// sent returns the value that a field is sent, and whether it is.
func (u *update) sent(name string) (schema.Value, bool) {
	v, ok := u.fields[u.typ.Slot(name)]
	return v, ok
}

// planUpdate works out what a change comes to. It reads the user first where a
// blind write would have effects that nobody asked for.
func (d *driver) planUpdate(ctx context.Context, id string, c connector.Change) (*update, error) {
	if c.Base == nil && d.needsBase(c) {
		base, err := d.getUser(ctx, c.Type, id)
		if err != nil {
			return nil, err
		}
		c.Base, c.Want = base, base.Clone()
		c.Want.Apply(c.Edits...)
	}
	u := &update{typ: c.Type, base: c.Base, want: c.Want, fields: make(map[schema.Slot]schema.Value, len(c.Edits)+1)}
	for _, e := range c.Edits {
		switch a := u.typ.Attribute(e.Slot); {
		case isSet(a.Name):
			u.sets = append(u.sets, e)
		case a.Writable() && a.Name != "skip_verify_email":
			u.edit(a, e)
		}
	}
	u.splitEmail()
	if v, ok := u.sent("phone"); ok {
		u.phone, u.phoneNumber = true, v.Text()
	}
	if err := d.planRole(ctx, u, id); err != nil {
		return nil, err
	}
	d.keepFieldTags(u)
	if u.custom && customRule(d.custom.Load()) == customWhole {
		u.sendAllCustom()
	}
	return u, d.splitOrganization(ctx, u)
}

// needsBase reports whether a blind change has to see the user first: elements
// are added to a list by sending all of it, a custom role could make an agent of an
// end user, a list of tags replaces those that custom fields make, a number that is
// cleared has to leave the further ones alone, and until it was
// seen that custom fields are merged, one could take the others away.
func (d *driver) needsBase(c connector.Change) bool {
	var role, custom, tags, elements, phone bool
	fields := 0
	for _, e := range c.Edits {
		if isSet(c.Type.Attribute(e.Slot).Name) {
			continue
		}
		elements = elements || e.Op == schema.Add || e.Op == schema.Remove
		if c.Type.Attribute(e.Slot).Custom {
			fields++
		}
		switch c.Type.Attribute(e.Slot).Name {
		case "role":
			role = true
		case "custom_role_id":
			custom = e.Op != schema.Clear && !e.Value.Unassigned()
		case "tags":
			tags = e.Op != schema.Set || d.hasTagFields(ObjectUser)
		case "phone":
			phone = e.Value.Text() == "" && c.Type.Slot(fieldPhones) != schema.NoSlot
		}
	}
	return elements || custom && !role || tags || phone ||
		fields > 0 && fields < customFields(c.Type) && customRule(d.custom.Load()) != customMerged
}

// customFields returns how many custom fields a type has.
func customFields(t *schema.Type) (n int) {
	for s := range schema.Slot(t.Len()) {
		if t.Attribute(s).Custom {
			n++
		}
	}
	return n
}

// customRule is what an update does to custom fields that it does not send.
type customRule int32

const (
	customUnknown customRule = iota
	customMerged             // they stay
	customWhole              // they are lost
)

// customKept looks at what became of the custom fields that the user had and the
// update did not send: merged if they are still there, whole if one is gone,
// customUnknown if there were none.
func (u *update) customKept(got *schema.Record) customRule {
	rule := customUnknown
	if u.base == nil || !u.custom {
		return rule
	}
	for s, v := range u.base.Values() {
		// What a checkbox that is not set looks like says nothing.
		if on, isFlag := v.Bool(); !u.isUnsentCustom(s) || v.Unassigned() || isFlag && !on {
			continue
		}
		after := got.At(s)
		if on, isFlag := after.Bool(); after.Unassigned() || isFlag && !on {
			return customWhole
		}
		rule = customMerged
	}
	return rule
}

func (u *update) isUnsentCustom(s schema.Slot) bool {
	_, sent := u.fields[s]
	return !sent && u.typ.Attribute(s).Custom
}

// sendAllCustom puts all custom fields of the user among the fields.
func (u *update) sendAllCustom() {
	if u.base == nil {
		return
	}
	for s, v := range u.base.Values() {
		if u.isUnsentCustom(s) && !v.Unassigned() {
			u.fields[s] = v
		}
	}
}

// edit puts one edit among the fields.
func (u *update) edit(a *schema.Attribute, e schema.Edit) {
	v := e.Value
	switch e.Op {
	case schema.Clear:
		v = schema.Value{}
	case schema.Add, schema.Remove:
		if u.want != nil { // it is, see needsBase
			v = u.want.At(e.Slot)
		}
	}
	if v.Unassigned() {
		if v = a.ClearAs.Value(a.MultiValued); v.IsUnset() {
			return // Zendesk cannot take it away
		}
	}
	u.fields[e.Slot] = v
	u.custom = u.custom || a.Custom
}

// splitEmail takes the address out of the fields: it is changed by the user's
// identities. One that differs in case only is the same address.
func (u *update) splitEmail() {
	s := u.typ.Slot("email")
	v, ok := u.fields[s]
	if !ok {
		return
	}
	delete(u.fields, s)
	if u.base == nil || !strings.EqualFold(u.base.At(s).Text(), v.Text()) {
		u.email = v.Text()
	}
}

// planRole sees to it that nobody's rights grow without a word, and that the user
// as whom the driver acts keeps them.
func (d *driver) planRole(ctx context.Context, u *update, id string) error {
	role, changes := u.sent("role")
	custom, hasCustom := u.sent("custom_role_id")
	after := role.Text()
	if !changes && u.base != nil {
		after = u.base.String("role")
	}
	if changes && after != roleAdmin {
		// Whoever checks a connection does not want it to end itself.
		if err := d.notProtected(ctx, id); err != nil {
			return err
		}
	}
	switch {
	case changes && after == roleAdmin:
		if !d.allowAdmin && (u.base == nil || u.base.String("role") != roleAdmin) {
			return noAdmin("role")
		}
		if hasCustom && !custom.Unassigned() {
			return connector.Errorf(connector.Invalid, "custom_role_id", "only an agent can have a custom role")
		}
		u.set("custom_role_id", schema.Null()) // one that is left over would stand against it
	case hasCustom && !custom.Unassigned():
		if after != roleAgent {
			return connector.Errorf(connector.Invalid, "custom_role_id", "only an agent can have a custom role")
		}
		if err := d.mayHaveCustom(ctx, custom); err != nil {
			return err
		}
		u.set("role", schema.StringValue(roleAgent))
	case after == roleEndUser:
		delete(u.fields, u.typ.Slot("custom_role_id")) // it goes with the role
	}
	was := ""
	if u.base != nil {
		was = u.base.String("role")
	}
	u.raises = changes && (after == roleAgent || after == roleAdmin) && was != roleAgent && was != roleAdmin
	return nil
}

// fieldTags returns the tags that a record's custom fields make.
func (d *driver) fieldTags(rec *schema.Record) []string {
	d.mu.Lock()
	k := d.known
	d.mu.Unlock()
	if k == nil || rec == nil {
		return nil
	}
	var out []string
	for _, f := range k.tags[rec.Type().Name()] {
		v := rec.Get(f.name)
		if f.tag == "" {
			out = append(out, v.Strings()...)
		} else if on, _ := v.Bool(); on {
			out = append(out, f.tag)
		}
	}
	return out
}

func (d *driver) hasTagFields(object string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.known != nil && len(d.known.tags[object]) > 0
}

// withFieldTags returns a list of tags that is to be sent with those of the
// record's custom fields: the list replaces all tags, and a field loses its value
// with its tag.
func (d *driver) withFieldTags(list schema.Value, rec *schema.Record) schema.Value {
	tags := list.Strings()
	for _, tag := range d.fieldTags(rec) {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return schema.StringsValue(tags...)
}

// keepFieldTags is withFieldTags for an update of a user.
func (d *driver) keepFieldTags(u *update) {
	if list, ok := u.sent("tags"); ok && u.want != nil {
		u.set("tags", d.withFieldTags(list, u.want))
	}
}
