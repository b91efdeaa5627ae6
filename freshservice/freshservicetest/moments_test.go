package freshservicetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// §3: lists are paged by offset over the live order, so that a rename, an
// addition or a removal between two pages skips or repeats people.
func TestAfter_PagesShift(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(*account)
		second []any
	}{
		{"nothing", func(*account) {}, []any{"P0003", "P0004"}},
		{"renamed to the front", func(a *account) {
			a.do("PUT", "/requesters/1000", object{"first_name": "A"}).want(200)
		}, []any{"P0002", "P0003"}},
		{"renamed to the end", func(a *account) {
			a.do("PUT", "/requesters/1004", object{"first_name": "Z"}).want(200)
		}, []any{"P0004", "P0005"}},
		{"added", func(a *account) {
			a.AddRequester(freshservicetest.Requester{FirstName: "A", WorkPhone: "1"})
		}, []any{"P0002", "P0003"}},
		{"forgotten", func(a *account) { a.RemoveUser(1004) }, []any{"P0004", "P0005"}},
		{"promoted", func(a *account) {
			a.do("PUT", "/requesters/1004/convert_to_agent", nil).want(200)
		}, []any{"P0004", "P0005"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, freshservicetest.Options{Requesters: crowd(5)})
			list := freshservicetest.Moment{Method: "GET", Path: "/api/v2/requesters"}
			a.After(list, func() { tt.change(a) })
			assert.Equal(t, []any{"P0001", "P0002"}, a.do("GET", "/requesters?per_page=2", nil).all("requesters", "first_name"))
			assert.Equal(t, tt.second, a.do("GET", "/requesters?per_page=2&page=2", nil).all("requesters", "first_name"))
		})
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Requesters: crowd(1)})
	var seen []string
	a.After(freshservicetest.Moment{Query: []string{"page"}}, func() { seen = append(seen, "page") })
	a.After(freshservicetest.Moment{Method: "GET", Skip: 1}, func() { seen = append(seen, "second") })
	a.Fault(freshservicetest.Fault{Kind: freshservicetest.LostAnswer, Path: "/api/v2/roles"})
	a.do("GET", "/requesters", nil).want(200)
	assert.Empty(t, seen)
	assert.Panics(t, func() { a.do("GET", "/roles", nil) }, "the answer is lost, the call took effect")
	assert.Equal(t, []string{"second"}, seen)
	a.do("GET", "/requesters?page=1", nil).want(200)
	a.do("GET", "/requesters?page=1", nil).want(200)
	assert.Equal(t, []string{"second", "page"}, seen, "each happens once")
}
