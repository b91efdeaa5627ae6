package scim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// manyMembers is the body of a group with members of type User.
func manyMembers(n int) string {
	var b strings.Builder
	b.WriteString(`{"schemas":["` + groupURN + `"],"displayName":"crowd","members":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":"%d","type":"User","display":"User %d"}`, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

// quiet is a response writer that keeps nothing but the size of the body.
type quiet struct {
	header http.Header
	bytes  int
}

func (w *quiet) Header() http.Header { return w.header }
func (w *quiet) WriteHeader(int)     {}
func (w *quiet) Write(b []byte) (int, error) {
	w.bytes += len(b)
	return len(b), nil
}

// BenchmarkGroupOf1000 reads a group of 1,000 members whole, and without them.
func BenchmarkGroupOf1000(b *testing.B) {
	h := newHandler(b, teststore.New(b), func(o *scim.Options) { o.Auth = scim.NoAuth() })
	require.Equal(b, 201, do(b, h, "POST", "/Groups", manyMembers(1000)).Code)
	for _, query := range []string{"", "?excludedAttributes=members"} {
		b.Run("GET"+query, func(b *testing.B) {
			b.ReportAllocs()
			w := &quiet{header: http.Header{}}
			r := httptest.NewRequest("GET", "/Groups/1"+query, nil)
			for b.Loop() {
				w.bytes = 0
				h.ServeHTTP(w, r)
			}
			b.ReportMetric(float64(w.bytes), "body-bytes")
		})
	}
}

// managerIs is how answers show a manager.
func managerIs(id string) object { return object{"value": id, "$ref": baseURL + "/Users/" + id} }

// ghost is a resource type with references of every kind.
func ghostTypes(t testing.TB) *scim.Types {
	t.Helper()
	reference := func(name string, kinds ...string) schema.Attribute {
		sub, err := schema.NewOrdered(name, schema.Attribute{Name: "value"}, schema.Attribute{Name: "type"},
			schema.Attribute{Name: "$ref", Type: schema.Reference, CaseExact: true, ReferenceTypes: kinds})
		require.NoError(t, err)
		return schema.Attribute{Name: name, Type: schema.Complex, MultiValued: true, Sub: sub}
	}
	plain, err := schema.NewOrdered("plain", schema.Attribute{Name: "$ref", Type: schema.Reference, ReferenceTypes: []string{"User"}})
	require.NoError(t, err)
	ghost, err := schema.NewResource("Ghost", schema.Schema{URN: "urn:example:ghost", Attributes: []schema.Attribute{
		reference("users", "User"), reference("anyone", "User", "Ghost"), reference("pages", "uri"), reference("robots", "Robot"),
		reference("robotsToo", "Ghost", "Robot"), {Name: "plain", Type: schema.Complex, Sub: plain},
	}})
	require.NoError(t, err)
	user, err := scim.UserType()
	require.NoError(t, err)
	types, err := scim.NewTypes("1", user, scim.ResourceType{Name: "Ghost", Endpoint: "/Ghosts", Type: ghost})
	require.NoError(t, err)
	return types
}

// A reference to a resource whose type is known is shown with its location, and
// whatever else a client says of it is passed over.
func TestReferences(t *testing.T) {
	t.Parallel()
	const foreign = "https://elsewhere.example.com/Users/1"
	for name, c := range map[string]struct {
		sent string // a value of the attribute that name begins with
		want object
	}{
		"users":                        {`{"value":"1"}`, object{"value": "1", "$ref": baseURL + "/Users/1"}},
		"users, type of its own":       {`{"value":"1","type":"direct"}`, object{"value": "1", "type": "direct", "$ref": baseURL + "/Users/1"}},
		"users, relative":              {`{"value":"1","$ref":"../Users/1"}`, object{"value": "1", "$ref": baseURL + "/Users/1"}},
		"users, foreign":               {`{"value":"1","$ref":"` + foreign + `"}`, object{"value": "1", "$ref": baseURL + "/Users/1"}},
		"users, no value":              {`{"$ref":"` + foreign + `"}`, object{"$ref": foreign}},
		"users, empty value":           {`{"value":"","$ref":"` + foreign + `"}`, object{"value": "", "$ref": foreign}},
		"users, value to escape":       {`{"value":"a/b?c é"}`, object{"value": "a/b?c é", "$ref": baseURL + "/Users/a%2Fb%3Fc%20%C3%A9"}},
		"users, value that is no id":   {`{"value":".."}`, object{"value": ".."}},
		"anyone, no type":              {`{"value":"1"}`, object{"value": "1"}},
		"anyone, no type, with a $ref": {`{"value":"1","$ref":"../Users/1"}`, object{"value": "1", "$ref": "../Users/1"}},
		"anyone, user":                 {`{"value":"1","type":"User"}`, object{"value": "1", "type": "User", "$ref": baseURL + "/Users/1"}},
		"anyone, ghost":                {`{"value":"1","type":"ghost"}`, object{"value": "1", "type": "ghost", "$ref": baseURL + "/Ghosts/1"}},
		"anyone, another type":         {`{"value":"1","type":"Robot"}`, object{"value": "1", "type": "Robot"}},
		"pages":                        {`{"value":"1","$ref":"` + foreign + `"}`, object{"value": "1", "$ref": foreign}},
		"robots":                       {`{"value":"1","type":"Robot"}`, object{"value": "1", "type": "Robot"}},
		"robotsToo, no type":           {`{"value":"1"}`, object{"value": "1"}},
		"plain":                        {`{"$ref":"../Users/1"}`, object{"$ref": "../Users/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			s.TypeSet = ghostTypes(t)
			h := newHandler(t, s, nil)
			attr, _, _ := strings.Cut(name, ",")
			a := do(t, h, "POST", "/Ghosts", `{"schemas":["urn:example:ghost"],"`+attr+`":`+c.sent+`}`)
			require.Equal(t, 201, a.Code, a.Body.String())
			want := any(c.want)
			if attr != "plain" {
				want = []any{want}
			}
			assert.Equal(t, want, a.get(attr))
			assert.Equal(t, want, do(t, h, "GET", "/Ghosts", "").get("Resources").([]any)[0].(object)[attr])
		})
	}
}

func TestReferences_InTheCoreTypes(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", userBody(`"`+entURN+`":{"manager":{"value":"9"}}`)).Code)
	group := do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g","members":[{"value":"1"},{"value":"5","type":"User"},{"value":"6","type":"Group"}]}`)
	require.Equal(t, 201, group.Code)
	assert.Equal(t, []any{object{"value": "1"}, object{"value": "5", "type": "User", "$ref": baseURL + "/Users/5"},
		object{"value": "6", "type": "Group", "$ref": baseURL + "/Groups/6"}}, group.get("members"))
	user := do(t, h, "GET", "/Users/1", "")
	assert.Equal(t, managerIs("9"), user.get(entURN, "manager"))
	assert.Equal(t, []any{object{"value": "2", "display": "g", "$ref": baseURL + "/Groups/2"}}, user.get("groups"))
}

func TestReferences_FollowTheProjection(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	require.Equal(t, 201, do(t, h, "POST", "/Groups", manyMembers(1)).Code)
	for query, want := range map[string]any{
		"attributes=members.$ref":         []any{object{"$ref": baseURL + "/Users/0"}},
		"attributes=members.value":        []any{object{"value": "0"}},
		"excludedAttributes=members.$ref": []any{object{"value": "0", "type": "User", "display": "User 0"}},
		"excludedAttributes=members":      nil,
	} {
		assert.Equal(t, want, do(t, h, "GET", "/Groups/1?"+query, "").get("members"), query)
	}
}

// Sending back what was read changes nothing: the $ref in it is the front's own.
func TestReferences_AreNoChange(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", userBody(`"`+entURN+`":{"manager":{"value":"9"}}`)).Code)
	require.Equal(t, 201, do(t, h, "POST", "/Groups", manyMembers(2)).Code)
	user, group := s.Resources[0], s.Resources[1]
	require.Equal(t, 200, do(t, h, "PUT", "/Users/1", do(t, h, "GET", "/Users/1", "").Body.String()).Code)
	require.Equal(t, 200, do(t, h, "PUT", "/Groups/2", do(t, h, "GET", "/Groups/2", "").Body.String()).Code)
	require.Equal(t, 204, do(t, h, "PATCH", "/Groups/2", patchBody(op("add", "members", `[{"value":"1","type":"User","$ref":"`+baseURL+`/Users/1"}]`))).Code)
	assert.Same(t, user, s.Resources[0])
	assert.Same(t, group, s.Resources[1])
}
