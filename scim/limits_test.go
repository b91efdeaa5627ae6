package scim_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// times joins what f makes of 0 to n-1 by commas.
func times(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f(i))
	}
	return b.String()
}

// Whatever the values of a list look like, the work that they make is linear:
// compared pairwise, any of these requests would take a minute or more.
func TestManyValues(t *testing.T) {
	t.Parallel()
	const n = 20_000
	users := map[string]struct {
		attribute string
		element   func(i int) string
	}{
		"without a value":           {"addresses", func(i int) string { return fmt.Sprintf(`{"type":"%d"}`, i) }},
		"same value, another type":  {"emails", func(i int) string { return fmt.Sprintf(`{"value":"a","type":"%d"}`, i) }},
		"value optional, no type":   {"photos", func(i int) string { return fmt.Sprintf(`{"value":"%d"}`, i) }},
		"value optional, same":      {"photos", func(i int) string { return fmt.Sprintf(`{"value":"a","type":"%d"}`, i) }},
		"text":                      {teststore.FreshURN + ":tags", func(i int) string { return fmt.Sprintf(`"%d"`, i) }},
		"only a display":            {"emails", func(i int) string { return fmt.Sprintf(`{"display":"%d"}`, i) }},
		"each with a value and all": {"phoneNumbers", func(i int) string { return fmt.Sprintf(`{"value":"%d","type":"work","primary":false}`, i) }},
	}
	for name, c := range users {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, func(o *scim.Options) { o.MaxBody, o.MaxMembers = 16<<20, n })
			list := "[" + times(n, c.element) + "]"
			require.Equal(t, 201, do(t, h, "POST", "/Users", `{"userName":"a","`+c.attribute+`":`+list+`}`).Code)
			count := func() int { return s.Resources[0].Record.Get(c.attribute).Len() }
			require.Equal(t, n, count())
			for _, o := range []string{op("add", c.attribute, list), op("replace", c.attribute, list)} {
				a := do(t, h, "PATCH", "/Users/1?attributes=id", patchBody(o))
				require.Equal(t, 200, a.Code, a.Body.String())
				require.Equal(t, n, count())
			}
			a := do(t, h, "PUT", "/Users/1?attributes=id", `{"userName":"a","`+c.attribute+`":[`+list[1:len(list)-1]+","+list[1:]+`}`, "X", "")
			requireError(t, a, 413, "", "20000")
			if strings.Contains(list, `"value"`) || strings.HasSuffix(c.attribute, "tags") {
				a = do(t, h, "PATCH", "/Users/1?attributes=id", patchBody(op("remove", c.attribute, list)))
				require.Equal(t, 200, a.Code, a.Body.String())
				require.Zero(t, count())
			}
		})
	}
}

// The same value twice is one value, whoever sends it (RFC 7643 section 2.4).
func TestDuplicateValues(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	const emails = `[{"value":"a@example.com","type":"work"},{"value":"A@example.com","type":"Work","display":"A"},{"value":"a@example.com","type":"home"}]`
	want := []any{object{"value": "a@example.com", "type": "work", "display": "A"}, object{"value": "a@example.com", "type": "home"}}
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/Users", `{"userName":"a","emails":` + emails + `}`},
		{"PUT", "/Users/1", `{"userName":"a","emails":` + emails + `}`},
		{"PATCH", "/Users/1", patchBody(op("replace", "emails", emails))},
		{"PATCH", "/Users/1", patchBody(op("add", "emails", emails))},
	} {
		a := do(t, h, c.method, c.path, c.body)
		require.Less(t, a.Code, 300, a.Body.String())
		assert.Equal(t, want, a.get("emails"), c.method)
	}
	a := do(t, h, "POST", "/Groups", `{"displayName":"g","members":[{"value":"1"},{"value":"1","type":"User"},{"value":"2"}]}`)
	assert.Len(t, a.get("members"), 2, a.Body.String())
	a = do(t, h, "POST", "/Users", `{"userName":"b","emails":[{"value":"x","primary":true},{"value":"x"}]}`)
	assert.Equal(t, []any{object{"value": "x", "primary": true}}, a.get("emails"), "what is not said is not changed")
}

// A key with a filter is a search through what the keys before it have made.
func TestFilteredKeysAreLimited(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.MaxPatchOps = 10 })
	keys := func(n int) string {
		return times(n, func(i int) string { return fmt.Sprintf(`"emails[type eq \"%d\"].value":"x"`, i) })
	}
	requireError(t, do(t, h, "POST", "/Users", `{"userName":"a",`+keys(11)+`}`), 413, "", "10")
	assert.Empty(t, s.Resources)
	a := do(t, h, "POST", "/Users", `{"userName":"a",`+keys(10)+`}`)
	require.Equal(t, 201, a.Code, a.Body.String())
	assert.Len(t, a.get("emails"), 10)
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", "{"+keys(11)+"}"))), 413, "", "10")
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", "{"+keys(6)+"}"), op("replace", "", "{"+keys(6)+"}"))), 413, "", "10")
	assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", "{"+keys(10)+"}"))).Code)
}

// Each operation that searches a list is cheap, a thousand of them on a thousand
// values are not: what may be done grows with the sum of both.
func TestPatch_SearchesAreLimited(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	emails := func(n int) string {
		return "[" + times(n, func(i int) string { return fmt.Sprintf(`{"value":"e%d","type":"t%d"}`, i, i) }) + "]"
	}
	ops := func(n int, path, value string) string {
		return patchBody(times(n, func(i int) string {
			return op("replace", strings.ReplaceAll(path, "#", fmt.Sprint(i%50)), fmt.Sprintf(value, i))
		}))
	}
	const one, all = `emails[type eq "t#"].value`, "emails.display"
	two := strings.TrimSuffix(strings.Repeat(`type eq "t#" or `, 2), " or ")
	for _, c := range []struct {
		stored int
		body   string
		status int
	}{
		{50, ops(1000, one, `"x%d"`), 200},
		{1000, ops(60, one, `"x%d"`), 200},
		{1000, ops(75, one, `"x%d"`), 413},
		{1000, ops(60, "emails["+two+"].value", `"x%d"`), 413},
		{1000, ops(1000, one, `"x%d"`), 413},
		{1000, ops(5, all, `"x%d"`), 200},
		{1000, ops(20, all, `"x%d"`), 413},
		{1000, patchBody(`{"op":"replace","value":{` + times(150, func(i int) string { return fmt.Sprintf(`"emails[type eq \"t%d\"].value":"x"`, i) }) + `}}`), 413},
		{1000, patchBody(times(150, func(i int) string {
			return op("add", "emails", fmt.Sprintf(`[{"value":"n%d"}]`, i)) + "," + op("remove", fmt.Sprintf(`emails[value eq "e%d"]`, i), "")
		})), 413},
		{1000, patchBody(times(500, func(i int) string { return op("add", "emails", fmt.Sprintf(`[{"value":"n%d"}]`, i)) }) + "," +
			times(500, func(i int) string {
				return op("remove", fmt.Sprintf(`emails[value eq "e%d" or value eq "n%d"]`, i, i), "")
			})), 200},
	} {
		s.Resources = nil
		a := do(t, h, "POST", "/Users", `{"userName":"a","emails":`+emails(c.stored)+`}`)
		require.Equal(t, 201, a.Code)
		before := s.Resources[0]
		a = do(t, h, "PATCH", "/Users/"+a.get("id").(string)+"?attributes=id", c.body)
		if c.status == 413 {
			requireError(t, a, 413, "", "emails")
			assert.Same(t, before, s.Resources[0])
		} else {
			require.Equal(t, c.status, a.Code, "%.200s: %s", c.body, a.Body)
		}
	}
	// So it is for keys of a body that are paths.
	keys := times(200, func(i int) string { return fmt.Sprintf(`"emails[type eq \"t%d\"].value":"x"`, i) })
	requireError(t, do(t, h, "POST", "/Users", `{"userName":"b","emails":`+emails(1000)+`,`+keys+`}`), 413, "", "emails")
}

// Names are the client's, and may be as long as a body.
func TestLongNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 1<<18)
	var log bytes.Buffer
	h := newHandler(t, teststore.New(t), func(o *scim.Options) {
		o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	require.Equal(t, 201, do(t, h, "POST", "/Users", `{"userName":"a","`+long+`":1,"name":{"`+long+`":1}}`).Code)
	assert.Contains(t, log.String(), "nnnn...")
	strict := newHandler(t, teststore.New(t), func(o *scim.Options) { o.Profile = scim.ProfileStrict() })
	for _, a := range []answer{
		do(t, h, "POST", "/Users", `{"userName":"a","`+long+`":1,"`+long+`":1}`),
		do(t, h, "PATCH", "/Users/1", patchBody(op("add", long[:4000], "1"))),
		do(t, strict, "PATCH", "/Users/1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","value":{"`+long+`":1}}]}`),
		do(t, h, "GET", "/Users?filter="+long[:4000]+"+pr", ""),
	} {
		assert.Equal(t, 400, a.Code, a.Body.String())
		assert.Less(t, a.Body.Len(), 500)
	}
	assert.Less(t, log.Len(), 5000)
}

// A sub-attribute that is never returned stays hidden however many there are.
func TestProjection_ManySubAttributes(t *testing.T) {
	t.Parallel()
	var attrs []schema.Attribute
	for i := range 70 {
		attrs = append(attrs, schema.Attribute{Name: fmt.Sprint("s", i)})
	}
	attrs[66].Returned = schema.ReturnedNever
	sub, err := schema.NewOrdered("big", attrs...)
	require.NoError(t, err)
	user, err := scim.UserType(schema.Schema{URN: scim.UserURN, Attributes: []schema.Attribute{{Name: "big", Type: schema.Complex, Sub: sub}}})
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("2", user)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	body := `{"userName":"a","big":{` + times(70, func(i int) string { return fmt.Sprintf(`"s%d":"v%d"`, i, i) }) + `}}`
	for _, a := range []answer{do(t, h, "POST", "/Users", body), do(t, h, "GET", "/Users/1?attributes=big.s65", ""), do(t, h, "GET", "/Users/1?attributes=big.s66,big", "")} {
		require.Less(t, a.Code, 300, a.Body.String())
		assert.NotContains(t, a.Body.String(), "v66")
	}
	assert.Contains(t, do(t, h, "GET", "/Users/1?attributes=big.s65", "").Body.String(), "v65")
}
