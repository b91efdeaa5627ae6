package testx

import (
	"slices"
	"sync"
	"time"
)

// Clock is a clock that stands still until it is told to move. It has the methods of httpx.Clock, and Now for
// everything that takes a func() time.Time. Deadlines of contexts are in real time and know nothing of it; tests
// about those use testing/synctest instead. The zero value is not usable; see [NewClock].
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	pending []*pending
}

type pending struct {
	at time.Time
	f  func()
}

// NewClock returns a clock that shows start; the zero time stands for 2026-01-02 03:04:05 UTC.
func NewClock(start time.Time) *Clock {
	if start.IsZero() {
		start = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)
	}
	return &Clock{now: start}
}

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc arranges for f to be called by the Advance that reaches d from now, at once in a goroutine of its own
// if d is not positive. The returned function cancels it and reports whether it did so in time.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	if d <= 0 {
		return time.AfterFunc(0, f).Stop
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := &pending{at: c.now.Add(d), f: f}
	c.pending = append(c.pending, p)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		i := slices.Index(c.pending, p)
		if i < 0 {
			return false
		}
		c.pending = slices.Delete(c.pending, i, i+1)
		return true
	}
}

// Advance moves the clock by d and calls what falls due, in order of time, with the clock showing that time.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		first := -1
		for i, p := range c.pending {
			if !p.at.After(end) && (first < 0 || p.at.Before(c.pending[first].at)) {
				first = i
			}
		}
		if first < 0 {
			break
		}
		p := c.pending[first]
		c.pending = slices.Delete(c.pending, first, first+1)
		if p.at.After(c.now) {
			c.now = p.at
		}
		c.mu.Unlock()
		p.f()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// Pending returns the number of calls that wait for the clock.
func (c *Clock) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending)
}
