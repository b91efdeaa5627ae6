package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/scim"
)

func Example() {
	user, err := scim.UserType()
	if err != nil {
		fmt.Println(err)
		return
	}
	apps, err := connector.NewRegistry(memory.Application([]memory.Object{
		{Name: "person", Type: user.Type, Unique: []string{"userName"}},
	}, nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := gateway.New(&gateway.Options{Applications: apps, PublicURL: "https://scim.example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}

	// A connection can come at any time, also while the gateway serves.
	token, hash, err := g.NewToken()
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := g.Add(context.Background(), gateway.Config{
		Name: "acme", Target: "memory", Tokens: []gateway.Token{{Name: "okta", Hash: hash}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(info.SCIMURL)

	// What an identity provider would send.
	body := strings.NewReader(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}`)
	r := httptest.NewRequest(http.MethodPost, "/connections/acme/scim/v2/Users", body)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Location"))

	for _, e := range g.Events(gateway.EventQuery{Connection: "acme", User: "ada@example.com"}) {
		fmt.Println(e.Request.Actor, e.Action, e.User, e.Outcome)
	}
	// Output:
	// https://scim.example.com/connections/acme/scim/v2
	// 201 https://scim.example.com/connections/acme/scim/v2/Users/1
	// okta create ada@example.com success
}
