package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// TestWithCustom_Optional: an optional rule is there where its field is, and takes
// the extension attribute with it that no other rule names.
func TestWithCustom_Optional(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("x.yaml", []byte(document("n: {type: string}\no: {type: string}\np: {type: string}",
		"{scim: title, target: n}\n{scim: 'x:a', target: o, optional: true}\n{scim: 'x:b', target: p, optional: true}\n{name: also, scim: 'x:b', target: n, direction: toScim}", "")))
	require.Empty(t, ds.String())
	compiled := func(fields ...schema.Attribute) *mapping.Plan {
		target, err := schema.NewOrdered("person", append(fields, schema.Attribute{Name: "n"}, schema.Attribute{Name: "id"})...)
		require.NoError(t, err)
		of := doc.WithCustom(target, bases()...)
		typ, err := of.ResourceType(bases(), target)
		require.NoError(t, err)
		plan, ds := mapping.Compile(of, typ, target, nil)
		require.Empty(t, ds.String())
		return plan
	}
	full := compiled(schema.Attribute{Name: "o"}, schema.Attribute{Name: "p"})
	path, _ := full.RuleFor("o")
	assert.Equal(t, "urn:x:ext:a", path)
	assert.NotNil(t, full.Resource().Lookup("urn:x:ext:a"))

	none := compiled()
	assert.Nil(t, none.Resource().Lookup("urn:x:ext:a"))
	assert.NotNil(t, none.Resource().Lookup("urn:x:ext:b"), "another rule names it")
	assert.NotNil(t, none.Resource().Lookup("urn:x:ext:list"), "no rule ever named it")
	assert.Len(t, doc.Rules(), 4, "the document itself stays as it is")

	again, ds := mapping.Parse("again.yaml", doc.AppendYAML(nil))
	require.Empty(t, ds.String())
	assert.Equal(t, doc.AppendYAML(nil), again.AppendYAML(nil))
}

// TestLookup_CreateOrIgnore makes what is missing where the host allows it, and
// leaves it out with a warning where not.
func TestLookup_CreateOrIgnore(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("x.yaml", []byte(document("a: {type: integer}", "{scim: title, target: a, direction: toTarget, pipe: ['lookup(\"l\")']}",
		"lookups: {l: {object: o, keys: [name], value: id, onMissing: createOrIgnore}}\n")))
	require.Empty(t, ds.String())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	for _, allowed := range []bool{true, false} {
		plan, ds := mapping.Compile(doc, typ, nil, &mapping.Options{AllowCreate: allowed})
		require.Empty(t, ds.String())
		in := &mapping.Input{Op: mapping.Create, Resource: resource(t, plan, `{"title": "New"}`)}
		var res mapping.Resolved
		for _, n := range plan.Needs(nil, in) {
			res.Add(n, mapping.Resolution{})
		}
		var out mapping.Result
		require.NoError(t, plan.ToTarget(&out, in, &res))
		assert.Equal(t, allowed, len(out.Creates) == 1)
		assert.Equal(t, !allowed, len(out.Warnings) == 1)
	}
}
