package mapping_test

import (
	"fmt"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// A document joins SCIM users to the people of an application, both ways.
func Example() {
	doc, problems := mapping.Parse("people.yaml", []byte(`
apiVersion: mapping/v1
name: people
resource:
  type: User
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']
target:
  object: person
  schema:
    fields:
      mail: {type: string, required: true, filter: [eq]}
      name: {type: string}
      team_id: {type: integer}
lookups:
  team: {object: team, keys: [name], value: id}
rules:
  - {scim: userName, target: mail, pipe: [lower], required: true}
  - {scim: displayName, target: name}
  - {scim: title, target: team_id, pipe: ['lookup("team")']}
`))
	if err := problems.Err(); err != nil {
		fmt.Println(err)
		return
	}
	typ, err := doc.ResourceType([]schema.Schema{scim.UserSchema()}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, problems := mapping.Compile(doc, typ, nil, nil)
	if err := problems.Err(); err != nil {
		fmt.Println(err)
		return
	}

	user := typ.New()
	user.SetString("userName", "Ada@Example.com")
	user.SetString("displayName", "Ada Byron")
	user.SetString("title", "Engines")
	in := &mapping.Input{Op: mapping.Create, Resource: user}

	// What has to be looked up is the caller's work.
	var answers mapping.Resolved
	for _, need := range plan.Needs(nil, in) {
		fmt.Println("look up", need.Lookup.Object, need.Value.Text())
		answers.Add(need, mapping.Resolution{State: mapping.Found, Native: schema.IntegerValue(7), Return: need.Value})
	}
	var out mapping.Result
	if err := plan.ToTarget(&out, in, &answers); err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range out.Edits {
		fmt.Println(e.Op, plan.Target().Attribute(e.Slot).Name, e.Value.Text())
	}

	division := plan.Filter(schema.MustParseFilter(`userName eq "Ada@Example.com" and displayName sw "A"`))
	fmt.Println("ask for", division.Query, "and check", division.Residual)
	// Output:
	// look up team Engines
	// set mail ada@example.com
	// set name Ada Byron
	// set team_id 7
	// ask for mail eq "ada@example.com" and check displayName sw "A"
}

// All problems of a document are reported at once, each with its place.
func ExampleCompile() {
	doc, _ := mapping.Parse("people.yaml", []byte(`apiVersion: mapping/v1
name: people
resource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']}
target: {object: person, schema: {fields: {mail: {type: string}}}}
rules:
  - {scim: userName, target: mial, pipe: [lowr]}
`))
	typ, err := doc.ResourceType([]schema.Schema{scim.UserSchema()}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, problems := mapping.Compile(doc, typ, nil, nil)
	fmt.Println(problems)
	// Output:
	// people.yaml:6:30: person has no field "mial"; did you mean mail? [E_UNKNOWN_FIELD]
	//       - {scim: userName, target: mial, pipe: [lowr]}
	//                                  ^
	// people.yaml:6:43: no function "lowr"; did you mean lower? [E_UNKNOWN_FUNC]
	//       - {scim: userName, target: mial, pipe: [lowr]}
	//                                               ^
}

// A trace says why each field would get what it gets.
func ExamplePlan_Explain() {
	doc, _ := mapping.Parse("people.yaml", []byte(`apiVersion: mapping/v1
name: people
resource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']}
target: {object: person, schema: {fields: {mail: {type: string}, kind: {type: string}}}}
rules:
  - {scim: userName, target: mail, pipe: [lower]}
  - {const: staff, target: kind, when: 'userType == "Employee"'}
`))
	typ, err := doc.ResourceType([]schema.Schema{scim.UserSchema()}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, _ := mapping.Compile(doc, typ, nil, nil)
	user := typ.New()
	user.SetString("userName", "Ada@Example.com")
	for _, r := range plan.Explain(&mapping.Input{Op: mapping.Create, Resource: user}, nil).Rules {
		fmt.Println(r.Rule, r.Action, r.Why, r.Source.Text(), r.Value.Text())
	}
	// Output:
	// mail set scim Ada@Example.com ada@example.com
	// kind skip condition false
}
