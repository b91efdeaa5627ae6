package scim

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// ApplyPatch applies the operations to a resource in order and returns the
// result; cur is not changed. It is for backends that have to read a resource
// before they can write it.
//
// The rules are those of RFC 7644 section 3.5.2: adding a value that is there
// changes nothing, an element that becomes primary takes that from the others,
// replacing a complex value keeps the sub-attributes that are not named. A
// result that [schema.Record.Equal] says to be equal to cur means that there is
// nothing to write. The result is of the type that the operations are for, which
// may have changed since cur was made.
//
// Errors are *[Error] with status 400: noTarget when a filter finds nothing,
// mutability when an attribute may not be changed that way, invalidValue when a
// value does not fit. They have status 413 where operation after operation would
// have to search a long list: any number may search a list of 64 values, up to 64 a
// list of any length. Those in a row that add values, or remove them by value,
// count as one; one whose filter has several comparisons counts as so many.
func ApplyPatch(cur *schema.Record, ops []Op) (*schema.Record, error) {
	rec, _, err := ApplyRepaired(cur, ops)
	return rec, err
}

// ApplyRepaired is ApplyPatch for a backend that logs repairs. It also returns
// the names of those that only show when the operations meet the resource:
// [RepairCreateMissing] where an element was created for a filter that found
// none, [RepairRemoveAbsent] where there was nothing to remove.
func ApplyRepaired(cur *schema.Record, ops []Op) (rec *schema.Record, repairs []string, err error) {
	if len(ops) > 0 && ops[0].Target.Type != nil {
		cur = cur.As(ops[0].Target.Type)
	}
	p := applier{rec: cur.Clone()}
	for i := range ops {
		if err := checkOp(&ops[i]); err != nil {
			return nil, nil, err
		}
		p.searches += comparisons(&ops[i])
	}
	for len(ops) > 0 {
		n := run(ops)
		if n > 0 {
			err = p.applyRun(ops[:n])
		} else {
			n, err = 1, p.apply(&ops[0])
		}
		if err != nil {
			return nil, nil, err
		}
		ops = ops[n:]
	}
	return p.rec, p.used.names(), nil
}

// applier carries out operations on a record.
type applier struct {
	rec  *schema.Record
	used repairSet
	// searches is how many comparisons the operations are made of, values the
	// length of the longest list that they have met, visited how many comparisons
	// with its values they have asked for so far.
	searches, values, visited int
}

const (
	// maxVisits bounds the product of searches and values, which a request can make
	// large with little: see visit.
	maxVisits = 64
	// copyEffort is how many comparisons changing a value costs as much as.
	copyEffort = 8
)

// visit counts comparisons with the values of a list, of which there are so many,
// and refuses the operation when there have been too many. What is allowed grows
// with the sum of what the client has sent, not with its square.
func (p *applier) visit(op *Op, n, values int) error {
	p.visited += n
	p.values = max(p.values, values)
	if p.visited > maxVisits*(p.values+p.searches) {
		return Errorf(http.StatusRequestEntityTooLarge, "", "Attribute %s: these are too many operations on that many values, send fewer at a time.", attributePath(op.Target))
	}
	return nil
}

// comparisons returns how many comparisons an operation makes with each value of a
// list.
func comparisons(op *Op) int {
	if op.Target.Filter == nil {
		return 1
	}
	return countComparisons(op.Target.Filter.Filter())
}

func countComparisons(f schema.Filter) int {
	n := 0
	switch f := f.(type) {
	case schema.And:
		for _, g := range f {
			n += countComparisons(g)
		}
	case schema.Or:
		for _, g := range f {
			n += countComparisons(g)
		}
	case schema.Not:
		n = countComparisons(f.Filter)
	default:
		n = 1
	}
	return n
}

// ApplyReplace returns the resource that a PUT of in makes out of cur, neither
// of which is changed: what clients may not write stays as it was, and an
// immutable attribute that has a value keeps it. Its error is an *[Error] with
// scimType mutability when in has another value for an immutable attribute (RFC
// 7644 section 3.5.1).
func ApplyReplace(cur, in *schema.Record) (*schema.Record, error) {
	rec := in.Clone()
	t := rec.Type()
	cur = cur.As(t) // it may have been another one
	for s := range schema.Slot(t.Len()) {
		a := t.Attribute(s)
		old, given := cur.At(s), in.At(s)
		switch {
		case a.Mutability == schema.ReadOnly:
			rec.SetAt(s, old)
		case a.Mutability == schema.Immutable && !old.Unassigned():
			if !given.Unassigned() && !schema.SameValue(a, old, given) {
				return nil, mutability(t.Path(s), "it cannot be changed once it is set")
			}
			rec.SetAt(s, old)
		case a.Type == schema.Complex && !a.MultiValued && given.Record() != nil && old.Record() != nil:
			v, err := keepFixed(t.Path(s), a, old.Record(), given.Record())
			if err != nil {
				return nil, err
			}
			rec.SetAt(s, v)
		}
	}
	return rec, nil
}

// keepFixed is ApplyReplace for the sub-attributes of a single complex value.
func keepFixed(path string, a *schema.Attribute, old, given *schema.Record) (schema.Value, error) {
	var out *schema.Record
	refersElsewhere := !sameReference(a, old, given)
	for s := range schema.Slot(a.Sub.Len()) {
		sub := a.Sub.Attribute(s)
		was, is := old.At(s), given.At(s)
		switch {
		case was.Unassigned(), refersElsewhere, sub.Mutability != schema.ReadOnly && sub.Mutability != schema.Immutable:
			continue
		case sub.Mutability == schema.Immutable && !is.Unassigned() && !schema.SameValue(sub, was, is):
			return schema.Value{}, mutability(path+"."+sub.Name, "it cannot be changed once it is set")
		}
		if out == nil {
			out = given.Clone()
		}
		out.SetAt(s, was)
	}
	if out == nil {
		out = given
	}
	return schema.ObjectValue(out), nil
}

func sameReference(a *schema.Attribute, old, given *schema.Record) bool {
	v := a.Sub.Slot("value")
	return v == schema.NoSlot || old.At(v).Equal(given.At(v))
}

// checkOp finds what is wrong with an operation whatever the resource holds.
func checkOp(op *Op) error {
	a := op.Target.Attribute()
	if a == nil {
		return Errorf(http.StatusBadRequest, InvalidPath, "A PATCH operation has to name an attribute.")
	}
	leaf := op.Target.Leaf()
	switch {
	case a.Mutability == schema.ReadOnly || leaf.Mutability == schema.ReadOnly:
		return mutability(attributePath(op.Target), "it is read-only")
	case op.Kind == OpRemove || op.Value.Unassigned() && op.Kind == OpReplace:
		byValue := op.Kind == OpRemove && !op.Value.IsUnset()
		if leaf.Required && !byValue && (op.Target.Sub != schema.NoSlot || op.Target.Filter == nil) {
			return mutability(attributePath(op.Target), "it is required and cannot be removed")
		}
	case op.Value.IsUnset():
		return invalidValue(attributePath(op.Target), "a value is missing")
	case leaf.Required && isEmptyText(op.Value):
		return invalidValue(attributePath(op.Target), "it is required and cannot be empty")
	}
	return nil
}

func isEmptyText(v schema.Value) bool {
	s, ok := v.Str()
	return ok && strings.TrimSpace(s) == ""
}

func (p *applier) apply(op *Op) error {
	a := op.Target.Attribute()
	cur := p.rec.At(op.Target.Slot)
	var next schema.Value
	var err error
	if a.MultiValued {
		if err := p.visit(op, comparisons(op)*cur.Len(), cur.Len()); err != nil {
			return err
		}
	}
	switch {
	case a.MultiValued && (op.Target.Filter != nil || op.Target.Sub != schema.NoSlot):
		next, err = p.elements(op, a, cur)
	case op.Target.Sub != schema.NoSlot:
		next, err = applySub(op, a, cur)
	case a.MultiValued:
		next = applyList(op, a, cur)
	default:
		next = applySingle(op, a, cur)
	}
	if err != nil {
		return err
	}
	if next.Unassigned() {
		if cur.Unassigned() {
			return nil
		}
		if a.Required {
			return mutability(attributePath(op.Target), "it is required and cannot be removed")
		}
		next = schema.Value{}
	}
	if a.Mutability == schema.Immutable && !cur.Unassigned() && !schema.SameValue(a, cur, next) {
		return mutability(attributePath(op.Target), "it cannot be changed once it is set")
	}
	p.rec.SetAt(op.Target.Slot, next)
	return nil
}

// applySingle works on a single-valued attribute as a whole.
func applySingle(op *Op, a *schema.Attribute, cur schema.Value) schema.Value {
	was, given := cur.Record(), op.Value.Record()
	switch {
	case op.Kind != OpRemove && was != nil && given != nil:
		return merge(a, was, given) // what an object does not name is left alone
	case op.Kind == OpRemove || op.Value.Unassigned():
		return schema.Value{}
	default:
		return trimmed(op.Value)
	}
}

// applySub works on a sub-attribute of a single complex value.
func applySub(op *Op, a *schema.Attribute, cur schema.Value) (schema.Value, error) {
	elem := cur.Record()
	if elem == nil {
		if op.Kind == OpRemove || op.Value.Unassigned() {
			return cur, nil
		}
		elem = a.Sub.New()
	}
	next, err := setSub(op, a, elem)
	return schema.ObjectValue(next), err
}

// applyList works on a multi-valued attribute as a whole.
func applyList(op *Op, a *schema.Attribute, cur schema.Value) schema.Value {
	switch {
	case op.Kind == OpRemove && !op.Value.IsUnset():
		return subtract(a, cur, op.Value)
	case op.Kind == OpRemove:
		return schema.Value{}
	case op.Kind == OpAdd:
		return unite(a, cur, op.Value)
	default:
		return unite(a, schema.Value{}, op.Value)
	}
}

// elements works on those elements of a multi-valued attribute that the
// target's filter finds, or on all of them.
func (p *applier) elements(op *Op, a *schema.Attribute, cur schema.Value) (schema.Value, error) {
	clearing := op.Kind == OpRemove || op.Value.Unassigned()
	out := make([]schema.Value, 0, cur.Len()+1)
	found, primary, changed := false, -1, 0
	var targets []int // positions in out
	for e := range cur.Elements() {
		elem := e.Record()
		if elem == nil || op.Target.Filter != nil && !op.Target.Filter.Match(elem) {
			out = append(out, e)
			continue
		}
		next, err := applyElement(op, a, elem, clearing)
		if err != nil {
			return schema.Value{}, err
		}
		// The elements that a replace finds become one and the same.
		again := found && op.Kind == OpReplace && op.Target.Sub == schema.NoSlot
		found = true
		if next.Unassigned() || again {
			continue
		}
		targets = append(targets, len(out))
		out = append(out, next)
		if next.Record() != elem {
			changed++
		}
		if primary < 0 && op.Kind != OpRemove && becomesPrimary(op, a) {
			primary = len(out) - 1
		}
	}
	if !found {
		if clearing {
			if op.MustMatch && op.Target.Filter != nil {
				return schema.Value{}, noTarget(op)
			}
			if op.Kind == OpRemove && op.Target.Filter != nil {
				p.used |= removeAbsent
			}
			return cur, nil
		}
		p.used |= createMissing
		next, err := missingElement(op, a)
		if err != nil {
			return schema.Value{}, err
		}
		targets, changed = append(targets, len(out)), 1
		out = append(out, next)
		if isPrimary(a, next) {
			primary = len(out) - 1
		}
	}
	if err := p.visit(op, copyEffort*changed, len(out)); err != nil {
		return schema.Value{}, err
	}
	if primary >= 0 {
		onlyPrimary(a, out, primary)
	}
	if changed > 0 {
		out = distinct(a, out, targets)
	}
	return schema.ListValue(out...), nil
}

func applyElement(op *Op, a *schema.Attribute, elem *schema.Record, clearing bool) (schema.Value, error) {
	switch {
	case op.Target.Sub != schema.NoSlot:
		next, err := setSub(op, a, elem)
		return schema.ObjectValue(next), err
	case op.Kind == OpAdd && op.Value.Record() != nil:
		return merge(a, elem, op.Value.Record()), nil // nulls in it take sub-attributes away
	case clearing:
		return schema.Value{}, nil
	default:
		return elementFor(op, a), nil
	}
}

// elementFor is the element that replaces what a filter found, or did not find.
// Where the filter may create an element, what it says holds for the new one
// unless the value says otherwise.
func elementFor(op *Op, a *schema.Attribute) schema.Value {
	if op.CreateMissing && op.Target.Filter != nil {
		if elem, ok := op.Target.Filter.Element(); ok {
			return merge(a, elem, op.Value.Record())
		}
	}
	return trimmed(op.Value)
}

func missingElement(op *Op, a *schema.Attribute) (schema.Value, error) {
	if !op.CreateMissing {
		return schema.Value{}, noTarget(op)
	}
	elem := a.Sub.New()
	if op.Target.Filter != nil {
		var ok bool
		if elem, ok = op.Target.Filter.Element(); !ok {
			return schema.Value{}, noTarget(op)
		}
	}
	if op.Target.Sub != schema.NoSlot {
		elem.SetAt(op.Target.Sub, op.Value)
		return schema.ObjectValue(elem), nil
	}
	return merge(a, elem, op.Value.Record()), nil
}

// setSub returns elem with the target's sub-attribute changed.
func setSub(op *Op, a *schema.Attribute, elem *schema.Record) (*schema.Record, error) {
	sub := a.Sub.Attribute(op.Target.Sub)
	was, next := elem.At(op.Target.Sub), op.Value
	switch {
	case op.Kind == OpRemove && sub.MultiValued && !next.IsUnset():
		next = subtract(sub, was, next)
	case op.Kind == OpRemove || next.Unassigned():
		next = schema.Value{}
	case op.Kind == OpAdd && sub.MultiValued:
		next = unite(sub, was, next)
	}
	if schema.SameValue(sub, was, next) {
		return elem, nil
	}
	if sub.Mutability == schema.Immutable && !was.Unassigned() {
		return nil, mutability(attributePath(op.Target), "it cannot be changed once it is set")
	}
	out := elem.Clone()
	out.SetAt(op.Target.Sub, next)
	if strings.EqualFold(sub.Name, "value") {
		dropDerived(a, out, nil)
	}
	return out, nil
}

// merge returns the complex value was with the sub-attributes that given names
// changed; null takes one away.
func merge(a *schema.Attribute, was, given *schema.Record) schema.Value {
	if given == nil {
		return schema.ObjectValue(was)
	}
	out := was.Clone()
	for s, v := range given.Values() {
		if v.Unassigned() {
			v = schema.Value{}
		}
		out.SetAt(s, v)
	}
	if !sameReference(a, was, out) {
		dropDerived(a, out, given)
	}
	return schema.ObjectValue(out)
}

// dropDerived takes away what described the thing that value referred to before.
func dropDerived(a *schema.Attribute, elem, given *schema.Record) {
	for s := range schema.Slot(a.Sub.Len()) {
		sub := a.Sub.Attribute(s)
		if (sub.Mutability == schema.ReadOnly || sub.Name == "$ref") && (given == nil || given.At(s).Unassigned()) {
			elem.SetAt(s, schema.Value{})
		}
	}
}

// trimmed returns v without the nulls that an object of a PATCH may have.
func trimmed(v schema.Value) schema.Value {
	rec := v.Record()
	if rec == nil {
		return v
	}
	var out *schema.Record
	for s, m := range rec.Values() {
		if m.Unassigned() {
			if out == nil {
				out = rec.Clone()
			}
			out.SetAt(s, schema.Value{})
		}
	}
	if out == nil {
		return v
	}
	return schema.ObjectValue(out)
}
