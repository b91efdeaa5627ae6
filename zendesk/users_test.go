package zendesk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
)

func TestUser_Life(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	made, err := f.create(t, t.Context(), map[string]any{"name": "Ada", "email": "ada@example.com", "external_id": "x1", "phone": "+15550100", "tags": []string{"vip"}, "time_zone": "Berlin", "locale": "de"})
	require.NoError(t, err)
	ref := refOf(made)
	_, err = f.change(t, t.Context(), ref, map[string]any{"name": "Ada B", "email": "ada2@example.com", "phone": "+15550199"})
	require.NoError(t, err)
	rec, err := f.Get(t.Context(), ref)
	require.NoError(t, err)
	assert.Equal(t, "ada2@example.com", rec.String("email"))
	assert.Equal(t, "+15550199", rec.String("phone"))
	_, err = f.Act(t.Context(), ref, connector.Action{Kind: connector.Deactivate})
	require.NoError(t, err)
	_, err = f.Act(t.Context(), ref, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	_, err = f.Act(t.Context(), ref, connector.Action{Kind: connector.Erase})
	require.NoError(t, err)
	require.NoError(t, f.Check(t.Context()))
}
