package scim_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

func TestServiceProviderConfig(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), func(o *scim.Options) { o.DocumentationURI, o.MaxCount = "https://example.com/docs", 500 })
	a := do(t, h, "GET", "/ServiceProviderConfig", "")
	require.Equal(t, 200, a.Code)
	assert.Equal(t, object{
		"schemas":          []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"documentationUri": "https://example.com/docs",
		"patch":            object{"supported": true},
		"bulk":             object{"supported": true, "maxOperations": 1000.0, "maxPayloadSize": 1048576.0},
		"filter":           object{"supported": true, "maxResults": 500.0},
		"changePassword":   object{"supported": false},
		"sort":             object{"supported": false},
		"etag":             object{"supported": false},
		"pagination":       object{"cursor": false, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100.0, "maxPageSize": 500.0},
		"authenticationSchemes": []any{object{"type": "oauthbearertoken", "name": "Bearer token", "primary": true,
			"description": "A token in the Authorization header", "specUri": "https://www.rfc-editor.org/info/rfc6750"}},
		"meta": object{"resourceType": "ServiceProviderConfig", "location": baseURL + "/ServiceProviderConfig"},
	}, a.body)
}

func TestResourceTypes(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	require.NoError(t, err)
	user.Required = []string{entURN}
	s.TypeSet, err = scim.NewTypes("2", user)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	want := object{
		"schemas": []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"},
		"id":      "User", "name": "User", "endpoint": "/Users", "description": "User Account", "schema": userURN,
		"schemaExtensions": []any{object{"schema": entURN, "required": true}},
		"meta":             object{"resourceType": "ResourceType", "location": baseURL + "/ResourceTypes/User"},
	}
	assert.Equal(t, want, do(t, h, "GET", "/ResourceTypes/User", "").body)
	list := do(t, h, "GET", "/ResourceTypes", "")
	assert.Equal(t, []any{want}, list.get("Resources"))
	assert.Equal(t, 1.0, list.get("totalResults"))
	assert.Equal(t, 1.0, list.get("itemsPerPage"))
	// What is announced holds.
	requireError(t, do(t, h, "POST", "/Users", ada), 400, "invalidValue", entURN)
	assert.Equal(t, 201, do(t, h, "POST", "/Users", userBody(`"`+entURN+`":{"department":"x"}`)).Code)
}

// attribute finds an attribute in a schema document.
func attribute(list any, name string) object {
	for _, a := range list.([]any) {
		if a.(object)["name"] == name {
			return a.(object)
		}
	}
	return nil
}

func TestSchemas(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	list := do(t, h, "GET", "/Schemas", "")
	require.Equal(t, 200, list.Code)
	assert.Equal(t, 4.0, list.get("totalResults"))
	var urns []any
	for _, s := range list.get("Resources").([]any) {
		urns = append(urns, s.(object)["id"])
		assert.Equal(t, s, any(do(t, h, "GET", "/Schemas/"+s.(object)["id"].(string), "").body))
		assert.Equal(t, baseURL+"/Schemas/"+s.(object)["id"].(string), s.(object)["meta"].(object)["location"])
	}
	assert.Equal(t, []any{userURN, entURN, teststore.FreshURN, groupURN}, urns)

	user := do(t, h, "GET", "/Schemas/"+userURN, "")
	attrs := user.get("attributes")
	assert.Equal(t, []any{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, user.get("schemas"))
	userName := attribute(attrs, "userName")
	assert.NotEmpty(t, userName["description"])
	delete(userName, "description")
	assert.Equal(t, object{"name": "userName", "type": "string", "multiValued": false, "required": true, "caseExact": false,
		"mutability": "readWrite", "returned": "default", "uniqueness": "server"}, userName)
	assert.Nil(t, attribute(attrs, "id"), "common attributes belong to no schema")
	assert.Equal(t, []any{"work", "home", "other"}, attribute(attribute(attrs, "emails")["subAttributes"], "type")["canonicalValues"])
	assert.Equal(t, "readOnly", attribute(attrs, "groups")["mutability"])
	assert.Equal(t, true, attribute(attribute(attrs, "groups")["subAttributes"], "value")["caseExact"])
	assert.Equal(t, []any{"external"}, attribute(attrs, "profileUrl")["referenceTypes"])
	assert.Equal(t, "writeOnly", attribute(attrs, "password")["mutability"])
	assert.Equal(t, "never", attribute(attrs, "password")["returned"])
	assert.Equal(t, "binary", attribute(attribute(attrs, "x509Certificates")["subAttributes"], "value")["type"])
	custom := attribute(attrs, "custom_fields")
	assert.Equal(t, "complex", custom["type"])
	assert.Equal(t, "integer", attribute(custom["subAttributes"], "floor")["type"])

	fresh := do(t, h, "GET", "/Schemas/"+teststore.FreshURN, "").get("attributes")
	assert.Equal(t, "string", attribute(fresh, "since")["type"], "a date is a string for SCIM")
	assert.Equal(t, "dateTime", attribute(fresh, "at")["type"])
	assert.Equal(t, "decimal", attribute(fresh, "score")["type"])
	assert.Equal(t, "integer", attribute(fresh, "anything")["type"], "what the attribute says")
	assert.Equal(t, []any{"red", "green"}, attribute(fresh, "badge")["canonicalValues"])

	group := do(t, h, "GET", "/Schemas/"+groupURN, "").get("attributes")
	assert.Equal(t, true, attribute(group, "displayName")["required"])
	members := attribute(group, "members")
	assert.Equal(t, "immutable", attribute(members["subAttributes"], "value")["mutability"])
	assert.Equal(t, []any{"User", "Group"}, attribute(members["subAttributes"], "$ref")["referenceTypes"])
	assert.Equal(t, "readOnly", attribute(attribute(do(t, h, "GET", "/Schemas/"+entURN, "").get("attributes"), "manager")["subAttributes"], "displayName")["mutability"])
}

// Every schema document has what RFC 7643 section 7 asks for, and no null.
func TestSchemasAreComplete(t *testing.T) {
	t.Parallel()
	var check func(at string, list any)
	check = func(at string, list any) {
		for _, a := range list.([]any) {
			m := a.(object)
			where := at + "." + m["name"].(string)
			for _, name := range []string{"type", "multiValued", "required", "mutability", "returned", "uniqueness"} {
				assert.NotNil(t, m[name], "%s: %s", where, name)
			}
			for name, v := range m {
				assert.NotNil(t, v, "%s: %s", where, name)
			}
			if m["type"] == "complex" {
				check(where, m["subAttributes"])
			}
			if m["type"] == "string" {
				assert.NotNil(t, m["caseExact"], where)
			}
		}
	}
	for _, s := range do(t, newHandler(t, teststore.New(t), nil), "GET", "/Schemas", "").get("Resources").([]any) {
		check(s.(object)["id"].(string), s.(object)["attributes"])
	}
}

// Documents follow the version of the types.
func TestDiscoveryFollowsTheTypes(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	do(t, h, "POST", "/Users", userBody(`"`+teststore.FreshURN+`":{"badge":"red"}`))
	require.Equal(t, 200, do(t, h, "GET", "/Schemas/"+teststore.FreshURN, "").Code)
	old := s.TypeSet
	user, err := scim.UserType(schema.Schema{URN: "urn:x:new", Attributes: []schema.Attribute{{Name: "color"}}})
	require.NoError(t, err)
	s.TypeSet, err = scim.NewTypes("2", user)
	require.NoError(t, err)
	assert.Equal(t, 404, do(t, h, "GET", "/Schemas/"+teststore.FreshURN, "").Code)
	assert.Equal(t, 200, do(t, h, "GET", "/Schemas/urn:x:new", "").Code)
	assert.Equal(t, 404, do(t, h, "GET", "/Groups", "").Code)
	// A resource that was stored before is shown as it is.
	assert.Equal(t, "red", do(t, h, "GET", "/Users/1", "").get(teststore.FreshURN, "badge"))
	s.TypeSet = old
	assert.Equal(t, 200, do(t, h, "GET", "/Groups", "").Code)
}

func TestTypes(t *testing.T) {
	t.Parallel()
	_, err := scim.UserType(schema.Schema{URN: userURN, Attributes: []schema.Attribute{{Name: "title"}}})
	require.ErrorContains(t, err, "title")
	_, err = scim.UserType(schema.Schema{URN: "nope"})
	require.Error(t, err)
	user, err := scim.UserType()
	require.NoError(t, err)
	assert.Nil(t, user.Type.Lookup(entURN+":manager"))
	bad := user
	bad.Endpoint = "Users"
	_, err = scim.NewTypes("1", bad)
	require.Error(t, err)
	_, err = scim.NewTypes("1", user, user)
	require.Error(t, err)
	types, err := scim.NewTypes("1", user)
	require.NoError(t, err)
	assert.Equal(t, "User", types.ByEndpoint("/Users").Name)
	assert.Nil(t, types.ByEndpoint("/Robots"))
	// Each call returns data of its own.
	scim.UserSchema().Attributes[0].Required = false
	assert.True(t, scim.UserSchema().Attributes[0].Required)
}

// Types are immutable: what becomes of the slice that they were made of makes no
// difference.
func TestNewTypes_KeepsNoSlice(t *testing.T) {
	t.Parallel()
	user, err := scim.UserType()
	require.NoError(t, err)
	group, err := scim.GroupType()
	require.NoError(t, err)
	list := []scim.ResourceType{user, group}
	types, err := scim.NewTypes("1", list...)
	require.NoError(t, err)
	list[0] = group
	require.NotNil(t, types.ByName("User"))
	require.Equal(t, "User", types.All()[0].Name)
}
