package zendesktest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const (
	groupList = "group_memberships"
	groupOne  = "group_membership"
)

// teams is an account with three groups, two agents and an end user. The default
// group is 50.
func teams(t *testing.T, rules zendesktest.Rules, settings *zendesktest.Settings) *account {
	t.Helper()
	return newAccount(t, zendesktest.Options{
		Rules: rules, Settings: settings, DefaultGroup: 50,
		Groups: []zendesktest.Group{{ID: 50, Name: "Support"}, {ID: 51, Name: "Billing"}, {ID: 52, Name: "Secret", Private: true}},
		Users: []zendesktest.User{
			{ID: 71, Name: "Grace", Email: "grace@example.com", Role: "agent", GroupIDs: []int64{51, 50}},
			{ID: 72, Name: "Alan", Email: "alan@example.com", Role: "agent"},
			{ID: 73, Name: "Ada", Email: "ada@example.com"},
		},
	})
}

func (a *account) group(in object) reply {
	a.t.Helper()
	return a.do("POST", "/groups", object{"group": in})
}

// groupMembershipID is the id of a user's membership in a group.
func (a *account) groupMembershipID(user, group int64) int64 {
	a.t.Helper()
	list := a.do("GET", path("users", user, groupList), nil)
	for i, g := range list.all(groupList, "group_id") {
		if g == num(group) {
			return toInt(a.t, list.all(groupList, "id")[i])
		}
	}
	a.t.Fatalf("user %d is not in %d", user, group)
	return 0
}

func (a *account) join(user, group int64, more object) reply {
	a.t.Helper()
	in := object{"user_id": user, "group_id": group}
	for k, v := range more {
		in[k] = v
	}
	return a.do("POST", "/"+groupList, object{groupOne: in})
}

// §6.1: create, show, update, list, count; names are unique without case.
func TestGroups(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	made := a.group(object{"name": "Returns", "description": "Things back", "default": true, "deleted": true}).want(201)
	id := made.id()
	assert.Empty(t, made.header.Get("Location"), "none is documented")
	got := a.do("GET", path("groups", id), nil).want(200).object()
	assert.Equal(t, []any{"Returns", "Things back", true, false, false},
		[]any{got["name"], got["description"], got["is_public"], got["default"], got["deleted"]}, "default and deleted are read-only")
	a.clock.Advance(time.Hour)
	got = a.do("PUT", path("groups", id), object{"group": object{"name": "Back office"}}).want(200).object()
	assert.Equal(t, []any{"Back office", "Things back", "2026-03-01T13:00:00Z"}, []any{got["name"], got["description"], got["updated_at"]})
	assert.Equal(t, id, a.GroupID("Back office"))
	a.do("PUT", path("groups", id), object{"group": object{"name": "BACK OFFICE"}}).want(200)

	a.group(object{"name": "billing"}).wantDetail("name", "DuplicateValue")
	a.do("PUT", path("groups", id), object{"group": object{"name": "Billing"}}).wantDetail("name", "DuplicateValue")
	a.group(object{"name": " "}).wantDetail("name", "BlankValue")
	a.group(object{"description": "x"}).wantDetail("name", "BlankValue")
	a.group(object{"name": 5}).wantTitle(400, "Invalid attribute")
	a.do("POST", "/groups", object{"name": "x"}).wantTitle(400, "Invalid attribute")
	assert.Equal(t, nums(50, 51, 52, id), a.do("GET", "/groups", nil).all("groups", "id"))
	assert.Equal(t, nums(50, 51), a.do("GET", "/groups?page[size]=2", nil).all("groups", "id"))
	assert.Equal(t, num(4), a.do("GET", "/groups/count", nil).want(200).body["count"].(object)["value"])
	assert.Equal(t, nums(50, 51), a.do("GET", "/users/71/groups", nil).all("groups", "id"))
	assert.Empty(t, a.do("GET", "/users/73/groups", nil).all("groups", "id"))
	assert.Equal(t, nums(71, 72, a.OwnerID()), a.do("GET", "/groups/50/users", nil).all("users", "id"))
	a.do("GET", "/groups/9/users", nil).wantError(404, "RecordNotFound")

	b := teams(t, zendesktest.Rules{GroupNamesCaseSensitive: true}, nil)
	b.group(object{"name": "billing"}).want(201)
	b.group(object{"name": "Billing"}).wantDetail("name", "DuplicateValue")
	c := teams(t, zendesktest.Rules{}, &zendesktest.Settings{})
	c.group(object{"name": "Billing"}).want(201)
}

// §6.1: a private group cannot become public again.
func TestGroups_Private(t *testing.T) {
	t.Parallel()
	public := object{"group": object{"is_public": true}}
	a := teams(t, zendesktest.Rules{}, nil)
	a.do("PUT", "/groups/52", public).wantDetail("is_public", "InvalidValue")
	a.do("PUT", "/groups/51", object{"group": object{"is_public": false}}).want(200)
	a.do("PUT", "/groups/51", public).wantDetail("is_public", "InvalidValue")
	b := teams(t, zendesktest.Rules{PrivateGroupsStaySilently: true}, nil)
	assert.Equal(t, false, b.do("PUT", "/groups/52", public).want(200).object()["is_public"])
}

// §6.1: the deletion is soft; the default group stays; members who were in no
// other group fall into it.
func TestGroups_Delete(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	a.join(72, 51, nil).want(201)
	a.do("DELETE", path(groupList, a.groupMembershipID(72, 50)), nil).want(204)
	a.do("DELETE", "/groups/51", nil).want(204)
	a.do("DELETE", "/groups/51", nil).wantError(404, "RecordNotFound")
	a.do("DELETE", "/groups/9", nil).wantError(404, "RecordNotFound")
	a.do("PUT", "/groups/51", object{"group": object{"name": "x"}}).wantError(404, "RecordNotFound")
	assert.Equal(t, true, a.do("GET", "/groups/51", nil).want(200).object()["deleted"])
	assert.Equal(t, nums(50, 51, 52), a.do("GET", "/groups", nil).all("groups", "id"))
	assert.Equal(t, nums(50, 52), a.do("GET", "/groups?exclude_deleted=true", nil).all("groups", "id"))
	assert.Equal(t, nums(50, 52), a.do("GET", "/groups/assignable", nil).all("groups", "id"))
	assert.Equal(t, num(2), a.do("GET", "/groups/count", nil).want(200).body["count"].(object)["value"])
	a.do("GET", "/groups/51/memberships", nil).wantError(404, "RecordNotFound")
	assert.Equal(t, []int64{50}, a.UserGroups(71))
	assert.Equal(t, []int64{50}, a.UserGroups(72))
	assert.Empty(t, a.GroupMembers(51))
	a.join(72, 51, nil).wantDetail("group_id", "InvalidValue")
	a.group(object{"name": "Billing"}).want(201)

	a.do("DELETE", "/groups/50", nil).wantDetail("base", "")
	b := teams(t, zendesktest.Rules{DeletedGroupsNotFound: true, DeletedGroupsUnlisted: true, DefaultGroupForbidden: true}, nil)
	b.do("DELETE", "/groups/50", nil).wantTitle(403, "Forbidden")
	b.do("DELETE", "/groups/51", nil).want(204)
	b.do("GET", "/groups/51", nil).wantError(404, "RecordNotFound")
	assert.Equal(t, nums(50, 52), b.do("GET", "/groups", nil).all("groups", "id"))
}

// §6.1, §6.2: writing is for administrators; reading needs the broad scope
// (§1.4).
func TestGroups_Rights(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	const agent = "grace@example.com"
	id := path(groupList, a.groupMembershipID(72, 50))
	for _, tt := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/groups", object{"group": object{"name": "x"}}},
		{"PUT", "/groups/51", object{"group": object{"name": "x"}}},
		{"DELETE", "/groups/51", nil},
		{"POST", "/" + groupList, object{groupOne: object{"user_id": 72, "group_id": 51}}},
		{"POST", "/" + groupList + "/create_many", object{groupList: []object{{"user_id": 72, "group_id": 51}}}},
		{"DELETE", "/" + groupList + "/destroy_many?ids=1", nil},
		{"DELETE", id, nil},
		{"PUT", "/users/72" + id + "/make_default", nil},
	} {
		a.as(agent, tt.method, tt.path, tt.body).wantTitle(403, "Forbidden")
	}
	a.as(agent, "GET", "/groups", nil).want(200)
	a.as(agent, "PUT", "/users/71"+path(groupList, a.groupMembershipID(71, 50))+"/make_default", nil).want(200)

	c := newAccount(t, zendesktest.Options{
		CustomRoles: []zendesktest.CustomRole{{ID: 60, Name: "Lead", ManageGroups: true, ManageGroupMemberships: true, ManageOrganizations: true}},
		Users:       []zendesktest.User{{ID: 71, Name: "Grace", Email: agent, Role: "agent", CustomRoleID: 60}},
	})
	group := c.as(agent, "POST", "/groups", object{"group": object{"name": "x"}}).want(201).id()
	c.as(agent, "PUT", path("groups", group), object{"group": object{"name": "y"}}).wantTitle(403, "Forbidden")
	c.as(agent, "POST", "/"+groupList, object{groupOne: object{"user_id": 71, "group_id": group}}).want(201)
	c.as(agent, "DELETE", path("groups", group), nil).want(204)
	c.as(agent, "POST", "/organizations", object{"organization": object{"name": "x"}}).want(201)
	c.as(agent, "DELETE", path("users", c.OwnerID(), "sessions"), nil).wantTitle(403, "Forbidden")

	for _, covers := range []bool{false, true} {
		b := newAccount(t, zendesktest.Options{
			Rules:        zendesktest.Rules{UsersScopeCoversReferences: covers},
			AccessTokens: []zendesktest.AccessToken{{Value: "r", Scope: "users:read"}},
		})
		status := 403
		if covers {
			status = 200
		}
		b.as("Bearer r", "GET", "/groups", nil).want(status)
		b.as("Bearer r", "GET", "/job_statuses", nil).want(status)
		b.as("Bearer r", "GET", "/"+groupList, nil).want(status)
	}
}

// §6.2: membership is by id; only team members; no duplicates.
func TestGroupMemberships(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	made := a.join(72, 51, nil).want(201).object()
	assert.Equal(t, []any{num(72), num(51), false}, []any{made["user_id"], made["group_id"], made["default"]})
	id := toInt(t, made["id"])
	assert.Equal(t, num(id), a.do("GET", path(groupList, id), nil).want(200).object()["id"])
	assert.Equal(t, nums(71, 72), a.do("GET", "/groups/51/memberships", nil).all(groupList, "user_id"))
	assert.Len(t, a.do("GET", "/"+groupList, nil).all(groupList, "id"), 5)
	assert.Len(t, a.do("GET", "/"+groupList+"/assignable?page[size]=2", nil).all(groupList, "id"), 2)
	assert.Equal(t, nums(50, 51), a.do("GET", "/users/72/"+groupList, nil).all(groupList, "group_id"))

	a.join(72, 51, nil).wantDetail("user_id", "DuplicateValue")
	a.join(73, 51, nil).wantDetail("user_id", "InvalidValue")
	a.join(9, 51, nil).wantDetail("user_id", "InvalidValue")
	a.join(72, 9, nil).wantDetail("group_id", "InvalidValue")
	a.join(72, 52, object{"user_id": "72"}).wantTitle(400, "Invalid attribute")
	a.do("POST", "/users/72/"+groupList, object{groupOne: object{"group_id": 52}}).want(201)
	assert.Equal(t, []int64{50, 51, 52}, a.UserGroups(72))
	assert.Equal(t, []int64{71, 72}, a.GroupMembers(51))

	list := a.do("PUT", "/users/72"+path(groupList, id)+"/make_default", nil)
	assert.Equal(t, []any{false, true, false}, list.all(groupList, "default"))
	assert.Equal(t, int64(51), a.User(72)["default_group_id"])
	a.do("DELETE", "/users/71"+path(groupList, id), nil).wantError(404, "RecordNotFound")
	a.do("DELETE", "/users/72"+path(groupList, id), nil).want(204)
	a.do("DELETE", path(groupList, id), nil).wantError(404, "RecordNotFound")
	a.do("GET", path(groupList, id), nil).wantError(404, "RecordNotFound")
	assert.Equal(t, []int64{50, 52}, a.UserGroups(72), "the oldest of the others is the default one")
	assert.Equal(t, true, a.join(72, 51, object{"default": true}).want(201).object()["default"])

	b := teams(t, zendesktest.Rules{NewMembershipsNotDefault: true, UnknownMembershipIDsNotFound: true}, nil)
	assert.Equal(t, false, b.join(72, 51, object{"default": true}).want(201).object()["default"])
	b.join(72, 9, nil).wantError(404, "RecordNotFound")
}

// §6.2, §15.5: every team member is in one group at least.
func TestGroupMemberships_Last(t *testing.T) {
	t.Parallel()
	for _, bounces := range []bool{false, true} {
		a := teams(t, zendesktest.Rules{LastGroupBounces: bounces}, nil)
		a.do("DELETE", path(groupList, a.groupMembershipID(72, 50)), nil).wantDetail("base", "")
		a.do("DELETE", path(groupList, a.groupMembershipID(71, 50)), nil).want(204)
		last := a.do("DELETE", path(groupList, a.groupMembershipID(71, 51)), nil)
		if !bounces {
			last.wantDetail("base", "")
			assert.Equal(t, []int64{51}, a.UserGroups(71))
			continue
		}
		last.want(204)
		assert.Equal(t, []int64{50}, a.UserGroups(71))
	}
}

// §4.3, §4.7, §6.2: a new team member lands in the default group; a downgrade
// and a deletion end the memberships.
func TestGroupMemberships_FollowTheRole(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	assert.Equal(t, num(50), a.put(73, object{"role": "agent"}).want(200).object()["default_group_id"])
	assert.Equal(t, []int64{50}, a.UserGroups(73))
	a.join(73, 51, nil).want(201)
	assigned := a.AddUser(zendesktest.User{Name: "Busy", Role: "agent", AssignedTickets: 3})
	a.put(assigned, object{"role": "end-user"}).want(200)
	assert.Equal(t, num(0), a.do("GET", path("users", assigned, "related"), nil).want(200).object()["assigned_tickets"], "they are reassigned")
	assert.Nil(t, a.put(73, object{"role": "end-user"}).want(200).object()["default_group_id"])
	assert.Empty(t, a.UserGroups(73))
	a.put(73, object{"role": "agent"}).want(200)
	assert.Equal(t, []int64{50}, a.UserGroups(73), "earlier groups do not come back")
	a.put(71, object{"suspended": true}).want(200)
	assert.Equal(t, []int64{51, 50}, a.UserGroups(71), "a suspended agent keeps them")
	a.do("DELETE", "/users/71", nil).want(200)
	assert.Empty(t, a.UserGroups(71))
	assert.Empty(t, a.GroupMembers(51))
}

// §4.1: default_group_id is one of the user's groups.
func TestUsers_DefaultGroup(t *testing.T) {
	t.Parallel()
	a := teams(t, zendesktest.Rules{}, nil)
	assert.Equal(t, num(50), a.put(71, object{"group_id": 50}).want(200).object()["default_group_id"])
	a.put(71, object{"default_group_id": 9}).wantDetail("default_group_id", "InvalidValue")
	a.put(71, object{"default_group_id": 52}).wantDetail("default_group_id", "InvalidValue")
	assert.Nil(t, a.put(73, object{"default_group_id": 51}).want(200).object()["default_group_id"], "end users have none")
	a.put(73, object{"role": "agent", "default_group_id": 51}).want(200)
	assert.Equal(t, []int64{51, 50}, a.UserGroups(73))
	b := teams(t, zendesktest.Rules{DefaultGroupJoins: true}, nil)
	b.put(71, object{"default_group_id": 52}).want(200)
	assert.Equal(t, []int64{52, 51, 50}, b.UserGroups(71))
}

// §4.1, §15.7: group_ids is for create_or_update; what it does is doubtful.
func TestUsers_GroupIDs(t *testing.T) {
	t.Parallel()
	in := object{"email": "grace@example.com", "group_ids": []int64{52}}
	for rule, want := range map[zendesktest.GroupIDs][]int64{
		zendesktest.GroupIDsReplace: {52}, zendesktest.GroupIDsAdd: {51, 50, 52}, zendesktest.GroupIDsIgnored: {51, 50},
	} {
		a := teams(t, zendesktest.Rules{GroupIDs: rule}, nil)
		a.put(71, object{"group_ids": []int64{52}}).want(200)
		require.Equal(t, []int64{51, 50}, a.UserGroups(71))
		a.do("POST", "/users/create_or_update", object{"user": in}).want(200)
		assert.Equal(t, want, a.UserGroups(71))
	}
}
