package provision_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/scim"
)

// Entra ID writes booleans as text, in filters as well. A target that answers
// every filter itself must not see that.
func TestFind_TextForBooleans(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	create(t, w, user("ada@example.com", map[string]any{
		"active": true, "roles": []any{map[string]any{"value": "admin", "primary": true}},
	}))
	create(t, w, user("bob@example.com", map[string]any{"active": false}))
	for filter, total := range map[string]int{
		`active eq "True"`:                               1,
		`active eq "false" or active eq "TRUE"`:          2,
		`roles[primary eq "True"]`:                       1,
		`roles[primary eq "True"].value eq "admin"`:      1,
		`not (roles.primary eq "true") and active pr`:    1,
		`id pr and roles[primary eq "True" and type pr]`: 0,
	} {
		assert.Equal(t, total, find(t, w, filter).Total(), filter)
		assert.Equal(t, total, must(t, w, "GET", "/?filter="+url.QueryEscape(filter), nil, 200).Total(), filter)
	}
}
