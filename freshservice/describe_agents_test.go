package freshservice_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// TestDescribe_AgentFields: §8.1: agents have descriptors and names of their own.
func TestDescribe_AgentFields(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		AgentFields: []freshservicetest.AgentField{
			{Name: "shift", Label: "Shift", Type: freshservicetest.TextField, Required: true},
			{Name: "pager", Type: freshservicetest.PhoneField}, {Name: "started", Type: freshservicetest.DateField},
		},
		Fields: []freshservicetest.RequesterField{{Name: "nick", Type: freshservicetest.TextField}},
	}, managed())
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	o := desc.Object("agent")
	assert.False(t, o.ReadOnly || o.Unserved)
	shift := o.Type.Lookup("custom_fields.shift")
	require.NotNil(t, shift)
	assert.True(t, shift.Required && shift.Custom)
	assert.Equal(t, "Shift", shift.Description)
	assert.Equal(t, schema.Date, o.Type.Lookup("custom_fields.started").Type)
	assert.Nil(t, o.Type.Lookup("custom_fields.nick"))
	assert.Nil(t, desc.Object("requester").Type.Lookup("custom_fields.shift"))
	assert.Equal(t, schema.Immutable, o.Type.Lookup("first_name").Mutability)
	assert.Equal(t, "is_admin", o.Admin)
	assert.Contains(t, o.Sparse, "custom_fields.shift")
	assert.Equal(t, agentRef(f.sim.OwnerID()), desc.Owner)

	// The same types while nothing changes, others when either form does.
	again, err := f.Refresh(t.Context())
	require.NoError(t, err)
	assert.Same(t, o.Type, again.Object("agent").Type)
	f.sim.AddAgentField(freshservicetest.AgentField{Name: "desk", Type: freshservicetest.TextField})
	changed, err := f.Refresh(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, desc.Version, changed.Version)
	assert.NotNil(t, changed.Object("agent").Type.Lookup("custom_fields.desk"))
	assert.Equal(t, desc.Owner, changed.Owner)
}

func TestDescribe_AgentProfile(t *testing.T) {
	t.Parallel()
	o := managed()
	o.AgentProfile = freshservice.ProfileOnUpdate
	desc, err := start(t, nil, o).Description(t.Context())
	require.NoError(t, err)
	for _, name := range []string{"first_name", "last_name", "job_title", "work_phone_number", "mobile_phone_number"} {
		assert.Equal(t, schema.ReadWrite, desc.Object("agent").Type.Lookup(name).Mutability, name)
	}
}

func TestDescribe_Calls(t *testing.T) {
	t.Parallel()
	f := start(t, nil, managed())
	for _, want := range [][]string{
		{"GET /api/v2/requester_fields", "GET /api/v2/agent_fields", "GET /api/v2/agents"},
		{"GET /api/v2/requester_fields", "GET /api/v2/agent_fields"}, // the owner is known
	} {
		before := len(f.sim.Requests())
		_, err := f.Refresh(t.Context())
		require.NoError(t, err)
		var got []string
		for _, r := range f.sim.Requests()[before:] {
			got = append(got, r.Method+" "+r.Path)
		}
		assert.Equal(t, want, got)
	}
}

// TestDescribe_Owner: without knowing whose the credential is, nobody is served.
func TestDescribe_Owner(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}, Fields: everyField()},
		&freshservice.Options{Agents: freshservice.AgentsManaged, Owner: "ada@example.com"})
	_, err := f.Description(t.Context())
	require.ErrorIs(t, err, connector.Precondition)
	assert.Contains(t, errorOf(t, err).Reason, "setting owner")
	assert.NotContains(t, err.Error(), "ada@")

	f = start(t, nil, &freshservice.Options{Owner: "Admin@example.com"})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, agentRef(f.sim.OwnerID()), desc.Owner, "whose key it is can be said where agents are left alone, too")
}

func TestDescribe_Groups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o                        *freshservice.Options
		agentGroups, departments bool
	}{
		"as it is":    {nil, false, false},
		"agents":      {managed(), true, false},
		"departments": {&freshservice.Options{Departments: freshservice.DepartmentsAsGroups}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desc, err := start(t, nil, c.o).Description(t.Context())
			require.NoError(t, err)
			for object, want := range map[string]struct {
				tag    string
				served bool
			}{
				"requester_group": {"rg", true}, "agent_group": {"ag", c.agentGroups}, "department": {"dp", c.departments},
				"location": {"lo", false}, "agent_role": {"ro", false}, "workspace": {"ws", false},
			} {
				o := desc.Object(object)
				require.NotNil(t, o, object)
				assert.Equal(t, want.tag, o.Tag, object)
				assert.Equal(t, want.served, !o.Unserved, object)
				assert.Equal(t, want.served, o.Can(connector.Delete), object)
			}
			department := desc.Object("department")
			assert.False(t, department.ReadOnly, "references can make one")
			assert.Equal(t, c.departments, department.Members)
			assert.Equal(t, c.departments, department.Type.Slot("members") != schema.NoSlot)
		})
	}
}

func TestNew_RefusesWrongAgentSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		o     freshservice.Options
		field string
	}{
		"no owner":      {freshservice.Options{Agents: freshservice.AgentsManaged}, "settings.owner"},
		"owner":         {freshservice.Options{Owner: "admin"}, "settings.owner"},
		"agents":        {freshservice.Options{Agents: "some"}, "settings.agents"},
		"agent profile": {freshservice.Options{AgentProfile: "never"}, "settings.agent_profile"},
		"departments":   {freshservice.Options{Departments: "no"}, "settings.departments"},
	} {
		_, err := freshservice.New("acme", freshservice.APIKey("k"), &c.o)
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, name)
		assert.Equal(t, c.field, wrong.Field, name)
	}
}

// TestApplication_AgentSettings: the settings reach the connection.
func TestApplication_AgentSettings(t *testing.T) {
	t.Parallel()
	sim := freshservicetest.NewServer(nil)
	t.Cleanup(sim.Close)
	reg, err := connector.NewRegistry(freshservice.Application(&freshservice.Options{BaseURL: sim.URL + "/api/v2"}))
	require.NoError(t, err)
	s, err := connector.NewSettings(map[string]any{
		"subdomain": "acme", "agents": "managed", "owner": "admin@example.com", "agent_profile": "update", "departments": "groups",
	}, map[string]any{"api_key": sim.APIKey()})
	require.NoError(t, err)
	target, err := reg.Open(t.Context(), "freshservice", s)
	require.NoError(t, err)
	desc, err := target.Description(t.Context())
	require.NoError(t, err)
	assert.False(t, desc.Object("agent").Unserved)
	assert.False(t, desc.Object("department").Unserved)
	assert.Equal(t, schema.ReadWrite, desc.Object("agent").Type.Lookup("job_title").Mutability)
}

// TestCheck_Agents: everything that is served is tried, and the agent whose
// credential it is said to be is looked at (§1.2).
func TestCheck_Agents(t *testing.T) {
	t.Parallel()
	f := start(t, nil, managed())
	require.NoError(t, f.Check(t.Context()))
	var paths []string
	for _, r := range f.sim.Requests() {
		paths = append(paths, r.Path[len("/api/v2/"):])
	}
	assert.Equal(t, []string{"requester_fields", "requesters", "agents", "departments", "locations", "requester_groups",
		"agent_fields", "roles", "workspaces", "groups", "agents"}, paths)

	f = start(t, &freshservicetest.Options{Keys: []freshservicetest.Key{{Value: "k", Without: []freshservicetest.Permission{
		freshservicetest.ManageAgents, freshservicetest.ViewRoles, freshservicetest.ViewAgentGroups, freshservicetest.ViewWorkspaces,
		freshservicetest.ViewLocations, freshservicetest.ViewDepartments,
	}}}}, managed())
	err := f.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Equal(t, "the agent whose credential is used may not: manage agents; view departments; view locations; view the fields of agents; "+
		"view agent roles; view workspaces; view agent groups", errorOf(t, err).Reason)
}

func TestCheck_Owner(t *testing.T) {
	t.Parallel()
	idle, other := agent(100), agent(101)
	idle.Email, idle.Inactive = "idle@example.com", true
	for owner, want := range map[string]string{
		"nobody@example.com": "no agent of the account has it",
		"idle@example.com":   "the agent who has it is deactivated",
		"grace@example.com":  "the agent who has it may not use an API key",
		"ADMIN@example.com":  "",
	} {
		f := start(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{idle, other}}, &freshservice.Options{Agents: freshservice.AgentsManaged, Owner: owner})
		err := f.Check(t.Context())
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, connector.Precondition, owner)
		assert.Equal(t, "the setting owner has to be the address of the agent whose credential is used: "+want, errorOf(t, err).Reason)
	}
}

// TestCatalog_IsReadAgain: roles and groups are remembered, and read again when
// something is named that they lack.
func TestCatalog_IsReadAgain(t *testing.T) {
	t.Parallel()
	f := startManaged(t, &freshservicetest.Options{Agents: []freshservicetest.Agent{agent(100)}}, nil)
	get := func() []string {
		return f.calls(t, func(ctx context.Context) {
			_, err := f.Get(ctx, agentRef(100))
			require.NoError(t, err)
		})
	}
	assert.Equal(t, []string{"GET /agents/{id}"}, get())
	f.clock.Advance(4 * time.Minute)
	role := f.sim.AddRole(freshservicetest.Role{Name: "Night Shift"})
	rec, calls, err := f.changed(t, agentRef(100), map[string]any{"role_assignments": []string{"night shift: assigned_items"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /roles", "PUT /agents/{id}"}, calls)
	assert.True(t, rec.Get("role_ids").Contains(schema.IntegerValue(role)))

	// A name that nobody has does not make a call each time.
	for _, want := range []int{0, 0} {
		_, calls, err := f.changed(t, agentRef(100), map[string]any{"role_assignments": []string{"Nobody"}})
		require.ErrorIs(t, err, connector.Invalid)
		assert.NotContains(t, err.Error(), "Nobody")
		assert.Len(t, calls, want)
	}
}
