package memory_test

import (
	"context"
	"fmt"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

func Example() {
	person, err := schema.NewType("person", schema.Fields{
		"id":    {Mutability: schema.ReadOnly},
		"email": {Required: true},
		"name":  {},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	target, err := memory.NewTarget([]memory.Object{{Name: "person", Type: person, Unique: []string{"email"}}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for _, email := range []string{"ada@example.com", "grace@example.com", "ADA@example.com"} {
		rec := person.New()
		rec.SetString("email", email)
		stored, err := target.Create(ctx, "person", rec)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(stored.String("id"), stored.String("email"))
	}
	page, err := target.List(ctx, "person", connector.Query{Filter: schema.MustParseFilter(`email sw "GRACE"`)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Total, page.Records[0].String("email"))
	// Output:
	// 1 ada@example.com
	// 2 grace@example.com
	// create person: already exists email: another record has this value
	// 1 grace@example.com
}
