package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

func TestToSCIM(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, fields, rules, more string
		record, want              string
	}{
		{"nothing is left out as nothing", "a: {type: string}\nl: {type: list<string>}", "{scim: title, target: a}\n{scim: 'emails.value', target: l}", "", `{"a":"","l":[]}`, `{}`},
		{"an inverse", "a: {type: string}\nb: {type: string}", `{scim: displayName, inverse: 'join(" ", $target.a, $target.b)'}`, "", `{"a":"A","b":"B"}`, `{"displayName":"A B"}`},
		{"a number where text is wanted", "n: {type: any}", "{scim: externalId, target: n}", "", `{"n":9007199254740993}`, `{"externalId":"9007199254740993"}`},
		{"text where truth is wanted", "n: {type: any}", "{scim: active, target: n}", "", `{"n":"True"}`, `{"active":true}`},
		{"what does not fit is left out", "n: {type: any}", "{scim: active, target: n}", "", `{"n":"perhaps"}`, `{}`},
		{"no date is no date", "n: {type: datetime}", "{scim: meta.created, target: n, direction: toScim}", "", `{"n":"yesterday"}`, `{}`},
		{"the first value wins", "a: {type: string}\nb: {type: string}", "{scim: title, target: a, direction: toScim}\n{scim: title, target: b, direction: toScim}", "", `{"a":"","b":"B"}`, `{"title":"B"}`},
		{"a whole complex attribute is its value", "a: {type: string}", "{scim: 'ent:manager', target: a}", "", `{"a":"5"}`, `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":{"value":"5"}}`},
		{"lists beside each other", "a: {type: list<string>}\nb: {type: list<string>}", "{scim: 'emails.value', target: a}\n{scim: 'emails.display', target: b}", "", `{"a":["x","y"],"b":["X","Y"]}`, `{"emails":[{"display":"X","value":"x"},{"display":"Y","value":"y"}]}`},
		{"filters and statics", "a: {type: string}\nb: {type: string}", "{scim: 'phoneNumbers[type eq \"work\"].value', target: a, element: {primary: true}}\n{scim: 'phoneNumbers[type eq \"WORK\"].display', target: b}", "", `{"a":"1","b":"one"}`, `{"phoneNumbers":[{"display":"one","primary":true,"type":"work","value":"1"}]}`},
		{"a map backwards", "a: {type: string}", "{scim: title, target: a, pipe: ['map(\"m\")'], lossy: two to one}", "valueMaps: {m: {entries: [[x, y], [z, y]]}}\n", `{"a":"Y"}`, `{"title":"x"}`},
		{"an unknown value backwards", "a: {type: string}", "{scim: title, target: a, pipe: ['map(\"m\")'], lossy: two to one}", "valueMaps: {m: {entries: [[x, y], [z, y]]}}\n", `{"a":"q"}`, `{}`},
		{"a prefix that is not there", "a: {type: string}", "{scim: title, target: a, pipe: ['prefix(\"p-\")']}", "", `{"a":"x"}`, `{}`},
		{"a reference that is not known", "a: {type: integer}", "{scim: title, target: a, pipe: ['lookup(\"l\")']}", "lookups: {l: {object: o, keys: [name], value: id}}\n", `{"a":1}`, `{}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			plan := compile(t, document(tc.fields, tc.rules, tc.more))
			rec := plan.Resource().New()
			plan.ToSCIM(rec, native(t, plan, tc.record), nil)
			want, err := schema.ParseJSON([]byte(tc.want))
			require.NoError(t, err)
			var got []schema.Member
			for slot, v := range rec.Values() {
				got = append(got, schema.Member{Name: plan.Resource().Path(slot), Value: v})
			}
			assert.True(t, want.Equal(schema.MembersValue(got...)), "got %s", schema.MembersValue(got...).AppendJSON(nil))
		})
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: string}\nb: {type: string, clearAs: empty}\nc: {type: string, clearAs: omit}\nl: {type: list<string>}\ns: {type: list<string>, set: true}",
		"{scim: title, target: a}", ""))
	for _, tc := range []struct{ before, after, want string }{
		{`{}`, `{}`, ""},
		{`{"a":"x"}`, `{"a":"x"}`, ""},
		{`{"a":null}`, `{}`, ""},
		{`{"a":"x"}`, `{"a":"y"}`, `set a "y"`},
		{`{"a":"x","b":"x","c":"x","l":["x"]}`, `{}`, `clear a null; clear b ""; clear l []`},
		{`{"l":["x","y"]}`, `{"l":["y","x"]}`, `set l ["y","x"]`},
		{`{"s":["x","y"]}`, `{"s":["y","x","x"]}`, ""},
		{`{"s":["x","y"]}`, `{"s":["x"]}`, `set s ["x"]`},
		{`{"a":"1"}`, `{"a":1}`, `set a 1`},
	} {
		before, after := native(t, plan, tc.before), native(t, plan, tc.after)
		assert.Equal(t, tc.want, edits(plan, plan.Diff(nil, before, after)), "%s → %s", tc.before, tc.after)
	}
	assert.Equal(t, `set a "x"`, edits(plan, plan.Diff(nil, nil, native(t, plan, `{"a":"x"}`))))
}

func TestFilter(t *testing.T) {
	t.Parallel()
	const fields = `
		mail: {type: string, filter: [eq, ne, sw, pr], filterAs: email}
		first: {type: string, filter: [eq, co]}
		zone: {type: string, filter: [eq, ne]}
		deps: {type: list<integer>, set: true, filter: [eq]}
		n: {type: integer, filter: [eq]}
		hidden: {type: string}
		lowered: {type: string, filter: [eq]}
		prefixed: {type: string, filter: [eq, ne, sw]}
		list: {type: list<string>, filter: [eq, ne, sw]}
		all: {type: list<string>, filter: [eq, ne]}
		two: {type: string, filter: [eq]}
		other: {type: string, filter: [eq]}
		id: {type: integer, readOnly: true, filter: [eq]}
	`
	const rules = `
		{scim: userName, target: mail, pipe: [lower]}
		{scim: name.givenName, target: first}
		{scim: timezone, target: zone, pipe: ['map("tz")']}
		{scim: 'emails[type eq "work"].value', target: two}
		{scim: 'ent:department', target: deps, pipe: ['lookup("dep")', wrap]}
		{scim: 'groups.value', target: deps, direction: toScim, pipe: [toInt]}
		{scim: 'x:a', target: n}
		{scim: 'x:b', target: lowered, pipe: [lower]}
		{scim: userType, target: prefixed, pipe: ['prefix("p-")']}
		{scim: locale, target: list, pipe: [wrap]}
		{scim: 'emails[type eq "other"].value', target: all}
		{scim: title, target: hidden}
		{scim: nickName, target: two, direction: toScim}
		{scim: nickName, target: other, direction: toScim}
		{scim: displayName, inverse: $target.first}
	`
	const more = "lookups: {dep: {object: d, keys: [name], value: id}}\nvalueMaps: {tz: {entries: [[M, G], [M, C], [B, b]]}}\n"
	full := strings.Replace(document(fields, rules, more), "target:\n  object: person\n", "target:\n  object: person\n  query: {and: true, or: true, maxLength: 200}\n", 1)
	plan := compile(t, full)
	bare := compile(t, document(fields, rules, more))
	for _, tc := range []struct{ filter, query, residual string }{
		{`USERNAME eq "A@X"`, `mail eq "a@x"`, ""},
		{`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "A"`, `mail sw "a"`, ""},
		{`userName ew "x"`, "", `userName ew "x"`},
		{`userName pr`, `mail pr`, ""},
		{`userName eq null`, "", `userName eq null`},
		{`userName eq ""`, "", `userName eq ""`},
		{`not (userName eq "a")`, "", `not (userName eq "a")`},
		{`timezone eq "M"`, `zone eq "G" or zone eq "C"`, ""},
		{`timezone ne "M"`, "", `timezone ne "M"`},
		{`timezone ne "B"`, `zone ne "b"`, ""},
		{`timezone eq "X"`, "none", ""},
		{`timezone ne "X"`, "", `timezone ne "X"`},
		{`timezone eq "X" and title eq "y"`, "none", ""},
		{`timezone eq "X" or userName eq "a"`, `mail eq "a"`, ""},
		{`timezone eq "X" or timezone eq "Y"`, "none", ""},
		{`userName eq "a" and title eq "b" and name.givenName eq "c"`, `mail eq "a" and first eq "c"`, `title eq "b"`},
		{`userName eq "a" or name.givenName co "b"`, `mail eq "a" or first co "b"`, ""},
		{`userName eq "a" or title eq "b"`, "", `userName eq "a" or title eq "b"`},
		{`emails[type eq "Work" and value eq "x"]`, `two eq "x"`, ""},
		{`emails[type eq "work"].value eq "x"`, `two eq "x"`, ""},
		{`emails.value eq "x"`, "", `emails.value eq "x"`},
		{`emails[type eq "home"].value eq "x"`, "", `emails[type eq "home"].value eq "x"`},
		{`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x"`, "", `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x"`},
		{`groups.value eq "7"`, `deps eq 7`, ""},
		{`groups eq "7"`, `deps eq 7`, ""},
		{`groups.value eq "x"`, "none", ""},
		{`urn:x:ext:a eq 5`, `n eq 5`, ""},
		{`urn:x:ext:a eq "5"`, "", `urn:x:ext:a eq "5"`},
		{`userType eq "q"`, `prefixed eq "p-q"`, `userType eq "q"`}, // "P-q" does not read as that
		{`userType ne "q"`, "", `userType ne "q"`},
		{`userType sw "q"`, "", `userType sw "q"`},
		{`locale eq "q"`, `list eq "q"`, `locale eq "q"`}, // only the first is read
		{`locale ne "q"`, "", `locale ne "q"`},
		{`locale sw "q"`, `list sw "q"`, `locale sw "q"`},
		{`locale eq "q" or userName eq "a"`, "", `locale eq "q" or userName eq "a"`},
		{`emails[type eq "other" and value ne "q"]`, "", `emails[type eq "other" and value ne "q"]`}, // an element there has to be
		{`emails[type eq "other"].value ne "q"`, `all ne "q"`, ""},
		{`urn:x:ext:b eq "X"`, `lowered eq "x"`, ""},
		{`urn:x:ext:b eq 5`, "", `urn:x:ext:b eq 5`}, // "5" as well
		{`urn:x:ext:b eq "5"`, "", `urn:x:ext:b eq "5"`},
		{`displayName eq "x"`, "", `displayName eq "x"`},
		{`nickName eq "x"`, "", `nickName eq "x"`}, // two rules read it
		{`id eq "5"`, `id eq 5`, ""},
		{`id eq "x"`, "none", ""},
		{`nothing eq "x"`, "", `nothing eq "x"`},
		{`userName eq "` + strings.Repeat("a", 300) + `"`, "", `userName eq "` + strings.Repeat("a", 300) + `"`},
	} {
		got := plan.Filter(schema.MustParseFilter(tc.filter))
		query, residual := "", ""
		if got.None {
			query = "none"
		} else if got.Query != nil {
			query = got.Query.String()
		}
		if got.Residual != nil {
			residual = got.Residual.String()
		}
		assert.Equal(t, tc.query, query, tc.filter)
		assert.Equal(t, tc.residual, residual, tc.filter)
		assert.Equal(t, residual == "", got.Exact())
	}
	got := bare.Filter(schema.MustParseFilter(`timezone eq "M"`))
	assert.Nil(t, got.Query, "no or in the target")
	got = bare.Filter(schema.MustParseFilter(`title pr and userName eq "a" and name.givenName eq "c"`))
	assert.Equal(t, `mail eq "a"`, got.Query.String(), "no and in the target")
	assert.Equal(t, `title pr and name.givenName eq "c"`, got.Residual.String())
	assert.Equal(t, mapping.Pushdown{}, plan.Filter(nil))
	assert.Equal(t, "email", plan.FilterName(schema.Path{Attr: "mail"}))
}

func TestMatches(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("mail: {type: string, filter: [eq]}\nnum: {type: integer, filter: [eq]}\nlist: {type: list<string>, filter: [eq]}",
		"{scim: userName, target: mail}", "match:\n  - {precedence: 5, all: [{scim: userName, target: mail, fold: true}, {expr: 'toInt(externalId)', target: num}]}\n"+
			"  - {precedence: 2, scim: userName, target: list, pipe: [lower]}\n  - {precedence: 9, scim: title, target: num, pipe: [toInt]}\n"))
	queries, err := plan.Matches(resource(t, plan, `{"userName":"A@x","externalId":"7","title":"x"}`))
	require.NoError(t, err)
	require.Len(t, queries, 2, "a value that the field cannot have is not asked for")
	assert.Equal(t, `list eq "a@x"`, queries[0].Filter.String())
	assert.Equal(t, `mail eq "A@x" and num eq 7`, queries[1].Filter.String())

	assert.True(t, queries[0].Accept(native(t, plan, `{"list":["b","A@X"]}`)), "the record goes through the same pipe")
	assert.False(t, queries[0].Accept(native(t, plan, `{"list":["a@xy"]}`)))
	assert.True(t, queries[1].Accept(native(t, plan, `{"mail":"a@X","num":7}`)))
	assert.False(t, queries[1].Accept(native(t, plan, `{"mail":"a@X","num":8}`)))
	assert.False(t, queries[1].Accept(native(t, plan, `{"mail":"a@X"}`)))

	queries, err = plan.Matches(resource(t, plan, `{"externalId":"7"}`))
	require.NoError(t, err)
	assert.Empty(t, queries, "all of them are needed")
	assert.Equal(t, 409, mapping.AmbiguousMatch(&mapping.MatchQuery{}).Status())
}

func TestBlind(t *testing.T) {
	t.Parallel()
	const fields = `
		a: {type: string}
		b: {type: string}
		c: {type: string}
		d: {type: string}
		e: {type: string, createOnly: true}
		l: {type: list<string>, set: true}
		w: {type: string}
		z: {type: string}
	`
	const rules = `
		{scim: title, target: a, pipe: [lower], direction: toTarget}
		{scim: nickName, target: b, when: active}
		{scim: displayName, target: c, alternatives: true}
		{scim: name.formatted, target: c, alternative: true}
		{scim: locale, target: d}
		{scim: userType, target: e}
		{scim: 'emails[type eq "other"].value', target: l}
		{scim: 'phoneNumbers[type eq "work"].value', target: w}
		{scim: timezone, target: z, pipe: ['map("m")']}
	`
	const more = "valueMaps: {m: {entries: [[x, y], [x, z]]}}\n"
	plan := compile(t, document(fields, rules, more))
	also := compile(t, document(fields+"f: {type: string}", rules+"\n{expr: 'lower(locale)', target: f}", more))
	scoped := compile(t, document(fields, rules, more+"scope: active != false\n"))
	byOp := compile(t, document(fields, rules, more+"scope: $op != \"create\"\n"))
	paths := func(p *mapping.Plan, texts ...string) []schema.Selector {
		var sels []schema.Selector
		for _, text := range texts {
			sel, err := p.Resource().Select(schema.MustParsePath(text))
			require.NoError(t, err)
			sels = append(sels, sel)
		}
		return sels
	}
	for text, want := range map[string]bool{
		"title": true, "locale": true, "title,locale": true,
		"nickName": false, "active": false, "displayName": false, "name.formatted": false, "userType": false, "timezone": false,
		`emails[type eq "other"].value`: false, `phoneNumbers[type eq "work"].value`: true, `phoneNumbers[type eq "WORK"].value`: true,
		"phoneNumbers": false, "phoneNumbers.value": false, "profileUrl": false, "title,profileUrl": false, "name": false,
	} {
		assert.Equal(t, want, plan.Blind(paths(plan, strings.Split(text, ",")...)), text)
	}
	assert.False(t, also.Blind(paths(also, "locale")), "another rule reads it")
	assert.True(t, also.Blind(paths(also, "title")))
	assert.False(t, scoped.Blind(paths(scoped, "title")))
	assert.True(t, byOp.Blind(paths(byOp, "title")))
	assert.False(t, plan.Blind(nil))

	// A blind PATCH sends what it was told, and nothing else.
	rec := resource(t, plan, `{"title":"T"}`)
	var out mapping.Result
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Op: mapping.Patch, Resource: rec, Touched: paths(plan, "title", "locale")}, nil))
	assert.Equal(t, `set a "t"; clear d null`, edits(plan, out.Edits))
}

func TestFieldsAndRuleFor(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: string}\nb: {type: string}\nc: {type: string}\nd: {type: string}",
		"{name: one, scim: 'ent:costCenter', target: a}\n{name: two, expr: 'join(\" \", title, ent:costCenter)', target: b}\n{const: x, target: c}\n{scim: active, inverse: 'true'}", ""))
	sel, err := plan.Resource().Select(schema.MustParsePath("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter"))
	require.NoError(t, err)
	var names []string
	for _, slot := range plan.Fields(nil, sel) {
		names = append(names, plan.Target().Attribute(slot).Name)
	}
	assert.Equal(t, []string{"a", "b"}, names)
	path, rule := plan.RuleFor("a")
	assert.Equal(t, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", path)
	assert.Equal(t, "one", rule)
	path, rule = plan.RuleFor("b")
	assert.Equal(t, "", path)
	assert.Equal(t, "two", rule)
	path, rule = plan.RuleFor("d")
	assert.Equal(t, "", path+rule)
}

func TestWithCustom(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("x.yaml", []byte(document("a: {type: string}", "{scim: title, target: a}\n{scim: 'ent:division', target: a, direction: toScim}\n{name: gone, target: custom_fields.gone, disabled: true}", "")))
	require.Empty(t, ds)
	target, err := schema.NewOrdered("person",
		schema.Attribute{Name: "a"},
		schema.Attribute{Name: "id", Type: schema.Integer, Mutability: schema.ReadOnly},
		schema.Attribute{Name: "custom_fields.shift", Custom: true, Choices: []string{"early", "late"}, Description: "when"},
		schema.Attribute{Name: "custom_fields.badge_number", Type: schema.Integer, Custom: true},
		schema.Attribute{Name: "custom_fields.remote", Type: schema.Boolean, Custom: true, Required: true},
		schema.Attribute{Name: "custom_fields.employee_number", Custom: true},
		schema.Attribute{Name: "custom_fields.division", Custom: true},
		schema.Attribute{Name: "custom_fields.seen", Custom: true, Mutability: schema.ReadOnly},
		schema.Attribute{Name: "custom_fields.gone", Custom: true},
		schema.Attribute{Name: "custom_fields.with space", Custom: true},
		schema.Attribute{Name: "custom_fields.plain"})
	require.NoError(t, err)
	before := doc.Rules()
	custom := doc.WithCustom(target, bases()...)
	assert.Equal(t, before, doc.Rules(), "the document itself stays as it is")
	typ, err := custom.ResourceType(bases(), target)
	require.NoError(t, err)
	plan, ds := mapping.Compile(custom, typ, target, nil)
	require.Empty(t, ds.String())

	shift := typ.Lookup("urn:x:ext:shift")
	assert.Equal(t, []string{"early", "late"}, shift.Choices)
	assert.Equal(t, "when", shift.Description)
	assert.Equal(t, schema.Integer, typ.Lookup("urn:x:ext:badge_number").Shown)
	assert.False(t, shift.Demanded)
	assert.True(t, typ.Lookup("urn:x:ext:remote").Demanded, "the account requires it")
	assert.False(t, typ.Lookup("urn:x:ext:remote").Required, "but it may come as custom_fields.remote")
	assert.False(t, typ.Lookup("custom_fields").Sub.Lookup("remote").Demanded)
	assert.Nil(t, typ.Lookup("urn:x:ext:gone"))
	assert.Nil(t, typ.Lookup("urn:x:ext:plain"))

	create := func(text string) string {
		var out mapping.Result
		require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, text)}, nil))
		return edits(plan, out.Edits)
	}
	assert.Equal(t, `set custom_fields.shift "late"; set custom_fields.badge_number 7; set custom_fields.remote true`,
		create(`{"urn:x:ext":{"shift":"late","badge_number":"7","remote":"True"}}`), "texts become what the field holds")
	assert.Equal(t, `set custom_fields.badge_number 7; set custom_fields.remote false`,
		create(`{"custom_fields":{"badge_number":7,"remote":false}}`), "the core form")
	assert.Equal(t, `set custom_fields.remote true; set custom_fields.employee_number "12"`,
		create(`{"urn:x:ext":{"remote":true,"employee_number":"13"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"12"}}`), "the enterprise name first")
	assert.Equal(t, `set custom_fields.remote true; set custom_fields.division "D"`,
		create(`{"urn:x:ext":{"remote":true,"division":"D"}}`), "an attribute that a rule reads stays that rule's")

	var out mapping.Result
	err = plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"title":"x"}`)}, nil)
	require.Error(t, err, "the account requires it")
	rec := plan.Resource().New()
	stored := native(t, plan, `{"id":5,"custom_fields.remote":true,"custom_fields.badge_number":7,"custom_fields.employee_number":"12","custom_fields.seen":"today","custom_fields.shift":"late"}`)
	plan.ToSCIM(rec, stored, nil)
	assert.Equal(t, "5", rec.String("id"))
	assert.Equal(t, int64(7), rec.Integer("urn:x:ext:badge_number"))
	assert.Equal(t, "12", rec.String("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"))
	assert.Equal(t, "today", rec.String("urn:x:ext:seen"))
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Op: mapping.Replace, Resource: resource(t, plan, `{}`), Stored: stored}, nil))
	assert.Equal(t, `clear custom_fields.shift null; clear custom_fields.badge_number null; clear custom_fields.employee_number null`, edits(plan, out.Edits),
		"what the account requires is kept")
	path, _ := plan.RuleFor("custom_fields.shift")
	assert.Equal(t, "urn:x:ext:shift", path)
}

// What the document says of a field stands over the target's own description.
func TestCompile_Target(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("x.yaml", []byte(document("a: {type: string, maxLength: 3, filter: [eq]}\nb: {type: string}", "{scim: title, target: a}", "")))
	require.Empty(t, ds)
	target, err := schema.NewOrdered("person", schema.Attribute{Name: "id"}, schema.Attribute{Name: "a", MaxLength: 9, Pattern: "[a-z]+"})
	require.NoError(t, err)
	typ, err := doc.ResourceType(bases(), target)
	require.NoError(t, err)
	plan, ds := mapping.Compile(doc, typ, target, nil)
	require.Empty(t, ds.String())
	assert.Same(t, target, plan.Target())
	var out mapping.Result
	assert.ErrorContains(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"title":"abcd"}`)}, nil), "longer than 3")
	assert.ErrorContains(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"title":"A"}`)}, nil), "pattern")
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: resource(t, plan, `{"title":"abc"}`)}, nil))
	assert.Same(t, target, out.Record.Type())

	doc, ds = mapping.Parse("x.yaml", []byte(document("a: {type: string}\nb: {type: string}", "{scim: title, target: b}", "")))
	require.Empty(t, ds)
	_, ds = mapping.Compile(doc, typ, target, nil)
	require.Len(t, ds, 1)
	assert.Equal(t, mapping.CodeUnknownField, ds[0].Code, "a field that the account does not have")
}

// Records of a type that was discovered before are read by name.
func TestPlan_OtherTypes(t *testing.T) {
	t.Parallel()
	text := document("a: {type: string}\nb: {type: string}", "{scim: title, target: a}\n{scim: 'emails[type eq \"work\"].value', target: b}", "")
	plan := compile(t, text)
	other := compile(t, strings.Replace(text, "a: {type: string}\n", "z: {type: string}\n      a: {type: string}\n", 1))
	require.NotSame(t, plan.Target(), other.Target())
	in := &mapping.Input{Op: mapping.Replace, Resource: resource(t, other, `{"title":"T","emails":[{"type":"work","value":"x"}]}`), Stored: native(t, other, `{"z":"z","a":"A"}`)}
	var out mapping.Result
	require.NoError(t, plan.ToTarget(&out, in, nil))
	assert.Equal(t, `set a "T"; set b "x"`, edits(plan, out.Edits))
	assert.Same(t, plan.Target(), out.Record.Type())
	rec := plan.Resource().New()
	plan.ToSCIM(rec, in.Stored, nil)
	assert.Equal(t, "A", rec.String("title"))
	assert.Equal(t, `set a "A"`, edits(plan, plan.Diff(nil, nil, in.Stored)))
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{}, nil))
	assert.Empty(t, out.Edits)
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("set.yaml", []byte("apiVersion: mapping/v1\nkind: MappingSet\nname: users\nprefixes: {x: 'urn:x:ext'}\n"+
		"routes:\n  - {when: 'x:isAgent | toBool', use: agent}\n  - {when: 'userType == \"bot\"', use: bot}\n  - {use: requester}\n"))
	require.Empty(t, ds)
	assert.True(t, doc.IsSet())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	routes, ds := mapping.CompileRoutes(doc, typ)
	require.Empty(t, ds)
	assert.Equal(t, []string{"agent", "bot", "requester"}, routes.Names())
	use := func(set map[string]schema.Value) string {
		rec := typ.New()
		for name, v := range set {
			require.True(t, rec.Set(name, v), name)
		}
		name, err := routes.Use(&mapping.Input{Resource: rec})
		if err != nil {
			return err.Error()
		}
		return name
	}
	assert.Equal(t, "agent", use(map[string]schema.Value{"urn:x:ext:isAgent": schema.StringValue("TRUE")}))
	assert.Equal(t, "requester", use(map[string]schema.Value{"urn:x:ext:isAgent": schema.BooleanValue(false)}))
	assert.Equal(t, `x:isAgent | toBool: not a boolean: "perhaps"`, use(map[string]schema.Value{"urn:x:ext:isAgent": schema.StringValue("perhaps")}))
	assert.Equal(t, "bot", use(map[string]schema.Value{"userType": schema.StringValue("bot")}))

	sel := func(text string) []schema.Selector {
		s, err := typ.Select(schema.MustParsePath(text))
		require.NoError(t, err)
		return []schema.Selector{s}
	}
	assert.True(t, routes.Blind(sel("title")))
	assert.False(t, routes.Blind(sel("userType")))
	_, ds = mapping.Compile(doc, typ, nil, nil)
	assert.Len(t, ds, 1)
}

func TestInScope(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: string}", "{scim: title, target: a}", `scope: active != false || $op != "create"`+"\n"))
	off := resource(t, plan, `{"active":false}`)
	assert.False(t, plan.InScope(&mapping.Input{Resource: off}))
	assert.True(t, plan.InScope(&mapping.Input{Op: mapping.Patch, Resource: off}))
	assert.True(t, plan.InScope(&mapping.Input{Resource: resource(t, plan, `{}`)}))
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	require.NoError(t, err)
	var fields []schema.Attribute
	for i := range user.Type.Len() {
		a := *user.Type.Attribute(schema.Slot(i))
		a.Name = user.Type.Path(schema.Slot(i))
		a.Filter = schema.AllOps
		if a.Name == "title" {
			a.Filter = 0
		}
		fields = append(fields, a)
	}
	target, err := schema.NewOrdered("user", fields...)
	require.NoError(t, err)
	plan, err := mapping.Identity(user.Type, target)
	require.NoError(t, err)

	rec := resource(t, plan, `{"userName":"ann","name":{"givenName":"Ann"},"emails":[{"type":"work","value":"a@example.com"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"IT"}}`)
	var out mapping.Result
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: rec}, nil))
	assert.Len(t, out.Edits, 4)
	stored := out.Record.Clone()
	stored.SetString("id", "7")
	read := plan.Resource().New()
	plan.ToSCIM(read, stored, nil)
	assert.Equal(t, "7", read.String("id"))
	read.Set("id", schema.Value{})
	assert.True(t, read.Equal(rec))

	changed := rec.Clone()
	changed.SetString("userName", "bob")
	changed.Set("name", schema.Value{})
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Op: mapping.Patch, Resource: changed, Current: rec, Stored: stored}, nil))
	assert.Equal(t, `set userName "bob"; clear name null`, edits(plan, out.Edits))

	filter := func(text string) string {
		d := plan.Filter(schema.MustParseFilter(text))
		if d.Query == nil || d.Residual != nil {
			return ""
		}
		_, err := target.Match(d.Query)
		require.NoError(t, err, "%s", d.Query)
		return d.Query.String()
	}
	for _, text := range []string{`userName eq "x"`, `emails[type eq "work" and value co "x"]`, `not (name.givenName pr) or id eq "7"`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "IT"`, `emails[type eq "work"].value sw "a"`} {
		assert.Equal(t, text, filter(text))
	}
	d := plan.Filter(schema.MustParseFilter(`userName eq "x" and title eq "y"`))
	assert.NotNil(t, d.Residual, "the field does not declare it")

	queries, err := plan.Matches(rec)
	require.NoError(t, err)
	require.Len(t, queries, 1)
	assert.Equal(t, `userName eq "ann"`, queries[0].Filter.String())
	assert.True(t, queries[0].Accept(stored))
	path, _ := plan.RuleFor("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
	assert.Equal(t, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", path)
	assert.False(t, plan.Blind(nil))
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: integer}\nl: {type: list<integer>}",
		"{scim: title, target: a, pipe: ['lookup(\"strict\")']}\n{scim: 'x:list', target: l, pipe: ['lookup(\"lenient\")']}",
		"lookups: {strict: {object: o, keys: [name], value: id, onUnknownId: error}, lenient: {object: o, keys: [name], value: id}}\n"))
	rec := native(t, plan, `{"a":1,"l":[2,3]}`)
	needs := plan.ReadNeeds(nil, rec)
	require.Len(t, needs, 3)
	var res mapping.Resolved
	require.NoError(t, plan.ReadErrors(rec, &res), "what nobody has looked for is not missing")
	for _, n := range needs {
		res.Add(n, mapping.Resolution{})
	}
	err := plan.ReadErrors(rec, &res)
	var es *mapping.Errors
	require.ErrorAs(t, err, &es)
	assert.EqualError(t, err, `title → a: no o with id 1, which the record refers to (rule a, E_LOOKUP_MISSING)`)
	assert.Equal(t, 500, es.Status())
	res.Add(needs[0], mapping.Resolution{State: mapping.Found, Native: schema.IntegerValue(1), Return: schema.StringValue("one")})
	require.NoError(t, plan.ReadErrors(rec, &res))
}

func TestExplain_Steps(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: string}\nn: {type: integer}\nd: {type: integer}\np: {type: string}\ne: {type: string}",
		"{scim: title, target: a, pipe: [trim, lower, 'map(\"m\")'], lossy: spaces}\n{scim: 'x:a', target: n, pipe: [toInt]}\n"+
			"{scim: displayName, target: d, pipe: ['lookup(\"l\")']}\n{scim: nickName, target: p, pipe: ['prefix(\"p-\")'], secret: true, direction: toTarget}\n"+
			"{scim: userType, target: e, pipe: [lower], default: none}",
		"valueMaps: {m: {entries: [[x, y]]}}\nlookups: {l: {object: o, keys: [name], value: id, onMissing: defer}}\n"))
	in := &mapping.Input{Resource: resource(t, plan, `{"title":" X ","displayName":"Lab","nickName":"s3cr3t","urn:x:ext":{"a":"1b"}}`)}
	text := func(v schema.Value) string {
		if v.IsUnset() {
			return "-"
		}
		return string(v.AppendJSON(nil))
	}
	var got []string
	for _, r := range plan.Explain(in, nil).Rules {
		line := r.Target + " " + string(r.Action) + ":"
		for _, s := range r.Steps {
			line += " " + s.Step + " " + text(s.In) + " " + text(s.Out)
		}
		got = append(got, line)
	}
	assert.Equal(t, []string{
		`a set: trim " X " "X" lower "X" "x" map("m") "x" "y"`,
		`n error: toInt "1b" -`,
		`d skip: lookup("l") "Lab" -`,
		`p set: prefix("p-") "[redacted]" "[redacted]"`,
		`e set:`,
	}, got)
}
