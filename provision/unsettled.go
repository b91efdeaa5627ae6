package provision

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// unsettled remembers creates of which nobody knows what became: the answer was
// lost, and a search that lags behind does not show who has the address. When such
// a create is asked for again, the record that it may have made is its own, and
// not somebody else's.
type unsettled struct {
	mu    sync.Mutex
	clock func() time.Time
	age   time.Duration
	max   int
	at    map[string]time.Time
}

func newUnsettled(clock func() time.Time, age time.Duration, max int) *unsettled {
	return &unsettled{clock: clock, age: age, max: max, at: make(map[string]time.Time)}
}

// note remembers a create; beyond the limit the oldest go first.
func (u *unsettled) note(key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.clock()
	limit, oldest := now.Add(-u.age), ""
	for k, at := range u.at {
		if at.Before(limit) {
			delete(u.at, k)
		} else if oldest == "" || at.Before(u.at[oldest]) {
			oldest = k
		}
	}
	if len(u.at) >= u.max {
		delete(u.at, oldest)
	}
	u.at[key] = now
}

// has reports whether a create is remembered.
func (u *unsettled) has(key string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	at, ok := u.at[key]
	return ok && !at.Before(u.clock().Add(-u.age))
}

func (u *unsettled) forget(key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.at, key)
}

// key is what a create is known by: its unique values.
func (c *creation) key() string {
	parts := []string{c.bind.obj.Name}
	for _, u := range c.unique() {
		parts = append(parts, u.field+"="+strings.ToLower(u.value.Text()))
	}
	slices.Sort(parts[1:])
	return strings.Join(parts, "\n")
}
