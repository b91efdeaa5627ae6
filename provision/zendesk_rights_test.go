package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// staff is an account with people of every kind.
func staff() *zendesktest.Options {
	return &zendesktest.Options{
		IndexLag:    zendesktest.NoIndexLag,
		CustomRoles: []zendesktest.CustomRole{{ID: 31, Name: "Support", Type: zendesktest.CustomAgent}, {ID: 32, Name: "Chief", Type: zendesktest.AdminRole}},
		Users: []zendesktest.User{
			{ID: 700, Name: "Agent", Email: "agent@example.com", Role: "agent"},
			{ID: 701, Name: "Gone", Email: "gone@example.com", Role: "agent", Suspended: true},
			{ID: 702, Name: "Person", Email: "person@example.com"},
			{ID: 703, Name: "Admin", Email: "admin@example.com", Role: "admin"},
			{ID: 704, Name: "Asker", Email: "asker@example.com", RequestedTickets: 1},
		},
	}
}

// TestZendesk_NoSilentPromotion: nobody gets rights that were not asked for by the
// role, or that the connection does not give, and nothing else is written then.
func TestZendesk_NoSilentPromotion(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, staff(), nil, nil)
	role := func(name string) map[string]any {
		return set("roles", []any{map[string]any{"value": name, "primary": true}})
	}
	people := len(w.natives())
	tests := []struct {
		name, method, path string
		body               any
		status             int
		says               string
	}{
		{"admin by PATCH", "PATCH", "/Users/702", patch(set("userType", "Admin")), 403, "SCIM userType"},
		{"admin and address", "PATCH", "/Users/702", patch(set("userName", "new@example.com"), set("userType", "Admin")), 403, "allow_admin"},
		{"admin by PUT", "PUT", "/Users/700", user("agent@example.com", map[string]any{"userType": "Admin"}), 403, "SCIM userType"},
		{"admin by create", "POST", "/Users", user("x@example.com", map[string]any{"userType": "Admin"}), 403, "SCIM userType"},
		{"custom role of an end user", "PATCH", "/Users/702", patch(role("Support")), 400, "only an agent"},
		{"custom role in a create", "POST", "/Users", user("x@example.com", map[string]any{"roles": []any{map[string]any{"value": "Support", "primary": true}}}), 400, "only an agent"},
		{"custom role that is one of admins", "PATCH", "/Users/700", patch(role("Chief")), 403, "allow_admin"},
		{"a role that there is not", "PUT", "/Users/700", user("agent@example.com", map[string]any{"userType": "Employee"}), 400, "Employee"},
		{"a custom role that there is not", "PATCH", "/Users/700", patch(role("Nobody")), 400, "Nobody"},
	}
	for _, tt := range tests {
		r := must(t, w, tt.method, tt.path, tt.body, tt.status)
		assert.Contains(t, r.Body["detail"], tt.says, tt.name)
		for _, call := range w.zendesk.Requests() {
			assert.Equal(t, "GET", call.Method, "%s: %s", tt.name, call.Path)
		}
		w.zendesk.ResetRequests()
	}
	assert.Len(t, w.natives(), people)
	must(t, w, "PUT", "/Users/703", user("admin@example.com", map[string]any{"displayName": "Boss"}), 200)
	assert.Equal(t, "admin", w.zendesk.User(703)["role"], "a PUT that does not speak of the role")
}

// TestZendesk_FailedEnablingKeepsTheRole: a suspended agent who cannot be enabled
// as asked stays a suspended agent.
func TestZendesk_FailedEnablingKeepsTheRole(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, staff(), nil, nil)
	must(t, w, "PATCH", "/Users/701", patch(set("active", true), set("userName", "person@example.com")), 409)
	u := w.zendesk.User(701)
	assert.Equal(t, []any{"agent", true, "gone@example.com"}, []any{u["role"], u["suspended"], u["email"]})
	r := must(t, w, "PATCH", "/Users/701", patch(set("active", true), set("userName", "back@example.com")), 200)
	assert.Equal(t, []any{true, "back@example.com", "Agent"}, []any{r.Body["active"], r.Body["userName"], r.Body["userType"]})
	assert.Equal(t, false, w.zendesk.User(701)["suspended"])
}

// TestZendesk_SuspendedAgentLosesTheSeat: who was suspended and still is an agent,
// since a downgrade failed or somebody did it in the app, is made an end user when
// the client says again that the account is disabled, and not before.
func TestZendesk_SuspendedAgentLosesTheSeat(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method string
		body         any
	}{
		{"PUT", "PUT", user("gone@example.com", map[string]any{"active": false, "displayName": "Gone"})},
		{"PATCH", "PATCH", patch(set("active", false), set("displayName", "Left"))},
		{"PATCH of active alone", "PATCH", patch(set("active", false))},
	} {
		w := zendeskWorld(t, staff(), nil, nil)
		must(t, w, "PATCH", "/Users/701", patch(set("displayName", "Left")), 200)
		must(t, w, "PUT", "/Users/701", user("gone@example.com", map[string]any{"active": nil, "displayName": "Left"}), 200)
		assert.Equal(t, "agent", w.zendesk.User(701)["role"])
		r := must(t, w, tt.method, "/Users/701", tt.body, 200)
		assert.Equal(t, []any{"EndUser", false}, []any{r.Body["userType"], r.Body["active"]}, tt.name)
		u := w.zendesk.User(701)
		assert.Equal(t, []any{"end-user", true}, []any{u["role"], u["suspended"]}, tt.name)
	}
}

// TestZendesk_AccountOwnerIsProtected: also where the connection acts as somebody
// else, and where a DELETE would do with less.
func TestZendesk_AccountOwnerIsProtected(t *testing.T) {
	t.Parallel()
	for _, rules := range []zendesktest.Rules{{}, {OwnerForbidden: true}} {
		o := staff()
		o.Rules = rules
		o.Clients = []zendesktest.OAuthClient{{ID: zendesktest.DefaultClientID, Secret: zendesktest.DefaultClientSecret, User: 703}}
		w := zendeskWorld(t, o, &zendesk.Options{AllowAdmin: true}, nil)
		address := w.zendesk.OwnerEmail()
		path := fmt.Sprintf("/Users/%d", w.zendesk.UserByEmail(address)["id"])
		must(t, w, "PATCH", path, patch(set("active", false)), 403)
		must(t, w, "PUT", path, user(address, map[string]any{"active": false, "displayName": w.zendesk.UserByEmail(address)["name"]}), 403)
		must(t, w, "PATCH", path, patch(set("userType", "EndUser")), 403)
		must(t, w, "DELETE", path, nil, 403)
		assert.NotContains(t, w.events.last().Words, "disabled instead")
		u := w.zendesk.UserByEmail(address)
		assert.Equal(t, []any{"admin", false}, []any{u["role"], u["suspended"]})
		must(t, w, "GET", path, nil, 200)
	}
}

// TestZendesk_DeleteMeetsAnotherWrite: writes that meet are no refusal: the account
// is not put away in place of deleted, the client tries again.
func TestZendesk_DeleteMeetsAnotherWrite(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"DELETE", "PUT"} {
		w := zendeskWorld(t, staff(), nil, nil)
		must(t, w, "GET", "/Users/700", nil, 200)
		f := zendesktest.DatabaseConflict()
		f.Method, f.Times = method, -1
		w.zendesk.Fault(f)
		must(t, w, "DELETE", "/Users/700", nil, 503)
		assert.Equal(t, false, w.zendesk.User(700)["suspended"])
		w.zendesk.ClearFaults()
		must(t, w, "DELETE", "/Users/700", nil, 204)
		assert.Equal(t, false, w.zendesk.User(700)["active"])
	}
	w := zendeskWorld(t, staff(), nil, nil)
	must(t, w, "DELETE", "/Users/704", nil, 204)
	assert.Contains(t, w.events.last().Words, "disabled instead")
	assert.Equal(t, true, w.zendesk.User(704)["suspended"])
	must(t, w, "GET", "/Users/704", nil, 404)
}
