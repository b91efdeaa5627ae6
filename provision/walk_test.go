package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/scim"
)

// TestList_DeletedAndRevivedBetweenPages: who is hidden or shown again moves all
// that stand behind. Pages that are asked for later count from the beginning as it
// is then. The ids are beyond what a float64 holds.
func TestList_DeletedAndRevivedBetweenPages(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{FirstID: freshservicetest.FirstInexactID}
	for i := range 330 {
		account.Requesters = append(account.Requesters, freshservicetest.Requester{FirstName: fmt.Sprintf("P%03d", i), PrimaryEmail: fmt.Sprintf("p%03d@example.com", i)})
	}
	w := freshserviceWorld(t, account, nil, nil)
	page := func(at, count int) (ids []string, total int) {
		r := must(t, w, "GET", fmt.Sprintf("/Users?startIndex=%d&count=%d", at, count), nil, 200)
		for _, u := range r.Resources() {
			ids = append(ids, u["id"].(string))
		}
		return ids, r.Total()
	}
	var all []string
	for at := 1; ; at += 50 {
		ids, total := page(at, 50)
		all = append(all, ids...)
		if at+50 > total {
			break
		}
	}
	require.Len(t, all, 330)
	check := func() {
		t.Helper()
		for _, q := range [][2]int{{101, 50}, {1, 100}, {201, 100}, {150, 3}, {209, 5}, {101, 100}, {1000, 10}} {
			ids, total := page(q[0], q[1])
			from := min(q[0]-1, len(all))
			assert.Equal(t, all[from:min(from+q[1], len(all))], append([]string{}, ids...), "%v", q)
			assert.LessOrEqual(t, total, len(all)+1)
		}
	}
	for _, id := range all[:120] {
		must(t, w, "DELETE", "/Users/"+id, nil, 204)
	}
	all = all[120:]
	check()
	back := create(t, w, user("p119@example.com", map[string]any{"name": map[string]any{"givenName": "P119"}})).ID()
	all = append([]string{back}, all...)
	check()
}

// TestList_OneCallForAPage: of a list of any length, whatever page is asked for.
func TestList_OneCallForAPage(t *testing.T) {
	t.Parallel()
	const n = 20_000
	w := memoryWorld(t, scim.ProfileCompatible())
	types, err := w.backend.Types(t.Context())
	require.NoError(t, err)
	for i := range n {
		rec := types.ByName("User").Type.New()
		rec.SetString("userName", fmt.Sprintf("u%05d@example.com", i))
		_, err := w.target.Create(t.Context(), "user", rec)
		require.NoError(t, err)
	}
	seen := 0
	for at := 1; at <= n; at += 500 {
		w.takeCalls()
		p, err := w.backend.List(t.Context(), "User", scim.Query{StartIndex: at, Count: 500})
		require.NoError(t, err)
		require.Len(t, w.takeCalls(), 1)
		require.Equal(t, n, p.Total)
		require.True(t, p.Exact)
		seen += len(p.Resources)
	}
	assert.Equal(t, n, seen)
	for _, at := range []int{n, 7777, n + 1, 1 << 40} {
		p, err := w.backend.List(t.Context(), "User", scim.Query{StartIndex: at, Count: 3})
		require.NoError(t, err)
		assert.Len(t, w.takeCalls(), 1)
		assert.Len(t, p.Resources, max(0, min(3, n-at+1)))
		assert.Equal(t, n, p.Total)
	}
}
