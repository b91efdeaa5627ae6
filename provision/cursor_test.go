package provision_test

import (
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// walk reads a list by cursor to its end, and returns the ids, page by page.
func walk(t testing.TB, w *world, path string, count int) [][]string {
	t.Helper()
	return walkMeanwhile(t, w, path, count, func([][]string) {})
}

// walkMeanwhile is walk with something done between two pages; it gets those so far.
func walkMeanwhile(t testing.TB, w *world, path string, count int, between func(pages [][]string)) (pages [][]string) {
	t.Helper()
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	cursor := ""
	for len(pages) < 10_000 {
		r := must(t, w, "GET", fmt.Sprintf("%s%scount=%d&cursor=%s", path, join, count, cursor), nil, 200)
		var ids []string
		for _, u := range r.Resources() {
			ids = append(ids, u["id"].(string))
		}
		require.LessOrEqual(t, len(ids), count)
		pages = append(pages, ids)
		next, more := r.Body["nextCursor"].(string)
		if !more {
			return pages
		}
		cursor = next
		between(pages)
	}
	t.Fatal("the list has no end")
	return nil
}

func sortedIDs(pages [][]string) []string {
	all := slices.Concat(pages...)
	slices.Sort(all)
	return all
}

// filledWorlds makes people in every kind of world.
func filledWorlds(t *testing.T, n int) map[string]*world {
	t.Helper()
	m := memoryWorld(t, scim.ProfileCompatible())
	types, err := m.backend.Types(t.Context())
	require.NoError(t, err)
	fs, zd := &freshservicetest.Options{}, &zendesktest.Options{}
	for i := range n {
		address := fmt.Sprintf("p%04d@example.com", i)
		rec := types.ByName("User").Type.New()
		rec.SetString("userName", address)
		_, err := m.target.Create(t.Context(), "user", rec)
		require.NoError(t, err)
		fs.Requesters = append(fs.Requesters, freshservicetest.Requester{FirstName: "P", PrimaryEmail: address})
		zd.Users = append(zd.Users, zendesktest.User{Name: "P", Email: address})
	}
	m.takeCalls()
	return map[string]*world{"memory": m, "freshservice": freshserviceWorld(t, fs, nil, nil), "zendesk": zendeskWorld(t, zd, nil, nil)}
}

// TestCursor_EveryRecordOnce walks whole lists. It costs one call for each page of
// the target, and one more for each page of the client's that ends within one.
func TestCursor_EveryRecordOnce(t *testing.T) {
	t.Parallel()
	const n = 230
	for name, w := range filledWorlds(t, n) {
		t.Run(name, func(t *testing.T) {
			want := sortedIDs([][]string{listIDs(t, w, "/Users?count=1000")})
			for _, count := range []int{7, 99, 100, 101, 1000} {
				w.takeCalls()
				pages := walk(t, w, "/Users", count)
				calls := len(w.takeCalls())
				assert.Equal(t, want, sortedIDs(pages), "count %d", count)
				assert.Len(t, pages, (len(want)+count-1)/count, "count %d", count)
				size := 100
				if name == "memory" {
					size = min(count, memory.DefaultPageSize)
				}
				assert.LessOrEqual(t, calls, (len(want)+size-1)/size+len(pages), "count %d", count)
			}
		})
	}
}

func listIDs(t testing.TB, w *world, path string) (ids []string) {
	t.Helper()
	for _, u := range must(t, w, "GET", path, nil, 200).Resources() {
		ids = append(ids, u["id"].(string))
	}
	return ids
}

// TestCursor_Total: it is there where it is known, and only then.
func TestCursor_Total(t *testing.T) {
	t.Parallel()
	for name, w := range filledWorlds(t, 230) {
		t.Run(name, func(t *testing.T) {
			total := len(listIDs(t, w, "/Users?count=1000"))
			r := must(t, w, "GET", "/Users?count=100&cursor=", nil, 200)
			if name == "memory" {
				assert.Equal(t, total, r.Total())
			} else {
				assert.NotContains(t, r.Body, "totalResults")
			}
			for range 2 {
				r = must(t, w, "GET", "/Users?count=100&cursor="+r.Body["nextCursor"].(string), nil, 200)
			}
			assert.Equal(t, total, r.Total())
			assert.NotContains(t, r.Body, "nextCursor")
			r = must(t, w, "GET", "/Users?count=1&cursor=&filter="+url.QueryEscape(`userName eq "p0007@example.com"`), nil, 200)
			assert.Contains(t, r.Body, "totalResults")
			assert.Equal(t, 1, r.Total())
		})
	}
}

// TestCursor_AnyFilter: whatever the target can be asked for, and whatever only
// State knows or was written a moment ago, each user comes once.
func TestCursor_AnyFilter(t *testing.T) {
	t.Parallel()
	w := motley(t)
	typ := userType(t, w)
	for i, text := range manyFilters() {
		f, err := schema.ParseFilter(text)
		require.NoError(t, err)
		if _, err := (schema.Binding{Type: typ}).Match(f); err != nil {
			continue
		}
		path := "/Users?filter=" + url.QueryEscape(text)
		want := listIDs(t, w, path+"&count=1000")
		slices.Sort(want)
		got := sortedIDs(walk(t, w, path, 2+i%11))
		assert.Equal(t, append([]string{}, want...), append([]string{}, got...), text)
	}
}

func userType(t testing.TB, w *world) *schema.Type {
	t.Helper()
	types, err := w.backend.Types(t.Context())
	require.NoError(t, err)
	return types.ByName("User").Type
}

// TestCursor_WrittenOfLate: the target's search lags behind. Who was written before
// the list began comes once, also when the search knows them by the second page.
func TestCursor_WrittenOfLate(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 20 { // one page of the search: it counts pages by number, and what is new moves the others
		account.Requesters = append(account.Requesters, freshservicetest.Requester{FirstName: "P", PrimaryEmail: fmt.Sprintf("p%02d@example.com", i), JobTitle: "Analyst"})
	}
	w := freshserviceWorld(t, account, nil, nil)
	w.clock.Advance(time.Hour)
	all := listIDs(t, w, "/Users?count=100")
	must(t, w, "PATCH", "/Users/"+all[5], patch(set("title", "Baron")), 200)
	must(t, w, "DELETE", "/Users/"+all[6], nil, 204)
	want := slices.Delete(slices.Clone(all), 5, 7)
	for i := range 3 {
		want = append(want, create(t, w, user(fmt.Sprintf("new%d@example.com", i), map[string]any{"title": "Analyst"})).ID())
	}
	got := sortedIDs(walkMeanwhile(t, w, "/Users?filter="+url.QueryEscape(`title eq "Analyst"`), 1, func([][]string) {
		w.clock.Advance(time.Minute) // the index catches up, and the writes are old
	}))
	slices.Sort(want)
	assert.Equal(t, want, got)
}

// TestCursor_DeletedMeanwhile: whoever is deleted between two pages, nobody else is
// lost, also where a page of the client's ends within one of the target's. Others
// come twice only if the last one of a page is deleted.
func TestCursor_DeletedMeanwhile(t *testing.T) {
	t.Parallel()
	const count = 7
	for _, which := range []int{1, 3, count - 1} { // the first one is Zendesk's own
		for name, w := range filledWorlds(t, 60) {
			t.Run(fmt.Sprintf("%s/%d", name, which), func(t *testing.T) {
				want := sortedIDs([][]string{listIDs(t, w, "/Users?count=100")})
				got := sortedIDs(walkMeanwhile(t, w, "/Users", count, func(pages [][]string) {
					if len(pages) < 4 {
						must(t, w, "DELETE", "/Users/"+pages[len(pages)-1][which], nil, 204)
					}
				}))
				if which == count-1 {
					got = slices.Compact(got)
				}
				assert.Equal(t, want, got)
			})
		}
	}
}

// TestCursor_FoundByStateMeanwhile: somebody who passes the filter all the time is
// not lost when a write between two pages makes State know them by it too.
func TestCursor_FoundByStateMeanwhile(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 20 {
		account.Requesters = append(account.Requesters, freshservicetest.Requester{FirstName: "P", PrimaryEmail: fmt.Sprintf("p%02d@example.com", i), JobTitle: "Analyst"})
	}
	w := freshserviceWorld(t, account, nil, nil)
	w.clock.Advance(time.Hour)
	want := sortedIDs([][]string{listIDs(t, w, "/Users?count=100")})
	got := sortedIDs(walkMeanwhile(t, w, "/Users?filter="+url.QueryEscape(`userName eq "ada" or title eq "Analyst"`), 3, func(pages [][]string) {
		w.clock.Advance(time.Second)
		if len(pages) == 1 {
			must(t, w, "PATCH", "/Users/"+want[10], patch(set("userName", "ada")), 200)
		}
	}))
	assert.Equal(t, want, got)
}

// TestCursor_ScanLimit: a filter that the target cannot answer reads as many
// records for a page as the limit says, and goes on from there.
func TestCursor_ScanLimit(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 950 {
		r := freshservicetest.Requester{FirstName: "P", PrimaryEmail: fmt.Sprintf("p%04d@example.com", i)}
		if i%300 == 0 {
			r.BackgroundInformation = "Rare"
		}
		account.Requesters = append(account.Requesters, r)
	}
	w := freshserviceWorld(t, account, nil, &provision.Options{ScanLimit: 200})
	path := "/Users?filter=" + url.QueryEscape(extension+`:backgroundInformation eq "Rare"`)
	r := must(t, w, "GET", path, nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"])
	w.takeCalls()
	pages := walk(t, w, path, 50)
	assert.Len(t, w.takeCalls(), 11, "pages of the target overlap a little")
	assert.GreaterOrEqual(t, len(pages), 4, "no page costs more than the limit")
	assert.Len(t, slices.Compact(sortedIDs(pages)), 4)
	assert.Len(t, sortedIDs(walk(t, w, path, 1)), 4)
	assert.Len(t, walk(t, w, "/Users", 500)[0], 500, "a list without a filter needs no limit")
}

// TestCursor_Tombstones: who was deleted is left out of every page, and nobody
// behind them is lost.
func TestCursor_Tombstones(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	w.serve(&provision.Options{Policies: map[string]provision.Policy{"user": {Delete: provision.DeleteIgnore}}}, scim.ProfileCompatible())
	var want []string
	for i := range 40 {
		id := create(t, w, user(fmt.Sprintf("p%02d@example.com", i), nil)).ID()
		if i%10 < 4 {
			must(t, w, "DELETE", "/Users/"+id, nil, 204)
		} else {
			want = append(want, id)
		}
	}
	slices.Sort(want)
	for count := 1; count <= 30; count++ {
		w.takeCalls()
		pages := walk(t, w, "/Users", count)
		assert.Equal(t, want, sortedIDs(pages), "count %d", count)
		assert.LessOrEqual(t, len(w.takeCalls()), (40+count-1)/count+len(pages), "count %d", count)
	}
	// A page that begins deep within one of the target's is one call, however
	// small it is.
	r := must(t, w, "GET", "/Users?count=20&cursor=", nil, 200)
	w.takeCalls()
	must(t, w, "GET", "/Users?count=1&cursor="+r.Body["nextCursor"].(string), nil, 200)
	assert.Len(t, w.takeCalls(), 1)
}

// TestCursor_CountChanges: the count may change from page to page.
func TestCursor_CountChanges(t *testing.T) {
	t.Parallel()
	for name, w := range filledWorlds(t, 130) {
		t.Run(name, func(t *testing.T) {
			want := sortedIDs([][]string{listIDs(t, w, "/Users?count=1000")})
			var got []string
			cursor := ""
			for i := 0; ; i++ {
				r := must(t, w, "GET", fmt.Sprintf("/Users?cursor=%s&count=%d", cursor, []int{90, 3, 25, 1}[i%4]), nil, 200)
				for _, u := range r.Resources() {
					got = append(got, u["id"].(string))
				}
				next, more := r.Body["nextCursor"].(string)
				if !more {
					break
				}
				cursor = next
			}
			slices.Sort(got)
			assert.Equal(t, want, got)
		})
	}
}

// TestCursor_Malformed: a cursor that the backend did not make is refused, in words
// that a client understands.
func TestCursor_Malformed(t *testing.T) {
	t.Parallel()
	for name, w := range filledWorlds(t, 3) {
		t.Run(name, func(t *testing.T) {
			for _, cursor := range []string{
				"x", "=", "=1", "u", "l", "lm1.0.0.0", "lm1.0.0.0.zz", "um1.0.1.1.z", "um1.0.0.1.zz", "zm1.0.0.0.", "lm1.-1.0.0.", "lm1.0.-1.0.", "lm1.0.0.-1.",
				"lm1.0.1.0.", "lm1.0.0.1.z", "lm1.0.1.2.z", "lm1.01.0.0.", "lm1.9999999999.0.0.", "l!.0.0.0.", "l" + strings.Repeat("z", 100) + ".0.0.0.", "l.0.0.0.",
			} {
				_, err := w.backend.List(t.Context(), "User", scim.Query{StartIndex: 1, Count: 1, ByCursor: true, Cursor: cursor})
				e, ok := errors.AsType[*scim.Error](err)
				if assert.True(t, ok, "%s: %v", cursor, err) {
					assert.Equal(t, 400, e.Status, cursor)
					assert.Equal(t, scim.InvalidCursor, e.Type, cursor)
				}
			}
			r := must(t, w, "GET", "/Users?cursor=abc", nil, 400)
			assert.Equal(t, scim.InvalidCursor, r.Body["scimType"])
		})
	}
}

// TestCursor_CountZero: no resources, and the total.
func TestCursor_CountZero(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	create(t, w, user("ada@example.com", nil))
	r := must(t, w, "GET", "/Users?count=0&cursor=", nil, 200)
	assert.Empty(t, r.Resources())
	assert.Equal(t, 1, r.Total())
}

// TestCursor_Memory: a page costs the same wherever it is in the list.
func TestCursor_Memory(t *testing.T) {
	w := memoryWorld(t, scim.ProfileCompatible())
	const n = 20_000
	typ := userType(t, w)
	for i := range n {
		rec := typ.New()
		rec.SetString("userName", fmt.Sprintf("u%05d@example.com", i))
		_, err := w.target.Create(t.Context(), "user", rec)
		require.NoError(t, err)
	}
	page := func(cursor string) (next string, bytes uint64, calls int) {
		w.takeCalls()
		bytes = allocated(func() {
			p, err := w.backend.List(t.Context(), "User", scim.Query{StartIndex: 1, Count: 100, ByCursor: true, Cursor: cursor})
			require.NoError(t, err)
			require.Len(t, p.Resources, 100)
			next = p.Next
		})
		return next, bytes, len(w.takeCalls())
	}
	page("")
	cursor, first, _ := page("")
	seen, last, calls := 100, uint64(0), 0
	for cursor != "" {
		cursor, last, calls = page(cursor)
		require.Equal(t, 1, calls)
		seen += 100
	}
	assert.Equal(t, n, seen)
	assert.Less(t, last, 2*first+256<<10)
}

// allocated returns how many bytes a function allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// FuzzList_Cursor: whatever a cursor is, it is refused as one, or leads to a page.
func FuzzList_Cursor(f *testing.F) {
	w := memoryWorld(f, scim.ProfileCompatible())
	for i := range 5 {
		create(f, w, user(fmt.Sprintf("p%d@example.com", i), nil))
	}
	by, err := userType(f, w).Select(schema.MustParsePath("userName"))
	require.NoError(f, err)
	for _, sorted := range []bool{false, true} {
		q := scim.Query{StartIndex: 1, Count: 2, ByCursor: true}
		if sorted {
			q.Sort.By = by
		}
		p, err := w.backend.List(f.Context(), "User", q)
		require.NoError(f, err)
		f.Add(p.Next, sorted)
	}
	f.Add("um1.0.0.1.3", false)
	f.Add("=9,2,x", true)
	f.Fuzz(func(t *testing.T, cursor string, sorted bool) {
		q := scim.Query{StartIndex: 1, Count: 2, ByCursor: true, Cursor: cursor}
		if sorted {
			q.Sort.By = by
		}
		p, err := w.backend.List(t.Context(), "User", q)
		if e, ok := errors.AsType[*scim.Error](err); ok {
			require.Equal(t, scim.InvalidCursor, e.Type)
			return
		}
		require.NoError(t, err)
		require.LessOrEqual(t, len(p.Resources), 2)
	})
}
