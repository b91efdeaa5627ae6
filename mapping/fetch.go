package mapping

import (
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// fetchKind says how a source is read.
type fetchKind uint8

const (
	fetchConst   fetchKind = iota
	fetchSlot              // a single attribute
	fetchSub               // a sub-attribute of a single attribute
	fetchElement           // a sub-attribute of the elements with one type
	fetchScalar            // any path, one value
	fetchList              // any path, all values
	fetchExpr
)

// fetchKind chooses the cheapest way to read a rule's source.
func (u *rule) fetchKind() fetchKind {
	switch {
	case u.decl.hasConst || u.program == nil && u.source == nil:
		return fetchConst
	case u.program != nil:
		return fetchExpr
	}
	a := u.sel.Attribute()
	general := fetchScalar
	if u.list {
		general = fetchList
	}
	switch {
	case a == nil, u.sel.Slot == schema.SlotSchemas:
		return general
	case a.MultiValued:
		if u.element.prepare(u) {
			return fetchElement
		}
		return general
	case u.list:
		return fetchList
	case a.Sub == nil:
		return fetchSlot
	}
	u.sub = keyOf(u.sel).sub
	if u.sub == schema.NoSlot || a.Sub.Attribute(u.sub).MultiValued {
		return fetchScalar
	}
	return fetchSub
}

// elementFetch reads paths such as emails[type eq "work"].value, the most
// frequent ones, without going through a general reader.
type elementFetch struct {
	cond  schema.Slot // NoSlot: no filter
	text  string
	fold  bool
	sub   schema.Slot
	prime schema.Slot // NoSlot: the first counts
	cache int         // of the runner
}

// elementKey is what rules that share a cache have in common.
type elementKey struct{ slot, cond schema.Slot }

// elementCache has the elements of one attribute with the texts that filters
// compare: several rules look for an element of the same list.
type elementCache struct {
	filled   bool
	elements []cachedElement
}

type cachedElement struct {
	rec  *schema.Record
	text string
	ok   bool // text is one
}

func (e *elementFetch) prepare(u *rule) bool {
	sub := u.sel.Attribute().Sub
	if sub == nil || u.sel.Sub == schema.NoSlot || u.decl.pick == expr.PickError {
		return false
	}
	leaf := sub.Attribute(u.sel.Sub)
	if leaf.MultiValued || leaf.Sub != nil || leaf.Type == schema.Any {
		return false
	}
	*e = elementFetch{cond: schema.NoSlot, sub: u.sel.Sub, prime: schema.NoSlot}
	if u.decl.pick == expr.PickPrimary {
		e.prime = sub.Slot("primary")
	}
	if u.sel.Filter == nil {
		return true
	}
	c, ok := u.sel.Filter.Filter().(*schema.Compare)
	if !ok || c.Op != schema.Eq || c.Path.Sub != "" || c.Path.Filter != nil {
		return false
	}
	e.cond = sub.Slot(c.Path.Attr)
	if e.cond == schema.NoSlot {
		return false
	}
	a := sub.Attribute(e.cond)
	if a.Type != schema.String || a.MultiValued {
		return false
	}
	e.fold = !a.CaseExact
	e.text, ok = c.Value.Str()
	return ok
}

// elements returns the elements of a list in the resource.
func (r *runner) elements(u *rule, list schema.Value) []cachedElement {
	c := &r.caches[u.element.cache]
	if c.filled {
		return c.elements
	}
	c.filled, c.elements = true, c.elements[:0]
	for i := range list.Len() {
		rec := list.At(i).Record()
		if rec == nil {
			continue
		}
		e := cachedElement{rec: rec}
		if u.element.cond != schema.NoSlot {
			e.text, e.ok = rec.At(u.element.cond).Str()
		}
		c.elements = append(c.elements, e)
	}
	return c.elements
}

// selects reports whether the filter takes an element.
func (e *elementFetch) selects(c *cachedElement) bool {
	return e.cond == schema.NoSlot || c.ok && (c.text == e.text || e.fold && foldEqual(c.text, e.text))
}

// value returns what an element has, unset if nothing.
func (e *elementFetch) value(c *cachedElement, emptyString bool) schema.Value {
	v := c.rec.At(e.sub)
	if s, ok := v.Str(); ok && s == "" && !emptyString || v.IsNull() {
		return schema.Value{}
	}
	return v
}

// foldEqual is strings.EqualFold that is quick to say no.
func foldEqual(s, t string) bool {
	if s != "" && t != "" && s[0] < 0x80 && t[0] < 0x80 && s[0]|0x20 != t[0]|0x20 {
		// Two ASCII characters are equal in no other case than these; k and s
		// have further forms, which are not ASCII.
		return false
	}
	return strings.EqualFold(s, t)
}

// scalar picks one value.
func (e *elementFetch) scalar(v *schema.Value, elements []cachedElement, emptyString bool) {
	*v = schema.Value{}
	for i := range elements {
		c := &elements[i]
		if !e.selects(c) {
			continue
		}
		w := e.value(c, emptyString)
		if w.IsUnset() {
			continue
		}
		if v.IsUnset() {
			*v = w
		}
		if e.prime == schema.NoSlot {
			return
		}
		if primary, _ := c.rec.At(e.prime).Bool(); primary {
			*v = w
			return
		}
	}
}

// list returns all values, unset when there are none.
func (e *elementFetch) list(elements []cachedElement, emptyString bool) schema.Value {
	var out []schema.Value
	for i := range elements {
		c := &elements[i]
		if !e.selects(c) {
			continue
		}
		if v := e.value(c, emptyString); !v.IsUnset() {
			if out == nil {
				out = make([]schema.Value, 0, len(elements)-i)
			}
			out = append(out, v)
		}
	}
	if out == nil {
		return schema.Value{}
	}
	return schema.ListValue(out...)
}

// fetch reads a rule's source.
func (r *runner) fetch(u *rule, v *schema.Value) (err error) {
	switch u.kind {
	case fetchSlot:
		*v = r.in.Resource.At(u.sel.Slot)
	case fetchSub:
		obj := r.in.Resource.At(u.sel.Slot).Record()
		if obj == nil {
			*v, err = u.source.Scalar(r.in.Resource)
			return err
		}
		*v = obj.At(u.sub)
	case fetchElement:
		list := r.in.Resource.At(u.sel.Slot)
		switch {
		case list.Kind() != schema.KindList:
			*v, err = u.source.Scalar(r.in.Resource)
			if u.list {
				*v = u.source.List(r.in.Resource)
			}
		case u.list:
			*v = u.element.list(r.elements(u, list), r.plan.emptyString)
		default:
			u.element.scalar(v, r.elements(u, list), r.plan.emptyString)
		}
		return err
	case fetchScalar:
		*v, err = u.source.Scalar(r.in.Resource)
		return err
	case fetchList:
		*v = u.source.List(r.in.Resource)
		return nil
	case fetchExpr:
		*v, err = u.program.Eval(&r.scope)
		return err
	default:
		*v = u.decl.constant
		return nil
	}
	// What is read by slot may be unassigned in any way.
	switch v.Kind() {
	case schema.KindString:
		if s, _ := v.Str(); s == "" && !r.plan.emptyString {
			*v = schema.Value{}
		}
	case schema.KindNull, schema.KindUnset:
		*v = schema.Value{}
		if u.kind == fetchSub {
			*v, err = u.source.Scalar(r.in.Resource) // a reference may stand for it
		}
	case schema.KindList, schema.KindObject:
		if v.Unassigned() {
			*v = schema.Value{}
		}
	}
	return err
}

// stepKind names the functions that rules use most; they are carried out
// without the detour through the table of functions.
type stepKind uint8

const (
	stepFunction stepKind = iota
	stepLower
	stepWrap
)

func stepKindOf(name string) stepKind {
	switch name {
	case "lower":
		return stepLower
	case "wrap":
		return stepWrap
	default:
		return stepFunction
	}
}

// quick carries a step out if it is one of the frequent ones on a single value.
func (s *step) quick(v *schema.Value) bool {
	switch s.kind {
	case stepLower:
		// Folding may make a text longer; the bound is kept by the function.
		text, ok := v.Str()
		if !ok || len(text) > expr.MaxString/4 {
			return false
		}
		if lower := strings.ToLower(text); lower != text {
			*v = schema.StringValue(lower)
		}
		return true
	case stepWrap:
		if v.Kind() == schema.KindList {
			return true
		}
		*v = schema.ListValue(*v)
		return true
	default:
		return false
	}
}
