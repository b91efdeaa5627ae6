package freshservice_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
)

// org is an organisation's token endpoint, and an account that takes its access
// tokens (reference 1.2 and 1.5).
type org struct {
	*httptest.Server
	sim *freshservicetest.Account

	mu      sync.Mutex
	access  string
	refresh string
	issued  int
	asked   []url.Values
	paths   []string
	status  int // of refusals of an access token
	code    string
}

func newOrg(t *testing.T) *org {
	t.Helper()
	o := &org{sim: freshservicetest.New(&freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}), refresh: "refresh-0", status: 401, code: "access_token_expired"}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

func (o *org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, "/token") {
		o.token(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+o.access {
		w.WriteHeader(o.status)
		fmt.Fprintf(w, `{"code":%q,"message":"x"}`, o.code)
		return
	}
	r.SetBasicAuth(o.sim.APIKey(), "X")
	o.sim.ServeHTTP(w, r)
}

func (o *org) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	o.asked, o.paths = append(o.asked, form), append(o.paths, r.URL.Path)
	switch {
	case id != "the-id" || secret != "the-secret-"+canary:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client"}`)
	case form.Get("grant_type") == "authorization_code" && form.Get("code") == "the-code" && form.Get("redirect_uri") == "https://app.example.com/back",
		form.Get("grant_type") == "refresh_token" && form.Get("refresh_token") == o.refresh:
		o.issued++
		o.access, o.refresh = fmt.Sprint("access-", o.issued), fmt.Sprint("refresh-", o.issued)
		fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"token_type":"bearer","expires_in":1799}`, o.access, o.refresh)
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
	}
}

func app() freshservice.OAuthApp {
	return freshservice.OAuthApp{
		OrgDomain: "acme.myfreshworks.com", ClientID: "the-id", ClientSecret: connector.NewSecret("the-secret-" + canary),
		RedirectURL: "https://app.example.com/back",
	}
}

func TestOAuth_FromConsentToCalls(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"": "/oauth/v2/token", freshservice.OrgOAuthPath: "/org/oauth/v2/token"} {
		o, clock := newOrg(t), testx.NewClock(time.Time{})
		opts := &freshservice.Options{BaseURL: o.URL + "/api/v2", Clock: clock}
		a := app()
		a.Path = path
		tokens := connector.NewTokenMemory(connector.Token{})
		require.NoError(t, a.Exchange(t.Context(), "the-code", tokens, opts))
		target, err := freshservice.New("acme", freshservice.OAuth(a, tokens), opts)
		require.NoError(t, err)
		for range 3 {
			_, err = target.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "100"})
			require.NoError(t, err)
		}
		assert.Len(t, o.asked, 1)
		clock.Advance(29 * time.Minute)
		_, err = target.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "100"})
		require.NoError(t, err)
		assert.Equal(t, []string{want, want}, o.paths)
		assert.Equal(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"refresh-1"}}, o.asked[1])
		kept, err := tokens.LoadToken(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "refresh-2", kept.Refresh.Reveal())
		assert.Equal(t, clock.Now().Add(1799*time.Second), kept.Expires)
	}
}

func TestOAuth_Consent(t *testing.T) {
	t.Parallel()
	a := app()
	a.Path = freshservice.OrgOAuthPath
	got, err := a.Consent(nil)
	require.NoError(t, err)
	u, err := url.Parse(got.URL)
	require.NoError(t, err)
	assert.Equal(t, "https://acme.myfreshworks.com/org/oauth/v2/authorize", u.Scheme+"://"+u.Host+u.Path)
	assert.Equal(t, url.Values{
		"response_type": {"code"}, "client_id": {"the-id"}, "redirect_uri": {"https://app.example.com/back"},
		"scope": {freshservice.DefaultScopes}, "state": {got.State},
	}, u.Query())
	assert.True(t, got.Verifier.IsEmpty())
}

// access_token_expired and access_token_invalid: refresh and make the call once
// more (reference 1.5), a create as well.
func TestOAuth_ARefusedTokenIsRenewed(t *testing.T) {
	t.Parallel()
	for _, refusal := range []struct {
		status int
		code   string
	}{{401, "access_token_expired"}, {401, "access_token_invalid"}, {403, "access_token_expired"}} {
		o := newOrg(t)
		o.status, o.code = refusal.status, refusal.code
		target, err := freshservice.New("acme", freshservice.OAuth(app(), connector.NewTokenMemory(connector.Token{Refresh: connector.NewSecret("refresh-0")})),
			&freshservice.Options{BaseURL: o.URL + "/api/v2", Clock: testx.NewClock(time.Time{})})
		require.NoError(t, err)
		f := &fixture{Target: target}
		rec := f.record(t, freshservice.ObjectRequester, map[string]any{"first_name": "New", "primary_email": "new@example.com"})
		o.mu.Lock()
		o.access = "withdrawn"
		o.mu.Unlock()
		_, err = target.Create(t.Context(), freshservice.ObjectRequester, rec)
		require.NoError(t, err)
		assert.Len(t, o.sim.Requesters(), 2)
		assert.Len(t, o.asked, 2)
	}
}

func TestOAuth_WhatGoesWrong(t *testing.T) {
	t.Parallel()
	open := func(o *org, a freshservice.OAuthApp, refresh string) (*connector.Target, *bytes.Buffer) {
		var log bytes.Buffer
		target, err := freshservice.New("acme", freshservice.OAuth(a, connector.NewTokenMemory(connector.Token{Refresh: connector.NewSecret(refresh)})),
			&freshservice.Options{BaseURL: o.URL + "/api/v2", Clock: testx.NewClock(time.Time{}), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Jitter: func() float64 { return 0 }})
		require.NoError(t, err)
		return target, &log
	}
	stranger := app()
	stranger.ClientSecret = connector.NewSecret("wrong-" + canary)
	for words, c := range map[string]struct {
		app     freshservice.OAuthApp
		refresh string
	}{
		"client id and secret":     {stranger, "refresh-0"},
		"has to authorize the app": {app(), "used-" + canary},
	} {
		target, log := open(newOrg(t), c.app, c.refresh)
		err := target.Check(t.Context())
		require.ErrorIs(t, err, connector.Unauthenticated)
		assert.Contains(t, errorOf(t, err).Reason, words)
		assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err)+log.String(), canary)
	}
	o := newOrg(t)
	opts := &freshservice.Options{BaseURL: o.URL + "/api/v2"}
	store := connector.NewTokenMemory(connector.Token{})
	err := app().Exchange(t.Context(), "old-"+canary, store, opts)
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "does not accept the code")
	assert.NotContains(t, err.Error(), canary)
	err = stranger.Exchange(t.Context(), "the-code", store, opts)
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "client id and secret")
	err = app().Exchange(t.Context(), "the-code", full{}, opts)
	require.ErrorIs(t, err, connector.Unavailable)
	assert.NotContains(t, fmt.Sprintf("%v|%+v", err, err), canary)
	o.Close()
	require.ErrorIs(t, app().Exchange(t.Context(), "the-code", store, &freshservice.Options{BaseURL: o.URL + "/api/v2", Patience: time.Millisecond}), connector.Unavailable)
}

// full is a store that takes nothing.
type full struct{}

func (full) LoadToken(context.Context) (connector.Token, error) { return connector.Token{}, nil }
func (full) SaveToken(context.Context, connector.Token) error {
	return fmt.Errorf("full of %s", canary)
}

func TestOAuth_WrongSettings(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*freshservice.OAuthApp){
		"settings.org_domain":       func(a *freshservice.OAuthApp) { a.OrgDomain = "https://acme.myfreshworks.com" },
		"settings.oauth_path":       func(a *freshservice.OAuthApp) { a.Path = "/token" },
		"settings.redirect_url":     func(a *freshservice.OAuthApp) { a.RedirectURL = "http://app.example.com" },
		"credentials.client_id":     func(a *freshservice.OAuthApp) { a.ClientID = "a:b" },
		"credentials.client_secret": func(a *freshservice.OAuthApp) { a.ClientSecret = connector.Secret{} },
	} {
		a := app()
		change(&a)
		var wrong *connector.SettingError
		_, err := a.Consent(nil)
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, field, wrong.Field)
		require.ErrorAs(t, a.Exchange(t.Context(), "the-code", full{}, nil), &wrong)
	}
	for _, domain := range []string{"", "acme", "127.0.0.1", "10.0.0.1", "acme..com", "acme.myfreshworks.com:8443", "a/b.com", "[::1]"} {
		a := app()
		a.OrgDomain = domain
		_, err := freshservice.New("acme", freshservice.OAuth(a, full{}), nil)
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, domain)
		assert.Equal(t, "settings.org_domain", wrong.Field)
	}
	_, err := freshservice.New("acme", freshservice.OAuth(app(), nil), nil)
	require.Error(t, err)
}

func TestOAuth_Settings(t *testing.T) {
	t.Parallel()
	o := newOrg(t)
	var log bytes.Buffer
	stores := map[string]connector.TokenStore{}
	base := &freshservice.Options{BaseURL: o.URL + "/api/v2", Clock: testx.NewClock(time.Time{}), Logger: slog.New(slog.NewTextHandler(&log, nil))}
	settings := map[string]any{"subdomain": "Acme", "org_domain": "acme.myfreshworks.com", "oauth_path": "/org/oauth/v2"}
	credentials := map[string]any{"client_id": "the-id", "client_secret": "the-secret-" + canary, "refresh_token": "refresh-0"}
	open := func(settings, credentials map[string]any) (*connector.Target, error) {
		reg, err := connector.NewRegistry(freshservice.Application(base))
		require.NoError(t, err)
		s, err := connector.NewSettings(settings, credentials)
		require.NoError(t, err)
		return reg.Open(t.Context(), "freshservice", s)
	}
	target, err := open(settings, credentials)
	require.NoError(t, err)
	require.NoError(t, target.Check(t.Context()))
	assert.Contains(t, log.String(), "kept in memory only")
	assert.NotContains(t, log.String(), canary)

	// With a store the token that was refreshed is found again by the next process.
	base.Tokens = func(account, clientID string) connector.TokenStore {
		name := account + " " + clientID
		if stores[name] == nil {
			stores[name] = connector.NewTokenMemory(connector.Token{})
		}
		return stores[name]
	}
	credentials["refresh_token"] = "refresh-1"
	for range 2 {
		target, err = open(settings, credentials)
		require.NoError(t, err)
		require.NoError(t, target.Check(t.Context()))
	}
	assert.Len(t, stores, 1)
	assert.Contains(t, stores, "acme.freshservice.com the-id")
	assert.Equal(t, 2, o.issued)
	target, err = open(settings, map[string]any{"client_id": "the-id", "client_secret": "the-secret-" + canary}) // the store is all it takes
	require.NoError(t, err)
	require.NoError(t, target.Check(t.Context()))
	base.Tokens = nil

	for field, without := range map[string][2]map[string]any{
		"credentials.client_id":     {settings, {"client_secret": "s", "refresh_token": "r"}},
		"credentials.client_secret": {settings, {"client_id": "i", "refresh_token": "r"}},
		"credentials.refresh_token": {settings, {"client_id": "i", "client_secret": "s"}},
		"settings.org_domain":       {{"subdomain": "acme"}, credentials},
		"settings.oauth_path":       {{"subdomain": "acme", "org_domain": "a.example.com", "oauth_path": "/x"}, credentials},
		"credentials.api_key":       {settings, {"api_key": "k", "client_id": "i", "client_secret": "s", "refresh_token": "r"}},
	} {
		_, err := open(without[0], without[1])
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, field)
		assert.Equal(t, field, wrong.Field)
	}
}

func TestOAuth_DoesNotShow(t *testing.T) {
	t.Parallel()
	a := freshservice.OAuth(app(), connector.NewTokenMemory(connector.Token{Refresh: connector.NewSecret(canary)}))
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		assert.NotContains(t, fmt.Sprintf(format, a), canary)
		assert.NotContains(t, fmt.Sprintf(format, []any{&a, app(), struct{ A freshservice.Auth }{a}}), canary)
	}
}

// The simulator's own app, which knows what each scope allows.
func TestOAuth_TheSimulatorsApp(t *testing.T) {
	t.Parallel()
	clock := testx.NewClock(time.Time{})
	sim := freshservicetest.NewServer(&freshservicetest.Options{
		Clock: clock.Now, Requesters: []freshservicetest.Requester{ada(100)},
		OAuth: &freshservicetest.OAuth{ClientID: "the-id", ClientSecret: "the-secret-" + canary, RedirectURI: "https://app.example.com/back"},
	})
	t.Cleanup(sim.Close)
	opts := &freshservice.Options{BaseURL: sim.URL + "/api/v2", Clock: clock, Jitter: func() float64 { return 0 }}
	tokens := connector.NewTokenMemory(connector.Token{})
	require.NoError(t, app().Exchange(t.Context(), sim.Authorize("https://app.example.com/back"), tokens, opts))
	target, err := freshservice.New("acme", freshservice.OAuth(app(), tokens), opts)
	require.NoError(t, err)
	require.NoError(t, target.Check(t.Context()))
	for range 3 {
		sim.ExpireTokens()
		_, err := target.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "100"})
		require.NoError(t, err)
		clock.Advance(time.Hour)
	}
	sim.RevokeTokens()
	err = target.Check(t.Context())
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Contains(t, errorOf(t, err).Reason, "authorize the app anew")
}

// wire is a transport that notes where calls go, and reaches nobody.
type wire struct {
	mu   sync.Mutex
	urls []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.urls = append(w.urls, r.URL.String())
	return &http.Response{StatusCode: http.StatusNotImplemented, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestOAuth_SpeaksToTheOrganisation(t *testing.T) {
	t.Parallel()
	var w wire
	tokens := connector.NewTokenMemory(connector.Token{Refresh: connector.NewSecret("refresh-0")})
	target, err := freshservice.New("acme", freshservice.OAuth(app(), tokens), &freshservice.Options{Transport: &w})
	require.NoError(t, err)
	require.Error(t, target.Check(t.Context()))
	assert.Equal(t, []string{"https://acme.myfreshworks.com/oauth/v2/token"}, w.urls, "and without a token not to the account")
}
