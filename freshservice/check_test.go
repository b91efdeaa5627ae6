package freshservice_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	require.NoError(t, f.Check(t.Context()))
	var paths []string
	for _, r := range f.sim.Requests() {
		assert.Equal(t, "GET", r.Method)
		paths = append(paths, r.Path)
	}
	assert.Equal(t, []string{"/api/v2/requester_fields", "/api/v2/requesters", "/api/v2/agents", "/api/v2/departments", "/api/v2/locations",
		"/api/v2/requester_groups"}, paths)
}

func TestCheck_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Keys: []freshservicetest.Key{{Value: "k", Without: []freshservicetest.Permission{freshservicetest.ViewRequesters, freshservicetest.ManageAgents}}},
	}, nil)
	err := f.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Contains(t, errorOf(t, err).Reason, "view requesters")
	assert.Contains(t, errorOf(t, err).Reason, "manage agents")
	assert.NotContains(t, errorOf(t, err).Reason, "departments")
}

func TestCheck_KeyAndAddress(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	wrong, err := freshservice.New("acme", freshservice.APIKey("another"), &freshservice.Options{BaseURL: f.sim.URL + "/api/v2"})
	require.NoError(t, err)
	require.ErrorIs(t, wrong.Check(t.Context()), connector.Unauthenticated)

	nobody := stub(t, func(string, string) (int, string) { return 404, "" })
	err = nobody.Check(t.Context())
	require.ErrorIs(t, err, connector.Unavailable)
	assert.Equal(t, "there is no Freshservice account at acme.freshservice.com", errorOf(t, err).Reason)

	down := stub(t, func(string, string) (int, string) { return 503, "" })
	require.ErrorIs(t, down.Check(t.Context()), connector.Unavailable)

	missing := stubRecords(t, func(_, path string) (int, string) {
		if path == "/locations" {
			return 403, ""
		}
		return 200, `{"x":[]}`
	})
	err = missing.Check(t.Context())
	require.ErrorIs(t, err, connector.Denied)
	assert.Equal(t, "the agent whose credential is used may not: view locations", errorOf(t, err).Reason)
}
