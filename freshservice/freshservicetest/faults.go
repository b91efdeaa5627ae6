package freshservicetest

import (
	"time"

	"github.com/usher-scim/usher/internal/simulator"
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
	// Path is the path that matches, from "/api/v2" on. A segment "*" matches
	// any one, a last segment "**" any rest: "/api/v2/requesters/*". Empty: any
	// path below /api/v2, so not the token endpoint, "/oauth/v2/token".
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

// Fault adds a script.
func (a *Account) Fault(f Fault) { a.faults.Add(script(f)) }

// PendingFaults returns the scripts that have calls left to meet, with the
// counts that remain.
func (a *Account) PendingFaults() []Fault {
	pending := a.faults.Pending()
	out := make([]Fault, len(pending))
	for i, f := range pending {
		out[i] = Fault(f)
	}
	return out
}

// ClearFaults drops all scripts.
func (a *Account) ClearFaults() { a.faults.Clear() }

// script is a Fault as the simulators' common part plays it.
type script = simulator.Fault[FaultKind]
