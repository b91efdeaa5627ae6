package provision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// population is an account of n people, the owner among them.
func population(n int) *zendesktest.Options {
	o := &zendesktest.Options{IndexLag: zendesktest.NoIndexLag}
	for i := range n - 1 {
		o.Users = append(o.Users, zendesktest.User{Name: fmt.Sprintf("User %d", i), Email: fmt.Sprintf("user%d@example.com", i)})
	}
	return o
}

// TestZendesk_Lists: by index and by cursor everybody comes once, in few calls, and
// the total is what is known (design D10).
func TestZendesk_Lists(t *testing.T) {
	t.Parallel()
	const first, next = "GET /users?page[size]", "GET /users?page[after]&page[size]"
	seen := func(t *testing.T, into map[string]bool, r *scimtest.Response) {
		t.Helper()
		for _, u := range r.Resources() {
			require.False(t, into[u["id"].(string)], "twice: %s", u["id"])
			into[u["id"].(string)] = true
		}
	}
	t.Run("by index", func(t *testing.T) {
		t.Parallel()
		w := zendeskWorld(t, population(250), nil, nil)
		all := make(map[string]bool)
		for at := 1; at <= 250; at += 100 {
			r := must(t, w, "GET", fmt.Sprintf("/Users?startIndex=%d&count=100", at), nil, 200)
			seen(t, all, r)
			assert.GreaterOrEqual(t, r.Total(), min(at+100, 250), "clients go on")
		}
		assert.Len(t, all, 250)
		w.costs(t, "three pages", first, next, next)
		assert.Equal(t, 250, must(t, w, "GET", "/Users?startIndex=201&count=100", nil, 200).Total())
	})
	t.Run("by cursor", func(t *testing.T) {
		t.Parallel()
		w := zendeskWorld(t, population(250), nil, nil)
		all := make(map[string]bool)
		cursor, pages := "", 0
		for {
			r := must(t, w, "GET", "/Users?count=60&cursor="+cursor, nil, 200)
			seen(t, all, r)
			pages++
			cursor, _ = r.Body["nextCursor"].(string)
			if cursor == "" {
				break
			}
			require.Less(t, pages, 10)
		}
		assert.Len(t, all, 250)
		assert.LessOrEqual(t, len(w.takeCalls()), 2*pages, "nothing is remembered between pages: one that lies across two of Zendesk's takes both")
	})
	t.Run("with counts", func(t *testing.T) {
		t.Parallel()
		w := zendeskWorld(t, population(250), &zendesk.Options{Counts: true}, nil)
		assert.Equal(t, 250, must(t, w, "GET", "/Users?startIndex=1&count=10", nil, 200).Total())
		w.costs(t, "one more call", first, "GET /users/count")
	})
	t.Run("exact", func(t *testing.T) {
		t.Parallel()
		w := zendeskWorld(t, population(250), nil, &provision.Options{ExactTotals: true})
		assert.Equal(t, 250, must(t, w, "GET", "/Users?startIndex=1&count=10", nil, 200).Total())
		w.costs(t, "all pages", first, next, next)
	})
	t.Run("filters", func(t *testing.T) {
		t.Parallel()
		w := zendeskWorld(t, population(120), nil, nil)
		w.zendesk.AddUser(zendesktest.User{ID: 700, Name: "Agent", Email: "agent@example.com", Role: "agent"})
		w.takeCalls()
		assert.Equal(t, 1, find(t, w, `userName eq "user7@example.com" and active eq true`).Total())
		w.costs(t, "an address and more", "GET /users/search?query")
		assert.Equal(t, 1, find(t, w, `userType eq "Agent"`).Total())
		assert.Equal(t, 11, find(t, w, `displayName sw "User 10"`).Total())
		assert.Equal(t, 0, find(t, w, `userName eq "user@example.com"`).Total(), "a part of an address is none")
		assert.Equal(t, 0, find(t, w, `userName eq "*"`).Total(), "a value is no search")
	})
}

// TestZendesk_OwnWritesWhileTheSearchLags: what was written is found at once, under
// the new address and not under the old one (design D7).
func TestZendesk_OwnWritesWhileTheSearchLags(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", map[string]any{"externalId": "x-1"})).ID()
	total := func(filter string) int { return find(t, w, filter).Total() }
	assert.Equal(t, 1, total(`userName eq "ada@example.com"`))
	must(t, w, "POST", "/Users", user("ada@example.com", nil), 409)
	must(t, w, "PATCH", "/Users/"+id, patch(set("userName", "new@example.com")), 200)
	assert.Equal(t, []int{0, 1}, []int{total(`userName eq "ada@example.com"`), total(`userName eq "new@example.com"`)})
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	assert.Equal(t, []int{1, 0}, []int{total(`userName eq "new@example.com" and active eq false`), total(`userName eq "new@example.com" and active eq true`)})
	w.clock.Advance(5 * time.Minute)
	assert.Equal(t, []int{0, 1}, []int{total(`userName eq "ada@example.com"`), total(`userName eq "new@example.com"`)})
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	assert.Equal(t, []int{0, 0}, []int{total(`userName eq "new@example.com"`), total(`externalId eq "x-1"`)})
	again := create(t, w, user("new@example.com", map[string]any{"externalId": "x-1"})).ID()
	assert.NotEqual(t, id, again)
	assert.Equal(t, again, find(t, w, `userName eq "new@example.com"`).Resources()[0]["id"])
}
