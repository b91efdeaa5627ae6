package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// TestResourceType_OnlyReadIsReadOnly: an extension attribute that is read, and
// that nothing takes a value from, is read-only.
func TestResourceType_OnlyReadIsReadOnly(t *testing.T) {
	t.Parallel()
	const urn = "urn:example:params:1.0:User"
	doc, ds := mapping.Parse("own.yaml", []byte(`
apiVersion: mapping/v1
name: own
resource:
  type: User
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", "`+urn+`"]
  extensionAttributes:
    `+urn+`: [seen, made, both, scoped, matched, asked, checked, named, readInto, off, routed, idle, desk.floor, desk.side, plain, number, numbers]
prefixes: {x: "`+urn+`"}
target:
  object: person
  schema:
    fields:
      a: {type: string, filter: [eq]}
      b: {type: string}
      c: {type: string}
      d: {type: string}
      n: {type: integer}
      ns: {type: list<integer>, set: true}
scope: x:scoped != "no"
match: [{precedence: 1, scim: 'x:matched', target: a}]
rules:
  - {scim: 'x:seen', target: a, direction: toScim}
  - {scim: 'x:made', inverse: '$target.a + "!"'}
  - {scim: 'x:both', target: a, validate: [{expr: 'isPresent(x:checked)'}]}
  - {scim: 'x:readInto', target: b, expr: 'lower(x:named)', inverse: $target.b, when: isPresent(x:asked)}
  - {name: off, scim: 'x:off', target: c, disabled: true}
  - {name: off-read, scim: 'x:off', target: c, direction: toScim}
  - {scim: 'x:scoped', target: c, direction: toScim}
  - {scim: 'x:matched', target: c, direction: toScim}
  - {scim: 'x:asked', target: c, direction: toScim}
  - {scim: 'x:checked', target: c, direction: toScim}
  - {scim: 'x:named', target: c, direction: toScim}
  - {scim: 'x:routed', target: c, direction: toScim}
  - {scim: 'x:desk.floor', target: c}
  - {scim: 'x:desk.side', target: d, direction: toScim}
  - {scim: 'x:number', target: n, pipe: [toInt]}
  - {scim: 'x:numbers', target: ns, expr: 'x:numbers | toInt', inverse: $target.ns}
`))
	require.NoError(t, ds.Err())
	set, ds := mapping.Parse("set.yaml", []byte(`
apiVersion: mapping/v1
kind: MappingSet
name: people
prefixes: {x: "`+urn+`"}
routes: [{when: 'x:routed == "yes"', use: own}]
`))
	require.NoError(t, ds.Err())
	typ, err := doc.ResourceType(bases(), nil, set)
	require.NoError(t, err)
	_, ds = mapping.Compile(doc, typ, nil, nil)
	require.NoError(t, ds.Err())

	readOnly := map[string]bool{"seen": true, "made": true, "readInto": true, "off": true}
	for _, a := range typ.Schema(urn).Attributes {
		assert.Equal(t, readOnly[a.Name], a.Mutability == schema.ReadOnly, a.Name)
	}
	desk := typ.Lookup(urn + ":desk").Sub
	assert.True(t, desk.Lookup("floor").Writable())
	assert.False(t, desk.Lookup("side").Writable())

	// What is shown of an attribute is what reading gives.
	assert.Equal(t, schema.String, typ.Lookup(urn+":number").Shown, "toInt gives text back")
	assert.Equal(t, schema.Integer, typ.Lookup(urn+":numbers").Shown)
	assert.True(t, typ.Lookup(urn+":numbers").MultiValued)

	alone, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	assert.False(t, alone.Lookup(urn+":routed").Writable(), "without its set")
}

// TestResourceType_OnlyWrittenIsWriteOnly: an extension attribute that is written,
// and that nothing is read into, is in no answer.
func TestResourceType_OnlyWrittenIsWriteOnly(t *testing.T) {
	t.Parallel()
	const urn = "urn:example:params:1.0:User"
	doc, ds := mapping.Parse("own.yaml", []byte(`
apiVersion: mapping/v1
name: own
resource:
  type: User
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", "`+urn+`"]
  extensionAttributes:
    `+urn+`: [sent, both, twice, off, unruled, desk.floor, desk.side, room.floor, room.side]
prefixes: {x: "`+urn+`"}
target:
  object: person
  schema: {fields: {a: {type: string}, b: {type: string}}}
rules:
  - {scim: 'x:sent', target: a, direction: toTarget}
  - {scim: 'x:both', target: a}
  - {name: twice-out, scim: 'x:twice', target: a, direction: toTarget}
  - {name: twice-in, scim: 'x:twice', target: b, direction: toScim}
  - {scim: 'x:off', target: a, direction: toTarget, disabled: true}
  - {scim: 'x:desk.floor', target: a, direction: toTarget}
  - {scim: 'x:desk.side', target: b, direction: toTarget}
  - {scim: 'x:room.floor', target: a, direction: toTarget}
  - {scim: 'x:room.side', target: b}
`))
	require.NoError(t, ds.Err())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	never := map[string]bool{"sent": true, "desk": true}
	for _, a := range typ.Schema(urn).Attributes {
		assert.Equal(t, never[a.Name], a.Returned == schema.ReturnedNever, a.Name)
		assert.Equal(t, never[a.Name], a.Mutability == schema.WriteOnly, a.Name)
	}
	room := typ.Lookup(urn + ":room").Sub
	assert.Equal(t, schema.ReturnedNever, room.Lookup("floor").Returned)
	assert.Equal(t, schema.ReturnedDefault, room.Lookup("side").Returned)
}
