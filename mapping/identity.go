package mapping

import (
	"fmt"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// copyRule copies an attribute of the resource to a field as it is.
type copyRule struct {
	from, to schema.Slot
	writes   bool
}

// Identity returns the plan that copies every attribute of the resource type to
// the field of the same name and back: the name is [schema.Type.Path], so
// attributes of extensions are named with their URN. Attributes without a field
// are left out, read-only ones (and those of read-only fields) are read but not
// written. A complex attribute needs a field with the same Sub, which else is an
// error. Filter hands down whatever the fields declare, Matches looks for each
// attribute that is unique on the server and that the target can be searched by.
// It is the plan of a target that stores SCIM resources as they are.
func Identity(resource, target *schema.Type) (*Plan, error) {
	p := &Plan{name: "identity", resource: resource, target: target, identity: true, emptyString: true,
		query: Query{And: true, Or: true}, idSlot: target.Slot("id"), readers: map[pathKey][]*rule{}}
	p.fields = make([]field, target.Len())
	for i := range p.fields {
		p.fields[i] = field{attr: *target.Attribute(schema.Slot(i)), slot: schema.Slot(i)}
	}
	for i := range resource.Len() {
		from := schema.Slot(i)
		if from == schema.SlotSchemas || from == schema.SlotID {
			continue
		}
		to := target.Slot(resource.Path(from))
		if to == schema.NoSlot {
			continue
		}
		a, b := resource.Attribute(from), target.Attribute(to)
		if a.Sub != b.Sub || a.MultiValued != b.MultiValued {
			return nil, fmt.Errorf("mapping: field %s of %s has another shape than the attribute", b.Name, target.Name())
		}
		p.copies = append(p.copies, copyRule{from: from, to: to, writes: a.Writable() && b.Writable()})
		if a.Uniqueness != schema.NotUnique && a.Sub == nil && !a.MultiValued && b.Filter&schema.Eq != 0 {
			sel := schema.Selector{Type: resource, Slot: from, Sub: schema.NoSlot}
			p.match = append(p.match, match{precedence: int64(len(p.match) + 1), parts: []matchField{{
				path: resource.Path(from), source: expr.NewReader(sel, expr.ReadOptions{}), field: &p.fields[to], fold: !a.CaseExact,
			}}})
		}
	}
	return p, nil
}

// copyAttribute carries out a copy.
func (r *runner) copyAttribute(c *copyRule) {
	if !c.writes || r.collecting {
		return
	}
	f := &r.plan.fields[c.to]
	v, old := r.in.Resource.At(c.from), r.stored(f)
	if r.in.Op == Patch && r.current != nil && sameInput(r.current.At(c.from), v) {
		return
	}
	if f.same(old, v) {
		return
	}
	e := schema.Edit{Slot: c.to, Op: schema.Set, Value: v}
	if v.Unassigned() {
		e = schema.Edit{Slot: c.to, Op: schema.Clear, Value: f.attr.ClearAs.Value(f.attr.MultiValued)}
		v = schema.Value{}
	}
	if f.attr.Mutability == schema.Immutable && !old.Unassigned() {
		r.errs = append(r.errs, Error{Status: 400, SCIMType: "mutability", Path: r.plan.resource.Path(c.from), Target: f.attr.Name,
			Code: CodeMutability, Reason: f.attr.Name + " can only be set once"})
		return
	}
	r.out.Edits = append(r.out.Edits, e)
	r.out.Fired = append(r.out.Fired, f.attr.Name)
	r.out.Record.SetAt(c.to, v)
}

// same renames the paths of a filter for a plan that copies every attribute. It
// returns false where a field does not declare an operator.
func (p *Plan) same(f schema.Filter) (schema.Filter, bool) {
	switch f := f.(type) {
	case schema.And:
		fs, ok := p.sameAll(f)
		return schema.And(fs), ok
	case schema.Or:
		fs, ok := p.sameAll(f)
		return schema.Or(fs), ok
	case schema.Not:
		g, ok := p.same(f.Filter)
		return schema.Not{Filter: g}, ok
	case *schema.ValuePath:
		path, field := p.samePath(f.Path)
		if field == nil || !declares(field, f.Filter) {
			return nil, false
		}
		return &schema.ValuePath{Path: path, Filter: f.Filter}, true
	case *schema.Compare:
		path, field := p.samePath(f.Path)
		if field == nil || field.attr.Filter&f.Op == 0 {
			return nil, false
		}
		if f.Path.Filter != nil && !declares(field, f.Path.Filter) {
			return nil, false
		}
		return &schema.Compare{Path: path, Op: f.Op, Value: f.Value}, true
	default:
		return nil, false
	}
}

func (p *Plan) sameAll(fs []schema.Filter) ([]schema.Filter, bool) {
	out := make([]schema.Filter, len(fs))
	for i, f := range fs {
		g, ok := p.same(f)
		if !ok {
			return nil, false
		}
		out[i] = g
	}
	return out, true
}

// declares reports whether a field declares all operators of a value filter.
func declares(f *field, filter schema.Filter) bool {
	switch g := filter.(type) {
	case schema.And:
		for _, h := range g {
			if !declares(f, h) {
				return false
			}
		}
		return true
	case schema.Or:
		for _, h := range g {
			if !declares(f, h) {
				return false
			}
		}
		return true
	case schema.Not:
		return declares(f, g.Filter)
	case *schema.Compare:
		return f.attr.Filter&g.Op != 0
	default:
		return false
	}
}

// samePath returns the path of the field that holds an attribute.
func (p *Plan) samePath(path schema.Path) (schema.Path, *field) {
	sel, err := p.resource.Select(path)
	if err != nil || sel.Slot == schema.NoSlot {
		return path, nil
	}
	if sel.Slot == schema.SlotID && p.idSlot != schema.NoSlot {
		f := &p.fields[p.idSlot]
		return fieldPath(f.attr.Name), f
	}
	for i := range p.copies {
		c := &p.copies[i]
		if c.from != sel.Slot {
			continue
		}
		f := &p.fields[c.to]
		out := fieldPath(f.attr.Name)
		if out.Sub != "" {
			return path, nil // a dotted field cannot have a sub-attribute as well
		}
		out.Filter, out.Sub = path.Filter, ""
		if sel.Sub != schema.NoSlot {
			out.Sub = sel.Attribute().Sub.Attribute(sel.Sub).Name
		}
		return out, f
	}
	return path, nil
}
