package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// bulkBody is a BulkRequest; members stand before the operations.
func bulkBody(members string, ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + members + `"Operations":[` + strings.Join(ops, ",") + `]}`
}

// bulkOp is an operation; without data it has none.
func bulkOp(method, path, bulkID, data string) string {
	s := fmt.Sprintf(`{"method":%q,"path":%q`, method, path)
	if bulkID != "" {
		s += fmt.Sprintf(`,"bulkId":%q`, bulkID)
	}
	if data != "" {
		s += `,"data":` + data
	}
	return s + "}"
}

func postUser(bulkID, userName string, members ...string) string {
	return bulkOp("POST", "/Users", bulkID, fmt.Sprintf(`{"schemas":[%q],"userName":%q%s}`, userURN, userName, joined(members)))
}

func postGroup(bulkID, displayName string, members ...string) string {
	return bulkOp("POST", "/Groups", bulkID, fmt.Sprintf(`{"schemas":[%q],"displayName":%q%s}`, groupURN, displayName, joined(members)))
}

func joined(members []string) string {
	s := ""
	for _, m := range members {
		s += "," + m
	}
	return s
}

func manager(id string) string { return fmt.Sprintf(`%q:{"manager":{"value":%q}}`, entURN, id) }

func withMembers(ids ...string) string {
	return `"members":[` + times(len(ids), func(i int) string { return fmt.Sprintf(`{"value":%q}`, ids[i]) }) + `]`
}

// bulk sends a bulk request that is to be processed, and returns the results.
func bulk(t testing.TB, h http.Handler, body string) []object {
	t.Helper()
	a := do(t, h, "POST", "/Bulk", body)
	require.Equal(t, 200, a.Code, a.Body.String())
	require.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:BulkResponse"}, a.get("schemas"))
	require.Len(t, a.body, 2)
	var out []object
	for _, r := range a.get("Operations").([]any) {
		out = append(out, r.(object))
	}
	return out
}

// statuses are the statuses of results, each with its scimType where it has one.
func statuses(results []object) string {
	var out []string
	for _, r := range results {
		s := r["status"].(string)
		if e, ok := r["response"].(object); ok {
			if typ, ok := e["scimType"].(string); ok {
				s += " " + typ
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

func failure(t testing.TB, result object) string {
	t.Helper()
	e, ok := result["response"].(object)
	require.True(t, ok, result)
	require.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, e["schemas"])
	require.Equal(t, result["status"], e["status"])
	return e["detail"].(string)
}

// The request of RFC 7644 section 3.7.3, and what it shows of the answer.
func TestBulk_Results(t *testing.T) {
	t.Parallel()
	s := teststore.New(t).With(scim.Features{Versions: true})
	h := newHandler(t, s, nil)
	for i := range 3 {
		require.Equal(t, 201, do(t, h, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"user%d"}`, userURN, i+1)).Code)
	}
	version := func(id string) string { return do(t, h, "GET", "/Users/"+id, "").Header().Get("Etag") }
	results := bulk(t, h, bulkBody(`"failOnErrors":1,`,
		bulkOp("POST", "/Users", "qwerty", `{"schemas":["`+userURN+`"],"userName":"Alice"}`),
		`{"method":"PUT","path":"/Users/1","version":`+quote(version("1"))+`,"data":{"schemas":["`+userURN+`"],"userName":"Bob"}}`,
		`{"method":"PATCH","path":"/Users/2","version":`+quote(version("2"))+`,"data":`+patchBody(op("add", "nickName", `"Dave"`))+`}`,
		`{"method":"DELETE","path":"/Users/3","version":`+quote(version("3"))+`}`,
	))
	assert.Equal(t, []object{
		{"location": baseURL + "/Users/4", "method": "POST", "bulkId": "qwerty", "version": version("4"), "status": "201"},
		{"location": baseURL + "/Users/1", "method": "PUT", "version": version("1"), "status": "200"},
		{"location": baseURL + "/Users/2", "method": "PATCH", "version": version("2"), "status": "200"},
		{"location": baseURL + "/Users/3", "method": "DELETE", "status": "204"},
	}, results)
	assert.Equal(t, "Dave", do(t, h, "GET", "/Users/2", "").get("nickName"))
	assert.True(t, strings.HasPrefix(version("4"), `W/"`))

	// A version that is not the present one, an unknown resource, and a body that a
	// single request would be refused for.
	results = bulk(t, h, bulkBody("",
		`{"method":"PUT","path":"/Users/1","bulkId":"put","version":"W/\"old\"","data":{"userName":"Eve"}}`,
		bulkOp("DELETE", "/Users/3", "", ""),
		bulkOp("POST", "/Users", "x", `{"userName":"","active":5}`),
		bulkOp("POST", "/Users", "y", `{"userName":"Alice"}`),
		bulkOp("PATCH", "/Groups/9", "", patchBody(op("replace", "displayName", `"x"`))),
	))
	assert.Equal(t, "412, 404, 400 invalidValue, 409 uniqueness, 404", statuses(results))
	assert.Equal(t, baseURL+"/Users/1", results[0]["location"])
	assert.Equal(t, "put", results[0]["bulkId"])
	assert.Equal(t, baseURL+"/Users/3", results[1]["location"])
	assert.NotContains(t, results[2], "location", "a failed POST has none")
	assert.NotContains(t, results[2], "version")
	assert.NotEmpty(t, failure(t, results[3]))
	assert.Equal(t, "Bob", do(t, h, "GET", "/Users/1", "").get("userName"))
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Operations are answered with the statuses of single requests, whatever these are
// set to.
func TestBulk_StatusOfPatch(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.PatchUserStatus, o.PatchGroupStatus = 204, 200 })
	results := bulk(t, h, bulkBody("", postUser("u", "ada"), postGroup("g", "all"),
		bulkOp("PATCH", "/Users/bulkId:u", "", patchBody(op("add", "title", `"x"`))),
		bulkOp("PATCH", "/Groups/bulkId:g", "", patchBody(op("add", "members", `[{"value":"bulkId:u"}]`)))))
	assert.Equal(t, "201, 201, 204, 200", statuses(results))
	s.Blind = true
	results = bulk(t, newHandler(t, s, nil), bulkBody("", bulkOp("PUT", results[0]["location"].(string), "", `{"userName":"ada"}`),
		bulkOp("PATCH", results[1]["location"].(string), "", patchBody(op("add", "members", `[{"value":"1"}]`)))))
	assert.Equal(t, "200, 204", statuses(results))
	assert.NotContains(t, s.Calls, "get", "what nobody sees is not read")
}

func TestBulk_Messages(t *testing.T) {
	t.Parallel()
	one := bulkOp("DELETE", "/Users/1", "", "")
	for name, c := range map[string]struct {
		body   string
		status int
		typ    string
		words  string
		strict bool // only then
	}{
		"no body":               {"", 400, "invalidSyntax", "", false},
		"a list":                {"[]", 400, "invalidSyntax", "object", false},
		"no schemas":            {`{"Operations":[` + one + `]}`, 400, "invalidSyntax", "BulkRequest", true},
		"other schemas":         {`{"schemas":["` + userURN + `"],"Operations":[` + one + `]}`, 400, "invalidSyntax", "BulkRequest", true},
		"a single operation":    {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":` + one + `}`, 400, "invalidSyntax", "Operations", true},
		"no operations":         {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}`, 400, "invalidSyntax", "Operations", false},
		"null operations":       {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":null}`, 400, "invalidSyntax", "Operations", false},
		"empty operations":      {bulkBody(""), 400, "invalidSyntax", "Operations", false},
		"operations of another": {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":"x"}`, 400, "invalidSyntax", "Operations", false},
		"a text as operation":   {bulkBody("", one, `"x"`), 400, "invalidSyntax", "object", false},
		"nothing in one":        {bulkBody("", one, `{}`), 400, "invalidSyntax", "method", false},
		"null for a method":     {bulkBody("", `{"method":null,"path":"/Users/1"}`), 400, "invalidSyntax", "method", false},
		"text for failOnErrors": {bulkBody(`"failOnErrors":"1",`, one), 400, "invalidSyntax", "failOnErrors", false},
		"fewer than no errors":  {bulkBody(`"failOnErrors":-1,`, one), 400, "invalidSyntax", "failOnErrors", false},
		"too many operations":   {bulkBody("", one, one, one, one), 413, "", "3 operations", false},
		"too large":             {bulkBody("", bulkOp("POST", "/Users", "x", `{"userName":"`+strings.Repeat("a", 1000)+`"}`)), 413, "", "1000 bytes", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, profile := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
				s := teststore.New(t)
				h := newHandler(t, s, func(o *scim.Options) { o.Profile, o.MaxBulkOps, o.MaxBulkBody, o.MaxBody = profile, 3, 1000, 500 })
				a := do(t, h, "POST", "/Bulk", c.body)
				if c.strict && profile.Name != "strict" {
					require.Equal(t, 200, a.Code, a.Body.String())
					continue
				}
				requireError(t, a, c.status, c.typ, c.words)
				assert.Empty(t, s.Calls)
			}
		})
	}
}

// An operation that is wrong fails alone.
func TestBulk_WrongOperations(t *testing.T) {
	t.Parallel()
	patch := patchBody(op("add", "title", `"x"`))
	for name, c := range map[string]struct {
		op     string
		status string
		words  string
	}{
		"a method of no letters":  {`{"method":""}`, "400 invalidSyntax", "method"},
		"another method":          {bulkOp("GET", "/Users/1", "", ""), "400 invalidSyntax", "method"},
		"a method that is none":   {`{"method":5,"path":"/Users/1"}`, "400 invalidSyntax", "method"},
		"no path":                 {`{"method":"DELETE"}`, "400 invalidSyntax", "path"},
		"a path that is no text":  {`{"method":"DELETE","path":7}`, "400 invalidSyntax", "path"},
		"another endpoint":        {bulkOp("DELETE", "/Robots/1", "", ""), "404", "endpoint"},
		"the base":                {bulkOp("DELETE", "/", "", ""), "404", "endpoint"},
		"bulk in bulk":            {bulkOp("POST", "/Bulk", "x", bulkBody("", bulkOp("DELETE", "/Users/1", "", ""))), "404", "endpoint"},
		"me":                      {bulkOp("PATCH", "/Me", "", patch), "404", "endpoint"},
		"discovery":               {bulkOp("PUT", "/Schemas/x", "", `{}`), "404", "endpoint"},
		"another service":         {bulkOp("DELETE", "https://other.example.com/scim/v2/Users/1", "", ""), "404", "endpoint"},
		"another version":         {bulkOp("DELETE", "/v1/Users/1", "", ""), "400 invalidVers", "v1"},
		"bad escape":              {bulkOp("DELETE", "/Users/%zz", "", ""), "400 invalidSyntax", "percent"},
		"POST of a resource":      {bulkOp("POST", "/Users/1", "x", `{"userName":"x"}`), "405", "POST"},
		"PUT of all":              {bulkOp("PUT", "/Users", "", `{"userName":"x"}`), "405", "POST"},
		"DELETE of all":           {bulkOp("DELETE", "/Users/", "", ""), "405", "POST"},
		"below a resource":        {bulkOp("DELETE", "/Users/1/x", "", ""), "404", "User"},
		"an id that cannot be":    {bulkOp("DELETE", "/Users/%0a", "", ""), "404", "User"},
		"no such resource":        {bulkOp("DELETE", "/Users/77", "", ""), "404", ""},
		"POST without bulkId":     {bulkOp("POST", "/Users", "", `{"userName":"x"}`), "400 invalidSyntax", "bulkId"},
		"a bulkId that is none":   {`{"method":"POST","path":"/Users","bulkId":1,"data":{"userName":"x"}}`, "400 invalidSyntax", "bulkId"},
		"POST without data":       {bulkOp("POST", "/Users", "x", ""), "400 invalidSyntax", "data"},
		"null data":               {bulkOp("PUT", "/Users/1", "", "null"), "400 invalidSyntax", "data"},
		"data that are no object": {bulkOp("PATCH", "/Users/1", "", `"x"`), "400 invalidSyntax", "data"},
		"the same bulkId":         {postUser("first", "x"), "400 invalidValue", "bulkId"},
		"no operations in PATCH":  {bulkOp("PATCH", "/Users/1", "", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`), "400 invalidSyntax", "Operations"},
		"bad path in PATCH":       {bulkOp("PATCH", "/Users/1", "", patchBody(op("replace", "nope", `1`))), "400 invalidPath", "nope"},
		"version without ETags":   {`{"method":"DELETE","path":"/Users/1","version":"W/\"1\""}`, "412", "version"},
		"unknown bulkId in path":  {bulkOp("DELETE", "/Users/bulkId:none", "", ""), "400 invalidValue", "bulkId"},
		"no bulkId in path":       {bulkOp("DELETE", "/Users/bulkId:", "", ""), "400 invalidValue", "bulkId"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			results := bulk(t, newHandler(t, s, nil), bulkBody("", postUser("first", "ada"), c.op, postUser("last", "bob")))
			require.Len(t, results, 3)
			assert.Equal(t, "201, "+c.status+", 201", statuses(results))
			assert.Contains(t, failure(t, results[1]), c.words)
			assert.Len(t, s.Resources, 2)
		})
	}
}

// What stands before the path of a resource does not matter, and neither does the
// case of a method.
func TestBulk_Paths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/Users/a b", "/Users/a%20b", "Users/a b", "users/../Users/a b", baseURL + "/Users/a%20b", "/scim/v2/Users/a b", "/v2/Users/a b",
		"/Users/a b?attributes=id", " /Users/a b ",
	} {
		s := teststore.New(t)
		h := newHandler(t, s, nil)
		require.Equal(t, 201, do(t, h, "POST", "/Users", userBody("")).Code)
		rec := s.Resources[0].Record.Clone()
		rec.SetAt(schema.SlotID, schema.StringValue("a b"))
		s.Resources[0] = &scim.Resource{Record: rec}
		results := bulk(t, h, bulkBody("", bulkOp("delete", path, "", "")))
		if strings.Contains(path, "..") {
			assert.Equal(t, "404", statuses(results), path)
			continue
		}
		assert.Equal(t, []object{{"location": baseURL + "/Users/a%20b", "method": "DELETE", "status": "204"}}, results, path)
	}
}

func TestBulk_WhoAndHow(t *testing.T) {
	t.Parallel()
	body := bulkBody("", postUser("x", "ada"))
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE"} {
		a := do(t, h, method, "/Bulk", "")
		require.Equal(t, 405, a.Code)
		assert.Equal(t, "POST", a.Header().Get("Allow"))
	}
	requireError(t, do(t, h, "POST", "/Bulk/1", body), 404, "")
	requireError(t, do(t, h, "POST", "/Bulk", body, "Content-Type", "text/plain"), 415, "")
	reader := newHandler(t, s, func(o *scim.Options) {
		o.Auth = scim.AuthFunc(func(r *http.Request) (context.Context, error) {
			return scim.WithPrincipal(r.Context(), scim.Principal{ReadOnly: true}), nil
		})
	})
	requireError(t, do(t, reader, "POST", "/Bulk", body), 403, "")
	assert.Empty(t, s.Calls)
}

// What is announced is what happens.
func TestBulk_Announced(t *testing.T) {
	t.Parallel()
	config := func(h http.Handler) object {
		return do(t, h, "GET", "/ServiceProviderConfig", "").get("bulk").(object)
	}
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.NoBulk = true })
	assert.Equal(t, false, config(h)["supported"])
	requireError(t, do(t, h, "POST", "/Bulk", bulkBody("", postUser("x", "ada"))), 501, "", "not supported")

	h = newHandler(t, teststore.New(t), func(o *scim.Options) { o.MaxBulkOps, o.MaxBulkBody = 7, 2000 })
	c := config(h)
	assert.Equal(t, true, c["supported"])
	n, size := int(c["maxOperations"].(float64)), int(c["maxPayloadSize"].(float64))
	job := func(n int) string {
		return bulkBody("", times(n, func(i int) string { return bulkOp("DELETE", fmt.Sprint("/Users/", i), "", "") }))
	}
	assert.Len(t, bulk(t, h, job(n)), n)
	requireError(t, do(t, h, "POST", "/Bulk", job(n+1)), 413, "", fmt.Sprint(n))
	body := job(1)
	body += strings.Repeat(" ", size-len(body))
	assert.Len(t, bulk(t, h, body), 1)
	requireError(t, do(t, h, "POST", "/Bulk", body+" "), 413, "", fmt.Sprint(size))
}

// Each operation is repaired, limited and handed on as a single request is.
func TestBulk_AsSingleRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/Users", `{"userName":"b","active":"False","name.givenName":"B","nope":1}`},
		{"POST", "/Users", `{"schemas":["` + userURN + `"],"userName":"b","` + entURN + `":{"manager":"1"}}`},
		{"POST", "/Users", `{"schemas":["` + userURN + `"],"title":"b"}`},
		{"POST", "/Groups", `{"schemas":["` + groupURN + `"],"displayName":"g","members":[{"value":"1"},{"value":"2"},{"value":"3"}]}`},
		{"PUT", "/Users/1", `{"schemas":["` + userURN + `"],"userName":"c","` + teststore.FreshURN + `":{"birth":"1999"}}`},
		{"PATCH", "/Users/1", patchBody(op("Add", `emails[type eq "work"].value`, `"x"`))},
		{"PATCH", "/Users/1", patchBody(op("remove", "userName", ""))},
		{"PATCH", "/Users/1", patchBody(op("replace", "id", `"1"`))},
		{"PATCH", "/Users/9", patchBody(op("replace", "", `{"schemas":[]}`))},
		{"PATCH", "/Users/1", patchBody(op("replace", "title", `"x"`), op("replace", "title", `"y"`), op("replace", "title", `"z"`))},
		{"DELETE", "/Users/1", ""},
	} {
		for _, profile := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
			run := func(inBulk bool) (string, *teststore.Store) {
				s := teststore.New(t)
				h := newHandler(t, s, func(o *scim.Options) { o.Profile, o.MaxMembers, o.MaxPatchOps = profile, 2, 2 })
				require.Equal(t, 201, do(t, h, "POST", "/Users", userBody(`"`+teststore.FreshURN+`":{"birth":"1815"}`)).Code)
				if inBulk {
					r := bulk(t, h, bulkBody("", bulkOp(c.method, c.path, "x", c.body)))[0]
					e, _ := r["response"].(object)
					return fmt.Sprint(r["status"], e["scimType"], e["detail"]), s
				}
				a := do(t, h, c.method, c.path, c.body)
				status := fmt.Sprint(a.Code)
				if a.Code < 300 {
					return status + fmt.Sprint(nil, nil), s
				}
				return status + fmt.Sprint(a.get("scimType"), a.get("detail")), s
			}
			single, s := run(false)
			inBulk, b := run(true)
			assert.Equal(t, strings.ReplaceAll(single, " ", ""), strings.ReplaceAll(inBulk, " ", ""), "%s %s", profile.Name, c.body)
			assert.Equal(t, s.Calls, b.Calls)
			require.Len(t, b.Writes, len(s.Writes))
			for i := range s.Writes {
				assert.Equal(t, s.Writes[i].Repairs, b.Writes[i].Repairs)
			}
			assert.Equal(t, state(s), state(b))
		}
	}
}

// state is what a store holds, as JSON.
func state(s *teststore.Store) []string {
	var out []string
	for _, res := range s.Resources {
		out = append(out, string(schema.ObjectValue(res.Record).AppendJSON(nil)))
	}
	return out
}

func TestBulk_FailOnErrors(t *testing.T) {
	t.Parallel()
	bad := bulkOp("DELETE", "/Users/99", "", "")
	ops := []string{postUser("a", "a"), bad, postUser("b", "b"), bad, postUser("c", "c"), bad}
	for _, c := range []struct {
		members   string
		processed int
		created   int
	}{
		{`"failOnErrors":1,`, 2, 1}, {`"failOnErrors":2,`, 4, 2}, {`"failOnErrors":3,`, 6, 3}, {`"failOnErrors":4,`, 6, 3},
		{`"failOnErrors":0,`, 6, 3}, {`"failOnErrors":null,`, 6, 3}, {"", 6, 3}, {`"FAILONERRORS":1,`, 2, 1},
	} {
		s := teststore.New(t)
		results := bulk(t, newHandler(t, s, nil), bulkBody(c.members, ops...))
		assert.Len(t, results, c.processed, c.members)
		assert.Len(t, s.Resources, c.created, c.members)
	}
	// What is wrong with an operation is an error as well, in its turn.
	s := teststore.New(t)
	results := bulk(t, newHandler(t, s, nil), bulkBody(`"failOnErrors":1,`, postUser("a", "a"), `{"method":""}`, postUser("b", "b")))
	assert.Equal(t, "201, 400 invalidSyntax", statuses(results))
	assert.Len(t, s.Resources, 1)
}

// backend changes what a store does.
type backend struct {
	*teststore.Store
	before func(ctx context.Context, call string, r scim.Ref, in *schema.Record) error
}

func (b *backend) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	if err := b.before(ctx, "create", scim.Ref{Type: typ}, in); err != nil {
		return nil, err
	}
	return b.Store.Create(ctx, typ, in, o)
}

func (b *backend) Update(ctx context.Context, r scim.Ref, u scim.Update, o scim.WriteOptions) (*scim.Resource, error) {
	if err := b.before(ctx, "update", r, u.Replace); err != nil {
		return nil, err
	}
	return b.Store.Update(ctx, r, u, o)
}

func (b *backend) Delete(ctx context.Context, r scim.Ref, o scim.WriteOptions) error {
	if err := b.before(ctx, "delete", r, nil); err != nil {
		return err
	}
	return b.Store.Delete(ctx, r, o)
}

// A panic, and an error of the backend's own, are the operation's.
func TestBulk_BackendFails(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 4} {
		var log bytes.Buffer
		b := &backend{teststore.New(t), func(_ context.Context, _ string, _ scim.Ref, in *schema.Record) error {
			switch in.String("userName") {
			case "panics":
				panic("a secret detail")
			case "aborts":
				panic(http.ErrAbortHandler)
			case "fails":
				return fmt.Errorf("a secret detail")
			}
			return nil
		}}
		h := newHandler(t, b, func(o *scim.Options) {
			o.BulkWorkers, o.Logger = workers, slog.New(slog.NewJSONHandler(&log, nil))
		})
		results := bulk(t, h, bulkBody("", postUser("a", "panics"), postUser("b", "fails"), postUser("c", "ada"), postUser("d", "aborts"), postUser("e", "bob")))
		assert.Equal(t, "500, 500, 201, 500, 201", statuses(results))
		for _, i := range []int{0, 1, 3} {
			assert.Contains(t, failure(t, results[i]), "request-1")
		}
		assert.Equal(t, 2, strings.Count(log.String(), "scim: panic"))
		assert.Equal(t, 1, strings.Count(log.String(), "scim: request failed"))
		assert.Equal(t, 200, do(t, h, "GET", "/Users/1", "").Code)
	}
}

// Operations that were not begun when the request was given up are answered as a
// single request would be, and none of them runs on.
func TestBulk_GivenUp(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var running atomic.Int32
		b := &backend{teststore.New(t), func(ctx context.Context, _ string, _ scim.Ref, in *schema.Record) error {
			running.Add(1)
			defer running.Add(-1)
			if in.String("userName") == "stop" {
				cancel()
			}
			return ctx.Err()
		}}
		refused := 0
		var log bytes.Buffer
		h := newHandler(t, b, func(o *scim.Options) {
			o.BulkWorkers, o.Logger = workers, slog.New(slog.NewJSONHandler(&log, nil))
			o.Refused = func(*http.Request, *scim.Error) { refused++ }
		})
		ops := []string{postUser("a", "ada"), postUser("s", "stop")}
		for i := range 50 {
			ops = append(ops, postUser(fmt.Sprint("s", i), "stop")) // one after the other
		}
		r := httptest.NewRequestWithContext(ctx, "POST", "/scim/v2/Bulk", strings.NewReader(bulkBody("", ops...)))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Zero(t, running.Load())
		require.Equal(t, 200, w.Code)
		var a object
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
		results := a["Operations"].([]any)
		require.Len(t, results, len(ops))
		for i, r := range results {
			if i > 0 {
				assert.Equal(t, "503", r.(object)["status"])
			}
		}
		assert.GreaterOrEqual(t, refused, 51)
		assert.LessOrEqual(t, strings.Count(log.String(), "\n"), 3, "what was not begun is logged once")
		assert.LessOrEqual(t, len(b.Calls), 1)
	}
}

// Those who are told of refused requests are told of operations, each as if it
// were a request of its own.
func TestBulk_Refused(t *testing.T) {
	t.Parallel()
	type told struct {
		method, path string
		operation    int
		status       int
	}
	var got []told
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) {
		o.Refused = func(r *http.Request, e *scim.Error) {
			got = append(got, told{r.Method, r.URL.Path, scim.BulkOperation(r.Context()), e.Status})
		}
	})
	bulk(t, h, bulkBody("", postUser("a", "ada"), postUser("b", ""), bulkOp("delete", "Users/99", "", ""), `{"method":""}`,
		bulkOp("PATCH", "/Users/bulkId:b", "", patchBody(op("add", "title", `"x"`)))))
	assert.ElementsMatch(t, []told{
		{"POST", "/scim/v2/Users", 2, 400}, {"DELETE", "/scim/v2/Users/99", 3, 404}, {"", "/scim/v2/Bulk", 4, 400}, {"PATCH", "/scim/v2/Users/", 5, 409},
	}, got)
	got = nil
	require.Equal(t, 400, do(t, h, "POST", "/Bulk", `{"method":""}`).Code)
	assert.Equal(t, []told{{"POST", "/scim/v2/Bulk", 0, 400}}, got)
}

// Backends can tell which operation a call belongs to.
func TestBulkOperation(t *testing.T) {
	t.Parallel()
	assert.Zero(t, scim.BulkOperation(t.Context()))
	var got []int
	b := &backend{teststore.New(t), func(ctx context.Context, _ string, _ scim.Ref, _ *schema.Record) error {
		got = append(got, scim.BulkOperation(ctx))
		return nil
	}}
	h := newHandler(t, b, func(o *scim.Options) { o.BulkWorkers = 1 })
	bulk(t, h, bulkBody("", postUser("a", "ada", manager("bulkId:a")), postUser("b", "bob")))
	assert.Equal(t, []int{1, 1, 2}, got, "what completes a resource belongs to its operation")
	do(t, h, "POST", "/Users", userBody(""))
	assert.Zero(t, got[3])
}
