package zendesk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

func TestQuoteValue(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ada+tag@example.com":    `"ada+tag@example.com"`,
		"o'brien@example.com":    `"o'brien@example.com"`,
		"Ünal & Söhne (a) 50%":   `"Ünal & Söhne (a) 50%"`,
		"a OR role:admin -b >c:": `"a OR role:admin -b >c:"`,
		"山田@example.com":         `"山田@example.com"`,
		"":                       "",
		`say "x"`:                "",
		`a\b`:                    "",
		"a*@example.com":         "",
		"a\nb":                   "",
		"a\x00b":                 "",
		"a\u0085b":               "",
		"a\u2028b":               "",
		"a\xffb":                 "",
		" a":                     "",
		"a\u00a0":                "",
	} {
		got, ok := quoteValue(in)
		assert.Equal(t, want, got, "%q", in)
		assert.Equal(t, want != "", ok, "%q", in)
	}
}

func FuzzEmailQuery(f *testing.F) {
	for _, s := range []string{"ada@example.com", "O'Brien", `"`, `\`, `" role:admin "`, "a\nb", "a\x00", "é", "\xff", "*", " ", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q, err := emailQuery(s)
		if err != nil {
			if q != "" || connector.CodeOf(err) != connector.Unsupported {
				t.Fatal("a query beside an error, or another error")
			}
			return
		}
		if q != `email:"`+s+`"` {
			t.Fatalf("%q became %s", s, q)
		}
		if strings.ContainsFunc(q, unicode.IsControl) || strings.Count(q, `"`) != 2 || strings.ContainsAny(q, `\*`) {
			t.Fatalf("%q leaves its quotes in %s", s, q)
		}
		// It is encoded once more on its way, and comes out as it went in.
		values, err := url.ParseQuery(url.Values{"query": {q}}.Encode())
		if err != nil || values.Get("query") != q {
			t.Fatalf("%q does not survive its encoding", q)
		}
	})
}

func TestEqOn(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		`email eq "a"`:                            "a",
		`EMAIL eq "a"`:                            "a",
		`role eq "b" and email eq "a"`:            "a",
		`email ne "a"`:                            "",
		`email eq ""`:                             "",
		`role eq "a"`:                             "",
		`email eq "a" or role eq "b"`:             "",
		`not (email eq "a")`:                      "",
		`email eq "a" and (role eq "b" or id pr)`: "a",
	} {
		got, ok := eqOn(schema.MustParseFilter(filter), "email")
		assert.Equal(t, want, got, filter)
		assert.Equal(t, want != "", ok, filter)
	}
}

func testType(t testing.TB) (*schema.Type, []tagField) {
	field := func(pairs ...string) schema.Value {
		var members []schema.Member
		for i := 0; i < len(pairs); i += 2 {
			members = append(members, schema.Member{Name: pairs[i], Value: schema.StringValue(pairs[i+1])})
		}
		return schema.MembersValue(members...)
	}
	fields := builtinUser()
	tags, _ := discover(fields, userContainer, []schema.Value{
		field("key", "team", "type", "dropdown"), field("key", "skills", "type", "multiselect"),
		field("key", "on_site", "type", "checkbox", "tag", "here"), field("key", "hired", "type", "date"),
		field("key", "desk", "type", "integer"), field("key", "odd", "type", "from_the_future"),
	})
	typ, err := schema.NewType(ObjectUser, fields)
	require.NoError(t, err)
	return typ, tags
}

func FuzzDecodeUser(f *testing.F) {
	for _, s := range []string{
		`{"id":1,"name":"A","email":null,"active":true,"suspended":false,"tags":["a","here"],"user_fields":{"on_site":true,"hired":"2012-07-23T00:00:00Z"}}`,
		`{"id":"7","active":"true","tags":"a","user_fields":[]}`, `{"id":1,"active":false}`, `{"id":1e3}`, `[]`, `{"id":{"id":1}}`,
		`{"id":1,"user_fields":{"skills":["a",null,1,{}],"hired":"9999-12-31T23:59:59-12:00","desk":"x","odd":{"a":[1]}}}`,
		`{"id":1,"created_at":"yesterday","last_login_at":"2026-01-02T03:04:05+05:30","permanently_deleted":true}`,
	} {
		f.Add([]byte(s))
	}
	typ, tags := testType(f)
	d := &driver{known: &known{tags: map[string][]tagField{ObjectUser: tags}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := schema.ParseJSON(data)
		if err != nil {
			return
		}
		rec, err := d.decodeUser(typ, v)
		if err != nil {
			if rec != nil {
				t.Fatal("a record beside an error")
			}
			return
		}
		if rec.Integer("id") <= 0 || rec.Get(fieldEnabled).IsUnset() {
			t.Fatal("a record without an id, or that does not say whether it is usable")
		}
		for s, v := range rec.Values() {
			a := typ.Attribute(s)
			if err := a.CheckValue(v); err != nil {
				t.Fatalf("%s: %v", a.Name, err)
			}
			text, _ := v.Str()
			if a.Type == schema.Date && text != "" {
				if _, err := time.Parse(time.DateOnly, text); err != nil {
					t.Fatalf("%s is no day", text)
				}
			}
		}
		for _, tag := range rec.Strings("tags") {
			if containsFold(d.fieldTags(rec), tag) {
				t.Fatalf("the tag %q belongs to a field", tag)
			}
		}
	})
}

func FuzzReadRefusal(f *testing.F) {
	for _, s := range []string{
		`{"error":"RecordInvalid","details":{"email":[{"description":"x","error":"DuplicateValue"}]}}`,
		`{"error":{"title":"Forbidden","message":"x"}}`, `{"errors":[{"code":"InvalidPaginationDepth"}]}`, `"x"`, `[1]`, `{"details":{"base":{}}}`,
		`{"details":[{"error":"x"}]}`, `{"details":{"":[null]}}`, `<html>`, `{`,
	} {
		f.Add([]byte(s))
	}
	typ, _ := testType(f)
	d := &driver{auth: &authorizer{}}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, status := range []int{400, 401, 403, 404, 409, 422} {
			err := d.fail(&httpx.Error{Kind: httpx.KindStatus, Status: status, Body: data, Method: http.MethodPut}, request{typ: typ, byID: true, raises: true})
			e, ok := err.(*connector.Error)
			if !ok || e.Code == connector.Unknown || e.Field != "" && typ.Lookup(e.Field) == nil {
				t.Fatalf("status %d gave %#v", status, err)
			}
		}
	})
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2012-07-23T00:00:00Z": "2012-07-23", "2012-07-23T00:00:00+00:00": "2012-07-23", "2012-07-23": "2012-07-23", " 2012-07-23 ": "2012-07-23",
		"": "", "2012-13-01": "", "soon": "", "2012-07-23T25:00:00Z": "",
	} {
		got, ok := dateOf(in)
		if !ok {
			got = ""
		}
		assert.Equal(t, want, got, in)
	}
}

func TestReadRates(t *testing.T) {
	t.Parallel()
	answer := func(method, path string, status int, fields ...string) *http.Response {
		h := http.Header{}
		for i := 0; i < len(fields); i += 2 {
			h.Set(fields[i], fields[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Request: &http.Request{Method: method, URL: &url.URL{Path: path}}}
	}
	account := httpx.Limit{Bucket: httpx.AccountBucket, Total: 700, Remaining: 699}
	perUser := httpx.Limit{Total: 5, Remaining: 4, Reset: 53 * time.Second}
	second := httpx.Limit{Bucket: bucketUpdates, Total: 1, Window: time.Second}
	const own = "total=5; remaining=4; resets=53"
	for name, c := range map[string]struct {
		in   *http.Response
		want httpx.RateHint
	}{
		"nothing": {answer("GET", "/api/v2/users/1", 200), httpx.RateHint{}},
		"account": {answer("GET", "/api/v2/users/1", 200, "X-Rate-Limit", "700", "X-Rate-Limit-Remaining", "699"), httpx.RateHint{Limits: []httpx.Limit{account}}},
		"newer names with reset": {answer("GET", "/api/v2/users", 200, "ratelimit-limit", "700", "ratelimit-remaining", "699", "ratelimit-reset", "41"),
			httpx.RateHint{Limits: []httpx.Limit{{Bucket: httpx.AccountBucket, Total: 700, Remaining: 699, Reset: 41 * time.Second}}}},
		"odd numbers": {answer("GET", "/api/v2/users", 200, "X-Rate-Limit", "many", "X-Rate-Limit-Remaining", "-1"), httpx.RateHint{}},
		"update":      {answer("PUT", "/api/v2/users/1", 200, headerUpdates, own), httpx.RateHint{Limits: []httpx.Limit{perUser, second}}},
		"identity":    {answer("PUT", "/api/v2/users/1/identities/2", 200, headerUpdates, own), httpx.RateHint{}},
		"odd update":  {answer("PUT", "/api/v2/users/1", 200, headerUpdates, "total=0; remaining"), httpx.RateHint{}},
		"account is used up": {answer("PUT", "/api/v2/users/1", 429, "X-Rate-Limit", "700", "X-Rate-Limit-Remaining", "0", "Retry-After", "30"),
			httpx.RateHint{Bucket: httpx.AccountBucket, Limits: []httpx.Limit{{Bucket: httpx.AccountBucket, Total: 700}}}},
		"user is used up": {answer("PUT", "/api/v2/users/1", 429, headerUpdates, "total=5; remaining=0; resets=30", "Retry-After", "30"),
			httpx.RateHint{Limits: []httpx.Limit{{Total: 5, Reset: 30 * time.Second}, second}}},
		"second is used up":  {answer("PUT", "/api/v2/users/1", 429, headerUpdates, own, "Retry-After", "1"), httpx.RateHint{Bucket: bucketUpdates, Limits: []httpx.Limit{perUser, second}}},
		"nobody knows which": {answer("PUT", "/api/v2/users/1", 429, "Retry-After", "53"), httpx.RateHint{}},
	} {
		assert.Equal(t, c.want, readRates(c.in), name)
	}
}
