package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/gateway"
)

// A list by cursor goes on at another replica if it has the same key, and at no
// other.
func TestCursorKey(t *testing.T) {
	t.Parallel()
	target, err := memory.NewTarget(memoryObjects(t), nil)
	require.NoError(t, err)
	replica := func(key []byte) http.Handler {
		g, err := gateway.New(&gateway.Options{PublicURL: publicURL, CursorKey: key})
		require.NoError(t, err)
		_, err = g.Add(t.Context(), gateway.Config{
			ID: "acme", Target: "memory", Tokens: []gateway.Token{{Name: "okta", Hash: gateway.HashToken("t")}},
			Open: func(context.Context) (*connector.Target, error) { return target, nil },
		})
		require.NoError(t, err)
		return g
	}
	do := func(h http.Handler, method, path, body string) (int, map[string]any) {
		r := httptest.NewRequest(method, "/connections/acme/scim/v2"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer t")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var out map[string]any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out))
		return w.Code, out
	}
	key := []byte(strings.Repeat("k", 32))
	one, two, other, own := replica(key), replica(key), replica([]byte(strings.Repeat("o", 32))), replica(nil)
	for i := range 3 {
		code, _ := do(one, "POST", "/Users", fmt.Sprintf(`{"userName":"user%d"}`, i))
		require.Equal(t, 201, code)
	}
	_, page := do(one, "GET", "/Users?count=2&cursor=", "")
	next := "/Users?count=2&cursor=" + url.QueryEscape(page["nextCursor"].(string))
	code, page := do(two, "GET", next, "")
	assert.Equal(t, 200, code)
	assert.Len(t, page["Resources"], 1)
	for _, h := range []http.Handler{other, own} {
		code, page = do(h, "GET", next, "")
		assert.Equal(t, 400, code)
		assert.Equal(t, "invalidCursor", page["scimType"])
	}
	_, err = gateway.New(&gateway.Options{PublicURL: publicURL, CursorKey: []byte("short")})
	assert.ErrorContains(t, err, "32 bytes")
}
