package zendesk_test

import (
	"context"
	"fmt"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// An end user is made, found by external id, and suspended, in a simulated
// account.
func Example() {
	account := zendesktest.NewServer(&zendesktest.Options{FirstID: 6164039664282})
	defer account.Close()
	auth := zendesk.ClientCredentials(account.ClientID(), account.ClientSecret())
	target, err := zendesk.New("acme", auth, &zendesk.Options{
		Transport: account.Client().Transport, // without it: the real acme.zendesk.com
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	desc, err := target.Description(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	ada := desc.Object(zendesk.ObjectUser).Type.New()
	ada.SetString("name", "Ada Byron")
	ada.SetString("email", "ada@example.com")
	ada.SetString("external_id", "E-1")
	made, err := target.Create(ctx, zendesk.ObjectUser, ada)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made as", made.String("role"))

	_, err = target.Create(ctx, zendesk.ObjectUser, ada)
	fmt.Println(err)

	page, err := target.List(ctx, zendesk.ObjectUser, connector.Query{
		Filter: schema.MustParseFilter(`external_id eq "e-1"`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	found := page.Records[0]
	ref := desc.Object(zendesk.ObjectUser).RefOf(found)
	action := connector.Action{Kind: connector.Deactivate, Hint: found.String("role")} // with the hint: one call
	if _, err := target.Act(ctx, ref, action); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("suspended:", account.User(made.Integer("id"))["suspended"])
	// Output:
	// made as end-user
	// create user: already exists email: another user has it: POST /users: status: status 422
	// suspended: true
}
