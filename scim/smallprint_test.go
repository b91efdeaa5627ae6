package scim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// Whatever goes wrong, the answer is a SCIM error: its media type, its status as
// text, and a sentence for the administrator. A HEAD has the same headers.
func TestSmallPrint_EveryErrorIsOfSCIM(t *testing.T) {
	t.Parallel()
	type header = map[string]string
	for name, c := range map[string]struct {
		request, body string
		header        header
		status        int
		answers       header
		fail          error
	}{
		"no token":                {request: "GET /Users", header: header{"Authorization": ""}, status: 401, answers: header{"Www-Authenticate": bearerRealm}},
		"a wrong token":           {request: "DELETE /Users/1", header: header{"Authorization": "Bearer x"}, status: 401, answers: header{"Www-Authenticate": invalidToken}},
		"not allowed":             {request: "GET /Users/1", fail: scim.Errorf(403, "", "No."), status: 403},
		"no such path":            {request: "GET /Nothing", status: 404},
		"no such resource":        {request: "GET /Users/9", status: 404},
		"no such method":          {request: "PUT /Users", status: 405, answers: header{"Allow": "GET, HEAD, POST"}},
		"no such method, of one":  {request: "POST /Users/1", status: 405, answers: header{"Allow": "GET, HEAD, PUT, PATCH, DELETE"}},
		"taken":                   {request: "POST /Users", body: ada, fail: scim.Errorf(409, scim.Uniqueness, "Taken."), status: 409},
		"another version":         {request: "PUT /Users/1", body: ada, header: header{"If-Match": `"other"`}, status: 412},
		"too large":               {request: "POST /Users", body: ada + strings.Repeat(" ", 4096), status: 413},
		"another media type":      {request: "POST /Users", body: ada, header: header{"Content-Type": "text/plain"}, status: 415},
		"compressed":              {request: "POST /Users", body: ada, header: header{"Content-Encoding": "gzip"}, status: 415},
		"compressed, and no body": {request: "GET /Users", header: header{"Content-Encoding": "br"}, status: 415},
		"too often":               {request: "GET /Users/1", fail: &scim.Error{Status: 429, Detail: "Later.", RetryAfter: 30_000_000_000}, status: 429, answers: header{"Retry-After": "30"}},
		"a fault":                 {request: "GET /Users/1", fail: errors.New("hidden"), status: 500},
		"not there":               {request: "GET /Me", status: 501},
		"no bulk":                 {request: "POST /Bulk", body: "{}", status: 501},
		"the target is down":      {request: "GET /Users/1", fail: scim.Errorf(502, "", "It is down."), status: 502},
		"too slow":                {request: "GET /Users/1", fail: context.DeadlineExceeded, status: 503, answers: header{"Retry-After": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, func(o *scim.Options) { o.MaxBody, o.NoBulk = 4096, true })
			method, path, _ := strings.Cut(c.request, " ")
			methods := []string{method}
			if method == http.MethodGet {
				methods = append(methods, http.MethodHead)
			}
			for _, method := range methods {
				s.Fail = c.fail
				a := do(t, h, method, path, c.body, pairs(c.header)...)
				require.Equal(t, c.status, a.Code, a.Body.String())
				assert.Equal(t, "application/scim+json", a.Header().Get("Content-Type"))
				for name, want := range c.answers {
					assert.Equal(t, want, a.Header().Get(name))
				}
				if method == http.MethodHead {
					assert.Zero(t, a.Body.Len())
					assert.NotEqual(t, "0", a.Header().Get("Content-Length"))
					continue
				}
				assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, a.get("schemas"))
				assert.Equal(t, fmt.Sprint(c.status), a.get("status"), "text, not a number")
				assert.NotEmpty(t, a.get("detail"))
				assert.NotContains(t, a.Body.String(), "hidden")
			}
		})
	}
}

func pairs(m map[string]string) []string {
	var out []string
	for name, value := range m {
		out = append(out, name, value)
	}
	return out
}

// RFC 7643 section 2.5: null is the same as nothing, wherever it stands.
func TestSmallPrint_NullsEverywhere(t *testing.T) {
	t.Parallel()
	types := teststore.Types(t)
	for _, rt := range types.All() {
		for s := range schema.Slot(rt.Type.Len()) {
			a := rt.Type.Attribute(s)
			if a.Required || s == schema.SlotSchemas {
				continue
			}
			values := []string{"null"}
			if a.MultiValued {
				values = append(values, "[null]", "[null,null]")
			}
			if a.Sub != nil {
				object := "{" + times(a.Sub.Len(), func(i int) string { return `"` + a.Sub.Attribute(schema.Slot(i)).Name + `":null` }) + "}"
				values = append(values, map[bool]string{false: object, true: "[" + object + ",null]"}[a.MultiValued])
			}
			for _, v := range values {
				member := `"` + a.Name + `":` + v
				if prefix, name, dotted := strings.Cut(a.Name, "."); dotted {
					member = `"` + prefix + `":{"` + name + `":` + v + `}`
				}
				if a.Schema != "" && a.Schema != rt.Type.URN() {
					member = `"` + a.Schema + `":{` + member + `}`
				}
				testNull(t, rt, member)
			}
		}
	}
	for _, member := range []string{`"` + entURN + `":null`, `"custom_fields":null`, `"nope":null`, `"urn:nope:User":null`} {
		testNull(t, *types.ByName("User"), member)
	}
}

// testNull makes and replaces a resource with a null, in every profile: the answer
// is as without it.
func testNull(t *testing.T, rt scim.ResourceType, member string) {
	t.Helper()
	body := func(member string) string {
		return `{"schemas":["` + rt.Type.URN() + `"],"userName":"a","displayName":"a"` + member + `}`
	}
	if strings.Contains(member, `"displayName":null`) {
		body = func(member string) string {
			return `{"schemas":["` + rt.Type.URN() + `"],"userName":"a"` + member + `}`
		}
	}
	for _, profile := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
		change := func(o *scim.Options) { o.Profile = profile }
		for method, path := range map[string]string{"POST": rt.Endpoint, "PUT": rt.Endpoint + "/1"} {
			without, with := newHandler(t, teststore.New(t), change), newHandler(t, teststore.New(t), change)
			if method == "PUT" {
				require.Equal(t, 201, do(t, without, "POST", rt.Endpoint, body("")).Code)
				require.Equal(t, 201, do(t, with, "POST", rt.Endpoint, body("")).Code)
			}
			want, got := do(t, without, method, path, body("")), do(t, with, method, path, body(","+member))
			require.Equal(t, want.Code, got.Code, "%s: %s: %s", profile.Name, member, got.Body)
			require.Less(t, want.Code, 300)
			delete(want.body, "meta")
			delete(got.body, "meta")
			assert.Equal(t, want.body, got.body, "%s: %s", method, member)
		}
	}
}

// Okta's groups and OneLogin's templates name no schema, or another one.
func TestSmallPrint_WithoutSchemas(t *testing.T) {
	t.Parallel()
	h, severe := newHandler(t, teststore.New(t), nil), newHandler(t, teststore.New(t), strict)
	for _, schemas := range []string{"", `"schemas":null,`, `"schemas":[],`, `"schemas":"` + userURN + `x",`, `"schemas":["urn:scim:schemas:core:1.0"],`} {
		user, group := `{`+schemas+`"userName":"a`+fmt.Sprint(len(schemas))+`"}`, `{`+schemas+`"displayName":"g`+fmt.Sprint(len(schemas))+`"}`
		made := do(t, h, "POST", "/Users", user)
		require.Equal(t, 201, made.Code, made.Body.String())
		assert.Equal(t, []any{userURN}, made.get("schemas"))
		assert.Equal(t, 200, do(t, h, "PUT", "/Users/"+made.get("id").(string), user).Code)
		made = do(t, h, "POST", "/Groups", group)
		require.Equal(t, 201, made.Code, made.Body.String())
		assert.Equal(t, 200, do(t, h, "PUT", "/Groups/"+made.get("id").(string), group).Code)
		requireError(t, do(t, severe, "POST", "/Users", user), 400, "invalidSyntax", userURN)
		requireError(t, do(t, severe, "PUT", "/Groups/1", group), 400, "invalidSyntax", groupURN)
	}
}

// Some clients trip over blanks in the names of schemas.
func TestSmallPrint_NamesOfSchemas(t *testing.T) {
	t.Parallel()
	user, err := scim.UserType(scim.EnterpriseUserSchema(), schema.Schema{URN: teststore.FreshURN, Name: " Crew  Member ", Attributes: []schema.Attribute{{Name: "badge"}}})
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("names", user)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	assert.Equal(t, "CrewMember", do(t, h, "GET", "/Schemas/"+teststore.FreshURN, "").get("name"))
	var names []any
	for _, doc := range do(t, h, "GET", "/Schemas", "").get("Resources").([]any) {
		names = append(names, doc.(object)["name"])
	}
	assert.Equal(t, []any{"User", "EnterpriseUser", "CrewMember"}, names)
}

// Okta reads the numbers of a list as numbers, and an empty list is no 404.
func TestSmallPrint_Lists(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, path := range []string{"/Users", "/Groups", "/Users?filter=userName+eq+%22nobody%22", "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22x%22", "/Groups?filter=displayName+eq+%22x%22&excludedAttributes=members", "/Users?startIndex=7&count=0"} {
		a := do(t, h, "GET", path, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		for _, want := range []string{`"totalResults":0,`, `"itemsPerPage":0,`, `"Resources":[]`} {
			assert.Contains(t, a.Body.String(), want, path)
		}
		assert.Regexp(t, `"startIndex":\d+,`, a.Body.String())
	}
	require.Equal(t, 201, do(t, h, "POST", "/Users", ada).Code)
	a := do(t, h, "GET", "/Users", "")
	for _, want := range []string{`"totalResults":1,`, `"itemsPerPage":1,`, `"startIndex":1,`} {
		assert.Contains(t, a.Body.String(), want)
	}
}

// The body of a request that has no use for one is not looked at.
func TestSmallPrint_BodiesWithoutUse(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", ada).Code)
	for _, request := range []string{"GET /Users", "GET /Users/1", "HEAD /Users/1", "GET /Schemas", "DELETE /Users/1"} {
		method, path, _ := strings.Cut(request, " ")
		a := do(t, h, method, path, "{", "Content-Type", "text/plain; charset=latin1")
		assert.Less(t, a.Code, 300, "%s: %s", request, a.Body)
	}
}

// What has no body says nothing of one.
func TestSmallPrint_NoContent(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.PatchUserStatus = 204 })
	etag := do(t, h, "POST", "/Users", ada).Header().Get("Etag")
	for _, c := range []struct {
		method, body string
		status       int
		header       []string
	}{
		{"GET", "", 304, []string{"If-None-Match", etag}},
		{"PATCH", patchBody(op("replace", "title", `"x"`)), 204, nil},
		{"DELETE", "", 204, nil},
	} {
		a := do(t, h, c.method, "/Users/1", c.body, c.header...)
		require.Equal(t, c.status, a.Code, a.Body.String())
		assert.Zero(t, a.Body.Len())
		assert.Empty(t, a.Header().Values("Content-Type"))
		assert.NotEmpty(t, a.Header().Get("X-Request-Id"))
	}
}

// Every answer with a resource shows what was asked for, or what was written, and
// never what is never shown.
func TestSmallPrint_ProjectionOfWrites(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.PatchUserStatus = 204 })
	const members = `"title":"t","password":"p","` + extURN + `":{"hidden":"h","secret":"s","badge":"red"}`
	body := userBody(members)
	patch := patchBody(op("replace", "", `{`+members+`,"nickName":"n"}`))
	for _, request := range []string{"POST /Users", "PUT /Users/1", "PATCH /Users/1"} {
		method, path, _ := strings.Cut(request, " ")
		for query, want := range map[string][]string{
			"attributes=title":                                                                 {"title"},
			"attributes=password," + extURN + ":secret":                                        {},
			"attributes=" + extURN + ":hidden":                                                 {extURN + ".hidden"},
			"excludedAttributes=active,name,nickName,title,meta,userName":                      {extURN + ".badge", extURN + ".hidden"},
			"excludedAttributes=active,name,nickName,title,meta,userName," + extURN + ":badge": {extURN + ".hidden"},
		} {
			send := body
			switch method {
			case "PATCH":
				if !strings.HasPrefix(query, "attributes") {
					continue // it is answered with 204
				}
				send = patch
			case "POST":
				h = newHandler(t, teststore.New(t), func(o *scim.Options) { o.PatchUserStatus = 204 })
			}
			a := do(t, h, method, path+"?"+query, send)
			require.Less(t, a.Code, 204, "%s %s: %s", request, query, a.Body)
			assert.Equal(t, method == "POST", a.Header().Get("Location") == baseURL+"/Users/1")
			assert.Equal(t, "1", a.get("id"))
			assert.Contains(t, a.get("schemas"), userURN)
			assert.ElementsMatch(t, want, shown(a), "%s %s", request, query)
		}
	}
}

// A panic, wherever it comes from, is one answer of status 500, and the handler
// serves on. A log tells of it under the request's id, and so does Refused.
func TestSmallPrint_PanicsAnywhere(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *scim.Options, s *teststore.Store){
		"the backend": func(_ *scim.Options, s *teststore.Store) { s.Panics = true },
		"the authenticator": func(o *scim.Options, _ *teststore.Store) {
			o.Auth = scim.BearerTokens(func(context.Context, string) (scim.Principal, error) { panic("secret") })
		},
		"one without a context": func(o *scim.Options, _ *teststore.Store) {
			o.Auth = scim.AuthFunc(func(*http.Request) (context.Context, error) { return nil, nil }) //nolint:nilnil // on purpose
		},
		"Me": func(o *scim.Options, _ *teststore.Store) {
			o.Me = func(context.Context) (scim.Ref, error) { panic(errors.New("secret")) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			var log bytes.Buffer
			var refused []*scim.Error
			h := newHandler(t, s, func(o *scim.Options) {
				o.Logger = slog.New(slog.NewJSONHandler(&log, nil))
				o.Me = func(context.Context) (scim.Ref, error) { return scim.Ref{Type: "User", ID: "1"}, nil }
				o.Refused = func(r *http.Request, e *scim.Error) { refused = append(refused, e) }
				change(o, s)
			})
			for range 2 {
				a := do(t, h, "GET", "/Me", "", "X-Request-Id", "my-request")
				requireError(t, a, 500, "", "my-request")
				assert.Empty(t, a.Header().Get("Location"))
				assert.NotContains(t, a.Body.String()+log.String(), "secret")
			}
			assert.Contains(t, log.String(), "my-request")
			require.Len(t, refused, 2)
			assert.Equal(t, 500, refused[0].Status)
		})
	}
}

// In a bulk request a panic is the failure of its operation.
func TestSmallPrint_PanicInBulk(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	s.Panics = true
	var refused []string
	h := newHandler(t, s, func(o *scim.Options) {
		o.Refused = func(r *http.Request, e *scim.Error) { refused = append(refused, fmt.Sprint(r.Method, " ", e.Status)) }
	})
	a := do(t, h, "POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/1"},{"method":"PUT","path":"/Users/2","data":`+ada+`}]}`)
	require.Equal(t, 200, a.Code, a.Body.String())
	assert.Equal(t, 2, strings.Count(a.Body.String(), `"status":"500","response":`), a.Body.String())
	assert.Equal(t, []string{"DELETE 500", "PUT 500"}, refused)
}

// The hook of the program may panic as well, and is asked once.
func TestSmallPrint_PanicOfRefused(t *testing.T) {
	t.Parallel()
	calls := 0
	h := newHandler(t, teststore.New(t), func(o *scim.Options) {
		o.Refused = func(*http.Request, *scim.Error) { calls++; panic("secret") }
	})
	requireError(t, do(t, h, "GET", "/Users/9", ""), 500, "", "request-1")
	assert.Equal(t, 1, calls)
	assert.Equal(t, 200, do(t, h, "GET", "/Users", "").Code)
}

// Two resources may have one externalId: it is the client's.
func TestSmallPrint_ExternalIDIsNotUnique(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, c := range [][2]string{{"/Users", `"userName":"a"`}, {"/Users", `"userName":"b"`}, {"/Groups", `"displayName":"a"`}, {"/Groups", `"displayName":"b"`}} {
		require.Equal(t, 201, do(t, h, "POST", c[0], `{"externalId":"x",`+c[1]+`}`).Code)
	}
	assert.Equal(t, 2.0, do(t, h, "GET", "/Users?filter=externalId+eq+%22x%22", "").get("totalResults"))
	doc := do(t, h, "GET", "/Schemas", "").Body.String()
	assert.NotContains(t, doc, `"externalId"`, "a common attribute is in no schema")
}

// A backend that fails before any resource is looked at.
func TestSmallPrint_TypesFail(t *testing.T) {
	t.Parallel()
	h := newHandler(t, noTypes{teststore.New(t)}, nil)
	for _, path := range []string{"/Users", "/Schemas", "/nothing"} {
		a := do(t, h, "GET", path, "")
		requireError(t, a, 500, "", "request-1")
		assert.NotContains(t, a.Body.String(), "hidden")
	}
}

type noTypes struct{ *teststore.Store }

func (noTypes) Types(context.Context) (*scim.Types, error) { return nil, errors.New("hidden") }

// A request that breaks off when the answer is under way must not look whole.
func TestSmallPrint_PanicWhileAnswering(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	r := httptest.NewRequest("GET", "/scim/v2/Users", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { h.ServeHTTP(breaking{httptest.NewRecorder()}, r) })
}

// breaking is a ResponseWriter that panics once the status has gone out.
type breaking struct{ *httptest.ResponseRecorder }

func (breaking) Write([]byte) (int, error) { panic("broken") }
