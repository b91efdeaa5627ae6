package simulator_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/simulator"
)

type seed struct {
	Name  string         `json:"name"`
	Extra map[string]any `json:"extra"`
}

func TestDecodeSeed(t *testing.T) {
	t.Parallel()
	var s seed
	require.NoError(t, simulator.DecodeSeed(strings.NewReader(`{"name": "x", "extra": {"n": 9007199254740993}}`+"\n"), &s))
	assert.Equal(t, seed{Name: "x", Extra: map[string]any{"n": json.Number("9007199254740993")}}, s)
	for text, want := range map[string]string{
		``: "the seed is empty", `{"people": 1}`: `unknown field "people"`, `{} {}`: "more than one JSON object", `{}]`: "more than one JSON object",
		`{"name": 5}`: "cannot unmarshal number", `{"name"`: "unexpected EOF",
	} {
		require.ErrorContains(t, simulator.DecodeSeed(strings.NewReader(text), &seed{}), want)
	}
	endless := io.MultiReader(strings.NewReader("{"), spaces{})
	require.ErrorContains(t, simulator.DecodeSeed(endless, &seed{}), "longer than")
}

// spaces never end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestIDs(t *testing.T) {
	t.Parallel()
	var s simulator.IDs
	for _, id := range []int64{0, 0, 5, 6} {
		s.Add(id)
	}
	require.NoError(t, s.Err())
	s.Add(6)
	s.Add(5)
	require.EqualError(t, s.Err(), "two records have the id 6")
}
