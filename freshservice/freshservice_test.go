package freshservice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
)

func TestNew_RefusesWrongSettings(t *testing.T) {
	t.Parallel()
	key := freshservice.APIKey("k")
	for _, c := range []struct {
		subdomain string
		auth      freshservice.Auth
		opts      *freshservice.Options
		field     string
	}{
		{"", key, nil, "settings.subdomain"},
		{"acme.freshservice.com", key, nil, "settings.subdomain"},
		{"https://acme.freshservice.com", key, nil, "settings.subdomain"},
		{"acme/../evil", key, nil, "settings.subdomain"},
		{"acme@evil.example", key, nil, "settings.subdomain"},
		{"-acme", key, nil, "settings.subdomain"},
		{"acme-", key, nil, "settings.subdomain"},
		{"äcme", key, nil, "settings.subdomain"},
		{"a\ncme", key, nil, "settings.subdomain"},
		{string(make([]byte, 64)), key, nil, "settings.subdomain"},
		{"acme", freshservice.Auth{}, nil, "credentials.api_key"},
		{"acme", freshservice.APIKey(canary + ":x"), nil, "credentials.api_key"},
		{"acme", freshservice.APIKey(canary + "\r\nX: y"), nil, "credentials.api_key"},
		{"acme", key, &freshservice.Options{DepartmentTickets: "maybe"}, "settings.department_tickets"},
	} {
		_, err := freshservice.New(c.subdomain, c.auth, c.opts)
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, c.subdomain)
		assert.Equal(t, c.field, wrong.Field)
		assert.NotContains(t, err.Error(), canary)
	}
	_, err := freshservice.New("acme", key, &freshservice.Options{BaseURL: "ftp://x"})
	require.Error(t, err)
	_, err = freshservice.New("ACME-2", key, nil)
	require.NoError(t, err)
}

func TestAuth_DoesNotShow(t *testing.T) {
	t.Parallel()
	a := freshservice.APIKey(canary)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(format, a), canary)
		assert.NotContains(t, fmt.Sprintf(format, []any{&a, struct{ A freshservice.Auth }{a}}), canary)
	}
}

func TestNew_SpeaksToTheVendorsAddress(t *testing.T) {
	t.Parallel()
	sim := freshservicetest.NewServer(nil)
	t.Cleanup(sim.Close)
	target, err := freshservice.New("Acme", freshservice.APIKey(sim.APIKey()), &freshservice.Options{Transport: sim.Client().Transport})
	require.NoError(t, err)
	desc, err := target.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "acme.freshservice.com", desc.Account)
	r := sim.Requests()[0]
	assert.Equal(t, "usher", r.Header.Get("User-Agent"))
	assert.Empty(t, r.Header.Get("Content-Type"))
}

func TestApplication(t *testing.T) {
	t.Parallel()
	sim := freshservicetest.NewServer(&freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 4}})
	t.Cleanup(sim.Close)
	reg, err := connector.NewRegistry(freshservice.Application(&freshservice.Options{
		BaseURL: sim.URL + "/api/v2", Patience: time.Millisecond, Clock: testx.NewClock(time.Time{}),
	}))
	require.NoError(t, err)
	app, err := reg.Lookup("freshservice")
	require.NoError(t, err)
	assert.NotNil(t, app.Mappings)

	open := func(settings, credentials map[string]any) (*connector.Target, error) {
		s, err := connector.NewSettings(settings, credentials)
		require.NoError(t, err)
		return reg.Open(t.Context(), "freshservice", s)
	}
	credentials := map[string]any{"api_key": sim.APIKey()}
	one, err := open(map[string]any{"subdomain": "acme", "department_tickets": "unused"}, credentials)
	require.NoError(t, err)
	two, err := open(map[string]any{"subdomain": "acme"}, credentials)
	require.NoError(t, err)
	desc, err := one.Description(t.Context())
	require.NoError(t, err)
	assert.True(t, desc.Object("requester").BlindUpdate)
	desc, err = two.Description(t.Context())
	require.NoError(t, err)
	assert.False(t, desc.Object("requester").BlindUpdate)

	// The two share what is left of the account's four calls.
	_, err = one.Refresh(t.Context())
	require.NoError(t, err)
	_, err = one.Refresh(t.Context())
	require.NoError(t, err)
	_, err = two.Refresh(t.Context())
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Len(t, sim.Requests(), 4)

	for field, s := range map[string][2]map[string]any{
		"settings.subdomain":          {{}, credentials},
		"settings.department_tickets": {{"subdomain": "acme", "department_tickets": "x"}, credentials},
		"credentials.api_key":         {{"subdomain": "acme"}, {}},
		"settings.base_url":           {{"subdomain": "acme", "base_url": "https://evil.example"}, credentials},
	} {
		_, err := open(s[0], s[1])
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
	_, err = open(map[string]any{"subdomain": "acme.freshservice.com"}, credentials)
	var wrong *connector.SettingError
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, "settings.subdomain", wrong.Field)
}
