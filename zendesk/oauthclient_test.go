package zendesk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const back = "https://app.example.com/back"

// consented is an account with a client that a user has consented to.
type consented struct {
	*fixture
	client zendesk.OAuthClient
	tokens connector.TokenStore
	opts   *zendesk.Options
}

func consent(t *testing.T, rules zendesktest.Rules) *consented {
	t.Helper()
	clock := testx.NewClock(time.Time{})
	sim := zendesktest.NewServer(&zendesktest.Options{Plan: zendesktest.Unlimited, Users: people(), Clock: clock.Now, Rules: rules})
	t.Cleanup(sim.Close)
	c := &consented{
		client: zendesk.OAuthClient{Subdomain: "acme", ID: sim.ClientID(), Secret: connector.NewSecret(sim.ClientSecret()), RedirectURL: back},
		tokens: connector.NewTokenMemory(connector.Token{}),
		opts:   &zendesk.Options{BaseURL: sim.URL, Clock: clock, Jitter: func() float64 { return 0 }},
	}
	asked, err := c.client.Consent(nil)
	require.NoError(t, err)
	u, err := url.Parse(asked.URL)
	require.NoError(t, err)
	q := u.Query()
	assert.Equal(t, "https://acme.zendesk.com/oauth/authorizations/new", u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, "S256", q.Get("code_challenge_method"))
	assert.Equal(t, asked.State, q.Get("state"))
	code := sim.Authorize(zendesktest.Authorization{
		ClientID: q.Get("client_id"), RedirectURI: q.Get("redirect_uri"), Scope: q.Get("scope"), Challenge: q.Get("code_challenge"),
	})
	require.NoError(t, c.client.Exchange(t.Context(), asked, code, c.tokens, c.opts))
	target, err := zendesk.New("acme", zendesk.AuthorizationCode(c.client.ID, sim.ClientSecret(), c.tokens), c.opts)
	require.NoError(t, err)
	c.fixture = &fixture{Target: target, sim: sim, clock: clock}
	return c
}

// asked is the last request for a token, without its secrets.
func (c *consented) asked(t *testing.T) map[string]any {
	t.Helper()
	var last map[string]any
	for _, r := range c.sim.Requests() {
		if r.Path == "/oauth/tokens" {
			last = nil
			require.NoError(t, json.Unmarshal(r.Body, &last))
		}
	}
	for _, secret := range []string{"client_secret", "code", "code_verifier", "refresh_token"} {
		delete(last, secret)
	}
	return last
}

func TestAuthorizationCode_FromConsentToCalls(t *testing.T) {
	t.Parallel()
	c := consent(t, zendesktest.Rules{})
	assert.Equal(t, map[string]any{
		"grant_type": "authorization_code", "client_id": c.client.ID, "redirect_uri": back, "scope": "read write",
		"expires_in": 3600.0, "refresh_token_expires_in": 7775999.0,
	}, c.asked(t))
	first, err := c.tokens.LoadToken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, c.clock.Now().Add(time.Hour), first.Expires)
	for range 3 { // the refresh token is another one each time
		_, err = c.Get(t.Context(), user("100"))
		require.NoError(t, err)
		c.clock.Advance(59 * time.Minute)
	}
	require.NoError(t, c.Check(t.Context()))
	assert.Equal(t, 4, c.fixture.tokens())
	assert.Equal(t, map[string]any{
		"grant_type": "refresh_token", "client_id": c.client.ID, "expires_in": 3600.0, "refresh_token_expires_in": 7775999.0,
	}, c.asked(t))
	for _, r := range c.sim.Requests() {
		assert.NotEqual(t, 401, r.Status)
	}
}

func TestAuthorizationCode_ARevokedTokenIsRenewed(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"invalid_token": {}, "text": {BadBearerAsText: true}} {
		c := consent(t, rules)
		_, err := c.Description(t.Context())
		require.NoError(t, err)
		c.sim.RevokeTokens()
		calls := c.calls(t, func(ctx context.Context) {
			_, err := c.create(t, ctx, map[string]any{"name": "New", "email": "new@example.com"})
			require.NoError(t, err)
		})
		assert.Equal(t, []string{"POST /users", "POST /oauth/tokens", "POST /users"}, calls, name)
	}
	anonymous := consent(t, zendesktest.Rules{BadBearerIsAnonymous: true})
	anonymous.sim.RevokeTokens()
	require.NoError(t, anonymous.Check(t.Context()))
}

func TestAuthorizationCode_TheEndOfAConsent(t *testing.T) {
	t.Parallel()
	c := consent(t, zendesktest.Rules{})
	c.sim.RevokeGrants()
	err := c.Check(t.Context())
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "authorize the OAuth client anew")

	store := connector.NewTokenMemory(connector.Token{})
	asked, err := c.client.Consent(nil)
	require.NoError(t, err)
	err = c.client.Exchange(t.Context(), asked, "code-"+canary, store, c.opts)
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "does not accept the code")
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err), canary)
	stranger := c.client
	stranger.Secret = connector.NewSecret("wrong-" + canary)
	err = stranger.Exchange(t.Context(), asked, "code", store, c.opts)
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "id and secret")
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err), canary)
}

// Two programs that serve one connection share a store: a refresh token is good
// once.
func TestAuthorizationCode_TwoPrograms(t *testing.T) {
	t.Parallel()
	c := consent(t, zendesktest.Rules{})
	second, err := zendesk.New("acme", zendesk.AuthorizationCode(c.client.ID, c.sim.ClientSecret(), c.tokens), c.opts)
	require.NoError(t, err)
	for range 4 {
		_, err := c.Get(t.Context(), user("100"))
		require.NoError(t, err)
		_, err = second.Get(t.Context(), user("100"))
		require.NoError(t, err)
		c.clock.Advance(2 * time.Hour)
	}
	assert.Equal(t, 4, c.fixture.tokens(), "the code, and a refresh each two hours")
}

func TestAuthorizationCode_Settings(t *testing.T) {
	t.Parallel()
	c := consent(t, zendesktest.Rules{})
	first, err := c.tokens.LoadToken(t.Context())
	require.NoError(t, err)
	var log bytes.Buffer
	opts := *c.opts
	opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
	credentials := map[string]any{"client_id": c.client.ID, "client_secret": c.sim.ClientSecret(), "refresh_token": first.Refresh.Reveal()}
	settings := map[string]any{"subdomain": "Acme"}
	open := func(credentials map[string]any) (*connector.Target, error) {
		reg, err := connector.NewRegistry(zendesk.Application(&opts))
		require.NoError(t, err)
		s, err := connector.NewSettings(settings, credentials)
		require.NoError(t, err)
		return reg.Open(t.Context(), "zendesk", s)
	}
	stores := map[string]connector.TokenStore{}
	opts.Tokens = func(account, clientID string) connector.TokenStore {
		name := account + " " + clientID
		if stores[name] == nil {
			stores[name] = connector.NewTokenMemory(connector.Token{})
		}
		return stores[name]
	}
	for range 2 { // the second time the setting is used up, and the store has the next
		target, err := open(credentials)
		require.NoError(t, err)
		require.NoError(t, target.Check(t.Context()))
	}
	assert.Contains(t, stores, "acme.zendesk.com "+c.client.ID)

	// With the grant named, the store is all it takes.
	settings["grant"] = zendesk.GrantAuthorizationCode
	stored, err := open(map[string]any{"client_id": c.client.ID, "client_secret": c.sim.ClientSecret()})
	require.NoError(t, err)
	require.NoError(t, stored.Check(t.Context()))
	assert.NotContains(t, log.String(), "memory")
	opts.Tokens = nil
	target, err := open(credentials)
	require.NoError(t, err)
	assert.Contains(t, log.String(), "kept in memory only")
	require.ErrorIs(t, target.Check(t.Context()), connector.Unauthenticated)
	_, err = open(map[string]any{"client_id": c.client.ID, "client_secret": c.sim.ClientSecret()})
	require.ErrorContains(t, err, "credentials.refresh_token: it is required where the program keeps no tokens")

	for field, wrong := range map[string]map[string]any{
		"credentials.client_id":     {"refresh_token": "r"},
		"credentials.refresh_token": {"client_id": "i", "refresh_token": "a b"},
		"credentials.api_token":     {"client_id": "i", "refresh_token": "r", "email": "a@example.com", "api_token": "t"},
	} {
		_, err := open(wrong)
		var e *connector.SettingError
		require.ErrorAs(t, err, &e, field)
		assert.Equal(t, field, e.Field)
	}
}

func TestOAuthClient_WrongSettings(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*zendesk.OAuthClient){
		"settings.subdomain":        func(c *zendesk.OAuthClient) { c.Subdomain = "acme.zendesk.com" },
		"settings.scopes":           func(c *zendesk.OAuthClient) { c.Scopes = "read&write" },
		"settings.redirect_url":     func(c *zendesk.OAuthClient) { c.RedirectURL = "http://app.example.com" },
		"credentials.client_id":     func(c *zendesk.OAuthClient) { c.ID = "" },
		"credentials.client_secret": func(c *zendesk.OAuthClient) { c.Secret = connector.NewSecret("a b") },
	} {
		c := zendesk.OAuthClient{Subdomain: "acme", ID: "id", RedirectURL: back}
		_, err := c.Consent(nil)
		require.NoError(t, err, "a public client has no secret")
		change(&c)
		_, err = c.Consent(nil)
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
		require.ErrorAs(t, c.Exchange(t.Context(), connector.Consent{}, "code", nil, nil), &wrong)
	}
}
