package simulator_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/simulator"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	j := simulator.NewJournal(2)
	sent := http.Header{"Authorization": {"secret"}, "cookie": {"secret"}, "Proxy-Authorization": {"secret"}, "Accept": {"a"}}
	for _, path := range []string{"/1", "/2", "/3"} {
		rec := j.Record(simulator.Request{Path: path, Header: sent, Query: url.Values{"q": {"x"}}, Body: []byte("body")})
		rec.Status = 200
	}
	assert.Contains(t, sent, "Authorization", "the request itself is left alone")
	got := j.All()
	require.Len(t, got, 2)
	assert.Equal(t, simulator.Request{
		ID: "00000000-0000-4000-8000-000000000002", Path: "/2", Query: url.Values{"q": {"x"}},
		Header: http.Header{"Accept": {"a"}}, Body: []byte("body"), Status: 200,
	}, got[0])
	assert.Equal(t, "/3", got[1].Path)

	got[1].Header.Set("Accept", "changed")
	got[1].Query.Set("q", "changed")
	got[1].Body[0] = 'X'
	assert.Equal(t, []simulator.Request{{
		ID: "00000000-0000-4000-8000-000000000003", Path: "/3", Query: url.Values{"q": {"x"}},
		Header: http.Header{"Accept": {"a"}}, Body: []byte("body"), Status: 200,
	}}, j.Last(1))
	assert.Len(t, j.Last(5), 2)

	j.Reset()
	assert.Empty(t, j.All())
	assert.Equal(t, "00000000-0000-4000-8000-000000000004", j.Record(simulator.Request{}).ID)
}
