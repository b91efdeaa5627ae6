package connectortest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector/connectortest"
)

// TestVerify_Office runs every check on a driver that has nothing wrong with it.
func TestVerify_Office(t *testing.T) {
	t.Parallel()
	report := connectortest.Verify(t.Context(), func() (*connectortest.Harness, error) { return newOffice(t).harness(), nil }, nil)
	require.NoError(t, report.Err())
	t.Log(report.Capabilities)
	ran := map[string]bool{}
	for _, r := range report.Results {
		ran[r.Check] = ran[r.Check] || r.Skipped == ""
		if r.Skipped != "" {
			t.Log(r.Name(), r.Skipped)
		}
	}
	delete(ran, "unwrap") // it wraps nothing
	for check, did := range ran {
		assert.Truef(t, did, "%s was not run for any object", check)
	}
}

func TestRun_Office(t *testing.T) {
	t.Parallel()
	connectortest.Run(t, func(t *testing.T) *connectortest.Harness { return newOffice(t).harness() }, nil)
}
