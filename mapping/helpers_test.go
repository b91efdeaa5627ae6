package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

func bases() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema(), scim.GroupSchema()}
}

// compile makes a plan of a document that is right.
func compile(t testing.TB, text string) *mapping.Plan {
	t.Helper()
	doc, ds := mapping.Parse("test.yaml", []byte(text))
	require.Empty(t, ds.String())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	plan, ds := mapping.Compile(doc, typ, nil, &mapping.Options{AllowCreate: true})
	require.Empty(t, ds.String())
	return plan
}

// document puts the parts of a test's document together: fields and rules are
// YAML flow mappings, one a line; more is put at the top level.
func document(fields, rules, more string) string {
	var b strings.Builder
	b.WriteString(`apiVersion: mapping/v1
name: test
resource:
  type: User
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', 'urn:x:ext']
  extensionAttributes: {'urn:x:ext': [a, b, list]}
prefixes: {ent: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', x: 'urn:x:ext'}
target:
  object: person
  schema:
    fields:
`)
	for line := range strings.Lines(fields) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString("      " + line + "\n")
		}
	}
	b.WriteString("rules:\n")
	for line := range strings.Lines(rules) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString("  - " + line + "\n")
		}
	}
	b.WriteString(more)
	return b.String()
}

// resource makes a record of a SCIM resource's JSON.
func resource(t testing.TB, plan *mapping.Plan, text string) *schema.Record {
	t.Helper()
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	rec := plan.Resource().New()
	var fill func(rec *schema.Record, prefix string, v schema.Value)
	value := func(a *schema.Attribute, v schema.Value) schema.Value {
		if a.Sub == nil {
			return v
		}
		sub := a.Sub.New()
		fill(sub, "", v)
		return schema.ObjectValue(sub)
	}
	fill = func(rec *schema.Record, prefix string, v schema.Value) {
		for name, m := range v.Members() {
			if rec.Type().Schema(name) != nil {
				fill(rec, name+":", m)
				continue
			}
			slot := rec.Type().Slot(prefix + name)
			require.NotEqual(t, schema.NoSlot, slot, "no attribute %s", name)
			a := rec.Type().Attribute(slot)
			if m.IsNull() || a.MultiValued == false {
				if !m.IsNull() {
					m = value(a, m)
				}
				rec.SetAt(slot, m)
				continue
			}
			var list []schema.Value
			for e := range m.Elements() {
				list = append(list, value(a, e))
			}
			rec.SetAt(slot, schema.ListValue(list...))
		}
	}
	fill(rec, "", v)
	return rec
}

// native makes a record of the target of JSON with dotted names.
func native(t testing.TB, plan *mapping.Plan, text string) *schema.Record {
	t.Helper()
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	rec := plan.Target().New()
	for name, m := range v.Members() {
		require.True(t, rec.Set(name, m), "no field %s", name)
	}
	return rec
}

// show is a record as JSON with dotted names, in the order of its fields.
func show(rec *schema.Record) string {
	if rec == nil {
		return "null"
	}
	return string(schema.ObjectValue(rec).AppendJSON(nil))
}

// edits are edits as text.
func edits(plan *mapping.Plan, list []schema.Edit) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, e.Op.String()+" "+plan.Target().Attribute(e.Slot).Name+" "+string(e.Value.AppendJSON(nil)))
	}
	return strings.Join(parts, "; ")
}
