package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// nowhere is a backend that takes no time: it keeps nothing.
type nowhere struct {
	*teststore.Store
	last, updates atomic.Int64
}

func (n *nowhere) Create(_ context.Context, _ string, in *schema.Record, _ scim.WriteOptions) (*scim.Resource, error) {
	rec := in.Clone()
	rec.SetAt(schema.SlotID, schema.StringValue(strconv.FormatInt(n.last.Add(1), 10)))
	return &scim.Resource{Record: rec, Version: "1"}, nil
}

func (n *nowhere) Update(_ context.Context, r scim.Ref, _ scim.Update, _ scim.WriteOptions) (*scim.Resource, error) {
	n.updates.Add(1)
	rec := n.TypeSet.ByName(r.Type).Type.New()
	rec.SetAt(schema.SlotID, schema.StringValue(r.ID))
	return &scim.Resource{Record: rec, Version: "1"}, nil
}

func (n *nowhere) Delete(context.Context, scim.Ref, scim.WriteOptions) error { return nil }

// benchJobs are jobs of n operations.
func benchJobs(n int) map[string][]jobOp {
	user := func(i int, more string) string {
		return fmt.Sprintf(`{"schemas":[%q],"userName":"user%d@example.com","externalId":"x%d","name":{"givenName":"Ada","familyName":"L"},
			"emails":[{"value":"user%d@example.com","type":"work","primary":true}]%s}`, userURN, i, i, i, more)
	}
	jobs := map[string][]jobOp{}
	for i := range n {
		jobs["POST"] = append(jobs["POST"], jobOp{method: "POST", path: "/Users", bulkID: fmt.Sprint("n", i), data: user(i, "")})
		jobs["PATCH"] = append(jobs["PATCH"], jobOp{method: "PATCH", path: fmt.Sprint("/Users/", i), data: patchBody(op("replace", "title", `"x"`))})
		jobs["PATCH of one group"] = append(jobs["PATCH of one group"], jobOp{method: "PATCH", path: "/Groups/g", data: patchBody(op("add", "members", fmt.Sprintf(`[{"value":"%d"}]`, i)))})
		jobs["DELETE"] = append(jobs["DELETE"], jobOp{method: "DELETE", path: fmt.Sprint("/Users/", i)})
	}
	return jobs
}

func serve(tb testing.TB, h http.Handler, method, path, body string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code >= 300 {
		tb.Fatal(w.Body.String())
	}
}

// BenchmarkBulk compares a bulk request of 1,000 operations with the single
// requests that it stands for; times-single is what an operation costs against a
// request.
func BenchmarkBulk(b *testing.B) {
	for name, ops := range benchJobs(1000) {
		for _, workers := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) {
				h := benchHandler(b, workers)
				body := bodyOf(ops)
				b.ReportAllocs()
				var single time.Duration
				for b.Loop() {
					serve(b, h, "POST", "/Bulk", body)
					b.StopTimer()
					begin := time.Now()
					for _, o := range ops {
						serve(b, h, o.method, o.path, o.data)
					}
					single += time.Since(begin)
					b.StartTimer()
				}
				b.ReportMetric(float64(b.Elapsed())/float64(single), "times-single")
			})
		}
	}
}

// BenchmarkBulk_Size shows that what an operation costs does not depend on how many
// there are, nor on how they refer to each other.
func BenchmarkBulk_Size(b *testing.B) {
	jobs := map[string]func(n int) []jobOp{
		"independent": func(n int) []jobOp { return benchJobs(n)["POST"] },
		"one group":   func(n int) []jobOp { return benchJobs(n)["PATCH of one group"] },
		"chain": func(n int) []jobOp { // each one needs the next
			return references(n, func(i int) []int { return []int{min(i+1, n-1)} })
		},
		"star": func(n int) []jobOp { // all need the last
			return references(n, func(int) []int { return []int{n - 1} })
		},
		"ring":  func(n int) []jobOp { return references(n, func(i int) []int { return []int{(i + 1) % n} }) },
		"pairs": func(n int) []jobOp { return references(n, func(i int) []int { return []int{i ^ 1} }) },
		"crowd": func(n int) []jobOp { // groups of a hundred that are in each other
			return references(n, func(i int) []int {
				var all []int
				for k := range 100 {
					all = append(all, i/100*100+k)
				}
				return all
			})
		},
		"posts, then deletions": func(n int) []jobOp {
			ops := benchJobs(n / 2)["POST"]
			return append(ops, benchJobs(n / 2)["DELETE"]...)
		},
	}
	for name, job := range jobs {
		for _, n := range []int{1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				h := benchHandler(b, 4)
				body := bodyOf(job(n))
				b.ReportAllocs()
				for b.Loop() {
					serve(b, h, "POST", "/Bulk", body)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/operation")
			})
		}
	}
}

func benchHandler(b *testing.B, workers int) http.Handler {
	b.Helper()
	return newHandler(b, &nowhere{Store: teststore.New(b)}, func(o *scim.Options) {
		o.Auth, o.MaxBulkOps, o.MaxBulkBody, o.BulkWorkers = scim.NoAuth(), 20_000, 256<<20, workers
	})
}

func bodyOf(ops []jobOp) string {
	texts := make([]string, len(ops))
	for i, o := range ops {
		texts[i] = o.String()
	}
	return bulkBody("", texts...)
}

// references are groups that have others for members.
func references(n int, to func(i int) []int) []jobOp {
	ops := make([]jobOp, n)
	for i := range ops {
		var ids []string
		for _, k := range to(i) {
			ids = append(ids, fmt.Sprint("bulkId:n", k))
		}
		ops[i] = jobOp{method: "POST", path: "/Groups", bulkID: fmt.Sprint("n", i), data: fmt.Sprintf(`{"displayName":"group%d",%s}`, i, withMembers(ids...))}
	}
	return ops
}

// However many operations refer to each other, all are carried out, and no more of
// them are completed than it takes.
func TestBulk_LargeJobs(t *testing.T) {
	t.Parallel()
	const n = 2000
	for name, c := range map[string]struct {
		to      func(i int) []int
		updates int64
	}{
		"chain": {func(i int) []int { return []int{min(i+1, n-1)} }, 1}, // the last one refers to itself
		"star":  {func(int) []int { return []int{n - 1} }, 1},
		"ring":  {func(i int) []int { return []int{(i + 1) % n} }, 1},
		"pairs": {func(i int) []int { return []int{i ^ 1} }, n / 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &nowhere{Store: teststore.New(t)}
			h := newHandler(t, b, func(o *scim.Options) { o.MaxBulkOps, o.MaxBulkBody = n, 64<<20 })
			for _, r := range bulk(t, h, bodyOf(references(n, c.to))) {
				require.Equal(t, "201", r["status"])
			}
			require.Equal(t, c.updates, b.updates.Load())
		})
	}
}
