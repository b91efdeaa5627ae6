package mapping_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// costly makes expressions that take as much as they can.
type costly struct{ *rand.Rand }

func (g costly) pick(list ...string) string { return list[g.IntN(len(list))] }

// text is an expression of a text, list one of a list.
func (g costly) text(depth int) string {
	if depth == 0 {
		return g.pick("title", "nickName", "x:a", `"abc"`, `emails.value`)
	}
	t, l := func() string { return g.text(depth - 1) }, func() string { return g.list(depth - 1) }
	switch g.IntN(9) {
	case 0:
		return "normalizeDiacritics(" + t() + ")"
	case 1:
		return `replaceRegex(` + t() + `, "(a?b?c?d?e?f?)*x", "$1")`
	case 2:
		return `replace(` + t() + `, "a", "b")`
	case 3:
		return "joinList(item(" + l() + `, 1), ",")`
	case 4:
		return "coalesce(left(" + t() + ", 900), " + t() + ")"
	case 5:
		return `mid(` + t() + `, 2, 900) + right(` + t() + `, 900)`
	case 6:
		return `switch(` + t() + `, "x", "y", "z")`
	case 7:
		return "(matches(" + t() + `, ".*[a-z]{40}") ? ` + t() + " : " + t() + ")"
	default:
		return `toString(count(` + l() + "))"
	}
}

func (g costly) list(depth int) string {
	if depth == 0 {
		return g.pick("x:list", "emails.value", "x:list", "phoneNumbers.value")
	}
	l := func() string { return g.list(depth - 1) }
	switch g.IntN(5) {
	case 0:
		return "sort(" + l() + ")"
	case 1:
		return "dedupe(" + l() + ")"
	case 2:
		return "upper(" + l() + ")"
	case 3:
		return `replaceRegex(` + l() + `, "[a-f]", "g")`
	default:
		return `split(` + g.text(depth-1) + `, "a")`
	}
}

// worst returns a document of 64 rules, each nearly as dear as one may be.
func (g costly) worst(t testing.TB, doc func(fields, rules string) string) string {
	typ := compile(t, doc("f: {type: string}", "{scim: title, target: f}")).Resource()
	var fields, rules strings.Builder
	for n := 0; n < 64; {
		depth := 4 + g.IntN(4)
		text, kind := g.text(depth), "string"
		if g.IntN(2) == 0 {
			text, kind = g.list(depth), "list<string>"
		}
		e, err := expr.Parse(text)
		if err != nil {
			continue
		}
		if p, _ := expr.Compile(e, &expr.Env{Resource: typ, Prefixes: map[string]string{"x": "urn:x:ext"}, List: kind != "string"}); p == nil || p.Type().List != (kind != "string") || p.Cost() < expr.MaxSteps/2 {
			continue
		}
		fmt.Fprintf(&fields, "f%d: {type: %s}\n", n, kind)
		fmt.Fprintf(&rules, "{expr: '%s', target: f%d, direction: toTarget}\n", text, n)
		n++
	}
	return doc(fields.String(), rules.String())
}

// largest is a resource at the limits: texts of 4 KiB, lists of 1000 elements.
func largest(typ *schema.Type) *schema.Record {
	rec := typ.New()
	long := strings.Repeat("abcdefgh ", expr.MaxString/9)
	rec.SetString("title", long)
	rec.SetString("nickName", strings.ToUpper(long))
	rec.Set("urn:x:ext:a", schema.StringValue(long))
	var texts []schema.Value
	for i := range expr.MaxElements {
		texts = append(texts, schema.StringValue(fmt.Sprintf("%060d", i*7919%expr.MaxElements)))
	}
	rec.Set("urn:x:ext:list", schema.ListValue(texts...))
	for _, name := range []string{"emails", "phoneNumbers"} {
		a := typ.Lookup(name)
		var list []schema.Value
		for i := range expr.MaxElements {
			e := a.Sub.New()
			e.Set("value", texts[i])
			e.SetString("type", "work")
			list = append(list, schema.ObjectValue(e))
		}
		rec.Set(name, schema.ListValue(list...))
	}
	return rec
}

func simple(fields, rules string) string { return document(fields, rules, "") }

// codes are the codes of a write's errors, without duplicates.
func codes(err error) map[mapping.Code]bool {
	set := make(map[mapping.Code]bool)
	if es, ok := err.(*mapping.Errors); ok {
		for _, e := range es.All {
			set[e.Code] = true
		}
	}
	return set
}

// checkCost holds law L12 for a document and a resource: without a bound on the
// whole, no expression takes more than its own; with a bound, the result is the
// same where that is enough, and E_LIMIT with nothing written where it is not.
func checkCost(t *testing.T, text string, bounds ...int) (steps int) {
	t.Helper()
	doc, ds := mapping.Parse("test.yaml", []byte(text))
	require.Empty(t, ds.String())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	return costOf(t, doc, typ, bounds...)
}

func costOf(t *testing.T, doc *mapping.Document, typ *schema.Type, bounds ...int) (steps int) {
	t.Helper()
	free, ds := mapping.Compile(doc, typ, nil, &mapping.Options{MaxTotalSteps: math.MaxInt})
	require.Empty(t, ds.String())
	var unbound mapping.Result
	in := &mapping.Input{Resource: largest(typ)}
	freeErr := free.ToTarget(&unbound, in, nil)
	if freeErr != nil {
		require.NotContains(t, freeErr.Error(), "the expression takes too many steps", "what compiles takes no more than its bound")
	}
	// Beside its expression a rule takes what it costs to go through its inputs.
	require.LessOrEqual(t, unbound.Steps, len(doc.Rules())*(expr.MaxSteps+200*expr.MaxElements))
	for _, bound := range append(bounds, max(1, unbound.Steps-1), max(1, unbound.Steps)) {
		plan, ds := mapping.Compile(doc, typ, nil, &mapping.Options{MaxTotalSteps: bound})
		require.Empty(t, ds.String())
		var out mapping.Result
		err := plan.ToTarget(&out, in, nil)
		require.LessOrEqual(t, out.Steps, bound)
		if unbound.Steps <= bound {
			require.Equal(t, unbound.Steps, out.Steps)
			require.Equal(t, freeErr == nil, err == nil)
			if err == nil {
				require.Equal(t, show(unbound.Record), show(out.Record))
			} else {
				require.Equal(t, freeErr.Error(), err.Error())
			}
			continue
		}
		require.Error(t, err, "%d of %d steps", bound, unbound.Steps)
		require.Contains(t, codes(err), mapping.CodeLimit)
		require.Contains(t, err.Error(), expr.TooMuch)
		require.Empty(t, out.Edits)
		require.Empty(t, out.Creates)
	}
	return unbound.Steps
}

func TestCost(t *testing.T) {
	t.Parallel()
	past := 0
	for seed := range uint64(2) {
		g := costly{rand.New(rand.NewPCG(seed, 2))}
		if checkCost(t, g.worst(t, simple), 10_000) > 1_000_000 {
			past++
		}
	}
	assert.Positive(t, past, "some of the documents have to pass the default bound")
}

// The default bound ends a document whose rules are all within theirs.
func TestCost_Default(t *testing.T) {
	t.Parallel()
	var fields, rules strings.Builder
	for i := range 60 {
		fmt.Fprintf(&fields, "f%d: {type: integer}\n", i)
		fmt.Fprintf(&rules, "{expr: 'count(sort(dedupe(upper(x:list))))', target: f%d, direction: toTarget}\n", i)
	}
	plan := compile(t, simple(fields.String(), rules.String()))
	in := &mapping.Input{Resource: largest(plan.Resource())}
	var out mapping.Result
	err := plan.ToTarget(&out, in, nil)
	var es *mapping.Errors
	require.ErrorAs(t, err, &es)
	assert.Less(t, len(es.All), 60, "the first rules are within the bound")
	for _, e := range es.All {
		assert.Equal(t, mapping.CodeLimit, e.Code)
		assert.Equal(t, expr.TooMuch, e.Reason)
	}
	assert.Empty(t, out.Edits)
	trace := plan.Explain(in, nil).Rules
	assert.Equal(t, mapping.ActionSet, trace[0].Action)
	assert.Equal(t, mapping.ActionError, trace[59].Action)
	assert.Equal(t, string(mapping.CodeLimit), trace[59].Why)

	// The result can be used again, and starts anew.
	small := plan.Resource().New()
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: small}, nil))
	assert.Less(t, out.Steps, 1000)
}

// Pipes, patterns and long lists count as expressions do.
func TestCost_Rules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ field, rule string }{
		"a pipe":                 {"f: {type: list<string>}", "{scim: 'x:list', target: f, pipe: [upper, lower, trim, sort], direction: toTarget}"},
		"a field's pattern":      {"f: {type: list<string>, pattern: '[0-9a-z]*'}", "{scim: emails.value, target: f}"},
		"a rule's pattern":       {"f: {type: string}", "{scim: title, target: f, validate: [{pattern: '(a?b?c?d?e?f?g?h? ?)*'}]}"},
		"elements to look for":   {"f: {type: string}", "{scim: 'emails[type eq \"none\"].value', target: f}"},
		"elements in conditions": {"f: {type: string}", "{scim: nickName, target: f, when: 'isUnset(emails[type eq \"none\"].value)'}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := checkCost(t, simple(tc.field, tc.rule))
			assert.Greater(t, steps, 500)
			assert.Less(t, steps, 50_000)
		})
	}
}

func TestCost_Load(t *testing.T) {
	t.Parallel()
	dear := `count(sort(dedupe(upper(x:list))))`
	_, ds := problems(t, simple("a: {type: string}", "{expr: '"+strings.Repeat(dear+" + ", 10)+dear+"', target: a, direction: toTarget}"))
	require.Len(t, ds, 1, ds)
	assert.Equal(t, mapping.CodeCost, ds[0].Code)
	assert.Contains(t, ds[0].Error(), "100000 are allowed")

	// A read cannot fail: its inverses are bounded together.
	var fields, rules strings.Builder
	for i := range 60 {
		fmt.Fprintf(&fields, "f%d: {type: list<string>}\n", i)
		fmt.Fprintf(&rules, "{scim: %s, inverse: 'toString(count(sort(dedupe(upper($target.f%d)))))'}\n", fmt.Sprintf("'x:%s'", []string{"a", "b"}[i%2]), i)
	}
	lines, ds := problems(t, simple(fields.String(), rules.String()))
	require.NotEmpty(t, ds)
	assert.Equal(t, mapping.CodeCost, ds[0].Code)
	assert.True(t, strings.HasSuffix(lines[0], "/inverse"), lines[0])
	assert.NotEqual(t, "E_COST /rules/0/inverse", lines[0])

	_, ds = problems(t, simple("a: {type: string}", "{scim: title, target: a, validate: [{pattern: '"+strings.Repeat("[a-z]{300}", 4)+"'}]}"))
	require.Len(t, ds, 1, ds)
	assert.Equal(t, mapping.CodeCost, ds[0].Code)
	_, ds = problems(t, simple("a: {type: string, pattern: '"+strings.Repeat("[a-z]{300}", 4)+"'}", "{scim: title, target: a}"))
	require.NotEmpty(t, ds)
	assert.Equal(t, mapping.CodeCost, ds[0].Code)
}

// FuzzCost drives a document of sixty times the fuzzer's expression over a
// resource at the limits.
func FuzzCost(f *testing.F) {
	g := costly{rand.New(rand.NewPCG(1, 2))}
	f.Add(g.text(4))
	f.Add(g.list(3))
	f.Fuzz(func(t *testing.T, text string) {
		var fields, rules strings.Builder
		for i := range 60 {
			fmt.Fprintf(&fields, "f%d: {type: any}\n", i)
			fmt.Fprintf(&rules, "{expr: %s, target: f%d, direction: toTarget}\n", string(schema.StringValue(text).AppendJSON(nil)), i)
		}
		doc, ds := mapping.Parse("fuzz", []byte(simple(fields.String(), rules.String())))
		if len(ds) > 0 {
			return
		}
		typ, err := doc.ResourceType(bases(), nil)
		if err != nil {
			return
		}
		if _, ds := mapping.Compile(doc, typ, nil, nil); len(ds) == 0 {
			costOf(t, doc, typ)
		}
	})
}

// BenchmarkCost reports how long a step takes in documents that are made to take
// as long as they can.
func BenchmarkCost(b *testing.B) {
	g := costly{rand.New(rand.NewPCG(3, 2))}
	plan := compile(b, g.worst(b, simple))
	in := &mapping.Input{Resource: largest(plan.Resource())}
	var out mapping.Result
	for b.Loop() {
		_ = plan.ToTarget(&out, in, nil)
	}
	b.ReportMetric(float64(out.Steps), "steps")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(out.Steps), "ns/step")
}
