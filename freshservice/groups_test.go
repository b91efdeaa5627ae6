package freshservice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

func groupRef(object string, id int64) connector.Ref {
	return connector.Ref{Object: object, ID: fmt.Sprint(id)}
}

func refs(object string, ids ...int64) []connector.Ref {
	out := make([]connector.Ref, len(ids))
	for i, id := range ids {
		out[i] = groupRef(object, id)
	}
	return out
}

// edit changes members and returns the codes of the results, Unknown for success.
func (f *fixture) edit(t *testing.T, group connector.Ref, add, remove []connector.Ref) (codes []connector.Code, calls []string, err error) {
	t.Helper()
	var results []error
	calls = f.calls(t, func(ctx context.Context) { results, err = f.EditMembers(ctx, group, add, remove) })
	return codesOf(results), calls, err
}

// codesOf are the codes of results, Unknown for success.
func codesOf(results []error) (codes []connector.Code) {
	for _, e := range results {
		if e == nil {
			codes = append(codes, connector.Unknown)
		} else {
			codes = append(codes, connector.CodeOf(e))
		}
	}
	return codes
}

// crew is an account with agents 101 to 105, of whom 105 is deactivated, and
// requesters 201 to 204.
func crew() freshservicetest.Options {
	var o freshservicetest.Options
	for i := range int64(5) {
		o.Agents = append(o.Agents, freshservicetest.Agent{ID: 101 + i, FirstName: fmt.Sprint("A", i), Email: fmt.Sprintf("a%d@example.com", i), Inactive: i == 4})
	}
	for i := range int64(4) {
		o.Requesters = append(o.Requesters, freshservicetest.Requester{ID: 201 + i, FirstName: fmt.Sprint("R", i), PrimaryEmail: fmt.Sprintf("r%d@example.com", i)})
	}
	return o
}

const ok = connector.Unknown

// TestAgentGroup_Members: §6.1: one read and one write, however many they are.
func TestAgentGroup_Members(t *testing.T) {
	t.Parallel()
	o := crew()
	o.AgentGroups = []freshservicetest.AgentGroup{{ID: 81, Name: "Network", Members: []int64{101}, Observers: []int64{104}}}
	f := startManaged(t, &o, nil)
	group := groupRef("agent_group", 81)
	both := []string{"GET /groups/{id}", "PUT /groups/{id}"}
	for _, c := range []struct {
		add, remove []connector.Ref
		calls       []string
		body        string
	}{
		{refs("agent", 102, 103, 104), refs("agent", 101), both, `{"members":[102,103,104]}`},
		{refs("agent", 102), refs("agent", 101), both[:1], ""}, // it is so already
		{nil, refs("agent", 102, 103, 104), both, `{"members":[]}`},
	} {
		codes, calls, err := f.edit(t, group, c.add, c.remove)
		require.NoError(t, err)
		for _, code := range codes {
			assert.Equal(t, ok, code)
		}
		assert.Equal(t, c.calls, calls)
		if c.body != "" {
			assert.JSONEq(t, c.body, f.lastBody())
		}
	}
	_, _, err := f.edit(t, groupRef("agent_group", 999), refs("agent", 101), nil)
	require.ErrorIs(t, err, connector.NotFound)
}

// TestAgentGroup_PendingStays: §6.1: whoever waits for approval has to be in every
// PUT of a group, and counts as a member.
func TestAgentGroup_PendingStays(t *testing.T) {
	t.Parallel()
	for name, resend := range map[string]freshservicetest.PendingResend{
		"to groups": freshservicetest.ResendToGroups, "in lists": freshservicetest.ResendInLists, "always": freshservicetest.ResendAlways,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := crew()
			o.Rules.PendingResend = resend
			o.AgentGroups = []freshservicetest.AgentGroup{{
				ID: 81, Name: "Closed", Restricted: true, ApprovalRequired: true, Members: []int64{101},
				PendingMembers: []int64{102}, PendingObservers: []int64{103}, PendingLeaders: []int64{104},
			}}
			f := startManaged(t, &o, nil)
			group := groupRef("agent_group", 81)
			waiting := func(members ...int64) {
				t.Helper()
				got := f.sim.AgentGroup(81)
				assert.Equal(t, []int64{101}, got["members"])
				assert.ElementsMatch(t, members, got["members_pending_approval"])
				assert.Equal(t, []int64{103}, got["observers_pending_approval"])
				assert.Equal(t, []int64{104}, got["leaders_pending_approval"])
			}
			codes, calls, err := f.edit(t, group, refs("agent", 102), nil)
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok}, codes)
			assert.Equal(t, []string{"GET /groups/{id}"}, calls, "who waits is as good as in")

			codes, _, err = f.edit(t, group, refs("agent", 103), nil)
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok}, codes)
			waiting(102, 103)

			_, err = f.change(t, t.Context(), group, map[string]any{"description": "behind a door"})
			require.NoError(t, err)
			waiting(102, 103)

			codes, _, err = f.edit(t, group, nil, refs("agent", 102))
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok}, codes)
			waiting(103)

			rec, err := f.Get(t.Context(), group)
			require.NoError(t, err)
			assert.Equal(t, []string{"101"}, rec.Strings("members"), "only those who are in are shown")
		})
	}
}

// TestAgentGroup_OnlyAgents: §6.1: whoever is no agent gets an error of their own,
// the others join.
func TestAgentGroup_OnlyAgents(t *testing.T) {
	t.Parallel()
	o := crew()
	o.AgentGroups = []freshservicetest.AgentGroup{{ID: 81, Name: "Network"}}
	f := startManaged(t, &o, nil)
	group := groupRef("agent_group", 81)
	codes, calls, err := f.edit(t, group, append(refs("requester", 202), refs("agent", 101)...), nil)
	require.NoError(t, err)
	assert.Equal(t, []connector.Code{connector.Invalid, ok}, codes)
	assert.Len(t, calls, 2)

	// The hint may be wrong: 201 is a requester, 999 nobody.
	codes, _, err = f.edit(t, group, refs("agent", 201, 102, 999), nil)
	require.NoError(t, err)
	assert.Equal(t, []connector.Code{connector.Invalid, ok, connector.Invalid}, codes)
	assert.Equal(t, []int64{101, 102}, f.sim.AgentGroup(81)["members"])
}

// TestAgentGroup_Deactivated: §6.1, §13.8: what becomes of a deactivated agent is
// not documented; nobody is said to have joined who has not.
func TestAgentGroup_Deactivated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule freshservicetest.InactiveInGroups
		code connector.Code
	}{
		"not added": {freshservicetest.InactiveNotAdded, connector.Invalid},
		"accepted":  {freshservicetest.InactiveAccepted, ok},
		"refused":   {freshservicetest.InactiveRefused, connector.Invalid},
		"dropped":   {freshservicetest.InactiveDropped, connector.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := crew()
			o.Rules.InactiveInGroups = c.rule
			o.AgentGroups = []freshservicetest.AgentGroup{{ID: 81, Name: "Network"}}
			f := startManaged(t, &o, nil)
			codes, _, err := f.edit(t, groupRef("agent_group", 81), refs("agent", 105, 101), nil)
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{c.code, ok}, codes)
			assert.Contains(t, f.sim.AgentGroup(81)["members"], int64(101))
		})
	}
}

// TestAgentGroup_Workspaces: §6.1: there is no list of all groups, so each workspace
// has its own, one after the other.
func TestAgentGroup_Workspaces(t *testing.T) {
	t.Parallel()
	o := crew()
	o.Workspaces = []freshservicetest.Workspace{{ID: 3, Name: "HR"}, {ID: 4, Name: "Legal"}}
	var want []int64
	for i := range int64(150) {
		o.AgentGroups = append(o.AgentGroups, freshservicetest.AgentGroup{ID: 1000 + i, Name: fmt.Sprintf("G%03d", i), WorkspaceID: 2 + 2*(i%2)})
		want = append(want, 1000+i)
	}
	o.AgentGroups = append(o.AgentGroups, freshservicetest.AgentGroup{ID: 2000, Name: "g001", WorkspaceID: 2})
	want = append(want, 2000)
	f := startManaged(t, &o, nil)
	var recs []*schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		recs, err = f.find(ctx, "agent_group", "")
		require.NoError(t, err)
	})
	assert.ElementsMatch(t, want, ids(recs))
	assert.Equal(t, []string{"GET /workspaces", "GET /groups", "GET /groups", "GET /groups"}, calls)

	recs, err := f.find(t.Context(), "agent_group", `name eq "G001"`)
	require.NoError(t, err)
	assert.ElementsMatch(t, []int64{1001, 2000}, ids(recs), "two workspaces can have a group of one name each")
	recs, err = f.find(t.Context(), "agent_group", `id eq 1001`)
	require.NoError(t, err)
	assert.Equal(t, []int64{1001}, ids(recs))
	for _, cursor := range []string{"x", "2", "2.", "2.0", "-1.1"} {
		_, err = f.List(t.Context(), "agent_group", connector.Query{Cursor: cursor})
		require.ErrorIs(t, err, connector.Invalid, cursor)
	}
}

// TestAgentGroup_Life: created, changed and deleted in one call each.
func TestAgentGroup_Life(t *testing.T) {
	t.Parallel()
	o := crew()
	f := startManaged(t, &o, nil)
	var made *schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		made, err = f.Create(ctx, "agent_group", f.record(t, "agent_group", map[string]any{"name": "Network", "observers": []int64{101}, "restricted": true, "unassigned_for": "1h"}))
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"POST /groups"}, calls)
	assert.Equal(t, int64(2), made.Integer("workspace_id"))

	rec, calls, err := f.changed(t, refOf(made), map[string]any{"name": "Networks", "leaders": []int64{102}, "observers": nil, "escalate_to": 103})
	require.NoError(t, err)
	assert.Equal(t, []string{"PUT /groups/{id}"}, calls)
	assert.JSONEq(t, `{"name":"Networks","leaders":[102],"observers":[],"escalate_to":103}`, f.lastBody())
	assert.Equal(t, "Networks", rec.String("name"))

	for _, want := range []connector.Code{ok, connector.NotFound} {
		calls = f.calls(t, func(ctx context.Context) {
			_, err := f.Act(ctx, refOf(made), connector.Action{Kind: connector.Delete})
			if want == ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, want)
			}
		})
		assert.Equal(t, []string{"DELETE /groups/{id}"}, calls)
	}
}

// TestRequesterGroup_Members: §6.2: one call for each, and a result for each.
func TestRequesterGroup_Members(t *testing.T) {
	t.Parallel()
	o := crew()
	o.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin", Members: []int64{204}}}
	f := start(t, &o, nil)
	group := groupRef("requester_group", 91)
	const add, remove, list = "POST /requester_groups/{id}/members/{member}", "DELETE /requester_groups/{id}/members/{member}", "GET /requester_groups/{id}/members"
	for _, c := range []struct {
		add, remove []connector.Ref
		codes       []connector.Code
		calls       []string
	}{
		{refs("requester", 201, 202, 203), refs("requester", 204), []connector.Code{ok, ok, ok, ok}, []string{add, add, add, remove}},
		{refs("requester", 201), nil, []connector.Code{ok}, []string{add}},
		{nil, refs("requester", 204), []connector.Code{ok}, []string{remove, list}},                           // is not there
		{refs("requester", 999, 204), nil, []connector.Code{connector.Invalid, ok}, []string{add, list, add}}, // nobody
		{refs("requester", 101), nil, []connector.Code{connector.Invalid}, []string{add, list}},               // an agent, whose hint is wrong
	} {
		codes, calls, err := f.edit(t, group, c.add, c.remove)
		require.NoError(t, err)
		assert.Equal(t, c.codes, codes)
		assert.Equal(t, c.calls, calls)
	}
	assert.ElementsMatch(t, []int64{201, 202, 203, 204}, f.sim.Members(91))
	_, _, err := f.edit(t, groupRef("requester_group", 999), refs("requester", 201), nil)
	require.ErrorIs(t, err, connector.NotFound)

	// Members have fewer attributes, and an address of another name.
	page, err := f.ListMembers(t.Context(), group, "")
	require.NoError(t, err)
	require.Len(t, page.Records, 4)
	for _, rec := range page.Records {
		assert.Contains(t, rec.String("primary_email"), "@example.com")
	}
}

// TestRequesterGroup_Repeated: §6.2, §13.8: whatever an account answers about
// somebody who is there, or is not.
func TestRequesterGroup_Repeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 404, 409} {
		o := crew()
		o.Rules.AddMemberAgainStatus, o.Rules.RemoveAbsentMemberStatus = status, status
		if status == 200 {
			o.Rules.RemoveAbsentMemberStatus = 204
		}
		o.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin", Members: []int64{201}}}
		f := start(t, &o, nil)
		codes, _, err := f.edit(t, groupRef("requester_group", 91), refs("requester", 201), refs("requester", 202))
		require.NoError(t, err)
		assert.Equal(t, []connector.Code{ok, ok}, codes, status)
	}
}

// TestRequesterGroup_RuleBased: §6.2: such groups are read only, whatever the
// account answers to a change.
func TestRequesterGroup_RuleBased(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 403, 409} {
		o := crew()
		o.Rules.RuleBasedStatus = status
		o.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "All", RuleBased: true, Members: []int64{201}}}
		f := start(t, &o, nil)
		group := groupRef("requester_group", 91)
		_, calls, err := f.changed(t, group, map[string]any{"name": "Everybody"})
		require.ErrorIs(t, err, connector.ReadOnly)
		assert.Empty(t, calls)
		_, err = f.Act(t.Context(), group, connector.Action{Kind: connector.Delete})
		require.ErrorIs(t, err, connector.ReadOnly)
		codes, _, err := f.edit(t, group, refs("requester", 202, 203), refs("requester", 201))
		require.NoError(t, err)
		assert.Equal(t, []connector.Code{connector.ReadOnly, connector.ReadOnly, connector.ReadOnly}, codes)
		rec, err := f.Get(t.Context(), group)
		require.NoError(t, err)
		assert.Equal(t, "rule_based", rec.String("type"))
		assert.Equal(t, []string{"201"}, rec.Strings("members"))
	}
}

// TestRequesterGroup_Cost: members are read where they are wanted.
func TestRequesterGroup_Cost(t *testing.T) {
	t.Parallel()
	o := crew()
	for i := range int64(3) {
		o.RequesterGroups = append(o.RequesterGroups, freshservicetest.RequesterGroup{ID: 91 + i, Name: fmt.Sprint("G", i), Members: []int64{201, 202}})
	}
	f := start(t, &o, nil)
	const one, all, members = "GET /requester_groups/{id}", "GET /requester_groups", "GET /requester_groups/{id}/members"
	for name, c := range map[string]struct {
		do    func(ctx context.Context) error
		calls []string
	}{
		"get": {func(ctx context.Context) error { _, err := f.Get(ctx, groupRef("requester_group", 91)); return err }, []string{one, members}},
		"get without": {func(ctx context.Context) error {
			_, err := f.GetWithout(ctx, groupRef("requester_group", 91), "members")
			return err
		}, []string{one}},
		"list": {func(ctx context.Context) error {
			_, err := f.List(ctx, "requester_group", connector.Query{})
			return err
		}, []string{all, members, members, members}},
		"list without": {func(ctx context.Context) error {
			_, err := f.List(ctx, "requester_group", connector.Query{Omit: []string{"members"}})
			return err
		}, []string{all}},
		"by name": {func(ctx context.Context) error { _, err := f.find(ctx, "requester_group", `name eq "g1"`); return err }, []string{all, members}},
	} {
		assert.Equal(t, c.calls, f.calls(t, func(ctx context.Context) { require.NoError(t, c.do(ctx)) }), name)
	}
}

// TestRequesterGroup_Life: the name goes with every update (§6.2).
func TestRequesterGroup_Life(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	made, err := f.Create(t.Context(), "requester_group", f.record(t, "requester_group", map[string]any{"name": "Berlin"}))
	require.NoError(t, err)
	assert.Equal(t, "manual", made.String("type"))
	rec, calls, err := f.changed(t, refOf(made), map[string]any{"description": "x"})
	require.NoError(t, err)
	assert.Equal(t, []string{"PUT /requester_groups/{id}"}, calls)
	assert.JSONEq(t, `{"name":"Berlin","description":"x"}`, f.lastBody())
	assert.Equal(t, "x", rec.String("description"))
	_, err = f.Act(t.Context(), refOf(made), connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	assert.Empty(t, f.sim.RequesterGroups())
}

// TestDepartment_Members: they are the people who have the department; each is read
// and written, with the other departments and the flag (§4.6).
func TestDepartment_Members(t *testing.T) {
	t.Parallel()
	o := crew()
	o.Departments = []freshservicetest.Department{{ID: 41, Name: "Sales"}, {ID: 42, Name: "Tours"}}
	o.Requesters[0].DepartmentIDs, o.Requesters[0].SeesDepartmentTickets = []int64{41}, true
	o.Agents[0].DepartmentIDs = []int64{42}
	opts := managed()
	opts.Departments = freshservice.DepartmentsAsGroups
	f := startManaged(t, &o, opts)
	group := groupRef("department", 42)
	// 101 is an agent, whatever the caller saw: nobody stays in who is to leave.
	codes, calls, err := f.edit(t, group, append(refs("requester", 201, 999), refs("agent", 102)...), refs("requester", 101))
	require.NoError(t, err)
	assert.Equal(t, []connector.Code{ok, connector.NotFound, ok, ok}, codes)
	assert.Equal(t, []string{"GET /departments/{id}", "GET /requesters/{id}", "PUT /requesters/{id}", "GET /requesters/{id}", "GET /agents/{id}",
		"GET /agents/{id}", "PUT /agents/{id}", "GET /requesters/{id}", "GET /agents/{id}", "PUT /agents/{id}"}, calls)
	assert.Empty(t, f.sim.Agent(101)["department_ids"])
	assert.Equal(t, []int64{41, 42}, f.sim.Requester(201)["department_ids"])
	assert.Equal(t, true, f.sim.Requester(201)[seesAll])

	// The search does not know it yet (§4.5), and soon it does.
	for range 2 {
		rec, err := f.Get(t.Context(), group)
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{"201", "102"}, rec.Strings("members"))
		page, err := f.ListMembers(t.Context(), group, "")
		require.NoError(t, err)
		objects := map[string]string{}
		for _, rec := range page.Records {
			objects[rec.String("id")] = rec.Type().Name()
		}
		assert.Equal(t, map[string]string{"201": "requester", "102": "agent"}, objects)
		f.clock.Advance(20 * time.Minute)
	}
	_, calls, err = f.edit(t, group, refs("requester", 201), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"GET /departments/{id}", "GET /requesters/{id}"}, calls, "nothing to write")

	// Who leaves another way, or is erased, is not remembered as a member.
	_, _, err = f.edit(t, group, refs("requester", 202, 203), nil)
	require.NoError(t, err)
	_, err = f.change(t, t.Context(), requesterRef(202), map[string]any{"department_ids": nil})
	require.NoError(t, err)
	_, err = f.Act(t.Context(), requesterRef(203), connector.Action{Kind: connector.Erase})
	require.NoError(t, err)
	rec, err := f.Get(t.Context(), group)
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"201", "102"}, rec.Strings("members"))
	_, _, err = f.edit(t, groupRef("department", 999), refs("requester", 201), nil)
	require.ErrorIs(t, err, connector.NotFound)
}

// TestDepartment_Paged: the search gives 30 people at a time (§3).
func TestDepartment_Paged(t *testing.T) {
	t.Parallel()
	o := freshservicetest.Options{Departments: []freshservicetest.Department{{ID: 42, Name: "Tours"}}}
	for i := range int64(70) {
		o.Requesters = append(o.Requesters, freshservicetest.Requester{ID: 1000 + i, FirstName: "R", PrimaryEmail: fmt.Sprintf("r%d@example.com", i), DepartmentIDs: []int64{42}})
	}
	f := start(t, &o, &freshservice.Options{Departments: freshservice.DepartmentsAsGroups})
	group := groupRef("department", 42)
	_, _, err := f.edit(t, group, nil, refs("requester", 1000, 1069))
	require.NoError(t, err)
	rec, err := f.Get(t.Context(), group)
	require.NoError(t, err)
	assert.Len(t, rec.Strings("members"), 68)
	rec, err = f.GetWithout(t.Context(), group, "members")
	require.NoError(t, err)
	assert.False(t, rec.Has("members"))
}

// TestDepartment_CustomFields: §7.1: departments have custom fields of their own,
// whose descriptors tell no type.
func TestDepartment_CustomFields(t *testing.T) {
	t.Parallel()
	for name, replaces := range map[string]bool{"merged": false, "replaced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{
				DepartmentFields: []freshservicetest.DepartmentField{{Name: "cost_center", Required: true}, {Name: "floor"}},
				Rules:            freshservicetest.Rules{CustomFieldsReplace: replaces},
			}, &freshservice.Options{Departments: freshservice.DepartmentsAsGroups})
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			a := desc.Object("department").Type.Lookup("custom_fields.cost_center")
			require.NotNil(t, a)
			assert.True(t, a.Custom && a.Required)
			assert.Equal(t, schema.Any, a.Type)
			_, err = f.Create(t.Context(), "department", f.record(t, "department", map[string]any{"name": "Tours"}))
			require.ErrorIs(t, err, connector.Invalid)
			assert.Equal(t, "custom_fields.cost_center", errorOf(t, err).Field)
			made, err := f.Create(t.Context(), "department", f.record(t, "department", map[string]any{"name": "Tours", "custom_fields.cost_center": "C-1", "custom_fields.floor": 2}))
			require.NoError(t, err)
			rec, err := f.change(t, t.Context(), refOf(made), map[string]any{"custom_fields.floor": 3})
			require.NoError(t, err)
			assert.Equal(t, "C-1", rec.String("custom_fields.cost_center"))
			assert.Equal(t, int64(3), rec.Integer("custom_fields.floor"))
		})
	}
}

// TestDepartment_Life: the name goes with every update (§7.1).
func TestDepartment_Life(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}, Fields: everyField()}, &freshservice.Options{Departments: freshservice.DepartmentsAsGroups})
	made, err := f.Create(t.Context(), "department", f.record(t, "department", map[string]any{"name": "Tours", "domains": []string{"tours.example.com"}}))
	require.NoError(t, err)
	rec, calls, err := f.changed(t, refOf(made), map[string]any{"head_user_id": 100, "description": "x"})
	require.NoError(t, err)
	assert.Equal(t, []string{"PUT /departments/{id}"}, calls)
	assert.JSONEq(t, `{"name":"Tours","head_user_id":100,"description":"x"}`, f.lastBody())
	assert.Equal(t, int64(100), rec.Integer("head_user_id"))
	_, err = f.Act(t.Context(), refOf(made), connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	assert.Empty(t, f.sim.Departments())
}
