package mapping_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// lawful makes random documents, records and resources for the laws of
// mapping-design section 6.
type lawful struct{ *rand.Rand }

func (g lawful) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g lawful) maybe(text string) string {
	if g.IntN(3) == 0 {
		return text
	}
	return ""
}

// document returns a document, and whether it has rules whose reading loses
// something.
func (g lawful) document() (text string, lossless bool) {
	lossless = true
	var fields, rules strings.Builder
	texts := []string{"title", "nickName", "displayName", "userName", "locale", "userType", "name.givenName", "name.familyName",
		`emails[type eq "work"].value`, `emails[type eq "home"].value`, `phoneNumbers[type eq "work"].value`, `addresses[type eq "work"].locality`, "ent:department", "ent:costCenter"}
	g.Shuffle(len(texts), func(i, k int) { texts[i], texts[k] = texts[k], texts[i] })
	for i := range 1 + g.IntN(6) {
		name, path := fmt.Sprintf("f%d", i), texts[i]
		typ, pipe, extra := "string", "", ""
		switch g.IntN(9) {
		case 0:
			pipe = "[lower]"
		case 1:
			typ, pipe = "integer", "[toInt]"
		case 2:
			typ, pipe = "list<string>", "[wrap]"
		case 3:
			pipe, extra = "[trim, upper]", ", lossy: spaces"
			lossless = false
		case 4:
			pipe = `['map("iso")']`
		case 5:
			pipe, extra = `['map("many")']`, ", lossy: two to one"
			lossless = false
		case 6:
			pipe = `['prefix("p-")', 'suffix("-s")']`
		case 7:
			typ, pipe = "list<integer>", "['lookup(\"l\")', wrap]"
		}
		if strings.Contains(path, "[") {
			extra += g.maybe(", element: {primary: true}")
		}
		set := ""
		if strings.HasPrefix(typ, "list") && g.IntN(2) == 0 {
			set = ", set: true"
		}
		fmt.Fprintf(&fields, "%s: {type: %s%s%s}\n", name, typ, set, g.maybe(", clearAs: empty"))
		if pipe != "" {
			extra += ", pipe: " + pipe
		}
		if unset := g.maybe(", onUnset: keep"); unset != "" {
			extra += unset
			lossless = false
		} else if def := g.maybe(", default: x, defaultOn: always"); def != "" && typ == "string" {
			extra += def
			lossless = false
		}
		fmt.Fprintf(&rules, "{scim: '%s', target: %s%s}\n", path, name, extra)
	}
	if g.IntN(3) == 0 {
		fmt.Fprint(&fields, "both: {type: string}\n")
		fmt.Fprintf(&rules, "{name: one, scim: timezone, target: both, when: 'isPresent(timezone)', alternatives: true%s}\n", g.maybe(", onUnset: keep"))
		fmt.Fprint(&rules, "{name: two, scim: preferredLanguage, target: both, alternative: true}\n")
		lossless = false
	}
	if g.IntN(4) == 0 {
		fmt.Fprint(&fields, "all: {type: list<string>, set: true}\n")
		fmt.Fprint(&rules, "{scim: 'emails[type eq \"other\"].value', target: all}\n")
	}
	return document(fields.String(), rules.String(), "valueMaps:\n  iso: {entries: [[a, x], [b, y]]}\n  many: {entries: [[a, x], [a, y], [b, z], [c, z]], fallback: parent, passthrough: true}\n"+
		"lookups: {l: {object: o, keys: [name], value: id, return: name, onMissing: ignore}}\n"), lossless
}

func (g lawful) text() string {
	return g.pick("a", "b", "c", "A", "x", "y", "z", "de-DE", "p-q-s", "p--s", "7", "42", "-3", "Mixed Case", " sp ", "", "ü")
}

// record fills the fields of a plan's target.
func (g lawful) record(plan *mapping.Plan) *schema.Record {
	rec := plan.Target().New()
	for i := range plan.Target().Len() {
		a := plan.Target().Attribute(schema.Slot(i))
		if a.Name == "id" || g.IntN(4) == 0 {
			continue
		}
		value := func() schema.Value {
			if a.Type == schema.Integer {
				return schema.IntegerValue(int64(g.IntN(5)))
			}
			return schema.StringValue(g.text())
		}
		if !a.MultiValued {
			rec.SetAt(schema.Slot(i), value())
			continue
		}
		var list []schema.Value
		for range g.IntN(4) {
			list = append(list, value())
		}
		rec.SetAt(schema.Slot(i), schema.ListValue(list...))
	}
	return rec
}

// resource makes a resource that the rules can take.
func (g lawful) resource(t *testing.T, plan *mapping.Plan) *schema.Record {
	var parts []string
	str := func(name string) {
		if g.IntN(3) > 0 {
			parts = append(parts, fmt.Sprintf("%q: %q", name, g.pick("a", "b", "p-q-s", "7", "42", "Mixed Case", "A")))
		}
	}
	for _, n := range []string{"title", "nickName", "displayName", "userName", "locale", "userType", "timezone", "preferredLanguage"} {
		str(n)
	}
	elements := func(name, leaf string, types ...string) {
		var list []string
		for _, typ := range types {
			if g.IntN(2) == 0 {
				list = append(list, fmt.Sprintf(`{"type": %q, %q: %q}`, typ, leaf, g.pick("a", "b", "7")))
			}
		}
		parts = append(parts, fmt.Sprintf("%q: [%s]", name, strings.Join(list, ",")))
	}
	elements("emails", "value", "work", "home", "other", "other")
	elements("phoneNumbers", "value", "work")
	elements("addresses", "locality", "work")
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

// law carries a write out, checking what holds of every write: the edits lead
// to the record, they are the difference, and the trace says the same.
func law(t *testing.T, plan *mapping.Plan, in *mapping.Input) (*mapping.Result, error) {
	t.Helper()
	var res mapping.Resolved
	answer(&res, plan.Needs(nil, in))
	var out mapping.Result
	err := plan.ToTarget(&out, in, &res)
	before := in.Stored
	if before == nil {
		before = plan.Target().New()
	}
	if err != nil {
		require.Empty(t, out.Edits)
		require.True(t, out.Record.Equal(before))
		return &out, err
	}
	applied := before.Clone()
	applied.Apply(out.Edits...)
	require.True(t, applied.Equal(out.Record))
	require.Len(t, plan.Diff(nil, before, out.Record), len(out.Edits), "edits are minimal: %s", edits(plan, out.Edits)) // L5
	var fired []string
	for _, r := range plan.Explain(in, &res).Rules { // L13
		if r.Action == mapping.ActionSet || r.Action == mapping.ActionClear {
			fired = append(fired, r.Rule)
		}
	}
	require.ElementsMatch(t, out.Fired, fired)
	return &out, nil
}

func checkLaws(t *testing.T, seed uint64) {
	t.Helper()
	g := lawful{rand.New(rand.NewPCG(seed, 1))}
	text, lossless := g.document()
	plan := compile(t, text)
	read := func(n *schema.Record) *schema.Record {
		var res mapping.Resolved
		answer(&res, plan.ReadNeeds(nil, n))
		out := plan.Resource().New()
		plan.ToSCIM(out, n, &res)
		return out
	}

	// L2: a PUT of what was read changes nothing.
	n := g.record(plan)
	out, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: read(n), Stored: n})
	require.NoError(t, err, "%s\n%s", text, show(n))
	require.Empty(t, edits(plan, out.Edits), "%s\nrecord %s\nread %s", text, show(n), show(read(n)))

	s := g.resource(t, plan)
	created, err := law(t, plan, &mapping.Input{Resource: s})
	if err == nil && lossless { // L1: what was written is what is read, without case
		again, err := law(t, plan, &mapping.Input{Resource: read(created.Record)})
		require.NoError(t, err, "%s\nrecord %s\nread %s", text, show(created.Record), show(read(created.Record)))
		require.True(t, again.Record.Equal(created.Record), "%s\n%s\n%s", text, show(created.Record), show(again.Record))
	}

	// L3: the same again changes nothing.
	put, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: s, Stored: n})
	if err == nil {
		twice, err := law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: s, Stored: put.Record})
		require.NoError(t, err)
		require.Empty(t, edits(plan, twice.Edits), "%s\nresource %s\nrecord %s", text, show(s), show(put.Record))
	}

	// L4: a PATCH changes nothing that a PUT of its result would not.
	current := read(n)
	changed := current.Clone()
	for _, name := range []string{"title", "locale", "emails", "timezone"} {
		if g.IntN(2) == 0 {
			changed.Set(name, s.Get(name))
		}
	}
	patched, err := law(t, plan, &mapping.Input{Op: mapping.Patch, Resource: changed, Current: current, Stored: n})
	if err != nil {
		return
	}
	put, err = law(t, plan, &mapping.Input{Op: mapping.Replace, Resource: changed, Stored: n})
	require.NoError(t, err)
	if !strings.Contains(text, "alternatives") {
		for _, e := range patched.Edits {
			require.Contains(t, edits(plan, put.Edits), edits(plan, []schema.Edit{e}), "%s", text)
		}
		if lossless {
			require.True(t, patched.Record.Equal(put.Record), "%s\npatched %s\nput %s\nof %s", text, show(patched.Record), show(put.Record), show(n))
		}
	}
}

// TestLaws checks the laws on random documents.
func TestLaws(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		checkLaws(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzRoundTrip checks the laws on documents that the fuzzer chooses.
func FuzzRoundTrip(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(checkLaws)
}
