package zendesktest

import (
	"net/http"
	"net/url"
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
	// Body is the body; the client secret of a token request is blanked, like its
	// code, code verifier and refresh token.
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
	all := a.journal.All()
	out := make([]Request, len(all))
	for i, r := range all {
		out[i] = Request{
			ID: r.ID, Method: r.Method, Path: r.Path, Query: r.Query, Header: r.Header, Body: r.Body,
			Status: r.Status, Fault: FaultKind(r.Fault), Time: r.Time,
		}
	}
	return out
}

// ResetRequests forgets the calls so far.
func (a *Account) ResetRequests() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.journal.Reset()
}
