package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/provision"
)

var zeroTime time.Time

func TestRoute_TokenPicksTheConnection(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	acme, umbrella := f.connect("acme"), f.connect("umbrella")

	w := f.pushUser("/scim/v2", acme, "ada@example.com")
	require.Equal(t, http.StatusCreated, w.Code, w.Body.String())

	assert.Contains(t, f.do(http.MethodGet, "/scim/v2/Users", acme, "").Body.String(), "ada@example.com")
	w = f.do(http.MethodGet, "/scim/v2/Users", umbrella, "")
	require.Equal(t, http.StatusOK, w.Code)
	assert.EqualValues(t, 0, object(t, w)["totalResults"])
}

func TestRoute_LocationsHaveThePublicURLAndThePathAsked(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"token": "/scim/v2", "id": "/connections/acme/scim/v2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			token := f.connect("acme")
			r := f.request(http.MethodPost, path+"/Users", token, `{"schemas":["`+userURN+`"],"userName":"ada@example.com"}`,
				"X-Forwarded-Host", "evil.example.net", "X-Forwarded-Proto", "ftp")
			r.Host = "evil.example.net"
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
			assert.True(t, strings.HasPrefix(w.Header().Get("Location"), publicURL+path+"/Users/"), w.Header().Get("Location"))
			assert.NotContains(t, w.Body.String(), "evil")
		})
	}
}

func TestRoute_NothingElseIsServed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	for _, path := range []string{
		"/", "/scim", "/scim/v", "/scim/v2x/Users", "/scim/version", "/connections", "/connections/", "/connections/acme", "/connections/acme/scim/Users",
		"/connections//scim/v2/Users", "/api", "/api/v10/connections", "/healthz/more", "//scim/v2/Users", "/x/../scim/v2/Users",
	} {
		w := f.do(http.MethodGet, path, token, "")
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		if strings.HasPrefix(path, "/api") {
			continue
		}
		// It is an identity provider with a wrong base URL.
		assert.Equal(t, "application/scim+json", w.Header().Get("Content-Type"), path)
		assert.Equal(t, "404", object(t, w)["status"], path)
		assert.Contains(t, object(t, w)["detail"], "/scim/v2", path)
	}
}

// RFC 7644 section 3.13.
func TestRoute_AnotherVersion(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	for _, path := range []string{"/scim/v1", "/scim/v20/Users", "/connections/acme/scim/v3/Users/1", "/connections/nowhere/scim/v1.1/Users"} {
		w := f.do(http.MethodGet, path, token, "")
		assert.Equal(t, http.StatusBadRequest, w.Code, path)
		assert.Equal(t, "application/scim+json", w.Header().Get("Content-Type"), path)
		assert.Equal(t, "invalidVers", object(t, w)["scimType"], path)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.connect("acme")
	w := f.do(http.MethodGet, "/healthz", "", "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "ok\n", w.Body.String())
	assert.Equal(t, http.StatusMethodNotAllowed, f.do(http.MethodPost, "/healthz", "", "x").Code)
	require.NoError(t, f.Close(t.Context()))
	w = f.do(http.MethodGet, "/healthz", "", "")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.NotEmpty(t, w.Header().Get("Retry-After"))
}

// A token that is good elsewhere must not be told from one that is good nowhere,
// and neither connections from their absence.
func TestToken_OfAnotherConnectionIsLikeABadOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.connect("acme")
	other := f.connect("umbrella")
	expired, hash, err := f.NewToken()
	require.NoError(t, err)
	f.add("old", gateway.Token{Name: "old", Hash: hash, Expires: f.clock.Now()})

	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
		want := f.do(method, "/connections/acme/scim/v2/Users/1", "usher_nobodyhasthis", "{}")
		require.Equal(t, http.StatusUnauthorized, want.Code)
		for name, got := range map[string]*httptest.ResponseRecorder{
			"other connection's token": f.do(method, "/connections/acme/scim/v2/Users/1", other, "{}"),
			"unknown connection":       f.do(method, "/connections/nowhere/scim/v2/Users/1", other, "{}"),
			"expired token":            f.do(method, "/connections/old/scim/v2/Users/1", expired, "{}"),
			"expired token by itself":  f.do(method, "/scim/v2/Users/1", expired, "{}"),
			"unknown token by itself":  f.do(method, "/scim/v2/Users/1", "usher_nobodyhasthis", "{}"),
			"admin token":              f.do(method, "/scim/v2/Users/1", f.admin, "{}"),
			"unknown path":             f.do(method, "/connections/acme/scim/v2/Nothing", other, "{}"),
		} {
			assert.Equal(t, want.Code, got.Code, name)
			assert.Equal(t, want.Header(), got.Header(), name)
			assert.Equal(t, want.Body.String(), got.Body.String(), name)
		}
	}
}

func TestToken_Refused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	for name, c := range map[string]struct{ header, challenge string }{
		"none":         {"", `Bearer realm="usher"`},
		"basic":        {"Basic " + token, `Bearer realm="usher"`},
		"no scheme":    {token, `Bearer realm="usher"`},
		"empty":        {"Bearer ", `Bearer realm="usher"`},
		"wrong":        {"Bearer " + token + "x", `Bearer realm="usher", error="invalid_token"`},
		"other case":   {"Bearer " + strings.ToUpper(token), `Bearer realm="usher", error="invalid_token"`},
		"its own hash": {"Bearer " + gateway.HashToken(token).String(), `Bearer realm="usher", error="invalid_token"`},
	} {
		w := f.do(http.MethodGet, "/scim/v2/Users", "", "", "Authorization", c.header)
		assert.Equal(t, http.StatusUnauthorized, w.Code, name)
		assert.Equal(t, c.challenge, w.Header().Get("WWW-Authenticate"), name)
		assert.Equal(t, "application/scim+json", w.Header().Get("Content-Type"), name)
		body := object(t, w)
		assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, body["schemas"], name)
		assert.Equal(t, "401", body["status"], name)
		assert.NotEmpty(t, body["detail"], name)
	}
	r := f.request(http.MethodGet, "/scim/v2/Users", token, "")
	r.Header.Add("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	assert.Equal(t, http.StatusUnauthorized, w.Code, "two headers")

	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", "", "", "Authorization", "bearer  "+token).Code, "the scheme has no case")
}

func TestToken_SeveralAndExpiry(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	old, oldHash, err := f.NewToken()
	require.NoError(t, err)
	next, nextHash, err := f.NewToken()
	require.NoError(t, err)
	require.NotEqual(t, old, next)
	f.add("acme", gateway.Token{Name: "old", Hash: oldHash, Expires: f.clock.Now().Add(time.Hour)}, gateway.Token{Name: "new", Hash: nextHash})

	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", old, "").Code)
	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", next, "").Code)
	f.clock.Advance(time.Hour)
	assert.Equal(t, http.StatusUnauthorized, f.do(http.MethodGet, "/scim/v2/Users", old, "").Code)
	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users", next, "").Code)
}

func TestToken_ReadOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token, hash, err := f.NewToken()
	require.NoError(t, err)
	f.add("acme", gateway.Token{Name: "auditor", Hash: hash, ReadOnly: true})
	for path, method := range map[string]string{
		"/scim/v2/Users":                 http.MethodPost,
		"/scim/v2/Users/1":               http.MethodPut,
		"/connections/acme/scim/v2/Bulk": http.MethodPost,
		"/scim/v2/Groups/1":              http.MethodPatch,
		"/scim/v2/Users/2":               http.MethodDelete,
	} {
		w := f.do(method, path, token, `{"schemas":["`+userURN+`"],"userName":"ada@example.com"}`)
		assert.Equal(t, http.StatusForbidden, w.Code, path)
		assert.Equal(t, "403", object(t, w)["status"], path)
	}
	refusals := f.Events(gateway.EventQuery{})
	require.Len(t, refusals, 4, "an administrator sees what was refused")
	for _, e := range refusals {
		assert.Equal(t, "auditor", e.Request.Actor)
		assert.Equal(t, provision.Failed, e.Outcome)
		assert.Equal(t, http.StatusForbidden, e.Status)
		assert.Contains(t, e.Words, "reading only")
	}
	for _, path := range []string{"/Bulk/.search", "/Users/1/.search", "/Users/.search/", "//.search", "/Users/x.search", "/Users/1%2f.search"} {
		assert.Equal(t, http.StatusForbidden, f.do(http.MethodPost, "/scim/v2"+path, token, "{}").Code, path)
	}
	for _, method := range []string{"COPY", "post", http.MethodTrace} {
		assert.Equal(t, http.StatusForbidden, f.do(method, "/scim/v2/Users", token, "{}").Code, method)
	}
	w := f.do(http.MethodGet, "/scim/v2/Users", token, "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.EqualValues(t, 0, object(t, w)["totalResults"], "nothing was written")
	for _, path := range []string{"/.search", "/Users/.search", "/Groups/.search"} {
		w = f.do(http.MethodPost, "/scim/v2"+path, token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`)
		assert.NotEqual(t, http.StatusForbidden, w.Code, "a search reads")
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *gateway.Options) { o.NewID = func() string { return "made-here" } })
	token := f.connect("acme")
	for given, want := range map[string]string{
		"abc-DEF-123":           "abc-DEF-123",
		strings.Repeat("a", 64): strings.Repeat("a", 64),
		strings.Repeat("a", 65): "made-here",
		"":                      "made-here",
		"a b":                   "made-here",
		"a\x1b[31m":             "made-here",
		"ünicode":               "made-here",
		"a_b":                   "made-here",
	} {
		for _, path := range []string{"/scim/v2/Users", "/healthz", "/nothing", "/api/v1/events"} {
			w := f.do(http.MethodGet, path, token, "", "X-Request-Id", given)
			assert.Equal(t, []string{want}, w.Header().Values("X-Request-Id"), "%q on %s", given, path)
		}
	}
}

func TestNew_Options(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "scim.example.com", "ftp://scim.example.com", "https://", "https://user@scim.example.com", "https://scim.example.com/base",
		"https://scim.example.com?x=1", "https://scim.example.com/#x", "://",
	} {
		_, err := gateway.New(&gateway.Options{PublicURL: bad})
		assert.Error(t, err, bad)
	}
	_, err := gateway.New(nil)
	require.Error(t, err)
	_, err = gateway.New(&gateway.Options{PublicURL: publicURL, Events: -1})
	require.Error(t, err)
	g, err := gateway.New(&gateway.Options{PublicURL: publicURL + "/"})
	require.NoError(t, err)
	assert.Empty(t, g.List())
	_, err = g.Add(t.Context(), gateway.Config{Name: "acme", Target: "memory"})
	assert.ErrorContains(t, err, `unknown target "memory", known: none`)
}
