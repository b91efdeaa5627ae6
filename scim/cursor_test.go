package scim_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// pager is a handler whose backend sorts and has cursors, with n users.
func pager(t testing.TB, n int, change func(*scim.Options)) (*scim.Handler, *teststore.Store) {
	t.Helper()
	h, s := people(t, n, change)
	s.With(scim.Features{Sort: true, Cursor: true})
	return h, s
}

func next(a answer) string {
	s, _ := a.get("nextCursor").(string)
	return s
}

// walk reads all pages of a query by cursor and returns the ids on each.
func walk(t testing.TB, h http.Handler, query string, between func(page int)) [][]string {
	t.Helper()
	var pages [][]string
	cursor := ""
	for {
		require.Less(t, len(pages), 1000, "no end")
		a := do(t, h, "GET", query+"&cursor="+cursor, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		pages = append(pages, ids(a))
		if cursor = next(a); cursor == "" {
			return pages
		}
		if between != nil {
			between(len(pages))
		}
	}
}

func TestCursor_Walk(t *testing.T) {
	t.Parallel()
	h, _ := pager(t, 5, nil)
	for query, want := range map[string][][]string{
		"count=2":                                {{"1", "2"}, {"3", "4"}, {"5"}},
		"count=5":                                {{"1", "2", "3", "4", "5"}},
		"count=4":                                {{"1", "2", "3", "4"}, {"5"}},
		"":                                       {{"1", "2", "3", "4", "5"}},
		"count=1&filter=active+eq+true":          {{"1"}, {"3"}, {"5"}},
		"count=2&sortBy=id&sortOrder=descending": {{"5", "4"}, {"3", "2"}, {"1"}},
		"count=2&sortBy=title":                   {{"1", "2"}, {"3", "4"}, {"5"}},
		"count=2&filter=id+eq+%22none%22":        {{}},
	} {
		assert.Equal(t, want, walk(t, h, "/Users?"+query, nil), query)
	}
}

func TestCursor_Answer(t *testing.T) {
	t.Parallel()
	h, s := pager(t, 3, nil)
	first := do(t, h, "GET", "/Users?count=2&cursor", "")
	assert.Equal(t, 3.0, first.get("totalResults"))
	assert.Equal(t, 2.0, first.get("itemsPerPage"))
	assert.NotContains(t, first.body, "startIndex")
	assert.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9._~-]+$`), next(first), "unreserved characters only")
	assert.True(t, s.LastQuery.ByCursor)
	last := do(t, h, "GET", "/Users?count=2&CURSOR="+next(first), "")
	assert.Equal(t, []string{"3"}, ids(last))
	assert.NotContains(t, last.body, "nextCursor")
	again := do(t, h, "GET", "/Users?count=2&cursor=", "")
	assert.NotEqual(t, next(first), next(again), "a cursor shows nothing, not even that it is the same")

	byIndex := do(t, h, "GET", "/Users?count=2", "")
	assert.Equal(t, 1.0, byIndex.get("startIndex"), "the default method is by index")
	assert.NotContains(t, byIndex.body, "nextCursor")
	assert.False(t, s.LastQuery.ByCursor)

	none := do(t, h, "GET", "/Users?count=0&cursor=", "")
	assert.Equal(t, 3.0, none.get("totalResults"))
	assert.Equal(t, []string{}, ids(none))
	assert.NotContains(t, none.body, "nextCursor", "no page was asked for")
	assert.False(t, s.LastQuery.ByCursor)
}

// guessing is a backend that does not know how many resources there are.
type guessing struct{ *teststore.Store }

func (g guessing) List(ctx context.Context, typ string, q scim.Query) (*scim.Page, error) {
	page, err := g.Store.List(ctx, typ, q)
	if page != nil {
		page.Exact = page.Next == ""
	}
	return page, err
}

func TestCursor_NoGuessedTotals(t *testing.T) {
	t.Parallel()
	_, s := pager(t, 3, nil)
	h := newHandler(t, guessing{s}, nil)
	a := do(t, h, "GET", "/Users?count=2&cursor=", "")
	assert.NotContains(t, a.body, "totalResults")
	assert.Equal(t, 3.0, do(t, h, "GET", "/Users?count=2&cursor="+next(a), "").get("totalResults"))
}

// A cursor is good for the query it was issued for, with another count at most.
func TestCursor_BoundToItsQuery(t *testing.T) {
	t.Parallel()
	key := []byte(strings.Repeat("k", 32))
	h, s := pager(t, 5, func(o *scim.Options) { o.CursorKey = key })
	query := "/Users?count=1&filter=" + url.QueryEscape(`userName sw "p"`) + "&sortBy=title&sortOrder=ascending&cursor="
	cursor := next(do(t, h, "GET", query, ""))
	require.NotEmpty(t, cursor)
	good := func(h http.Handler, query string) {
		t.Helper()
		a := do(t, h, "GET", query, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, "2", ids(a)[0])
	}
	good(h, query+cursor)
	good(h, query+cursor) // again
	good(h, strings.Replace(query, "count=1", "count=3", 1)+cursor)
	good(h, strings.Replace(query, "count=1", "attributes=id", 1)+cursor)
	good(h, strings.Replace(query, "userName", "username", 1)+cursor) // as in RFC 9865's own example
	good(newHandler(t, s, func(o *scim.Options) { o.CursorKey = key }), query+cursor)
	search := do(t, h, "POST", "/Users/.search", fmt.Sprintf(`{"schemas":[%q],"filter":"userName sw \"p\"","sortBy":"title","sortOrder":"ascending","cursor":%q}`, searchURN, cursor))
	assert.Equal(t, "2", ids(search)[0])

	tampered := []byte(cursor)
	tampered[len(tampered)/2] ^= 3
	for name, c := range map[string]struct {
		h     http.Handler
		query string
	}{
		"another filter":     {h, strings.Replace(query, "sw", "co", 1) + cursor},
		"no filter":          {h, "/Users?sortBy=title&sortOrder=ascending&cursor=" + cursor},
		"another order":      {h, strings.Replace(query, "ascending", "descending", 1) + cursor},
		"another attribute":  {h, strings.Replace(query, "title", "id", 1) + cursor},
		"another type":       {h, strings.Replace(strings.Replace(query, "Users", "Groups", 1), "userName", "displayName", 1) + cursor},
		"all types":          {h, strings.Replace(query, "/Users", "/", 1) + cursor},
		"another key":        {newHandler(t, s, nil), query + cursor},
		"another base":       {newHandler(t, s, func(o *scim.Options) { o.CursorKey, o.BaseURL = key, "https://other.example.com/scim/v2" }), query + cursor},
		"tampered":           {h, query + string(tampered)},
		"cut":                {h, query + cursor[:len(cursor)-4]},
		"not base64":         {h, query + "%21%21"},
		"short":              {h, query + "AAAA"},
		"a number":           {h, query + "2"},
		"the backend's own":  {h, query + "1,5,1"},
		"much too long":      {h, query + strings.Repeat("A", 5000)},
		"of another request": {h, "/Users?cursor=" + cursor},
	} {
		t.Run(name, func(t *testing.T) {
			requireError(t, do(t, c.h, "GET", c.query, ""), 400, "invalidCursor", "nextCursor")
		})
	}
}

// Whoever gets hold of another's cursor cannot use it.
func TestCursor_BoundToThePrincipal(t *testing.T) {
	t.Parallel()
	h, _ := pager(t, 3, func(o *scim.Options) {
		o.Auth = scim.AuthFunc(func(r *http.Request) (context.Context, error) {
			return scim.WithPrincipal(r.Context(), scim.Principal{Name: r.Header.Get("X-Name"), ReadOnly: r.Header.Get("X-Name") == "reader"}), nil
		})
	})
	cursor := next(do(t, h, "GET", "/Users?count=1&cursor=", "", "X-Name", "a"))
	assert.Equal(t, 200, do(t, h, "GET", "/Users?cursor="+cursor, "", "X-Name", "a").Code)
	requireError(t, do(t, h, "GET", "/Users?cursor="+cursor, "", "X-Name", "b"), 400, "invalidCursor")
	requireError(t, do(t, h, "GET", "/Users?cursor="+cursor, ""), 400, "invalidCursor")
}

func TestCursor_Expires(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	h, _ := pager(t, 3, func(o *scim.Options) {
		o.CursorTimeout, o.Clock = time.Minute, func() time.Time { return now }
	})
	cursor := next(do(t, h, "GET", "/Users?count=1&cursor=", ""))
	now = now.Add(time.Minute - time.Millisecond)
	assert.Equal(t, 200, do(t, h, "GET", "/Users?count=1&cursor="+cursor, "").Code)
	now = now.Add(time.Millisecond)
	requireError(t, do(t, h, "GET", "/Users?count=1&cursor="+cursor, ""), 400, "expiredCursor")
}

// RFC 9865 section 4: a whole number of seconds above 0, for which a cursor is good
// at least.
func TestCursor_Announced(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]any{0: 3600.0, 90 * time.Second: 90.0, 1500 * time.Millisecond: 1.0, time.Millisecond: nil} {
		h, _ := pager(t, 0, func(o *scim.Options) { o.CursorTimeout, o.DefaultCount, o.MaxCount = timeout, 20, 50 })
		want := object{"cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 20.0, "maxPageSize": 50.0, "cursorTimeout": want}
		if want["cursorTimeout"] == nil {
			delete(want, "cursorTimeout")
		}
		config := do(t, h, "GET", "/ServiceProviderConfig", "")
		assert.Equal(t, want, config.get("pagination"))
		assert.Equal(t, true, config.get("sort", "supported"))
	}
}

func TestCursor_Parameters(t *testing.T) {
	t.Parallel()
	h, _ := pager(t, 3, func(o *scim.Options) { o.MaxCount = 2 })
	requireError(t, do(t, h, "GET", "/Users?cursor=&count=many", ""), 400, "invalidCount", "count")
	requireError(t, do(t, h, "GET", "/Users?count=many", ""), 400, "invalidValue", "count")
	requireError(t, do(t, h, "GET", "/Users?cursor=&startIndex=2", ""), 400, "invalidValue", "startIndex")
	assert.Equal(t, []string{"1", "2"}, ids(do(t, h, "GET", "/Users?cursor=&startIndex=1&count=100", "")), "a count above the maximum is cut")
	assert.Equal(t, []string{}, ids(do(t, h, "GET", "/Users?cursor=&count=-1", "")))
}

// Without cursors in the backend an empty one is a parameter like any other
// unknown one; a client that sends another must not get the first page for ever.
func TestCursor_NotSupported(t *testing.T) {
	t.Parallel()
	h, s := people(t, 3, nil)
	a := do(t, h, "GET", "/Users?cursor=&count=2", "")
	assert.Equal(t, []string{"1", "2"}, ids(a))
	assert.Equal(t, 1.0, a.get("startIndex"))
	assert.NotContains(t, a.body, "nextCursor")
	assert.False(t, s.LastQuery.ByCursor)
	requireError(t, do(t, h, "GET", "/Users?cursor=abc", ""), 400, "invalidCursor")
}

// careless is a backend that does not keep what it promises of cursors.
type careless struct {
	*teststore.Store
	next string
	more bool
}

func (c careless) List(ctx context.Context, typ string, q scim.Query) (*scim.Page, error) {
	if c.more {
		q.Count++
	}
	page, err := c.Store.List(ctx, typ, q)
	page.Next = c.next
	return page, err
}

func TestCursor_CarelessBackend(t *testing.T) {
	t.Parallel()
	_, s := pager(t, 3, nil)
	requireError(t, do(t, newHandler(t, careless{s, strings.Repeat("x", 4096), false}, nil), "GET", "/Users?count=1&cursor=", ""), 500, "")
	requireError(t, do(t, newHandler(t, careless{s, "x", true}, nil), "GET", "/Users?count=1&cursor=", ""), 500, "")
	a := do(t, newHandler(t, careless{s, "x", false}, nil), "GET", "/Users?count=1", "")
	assert.NotContains(t, a.body, "nextCursor", "no cursor was asked for")
	longest := newHandler(t, careless{s, strings.Repeat("x", 3036), false}, nil)
	cursor := next(do(t, longest, "GET", "/Users?count=1&cursor=", ""))
	assert.Len(t, cursor, 4096)
	assert.Equal(t, 200, do(t, longest, "GET", "/Users?count=1&cursor="+cursor, "").Code)
}

// Whatever is created or deleted between the pages, every other user comes once.
func TestCursor_ChangesBetweenPages(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		h, _ := pager(t, 30, nil)
		gone, made := map[string]bool{}, 30
		var shown []string
		pages := walk(t, h, fmt.Sprintf("/Users?count=%d", 1+rnd.IntN(6)), func(int) {
			for range rnd.IntN(6) {
				id := fmt.Sprint(1 + rnd.IntN(30))
				if !gone[id] {
					gone[id] = true
					require.Equal(t, 204, do(t, h, "DELETE", "/Users/"+id, "").Code)
				}
			}
			if made++; made > 40 {
				return
			}
			require.Equal(t, 201, do(t, h, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"new%d"}`, userURN, made)).Code)
		})
		for _, p := range pages {
			shown = append(shown, p...)
		}
		sorted := slices.Clone(shown)
		slices.Sort(sorted)
		assert.Len(t, slices.Compact(sorted), len(shown), "nothing comes twice: %v", shown)
		for i := range 30 {
			if id := fmt.Sprint(i + 1); !gone[id] {
				assert.Contains(t, shown, id, "seed %d", seed)
			}
		}
	}
}

// In a sorted list, too, nothing is left out; unless the last one shown has gone,
// nothing comes twice.
func TestCursor_ChangesBetweenSortedPages(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		h, _ := pager(t, 30, nil)
		gone := map[string]bool{}
		keepLast := seed%2 == 0
		var shown []string
		cursor := ""
		for {
			a := do(t, h, "GET", fmt.Sprintf("/Users?sortBy=title&sortOrder=descending&count=%d&cursor=%s", 1+rnd.IntN(5), cursor), "")
			require.Equal(t, 200, a.Code, a.Body.String())
			page := ids(a)
			shown = append(shown, page...)
			if cursor = next(a); cursor == "" {
				break
			}
			for range rnd.IntN(5) {
				id := fmt.Sprint(1 + rnd.IntN(30))
				if !gone[id] && !(keepLast && id == page[len(page)-1]) {
					gone[id] = true
					require.Equal(t, 204, do(t, h, "DELETE", "/Users/"+id, "").Code)
				}
			}
		}
		for i := range 30 {
			if id := fmt.Sprint(i + 1); !gone[id] {
				assert.Contains(t, shown, id, "seed %d", seed)
			}
		}
		if keepLast {
			sorted := slices.Clone(shown)
			slices.Sort(sorted)
			assert.Len(t, slices.Compact(sorted), len(shown), "seed %d: %v", seed, shown)
		}
	}
}

// A client that deletes what it lists gets to the end.
func TestCursor_DeletingWhatIsListed(t *testing.T) {
	t.Parallel()
	for _, sort := range []string{"", "&sortBy=userName"} {
		h, s := pager(t, 10, nil)
		var last []string
		cursor := ""
		for {
			a := do(t, h, "GET", "/Users?count=3"+sort+"&cursor="+cursor, "")
			require.Equal(t, 200, a.Code, a.Body.String())
			last = ids(a)
			for _, id := range last {
				require.Equal(t, 204, do(t, h, "DELETE", "/Users/"+id, "").Code, "%s comes twice", id)
			}
			if cursor = next(a); cursor == "" {
				break
			}
		}
		assert.Empty(t, s.Resources, sort)
	}
}
