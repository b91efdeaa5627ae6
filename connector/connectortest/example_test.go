package connectortest_test

import (
	"context"
	"fmt"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// forgetful is a driver that says of an update that it was made, and does not make
// it.
type forgetful struct{ connector.Driver }

func (f forgetful) Update(ctx context.Context, r connector.Ref, _ connector.Change) (*schema.Record, error) {
	return f.Get(ctx, r)
}

// In a test it is Run that is called, with the test's t.
func Example() {
	person, err := schema.NewType("person", schema.Fields{
		"id":    {Mutability: schema.ReadOnly},
		"email": {Required: true, Filter: schema.Eq},
		"name":  {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	newHarness := func() (*connectortest.Harness, error) {
		d, err := memory.New([]memory.Object{{Name: "person", Type: person, Unique: []string{"email"}}}, nil)
		return &connectortest.Harness{Driver: forgetful{d}}, err
	}
	report := connectortest.Verify(context.Background(), newHarness, &connectortest.Options{
		Skip: map[string]string{"own-writes": "an index of ours is filled at night"},
	})
	fmt.Println(report.Capabilities)
	for _, r := range report.Results {
		if len(r.Failures) > 0 {
			fmt.Printf("FAIL %s: %s\n", r.Name(), r.Failures[0])
		}
		if r.Check == "own-writes" {
			fmt.Printf("skip %s: %s\n", r.Name(), r.Skipped)
		}
	}
	// Output:
	// object  written      actions  unique  filters  up to date    members
	// person  also unread  delete   email   any      every search  -
	// abilities: -
	// FAIL duplicate/person: an update to the email of another record gave no error, wanted is AlreadyExists
	// FAIL update/person: set email: the record has "email-3@example.com" afterwards, wanted is "email-4@example.com"
	// FAIL clear/person: clear name: the record still has "Sample name 2"
	// skip own-writes/person: an index of ours is filled at night
	// FAIL strings/person: name was "Sample name 2", and "李小龍 Σίσυφος שלום" was sent
	// FAIL concurrent/person: one of 8 callers at once: after an update the record is not what was written: email is "email-0@example.com"
}
