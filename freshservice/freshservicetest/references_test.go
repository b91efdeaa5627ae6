package freshservicetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// §7.2: locations are written; contact details are in the update table alone, and
// the address is nested.
func TestLocations_Write(t *testing.T) {
	t.Parallel()
	a := newAccount(t, desk(freshservicetest.Rules{}))
	in := object{"name": "Annex", "parent_location_id": 60, "primary_contact_id": 10, "address": object{"line1": "2 Example Street", "zipcode": "N1"}}
	got := a.do("POST", "/locations", in).want(201)
	assert.Equal(t, "http://example.com/api/v2/locations/"+got.id(), got.header.Get("Location"))
	record := got.object()
	assert.Equal(t, num(60), record["parent_location_id"])
	assert.Equal(t, num(10), record["primary_contact_id"])
	assert.Equal(t, "2 Example Street", record["address"].(object)["line1"])
	assert.Nil(t, record["address"].(object)["city"])
	annex := "/locations/" + got.id()
	record = a.do("PUT", annex, object{"contact_name": "Ada", "email": "ada@example.com", "phone": "1", "address": object{"city": "London"}}).want(200).object()
	assert.Equal(t, "Ada", record["contact_name"])
	assert.Equal(t, "London", record["address"].(object)["city"])
	assert.Equal(t, "Annex", record["name"], "partial")
	a.do("POST", "/locations", object{"name": "Annex"}).want(201) // names may repeat
	for _, tt := range []struct {
		in          object
		field, code string
	}{
		{object{}, "name", "missing_field"},
		{object{"name": "x", "email": "x@example.com"}, "email", "invalid_field"},
		{object{"name": "x", "line1": "x"}, "line1", "invalid_field"},
		{object{"name": "x", "address": "x"}, "address", "datatype_mismatch"},
		{object{"name": "x", "address": object{"street": "x"}}, "street", "invalid_field"},
		{object{"name": "x", "parent_location_id": 99}, "parent_location_id", "invalid_value"},
		{object{"name": "x", "primary_contact_id": 99}, "primary_contact_id", "invalid_value"},
		{object{"name": "x", "workspace_id": 1}, "workspace_id", "readonly_field"},
	} {
		a.do("POST", "/locations", tt.in).wantError(400, tt.field, tt.code)
	}
	a.do("PUT", annex, object{"parent_location_id": int64Of(record["id"])}).wantError(400, "parent_location_id", "invalid_value")

	a.do("DELETE", "/locations/60", nil).want(204)
	a.do("DELETE", "/locations/60", nil).want(404)
	a.do("PUT", "/locations/60", object{}).want(404)
	assert.Nil(t, a.do("GET", annex, nil).object()["parent_location_id"])
	assert.Nil(t, a.Agent(2)["location_id"])
	b := newAccount(t, desk(freshservicetest.Rules{LocationContactOnCreate: true}))
	b.do("POST", "/locations", object{"name": "x", "email": "x@example.com"}).want(201)
}

// §7.1: custom fields of departments are discovered without a type; deleting a
// department takes it from agents and requesters.
func TestDepartments_Fields(t *testing.T) {
	t.Parallel()
	o := desk(freshservicetest.Rules{})
	o.DepartmentFields = []freshservicetest.DepartmentField{{Name: "cost_centre", Required: true}, {Name: "floor", Label: "Floor"}}
	o.Departments = append(o.Departments, freshservicetest.Department{ID: 51, Name: "Sales", CustomFields: object{"floor": 3}})
	a := newAccount(t, o)
	got := a.do("GET", "/department_fields", nil).want(200)
	assert.Contains(t, got.all("department_fields", "name"), "cost_centre")
	last := got.body["department_fields"].([]any)[6].(object)
	assert.Equal(t, object{
		"name": "floor", "label": "Floor", "mandatory": false, "is_default_field": false,
		"created_at": "1970-01-01T00:00:00Z", "updated_at": "1970-01-01T00:00:00Z",
	}, last)
	assert.Equal(t, object{"cost_centre": nil, "floor": num(3)}, a.do("GET", "/departments/51", nil).object()["custom_fields"])
	a.do("POST", "/departments", object{"name": "x"}).wantError(400, "cost_centre", "missing_field")
	a.do("POST", "/departments", object{"name": "x", "custom_fields": object{"colour": 1}}).wantError(400, "colour", "invalid_field")
	a.do("POST", "/departments", object{"name": "x", "custom_fields": object{"floor": []int{1}}}).wantError(400, "floor", "datatype_mismatch")
	record := a.do("POST", "/departments", object{"name": "x", "custom_fields": object{"cost_centre": "7"}}).want(201).object()
	assert.Equal(t, object{"cost_centre": "7", "floor": nil}, record["custom_fields"])
	record = a.do("PUT", "/departments/51", object{"name": "Sales", "custom_fields": object{"cost_centre": "8"}}).want(200).object()
	assert.Equal(t, object{"cost_centre": "8", "floor": num(3)}, record["custom_fields"], "merged")

	a.do("DELETE", "/departments/50", nil).want(204)
	assert.Empty(t, a.Agent(2)["department_ids"])
	assert.Empty(t, a.Requester(10)["department_ids"])
}

// §7.1: e-mail domains may bring new people into a department.
func TestDepartments_Domains(t *testing.T) {
	t.Parallel()
	for rule, want := range map[bool][]any{false: {}, true: {num(51)}} {
		o := desk(freshservicetest.Rules{DomainsAssignUsers: rule})
		o.Departments = append(o.Departments, freshservicetest.Department{ID: 51, Name: "Sales", Domains: []string{"Sales.example.com"}})
		a := newAccount(t, o)
		got := a.do("POST", "/requesters", object{"first_name": "A", "primary_email": "a@sales.example.com"}).want(201).object()
		assert.Equal(t, want, got["department_ids"])
		got = a.do("POST", "/requesters", object{"first_name": "B", "primary_email": "b@sales.example.com", "department_ids": []int{50}}).want(201).object()
		assert.Equal(t, []any{num(50)}, got["department_ids"])
	}
}
