package httpx_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

// step is one scripted answer of a fake transport.
type step func(*http.Request) (*http.Response, error)

// script is a transport that answers by a list of steps, the last one over and over. It needs no network, so it
// works in a synctest bubble.
type script struct {
	mu    sync.Mutex
	steps []step
	seen  []seen
}

type seen struct {
	method, url, body, auth string
	header                  http.Header
	at                      time.Time
}

func newScript(steps ...step) *script { return &script{steps: steps} }

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	s.mu.Lock()
	s.seen = append(s.seen, seen{r.Method, r.URL.String(), string(body), r.Header.Get("Authorization"), r.Header.Clone(), time.Now()})
	next := s.steps[min(len(s.seen)-1, len(s.steps)-1)]
	s.mu.Unlock()
	return next(r)
}

func (s *script) calls() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.seen...)
}

// answer is a step with a status, a body and header fields as name, value pairs.
func answer(status int, body string, fields ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(fields); i += 2 {
			h.Add(fields[i], fields[i+1])
		}
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Header: h, Request: r, Proto: "HTTP/1.1",
			ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

// fail is a step without an answer.
func fail(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hang is a step that answers only when its request is given up.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

var (
	errDial = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to secret-host.example.com")}
	errLost = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by secret-host.example.com")}
)

// newClient returns a client over a transport, with jitter at its upper end unless o says otherwise.
func newClient(t testing.TB, rt http.RoundTripper, o httpx.Options) *httpx.Client {
	t.Helper()
	if o.BaseURL == "" {
		o.BaseURL = "https://acme.example.com/api/v2"
	}
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 1 }
	}
	o.Transport = rt
	c, err := httpx.New(&o)
	require.NoError(t, err)
	return c
}

func get(path string) *httpx.Request { return &httpx.Request{Method: http.MethodGet, Path: path} }

// asError returns err as *httpx.Error.
func asError(t testing.TB, err error) *httpx.Error {
	t.Helper()
	var e *httpx.Error
	require.ErrorAs(t, err, &e)
	return e
}

// gaps returns the times between the attempts.
func (s *script) gaps() []time.Duration {
	calls := s.calls()
	var out []time.Duration
	for i := 1; i < len(calls); i++ {
		out = append(out, calls[i].at.Sub(calls[i-1].at))
	}
	return out
}

// newServerClient returns a client for a server on the loopback interface, over the real transport.
func newServerClient(t testing.TB, h http.HandlerFunc, o httpx.Options) *httpx.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	o.BaseURL, o.AllowInsecure, o.AllowPrivate = srv.URL+"/api", true, true
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0 }
	}
	c, err := httpx.New(&o)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	_, err := w.Write(b)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return buf.Bytes()
}
