package zendesktest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// crew is an account with a few people whose jobs are done at once.
func crew(t *testing.T, opts zendesktest.Options) *account {
	t.Helper()
	opts.JobDuration = -1
	opts.Users = []zendesktest.User{
		{ID: 71, Name: "Ada", Email: "ada@example.com", ExternalID: "E-1"}, {ID: 72, Name: "Bea", Email: "bea@example.com", ExternalID: "E-2"},
		{ID: 73, Name: "Cora", RequestedTickets: 1}, {ID: 74, Name: "Grace", Email: "grace@example.com", Role: "agent"},
	}
	return newAccount(t, opts)
}

// results are those of a job that a call has queued.
func (a *account) results(r reply) []any {
	a.t.Helper()
	out, ok := a.job(r.want(200).object()["id"])["results"].([]any)
	if !ok {
		a.t.Fatal("the results are no list")
	}
	return out
}

// §4.5: import in bulk is off unless the vendor's support has enabled it.
func TestUsers_BulkImport(t *testing.T) {
	t.Parallel()
	list := object{"users": []object{{"name": "New", "email": "new@example.com", "external_id": "N"}, {"name": "x", "email": "ada@example.com"}}}
	off := crew(t, zendesktest.Options{})
	for _, p := range []string{"/users/create_many", "/users/create_or_update_many"} {
		off.do("POST", p, list).wantTitle(403, "Forbidden")
	}
	assert.Nil(t, off.UserByEmail("new@example.com"))

	a := crew(t, zendesktest.Options{BulkImport: true})
	got := a.results(a.do("POST", "/users/create_many", list))
	id := a.UserByEmail("new@example.com")["id"].(int64)
	assert.Equal(t, object{"id": num(id), "status": "Created"}, got[0])
	assert.Equal(t, object{"index": num(1), "error": "RecordInvalid", "details": "Email: ada@example.com is already being used by another user"}, got[1])
	b := crew(t, zendesktest.Options{BulkImport: true, Rules: zendesktest.Rules{JobResultsIndexed: true}})
	assert.Equal(t, num(0), b.results(b.do("POST", "/users/create_many", list))[0].(object)["index"])

	got = a.results(a.do("POST", "/users/create_or_update_many", object{"users": []object{
		{"email": "ada@example.com", "notes": "n"}, {"external_id": "e-2", "notes": "m"}, {"name": "More", "email": "more@example.com"},
		{"email": "ada@example.com", "external_id": "E-2"},
	}}))
	assert.Equal(t, []any{object{"id": num(71), "status": "Updated"}, object{"id": num(72), "status": "Updated"}}, got[:2])
	assert.Equal(t, "Created", got[2].(object)["status"])
	assert.Equal(t, "RecordInvalid", got[3].(object)["error"], "§4.4: two users")
	assert.Equal(t, []any{"n", "m"}, []any{a.User(71)["notes"], a.User(72)["notes"]})
	many := make([]object, 101)
	for i := range many {
		many[i] = object{"name": "x"}
	}
	refused := a.do("POST", "/users/create_many", object{"users": many}).wantError(400, "TooManyValues")
	assert.Equal(t, "Maximum 100 users may be created per call", refused.body["description"])
}

// §4.5: update_many needs no enablement and is outside the limits of updates.
func TestUsers_UpdateMany(t *testing.T) {
	t.Parallel()
	limits := zendesktest.Enterprise.Limits()
	a := crew(t, zendesktest.Options{Limits: &limits})
	updated := func(id int64) object {
		return object{"id": num(id), "action": "update", "status": "Updated", "success": true}
	}
	for range 10 {
		got := a.results(a.do("PUT", "/users/update_many?ids=71,72", object{"user": object{"suspended": true}}))
		assert.Equal(t, []any{updated(71), updated(72)}, got)
	}
	assert.Equal(t, true, a.User(72)["suspended"])
	a.results(a.do("PUT", "/users/update_many?external_ids=e-1", object{"user": object{"suspended": false}}))
	assert.Equal(t, false, a.User(71)["suspended"])
	got := a.results(a.do("PUT", "/users/update_many", object{"users": []object{
		{"id": 71, "name": "Ada L", "external_id": "E-9"}, {"external_id": "E-2", "role": "agent"}, {"id": 72, "external_id": "e-9"}, {"id": 9},
	}}))
	assert.Equal(t, []any{updated(71), updated(72)}, got[:2])
	assert.Equal(t, object{"id": num(72), "action": "update", "success": false, "error": "RecordInvalid", "details": "External: e-9 is already being used by another user"}, got[2])
	assert.Equal(t, "RecordNotFound", got[3].(object)["error"])
	assert.Equal(t, []any{"Ada L", "E-9", "agent"}, []any{a.User(71)["name"], a.User(71)["external_id"], a.User(72)["role"]})
	agent := a.as("grace@example.com", "PUT", "/users/update_many?ids=71,74", object{"user": object{"notes": "x"}}).want(200)
	got = a.job(agent.object()["id"])["results"].([]any)
	assert.Equal(t, []any{true, false}, []any{got[0].(object)["success"], got[1].(object)["success"]}, "agents update end users only")
}

// §4.2, §4.7: destroy_many deletes softly, and not everybody.
func TestUsers_DestroyMany(t *testing.T) {
	t.Parallel()
	a := crew(t, zendesktest.Options{})
	got := a.results(a.do("DELETE", fmt.Sprintf("/users/destroy_many?ids=71,73,74,%d,9", a.OwnerID()), nil))
	assert.Equal(t, object{"id": num(71), "action": "delete", "status": "Deleted", "success": true}, got[0])
	success := []any{}
	for _, r := range got {
		success = append(success, r.(object)["success"])
	}
	assert.Equal(t, []any{true, false, true, false, false}, success)
	assert.Contains(t, got[1].(object)["details"], "requester")
	b := crew(t, zendesktest.Options{Rules: zendesktest.Rules{TeamDeletionRefused: true}})
	b.do("DELETE", "/users/74", nil).wantDetail("base", "")
	b.put(74, object{"role": "end-user"}).want(200)
	b.do("DELETE", "/users/74", nil).want(200)
	a.results(a.do("DELETE", "/users/destroy_many?external_ids=E-2", nil))
	assert.Len(t, a.DeletedUsers(), 3)
	a.as("grace@example.com", "DELETE", "/users/destroy_many?ids=71", nil).want(401)
	a.do("DELETE", "/users/destroy_many?ids=1&external_ids=2", nil).wantTitle(400, "Invalid attribute")
}

// §4.2, §4.6: the rest of the calls about users.
func TestUsers_SmallCalls(t *testing.T) {
	t.Parallel()
	a := crew(t, zendesktest.Options{IndexLag: time.Minute})
	assert.Equal(t, nums(71), a.do("GET", "/users/autocomplete?name=aD", nil).all("users", "id"))
	assert.Equal(t, nums(71), a.do("POST", "/users/autocomplete", object{"name": "ada"}).all("users", "id"))
	assert.Empty(t, a.do("GET", "/users/autocomplete?name=a", nil).all("users", "id"), "too short")
	assert.Empty(t, a.do("GET", "/users/autocomplete?name=da", nil).all("users", "id"), "from the start")
	a.do("GET", "/users/autocomplete?name=ad&page[size]=5", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/users/autocomplete", nil).wantTitle(400, "Invalid attribute")
	a.post(object{"name": "Dora", "phone": "+15551230000"}).want(201)
	assert.Empty(t, a.do("GET", "/users/autocomplete?phone=%2B15551230000", nil).all("users", "name"), "the index lags")
	a.clock.Advance(time.Minute)
	assert.Equal(t, []any{"Dora"}, a.do("GET", "/users/autocomplete?phone=%2B15551230000", nil).all("users", "name"))

	a.do("POST", "/users/logout_many?ids=71,72", nil).want(202)
	a.do("POST", "/users/logout_many", nil).wantTitle(400, "Invalid attribute")
	a.do("POST", "/users/logout_many?ids="+strings.Repeat("1,", 101), nil).wantError(400, "TooManyValues")
	a.do("POST", "/users/request_create", object{"user": object{"name": "x", "email": "x@example.com"}}).want(200)
	a.do("POST", "/users/request_create", object{"user": object{"name": "x"}}).wantDetail("email", "BlankValue")
}
