package zendesk_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// addresses returns a user's e-mail addresses, the primary one first.
func (f *fixture) addresses(id int64) []string {
	var out []string
	for _, i := range f.sim.Identities(id) {
		if i["type"] != "email" {
			continue
		}
		if i["primary"] == true {
			out = append([]string{i["value"].(string)}, out...)
		} else {
			out = append(out, i["value"].(string))
		}
	}
	return out
}

func TestEmail_Change(t *testing.T) {
	t.Parallel()
	const (
		list, post, del = "GET /users/{user}/identities", "POST /users/{user}/identities", "DELETE /users/{user}/identities/{id}"
		put, primary    = "PUT /users/{user}/identities/{id}", "PUT /users/{user}/identities/{id}/make_primary"
		get             = "GET /users/{id}"
	)
	for name, c := range map[string]struct {
		how    string
		others []string // addresses that the user has beside the primary one
		values map[string]any
		calls  []string
		after  []string
	}{
		"replaced": {zendesk.EmailReplace, nil, map[string]any{"email": "new@example.com"},
			[]string{list, put, get}, []string{"new@example.com"}},
		"replaced with the rest": {"", nil, map[string]any{"email": "new@example.com", "name": "Ada L"},
			[]string{list, put, "PUT /users/{id}"}, []string{"new@example.com"}},
		"kept": {zendesk.EmailKeep, nil, map[string]any{"email": "new@example.com"},
			[]string{list, post, primary, get}, []string{"new@example.com", "ada@example.com"}},
		"a further one replaces it": {zendesk.EmailReplace, []string{"new@example.com", "third@example.com"}, map[string]any{"email": "NEW@example.com"},
			[]string{list, primary, del, get}, []string{"new@example.com", "third@example.com"}},
		"a further one goes before it": {zendesk.EmailKeep, []string{"new@example.com"}, map[string]any{"email": "new@example.com"},
			[]string{list, primary, get}, []string{"new@example.com", "ada@example.com"}},
		"the same one": {zendesk.EmailReplace, nil, map[string]any{"email": "ADA@example.com"},
			[]string{list, get}, []string{"ada@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := people()
			users[0].OtherEmails = c.others
			f := start(t, &zendesktest.Options{Users: users}, &zendesk.Options{EmailChange: c.how})
			calls := f.calls(t, func(ctx context.Context) {
				rec, err := f.blind(t, ctx, user("100"), c.values)
				require.NoError(t, err)
				assert.Equal(t, c.after[0], rec.String("email"))
			})
			assert.Equal(t, c.calls, calls)
			assert.Equal(t, c.after, f.addresses(100))
			for _, i := range f.sim.Identities(100) {
				assert.True(t, i["type"] != "email" || i["verified"] == true, "nobody gets a mail about it")
			}
		})
	}
}

func TestEmail_OtherCaseIsNoChange(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	base, err := f.Get(t.Context(), user("100"))
	require.NoError(t, err)
	calls := f.calls(t, func(ctx context.Context) {
		_, err := f.Update(ctx, user("100"), connector.Change{Base: base, Edits: edits(t, base.Type(), map[string]any{"email": "ADA@example.com"})})
		require.NoError(t, err)
	})
	assert.Empty(t, calls)
}

func TestEmail_StepsCanBeRepeated(t *testing.T) {
	t.Parallel()
	for _, how := range []string{zendesk.EmailReplace, zendesk.EmailKeep} {
		users := people()
		users[0].OtherEmails = []string{"new@example.com"}
		f := start(t, &zendesktest.Options{Users: users}, &zendesk.Options{EmailChange: how})
		f.sim.Fault(zendesktest.Fault{Kind: zendesktest.FailAfter, Method: "PUT", Path: "/api/v2/users/*/identities/*/make_primary", Times: 4})
		_, err := f.blind(t, t.Context(), user("100"), map[string]any{"email": "new@example.com"})
		require.ErrorIs(t, err, connector.Unavailable)
		f.sim.ClearFaults()
		rec, err := f.blind(t, t.Context(), user("100"), map[string]any{"email": "new@example.com"})
		require.NoError(t, err)
		assert.Equal(t, "new@example.com", rec.String("email"))
	}
}

func TestEmail_NeedsBroadScopes(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people(), Rules: zendesktest.Rules{UsersScopeCoversReferences: true}}, &zendesk.Options{Scopes: "users:read users:write"})
	_, err := f.blind(t, t.Context(), user("100"), map[string]any{"email": "new@example.com"})
	require.ErrorIs(t, err, connector.Denied)
}
