package zendesk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// calm are the options of a target whose clock stands still.
func calm(url string, reserve int) *zendesk.Options {
	return &zendesk.Options{
		BaseURL: url, Clock: testx.NewClock(time.Time{}), Patience: time.Millisecond, RateReserve: reserve,
	}
}

// drain reads until the target's budget refuses, and returns how many calls the
// account has seen then. None of them was one too many for the account.
func drain(t *testing.T, target *connector.Target, sim *zendesktest.Server) int {
	t.Helper()
	for range 100 {
		_, err := target.Get(t.Context(), connector.Ref{Object: zendesk.ObjectUser, ID: "1"})
		if connector.CodeOf(err) == connector.RateLimited {
			break
		}
		require.ErrorIs(t, err, connector.NotFound)
	}
	n := 0
	for _, r := range sim.Requests() {
		require.NotEqual(t, 429, r.Status)
		if r.Path != "/oauth/tokens" {
			n++
		}
	}
	return n
}

func TestRateReserve(t *testing.T) {
	t.Parallel()
	for option, want := range map[int]int{0: 18, zendesk.NoRateReserve: 20, 50: 10, 90: 2} {
		sim := zendesktest.NewServer(&zendesktest.Options{Limits: &zendesktest.Limits{Account: 20}})
		t.Cleanup(sim.Close)
		target, err := zendesk.New("acme", zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret()), calm(sim.URL, option))
		require.NoError(t, err)
		assert.Equal(t, want, drain(t, target, sim), "%d of a hundred", option)
	}
	for _, option := range []int{-2, 91} {
		_, err := zendesk.New("acme", zendesk.ClientCredentials("id", "secret"), &zendesk.Options{RateReserve: option})
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, "settings.rate_reserve", wrong.Field)
	}
}

// Two connections to one account share its budget, and each leaves what its own
// setting says.
func TestRateReserve_IsASettingOfEachConnection(t *testing.T) {
	t.Parallel()
	sim := zendesktest.NewServer(&zendesktest.Options{Limits: &zendesktest.Limits{Account: 20}})
	t.Cleanup(sim.Close)
	reg, err := connector.NewRegistry(zendesk.Application(calm(sim.URL, 50)))
	require.NoError(t, err)
	open := func(settings map[string]any) (*connector.Target, error) {
		settings["subdomain"] = "acme"
		s, err := connector.NewSettings(settings, map[string]any{"client_id": sim.ClientID(), "client_secret": sim.ClientSecret()})
		require.NoError(t, err)
		return reg.Open(t.Context(), "zendesk", s)
	}
	for _, c := range []struct {
		settings map[string]any
		want     int
	}{
		{map[string]any{}, 10}, // the program's own default
		{map[string]any{"rate_reserve": 20}, 16},
		{map[string]any{"rate_reserve": 0}, 20},
	} {
		target, err := open(c.settings)
		require.NoError(t, err)
		assert.Equal(t, c.want, drain(t, target, sim))
	}
	for _, percent := range []any{-1, 91, "ten"} {
		_, err := open(map[string]any{"rate_reserve": percent})
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong, percent)
		assert.Equal(t, "settings.rate_reserve", wrong.Field)
	}
}
