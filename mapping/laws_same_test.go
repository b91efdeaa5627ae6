package mapping_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// checkDiff holds L5: a difference leads from one record to the other, there is
// none between equal ones, and each of its edits is needed.
func checkDiff(t *testing.T, seed uint64) {
	t.Helper()
	g := newLawful(seed)
	doc := g.document()
	plan := compile(t, doc.String())
	n, m := g.record(plan), g.record(plan)
	for slot := range plan.Target().Len() {
		if g.IntN(2) == 0 {
			m.SetAt(schema.Slot(slot), n.At(schema.Slot(slot)))
		}
	}
	apply := func(list ...schema.Edit) *schema.Record {
		rec := n.Clone()
		rec.Apply(list...)
		return rec
	}
	// What is told apart is what the diff tells apart.
	same := func(a, b *schema.Record) bool { return len(plan.Diff(nil, a, b)) == 0 }
	diff := plan.Diff(nil, n, m)
	about := fmt.Sprintf("%s\nfrom %s\nto %s\nby %s", doc, show(n), show(m), edits(plan, diff))
	require.True(t, same(apply(diff...), m), about)
	require.Empty(t, plan.Diff(nil, n, n), about)
	require.True(t, same(m, m.Clone()), about)
	for i := range diff {
		less := slices.Delete(slices.Clone(diff), i, i+1)
		require.False(t, same(apply(less...), m), "edit %d is not needed\n%s", i, about)
	}
	// A record that has nothing is one that there is not.
	require.Equal(t, edits(plan, plan.Diff(nil, nil, m)), edits(plan, plan.Diff(nil, plan.Target().New(), m)))
	// The order of a set makes no difference.
	turned := n.Clone()
	for slot := range plan.Target().Len() {
		if a := plan.Target().Attribute(schema.Slot(slot)); a.MultiValued && setField(doc, a.Name) {
			vs := slices.Collect(n.At(schema.Slot(slot)).Elements())
			slices.Reverse(vs)
			turned.SetAt(schema.Slot(slot), schema.ListValue(vs...))
		}
	}
	require.Empty(t, plan.Diff(nil, n, turned), about)
}

func setField(doc *lawDoc, name string) bool {
	for _, f := range doc.fields {
		if strings.HasPrefix(f, name+":") {
			return strings.Contains(f, "set: true")
		}
	}
	return false
}

func TestLaws_Diff(t *testing.T) {
	t.Parallel()
	seeds(t, 300, checkDiff)
}

func FuzzDiff(f *testing.F) { fuzzSeeds(f, checkDiff) }

// L6: the order of rules without alternatives, of fields and of members makes no
// difference, nor does that of a resource's members and of elements that a set
// is made of.
func TestLaws_Order(t *testing.T) {
	t.Parallel()
	seeds(t, 150, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		doc := g.document()
		plan := compile(t, doc.String())
		turned := *doc
		turned.fields = shuffled(g, doc.fields)
		turned.rules = shuffled(g, doc.rules)
		if doc.grouped { // alternatives stay in order
			turned.rules = doc.rules
		}
		other := compile(t, turned.String())
		s, n := g.resource(t, plan), g.record(plan)
		text := show(n)
		for _, op := range []mapping.Operation{mapping.Create, mapping.Replace} {
			in := &mapping.Input{Op: op, Resource: s}
			same := &mapping.Input{Op: op, Resource: resource(t, other, turnedJSON(g, s))}
			if op == mapping.Replace {
				in.Stored, same.Stored = n, native(t, other, text)
			}
			a, errA := law(t, plan, in)
			b, errB := law(t, other, same)
			require.ElementsMatch(t, errorLines(errA), errorLines(errB), "%s\n%s", doc, &turned)
			if errA == nil {
				require.Empty(t, other.Diff(nil, native(t, other, show(a.Record)), b.Record), "%s\n%s\n%s\n%s", doc, &turned, show(a.Record), show(b.Record))
			}
		}
		require.Equal(t, members(read(plan, n)), members(read(other, native(t, other, text))))
	})
}

func shuffled(g lawful, list []string) []string {
	list = slices.Clone(list)
	g.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
	return list
}

// turnedJSON is a resource with its members in another order, and with the
// elements of each list in another order among those of different types.
func turnedJSON(g lawful, rec *schema.Record) string {
	var all map[string]any
	if err := json.Unmarshal([]byte(resourceJSON(rec)), &all); err != nil {
		panic(err)
	}
	var parts []string
	for name, v := range all {
		if list, ok := v.([]any); ok {
			slices.SortStableFunc(list, func(a, b any) int {
				typ := func(v any) string { s, _ := v.(map[string]any)["type"].(string); return s }
				return strings.Compare(typ(b), typ(a))
			})
		}
		text, _ := json.Marshal(v)
		parts = append(parts, fmt.Sprintf("%q:%s", name, text))
	}
	slices.Sort(parts)
	return "{" + strings.Join(shuffled(g, parts), ",") + "}"
}

// resourceJSON is a resource by the paths of its attributes.
func resourceJSON(rec *schema.Record) string {
	var parts []string
	for slot, v := range rec.Values() {
		parts = append(parts, string(schema.StringValue(rec.Type().Path(slot)).AppendJSON(nil))+":"+string(v.AppendJSON(nil)))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// members are the attributes of a resource, in order.
func members(rec *schema.Record) []string {
	var parts []string
	for slot, v := range rec.Values() {
		if rec.Type().Attribute(slot).MultiValued {
			// Elements stand in the order of the rules.
			var elements []string
			for e := range v.Elements() {
				elements = append(elements, string(e.AppendJSON(nil)))
			}
			slices.Sort(elements)
			parts = append(parts, rec.Type().Path(slot)+"="+strings.Join(elements, " "))
			continue
		}
		parts = append(parts, rec.Type().Path(slot)+"="+string(v.AppendJSON(nil)))
	}
	return parts
}

func errorLines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// L8: null, an empty list, an empty object, "" and nothing at all are the same.
func TestLaws_Unset(t *testing.T) {
	t.Parallel()
	nothing := []string{
		`{}`,
		`{"title":null,"name":null,"emails":null,"%s":null,"x:list":null}`,
		`{"title":"","name":{},"emails":[],"%s":{},"x:list":[]}`,
		`{"title":"","name":{"givenName":null},"emails":[{"type":"work","value":null}],"%s":{"department":""},"x:list":[null]}`,
		`{"name":{"givenName":"","familyName":null},"emails":[{"type":"work"},{}],"%s":{"department":null},"x:list":""}`,
	}
	seeds(t, 100, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		doc := g.document()
		doc.fields = append(doc.fields, "free: {type: string}", "part: {type: string}")
		doc.rules = append(doc.rules, "{expr: 'coalesce(title, name.givenName, emails[type eq \"work\"].value, ent:department, \"none\")', target: free}",
			"{scim: 'x:list', target: part, pipe: ['joinList(\",\")'], direction: toTarget}")
		plan := compile(t, doc.String())
		n := g.record(plan)
		var want []string
		for i, text := range nothing {
			text = strings.Replace(strings.ReplaceAll(text, "%s", entURN), `"x:list"`, `"urn:x:ext:list"`, 1)
			s := resource(t, plan, text)
			var got []string
			for _, in := range []*mapping.Input{{Resource: s}, {Op: mapping.Replace, Resource: s, Stored: n}, {Op: mapping.Patch, Resource: s, Current: read(plan, n), Stored: n}} {
				out, err := law(t, plan, in)
				got = append(got, edits(plan, out.Edits)+strings.Join(errorLines(err), "\n"))
			}
			if i == 0 {
				want = got
			}
			require.Equal(t, want, got, "%s\n%s\n%s", doc, text, show(n))
		}
		// The same holds of what is stored.
		empty := n.Clone()
		for slot := range plan.Target().Len() {
			if n.At(schema.Slot(slot)).Unassigned() {
				empty.SetAt(schema.Slot(slot), []schema.Value{schema.Null(), schema.ListValue()}[g.IntN(2)])
			}
		}
		require.Empty(t, plan.Diff(nil, n, empty))
		require.Equal(t, members(read(plan, n)), members(read(plan, empty)))
	})
}

// L8: the case of names, URNs and prefixes makes no difference.
func TestLaws_Names(t *testing.T) {
	t.Parallel()
	seeds(t, 60, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		doc := g.document()
		other := *doc
		other.rules = nil
		for i, r := range doc.rules {
			if i < len(doc.paths) {
				r = strings.Replace(r, "'"+doc.paths[i]+"'", "'"+recased(g, doc.paths[i])+"'", 1)
				r = strings.Replace(r, "'ent:", "'"+strings.ToUpper(entURN)+":", 1)
			}
			other.rules = append(other.rules, r)
		}
		a, b := compile(t, doc.String()), compile(t, other.String())
		s := g.resource(t, a)
		outA, errA := law(t, a, &mapping.Input{Resource: s})
		outB, errB := law(t, b, &mapping.Input{Resource: resource(t, b, strings.ReplaceAll(resourceJSON(s), `"`+entURN, `"`+strings.ToUpper(entURN)))})
		require.Equal(t, errA == nil, errB == nil)
		require.Equal(t, edits(a, outA.Edits), edits(b, outB.Edits), "%s\n%s", doc, &other)
		n := g.record(a)
		require.Equal(t, show(read(a, n)), show(read(b, native(t, b, show(n)))))
	})
}

// recased writes a path's names in another case; texts stay.
func recased(g lawful, path string) string {
	parts := strings.Split(path, `"`)
	for i := 0; i < len(parts); i += 2 {
		if g.IntN(2) == 0 {
			parts[i] = strings.ToUpper(parts[i])
			parts[i] = strings.ReplaceAll(parts[i], "ENT:", "ent:")
		}
	}
	return strings.Join(parts, `"`)
}

// L16: equal documents, in YAML or JSON and with their members in any order, have
// the same hash and the same plan; another document has another hash.
func TestLaws_Pure(t *testing.T) {
	t.Parallel()
	hashes := make(map[string]string)
	seeds(t, 60, func(t *testing.T, seed uint64) {
		g := newLawful(seed)
		text := g.document().String()
		doc, ds := mapping.Parse("a.yaml", []byte(text))
		require.Empty(t, ds.String())
		var tree any
		require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
		asJSON, err := json.MarshalIndent(tree, "", "\t") // members by name
		require.NoError(t, err)
		again, ds := mapping.Parse("b.json", asJSON)
		require.Empty(t, ds.String())
		assert.Equal(t, doc.Hash(), again.Hash(), text)
		if other, ok := hashes[doc.Hash()]; ok {
			assert.Equal(t, other, text)
		}
		hashes[doc.Hash()] = text

		a, b := compile(t, text), compile(t, string(asJSON))
		assert.Equal(t, a.Hash(), b.Hash())
		s := g.resource(t, a)
		outA, errA := law(t, a, &mapping.Input{Resource: s})
		outB, errB := law(t, b, &mapping.Input{Resource: resource(t, b, resourceJSON(s))})
		assert.Equal(t, errorLines(errA), errorLines(errB))
		assert.Equal(t, edits(a, outA.Edits), edits(b, outB.Edits))
	})
	assert.Greater(t, len(hashes), 50)
}
