package scimtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

// sharedVectors returns the vectors directory beside the checkout. Without it
// the test is skipped, or fails where CI=true.
func sharedVectors(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			missingShared(t, "no directory above this one holds go.work")
		}
		dir = parent
	}
	vectors := filepath.Join(filepath.Dir(dir), "shared", "vectors")
	if _, err := os.Stat(vectors); err != nil {
		missingShared(t, "there is no ../shared/vectors beside the checkout")
	}
	return vectors
}

func missingShared(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("shared vectors are needed where CI=true: %s", why)
	}
	t.Skipf("shared vectors are not here: %s", why)
}

func TestLoadVectors_Shared(t *testing.T) {
	t.Parallel()
	root := sharedVectors(t)

	conversations, err := scimtest.LoadVectors(root)

	require.NoError(t, err)
	assert.GreaterOrEqual(t, len(conversations), 68)
	ids := map[string]bool{}
	for _, c := range conversations {
		assert.False(t, ids[c.ID()], "id %s is not unique", c.ID())
		ids[c.ID()] = true
		want, err := os.ReadFile(c.File)
		require.NoError(t, err)
		got, err := json.Marshal(c)
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got), "%s loses something when loaded", c.File)
	}
	assert.True(t, ids["entra/02-match-then-create"])
}
