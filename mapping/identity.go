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
