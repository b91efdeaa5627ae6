package memory

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// index finds records by the text of one attribute. Texts are hashed, so that an
// entry is small; who looks something up compares the records found.
type index struct {
	slot, sub schema.Slot // sub is NoSlot where the attribute itself is meant
	name      string
	exact     bool
	seed      maphash.Seed
	entries   map[uint64]entry
}

// entry has the records with one hash, in the order of their seq. Most are
// alone.
type entry struct {
	one  *stored
	more []*stored
}

// addIndexes makes the indexes of the unique attributes, which come first, and of
// those that the caller named.
func (t *table) addIndexes() error {
	seed := maphash.MakeSeed()
	for i, name := range append(slices.Clone(t.object.Unique), t.object.Index...) {
		p, err := schema.ParsePath(name)
		if err != nil {
			return fmt.Errorf("memory: index of object %s: %w", t.object.Name, err)
		}
		sel, err := t.typ.Select(p)
		if err != nil {
			return fmt.Errorf("memory: index of object %s: %w", t.object.Name, err)
		}
		leaf := sel.Leaf()
		if leaf != nil && leaf.Type == schema.Complex && sel.Sub == schema.NoSlot && leaf.Sub.Slot("value") != schema.NoSlot {
			sel.Sub = leaf.Sub.Slot("value")
			leaf = sel.Leaf()
		}
		if leaf == nil || p.Filter != nil || leaf.Type != schema.String && leaf.Type != schema.Reference || !t.keep[sel.Slot] {
			return fmt.Errorf("memory: object %s cannot have an index of %s: only stored text can", t.object.Name, name)
		}
		x := t.index(sel.Slot, sel.Sub)
		if x == nil {
			x = &index{slot: sel.Slot, sub: sel.Sub, name: sel.String(), exact: leaf.CaseExact, seed: seed, entries: make(map[uint64]entry)}
			t.indexes = append(t.indexes, x)
		}
		if i < len(t.object.Unique) {
			t.unique = append(t.unique, x)
		}
	}
	return nil
}

// index returns the index of an attribute, or nil.
func (t *table) index(slot, sub schema.Slot) *index {
	for _, x := range t.indexes {
		if x.slot == slot && x.sub == sub {
			return x
		}
	}
	return nil
}

// texts returns what the index knows a record by, each text once.
func (x *index) texts(rec *schema.Record) []string {
	var out []string
	var seen map[string]bool // where there are many
	for v := range (schema.Selector{Type: rec.Type(), Slot: x.slot, Sub: x.sub}).Values(rec) {
		s, ok := v.Str()
		if !ok {
			continue
		}
		if len(out) < shortList {
			if !slices.ContainsFunc(out, func(o string) bool { return x.same(o, s) }) {
				out = append(out, s)
			}
			continue
		}
		if seen == nil {
			seen = make(map[string]bool)
			for _, o := range out {
				seen[x.fold(o)] = true
			}
		}
		if k := x.fold(s); !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}

func (x *index) fold(s string) string {
	if x.exact {
		return s
	}
	return schema.Fold(s)
}

func (x *index) same(a, b string) bool { return a == b || !x.exact && strings.EqualFold(a, b) }

func (x *index) hash(s string) uint64 { return maphash.String(x.seed, x.fold(s)) }

// find returns the records that may have the text, in the order of their seq. The
// slice is the index's own.
func (x *index) find(text string) []*stored {
	e := x.entries[x.hash(text)]
	switch {
	case e.more != nil:
		return e.more
	case e.one != nil:
		return []*stored{e.one}
	default:
		return nil
	}
}

func (x *index) add(text string, s *stored) {
	h := x.hash(text)
	e := x.entries[h]
	switch {
	case e.more != nil:
		i, _ := slices.BinarySearchFunc(e.more, s.seq, bySeq)
		if i < len(e.more) && e.more[i] == s {
			return
		}
		e.more = slices.Insert(e.more, i, s)
	case e.one == s:
		return
	case e.one != nil:
		e.more = []*stored{e.one, s}
		if s.seq < e.one.seq {
			e.more = []*stored{s, e.one}
		}
		e.one = nil
	default:
		e.one = s
	}
	x.entries[h] = e
}

// remove forgets that a record has a text.
func (x *index) remove(text string, s *stored) {
	h := x.hash(text)
	e := x.entries[h]
	if e.more != nil {
		i, ok := slices.BinarySearchFunc(e.more, s.seq, bySeq)
		if !ok {
			return
		}
		if e.more = slices.Delete(e.more, i, i+1); len(e.more) == 1 {
			e = entry{one: e.more[0]}
		}
		x.entries[h] = e
		return
	}
	if e.one == s {
		delete(x.entries, h)
	}
}

func bySeq(s *stored, seq uint64) int {
	switch {
	case s.seq < seq:
		return -1
	case s.seq > seq:
		return 1
	default:
		return 0
	}
}

// reindex moves a record from the texts of one version to those of another; nil
// stands for no version.
func (t *table) reindex(s *stored, from, to *schema.Record) {
	for _, x := range t.indexes {
		if from != nil && to != nil && from.At(x.slot).Equal(to.At(x.slot)) {
			continue
		}
		// All out, then all in: two texts of one record can share a hash.
		if from != nil {
			for _, text := range x.texts(from) {
				x.remove(text, s)
			}
		}
		if to != nil {
			for _, text := range x.texts(to) {
				x.add(text, s)
			}
		}
	}
}

// taken returns the first unique attribute of rec whose value another record than
// self has, or nil. What is the same in old is not looked at.
func (t *table) taken(rec *schema.Record, self *stored, old *schema.Record) *index {
	for _, x := range t.unique {
		if old != nil && old.At(x.slot).Equal(rec.At(x.slot)) {
			continue
		}
		for _, text := range x.texts(rec) {
			for _, s := range x.find(text) {
				if s == self {
					continue
				}
				other := t.typ.New()
				other.SetAt(x.slot, decodeSlot(t.typ, s.data, x.slot))
				if slices.ContainsFunc(x.texts(other), func(o string) bool { return x.same(o, text) }) {
					return x
				}
			}
		}
	}
	return nil
}
