package provision_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
)

// lifeAccount has somebody of each kind with departments, manager, location, flag
// and a group.
func lifeAccount(rules freshservicetest.Rules) *freshservicetest.Options {
	return &freshservicetest.Options{
		Rules:       rules,
		Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}}, Locations: []freshservicetest.Location{{ID: 7, Name: "Bonn"}},
		Agents: []freshservicetest.Agent{
			{ID: 50, FirstName: "Grace", Email: "grace@example.com", DepartmentIDs: []int64{42}, ReportingManagerID: 70, LocationID: 7, SeesDepartmentTickets: true},
			{ID: 51, FirstName: "Root", Email: "root@example.com", Roles: []freshservicetest.RoleAssignment{{RoleID: freshservicetest.AdministratorRole, Scope: "entire_helpdesk"}}},
		},
		Requesters: []freshservicetest.Requester{
			{ID: 60, FirstName: "Ada", PrimaryEmail: "ada@example.com", DepartmentIDs: []int64{42}, ReportingManagerID: 70, LocationID: 7, SeesDepartmentTickets: true},
			{ID: 70, FirstName: "Boss", PrimaryEmail: "boss@example.com"},
		},
		AgentGroups:     []freshservicetest.AgentGroup{{ID: 81, Name: "Network", Members: []int64{50}}},
		RequesterGroups: []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin"}, {ID: 92, Name: "Bonn"}, {ID: 93, Name: "Theirs", Members: []int64{60}}},
	}
}

// kindOfID says what somebody is in the account, and whether they are active.
func kindOfID(w *world, id int64) string {
	for kind, rec := range map[string]map[string]any{"agent": w.account.Agent(id), "requester": w.account.Requester(id)} {
		switch {
		case rec == nil:
		case rec["active"] == true:
			return kind
		default:
			return "inactive " + kind
		}
	}
	return "gone"
}

// TestPolicies_Freshservice: what active: false and DELETE come to under each policy
// (design D8), what SCIM shows then, and what active: true makes of it.
func TestPolicies_Freshservice(t *testing.T) {
	t.Parallel()
	const read = "GET /agents/{id}"
	for _, tt := range []struct {
		name, id string
		policy   provision.Policy
		remove   bool // by DELETE
		calls    []string
		becomes  string
		shown    any    // active in SCIM; nil for not at all
		again    string // what active: true makes of them; "" where there is nobody
	}{
		{"requester", "60", provision.Policy{}, false, []string{"GET /requesters/{id}", "DELETE /requesters/{id}"}, "inactive requester", false, "requester"},
		{"requester, downgrade", "60", provision.Policy{Disable: "downgrade"}, false, []string{"GET /requesters/{id}", "DELETE /requesters/{id}"}, "inactive requester", false, "requester"},
		{"requester, erase", "60", provision.Policy{Disable: "erase"}, false, []string{"GET /requesters/{id}", "DELETE /requesters/{id}/forget"}, "gone", nil, ""},
		{"requester, ignore", "60", provision.Policy{Disable: "ignore"}, false, []string{"GET /requesters/{id}"}, "requester", true, "requester"},
		{"agent", "50", provision.Policy{}, false, []string{read, "DELETE /agents/{id}"}, "inactive agent", false, "agent"},
		{"agent, deactivate", "50", provision.Policy{Disable: "deactivate"}, false, []string{read, "DELETE /agents/{id}"}, "inactive agent", false, "agent"},
		{"agent, downgrade", "50", provision.Policy{Disable: "downgrade"}, false, []string{read, "PUT /agents/{id}/convert_to_requester"}, "requester", false, "requester"},
		{"agent, downgrade and deactivate", "50", provision.Policy{Disable: "downgrade-then-deactivate"}, false,
			[]string{read, "PUT /agents/{id}/convert_to_requester", "DELETE /requesters/{id}"}, "inactive requester", false, "requester"},
		{"agent, erase", "50", provision.Policy{Disable: "erase"}, false, []string{read, "DELETE /agents/{id}/forget"}, "gone", nil, ""},
		{"agent, ignore", "50", provision.Policy{Disable: "ignore"}, false, []string{read}, "agent", true, "agent"},
		{"delete requester", "60", provision.Policy{}, true, []string{"DELETE /requesters/{id}"}, "inactive requester", nil, ""},
		{"delete requester, erase", "60", provision.Policy{Delete: "erase"}, true, []string{"DELETE /requesters/{id}/forget"}, "gone", nil, ""},
		{"delete requester, ignore", "60", provision.Policy{Delete: "ignore"}, true, []string{"GET /requesters/{id}"}, "requester", nil, ""},
		{"delete agent", "50", provision.Policy{}, true, []string{"DELETE /agents/{id}"}, "inactive agent", nil, ""},
		{"delete agent, downgrade", "50", provision.Policy{Delete: "downgrade"}, true, []string{"PUT /agents/{id}/convert_to_requester"}, "requester", nil, ""},
		{"delete agent, downgrade and deactivate", "50", provision.Policy{Delete: "downgrade-then-deactivate"}, true,
			[]string{"PUT /agents/{id}/convert_to_requester", "DELETE /requesters/{id}"}, "inactive requester", nil, ""},
		{"delete agent, erase", "50", provision.Policy{Delete: "erase"}, true, []string{"DELETE /agents/{id}/forget"}, "gone", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, lifeAccount(freshservicetest.Rules{}), nil, &provision.Options{Policies: map[string]provision.Policy{"agent": tt.policy, "requester": tt.policy}})
			path, id := "/Users/"+tt.id, number(t, tt.id)
			must(t, w, "GET", path, nil, 200)
			name := must(t, w, "GET", path, nil, 200).Body["userName"].(string)
			w.takeCalls()
			if tt.remove {
				must(t, w, "DELETE", path, nil, 204)
			} else {
				must(t, w, "PATCH", path, patch(set("active", false)), 200, 204)
			}
			cost(t, w, "departure", tt.calls...)
			assert.Equal(t, tt.becomes, kindOfID(w, id))
			if tt.shown == nil {
				must(t, w, "GET", path, nil, 404)
				assert.Equal(t, 0, find(t, w, `userName eq "`+name+`"`).Total())
				assert.NotContains(t, names(list(t, w, "/Users")), name)
				return
			}
			assert.Equal(t, tt.shown, must(t, w, "GET", path, nil, 200).Body["active"])
			assert.Equal(t, tt.shown, find(t, w, `userName eq "`+name+`"`).Resources()[0]["active"])
			w.takeCalls()
			must(t, w, "PATCH", path, patch(set("active", false)), 200)
			assert.Equal(t, tt.becomes, kindOfID(w, id), "once is enough")
			for _, c := range w.takeCalls() {
				assert.NotContains(t, c, "convert")
			}
			r := must(t, w, "PATCH", path, patch(set("active", true)), 200)
			assert.Equal(t, true, r.Body["active"])
			assert.Equal(t, tt.again, kindOfID(w, id))
			assert.Equal(t, "Lab", extensionOf(r, enterprise)["department"])
			assert.Equal(t, true, extensionOf(r, extension)["seesDepartmentTickets"])
		})
	}
}

func TestPolicies_EnableIgnore(t *testing.T) {
	t.Parallel()
	never := provision.Policy{Enable: provision.EnableIgnore}
	w := managedWorld(t, lifeAccount(freshservicetest.Rules{}), nil, &provision.Options{Policies: map[string]provision.Policy{"agent": never, "requester": never}})
	for _, id := range []string{"50", "60"} {
		must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
		r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
		assert.Equal(t, false, r.Body["active"])
		assert.Contains(t, kindOfID(w, number(t, id)), "inactive")
		assert.NotEmpty(t, w.events.last().Warnings)
	}
}

// TestReactivation_GivesBackWhatWasTaken: departments, manager and location, and the
// requester groups that the connection has put somebody into, one call each (§4.7).
func TestReactivation_GivesBackWhatWasTaken(t *testing.T) {
	t.Parallel()
	for name, rules := range drops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, lifeAccount(rules), nil, nil)
			for _, g := range []string{"rg-91", "rg-92"} {
				must(t, w, "PATCH", "/Groups/"+g, addMembers("60"), 204)
			}
			must(t, w, "PATCH", "/Users/60", patch(set("active", false)), 200)
			assert.Empty(t, w.account.Members(91))
			w.takeCalls()
			r := must(t, w, "PATCH", "/Users/60", patch(set("active", true)), 200)
			cost(t, w, "re-enable", "GET /requesters/{id}", "PUT /requesters/{id}/reactivate", "PUT /requesters/{id}",
				"POST /requester_groups/{id}/members/{id}", "POST /requester_groups/{id}/members/{id}")
			rec := record(t, w, "60")
			assert.Equal(t, []int64{42}, rec["department_ids"])
			assert.Equal(t, int64(70), rec["reporting_manager_id"])
			assert.Equal(t, int64(7), rec["location_id"])
			assert.Equal(t, true, rec[seesTickets])
			assert.Equal(t, "Lab", extensionOf(r, enterprise)["department"])
			assert.Equal(t, []int64{60}, w.account.Members(91))
			assert.Equal(t, []int64{60}, w.account.Members(92))
			assert.Empty(t, w.account.Members(93), "not one of the connection's")
		})
	}
}

// TestReactivation_OfAnAgent: Freshservice makes an occasional agent of them and keeps
// roles and groups (§5.4).
func TestReactivation_OfAnAgent(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		w := managedWorld(t, lifeAccount(freshservicetest.Rules{ReactivateKeepsFullTime: keeps}), nil, nil)
		before := agent(t, w, "50")
		must(t, w, "PATCH", "/Users/50", patch(set("active", false)), 200)
		must(t, w, "PATCH", "/Users/50", patch(set("active", true)), 200)
		after := agent(t, w, "50")
		for _, field := range []string{"occasional", "roles", "member_of", "department_ids", "reporting_manager_id", "location_id", seesTickets} {
			assert.Equal(t, before[field], after[field], field)
		}
	}
}

// TestProtected_Freshservice: the credential's owner always, administrators where the
// connection says so (design D16 d).
func TestProtected_Freshservice(t *testing.T) {
	t.Parallel()
	for _, admins := range []bool{false, true} {
		w := managedWorld(t, lifeAccount(freshservicetest.Rules{}), nil, &provision.Options{
			ProtectAdmins: admins, Policies: map[string]provision.Policy{"": {Conflict: provision.ConflictAdopt, ConflictSpecial: true}},
		})
		owner := w.account.AgentByEmail(ownerAddress)["id"].(int64)
		refused := []int64{owner}
		if admins {
			refused = append(refused, 51)
		}
		for _, id := range refused {
			path := "/Users/" + scimID(id)
			must(t, w, "DELETE", path, nil, 403)
			must(t, w, "PATCH", path, patch(set("active", false)), 403)
			must(t, w, "PATCH", path, patch(isAgent(false)), 403)
			read := must(t, w, "GET", path, nil, 200).Body
			read["active"] = false
			must(t, w, "PUT", path, read, 403)
			must(t, w, "PATCH", path, patch(set("locale", "de")), 200)
			assert.Equal(t, "agent", kindOfID(w, id))
			assert.Equal(t, "de", w.account.Agent(id)["language"])
		}
		r := must(t, w, "POST", "/Users", user(ownerAddress, nil), 409)
		assert.Equal(t, "uniqueness", r.Body["scimType"])
		if !admins {
			must(t, w, "DELETE", "/Users/51", nil, 204)
			assert.Equal(t, "inactive agent", kindOfID(w, 51))
		}
	}
}

// TestConflicts_Freshservice: who has the address of a create, and what becomes of
// them (design D6).
func TestConflicts_Freshservice(t *testing.T) {
	t.Parallel()
	const special = true
	for _, tt := range []struct {
		name    string
		policy  provision.Policy
		address string
		agent   bool // what is asked for
		id      string
		becomes string
	}{
		{"refuse", provision.Policy{}, "off@example.com", false, "", "inactive requester"},
		{"refuse an agent's", provision.Policy{}, "agent@example.com", true, "", "agent"},
		{"reactivate", provision.Policy{Conflict: "reactivate"}, "off@example.com", false, "100", "requester"},
		{"reactivate who is active", provision.Policy{Conflict: "reactivate"}, "on@example.com", false, "", "requester"},
		{"reactivate an agent", provision.Policy{Conflict: "reactivate"}, "idle@example.com", true, "", "inactive agent"},
		{"reactivate an agent, special", provision.Policy{Conflict: "reactivate", ConflictSpecial: special}, "idle@example.com", true, "104", "agent"},
		{"adopt", provision.Policy{Conflict: "adopt"}, "on@example.com", false, "101", "requester"},
		{"adopt a secondary address", provision.Policy{Conflict: "adopt", ConflictSpecial: special}, "second@example.com", false, "", "requester"},
		{"adopt an agent as a requester", provision.Policy{Conflict: "adopt"}, "agent@example.com", false, "", "agent"},
		{"adopt a requester as an agent", provision.Policy{Conflict: "adopt"}, "on@example.com", true, "", "requester"},
		{"adopt an agent", provision.Policy{Conflict: "adopt", ConflictSpecial: special}, "agent@example.com", true, "103", "agent"},
		{"adopt an agent as a requester, special", provision.Policy{Conflict: "adopt", ConflictSpecial: special}, "agent@example.com", false, "103", "requester"},
		{"adopt a requester as an agent, special", provision.Policy{Conflict: "adopt", ConflictSpecial: special}, "on@example.com", true, "101", "agent"},
		{"adopt a disabled requester as an agent, special", provision.Policy{Conflict: "adopt", ConflictSpecial: special}, "off@example.com", true, "100", "agent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, &freshservicetest.Options{
				Requesters: []freshservicetest.Requester{
					{ID: 100, FirstName: "Off", PrimaryEmail: "off@example.com", Inactive: true}, {ID: 101, FirstName: "On", PrimaryEmail: "on@example.com"},
					{ID: 102, FirstName: "Second", PrimaryEmail: "first@example.com", SecondaryEmails: []string{"second@example.com"}},
				},
				Agents: []freshservicetest.Agent{{ID: 103, FirstName: "Agent", Email: "agent@example.com"}, {ID: 104, FirstName: "Idle", Email: "idle@example.com", Inactive: true}},
			}, nil, &provision.Options{Policies: map[string]provision.Policy{"agent": tt.policy, "requester": tt.policy}})
			held := slices.Concat(w.account.Agents(), w.account.Requesters())
			body := user(tt.address, map[string]any{"locale": "fr"})
			if tt.agent {
				body = agentBody(tt.address, nil, map[string]any{"locale": "fr"})
			}
			status := 201
			if tt.id == "" {
				status = 409
			}
			r := must(t, w, "POST", "/Users", body, status)
			require.Len(t, slices.Concat(w.account.Agents(), w.account.Requesters()), len(held), "nobody is made")
			if status == 409 {
				assert.Equal(t, "uniqueness", r.Body["scimType"])
				assert.ElementsMatch(t, held, slices.Concat(w.account.Agents(), w.account.Requesters()), "nothing is written")
				return
			}
			assert.Equal(t, tt.id, r.ID())
			assert.Equal(t, tt.becomes, kindOfID(w, number(t, tt.id)))
			assert.Equal(t, "fr", r.Body["locale"])
			assert.Equal(t, true, r.Body["active"])
			must(t, w, "POST", "/Users", body, map[provision.ConflictPolicy]int{"reactivate": 409, "adopt": 201}[tt.policy.Conflict])
		})
	}
}
