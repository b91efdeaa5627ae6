package scim_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
	"github.com/usher-scim/usher/scim/scimtest"
)

// Every shared conversation runs against the store: the strict ones in both
// profiles, those of lenient clients in the compatible one.
func TestVectors(t *testing.T) {
	t.Parallel()
	list, err := scimtest.LoadVectors(filepath.Join(testx.Shared(t), "vectors"))
	require.NoError(t, err)
	require.NotEmpty(t, list)
	for _, profile := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
		for _, c := range list {
			if profile.Name == "strict" && c.Level != "rfc" {
				continue
			}
			t.Run(profile.Name+"/"+c.ID(), func(t *testing.T) {
				t.Parallel()
				h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.Profile = profile })
				scimtest.RunT(t, scimtest.Handler(h, baseURL, token), c, nil)
			})
		}
	}
}
