package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

func parse(t *testing.T, name, text string) *mapping.Document {
	t.Helper()
	doc, ds := mapping.Parse(name, []byte(text))
	require.Empty(t, ds.String())
	return doc
}

const override = `apiVersion: mapping/v1
name: mine
extends: test
options: {emptyString: value}
prefixes: {e: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'}
target: {object: person, schema: {fields: {b: {type: string, maxLength: 3}}}}
valueMaps: {m: {entries: [[x, one]]}}
rules:
  - {name: a, scim: nickName, target: a}
  - {name: 'b#2', disabled: true}
  - {scim: userType, target: c, pipe: ['map("m")']}
`

func TestExtend(t *testing.T) {
	t.Parallel()
	base := parse(t, "base.yaml", document("a: {type: string}\nb: {type: string}\nc: {type: string}",
		"{scim: title, target: a}\n{scim: locale, target: b, alternatives: true}\n{scim: timezone, target: b, alternative: true, direction: toTarget}",
		"valueMaps: {m: {entries: [[x, two]]}, n: {entries: [[x, y]]}}\nscope: $op == \"create\"\n"))
	mine := parse(t, "mine.yaml", override)
	docs, ds := mapping.Resolve([]*mapping.Document{mine}, []*mapping.Document{base})
	require.Empty(t, ds.String())
	require.Len(t, docs, 1)
	var rules []string
	for _, r := range docs[0].Rules() {
		rules = append(rules, r.Name+" "+r.SCIM)
	}
	assert.Equal(t, []string{"a nickName", "b locale", "c userType"}, rules)
	assert.Equal(t, "mine", docs[0].Name())
	assert.NotEqual(t, base.Hash(), docs[0].Hash())
	assert.Len(t, base.Rules(), 3, "the base stays as it is")

	typ, err := docs[0].ResourceType(bases(), nil)
	require.NoError(t, err)
	plan, ds := mapping.Compile(docs[0], typ, nil, nil)
	require.Empty(t, ds.String())
	var out mapping.Result
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"title":"T","nickName":"","locale":"de","userType":"x"}`)}, nil))
	assert.Equal(t, `set a ""; set b "de"; set c "one"`, edits(plan, out.Edits))
	assert.ErrorContains(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"locale":"de-DE"}`)}, nil), "longer than 3")
	assert.False(t, plan.InScope(&mapping.Input{Op: mapping.Patch, Resource: typ.New()}))
	_, ds = mapping.Compile(mine, typ, nil, nil)
	assert.Len(t, ds, 1, "an override by itself is no mapping")
}

// A problem is shown in the file that it comes from.
func TestExtend_Places(t *testing.T) {
	t.Parallel()
	base := parse(t, "base.yaml", document("a: {type: string}", "{scim: titel, target: a}", ""))
	mine := parse(t, "mine.yaml", "apiVersion: mapping/v1\nname: mine\nextends: test\nscope: lower(nam)\nrules: [{name: z, scim: title, target: zz}]\n")
	doc, ds := mine.Extend(base)
	require.Empty(t, ds)
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	_, ds = mapping.Compile(doc, typ, nil, nil)
	require.Len(t, ds, 3)
	files := map[string]string{}
	for _, d := range ds {
		files[d.At] = d.File
	}
	assert.Equal(t, map[string]string{"/rules/0/scim": "base.yaml", "/scope": "mine.yaml", "/rules/0/target": "mine.yaml"}, files)
}

func TestResolve_Problems(t *testing.T) {
	t.Parallel()
	head := "apiVersion: mapping/v1\nname: "
	a := parse(t, "a.yaml", head+"a\nextends: b\n")
	b := parse(t, "b.yaml", head+"b\nextends: a\n")
	c := parse(t, "c.yaml", head+"c\nextends: nobody\n")
	self := parse(t, "d.yaml", head+"d\nextends: d\n")
	docs, ds := mapping.Resolve([]*mapping.Document{a, b, c, self}, nil)
	assert.Empty(t, docs)
	require.Len(t, ds, 3)
	assert.Equal(t, mapping.CodeCycle, ds[0].Code)
	assert.Equal(t, mapping.CodeSyntax, ds[1].Code)
	assert.Equal(t, mapping.CodeCycle, ds[2].Code)
	_, ds = a.Extend(c)
	assert.Len(t, ds, 1)
}

// Each part of a document is overridden in its own way: by key, as a whole, or
// added to; an override may be overridden itself.
func TestExtend_Parts(t *testing.T) {
	t.Parallel()
	base := parse(t, "base.yaml", document("a: {type: integer, filter: [eq]}\nb: {type: string, filter: [eq], maxLength: 9}\nc: {type: string}",
		"{scim: title, target: a, pipe: ['lookup(\"l\")']}\n{scim: 'x:a', target: b}\n{name: third, scim: nickName, target: c}",
		"lookups: {l: {object: o, keys: [name], value: id}, m: {object: p, keys: [code], value: id}}\n"+
			"match: [{precedence: 1, scim: title, target: a}, {precedence: 2, scim: nickName, target: b}]\nscope: active == true\n"))
	middle := parse(t, "middle.yaml", `apiVersion: mapping/v1
name: middle
extends: test
resource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', 'urn:x:ext', 'urn:y:ext'], extensionAttributes: {'URN:X:EXT': [a, more], 'urn:y:ext': [z]}}
target: {object: people, schema: {fields: {B: {type: string, maxLength: 2}}}, query: {and: true, maxLength: 99}}
lookups: {m: {object: q, keys: [name], value: key}}
match: [{precedence: 7, scim: userName, target: a}]
rules:
  - {name: third, scim: displayName, target: c}
  - {name: fourth, scim: 'x:more', target: d}
`)
	top := parse(t, "top.yaml", `apiVersion: mapping/v1
name: top
extends: middle
target: {object: people, schema: {fields: {d: {type: string}}}}
scope: $op == "create"
rules: [{name: b, disabled: true}]
`)
	docs, ds := mapping.Resolve([]*mapping.Document{top}, []*mapping.Document{base, middle})
	require.Empty(t, ds.String())
	doc := docs[0]
	var rules []string
	for _, r := range doc.Rules() {
		rules = append(rules, r.Name+" "+r.SCIM+" "+r.Target)
	}
	assert.Equal(t, []string{"a title a", "third displayName c", "fourth x:more d"}, rules, "a rule keeps its place")

	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	for _, path := range []string{"urn:x:ext:a", "urn:x:ext:b", "urn:x:ext:list", "urn:x:ext:more", "urn:y:ext:z"} {
		assert.NotEqual(t, schema.NoSlot, typ.Slot(path), path)
	}
	plan, ds := mapping.Compile(doc, typ, nil, nil)
	require.Empty(t, ds.String())
	assert.Equal(t, "people", plan.Target().Name())
	assert.Equal(t, 2, plan.Target().Lookup("b").MaxLength, "a field is replaced as a whole")
	assert.Zero(t, plan.Target().Lookup("b").Filter)
	queries, err := plan.Matches(resource(t, plan, `{"userName":"7","title":"5","nickName":"x"}`))
	require.NoError(t, err)
	require.Len(t, queries, 1, "matches are replaced as a whole")
	assert.Equal(t, "a eq 7", queries[0].Filter.String())
	in := &mapping.Input{Resource: typ.New()}
	assert.True(t, plan.InScope(in))
	in.Op = mapping.Replace
	assert.False(t, plan.InScope(in), "the scope is the last one's")
}

// An override may add attributes without repeating what the resource is.
func TestExtend_AttributesAlone(t *testing.T) {
	t.Parallel()
	base, ds := mapping.Parse("base.yaml", []byte(document("a: {type: string}\nc: {type: string}", "{scim: 'x:a', target: a}", "")))
	require.Empty(t, ds)
	over, ds := mapping.Parse("over.yaml", []byte("apiVersion: mapping/v1\nname: over\nextends: test\nresource: {extensionAttributes: {'urn:x:ext': [more]}}\nrules:\n  - {scim: 'x:more', target: c}\n"))
	require.Empty(t, ds.String())
	whole, ds := over.Extend(base)
	require.Empty(t, ds.String())
	typ, err := whole.ResourceType(bases(), nil)
	require.NoError(t, err)
	assert.NotNil(t, typ.Lookup("urn:x:ext:more"))
	assert.NotNil(t, typ.Lookup("urn:x:ext:a"))
}
