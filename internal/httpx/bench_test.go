package httpx

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// What the budget adds to a request that need not wait.
func BenchmarkBudget(b *testing.B) {
	for _, buckets := range [][]string{nil, {"list"}} {
		b.Run(fmt.Sprint(1+len(buckets), " buckets"), func(b *testing.B) {
			b.ReportAllocs()
			benchmarkBudget(b, NewBudget(nil), buckets)
		})
	}
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		budget := NewBudget(nil)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				pass(b, budget, nil)
			}
		})
	})
}

func benchmarkBudget(b *testing.B, budget *Budget, buckets []string) {
	for b.Loop() {
		pass(b, budget, buckets)
	}
}

func pass(b *testing.B, budget *Budget, buckets []string) {
	g, err := budget.acquire(context.Background(), &call{cost: 1, buckets: buckets}, time.Second)
	if err != nil {
		b.Fatal(err)
	}
	g.finish([]Limit{{Total: 1000, Remaining: 999}}, nil, true)
}

// The budget is a small part of what a call costs, so its allocations are bounded.
func TestBudget_AllocationsOfARequest(t *testing.T) {
	budget := NewBudget(nil)
	c := &call{cost: 1, buckets: []string{"list"}}
	report := []Limit{{Total: 1000, Remaining: 999}}
	got := testing.AllocsPerRun(1000, func() {
		g, err := budget.acquire(context.Background(), c, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		g.finish(report, nil, true)
	})
	if got > 5 {
		t.Errorf("%v allocations for a request that need not wait, want at most 5", got)
	}
}
