package zendesktest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// §2.1: the vendor's table.
func TestPlans(t *testing.T) {
	t.Parallel()
	for plan, want := range map[zendesktest.Plan]int{
		zendesktest.Team: 200, zendesktest.Growth: 400, zendesktest.Professional: 400, zendesktest.Enterprise: 700,
		zendesktest.EnterprisePlus: 2500, "": 700,
	} {
		l := plan.Limits()
		assert.Equal(t, zendesktest.Limits{
			Account: want, UpdatesPerUser: 5, UpdatesPerSecond: 1, UpdatesPerOrganization: 5, Jobs: 30,
			Exports: 10, CursorExports: 20, Searches: 2500, SearchExports: 100, Erasures: 700,
		}, l, plan)
	}
	assert.Zero(t, zendesktest.Unlimited.Limits())
}

// §2.3: both families of headers come with every answer, errors and 204
// included; 429 with Retry-After.
func TestLimits_Account(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Limits: &zendesktest.Limits{Account: 4}})
	owner := a.OwnerID()
	remaining := func(r reply) []string {
		return []string{
			r.header.Get("X-Rate-Limit"), r.header.Get("X-Rate-Limit-Remaining"), r.header.Get("ratelimit-limit"),
			r.header.Get("ratelimit-remaining"), r.header.Get("ratelimit-reset"),
		}
	}
	assert.Equal(t, []string{"4", "3", "4", "3", "60"}, remaining(a.do("GET", "/users", nil).want(200)))
	a.clock.Advance(20 * time.Second)
	assert.Equal(t, []string{"4", "2", "4", "2", "40"}, remaining(a.do("GET", "/users/9", nil).want(404)))
	assert.Equal(t, []string{"4", "1", "4", "1", "40"}, remaining(a.do("DELETE", path("users", owner, "sessions"), nil).want(204)))
	assert.Equal(t, []string{"4", "0", "4", "0", "40"}, remaining(a.as("", "GET", "/users", nil).want(401)))
	limited := a.do("GET", "/users", nil).wantError(429, "APIRateLimitExceeded")
	assert.Equal(t, "40", limited.header.Get("Retry-After"))
	assert.Equal(t, []string{"4", "0", "4", "0", "40"}, remaining(limited))
	assert.NotEmpty(t, limited.header.Get("X-Request-Id"))
	a.clock.Advance(40*time.Second - time.Nanosecond)
	assert.Equal(t, "1", a.do("GET", "/users", nil).want(429).header.Get("Retry-After"), "whole seconds, rounded up")
	a.clock.Advance(time.Nanosecond)
	a.do("GET", "/users", nil).want(200)
}

// §2.2: five updates a minute for one user, one a second for all; text bodies
// that echo personal data (§2.3).
func TestLimits_Updates(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Plan: zendesktest.Enterprise})
	x := a.AddUser(zendesktest.User{Name: "x", Email: "x@example.com", ExternalID: "e1"})
	y := a.AddUser(zendesktest.User{Name: "y"})
	bucket := func(r reply) string { return r.header.Get("Zendesk-RateLimit-create-update-user") }

	assert.Equal(t, "total=5; remaining=4; resets=60", bucket(a.put(x, object{"notes": "0"}).want(200)))
	second := a.put(y, object{"notes": "0"}).want(429)
	assert.Equal(t, "1", second.header.Get("Retry-After"))
	assert.Equal(t, "total=5; remaining=5; resets=60", bucket(second), "a refused call does not count")
	assert.True(t, strings.HasPrefix(second.header.Get("Content-Type"), "text/plain"))
	for i := 1; i < 5; i++ {
		a.clock.Advance(time.Second)
		assert.Equal(t, "total=5; remaining="+strconv.Itoa(4-i)+"; resets="+strconv.Itoa(60-i), bucket(a.put(x, object{"notes": "1"}).want(200)))
	}
	a.clock.Advance(time.Second)
	limited := a.put(x, object{"notes": "2"}).want(429)
	assert.Equal(t, "55", limited.header.Get("Retry-After"))
	assert.Equal(t, "You have exceeded the rate limit for updating a single unique user. user email: x@example.com id: "+
		num(x).String()+" external_id: e1", limited.raw)
	a.put(y, object{"notes": "1"}).want(200) // the refusal did not use up the second
	a.clock.Advance(time.Second)
	a.do("POST", "/users/create_or_update", object{"user": object{"name": "x", "email": "x@example.com"}}).want(429) // the same bucket
	a.do("POST", "/users/create_or_update", object{"user": object{"name": "z", "email": "z@example.com"}}).want(201)
	a.do("POST", "/users/create_or_update", object{"user": object{"name": "w", "email": "w@example.com"}}).want(429)
	a.clock.Advance(55 * time.Second)
	a.put(x, object{"notes": "3"}).want(200)

	// Everything else is under the account's limit only.
	for i := range 10 {
		id := a.post(object{"name": "n" + strconv.Itoa(i)}).want(201).id()
		a.do("POST", path("users", id, "identities"), object{"identity": object{"type": "email", "value": "n" + strconv.Itoa(i) + "@example.com"}}).want(201)
		a.do("DELETE", path("users", id), nil).want(200)
	}
}

// §2.2: permanent deletions.
func TestLimits_Erasures(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Limits: &zendesktest.Limits{Erasures: 1}})
	x, y := a.AddUser(zendesktest.User{Name: "x"}), a.AddUser(zendesktest.User{Name: "y"})
	a.DeleteUser(x)
	a.DeleteUser(y)
	a.do("DELETE", path("deleted_users", x), nil).want(200)
	assert.Equal(t, "600", a.do("DELETE", path("deleted_users", y), nil).want(429).header.Get("Retry-After"))
	a.clock.Advance(10 * time.Minute)
	a.do("DELETE", path("deleted_users", y), nil).want(200)
}

func TestLimits_Rules(t *testing.T) {
	t.Parallel()
	limited := func(rules zendesktest.Rules) (account429, update429 reply) {
		a := newAccount(t, zendesktest.Options{Limits: &zendesktest.Limits{Account: 2, UpdatesPerSecond: 1}, Rules: rules})
		a.put(a.OwnerID(), object{"notes": "x"}).want(200)
		update429 = a.put(a.OwnerID(), object{"notes": "x"}).want(429)
		return a.do("GET", "/users", nil).want(429), update429
	}
	const jsonType, textType = "application/json; charset=utf-8", "text/plain; charset=utf-8"
	for _, tt := range []struct {
		rule            zendesktest.RateLimitBody
		account, update string
	}{
		{zendesktest.RateLimitMixed, jsonType, textType},
		{zendesktest.RateLimitText, textType, textType},
		{zendesktest.RateLimitJSON, jsonType, jsonType},
	} {
		account, update := limited(zendesktest.Rules{RateLimitBody: tt.rule})
		assert.Equal(t, tt.account, account.header.Get("Content-Type"))
		assert.Equal(t, tt.update, update.header.Get("Content-Type"))
	}
	account, update := limited(zendesktest.Rules{NoRetryAfter: true})
	assert.NotContains(t, account.header, "Retry-After")
	assert.NotContains(t, update.header, "Retry-After")
	account, _ = limited(zendesktest.Rules{RateHeaders: zendesktest.RateHeadersOld})
	assert.Empty(t, account.header.Get("ratelimit-limit"))
	assert.NotEmpty(t, account.header.Get("X-Rate-Limit"))
	account, _ = limited(zendesktest.Rules{RateHeaders: zendesktest.RateHeadersNew})
	assert.NotEmpty(t, account.header.Get("ratelimit-limit"))
	assert.Empty(t, account.header.Get("X-Rate-Limit"))
}
