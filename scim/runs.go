package scim

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// A client that changes many members of a large group may send an operation for
// each of them. Carried out one by one, each would look at the whole list; a run of
// such operations looks at it once, with the same result.

// runKind says what the operations of a run do.
type runKind uint8

const (
	noRun          runKind = iota
	addingRun              // add elements
	removingRun            // remove elements that are listed
	removingKeyRun         // remove the elements with certain values: members[value eq "…"]
)

// runOf returns the kind of run that an operation can be part of.
func runOf(op *Op) runKind {
	a := op.Target.Attribute()
	if a == nil || !a.MultiValued || op.Target.Sub != schema.NoSlot || a.Required || a.Mutability == schema.Immutable {
		return noRun
	}
	switch {
	case op.Kind == OpAdd && op.Target.Filter == nil && !hasPrimary(a, op.Value):
		return addingRun
	case op.Kind == OpRemove && op.Target.Filter == nil && !op.Value.IsUnset():
		return removingRun
	case op.Kind == OpRemove && op.Target.Filter != nil:
		if filteredValues(op) != nil {
			return removingKeyRun
		}
	}
	return noRun
}

// hasPrimary reports whether an element is primary, so that adding it changes
// others.
func hasPrimary(a *schema.Attribute, list schema.Value) bool {
	for e := range list.Elements() {
		if isPrimary(a, e) {
			return true
		}
	}
	return false
}

// filteredValues returns the texts of a filter value eq "text", or of several
// joined by or, folded as they are compared. It is nil for other filters.
func filteredValues(op *Op) []string {
	v := op.Target.Attribute().Sub.Lookup("value")
	if v == nil || v.MultiValued || !isTextType(v.Type) {
		return nil
	}
	return appendValues(nil, op.Target.Filter.Filter(), v.CaseExact)
}

func appendValues(dst []string, f schema.Filter, exact bool) []string {
	switch f := f.(type) {
	case schema.Or:
		for _, g := range f {
			n := len(dst)
			if dst = appendValues(dst, g, exact); len(dst) <= n {
				return nil
			}
		}
		return dst
	case *schema.Compare:
		text, ok := f.Value.Str()
		if ok && f.Op == schema.Eq && f.Path.URN == "" && f.Path.Filter == nil && f.Path.Sub == "" && strings.EqualFold(f.Path.Attr, "value") {
			return append(dst, foldUnless(exact, text))
		}
	}
	return nil
}

func foldUnless(exact bool, s string) string {
	if exact {
		return s
	}
	return schema.Fold(s)
}

// run returns how many of the operations, which have been checked, are a run from
// the first on; 0 where that one stands alone.
func run(ops []Op) int {
	kind := runOf(&ops[0])
	n := 1
	for kind != noRun && n < len(ops) && ops[n].Target.Slot == ops[0].Target.Slot && runOf(&ops[n]) == kind {
		n++
	}
	if n == 1 && kind != removingKeyRun {
		return 0
	}
	return n
}

// applyRun carries out a run.
func (p *applier) applyRun(ops []Op) error {
	if runOf(&ops[0]) == removingKeyRun {
		return p.removeKeys(ops)
	}
	all := ops[0]
	var elements []schema.Value
	for i := range ops {
		for e := range ops[i].Value.Elements() {
			elements = append(elements, e)
		}
	}
	all.Value = schema.ListValue(elements...)
	return p.apply(&all)
}

func (p *applier) removeKeys(ops []Op) error {
	a, slot := ops[0].Target.Attribute(), ops[0].Target.Slot
	value := a.Sub.Slot("value")
	exact := a.Sub.Attribute(value).CaseExact
	found := make(map[string]bool, len(ops))
	keys := make([][]string, len(ops))
	for i := range ops {
		keys[i] = filteredValues(&ops[i])
		for _, key := range keys[i] {
			found[key] = false
		}
	}
	cur := p.rec.At(slot)
	if err := p.visit(&ops[0], cur.Len(), cur.Len()); err != nil {
		return err
	}
	kept := make([]schema.Value, 0, cur.Len())
	for e := range cur.Elements() {
		if rec := e.Record(); rec != nil {
			if text, ok := rec.At(value).Str(); ok {
				key := foldUnless(exact, text)
				if _, named := found[key]; named {
					found[key] = true
					continue
				}
			}
		}
		kept = append(kept, e)
	}
	for i := range ops {
		hit := false
		for _, key := range keys[i] {
			hit = hit || found[key]
			found[key] = false // the next operation on it comes too late
		}
		switch {
		case hit:
		case ops[i].MustMatch:
			return noTarget(&ops[i])
		default:
			p.used |= removeAbsent
		}
	}
	switch len(kept) {
	case cur.Len():
	case 0:
		p.rec.SetAt(slot, schema.Value{})
	default:
		p.rec.SetAt(slot, schema.ListValue(kept...))
	}
	return nil
}
