package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func hired(role string) map[string]any {
	return map[string]any{"value": role, "primary": true}
}

// ranks is an account with roles of every kind, and one seat left.
func ranks() *zendesktest.Options {
	o := staff()
	o.CustomRoles = append(o.CustomRoles, zendesktest.CustomRole{ID: 33, Name: "Light agent", Type: zendesktest.LightAgent},
		zendesktest.CustomRole{ID: 34, Name: "Contributor", Type: zendesktest.Contributor})
	o.DefaultRole = 31
	return o
}

// TestZendesk_Roles: what a user becomes for what SCIM says, at a create and later:
// a custom role by its name, in any case, or its id.
func TestZendesk_Roles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, userType, role string
		want                 []any // role, custom_role_id
		shown                string
	}{
		{"nothing said", "", "", []any{"end-user", nil}, "EndUser"},
		{"end user", "EndUser", "", []any{"end-user", nil}, "EndUser"},
		{"agent", "Agent", "", []any{"agent", int64(31)}, "Agent"},
		{"agent in another case", "agent", "", []any{"agent", int64(31)}, "Agent"},
		{"custom role", "Agent", "SUPPORT", []any{"agent", int64(31)}, "Agent"},
		{"custom role by id", "Agent", "34", []any{"agent", int64(34)}, "Agent"},
		{"light agent", "Agent", "Light agent", []any{"agent", int64(33)}, "Agent"},
		{"administrator", "Admin", "", []any{"admin", nil}, "Admin"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, ranks(), &zendesk.Options{AllowAdmin: true}, nil)
			more := map[string]any{"displayName": "Ada"}
			if tt.userType != "" {
				more["userType"] = tt.userType
			}
			if tt.role != "" {
				more["roles"] = []any{hired(tt.role)}
			}
			r := create(t, w, user("ada@example.com", more))
			is := func(of string, id int64) {
				t.Helper()
				u := w.zendesk.User(id)
				assert.Equal(t, tt.want, []any{u["role"], u["custom_role_id"]}, of)
			}
			id := w.zendesk.UserByEmail("ada@example.com")["id"].(int64)
			is("create", id)
			assert.Equal(t, tt.shown, r.Body["userType"])
			must(t, w, "PUT", "/Users/"+r.ID(), user("ada@example.com", more), 200)
			is("PUT of the same", id)

			more["displayName"] = "Person"
			must(t, w, "PUT", "/Users/702", user("person@example.com", more), 200)
			is("PUT to an end user", 702)
			must(t, w, "PUT", "/Users/702", user("person@example.com", map[string]any{"displayName": "Nobody"}), 200)
			is("PUT that says nothing of the role", 702)
			if tt.userType != "" {
				must(t, w, "PUT", "/Users/703", user("admin@example.com", map[string]any{"displayName": "Admin", "userType": more["userType"], "roles": more["roles"]}), 200)
				is("PUT to an administrator", 703)
			}
		})
	}
}

// TestZendesk_RoleChangeCosts: a change of the role is a read and a write, of which
// none is repeated.
func TestZendesk_RoleChangeCosts(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, ranks(), nil, nil)
	must(t, w, "PATCH", "/Users/702", patch(set("userType", "Agent"), set("roles", []any{hired("Light agent")})), 200)
	w.costs(t, "with a look-up of the role", readsUser, "GET /custom_roles", writesUser)
	must(t, w, "PATCH", "/Users/702", patch(set("userType", "Agent"), set("roles", []any{hired("Light agent")})), 200)
	w.costs(t, "again", readsUser)
	must(t, w, "PATCH", "/Users/702", patch(set("userType", "EndUser")), 200)
	w.costs(t, "back", readsUser, writesUser)
	assert.Equal(t, stateOf{"end-user", false, true}, w.stateOf(702))
}

// TestZendesk_NoSeat: an account whose seats are taken makes no agent, and the user
// stays as they are.
func TestZendesk_NoSeat(t *testing.T) {
	t.Parallel()
	for _, rule := range []zendesktest.NoSeat{zendesktest.NoSeatOnBase, zendesktest.NoSeatOnRole, zendesktest.NoSeatForbidden} {
		o := staff()
		o.CustomRoles, o.Seats, o.Rules.NoSeat = nil, 4, rule
		w := zendeskWorld(t, o, nil, nil)
		people := len(w.natives())
		for _, r := range []struct {
			method, path string
			body         any
		}{
			{"PATCH", "/Users/702", patch(set("userType", "Agent"))},
			{"POST", "/Users", user("ada@example.com", map[string]any{"userType": "Agent"})},
		} {
			got := must(t, w, r.method, r.path, r.body, 403)
			if rule != zendesktest.NoSeatForbidden { // which does not say why
				assert.Contains(t, fmt.Sprint(got.Body["detail"], w.events.last().Words), "seat")
			}
		}
		assert.Equal(t, stateOf{"end-user", false, true}, w.stateOf(702))
		assert.Len(t, w.natives(), people)
		must(t, w, "PATCH", "/Users/700", patch(set("active", false)), 200)
		must(t, w, "PATCH", "/Users/702", patch(set("userType", "Agent")), 200)
		assert.Equal(t, "agent", w.zendesk.User(702)["role"], "a seat that was freed")
	}
}

// TestZendesk_ExternalIDs: unique in any case, kept as sent, and found however it is
// written there.
func TestZendesk_ExternalIDs(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, staff(), nil, nil)
	ada := create(t, w, user("ada@example.com", map[string]any{"externalId": "X-1"}))
	assert.Equal(t, "X-1", w.zendesk.UserByEmail("ada@example.com")["external_id"])
	r := must(t, w, "POST", "/Users", user("other@example.com", map[string]any{"externalId": "x-1"}), 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	r = must(t, w, "PATCH", "/Users/702", patch(set("externalId", "X-1"), set("displayName", "Other")), 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	assert.Equal(t, "Person", w.zendesk.User(702)["name"])
	must(t, w, "PATCH", "/Users/"+ada.ID(), patch(set("externalId", "x-2")), 200)
	must(t, w, "PATCH", "/Users/702", patch(set("externalId", "X-1")), 200)
	for filter, want := range map[string]string{`externalId eq "X-1"`: "702", `externalId eq "x-2"`: ada.ID()} {
		found := find(t, w, filter).Resources()
		assert.Equal(t, want, found[0]["id"], filter)
	}
	must(t, w, "PATCH", "/Users/702", patch(map[string]any{"op": "remove", "path": "externalId"}), 200)
	assert.Equal(t, 0, find(t, w, `externalId eq "X-1"`).Total())
}

// TestZendesk_ConflictPolicies: who holds the address of a create is taken over as
// the policy says, and nobody with special rights without a switch of its own.
func TestZendesk_ConflictPolicies(t *testing.T) {
	t.Parallel()
	seed := func() *zendesktest.Options {
		o := staff()
		o.Users = append(o.Users,
			zendesktest.User{ID: 720, Name: "Off", Email: "off@example.com", Suspended: true},
			zendesktest.User{ID: 721, Name: "Second", Email: "first@example.com", OtherEmails: []string{"second@example.com"}, Suspended: true})
		return o
	}
	refuse, reactivate, adopt := provision.Policy{}, provision.Policy{Conflict: provision.ConflictReactivate}, provision.Policy{Conflict: provision.ConflictAdopt}
	special := provision.Policy{Conflict: provision.ConflictAdopt, ConflictSpecial: true}
	for _, tt := range []struct {
		name, address string
		policy        provision.Policy
		id            int64 // 0: refused
	}{
		{"refuse a suspended one", "off@example.com", refuse, 0},
		{"refuse", "person@example.com", refuse, 0},
		{"reactivate", "off@example.com", reactivate, 720},
		{"reactivate leaves those who are active", "person@example.com", reactivate, 0},
		{"reactivate leaves further addresses", "second@example.com", reactivate, 0},
		{"reactivate leaves agents", "gone@example.com", reactivate, 0},
		{"adopt", "person@example.com", adopt, 702},
		{"adopt a suspended one", "off@example.com", adopt, 720},
		{"adopt leaves agents", "agent@example.com", adopt, 0},
		{"adopt leaves administrators", "admin@example.com", adopt, 0},
		{"special", "agent@example.com", special, 700},
		{"special leaves the credential's owner", "owner@example.com", special, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := seed()
			o.Owner = &zendesktest.User{ID: 600, Name: "Avery Admin", Email: "owner@example.com"}
			w := zendeskWorld(t, o, nil, &provision.Options{Policies: map[string]provision.Policy{"user": tt.policy}})
			people := len(w.natives())
			body := user(tt.address, map[string]any{"displayName": "New", "externalId": "x-1"})
			if tt.id == 0 {
				r := must(t, w, "POST", "/Users", body, 409)
				assert.Equal(t, "uniqueness", r.Body["scimType"])
				for _, u := range w.natives() {
					assert.NotEqual(t, "New", u["name"])
				}
			} else {
				r := must(t, w, "POST", "/Users", body, 201)
				assert.Equal(t, fmt.Sprint(tt.id), r.ID())
				u := w.zendesk.User(tt.id)
				assert.Equal(t, []any{"New", "x-1", false, true}, []any{u["name"], u["external_id"], u["suspended"], r.Body["active"]})
			}
			assert.Len(t, w.natives(), people, "nobody is made")
		})
	}
}

// TestZendesk_SharedUsers: who is shared from another account cannot be written, and
// the answer says so.
func TestZendesk_SharedUsers(t *testing.T) {
	t.Parallel()
	o := staff()
	o.Users = append(o.Users, zendesktest.User{ID: 730, Name: "Shared", Email: "shared@example.com", Shared: true})
	w := zendeskWorld(t, o, nil, nil)
	for _, body := range []any{patch(set("displayName", "x")), patch(set("active", false)), patch(set("nickName", "x"))} {
		must(t, w, "PATCH", "/Users/730", body, 403)
	}
	assert.Equal(t, "Shared", w.zendesk.User(730)["name"])
	r := must(t, w, "GET", "/Users/730", nil, 200)
	assert.Equal(t, true, r.Body[zendeskURN].(map[string]any)["shared"])
}
