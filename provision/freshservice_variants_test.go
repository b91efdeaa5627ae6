package provision_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestVariants_AgentsAndGroups takes an agent and groups of every kind through a life
// under every doubtful rule of the vendor's, one at a time: what is not documented
// must not matter.
func TestVariants_AgentsAndGroups(t *testing.T) {
	t.Parallel()
	for _, v := range freshservicetest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			account := crewAccount(v.Rules)
			account.IndexLag = 0
			account.AgentFields = []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField}}
			w := managedWorld(t, account, &freshservice.Options{Departments: freshservice.DepartmentsAsGroups, AgentProfile: freshservice.ProfileOnUpdate}, nil)
			variantLife(t, w, v.Rules)
			variantGroups(t, w)
			variantLists(t, w, v.Rules)
		})
	}
}

// variantLife makes an agent, a requester of the agent, and an agent of the
// requester, disabled and enabled in between.
func variantLife(t *testing.T, w *world, rules freshservicetest.Rules) {
	t.Helper()
	ext := map[string]any{"occasional": false, "seesDepartmentTickets": true, "shift": "early", "roleAssignments": []any{"IT Agent: member_groups"}}
	body := agentBody("new@example.com", ext, map[string]any{"externalId": "x-1", enterprise: map[string]any{"department": "Lab", "manager": map[string]any{"value": "61"}}})
	r := create(t, w, body)
	id, path := r.ID(), "/Users/"+r.ID()
	whole := func(what string, agentNow bool) {
		t.Helper()
		got := must(t, w, "GET", path, nil, 200)
		assert.Equal(t, id, got.ID(), what)
		assert.Equal(t, "new@example.com", got.Body["userName"], what)
		assert.Equal(t, "x-1", got.Body["externalId"], what)
		require.IsType(t, map[string]any{}, got.Body[enterprise], what)
		assert.Equal(t, "Lab", extensionOf(got, enterprise)["department"], what)
		assert.Equal(t, "61", extensionOf(got, enterprise)["manager"].(map[string]any)["value"], what)
		assert.Equal(t, true, extensionOf(got, extension)["seesDepartmentTickets"], what)
		assert.Equal(t, agentNow, extensionOf(got, extension)["isAgent"], what)
		if agentNow {
			assert.Equal(t, "FullTime", got.Body["userType"], what)
			assert.Equal(t, []any{"IT Agent: member_groups"}, extensionOf(got, extension)["roleAssignments"], what)
		}
	}
	whole("created", true)
	assert.Equal(t, 1, find(t, w, `userName eq "new@example.com"`).Total())
	assert.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
	must(t, w, "POST", "/Users", body, 409)
	must(t, w, "PUT", path, body, 200)
	whole("replaced by the same", true)
	must(t, w, "PATCH", path, patch(set("title", "Guide"), set(extension+":shift", "late")), 200)
	assert.Equal(t, "late", agent(t, w, id)["custom_fields"].(map[string]any)["shift"])
	whole("patched", true)
	must(t, w, "PATCH", path, patch(set("active", false)), 200)
	must(t, w, "PATCH", path, patch(set("active", false)), 200)
	assert.Equal(t, 1, find(t, w, `userName eq "new@example.com"`).Total())
	must(t, w, "PATCH", path, patch(set("active", true)), 200)
	whole("enabled", true)

	must(t, w, "PATCH", path, patch(isAgent("False")), 200)
	whole("a requester", false)
	must(t, w, "PATCH", path, patch(set("active", false)), 200)
	must(t, w, "PATCH", path, patch(set("active", true)), 200)
	whole("a requester, enabled", false)
	must(t, w, "PATCH", path, patch(isAgent(true), set(extension+":occasional", false), set(extension+":roleAssignments", []any{"IT Agent: member_groups"})), 200)
	whole("an agent again", true)

	must(t, w, "DELETE", path, nil, 204)
	must(t, w, "GET", path, nil, 404)
	assert.Equal(t, "inactive agent", kindOfID(w, number(t, id)))
	if rules.EmailFilterUsesIndex || rules.EmailFilterHidesInactive {
		w.clock.Advance(5 * time.Minute) // nothing else finds who has the address
	}
	assert.Equal(t, id, create(t, w, body).ID(), "the same account")
	whole("revived", true)
}

// variantGroups changes the members of groups of every kind.
func variantGroups(t *testing.T, w *world) {
	t.Helper()
	for group, c := range map[string]struct {
		first, second string
		members       func() any
	}{
		"ag-81": {"51", "52", func() any { return w.account.AgentGroup(81)["members"] }},
		"rg-91": {"61", "62", func() any { return w.account.Members(91) }},
	} {
		before := c.members()
		for range 2 { // the second time there is nothing to do
			must(t, w, "PATCH", "/Groups/"+group, addMembers(c.first, c.second), 204)
		}
		assert.Len(t, c.members(), 3, group)
		must(t, w, "PUT", "/Groups/"+group, fsGroupBody("Renamed "+group, nil, memberTexts(t, w, group)...), 200)
		assert.Len(t, c.members(), 3, group)
		for range 2 {
			must(t, w, "PATCH", "/Groups/"+group, removeMember(c.first), 204)
		}
		must(t, w, "PATCH", "/Groups/"+group, removeMember(c.second), 204)
		assert.ElementsMatch(t, before, c.members(), group)
	}
	id := must(t, w, "POST", "/Groups", fsGroupBody("Fresh", nil, "61"), 201).ID()
	must(t, w, "PATCH", "/Users/61", patch(set("active", false)), 200)
	must(t, w, "PATCH", "/Users/61", patch(set("active", true)), 200)
	assert.Equal(t, []int64{61}, w.account.Members(number(t, id[3:])), "put back by the reactivation")
	must(t, w, "DELETE", "/Groups/"+id, nil, 204)
	r := must(t, w, "PATCH", "/Groups/rg-92", addMembers("61"), 400)
	assert.Equal(t, "mutability", r.Body["scimType"])
	must(t, w, "PATCH", "/Groups/dp-41", addMembers("50", "62"), 204)
	assert.ElementsMatch(t, []string{"50", "62"}, memberTexts(t, w, "dp-41"))
	must(t, w, "PATCH", "/Groups/dp-41", removeMember("62"), 204)
	assert.Equal(t, []string{"50"}, memberTexts(t, w, "dp-41"))
}

func memberTexts(t *testing.T, w *world, group string) []string {
	t.Helper()
	out := []string{}
	for _, id := range memberIDs(must(t, w, "GET", "/Groups/"+group, nil, 200).Body) {
		out = append(out, id.(string))
	}
	return out
}

// variantLists reads all there are.
func variantLists(t *testing.T, w *world, rules freshservicetest.Rules) {
	t.Helper()
	all := byCursor(t, w, "")
	for _, want := range []string{ownerAddress, "new@example.com", "grace@example.com", "ada@example.com"} {
		assert.Contains(t, all, want)
	}
	if rules.ListHidesInactive {
		// Such an account shows nobody who is disabled, so nobody whom the
		// connection has never seen: there is no other list of both kinds (§4.7).
		assert.NotContains(t, all, "off@example.com")
	} else {
		assert.Contains(t, all, "off@example.com")
		assert.Len(t, all, len(w.account.Agents())+len(w.account.Requesters()))
	}
	assert.Equal(t, len(w.account.AgentGroups())+len(w.account.RequesterGroups())+len(w.account.Departments()), list(t, w, "/Groups").Total())
	w.clock.Advance(20 * time.Minute)
	assert.Equal(t, 1, find(t, w, `userName eq "grace@example.com"`).Total())
	if !rules.QueryHidesInactive {
		assert.Equal(t, 1, find(t, w, `name.givenName eq "Off"`).Total(), "a disabled agent by a query")
	}
}
