package zendesk_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func organization(id string) connector.Ref {
	return connector.Ref{Object: zendesk.ObjectOrganization, ID: id}
}

// members are the ids of a record's members.
func members(rec *schema.Record) []string {
	out := rec.Strings("members")
	slices.Sort(out)
	return out
}

func TestGroup_Life(t *testing.T) {
	t.Parallel()
	f := start(t, desks(3), nil)
	var rec *schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		rec, err = f.Create(ctx, zendesk.ObjectGroup, f.record(t, zendesk.ObjectGroup, map[string]any{"name": "Field service", "description": "out"}))
		require.NoError(t, err)
		rec, err = f.blind(t, ctx, refOf(rec), map[string]any{"description": "out and about"})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"POST /groups", "PUT /groups/{id}"}, calls)
	assert.Equal(t, [2]string{"Field service", "out and about"}, [2]string{rec.String("name"), rec.String("description")})

	f.edit(t, refOf(rec), agents(0, 2), nil)
	var got *schema.Record
	assert.Equal(t, []string{getGroup, membersOfGroup}, f.calls(t, func(ctx context.Context) {
		var err error
		got, err = f.Get(ctx, refOf(rec))
		require.NoError(t, err)
	}))
	assert.Equal(t, []string{"2000", "2001"}, members(got))
	assert.Equal(t, []string{getGroup}, f.calls(t, func(ctx context.Context) {
		_, err := f.GetWithout(ctx, refOf(rec), "members")
		require.NoError(t, err)
	}))
	_, err := f.Act(t.Context(), refOf(rec), connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	_, err = f.Get(t.Context(), refOf(rec))
	require.ErrorIs(t, err, connector.NotFound)
}

// TestGroup_NamesAreAsTheAccountIsSet: only an account with the setting refuses a
// second group of one name (reference, 6.1).
func TestGroup_NamesAreAsTheAccountIsSet(t *testing.T) {
	t.Parallel()
	for _, unique := range []bool{false, true} {
		for _, rules := range []zendesktest.Rules{{}, {DetailsWithoutCodes: true}} {
			account := desks(0)
			settings := zendesktest.DefaultSettings()
			settings.GroupNamesUnique = unique
			account.Settings, account.Rules = &settings, rules
			f := start(t, account, nil)
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			_, err = f.Create(t.Context(), zendesk.ObjectGroup, f.record(t, zendesk.ObjectGroup, map[string]any{"name": "NIGHT desk"}))
			if !unique {
				require.NoError(t, err)
				assert.Empty(t, desc.Object(zendesk.ObjectGroup).Unique)
				continue
			}
			require.ErrorIs(t, err, connector.AlreadyExists)
			assert.Equal(t, "name", errorOf(t, err).Field)
			assert.Equal(t, []string{"name"}, desc.Object(zendesk.ObjectGroup).Unique)
		}
	}
}

func TestGroup_TheDefaultOneStays(t *testing.T) {
	t.Parallel()
	for code, rules := range map[connector.Code]zendesktest.Rules{connector.Conflict: {}, connector.Denied: {DefaultGroupForbidden: true}} {
		account := desks(0)
		account.Rules = rules
		f := start(t, account, nil)
		_, err := f.Act(t.Context(), connector.Ref{Object: zendesk.ObjectGroup, ID: "51"}, connector.Action{Kind: connector.Delete})
		require.ErrorIs(t, err, code)
	}
}

// TestGroup_ListsCost: the members of all groups are read at once, those of few one
// by one.
func TestGroup_ListsCost(t *testing.T) {
	t.Parallel()
	const list, every = "GET /groups", "GET /group_memberships"
	account := desks(150)
	for i := range 50 {
		account.Groups = append(account.Groups, zendesktest.Group{ID: int64(100 + i), Name: fmt.Sprint("Group ", i)})
	}
	f := start(t, account, nil)
	cost := func(q connector.Query) (calls []string, recs []*schema.Record) {
		calls = f.calls(t, func(ctx context.Context) {
			page, err := f.List(ctx, zendesk.ObjectGroup, q)
			require.NoError(t, err)
			recs = page.Records
		})
		return calls, recs
	}
	calls, recs := cost(connector.Query{})
	assert.Equal(t, []string{list, every, every}, calls)
	assert.Len(t, recs, 52)
	at := slices.IndexFunc(recs, func(r *schema.Record) bool { return r.String("id") == "51" })
	assert.Len(t, members(recs[at]), 153, "with the administrators")
	calls, _ = cost(connector.Query{Omit: []string{"members"}})
	assert.Equal(t, []string{list}, calls)
	calls, recs = cost(connector.Query{Filter: schema.MustParseFilter(`name eq "night DESK"`)})
	assert.Equal(t, []string{list, membersOfGroup}, calls)
	assert.Equal(t, []int64{52}, ids(recs))
}

// TestGroup_ByName: there is no search, so the list is gone through (reference, 6.1).
func TestGroup_ByName(t *testing.T) {
	t.Parallel()
	account := desks(0)
	for i := range 250 {
		account.Groups = append(account.Groups, zendesktest.Group{ID: int64(100 + i), Name: fmt.Sprint("Group ", i)})
	}
	f := start(t, account, nil)
	page, err := f.List(t.Context(), zendesk.ObjectGroup, connector.Query{Filter: schema.MustParseFilter(`name eq "group 249"`)})
	require.NoError(t, err)
	assert.Equal(t, []int64{349}, ids(page.Records))
	assert.Equal(t, 1, page.Total)
}

// TestGroup_AListOfAllThatIsTooLong is given up, and not tried again for as few
// groups.
func TestGroup_AListOfAllThatIsTooLong(t *testing.T) {
	t.Parallel()
	const list, every = "GET /groups", "GET /group_memberships"
	account := desks(260)
	for i := range 100 {
		account.Groups = append(account.Groups, zendesktest.Group{ID: int64(100 + i), Name: fmt.Sprint("Group ", i)})
	}
	f := start(t, account, nil)
	page := func(cursor string) (calls []string, next string) {
		calls = f.calls(t, func(ctx context.Context) {
			page, err := f.List(ctx, zendesk.ObjectGroup, connector.Query{Cursor: cursor})
			require.NoError(t, err)
			next = page.Next
		})
		return calls, next
	}
	calls, next := page("")
	assert.Equal(t, []string{list, every, every, every}, calls, "a hundred groups")
	calls, _ = page(next)
	assert.Equal(t, []string{list, every, every, membersOfGroup, membersOfGroup}, calls, "two groups")
	calls, _ = page(next)
	assert.Equal(t, []string{list, membersOfGroup, membersOfGroup}, calls, "two groups, once more")
	calls, _ = page("")
	assert.Equal(t, []string{list, every, every, every}, calls, "a hundred groups, once more")
}

func TestOrganization_Life(t *testing.T) {
	t.Parallel()
	account := &zendesktest.Options{
		Users: people(), OrganizationFields: []zendesktest.OrganizationField{
			{Key: "tier", Type: zendesktest.DropdownField, Options: []zendesktest.FieldOption{{Name: "Gold", Value: "gold"}, {Name: "Iron", Value: "iron"}}},
			{Key: "code", Type: zendesktest.TextField},
		},
		IndexLag: zendesktest.NoIndexLag,
	}
	f := hurry(t, account, &zendesk.Options{Organizations: zendesk.OrganizationsGroups})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	o := desc.Object(zendesk.ObjectOrganization)
	assert.False(t, o.Unserved)
	assert.Equal(t, "members", o.MemberField)
	assert.Equal(t, []string{"gold", "iron"}, o.Type.Lookup("organization_fields.tier").Choices)

	made, err := f.Create(t.Context(), zendesk.ObjectOrganization, f.record(t, zendesk.ObjectOrganization, map[string]any{
		"name": "Universal", "external_id": "u-1", "organization_fields.tier": "gold", "organization_fields.code": "x", "tags": []string{"vip"},
	}))
	require.NoError(t, err)
	assert.Equal(t, []string{"vip"}, made.Strings("tags"), "the tags of fields are the fields' business")
	rec, err := f.blind(t, t.Context(), refOf(made), map[string]any{"tags": []string{"new"}, "organization_fields.code": "y"})
	require.NoError(t, err)
	assert.Equal(t, [3]string{"gold", "y", "new"}, [3]string{rec.String("organization_fields.tier"), rec.String("organization_fields.code"), rec.Strings("tags")[0]})

	f.edit(t, refOf(made), []connector.Ref{user("100"), user("200")}, nil)
	got, err := f.Get(t.Context(), refOf(made))
	require.NoError(t, err)
	assert.Equal(t, []string{"100", "200"}, members(got))
	for _, filter := range []string{`name eq "UNIVERSAL"`, `external_id eq "U-1"`} {
		found, err := f.find(t.Context(), zendesk.ObjectOrganization, filter)
		require.NoError(t, err)
		require.Len(t, found, 1)
		assert.Equal(t, []string{"100", "200"}, members(found[0]))
	}
	for _, field := range []string{"name", "external_id"} {
		values := map[string]any{"name": "Other", "external_id": "other"}
		values[field] = made.String(field)
		_, err = f.Create(t.Context(), zendesk.ObjectOrganization, f.record(t, zendesk.ObjectOrganization, values))
		require.ErrorIs(t, err, connector.AlreadyExists)
		assert.Equal(t, field, errorOf(t, err).Field)
	}
	f.edit(t, refOf(made), nil, []connector.Ref{user("100")})
	assert.Empty(t, f.sim.UserOrganizations(100))
	_, err = f.Act(t.Context(), refOf(made), connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	_, err = f.Get(t.Context(), refOf(made))
	require.ErrorIs(t, err, connector.NotFound)
}

// TestOrganization_OneForEachUser: in an account whose users have one organization,
// a second one is refused in words (reference, 6.3).
func TestOrganization_OneForEachUser(t *testing.T) {
	t.Parallel()
	users := append(people(), zendesktest.User{ID: 501, Name: "Five", Email: "five@example.com"}, zendesktest.User{ID: 502, Name: "Six", Email: "six@example.com"})
	users[0].OrganizationIDs = []int64{5}
	settings := zendesktest.DefaultSettings()
	settings.MultipleOrganizations = false
	for _, add := range [][]connector.Ref{{user("100")}, {user("100"), user("200"), user("300"), user("501"), user("502")}} {
		f := hurry(t, &zendesktest.Options{
			Users: users, Settings: &settings, Organizations: []zendesktest.Organization{{ID: 5, Name: "Universal"}, {ID: 6, Name: "Paramount"}},
		}, &zendesk.Options{Organizations: zendesk.OrganizationsGroups})
		results, err := f.EditMembers(t.Context(), organization("6"), add, nil)
		require.NoError(t, err)
		require.ErrorIs(t, results[0], connector.Invalid)
		assert.Contains(t, errorOf(t, results[0]).Reason, "users of this account have one only")
		for _, err := range results[1:] {
			require.NoError(t, err)
		}
		assert.Equal(t, []int64{5}, f.sim.UserOrganizations(100))
	}
}

// TestOrganization_ReferencesMakeThem although nobody sees them as groups.
func TestOrganization_ReferencesMakeThem(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.True(t, desc.Object(zendesk.ObjectOrganization).Unserved)
	made, err := f.Create(t.Context(), zendesk.ObjectOrganization, f.record(t, zendesk.ObjectOrganization, map[string]any{"name": "New"}))
	require.NoError(t, err)
	assert.Equal(t, made.Integer("id"), f.sim.OrganizationID("New"))
}

// TestVariants_Circles takes groups and organizations through a life under every
// doubtful rule of the vendor's.
func TestVariants_Circles(t *testing.T) {
	t.Parallel()
	for _, v := range zendesktest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			account := desks(8)
			account.Rules = v.Rules
			f := hurry(t, account, &zendesk.Options{Organizations: zendesk.OrganizationsGroups, SecondaryOrganizations: zendesk.SetManaged})
			ctx := t.Context()
			for _, object := range []string{zendesk.ObjectGroup, zendesk.ObjectOrganization} {
				made, err := f.Create(ctx, object, f.record(t, object, map[string]any{"name": "Team"}))
				require.NoError(t, err)
				f.edit(t, refOf(made), agents(0, 7), nil)
				f.edit(t, refOf(made), agents(5, 3), agents(0, 5))
				f.edit(t, refOf(made), nil, agents(5, 1))
				got, err := f.Get(ctx, refOf(made))
				require.NoError(t, err)
				assert.Equal(t, []string{"2006", "2007"}, members(got))
				found, err := f.find(ctx, object, `name eq "team"`)
				require.NoError(t, err)
				assert.Equal(t, []int64{made.Integer("id")}, ids(found))
				got, err = f.blind(t, ctx, refOf(made), map[string]any{"name": "Crew"})
				require.NoError(t, err)
				assert.Equal(t, "Crew", got.String("name"))
				_, err = f.Act(ctx, refOf(made), connector.Action{Kind: connector.Delete})
				require.NoError(t, err)
				_, err = f.Get(ctx, refOf(made))
				require.ErrorIs(t, err, connector.NotFound)
				found, err = f.find(ctx, object, `name eq "Crew"`)
				require.NoError(t, err)
				assert.Empty(t, found)
			}
		})
	}
}
