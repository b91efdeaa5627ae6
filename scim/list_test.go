package scim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// people is a handler with that many users, p1@example.com and so on.
func people(t testing.TB, n int, change func(*scim.Options)) (*scim.Handler, *teststore.Store) {
	t.Helper()
	s := teststore.New(t)
	h := newHandler(t, s, change)
	for i := range n {
		a := do(t, h, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"p%d@example.com","active":%t,"title":"T%d",
			"emails":[{"value":"P%d@example.com","type":"work","primary":true}],"password":"x"}`, userURN, i+1, i%2 == 0, i/2, i+1))
		require.Equal(t, 201, a.Code, a.Body.String())
	}
	return h, s
}

func ids(a answer) []string {
	out := []string{}
	for _, r := range a.get("Resources").([]any) {
		out = append(out, r.(object)["id"].(string))
	}
	return out
}

func TestList_Paging(t *testing.T) {
	t.Parallel()
	h, _ := people(t, 5, func(o *scim.Options) { o.DefaultCount, o.MaxCount = 3, 4 })
	for query, c := range map[string]struct {
		ids   []string
		start float64
	}{
		"":                                     {[]string{"1", "2", "3"}, 1},
		"startIndex=1&count=2":                 {[]string{"1", "2"}, 1},
		"startIndex=3&count=2":                 {[]string{"3", "4"}, 3},
		"startIndex=5&count=2":                 {[]string{"5"}, 5},
		"startIndex=6&count=2":                 {[]string{}, 6},
		"count=0":                              {[]string{}, 1},
		"count=-1":                             {[]string{}, 1},
		"count=100":                            {[]string{"1", "2", "3", "4"}, 1},
		"count=99999999999999999999999":        {[]string{"1", "2", "3", "4"}, 1},
		"startIndex=0":                         {[]string{"1", "2", "3"}, 1},
		"startIndex=-99999999999999999999999":  {[]string{"1", "2", "3"}, 1},
		"startindex=2&COUNT=1":                 {[]string{"2"}, 2},
		"count=&startIndex=":                   {[]string{"1", "2", "3"}, 1},
		"unknown=x&aadOptscim062020&=":         {[]string{"1", "2", "3"}, 1},
		"sortBy=userName&sortOrder=descending": {[]string{"1", "2", "3"}, 1},
	} {
		a := do(t, h, "GET", "/Users?"+query, "")
		require.Equal(t, 200, a.Code, query)
		assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, a.get("schemas"))
		assert.Equal(t, c.ids, ids(a), query)
		assert.Equal(t, 5.0, a.get("totalResults"), query)
		assert.Equal(t, c.start, a.get("startIndex"), query)
		assert.Equal(t, float64(len(c.ids)), a.get("itemsPerPage"), query)
	}
	assert.Equal(t, float64(1<<31-1), do(t, h, "GET", "/Users?startIndex=99999999999999999999", "").get("startIndex"))
	for _, query := range []string{"count=x", "startIndex=1.5", "count=1e2", "count=%zz", "attributes=%"} {
		requireError(t, do(t, h, "GET", "/Users?"+query, ""), 400, "invalidValue", strings.SplitN(query, "=", 2)[0])
	}
	empty := do(t, h, "GET", "/Groups", "")
	assert.Equal(t, []any{}, empty.get("Resources"))
	assert.Equal(t, 0.0, empty.get("totalResults"))
}

func TestList_Filter(t *testing.T) {
	t.Parallel()
	h, s := people(t, 4, nil)
	for filter, c := range map[string]struct {
		ids     []string
		repairs []string
		strict  bool // strict refuses it
	}{
		`userName eq "p2@example.com"`:                                 {[]string{"2"}, nil, false},
		`USERNAME Eq "P2@EXAMPLE.COM"`:                                 {[]string{"2"}, nil, false},
		`id eq "3"`:                                                    {[]string{"3"}, nil, false},
		`active eq true`:                                               {[]string{"1", "3"}, nil, false},
		`title eq "T1" and active eq false`:                            {[]string{"4"}, nil, false},
		`not (title eq "T1") or id eq "3"`:                             {[]string{"1", "2", "3"}, nil, false},
		`emails co "p1@"`:                                              {[]string{"1"}, nil, false},
		`emails[type eq "work" and value eq "p1@example.com"]`:         {[]string{"1"}, nil, false},
		`emails[type eq "work"].value eq "p1@example.com"`:             {[]string{"1"}, []string{"filterBehindValuePath"}, true},
		`not (emails[type eq "work"].value eq "p1@example.com")`:       {[]string{"2", "3", "4"}, []string{"filterBehindValuePath"}, true},
		`active eq "True"`:                                             {[]string{"1", "3"}, []string{"stringBooleans"}, true},
		`emails[primary eq "True" and value sw "p2@"]`:                 {[]string{"2"}, []string{"stringBooleans"}, true},
		`emails[primary eq "false"].value pr or active eq "FALSE"`:     {[]string{"2", "4"}, []string{"stringBooleans", "filterBehindValuePath"}, true},
		`meta.resourceType eq "nope"`:                                  {[]string{}, nil, false},
		`meta.resourceType eq "User" and id eq "2"`:                    {[]string{"2"}, nil, false},
		`meta.created gt "2026-01-02T03:04:07Z"`:                       {[]string{"3", "4"}, nil, false},
		userURN + `:userName eq "p2@example.com"`:                      {[]string{"2"}, nil, false},
		entURN + `:department eq "x"`:                                  {[]string{}, nil, false},
		`userName eq "p2@example.com" or ` + entURN + `:department pr`: {[]string{"2"}, nil, false},
		`userName pr`:      {[]string{"1", "2", "3", "4"}, nil, false},
		`nickName eq null`: {[]string{"1", "2", "3", "4"}, nil, false},
	} {
		for _, encoded := range []string{url.QueryEscape(filter), url.PathEscape(filter)} {
			a := do(t, h, "GET", "/Users?filter="+encoded, "")
			require.Equal(t, 200, a.Code, "%s: %s", filter, a.Body)
			assert.Equal(t, c.ids, ids(a), filter)
			assert.Equal(t, float64(len(c.ids)), a.get("totalResults"))
			assert.Equal(t, c.repairs, s.LastQuery.Repairs, filter)
			_, err := teststore.Types(t).ByName("User").Type.Match(s.LastQuery.Filter.Filter())
			assert.NoError(t, err, "%s: what is handed on needs no repair", filter)
		}
		a := do(t, newHandler(t, s, strict), "GET", "/Users?filter="+url.QueryEscape(filter), "")
		if c.strict {
			requireError(t, a, 400, "invalidFilter")
		} else {
			assert.Equal(t, c.ids, ids(a), filter)
		}
	}
}

// Some clients send the parameter without a value.
func TestList_EmptyFilter(t *testing.T) {
	t.Parallel()
	h, s := people(t, 3, nil)
	for _, query := range []string{"filter=", "filter", "filter=%20", "filter=+", "filter=&count=100", "filter=&filter="} {
		a := do(t, h, "GET", "/Users?"+query, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, 3.0, a.get("totalResults"), query)
		assert.Nil(t, s.LastQuery.Filter)
		assert.Equal(t, 200, do(t, h, "GET", "/Schemas?"+query, "").Code, query)
	}
	assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter=&filter=id+eq+%221%22&filter=id+pr", "").get("totalResults"))
	assert.Equal(t, 1.0, do(t, h, "GET", "/Users?fil%74er=id+eq+%221%22", "").get("totalResults"), "names are percent-encoded, too")
}

// Entra ID asks whether a reference has the value that it is about to write.
func TestList_BareExtension(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	a := do(t, h, "POST", "/Users", `{"userName":"a","`+scim.EnterpriseUserURN+`":{"manager":{"value":"7"},"department":"Math"}}`)
	require.Equal(t, 201, a.Code, a.Body.String())
	for filter, total := range map[string]float64{
		`id eq "1" and manager eq "7"`:               1,
		`id eq "1" and manager eq "8"`:               0,
		`manager.value eq "7"`:                       1,
		`not (Manager.value eq "7")`:                 0,
		`id eq "2" or department eq "math"`:          1,
		`custom_fields.shift pr or title pr`:         0,
		scim.EnterpriseUserURN + `:manager eq "7"`:   1,
		`(id eq "1" or id eq "2") and department pr`: 1,
	} {
		a := do(t, h, "GET", "/Users?attributes=id&filter="+url.QueryEscape(filter), "")
		require.Equal(t, 200, a.Code, filter, a.Body.String())
		assert.Equal(t, total, a.get("totalResults"), filter)
		assert.Equal(t, strings.Contains(strings.ToLower(filter), "manager") && !strings.HasPrefix(filter, "urn:") || strings.Contains(filter, "department"),
			slices.Contains(s.LastQuery.Repairs, "bareExtension"), filter)
	}
	strict := newHandler(t, s, func(o *scim.Options) { o.Profile = scim.ProfileStrict() })
	requireError(t, do(t, strict, "GET", "/Users?filter=manager+eq+%227%22", ""), 400, "invalidFilter", "manager")
}

func TestList_FilterRefused(t *testing.T) {
	t.Parallel()
	h, s := people(t, 1, nil)
	s.Calls = nil
	for filter, words := range map[string]string{
		`userName`:                               "early",
		`userName eq`:                            "early",
		`userName xx "a"`:                        "xx",
		`userName eq a`:                          "JSON string",
		`userName eq “a”`:                        "quotes",
		`nope eq "a"`:                            "nope",
		`name.nope eq "a"`:                       "name.nope",
		`nope[type eq "a"]`:                      "nope",
		`active gt true`:                         "active",
		`active eq "maybe"`:                      "active",
		`active eq 1`:                            "active",
		`userName eq 5`:                          "userName",
		`name eq "x"`:                            "name",
		`meta.created eq "yesterday"`:            "meta.created",
		`password eq "x"`:                        "password",
		`title eq "a" and not (password sw "x")`: "password",
		`userName eq "a" b`:                      "b",
		`(userName eq "a"`:                       "early",
		strings.Repeat("(", 100) + `userName pr` + strings.Repeat(")", 100): "deep",
		`userName eq "` + strings.Repeat("a", 5000) + `"`:                   "4096",
		strings.Repeat(`id pr or `, 250) + `id pr`:                          "200",
	} {
		a := do(t, h, "GET", "/Users?filter="+url.QueryEscape(filter), "")
		requireError(t, a, 400, "invalidFilter", words)
	}
	assert.Empty(t, s.Calls)
	short := newHandler(t, s, func(o *scim.Options) { o.MaxFilterLength = 10 })
	requireError(t, do(t, short, "GET", "/Users?filter=id+eq+%22123456%22", ""), 400, "invalidFilter", "10")
	requireError(t, do(t, h, "GET", "/Users?filter=id+eq+%2", ""), 400, "invalidValue", "filter")
}

func TestList_ExactTotals(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	for _, c := range []struct {
		change func(*scim.Options)
		want   bool
	}{
		{nil, false},
		{strict, true},
		{func(o *scim.Options) { o.ExactTotals = true }, true},
	} {
		do(t, newHandler(t, s, c.change), "GET", "/Users", "")
		assert.Equal(t, c.want, s.LastQuery.ExactTotal)
	}
}
