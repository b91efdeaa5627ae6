package elimityscim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/elimityscim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// step is a request that both fronts get.
type step struct{ name, method, path, body string }

const (
	core  = `"schemas":["` + scim.UserURN + `","` + ent + `"]`
	grace = `{` + core + `,"userName":"grace@example.com","externalId":"g-1","displayName":"Grace","active":true,"name":{"givenName":"Grace","familyName":"Hopper"},
		"emails":[{"value":"grace@example.com","type":"work","primary":true},{"value":"g@home.example","type":"home"}],
		"` + ent + `":{"department":"Navy","employeeNumber":"7"}}`
)

func patch(op, path, value string) string {
	out := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"` + op + `"`
	if path != "" {
		out += `,"path":` + string(must(json.Marshal(path)))
	}
	if value != "" {
		out += `,"value":` + value
	}
	return out + `}]}`
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// given are the requests that each conversation begins with: users 1 and 2, group 3.
func given() []step {
	return []step{
		{"create", "POST", "/Users", grace},
		{"create another", "POST", "/Users", `{` + core + `,"userName":"alan@example.com","password":"secret","` + teststore.FreshURN + `":{"level":3,"score":1.5,"tags":["a","b"],"hidden":"h","secret":"s","birth":"1912"}}`},
		{"create a group", "POST", "/Groups", `{"schemas":["` + scim.GroupURN + `"],"displayName":"Navy","members":[{"value":"1","type":"User"}]}`},
	}
}

// steps are what both fronts are asked, each for itself. What has the name of the
// step before with a comma and more behind it goes on from there.
func steps() []step {
	user := func(name, op, path, value string) step {
		return step{name, "PATCH", "/Users/1", patch(op, path, value)}
	}
	group := func(name, op, path, value string) step {
		return step{name, "PATCH", "/Groups/3", patch(op, path, value)}
	}
	return []step{
		{"create a duplicate", "POST", "/Users", `{` + core + `,"userName":"GRACE@example.com"}`},
		{"create without schemas", "POST", "/Users", `{"userName":"x"}`},
		{"create without a name", "POST", "/Users", `{` + core + `,"displayName":"x"}`},
		{"create with a wrong type", "POST", "/Users", `{` + core + `,"userName":"x","name":"x"}`},
		{"create with a wrong sub-attribute", "POST", "/Users", `{` + core + `,"userName":"x","name":{"givenName":5}}`},
		{"create from half a body", "POST", "/Users", `{"userName":`},
		{"create with read-only attributes", "POST", "/Users", `{` + core + `,"userName":"ro@example.com","id":"99","groups":[{"value":"3"}]}`},
		{"create with an unknown attribute", "POST", "/Users", `{` + core + `,"userName":"unknown@example.com","nope":1}`},
		{"get", "GET", "/Users/1", ""},
		{"get a group", "GET", "/Groups/3", ""},
		{"get nobody", "GET", "/Users/99", ""},
		{"get of another type", "GET", "/Groups/1", ""},
		{"list", "GET", "/Users", ""},
		{"list groups", "GET", "/Groups", ""},
		{"list a page", "GET", "/Users?startIndex=2&count=1", ""},
		{"list nothing", "GET", "/Users?count=0", ""},
		{"list from below", "GET", "/Users?startIndex=-3&count=-1", ""},
		{"list with a bad count", "GET", "/Users?count=x", ""},
		{"filter by userName", "GET", "/Users?filter=userName+eq+%22Grace@EXAMPLE.com%22", ""},
		{"filter by a sub-attribute", "GET", "/Users?filter=name.givenName+eq+%22grace%22", ""},
		{"filter by an extension", "GET", "/Users?filter=" + ent + ":department+eq+%22Navy%22", ""},
		{"filter by a value", "GET", "/Users?filter=emails%5Btype+eq+%22work%22%5D", ""},
		{"filter with and, or, not", "GET", "/Users?filter=active+eq+true+and+not+(userName+sw+%22alan%22)+or+userName+eq+%22none%22", ""},
		{"filter that finds nothing", "GET", "/Users?filter=userName+eq+%22nobody%22", ""},
		{"filter by externalId", "GET", "/Users?filter=externalId+eq+%22g-1%22", ""},
		{"filter by id", "GET", "/Users?filter=id+eq+%221%22", ""},
		{"filter with bad syntax", "GET", "/Users?filter=userName+eq", ""},
		{"filter by an unknown attribute", "GET", "/Users?filter=nope+eq+%22x%22", ""},
		{"filter by null", "GET", "/Users?filter=title+eq+null+and+(displayName+eq+%22Grace%22+or+userName+eq+%22none%22)", ""},
		{"filter groups by name", "GET", "/Groups?filter=displayName+eq+%22navy%22", ""},

		{"replace", "PUT", "/Users/1", strings.Replace(grace, `"displayName":"Grace"`, `"displayName":"Rear Admiral","title":"Admiral"`, 1)},
		{"replace without a name", "PUT", "/Users/1", `{` + core + `}`},
		{"replace nobody", "PUT", "/Users/99", grace},
		{"replace with a name that is taken", "PUT", "/Users/1", `{` + core + `,"userName":"alan@example.com"}`},
		{"replace an immutable value", "PUT", "/Users/2", `{` + core + `,"userName":"alan@example.com","` + teststore.FreshURN + `":{"birth":"1900"}}`},
		{"replace a group", "PUT", "/Groups/3", `{"schemas":["` + scim.GroupURN + `"],"displayName":"Navy","members":[{"value":"1","type":"User"},{"value":"2","type":"User"}]}`},

		user("add a value", "add", "nickName", `"Amazing"`),
		user("add a sub-attribute", "add", "name.middleName", `"Brewster"`),
		user("add one value for a list", "add", "emails", `{"value":"other@example.com"}`),
		user("add to a list", "add", "emails", `[{"value":"other@example.com","type":"other"}]`),
		user("add to a list, again", "add", "emails", `[{"value":"other@example.com","type":"other"}]`),
		user("add without a path", "add", "", `{"title":"Rear Admiral","name":{"honorificPrefix":"Dr."}}`),
		user("add to an extension", "add", ent+":costCenter", `"42"`),
		user("add a manager", "add", ent+":manager", `{"value":"2"}`),
		user("add an extension's object without a path", "add", "", `{"`+ent+`":{"division":"IT"}}`),
		user("replace a value", "replace", "active", `false`),
		user("replace in any case", "Replace", "ACTIVE", `true`),
		user("replace a complex value", "replace", "name", `{"givenName":"G."}`),
		user("replace through a filter", "replace", `emails[type eq "work"].value`, `"work@example.com"`),
		user("replace an element", "replace", `emails[type eq "home"]`, `{"value":"home@example.com","type":"home"}`),
		user("signs to escape", "add", "emails", `[{"value":"a\"b\\c","type":"o\"ther"}]`),
		{"signs to escape, filter", "GET", "/Users?filter=" + url.QueryEscape(`emails.value eq "a\"b\\c"`), ""},
		{"signs to escape, filter by a value", "GET", "/Users?filter=" + url.QueryEscape(`emails[type eq "o\u0022ther" and value co "\""]`), ""},
		user("signs to escape, replace", "replace", `emails[type eq "o\"ther"].value`, `"new"`),
		user("replace a list", "replace", "phoneNumbers", `[{"value":"1","type":"work"},{"value":"2","type":"mobile"}]`),
		user("replace through a filter that finds nothing", "replace", `emails[type eq "none"].value`, `"x"`),
		user("replace without a path", "replace", "", `{"displayName":"Grace H.","active":true}`),
		user("replace by null", "replace", "displayName", `null`),
		user("remove a value", "remove", "displayName", ""),
		user("remove a value, again", "remove", "displayName", ""),
		user("remove through a filter", "remove", `emails[type eq "home"]`, ""),
		user("remove a sub-attribute through a filter", "remove", `emails[type eq "work"].type`, ""),
		user("remove a list", "remove", "emails", ""),
		user("remove a sub-attribute", "remove", "name.givenName", ""),
		user("remove from an extension", "remove", ent+":department", ""),
		user("remove what is required", "remove", "userName", ""),
		user("remove without a path", "remove", "", ""),
		user("an unknown operation", "change", "title", `"x"`),
		user("an unknown path", "add", "nope", `"x"`),
		user("a malformed path", "add", "emails[type eq", `"x"`),
		user("a value of the wrong type", "replace", "active", `"yes"`),
		user("a read-only attribute", "replace", "groups", `[{"value":"3"}]`),
		user("a name that is taken", "replace", "userName", `"alan@example.com"`),
		{"change an immutable value", "PATCH", "/Users/2", patch("replace", teststore.FreshURN+":birth", `"1900"`)},
		{"patch nobody", "PATCH", "/Users/99", patch("replace", "title", `"x"`)},
		{"patch without operations", "PATCH", "/Users/1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`},
		{"patch without schemas", "PATCH", "/Users/1", `{"Operations":[{"op":"add","path":"title","value":"x"}]}`},
		{"patch with half a body", "PATCH", "/Users/1", `{"schemas":`},

		group("add a member", "add", "members", `[{"value":"5","type":"User"}]`),
		group("remove a member", "remove", `members[value eq "2"]`, ""),
		group("rename", "replace", "displayName", `"Fleet"`),
		group("replace the members", "replace", "members", `[{"value":"1","type":"User"},{"value":"4","type":"User"}]`),
		{"replace the members, get", "GET", "/Groups/3", ""},
		{"replace the members, get one", "GET", "/Users/1", ""},
		group("remove all members", "remove", "members", ""),
		{"remove all members, get", "GET", "/Groups/3", ""},

		{"delete", "DELETE", "/Users/2", ""},
		{"delete, again", "DELETE", "/Users/2", ""},
		{"delete, get", "GET", "/Users/2", ""},
		{"delete, list", "GET", "/Users", ""},
		{"another path", "GET", "/Robots", ""},
		{"another method", "DELETE", "/Users", ""},
		{"me", "GET", "/Me", ""},

		{"resource types", "GET", "/ResourceTypes", ""},
		{"resource type", "GET", "/ResourceTypes/User", ""},
		{"user schema", "GET", "/Schemas/" + scim.UserURN, ""},
		{"group schema", "GET", "/Schemas/" + scim.GroupURN, ""},
		{"enterprise schema", "GET", "/Schemas/" + ent, ""},
		{"own schema", "GET", "/Schemas/" + teststore.FreshURN, ""},
		{"unknown schema", "GET", "/Schemas/urn:example:none", ""},
	}
}

// status is the place of the HTTP status.
const status = "(status)"

// difference is something that the fronts say differently, and why: at a step, or
// at any where that is empty, and at a place, a regular expression.
type difference struct{ step, place, why string }

func differences() []difference {
	const (
		noMeta  = "the library's discovery documents have no meta"
		keyword = "the library has one keyword for most of what it does not like"
		lenient = "the library puts it right, which usher does in other profiles than this one"
	)
	return []difference{
		{"", `(.*\.)?meta\.location`, "the library writes relative addresses, and none into discovery documents"},
		{"", `(.*\.)?\$ref`, "the library does not know its address, nor does a handler of it"},
		{"", `schemas(#|\[\d\])|Resources\[\d\]\.schemas(#|\[\d\])`, "the library lists every extension of the type, used or not"},
		{"", `itemsPerPage`, "the library repeats the count that was asked for"},
		{"", `detail`, "errors of the library's own have its words"},
		{"", `(.*\.)?description`, "the library shows descriptions that are not there as empty"},
		{"", `attributes\[.*\]\.uniqueness`, "the library leaves it out for types that have none"},
		{"", `attributes(#|\[(id|externalId|meta)\].*)`, "they are added for the library, which refuses filters on what no schema has"},
		{"resource type", `meta\.resourceType`, noMeta},
		{"resource types", `.*\.meta\.resourceType`, noMeta},
		{"user schema", `meta\.resourceType`, noMeta},
		{"group schema", `meta\.resourceType`, noMeta},
		{"enterprise schema", `meta\.resourceType`, noMeta},
		{"own schema", `meta\.resourceType`, noMeta},

		{"create without schemas", status, lenient},
		{"add one value for a list", status, lenient},
		{"add an extension's object without a path", status, "the library splits the URN at its last colon, and finds no such attribute"},
		{"replace by null", status, "the library takes no null for a value"},
		{"another method", status, "the library answers 404 where the path has another method"},

		{"list with a bad count", `scimType`, "the library has no keyword for it"},
		{"remove without a path", `scimType`, keyword},
		{"patch without operations", `scimType`, keyword},
		{"patch without schemas", `scimType`, keyword},
		{"an unknown operation", `scimType`, keyword},
		{"a malformed path", `scimType`, "usher tells the filter from the rest of the path"},
	}
}

// leaves lists what JSON says: each value by its place. Elements with a name of
// their own are known by it.
func leaves(at string, v any, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, m := range v {
			place := name
			if at != "" {
				place = at + "." + name
			}
			leaves(place, m, out)
		}
	case []any:
		out[at+"#"] = fmt.Sprint(len(v))
		for i, e := range v {
			place := fmt.Sprintf("%s[%d]", at, i)
			if m, ok := e.(map[string]any); ok && m["name"] != nil && m["type"] != nil {
				place = fmt.Sprintf("%s[%v]", at, m["name"])
			}
			leaves(place, e, out)
		}
	default:
		out[at] = fmt.Sprintf("%T %v", v, v)
	}
}

// said is an answer as places and what stands there.
func said(t *testing.T, h http.Handler, s step) map[string]string {
	t.Helper()
	r := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
	if s.body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := map[string]string{status: fmt.Sprint(w.Code)}
	if w.Body.Len() > 0 {
		var body any
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body), w.Body.String())
		leaves("", body, out)
	}
	return out
}

// The same requests to both fronts, over the same data: what is answered agrees,
// but for the differences that are listed. One that vanishes has to be taken off
// the list.
func TestDifferential(t *testing.T) {
	t.Parallel()
	strict := scim.ProfileStrict()
	list := differences()
	found := make([]bool, len(list))
	known := func(name, place string) bool {
		for i, d := range list {
			if (d.step == "" || d.step == name) && (d.place == place || regexp.MustCompile("^("+d.place+")$").MatchString(place)) {
				found[i] = true
				return true
			}
		}
		return false
	}
	var usher, library http.Handler
	ask := func(s step) {
		ours, theirs := said(t, usher, s), said(t, library, s)
		if ours[status] != theirs[status] {
			if !known(s.name, status) {
				t.Errorf("%s: usher answers %s, the library %s", s.name, ours[status], theirs[status])
			}
			return
		}
		for _, place := range slices.Sorted(maps.Keys(union(ours, theirs))) {
			if ours[place] != theirs[place] && !known(s.name, place) {
				t.Errorf("%s: %s: usher says %q, the library %q", s.name, place, ours[place], theirs[place])
			}
		}
	}
	before := ""
	for _, s := range steps() {
		if name, _, ok := strings.Cut(s.name, ","); !ok || name != before {
			before = s.name
			var err error
			usher, err = scim.NewHandler(teststore.New(t), &scim.Options{BaseURL: "https://scim.example.com", Auth: scim.NoAuth(), Profile: strict, PatchGroupStatus: 200})
			require.NoError(t, err)
			library, err = elimityscim.NewServer(t.Context(), teststore.New(t), &elimityscim.Options{Profile: strict})
			require.NoError(t, err)
			for _, g := range given() {
				ask(g)
			}
		}
		ask(s)
	}
	for i, d := range list {
		if !found[i] {
			t.Errorf("no difference any more: %q at %q (%s)", d.place, d.step, d.why)
		}
	}
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}
