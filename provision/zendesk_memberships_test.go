package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// touring is an account of four organizations whose people are in some of them.
func touring(rules zendesktest.Rules) *zendesktest.Options {
	return &zendesktest.Options{
		IndexLag: zendesktest.NoIndexLag, Rules: rules,
		Organizations: []zendesktest.Organization{{ID: 41, Name: "Sales"}, {ID: 42, Name: "Tour Operations"}, {ID: 43, Name: "Lab"}, {ID: 44, Name: "Office"}},
		Users: []zendesktest.User{
			{ID: 700, Name: "Two", Email: "two@example.com", OrganizationIDs: []int64{41, 42}},
			{ID: 701, Name: "Three", Email: "three@example.com", OrganizationIDs: []int64{41, 42, 43}},
			{ID: 702, Name: "One", Email: "one@example.com", OrganizationIDs: []int64{41}},
			{ID: 703, Name: "None", Email: "none@example.com"},
			{ID: 704, Name: "Bystander", Email: "bystander@example.com", OrganizationIDs: []int64{41, 42, 43}},
		},
	}
}

// TestZendesk_OrganizationMoves: a new organization takes the place of the
// default one and of no other, whatever the doubtful rules turn out to be.
func TestZendesk_OrganizationMoves(t *testing.T) {
	t.Parallel()
	variants := []struct {
		name  string
		rules zendesktest.Rules
	}{
		{"default", zendesktest.Rules{}},
		{"no-new-default-organization", zendesktest.Rules{NoNewDefaultOrganization: true}},
		{"memberships-by-id", zendesktest.Rules{MembershipsByID: true}},
		{"memberships-keep-updated-at", zendesktest.Rules{MembershipsKeepUpdatedAt: true}},
	}
	tests := []struct {
		name, to string
		id       int64
		want     []int64
	}{
		{"to a new one", "Office", 700, []int64{44, 42}},
		{"to a new one, in any case", "OFFICE", 701, []int64{44, 42, 43}},
		{"to one that is there", "Tour Operations", 700, []int64{42}},
		{"to one of two that are there", "Lab", 701, []int64{43, 42}},
		{"where it is", "Sales", 701, []int64{41, 42, 43}},
		{"of one only", "Lab", 702, []int64{43}},
		{"of none", "Lab", 703, []int64{43}},
	}
	for _, v := range variants {
		for _, tt := range tests {
			t.Run(v.name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				w := zendeskWorld(t, touring(v.rules), nil, nil)
				path := fmt.Sprintf("/Users/%d", tt.id)
				r := must(t, w, "PATCH", path, patch(set(enterprise+":organization", tt.to)), 200)
				assert.Equal(t, tt.want, w.zendesk.UserOrganizations(tt.id))
				assert.Equal(t, tt.want[0], w.zendesk.User(tt.id)["organization_id"])
				name := map[int64]string{41: "Sales", 42: "Tour Operations", 43: "Lab", 44: "Office"}[tt.want[0]]
				assert.Equal(t, name, r.Body[enterprise].(map[string]any)["organization"], "the answer of the PATCH")
				r = must(t, w, "GET", path, nil, 200)
				assert.Equal(t, name, r.Body[enterprise].(map[string]any)["organization"])
				assert.Equal(t, []int64{41, 42, 43}, w.zendesk.UserOrganizations(704), "nobody else moves")

				w.takeCalls()
				must(t, w, "PATCH", path, patch(set(enterprise+":organization", tt.to)), 200)
				assert.Equal(t, tt.want, w.zendesk.UserOrganizations(tt.id), "twice is once")
			})
		}
	}
}

// TestZendesk_OrganizationMovesWithFields: other fields of the same request are
// written too, and do not end memberships.
func TestZendesk_OrganizationMovesWithFields(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, touring(zendesktest.Rules{}), nil, nil)
	must(t, w, "PATCH", "/Users/701", patch(set("displayName", "Third"), set(enterprise+":organization", "Office")), 200)
	assert.Equal(t, "Third", w.zendesk.User(701)["name"])
	assert.Equal(t, []int64{44, 42, 43}, w.zendesk.UserOrganizations(701))
	must(t, w, "PATCH", "/Users/701", patch(set("displayName", "Tertius")), 200)
	assert.Equal(t, []int64{44, 42, 43}, w.zendesk.UserOrganizations(701))
}

// TestZendesk_OrganizationOfOne: where users have one organization, the field of
// the user says which, and no membership is touched.
func TestZendesk_OrganizationOfOne(t *testing.T) {
	t.Parallel()
	o := touring(zendesktest.Rules{})
	settings := zendesktest.DefaultSettings()
	settings.MultipleOrganizations = false
	o.Settings = &settings
	w := zendeskWorld(t, o, nil, nil)
	must(t, w, "PATCH", "/Users/702", patch(set(enterprise+":organization", "Office")), 200)
	assert.Equal(t, []int64{44}, w.zendesk.UserOrganizations(702))
	for _, call := range w.takeCalls() {
		assert.NotContains(t, call, "organization_memberships")
	}
}

// TestZendesk_OrganizationCleared: whoever loses the default organization keeps
// the others.
func TestZendesk_OrganizationCleared(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, touring(zendesktest.Rules{NoNewDefaultOrganization: true}), nil, nil)
	gone := patch(map[string]any{"op": "remove", "path": enterprise + ":organization"})
	must(t, w, "PATCH", "/Users/701", gone, 200)
	assert.Equal(t, []int64{42, 43}, w.zendesk.UserOrganizations(701))
	assert.Nil(t, w.zendesk.User(701)["organization_id"])
	must(t, w, "PATCH", "/Users/702", gone, 200)
	assert.Empty(t, w.zendesk.UserOrganizations(702))
}
