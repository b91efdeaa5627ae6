package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// SailPoint may leave active out of a create, and waits until it sees it.
func TestCreate_WithoutActive(t *testing.T) {
	t.Parallel()
	for name, w := range everyWorld(t) {
		t.Run(name, func(t *testing.T) {
			body := user("a@example.com", nil)
			delete(body, "active")
			r := create(t, w, body)
			assert.Equal(t, true, r.Body["active"])
			assert.Equal(t, true, must(t, w, "GET", "/Users/"+r.ID(), nil, 200).Body["active"])
			disabled := create(t, w, user("b@example.com", map[string]any{"active": false}))
			assert.Equal(t, false, disabled.Body["active"])
			assert.Equal(t, 1, find(t, w, `active eq true and userName eq "a@example.com"`).Total())
			assert.Equal(t, 0, find(t, w, `active eq true and userName eq "b@example.com"`).Total())
		})
	}
}
