package freshservice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// faults are what can go wrong with one call of a write.
func faults() map[string]freshservicetest.Fault {
	return map[string]freshservicetest.Fault{
		"429":          {Status: 429, RetryAfter: "3600"},
		"503 before":   {Status: 503, Body: "<html>later</html>"},
		"500 after":    {Kind: freshservicetest.FailAfter},
		"lost answer":  {Kind: freshservicetest.LostAnswer},
		"cut body":     {Kind: freshservicetest.CutBody},
		"no JSON":      {Kind: freshservicetest.Malformed},
		"out of reach": {Kind: freshservicetest.Unreachable},
	}
}

// TestFaults_Members: whatever goes wrong with a call, members are there that are
// said to have joined, and asking again brings about the rest.
func TestFaults_Members(t *testing.T) {
	t.Parallel()
	opts := managed()
	opts.Departments = freshservice.DepartmentsAsGroups
	for object, c := range map[string]struct {
		id      int64
		who     string
		people  []int64
		methods []string
		path    string
	}{
		"agent_group":     {81, "agent", []int64{101, 102, 103}, []string{"GET", "PUT"}, "/api/v2/groups/*"},
		"requester_group": {91, "requester", []int64{201, 202, 203}, []string{"POST", "DELETE"}, "/api/v2/requester_groups/**"},
		"department":      {42, "requester", []int64{201, 202, 203}, []string{"GET", "PUT"}, "/api/v2/requesters/*"},
	} {
		for name, fault := range faults() {
			for _, method := range c.methods {
				t.Run(fmt.Sprintf("%s/%s/%s", object, method, name), func(t *testing.T) {
					t.Parallel()
					fault := fault
					o := crew()
					o.Departments = []freshservicetest.Department{{ID: 42, Name: "Tours"}}
					o.AgentGroups = []freshservicetest.AgentGroup{{ID: 81, Name: "Network", Members: []int64{104}}}
					o.RequesterGroups = []freshservicetest.RequesterGroup{{ID: 91, Name: "Berlin", Members: []int64{204}}}
					o.Requesters[3].DepartmentIDs = []int64{42}
					own := *opts
					f := startManaged(t, &o, &own)
					group, leaving := groupRef(object, c.id), refs(c.who, c.people[0]+3)
					fault.Method, fault.Path, fault.Skip = method, c.path, 1
					if method == "DELETE" || object == "agent_group" {
						fault.Skip = 0
					}
					f.sim.Fault(fault)
					members := func() []string {
						rec, err := f.Get(t.Context(), group)
						require.NoError(t, err)
						return rec.Strings("members")
					}
					// Not counted: the transport by itself repeats a GET whose connection was closed.
					results, err := f.EditMembers(t.Context(), group, refs(c.who, c.people...), leaving)
					codes := codesOf(results)
					assert.Empty(t, f.sim.PendingFaults(), "the fault was not met")
					f.sim.ClearFaults()
					f.clock.Advance(2 * time.Hour)
					if err == nil {
						now := members()
						for i, code := range codes[:len(c.people)] {
							if code == ok {
								assert.Contains(t, now, fmt.Sprint(c.people[i]))
							}
						}
						if codes[len(c.people)] == ok {
							assert.NotContains(t, now, leaving[0].ID)
						}
					}
					codes, _, err = f.edit(t, group, refs(c.who, c.people...), leaving)
					require.NoError(t, err)
					assert.Equal(t, []connector.Code{ok, ok, ok, ok}, codes)
					assert.ElementsMatch(t, []string{fmt.Sprint(c.people[0]), fmt.Sprint(c.people[1]), fmt.Sprint(c.people[2])}, members())
				})
			}
		}
	}
}

// TestFaults_Convert: a conversion whose answer did not come has been made or not,
// and asking again is right either way.
func TestFaults_Convert(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		for from, to := range map[string]string{"requester": "agent", "agent": "requester"} {
			t.Run(from+"/"+name, func(t *testing.T) {
				t.Parallel()
				fault := fault
				o := crew()
				f := startManaged(t, &o, nil)
				r := refs(from, map[string]int64{"requester": 201, "agent": 101}[from])[0]
				fault.Method, fault.Path = "PUT", "/api/v2/"+from+"s/*/*"
				f.sim.Fault(fault)
				act := connector.Action{Kind: connector.Convert, To: to}
				_, err := f.Act(t.Context(), r, act)
				assert.Empty(t, f.sim.PendingFaults(), "the fault was not met")
				f.clock.Advance(2 * time.Hour)
				if err != nil {
					rec, err := f.Act(t.Context(), r, act)
					require.NoError(t, err)
					assert.Equal(t, to, rec.Type().Name())
				}
				_, err = f.Get(t.Context(), connector.Ref{Object: to, ID: r.ID})
				require.NoError(t, err)
			})
		}
	}
}

// TestFaults_Create: an agent or a group whose creation got no answer is Ambiguous,
// and made once; a refusal without effect is told as one.
func TestFaults_Create(t *testing.T) {
	t.Parallel()
	opts := managed()
	for name, fault := range faults() {
		for object, c := range map[string]struct {
			path   string
			values map[string]any
			count  func(f *fixture) int
		}{
			"agent": {"/api/v2/agents", map[string]any{"first_name": "A", "email": "new@example.com", "role_ids": roleIDs(freshservicetest.ITAgentRole)},
				func(f *fixture) int { return len(f.sim.Agents()) - 1 }},
			"agent_group":     {"/api/v2/groups", map[string]any{"name": "New"}, func(f *fixture) int { return len(f.sim.AgentGroups()) }},
			"requester_group": {"/api/v2/requester_groups", map[string]any{"name": "New"}, func(f *fixture) int { return len(f.sim.RequesterGroups()) }},
		} {
			t.Run(object+"/"+name, func(t *testing.T) {
				t.Parallel()
				fault, own := fault, *opts
				f := startManaged(t, nil, &own)
				rec := f.record(t, object, c.values)
				fault.Method, fault.Path = "POST", c.path
				f.sim.Fault(fault)
				_, err := f.Create(t.Context(), object, rec)
				switch connector.CodeOf(orInternal(err)) {
				case connector.Ambiguous:
					assert.LessOrEqual(t, c.count(f), 1)
				case connector.Unavailable, connector.RateLimited:
					assert.Equal(t, 0, c.count(f))
				default:
					require.NoError(t, err)
					assert.Equal(t, 1, c.count(f))
				}
			})
		}
	}
}

// orInternal gives a nil error a code, so that it can be asked for.
func orInternal(err error) error {
	if err == nil {
		return connector.Internal
	}
	return err
}
