package freshservicetest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// writes is a call of every route that writes, and that the account of club
// accepts.
func writes() map[string]any {
	role := everywhere(freshservicetest.ITAgentRole)
	return map[string]any{
		"POST /requesters":                       object{"first_name": "M", "primary_email": "m@example.com"},
		"PUT /requesters/10":                     object{"job_title": "x"},
		"DELETE /requesters/10":                  nil,
		"PUT /requesters/12/reactivate":          nil,
		"DELETE /requesters/10/forget":           nil,
		"PUT /requesters/10/convert_to_agent":    nil,
		"POST /agents":                           object{"first_name": "M", "email": "m@example.com", "roles": role},
		"PUT /agents/2":                          object{"signature": "x"},
		"DELETE /agents/2":                       nil,
		"PUT /agents/4/reactivate":               nil,
		"DELETE /agents/2/forget":                nil,
		"PUT /agents/2/convert_to_requester":     nil,
		"POST /groups":                           object{"name": "x"},
		"PUT /groups/70":                         object{"members": []int{3}},
		"DELETE /groups/70":                      nil,
		"POST /requester_groups":                 object{"name": "x"},
		"PUT /requester_groups/80":               object{"name": "x"},
		"DELETE /requester_groups/80":            nil,
		"POST /requester_groups/80/members/11":   nil,
		"DELETE /requester_groups/80/members/10": nil,
		"POST /departments":                      object{"name": "x"},
		"PUT /departments/50":                    object{"name": "x"},
		"DELETE /departments/50":                 nil,
		"POST /locations":                        object{"name": "x"},
		"PUT /locations/60":                      object{"name": "x"},
		"DELETE /locations/60":                   nil,
	}
}

// snapshot is all that the account holds.
func (a *account) snapshot() map[string]any {
	members := map[int64][]int64{}
	for _, g := range a.RequesterGroups() {
		members[g["id"].(int64)] = a.Members(g["id"].(int64))
	}
	return map[string]any{
		"requesters": a.Requesters(), "agents": a.Agents(), "groups": a.AgentGroups(), "requester groups": a.RequesterGroups(),
		"members": members, "departments": a.Departments(), "locations": a.Locations(),
	}
}

// Faults meet every route: what is refused has no effect, what fails after has
// it; and what the key's owner may not do has none either.
func TestFaults_EveryWrite(t *testing.T) {
	t.Parallel()
	for _, line := range slices.Sorted(maps.Keys(writes())) {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			method, path, body := split(line)
			a := newAccount(t, club(freshservicetest.Rules{}))
			before := a.snapshot()
			a.Fault(freshservicetest.Fault{Method: method, Path: "/api/v2" + path})
			a.do(method, path, body).want(503)
			assert.Equal(t, before, a.snapshot())
			a.Fault(freshservicetest.Fault{Kind: freshservicetest.FailAfter, Method: method, Path: "/api/v2" + path})
			a.clock.Advance(time.Second)
			a.do(method, path, body).want(500)
			assert.NotEqual(t, before, a.snapshot())
			assert.Empty(t, a.PendingFaults())
		})
	}
}

func split(line string) (method, path string, body any) {
	method, path, _ = strings.Cut(line, " ")
	return method, path, writes()[line]
}

// §2: only the lists of requesters and agents have budgets of their own; the
// header speaks of the bucket that the call drew from.
func TestSubLimits_EveryList(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	for path, total := range map[string]string{
		"/requesters": "140", "/requesters?include_agents=true": "140", "/agents": "140", "/agents?active=true": "140",
		"/groups": "500", "/roles": "500", "/requester_groups": "500", "/requester_groups/80/members": "500",
		"/departments": "500", "/locations": "500", "/workspaces": "500", "/agent_fields": "500", "/agents/2": "500",
	} {
		assert.Equal(t, total, a.do("GET", path, nil).want(200).header.Get("X-Ratelimit-Total"), path)
	}
}

// Every list is paged: 30 by default, 100 at most (§3).
func TestPaging_EveryList(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	for _, path := range []string{
		"/agents", "/groups", "/roles", "/requester_groups", "/requester_groups/80/members", "/departments", "/locations", "/workspaces",
	} {
		a.do("GET", path+"?per_page=101", nil).wantError(400, "per_page", "invalid_value")
		a.do("GET", path+"?page=0", nil).wantError(400, "page", "invalid_value")
		a.do("GET", path+"?sort=name", nil).wantError(400, "sort", "invalid_field")
		assert.Empty(t, a.do("GET", path+"?page=9", nil).want(200).header.Get("Link"))
	}
}
