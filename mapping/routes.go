package mapping

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// Routes choose among several documents for one resource type. They are
// immutable and safe for concurrent use.
type Routes struct {
	name   string
	routes []route
}

type route struct {
	when *expr.Program // nil: always
	text string        // of when
	use  string
}

// CompileRoutes compiles a MappingSet against the resource type, which has the
// attributes of all the mappings that the set names (see [Document.ResourceType]).
func CompileRoutes(doc *Document, resource *schema.Type) (*Routes, Diagnostics) {
	c := &compiler{doc: doc, options: &Options{}, plan: &Plan{resource: resource}}
	if !doc.set {
		c.fail(CodeSyntax, "/kind", "only a MappingSet has routes")
		return nil, c.problems
	}
	r := &Routes{name: doc.name}
	for _, d := range doc.routes {
		var when *expr.Program
		if d.when.text != "" {
			when = c.condition(d.when.src, d.when.text, d.when.at, expr.PickPrimary)
		}
		r.routes = append(r.routes, route{when, d.when.text, d.use})
	}
	if len(c.problems) > 0 {
		c.sort()
		return nil, c.problems
	}
	return r, nil
}

// Name returns the name of the document.
func (r *Routes) Name() string { return r.name }

// Names returns the names of the documents that the routes lead to, in order,
// without duplicates.
func (r *Routes) Names() []string {
	var names []string
	for _, rt := range r.routes {
		if !slices.Contains(names, rt.use) {
			names = append(names, rt.use)
		}
	}
	return names
}

// Leads reports whether a MappingSet has a route to the document of that name.
func (d *Document) Leads(name string) bool {
	for _, r := range d.routes {
		if r.use == name {
			return true
		}
	}
	return false
}

// Use returns the name of the document to use for a write: that of the first
// route whose condition holds, "" when none does. A condition that cannot be
// evaluated, such as toBool of "perhaps", is an [Errors]: what somebody becomes is
// not guessed.
func (r *Routes) Use(in *Input) (name string, err error) {
	if name, err = r.Says(in); name == "" && err == nil {
		name = r.Fallback()
	}
	return name, err
}

// Says is Use of the routes that have a condition: it returns "" for a resource
// that does not say which document it is for.
func (r *Routes) Says(in *Input) (name string, err error) {
	s := expr.Scope{Resource: in.Resource, Op: in.Op.String(), Now: in.Now, Total: maxTotalSteps}
	for _, rt := range r.routes {
		if rt.when == nil {
			break
		}
		holds, err := rt.when.Holds(&s)
		if err != nil {
			return "", rt.failed(err)
		}
		if holds {
			return rt.use, nil
		}
	}
	return "", nil
}

// failed makes the error of a condition that cannot be evaluated.
func (rt route) failed(err error) error {
	out := Error{Status: 400, SCIMType: "invalidValue", Path: rt.text, Code: CodeConvert, Reason: err.Error()}
	if own, ok := errors.AsType[*expr.Error](err); ok {
		out.Code, out.Reason = Code(own.Code), clip(own.Reason(false))
	}
	return &Errors{All: []Error{out}}
}

// Reads reports whether a condition reads an attribute of the resource, or a part of
// it.
func (r *Routes) Reads(s schema.Slot) bool {
	return slices.ContainsFunc(r.Inputs(), func(in schema.Selector) bool { return in.Slot == s })
}

// Fallback returns the name of the document that the routes lead to whatever the
// resource says, "" where every route has a condition.
func (r *Routes) Fallback() string {
	for _, rt := range r.routes {
		if rt.when == nil {
			return rt.use
		}
	}
	return ""
}

// Inputs returns what the conditions read.
func (r *Routes) Inputs() []schema.Selector {
	var out []schema.Selector
	for _, rt := range r.routes {
		if rt.when != nil {
			out = append(out, rt.when.Inputs()...)
		}
	}
	return out
}

// Blind reports whether a PATCH whose operations name these paths leaves the
// route as it is: no condition reads anything that they touch.
func (r *Routes) Blind(touched []schema.Selector) bool {
	for _, in := range r.Inputs() {
		for _, t := range touched {
			if overlap(in, t) {
				return false
			}
		}
	}
	return true
}

// literalPaths adds the attributes that the conditions of a set name and no
// schema has.
func (b *typeBuilder) literalPaths() {
	core := ""
	if len(b.schemas) > 0 {
		core = b.schemas[0].URN
	}
	for _, r := range b.doc.routes {
		b.doc.paths(r.when.text, core, func(urn string, p schema.Path) {
			if p.Filter != nil || !isURN(urn) {
				return
			}
			name := p.Attr
			if p.Sub != "" && !strings.Contains(p.Sub, ".") {
				name += "." + p.Sub
			}
			if !isCommonPath(name) {
				b.extend(urn, []string{name}, r.when.at)
			}
		})
	}
}

// isCommonPath holds for the attributes that every resource has.
func isCommonPath(name string) bool {
	first, _, _ := strings.Cut(name, ".")
	for _, c := range []string{"schemas", "id", "externalId", "meta"} {
		if strings.EqualFold(first, c) {
			return true
		}
	}
	return false
}
