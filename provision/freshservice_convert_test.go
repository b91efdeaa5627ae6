package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func isAgent(v any) map[string]any { return set(extension+":isAgent", v) }

func itAgent() map[string]any { return set("roles", []any{map[string]any{"value": "IT Agent"}}) }

// convertAccount has somebody of each kind with all that a conversion can lose.
func convertAccount(rules freshservicetest.Rules) *freshservicetest.Options {
	return &freshservicetest.Options{
		Rules:       rules,
		Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}},
		Fields:      []freshservicetest.RequesterField{{Name: "badge"}, {Name: "desk"}},
		AgentFields: []freshservicetest.AgentField{{Name: "badge", Type: freshservicetest.TextField}, {Name: "shift", Type: freshservicetest.TextField}},
		Requesters: []freshservicetest.Requester{{
			ID: 60, FirstName: "Ada", LastName: "Byron", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"a@example.org"}, JobTitle: "Analyst",
			DepartmentIDs: []int64{42}, SeesDepartmentTickets: true, CustomFields: map[string]any{"badge": "B1", "desk": "7b"},
		}},
		Agents: []freshservicetest.Agent{{
			ID: 50, FirstName: "Grace", LastName: "Hopper", Email: "grace@example.com", JobTitle: "Admiral", DepartmentIDs: []int64{42}, SeesDepartmentTickets: true,
			Roles:        []freshservicetest.RoleAssignment{{RoleID: freshservicetest.ITAgentRole, Scope: "member_groups"}},
			CustomFields: map[string]any{"badge": "B2", "shift": "early"},
		}},
		AgentGroups:     []freshservicetest.AgentGroup{{ID: 81, Name: "Network", Members: []int64{50}}},
		RequesterGroups: []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin", Members: []int64{60}}},
	}
}

// TestConvert_ToAgent: by PATCH and PUT, with the flag as a boolean or a text: one
// call, and one for what a conversion sets. The id stays, and what both kinds have
// (§4.8).
func TestConvert_ToAgent(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]func(read map[string]any) (string, any){
		"PATCH": func(map[string]any) (string, any) {
			return "PATCH", patch(isAgent(true), itAgent(), set(extension+":shift", "late"))
		},
		"PATCH of text": func(map[string]any) (string, any) {
			return "PATCH", patch(isAgent("True"), itAgent(), set(extension+":shift", "late"))
		},
		"PUT": func(read map[string]any) (string, any) {
			ext := read[extension].(map[string]any)
			ext["isAgent"], ext["shift"] = "true", "late"
			read["roles"] = []any{map[string]any{"value": "IT Agent"}}
			return "PUT", read
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
			read := must(t, w, "GET", "/Users/60", nil, 200).Body
			w.takeCalls()
			method, body := request(read)
			r := must(t, w, method, "/Users/60", body, 200)
			cost(t, w, name, "GET /requesters/{id}", "PUT /requesters/{id}/convert_to_agent", "PUT /agents/{id}")
			assert.Equal(t, "60", r.ID())
			assert.Equal(t, []string{"convert"}, firstOf(w.events.last().Done))
			rec := agent(t, w, "60")
			for field, want := range map[string]any{
				"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "job_title": "Analyst", "department_ids": []int64{42}, seesTickets: true, "occasional": true,
			} {
				assert.Equal(t, want, rec[field], field)
			}
			assert.Equal(t, map[string]any{"badge": "B1", "shift": "late"}, rec["custom_fields"])
			assert.Equal(t, freshservicetest.ITAgentRole, rec["roles"].([]map[string]any)[0]["role_id"])
			assert.Empty(t, w.account.Members(91), "the simulator's rule: agents are in no requester group")

			ext := extensionOf(r, extension)
			assert.Equal(t, true, ext["isAgent"])
			assert.Equal(t, true, ext["seesDepartmentTickets"])
			assert.Len(t, r.Body["emails"], 1, "agents have no further addresses")
			got := must(t, w, "GET", "/Users/60", nil, 200)
			assert.Equal(t, r.Body, got.Body)
			cost(t, w, "the kind is known", "GET /agents/{id}")
			assert.Equal(t, 1, find(t, w, `userName eq "ada@example.com"`).Total())
		})
	}
}

func firstOf(done []string) []string {
	if len(done) == 0 {
		return nil
	}
	return done[:1]
}

// TestConvert_ToRequester: roles and groups are lost, the rest stays (§5.4).
func TestConvert_ToRequester(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"boolean": false, "text": "False"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
			must(t, w, "GET", "/Users/50", nil, 200)
			w.takeCalls()
			r := must(t, w, "PATCH", "/Users/50", patch(isAgent(v), set(extension+":desk", "9c"), set("title", "Rear Admiral")), 200)
			cost(t, w, name, "GET /agents/{id}", "PUT /agents/{id}/convert_to_requester", "PUT /requesters/{id}")
			rec := record(t, w, "50")
			for field, want := range map[string]any{
				"primary_email": "grace@example.com", "first_name": "Grace", "job_title": "Rear Admiral", "department_ids": []int64{42}, seesTickets: true,
			} {
				assert.Equal(t, want, rec[field], field)
			}
			assert.Equal(t, map[string]any{"badge": "B2", "desk": "9c"}, rec["custom_fields"])
			assert.Empty(t, w.account.AgentGroup(81)["members"])
			assert.Equal(t, false, extensionOf(r, extension)["isAgent"])
			assert.NotContains(t, r.Body, "roles")
			assert.NotContains(t, r.Body, "groups")

			// And back: it starts from the beginning.
			r = must(t, w, "PATCH", "/Users/50", patch(isAgent(true)), 200)
			assert.Equal(t, []any{map[string]any{"value": "SD Agent"}}, r.Body["roles"])
			assert.Equal(t, true, agent(t, w, "50")[seesTickets])
		})
	}
}

// TestConvert_SecondaryAddresses: what a conversion does with them is not documented
// (§4.8). Those that are there afterwards are shown.
func TestConvert_SecondaryAddresses(t *testing.T) {
	t.Parallel()
	for frees, want := range map[bool]int{false: 2, true: 1} {
		w := managedWorld(t, convertAccount(freshservicetest.Rules{ConvertFreesSecondary: frees}), nil, nil)
		must(t, w, "PATCH", "/Users/60", patch(isAgent(true)), 200)
		r := must(t, w, "PATCH", "/Users/60", patch(isAgent(false)), 200)
		assert.Len(t, r.Body["emails"], want)
		assert.Len(t, must(t, w, "GET", "/Users/60", nil, 200).Body["emails"], want)
	}
}

// TestConvert_APUTWithoutTheFlag leaves somebody what they are, and so does one that
// repeats what they were made in Freshservice since.
func TestConvert_APUTWithoutTheFlag(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
	r := must(t, w, "PUT", "/Users/50", user("grace@example.com", map[string]any{"locale": "fr"}), 200)
	assert.Equal(t, true, extensionOf(r, extension)["isAgent"])
	rec := agent(t, w, "50")
	assert.Equal(t, "fr", rec["language"])
	assert.Equal(t, "Grace", rec["first_name"], "names are written on create only")
	assert.Equal(t, true, rec[seesTickets], "the flag is sent again")
	assert.Len(t, rec["roles"], 1, "roles are never emptied")
	r = must(t, w, "PUT", "/Users/60", user("ada@example.com", nil), 200)
	assert.Equal(t, false, extensionOf(r, extension)["isAgent"])
	assert.Equal(t, true, record(t, w, "60")[seesTickets])
	for _, c := range w.takeCalls() {
		assert.NotContains(t, c, "convert")
	}
	must(t, w, "PUT", "/Users/50", agentBody("grace@example.com", map[string]any{"isAgent": "True"}, nil), 200)
	for _, c := range w.takeCalls() {
		assert.NotContains(t, c, "convert")
	}
}

// TestConvert_OneWhoIsDisabled is enabled before, if the request enables them, and
// refused else.
func TestConvert_OneWhoIsDisabled(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"50", "60"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
			toAgent := id == "60"
			must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
			must(t, w, "PATCH", "/Users/"+id, patch(isAgent(toAgent)), 409, 400)
			r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", true), isAgent(toAgent)), 200)
			assert.Equal(t, true, r.Body["active"])
			assert.Equal(t, toAgent, extensionOf(r, extension)["isAgent"])
			assert.Equal(t, "Lab", extensionOf(r, enterprise)["department"], "what a deactivation takes is given back")
			assert.Equal(t, true, extensionOf(r, extension)["seesDepartmentTickets"])
			assert.Equal(t, toAgent, w.account.Agent(number(t, id)) != nil)
		})
	}
}

// TestConvert_RefusedBefore: what cannot be written is found out before the
// conversion, and somebody without an address cannot be an agent.
func TestConvert_RefusedBefore(t *testing.T) {
	t.Parallel()
	account := convertAccount(freshservicetest.Rules{})
	account.Requesters = append(account.Requesters, freshservicetest.Requester{ID: 61, FirstName: "Phone", WorkPhone: "5551234"})
	w := managedWorld(t, account, nil, nil)
	must(t, w, "GET", "/Users/60", nil, 200)
	w.takeCalls()
	for _, op := range []map[string]any{
		set("roles", []any{map[string]any{"value": "Viewer"}}), set(extension+":scoreboardLevel", 9), set(enterprise+":department", "Nowhere"),
	} {
		must(t, w, "PATCH", "/Users/60", patch(isAgent(true), op), 400)
	}
	must(t, w, "PATCH", "/Users/61", patch(isAgent(true)), 400, 409)
	for _, c := range w.takeCalls() {
		assert.NotContains(t, c, "PUT /agents", c)
	}
	assert.Equal(t, false, w.account.Requester(60)["is_agent"])
	assert.Equal(t, true, w.account.Requester(60)[seesTickets])
	require.NotNil(t, w.account.Requester(61))
	assert.Len(t, w.account.Agents(), 2, fmt.Sprint(w.events.last().Words))
}

// TestConvert_AFlagThatSaysNothing: what is neither true nor false is refused, rather
// than making a requester of an agent.
func TestConvert_AFlagThatSaysNothing(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
	for _, v := range []any{"perhaps", "truee", 2} {
		r := must(t, w, "PATCH", "/Users/50", patch(isAgent(v)), 400)
		assert.Equal(t, "invalidValue", r.Body["scimType"])
		assert.Contains(t, r.Body["detail"], "isAgent")
		must(t, w, "POST", "/Users", agentBody("new@example.com", map[string]any{"isAgent": v}, nil), 400)
	}
	agent(t, w, "50")
	assert.Equal(t, 0, find(t, w, `userName eq "new@example.com"`).Total())
}

// TestConvert_AFlagAsATextIsNotLeftAsItWas: a client that says True of an agent has
// what it asked for.
func TestConvert_AFlagAsATextIsNotLeftAsItWas(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
	must(t, w, "PATCH", "/Users/50", patch(isAgent("True"), set(extension+":signature", "x")), 200)
	assert.Empty(t, w.events.last().Warnings)
}

// TestAgents_ARoleInWordsMore: the roles that an agent has stay when another is given
// with a scope of its own.
func TestAgents_ARoleInWordsMore(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
	words := extension + ":roleAssignments"
	r := must(t, w, "PATCH", "/Users/50", patch(map[string]any{"op": "add", "path": words, "value": []any{"IT Supervisor: assigned_items"}}), 200)
	assert.Len(t, r.Body["roles"], 2)
	r = must(t, w, "PATCH", "/Users/50", patch(set(words, []any{"SD Agent: member_groups"})), 200)
	assert.Len(t, r.Body["roles"], 3)
	assert.ElementsMatch(t, []any{"IT Agent: member_groups", "IT Supervisor: assigned_items", "SD Agent: member_groups"}, extensionOf(r, extension)["roleAssignments"])
}

// TestConvert_TheFlagAsAsked: what a conversion resets is what the request says, or
// what it was.
func TestConvert_TheFlagAsAsked(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"50", "60"} {
		w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
		r := must(t, w, "PATCH", "/Users/"+id, patch(isAgent(id == "60"), set(extension+":seesDepartmentTickets", false)), 200)
		assert.Equal(t, false, extensionOf(r, extension)["seesDepartmentTickets"], id)
		r = must(t, w, "PATCH", "/Users/"+id, patch(set("locale", "fr")), 200)
		assert.Equal(t, false, extensionOf(r, extension)["seesDepartmentTickets"], id)
	}
}

// TestConvert_FaultsTakeNothing: whoever repeats a conversion of which a call has
// failed has what the request did not speak of, as if nothing had.
func TestConvert_FaultsTakeNothing(t *testing.T) {
	t.Parallel()
	faults := []freshservicetest.Fault{
		{Kind: freshservicetest.Refuse, Status: 503}, {Kind: freshservicetest.Refuse, Status: 403}, {Kind: freshservicetest.FailAfter, Status: 502},
		{Kind: freshservicetest.LostAnswer}, {Kind: freshservicetest.CutBody}, {Kind: freshservicetest.Malformed},
	}
	for _, id := range []string{"50", "60"} {
		for _, f := range faults {
			t.Run(fmt.Sprintf("%s/%s %d", id, f.Kind, f.Status), func(t *testing.T) {
				t.Parallel()
				for skip := range 4 {
					w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
					f.Skip, f.Times = skip, -1
					w.account.Fault(f)
					request := patch(isAgent(id == "60"))
					_, err := w.client.Do(t.Context(), "PATCH", "/Users/"+id, nil, request)
					require.NoError(t, err)
					w.account.ClearFaults()
					r := must(t, w, "PATCH", "/Users/"+id, request, 200)
					assert.Equal(t, id == "60", extensionOf(r, extension)["isAgent"], "call %d", skip)
					assert.Equal(t, true, extensionOf(r, extension)["seesDepartmentTickets"], "call %d", skip)
					assert.Equal(t, "Lab", extensionOf(r, enterprise)["department"], "call %d", skip)
					got := must(t, w, "GET", "/Users/"+id, nil, 200)
					assert.Equal(t, r.Body, got.Body, "call %d", skip)
				}
			})
		}
	}
}
