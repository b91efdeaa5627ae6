package scim_test

import (
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
