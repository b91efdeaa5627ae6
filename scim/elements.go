package scim

import (
	"hash/maphash"
	"slices"
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

// elementKey is what an element is known by: its value and, where that counts,
// its type, both folded where case does not.
type elementKey struct{ value, typ string }

// key returns what an element is known by. Elements without a value have no
// key: they are the same only when they are equal.
func (id identity) key(e schema.Value) (k elementKey, ok bool) {
	rec := e.Record()
	if rec == nil || id.value == schema.NoSlot {
		return k, false
	}
	if k.value = rec.At(id.value).Text(); k.value == "" {
		return k, false
	}
	if id.typ != schema.NoSlot {
		k.typ = rec.At(id.typ).Text()
	}
	return k, true
}

// folded is the key by which an index knows an element.
func (id identity) folded(k elementKey) elementKey {
	if id.fold {
		k.value = schema.Fold(k.value)
	}
	k.typ = schema.Fold(k.typ)
	return k
}

// same reports whether two elements with a key are the same one.
func (id identity) same(k, l elementKey) bool {
	return id.sameValue(k, l) && (strings.EqualFold(k.typ, l.typ) || id.typeOptional && (k.typ == "" || l.typ == ""))
}

func (id identity) sameValue(k, l elementKey) bool {
	return k.value == l.value || id.fold && strings.EqualFold(k.value, l.value)
}

// Lists of up to smallList elements, and those in which no more than fewElements
// are looked for, are searched one by one; others get an index, so that the work
// stays linear.
const (
	smallList   = 16
	fewElements = 4
)

// elementSet finds elements in a list.
type elementSet struct {
	id   identity
	list []schema.Value
	*elementIndex
}

// elementIndex has positions in a list of elements, each the first one.
type elementIndex struct {
	byKey   map[elementKey]int
	byValue map[string]int // whatever the type is
	seed    maphash.Seed
	others  map[uint64][]int // elements without a key, by their hash
}

func newElementIndex(n int) *elementIndex {
	return &elementIndex{
		byKey: make(map[elementKey]int, n), byValue: make(map[string]int, n), seed: maphash.MakeSeed(), others: make(map[uint64][]int),
	}
}

func newElementSet(a *schema.Attribute, list []schema.Value) *elementSet {
	s := &elementSet{id: identityOf(a), list: list}
	if len(list) > smallList {
		s.elementIndex = newElementIndex(len(list))
		for i, e := range list {
			s.note(i, e)
		}
	}
	return s
}

// newUnion returns a set of the elements of list, in which those of more, which
// will join it, can be found. The work on each element of list is small where
// these are few: then only those elements are indexed that they may mean.
func newUnion(a *schema.Attribute, list, more []schema.Value) *elementSet {
	s := &elementSet{id: identityOf(a), list: list}
	if len(list)+len(more) <= smallList || len(more) <= fewElements {
		return s
	}
	s.elementIndex = newElementIndex(len(more))
	wanted := &elementSet{id: s.id, list: more}
	if len(more) < len(list) {
		wanted.elementIndex = newElementIndex(len(more))
		for i, e := range more {
			wanted.note(i, e)
		}
	}
	for i, e := range list {
		if wanted.elementIndex == nil || wanted.mayMean(e) {
			s.note(i, e)
		}
	}
	return s
}

// mayMean reports whether the index has an element that may be the same as e.
func (s *elementSet) mayMean(e schema.Value) bool {
	if k, ok := s.id.key(e); ok {
		return at(s.byValue, s.id.folded(k).value) >= 0
	}
	return s.others[e.Hash(s.seed)] != nil
}

func (s *elementSet) note(i int, e schema.Value) {
	if s.elementIndex == nil {
		return
	}
	k, ok := s.id.key(e)
	if !ok {
		h := e.Hash(s.seed)
		s.others[h] = append(s.others[h], i)
		return
	}
	k = s.id.folded(k)
	if _, there := s.byKey[k]; !there {
		s.byKey[k] = i
	}
	if _, there := s.byValue[k.value]; !there {
		s.byValue[k.value] = i
	}
}

// find returns the position of the element that is the same as e, or -1.
func (s *elementSet) find(e schema.Value) int {
	k, ok := s.id.key(e)
	if s.elementIndex == nil {
		return slices.IndexFunc(s.list, func(f schema.Value) bool {
			l, has := s.id.key(f)
			return ok && has && s.id.same(k, l) || !ok && !has && f.Equal(e)
		})
	}
	if !ok {
		for _, i := range s.others[e.Hash(s.seed)] {
			if s.list[i].Equal(e) {
				return i
			}
		}
		return -1
	}
	switch k = s.id.folded(k); {
	case s.id.typeOptional && k.typ == "":
		return at(s.byValue, k.value)
	case s.id.typeOptional:
		i, j := at(s.byKey, k), at(s.byKey, elementKey{value: k.value})
		if j >= 0 && (i < 0 || j < i) {
			return j
		}
		return i
	default:
		return at(s.byKey, k)
	}
}

func at[K comparable](m map[K]int, k K) int {
	if i, ok := m[k]; ok {
		return i
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
	given := make([]schema.Value, 0, more.Len())
	for e := range more.Elements() {
		if e = trimmed(e); !e.Unassigned() {
			given = append(given, e)
		}
	}
	list := slices.AppendSeq(make([]schema.Value, 0, cur.Len()+len(given)), cur.Elements())
	set := newUnion(a, list, given)
	primary, changed := -1, false
	for _, e := range given {
		i := set.find(e)
		if i < 0 {
			set.add(e)
			i, changed = len(set.list)-1, true
		} else if joined := join(a, set.list[i], e); !joined.Equal(set.list[i]) {
			set.list[i] = joined
			changed = true
		}
		if isPrimary(a, e) {
			primary = i
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

// distinct returns the list, which it may change, without the elements that are
// the same as one of those at the positions given, the first of which counts (RFC
// 7643 section 2.4).
func distinct(a *schema.Attribute, list []schema.Value, first []int) []schema.Value {
	elements := make([]schema.Value, len(first))
	for i, at := range first {
		elements[i] = list[at]
	}
	set := newElementSet(a, elements)
	kept := list[:0]
	for at, e := range list {
		if i := set.find(e); i < 0 || first[i] == at {
			kept = append(kept, e)
		}
	}
	return kept
}

// subtract returns cur without the elements of less.
func subtract(a *schema.Attribute, cur, less schema.Value) schema.Value {
	gone := make([]schema.Value, 0, less.Len())
	for e := range less.Elements() {
		gone = append(gone, trimmed(e))
	}
	set := newElementSet(a, gone)
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
	switch {
	case !ok:
		return s.find(e) >= 0
	case s.elementIndex != nil:
		return s.find(e) >= 0 || at(s.byKey, elementKey{value: s.id.folded(k).value}) >= 0
	default:
		return slices.ContainsFunc(s.list, func(f schema.Value) bool {
			l, has := s.id.key(f)
			return has && (s.id.same(k, l) || l.typ == "" && s.id.sameValue(k, l))
		})
	}
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
