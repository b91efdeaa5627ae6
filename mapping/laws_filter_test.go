package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// filterDocument is a random document with fields that can be asked for.
func (g lawful) filterDocument() *lawDoc {
	d := g.document()
	for i, f := range d.fields {
		var ops []string
		for _, op := range []string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"} {
			if g.IntN(3) > 0 {
				ops = append(ops, op)
			}
		}
		d.fields[i] = strings.TrimSuffix(f, "}") + ", filter: [" + strings.Join(ops, ", ") + "]}"
	}
	d.fields = append(d.fields, "yes: {type: boolean, filter: [eq, ne, pr]}", "tag: {type: string, filter: [eq, ne]}", "born: {type: string, filter: [eq, ne, gt]}")
	d.rules = append(d.rules, "{scim: 'x:a', target: yes, pipe: [toBool]}", "{scim: 'x:list', target: tag, pipe: [boolString]}",
		"{scim: profileUrl, target: born, pipe: ['dateFormat(\"yyyy-MM-dd\", \"dd.MM.yyyy\")']}")
	return d
}

// filter is a random filter over the paths of random documents.
func (g lawful) filter(depth int) string {
	if depth > 0 {
		switch g.IntN(5) {
		case 0:
			return "(" + g.filter(depth-1) + " and " + g.filter(depth-1) + ")"
		case 1:
			return "(" + g.filter(depth-1) + " or " + g.filter(depth-1) + ")"
		case 2:
			return "not (" + g.filter(depth-1) + ")"
		}
	}
	path := g.pick(append(lawPaths, "timezone", `emails[type eq "other"].value`, "x:a", "profileUrl", "x:list", "id")...)
	path = strings.Replace(path, "ent:", entURN+":", 1)
	if rest, ok := strings.CutPrefix(path, "x:"); ok {
		path = "urn:x:ext:" + rest
	}
	op := g.pick("eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr")
	value := string(schema.StringValue(g.pick("a", "b", "A", "x", "q", "q-s", "p-q-s", "7", "07", "42", "mixed case", "true", "YES", "1", "2026-01-02", "")).AppendJSON(nil))
	if g.IntN(12) == 0 {
		value = g.pick("true", "null", "7")
	}
	if op == "pr" {
		return path + " pr"
	}
	if strings.HasPrefix(path, "emails[") && strings.HasSuffix(path, "].value") && g.IntN(3) == 0 {
		return strings.TrimSuffix(path, "].value") + " and value " + op + " " + value + "]"
	}
	return path + " " + op + " " + value
}

// checkFilterOf holds L9 for a filter: a record passes it if and only if the
// target finds the record and what is read of it passes the rest.
func checkFilterOf(t *testing.T, g lawful, doc *lawDoc, plan *mapping.Plan, f schema.Filter) {
	t.Helper()
	whole, err := plan.Resource().Match(f)
	d := plan.Filter(f)
	if err != nil {
		return // no client gets this far
	}
	about := fmt.Sprintf("%s\nfilter %s\nquery %v\nresidual %v", doc, f, d.Query, d.Residual)
	pushed, rest := func(*schema.Record) bool { return !d.None }, func(*schema.Record) bool { return true }
	if d.Query != nil {
		m, err := plan.Target().Match(d.Query)
		require.NoError(t, err, about)
		pushed = m.Match
	}
	if d.Residual != nil {
		m, err := plan.Resource().Match(d.Residual)
		require.NoError(t, err, about)
		rest = m.Match
	}
	require.False(t, d.None && (d.Query != nil || d.Residual != nil), about)
	for range 12 {
		n := withoutEmpty(g.record(plan))
		n.Set("id", schema.IntegerValue(7))
		r := read(plan, n)
		require.Equal(t, whole.Match(r), pushed(n) && rest(r), "%s\nrecord %s\nread %s\nthe target finds it: %t", about, show(n), show(r), pushed(n))
		if d.Exact() {
			require.Equal(t, whole.Match(r), pushed(n), about)
		}
	}
}

// withoutEmpty leaves empty texts out: a target whose operators mean what SCIM's
// mean does not find them.
func withoutEmpty(rec *schema.Record) *schema.Record {
	out := rec.Type().New()
	for slot, v := range rec.Values() {
		if v.Kind() != schema.KindList {
			if v.Text() != "" {
				out.SetAt(slot, v)
			}
			continue
		}
		var list []schema.Value
		for e := range v.Elements() {
			if e.Text() != "" {
				list = append(list, e)
			}
		}
		out.SetAt(slot, schema.ListValue(list...))
	}
	return out
}

func checkFilter(t *testing.T, seed uint64) {
	t.Helper()
	g := newLawful(seed)
	doc := g.filterDocument()
	plan := compileQuery(t, doc.String(), mapping.Query{And: g.IntN(3) > 0, Or: g.IntN(3) > 0, MaxLength: g.IntN(3) * 60})
	for range 6 {
		checkFilterOf(t, g, doc, plan, schema.MustParseFilter(g.filter(g.IntN(3))))
	}
}

func compileQuery(t testing.TB, text string, q mapping.Query) *mapping.Plan {
	t.Helper()
	doc, ds := mapping.Parse("test.yaml", []byte(text))
	require.Empty(t, ds.String())
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	plan, ds := mapping.Compile(doc, typ, nil, &mapping.Options{Query: &q})
	require.Empty(t, ds.String())
	return plan
}

func TestLaws_Filter(t *testing.T) {
	t.Parallel()
	seeds(t, 400, checkFilter)
}

// FuzzFilterSplit holds L9 for filters of the fuzzer's own.
func FuzzFilterSplit(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, newLawful(seed).filter(2))
	}
	f.Add(uint64(3), `emails[type eq "work" and value co "a"] and not (title pr)`)
	f.Add(uint64(4), `userName eq "" or nope eq 1`)
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		checkFilter(t, seed)
		filter, err := schema.ParseFilter(text)
		if err != nil {
			return
		}
		g := newLawful(seed)
		doc := g.filterDocument()
		checkFilterOf(t, g, doc, compile(t, doc.String()), filter)
	})
}
