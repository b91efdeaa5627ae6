package mappingtest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
)

func TestCheckFields(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("own.yaml", []byte(`
apiVersion: mapping/v1
name: own
resource: {type: User, schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]}
target:
  object: person
  id: number
  schema:
    fields:
      a: {type: string, required: true, maxLength: 9, filter: [sw, eq]}
      b: {type: list<integer>, set: true, clearAs: emptyList, filterAs: b_id}
      c: {type: string, oneOf: [x, y], clearAs: omit}
      d: {type: boolean, createOnly: true}
rules: []
`))
	require.NoError(t, ds.Err())
	fields := func(change func(schema.Fields)) *schema.Type {
		f := schema.Fields{
			"number": {Type: schema.Integer, Mutability: schema.ReadOnly},
			"a":      {Required: true, MaxLength: 9, Filter: schema.Eq | schema.Sw},
			"b":      {Type: schema.Integer, MultiValued: true, Unordered: true, FilterAs: "b_id"},
			"c":      {Choices: []string{"y", "x"}, ClearAs: schema.ClearOmit, Mutability: schema.WriteOnly},
			"d":      {Type: schema.Boolean, Mutability: schema.Immutable},
			"e":      {Mutability: schema.ReadOnly}, // need not be declared
			"own.f":  {Custom: true},
		}
		change(f)
		typ, err := schema.NewType("person", f)
		require.NoError(t, err)
		return typ
	}
	require.NoError(t, mappingtest.CheckFields(doc, fields(func(schema.Fields) {})))
	for want, change := range map[string]func(schema.Fields){
		"person has no field a":                                        func(f schema.Fields) { delete(f, "a") },
		"field a: the document says required true, it is":              func(f schema.Fields) { f["a"] = schema.Attribute{MaxLength: 9, Filter: schema.Eq | schema.Sw} },
		"the document says filter [eq sw], it is filter [eq]":          func(f schema.Fields) { f["a"] = schema.Attribute{Required: true, MaxLength: 9, Filter: schema.Eq} },
		"field b: the document says list of integer, it is integer":    func(f schema.Fields) { f["b"] = schema.Attribute{Type: schema.Integer} },
		"field c: the document says clearAs omit, it is clearAs null":  func(f schema.Fields) { f["c"] = schema.Attribute{Choices: []string{"x", "y"}} },
		"field d: the document says immutable, it is readWrite":        func(f schema.Fields) { f["d"] = schema.Attribute{Type: schema.Boolean} },
		"field e can be written, and the document does not declare it": func(f schema.Fields) { f["e"] = schema.Attribute{} },
	} {
		assert.ErrorContains(t, mappingtest.CheckFields(doc, fields(change)), want)
	}
}
