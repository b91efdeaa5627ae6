package expr

import "github.com/usher-scim/usher/schema"

// Kind is what the type check knows about a value.
type Kind uint8

// The kinds. Any is the kind of what is only known at run time.
const (
	Any     Kind = iota
	String       // text
	Time         // text that is a date or a date-time; compared by instant, else a String
	Integer      // a whole number
	Number       // any number
	Boolean      // true or false
	Object       // a complex value without a "value" of its own
	Null         // the literal null: unset
)

// String returns the kind's name in lower case.
func (k Kind) String() string {
	return [...]string{"any", "string", "time", "integer", "number", "boolean", "object", "null"}[k&7]
}

// Type is the static type of an expression or a step.
type Type struct {
	Kind Kind
	// List says that the value is a list of Kind. A value of kind Any that is not
	// known to be a list may still be one.
	List bool
}

// String returns the type as field schemas write it: string, list<integer>.
func (t Type) String() string {
	if t.List {
		return "list<" + t.Kind.String() + ">"
	}
	return t.Kind.String()
}

// TypeOf returns the type of an attribute's whole value.
func TypeOf(a *schema.Attribute) Type { return Type{Kind: kindOf(a), List: a.MultiValued} }

func kindOf(a *schema.Attribute) Kind {
	switch a.Type {
	case schema.Boolean:
		return Boolean
	case schema.Integer:
		return Integer
	case schema.Decimal:
		return Number
	case schema.DateTime, schema.Date:
		return Time
	case schema.Any:
		return Any
	case schema.Complex:
		return Object
	default:
		return String
	}
}

// Fits reports whether a value of type t can be written where want is wanted:
// the kinds go together and both are lists or neither is. Any goes with
// everything and is checked when there is a value.
func (t Type) Fits(want Type) bool {
	if t.Kind == Null {
		return true
	}
	if t.List != want.List && t != (Type{Kind: Any}) && want != (Type{Kind: Any}) {
		return false
	}
	return t.Kind.fits(want.Kind)
}

func (k Kind) fits(want Kind) bool {
	switch {
	case k == want, k == Any, want == Any, k == Null:
		return true
	case want == String:
		return k == Time
	case want == Time:
		return k == String
	case want == Number:
		return k == Integer
	default:
		return false
	}
}

// Class says what reading gives back of what was written through a step, from
// best to worst. The class of a chain is the worst of its steps.
type Class uint8

// The classes.
const (
	Iso   Class = iota // everything, on the step's domain
	Fold               // everything but upper and lower case
	Lossy              // the stored value, which is not what was written
	None               // nothing: the step has no inverse
)

// String returns the class's name in lower case.
func (c Class) String() string { return [...]string{"iso", "fold", "lossy", "none"}[c&3] }
