package freshservice_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// TestConvert_ToAgent: §4.8: one call, the same id, an occasional agent with one
// role for the whole help desk, and no groups.
func TestConvert_ToAgent(t *testing.T) {
	t.Parallel()
	who := ada(100)
	who.SeesDepartmentTickets = true
	f := startManaged(t, &freshservicetest.Options{
		Requesters: []freshservicetest.Requester{who}, RequesterGroups: []freshservicetest.RequesterGroup{{ID: 91, Name: "Crew", Members: []int64{100}}},
		Fields:      []freshservicetest.RequesterField{{Name: "nick", Type: freshservicetest.TextField}, {Name: "badge_color", Type: freshservicetest.TextField}},
		AgentFields: []freshservicetest.AgentField{{Name: "nick", Type: freshservicetest.TextField}},
	}, nil)
	act := connector.Action{Kind: connector.Convert, To: "agent"}
	calls := f.calls(t, func(ctx context.Context) {
		rec, err := f.Act(ctx, requesterRef(100), act)
		require.NoError(t, err)
		assert.Equal(t, "agent", rec.Type().Name())
		assert.Equal(t, "ada@example.com", rec.String("email"))
		assert.True(t, rec.Bool("occasional"))
		assert.True(t, rec.Get("role_ids").Equal(roleIDs(freshservicetest.SDAgentRole)))
		assert.Empty(t, rec.Strings("role_assignments"))
		assert.Empty(t, rec.Strings("member_of"))
		assert.Equal(t, "Enchantress", rec.String("custom_fields.nick"), "what both forms have is carried over")
	})
	assert.Equal(t, []string{"PUT /requesters/{id}/convert_to_agent"}, calls)
	assert.Empty(t, f.sim.Requests()[len(f.sim.Requests())-1].Body)

	// Repeated, it looks whether it has been done.
	calls = f.calls(t, func(ctx context.Context) {
		rec, err := f.Act(ctx, requesterRef(100), act)
		require.NoError(t, err)
		assert.Equal(t, "agent", rec.Type().Name())
	})
	assert.Equal(t, []string{"PUT /requesters/{id}/convert_to_agent", "GET /agents/{id}"}, calls)

	_, err := f.Get(t.Context(), requesterRef(100))
	require.ErrorIs(t, err, connector.NotFound)
	_, err = f.Act(t.Context(), requesterRef(999), act)
	require.ErrorIs(t, err, connector.NotFound)
	_, err = f.Act(t.Context(), requesterRef(100), connector.Action{Kind: connector.Convert, To: "user"})
	require.ErrorIs(t, err, connector.Unsupported)
}

// TestConvert_ToRequester: §5.4: id and profile stay, roles and groups go.
func TestConvert_ToRequester(t *testing.T) {
	t.Parallel()
	f := startManaged(t, &freshservicetest.Options{
		Agents: []freshservicetest.Agent{agent(100)}, AgentGroups: []freshservicetest.AgentGroup{{ID: 81, Name: "Network", Members: []int64{100}}},
	}, nil)
	act := connector.Action{Kind: connector.Convert, To: "requester"}
	for _, want := range [][]string{
		{"PUT /agents/{id}/convert_to_requester"},
		{"PUT /agents/{id}/convert_to_requester", "GET /requesters/{id}"},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			rec, err := f.Act(ctx, agentRef(100), act)
			require.NoError(t, err)
			assert.Equal(t, "requester", rec.Type().Name())
			assert.Equal(t, "grace@example.com", rec.String("primary_email"))
			assert.Equal(t, "Admiral", rec.String("job_title"))
		})
		assert.Equal(t, want, calls)
	}
	assert.Empty(t, f.sim.AgentGroup(81)["members"])
}

// TestConvert_Refused: whoever is deactivated, and whoever has no address, cannot
// become an agent in every account.
func TestConvert_Refused(t *testing.T) {
	t.Parallel()
	idle, phone := ada(100), freshservicetest.Requester{ID: 101, FirstName: "P", WorkPhone: "1"}
	idle.Inactive = true
	f := startManaged(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{idle, phone}, Fields: everyField()}, nil)
	act := connector.Action{Kind: connector.Convert, To: "agent"}
	_, err := f.Act(t.Context(), requesterRef(100), act)
	require.ErrorIs(t, err, connector.Conflict)
	_, err = f.Act(t.Context(), requesterRef(101), act)
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, "email", errorOf(t, err).Field)
	assert.Len(t, f.sim.Requesters(), 2)
}

// TestConvert_WithoutAgents: a connection that leaves agents alone makes none.
func TestConvert_WithoutAgents(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}, Fields: everyField()}, nil)
	_, err := f.Act(t.Context(), requesterRef(100), connector.Action{Kind: connector.Convert, To: "agent"})
	require.ErrorIs(t, err, connector.Unsupported)
	for _, object := range []string{"agent", "agent_group"} {
		desc, err := f.Description(t.Context())
		require.NoError(t, err)
		assert.True(t, desc.Object(object).Unserved && desc.Object(object).ReadOnly, object)
	}
}

// TestKin: §4.3: one list of requesters and agents, each of its own type, filtered
// by what means the same for both.
func TestKin(t *testing.T) {
	t.Parallel()
	f := startManaged(t, &freshservicetest.Options{
		IndexLag:    freshservicetest.NoIndexLag,
		Departments: []freshservicetest.Department{{ID: 41, Name: "Navy"}},
		Requesters:  []freshservicetest.Requester{ada(100), {ID: 101, FirstName: "Grace", PrimaryEmail: "other@example.com", DepartmentIDs: []int64{41}}},
		Agents:      []freshservicetest.Agent{agent(102), {ID: 103, FirstName: "Idle", Email: "idle@example.com", Inactive: true, DepartmentIDs: []int64{41}}},
		Fields:      everyField(),
	}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	requester, agent := desc.Object("requester"), desc.Object("agent")
	assert.Equal(t, []string{"agent"}, requester.Kin)
	owner := f.sim.OwnerID()
	for filter, want := range map[string][]int64{
		"":                                     {100, 101, 102, 103, owner},
		`id eq 102`:                            {102},
		`id eq 100`:                            {100},
		`id eq 999`:                            nil,
		`primary_email eq "grace@example.com"`: {102},
		`first_name eq "Grace"`:                {101, 102},
		`first_name sw "gr" and last_name eq "Hopper"`:     {102},
		`department_ids eq 41`:                             {101, 103},
		`primary_email eq "Idle@example.com" or id eq 100`: {100, 103},
	} {
		q := connector.Query{Kin: true}
		if filter != "" {
			q.Filter = mustFilter(filter)
		}
		var got []int64
		for rec, err := range f.All(t.Context(), "requester", q) {
			require.NoError(t, err, filter)
			id := rec.Integer("id")
			got = append(got, id)
			isAgent := id == 102 || id == 103 || id == owner
			require.Equal(t, isAgent, rec.Type() == agent.Type, filter)
			full, err := f.Get(t.Context(), desc.ObjectOf(rec.Type()).RefOf(rec))
			require.NoError(t, err)
			if isAgent && !hasID(filter) {
				for _, name := range agent.Sparse {
					full.Set(name, unset)
				}
			}
			rec.Set("can_see_all_changes_from_associated_departments", unset) // of requesters' attributes alone
			full.Set("can_see_all_changes_from_associated_departments", unset)
			for s := range schema.Slot(rec.Type().Len()) {
				a := rec.Type().Attribute(s)
				assert.True(t, schema.SameValue(a, full.At(s), rec.At(s)), "%s: %d: %s", filter, id, a.Name)
			}
		}
		assert.ElementsMatch(t, want, got, filter)
	}
	for _, name := range requester.KinFilter {
		assert.False(t, requester.Type.Lookup(name).Custom, name)
	}
	assert.Contains(t, agent.Sparse, "role_ids")
	assert.Contains(t, agent.Sparse, "is_admin")
	assert.NotContains(t, agent.Sparse, "email")

	// Without being asked for, agents are left out.
	recs, err := f.find(t.Context(), "requester", "")
	require.NoError(t, err)
	assert.ElementsMatch(t, []int64{100, 101}, ids(recs))
}
