package scim_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// RFC 7644 section 3.13: a version in the path is served or refused.
func TestVersionInThePath(t *testing.T) {
	t.Parallel()
	for base, paths := range map[string]map[string]int{
		"https://scim.example.com/scim/v2": {
			"/scim/v2/Users": 200, "/Users": 200, "/scim/v1/Users": 400, "/scim/v1.1/Users": 400, "/scim/v3/": 400, "/v1/Users": 400, "/v2/Users": 200,
			"/scim/v2/v2/Users": 404, "/scim/v2/v1/Users": 404, "/scim/Users": 404, "/scim/v/Users": 404, "/scim/v2x/Users": 404, "/v1x/Users": 404, "/other/v1/Users": 404,
		},
		"https://scim.example.com/scim": {
			"/scim/Users": 200, "/scim/v2/Users": 200, "/v2/Users": 200, "/scim/v1/Users": 400, "/v1/Users": 400, "/scim/v2/v2/Users": 404, "/scim/scim/Users": 404,
		},
		"https://scim.example.com": {"/Users": 200, "/v2/Users": 200, "/v9/Users": 400, "/Users/v1": 404},
	} {
		h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.BaseURL = base })
		for path, status := range paths {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			assert.Equal(t, status, w.Code, "%s %s", base, path)
			if status == 400 {
				assert.Contains(t, w.Body.String(), `"scimType":"invalidVers"`)
			}
		}
	}
}
