package provision_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// groupOf is the body of a group with members.
func groupOf(name string, members ...int64) map[string]any {
	texts := make([]string, len(members))
	for i, id := range members {
		texts[i] = fmt.Sprint(id)
	}
	return group(name, texts...)
}

// membersOf are the ids of a group's members in an answer.
func membersOf(r *scimtest.Response) []string {
	list, _ := r.Body["members"].([]any)
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.(map[string]any)["value"].(string)
	}
	return out
}

func add(members ...int64) map[string]any {
	return map[string]any{"op": "add", "path": "members", "value": groupOf("", members...)["members"]}
}

func remove(member int64) map[string]any {
	return map[string]any{"op": "remove", "path": fmt.Sprintf(`members[value eq "%d"]`, member)}
}

// teams is an account with n agents, ids from 1001 on, who are in Support and in
// Crew.
func teams(n int) *zendesktest.Options {
	o := &zendesktest.Options{
		IndexLag: zendesktest.NoIndexLag, DefaultGroup: 10,
		Groups: []zendesktest.Group{{ID: 10, Name: "Support"}, {ID: 11, Name: "Crew", Description: "All of us"}, {ID: 12, Name: "Gone", Deleted: true}},
		Users:  []zendesktest.User{{ID: 900, Name: "Person", Email: "person@example.com"}},
	}
	for i := range n {
		o.Users = append(o.Users, zendesktest.User{
			ID: int64(1001 + i), Name: fmt.Sprintf("Agent %d", i), Email: fmt.Sprintf("agent%d@example.com", i), Role: "agent", GroupIDs: []int64{10, 11},
		})
	}
	return o
}

func ids(from, n int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = from + int64(i)
	}
	return out
}

// TestBudget_ZendeskGroups holds the calls that groups cost.
func TestBudget_ZendeskGroups(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, teams(4), nil, nil)
	r := must(t, w, "POST", "/Groups", groupOf("Night", 1001, 1002), 201)
	w.costs(t, "create with members", "POST /groups", "POST /group_memberships", "POST /group_memberships")
	id := w.zendesk.GroupID("Night")
	path := fmt.Sprintf("/Groups/gr-%d", id)
	assert.Equal(t, path[len("/Groups/"):], r.ID())
	assert.Equal(t, []string{"1001", "1002"}, membersOf(r))
	assert.Equal(t, []int64{1001, 1002}, w.zendesk.GroupMembers(id))

	assert.Equal(t, []string{"1001", "1002"}, membersOf(must(t, w, "GET", path, nil, 200)))
	w.costs(t, "get", "GET /groups/{id}", "GET /groups/{id}/memberships?page[size]")
	must(t, w, "GET", path+"?excludedAttributes=members", nil, 200)
	w.costs(t, "get without members", "GET /groups/{id}")
	assert.Equal(t, 1, must(t, w, "GET", "/Groups?excludedAttributes=members&filter="+url.QueryEscape(`displayName eq "NIGHT"`), nil, 200).Total())
	w.costs(t, "find by name", "GET /groups?exclude_deleted&page[size]")
	assert.Equal(t, 3, must(t, w, "GET", "/Groups", nil, 200).Total(), "the deleted one is not there")
	w.costs(t, "list", "GET /groups?exclude_deleted&page[size]", "GET /group_memberships?page[size]")

	must(t, w, "PATCH", path, patch(set("displayName", "Night watch")), 200, 204)
	w.costs(t, "rename", "PUT /groups/{id}")
	must(t, w, "PATCH", path, patch(add(1003)), 204)
	w.costs(t, "add one", "POST /group_memberships")
	must(t, w, "PATCH", path, patch(add(1003)), 204)
	w.costs(t, "add one who is there", "POST /group_memberships")
	must(t, w, "PATCH", path, patch(remove(1001)), 204)
	w.costs(t, "remove one", "GET /users/{id}/group_memberships?page[size]", "DELETE /group_memberships/{id}")
	must(t, w, "PATCH", path, patch(remove(1001)), 204)
	w.costs(t, "remove one who is not there", "GET /users/{id}/group_memberships?page[size]", "GET /groups/{id}")
	assert.Equal(t, []int64{1002, 1003}, w.zendesk.GroupMembers(id))

	must(t, w, "PUT", path, groupOf("Night watch", 1002, 1003), 200)
	w.costs(t, "PUT of the same", "GET /groups/{id}", "GET /groups/{id}/memberships?page[size]")
	must(t, w, "PATCH", path, patch(add(1001, 1004, 1002, 1003)), 204)
	w.costs(t, "add four", "POST /group_memberships/create_many", "GET /job_statuses/{id}", "GET /job_statuses/{id}", "GET /groups/{id}/memberships?page[size]")
	assert.Equal(t, []int64{1001, 1002, 1003, 1004}, w.zendesk.GroupMembers(id))

	must(t, w, "DELETE", path, nil, 204)
	w.costs(t, "delete", "DELETE /groups/{id}")
	must(t, w, "GET", path, nil, 404)
	must(t, w, "GET", "/Groups/gr-12", nil, 404)
	must(t, w, "PATCH", path, patch(add(1001)), 404)
	must(t, w, "GET", "/Users/1001", nil, 200)
}

// TestZendesk_GroupOf250: the members of a large group are written by jobs of a
// hundred each, as the difference to what is there, and asked for until they end.
func TestZendesk_GroupOf250(t *testing.T) {
	t.Parallel()
	o := teams(260)
	w := zendeskWorld(t, o, nil, nil)
	r := must(t, w, "POST", "/Groups", groupOf("Crowd"), 201)
	id, path := w.zendesk.GroupID("Crowd"), "/Groups/"+r.ID()
	w.takeCalls()
	puts := func(of string, members []int64, more ...string) {
		t.Helper()
		r := must(t, w, "PUT", path, groupOf("Crowd", members...), 200)
		assert.Len(t, membersOf(r), len(members), of)
		assert.ElementsMatch(t, members, w.zendesk.GroupMembers(id), of)
		calls := w.takeCalls()
		jobs := 0
		for _, c := range calls {
			if c == "GET /job_statuses/show_many?ids" || c == "GET /job_statuses/{id}" {
				jobs++
			}
		}
		assert.LessOrEqual(t, jobs, 4, "%s: polling", of)
		var rest []string
		for _, c := range calls {
			if c != "GET /job_statuses/show_many?ids" && c != "GET /job_statuses/{id}" {
				rest = append(rest, c)
			}
		}
		assert.Equal(t, more, rest, of)
	}
	const (
		reads  = "GET /groups/{id}"
		lists  = "GET /groups/{id}/memberships?page[size]"
		next   = "GET /groups/{id}/memberships?page[after]&page[size]"
		joins  = "POST /group_memberships/create_many"
		leaves = "DELETE /group_memberships/destroy_many?ids"
	)
	puts("250 come", ids(1001, 250), reads, lists, joins, joins, joins)
	puts("ten others", append(ids(1011, 240), ids(1251, 10)...), reads, lists, next, next, lists, next, next, joins, leaves)
	puts("nothing to do", append(ids(1011, 240), ids(1251, 10)...), reads, lists, next, next)
	must(t, w, "PATCH", path, patch(remove(1011)), 204)
	w.costs(t, "one leaves", "GET /users/{id}/group_memberships?page[size]", "DELETE /group_memberships/{id}")
	puts("all leave", nil, reads, lists, next, next, lists, next, next, leaves, leaves, leaves)
	assert.Len(t, w.zendesk.GroupMembers(11), 260, "nobody else's membership is touched")
}

// TestZendesk_EndUsersInGroups: who cannot be a member is left out, with a warning,
// and the others are taken in; whoever does not exist is an error.
func TestZendesk_EndUsersInGroups(t *testing.T) {
	t.Parallel()
	for name, members := range map[string][]int64{"single calls": {900, 1001}, "a job": {1001, 900, 1002, 1003, 1004}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agents := len(members) - 1
			w := zendeskWorld(t, teams(5), nil, nil)
			r := must(t, w, "POST", "/Groups", groupOf("Night", members...), 201)
			assert.Len(t, membersOf(r), agents, "the answer")
			assert.Contains(t, w.events.last().Words, "left out: 900")
			assert.Len(t, w.zendesk.GroupMembers(w.zendesk.GroupID("Night")), agents)
			assert.Equal(t, "end-user", w.zendesk.User(900)["role"])

			must(t, w, "PATCH", "/Groups/gr-11", patch(remove(1001)), 204)
			must(t, w, "PATCH", "/Groups/gr-11", patch(add(members...)), 204)
			assert.Contains(t, w.events.last().Words, "left out: 900")
			assert.Len(t, w.zendesk.GroupMembers(11), 5)

			r = must(t, w, "PUT", "/Groups/gr-11", groupOf("Crew", append(members, 999999)...), 400)
			assert.Contains(t, r.Body["detail"], "999999")
		})
	}
}

// TestZendesk_JobsThatFail: what a job did not do is found out item by item, told,
// and done by the next attempt.
func TestZendesk_JobsThatFail(t *testing.T) {
	t.Parallel()
	for _, kind := range []zendesktest.JobFaultKind{zendesktest.ItemsFail, zendesktest.JobFails, zendesktest.JobIsKilled, zendesktest.JobHangs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, teams(6), nil, nil)
			must(t, w, "POST", "/Groups", groupOf("Night"), 201)
			id := w.zendesk.GroupID("Night")
			path := fmt.Sprintf("/Groups/gr-%d", id)
			w.zendesk.FaultJob(zendesktest.JobFault{Kind: kind, Path: "/api/v2/group_memberships/create_many", Items: []int{1, 4}})
			r := must(t, w, "PATCH", path, patch(add(ids(1001, 6)...)), 409, 503)
			if r.Status == 503 {
				assert.NotEmpty(t, r.Header.Get("Retry-After"))
			}
			assert.Less(t, len(w.zendesk.GroupMembers(id)), 6)
			must(t, w, "PATCH", path, patch(add(ids(1001, 6)...)), 204)
			assert.Equal(t, ids(1001, 6), w.zendesk.GroupMembers(id))

			w.zendesk.FaultJob(zendesktest.JobFault{Kind: kind, Path: "/api/v2/group_memberships/destroy_many", Items: []int{0}})
			must(t, w, "PUT", path, groupOf("Night"), 200, 409, 503)
			must(t, w, "PUT", path, groupOf("Night"), 200)
			assert.Empty(t, w.zendesk.GroupMembers(id))
			assert.Len(t, w.zendesk.GroupMembers(11), 6)
		})
	}
}

// TestZendesk_GroupRules: what Zendesk refuses of groups comes back as what it is,
// and leaves all as it was.
func TestZendesk_GroupRules(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, teams(1), nil, nil)
	w.zendesk.AddUser(zendesktest.User{ID: 950, Name: "Lone", Email: "lone@example.com", Role: "agent", GroupIDs: []int64{11}})
	must(t, w, "PATCH", "/Groups/gr-11", patch(remove(950)), 409)
	assert.Contains(t, w.events.last().Words, "only one")
	assert.Equal(t, []int64{11}, w.zendesk.UserGroups(950))
	must(t, w, "PUT", "/Groups/gr-11", groupOf("Crew", 1001), 409)
	assert.Equal(t, []int64{11}, w.zendesk.UserGroups(950))
	must(t, w, "DELETE", "/Groups/gr-10", nil, 400, 403, 409)
	must(t, w, "GET", "/Groups/gr-10", nil, 200)
	r := must(t, w, "POST", "/Groups", groupOf("CREW"), 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	must(t, w, "POST", "/Groups", groupOf("Gone"), 201)
	must(t, w, "GET", "/Groups/gr-12", nil, 404)
	must(t, w, "PATCH", "/Groups/gr-12", patch(set("displayName", "x")), 404)
	must(t, w, "DELETE", "/Groups/gr-12", nil, 404)

	must(t, w, "PATCH", "/Users/1001", patch(set("active", false)), 200)
	assert.Empty(t, w.zendesk.UserGroups(1001), "a downgrade ends memberships")
	assert.Equal(t, []string{"950"}, membersOf(must(t, w, "GET", "/Groups/gr-11", nil, 200)))
}

// TestZendesk_GroupNames: several groups of one name where the account allows them.
func TestZendesk_GroupNames(t *testing.T) {
	t.Parallel()
	o := teams(1)
	settings := zendesktest.DefaultSettings()
	settings.GroupNamesUnique = false
	o.Settings = &settings
	o.Groups = append(o.Groups, zendesktest.Group{ID: 13, Name: "Crew"})
	w := zendeskWorld(t, o, nil, nil)
	r := must(t, w, "GET", "/Groups?filter="+url.QueryEscape(`displayName eq "Crew"`), nil, 200)
	assert.Equal(t, 2, r.Total())
	must(t, w, "PATCH", "/Groups/gr-13", patch(add(1001)), 204)
	assert.Equal(t, []int64{1001}, w.zendesk.GroupMembers(13))
	must(t, w, "PUT", "/Groups/gr-13", groupOf("Crew", 1001), 200)
	must(t, w, "POST", "/Groups", groupOf("Crew"), 201)
	assert.Len(t, w.zendesk.Groups(), 5)
}

// TestZendesk_OrganizationsAsGroups: any user can be a member of several, none
// drops another, and those that identity providers did not make are there too.
func TestZendesk_OrganizationsAsGroups(t *testing.T) {
	t.Parallel()
	o := touring(zendesktest.Rules{})
	o.Users = append(o.Users, zendesktest.User{ID: 705, Name: "Agent", Email: "agent@example.com", Role: "agent"})
	w := zendeskWorld(t, o, &zendesk.Options{Organizations: zendesk.OrganizationsGroups}, &provision.Options{NewObjects: map[string]string{"Group": "organization"}})
	body := groupOf("Studio", 702, 703, 705)
	body["externalId"] = "st-1"
	r := must(t, w, "POST", "/Groups", body, 201)
	w.costs(t, "create with members", "POST /organizations", "POST /organization_memberships", "POST /organization_memberships", "POST /organization_memberships")
	id := w.zendesk.OrganizationID("Studio")
	path := "/Groups/" + r.ID()
	require.Equal(t, fmt.Sprintf("/Groups/or-%d", id), path)
	assert.Equal(t, []int64{41, id}, w.zendesk.UserOrganizations(702), "beside the one that was there")
	assert.Equal(t, []int64{id}, w.zendesk.UserOrganizations(703))
	assert.Equal(t, []int64{id}, w.zendesk.UserOrganizations(705), "agents too")
	assert.Equal(t, "st-1", w.zendesk.Organizations()[4]["external_id"])

	must(t, w, "PATCH", path, patch(set("displayName", "Studios")), 200, 204)
	w.costs(t, "rename", "PUT /organizations/{id}")
	for _, filter := range []string{`displayName eq "studios"`, `externalId eq "st-1"`} {
		r := must(t, w, "GET", "/Groups?excludedAttributes=members&filter="+url.QueryEscape(filter), nil, 200)
		assert.Equal(t, 1, r.Total(), filter)
	}
	w.takeCalls()
	must(t, w, "PATCH", path, patch(remove(702)), 204)
	w.costs(t, "one leaves", "GET /users/{id}/organization_memberships?page[size]", "DELETE /organization_memberships/{id}")
	assert.Equal(t, []int64{41}, w.zendesk.UserOrganizations(702))
	must(t, w, "PUT", "/Groups/or-43", groupOf("Lab", 700, 701, 702, 703, 704), 200)
	assert.Equal(t, []int64{41, 42, 43}, w.zendesk.UserOrganizations(700))
	assert.Equal(t, []int64{id, 43}, w.zendesk.UserOrganizations(703))
	w.takeCalls()
	must(t, w, "PATCH", "/Groups/or-43", patch(add(ids(700, 6)...)), 204)
	assert.Equal(t, []int64{id, 43}, w.zendesk.UserOrganizations(705))
	assert.Contains(t, w.takeCalls(), "POST /organization_memberships/create_many")

	r = must(t, w, "POST", "/Groups", groupOf("LAB"), 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	made := groupOf("Agents", 705)
	made["urn:ietf:params:scim:schemas:extension:zendesk:2.0:Group"] = map[string]any{"isOrganization": false}
	must(t, w, "POST", "/Groups", made, 201)
	must(t, w, "DELETE", "/Groups/or-43", nil, 204)
	must(t, w, "GET", "/Groups/or-43", nil, 404)
	assert.Equal(t, []int64{41, 42}, w.zendesk.UserOrganizations(701))
	assert.Equal(t, 4+2, must(t, w, "GET", "/Groups?count=100", nil, 200).Total(), "organizations and groups in one list")
}
