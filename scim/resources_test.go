package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

const (
	entURN   = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	userURN  = scim.UserURN
	groupURN = scim.GroupURN
)

// userBody is the body of a user with more members than the required ones.
func userBody(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"schemas":["` + userURN + `"],"userName":"ada@example.com"` + members + `}`
}

func strict(o *scim.Options) { o.Profile = scim.ProfileStrict() }

func TestCreate_Decoding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		members string
		path    []string
		want    any
		repairs []string // in the compatible profile; with none, strict gives the same
		strict  string   // what strict makes of it: "400 scimType" or "ignored"
	}{
		"names without case":       {`"DISPLAYNAME":"x"`, []string{"displayName"}, "x", nil, ""},
		"sub-attributes too":       {`"Name":{"GIVENNAME":"x"}`, []string{"name", "givenName"}, "x", nil, ""},
		"null is unassigned":       {`"title":null`, []string{"title"}, nil, nil, ""},
		"an empty list as well":    {`"emails":[]`, []string{"emails"}, nil, nil, ""},
		"null in an object":        {`"name":{"givenName":null}`, []string{"name"}, nil, nil, ""},
		"null in a list":           {`"emails":[null,{"value":"x","type":null}]`, []string{"emails"}, []any{map[string]any{"value": "x"}}, nil, ""},
		"an empty text is a value": {`"title":""`, []string{"title"}, "", nil, ""},
		"extension":                {`"` + entURN + `":{"Department":"x"}`, []string{entURN, "department"}, "x", nil, ""},
		"extension by any case":    {`"` + strings.ToUpper(entURN) + `":{"department":"x"}`, []string{entURN, "department"}, "x", nil, ""},
		"extension null":           {`"` + entURN + `":null`, []string{entURN}, nil, nil, ""},
		"unknown extension":        {`"urn:x:y":{"a":1}`, []string{"urn:x:y"}, nil, nil, ""},
		"unknown attribute":        {`"nope":1`, []string{"nope"}, nil, nil, ""},
		"unknown sub-attribute":    {`"name":{"nope":1,"givenName":"x"}`, []string{"name"}, map[string]any{"givenName": "x"}, nil, ""},
		"read-only":                {`"id":"9","groups":[{"value":"1"}],"meta":{"resourceType":"Robot"}`, []string{"id"}, "1", nil, ""},
		"read-only of any kind":    {`"meta":5,"groups":"x"`, []string{"groups"}, nil, nil, ""},
		"read-only sub-attribute":  {`"` + entURN + `":{"manager":{"value":"1","displayName":"x"}}`, []string{entURN, "manager"}, managerIs("1"), nil, ""},
		"never returned":           {`"password":"x"`, []string{"password"}, nil, nil, ""},
		"integer":                  {`"` + teststore.FreshURN + `":{"level":12345678901234567}`, []string{teststore.FreshURN, "level"}, 12345678901234567.0, nil, ""},
		"decimal":                  {`"` + teststore.FreshURN + `":{"score":1.50}`, []string{teststore.FreshURN, "score"}, 1.5, nil, ""},
		"date":                     {`"` + teststore.FreshURN + `":{"since":"2026-01-31"}`, []string{teststore.FreshURN, "since"}, "2026-01-31", nil, ""},
		"date-time":                {`"` + teststore.FreshURN + `":{"at":"2026-01-31T08:00:00+01:00"}`, []string{teststore.FreshURN, "at"}, "2026-01-31T08:00:00+01:00", nil, ""},
		"list of texts":            {`"` + teststore.FreshURN + `":{"tags":["a","b"]}`, []string{teststore.FreshURN, "tags"}, []any{"a", "b"}, nil, ""},
		"anything":                 {`"` + teststore.FreshURN + `":{"anything":{"a":[1,null]}}`, []string{teststore.FreshURN, "anything"}, map[string]any{"a": []any{1.0, nil}}, nil, ""},
		"another choice":           {`"` + teststore.FreshURN + `":{"badge":"mauve"}`, []string{teststore.FreshURN, "badge"}, "mauve", nil, ""},
		"custom fields":            {`"custom_fields":{"shift":"late","Floor":3,"nope":1}`, []string{"custom_fields"}, map[string]any{"shift": "late", "floor": 3.0}, nil, ""},
		"custom field, dotted":     {`"custom_fields.shift":"late"`, []string{"custom_fields", "shift"}, "late", nil, ""},
		"one primary":              {`"emails":[{"value":"a","primary":true},{"value":"b","primary":false}]`, []string{"emails"}, []any{map[string]any{"value": "a", "primary": true}, map[string]any{"value": "b", "primary": false}}, nil, ""},

		"text for a boolean":      {`"active":"False"`, []string{"active"}, false, []string{"stringBooleans"}, "400 invalidValue"},
		"text in a sub":           {`"roles":[{"value":"a","primary":"True"}]`, []string{"roles"}, []any{map[string]any{"value": "a", "primary": true}}, []string{"stringBooleans"}, "400 invalidValue"},
		"empty for a boolean":     {`"active":""`, []string{"active"}, true, []string{"emptyAsUnset"}, "400 invalidValue"},
		"empty for an object":     {`"name":""`, []string{"name"}, nil, []string{"emptyAsUnset"}, "400 invalidValue"},
		"empty for a list":        {`"roles":" "`, []string{"roles"}, nil, []string{"emptyAsUnset"}, "400 invalidValue"},
		"one for a list":          {`"emails":{"value":"a"}`, []string{"emails"}, []any{map[string]any{"value": "a"}}, []string{"singleAsList"}, "400 invalidValue"},
		"one text for a list":     {`"` + teststore.FreshURN + `":{"tags":"a"}`, []string{teststore.FreshURN, "tags"}, []any{"a"}, []string{"singleAsList"}, "400 invalidValue"},
		"list for one":            {`"title":["a"]`, []string{"title"}, "a", []string{"listAsSingle"}, "400 invalidValue"},
		"manager as text":         {`"` + entURN + `":{"manager":"7"}`, []string{entURN, "manager"}, managerIs("7"), []string{"plainReference"}, "400 invalidValue"},
		"manager as empty":        {`"` + entURN + `":{"manager":""}`, []string{entURN}, nil, []string{"plainReference"}, "400 invalidValue"},
		"manager with empty":      {`"` + entURN + `":{"manager":{"value":""}}`, []string{entURN}, nil, []string{"plainReference"}, "an empty value"},
		"manager as list":         {`"` + entURN + `":{"manager":[{"value":"7"}]}`, []string{entURN, "manager"}, managerIs("7"), []string{"listAsSingle"}, "400 invalidValue"},
		"two primaries":           {`"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`, []string{"emails"}, []any{map[string]any{"value": "a", "primary": true}, map[string]any{"value": "b", "primary": false}}, []string{"severalPrimaries"}, "400 invalidValue"},
		"dotted key":              {`"name.givenName":"x"`, []string{"name", "givenName"}, "x", []string{"dottedKeys"}, "ignored"},
		"dotted key, then more":   {`"name.givenName":"x","name":{"familyName":"y"}`, []string{"name"}, map[string]any{"givenName": "x", "familyName": "y"}, []string{"dottedKeys"}, "ignored"},
		"key with a filter":       {`"emails[type eq \"work\"].value":"x"`, []string{"emails"}, []any{map[string]any{"value": "x", "type": "work"}}, []string{"dottedKeys"}, "ignored"},
		"qualified key":           {`"` + entURN + `:department":"x"`, []string{entURN, "department"}, "x", []string{"qualifiedKeys"}, "ignored"},
		"qualified and dotted":    {`"` + entURN + `:manager.value":"x"`, []string{entURN, "manager", "value"}, "x", []string{"qualifiedKeys"}, "ignored"},
		"core URN":                {`"` + userURN + `":{"title":"x"}`, []string{"title"}, "x", []string{"qualifiedKeys"}, "ignored"},
		"core URN and attribute":  {`"` + userURN + `:title":"x"`, []string{"title"}, "x", []string{"qualifiedKeys"}, "ignored"},
		"core URN with all kinds": {`"` + userURN + `":{"ID":"9","externalId":"e","custom_fields":{"shift":"late"},"custom_fields.floor":1,"name.givenName":"G","nope":1}`, []string{"custom_fields"}, object{"shift": "late", "floor": 1.0}, []string{"dottedKeys", "qualifiedKeys"}, "ignored"},
		"dotted in extension":     {`"` + entURN + `":{"manager.value":"8","nope.x":1,"nope":1}`, []string{entURN, "manager", "value"}, "8", []string{"dottedKeys"}, "ignored"},
		"custom fields null":      {`"custom_fields":null`, []string{"custom_fields"}, nil, nil, ""},
		"roles of other texts":    {`"roles":[{"value":"{"},{"value":"{\"id\":1}"},{"type":"x"}]`, []string{"roles"}, []any{object{"value": "{"}, object{"value": "{\"id\":1}"}, object{"type": "x"}}, nil, ""},
		"list with null for one":  {`"title":[null]`, []string{"title"}, nil, []string{"listAsSingle"}, "400 invalidValue"},
		"bare extension":          {`"department":"x"`, []string{entURN, "department"}, "x", []string{"bareExtension"}, "ignored"},
		"role as JSON text":       {`"roles":[{"value":"{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"Administrator\"}"}]`, []string{"roles"}, []any{map[string]any{"value": "Admin", "display": "Administrator"}}, []string{"textRoles"}, "taken as it is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			a := do(t, newHandler(t, s, nil), "POST", "/Users", userBody(c.members))
			require.Equal(t, 201, a.Code, a.Body.String())
			assert.Equal(t, c.want, a.get(c.path...), a.Body.String())
			assert.Equal(t, c.repairs, s.Writes[0].Repairs)

			s = teststore.New(t)
			b := do(t, newHandler(t, s, strict), "POST", "/Users", userBody(c.members))
			switch {
			case strings.HasPrefix(c.strict, "400"):
				requireError(t, b, 400, strings.TrimPrefix(c.strict, "400 "))
				assert.Empty(t, s.Calls)
			case c.strict == "":
				require.Equal(t, 201, b.Code, b.Body.String())
				assert.Equal(t, c.want, b.get(c.path...))
				assert.Empty(t, s.Writes[0].Repairs)
			default:
				require.Equal(t, 201, b.Code, b.Body.String())
				assert.NotEqual(t, c.want, b.get(c.path...))
				assert.Empty(t, s.Writes[0].Repairs)
			}
		})
	}
}

func TestCreate_Refused(t *testing.T) {
	t.Parallel()
	for body, word := range map[string]string{
		`{"schemas":["` + userURN + `"]}`:                              "userName",
		`{"schemas":["` + userURN + `"],"userName":null}`:              "userName",
		`{"schemas":["` + userURN + `"],"userName":" "}`:               "userName",
		`{"schemas":["` + userURN + `"],"userName":5}`:                 "userName",
		`{"schemas":["` + userURN + `"],"userName":{"a":1}}`:           "userName",
		`{"schemas":["` + userURN + `"],"userName":["a","b"]}`:         "userName",
		userBody(`"active":"maybe"`):                                   "active",
		userBody(`"active":1`):                                         "active",
		userBody(`"name":"Ada"`):                                       "name",
		userBody(`"name":{"givenName":1}`):                             "name.givenName",
		userBody(`"emails":"a@example.com"`):                           "emails",
		userBody(`"emails":["a@example.com"]`):                         "emails",
		userBody(`"emails":[{"value":true}]`):                          "emails.value",
		userBody(`"` + entURN + `":[]`):                                entURN,
		userBody(`"` + entURN + `":"x"`):                               entURN,
		userBody(`"` + entURN + `":{"department":1}`):                  entURN + ":department",
		userBody(`"` + teststore.FreshURN + `":{"level":1.5}`):         teststore.FreshURN + ":level",
		userBody(`"` + teststore.FreshURN + `":{"level":"x"}`):         teststore.FreshURN + ":level",
		userBody(`"` + teststore.FreshURN + `":{"score":true}`):        teststore.FreshURN + ":score",
		userBody(`"` + teststore.FreshURN + `":{"since":"31.1.2026"}`): teststore.FreshURN + ":since",
		userBody(`"` + teststore.FreshURN + `":{"at":"yesterday"}`):    teststore.FreshURN + ":at",
		userBody(`"` + teststore.FreshURN + `":{"tags":[1]}`):          teststore.FreshURN + ":tags",
		userBody(`"custom_fields":5`):                                  "custom_fields",
		userBody(`"custom_fields":{"floor":"three"}`):                  "custom_fields.floor",
		userBody(`"x509Certificates":[{"value":"not base64!"}]`):       "x509Certificates.value",
	} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			a := do(t, newHandler(t, s, nil), "POST", "/Users", body)
			requireError(t, a, 400, "invalidValue", word)
			assert.Empty(t, s.Calls)
		})
	}
	s := teststore.New(t)
	requireError(t, do(t, newHandler(t, s, nil), "POST", "/Groups", `{"members":[]}`), 400, "invalidValue", "displayName")
	requireError(t, do(t, newHandler(t, s, func(o *scim.Options) { o.MaxMembers = 2 }), "POST", "/Groups",
		`{"displayName":"x","members":[{"value":"1"},{"value":"2"},{"value":"3"}]}`), 413, "", "members", "2")
	assert.Empty(t, s.Calls)
}

func TestCreate_Schemas(t *testing.T) {
	t.Parallel()
	for body, repaired := range map[string]bool{
		`{"schemas":["` + userURN + `"],"userName":"a"}`:                              false,
		`{"schemas":["` + userURN + `","http://example.com/unknown"],"userName":"a"}`: false,
		`{"schemas":["` + strings.ToUpper(userURN) + `"],"userName":"a"}`:             false,
		`{"userName":"a"}`:                                         true,
		`{"schemas":[],"userName":"a"}`:                            true,
		`{"schemas":["urn:scim:schemas:core:1.0"],"userName":"a"}`: true,
	} {
		s := teststore.New(t)
		require.Equal(t, 201, do(t, newHandler(t, s, nil), "POST", "/Users", body).Code, body)
		if !repaired {
			assert.Empty(t, s.Writes[0].Repairs)
			continue
		}
		assert.Equal(t, []string{"missingSchemas"}, s.Writes[0].Repairs)
		requireError(t, do(t, newHandler(t, s, strict), "POST", "/Users", body), 400, "invalidSyntax", userURN)
	}
}

func TestSchemasOfWhatIsThere(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	a := do(t, h, "POST", "/Users", userBody(`"`+entURN+`":{"department":"x"}`))
	assert.Equal(t, []any{userURN, entURN}, a.get("schemas"))
	assert.Equal(t, []any{userURN}, do(t, h, "GET", "/Users/1?attributes=userName", "").get("schemas"))
	assert.Equal(t, []any{groupURN}, do(t, h, "POST", "/Groups", `{"displayName":"x"}`).get("schemas"))
}

func TestReplace(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	do(t, h, "POST", "/Users", userBody(`"title":"x","`+teststore.FreshURN+`":{"birth":"1815"}`))
	a := do(t, h, "PUT", "/Users/1", userBody(`"id":"77","displayName":"Ada","nickName":null`))
	require.Equal(t, 200, a.Code)
	assert.Equal(t, "1", a.get("id"))
	assert.Nil(t, a.get("title"), "what is not sent is cleared")
	assert.Equal(t, "1815", a.get(teststore.FreshURN, "birth"), "an immutable value stays")
	assert.True(t, s.LastUpdate.Replace.Get("nickName").IsNull(), "an explicit null is told from nothing")
	assert.True(t, s.LastUpdate.Replace.Get("title").IsUnset())
	requireError(t, do(t, h, "PUT", "/Users/1", userBody(`"`+teststore.FreshURN+`":{"birth":"1852"}`)), 400, "mutability", "birth")
	assert.Equal(t, 200, do(t, h, "PUT", "/Users/1", userBody(`"`+teststore.FreshURN+`":{"birth":"1815"}`)).Code)
	requireError(t, do(t, h, "PUT", "/Users/1", `{"schemas":["`+userURN+`"],"title":"x"}`), 400, "invalidValue", "userName")
	requireError(t, do(t, h, "PUT", "/Users/9", userBody("")), 404, "")
	requireError(t, do(t, h, "PUT", "/Groups/1", `{"displayName":"x"}`), 404, "")
}

// A backend that does not know the result is asked for it.
func TestReplace_Blind(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	do(t, h, "POST", "/Users", ada)
	s.Blind, s.Calls = true, nil
	a := do(t, h, "PUT", "/Users/1", userBody(`"title":"x"`))
	require.Equal(t, 200, a.Code)
	assert.Equal(t, "x", a.get("title"))
	assert.Equal(t, []string{"update", "get"}, s.Calls)
}

func TestDelete(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	do(t, h, "POST", "/Users", ada)
	a := do(t, h, "DELETE", "/Users/1", "")
	assert.Equal(t, 204, a.Code)
	assert.Zero(t, a.Body.Len())
	assert.Empty(t, a.Header().Get("Content-Type"))
	requireError(t, do(t, h, "DELETE", "/Users/1", ""), 404, "")
	requireError(t, do(t, h, "GET", "/Users/1", ""), 404, "")
}

func TestProjection(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", userBody(`"displayName":"Ada","password":"x","custom_fields":{"shift":"late","floor":1},
		"name":{"givenName":"A","familyName":"L"},"emails":[{"value":"a@example.com","type":"work"},{"value":"b@example.com"}],
		"`+entURN+`":{"department":"d","manager":{"value":"7"}},"`+teststore.FreshURN+`":{"hidden":"h","badge":"red"}`)).Code)
	for query, want := range map[string][]string{
		"attributes=userName":                          {"userName"},
		"attributes=USERNAME,%20displayname":           {"displayName", "userName"},
		"attributes=userName&attributes=title":         {"userName"},
		"attributes=&attributes=userName":              {"userName"},
		"attributes=,%20,userName,?,":                  {"userName"},
		"attributes=" + userURN + ":custom_fields":     {"custom_fields.floor", "custom_fields.shift"},
		"attributes=name.givenName":                    {"name.givenName"},
		"attributes=emails.type":                       {"emails[0].type"},
		"attributes=emails":                            {"emails[0].type", "emails[0].value", "emails[1].value"},
		"attributes=" + entURN:                         {entURN + ".department", entURN + ".manager.$ref", entURN + ".manager.value"},
		"attributes=" + entURN + ":manager":            {entURN + ".manager.$ref", entURN + ".manager.value"},
		"attributes=" + entURN + ":manager.value":      {entURN + ".manager.value"},
		"attributes=" + userURN + ":userName":          {"userName"},
		"attributes=password":                          {},
		"attributes=nope":                              {},
		"attributes=meta.resourceType":                 {"meta.resourceType"},
		"attributes=" + teststore.FreshURN + ":hidden": {teststore.FreshURN + ".hidden"},
		"attributes=custom_fields.shift":               {"custom_fields.shift"},
		"attributes=custom_fields":                     {"custom_fields.floor", "custom_fields.shift"},
		"attributes=emails[type eq \"work\"]":          {},
		"excludedAttributes=id,schemas,meta,name,emails,active,custom_fields," + entURN + "," + teststore.FreshURN:                                    {"displayName", "userName"},
		"excludedAttributes=meta,name.familyName,emails.value,active,displayName,custom_fields.floor," + entURN + "," + teststore.FreshURN + ":badge": {"custom_fields.shift", "emails[0].type", "name.givenName", "userName"},
		"attributes=&excludedAttributes=" + userURN: {entURN + ".department", entURN + ".manager.$ref", entURN + ".manager.value", teststore.FreshURN + ".badge", "meta.created", "meta.lastModified", "meta.location", "meta.resourceType", "meta.version"},
	} {
		t.Run(query, func(t *testing.T) {
			query = strings.NewReplacer(`"`, "%22", " ", "+", "[", "%5B", "]", "%5D").Replace(query)
			for _, path := range []string{"/Users/1?", "/Users?"} {
				a := do(t, h, "GET", path+query, "")
				require.Equal(t, 200, a.Code, a.Body.String())
				body := a.body
				if path == "/Users?" {
					body = a.get("Resources").([]any)[0].(map[string]any)
				}
				assert.Contains(t, body, "id")
				assert.Contains(t, body, "schemas")
				delete(body, "id")
				delete(body, "schemas")
				assert.ElementsMatch(t, want, leaves("", body))
			}
		})
	}
	requireError(t, do(t, h, "GET", "/Users/1?attributes=id&excludedAttributes=name", ""), 400, "invalidValue", "excludedAttributes")
}

// leaves are the paths of all scalars.
func leaves(at string, v any) []string {
	out := []string{}
	switch v := v.(type) {
	case map[string]any:
		for n, m := range v {
			out = append(out, leaves(strings.TrimPrefix(at+"."+n, "."), m)...)
		}
	case []any:
		for i, m := range v {
			out = append(out, leaves(fmt.Sprintf("%s[%d]", at, i), m)...)
		}
	default:
		out = append(out, at)
	}
	return out
}

// An attribute that is returned on request is also returned by the request that
// sets it (RFC 7643 section 7).
func TestReturnedOnRequest(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	a := do(t, h, "POST", "/Users", userBody(`"`+teststore.FreshURN+`":{"hidden":"h"}`))
	assert.Equal(t, "h", a.get(teststore.FreshURN, "hidden"))
	assert.Nil(t, do(t, h, "GET", "/Users/1", "").get(teststore.FreshURN))
	a = do(t, h, "PATCH", "/Users/1", patchBody(`{"op":"replace","path":"`+teststore.FreshURN+`:hidden","value":"i"}`))
	assert.Equal(t, "i", a.get(teststore.FreshURN, "hidden"))
	a = do(t, h, "PATCH", "/Users/1", patchBody(`{"op":"replace","path":"title","value":"i"}`))
	assert.Nil(t, a.get(teststore.FreshURN))
}

func TestProjectionReachesTheBackend(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	do(t, newHandler(t, s, nil), "GET", "/Groups?excludedAttributes=members", "")
	group := s.TypeSet.ByName("Group").Type
	assert.False(t, s.LastQuery.Wants.Wants(group, group.Slot("members")))
	assert.True(t, s.LastQuery.Wants.Wants(group, group.Slot("displayName")))
	do(t, newHandler(t, s, nil), "GET", "/Groups?attributes=members.value", "")
	assert.True(t, s.LastQuery.Wants.Wants(group, group.Slot("members")))
	assert.False(t, s.LastQuery.Wants.Wants(group, group.Slot("displayName")))
	assert.True(t, s.LastQuery.Wants.Wants(group, group.Slot("id")))
}

func TestLocationsAreEscaped(t *testing.T) {
	t.Parallel()
	b := fixed{teststore.New(t)}
	a := do(t, newHandler(t, b, nil), "GET", "/Users/a%20b%3Fc", "")
	require.Equal(t, 200, a.Code)
	assert.Equal(t, "a b?c", a.get("id"))
	assert.Equal(t, baseURL+"/Users/a%20b%3Fc", a.get("meta", "location"))
}

// fixed has every user.
type fixed struct{ *teststore.Store }

func (f fixed) Get(_ context.Context, r scim.Ref, _ scim.ReadOptions) (*scim.Resource, error) {
	rec := f.TypeSet.ByName(r.Type).Type.New()
	rec.SetString("id", r.ID)
	return &scim.Resource{Record: rec}, nil
}

func TestRealServer(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", h)
	a := do(t, mux, "POST", "/Users", ada)
	assert.Equal(t, 201, a.Code)
	assert.Equal(t, 200, do(t, mux, "GET", "/Users/1", "").Code)
}
