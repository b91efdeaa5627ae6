package schema

import (
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Kind says what a [Value] holds.
type Kind uint8

// The kinds of values. Date-times, references and binary data are strings;
// the attribute's [DataType] tells them apart.
const (
	KindUnset   Kind = iota // nothing: the zero Value
	KindNull                // an explicit null
	KindBoolean             // true or false
	KindInteger             // a whole number within int64
	KindDecimal             // any other number, kept as its exact text
	KindString              // text
	KindList                // an ordered list of values
	KindObject              // named members
)

var kindNames = [...]string{"unset", "null", "boolean", "integer", "decimal", "string", "list", "object"}

// String returns the kind's name in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "invalid"
}

// Value is one value of an attribute. The zero Value is unset. Values are
// immutable: methods that change something return another value, so a value
// can be shared between records and goroutines.
type Value struct {
	// bits holds the kind in its lowest byte, and above it a Boolean (0, 1) or an
	// Integer of 56 bits at most. The compiler keeps a Value of four words in
	// registers; with a fifth, mapping a user takes nearly twice as long.
	bits int64
	// str is a String, the text of a Decimal, and the digits of an Integer that
	// needs more bits.
	str string
	// node holds the elements of a List (no type), the members of an Object
	// whose type is known (by slot), or those of one without a type (names and
	// values in turn).
	node *Record
}

// kindBits is the place of the number in a Value's bits.
const kindBits = 8

// Null returns an explicit null.
func Null() Value { return Value{bits: int64(KindNull)} }

// StringValue returns s as a value.
func StringValue(s string) Value { return Value{bits: int64(KindString), str: s} }

// IntegerValue returns n as a value.
func IntegerValue(n int64) Value {
	if n<<kindBits>>kindBits != n {
		return Value{bits: int64(KindInteger), str: strconv.FormatInt(n, 10)}
	}
	return Value{bits: n<<kindBits | int64(KindInteger)}
}

// BooleanValue returns b as a value.
func BooleanValue(b bool) Value {
	if b {
		return Value{bits: 1<<kindBits | int64(KindBoolean)}
	}
	return Value{bits: int64(KindBoolean)}
}

// NumberValue returns the JSON number in text: an Integer where it is written
// as one and fits an int64, else a Decimal that keeps the text. It returns
// false when text is not a JSON number.
func NumberValue(text string) (Value, bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && isPlainInteger(text) {
		return IntegerValue(n), true
	}
	if !isNumber(text) {
		return Value{}, false
	}
	return Value{bits: int64(KindDecimal), str: text}, true
}

// ListValue returns a list of vs. The slice is kept; the caller must not change
// it afterwards.
func ListValue(vs ...Value) Value {
	return Value{bits: int64(KindList), node: &Record{vals: vs}}
}

// StringsValue returns a list of strings.
func StringsValue(ss ...string) Value {
	vs := make([]Value, len(ss))
	for i, s := range ss {
		vs[i] = StringValue(s)
	}
	return ListValue(vs...)
}

// ObjectValue returns rec as the value of a complex attribute. The record is
// kept; the caller must not change it afterwards.
func ObjectValue(rec *Record) Value { return Value{bits: int64(KindObject), node: rec} }

// Member is a named value of an object.
type Member struct {
	Name  string
	Value Value
}

// MembersValue returns an object without a declared type, with its members in
// the order given. Names should differ, also when case is ignored.
func MembersValue(members ...Member) Value {
	vals := make([]Value, 0, 2*len(members))
	for _, m := range members {
		vals = append(vals, StringValue(m.Name), m.Value)
	}
	return Value{bits: int64(KindObject), node: &Record{vals: vals}}
}

// Kind returns what v holds.
func (v Value) Kind() Kind { return Kind(v.bits & (1<<kindBits - 1)) }

// number returns the number of a Boolean or an Integer.
func (v Value) number() int64 {
	if v.str == "" {
		return v.bits >> kindBits
	}
	n, _ := strconv.ParseInt(v.str, 10, 64)
	return n
}

// IsUnset reports whether v is the zero Value.
func (v Value) IsUnset() bool { return v.Kind() == KindUnset }

// IsNull reports whether v is an explicit null.
func (v Value) IsNull() bool { return v.Kind() == KindNull }

// Unassigned reports whether v counts as having no value by RFC 7643 section
// 2.5: unset, null, an empty list, or an object or list without any assigned
// member. An empty string is a value.
func (v Value) Unassigned() bool {
	switch v.Kind() {
	case KindUnset, KindNull:
		return true
	case KindList:
		for _, e := range v.node.vals {
			if !e.Unassigned() {
				return false
			}
		}
		return true
	case KindObject:
		first, step := 0, 1
		if v.node.typ == nil {
			first, step = 1, 2 // names and values in turn
		}
		for i := first; i < len(v.node.vals); i += step {
			if !v.node.vals[i].Unassigned() {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// Str returns the text of a String, and whether v is one.
func (v Value) Str() (string, bool) {
	if v.Kind() != KindString {
		return "", false
	}
	return v.str, true
}

// Integer returns the number of an Integer, and whether v is one.
func (v Value) Integer() (int64, bool) {
	if v.Kind() != KindInteger {
		return 0, false
	}
	return v.number(), true
}

// Bool returns the truth of a Boolean, and whether v is one.
func (v Value) Bool() (value, ok bool) {
	return v.bits == 1<<kindBits|int64(KindBoolean), v.Kind() == KindBoolean
}

// Float returns an Integer or a Decimal as a float64, rounded where it must be.
func (v Value) Float() (float64, bool) {
	switch v.Kind() {
	case KindInteger:
		return float64(v.number()), true
	case KindDecimal:
		f, err := strconv.ParseFloat(v.str, 64)
		return f, err == nil
	default:
		return 0, false
	}
}

// Text returns a scalar as text: a string as it is, a number in its exact
// decimal form, a boolean as true or false. Everything else is "".
func (v Value) Text() string {
	switch v.Kind() {
	case KindString, KindDecimal:
		return v.str
	case KindInteger:
		return strconv.FormatInt(v.number(), 10)
	case KindBoolean:
		return strconv.FormatBool(v.number() != 0)
	default:
		return ""
	}
}

// Len returns the number of elements of a List or members of an Object, else 0.
func (v Value) Len() int {
	switch {
	case v.Kind() == KindList:
		return len(v.node.vals)
	case v.Kind() == KindObject && v.node.typ == nil:
		return len(v.node.vals) / 2
	case v.Kind() == KindObject:
		n := 0
		for _, m := range v.node.vals {
			if m.Kind() != KindUnset {
				n++
			}
		}
		return n
	default:
		return 0
	}
}

// At returns element i of a List. It is unset when there is none.
func (v Value) At(i int) Value {
	if v.Kind() != KindList || i < 0 || i >= len(v.node.vals) {
		return Value{}
	}
	return v.node.vals[i]
}

// Elements yields the elements of a List in order. A value that is not a list
// is yielded as its own only element, nothing for an unset or null one.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		switch v.Kind() {
		case KindUnset, KindNull:
		case KindList:
			for _, e := range v.node.vals {
				if !yield(e) {
					return
				}
			}
		default:
			yield(v)
		}
	}
}

// Strings returns the text of each scalar element of a List, or of a single
// scalar.
func (v Value) Strings() []string {
	var out []string
	for e := range v.Elements() {
		if e.Kind() != KindList && e.Kind() != KindObject && e.Kind() != KindNull {
			out = append(out, e.Text())
		}
	}
	return out
}

// Append returns the list v with elements added at its end. An unset or null v
// counts as an empty list, any other value as a list of itself.
func (v Value) Append(elements ...Value) Value {
	vs := make([]Value, 0, v.Len()+1+len(elements))
	vs = slices.AppendSeq(vs, v.Elements())
	return ListValue(append(vs, elements...)...)
}

// Record returns the record of an Object whose type is known. It is nil for
// other values; it must not be changed.
func (v Value) Record() *Record {
	if v.Kind() != KindObject || v.node.typ == nil {
		return nil
	}
	return v.node
}

// Members yields the set members of an Object: in the order of its type, or, for
// one without a type, as they were given.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != KindObject {
			return
		}
		if v.node.typ == nil {
			for i := 0; i+1 < len(v.node.vals); i += 2 {
				if !yield(v.node.vals[i].str, v.node.vals[i+1]) {
					return
				}
			}
			return
		}
		for i, m := range v.node.vals {
			if m.Kind() != KindUnset && !yield(v.node.typ.attrs[i].Name, m) {
				return
			}
		}
	}
}

// Member returns the member of an Object with that name, compared without case.
// It is unset when there is none.
func (v Value) Member(name string) Value {
	if v.Kind() != KindObject {
		return Value{}
	}
	if v.node.typ != nil {
		return v.node.Get(name)
	}
	for i := 0; i+1 < len(v.node.vals); i += 2 {
		if strings.EqualFold(v.node.vals[i].str, name) {
			return v.node.vals[i+1]
		}
	}
	return Value{}
}

// Equal reports whether v and w are the same: of the same kind and content.
// Numbers are equal when they have the same value, lists when they have equal
// elements in the same order, objects when they have equal members (names
// without case, unset members left out).
func (v Value) Equal(w Value) bool {
	if v.Kind() != w.Kind() {
		return isNumeric(v.Kind()) && isNumeric(w.Kind()) && compareNumbers(v, w) == 0
	}
	switch v.Kind() {
	case KindBoolean, KindInteger:
		return v.number() == w.number()
	case KindString:
		return v.str == w.str
	case KindDecimal:
		return v.str == w.str || compareNumbers(v, w) == 0
	case KindList:
		return slices.EqualFunc(v.node.vals, w.node.vals, Value.Equal)
	case KindObject:
		return v.node == w.node || v.Len() == w.Len() && equalMembers(v, w)
	default:
		return true
	}
}

// EqualUnordered is Equal, but two lists are also equal when their elements
// can be paired in another order. Duplicates count.
func (v Value) EqualUnordered(w Value) bool {
	if v.Kind() != KindList || w.Kind() != KindList {
		return v.Equal(w)
	}
	if len(v.node.vals) != len(w.node.vals) {
		return false
	}
	if slices.EqualFunc(v.node.vals, w.node.vals, Value.Equal) {
		return true
	}
	return pairUp(v.node.vals, w.node.vals)
}

// Contains reports whether one of v's elements equals w.
func (v Value) Contains(w Value) bool {
	for e := range v.Elements() {
		if e.Equal(w) {
			return true
		}
	}
	return false
}

func isNumeric(k Kind) bool { return k == KindInteger || k == KindDecimal }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
