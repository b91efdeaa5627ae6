package importer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/internal/yamltext"
	"github.com/usher-scim/usher/schema"
)

// builder puts a document together.
type builder struct {
	name     string
	base     *mapping.Document
	resource string // "User", "Group"
	object   string
	scope    string
	match    []matcher
	rules    []rule
	// extensions are attribute names by URN, in their order.
	extensions []extension
	comment    []string
}

type extension struct {
	urn   string
	names []string
}

type matcher struct {
	precedence int
	scim, expr string
	target     string
	pipe       []string
}

// rule is a rule in the making: what is empty is left out.
type rule struct {
	name, scim, target string
	expr               string
	constant           schema.Value
	fallback           string
	direction          string
	apply, multi       string
	onUnset            string
	description        string
	enforce, secret    bool
	required           bool
	// What the rule of the base has that this one takes the place of.
	pipe                      []string
	lossy                     string
	alternative, alternatives bool
}

func (b *builder) extend(urn, name string) {
	for i := range b.extensions {
		if strings.EqualFold(b.extensions[i].urn, urn) {
			for _, n := range b.extensions[i].names {
				if strings.EqualFold(n, name) {
					return
				}
			}
			b.extensions[i].names = append(b.extensions[i].names, name)
			return
		}
	}
	b.extensions = append(b.extensions, extension{urn, []string{name}})
}

// freeName returns the name, with a number where a rule has it already.
func (b *builder) freeName(name string) string {
	free := func(s string) bool {
		for _, r := range b.rules {
			if r.name == s {
				return false
			}
		}
		return true
	}
	out := name
	for n := 2; !free(out); n++ {
		out = name + "#" + strconv.Itoa(n)
	}
	return out
}

// members collects the members of an object, without those that say nothing.
type members []schema.Member

func (m *members) add(name string, v schema.Value) {
	if !v.IsUnset() {
		*m = append(*m, schema.Member{Name: name, Value: v})
	}
}

func (m *members) text(name, s string) {
	if s != "" {
		m.add(name, schema.StringValue(s))
	}
}

func (m *members) texts(name string, list []string) {
	if len(list) > 0 {
		m.add(name, schema.StringsValue(list...))
	}
}

func (m *members) flag(name string, b bool) {
	if b {
		m.add(name, schema.BooleanValue(true))
	}
}

func (m members) value() schema.Value { return schema.MembersValue(m...) }

// yaml writes the document.
func (b *builder) yaml() []byte {
	var out []byte
	for _, c := range b.comment {
		out = append(out, "# "+c+"\n"...)
	}
	var doc members
	doc.text("apiVersion", mapping.APIVersion)
	doc.text("name", b.name)
	if b.base != nil {
		doc.text("extends", b.base.Name())
	}
	if b.base == nil || len(b.extensions) > 0 {
		doc.add("resource", b.resourceValue())
	}
	if b.base == nil {
		doc.add("target", b.targetValue())
	}
	doc.text("scope", b.scope)
	if len(b.match) > 0 {
		list := make([]schema.Value, len(b.match))
		for i, m := range b.match {
			entry := members{{Name: "precedence", Value: schema.IntegerValue(int64(m.precedence))}}
			entry.text("scim", m.scim)
			entry.text("expr", m.expr)
			entry.text("target", m.target)
			entry.texts("pipe", m.pipe)
			entry.flag("fold", true)
			list[i] = entry.value()
		}
		doc.add("match", schema.ListValue(list...))
	}
	rules := make([]schema.Value, len(b.rules))
	for i := range b.rules {
		rules[i] = b.rules[i].value()
	}
	doc.add("rules", schema.ListValue(rules...))
	return yamltext.Append(out, doc.value())
}

// resourceValue is the resource with the attributes that the import adds.
func (b *builder) resourceValue() schema.Value {
	var m members
	schemas := []string{coreUser, enterpriseUser}
	switch {
	case b.base != nil:
		m.text("type", b.base.ResourceName())
		schemas = b.base.Schemas()
	case b.resource == "Group":
		m.text("type", b.resource)
		schemas = []string{coreGroup}
	default:
		m.text("type", "User")
	}
	schemas = slices.Clone(schemas)
	var extensions members
	for _, x := range b.extensions {
		if !slices.ContainsFunc(schemas, func(s string) bool { return strings.EqualFold(s, x.urn) }) {
			schemas = append(schemas, x.urn)
		}
		extensions.texts(x.urn, x.names)
	}
	m.texts("schemas", schemas)
	if len(extensions) > 0 {
		m.add("extensionAttributes", extensions.value())
	}
	return m.value()
}

// targetValue declares the fields that rules name: of any type, since the source
// does not say.
func (b *builder) targetValue() schema.Value {
	anything := members{{Name: "type", Value: schema.StringValue("any")}}
	matched := make(map[string]bool)
	for _, m := range b.match {
		matched[m.target] = true
	}
	id := slices.Clone(anything)
	if matched["id"] {
		id.texts("filter", []string{"eq"})
	}
	fields := members{{Name: "id", Value: id.value()}}
	for _, r := range b.rules {
		if slices.ContainsFunc(fields, func(f schema.Member) bool { return strings.EqualFold(f.Name, r.target) }) {
			continue
		}
		field := slices.Clone(anything)
		if matched[r.target] {
			field.texts("filter", []string{"eq"})
		}
		fields.add(r.target, field.value())
	}
	var m members
	m.text("object", or(b.object, "record"))
	m.add("schema", members{{Name: "fields", Value: fields.value()}}.value())
	return m.value()
}

func (r *rule) value() schema.Value {
	var m members
	m.text("name", r.name)
	m.text("description", r.description)
	m.text("scim", r.scim)
	m.add("const", r.constant)
	m.text("expr", r.expr)
	m.text("target", r.target)
	m.texts("pipe", r.pipe)
	m.text("direction", r.direction)
	m.text("default", r.fallback)
	m.text("apply", r.apply)
	m.flag("enforce", r.enforce)
	m.text("onUnset", r.onUnset)
	m.flag("required", r.required)
	m.text("multi", r.multi)
	m.flag("secret", r.secret)
	m.text("lossy", r.lossy)
	m.flag("alternatives", r.alternatives)
	m.flag("alternative", r.alternative)
	return m.value()
}

// quote writes a text as the expression language does: as JSON.
func quote(s string) string { return string(schema.StringValue(s).AppendJSON(nil)) }

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
