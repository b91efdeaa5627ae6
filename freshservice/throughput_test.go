package freshservice_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
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

func every(testx.Arrival) bool { return true }

// lists are the calls with a limit of their own.
func lists(a testx.Arrival) bool {
	return a.Method == http.MethodGet && strings.HasSuffix(a.Path, "/requesters")
}

// Issue 6: creating 10,000 requesters at the plan's limit, and fewer in the other
// ways.
func TestThroughput_Create(t *testing.T) {
	t.Parallel()
	testx.EachWay(t, time.Sleep, func(t *testing.T, workers int, delay func(int)) {
		n := 2600
		if workers > 1 && delay != nil {
			n = 10000
		}
		b := newBusy(t, freshservicetest.Options{}, delay, freshservice.NoRateReserve)
		desc, err := b.Description(t.Context())
		require.NoError(t, err)
		typ := desc.Object(freshservice.ObjectRequester).Type
		testx.Work(workers, n, func(i int) {
			rec := typ.New()
			rec.Set("first_name", schema.StringValue("Ada"))
			rec.Set("primary_email", schema.StringValue(fmt.Sprintf("ada%d@example.com", i)))
			_, err := b.Create(t.Context(), freshservice.ObjectRequester, rec)
			assert.NoError(t, err)
		})
		testx.CheckBusy(t, b.traffic.Arrivals(every), 500, n/500-1)
	})
}

// Issue 6: a listing long enough for five windows, by its own limit. In the
// background it leaves a quarter to others while they may still want it, and
// nothing in the end.
func TestThroughput_List(t *testing.T) {
	t.Parallel()
	limits := freshservicetest.Limits{Overall: 100, ListRequesters: 20}
	testx.EachWay(t, time.Sleep, func(t *testing.T, workers int, delay func(int)) {
		people := make([]freshservicetest.Requester, 100*(5*limits.ListRequesters/workers+2))
		for i := range people {
			people[i] = freshservicetest.Requester{FirstName: fmt.Sprintf("Ada %06d", i), PrimaryEmail: fmt.Sprintf("ada%d@example.com", i)}
		}
		for _, background := range []bool{false, true} {
			b := newBusy(t, freshservicetest.Options{Limits: &limits, Requesters: people}, delay, freshservice.NoRateReserve)
			_, err := b.Description(t.Context())
			require.NoError(t, err)
			testx.Work(workers, workers, func(int) {
				n := 0
				for _, err := range b.All(t.Context(), freshservice.ObjectRequester, connector.Query{Background: background}) {
					if n++; !assert.NoError(t, err) {
						break
					}
				}
				assert.Equal(t, len(people), n, "everybody once")
			})
			testx.CheckBusy(t, b.traffic.Arrivals(lists), limits.ListRequesters, 5)
			for _, a := range b.traffic.Arrivals(every) {
				assert.NotEqual(t, http.StatusTooManyRequests, a.Status)
			}
		}
	})
}

// What is left to other programs stays for them in every window.
func TestThroughput_Reserve(t *testing.T) {
	t.Parallel()
	testx.EachWay(t, time.Sleep, func(t *testing.T, workers int, delay func(int)) {
		b := newBusy(t, freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 500}}, delay, 20)
		_, err := b.Description(t.Context())
		require.NoError(t, err)
		testx.Work(workers, 2000, func(int) {
			_, err := b.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "1"})
			assert.ErrorIs(t, err, connector.NotFound)
		})
		testx.CheckBusy(t, b.traffic.Arrivals(every), 400, 4)
	})
}
