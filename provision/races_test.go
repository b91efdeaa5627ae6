package provision_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/scim"
)

// TestRace_ReadWhileDeleted: a read that began before a DELETE and notes of which
// kind the record is does not bring the record back.
func TestRace_ReadWhileDeleted(t *testing.T) {
	t.Parallel()
	g := newGate()
	w := freshserviceWorld(t, &freshservicetest.Options{
		Sleep:      g.sleep,
		Requesters: []freshservicetest.Requester{{ID: 7, FirstName: "Ada", PrimaryEmail: "ada@example.com"}},
	}, nil, nil)
	r := meanwhile(t, w, g, freshservicetest.Fault{Method: "GET", Path: "/api/v2/requesters/7"}, "GET", "/Users/7", nil, func() {
		must(t, w, "DELETE", "/Users/7", nil, 204)
	})
	assert.Equal(t, 200, r.Status)
	must(t, w, "GET", "/Users/7", nil, 404)
	assert.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
}

// TestRace_ManagerMadeMeanwhile: somebody whose manager is made while they are is
// completed all the same, although they did not wait yet when the manager came.
func TestRace_ManagerMadeMeanwhile(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"GET", "POST"} { // the look-up, the create
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			w := freshserviceWorld(t, &freshservicetest.Options{Sleep: g.sleep}, nil, nil)
			var boss string
			ada := user("ada@example.com", map[string]any{enterprise: map[string]any{"manager": map[string]any{"value": "boss@example.com"}}})
			r := meanwhile(t, w, g, freshservicetest.Fault{Method: method, Path: "/api/v2/requesters"}, "POST", "/Users", ada, func() {
				boss = create(t, w, user("boss@example.com", nil)).ID()
			})
			assert.Equal(t, 201, r.Status)
			assert.Equal(t, boss, fmt.Sprint(record(t, w, r.ID())["reporting_manager_id"]))
			bob := create(t, w, user("bob@example.com", map[string]any{enterprise: map[string]any{"manager": map[string]any{"value": "boss@example.com"}}}))
			assert.Equal(t, boss, fmt.Sprint(record(t, w, bob.ID())["reporting_manager_id"]))
		})
	}
}

func worlds(t *testing.T) map[string]*world {
	t.Helper()
	return map[string]*world{"freshservice": freshserviceWorld(t, nil, nil, nil), "memory": memoryWorld(t, scim.ProfileCompatible())}
}

// together runs requests at the same time and returns their statuses.
func together(t *testing.T, w *world, requests ...func() (method, path string, body any)) []int {
	t.Helper()
	status := make([]int, len(requests))
	var wg sync.WaitGroup
	for i, request := range requests {
		wg.Go(func() {
			method, path, body := request()
			r, err := w.client.Do(t.Context(), method, path, nil, body)
			if assert.NoError(t, err) {
				status[i] = r.Status
			}
		})
	}
	wg.Wait()
	return status
}

func request(method, path string, body any) func() (string, string, any) {
	return func() (string, string, any) { return method, path, body }
}

func TestRace_CreatesWithOneAddress(t *testing.T) {
	t.Parallel()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []func() (string, string, any)
			for i := range 20 {
				all = append(all, request("POST", "/Users", user([]string{"ada@example.com", "ADA@example.com"}[i%2], nil)))
			}
			count := make(map[int]int)
			for _, s := range together(t, w, all...) {
				count[s]++
			}
			assert.Equal(t, map[int]int{201: 1, 409: 19}, count)
			assert.Equal(t, 1, must(t, w, "GET", "/Users", nil, 200).Total())
		})
	}
}

func TestRace_PatchesOfOneUser(t *testing.T) {
	t.Parallel()
	paths := []string{"title", "name.familyName", "externalId", `phoneNumbers[type eq "work"].value`, `phoneNumbers[type eq "mobile"].value`}
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := create(t, w, user("ada@example.com", nil)).ID()
			var all []func() (string, string, any)
			for i, p := range paths {
				all = append(all, request("PATCH", "/Users/"+id, patch(set(p, fmt.Sprintf("555%d", i)))))
			}
			together(t, w, all...)
			for i, p := range paths {
				assert.Equal(t, 1, find(t, w, fmt.Sprintf(`id eq "%s" and %s eq "555%d"`, id, p, i)).Total(), p)
			}
		})
	}
}

// TestRace_EverythingAtOnce: whatever deletes, patches, creates and reads do to
// each other, in the end there is one account, and SCIM shows it.
func TestRace_EverythingAtOnce(t *testing.T) {
	t.Parallel()
	for name, w := range worlds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := create(t, w, user("ada@example.com", nil)).ID()
			for round := range 20 {
				path := "/Users/" + id
				status := together(t, w,
					request("DELETE", path, nil), request("GET", path, nil), request("POST", "/Users", user("ada@example.com", nil)),
					request("PATCH", path, patch(set("active", round%2 == 0))), request("PATCH", path, patch(set("title", "x"))),
				)
				for _, s := range status {
					require.Less(t, s, 500, "round %d: %v", round, status)
				}
				must(t, w, "POST", "/Users", user("ada@example.com", nil), 201, 409)
				found := find(t, w, `userName eq "ada@example.com"`)
				require.Equal(t, 1, found.Total(), "round %d: %v", round, status)
				id = found.Resources()[0]["id"].(string)
				if w.account != nil {
					require.Len(t, w.account.Requesters(), 1)
				}
			}
		})
	}
}

// TestKinds_AgentsAreLeftAlone: requesters and agents share their ids. Whatever
// is asked for by the id or the address of an agent, known or not, the agent
// stays as it is, whether or not the target's paths for requesters serve agents.
func TestKinds_AgentsAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, rules := range []freshservicetest.Rules{{}, {RequestersServeAgents: true}} {
		for _, tickets := range []string{freshservice.TicketsUsed, freshservice.TicketsUnused} {
			w := freshserviceWorld(t, &freshservicetest.Options{
				Rules: rules, Agents: []freshservicetest.Agent{{ID: 77, FirstName: "Ann", Email: "ann@example.com", JobTitle: "Lead"}},
			}, &freshservice.Options{DepartmentTickets: tickets}, nil)
			before := w.account.Agent(77)
			for range 2 {
				must(t, w, "DELETE", "/Users/77", nil, 404)
				must(t, w, "PATCH", "/Users/77", patch(set("title", "x")), 404)
				must(t, w, "GET", "/Users/77", nil, 404)
				must(t, w, "PATCH", "/Users/77", patch(set("active", false)), 404)
				must(t, w, "PUT", "/Users/77", user("ann@example.com", map[string]any{"active": false}), 404)
				must(t, w, "POST", "/Users", user("ann@example.com", nil), 409)
			}
			assert.Equal(t, before, w.account.Agent(77))
			for _, call := range w.takeCalls() {
				assert.NotContains(t, []string{"DELETE /requesters/{id}", "PUT /requesters/{id}"}, call)
			}
		}
	}
}

// TestKinds_BecameAnAgent: somebody who was converted since is not deactivated
// through the path of requesters.
func TestKinds_BecameAnAgent(t *testing.T) {
	t.Parallel()
	for _, rules := range []freshservicetest.Rules{{}, {RequestersServeAgents: true}} {
		w := freshserviceWorld(t, &freshservicetest.Options{
			Rules: rules, Requesters: []freshservicetest.Requester{{ID: 7, FirstName: "Ada", PrimaryEmail: "ada@example.com"}},
		}, nil, nil)
		must(t, w, "GET", "/Users/7", nil, 200)
		w.account.RemoveUser(7)
		w.account.AddAgent(freshservicetest.Agent{ID: 7, FirstName: "Ada", Email: "ada@example.com"})
		before := w.account.Agent(7)
		must(t, w, "PATCH", "/Users/7", patch(set("title", "x")), 404)
		must(t, w, "PATCH", "/Users/7", patch(set("active", false)), 404)
		must(t, w, "DELETE", "/Users/7", nil, 404)
		assert.Equal(t, before, w.account.Agent(7))
	}
}

// TestKinds_OneSpellingOfAnID: "007" is nobody, or a tombstone of 7 would not
// hide it.
func TestKinds_OneSpellingOfAnID(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{
		Requesters: []freshservicetest.Requester{{ID: 7, FirstName: "Ada", PrimaryEmail: "ada@example.com"}},
	}, &freshservice.Options{DepartmentTickets: freshservice.TicketsUnused}, nil)
	must(t, w, "DELETE", "/Users/7", nil, 204)
	before := record(t, w, "7")
	for _, id := range []string{"7", "007", "07", "+7", "7.0", "%207"} {
		must(t, w, "GET", "/Users/"+id, nil, 404)
		must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x")), 404)
		must(t, w, "PUT", "/Users/"+id, user("ada@example.com", nil), 404)
		must(t, w, "DELETE", "/Users/"+id, nil, 404)
	}
	assert.Equal(t, before, record(t, w, "7"))
}
