package scim

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// identity says which elements of a multi-valued attribute are the same one.
type identity struct {
	value, typ schema.Slot
	// typeOptional makes an element without a type the same as one with any: an
	// id alone says which member is meant.
	typeOptional bool
	fold         bool // values are compared without case
}

func identityOf(a *schema.Attribute) identity {
	id := identity{value: schema.NoSlot, typ: schema.NoSlot}
	if a.Sub == nil {
		return id
	}
	if id.value = a.Sub.Slot("value"); id.value == schema.NoSlot {
		return id
	}
	v := a.Sub.Attribute(id.value)
	id.typ = a.Sub.Slot("type")
	id.typeOptional = v.Mutability == schema.Immutable || v.Type == schema.Reference
	id.fold = !v.CaseExact && v.Type != schema.Binary
	return id
}

// key returns what an element is known by. Elements without a value have no
// key: they are the same only when they are equal.
func (id identity) key(e schema.Value) (string, bool) {
	rec := e.Record()
	if rec == nil || id.value == schema.NoSlot {
		return "", false
	}
	k := rec.At(id.value).Text()
	if k != "" && id.fold {
		k = strings.ToLower(k)
	}
	return k, k != ""
}

func (id identity) sameType(e, f schema.Value) bool {
	if id.typ == schema.NoSlot {
		return true
	}
	a, b := e.Record().At(id.typ).Text(), f.Record().At(id.typ).Text()
	return strings.EqualFold(a, b) || id.typeOptional && (a == "" || b == "")
}

// smallList is up to which length lists are searched one by one; longer ones
// get an index, so that the work stays linear.
const smallList = 16

// elementSet finds elements in a list.
type elementSet struct {
	id    identity
	list  []schema.Value
	index map[string][]int
}

func newElementSet(a *schema.Attribute, list []schema.Value, room int) *elementSet {
	s := &elementSet{id: identityOf(a), list: list}
	if len(list)+room > smallList && s.id.value != schema.NoSlot {
		s.index = make(map[string][]int, len(list)+room)
		for i, e := range list {
			s.note(i, e)
		}
	}
	return s
}

func (s *elementSet) note(i int, e schema.Value) {
	if k, ok := s.id.key(e); ok && s.index != nil {
		s.index[k] = append(s.index[k], i)
	}
}

// find returns the position of the element that is the same as e, or -1.
func (s *elementSet) find(e schema.Value) int {
	k, ok := s.id.key(e)
	if ok && s.index != nil {
		for _, i := range s.index[k] {
			if s.id.sameType(s.list[i], e) {
				return i
			}
		}
		return -1
	}
	for i, f := range s.list {
		if l, has := s.id.key(f); ok != has || ok && l != k {
			continue
		}
		if ok && s.id.sameType(f, e) || !ok && f.Equal(e) {
			return i
		}
	}
	return -1
}

func (s *elementSet) add(e schema.Value) {
	s.list = append(s.list, e)
	s.note(len(s.list)-1, e)
}

// unite returns cur with the elements of more. An element that is there already
// takes over the sub-attributes that more has for it.
func unite(a *schema.Attribute, cur, more schema.Value) schema.Value {
	list := make([]schema.Value, 0, cur.Len()+more.Len())
	for e := range cur.Elements() {
		list = append(list, e)
	}
	set := newElementSet(a, list, more.Len())
	primary, changed := -1, false
	for e := range more.Elements() {
		if e = trimmed(e); e.Unassigned() {
			continue
		}
		at := set.find(e)
		if at < 0 {
			set.add(e)
			at, changed = len(set.list)-1, true
		} else if joined := join(a, set.list[at], e); !joined.Equal(set.list[at]) {
			set.list[at] = joined
			changed = true
		}
		if isPrimary(a, e) {
			primary = at
		}
	}
	if !changed {
		return cur
	}
	if primary >= 0 {
		onlyPrimary(a, set.list, primary)
	}
	return schema.ListValue(set.list...)
}

// join gives the element that is there what the same element, sent again, says
// beyond it. The spelling of the value and what is immutable stay.
func join(a *schema.Attribute, there, again schema.Value) schema.Value {
	was, given := there.Record(), again.Record()
	if was == nil || given == nil {
		return there
	}
	var out *schema.Record
	for s, v := range given.Values() {
		sub := a.Sub.Attribute(s)
		if strings.EqualFold(sub.Name, "value") || strings.EqualFold(sub.Name, "type") || sub.Mutability != schema.ReadWrite || schema.SameValue(sub, was.At(s), v) {
			continue
		}
		if out == nil {
			out = was.Clone()
		}
		out.SetAt(s, v)
	}
	if out == nil {
		return there
	}
	return schema.ObjectValue(out)
}

// subtract returns cur without the elements of less.
func subtract(a *schema.Attribute, cur, less schema.Value) schema.Value {
	gone := make([]schema.Value, 0, less.Len())
	for e := range less.Elements() {
		gone = append(gone, trimmed(e))
	}
	set := newElementSet(a, gone, 0)
	kept := make([]schema.Value, 0, cur.Len())
	for e := range cur.Elements() {
		if !set.names(e) {
			kept = append(kept, e)
		}
	}
	if len(kept) == cur.Len() {
		return cur
	}
	return schema.ListValue(kept...)
}

// names reports whether one of the set's elements means e. Here a type has to
// agree only where the set gives one.
func (s *elementSet) names(e schema.Value) bool {
	k, ok := s.id.key(e)
	if !ok {
		return s.find(e) >= 0
	}
	means := func(f schema.Value) bool {
		return s.id.typ == schema.NoSlot || f.Record().At(s.id.typ).Unassigned() || s.id.sameType(f, e)
	}
	if s.index != nil {
		for _, i := range s.index[k] {
			if means(s.list[i]) {
				return true
			}
		}
		return false
	}
	for _, f := range s.list {
		if l, has := s.id.key(f); has && l == k && means(f) {
			return true
		}
	}
	return false
}

func primarySlot(a *schema.Attribute) schema.Slot {
	if a.Sub == nil || !a.MultiValued {
		return schema.NoSlot
	}
	s := a.Sub.Slot("primary")
	if s != schema.NoSlot && a.Sub.Attribute(s).Type != schema.Boolean {
		return schema.NoSlot
	}
	return s
}

func isPrimary(a *schema.Attribute, e schema.Value) bool {
	s := primarySlot(a)
	if s == schema.NoSlot || e.Record() == nil {
		return false
	}
	b, _ := e.Record().At(s).Bool()
	return b
}

// becomesPrimary reports whether the operation makes an element primary.
func becomesPrimary(op *Op, a *schema.Attribute) bool {
	s := primarySlot(a)
	switch {
	case s == schema.NoSlot:
		return false
	case op.Target.Sub == schema.NoSlot:
		return isPrimary(a, op.Value)
	default:
		b, _ := op.Value.Bool()
		return op.Target.Sub == s && b
	}
}

// onlyPrimary makes all elements but one not primary (RFC 7644 section 3.5.2).
func onlyPrimary(a *schema.Attribute, list []schema.Value, keep int) {
	s := primarySlot(a)
	for i, e := range list {
		if i == keep || !isPrimary(a, e) {
			continue
		}
		rec := e.Record().Clone()
		rec.SetAt(s, schema.BooleanValue(false))
		list[i] = schema.ObjectValue(rec)
	}
}
