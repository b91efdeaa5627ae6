package schema

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"strconv"
)

// smallList is up to which length values are compared one by one. Longer lists
// and objects get an index, so that the work stays linear whatever a client
// sends.
const smallList = 16

// Hash returns a hash of v: values that are [Value.Equal] have the same one under
// the same seed.
func (v Value) Hash(seed maphash.Seed) uint64 {
	h := uint64(v.Kind())
	switch v.Kind() {
	case KindBoolean:
		h = mix(h, uint64(v.number()))
	case KindString:
		h = mix(h, maphash.String(seed, v.str))
	case KindInteger:
		var buf [20]byte
		h = hashNumber(seed, decimalOf(string(strconv.AppendInt(buf[:0], v.number(), 10))))
	case KindDecimal:
		h = hashNumber(seed, decimalOf(v.str))
	case KindList:
		for _, e := range v.node.vals {
			h = mix(h, e.Hash(seed))
		}
	case KindObject:
		// The order of members makes no difference.
		sum := uint64(0)
		for name, m := range v.Members() {
			sum += scatter(seed, mix(hashName(seed, name), m.Hash(seed)))
		}
		h = mix(h, sum)
	default:
	}
	return scatter(seed, h)
}

// hashName gives names that are compared without case one hash.
func hashName(seed maphash.Seed, name string) uint64 {
	var buf [64]byte
	if key, ok := appendFold(buf[:0], name); ok {
		return maphash.Bytes(seed, key)
	}
	return maphash.String(seed, Fold(name))
}

// scatter makes of a hash one that has nothing to do with those beside it, so
// that sums of them differ.
func scatter(seed maphash.Seed, h uint64) uint64 {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], h)
	return maphash.Bytes(seed, b[:])
}

func mix(h, g uint64) uint64 { return bits.RotateLeft64(h, 21)*0x9e3779b97f4a7c15 + g }

// hashNumber gives a number one hash, be it an Integer or a Decimal.
func hashNumber(seed maphash.Seed, d decimal) uint64 {
	h := mix(uint64(KindInteger), maphash.String(seed, d.digits))
	return mix(mix(h, uint64(d.exp)), uint64(d.sign()))
}

// valueSet finds values among many.
type valueSet struct {
	few   []Value // where they are few
	seed  maphash.Seed
	index map[uint64][]Value
}

func newValueSet(vs []Value) *valueSet {
	if len(vs) <= smallList {
		return &valueSet{few: vs}
	}
	s := &valueSet{seed: maphash.MakeSeed(), index: make(map[uint64][]Value, len(vs))}
	for _, v := range vs {
		h := v.Hash(s.seed)
		s.index[h] = append(s.index[h], v)
	}
	return s
}

func (s *valueSet) add(v Value) {
	if s.index == nil {
		*s = *newValueSet(append(slices.Clip(s.few), v))
		return
	}
	h := v.Hash(s.seed)
	s.index[h] = append(s.index[h], v)
}

func (s *valueSet) has(v Value) bool {
	among := s.few
	if s.index != nil {
		among = s.index[v.Hash(s.seed)]
	}
	for _, w := range among {
		if w.Equal(v) {
			return true
		}
	}
	return false
}

// SameSet reports whether every element of each list is one of the other's: order
// and duplicates make no difference. What is no list counts as a list of itself.
func (v Value) SameSet(w Value) bool { return v.subsetOf(w) && w.subsetOf(v) }

func (v Value) subsetOf(w Value) bool {
	has := w.Contains
	if w.Kind() == KindList && len(w.node.vals) > smallList {
		has = newValueSet(w.node.vals).has
	}
	for e := range v.Elements() {
		if !has(e) {
			return false
		}
	}
	return true
}

// Union returns the list v with those elements of more at its end that it lacks,
// each once. It is v if it lacks none.
func (v Value) Union(more Value) Value {
	there := newValueSet(slices.Collect(v.Elements()))
	var added []Value
	for e := range more.Elements() {
		if !there.has(e) {
			there.add(e)
			added = append(added, e)
		}
	}
	if len(added) == 0 {
		return v
	}
	return v.Append(added...)
}

// pairUp reports whether each value of vs has one of ws, which are as many, that
// equals it and is no other's.
func pairUp(vs, ws []Value) bool {
	if len(vs) <= smallList {
		used := make([]bool, len(ws))
	next:
		for _, v := range vs {
			for i, w := range ws {
				if !used[i] && v.Equal(w) {
					used[i] = true
					continue next
				}
			}
			return false
		}
		return true
	}
	type counted struct {
		value Value
		n     int
	}
	seed := maphash.MakeSeed()
	index := make(map[uint64][]counted, len(vs))
	count := func(v Value, by int) bool {
		h := v.Hash(seed)
		among := index[h]
		for i := range among {
			if among[i].value.Equal(v) {
				among[i].n += by
				return among[i].n >= 0
			}
		}
		index[h] = append(among, counted{v, by})
		return by > 0
	}
	for _, v := range vs {
		count(v, 1)
	}
	for _, w := range ws {
		if !count(w, -1) {
			return false
		}
	}
	return true
}

// equalMembers compares the members of two objects that have as many of them.
func equalMembers(v, w Value) bool {
	var index map[string]Value // of w's members, where they are many
	pos := 0
	for name, m := range v.Members() {
		other, found := w.memberAt(pos, name)
		pos++
		switch {
		case found:
		case w.node.typ != nil || w.Len() <= smallList:
			other = w.Member(name)
		default:
			if index == nil {
				index = make(map[string]Value, w.Len())
				for n, o := range w.Members() {
					index[Fold(n)] = o
				}
			}
			other = index[Fold(name)]
		}
		if !m.Equal(other) {
			return false
		}
	}
	return true
}

// memberAt returns the member at a position of an object without a type, if it has
// the name.
func (v Value) memberAt(pos int, name string) (Value, bool) {
	if v.node.typ != nil || v.node.vals[2*pos].str != name {
		return Value{}, false
	}
	return v.node.vals[2*pos+1], true
}
