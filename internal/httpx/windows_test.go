package httpx_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

// counting is a target with a limit of calls a minute, counted in one of the ways that targets have.
type counting struct {
	limit int
	count func(now time.Time) int // calls that count against the limit now
	mu    sync.Mutex
	calls []time.Time // that were let through
	no    int         // that were refused
}

func (c *counting) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(15 * time.Millisecond)
	c.mu.Lock()
	now := time.Now()
	var step step
	if used := c.count(now); used < c.limit {
		c.calls = append(c.calls, now)
		step = answer(200, "{}", limits(c.limit, c.limit-used-1)...)
	} else {
		c.no++
		step = answer(429, "", "Retry-After", strconv.Itoa(c.retryAfter(now)))
	}
	n := len(c.calls)
	c.mu.Unlock()
	time.Sleep(time.Duration(n%7) * 5 * time.Millisecond)
	return step(nil)
}

// since returns how many calls were let through from then on.
func (c *counting) since(from time.Time) int {
	n := 0
	for i := len(c.calls) - 1; i >= 0 && !c.calls[i].Before(from); i-- {
		n++
	}
	return n
}

// retryAfter is when the oldest call that may still count is a minute old, in whole seconds.
func (c *counting) retryAfter(now time.Time) int {
	oldest := c.calls[max(len(c.calls)-c.limit, 0)]
	return int(oldest.Add(time.Minute).Sub(now)/time.Second) + 1
}

// load makes calls from four workers until end.
func load(t *testing.T, c *counting, end time.Duration) {
	t.Helper()
	client := newClient(t, c, httpx.Options{RateHint: freshHint, Patience: 3 * time.Minute})
	until := time.Now().Add(end)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for time.Now().Before(until) {
				_, err := client.Do(t.Context(), get("/x"))
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}

// Windows go by the target's clock, of which nothing is known.
func TestBudget_WindowsByTheTargetsClock(t *testing.T) {
	t.Parallel()
	for _, phase := range []time.Duration{0, time.Second, 17 * time.Second, 59*time.Second + 990*time.Millisecond} {
		t.Run(fmt.Sprint(phase), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				start := time.Now().Add(phase - time.Minute)
				window := func(at time.Time) int { return int(at.Sub(start) / time.Minute) }
				c := &counting{limit: 100}
				c.count = func(now time.Time) int { return c.since(start.Add(time.Duration(window(now)) * time.Minute)) }
				load(t, c, 10*time.Minute)
				assert.Zero(t, c.no, "none is refused")
				used := map[int]int{}
				for _, at := range c.calls {
					used[window(at)]++
				}
				for w := 1; w < window(c.calls[len(c.calls)-1]); w++ {
					assert.GreaterOrEqual(t, used[w], 95, "window %d", w)
				}
				require.Greater(t, len(used), 9)
			})
		})
	}
}

// A target that looks back over the last minute has no windows at all. The budget loses some of what it could have,
// and is hardly ever refused.
func TestBudget_NoWindows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := &counting{limit: 100}
		c.count = func(now time.Time) int { return c.since(now.Add(-time.Minute + 1)) }
		load(t, c, 20*time.Minute)
		assert.Greater(t, len(c.calls), 20*100*80/100)
		assert.Less(t, c.no, 20, "one in a minute at most")
	})
}
