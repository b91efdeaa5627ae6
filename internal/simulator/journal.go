package simulator

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is one call as the simulator saw it. The simulators have their own type
// for their users and describe the fields there.
type Request struct {
	ID     string
	Method string
	Path   string
	Query  url.Values
	Header http.Header
	Body   []byte
	Status int
	// Credits is what the call drew from the rate limit, where a simulator says.
	Credits int
	// Fault is the kind of fault that the call met, or "".
	Fault string
	Time  time.Time
}

// Journal keeps the last requests. Make it with [NewJournal]; the simulator's
// lock guards it and the requests in it.
type Journal struct {
	keep  int
	calls int64
	kept  []*Request
}

// NewJournal returns a journal that keeps so many requests, at least one.
func NewJournal(keep int) *Journal { return &Journal{keep: max(keep, 1)} }

// Record notes the arrival of a call, without the headers that hold credentials,
// and gives it its ID. The caller fills in the outcome of what is returned.
func (j *Journal) Record(r Request) *Request {
	j.calls++
	r.ID = requestID(j.calls)
	r.Header = r.Header.Clone()
	maps.DeleteFunc(r.Header, func(name string, _ []string) bool {
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie":
			return true
		}
		return false
	})
	if len(j.kept) >= j.keep {
		j.kept = slices.Delete(j.kept, 0, len(j.kept)-j.keep+1)
	}
	j.kept = append(j.kept, &r)
	return &r
}

// All returns copies of the requests in the order of their arrival.
func (j *Journal) All() []Request { return j.Last(len(j.kept)) }

// Last returns copies of the n last requests in the order of their arrival.
func (j *Journal) Last(n int) []Request {
	last := j.kept[max(len(j.kept)-n, 0):]
	out := make([]Request, 0, len(last))
	for _, r := range last {
		c := *r
		c.Header = r.Header.Clone()
		c.Query = url.Values(http.Header(r.Query).Clone())
		c.Body = slices.Clone(r.Body)
		out = append(out, c)
	}
	return out
}

// Reset forgets the requests so far; their IDs are not given again.
func (j *Journal) Reset() { j.kept = nil }

// requestID makes the n-th ID: of the form of a UUID, the same in every run.
func requestID(n int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }
