package scim

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

const patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// patcher reads the body of a PATCH (RFC 7644 section 3.5.2).
type patcher struct {
	decoder
	id     string // of the resource
	maxOps int
	ops    []Op
}

// parse returns the operations, one per attribute. There may be none: a request
// may say nothing but what is ignored.
func (p *patcher) parse(body schema.Value) ([]Op, error) {
	p.keepNulls = true
	if err := p.checkMessage(body.Member("schemas")); err != nil {
		return nil, err
	}
	list := body.Member("Operations")
	if list.Kind() == schema.KindObject && p.can(singleAsList) {
		list = schema.ListValue(list)
	}
	switch {
	case list.Kind() != schema.KindList || list.Len() == 0:
		return nil, syntaxError("The body needs Operations, a list of one operation or more.")
	case list.Len() > p.maxOps:
		return nil, Errorf(http.StatusRequestEntityTooLarge, "", "A PATCH may have %d operations at most.", p.maxOps)
	}
	p.ops = make([]Op, 0, list.Len())
	for e := range list.Elements() {
		if err := p.operation(e); err != nil {
			return nil, err
		}
	}
	return p.ops, nil
}

func (p *patcher) checkMessage(schemas schema.Value) error {
	if names(schemas, patchURN) || p.can(missingSchemas) {
		return nil
	}
	return syntaxError("The attribute schemas has to name %s.", patchURN)
}

func (p *patcher) operation(e schema.Value) error {
	if e.Kind() != schema.KindObject {
		return syntaxError("An operation has to be an object.")
	}
	name, _ := e.Member("op").Str()
	kind := OpKind(0)
	for _, k := range []OpKind{OpAdd, OpRemove, OpReplace} {
		if strings.EqualFold(name, k.String()) {
			kind = k
		}
	}
	if kind == 0 {
		return syntaxError("The op of an operation has to be add, remove or replace.")
	}
	value := e.Member("value")
	path := e.Member("path")
	text, ok := path.Str()
	if !ok && !path.Unassigned() {
		return Errorf(http.StatusBadRequest, InvalidPath, "The path of an operation has to be text.")
	}
	if text = strings.TrimSpace(text); text == "" {
		return p.pathless(kind, value)
	}
	sel, err := p.explicit(text)
	if err != nil {
		return err
	}
	if sel.Schema != "" {
		return p.wholeSchema(kind, sel.Schema, value)
	}
	return p.emit(kind, sel, value, false)
}

// explicit binds the path of an operation.
func (p *patcher) explicit(text string) (schema.Selector, error) {
	path, err := schema.ParsePath(text)
	if err != nil {
		return schema.Selector{}, pathError(text, err)
	}
	sel, err := p.selectPath(path)
	if err == nil {
		if sel.Schema != "" && !p.can(extensionPath) {
			return sel, Errorf(http.StatusBadRequest, InvalidPath, "Path %s names a schema, not an attribute.", sel.Schema)
		}
		return sel, p.checkSelector(sel)
	}
	if path.Filter != nil {
		// Is it the path that is wrong, or the filter in it?
		plain := path
		plain.Filter = nil
		if s, plainErr := p.selectPath(plain); plainErr == nil && s.Attribute() != nil && s.Attribute().MultiValued && s.Attribute().Sub != nil {
			return sel, Errorf(http.StatusBadRequest, InvalidFilter, "The filter in path %s[…]: %v.", path.Attr, err)
		}
	}
	return sel, Errorf(http.StatusBadRequest, InvalidPath, "The path of an operation: %v.", err)
}

func pathError(text string, err error) error {
	keyword := InvalidPath
	var syntax *schema.SyntaxError
	if i := strings.IndexByte(text, '['); i >= 0 && errors.As(err, &syntax) && syntax.Offset > i {
		keyword = InvalidFilter
	}
	return Errorf(http.StatusBadRequest, keyword, "The path of an operation: %v.", err)
}

// pathless takes an operation without a path apart.
func (p *patcher) pathless(kind OpKind, v schema.Value) error {
	if kind == OpRemove {
		return Errorf(http.StatusBadRequest, NoTarget, "A remove needs a path.")
	}
	if v.Kind() != schema.KindObject {
		return Errorf(http.StatusBadRequest, InvalidValue, "An operation without a path needs an object as its value.")
	}
	for name, m := range v.Members() {
		k := p.resolve(name)
		var err error
		switch {
		case k.schema >= 0:
			err = p.schemaMembers(kind, k.schema, m)
		case k.group != nil:
			err = p.groupMembers(kind, k.group, name, m)
		case k.sel.Slot == schema.NoSlot:
			err = p.unknown(name)
		default:
			err = p.emit(kind, k.sel, m, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) unknown(name string) error {
	if p.can(unknownKeys) {
		p.ignore(name)
		return nil
	}
	return Errorf(http.StatusBadRequest, InvalidPath, "There is no attribute %.100q.", name)
}

// wholeSchema takes an operation apart whose path is the URN of a schema.
func (p *patcher) wholeSchema(kind OpKind, urn string, v schema.Value) error {
	number := p.l.schema(urn)
	if kind != OpRemove {
		return p.schemaMembers(kind, number, v)
	}
	if number == 0 {
		return Errorf(http.StatusBadRequest, InvalidPath, "Path %s names the whole resource.", urn)
	}
	return p.clearFields(p.l.schemas[number].fields)
}

func (p *patcher) schemaMembers(kind OpKind, number int, v schema.Value) error {
	x := &p.l.schemas[number]
	if v.IsNull() {
		if kind == OpAdd && p.can(addNull) {
			return nil
		}
		if kind == OpReplace && number > 0 {
			return p.clearFields(x.fields)
		}
	}
	if v.Kind() != schema.KindObject {
		return invalidValue(x.urn, "an object is wanted, got "+kindPhrase(v.Kind()))
	}
	for name, m := range v.Members() {
		f, sel := p.schemaMember(number, name)
		var err error
		switch {
		case f != nil && f.slot == schema.NoSlot:
			err = p.groupMembers(kind, f, name, m)
		case sel.Slot == schema.NoSlot:
			err = p.unknown(x.urn + ":" + name)
		default:
			err = p.emit(kind, sel, m, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) groupMembers(kind OpKind, f *field, name string, v schema.Value) error {
	if v.IsNull() && kind == OpReplace {
		return p.clearFields(f.group)
	}
	if v.Kind() != schema.KindObject {
		return invalidValue(f.name, "an object is wanted, got "+kindPhrase(v.Kind()))
	}
	for inner, m := range v.Members() {
		g := find(f.group, inner)
		if g == nil {
			if err := p.unknown(name + "." + inner); err != nil {
				return err
			}
			continue
		}
		if err := p.emit(kind, p.whole(g.slot), m, true); err != nil {
			return err
		}
	}
	return nil
}

func (p *patcher) clearFields(fields []field) error {
	for i := range fields {
		f := &fields[i]
		if f.slot == schema.NoSlot {
			if err := p.clearFields(f.group); err != nil {
				return err
			}
		} else if f.attr.Writable() {
			if err := p.push(Op{Kind: OpRemove, Target: p.whole(f.slot)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// emit adds the operation on one target, or one for each sub-attribute of a
// complex value that has no value of its own.
func (p *patcher) emit(kind OpKind, sel schema.Selector, v schema.Value, pathless bool) error {
	a, leaf := sel.Attribute(), sel.Leaf()
	if a.Mutability == schema.ReadOnly || leaf.Mutability == schema.ReadOnly {
		if kind != OpRemove && p.repeats(sel, v, pathless) && p.can(readOnlyRepeats) {
			return nil
		}
		return mutability(attributePath(sel), "it is read-only")
	}
	list := a.MultiValued && sel.Filter == nil && sel.Sub == schema.NoSlot
	switch {
	case kind == OpRemove && list && !v.IsUnset():
		return p.removeValues(sel, v)
	case kind == OpRemove:
		return p.push(Op{Kind: kind, Target: sel, MustMatch: sel.Filter != nil && p.allowed&removeAbsent == 0})
	case v.IsUnset():
		return invalidValue(attributePath(sel), "the operation needs a value")
	case v.IsNull() && kind == OpAdd:
		if !p.can(addNull) {
			return invalidValue(attributePath(sel), "null cannot be added")
		}
		if list {
			return nil
		}
		kind = OpReplace
	}
	op, err := p.op(kind, sel, v)
	if err != nil {
		return err
	}
	if op.Value.IsNull() {
		op.Kind = OpReplace
	}
	op.MustMatch = op.Value.Unassigned() && sel.Filter != nil && p.allowed&removeAbsent == 0
	if rec := op.Value.Record(); rec != nil && !a.MultiValued && sel.Sub == schema.NoSlot {
		if isEmpty(rec) {
			return nil // what is not named stays, and here that is all
		}
		if a.Sub.Slot("value") != schema.NoSlot {
			return p.push(op)
		}
		for s, m := range rec.Values() {
			part := Op{Kind: kind, Target: sel, Value: m}
			part.Target.Sub = s
			if m.IsNull() {
				part.Kind = OpReplace
			}
			if err := p.push(part); err != nil {
				return err
			}
		}
		return nil
	}
	return p.push(op)
}

// isEmpty reports whether a complex value says nothing, not even null.
func isEmpty(rec *schema.Record) bool {
	for range rec.Values() {
		return false
	}
	return true
}

// repeats reports whether an operation on a read-only attribute only says what
// the client has read.
func (p *patcher) repeats(sel schema.Selector, v schema.Value, pathless bool) bool {
	switch sel.Slot {
	case schema.SlotSchemas:
		return true
	case schema.SlotID:
		return v.Text() == p.id
	case schema.SlotMeta:
		return pathless
	default:
		return pathless && v.Unassigned()
	}
}

// removeValues is a remove that lists the elements to remove. Null lists none, as
// the empty list does: both are one state (RFC 7643 section 2.5), and a client whose
// list is empty must not empty the attribute.
func (p *patcher) removeValues(sel schema.Selector, v schema.Value) error {
	if !p.can(removeByValue) {
		return invalidValue(attributePath(sel), "a remove takes no value, name the values to remove in a filter in the path")
	}
	a := sel.Attribute()
	if v.IsNull() {
		return nil
	}
	if v.Kind() != schema.KindList {
		v = schema.ListValue(v)
	}
	elements := make([]schema.Value, 0, v.Len())
	for e := range v.Elements() {
		if s, ok := e.Str(); ok && a.Sub != nil && a.Sub.Slot("value") != schema.NoSlot {
			rec := a.Sub.New()
			rec.Set("value", schema.StringValue(s))
			elements = append(elements, schema.ObjectValue(rec))
			continue
		}
		w, err := p.single(a, e, place{slot: sel.Slot})
		if err != nil {
			return err
		}
		if w = trimmed(w); w.Unassigned() || w.Record() != nil && a.Sub.Slot("value") != schema.NoSlot && w.Record().String("value") == "" {
			// What names nothing must not be taken for everything.
			return invalidValue(attributePath(sel), "each value to remove needs a value")
		}
		elements = append(elements, w)
	}
	if len(elements) == 0 {
		return nil
	}
	return p.push(Op{Kind: OpRemove, Target: sel, Value: schema.ListValue(elements...)})
}

func (p *patcher) push(op Op) error {
	if err := checkOp(&op); err != nil {
		return err
	}
	p.ops = append(p.ops, op)
	return nil
}

// op types the value of an add or a replace.
func (d *decoder) op(kind OpKind, sel schema.Selector, v schema.Value) (Op, error) {
	a := sel.Attribute()
	if sel.Filter != nil {
		if d.filtered++; d.filtered > d.maxFiltered {
			return Op{}, Errorf(http.StatusRequestEntityTooLarge, "", "A request may name %d values by a filter at most.", d.maxFiltered)
		}
	}
	op := Op{Kind: kind, Target: sel}
	at := place{slot: sel.Slot}
	var err error
	switch {
	case sel.Sub != schema.NoSlot:
		at.sub = sel.Leaf()
		op.Value, err = d.value(at.sub, v, at)
	case sel.Filter != nil:
		if v.Kind() == schema.KindList && v.Len() == 1 && d.can(listAsSingle) {
			v = v.At(0)
		}
		if op.Value = schema.Null(); !v.IsNull() {
			op.Value, err = d.single(a, v, at)
		}
	default:
		op.Value, err = d.value(a, v, at)
	}
	if a.MultiValued && (sel.Filter != nil || sel.Sub != schema.NoSlot) {
		op.CreateMissing = d.allowed&createMissing != 0
	}
	return op, err
}
