package elimityscim_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/elimityscim"
)

func ExampleNewServer() {
	user, err := scim.UserType()
	if err != nil {
		log.Fatal(err)
	}
	types, err := scim.NewTypes("1", user)
	if err != nil {
		log.Fatal(err)
	}
	ada := user.Type.New()
	ada.Set("id", schema.StringValue("1"))
	ada.Set("userName", schema.StringValue("ada@example.com"))
	backend := &memory{types: types, list: []*scim.Resource{{Record: ada}}}

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
