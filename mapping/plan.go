package mapping

import (
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// Query says how a target puts filters together.
type Query struct {
	And, Or bool
	// MaxLength is the number of characters a query may have; 0 for no limit.
	MaxLength int
}

// Options are the host's part in a compilation. Nil and zero members are the
// defaults.
type Options struct {
	// ValueMaps are value maps by name beyond the built-in ones; a document's own
	// map of that name wins, then these, then the built-in one. The maps named
	// "tz.…" leave the field alone, with a warning, where they have no entry.
	ValueMaps map[string]*expr.ValueMap
	// Query is what the target can do; nil: what the document says.
	Query *Query
	// AllowCreate lets lookups with onMissing: create or createOrIgnore report
	// [Result.Creates]; else a missing record is an error of the first and a warning of
	// the second.
	AllowCreate bool
	// MaxRules is how many rules a document may have; 0 means 1000.
	MaxRules int
	// MaxSteps is the work that each expression of a document may take in one
	// evaluation, in steps of the expression language; 0 means 100,000.
	MaxSteps int
	// MaxTotalSteps is the work that all rules together may take in one write, and
	// that the inverses of a document could take in one read; 0 means 1,000,000.
	MaxTotalSteps int
}

// maxTotalSteps is the default of [Options.MaxTotalSteps]: some milliseconds. A
// group of 50,000 members takes 200,000.
const maxTotalSteps = 1_000_000

// Plan is a compiled document. It is immutable and safe for concurrent use.
type Plan struct {
	name, hash  string
	resource    *schema.Type
	target      *schema.Type
	query       Query
	emptyString bool
	allowCreate bool
	identity    bool
	steps       int // of one expression
	total       int // of all rules
	idSlot      schema.Slot

	scope      *expr.Program
	match      []match
	fields     []field // by slot
	rules      []*rule
	groups     []*field // that rules write, in the order of their first rules
	copies     []copyRule
	attributes []attributePlan // that rules read into
	readers    map[pathKey][]*rule
	// objects and values are how much reading a record usually makes: complex
	// values and lists, and what is in them.
	objects, values int
	hasLookups      bool
	caches          int // of a runner
	// scattered says that alternatives do not stand together, so that what is
	// done group by group is out of order.
	scattered bool
}

// Name returns the name of the document.
func (p *Plan) Name() string { return p.name }

// Hash returns the digest of the document that the plan was made of, see
// [Document.Hash]. It is "" for a plan made by [Identity].
func (p *Plan) Hash() string { return p.hash }

// Resource returns the type of the resources.
func (p *Plan) Resource() *schema.Type { return p.resource }

// Target returns the type of the target's records.
func (p *Plan) Target() *schema.Type { return p.target }

// Diff appends the fewest edits that lead from one record of the target to
// another, in the order of the fields: a Set for a value that differs (in any
// order where the field is a set), a Clear with what the field wants to be sent
// for one that is gone. A nil before stands for an empty record; a field that
// cannot be cleared is left out.
func (p *Plan) Diff(dst []schema.Edit, before, after *schema.Record) []schema.Edit {
	before, after = adapt(p.target, before), adapt(p.target, after)
	for i := range p.fields {
		f := &p.fields[i]
		v := after.At(f.slot)
		var old schema.Value
		if before != nil {
			old = before.At(f.slot)
		}
		switch {
		case f.same(old, v):
		case !v.Unassigned():
			dst = append(dst, schema.Edit{Slot: f.slot, Op: schema.Set, Value: v})
		case f.attr.ClearAs != schema.ClearOmit:
			dst = append(dst, schema.Edit{Slot: f.slot, Op: schema.Clear, Value: f.attr.ClearAs.Value(f.attr.MultiValued)})
		}
	}
	return dst
}

// Fields appends the fields that rules write from what a path means or a part of
// it, in the order of the rules.
func (p *Plan) Fields(dst []schema.Slot, path schema.Selector) []schema.Slot {
	add := func(s schema.Slot) {
		for _, have := range dst {
			if have == s {
				return
			}
		}
		dst = append(dst, s)
	}
	for i := range p.copies {
		if p.copies[i].writes && p.copies[i].from == path.Slot {
			add(p.copies[i].to)
		}
	}
	for _, u := range p.rules {
		if !u.writes {
			continue
		}
		for _, in := range u.inputs {
			if overlap(in.reader.Selector(), path) {
				add(u.field.slot)
				break
			}
		}
	}
	return dst
}

// RuleFor returns the SCIM path, as the document writes it with its prefix
// spelled out, and the name of the first rule that writes a field from a path.
// Both are empty when none does; the path is empty where only expressions and
// constants write it.
func (p *Plan) RuleFor(name string) (path, rule string) {
	slot := p.target.Slot(name)
	if slot == schema.NoSlot {
		return "", ""
	}
	for i := range p.copies {
		if p.copies[i].to == slot {
			return p.resource.Path(p.copies[i].from), ""
		}
	}
	for _, u := range p.fields[slot].rules {
		if rule == "" {
			rule = u.name
		}
		if u.hasSel {
			return u.sel.String(), u.name
		}
	}
	return "", rule
}

// Blind reports whether a PATCH whose operations name these paths can be carried
// out without reading the record (mapping-design section 2.5): each path is the
// path of a rule that writes, and whatever the rules make of it does not depend
// on what is stored or on any other attribute.
func (p *Plan) Blind(touched []schema.Selector) bool {
	if p.identity || len(touched) == 0 {
		return false
	}
	if p.scope != nil && (len(p.scope.Inputs()) > 0 || p.scope.UsesTarget()) {
		return false
	}
	for _, t := range touched {
		if t.Slot == schema.NoSlot || t.Attribute().MultiValued && t.Filter == nil || len(p.writers(t)) == 0 {
			return false
		}
	}
	for _, u := range p.rules {
		if !u.writes {
			continue
		}
		direct := false
		for _, t := range touched {
			direct = direct || u.source != nil && keyOf(u.sel) == keyOf(t)
		}
		if direct {
			if !u.blind() {
				return false
			}
			continue
		}
		if u.decl.enforce {
			return false
		}
		for _, in := range u.inputs {
			for _, t := range touched {
				if overlap(in.reader.Selector(), t) {
					return false
				}
			}
		}
	}
	return true
}

// writers returns the rules that write from exactly this path.
func (p *Plan) writers(sel schema.Selector) []*rule {
	var out []*rule
	k := keyOf(sel)
	for _, u := range p.rules {
		if u.writes && u.source != nil && keyOf(u.sel) == k {
			out = append(out, u)
		}
	}
	return out
}

// blind reports whether what a rule writes depends on nothing but its path.
func (u *rule) blind() bool {
	d, a := u.decl, &u.field.attr
	if len(u.field.rules) > 1 || d.when != "" || d.apply == applyIfEmpty || d.add || a.MultiValued ||
		a.Mutability == schema.Immutable || a.Whole {
		return false
	}
	for _, v := range d.validate {
		if v.expr != "" {
			return false
		}
	}
	for _, s := range u.steps {
		if s.values != nil && s.values.m.Several() {
			return false
		}
		if s.lookup != nil && len(s.lookup.create) > 0 {
			return false // what is made may take more of the resource
		}
	}
	return true
}

// Secrets appends the texts that a resource has for secret rules, so that a host
// can keep them out of what it writes down.
func (p *Plan) Secrets(dst []string, rec *schema.Record) []string {
	for _, u := range p.rules {
		if !u.decl.secret {
			continue
		}
		for _, in := range u.inputs {
			if guarding(u, in) {
				continue
			}
			for v := range in.reader.List(rec).Elements() {
				if text := v.Text(); text != "" {
					dst = append(dst, text)
				}
			}
		}
	}
	return dst
}
