package zendesktest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const redirect = "https://app.example.com/callback"

// redeem turns a code into tokens; changes are laid over a request that is right.
func (a *account) redeem(code string, changes object) reply {
	a.t.Helper()
	in := object{"grant_type": "authorization_code", "code": code, "redirect_uri": redirect}
	for k, v := range changes {
		in[k] = v
	}
	return a.grant(in)
}

func (a *account) refresh(token any, changes object) reply {
	a.t.Helper()
	in := object{"grant_type": "refresh_token", "refresh_token": token, "scope": nil}
	for k, v := range changes {
		in[k] = v
	}
	return a.grant(in)
}

func (a *account) code() string {
	return a.Authorize(zendesktest.Authorization{RedirectURI: redirect})
}

// §1.3: a code gives a pair of tokens, once, within 120 seconds, to its client.
func TestGrant_AuthorizationCode(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{
		Clients: []zendesktest.OAuthClient{{ID: "full", Secret: "s1"}, {ID: "other", Secret: "s2"}},
		Users:   []zendesktest.User{{ID: 71, Name: "Grace", Email: "grace@example.com", Role: "agent"}},
	})
	code := a.Authorize(zendesktest.Authorization{RedirectURI: redirect, User: 71})
	got := a.redeem(code, object{"refresh_token_expires_in": 700000}).want(201).body
	assert.Equal(t, []any{"bearer", "read write", num(3600), num(700000)},
		[]any{got["token_type"], got["scope"], got["expires_in"], got["refresh_token_expires_in"]})
	me := a.as("Bearer "+got["access_token"].(string), "GET", "/users/me", nil).want(200).object()
	assert.Equal(t, num(71), me["id"], "the token acts as who has consented")
	a.redeem(code, nil).wantError(400, "invalid_grant")

	without := a.redeem(a.code(), object{"expires_in": nil}).want(201).body
	assert.NotContains(t, without, "expires_in", "only when it was in the request")
	assert.NotContains(t, without, "refresh_token_expires_in")
	assert.NotEmpty(t, without["refresh_token"])

	for _, changes := range []object{
		{"redirect_uri": "https://app.example.com/other"}, {"client_id": "other", "client_secret": "s2"}, {"code": "x"},
	} {
		a.redeem(a.code(), changes).wantError(400, "invalid_grant")
	}
	a.redeem(a.code(), object{"client_secret": "x"}).wantError(401, "invalid_client")
	a.redeem(a.code(), object{"scope": nil}).wantError(400, "invalid_scope")
	narrow := zendesktest.Authorization{RedirectURI: redirect, Scope: "read"}
	a.redeem(a.Authorize(narrow), object{"scope": "write"}).wantError(400, "invalid_scope")
	assert.Equal(t, "users:read", a.redeem(a.Authorize(narrow), object{"scope": "users:read"}).want(201).body["scope"])
	late := a.code()
	a.clock.Advance(120 * time.Second)
	a.redeem(late, nil).wantError(400, "invalid_grant")
}

// §1.3: a public client needs no secret, and proves by PKCE that the code is its
// own.
func TestGrant_PublicClient(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Clients: []zendesktest.OAuthClient{{ID: "open", Secret: "s3", Public: true}}})
	sum := sha256.Sum256([]byte("verifier"))
	x := zendesktest.Authorization{RedirectURI: redirect, Challenge: base64.RawURLEncoding.EncodeToString(sum[:])}
	public := object{"client_secret": nil, "code_verifier": "verifier"}
	code := a.Authorize(x)
	got := a.redeem(code, public).want(201).body
	a.refresh(got["refresh_token"], object{"client_secret": nil}).want(201)
	a.redeem(a.Authorize(x), object{"client_secret": nil}).wantError(400, "invalid_grant")
	a.redeem(a.Authorize(x), object{"client_secret": "x", "code_verifier": "verifier"}).wantError(401, "invalid_client")
	for _, r := range a.Requests() {
		for _, secret := range []string{`"code_verifier":"verifier"`, got["refresh_token"].(string), code, `"client_secret":"x"`} {
			assert.NotContains(t, string(r.Body), secret)
		}
	}
}

// §1.3: a refresh rotates both tokens and deletes the old pair; a replay is
// refused and leaves the successor alone.
func TestGrant_Refresh(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	old := a.redeem(a.code(), nil).want(201).body
	works := func(pair object) bool {
		return a.as("Bearer "+pair["access_token"].(string), "GET", "/users/count", nil).status == 200
	}
	require.True(t, works(old))
	next := a.refresh(old["refresh_token"], nil).want(201).body
	assert.Equal(t, "read write", next["scope"], "kept")
	assert.False(t, works(old), "the old pair is deleted")
	require.True(t, works(next))
	a.refresh(old["refresh_token"], nil).wantError(400, "invalid_grant")
	assert.True(t, works(next), "a replay does not revoke the successor")

	narrow := a.refresh(next["refresh_token"], object{"scope": "read"}).want(201).body
	assert.Equal(t, "read", narrow["scope"])
	a.refresh(narrow["refresh_token"], object{"scope": "read write"}).wantError(400, "invalid_scope")
	a.refresh(narrow["refresh_token"], object{"expires_in": 300}).wantError(400, "invalid_request")
	for _, seconds := range []int{604800, 7776000} {
		a.refresh(narrow["refresh_token"], object{"refresh_token_expires_in": seconds}).wantError(400, "invalid_request")
	}
	assert.True(t, works(narrow), "a refusal rotates nothing")
	a.RevokeTokens()
	assert.False(t, works(narrow))
	again := a.refresh(narrow["refresh_token"], nil).want(201).body
	assert.True(t, works(again), "the refresh token is good without its access token")
	a.RevokeGrants()
	assert.False(t, works(again))
	a.refresh(again["refresh_token"], nil).wantError(400, "invalid_grant")
}

// §1.3: both tokens end: by default after 30 minutes and 30 days.
func TestGrant_Lifetimes(t *testing.T) {
	t.Parallel()
	for _, forever := range []bool{false, true} {
		a := newAccount(t, zendesktest.Options{Rules: zendesktest.Rules{TokensWithoutExpiry: forever}})
		pair := a.redeem(a.code(), object{"expires_in": nil}).want(201).body
		call := func() int { return a.as("Bearer "+pair["access_token"].(string), "GET", "/users/count", nil).status }
		a.clock.Advance(30*time.Minute - time.Second)
		assert.Equal(t, 200, call())
		a.clock.Advance(time.Second)
		if forever {
			assert.Equal(t, 200, call())
		} else {
			assert.Equal(t, 401, call())
		}
		a.clock.Advance(30*24*time.Hour - 30*time.Minute)
		if forever {
			a.refresh(pair["refresh_token"], nil).want(201)
		} else {
			a.refresh(pair["refresh_token"], nil).wantError(400, "invalid_grant")
		}
	}
	short := newAccount(t, zendesktest.Options{})
	pair := short.redeem(short.code(), object{"refresh_token_expires_in": 604801}).want(201).body
	short.clock.Advance(604801 * time.Second)
	short.refresh(pair["refresh_token"], nil).wantError(400, "invalid_grant")
}

// §1.3: who has lost access has no tokens that work.
func TestGrant_UserLosesAccess(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: []zendesktest.User{{ID: 71, Name: "Grace", Email: "grace@example.com", Role: "agent"}}})
	pair := a.redeem(a.Authorize(zendesktest.Authorization{RedirectURI: redirect, User: 71}), nil).want(201).body
	a.put(71, object{"suspended": true}).want(200)
	a.as("Bearer "+pair["access_token"].(string), "GET", "/users/count", nil).wantError(401, "invalid_token")
}
