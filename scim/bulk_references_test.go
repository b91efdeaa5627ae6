package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// idOf is the id of the resource that an operation was about, by its location.
func idOf(t testing.TB, result object) string {
	t.Helper()
	location, ok := result["location"].(string)
	require.True(t, ok, result)
	return location[strings.LastIndexByte(location, '/')+1:]
}

// A reference is found wherever it stands, and becomes the new resource's id.
func TestBulk_References(t *testing.T) {
	t.Parallel()
	post := func(data string) string {
		return bulkOp("POST", "/Users", "it", `{"schemas":["`+userURN+`"],"userName":"it"`+data+`}`)
	}
	patch := func(ops ...string) string { return bulkOp("PATCH", "/Users/1", "", patchBody(ops...)) }
	group := func(ops ...string) string { return bulkOp("PATCH", "/Groups/2", "", patchBody(ops...)) }
	member := func(id string) any { return []any{object{"value": id, "type": "User"}} }
	for name, c := range map[string]struct {
		op   string
		path string // what is looked at then; "" is the location of the result
		want func(id string) any
		at   []string
	}{
		"in an extension":            {post(`,` + manager("bulkId:x")), "", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"as a plain text":            {post(`,"` + entURN + `":{"manager":"bulkId:x"}`), "", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"by a key with a URN":        {post(`,"` + entURN + `:manager.value":"bulkId:x"`), "", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"in a list":                  {post(`,"` + teststore.FreshURN + `":{"tags":["a","bulkId:x","b"]}`), "", func(id string) any { return []any{"a", id, "b"} }, []string{teststore.FreshURN, "tags"}},
		"in anything":                {post(`,"` + teststore.FreshURN + `":{"anything":{"a":[1,{"b":"bulkId:x"}]}}`), "", func(id string) any { return object{"a": []any{1.0, object{"b": id}}} }, []string{teststore.FreshURN, "anything"}},
		"at the end of a URL":        {post(`,"profileUrl":"https://people.example.com/bulkId:x"`), "", func(id string) any { return "https://people.example.com/" + id }, []string{"profileUrl"}},
		"at the end of a path":       {post(`,"photos":[{"value":"../Users/bulkId:x"}]`), "", func(id string) any { return []any{object{"value": "../Users/" + id}} }, []string{"photos"}},
		"in any text":                {post(`,"displayName":"bulkId:x"`), "", func(id string) any { return id }, []string{"displayName"}},
		"not in the middle":          {post(`,"displayName":"about bulkId:x"`), "", func(string) any { return "about bulkId:x" }, []string{"displayName"}},
		"text of an unknown one":     {post(`,"displayName":"bulkId:none","title":"a/bulkId:none"`), "", func(string) any { return "bulkId:none" }, []string{"displayName"}},
		"in quotes, but no filter":   {post(`,"title":"say \"bulkId:x\""`), "", func(string) any { return `say "bulkId:x"` }, []string{"title"}},
		"in a value of PATCH":        {patch(op("add", entURN+":manager", `{"value":"bulkId:x"}`)), "/Users/1", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"in a plain value of PATCH":  {patch(op("replace", entURN+":manager.value", `"bulkId:x"`)), "/Users/1", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"in a PATCH without a path":  {patch(op("add", "", `{"`+entURN+`":{"manager":{"value":"bulkId:x"}}}`)), "/Users/1", func(id string) any { return id }, []string{entURN, "manager", "value"}},
		"in the filter of a PATCH":   {group(op("add", "members", `[{"value":"bulkId:x","type":"User"},{"value":"1","type":"User"}]`), op("remove", `members[value eq "1" or value eq "none"]`, "")), "/Groups/2", member, []string{"members"}},
		"in several filters":         {group(op("add", "members", `[{"value":"bulkId:x","type":"User"},{"value":"1","type":"User"}]`), op("remove", `members[value eq "bulkId:x" or value eq "bulkId:y"]`, "")), "/Groups/2", func(string) any { return member("1") }, []string{"members"}},
		"in a filter, with blanks":   {group(op("add", "members", `[{"value":"bulkId:x","type":"User"},{"value":"1","type":"User"}]`), op("remove", `members[value eq "bulkId:x" and type eq "User"]`, "")), "/Groups/2", func(string) any { return member("1") }, []string{"members"}},
		"in quotes, but no PATCH":    {post(`,"` + teststore.FreshURN + `":{"anything":{"path":"say \"bulkId:x\""}}`), "", func(string) any { return object{"path": `say "bulkId:x"`} }, []string{teststore.FreshURN, "anything"}},
		"in the path":                {bulkOp("PATCH", "/Users/bulkId:x", "", patchBody(op("add", "title", `"x"`))), "", func(string) any { return "x" }, []string{"title"}},
		"in a path without a slash":  {bulkOp("PUT", "Users/bulkId:x", "", `{"userName":"x","title":"x"}`), "", func(string) any { return "x" }, []string{"title"}},
		"in the path of the base":    {bulkOp("PUT", baseURL+"/Users/bulkId:x", "", `{"userName":"x","title":"x"}`), "", func(string) any { return "x" }, []string{"title"}},
		"its own id in PATCH":        {bulkOp("PATCH", "/Users/bulkId:x", "", patchBody(op("replace", "", `{"id":"bulkId:x","title":"x"}`))), "", func(string) any { return "x" }, []string{"title"}},
		"twice, and the same member": {group(op("add", "members", `[{"value":"bulkId:x","type":"User"},{"value":"bulkId:x","type":"User"}]`)), "/Groups/2", member, []string{"members"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, forward := range []bool{false, true} {
				for _, workers := range []int{1, 8} {
					h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.BulkWorkers = workers })
					require.Equal(t, 201, do(t, h, "POST", "/Users", userBody("")).Code)
					require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"displayName":"g"}`).Code)
					ops, first, last := []string{postUser("x", "x"), postUser("y", "y"), c.op}, 0, 2
					if forward {
						ops, first, last = []string{c.op, postUser("y", "y"), postUser("x", "x")}, 2, 0
					}
					results := bulk(t, h, bulkBody("", ops...))
					for _, r := range results {
						require.NotContains(t, r, "response", r)
					}
					path := c.path
					if path == "" {
						path = strings.TrimPrefix(results[last]["location"].(string), baseURL)
					}
					a := do(t, h, "GET", path, "")
					got := a.get(c.at...)
					if list, ok := got.([]any); ok && c.at[0] == "members" {
						for _, m := range list {
							delete(m.(object), "$ref")
						}
					}
					assert.Equal(t, c.want(idOf(t, results[first])), got, a.Body.String())
				}
			}
		})
	}
}

// A new id is escaped for the place where it stands.
func TestBulk_ReferencesToStrangeIDs(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	b := &strangeIDs{s}
	results := bulk(t, newHandler(t, b, nil), bulkBody("", postUser("x", "x"),
		bulkOp("POST", "/Groups", "g", `{"displayName":"g","members":[{"value":"bulkId:x"}]}`),
		postUser("y", "y", `"photos":[{"value":"../Users/bulkId:x"}]`),
		bulkOp("PATCH", "/Groups/bulkId:g", "", patchBody(op("remove", `members[value eq "bulkId:x"]`, "")))))
	assert.Equal(t, "201, 201, 201, 204", statuses(results))
	assert.Equal(t, baseURL+"/Users/a%22%2Fb", results[0]["location"])
	for _, res := range s.Resources {
		switch res.Record.String("userName") + res.Record.String("displayName") {
		case "g":
			assert.False(t, res.Record.Has("members"), "it had the user, and lost it again")
		case "y":
			assert.Equal(t, `../Users/a%22%2Fb`, res.Record.Get("photos").At(0).Record().String("value"))
		}
	}
	assert.Equal(t, `members[value eq "a\"/b"]`, b.LastUpdate.Patch[0].Target.String())
}

// So is a bulkId, which may be any text.
func TestBulk_ReferencesByStrangeIDs(t *testing.T) {
	t.Parallel()
	const bulkID = `a"/b\ c`
	h := newHandler(t, teststore.New(t), nil)
	results := bulk(t, h, bulkBody("", postUser(bulkID, "x"), postGroup("g", "g", withMembers("bulkId:"+bulkID)),
		bulkOp("PATCH", "/Users/bulkId:"+bulkID, "", patchBody(op("add", "title", `"x"`))),
		bulkOp("PATCH", "/Groups/bulkId:g", "", patchBody(op("remove", `members[value eq `+quote("bulkId:"+bulkID)+` or display eq "]"]`, "")))))
	assert.Equal(t, "201, 201, 200, 204", statuses(results))
	assert.Equal(t, bulkID, results[0]["bulkId"])
	assert.Nil(t, do(t, h, "GET", "/Groups/"+idOf(t, results[1]), "").get("members"))
}

// strangeIDs gives users an id that has to be escaped.
type strangeIDs struct{ *teststore.Store }

func (b *strangeIDs) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	res, err := b.Store.Create(ctx, typ, in, o)
	if err != nil || in.String("userName") != "x" {
		return res, err
	}
	rec := res.Record.Clone()
	rec.SetAt(schema.SlotID, schema.StringValue(`a"/b`))
	return &scim.Resource{Record: rec}, nil
}

// A reference that leads nowhere fails its operation, and no other.
func TestBulk_ReferencesToNothing(t *testing.T) {
	t.Parallel()
	post := func(member string) string { return postUser("it", "it", member) }
	failed := postUser("x", "")
	for name, c := range map[string]struct{ op, want, words string }{
		"unknown, in a value":            {post(manager("bulkId:none")), "400 invalidValue", "manager"},
		"unknown, as a plain text":       {post(`"` + entURN + `":{"manager":"bulkId:none"}`), "400 invalidValue", "manager"},
		"unknown, in a $ref":             {bulkOp("POST", "/Groups", "it", `{"displayName":"g","members":[{"$ref":"../Users/bulkId:none"}]}`), "400 invalidValue", "members"},
		"unknown, in a reference":        {post(`"profileUrl":"bulkId:none"`), "400 invalidValue", "profileUrl"},
		"unknown, in PATCH":              {bulkOp("PATCH", "/Groups/1", "", patchBody(op("add", "members", `[{"value":"1"},{"value":"bulkId:none"}]`))), "400 invalidValue", "members"},
		"unknown, in PATCH of one":       {bulkOp("PATCH", "/Users/1", "", patchBody(op("add", entURN+":manager.value", `"bulkId:none"`))), "400 invalidValue", "manager"},
		"unknown, in PATCH of a URL":     {bulkOp("PATCH", "/Users/1", "", patchBody(op("add", "profileUrl", `"bulkId:none"`))), "400 invalidValue", "profileUrl"},
		"unknown, in a filter":           {bulkOp("PATCH", "/Groups/1", "", patchBody(op("remove", `members[value eq "bulkId:none"]`, ""))), "400 invalidValue", "path"},
		"unknown, beside a known one":    {bulkOp("POST", "/Groups", "it", `{"displayName":"g","members":[{"value":"bulkId:ok"},{"value":"bulkId:none"}]}`), "400 invalidValue", "members"},
		"of a POST that fails":           {post(manager("bulkId:x")), "409", "operation 1"},
		"of a POST that fails, in path":  {bulkOp("DELETE", "/Users/bulkId:x", "", ""), "409", "operation 1"},
		"of a POST that fails, in PATCH": {bulkOp("PATCH", "/Groups/1", "", patchBody(op("remove", `members[value eq "bulkId:x"]`, ""))), "409", "operation 1"},
		"of what is no POST":             {post(manager("bulkId:put")), "400 invalidValue", "manager"},
		"of another type, in path":       {bulkOp("DELETE", "/Groups/bulkId:ok", "", ""), "404", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, workers := range []int{1, 8} {
				s := teststore.New(t)
				h := newHandler(t, s, func(o *scim.Options) { o.BulkWorkers = workers })
				results := bulk(t, h, bulkBody("", failed, c.op, bulkOp("PUT", "/Users/none", "put", `{"userName":"x"}`), postUser("ok", "ok")))
				assert.Equal(t, "400 invalidValue, "+c.want+", 404, 201", statuses(results))
				assert.Contains(t, failure(t, results[1]), c.words)
				assert.Len(t, s.Resources, 1)
			}
		})
	}
}

// Operations wait for what they need, and operations on the same resource wait with
// them.
func TestBulk_ForwardReferences(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 8} {
		s := teststore.New(t)
		h := newHandler(t, s, func(o *scim.Options) { o.BulkWorkers = workers })
		require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"displayName":"g"}`).Code)
		results := bulk(t, h, bulkBody("",
			bulkOp("PATCH", "/Groups/1", "", patchBody(op("add", "members", `[{"value":"bulkId:a"}]`))),
			bulkOp("PATCH", "/Groups/1", "", patchBody(op("remove", "members", ""))),
			bulkOp("PATCH", "/Groups/1", "", patchBody(op("add", "members", `[{"value":"bulkId:b"}]`))),
			bulkOp("PATCH", "/Users/bulkId:a", "", patchBody(op("add", "title", `"first"`))),
			postUser("c", "c", manager("bulkId:b")),
			postUser("b", "b", manager("bulkId:a")),
			postUser("a", "a"),
			bulkOp("PATCH", "/Users/bulkId:a", "", patchBody(op("replace", "title", `"last"`))),
		))
		assert.Equal(t, "204, 204, 204, 200, 201, 201, 201, 200", statuses(results))
		a, b, c := idOf(t, results[6]), idOf(t, results[5]), idOf(t, results[4])
		assert.Equal(t, a, idOf(t, results[3]))
		assert.Equal(t, b, do(t, h, "GET", "/Groups/1", "").get("members").([]any)[0].(object)["value"])
		assert.Equal(t, "last", do(t, h, "GET", "/Users/"+a, "").get("title"))
		assert.Equal(t, b, do(t, h, "GET", "/Users/"+c, "").get(entURN, "manager", "value"))
		assert.Equal(t, a, do(t, h, "GET", "/Users/"+b, "").get(entURN, "manager", "value"))
	}
}

// robots are resources that need a boss.
func robots(t testing.TB) *teststore.Store {
	t.Helper()
	s := teststore.New(t)
	ref, err := schema.NewOrdered("boss", schema.Attribute{Name: "value"}, schema.Attribute{Name: "$ref", Type: schema.Reference})
	require.NoError(t, err)
	robot, err := schema.NewResource("Robot", schema.Schema{URN: "urn:example:robot", Attributes: []schema.Attribute{
		{Name: "userName", Required: true}, {Name: "boss", Type: schema.Complex, Sub: ref, Required: true},
		{Name: "maker", Type: schema.Complex, Sub: ref}, {Name: "birthplace", Mutability: schema.Immutable},
	}})
	require.NoError(t, err)
	s.TypeSet, err = scim.NewTypes("2", append(s.TypeSet.All(), scim.ResourceType{Name: "Robot", Endpoint: "/Robots", Type: robot})...)
	require.NoError(t, err)
	return s
}

func postRobot(bulkID, boss string, members ...string) string {
	return bulkOp("POST", "/Robots", bulkID, fmt.Sprintf(`{"schemas":["urn:example:robot"],"userName":%q,"boss":{"value":%q}%s}`, bulkID, boss, joined(members)))
}

func TestBulk_CircularReferences(t *testing.T) {
	t.Parallel()
	maker := func(id string) string { return fmt.Sprintf(`"maker":{"value":%q}`, id) }
	for name, c := range map[string]struct {
		ops     []string
		want    string
		updates int               // at most this many resources were completed
		refs    map[string]string // by name: whom it refers to
	}{
		"two groups": {
			[]string{postGroup("a", "a", withMembers("bulkId:b")), postGroup("b", "b", withMembers("bulkId:a"))},
			"201, 201", 1, map[string]string{"a": "b", "b": "a"},
		},
		"three users": {
			[]string{postUser("a", "a", manager("bulkId:b")), postUser("b", "b", manager("bulkId:c")), postUser("c", "c", manager("bulkId:a"))},
			"201, 201, 201", 1, map[string]string{"a": "b", "b": "c", "c": "a"},
		},
		"oneself": {[]string{postUser("a", "a", manager("bulkId:a"))}, "201", 1, map[string]string{"a": "a"}},
		"oneself, and one who needs it": {
			[]string{postUser("b", "b", manager("bulkId:a")), postUser("a", "a", manager("bulkId:a"))},
			"201, 201", 1, map[string]string{"a": "a", "b": "a"},
		},
		"some that wait for a circle": {
			[]string{postUser("c", "c", manager("bulkId:a")), postUser("d", "d", manager("bulkId:c")), postUser("a", "a", manager("bulkId:b")), postUser("b", "b", manager("bulkId:a"))},
			"201, 201, 201, 201", 1, map[string]string{"a": "b", "b": "a", "c": "a", "d": "c"},
		},
		"two circles": {
			[]string{postUser("a", "a", manager("bulkId:b")), postUser("b", "b", manager("bulkId:a")), postUser("c", "c", manager("bulkId:d")), postUser("d", "d", manager("bulkId:c"))},
			"201, 201, 201, 201", 2, map[string]string{"a": "b", "b": "a", "c": "d", "d": "c"},
		},
		"a group in its group": {
			[]string{postGroup("a", "a", withMembers("bulkId:a", "bulkId:b", "bulkId:u")), postGroup("b", "b", withMembers("bulkId:u", "bulkId:a")), postUser("u", "u")},
			"201, 201, 201", 1, map[string]string{"a": "a,b,u", "b": "a,u"},
		},
		"one way is required": {
			[]string{postRobot("a", "bulkId:b"), postRobot("b", "root", maker("bulkId:a"))},
			"201, 201", 1, map[string]string{"a": "b", "b": "root,a"},
		},
		"one way is required, of the first": {
			[]string{postRobot("b", "root", maker("bulkId:a")), postRobot("a", "bulkId:b")},
			"201, 201", 1, map[string]string{"a": "b", "b": "root,a"},
		},
		"a complex value without a value": {
			[]string{postUser("a", "a", `"name":{"familyName":"bulkId:b","givenName":"A"}`, manager("bulkId:b")), postUser("b", "b", manager("bulkId:a"))},
			"201, 201", 1, map[string]string{"a": "b", "b": "a"},
		},
		"what is set once": {
			[]string{postRobot("b", "root", `"birthplace":"bulkId:a"`), postRobot("a", "bulkId:b")},
			"201, 201", 1, map[string]string{"a": "b", "b": "root,a"},
		},
		"both ways are required":       {[]string{postRobot("a", "bulkId:b"), postRobot("b", "bulkId:a"), postUser("u", "u")}, "409, 409, 201", 0, nil},
		"oneself is required":          {[]string{postRobot("a", "bulkId:a"), postUser("u", "u")}, "409, 201", 0, nil},
		"one who waits for a hard one": {[]string{postUser("u", "u", manager("bulkId:a")), postRobot("a", "bulkId:b"), postRobot("b", "bulkId:a")}, "409, 409, 409", 0, nil},
		"a hard circle and PATCH":      {[]string{bulkOp("PATCH", "/Robots/bulkId:a", "", patchBody(op("add", "userName", `"x"`))), postRobot("a", "bulkId:a")}, "409, 409", 0, nil},
		"a soft circle around a hard one": {
			[]string{postRobot("c", "root", maker("bulkId:a")), postRobot("a", "bulkId:b"), postRobot("b", "bulkId:a", maker("bulkId:c"))},
			"409, 409, 409", 0, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, workers := range []int{1, 8} {
				for _, profile := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
					s := robots(t)
					h := newHandler(t, s, func(o *scim.Options) { o.BulkWorkers, o.Profile = workers, profile })
					results := bulk(t, h, bulkBody("", c.ops...))
					assert.Equal(t, c.want, statuses(results))
					updates := strings.Count(strings.Join(s.Calls, " "), "update")
					assert.LessOrEqual(t, updates, c.updates)
					names := map[string]string{"root": "root"} // by id
					for _, res := range s.Resources {
						names[res.Record.String("id")] = nameOf(res)
					}
					for _, res := range s.Resources {
						if want, ok := c.refs[nameOf(res)]; ok {
							assert.Equal(t, want, refersTo(res, names), nameOf(res))
						}
					}
				}
			}
		})
	}
}

func nameOf(res *scim.Resource) string {
	return res.Record.String("userName") + res.Record.String("displayName")
}

// refersTo are the names of those that a resource refers to, sorted by attribute
// and in a list.
func refersTo(res *scim.Resource, names map[string]string) string {
	var out []string
	for _, attr := range []string{entURN + ":manager", "members", "boss", "maker"} {
		for e := range res.Record.Get(attr).Elements() {
			out = append(out, names[e.Record().String("value")])
		}
	}
	if id := res.Record.String("birthplace"); id != "" {
		out = append(out, names[id])
	}
	if len(out) > 1 && res.Record.Type().Name() == "Group" {
		// Members that were there at first come before the others.
		slices.Sort(out)
	}
	return strings.Join(out, ",")
}

// Many who wait for two in a circle cost one call more, not one more each.
func TestBulk_CircleWithFollowers(t *testing.T) {
	t.Parallel()
	var ops []string
	for i := range 50 {
		ops = append(ops, postUser(fmt.Sprint("u", i), fmt.Sprint("u", i), manager("bulkId:ceo")))
	}
	ops = append(ops, postUser("ceo", "ceo", manager("bulkId:aide")), postUser("aide", "aide", manager("bulkId:ceo")))
	s := teststore.New(t)
	results := bulk(t, newHandler(t, s, nil), bulkBody("", ops...))
	for _, r := range results {
		assert.Equal(t, "201", r["status"])
	}
	assert.Equal(t, 1, strings.Count(strings.Join(s.Calls, " "), "update"))
	assert.Len(t, s.Calls, 53)
}

// What is done to a resource in a circle is done when it is complete, in order.
func TestBulk_OperationsOnACircle(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 8} {
		s := teststore.New(t).With(scim.Features{Versions: true})
		h := newHandler(t, s, func(o *scim.Options) { o.BulkWorkers = workers })
		results := bulk(t, h, bulkBody("",
			bulkOp("PATCH", "/Groups/bulkId:a", "", patchBody(op("remove", `members[value eq "bulkId:b"]`, ""))),
			postGroup("a", "a", withMembers("bulkId:b")),
			postGroup("b", "b", withMembers("bulkId:a")),
			bulkOp("PATCH", "/Groups/bulkId:b", "", patchBody(op("remove", "members", ""), op("replace", "displayName", `"c"`))),
		))
		assert.Equal(t, "204, 201, 201, 204", statuses(results))
		for _, i := range []int{1, 2} {
			a := do(t, h, "GET", "/Groups/"+idOf(t, results[i]), "")
			assert.Nil(t, a.get("members"), a.Body.String())
		}
		// The version is that of the complete resource.
		results = bulk(t, h, bulkBody("", postUser("u", "u", manager("bulkId:u"))))
		assert.Equal(t, do(t, h, "GET", "/Users/"+idOf(t, results[0]), "").Header().Get("Etag"), results[0]["version"])
		s.Blind = true
		results = bulk(t, h, bulkBody("", postUser("v", "v", manager("bulkId:v"))))
		assert.Equal(t, "201", statuses(results))
		assert.NotContains(t, results[0], "version", "the backend does not tell")
	}
}

// A circle that the backend does not close is a conflict, and says what is there.
func TestBulk_CircleThatFails(t *testing.T) {
	t.Parallel()
	ops := []string{postUser("u", "u"), postGroup("a", "a", withMembers("bulkId:b", "bulkId:u")), postGroup("b", "b", withMembers("bulkId:a"))}
	for name, c := range map[string]struct {
		fails func(call string, in *schema.Record) error
		want  string
		words string
	}{
		"the update fails": {func(call string, _ *schema.Record) error {
			if call == "update" {
				return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "Groups have no groups.")
			}
			return nil
		}, "201, 409, 201", "Groups have no groups."},
		"the update panics": {func(call string, _ *schema.Record) error {
			if call == "update" {
				panic("a secret detail")
			}
			return nil
		}, "201, 409, 201", "request-1"},
		"the other one fails": {func(_ string, in *schema.Record) error {
			if in.String("displayName") == "b" {
				return scim.Errorf(http.StatusForbidden, "", "No.")
			}
			return nil
		}, "201, 409, 403", "operation 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, workers := range []int{1, 8} {
				b := &backend{teststore.New(t), func(_ context.Context, call string, _ scim.Ref, in *schema.Record) error {
					if in == nil {
						in = userRecord(t)
					}
					return c.fails(call, in)
				}}
				h := newHandler(t, b, func(o *scim.Options) { o.BulkWorkers = workers })
				results := bulk(t, h, bulkBody("", ops...))
				assert.Equal(t, c.want, statuses(results))
				assert.Contains(t, failure(t, results[1]), "has been created")
				assert.Contains(t, failure(t, results[1]), c.words)
				assert.NotContains(t, failure(t, results[1]), "secret")
				group := do(t, h, "GET", "/Groups/"+idOf(t, results[1]), "")
				require.Equal(t, 200, group.Code, "it is where the location says")
				assert.Len(t, group.get("members"), 1, "with what could be there from the start")
			}
		})
	}
	// Processing stops between the two.
	h := newHandler(t, teststore.New(t), nil)
	results := bulk(t, h, bulkBody(`"failOnErrors":1,`, ops[1], postUser("x", ""), ops[2], ops[0]))
	assert.Equal(t, "400 invalidValue", statuses(results), "both wait")
	results = bulk(t, h, bulkBody(`"failOnErrors":1,`, postGroup("a", "a", withMembers("bulkId:b")), postGroup("b", "a", withMembers("bulkId:a")), ops[0]))
	assert.Equal(t, "409, 409 uniqueness", statuses(results))
	assert.Contains(t, failure(t, results[0]), "stopped")
}

func userRecord(t testing.TB) *schema.Record {
	t.Helper()
	return teststore.Types(t).ByName("User").Type.New()
}
