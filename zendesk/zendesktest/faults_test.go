package zendesktest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const newcomer = `{"user":{"name":"Ada","email":"ada@example.com"}}`

// post creates a user over the network.
func post(ctx context.Context, s *zendesktest.Server) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v2/users", strings.NewReader(newcomer))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth("admin@example.com/token", s.APIToken())
	r.Header.Set("Content-Type", "application/json")
	return s.Client().Do(r)
}

// Each kind of fault: what the client sees, and whether the user is there.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fault   zendesktest.Fault
		status  int // 0: no answer
		check   func(*testing.T, *http.Response, []byte, error)
		created bool
	}{
		{name: "503 before the effect", status: 503},
		{name: "500 after the effect", fault: zendesktest.Fault{Kind: zendesktest.FailAfter}, status: 500, created: true},
		{name: "409", fault: zendesktest.DatabaseConflict(), status: 409, check: func(t *testing.T, r *http.Response, body []byte, err error) {
			require.NoError(t, err)
			assert.JSONEq(t, `{"error":"DatabaseConflict","description":"Database collision"}`, string(body))
			assert.Equal(t, "application/json; charset=utf-8", r.Header.Get("Content-Type"))
		}},
		{name: "maintenance", fault: zendesktest.Maintenance("120"), status: 503, check: func(t *testing.T, r *http.Response, _ []byte, _ error) {
			assert.Equal(t, "120", r.Header.Get("Retry-After"))
			assert.NotEmpty(t, r.Header.Get("X-Rate-Limit"))
		}},
		{name: "HTML", fault: zendesktest.Fault{Status: 502, Body: "<html></html>"}, status: 502, check: func(t *testing.T, r *http.Response, body []byte, _ error) {
			assert.Equal(t, "<html></html>", string(body))
			assert.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
		}},
		{name: "cut body", fault: zendesktest.Fault{Kind: zendesktest.CutBody}, status: 201, created: true,
			check: func(t *testing.T, _ *http.Response, body []byte, err error) {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				assert.NotEmpty(t, body)
			}},
		{name: "malformed", fault: zendesktest.Fault{Kind: zendesktest.Malformed}, status: 201, created: true,
			check: func(t *testing.T, _ *http.Response, body []byte, err error) {
				require.NoError(t, err)
				assert.False(t, json.Valid(body))
			}},
		{name: "lost answer", fault: zendesktest.Fault{Kind: zendesktest.LostAnswer}, created: true},
		{name: "unreachable", fault: zendesktest.Fault{Kind: zendesktest.Unreachable}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, zendesktest.Options{})
			s.Fault(tt.fault)
			require.Len(t, s.PendingFaults(), 1)
			res, err := post(t.Context(), s)
			if tt.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				defer res.Body.Close()
				require.Equal(t, tt.status, res.StatusCode)
				body, err := io.ReadAll(res.Body)
				if tt.check != nil {
					tt.check(t, res, body, err)
				}
			}
			assert.Equal(t, tt.created, s.UserByEmail("ada@example.com") != nil)
			assert.Empty(t, s.PendingFaults())
			require.Len(t, s.Requests(), 1)
			got := s.Requests()[0]
			assert.NotEmpty(t, got.Fault)
			assert.NotContains(t, got.Header, "Authorization")
			assert.JSONEq(t, newcomer, string(got.Body))
		})
	}
}

// Which calls a script meets.
func TestFaults_Matching(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	a.Fault(zendesktest.Fault{Method: "GET", Path: "/api/v2/users/*", Skip: 1, Times: 2, Status: 429, RetryAfter: "7"})
	a.Fault(zendesktest.Fault{Path: "/oauth/tokens", Status: 500})
	a.Fault(zendesktest.Fault{Path: "/api/v2/users/search", Query: []string{"query"}, Times: -1})
	owner := path("users", a.OwnerID())
	a.do("GET", "/users", nil).want(200)
	a.do("PUT", owner, object{"user": object{"notes": "x"}}).want(200)
	a.do("GET", owner, nil).want(200)
	assert.Equal(t, "7", a.do("GET", owner+".json", nil).want(429).header.Get("Retry-After"))
	a.do("GET", owner, nil).want(429)
	a.do("GET", owner, nil).want(200)
	a.grant(nil).want(500)
	a.grant(nil).want(201)
	for range 3 {
		a.do("GET", "/users/search?query=x", nil).want(503)
		a.do("GET", "/users/search?external_id=x", nil).want(200)
	}
	a.ClearFaults()
	a.do("GET", "/users/search?query=x", nil).want(200)
	a.Fault(zendesktest.Fault{}) // any path below /api/v2, so not the token endpoint
	a.grant(nil).want(201)
	a.do("GET", "/users", nil).want(503)
	a.Fault(zendesktest.Fault{Path: "/api/v2/users/**"})
	a.do("GET", "/users", nil).want(200)
	a.do("GET", owner+"/identities", nil).want(503)
}

// A delayed call takes effect after its delay, a late one before it.
func TestFaults_Delay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := zendesktest.New(nil)
		defer a.Close()
		serve := func(ctx context.Context) (gone bool) {
			defer func() { gone = recover() != nil }()
			r := httptest.NewRequestWithContext(ctx, "POST", "/api/v2/users", strings.NewReader(newcomer))
			r.SetBasicAuth("admin@example.com/token", a.APIToken())
			r.Header.Set("Content-Type", "application/json")
			a.ServeHTTP(httptest.NewRecorder(), r)
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a.Fault(zendesktest.Fault{Kind: zendesktest.Delay, Delay: 2 * time.Second})
		assert.True(t, serve(ctx), "the client has gone")
		assert.Nil(t, a.UserByEmail("ada@example.com"))

		a.Fault(zendesktest.Fault{Kind: zendesktest.Delay, Delay: 2 * time.Second})
		start := time.Now()
		assert.False(t, serve(t.Context()))
		assert.Equal(t, 2*time.Second, time.Since(start))
		assert.NotNil(t, a.UserByEmail("ada@example.com"))

		a.Fault(zendesktest.Fault{Kind: zendesktest.Late})
		done := make(chan bool)
		go func() { done <- serve(t.Context()) }()
		synctest.Wait()
		a.Close()
		assert.True(t, <-done, "closing ends a held call")
	})
}
