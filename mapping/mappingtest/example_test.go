package mappingtest_test

import (
	"fmt"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// The tests that a document brings along say whether it does what its author
// meant.
func ExampleRunDocument() {
	doc, problems := mapping.Parse("people.yaml", []byte(`apiVersion: mapping/v1
name: people
resource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']}
target: {object: person, schema: {fields: {mail: {type: string}}}}
rules:
  - {scim: userName, target: mail, pipe: [lower]}
tests:
  - name: addresses are small
    op: create
    input: {scim: {userName: Ada@Example.com}}
    expect: {native: {mail: ada@example.com}}
  - name: a mistake
    op: create
    input: {scim: {userName: Ada@Example.com}}
    expect: {native: {mail: Ada@Example.com}}
`))
	if err := problems.Err(); err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range mappingtest.RunDocument(doc, &mappingtest.Options{Schemas: []schema.Schema{scim.UserSchema()}}) {
		if r.Err == nil {
			fmt.Println("ok  ", r.Name)
		} else {
			fmt.Println("FAIL", r.Name)
			fmt.Println(r.Err)
		}
	}
	// Output:
	// ok   addresses are small
	// FAIL a mistake
	// native:
	//   want {"mail":"Ada@Example.com"}
	//   got  {"mail":"ada@example.com"}
}
