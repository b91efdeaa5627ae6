package freshservicetest_test

import (
	"context"
	"encoding/json"
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

// A list that changes while a client pages through it.
func ExampleAccount_After() {
	srv := freshservicetest.NewServer(freshservicetest.Sandbox())
	defer srv.Close()
	page := func(number string) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, srv.URL+"/api/v2/requesters?per_page=2&page="+number, http.NoBody)
		if err != nil {
			fmt.Println(err)
			return
		}
		req.SetBasicAuth(srv.APIKey(), "X")
		res, err := srv.Client().Do(req)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer res.Body.Close()
		var list struct {
			Requesters []struct {
				FirstName string `json:"first_name"`
			}
		}
		if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(list.Requesters)
	}
	srv.After(freshservicetest.Moment{Path: "/api/v2/requesters"}, func() {
		srv.AddRequester(freshservicetest.Requester{FirstName: "Aaron"})
	})
	page("1")
	page("2")
	// Output:
	// [{Ada} {Alan}]
	// [{Alan} {Charles}]
}

// An account of one's own, from a file.
func ExampleReadSeed() {
	opts, err := freshservicetest.ReadSeed(strings.NewReader(`{
		"requesters": [{"id": 10, "first_name": "Ada", "primary_email": "ada@example.com"}],
		"requester_groups": [{"id": 80, "name": "VPN Users", "members": [10]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := freshservicetest.NewServer(opts)
	defer srv.Close()
	fmt.Println(srv.Requester(10)["first_name"], srv.Members(80))
	// Output: Ada [10]
}
