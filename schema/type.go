package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Slot is the number of an attribute within its [Type], from 0.
type Slot int

// NoSlot stands for no attribute.
const NoSlot Slot = -1

// Slots that the types made by [NewResource] have in common.
const (
	SlotSchemas    Slot = iota // schemas, computed from what is assigned
	SlotID                     // id
	SlotExternalID             // externalId
	SlotMeta                   // meta
)

// Schema is one SCIM schema (RFC 7643 section 7): a URN and its attributes.
type Schema struct {
	URN         string
	Name        string
	Description string
	Attributes  []Attribute
}

// Type is an immutable list of attributes: the shape of a SCIM resource, of a
// complex attribute's values, or of a target's records. Names are compared
// without case.
type Type struct {
	name    string
	schemas []Schema // of a resource: the core schema, then its extensions
	first   []Slot   // the first slot of each schema, and the one behind the last
	attrs   []Attribute
	index   map[string]Slot // by lower-case name; extension attributes by URN:name
}

// Fields are the fields of a target's object by name.
type Fields map[string]Attribute

// NewType returns the type of a target's records. Slots follow the names in
// alphabetical order, so equal fields give equal types. It fails when a name is
// empty or stands for two fields.
func NewType(name string, fields Fields) (*Type, error) {
	attrs := make([]Attribute, 0, len(fields))
	for _, n := range slices.Sorted(maps.Keys(fields)) {
		a := fields[n]
		a.Name = n
		attrs = append(attrs, a)
	}
	return NewOrdered(name, attrs...)
}

// NewOrdered is NewType with the slots in the order of attrs.
func NewOrdered(name string, attrs ...Attribute) (*Type, error) {
	t := &Type{name: name, index: make(map[string]Slot, len(attrs))}
	for _, a := range attrs {
		if err := t.add(a, a.Name); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// NewResource returns the type of a SCIM resource: the common attributes of RFC
// 7643 section 3.1, those of the core schema, and those of the extensions,
// which are known by URN and name. A common attribute that core declares as
// well has core's characteristics.
func NewResource(name string, core Schema, extensions ...Schema) (*Type, error) {
	n := len(commonAttributes) + len(core.Attributes)
	for _, x := range extensions {
		n += len(x.Attributes)
	}
	t := &Type{name: name, attrs: make([]Attribute, 0, n), index: make(map[string]Slot, 2*n)}
	for _, a := range commonAttributes {
		if i := slices.IndexFunc(core.Attributes, func(c Attribute) bool { return strings.EqualFold(c.Name, a.Name) }); i >= 0 && a.Name != "schemas" {
			a = core.Attributes[i]
		}
		a.Schema = core.URN
		if err := t.add(a, a.Name); err != nil {
			return nil, err
		}
		t.index[Fold(core.URN+":"+a.Name)] = Slot(len(t.attrs) - 1)
	}
	for i, s := range append([]Schema{core}, extensions...) {
		if !isURN(s.URN) {
			return nil, fmt.Errorf("schema: %q is not a URN", s.URN)
		}
		if t.Schema(s.URN) != nil {
			return nil, fmt.Errorf("schema: type %s has schema %s twice", name, s.URN)
		}
		t.schemas = append(t.schemas, s)
		t.first = append(t.first, Slot(len(t.attrs)))
		for _, a := range s.Attributes {
			if i == 0 && isCommon(a.Name) {
				continue
			}
			a.Schema = s.URN
			if err := t.add(a, s.URN+":"+a.Name); err != nil {
				return nil, err
			}
			if i == 0 {
				t.index[Fold(a.Name)] = Slot(len(t.attrs) - 1)
			}
		}
	}
	t.first = append(t.first, Slot(len(t.attrs)))
	return t, nil
}

var commonAttributes = []Attribute{
	{Name: "schemas", Type: Reference, MultiValued: true, Returned: ReturnedAlways, Mutability: ReadOnly, ReferenceTypes: []string{"uri"}},
	{Name: "id", CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways, Uniqueness: UniqueServer,
		Description: "Identifier of the resource, issued by the service provider."},
	{Name: "externalId", CaseExact: true,
		Description: "Identifier of the resource, issued by the client."},
	{Name: "meta", Type: Complex, Mutability: ReadOnly, Sub: metaType, Description: "Facts about the resource."},
}

var metaType = &Type{
	name: "meta",
	attrs: []Attribute{
		{Name: "resourceType", CaseExact: true, Mutability: ReadOnly},
		{Name: "created", Type: DateTime, Mutability: ReadOnly},
		{Name: "lastModified", Type: DateTime, Mutability: ReadOnly},
		{Name: "location", Type: Reference, CaseExact: true, Mutability: ReadOnly, ReferenceTypes: []string{"uri"}},
		{Name: "version", CaseExact: true, Mutability: ReadOnly},
	},
	index: map[string]Slot{"resourcetype": 0, "created": 1, "lastmodified": 2, "location": 3, "version": 4},
}

func isCommon(name string) bool {
	return slices.ContainsFunc(commonAttributes, func(a Attribute) bool { return strings.EqualFold(a.Name, name) })
}

func (t *Type) add(a Attribute, key string) error {
	if a.Name == "" {
		return fmt.Errorf("schema: type %s has an attribute without a name", t.name)
	}
	if (a.Type == Complex) != (a.Sub != nil) {
		return fmt.Errorf("schema: attribute %s of type %s: complex and sub-attributes go together", a.Name, t.name)
	}
	k := Fold(key)
	if _, ok := t.index[k]; ok {
		return fmt.Errorf("schema: type %s has attribute %s twice", t.name, a.Name)
	}
	t.index[k] = Slot(len(t.attrs))
	t.attrs = append(t.attrs, a)
	return nil
}

// Name returns the name of the resource type or of the target's object.
func (t *Type) Name() string { return t.name }

// URN returns the URN of a resource's core schema, "" for other types.
func (t *Type) URN() string {
	if len(t.schemas) == 0 {
		return ""
	}
	return t.schemas[0].URN
}

// IsResource reports whether t was made by [NewResource].
func (t *Type) IsResource() bool { return len(t.schemas) > 0 }

// Schemas returns a resource's schemas, the core schema first. The slice must
// not be changed.
func (t *Type) Schemas() []Schema { return t.schemas }

// Schema returns the schema with that URN, compared without case, or nil.
func (t *Type) Schema(urn string) *Schema {
	for i := range t.schemas {
		if strings.EqualFold(t.schemas[i].URN, urn) {
			return &t.schemas[i]
		}
	}
	return nil
}

// Len returns the number of attributes.
func (t *Type) Len() int { return len(t.attrs) }

// Attribute returns the attribute in a slot, which must be one of t's. The
// attribute must not be changed.
func (t *Type) Attribute(s Slot) *Attribute { return &t.attrs[s] }

// Slot returns the slot of the attribute with that name: a core attribute by its
// bare or URN-qualified name, an extension's attribute by URN, colon and name,
// a field by its dotted name. It is NoSlot when there is none.
func (t *Type) Slot(name string) Slot {
	var buf [128]byte
	if key, ok := appendFold(buf[:0], name); ok {
		if s, ok := t.index[string(key)]; ok {
			return s
		}
		return NoSlot
	}
	if s, ok := t.index[Fold(name)]; ok {
		return s
	}
	return NoSlot
}

// Lookup returns the attribute with that name, see Slot, or nil.
func (t *Type) Lookup(name string) *Attribute {
	if s := t.Slot(name); s != NoSlot {
		return &t.attrs[s]
	}
	return nil
}

// Path returns the name by which the attribute in a slot is addressed from
// outside: bare for core attributes, with the URN for those of extensions.
func (t *Type) Path(s Slot) string {
	a := &t.attrs[s]
	if len(t.schemas) == 0 || a.Schema == t.schemas[0].URN {
		return a.Name
	}
	return a.Schema + ":" + a.Name
}

// New returns an empty record of the type.
func (t *Type) New() *Record { return &Record{typ: t, vals: make([]Value, len(t.attrs))} }

// appendFold is Fold without an allocation, for ASCII names that fit into dst.
func appendFold(dst []byte, s string) ([]byte, bool) {
	if len(s) > cap(dst) {
		return nil, false
	}
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 {
			return nil, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst, true
}

func isURN(s string) bool { return len(s) > 4 && strings.EqualFold(s[:4], "urn:") }
