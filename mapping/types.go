package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// ResourceType returns the type of the resources that the document is about. Its
// schemas are the document's, in their order; those it knows by URN from bases,
// the others are made of the document's extension attributes. An extension
// attribute has type Any; what discovery shows of it (type, choices,
// description, whether it is required or a list) is taken from the field that its
// rule writes, as far as target has one; target may be nil. An extension attribute
// that is read from the target and that nothing in the document takes a value from
// is read-only; routes are sets of which a condition may take one as well. One that
// is only written to the target is write-only, and never returned.
//
// For a MappingSet the type has the first of bases as core, the others as
// extensions, and an extension attribute for every path of a condition that none
// of them has.
//
// The error is a [*DiagnosticsError].
func (d *Document) ResourceType(bases []schema.Schema, target *schema.Type, routes ...*Document) (*schema.Type, error) {
	b := typeBuilder{doc: d, target: target, taken: d.taken(routes)}
	if d.set {
		b.schemas = slices.Clone(bases)
		b.literalPaths()
	} else {
		b.known(bases)
		for _, x := range d.extensions {
			b.extend(x.urn, x.names, pointer("/resource/extensionAttributes", x.urn))
		}
		for i, urn := range d.schemas {
			if s := b.schema(urn); len(s.Attributes) == 0 {
				b.fail(CodeUnknownSchema, "/resource/schemas/"+itoa(i), "schema "+urn+" is not known, and the document gives it no attributes")
			}
		}
	}
	if len(b.problems) > 0 {
		return nil, b.problems.Err()
	}
	name := d.resource
	if name == "" {
		name = d.name
	}
	if len(b.schemas) == 0 {
		b.fail(CodeUnknownSchema, "", "no schema is known")
		return nil, b.problems.Err()
	}
	t, err := schema.NewResource(name, b.schemas[0], b.schemas[1:]...)
	if err != nil {
		b.fail(CodeSyntax, "/resource", err.Error())
		return nil, b.problems.Err()
	}
	return t, nil
}

type typeBuilder struct {
	doc      *Document
	target   *schema.Type
	schemas  []schema.Schema
	taken    map[string]bool // see Document.taken
	problems Diagnostics
}

func (b *typeBuilder) fail(code Code, at, msg string) {
	b.problems = append(b.problems, b.doc.src.diagnostic(code, at, 0, msg))
}

// known starts with the document's schemas, as far as bases have them.
func (b *typeBuilder) known(bases []schema.Schema) {
	for _, urn := range b.doc.schemas {
		s := schema.Schema{URN: urn, Name: lastPart(urn)}
		for i := range bases {
			if strings.EqualFold(bases[i].URN, urn) {
				s = bases[i]
				s.Attributes = slices.Clone(s.Attributes)
			}
		}
		b.schemas = append(b.schemas, s)
	}
}

// lastPart is the word of a URN that says what it is about: "User" for all of
// SCIM's own.
func lastPart(urn string) string { return urn[strings.LastIndexByte(urn, ':')+1:] }

func (b *typeBuilder) schema(urn string) *schema.Schema {
	for i := range b.schemas {
		if strings.EqualFold(b.schemas[i].URN, urn) {
			return &b.schemas[i]
		}
	}
	b.schemas = append(b.schemas, schema.Schema{URN: urn, Name: lastPart(urn)})
	return &b.schemas[len(b.schemas)-1]
}

// extend adds attributes to a schema. One that is there stays as it is.
func (b *typeBuilder) extend(urn string, names []string, at string) {
	s := b.schema(urn)
	for i, n := range names {
		attr, sub, nested := strings.Cut(n, ".")
		k := slices.IndexFunc(s.Attributes, func(a schema.Attribute) bool { return strings.EqualFold(a.Name, attr) })
		switch {
		case !nested && k < 0:
			s.Attributes = append(s.Attributes, b.attribute(urn, n, attr))
		case nested && k < 0:
			first := b.attribute(urn, n, sub)
			t, err := schema.NewOrdered(attr, first)
			if err != nil {
				b.fail(CodeSyntax, at+"/"+itoa(i), err.Error())
				continue
			}
			whole := schema.Attribute{Name: attr, Type: schema.Complex, Sub: t}
			if first.Returned == schema.ReturnedNever { // so is the whole, until another part is shown
				whole.Mutability, whole.Returned = first.Mutability, first.Returned
			}
			s.Attributes = append(s.Attributes, whole)
		case nested:
			a := &s.Attributes[k]
			if a.Sub == nil {
				b.fail(CodeSyntax, at+"/"+itoa(i), attr+" has no sub-attributes")
				continue
			}
			if a.Sub.Slot(sub) != schema.NoSlot {
				continue
			}
			subs := make([]schema.Attribute, 0, a.Sub.Len()+1)
			for j := range a.Sub.Len() {
				subs = append(subs, *a.Sub.Attribute(schema.Slot(j)))
			}
			next := b.attribute(urn, n, sub)
			t, err := schema.NewOrdered(attr, append(subs, next)...)
			if err != nil {
				b.fail(CodeSyntax, at+"/"+itoa(i), err.Error())
				continue
			}
			a.Sub = t
			if a.Returned == schema.ReturnedNever && next.Returned != schema.ReturnedNever {
				a.Mutability, a.Returned = schema.ReadWrite, schema.ReturnedDefault
			}
		}
	}
}

// attribute describes an extension attribute after the field that its rule
// writes.
func (b *typeBuilder) attribute(urn, path, name string) schema.Attribute {
	a := schema.Attribute{Name: name, Type: schema.Any, Shown: schema.String}
	switch {
	case b.isOnlyRead(urn, path):
		a.Mutability = schema.ReadOnly
	case b.doc.isOnlyWritten(urn, path):
		a.Mutability, a.Returned = schema.WriteOnly, schema.ReturnedNever
	}
	r := b.ruleFor(urn, path)
	if r == nil {
		return a
	}
	field := b.field(r.target)
	if field == nil {
		return a
	}
	a.Description = field.Description
	a.Choices = field.Choices
	if a.Shown = field.Type; field.Type == schema.Any {
		a.Shown = schema.String
	}
	if r.expr != "" || slices.ContainsFunc(r.pipe, func(s string) bool { return s != "lower" && s != "upper" }) {
		// What passes a pipe is of another type, or has other values.
		a.Choices = nil
		if slices.ContainsFunc(r.pipe, readsText) {
			a.Shown = schema.String
		}
	}
	// An expression makes what it likes, but what is read back as it is shows what
	// the attribute is.
	asItIs := r.expr == "" || r.inverse == "$target."+r.target
	a.MultiValued = field.MultiValued && asItIs && !slices.ContainsFunc(r.pipe, changesShape)
	wanted := field.Required && r.way() != ToSCIM && !r.hasDefault && r.when == "" && r.apply.on(field) == applyAlways
	a.Required = wanted && !r.alternatives && !r.alternative
	// A discovered field is also taken under the names that other clients have for
	// it, so a resource without this one may still be whole.
	a.Demanded = wanted && r.coerce && !strings.EqualFold(urn, b.doc.schemas[0])
	return a
}

// changesShape holds for the steps of a pipe that make a list of a single value
// or the other way round.
func changesShape(step string) bool {
	name, _, _ := strings.Cut(step, "(")
	return slices.Contains([]string{"wrap", "split", "joinList", "first", "item", "count"}, strings.TrimSpace(name))
}

// readsText holds for the steps of a pipe that give text back, or what only a
// table knows.
func readsText(step string) bool {
	name, _, _ := strings.Cut(step, "(")
	return slices.Contains([]string{"lookup", "map", "toInt", "toBool"}, strings.TrimSpace(name))
}

// isOnlyRead reports whether an attribute is read from the target, and nothing
// takes a value from it.
func (b *typeBuilder) isOnlyRead(urn, path string) bool {
	attr, _, _ := strings.Cut(path, ".")
	if b.taken[takenKey(urn, path)] || b.taken[takenKey(urn, attr)] || b.taken[takenKey(urn, "")] {
		return false
	}
	return slices.ContainsFunc(b.doc.rules, func(r *ruleDecl) bool {
		return !r.disabled && r.way() != ToTarget && b.doc.means(r.scim, urn, path)
	})
}

// isUnread reports whether a path means an attribute of the document's own that is
// never returned for no other reason than that no rule reads into it.
func (d *Document) isUnread(sel schema.Selector) bool {
	a, path := sel.Attribute(), ""
	if a == nil || sel.Leaf().Type != schema.Any {
		return false
	}
	if path = a.Name; sel.Sub != schema.NoSlot {
		path += "." + sel.Leaf().Name
	}
	own := slices.ContainsFunc(d.extensions, func(x extension) bool {
		return strings.EqualFold(x.urn, a.Schema) && slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, path) })
	})
	return own && d.isOnlyWritten(a.Schema, path)
}

// isOnlyWritten reports whether an attribute is written to the target, and nothing
// is read into it: no answer will ever show it.
func (d *Document) isOnlyWritten(urn, path string) bool {
	written := false
	for _, r := range d.rules {
		if r.disabled || !d.means(r.scim, urn, path) {
			continue
		}
		if r.way() != ToTarget {
			return false
		}
		written = true
	}
	return written
}

// ruleFor returns the first rule that is about an attribute, those that write
// first.
func (b *typeBuilder) ruleFor(urn, path string) *ruleDecl {
	var found *ruleDecl
	for _, r := range b.doc.rules {
		if r.disabled || r.target == "" || !b.doc.means(r.scim, urn, path) {
			continue
		}
		if r.way() != ToSCIM {
			return r
		}
		if found == nil {
			found = r
		}
	}
	return found
}

// means reports whether a rule's path is that of an attribute of a schema.
func (d *Document) means(text, urn, path string) bool {
	for prefix, u := range d.prefixes {
		if rest, ok := strings.CutPrefix(text, prefix+":"); ok && strings.EqualFold(u, urn) {
			return strings.EqualFold(rest, path)
		}
	}
	if len(text) > len(urn) && strings.EqualFold(text[:len(urn)], urn) && text[len(urn)] == ':' {
		return strings.EqualFold(text[len(urn)+1:], path)
	}
	core := len(d.schemas) > 0 && strings.EqualFold(d.schemas[0], urn)
	return core && strings.EqualFold(text, path)
}

func (b *typeBuilder) field(name string) *schema.Attribute {
	if b.target != nil {
		return b.target.Lookup(name)
	}
	for i := range b.doc.fields {
		if f := &b.doc.fields[i]; f.name == name {
			a := f.attribute()
			return &a
		}
	}
	return nil
}

// attribute returns what the document alone says of a field.
func (f *fieldDecl) attribute() schema.Attribute {
	a := schema.Attribute{Name: f.name, Type: f.typ.kind, MultiValued: f.typ.list}
	for _, set := range f.set {
		set(&a)
	}
	return a
}

// TargetType returns the type made of the fields that the document declares and
// its id. It fails when a field is there twice.
func (d *Document) TargetType() (*schema.Type, error) {
	attrs := make([]schema.Attribute, 0, len(d.fields)+1)
	for i := range d.fields {
		attrs = append(attrs, d.fields[i].attribute())
	}
	id := d.IDField()
	if !slices.ContainsFunc(d.fields, func(f fieldDecl) bool { return strings.EqualFold(f.name, id) }) {
		attrs = append(attrs, schema.Attribute{Name: id, Type: schema.Any, Mutability: schema.ReadOnly})
	}
	return schema.NewOrdered(d.object, attrs...)
}

// IDField returns the name of the field that holds the id of a record.
func (d *Document) IDField() string {
	if d.id == "" {
		return "id"
	}
	return d.id
}

// WithCustom returns the document with rules for those custom fields of the
// target (schema.Attribute.Custom) that no rule names, a disabled one included.
// For a field custom_fields.badge these are, as alternatives in this order as far
// as they apply:
//
//   - the attribute of one of bases whose name is the field's in camel case
//     (employeeNumber for employee_number), if it is single text, the document
//     has the schema and no rule has to do with the attribute;
//   - the attribute badge of the document's last schema;
//   - custom_fields.badge in the core schema, where Okta puts it.
//
// The first is written and read, the others are only written, and write-only in
// what discovery shows. Texts are converted to what the field holds. A field whose
// name cannot be an attribute's is left out.
//
// Optional rules whose field the target lacks are left out, and with them the
// extension attributes that no other rule names. The document itself is not changed.
func (d *Document) WithCustom(target *schema.Type, bases ...schema.Schema) *Document {
	if d.set || target == nil || len(d.schemas) == 0 {
		return d
	}
	out := *d
	out.rules = slices.Clone(d.rules)
	out.extensions = slices.Clone(d.extensions)
	out.dropOptional(target)
	named := make(map[string]bool)
	names := make(map[string]bool)
	for i, name := range out.ruleNames() {
		named[strings.ToLower(out.rules[i].target)] = true
		names[name] = true
	}
	free := d.unused(bases)
	for slot := range target.Len() {
		a := target.Attribute(schema.Slot(slot))
		if a.Custom && !named[strings.ToLower(a.Name)] {
			out.addCustom(a, free, names)
		}
	}
	return &out
}

// dropOptional takes away the optional rules for fields that the target lacks. The
// rules and extensions are the document's own.
func (d *Document) dropOptional(target *schema.Type) {
	gone := make(map[string]bool) // attributes of the rules that go
	named := func(r *ruleDecl, visit func(key string)) {
		for _, text := range append([]string{r.scim, r.expr, r.when, r.inverse}, r.pipe...) {
			d.paths(text, d.schemas[0], func(urn string, p schema.Path) { visit(takenKey(urn, p.Attr)) })
		}
	}
	d.rules = slices.DeleteFunc(d.rules, func(r *ruleDecl) bool {
		_, err := expr.ResolveField(r.target, target)
		if !r.optional || err == nil {
			return false
		}
		named(r, func(key string) { gone[key] = true })
		return true
	})
	for _, r := range d.rules {
		named(r, func(key string) { delete(gone, key) })
	}
	for i, x := range d.extensions {
		d.extensions[i].names = slices.DeleteFunc(slices.Clone(x.names), func(name string) bool { return gone[takenKey(x.urn, name)] })
	}
}

// unused returns the paths of the single text attributes that no rule has to do
// with, by their names in snake case.
func (d *Document) unused(bases []schema.Schema) map[string]string {
	used := make(map[string]bool)
	for _, r := range d.rules {
		for _, text := range append([]string{r.scim, r.expr, r.when}, r.pipe...) {
			d.paths(text, d.schemas[0], func(urn string, p schema.Path) { used[strings.ToLower(urn+":"+p.Attr)] = true })
		}
	}
	free := make(map[string]string)
	for i, urn := range d.schemas {
		for _, base := range bases {
			if !strings.EqualFold(base.URN, urn) {
				continue
			}
			for _, a := range base.Attributes {
				if a.Type != schema.String || a.MultiValued || !a.Writable() || a.Returned == schema.ReturnedNever || used[strings.ToLower(urn+":"+a.Name)] {
					continue
				}
				path := a.Name
				if i > 0 {
					path = urn + ":" + a.Name
				}
				if _, ok := free[snake(a.Name)]; !ok {
					free[snake(a.Name)] = path
				}
			}
		}
	}
	return free
}

// paths calls visit for each SCIM path of an expression, or for a path that stands
// alone, with the URN of its schema: core where it names none. A text that is
// neither has none.
func (d *Document) paths(text, core string, visit func(urn string, p schema.Path)) {
	e, err := expr.Parse(text)
	if text == "" || err != nil {
		return
	}
	for _, ref := range e.Paths() {
		urn := ref.Path.URN
		if ref.Prefix != "" {
			urn = d.prefixes[ref.Prefix]
		}
		if urn == "" {
			urn = core
		}
		visit(urn, ref.Path)
	}
}

// taken returns the attributes that the document, or a condition of the sets,
// takes values from, by takenKey: what a client sends there makes a difference.
func (d *Document) taken(routes []*Document) map[string]bool {
	out := make(map[string]bool)
	if d.set || len(d.schemas) == 0 {
		return out
	}
	take := func(of *Document, texts ...string) {
		for _, text := range texts {
			of.paths(text, d.schemas[0], func(urn string, p schema.Path) {
				name := p.Attr
				if p.Sub != "" {
					name += "." + p.Sub
				}
				out[takenKey(urn, name)] = true
			})
		}
	}
	take(d, d.scope.text)
	for _, m := range d.match {
		for _, p := range m.parts {
			take(d, p.scim, p.expr)
		}
	}
	for _, l := range d.lookups {
		for _, f := range l.create {
			take(d, f.text)
		}
	}
	for _, r := range d.rules {
		if r.disabled || r.way() == ToSCIM {
			continue
		}
		if r.expr == "" {
			take(d, r.scim) // else the path is only read into
		}
		take(d, r.expr, r.when)
		for _, v := range r.validate {
			take(d, v.expr)
		}
	}
	for _, set := range routes {
		for _, r := range set.routes {
			take(set, r.when.text)
		}
	}
	return out
}

func takenKey(urn, name string) string { return strings.ToLower(urn + ":" + name) }

// snake turns employeeNumber into employee_number.
func snake(name string) string {
	var b strings.Builder
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

// addCustom adds the rules for a custom field.
func (d *Document) addCustom(a *schema.Attribute, free map[string]string, names map[string]bool) {
	last := a.Name[strings.LastIndexByte(a.Name, '.')+1:]
	core, extension := d.schemas[0], d.schemas[len(d.schemas)-1]
	var forms []string
	if path := free[last]; path != "" && a.Type == schema.String && !a.MultiValued {
		forms = append(forms, path)
		delete(free, last)
	}
	if len(d.schemas) > 1 && attributeName.MatchString(last) && d.declare(extension, last) {
		forms = append(forms, extension+":"+last)
	}
	if strings.Count(a.Name, ".") == 1 && attributeName.MatchString(a.Name) && d.declare(core, a.Name) {
		forms = append(forms, core+":"+a.Name)
	}
	for i, form := range forms {
		r := &ruleDecl{at: "/rules", src: d.src, scim: form, target: a.Name, coerce: true, alternatives: i < len(forms)-1, alternative: i > 0}
		if a.Required {
			r.onUnset = unsetKeep
		}
		if a.Mutability == schema.Immutable {
			r.apply = applyCreate
		}
		if d.resource != "User" && !a.Required {
			// Clients know a group by its name and members: a PUT of theirs leaves alone
			// what only administrators see to.
			r.when = `$op != "replace" || isPresent(` + form + `)`
		}
		switch {
		case i > 0 && a.Mutability == schema.ReadOnly:
			continue
		case i > 0:
			// Only one of them is read: else taking that one's value away would
			// leave the others, which were read from the same field, to fill it.
			r.direction, r.hasDirection = ToTarget, true
		case a.Mutability == schema.ReadOnly:
			r.direction, r.hasDirection = ToSCIM, true
		}
		switch {
		case i == 0:
			r.name = uniqueName(names, last, a.Name)
		case strings.HasPrefix(form, core+":"):
			r.name = uniqueName(names, last+"-core", a.Name+"-core")
		default:
			r.name = uniqueName(names, last+"-extension", a.Name+"-extension")
		}
		names[r.name] = true
		d.rules = append(d.rules, r)
	}
}

// uniqueName returns the first of two names that is free, or the second with a
// number.
func uniqueName(names map[string]bool, short, long string) string {
	name := short
	for n := 1; names[name]; n++ {
		if name = long; n > 1 {
			name = fmt.Sprintf("%s#%d", long, n)
		}
	}
	return name
}

// declare adds an extension attribute. It returns false where the schema has one
// of that name already.
func (d *Document) declare(urn, name string) bool {
	for i := range d.extensions {
		x := &d.extensions[i]
		if !strings.EqualFold(x.urn, urn) {
			continue
		}
		if slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return false
		}
		d.extensions[i] = extension{x.urn, append(slices.Clip(x.names), name)}
		return true
	}
	d.extensions = append(d.extensions, extension{urn, []string{name}})
	return true
}
