package schema

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Binding binds filters and paths to a type. The zero options are the RFC's
// rules; [Type.Match] and [Type.Select] use them.
type Binding struct {
	Type *Type
	// StringBooleans takes "true" and "false" in any case for booleans, as Entra
	// sends them: roles[primary eq "True"].
	StringBooleans bool
}

// Match binds a filter to the type, see [Binding.Match].
func (t *Type) Match(f Filter) (*Matcher, error) { return Binding{Type: t}.Match(f) }

// Select binds a path to the type, see [Binding.Select].
func (t *Type) Select(p Path) (Selector, error) { return Binding{Type: t}.Select(p) }

// Selector says which values of a record a path means. Exactly one of Slot and
// Schema is set, except for the zero Selector, which means the whole record.
type Selector struct {
	Type *Type
	// Slot is the attribute, NoSlot where Schema is set.
	Slot Slot
	// Filter chooses among the values of a multi-valued attribute; nil: all.
	Filter *Matcher
	// Sub is the sub-attribute, NoSlot where the path has none.
	Sub Slot
	// Schema is the URN of the schema that the path means as a whole, as the type
	// spells it.
	Schema string
}

// Attribute returns the attribute that the path begins with, nil where it means
// a whole schema.
func (s Selector) Attribute() *Attribute {
	if s.Type == nil || s.Slot == NoSlot {
		return nil
	}
	return s.Type.Attribute(s.Slot)
}

// Leaf returns the attribute that the path ends with: the sub-attribute where it
// has one.
func (s Selector) Leaf() *Attribute {
	a := s.Attribute()
	if a != nil && s.Sub != NoSlot {
		return a.Sub.Attribute(s.Sub)
	}
	return a
}

// String returns the path in the spelling of the type.
func (s Selector) String() string {
	if s.Schema != "" {
		return s.Schema
	}
	if s.Type == nil {
		return ""
	}
	text := s.Type.Path(s.Slot)
	if s.Filter != nil {
		text += "[" + s.Filter.String() + "]"
	}
	if s.Sub != NoSlot {
		text += "." + s.Attribute().Sub.Attribute(s.Sub).Name
	}
	return text
}

// Relative returns the path without the URN that it begins with, as forms that ask
// for a name and a namespace want it, and the URN of the schema that declares the
// attribute. For a path that means a whole schema the name is "".
func (s Selector) Relative() (name, urn string) {
	a := s.Attribute()
	if a == nil {
		return "", s.Schema
	}
	return strings.TrimPrefix(s.String(), a.Schema+":"), a.Schema
}

// Values yields the assigned values of r that the path means, element by
// element where the attribute is multi-valued.
func (s Selector) Values(r *Record) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if s.Slot == NoSlot {
			return
		}
		for e := range s.elements(r).Elements() {
			if s.Filter != nil && (e.Record() == nil || !s.Filter.Match(e.Record())) {
				continue
			}
			if s.Sub == NoSlot {
				if !e.Unassigned() && !yield(e) {
					return
				}
				continue
			}
			if e.Record() == nil {
				continue
			}
			for v := range e.Record().At(s.Sub).Elements() {
				if !v.Unassigned() && !yield(v) {
					return
				}
			}
		}
	}
}

func (s Selector) elements(r *Record) Value {
	if s.Slot == SlotSchemas && r.computesSchemas() {
		return StringsValue(r.Schemas()...)
	}
	return r.vals[s.Slot]
}

// Select binds a path. It fails with KindUnknown when the type has no such
// attribute, and with KindType when a filter or a sub-attribute stands where
// the attribute has none.
func (b Binding) Select(p Path) (Selector, error) {
	t := b.Type
	sel := Selector{Type: t, Slot: NoSlot, Sub: NoSlot}
	if p.URN != "" {
		if s := t.Schema(p.URN + ":" + p.Attr); s != nil {
			if p.Filter == nil && p.Sub == "" {
				sel.Schema = s.URN
				return sel, nil
			}
			// "urn:…:User.manager": the dot form of "urn:…:User:manager".
			if p.Filter == nil {
				attr, sub, _ := strings.Cut(p.Sub, ".")
				p = Path{URN: s.URN, Attr: attr, Sub: sub}
			}
		}
	}
	name := p.Attr
	if p.URN != "" {
		name = p.URN + ":" + p.Attr
	}
	sel.Slot = t.Slot(name)
	if p.Sub != "" && p.Filter == nil && (sel.Slot == NoSlot || !t.IsResource()) {
		// A target's fields have dotted names of their own, and so have the
		// attributes that a resource has for them.
		if slot := t.Slot(name + "." + p.Sub); slot != NoSlot {
			sel.Slot = slot
			return sel, nil
		}
	}
	if sel.Slot == NoSlot {
		return Selector{}, &SyntaxError{Kind: KindUnknown, Text: Path{URN: p.URN, Attr: p.Attr}.String(), Offset: -1, Msg: "no such attribute"}
	}
	a := t.Attribute(sel.Slot)
	if p.Filter != nil {
		if a.Sub == nil || !a.MultiValued {
			return Selector{}, &SyntaxError{Kind: KindType, Text: a.Name, Offset: -1, Msg: "a value filter needs a multi-valued complex attribute"}
		}
		inner := b
		inner.Type = a.Sub
		m, err := inner.Match(p.Filter)
		if err != nil {
			return Selector{}, err
		}
		sel.Filter = m
	}
	if p.Sub != "" {
		if a.Sub == nil {
			return Selector{}, &SyntaxError{Kind: KindUnknown, Text: a.Name + "." + p.Sub, Offset: -1, Msg: "no such attribute"}
		}
		if sel.Sub = a.Sub.Slot(p.Sub); sel.Sub == NoSlot {
			return Selector{}, &SyntaxError{Kind: KindUnknown, Text: a.Name + "." + p.Sub, Offset: -1, Msg: "no such attribute"}
		}
	}
	return sel, nil
}

// Matcher decides whether a record passes a filter.
type Matcher struct {
	filter  Filter
	binding Binding
	root    condition
}

// condition is a node of a bound filter.
type condition interface{ match(r *Record) bool }

// Match reports whether a record passes. It is one of the type that the filter was
// bound to; for one of another type, as there may be while types change, the
// filter is bound again, and it does not pass where that fails.
func (m *Matcher) Match(r *Record) bool {
	if r.typ == m.binding.Type {
		return m.root.match(r)
	}
	b := m.binding
	b.Type = r.typ
	root, err := b.bind(m.filter)
	return err == nil && root.match(r)
}

// Filter returns the filter as it was parsed.
func (m *Matcher) Filter() Filter { return m.filter }

// String returns the filter's text.
func (m *Matcher) String() string { return m.filter.String() }

// Element returns a record that passes the filter, where it describes one: a
// single eq, or several joined by and, on different attributes. It is what a
// PATCH through a filter that finds nothing creates, and what reading into such
// a path writes. The record is the caller's.
func (m *Matcher) Element() (*Record, bool) {
	rec := m.binding.Type.New()
	conds := []condition{m.root}
	if all, ok := m.root.(allOf); ok {
		conds = all
	}
	for _, c := range conds {
		cmp, ok := c.(*comparison)
		if !ok || cmp.op != Eq || cmp.sel.Sub != NoSlot || cmp.sel.Filter != nil || cmp.sel.Attribute().MultiValued ||
			cmp.operand.IsNull() || !rec.At(cmp.sel.Slot).IsUnset() {
			return nil, false
		}
		rec.SetAt(cmp.sel.Slot, cmp.operand)
	}
	return rec, true
}

type (
	allOf      []condition
	anyOf      []condition
	negation   struct{ inner condition }
	anyElement struct{ sel Selector } // a value path
)

func (c allOf) match(r *Record) bool {
	for _, d := range c {
		if !d.match(r) {
			return false
		}
	}
	return true
}

func (c anyOf) match(r *Record) bool {
	for _, d := range c {
		if d.match(r) {
			return true
		}
	}
	return false
}

func (c negation) match(r *Record) bool { return !c.inner.match(r) }

// match is Selector.Values without an iterator, as in comparison.
func (c anyElement) match(r *Record) bool {
	v := r.vals[c.sel.Slot]
	if v.Kind() != KindList {
		return c.passes(v)
	}
	return slices.ContainsFunc(v.node.vals, c.passes)
}

func (c anyElement) passes(e Value) bool {
	return e.Record() != nil && c.sel.Filter.Match(e.Record()) && !e.Unassigned()
}

// Match binds a filter. It fails with KindUnknown when the type lacks an
// attribute, and with KindType when an operator or a value does not go with
// one.
func (b Binding) Match(f Filter) (*Matcher, error) {
	root, err := b.bind(f)
	if err != nil {
		return nil, err
	}
	return &Matcher{filter: f, binding: b, root: root}, nil
}

func (b Binding) bind(f Filter) (condition, error) {
	switch f := f.(type) {
	case And:
		cs, err := b.bindAll(f)
		return allOf(cs), err
	case Or:
		cs, err := b.bindAll(f)
		return anyOf(cs), err
	case Not:
		c, err := b.bind(f.Filter)
		return negation{c}, err
	case *ValuePath:
		p := f.Path
		p.Filter = f.Filter
		sel, err := b.Select(p)
		return anyElement{sel}, err
	case *Compare:
		return b.bindCompare(f)
	default:
		return nil, &SyntaxError{Kind: KindSyntax, Offset: -1, Msg: fmt.Sprintf("no filter: %T", f)}
	}
}

func (b Binding) bindAll(fs []Filter) ([]condition, error) {
	cs := make([]condition, len(fs))
	for i, f := range fs {
		c, err := b.bind(f)
		if err != nil {
			return nil, err
		}
		cs[i] = c
	}
	return cs, nil
}
