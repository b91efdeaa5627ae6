package scim_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// million is a backend with so many groups, which it makes when it is asked for
// them. Nothing but ServeHTTP grows with where a page is.
type million struct {
	scim.Backend
	types *scim.Types
	size  int
	first int // where cursors begin
}

func newMillion(t testing.TB, size int) *million {
	t.Helper()
	group, err := scim.GroupType()
	require.NoError(t, err)
	types, err := scim.NewTypes("1", group)
	require.NoError(t, err)
	return &million{types: types.With(scim.Features{Cursor: true}), size: size}
}

func (m *million) Types(context.Context) (*scim.Types, error) { return m.types, nil }

func (m *million) group(n int) *scim.Resource {
	rec := m.types.ByName("Group").Type.New()
	rec.SetAt(schema.SlotID, schema.StringValue(fmt.Sprintf("g-%07d", n)))
	rec.SetString("displayName", fmt.Sprintf("Group %07d", (n*7919)%m.size))
	return &scim.Resource{Record: rec}
}

func (m *million) List(_ context.Context, _ string, q scim.Query) (*scim.Page, error) {
	from := q.StartIndex - 1
	if q.ByCursor {
		from = m.first
		if q.Cursor != "" {
			from, _ = strconv.Atoi(q.Cursor)
		}
	}
	page := &scim.Page{Total: m.size, Exact: true}
	for n := from; n < min(from+q.Count, m.size); n++ {
		page.Resources = append(page.Resources, m.group(n))
	}
	if q.ByCursor && from+q.Count < m.size {
		page.Next = strconv.Itoa(from + q.Count)
	}
	return page, nil
}

// sink throws the body away.
type sink struct {
	header http.Header
	status int
	bytes  int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(b []byte) (int, error) { s.bytes += len(b); return len(b), nil }

// allocated returns the bytes that f allocates, the least of a few times: the
// garbage collector may empty pools in between.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 8 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// A page costs the same wherever it is. It does not run in parallel: others would
// be measured, too.
func TestList_MillionInConstantMemory(t *testing.T) {
	const size = 1_000_000
	m := newMillion(t, size)
	h := newHandler(t, m, nil)
	cost := func(query string, wantLast string) uint64 {
		a := do(t, h, "GET", query, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		list := ids(a)
		require.Len(t, list, 100)
		require.Equal(t, wantLast, list[99])
		require.Equal(t, float64(size), a.get("totalResults"))
		r := httptest.NewRequest("GET", "/scim/v2"+query, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return allocated(func() { h.ServeHTTP(&sink{header: http.Header{}}, r) })
	}
	for _, way := range []struct {
		name  string
		query func(from int) string
	}{
		{"by index", func(from int) string { return fmt.Sprintf("/Groups?count=100&startIndex=%d", from+1) }},
		{"by index, all types", func(from int) string { return fmt.Sprintf("/?count=100&startIndex=%d", from+1) }},
		{"by cursor", func(from int) string {
			m.first = from - 100
			return "/Groups?count=100&cursor=" + next(do(t, h, "GET", "/Groups?count=100&cursor=", ""))
		}},
		{"by cursor, all types", func(from int) string {
			m.first = from - 100
			return "/?count=100&cursor=" + next(do(t, h, "GET", "/?count=100&cursor=", ""))
		}},
	} {
		begin := cost(way.query(100), "g-0000199")
		middle := cost(way.query(500_000), "g-0500099")
		end := cost(way.query(size-100), "g-0999999")
		t.Logf("%s: %d, %d and %d bytes", way.name, begin, middle, end)
		// The race detector adds some at random; all that stands before would be many MB. all that is before would be many MB.
		assert.LessOrEqual(t, middle, begin+256<<10, way.name)
		assert.LessOrEqual(t, end, begin+256<<10, way.name)
	}
}

// PageOf holds the page, and of a sorted list what comes before it, but not the
// whole.
func TestPageOf_Memory(t *testing.T) {
	const size = 20_000
	m := newMillion(t, size)
	var all []*scim.Resource
	for n := range size {
		all = append(all, m.group(n))
	}
	order := sortBy(t, m.types.ByName("Group").Type, "id", true)
	for name, c := range map[string]struct {
		q    scim.Query
		last string
		most uint64
	}{
		"the first by index":        {scim.Query{StartIndex: 1, Count: 100}, "g-0000099", 8 << 10},
		"the last by index":         {scim.Query{StartIndex: size - 99, Count: 100}, "g-0019999", 8 << 10},
		"the first by cursor":       {scim.Query{ByCursor: true, Count: 100}, "g-0000099", 8 << 10},
		"the last by cursor":        {scim.Query{ByCursor: true, Cursor: "g-0019899", Count: 100}, "g-0019999", 8 << 10},
		"the total":                 {scim.Query{StartIndex: 1, Sort: order}, "", 1 << 10},
		"the first of a sorted one": {scim.Query{StartIndex: 1, Count: 100, Sort: order}, "g-0019900", 8 << 10},
		"the tenth of a sorted one": {scim.Query{StartIndex: 901, Count: 100, Sort: order}, "g-0019000", 64 << 10},
	} {
		var page *scim.Page
		got := allocated(func() { page = scim.PageOf(c.q, slices.Values(all)) })
		assert.Equal(t, size, page.Total, name)
		if c.last != "" {
			require.Len(t, page.Resources, 100, name)
			assert.Equal(t, c.last, page.Resources[99].Record.String("id"), name)
		}
		assert.LessOrEqual(t, got, c.most, name)
	}
}

// Wherever a page of a sorted list begins and ends, it is a part of the whole in
// order, with the equal ones as they came.
func TestPageOf_SortedPagesJoin(t *testing.T) {
	t.Parallel()
	m := newMillion(t, 57)
	typ := m.types.ByName("Group").Type
	var all []*scim.Resource
	for n := range m.size {
		res := m.group(n)
		res.Record.SetString("displayName", fmt.Sprint(n*31%7))
		all = append(all, res)
	}
	for _, descending := range []bool{false, true} {
		by := sortBy(t, typ, "displayName", descending)
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b *scim.Resource) int { return by.Compare(a.Record, b.Record) })
		for count := 1; count <= 60; count++ {
			var byIndex, byCursor []*scim.Resource
			for start := 1; start <= m.size; start += count {
				page := scim.PageOf(scim.Query{StartIndex: start, Count: count, Sort: by}, slices.Values(all))
				byIndex = append(byIndex, page.Resources...)
			}
			for q := (scim.Query{StartIndex: 1, ByCursor: true, Count: count, Sort: by}); ; {
				page := scim.PageOf(q, slices.Values(all))
				byCursor = append(byCursor, page.Resources...)
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			require.Equal(t, want, byIndex, "count %d", count)
			require.Equal(t, want, byCursor, "count %d", count)
		}
	}
}

// BenchmarkListMillion walks through a million groups, page by page.
func BenchmarkListMillion(b *testing.B) {
	const size = 1_000_000
	h := newHandler(b, newMillion(b, size), nil)
	get := func(query string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/scim/v2/Groups?count=100&"+query, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body.String())
		}
		return w
	}
	b.Run("index", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for start := 1; start <= size; start += 100 {
				get(fmt.Sprintf("startIndex=%d", start))
			}
		}
	})
	b.Run("cursor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pages, cursor := 0, ""
			for {
				pages++
				_, rest, more := strings.Cut(get("cursor="+cursor).Body.String(), `"nextCursor":"`)
				if !more {
					break
				}
				cursor, _, _ = strings.Cut(rest, `"`)
			}
			if pages != size/100 {
				b.Fatalf("%d pages", pages)
			}
		}
	})
}
