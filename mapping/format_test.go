package mapping_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// format(parse(doc)) is a fixed point, and means the same (law L16): the documents
// of all vectors, the shipped defaults, and those of the reference.
func TestAppendYAML(t *testing.T) {
	t.Parallel()
	texts := make(map[string][]byte)
	for _, dir := range []string{"../freshservice/mapping", "../zendesk/mapping", filepath.Join(testx.Shared(t), "reference", "mappings")} {
		names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		require.NoError(t, err)
		require.NotEmpty(t, names, dir)
		for _, name := range names {
			data, err := os.ReadFile(name)
			require.NoError(t, err)
			texts[name] = data
		}
	}
	vectors, err := filepath.Glob(filepath.Join(testx.Shared(t), "vectors", "mapping", "*.json"))
	require.NoError(t, err)
	for _, name := range vectors {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		v, err := schema.ParseJSON(data)
		require.NoError(t, err)
		texts[name] = v.Member("mapping").AppendJSON(nil)
	}
	texts["everything"] = []byte(everything)
	for name, text := range texts {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			doc, ds := mapping.Parse(name, text)
			if len(ds) > 0 {
				t.Logf("not a document: %s", ds)
				return
			}
			formatted := doc.AppendYAML(nil)
			again, ds := mapping.Parse("formatted.yaml", formatted)
			require.Empty(t, ds.String(), "%s", formatted)
			assert.Equal(t, string(formatted), string(again.AppendYAML(nil)))
			assert.Equal(t, doc.Rules(), again.Rules())
		})
	}
}

// everything is a document with every member that there is, as it is formatted.
const everything = `apiVersion: mapping/v1
name: everything
description: 'says "all"'
resource:
  type: User
  schemas:
    - "urn:ietf:params:scim:schemas:core:2.0:User"
    - "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    - "urn:x:ext"
  extensionAttributes: {"urn:x:ext": [a, b.c]}
prefixes: {ent: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", x: "urn:x:ext"}
target:
  object: person
  id: key
  schema:
    fields:
      key: {type: integer, readOnly: true}
      born: {type: date, createOnly: true}
      name: {type: string, required: true, maxLength: 40, pattern: "[a-z]+", clearAs: empty, filter: [eq, sw], filterAs: q_name}
      level: {type: integer, oneOf: ["1", "2"]}
      tags: {type: list<string>, set: true, clearAs: emptyList}
      "box.a": {type: object, container: whole}
      gone: {type: any, clearAs: omit}
  query: {and: true, or: false, maxLength: 512}
options: {emptyString: value}
scope: active != false
match:
  - {precedence: 1, scim: userName, target: name, pipe: [lower], fold: true}
  - precedence: 2
    all:
      - {expr: "lower(title)", target: name}
      - {scim: nickName, target: level}
valueMaps:
  m: {entries: [[a, 1], ["true", true]], fold: false, fallback: parent, default: 3, passthrough: true, onMissing: ignore}
lookups:
  l:
    object: o
    keys: [name, code]
    value: id
    return: code
    fold: false
    onMissing: create
    create: {kind: '"x"'}
    maxCreate: 2
    onUnknownId: error
    cache: {ttl: 10m, negativeTtl: 1m, max: 5}
rules:
  - name: one
    description: the first
    scim: 'emails[type eq "work"].value'
    target: name
    pipe: [lower, 'map("m")']
    direction: both
    default: d
    defaultOn: always
    when: active
    apply: create
    enforce: true
    onUnset: keep
    required: true
    validate:
      - pattern: "[a-z]+"
        maxLength: 5
        oneOf: [a, b]
        min: 1
        max: 2.5
        format: email
        expr: $target.name != title
    pick: first
    multi: add
    element: {primary: true}
    secret: true
    lossy: because
    alternatives: true
  - {name: two, const: [1, "two", null], target: tags, alternative: true, disabled: true}
  - {scim: displayName, inverse: $target.name}
tests:
  - {name: t, op: create, input: {scim: {userName: a}}, expect: {native: {name: a}}}
`

// The canonical form of a document with everything in it.
func TestAppendYAML_Everything(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("everything.yaml", []byte(everything))
	require.Empty(t, ds.String())
	again, ds := mapping.Parse("again.yaml", doc.AppendYAML(nil))
	require.Empty(t, ds.String(), "%s", doc.AppendYAML(nil))
	assert.Equal(t, doc.Hash(), again.Hash(), "%s", doc.AppendYAML(nil))
}

// An override is printed as the whole that it makes.
func TestAppendYAML_Override(t *testing.T) {
	t.Parallel()
	base, ds := mapping.Parse("base.yaml", []byte(document("a: {type: string}\nb: {type: string}", "{scim: title, target: a}\n{name: out, scim: nickName, target: b}", "")))
	require.Empty(t, ds)
	over, ds := mapping.Parse("over.yaml", []byte("apiVersion: mapping/v1\nname: over\nextends: test\nrules:\n  - {name: a, scim: displayName, target: a}\n  - {name: out, disabled: true}\n"))
	require.Empty(t, ds)
	whole, ds := over.Extend(base)
	require.Empty(t, ds)
	text := string(whole.AppendYAML(nil))
	assert.Contains(t, text, "name: over\nresource:")
	assert.Contains(t, text, "  - {name: a, scim: displayName, target: a}\n  - {name: out, disabled: true}\n")
	assert.NotContains(t, text, "extends")
}
