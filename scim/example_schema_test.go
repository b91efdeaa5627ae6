package scim_test

import (
	"fmt"
	"log"

	"github.com/usher-scim/usher/scim"
)

// An extension of users and a resource type of one's own, as JSON.
func ExampleParseSchema() {
	badge, err := scim.ParseSchema([]byte(`{
		"id": "urn:example:badge:1.0:User",
		"name": "Badge",
		"attributes": [
			{"name": "number", "type": "integer", "required": true, "uniqueness": "server"},
			{"name": "color", "canonicalValues": ["red", "green"]}
		]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	user, err := scim.UserType(scim.EnterpriseUserSchema(), badge)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range user.Type.Schemas() {
		fmt.Println(s.URN, len(s.Attributes))
	}

	_, err = scim.ParseSchema([]byte(`{"id": "urn:example:desk", "attributes": [{"name": "floor", "type": "number"}]}`))
	fmt.Println(err)
	// Output:
	// urn:ietf:params:scim:schemas:core:2.0:User 21
	// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User 6
	// urn:example:badge:1.0:User 2
	// scim: schema urn:example:desk: attribute floor has type "number", which is none of string, boolean, decimal, integer, dateTime, binary, reference, complex
}

func ExampleParseResourceTypes() {
	device, err := scim.ParseSchema([]byte(`{"id": "urn:example:Device", "attributes": [{"name": "serial", "required": true}]}`))
	if err != nil {
		log.Fatal(err)
	}
	list, err := scim.ParseResourceTypes([]byte(`{"name": "Device", "endpoint": "/Devices", "schema": "urn:example:Device"}`), device)
	if err != nil {
		log.Fatal(err)
	}
	user, err := scim.UserType()
	if err != nil {
		log.Fatal(err)
	}
	types, err := scim.NewTypes("1", append(list, user)...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(types.ByEndpoint("/Devices").Name, types.ByEndpoint("/Users").Name)
	// Output:
	// Device User
}
