package zendesk_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
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

// counted are the calls that the account's limit counts: the token endpoint is
// none of them.
func counted(a testx.Arrival) bool { return strings.HasPrefix(a.Path, "/api/") }

// many is how many users TestThroughput_Create creates. Issue 7 says 100,000, which
// takes a minute: go test ./zendesk -run Throughput -throughput.users 100000
var many = flag.Int("throughput.users", 3600, "how many users the throughput test creates")

// Issue 7: creating users at 700 calls a minute.
func TestThroughput_Create(t *testing.T) {
	t.Parallel()
	testx.EachWay(t, time.Sleep, func(t *testing.T, workers int, delay func(int)) {
		b := newBusy(t, zendesktest.Options{}, delay, zendesk.NoRateReserve)
		desc, err := b.Description(t.Context())
		require.NoError(t, err)
		typ := desc.Object(zendesk.ObjectUser).Type
		testx.Work(workers, *many, func(i int) {
			rec := typ.New()
			rec.Set("name", schema.StringValue("Ada"))
			rec.Set("email", schema.StringValue(fmt.Sprintf("ada%d@example.com", i)))
			_, err := b.Create(t.Context(), zendesk.ObjectUser, rec)
			assert.NoError(t, err)
		})
		testx.CheckBusy(t, b.traffic.Arrivals(counted), 700, *many/700-1)
	})
}

// Issue 7: a listing long enough for five windows. In the background it leaves a
// quarter to others while they may still want it, and nothing in the end.
func TestThroughput_List(t *testing.T) {
	t.Parallel()
	const limit = 20
	testx.EachWay(t, time.Sleep, func(t *testing.T, workers int, delay func(int)) {
		people := make([]zendesktest.User, 100*(5*limit/workers+2))
		for i := range people {
			people[i] = zendesktest.User{Name: "Ada", Email: fmt.Sprintf("ada%d@example.com", i)}
		}
		for _, background := range []bool{false, true} {
			b := newBusy(t, zendesktest.Options{Limits: &zendesktest.Limits{Account: limit}, Users: people}, delay, zendesk.NoRateReserve)
			testx.Work(workers, workers, func(int) {
				n := 0
				for _, err := range b.All(t.Context(), zendesk.ObjectUser, connector.Query{Background: background}) {
					if n++; !assert.NoError(t, err) {
						break
					}
				}
				assert.Greater(t, n, len(people))
			})
			testx.CheckBusy(t, b.traffic.Arrivals(counted), limit, 5)
		}
	})
}
