package scim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

const (
	leakURN = "urn:ietf:params:scim:schemas:test:2.0:Leak"
	leakExt = "urn:ietf:params:scim:schemas:extension:test:2.0:Leak"
	// hiddenText is in all values that are never returned.
	hiddenText = "n3ver"
)

// leakType has attributes of every way of being returned, at the top, in an
// extension, and as sub-attributes.
func leakType(t testing.TB) scim.ResourceType {
	t.Helper()
	attrs := func() []schema.Attribute {
		return []schema.Attribute{
			{Name: "plain"},
			{Name: "always", Returned: schema.ReturnedAlways},
			{Name: "request", Returned: schema.ReturnedRequest},
			{Name: "never", Returned: schema.ReturnedNever},
			{Name: "writeOnly", Mutability: schema.WriteOnly},
		}
	}
	sub, err := schema.NewOrdered("sub", append(attrs(), schema.Attribute{Name: "value"})...)
	require.NoError(t, err)
	all := append(attrs(), schema.Attribute{Name: "box", Type: schema.Complex, Sub: sub},
		schema.Attribute{Name: "parts", Type: schema.Complex, MultiValued: true, Sub: sub},
		schema.Attribute{Name: "vault", Type: schema.Complex, Sub: sub, Returned: schema.ReturnedNever},
		schema.Attribute{Name: "wish", Type: schema.Complex, Sub: sub, Returned: schema.ReturnedRequest},
		schema.Attribute{Name: "fields.never", Returned: schema.ReturnedNever}, schema.Attribute{Name: "fields.plain"})
	typ, err := schema.NewResource("Leak", schema.Schema{URN: leakURN, Attributes: append([]schema.Attribute{{Name: "userName", Required: true}}, all...)},
		schema.Schema{URN: leakExt, Attributes: all})
	require.NoError(t, err)
	return scim.ResourceType{Name: "Leak", Endpoint: "/Leaks", Type: typ}
}

// leakBody is a resource with a value for every attribute, which says where it is.
func leakBody(tag string) string {
	values := func(at string) object {
		return object{"plain": "plain", "always": "always" + at, "request": "r3quest" + at, "never": hiddenText, "writeOnly": hiddenText}
	}
	all := func(at string) object {
		o := values(at)
		for _, name := range []string{"box", "parts", "vault", "wish"} {
			sub := values(at + "." + name)
			sub["value"] = "v"
			if name == "vault" {
				sub["value"] = hiddenText
			}
			o[name] = sub
		}
		o["parts"] = []any{o["parts"]}
		o["fields"] = object{"never": hiddenText, "plain": "plain"}
		return o
	}
	doc := all(" core")
	doc["schemas"], doc["userName"], doc[leakExt] = []any{leakURN, leakExt}, "leak-"+tag, all(" ext")
	return jsonTextOf(doc)
}

// leakNames are what a client may write for attributes, good and bad ones.
func leakNames(r *rand.Rand) string {
	var names []string
	for range r.IntN(5) {
		name := pickOf(r, "plain", "always", "request", "never", "writeOnly", "box", "parts", "vault", "wish", "fields", "id", "schemas", "meta", "userName", "nope", "")
		if r.IntN(2) == 0 {
			name += "." + pickOf(r, "plain", "always", "request", "never", "writeOnly", "value", "nope", "")
		}
		switch r.IntN(6) {
		case 0:
			name = leakExt + ":" + name
		case 1:
			name = leakURN + ":" + name
		case 2:
			name = pickOf(r, leakExt, leakURN, leakExt+":", "urn:", "*", "parts[value eq \"v\"].never", "parts[never pr]", "\x00", ",", "é")
		}
		names = append(names, pickOf(r, name, name, name, strings.ToUpper(name), " "+name+" "))
	}
	return strings.Join(names, ",")
}

// asksFor reports whether the names ask for an attribute, given by its path, or for
// a part of it, or the schema that has it.
func asksFor(names, urn, path string) bool {
	for name := range strings.SplitSeq(strings.ToLower(names), ",") {
		name = strings.TrimSpace(name)
		urn, path := strings.ToLower(urn), strings.ToLower(path)
		if name == urn {
			return true
		}
		name = strings.TrimPrefix(strings.TrimPrefix(name, urn+":"), urn+".")
		if name == path || strings.HasPrefix(path, name+".") || strings.HasPrefix(name, path+".") {
			return true
		}
	}
	return false
}

// requireNoLeak checks the resources in an answer. Those that the request wrote
// show what is returned on request as well.
func requireNoLeak(t testing.TB, what string, a answer, only string, written bool) {
	t.Helper()
	require.Less(t, a.Code, 500, "%s: %s", what, a.Body)
	require.NotContains(t, a.Body.String(), hiddenText, what)
	require.NotContains(t, fmt.Sprint(a.Header()), hiddenText, what)
	list, isList := a.get("Resources").([]any)
	if a.get("id") != nil {
		list = []any{a.body}
	} else if !isList {
		return
	}
	for _, e := range list {
		res := e.(object)
		require.NotEmpty(t, res["id"], what)
		require.Equal(t, []any{leakURN, leakExt}, res["schemas"], what)
		require.Equal(t, "always core", res["always"], "%s: %s", what, a.Body)
		require.Equal(t, "always ext", res[leakExt].(object)["always"], "%s: %s", what, a.Body)
		for urn, attrs := range map[string]object{leakURN: res, leakExt: res[leakExt].(object)} {
			for _, name := range []string{"request", "wish"} {
				if attrs[name] != nil {
					require.True(t, asksFor(only, urn, name) || written && strings.TrimSpace(only) == "", "%s: %s of %s in %s", what, name, urn, a.Body)
				}
			}
			for _, name := range []string{"box", "parts", "wish"} {
				for _, part := range listOf(attrs[name]) {
					require.Contains(t, part, "always", "%s: %s", what, a.Body)
					if part.(object)["request"] != nil {
						require.True(t, asksFor(only, urn, name+".request"), "%s: %s.request of %s in %s", what, name, urn, a.Body)
					}
				}
			}
		}
	}
}

func jsonTextOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func listOf(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// Whatever a client asks for, by whatever request: what is never returned is not,
// what is always returned is, and what is returned on request only then, or where
// the request has written it.
func TestProjection_NeverLeaks(t *testing.T) {
	t.Parallel()
	rt := leakType(t)
	types, err := scim.NewTypes("leak", rt)
	require.NoError(t, err)
	types = types.With(scim.Features{Sort: true, Cursor: true, Versions: true})
	shown := 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := teststore.New(t)
		s.TypeSet = types
		h := newHandler(t, s, func(o *scim.Options) {
			o.Me = func(context.Context) (scim.Ref, error) { return scim.Ref{Type: "Leak", ID: "1"}, nil }
			o.Profile = pickOf(r, scim.ProfileStrict(), scim.ProfileCompatible())
		})
		only, without := leakNames(r), ""
		if r.IntN(2) == 0 {
			only, without = "", only
		}
		query := "?" + url.Values{"attributes": {only}, "excludedAttributes": {without}}.Encode()
		what := fmt.Sprintf("seed %d: attributes=%q, excludedAttributes=%q", seed, only, without)
		send := func(method, path, body string, written bool) answer {
			a := do(t, h, method, path, body)
			asked := ""
			if strings.Contains(path, query) || strings.HasSuffix(path, "/.search") {
				asked = only
			}
			requireNoLeak(t, method+" "+path+": "+what, a, asked, written)
			if a.Code < 300 {
				shown++
			}
			return a
		}
		require.Equal(t, 201, send("POST", "/Leaks"+query, leakBody("1"), true).Code)
		send("POST", "/Leaks", leakBody("2"), true)
		for _, path := range []string{"/Leaks/1", "/Leaks", "/", "/Me"} {
			require.Equal(t, 200, send("GET", path+query, "", false).Code)
		}
		page := send("GET", "/Leaks"+query+"&count=1&cursor&sortBy="+pickOf(r, "never", "vault.value", "userName", "writeOnly"), "", false)
		if next, ok := page.get("nextCursor").(string); ok {
			require.NotContains(t, next, hiddenText)
		}
		search := jsonTextOf(object{"schemas": []any{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "attributes": strings.Split(only, ","), "excludedAttributes": strings.Split(without, ",")})
		send("POST", "/Leaks/.search", search, false)
		send("POST", "/.search", search, false)
		send("PUT", "/Leaks/1"+query, leakBody("1"), true)
		send("PATCH", "/Leaks/1"+query, patchBody(op("replace", "", leakBody("1")), op("replace", "parts.never", `"`+hiddenText+` again"`)), true)
		send("PATCH", "/Me"+query, patchBody(op("replace", "plain", `"x"`)), false)
		send("POST", "/Bulk", bulkBody("", bulkOp("POST", "/Leaks", "a", leakBody("3")), bulkOp("PATCH", "/Leaks/bulkId:a", "", patchBody(op("replace", "never", `"`+hiddenText+`"`))),
			bulkOp("PATCH", "/Leaks/1", "", patchBody(op("replace", "never", `{"x":"`+hiddenText+`"}`)))), true)

		// Nor does an error tell.
		filter := pickOf(r, "never", "writeOnly", "box.never", "parts[never", leakExt+":vault.value", "fields.never") + ` ` + pickOf(r, "eq", "co", "sw") + ` "` + hiddenText + `"`
		if strings.Contains(filter, "[") {
			filter += "]"
		}
		for _, path := range []string{"/Leaks", "/"} {
			a := send("GET", path+"?filter="+url.QueryEscape(filter), "", false)
			require.NotEqual(t, http.StatusOK, a.Code, "%s: %s", filter, a.Body)
		}
		requireError(t, send("PATCH", "/Leaks/1", patchBody(op("remove", pickOf(r, "parts", leakExt+":parts")+`[plain eq "x" or `+pickOf(r, "never", "writeOnly")+` eq "`+hiddenText+`"]`, "")), true), 400, scim.InvalidFilter)
		bad := pickOf(r, op("replace", "never", `["`+hiddenText+`","b"]`), op("add", `parts[never eq "`+hiddenText+`"].plain`, `"x"`),
			op("replace", `parts[value eq "`+hiddenText+`"].plain`, `{}`), op("replace", "nope", `"`+hiddenText+`"`), op("replace", "box", `{"never":["`+hiddenText+`","b"]}`))
		send("PATCH", "/Leaks/1", patchBody(bad), true)
		send("POST", "/Leaks", strings.Replace(leakBody("4"), `"never":"`+hiddenText+`"`, `"never":{"x":"`+hiddenText+`"}`, 1), true)
	}
	assert.Greater(t, shown, 3000)
}
