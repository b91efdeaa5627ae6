package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const scimToken = "token-of-the-test"

// serve returns the program's handler over a simulated account.
func serve(t *testing.T) (http.Handler, *freshservicetest.Server) {
	t.Helper()
	account := freshservicetest.NewServer(freshservicetest.Sandbox())
	t.Cleanup(account.Close)
	target, err := freshservice.New("acme", freshservice.APIKey(freshservicetest.DefaultAPIKey), &freshservice.Options{BaseURL: account.URL + "/api/v2"})
	require.NoError(t, err)
	handler, err := newHandler(t.Context(), target, scimToken)
	require.NoError(t, err)
	return handler, account
}

func do(t *testing.T, h http.Handler, token, method, path, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := map[string]any{}
	if w.Body.Len() > 0 {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out), w.Body.String())
		assert.Equal(t, "application/scim+json", w.Header().Get("Content-Type"))
	}
	return w.Code, out
}

func TestServer_PushesAUserIntoFreshservice(t *testing.T) {
	t.Parallel()
	h, account := serve(t)
	status, user := do(t, h, scimToken, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"rosalind@example.com",
		"title":"Chemist","urn:ietf:params:scim:schemas:extension:freshservice:2.0:User":{"badge_color":"red"}}`)
	require.Equal(t, 201, status, user)
	id := user["id"].(string)
	requester := account.RequesterByEmail("rosalind@example.com")
	require.NotNil(t, requester)
	assert.Equal(t, "Chemist", requester["job_title"])
	assert.Equal(t, "red", requester["custom_fields"].(map[string]any)["badge_color"])

	status, list := do(t, h, scimToken, "GET", "/Users?filter=userName+eq+%22rosalind@example.com%22", "")
	require.Equal(t, 200, status)
	assert.Equal(t, 1.0, list["totalResults"])
	status, user = do(t, h, scimToken, "PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
		"Operations":[{"op":"replace","path":"active","value":false}]}`)
	require.Equal(t, 200, status, user)
	assert.Equal(t, false, user["active"])
	assert.Equal(t, false, account.RequesterByEmail("rosalind@example.com")["active"])
	status, _ = do(t, h, scimToken, "DELETE", "/Users/"+id, "")
	assert.Equal(t, 204, status)
	status, _ = do(t, h, scimToken, "GET", "/Users/"+id, "")
	assert.Equal(t, 404, status)

	// The account's own fields are known.
	status, schema := do(t, h, scimToken, "GET", "/Schemas/urn:ietf:params:scim:schemas:extension:freshservice:2.0:User", "")
	require.Equal(t, 200, status)
	var choices any
	for _, a := range schema["attributes"].([]any) {
		if a := a.(map[string]any); a["name"] == "badge_color" {
			choices = a["canonicalValues"]
		}
	}
	assert.Equal(t, []any{"red", "green", "blue"}, choices)
}

func TestServer_LetsNobodyElseIn(t *testing.T) {
	t.Parallel()
	h, account := serve(t)
	account.ResetRequests()
	for _, token := range []string{"", "wrong"} {
		status, problem := do(t, h, token, "GET", "/Users", "")
		assert.Equal(t, 401, status)
		assert.Equal(t, "401", problem["status"])
	}
	assert.Empty(t, account.Requests())
	status, _ := do(t, h, scimToken, "POST", "/Users", `{"userName":"`+strings.Repeat("x", maxBody)+`"}`)
	assert.Equal(t, 400, status)
	assert.Empty(t, account.Requests())
}
