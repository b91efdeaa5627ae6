package provision_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestZendesk_OneOrganizationEach: where users have one organization, whoever is in
// another one does not become a member of a second, which the client is told, and
// nobody is moved without a word.
func TestZendesk_OneOrganizationEach(t *testing.T) {
	t.Parallel()
	o := touring(zendesktest.Rules{})
	settings := zendesktest.DefaultSettings()
	settings.MultipleOrganizations = false
	o.Settings = &settings
	o.Users = []zendesktest.User{
		{ID: 702, Name: "One", Email: "one@example.com", OrganizationIDs: []int64{41}},
		{ID: 703, Name: "None", Email: "none@example.com"}, {ID: 705, Name: "None", Email: "none.either@example.com"},
	}
	w := zendeskWorld(t, o, &zendesk.Options{Organizations: zendesk.OrganizationsGroups}, nil)
	must(t, w, "PATCH", "/Groups/or-43", patch(add(703)), 204)
	assert.Equal(t, []int64{43}, w.zendesk.UserOrganizations(703))
	r := must(t, w, "PATCH", "/Groups/or-43", patch(add(702, 705)), 400)
	assert.Contains(t, r.Body["detail"], "one only")
	assert.Contains(t, w.events.last().Words, "702")
	assert.Equal(t, []int64{41}, w.zendesk.UserOrganizations(702), "nobody is moved")
	assert.Equal(t, []int64{43}, w.zendesk.UserOrganizations(705), "the others are taken in")
	must(t, w, "PATCH", "/Groups/or-41", patch(remove(702)), 204)
	must(t, w, "PATCH", "/Groups/or-43", patch(add(702)), 204)
	assert.Equal(t, []int64{43}, w.zendesk.UserOrganizations(702))
}

// TestZendesk_DefaultGroup: the default group of an agent goes by its name; one that
// the agent is not in is joined first.
func TestZendesk_DefaultGroup(t *testing.T) {
	t.Parallel()
	o := teams(2)
	o.Groups = append(o.Groups, zendesktest.Group{ID: 13, Name: "Night"})
	w := zendeskWorld(t, o, nil, nil)
	for _, tt := range []struct {
		name string
		id   int64
		in   []int64
	}{{"crew", 11, []int64{10, 11}}, {"Night", 13, []int64{10, 11, 13}}, {"10", 10, []int64{10, 11, 13}}} {
		must(t, w, "PATCH", "/Users/1001", patch(set(zendeskURN+":defaultGroup", tt.name)), 200)
		assert.Equal(t, tt.id, w.zendesk.User(1001)["default_group_id"], tt.name)
		assert.ElementsMatch(t, tt.in, w.zendesk.UserGroups(1001), tt.name)
	}
	must(t, w, "PATCH", "/Users/1001", patch(set(zendeskURN+":defaultGroup", "Nowhere")), 200)
	assert.Contains(t, w.events.last().Words, "defaultGroup")
	assert.Equal(t, int64(10), w.zendesk.User(1001)["default_group_id"])
	r := must(t, w, "PATCH", "/Users/900", patch(set(zendeskURN+":defaultGroup", "Crew")), 200, 400)
	assert.Equal(t, "end-user", w.zendesk.User(900)["role"], "%s", r.Raw)
	assert.Empty(t, w.zendesk.UserGroups(900))
}

// TestZendesk_DeletedMembers: whom a DELETE has put away is no member for SCIM, and
// is one again once they are back. A PUT that lists all members ends it for good.
func TestZendesk_DeletedMembers(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, touring(zendesktest.Rules{}), &zendesk.Options{Organizations: zendesk.OrganizationsGroups},
		&provision.Options{Policies: map[string]provision.Policy{"user": {Delete: provision.DeleteDeactivate}}})
	must(t, w, "DELETE", "/Users/702", nil, 204)
	assert.Equal(t, []int64{41}, w.zendesk.UserOrganizations(702))
	assert.ElementsMatch(t, []string{"700", "701", "704"}, membersOf(must(t, w, "GET", "/Groups/or-41", nil, 200)))
	create(t, w, user("one@example.com", map[string]any{"displayName": "One"}))
	assert.Equal(t, []int64{41}, w.zendesk.UserOrganizations(702))
	assert.Len(t, membersOf(must(t, w, "GET", "/Groups/or-41", nil, 200)), 4)
	must(t, w, "DELETE", "/Users/702", nil, 204)
	must(t, w, "PUT", "/Groups/or-41", groupOf("Sales", 700, 701, 704), 200)
	assert.Empty(t, w.zendesk.UserOrganizations(702))
}

// TestZendesk_MembersAtTheSameTime: clients that change a group at the same time
// take nothing from each other, and nobody is in it twice.
func TestZendesk_MembersAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, teams(12), nil, nil)
	must(t, w, "POST", "/Groups", groupOf("Night"), 201)
	id := w.zendesk.GroupID("Night")
	path := fmt.Sprintf("/Groups/gr-%d", id)
	var wg sync.WaitGroup
	status := make([]int, 12)
	for i := range status {
		wg.Go(func() {
			r, err := w.client.Do(t.Context(), "PATCH", path, nil, patch(add(1001+int64(i), 1001+int64((i+1)%12))))
			if err == nil {
				status[i] = r.Status
			}
		})
	}
	wg.Wait()
	for _, s := range status {
		assert.Equal(t, 204, s)
	}
	assert.ElementsMatch(t, ids(1001, 12), w.zendesk.GroupMembers(id))
}
