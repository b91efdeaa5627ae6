package freshservicetest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const redirect = "https://usher.example.com/callback"

func withApp(r freshservicetest.Rules) freshservicetest.Options {
	o := club(r)
	o.OAuth = &freshservicetest.OAuth{ClientID: "app", ClientSecret: "s3cret", RedirectURI: redirect, Lifetime: time.Hour}
	return o
}

// token asks the token endpoint.
func (a *account) token(path string, form url.Values, secret string) reply {
	a.t.Helper()
	req := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("app", secret)
	return a.send(req)
}

func (a *account) redeem(code string) reply {
	a.t.Helper()
	return a.token("/oauth/v2/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}}, "s3cret")
}

func (a *account) refresh(token any) reply {
	a.t.Helper()
	return a.token("/org/oauth/v2/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}, "s3cret")
}

// as makes a call with an access token.
func (a *account) as(token any, method, path string, body any) reply {
	a.t.Helper()
	req := a.request(method, "/api/v2"+path, body)
	req.Header.Set("Authorization", "Bearer "+token.(string))
	return a.send(req)
}

// §1.2: the authorization-code grant, and refresh tokens that rotate.
func TestOAuth(t *testing.T) {
	t.Parallel()
	a := newAccount(t, withApp(freshservicetest.Rules{}))
	code := a.Authorize("", "freshservice.requesters.view", "freshservice.requesters.create")
	first := a.redeem(code).want(200)
	assert.Equal(t, "Bearer", first.body["token_type"])
	assert.Equal(t, num(3600), first.body["expires_in"])
	assert.Equal(t, "freshservice.requesters.view freshservice.requesters.create", first.body["scope"])
	a.as(first.body["access_token"], "GET", "/requesters/10", nil).want(200)
	a.redeem(code).want(400)

	a.clock.Advance(time.Hour)
	a.as(first.body["access_token"], "GET", "/requesters/10", nil).wantCode(401, "access_token_expired")
	second := a.refresh(first.body["refresh_token"]).want(200)
	a.as(second.body["access_token"], "GET", "/requesters/10", nil).want(200)
	assert.NotEqual(t, first.body["refresh_token"], second.body["refresh_token"])
	got := a.refresh(first.body["refresh_token"]).want(400)
	assert.Equal(t, "invalid_grant", got.body["error"])
	a.do("GET", "/requesters/10", nil).want(200) // keys go on

	a.ExpireTokens()
	a.as(second.body["access_token"], "GET", "/requesters/10", nil).wantCode(401, "access_token_expired")
	third := a.refresh(second.body["refresh_token"]).want(200)
	a.RevokeTokens()
	a.as(third.body["access_token"], "GET", "/requesters/10", nil).wantCode(401, "access_token_invalid")
	a.refresh(third.body["refresh_token"]).want(400)
	a.as("nonsense", "GET", "/requesters/10", nil).wantCode(401, "access_token_invalid")

	b := newAccount(t, withApp(freshservicetest.Rules{RefreshTokensStay: true}))
	first = b.redeem(b.Authorize("")).want(200)
	second = b.refresh(first.body["refresh_token"]).want(200)
	assert.Equal(t, first.body["refresh_token"], second.body["refresh_token"])
	b.refresh(first.body["refresh_token"]).want(200)
}

// §1.2, §1.5: a token is good for the routes of its scopes, within the
// permissions of the agent who consented.
func TestOAuth_Scopes(t *testing.T) {
	t.Parallel()
	a := newAccount(t, withApp(freshservicetest.Rules{}))
	narrow := a.redeem(a.Authorize("", "freshservice.requesters.view")).want(200).body["access_token"]
	a.as(narrow, "GET", "/requesters/10", nil).want(200)
	a.as(narrow, "POST", "/requesters", object{}).wantCode(403, "access_token_invalid")
	a.as(narrow, "GET", "/agents", nil).wantCode(403, "access_token_invalid")
	a.as(narrow, "GET", "/requester_groups/80/members", nil).want(200)
	a.as(narrow, "POST", "/requester_groups/80/members/11", nil).wantCode(403, "access_token_invalid")
	wide := a.redeem(a.Authorize("")).want(200).body["access_token"]
	for _, path := range []string{"/agents", "/roles", "/groups", "/workspaces", "/departments", "/locations", "/agent_fields", "/requester_groups"} {
		a.as(wide, "GET", path, nil).want(200)
	}
	a.as(wide, "POST", "/groups", object{"name": "New"}).want(201)
	assert.Contains(t, freshservicetest.Scopes(), "freshservice.agentgroups.manage.itsm")

	b := newAccount(t, withApp(freshservicetest.Rules{MissingScopeStatus: 401}))
	narrow = b.redeem(b.Authorize("", "freshservice.requesters.view")).want(200).body["access_token"]
	b.as(narrow, "GET", "/agents", nil).wantCode(401, "access_token_invalid")

	o := withApp(freshservicetest.Rules{})
	o.OAuth.Agent = 2
	c := newAccount(t, o)
	token := c.redeem(c.Authorize("")).want(200).body["access_token"]
	c.as(token, "GET", "/agents", nil).want(200)
	c.do("DELETE", "/agents/2", nil).want(200)
	c.as(token, "GET", "/agents", nil).wantCode(401, "access_token_invalid")
}

func TestOAuth_Refusals(t *testing.T) {
	t.Parallel()
	a := newAccount(t, withApp(freshservicetest.Rules{}))
	form := func(change url.Values) url.Values {
		f := url.Values{"grant_type": {"authorization_code"}, "code": {a.Authorize("")}, "redirect_uri": {redirect}}
		for k, v := range change {
			f[k] = v
		}
		return f
	}
	for name, tt := range map[string]struct {
		form   url.Values
		secret string
		status int
		code   string
	}{
		"wrong secret":        {form(nil), "guess", 401, "invalid_client"},
		"secret in the body":  {form(url.Values{"client_id": {"app"}, "client_secret": {"s3cret"}}), "", 401, "invalid_client"},
		"no grant type":       {form(url.Values{"grant_type": nil}), "s3cret", 400, "invalid_request"},
		"client credentials":  {form(url.Values{"grant_type": {"client_credentials"}}), "s3cret", 400, "unsupported_grant_type"},
		"unknown code":        {form(url.Values{"code": {"x"}}), "s3cret", 400, "invalid_grant"},
		"other redirect":      {form(url.Values{"redirect_uri": {"https://evil.example.com"}}), "s3cret", 400, "invalid_grant"},
		"unknown refresh":     {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, "s3cret", 400, "invalid_grant"},
		"access as a refresh": {url.Values{"grant_type": {"refresh_token"}, "refresh_token": {a.redeem(a.Authorize("")).body["access_token"].(string)}}, "s3cret", 400, "invalid_grant"},
	} {
		got := a.token("/oauth/v2/token", tt.form, tt.secret).want(tt.status)
		assert.Equal(t, tt.code, got.body["error"], name)
	}
	// A body of JSON is read as well, any other is not.
	for kind, status := range map[string]int{"application/json": 200, "text/plain": 400} {
		req := a.request("POST", "/org/oauth/v2/token", object{
			"grant_type": "authorization_code", "code": a.Authorize(""), "redirect_uri": redirect,
		})
		req.SetBasicAuth("app", "s3cret")
		req.Header.Set("Content-Type", kind)
		a.send(req).want(status)
	}
	late := a.Authorize("")
	a.clock.Advance(10 * time.Minute)
	a.redeem(late).want(400)
	get := a.request("GET", "/oauth/v2/token", nil)
	a.send(get).want(405)
	bare := newAccount(t, freshservicetest.Options{})
	assert.Empty(t, bare.Authorize(redirect))
	bare.token("/oauth/v2/token", url.Values{}, "s3cret").want(401)
	for _, r := range a.Requests() {
		assert.Empty(t, r.Body, "codes and tokens are not kept")
	}
}

// The authorization endpoint sends a browser back with a code at once (§1.2).
func TestOAuth_AuthorizeEndpoint(t *testing.T) {
	t.Parallel()
	a := newAccount(t, withApp(freshservicetest.Rules{}))
	back := func(change url.Values) (int, url.Values) {
		q := url.Values{
			"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {redirect}, "state": {"xyz"},
			"scope": {"freshservice.agents.manage freshservice.requesters.view"},
		}
		for k, v := range change {
			q[k] = v
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/org/oauth/v2/authorize?"+q.Encode(), http.NoBody)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, req)
		to, err := url.Parse(w.Header().Get("Location"))
		require.NoError(t, err)
		return w.Code, to.Query()
	}
	status, got := back(nil)
	assert.Equal(t, 302, status)
	assert.Equal(t, "xyz", got.Get("state"))
	token := a.redeem(got.Get("code")).want(200)
	a.as(token.body["access_token"], "GET", "/agents", nil).want(200)
	for code, change := range map[string]url.Values{
		"unsupported_response_type": {"response_type": {"token"}},
		"invalid_request":           {"state": nil},
		"invalid_scope":             {"scope": {"everything"}},
	} {
		_, got = back(change)
		assert.Equal(t, code, got.Get("error"))
		assert.Empty(t, got.Get("code"))
	}
	for _, change := range []url.Values{{"client_id": {"other"}}, {"redirect_uri": {"https://evil.example.com"}}} {
		status, got = back(change)
		assert.Equal(t, 400, status)
		assert.Empty(t, got)
	}
}

// Faults reach the token endpoint when a script names its path.
func TestOAuth_Faults(t *testing.T) {
	t.Parallel()
	a := newAccount(t, withApp(freshservicetest.Rules{}))
	a.Fault(freshservicetest.Fault{Path: "/oauth/v2/token"})
	a.redeem(a.Authorize("")).want(503)
	code := a.Authorize("")
	a.Fault(freshservicetest.Fault{Kind: freshservicetest.FailAfter, Path: "/oauth/v2/token"})
	a.redeem(code).want(500)
	a.redeem(code).want(400)
	a.Fault(freshservicetest.Fault{})
	a.redeem(a.Authorize("")).want(200)
	assert.Len(t, a.PendingFaults(), 1)
}

// §1.2: OAuth is at the organisation's host, the API at the account's.
func TestOAuth_Hosts(t *testing.T) {
	t.Parallel()
	s := newServer(t, withApp(freshservicetest.Rules{}))
	redeem := func(base string) int {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {s.Authorize("")}, "redirect_uri": {redirect}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/org/oauth/v2/token", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.SetBasicAuth("app", "s3cret")
		res, err := s.Client().Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res.StatusCode
	}
	assert.Equal(t, 200, redeem("https://acme.myfreshworks.com"))
	assert.Equal(t, 200, redeem(s.URL))
	assert.Equal(t, 404, redeem("https://acme.freshservice.com"))
	res, _, err := get(t, s.Client(), "https://acme.myfreshworks.com/api/v2/roles", s.APIKey())
	require.NoError(t, err)
	assert.Equal(t, 404, res.StatusCode)
}
