package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestSettle_AGroupWhoseAnswerWasLost: it is found by what the mapping matches
// groups by, and made once, with its members.
func TestSettle_AGroupWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{
		Requesters: []freshservicetest.Requester{{ID: 71, FirstName: "R", PrimaryEmail: "r@example.com"}},
		Agents:     []freshservicetest.Agent{{ID: 72, FirstName: "A", Email: "a@example.com"}},
	}
	for kind, c := range map[string]struct{ path, member string }{
		"requester": {"/api/v2/requester_groups", "71"}, "agent": {"/api/v2/groups", "72"},
	} {
		w := managedWorld(t, account, nil, nil)
		w.account.Fault(freshservicetest.Fault{Kind: freshservicetest.LostAnswer, Method: "POST", Path: c.path})
		id := must(t, w, "POST", "/Groups", groupBody("Lab", kind, c.member), 201).ID()
		r := list(t, w, "/Groups", "filter", `displayName eq "Lab"`)
		require.Equal(t, 1, r.Total(), kind)
		assert.Equal(t, id, r.Resources()[0]["id"])
		assert.Len(t, r.Resources()[0]["members"], 1)
	}
}
