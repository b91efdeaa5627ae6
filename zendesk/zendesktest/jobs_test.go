package zendesktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// staff is an account with so many agents, from id 1000 on, and the group 51.
func staff(t *testing.T, n int, opts zendesktest.Options) *account {
	t.Helper()
	opts.Groups = []zendesktest.Group{{ID: 50, Name: "Support"}, {ID: 51, Name: "Billing"}}
	opts.DefaultGroup = 50
	for i := range n {
		opts.Users = append(opts.Users, zendesktest.User{ID: int64(1000 + i), Name: fmt.Sprint("Agent ", i), Role: "agent"})
	}
	return newAccount(t, opts)
}

// joinMany queues the memberships of users in the group 51.
func (a *account) joinMany(users ...int64) reply {
	a.t.Helper()
	list := []object{}
	for _, u := range users {
		list = append(list, object{"user_id": u, "group_id": 51})
	}
	return a.do("POST", "/"+groupList+"/create_many", object{groupList: list})
}

func (a *account) job(id any) object {
	a.t.Helper()
	return a.do("GET", fmt.Sprintf("/job_statuses/%s", id), nil).want(200).object()
}

// §9: queued without results, at work, completed with a result for each item.
func TestJobs_ByPolls(t *testing.T) {
	t.Parallel()
	a := staff(t, 4, zendesktest.Options{})
	a.AddUser(zendesktest.User{ID: 2000, Name: "Ada"})
	queued := a.joinMany(1000, 1001, 2000, 1002, 1000).want(200)
	assert.Empty(t, queued.header.Get("zendesk-ratelimit-inflight-jobs"), "no limit, no header")
	j := queued.object()
	id := j["id"].(string)
	assert.Regexp(t, `^V3-[0-9a-f]{32}$`, id)
	assert.Contains(t, j["url"], "/api/v2/job_statuses/"+id+".json")
	assert.Equal(t, object{
		"id": id, "url": j["url"], "status": "queued", "total": num(5), "progress": nil, "message": nil, "results": nil,
		"job_type": "Bulk Create Group Membership",
	}, j)
	assert.Empty(t, a.GroupMembers(51))
	for range 3 {
		assert.Equal(t, "queued", a.Jobs()[0]["status"], "to look is not to ask")
	}

	j = a.job(id)
	assert.Equal(t, []any{"working", num(2), nil, "Creating Group Membership #2"}, []any{j["status"], j["progress"], j["results"], j["message"]})
	assert.Equal(t, []int64{1000, 1001}, a.GroupMembers(51))
	j = a.job(id)
	assert.Equal(t, []any{"completed", num(5), "Completed at 2026-03-01 12:00:00 +0000"}, []any{j["status"], j["progress"], j["message"]})
	assert.Equal(t, []int64{1000, 1001, 1002}, a.GroupMembers(51))
	results := j["results"].([]any)
	require.Len(t, results, 5)
	made := a.groupMembershipID(1000, 51)
	assert.Equal(t, object{"id": num(made), "action": "create", "status": "Created", "success": true}, results[0])
	assert.Equal(t, object{"index": num(2), "error": "RecordInvalid", "details": "User: must be an agent"}, results[2])
	assert.Equal(t, object{"index": num(4), "error": "RecordInvalid", "details": "User: is already a member of the group"}, results[4])
	assert.Equal(t, j, a.job(id), "it stays as it is")
}

// §9: time passes on the account's clock, whether the job is asked for or not.
func TestJobs_ByTheClock(t *testing.T) {
	t.Parallel()
	a := staff(t, 4, zendesktest.Options{JobDuration: 8 * time.Second})
	id := a.joinMany(1000, 1001, 1002, 1003).want(200).object()["id"]
	for range 3 {
		assert.Equal(t, "queued", a.job(id)["status"], "polls do not hasten it")
	}
	for _, tt := range []struct {
		status  string
		members int
	}{{"working", 1}, {"working", 2}, {"working", 3}, {"completed", 4}} {
		a.clock.Advance(2 * time.Second)
		assert.Len(t, a.GroupMembers(51), tt.members, "seen from outside, too")
		assert.Equal(t, tt.status, a.job(id)["status"])
	}
	a.clock.Advance(24*time.Hour - time.Second)
	assert.Equal(t, "completed", a.job(id)["status"])
	a.clock.Advance(time.Second)
	a.do("GET", fmt.Sprintf("/job_statuses/%s", id), nil).wantError(404, "RecordNotFound")

	at := staff(t, 2, zendesktest.Options{JobDuration: -1, Rules: zendesktest.Rules{JobsKeptOneHour: true}})
	j := at.joinMany(1000, 1001).want(200).object()
	assert.Equal(t, "queued", j["status"])
	assert.Len(t, at.GroupMembers(51), 2)
	assert.Equal(t, "completed", at.job(j["id"])["status"])
	at.clock.Advance(time.Hour)
	at.do("GET", fmt.Sprintf("/job_statuses/%s", j["id"]), nil).wantError(404, "RecordNotFound")

	unasked := staff(t, 1, zendesktest.Options{})
	unasked.joinMany(1000).want(200)
	unasked.clock.Advance(2 * time.Second)
	assert.Len(t, unasked.GroupMembers(51), 1)
}

// §9: the list has the last one to be completed first.
func TestJobs_List(t *testing.T) {
	t.Parallel()
	a := staff(t, 3, zendesktest.Options{})
	var ids []any
	for i := range 3 {
		ids = append(ids, a.joinMany(int64(1000 + i)).want(200).object()["id"])
	}
	for _, i := range []int{1, 0} {
		a.job(ids[i])
		a.clock.Advance(time.Second)
		a.job(ids[i])
	}
	a.clock.Advance(-time.Second)
	list := a.do("GET", "/job_statuses", nil)
	assert.Equal(t, []any{ids[2], ids[0], ids[1]}, list.all("job_statuses", "id"))
	first := a.do("GET", "/job_statuses?page[size]=2", nil)
	assert.Equal(t, []any{ids[2], ids[0]}, first.all("job_statuses", "id"))
	after := first.body["meta"].(object)["after_cursor"].(string)
	assert.Equal(t, []any{ids[1]}, a.do("GET", "/job_statuses?page[size]=2&page[after]="+after, nil).all("job_statuses", "id"))
	many := a.do("GET", fmt.Sprintf("/job_statuses/show_many?ids=%s,unknown,%s", ids[0], ids[1]), nil)
	assert.Equal(t, []any{"completed", "completed"}, many.all("job_statuses", "status"))
	a.do("GET", "/job_statuses/show_many", nil).want(400)
	a.do("GET", "/job_statuses/show_many?ids="+strings.Repeat("x,", 101), nil).wantError(400, "TooManyValues")
	a.do("GET", "/job_statuses/V3-0", nil).wantError(404, "RecordNotFound")
}

// §2.2, §2.4: 30 jobs in flight, and no more.
func TestJobs_Limit(t *testing.T) {
	t.Parallel()
	for status, rules := range map[int]zendesktest.Rules{429: {}, 422: {TooManyJobsStatus: 422}} {
		a := staff(t, 1, zendesktest.Options{Limits: &zendesktest.Limits{Jobs: 30}, Rules: rules})
		var ids []any
		for i := range 30 {
			r := a.joinMany(1000).want(200)
			assert.Equal(t, fmt.Sprintf("total=30; remaining=%d; resets=60", 29-i), r.header.Get("zendesk-ratelimit-inflight-jobs"))
			ids = append(ids, r.object()["id"])
		}
		refused := a.joinMany(1000).wantError(status, "TooManyJobs")
		assert.Equal(t, ids, refused.body["current_job_ids"])
		assert.Empty(t, refused.header.Get("Retry-After"))
		a.job(ids[3])
		a.job(ids[3])
		a.joinMany(1000).want(200)
		a.joinMany(1000).wantError(status, "TooManyJobs")
		a.clock.Advance(time.Minute)
		a.joinMany(1000).want(200)
	}
}

// §4.5: 100 items; what is no list of objects is refused before a job is made.
func TestJobs_Bodies(t *testing.T) {
	t.Parallel()
	a := staff(t, 1, zendesktest.Options{})
	many := make([]int64, 101)
	a.joinMany(many...).wantError(400, "TooManyValues")
	a.joinMany(many[:100]...).want(200)
	a.joinMany().wantTitle(400, "Invalid attribute")
	at := "/" + groupList + "/create_many"
	a.do("POST", at, object{groupList: []int{5}}).wantTitle(400, "Invalid attribute")
	a.do("POST", at, object{groupList: object{}}).wantTitle(400, "Invalid attribute")
	a.do("POST", at, "[").want(422)
	a.do("DELETE", "/"+groupList+"/destroy_many", nil).wantTitle(400, "Invalid attribute")
	a.do("DELETE", "/"+groupList+"/destroy_many?ids="+strings.Repeat("1,", 101), nil).wantError(400, "TooManyValues")
	assert.Len(t, a.do("GET", "/job_statuses", nil).all("job_statuses", "id"), 1)
}

// §6.2: destroy_many removes at once, by its own text; or as a job does.
func TestJobs_DestroyManyGroupMemberships(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		a := staff(t, 3, zendesktest.Options{Rules: zendesktest.Rules{MembershipsGoLater: later}})
		for i := range int64(2) {
			a.join(1000+i, 51, nil).want(201)
		}
		one, two, last := a.groupMembershipID(1000, 51), a.groupMembershipID(1001, 51), a.groupMembershipID(1002, 50)
		j := a.do("DELETE", fmt.Sprintf("/%s/destroy_many?ids=%d,%d,%d,9", groupList, one, two, last), nil).want(200).object()
		assert.Equal(t, "queued", j["status"])
		assert.Equal(t, later, len(a.GroupMembers(51)) == 2)
		a.job(j["id"])
		j = a.job(j["id"])
		assert.Empty(t, a.GroupMembers(51))
		assert.Equal(t, []any{
			object{"id": num(one), "action": "delete", "status": "Deleted", "success": true},
			object{"id": num(two), "action": "delete", "status": "Deleted", "success": true},
			object{"id": num(last), "action": "delete", "success": false, "error": "RecordInvalid", "details": "An agent must be a member of at least one group"},
			object{"id": num(9), "action": "delete", "success": false, "error": "RecordNotFound", "details": "Not found"},
		}, j["results"])
	}
}

// §9: the shapes of results that clients have to live with.
func TestJobs_ResultShapes(t *testing.T) {
	t.Parallel()
	a := staff(t, 2, zendesktest.Options{JobDuration: -1, Rules: zendesktest.Rules{
		JobsWithoutType: true, JobResultsAsObject: true, JobResultsReversed: true, JobFailuresComplete: true,
	}})
	j := a.job(a.joinMany(1000, 9).want(200).object()["id"])
	assert.NotContains(t, j, "job_type")
	results := j["results"].([]any)
	assert.Equal(t, object{"index": num(1), "action": "create", "success": false, "error": "RecordInvalid", "details": "User: is invalid"}, results[0])
	assert.Equal(t, true, results[1].(object)["success"])
	id := a.groupMembershipID(1000, 51)
	gone := fmt.Sprintf("/%s/destroy_many?ids=%d", groupList, id)
	assert.Equal(t, object{"success": true}, a.job(a.do("DELETE", gone, nil).want(200).object()["id"])["results"])
	assert.IsType(t, []any{}, a.job(a.do("DELETE", gone, nil).want(200).object()["id"])["results"], "a failure is told")
}

// Scripts: items that fail, jobs that fail, are killed or never end.
func TestJobs_Faults(t *testing.T) {
	t.Parallel()
	const at = "/api/v2/group_memberships/create_many"
	run := func(f zendesktest.JobFault) (*account, object) {
		a := staff(t, 4, zendesktest.Options{})
		a.FaultJob(f)
		id := a.joinMany(1000, 1001, 1002, 1003).want(200).object()["id"]
		a.job(id)
		a.clock.Advance(time.Hour)
		return a, a.job(id)
	}
	a, j := run(zendesktest.JobFault{Path: at, Items: []int{1, 3}, Error: "Oops", Details: "it went wrong"})
	assert.Equal(t, "completed", j["status"])
	assert.Equal(t, []int64{1000, 1002}, a.GroupMembers(51))
	assert.Equal(t, object{"index": num(1), "error": "Oops", "details": "it went wrong"}, j["results"].([]any)[1])
	a, j = run(zendesktest.JobFault{Kind: zendesktest.JobFails, Path: "/api/v2/**"})
	assert.Equal(t, []any{"failed", nil}, []any{j["status"], j["results"]})
	assert.Empty(t, a.GroupMembers(51))
	a, j = run(zendesktest.JobFault{Kind: zendesktest.JobIsKilled})
	assert.Equal(t, []any{"killed", nil}, []any{j["status"], j["results"]})
	assert.Len(t, a.GroupMembers(51), 2)
	a, j = run(zendesktest.JobFault{Kind: zendesktest.JobHangs})
	assert.Equal(t, "working", j["status"])
	assert.Len(t, a.GroupMembers(51), 2)
	for _, f := range []zendesktest.JobFault{{Path: "/api/v2/users/create_many"}, {Skip: 1}} {
		a, j = run(f)
		assert.Equal(t, "completed", j["status"])
		assert.Len(t, a.GroupMembers(51), 4)
	}
	a = staff(t, 1, zendesktest.Options{JobDuration: -1})
	a.FaultJob(zendesktest.JobFault{Times: 2})
	for range 3 {
		a.joinMany(1000).want(200)
	}
	assert.Len(t, a.GroupMembers(51), 1, "the third went well")
	b := staff(t, 1, zendesktest.Options{})
	b.FaultJob(zendesktest.JobFault{Kind: zendesktest.JobFails, Path: "/api/v2/group_memberships/destroy_many"})
	b.join(1000, 51, nil).want(201)
	b.do("DELETE", fmt.Sprintf("/%s/destroy_many?ids=%d", groupList, b.groupMembershipID(1000, 51)), nil).want(200)
	assert.Len(t, b.GroupMembers(51), 1)
}

// A call that queues a job meets the scripts for calls like any other.
func TestJobs_LostAnswer(t *testing.T) {
	t.Parallel()
	a := staff(t, 1, zendesktest.Options{JobDuration: -1})
	a.Fault(zendesktest.Fault{Kind: zendesktest.FailAfter, Path: "/api/v2/group_memberships/create_many"})
	a.joinMany(1000).want(500)
	assert.Len(t, a.GroupMembers(51), 1)
}
