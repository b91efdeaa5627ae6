package freshservicetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const ticketsFlag = "can_see_all_tickets_from_associated_departments"

// desk is an account with an agent of every sort, a group and shared fields.
func desk(r freshservicetest.Rules) freshservicetest.Options {
	return freshservicetest.Options{
		Rules:       r,
		Owner:       &freshservicetest.Agent{ID: 1, FirstName: "Owner", Email: "owner@example.com"},
		Departments: []freshservicetest.Department{{ID: 50, Name: "Engineering", HeadUserID: 2}},
		Locations:   []freshservicetest.Location{{ID: 60, Name: "HQ"}},
		Workspaces:  []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
		Fields: []freshservicetest.RequesterField{
			{Name: "badge"}, {Name: "desk", Type: freshservicetest.NumberField}, {Name: "size"},
		},
		AgentFields: []freshservicetest.AgentField{
			{Name: "badge"}, {Name: "skill", Type: freshservicetest.DropdownField, Choices: []string{"go", "sql"}},
			{Name: "size", Type: freshservicetest.NumberField},
		},
		Agents: []freshservicetest.Agent{
			{ID: 2, FirstName: "Grace", LastName: "Hopper", Email: "grace@example.com", JobTitle: "IT manager",
				DepartmentIDs: []int64{50}, ReportingManagerID: 1, LocationID: 60, SeesDepartmentTickets: true,
				WorkspaceIDs: []int64{2}, CustomFields: object{"badge": "b", "skill": "go"}},
			{ID: 3, FirstName: "Dan", Email: "dan@example.com", Occasional: true},
			{ID: 4, FirstName: "Old", Email: "old@example.com", Inactive: true},
		},
		Requesters: []freshservicetest.Requester{
			{ID: 10, FirstName: "Ada", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"a.byron@example.com"},
				DepartmentIDs: []int64{50}, CustomFields: object{"badge": "r", "desk": 4, "size": "L"}},
		},
		AgentGroups: []freshservicetest.AgentGroup{
			{ID: 70, Name: "Network", Members: []int64{2, 3}, Observers: []int64{2}},
			{ID: 71, Name: "Payroll", WorkspaceID: 3},
		},
		RequesterGroups: []freshservicetest.RequesterGroup{{ID: 80, Name: "VPN", Members: []int64{10}}},
	}
}

func everywhere(role int64) []object {
	return []object{{"role_id": role, "assignment_scope": "entire_helpdesk"}}
}

// §5.3: what create takes, and what it answers.
func TestAgents_Create(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	in := object{
		"first_name": "Mary", "last_name": "Jackson", "email": "mary@example.com", "occasional": true, "job_title": "Engineer",
		"work_phone_number": "1", "mobile_phone_number": "2", "department_ids": []int{50}, ticketsFlag: true,
		"reporting_manager_id": 10, "location_id": 60, "address": "1 Example Street", "background_information": "none",
		"time_zone": "London", "time_format": "24h", "language": "de", "member_of": []int{70}, "observer_of": []int{71},
		"workspace_ids": []int{2, 3}, "api_key_enabled": true, "scoreboard_level_id": 3, "signature": "<p>Mary</p>",
		"custom_fields": object{"badge": "m", "skill": "sql"},
		"roles": []object{
			{"role_id": freshservicetest.ITAgentRole, "assignment_scope": "specified_groups", "groups": []int{70}},
			{"role_id": freshservicetest.SupervisorRole, "assignment_scope": "member_groups", "workspace_id": 3},
		},
	}
	got := a.do("POST", "/agents", in).want(201)
	record := got.object()
	assert.Equal(t, "http://example.com/api/v2/agents/"+got.id(), got.header.Get("Location"), "§1.3")
	for name, v := range in {
		if name == "roles" || name == "custom_fields" {
			continue
		}
		assert.EqualValues(t, canonical(t, v), record[name], name)
	}
	assert.Equal(t, []any{
		object{"role_id": num(freshservicetest.ITAgentRole), "assignment_scope": "specified_groups", "groups": []any{num(70)}, "workspace_id": nil},
		object{"role_id": num(freshservicetest.SupervisorRole), "assignment_scope": "member_groups", "groups": []any{}, "workspace_id": num(3)},
	}, record["roles"])
	assert.Equal(t, object{"badge": "m", "skill": "sql", "size": nil}, record["custom_fields"])
	assert.Equal(t, true, record["active"])
	assert.NotContains(t, record, "secondary_emails", "§4.8: agents have none")
	assert.Equal(t, []string{"mary@example.com"}, a.ActivationMails())
	assert.NotContains(t, record, "is_agent")
	assert.Equal(t, record, a.do("GET", "/agents/"+got.id(), nil).want(200).object())
	a.do("GET", "/requesters/"+got.id(), nil).want(404)
}

// §5.1: mandatory are first_name, email and roles; workspace_ids may be blank.
func TestAgents_CreateMinimal(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	in := object{"first_name": "Mary", "email": "mary@example.com", "roles": everywhere(freshservicetest.ITAgentRole)}
	got := a.do("POST", "/agents", in).want(201).object()
	assert.Equal(t, []any{}, got["workspace_ids"])
	assert.Equal(t, []any{}, got["workspace_info"])
	assert.Equal(t, false, got["occasional"])
	assert.Equal(t, false, got["api_key_enabled"])
	assert.Nil(t, got["last_name"])

	b := newAccount(t, desk(freshservicetest.Rules{OccasionalByDefault: true}))
	assert.Equal(t, true, b.do("POST", "/agents", in).want(201).object()["occasional"])
}

func TestAgents_CreateRefusals(t *testing.T) {
	t.Parallel()
	role := func(change object) object {
		r := object{"role_id": freshservicetest.ITAgentRole, "assignment_scope": "entire_helpdesk"}
		for k, v := range change {
			if r[k] = v; v == absent {
				delete(r, k)
			}
		}
		return object{"roles": []object{r}}
	}
	tests := []struct {
		name        string
		change      object // on a body that is right
		field, code string
	}{
		{"first_name missing (§5.1)", object{"first_name": absent}, "first_name", "missing_field"},
		{"email missing (§5.1)", object{"email": absent}, "email", "missing_field"},
		{"email null (§5.1)", object{"email": nil}, "email", "missing_field"},
		{"primary_email is a requester's (§4.8)", object{"primary_email": "x@example.com"}, "primary_email", "invalid_field"},
		{"secondary_emails are a requester's (§4.8)", object{"secondary_emails": []string{}}, "secondary_emails", "invalid_field"},
		{"roles missing (§5.2)", object{"roles": absent}, "roles", "missing_field"},
		{"roles empty (§5.2)", object{"roles": []object{}}, "roles", "invalid_value"},
		{"roles null", object{"roles": nil}, "roles", "datatype_mismatch"},
		{"ticket_scope, removed (§5.1)", object{"ticket_scope": 1}, "ticket_scope", "invalid_field"},
		{"problem_scope, removed (§5.1)", object{"problem_scope": 1}, "problem_scope", "invalid_field"},
		{"change_scope, removed (§5.1)", object{"change_scope": 1}, "change_scope", "invalid_field"},
		{"release_scope, removed (§5.1)", object{"release_scope": 1}, "release_scope", "invalid_field"},
		{"scopes, removed (§5.1)", object{"scopes": object{}}, "scopes", "invalid_field"},
		{"group_ids, removed (§5.1)", object{"group_ids": []int{70}}, "group_ids", "invalid_field"},
		{"role_ids, removed (§5.1)", object{"role_ids": []int{1}}, "role_ids", "invalid_field"},
		{"workspace_info (§5.1)", object{"workspace_info": []object{}}, "workspace_info", "readonly_field"},
		{"active (§5.1)", object{"active": true}, "active", "readonly_field"},
		{"external_id is not listed (§5.1)", object{"external_id": "x"}, "external_id", "readonly_field"},
		{"license_type is not listed (§5.1)", object{"license_type": "it"}, "license_type", "invalid_field"},
		{"occasional as text", object{"occasional": "true"}, "occasional", "datatype_mismatch"},
		{"level (§5.1)", object{"scoreboard_level_id": 7}, "scoreboard_level_id", "invalid_value"},
		{"level as text", object{"scoreboard_level_id": "1"}, "scoreboard_level_id", "datatype_mismatch"},
		{"unknown workspace", object{"workspace_ids": []int{9}}, "workspace_ids", "invalid_value"},
		{"unknown group", object{"member_of": []int{99}}, "member_of", "invalid_value"},
		{"group as text", object{"observer_of": []string{"70"}}, "observer_of", "datatype_mismatch"},
		{"groups that wait are read only (§5.1)", object{"member_of_pending_approval": []int{}}, "member_of_pending_approval", "readonly_field"},
		{"a requester's custom field (§8.2)", object{"custom_fields": object{"desk": 1}}, "desk", "invalid_field"},
		{"choice (§8.2)", object{"custom_fields": object{"skill": "cobol"}}, "skill", "invalid_value"},
		{"unknown role (§5.2)", role(object{"role_id": 5}), "roles", "invalid_value"},
		{"role without id (§5.2)", role(object{"role_id": absent}), "roles", "missing_field"},
		{"role without scope (§5.2)", role(object{"assignment_scope": absent}), "roles", "missing_field"},
		{"unknown scope (§5.2)", role(object{"assignment_scope": "all"}), "roles", "invalid_value"},
		{"specified_groups without groups (§5.2)", role(object{"assignment_scope": "specified_groups"}), "roles", "missing_field"},
		{"specified_groups with none (§5.2)", role(object{"assignment_scope": "specified_groups", "groups": []int{}}), "roles", "missing_field"},
		{"groups with another scope (§5.2)", role(object{"groups": []int{70}}), "roles", "invalid_field"},
		{"no groups, but named (§5.2)", role(object{"groups": []int{}}), "roles", "invalid_field"},
		{"group of another workspace (§5.2)", role(object{"assignment_scope": "specified_groups", "groups": []int{71}}), "roles", "invalid_value"},
		{"unknown workspace of a role", role(object{"workspace_id": 9}), "roles", "invalid_value"},
		{"account admin of a workspace (§5.2)", role(object{"role_id": freshservicetest.AccountAdminRole, "workspace_id": 3}), "roles", "invalid_value"},
		{"unknown key of a role", role(object{"name": "IT Agent"}), "roles", "invalid_field"},
		{"role as an id", object{"roles": []int{1}}, "roles", "datatype_mismatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := object{"first_name": "Mary", "email": "mary@example.com", "roles": everywhere(freshservicetest.ITAgentRole)}
			for k, v := range tt.change {
				if in[k] = v; v == absent {
					delete(in, k)
				}
			}
			a := newAccount(t, desk(freshservicetest.Rules{}))
			before := len(a.Agents())
			a.do("POST", "/agents", in).wantError(400, tt.field, tt.code)
			assert.Len(t, a.Agents(), before)
		})
	}
}

// §4.1: addresses are one space over requesters and agents, secondary and
// inactive ones included.
func TestAgents_EmailUnique(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	for _, address := range []string{"Grace@example.com", "old@example.com", "ada@example.com", "a.byron@example.com"} {
		a.do("POST", "/agents", object{"first_name": "X", "email": address, "roles": everywhere(freshservicetest.ITAgentRole)}).
			wantError(409, "email", "duplicate_value")
		if address != "Grace@example.com" {
			a.do("PUT", path("agents", 2), object{"email": address}).wantError(409, "email", "duplicate_value")
		}
	}
	a.do("PUT", path("agents", 2), object{"email": "Grace@Example.com"}).want(200)
	a.do("POST", "/requesters", object{"first_name": "X", "primary_email": "grace@example.com"}).wantError(409, "primary_email", "duplicate_value")
}

// §5.1, §4.6: an update is partial, roles may stay out, lists are replaced, and
// the flag falls unless it is sent.
func TestAgents_Update(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("PUT", path("agents", 2), object{"signature": "<b>G</b>"}).want(200).object()
	assert.Equal(t, "<b>G</b>", got["signature"])
	assert.Equal(t, false, got[ticketsFlag], "reset")
	assert.Equal(t, []any{num(50)}, got["department_ids"])
	assert.Equal(t, []any{num(70)}, got["member_of"])
	assert.Len(t, got["roles"], 1)

	got = a.do("PUT", path("agents", 2), object{
		"occasional": true, "email": "g.hopper@example.com", "member_of": []int{71}, "observer_of": []int{}, ticketsFlag: true,
		"roles": everywhere(freshservicetest.SupervisorRole), "department_ids": []int{}, "custom_fields": object{"skill": nil},
	}).want(200).object()
	assert.Equal(t, true, got["occasional"])
	assert.Equal(t, "g.hopper@example.com", got["email"])
	assert.Equal(t, []any{num(71)}, got["member_of"])
	assert.Equal(t, []any{}, got["observer_of"])
	assert.Equal(t, true, got[ticketsFlag])
	assert.Equal(t, []any{}, got["department_ids"])
	assert.Equal(t, object{"badge": "b", "skill": nil, "size": nil}, got["custom_fields"])
	a.do("PUT", path("agents", 2), object{"roles": []object{}}).wantError(400, "roles", "invalid_value")
	a.do("PUT", path("agents", 2), object{"api_key_enabled": true}).wantError(400, "api_key_enabled", "invalid_field")
	a.do("PUT", path("agents", 2), object{"email": nil}).wantError(400, "email", "missing_field")
	a.do("PUT", path("agents", 10), object{}).want(404)
	a.do("PUT", path("agents", 4), object{"signature": "x"}).want(200)
	b := newAccount(t, desk(freshservicetest.Rules{UpdateInactiveStatus: 409}))
	b.do("PUT", path("agents", 4), object{"signature": "x"}).wantCode(409, "inconsistent_state")
}

// §5.4, §13.5: names, title and phones on update are a switch.
func TestAgents_UpdateProfile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rule         freshservicetest.AgentProfile
		names, title string // error codes; empty: accepted
		stored       bool
	}{
		{freshservicetest.ProfileInvalidField, "invalid_field", "invalid_field", false},
		{freshservicetest.ProfileReadonly, "readonly_field", "readonly_field", false},
		{freshservicetest.ProfileNamesReadonly, "readonly_field", "", true},
		{freshservicetest.ProfileAccepted, "", "", true},
		{freshservicetest.ProfileIgnored, "", "", false},
	}
	for _, tt := range tests {
		for name, code := range map[string]string{
			"first_name": tt.names, "last_name": tt.names,
			"job_title": tt.title, "work_phone_number": tt.title, "mobile_phone_number": tt.title,
		} {
			a := newAccount(t, desk(freshservicetest.Rules{AgentProfile: tt.rule}))
			got := a.do("PUT", path("agents", 2), object{name: "new", "signature": "s"})
			if code != "" {
				got.wantError(400, name, code)
				assert.Nil(t, a.Agent(2)["signature"], "nothing is written")
				continue
			}
			record := got.want(200).object()
			assert.Equal(t, "s", record["signature"])
			assert.Equal(t, tt.stored, record[name] == "new", "%s %v", name, record[name])
		}
	}
}

func TestAgents_Rules(t *testing.T) {
	t.Parallel()
	run := func(r freshservicetest.Rules, in object) reply {
		a := newAccount(t, desk(r))
		return a.do("PUT", path("agents", 2), in)
	}
	got := run(freshservicetest.Rules{AgentExternalIDWritable: true}, object{"external_id": "00u1"}).want(200).object()
	assert.Equal(t, "00u1", got["external_id"])
	got = run(freshservicetest.Rules{LicenseTypeWritable: true}, object{"license_type": "business"}).want(200).object()
	assert.Equal(t, "business", got["license_type"])
	run(freshservicetest.Rules{LicenseTypeWritable: true}, object{"license_type": "gold"}).wantError(400, "license_type", "invalid_value")
	withGroups := []object{{"role_id": freshservicetest.ITAgentRole, "assignment_scope": "entire_helpdesk", "groups": []int{70}}}
	got = run(freshservicetest.Rules{RoleGroupsIgnored: true}, object{"roles": withGroups}).want(200).object()
	assert.Equal(t, []any{}, got["roles"].([]any)[0].(object)["groups"])

	a := newAccount(t, desk(freshservicetest.Rules{OwnRolesLocked: true}))
	a.do("PUT", path("agents", 1), object{"roles": everywhere(freshservicetest.ITAgentRole)}).wantCode(403, "access_denied")
	a.do("PUT", path("agents", 1), object{"signature": "x"}).want(200)
	a.do("PUT", path("agents", 2), object{"roles": everywhere(freshservicetest.ITAgentRole)}).want(200)

	o := desk(freshservicetest.Rules{})
	o.Plan = freshservicetest.Growth
	b := newAccount(t, o)
	specified := []object{{"role_id": freshservicetest.ITAgentRole, "assignment_scope": "specified_groups", "groups": []int{70}}}
	b.do("PUT", path("agents", 2), object{"roles": specified}).wantCode(403, "require_feature")
}

// §5.3: the list includes deactivated agents, and its parameters combine.
func TestAgents_List(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	for query, want := range map[string][]int64{
		"":                                    {3, 2, 4, 1},
		"active=true":                         {3, 2, 1},
		"active=false":                        {4},
		"state=occasional":                    {3},
		"state=fulltime&active=true":          {2, 1},
		"email=GRACE@example.com":             {2},
		"email=grace@example.com&active=true": {2},
		"email=ada@example.com":               {},
	} {
		ids := []any{}
		for _, id := range want {
			ids = append(ids, num(id))
		}
		assert.Equal(t, ids, a.do("GET", "/agents?"+query, nil).all("agents", "id"), query)
	}
	a.do("GET", "/agents?state=parttime", nil).wantError(400, "state", "invalid_value")
	a.do("GET", "/agents?include_agents=true", nil).wantError(400, "include_agents", "invalid_field")
	assert.Equal(t, []any{num(2)}, a.query("/agents", "skill:'go'").all("agents", "id"))
	a.query("/agents", "desk:4").want(400)
	a.query("/agents", "primary_email:'grace@example.com'").want(400)
}

// §4.3: agents in a list of requesters have the requesters' attributes alone.
func TestAgents_AmongRequesters(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	list := a.do("GET", "/requesters?include_agents=true&email=grace@example.com", nil).want(200).body["requesters"].([]any)
	got := list[0].(object)
	assert.Equal(t, true, got["is_agent"])
	assert.Equal(t, "grace@example.com", got["primary_email"])
	for _, name := range []string{"email", "roles", "occasional", "member_of", "signature", "workspace_ids"} {
		assert.NotContains(t, got, name)
	}
	assert.Equal(t, object{"badge": nil, "desk": nil, "size": nil}, got["custom_fields"], "requester fields")
}

// §8.1: agents have descriptors of their own shape.
func TestAgentFields(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("GET", "/agent_fields", nil).want(200)
	byName := map[string]object{}
	for _, f := range got.body["agent_fields"].([]any) {
		f := f.(object)
		byName[f["name"].(string)] = f
	}
	assert.Equal(t, object{
		"name": "skill", "type": "custom_dropdown", "default_field": false, "user_field_group_id": num(1),
		"label_for_admins": "skill", "mandatory_for_admins": false, "editable_by_admins": true, "label_for_agents": "skill",
		"visible_to_agents": true, "editable_by_agents": false, "mandatory_for_agents": false,
	}, byName["skill"])
	assert.Equal(t, false, byName["name"]["editable_by_admins"], "§5.4")
	assert.Equal(t, "name", byName["name"]["type"], "no prefix default_")
	for _, name := range []string{"work_phone", "mobile_phone", "description", "location", "reporting_manager", "groups", "role", "level"} {
		assert.Contains(t, byName, name)
	}
	assert.NotContains(t, byName, "desk", "a requester's")
	assert.Contains(t, a.do("GET", "/agent_fields?include=user_field_groups", nil).want(200).body, "user_field_groups")

	a.AddAgentField(freshservicetest.AgentField{Name: "grade", Required: true})
	in := object{"first_name": "M", "email": "m@example.com", "roles": everywhere(freshservicetest.ITAgentRole)}
	a.do("POST", "/agents", in).wantError(400, "grade", "missing_field")
}

// §5.4: what a new address of an agent brings about is a switch.
func TestAgents_EmailRules(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	a.do("PUT", path("agents", 1), object{"email": "new@example.com"}).want(200)
	assert.Empty(t, a.ActivationMails())
	a = newAccount(t, desk(freshservicetest.Rules{AgentEmailActivates: true, OwnerEmailReadonly: true}))
	a.do("PUT", path("agents", 1), object{"email": "new@example.com"}).wantError(400, "email", "readonly_field")
	a.do("PUT", path("agents", 1), object{"email": "owner@example.com"}).want(200)
	a.do("PUT", path("agents", 2), object{"email": "new@example.com"}).want(200)
	assert.Equal(t, []string{"new@example.com"}, a.ActivationMails())
}

// §1.2: with its owner, a key is of no use any more.
func TestAgents_KeyOwnerGone(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"DELETE /agents/1", "PUT /agents/1/convert_to_requester"} {
		a := newAccount(t, desk(freshservicetest.Rules{}))
		method, path, _ := split(line)
		a.do(method, path, nil).want(200)
		a.do("GET", "/agents/1", nil).wantCode(401, "invalid_credentials")
	}
}
