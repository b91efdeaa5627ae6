package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/mapping"
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
	constant, fallback string // JSON
	direction          string
	when, apply, multi string
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

// yaml writes the document.
func (b *builder) yaml() []byte {
	var w strings.Builder
	for _, c := range b.comment {
		w.WriteString("# " + strings.ReplaceAll(c, "\n", " ") + "\n")
	}
	w.WriteString("apiVersion: " + mapping.APIVersion + "\nname: " + text(b.name) + "\n")
	if b.base != nil {
		w.WriteString("extends: " + text(b.base.Name()) + "\n")
	}
	b.writeHead(&w)
	if b.scope != "" {
		w.WriteString("scope: " + text(b.scope) + "\n")
	}
	if len(b.match) > 0 {
		w.WriteString("match:\n")
		for _, m := range b.match {
			w.WriteString("  - " + flow(
				"precedence", strconv.Itoa(m.precedence), "scim", text(m.scim), "expr", text(m.expr), "target", text(m.target), "pipe", list(m.pipe), "fold", "true") + "\n")
		}
	}
	if len(b.rules) == 0 {
		w.WriteString("rules: []\n")
		return []byte(w.String())
	}
	w.WriteString("rules:\n")
	for i := range b.rules {
		w.WriteString("  - " + b.rules[i].flow() + "\n")
	}
	return []byte(w.String())
}

// writeHead writes what an override takes from its base, and the attributes that
// it adds.
func (b *builder) writeHead(w *strings.Builder) {
	if b.base != nil && len(b.extensions) == 0 {
		return
	}
	w.WriteString("resource:\n")
	if b.base == nil {
		core, schemas := coreUser, []string{coreUser, enterpriseUser}
		if b.resource == "Group" {
			core, schemas = coreGroup, []string{coreGroup}
		}
		for _, x := range b.extensions {
			if !strings.EqualFold(x.urn, core) && !strings.EqualFold(x.urn, enterpriseUser) {
				schemas = append(schemas, x.urn)
			}
		}
		w.WriteString("  type: " + or(b.resource, "User") + "\n  schemas: " + list(schemas) + "\n")
	} else {
		w.WriteString("  type: " + text(b.base.ResourceName()) + "\n  schemas: " + list(b.newSchemas()) + "\n")
	}
	if len(b.extensions) > 0 {
		w.WriteString("  extensionAttributes:\n")
		for _, x := range b.extensions {
			w.WriteString("    " + quote(x.urn) + ": " + list(x.names) + "\n")
		}
	}
	if b.base != nil {
		return
	}
	w.WriteString("target:\n  object: " + text(or(b.object, "record")) + "\n  schema:\n    fields:\n")
	seen := make(map[string]bool)
	fields := []string{"id"}
	for _, r := range b.rules {
		fields = append(fields, r.target)
	}
	for _, m := range b.match {
		fields = append(fields, m.target)
	}
	matched := make(map[string]bool)
	for _, m := range b.match {
		matched[m.target] = true
	}
	for _, f := range fields {
		if f == "" || seen[f] {
			continue
		}
		seen[f] = true
		kind := "{type: any}"
		if matched[f] {
			kind = "{type: any, filter: [eq]}"
		}
		w.WriteString("      " + quote(f) + ": " + kind + "\n")
	}
}

// newSchemas are the schemas of the base and those of the extensions.
func (b *builder) newSchemas() []string {
	schemas := append([]string(nil), b.base.Schemas()...)
	for _, x := range b.extensions {
		known := false
		for _, s := range schemas {
			known = known || strings.EqualFold(s, x.urn)
		}
		if !known {
			schemas = append(schemas, x.urn)
		}
	}
	return schemas
}

func (r *rule) flow() string {
	flag := func(b bool) string {
		if b {
			return "true"
		}
		return ""
	}
	return flow("name", text(r.name), "scim", text(r.scim), "expr", text(r.expr), "const", r.constant, "target", text(r.target),
		"pipe", list(r.pipe), "lossy", text(r.lossy), "direction", r.direction, "default", r.fallback, "when", text(r.when), "apply", r.apply, "multi", r.multi, "onUnset", r.onUnset,
		"enforce", flag(r.enforce), "required", flag(r.required), "secret", flag(r.secret), "alternatives", flag(r.alternatives), "alternative", flag(r.alternative), "description", text(r.description))
}

// flow writes a flow mapping of names and values; what is empty is left out.
func flow(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			parts = append(parts, pairs[i]+": "+pairs[i+1])
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// list writes a flow list, nothing for an empty one.
func list(items []string) string {
	if len(items) == 0 {
		return ""
	}
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = text(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

var bare = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*$`)

// text writes a string as YAML: bare where nothing can be made of it but text. ""
// stays "".
func text(s string) string {
	switch strings.ToLower(s) {
	case "":
		return ""
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return quote(s)
	}
	if bare.MatchString(s) {
		return s
	}
	return quote(s)
}

// quote writes a string as JSON, which is YAML too.
func quote(s string) string {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""` // cannot be: it is a string
	}
	var out strings.Builder
	for _, c := range strings.TrimSuffix(w.String(), "\n") {
		if c >= 0x7f && c < 0xa0 || c == 0xfeff { // JSON takes them as they are, YAML does not
			fmt.Fprintf(&out, `\u%04x`, c)
		} else {
			out.WriteRune(c)
		}
	}
	return out.String()
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}
