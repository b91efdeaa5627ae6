package httpx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
)

func TestNew_RefusesWrongOptions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		o    httpx.Options
		want string
	}{
		"no base":         {httpx.Options{}, "httpx: base URL: is required"},
		"relative":        {httpx.Options{BaseURL: "/api"}, "httpx: base URL: must be absolute"},
		"opaque":          {httpx.Options{BaseURL: "https:acme.example.com"}, "httpx: base URL: must be absolute"},
		"unparsable":      {httpx.Options{BaseURL: "https://s3cret:x/\x7f"}, "httpx: base URL: must be absolute"},
		"http":            {httpx.Options{BaseURL: "http://acme.example.com"}, "httpx: base URL: must be https"},
		"other scheme":    {httpx.Options{BaseURL: "ftp://acme.example.com", AllowInsecure: true}, "httpx: base URL: must be https"},
		"user":            {httpx.Options{BaseURL: "https://s3cret@acme.example.com"}, "httpx: base URL: must not hold a user or password"},
		"query":           {httpx.Options{BaseURL: "https://acme.example.com?key=s3cret"}, "httpx: base URL: must not hold a query or fragment"},
		"empty query":     {httpx.Options{BaseURL: "https://acme.example.com/?"}, "httpx: base URL: must not hold a query or fragment"},
		"fragment":        {httpx.Options{BaseURL: "https://acme.example.com#s3cret"}, "httpx: base URL: must not hold a query or fragment"},
		"dot segments":    {httpx.Options{BaseURL: "https://acme.example.com/a/../b"}, "httpx: base URL: path must be plain"},
		"negative number": {httpx.Options{BaseURL: "https://acme.example.com", MaxAttempts: -1}, "httpx: options must not be negative"},
		"user agent":      {httpx.Options{BaseURL: "https://acme.example.com", UserAgent: "a\r\nB: c"}, "httpx: user agent holds a line break"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := httpx.New(&tt.o)
			assert.EqualError(t, err, tt.want)
		})
	}
	_, err := httpx.New(nil)
	assert.Error(t, err)
}

func TestDo_BuildsTheURLInOnePlace(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		base string
		r    httpx.Request
		want string
	}{
		"plain":            {"https://a.example.com", httpx.Request{Path: "/x"}, "https://a.example.com/x"},
		"slash at the end": {"https://a.example.com/", httpx.Request{Path: "/x"}, "https://a.example.com/x"},
		"base path":        {"https://a.example.com/api/v2/", httpx.Request{Path: "/x"}, "https://a.example.com/api/v2/x"},
		"host in capitals": {"https://A.Example.com", httpx.Request{Path: "/x"}, "https://a.example.com/x"},
		"value": {"https://a.example.com", httpx.Request{Path: "/r/{id}/m/{m}.json", PathValues: map[string]string{"id": "17", "m": "5"}},
			"https://a.example.com/r/17/m/5.json"},
		"value used twice": {"https://a.example.com", httpx.Request{Path: "/{a}/{a}", PathValues: map[string]string{"a": "1"}}, "https://a.example.com/1/1"},
		"value of an attack": {"https://a.example.com/api", httpx.Request{Path: "/r/{id}", PathValues: map[string]string{"id": "../../admin?x=1#y%2e z"}},
			"https://a.example.com/api/r/..%2F..%2Fadmin%3Fx=1%23y%252e%20z"},
		"value beyond ASCII": {"https://a.example.com", httpx.Request{Path: "/{a}", PathValues: map[string]string{"a": "é\n{b}"}},
			"https://a.example.com/%C3%A9%0A%7Bb%7D"},
		"query": {"https://a.example.com", httpx.Request{Path: "/x", Query: url.Values{"q": {`"a:'b+c&d=é'"`}, "p": {"1"}}},
			"https://a.example.com/x?p=1&q=%22a%3A%27b%2Bc%26d%3D%C3%A9%27%22"},
		"empty query": {"https://a.example.com", httpx.Request{Path: "/x", Query: url.Values{}}, "https://a.example.com/x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt := newScript(answer(200, "{}"))
			tt.r.Method = http.MethodGet
			_, err := newClient(t, rt, httpx.Options{BaseURL: tt.base}).Do(t.Context(), &tt.r)
			require.NoError(t, err)
			assert.Equal(t, tt.want, rt.calls()[0].url)
		})
	}
}

func TestDo_RefusesWrongRequests(t *testing.T) {
	t.Parallel()
	id := func(v string) map[string]string { return map[string]string{"id": v} }
	tests := map[string]*httpx.Request{
		"nil":                  nil,
		"no method":            {Path: "/x"},
		"unknown method":       {Method: "CONNECT", Path: "/x"},
		"no path":              {Method: "GET"},
		"relative path":        {Method: "GET", Path: "x"},
		"path with query":      {Method: "GET", Path: "/x?s3cret=1"},
		"path with escape":     {Method: "GET", Path: "/x%2f"},
		"path with dots":       {Method: "GET", Path: "/x/../s3cret"},
		"another host":         {Method: "GET", Path: "https://s3cret.example.com/"},
		"spliced address":      {Method: "GET", Path: "/users/s3cret@example.com"},
		"missing value":        {Method: "GET", Path: "/x/{id}"},
		"empty value":          {Method: "GET", Path: "/x/{id}", PathValues: id("")},
		"dot value":            {Method: "GET", Path: "/x/{id}", PathValues: id(".")},
		"dot dot value":        {Method: "GET", Path: "/x/{id}", PathValues: id("..")},
		"unused value":         {Method: "GET", Path: "/x", PathValues: id("s3cret")},
		"open brace":           {Method: "GET", Path: "/x/{id", PathValues: id("1")},
		"closing brace":        {Method: "GET", Path: "/x/id}", PathValues: id("1")},
		"nested braces":        {Method: "GET", Path: "/x/{{id}}", PathValues: id("1")},
		"pattern with address": {Method: "GET", Path: "/x", Pattern: "/x/s3cret@example.com"},
		"class":                {Method: "GET", Path: "/x", Class: 7},
		"cost":                 {Method: "GET", Path: "/x", Cost: -1},
		"patience":             {Method: "GET", Path: "/x", Patience: -1},
		"credentials":          {Method: "GET", Path: "/x", Header: http.Header{"Authorization": {"s3cret"}}},
		"body":                 {Method: "POST", Path: "/x", Body: func() {}},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rt := newScript(answer(200, "{}"))
			_, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), r)
			e := asError(t, err)
			assert.Equal(t, httpx.KindInvalid, e.Kind)
			assert.NotContains(t, err.Error(), "s3cret")
			assert.False(t, e.Sent)
			assert.Empty(t, rt.calls())
		})
	}
}

func FuzzDo_PathValueStaysInItsSegment(f *testing.F) {
	for _, s := range []string{"17", "..", "a/b", "%2e%2e", "?x", "#", "é", "\x00", "a b+c", "http://x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, v string) {
		rt := newScript(answer(200, "{}"))
		_, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), &httpx.Request{
			Method: http.MethodGet, Path: "/r/{id}/end", PathValues: map[string]string{"id": v},
		})
		if err != nil {
			require.Contains(t, []string{"", ".", ".."}, v)
			return
		}
		u, err := url.Parse(rt.calls()[0].url)
		require.NoError(t, err)
		require.Equal(t, "acme.example.com", u.Host)
		require.Empty(t, u.RawQuery+u.Fragment)
		parts := strings.Split(u.EscapedPath(), "/")
		require.Len(t, parts, 6)
		got, err := url.PathUnescape(parts[4])
		require.NoError(t, err)
		require.Equal(t, v, got)
	})
}

func TestDo_HeadersAndBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		body        any
		sent        string
		contentType string
	}{
		{"none", nil, "", ""},
		{"empty bytes", []byte{}, "", ""},
		{"bytes", []byte(` {"a":1}`), ` {"a":1}`, "application/json"},
		{"raw", json.RawMessage(`{"a": 9007199254740993}`), `{"a":9007199254740993}`, "application/json"},
		{"value", map[string]any{"name": "<Ada & Co>"}, `{"name":"<Ada & Co>"}`, "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rt := newScript(answer(200, "{}"))
			c := newClient(t, rt, httpx.Options{UserAgent: "usher/1"})
			_, err := c.Do(t.Context(), &httpx.Request{
				Method: http.MethodPut, Path: "/x", Body: tt.body, Header: http.Header{"x-trace": {"1", "2"}},
			})
			require.NoError(t, err)
			s := rt.calls()[0]
			assert.Equal(t, tt.sent, s.body)
			assert.Equal(t, tt.contentType, s.header.Get("Content-Type"))
			assert.Equal(t, "application/json", s.header.Get("Accept"))
			assert.Equal(t, "usher/1", s.header.Get("User-Agent"))
			assert.Equal(t, []string{"1", "2"}, s.header["X-Trace"])
		})
	}
}

func TestDo_DoesNotKeepOrChangeTheRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":1}`)
	r := &httpx.Request{Method: http.MethodPut, Path: "/x", Body: body, Header: http.Header{"X-A": {"1"}}, Query: url.Values{"a": {"1"}}}
	rt := newScript(func(q *http.Request) (*http.Response, error) {
		copy(body, "XXXXXXX")
		q.Header.Set("X-A", "2")
		return nil, errDial
	}, answer(200, "{}"))
	_, err := newClient(t, rt, httpx.Options{Jitter: func() float64 { return 0 }}).Do(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, `{"a":1}`, rt.calls()[1].body)
	assert.Equal(t, http.Header{"X-A": {"1"}}, r.Header)
}

func TestDo_AuthorizesEveryAttemptAnew(t *testing.T) {
	t.Parallel()
	n := 0
	rt := newScript(fail(errDial), answer(200, "{}"))
	c := newClient(t, rt, httpx.Options{
		Jitter: func() float64 { return 0 },
		Authorize: func(r *http.Request) error {
			n++
			r.Header.Set("Authorization", fmt.Sprintf("Bearer t%d", n))
			r.URL.Host = "elsewhere.example.com" // has no effect
			return nil
		},
	})
	_, err := c.Do(t.Context(), get("/x"))
	require.NoError(t, err)
	assert.Equal(t, "Bearer t1", rt.calls()[0].auth)
	assert.Equal(t, "Bearer t2", rt.calls()[1].auth)
	assert.Equal(t, "https://acme.example.com/api/v2/x", rt.calls()[1].url)
}

func TestDo_AuthorizeFails(t *testing.T) {
	t.Parallel()
	own := errors.New("token s3cret was revoked")
	nested := &httpx.Error{Kind: httpx.KindRateLimited, RetryAfter: 7e9}
	tests := []struct {
		name string
		hook func(*http.Request) error
		kind httpx.Kind
	}{
		{"error", func(*http.Request) error { return own }, httpx.KindCredentials},
		{"call of its own", func(*http.Request) error { return fmt.Errorf("token: %w", nested) }, httpx.KindRateLimited},
		{"line break", func(r *http.Request) error {
			r.Header.Set("Authorization", "Bearer s3cret\r\nX: y")
			return nil
		}, httpx.KindCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rt := newScript(answer(200, "{}"))
			_, err := newClient(t, rt, httpx.Options{Authorize: tt.hook}).Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
			e := asError(t, err)
			assert.Equal(t, tt.kind, e.Kind)
			assert.False(t, e.Ambiguous())
			assert.Empty(t, rt.calls())
			assert.NotContains(t, err.Error(), "s3cret")
			if tt.name == "error" {
				assert.ErrorIs(t, err, own)
			}
			if tt.kind == httpx.KindRateLimited {
				assert.Equal(t, nested.RetryAfter, e.RetryAfter)
			}
		})
	}
}

func TestDo_BodyLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		size    int
		chunked bool
		ok      bool
	}{
		{"at the limit", 1000, false, true},
		{"at the limit, length unknown", 1000, true, true},
		{"over the limit", 1001, false, false},
		{"over the limit, length unknown", 1001, true, false},
		{"far over the limit, length unknown", 10 << 20, true, false},
	}
	for _, tt := range tests {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				c := newServerClient(t, func(w http.ResponseWriter, _ *http.Request) {
					if tt.chunked {
						_ = http.NewResponseController(w).Flush()
					} else {
						w.Header().Set("Content-Length", fmt.Sprint(tt.size))
					}
					_, _ = w.Write(bytes.Repeat([]byte("x"), tt.size))
				}, httpx.Options{MaxResponseBytes: 1000})
				resp, err := c.Do(t.Context(), &httpx.Request{Method: method, Path: "/x"})
				if tt.ok {
					require.NoError(t, err)
					assert.Len(t, resp.Body, tt.size)
					return
				}
				e := asError(t, err)
				assert.Equal(t, httpx.KindTooLarge, e.Kind)
				assert.Equal(t, 200, e.Status)
				assert.Equal(t, 1, e.Attempts, "another try would be as long")
				assert.Equal(t, method == http.MethodPost, e.Ambiguous())
			})
		}
	}
}

func TestDo_DecompressedBodyIsLimited(t *testing.T) {
	t.Parallel()
	c := newServerClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(gzipped(t, make([]byte, 1<<20)))
	}, httpx.Options{MaxResponseBytes: 1 << 16})
	_, err := c.Do(t.Context(), get("/x"))
	assert.Equal(t, httpx.KindTooLarge, httpx.KindOf(err))
}

func TestDo_HeadHasALengthAndNoBody(t *testing.T) {
	t.Parallel()
	c := newServerClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
	}, httpx.Options{MaxResponseBytes: 1000})
	resp, err := c.Do(t.Context(), &httpx.Request{Method: http.MethodHead, Path: "/x"})
	require.NoError(t, err)
	assert.Empty(t, resp.Body)
}

// The faults of a real connection, by method.
func TestDo_RealConnectionFaults(t *testing.T) {
	t.Parallel()
	hijack := func(write string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, write)
				_ = conn.Close()
			}
		}
	}
	tests := []struct {
		name string
		h    http.HandlerFunc
	}{
		{"answer lost", hijack("")},
		{"header cut", hijack("HTTP/1.1 200 OK\r\nContent-Le")},
		{"body cut", hijack("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":")},
		{"chunk cut", hijack("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{\"id\":")},
		{"garbage with personal data", hijack("ada@example.com\r\n\r\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var hits atomic.Int32
			h := func(w http.ResponseWriter, r *http.Request) {
				hits.Add(1)
				tt.h(w, r)
			}
			c := newServerClient(t, h, httpx.Options{MaxAttempts: 3})
			_, err := c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x", Body: []byte("{}")})
			assert.Equal(t, httpx.KindAmbiguous, httpx.KindOf(err))
			assert.True(t, asError(t, err).Ambiguous())
			assert.EqualValues(t, 1, hits.Load(), "a POST reaches the target once")
			assert.NotContains(t, err.Error(), "ada")

			hits.Store(0)
			_, err = c.Do(t.Context(), &httpx.Request{Method: http.MethodPut, Path: "/x", Body: []byte("{}")})
			assert.Equal(t, httpx.KindUnavailable, httpx.KindOf(err))
			assert.EqualValues(t, 3, hits.Load())
		})
	}
}

func TestDo_RefusedConnectionIsSurelyNotSent(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	c, err := httpx.New(&httpx.Options{
		BaseURL: "http://" + addr, AllowInsecure: true, AllowPrivate: true, MaxAttempts: 3, Jitter: func() float64 { return 0 },
	})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
	e := asError(t, err)
	assert.Equal(t, httpx.KindUnavailable, e.Kind)
	assert.Equal(t, 3, e.Attempts)
	assert.False(t, e.Ambiguous())
	assert.Equal(t, "POST /x: unavailable after 3 attempts: connection refused", err.Error())
}

// A timeout while connecting is not a lost answer either.
func TestDo_TimeoutWhileConnectingIsSurelyNotSent(t *testing.T) {
	t.Parallel()
	clock := testx.NewClock(time.Time{})
	inner := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		go clock.Advance(time.Minute)
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	c := newClient(t, inner, httpx.Options{
		Clock: clock, AttemptTimeout: time.Minute, MaxAttempts: 2, Jitter: func() float64 { return 0 },
	})
	_, err := c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
	e := asError(t, err)
	assert.Equal(t, httpx.KindUnavailable, e.Kind)
	assert.Equal(t, 2, e.Attempts)
	assert.False(t, e.Ambiguous())
}

func TestDo_UntrustedCertificateIsNotRetried(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c, err := httpx.New(&httpx.Options{BaseURL: srv.URL, AllowPrivate: true})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
	e := asError(t, err)
	assert.Equal(t, "POST /x: unavailable: certificate is not trusted", e.Error())
	assert.False(t, e.Ambiguous())
	assert.Zero(t, hits.Load())
}

// Error answers are drained, so the connection is used again, also between attempts and after the last one.
func TestDo_ConnectionIsReusedAfterErrors(t *testing.T) {
	t.Parallel()
	var conns atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		_, _ = w.Write(make([]byte, 20<<10))
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c, err := httpx.New(&httpx.Options{BaseURL: srv.URL, AllowInsecure: true, AllowPrivate: true, Jitter: func() float64 { return 0 }})
	require.NoError(t, err)
	for range 3 {
		_, err := c.Do(t.Context(), get("/x"))
		assert.Equal(t, 4, asError(t, err).Attempts)
	}
	assert.EqualValues(t, 1, conns.Load())
}

func TestDo_ClosesEveryBody(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	tracked := func(status int) step {
		return func(r *http.Request) (*http.Response, error) {
			open.Add(1)
			resp, err := answer(status, "{}", "Location", "/api/v2/y")(r)
			resp.Body = &closer{Reader: resp.Body, closed: func() { open.Add(-1) }}
			return resp, err
		}
	}
	for _, steps := range [][]step{
		{tracked(200)}, {tracked(404)}, {tracked(503), tracked(200)}, {tracked(503)}, {tracked(302), tracked(200)}, {tracked(302)},
	} {
		_, _ = newClient(t, newScript(steps...), httpx.Options{Jitter: func() float64 { return 0 }}).Do(t.Context(), get("/x"))
		assert.Zero(t, open.Load())
	}
}

type closer struct {
	io.Reader
	closed func()
}

func (c *closer) Close() error {
	if c.closed != nil {
		c.closed()
		c.closed = nil
	}
	return nil
}

func TestDo_Redirects(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method string
		status       int
		location     string
		follow       bool
	}{
		{"GET within the host", "GET", 302, "/api/v2/y?page=2", true},
		{"GET within the host, absolute", "GET", 308, "https://acme.example.com/api/v2/y", true},
		{"GET to another host", "GET", 302, "https://evil.example.com/api/v2/y", false},
		{"GET to a sub-domain", "GET", 302, "https://a.acme.example.com/api/v2/y", false},
		{"GET to another port", "GET", 302, "https://acme.example.com:444/y", false},
		{"GET to another scheme", "GET", 302, "http://acme.example.com/y", false},
		{"GET without scheme", "GET", 302, "//evil.example.com/y", false},
		{"GET with a user", "GET", 302, "https://u:p@acme.example.com/y", false},
		{"GET to nowhere", "GET", 302, "", false},
		{"GET to garbage", "GET", 302, "https://%zz", false},
		{"POST within the host", "POST", 307, "/y", false},
		{"POST turned into GET", "POST", 303, "/y", false},
		{"PUT within the host", "PUT", 308, "/y", false},
		{"DELETE to another host", "DELETE", 307, "https://evil.example.com/y", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rt := newScript(answer(tt.status, "", "Location", tt.location), answer(200, `{}`))
			c := newClient(t, rt, httpx.Options{Authorize: func(r *http.Request) error {
				r.Header.Set("Authorization", "Bearer s3cret")
				return nil
			}})
			resp, err := c.Do(t.Context(), &httpx.Request{Method: tt.method, Path: "/x", Body: []byte("{}")})
			if tt.follow {
				require.NoError(t, err)
				assert.Equal(t, 200, resp.Status)
				assert.Equal(t, "Bearer s3cret", rt.calls()[1].auth)
				assert.Equal(t, 2, resp.Attempts)
				return
			}
			e := asError(t, err)
			assert.Equal(t, httpx.KindRefused, e.Kind)
			assert.Equal(t, tt.status, e.Status)
			assert.Equal(t, tt.method != "GET", e.Ambiguous())
			assert.Len(t, rt.calls(), 1)
			assert.NotContains(t, err.Error(), "evil")
		})
	}
}

func TestDo_RedirectLoopEnds(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(302, "", "Location", "/api/v2/x"))
	_, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), get("/x"))
	assert.Equal(t, httpx.KindRefused, httpx.KindOf(err))
	assert.Len(t, rt.calls(), 4)
}

// Redirects are counted anew for each try.
func TestDo_RetryAfterRedirects(t *testing.T) {
	t.Parallel()
	on := answer(302, "", "Location", "/api/v2/x")
	rt := newScript(on, on, answer(503, ""), on, on, answer(200, "{}"))
	resp, err := newClient(t, rt, httpx.Options{Jitter: func() float64 { return 0 }}).Do(t.Context(), get("/x"))
	require.NoError(t, err)
	assert.Equal(t, 6, resp.Attempts)
}

func TestDo_DropsCookies(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(200, "{}", "Set-Cookie", "session=s3cret", "Link", "next"))
	c := newClient(t, rt, httpx.Options{})
	for range 2 {
		resp, err := c.Do(t.Context(), get("/x"))
		require.NoError(t, err)
		assert.Equal(t, http.Header{"Link": {"next"}}, resp.Header)
	}
	assert.Empty(t, rt.calls()[1].header.Get("Cookie"))
}

func TestResponse_Decode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		body, want string
	}{
		{`{"id":9007199254740993}`, ""},
		{``, "POST /x: malformed: status 201: answer is empty"},
		{`<html>ada@example.com</html>`, "POST /x: malformed: status 201: answer is not the expected JSON"},
		{`{"id":1}{"id":2}`, "POST /x: malformed: status 201: answer is not the expected JSON"},
		{`"ada@example.com"`, "POST /x: malformed: status 201: answer is not the expected JSON"},
	}
	for _, tt := range tests {
		resp, err := newClient(t, newScript(answer(201, tt.body)), httpx.Options{}).Do(t.Context(), &httpx.Request{Method: "POST", Path: "/x"})
		require.NoError(t, err)
		var v map[string]any
		err = resp.Decode(&v)
		if tt.want == "" {
			require.NoError(t, err)
			assert.Equal(t, json.Number("9007199254740993"), v["id"])
			continue
		}
		require.EqualError(t, err, tt.want)
		assert.True(t, asError(t, err).Ambiguous(), "the record exists, but which is it?")
	}
}

// The library's default logger writes every URL to stderr. The real file descriptor is looked at, so it takes a
// process of its own.
func TestDo_WritesNothingToStderr(t *testing.T) {
	if os.Getenv("HTTPX_STDERR_CHILD") == "1" {
		rt := newScript(answer(503, ""), fail(errLost), answer(200, "{}"))
		_, err := newClient(t, rt, httpx.Options{Jitter: func() float64 { return 0 }}).Do(t.Context(), get("/x"))
		require.NoError(t, err)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDo_WritesNothingToStderr$")
	cmd.Env = append(os.Environ(), "HTTPX_STDERR_CHILD=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Run())
	assert.Empty(t, stderr.String())
}

func TestClient_ConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newServerClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}, httpx.Options{})
	type result struct{ want, got string }
	results := make(chan result)
	for i := range 50 {
		go func() {
			want := fmt.Sprintf(`{"n":%d}`, i)
			resp, err := c.Do(t.Context(), &httpx.Request{Method: http.MethodPut, Path: "/x", Body: []byte(want)})
			if err != nil {
				results <- result{want, err.Error()}
				return
			}
			results <- result{want, string(resp.Body)}
		}()
	}
	for range 50 {
		r := <-results
		assert.Equal(t, r.want, r.got)
	}
}

func TestClient_PausesByItsClock(t *testing.T) {
	t.Parallel()
	clock := testx.NewClock(time.Time{})
	c := newClient(t, newScript(), httpx.Options{Clock: clock, Jitter: func() float64 { return 0.5 }})
	assert.Equal(t, clock.Now(), c.Now())
	done := make(chan error)
	go func() { done <- c.Pause(t.Context(), 4*time.Second) }()
	for clock.Pending() == 0 {
		runtime.Gosched()
	}
	clock.Advance(2 * time.Second)
	require.NoError(t, <-done)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Pause(ctx, time.Second), context.Canceled)
}
