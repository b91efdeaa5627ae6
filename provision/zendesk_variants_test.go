package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestZendesk_Variants takes a user, an agent, a group and an organization through a
// whole life under every doubtful rule of the vendor's, one at a time: what is not
// documented must not matter.
func TestZendesk_Variants(t *testing.T) {
	t.Parallel()
	for _, v := range zendesktest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			o := formed()
			o.Rules, o.IndexLag, o.DefaultGroup = v.Rules, zendesktest.DefaultIndexLag, 10
			o.Organizations = touring(v.Rules).Organizations
			o.Groups = []zendesktest.Group{{ID: 10, Name: "Support"}}
			o.CustomRoles = append(o.CustomRoles, zendesktest.CustomRole{ID: 33, Name: "Light agent", Type: zendesktest.LightAgent})
			w := zendeskWorld(t, o, &zendesk.Options{Organizations: zendesk.OrganizationsGroups, AllowAdmin: true}, nil)
			before := len(w.natives())
			lifeOfUser(t, w, v.Rules)
			lifeOfAgent(t, w, v.Rules)
			lifeOfGroups(t, w, v.Rules)
			assert.Len(t, w.natives(), before)
		})
	}
}

func lifeOfUser(t *testing.T, w *world, rules zendesktest.Rules) {
	body := func(more map[string]any) map[string]any {
		in := user("ada@example.com", map[string]any{
			"displayName": "Ada Byron", "externalId": "x-1", "locale": "de", "timezone": "Europe/Berlin", "nickName": "Ada",
			"phoneNumbers": []any{map[string]any{"type": "work", "value": "+15550100", "primary": true}},
			enterprise:     map[string]any{"organization": "Lab"},
			zendeskURN:     map[string]any{"desk": "7b", "color": "red", "on_site": true, "since": "2026-01-05", "floor": 3, "skills": []any{"go"}, "buddy": 702, "tags": []any{"vip"}},
		})
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	whole := func(of string, got map[string]any, name string, active bool) {
		t.Helper()
		assert.Equal(t, []any{"ada@example.com", "x-1", name, active}, []any{got["userName"], got["externalId"], got["displayName"], got["active"]}, of)
		assert.Equal(t, []any{"de", "Europe/Berlin", "EndUser"}, []any{got["locale"], got["timezone"], got["userType"]}, of)
		require.IsType(t, map[string]any{}, got[enterprise], of)
		assert.Equal(t, "Lab", got[enterprise].(map[string]any)["organization"], of)
		own := got[zendeskURN].(map[string]any)
		assert.Equal(t, []any{"7b", "red", true}, []any{own["desk"], own["color"], own["on_site"]}, of)
		assert.Equal(t, []any{"vip"}, own["tags"], of)
		assert.Len(t, got["phoneNumbers"], 1, of)
	}
	made := create(t, w, body(nil))
	path := "/Users/" + made.ID()
	whole("create", made.Body, "Ada Byron", true)
	whole("get", must(t, w, "GET", path, nil, 200).Body, "Ada Byron", true)
	for _, filter := range []string{`userName eq "ADA@example.com"`, `externalId eq "x-1"`, `emails[type eq "work"].value eq "ada@example.com"`} {
		assert.Equal(t, 1, find(t, w, filter).Total(), filter)
	}
	if rules.DetailsWithoutCodes {
		w.clock.Advance(2 * zendesktest.DefaultIndexLag) // the refusal does not say why, and the search shows later who has the address
	}
	must(t, w, "POST", "/Users", body(nil), 409)
	must(t, w, "POST", "/Users", body(map[string]any{"userName": "other@example.com"}), 409)
	w.takeCalls()
	whole("PUT of the same", must(t, w, "PUT", path, body(nil), 200).Body, "Ada Byron", true)
	for _, c := range w.takeCalls() {
		assert.Contains(t, c, "GET ", "a PUT of the same writes nothing")
	}
	whole("PUT", must(t, w, "PUT", path, body(map[string]any{"displayName": "Ada King"}), 200).Body, "Ada King", true)
	whole("PATCH", must(t, w, "PATCH", path, patch(set("name.familyName", "Byron")), 200).Body, "Ada Byron", true)
	must(t, w, "PATCH", path, patch(set(zendeskURN+":color", "green")), 200)
	must(t, w, "PATCH", path, patch(set(zendeskURN+":color", "red"), set(zendeskURN+":tags", []any{"vip"})), 200)
	whole("custom fields", must(t, w, "GET", path, nil, 200).Body, "Ada Byron", true)

	must(t, w, "PATCH", path, patch(set("userName", "new@example.com")), 200)
	assert.Equal(t, "new@example.com", must(t, w, "GET", path, nil, 200).Body["userName"])
	assert.Equal(t, 1, find(t, w, `userName eq "new@example.com"`).Total())
	must(t, w, "PATCH", path, patch(set("userName", "ada@example.com")), 200)
	number := func(value string) map[string]any {
		return patch(set("phoneNumbers", []any{map[string]any{"type": "work", "value": value, "primary": true}}))
	}
	must(t, w, "PATCH", path, number("+15550199"), 200)
	id := w.zendesk.UserByExternalID("x-1")["id"].(int64)
	assert.Equal(t, "+15550199", w.zendesk.User(id)["phone"])
	must(t, w, "PATCH", path, number("+15550100"), 200)
	assert.Equal(t, []string{"ada@example.com"}, w.addressesOf(id))
	assert.Equal(t, []string{"+15550100"}, w.phonesOf(id))

	whole("disable", must(t, w, "PATCH", path, patch(set("active", false)), 200).Body, "Ada Byron", false)
	whole("disabled", must(t, w, "GET", path, nil, 200).Body, "Ada Byron", false)
	whole("enable", must(t, w, "PATCH", path, patch(set("active", true)), 200).Body, "Ada Byron", true)
	must(t, w, "DELETE", path, nil, 204)
	must(t, w, "GET", path, nil, 404)
	must(t, w, "PATCH", path, patch(set("displayName", "x")), 404)
	assert.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
	assert.Equal(t, 0, find(t, w, `externalId eq "x-1"`).Total())
	if rules.DeletedKeepAddresses {
		return // nobody else can have the address until the data are erased
	}
	again := create(t, w, body(nil))
	assert.NotEqual(t, made.ID(), again.ID(), "Zendesk has no way back from its delete")
	whole("create after delete", must(t, w, "GET", "/Users/"+again.ID(), nil, 200).Body, "Ada Byron", true)
	must(t, w, "DELETE", "/Users/"+again.ID(), nil, 204)
}

func lifeOfAgent(t *testing.T, w *world, rules zendesktest.Rules) {
	role := func(name string) map[string]any {
		return set("roles", []any{map[string]any{"value": name, "primary": true}})
	}
	is := func(role string, custom any) {
		t.Helper()
		u := w.zendesk.User(702)
		assert.Equal(t, []any{role, custom}, []any{u["role"], u["custom_role_id"]})
	}
	custom := rules.NoCustomRolesStatus == 0
	if custom {
		r := must(t, w, "PATCH", "/Users/702", patch(set("userType", "Agent"), role("light agent")), 200)
		is("agent", int64(33))
		assert.Equal(t, "Agent", r.Body["userType"])
		must(t, w, "PATCH", "/Users/702", patch(role("Support")), 200)
		is("agent", int64(31))
	} else {
		must(t, w, "PATCH", "/Users/702", patch(set("userType", "Agent")), 200)
	}
	assert.Equal(t, []int64{10}, w.zendesk.UserGroups(702))
	must(t, w, "PATCH", "/Users/702", patch(set("userType", "Admin")), 200)
	assert.Equal(t, "admin", w.zendesk.User(702)["role"])
	r := must(t, w, "PATCH", "/Users/702", patch(set("active", false)), 200)
	assert.Equal(t, []any{"EndUser", false}, []any{r.Body["userType"], r.Body["active"]})
	is("end-user", nil)
	must(t, w, "PATCH", "/Users/702", patch(set("active", true)), 200)
	assert.Equal(t, stateOf{"end-user", false, true}, w.stateOf(702))
	owner := fmt.Sprintf("/Users/%d", w.zendesk.OwnerID())
	must(t, w, "PATCH", owner, patch(set("active", false)), 403)
	must(t, w, "DELETE", owner, nil, 403)
}

func lifeOfGroups(t *testing.T, w *world, rules zendesktest.Rules) {
	agents := []int64{700, 703}
	for i := range int64(4) {
		agents = append(agents, w.zendesk.AddUser(zendesktest.User{ID: 800 + i, Name: "Agent", Email: fmt.Sprintf("agent%d@example.com", i), Role: "agent"}))
	}
	for _, kind := range []string{"group", "organization"} {
		members := func() []int64 {
			if kind == "group" {
				return w.zendesk.GroupMembers(w.zendesk.GroupID("Night"))
			}
			var in []int64
			id := w.zendesk.OrganizationID("Night")
			for _, a := range agents {
				for _, o := range w.zendesk.UserOrganizations(a) {
					if o == id {
						in = append(in, a)
					}
				}
			}
			return in
		}
		body := groupOf("Night", agents[:2]...)
		body["urn:ietf:params:scim:schemas:extension:zendesk:2.0:Group"] = map[string]any{"isOrganization": kind == "organization"}
		r := must(t, w, "POST", "/Groups", body, 201)
		path := "/Groups/" + r.ID()
		assert.ElementsMatch(t, agents[:2], members(), kind)
		must(t, w, "PATCH", path, patch(add(agents...)), 204)
		assert.ElementsMatch(t, agents, members(), "%s, by a job", kind)
		assert.Len(t, membersOf(must(t, w, "GET", path, nil, 200)), len(agents))
		must(t, w, "PATCH", path, patch(add(agents...)), 204)
		must(t, w, "PATCH", path, patch(remove(agents[0])), 204)
		assert.ElementsMatch(t, agents[1:], members(), "%s, one goes", kind)
		must(t, w, "PUT", path, groupOf("Night", agents[5]), 200)
		assert.ElementsMatch(t, agents[5:], members(), "%s, four go by a job", kind)
		must(t, w, "PUT", path, groupOf("Night", agents[5]), 200)
		r = must(t, w, "PATCH", path, patch(add(999999)), 400)
		assert.Contains(t, r.Body["detail"], "999999")
		must(t, w, "DELETE", path, nil, 204)
		must(t, w, "GET", path, nil, 404)
		must(t, w, "PATCH", path, patch(add(agents...)), 404)
		for _, g := range must(t, w, "GET", "/Groups?count=100", nil, 200).Resources() {
			assert.NotEqual(t, "Night", g["displayName"])
		}
	}
	if !rules.LastGroupBounces {
		must(t, w, "PATCH", "/Groups/gr-10", patch(remove(800)), 409)
	}
	assert.Equal(t, []int64{10}, w.zendesk.UserGroups(800))
	must(t, w, "DELETE", "/Groups/gr-10", nil, 400, 403, 409)
	for _, a := range agents[2:] {
		w.zendesk.DeleteUser(a)
	}
}
