package provision_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

const (
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	extension  = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
)

// gate stops one call of the account where a fault has a delay.
type gate struct{ reached, open chan struct{} }

func newGate() *gate { return &gate{make(chan struct{}), make(chan struct{})} }

func (g *gate) sleep(ctx context.Context, _ time.Duration) error {
	close(g.reached)
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// meanwhile sends a request, has do run while the account holds back the answer
// to the call that f describes, and returns the answer to the request.
func meanwhile(t *testing.T, w *world, g *gate, f freshservicetest.Fault, method, path string, body any, do func()) *scimtest.Response {
	t.Helper()
	f.Kind, f.Delay = freshservicetest.Late, time.Second
	w.account.Fault(f)
	got := make(chan *scimtest.Response, 1)
	go func() {
		r, err := w.client.Do(t.Context(), method, path, nil, body)
		assert.NoError(t, err)
		got <- r
	}()
	<-g.reached
	do()
	close(g.open)
	return <-got
}

// TestRevive_AnswerLost: a create whose answer is lost finds the account that a
// DELETE has put away, which has all that was to be written. It is not taken for
// the one that the create has made, but revived.
func TestRevive_AnswerLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []freshservicetest.FaultKind{freshservicetest.Refuse, freshservicetest.Unreachable, freshservicetest.FailAfter, freshservicetest.LostAnswer} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, nil, nil, nil)
			id := create(t, w, user("ada@example.com", nil)).ID()
			must(t, w, "DELETE", "/Users/"+id, nil, 204)
			w.account.Fault(freshservicetest.Fault{Kind: kind, Method: "POST", Path: "/api/v2/requesters"})
			r := create(t, w, user("ada@example.com", nil))
			assert.Equal(t, id, r.ID())
			assert.Equal(t, true, r.Body["active"])
			assert.Equal(t, true, record(t, w, id)["active"])
			must(t, w, "GET", "/Users/"+id, nil, 200)
		})
	}
}

func TestCreate_AnswerLostAndDisabledTwin(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	w.account.Fault(freshservicetest.Fault{Kind: freshservicetest.LostAnswer, Method: "POST", Path: "/api/v2/requesters"})
	must(t, w, "POST", "/Users", user("ada@example.com", nil), 409)
	assert.Equal(t, false, record(t, w, id)["active"])
}

// TestCreate_AnswerLostInMemory: what was made is found by a target that answers
// every filter without declaring fields.
func TestCreate_AnswerLostInMemory(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{true, false} {
		w := memoryWorld(t, scim.ProfileCompatible())
		w.target.Driver().(*memory.Driver).Fail(memory.Fault{Op: "create", Code: connector.Ambiguous, After: after})
		id := create(t, w, user("ada@example.com", nil)).ID()
		must(t, w, "GET", "/Users/"+id, nil, 200)
		assert.Equal(t, 1, must(t, w, "GET", "/Users", nil, 200).Total())
	}
}

// TestRevive_DeletedUnderway: the account is put away between the moment in
// which a create finds it and the one in which it decides.
func TestRevive_DeletedUnderway(t *testing.T) {
	t.Parallel()
	g := newGate()
	w := freshserviceWorld(t, &freshservicetest.Options{Sleep: g.sleep}, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	search := freshservicetest.Fault{Method: "GET", Path: "/api/v2/requesters", Query: []string{"email"}}
	r := meanwhile(t, w, g, search, "POST", "/Users", user("ada@example.com", nil), func() {
		must(t, w, "DELETE", "/Users/"+id, nil, 204)
	})
	require.Equal(t, 201, r.Status)
	assert.Equal(t, id, r.ID())
	assert.Equal(t, true, record(t, w, id)["active"], "what the answer says is so")
	must(t, w, "GET", "/Users/"+id, nil, 200)
}

// TestRevive_NothingHalfDone: who cannot be made what the create asks for stays
// disabled and hidden.
func TestRevive_NothingHalfDone(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	w.takeCalls()

	must(t, w, "POST", "/Users", user("ada@example.com", map[string]any{enterprise: map[string]any{"department": "Nowhere"}}), 400)
	assert.Equal(t, false, record(t, w, id)["active"], "refused by the mapping")

	w.account.Fault(freshservicetest.Fault{Status: 400, Method: "PUT", Path: "/api/v2/requesters/" + id, Times: -1})
	must(t, w, "POST", "/Users", user("ada@example.com", map[string]any{"title": "Countess"}), 400)
	assert.Equal(t, false, record(t, w, id)["active"], "refused by the target")
	assert.NotContains(t, w.events.last().Words, "Nothing was written")
	must(t, w, "GET", "/Users/"+id, nil, 404)

	w.account.ClearFaults()
	assert.Equal(t, id, create(t, w, user("ada@example.com", map[string]any{"title": "Countess"})).ID())
	assert.Equal(t, true, record(t, w, id)["active"])
}

// TestConflict_ReactivateWhoIsHidden: an account that the lookup of addresses
// does not show is found as a person of any kind, and is taken over all the same.
func TestConflict_ReactivateWhoIsHidden(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{
		Rules:      freshservicetest.Rules{EmailFilterHidesInactive: true},
		Requesters: []freshservicetest.Requester{{ID: 7, FirstName: "Ada", PrimaryEmail: "ada@example.com", Inactive: true}},
	}, nil, &provision.Options{Policies: map[string]provision.Policy{"requester": {Conflict: provision.ConflictReactivate}}})
	assert.Equal(t, "7", create(t, w, user("ada@example.com", nil)).ID())
	assert.Equal(t, true, record(t, w, "7")["active"])
}

// TestPolicy_IgnoreHidesEverywhere: where a DELETE leaves the account as it is,
// only SCIM is told that it is gone: no list, no group, no search shows it.
func TestPolicy_IgnoreHidesEverywhere(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	w.serve(&provision.Options{Policies: map[string]provision.Policy{"user": {Delete: provision.DeleteIgnore}}}, scim.ProfileCompatible())
	ada, bob := create(t, w, user("ada@example.com", nil)).ID(), create(t, w, user("bob@example.com", nil)).ID()
	group := newGroup(t, w, "Staff", ada, bob)
	must(t, w, "DELETE", "/Users/"+ada, nil, 204)
	must(t, w, "GET", "/Users/"+ada, nil, 404)
	assert.Equal(t, 1, must(t, w, "GET", "/Users", nil, 200).Total())
	assert.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
	assert.Equal(t, []string{bob}, members(t, w, group))
	assert.Equal(t, ada, create(t, w, user("ada@example.com", nil)).ID(), "the same account")
	assert.Equal(t, []string{ada, bob}, members(t, w, group))
}

// TestPolicy_WhatTheTargetCannot is refused before anything is done.
func TestPolicy_WhatTheTargetCannot(t *testing.T) {
	t.Parallel()
	for _, p := range []provision.DeletePolicy{provision.DeleteErase, provision.DeleteDeactivate} {
		w := memoryWorld(t, scim.ProfileCompatible())
		w.serve(&provision.Options{Policies: map[string]provision.Policy{"user": {Delete: p}}}, scim.ProfileCompatible())
		id := create(t, w, user("ada@example.com", nil)).ID()
		r := must(t, w, "DELETE", "/Users/"+id, nil, 501)
		assert.Contains(t, r.Body["detail"], "cannot "+string(p))
		must(t, w, "GET", "/Users/"+id, nil, 200)
	}
}
