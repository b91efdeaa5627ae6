package mapping

import (
	"maps"
	"slices"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// rule compiles one rule.
func (c *compiler) rule(d *ruleDecl, name string) {
	before := len(c.problems)
	r := &rule{decl: d, name: name, index: len(c.plan.rules)}
	way := d.way()
	r.writes = way != ToSCIM && d.target != ""
	r.reads = way != ToTarget && d.scim != ""
	c.plan.rules = append(c.plan.rules, r)
	if d.target != "" {
		slot, err := expr.ResolveField(d.target, c.plan.target)
		if err != nil {
			c.failExpr(d.src, pointer(d.at, "target"), err)
		} else {
			r.field = &c.plan.fields[slot]
		}
	}
	if d.scim != "" {
		sel, err := expr.Resolve(d.scim, c.plan.resource, c.doc.prefixes)
		if err != nil {
			c.failExpr(d.src, pointer(d.at, "scim"), err)
		} else {
			r.sel, r.hasSel = sel, true
		}
	}
	var ok bool
	r.steps, ok = c.pipe(d.src, d.at, d.pipe)
	for _, s := range r.steps {
		r.lookups = r.lookups || s.lookup != nil
	}
	// A rule with an unknown name gets no further checks: they would only
	// repeat it.
	if ok = ok && len(c.problems) == before; ok {
		c.source(r)
	}
	c.parts(r)
	r.work = r.patterns()
	c.failed[r] = !ok
	if !ok {
		return
	}
	c.directions(r)
	if len(c.problems) == before {
		c.types(r)
	}
}

// patterns returns the work of a rule's patterns, in steps for each one of the
// value.
func (u *rule) patterns() int {
	work := 0
	if u.field != nil && u.field.pattern != nil {
		work = u.field.pattern.work
	}
	for _, c := range u.checks {
		if c.pattern != nil {
			work += c.pattern.work
		}
	}
	return work
}

// pipe compiles the steps of a pipe.
func (c *compiler) pipe(src *source, at string, texts []string) (steps []step, ok bool) {
	ok = true
	for i, text := range texts {
		p := at + "/pipe/" + itoa(i)
		fn, err := expr.ParseStep(text)
		if err != nil {
			c.failExpr(src, p, err)
			ok = false
			continue
		}
		s := step{fn: fn, kind: stepKindOf(fn.Name())}
		switch fn.Name() {
		case "map":
			if s.values = c.valueMap(fn.Ref()); s.values == nil {
				d := c.failAt(src, CodeUnknownValueMap, p, "no value map "+quote(fn.Ref()))
				d.Suggestion = expr.Suggest(fn.Ref(), c.mapNames())
				ok = false
			}
		case "lookup":
			if s.lookup = c.lookups[fn.Ref()]; s.lookup == nil {
				d := c.failAt(src, CodeUnknownLookup, p, "no lookup "+quote(fn.Ref()))
				d.Suggestion = expr.Suggest(fn.Ref(), slices.Sorted(maps.Keys(c.lookups)))
				ok = false
			}
		}
		steps = append(steps, s)
	}
	return steps, ok
}

// source prepares where a rule's value comes from.
func (c *compiler) source(r *rule) {
	d := r.decl
	r.list = r.field != nil && r.field.attr.MultiValued
	for _, s := range r.steps {
		if s.fn.TakesList() && s.fn.Name() != "wrap" {
			r.list = true
		}
	}
	switch {
	case !r.writes:
	case d.expr != "":
		r.program = c.program(d.src, d.expr, pointer(d.at, "expr"), c.env(d.pick, r.list))
		if r.program != nil {
			r.addInputs(r.program.Inputs(), c.plan.emptyString)
		}
	case r.hasSel:
		r.source = expr.NewReader(r.sel, expr.ReadOptions{Pick: d.pick, EmptyString: c.plan.emptyString})
		r.inputs = append(r.inputs, input{reader: r.source, scalar: !r.list && d.pick != expr.PickError, list: r.list})
	}
}

// parts compiles the expressions of a rule that do not depend on its names.
func (c *compiler) parts(r *rule) {
	d := r.decl
	if d.when != "" {
		if r.when = c.condition(d.src, d.when, pointer(d.at, "when"), d.pick); r.when != nil {
			n := len(r.inputs)
			r.addInputs(r.when.Inputs(), c.plan.emptyString)
			r.guards = r.inputs[n:]
		}
	}
	if d.inverse != "" {
		// What is read has no SCIM side: an inverse sees the record only.
		env := c.env(d.pick, false)
		env.Resource = nil
		if r.hasSel {
			env.List = expr.NewReader(r.sel, expr.ReadOptions{}).Type().List
		}
		at := pointer(d.at, "inverse")
		if r.inverse = c.program(d.src, d.inverse, at, env); r.inverse != nil {
			// A read cannot fail, so what it could take is bounded here.
			if c.reading += r.inverse.Cost(); c.reading > c.plan.total {
				c.failAt(d.src, CodeCost, at, "the inverses up to this one could take "+itoa(c.reading)+" steps in a read, "+itoa(c.plan.total)+" are allowed")
			}
		}
	}
	for i := range d.validate {
		v := &d.validate[i]
		k := check{validation: v}
		if v.expr != "" {
			k.program = c.condition(d.src, v.expr, pointer(v.at, "expr"), d.pick)
		}
		r.checks = append(r.checks, k)
	}
	for _, m := range d.element {
		at := pointer(pointer(d.at, "element"), m.Name)
		a := r.sel.Attribute()
		switch {
		case !r.hasSel:
		case a == nil || a.Sub == nil || !a.MultiValued:
			c.failAt(d.src, CodeType, at, "element needs a path through a multi-valued complex attribute")
		case a.Sub.Slot(m.Name) == schema.NoSlot:
			c.failAt(d.src, CodeUnknownAttribute, at, a.Name+" has no sub-attribute "+quote(m.Name))
		case a.Sub.Lookup(m.Name).CheckValue(m.Value) != nil:
			c.failAt(d.src, CodeType, at, "the value does not fit "+a.Name+"."+m.Name)
		default:
			r.statics = append(r.statics, static{a.Sub.Slot(m.Name), m.Value})
		}
	}
}

func (u *rule) addInputs(sels []schema.Selector, emptyString bool) {
	for _, sel := range sels {
		u.inputs = append(u.inputs, input{reader: expr.NewReader(sel, expr.ReadOptions{EmptyString: emptyString})})
	}
}

// directions checks that a rule can do what its direction demands.
func (c *compiler) directions(r *rule) {
	d := r.decl
	if d.secret && r.reads {
		c.failAt(d.src, CodeSecretDirection, pointer(d.at, "direction"), "a secret is never read: direction has to be toTarget")
	}
	if r.writes && r.field.attr.Mutability == schema.ReadOnly {
		c.failAt(d.src, CodeReadOnlyField, pointer(d.at, "target"), "field "+r.field.attr.Name+" is read-only; a rule that only reads it has direction: toScim")
	}
	r.class = expr.Iso
	for _, s := range r.steps {
		r.class = max(r.class, s.class(r))
	}
	if !r.reads {
		return
	}
	if r.sel.Slot == schema.NoSlot {
		c.failAt(d.src, CodeNoInverse, pointer(d.at, "scim"), "a whole schema cannot be read into; a rule that only writes has direction: toTarget")
		return
	}
	if r.sel.Filter != nil {
		if _, ok := r.sel.Filter.Element(); !ok {
			c.failAt(d.src, CodeNoInverse, pointer(d.at, "scim"), "reading creates the element that the filter describes, which only eq joined by and can; a rule that only writes has direction: toTarget")
		}
	}
	if d.inverse != "" {
		return
	}
	if d.expr != "" && r.writes {
		c.failAt(d.src, CodeNoInverse, pointer(d.at, "expr"), "an expression is read back through inverse; a rule that only writes has direction: toTarget")
		return
	}
	if d.target == "" {
		return
	}
	for i, s := range r.steps {
		if s.class(r) == expr.None {
			c.failAt(d.src, CodeNoInverse, d.at+"/pipe/"+itoa(i), s.fn.Name()+" cannot be read back; a rule that only writes has direction: toTarget")
			return
		}
	}
	if r.writes && r.class == expr.Lossy && d.lossy == "" {
		c.failAt(d.src, CodeLossy, pointer(d.at, "pipe"), "reading does not give back what was written; say why that is right in lossy, or use direction: toTarget")
	}
}

// class returns the step's class in a rule: folding case loses something where
// case counts.
func (s step) class(r *rule) expr.Class {
	k := s.fn.Class()
	if s.values != nil {
		k = s.values.m.Class()
	}
	if k == expr.Fold && r.hasSel {
		if leaf := leafOf(r.sel); leaf != nil && leaf.CaseExact {
			return expr.Lossy
		}
	}
	return k
}

// leafOf returns the attribute that holds the path's value: of a whole complex
// attribute its value.
func leafOf(sel schema.Selector) *schema.Attribute {
	leaf := sel.Leaf()
	if leaf != nil && leaf.Sub != nil && sel.Sub == schema.NoSlot {
		if v := leaf.Sub.Lookup("value"); v != nil {
			return v
		}
	}
	return leaf
}

// types checks that what a rule makes fits its field.
func (c *compiler) types(r *rule) {
	d := r.decl
	if r.field == nil {
		return
	}
	want := expr.TypeOf(&r.field.attr)
	if r.field.object {
		want.Kind = expr.Object
	}
	if d.hasDefault {
		if err := r.field.check(d.fallback); err != nil {
			c.failAt(d.src, CodeType, pointer(d.at, "default"), err.Error())
		}
	}
	at := pointer(d.at, "target")
	var have expr.Type
	switch {
	case d.hasConst:
		at = pointer(d.at, "const")
		if len(r.steps) == 0 {
			if err := r.field.check(d.constant); err != nil {
				c.failAt(d.src, CodeType, at, err.Error())
			}
			return
		}
		have = typeOfValue(d.constant)
	case r.program != nil:
		at = pointer(d.at, "expr")
		have = r.program.Type()
	case r.hasSel:
		have = expr.NewReader(r.sel, expr.ReadOptions{}).Type()
		have.List = have.List && r.list
	default:
		return
	}
	// Whether something is a list is known, where its kind is not, of what was
	// declared.
	known := have.List || have.Kind != expr.Any
	for _, s := range r.steps {
		if s.values != nil || s.lookup != nil {
			have.Kind = expr.Any
			continue
		}
		next, err := s.fn.Type(have)
		if err != nil {
			c.failAt(d.src, CodeType, at, err.Error())
			return
		}
		have = next
	}
	if d.coerce {
		have.Kind = expr.Any
	}
	if !have.Fits(want) || known && have.List != want.List && want != (expr.Type{Kind: expr.Any}) {
		c.failAt(d.src, CodeType, at, "field "+r.field.attr.Name+" holds "+want.String()+", this is "+have.String())
	}
}

func typeOfValue(v schema.Value) expr.Type {
	switch v.Kind() {
	case schema.KindString:
		return expr.Type{Kind: expr.String}
	case schema.KindBoolean:
		return expr.Type{Kind: expr.Boolean}
	case schema.KindInteger:
		return expr.Type{Kind: expr.Integer}
	case schema.KindDecimal:
		return expr.Type{Kind: expr.Number}
	case schema.KindList:
		return expr.Type{Kind: expr.Any, List: true}
	default:
		return expr.Type{}
	}
}
