package mapping

import (
	"maps"
	"slices"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/mapping/internal/yamltext"
	"github.com/usher-scim/usher/schema"
)

// AppendYAML appends the document as YAML: what was parsed or, for a document that
// [Resolve] or [Document.Extend] put together, the whole of it, with every rule
// under its name. Parsing that gives an equal document. Comments are not kept, and
// members that say what holds anyway are left out; of the rules that
// [Document.WithCustom] made the conversion of texts is not shown.
func (d *Document) AppendYAML(dst []byte) []byte { return yamltext.Append(dst, d.value()) }

// object collects the members of an object, without those that say nothing.
type object []schema.Member

func (o *object) add(name string, v schema.Value) {
	if !v.IsUnset() {
		*o = append(*o, schema.Member{Name: name, Value: v})
	}
}

func (o *object) text(name, s string) {
	if s != "" {
		o.add(name, schema.StringValue(s))
	}
}

func (o *object) texts(name string, list []string) {
	if len(list) > 0 {
		o.add(name, schema.StringsValue(list...))
	}
}

func (o *object) flag(name string, b bool) {
	if b {
		o.add(name, schema.BooleanValue(true))
	}
}

func (o *object) number(name string, n int64) {
	if n > 0 {
		o.add(name, schema.IntegerValue(n))
	}
}

// list adds a list unless it is empty.
func (o *object) list(name string, vs []schema.Value) {
	if len(vs) > 0 {
		o.add(name, schema.ListValue(vs...))
	}
}

// object adds an object unless it is empty.
func (o *object) object(name string, m object) {
	if len(m) > 0 {
		o.add(name, m.value())
	}
}

func (o object) value() schema.Value { return schema.MembersValue(o...) }

// word returns the name of a value in a table of words, "" for the first one that
// the zero value has.
func word[T comparable](v T, words map[string]T) string {
	var zero T
	if v == zero {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(words)) {
		if words[name] == v {
			return name
		}
	}
	return ""
}

// value is the document as the parser reads it.
func (d *Document) value() schema.Value {
	var o object
	o.text("apiVersion", APIVersion)
	if d.set {
		o.text("kind", "MappingSet")
	}
	o.text("name", d.name)
	o.text("description", d.description)
	o.text("extends", d.extends)
	prefixes := object{}
	for _, p := range slices.Sorted(maps.Keys(d.prefixes)) {
		prefixes.text(p, d.prefixes[p])
	}
	if d.set {
		o.object("prefixes", prefixes)
		o.list("routes", routeValues(d.routes))
		return o.value()
	}
	o.object("resource", d.resourceValue())
	o.object("prefixes", prefixes)
	o.object("target", d.targetValue())
	if d.emptyString != nil {
		o.add("options", object{{Name: "emptyString", Value: schema.StringValue(map[bool]string{false: "unset", true: "value"}[*d.emptyString])}}.value())
	}
	o.text("scope", d.scope.text)
	o.list("match", matchValues(d.match))
	valueMaps := object{}
	for i := range d.maps {
		valueMaps.add(d.maps[i].name, d.maps[i].spec.value())
	}
	o.object("valueMaps", valueMaps)
	lookups := object{}
	for i := range d.lookups {
		lookups.add(d.lookups[i].lookup.Name, d.lookups[i].value())
	}
	o.object("lookups", lookups)
	rules := make([]schema.Value, len(d.rules))
	for i, r := range d.rules {
		rules[i] = r.value()
	}
	if d.extends == "" || len(rules) > 0 {
		o.add("rules", schema.ListValue(rules...))
	}
	tests := make([]schema.Value, 0, len(d.tests))
	for i := range d.tests {
		if v, err := schema.ParseJSON(d.tests[i].JSON); err == nil { // it was written by AppendJSON
			tests = append(tests, v)
		}
	}
	o.list("tests", tests)
	return o.value()
}

func routeValues(routes []routeDecl) []schema.Value {
	out := make([]schema.Value, len(routes))
	for i, r := range routes {
		var o object
		o.text("when", r.when.text)
		o.text("use", r.use)
		out[i] = o.value()
	}
	return out
}

func (d *Document) resourceValue() object {
	var o object
	o.text("type", d.resource)
	o.texts("schemas", d.schemas)
	extensions := object{}
	for _, x := range d.extensions {
		extensions.add(x.urn, schema.StringsValue(x.names...))
	}
	o.object("extensionAttributes", extensions)
	return o
}

func (d *Document) targetValue() object {
	var o object
	o.text("object", d.object)
	o.text("id", d.id)
	fields := object{}
	for i := range d.fields {
		fields.add(d.fields[i].name, d.fields[i].value())
	}
	if len(fields) > 0 {
		o.object("schema", object{{Name: "fields", Value: fields.value()}})
	}
	if q := d.query; q != nil {
		query := object{{Name: "and", Value: schema.BooleanValue(q.And)}, {Name: "or", Value: schema.BooleanValue(q.Or)}}
		query.number("maxLength", int64(q.MaxLength))
		o.object("query", query)
	}
	return o
}

func (f *fieldDecl) value() schema.Value {
	var o object
	name := ""
	for _, n := range slices.Sorted(maps.Keys(fieldTypes)) {
		if t := fieldTypes[n]; t.kind == f.typ.kind && t.object == f.typ.object {
			name = n
		}
	}
	if f.typ.list {
		name = "list<" + name + ">"
	}
	o.text("type", name)
	a := f.attribute()
	o.flag("required", a.Required)
	o.flag("readOnly", a.Mutability == schema.ReadOnly)
	o.flag("createOnly", a.Mutability == schema.Immutable)
	o.number("maxLength", int64(a.MaxLength))
	o.texts("oneOf", a.Choices)
	o.text("pattern", a.Pattern)
	o.flag("set", a.Unordered)
	o.text("clearAs", word(a.ClearAs, clearWords))
	var ops []string
	for _, n := range []string{"eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le"} {
		if a.Filter&filterOps[n] != 0 {
			ops = append(ops, n)
		}
	}
	o.texts("filter", ops)
	o.text("filterAs", a.FilterAs)
	if a.Whole {
		o.text("container", "whole")
	}
	return o.value()
}

func matchValues(list []matchDecl) []schema.Value {
	out := make([]schema.Value, len(list))
	for i := range list {
		var o object
		o.number("precedence", list[i].precedence)
		if len(list[i].parts) == 1 {
			list[i].parts[0].members(&o)
		} else {
			parts := make([]schema.Value, len(list[i].parts))
			for k := range list[i].parts {
				var p object
				list[i].parts[k].members(&p)
				parts[k] = p.value()
			}
			o.list("all", parts)
		}
		out[i] = o.value()
	}
	return out
}

func (p *matchPart) members(o *object) {
	o.text("scim", p.scim)
	o.text("expr", p.expr)
	o.text("target", p.target)
	o.texts("pipe", p.pipe)
	o.flag("fold", p.fold)
}

func (m *mapSpec) value() schema.Value {
	var o object
	entries := make([]schema.Value, len(m.Entries))
	for i, e := range m.Entries {
		entries[i] = schema.ListValue(e.SCIM, e.Native)
	}
	o.add("entries", schema.ListValue(entries...))
	if m.CaseExact {
		o.add("fold", schema.BooleanValue(false))
	}
	if m.Parent {
		o.text("fallback", "parent")
	}
	o.add("default", m.Default)
	o.flag("passthrough", m.Passthrough)
	if m.ignore {
		o.text("onMissing", "ignore")
	}
	return o.value()
}

func (l *lookupDecl) value() schema.Value {
	var o object
	k := &l.lookup
	o.text("object", k.Object)
	o.texts("keys", k.Keys)
	o.text("value", k.Value)
	if k.Return != k.Keys[0] {
		o.text("return", k.Return)
	}
	if k.CaseExact {
		o.add("fold", schema.BooleanValue(false))
	}
	o.text("onMissing", word(k.OnMissing, missingWords))
	create := object{}
	for _, c := range l.create {
		create.text(c.field, c.text)
	}
	o.object("create", create)
	if k.MaxCreate > 1 {
		o.number("maxCreate", int64(k.MaxCreate))
	}
	if k.UnknownIDFails {
		o.text("onUnknownId", "error")
	}
	cache := object{}
	cache.text("ttl", k.Cache.TTL)
	cache.text("negativeTtl", k.Cache.NegativeTTL)
	cache.number("max", int64(k.Cache.Max))
	o.object("cache", cache)
	return o.value()
}

func (r *ruleDecl) value() schema.Value {
	var o object
	o.text("name", r.name)
	o.text("description", r.description)
	o.text("scim", r.scim)
	if r.hasConst {
		o.add("const", r.constant)
	}
	o.text("expr", r.expr)
	o.text("target", r.target)
	o.texts("pipe", r.pipe)
	if r.hasDirection {
		o.text("direction", r.direction.String())
	}
	o.text("inverse", r.inverse)
	if r.hasDefault {
		o.add("default", r.fallback)
	}
	if r.always {
		o.text("defaultOn", "always")
	}
	o.text("when", r.when)
	o.text("apply", word(r.apply, applyWords))
	o.flag("enforce", r.enforce)
	o.text("onUnset", word(r.onUnset, unsetWords))
	o.flag("required", r.required)
	checks := make([]schema.Value, len(r.validate))
	for i := range r.validate {
		checks[i] = r.validate[i].value()
	}
	o.list("validate", checks)
	o.text("pick", word(r.pick, pickWords))
	if r.add {
		o.text("multi", "add")
	}
	o.object("element", r.element)
	o.flag("secret", r.secret)
	o.text("lossy", r.lossy)
	o.flag("alternatives", r.alternatives)
	o.flag("alternative", r.alternative)
	o.flag("optional", r.optional)
	o.flag("disabled", r.disabled)
	return o.value()
}

func (v *validation) value() schema.Value {
	var o object
	o.text("pattern", v.source)
	if v.maxLength >= 0 {
		o.add("maxLength", schema.IntegerValue(v.maxLength))
	}
	o.list("oneOf", v.oneOf)
	o.add("min", v.min)
	o.add("max", v.max)
	o.text("format", v.format)
	o.text("expr", v.expr)
	return o.value()
}

// The words of the document format for choices.
var (
	clearWords = map[string]schema.ClearAs{"null": schema.ClearNull, "empty": schema.ClearEmpty,
		"emptyList": schema.ClearEmptyList, "omit": schema.ClearOmit}
	missingWords = map[string]OnMissing{"error": MissingError, "ignore": MissingIgnore, "defer": MissingDefer, "create": MissingCreate, "createOrIgnore": MissingCreateOrIgnore}
	applyWords   = map[string]apply{"always": applyAlways, "create": applyCreate, "update": applyUpdate, "ifEmpty": applyIfEmpty, "writable": applyWritable}
	unsetWords   = map[string]onUnset{"clear": unsetClear, "keep": unsetKeep, "error": unsetError}
	pickWords    = map[string]expr.Pick{"primary": expr.PickPrimary, "first": expr.PickFirst, "error": expr.PickError}
)
