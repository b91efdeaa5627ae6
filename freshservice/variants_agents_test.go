package freshservice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestVariants_Agents takes an agent through a life, with groups of every kind,
// under every doubtful rule of the vendor's, one at a time.
func TestVariants_Agents(t *testing.T) {
	t.Parallel()
	for _, v := range freshservicetest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			o := crew()
			o.Rules, o.IndexLag = v.Rules, freshservicetest.NoIndexLag
			o.Workspaces = []freshservicetest.Workspace{{ID: 3, Name: "HR"}}
			o.Departments = []freshservicetest.Department{{ID: 41, Name: "Sales"}, {ID: 42, Name: "Tours"}}
			o.AgentFields = []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField}, {Name: "nick", Type: freshservicetest.TextField}}
			o.AgentGroups = []freshservicetest.AgentGroup{
				{ID: 81, Name: "Network", Members: []int64{101}}, {ID: 82, Name: "Payroll", WorkspaceID: 3},
				{ID: 83, Name: "Closed", Restricted: true, ApprovalRequired: true, PendingMembers: []int64{102}},
			}
			o.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin"}, {ID: 92, Name: "All", RuleBased: true}}
			opts := managed()
			opts.AgentProfile, opts.Departments = freshservice.ProfileOnUpdate, freshservice.DepartmentsAsGroups
			f := startManaged(t, &o, opts)
			ctx := t.Context()

			made, err := f.Create(ctx, "agent", f.record(t, "agent", map[string]any{
				"first_name": "Grace", "email": "grace@example.com", "job_title": "Admiral", "occasional": false, "external_id": "E-1",
				"role_ids": roleIDs(freshservicetest.ITAgentRole, freshservicetest.SupervisorRole), "role_assignments": []string{"IT Agent: specified_groups: Network"},
				"department_ids": []int64{41}, "workspace_ids": []int64{2, 3}, "signature": "x", "custom_fields.shift": "early", "custom_fields.nick": "G",
				seesAll: true,
			}))
			require.NoError(t, err)
			ref := refOf(made)
			got, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, got.Equal(made))
			assert.False(t, got.Bool("occasional") || got.Bool("is_admin"))
			assert.Equal(t, []string{"IT Agent: specified_groups: Network"}, got.Strings("role_assignments"))
			found, err := f.find(ctx, "agent", `email eq "grace@example.com"`)
			require.NoError(t, err)
			assert.Len(t, found, 1)

			// An edit leaves everything else alone, whatever becomes of the profile.
			after, err := f.change(t, ctx, ref, map[string]any{"job_title": "Rear Admiral", "signature": nil, "custom_fields.shift": "late", "language": "de"})
			require.NoError(t, err)
			stored, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, stored.Equal(after))
			assert.Empty(t, stored.String("signature"))
			assert.Equal(t, "late", stored.String("custom_fields.shift"))
			assert.Equal(t, "G", stored.String("custom_fields.nick"))
			assert.True(t, stored.Bool(seesAll))
			if v.Rules.AgentProfile == freshservicetest.ProfileAccepted && len(v.Rules.SilentlyIgnores) == 0 {
				assert.Equal(t, "Rear Admiral", stored.String("job_title"))
			}

			// Groups: who waits goes on waiting.
			for group, who := range map[int64][]connector.Ref{81: {ref}, 83: {ref}} {
				codes, _, err := f.edit(t, groupRef("agent_group", group), who, nil)
				require.NoError(t, err)
				assert.Equal(t, []connector.Code{ok}, codes)
			}
			_, err = f.change(t, ctx, groupRef("agent_group", 83), map[string]any{"description": "x"})
			require.NoError(t, err)
			rec, err := f.Get(ctx, groupRef("agent_group", 83))
			require.NoError(t, err)
			assert.ElementsMatch(t, []string{"102", ref.ID}, rec.Strings("members_pending_approval"))
			stored, err = f.change(t, ctx, ref, map[string]any{"observer_of": []int64{82}, "address": "y"})
			require.NoError(t, err)
			assert.Equal(t, []string{"81"}, stored.Strings("member_of"))
			assert.Equal(t, []string{"83"}, stored.Strings("member_of_pending_approval"))

			codes, _, err := f.edit(t, groupRef("requester_group", 91), refs("requester", 201, 202), refs("requester", 203))
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok, ok, ok}, codes)
			codes, _, err = f.edit(t, groupRef("requester_group", 91), refs("requester", 201), refs("requester", 203))
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok, ok}, codes)
			codes, _, err = f.edit(t, groupRef("requester_group", 92), refs("requester", 201), nil)
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{connector.ReadOnly}, codes)
			codes, _, err = f.edit(t, groupRef("department", 42), append(refs("requester", 201), ref), nil)
			require.NoError(t, err)
			assert.Equal(t, []connector.Code{ok, ok}, codes)

			// Out of use and back; repeated, it is as it was.
			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Deactivate})
				require.NoError(t, err)
			}
			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Activate})
				require.NoError(t, err)
			}
			stored, err = f.change(t, ctx, ref, map[string]any{"occasional": false, seesAll: true})
			require.NoError(t, err)
			assert.False(t, stored.Bool("occasional"))
			assert.Equal(t, []string{"IT Agent: specified_groups: Network"}, stored.Strings("role_assignments"))

			// To a requester and back to an agent, who starts anew.
			for range 2 {
				rec, err = f.Act(ctx, ref, connector.Action{Kind: connector.Convert, To: "requester"})
				require.NoError(t, err)
				assert.Equal(t, "grace@example.com", rec.String("primary_email"))
			}
			_, err = f.Get(ctx, ref)
			require.ErrorIs(t, err, connector.NotFound)
			rec, err = f.Act(ctx, refOf(rec), connector.Action{Kind: connector.Convert, To: "agent"})
			require.NoError(t, err)
			assert.Equal(t, "agent", rec.Type().Name())
			assert.True(t, rec.Bool("occasional"))
			assert.NotEmpty(t, rec.Get("role_ids").Strings())

			f.clock.Advance(time.Hour)
			all := map[string]int{}
			for rec, err := range f.All(ctx, "requester", connector.Query{Kin: true}) {
				require.NoError(t, err)
				all[rec.Type().Name()]++
			}
			agents := 5 + 2 // the owner and the new one
			if v.Rules.ListHidesInactive {
				agents--
			}
			assert.Equal(t, agents, all["agent"])
			assert.Equal(t, 4, all["requester"])

			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Erase})
				require.NoError(t, err)
			}
			_, err = f.Get(ctx, ref)
			assert.ErrorIs(t, err, connector.NotFound)
		})
	}
}
