package zendesktest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is one call as the account saw it.
type Request struct {
	// ID is the answer's X-Request-Id.
	ID     string
	Method string
	// Path is the unescaped path as it was sent, from "/api/v2" or "/oauth" on.
	Path  string
	Query url.Values
	// Header has no Authorization, Proxy-Authorization and Cookie.
	Header http.Header
	// Body is the body; the client secret of a token request is blanked.
	Body []byte
	// Status is the status of the answer, or 0 while the call is under way and
	// for calls that got none.
	Status int
	// Fault is the kind of fault that the call met, or "".
	Fault FaultKind
	// Time is when the call arrived, on the account's clock.
	Time time.Time
}

// Requests returns the calls so far in the order of their arrival, copied. Views
// of the HTML page are not among them; calls to unknown paths are.
func (a *Account) Requests() []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Request, 0, len(a.requests))
	for _, r := range a.requests {
		c := *r
		c.Header = r.Header.Clone()
		c.Query = url.Values(http.Header(r.Query).Clone())
		c.Body = slices.Clone(r.Body)
		out = append(out, c)
	}
	return out
}

// ResetRequests forgets the calls so far.
func (a *Account) ResetRequests() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = nil
}

// record notes the arrival of a call. The caller holds the lock.
func (a *Account) record(c *call, h http.Header) *Request {
	kept := http.Header{}
	for name, values := range h {
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie":
		default:
			kept[name] = slices.Clone(values)
		}
	}
	a.calls++
	r := &Request{
		ID:     requestID(a.calls),
		Method: c.method,
		Path:   c.path,
		Query:  c.query,
		Header: kept,
		Body:   c.shownBody(),
		Time:   c.now,
	}
	if len(a.requests) >= a.keptRequests {
		a.requests = slices.Delete(a.requests, 0, len(a.requests)-a.keptRequests+1)
	}
	a.requests = append(a.requests, r)
	return r
}

// requestID makes the n-th X-Request-Id: of the form of a UUID, the same in
// every run.
func requestID(n int64) string {
	const digits = "0123456789abcdef"
	var tail [12]byte
	for i := len(tail) - 1; i >= 0; i-- {
		tail[i] = digits[n&15]
		n >>= 4
	}
	var b strings.Builder
	b.WriteString("00000000-0000-4000-8000-")
	b.Write(tail[:])
	return b.String()
}
