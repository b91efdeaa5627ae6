package schema_test

import (
	"fmt"
	"log"

	"github.com/usher-scim/usher/schema"
)

func Example() {
	email, err := schema.NewOrdered("email", schema.Attribute{Name: "value"}, schema.Attribute{Name: "type"})
	if err != nil {
		log.Fatal(err)
	}
	user, err := schema.NewResource("User", schema.Schema{
		URN: "urn:ietf:params:scim:schemas:core:2.0:User",
		Attributes: []schema.Attribute{
			{Name: "userName", Required: true},
			{Name: "emails", Type: schema.Complex, MultiValued: true, Sub: email},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	work := email.New()
	work.SetString("value", "ada@example.com")
	work.SetString("type", "work")
	ada := user.New()
	ada.SetString("userName", "ada")
	ada.Set("emails", schema.ListValue(schema.ObjectValue(work)))

	filter, err := schema.ParseFilter(`emails[type eq "work" and value ew "@EXAMPLE.com"]`)
	if err != nil {
		log.Fatal(err)
	}
	matcher, err := user.Match(filter)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(matcher.Match(ada))

	path, err := schema.ParsePath(`emails[type eq "work"].value`)
	if err != nil {
		log.Fatal(err)
	}
	selector, err := user.Select(path)
	if err != nil {
		log.Fatal(err)
	}
	for v := range selector.Values(ada) {
		fmt.Println(v.Text())
	}
	fmt.Println(string(schema.ObjectValue(ada).AppendJSON(nil)))
	// Output:
	// true
	// ada@example.com
	// {"userName":"ada","emails":[{"value":"ada@example.com","type":"work"}]}
}
