package zendesk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	require.NoError(t, f.Check(t.Context()))
	var paths []string
	for _, r := range f.sim.Requests() {
		paths = append(paths, r.Method+" "+r.Path)
	}
	assert.Equal(t, []string{"POST /oauth/tokens", "GET /api/v2/users/me", "GET /api/v2/users", "GET /api/v2/user_fields"}, paths[:4])
	assert.Contains(t, paths[4], "/identities")
	assert.Equal(t, []string{
		"GET /api/v2/organizations", "GET /api/v2/organization_memberships", "GET /api/v2/groups", "GET /api/v2/group_memberships",
		"GET /api/v2/locales", "GET /api/v2/account/settings", "GET /api/v2/custom_roles",
	}, paths[5:])
}

func TestCheck_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Rules: zendesktest.Rules{UsersScopeCoversReferences: true}}, &zendesk.Options{Scopes: "users:read users:write"})
	err := f.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	reason := errorOf(t, err).Reason
	assert.Contains(t, reason, "e-mail addresses")
	assert.Contains(t, reason, `"read write"`)
	assert.NotContains(t, reason, "read users")

	agent := start(t, &zendesktest.Options{Users: people(), Clients: []zendesktest.OAuthClient{{ID: "c", Secret: "s", User: 200}}}, nil)
	err = agent.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Contains(t, errorOf(t, err).Reason, "an administrator is needed")

	one := stub(t, func(_, path string) (int, string) {
		switch path {
		case "/users":
			return 200, `{"users":[]}`
		case "/users/1/identities":
			return 200, `{"identities":[]}`
		case "/organizations", "/custom_roles", "/account/settings":
			return 403, `{"error":{"title":"Forbidden","message":"x"}}`
		case "/organization_memberships", "/groups", "/group_memberships":
			return 200, `{"` + path[1:] + `":[]}`
		}
		return 404, ""
	})
	err = one.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Equal(t, "the credential may not: read organizations; read the account's settings; read custom roles", errorOf(t, err).Reason)
}

// TestCheck_NoCustomRoles: a plan without them is nothing that is missing.
func TestCheck_NoCustomRoles(t *testing.T) {
	t.Parallel()
	for _, status := range []int{403, 404} {
		f := start(t, &zendesktest.Options{Rules: zendesktest.Rules{NoCustomRolesStatus: status}}, nil)
		require.NoError(t, f.Check(t.Context()))
	}
}

func TestCheck_AnOwnerWhoIsNotThere(t *testing.T) {
	t.Parallel()
	f := start(t, nil, &zendesk.Options{AccountOwner: "nobody@example.com"})
	err := f.Check(t.Context())
	require.ErrorIs(t, err, connector.Invalid)
	assert.Contains(t, errorOf(t, err).Reason, "account_owner")
}

func TestCheck_CredentialAndAddress(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	wrong, err := zendesk.New("acme", zendesk.ClientCredentials(f.sim.ClientID(), "another"), &zendesk.Options{BaseURL: f.sim.URL})
	require.NoError(t, err)
	require.ErrorIs(t, wrong.Check(t.Context()), connector.Unauthenticated)

	nobody := stub(t, func(string, string) (int, string) { return 404, "<html>No help desk here" })
	err = nobody.Check(t.Context())
	require.ErrorIs(t, err, connector.Unavailable)
	assert.Equal(t, "there is no Zendesk account at acme.zendesk.com", errorOf(t, err).Reason)

	down := stub(t, func(_, path string) (int, string) {
		if path == "/users" {
			return 503, ""
		}
		return 404, ""
	})
	require.ErrorIs(t, down.Check(t.Context()), connector.Unavailable)
}
