package scim_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

const thingURN = "urn:ietf:params:scim:schemas:test:2.0:Thing"

// things is a store of a type with attributes of every mutability and every way of
// being returned, and a strict handler for it with one resource, whose readOnly and
// box.given the service provider has set.
func things(t testing.TB) (*teststore.Store, *scim.Handler) {
	t.Helper()
	parts, err := schema.NewOrdered("parts", schema.Attribute{Name: "value"}, schema.Attribute{Name: "type"}, schema.Attribute{Name: "always", Returned: schema.ReturnedAlways},
		schema.Attribute{Name: "request", Returned: schema.ReturnedRequest}, schema.Attribute{Name: "never", Returned: schema.ReturnedNever}, schema.Attribute{Name: "primary", Type: schema.Boolean})
	require.NoError(t, err)
	box, err := schema.NewOrdered("box", schema.Attribute{Name: "a"}, schema.Attribute{Name: "given", Mutability: schema.ReadOnly}, schema.Attribute{Name: "fixed", Mutability: schema.Immutable},
		schema.Attribute{Name: "request", Returned: schema.ReturnedRequest}, schema.Attribute{Name: "never", Returned: schema.ReturnedNever})
	require.NoError(t, err)
	typ, err := schema.NewResource("Thing", schema.Schema{URN: thingURN, Attributes: []schema.Attribute{
		{Name: "userName", Required: true, Uniqueness: schema.UniqueServer},
		{Name: "plain"},
		{Name: "exact", CaseExact: true},
		{Name: "always", Returned: schema.ReturnedAlways},
		{Name: "request", Returned: schema.ReturnedRequest},
		{Name: "never", Returned: schema.ReturnedNever},
		{Name: "readOnly", Mutability: schema.ReadOnly},
		{Name: "owed", Required: true, Mutability: schema.ReadOnly},
		{Name: "immutable", Mutability: schema.Immutable},
		{Name: "writeOnly", Mutability: schema.WriteOnly},
		{Name: "color", Choices: []string{"red", "green"}},
		{Name: "parts", Type: schema.Complex, MultiValued: true, Sub: parts},
		{Name: "box", Type: schema.Complex, Sub: box, Returned: schema.ReturnedAlways},
	}})
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("things", scim.ResourceType{Name: "Thing", Endpoint: "/Things", Type: typ})
	require.NoError(t, err)
	h := newHandler(t, s, strict)
	a := do(t, h, "POST", "/Things", thing(`"plain":"p","exact":"Ex","always":"a","request":"r","never":"n","writeOnly":"w","immutable":"i","color":"red",
		"parts":[{"value":"v","type":"t","always":"a","request":"r","never":"n"}],"box":{"a":"a","fixed":"f","request":"r","never":"n"}`))
	require.Equal(t, 201, a.Code, a.Body.String())
	rec := s.Resources[0].Record.Clone()
	rec.SetString("readOnly", "ro")
	given := rec.Get("box").Record().Clone()
	given.SetString("given", "g")
	rec.Set("box", schema.ObjectValue(given))
	s.Resources[0] = &scim.Resource{Record: rec, Version: s.Resources[0].Version}
	return s, h
}

func thing(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"schemas":["` + thingURN + `"],"userName":"thing"` + members + `}`
}

// shown are the names of an answer's attributes, those that every answer has left
// out, sub-attributes with their paths.
func shown(a answer) []string {
	body := make(object)
	for n, v := range a.body {
		if n != "id" && n != "schemas" && n != "meta" {
			body[n] = v
		}
	}
	return leaves("", body)
}

var (
	always   = []string{"always", "box.a", "box.fixed", "box.given"} // box is returned always, its request and never are not
	byItself = append([]string{"userName", "plain", "exact", "readOnly", "immutable", "color", "parts[0].value", "parts[0].type", "parts[0].always"}, always...)
)

func TestRFC_Returned(t *testing.T) {
	t.Parallel()
	for id, queries := range map[string]map[string][]string{
		"CHR-05": {"": byItself, "attributes=plain": append([]string{"plain"}, always...), "attributes=nope": always, "attributes=parts.value": append([]string{"parts[0].value", "parts[0].always"}, always...),
			"excludedAttributes=always,box,userName,plain,exact,readOnly,immutable,color,parts": always, "excludedAttributes=parts.always,parts.value,parts.type,userName,plain,exact,readOnly,immutable,color": append([]string{"parts[0].always"}, always...)},
		"CHR-06": {"attributes=never": always, "attributes=parts.never,box.never": always, "attributes=never,writeOnly,plain": append([]string{"plain"}, always...), "excludedAttributes=nope": byItself},
		"CHR-07": {"": byItself, "attributes=exact": append([]string{"exact"}, always...), "excludedAttributes=parts,plain": append([]string{"userName", "exact", "readOnly", "immutable", "color"}, always...)},
		"CHR-08": {"attributes=request": append([]string{"request"}, always...), "attributes=parts.request": append([]string{"parts[0].request", "parts[0].always"}, always...),
			"attributes=box.request": append([]string{"box.request"}, always...), "": byItself, "excludedAttributes=request": byItself},
		"PRJ-07": {"attributes=never": always, "attributes=writeOnly": always, "attributes=parts.never": always, "attributes=" + thingURN + ":never": always},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			_, h := things(t)
			for query, want := range queries {
				a := do(t, h, "GET", "/Things/1?"+query, "")
				require.Equal(t, 200, a.Code)
				assert.ElementsMatch(t, want, shown(a), query)
				assert.Contains(t, a.body, "id")
				assert.Contains(t, a.body, "schemas")
				list := do(t, h, "GET", "/Things?"+query, "")
				list.body = list.get("Resources").([]any)[0].(object)
				assert.ElementsMatch(t, want, shown(list), "list: %s", query)
			}
		})
	}
}

// What the characteristics of an attribute mean for those who write it.
func TestRFC_Characteristics(t *testing.T) {
	t.Parallel()
	for id, check := range map[string]func(t *testing.T, s *teststore.Store, h *scim.Handler){
		"CHR-01": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			assert.Equal(t, "ro", do(t, h, "PUT", "/Things/1", thing(`"readOnly":"x","box":{"given":"x"}`)).get("readOnly"))
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "readOnly", `"x"`))), 400, "mutability")
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("remove", "readOnly", ""))), 400, "mutability")
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("add", "box.given", `"x"`))), 400, "mutability")
			assert.Equal(t, "ro", do(t, h, "GET", "/Things/1", "").get("readOnly"))
			assert.Equal(t, "g", do(t, h, "GET", "/Things/1", "").get("box", "given"))
		},
		"CHR-02": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			assert.Equal(t, "x", do(t, h, "PUT", "/Things/1", thing(`"plain":"x"`)).get("plain"))
			assert.Equal(t, "y", do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "plain", `"y"`))).get("plain"))
			assert.Nil(t, do(t, h, "PATCH", "/Things/1", patchBody(op("remove", "plain", ""))).get("plain"))
		},
		"CHR-03": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			requireError(t, do(t, h, "PUT", "/Things/1", thing(`"immutable":"x"`)), 400, "mutability", "immutable")
			requireError(t, do(t, h, "PUT", "/Things/1", thing(`"box":{"fixed":"x"}`)), 400, "mutability", "fixed")
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "immutable", `"x"`))), 400, "mutability")
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("remove", "immutable", ""))), 400, "mutability")
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "box.fixed", `"x"`))), 400, "mutability")
			assert.Equal(t, "i", do(t, h, "PUT", "/Things/1", thing(`"immutable":"i","box":{"fixed":"f"}`)).get("immutable"))
			// Unset, it is set by a PUT as by a PATCH, once.
			require.Equal(t, 201, do(t, h, "POST", "/Things", `{"schemas":["`+thingURN+`"],"userName":"other"}`).Code)
			assert.Equal(t, "x", do(t, h, "PUT", "/Things/2", `{"schemas":["`+thingURN+`"],"userName":"other","immutable":"x"}`).get("immutable"))
			requireError(t, do(t, h, "PATCH", "/Things/2", patchBody(op("add", "immutable", `"y"`))), 400, "mutability")
		},
		"CHR-04": func(t *testing.T, s *teststore.Store, h *scim.Handler) {
			a := do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "writeOnly", `"x"`)))
			require.Equal(t, 200, a.Code)
			assert.NotContains(t, a.Body.String(), "writeOnly")
			assert.Equal(t, "x", s.Resources[0].Record.String("writeOnly"))
			for _, query := range []string{"", "?attributes=writeOnly", "?excludedAttributes=plain"} {
				assert.NotContains(t, do(t, h, "GET", "/Things/1"+query, "").Body.String(), "writeOnly")
			}
		},
		"CHR-08": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			assert.Equal(t, "x", do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "request", `"x"`))).get("request"))
			assert.NotContains(t, do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "plain", `"x"`))).body, "request")
			assert.Equal(t, "y", do(t, h, "PUT", "/Things/1", thing(`"request":"y"`)).get("request"))
			assert.Equal(t, "z", do(t, h, "POST", "/Things", `{"schemas":["`+thingURN+`"],"userName":"other","request":"z"}`).get("request"))
		},
		"CHR-09": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			requireError(t, do(t, h, "POST", "/Things", `{"schemas":["`+thingURN+`"],"userName":"THING"}`), 409, "uniqueness")
			require.Equal(t, 201, do(t, h, "POST", "/Things", `{"schemas":["`+thingURN+`"],"userName":"other"}`).Code)
			requireError(t, do(t, h, "PUT", "/Things/2", thing("")), 409, "uniqueness")
			requireError(t, do(t, h, "PATCH", "/Things/2", patchBody(op("replace", "userName", `"thing"`))), 409, "uniqueness")
		},
		"CHR-11": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			for filter, n := range map[string]float64{`exact eq "Ex"`: 1, `exact eq "ex"`: 0, `exact sw "E"`: 1, `exact sw "e"`: 0, `plain eq "P"`: 1, `plain sw "P"`: 1} {
				assert.Equal(t, n, do(t, h, "GET", "/Things?filter="+url.QueryEscape(filter), "").get("totalResults"), filter)
			}
			assert.Equal(t, "Ex", do(t, h, "GET", "/Things/1", "").get("exact"))
		},
		"CHR-13": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			for _, body := range []string{`{"schemas":["` + thingURN + `"]}`, `{"schemas":["` + thingURN + `"],"userName":null}`, `{"schemas":["` + thingURN + `"],"userName":""}`} {
				requireError(t, do(t, h, "POST", "/Things", body), 400, "invalidValue", "userName")
				requireError(t, do(t, h, "PUT", "/Things/1", body), 400, "invalidValue", "userName")
			}
			requireError(t, do(t, h, "PATCH", "/Things/1", patchBody(op("remove", "userName", ""))), 400, "mutability", "userName")
			assert.Equal(t, 200, do(t, h, "PUT", "/Things/1", thing("")).Code, "owed is required and the service provider's to set")
		},
		"CHR-14": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			a := do(t, h, "PATCH", "/Things/1", patchBody(op("replace", "color", `"mauve"`)))
			assert.Equal(t, "mauve", a.get("color"), "suggestions only; a backend may refuse")
		},
		// What is not said of an attribute has the defaults.
		"DSC-21": func(t *testing.T, _ *teststore.Store, h *scim.Handler) {
			assert.Equal(t, object{"name": "plain", "type": "string", "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none"},
				attribute(do(t, h, "GET", "/Schemas/"+thingURN, "").get("attributes"), "plain"))
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s, h := things(t)
			check(t, s, h)
		})
	}
}
