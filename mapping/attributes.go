package mapping

import (
	"slices"

	"github.com/usher-scim/usher/schema"
)

// Attribute is what a plan makes of one SCIM attribute, or of a part of one: a line
// of the list by which an administrator maps the attributes of an identity
// provider.
type Attribute struct {
	// Path is the attribute. It is the zero Selector for a custom field that no rule
	// reaches.
	Path schema.Selector
	// Also are further paths that fill a custom field. The first of all that has a
	// value counts, Path before the others.
	Also []schema.Selector
	// Fields are the target's fields that it is written to or read from, in the order
	// of the rules; nil where rules only look at it to decide about others.
	Fields []string
	// FieldType is the type of the first field; Any where there is none.
	FieldType schema.DataType
	// Type is what /Schemas shows of the attribute; of a whole complex one, which
	// stands for its value, the type of that.
	Type schema.DataType
	// Description is what the first rule for the path says, else the field (of a
	// custom one the label), else the schema.
	Description string
	// Choices are the values to choose from; nil where there are none, or where they
	// pass a table or an expression first.
	Choices     []string
	MultiValued bool
	// Required says that nothing can be created without it, or one of Also.
	Required bool
	// Direction is which way values go. CreateOnly says that they are written on
	// create, and not later.
	Direction  Direction
	CreateOnly bool
	// Custom says that the account's administrators added a field of it.
	Custom bool
}

// Attributes lists what the plan makes of each SCIM attribute, in the order in
// which rules name them: one entry for each path, however many rules it is in.
// Paths in expressions have entries as well, and attributes that only conditions
// look at. Custom fields that no rule reaches stand at the end.
func (p *Plan) Attributes() []Attribute {
	l := listing{plan: p, at: make(map[pathKey]*listed)}
	for i := range p.copies {
		l.copied(&p.copies[i])
	}
	for _, u := range p.rules {
		l.rule(u)
	}
	for _, u := range p.rules {
		for _, in := range u.guards {
			l.guard(in.reader.Selector())
		}
	}
	out := make([]Attribute, 0, len(l.list))
	for _, e := range l.list {
		out = append(out, e.attribute())
	}
	for i := range p.fields {
		if f := &p.fields[i]; f.attr.Custom && !l.covers(f) {
			out = append(out, Attribute{
				Fields: []string{f.attr.Name}, FieldType: f.attr.Type, Type: f.attr.ShownType(), Description: f.attr.Description,
				Choices: slices.Clone(f.attr.Choices), MultiValued: f.attr.MultiValued, Custom: true,
			})
		}
	}
	return out
}

// listing gathers the attributes of a plan.
type listing struct {
	plan *Plan
	list []*listed
	at   map[pathKey]*listed
}

// listed is an attribute of which not all rules have been seen yet.
type listed struct {
	path        schema.Selector
	also        []schema.Selector
	fields      []*field
	description string   // of a rule
	choices     []string // of a field that takes them as they are
	list        bool     // a rule wants all values
	required    bool
	// What rules do with it: changes says that one writes after the create.
	reads, writes, changes bool
}

// entry returns what is listed for a path. It returns nil for a path that means a
// whole schema.
func (l *listing) entry(sel schema.Selector) *listed {
	if sel.Slot == schema.NoSlot {
		return nil
	}
	k := keyOf(sel)
	e := l.at[k]
	if e == nil {
		e = &listed{path: sel}
		l.at[k] = e
		l.list = append(l.list, e)
	}
	return e
}

// guard lists an attribute that nothing but conditions looks at.
func (l *listing) guard(sel schema.Selector) {
	if !slices.ContainsFunc(l.list, func(e *listed) bool { return e.path.Slot == sel.Slot }) {
		l.entry(sel)
	}
}

// copied lists an attribute that is copied as it is: the parts of a complex one.
func (l *listing) copied(c *copyRule) {
	sel := schema.Selector{Type: l.plan.resource, Slot: c.from, Sub: schema.NoSlot}
	attr, f := sel.Attribute(), &l.plan.fields[c.to]
	copied := func(writable bool) {
		e := l.entry(sel)
		e.fields, e.list = []*field{f}, attr.MultiValued
		e.reads = sel.Leaf().Mutability != schema.WriteOnly
		e.writes = c.writes && writable
		e.changes = e.writes && attr.Mutability != schema.Immutable && sel.Leaf().Mutability != schema.Immutable
	}
	if attr.Sub == nil {
		copied(true)
		return
	}
	for i := range attr.Sub.Len() {
		sel.Sub = schema.Slot(i)
		copied(sel.Leaf().Writable())
	}
}

// rule lists what a rule writes from and what it reads into.
func (l *listing) rule(u *rule) {
	if e := l.custom(u); e != nil {
		e.also = append(e.also, u.sel)
		e.required = e.required || u.writes && u.field.attr.Required
		return
	}
	if u.writes {
		for _, in := range u.inputs[:len(u.inputs)-len(u.guards)] {
			if e := l.entry(in.reader.Selector()); e != nil {
				e.written(u, u.source != nil)
			}
		}
	}
	if u.reads {
		l.entry(u.sel).read(u, l.plan)
	}
}

// custom returns the entry of the custom field that a rule was made for in
// addition to an earlier one.
func (l *listing) custom(u *rule) *listed {
	if !u.decl.coerce || !u.decl.alternative {
		return nil
	}
	for _, e := range l.list {
		if slices.Contains(e.fields, u.field) {
			return e
		}
	}
	return nil
}

// covers reports whether an entry has to do with a field.
func (l *listing) covers(f *field) bool {
	return slices.ContainsFunc(l.list, func(e *listed) bool { return slices.Contains(e.fields, f) })
}

// written notes a rule that writes from the path, as it is or by an expression.
func (e *listed) written(u *rule, direct bool) {
	d := u.decl
	e.add(u.field)
	e.writes, e.list = true, e.list || u.list
	apply := d.apply.on(&u.field.attr)
	e.changes = e.changes || apply != applyCreate && u.field.attr.Mutability != schema.Immutable
	if !direct {
		return
	}
	e.describe(u)
	switch {
	case !u.field.attr.Required && !d.required, d.hasDefault, d.when != "", d.alternative:
	case apply == applyAlways || apply == applyCreate:
		// A custom field is wanted by whichever path.
		e.required = e.required || !d.alternatives || d.coerce
	}
}

// read notes a rule that reads into the path.
func (e *listed) read(u *rule, p *Plan) {
	e.reads = true
	e.describe(u)
	switch {
	case u.field != nil:
		e.add(u.field)
		e.list = e.list || u.field.attr.MultiValued
	case u.inverse != nil:
		for _, s := range u.inverse.Fields() {
			e.add(&p.fields[s])
		}
		e.list = true // as far as the attribute is one
	}
}

func (e *listed) add(f *field) {
	if !slices.Contains(e.fields, f) {
		e.fields = append(e.fields, f)
	}
}

// describe takes over what a rule says of its own path.
func (e *listed) describe(u *rule) {
	if e.description == "" {
		e.description = u.decl.description
	}
	plain := u.decl.expr == "" && u.decl.inverse == "" && !slices.ContainsFunc(u.decl.pipe, func(s string) bool { return s != "lower" && s != "upper" })
	if plain && e.choices == nil && u.field != nil {
		e.choices = u.field.attr.Choices
	}
}

// attribute puts together what is known when all rules have been seen.
func (e *listed) attribute() Attribute {
	attr, leaf := e.path.Attribute(), leafOf(e.path)
	a := Attribute{
		Path: e.path, Also: e.also, FieldType: schema.Any, Type: leaf.ShownType(), Description: e.description,
		MultiValued: (attr.MultiValued || leaf.MultiValued) && (e.list || len(e.fields) == 0 && e.path.Filter == nil),
		Required:    e.required || attr.Required && (leaf == attr || leaf.Required),
	}
	for i, f := range e.fields {
		if i == 0 {
			a.FieldType = f.attr.Type
		}
		a.Fields = append(a.Fields, f.attr.Name)
		a.Custom = a.Custom || f.attr.Custom
		if a.Description == "" {
			a.Description = f.attr.Description
		}
	}
	if a.Description == "" {
		a.Description = leaf.Description
	}
	if a.Choices = slices.Clone(e.choices); len(a.Choices) == 0 {
		a.Choices = slices.Clone(leaf.Choices)
	}
	switch {
	case e.reads && e.writes:
		a.Direction = Both
	case e.reads:
		a.Direction = ToSCIM
	default:
		a.Direction = ToTarget
	}
	a.CreateOnly = e.writes && !e.changes
	return a
}
