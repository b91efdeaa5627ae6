package mapping_test

// The laws of mapping-design section 6 and the tests that hold them. Where a law
// is checked on random documents and records, the same check is a fuzz target.
//
//	L1  PutGet             TestLaws_RoundTrip, FuzzRoundTrip
//	L2  GetPut             TestLaws_RoundTrip, FuzzRoundTrip
//	L3  PutPut             TestLaws_RoundTrip, FuzzRoundTrip; TestToTarget_Idempotent
//	L4  PATCH              TestLaws_Patch, FuzzPatch
//	L5  Diff is minimal    TestLaws_Diff, FuzzDiff; law checks every write of all laws
//	L6  order of rules     TestLaws_Order; TestPlan_Concurrent: in parallel
//	L7  order of a PATCH   TestLaws_Patch, FuzzPatch
//	L8  what is unset      TestLaws_Unset; TestLaws_Names: case of names and URNs
//	L9  filters            TestLaws_Filter, FuzzFilterSplit
//	L10 errors             TestLaws_Errors
//	L11 secrets            TestLaws_Secrets, TestSecret
//	L12 cost               TestCost and the like, FuzzCost; expr.FuzzExpr
//	L13 Explain            law checks every write of all laws
//	L14 lookups            TestNeed_Choose, TestResolved; in package provision TestLookups
//	L15 imports            package importer: TestEntra and the like, FuzzEntra
//	L16 compiling is pure  TestLaws_Pure, TestAppendYAML
//
// FuzzDocument, FuzzRecordJSON, expr.FuzzValueMap and schema.FuzzPath are about
// what is read.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// lawful makes random documents, records and resources.
type lawful struct{ *rand.Rand }

func newLawful(seed uint64) lawful { return lawful{rand.New(rand.NewPCG(seed, 1))} }

func (g lawful) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g lawful) maybe(text string) string {
	if g.IntN(3) == 0 {
		return text
	}
	return ""
}

// lawDoc is a random document with what is known of it.
type lawDoc struct {
	fields, rules []string
	more          string
	paths         []string // that rules map to a field of their own
	lossless      bool     // reading gives what was written
	grouped       bool     // there are alternatives
}

func (d *lawDoc) String() string {
	return document(strings.Join(d.fields, "\n"), strings.Join(d.rules, "\n"), d.more)
}

// lawPaths are the paths that random documents map, each to a field of its own.
var lawPaths = []string{"title", "nickName", "displayName", "userName", "locale", "userType", "name.givenName", "name.familyName",
	`emails[type eq "work"].value`, `emails[type eq "home"].value`, `phoneNumbers[type eq "work"].value`,
	`addresses[type eq "work"].locality`, "ent:department", "ent:costCenter", "x:b"}

const lawTables = "valueMaps:\n  iso: {entries: [[a, x], [b, y]]}\n  many: {entries: [[a, x], [a, y], [b, z], [c, z]], fallback: parent, passthrough: true}\n" +
	"lookups: {l: {object: o, keys: [name], value: id, return: name, onMissing: ignore}}\n"

// lawPipes are the pipes of random documents, each with the type of its field and
// what makes it lossy; the first ones are not.
var lawPipes = []struct{ typ, pipe, lossy string }{
	{"string", "", ""},
	{"string", "[lower]", ""},
	{"integer", "[toInt]", ""},
	{"list<string>", "[wrap]", ""},
	{"string", `['map("iso")']`, ""},
	{"string", `['prefix("p-")', 'suffix("-s")']`, ""},
	{"string", "[trim, upper]", "spaces"},
	{"string", `['map("many")']`, "two to one"},
	{"list<string>", `['split(",")']`, "blanks"},
	{"list<integer>", `['lookup("l")', wrap]`, "what is not found stays"},
}

const losslessPipes = 6

// document returns a document all of whose fields are also read. Half of them
// are lossless.
func (g lawful) document() *lawDoc {
	d := &lawDoc{more: lawTables, lossless: g.IntN(2) == 0}
	pipes := len(lawPipes)
	if d.lossless {
		pipes = losslessPipes
	}
	for i, k := range g.Perm(len(lawPaths))[:1+g.IntN(7)] {
		name, path, p := fmt.Sprintf("f%d", i), lawPaths[k], lawPipes[g.IntN(pipes)]
		attrs, extra := g.maybe(", clearAs: empty"), ""
		if p.pipe != "" {
			extra = ", pipe: " + p.pipe
		}
		if p.lossy != "" {
			extra += ", lossy: " + p.lossy
		}
		if strings.Contains(path, "[") {
			extra += g.maybe(", element: {primary: true}")
		}
		list := strings.HasPrefix(p.typ, "list")
		if list {
			attrs += g.maybe(", set: true")
		}
		if !d.lossless {
			extra += g.options(p.typ == "string", list)
		}
		d.paths = append(d.paths, path)
		d.fields = append(d.fields, fmt.Sprintf("%s: {type: %s%s}", name, p.typ, attrs))
		d.rules = append(d.rules, fmt.Sprintf("{scim: '%s', target: %s%s}", path, name, extra))
	}
	if !d.lossless && g.IntN(2) == 0 {
		d.fields = append(d.fields, "both: {type: string}")
		d.rules = append(d.rules,
			"{name: one, scim: timezone, target: both, when: 'isPresent(timezone)', alternatives: true"+g.maybe(", onUnset: keep")+"}",
			"{name: two, scim: preferredLanguage, target: both, alternative: true}")
		d.grouped = true
	}
	if g.IntN(4) == 0 {
		d.fields = append(d.fields, "all: {type: list<string>, set: true}")
		d.rules = append(d.rules, "{scim: 'emails[type eq \"other\"].value', target: all}")
	}
	return d
}

// options are members that make a rule write less than its source has, or more.
func (g lawful) options(text, list bool) string {
	switch n := g.IntN(10); {
	case n == 0:
		return ", onUnset: keep"
	case n == 1 && text:
		return ", default: x, defaultOn: always"
	case n == 2 && text:
		return ", default: x"
	case n == 3:
		return ", apply: " + g.pick("create", "update", "ifEmpty")
	case n == 4:
		return ", when: 'isPresent(profileUrl)'"
	case n == 5 && list:
		return ", multi: add"
	default:
		return ""
	}
}

func (g lawful) text() string {
	return g.pick("a", "b", "c", "A", "x", "y", "z", "de-DE", "p-q-s", "P-Q-S", "p--s", "7", "42", "-3", "Mixed Case", " sp ", "", "ü", "a,b")
}

// value is one that a field may hold.
func (g lawful) value(a *schema.Attribute) schema.Value {
	one := func() schema.Value {
		switch a.Type {
		case schema.Integer:
			return schema.IntegerValue(int64(g.IntN(5)))
		case schema.Boolean:
			return schema.BooleanValue(g.IntN(2) == 0)
		}
		return schema.StringValue(g.text())
	}
	if !a.MultiValued {
		return one()
	}
	var list []schema.Value
	for range g.IntN(4) {
		list = append(list, one())
	}
	return schema.ListValue(list...)
}

// record fills the fields of a plan's target.
func (g lawful) record(plan *mapping.Plan) *schema.Record {
	rec := plan.Target().New()
	for i := range plan.Target().Len() {
		a := plan.Target().Attribute(schema.Slot(i))
		if a.Name != "id" && g.IntN(4) > 0 {
			rec.SetAt(schema.Slot(i), g.value(a))
		}
	}
	return rec
}

// resource makes a resource that most rules can take.
func (g lawful) resource(t testing.TB, plan *mapping.Plan) *schema.Record {
	text := func() string { return g.pick("a", "b", "p-q-s", "7", "42", "Mixed Case", "A", "a,b") }
	var parts []string
	object := func(names ...string) string {
		var ms []string
		for _, n := range names {
			if g.IntN(3) > 0 {
				ms = append(ms, fmt.Sprintf("%q: %q", n, text()))
			}
		}
		return "{" + strings.Join(ms, ",") + "}"
	}
	elements := func(leaf string, types ...string) string {
		var list []string
		for _, typ := range types {
			if g.IntN(2) == 0 {
				list = append(list, fmt.Sprintf(`{"type": %q, %q: %q}`, typ, leaf, text()))
			}
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	core := object("title", "nickName", "displayName", "userName", "locale", "userType", "timezone", "preferredLanguage", "profileUrl")
	if core != "{}" {
		parts = append(parts, strings.Trim(core, "{}"))
	}
	parts = append(parts, `"name":`+object("givenName", "familyName"), `"emails":`+elements("value", "work", "home", "other", "other"),
		`"phoneNumbers":`+elements("value", "work"), `"addresses":`+elements("locality", "work"),
		`"`+entURN+`":`+object("department", "costCenter"), `"urn:x:ext":`+object("b"))
	return resource(t, plan, "{"+strings.Join(parts, ",")+"}")
}

// answer resolves needs: the name of the record n is "n".
func answer(res *mapping.Resolved, needs []mapping.Need) {
	for _, n := range needs {
		v, ok := schema.NumberValue(n.Value.Text())
		if !ok {
			res.Add(n, mapping.Resolution{})
			continue
		}
		res.Add(n, mapping.Resolution{State: mapping.Found, Native: v, Return: schema.StringValue(v.Text())})
	}
}

// read is what reading a record gives.
func read(plan *mapping.Plan, n *schema.Record) *schema.Record {
	var res mapping.Resolved
	answer(&res, plan.ReadNeeds(nil, n))
	out := plan.Resource().New()
	plan.ToSCIM(out, n, &res)
	return out
}

// law carries a write out, checking what holds of every write: the edits lead
// to the record and are the fewest (L5), an error leaves everything as it was
// (L10), and the trace says the same (L13).
func law(t testing.TB, plan *mapping.Plan, in *mapping.Input) (*mapping.Result, error) {
	t.Helper()
	var res mapping.Resolved
	answer(&res, plan.Needs(nil, in))
	var out mapping.Result
	err := plan.ToTarget(&out, in, &res)
	before := in.Stored
	if before == nil {
		before = plan.Target().New()
	}
	var fired []string
	failed := false
	for _, r := range plan.Explain(in, &res).Rules {
		if (r.Action == mapping.ActionSet || r.Action == mapping.ActionClear) && r.Why != "would create" {
			fired = append(fired, r.Rule)
		}
		failed = failed || r.Action == mapping.ActionError
	}
	require.Equal(t, err != nil, failed, "the trace has errors where the write has")
	if err != nil {
		require.Empty(t, out.Edits)
		require.Empty(t, out.Creates)
		require.Empty(t, out.Fired)
		require.True(t, out.Record.Equal(before))
		return &out, err
	}
	applied := before.Clone()
	applied.Apply(out.Edits...)
	require.True(t, applied.Equal(out.Record))
	require.Len(t, plan.Diff(nil, before, out.Record), len(out.Edits), "edits are minimal: %s", edits(plan, out.Edits))
	require.ElementsMatch(t, out.Fired, fired)
	return &out, nil
}

func checkRoundTrip(t *testing.T, seed uint64) {
	t.Helper()
	g := newLawful(seed)
	doc := g.document()
	plan := compile(t, doc.String())

	// L2: a PUT of what was read changes nothing.
	n := g.record(plan)
	out, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: read(plan, n), Stored: n})
	require.NoError(t, err, "%s\n%s", doc, show(n))
	require.Empty(t, edits(plan, out.Edits), "%s\nrecord %s\nread %s", doc, show(n), show(read(plan, n)))

	// L1: what was written is what is read, but for case.
	s := g.resource(t, plan)
	created, err := law(t, plan, &mapping.Input{Resource: s})
	if err == nil && doc.lossless {
		back := read(plan, created.Record)
		for _, r := range doc.rules {
			path := strings.SplitN(r, "'", 3)[1]
			sel := selectPath(t, plan, path)
			require.Equal(t, folded(sel, s), folded(sel, back), "%s: %s\nrecord %s\nread %s", doc, path, show(created.Record), show(back))
		}
	}

	// L3: the same again changes nothing.
	put, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: s, Stored: n})
	if err == nil {
		twice, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: s, Stored: put.Record})
		require.NoError(t, err)
		require.Empty(t, edits(plan, twice.Edits), "%s\nresource %s\nrecord %s", doc, show(s), show(put.Record))
	}
}

// selectPath binds a path as documents write it.
func selectPath(t testing.TB, plan *mapping.Plan, path string) schema.Selector {
	t.Helper()
	path = strings.Replace(path, "ent:", entURN+":", 1)
	if rest, ok := strings.CutPrefix(path, "x:"); ok {
		path = "urn:x:ext:" + rest
	}
	sel, err := plan.Resource().Select(schema.MustParsePath(path))
	require.NoError(t, err)
	return sel
}

// folded are the texts that a path has in a resource, without case and order.
func folded(sel schema.Selector, rec *schema.Record) []string {
	var texts []string
	for v := range sel.Values(rec) {
		if s := strings.ToLower(v.Text()); s != "" {
			texts = append(texts, s)
		}
	}
	slices.Sort(texts)
	return texts
}

// seeds calls a check for as many seeds, and says which one fails.
func seeds(t *testing.T, n uint64, check func(*testing.T, uint64)) {
	t.Helper()
	for seed := range n {
		check(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// fuzzSeeds makes a fuzz target of a check.
func fuzzSeeds(f *testing.F, check func(*testing.T, uint64)) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(check)
}

func TestLaws_RoundTrip(t *testing.T) {
	t.Parallel()
	seeds(t, 300, checkRoundTrip)
}

func FuzzRoundTrip(f *testing.F) { fuzzSeeds(f, checkRoundTrip) }
