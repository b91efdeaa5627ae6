package freshservice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
)

// calm are the options of a target whose clock stands still.
func calm(url string, reserve int) *freshservice.Options {
	return &freshservice.Options{
		BaseURL: url + "/api/v2", Clock: testx.NewClock(time.Time{}), Patience: time.Millisecond, RateReserve: reserve,
	}
}

// drain reads until the target's budget refuses, and returns how many calls the
// account has seen then. None of them was one too many for the account.
func drain(t *testing.T, target *connector.Target, sim *freshservicetest.Server) int {
	t.Helper()
	for range 100 {
		_, err := target.Get(t.Context(), connector.Ref{Object: freshservice.ObjectRequester, ID: "1"})
		if connector.CodeOf(err) == connector.RateLimited {
			break
		}
		require.ErrorIs(t, err, connector.NotFound)
	}
	for _, r := range sim.Requests() {
		require.NotEqual(t, 429, r.Status)
	}
	return len(sim.Requests())
}

func TestRateReserve(t *testing.T) {
	t.Parallel()
	for option, want := range map[int]int{0: 18, freshservice.NoRateReserve: 20, 50: 10, 90: 2} {
		sim := freshservicetest.NewServer(&freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 20}})
		t.Cleanup(sim.Close)
		target, err := freshservice.New("acme", freshservice.APIKey(sim.APIKey()), calm(sim.URL, option))
		require.NoError(t, err)
		assert.Equal(t, want, drain(t, target, sim), "%d of a hundred", option)
	}
	for _, option := range []int{-2, 91} {
		_, err := freshservice.New("acme", freshservice.APIKey("k"), &freshservice.Options{RateReserve: option})
		var wrong *connector.SettingError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, "settings.rate_reserve", wrong.Field)
	}
}

// Two connections to one account share its budget, and each leaves what its own
// setting says.
func TestRateReserve_IsASettingOfEachConnection(t *testing.T) {
	t.Parallel()
	sim := freshservicetest.NewServer(&freshservicetest.Options{Limits: &freshservicetest.Limits{Overall: 20}})
	t.Cleanup(sim.Close)
	reg, err := connector.NewRegistry(freshservice.Application(calm(sim.URL, 50)))
	require.NoError(t, err)
	open := func(settings map[string]any) (*connector.Target, error) {
		settings["subdomain"] = "acme"
		s, err := connector.NewSettings(settings, map[string]any{"api_key": sim.APIKey()})
		require.NoError(t, err)
		return reg.Open(t.Context(), "freshservice", s)
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
