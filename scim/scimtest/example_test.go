package scimtest_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/usher-scim/usher/scim/scimtest"
)

// provider is a service provider that knows one user.
func provider() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		switch r.Method + " " + r.URL.Path {
		case "POST /scim/v2/Users":
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"id":"u-1","userName":"ada@example.com","active":true}`))
		case "GET /scim/v2/Users/u-1":
			_, _ = w.Write([]byte(`{"id":"u-1","userName":"ada@example.com","active":"true"}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status":"404"}`))
		}
	})
}

// A conversation creates a user and reads it back. The service provider answers
// with a string where the schema wants a boolean.
func Example() {
	file := []byte(`{
	  "name": "create and read back", "source": "RFC 7644", "level": "rfc", "requires": [],
	  "steps": [
	    {"request": {"method": "POST", "path": "/Users", "body": {"userName": "ada@example.com"}},
	     "expect": {"status": [201], "body": {"id": "$capture:id"}}},
	    {"request": {"method": "GET", "path": "/Users/{{id}}"},
	     "expect": {"status": [200], "body": {"id": "{{id}}", "userName": "$ci:ADA@example.com", "active": true}}}
	  ]}`)
	conversation, err := scimtest.Parse("examples/create.json", file)
	if err != nil {
		fmt.Println(err)
		return
	}
	target := scimtest.Handler(provider(), "https://scim.example.com/scim/v2", "a-bearer-token")
	result := scimtest.Run(context.Background(), target, conversation, nil)
	fmt.Println(result.Err())
	// Output:
	// conversation examples/create (create and read back): step 2 of 2 failed
	//   GET /Users/u-1 answered 200
	//   - body /active: expected true, got "true"
	//   got: {"id":"u-1","userName":"ada@example.com","active":"true"}
}

func ExampleClient() {
	client := scimtest.NewClient(scimtest.Handler(provider(), "https://scim.example.com/scim/v2", "a-bearer-token"))
	ctx := context.Background()

	created, err := client.Create(ctx, "/Users", map[string]any{"userName": "ada@example.com"})
	if err != nil {
		fmt.Println(err)
		return
	}
	read, err := client.Get(ctx, "/Users/"+created.ID())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.Status, created.ID(), read.Status, read.Body["userName"])
	// Output: 201 u-1 200 ada@example.com
}

func ExampleMatcher() {
	matcher, err := scimtest.ParseMatcher([]byte(`{"primary_email": "$ci:Ada@example.com", "department_ids": {"$exact": [12]}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, failures, err := matcher.Match([]byte(`{"primary_email": "ada@example.com", "department_ids": [12, 13]}`), nil)
	fmt.Println(failures, err)
	// Output: [document /department_ids: expected exactly 1 element, got 2 elements (not asked for: /department_ids/1 13)] <nil>
}
