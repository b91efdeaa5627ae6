package scim_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

func basicAuth(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// ask sends a GET with Authorization headers and returns the answer and who it
// was for.
func ask(t *testing.T, auth scim.Authenticator, log *bytes.Buffer, headers ...string) (answer, scim.Principal) {
	t.Helper()
	var who scim.Principal
	s := teststore.New(t)
	h := newHandler(t, contextBackend{s, func(ctx context.Context) { who = scim.PrincipalOf(ctx) }}, func(o *scim.Options) {
		o.Auth = auth
		if log != nil {
			o.Logger = slog.New(slog.NewJSONHandler(log, nil))
		}
	})
	r := httptest.NewRequest("GET", "/scim/v2/Users", nil)
	r.Header["Authorization"] = headers
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{ResponseRecorder: w}
	require.Equal(t, "application/scim+json", w.Header().Get("Content-Type"))
	a.decode(t)
	if a.Code != 200 {
		assert.Empty(t, s.Calls)
	}
	return a, who
}

func tokens(_ context.Context, token string) (scim.Principal, error) {
	switch token {
	case "full":
		return scim.Principal{Name: "okta"}, nil
	case "nobody":
		return scim.Principal{}, nil
	case "blocked":
		return scim.Principal{Name: "okta"}, fmt.Errorf("blocked: %w", scim.Errorf(403, "", "The account is blocked."))
	case "down":
		return scim.Principal{}, &scim.Error{Status: 503, Detail: "Later.", RetryAfter: time.Second, Err: errors.New("hidden: store")}
	case "slow":
		return scim.Principal{}, fmt.Errorf("hidden: %w", context.DeadlineExceeded)
	default:
		return scim.Principal{Name: "okta"}, errors.New("hidden: no such token")
	}
}

func users(_ context.Context, user, password string) (scim.Principal, error) {
	if user == "ping" && password == "a:b" {
		return scim.Principal{Name: "ping"}, nil
	}
	return scim.Principal{}, errors.New("hidden: no such user")
}

const (
	bearerRealm  = `Bearer realm="SCIM"`
	invalidToken = bearerRealm + `, error="invalid_token"`
	basicRealm   = `Basic realm="SCIM", charset="UTF-8"`
)

func TestAuthenticators(t *testing.T) {
	t.Parallel()
	account := scim.BasicAccount("ping", "a:b", scim.Principal{})
	for name, c := range map[string]struct {
		auth      scim.Authenticator
		headers   []string
		status    int
		who       string
		challenge []string
	}{
		"bearer, known":             {scim.BearerTokens(tokens), []string{"Bearer full"}, 200, "okta", nil},
		"bearer, scheme in lower":   {scim.BearerTokens(tokens), []string{"bearer full"}, 200, "okta", nil},
		"bearer, unknown":           {scim.BearerTokens(tokens), []string{"Bearer x"}, 401, "", []string{invalidToken}},
		"bearer, nobody":            {scim.BearerTokens(tokens), []string{"Bearer nobody"}, 401, "", []string{invalidToken}},
		"bearer, none":              {scim.BearerTokens(tokens), nil, 401, "", []string{bearerRealm}},
		"bearer, empty":             {scim.BearerTokens(tokens), []string{"Bearer "}, 401, "", []string{bearerRealm}},
		"bearer, basic sent":        {scim.BearerTokens(tokens), []string{basicAuth("ping", "a:b")}, 401, "", []string{bearerRealm}},
		"bearer, two headers":       {scim.BearerTokens(tokens), []string{"Bearer full", "Bearer full"}, 401, "", []string{bearerRealm}},
		"bearer, an error of SCIM":  {scim.BearerTokens(tokens), []string{"Bearer blocked"}, 403, "", nil},
		"bearer, store is down":     {scim.BearerTokens(tokens), []string{"Bearer down"}, 503, "", nil},
		"bearer, store is slow":     {scim.BearerTokens(tokens), []string{"Bearer slow"}, 503, "", nil},
		"one token":                 {scim.BearerToken("full"), []string{"Bearer full"}, 200, "", nil},
		"one token, another":        {scim.BearerToken("full"), []string{"Bearer fulL"}, 401, "", []string{invalidToken}},
		"basic, known":              {scim.Basic(users), []string{basicAuth("ping", "a:b")}, 200, "ping", nil},
		"basic, unknown":            {scim.Basic(users), []string{basicAuth("ping", "a")}, 401, "", []string{basicRealm}},
		"basic, no colon":           {scim.Basic(users), []string{"Basic cGluZw=="}, 401, "", []string{basicRealm}},
		"basic, not base64":         {scim.Basic(users), []string{"Basic ***"}, 401, "", []string{basicRealm}},
		"basic, two headers":        {scim.Basic(users), []string{basicAuth("ping", "a:b"), "Bearer full"}, 401, "", []string{basicRealm}},
		"basic, bearer sent":        {scim.Basic(users), []string{"Bearer full"}, 401, "", []string{basicRealm}},
		"account":                   {account, []string{basicAuth("ping", "a:b")}, 200, "ping", nil},
		"account, password":         {account, []string{basicAuth("ping", "a:B")}, 401, "", []string{basicRealm}},
		"account, user":             {account, []string{basicAuth("pinG", "a:b")}, 401, "", []string{basicRealm}},
		"account, nothing":          {account, []string{basicAuth("", "")}, 401, "", []string{basicRealm}},
		"account with a name":       {scim.BasicAccount("ping", "x", scim.Principal{Name: "Ping"}), []string{basicAuth("ping", "x")}, 200, "Ping", nil},
		"any, bearer":               {scim.AnyOf(scim.BearerTokens(tokens), account), []string{"Bearer full"}, 200, "okta", nil},
		"any, basic":                {scim.AnyOf(scim.BearerTokens(tokens), account), []string{basicAuth("ping", "a:b")}, 200, "ping", nil},
		"any, none":                 {scim.AnyOf(scim.BearerTokens(tokens), account), nil, 401, "", []string{bearerRealm, basicRealm}},
		"any, unknown":              {scim.AnyOf(account, scim.BearerTokens(tokens)), []string{"Bearer x"}, 401, "", []string{basicRealm, invalidToken}},
		"any, an error of SCIM":     {scim.AnyOf(scim.BearerTokens(tokens), scim.NoAuth()), []string{"Bearer blocked"}, 403, "", nil},
		"any, old and new token":    {scim.AnyOf(scim.BearerToken("old"), scim.BearerToken("new")), []string{"Bearer new"}, 200, "", nil},
		"any, tokens said once":     {scim.AnyOf(scim.BearerToken("old"), scim.BearerToken("new")), nil, 401, "", []string{bearerRealm}},
		"any, of the program's own": {scim.AnyOf(scim.BearerToken("old"), scim.NoAuth()), nil, 200, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			a, who := ask(t, c.auth, &log, c.headers...)
			require.Equal(t, c.status, a.Code, a.Body.String())
			assert.Equal(t, c.challenge, a.Header().Values("WWW-Authenticate"))
			assert.NotContains(t, a.Body.String(), "hidden")
			if c.status == 200 {
				assert.Equal(t, scim.Principal{Name: c.who}, who)
				return
			}
			requireError(t, a, c.status, "")
			if c.status == 401 {
				assert.Equal(t, "The request has no valid credentials.", a.get("detail"))
				assert.Contains(t, log.String(), `"status":401`, "the reason is in the log")
			}
			for _, h := range c.headers {
				_, secret, _ := strings.Cut(h, " ")
				assert.False(t, len(secret) > 3 && strings.Contains(log.String(), secret), "no credentials in the log")
			}
		})
	}
}

// A status 401 that the backend chose is no word on the token.
func TestAuthentication_OfTheBackend(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	s.Fail = scim.Errorf(401, "", "Not here.")
	a := do(t, newHandler(t, s, nil), "GET", "/Users", "")
	requireError(t, a, 401, "", "Not here.")
	assert.Equal(t, []string{bearerRealm}, a.Header().Values("WWW-Authenticate"))
}

// ServiceProviderConfig announces what lets in.
func TestAuthenticators_AreAnnounced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth  scim.Authenticator
		given []scim.AuthScheme
		want  []any
	}{
		{scim.BearerToken(token), nil, []any{"oauthbearertoken"}},
		{scim.AnyOf(scim.BearerToken(token), scim.BearerTokens(tokens)), nil, []any{"oauthbearertoken"}},
		{scim.AnyOf(scim.BearerToken(token), scim.Basic(users)), nil, []any{"oauthbearertoken", "httpbasic"}},
		{scim.AnyOf(scim.BasicAccount("a", "b", scim.Principal{}), scim.BearerToken(token)), nil, []any{"httpbasic", "oauthbearertoken"}},
		{scim.NoAuth(), nil, []any{"oauthbearertoken"}},
		{scim.BearerToken(token), []scim.AuthScheme{{Type: "oauth2", Name: "OAuth", Description: "OAuth", Primary: true}}, []any{"oauth2"}},
	} {
		h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.Auth, o.AuthSchemes = c.auth, c.given })
		list, ok := do(t, h, "GET", "/ServiceProviderConfig", "").get("authenticationSchemes").([]any)
		require.True(t, ok)
		var types []any
		for i, e := range list {
			s, ok := e.(map[string]any)
			require.True(t, ok)
			types = append(types, s["type"])
			assert.Equal(t, i == 0, s["primary"], "one is the primary one")
			assert.NotEmpty(t, s["name"])
			assert.NotEmpty(t, s["description"])
		}
		assert.Equal(t, c.want, types)
	}
}

func TestNewHandlerRefuses_Authenticators(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]scim.Authenticator{
		"no lookup of tokens":    scim.BearerTokens(nil),
		"no lookup of users":     scim.Basic(nil),
		"no user":                scim.BasicAccount("", "x", scim.Principal{}),
		"no password":            scim.BasicAccount("x", "", scim.Principal{}),
		"any of nothing":         scim.AnyOf(),
		"any of nil":             scim.AnyOf(nil),
		"any with what is wrong": scim.AnyOf(scim.NoAuth(), scim.AnyOf(scim.BearerToken(" "))),
	} {
		_, err := scim.NewHandler(teststore.New(t), &scim.Options{BaseURL: baseURL, Auth: auth})
		assert.ErrorContains(t, err, "scim: ", name)
	}
	// What NewHandler never saw lets nobody in either.
	_, err := scim.AnyOf().Authenticate(httptest.NewRequest("GET", "/", nil))
	assert.Error(t, err)
}

// A program may authenticate before the handler, as any middleware does.
func TestWithPrincipal_OfAMiddleware(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.Auth = scim.NoAuth() })
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := scim.Principal{Name: r.Header.Get("X-Who"), ReadOnly: r.Header.Get("X-Who") == "auditor"}
		h.ServeHTTP(w, r.WithContext(scim.WithPrincipal(r.Context(), p)))
	})
	requireError(t, do(t, outer, "POST", "/Users", ada, "X-Who", "auditor"), 403, "")
	assert.Equal(t, 201, do(t, outer, "POST", "/Users", ada, "X-Who", "okta").Code)
}

// AUT-02: every request is checked, and what is no read is refused before
// anything else is looked at.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	full := newHandler(t, s, nil)
	require.Equal(t, 201, do(t, full, "POST", "/Users", ada).Code)
	h := newHandler(t, s, func(o *scim.Options) {
		o.Auth = scim.BearerTokens(func(context.Context, string) (scim.Principal, error) {
			return scim.Principal{Name: "auditor", ReadOnly: true}, nil
		})
		o.Me = func(context.Context) (scim.Ref, error) { return scim.Ref{Type: "User", ID: "1"}, nil }
	})
	s.Calls = nil
	for _, c := range []struct{ method, path string }{
		{"POST", "/Users"}, {"PUT", "/Users/1"}, {"PATCH", "/Users/1"}, {"DELETE", "/Users/1"}, {"POST", "/Groups"}, {"POST", "/Bulk"},
		{"PUT", "/Me"}, {"PATCH", "/Me"}, {"DELETE", "/Me"}, {"POST", "/Me"}, {"POST", "/"}, {"POST", "/Users/1"}, {"POST", "/nothing"},
		{"POST", "/nothing/.search"}, {"POST", "/.search/x"}, {"POST", "/Bulk/.search"}, {"POST", "/Users/1/.search"}, {"PUT", "/.search"}, {"post", "/Users/.search"},
		{"COPY", "/Users/1"}, {"DELETE", "/Schemas"}, {"POST", "/v2/Users"},
	} {
		requireError(t, do(t, h, c.method, c.path, ada), 403, "", "reading only")
	}
	assert.Empty(t, s.Calls)
	for _, c := range []struct{ method, path string }{
		{"GET", "/Users"}, {"HEAD", "/Users"}, {"GET", "/Users/1"}, {"HEAD", "/Users/1"}, {"GET", "/Me"}, {"GET", "/Schemas"}, {"GET", "/ServiceProviderConfig"},
	} {
		assert.Equal(t, 200, do(t, h, c.method, c.path, "").Code, c)
	}
	for _, path := range []string{"/.search", "/Users/.search", "/Groups/.search"} {
		a := do(t, h, "POST", path, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`)
		assert.NotEqual(t, 403, a.Code, "a search reads")
	}
	assert.Equal(t, 405, do(t, h, "OPTIONS", "/Users", "").Code)
}
