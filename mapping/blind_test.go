package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// Each condition of mapping-design section 2.5 by itself: one change to a document
// of which a PATCH of the title is blind, or to the PATCH.
func TestBlind_Conditions(t *testing.T) {
	t.Parallel()
	const (
		field = "a: {type: string}"
		rule  = "{scim: title, target: a}"
	)
	for name, tc := range map[string]struct {
		field, rule, others, more string
		touched                   string
		want                      bool
	}{
		"a path of a rule":                      {want: true},
		"with a step":                           {rule: "{scim: title, target: a, pipe: [lower]}", want: true},
		"with a lookup":                         {field: "a: {type: integer}", rule: "{scim: title, target: a, pipe: ['lookup(\"l\")']}", more: "lookups: {l: {object: o, keys: [name], value: id}}\n", want: true},
		"only written":                          {rule: "{scim: title, target: a, direction: toTarget}", want: true},
		"required, with a default":              {rule: "{scim: title, target: a, required: true, default: x, onUnset: keep}", want: true},
		"several paths":                         {others: "{scim: nickName, target: b}", touched: "title,nickName", want: true},
		"a path of an extension":                {others: "{scim: 'ent:department', target: b}", touched: entURN + ":department", want: true},
		"a sub-attribute":                       {others: "{scim: name.givenName, target: b}", touched: "name.givenName", want: true},
		"a filter on a multi-valued attribute":  {others: "{scim: 'emails[type eq \"work\"].value', target: b}", touched: `emails[type eq "work"].value`, want: true},
		"no path at all":                        {touched: "-"},
		"a path without a rule":                 {touched: "nickName"},
		"one of two without a rule":             {touched: "title,nickName"},
		"a path that is only read":              {rule: "{scim: title, target: a, direction: toScim}"},
		"more than the path of a rule":          {others: "{scim: name.givenName, target: b}", touched: "name"},
		"a whole extension":                     {others: "{scim: 'ent:department', target: b}", touched: entURN},
		"a multi-valued path without a filter":  {others: "{scim: emails.value, target: b, direction: toTarget}", touched: "emails.value"},
		"a filter that no rule has":             {others: "{scim: 'emails[type eq \"work\"].value', target: b}", touched: `emails[type eq "home"].value`},
		"another rule reads the path":           {others: "{expr: 'upper(title)', target: b}"},
		"another rule reads a part":             {others: "{scim: name.givenName, target: b}\n{expr: 'name.formatted', target: c}", touched: "name.givenName", want: true},
		"another rule has it in its condition":  {others: "{scim: nickName, target: b, when: 'title == \"x\"'}"},
		"another rule reads all elements":       {others: "{scim: 'emails[type eq \"work\"].value', target: b}\n{expr: 'emails.value', target: c}", touched: `emails[type eq "work"].value`},
		"another rule reads another type":       {others: "{scim: 'emails[type eq \"work\"].value', target: b}\n{scim: 'emails[type eq \"home\"].value', target: c}", touched: `emails[type eq "work"].value`, want: true},
		"another rule filters by another thing": {others: "{scim: 'emails[type eq \"work\"].value', target: b}\n{scim: 'emails[primary eq true].value', target: c}", touched: `emails[type eq "work"].value`},
		"a rule that is only read reads it":     {others: "{scim: displayName, target: a, direction: toScim}", want: true},
		"another rule is enforced":              {others: "{scim: nickName, target: b, enforce: true}"},
		"alternatives":                          {rule: "{scim: title, target: a, alternatives: true}", others: "{scim: nickName, target: a, alternative: true}"},
		"a condition":                           {rule: "{scim: title, target: a, when: active}"},
		"a condition on what is stored":         {rule: "{scim: title, target: a, when: 'isUnset($target.b)'}"},
		"if the field is empty":                 {rule: "{scim: title, target: a, apply: ifEmpty}"},
		"a check of what is stored":             {rule: "{scim: title, target: a, validate: [{expr: 'isUnset($target.b)'}]}"},
		"an expression of what is stored":       {rule: "{expr: 'title + $target.b', target: a}"},
		"values that are added":                 {field: "a: {type: list<string>, set: true}", rule: "{scim: title, target: a, pipe: [wrap], multi: add}"},
		"a list":                                {field: "a: {type: list<string>}", rule: "{scim: title, target: a, pipe: [wrap]}"},
		"a field for creating only":             {field: "a: {type: string, createOnly: true}"},
		"a field that is sent with others":      {field: "a: {type: string, container: whole}"},
		"a map with several natives":            {rule: "{scim: title, target: a, pipe: ['map(\"m\")']}", more: "valueMaps: {m: {entries: [[x, y], [x, z]]}}\n"},
		"a map with one native each":            {rule: "{scim: title, target: a, pipe: ['map(\"m\")']}", more: "valueMaps: {m: {entries: [[x, y], [w, z]]}}\n", want: true},
		"a scope of the operation":              {more: "scope: $op != \"create\"\n", want: true},
		"a scope of an attribute":               {more: "scope: active != false\n"},
		"a scope of what is stored":             {more: "scope: isUnset($target.b)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, r := tc.field, tc.rule
			if f == "" {
				f = field
			}
			if r == "" {
				r = rule
			}
			plan := compile(t, document(f+"\nb: {type: string}\nc: {type: any}", r+"\n"+tc.others, tc.more))
			var touched []schema.Selector
			switch tc.touched {
			case "-":
			case "":
				touched = selectors(t, plan.Resource(), "title")
			default:
				touched = selectors(t, plan.Resource(), strings.Split(tc.touched, ",")...)
			}
			assert.Equal(t, tc.want, plan.Blind(touched))
		})
	}
}

func selectors(t *testing.T, typ *schema.Type, paths ...string) (sels []schema.Selector) {
	t.Helper()
	for _, p := range paths {
		sel, err := typ.Select(schema.MustParsePath(p))
		require.NoError(t, err)
		sels = append(sels, sel)
	}
	return sels
}

// The route has to be known as well: a PATCH of what decides it is not blind.
func TestBlind_Route(t *testing.T) {
	t.Parallel()
	doc := parse(t, "set.yaml", "apiVersion: mapping/v1\nkind: MappingSet\nname: s\n"+
		"routes:\n  - {when: 'userType == \"Agent\" || emails[type eq \"work\"].value == \"x\"', use: a}\n  - {use: b}\n")
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	routes, ds := mapping.CompileRoutes(doc, typ)
	require.Empty(t, ds.String())
	for path, want := range map[string]bool{"title": true, "userType": false, "emails": false, `emails[type eq "work"].value`: false, `emails[type eq "home"].value`: true} {
		assert.Equal(t, want, routes.Blind(selectors(t, typ, path)), path)
	}
	assert.False(t, routes.Blind(selectors(t, typ, "title", "userType")))
}
