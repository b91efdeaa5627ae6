package zendesktest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// grant asks for a token; changes are laid over a request that is right.
func (a *account) grant(changes object) reply {
	a.t.Helper()
	in := object{
		"grant_type": "client_credentials", "client_id": a.ClientID(), "client_secret": a.ClientSecret(),
		"scope": "read write", "expires_in": 3600,
	}
	for k, v := range changes {
		if v == nil {
			delete(in, k)
		} else {
			in[k] = v
		}
	}
	req := a.request("POST", "/oauth/tokens", in)
	req.Header.Del("Authorization")
	return a.send(req)
}

// bearer is the Authorization header of a new token.
func (a *account) bearer(scope string) string {
	a.t.Helper()
	return "Bearer " + a.grant(object{"scope": scope}).want(201).body["access_token"].(string)
}

// §1.3: what a grant answers, and what it refuses.
func TestGrant(t *testing.T) {
	t.Parallel()
	opts := zendesktest.Options{Clients: []zendesktest.OAuthClient{
		{ID: "full", Secret: "s1"},
		{ID: "narrow", Secret: "s2", Scopes: []string{"users:read", "users:write"}},
		{ID: "open", Secret: "s3", Public: true},
	}}
	a := newAccount(t, opts)
	got := a.grant(nil).want(201).body
	assert.Equal(t, "bearer", got["token_type"])
	assert.Equal(t, "read write", got["scope"])
	assert.Equal(t, num(3600), got["expires_in"])
	assert.NotContains(t, got, "refresh_token", "client credentials get none")
	assert.NotEqual(t, got["access_token"], a.grant(nil).body["access_token"])
	assert.NotContains(t, a.grant(object{"expires_in": nil}).want(201).body, "expires_in", "only when it was in the request")
	assert.Equal(t, "users:read", a.grant(object{"client_id": "narrow", "client_secret": "s2", "scope": "users:read"}).want(201).body["scope"])

	for _, tt := range []struct {
		name    string
		changes object
		status  int
		code    string
	}{
		{"unknown client", object{"client_id": "x"}, 401, "invalid_client"},
		{"wrong secret", object{"client_secret": "x"}, 401, "invalid_client"},
		{"no secret", object{"client_secret": nil}, 401, "invalid_client"},
		{"public client", object{"client_id": "open", "client_secret": "s3"}, 400, "unauthorized_client"},
		{"no scope", object{"scope": nil}, 400, "invalid_scope"},
		{"empty scope", object{"scope": " "}, 400, "invalid_scope"},
		{"beyond the ceiling (§1.2)", object{"client_id": "narrow", "client_secret": "s2"}, 400, "invalid_scope"},
		{"no grant type", object{"grant_type": nil}, 400, "invalid_request"},
		{"password grant (§1.1)", object{"grant_type": "password"}, 400, "unsupported_grant_type"},
		{"no code", object{"grant_type": "authorization_code"}, 400, "invalid_grant"},
		{"no refresh token", object{"grant_type": "refresh_token"}, 400, "invalid_grant"},
		{"expires_in at the lower bound", object{"expires_in": 300}, 400, "invalid_request"},
		{"expires_in at the upper bound", object{"expires_in": 172800}, 400, "invalid_request"},
		{"expires_in is no number", object{"expires_in": true}, 400, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, opts)
			a.grant(tt.changes).wantError(tt.status, tt.code)
		})
	}
	for _, seconds := range []int{301, 172799} {
		a.grant(object{"expires_in": seconds}).want(201)
	}
	req := a.request("GET", "/oauth/tokens", nil)
	assert.Equal(t, "POST", a.send(req).want(405).header.Get("Allow"))
	req = a.request("POST", "/oauth/tokens", "{")
	a.send(req).wantError(400, "invalid_request")
}

// A form does as well as JSON, and the journal has no secret.
func TestGrant_Form(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {a.ClientID()}, "client_secret": {a.ClientSecret()},
		"scope": {"read"}, "expires_in": {"600"},
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/oauth/tokens", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := a.send(r).want(201)
	assert.Equal(t, num(600), got.body["expires_in"])
	assert.Empty(t, got.header.Get("X-Rate-Limit"), "the token endpoint is not below /api/v2")
	require.Len(t, a.Requests(), 1)
	assert.NotContains(t, string(a.Requests()[0].Body), a.ClientSecret())
	assert.Contains(t, string(a.Requests()[0].Body), a.ClientID())
}

// §1.3, §1.5: tokens expire on the account's clock and stop with their user.
func TestBearer_Lifetime(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	sent, unsent := a.bearer("read write"), "Bearer "+a.grant(object{"expires_in": nil}).body["access_token"].(string)
	a.clock.Advance(29*time.Minute + 59*time.Second)
	a.as(sent, "GET", "/users", nil).want(200)
	a.as(unsent, "GET", "/users", nil).want(200)
	a.clock.Advance(time.Second)
	a.as(unsent, "GET", "/users", nil).wantError(401, "invalid_token")
	a.as(sent, "GET", "/users", nil).want(200)
	a.clock.Advance(30 * time.Minute)
	a.as(sent, "GET", "/users", nil).wantError(401, "invalid_token")

	fresh := a.bearer("read")
	a.RevokeTokens()
	a.as(fresh, "GET", "/users", nil).wantError(401, "invalid_token")

	old := newAccount(t, zendesktest.Options{Rules: zendesktest.Rules{TokensWithoutExpiry: true}})
	forever := "Bearer " + old.grant(object{"expires_in": nil}).body["access_token"].(string)
	old.clock.Advance(24 * 365 * time.Hour)
	old.as(forever, "GET", "/users", nil).want(200)
}

// §1.3: a token acts as its client's user and stops working with him.
func TestBearer_User(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change object
	}{{"suspended", object{"suspended": true}}, {"downgraded", object{"role": "end-user"}}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const service int64 = 77
			a := newAccount(t, zendesktest.Options{
				Clients: []zendesktest.OAuthClient{{ID: "c", Secret: "s", User: service}},
				Users:   []zendesktest.User{{ID: service, Name: "Service", Email: "service@example.com", Role: "admin"}},
			})
			token := a.bearer("read write")
			assert.Equal(t, num(service), a.as(token, "GET", "/users/me", nil).want(200).object()["id"])
			a.put(service, tt.change).want(200)
			a.as(token, "GET", "/users", nil).wantError(401, "invalid_token")
		})
	}
}

// §1.4: what the scopes cover.
func TestScopes(t *testing.T) {
	t.Parallel()
	var rules zendesktest.Rules
	const read, write = "GET", "POST"
	for _, tt := range []struct {
		scope, method, path string
		rules               zendesktest.Rules
		allowed             bool
	}{
		{"read", read, "/users", rules, true},
		{"read", write, "/users", rules, false},
		{"write", write, "/users", rules, true},
		{"write", read, "/users", rules, false},
		{"users:read", read, "/users", rules, true},
		{"users:read", read, "/users/me", rules, true},
		{"users:write", write, "/users", rules, true},
		{"users:read", write, "/users", rules, false},
		{"users:read", read, "/organizations", rules, false},
		{"organizations:read", read, "/organizations", rules, true},
		{"users:read users:write", read, "/users/ID/identities", rules, false},
		{"users:read users:write", write, "/users/ID/identities", rules, false},
		{"read", read, "/users/ID/identities", rules, true},
		{"users:read", read, "/custom_roles", rules, false},
		{"users:read", read, "/custom_roles", zendesktest.Rules{UsersScopeCoversReferences: true}, true},
		{"users:read", read, "/user_fields", zendesktest.Rules{UsersScopeCoversReferences: true}, true},
		{"read", read, "/account/settings", rules, true},
		{"tickets:read", read, "/users", rules, false},
		{"impersonate", read, "/users", rules, false},
		{"users.read", read, "/users", rules, false}, // unknown: a token that is good for nothing
	} {
		t.Run(tt.scope+" "+tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, zendesktest.Options{Rules: tt.rules})
			token := a.bearer(tt.scope)
			var body any
			if tt.method == write {
				body = object{"user": object{"name": "x"}, "identity": object{"type": "email", "value": "x@example.com"}}
			}
			got := a.as(token, tt.method, strings.Replace(tt.path, "ID", num(a.OwnerID()).String(), 1), body)
			if tt.allowed {
				assert.Less(t, got.status, 300, got.raw)
				return
			}
			got.wantTitle(403, "Forbidden")
		})
	}
	a := newAccount(t, zendesktest.Options{})
	got := a.grant(object{"scope": []string{"read", "write"}}).want(201)
	assert.Empty(t, got.body["scope"], "compare the granted scope with the requested one")
	a.as("Bearer "+got.body["access_token"].(string), "GET", "/users", nil).wantTitle(403, "Forbidden")
	strict := newAccount(t, zendesktest.Options{Rules: zendesktest.Rules{UnknownScopesRefused: true}})
	strict.grant(object{"scope": []string{"read"}}).wantError(400, "invalid_scope")
	strict.grant(object{"scope": "users.read"}).wantError(400, "invalid_scope")
}

// §1.5: who is turned away, and how.
func TestAuthentication_Failures(t *testing.T) {
	t.Parallel()
	basic := func(name, secret string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(name, secret) }
	}
	header := func(v string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", v) }
	}
	const text = "Couldn't authenticate you"
	for _, tt := range []struct {
		name  string
		opts  zendesktest.Options
		set   func(*http.Request)
		error string
		me    int // status of /users/me
	}{
		{"nothing", zendesktest.Options{}, func(r *http.Request) { r.Header.Del("Authorization") }, text, 200},
		{"wrong token", zendesktest.Options{}, basic("admin@example.com/token", "x"), text, 200},
		{"password", zendesktest.Options{}, basic("admin@example.com", zendesktest.DefaultAPIToken), text, 200},
		{"stranger", zendesktest.Options{}, basic("x@example.com/token", zendesktest.DefaultAPIToken), text, 200},
		{"suspended", zendesktest.Options{Users: []zendesktest.User{{Email: "x@example.com", Role: "agent", Suspended: true}}}, basic("x@example.com/token", zendesktest.DefaultAPIToken), text, 200},
		{"secondary address", zendesktest.Options{Users: []zendesktest.User{{Email: "y@example.com", OtherEmails: []string{"x@example.com"}, Role: "agent"}}}, basic("x@example.com/token", zendesktest.DefaultAPIToken), text, 200},
		{"tokens are off", zendesktest.Options{Settings: &zendesktest.Settings{NoAPITokens: true}}, basic("admin@example.com/token", zendesktest.DefaultAPIToken), text, 200},
		{"bad bearer", zendesktest.Options{}, header("Bearer x"), "invalid_token", 401},
		{"bad bearer as text", zendesktest.Options{Rules: zendesktest.Rules{BadBearerAsText: true}}, header("Bearer x"), text, 401},
		{"bad bearer is anonymous", zendesktest.Options{Rules: zendesktest.Rules{BadBearerIsAnonymous: true}}, header("Bearer x"), "invalid_token", 200},
		{"other scheme", zendesktest.Options{}, header("Digest x"), text, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, tt.opts)
			r := a.request("GET", "/api/v2/users", nil)
			tt.set(r)
			a.send(r).wantError(401, tt.error)
			r = a.request("GET", "/api/v2/users/me", nil)
			tt.set(r)
			got := a.send(r).want(tt.me)
			if tt.me == 200 {
				u := got.object()
				assert.Nil(t, u["id"], "the null id of the anonymous user")
				assert.Contains(t, u, "id")
				assert.Equal(t, "Anonymous user", u["name"])
				assert.NotContains(t, u, "authenticity_token")
			}
		})
	}
}

// §4.2, §8: what agents and end users may do.
func TestPermissions(t *testing.T) {
	t.Parallel()
	const agent, end = "grace@example.com", "ada@example.com"
	for _, tt := range []struct {
		who, method, path string
		body              object
		status            int
	}{
		{agent, "GET", "/users", nil, 200},
		{agent, "POST", "/users", object{"name": "x"}, 201},
		{agent, "POST", "/users", object{"name": "x", "role": "agent"}, 403},
		{agent, "PUT", "/users/END", object{"notes": "x"}, 200},
		{agent, "PUT", "/users/END", object{"role": "agent"}, 403},
		{agent, "PUT", "/users/TEAM", object{"notes": "x"}, 403},
		{agent, "PUT", "/users/TEAM", object{"role": "end-user"}, 403},
		{agent, "DELETE", "/users/END", nil, 200},
		{agent, "DELETE", "/users/TEAM", nil, 403},
		{agent, "DELETE", "/users/END/sessions", nil, 403},
		{end, "GET", "/users", nil, 403},
		{end, "GET", "/users/me", nil, 200},
		{end, "POST", "/users", object{"name": "x"}, 403},
	} {
		t.Run(tt.who+" "+tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, zendesktest.Rules{})
			id := func(address string) string { return num(a.UserByEmail(address)["id"].(int64)).String() }
			path := strings.NewReplacer("END", id("katherine@example.com"), "TEAM", id("alan@example.com")).Replace(tt.path)
			var body any
			if tt.body != nil {
				body = object{"user": tt.body}
			}
			got := a.as(tt.who, tt.method, path, body).want(tt.status)
			if tt.status == 403 {
				got.wantTitle(403, "Forbidden")
			}
		})
	}
}

// §1.1: API tokens retire on the account's clock, if the rule says so.
func TestAPITokens_Retire(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)
	c := testx.NewClock(start)
	a := newAccount(t, zendesktest.Options{Clock: c.Now, Rules: zendesktest.Rules{APITokensRetire: true}})
	for range 9 { // in use: it lives on, until April
		c.Advance(29 * 24 * time.Hour)
		a.do("GET", "/users", nil).want(200)
	}
	c.Advance(time.Date(2027, time.April, 30, 0, 0, 0, 0, time.UTC).Sub(c.Now()))
	a.do("GET", "/users", nil).want(401)

	c = testx.NewClock(start)
	unused := newAccount(t, zendesktest.Options{Clock: c.Now, Rules: zendesktest.Rules{APITokensRetire: true}})
	c.Advance(31 * 24 * time.Hour)
	unused.do("GET", "/users", nil).want(401)
}

// Bearer tokens of the options work without the token endpoint.
func TestAccessTokens(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{AccessTokens: []zendesktest.AccessToken{{Value: "full"}, {Value: "narrow", Scope: "users:read"}}})
	a.as("Bearer full", "POST", "/users", object{"user": object{"name": "x"}}).want(201)
	a.as("Bearer narrow", "GET", "/users", nil).want(200)
	a.as("Bearer narrow", "POST", "/users", object{"user": object{"name": "x"}}).want(403)
}
