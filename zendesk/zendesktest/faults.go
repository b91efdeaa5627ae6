package zendesktest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// FaultKind is what goes wrong with a call.
type FaultKind string

const (
	// Delay waits for [Fault.Delay], or without one until the client gives up
	// or the account is closed, before the call takes effect. A call whose
	// client has gone takes no effect.
	Delay FaultKind = "delay"
	// Late waits in the same way after the call took effect.
	Late FaultKind = "late"
	// Refuse answers [Fault.Status] (default 503) in place of the call.
	Refuse FaultKind = "refuse"
	// FailAfter answers [Fault.Status] (default 500) after the call took
	// effect.
	FailAfter FaultKind = "fail after"
	// Unreachable closes the connection in place of the call.
	Unreachable FaultKind = "unreachable"
	// LostAnswer closes the connection after the call took effect.
	LostAnswer FaultKind = "lost answer"
	// CutBody sends the right status and headers and half of the body, then
	// closes the connection. An answer without a body is lost as a whole.
	CutBody FaultKind = "cut body"
	// Malformed sends, after the call took effect, the right status with half
	// of the JSON text, as if it were all.
	Malformed FaultKind = "malformed"
)

// Fault is a script: it changes the outcome of calls that match. Scripts are
// tried in the order in which they were added; a call meets one at most.
//
// Mind that http.Transport by itself repeats a GET whose connection, used before,
// is closed without an answer: for Unreachable and LostAnswer on GETs use a
// fresh connection, or Times -1.
type Fault struct {
	// Kind is what goes wrong. Empty: [Refuse].
	Kind FaultKind
	// Method is the verb that matches. Empty: any.
	Method string
	// Path is the path that matches, from "/api/v2" on, or "/oauth/tokens". A
	// segment "*" matches any one, a last segment "**" any rest:
	// "/api/v2/users/*". A final ".json" of the call's path is left out of the
	// comparison. Empty: any path below /api/v2.
	Path string
	// Query lists parameters that a matching call has, whatever their value.
	Query []string
	// Skip is how many matching calls pass before the first fault.
	Skip int
	// Times is how many calls meet the fault. Zero: one; negative: all.
	Times int

	// Status is the answer's status for Refuse and FailAfter.
	Status int
	// RetryAfter is the answer's Retry-After header as it is sent. Empty: none.
	RetryAfter string
	// Body is the answer's body for Refuse and FailAfter. Empty: none.
	Body string
	// ContentType goes with Body. Empty: "text/html; charset=utf-8".
	ContentType string
	// Delay is waited through [Options.Sleep]: for Late before the answer, for
	// all other kinds before the call.
	Delay time.Duration
}

// DatabaseConflict is the fault of two writes that meet: 409 in place of the
// call (§2.4; the body is not verified).
func DatabaseConflict() Fault {
	return Fault{
		Kind: Refuse, Status: http.StatusConflict, ContentType: jsonType,
		Body: `{"error":"DatabaseConflict","description":"Database collision"}`,
	}
}

// Maintenance is the fault of an account that is out of service: 503 with a
// Retry-After header, "" for none, in place of the call (§2.4).
func Maintenance(retryAfter string) Fault {
	return Fault{Kind: Refuse, Status: http.StatusServiceUnavailable, RetryAfter: retryAfter}
}

// Fault adds a script.
func (a *Account) Fault(f Fault) {
	f.Kind = or(f.Kind, Refuse)
	f.Times = or(f.Times, 1)
	f.Query = slices.Clone(f.Query)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// PendingFaults returns the scripts that have calls left to meet, with the
// counts that remain.
func (a *Account) PendingFaults() []Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Fault, 0, len(a.faults))
	for _, f := range a.faults {
		c := *f
		c.Query = slices.Clone(f.Query)
		out = append(out, c)
	}
	return out
}

// ClearFaults drops all scripts.
func (a *Account) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

// takeFault returns the script that the call meets, or nil. The caller holds
// the lock.
func (a *Account) takeFault(c *call) *Fault {
	for i, f := range a.faults {
		if !f.matches(c.method, c.path, c.query) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		if f.Times == 0 {
			a.faults = slices.Delete(a.faults, i, i+1)
		}
		met := *f
		return &met
	}
	return nil
}

func (f *Fault) matches(method, path string, query url.Values) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	for _, name := range f.Query {
		if !query.Has(name) {
			return false
		}
	}
	if f.Path == "" {
		return path != tokenPath
	}
	return matchPath(f.Path, strings.TrimSuffix(path, ".json"))
}

// matchPath compares by segments.
func matchPath(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, segment := range want {
		if segment == "**" && i == len(want)-1 {
			return len(have) > i
		}
		if i >= len(have) || segment != "*" && segment != have[i] {
			return false
		}
	}
	return len(want) == len(have)
}

// wait serves the delay of a fault; d zero is until the call's end. It reports
// whether the client is still there.
func (a *Account) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		select {
		case <-ctx.Done():
		case <-a.closed:
		}
		return false
	}
	return a.sleep(ctx, d) == nil && ctx.Err() == nil
}

// instead is the answer of a fault with a status.
func (f *Fault) instead(status int) answer {
	ans := answer{status: or(f.Status, status), header: http.Header{}, body: []byte(f.Body)}
	if f.Body != "" {
		ans.header.Set("Content-Type", or(f.ContentType, "text/html; charset=utf-8"))
	}
	if f.RetryAfter != "" {
		ans.header.Set("Retry-After", f.RetryAfter)
	}
	return ans
}
