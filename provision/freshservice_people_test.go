package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
)

const seesTickets = "can_see_all_tickets_from_associated_departments"

// TestBudget_FreshserviceAgents holds the table of design §7 and the budgets
// for agents.
func TestBudget_FreshserviceAgents(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, nil, nil, nil)
	full := map[string]any{"occasional": false}
	ada := create(t, w, agentBody("ada@example.com", full, nil))
	cost(t, w, "create", "POST /agents")
	path := "/Users/" + ada.ID()
	must(t, w, "GET", path, nil, 200)
	cost(t, w, "get", "GET /agents/{id}")
	for _, filter := range []string{`userName eq "ADA@example.com"`, `emails[type eq "work"].value eq "ada@example.com"`} {
		require.Equal(t, 1, find(t, w, filter).Total())
		cost(t, w, filter, "GET /requesters?email&include_agents")
	}
	body := agentBody("ada@example.com", full, map[string]any{"locale": "de"})
	must(t, w, "PUT", path, body, 200)
	cost(t, w, "PUT", "GET /agents/{id}", "PUT /agents/{id}")
	must(t, w, "PUT", path, body, 200)
	cost(t, w, "PUT of the same", "GET /agents/{id}")
	must(t, w, "PATCH", path, patch(set("active", false)), 200)
	cost(t, w, "disable", "GET /agents/{id}", "DELETE /agents/{id}")
	r := must(t, w, "PATCH", path, patch(set("active", true)), 200)
	cost(t, w, "re-enable", "GET /agents/{id}", "PUT /agents/{id}/reactivate", "PUT /agents/{id}")
	assert.Equal(t, "FullTime", r.Body["userType"], "what a reactivation makes an occasional agent")
	must(t, w, "GET", "/Users?startIndex=1&count=100", nil, 200)
	cost(t, w, "first page", "GET /requesters?include_agents&per_page")
	must(t, w, "DELETE", path, nil, 204)
	cost(t, w, "delete", "DELETE /agents/{id}")
	must(t, w, "GET", path, nil, 404)
	cost(t, w, "get of a deleted one")

	// Somebody whom the connection has never seen.
	for object, add := range map[string]func() int64{
		"agent": func() int64 {
			return w.account.AddAgent(freshservicetest.Agent{FirstName: "A", Email: "x@example.com", Roles: []freshservicetest.RoleAssignment{{RoleID: freshservicetest.ITAgentRole, Scope: "entire_helpdesk"}}})
		},
		"requester": func() int64 {
			return w.account.AddRequester(freshservicetest.Requester{FirstName: "R", PrimaryEmail: "y@example.com"})
		},
	} {
		id := fmt.Sprint(add())
		must(t, w, "GET", "/Users/"+id, nil, 200)
		assert.LessOrEqual(t, len(w.takeCalls()), 2, "%s without a hint", object)
		must(t, w, "GET", "/Users/"+id, nil, 200)
		cost(t, w, "with a hint", "GET /"+object+"s/{id}")
		must(t, w, "DELETE", "/Users/"+id, nil, 204)
		cost(t, w, "delete", "DELETE /"+object+"s/{id}")
	}
}

// TestAgents_EverythingThereIs: roles by name and id, scopes, groups, workspaces and
// the rest, as they are sent, stored and read back (§5.1, §5.2).
func TestAgents_EverythingThereIs(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}}, Locations: []freshservicetest.Location{{ID: 7, Name: "Bonn"}},
		Workspaces:  []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
		AgentGroups: []freshservicetest.AgentGroup{{ID: 81, Name: "Network"}, {ID: 82, Name: "Payroll", WorkspaceID: 3}, {ID: 83, Name: "Watched"}},
		Requesters:  []freshservicetest.Requester{{ID: 500, FirstName: "Boss", PrimaryEmail: "boss@example.com"}},
		AgentFields: []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField}, {Name: "badge", Type: freshservicetest.NumberField}},
	}, nil, nil)
	r := create(t, w, agentBody("Ada@example.com", map[string]any{
		"isAgent": "True", "occasional": "False", "workspaceIds": []any{2, 3}, "signature": "<b>Ada</b>", "scoreboardLevel": 2, "observerOf": []any{83},
		"roleAssignments": []any{"IT Supervisor: specified_groups: network", "IT Agent @ HR: specified_groups: Payroll"},
		"timeFormat":      "24h", "location": "Bonn", "seesDepartmentTickets": true, "backgroundInformation": "b", "shift": "early", "badge": 7,
	}, map[string]any{
		"title": "Analyst", "locale": "de-AT", "timezone": "Europe/London",
		"roles":        []any{map[string]any{"value": fmt.Sprint(freshservicetest.SDAgentRole)}},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "555 1"}, map[string]any{"type": "mobile", "value": "555 2"}},
		"addresses":    []any{map[string]any{"type": "work", "formatted": "Main St 1"}},
		enterprise:     map[string]any{"department": "lab", "manager": map[string]any{"value": "boss@example.com"}},
	}))
	rec := agent(t, w, r.ID())
	for field, want := range map[string]any{
		"email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "job_title": "Analyst", "work_phone_number": "555 1",
		"mobile_phone_number": "555 2", "address": "Main St 1", "language": "de", "time_zone": "London", "time_format": "24h",
		"reporting_manager_id": int64(500), "location_id": int64(7), "department_ids": []int64{42}, "occasional": false,
		"signature": "<b>Ada</b>", "scoreboard_level_id": int64(2), "workspace_ids": []int64{2, 3}, "observer_of": []int64{83},
		"background_information": "b", seesTickets: true,
	} {
		assert.Equal(t, want, rec[field], field)
	}
	assert.ElementsMatch(t, []map[string]any{
		{"role_id": freshservicetest.SDAgentRole, "assignment_scope": "entire_helpdesk", "groups": []int64{}, "workspace_id": nil},
		{"role_id": freshservicetest.SupervisorRole, "assignment_scope": "specified_groups", "groups": []int64{81}, "workspace_id": nil},
		{"role_id": freshservicetest.ITAgentRole, "assignment_scope": "specified_groups", "groups": []int64{82}, "workspace_id": int64(3)},
	}, rec["roles"])

	read := must(t, w, "GET", "/Users/"+r.ID(), nil, 200)
	ext := extensionOf(read, extension)
	assert.Equal(t, true, ext["isAgent"])
	assert.Equal(t, false, ext["occasional"])
	assert.Equal(t, "FullTime", read.Body["userType"])
	assert.ElementsMatch(t, []any{"IT Supervisor: specified_groups: Network", "IT Agent @ HR: specified_groups: Payroll"}, ext["roleAssignments"])
	assert.Len(t, read.Body["roles"], 3)
	assert.Equal(t, "early", ext["shift"])
	assert.Equal(t, "Lab", extensionOf(read, enterprise)["department"])

	// A PUT of what was read changes nothing.
	must(t, w, "PUT", "/Users/"+r.ID(), read.Body, 200)
	assert.NotContains(t, w.takeCalls(), "PUT /agents/{id}")
	must(t, w, "PUT", "/Users/"+r.ID(), read.Body, 200)
	cost(t, w, "PUT of what was read", "GET /agents/{id}")
	assert.Equal(t, provision.Unchanged, w.events.last().Outcome)

	// The roles that stay keep their scope.
	must(t, w, "PATCH", "/Users/"+r.ID(), patch(map[string]any{"op": "remove", "path": `roles[value eq "SD Agent"]`}), 200)
	cost(t, w, "a role is taken away", "GET /agents/{id}", "PUT /agents/{id}")
	assert.Len(t, agent(t, w, r.ID())["roles"], 2)
	assert.ElementsMatch(t, []any{"IT Supervisor: specified_groups: Network", "IT Agent @ HR: specified_groups: Payroll"},
		extensionOf(must(t, w, "GET", "/Users/"+r.ID(), nil, 200), extension)["roleAssignments"])
}

// TestAgents_RolesThatCannotBe: what is wrong is told before anything is written.
func TestAgents_RolesThatCannotBe(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, nil, nil, nil)
	for name, c := range map[string]struct {
		roles  []any
		ext    map[string]any
		detail string
	}{
		"no such role":      {[]any{map[string]any{"value": "Viewer"}}, nil, "roles.value"},
		"no role at all":    {[]any{}, nil, "roles"},
		"no such scope":     {nil, map[string]any{"roleAssignments": []any{"IT Agent: everything"}}, "roleAssignments"},
		"no such group":     {nil, map[string]any{"roleAssignments": []any{"IT Agent: specified_groups: Nobody"}}, "roleAssignments"},
		"no such workspace": {nil, map[string]any{"roleAssignments": []any{"IT Agent @ Moon: member_groups"}}, "roleAssignments"},
	} {
		r := must(t, w, "POST", "/Users", agentBody("ada@example.com", c.ext, map[string]any{"roles": c.roles}), 400)
		assert.Equal(t, "invalidValue", r.Body["scimType"], name)
		assert.Contains(t, r.Body["detail"], c.detail, name)
		assert.NotContains(t, w.takeCalls(), "POST /agents", name)
	}
}

// TestAgents_Profile: names, title and phones are sent on create only, or on their
// own where the setting says so; a refusal does not fail the rest (§5.4).
func TestAgents_Profile(t *testing.T) {
	t.Parallel()
	profile := map[string]any{"title": "Countess", "locale": "fr", "name": map[string]any{"givenName": "Augusta", "familyName": "King"}}
	for _, tt := range []struct {
		name, setting string
		rule          freshservicetest.AgentProfile
		puts          int
		title, first  any
	}{
		{"on create", freshservice.ProfileOnCreate, freshservicetest.ProfileAccepted, 1, "Analyst", "Ada"},
		{"on update", freshservice.ProfileOnUpdate, freshservicetest.ProfileAccepted, 2, "Countess", "Augusta"},
		{"refused", freshservice.ProfileOnUpdate, freshservicetest.ProfileReadonly, 2, "Analyst", "Ada"},
		{"unknown", freshservice.ProfileOnUpdate, freshservicetest.ProfileInvalidField, 2, "Analyst", "Ada"},
		{"names refused", freshservice.ProfileOnUpdate, freshservicetest.ProfileNamesReadonly, 3, "Countess", "Ada"},
		{"ignored", freshservice.ProfileOnUpdate, freshservicetest.ProfileIgnored, 2, "Analyst", "Ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, &freshservicetest.Options{Rules: freshservicetest.Rules{AgentProfile: tt.rule}}, &freshservice.Options{AgentProfile: tt.setting}, nil)
			id := create(t, w, agentBody("ada@example.com", nil, map[string]any{"title": "Analyst"})).ID()
			w.takeCalls()
			r := must(t, w, "PUT", "/Users/"+id, agentBody("ada@example.com", nil, profile), 200)
			calls := w.takeCalls()
			want := []string{"GET /agents/{id}"}
			for range tt.puts {
				want = append(want, "PUT /agents/{id}")
			}
			assert.Equal(t, want, calls)
			rec := agent(t, w, id)
			assert.Equal(t, "fr", rec["language"], "the rest lands")
			assert.Equal(t, tt.title, rec["job_title"])
			assert.Equal(t, tt.first, rec["first_name"])
			assert.Equal(t, tt.title, r.Body["title"], "what is told is what is")
		})
	}
}

// TestAgents_SeatLimitEverywhere: a clear refusal wherever a seat is taken, which
// nobody repeats, and nothing half done (§5.5).
func TestAgents_SeatLimitEverywhere(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", "require_feature"} {
		w := managedWorld(t, &freshservicetest.Options{
			FullTimeSeats: 1, // the owner has it
			Rules:         freshservicetest.Rules{SeatLimitCode: code, SeatLimitOnConvert: true, SeatLimitOnReactivate: true},
			Agents:        []freshservicetest.Agent{{ID: 50, FirstName: "Day", Email: "day@example.com", Occasional: true}, {ID: 51, FirstName: "Off", Email: "off@example.com", Inactive: true}},
			Requesters:    []freshservicetest.Requester{{ID: 60, FirstName: "Req", PrimaryEmail: "req@example.com"}},
		}, nil, nil)
		for _, id := range []string{"50", "51", "60"} {
			must(t, w, "GET", "/Users/"+id, nil, 200)
		}
		must(t, w, "PATCH", "/Users/50", patch(set("locale", "de")), 200) // so that it is no lack of rights
		w.takeCalls()
		refused := func(what, method, path string, body any, calls ...string) {
			t.Helper()
			r := must(t, w, method, path, body, 403)
			assert.Contains(t, r.Body["detail"], "no seat left", what)
			assert.Empty(t, r.Header.Get("Retry-After"), what)
			cost(t, w, what, calls...)
		}
		refused("create", "POST", "/Users", agentBody("new@example.com", map[string]any{"occasional": false}, nil), "POST /agents")
		refused("occasional: false", "PATCH", "/Users/50", patch(set(extension+":occasional", false)), "GET /agents/{id}", "PUT /agents/{id}")
		refused("convert", "PATCH", "/Users/60", patch(set(extension+":isAgent", true), set("roles", []any{map[string]any{"value": "IT Agent"}})),
			"GET /requesters/{id}", "PUT /requesters/{id}/convert_to_agent")
		refused("reactivate", "PATCH", "/Users/51", patch(set("active", true)), "GET /agents/{id}", "PUT /agents/{id}/reactivate")
		assert.Len(t, w.account.Agents(), 3)
		assert.Len(t, w.account.Requesters(), 1)
		assert.Equal(t, false, agent(t, w, "51")["active"])
		create(t, w, agentBody("new@example.com", nil, nil)) // a day pass takes no seat
	}
}
