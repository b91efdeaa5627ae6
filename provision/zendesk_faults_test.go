package provision_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestZendesk_CreateLostWhileTheSearchLags: what a lost create has made is hidden
// from the search for a while. Until then the client is told to try again, not
// that somebody else has the address; after that the user is its own.
func TestZendesk_CreateLostWhileTheSearchLags(t *testing.T) {
	t.Parallel()
	for _, kind := range []zendesktest.FaultKind{zendesktest.LostAnswer, zendesktest.FailAfter, zendesktest.CutBody} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, nil, nil, nil)
			people := len(w.natives())
			w.zendesk.Fault(zendesktest.Fault{Kind: kind, Status: 502, Method: "POST", Path: "/api/v2/users"})
			body := user("ada@example.com", nil)
			for range 2 {
				r := must(t, w, "POST", "/Users", body, 503)
				assert.NotEmpty(t, r.Header.Get("Retry-After"))
			}
			w.clock.Advance(5 * time.Minute)
			r := must(t, w, "POST", "/Users", body, 201)
			assert.Contains(t, w.events.last().Words, "An earlier attempt has made it")
			must(t, w, "GET", "/Users/"+r.ID(), nil, 200)
			must(t, w, "POST", "/Users", body, 409)
			assert.Len(t, w.natives(), people+1)
		})
	}
}

// TestZendesk_CreateLostAndSomebodyElseHasIt: whoever is found later with other
// values is not taken for what the lost create has made.
func TestZendesk_CreateLostAndSomebodyElseHasIt(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, nil)
	w.zendesk.Fault(zendesktest.Fault{Kind: zendesktest.LostAnswer, Method: "POST", Path: "/api/v2/users"})
	must(t, w, "POST", "/Users", user("ada@example.com", nil), 503)
	w.clock.Advance(5 * time.Minute)
	id := w.zendesk.UserByEmail("ada@example.com")["id"].(int64)
	w.zendesk.AddUser(zendesktest.User{ID: id, Name: "Other", Email: "ada@example.com"})
	must(t, w, "POST", "/Users", user("ada@example.com", nil), 409)
	assert.Equal(t, "Other", w.zendesk.User(id)["name"])
}

// TestZendesk_ReviveWhileTheSearchLags: an account that a DELETE has just put away
// is revived at once, although the search does not show it.
func TestZendesk_ReviveWhileTheSearchLags(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, &provision.Options{Policies: map[string]provision.Policy{"": {Delete: provision.DeleteDeactivate}}})
	id := create(t, w, user("ada@example.com", nil)).ID()
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	require.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
	w.takeCalls()
	r := create(t, w, user("Ada@example.com", nil))
	assert.Equal(t, id, r.ID())
	assert.Equal(t, true, r.Body["active"])
	assert.Equal(t, []string{"POST /users", "GET /users/search?query", "GET /users/{id}", "PUT /users/{id}"}, w.takeCalls())
	must(t, w, "GET", "/Users/"+id, nil, 200)
}

// TestZendesk_ExternalIDTaken: the answer names the value that is taken.
func TestZendesk_ExternalIDTaken(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, nil)
	create(t, w, user("ada@example.com", map[string]any{"externalId": "Emp-1"}))
	r := must(t, w, "POST", "/Users", user("bob@example.com", map[string]any{"externalId": "EMP-1"}), 409)
	assert.Equal(t, "a user with this external_id exists", r.Body["detail"])
}
