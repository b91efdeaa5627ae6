package freshservice

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// clearing is how a text is emptied; the vendor documents no way.
type clearing int32

const (
	clearAsDeclared clearing = iota // null, but "" for background_information
	clearWithNull
	clearWithEmpty
)

// customRule is what an update does to custom fields that it does not send.
type customRule int32

const (
	customUnknown customRule = iota
	customMerged             // they stay
	customWhole              // they are lost
)

// createBody is the body of a create: the writable fields that have a value.
func createBody(rec *schema.Record) body {
	t := rec.Type()
	b := newBody(t)
	for s, v := range rec.Values() {
		if a := t.Attribute(s); a.Writable() && !v.Unassigned() {
			b.set(s, wireValue(a, v))
		}
	}
	b.tidyAddresses(rec.String("primary_email"))
	return b
}

// update is the body of an update in the making.
type update struct {
	typ      *schema.Type
	base     *schema.Record // nil for a blind write
	want     *schema.Record // nil for a blind write
	clearing clearing
	sent     body
	cleared  []schema.Slot // text fields that are to become empty
	custom   bool          // a custom field is among those sent
	flagged  bool          // the department tickets flag is edited
}

// newUpdate makes the body of a change: the fields that it edits, and those that
// the API wants along with them.
func newUpdate(c connector.Change, how clearing, wholeCustom bool) *update {
	u := &update{typ: c.Type, base: c.Base, want: c.Want, clearing: how, sent: newBody(c.Type)}
	for _, e := range c.Edits {
		a := u.typ.Attribute(e.Slot)
		if !a.Writable() {
			continue
		}
		u.edit(a, e)
	}
	if len(u.sent.fields) == 0 {
		return u
	}
	primary := u.typ.Slot("primary_email")
	now := u.after(primary).Text()
	u.promote(primary, now)
	u.sent.tidyAddresses(now)
	if s := u.typ.Slot(fieldSeesAll); u.after(s).Equal(schema.BooleanValue(true)) {
		u.sent.set(s, schema.BooleanValue(true))
	}
	if wholeCustom && u.custom {
		u.sendAllCustom()
	}
	return u
}

// edit puts one edit into the body.
func (u *update) edit(a *schema.Attribute, e schema.Edit) {
	v := e.Value
	switch e.Op {
	case schema.Clear:
		v = schema.Value{}
	case schema.Add, schema.Remove:
		// The API takes whole lists. There is a base: Update reads one for such edits.
		if u.want != nil {
			v = u.want.At(e.Slot)
		}
	}
	u.custom = u.custom || a.Custom
	u.flagged = u.flagged || a.Name == fieldSeesAll
	switch {
	case !v.Unassigned():
		u.sent.set(e.Slot, wireValue(a, v))
	case a.Type == schema.Boolean && !a.Custom:
		u.sent.set(e.Slot, schema.BooleanValue(false)) // the flag has no third state
	case isText(a):
		u.cleared = append(u.cleared, e.Slot)
		u.sent.set(e.Slot, u.emptyText(a))
	default:
		if empty := a.ClearAs.Value(a.MultiValued); !empty.IsUnset() {
			u.sent.set(e.Slot, empty)
		}
	}
}

// isText reports whether a field is one for which the way of clearing is open.
func isText(a *schema.Attribute) bool { return a.Type == schema.String && !a.MultiValued }

func (u *update) emptyText(a *schema.Attribute) schema.Value {
	switch u.clearing {
	case clearWithNull:
		return schema.Null()
	case clearWithEmpty:
		return schema.StringValue("")
	default:
		return a.ClearAs.Value(false)
	}
}

// after returns the value that a field will have, unset where that is not known.
func (u *update) after(s schema.Slot) schema.Value {
	if v, ok := u.sent.fields[s]; ok || u.base == nil || s == schema.NoSlot {
		return v
	}
	return u.base.At(s)
}

// promote takes an address that becomes the primary one out of the secondary
// ones, where it would be in use.
func (u *update) promote(primary schema.Slot, now string) {
	s := u.typ.Slot("secondary_emails")
	if s == schema.NoSlot || u.base == nil || !u.sent.has(primary) || u.sent.has(s) || now == "" {
		return
	}
	for _, a := range u.base.At(s).Strings() {
		if strings.EqualFold(a, now) {
			u.sent.set(s, u.base.At(s))
			return
		}
	}
}

// empty reports whether nothing is left to be sent but the flag that goes along.
func (u *update) empty() bool {
	s := u.typ.Slot(fieldSeesAll)
	return len(u.sent.fields) == 0 || len(u.sent.fields) == 1 && u.sent.has(s) && !u.flagged
}

func (u *update) body() []byte { return u.sent.encode() }

// drop takes a field out of the body.
func (u *update) drop(s schema.Slot) { delete(u.sent.fields, s) }

// takesSeat reports whether the update makes somebody a full-time agent.
func (u *update) takesSeat() bool {
	s := u.typ.Slot(fieldOccasional)
	return u.sent.has(s) && u.sent.fields[s].Equal(schema.BooleanValue(false))
}

// otherClearing reports whether an error can be about the way a text was cleared,
// and has then made the body clear all texts in the other way.
func (u *update) otherClearing(err error) bool {
	field, ok := refusedValue(err)
	s := u.typ.Slot(field)
	if !ok || !slices.Contains(u.cleared, s) {
		return false
	}
	if u.clearing = clearWithNull; u.sent.fields[s].IsNull() {
		u.clearing = clearWithEmpty
	}
	for _, s := range u.cleared {
		u.sent.set(s, u.emptyText(u.typ.Attribute(s)))
	}
	return true
}

// ignoredClearing returns the update that clears with "" what the account left
// standing when it was sent null, nil if there is none.
func (u *update) ignoredClearing(got *schema.Record) *update {
	again := &update{typ: u.typ, base: u.base, want: u.want, clearing: clearWithEmpty, sent: newBody(u.typ)}
	for _, s := range u.cleared {
		if u.sent.fields[s].IsNull() && got.At(s).Text() != "" {
			again.cleared = append(again.cleared, s)
			again.sent.set(s, schema.StringValue(""))
		}
	}
	if len(again.cleared) == 0 {
		return nil
	}
	if s := u.typ.Slot(fieldSeesAll); u.after(s).Equal(schema.BooleanValue(true)) {
		again.sent.set(s, schema.BooleanValue(true))
	}
	return again
}

// isCleared reports whether all texts that were to be cleared are empty.
func (u *update) isCleared(got *schema.Record) bool {
	return !slices.ContainsFunc(u.cleared, func(s schema.Slot) bool { return got.At(s).Text() != "" })
}

// customKept looks at what became of the custom fields that the record had and the
// update did not send: merged if they are still there, whole if one is gone,
// customUnknown if there were none.
func (u *update) customKept(got *schema.Record) customRule {
	rule := customUnknown
	if u.base == nil || !u.custom {
		return rule
	}
	for s, v := range u.base.Values() {
		a := u.typ.Attribute(s)
		if !a.Custom || !a.Writable() || u.sent.has(s) || v.Unassigned() || v.Text() == "" {
			continue
		}
		if got.At(s).Unassigned() {
			return customWhole
		}
		rule = customMerged
	}
	return rule
}

// sendAllCustom puts all custom fields of the record into the body.
func (u *update) sendAllCustom() {
	if u.base == nil {
		return
	}
	for s, v := range u.base.Values() {
		if a := u.typ.Attribute(s); a.Custom && a.Writable() && !u.sent.has(s) && !v.Unassigned() {
			u.sent.set(s, wireValue(a, v))
		}
	}
}

// body is a request's body: the allowed fields that are sent, by slot.
type body struct {
	typ    *schema.Type
	fields map[schema.Slot]schema.Value
}

func newBody(t *schema.Type) body {
	return body{typ: t, fields: make(map[schema.Slot]schema.Value)}
}

func (b body) has(s schema.Slot) bool { _, ok := b.fields[s]; return ok }

// address returns the first address field that is sent, "" without one.
func (b body) address() string {
	for _, name := range [...]string{"primary_email", "email", "secondary_emails"} {
		if b.has(b.typ.Slot(name)) {
			return name
		}
	}
	return ""
}

func (b body) set(s schema.Slot, v schema.Value) {
	if s != schema.NoSlot {
		b.fields[s] = v
	}
}

// tidyAddresses takes duplicates and the primary address out of the secondary
// ones: the account refuses both.
func (b body) tidyAddresses(primary string) {
	s := b.typ.Slot("secondary_emails")
	v, ok := b.fields[s]
	if !ok || s == schema.NoSlot {
		return
	}
	kept := make([]string, 0, v.Len())
	seen := map[string]bool{strings.ToLower(primary): true}
	for _, a := range v.Strings() {
		if key := strings.ToLower(a); a != "" && !seen[key] {
			seen[key] = true
			kept = append(kept, a)
		}
	}
	b.fields[s] = schema.StringsValue(kept...)
}

// encode writes the body as JSON.
func (b body) encode() []byte {
	c := connector.Change{Type: b.typ, Edits: make([]schema.Edit, 0, len(b.fields))}
	for s := range schema.Slot(b.typ.Len()) { // in the order of the type
		if v, ok := b.fields[s]; ok {
			op := schema.Set
			if v.Unassigned() {
				op = schema.Clear
			}
			c.Edits = append(c.Edits, schema.Edit{Slot: s, Op: op, Value: v})
		}
	}
	v, _ := connector.ChangeBody(c) // fails for edits of lists and of whole containers, of which there are none
	return v.AppendJSON(nil)
}

// wireValue gives a value the JSON type that the API wants: texts, phone numbers
// among them, are strings.
func wireValue(a *schema.Attribute, v schema.Value) schema.Value {
	if a.Type != schema.String && a.Type != schema.Date {
		return v
	}
	if a.MultiValued {
		return schema.StringsValue(v.Strings()...)
	}
	return schema.StringValue(v.Text())
}
