package freshservice

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
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
		"ada":                  "'ada'",
		"ada+tag@example.com":  "'ada+tag@example.com'",
		"Ünal & Söhne (a) 50%": "'Ünal & Söhne (a) 50%'",
		"a OR b:c ~[d]":        "'a OR b:c ~[d]'",
		"山田":                   "'山田'",
		"":                     "",
		"O'Brien":              "",
		`say "x"`:              "",
		`a\b`:                  "",
		"a\nb":                 "",
		"a\x00b":               "",
		"a\u0085b":             "",
		"a\u2028b":             "",
		"a\xffb":               "",
		" a":                   "",
		"a\u00a0":              "",
	} {
		got, ok := quoteValue(in)
		assert.Equal(t, want, got, "%q", in)
		assert.Equal(t, want != "", ok, "%q", in)
	}
}

func testType(t testing.TB) *schema.Type {
	fields := builtinRequester()
	discovered(ObjectRequester, fields, []schema.Value{
		schema.MembersValue(
			schema.Member{Name: "name", Value: schema.StringValue("badge_color")},
			schema.Member{Name: "type", Value: schema.StringValue("custom_dropdown")},
		),
	})
	typ, err := schema.NewType(ObjectRequester, fields)
	require.NoError(t, err)
	return typ
}

func TestRenderQuery(t *testing.T) {
	t.Parallel()
	typ := testType(t)
	for filter, want := range map[string]string{
		`first_name eq "Ada"`:                                          `"first_name:'Ada'"`,
		`first_name sw "Ad"`:                                           `"~[first_name]:'Ad'"`,
		`department_ids eq 42`:                                         `"department_id:42"`,
		`custom_fields.badge_color eq "red"`:                           `"badge_color:'red'"`,
		`first_name eq "a" and last_name eq "b"`:                       `"first_name:'a' AND last_name:'b'"`,
		`(first_name eq "a" or last_name eq "b") and job_title eq "c"`: `"(first_name:'a' OR last_name:'b') AND job_title:'c'"`,
		`first_name eq "a" or last_name eq "b" and job_title eq "c"`:   `"first_name:'a' OR last_name:'b' AND job_title:'c'"`,
		// What cannot be said is left out of an and: the answer is filtered again.
		`first_name eq "O'Brien" and job_title eq "c"`:                 `"job_title:'c'"`,
		`(first_name co "x" or job_title eq "b") and job_title eq "c"`: `"job_title:'c'"`,
		`first_name co "x" and job_title eq "b" or last_name eq "c"`:   `"job_title:'b' OR last_name:'c'"`,
		`first_name co "x" or job_title eq "b"`:                        "",
		`first_name co "x" and id eq 4`:                                "",
		`updated_at ge "2026-03-04T23:30:00-02:00"`:                    `"updated_at:>'2026-03-05'"`,
		`updated_at lt "2026-03-04T00:00:00Z"`:                         `"updated_at:<'2026-03-05'"`,
		`first_name eq "O'Brien"`:                                      "",
		`external_id eq "x"`:                                           `"external_id:'x'"`, // the Target has turned it away before
		`first_name co "x"`:                                            "",
		`id eq 4`:                                                      "",
		`department_ids eq 4.5`:                                        "",
		`job_title sw "x"`:                                             "",
		`updated_at ge "0000-01-01T00:00:00Z"`:                         "",
		`not (first_name eq "a")`:                                      "",
		`first_name eq "` + strings.Repeat("x", 497) + `"`:             `"first_name:'` + strings.Repeat("x", 497) + `'"`,
		`first_name eq "` + strings.Repeat("x", 498) + `"`:             "", // 513 characters
	} {
		got, err := renderQuery(typ, schema.MustParseFilter(filter))
		assert.Equal(t, want, got, filter)
		if want == "" {
			assert.ErrorIs(t, err, connector.Unsupported, filter)
		}
	}
}

// unquote reads a rendered query as the vendor documents it: it finds the text
// between single quotes, and fails where the value does not end with the query.
func unquote(q, field string) (string, bool) {
	rest, ok := strings.CutPrefix(q, `"`+field+`:'`)
	if !ok {
		return "", false
	}
	value, tail, ok := strings.Cut(rest, "'")
	return value, ok && tail == `"`
}

func FuzzQueryValue(f *testing.F) {
	for _, s := range []string{"ada", "O'Brien", `"`, `\`, "'", "' OR id:1 OR name:'", "a\nb", "a\x00", "é", "\xff", `x" OR "`, "~[a|b]:'c'", " ", "\u2028"} {
		f.Add(s)
	}
	typ := testType(f)
	f.Fuzz(func(t *testing.T, s string) {
		q, err := renderQuery(typ, &schema.Compare{Path: schema.Path{Attr: "first_name"}, Op: schema.Eq, Value: schema.StringValue(s)})
		if err != nil {
			if q != "" {
				t.Fatal("a query beside an error")
			}
			return
		}
		got, ok := unquote(q, "first_name")
		if !ok || got != s {
			t.Fatalf("%q became %s", s, q)
		}
		if strings.ContainsFunc(q, unicode.IsControl) || strings.Count(q, "'") != 2 || strings.Count(q, `"`) != 2 || strings.Contains(q, `\`) {
			t.Fatalf("%q leaves its quotes in %s", s, q)
		}
		// It is encoded once more on its way, and comes out as it went in.
		back, err := url.ParseQuery(url.Values{"query": {q}}.Encode())
		if err != nil || back.Get("query") != q {
			t.Fatalf("%q does not survive the URL", q)
		}
	})
}

func FuzzFreshserviceJSON(f *testing.F) {
	for _, s := range []string{
		`{"requester":{"id":21000049726,"first_name":"Ada","secondary_emails":"","department_ids":["7",8],"custom_fields":{"badge_color":null}}}`,
		`{"requesters":[{"id":1},{"id":"2","active":"true","created_at":"2026-01-02T03:04:05+05:30"}]}`,
		`{"requesters":{"id":3}}`,
		`{"agent":{"id":4,"email":"a@example.com"}}`,
		`{"requester_fields":[{"name":"x","type":"custom_dropdown","choices":[{"value":"a"},["b",1],"c",{"x":1}]},{"name":"language","type":"default_language","default":true,"choices":{"en":"English"}}]}`,
		`{"description":"Validation failed","errors":[{"field":"email","message":"[\"x\"]","code":"duplicate_value"}]}`,
		`{"code":"invalid_credentials","message":"x"}`,
		`{"errors":{"field":["a"],"code":{}}}`,
		`[]`, `null`, `{`, ``, `{"a":{"a":{"a":{}}}}`, `{"id":1e999}`,
	} {
		f.Add([]byte(s))
	}
	typ := testType(f)
	fixed, err := newFixedTypes(false)
	if err != nil {
		f.Fatal(err)
	}
	d := &driver{types: fixed}
	f.Fuzz(func(t *testing.T, data []byte) {
		readRefusal(data)
		_ = fail(&httpx.Error{Kind: httpx.KindStatus, Status: 400, Body: data}, request{typ: typ})
		body, err := schema.ParseJSON(data)
		if err != nil {
			return
		}
		found := slices.Collect(body.Member("requester_fields").Elements())
		for object, fields := range map[string]schema.Fields{ObjectRequester: builtinRequester(), ObjectAgent: builtinAgent()} {
			discovered(object, fields, found)
			if _, err := schema.NewType(object, fields); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := schema.NewType(ObjectRequester, builtinRequester()); err != nil {
			t.Fatalf("discovered fields make no type: %v", err)
		}
		v, _, err := unwrap(http.MethodGet, &httpx.Response{Body: data}, requesters)
		if err != nil {
			return
		}
		if rec, err := decode(typ, v); err == nil {
			for s, v := range rec.Values() {
				if err := typ.Attribute(s).CheckValue(v); err != nil {
					t.Fatalf("a value does not fit its field: %v", err)
				}
			}
			again, err := decode(typ, connector.RecordBody(rec))
			if err != nil || !again.Equal(rec) {
				t.Fatal("a decoded record does not decode to itself")
			}
		}
		_, _ = d.userRecord(v, false)
	})
}

func TestNextPage(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]int{
		``: 0,
		`<https://acme.freshservice.com/api/v2/requesters?page=3&per_page=100>; rel="next"`: 3,
		`<https://x/?per_page=100&page=7>;rel=next`:                                         7,
		`<https://x/?page=1>; rel="prev"`:                                                   0,
		`<https://x/?page=1>; rel="prev", <https://x/?page=3>; rel="next"`:                  3,
		`<https://x/?page=2>; rel="next"`:                                                   3, // not ahead: counted on
		`<https://x/?cursor=abc>; title="a"; rel="NEXT"`:                                    3,
		`nonsense; rel="next"`:                                                              0,
	} {
		h := http.Header{}
		if link != "" {
			h.Set("Link", link)
		}
		assert.Equal(t, want, nextPage(h, 2), link)
	}
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2016-04-20":                "2016-04-20",
		"2016-04-20T00:00:00Z":      "2016-04-20", // Greenwich
		"2016-04-19T18:30:00Z":      "2016-04-20", // India
		"2016-04-19T22:00:00Z":      "2016-04-20", // Berlin
		"2016-04-19T12:00:00Z":      "2016-04-20", // Auckland
		"2016-04-19T11:00:00Z":      "2016-04-20", // Auckland in summer
		"2016-04-20T05:00:00.000Z":  "2016-04-20", // New York
		"2016-04-20T10:00:00Z":      "2016-04-20", // Honolulu
		"2016-04-20T00:00:00+05:30": "2016-04-20",
		"2015-12-31T18:30:00Z":      "2016-01-01",
		"9999-12-31T23:00:00Z":      "",
		"20 April 2016":             "",
		"":                          "",
	} {
		got, ok := dateOf(in)
		assert.Equal(t, want, got, in)
		assert.Equal(t, want != "", ok, in)
	}
}
