package mapping_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
)

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

// BenchmarkRatio reports how much longer the engine takes than the hand-written
// conversion of the same user, and reading than writing (design.md section 7:
// at most 6 and, later, 2).
func BenchmarkRatio(b *testing.B) {
	tw := newTwenty(b)
	in := &mapping.Input{Op: mapping.Create, Resource: tw.user}
	var out mapping.Result
	require.NoError(b, tw.plan.ToTarget(&out, in, tw.res))
	stored := out.Record.Clone()
	read := tw.plan.Resource().New()
	var person typedPerson
	user, maps := typedInput()
	for b.Loop() {
		best := fastest(
			func() { _ = tw.plan.ToTarget(&out, in, tw.res) },
			func() { typedConvert(&person, user, maps) },
			func() { read.Reset(); tw.plan.ToSCIM(read, stored, tw.res) })
		b.ReportMetric(best[0]/best[1], "write/typed")
		b.ReportMetric(best[2]/best[0], "read/write")
		b.ReportMetric(best[0], "write-ns")
		b.ReportMetric(best[1], "typed-ns")
	}
}
