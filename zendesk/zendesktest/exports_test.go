package zendesktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// history is an account whose users, from id 1000 on, were last changed one
// minute after the other, the last an hour ago. The owner is older.
func history(t *testing.T, n int, opts zendesktest.Options) *account {
	t.Helper()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	opts.Owner = &zendesktest.User{Name: "Owner", Email: "owner@example.com", CreatedAt: now.AddDate(-1, 0, 0)}
	for i := range n {
		opts.Users = append(opts.Users, zendesktest.User{
			ID: int64(1000 + i), Name: fmt.Sprint("User ", i), CreatedAt: now.Add(-time.Hour - time.Duration(n-1-i)*time.Minute),
		})
	}
	return newAccount(t, opts)
}

// start is a start_time before all of the history but the owner.
func start(n int) string {
	return fmt.Sprint(time.Date(2026, time.March, 1, 11, 0, 0, 0, time.UTC).Add(-time.Duration(n) * time.Minute).Unix())
}

// §10: pages from start_time on, then by cursor; the last cursor is good for what
// comes later, deletions too.
func TestExport_Cursor(t *testing.T) {
	t.Parallel()
	a := history(t, 5, zendesktest.Options{})
	const at = "/incremental/users/cursor?"
	first := a.do("GET", at+"per_page=3&start_time="+start(5), nil)
	assert.Equal(t, nums(1000, 1001, 1002), first.all("users", "id"))
	assert.Equal(t, []any{false, nil}, []any{first.body["end_of_stream"], first.body["before_cursor"]})
	cursor := first.body["after_cursor"].(string)
	assert.Contains(t, first.body["after_url"], "cursor="+cursor)
	assert.NotContains(t, first.body["after_url"], "start_time")
	rest := a.do("GET", at+"cursor="+cursor, nil)
	assert.Equal(t, nums(1003, 1004), rest.all("users", "id"))
	assert.Equal(t, true, rest.body["end_of_stream"])
	cursor = rest.body["after_cursor"].(string)

	a.put(1000, object{"notes": "x"}).want(200)
	a.do("DELETE", "/users/1001", nil).want(200)
	again := a.do("GET", at+"cursor="+cursor, nil)
	assert.Empty(t, again.all("users", "id"), "the last minute is not shown")
	assert.Equal(t, []any{true, cursor}, []any{again.body["end_of_stream"], again.body["after_cursor"]})
	a.clock.Advance(time.Minute)
	again = a.do("GET", at+"cursor="+cursor, nil)
	assert.Equal(t, nums(1000, 1001), again.all("users", "id"))
	assert.Equal(t, []any{true, false}, again.all("users", "active"), "deletions show")

	b := history(t, 1, zendesktest.Options{Rules: zendesktest.Rules{ExportsSeeLastMinute: true, EmptyExportWithoutCursor: true}})
	b.put(1000, object{"notes": "x"}).want(200)
	seen := b.do("GET", at+"start_time="+start(1), nil)
	assert.Equal(t, nums(1000), seen.all("users", "id"))
	empty := b.do("GET", at+"cursor="+seen.body["after_cursor"].(string), nil)
	assert.Empty(t, empty.all("users", "id"))
	assert.Nil(t, empty.body["after_cursor"])
}

// §10: what is refused.
func TestExport_Refusals(t *testing.T) {
	t.Parallel()
	a := history(t, 1, zendesktest.Options{AccessTokens: []zendesktest.AccessToken{{Value: "o", Scope: "organizations:read"}}})
	a.AddUser(zendesktest.User{Name: "Grace", Email: "grace@example.com", Role: "agent"})
	now := a.clock.Now().Unix()
	for _, q := range []string{
		"", "start_time=x", "start_time=-1", fmt.Sprint("start_time=", now-59), "cursor=x", "start_time=0&per_page=1001", "start_time=0&per_page=0",
	} {
		a.do("GET", "/incremental/users/cursor?"+q, nil).want(400)
		if !strings.HasPrefix(q, "cursor") {
			a.do("GET", "/incremental/users?"+q, nil).want(400)
		}
	}
	a.do("GET", fmt.Sprint("/incremental/users?start_time=", now-60), nil).want(200)
	a.as("grace@example.com", "GET", "/incremental/users?start_time=0", nil).wantTitle(403, "Forbidden")
	a.as("Bearer o", "GET", "/incremental/users?start_time=0", nil).wantTitle(403, "Forbidden")
	a.as("Bearer o", "GET", "/incremental/organizations?start_time=0", nil).want(200)
}

// §10: by time the boundary comes again, and records of one second stay
// together.
func TestExport_Time(t *testing.T) {
	t.Parallel()
	a := history(t, 4, zendesktest.Options{})
	for i := range 3 {
		a.AddUser(zendesktest.User{ID: int64(2000 + i), Name: "Tie", CreatedAt: a.clock.Now().Add(-30 * time.Minute)})
	}
	first := a.do("GET", "/incremental/users?per_page=4&start_time="+start(4), nil)
	assert.Equal(t, nums(1000, 1001, 1002, 1003), first.all("users", "id"))
	end := a.clock.Now().Add(-time.Hour).Unix()
	assert.Equal(t, []any{num(4), num(end), false}, []any{first.body["count"], first.body["end_time"], first.body["end_of_stream"]})
	require.Contains(t, first.body["next_page"], fmt.Sprint("start_time=", end))
	second := a.do("GET", fmt.Sprint("/incremental/users?per_page=2&start_time=", end), nil)
	assert.Equal(t, nums(1003, 2000, 2001, 2002), second.all("users", "id"), "more than per_page")
	assert.Equal(t, true, second.body["end_of_stream"])
	none := a.do("GET", fmt.Sprint("/incremental/users?start_time=", a.clock.Now().Unix()-60), nil)
	assert.Equal(t, []any{num(0), true}, []any{none.body["count"], none.body["end_of_stream"]})
	assert.Len(t, a.do("GET", "/incremental/users/sample?start_time=0", nil).all("users", "id"), 8)

	b := newAccount(t, zendesktest.Options{Organizations: []zendesktest.Organization{
		{ID: 41, Name: "Acme", CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	}})
	assert.Equal(t, nums(41), b.do("GET", "/incremental/organizations?start_time=0", nil).all("organizations", "id"))
	assert.Equal(t, nums(41), b.do("GET", "/incremental/organizations/sample?start_time=0", nil).all("organizations", "id"))
}

// §2.2: ten calls a minute by time, twenty by cursor, each with its header.
func TestExport_Limits(t *testing.T) {
	t.Parallel()
	a := history(t, 1, zendesktest.Options{Plan: zendesktest.Enterprise})
	for path, limit := range map[string]int{"/incremental/users": 10, "/incremental/users/cursor": 20} {
		header := "zendesk-ratelimit-incremental-exports"
		if limit == 20 {
			header += "-cursor"
		}
		for i := range limit {
			r := a.do("GET", path+"?start_time=0", nil).want(200)
			assert.Equal(t, fmt.Sprintf("total=%d; remaining=%d; resets=60", limit, limit-1-i), r.header.Get(header))
		}
		assert.Equal(t, "60", a.do("GET", path+"?start_time=0", nil).want(429).header.Get("Retry-After"))
	}
}
