package schema

import "fmt"

// DataType is the type of an attribute's value (RFC 7643 section 2.3), with two
// that targets need: Date and Any.
type DataType uint8

// The data types. The zero value is String, the RFC's default.
const (
	String    DataType = iota
	Boolean            // JSON true or false
	Integer            // a whole number within int64
	Decimal            // any JSON number
	DateTime           // text, RFC 3339 with date and time
	Date               // text, YYYY-MM-DD; shown as string in /Schemas
	Reference          // text, a URI or the id of a resource
	Binary             // text, base64
	Complex            // an object of sub-attributes
	Any                // whatever arrives; shown as Attribute.Shown in /Schemas
)

var dataTypeNames = [...]string{"string", "boolean", "integer", "decimal", "dateTime", "date", "reference", "binary", "complex", "any"}

// String returns the name that RFC 7643 section 7 uses, for Date and Any their
// own.
func (t DataType) String() string {
	if int(t) < len(dataTypeNames) {
		return dataTypeNames[t]
	}
	return fmt.Sprintf("DataType(%d)", uint8(t))
}

// Mutability says when a value may be written (RFC 7643 section 7).
type Mutability uint8

// The mutabilities. The zero value is ReadWrite, the RFC's default.
const (
	ReadWrite Mutability = iota
	ReadOnly             // never written by a client
	Immutable            // written once: on create, or while it is unset
	WriteOnly            // written, never returned
)

// String returns the keyword of RFC 7643 section 7.
func (m Mutability) String() string {
	return [...]string{"readWrite", "readOnly", "immutable", "writeOnly"}[m&3]
}

// Returned says when a value appears in an answer (RFC 7643 section 7).
type Returned uint8

// The returned characteristics. The zero value is ReturnedDefault.
const (
	ReturnedDefault Returned = iota
	ReturnedAlways           // in every answer
	ReturnedNever            // in none
	ReturnedRequest          // only when named in attributes
)

// String returns the keyword of RFC 7643 section 7.
func (r Returned) String() string {
	return [...]string{"default", "always", "never", "request"}[r&3]
}

// Uniqueness says among whom a value is unique (RFC 7643 section 7).
type Uniqueness uint8

// The uniqueness characteristics. The zero value is NotUnique.
const (
	NotUnique Uniqueness = iota
	UniqueServer
	UniqueGlobal
)

// String returns the keyword of RFC 7643 section 7.
func (u Uniqueness) String() string {
	return [...]string{"none", "server", "global", "none"}[u&3]
}

// ClearAs says what a target wants to be sent when a field is to lose its
// value.
type ClearAs uint8

// The ways of clearing. The zero value is a null for single values and an empty
// list for lists.
const (
	ClearDefault   ClearAs = iota
	ClearNull              // null
	ClearEmpty             // ""
	ClearEmptyList         // []
	ClearOmit              // the target cannot clear the field
	ClearFalse             // false: a checkbox, which has no third state
)

// Value returns what is sent to clear an attribute, unset for ClearOmit.
func (c ClearAs) Value(list bool) Value {
	switch {
	case c == ClearEmpty:
		return StringValue("")
	case c == ClearEmptyList, c == ClearDefault && list:
		return ListValue()
	case c == ClearOmit:
		return Value{}
	case c == ClearFalse:
		return BooleanValue(false)
	default:
		return Null()
	}
}

// Attribute describes one attribute of a [Type]: of a SCIM resource, or a field
// of a target's record. The zero value of every member but Name is the default
// of RFC 7643 section 2.2, with one exception: CaseExact false.
type Attribute struct {
	// Name is the attribute's name as the schema or the target spells it. A
	// field below a container has a dotted name ("custom_fields.badge_color").
	Name string
	// Schema is the URN of the schema that declares a SCIM attribute. NewResource
	// sets it.
	Schema      string
	Description string

	Type        DataType
	MultiValued bool
	Required    bool
	CaseExact   bool
	Mutability  Mutability
	Returned    Returned
	Uniqueness  Uniqueness
	// Sub describes the members of a Complex attribute, nil for all others.
	Sub *Type
	// Choices are the allowed or, for SCIM, the suggested values.
	Choices []string
	// ReferenceTypes are the resource types, "uri" or "external" that a
	// Reference may point to.
	ReferenceTypes []string
	// Shown is the type that /Schemas gives for an attribute of type Any.
	Shown DataType
	// Demanded makes /Schemas show the attribute as required where Required does
	// not say so: the backend wants a value, and takes it from elsewhere as well.
	Demanded bool

	// The rest only means something for fields of a target.

	// Filter has the operators that the target's own search answers with the
	// meaning of RFC 7644, case rules included. Zero: it cannot be searched.
	Filter Op
	// FilterAs is the name in the target's search where it differs from Name.
	FilterAs string
	// MaxLength is the number of characters a string may have; 0 means no limit
	// is known.
	MaxLength int
	// Pattern is a regular expression (RE2) that the whole value has to match.
	Pattern string
	// Unordered says that order and duplicates of a list do not matter.
	Unordered bool
	// ClearAs is what the target wants to be sent to clear the field.
	ClearAs ClearAs
	// Custom marks a field that the account's administrators added: it was
	// discovered, and mappings get a rule for it unless they have one.
	Custom bool
	// Whole says that the fields below the same container have to be sent
	// together.
	Whole bool
}

// Writable reports whether a client may ever write the attribute.
func (a *Attribute) Writable() bool { return a.Mutability != ReadOnly }

// ShownType is the type that /Schemas gives for the attribute: one of RFC 7643
// section 2.3.
func (a *Attribute) ShownType() DataType {
	t := a.Type
	if t == Any {
		if t = a.Shown; t == Complex {
			return String
		}
	}
	if t == Any || t == Date {
		return String
	}
	return t
}
