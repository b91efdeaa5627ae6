package scim

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// layout is how the resources of a type look as JSON: computed once per type, so
// that neither reading nor writing a resource has to look names up twice.
type layout struct {
	rt      *ResourceType
	served  []ResourceType // with this one, for references among them
	refs    []*reference   // by slot; nil where there is none
	typ     *schema.Type
	schemas []schemaLayout // the core schema, then the extensions
	common  [schema.SlotMeta + 1]field
	shown   []uint64 // what an answer shows that asks for nothing special
	// userName is the slot of the attribute of users that is prepared as a name,
	// NoSlot in other types.
	userName schema.Slot
}

const userName = "userName"

// schemaLayout are the attributes of one schema.
type schemaLayout struct {
	urn    string
	quoted []byte // "urn:…"
	fields []field
}

// field is an attribute, or a group of attributes with a common dotted prefix
// (custom_fields.shift), which JSON shows as an object.
type field struct {
	name  string
	key   []byte // "name":
	slot  schema.Slot
	attr  *schema.Attribute
	subs  []field    // of a complex attribute, by slot
	never bool       // it is never shown
	group []field    // of a group, whose slot is NoSlot
	ref   *reference // of a complex attribute whose values refer to resources
}

// newLayout returns the layout of a resource type; served are all that there are.
func newLayout(rt *ResourceType, served []ResourceType) *layout {
	t := rt.Type
	l := &layout{rt: rt, served: served, typ: t, refs: make([]*reference, t.Len()), shown: make([]uint64, t.Len()),
		userName: schema.NoSlot}
	if strings.EqualFold(t.URN(), UserURN) {
		l.userName = t.Slot(userName)
	}
	for s := range schema.Slot(t.Len()) {
		a := t.Attribute(s)
		l.shown[s] = defaultMask(a)
		l.refs[s] = newReference(a, served)
		if int(s) < len(l.common) {
			l.common[s] = newField(a.Name, s, a)
		}
	}
	for _, x := range t.Schemas() {
		sl := schemaLayout{urn: x.URN, quoted: schema.AppendQuoted(nil, x.URN)}
		for s := schema.Slot(len(l.common)); int(s) < t.Len(); s++ {
			if a := t.Attribute(s); a.Schema == x.URN {
				sl.add(s, a)
			}
		}
		for i := range sl.fields {
			if f := &sl.fields[i]; f.slot != schema.NoSlot {
				f.ref = l.refs[f.slot]
			}
		}
		l.schemas = append(l.schemas, sl)
	}
	return l
}

func (sl *schemaLayout) add(s schema.Slot, a *schema.Attribute) {
	prefix, rest, dotted := strings.Cut(a.Name, ".")
	if !dotted {
		sl.fields = append(sl.fields, newField(a.Name, s, a))
		return
	}
	member := newField(rest, s, a)
	for i := range sl.fields {
		if f := &sl.fields[i]; f.slot == schema.NoSlot && strings.EqualFold(f.name, prefix) {
			f.group = append(f.group, member)
			return
		}
	}
	sl.fields = append(sl.fields, field{name: prefix, key: quotedKey(prefix), slot: schema.NoSlot, group: []field{member}})
}

func newField(name string, s schema.Slot, a *schema.Attribute) field {
	f := field{name: name, key: quotedKey(name), slot: s, attr: a, never: neverShown(a)}
	if a.Sub != nil {
		for i := range schema.Slot(a.Sub.Len()) {
			sub := a.Sub.Attribute(i)
			f.subs = append(f.subs, newField(sub.Name, i, sub))
		}
	}
	return f
}

func quotedKey(name string) []byte { return append(schema.AppendQuoted(nil, name), ':') }

// find returns the field with that name, compared without case, or nil.
func find(fields []field, name string) *field {
	for i := range fields {
		if strings.EqualFold(fields[i].name, name) {
			return &fields[i]
		}
	}
	return nil
}

// schema returns the number of the schema with that URN, or -1.
func (l *layout) schema(urn string) int {
	for i := range l.schemas {
		if strings.EqualFold(l.schemas[i].urn, urn) {
			return i
		}
	}
	return -1
}

// bare returns the attribute or the group of an extension that has the name,
// where exactly one extension has it, or the enterprise extension: clients know
// that one without asking.
func (l *layout) bare(name string) *field {
	var found *field
	several := false
	for i := 1; i < len(l.schemas); i++ {
		f := find(l.schemas[i].fields, name)
		switch {
		case f == nil:
		case strings.EqualFold(l.schemas[i].urn, EnterpriseUserURN):
			return f
		default:
			several = several || found != nil
			found = f
		}
	}
	if several {
		return nil
	}
	return found
}

// allSubs is the mask of an attribute that is shown with all that it has. Each
// bit stands for a sub-attribute; the last one for all from there on.
const allSubs = ^uint64(0)

func subBit(s schema.Slot) uint64 { return 1 << min(uint(s), 63) }

// defaultMask says what an answer shows of an attribute unless it is asked for
// something else.
func defaultMask(a *schema.Attribute) uint64 {
	if neverShown(a) || a.Returned == schema.ReturnedRequest {
		return 0
	}
	return subMask(a)
}

// subMask says which sub-attributes are shown of an attribute that is.
func subMask(a *schema.Attribute) uint64 {
	if a.Sub == nil {
		return allSubs
	}
	m := allSubs
	for s := range schema.Slot(a.Sub.Len()) {
		if sub := a.Sub.Attribute(s); neverShown(sub) || sub.Returned == schema.ReturnedRequest {
			m &^= subBit(s)
		}
	}
	return m
}

func neverShown(a *schema.Attribute) bool {
	return a.Returned == schema.ReturnedNever || a.Mutability == schema.WriteOnly
}
