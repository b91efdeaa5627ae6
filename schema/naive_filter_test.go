package schema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// naiveMaker makes resources and filters at random.
type naiveMaker struct{ *rand.Rand }

func newNaiveMaker(seed uint64) naiveMaker { return naiveMaker{rand.New(rand.NewPCG(seed, 1))} }

func pickOf[E any](m naiveMaker, list ...E) E { return list[m.IntN(len(list))] }

func (m naiveMaker) text() string {
	return pickOf(m, "", "a", "A", "ab", "aB", "b", "work", "Home", "é", "É", `"q\`, "a b", "x@example.com", "7")
}

func (m naiveMaker) number() json.Number {
	return json.Number(pickOf(m, "0", "-0", "1", "7", "-7", "70", "9007199254740993", "9223372036854775807"))
}

func (m naiveMaker) decimal() json.Number {
	return pickOf(m, m.number(), json.Number(pickOf(m, "0.5", "7.0", "70e-1", "0.07e2", "1e30", "-0.5")))
}

func (m naiveMaker) instant() string {
	return pickOf(m, "2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00", "2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.5Z", "2025-12-31T23:59:59-05:00")
}

// single is one value of an attribute.
func (m naiveMaker) single(a naiveAttr) any {
	switch a.kind {
	case "boolean":
		return m.IntN(2) == 0
	case "integer":
		return m.number()
	case "decimal":
		return m.decimal()
	case "dateTime":
		return m.instant()
	case "binary":
		return pickOf(m, "", "YQ==", "YWI=", "yq==")
	case "complex":
		return m.object(a.subs, 2)
	default:
		return m.text()
	}
}

// object has about one in every attributes.
func (m naiveMaker) object(attrs map[string]naiveAttr, every int) map[string]any {
	out := map[string]any{}
	for _, name := range sortedKeys(attrs) {
		if a := attrs[name]; m.IntN(every) == 0 {
			switch {
			case m.IntN(12) == 0:
				out[name] = nil
			case a.multi:
				list := []any{}
				for range m.IntN(4) {
					list = append(list, m.single(a))
				}
				out[name] = list
			default:
				out[name] = m.single(a)
			}
		}
	}
	return out
}

// resource is a resource with the schemas that RFC 7643 section 3 has it list.
func (m naiveMaker) resource() map[string]any {
	out := m.object(naiveCoreAttrs(), 2)
	out["schemas"] = []any{naiveCore}
	if ext := m.object(naiveExtAttrs(), 2); len(ext) > 0 {
		out[naiveExt] = ext
		if naiveAssigned(ext) {
			out["schemas"] = []any{naiveCore, naiveExt}
		}
	}
	return out
}

// filter is a filter, most times a valid one. Those in brackets are on the
// sub-attributes subs.
func (m naiveMaker) filter(subs map[string]naiveAttr, depth int) *naiveNode {
	if depth > 0 {
		switch m.IntN(5) {
		case 0, 1:
			n := &naiveNode{op: pickOf(m, "and", "or")}
			for range 2 + m.IntN(2) {
				n.kids = append(n.kids, m.filter(subs, depth-1))
			}
			return n
		case 2:
			return &naiveNode{op: "not", kids: []*naiveNode{m.filter(subs, depth-1)}}
		}
	}
	n := &naiveNode{op: pickOf(m, "eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le")}
	attrs := subs
	if subs == nil {
		attrs = naiveCoreAttrs()
		switch m.IntN(4) {
		case 0:
			attrs, n.urn = naiveExtAttrs(), naiveExt
		case 1:
			n.urn = naiveCore
		}
	}
	n.attr = pickOf(m, sortedKeys(attrs)...)
	a := attrs[n.attr]
	if a.kind == "complex" {
		if a.multi && m.IntN(2) == 0 {
			n.inner = m.filter(a.subs, min(depth, 1))
			if m.IntN(2) == 0 {
				n.op = "["
				return n
			}
		}
		if m.IntN(4) > 0 {
			n.sub = pickOf(m, sortedKeys(a.subs)...)
			a = a.subs[n.sub]
		} else if value, ok := a.subs["value"]; ok {
			a = value
		}
	}
	switch {
	case n.op == "pr" || m.IntN(15) == 0: // pr, or null
	case m.IntN(15) == 0:
		n.literal = pickOf[any](m, true, "x", json.Number("1"))
	case a.kind == "complex":
		n.op = "pr"
	default:
		n.literal = m.single(a)
	}
	return n
}

// print writes a filter with blanks and parentheses that it does not need, and in
// any case.
func (m naiveMaker) print(n *naiveNode) string {
	blank := func() string { return strings.Repeat(" ", m.IntN(6)/5) }
	cased := func(s string) string { return pickOf(m, s, s, s, strings.ToUpper(s)) }
	switch n.op {
	case "and", "or":
		var parts []string
		for _, k := range n.kids {
			part := m.print(k)
			if k.op == "or" && n.op == "and" || m.IntN(8) == 0 {
				part = "(" + blank() + part + blank() + ")"
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, " "+cased(n.op)+" "+blank())
	case "not":
		return cased("not") + pickOf(m, "", " ") + "(" + blank() + m.print(n.kids[0]) + blank() + ")"
	}
	path := cased(n.attr)
	if n.urn != "" {
		path = cased(n.urn) + ":" + path
	}
	if n.inner != nil {
		path += "[" + blank() + m.print(n.inner) + blank() + "]"
	}
	if n.sub != "" {
		path += "." + cased(n.sub)
	}
	switch literal, _ := json.Marshal(n.literal); n.op {
	case "[":
		return path
	case "pr":
		return path + " " + cased("pr")
	default:
		return path + " " + cased(n.op) + " " + blank() + string(literal)
	}
}

// requireNaive checks that a filter does with resources what the naive evaluator
// does.
func requireNaive(t testing.TB, typ *schema.Type, text string, f schema.Filter, n *naiveNode, objects []map[string]any) (matched int) {
	t.Helper()
	match, err := typ.Match(f)
	require.Equal(t, n.valid(naiveCoreAttrs()), err == nil, "%s: %v", text, err)
	if err != nil {
		return 0
	}
	for _, o := range objects {
		want := n.eval(naiveCoreAttrs(), o)
		if got := match.Match(naiveRecord(t, typ, o)); got != want {
			shown, _ := json.Marshal(o)
			require.Equal(t, want, got, "%s: %s", text, shown)
		}
		if want {
			matched++
		}
	}
	return matched
}

// Filters mean what the RFC says, however they are written, and are what they print.
func TestFilter_IsAsTheNaiveOne(t *testing.T) {
	t.Parallel()
	typ := naiveType(t)
	valid, matched, asked := 0, 0, 0
	const filters, resources = 3000, 8
	for seed := range uint64(filters) {
		m := newNaiveMaker(seed)
		n := m.filter(nil, 3)
		text := m.print(n)
		objects := make([]map[string]any, resources)
		for i := range objects {
			objects[i] = m.resource()
		}
		what := fmt.Sprintf("seed %d: %s", seed, text)
		f, err := schema.ParseFilter(text)
		require.NoError(t, err, what)
		if n.valid(naiveCoreAttrs()) {
			valid++
		}
		matched += requireNaive(t, typ, what, f, n, objects)
		again, err := schema.ParseFilter(f.String())
		require.NoError(t, err, "%s: %s", what, f)
		require.Equal(t, f, again, what)
		requireNaive(t, typ, what, again, naiveOf(again), objects)
		if theirs, err := parseOracle(text); err == nil && theirs != nil {
			if o := naiveOracle(theirs); o != nil {
				asked++
				requireNaive(t, typ, "oracle: "+what, f, o, objects)
			}
		}
	}
	assert.Greater(t, valid, filters/3)
	assert.Greater(t, matched, valid*resources/5)
	assert.Less(t, matched, valid*resources*4/5)
	assert.Greater(t, asked, filters/10, "filters that filter-parser has parsed")
}
