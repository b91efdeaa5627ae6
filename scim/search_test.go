package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

const searchURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

// A search says in its body what a GET says in its query, and gets the same
// answer.
func TestSearch_AnswersAsGET(t *testing.T) {
	t.Parallel()
	h, _ := pager(t, 7, func(o *scim.Options) { o.DefaultCount = 5 })
	for body, query := range map[string]string{
		`{}`:                          "",
		`{"filter":"active eq true"}`: "filter=" + url.QueryEscape("active eq true"),
		`{"FILTER":"id eq \"3\"","attributes":["userName","emails.value"]}`:             "filter=" + url.QueryEscape(`id eq "3"`) + "&attributes=userName,emails.value",
		`{"excludedAttributes":["emails","urn:none:x"],"startIndex":3,"count":2}`:       "excludedAttributes=emails&startIndex=3&count=2",
		`{"sortBy":"userName","sortOrder":"descending","startIndex":-5,"count":100000}`: "sortBy=userName&sortOrder=descending&startIndex=-5&count=100000",
		`{"count":0}`:  "count=0",
		`{"count":-1}`: "count=-1",
		`{"filter":null,"attributes":[],"startIndex":null,"unknown":{"a":1}}`: "",
		`{"sortBy":"title","count":3,"sortOrder":""}`:                         "sortBy=title&count=3",
	} {
		for _, path := range []string{"/Users", "/"} {
			got := do(t, h, "POST", strings.TrimSuffix(path, "/")+"/.search", `{"schemas":["`+searchURN+`"],`+strings.TrimPrefix(body, "{"))
			if body == `{}` {
				got = do(t, h, "POST", strings.TrimSuffix(path, "/")+"/.search", `{"schemas":["`+searchURN+`"]}`)
			}
			want := do(t, h, "GET", path+"?"+query, "")
			require.Equal(t, 200, want.Code, want.Body.String())
			require.Equal(t, 200, got.Code, got.Body.String())
			assert.JSONEq(t, want.Body.String(), got.Body.String(), body)
		}
	}
}

func TestSearch_ByCursor(t *testing.T) {
	t.Parallel()
	h, _ := pager(t, 3, nil)
	for _, path := range []string{"/Users/.search", "/.search"} {
		a := do(t, h, "POST", path, `{"schemas":["`+searchURN+`"],"cursor":"","count":2}`)
		require.Equal(t, []string{"1", "2"}, ids(a))
		require.NotEmpty(t, next(a))
		a = do(t, h, "POST", path, fmt.Sprintf(`{"schemas":[%q],"cursor":%q,"count":2}`, searchURN, next(a)))
		assert.Equal(t, []string{"3"}, ids(a))
		assert.Empty(t, next(a))
		assert.Contains(t, do(t, h, "POST", path, `{"schemas":["`+searchURN+`"],"cursor":null}`).body, "startIndex", "null is no cursor")
		requireError(t, do(t, h, "POST", path, `{"schemas":["`+searchURN+`"],"cursor":"x"}`), 400, "invalidCursor")
		requireError(t, do(t, h, "POST", path, `{"schemas":["`+searchURN+`"],"cursor":"","count":1.5}`), 400, "invalidCount")
	}
}

func TestSearch_Refused(t *testing.T) {
	t.Parallel()
	h, s := pager(t, 1, strict)
	s.Calls = nil
	for member, c := range map[string]struct {
		scimType, words string
	}{
		`"startIndex":"2"`:               {"invalidValue", "startIndex"},
		`"count":"2"`:                    {"invalidValue", "count"},
		`"count":2.5`:                    {"invalidValue", "count"},
		`"count":true`:                   {"invalidValue", "count"},
		`"startIndex":[1]`:               {"invalidValue", "startIndex"},
		`"filter":5`:                     {"invalidValue", "filter"},
		`"filter":["id pr"]`:             {"invalidValue", "filter"},
		`"filter":"id"`:                  {"invalidFilter", ""},
		`"filter":"nope pr"`:             {"invalidFilter", "nope"},
		`"filter":"password pr"`:         {"invalidFilter", "password"},
		`"attributes":"id,userName"`:     {"invalidValue", "attributes"},
		`"excludedAttributes":{"a":"b"}`: {"invalidValue", "excludedAttributes"},
		`"attributes":["id"],"excludedAttributes":["emails"]`: {"invalidValue", "attributes"},
		`"sortBy":["id"]`:                {"invalidValue", "sortBy"},
		`"sortBy":"nope"`:                {"invalidValue", "nope"},
		`"sortOrder":"up","sortBy":"id"`: {"invalidValue", "sortOrder"},
		`"cursor":5`:                     {"invalidValue", "cursor"},
		`"cursor":"","startIndex":2`:     {"invalidValue", "startIndex"},
		`"count":1,"Count":2`:            {"invalidSyntax", "Count"},
	} {
		for _, path := range []string{"/Users/.search", "/.search"} {
			requireError(t, do(t, h, "POST", path, `{"schemas":["`+searchURN+`"],`+member+`}`), 400, c.scimType, c.words)
		}
	}
	for body, scimType := range map[string]string{
		``: "invalidSyntax", `{`: "invalidSyntax", `[]`: "invalidSyntax", `{}`: "invalidSyntax",
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`: "invalidSyntax",
	} {
		requireError(t, do(t, h, "POST", "/Users/.search", body), 400, scimType)
	}
	requireError(t, do(t, h, "POST", "/Users/.search", `{"schemas":["`+searchURN+`"]}`, "Content-Type", "text/plain"), 415, "")
	assert.Empty(t, s.Calls)
	small, _ := people(t, 0, func(o *scim.Options) { o.MaxBody = 100 })
	requireError(t, do(t, small, "POST", "/.search", `{"filter":"`+strings.Repeat("x", 100)+`"}`), 413, "")
}

// The same but for what lenient clients send.
func TestSearch_Repaired(t *testing.T) {
	t.Parallel()
	h, s := pager(t, 4, nil)
	for body, repairs := range map[string][]string{
		`{"startIndex":3,"count":1}`:                                                                              {"missingSchemas"},
		`{"schemas":["` + searchURN + `"],"startIndex":"3","count":"1"}`:                                          {"textParameters"},
		`{"schemas":["` + searchURN + `"],"startIndex":3,"count":1,"attributes":"userName, title"}`:               {"textParameters"},
		`{"schemas":["` + searchURN + `"],"startIndex":2,"count":1,"filter":"id eq \"1\" or active eq \"True\""}`: {"stringBooleans"},
		`{"schemas":"` + strings.ToUpper(searchURN) + `","startIndex":3,"count":1,"filter":"userName sw \"p\""}`:  nil,
	} {
		a := do(t, h, "POST", "/Users/.search", body)
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, []string{"3"}, ids(a), body)
		assert.Equal(t, repairs, s.LastQuery.Repairs, body)
	}
}

func TestSearch_ReadOnly(t *testing.T) {
	t.Parallel()
	_, s := people(t, 2, nil)
	h := newHandler(t, s, func(o *scim.Options) {
		o.Auth = scim.AuthFunc(func(r *http.Request) (context.Context, error) {
			return scim.WithPrincipal(r.Context(), scim.Principal{Name: "reader", ReadOnly: true}), nil
		})
	})
	for _, path := range []string{"/Users/.search", "/.search"} {
		assert.Equal(t, 2.0, do(t, h, "POST", path, `{"schemas":["`+searchURN+`"]}`).get("totalResults"))
	}
	requireError(t, do(t, h, "POST", "/Users", `{}`), 403, "")
}

// What is in the URL of a search does not count.
func TestSearch_NoParametersInTheURL(t *testing.T) {
	t.Parallel()
	h, _ := people(t, 3, nil)
	a := do(t, h, "POST", "/Users/.search?count=1&filter=nonsense", `{"schemas":["`+searchURN+`"]}`)
	assert.Equal(t, []string{"1", "2", "3"}, ids(a))
	var list struct{ Schemas []string }
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &list))
	assert.Equal(t, []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, list.Schemas)
}
