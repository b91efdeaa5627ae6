package mapping

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

func itoa(n int) string { return strconv.Itoa(n) }

// decoder makes a document of a tree and collects what is wrong.
type decoder struct {
	src      *source
	problems Diagnostics
}

func (d *decoder) fail(at, msg string) {
	d.problems = append(d.problems, d.src.diagnostic(CodeSyntax, at, 0, msg))
}

// pointer appends a member to a JSON pointer.
func pointer(at, name string) string {
	return at + "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// members are the readers of a mapping's members.
type members map[string]func(t *tree, at string)

// object reads a mapping with the members of a table.
func (d *decoder) object(t *tree, at string, table members, required ...string) bool {
	if t.kind != mappingTree {
		d.fail(at, "a mapping is wanted here")
		return false
	}
	for _, m := range t.members {
		p := pointer(at, m.name)
		read, ok := table[m.name]
		if !ok {
			diag := d.src.diagnostic(CodeSyntax, p, 0, "unknown member "+strconv.Quote(m.name))
			diag.Line, diag.Column = m.line, m.column
			diag.Snippet = snippet(d.src.line(m.line), m.column)
			diag.Suggestion = expr.Suggest(m.name, slices.Sorted(maps.Keys(table)))
			d.problems = append(d.problems, diag)
			continue
		}
		read(m.tree, p)
	}
	for _, name := range required {
		if t.get(name) == nil {
			d.fail(pointer(at, name), "member "+name+" is missing")
		}
	}
	return true
}

// each reads a mapping whose names are free.
func (d *decoder) each(t *tree, at string, read func(name string, t *tree, at string)) {
	if t.kind != mappingTree {
		d.fail(at, "a mapping is wanted here")
		return
	}
	for _, m := range t.members {
		read(m.name, m.tree, pointer(at, m.name))
	}
}

func (d *decoder) list(t *tree, at string, read func(t *tree, at string)) {
	if t.kind != listTree {
		d.fail(at, "a list is wanted here")
		return
	}
	for i, c := range t.items {
		read(c, at+"/"+itoa(i))
	}
}

func (d *decoder) text(t *tree, at string) string {
	s, ok := t.value.Str()
	if !ok {
		d.fail(at, "text is wanted here")
	} else if s == "" {
		d.fail(at, "an empty text stands where one is needed")
	}
	return s
}

func (d *decoder) boolean(t *tree, at string) bool {
	b, ok := t.value.Bool()
	if !ok {
		d.fail(at, "true or false is wanted here")
	}
	return b
}

func (d *decoder) integer(t *tree, at string, least int64) int64 {
	n, ok := t.value.Integer()
	if !ok || n < least {
		d.fail(at, "a whole number of "+strconv.FormatInt(least, 10)+" or more is wanted here")
	}
	return n
}

func (d *decoder) texts(t *tree, at string) []string {
	var out []string
	d.list(t, at, func(t *tree, at string) { out = append(out, d.text(t, at)) })
	return out
}

func (d *decoder) values(t *tree, at string) []schema.Value {
	var out []schema.Value
	d.list(t, at, func(t *tree, _ string) { out = append(out, t.toValue()) })
	return out
}

// choice reads one of several words.
func choice[T any](d *decoder, t *tree, at string, words map[string]T) T {
	s, _ := t.value.Str()
	v, ok := words[s]
	if !ok {
		known := slices.Sorted(maps.Keys(words))
		diag := d.src.diagnostic(CodeSyntax, at, 0, "one of "+strings.Join(known, ", ")+" is wanted here")
		diag.Suggestion = expr.Suggest(s, known)
		d.problems = append(d.problems, diag)
	}
	return v
}

func setText(d *decoder, dst *string) func(*tree, string) {
	return func(t *tree, at string) { *dst = d.text(t, at) }
}

func setBool(d *decoder, dst *bool) func(*tree, string) {
	return func(t *tree, at string) { *dst = d.boolean(t, at) }
}

func setChoice[T any](d *decoder, dst *T, words map[string]T) func(*tree, string) {
	return func(t *tree, at string) { *dst = choice(d, t, at, words) }
}

func (d *decoder) document(t *tree) *Document {
	doc := &Document{src: d.src}
	header := func(t *tree, at string) {
		if s, _ := t.value.Str(); s != APIVersion {
			d.fail(at, "apiVersion has to be "+APIVersion)
		}
	}
	table := members{
		"apiVersion":  header,
		"name":        setText(d, &doc.name),
		"description": func(t *tree, at string) { doc.description = d.prose(t, at) },
		"prefixes":    func(t *tree, at string) { doc.prefixes = d.prefixes(t, at) },
		"kind":        setChoice(d, &doc.set, map[string]bool{"Mapping": false, "MappingSet": true}),
	}
	if kind := t.get("kind"); t.kind == mappingTree && kind != nil && kind.value.Equal(schema.StringValue("MappingSet")) {
		table["routes"] = func(t *tree, at string) { d.routes(doc, t, at) }
		d.object(t, "", table, "apiVersion", "kind", "name", "routes")
		return doc
	}
	required := []string{"apiVersion", "name", "resource", "target", "rules"}
	if t.kind == mappingTree && t.get("extends") != nil {
		required = required[:2]
	}
	maps.Copy(table, members{
		"extends":  setText(d, &doc.extends),
		"resource": func(t *tree, at string) { d.resource(doc, t, at) },
		"target":   func(t *tree, at string) { d.target(doc, t, at) },
		"options":  func(t *tree, at string) { d.options(doc, t, at) },
		"scope":    func(t *tree, at string) { doc.scope = condition{d.src, d.text(t, at), at} },
		"match":    func(t *tree, at string) { d.list(t, at, func(t *tree, at string) { d.matchDecl(doc, t, at) }) },
		"valueMaps": func(t *tree, at string) {
			d.each(t, at, func(n string, t *tree, at string) { d.valueMap(doc, n, t, at) })
		},
		"lookups": func(t *tree, at string) {
			d.each(t, at, func(n string, t *tree, at string) { d.lookup(doc, n, t, at) })
		},
		"rules": func(t *tree, at string) { d.list(t, at, func(t *tree, at string) { d.rule(doc, t, at) }) },
		"tests": func(t *tree, at string) { d.list(t, at, func(t *tree, at string) { d.test(doc, t, at) }) },
	})
	d.object(t, "", table, required...)
	d.uniqueNames(doc)
	return doc
}

// prose is text that may be empty.
func (d *decoder) prose(t *tree, at string) string {
	s, ok := t.value.Str()
	if !ok {
		d.fail(at, "text is wanted here")
	}
	return s
}

func (d *decoder) uniqueNames(doc *Document) {
	seen := make(map[string]bool)
	for i, name := range doc.ruleNames() {
		if seen[name] {
			d.fail(pointer(doc.rules[i].at, "name"), "another rule has the name "+strconv.Quote(name))
		}
		seen[name] = true
	}
}

var prefixName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

func (d *decoder) prefixes(t *tree, at string) map[string]string {
	out := make(map[string]string)
	d.each(t, at, func(name string, t *tree, at string) {
		urn := d.text(t, at)
		switch {
		case !prefixName.MatchString(name) || name == "urn":
			d.fail(at, "a prefix is made of small letters and digits, and is not urn")
		case !isURN(urn):
			d.fail(at, "a prefix stands for a URN")
		}
		out[name] = urn
	})
	return out
}

func isURN(s string) bool { return len(s) > 4 && strings.EqualFold(s[:4], "urn:") }

func (d *decoder) routes(doc *Document, t *tree, at string) {
	d.list(t, at, func(t *tree, at string) {
		var r routeDecl
		d.object(t, at, members{
			"when": func(t *tree, at string) { r.when = condition{d.src, d.text(t, at), at} },
			"use":  setText(d, &r.use),
		}, "use")
		doc.routes = append(doc.routes, r)
	})
	if t.kind == listTree && len(t.items) == 0 {
		d.fail(at, "a set has one route at least")
	}
}

func (d *decoder) resource(doc *Document, t *tree, at string) {
	required := []string{"type", "schemas"}
	if d.src.root.get("extends") != nil {
		required = nil // what is not said is that of the document that is extended
	}
	d.object(t, at, members{
		"type": setText(d, &doc.resource),
		"schemas": func(t *tree, at string) {
			for i, urn := range d.texts(t, at) {
				p := at + "/" + itoa(i)
				if !isURN(urn) {
					d.fail(p, "a schema is named by a URN")
				}
				if slices.ContainsFunc(doc.schemas, func(s string) bool { return strings.EqualFold(s, urn) }) {
					d.fail(p, "the schema is there twice")
				}
				doc.schemas = append(doc.schemas, urn)
			}
			if t.kind == listTree && len(t.items) == 0 {
				d.fail(at, "a resource has one schema at least")
			}
		},
		"extensionAttributes": func(t *tree, at string) {
			d.each(t, at, func(urn string, t *tree, at string) {
				if !isURN(urn) {
					d.fail(at, "a schema is named by a URN")
				}
				x := extension{urn: urn, names: d.texts(t, at)}
				for i, n := range x.names {
					if !attributeName.MatchString(n) {
						d.fail(at+"/"+itoa(i), "not the name of an attribute, or of one and its sub-attribute")
					}
				}
				doc.extensions = append(doc.extensions, x)
			})
		},
	}, required...)
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9$_-]+(\.[A-Za-z0-9$_-]+)?$`)

func (d *decoder) target(doc *Document, t *tree, at string) {
	d.object(t, at, members{
		"object": setText(d, &doc.object),
		"id":     setText(d, &doc.id),
		"schema": func(t *tree, at string) {
			d.object(t, at, members{"fields": func(t *tree, at string) {
				d.each(t, at, func(name string, t *tree, at string) { d.field(doc, name, t, at) })
			}})
		},
		"query": func(t *tree, at string) {
			doc.query = &Query{}
			d.object(t, at, members{
				"and":       setBool(d, &doc.query.And),
				"or":        setBool(d, &doc.query.Or),
				"maxLength": func(t *tree, at string) { doc.query.MaxLength = int(d.integer(t, at, 1)) },
			})
		},
	}, "object")
}

func (d *decoder) options(doc *Document, t *tree, at string) {
	d.object(t, at, members{
		"emptyString": func(t *tree, at string) {
			keep := choice(d, t, at, map[string]bool{"unset": false, "value": true})
			doc.emptyString = &keep
		},
	})
}

var fieldTypes = map[string]fieldType{
	"string":   {kind: schema.String},
	"integer":  {kind: schema.Integer},
	"number":   {kind: schema.Decimal},
	"boolean":  {kind: schema.Boolean},
	"date":     {kind: schema.Date},
	"datetime": {kind: schema.DateTime},
	"object":   {kind: schema.Any, object: true},
	"any":      {kind: schema.Any},
}

func (d *decoder) field(doc *Document, name string, t *tree, at string) {
	f := fieldDecl{name: name, at: at}
	set := func(fn func(*schema.Attribute)) { f.set = append(f.set, fn) }
	d.object(t, at, members{
		"type": func(t *tree, at string) {
			s := d.text(t, at)
			inner, list := strings.CutPrefix(s, "list<")
			if list {
				inner, list = strings.CutSuffix(inner, ">")
			}
			ft, ok := fieldTypes[inner]
			if !ok || list != strings.HasPrefix(s, "list<") {
				d.fail(at, "a type is string, integer, number, boolean, date, datetime, object, any, or list<one of them>")
			}
			ft.list = list
			f.typ = ft
		},
		"required": func(t *tree, at string) {
			b := d.boolean(t, at)
			set(func(a *schema.Attribute) { a.Required = b })
		},
		"readOnly": func(t *tree, at string) {
			b := d.boolean(t, at)
			set(func(a *schema.Attribute) { setMutability(a, schema.ReadOnly, b) })
		},
		"createOnly": func(t *tree, at string) {
			b := d.boolean(t, at)
			set(func(a *schema.Attribute) { setMutability(a, schema.Immutable, b) })
		},
		"maxLength": func(t *tree, at string) {
			n := d.integer(t, at, 1)
			set(func(a *schema.Attribute) { a.MaxLength = int(n) })
		},
		"oneOf": func(t *tree, at string) {
			var texts []string
			for i, v := range d.values(t, at) {
				if v.Kind() == schema.KindList || v.Kind() == schema.KindObject || v.Text() == "" {
					d.fail(at+"/"+itoa(i), "a choice is a text, a number or a boolean")
				}
				texts = append(texts, v.Text())
			}
			set(func(a *schema.Attribute) { a.Choices = texts })
		},
		"pattern": func(t *tree, at string) {
			s := d.text(t, at)
			d.wholePattern(s, at)
			set(func(a *schema.Attribute) { a.Pattern = s })
		},
		"set": func(t *tree, at string) {
			b := d.boolean(t, at)
			set(func(a *schema.Attribute) { a.Unordered = b })
		},
		"clearAs": func(t *tree, at string) {
			c := choice(d, t, at, clearWords)
			set(func(a *schema.Attribute) { a.ClearAs = c })
		},
		"filter": func(t *tree, at string) {
			var ops schema.Op
			d.list(t, at, func(t *tree, at string) {
				ops |= choice(d, t, at, filterOps)
			})
			set(func(a *schema.Attribute) { a.Filter = ops })
		},
		"filterAs": func(t *tree, at string) {
			s := d.text(t, at)
			set(func(a *schema.Attribute) { a.FilterAs = s })
		},
		"container": func(t *tree, at string) {
			choice(d, t, at, map[string]bool{"whole": true})
			set(func(a *schema.Attribute) { a.Whole = true })
		},
	}, "type")
	doc.fields = append(doc.fields, f)
}

var filterOps = map[string]schema.Op{"eq": schema.Eq, "ne": schema.Ne, "co": schema.Co, "sw": schema.Sw, "ew": schema.Ew,
	"pr": schema.Pr, "gt": schema.Gt, "ge": schema.Ge, "lt": schema.Lt, "le": schema.Le}

func setMutability(a *schema.Attribute, m schema.Mutability, on bool) {
	if on {
		a.Mutability = m
	} else if a.Mutability == m {
		a.Mutability = schema.ReadWrite
	}
}

// maxPattern is how many bytes a regular expression may have; its instructions
// are bounded as well ([expr.MaxPattern]).
const maxPattern = 1000

// wholePattern compiles a pattern that has to match a whole value.
func (d *decoder) wholePattern(s, at string) *pattern {
	p, err := compileWhole(s)
	if err != nil {
		d.problems = append(d.problems, d.src.diagnostic(patternCode(err), at, 0, err.Error()))
	}
	return p
}

func (d *decoder) test(doc *Document, t *tree, at string) {
	ops := make(map[string]bool)
	for _, op := range []string{"create", "replace", "patch", "read", "roundtrip", "match", "filter", "explain"} {
		ops[op] = true
	}
	var c Test
	free := func(*tree, string) {}
	d.object(t, at, members{
		"name":        setText(d, &c.Name),
		"description": free, "input": free, "existing": free, "tables": free, "records": free,
		"id": free, "nextId": free, "now": free, "expect": free,
		"op": func(t *tree, at string) { choice(d, t, at, ops) },
	}, "name", "op", "expect")
	c.JSON = t.toValue().AppendJSON(nil)
	doc.tests = append(doc.tests, c)
}
