package mapping_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// write is one case of a write: what is stored and what comes in, and the edits
// or the errors that come out.
type write struct {
	name           string
	fields, rules  string
	more           string
	op             mapping.Operation
	stored, before string // before: the resource of a PATCH as it was, "" to have it read
	resource       string
	want           string // edits
	errs           string // codes and rules
	warnings       string
	tables         map[string]string // "lookup:key" → native id; "!" for ambiguous
}

func (w *write) run(t *testing.T) (*mapping.Plan, *mapping.Result, error) {
	t.Helper()
	plan := compile(t, document(w.fields, w.rules, w.more))
	in := &mapping.Input{Op: w.op, Resource: resource(t, plan, w.resource), Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	if w.stored != "" {
		in.Stored = native(t, plan, w.stored)
	}
	if w.before != "" {
		in.Current = resource(t, plan, w.before)
	}
	var res mapping.Resolved
	for _, n := range plan.Needs(nil, in) {
		answer := mapping.Resolution{}
		switch id := w.tables[n.Lookup.Name+":"+n.Value.Text()]; {
		case id == "!":
			answer.State = mapping.Ambiguous
		case id != "":
			v, ok := schema.NumberValue(id)
			require.True(t, ok)
			answer = mapping.Resolution{State: mapping.Found, Native: v, Return: schema.StringValue("name of " + id)}
		}
		res.Add(n, answer)
	}
	var out mapping.Result
	return plan, &out, plan.ToTarget(&out, in, &res)
}

func TestToTarget(t *testing.T) {
	t.Parallel()
	const strs = "a: {type: string}\nb: {type: string}"
	const list = "l: {type: list<string>}\ns: {type: list<string>, set: true}"
	const lookup = "lookups: {dep: {object: department, keys: [name, code], value: id, onMissing: error}, later: {object: user, keys: [id], value: id, onMissing: defer}, " +
		"maybe: {object: org, keys: [name], value: id, onMissing: ignore}, made: {object: team, keys: [name], value: id, onMissing: create, maxCreate: 1, create: {color: 'lower(\"RED\")'}}}\n"
	const refs = "n: {type: integer}\nr: {type: integer, required: true}\nls: {type: list<integer>, set: true}"
	for _, w := range []write{
		{name: "create sends what is set", fields: strs, rules: "{scim: title, target: a}\n{scim: nickName, target: b}", resource: `{"title":"T"}`, want: `set a "T"`},
		{name: "a boolean false is a value", fields: "a: {type: boolean}", rules: "{scim: active, target: a}", resource: `{"active":false}`, want: `set a false`},
		{name: "replace clears", fields: strs, rules: "{scim: title, target: a}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{}`, want: `clear a null`},
		{name: "clearing what is empty sends nothing", fields: strs, rules: "{scim: title, target: a, direction: toTarget}", op: mapping.Replace, stored: `{"a":""}`, resource: `{}`},
		{name: "keep", fields: strs, rules: "{scim: title, target: a, onUnset: keep}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{}`},
		{name: "error when unset", fields: strs, rules: "{scim: title, target: a, onUnset: error}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{}`, errs: "E_REQUIRED a"},
		{name: "error when unset is for updates", fields: strs, rules: "{scim: title, target: a, onUnset: error}", resource: `{}`},
		{name: "a field that cannot be cleared", fields: "a: {type: string, clearAs: omit}", rules: "{scim: title, target: a}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{}`, warnings: "W_UNCLEARABLE a"},
		{name: "clear as empty list", fields: list, rules: "{scim: 'emails.value', target: l}", op: mapping.Replace, stored: `{"l":["x"]}`, resource: `{}`, want: `clear l []`},
		{name: "order counts in a list", fields: list, rules: "{scim: 'emails.value', target: l, direction: toTarget}", op: mapping.Replace, stored: `{"l":["x","y"]}`, resource: `{"emails":[{"value":"y"},{"value":"x"}]}`, want: `set l ["y","x"]`},
		{name: "not in a set, nor do duplicates", fields: list, rules: "{scim: 'emails.value', target: s, direction: toTarget}", op: mapping.Replace, stored: `{"s":["x","y"]}`, resource: `{"emails":[{"value":"y"},{"value":"x"},{"value":"y"}]}`},
		{name: "add appends what is missing", fields: list, rules: "{scim: 'emails.value', target: l, multi: add}", op: mapping.Replace, stored: `{"l":["x","y"]}`, resource: `{"emails":[{"value":"z"},{"value":"x"}]}`, want: `set l ["x","y","z"]`},
		{name: "add never clears", fields: list, rules: "{scim: 'emails.value', target: l, multi: add}", op: mapping.Replace, stored: `{"l":["x"]}`, resource: `{}`},
		{name: "only on create", fields: strs, rules: "{scim: title, target: a, apply: create}", op: mapping.Replace, stored: `{}`, resource: `{"title":"T"}`},
		{name: "where it can be written", fields: strs, rules: "{scim: title, target: a, apply: writable}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{"title":"T"}`, want: `set a "T"`},
		{name: "where it can be written, clear", fields: strs, rules: "{scim: title, target: a, apply: writable}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{}`, want: `clear a null`},
		{name: "where it is written once", fields: "a: {type: string, createOnly: true}", rules: "{scim: title, target: a, apply: writable}", op: mapping.Replace, stored: `{"a":"x"}`, resource: `{"title":"T"}`},
		{name: "where it is written once, create", fields: "a: {type: string, createOnly: true}", rules: "{scim: title, target: a, apply: writable}", resource: `{"title":"T"}`, want: `set a "T"`},
		{name: "only on update", fields: strs, rules: "{scim: title, target: a, apply: update}", resource: `{"title":"T"}`},
		{name: "only on update, update", fields: strs, rules: "{scim: title, target: a, apply: update}", op: mapping.Replace, stored: `{}`, resource: `{"title":"T"}`, want: `set a "T"`},
		{name: "condition on the operation", fields: strs, rules: `{const: x, target: a, when: '$op == "create"'}`, resource: `{}`, want: `set a "x"`},
		{name: "condition on what is stored", fields: strs, rules: `{const: x, target: a, when: '$target.b == "y"'}`, op: mapping.Replace, stored: `{"b":"y"}`, resource: `{}`, want: `set a "x"`},
		{name: "the moment", fields: strs, rules: `{expr: '$now', target: a}`, resource: `{}`, want: `set a "2026-01-02T03:04:05Z"`},

		{name: "PATCH leaves unchanged inputs alone", fields: strs, rules: "{scim: title, target: a, pipe: [lower]}\n{scim: nickName, target: b}", op: mapping.Patch, stored: `{"a":"MIXED","b":"x"}`, resource: `{"title":"MIXED","nickName":"y"}`, want: `set b "y"`},
		{name: "enforce does not", fields: strs, rules: "{scim: title, target: a, pipe: [lower], enforce: true}", op: mapping.Patch, stored: `{"a":"MIXED"}`, resource: `{"title":"MIXED"}`, want: `set a "mixed"`},
		{name: "enforce on replace", fields: strs, rules: "{scim: title, target: a, pipe: [lower], enforce: true}", op: mapping.Replace, stored: `{"a":"MIXED"}`, resource: `{"title":"MIXED"}`, want: `set a "mixed"`},
		{name: "PATCH reaches an expression", fields: strs, rules: `{expr: 'join(" ", name.givenName, name.familyName)', target: a}`, op: mapping.Patch, stored: `{"a":"A B"}`, before: `{"name":{"givenName":"A","familyName":"B"}}`, resource: `{"name":{"givenName":"A","familyName":"C"}}`, want: `set a "A C"`},
		{name: "a constant only through its condition", fields: strs, rules: `{const: x, target: a, when: active}`, op: mapping.Patch, stored: `{}`, before: `{"active":true}`, resource: `{"active":true}`},
		{name: "the condition changed", fields: strs, rules: `{const: x, target: a, when: active}`, op: mapping.Patch, stored: `{}`, before: `{"active":false}`, resource: `{"active":true}`, want: `set a "x"`},
		{name: "a further element that is not picked changes nothing", fields: strs, rules: `{scim: 'emails.value', target: a, pipe: [lower]}`, op: mapping.Patch, stored: `{"a":"X"}`, before: `{"emails":[{"value":"X","primary":true}]}`, resource: `{"emails":[{"value":"X","primary":true},{"value":"y"}]}`},
		{name: "primary moves", fields: strs, rules: `{scim: 'emails.value', target: a}`, op: mapping.Patch, stored: `{"a":"x"}`, before: `{"emails":[{"value":"x","primary":true},{"value":"y"}]}`, resource: `{"emails":[{"value":"x"},{"value":"y","primary":true}]}`, want: `set a "y"`},
		{name: "alternatives: the guard of another decides anew", fields: strs, rules: "{scim: title, target: a, when: active, alternatives: true}\n{scim: nickName, target: a, alternative: true}", op: mapping.Patch, stored: `{"a":"T"}`, before: `{"active":true,"title":"T","nickName":"N"}`, resource: `{"active":false,"title":"T","nickName":"N"}`, want: `set a "N"`},
		{name: "alternatives: and an earlier one that has not changed may win", fields: strs, rules: "{scim: title, target: a, when: 'locale == \"x\"', alternatives: true}\n{scim: nickName, target: a, when: active, alternative: true}", op: mapping.Patch, stored: `{"a":"T"}`, before: `{"active":false,"locale":"x","title":"T","nickName":"N"}`, resource: `{"active":true,"locale":"x","title":"T","nickName":"N"}`},
		{name: "what is kept elsewhere is not stored", fields: strs, rules: "{scim: title, target: a}", op: mapping.Replace, stored: `{"a":"x"}`, before: `{"title":"kept"}`, resource: `{"title":"kept"}`, want: `set a "kept"`},

		{name: "several values", fields: strs, rules: `{scim: 'emails.value', target: a, pick: error}`, resource: `{"emails":[{"value":"x","primary":true},{"value":"y"}]}`, errs: "E_AMBIGUOUS_VALUE a"},
		{name: "the first, whatever is primary", fields: strs, rules: `{scim: 'emails.value', target: a, pick: first}`, resource: `{"emails":[{"value":"x"},{"value":"y","primary":true}]}`, want: `set a "x"`},
		{name: "an undeclared type is checked when written", fields: "a: {type: integer}", rules: `{scim: 'x:a', target: a}`, resource: `{"urn:x:ext":{"a":"5"}}`, errs: "E_TYPE a"},
		{name: "it may fit", fields: "a: {type: integer}", rules: `{scim: 'x:a', target: a}`, resource: `{"urn:x:ext":{"a":5}}`, want: `set a 5`},
		{name: "required", fields: "a: {type: string, required: true}", rules: `{scim: title, target: a, onUnset: keep}`, resource: `{}`, errs: "E_REQUIRED a"},
		{name: "required of the first rule", fields: "a: {type: string, required: true}", rules: "{name: one, scim: title, target: a, onUnset: keep, alternatives: true}\n{name: two, scim: nickName, target: a, onUnset: keep, alternative: true}", resource: `{}`, errs: "E_REQUIRED one"},
		{name: "required by an alternative", fields: strs, rules: "{name: one, scim: title, target: a, alternatives: true}\n{name: two, scim: nickName, target: a, required: true, alternative: true}", resource: `{}`, errs: "E_REQUIRED two"},
		{name: "too long", fields: "a: {type: string, maxLength: 2}", rules: `{scim: title, target: a}`, resource: `{"title":"äöü"}`, errs: "E_VALIDATE a"},
		{name: "characters, not bytes", fields: "a: {type: string, maxLength: 3}", rules: `{scim: title, target: a}`, resource: `{"title":"äöü"}`, want: `set a "äöü"`},
		{name: "no choice", fields: "a: {type: string, oneOf: [x, y]}", rules: `{scim: title, target: a}`, resource: `{"title":"X"}`, errs: "E_VALIDATE a"},
		{name: "patterns match the whole value", fields: "a: {type: string, pattern: 'x|xy'}", rules: `{scim: title, target: a}`, resource: `{"title":"xyz"}`, errs: "E_VALIDATE a"},
		{name: "each element is checked", fields: list, rules: `{scim: 'emails.value', target: l, validate: [{pattern: '.+@.+'}]}`, resource: `{"emails":[{"value":"a@b"},{"value":"c"}]}`, errs: "E_VALIDATE l"},
		{name: "numbers have bounds", fields: "a: {type: integer}", rules: `{scim: 'x:a', target: a, validate: [{min: 1, max: 9}]}`, resource: `{"urn:x:ext":{"a":10}}`, errs: "E_VALIDATE a"},
		{name: "formats", fields: strs, rules: "{scim: title, target: a, validate: [{format: email}]}\n{scim: nickName, target: b, validate: [{format: e164}]}", resource: `{"title":"a@example.com","nickName":"0815"}`, errs: "E_VALIDATE b"},
		{name: "one error per rule, all rules", fields: "a: {type: integer}\nb: {type: integer}\nc: {type: string}", rules: "{scim: title, target: a, pipe: [toInt]}\n{scim: nickName, target: b, pipe: [toInt]}\n{scim: userType, target: c}", resource: `{"title":"x","nickName":"y","userType":"z"}`, errs: "E_CONVERT a, E_CONVERT b"},
		{name: "errors in the order of the rules", fields: "a: {type: integer}\nb: {type: integer}", rules: "{name: r1, scim: title, target: a, when: active, pipe: [toInt], alternatives: true}\n{name: r2, scim: nickName, target: b, pipe: [toInt]}\n{name: r3, scim: userType, target: a, pipe: [toInt], alternative: true}", resource: `{"nickName":"x","userType":"y"}`, errs: "E_CONVERT r2, E_CONVERT r3"},

		{name: "an unknown value", fields: strs, more: "valueMaps: {m: {entries: [[x, y]]}}\n", rules: `{scim: title, target: a, pipe: ['map("m")']}`, resource: `{"title":"z"}`, errs: "E_VALUE_MAP a"},
		{name: "an unknown value, ignored", fields: strs, more: "valueMaps: {m: {entries: [[x, y]], onMissing: ignore}}\n", rules: `{scim: title, target: a, pipe: ['map("m")']}`, op: mapping.Replace, stored: `{"a":"y"}`, resource: `{"title":"z"}`, warnings: "W_VALUE_MAP a"},
		{name: "the stored one of several", fields: strs, more: "valueMaps: {m: {entries: [[x, y], [x, z]]}}\n", rules: `{scim: title, target: a, pipe: ['map("m")'], enforce: true}`, op: mapping.Replace, stored: `{"a":"z"}`, resource: `{"title":"x"}`},
		{name: "the first of several", fields: strs, more: "valueMaps: {m: {entries: [[x, y], [x, z]]}}\n", rules: `{scim: title, target: a, pipe: ['map("m")']}`, op: mapping.Replace, stored: `{"a":"q"}`, resource: `{"title":"x"}`, want: `set a "y"`},
		{name: "a value that has not changed is not converted", fields: strs, more: "valueMaps: {m: {entries: [[x, y]], passthrough: true}}\n", rules: `{scim: title, target: a, pipe: ['map("m")'], lossy: yes it is}`, op: mapping.Replace, stored: `{"a":"q"}`, resource: `{"title":"q"}`},

		{name: "a reference", fields: refs, more: lookup, rules: `{scim: title, target: n, pipe: ['lookup("dep")']}`, resource: `{"title":"IT"}`, tables: map[string]string{"dep:IT": "7"}, want: `set n 7`},
		{name: "a missing reference", fields: refs, more: lookup, rules: `{scim: title, target: n, pipe: ['lookup("dep")']}`, resource: `{"title":"IT"}`, errs: "E_LOOKUP_MISSING n"},
		{name: "a reference that has not changed is not looked up", fields: refs, more: lookup, rules: `{scim: title, target: n, pipe: ['lookup("dep")']}`, op: mapping.Replace, stored: `{"n":7}`, before: `{"title":"IT"}`, resource: `{"title":"IT"}`},
		{name: "an ambiguous reference", fields: refs, more: lookup, rules: `{scim: title, target: n, pipe: ['lookup("dep")']}`, resource: `{"title":"IT"}`, tables: map[string]string{"dep:IT": "!"}, errs: "E_LOOKUP_AMBIGUOUS n"},
		{name: "a deferred one leaves the rest", fields: refs, more: lookup, rules: "{scim: title, target: n, pipe: ['lookup(\"later\")']}\n{scim: 'emails.value', target: ls, pipe: ['lookup(\"later\")']}", resource: `{"title":"1","emails":[{"value":"2"},{"value":"3"}]}`, tables: map[string]string{"later:3": "3"}, want: `set ls [3]`},
		{name: "a required field without its reference", fields: refs, more: lookup, rules: `{scim: title, target: r, onUnset: keep, pipe: ['lookup("later")']}`, resource: `{"title":"1"}`, errs: "E_REQUIRED r"},
		{name: "an ignored one in a list", fields: refs, more: lookup, rules: `{scim: 'emails.value', target: ls, pipe: ['lookup("maybe")']}`, op: mapping.Replace, stored: `{"ls":[4]}`, resource: `{"emails":[{"value":"x"},{"value":"y"}]}`, tables: map[string]string{"maybe:y": "5"}, want: `set ls [5]`, warnings: "W_LOOKUP_MISSING ls"},
		{name: "a list of ignored ones stays", fields: refs, more: lookup, rules: `{scim: 'emails.value', target: ls, pipe: ['lookup("maybe")']}`, op: mapping.Replace, stored: `{"ls":[4]}`, resource: `{"emails":[{"value":"x"}]}`, warnings: "W_LOOKUP_MISSING ls"},
		{name: "too many to make", fields: refs, more: lookup, rules: `{scim: 'emails.value', target: ls, pipe: ['lookup("made")']}`, resource: `{"emails":[{"value":"x"},{"value":"X"},{"value":"y"}]}`, errs: "E_LOOKUP_CREATE_LIMIT ls"},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			plan, out, err := w.run(t)
			var codes []string
			if err != nil {
				var es *mapping.Errors
				require.ErrorAs(t, err, &es)
				for _, e := range es.All {
					assert.Equal(t, 400, e.Status)
					assert.NotEmpty(t, e.Reason)
					codes = append(codes, string(e.Code)+" "+e.Rule)
				}
				assert.Empty(t, out.Creates)
			}
			assert.Equal(t, w.errs, strings.Join(codes, ", "))
			assert.Equal(t, w.want, edits(plan, out.Edits))
			assert.Len(t, out.Fired, len(out.Edits))
			var warned []string
			for _, x := range out.Warnings {
				warned = append(warned, string(x.Code)+" "+x.Rule)
			}
			assert.Equal(t, w.warnings, strings.Join(warned, ", "))
			// What the edits say is what the record is.
			want := plan.Target().New()
			if w.stored != "" {
				want = native(t, plan, w.stored)
			}
			want.Apply(out.Edits...)
			assert.True(t, want.Equal(out.Record), "record %s, edits lead to %s", show(out.Record), show(want))
		})
	}
}

// A second write of the same changes nothing, and edits are minimal.
func TestToTarget_Idempotent(t *testing.T) {
	t.Parallel()
	b := newTwenty(t)
	var out mapping.Result
	require.NoError(t, b.plan.ToTarget(&out, &mapping.Input{Resource: b.user}, b.res))
	stored := out.Record.Clone()
	var again mapping.Result
	in := &mapping.Input{Op: mapping.Replace, Resource: b.user, Stored: stored}
	var res mapping.Resolved
	for _, n := range b.plan.Needs(nil, in) {
		res.Add(n, mapping.Resolution{State: mapping.Found, Native: schema.IntegerValue(42), Return: schema.StringValue("Tour Operations")})
	}
	require.NoError(t, b.plan.ToTarget(&again, in, &res))
	assert.Empty(t, edits(b.plan, again.Edits))
	assert.True(t, again.Record.Equal(stored))

	read := b.plan.Resource().New()
	b.plan.ToSCIM(read, stored, &res)
	in.Resource = read
	require.NoError(t, b.plan.ToTarget(&again, in, &res))
	assert.Empty(t, edits(b.plan, again.Edits), "a PUT of what was read")
}

// A record to refer to is asked for once, after everything else is right.
func TestToTarget_Creates(t *testing.T) {
	t.Parallel()
	w := write{fields: "n: {type: integer}\na: {type: string}",
		more:  "lookups: {team: {object: team, keys: [name], value: id, onMissing: create, create: {color: 'lower(title)'}}}\n",
		rules: "{scim: nickName, target: n, pipe: ['lookup(\"team\")']}\n{scim: title, target: a}", resource: `{"nickName":"Ops","title":"RED"}`}
	plan, out, err := w.run(t)
	require.NoError(t, err)
	require.Len(t, out.Creates, 1)
	assert.Equal(t, []mapping.FieldValue{{Field: "name", Value: schema.StringValue("Ops")}, {Field: "color", Value: schema.StringValue("red")}}, out.Creates[0].Fields)
	assert.Equal(t, `set a "RED"`, edits(plan, out.Edits))

	var res mapping.Resolved
	res.Add(mapping.Need{Lookup: out.Creates[0].Lookup, Value: out.Creates[0].Key}, mapping.Resolution{State: mapping.Found, Native: schema.IntegerValue(9)})
	require.NoError(t, plan.ToTarget(out, &mapping.Input{Resource: resource(t, plan, w.resource)}, &res))
	assert.Empty(t, out.Creates)
	assert.Equal(t, `set n 9; set a "RED"`, edits(plan, out.Edits))
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("n: {type: integer}\nm: {type: integer}\nls: {type: list<integer>, set: true}",
		"{scim: title, target: n, pipe: ['lookup(\"dep\")']}\n{scim: nickName, target: m, pipe: ['lookup(\"dep\")']}\n{scim: 'emails.value', target: ls, pipe: ['lookup(\"user\")']}",
		"lookups: {dep: {object: department, keys: [name], value: id}, user: {object: user, keys: [id, mail], value: id}}\n"))
	in := &mapping.Input{Resource: resource(t, plan, `{"title":"IT","nickName":"it","emails":[{"value":"x"},{"value":"y"}]}`)}
	needs := plan.Needs(nil, in)
	require.Len(t, needs, 3, "equal keys are one need")
	assert.Equal(t, "IT", needs[0].Value.Text())
	assert.Equal(t, "user", needs[1].Lookup.Object)

	stored := native(t, plan, `{"n":7,"m":7,"ls":[1]}`)
	read := plan.ReadNeeds(nil, stored)
	require.Len(t, read, 1, "the id that is returned as it is needs no lookup")
	assert.True(t, read[0].Read)
	assert.Equal(t, "7", read[0].Value.Text())

	in.Op, in.Stored = mapping.Replace, stored
	assert.Len(t, plan.Needs(nil, in), 4)
	in.Op, in.Current = mapping.Patch, in.Resource
	assert.Empty(t, plan.Needs(nil, in), "nothing changed, nothing is needed")
}

// However many references there are, each is asked for once.
func TestNeeds_Many(t *testing.T) {
	t.Parallel()
	plan := compile(t, document("a: {type: list<integer>}", "{scim: 'emails.value', target: a, pipe: ['lookup(\"l\")'], direction: toTarget}\n{scim: 'x:list', target: a, pipe: ['lookup(\"l\")'], direction: toScim}",
		"lookups: {l: {object: o, keys: [name], value: id, return: name}}\n"))
	rec := plan.Resource().New()
	var list, ids []schema.Value
	for i := range 3000 {
		e := plan.Resource().Lookup("emails").Sub.New()
		e.SetString("value", []string{"K", "k", "\u212a"}[i%3]+strconv.Itoa(i/3))
		list = append(list, schema.ObjectValue(e))
		ids = append(ids, schema.IntegerValue(int64(i%1000)))
	}
	rec.Set("emails", schema.ListValue(list...))
	assert.Len(t, plan.Needs(nil, &mapping.Input{Resource: rec}), 1000)
	stored := plan.Target().New()
	stored.Set("a", schema.ListValue(ids...))
	assert.Len(t, plan.ReadNeeds(nil, stored), 1000)
}

func TestNeed_Choose(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewType("user", schema.Fields{"id": {Type: schema.Integer}, "mail": {}, "mails": {MultiValued: true}, "name": {}})
	require.NoError(t, err)
	record := func(id int64, mail, name string, mails ...string) *schema.Record {
		r := typ.New()
		r.Set("id", schema.IntegerValue(id))
		r.SetString("mail", mail)
		r.SetString("name", name)
		r.Set("mails", schema.StringsValue(mails...))
		return r
	}
	people := []*schema.Record{record(1, "a@example.com", "Ann", "ann@example.com"), record(2, "b@example.com", "Ann"), record(3, "c@example.com", "2")}
	l := &mapping.Lookup{Name: "l", Object: "user", Keys: []string{"id", "mail", "mails", "name"}, Value: "id", Return: "mail"}
	choose := func(l *mapping.Lookup, v schema.Value, read bool) mapping.Resolution {
		n := mapping.Need{Lookup: l, Value: v, Read: read}
		return n.Choose(people)
	}
	assert.Equal(t, schema.IntegerValue(2), choose(l, schema.StringValue("2"), false).Native, "keys in order, numbers as text")
	assert.Equal(t, schema.IntegerValue(1), choose(l, schema.StringValue("A@Example.com"), false).Native)
	assert.Equal(t, schema.IntegerValue(1), choose(l, schema.StringValue("ann@example.com"), false).Native, "in a list")
	assert.Equal(t, mapping.Ambiguous, choose(l, schema.StringValue("Ann"), false).State)
	assert.Equal(t, mapping.Missing, choose(l, schema.StringValue("x"), false).State)
	assert.Equal(t, mapping.Missing, choose(l, schema.StringValue(""), false).State)
	assert.Equal(t, "b@example.com", choose(l, schema.IntegerValue(2), true).Return.Text())
	exact := *l
	exact.CaseExact = true
	assert.Equal(t, mapping.Missing, choose(&exact, schema.StringValue("A@Example.com"), false).State)
}

func TestResolved(t *testing.T) {
	t.Parallel()
	l, other := &mapping.Lookup{Name: "l", Keys: []string{"k"}}, &mapping.Lookup{Name: "o", Keys: []string{"k"}, CaseExact: true}
	var r mapping.Resolved
	for _, n := range []int{1, 50} { // few are looked through, many are hashed
		for i := range n {
			r.Add(mapping.Need{Lookup: l, Value: schema.IntegerValue(int64(i))}, mapping.Resolution{State: mapping.Found})
		}
		r.Add(mapping.Need{Lookup: l, Value: schema.StringValue("Ann")}, mapping.Resolution{State: mapping.Ambiguous})
		r.Add(mapping.Need{Lookup: l, Value: schema.StringValue("ANN")}, mapping.Resolution{State: mapping.Found})
		r.Add(mapping.Need{Lookup: other, Value: schema.StringValue("Ann")}, mapping.Resolution{State: mapping.Ambiguous})
		got, ok := r.Get(mapping.Need{Lookup: l, Value: schema.StringValue("ann")})
		assert.True(t, ok)
		assert.Equal(t, mapping.Found, got.State)
		_, ok = r.Get(mapping.Need{Lookup: other, Value: schema.StringValue("ann")})
		assert.False(t, ok)
		_, ok = r.Get(mapping.Need{Lookup: l, Value: schema.StringValue("ann"), Read: true})
		assert.False(t, ok)
		_, ok = r.Get(mapping.Need{Lookup: l, Value: schema.StringValue("0")})
		assert.True(t, ok, "numbers are compared as text")
		r.Reset()
		_, ok = r.Get(mapping.Need{Lookup: l, Value: schema.StringValue("ann")})
		assert.False(t, ok)
	}
	_, ok := (*mapping.Resolved)(nil).Get(mapping.Need{Lookup: l})
	assert.False(t, ok)
}

// One plan serves many goroutines.
func TestPlan_Concurrent(t *testing.T) {
	t.Parallel()
	b := newTwenty(t)
	var first mapping.Result
	require.NoError(t, b.plan.ToTarget(&first, &mapping.Input{Resource: b.user}, b.res))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			var out mapping.Result
			rec := b.plan.Resource().New()
			for range 100 {
				in := &mapping.Input{Resource: b.user}
				assert.NoError(t, b.plan.ToTarget(&out, in, b.res))
				assert.True(t, out.Record.Equal(first.Record))
				rec.Reset()
				b.plan.ToSCIM(rec, out.Record, b.res)
				b.plan.Explain(in, b.res)
				b.plan.Filter(schema.MustParseFilter(`userName eq "x" and locale eq "de"`))
				_, err := b.plan.Matches(b.user)
				assert.NoError(t, err)
				b.plan.Needs(nil, in)
			}
		})
	}
	wg.Wait()
}

// No output but what is written shows a secret.
func TestSecret(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry-s3cr3t"
	plan := compile(t, document("p: {type: string}\nq: {type: integer}\nr: {type: string, maxLength: 5}\ns: {type: string}",
		"{scim: 'x:a', target: p, secret: true, direction: toTarget, validate: [{pattern: '[0-9]+'}]}\n"+
			"{scim: 'x:a', target: q, pipe: [toInt], direction: toTarget}\n"+
			"{expr: 'join(\"-\", x:a, title)', target: r}\n{scim: password, target: s, pipe: ['map(\"m\")'], direction: toTarget}",
		"valueMaps: {m: {entries: [[x, y]]}}\n"))
	in := &mapping.Input{Resource: resource(t, plan, `{"title":"T","password":"`+canary+`2","urn:x:ext":{"a":"`+canary+`"}}`)}
	var out mapping.Result
	err := plan.ToTarget(&out, in, nil)
	var es *mapping.Errors
	require.ErrorAs(t, err, &es)
	require.Len(t, es.All, 4)
	assert.NotContains(t, err.Error(), canary[:4])
	assert.Contains(t, err.Error(), "[redacted]")
	for _, r := range plan.Explain(in, nil).Rules {
		assert.NotContains(t, string(r.Source.AppendJSON(nil))+string(r.Value.AppendJSON(nil))+r.Why, canary[:4])
	}
	assert.Contains(t, plan.Secrets(nil, in.Resource), canary)
}
