package freshservice_test

import (
	"context"
	"fmt"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// A requester is made, found by address, and deactivated, in a simulated account.
func Example() {
	account := freshservicetest.NewServer(&freshservicetest.Options{FirstID: 21000000001})
	defer account.Close()
	target, err := freshservice.New("acme", freshservice.APIKey(account.APIKey()), &freshservice.Options{
		Transport: account.Client().Transport, // without it: the real acme.freshservice.com
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
	ada := desc.Object(freshservice.ObjectRequester).Type.New()
	ada.SetString("first_name", "Ada")
	ada.SetString("primary_email", "ada@example.com")
	made, err := target.Create(ctx, freshservice.ObjectRequester, ada)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("made", made.String("id"))

	_, err = target.Create(ctx, freshservice.ObjectRequester, ada)
	fmt.Println(err)

	page, err := target.List(ctx, freshservice.ObjectRequester, connector.Query{
		Filter: schema.MustParseFilter(`primary_email eq "ADA@example.com"`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ref := desc.Object(freshservice.ObjectRequester).RefOf(page.Records[0])
	if _, err := target.Act(ctx, ref, connector.Action{Kind: connector.Deactivate}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("active:", account.Requester(made.Integer("id"))["active"])
	// Output:
	// made 21000000002
	// create requester: already exists primary_email: another requester or agent has it, active or not: POST /requesters: status: status 409
	// active: false
}
