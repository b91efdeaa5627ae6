package mapping

import (
	"maps"
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
)

// keepsEmpty reports whether "" is a value.
func (d *Document) keepsEmpty() bool { return d.emptyString != nil && *d.emptyString }

// Extend returns the mapping that an override makes of the document it extends:
// a rule whose name is there takes that rule's place, with disabled: true it
// removes it, others are appended; prefixes, value maps, lookups, options and
// fields replace by key; extension attributes are added to those that are there;
// scope, match, query and the names of target and resource as a whole. The tests are the override's own.
// Problems found later keep the file and the line of the document that they come
// from. Neither document is changed.
func (d *Document) Extend(base *Document) (*Document, Diagnostics) {
	switch {
	case d.extends != base.name:
		return nil, Diagnostics{d.src.diagnostic(CodeSyntax, "/extends", 0, "the document extends "+d.extends+", not "+base.name)}
	case base.set:
		return nil, Diagnostics{d.src.diagnostic(CodeSyntax, "/extends", 0, base.name+" is a MappingSet, which cannot be extended")}
	}
	out := *base
	out.src, out.name, out.extends, out.tests = d.src, d.name, base.extends, d.tests
	out.hash = digest([]byte(base.hash + d.hash))
	out.description = or(d.description, base.description)
	out.resource = or(d.resource, base.resource)
	if len(d.schemas) > 0 {
		out.schemas = d.schemas
	}
	out.extensions = slices.Clone(base.extensions)
	for _, x := range d.extensions {
		out.extensions = extended(out.extensions, x)
	}
	out.prefixes = maps.Clone(base.prefixes)
	if out.prefixes == nil {
		out.prefixes = make(map[string]string)
	}
	maps.Copy(out.prefixes, d.prefixes)
	out.object, out.id = or(d.object, base.object), or(d.id, base.id)
	out.fields = replace(base.fields, d.fields, func(f fieldDecl) string { return strings.ToLower(f.name) })
	out.maps = replace(base.maps, d.maps, func(m mapDecl) string { return m.name })
	out.lookups = replace(base.lookups, d.lookups, func(l lookupDecl) string { return l.lookup.Name })
	if d.query != nil {
		out.query = d.query
	}
	if d.emptyString != nil {
		out.emptyString = d.emptyString
	}
	if d.scope.text != "" {
		out.scope = d.scope
	}
	if d.match != nil {
		out.match = d.match
	}
	// A name that was made up stays with its rule, wherever that comes to stand.
	out.rules = replace(base.named(), d.named(), func(r *ruleDecl) string { return r.name })
	return &out, nil
}

// extended returns the extensions with the attributes of one more.
func extended(list []extension, x extension) []extension {
	i := slices.IndexFunc(list, func(b extension) bool { return strings.EqualFold(b.urn, x.urn) })
	if i < 0 {
		return append(list, x)
	}
	names := slices.Clone(list[i].names)
	for _, n := range x.names {
		if !slices.ContainsFunc(names, func(b string) bool { return strings.EqualFold(b, n) }) {
			names = append(names, n)
		}
	}
	list[i].names = names
	return list
}

// named returns the rules with their names spelled out.
func (d *Document) named() []*ruleDecl {
	rules := make([]*ruleDecl, len(d.rules))
	for i, name := range d.ruleNames() {
		r := *d.rules[i]
		r.name = name
		rules[i] = &r
	}
	return rules
}

// replace returns base with the elements of list in the place of those with the
// same key, and the others at the end.
func replace[T any](base, list []T, key func(T) string) []T {
	out := slices.Clone(base)
	for _, e := range list {
		if i := slices.IndexFunc(out, func(b T) bool { return key(b) == key(e) }); i >= 0 {
			out[i] = e
		} else {
			out = append(out, e)
		}
	}
	return out
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

// Resolve carries out the overrides among documents: each that extends another
// is put together with it, which must be among docs or, if it is not, among
// bases. The result has the documents in the order of docs. An unknown name is
// E_SYNTAX with the nearest one, documents that extend each other are E_CYCLE.
func Resolve(docs, bases []*Document) ([]*Document, Diagnostics) {
	r := resolver{docs: docs, bases: bases, done: make(map[*Document]*Document), open: make(map[*Document]bool)}
	out := make([]*Document, 0, len(docs))
	for _, d := range docs {
		if resolved := r.resolve(d); resolved != nil {
			out = append(out, resolved)
		}
	}
	return out, r.problems
}

type resolver struct {
	docs, bases []*Document
	done        map[*Document]*Document // nil: it has a problem
	open        map[*Document]bool
	problems    Diagnostics
}

func (r *resolver) resolve(d *Document) *Document {
	if resolved, ok := r.done[d]; ok {
		return resolved
	}
	if d.extends == "" {
		r.done[d] = d
		return d
	}
	r.open[d] = true
	defer delete(r.open, d)
	base := r.find(d)
	switch {
	case base == nil:
		p := d.src.diagnostic(CodeSyntax, "/extends", 0, "there is no document "+quote(d.extends))
		p.Suggestion = expr.Suggest(d.extends, r.names(d))
		r.problems = append(r.problems, p)
	case r.open[base]:
		r.problems = append(r.problems, d.src.diagnostic(CodeCycle, "/extends", 0, "the documents extend each other"))
	default:
		if base = r.resolve(base); base != nil {
			out, ds := d.Extend(base)
			r.problems = append(r.problems, ds...)
			r.done[d] = out
			return out
		}
	}
	r.done[d] = nil
	return nil
}

// names are those of the documents that d could extend.
func (r *resolver) names(d *Document) (names []string) {
	for _, b := range append(r.docs[:len(r.docs):len(r.docs)], r.bases...) {
		if b != d && !b.set {
			names = append(names, b.name)
		}
	}
	return names
}

// find returns the document that d extends. An override may have the name of
// what it extends.
func (r *resolver) find(d *Document) *Document {
	for _, list := range [][]*Document{r.docs, r.bases} {
		for _, b := range list {
			if b != d && b.name == d.extends {
				return b
			}
		}
	}
	if d.name == d.extends {
		return d // itself: a cycle
	}
	return nil
}
