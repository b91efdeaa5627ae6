package simulator

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of faults. Each simulator has them once more, as constants of its own
// type on which its users read what they do.
const (
	Delay       = "delay"
	Late        = "late"
	Refuse      = "refuse"
	FailAfter   = "fail after"
	Unreachable = "unreachable"
	LostAnswer  = "lost answer"
	CutBody     = "cut body"
	Malformed   = "malformed"
)

// Fault is a script: it changes the outcome of calls that match. K is the
// simulator's type of kinds. The fields are those of the simulators' own Fault,
// in the same order, so that one converts to the other; they are described
// there. The methods accept nil, which is a call that meets no fault.
type Fault[K ~string] struct {
	Kind   K
	Method string
	Path   string
	Query  []string
	Skip   int
	Times  int

	Status      int
	RetryAfter  string
	Body        string
	ContentType string
	Delay       time.Duration
}

// Is reports whether the fault is of a kind.
func (f *Fault[K]) Is(kind K) bool { return f != nil && f.Kind == kind }

// Holds reports whether the call waits before it takes effect.
func (f *Fault[K]) Holds() bool { return f.Is(Delay) || f != nil && f.Delay > 0 && f.Kind != Late }

// Instead is the answer of a Refuse or FailAfter, whose default status is given.
func (f *Fault[K]) Instead(status int) Answer {
	ans := Empty(cmp.Or(f.Status, status))
	ans.Body = []byte(f.Body)
	if f.Body != "" {
		ans.Header.Set("Content-Type", cmp.Or(f.ContentType, "text/html; charset=utf-8"))
	}
	if f.RetryAfter != "" {
		ans.Header.Set("Retry-After", f.RetryAfter)
	}
	return ans
}

// matches reports whether the script is about a call; root is what an empty Path
// stands for.
func (f *Fault[K]) matches(root, method, path string, query url.Values) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	for _, name := range f.Query {
		if !query.Has(name) {
			return false
		}
	}
	if f.Path == "" {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return MatchPath(f.Path, path)
}

// MatchPath compares a path with a pattern by segments: "*" is any one, a last
// "**" any rest.
func MatchPath(pattern, path string) bool {
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

// Faults are the scripts of a simulator. Make them with [NewFaults].
type Faults[K ~string] struct {
	root      string
	sleep     func(context.Context, time.Duration) error
	closed    chan struct{}
	closeOnce sync.Once

	mu      sync.Mutex // guards all below
	scripts []*Fault[K]
}

// NewFaults returns an empty list. An empty Path of a script matches root and
// every path below it. Delays are waited through sleep, which returns early with
// the context's error; nil is a real timer.
func NewFaults[K ~string](root string, sleep func(context.Context, time.Duration) error) *Faults[K] {
	if sleep == nil {
		sleep = sleepReal
	}
	return &Faults[K]{root: root, sleep: sleep, closed: make(chan struct{})}
}

// Add adds a script after the others; a copy is kept. An empty Kind is Refuse,
// and zero Times are one.
func (s *Faults[K]) Add(f Fault[K]) {
	f.Kind = cmp.Or(f.Kind, Refuse)
	f.Times = cmp.Or(f.Times, 1)
	f.Query = slices.Clone(f.Query)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = append(s.scripts, &f)
}

// Pending returns copies of the scripts that have calls left to meet, with the
// counts that remain.
func (s *Faults[K]) Pending() []Fault[K] {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault[K], 0, len(s.scripts))
	for _, f := range s.scripts {
		c := *f
		c.Query = slices.Clone(f.Query)
		out = append(out, c)
	}
	return out
}

// Clear drops all scripts.
func (s *Faults[K]) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = nil
}

// Take returns the script that a call meets, or nil, and counts it. A script
// that matches and has calls to skip lets the next one be tried.
func (s *Faults[K]) Take(method, path string, query url.Values) *Fault[K] {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.scripts {
		if !f.matches(s.root, method, path, query) {
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
			s.scripts = slices.Delete(s.scripts, i, i+1)
		}
		met := *f
		return &met
	}
	return nil
}

// Play lets a call meet a fault: it waits where the fault says so, lets the call
// take effect, and returns the answer as the fault leaves it. It reports false
// where the connection is to be closed without an answer; effect was then called
// or not, by the kind of the fault. Refuse and FailAfter are effect's own
// concern, and so is CutBody that of whoever writes the answer.
func (s *Faults[K]) Play(ctx context.Context, f *Fault[K], effect func() Answer) (ans Answer, ok bool) {
	if f.Holds() && !s.wait(ctx, f.Delay) || f.Is(Unreachable) {
		return Answer{}, false
	}
	ans = effect()
	switch {
	case f.Is(Late):
		return ans, s.wait(ctx, f.Delay)
	case f.Is(LostAnswer), f.Is(CutBody) && len(ans.Body) == 0:
		return ans, false
	case f.Is(Malformed):
		if ans.Body = ans.Body[:len(ans.Body)/2]; len(ans.Body) == 0 && ans.Status != http.StatusNoContent {
			ans.Body = []byte("{")
		}
	}
	return ans, true
}

// wait serves a delay; d zero is until the call's end. It reports whether the
// client is still there.
func (s *Faults[K]) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		return false
	}
	return s.sleep(ctx, d) == nil && ctx.Err() == nil
}

// Close ends the calls that a fault without a duration holds, now and from now
// on. It may be called more than once.
func (s *Faults[K]) Close() { s.closeOnce.Do(func() { close(s.closed) }) }

func sleepReal(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
