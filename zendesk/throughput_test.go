package zendesk_test

import (
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// busy is a target in front of a simulated account in the same process, in a
// bubble of testing/synctest: all waits are the bubble's and take no time.
type busy struct {
	*connector.Target
	sim     *zendesktest.Account
	traffic *testx.Traffic
}

func newBusy(t *testing.T, account zendesktest.Options, delay func(int), reserve int) *busy {
	t.Helper()
	account.KeptRequests = 1
	sim := zendesktest.New(&account)
	t.Cleanup(sim.Close)
	traffic := &testx.Traffic{Handler: sim, Now: time.Now, Delay: delay}
	target, err := zendesk.New("acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), &zendesk.Options{
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

// counted are the calls that the account's limit counts: the token endpoint is
// none of them.
func counted(a testx.Arrival) bool { return strings.HasPrefix(a.Path, "/api/") }

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

// many is how many users TestThroughput_Create creates. Issue 7 says 100,000, which
// takes a minute: go test ./zendesk -run Throughput -throughput.users 100000
var many = flag.Int("throughput.users", 3600, "how many users the throughput test creates")

// Issue 7: creating users at 700 calls a minute.
func TestThroughput_Create(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, workers int, delay func(int)) {
		b := newBusy(t, zendesktest.Options{}, delay, zendesk.NoRateReserve)
		desc, err := b.Description(t.Context())
		require.NoError(t, err)
		typ := desc.Object(zendesk.ObjectUser).Type
		work(workers, *many, func(i int) {
			rec := typ.New()
			rec.Set("name", schema.StringValue("Ada"))
			rec.Set("email", schema.StringValue(fmt.Sprintf("ada%d@example.com", i)))
			_, err := b.Create(t.Context(), zendesk.ObjectUser, rec)
			assert.NoError(t, err)
		})
		assertBusy(t, b.traffic.Arrivals(counted), 700, *many/700-1)
	})
}

// Issue 7: a listing long enough for five windows. In the background it leaves a
// quarter to others while they may still want it, and nothing in the end.
func TestThroughput_List(t *testing.T) {
	t.Parallel()
	const limit = 20
	eachWay(t, func(t *testing.T, workers int, delay func(int)) {
		people := make([]zendesktest.User, 100*(5*limit/workers+2))
		for i := range people {
			people[i] = zendesktest.User{Name: "Ada", Email: fmt.Sprintf("ada%d@example.com", i)}
		}
		for _, background := range []bool{false, true} {
			b := newBusy(t, zendesktest.Options{Limits: &zendesktest.Limits{Account: limit}, Users: people}, delay, zendesk.NoRateReserve)
			work(workers, workers, func(int) {
				n := 0
				for _, err := range b.All(t.Context(), zendesk.ObjectUser, connector.Query{Background: background}) {
					if n++; !assert.NoError(t, err) {
						break
					}
				}
				assert.Greater(t, n, len(people))
			})
			assertBusy(t, b.traffic.Arrivals(counted), limit, 5)
		}
	})
}
