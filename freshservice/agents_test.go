package freshservice_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// managed are the options of a connection that has agents.
func managed() *freshservice.Options {
	return &freshservice.Options{Agents: freshservice.AgentsManaged, Owner: "admin@example.com"}
}

// startManaged is start for a connection that has agents. What is looked up and
// remembered, roles and groups, has been.
func startManaged(t *testing.T, account *freshservicetest.Options, o *freshservice.Options) *fixture {
	t.Helper()
	if o == nil {
		o = managed()
	}
	f := start(t, account, o)
	_, err := f.find(t.Context(), "agent", "")
	require.NoError(t, err)
	return f
}

func agent(id int64) freshservicetest.Agent {
	return freshservicetest.Agent{
		ID: id, FirstName: "Grace", LastName: "Hopper", Email: "grace@example.com", JobTitle: "Admiral", WorkPhone: "5550100",
		Roles: []freshservicetest.RoleAssignment{{RoleID: freshservicetest.ITAgentRole, Scope: "member_groups"}},
	}
}

func agentRef(id int64) connector.Ref { return connector.Ref{Object: "agent", ID: fmt.Sprint(id)} }

func requesterRef(id int64) connector.Ref {
	return connector.Ref{Object: "requester", ID: fmt.Sprint(id)}
}

func roleIDs(ids ...int64) schema.Value {
	vs := make([]schema.Value, len(ids))
	for i, id := range ids {
		vs[i] = schema.IntegerValue(id)
	}
	return schema.ListValue(vs...)
}

// TestCreateAgent_BodyAndCalls: §5.1, §5.2: roles are assignments, external ids are
// read only for agents of most accounts and are sent again without, once.
func TestCreateAgent_BodyAndCalls(t *testing.T) {
	t.Parallel()
	f := startManaged(t, &freshservicetest.Options{AgentFields: []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField}}}, nil)
	for i, want := range [][]string{{"POST /agents", "POST /agents"}, {"POST /agents"}} {
		rec := f.record(t, "agent", map[string]any{
			"first_name": "Grace", "email": fmt.Sprintf("grace%d@example.com", i), "job_title": "Admiral", "occasional": false, "external_id": "E-1",
			"role_ids":         roleIDs(freshservicetest.ITAgentRole, freshservicetest.SupervisorRole),
			"role_assignments": []string{"IT Agent: assigned items"}, "custom_fields.shift": "early",
		})
		var made *schema.Record
		calls := f.calls(t, func(ctx context.Context) {
			var err error
			made, err = f.Create(ctx, "agent", rec)
			require.NoError(t, err)
		})
		assert.Equal(t, want, calls)
		assert.JSONEq(t, fmt.Sprintf(`{"first_name":"Grace","email":"grace%d@example.com","job_title":"Admiral","occasional":false,
			"roles":[{"role_id":%d,"assignment_scope":"assigned_items"},{"role_id":%d,"assignment_scope":"entire_helpdesk"}],
			"custom_fields":{"shift":"early"}}`, i, freshservicetest.ITAgentRole, freshservicetest.SupervisorRole), f.lastBody())
		assert.Equal(t, []string{"IT Agent: assigned_items"}, made.Strings("role_assignments"))
		assert.True(t, made.Get("role_ids").Contains(schema.IntegerValue(freshservicetest.SupervisorRole)))
		assert.False(t, made.Bool("is_admin"))
		assert.False(t, made.Has("external_id"))
		assert.Equal(t, "early", made.String("custom_fields.shift"))
	}
}

func TestCreateAgent_Refused(t *testing.T) {
	t.Parallel()
	role := roleIDs(freshservicetest.ITAgentRole)
	for name, c := range map[string]struct {
		values map[string]any
		code   connector.Code
		field  string
	}{
		"no role":           {map[string]any{"first_name": "A", "email": "x@example.com"}, connector.Invalid, "role_ids"},
		"unknown role":      {map[string]any{"first_name": "A", "email": "x@example.com", "role_ids": roleIDs(99)}, connector.Invalid, "role_ids"},
		"unknown scope":     {map[string]any{"first_name": "A", "email": "x@example.com", "role_assignments": []string{"IT Agent: everything"}}, connector.Invalid, "role_assignments"},
		"unknown group":     {map[string]any{"first_name": "A", "email": "x@example.com", "role_assignments": []string{"IT Agent: specified_groups: Nobody"}}, connector.Invalid, "role_assignments"},
		"no address":        {map[string]any{"first_name": "A", "role_ids": role}, connector.Invalid, "email"},
		"no first name":     {map[string]any{"email": "x@example.com", "role_ids": role}, connector.Invalid, "first_name"},
		"taken":             {map[string]any{"first_name": "A", "email": "Grace@example.com", "role_ids": role}, connector.AlreadyExists, "email"},
		"taken, requester":  {map[string]any{"first_name": "A", "email": "ada@example.com", "role_ids": role}, connector.AlreadyExists, "email"},
		"taken, secondary":  {map[string]any{"first_name": "A", "email": "countess@example.com", "role_ids": role}, connector.AlreadyExists, "email"},
		"unknown workspace": {map[string]any{"first_name": "A", "email": "x@example.com", "role_ids": role, "workspace_ids": []int64{77}}, connector.Invalid, "workspace_ids"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{agent(100)}, Requesters: []freshservicetest.Requester{ada(101)}, Fields: everyField()}, nil)
			_, err := f.Create(t.Context(), "agent", f.record(t, "agent", c.values))
			require.ErrorIs(t, err, c.code)
			assert.Equal(t, c.field, errorOf(t, err).Field)
			assert.Len(t, f.sim.Agents(), 2)
		})
	}
}

// TestUpdateAgent_Roles: §5.2: the list is replaced as a whole, so those that stay
// are sent with the scope that they have.
func TestUpdateAgent_Roles(t *testing.T) {
	t.Parallel()
	const it, super, sd = freshservicetest.ITAgentRole, freshservicetest.SupervisorRole, freshservicetest.SDAgentRole
	for name, c := range map[string]struct {
		change map[string]any
		want   string // "" for no call
	}{
		"one more":                 {map[string]any{"role_ids": roleIDs(it, super, sd)}, fmt.Sprintf(`{"roles":[{"role_id":%d,"assignment_scope":"specified_groups","groups":[81],"workspace_id":2},{"role_id":%d,"assignment_scope":"entire_helpdesk"},{"role_id":%d,"assignment_scope":"entire_helpdesk"}]}`, it, super, sd)},
		"one less":                 {map[string]any{"role_ids": roleIDs(it)}, fmt.Sprintf(`{"roles":[{"role_id":%d,"assignment_scope":"specified_groups","groups":[81],"workspace_id":2}]}`, it)},
		"another scope":            {map[string]any{"role_assignments": []string{"it agent: member_groups"}}, fmt.Sprintf(`{"roles":[{"role_id":%d,"assignment_scope":"member_groups"},{"role_id":%d,"assignment_scope":"entire_helpdesk"}]}`, it, super)},
		"no scope":                 {map[string]any{"role_assignments": nil}, fmt.Sprintf(`{"roles":[{"role_id":%d,"assignment_scope":"entire_helpdesk"},{"role_id":%d,"assignment_scope":"entire_helpdesk"}]}`, it, super)},
		"a role by its words":      {map[string]any{"role_assignments": []string{"IT Agent: specified_groups: Network", "SD Agent @ HR"}}, fmt.Sprintf(`{"roles":[{"role_id":%d,"assignment_scope":"specified_groups","groups":[81],"workspace_id":2},{"role_id":%d,"assignment_scope":"entire_helpdesk","workspace_id":3},{"role_id":%d,"assignment_scope":"entire_helpdesk"}]}`, it, sd, super)},
		"the same, in another way": {map[string]any{"role_assignments": []string{" it AGENT:Specified-Groups : 81"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := agent(100)
			who.Roles = []freshservicetest.RoleAssignment{{RoleID: it, Scope: "specified_groups", Groups: []int64{81}, WorkspaceID: 2}, {RoleID: super, Scope: "entire_helpdesk"}}
			f := startManaged(t, &freshservicetest.Options{
				Agents: []freshservicetest.Agent{who}, AgentGroups: []freshservicetest.AgentGroup{{ID: 81, Name: "Network"}},
				Workspaces: []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
			}, nil)
			base, err := f.Get(t.Context(), agentRef(100))
			require.NoError(t, err)
			require.Equal(t, []string{"IT Agent: specified_groups: Network"}, base.Strings("role_assignments"))
			rec, calls, err := f.changed(t, agentRef(100), c.change)
			require.NoError(t, err)
			stored, err := f.Get(t.Context(), agentRef(100))
			require.NoError(t, err)
			assert.True(t, stored.Equal(rec))
			if c.want == "" {
				assert.Empty(t, calls)
				return
			}
			assert.Equal(t, []string{"PUT /agents/{id}"}, calls)
			assert.JSONEq(t, c.want, f.bodyOf(t, "PUT"))
		})
	}
}

// TestUpdateAgent_WordsThatAreTakenAway: nobody gets more rights because words for one
// of several roles are gone, and a role that holds in two places keeps both.
func TestUpdateAgent_WordsThatAreTakenAway(t *testing.T) {
	t.Parallel()
	const it, super = freshservicetest.ITAgentRole, freshservicetest.SupervisorRole
	who := agent(100)
	who.Roles = []freshservicetest.RoleAssignment{
		{RoleID: it, Scope: "entire_helpdesk", WorkspaceID: 2}, {RoleID: it, Scope: "member_groups", WorkspaceID: 3}, {RoleID: super, Scope: "assigned_items"},
	}
	for name, c := range map[string]struct{ words, want []string }{
		"one of two is left":        {[]string{"IT Agent @ HR: member_groups"}, nil},
		"another role comes":        {[]string{"IT Agent @ HR: member_groups", "IT Supervisor: assigned_items", "SD Agent: member_groups"}, []string{"SD Agent: member_groups"}},
		"another role's words only": {[]string{"SD Agent: member_groups"}, []string{"SD Agent: member_groups"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startManaged(t, &freshservicetest.Options{
				Agents: []freshservicetest.Agent{who}, Workspaces: []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
			}, nil)
			_, _, err := f.changed(t, agentRef(100), map[string]any{"role_assignments": c.words})
			require.NoError(t, err)
			rec, err := f.Get(t.Context(), agentRef(100))
			require.NoError(t, err)
			assert.ElementsMatch(t, append([]string{"IT Agent @ HR: member_groups", "IT Supervisor: assigned_items"}, c.want...), rec.Strings("role_assignments"))
			had := f.sim.Agent(100)["roles"].([]map[string]any)
			assert.Contains(t, had, map[string]any{"role_id": it, "assignment_scope": "entire_helpdesk", "groups": []int64{}, "workspace_id": int64(2)})
		})
	}
}

// bodyOf is the body of the last call with a method.
func (f *fixture) bodyOf(t *testing.T, method string) string {
	t.Helper()
	reqs := f.sim.Requests()
	for i := len(reqs) - 1; i >= 0; i-- {
		if reqs[i].Method == method {
			return string(reqs[i].Body)
		}
	}
	t.Fatalf("no %s", method)
	return ""
}

// TestUpdateAgent_FlagGoesAlong: §4.6 for agents.
func TestUpdateAgent_FlagGoesAlong(t *testing.T) {
	t.Parallel()
	who := agent(100)
	who.SeesDepartmentTickets = true
	f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{who}}, nil)
	rec, calls, err := f.changed(t, agentRef(100), map[string]any{"address": "Main St 1"})
	require.NoError(t, err)
	assert.True(t, rec.Bool(seesAll))
	assert.Equal(t, []string{"PUT /agents/{id}"}, calls)
	assert.JSONEq(t, `{"address":"Main St 1","`+seesAll+`":true}`, f.lastBody())
}

// TestUpdateAgent_PendingGroups: §5.1: requests that wait for approval are sent
// again, whatever else an update is about, or they are withdrawn.
func TestUpdateAgent_PendingGroups(t *testing.T) {
	t.Parallel()
	for name, resend := range map[string]freshservicetest.PendingResend{
		"to groups": freshservicetest.ResendToGroups, "in lists": freshservicetest.ResendInLists, "always": freshservicetest.ResendAlways,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startManaged(t, &freshservicetest.Options{
				Rules:  freshservicetest.Rules{PendingResend: resend},
				Agents: []freshservicetest.Agent{agent(100)},
				AgentGroups: []freshservicetest.AgentGroup{
					{ID: 81, Name: "Open", Members: []int64{100}},
					{ID: 82, Name: "Closed", Restricted: true, ApprovalRequired: true, PendingMembers: []int64{100}, PendingObservers: []int64{100}},
					{ID: 83, Name: "Watched"},
				},
			}, nil)
			rec, err := f.change(t, t.Context(), agentRef(100), map[string]any{"observer_of": []int64{83}, "address": "x"})
			require.NoError(t, err)
			assert.Equal(t, []string{"81"}, rec.Strings("member_of"))
			assert.Equal(t, []string{"82"}, rec.Strings("member_of_pending_approval"))
			assert.Equal(t, []string{"83"}, rec.Strings("observer_of"))
			assert.Equal(t, []string{"82"}, rec.Strings("observer_of_pending_approval"))
		})
	}
}

// TestUpdateAgent_Profile: §5.4: names, title and phones go in a call of their own,
// whose refusal does not fail the rest.
func TestUpdateAgent_Profile(t *testing.T) {
	t.Parallel()
	put := "PUT /agents/{id}"
	for name, c := range map[string]struct {
		rule         freshservicetest.AgentProfile
		change       map[string]any
		calls        []string
		first, title string
		warns        bool
	}{
		"taken":                {freshservicetest.ProfileAccepted, map[string]any{"first_name": "G", "job_title": "Rear Admiral", "address": "x"}, []string{put, put}, "G", "Rear Admiral", false},
		"not known":            {freshservicetest.ProfileInvalidField, map[string]any{"first_name": "G", "job_title": "Rear Admiral", "address": "x"}, []string{put, put}, "Grace", "Admiral", true},
		"read only":            {freshservicetest.ProfileReadonly, map[string]any{"first_name": "G", "address": "x"}, []string{put, put}, "Grace", "Admiral", true},
		"names are read only":  {freshservicetest.ProfileNamesReadonly, map[string]any{"first_name": "G", "job_title": "Rear Admiral", "address": "x"}, []string{put, put, put}, "Grace", "Rear Admiral", true},
		"taken and not stored": {freshservicetest.ProfileIgnored, map[string]any{"first_name": "G", "address": "x"}, []string{put, put}, "Grace", "Admiral", false},
		"nothing else":         {freshservicetest.ProfileReadonly, map[string]any{"first_name": "G"}, []string{put}, "Grace", "Admiral", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			o := managed()
			o.AgentProfile, o.Logger = freshservice.ProfileOnUpdate, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
			who := agent(100)
			who.SeesDepartmentTickets = true
			f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{who}, Rules: freshservicetest.Rules{AgentProfile: c.rule}}, o)
			rec, calls, err := f.changed(t, agentRef(100), c.change)
			require.NoError(t, err)
			assert.Equal(t, c.first, rec.String("first_name"))
			assert.Equal(t, c.title, rec.String("job_title"))
			assert.True(t, rec.Bool(seesAll))
			if _, also := c.change["address"]; also {
				assert.Equal(t, "x", rec.String("address"))
			}
			assert.Equal(t, c.calls, calls)
			assert.Equal(t, c.warns, log.Len() > 0)
			assert.NotContains(t, log.String(), "Grace")
		})
	}
	for _, status := range []int{403, 409} {
		t.Run(fmt.Sprintf("a %d is no failure", status), func(t *testing.T) {
			t.Parallel()
			o := managed()
			o.AgentProfile = freshservice.ProfileOnUpdate
			f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{agent(100)}}, o)
			f.sim.Fault(freshservicetest.Fault{Method: "PUT", Path: "/api/v2/agents/*", Skip: 1, Status: status})
			rec, _, err := f.changed(t, agentRef(100), map[string]any{"first_name": "G", "address": "x"})
			require.NoError(t, err)
			assert.Equal(t, "Grace", rec.String("first_name"))
			assert.Equal(t, "x", rec.String("address"))
		})
	}
	t.Run("fails where the account cannot be reached", func(t *testing.T) {
		t.Parallel()
		o := managed()
		o.AgentProfile = freshservice.ProfileOnUpdate
		f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{agent(100)}}, o)
		f.sim.Fault(freshservicetest.Fault{Method: "PUT", Path: "/api/v2/agents/*", Times: -1})
		_, err := f.change(t, t.Context(), agentRef(100), map[string]any{"first_name": "G"})
		require.ErrorIs(t, err, connector.Unavailable)
	})
	t.Run("is refused where it is written once", func(t *testing.T) {
		t.Parallel()
		f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{agent(100)}}, nil)
		_, err := f.change(t, t.Context(), agentRef(100), map[string]any{"first_name": "G"})
		require.ErrorIs(t, err, connector.Invalid)
	})
}

// TestAgent_Life: §5.3, §5.4: the answer to a deactivation has the agent, and a
// reactivation makes everybody occasional and takes the flag away.
func TestAgent_Life(t *testing.T) {
	t.Parallel()
	who := agent(100)
	who.SeesDepartmentTickets = true
	f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{who}}, nil)
	for _, c := range []struct {
		act    connector.ActionKind
		want   string
		active bool
	}{
		{connector.Deactivate, "DELETE /agents/{id}", false},
		{connector.Deactivate, "DELETE /agents/{id}", false}, // repeated
		{connector.Activate, "PUT /agents/{id}/reactivate", true},
		{connector.Activate, "PUT /agents/{id}/reactivate", true}, // repeated
	} {
		calls := f.calls(t, func(ctx context.Context) {
			rec, err := f.Act(ctx, agentRef(100), connector.Action{Kind: c.act})
			require.NoError(t, err)
			require.NotNil(t, rec)
			assert.Equal(t, c.active, rec.Bool("active"))
			assert.Equal(t, c.active, rec.Bool("occasional"))
			assert.Equal(t, []string{"IT Agent: member_groups"}, rec.Strings("role_assignments"), "roles stay")
		})
		assert.Equal(t, []string{c.want}, calls)
	}
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"occasional", seesAll}, desc.Object("agent").ResetByActivate)
	assert.False(t, desc.Object("agent").LeavesGroups)
	assert.True(t, desc.Object("requester").LeavesGroups)

	calls := f.calls(t, func(ctx context.Context) {
		_, err = f.Act(ctx, agentRef(100), connector.Action{Kind: connector.Erase})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"DELETE /agents/{id}/forget"}, calls)
	assert.Nil(t, f.sim.Agent(100))
}

// TestAgent_SeatLimit: §5.5: 403 for want of a seat is told from 403 for want of a
// right, and is not tried again.
func TestAgent_SeatLimit(t *testing.T) {
	t.Parallel()
	newcomer := map[string]any{"first_name": "A", "email": "new@example.com", "occasional": false, "role_ids": roleIDs(freshservicetest.ITAgentRole)}
	for _, code := range []string{"access_denied", "require_feature"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			rules := freshservicetest.Rules{SeatLimitCode: code, SeatLimitOnConvert: true, SeatLimitOnReactivate: true}
			idle := agent(101)
			idle.Email, idle.Inactive, idle.Occasional = "idle@example.com", true, true
			daily := agent(102)
			daily.Email, daily.Occasional = "daily@example.com", true
			f := startManaged(t, &freshservicetest.Options{
				FullTimeSeats: 1, Rules: rules, Agents: []freshservicetest.Agent{idle, daily}, Requesters: []freshservicetest.Requester{ada(103)}, Fields: everyField(),
			}, nil)
			calls := f.calls(t, func(ctx context.Context) {
				_, err := f.Create(ctx, "agent", f.record(t, "agent", newcomer))
				require.ErrorIs(t, err, connector.Exhausted)
			})
			assert.Equal(t, []string{"POST /agents", "GET /agents"}, calls, "the right to manage agents is looked for, once")

			part, err := f.change(t, t.Context(), agentRef(102), map[string]any{"address": "x"})
			require.NoError(t, err)
			for what, do := range map[string]func(ctx context.Context) error{
				"POST /agents": func(ctx context.Context) error {
					_, err := f.Create(ctx, "agent", f.record(t, "agent", newcomer))
					return err
				},
				"PUT /agents/{id}": func(ctx context.Context) error {
					_, err := f.Update(ctx, agentRef(102), connector.Change{Base: part, Edits: edits(t, part.Type(), map[string]any{"occasional": false})})
					return err
				},
				"PUT /agents/{id}/reactivate": func(ctx context.Context) error {
					_, err := f.Act(ctx, agentRef(101), connector.Action{Kind: connector.Activate})
					return err
				},
				"PUT /requesters/{id}/convert_to_agent": func(ctx context.Context) error {
					_, err := f.Act(ctx, requesterRef(103), connector.Action{Kind: connector.Convert, To: "agent"})
					return err
				},
			} {
				calls := f.calls(t, func(ctx context.Context) { require.ErrorIs(t, do(ctx), connector.Exhausted, what) })
				assert.Equal(t, []string{what}, calls, "one call")
			}
		})
	}
	t.Run("no right", func(t *testing.T) {
		t.Parallel()
		target := stub(t, func(method, path string) (int, string) {
			return 403, `{"code":"access_denied","message":"x"}`
		})
		_, err := target.Description(t.Context())
		require.ErrorIs(t, err, connector.Denied)
	})
}

// TestAgent_SeatOrRight: a credential that may read agents and not change them
// cannot be told from a full account; one that may do neither can.
func TestAgent_SeatOrRight(t *testing.T) {
	t.Parallel()
	readable := true
	target := stubManaged(t, func(method, path string) (int, string) {
		switch {
		case method == "POST", !readable:
			return 403, `{"code":"access_denied"}`
		default:
			return 200, `{"agents":[]}`
		}
	})
	desc, err := target.Description(t.Context())
	require.NoError(t, err)
	rec := desc.Object("agent").Type.New()
	rec.SetString("first_name", "A")
	rec.SetString("email", "a@example.com")
	rec.Set("role_ids", roleIDs(11))
	_, err = target.Create(t.Context(), "agent", rec)
	require.ErrorIs(t, err, connector.Exhausted)
	readable = false
	_, err = target.Create(t.Context(), "agent", rec)
	require.ErrorIs(t, err, connector.Denied)
}

// TestAgent_Admin: §5.6: by the type of the role, by its name where accounts do not
// tell the type.
func TestAgent_Admin(t *testing.T) {
	t.Parallel()
	for name, old := range map[string]bool{"role_type": false, "scopes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := func(id int64, roles ...int64) freshservicetest.Agent {
				a := agent(id)
				a.Email, a.Roles = fmt.Sprintf("a%d@example.com", id), nil
				for _, r := range roles {
					a.Roles = append(a.Roles, freshservicetest.RoleAssignment{RoleID: r, Scope: "entire_helpdesk", WorkspaceID: 1})
				}
				return a
			}
			f := startManaged(t, &freshservicetest.Options{
				Rules: freshservicetest.Rules{RolesWithScopes: old},
				Agents: []freshservicetest.Agent{
					with(101, freshservicetest.ITAgentRole), with(102, freshservicetest.ITAgentRole, freshservicetest.AccountAdminRole),
					with(103, freshservicetest.AdministratorRole), with(104, freshservicetest.RequesterManagerRole),
				},
			}, nil)
			for id, want := range map[int64]bool{101: false, 102: true, 103: true, 104: !old} {
				rec, err := f.Get(t.Context(), agentRef(id))
				require.NoError(t, err)
				assert.Equal(t, want, rec.Bool("is_admin"), id)
				assert.Empty(t, rec.Strings("role_assignments"), "the global level goes without saying")
			}
		})
	}
}

// TestListAgents_States: §5.3: active and state are parameters of the list.
func TestListAgents_States(t *testing.T) {
	t.Parallel()
	var all []freshservicetest.Agent
	for i, c := range []struct{ occasional, inactive bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		a := agent(101 + int64(i))
		a.Email, a.Occasional, a.Inactive = fmt.Sprintf("a%d@example.com", i), c.occasional, c.inactive
		all = append(all, a)
	}
	f := startManaged(t, &freshservicetest.Options{Agents: all}, nil)
	for filter, c := range map[string]struct {
		want  []int64
		query string
	}{
		`active eq true and occasional eq true`:                             {[]int64{102}, "active=true&per_page=100&state=occasional"},
		`active eq false`:                                                   {[]int64{103, 104}, "active=false&per_page=100"},
		`occasional eq false and active eq false`:                           {[]int64{103}, "active=false&per_page=100&state=fulltime"},
		`active eq false and last_name eq "Hopper"`:                         {[]int64{103, 104}, "query=%22last_name%3A%27Hopper%27%22"},
		`(active eq false or email eq "a0@example.com") and active eq true`: {[]int64{101}, "active=true&per_page=100"},
		`active eq false or first_name eq "Avery"`:                          {[]int64{f.sim.OwnerID(), 103, 104}, "per_page=100"},
	} {
		recs, err := f.find(t.Context(), "agent", filter)
		require.NoError(t, err, filter)
		assert.ElementsMatch(t, c.want, ids(recs), filter)
		reqs := f.sim.Requests()
		assert.Equal(t, c.query, reqs[len(reqs)-1].Query.Encode(), filter)
	}
}
