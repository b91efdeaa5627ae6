package freshservice_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
)

// busy is a target in front of a simulated account in the same process, in a
// bubble of testing/synctest: all waits are the bubble's and take no time.
type busy struct {
	*connector.Target
	sim     *freshservicetest.Account
	traffic *testx.Traffic
}

func newBusy(t *testing.T, account freshservicetest.Options, delay func(int), reserve int) *busy {
	t.Helper()
	account.KeptRequests = 1
	sim := freshservicetest.New(&account)
	t.Cleanup(sim.Close)
	traffic := &testx.Traffic{Handler: sim, Now: time.Now, Delay: delay}
	target, err := freshservice.New("acme", freshservice.APIKey(sim.APIKey()), &freshservice.Options{
		Transport: traffic, Patience: 2 * time.Minute, RateReserve: reserve,
	})
	require.NoError(t, err)
	return &busy{Target: target, sim: sim, traffic: traffic}
}

// work shares n tasks among workers.
func work(workers, n int, task func(i int)) {
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

// assertBusy asserts that nothing was refused, and that all windows but the last
// one used what is allowed, each right after the one before.
func assertBusy(t *testing.T, calls []testx.Arrival, allowed, atLeast int) {
	t.Helper()
	for _, c := range calls {
		require.NotEqual(t, http.StatusTooManyRequests, c.Status, "%s %s", c.Method, c.Path)
	}
	windows := testx.RateWindows(calls, time.Minute)
	require.Greater(t, len(windows), atLeast)
	for i, w := range windows[:len(windows)-1] {
		assert.GreaterOrEqual(t, w.Calls, (allowed*95+99)/100, "window %d", i)
		assert.LessOrEqual(t, w.Calls, allowed, "window %d", i)
		assert.LessOrEqual(t, windows[i+1].Begins.Sub(w.Begins), 63*time.Second, "window %d", i)
	}
}

func every(testx.Arrival) bool { return true }

// lists are the calls with a limit of their own.
func lists(a testx.Arrival) bool {
	return a.Method == http.MethodGet && strings.HasSuffix(a.Path, "/requesters")
}

// delays are ways for answers to come late, and to overtake each other.
var delays = map[string]func(n int){
	"at once": nil,
	"late":    func(n int) { time.Sleep(time.Duration(10+n*37%31) * time.Millisecond) },
}

// eachWay runs a test with one worker and with several, for each of delays.
func eachWay(t *testing.T, test func(t *testing.T, workers int, delay func(int))) {
	t.Helper()
	for name, delay := range delays {
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprint(workers, " workers, ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { test(t, workers, delay) })
			})
		}
	}
}

// Issue 6: creating 10,000 requesters at the plan's limit, and fewer in the other
// ways.
func TestThroughput_Create(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, workers int, delay func(int)) {
		n := 2600
		if workers > 1 && delay != nil {
			n = 10000
		}
		b := newBusy(t, freshservicetest.Options{}, delay, freshservice.NoRateReserve)
		desc, err := b.Description(t.Context())
		require.NoError(t, err)
		typ := desc.Object(freshservice.ObjectRequester).Type
		work(workers, n, func(i int) {
			rec := typ.New()
			rec.Set("first_name", schema.StringValue("Ada"))
			rec.Set("primary_email", schema.StringValue(fmt.Sprintf("ada%d@example.com", i)))
			_, err := b.Create(t.Context(), freshservice.ObjectRequester, rec)
			assert.NoError(t, err)
		})
		assertBusy(t, b.traffic.Arrivals(every), 500, n/500-1)
	})
}

// Issue 6: a listing long enough for five windows, by its own limit. In the
// background it leaves a quarter to others while they may still want it, and
// nothing in the end.
func TestThroughput_List(t *testing.T) {
	t.Parallel()
	limits := freshservicetest.Limits{Overall: 100, ListRequesters: 20}
	people := make([]freshservicetest.Requester, 100*5*limits.ListRequesters+50)
	for i := range people {
		people[i] = freshservicetest.Requester{FirstName: fmt.Sprintf("Ada %06d", i), PrimaryEmail: fmt.Sprintf("ada%d@example.com", i)}
	}
	eachWay(t, func(t *testing.T, workers int, delay func(int)) {
		for _, background := range []bool{false, true} {
			b := newBusy(t, freshservicetest.Options{Limits: &limits, Requesters: people}, delay, freshservice.NoRateReserve)
			_, err := b.Description(t.Context())
			require.NoError(t, err)
			pages := len(people)/100 + 1
			work(workers, pages, func(i int) {
				q := connector.Query{Background: background}
				if i > 0 {
					q.Cursor = strconv.Itoa(i + 1)
				}
				_, err := b.List(t.Context(), freshservice.ObjectRequester, q)
				assert.NoError(t, err)
			})
			assertBusy(t, b.traffic.Arrivals(lists), limits.ListRequesters, 5)
			for _, a := range b.traffic.Arrivals(every) {
				assert.NotEqual(t, http.StatusTooManyRequests, a.Status)
			}
		}
	})
}

// What is left to other programs stays for them in every window.
func TestThroughput_Reserve(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, workers int, delay func(int)) {
		b := newBusy(t, freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 500}}, delay, 20)
		_, err := b.Description(t.Context())
		require.NoError(t, err)
		work(workers, 2000, func(int) {
			_, err := b.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "1"})
			assert.ErrorIs(t, err, connector.NotFound)
		})
		assertBusy(t, b.traffic.Arrivals(every), 400, 4)
	})
}
