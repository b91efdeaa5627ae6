package mapping

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// groups gathers the rules that write each field: alternatives, in order.
func (c *compiler) groups() {
	p := c.plan
	for _, r := range p.rules {
		if !r.writes || r.field == nil {
			continue
		}
		f := r.field
		if n := len(f.rules); n > 0 {
			if !r.decl.alternative || !f.rules[n-1].decl.alternatives {
				c.failAt(r.decl.src, CodeDuplicateTarget, pointer(r.decl.at, "target"),
					"rule "+f.rules[n-1].name+" writes the field, too: the earlier one needs alternatives, the later one alternative")
			}
		}
		f.rules = append(f.rules, r)
		for _, in := range r.inputs {
			if a := in.reader.Selector().Attribute(); a != nil && a.MultiValued {
				f.wide = append(f.wide, in.reader.Selector().Slot)
			}
		}
		r.settled = r.reads && r.program == nil && !r.decl.enforce && r.source != nil
	}
	for _, r := range p.rules {
		// A field is settled where its first rule stands.
		if r.writes && r.field != nil && r.field.rules[0] == r {
			p.groups = append(p.groups, r.field)
			c.clearing(r.field)
		}
	}
	caches := make(map[elementKey]int)
	last := -1
	for _, f := range p.groups {
		for _, r := range f.rules {
			if r.kind = r.fetchKind(); r.kind == fetchElement {
				k := elementKey{r.sel.Slot, r.element.cond}
				if _, ok := caches[k]; !ok {
					caches[k] = len(caches)
				}
				r.element.cache = caches[k]
			}
			r.direct = len(r.steps) == 0 && !r.decl.coerce && (r.kind == fetchSlot || r.kind == fetchSub || r.kind == fetchElement)
			p.scattered = p.scattered || r.index < last
			last = r.index
		}
		d := f.rules[0].decl
		f.lone = len(f.rules) == 1 && d.when == "" && d.apply.on(&f.attr) == applyAlways
		p.caches = len(caches)
		f.free = f.attr.Type == schema.String && !f.attr.MultiValued && f.attr.MaxLength == 0 && len(f.attr.Choices) == 0 && f.pattern == nil
	}
}

// clearing reports a required field that its rules could clear: the first rule
// that applies decides, so one without a condition ends the search.
func (c *compiler) clearing(f *field) {
	if !f.demanded || f.attr.Mutability == schema.Immutable {
		return
	}
	for _, r := range f.rules {
		d := r.decl
		if d.when == "" && d.apply.on(&f.attr) == applyAlways && (d.required || d.hasConst || d.hasDefault && d.always) {
			return
		}
	}
	for _, r := range f.rules {
		d := r.decl
		if a := d.apply.on(&f.attr); a == applyCreate || a == applyIfEmpty {
			continue
		}
		if d.onUnset == unsetClear && !d.required && !d.hasConst && !(d.hasDefault && d.always) && !d.add {
			c.failAt(d.src, CodeClearRequired, pointer(d.at, "target"),
				"field "+f.attr.Name+" is required, and this rule could clear it: it needs required, a default that is always used, or onUnset: keep")
			return
		}
		if d.when == "" {
			return
		}
	}
}

// taint marks the rules whose values are secret: those that say so, those that
// read what a secret rule reads or what is never returned, and those that read a
// field that any of them writes. An attribute that the document itself leaves
// unread is not secret for that.
func (c *compiler) taint() {
	var secrets []schema.Selector
	for _, r := range c.plan.rules {
		if r.tainted = r.decl.secret; r.tainted {
			for _, in := range r.inputs {
				if !guarding(r, in) {
					secrets = append(secrets, in.reader.Selector())
				}
			}
		}
	}
	fields := make([]bool, len(c.plan.fields))
	for _, r := range c.plan.rules {
		for _, in := range r.inputs {
			sel := in.reader.Selector()
			r.tainted = r.tainted || hidden(sel) && !c.doc.isUnread(sel)
			for _, s := range secrets {
				r.tainted = r.tainted || overlap(sel, s)
			}
		}
		if r.tainted && r.field != nil {
			fields[r.field.slot] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for _, r := range c.plan.rules {
			if !r.tainted && r.readsAny(fields) {
				r.tainted, changed = true, true
				if r.field != nil {
					fields[r.field.slot] = true
				}
			}
		}
	}
}

// readsAny reports whether a rule writes or reads one of the fields.
func (u *rule) readsAny(fields []bool) bool {
	if u.field != nil && fields[u.field.slot] {
		return true
	}
	for _, p := range []*expr.Program{u.program, u.when, u.inverse} {
		if p != nil && slices.ContainsFunc(p.Fields(), func(s schema.Slot) bool { return fields[s] }) {
			return true
		}
	}
	return false
}

// guarding reports whether an input belongs to the rule's condition alone.
func guarding(r *rule, in input) bool {
	for _, g := range r.guards {
		if g.reader == in.reader {
			return true
		}
	}
	return false
}

// hidden holds for what is never returned to a client.
func hidden(sel schema.Selector) bool {
	for _, a := range []*schema.Attribute{sel.Attribute(), sel.Leaf()} {
		if a != nil && (a.Returned == schema.ReturnedNever || a.Mutability == schema.WriteOnly) {
			return true
		}
	}
	return false
}

// overlap reports whether two paths can mean the same value: filters that demand
// different types keep them apart.
func overlap(a, b schema.Selector) bool {
	if a.Slot == schema.NoSlot || b.Slot == schema.NoSlot {
		return schemaOverlap(a, b)
	}
	if a.Slot != b.Slot || a.Sub != schema.NoSlot && b.Sub != schema.NoSlot && a.Sub != b.Sub {
		return false
	}
	return !disjoint(a.Filter, b.Filter)
}

func schemaOverlap(a, b schema.Selector) bool {
	urn := func(s schema.Selector) string {
		if s.Schema != "" {
			return s.Schema
		}
		if at := s.Attribute(); at != nil {
			return at.Schema
		}
		return ""
	}
	return strings.EqualFold(urn(a), urn(b))
}

// disjoint reports whether two filters demand different types.
func disjoint(a, b *schema.Matcher) bool {
	x, y := typeOf(a), typeOf(b)
	return x != "" && y != "" && !strings.EqualFold(x, y)
}

func typeOf(m *schema.Matcher) string {
	if m == nil {
		return ""
	}
	rec, ok := m.Element()
	if !ok {
		return ""
	}
	return rec.String("type")
}

// differs reports whether the input has another value in b than in a.
func (in input) differs(a, b *schema.Record) bool {
	if in.list || !in.scalar {
		x, y := in.reader.List(a), in.reader.List(b)
		if in.list || !in.reader.Type().List {
			return !sameInput(x, y)
		}
		if !sameInput(x, y) {
			return true
		}
	}
	x, errX := in.reader.Scalar(a)
	y, errY := in.reader.Scalar(b)
	return (errX == nil) != (errY == nil) || !sameInput(x, y)
}

// sameInput compares values of a resource: texts exactly, lists in any order.
func sameInput(a, b schema.Value) bool {
	if a.Unassigned() || b.Unassigned() {
		return a.Unassigned() && b.Unassigned()
	}
	return a.EqualUnordered(b)
}
