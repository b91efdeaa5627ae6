package zendesk_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// hurried is a clock that jumps over every wait of less than half a minute, and
// leaves longer ones (the timeouts of calls) alone.
type hurried struct{ *testx.Clock }

func (c hurried) AfterFunc(d time.Duration, f func()) func() bool {
	stop := c.Clock.AfterFunc(d, f)
	if d < 30*time.Second && d > 0 {
		go c.Advance(d)
	}
	return stop
}

// limited is a target in front of an account with the vendor's limits, whose
// waits take no time.
func limited(t *testing.T, limits zendesktest.Limits, patience time.Duration) *fixture {
	t.Helper()
	clock := testx.NewClock(time.Time{})
	sim := zendesktest.NewServer(&zendesktest.Options{Users: crowd(20), Limits: &limits, Clock: clock.Now})
	t.Cleanup(sim.Close)
	target, err := zendesk.New("acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), &zendesk.Options{
		BaseURL: sim.URL, Clock: hurried{clock}, Jitter: func() float64 { return 0 }, Patience: patience,
	})
	require.NoError(t, err)
	return &fixture{Target: target, sim: sim, clock: clock}
}

func (f *fixture) refusals() (n int) {
	for _, r := range f.sim.Requests() {
		if r.Status == 429 {
			n++
		}
	}
	return n
}

func TestLimits_OneUpdateASecond(t *testing.T) {
	t.Parallel()
	f := limited(t, zendesktest.Limits{Account: 700, UpdatesPerUser: 5, UpdatesPerSecond: 1}, 0)
	began := f.clock.Now()
	for _, r := range []string{"1000", "1001", "1002", "1003"} {
		_, err := f.blind(t, t.Context(), user(r), map[string]any{"details": "x"})
		require.NoError(t, err)
	}
	assert.Zero(t, f.refusals(), "the driver waits by itself")
	assert.GreaterOrEqual(t, f.clock.Now().Sub(began), 3*time.Second)
	// A disabled agent needs two of them.
	_, err := f.Act(t.Context(), user("1004"), connector.Action{Kind: connector.Deactivate, Hint: "agent"})
	require.NoError(t, err)
	assert.Zero(t, f.refusals())
}

func TestLimits_FiveUpdatesOfOneUser(t *testing.T) {
	t.Parallel()
	f := limited(t, zendesktest.Limits{Account: 700, UpdatesPerUser: 5}, 10*time.Second)
	write := func(id string) error {
		_, err := f.blind(t, t.Context(), user(id), map[string]any{"details": "x"})
		return err
	}
	for range 5 {
		require.NoError(t, write("1000"))
	}
	before := len(f.sim.Requests())
	err := write("1000")
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Positive(t, errorOf(t, err).RetryAfter)
	assert.Len(t, f.sim.Requests(), before, "the account was not asked")
	require.NoError(t, write("1001"), "others go on")
	_, err = f.Get(t.Context(), user("1000"))
	require.NoError(t, err)
	f.clock.Advance(time.Minute)
	require.NoError(t, write("1000"))
}

func TestLimits_RefusalsAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{
		"text": {RateLimitBody: zendesktest.RateLimitText}, "JSON": {RateLimitBody: zendesktest.RateLimitJSON}, "older headers": {RateHeaders: zendesktest.RateHeadersOld}, "newer headers": {RateHeaders: zendesktest.RateHeadersNew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := testx.NewClock(time.Time{})
			sim := zendesktest.NewServer(&zendesktest.Options{
				Users: crowd(5), Limits: &zendesktest.Limits{UpdatesPerSecond: 1}, Clock: clock.Now, Rules: rules,
			})
			t.Cleanup(sim.Close)
			target, err := zendesk.New("acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), &zendesk.Options{
				BaseURL: sim.URL, Clock: hurried{clock}, Jitter: func() float64 { return 0 },
			})
			require.NoError(t, err)
			f := &fixture{Target: target, sim: sim, clock: clock}
			_, err = f.Description(t.Context())
			require.NoError(t, err)
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			e := edits(t, desc.Object("user").Type, map[string]any{"details": "x"})
			var wg sync.WaitGroup
			for _, id := range []string{"1000", "1001", "1002", "1003"} {
				wg.Go(func() {
					_, err := f.Update(t.Context(), user(id), connector.Change{Edits: e})
					assert.NoError(t, err)
				})
			}
			wg.Wait()
		})
	}
}

func TestLimits_TheAccountsBudget(t *testing.T) {
	t.Parallel()
	f := limited(t, zendesktest.Limits{Account: 7}, 5*time.Second)
	for range 3 { // four went for the description
		_, err := f.Get(t.Context(), user("1000"))
		require.NoError(t, err)
	}
	_, err := f.Get(t.Context(), user("1000"))
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Zero(t, f.refusals())
	f.clock.Advance(time.Minute)
	_, err = f.Get(t.Context(), user("1000"))
	require.NoError(t, err)
}
