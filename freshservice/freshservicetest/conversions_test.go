package freshservicetest_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// canonical is a Go value as it looks after JSON.
func canonical(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var out any
	require.NoError(t, dec.Decode(&out))
	return out
}

// §5.3, §5.4: deactivation answers 200 with the agent, keeps references and ends
// the headship of departments; reactivation gives an occasional agent.
func TestAgents_DeactivateReactivate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	before := a.Agent(2)
	got := a.do("DELETE", path("agents", 2), nil).want(200).object()
	assert.Equal(t, false, got["active"])
	got = a.do("PUT", path("agents", 2, "reactivate"), nil).want(200).object()
	assert.Equal(t, true, got["active"])
	assert.Equal(t, true, got["occasional"])
	assert.Equal(t, false, got[ticketsFlag], "reset: a PUT that does not send it")
	for _, name := range []string{"department_ids", "reporting_manager_id", "location_id", "roles", "member_of", "observer_of", "custom_fields"} {
		assert.Equal(t, canonical(t, before[name]), got[name], name)
	}
	assert.Nil(t, a.Departments()[0]["head_user_id"])

	a.do("DELETE", path("agents", 4), nil).want(200)
	a.do("PUT", path("agents", 3, "reactivate"), nil).want(200)
	a.do("DELETE", path("agents", 10), nil).want(404)
	a.do("PUT", path("agents", 10, "reactivate"), nil).want(404)
	a.do("DELETE", path("requesters", 2), nil).want(404)

	b := newAccount(t, desk(freshservicetest.Rules{RepeatDeactivateStatus: 409, RepeatReactivateStatus: 409, ReactivateKeepsFullTime: true}))
	b.do("DELETE", path("agents", 4), nil).wantCode(409, "inconsistent_state")
	b.do("PUT", path("agents", 2, "reactivate"), nil).wantCode(409, "inconsistent_state")
	assert.Equal(t, false, b.do("PUT", path("agents", 4, "reactivate"), nil).want(200).object()["occasional"])
}

// §5.3: forget erases.
func TestAgents_Forget(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	a.do("DELETE", path("agents", 2, "forget"), nil).want(204)
	a.do("GET", path("agents", 2), nil).want(404)
	a.do("DELETE", path("agents", 10, "forget"), nil).want(404)
	a.do("POST", "/requesters", object{"first_name": "G", "primary_email": "grace@example.com"}).want(201)
	b := newAccount(t, desk(freshservicetest.Rules{ForgetNeedsInactive: true}))
	b.do("DELETE", path("agents", 2, "forget"), nil).want(409)
}

// §4.8, §8.2: the id stays; the agent is occasional, has SD Agent and no group,
// and the values of the fields that both kinds share.
func TestConvertToAgent_Fields(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	got := a.do("PUT", path("requesters", 10, "convert_to_agent"), nil).want(200).object()
	assert.Equal(t, num(10), got["id"])
	assert.Equal(t, "ada@example.com", got["email"])
	assert.Equal(t, true, got["occasional"])
	assert.Equal(t, []any{}, got["member_of"])
	assert.Equal(t, []any{num(50)}, got["department_ids"])
	assert.Equal(t, []any{object{
		"role_id": num(freshservicetest.SDAgentRole), "assignment_scope": "entire_helpdesk", "groups": []any{}, "workspace_id": nil,
	}}, got["roles"])
	assert.Equal(t, object{"badge": "r", "skill": nil, "size": nil}, got["custom_fields"], "size is a number there")
	a.do("PUT", path("requesters", 10, "convert_to_agent"), nil).want(404)
	a.do("PUT", path("agents", 10), object{ticketsFlag: true}).want(200)
	a.do("POST", "/requesters", object{"first_name": "X", "primary_email": "a.byron@example.com"}).wantError(409, "primary_email", "duplicate_value")

	back := a.do("PUT", path("agents", 10, "convert_to_requester"), nil).want(200).object()
	assert.Equal(t, object{"badge": "r", "desk": nil, "size": nil}, back["custom_fields"], "what agents do not have is lost")
	assert.Equal(t, []any{"a.byron@example.com"}, back["secondary_emails"])
	assert.Equal(t, false, back[ticketsFlag], "§4.1: a PUT that does not send it")

	b := newAccount(t, desk(freshservicetest.Rules{ConversionKeepsCustom: true, ConvertFreesSecondary: true}))
	b.do("PUT", path("requesters", 10, "convert_to_agent"), nil).want(200)
	b.do("POST", "/requesters", object{"first_name": "X", "primary_email": "a.byron@example.com"}).want(201)
	back = b.do("PUT", path("agents", 10, "convert_to_requester"), nil).want(200).object()
	assert.Equal(t, object{"badge": "r", "desk": num(4), "size": "L"}, back["custom_fields"])
	assert.Equal(t, []any{}, back["secondary_emails"])
}

// §5.4: demotion keeps the id and the profile and ends roles and groups; a later
// promotion starts again.
func TestConvertToRequester(t *testing.T) {
	t.Parallel()
	demote := func(r freshservicetest.Rules) (*account, object) {
		a := newAccount(t, desk(r))
		a.do("PUT", path("agents", 2), object{"roles": everywhere(freshservicetest.SupervisorRole)}).want(200)
		return a, a.do("PUT", path("agents", 2, "convert_to_requester"), nil).want(200).object()
	}
	a, got := demote(freshservicetest.Rules{})
	assert.Equal(t, num(2), got["id"])
	assert.Equal(t, "grace@example.com", got["primary_email"])
	assert.Equal(t, "IT manager", got["job_title"])
	assert.Equal(t, []any{num(50)}, got["department_ids"])
	assert.Equal(t, false, got["is_agent"])
	assert.Equal(t, object{"badge": "b", "desk": nil, "size": nil}, got["custom_fields"])
	for _, name := range []string{"roles", "member_of", "occasional", "signature"} {
		assert.NotContains(t, got, name)
	}
	a.do("GET", path("agents", 2), nil).want(404)
	got = a.do("PUT", path("requesters", 2, "convert_to_agent"), nil).want(200).object()
	assert.Equal(t, []any{}, got["member_of"])
	assert.Equal(t, []any{}, got["observer_of"])
	assert.Equal(t, []any{}, got["workspace_ids"])
	assert.Equal(t, num(freshservicetest.SDAgentRole), got["roles"].([]any)[0].(object)["role_id"])

	a, _ = demote(freshservicetest.Rules{DemotionKeepsRoles: true})
	got = a.do("PUT", path("requesters", 2, "convert_to_agent"), nil).want(200).object()
	assert.Equal(t, num(freshservicetest.SupervisorRole), got["roles"].([]any)[0].(object)["role_id"])

	kept, got := demote(freshservicetest.Rules{ReactivateKeepsFlag: true})
	assert.Equal(t, false, got[ticketsFlag], "the update has reset it")
	kept.do("PUT", path("requesters", 2), object{ticketsFlag: true}).want(200)
	got = kept.do("PUT", path("requesters", 2, "convert_to_agent"), nil).want(200).object()
	assert.Equal(t, true, got[ticketsFlag])

	a.do("PUT", path("agents", 4, "convert_to_requester"), nil).want(409)
	a.do("PUT", path("agents", 10, "convert_to_requester"), nil).want(404)
	b := newAccount(t, desk(freshservicetest.Rules{ConvertInactiveStatus: 200}))
	got = b.do("PUT", path("agents", 4, "convert_to_requester"), nil).want(200).object()
	assert.Equal(t, false, got["active"])
}

// §5.5: full-time seats are limited, occasional agents are not.
func TestSeats(t *testing.T) {
	t.Parallel()
	newcomer := object{"first_name": "M", "email": "m@example.com", "roles": everywhere(freshservicetest.ITAgentRole)}
	full := func(r freshservicetest.Rules) *account {
		o := desk(r)
		o.FullTimeSeats = 2 // the owner and Grace
		return newAccount(t, o)
	}
	a := full(freshservicetest.Rules{})
	before := len(a.Agents())
	a.do("POST", "/agents", newcomer).wantCode(403, "access_denied")
	assert.Len(t, a.Agents(), before)
	a.do("PUT", path("agents", 3), object{"occasional": false}).wantCode(403, "access_denied")
	a.do("PUT", path("agents", 2), object{"occasional": false}).want(200)
	a.do("PUT", path("agents", 4, "reactivate"), nil).want(200)
	a.do("PUT", path("requesters", 10, "convert_to_agent"), nil).want(200)
	a.do("DELETE", path("agents", 2), nil).want(200)
	a.do("PUT", path("agents", 3), object{"occasional": false}).want(200)

	a = full(freshservicetest.Rules{SeatLimitCode: "require_feature", SeatLimitOnReactivate: true, SeatLimitOnConvert: true})
	a.do("POST", "/agents", newcomer).wantCode(403, "require_feature")
	a.do("PUT", path("agents", 4, "reactivate"), nil).wantCode(403, "require_feature")
	a.do("PUT", path("requesters", 10, "convert_to_agent"), nil).wantCode(403, "require_feature")
	newcomer["occasional"] = true
	a.do("POST", "/agents", newcomer).want(201)

	a = full(freshservicetest.Rules{ReactivateKeepsFullTime: true})
	a.do("PUT", path("agents", 4, "reactivate"), nil).wantCode(403, "access_denied")
}

// §5.6: roles are read only, and older accounts have another shape.
func TestRoles(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Roles: []freshservicetest.Role{
		{ID: 5, Name: "Boss", Description: "All", Type: freshservicetest.AdminRole}, {ID: 6, Name: "Helper", Custom: true},
	}})
	got := a.do("GET", "/roles", nil)
	assert.Equal(t, []any{"Boss", "Helper"}, got.all("roles", "name"))
	assert.Equal(t, []any{num(1), num(2)}, got.all("roles", "role_type"))
	assert.Equal(t, []any{true, false}, got.all("roles", "default"))
	assert.Equal(t, "All", a.do("GET", "/roles/5", nil).want(200).object()["description"])
	a.do("GET", "/roles/7", nil).want(404)
	a.do("POST", "/roles", object{"name": "x"}).wantCode(405, "method_not_allowed")
	roleOf := func(id int64) any { return a.Agent(id)["roles"].([]map[string]any)[0]["role_id"] }
	assert.Equal(t, int64(5), roleOf(a.OwnerID()), "without Account Admin, the first role for administrators")
	helper := a.AddAgent(freshservicetest.Agent{FirstName: "H", Email: "h@example.com"})
	assert.Equal(t, int64(6), roleOf(helper), "without SD Agent, the first role for agents")

	old := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{RolesWithScopes: true}})
	record := old.do("GET", path("roles", freshservicetest.SDAgentRole), nil).want(200).object()
	assert.Contains(t, record, "scopes")
	assert.NotContains(t, record, "role_type")
	assert.Len(t, old.do("GET", "/roles", nil).all("roles", "id"), 6)
}
