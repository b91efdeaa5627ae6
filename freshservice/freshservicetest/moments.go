package freshservicetest

import (
	"strconv"

	"github.com/usher-scim/usher/internal/simulator"
)

// Moment is a call after which a test changes the account, for example between
// two pages of a list. The fields are those of [Fault].
type Moment struct {
	// Method is the verb that matches. Empty: any.
	Method string
	// Path is the path that matches, as in [Fault]. Empty: any below /api/v2.
	Path string
	// Query lists parameters that a matching call has.
	Query []string
	// Skip is how many matching calls pass before.
	Skip int
}

// After lets do happen once, when a call that matches has taken effect and its
// answer is made, but not sent: what do changes is seen by the next call, as when
// somebody else works in the account meanwhile. A call meets one moment at most;
// calls that a fault kept from taking effect do not count. do runs without locks
// and may use every method of the account, and make calls.
func (a *Account) After(m Moment, do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := strconv.Itoa(len(a.happenings))
	a.happenings = append(a.happenings, do)
	a.moments.Add(simulator.Fault[string]{Kind: name, Method: m.Method, Path: m.Path, Query: m.Query, Skip: m.Skip})
}

// happening returns what is to happen after a call, or nil. The account's lock is
// held.
func (a *Account) happening(c *call) func() {
	m := a.moments.Take(c.method, c.path, c.query)
	if m == nil {
		return nil
	}
	n, err := strconv.Atoi(m.Kind)
	if err != nil {
		return nil
	}
	return a.happenings[n]
}
