package testx

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// Traffic is a transport that hands calls to a handler in the same process and notes them on the handler's side.
// Inside a bubble of testing/synctest hours of traffic take no time. It is safe for concurrent use; its fields are
// not changed once calls are made.
type Traffic struct {
	Handler http.Handler
	// Now is the time of arrivals, which is time.Now inside a bubble.
	Now func() time.Time
	// Delay takes the time that the n-th call, from 0, takes on its way there, and as long again on its way back. Nil:
	// no time.
	Delay func(n int)

	mu    sync.Mutex
	made  int
	calls []Arrival
}

// Arrival is a call as the handler saw it.
type Arrival struct {
	At           time.Time
	Method, Path string
	Status       int
}

var _ http.RoundTripper = (*Traffic)(nil)

// RoundTrip implements http.RoundTripper.
func (t *Traffic) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	n := t.made
	t.made++
	t.mu.Unlock()
	t.delay(n)
	if r.Body == nil {
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	at := t.Now()
	t.Handler.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	t.mu.Lock()
	t.calls = append(t.calls, Arrival{at, r.Method, r.URL.Path, resp.StatusCode})
	t.mu.Unlock()
	t.delay(n)
	return resp, nil
}

func (t *Traffic) delay(n int) {
	if t.Delay != nil {
		t.Delay(n)
	}
}

// Arrivals returns the calls that match, in the order in which they were answered.
func (t *Traffic) Arrivals(match func(Arrival) bool) []Arrival {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Arrival
	for _, a := range t.calls {
		if match(a) {
			out = append(out, a)
		}
	}
	return out
}

// RateWindow is a window of a rate limit.
type RateWindow struct {
	Begins time.Time
	Calls  int
}

// RateWindows counts calls in windows of a length, each of which begins with its first call.
func RateWindows(calls []Arrival, length time.Duration) []RateWindow {
	var out []RateWindow
	for _, a := range calls {
		if n := len(out); n == 0 || !a.At.Before(out[n-1].Begins.Add(length)) {
			out = append(out, RateWindow{Begins: a.At})
		}
		out[len(out)-1].Calls++
	}
	return out
}
