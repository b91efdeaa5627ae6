package scim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

var discoveryPaths = []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas", "/Schemas/" + userURN}

// DSC-01, DSC-10, DSC-11, DSC-12.
func TestDiscovery_OneObjectOrAList(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for path, urn := range map[string]string{
		"/ServiceProviderConfig": "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
		"/ResourceTypes":         "urn:ietf:params:scim:api:messages:2.0:ListResponse",
		"/Schemas":               "urn:ietf:params:scim:api:messages:2.0:ListResponse",
		"/ResourceTypes/User":    "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
		"/Schemas/" + userURN:    "urn:ietf:params:scim:schemas:core:2.0:Schema",
	} {
		a := do(t, h, "GET", path, "")
		require.Equal(t, 200, a.Code, path)
		assert.Equal(t, []any{urn}, a.get("schemas"), path)
		if strings.HasPrefix(urn, "urn:ietf:params:scim:api:") {
			list := a.get("Resources").([]any)
			assert.NotEmpty(t, list)
			for _, name := range []string{"totalResults", "itemsPerPage"} {
				assert.Equal(t, float64(len(list)), a.get(name), path)
			}
			assert.Equal(t, 1.0, a.get("startIndex"))
		}
	}
}

// Locations are absolute and lead back, also where a name has to be escaped.
func TestDiscovery_Locations(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	odd, err := scim.NewResourceType("Odd one?", "/Odd", "", schema.Schema{URN: "urn:example:a%2Fb", Attributes: []schema.Attribute{{Name: "a"}}})
	require.NoError(t, err)
	s.TypeSet, err = scim.NewTypes("2", append(s.TypeSet.All(), odd)...)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	documents := append(do(t, h, "GET", "/ResourceTypes", "").get("Resources").([]any), do(t, h, "GET", "/Schemas", "").get("Resources").([]any)...)
	require.Len(t, documents, 8)
	for _, d := range append(documents, any(do(t, h, "GET", "/ServiceProviderConfig", "").body)) {
		location := d.(object)["meta"].(object)["location"].(string)
		path, ok := strings.CutPrefix(location, baseURL)
		require.True(t, ok, location)
		_, err := url.Parse(location)
		require.NoError(t, err)
		assert.Equal(t, d, any(do(t, h, "GET", path, "").body), location)
	}
}

// The documents are cached, here and with the client.
func TestDiscovery_ETags(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	tags := map[string]string{}
	for _, path := range discoveryPaths {
		a := do(t, h, "GET", path, "")
		tag := a.Header().Get("ETag")
		require.Regexp(t, `^W/"[0-9a-f]{16}"$`, tag, path)
		tags[path] = tag
		for _, method := range []string{"GET", "HEAD"} {
			for _, header := range []string{tag, strings.TrimPrefix(tag, "W/"), `"other", ` + tag, "*"} {
				b := do(t, h, method, path, "", "If-None-Match", header)
				assert.Equal(t, 304, b.Code, "%s %s", path, header)
				assert.Zero(t, b.Body.Len())
				assert.Equal(t, tag, b.Header().Get("ETag"))
				assert.Empty(t, b.Header().Get("Content-Type"))
			}
			b := do(t, h, method, path, "", "If-None-Match", `W/"other"`)
			assert.Equal(t, 200, b.Code, path)
		}
		assert.Equal(t, tag, do(t, newHandler(t, teststore.New(t), nil), "GET", path, "").Header().Get("ETag"), "the same in every replica")
	}
	// What changes has another tag, and nothing else has.
	user, err := scim.UserType(schema.Schema{URN: "urn:example:new", Attributes: []schema.Attribute{{Name: "color"}}})
	require.NoError(t, err)
	s.TypeSet, err = scim.NewTypes("2", user)
	require.NoError(t, err)
	for path, same := range map[string]bool{"/ServiceProviderConfig": true, "/ResourceTypes": false, "/ResourceTypes/User": false, "/Schemas": false, "/Schemas/" + userURN: false} {
		a := do(t, h, "GET", path, "", "If-None-Match", tags[path])
		assert.Equal(t, same, a.Code == 304, path)
	}
	s.TypeSet = s.TypeSet.With(scim.Features{Sort: true})
	a := do(t, h, "GET", "/ServiceProviderConfig", "", "If-None-Match", tags["/ServiceProviderConfig"])
	assert.Equal(t, 200, a.Code)
	assert.Equal(t, true, a.get("sort", "supported"))
}

func TestDiscovery_Head(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, path := range discoveryPaths {
		get, head := do(t, h, "GET", path, ""), do(t, h, "HEAD", path, "")
		assert.Equal(t, 200, head.Code)
		assert.Zero(t, head.Body.Len())
		assert.Equal(t, get.Header().Get("ETag"), head.Header().Get("ETag"))
		assert.Equal(t, "application/scim+json", head.Header().Get("Content-Type"))
	}
}

func TestDiscovery_OtherMethods(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, path := range append(discoveryPaths, "/Schemas/urn:none") {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			a := do(t, h, method, path, `{}`)
			requireError(t, a, 405, "")
			assert.Equal(t, "GET, HEAD", a.Header().Get("Allow"))
		}
	}
}

// DSC-13, DSC-14.
func TestDiscovery_Parameters(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, path := range discoveryPaths {
		want := do(t, h, "GET", path, "").Body.String()
		for _, query := range []string{"sortBy=id", "sortOrder=up", "startIndex=9", "startIndex=x", "count=0", "count=%zz", "attributes=id", "attributes=id&excludedAttributes=id",
			"excludedAttributes=attributes", "cursor=x", "filter=", "filter=+%20", "filterx=1", "%zz=1", "&&"} {
			a := do(t, h, "GET", path+"?"+query, "")
			assert.Equal(t, 200, a.Code, query)
			assert.Equal(t, want, a.Body.String(), query)
		}
		for _, query := range []string{"filter=id+pr", "count=1&FILTER=x", "f%69lter=x", "filter=%zz"} {
			requireError(t, do(t, h, "GET", path+"?"+query, ""), 403, "", "filtered")
		}
	}
}

func TestDiscovery_Lookups(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, path := range []string{"/ResourceTypes/user", "/ResourceTypes/USER/", "/Schemas/" + strings.ToUpper(userURN), "/Schemas/" + url.PathEscape(entURN), "/Schemas/", "/ServiceProviderConfig/"} {
		assert.Equal(t, 200, do(t, h, "GET", path, "").Code, path)
	}
	for path, word := range map[string]string{"/ResourceTypes/Users": "ResourceType", "/Schemas/User": "Schema", "/Schemas/" + userURN + "x": "Schema",
		"/ServiceProviderConfig/x": "path", "/Schemas/a/b": "Schema", "/schemas": "path"} {
		requireError(t, do(t, h, "GET", path, ""), 404, "", word)
	}
}

// DSC-08.
func TestDiscovery_AuthenticationSchemes(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), func(o *scim.Options) {
		o.AuthSchemes = []scim.AuthScheme{
			{Type: "oauth2", Name: "OAuth", Description: "A token.", SpecURI: "https://example.com/spec", DocumentationURI: "https://example.com/docs", Primary: true},
			{Type: "httpbasic", Name: "Basic", Description: "A password."},
		}
	})
	assert.Equal(t, []any{
		object{"type": "oauth2", "name": "OAuth", "description": "A token.", "specUri": "https://example.com/spec", "documentationUri": "https://example.com/docs", "primary": true},
		object{"type": "httpbasic", "name": "Basic", "description": "A password.", "primary": false},
	}, do(t, h, "GET", "/ServiceProviderConfig", "").get("authenticationSchemes"))
}

// DSC-15, DSC-16: what resource types name is served.
func TestDiscovery_ResourceTypesNameServedSchemas(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	for _, r := range do(t, h, "GET", "/ResourceTypes", "").get("Resources").([]any) {
		rt := r.(object)
		urns := []any{rt["schema"]}
		for _, x := range rt["schemaExtensions"].([]any) {
			assert.Equal(t, false, x.(object)["required"])
			urns = append(urns, x.(object)["schema"])
		}
		for _, urn := range urns {
			assert.Equal(t, urn, do(t, h, "GET", "/Schemas/"+urn.(string), "").get("id"))
		}
		assert.Equal(t, 200, do(t, h, "GET", rt["endpoint"].(string), "").Code)
	}
}

// Two types with one schema: it is there once, with the attributes of both.
func TestDiscovery_SharedSchema(t *testing.T) {
	t.Parallel()
	shared := func(names ...string) schema.Schema {
		s := schema.Schema{URN: "urn:example:shared"}
		for _, n := range names {
			s.Attributes = append(s.Attributes, schema.Attribute{Name: n})
		}
		return s
	}
	user, err := scim.UserType(shared("a", "b"))
	require.NoError(t, err)
	other := shared("B", "c")
	other.URN = "urn:Example:shared"
	group, err := scim.GroupType(other)
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("2", user, group)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	assert.Equal(t, 3.0, do(t, h, "GET", "/Schemas", "").get("totalResults"))
	var names []any
	for _, a := range do(t, h, "GET", "/Schemas/urn:example:shared", "").get("attributes").([]any) {
		names = append(names, a.(object)["name"])
	}
	assert.Equal(t, []any{"a", "b", "c"}, names)
	assert.Len(t, user.Type.Schema("urn:example:shared").Attributes, 2, "the types themselves stay as they are")
}

func TestDiscovery_WhatASchemaShows(t *testing.T) {
	t.Parallel()
	core := schema.Schema{URN: "urn:example:Thing", Attributes: []schema.Attribute{
		{Name: "externalId", Required: true, CaseExact: true}, {Name: "ID"}, {Name: "meta", MultiValued: true}, {Name: "schemas"},
		{Name: "wanted", Type: schema.Any, Shown: schema.Date, Demanded: true},
		{Name: "box.in", Required: true}, {Name: "box.out", Mutability: schema.ReadOnly},
		{Name: "shelf.a", Mutability: schema.ReadOnly}, {Name: "shelf.b", Mutability: schema.ReadOnly},
	}}
	thing, err := scim.NewResourceType("Thing", "/Things", "", core)
	require.NoError(t, err)
	assert.Len(t, core.Attributes, 9)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("2", thing)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	list := do(t, h, "GET", "/Schemas/urn:example:Thing", "").get("attributes")
	assert.Len(t, list, 4)
	assert.Equal(t, true, attribute(list, "externalId")["required"], "the one common attribute that a schema can describe anew")
	assert.Equal(t, true, attribute(list, "wanted")["required"])
	assert.Equal(t, "string", attribute(list, "wanted")["type"])
	box, shelf := attribute(list, "box"), attribute(list, "shelf")
	assert.Equal(t, []any{true, "readWrite"}, []any{box["required"], box["mutability"]})
	assert.Equal(t, []any{false, "readOnly"}, []any{shelf["required"], shelf["mutability"]})
	assert.Equal(t, true, attribute(box["subAttributes"], "in")["required"])
	requireError(t, do(t, h, "POST", "/Things", `{"schemas":["urn:example:Thing"],"box":{"in":"x"}}`), 400, "invalidValue", "externalId")
	// Demanded is not demanded by the front.
	a := do(t, h, "POST", "/Things", `{"schemas":["urn:example:Thing"],"externalId":"x","box":{"in":"x"},"id":"9","meta":{"version":"9"}}`)
	require.Equal(t, 201, a.Code, a.Body.String())
	assert.Equal(t, "1", a.get("id"))
	assert.Equal(t, "Thing", a.get("meta", "resourceType"))
}

func TestNewResourceType_Refused(t *testing.T) {
	t.Parallel()
	core := schema.Schema{URN: "urn:example:Thing", Attributes: []schema.Attribute{{Name: "a"}}}
	for endpoint, word := range map[string]string{
		"": "one path segment", "/": "one path segment", "Things": "one path segment", "/a/b": "one path segment", "/a?b": "one path segment", "/a b": "one path segment",
		"/é": "one path segment", "/.search": "one path segment", "/..": "one path segment", `/a"b`: "one path segment",
		"/Me": "another meaning", "/bulk": "another meaning", "/Schemas": "another meaning", "/ResourceTypes": "another meaning", "/serviceproviderconfig": "another meaning",
		"/v2": "another meaning",
	} {
		_, err := scim.NewResourceType("Thing", endpoint, "", core)
		require.ErrorContains(t, err, word, endpoint)
	}
	_, err := scim.NewResourceType("", "/Things", "", core)
	require.ErrorContains(t, err, "needs a name")
	_, err = scim.NewResourceType("Thing", "/Things", "", core, schema.Schema{URN: "urn:example:x"}, schema.Schema{URN: "urn:example:X"})
	require.ErrorContains(t, err, "twice")

	inner, err := schema.NewOrdered("in", schema.Attribute{Name: "x"})
	require.NoError(t, err)
	outer, err := schema.NewOrdered("out", schema.Attribute{Name: "in", Type: schema.Complex, Sub: inner})
	require.NoError(t, err)
	_, err = scim.NewResourceType("Thing", "/Things", "", schema.Schema{URN: core.URN, Attributes: []schema.Attribute{{Name: "out", Type: schema.Complex, Sub: outer}}})
	require.ErrorContains(t, err, "sub-attribute in")

	for _, attr := range []schema.Attribute{{Name: "id", MultiValued: true}, {Name: "id", Type: schema.Integer}, {Name: "meta"}} {
		own, err := schema.NewResource("Thing", schema.Schema{URN: "urn:example:Thing", Attributes: []schema.Attribute{attr}})
		require.NoError(t, err)
		_, err = scim.NewTypes("1", scim.ResourceType{Name: "Thing", Endpoint: "/Things", Type: own})
		require.ErrorContains(t, err, "an id or a meta of its own", attr.Name)
	}
	thing, err := scim.NewResourceType("Thing", "/Things", "", core, scim.EnterpriseUserSchema())
	require.NoError(t, err)
	for _, urn := range []string{"urn:example:none", "urn:example:Thing"} {
		thing.Required = []string{urn}
		_, err = scim.NewTypes("1", thing)
		require.ErrorContains(t, err, urn)
	}
	thing.Required = []string{strings.ToUpper(entURN)}
	_, err = scim.NewTypes("1", thing)
	require.NoError(t, err)
	same := thing
	same.Name, same.Endpoint = "THING", "/Others"
	_, err = scim.NewTypes("1", thing, same)
	require.ErrorContains(t, err, "twice")
}
