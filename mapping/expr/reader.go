package expr

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Pick says how several values become one.
type Pick uint8

// The ways to pick. The zero value is PickPrimary.
const (
	PickPrimary Pick = iota // the one whose element is marked primary, else the first
	PickFirst               // the first
	PickError               // several are E_AMBIGUOUS_VALUE
)

// ReadOptions say how a [Reader] reads. The zero options pick the primary value
// and count "" as unset.
type ReadOptions struct {
	Pick        Pick
	EmptyString bool // "" is a value
}

// Reader reads what a path means out of records of its type. What is unassigned
// (absent, null, an empty list or object and, by option, "") is never read. A
// whole complex attribute stands for its "value", or else for the last segment
// of its "$ref"; one that declares no value is read as an object.
type Reader struct {
	sel   schema.Selector
	typ   Type
	multi bool // the attribute itself is multi-valued
	conds []condition
	sub   schema.Slot // of the sub-attribute or of "value", NoSlot: the element itself
	ref   schema.Slot // of "$ref" where the path is a whole complex attribute
	prime schema.Slot // of "primary"
	opts  ReadOptions
}

// condition is an eq of a value filter that needs no interpreting.
type condition struct {
	slot    schema.Slot
	operand schema.Value
	text    string
	fold    bool
}

// NewReader returns a reader of a bound path.
func NewReader(sel schema.Selector, o ReadOptions) *Reader {
	r := &Reader{sel: sel, sub: sel.Sub, ref: schema.NoSlot, prime: schema.NoSlot, opts: o}
	a := sel.Attribute()
	if a == nil {
		r.typ = Type{Kind: Object}
		return r
	}
	leaf := sel.Leaf()
	if a.Sub != nil {
		r.prime = a.Sub.Slot("primary")
		if sel.Sub == schema.NoSlot {
			if r.sub = a.Sub.Slot("value"); r.sub != schema.NoSlot {
				leaf = a.Sub.Attribute(r.sub)
				r.ref = a.Sub.Slot("$ref")
			}
		}
	}
	r.multi = a.MultiValued
	r.typ = Type{Kind: kindOf(leaf), List: a.MultiValued || leaf.MultiValued}
	r.conds = conditions(sel)
	return r
}

// conditions prepares a filter that is an eq, or several joined by and, on
// strings and booleans: nearly all filters are. Any other is left to its
// matcher.
func conditions(sel schema.Selector) []condition {
	if sel.Filter == nil {
		return nil
	}
	filters := []schema.Filter{sel.Filter.Filter()}
	if all, ok := filters[0].(schema.And); ok {
		filters = all
	}
	var conds []condition
	sub := sel.Attribute().Sub
	for _, f := range filters {
		cmp, ok := f.(*schema.Compare)
		if !ok || cmp.Op != schema.Eq || cmp.Path.URN != "" || cmp.Path.Filter != nil || cmp.Path.Sub != "" {
			return nil
		}
		slot := sub.Slot(cmp.Path.Attr)
		if slot == schema.NoSlot {
			return nil
		}
		a := sub.Attribute(slot)
		text, isText := cmp.Value.Str()
		_, isBool := cmp.Value.Bool()
		if a.MultiValued || (a.Type != schema.String || !isText) && (a.Type != schema.Boolean || !isBool) {
			return nil
		}
		conds = append(conds, condition{slot: slot, operand: cmp.Value, text: text, fold: isText && !a.CaseExact})
	}
	return conds
}

func (c *condition) holds(rec *schema.Record) bool {
	v := rec.At(c.slot)
	if !c.fold {
		return v.Equal(c.operand)
	}
	s, ok := v.Str()
	return ok && strings.EqualFold(s, c.text)
}

// Selector returns the path.
func (r *Reader) Selector() schema.Selector { return r.sel }

// Type returns the type of what is read: a list where the path goes through a
// multi-valued attribute, although [Reader.Scalar] gives one of its values.
func (r *Reader) Type() Type { return r.typ }

// Scalar returns one value, picked where there are several; unset without one.
// An attribute that is single-valued but of unknown type is read as it is, even
// if it holds a list. The only error has the code E_AMBIGUOUS_VALUE. A record
// that is nil or of another type has no values.
func (r *Reader) Scalar(rec *schema.Record) (schema.Value, error) {
	if v, err := r.scalar(rec); err != nil {
		return schema.Value{}, err
	} else {
		return v, nil
	}
}

func (r *Reader) scalar(rec *schema.Record) (schema.Value, *Error) {
	if rec == nil || rec.Type() != r.sel.Type {
		return schema.Value{}, nil
	}
	if r.special() {
		return r.pickFrom(r.List(rec))
	}
	v := rec.At(r.sel.Slot)
	if !r.multi {
		v, _ = r.element(v)
		if !r.typ.List {
			return v, nil
		}
		return r.pickFrom(v)
	}
	if v.Kind() != schema.KindList {
		v, _ = r.element(v)
		return v, nil
	}
	var first schema.Value
	for i := range v.Len() {
		e, primary := r.element(v.At(i))
		switch {
		case e.IsUnset():
		case r.opts.Pick == PickFirst, r.opts.Pick == PickPrimary && primary:
			return e, nil
		case first.IsUnset():
			first = e
		case r.opts.Pick == PickError:
			return schema.Value{}, ambiguous()
		}
	}
	return first, nil
}

// special holds for what is not stored in a slot: a whole schema, and the list
// of schemas.
func (r *Reader) special() bool {
	return r.sel.Slot == schema.NoSlot || r.sel.Slot == schema.SlotSchemas && r.sel.Type.IsResource()
}

func (r *Reader) pickFrom(list schema.Value) (schema.Value, *Error) {
	if list.Kind() != schema.KindList {
		return list, nil
	}
	if r.opts.Pick == PickError && list.Len() > 1 {
		return schema.Value{}, ambiguous()
	}
	return list.At(0), nil
}

func ambiguous() *Error {
	return &Error{Code: CodeAmbiguous, Msg: "several values where one is wanted"}
}

// element returns what the path means in one element, unset if nothing, and
// whether the element is primary.
func (r *Reader) element(e schema.Value) (v schema.Value, primary bool) {
	rec := e.Record()
	if rec == nil {
		// A bare value stands for the "value" of its element.
		if r.sel.Filter != nil || r.sel.Sub != schema.NoSlot {
			return schema.Value{}, false
		}
		return r.assigned(e), false
	}
	if r.conds != nil {
		for i := range r.conds {
			if !r.conds[i].holds(rec) {
				return schema.Value{}, false
			}
		}
	} else if r.sel.Filter != nil && !r.sel.Filter.Match(rec) {
		return schema.Value{}, false
	}
	if r.prime != schema.NoSlot {
		primary, _ = rec.At(r.prime).Bool()
	}
	if r.sub == schema.NoSlot {
		return r.assigned(e), primary
	}
	v = r.assigned(rec.At(r.sub))
	if v.IsUnset() && r.ref != schema.NoSlot {
		if s, _ := rec.At(r.ref).Str(); s != "" {
			if last := s[strings.LastIndexByte(s, '/')+1:]; last != "" {
				v = schema.StringValue(last)
			}
		}
	}
	return v, primary
}

// assigned is v, or unset if v counts as unset.
func (r *Reader) assigned(v schema.Value) schema.Value { return normalize(v, r.opts.EmptyString) }

// normalize gives everything unassigned the one form of unset.
func normalize(v schema.Value, emptyString bool) schema.Value {
	switch v.Kind() {
	case schema.KindString:
		if s, _ := v.Str(); s == "" && !emptyString {
			return schema.Value{}
		}
		return v
	case schema.KindNull, schema.KindList, schema.KindObject:
		if v.Unassigned() {
			return schema.Value{}
		}
	}
	return v
}

// List returns all values as a list, unset when there are none. The value of a
// single-valued attribute of unknown type is returned as it is.
func (r *Reader) List(rec *schema.Record) schema.Value {
	if rec == nil || rec.Type() != r.sel.Type {
		return schema.Value{}
	}
	switch {
	case r.sel.Slot == schema.NoSlot:
		return r.schemaValue(rec)
	case r.special():
		var vs []schema.Value
		for v := range r.sel.Values(rec) {
			vs = append(vs, v)
		}
		return schema.ListValue(vs...)
	}
	v := rec.At(r.sel.Slot)
	if !r.typ.List {
		v, _ = r.element(v)
		return v
	}
	if r.sel.Filter == nil && r.sub == schema.NoSlot && r.clean(v) {
		return v
	}
	if v.Kind() != schema.KindList {
		v = schema.ListValue(v)
	}
	var vs []schema.Value
	for i := range v.Len() {
		e, _ := r.element(v.At(i))
		if e.IsUnset() {
			continue
		}
		if vs == nil {
			vs = make([]schema.Value, 0, v.Len()-i)
		}
		if e.Kind() != schema.KindList {
			vs = append(vs, e)
			continue
		}
		for x := range e.Elements() {
			if x = r.assigned(x); !x.IsUnset() {
				vs = append(vs, x)
			}
		}
	}
	if len(vs) == 0 {
		return schema.Value{}
	}
	return schema.ListValue(vs...)
}

// clean reports whether v is a list that can be handed out as it is.
func (r *Reader) clean(v schema.Value) bool {
	if v.Kind() != schema.KindList || v.Len() == 0 {
		return false
	}
	for i := range v.Len() {
		if e := v.At(i); r.assigned(e).IsUnset() || e.Kind() == schema.KindList {
			return false
		}
	}
	return true
}

// schemaValue is the object of what a record holds of a schema.
func (r *Reader) schemaValue(rec *schema.Record) schema.Value {
	if r.sel.Schema == "" {
		return schema.Value{}
	}
	var members []schema.Member
	for slot, v := range rec.Values() {
		a := rec.Type().Attribute(slot)
		if v = r.assigned(v); strings.EqualFold(a.Schema, r.sel.Schema) && !v.IsUnset() {
			members = append(members, schema.Member{Name: a.Name, Value: v})
		}
	}
	if members == nil {
		return schema.Value{}
	}
	return schema.MembersValue(members...)
}
