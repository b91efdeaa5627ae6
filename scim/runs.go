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
	removingKeyRun         // remove the elements with one value: members[value eq "…"]
)

// runOf returns the kind of run that an operation can be part of.
func runOf(op *Op) runKind {
	a := op.Target.Attribute()
	if a == nil || !a.MultiValued || op.Target.Sub != schema.NoSlot || a.Required || a.Mutability == schema.Immutable {
		return noRun
	}
	switch {
	case op.Kind == OpAdd && op.Target.Filter == nil && primarySlot(a) == schema.NoSlot:
		return addingRun
	case op.Kind == OpRemove && op.Target.Filter == nil && !op.Value.IsUnset():
		return removingRun
	case op.Kind == OpRemove && op.Target.Filter != nil:
		if _, ok := filteredValue(op); ok {
			return removingKeyRun
		}
	}
	return noRun
}

// filteredValue returns the text of a filter value eq "text", folded as it is
// compared.
func filteredValue(op *Op) (string, bool) {
	c, ok := op.Target.Filter.Filter().(*schema.Compare)
	if !ok || c.Op != schema.Eq || c.Path.URN != "" || c.Path.Filter != nil || c.Path.Sub != "" || !strings.EqualFold(c.Path.Attr, "value") {
		return "", false
	}
	v := op.Target.Attribute().Sub.Lookup("value")
	text, ok := c.Value.Str()
	if v == nil || !ok || v.MultiValued || !isTextType(v.Type) {
		return "", false
	}
	return foldUnless(v.CaseExact, text), true
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
	if n == 1 {
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
	for i := range ops {
		key, _ := filteredValue(&ops[i])
		found[key] = false
	}
	cur := p.rec.At(slot)
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
		key, _ := filteredValue(&ops[i])
		switch {
		case found[key]:
			found[key] = false // the next operation on it comes too late
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
