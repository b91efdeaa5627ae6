package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestBudget_Zendesk holds the table of design §7.
func TestBudget_Zendesk(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, nil)
	cost := func(name string, want ...string) {
		t.Helper()
		assert.Equal(t, want, w.takeCalls(), name)
	}
	body := user("ada@example.com", map[string]any{"externalId": "x-1", "displayName": "Ada Byron"})
	id := create(t, w, body).ID()
	cost("create", "POST /users")
	path := "/Users/" + id
	must(t, w, "GET", path, nil, 200)
	cost("get", "GET /users/{id}")
	require.Equal(t, 1, find(t, w, `userName eq "Ada@example.com"`).Total())
	cost("find by userName", "GET /users/search?query")
	require.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
	cost("find by externalId", "GET /users/{id}")
	body["displayName"] = "Ada Lovelace"
	must(t, w, "PUT", path, body, 200)
	cost("PUT", "GET /users/{id}", "PUT /users/{id}")
	r := must(t, w, "PATCH", path, patch(set("active", false)), 200)
	cost("disable", "PUT /users/{id}")
	assert.Equal(t, false, r.Body["active"])
	r = must(t, w, "PATCH", path, patch(set("active", "True")), 200)
	cost("re-enable", "PUT /users/{id}")
	assert.Equal(t, true, r.Body["active"])
	must(t, w, "GET", "/Users?count=100", nil, 200)
	cost("first page", "GET /users?page[size]")
	must(t, w, "DELETE", path, nil, 204)
	cost("delete", "DELETE /users/{id}")
	must(t, w, "GET", path, nil, 404)
}

// TestZendesk_CheckboxesHaveNoThirdState: one that is not set is what clearing it
// gives, so a PUT that does not speak of it has nothing to do.
func TestZendesk_CheckboxesHaveNoThirdState(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, &zendesktest.Options{Fields: []zendesktest.UserField{
		{Key: "on_site", Type: zendesktest.CheckboxField, Tag: "on_site_staff"}, {Key: "team"},
	}}, nil, nil)
	body := user("ada@example.com", nil)
	path := "/Users/" + create(t, w, body).ID()
	onSite := func(r *scimtest.Response) any { return r.Body[zendeskURN].(map[string]any)["on_site"] }
	put := func(name string, outcome provision.Outcome, changed ...string) *scimtest.Response {
		t.Helper()
		w.takeCalls()
		r := must(t, w, "PUT", path, body, 200)
		ev := w.events.last()
		assert.Equal(t, outcome, ev.Outcome, name)
		assert.Equal(t, changed, ev.Changed, name)
		if outcome == provision.Unchanged {
			assert.Equal(t, []string{"GET /users/{id}"}, w.takeCalls(), name)
		}
		return r
	}
	r := put("without it", provision.Unchanged)
	assert.Equal(t, false, onSite(r))
	body[zendeskURN] = map[string]any{"on_site": false}
	put("false, as it is", provision.Unchanged)
	body[zendeskURN] = map[string]any{"on_site": true}
	assert.Equal(t, true, onSite(put("set", provision.Succeeded, "user_fields.on_site")))
	delete(body, zendeskURN)
	assert.Equal(t, false, onSite(put("set, and without it", provision.Succeeded, "user_fields.on_site")))
	put("again", provision.Unchanged)
}

// TestZendesk_AgentsLoseTheirSeat: an agent who leaves becomes an end user and is
// suspended; coming back does not give the role back.
func TestZendesk_AgentsLoseTheirSeat(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, &zendesktest.Options{Users: []zendesktest.User{{ID: 700, Name: "Agent", Email: "agent@example.com", Role: "agent"}}}, nil, nil)
	r := must(t, w, "GET", "/Users/700", nil, 200)
	assert.Equal(t, "Agent", r.Body["userType"])
	w.takeCalls()
	r = must(t, w, "PATCH", "/Users/700", patch(set("active", false)), 200)
	assert.Len(t, w.takeCalls(), 2, "downgrade and suspend, since the role was seen")
	assert.Equal(t, false, r.Body["active"])
	u := w.zendesk.User(700)
	assert.Equal(t, "end-user", u["role"])
	assert.Equal(t, true, u["suspended"])
	r = must(t, w, "PATCH", "/Users/700", patch(set("active", true)), 200)
	assert.Equal(t, true, r.Body["active"])
	assert.Equal(t, "end-user", w.zendesk.User(700)["role"])
}

// TestZendesk_OwnerIsProtected: the account that the connection uses cannot be
// disabled or deleted through it.
func TestZendesk_OwnerIsProtected(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, nil, nil, nil)
	owner := find(t, w, `userName eq "`+w.zendesk.OwnerEmail()+`"`).Resources()[0]["id"].(string)
	must(t, w, "PATCH", "/Users/"+owner, patch(set("active", false)), 403)
	must(t, w, "DELETE", "/Users/"+owner, nil, 403)
}

// TestZendesk_AgentsAreNotTakenOver: no policy hands the account of an agent to
// whoever creates a user with that address (design D6).
func TestZendesk_AgentsAreNotTakenOver(t *testing.T) {
	t.Parallel()
	for _, policy := range []provision.ConflictPolicy{provision.ConflictReactivate, provision.ConflictAdopt} {
		w := zendeskWorld(t, &zendesktest.Options{IndexLag: zendesktest.NoIndexLag, Users: []zendesktest.User{
			{ID: 700, Name: "Agent", Email: "agent@example.com", Role: "agent"},
			{ID: 701, Name: "Gone", Email: "gone@example.com", Role: "agent", Suspended: true},
			{ID: 702, Name: "Person", Email: "person@example.com", Suspended: true},
		}}, nil, &provision.Options{Policies: map[string]provision.Policy{"": {Conflict: policy}}})
		for _, address := range []string{"agent@example.com", "gone@example.com"} {
			r := must(t, w, "POST", "/Users", user(address, map[string]any{"displayName": "Taken"}), 409)
			assert.Equal(t, "uniqueness", r.Body["scimType"])
		}
		assert.Equal(t, "Agent", w.zendesk.User(700)["name"])
		assert.Equal(t, "Gone", w.zendesk.User(701)["name"])
		r := must(t, w, "POST", "/Users", user("person@example.com", map[string]any{"displayName": "Taken"}), 201)
		assert.Equal(t, "702", r.ID())
	}
}

// TestWarning_IdentityMismatch: two login addresses in one request are a warning,
// a new user name beside the old one's e-mail is none.
func TestWarning_IdentityMismatch(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("userName", "countess@example.com")), 200)
	assert.NotContains(t, w.events.last().Words, "W_IDENTITY_MISMATCH")
	create(t, w, user("one@example.com", map[string]any{"emails": []any{map[string]any{"type": "work", "value": "two@example.com"}}}))
	assert.Contains(t, w.events.last().Words, "W_IDENTITY_MISMATCH")
}
