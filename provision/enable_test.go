package provision_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// departments are the department ids of a requester.
func departments(t *testing.T, w *world, id string) (ids []int64) {
	t.Helper()
	data, err := json.Marshal(record(t, w, id)["department_ids"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &ids))
	return ids
}

func labWorld(t *testing.T, rules freshservicetest.Rules) (w *world, id string) {
	t.Helper()
	w = freshserviceWorld(t, &freshservicetest.Options{Rules: rules, Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}, {ID: 43, Name: "Sales"}}}, nil, nil)
	return w, create(t, w, user("ada@example.com", map[string]any{
		enterprise: map[string]any{"department": "Lab"}, extension: map[string]any{"seesDepartmentTickets": true},
	})).ID()
}

var drops = map[string]freshservicetest.Rules{
	"on reactivate": {}, "on deactivate": {ReactivationDrops: freshservicetest.DropOnDeactivate}, "never": {ReactivationDrops: freshservicetest.DropNever},
}

// TestEnable_FailsInTheMiddle: the account is enabled, and giving back what the
// deactivation took fails. Nothing of it is lost: the account is disabled again,
// or, where even that fails, whoever repeats the request has it finished.
func TestEnable_FailsInTheMiddle(t *testing.T) {
	t.Parallel()
	for name, rules := range drops {
		for _, stuck := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", cannot be undone"}[stuck], func(t *testing.T) {
				t.Parallel()
				w, id := labWorld(t, rules)
				must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
				w.account.Fault(freshservicetest.Fault{Status: 503, Method: "PUT", Path: "/api/v2/requesters/" + id, Times: -1})
				if stuck {
					w.account.Fault(freshservicetest.Fault{Status: 503, Method: "DELETE", Path: "/api/v2/requesters/" + id, Times: -1})
				}
				for range 2 {
					must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 503)
					assert.Equal(t, stuck, record(t, w, id)["active"])
				}
				w.account.ClearFaults()
				must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
				assert.Equal(t, true, record(t, w, id)["active"])
				assert.Equal(t, []int64{42}, departments(t, w, id))
				assert.Equal(t, true, record(t, w, id)["can_see_all_tickets_from_associated_departments"])
			})
		}
	}
}

// TestEnable_ByPUT: a PUT says all there is to say, so what it leaves out is not
// given back, whenever the target dropped it.
func TestEnable_ByPUT(t *testing.T) {
	t.Parallel()
	for name, rules := range drops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, id := labWorld(t, rules)
			must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
			must(t, w, "PUT", "/Users/"+id, user("ada@example.com", nil), 200)
			assert.Empty(t, departments(t, w, id))

			must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
			must(t, w, "PUT", "/Users/"+id, user("ada@example.com", map[string]any{enterprise: map[string]any{"department": "Sales"}}), 200)
			assert.Equal(t, []int64{43}, departments(t, w, id))
		})
	}
}

// TestEnable_OnceIsEnough: what was given back once is not given back again when
// somebody takes it away later.
func TestEnable_OnceIsEnough(t *testing.T) {
	t.Parallel()
	w, id := labWorld(t, freshservicetest.Rules{})
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(map[string]any{"op": "remove", "path": enterprise + ":department"}), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true), set("title", "x")), 200)
	assert.Empty(t, departments(t, w, id))
}

// TestCreate_DisabledFailsInTheMiddle: the requester is there and could not be
// disabled. The client is told, and what the target cannot hold is kept.
func TestCreate_DisabledFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	w.account.Fault(freshservicetest.Fault{Status: 503, Method: "DELETE", Path: "/api/v2/requesters/*", Times: -1})
	mail := []any{map[string]any{"type": "work", "value": "ada@example.com"}}
	body := user("ada", map[string]any{"active": false, "externalId": "x-1", "emails": mail})
	must(t, w, "POST", "/Users", body, 503)
	assert.NotContains(t, w.events.last().Words, "Nothing was written")
	w.account.ClearFaults()
	w.takeCalls()
	found := find(t, w, `externalId eq "x-1"`)
	require.Equal(t, 1, found.Total())
	assert.Equal(t, []string{"GET /requesters/{id}"}, w.takeCalls())
	assert.Equal(t, "ada", found.Resources()[0]["userName"])
	assert.Equal(t, true, found.Resources()[0]["active"], "as it is")
}

// TestCreate_ClientGoesAway: the client does not wait for the answer. The create
// is finished: whoever is to be disabled does not stay usable.
func TestCreate_ClientGoesAway(t *testing.T) {
	t.Parallel()
	g := newGate()
	w := freshserviceWorld(t, &freshservicetest.Options{Sleep: g.sleep}, nil, nil)
	w.account.Fault(freshservicetest.Fault{Kind: freshservicetest.Late, Delay: 1, Method: "POST", Path: "/api/v2/requesters"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = w.client.Do(ctx, "POST", "/Users", nil, user("ada@example.com", map[string]any{"active": false, "externalId": "x-1"}))
	}()
	<-g.reached
	cancel()
	<-done
	require.Len(t, w.account.Requesters(), 1)
	assert.Equal(t, false, w.account.Requesters()[0]["active"])
	assert.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
}
