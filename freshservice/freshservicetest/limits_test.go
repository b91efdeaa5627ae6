package freshservicetest_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// §2: the vendor's table.
func TestPlans(t *testing.T) {
	t.Parallel()
	for plan, want := range map[freshservicetest.Plan][2]int{
		freshservicetest.Starter: {100, 40}, freshservicetest.Growth: {200, 70}, freshservicetest.Pro: {400, 120},
		freshservicetest.Enterprise: {500, 140}, "": {500, 140},
	} {
		a := newAccount(t, freshservicetest.Options{Plan: plan})
		for _, p := range []string{"/requesters", "/agents", "/requesters?email=a@example.com"} {
			assert.Equal(t, strconv.Itoa(want[1]), a.do("GET", p, nil).header.Get("X-Ratelimit-Total"), p)
		}
		for _, p := range []string{"/requesters/1", "/agents/1", "/departments", "/requester_fields"} {
			assert.Equal(t, strconv.Itoa(want[0]), a.do("GET", p, nil).header.Get("X-Ratelimit-Total"), p)
		}
	}
}

// §2: buckets, refusals and windows.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 5, ListRequesters: 2, ListAgents: 2}})
	assert.Equal(t, "1", a.do("GET", "/requesters", nil).want(200).header.Get("X-Ratelimit-Remaining"))
	a.clock.Advance(10*time.Second + time.Millisecond)
	assert.Equal(t, "0", a.do("GET", "/requesters", nil).want(200).header.Get("X-Ratelimit-Remaining"))
	got := a.do("GET", "/requesters", nil).want(429)
	assert.Equal(t, "50", got.header.Get("Retry-After"), "whole seconds, rounded up")
	assert.Equal(t, "2", got.header.Get("X-Ratelimit-Total"))
	assert.Equal(t, "0", got.header.Get("X-Ratelimit-Remaining"))
	assert.Equal(t, "0", got.header.Get("X-Ratelimit-Used-Currentrequest"))
	assert.Empty(t, got.raw)

	got = a.do("GET", "/requesters/1", nil).want(404)
	assert.Equal(t, "2", got.header.Get("X-Ratelimit-Remaining"), "failed calls count; the refused one did not")
	a.do("GET", "/agents", nil).want(200)
	r := a.request("GET", "/api/v2/agents", nil)
	r.Header.Del("Authorization")
	a.send(r).want(401)
	got = a.do("POST", "/requesters", object{"first_name": "A", "work_phone_number": "1"}).want(429)
	assert.Equal(t, "5", got.header.Get("X-Ratelimit-Total"))
	assert.Empty(t, a.Requesters(), "a 429 comes before the effect")
	assert.Equal(t, 0, a.Requests()[len(a.Requests())-1].Credits)
	a.clock.Advance(50 * time.Second)
	a.do("POST", "/requesters", object{"first_name": "A", "work_phone_number": "1"}).want(201)
	a.do("GET", "/requesters", nil).want(200)
}

// The list's own budget is left, the account's is not: the header speaks of the
// bucket that refused.
func TestRateLimit_OverallUsedUp(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{
		Limits: &freshservicetest.Limits{Overall: 1, ListRequesters: 9, Window: time.Hour},
		Rules:  freshservicetest.Rules{RateLimitBody: true},
	})
	a.do("GET", "/departments", nil).want(200)
	got := a.do("GET", "/requesters", nil).wantCode(429, "rate_limit_exceeded")
	assert.Equal(t, "1", got.header.Get("X-Ratelimit-Total"))
	assert.Equal(t, "3600", got.header.Get("Retry-After"))
}

// §2: an embedding costs three credits and is refused when two are left.
func TestRateLimit_Include(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 5}})
	assert.Equal(t, "2", a.do("GET", "/requester_fields?include=user_field_groups", nil).want(200).header.Get("X-Ratelimit-Remaining"))
	a.do("GET", "/requester_fields?include=user_field_groups", nil).want(429)
	a.do("GET", "/requester_fields", nil).want(200)
}

func TestRateLimit_FilteredLists(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{FilteredListsDrawOverall: true}})
	assert.Equal(t, "500", a.do("GET", "/requesters?email=a@example.com", nil).header.Get("X-Ratelimit-Total"))
	assert.Equal(t, "140", a.do("GET", "/requesters?page=1", nil).header.Get("X-Ratelimit-Total"))
}

func TestRateLimit_Unlimited(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Plan: freshservicetest.Unlimited})
	for range 600 {
		a.do("GET", "/requesters", nil).want(200)
	}
}
