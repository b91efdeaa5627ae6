package freshservicetest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const newcomer = `{"first_name":"Ada","primary_email":"ada@example.com"}`

// post creates a requester over the network.
func post(ctx context.Context, s *freshservicetest.Server) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v2/requesters", strings.NewReader(newcomer))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(s.APIKey(), "X")
	r.Header.Set("Content-Type", "application/json")
	return s.Client().Do(r)
}

func newServer(t *testing.T, opts freshservicetest.Options) *freshservicetest.Server {
	t.Helper()
	s := freshservicetest.NewServer(&opts)
	t.Cleanup(s.Close)
	return s
}

// Each kind of fault: what the client sees, and whether the person is there.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fault   freshservicetest.Fault
		status  int // 0: no answer
		check   func(*testing.T, *http.Response, []byte, error)
		created bool
	}{
		{
			name:   "429 with Retry-After",
			fault:  freshservicetest.Fault{Status: 429, RetryAfter: "7"},
			status: 429,
			check: func(t *testing.T, r *http.Response, body []byte, err error) {
				require.NoError(t, err)
				assert.Equal(t, "7", r.Header.Get("Retry-After"))
				assert.Equal(t, "1", r.Header.Get("X-Ratelimit-Used-Currentrequest"))
				assert.Empty(t, body)
			},
		},
		{
			name:   "429 without",
			fault:  freshservicetest.Fault{Kind: freshservicetest.Refuse, Status: 429},
			status: 429,
			check: func(t *testing.T, r *http.Response, _ []byte, err error) {
				require.NoError(t, err)
				assert.NotContains(t, r.Header, "Retry-After")
			},
		},
		{name: "503 before the effect", fault: freshservicetest.Fault{}, status: 503, check: noError},
		{name: "500 after the effect", fault: freshservicetest.Fault{Kind: freshservicetest.FailAfter}, status: 500, check: noError, created: true},
		{name: "502 after the effect", fault: freshservicetest.Fault{Kind: freshservicetest.FailAfter, Status: 502}, status: 502, check: noError, created: true},
		{
			name:   "HTML",
			fault:  freshservicetest.Fault{Status: 502, Body: "<html>Bad Gateway</html>"},
			status: 502,
			check: func(t *testing.T, r *http.Response, body []byte, err error) {
				require.NoError(t, err)
				assert.Equal(t, "<html>Bad Gateway</html>", string(body))
				assert.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"))
			},
		},
		{
			name:   "cut body",
			fault:  freshservicetest.Fault{Kind: freshservicetest.CutBody},
			status: 201,
			check: func(t *testing.T, r *http.Response, body []byte, err error) {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				assert.Less(t, len(body), int(r.ContentLength))
				assert.NotEmpty(t, body)
			},
			created: true,
		},
		{
			name:   "malformed",
			fault:  freshservicetest.Fault{Kind: freshservicetest.Malformed},
			status: 201,
			check: func(t *testing.T, _ *http.Response, body []byte, err error) {
				require.NoError(t, err)
				assert.False(t, json.Valid(body))
			},
			created: true,
		},
		{name: "lost answer", fault: freshservicetest.Fault{Kind: freshservicetest.LostAnswer}, created: true},
		{name: "unreachable", fault: freshservicetest.Fault{Kind: freshservicetest.Unreachable}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, freshservicetest.Options{})
			s.Fault(tt.fault)
			res, err := post(t.Context(), s)
			if tt.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				defer res.Body.Close()
				require.Equal(t, tt.status, res.StatusCode)
				body, err := io.ReadAll(res.Body)
				tt.check(t, res, body, err)
			}
			assert.Equal(t, tt.created, s.RequesterByEmail("ada@example.com") != nil)
			assert.Empty(t, s.PendingFaults())
			require.Len(t, s.Requests(), 1)
			assert.Equal(t, tt.status, s.Requests()[0].Status)
			assert.NotEmpty(t, s.Requests()[0].Fault)
		})
	}
}

func noError(t *testing.T, _ *http.Response, _ []byte, err error) {
	t.Helper()
	require.NoError(t, err)
}

// Scripts pick calls by verb, path and parameters, and count.
func TestFaults_Matching(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "A", PrimaryEmail: "a@example.com"})
	a.Fault(freshservicetest.Fault{Method: "GET", Path: "/api/v2/requesters/*", Skip: 1, Times: 2, Status: 503})
	get := func(p string) int { return a.do("GET", p, nil).status }
	assert.Equal(t, 200, get("/requesters"), "another path")
	assert.Equal(t, 200, get(path("requesters", id)), "skipped")
	assert.Equal(t, 503, get(path("requesters", id)))
	assert.Equal(t, 1, a.PendingFaults()[0].Times)
	assert.Equal(t, 200, a.do("PUT", path("requesters", id), object{}).status, "another verb")
	assert.Equal(t, 503, get(path("requesters", id)))
	assert.Equal(t, 200, get(path("requesters", id)), "used up")
	assert.Empty(t, a.PendingFaults())

	a.Fault(freshservicetest.Fault{Query: []string{"email"}, Times: -1, Status: 500})
	for range 3 {
		assert.Equal(t, 500, get("/requesters?email=a@example.com"))
	}
	assert.Equal(t, 200, get("/requesters"))
	a.ClearFaults()
	assert.Equal(t, 200, get("/requesters?email=a@example.com"))

	a.Fault(freshservicetest.Fault{Path: "/api/v2/requesters/**", Times: -1, Status: 500})
	assert.Equal(t, 500, a.do("PUT", path("requesters", id, "reactivate"), nil).status)
	assert.Equal(t, 500, get(path("requesters", id)))
	assert.Equal(t, 200, get("/requesters"))
	assert.Equal(t, 200, get("/agents"))
}

// A delay goes through the injected sleep, before the effect, or for Late after.
func TestFaults_Delay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var slept []time.Duration
	var a *account
	var seen []int
	a = newAccount(t, freshservicetest.Options{Sleep: func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		slept = append(slept, d)
		seen = append(seen, len(a.Requesters()))
		return nil
	}})
	a.Fault(freshservicetest.Fault{Kind: freshservicetest.Delay, Delay: time.Hour})
	a.do("POST", "/requesters", newcomer).want(201)
	a.Fault(freshservicetest.Fault{Kind: freshservicetest.Late, Delay: time.Minute})
	a.do("POST", "/requesters", `{"first_name":"B","work_phone_number":"1"}`).want(201)
	a.Fault(freshservicetest.Fault{Status: 503, Delay: time.Second})
	a.do("GET", "/requesters", nil).want(503)
	assert.Equal(t, []time.Duration{time.Hour, time.Minute, time.Second}, slept)
	assert.Equal(t, []int{0, 2, 2}, seen)
}

// hang serves a create in the background that a fault holds, and returns once it
// is held. The channel reports whether the connection was closed on it.
func hang(ctx context.Context, a *account) <-chan bool {
	r := a.request("POST", "/api/v2/requesters", newcomer).WithContext(ctx)
	aborted := make(chan bool, 1)
	go func() {
		defer func() { aborted <- recover() == http.ErrAbortHandler }() //nolint:errorlint // a sentinel panic
		a.ServeHTTP(httptest.NewRecorder(), r)
	}()
	synctest.Wait()
	return aborted
}

// Without a duration a call hangs until the client gives up: before the effect
// for Delay, after it for Late.
func TestFaults_HangUntilTheClientGivesUp(t *testing.T) {
	t.Parallel()
	for kind, created := range map[freshservicetest.FaultKind]int{freshservicetest.Delay: 0, freshservicetest.Late: 1} {
		synctest.Test(t, func(t *testing.T) {
			a := newAccount(t, freshservicetest.Options{})
			a.Fault(freshservicetest.Fault{Kind: kind})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			aborted := hang(ctx, a)
			require.Empty(t, aborted, "still held")
			require.Len(t, a.Requests(), 1, "but recorded")
			assert.Len(t, a.Requesters(), created)
			cancel()
			require.True(t, <-aborted)
			assert.Len(t, a.Requesters(), created)
			assert.Equal(t, 0, a.Requests()[0].Status)
		})
	}
}

// Close lets hanging calls go.
func TestFaults_CloseEndsHanging(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAccount(t, freshservicetest.Options{})
		a.Fault(freshservicetest.Fault{Kind: freshservicetest.Delay})
		aborted := hang(t.Context(), a)
		require.Empty(t, aborted)
		a.Close()
		require.True(t, <-aborted)
		assert.Empty(t, a.Requesters())
		a.Close()
	})
}
