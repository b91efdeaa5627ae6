package scim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

const ada = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","name":{"givenName":"Ada"}}`

func TestAuthentication(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	for _, header := range []string{"", "usher_test", "Bearer", "Bearer ", "Bearer usher_tes", "Bearer usher_testx", "Basic usher_test", "Bearer usher_test x"} {
		a := do(t, h, "GET", "/Users", "", "Authorization", header)
		requireError(t, a, 401, "", "credentials")
		assert.Contains(t, a.Header().Get("WWW-Authenticate"), `Bearer realm="SCIM"`, header)
	}
	// The order: nothing is told to those who may not ask.
	requireError(t, do(t, h, "GET", "/nothing", "", "Authorization", ""), 401, "")
	assert.Empty(t, s.Calls)
	assert.Equal(t, 200, do(t, h, "GET", "/Users", "", "Authorization", "bearer  "+token).Code)
}

// Of two headers, a proxy in front may have looked at the other one.
func TestAuthentication_OneHeaderOnly(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, values := range [][]string{{"Bearer " + token, "Bearer x"}, {"Bearer x", "Bearer " + token}, {"Bearer " + token, "Bearer " + token}} {
		r := httptest.NewRequest("GET", "/scim/v2/Users", nil)
		r.Header["Authorization"] = values
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, 401, w.Code, values)
	}
}

// RFC 7644 section 2: WWW-Authenticate names the schemes that are supported.
func TestAuthentication_Challenges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ types, want []string }{
		{nil, []string{`Bearer realm="SCIM"`}},
		{[]string{"oauth2", "oauthbearertoken"}, []string{`Bearer realm="SCIM"`}},
		{[]string{"httpbasic"}, []string{`Basic realm="SCIM", charset="UTF-8"`}},
		{[]string{"httpbasic", "oauthbearertoken"}, []string{`Basic realm="SCIM", charset="UTF-8"`, `Bearer realm="SCIM"`}},
		{[]string{"httpdigest"}, []string{`Bearer realm="SCIM"`}},
	} {
		h := newHandler(t, teststore.New(t), func(o *scim.Options) {
			for _, typ := range c.types {
				o.AuthSchemes = append(o.AuthSchemes, scim.AuthScheme{Type: typ, Name: typ, Description: typ})
			}
		})
		assert.Equal(t, c.want, do(t, h, "GET", "/Users", "", "Authorization", "").Header().Values("WWW-Authenticate"))
	}
}

func TestAuthFunc(t *testing.T) {
	t.Parallel()
	type who struct{}
	var seen any
	s := teststore.New(t)
	h := newHandler(t, contextBackend{s, func(ctx context.Context) { seen = ctx.Value(who{}) }}, func(o *scim.Options) {
		o.Auth = scim.AuthFunc(func(r *http.Request) (context.Context, error) {
			switch r.Header.Get("X-Who") {
			case "":
				return nil, errors.New("a secret reason")
			case "reader":
				return nil, fmt.Errorf("no: %w", scim.Errorf(403, "", "Readers may not come in."))
			}
			return context.WithValue(r.Context(), who{}, r.Header.Get("X-Who")), nil
		})
	})
	a := do(t, h, "GET", "/Users", "")
	requireError(t, a, 401, "")
	assert.NotContains(t, a.Body.String(), "secret")
	requireError(t, do(t, h, "GET", "/Users", "", "X-Who", "reader"), 403, "", "Readers may not come in.")
	assert.Equal(t, 200, do(t, h, "GET", "/Users", "", "X-Who", "ada").Code)
	assert.Equal(t, "ada", seen)
}

// contextBackend shows the context that a backend is called with.
type contextBackend struct {
	*teststore.Store
	seen func(context.Context)
}

func (b contextBackend) Types(ctx context.Context) (*scim.Types, error) {
	b.seen(ctx)
	return b.Store.Types(ctx)
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
		words        string
	}{
		{"GET", "/Users", 200, "", ""},
		{"GET", "/Users/", 200, "", ""},
		{"HEAD", "/Users", 200, "", ""},
		{"PUT", "/Users", 405, "GET, HEAD, POST", "GET, HEAD, POST"},
		{"DELETE", "/Users", 405, "GET, HEAD, POST", ""},
		{"OPTIONS", "/Users", 405, "GET, HEAD, POST", ""},
		{"POST", "/Users/1", 405, "GET, HEAD, PUT, PATCH, DELETE", ""},
		{"GET", "/Users/.", 404, "", "no such User"},
		{"GET", "/Users/a/b", 404, "", ""},
		{"GET", "/Users/a%2Fb", 404, "", ""},
		{"GET", "/Users/a%00b", 404, "", ""},
		{"GET", "/Users/.", 404, "", "no such User"},
		{"DELETE", "/Users/..", 404, "", "no such User"},
		{"PUT", "/Users/%2e%2e", 404, "", "no such User"},
		{"PATCH", "/Users/a%ff", 404, "", "no such User"},
		{"GET", "/Users//", 404, "", ""},
		{"GET", "/Users/a%5cb", 404, "", ""},
		{"DELETE", "/Users/a/.search", 404, "", ""},
		{"GET", "/Users/" + strings.Repeat("x", 300), 404, "", ""},
		{"GET", "/Nothing", 404, "", "path"},
		{"GET", "/users", 404, "", ""},
		{"GET", "//Users", 404, "", ""},
		{"GET", "/Me", 501, "", "/Me"},
		{"PATCH", "/Me", 501, "", "/Me"},
		{"GET", "/Bulk", 405, "POST", ""},
		{"GET", "/.search", 405, "POST", ""},
		{"PUT", "/Users/.search", 405, "POST", ""},
		{"POST", "/Users/.search/1", 404, "", ""},
		{"POST", "/", 405, "GET, HEAD", ""},
		{"DELETE", "", 405, "GET, HEAD", ""},
		{"POST", "/ServiceProviderConfig", 405, "GET, HEAD", ""},
		{"DELETE", "/Schemas", 405, "GET, HEAD", ""},
		{"POST", "/ResourceTypes/User", 405, "GET, HEAD", ""},
		{"GET", "/ServiceProviderConfig/x", 404, "", ""},
		{"GET", "/ResourceTypes/Robot", 404, "", ""},
		{"GET", "/Schemas/urn:none", 404, "", ""},
		{"GET", "/Schemas?filter=id+pr", 403, "", "filter"},
		{"GET", "/ResourceTypes?filter=x", 403, "", ""},
		{"GET", "/ServiceProviderConfig?filter=x", 403, "", ""},
		{"GET", "/Schemas?count=1&startIndex=9", 200, "", ""},
	} {
		t.Run(c.method+" "+c.path[:min(len(c.path), 40)], func(t *testing.T) {
			t.Parallel()
			a := do(t, newHandler(t, teststore.New(t), nil), c.method, c.path, "")
			if c.status == 200 {
				require.Equal(t, 200, a.Code, a.Body.String())
				return
			}
			requireError(t, a, c.status, "", c.words)
			assert.Equal(t, c.allow, a.Header().Get("Allow"))
		})
	}
}

// The base path may have been taken off before, by http.StripPrefix or a proxy.
func TestBasePathIsOptional(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for path, status := range map[string]int{"/scim/v2/Users": 200, "/Users": 200, "/scim/v2x/Users": 404, "/scim/Users": 404} {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, status, w.Code, path)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	do(t, h, "POST", "/Users", ada)
	get, head := do(t, h, "GET", "/Users/1", ""), do(t, h, "HEAD", "/Users/1", "")
	assert.Equal(t, 200, head.Code)
	assert.Zero(t, head.Body.Len())
	assert.Equal(t, fmt.Sprint(get.Body.Len()), head.Header().Get("Content-Length"))
	assert.Equal(t, get.Header().Get("Etag"), head.Header().Get("Etag"))
	missing := do(t, h, "HEAD", "/Users/2", "")
	assert.Equal(t, 404, missing.Code)
	assert.Zero(t, missing.Body.Len())
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for i, c := range []struct {
		contentType string
		ok          bool
	}{
		{"application/scim+json", true},
		{"application/json", true},
		{"Application/JSON", true},
		{"application/scim+json; charset=utf-8", true},
		{"application/json;charset=UTF-8", true},
		{"application/json; charset", true},
		{"", true},
		{"text/plain", false},
		{"application/xml", false},
		{"application/x-www-form-urlencoded", false},
		{"application/jsonx", false},
	} {
		a := do(t, h, "POST", "/Users", strings.Replace(ada, "ada@", fmt.Sprintf("ada%d@", i), 1), "Content-Type", c.contentType)
		if c.ok {
			require.Equal(t, 201, a.Code, "%q: %s", c.contentType, a.Body)
		} else {
			requireError(t, a, 415, "", "application/scim+json")
		}
	}
	assert.Equal(t, 200, do(t, h, "GET", "/Users", "", "Content-Type", "text/html").Code, "a GET has no body to be of a type")
}

func TestContentEncoding_SecondHeader(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	r := httptest.NewRequest("POST", "/scim/v2/Users", strings.NewReader(ada))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header["Content-Encoding"] = []string{"identity", "gzip"}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, 415, w.Code)
	assert.Empty(t, s.Calls)
}

// A program that calls the handler itself may leave the body out.
func TestNoBody(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/scim/v2/Users", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Body = nil
	w := httptest.NewRecorder()
	newHandler(t, teststore.New(t), nil).ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), "invalidSyntax")
}

func TestContentEncoding(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, enc := range []string{"gzip", "deflate", "br", "identity, gzip"} {
		requireError(t, do(t, h, "POST", "/Users", ada, "Content-Encoding", enc), 415, "", "Compressed")
	}
	assert.Equal(t, 201, do(t, h, "POST", "/Users", ada, "Content-Encoding", "identity").Code)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		status   int
		scimType string
		words    string
	}{
		``:                                {400, "invalidSyntax", "ends early"},
		`{`:                               {400, "invalidSyntax", "ends early"},
		`{"userName":}`:                   {400, "invalidSyntax", "invalid character"},
		`[]`:                              {400, "invalidSyntax", "object"},
		`"x"`:                             {400, "invalidSyntax", "object"},
		`null`:                            {400, "invalidSyntax", "object"},
		`5`:                               {400, "invalidSyntax", "it is a number"},
		"\ufeff":                          {400, "invalidSyntax", "ends early"},
		ada + "\ufeff":                    {400, "invalidSyntax", "follows the document"},
		ada + `x`:                         {400, "invalidSyntax", "follows the document"},
		ada + ada:                         {400, "invalidSyntax", "follows the document"},
		`{"userName":"a","username":"b"}`: {400, "invalidSyntax", "twice"},
		`{"userName":"a","x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`: {400, "invalidSyntax", "nests"},
		`{"userName":"a","n":1e99999}`: {400, "invalidSyntax", "digits"},
		"{\"userName\":\"a\x01\"}":     {400, "invalidSyntax", "control"},
	} {
		t.Run(body[:min(len(body), 30)], func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, nil)
			for _, m := range []string{"POST /Users", "PUT /Users/1", "PATCH /Users/1"} {
				method, path, _ := strings.Cut(m, " ")
				requireError(t, do(t, h, method, path, body), want.status, want.scimType, want.words)
			}
			assert.Empty(t, s.Calls)
		})
	}
}

// RFC 8259 section 8.1: it may be passed over.
func TestBodies_ByteOrderMark(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", "\ufeff"+ada).Code)
	assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", "\ufeff"+patchBody(op("replace", "title", `"x"`))).Code)
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.MaxBody = len(ada) })
	require.Equal(t, 201, do(t, h, "POST", "/Users", ada).Code)
	requireError(t, do(t, h, "POST", "/Users", ada+" "), 413, "", fmt.Sprint(len(ada)))
	// A length that is not announced is found while reading.
	r := httptest.NewRequest("POST", "/scim/v2/Users", io.MultiReader(strings.NewReader(ada), strings.NewReader(" ")))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, 413, w.Code)
	big := newHandler(t, s, nil)
	requireError(t, do(t, big, "POST", "/Users", `{"userName":"`+strings.Repeat("x", 1<<20)+`"}`), 413, "", "1048576")
	r = httptest.NewRequest("POST", "/scim/v2/Users", strings.NewReader(ada))
	r.Header.Set("Authorization", "Bearer "+token)
	w = httptest.NewRecorder()
	r.Body = http.MaxBytesReader(w, r.Body, 10)
	big.ServeHTTP(w, r)
	assert.Equal(t, 413, w.Code, "a limit of the program around the handler")
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	r := httptest.NewRequest("POST", "/scim/v2/Users", io.MultiReader(strings.NewReader(ada[:20]), brokenReader{}))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	newHandler(t, s, nil).ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
	assert.Contains(t, w.Body.String(), "invalidSyntax")
	assert.NotContains(t, w.Body.String(), "cable")
	assert.Empty(t, s.Calls)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the cable is cut") }

func TestErrorsOfTheBackend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err        error
		status     int
		scimType   string
		detail     string
		retryAfter string
		logged     bool
	}{
		"as it is":       {scim.Errorf(403, "sensitive", "Not you."), 403, "sensitive", "Not you.", "", false},
		"wrapped":        {fmt.Errorf("more: %w", &scim.Error{Status: 409, Type: scim.Uniqueness, Detail: "Taken.", Err: errors.New("hidden")}), 409, "uniqueness", "Taken.", "", true},
		"no detail":      {&scim.Error{Status: 412}, 412, "", "Precondition Failed.", "", false},
		"retry after":    {&scim.Error{Status: 429, Detail: "Later.", RetryAfter: 1500 * time.Millisecond}, 429, "", "Later.", "2", false},
		"upstream":       {&scim.Error{Status: 502, Detail: "The key is bad."}, 502, "", "The key is bad.", "", true},
		"unknown":        {errors.New("hidden"), 500, "", "request request-1", "", true},
		"no status":      {&scim.Error{Detail: "hidden"}, 500, "", "request request-1", "", true},
		"deadline":       {fmt.Errorf("hidden: %w", context.DeadlineExceeded), 503, "", "too long", "1", true},
		"given up":       {context.Canceled, 503, "", "given up", "1", true},
		"not supported":  {scim.Errorf(501, "", "Groups cannot be made."), 501, "", "Groups cannot be made.", "", false},
		"quotes, lines ": {scim.Errorf(400, "", "a \"b\"\n<c>"), 400, "", "a \"b\"\n<c>", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			var log bytes.Buffer
			h := newHandler(t, s, func(o *scim.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
			for _, m := range []string{"GET /Users/1", "GET /Users", "POST /Users", "PUT /Users/1", "PATCH /Users/1", "DELETE /Users/1"} {
				method, path, _ := strings.Cut(m, " ")
				body := map[string]string{"POST": ada, "PUT": ada, "PATCH": patchBody(`{"op":"replace","path":"title","value":"x"}`)}[method]
				s.Fail = c.err
				log.Reset()
				a := do(t, h, method, path, body)
				requireError(t, a, c.status, c.scimType, c.detail)
				assert.Equal(t, fmt.Sprint(c.status), a.get("status"))
				assert.NotContains(t, a.Body.String(), "hidden")
				assert.Equal(t, c.retryAfter, a.Header().Get("Retry-After"))
				assert.Equal(t, c.logged, log.Len() > 0, log.String())
				if c.logged {
					assert.Contains(t, log.String(), "request-1")
				}
			}
		})
	}
}

// A client that goes away is no fault of the service provider.
func TestErrorsOfTheBackend_ClientHasGone(t *testing.T) {
	t.Parallel()
	for gone, level := range map[bool]string{true: "WARN", false: "ERROR"} {
		s := teststore.New(t)
		s.Fail = context.Canceled
		var log bytes.Buffer
		h := newHandler(t, s, func(o *scim.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := httptest.NewRequest("GET", "/scim/v2/Users/1", nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer "+token)
		if gone {
			cancel()
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
		assert.Contains(t, log.String(), `"level":"`+level+`"`)
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	s.Panics = true
	var log bytes.Buffer
	h := newHandler(t, s, func(o *scim.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	a := do(t, h, "GET", "/Users/1", "")
	requireError(t, a, 500, "", "request-1")
	assert.NotContains(t, a.Body.String(), "secret")
	assert.NotContains(t, log.String(), "secret", "a panic's value may be data of people")
	assert.Contains(t, log.String(), "teststore", "the stack tells where it was")
	assert.Contains(t, log.String(), "request-1")
}

func TestBackendThatBreaksItsPromise(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	s.FailNil = true
	h := newHandler(t, s, nil)
	requireError(t, do(t, h, "GET", "/Users/1", ""), 500, "")
	requireError(t, do(t, h, "GET", "/Users", ""), 500, "")
	requireError(t, do(t, h, "POST", "/Users", ada), 500, "")
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"":                      "request-1",
		"abc-123":               "abc-123",
		strings.Repeat("a", 64): strings.Repeat("a", 64),
		strings.Repeat("a", 65): "request-1",
		"a b":                   "request-1",
		"a_b":                   "request-1",
		"é":                     "request-1",
	} {
		var seen string
		b := contextBackend{teststore.New(t), func(ctx context.Context) { seen = scim.RequestID(ctx) }}
		a := do(t, newHandler(t, b, nil), "GET", "/Users", "", "X-Request-Id", sent)
		assert.Equal(t, want, a.Header().Get("X-Request-Id"))
		assert.Equal(t, want, seen)
	}
	// A program around the handler keeps its own.
	r := httptest.NewRequest("GET", "/Users", nil)
	w := httptest.NewRecorder()
	newHandler(t, teststore.New(t), nil).ServeHTTP(w, r.WithContext(scim.WithRequestID(t.Context(), "outer")))
	assert.Equal(t, "outer", w.Header().Get("X-Request-Id"))
	// Without a source the ids are random.
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.RequestID = nil })
	assert.NotEqual(t, do(t, h, "GET", "/Users", "").Header().Get("X-Request-Id"), do(t, h, "GET", "/Users", "").Header().Get("X-Request-Id"))
}

func TestNewHandlerRefuses(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	for name, o := range map[string]*scim.Options{
		"no options":        nil,
		"no base URL":       {Auth: scim.NoAuth()},
		"a relative URL":    {BaseURL: "/scim", Auth: scim.NoAuth()},
		"another scheme":    {BaseURL: "ftp://example.com", Auth: scim.NoAuth()},
		"a query":           {BaseURL: "https://example.com/?a=b", Auth: scim.NoAuth()},
		"a user":            {BaseURL: "https://u:p@example.com/", Auth: scim.NoAuth()},
		"no authentication": {BaseURL: baseURL},
		"an empty token":    {BaseURL: baseURL, Auth: scim.BearerToken("")},
		"a blank token":     {BaseURL: baseURL, Auth: scim.BearerToken("  ")},
		"unknown repair":    {BaseURL: baseURL, Auth: scim.NoAuth(), Profile: scim.Profile{Name: "x", Repairs: []string{"nope"}}},
		"negative limit":    {BaseURL: baseURL, Auth: scim.NoAuth(), MaxBody: -1},
		"filter too long":   {BaseURL: baseURL, Auth: scim.NoAuth(), MaxFilterLength: 1 << 20},
		"counts":            {BaseURL: baseURL, Auth: scim.NoAuth(), DefaultCount: 10, MaxCount: 5},
		"patch status":      {BaseURL: baseURL, Auth: scim.NoAuth(), PatchUserStatus: 201},
	} {
		_, err := scim.NewHandler(s, o)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "u:p", name)
	}
	_, err := scim.NewHandler(nil, &scim.Options{BaseURL: baseURL, Auth: scim.NoAuth()})
	require.Error(t, err)
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	p, err := scim.ProfileByName("")
	require.NoError(t, err)
	assert.Equal(t, scim.ProfileCompatible(), p)
	p, err = scim.ProfileByName("strict")
	require.NoError(t, err)
	assert.Empty(t, p.Repairs)
	_, err = scim.ProfileByName("entra")
	require.ErrorContains(t, err, "strict and compatible")
}

func TestVersions(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	a := do(t, h, "POST", "/Users", ada)
	assert.Equal(t, a.get("meta", "version"), a.Header().Get("Etag"))
	assert.Regexp(t, `^W/".+"$`, a.Header().Get("Etag"))
	assert.Equal(t, baseURL+"/Users/1", a.Header().Get("Location"))
	assert.Equal(t, baseURL+"/Users/1", a.get("meta", "location"))
	host := do(t, h, "GET", "/Users/1", "", "Host", "evil.example.com", "X-Forwarded-Host", "evil.example.com")
	assert.NotContains(t, host.Body.String(), "evil")
}

// One handler serves many requests at once while the types change. It is the
// race detector that makes this a test.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	sets := []*scim.Types{s.TypeSet, teststore.Types(t)}
	var calls atomic.Int64
	h := newHandler(t, changing{s, func() *scim.Types { return sets[calls.Add(1)%2] }}, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("p%d-%d@example.com", i, j)
				for _, r := range []*http.Request{
					httptest.NewRequest("POST", "/Users", strings.NewReader(`{"userName":"`+name+`","emails":[{"value":"x"}]}`)),
					httptest.NewRequest("GET", "/Users?count=5&filter=userName+eq+%22"+name+"%22", nil),
					httptest.NewRequest("GET", "/Schemas", nil),
				} {
					r.Header.Set("Authorization", "Bearer "+token)
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code >= 300 || !strings.Contains(w.Body.String(), "schemas") {
						t.Errorf("%d %s", w.Code, w.Body)
					}
				}
			}
		})
	}
	wg.Wait()
}

// changing is a backend whose types change.
type changing struct {
	*teststore.Store
	types func() *scim.Types
}

func (c changing) Types(context.Context) (*scim.Types, error) { return c.types(), nil }
