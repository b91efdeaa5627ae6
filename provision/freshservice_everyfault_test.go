package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// faultyOperation is an operation whose every call is broken, in an account with
// somebody and a group of each kind.
type faultyOperation struct {
	before func(t *testing.T, w *world)
	method string
	path   string
	body   any
	// after looks at what there is once the request was repeated until it was done.
	after func(t *testing.T, w *world)
}

func faultyOperations() map[string]faultyOperation {
	whole := agentBody("new@example.com", map[string]any{"occasional": false, "seesDepartmentTickets": true, "roleAssignments": []any{"IT Agent: member_groups"}},
		map[string]any{"externalId": "x-1", "title": "Countess", enterprise: map[string]any{"department": "Lab"}})
	joined := func(t *testing.T, w *world) {
		must(t, w, "PATCH", "/Groups/rg-91", addMembers("60"), 204)
		must(t, w, "PATCH", "/Groups/rg-92", addMembers("60"), 204)
	}
	return map[string]faultyOperation{
		"create agent": {method: "POST", path: "/Users", body: whole, after: func(t *testing.T, w *world) {
			rec := w.account.AgentByEmail("new@example.com")
			require.NotNil(t, rec)
			assert.Equal(t, "Countess", rec["job_title"])
			assert.Equal(t, false, rec["occasional"])
			assert.Equal(t, true, rec[seesTickets])
			assert.Equal(t, []int64{42}, rec["department_ids"])
			assert.Equal(t, "member_groups", rec["roles"].([]map[string]any)[0]["assignment_scope"])
			assert.Len(t, w.account.Agents(), 5)
		}},
		"create agent disabled": {method: "POST", path: "/Users", body: agentBody("new@example.com", nil, map[string]any{"active": false}), after: func(t *testing.T, w *world) {
			assert.Equal(t, false, w.account.AgentByEmail("new@example.com")["active"])
			assert.Len(t, w.account.Agents(), 5)
		}},
		"convert to agent": {method: "PATCH", path: "/Users/60", body: patch(isAgent(true), itAgent(), set(extension+":occasional", false)), after: func(t *testing.T, w *world) {
			rec := agent(t, w, "60")
			assert.Equal(t, false, rec["occasional"])
			assert.Equal(t, freshservicetest.ITAgentRole, rec["roles"].([]map[string]any)[0]["role_id"])
			assert.Equal(t, true, rec[seesTickets], "the flag")
			assert.Equal(t, []int64{42}, rec["department_ids"])
		}},
		"convert to requester": {method: "PATCH", path: "/Users/50", body: patch(isAgent(false), set("title", "Guest")), after: func(t *testing.T, w *world) {
			rec := record(t, w, "50")
			assert.Equal(t, "Guest", rec["job_title"])
			assert.Equal(t, true, rec[seesTickets], "the flag")
			assert.Equal(t, []int64{42}, rec["department_ids"])
		}},
		"agent group members": {method: "PATCH", path: "/Groups/ag-81",
			body: patch(map[string]any{"op": "add", "path": "members", "value": memberList("51", "52")}, map[string]any{"op": "remove", "path": `members[value eq "50"]`}),
			after: func(t *testing.T, w *world) {
				assert.ElementsMatch(t, []int64{51, 52}, w.account.AgentGroup(81)["members"])
				assert.Equal(t, []int64{52}, w.account.AgentGroup(81)["observers"])
			}},
		"agent group": {method: "POST", path: "/Groups", body: fsGroupBody("New", map[string]any{"kind": "agent"}, "50", "51"), after: func(t *testing.T, w *world) {
			require.Len(t, w.account.AgentGroups(), 2)
			assert.ElementsMatch(t, []int64{50, 51}, w.account.AgentGroups()[1]["members"])
		}},
		"requester group members": {before: func(t *testing.T, w *world) { must(t, w, "PATCH", "/Groups/rg-91", addMembers("62"), 204) }, method: "PATCH", path: "/Groups/rg-91",
			body: patch(map[string]any{"op": "add", "path": "members", "value": memberList("60", "61")}, map[string]any{"op": "remove", "path": `members[value eq "62"]`}),
			after: func(t *testing.T, w *world) {
				assert.Equal(t, []int64{60, 61}, w.account.Members(91))
				// Those whom the connection put there are put back after a reactivation.
				must(t, w, "PATCH", "/Users/61", patch(set("active", false)), 200)
				must(t, w, "PATCH", "/Users/61", patch(set("active", true)), 200)
				assert.Equal(t, []int64{60, 61}, w.account.Members(91))
			}},
		"reactivate with groups": {before: func(t *testing.T, w *world) {
			joined(t, w)
			must(t, w, "PATCH", "/Users/60", patch(set("active", false)), 200)
		}, method: "PATCH", path: "/Users/60", body: patch(set("active", true)), after: func(t *testing.T, w *world) {
			rec := record(t, w, "60")
			assert.Equal(t, true, rec["active"])
			assert.Equal(t, true, rec[seesTickets])
			assert.Equal(t, []int64{42}, rec["department_ids"])
			assert.Equal(t, []int64{60}, w.account.Members(91))
			assert.Equal(t, []int64{60}, w.account.Members(92))
		}},
		"reactivate an agent": {before: func(t *testing.T, w *world) { must(t, w, "PATCH", "/Users/50", patch(set("active", false)), 200) },
			method: "PATCH", path: "/Users/50", body: patch(set("active", true)), after: func(t *testing.T, w *world) {
				rec := agent(t, w, "50")
				assert.Equal(t, true, rec["active"])
				assert.Equal(t, false, rec["occasional"], "full-time as before")
				assert.Equal(t, true, rec[seesTickets])
			}},
		"department members": {method: "PATCH", path: "/Groups/dp-41", body: addMembers("50", "61"), after: func(t *testing.T, w *world) {
			assert.ElementsMatch(t, []int64{41, 42}, agent(t, w, "50")["department_ids"])
			assert.Equal(t, []int64{41}, record(t, w, "61")["department_ids"])
			assert.Equal(t, true, agent(t, w, "50")[seesTickets])
		}},
		"delete agent": {method: "DELETE", path: "/Users/50", after: func(t *testing.T, w *world) {
			assert.Equal(t, "inactive agent", kindOfID(w, 50))
			must(t, w, "GET", "/Users/50", nil, 404)
		}},
	}
}

// TestFaults_EveryCallOfAgentsAndGroups breaks each call of each operation in every
// way, and sends the request again as a client would. Nothing is done twice,
// nothing is lost, and in the end all is as it was asked for.
func TestFaults_EveryCallOfAgentsAndGroups(t *testing.T) {
	t.Parallel()
	faults := []freshservicetest.Fault{
		{Kind: freshservicetest.Refuse, Status: 503}, {Kind: freshservicetest.Refuse, Status: 429, RetryAfter: "0"},
		{Kind: freshservicetest.FailAfter, Status: 500}, {Kind: freshservicetest.LostAnswer}, {Kind: freshservicetest.CutBody},
	}
	for name, op := range faultyOperations() {
		for _, fault := range faults {
			for _, times := range []int{1, -1} {
				t.Run(fmt.Sprintf("%s/%s %d x%d", name, fault.Kind, fault.Status, times), func(t *testing.T) {
					t.Parallel()
					for skip := 0; ; skip++ {
						w := faultyWorld(t)
						if op.before != nil {
							op.before(t, w)
						}
						f := fault
						f.Skip, f.Times = skip, times
						w.account.Fault(f)
						r, err := w.client.Do(t.Context(), op.method, op.path, nil, op.body)
						require.NoError(t, err)
						hit := len(w.account.PendingFaults()) == 0 || times < 0 && w.account.PendingFaults()[0].Skip == 0
						if r.Status >= 400 && (r.Status != 400 || fault.Kind != freshservicetest.CutBody) { // a refusal without its reason
							require.Contains(t, []int{429, 502, 503}, r.Status, "call %d: %s", skip, r.Raw)
						}
						w.account.ClearFaults()
						repeat(t, w, op, skip)
						op.after(t, w)
						if !hit || t.Failed() {
							require.False(t, t.Failed(), "call %d: %s", skip, r.Raw)
							break
						}
					}
				})
			}
		}
	}
}

// repeat sends a request again, as a client does that was told to. One that is told
// that there is such a resource looks it up and sends an update.
func repeat(t *testing.T, w *world, op faultyOperation, skip int) {
	t.Helper()
	again, err := w.client.Do(t.Context(), op.method, op.path, nil, op.body)
	require.NoError(t, err)
	if op.method == "POST" && again.Status == 409 {
		body := op.body.(map[string]any)
		filter := fmt.Sprintf(`displayName eq "%v"`, body["displayName"])
		if op.path == "/Users" {
			filter = fmt.Sprintf(`userName eq "%v"`, body["userName"])
		}
		found := list(t, w, op.path, "filter", filter)
		require.Equal(t, 1, found.Total(), "call %d", skip)
		again = must(t, w, "PUT", op.path+"/"+found.Resources()[0]["id"].(string), body, 200)
	}
	if op.method == "DELETE" {
		require.Contains(t, []int{204, 404}, again.Status)
		return
	}
	require.Contains(t, []int{200, 201, 204}, again.Status, "call %d: %s", skip, again.Raw)
}

func faultyWorld(t *testing.T) *world {
	t.Helper()
	account := crewAccount(freshservicetest.Rules{})
	account.Agents = account.Agents[:3]
	account.Agents[0].DepartmentIDs, account.Agents[0].SeesDepartmentTickets = []int64{42}, true
	account.Requesters[0].DepartmentIDs, account.Requesters[0].SeesDepartmentTickets = []int64{42}, true
	account.AgentGroups = account.AgentGroups[:1]
	account.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin"}, {ID: 92, Name: "Bonn"}}
	return managedWorld(t, account, &freshservice.Options{Departments: freshservice.DepartmentsAsGroups}, nil)
}
