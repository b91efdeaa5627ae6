package elimityscim_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	elimity "github.com/elimity-com/scim"
	elimityschema "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/elimityscim"
)

// directory is a backend with one user.
func directory() scim.Backend {
	user, err := scim.UserType()
	if err != nil {
		log.Fatal(err)
	}
	types, err := scim.NewTypes("1", user)
	if err != nil {
		log.Fatal(err)
	}
	ada := user.Type.New()
	ada.SetString("id", "1")
	ada.SetString("userName", "ada@example.com")
	return &memory{types: types, list: []*scim.Resource{{Record: ada}}}
}

func ExampleNewServer() {
	backend := directory()
	server, err := elimityscim.NewServer(context.Background(), backend, nil)
	if err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest("GET", "/Users/1", nil))
	fmt.Println(w.Code, strings.Contains(w.Body.String(), `"userName":"ada@example.com"`))
	// Output:
	// 200 true
}

// Users of a backend next to a resource type that the program has a handler for
// already.
func ExampleResourceTypes() {
	types, err := elimityscim.ResourceTypes(context.Background(), directory(), nil)
	if err != nil {
		log.Fatal(err)
	}
	types = append(types, elimity.ResourceType{
		Name: "Device", Endpoint: "/Devices", Handler: &bare{},
		Schema: elimityschema.Schema{ID: "urn:example:Device", Attributes: []elimityschema.CoreAttribute{
			elimityschema.SimpleCoreAttribute(elimityschema.SimpleStringParams(elimityschema.StringParams{Name: "serial"})),
		}},
	})
	server, err := elimity.NewServer(&elimity.ServerArgs{ServiceProviderConfig: &elimity.ServiceProviderConfig{}, ResourceTypes: types})
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range []string{"/Users/1", "/Devices"} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// /Users/1 200
	// /Devices 200
}

// A schema that is there in the library's form becomes an extension.
func ExampleFromElimity() {
	badge := elimityschema.Schema{ID: "urn:example:badge:1.0:User", Attributes: []elimityschema.CoreAttribute{
		elimityschema.SimpleCoreAttribute(elimityschema.SimpleStringParams(elimityschema.StringParams{
			Name: "color", CanonicalValues: []string{"red", "green"},
		})),
	}}
	user, err := scim.UserType(elimityscim.FromElimity(badge))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(user.Type.Lookup("urn:example:badge:1.0:User:color").Choices)
	// Output:
	// [red green]
}
