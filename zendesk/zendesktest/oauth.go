package zendesktest

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/internal/simulator"
)

// tokenPath is the token endpoint; it is not below /api/v2 (§1.3).
const tokenPath = "/oauth/tokens"

// The bounds of expires_in in seconds, both exclusive, and the lifetime of a
// token that was asked for without it (§1.3).
const (
	minLifetime     = 300
	maxLifetime     = 172800
	defaultLifetime = 30 * time.Minute
)

// accessToken is a bearer token.
type accessToken struct {
	user    int64
	scopes  []string
	expires time.Time // zero: never
}

// caller is who makes a call.
type caller struct {
	user   *user
	scopes []string // of a bearer token
	bearer bool
}

// resourceScopes are the resources that have scopes of their own (§1.4).
func resourceScopes() []string {
	return []string{
		"tickets", "users", "auditlogs", "organizations", "hc", "apps", "triggers", "automations", "targets", "webhooks",
		"macros", "requests", "satisfaction_ratings", "dynamic_content", "any_channel", "web_widget",
	}
}

func knownScope(s string) bool {
	switch s {
	case "read", "write", "impersonate":
		return true
	}
	resource, verb, ok := strings.Cut(s, ":")
	return ok && (verb == "read" || verb == "write") && slices.Contains(resourceScopes(), resource)
}

// oauthError is the error shape of the token endpoint.
func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]string{"error": code, "error_description": description})
}

// issue serves POST /oauth/tokens (§1.3).
func (a *Account) issue(c *call) answer {
	if c.method != http.MethodPost {
		ans := named(http.StatusMethodNotAllowed, "method_not_allowed", "zendesktest: only POST is served here")
		ans.Header.Set("Allow", http.MethodPost)
		return ans
	}
	in, ok := tokenRequest(c)
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter or is otherwise malformed.")
	}
	id, _ := in["client_id"].(string)
	secret, _ := in["client_secret"].(string)
	at := slices.IndexFunc(a.clients, func(k OAuthClient) bool { return k.ID == id })
	switch {
	case in["grant_type"] == nil:
		return oauthError(http.StatusBadRequest, "invalid_request", "The request is missing the parameter grant_type.")
	case in["grant_type"] == "authorization_code" || in["grant_type"] == "refresh_token":
		return named(http.StatusNotImplemented, "not_simulated", "zendesktest: only the grant type client_credentials is simulated")
	case in["grant_type"] != "client_credentials":
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported.")
	case at < 0 || subtle.ConstantTimeCompare([]byte(a.clients[at].Secret), []byte(secret)) != 1:
		return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client or wrong secret.")
	case a.clients[at].Public:
		return oauthError(http.StatusBadRequest, "unauthorized_client", "The client is not confidential.")
	}
	client := a.clients[at]
	scopes, bad := a.grant(client, in["scope"])
	if bad != nil {
		return *bad
	}
	seconds, sent, ok := lifetime(in["expires_in"])
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "expires_in must be greater than 300 and less than 172800.")
	}
	t := &accessToken{user: cmp.Or(client.User, a.ownerID), scopes: scopes}
	switch {
	case sent:
		t.expires = c.now.Add(time.Duration(seconds) * time.Second)
	case !a.rules.TokensWithoutExpiry:
		t.expires = c.now.Add(defaultLifetime)
	}
	a.issued++
	sum := sha256.Sum256([]byte(client.ID + "\x00" + client.Secret + "\x00" + strconv.FormatInt(a.issued, 10)))
	value := hex.EncodeToString(sum[:])
	a.tokens[value] = t
	out := map[string]any{"access_token": value, "token_type": "bearer", "scope": strings.Join(scopes, " ")}
	if sent { // only in the answer when it was in the request (§1.3)
		out["expires_in"] = seconds
	}
	return jsonAnswer(cmp.Or(a.rules.TokenStatus, http.StatusCreated), out)
}

// grant settles the scopes of a new token.
func (a *Account) grant(client OAuthClient, in any) ([]string, *answer) {
	refuse := func(description string) ([]string, *answer) {
		ans := oauthError(http.StatusBadRequest, "invalid_scope", description)
		return nil, &ans
	}
	text, isText := in.(string)
	if in == nil || isText && strings.TrimSpace(text) == "" {
		return refuse("A scope must be given.")
	}
	granted := []string{}
	if !isText { // a token that is good for nothing (§1.4)
		if a.rules.UnknownScopesRefused {
			return refuse("The requested scope is malformed.")
		}
		return granted, nil
	}
	for _, s := range strings.Fields(text) {
		switch {
		case len(client.Scopes) > 0 && !slices.Contains(client.Scopes, s):
			return refuse("The requested scope exceeds what the client may ask for.")
		case knownScope(s):
			granted = append(granted, s)
		case a.rules.UnknownScopesRefused:
			return refuse("The requested scope is unknown.")
		}
	}
	return granted, nil
}

// tokenRequest reads the body of a token request, JSON or a form.
func tokenRequest(c *call) (map[string]any, bool) {
	kind, _, _ := mime.ParseMediaType(c.header.Get("Content-Type"))
	if kind != "application/x-www-form-urlencoded" {
		if kind != "application/json" {
			return nil, false
		}
		return simulator.DecodeObject(c.body)
	}
	form, err := url.ParseQuery(string(c.body))
	if err != nil {
		return nil, false
	}
	in := map[string]any{}
	for name := range form {
		in[name] = form.Get(name)
	}
	return in, true
}

// lifetime reads expires_in, a number or its text.
func lifetime(in any) (seconds int64, sent, ok bool) {
	if in == nil {
		return 0, false, true
	}
	var text string
	switch v := in.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, true, err == nil && n > minLifetime && n < maxLifetime
}

// RevokeTokens revokes all access tokens that the token endpoint has issued and
// all of [Options.AccessTokens].
func (a *Account) RevokeTokens() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.tokens)
}

// The end of API tokens, and of those that are not used (§1.1).
func tokenRetirement() (unusedFrom, end time.Time) {
	return time.Date(2026, time.July, 28, 0, 0, 0, 0, time.UTC), time.Date(2027, time.April, 30, 0, 0, 0, 0, time.UTC)
}

// authenticate finds the caller (§1.1, §1.5). A nil caller with ok is the
// anonymous one, whom only /users/me knows.
func (a *Account) authenticate(c *call, anonymous bool) (refusal answer, ok bool) {
	scheme, rest, _ := strings.Cut(c.header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "bearer") {
		t := a.tokens[strings.TrimSpace(rest)]
		if t != nil && (t.expires.IsZero() || c.now.Before(t.expires)) {
			if u := a.users.Records[t.user]; u.live() && !u.suspended && u.team() {
				c.caller = &caller{user: u, scopes: t.scopes, bearer: true}
				return answer{}, true
			}
		}
		switch {
		case anonymous && a.rules.BadBearerIsAnonymous:
			return answer{}, true
		case a.rules.BadBearerAsText:
			return couldNot(), false
		}
		return oauthError(http.StatusUnauthorized, "invalid_token",
			"The access token provided is expired, revoked, malformed or invalid for other reasons."), false
	}
	if u := a.basic(c); u != nil {
		c.caller = &caller{user: u}
		return answer{}, true
	}
	if anonymous {
		return answer{}, true
	}
	return couldNot(), false
}

// basic checks the API token in HTTP Basic: "address/token" and the token.
func (a *Account) basic(c *call) *user {
	r := http.Request{Header: c.header}
	name, secret, ok := r.BasicAuth()
	address, isToken := strings.CutSuffix(name, "/token")
	if !ok || !isToken || a.settings.NoAPITokens || !slices.Contains(a.apiTokens, secret) {
		return nil
	}
	if a.rules.APITokensRetire {
		unusedFrom, end := tokenRetirement()
		last, used := a.tokenUses[secret]
		if !used {
			last = a.created
		}
		if !c.now.Before(end) || !c.now.Before(unusedFrom) && c.now.Sub(last) > 30*24*time.Hour {
			return nil
		}
	}
	ids := a.keys[emailKey(address)]
	if len(ids) == 0 {
		return nil
	}
	u := a.users.Records[ids[0]]
	if !u.live() || u.suspended || !strings.EqualFold(u.email(), address) {
		return nil
	}
	a.tokenUses[secret] = c.now
	return u
}

// may reports whether the caller's scopes cover a verb on a resource (§1.4).
func (a *Account) may(c *call, s scope) bool {
	if !c.caller.bearer {
		return true
	}
	verb := "write"
	if c.method == http.MethodGet {
		verb = "read"
	}
	if slices.Contains(c.caller.scopes, verb) {
		return true
	}
	switch {
	case s == referenceScope && a.rules.UsersScopeCoversReferences:
		s = usersScope
	case s == broadScope || s == referenceScope:
		return false
	}
	return slices.Contains(c.caller.scopes, string(s)+":"+verb)
}

// scope is the resource whose granular scope covers a route.
type scope string

const (
	usersScope         scope = "users"
	organizationsScope scope = "organizations"
	// referenceScope is that of lists such as locales, whose scope is not
	// documented (§1.4, §15.6).
	referenceScope scope = "reference"
	// broadScope is that of the identities API, which takes no granular scope.
	broadScope scope = "broad"
)
