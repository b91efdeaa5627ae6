package mapping_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// The budgets of design.md section 7 and mapping-design section 5. Allocations are
// exact and asserted here. Times are ratios to other code in the same run:
// BenchmarkRatio reports them, nothing asserts them.
func TestAllocations(t *testing.T) {
	tw := newTwenty(t)
	stored := tw.stored(t).Clone()
	other := stored.Clone()
	other.SetString("job_title", "Director")
	other.Set("nickname", schema.Value{})
	var out mapping.Result
	read := tw.plan.Resource().New()
	filter := schema.MustParseFilter(threeLeaves)
	var diff []schema.Edit

	plain := compile(t, document("a: {type: string}\nb: {type: string}\nc: {type: string}",
		"{scim: title, target: a}\n{scim: 'emails[type eq \"work\"].value', target: b}\n{scim: name.givenName, target: c}", ""))
	user := resource(t, plain, `{"title": "x", "name": {"givenName": "y"}, "emails": [{"type": "work", "value": "z"}]}`)
	var small mapping.Result
	in, simple := &mapping.Input{Resource: tw.user, Now: time.Unix(1e9, 0)}, &mapping.Input{Resource: user}
	put := &mapping.Input{Op: mapping.Replace, Resource: tw.user, Stored: stored}

	for _, tc := range []struct {
		name string
		most float64
		run  func()
	}{
		{"ToTarget of a user with 20 attributes", 6, func() { _ = tw.plan.ToTarget(&out, in, tw.res) }},
		{"ToTarget without a step that makes text", 0, func() { _ = plain.ToTarget(&small, simple, nil) }},
		{"a replace that changes nothing", 16, func() { _ = tw.plan.ToTarget(&out, put, tw.res) }},
		{"ToSCIM of a user with 20 attributes", 3, func() { read.Reset(); tw.plan.ToSCIM(read, stored, tw.res) }},
		{"Diff", 0, func() { diff = tw.plan.Diff(diff[:0], stored, other) }},
		{"Diff of equal records", 0, func() { diff = tw.plan.Diff(diff[:0], stored, stored) }},
		{"Filter of three leaves", 25, func() { tw.plan.Filter(filter) }},
	} {
		tc.run()
		allocs := testing.AllocsPerRun(200, tc.run)
		t.Logf("%s: %.0f allocations", tc.name, allocs)
		assert.LessOrEqual(t, allocs, tc.most, tc.name)
	}
	require.NoError(t, tw.plan.ToTarget(&out, &mapping.Input{Resource: tw.user}, tw.res))
	assert.Len(t, out.Edits, 20)
	assert.Len(t, tw.plan.Diff(nil, stored, other), 2)
}

// What is never asked for costs nothing: a plan that has explained allocates as
// little as one that has not.
func TestAllocations_ExplainOff(t *testing.T) {
	tw := newTwenty(t)
	in := &mapping.Input{Resource: tw.user}
	var out mapping.Result
	run := func() { _ = tw.plan.ToTarget(&out, in, tw.res) }
	run()
	before := testing.AllocsPerRun(100, run)
	require.Len(t, tw.plan.Explain(in, tw.res).Rules, 20)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, run), before+1)
}

// sixtyRules is a document with 60 rules as administrators write them.
func sixtyRules() []byte {
	var names, fields, rules strings.Builder
	for i := range 60 {
		names.WriteString(fmt.Sprintf("%sa%d", strings.Repeat(", ", min(i, 1)), i))
		fmt.Fprintf(&fields, "f%d: {type: string, maxLength: 255, filter: [eq, sw]}\n", i)
		path := fmt.Sprintf("'y:a%d'", i)
		switch i % 6 {
		case 1:
			fmt.Fprintf(&rules, "{scim: %s, target: f%d, pipe: [trim, lower], lossy: spaces do not matter}\n", path, i)
		case 2:
			fmt.Fprintf(&rules, "{scim: 'emails[type eq \"t%d\"].value', target: f%d, pipe: [lower], onUnset: keep}\n", i, i)
		case 3:
			fmt.Fprintf(&rules, "{expr: 'join(\" \", name.givenName, name.familyName, y:a%d)', target: f%d, direction: toTarget}\n", i, i)
		case 4:
			fmt.Fprintf(&rules, "{scim: %s, target: f%d, pipe: ['map(\"kinds\")'], default: x, when: 'userType == \"Employee\" && isPresent(title)'}\n", path, i)
		default:
			fmt.Fprintf(&rules, "{scim: %s, target: f%d, required: false, apply: always}\n", path, i)
		}
	}
	text := document(fields.String(), rules.String(), "valueMaps: {kinds: {entries: [[Employee, staff], [Contractor, temp]]}}\n")
	text = strings.Replace(text, "'urn:x:ext': [a, b, list]", "'urn:x:ext': [a, b, list], 'urn:y:ext': ["+names.String()+"]", 1)
	text = strings.Replace(text, "'urn:x:ext']", "'urn:x:ext', 'urn:y:ext']", 1)
	return []byte(strings.Replace(text, "x: 'urn:x:ext'}", "x: 'urn:x:ext', y: 'urn:y:ext'}", 1))
}

func TestSixtyRules(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("sixty.yaml", sixtyRules())
	require.Empty(t, ds.String())
	require.Len(t, doc.Rules(), 60)
	compile(t, string(sixtyRules()))
}

// fastest returns the shortest time per run of each function, measured in many
// short windows in turn: what else the machine does then hits all of them alike,
// and is left out of the least.
func fastest(fns ...func()) []float64 {
	const windows, window = 40, 3 * time.Millisecond
	best := make([]float64, len(fns))
	for i := range best {
		best[i] = math.Inf(1)
	}
	for range windows {
		for i, fn := range fns {
			n := 0
			start := time.Now()
			for time.Since(start) < window {
				for range 50 {
					fn()
				}
				n += 50
			}
			best[i] = min(best[i], float64(time.Since(start))/float64(n))
		}
	}
	return best
}

// BenchmarkRatio reports how long the engine takes compared with hand-written
// conversions of the same user, from struct to struct (6 at most, better 4) and
// from map to map (0.6 at most), and reading compared with writing (2 at most).
func BenchmarkRatio(b *testing.B) {
	tw := newTwenty(b)
	in := &mapping.Input{Resource: tw.user}
	var out mapping.Result
	stored := tw.stored(b)
	read := tw.plan.Resource().New()
	var person typedPerson
	user, tables := typedInput()
	decoded := mapInput(b)
	for b.Loop() {
		best := fastest(
			func() { _ = tw.plan.ToTarget(&out, in, tw.res) },
			func() { typedConvert(&person, user, tables) },
			func() { mapConvert(decoded, tables) },
			func() { read.Reset(); tw.plan.ToSCIM(read, stored, tw.res) })
		b.ReportMetric(best[0]/best[1], "write/typed")
		b.ReportMetric(best[0]/best[2], "write/maps")
		b.ReportMetric(best[3]/best[0], "read/write")
		b.ReportMetric(best[0], "write-ns")
		b.ReportMetric(best[1], "typed-ns")
		b.ReportMetric(best[2], "maps-ns")
	}
}

// BenchmarkRatioCompile reports how long a document of 60 rules takes to read and
// compile compared with decoding its YAML (3 at most).
func BenchmarkRatioCompile(b *testing.B) {
	text := sixtyRules()
	doc, _ := mapping.Parse("sixty.yaml", text)
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(b, err)
	for b.Loop() {
		best := fastestOne(
			func() { var v any; _ = yaml.Unmarshal(text, &v) },
			func() { mapping.Parse("sixty.yaml", text) },
			func() { mapping.Compile(doc, typ, nil, nil) })
		b.ReportMetric(best[2]/best[0], "compile/yaml")
		b.ReportMetric((best[1]+best[2])/best[0], "parse+compile/yaml")
		b.ReportMetric(best[2], "compile-ns")
		b.ReportMetric(best[0], "yaml-ns")
	}
}

// fastestOne is fastest for functions that take a millisecond or so.
func fastestOne(fns ...func()) []float64 {
	best := make([]float64, len(fns))
	for i := range best {
		best[i] = math.Inf(1)
	}
	for range 60 {
		for i, fn := range fns {
			start := time.Now()
			fn()
			best[i] = min(best[i], float64(time.Since(start)))
		}
	}
	return best
}

// BenchmarkParallel reports the 99th percentile of ToTarget under 16 callers of
// one plan compared with one caller (2 at most: there is nothing to wait for).
func BenchmarkParallel(b *testing.B) {
	tw := newTwenty(b)
	const callers, calls = 16, 20_000
	measure := func(n int) time.Duration {
		times := make([][]time.Duration, n)
		var wg sync.WaitGroup
		for c := range n {
			times[c] = make([]time.Duration, calls)
			wg.Go(func() {
				var out mapping.Result
				in := &mapping.Input{Resource: tw.user}
				for i := range times[c] {
					start := time.Now()
					_ = tw.plan.ToTarget(&out, in, tw.res)
					times[c][i] = time.Since(start)
				}
			})
		}
		wg.Wait()
		all := slices.Concat(times...)
		slices.Sort(all)
		return all[len(all)*99/100]
	}
	for b.Loop() {
		one, many := measure(1), measure(callers)
		b.ReportMetric(float64(many)/float64(one), "p99-16/p99-1")
		b.ReportMetric(float64(one), "p99-1-ns")
	}
}
