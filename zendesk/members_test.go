package zendesk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// Calls of groups and organizations, in short.
const (
	joinGroup, joinMany   = "POST /group_memberships", "POST /group_memberships/create_many"
	leaveGroup, leaveMany = "DELETE /group_memberships/{id}", "DELETE /group_memberships/destroy_many"
	groupsOfUser          = "GET /users/{user}/group_memberships"
	membersOfGroup        = "GET /groups/{id}/memberships"
	getGroup, whoIs       = "GET /groups/{id}", "GET /users/show_many"
	poll, pollMany        = "GET /job_statuses/{id}", "GET /job_statuses/show_many"
)

var night = connector.Ref{Object: zendesk.ObjectGroup, ID: "52"}

// desks is an account with two groups and a number of agents, from 2000 on, who are
// in the first one.
func desks(agents int) *zendesktest.Options {
	a := &zendesktest.Options{
		DefaultGroup: 51, Groups: []zendesktest.Group{{ID: 51, Name: "Support"}, {ID: 52, Name: "Night desk", Description: "d"}},
		Users: people(), IndexLag: zendesktest.NoIndexLag,
	}
	for i := range agents {
		a.Users = append(a.Users, zendesktest.User{ID: int64(2000 + i), Name: fmt.Sprint("Agent ", i), Email: fmt.Sprintf("a%d@example.com", i), Role: "agent"})
	}
	return a
}

// agents are references to the first agents of desks.
func agents(from, n int) []connector.Ref {
	out := make([]connector.Ref, n)
	for i := range out {
		out[i] = user(fmt.Sprint(2000 + from + i))
	}
	return out
}

// edit edits members, wants each to succeed, and returns the calls.
func (f *fixture) edit(t *testing.T, group connector.Ref, add, remove []connector.Ref) []string {
	t.Helper()
	return f.calls(t, func(ctx context.Context) {
		results, err := f.EditMembers(ctx, group, add, remove)
		require.NoError(t, err)
		require.Len(t, results, len(add)+len(remove))
		assert.NoError(t, errors.Join(results...))
	})
}

func TestMembers_Cost(t *testing.T) {
	t.Parallel()
	f := hurry(t, desks(250), nil)
	steps := []struct {
		name        string
		add, remove []connector.Ref
		want        []string
		after       int
	}{
		{"one comes", agents(0, 1), nil, []string{joinGroup}, 1},
		{"who is there comes", agents(0, 1), nil, []string{joinGroup}, 1},
		{"one goes", nil, agents(0, 1), []string{groupsOfUser, leaveGroup}, 0},
		{"who is not there goes", nil, agents(0, 1), []string{groupsOfUser, getGroup}, 0},
		{"a hundred come", agents(0, 100), nil, []string{joinMany, poll, poll}, 100},
		{"some of them again", agents(96, 10), nil, []string{joinMany, poll, poll, membersOfGroup, membersOfGroup}, 106},
		{"four go", nil, agents(0, 4), []string{membersOfGroup, membersOfGroup, leaveMany, poll, poll}, 102},
		{"all go, and some who are not there", nil, agents(0, 110), []string{membersOfGroup, membersOfGroup, leaveMany, leaveMany, pollMany, pollMany}, 0},
		{"two hundred and fifty come", agents(0, 250), nil, []string{joinMany, joinMany, joinMany, pollMany, pollMany}, 250},
	}
	for _, c := range steps {
		assert.Equal(t, c.want, f.edit(t, night, c.add, c.remove), c.name)
		assert.Len(t, f.sim.GroupMembers(52), c.after, c.name)
	}
}

// TestMembers_Polling: a job is asked for after a second, and then in intervals
// that double up to 15 seconds (reference, 9).
func TestMembers_Polling(t *testing.T) {
	t.Parallel()
	account := desks(5)
	account.JobDuration = 40 * time.Second
	f := hurry(t, account, &zendesk.Options{Patience: time.Minute})
	var at []time.Duration
	begun := f.clock.Now()
	f.edit(t, night, agents(0, 5), nil)
	for _, r := range f.sim.Requests() {
		if len(r.Path) > 20 && r.Path[:20] == "/api/v2/job_statuses" {
			at = append(at, r.Time.Sub(begun))
		}
	}
	assert.Equal(t, []time.Duration{time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 30 * time.Second, 45 * time.Second}, at)
}

// TestMembers_EndUsersAreNoAgents: who cannot be a member is told from the others
// (reference, 6.2).
func TestMembers_EndUsersAreNoAgents(t *testing.T) {
	t.Parallel()
	for name, add := range map[string][]connector.Ref{
		"singly": {user("100"), user("2000"), user("999")},
		"by job": append(agents(0, 4), user("100"), user("999")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := hurry(t, desks(4), nil)
			results, err := f.EditMembers(t.Context(), night, add, nil)
			require.NoError(t, err)
			for i, r := range add {
				switch r.ID {
				case "100":
					require.ErrorIs(t, results[i], connector.Invalid)
					assert.Contains(t, errorOf(t, results[i]).Reason, "an end user cannot be a member of a group")
				case "999":
					require.ErrorIs(t, results[i], connector.NotFound)
				default:
					require.NoError(t, results[i])
				}
			}
		})
	}
}

// TestMembers_TheLastGroupStays: every agent is in one group at least (reference,
// 6.2).
func TestMembers_TheLastGroupStays(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"at once": {}, "later": {MembershipsGoLater: true}} {
		for _, n := range []int{1, 5} {
			t.Run(fmt.Sprint(name, n), func(t *testing.T) {
				t.Parallel()
				account := desks(5)
				account.Rules = rules
				f := hurry(t, account, nil)
				results, err := f.EditMembers(t.Context(), connector.Ref{Object: zendesk.ObjectGroup, ID: "51"}, nil, agents(0, n))
				require.NoError(t, err)
				for _, err := range results {
					require.ErrorIs(t, err, connector.Conflict)
					assert.Contains(t, errorOf(t, err).Reason, "every agent is in one group at least")
				}
			})
		}
	}
}

// TestMembers_JobsThatGoWrong: what came of each item is looked at, whatever the
// job says (reference, 9).
func TestMembers_JobsThatGoWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault  zendesktest.JobFault
		failed []int // items that are not done
		code   connector.Code
	}{
		"two items fail":   {zendesktest.JobFault{Items: []int{1, 3}}, []int{1, 3}, connector.Conflict},
		"the job fails":    {zendesktest.JobFault{Kind: zendesktest.JobFails}, []int{0, 1, 2, 3, 4, 5}, connector.Conflict},
		"the job is ended": {zendesktest.JobFault{Kind: zendesktest.JobIsKilled}, []int{3, 4, 5}, connector.Conflict},
		"the job hangs":    {zendesktest.JobFault{Kind: zendesktest.JobHangs}, []int{3, 4, 5}, connector.Unavailable},
	} {
		for _, remove := range []bool{false, true} {
			t.Run(fmt.Sprint(name, "/", remove), func(t *testing.T) {
				t.Parallel()
				account := desks(6)
				account.Rules.MembershipsGoLater = true
				f := hurry(t, account, nil)
				add, gone := agents(0, 6), []connector.Ref(nil)
				if remove {
					f.edit(t, night, add, nil)
					add, gone = nil, add
				}
				f.sim.FaultJob(c.fault)
				results, err := f.EditMembers(t.Context(), night, add, gone)
				require.NoError(t, err)
				for i, err := range results {
					failed := false
					for _, at := range c.failed {
						failed = failed || at == i
					}
					if failed {
						require.ErrorIs(t, err, c.code, "%d", i)
					} else {
						require.NoError(t, err, "%d", i)
					}
				}
				// Asked for again, the rest is done.
				f.edit(t, night, add, gone)
				if remove {
					assert.Empty(t, f.sim.GroupMembers(52))
				} else {
					assert.Len(t, f.sim.GroupMembers(52), 6)
				}
			})
		}
	}
}

// TestMembers_Faults has each call of a change go wrong in each way: nobody is in
// the group twice, and whoever is told to be in is in.
func TestMembers_Faults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]zendesktest.Fault{
		"lost answer":    {Kind: zendesktest.LostAnswer},
		"cut body":       {Kind: zendesktest.CutBody},
		"malformed":      {Kind: zendesktest.Malformed},
		"500 after":      {Kind: zendesktest.FailAfter},
		"503":            zendesktest.Maintenance("1"),
		"503 for ever":   {Status: 503, Times: -1},
		"lost for ever":  {Kind: zendesktest.LostAnswer, Times: -1},
		"429 text":       {Status: 429, RetryAfter: "2", Body: "too many", ContentType: "text/plain"},
		"429 JSON":       {Status: 429, RetryAfter: "2", Body: `{"error":"APIRateLimitExceeded"}`, ContentType: "application/json"},
		"429 for long":   {Status: 429, RetryAfter: "300", Times: -1},
		"409":            zendesktest.DatabaseConflict(),
		"403":            {Status: 403, Body: `{"error":{"title":"Forbidden","message":"x"}}`, ContentType: "application/json"},
		"too many jobs":  {Status: 422, Body: `{"error":"TooManyJobs","description":"x","current_job_ids":["a"]}`, ContentType: "application/json"},
		"unreachable":    {Kind: zendesktest.Unreachable},
		"no job at last": {Kind: zendesktest.Refuse, Status: 404, Body: `{"error":"RecordNotFound"}`, ContentType: "application/json"},
	} {
		for _, path := range []string{"/api/v2/group_memberships", "/api/v2/group_memberships/create_many", "/api/v2/job_statuses/*"} {
			t.Run(name+path[7:], func(t *testing.T) {
				t.Parallel()
				f := hurry(t, desks(5), nil)
				_, err := f.Description(t.Context())
				require.NoError(t, err)
				add := agents(0, 5)
				if path == "/api/v2/group_memberships" {
					add = add[:2]
				}
				broken := fault // which the other paths use as well
				broken.Path = path
				f.sim.Fault(broken)
				results, err := f.EditMembers(t.Context(), night, add, nil)
				told := 0
				for _, err := range results {
					if err == nil {
						told++
					} else {
						assert.NotEqual(t, connector.Unknown, connector.CodeOf(err), "%v", err)
					}
				}
				if err != nil {
					require.NotEqual(t, connector.Unknown, connector.CodeOf(err))
				}
				assert.GreaterOrEqual(t, len(f.sim.GroupMembers(52)), told)
				f.sim.ClearFaults()
				f.clock.Advance(10 * time.Minute)
				f.edit(t, night, add, nil)
				assert.Len(t, f.sim.GroupMembers(52), len(add))
			})
		}
	}
}

// TestMembers_ALostStartIsSettledByReading: the job runs although its start was not
// heard of.
func TestMembers_ALostStartIsSettledByReading(t *testing.T) {
	t.Parallel()
	account := desks(5)
	account.JobDuration = -1
	f := hurry(t, account, nil)
	f.sim.Fault(zendesktest.Fault{Kind: zendesktest.LostAnswer, Path: "/api/v2/group_memberships/create_many", Times: -1})
	f.edit(t, night, agents(0, 5), nil)
}

func TestMembers_TooManyJobs(t *testing.T) {
	t.Parallel()
	account := desks(30)
	account.Rules.TooManyJobsStatus = 422
	f := hurry(t, account, nil)
	// Jobs of other programs are in the way, and end.
	f.sim.Fault(zendesktest.Fault{Status: 422, Body: `{"error":"TooManyJobs","description":"x","current_job_ids":["a"]}`, ContentType: "application/json",
		Path: "/api/v2/group_memberships/create_many", Times: 2})
	calls := f.edit(t, night, agents(0, 5), nil)
	assert.Equal(t, []string{joinMany, joinMany, joinMany}, calls[:3])

	f.sim.Fault(zendesktest.Fault{Status: 422, Body: `{"error":"TooManyJobs"}`, ContentType: "application/json",
		Path: "/api/v2/group_memberships/create_many", Times: -1})
	_, err := f.EditMembers(t.Context(), night, agents(5, 5), nil)
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Equal(t, 15*time.Second, errorOf(t, err).RetryAfter)
}

func TestMembers_GroupsThatAreGone(t *testing.T) {
	t.Parallel()
	for _, v := range []zendesktest.Rules{{}, {DeletedGroupsNotFound: true, DeletedGroupsUnlisted: true}} {
		account := desks(5)
		account.Rules = v
		f := hurry(t, account, nil)
		_, err := f.Act(t.Context(), night, connector.Action{Kind: connector.Delete})
		require.NoError(t, err)
		for _, group := range []connector.Ref{night, {Object: zendesk.ObjectGroup, ID: "99"}} {
			for _, edit := range [][2][]connector.Ref{{agents(0, 1), nil}, {agents(0, 5), nil}, {nil, agents(0, 1)}, {nil, agents(0, 5)}} {
				_, err := f.EditMembers(t.Context(), group, edit[0], edit[1])
				require.ErrorIs(t, err, connector.NotFound)
			}
			_, err = f.ListMembers(t.Context(), group, "")
			require.ErrorIs(t, err, connector.NotFound)
			_, err = f.Get(t.Context(), group)
			require.ErrorIs(t, err, connector.NotFound)
		}
		found, err := f.find(t.Context(), zendesk.ObjectGroup, "")
		require.NoError(t, err)
		assert.Equal(t, []int64{51}, ids(found))
	}
}

// TestUser_DefaultGroup: an agent is made a member of the group that is to be the
// default one.
func TestUser_DefaultGroup(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules zendesktest.Rules
		calls []string
	}{
		"refused before": {zendesktest.Rules{}, []string{putUser, joinGroup, putUser}},
		"joins":          {zendesktest.Rules{DefaultGroupJoins: true}, []string{putUser}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := desks(1)
			account.Rules = c.rules
			f := start(t, account, nil)
			assert.Equal(t, c.calls, f.calls(t, func(ctx context.Context) {
				rec, err := f.blind(t, ctx, user("2000"), map[string]any{"default_group_id": 52})
				require.NoError(t, err)
				assert.Equal(t, "52", rec.String("default_group_id"))
			}))
			_, err := f.blind(t, t.Context(), user("2000"), map[string]any{"default_group_id": 99})
			require.ErrorIs(t, err, connector.Invalid)
			assert.Equal(t, "default_group_id", errorOf(t, err).Field)
			made, err := f.create(t, t.Context(), map[string]any{"name": "N", "email": "n@example.com", "role": "agent", "default_group_id": 52})
			require.NoError(t, err)
			assert.Equal(t, "52", made.String("default_group_id"))
		})
	}
}

// TestMembers_WhereBulkIsOff: an account that refuses bulk calls gets single ones,
// and one that refuses those too is not asked for each member.
func TestMembers_WhereBulkIsOff(t *testing.T) {
	t.Parallel()
	forbidden := func(path string) zendesktest.Fault {
		return zendesktest.Fault{Path: path, Status: 403, Body: `{"error":{"title":"Forbidden","message":"x"}}`, ContentType: "application/json", Times: -1}
	}
	f := hurry(t, desks(5), nil)
	f.sim.Fault(forbidden("/api/v2/group_memberships/create_many"))
	f.sim.Fault(forbidden("/api/v2/group_memberships/destroy_many"))
	f.edit(t, night, agents(0, 5), nil)
	assert.Len(t, f.sim.GroupMembers(52), 5)
	f.edit(t, night, nil, agents(0, 5))
	assert.Empty(t, f.sim.GroupMembers(52))

	f.edit(t, night, agents(0, 5), nil)
	f.sim.Fault(forbidden("/api/v2/group_memberships/*"))
	f.sim.ResetRequests()
	results, err := f.EditMembers(t.Context(), night, nil, agents(0, 5))
	require.NoError(t, err)
	for _, err := range results {
		require.ErrorIs(t, err, connector.Denied)
	}
	assert.Len(t, f.sim.Requests(), 3, "the list, all at once, the first one")
}
