package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// crewAccount has people and groups of every kind.
func crewAccount(rules freshservicetest.Rules) *freshservicetest.Options {
	return &freshservicetest.Options{
		Rules: rules, IndexLag: freshservicetest.NoIndexLag,
		Workspaces: []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
		Agents: []freshservicetest.Agent{
			{ID: 50, FirstName: "Grace", Email: "grace@example.com"}, {ID: 51, FirstName: "Kay", Email: "kay@example.com"},
			{ID: 52, FirstName: "Lou", Email: "lou@example.com"}, {ID: 53, FirstName: "Off", Email: "off@example.com", Inactive: true},
		},
		Requesters: []freshservicetest.Requester{
			{ID: 60, FirstName: "Ada", PrimaryEmail: "ada@example.com"}, {ID: 61, FirstName: "Ben", PrimaryEmail: "ben@example.com"}, {ID: 62, FirstName: "Cy", PrimaryEmail: "cy@example.com"},
		},
		AgentGroups: []freshservicetest.AgentGroup{
			{ID: 81, Name: "Network", Members: []int64{50}, Observers: []int64{52}, Leaders: []int64{50}},
			{ID: 82, Name: "Network", WorkspaceID: 3},
			{ID: 83, Name: "Vault", Restricted: true, ApprovalRequired: true, Members: []int64{50}, PendingMembers: []int64{51}, PendingObservers: []int64{52}},
		},
		RequesterGroups: []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin", Members: []int64{60}}, {ID: 92, Name: "By rule", RuleBased: true, Members: []int64{60}}},
		Departments:     []freshservicetest.Department{{ID: 41, Name: "Sales"}, {ID: 42, Name: "Lab"}},
	}
}

func crewWorld(t *testing.T, rules freshservicetest.Rules) *world {
	t.Helper()
	w := managedWorld(t, crewAccount(rules), &freshservice.Options{Departments: freshservice.DepartmentsAsGroups}, nil)
	find(t, w, `userName eq "ada@example.com"`)
	list(t, w, "/Groups") // what is looked up once, such as workspaces
	w.takeCalls()
	return w
}

func fsGroupBody(name string, ext map[string]any, members ...string) map[string]any {
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "members": memberList(members...)}
	if ext != nil {
		body[fsGroup] = ext
	}
	return body
}

// TestBudget_FreshserviceGroups: n calls for n members of a requester group, 2 for
// any number of an agent group.
func TestBudget_FreshserviceGroups(t *testing.T) {
	t.Parallel()
	w := crewWorld(t, freshservicetest.Rules{})
	must(t, w, "PATCH", "/Groups/rg-91", addMembers("61", "62"), 204)
	cost(t, w, "add 2", "POST /requester_groups/{id}/members/{id}", "POST /requester_groups/{id}/members/{id}")
	must(t, w, "PATCH", "/Groups/rg-91", removeMember("60"), 204)
	cost(t, w, "remove 1", "DELETE /requester_groups/{id}/members/{id}")
	assert.Equal(t, []int64{61, 62}, w.account.Members(91))
	must(t, w, "PATCH", "/Groups/ag-81", addMembers("51", "52"), 204)
	cost(t, w, "add 2", "GET /groups/{id}", "PUT /groups/{id}")
	must(t, w, "PATCH", "/Groups/ag-81", patch(removeMember("50")["Operations"].([]map[string]any)[0], addMembers("50")["Operations"].([]map[string]any)[0]), 204)
	w.takeCalls()
	must(t, w, "PATCH", "/Groups/ag-81", addMembers("51"), 204)
	cost(t, w, "who is there already", "GET /groups/{id}")
	group := w.account.AgentGroup(81)
	assert.ElementsMatch(t, []int64{50, 51, 52}, group["members"])
	assert.Equal(t, []int64{52}, group["observers"], "nobody else's list is touched")
	assert.Equal(t, []int64{50}, group["leaders"])

	must(t, w, "GET", "/Groups/ag-81", nil, 200)
	cost(t, w, "get", "GET /groups/{id}")
	must(t, w, "GET", "/Groups/rg-91?excludedAttributes=members", nil, 200)
	cost(t, w, "get without members", "GET /requester_groups/{id}")
	must(t, w, "PATCH", "/Groups/rg-91", patch(set("displayName", "Bonn")), 204)
	assert.Equal(t, "Bonn", w.account.RequesterGroup(91)["name"])
	assert.Equal(t, []int64{61, 62}, w.account.Members(91))
	w.takeCalls()
	must(t, w, "DELETE", "/Groups/ag-82", nil, 204)
	cost(t, w, "delete", "DELETE /groups/{id}")
	must(t, w, "GET", "/Groups/ag-82", nil, 404)
}

// TestGroups_WhatANewOneBecomes: by the extension attribute, else by the setting.
func TestGroups_WhatANewOneBecomes(t *testing.T) {
	t.Parallel()
	for setting, fallback := range map[string]string{"": "rg", "agent_group": "ag", "requester_group": "rg", "department": "dp"} {
		opts := &provision.Options{}
		if setting != "" {
			opts.NewObjects = map[string]string{"Group": setting}
		}
		w := managedWorld(t, crewAccount(freshservicetest.Rules{}), &freshservice.Options{Departments: freshservice.DepartmentsAsGroups}, opts)
		for kind, tag := range map[string]string{"": fallback, "agent": "ag", "Requester": "rg", "department": "dp", "agent_group": "ag"} {
			ext := map[string]any{"kind": kind}
			if kind == "" {
				ext = nil
			}
			id := must(t, w, "POST", "/Groups", fsGroupBody("New "+kind, ext), 201).ID()
			assert.Regexp(t, "^"+tag+`-\d+$`, id, "%q with %q", kind, setting)
			got := must(t, w, "GET", "/Groups/"+id, nil, 200)
			assert.Equal(t, map[string]any{"ag": "agent", "rg": "requester", "dp": "department"}[tag], extensionOf(got, fsGroup)["kind"])
			r := must(t, w, "PUT", "/Groups/"+id, fsGroupBody("Newer "+kind, nil), 200)
			assert.Equal(t, id, r.ID(), "a PUT without it leaves the kind")
		}
	}
}

// TestGroups_RuleBased: Freshservice finds their members; they can only be read (§6.2).
func TestGroups_RuleBased(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 400, 409} {
		w := crewWorld(t, freshservicetest.Rules{RuleBasedStatus: status})
		got := must(t, w, "GET", "/Groups/rg-92", nil, 200)
		assert.Equal(t, "rule_based", extensionOf(got, fsGroup)["type"])
		assert.Len(t, got.Body["members"], 1)
		for name, body := range map[string]any{"rename": patch(set("displayName", "Mine")), "add": addMembers("61"), "remove": removeMember("60")} {
			r := must(t, w, "PATCH", "/Groups/rg-92", body, 400)
			assert.Equal(t, "mutability", r.Body["scimType"], name)
		}
		r := must(t, w, "PUT", "/Groups/rg-92", fsGroupBody("Mine", nil, "61"), 400)
		assert.Equal(t, "mutability", r.Body["scimType"])
		r = must(t, w, "DELETE", "/Groups/rg-92", nil, 400)
		assert.Equal(t, "mutability", r.Body["scimType"])
		assert.Equal(t, []int64{60}, w.account.Members(92))
		assert.Equal(t, "By rule", w.account.RequesterGroup(92)["name"])
	}
}

// TestGroups_WhoWaitsForApproval is not forgotten by changes of members, by a PUT of
// the group, nor by one of the agent (§5.1, §6.1).
func TestGroups_WhoWaitsForApproval(t *testing.T) {
	t.Parallel()
	for _, resend := range []freshservicetest.PendingResend{freshservicetest.ResendToGroups, freshservicetest.ResendInLists, freshservicetest.ResendAlways} {
		w := crewWorld(t, freshservicetest.Rules{PendingResend: resend})
		pending := func(what string, members ...int64) {
			t.Helper()
			g := w.account.AgentGroup(83)
			assert.ElementsMatch(t, members, g["members_pending_approval"], what)
			assert.Equal(t, []int64{52}, g["observers_pending_approval"], what)
		}
		assert.Equal(t, []any{"50"}, memberIDs(must(t, w, "GET", "/Groups/ag-83", nil, 200).Body), "approved ones are shown")
		must(t, w, "PATCH", "/Groups/ag-83", addMembers("52"), 204)
		pending("who is added waits too", 51, 52)
		must(t, w, "PATCH", "/Groups/ag-83", addMembers("51"), 204)
		pending("who waits already", 51, 52)
		must(t, w, "PUT", "/Groups/ag-83", fsGroupBody("The Vault", nil, "50", "51", "52"), 200)
		pending("a PUT with all", 51, 52)
		assert.Equal(t, "The Vault", w.account.AgentGroup(83)["name"])
		must(t, w, "PATCH", "/Users/51", patch(set("locale", "fr")), 200)
		pending("an edit of the agent", 51, 52)
		must(t, w, "PATCH", "/Groups/ag-83", removeMember("52"), 204)
		pending("the request is withdrawn", 51)
		must(t, w, "PATCH", "/Groups/ag-83", patch(set(fsGroup+":description", "d")), 204)
		pending("an edit of the group", 51)
		assert.Equal(t, []int64{50}, w.account.AgentGroup(83)["members"])
		ext := extensionOf(must(t, w, "GET", "/Users/51", nil, 200), extension)
		assert.Len(t, ext["pendingGroups"], 1)
	}
}

func memberIDs(body map[string]any) []any {
	out := []any{}
	members, _ := body["members"].([]any)
	for _, m := range members {
		out = append(out, m.(map[string]any)["value"])
	}
	return out
}

// TestGroups_ObserversLeadersWorkspaces of agent groups.
func TestGroups_ObserversLeadersWorkspaces(t *testing.T) {
	t.Parallel()
	w := crewWorld(t, freshservicetest.Rules{})
	r := must(t, w, "POST", "/Groups", fsGroupBody("Payroll", map[string]any{
		"kind": "agent", "workspaceId": "3", "observers": []any{"51"}, "leaders": []any{"52"}, "escalateTo": "50", "unassignedFor": "1h", "description": "d",
	}, "50"), 201)
	g := w.account.AgentGroup(number(t, r.ID()[3:]))
	for field, want := range map[string]any{"workspace_id": int64(3), "observers": []int64{51}, "leaders": []int64{52}, "members": []int64{50}, "escalate_to": int64(50), "unassigned_for": "1h"} {
		assert.EqualValues(t, want, g[field], field)
	}
	refused := must(t, w, "PATCH", "/Groups/"+r.ID(), patch(set(fsGroup+":workspaceId", 2)), 400)
	assert.Equal(t, "mutability", refused.Body["scimType"])
	must(t, w, "PATCH", "/Groups/"+r.ID(), patch(set(fsGroup+":observers", []any{"50", "51"})), 204)
	must(t, w, "PUT", "/Groups/"+r.ID(), fsGroupBody("Wages", nil, "50"), 200)
	g = w.account.AgentGroup(number(t, r.ID()[3:]))
	assert.Equal(t, "Wages", g["name"])
	assert.ElementsMatch(t, []int64{50, 51}, g["observers"], "a PUT of what identity providers know leaves them alone")
	assert.Equal(t, []int64{52}, g["leaders"])

	// Two workspaces can have groups of one name; the list has those of all.
	assert.Len(t, list(t, w, "/Groups", "filter", `displayName eq "Network"`).Resources(), 2)
	assert.Len(t, list(t, w, "/Groups").Resources(), 8)
	must(t, w, "POST", "/Groups", fsGroupBody("network", map[string]any{"kind": "agent"}), 409)
}

// TestGroups_TheWrongKindOfMember: the error says who and why, nothing is changed.
func TestGroups_TheWrongKindOfMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ group, id, detail string }{
		{"ag-81", "60", "only agents can be members"}, {"rg-91", "50", "50"}, {"ag-81", "99", "only agents can be members"}, {"rg-91", "99", "99"}, {"ag-81", "53", "members"},
	} {
		for _, seen := range []bool{true, false} {
			w := crewWorld(t, freshservicetest.Rules{})
			if seen {
				must(t, w, "GET", "/Users/"+c.id, nil, 200, 404)
			}
			r := must(t, w, "PATCH", "/Groups/"+c.group, addMembers(c.id), 400)
			assert.Equal(t, "invalidValue", r.Body["scimType"], c)
			assert.Contains(t, r.Body["detail"], c.detail, c)
			if c.id == "60" && seen {
				assert.Contains(t, r.Body["detail"], "60 is a requester")
			}
			assert.Equal(t, []int64{50}, w.account.AgentGroup(81)["members"], c)
			assert.Equal(t, []int64{60}, w.account.Members(91), c)
			ext := map[string]any{"kind": map[string]any{"ag-81": "agent", "rg-91": "requester"}[c.group]}
			before := len(w.account.AgentGroups()) + len(w.account.RequesterGroups())
			must(t, w, "POST", "/Groups", fsGroupBody("New", ext, c.id), 400)
			assert.Equal(t, before, len(w.account.AgentGroups())+len(w.account.RequesterGroups()), "a group is made with its members or not at all")
		}
	}
}

// TestGroups_Departments: the members are the people who have the department.
func TestGroups_Departments(t *testing.T) {
	t.Parallel()
	w := crewWorld(t, freshservicetest.Rules{})
	must(t, w, "PATCH", "/Groups/dp-42", addMembers("50", "60"), 204)
	assert.Equal(t, []int64{42}, agent(t, w, "50")["department_ids"])
	assert.Equal(t, []int64{42}, record(t, w, "60")["department_ids"])
	assert.ElementsMatch(t, []any{"50", "60"}, memberIDs(must(t, w, "GET", "/Groups/dp-42", nil, 200).Body))
	assert.Equal(t, "Lab", extensionOf(must(t, w, "GET", "/Users/60", nil, 200), enterprise)["department"])
	must(t, w, "PATCH", "/Groups/dp-41", addMembers("60"), 204)
	must(t, w, "PATCH", "/Groups/dp-42", removeMember("60"), 204)
	assert.Equal(t, []int64{41}, record(t, w, "60")["department_ids"], "the other one stays")
	must(t, w, "PATCH", "/Groups/dp-42", patch(set("displayName", "Laboratory")), 204)
	require.Equal(t, "Laboratory", extensionOf(must(t, w, "GET", "/Users/50", nil, 200), enterprise)["department"])
	// Ids that were never seen, of either kind, and somebody converted meanwhile.
	fresh := crewWorld(t, freshservicetest.Rules{})
	must(t, fresh, "PATCH", "/Groups/dp-42", addMembers("50", "60"), 204)
	fresh.state = provision.NewMemoryState()
	fresh.serve(nil, scim.ProfileCompatible())
	must(t, fresh, "PATCH", "/Groups/dp-42", removeMember("50"), 204)
	assert.Empty(t, agent(t, fresh, "50")["department_ids"])
	must(t, fresh, "PATCH", "/Groups/dp-42", addMembers("99"), 400)

	must(t, w, "DELETE", "/Groups/dp-42", nil, 204)
	assert.Len(t, w.account.Departments(), 1)
}
