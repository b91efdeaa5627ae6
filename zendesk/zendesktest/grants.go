package zendesktest

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of lifetimes in seconds, all exclusive, and the lifetimes of tokens
// that were asked for without one (§1.3).
const (
	minLifetime            = 300
	maxLifetime            = 172800
	defaultLifetime        = 30 * time.Minute
	minRefreshLifetime     = 604800
	maxRefreshLifetime     = 7776000
	defaultRefreshLifetime = 30 * 24 * time.Hour
	// codeLife is how long an authorization code lives.
	codeLife = 120 * time.Second
)

// accessToken is a bearer token.
type accessToken struct {
	user    int64
	scopes  []string
	expires time.Time // zero: never
}

// refreshToken is what the next pair of tokens is asked for with.
type refreshToken struct {
	client  string
	access  string // its access token
	user    int64
	scopes  []string
	expires time.Time // zero: never
}

// Authorization is a user's consent, which a client turns into tokens by the
// authorization code grant (§1.3).
type Authorization struct {
	// ClientID is the identifier of the client. Empty: the first.
	ClientID string
	// RedirectURI is what the client has to name again.
	RedirectURI string
	// Scope is what the tokens may do at most, separated by spaces. Empty: "read
	// write".
	Scope string
	// User is the id of who consents, and as whom the tokens act. Zero: the
	// owner.
	User int64
	// Challenge is the code_challenge of PKCE, by the method S256. Empty: none.
	Challenge string
}

// code is an authorization code.
type code struct {
	Authorization
	expires time.Time
}

// Authorize returns an authorization code, as the user's browser would bring it
// to the client. It lives for 120 seconds on the account's clock and is good for
// one try.
func (a *Account) Authorize(x Authorization) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	x.ClientID = cmp.Or(x.ClientID, a.clients[0].ID)
	x.Scope = cmp.Or(x.Scope, "read write")
	x.User = cmp.Or(x.User, a.ownerID)
	value := a.mint("code")
	a.codes[value] = code{Authorization: x, expires: a.clock().Add(codeLife)}
	return value
}

// RevokeGrants revokes all tokens that the token endpoint has issued, refresh
// tokens as well, all authorization codes, and all of [Options.AccessTokens].
func (a *Account) RevokeGrants() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.tokens)
	clear(a.refreshTokens)
	clear(a.codes)
}

// mint makes up a token: another one each time, the same in every run.
func (a *Account) mint(kind string) string {
	a.issued++
	sum := sha256.Sum256([]byte(kind + "\x00" + a.clients[0].Secret + "\x00" + strconv.FormatInt(a.issued, 10)))
	return hex.EncodeToString(sum[:])
}

// invalidGrant is the refusal of a code or a refresh token (§1.5).
func invalidGrant() answer {
	return oauthError(http.StatusBadRequest, "invalid_grant",
		"The provided authorization grant is invalid, expired, revoked, does not match the redirection URI, or was issued to another client.")
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
	grants := map[string]func(*call, OAuthClient, map[string]any) answer{
		"client_credentials": a.grantCredentials, "authorization_code": a.grantCode, "refresh_token": a.grantRefresh,
	}
	kind, _ := in["grant_type"].(string)
	grant := grants[kind]
	switch {
	case in["grant_type"] == nil:
		return oauthError(http.StatusBadRequest, "invalid_request", "The request is missing the parameter grant_type.")
	case grant == nil:
		return oauthError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported.")
	}
	id, _ := in["client_id"].(string)
	secret, _ := in["client_secret"].(string)
	at := slices.IndexFunc(a.clients, func(k OAuthClient) bool { return k.ID == id })
	// A public client may leave the secret out, where it gets a grant at all.
	omitted := at >= 0 && a.clients[at].Public && in["client_secret"] == nil && kind != "client_credentials"
	if at < 0 || !omitted && subtle.ConstantTimeCompare([]byte(a.clients[at].Secret), []byte(secret)) != 1 {
		return oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication failed due to unknown client or wrong secret.")
	}
	return grant(c, a.clients[at], in)
}

// grantCredentials is the client credentials grant; there is no refresh token.
func (a *Account) grantCredentials(c *call, client OAuthClient, in map[string]any) answer {
	if client.Public {
		return oauthError(http.StatusBadRequest, "unauthorized_client", "The client is not confidential.")
	}
	scopes, bad := a.grant(client, in["scope"])
	if bad != nil {
		return *bad
	}
	return a.tokenAnswer(c, in, refreshToken{client: client.ID, user: cmp.Or(client.User, a.ownerID), scopes: scopes}, false)
}

// grantCode is the authorization code grant. A code is used up by the first try.
func (a *Account) grantCode(c *call, client OAuthClient, in map[string]any) answer {
	value, _ := in["code"].(string)
	k, known := a.codes[value]
	delete(a.codes, value)
	redirect, _ := in["redirect_uri"].(string)
	verifier, _ := in["code_verifier"].(string)
	if !known || !c.now.Before(k.expires) || k.ClientID != client.ID || k.RedirectURI != redirect || !k.verified(verifier) {
		return invalidGrant()
	}
	scopes, bad := a.grant(client, in["scope"])
	if bad != nil {
		return *bad
	}
	if !within(scopes, strings.Fields(k.Scope)) {
		return oauthError(http.StatusBadRequest, "invalid_scope", "The requested scope exceeds what the user has granted.")
	}
	return a.tokenAnswer(c, in, refreshToken{client: client.ID, user: k.User, scopes: scopes}, true)
}

// verified checks the proof of PKCE.
func (k code) verified(verifier string) bool {
	if k.Challenge == "" {
		return true
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == k.Challenge
}

// grantRefresh rotates both tokens and deletes the old pair. The replay of a used
// refresh token is refused and leaves its successor alone (§1.3).
func (a *Account) grantRefresh(c *call, client OAuthClient, in map[string]any) answer {
	value, _ := in["refresh_token"].(string)
	old := a.refreshTokens[value]
	if old == nil || old.client != client.ID || !old.expires.IsZero() && !c.now.Before(old.expires) {
		return invalidGrant()
	}
	scopes := old.scopes
	if in["scope"] != nil {
		asked, bad := a.grant(client, in["scope"])
		if bad != nil {
			return *bad
		}
		if !within(asked, old.scopes) {
			return oauthError(http.StatusBadRequest, "invalid_scope", "The requested scope exceeds what the user has granted.")
		}
		scopes = asked
	}
	ans := a.tokenAnswer(c, in, refreshToken{client: client.ID, user: old.user, scopes: scopes}, true)
	if ans.Status < 300 {
		delete(a.refreshTokens, value)
		delete(a.tokens, old.access)
	}
	return ans
}

// within reports whether scopes are covered by granted ones.
func within(scopes, granted []string) bool {
	return !slices.ContainsFunc(scopes, func(s string) bool {
		_, verb, _ := strings.Cut(s, ":")
		return !slices.Contains(granted, s) && !slices.Contains(granted, verb)
	})
}

// tokenAnswer stores an access token, with a refresh token where the grant has
// one, and answers them. The lifetimes are only in the answer when they were in
// the request (§1.3).
func (a *Account) tokenAnswer(c *call, in map[string]any, r refreshToken, refreshable bool) answer {
	access, sent, ok := a.lifetime(c, in["expires_in"], minLifetime, maxLifetime, defaultLifetime)
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "expires_in must be greater than 300 and less than 172800.")
	}
	refresh, refreshSent, ok := a.lifetime(c, in["refresh_token_expires_in"], minRefreshLifetime, maxRefreshLifetime, defaultRefreshLifetime)
	if !ok {
		return oauthError(http.StatusBadRequest, "invalid_request", "refresh_token_expires_in must be greater than 604800 and less than 7776000.")
	}
	value := a.mint("access")
	a.tokens[value] = &accessToken{user: r.user, scopes: r.scopes, expires: access}
	out := map[string]any{"access_token": value, "token_type": "bearer", "scope": strings.Join(r.scopes, " ")}
	if sent {
		out["expires_in"] = int64(access.Sub(c.now) / time.Second)
	}
	if refreshable {
		r.access, r.expires = value, refresh
		out["refresh_token"] = a.mint("refresh")
		a.refreshTokens[out["refresh_token"].(string)] = &r
		if refreshSent {
			out["refresh_token_expires_in"] = int64(refresh.Sub(c.now) / time.Second)
		}
	}
	return jsonAnswer(cmp.Or(a.rules.TokenStatus, http.StatusCreated), out)
}

// lifetime reads a lifetime in seconds and returns when it ends, zero for never.
// Without one it is the default.
func (a *Account) lifetime(c *call, in any, above, below int64, def time.Duration) (ends time.Time, sent, ok bool) {
	if in == nil {
		if a.rules.TokensWithoutExpiry {
			return time.Time{}, false, true
		}
		return c.now.Add(def), false, true
	}
	n, ok := seconds(in)
	return c.now.Add(time.Duration(n) * time.Second), true, ok && n > above && n < below
}
