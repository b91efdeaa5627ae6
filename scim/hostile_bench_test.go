package scim_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkHostile serves each hostile request and its measure in turn, and
// reports how many times as much the former takes: time, memory and objects.
func BenchmarkHostile(b *testing.B) {
	cases := hostiles()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		b.Run(name, func(b *testing.B) {
			var took, measure usage
			for b.Loop() {
				x := c.prepare(b)
				took.add(x)
				require.Equal(b, c.status, x.w.status)
				measure.add(plain(b, c.size()))
			}
			b.ReportMetric(0, "ns/op") // it would have what prepares the request
			b.ReportMetric(float64(took.time)/float64(measure.time), "cpu-ratio")
			b.ReportMetric(took.bytes/measure.bytes, "mem-ratio")
			b.ReportMetric(took.objects/measure.objects, "objects-ratio")
		})
	}
}
