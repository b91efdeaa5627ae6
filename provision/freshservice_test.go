package provision_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim/scimtest"
)

// must returns a response of one of the statuses wanted.
func must(t testing.TB, w *world, method, path string, body any, status ...int) *scimtest.Response {
	t.Helper()
	r, err := w.client.Do(t.Context(), method, path, nil, body)
	require.NoError(t, err)
	require.Contains(t, status, r.Status, "%s %s: %s", method, path, r.Raw)
	return r
}

func create(t testing.TB, w *world, body map[string]any) *scimtest.Response {
	t.Helper()
	return must(t, w, http.MethodPost, "/Users", body, 201)
}

func find(t testing.TB, w *world, filter string) *scimtest.Response {
	t.Helper()
	return must(t, w, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), nil, 200)
}

func patch(ops ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": ops}
}

func set(path string, value any) map[string]any {
	return map[string]any{"op": "replace", "path": path, "value": value}
}

// record is the requester behind an id.
func record(t testing.TB, w *world, id string) map[string]any {
	t.Helper()
	for _, r := range w.account.Requesters() {
		if fmt.Sprint(r["id"]) == id {
			return r
		}
	}
	t.Fatalf("no requester %s", id)
	return nil
}

// TestBudget_Freshservice holds the table of design §7.
func TestBudget_Freshservice(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	cost := func(name string, want []string) {
		t.Helper()
		assert.Equal(t, want, w.takeCalls(), name)
	}
	ada := create(t, w, user("ada@example.com", map[string]any{"externalId": "x-1", "title": "Analyst"}))
	cost("create", []string{"POST /requesters"})
	path := "/Users/" + ada.ID()

	must(t, w, "GET", path, nil, 200)
	cost("get", []string{"GET /requesters/{id}"})
	require.Equal(t, 1, find(t, w, `userName eq "Ada@example.com"`).Total())
	cost("find by userName", []string{"GET /requesters?email"})
	require.Equal(t, 1, find(t, w, `emails[type eq "work"].value eq "ada@example.com"`).Total())
	cost("find by work e-mail", []string{"GET /requesters?email"})
	require.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
	cost("find by externalId", []string{"GET /requesters/{id}"})
	require.Equal(t, 0, find(t, w, `userName eq "nobody@example.com"`).Total())
	cost("find nobody", []string{"GET /requesters?email"})

	body := user("ada@example.com", map[string]any{"externalId": "x-1", "title": "Countess"})
	must(t, w, "PUT", path, body, 200)
	cost("PUT", []string{"GET /requesters/{id}", "PUT /requesters/{id}"})
	must(t, w, "PUT", path, body, 200)
	cost("PUT of the same", []string{"GET /requesters/{id}"})
	must(t, w, "PATCH", path, patch(set("title", "Analyst")), 200)
	cost("PATCH", []string{"GET /requesters/{id}", "PUT /requesters/{id}"})
	must(t, w, "PATCH", path, patch(set("title", "Analyst")), 200)
	cost("PATCH of the same", []string{"GET /requesters/{id}"})

	r := must(t, w, "PATCH", path, patch(set("active", false)), 200)
	cost("disable", []string{"GET /requesters/{id}", "DELETE /requesters/{id}"})
	require.Equal(t, false, r.Body["active"])
	r = must(t, w, "PATCH", path, patch(set("active", true)), 200)
	assert.LessOrEqual(t, len(w.takeCalls()), 3, "re-enable")
	require.Equal(t, true, r.Body["active"])

	must(t, w, "GET", "/Users?startIndex=1&count=100", nil, 200)
	cost("first page", []string{"GET /requesters?per_page"})
	must(t, w, "DELETE", path, nil, 204)
	cost("delete", []string{"DELETE /requesters/{id}"})
	must(t, w, "GET", path, nil, 404)
	cost("get of a deleted one", nil)
}

func TestBudget_BlindPatch(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, &freshservice.Options{DepartmentTickets: freshservice.TicketsUnused}, nil)
	ada := create(t, w, user("ada@example.com", nil))
	w.takeCalls()
	r := must(t, w, "PATCH", "/Users/"+ada.ID(), patch(set("title", "Analyst")), 200)
	assert.Equal(t, []string{"PUT /requesters/{id}"}, w.takeCalls())
	assert.Equal(t, "Analyst", r.Body["title"])
	assert.Equal(t, "Analyst", record(t, w, ada.ID())["job_title"])
}

// TestMapping_EveryRow pushes a user with everything that the three vendors'
// tables have.
func TestMapping_EveryRow(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 42, Name: "Tour Operations"}},
		Locations:   []freshservicetest.Location{{ID: 7, Name: "Bonn"}},
		Requesters:  []freshservicetest.Requester{{ID: 500, FirstName: "Boss", PrimaryEmail: "boss@example.com"}},
		Fields: []freshservicetest.RequesterField{
			{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green", "blue"}},
			{Name: "designation_id"}, {Name: "floor", Type: freshservicetest.NumberField}, {Name: "on_site", Type: freshservicetest.CheckboxField},
		},
	}
	w := freshserviceWorld(t, account, nil, nil)
	const fs = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	in := user("Ada@example.com", map[string]any{
		"externalId": "701984", "displayName": "Ada Byron", "title": "Tour Guide", "locale": "de-AT", "timezone": "Europe/London",
		"emails":       []any{map[string]any{"type": "work", "value": "Ada@example.com", "primary": true}, map[string]any{"type": "other", "value": "babs@example.org"}},
		"phoneNumbers": []any{map[string]any{"type": "work", "value": "+1 555 8377"}, map[string]any{"type": "mobile", "value": "+1 555 4444"}},
		"addresses":    []any{map[string]any{"type": "work", "streetAddress": "Main St 1", "locality": "Bonn", "postalCode": "53111", "country": "DE"}},
		ent:            map[string]any{"department": "tour operations", "manager": map[string]any{"value": "500"}},
		fs:             map[string]any{"badge_color": "red", "floor": 3, "on_site": true, "location": "Bonn"},
		"custom_fields": map[string]any{
			"designation_id": "D-14",
		},
	})
	r := create(t, w, in)
	got, err := json.Marshal(record(t, w, r.ID()))
	require.NoError(t, err)
	var rec struct {
		First    string          `json:"first_name"`
		Last     string          `json:"last_name"`
		Email    string          `json:"primary_email"`
		Other    []string        `json:"secondary_emails"`
		Work     string          `json:"work_phone_number"`
		Mobile   string          `json:"mobile_phone_number"`
		Title    string          `json:"job_title"`
		Address  string          `json:"address"`
		Language string          `json:"language"`
		Zone     string          `json:"time_zone"`
		External string          `json:"external_id"`
		Manager  int64           `json:"reporting_manager_id"`
		Location int64           `json:"location_id"`
		Depts    []int64         `json:"department_ids"`
		Custom   json.RawMessage `json:"custom_fields"`
	}
	require.NoError(t, json.Unmarshal(got, &rec))
	assert.Equal(t, "Ada", rec.First)
	assert.Equal(t, "Byron", rec.Last)
	assert.Equal(t, "ada@example.com", rec.Email)
	assert.Equal(t, []string{"babs@example.org"}, rec.Other)
	assert.Equal(t, "+1 555 8377", rec.Work)
	assert.Equal(t, "+1 555 4444", rec.Mobile)
	assert.Equal(t, "Tour Guide", rec.Title)
	assert.Equal(t, "Main St 1, Bonn, 53111, DE", rec.Address)
	assert.Equal(t, "de", rec.Language)
	assert.Equal(t, "London", rec.Zone)
	assert.Equal(t, "701984", rec.External)
	assert.Equal(t, int64(500), rec.Manager)
	assert.Equal(t, int64(7), rec.Location)
	assert.Equal(t, []int64{42}, rec.Depts)
	assert.JSONEq(t, `{"badge_color":"red","designation_id":"D-14","floor":3,"on_site":true}`, string(rec.Custom))

	// What was pushed is what is read.
	read := must(t, w, "GET", "/Users/"+r.ID(), nil, 200).Body
	assert.Equal(t, "ada@example.com", strings.ToLower(read["userName"].(string)))
	assert.Equal(t, "Tour Operations", read[ent].(map[string]any)["department"])
	assert.Equal(t, "500", read[ent].(map[string]any)["manager"].(map[string]any)["value"])
	assert.Equal(t, "red", read[fs].(map[string]any)["badge_color"])
	assert.Equal(t, "Europe/London", read["timezone"])

	// The schema that a client is shown has the account's own fields.
	s := must(t, w, "GET", "/Schemas/"+fs, nil, 200)
	assert.Contains(t, string(s.Raw), `"badge_color"`)
	assert.Contains(t, string(s.Raw), `"green"`)
}

func TestLifecycle_DeleteHidesAndRevives(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Departments: []freshservicetest.Department{{Name: "Lab"}}}, nil, nil)
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	body := user("ada@example.com", map[string]any{ent: map[string]any{"department": "Lab"}})
	id := create(t, w, body).ID()

	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	assert.Equal(t, false, must(t, w, "GET", "/Users/"+id, nil, 200).Body["active"], "a disabled user stays visible")
	assert.Equal(t, 1, find(t, w, `userName eq "ada@example.com"`).Total())
	r := must(t, w, "POST", "/Users", body, 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])

	must(t, w, "PATCH", "/Users/"+id, patch(set("active", "True")), 200)
	read := must(t, w, "GET", "/Users/"+id, nil, 200).Body
	assert.Equal(t, "Lab", read[ent].(map[string]any)["department"], "what the deactivation dropped is restored")

	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	must(t, w, "DELETE", "/Users/"+id, nil, 404)
	must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x")), 404)
	must(t, w, "PUT", "/Users/"+id, body, 404)
	assert.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
	assert.Equal(t, 0, must(t, w, "GET", "/Users", nil, 200).Total())
	assert.Equal(t, false, record(t, w, id)["active"], "never erased")

	again := create(t, w, user("ada@example.com", map[string]any{"title": "Countess", ent: map[string]any{"department": "Lab"}}))
	assert.Equal(t, id, again.ID(), "the same account")
	rec := record(t, w, id)
	assert.Equal(t, true, rec["active"])
	assert.Equal(t, "Countess", rec["job_title"])
	assert.Len(t, w.account.Requesters(), 1)
}

func TestConflict_Policies(t *testing.T) {
	t.Parallel()
	seed := func() *freshservicetest.Options {
		return &freshservicetest.Options{
			Requesters: []freshservicetest.Requester{
				{ID: 1001, FirstName: "Off", PrimaryEmail: "off@example.com", Inactive: true},
				{ID: 1002, FirstName: "On", PrimaryEmail: "on@example.com"},
				{ID: 1003, FirstName: "Second", PrimaryEmail: "first@example.com", SecondaryEmails: []string{"second@example.com"}, Inactive: true},
			},
			Agents: []freshservicetest.Agent{{ID: 1004, FirstName: "Agent", Email: "agent@example.com"}},
		}
	}
	for _, tt := range []struct {
		policy provision.ConflictPolicy
		name   string
		status int
		id     string
	}{
		{provision.ConflictRefuse, "off@example.com", 409, ""},
		{provision.ConflictRefuse, "on@example.com", 409, ""},
		{provision.ConflictReactivate, "off@example.com", 201, "1001"},
		{provision.ConflictReactivate, "on@example.com", 409, ""},
		{provision.ConflictReactivate, "second@example.com", 409, ""},
		{provision.ConflictReactivate, "agent@example.com", 409, ""},
		{provision.ConflictAdopt, "off@example.com", 201, "1001"},
		{provision.ConflictAdopt, "on@example.com", 201, "1002"},
		{provision.ConflictAdopt, "agent@example.com", 409, ""},
	} {
		t.Run(string(tt.policy)+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, seed(), nil, &provision.Options{Policies: map[string]provision.Policy{"requester": {Conflict: tt.policy}}})
			before := len(w.account.Requesters())
			r := must(t, w, "POST", "/Users", user(tt.name, map[string]any{"title": "New"}), tt.status)
			assert.Len(t, w.account.Requesters(), before)
			if tt.status == 409 {
				assert.Equal(t, "uniqueness", r.Body["scimType"])
				for _, rec := range w.account.Requesters() {
					assert.NotEqual(t, "New", rec["job_title"], "nothing is written")
				}
				return
			}
			assert.Equal(t, tt.id, r.ID())
			rec := record(t, w, tt.id)
			assert.Equal(t, true, rec["active"])
			assert.Equal(t, "New", rec["job_title"])
		})
	}
}

func TestState_UserNameThatIsNoAddress(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada", map[string]any{
		"externalId": "E-1", "emails": []any{map[string]any{"type": "work", "value": "ada@example.com"}},
	})).ID()
	assert.Equal(t, "ada@example.com", record(t, w, id)["primary_email"])
	assert.Equal(t, "ada", must(t, w, "GET", "/Users/"+id, nil, 200).Body["userName"])
	for filter, want := range map[string]int{
		`userName eq "ADA"`:                      1,
		`userName eq "ada@example.com"`:          0,
		`emails.value eq "ada@example.com"`:      1,
		`externalId eq "E-1"`:                    1,
		`externalId eq "E-2"`:                    0,
		`externalId eq "E-1" and active eq true`: 1,
	} {
		assert.Equal(t, want, find(t, w, filter).Total(), filter)
	}
	must(t, w, "PATCH", "/Users/"+id, patch(set("userName", "countess"), set("externalId", "E-2")), 200)
	assert.Equal(t, 0, find(t, w, `userName eq "ada"`).Total())
	assert.Equal(t, 1, find(t, w, `userName eq "countess"`).Total())
	assert.Equal(t, 1, find(t, w, `externalId eq "E-2"`).Total())
	assert.Equal(t, "ada@example.com", record(t, w, id)["primary_email"])
}

func TestGroups_OfRequesters(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	assert.Contains(t, string(must(t, w, "GET", "/ResourceTypes", nil, 200).Raw), `"Group"`)
	assert.Equal(t, 0, must(t, w, "GET", "/Groups", nil, 200).Total())
	assert.Equal(t, 0, must(t, w, "GET", "/Groups?filter="+url.QueryEscape(`displayName eq "x"`), nil, 200).Total())
	w.takeCalls()
	r := must(t, w, "POST", "/Groups", map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Crew"}, 201)
	assert.Equal(t, []string{"POST /requester_groups"}, w.takeCalls())
	assert.Regexp(t, `^rg-\d+$`, r.ID())
	w.takeCalls()
	const fs = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	for _, v := range []any{true, "True"} {
		r = must(t, w, "POST", "/Users", user("agent@example.com", map[string]any{fs: map[string]any{"isAgent": v}}), 400)
		assert.Equal(t, "invalidValue", r.Body["scimType"])
		assert.Contains(t, r.Body["detail"], "freshservice-agent")
	}
	assert.Empty(t, w.takeCalls(), "nothing is written")
	create(t, w, user("person@example.com", map[string]any{fs: map[string]any{"isAgent": false}}))
}

// TestLateReference_CompletedWhenTheManagerArrives: whatever the manager was named
// by.
func TestLateReference_CompletedWhenTheManagerArrives(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"boss@example.com", "BOSS@example.com", "Ada Byron"} {
		w := freshserviceWorld(t, nil, nil, nil)
		id := create(t, w, user("ada@example.com", map[string]any{
			"name": map[string]any{"givenName": "Someone"}, enterprise: map[string]any{"manager": map[string]any{"value": by}},
		})).ID()
		assert.Nil(t, record(t, w, id)["reporting_manager_id"])
		boss := create(t, w, user("boss@example.com", nil)).ID()
		assert.Equal(t, boss, fmt.Sprint(record(t, w, id)["reporting_manager_id"]), by)
	}
}

func TestList_PagesAndTombstones(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 250 {
		account.Requesters = append(account.Requesters, freshservicetest.Requester{
			FirstName: fmt.Sprintf("P%03d", i), PrimaryEmail: fmt.Sprintf("p%03d@example.com", i),
		})
	}
	w := freshserviceWorld(t, account, nil, nil)
	gone := find(t, w, `userName eq "p005@example.com"`).Resources()[0]["id"].(string)
	must(t, w, "DELETE", "/Users/"+gone, nil, 204)
	w.takeCalls()

	seen := make(map[string]bool)
	calls := 0
	for at := 1; ; at += 100 {
		r := must(t, w, "GET", fmt.Sprintf("/Users?startIndex=%d&count=100", at), nil, 200)
		for _, u := range r.Resources() {
			require.False(t, seen[u["userName"].(string)], "twice: %s", u["userName"])
			seen[u["userName"].(string)] = true
		}
		calls += len(w.takeCalls())
		if at+100 > r.Total() {
			assert.Equal(t, 249, r.Total(), "the end has been seen: the total is exact")
			break
		}
		assert.Greater(t, r.Total(), at+len(r.Resources())-1, "a client that pages goes on")
	}
	assert.Len(t, seen, 249)
	assert.False(t, seen["p005@example.com"])
	assert.LessOrEqual(t, calls, 6, "deep pages do not start from the beginning")

	r := must(t, w, "GET", "/Users?startIndex=120&count=5", nil, 200)
	assert.Len(t, r.Resources(), 5)
	r = must(t, w, "GET", "/Users?count=0", nil, 200)
	assert.Empty(t, r.Resources())
}

func TestFilter_ThatTheTargetCannotAnswer(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 30 {
		account.Requesters = append(account.Requesters, freshservicetest.Requester{
			FirstName: "P", PrimaryEmail: fmt.Sprintf("p%03d@example.com", i), ExternalID: fmt.Sprintf("ext-%d", i),
		})
	}
	w := freshserviceWorld(t, account, nil, &provision.Options{ScanLimit: 50})
	assert.Equal(t, 1, find(t, w, `externalId eq "ext-7"`).Total(), "by a scan, since State does not know it")
	for i := range 120 {
		w.account.AddRequester(freshservicetest.Requester{FirstName: "Q", PrimaryEmail: fmt.Sprintf("q%03d@example.com", i)})
	}
	r := must(t, w, "GET", "/Users?filter="+url.QueryEscape(`externalId eq "nobody"`), nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"])
	assert.Contains(t, r.Body["detail"], "match on")
}

// TestFilter_ThatTheQueryLanguageCannotSay: the vendor does not document how a
// quote is escaped, so such a value is looked for by reading.
func TestFilter_ThatTheQueryLanguageCannotSay(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	create(t, w, user("ada@example.com", map[string]any{"title": `King's "guard"`}))
	assert.Equal(t, 1, find(t, w, `title eq "King's \"guard\""`).Total())
	assert.Equal(t, 0, find(t, w, `title eq "x' OR '1'='1"`).Total())
}

// TestAnswer_WithoutAReference: a write that was done is not a failure because
// the name of a department cannot be read for the answer.
func TestAnswer_WithoutAReference(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}},
		Requesters:  []freshservicetest.Requester{{ID: 7, FirstName: "Ada", PrimaryEmail: "ada@example.com", DepartmentIDs: []int64{42}}},
	}, &freshservice.Options{DepartmentTickets: freshservice.TicketsUnused}, nil)
	w.account.Fault(freshservicetest.Fault{Status: 403, Path: "/api/v2/departments/*", Times: -1})
	must(t, w, "GET", "/Users/7", nil, 403)
	r := must(t, w, "PATCH", "/Users/7", patch(set("title", "Countess")), 200)
	assert.Equal(t, "Countess", r.Body["title"])
	assert.Equal(t, "Countess", record(t, w, "7")["job_title"])
	assert.Contains(t, w.events.last().Words, "could not be looked up")
}

func TestSearch_OwnWritesAreSeenDespiteTheLag(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil) // the account's index lags three minutes
	id := create(t, w, user("ada@example.com", map[string]any{"title": "Countess"})).ID()
	require.Equal(t, 1, find(t, w, `title eq "Countess"`).Total())
	must(t, w, "PATCH", "/Users/"+id, patch(set("title", "Analyst")), 200)
	assert.Equal(t, 0, find(t, w, `title eq "Countess"`).Total())
	assert.Equal(t, 1, find(t, w, `title eq "Analyst"`).Total())
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	assert.Equal(t, 0, find(t, w, `title eq "Analyst"`).Total())
}
