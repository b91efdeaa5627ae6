package testx

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Work shares n tasks among workers, and returns when all are done.
func Work(workers, n int, task func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				task(i)
			}
		})
	}
	wg.Wait()
}

// CheckBusy fails the test where a call was refused for its rate, or where a window
// of a minute other than the last one used less than 95 of a hundred calls that are
// allowed, or more than those, or did not follow right after the one before. There
// have to be more windows than atLeast.
func CheckBusy(t *testing.T, calls []Arrival, allowed, atLeast int) {
	t.Helper()
	for _, c := range calls {
		if c.Status == http.StatusTooManyRequests {
			t.Fatalf("%s %s was refused for its rate", c.Method, c.Path)
		}
	}
	windows := RateWindows(calls, time.Minute)
	if len(windows) <= atLeast {
		t.Fatalf("%d windows, more than %d are wanted", len(windows), atLeast)
	}
	for i, w := range windows[:len(windows)-1] {
		if w.Calls < (allowed*95+99)/100 || w.Calls > allowed {
			t.Errorf("window %d: %d calls of %d", i, w.Calls, allowed)
		}
		if next := windows[i+1].Begins.Sub(w.Begins); next > 63*time.Second {
			t.Errorf("window %d: the next one begins after %s", i, next)
		}
	}
}

// EachWay runs a test with one worker and with several, with answers that come at
// once, and with answers that wait takes the time of, so that they overtake each
// other. Each runs in a bubble of testing/synctest: all waits are the bubble's and
// take no time.
func EachWay(t *testing.T, wait func(time.Duration), test func(t *testing.T, workers int, delay func(n int))) {
	t.Helper()
	for name, delay := range map[string]func(n int){
		"at once": nil,
		"late":    func(n int) { wait(time.Duration(10+n*37%31) * time.Millisecond) },
	} {
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprint(workers, " workers, ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { test(t, workers, delay) })
			})
		}
	}
}
