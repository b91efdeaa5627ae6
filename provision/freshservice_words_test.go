package provision_test

import (
	"fmt"
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

	var strangers []any
	for id := range 200 {
		strangers = append(strangers, map[string]any{"value": fmt.Sprint(7000 + id)})
	}
	refused := must(t, w, "PATCH", "/Groups/rg-91", patch(map[string]any{"op": "add", "path": "members", "value": strangers}), 400)
	assert.Contains(t, refused.Body["detail"], "7019 and 180 more")
	assert.Less(t, len(w.events.last().Words), 1000)
}

// TestRevive_AsAnotherKindWhileHidden: somebody who was put away is revived as what the
// create asks for, also where no search shows deactivated accounts.
func TestRevive_AsAnotherKindWhileHidden(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]freshservicetest.Rules{
		"hidden": {EmailFilterHidesInactive: true, QueryHidesInactive: true}, "search lags": {EmailFilterUsesIndex: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := managedWorld(t, convertAccount(rules), nil, nil)
			for _, isAgent := range []bool{true, false, true} {
				body := user("new@example.com", nil)
				if isAgent {
					body = agentBody("new@example.com", nil, nil)
				}
				r := must(t, w, "POST", "/Users", body, 201)
				assert.Equal(t, isAgent, extensionOf(r, extension)["isAgent"])
				must(t, w, "DELETE", "/Users/"+r.ID(), nil, 204)
			}
		})
	}
}
