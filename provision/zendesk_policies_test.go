package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// The calls that come up again and again.
const (
	readsUser   = "GET /users/{id}"
	writesUser  = "PUT /users/{id}"
	deletesUser = "DELETE /users/{id}"
	erasesUser  = "DELETE /deleted_users/{id}"
)

// costs asserts which calls the target has had since it was asked last.
func (w *world) costs(t *testing.T, of string, want ...string) {
	t.Helper()
	assert.Equal(t, want, w.takeCalls(), of)
}

// stateOf is how a user stands at Zendesk.
type stateOf struct {
	role      string
	suspended bool
	live      bool
}

func (w *world) stateOf(id int64) stateOf {
	u := w.zendesk.User(id)
	return stateOf{u["role"].(string), u["suspended"].(bool), u["active"].(bool)}
}

// TestZendesk_DisablePolicies: what active: false comes to for each kind of user
// under each policy, and what enabling makes of it.
func TestZendesk_DisablePolicies(t *testing.T) {
	t.Parallel()
	once, twice := []string{writesUser}, []string{writesUser, writesUser}
	tests := []struct {
		policy provision.DisablePolicy
		user   int64
		calls  []string
		want   stateOf
		shown  bool // by SCIM, as active
	}{
		{provision.DisableDefault, 700, twice, stateOf{"end-user", true, true}, false},
		{provision.DisableDefault, 702, once, stateOf{"end-user", true, true}, false},
		{provision.DisableDefault, 703, twice, stateOf{"end-user", true, true}, false},
		{provision.DisableDeactivate, 700, once, stateOf{"agent", true, true}, false},
		{provision.DisableDeactivate, 702, once, stateOf{"end-user", true, true}, false},
		{provision.DisableDeactivate, 703, once, stateOf{"admin", true, true}, false},
		{provision.DisableDowngrade, 700, []string{readsUser, writesUser}, stateOf{"end-user", false, true}, false},
		{provision.DisableDowngrade, 702, []string{readsUser, writesUser}, stateOf{"end-user", true, true}, false},
		{provision.DisableDowngrade, 703, []string{readsUser, writesUser}, stateOf{"end-user", false, true}, false},
		{provision.DisableDowngradeDeactivate, 700, []string{readsUser, writesUser, writesUser}, stateOf{"end-user", true, true}, false},
		{provision.DisableDowngradeDeactivate, 702, []string{readsUser, writesUser}, stateOf{"end-user", true, true}, false},
		{provision.DisableIgnore, 700, nil, stateOf{"agent", false, true}, true},
		{provision.DisableIgnore, 702, nil, stateOf{"end-user", false, true}, true},
	}
	for _, tt := range tests {
		for _, method := range []string{"PATCH", "PUT"} {
			t.Run(fmt.Sprintf("%q %d %s", tt.policy, tt.user, method), func(t *testing.T) {
				t.Parallel()
				w := zendeskWorld(t, staff(), nil, &provision.Options{Policies: map[string]provision.Policy{"user": {Disable: tt.policy}}})
				path := fmt.Sprintf("/Users/%d", tt.user)
				before := must(t, w, "GET", path, nil, 200).Body // the role is known from here on
				w.takeCalls()
				if method == "PATCH" {
					r := must(t, w, method, path, patch(set("active", false)), 200)
					if tt.policy == provision.DisableIgnore {
						assert.NotContains(t, w.takeCalls(), writesUser)
					} else {
						w.costs(t, "disable", tt.calls...)
					}
					assert.Equal(t, tt.shown, r.Body["active"], "the answer")
				} else {
					before["active"] = false
					assert.Equal(t, tt.shown, must(t, w, method, path, before, 200).Body["active"], "the answer")
				}
				assert.Equal(t, tt.want, w.stateOf(tt.user))
				r := must(t, w, "GET", path, nil, 200)
				assert.Equal(t, tt.shown, r.Body["active"], "a read")

				must(t, w, "PATCH", path, patch(set("active", false)), 200)
				assert.Equal(t, tt.want, w.stateOf(tt.user), "twice is once")
				r = must(t, w, "PATCH", path, patch(set("active", true)), 200)
				assert.Equal(t, true, r.Body["active"])
				assert.Equal(t, stateOf{tt.want.role, false, true}, w.stateOf(tt.user), "enabling gives no rights back")
				assert.Equal(t, true, must(t, w, "GET", path, nil, 200).Body["active"])
			})
		}
	}
}

// TestZendesk_DisableOfUnknownRole: where the role was never seen, it is asked for,
// and by nothing else.
func TestZendesk_DisableOfUnknownRole(t *testing.T) {
	t.Parallel()
	for id, calls := range map[int64][]string{700: {readsUser, writesUser, writesUser}, 702: {readsUser, writesUser}, 701: {readsUser, writesUser}} {
		w := zendeskWorld(t, staff(), nil, nil)
		must(t, w, "PATCH", fmt.Sprintf("/Users/%d", id), patch(set("active", false)), 200)
		w.costs(t, fmt.Sprint(id), calls...)
		assert.Equal(t, stateOf{"end-user", true, true}, w.stateOf(id))
	}
}

// TestZendesk_Erase: nothing is erased for good but where the policy names it.
func TestZendesk_Erase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method string
		policy       provision.Policy
		user         int64
		calls        []string
	}{
		{"disable of an agent", "PATCH", provision.Policy{Disable: provision.DisableErase}, 700, []string{writesUser, deletesUser, erasesUser}},
		{"disable of an end user", "PATCH", provision.Policy{Disable: provision.DisableErase}, 702, []string{deletesUser, erasesUser}},
		{"delete of an agent", "DELETE", provision.Policy{Delete: provision.DeleteErase}, 700, []string{writesUser, deletesUser, erasesUser}},
		{"delete of an end user", "DELETE", provision.Policy{Delete: provision.DeleteErase}, 702, []string{deletesUser, erasesUser}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, staff(), nil, &provision.Options{Policies: map[string]provision.Policy{"": tt.policy}})
			path := fmt.Sprintf("/Users/%d", tt.user)
			must(t, w, "GET", path, nil, 200)
			w.takeCalls()
			if tt.method == "DELETE" {
				must(t, w, "DELETE", path, nil, 204)
			} else {
				must(t, w, "PATCH", path, patch(set("active", false)), 200, 204)
			}
			assert.Subset(t, w.takeCalls(), tt.calls)
			u := w.zendesk.User(tt.user)
			assert.Equal(t, []any{false, nil}, []any{u["active"], u["email"]})
			assert.Equal(t, "Permanently Deleted User", u["name"])
			must(t, w, "GET", path, nil, 404)
		})
	}
}

// TestZendesk_DeletePolicies: what a DELETE comes to for each kind of user under
// each policy. Afterwards there is no such user for SCIM, and a create with the
// address gives one: the same where the account is there still.
func TestZendesk_DeletePolicies(t *testing.T) {
	t.Parallel()
	once, twice := []string{writesUser}, []string{writesUser, writesUser}
	tests := []struct {
		policy provision.DeletePolicy
		user   int64
		email  string
		calls  []string
		want   stateOf
	}{
		{provision.DeleteDefault, 700, "agent@example.com", []string{writesUser, deletesUser}, stateOf{"end-user", false, false}},
		{provision.DeleteDefault, 702, "person@example.com", []string{deletesUser}, stateOf{"end-user", false, false}},
		{provision.DeleteDefault, 704, "asker@example.com", []string{deletesUser, writesUser}, stateOf{"end-user", true, true}},
		{provision.DeleteDelete, 700, "agent@example.com", []string{writesUser, deletesUser}, stateOf{"end-user", false, false}},
		{provision.DeleteDeactivate, 700, "agent@example.com", twice, stateOf{"end-user", true, true}},
		{provision.DeleteDeactivate, 702, "person@example.com", once, stateOf{"end-user", true, true}},
		{provision.DeleteDowngrade, 700, "agent@example.com", []string{readsUser, writesUser}, stateOf{"end-user", false, true}},
		{provision.DeleteDowngrade, 702, "person@example.com", []string{readsUser, writesUser}, stateOf{"end-user", true, true}},
		{provision.DeleteDowngradeDeactivate, 700, "agent@example.com", twice, stateOf{"end-user", true, true}},
		{provision.DeleteIgnore, 700, "agent@example.com", nil, stateOf{"agent", false, true}},
		{provision.DeleteIgnore, 702, "person@example.com", nil, stateOf{"end-user", false, true}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%q %d", tt.policy, tt.user), func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, staff(), nil, &provision.Options{Policies: map[string]provision.Policy{"user": {Delete: tt.policy}}})
			path := fmt.Sprintf("/Users/%d", tt.user)
			must(t, w, "GET", path, nil, 200)
			w.takeCalls()
			must(t, w, "DELETE", path, nil, 204)
			if tt.calls != nil {
				w.costs(t, "delete", tt.calls...)
			} else {
				assert.NotContains(t, w.takeCalls(), writesUser)
			}
			assert.Equal(t, tt.want, w.stateOf(tt.user))
			assert.NotEqual(t, "Permanently Deleted User", w.zendesk.User(tt.user)["name"])
			must(t, w, "GET", path, nil, 404)
			must(t, w, "DELETE", path, nil, 404)
			must(t, w, "PATCH", path, patch(set("displayName", "x")), 404)
			assert.Equal(t, 0, find(t, w, `userName eq "`+tt.email+`"`).Total())

			again := create(t, w, user(tt.email, map[string]any{"displayName": "Again"}))
			assert.Equal(t, tt.want.live, again.ID() == fmt.Sprint(tt.user), "an account that is there is the same account")
			u := w.zendesk.UserByEmail(tt.email)
			assert.Equal(t, []any{"Again", false, true}, []any{u["name"], u["suspended"], u["active"]})
			must(t, w, "GET", "/Users/"+again.ID(), nil, 200)
		})
	}
}

// TestZendesk_DeleteThatOnlyDeletes: a policy that names the deletion does nothing
// else where Zendesk refuses it.
func TestZendesk_DeleteThatOnlyDeletes(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, staff(), nil, &provision.Options{Policies: map[string]provision.Policy{"": {Delete: provision.DeleteDelete}}})
	must(t, w, "DELETE", "/Users/704", nil, 400, 403, 409)
	assert.Equal(t, stateOf{"end-user", false, true}, w.stateOf(704))
	must(t, w, "GET", "/Users/704", nil, 200)
}

// TestZendesk_ProtectedUsers: the credential's owner always, the account's owner
// once the setting names it, administrators where the connection says so: nothing
// is written, however the departure arrives.
func TestZendesk_ProtectedUsers(t *testing.T) {
	t.Parallel()
	account := func() *zendesktest.Options {
		o := staff()
		o.Clients = []zendesktest.OAuthClient{{ID: zendesktest.DefaultClientID, Secret: zendesktest.DefaultClientSecret, User: 703}}
		o.Users = append(o.Users, zendesktest.User{ID: 705, Name: "Second", Email: "second@example.com", Role: "admin"})
		o.Owner = &zendesktest.User{ID: 600, Name: "Avery Admin", Email: "owner@example.com"}
		return o
	}
	departures := []struct {
		method string
		body   func(address string) any
	}{
		{"PATCH", func(string) any { return patch(set("active", false)) }},
		{"PATCH", func(string) any { return patch(set("userType", "EndUser")) }},
		{"PUT", func(address string) any {
			return user(address, map[string]any{"displayName": "Somebody", "active": false})
		}},
		{"DELETE", func(string) any { return nil }},
	}
	for _, tt := range []struct {
		name    string
		driver  *zendesk.Options
		options *provision.Options
		user    int64
		address string
		status  int
	}{
		{"the credential's owner", nil, nil, 703, "admin@example.com", 403},
		{"the account's owner by address", &zendesk.Options{AccountOwner: "owner@example.com"}, nil, 600, "owner@example.com", 403},
		{"the account's owner by id", &zendesk.Options{AccountOwner: "600"}, nil, 600, "owner@example.com", 403},
		{"an administrator", nil, &provision.Options{ProtectAdmins: true}, 705, "second@example.com", 403},
		{"an administrator of no such connection", nil, nil, 705, "second@example.com", 0},
		{"an agent", nil, &provision.Options{ProtectAdmins: true}, 700, "agent@example.com", 0},
	} {
		for i, d := range departures {
			t.Run(fmt.Sprintf("%s %d %s", tt.name, i, d.method), func(t *testing.T) {
				t.Parallel()
				w := zendeskWorld(t, account(), tt.driver, tt.options)
				path := fmt.Sprintf("/Users/%d", tt.user)
				before := w.stateOf(tt.user)
				if tt.status == 0 {
					must(t, w, d.method, path, d.body(tt.address), 200, 204)
					assert.NotEqual(t, before, w.stateOf(tt.user))
					return
				}
				must(t, w, d.method, path, d.body(tt.address), tt.status)
				for _, call := range w.takeCalls() {
					assert.Contains(t, call, "GET ")
				}
				assert.Equal(t, before, w.stateOf(tt.user))
				must(t, w, "GET", path, nil, 200)
				must(t, w, "PATCH", path, patch(set("nickName", "x")), 200)
			})
		}
	}
}

// TestZendesk_ProtectedFromBlindWrites: a role that a mapping writes without a look
// at the user is not taken from an administrator either.
func TestZendesk_ProtectedFromBlindWrites(t *testing.T) {
	t.Parallel()
	const document = `
apiVersion: mapping/v1
name: acme-user
extends: zendesk-user
rules:
  - {scim: userType, target: role, pipe: ['map("role")'], onUnset: keep}
`
	w := zendeskMapped(t, document, staff(), nil, &provision.Options{ProtectAdmins: true})
	must(t, w, "PATCH", "/Users/703", patch(set("userType", "Agent")), 403)
	assert.Equal(t, stateOf{"admin", false, true}, w.stateOf(703))
	w.takeCalls()
	must(t, w, "PATCH", "/Users/700", patch(set("userType", "EndUser")), 200)
	w.costs(t, "an agent", readsUser, writesUser)
	w.serve(nil, scim.ProfileCompatible())
	must(t, w, "PATCH", "/Users/703", patch(set("userType", "Agent")), 200)
	assert.Equal(t, writesUser, w.takeCalls()[0], "nobody is protected")
}
