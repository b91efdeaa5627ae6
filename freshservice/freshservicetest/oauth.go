package freshservicetest

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/internal/simulator"
)

// DefaultTokenLifetime is how long an access token is good for without
// [OAuth.Lifetime]. The vendor's is not in the reference.
const DefaultTokenLifetime = 30 * time.Minute

// codeLifetime is how long an authorization code is good for.
const codeLifetime = 10 * time.Minute

// OAuth is an app that is registered with the account's organisation (§1.2): it
// gets access tokens by the authorization-code grant. The token endpoint is at
// /oauth/v2/token and /org/oauth/v2/token of the organisation's host, and wants the client's id and secret
// by HTTP Basic. [Account.Authorize], or for a browser /oauth/v2/authorize and
// /org/oauth/v2/authorize, give the consent at once.
type OAuth struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	// RedirectURI is where the app receives codes. Empty: anywhere.
	RedirectURI string `json:"redirect_uri"`
	// Scopes are those that the app may ask for. Empty: all of [Scopes].
	Scopes []string `json:"scopes"`
	// Agent is who consents, and whose permissions the tokens have. Zero: the
	// owner of the account.
	Agent int64 `json:"agent"`
	// Lifetime is how long an access token is good for. Zero:
	// [DefaultTokenLifetime].
	Lifetime time.Duration `json:"-"`
}

// oauthGrant is a consent: an authorization code or a refresh token stands for it.
type oauthGrant struct {
	redirect string
	scopes   []string
	expires  time.Time // of a code
}

// accessToken is a bearer token.
type accessToken struct {
	scopes  []string
	expires time.Time
}

// oauth is the state of the app; the account's lock guards it.
type oauth struct {
	app     *OAuth // nil: none is registered
	issued  int64
	codes   map[string]oauthGrant
	refresh map[string]oauthGrant
	access  map[string]accessToken
}

func newOAuth(app *OAuth) oauth {
	o := oauth{codes: map[string]oauthGrant{}, refresh: map[string]oauthGrant{}, access: map[string]accessToken{}}
	if app != nil {
		copied := *app
		copied.Scopes = slices.Clone(app.Scopes)
		if len(copied.Scopes) == 0 {
			copied.Scopes = Scopes()
		}
		o.app = &copied
	}
	return o
}

// secret makes the next code or token: the same in every run, and no other's.
func (o *oauth) secret(kind string) string {
	o.issued++
	sum := sha256.Sum256([]byte(kind + "\x00" + o.app.ClientSecret + "\x00" + strconv.FormatInt(o.issued, 10)))
	return hex.EncodeToString(sum[:])
}

// Authorize is the consent of an administrator: it returns an authorization code
// for the scopes, or without any for all that the app may ask for. The code is
// good once, for ten minutes, and for the redirect URI; an empty one is that of
// [OAuth.RedirectURI]. It returns "" where no app is registered.
func (a *Account) Authorize(redirectURI string, scopes ...string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.oauth.app == nil {
		return ""
	}
	if len(scopes) == 0 {
		scopes = a.oauth.app.Scopes
	}
	return a.authorize(cmp.Or(redirectURI, a.oauth.app.RedirectURI), slices.Clone(scopes), a.clock().UTC())
}

func (a *Account) authorize(redirect string, scopes []string, now time.Time) string {
	code := a.oauth.secret("code")
	a.oauth.codes[code] = oauthGrant{redirect: redirect, scopes: scopes, expires: now.Add(codeLifetime)}
	return code
}

// ExpireTokens lets all access tokens expire; refresh tokens go on.
func (a *Account) ExpireTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for value, t := range a.oauth.access {
		t.expires = time.Time{}
		a.oauth.access[value] = t
	}
}

// RevokeTokens withdraws the consent: access and refresh tokens are of no use
// any more.
func (a *Account) RevokeTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.oauth.access)
	clear(a.oauth.refresh)
}

// oauthEndpoint is "authorize", "token" or, for other paths, "": both spellings
// of the addresses are served (§1.2).
func (c *call) oauthEndpoint() string {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(c.path, "/org"), "/oauth/v2/")
	if ok && (rest == "authorize" || rest == "token") && !strings.HasSuffix(c.host, vendorDomain) {
		return rest
	}
	return ""
}

// oauthError is the error shape of RFC 6749 5.2.
func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]string{"error": code, "error_description": description})
}

// serveOAuth serves the two endpoints, which do not draw from the rate limit.
func (a *Account) serveOAuth(c *call, endpoint string) answer {
	method, handle := http.MethodPost, a.issueToken
	if endpoint == "authorize" {
		method, handle = http.MethodGet, a.consent
	}
	if c.method != method {
		ans := oauthError(http.StatusMethodNotAllowed, "invalid_request", "only "+method+" is served here")
		ans.Header.Set("Allow", method)
		return ans
	}
	if a.oauth.app == nil {
		return oauthError(http.StatusUnauthorized, "invalid_client", "no app is registered")
	}
	return handle(c)
}

// consent serves the authorization request of a browser: response_type,
// client_id, state and scope are mandatory, and everybody agrees.
func (a *Account) consent(c *call) answer {
	app, q := a.oauth.app, c.query
	redirect := cmp.Or(q.Get("redirect_uri"), app.RedirectURI)
	to, err := url.Parse(redirect)
	if q.Get("client_id") != app.ClientID || err != nil || !to.IsAbs() || app.RedirectURI != "" && redirect != app.RedirectURI {
		return oauthError(http.StatusBadRequest, "invalid_request", "client_id or redirect_uri is wrong")
	}
	scopes := strings.Fields(q.Get("scope"))
	back := to.Query()
	switch {
	case q.Get("response_type") != "code":
		back.Set("error", "unsupported_response_type")
	case q.Get("state") == "":
		back.Set("error", "invalid_request")
	case !app.mayAsk(scopes):
		back.Set("error", "invalid_scope")
	default:
		back.Set("code", a.authorize(redirect, scopes, c.now))
	}
	back.Set("state", q.Get("state"))
	to.RawQuery = back.Encode()
	ans := simulator.Empty(http.StatusFound)
	ans.Header.Set("Location", to.String())
	return ans
}

// mayAsk reports whether the scopes, of which there is one at least, are the
// app's.
func (app *OAuth) mayAsk(scopes []string) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(app.Scopes, s) })
}

// issueToken serves the token endpoint: the grants authorization_code and
// refresh_token (§1.2). A refresh token is good once; its successor comes with
// the access token.
func (a *Account) issueToken(c *call) answer {
	app := a.oauth.app
	r := http.Request{Header: c.header}
	id, secret, ok := r.BasicAuth()
	if !ok || id != app.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(app.ClientSecret)) != 1 {
		ans := oauthError(http.StatusUnauthorized, "invalid_client", "the client's id or secret is wrong")
		ans.Header.Set("WWW-Authenticate", "Basic")
		return ans
	}
	form, ok := c.form()
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "the body is not a form")
	}
	var grant oauthGrant
	switch form.Get("grant_type") {
	case "authorization_code":
		code := form.Get("code")
		grant, ok = a.oauth.codes[code]
		delete(a.oauth.codes, code)
		ok = ok && c.now.Before(grant.expires) && form.Get("redirect_uri") == grant.redirect
	case "refresh_token":
		old := form.Get("refresh_token")
		if grant, ok = a.oauth.refresh[old]; ok && !a.rules.RefreshTokensStay {
			delete(a.oauth.refresh, old)
		}
	case "":
		return oauthError(http.StatusBadRequest, "invalid_request", "grant_type is missing")
	default: // no client-credentials grant was found (§1.2)
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "the grant type is not supported")
	}
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_grant", "the code or refresh token is not valid")
	}
	lifetime := cmp.Or(app.Lifetime, DefaultTokenLifetime)
	access := a.oauth.secret("access")
	a.oauth.access[access] = accessToken{scopes: grant.scopes, expires: c.now.Add(lifetime)}
	refresh := form.Get("refresh_token")
	if refresh == "" || !a.rules.RefreshTokensStay {
		refresh = a.oauth.secret("refresh")
		a.oauth.refresh[refresh] = grant
	}
	ans := jsonAnswer(http.StatusOK, map[string]any{
		"access_token": access, "token_type": "Bearer", "expires_in": int64(lifetime / time.Second),
		"refresh_token": refresh, "scope": strings.Join(grant.scopes, " "),
	})
	ans.Header.Set("Cache-Control", "no-store")
	return ans
}

// form reads a token request: a form, or the same as JSON.
func (c *call) form() (url.Values, bool) {
	kind, _, _ := mime.ParseMediaType(c.header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(c.body))
		return form, err == nil
	case "application/json":
		object, ok := simulator.DecodeObject(c.body)
		form := url.Values{}
		for name, v := range object {
			if s, isText := v.(string); isText {
				form.Set(name, s)
			}
		}
		return form, ok
	}
	return nil, false
}

// bearer finds the access token of a call and lets the call act as the agent who
// consented (§1.5).
func (a *Account) bearer(c *call, value string) (answer, bool) {
	bad := flat(http.StatusUnauthorized, "access_token_invalid", "The access token is not valid.")
	t, known := a.oauth.access[value]
	if !known {
		return bad, false
	}
	key := &Key{Agent: cmp.Or(a.oauth.app.Agent, a.ownerID)}
	if u := a.users.Records[key.Agent]; u == nil || !u.agent || !u.active {
		return bad, false
	}
	if !c.now.Before(t.expires) {
		return flat(http.StatusUnauthorized, "access_token_expired", "The access token has expired."), false
	}
	c.key, c.scopes = key, t.scopes
	return answer{}, true
}

// inScope reports whether the call may use a route: calls with an API key may use
// all that the key's owner may (§1.2).
func (c *call) inScope(rt *route) bool {
	return c.scopes == nil || slices.Contains(c.scopes, scopePrefix+rt.scope)
}

const scopePrefix = "freshservice."

// Scopes returns the OAuth scopes of the routes that are simulated, in
// alphabetical order (§1.2).
func Scopes() []string {
	var out []string
	for _, rt := range (&Account{}).routeTable() {
		if rt.scope != "" {
			out = append(out, scopePrefix+rt.scope)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
