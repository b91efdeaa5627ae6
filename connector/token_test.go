package connector_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
)

func TestTokenMemory(t *testing.T) {
	t.Parallel()
	first := connector.Token{Refresh: connector.NewSecret("first")}
	m := connector.NewTokenMemory(first)
	got, err := m.LoadToken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, first, got)
	next := connector.Token{Access: connector.NewSecret("a"), Refresh: connector.NewSecret("second"), Expires: time.Unix(1, 0)}
	require.NoError(t, m.SaveToken(t.Context(), next))
	got, err = m.LoadToken(t.Context())
	require.NoError(t, err)
	assert.Equal(t, next, got)

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			assert.NoError(t, m.SaveToken(t.Context(), next))
			_, err := m.LoadToken(t.Context())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
}

func TestToken_DoesNotShow(t *testing.T) {
	t.Parallel()
	secret := connector.NewSecret("canary-77")
	for _, v := range []any{
		connector.Token{Access: secret, Refresh: secret}, &connector.Token{Access: secret},
		connector.NewTokenMemory(connector.Token{Refresh: secret}), connector.Consent{Verifier: secret},
	} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			assert.NotContains(t, fmt.Sprintf(format, v), "canary-77")
		}
	}
}
