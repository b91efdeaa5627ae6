package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const (
	fsUser  = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	fsGroup = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:Group"
)

func agentsWorld(t *testing.T, account *freshservicetest.Options) *world {
	t.Helper()
	return freshserviceWorld(t, account, &freshservice.Options{
		Agents: freshservice.AgentsManaged, Owner: "admin@example.com",
		AgentProfile: freshservice.ProfileOnUpdate, Departments: freshservice.DepartmentsAsGroups,
	}, nil)
}

func agentUser(address, role string, more map[string]any) map[string]any {
	ext := map[string]any{"isAgent": "True"}
	for k, v := range more {
		ext[k] = v
	}
	return user(address, map[string]any{"roles": []any{map[string]any{"value": role}}, fsUser: ext})
}

func agentGroup(name, kind string, members ...string) map[string]any {
	var list []any
	for _, m := range members {
		list = append(list, map[string]any{"value": m})
	}
	return map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group", fsGroup}, "displayName": name,
		"members": list, fsGroup: map[string]any{"kind": kind},
	}
}

// TestAgents_Budgets: what it costs to create an agent, to make one of a requester,
// and to fill their groups, look-ups apart.
func TestAgents_Budgets(t *testing.T) {
	t.Parallel()
	w := agentsWorld(t, &freshservicetest.Options{
		AgentFields: []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField}},
		AgentGroups: []freshservicetest.AgentGroup{{ID: 81, Name: "Network"}},
		Rules:       freshservicetest.Rules{AgentProfile: freshservicetest.ProfileAccepted},
	})
	create(t, w, agentUser("warm@example.com", "IT Agent", map[string]any{"roleAssignments": []string{"IT Agent: specified_groups: Network"}}))
	w.takeCalls()

	grace := create(t, w, agentUser("grace@example.com", "it agent", map[string]any{
		"shift": "early", "roleAssignments": []string{"IT Agent: specified_groups: network"},
	}))
	assert.Equal(t, []string{"POST /agents"}, w.takeCalls())
	ext := grace.Body[fsUser].(map[string]any)
	assert.Equal(t, true, ext["isAgent"])
	assert.Equal(t, "early", ext["shift"])
	assert.Equal(t, []any{"IT Agent: specified_groups: Network"}, ext["roleAssignments"])

	r := must(t, w, "PATCH", "/Users/"+grace.ID(), patch(set("title", "Rear Admiral"), set("custom_fields.shift", "late")), 200)
	assert.Equal(t, []string{"GET /agents/{id}", "PUT /agents/{id}", "PUT /agents/{id}"}, w.takeCalls(), "the title goes on its own")
	assert.Equal(t, "Rear Admiral", r.Body["title"])
	assert.Equal(t, "late", r.Body[fsUser].(map[string]any)["shift"])

	ada := create(t, w, user("ada@example.com", nil))
	w.takeCalls()
	r = must(t, w, "PATCH", "/Users/"+ada.ID(), patch(set(fsUser+":isAgent", true), set(fsUser+":occasional", "false")), 200)
	calls := w.takeCalls()
	assert.Contains(t, calls, "PUT /requesters/{id}/convert_to_agent")
	assert.Contains(t, calls, "PUT /agents/{id}", "the follow-up")
	assert.Equal(t, ada.ID(), r.ID(), "the id stays")
	assert.Equal(t, "FullTime", r.Body["userType"])

	g := must(t, w, "POST", "/Groups", agentGroup("Net", "agent", grace.ID(), ada.ID()), 201)
	assert.Regexp(t, `^ag-\d+$`, g.ID())
	assert.Equal(t, []string{"POST /groups", "GET /groups/{id}", "PUT /groups/{id}"}, w.takeCalls())
	must(t, w, "PATCH", "/Groups/"+g.ID(), patch(map[string]any{"op": "remove", "path": `members[value eq "` + ada.ID() + `"]`}), 204)
	assert.Equal(t, []string{"GET /groups/{id}", "PUT /groups/{id}"}, w.takeCalls())
	r = must(t, w, "GET", "/Users/"+grace.ID(), nil, 200)
	groups, _ := r.Body["groups"].([]any)
	require.Len(t, groups, 1)
	assert.Equal(t, g.ID(), groups[0].(map[string]any)["value"])

	d := must(t, w, "POST", "/Groups", agentGroup("Tours", "department", grace.ID()), 201)
	assert.Regexp(t, `^dp-\d+$`, d.ID())
	assert.Len(t, must(t, w, "GET", "/Groups/"+d.ID(), nil, 200).Body["members"], 1)

	w.takeCalls()
	must(t, w, "PATCH", "/Users/"+ada.ID(), patch(set(fsUser+":isAgent", "False")), 200)
	assert.Contains(t, w.takeCalls(), "PUT /agents/{id}/convert_to_requester")
	assert.Nil(t, w.account.Agent(w.account.RequesterByEmail("ada@example.com")["id"].(int64)))
}

// TestAgents_SeatLimit: a clear refusal, which nobody tries again by themselves.
func TestAgents_SeatLimit(t *testing.T) {
	t.Parallel()
	w := agentsWorld(t, &freshservicetest.Options{FullTimeSeats: 1})
	body := agentUser("grace@example.com", "IT Agent", map[string]any{"occasional": false})
	r := must(t, w, "POST", "/Users", body, 403)
	assert.Contains(t, r.Body["detail"], "no seat left")
	assert.Len(t, w.account.Agents(), 1)
}
