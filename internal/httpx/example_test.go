package httpx_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/usher-scim/usher/internal/httpx"
)

// A driver makes one client per connection, and names ids as path values so that they stay out of records.
func Example() {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"requester":{"id":%q}}`, r.URL.Path[len("/api/v2/requesters/"):])
	}))
	defer target.Close()

	budgets := httpx.NewBudgets(nil)
	client, err := httpx.New(&httpx.Options{
		BaseURL:       target.URL + "/api/v2",
		AllowInsecure: true, AllowPrivate: true, // a simulator
		Authorize: func(r *http.Request) error {
			r.SetBasicAuth("the-key", "X")
			return nil
		},
		Budget: budgets.For("freshservice/acme"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	var rec httpx.Recorder
	ctx := httpx.WithRecorder(context.Background(), &rec)
	resp, err := client.Do(ctx, &httpx.Request{
		Method: http.MethodGet, Path: "/requesters/{id}", PathValues: map[string]string{"id": "21000049726"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.Status, string(resp.Body))
	for _, c := range rec.Calls() {
		fmt.Println(c.Method, c.Pattern, c.Status)
	}

	_, err = client.Do(httpx.WithDryRun(ctx), &httpx.Request{Method: http.MethodPost, Path: "/requesters"})
	fmt.Println(err)
	// Output:
	// 200 {"requester":{"id":"21000049726"}}
	// GET /requesters/{id} 200
	// POST /requesters: dry run: dry run: request not sent
}
