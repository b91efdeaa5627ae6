package zendesk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// tokens returns how many access tokens were asked for.
func (f *fixture) tokens() (n int) {
	for _, r := range f.sim.Requests() {
		if r.Path == "/oauth/tokens" {
			n++
		}
	}
	return n
}

func TestToken_IsFetchedOnceAndRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"201": {}, "200": {TokenStatus: 200}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people(), Rules: rules}, nil)
			get := func() {
				t.Helper()
				_, err := f.Get(t.Context(), user("100"))
				require.NoError(t, err)
			}
			get()
			get()
			require.Equal(t, 1, f.tokens())
			var asked map[string]any
			require.NoError(t, json.Unmarshal(f.sim.Requests()[0].Body, &asked))
			delete(asked, "client_secret")
			assert.Equal(t, map[string]any{"grant_type": "client_credentials", "client_id": f.sim.ClientID(), "scope": "read write", "expires_in": 3600.0}, asked)
			f.clock.Advance(57 * time.Minute)
			get()
			assert.Equal(t, 1, f.tokens())
			f.clock.Advance(90 * time.Second) // 58:30
			get()
			get()
			assert.Equal(t, 2, f.tokens(), "ahead of its end")
			for _, r := range f.sim.Requests() {
				assert.NotEqual(t, 401, r.Status)
			}
		})
	}
}

func TestToken_OneFetchForAll(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	f.clock.Advance(2 * time.Hour) // expired
	f.sim.ResetRequests()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := f.Get(t.Context(), user("100"))
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Equal(t, 1, f.tokens())
}

func TestToken_RevokedIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"invalid_token": {}, "text": {BadBearerAsText: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people(), Rules: rules}, nil)
			_, err := f.Description(t.Context())
			require.NoError(t, err)
			f.sim.RevokeTokens()
			calls := f.calls(t, func(ctx context.Context) {
				_, err := f.create(t, ctx, map[string]any{"name": "New", "email": "new@example.com"})
				require.NoError(t, err)
			})
			assert.Equal(t, []string{"POST /users", "POST /oauth/tokens", "POST /users"}, calls)
			assert.Len(t, f.sim.Users(), 6)
		})
	}
	// Who has just got a token and is refused all the same is not asked again.
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	f.sim.Fault(zendesktest.Fault{Path: "/api/v2/users/100", Status: 401, Times: -1})
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	_, err = f.Get(t.Context(), user("100"))
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.Equal(t, 2, f.tokens())
	assert.Contains(t, errorOf(t, err).Reason, "access token")
}

func TestToken_AnonymousAnswersAreNoAccess(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Rules: zendesktest.Rules{BadBearerIsAnonymous: true}}, nil)
	require.NoError(t, f.Check(t.Context()))
	f.sim.RevokeTokens()
	require.NoError(t, f.Check(t.Context()), "a new token is fetched")
	nobody := stub(t, func(_, path string) (int, string) {
		if path == "/users/me" {
			return 200, `{"user":{"id":null,"name":"Anonymous user"}}`
		}
		return 404, ""
	})
	_, err := nobody.Description(t.Context())
	require.ErrorIs(t, err, connector.Unauthenticated)
	require.ErrorIs(t, nobody.Check(t.Context()), connector.Unauthenticated)
}

func TestToken_LifeThatIsNotTold(t *testing.T) {
	t.Parallel()
	for body, life := range map[string]time.Duration{
		`{"access_token":"a"}`:                           30 * time.Minute,
		`{"access_token":"a","expires_in":null}`:         30 * time.Minute,
		`{"access_token":"a","expires_in":-1}`:           30 * time.Minute,
		`{"access_token":"a","expires_in":999999999999}`: 30 * time.Minute,
		`{"access_token":"a","expires_in":600}`:          10 * time.Minute,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			clock := testx.NewClock(time.Time{})
			var fetched atomic.Int32
			f := stubClock(t, clock, func(r *stubRequest) stubAnswer {
				if r.path == "/oauth/tokens" {
					fetched.Add(1)
					return stubAnswer{body: body}
				}
				return stubAnswer{status: 404}
			})
			_, err := f.Refresh(t.Context())
			require.NoError(t, err)
			clock.Advance(life - 150*time.Second)
			_, err = f.Refresh(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, 1, fetched.Load())
			clock.Advance(60 * time.Second)
			_, err = f.Refresh(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, 2, fetched.Load())
		})
	}
}

func TestToken_AFailedRenewalLeavesTheOldOne(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	f.clock.Advance(59 * time.Minute)
	f.sim.Fault(zendesktest.Fault{Path: "/oauth/tokens", Status: 400, Times: -1})
	for range 3 {
		_, err = f.Get(t.Context(), user("100"))
		require.NoError(t, err)
	}
	assert.Equal(t, 2, f.tokens(), "it is not tried with every call")
	f.clock.Advance(2 * time.Minute)
	_, err = f.Get(t.Context(), user("100"))
	require.ErrorIs(t, err, connector.Unauthenticated)
	f.sim.ClearFaults()
	_, err = f.Get(t.Context(), user("100"))
	require.NoError(t, err)
}

func TestToken_WhatGoesWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   connector.Code
		words  string
	}{
		"secret":    {401, `{"error":"invalid_client","error_description":"` + canary + `"}`, connector.Unauthenticated, "id and secret"},
		"scope":     {400, `{"error":"invalid_scope","error_description":"` + canary + `"}`, connector.Denied, "may not have the scopes read write"},
		"public":    {400, `{"error":"unauthorized_client"}`, connector.Unauthenticated, "confidential"},
		"address":   {404, `<html>` + canary, connector.Unavailable, "there is no Zendesk account at acme.zendesk.com"},
		"trouble":   {503, canary, connector.Unavailable, ""},
		"limit":     {429, canary, connector.RateLimited, ""},
		"no JSON":   {200, canary, connector.Internal, "has none in it"},
		"no token":  {200, `{"access_token":""}`, connector.Internal, "has none in it"},
		"odd token": {200, `{"access_token":"a\r\nX: ` + canary + `"}`, connector.Internal, "has none in it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stub(t, func(_, path string) (int, string) {
				if path == "/oauth/tokens" {
					return c.status, c.body
				}
				return 404, ""
			})
			_, err := f.Description(t.Context())
			require.ErrorIs(t, err, c.code)
			assert.Contains(t, errorOf(t, err).Reason, c.words)
			assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), canary)
		})
	}
}

func TestToken_MissingScopesAreNamed(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := start(t, &zendesktest.Options{Users: people()}, &zendesk.Options{
		Scopes: "users:read  bogus", Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	_, err := f.Get(t.Context(), user("100"))
	require.ErrorIs(t, err, connector.Denied)
	if strings.Contains(log.String(), "fewer scopes") {
		assert.Contains(t, errorOf(t, err).Reason, "bogus")
	}
	narrow := stub(t, func(_, path string) (int, string) {
		switch path {
		case "/oauth/tokens":
			return 200, `{"access_token":"a","scope":"read"}`
		case "/user_fields":
			return 403, `{"error":{"title":"Forbidden","message":"x"}}`
		}
		return 404, ""
	})
	_, err = narrow.Description(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Equal(t, "the access token lacks the scopes write", errorOf(t, err).Reason)
}

func TestToken_IsFetchedInADryRun(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	_, err := f.Get(httpx.WithDryRun(t.Context()), user("100"))
	require.NoError(t, err)
	_, err = f.create(t, httpx.WithDryRun(t.Context()), map[string]any{"name": "New"})
	require.ErrorIs(t, err, httpx.ErrDryRun)
	_, err = f.Act(httpx.WithDryRun(t.Context()), user("200"), connector.Action{Kind: connector.Deactivate})
	require.ErrorIs(t, err, httpx.ErrDryRun)
	assert.Equal(t, "agent", f.sim.User(200)["role"])
}

func TestToken_WhoWaitsIsNotHeldByWhoGaveUp(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	f := stubWith(t, func(r *stubRequest) stubAnswer {
		if r.path == "/oauth/tokens" && first.CompareAndSwap(false, true) {
			close(arrived)
			<-release
		}
		return stubAnswer{status: 404}
	})
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { gone <- f.Driver().(connector.Checker).Check(ctx) }()
	<-arrived
	waits := make(chan error, 1)
	go func() {
		_, err := f.Driver().Describe(t.Context())
		waits <- err
	}()
	cancel()
	require.ErrorIs(t, <-gone, connector.Canceled)
	require.NoError(t, <-waits)
}

func TestAPIToken(t *testing.T) {
	t.Parallel()
	sim := zendesktest.NewServer(&zendesktest.Options{Plan: zendesktest.Unlimited, Users: people()})
	t.Cleanup(sim.Close)
	var log bytes.Buffer
	open := func(email, token string) *connector.Target {
		target, err := zendesk.New("acme", zendesk.APIToken(email, token), &zendesk.Options{
			BaseURL: sim.URL, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		require.NoError(t, err)
		return target
	}
	target := open(sim.OwnerEmail(), sim.APIToken())
	assert.Contains(t, log.String(), "level=WARN")
	for _, date := range []string{"2026-07-28", "2026-10-27", "2027-04-30", "acme.zendesk.com"} {
		assert.Contains(t, log.String(), date)
	}
	require.NoError(t, target.Check(t.Context()))
	rec, err := target.Get(t.Context(), user("100"))
	require.NoError(t, err)
	assert.Equal(t, "ada@example.com", rec.String("email"))
	for _, r := range sim.Requests() {
		assert.NotEqual(t, "/oauth/tokens", r.Path)
	}

	wrong := open(sim.OwnerEmail(), "wrong-"+canary)
	err = wrong.Check(t.Context())
	require.ErrorIs(t, err, connector.Unauthenticated)
	assert.NotContains(t, err.Error()+log.String(), canary)
}

func TestAuth_DoesNotShow(t *testing.T) {
	t.Parallel()
	for _, a := range []zendesk.Auth{
		zendesk.ClientCredentials("id", canary), zendesk.APIToken("a@example.com", canary),
		zendesk.AuthorizationCode("id", canary, connector.NewTokenMemory(connector.Token{Refresh: connector.NewSecret(canary)})),
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(format, a), canary)
			assert.NotContains(t, fmt.Sprintf(format, []any{&a, struct{ A zendesk.Auth }{a}}), canary)
		}
	}
}
