package freshservicetest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// A test of a program that speaks to Freshservice starts a server, lets the
// program work against it, and looks at what arrived.
func Example() {
	srv := freshservicetest.NewServer(freshservicetest.Sandbox())
	defer srv.Close()

	create := func() {
		body := strings.NewReader(`{"first_name":"Mary","primary_email":"mary@example.com","custom_fields":{"badge_color":"mauve"}}`)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "https://acme.freshservice.com/api/v2/requesters", body)
		if err != nil {
			fmt.Println(err)
			return
		}
		req.SetBasicAuth(srv.APIKey(), "X")
		req.Header.Set("Content-Type", "application/json")
		res, err := srv.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.StatusCode, string(answer))
	}
	create()
	srv.Fault(freshservicetest.Fault{Method: "POST", Path: "/api/v2/requesters", Status: 503, Body: "<html>busy</html>"})
	create()

	fmt.Println("arrived:", srv.RequesterByEmail("mary@example.com") != nil)
	for _, r := range srv.Requests() {
		fmt.Println(r.Method, r.Path, r.Status)
	}
	// Output:
	// 400 {"description":"Validation failed","errors":[{"field":"badge_color","message":"[\"It should be one of the choice value.\"]","code":"invalid_value"}]}
	// 503 <html>busy</html>
	// arrived: false
	// POST /api/v2/requesters 400
	// POST /api/v2/requesters 503
}

// Variants runs a client against every doubtful rule of the vendor's API.
func ExampleVariants() {
	for _, v := range freshservicetest.Variants()[:3] {
		srv := freshservicetest.NewServer(&freshservicetest.Options{Rules: v.Rules})
		fmt.Println(v.Name)
		srv.Close()
	}
	// Output:
	// default
	// duplicate-400
	// duplicate-invalid-value
}
