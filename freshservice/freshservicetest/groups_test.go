package freshservicetest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// §6.1: what a group has when nothing is said of it.
func TestGroups_Create(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("POST", "/groups", object{"name": "Storage"}).want(201)
	assert.Equal(t, "http://example.com/api/v2/groups/"+got.id(), got.header.Get("Location"))
	want := got.object()
	assert.Equal(t, object{
		"id": want["id"], "name": "Storage", "description": nil, "workspace_id": num(2),
		"members": []any{}, "observers": []any{}, "leaders": []any{},
		"members_pending_approval": []any{}, "observers_pending_approval": []any{}, "leaders_pending_approval": []any{},
		"restricted": false, "approval_required": false, "unassigned_for": "30m", "business_hours_id": nil,
		"escalate_to": nil, "auto_ticket_assign": false, "ocs_schedule_id": nil,
		"created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z",
	}, want)
	in := object{
		"name": "Full", "description": "d", "workspace_id": 3, "members": []int{2}, "observers": []int{3}, "leaders": []int{1},
		"unassigned_for": "15m", "business_hours_id": 9, "escalate_to": 2, "auto_ticket_assign": true, "restricted": true,
	}
	record := a.do("POST", "/groups", in).want(201).object()
	for name, v := range in {
		assert.EqualValues(t, canonical(t, v), record[name], name)
	}
	assert.Equal(t, record, a.do("GET", "/groups/"+idOf(record), nil).want(200).object())
}

func idOf(record object) string { return record["id"].(json.Number).String() }

func TestGroups_Refusals(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	for _, tt := range []struct {
		name        string
		in          object
		field, code string
	}{
		{"name missing", object{}, "name", "missing_field"},
		{"name null", object{"name": nil}, "name", "missing_field"},
		{"name blank", object{"name": " "}, "name", "invalid_value"},
		{"agent_ids, removed in 2023", object{"name": "x", "agent_ids": []int{2}}, "agent_ids", "invalid_field"},
		{"who waits is read only", object{"name": "x", "members_pending_approval": []int{}}, "members_pending_approval", "readonly_field"},
		{"a requester", object{"name": "x", "members": []int{10}}, "members", "invalid_value"},
		{"nobody", object{"name": "x", "observers": []int{99}}, "observers", "invalid_value"},
		{"a deactivated agent", object{"name": "x", "leaders": []int{4}}, "leaders", "invalid_value"},
		{"no list", object{"name": "x", "members": 2}, "members", "datatype_mismatch"},
		{"null list", object{"name": "x", "members": nil}, "members", "datatype_mismatch"},
		{"unknown workspace", object{"name": "x", "workspace_id": 9}, "workspace_id", "invalid_value"},
		{"unassigned_for", object{"name": "x", "unassigned_for": "3h"}, "unassigned_for", "invalid_value"},
		{"escalate to a requester", object{"name": "x", "escalate_to": 10}, "escalate_to", "invalid_value"},
		{"description", object{"name": "x", "description": 1}, "description", "datatype_mismatch"},
		{"unassigned_for is text", object{"name": "x", "unassigned_for": 30}, "unassigned_for", "datatype_mismatch"},
		{"name is text", object{"name": 1}, "name", "datatype_mismatch"},
		{"flag", object{"name": "x", "restricted": "yes"}, "restricted", "datatype_mismatch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a.do("POST", "/groups", tt.in).wantError(400, tt.field, tt.code)
		})
	}
	assert.Len(t, a.AgentGroups(), 2)
	a.do("POST", "/groups", object{"name": "network"}).wantError(409, "name", "duplicate_value")
	a.do("POST", "/groups", object{"name": "Network", "workspace_id": 3}).want(201)
	b := newAccount(t, desk(freshservicetest.Rules{GroupNamesRepeat: true}))
	b.do("POST", "/groups", object{"name": "Network"}).want(201)

	o := desk(freshservicetest.Rules{})
	o.Plan = freshservicetest.Starter
	c := newAccount(t, o)
	c.do("PUT", "/groups/71", object{"observers": []int{2}}).wantCode(403, "require_feature")
	c.do("PUT", "/groups/71", object{"members": []int{2}, "observers": []int{}}).want(200)
}

// §6.1: a list is of one workspace, the primary one by default.
func TestGroups_List(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	assert.Equal(t, []any{"Network"}, a.do("GET", "/groups", nil).all("groups", "name"))
	assert.Equal(t, []any{"Network"}, a.do("GET", "/groups?workspace_id=2", nil).all("groups", "name"))
	assert.Equal(t, []any{"Payroll"}, a.do("GET", "/groups?workspace_id=3", nil).all("groups", "name"))
	a.do("GET", "/groups?workspace_id=9", nil).wantError(400, "workspace_id", "invalid_value")
	a.do("GET", "/groups?workspace_id=x", nil).wantError(400, "workspace_id", "invalid_value")
	got := a.do("GET", "/groups?per_page=1", nil)
	assert.Empty(t, got.header.Get("Link"))
}

// §6.1: PUT is partial, lists replace, and the workspace does not change.
func TestGroups_Update(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("PUT", "/groups/70", object{"members": []int{3}}).want(200).object()
	assert.Equal(t, []any{num(3)}, got["members"])
	assert.Equal(t, []any{num(2)}, got["observers"])
	assert.Equal(t, "Network", got["name"])
	assert.Equal(t, []any{}, a.do("GET", "/agents/2", nil).object()["member_of"])
	assert.Equal(t, []any{num(70)}, a.do("GET", "/agents/2", nil).object()["observer_of"])
	got = a.do("PUT", "/groups/70", object{"members": []int{}, "workspace_id": 2}).want(200).object()
	assert.Equal(t, []any{}, got["members"])
	a.do("PUT", "/groups/70", object{"workspace_id": 3}).wantError(400, "workspace_id", "readonly_field")
	a.do("PUT", "/groups/99", object{}).want(404)
	a.do("PUT", "/groups/70", object{"name": nil}).wantError(400, "name", "missing_field")
}

// §6.1, §5.2: deleting a group leaves its members, narrows the roles that were
// bound to it, and is final.
func TestGroups_Delete(t *testing.T) {
	t.Parallel()
	o := desk(freshservicetest.Rules{})
	o.Agents[0].Roles = []freshservicetest.RoleAssignment{
		{RoleID: freshservicetest.ITAgentRole, Scope: "specified_groups", Groups: []int64{70}},
		{RoleID: freshservicetest.SupervisorRole, Scope: "specified_groups", Groups: []int64{70, 71}},
	}
	a := newAccount(t, o)
	a.do("DELETE", "/groups/70", nil).want(204)
	a.do("GET", "/groups/70", nil).want(404)
	a.do("DELETE", "/groups/70", nil).want(404)
	got := a.do("GET", "/agents/2", nil).want(200).object()
	assert.Equal(t, []any{}, got["member_of"])
	roles := got["roles"].([]any)
	assert.Equal(t, "assigned_items", roles[0].(object)["assignment_scope"])
	assert.Equal(t, "specified_groups", roles[1].(object)["assignment_scope"])
	assert.Equal(t, []any{num(71)}, roles[1].(object)["groups"])
}

// §6.1: where approval is required, only leaders join at once; requests that a
// PUT does not name again are withdrawn; lifting the requirement grants them.
func TestGroups_PendingApproval(t *testing.T) {
	t.Parallel()
	start := func(r freshservicetest.Rules) (*account, string) {
		a := newAccount(t, desk(r))
		got := a.do("POST", "/groups", object{
			"name": "Vault", "approval_required": true, "members": []int{2}, "observers": []int{3}, "leaders": []int{1},
		}).want(201)
		record := got.object()
		assert.Equal(t, []any{}, record["members"])
		assert.Equal(t, []any{num(2)}, record["members_pending_approval"])
		assert.Equal(t, []any{num(3)}, record["observers_pending_approval"])
		assert.Equal(t, []any{num(1)}, record["leaders"])
		assert.Equal(t, []any{}, record["leaders_pending_approval"])
		assert.Equal(t, true, record["restricted"])
		return a, "/groups/" + got.id()
	}
	lists := func(r object) []any {
		return []any{r["members"], r["members_pending_approval"], r["observers_pending_approval"]}
	}
	a, group := start(freshservicetest.Rules{})
	agent := a.do("GET", "/agents/2", nil).object()
	assert.Len(t, agent["member_of_pending_approval"], 1)
	assert.Equal(t, []any{num(70)}, agent["member_of"])

	both := object{"members": []int{2, 3}, "observers": []int{3}}
	got := a.do("PUT", group, both).want(200).object()
	assert.Equal(t, []any{[]any{}, []any{num(2), num(3)}, []any{num(3)}}, lists(got), "named again: they go on waiting")
	assert.True(t, a.ApproveAgent(int64Of(got["id"]), 2))
	assert.False(t, a.ApproveAgent(int64Of(got["id"]), 2))
	got = a.do("PUT", group, both).want(200).object()
	assert.Equal(t, []any{[]any{num(2)}, []any{num(3)}, []any{num(3)}}, lists(got))
	got = a.do("PUT", group, object{"members": []int{2}, "observers": []int{3}}).want(200).object()
	assert.Equal(t, []any{[]any{num(2)}, []any{}, []any{num(3)}}, lists(got), "withdrawn")
	got = a.do("PUT", group, object{"members": []int{2, 3}, "observers": []int{3}, "leaders": []int{1, 2}}).want(200).object()
	assert.Equal(t, []any{num(2)}, got["leaders_pending_approval"], "leaders wait as well on update")
	got = a.do("PUT", group, object{"description": "d"}).want(200).object()
	assert.Equal(t, []any{[]any{num(2)}, []any{}, []any{}}, lists(got), "every PUT")

	got = a.do("PUT", "/groups/71", object{"approval_required": true, "members": []int{2}}).want(200).object()
	assert.Equal(t, true, got["restricted"])
	assert.Equal(t, []any{num(2)}, got["members_pending_approval"])

	a, group = start(freshservicetest.Rules{PendingResend: freshservicetest.ResendInLists})
	got = a.do("PUT", group, object{"description": "d"}).want(200).object()
	assert.Equal(t, []any{[]any{}, []any{num(2)}, []any{num(3)}}, lists(got))
	for _, off := range []object{{"approval_required": false}, {"restricted": false}} {
		a, group = start(freshservicetest.Rules{})
		got = a.do("PUT", group, off).want(200).object()
		assert.Equal(t, []any{num(2)}, got["members"], "granted")
		assert.Equal(t, []any{num(3)}, got["observers"])
		assert.Equal(t, []any{}, got["members_pending_approval"])
		assert.Equal(t, false, got["approval_required"])
	}
}

// §5.1: an agent's own lists have the rule of replacement and of approval too.
func TestAgents_PendingApproval(t *testing.T) {
	t.Parallel()
	start := func(r freshservicetest.Rules) *account {
		o := desk(r)
		o.AgentGroups = append(o.AgentGroups, freshservicetest.AgentGroup{ID: 72, Name: "Vault", Restricted: true, ApprovalRequired: true})
		a := newAccount(t, o)
		got := a.do("PUT", "/agents/2", object{"member_of": []int{70, 72}}).want(200).object()
		assert.Equal(t, []any{num(70)}, got["member_of"])
		assert.Equal(t, []any{num(72)}, got["member_of_pending_approval"])
		return a
	}
	a := start(freshservicetest.Rules{})
	got := a.do("PUT", "/agents/2", object{"member_of": []int{70, 72}}).want(200).object()
	assert.Equal(t, []any{num(72)}, got["member_of_pending_approval"])
	got = a.do("PUT", "/agents/2", object{"signature": "s"}).want(200).object()
	assert.Equal(t, []any{num(72)}, got["member_of_pending_approval"])
	got = a.do("PUT", "/agents/2", object{"member_of": []int{70}}).want(200).object()
	assert.Equal(t, []any{}, got["member_of_pending_approval"])

	a = start(freshservicetest.Rules{PendingResend: freshservicetest.ResendAlways})
	got = a.do("PUT", "/agents/2", object{"signature": "s"}).want(200).object()
	assert.Equal(t, []any{}, got["member_of_pending_approval"])
	assert.Equal(t, []any{num(70)}, got["member_of"])
}

// §6.1, §13.8: deactivated agents in the lists are a switch.
func TestGroups_InactiveAgents(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rule       freshservicetest.InactiveInGroups
		stays, new int // statuses
		members    []any
	}{
		{freshservicetest.InactiveNotAdded, 200, 400, []any{num(2), num(3)}},
		{freshservicetest.InactiveAccepted, 200, 200, []any{num(2), num(3), num(4)}},
		{freshservicetest.InactiveRefused, 400, 400, []any{num(2), num(3)}},
		{freshservicetest.InactiveDropped, 200, 200, []any{num(3)}},
	} {
		a := newAccount(t, desk(freshservicetest.Rules{InactiveInGroups: tt.rule}))
		a.do("DELETE", "/agents/2", nil).want(200)
		assert.Equal(t, []any{num(70)}, a.do("GET", "/agents/2", nil).object()["member_of"], "§5.4")
		a.do("PUT", "/groups/70", object{"members": []int{2, 3}}).want(tt.stays)
		a.do("PUT", "/groups/70", object{"members": []int{2, 3, 4}}).want(tt.new)
		assert.Equal(t, tt.members, a.do("GET", "/groups/70", nil).object()["members"])
	}
}

// §7.3: workspaces are read only; 2 is the primary one.
func TestWorkspaces(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("GET", "/workspaces", nil)
	assert.Equal(t, []any{num(2), num(3)}, got.all("workspaces", "id"))
	assert.Equal(t, []any{true, false}, got.all("workspaces", "primary"))
	record := a.do("GET", "/workspaces/3", nil).want(200).object()
	assert.Equal(t, "HR", record["name"])
	assert.Equal(t, "active", record["state"])
	a.do("GET", "/workspaces/1", nil).want(404)
	a.do("POST", "/workspaces", object{}).want(405)
	a.AddWorkspace(freshservicetest.Workspace{ID: 3, Name: "HR", Inactive: true})
	assert.Equal(t, "inactive", a.do("GET", "/workspaces/3", nil).object()["state"])
}
