package scim_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

func meHandler(t *testing.T, s *teststore.Store, ref scim.Ref, err error) *scim.Handler {
	t.Helper()
	return newHandler(t, s, func(o *scim.Options) {
		o.Auth = scim.BearerTokens(func(context.Context, string) (scim.Principal, error) { return scim.Principal{Name: "ada"}, nil })
		o.Me = func(ctx context.Context) (scim.Ref, error) {
			if scim.PrincipalOf(ctx).Name != "ada" || scim.RequestID(ctx) == "" {
				return scim.Ref{}, errors.New("the hook does not learn who asks")
			}
			return ref, err
		}
	})
}

// RFC 7644 section 3.11: /Me is the subject's resource, and Location says where it
// is for good.
func TestMe(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := meHandler(t, s, scim.Ref{Type: "User", ID: "1"}, nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", ada).Code)

	get := do(t, h, "GET", "/Me?attributes=userName", "")
	require.Equal(t, 200, get.Code, get.Body.String())
	assert.Equal(t, "1", get.get("id"))
	assert.Nil(t, get.get("name"))
	assert.Equal(t, get.Body.String(), do(t, h, "GET", "/Users/1?attributes=userName", "").Body.String())
	assert.Equal(t, baseURL+"/Users/1", do(t, h, "GET", "/Me/", "").get("meta", "location"))

	version := get.Header().Get("Etag")
	for _, c := range []struct {
		method, body, header, value string
		status                      int
	}{
		{"HEAD", "", "", "", 200},
		{"GET", "", "If-None-Match", version, 304},
		{"PUT", ada, "", "", 200},
		{"PATCH", patchBody(op("replace", "title", `"Countess"`)), "", "", 200},
		{"DELETE", "", "", "", 204},
	} {
		a := do(t, h, c.method, "/Me", c.body, c.header, c.value)
		require.Equal(t, c.status, a.Code, "%s %s", c.method, a.Body)
		assert.Equal(t, baseURL+"/Users/1", a.Header().Get("Location"), c.method)
	}
	gone := do(t, h, "GET", "/Me", "")
	requireError(t, gone, 404, "")
	assert.Empty(t, gone.Header().Get("Location"))
}

func TestMe_Refused(t *testing.T) {
	t.Parallel()
	h := meHandler(t, teststore.New(t), scim.Ref{Type: "User", ID: "1"}, nil)
	requireError(t, do(t, h, "POST", "/Me", ada), 501, "", "created at /Me")
	requireError(t, do(t, h, "GET", "/Me/1", ""), 404, "")
	requireError(t, do(t, h, "POST", "/Me/.search", "{}"), 404, "")
	a := do(t, h, "TRACE", "/Me", "")
	requireError(t, a, 405, "")
	assert.Equal(t, "GET, HEAD, PUT, PATCH, DELETE", a.Header().Get("Allow"))
	requireError(t, do(t, newHandler(t, teststore.New(t), nil), "GET", "/Me", ""), 501, "", "/Me")

	for name, c := range map[string]struct {
		ref    scim.Ref
		err    error
		status int
	}{
		"no resource":   {scim.Ref{}, scim.Errorf(404, "", "You are nobody here."), 404},
		"an error":      {scim.Ref{}, errors.New("hidden"), 500},
		"an empty ref":  {scim.Ref{}, nil, 500},
		"no id":         {scim.Ref{Type: "User"}, nil, 500},
		"no such type":  {scim.Ref{Type: "Robot", ID: "1"}, nil, 500},
		"an odd id":     {scim.Ref{Type: "User", ID: "a\nb"}, nil, 500},
		"there is none": {scim.Ref{Type: "User", ID: "9"}, nil, 404},
	} {
		s := teststore.New(t)
		a := do(t, meHandler(t, s, c.ref, c.err), "GET", "/Me", "")
		requireError(t, a, c.status, "")
		assert.NotContains(t, a.Body.String(), "hidden", name)
		assert.Empty(t, a.Header().Get("Location"), name)
	}
}
