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
	assert.Equal(t, []string{"GET /api/v2/organizations", "GET /api/v2/locales"}, paths[5:7])
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
		case "/organizations":
			return 403, `{"error":{"title":"Forbidden","message":"x"}}`
		}
		return 404, ""
	})
	err = one.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Equal(t, "the credential may not: read organizations", errorOf(t, err).Reason)
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
