package provision_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// TestWords_EndOnce: what went wrong is told by many, some of whom end their
// sentences.
func TestWords_EndOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		action       provision.Action
		detail, want string
	}{
		{provision.ActionList, "no such attribute: \"nope\" (at 14).", `okta asked to list Users; no such attribute: "nope" (at 14).`},
		{provision.ActionList, "no such attribute", "okta asked to list Users; no such attribute."},
		{provision.ActionCreate, "The body is no JSON.", "okta asked to create a User; The body is no JSON. Nothing was written."},
		{provision.ActionCreate, "the body is no JSON", "okta asked to create a User; the body is no JSON. Nothing was written."},
	} {
		ev := provision.Refused("1", time.Time{}, "acme", provision.Request{Actor: "okta"}, tc.action, scim.Ref{Type: "User"}, scim.Errorf(400, "", "%s", tc.detail))
		assert.Equal(t, tc.want, ev.Words)
	}
}
