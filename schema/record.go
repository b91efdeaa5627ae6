package schema

import (
	"iter"
	"slices"
)

// Record is a set of values for the attributes of a [Type]: a SCIM resource or a
// target's record. Authors address attributes by name, the engine by slot.
//
// The zero Record has no type and holds nothing; make records with [Type.New].
type Record struct {
	typ  *Type
	vals []Value
}

// Type returns the record's type.
func (r *Record) Type() *Type { return r.typ }

// At returns the value in a slot, which must be one of the type's.
func (r *Record) At(s Slot) Value { return r.vals[s] }

// SetAt puts a value into a slot. An unset value takes the present one away.
func (r *Record) SetAt(s Slot, v Value) { r.vals[s] = v }

// Get returns the value of the attribute with that name. It is unset when the
// attribute has none, or the type has no such attribute.
func (r *Record) Get(name string) Value {
	if s := r.typ.Slot(name); s != NoSlot {
		return r.vals[s]
	}
	return Value{}
}

// Set puts a value under a name and reports whether the type has such an
// attribute.
func (r *Record) Set(name string, v Value) bool {
	s := r.typ.Slot(name)
	if s == NoSlot {
		return false
	}
	r.vals[s] = v
	return true
}

// Has reports whether the attribute with that name is assigned (RFC 7643 section
// 2.5).
func (r *Record) Has(name string) bool { return !r.Get(name).Unassigned() }

// String returns the attribute's value as text, see [Value.Text]; "" without
// one.
func (r *Record) String(name string) string { return r.Get(name).Text() }

// Strings returns the texts of a list, see [Value.Strings].
func (r *Record) Strings(name string) []string { return r.Get(name).Strings() }

// Integer returns the attribute's value as a number; 0 without one.
func (r *Record) Integer(name string) int64 { n, _ := r.Get(name).Integer(); return n }

// Bool returns the attribute's value as a boolean; false without one.
func (r *Record) Bool(name string) bool { b, _ := r.Get(name).Bool(); return b }

// SetString sets the attribute with that name to s. Like [Record.Set] it reports
// whether there is such an attribute.
func (r *Record) SetString(name, s string) bool { return r.Set(name, StringValue(s)) }

// Values yields the slots that hold something (null and empty included) with
// their values, in slot order.
func (r *Record) Values() iter.Seq2[Slot, Value] {
	return func(yield func(Slot, Value) bool) {
		for i, v := range r.vals {
			if v.Kind() != KindUnset && !yield(Slot(i), v) {
				return
			}
		}
	}
}

// Clone returns a copy that can be changed without changing r.
func (r *Record) Clone() *Record {
	return &Record{typ: r.typ, vals: slices.Clone(r.vals)}
}

// As returns the record as one of another type: r itself where it is of that type,
// else a record with the values that r has under the same names, so far as t has
// these. It is for the time in which a type changes while there are records of the
// type that it was.
func (r *Record) As(t *Type) *Record {
	if r.typ == t {
		return r
	}
	out := t.New()
	for s, v := range r.Values() {
		if to := t.Slot(r.typ.Path(s)); to != NoSlot {
			out.vals[to] = v.as(t.attrs[to].Sub)
		}
	}
	return out
}

// as gives the objects in a value the type.
func (v Value) as(t *Type) Value {
	switch {
	case t == nil:
		return v
	case v.Kind() == KindList:
		list := make([]Value, v.Len())
		for i := range list {
			list[i] = v.At(i).as(t)
		}
		return ListValue(list...)
	case v.Record() != nil:
		return ObjectValue(v.Record().As(t))
	default:
		return v
	}
}

// CopyFrom makes r equal to src, which must be of the same type.
func (r *Record) CopyFrom(src *Record) { copy(r.vals, src.vals) }

// Reset takes all values away.
func (r *Record) Reset() { clear(r.vals) }

// Equal reports whether both records are of the same type and hold the same
// values; what is unassigned counts as the same, lists of attributes marked
// Unordered are compared without order.
func (r *Record) Equal(o *Record) bool {
	if r.typ != o.typ {
		return false
	}
	for i, v := range r.vals {
		if !SameValue(&r.typ.attrs[i], v, o.vals[i]) {
			return false
		}
	}
	return true
}

// SameValue reports whether two values of the same attribute make no
// difference: both unassigned, or equal, in any order where the attribute is
// Unordered.
func SameValue(a *Attribute, v, w Value) bool {
	if v.Unassigned() || w.Unassigned() {
		return v.Unassigned() && w.Unassigned()
	}
	if a.Unordered {
		return v.EqualUnordered(w)
	}
	return v.Equal(w)
}

// Schemas returns the URNs that a SCIM resource has to list: the core schema and
// each extension of which an attribute is assigned (RFC 7643 section 3).
func (r *Record) Schemas() []string {
	return r.appendSchemas(make([]string, 0, len(r.typ.schemas)))
}

func (r *Record) appendSchemas(dst []string) []string {
	for i := range r.typ.schemas {
		if r.hasSchema(i) {
			dst = append(dst, r.typ.schemas[i].URN)
		}
	}
	return dst
}

// computesSchemas reports whether the record has no schemas of its own, so that
// they are what is assigned.
func (r *Record) computesSchemas() bool {
	return r.typ.IsResource() && r.vals[SlotSchemas].Kind() == KindUnset
}

// hasSchema reports whether the resource has the schema with that number.
func (r *Record) hasSchema(i int) bool {
	if i == 0 {
		return true
	}
	for s := r.typ.first[i]; s < r.typ.first[i+1]; s++ {
		if !r.vals[s].Unassigned() {
			return true
		}
	}
	return false
}
