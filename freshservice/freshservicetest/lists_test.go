package freshservicetest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func crowd(n int) []freshservicetest.Requester {
	out := make([]freshservicetest.Requester, n)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range out {
		out[i] = freshservicetest.Requester{
			ID: int64(1000 + i), FirstName: fmt.Sprintf("P%04d", n-i), PrimaryEmail: fmt.Sprintf("p%d@example.com", i),
			JobTitle: "crowd", CreatedAt: start.Add(time.Duration(i) * time.Minute),
		}
	}
	return out
}

// §3: unfiltered lists are sorted by first name, 30 per page, at most 100, and
// Link leads on until the last page.
func TestPaging(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Requesters: crowd(205)})
	got := a.do("GET", "/requesters", nil)
	names := got.all("requesters", "first_name")
	assert.Len(t, names, 30)
	assert.Equal(t, "P0001", names[0])
	assert.Equal(t, "P0030", names[29])
	assert.Equal(t, `<http://example.com/api/v2/requesters?page=2>; rel="next"`, got.header.Get("Link"))

	got = a.do("GET", "/requesters?per_page=100&page=2", nil)
	names = got.all("requesters", "first_name")
	assert.Equal(t, "P0101", names[0])
	assert.Equal(t, `<http://example.com/api/v2/requesters?page=3&per_page=100>; rel="next"`, got.header.Get("Link"))
	got = a.do("GET", "/requesters?per_page=100&page=3", nil)
	assert.Len(t, got.all("requesters", "id"), 5)
	assert.Empty(t, got.header.Get("Link"))
	got = a.do("GET", "/requesters?per_page=100&page=99999999", nil)
	assert.Empty(t, got.all("requesters", "id"))
	assert.Contains(t, got.raw, `"requesters":[]`)
	got = a.do("GET", "/requesters?per_page=5&page=41", nil)
	assert.Len(t, got.all("requesters", "id"), 5)
	assert.Empty(t, got.header.Get("Link"), "a full last page has no next one")
}

func TestPaging_Refusals(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	for p, field := range map[string]string{
		"per_page=101": "per_page", "per_page=0": "per_page", "per_page=-1": "per_page", "per_page=x": "per_page",
		"page=0": "page", "page=x": "page", "page=1.5": "page", "page=": "page",
	} {
		a.do("GET", "/requesters?"+p, nil).wantError(400, field, "invalid_value")
	}
}

// The public URL and the vendor's host name show in Link headers.
func TestPaging_Base(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Requesters: crowd(31), PublicURL: "http://127.0.0.1:8080/sim/acme"})
	assert.Equal(t, `<http://127.0.0.1:8080/sim/acme/api/v2/requesters?page=2>; rel="next"`, a.do("GET", "/requesters", nil).header.Get("Link"))
	b := newAccount(t, freshservicetest.Options{Requesters: crowd(31)})
	r := b.request("GET", "/api/v2/requesters", nil)
	r.Host = "acme.freshservice.com"
	assert.Equal(t, `<https://acme.freshservice.com/api/v2/requesters?page=2>; rel="next"`, b.send(r).header.Get("Link"))
}

func team(r freshservicetest.Rules) freshservicetest.Options {
	return freshservicetest.Options{
		Rules:  r,
		Owner:  &freshservicetest.Agent{ID: 1, FirstName: "Owner", Email: "owner@example.com"},
		Agents: []freshservicetest.Agent{{ID: 2, FirstName: "Grace", Email: "grace@example.com", Occasional: true, WorkPhone: "22"}, {ID: 3, FirstName: "Old", Email: "old@example.com", Inactive: true}},
		Requesters: []freshservicetest.Requester{
			{ID: 10, FirstName: "Ada", PrimaryEmail: "Ada@example.com", SecondaryEmails: []string{"a.byron@example.com"}, WorkPhone: "1", MobilePhone: "2"},
			{ID: 11, FirstName: "Bob", PrimaryEmail: "b+ob@example.com", WorkPhone: "1"},
			{ID: 12, FirstName: "Zoe", PrimaryEmail: "zoe@example.com", Inactive: true},
		},
	}
}

// §4.3, §13.2, §13.3: the list filters of requesters and their switches.
func TestRequesterFilters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		rules freshservicetest.Rules
		query string
		want  []int64
	}{
		{"all", freshservicetest.Rules{}, "", []int64{10, 11, 12}},
		{"inactive hidden", freshservicetest.Rules{ListHidesInactive: true}, "", []int64{10, 11}},
		{"e-mail", freshservicetest.Rules{}, "email=Ada@example.com", []int64{10}},
		{"e-mail in another case", freshservicetest.Rules{}, "email=ada@EXAMPLE.com", []int64{10}},
		{"e-mail, case counts", freshservicetest.Rules{EmailFilterCaseSensitive: true}, "email=ada@example.com", nil},
		{"part of an e-mail", freshservicetest.Rules{}, "email=ada", nil},
		{"secondary", freshservicetest.Rules{}, "email=a.byron@example.com", nil},
		{"secondary matches", freshservicetest.Rules{EmailFilterMatchesSecondary: true}, "email=a.byron@example.com", []int64{10}},
		{"inactive", freshservicetest.Rules{}, "email=zoe@example.com", []int64{12}},
		{"inactive does not match", freshservicetest.Rules{EmailFilterHidesInactive: true}, "email=zoe@example.com", nil},
		{"list rule leaves filters alone", freshservicetest.Rules{ListHidesInactive: true}, "email=zoe@example.com", []int64{12}},
		{"plus escaped", freshservicetest.Rules{}, "email=b%2Bob@example.com", []int64{11}},
		{"plus raw", freshservicetest.Rules{}, "email=b+ob@example.com", nil},
		{"agent hidden", freshservicetest.Rules{}, "email=grace@example.com", nil},
		{"agent included", freshservicetest.Rules{}, "email=grace@example.com&include_agents=true", []int64{2}},
		{"agents included", freshservicetest.Rules{}, "include_agents=true", []int64{10, 11, 2, 3, 1, 12}},
		{"agents not included", freshservicetest.Rules{}, "include_agents=false", []int64{10, 11, 12}},
		{"work phone", freshservicetest.Rules{}, "work_phone_number=1", []int64{10, 11}},
		{"mobile phone", freshservicetest.Rules{}, "mobile_phone_number=2", []int64{10}},
		{"combined", freshservicetest.Rules{}, "work_phone_number=1&email=b%2Bob@example.com", []int64{11}},
		{"active", freshservicetest.Rules{ActiveParameter: true}, "active=false", []int64{12}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, team(tt.rules))
			want := []any{}
			for _, id := range tt.want {
				want = append(want, num(id))
			}
			assert.Equal(t, want, a.do("GET", "/requesters?"+tt.query, nil).all("requesters", "id"))
		})
	}
}

// §4.3: included agents have the requester attribute names.
func TestIncludeAgents_Shape(t *testing.T) {
	t.Parallel()
	a := newAccount(t, team(freshservicetest.Rules{}))
	got := a.do("GET", "/requesters?include_agents=true&email=grace@example.com", nil)
	assert.Equal(t, []any{true}, got.all("requesters", "is_agent"))
	assert.Equal(t, []any{"grace@example.com"}, got.all("requesters", "primary_email"))
	a.do("GET", "/requesters?include_agents=yes", nil).wantError(400, "include_agents", "invalid_value")
	a.do("GET", "/requesters?email=", nil).wantError(400, "email", "invalid_value")
}

// §5.3: agents, their filters, deactivated ones among them.
func TestAgentFilters(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][]any{
		"":                                    {num(2), num(3), num(1)},
		"email=Grace@example.com":             {num(2)},
		"email=ada@example.com":               {},
		"active=false":                        {num(3)},
		"active=true&state=fulltime":          {num(1)},
		"state=occasional":                    {num(2)},
		"work_phone_number=22":                {num(2)},
		"query=%22email:'old@example.com'%22": {num(3)},
	} {
		a := newAccount(t, team(freshservicetest.Rules{}))
		assert.Equal(t, want, a.do("GET", "/agents?"+query, nil).all("agents", "id"), query)
	}
	a := newAccount(t, team(freshservicetest.Rules{}))
	a.do("GET", "/agents?active=maybe", nil).wantError(400, "active", "invalid_value")
	a.do("GET", "/agents?state=x", nil).wantError(400, "state", "invalid_value")
	got := a.do("GET", "/agents/1", nil).want(200).object()
	assert.Equal(t, "owner@example.com", got["email"])
	assert.Equal(t, true, got["api_key_enabled"])
	assert.NotContains(t, got, "is_agent")
	a.do("GET", "/agents/99", nil).want(404)
}

// §7.1: departments.
func TestDepartments(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	created := a.do("POST", "/departments", object{"name": "Tour Operations", "head_user_id": a.OwnerID(), "domains": []string{"example.com"}}).want(201)
	id := created.id()
	assert.Equal(t, "http://example.com/api/v2/departments/"+id, created.header.Get("Location"))
	got := a.do("GET", "/departments/"+id, nil).want(200).object()
	assert.Equal(t, created.object(), got)
	assert.Equal(t, "Tour Operations", got["name"])
	assert.Equal(t, []any{"example.com"}, got["domains"])
	assert.Contains(t, got, "description")
	assert.Nil(t, got["prime_user_id"])

	for _, tt := range []struct {
		in          object
		field, code string
	}{
		{object{}, "name", "missing_field"},
		{object{"name": nil}, "name", "missing_field"},
		{object{"name": " "}, "name", "invalid_value"},
		{object{"name": 1}, "name", "datatype_mismatch"},
		{object{"name": "X", "workspace_id": 1}, "workspace_id", "readonly_field"},
		{object{"name": "X", "colour": 1}, "colour", "invalid_field"},
		{object{"name": "X", "head_user_id": 99}, "head_user_id", "invalid_value"},
		{object{"name": "X", "prime_user_id": "1"}, "prime_user_id", "datatype_mismatch"},
		{object{"name": "X", "domains": "example.com"}, "domains", "datatype_mismatch"},
		{object{"name": "X", "custom_fields": object{"f": 1}}, "f", "invalid_field"},
	} {
		a.do("POST", "/departments", tt.in).wantError(400, tt.field, tt.code)
	}
	a.do("POST", "/departments", object{"name": "tour operations"}).wantError(409, "name", "duplicate_value")
	a.do("PUT", "/departments/"+id, object{"description": "x"}).wantError(400, "name", "missing_field")
	a.do("PUT", "/departments/"+id, object{"name": "Tours", "description": "x"}).want(200)
	assert.Equal(t, int64(0), a.DepartmentID("Tour Operations"))

	person := a.do("POST", "/requesters", `{"first_name":"A","work_phone_number":"1","department_ids":[`+id+`]}`).want(201)
	a.do("DELETE", "/departments/"+id, nil).want(204)
	a.do("GET", "/departments/"+id, nil).want(404)
	a.do("DELETE", "/departments/"+id, nil).want(404)
	assert.Empty(t, a.do("GET", "/requesters/"+person.id(), nil).object()["department_ids"])

	b := newAccount(t, freshservicetest.Options{
		Rules:       freshservicetest.Rules{DepartmentNamesRepeat: true, DepartmentNameOptionalOnUpdate: true},
		Departments: []freshservicetest.Department{{ID: 5, Name: "One"}},
	})
	b.do("POST", "/departments", object{"name": "One"}).want(201)
	b.do("PUT", "/departments/5", object{"description": "x"}).want(200)
	assert.Len(t, b.do("GET", "/department_fields", nil).all("department_fields", "name"), 5)
}

// §7.1, §7.2: the exact name is the only filter.
func TestNamedQueries(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{
		IndexLag:    time.Minute,
		Departments: []freshservicetest.Department{{ID: 5, Name: "Sales"}, {ID: 6, Name: "Salesforce"}},
		Locations:   []freshservicetest.Location{{ID: 7, Name: "HQ"}, {ID: 8, Name: "HQ", ParentID: 7}},
	})
	assert.Equal(t, []any{num(5)}, a.query("/departments", "name:'Sales'").all("departments", "id"))
	assert.Equal(t, []any{num(8), num(7)}, a.query("/locations", "name:'HQ'").all("locations", "id"))
	assert.Equal(t, []any{num(5), num(6)}, a.do("GET", "/departments", nil).all("departments", "id"))
	assert.Equal(t, []any{num(7), num(8)}, a.do("GET", "/locations", nil).all("locations", "id"))
	for _, q := range []string{"id:5", "~[name]:'Sa'", "name:'a' OR name:'b'", "name:null", "name:Sales", "description:'x'"} {
		a.query("/departments", q).wantError(400, "query", "invalid_value")
	}
	id := a.do("POST", "/departments", object{"name": "Legal"}).want(201).id()
	assert.Empty(t, a.query("/departments", "name:'Legal'").all("departments", "id"), "index lag")
	a.clock.Advance(time.Minute)
	assert.Len(t, a.query("/departments", "name:'Legal'").all("departments", "id"), 1)
	a.do("DELETE", "/departments/"+id, nil).want(204)
	assert.Empty(t, a.query("/departments", "name:'Legal'").all("departments", "id"), "found, but gone")
}

func TestLocations(t *testing.T) {
	t.Parallel()
	seed := []freshservicetest.Location{{ID: 7, Name: "HQ", City: "Lisbon", ParentID: 6}}
	got := newAccount(t, freshservicetest.Options{Locations: seed}).do("GET", "/locations/7", nil).want(200)
	assert.Contains(t, got.body, "location")
	assert.Equal(t, "Lisbon", got.object()["address"].(object)["city"])
	assert.Nil(t, got.object()["address"].(object)["line1"])
	assert.Equal(t, num(6), got.object()["parent_location_id"])
	a := newAccount(t, freshservicetest.Options{Locations: seed, Rules: freshservicetest.Rules{PluralLocationWrapper: true}})
	assert.Contains(t, a.do("GET", "/locations/7", nil).want(200).body, "locations")
	a.do("GET", "/locations/8", nil).want(404)
}

// §8.1: discovery.
func TestRequesterFields(t *testing.T) {
	t.Parallel()
	get := func(r freshservicetest.Rules, query string) (reply, map[string]object) {
		a := newAccount(t, freshservicetest.Options{Rules: r, Fields: fields(), RequiredAttributes: []string{"background_information"}})
		got := a.do("GET", "/requester_fields"+query, nil).want(200)
		out := map[string]object{}
		for _, f := range got.body["requester_fields"].([]any) {
			out[f.(object)["name"].(string)] = f.(object)
		}
		return got, out
	}
	_, got := get(freshservicetest.Rules{}, "")
	assert.Equal(t, "default_email", got["email"]["type"])
	assert.Equal(t, true, got["email"]["default"])
	assert.Contains(t, got["email"], "customers_can_edit")
	assert.NotContains(t, got, "primary_email")
	assert.Equal(t, true, got["first_name"]["required_for_agents"])
	assert.Equal(t, true, got["description"]["required_for_agents"])
	assert.Equal(t, false, got["last_name"]["required_for_agents"])
	assert.Equal(t, "German", got["language"]["choices"].(object)["de"])
	assert.Len(t, got["language"]["choices"], 36)
	assert.Equal(t, "custom_dropdown", got["color"]["type"])
	assert.Equal(t, []any{"red", "blue"}, got["color"]["choices"])
	assert.Contains(t, got["color"], "requesters_can_edit")
	_, got = get(freshservicetest.Rules{Choices: freshservicetest.ChoicesAsObjects, NewDescriptorNames: true, DocumentedLanguagesOnly: true}, "")
	assert.Equal(t, []any{object{"id": num(1), "value": "red"}, object{"id": num(2), "value": "blue"}}, got["color"]["choices"])
	assert.Contains(t, got["email"], "requesters_can_edit")
	assert.Len(t, got["language"]["choices"], 30)
	_, got = get(freshservicetest.Rules{Choices: freshservicetest.ChoicesAsMap}, "")
	assert.Equal(t, object{"red": "red", "blue": "blue"}, got["color"]["choices"])

	// §2: embedding makes three credits of the list call.
	r, _ := get(freshservicetest.Rules{}, "?include=user_field_groups")
	assert.Equal(t, "3", r.header.Get("X-Ratelimit-Used-Currentrequest"))
	assert.Contains(t, r.body, "user_field_groups")
	newAccount(t, freshservicetest.Options{}).do("GET", "/requester_fields?include=x", nil).wantError(400, "include", "invalid_value")
}

// Fields come and go while the account runs (§8.2).
func TestRequesterFields_Change(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Fields: fields()})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "A", WorkPhone: "1", CustomFields: object{"note": "n"}})
	a.RemoveRequesterField("note")
	a.do("PUT", path("requesters", id), object{"custom_fields": object{"note": "m"}}).wantError(400, "note", "invalid_field")
	a.AddRequesterField(freshservicetest.RequesterField{Name: "note", Type: freshservicetest.NumberField})
	got := a.do("PUT", path("requesters", id), object{"custom_fields": object{"note": 5}}).want(200).object()
	assert.Equal(t, num(5), got["custom_fields"].(object)["note"])
}

// §8.2: a date begins in the account's zone and is answered in UTC.
func TestDateZone(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("IST", 5*3600+1800)
	a := newAccount(t, freshservicetest.Options{Fields: fields(), DateZone: zone})
	in := object{"first_name": "A", "work_phone_number": "1", "custom_fields": object{"start": "2016-04-20"}}
	got := a.do("POST", "/requesters", in).want(201).object()
	assert.Equal(t, "2016-04-19T18:30:00Z", got["custom_fields"].(object)["start"])
	assert.Len(t, a.do("GET", "/requesters?query="+url.QueryEscape(`"start:'2016-04-20'"`), nil).all("requesters", "id"), 1)
}
