package scim_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

const (
	baseURL = "https://scim.example.com/scim/v2"
	token   = "usher_test"
)

func newHandler(t testing.TB, b scim.Backend, change func(*scim.Options)) *scim.Handler {
	t.Helper()
	o := &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token), RequestID: func() string { return "request-1" }}
	if change != nil {
		change(o)
	}
	h, err := scim.NewHandler(b, o)
	require.NoError(t, err)
	return h
}

// answer is what a request was answered with.
type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

// get returns a member by its path of names, with dots for the empty name's
// sake left out: names are given one by one.
func (a answer) get(names ...string) any {
	var v any = a.body
	for _, n := range names {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[n]
	}
	return v
}

// do sends a request with a valid token. Header fields come in pairs.
func do(t testing.TB, h http.Handler, method, path, body string, header ...string) answer {
	t.Helper()
	r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{ResponseRecorder: w}
	a.decode(t)
	return a
}

// decode reads the body, if there is one.
func (a *answer) decode(t testing.TB) {
	t.Helper()
	if a.Body.Len() == 0 {
		return
	}
	require.Equal(t, "application/scim+json", a.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &a.body), a.Body.String())
}

// requireError checks an error answer.
func requireError(t testing.TB, a answer, status int, scimType string, words ...string) {
	t.Helper()
	require.Equal(t, status, a.Code, a.Body.String())
	require.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, a.get("schemas"))
	if scimType == "" {
		require.NotContains(t, a.body, "scimType")
	} else {
		require.Equal(t, scimType, a.get("scimType"), a.Body.String())
	}
	for _, w := range words {
		require.Contains(t, a.get("detail"), w)
	}
}
