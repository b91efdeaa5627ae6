package mapping

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// maxRules is how many rules a document may have unless [Options.MaxRules] says
// otherwise.
const maxRules = 1000

// field is a field of the target with what the document says of it.
type field struct {
	attr    schema.Attribute
	slot    schema.Slot
	object  bool // only objects fit
	pattern *pattern
	// demanded says that the document, and not only the account, requires it.
	demanded bool
	rules    []*rule // that write it, in order
	// wide are the multi-valued attributes that the rules read, each as often as
	// they do.
	wide []schema.Slot
	lone bool // one rule without a condition writes it
	free bool // any single text is right
}

// mapRef is a value map with what to do when it has no entry.
type mapRef struct {
	name   string
	m      *expr.ValueMap
	ignore bool
}

// step is a step of a pipe: a function, a value map or a lookup.
type step struct {
	fn     *expr.Step
	kind   stepKind
	values *mapRef
	lookup *Lookup
}

// rule is a compiled rule.
type rule struct {
	decl          *ruleDecl
	name          string
	index         int
	writes, reads bool
	field         *field // nil where there is none
	sel           schema.Selector
	hasSel        bool

	// Writing: exactly one of source, program and the declaration's const is the
	// source.
	kind    fetchKind
	source  *expr.Reader
	sub     schema.Slot  // of fetchSub
	element elementFetch // of fetchElement
	list    bool         // the source is read as a list
	program *expr.Program
	steps   []step
	when    *expr.Program
	checks  []check
	inputs  []input // of source, program and when
	guards  []input // of when alone
	tainted bool    // its values are secret
	work    int     // of its patterns, in steps for each one of the value
	// settled says that a PUT of what reading gives leaves the field alone (L2).
	settled bool
	lookups bool // one of the steps is a lookup
	direct  bool // the source is a path, and what it has is written as it is

	// Reading.
	inverse *expr.Program
	class   expr.Class
	statics []static // of an element that is read
}

// static is a sub-attribute with the same value in every element.
type static struct {
	slot  schema.Slot
	value schema.Value
}

// input is a path that a rule depends on.
type input struct {
	reader *expr.Reader
	scalar bool // only the value picked counts
	list   bool // only the list counts
}

// creator makes a field of a record that a lookup creates.
type creator struct {
	field   string
	program *expr.Program
}

// Compile checks a document against the types of both sides and returns its
// plan, or all problems in document order. The fields of the document complete
// the target's type: what they say of a field stands over what the type says
// (but for its data type), and a rule can only name fields that the type has. A
// nil target is made of the document's fields and its id.
//
// A field that the account alone requires (it is required in target and not in
// the document) is never cleared by a rule; one that the document requires must
// not have a rule that could (E_CLEAR_REQUIRED).
func Compile(doc *Document, resource, target *schema.Type, o *Options) (*Plan, Diagnostics) {
	if o == nil {
		o = &Options{}
	}
	c := &compiler{doc: doc, options: o, failed: make(map[*rule]bool)}
	p := c.compile(resource, target)
	if len(c.problems) > 0 {
		c.sort()
		return nil, c.problems
	}
	return p, nil
}

type compiler struct {
	doc      *Document
	options  *Options
	plan     *Plan
	problems Diagnostics
	maps     map[string]*mapRef
	lookups  map[string]*Lookup
	reading  int            // steps that the inverses could take
	failed   map[*rule]bool // rules of which a name is unknown: their types are not checked
}

func (c *compiler) fail(code Code, at, msg string) {
	c.problems = append(c.problems, c.doc.src.diagnostic(code, at, 0, msg))
}

// failAt reports a problem in a rule, whose text may be another document's.
func (c *compiler) failAt(src *source, code Code, at, msg string) *Diagnostic {
	c.problems = append(c.problems, src.diagnostic(code, at, 0, msg))
	return &c.problems[len(c.problems)-1]
}

// failExpr reports an error in an expression, a path or a step.
func (c *compiler) failExpr(src *source, at string, err error) {
	var e *expr.Error
	if !errors.As(err, &e) {
		c.failAt(src, CodeSyntax, at, err.Error())
		return
	}
	d := src.diagnostic(Code(e.Code), at, e.Offset, e.Msg)
	d.Suggestion = e.Suggestion
	c.problems = append(c.problems, d)
}

// sort puts the problems in document order, file by file.
func (c *compiler) sort() {
	slices.SortStableFunc(c.problems, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

func (c *compiler) compile(resource, target *schema.Type) *Plan {
	doc := c.doc
	switch {
	case doc.set:
		c.fail(CodeSyntax, "/kind", "a MappingSet is compiled by CompileRoutes")
		return nil
	case doc.extends != "":
		c.fail(CodeSyntax, "/extends", "the document overrides "+doc.extends+", it is no mapping by itself")
		return nil
	case resource == nil || !resource.IsResource():
		c.fail(CodeSyntax, "/resource", "the type of the resource is missing")
		return nil
	}
	limit := c.options.MaxRules
	if limit <= 0 {
		limit = maxRules
	}
	if len(doc.rules) > limit {
		c.fail(CodeLimit, "/rules", "the document has more than "+itoa(limit)+" rules")
		return nil
	}
	p := &Plan{name: doc.name, hash: doc.hash, resource: resource, target: target, steps: c.options.MaxSteps, total: c.options.MaxTotalSteps,
		emptyString: doc.keepsEmpty(), allowCreate: c.options.AllowCreate}
	if p.total <= 0 {
		p.total = maxTotalSteps
	}
	if doc.query != nil {
		p.query = *doc.query
	}
	if c.options.Query != nil {
		p.query = *c.options.Query
	}
	c.plan = p
	for i, urn := range doc.schemas {
		if resource.Schema(urn) == nil {
			c.fail(CodeUnknownSchema, "/resource/schemas/"+itoa(i), "schema "+urn+" is not known")
		}
	}
	if target == nil {
		t, err := doc.TargetType()
		if err != nil {
			c.fail(CodeSyntax, "/target/schema/fields", err.Error())
			return nil
		}
		p.target = t
	}
	c.fields()
	c.tables()
	p.idSlot = p.target.Slot(doc.IDField())
	if doc.scope.text != "" {
		p.scope = c.condition(doc.scope.src, doc.scope.text, doc.scope.at, expr.PickPrimary)
	}
	names := doc.ruleNames()
	for i, d := range doc.rules {
		if !d.disabled {
			c.rule(d, names[i])
		}
	}
	c.taint()
	c.groups()
	c.matches()
	if len(c.problems) > 0 {
		return nil
	}
	p.sources()
	p.paths()
	return p
}

// fields gives each field of the target what the document says of it.
func (c *compiler) fields() {
	p := c.plan
	p.fields = make([]field, p.target.Len())
	for i := range p.fields {
		p.fields[i] = field{attr: *p.target.Attribute(schema.Slot(i)), slot: schema.Slot(i)}
	}
	for i := range c.doc.fields {
		d := &c.doc.fields[i]
		slot, err := expr.ResolveField(d.name, p.target)
		if err != nil {
			continue // a rule that names it says so
		}
		f := &p.fields[slot]
		for _, set := range d.set {
			set(&f.attr)
		}
		f.object = d.typ.object && f.attr.Type == schema.Any
		declared := d.attribute()
		f.demanded = declared.Required
	}
	// Whether the account lets a field be written again is not for the document to
	// say where a rule asks for it.
	for _, r := range c.doc.rules {
		if r.apply != applyWritable {
			continue
		}
		if slot, err := expr.ResolveField(r.target, p.target); err == nil {
			p.fields[slot].attr.Mutability = p.target.Attribute(slot).Mutability
		}
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.attr.Pattern == "" {
			continue
		}
		re, err := compileWhole(f.attr.Pattern)
		if err != nil {
			c.fail(patternCode(err), pointer("/target/schema/fields", f.attr.Name), "the pattern of field "+f.attr.Name+": "+err.Error())
		}
		f.pattern = re
	}
}

// tables prepares value maps and lookups.
func (c *compiler) tables() {
	c.maps = make(map[string]*mapRef)
	for i := range c.doc.maps {
		d := &c.doc.maps[i]
		m, err := expr.NewValueMap(d.spec.MapSpec)
		if err != nil {
			c.failAt(d.src, CodeType, pointer("/valueMaps", d.name), err.Error())
			continue
		}
		c.maps[d.name] = &mapRef{name: d.name, m: m, ignore: d.spec.ignore}
	}
	c.lookups = make(map[string]*Lookup)
	for i := range c.doc.lookups {
		d := &c.doc.lookups[i]
		l := d.lookup
		c.lookups[l.Name] = &l
		for _, f := range d.create {
			program := c.program(d.src, f.text, f.at, &expr.Env{Resource: c.plan.resource, Target: c.plan.target,
				Prefixes: c.doc.prefixes, EmptyString: c.plan.emptyString})
			l.create = append(l.create, creator{f.field, program})
		}
	}
}

// valueMap finds a value map: the document's, the host's, a built-in one.
func (c *compiler) valueMap(name string) *mapRef {
	if m := c.maps[name]; m != nil {
		return m
	}
	m := c.options.ValueMaps[name]
	if m == nil {
		m = expr.BuiltinMap(name)
	}
	if m == nil {
		return nil
	}
	// Most time zones have no name in an app that has its own list: such a zone
	// is no reason to refuse a person.
	ref := &mapRef{name: name, m: m, ignore: strings.HasPrefix(name, "tz.")}
	c.maps[name] = ref
	return ref
}

func (c *compiler) mapNames() []string {
	names := slices.Collect(maps.Keys(c.maps))
	names = slices.AppendSeq(names, maps.Keys(c.options.ValueMaps))
	names = append(names, expr.BuiltinMaps()...)
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *compiler) program(src *source, text, at string, env *expr.Env) *expr.Program {
	e, err := expr.Parse(text)
	if err != nil {
		c.failExpr(src, at, err)
		return nil
	}
	p, errs := expr.Compile(e, env)
	for _, err := range errs {
		c.failExpr(src, at, err)
	}
	if len(errs) > 0 {
		return nil
	}
	return p
}

func (c *compiler) env(pick expr.Pick, list bool) *expr.Env {
	return &expr.Env{Resource: c.plan.resource, Target: c.plan.target, Prefixes: c.doc.prefixes, Pick: pick,
		EmptyString: c.plan.emptyString, List: list}
}

// condition compiles an expression that has to be a boolean.
func (c *compiler) condition(src *source, text, at string, pick expr.Pick) *expr.Program {
	p := c.program(src, text, at, c.env(pick, false))
	if p != nil && !p.Type().Fits(expr.Type{Kind: expr.Boolean}) {
		c.failAt(src, CodeType, at, "a condition is a boolean, this is "+p.Type().String())
		return nil
	}
	return p
}

func (c *compiler) matches() {
	seen := make(map[int64]bool)
	for _, d := range c.doc.match {
		if seen[d.precedence] {
			c.failAt(d.src, CodeMatchPrecedence, pointer(d.at, "precedence"), "another match has the precedence "+itoa(int(d.precedence)))
		}
		seen[d.precedence] = true
		m := match{precedence: d.precedence}
		for i := range d.parts {
			if part, ok := c.matchPart(d.src, &d.parts[i]); ok {
				m.parts = append(m.parts, part)
			}
		}
		c.plan.match = append(c.plan.match, m)
	}
	slices.SortStableFunc(c.plan.match, func(a, b match) int { return cmp.Compare(a.precedence, b.precedence) })
}

func (c *compiler) matchPart(src *source, d *matchPart) (match matchField, ok bool) {
	before := len(c.problems)
	m := matchField{fold: d.fold, path: d.scim}
	opts := expr.ReadOptions{EmptyString: c.plan.emptyString}
	if d.scim != "" {
		sel, err := expr.Resolve(d.scim, c.plan.resource, c.doc.prefixes)
		if err != nil {
			c.failExpr(src, pointer(d.at, "scim"), err)
		} else {
			m.source = expr.NewReader(sel, opts)
		}
	} else {
		m.program = c.program(src, d.expr, pointer(d.at, "expr"), c.env(expr.PickPrimary, false))
	}
	slot, err := expr.ResolveField(d.target, c.plan.target)
	if err != nil {
		c.failExpr(src, pointer(d.at, "target"), err)
	} else {
		m.field = &c.plan.fields[slot]
		if m.field.attr.Filter&schema.Eq == 0 {
			c.failAt(src, CodeMatchNotFilterable, pointer(d.at, "target"), "the target cannot be searched by "+d.target)
		}
	}
	m.steps, _ = c.pipe(src, d.at, d.pipe)
	return m, len(c.problems) == before
}
