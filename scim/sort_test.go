package scim_test

import (
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

func sortBy(t testing.TB, typ *schema.Type, path string, descending bool) scim.Sort {
	t.Helper()
	sel, err := typ.Select(schema.MustParsePath(path))
	require.NoError(t, err)
	return scim.Sort{By: sel, Descending: descending}
}

// Every row is a list of users in the order in which they are to come; those
// within one string, separated by "|", are equal.
func TestSort_Compare(t *testing.T) {
	t.Parallel()
	rt := *teststore.Types(t).ByName("User")
	codec, err := scim.NewCodec(rt, scim.ProfileStrict())
	require.NoError(t, err)
	for name, c := range map[string]struct {
		by    string
		users []string
	}{
		"text without case":  {"userName", []string{`"userName":"ab"`, `"userName":"B"|"userName":"b"`, `"userName":"c"`, `"userName":"É"|"userName":"é"`}},
		"text with case":     {"externalId", []string{`"externalId":"B"`, `"externalId":"a"`, `"externalId":"b"`, `|"title":"x"`}},
		"empty text":         {"title", []string{`"title":""`, `"title":"a"`, `"title":null|"nickName":"a"`}},
		"sub-attribute":      {"name.familyName", []string{`"name":{"familyName":"a"}`, `"name":{"familyName":"b"}`, `"name":{"givenName":"a"}|"title":"x"`}},
		"booleans":           {"active", []string{`"active":false`, `"active":true`, ``}},
		"integers":           {teststore.FreshURN + ":level", []string{`"fresh":{"level":-3}`, `"fresh":{"level":9}`, `"fresh":{"level":10}`, ``}},
		"decimals":           {teststore.FreshURN + ":score", []string{`"fresh":{"score":-1e3}`, `"fresh":{"score":1.5}|"fresh":{"score":15e-1}`, `"fresh":{"score":2}`}},
		"dates":              {teststore.FreshURN + ":since", []string{`"fresh":{"since":"1999-12-31"}`, `"fresh":{"since":"2026-01-02"}`}},
		"instants":           {teststore.FreshURN + ":at", []string{`"fresh":{"at":"2026-01-02T03:00:00+02:00"}`, `"fresh":{"at":"2026-01-02T02:00:00Z"}|"fresh":{"at":"2026-01-02T03:00:00.00+01:00"}`, `"fresh":{"at":"2026-01-02T02:00:00.5Z"}`}},
		"any type":           {teststore.FreshURN + ":anything", []string{`"fresh":{"anything":true}`, `"fresh":{"anything":9}`, `"fresh":{"anything":10}`, `"fresh":{"anything":"1"}`, `"fresh":{"anything":{"a":1}}|"fresh":{"anything":{"b":0}}`, ``}},
		"the primary value":  {"emails", []string{`"emails":[{"value":"z"},{"value":"a","primary":true}]`, `"emails":[{"value":"b"},{"value":"a"}]`, `"emails":[{"type":"work"}]|"title":"x"`}},
		"of the primary one": {"emails.type", []string{`"emails":[{"value":"z","type":"home"},{"value":"a","type":"a","primary":true}]`, `"emails":[{"value":"b","type":"b"},{"value":"a","type":"0"}]`}},
		"else the first":     {"emails.display", []string{`"emails":[{"value":"z"},{"value":"y","display":"a"},{"value":"x","primary":true}]`, `"emails":[{"display":"b"}]`}},
		"with a filter":      {`emails[type eq "work"].value`, []string{`"emails":[{"value":"z","primary":true},{"value":"a","type":"work"}]`, `"emails":[{"value":"b","type":"work"}]`, `"emails":[{"value":"a","type":"home"}]`}},
		"list of text":       {teststore.FreshURN + ":tags", []string{`"fresh":{"tags":["A","z"]}|"fresh":{"tags":["a"]}`, `"fresh":{"tags":["b","a"]}`, `"fresh":{"tags":[]}|`}},
		"a whole object":     {"name", []string{`"name":{"givenName":"b"}|"name":{"givenName":"a"}|`}},
		"a whole schema":     {teststore.FreshURN, []string{`"fresh":{"level":1}|`}},
		"the resource type":  {"meta.resourceType", []string{`"title":"a"|"title":"b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type ranked struct {
				rank int
				rec  *schema.Record
			}
			var users []ranked
			for rank, row := range c.users {
				for text := range strings.SplitSeq(row, "|") {
					text = strings.ReplaceAll(text, `"fresh"`, `"`+teststore.FreshURN+`"`)
					if !strings.Contains(text, "userName") {
						text = `"userName":"x",` + text
					}
					rec, _, err := codec.Resource(parse(t, `{"schemas":["`+scim.UserURN+`"],`+strings.TrimSuffix(text, ",")+`}`))
					require.NoError(t, err)
					users = append(users, ranked{rank, rec})
				}
			}
			up, down := sortBy(t, rt.Type, c.by, false), sortBy(t, rt.Type, c.by, true)
			for _, a := range users {
				for _, b := range users {
					want := min(max(a.rank-b.rank, -1), 1)
					assert.Equal(t, want, up.Compare(a.rec, b.rec), "%d, %d", a.rank, b.rank)
					assert.Equal(t, -want, down.Compare(a.rec, b.rec), "%d, %d descending", a.rank, b.rank)
				}
			}
		})
	}
	assert.Zero(t, scim.Sort{}.Compare(rt.Type.New(), rt.Type.New()))
	assert.True(t, scim.Sort{}.IsZero())
}

func TestSort_CompareLeavesTiesToTheCaller(t *testing.T) {
	t.Parallel()
	typ := teststore.Types(t).ByName("User").Type
	var list []*schema.Record
	for _, id := range []string{"3", "1", "2"} {
		rec := typ.New()
		rec.SetString("id", id)
		rec.SetString("title", "same")
		list = append(list, rec)
	}
	slices.SortStableFunc(list, sortBy(t, typ, "title", true).Compare)
	assert.Equal(t, "3", list[0].String("id"))
	assert.Equal(t, "2", list[2].String("id"))
}

func TestList_Sorted(t *testing.T) {
	t.Parallel()
	h, s := pager(t, 12, nil)
	up := []string{"10", "11", "12", "1", "2", "3", "4", "5", "6", "7", "8", "9"} // p10@ is before p1@
	down := slices.Clone(up)
	slices.Reverse(down)
	for query, want := range map[string][]string{
		"sortBy=userName":                                           up,
		"sortBy=userName&sortOrder=ascending":                       up,
		"SORTBY=USERNAME&sortorder=Descending":                      down,
		"sortBy=" + userURN + ":userName&sortOrder=descending":      down,
		"sortBy=emails":                                             up,
		"sortBy=emails.value&sortOrder=descending":                  down,
		"sortBy=" + url.QueryEscape(`emails[type eq "work"].value`): up,
		"sortBy=meta.created&sortOrder=descending":                  {"12", "11", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1"},
		"sortBy=active":                                             {"2", "4", "6", "8", "10", "12", "1", "3", "5", "7", "9", "11"}, // ties as without a sort
		"sortBy=nickName&sortOrder=descending":                      {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
		"sortBy=userName&startIndex=2&count=3":                      {"11", "12", "1"},
		"sortBy=userName&startIndex=12&count=3":                     {"9"},
		"sortBy=userName&startIndex=13":                             {},
		"sortBy=userName&startIndex=9999999999":                     {},
		"sortBy=userName&count=0":                                   {},
		"sortBy=&sortOrder=descending":                              {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"},
		"sortBy=userName&filter=id+eq+%222%22+or+id+eq+%2210%22":    {"10", "2"},
	} {
		a := do(t, h, "GET", "/Users?"+query, "")
		require.Equal(t, 200, a.Code, "%s: %s", query, a.Body)
		assert.Equal(t, want, ids(a), query)
	}
	do(t, h, "GET", "/Users?sortBy=department&sortOrder=descending", "")
	assert.Equal(t, scim.EnterpriseUserURN+":department", s.LastQuery.Sort.By.String())
	assert.True(t, s.LastQuery.Sort.Descending)
	assert.Equal(t, []string{"bareExtension"}, s.LastQuery.Repairs)
}

// A list in an order that was not asked for would be taken for one that was, and
// the order by a password would tell it.
func TestList_SortRefused(t *testing.T) {
	t.Parallel()
	h, s := pager(t, 1, nil)
	s.Calls = nil
	for query, words := range map[string]string{
		"sortBy=nope":                                   "nope",
		"sortBy=name":                                   "sub-attributes",
		"sortBy=name.nope":                              "name.nope",
		"sortBy=" + teststore.FreshURN:                  "schema",
		"sortBy=password":                               "never returned",
		"sortBy=" + teststore.FreshURN + ":secret":      "never returned",
		"sortBy=meta.version":                           "meta.version",
		"sortBy=meta.location":                          "meta.location",
		"sortBy=a+b":                                    "sortBy",
		"sortBy=" + url.QueryEscape(`name[a eq "x"]`):   "name",
		"sortBy=userName&sortOrder=up":                  "sortOrder",
		"sortOrder=1":                                   "sortOrder",
		"sortBy=" + strings.Repeat("a", 5000):           "sortBy",
		"sortBy=%zz":                                    "sortBy",
		"sortBy=" + url.QueryEscape(`emails[x eq "y"]`): "x",
	} {
		a := do(t, h, "GET", "/Users?"+query, "")
		requireError(t, a, 400, "invalidValue", words)
		assert.NotContains(t, a.get("detail"), `"y"`)
	}
	assert.Empty(t, s.Calls)
	requireError(t, do(t, newHandler(t, s, strict), "GET", "/Users?sortBy=department", ""), 400, "invalidValue", "department")
}

// Sorting is optional: where the backend cannot, nobody looks at the parameters.
func TestList_SortNotSupported(t *testing.T) {
	t.Parallel()
	h, s := people(t, 2, strict)
	for _, query := range []string{"sortBy=userName&sortOrder=descending", "sortBy=nope", "sortOrder=up"} {
		assert.Equal(t, []string{"1", "2"}, ids(do(t, h, "GET", "/Users?"+query, "")), query)
		assert.True(t, s.LastQuery.Sort.IsZero())
	}
}
