package scim_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// directory is a backend with one user, who cannot be changed.
type directory struct{ types *scim.Types }

var _ scim.Backend = directory{}

func (d directory) Types(context.Context) (*scim.Types, error) { return d.types, nil }

func (d directory) Get(_ context.Context, r scim.Ref, _ scim.ReadOptions) (*scim.Resource, error) {
	if r.ID != "1" {
		return nil, scim.Errorf(http.StatusNotFound, "", "There is no user %s.", r.ID)
	}
	rec := d.types.ByName("User").Type.New()
	rec.SetString("id", "1")
	rec.SetString("userName", "ada@example.com")
	rec.Set("active", schema.BooleanValue(true))
	return &scim.Resource{Record: rec}, nil
}

func (d directory) List(ctx context.Context, _ string, q scim.Query) (*scim.Page, error) {
	ada, err := d.Get(ctx, scim.Ref{Type: "User", ID: "1"}, scim.ReadOptions{})
	if err != nil {
		return nil, err
	}
	return scim.PageOf(q, func(yield func(*scim.Resource) bool) { yield(ada) }), nil
}

func (directory) Create(context.Context, string, *schema.Record, scim.WriteOptions) (*scim.Resource, error) {
	return nil, errReadOnly()
}

func (directory) Update(context.Context, scim.Ref, scim.Update, scim.WriteOptions) (*scim.Resource, error) {
	return nil, errReadOnly()
}

func (directory) Delete(context.Context, scim.Ref, scim.WriteOptions) error { return errReadOnly() }

func errReadOnly() error {
	return scim.Errorf(http.StatusForbidden, "", "This directory cannot be changed.")
}

func Example() {
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	if err != nil {
		log.Fatal(err)
	}
	types, err := scim.NewTypes("1", user)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := scim.NewHandler(directory{types}, &scim.Options{
		BaseURL: "https://scim.example.com/scim/v2",
		Auth:    scim.BearerToken("a-long-random-token"),
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/scim/v2/", handler)

	r := httptest.NewRequest("GET", "/scim/v2/Users?filter=userName+eq+%22ADA@example.com%22&attributes=userName", nil)
	r.Header.Set("Authorization", "Bearer a-long-random-token")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	// Output:
	// 200 {"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1,"itemsPerPage":1,"startIndex":1,"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ada@example.com"}]}
}

// Tokens of the program's own, of which it keeps hashes: each says who asks.
func ExampleBearerTokens() {
	clients := map[[sha256.Size]byte]scim.Principal{
		sha256.Sum256([]byte("a-long-random-token")):     {Name: "okta"},
		sha256.Sum256([]byte("another-long-random-one")): {Name: "auditor", ReadOnly: true},
	}
	auth := scim.BearerTokens(func(_ context.Context, token string) (scim.Principal, error) {
		client, ok := clients[sha256.Sum256([]byte(token))]
		if !ok {
			return scim.Principal{}, errors.New("no such token")
		}
		return client, nil
	})

	user, err := scim.UserType()
	if err != nil {
		log.Fatal(err)
	}
	types, err := scim.NewTypes("1", user)
	if err != nil {
		log.Fatal(err)
	}
	handler, err := scim.NewHandler(directory{types}, &scim.Options{BaseURL: "https://scim.example.com/scim/v2", Auth: auth})
	if err != nil {
		log.Fatal(err)
	}
	for _, request := range []string{"GET wrong-token", "GET another-long-random-one", "DELETE another-long-random-one"} {
		method, token, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, "/scim/v2/Users/1", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(method, w.Code)
	}
	// Output:
	// GET 401
	// GET 200
	// DELETE 403
}
