package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestFreshservice_WordsAboutGroups: what events and errors say of groups is about
// groups.
func TestFreshservice_WordsAboutGroups(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, convertAccount(freshservicetest.Rules{}), nil, nil)
	must(t, w, "POST", "/Groups", agentGroup("Lab", "requester", "60"), 201)
	assert.Equal(t, []string{"name", "members (+1 -0)"}, w.events.last().Changed)
	assert.Contains(t, w.events.last().Words, "wrote name, members (+1 -0)")
	taken := must(t, w, "POST", "/Groups", agentGroup("Berlin", "requester"), 409)
	assert.NotContains(t, taken.Body["detail"], "requester or agent")
}
