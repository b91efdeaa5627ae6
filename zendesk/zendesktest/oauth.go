package zendesktest

import (
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

// seconds reads a number or its text.
func seconds(in any) (int64, bool) {
	var text string
	switch v := in.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	}
	n, err := strconv.ParseInt(text, 10, 32)
	return n, err == nil
}

// RevokeTokens revokes all access tokens that the token endpoint has issued and
// all of [Options.AccessTokens]. Refresh tokens stay good; see
// [Account.RevokeGrants].
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
