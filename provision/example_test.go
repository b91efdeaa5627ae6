package provision_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

// printer is a Sink that prints what happened.
type printer struct{}

func (printer) Begin(context.Context, *provision.Event) error { return nil }
func (printer) End(_ context.Context, e *provision.Event)     { fmt.Println(e.Words) }

// A user is pushed to a Freshservice account, here a simulated one, and leaves
// again.
func Example() {
	account := freshservicetest.NewServer(nil)
	defer account.Close()
	target, err := freshservice.New("acme", freshservice.APIKey(account.APIKey()), &freshservice.Options{Transport: account.Client().Transport})
	if err != nil {
		log.Fatal(err)
	}
	backend, err := provision.New(target, freshservice.Mappings, &provision.Options{Sink: printer{}})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := scim.NewHandler(backend, &scim.Options{
		BaseURL: "https://scim.example.com/scim/v2",
		Auth:    scim.BearerToken("secret"),
	})
	if err != nil {
		log.Fatal(err)
	}
	idp := scimtest.NewClient(scimtest.Handler(handler, "https://scim.example.com/scim/v2", "secret"))
	ctx := context.Background()

	r, err := idp.Create(ctx, "/Users", map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": "ada@example.com",
		"name":     map[string]any{"givenName": "Ada", "familyName": "Byron"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := idp.Patch(ctx, "/Users/"+r.ID(), scimtest.PatchOp{Op: "Replace", Path: "active", Value: "False"}); err != nil {
		log.Fatal(err)
	}
	for _, q := range account.Requests() {
		if !strings.Contains(q.Path, "fields") {
			fmt.Println(q.Method, strings.Replace(q.Path, r.ID(), "{id}", 1))
		}
	}
	// Output:
	// a client asked to create ada@example.com; wrote primary_email, first_name, last_name, language.
	// a client asked to patch ada@example.com; done: deactivate.
	// POST /api/v2/requesters
	// GET /api/v2/requesters/{id}
	// DELETE /api/v2/requesters/{id}
}
