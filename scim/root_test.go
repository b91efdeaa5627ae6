package scim_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// asked is a backend that remembers the queries.
type asked struct {
	*teststore.Store
	queries []string // type, startIndex, count, by cursor
	filters []string
	// atMost bounds the pages, guess hides totals until the end has been seen.
	atMost int
	guess  bool
}

func (b *asked) List(ctx context.Context, typ string, q scim.Query) (*scim.Page, error) {
	how := ""
	if q.ByCursor {
		how = " by cursor"
	}
	b.queries = append(b.queries, fmt.Sprintf("%s %d %d%s", typ, q.StartIndex, q.Count, how))
	filter := ""
	if q.Filter != nil {
		filter = q.Filter.String()
	}
	b.filters = append(b.filters, filter)
	if b.atMost > 0 {
		q.Count = min(q.Count, b.atMost)
	}
	page, err := b.Store.List(ctx, typ, q)
	if err == nil && b.guess {
		if seen := q.StartIndex - 1 + len(page.Resources); !q.ByCursor && seen < page.Total || page.Next != "" {
			page.Total, page.Exact = seen+1, false
		}
	}
	return page, err
}

// mixed is a handler with the users 1 to 4 and the groups 5 to 7, made in turn.
func mixed(t testing.TB, f scim.Features, change func(*scim.Options)) (*scim.Handler, *asked) {
	t.Helper()
	b := &asked{Store: teststore.New(t).With(f)}
	h := newHandler(t, b, change)
	for i, name := range []string{"dora", "Bob", "carl", "ann"} {
		body := fmt.Sprintf(`{"schemas":[%q],"userName":%q,"displayName":%q,"active":%t,"title":"T","password":"x"}`, userURN, name, strings.ToUpper(name), i%2 == 0)
		require.Equal(t, 201, do(t, h, "POST", "/Users", body).Code)
	}
	for _, name := range []string{"Crew", "ANNEX", "zoo"} {
		body := fmt.Sprintf(`{"schemas":[%q],"displayName":%q,"members":[{"value":"1"}]}`, groupURN, name)
		require.Equal(t, 201, do(t, h, "POST", "/Groups", body).Code)
	}
	b.queries, b.filters = nil, nil
	return h, b
}

func TestRoot_AllTypesInTheirOwnShape(t *testing.T) {
	t.Parallel()
	h, _ := mixed(t, scim.Features{}, nil)
	for _, path := range []string{"", "/"} {
		a := do(t, h, "GET", path, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, a.get("schemas"))
		assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7"}, ids(a))
		assert.Equal(t, 7.0, a.get("totalResults"))
		assert.Equal(t, 7.0, a.get("itemsPerPage"))
		assert.Equal(t, 1.0, a.get("startIndex"))
		list := a.get("Resources").([]any)
		for i, endpoint := range map[int]string{0: "/Users/1", 6: "/Groups/7"} {
			assert.Equal(t, do(t, h, "GET", endpoint, "").body, list[i])
		}
	}
	a := do(t, h, "GET", "/?attributes=userName,members.value,nope", "")
	list := a.get("Resources").([]any)
	assert.Equal(t, object{"schemas": []any{userURN}, "id": "1", "userName": "dora"}, list[0])
	assert.Equal(t, object{"schemas": []any{groupURN}, "id": "5", "members": []any{object{"value": "1"}}}, list[4])
	a = do(t, h, "GET", "/?count=1&startIndex=5&excludedAttributes=members,meta,displayName", "")
	assert.Equal(t, []any{object{"schemas": []any{groupURN}, "id": "5"}}, a.get("Resources"))
	requireError(t, do(t, h, "GET", "/?attributes=id&excludedAttributes=meta", ""), 400, "invalidValue")
	head := do(t, h, "HEAD", "/", "")
	assert.Equal(t, 200, head.Code)
	assert.Zero(t, head.Body.Len())
}

func TestRoot_PagingByIndex(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{}, func(o *scim.Options) { o.MaxCount = 6 })
	for query, c := range map[string]struct{ ids, queries []string }{
		"startIndex=1&count=3": {[]string{"1", "2", "3"}, []string{"User 1 3", "Group 1 0"}},
		"startIndex=3&count=4": {[]string{"3", "4", "5", "6"}, []string{"User 3 4", "Group 1 2"}},
		"startIndex=4&count=1": {[]string{"4"}, []string{"User 4 1", "Group 1 0"}},
		"startIndex=5&count=2": {[]string{"5", "6"}, []string{"User 5 2", "Group 1 2"}},
		"startIndex=7&count=9": {[]string{"7"}, []string{"User 7 6", "Group 3 6"}},
		"startIndex=8":         {[]string{}, []string{"User 8 6", "Group 4 6"}},
		"count=0":              {[]string{}, []string{"User 1 0", "Group 1 0"}},
		"":                     {[]string{"1", "2", "3", "4", "5", "6"}, []string{"User 1 6", "Group 1 2"}},
	} {
		b.queries = nil
		a := do(t, h, "GET", "/?"+query, "")
		assert.Equal(t, c.ids, ids(a), query)
		assert.Equal(t, 7.0, a.get("totalResults"), query)
		assert.Equal(t, c.queries, b.queries, query)
	}
}

// Pages join without gaps also where the backend gives fewer than asked for, and
// where it does not know its totals before the end.
func TestRoot_PagesJoin(t *testing.T) {
	t.Parallel()
	all := []string{"1", "2", "3", "4", "5", "6", "7"}
	for _, b := range []asked{{}, {atMost: 1}, {atMost: 3}, {guess: true}, {atMost: 2, guess: true}} {
		for count := 1; count <= 8; count++ {
			name := fmt.Sprintf("at most %d, guess %t, count %d", b.atMost, b.guess, count)
			h, backend := mixed(t, scim.Features{Cursor: true}, nil)
			backend.atMost, backend.guess = b.atMost, b.guess
			var got []string
			for total := 1.0; float64(len(got)) < total; {
				a := do(t, h, "GET", fmt.Sprintf("/?startIndex=%d&count=%d", len(got)+1, count), "")
				require.Equal(t, 200, a.Code)
				require.NotEmpty(t, ids(a), name)
				got = append(got, ids(a)...)
				total = a.get("totalResults").(float64)
			}
			assert.Equal(t, all, got, name)
			pages := walk(t, h, fmt.Sprintf("/?count=%d", count), nil)
			assert.Equal(t, all, slices.Concat(pages...), name)
			assert.NotEmpty(t, pages[len(pages)-1], "%s: the last page has a resource", name)
		}
	}
}

func TestRoot_ByCursor(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{Cursor: true}, nil)
	a := do(t, h, "GET", "/?cursor=&count=3", "")
	assert.Equal(t, []string{"1", "2", "3"}, ids(a))
	assert.Equal(t, 7.0, a.get("totalResults"))
	assert.NotContains(t, a.body, "startIndex")
	assert.Equal(t, []string{"User 1 3 by cursor", "Group 1 0"}, b.queries)
	b.queries = nil
	a = do(t, h, "GET", "/?count=3&cursor="+next(a), "")
	assert.Equal(t, []string{"4", "5", "6"}, ids(a))
	assert.Equal(t, []string{"User 1 3 by cursor", "Group 1 2 by cursor"}, b.queries)
	b.queries = nil
	cursor := next(a)
	a = do(t, h, "GET", "/?count=3&cursor="+cursor, "")
	assert.Equal(t, []string{"7"}, ids(a))
	assert.Empty(t, next(a))
	assert.Equal(t, []string{"User 1 0", "Group 1 3 by cursor"}, b.queries)
	a = do(t, h, "GET", "/?count=4&cursor=", "")
	assert.Equal(t, []string{"5", "6", "7"}, ids(do(t, h, "GET", "/?cursor="+next(a), "")), "between two types")
	requireError(t, do(t, h, "GET", "/Groups?cursor="+cursor, ""), 400, "invalidCursor")

	// The type has gone.
	group, err := scim.GroupType()
	require.NoError(t, err)
	b.TypeSet, err = scim.NewTypes("2", group)
	require.NoError(t, err)
	b.With(scim.Features{Cursor: true})
	a = do(t, h, "GET", "/?count=1&cursor=", "")
	require.Equal(t, 200, a.Code)
	user, err := scim.UserType()
	require.NoError(t, err)
	b.TypeSet, err = scim.NewTypes("3", user)
	require.NoError(t, err)
	b.With(scim.Features{Cursor: true})
	requireError(t, do(t, h, "GET", "/?count=1&cursor="+next(a), ""), 400, "invalidCursor")
}

// An attribute that a type lacks has no value there (RFC 7644 section 3.4.2.1).
func TestRoot_Filter(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{}, nil)
	for filter, c := range map[string]struct {
		ids     []string
		filters []string // of the types that are asked
	}{
		`userName eq "bob"`:                       {[]string{"2"}, []string{`userName eq "bob"`}},
		`displayName sw "ann"`:                    {[]string{"4", "6"}, []string{`displayName sw "ann"`, `displayName sw "ann"`}},
		`id eq "5" or userName eq "carl"`:         {[]string{"3", "5"}, []string{`id eq "5" or userName eq "carl"`, `id eq "5"`}},
		`userName ne "bob"`:                       {[]string{"1", "3", "4", "5", "6", "7"}, []string{`userName ne "bob"`, ""}},
		`not (userName eq "bob")`:                 {[]string{"1", "3", "4", "5", "6", "7"}, []string{`not (userName eq "bob")`, ""}},
		`not (userName pr)`:                       {[]string{"5", "6", "7"}, []string{`not (userName pr)`, ""}},
		`userName eq null`:                        {[]string{"5", "6", "7"}, []string{`userName eq null`, ""}},
		`userName ne null`:                        {[]string{"1", "2", "3", "4"}, []string{`userName ne null`}},
		`userName pr and members pr`:              {[]string{}, nil},
		`userName pr or members pr`:               {[]string{"1", "2", "3", "4", "5", "6", "7"}, []string{`userName pr`, `members pr`}},
		`members[value eq "1"] or active eq true`: {[]string{"1", "3", "5", "6", "7"}, []string{`active eq true`, `members[value eq "1"]`}},
		`not (members[value eq "1"])`:             {[]string{"1", "2", "3", "4"}, []string{"", `not (members[value eq "1"])`}},
		userURN + `:userName eq "bob"`:            {[]string{"2"}, []string{userURN + `:userName eq "bob"`}},
		`schemas eq "` + groupURN + `"`:           {[]string{"5", "6", "7"}, []string{`schemas eq "` + groupURN + `"`, `schemas eq "` + groupURN + `"`}},
		`active eq "True"`:                        {[]string{"1", "3"}, []string{`active eq true`}},
		`not (id eq "1" or userName gt "b")`:      {[]string{"4", "5", "6", "7"}, []string{`not (id eq "1" or userName gt "b")`, `not (id eq "1")`}},

		`meta.resourceType eq "User"`:                                    {[]string{"1", "2", "3", "4"}, []string{""}},
		`meta.resourceType eq "Group" and displayName eq "zoo"`:          {[]string{"7"}, []string{`displayName eq "zoo"`}},
		`META.RESOURCETYPE ne "User" and id pr`:                          {[]string{"5", "6", "7"}, []string{`id pr`}},
		`meta.resourceType eq "Robot"`:                                   {[]string{}, nil},
		`not (meta.resourceType sw "U")`:                                 {[]string{"5", "6", "7"}, []string{""}},
		`meta.resourceType eq "User" or displayName eq "zoo"`:            {[]string{"1", "2", "3", "4", "7"}, []string{"", `displayName eq "zoo"`}},
		`(meta.resourceType eq "User" and active eq false) or id eq "5"`: {[]string{"2", "4", "5"}, []string{`active eq false or id eq "5"`, `id eq "5"`}},
		`meta.resourceType pr`:                                           {[]string{"1", "2", "3", "4", "5", "6", "7"}, []string{"", ""}},
		`meta.location ew "/Groups/6"`:                                   {[]string{"6"}, []string{`meta.location ew "/Groups/6"`, `meta.location ew "/Groups/6"`}},
	} {
		b.filters = nil
		a := do(t, h, "GET", "/?filter="+url.QueryEscape(filter), "")
		require.Equal(t, 200, a.Code, "%s: %s", filter, a.Body)
		assert.Equal(t, c.ids, ids(a), filter)
		assert.Equal(t, float64(len(c.ids)), a.get("totalResults"), filter)
		assert.Equal(t, c.filters, b.filters, filter)
	}
	do(t, h, "GET", "/?filter="+url.QueryEscape(`active eq "True"`), "")
	assert.Equal(t, []string{"stringBooleans"}, b.LastQuery.Repairs)
}

func TestRoot_FilterRefused(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{}, nil)
	for filter, words := range map[string]string{
		`nope eq "x"`:                                         "nope",
		`userName pr or nope pr`:                              "nope",
		`id eq "none" and nope pr`:                            "nope",
		`meta.resourceType eq "User" and nope pr`:             "nope",
		`meta.resourceType eq "Group" and userName eq 5`:      "userName",
		`emails[nope eq "x"]`:                                 "nope",
		`active eq "maybe"`:                                   "true or false",
		`name eq "x"`:                                         "sub-attributes",
		`password eq "x"`:                                     "password",
		`meta.resourceType eq "Group" and password sw "a"`:    "password",
		`id pr or not (` + teststore.FreshURN + `:secret pr)`: "secret",
		`userName`: "early",
		`id eq "` + strings.Repeat("x", 5000) + `"`: "4096",
	} {
		requireError(t, do(t, h, "GET", "/?filter="+url.QueryEscape(filter), ""), 400, "invalidFilter", words)
	}
	assert.Empty(t, b.queries)
	strictly, _ := mixed(t, scim.Features{}, strict)
	requireError(t, do(t, strictly, "GET", "/?filter="+url.QueryEscape(`active eq "True"`), ""), 400, "invalidFilter")
	requireError(t, do(t, strictly, "GET", "/?filter="+url.QueryEscape(`emails[type eq "work"].value eq "x"`), ""), 400, "invalidFilter")
}

// What a query over all types finds is what queries of each type find, wherever
// the type has the attributes.
func TestRoot_FilterAgreesWithTypes(t *testing.T) {
	t.Parallel()
	h, _ := mixed(t, scim.Features{}, nil)
	for _, filter := range []string{
		`displayName co "A"`, `not (displayName co "A")`, `id gt "2" and displayName lt "d"`, `externalId pr`, `externalId ne "x"`,
		`meta.created gt "2026-01-02T03:04:08Z" or displayName eq "bob"`, `meta.resourceType ne "Group" and (id eq "1" or id eq "6")`,
		`not (meta.resourceType eq "User" or id eq "7")`, `schemas pr`,
	} {
		var want []string
		for _, endpoint := range []string{"/Users", "/Groups"} {
			want = append(want, ids(do(t, h, "GET", endpoint+"?filter="+url.QueryEscape(filter), ""))...)
		}
		assert.ElementsMatch(t, want, ids(do(t, h, "GET", "/?filter="+url.QueryEscape(filter), "")), filter)
	}
}

func TestRoot_Sorted(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{Sort: true, Cursor: true}, nil)
	for query, want := range map[string][]string{
		"sortBy=displayName":                       {"4", "6", "2", "3", "5", "1", "7"},
		"sortBy=displayName&sortOrder=descending":  {"7", "1", "5", "3", "2", "6", "4"},
		"sortBy=userName":                          {"4", "2", "3", "1", "5", "6", "7"}, // groups have none
		"sortBy=userName&sortOrder=descending":     {"5", "6", "7", "1", "3", "2", "4"},
		"sortBy=meta.resourceType":                 {"5", "6", "7", "1", "2", "3", "4"},
		"sortBy=meta.created&sortOrder=DESCENDING": {"7", "6", "5", "4", "3", "2", "1"},
		"sortBy=members.value":                     {"5", "6", "7", "1", "2", "3", "4"},
		"sortBy=displayName&startIndex=3&count=2":  {"2", "3"},
		"sortBy=displayName&startIndex=9":          {},
		"sortBy=displayName&count=0":               {},
	} {
		a := do(t, h, "GET", "/?"+query, "")
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, want, ids(a), query)
		assert.Equal(t, 7.0, a.get("totalResults"), query)
	}
	assert.Equal(t, [][]string{{"4", "6", "2"}, {"3", "5", "1"}, {"7"}}, walk(t, h, "/?sortBy=displayName&count=3", nil))

	b.queries = nil
	a := do(t, h, "GET", "/?sortBy=userName&count=2&filter="+url.QueryEscape(`meta.resourceType eq "User"`), "")
	assert.Equal(t, []string{"4", "2"}, ids(a))
	assert.Equal(t, []string{"User 1 2"}, b.queries, "the backend sorts one type")
	assert.False(t, b.LastQuery.Sort.IsZero())
	requireError(t, do(t, h, "GET", "/?sortBy=nope", ""), 400, "invalidValue", "nope")
	requireError(t, do(t, h, "GET", "/?sortBy=password", ""), 400, "invalidValue", "never returned")
}

// What one type never returns is no key there, though another type shows an
// attribute of that name.
func TestRoot_SortedWithoutSecrets(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{Sort: true}, nil)
	user, err := scim.UserType()
	require.NoError(t, err)
	group, err := scim.GroupType(schema.Schema{URN: groupURN, Attributes: []schema.Attribute{{Name: "password"}}})
	require.NoError(t, err)
	b.TypeSet, err = scim.NewTypes("2", user, group)
	require.NoError(t, err)
	b.With(scim.Features{Sort: true})
	b.Resources = nil
	for _, password := range []string{"b", "a"} {
		require.Equal(t, 201, do(t, h, "POST", "/Users", fmt.Sprintf(`{"userName":%q,"password":%q}`, password, password)).Code)
		require.Equal(t, 201, do(t, h, "POST", "/Groups", fmt.Sprintf(`{"displayName":%q,"password":%q}`, password, password)).Code)
	}
	assert.Equal(t, []string{"11", "9", "8", "10"}, ids(do(t, h, "GET", "/?sortBy=password", "")))
	requireError(t, do(t, h, "GET", "/?sortBy=password&filter="+url.QueryEscape(`password pr`), ""), 400, "invalidFilter")
	assert.Equal(t, []string{"8", "10"}, ids(do(t, h, "GET", "/?sortBy=password&filter="+url.QueryEscape(`meta.resourceType eq "User"`), "")))
}

// Sorting several types takes all of their resources: there must not be many.
func TestRoot_SortedTooMany(t *testing.T) {
	t.Parallel()
	for most, status := range map[int]int{6: 400, 7: 200} {
		for _, b := range []asked{{}, {atMost: 2}, {guess: true}, {atMost: 1, guess: true}} {
			h, backend := mixed(t, scim.Features{Sort: true}, func(o *scim.Options) { o.MaxCount = most })
			backend.atMost, backend.guess = b.atMost, b.guess
			a := do(t, h, "GET", "/?sortBy=displayName&count=2", "")
			if status == 200 {
				assert.Equal(t, []string{"4", "6"}, ids(a))
				continue
			}
			requireError(t, a, status, "tooMany", "6", "filter")
			assert.LessOrEqual(t, len(backend.queries), 8)
		}
	}
}

// Without the feature, sorting is as unknown here as it is elsewhere.
func TestRoot_NotSorted(t *testing.T) {
	t.Parallel()
	h, _ := mixed(t, scim.Features{}, nil)
	assert.Equal(t, []string{"1", "2"}, ids(do(t, h, "GET", "/?sortBy=displayName&count=2", "")))
	assert.Equal(t, 200, do(t, h, "GET", "/?sortBy=nope&sortOrder=sideways", "").Code)
}

func TestRoot_BackendFails(t *testing.T) {
	t.Parallel()
	h, b := mixed(t, scim.Features{Sort: true, Cursor: true}, nil)
	for _, query := range []string{"", "cursor=", "sortBy=id"} {
		b.Fail = scim.Errorf(429, "", "Later.")
		requireError(t, do(t, h, "GET", "/?"+query, ""), 429, "", "Later")
		b.FailNil = true
		requireError(t, do(t, h, "GET", "/?"+query, ""), 500, "")
		b.FailNil = false
	}
}

func TestRoot_NoTypes(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	var err error
	s.TypeSet, err = scim.NewTypes("1")
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	assert.Equal(t, 0.0, do(t, h, "GET", "/", "").get("totalResults"))
}
