package zendesk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func TestNew_RefusesWrongSettings(t *testing.T) {
	t.Parallel()
	auth := zendesk.ClientCredentials("id", "secret")
	for _, c := range []struct {
		subdomain string
		auth      zendesk.Auth
		opts      *zendesk.Options
		field     string
	}{
		{"", auth, nil, "settings.subdomain"},
		{"acme.zendesk.com", auth, nil, "settings.subdomain"},
		{"https://acme.zendesk.com", auth, nil, "settings.subdomain"},
		{"acme/../evil", auth, nil, "settings.subdomain"},
		{"acme@evil.example", auth, nil, "settings.subdomain"},
		{"-acme", auth, nil, "settings.subdomain"},
		{"äcme", auth, nil, "settings.subdomain"},
		{"a\ncme", auth, nil, "settings.subdomain"},
		{string(make([]byte, 64)), auth, nil, "settings.subdomain"},
		{"acme", zendesk.Auth{}, nil, "credentials.email"},
		{"acme", zendesk.ClientCredentials("", canary), nil, "credentials.client_id"},
		{"acme", zendesk.ClientCredentials("id", ""), nil, "credentials.client_secret"},
		{"acme", zendesk.ClientCredentials("id", canary+"\r\nX: y"), nil, "credentials.client_secret"},
		{"acme", zendesk.APIToken(canary, "t"), nil, "credentials.email"},
		{"acme", zendesk.APIToken("a:"+canary+"@example.com", "t"), nil, "credentials.email"},
		{"acme", zendesk.APIToken("a@example.com", canary+" "), nil, "credentials.api_token"},
		{"acme", auth, &zendesk.Options{EmailChange: "maybe"}, "settings.email_change"},
		{"acme", auth, &zendesk.Options{Organizations: "x"}, "settings.organizations"},
		{"acme", auth, &zendesk.Options{SecondaryEmails: "x"}, "settings.secondary_emails"},
		{"acme", auth, &zendesk.Options{SecondaryPhones: "x"}, "settings.secondary_phones"},
		{"acme", auth, &zendesk.Options{SecondaryOrganizations: "x"}, "settings.secondary_organizations"},
		{"acme", auth, &zendesk.Options{AccountOwner: canary}, "settings.account_owner"},
		{"acme", auth, &zendesk.Options{Scopes: `["read"]`}, "settings.scopes"},
	} {
		_, err := zendesk.New(c.subdomain, c.auth, c.opts)
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, c.subdomain)
		assert.Equal(t, c.field, wrong.Field)
		assert.NotContains(t, err.Error(), canary)
	}
	_, err := zendesk.New("acme", auth, &zendesk.Options{BaseURL: "ftp://x"})
	require.Error(t, err)
	_, err = zendesk.New("ACME-2", auth, nil)
	require.NoError(t, err)
}

func TestNew_SpeaksToTheVendorsAddress(t *testing.T) {
	t.Parallel()
	sim := zendesktest.NewServer(nil)
	t.Cleanup(sim.Close)
	target, err := zendesk.New("Acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), &zendesk.Options{Transport: sim.Client().Transport})
	require.NoError(t, err)
	desc, err := target.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "acme.zendesk.com", desc.Account)
	for _, r := range sim.Requests() {
		assert.Equal(t, "usher", r.Header.Get("User-Agent"))
		assert.Equal(t, "application/json", r.Header.Get("Accept"))
	}
}

func TestApplication(t *testing.T) {
	t.Parallel()
	sim := zendesktest.NewServer(&zendesktest.Options{Limits: &zendesktest.Limits{Account: 11}, Users: people()})
	t.Cleanup(sim.Close)
	reg, err := connector.NewRegistry(zendesk.Application(&zendesk.Options{
		BaseURL: sim.URL, Patience: time.Millisecond, Clock: testx.NewClock(time.Time{}),
	}))
	require.NoError(t, err)
	app, err := reg.Lookup("zendesk")
	require.NoError(t, err)
	assert.NotNil(t, app.Mappings)

	open := func(settings, credentials map[string]any) (*connector.Target, error) {
		s, err := connector.NewSettings(settings, credentials)
		require.NoError(t, err)
		return reg.Open(t.Context(), "zendesk", s)
	}
	credentials := map[string]any{"client_id": sim.ClientID(), "client_secret": sim.ClientSecret()}
	one, err := open(map[string]any{"subdomain": "acme", "email_change": "keep"}, credentials)
	require.NoError(t, err)
	two, err := open(map[string]any{"subdomain": "acme", "allow_admin": true}, map[string]any{"email": sim.OwnerEmail(), "api_token": sim.APIToken()})
	require.NoError(t, err)
	desc, err := one.Description(t.Context())
	require.NoError(t, err)
	_, err = two.Description(t.Context())
	require.NoError(t, err)

	// The two share what is left of the account's calls, and differ in what they may.
	e := edits(t, desc.Object("user").Type, map[string]any{"role": "admin"})
	_, err = one.Update(t.Context(), user("200"), connector.Change{Edits: e})
	require.ErrorIs(t, err, connector.Denied)
	_, err = two.Update(t.Context(), user("200"), connector.Change{Edits: e})
	require.NoError(t, err)
	_, err = one.Get(t.Context(), user("100"))
	require.NoError(t, err)
	_, err = two.Get(t.Context(), user("100"))
	require.ErrorIs(t, err, connector.RateLimited)

	for field, s := range map[string][2]map[string]any{
		"settings.subdomain":        {{}, credentials},
		"settings.email_change":     {{"subdomain": "acme", "email_change": "x"}, credentials},
		"settings.allow_admin":      {{"subdomain": "acme", "allow_admin": "yes"}, credentials},
		"settings.base_url":         {{"subdomain": "acme", "base_url": "https://evil.example"}, credentials},
		"credentials.client_id":     {{"subdomain": "acme"}, {}},
		"credentials.client_secret": {{"subdomain": "acme"}, {"client_id": "x"}},
		"credentials.email":         {{"subdomain": "acme"}, {"api_token": "x"}},
		"credentials.api_token":     {{"subdomain": "acme"}, {"client_id": "x", "client_secret": "y", "email": "a@example.com", "api_token": "x"}},
		"credentials.password":      {{"subdomain": "acme"}, {"password": "x"}},
	} {
		_, err := open(s[0], s[1])
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
	_, err = open(map[string]any{"subdomain": "acme"}, map[string]any{"email": "a@example.com"})
	var wrong *connector.SettingError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "credentials.api_token", wrong.Field)
}
