package importer_test

import (
	"fmt"
	"log"

	"github.com/usher-scim/usher/mapping/importer"
)

func ExampleMiniOrange() {
	r, err := importer.MiniOrange([]byte(`{"user": {"name": "@firstName @lastName", "email": "@email", "id": "@ExternalUserId"}}`),
		&importer.Options{Name: "desk"})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range r.Lines {
		fmt.Println(l)
	}
	// Output:
	// carried name = "@firstName @lastName" → rule name
	// carried email = "@email" → rule email
	// left id = "@ExternalUserId": @ExternalUserId is the id of the record, which is no field that is written
}
