package zendesktest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// A test of a program that speaks to Zendesk starts a server, lets the program
// work against it, and looks at what arrived.
func Example() {
	srv := zendesktest.NewServer(zendesktest.Sandbox())
	defer srv.Close()

	call := func(method, url, authorization, body string) string {
		req, err := http.NewRequestWithContext(context.Background(), method, "https://acme.zendesk.com"+url, strings.NewReader(body))
		if err != nil {
			return err.Error()
		}
		req.Header.Set("Content-Type", "application/json")
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := srv.Client().Do(req)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			return err.Error()
		}
		return string(answer)
	}

	var token struct {
		AccessToken string `json:"access_token"`
	}
	request := fmt.Sprintf(`{"grant_type":"client_credentials","client_id":%q,"client_secret":%q,"scope":"read write","expires_in":3600}`,
		srv.ClientID(), srv.ClientSecret())
	if err := json.Unmarshal([]byte(call("POST", "/oauth/tokens", "", request)), &token); err != nil {
		fmt.Println(err)
		return
	}
	bearer := "Bearer " + token.AccessToken
	fmt.Println(call("POST", "/api/v2/users", bearer, `{"user":{"name":"Mary","email":"ada@example.com"}}`))
	srv.Fault(zendesktest.DatabaseConflict())
	fmt.Println(call("POST", "/api/v2/users", bearer, `{"user":{"name":"Mary","email":"mary@example.com"}}`))

	fmt.Println("arrived:", srv.UserByEmail("mary@example.com") != nil)
	for _, r := range srv.Requests() {
		fmt.Println(r.Method, r.Path, r.Status)
	}
	// Output:
	// {"description":"Record validation errors","details":{"email":[{"description":"Email: ada@example.com is already being used by another user","error":"DuplicateValue"}]},"error":"RecordInvalid"}
	// {"error":"DatabaseConflict","description":"Database collision"}
	// arrived: false
	// POST /oauth/tokens 201
	// POST /api/v2/users 422
	// POST /api/v2/users 409
}

// Variants runs a client against every doubtful rule of the vendor's API.
func ExampleVariants() {
	for _, v := range zendesktest.Variants()[:3] {
		srv := zendesktest.NewServer(&zendesktest.Options{Rules: v.Rules})
		fmt.Println(v.Name)
		srv.Close()
	}
	// Output:
	// default
	// token-200
	// tokens-without-expiry
}

// A job is polled to its end; a script lets one of its items fail.
func ExampleAccount_FaultJob() {
	acct := zendesktest.New(zendesktest.Sandbox())
	acct.FaultJob(zendesktest.JobFault{Path: "/api/v2/users/destroy_many", Items: []int{1}})

	call := func(method, path string) (job struct {
		Status struct{ ID, Status string } `json:"job_status"`
	}) {
		r := httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody)
		r.SetBasicAuth(acct.OwnerEmail()+"/token", acct.APIToken())
		w := httptest.NewRecorder()
		acct.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &job); err != nil {
			fmt.Println(err)
		}
		return job
	}
	queued := call(http.MethodDelete, "/api/v2/users/destroy_many?external_ids=emp-17,emp-23")
	fmt.Println(queued.Status.Status)
	for range 2 {
		fmt.Println(call(http.MethodGet, "/api/v2/job_statuses/"+queued.Status.ID).Status.Status)
	}
	fmt.Println("left:", acct.UserByExternalID("emp-17") != nil, acct.UserByExternalID("emp-23") != nil)
	// Output:
	// queued
	// working
	// completed
	// left: false true
}
