package simulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/simulator"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	ans, err := simulator.JSON(http.StatusCreated, map[string]string{"name": "<Ada> & co"})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	ans.Write(w)
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, `{"name":"<Ada> & co"}`, w.Body.String())
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	assert.Equal(t, "21", w.Header().Get("Content-Length"))

	_, err = simulator.JSON(http.StatusOK, func() {})
	require.Error(t, err)
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	simulator.Empty(http.StatusNoContent).Write(w)
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.NotContains(t, w.Header(), "Content-Length")

	w = httptest.NewRecorder()
	simulator.Empty(http.StatusNotFound).Write(w)
	assert.Equal(t, "0", w.Header().Get("Content-Length"))

	w = httptest.NewRecorder()
	ans := simulator.Empty(http.StatusOK)
	ans.Body = []byte("whole")
	ans.WriteHalf(w)
	assert.Equal(t, "5", w.Header().Get("Content-Length"))
	assert.Equal(t, "wh", w.Body.String())
	assert.True(t, w.Flushed)
}

func TestDecodeObject(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]map[string]any{
		`{"n":12345678901234567890}` + " \r\n": {"n": json.Number("12345678901234567890")},
		`{}`:                                   {},
	} {
		got, ok := simulator.DecodeObject([]byte(body))
		assert.True(t, ok, body)
		assert.Equal(t, want, got, body)
	}
	for _, body := range []string{"", "null", "[]", `"text"`, `{"a":1`, `{} {}`, `{},`} {
		_, ok := simulator.DecodeObject([]byte(body))
		assert.False(t, ok, body)
	}
}
