package scim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// badge is a schema as an embedder would write it, with as little as can be.
const badge = `{
	"id": "urn:example:badge:1.0:User",
	"name": "Badge",
	"description": "What the door knows.",
	"meta": {"resourceType": "Schema"},
	"attributes": [
		{"name": "number", "type": "INTEGER", "required": true, "uniqueness": "Server"},
		{"name": "color", "description": "Of the badge.", "canonicalValues": ["red", "green"], "multiValued": true, "caseExact": true},
		{"name": "photo", "type": "reference", "referenceTypes": ["external"]},
		{"name": "key", "type": "binary", "mutability": "writeonly", "returned": "Never"},
		{"name": "site", "type": "complex", "mutability": "IMMUTABLE", "returned": "request", "subAttributes": [
			{"name": "value", "required": true},
			{"name": "$ref", "type": "reference", "caseExact": false, "referenceTypes": ["Site"], "mutability": "readOnly"},
			{"name": "since", "type": "datetime", "returned": "always", "uniqueness": "global"}
		]}
	]
}`

func badgeSchema(t testing.TB) schema.Schema {
	t.Helper()
	site, err := schema.NewOrdered("site",
		schema.Attribute{Name: "value", Required: true},
		schema.Attribute{Name: "$ref", Type: schema.Reference, ReferenceTypes: []string{"Site"}, Mutability: schema.ReadOnly},
		schema.Attribute{Name: "since", Type: schema.DateTime, Returned: schema.ReturnedAlways, Uniqueness: schema.UniqueGlobal})
	require.NoError(t, err)
	return schema.Schema{URN: "urn:example:badge:1.0:User", Name: "Badge", Description: "What the door knows.", Attributes: []schema.Attribute{
		{Name: "number", Type: schema.Integer, Required: true, Uniqueness: schema.UniqueServer},
		{Name: "color", Description: "Of the badge.", Choices: []string{"red", "green"}, MultiValued: true, CaseExact: true},
		{Name: "photo", Type: schema.Reference, ReferenceTypes: []string{"external"}, CaseExact: true},
		{Name: "key", Type: schema.Binary, Mutability: schema.WriteOnly, Returned: schema.ReturnedNever, CaseExact: true},
		{Name: "site", Type: schema.Complex, Mutability: schema.Immutable, Returned: schema.ReturnedRequest, Sub: site},
	}}
}

func TestParseSchema(t *testing.T) {
	t.Parallel()
	got, err := scim.ParseSchema([]byte(badge))
	require.NoError(t, err)
	assert.Equal(t, badgeSchema(t), got)
	// Nulls say nothing.
	got, err = scim.ParseSchema([]byte(`{"id":"urn:x:y","name":null,"schemas":["urn:ietf:params:scim:schemas:core:2.0:schema"],"attributes":[
		{"name":"a","type":null,"required":null,"caseExact":null,"canonicalValues":null,"subAttributes":null,"mutability":null}]}`))
	require.NoError(t, err)
	assert.Equal(t, schema.Schema{URN: "urn:x:y", Attributes: []schema.Attribute{{Name: "a"}}}, got)
}

// What /Schemas serves is read as the schema that it was made of.
func TestParseSchema_RoundTrip(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	user, err := scim.UserType(scim.EnterpriseUserSchema(), badgeSchema(t))
	require.NoError(t, err)
	group, err := scim.GroupType()
	require.NoError(t, err)
	s.TypeSet, err = scim.NewTypes("1", user, group)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	want := []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema(), badgeSchema(t), scim.GroupSchema()}
	for _, w := range want {
		got, err := scim.ParseSchema(do(t, h, "GET", "/Schemas/"+w.URN, "").Body.Bytes())
		require.NoError(t, err)
		assert.Equal(t, w, got)
	}
	got, err := scim.ParseSchemas(do(t, h, "GET", "/Schemas", "").Body.Bytes())
	require.NoError(t, err)
	assert.Equal(t, want, got)

	user.Required = []string{entURN}
	types, err := scim.NewTypes("2", user, group)
	require.NoError(t, err)
	s.TypeSet = types
	read, err := scim.ParseResourceTypes(do(t, h, "GET", "/ResourceTypes", "").Body.Bytes(), got...)
	require.NoError(t, err)
	assert.Equal(t, types.All(), read)
	one, err := scim.ParseResourceTypes(do(t, h, "GET", "/ResourceTypes/group", "").Body.Bytes(), got...)
	require.NoError(t, err)
	assert.Equal(t, types.All()[1:], one)
}

func TestParseSchema_Refused(t *testing.T) {
	t.Parallel()
	attribute := func(text string) string { return `{"id":"urn:x:y","attributes":[` + text + `]}` }
	for text, want := range map[string]string{
		`{`:                        `scim: not JSON: the document ends early (at 1)`,
		`[]`:                       `scim: the schema has to be an object, it is a list`,
		`null`:                     `scim: the schema has to be an object, it is a null`,
		`{}`:                       `scim: the schema has no id`,
		`{"id":5,"attributes":[]}`: `scim: the schema has a id that is not text`,
		`{"id":"urn:x:y","schemas":["urn:x:z"],"attributes":[]}`:                               `scim: the schema is not a Schema: its schemas have to name urn:ietf:params:scim:schemas:core:2.0:Schema`,
		`{"id":"User","attributes":[]}`:                                                        `scim: the schema has the id "User", which is not a URN: urn, a namespace, and a name`,
		`{"id":"urn:x","attributes":[]}`:                                                       `scim: the schema has the id "urn:x", which is not a URN: urn, a namespace, and a name`,
		`{"id":"urn::y","attributes":[]}`:                                                      `not a URN`,
		`{"id":"urn:-x:y","attributes":[]}`:                                                    `not a URN`,
		`{"id":"urn:x.z:y","attributes":[]}`:                                                   `not a URN`,
		`{"id":"urn:x:y:","attributes":[]}`:                                                    `not a URN`,
		`{"id":"urn:x:a b","attributes":[]}`:                                                   `not a URN`,
		`{"id":"urn:x:` + strings.Repeat("y", 300) + `"}`:                                      `not a URN`,
		`{"id":"urn:x:y"}`:                                                                     `scim: schema urn:x:y has no attributes`,
		`{"id":"urn:x:%d","attributes":{"name":"a"}}`:                                          `scim: schema urn:x:%d has attributes that are not a list`,
		`{"id":"urn:x:y","name":[],"attributes":[]}`:                                           `scim: the schema has a name that is not text`,
		attribute(`"a"`):                                                                       `scim: schema urn:x:y: an attribute has to be an object, it is text`,
		attribute(`{}`):                                                                        `scim: schema urn:x:y: an attribute has no name`,
		attribute(`{"name":"1st"}`):                                                            `scim: schema urn:x:y: an attribute has the name "1st": a letter has to come first, then letters, digits, and any of - _ $`,
		attribute(`{"name":"a.b"}`):                                                            `the name "a.b"`,
		attribute(`{"name":"$ref"}`):                                                           `the name "$ref"`,
		attribute(`{"name":"é"}`):                                                              `the name "é"`,
		attribute(`{"name":"` + strings.Repeat("a", 300) + `"}`):                               `has the name "aaa`,
		attribute(`{"name":"a","type":"text"}`):                                                `scim: schema urn:x:y: attribute a has type "text", which is none of string, boolean, decimal, integer, dateTime, binary, reference, complex`,
		attribute(`{"name":"a","type":["string"]}`):                                            `scim: schema urn:x:y: attribute a has a type that is not text`,
		attribute(`{"name":"a","type":"any"}`):                                                 `has type "any"`,
		attribute(`{"name":"a","mutability":"write"}`):                                         `scim: schema urn:x:y: attribute a has mutability "write", which is none of readOnly, readWrite, immutable, writeOnly`,
		attribute(`{"name":"a","returned":"yes"}`):                                             `attribute a has returned "yes", which is none of always, never, default, request`,
		attribute(`{"name":"a","uniqueness":"local"}`):                                         `attribute a has uniqueness "local", which is none of none, server, global`,
		attribute(`{"name":"a","required":"true"}`):                                            `attribute a has a required that is neither true nor false`,
		attribute(`{"name":"a","multiValued":1}`):                                              `attribute a has a multiValued that is neither`,
		attribute(`{"name":"a","caseExact":1}`):                                                `attribute a has a caseExact that is neither`,
		attribute(`{"name":"a","description":1}`):                                              `attribute a has a description that is not text`,
		attribute(`{"name":"a","canonicalValues":"x"}`):                                        `attribute a has canonicalValues that are not a list`,
		attribute(`{"name":"a","canonicalValues":["x",1]}`):                                    `attribute a has a value in canonicalValues that is not text`,
		attribute(`{"name":"a","referenceTypes":[null]}`):                                      `attribute a has a value in referenceTypes that is not text`,
		attribute(`{"name":"a"},{"name":"A"}`):                                                 `scim: schema urn:x:y has attribute A twice`,
		attribute(`{"name":"a","type":"complex"}`):                                             `scim: schema urn:x:y: attribute a is complex and has no sub-attributes`,
		attribute(`{"name":"a","subAttributes":[{"name":"b"}]}`):                               `scim: schema urn:x:y: attribute a has sub-attributes, and is not complex but of type string`,
		attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b"},{"name":"B"}]}`): `scim: schema urn:x:y has attribute a.B twice`,
		attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"x"}]}`):   `scim: schema urn:x:y: attribute a.b has type "x"`,
		attribute(`{"name":"a","type":"complex","subAttributes":[{"type":"string"}]}`):         `scim: schema urn:x:y: a sub-attribute of a has no name`,
		attribute(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex","subAttributes":[{"name":"c"}]}]}`): `scim: schema urn:x:y: attribute a.b is complex, and so is what it belongs to (RFC 7643 section 2.3.8)`,
	} {
		_, err := scim.ParseSchema([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestParseSchema_Limits(t *testing.T) {
	t.Parallel()
	many := func(n int) []byte {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,{"name":"a%d"}`, i)
		}
		return []byte(`{"id":"urn:x:y","attributes":[{"name":"c","type":"complex","subAttributes":[{"name":"s"}]}` + b.String() + `]}`)
	}
	_, err := scim.ParseSchema(many(scim.MaxSchemaAttributes - 2))
	require.NoError(t, err)
	_, err = scim.ParseSchema(many(scim.MaxSchemaAttributes - 1))
	require.EqualError(t, err, "scim: schema urn:x:y has more than 1000 attributes")
	_, err = scim.ParseSchema([]byte(badge + strings.Repeat(" ", scim.MaxSchemaSize)))
	require.EqualError(t, err, "scim: the document is larger than 1048576 bytes")
	_, err = scim.ParseSchema([]byte(strings.Repeat(`{"attributes":[`, 40) + strings.Repeat(`]}`, 40)))
	require.ErrorContains(t, err, "nests deeper")
}

func TestParseSchemas(t *testing.T) {
	t.Parallel()
	for _, text := range []string{badge, "[" + badge + "]", `{"totalResults":1,"Resources":[` + badge + `]}`} {
		list, err := scim.ParseSchemas([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, []schema.Schema{badgeSchema(t)}, list)
	}
	for text, want := range map[string]string{
		"[" + badge + "," + strings.Replace(badge, "urn:example", "URN:example", 1) + "]": "schema URN:example:badge:1.0:User is there twice",
		`{"Resources":{}}`: "Resources has to be a list",
		`[{}]`:             "the schema has no id",
		`5`:                "the schema has to be an object, it is a number",
		`null`:             "the document says null",
	} {
		_, err := scim.ParseSchemas([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestParseResourceTypes(t *testing.T) {
	t.Parallel()
	device := schema.Schema{URN: "urn:example:Device", Attributes: []schema.Attribute{{Name: "serial", Required: true}}}
	list, err := scim.ParseResourceTypes([]byte(`[
		{"name":"Device","endpoint":"Devices","description":"A thing.","schema":"URN:example:device","schemaExtensions":[{"schema":"urn:example:badge:1.0:User","required":true}]},
		{"name":"Group","endpoint":"/Groups","schema":"`+groupURN+`","schemas":["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]}]`),
		device, badgeSchema(t), scim.GroupSchema())
	require.NoError(t, err)
	want, err := scim.NewResourceType("Device", "/Devices", "A thing.", device, badgeSchema(t))
	require.NoError(t, err)
	want.Required = []string{"urn:example:badge:1.0:User"}
	require.Len(t, list, 2)
	assert.Equal(t, want, list[0])
	assert.Equal(t, "/Groups", list[1].Endpoint)

	one := func(more string) string {
		return `{"name":"Device","endpoint":"/Devices","schema":"urn:example:Device"` + more + `}`
	}
	for text, want := range map[string]string{
		`[5]`:          `scim: the resource type has to be an object, it is a number`,
		`{"name":""}`:  `scim: the resource type has no name`,
		`{"name":5}`:   `scim: the resource type has a name that is not text`,
		`{"name":"X"}`: `scim: resource type "X" has no schema`,
		`{"name":"X","schema":"urn:x:y","endpoint":"/X"}`:                                     `scim: resource type "X" names the schema "urn:x:y", which is none of those given`,
		`{"name":"Device","schema":"urn:example:Device"}`:                                     `endpoint "" of resource type Device`,
		`{"name":"Device","schema":"urn:example:Device","endpoint":"https://x/y"}`:            `endpoint "/https://x/y" of resource type Device is not a slash and one path segment`,
		one(`,"schemas":["` + userURN + `"]`):                                                 `scim: resource type "Device" is not a ResourceType`,
		one(`,"description":5`):                                                               `scim: resource type "Device" has a description that is not text`,
		one(`,"schemaExtensions":{}`):                                                         `scim: resource type "Device" has schemaExtensions that are not a list`,
		one(`,"schemaExtensions":[{}]`):                                                       `scim: resource type "Device": an extension has no schema`,
		one(`,"schemaExtensions":[{"schema":"urn:x:y"}]`):                                     `scim: resource type "Device": an extension names the schema "urn:x:y"`,
		one(`,"schemaExtensions":[{"schema":"urn:example:badge:1.0:User","required":"yes"}]`): `an extension has a required that is neither true nor false`,
		one(`,"schemaExtensions":[{"schema":"urn:example:Device"}]`):                          `scim: resource type "Device" has its schema urn:example:Device for an extension as well`,
		"[" + one("") + "," + one("") + "]":                                                   `scim: resource type Device is there twice`,
		`{`:                                                                                   `not JSON`,
		`{"Resources":5}`:                                                                     `Resources has to be a list`,
	} {
		_, err := scim.ParseResourceTypes([]byte(text), device, badgeSchema(t))
		require.ErrorContains(t, err, want, text)
	}
}

// A schema read from JSON is an extension like any other.
func TestParseSchema_ServesWhatItRead(t *testing.T) {
	t.Parallel()
	own, err := scim.ParseSchema([]byte(badge))
	require.NoError(t, err)
	user, err := scim.UserType(own)
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("1", user)
	require.NoError(t, err)
	h := newHandler(t, s, nil)
	requireError(t, do(t, h, "POST", "/Users", userBody(`"urn:example:badge:1.0:User":{"color":["red"]}`)), 400, "invalidValue", "urn:example:badge:1.0:User:number")
	a := do(t, h, "POST", "/Users", userBody(`"urn:example:badge:1.0:User":{"number":7,"key":"aGk=","site":{"value":"1"}}`))
	require.Equal(t, 201, a.Code, a.Body.String())
	assert.Equal(t, object{"number": 7.0, "site": object{"value": "1"}}, a.get("urn:example:badge:1.0:User"))
	color := attribute(do(t, h, "GET", "/Schemas/urn:example:badge:1.0:User", "").get("attributes"), "color")
	assert.Equal(t, object{"name": "color", "type": "string", "multiValued": true, "description": "Of the badge.", "required": false, "caseExact": true,
		"canonicalValues": []any{"red", "green"}, "mutability": "readWrite", "returned": "default", "uniqueness": "none"}, color)
}

// What is read can be served, and reading that again gives the same.
func FuzzParseSchema(f *testing.F) {
	f.Add(badge)
	f.Add(`{"id":"urn:x:y","attributes":[{"name":"a","type":"complex","subAttributes":[{"name":"$ref","type":"reference"}]},{"name":"id"},{"name":"meta","multiValued":true}]}`)
	f.Add(`{"ID":"urn:x:%41","attributes":[{"NAME":"a","canonicalValues":["<",""],"description":"\u2028"}]}`)
	f.Add(`[{"id":"urn:x:y"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := scim.ParseSchema([]byte(text))
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "scim: "), err.Error())
			return
		}
		rt, err := scim.NewResourceType("T", "/Ts", "", got)
		require.NoError(t, err)
		own := got.Attributes[:0:0]
		for _, a := range got.Attributes {
			if n := strings.ToLower(a.Name); n != "id" && n != "meta" && n != "schemas" {
				own = append(own, a)
			}
		}
		got.Attributes = own
		got.Name = strings.Join(strings.Fields(got.Name), "") // served without blanks
		again, err := scim.ParseSchema(schemaDocument(t, rt))
		require.NoError(t, err)
		require.Equal(t, shape(t, got), shape(t, again))
	})
}

// schemaDocument is what /Schemas has on the core schema of a type.
func schemaDocument(t testing.TB, rt scim.ResourceType) []byte {
	t.Helper()
	types, err := scim.NewTypes("1", rt)
	require.NoError(t, err)
	a := do(t, newHandler(t, &teststore.Store{TypeSet: types}, nil), "GET", "/Schemas", "")
	require.Equal(t, 200, a.Code)
	out, err := json.Marshal(a.get("Resources").([]any)[0])
	require.NoError(t, err)
	return out
}

// shape is everything that a schema says, as text.
func shape(t testing.TB, s schema.Schema) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q %q\n", s.URN, s.Name, s.Description)
	var write func(in string, a *schema.Attribute)
	write = func(in string, a *schema.Attribute) {
		plain := *a
		plain.Sub = nil
		fmt.Fprintf(&b, "%s%q\n", in, fmt.Sprint(plain))
		if a.Sub != nil {
			for i := range schema.Slot(a.Sub.Len()) {
				write(in+"  ", a.Sub.Attribute(i))
			}
		}
	}
	for i := range s.Attributes {
		write("", &s.Attributes[i])
	}
	return b.String()
}
