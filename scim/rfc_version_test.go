package scim_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// Versions of resources, with a backend that has them. Each check begins with the
// user that [patched] makes, whose entity tag it gets.
func TestRFC_Versions(t *testing.T) {
	t.Parallel()
	rename := patchBody(op("replace", "title", `"x"`))
	for id, check := range map[string]func(t *testing.T, h *scim.Handler, s *teststore.Store, tag string){
		"ETG-01": func(t *testing.T, h *scim.Handler, _ *teststore.Store, _ string) {
			assert.Equal(t, true, do(t, h, "GET", "/ServiceProviderConfig", "").get("etag", "supported"))
			without := newHandler(t, teststore.New(t), strict)
			assert.Equal(t, false, do(t, without, "GET", "/ServiceProviderConfig", "").get("etag", "supported"))
		},
		"ETG-02": func(t *testing.T, h *scim.Handler, _ *teststore.Store, tag string) {
			assert.Equal(t, tag, do(t, h, "GET", "/Users/1", "").Header().Get("ETag"))
			assert.Equal(t, tag, do(t, h, "HEAD", "/Users/1", "").Header().Get("ETag"))
			a := do(t, h, "PATCH", "/Users/1", rename)
			assert.NotEmpty(t, a.Header().Get("ETag"))
			assert.NotEqual(t, tag, a.Header().Get("ETag"))
			assert.NotEmpty(t, do(t, h, "PUT", "/Users/1", userBody("")).Header().Get("ETag"))
			assert.NotEmpty(t, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).Header().Get("ETag"))
			a = do(t, h, "PATCH", "/Groups/2", patchBody(op("replace", "displayName", `"h"`)))
			assert.Equal(t, 204, a.Code)
			assert.Equal(t, do(t, h, "GET", "/Groups/2", "").Header().Get("ETag"), a.Header().Get("ETag"))
		},
		"ETG-03": func(t *testing.T, h *scim.Handler, _ *teststore.Store, tag string) {
			assert.Equal(t, tag, do(t, h, "GET", "/Users/1", "").get("meta", "version"))
			assert.Equal(t, tag, do(t, h, "GET", "/Users", "").get("Resources").([]any)[0].(object)["meta"].(object)["version"])
			a := do(t, h, "PUT", "/Users/1", userBody(`"title":"y"`))
			assert.Equal(t, a.Header().Get("ETag"), a.get("meta", "version"))
		},
		"ETG-04": func(t *testing.T, h *scim.Handler, s *teststore.Store, tag string) {
			for _, method := range []string{"GET", "HEAD"} {
				a := do(t, h, method, "/Users/1", "", "If-None-Match", tag)
				assert.Equal(t, 304, a.Code)
				assert.Zero(t, a.Body.Len())
				assert.Equal(t, tag, a.Header().Get("ETag"))
			}
			assert.Equal(t, 304, do(t, h, "GET", "/Users/1", "", "If-None-Match", "*").Code)
			assert.Equal(t, 200, do(t, h, "GET", "/Users/1", "", "If-None-Match", `W/"other"`).Code)
			requireError(t, do(t, h, "GET", "/Users/9", "", "If-None-Match", "*"), 404, "")
			// With other methods it is the condition of a write (RFC 9110 section 13.1.2).
			before := s.Resources[0]
			for request, body := range map[string]string{"PUT": userBody(""), "PATCH": rename, "DELETE": ""} {
				for _, tags := range []string{"*", tag, `"other", ` + tag} {
					requireError(t, do(t, h, request, "/Users/1", body, "If-None-Match", tags), 412, "")
				}
				requireError(t, do(t, h, request, "/Users/9", body, "If-None-Match", "*"), 404, "")
				require.Len(t, s.Resources, 1)
				assert.Same(t, before, s.Resources[0], "nothing is written")
			}
			requireError(t, do(t, h, "PUT", "/Users/1", userBody(""), "If-None-Match", `"other"`, "If-Match", `"other"`), 412, "")
			assert.Equal(t, 200, do(t, h, "PUT", "/Users/1", userBody(""), "If-None-Match", `"other"`, "If-Match", tag).Code)
			assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", rename, "If-None-Match", tag).Code)
			assert.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "", "If-None-Match", tag).Code)
		},
		"ETG-05": func(t *testing.T, h *scim.Handler, s *teststore.Store, tag string) {
			before := s.Resources[0]
			for request, body := range map[string]string{"PUT": userBody(""), "PATCH": rename, "DELETE": ""} {
				requireError(t, do(t, h, request, "/Users/1", body, "If-Match", `W/"other"`), 412, "")
				require.Len(t, s.Resources, 1)
				assert.Same(t, before, s.Resources[0], "nothing is written")
			}
			requireError(t, do(t, h, "GET", "/Users/1", "", "If-Match", `"other"`), 412, "")
			requireError(t, do(t, h, "GET", "/Users/1?attributes=userName", "", "If-Match", `"other"`), 412, "")
			assert.Equal(t, 412, do(t, h, "HEAD", "/Users/1", "", "If-Match", `"other"`).Code)
			assert.Equal(t, 200, do(t, h, "GET", "/Users/1", "", "If-Match", tag).Code)
			requireError(t, do(t, h, "GET", "/Users/9", "", "If-Match", tag), 404, "")
			a := do(t, h, "PATCH", "/Users/1", rename, "If-Match", tag)
			require.Equal(t, 200, a.Code)
			requireError(t, do(t, h, "PUT", "/Users/1", userBody(""), "If-Match", tag), 412, "")
			a = do(t, h, "PUT", "/Users/1", userBody(""), "If-Match", a.Header().Get("ETag"))
			require.Equal(t, 200, a.Code)
			assert.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "", "If-Match", a.Header().Get("ETag")).Code)
			requireError(t, do(t, h, "PATCH", "/Users/1", rename, "If-Match", tag), 404, "")
		},
		"ETG-06": func(t *testing.T, h *scim.Handler, _ *teststore.Store, _ string) {
			assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", rename, "If-Match", "*").Code)
			assert.Equal(t, 200, do(t, h, "PUT", "/Users/1", userBody(""), "If-Match", "*").Code)
			assert.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "", "If-Match", "*").Code)
			requireError(t, do(t, h, "DELETE", "/Users/1", "", "If-Match", "*"), 404, "")
		},
		"ETG-07": func(t *testing.T, _ *scim.Handler, _ *teststore.Store, tag string) {
			assert.Regexp(t, `^W/"[^"]+"$`, tag)
		},
		"ETG-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store, tag string) {
			strong := tag[len("W/"):]
			for _, list := range []string{`W/"a", ` + tag, tag + `,W/"b"`, `"a" , ` + strong, strong, `"a,b", ` + tag} {
				assert.Equal(t, 304, do(t, h, "GET", "/Users/1", "", "If-None-Match", list).Code, list)
				assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "title", `"Countess"`)), "If-Match", list).Code, list)
			}
			assert.Equal(t, 200, do(t, h, "GET", "/Users/1", "", "If-None-Match", `"a", W/"b"`).Code)
			requireError(t, do(t, h, "PATCH", "/Users/1", rename, "If-Match", `"a", W/"b"`), 412, "")
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t).With(scim.Features{Versions: true})
			h := newHandler(t, s, strict)
			patched(t, h)
			check(t, h, s, do(t, h, "GET", "/Users/1", "").Header().Get("ETag"))
		})
	}
}

// Where a backend has no versions none can be the right one.
func TestIfMatch_WithoutVersions(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, strict)
	patched(t, h)
	s.Calls = nil
	requireError(t, do(t, h, "DELETE", "/Users/1", "", "If-Match", `W/"x"`), 412, "")
	assert.Empty(t, s.Calls)
	assert.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "", "If-Match", "*").Code)
}
