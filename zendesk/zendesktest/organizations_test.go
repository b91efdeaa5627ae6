package zendesktest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// firms is an account with two organizations, and a field of organizations of
// three types.
func firms(t *testing.T, rules zendesktest.Rules) *account {
	t.Helper()
	return newAccount(t, zendesktest.Options{
		Rules: rules, JobDuration: -1,
		OrganizationFields: []zendesktest.OrganizationField{
			{Key: "region"}, {Key: "seats", Type: zendesktest.IntegerField},
			{Key: "tier", Type: zendesktest.DropdownField, Options: []zendesktest.FieldOption{{Value: "tier_gold"}, {Value: "tier_tin"}}},
		},
		Organizations: []zendesktest.Organization{
			{ID: 41, Name: "Acme", ExternalID: "A-1", Fields: map[string]any{"region": "north", "seats": 5}}, {ID: 42, Name: "Beta"},
		},
		Users: []zendesktest.User{
			{ID: 71, Name: "Ada", Email: "ada@example.com", OrganizationIDs: []int64{41, 42}},
			{ID: 72, Name: "Bea", Email: "bea@example.org"},
			{ID: 73, Name: "Cora", Email: "cora@example.org", Unverified: true},
			{ID: 74, Name: "Grace", Email: "grace@example.com", Role: "agent"},
			{ID: 75, Name: "Alan", Email: "alan@example.com", Role: "agent", TicketRestriction: "organization"},
		},
	})
}

func (a *account) organization(in object) reply {
	a.t.Helper()
	return a.do("POST", "/organizations", object{"organization": in})
}

// §6.3: create and update; names and external ids are unique without case.
func TestOrganizations_Write(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	made := a.organization(object{
		"name": "Gamma", "external_id": "G-1", "details": "d", "notes": "n", "domain_names": []string{"example.net"}, "tags": []string{"big"},
		"group_id": a.DefaultGroupID(), "shared_tickets": true, "shared_comments": true,
		"organization_fields": object{"region": "south", "tier": "tier_gold", "unknown": 1},
	}).want(201)
	id := made.id()
	assert.Empty(t, made.header.Get("Location"), "none is documented")
	got := a.do("GET", path("organizations", id), nil).want(200).object()
	assert.Equal(t, made.object(), got)
	assert.Equal(t, object{"region": "south", "seats": nil, "tier": "tier_gold"}, got["organization_fields"], "§7")
	assert.Equal(t, []any{"big", "tier_gold"}, got["tags"])
	assert.Equal(t, []any{true, true, "G-1", num(a.DefaultGroupID())}, []any{got["shared_tickets"], got["shared_comments"], got["external_id"], got["group_id"]})

	a.clock.Advance(time.Hour)
	at := path("organizations", id)
	got = a.do("PUT", at, object{"organization": object{"notes": nil, "external_id": nil, "organization_fields": object{"tier": nil}}}).want(200).object()
	assert.Equal(t, []any{nil, nil, "d", "2026-03-01T13:00:00Z"}, []any{got["notes"], got["external_id"], got["details"], got["updated_at"]})
	assert.Equal(t, []any{"big"}, got["tags"])
	assert.Equal(t, "south", got["organization_fields"].(object)["region"])
	a.do("PUT", at, object{"organization": object{"name": "GAMMA"}}).want(200)

	for _, tt := range []struct {
		in          object
		field, code string
	}{
		{object{"name": "acme"}, "name", "DuplicateValue"},
		{object{"name": "x", "external_id": "a-1"}, "external_id", "DuplicateValue"},
		{object{"name": " "}, "name", "BlankValue"},
		{object{"notes": "x"}, "name", "BlankValue"},
		{object{"name": "x", "group_id": 9}, "group_id", "InvalidValue"},
		{object{"name": "x", "organization_fields": object{"tier": "gold"}}, "tier", "InvalidValue"},
		{object{"name": "x", "organization_fields": object{"seats": "five"}}, "seats", "InvalidValue"},
	} {
		a.organization(tt.in).wantDetail(tt.field, tt.code)
	}
	a.do("PUT", at, object{"organization": object{"name": "Acme"}}).wantDetail("name", "DuplicateValue")
	a.do("PUT", "/organizations/9", object{"organization": object{"name": "x"}}).wantError(404, "RecordNotFound")
	a.organization(object{"name": "x", "domain_names": "example.com"}).wantTitle(400, "Invalid attribute")
	a.organization(object{"name": "x", "organization_fields": []int{}}).wantTitle(400, "Invalid attribute")
	assert.Len(t, a.Organizations(), 3)
	assert.Len(t, a.OrganizationFields(), 3)
}

// §6.3: a deletion ends the memberships.
func TestOrganizations_Delete(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	a.do("DELETE", "/organizations/41", nil).want(204)
	a.do("DELETE", "/organizations/41", nil).wantError(404, "RecordNotFound")
	a.do("GET", "/organizations/41", nil).wantError(404, "RecordNotFound")
	assert.Equal(t, []int64{42}, a.UserOrganizations(71))
	assert.Equal(t, int64(42), a.User(71)["organization_id"])
	a.organization(object{"name": "Acme", "external_id": "A-1"}).want(201)
}

// §6.3: create_or_update matches the id or the external id, and not the name.
func TestOrganizations_CreateOrUpdate(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	put := func(in object) reply {
		return a.do("POST", "/organizations/create_or_update", object{"organization": in})
	}
	assert.Equal(t, int64(41), put(object{"external_id": "a-1", "notes": "n"}).want(200).id())
	assert.Equal(t, int64(42), put(object{"id": 42, "external_id": "B-1"}).want(200).id())
	put(object{"name": "Acme"}).wantDetail("name", "DuplicateValue")
	put(object{"name": "New", "external_id": "N-1"}).want(201)
	put(object{"id": "41"}).wantTitle(400, "Invalid attribute")
	put(object{"id": 9, "name": "x"}).wantError(404, "RecordNotFound")
	b := firms(t, zendesktest.Rules{OrganizationIDUnknownCreates: true})
	b.do("POST", "/organizations/create_or_update", object{"organization": object{"id": 9, "name": "x"}}).want(201)
}

// §6.3: domain_names pull in people who are there already, and new ones.
func TestOrganizations_Domains(t *testing.T) {
	t.Parallel()
	for _, onlyNew := range []bool{false, true} {
		a := firms(t, zendesktest.Rules{DomainsForNewUsersOnly: onlyNew})
		id := a.organization(object{"name": "Gamma", "domain_names": []string{"example.org", "example.com"}}).want(201).id()
		if onlyNew {
			assert.Empty(t, a.UserOrganizations(72))
		} else {
			assert.Equal(t, []int64{id}, a.UserOrganizations(72))
		}
		assert.Equal(t, []int64{41, 42}, a.UserOrganizations(71), "who has an organization stays")
		assert.Empty(t, a.UserOrganizations(73), "an address that is not verified does not count")
		made := a.post(object{"name": "x", "email": "x@example.org", "verified": true}).want(201).id()
		assert.Equal(t, []int64{id}, a.UserOrganizations(made))
	}
}

// §6.3: look-ups.
func TestOrganizations_Find(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	assert.Equal(t, num(2), a.do("GET", "/organizations/count", nil).want(200).body["count"].(object)["value"])
	assert.Equal(t, nums(41), a.do("GET", "/organizations/autocomplete?name=aC", nil).all("organizations", "id"))
	assert.Empty(t, a.do("GET", "/organizations/autocomplete?name=cme", nil).all("organizations", "id"))
	a.do("GET", "/organizations/autocomplete", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/organizations/autocomplete?name=a&page[size]=5", nil).wantTitle(400, "Invalid attribute")
	assert.Equal(t, nums(41, 42), a.do("GET", "/organizations/show_many?ids=42,41,9", nil).all("organizations", "id"))
	a.do("GET", "/organizations/show_many", nil).wantTitle(400, "Invalid attribute")
	assert.Equal(t, nums(71), a.do("GET", "/organizations/41/users", nil).all("users", "id"))
	assert.Equal(t, object{"users_count": num(1), "tickets_count": num(0)}, a.do("GET", "/organizations/41/related", nil).want(200).object())
	for _, p := range []string{"/organizations/9/users", "/organizations/9/related"} {
		a.do("GET", p, nil).wantError(404, "RecordNotFound")
	}
	list := a.do("GET", "/organization_fields?page[size]=100", nil)
	assert.Equal(t, []any{"region", "seats", "tier"}, list.all("organization_fields", "key"))
	tier := a.do("GET", "/organization_fields/tier", nil).want(200).object()
	assert.Contains(t, tier["url"], "/organization_fields/")
	assert.Len(t, tier["custom_field_options"], 2)
	a.do("GET", "/organization_fields/employee_number", nil).wantError(404, "RecordNotFound")
}

// The vendor's document: agents only update notes; §6.3: those who see their own
// organization do not list them.
func TestOrganizations_Rights(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	const agent, restricted = "grace@example.com", "alan@example.com"
	notes, name := object{"organization": object{"notes": "x"}}, object{"organization": object{"name": "x"}}
	a.as(agent, "PUT", "/organizations/41", notes).want(200)
	a.as(agent, "PUT", "/organizations/41", name).wantTitle(403, "Forbidden")
	a.as(agent, "POST", "/organizations", name).wantTitle(403, "Forbidden")
	a.as(agent, "POST", "/organizations/create_or_update", name).wantTitle(403, "Forbidden")
	a.as(agent, "POST", "/organizations/create_or_update", notes).wantTitle(403, "Forbidden")
	a.as(agent, "POST", "/organizations/create_or_update", object{"organization": object{"id": 41, "notes": "x"}}).want(200)
	a.as(agent, "DELETE", "/organizations/41", nil).wantTitle(403, "Forbidden")
	a.as(agent, "GET", "/organizations", nil).want(200)
	a.as(restricted, "GET", "/organizations", nil).wantTitle(403, "Forbidden")
	b := newAccount(t, zendesktest.Options{AccessTokens: []zendesktest.AccessToken{{Value: "w", Scope: "organizations:write"}}})
	b.as("Bearer w", "POST", "/organizations", name).want(201)
	b.as("Bearer w", "GET", "/organizations", nil).wantTitle(403, "Forbidden")
}

// §2.2: five updates a minute for one organization.
func TestOrganizations_Limit(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{
		Plan: zendesktest.Enterprise, Organizations: []zendesktest.Organization{{ID: 41, Name: "Acme"}, {ID: 42, Name: "Beta"}},
	})
	in := object{"organization": object{"notes": "x"}}
	for range 5 {
		a.do("PUT", "/organizations/41", in).want(200)
	}
	limited := a.do("PUT", "/organizations/41", in).want(429)
	assert.Equal(t, "60", limited.header.Get("Retry-After"))
	assert.Contains(t, limited.header.Get("Content-Type"), "text/plain")
	a.do("PUT", "/organizations/42", in).want(200)
	a.clock.Advance(time.Minute)
	a.do("PUT", "/organizations/41", in).want(200)
}

// §6.3, §9: the calls for many.
func TestOrganizations_Many(t *testing.T) {
	t.Parallel()
	a := firms(t, zendesktest.Rules{})
	results := func(r reply) []any { return a.job(r.want(200).object()["id"])["results"].([]any) }
	got := results(a.do("POST", "/organizations/create_many", object{"organizations": []object{{"name": "Gamma"}, {"name": "Acme"}}}))
	gamma := a.OrganizationID("Gamma")
	assert.Equal(t, object{"id": num(gamma), "status": "Created"}, got[0])
	assert.Equal(t, object{"index": num(1), "error": "RecordInvalid", "details": "Name: Acme has already been taken"}, got[1])

	updated := func(id int64) object {
		return object{"id": num(id), "action": "update", "status": "Updated", "success": true}
	}
	got = results(a.do("PUT", "/organizations/update_many?ids=41,42", object{"organization": object{"notes": "same"}}))
	assert.Equal(t, []any{updated(41), updated(42)}, got)
	assert.Equal(t, "same", a.Organizations()[1]["notes"])
	results(a.do("PUT", "/organizations/update_many?external_ids=A-1", object{"organization": object{"notes": "one"}}))
	assert.Equal(t, "one", a.Organizations()[0]["notes"])
	got = results(a.do("PUT", "/organizations/update_many", object{"organizations": []object{
		{"id": 42, "external_id": "B-1"}, {"external_id": "a-1", "name": "Acme 2"}, {"id": 9, "notes": "x"}, {"external_id": "unknown"},
	}}))
	assert.Equal(t, []any{updated(42), updated(41)}, got[:2])
	assert.Equal(t, object{"id": num(9), "action": "update", "success": false, "error": "RecordNotFound", "details": "Not found"}, got[2])
	assert.NotContains(t, got[3], "id")
	assert.Equal(t, []any{"Acme 2", "B-1"}, []any{a.Organizations()[0]["name"], a.Organizations()[1]["external_id"]})
	a.do("PUT", "/organizations/update_many", object{"organization": object{}}).wantTitle(400, "Invalid attribute")
	a.do("PUT", "/organizations/update_many?ids=41", object{"organizations": []object{{"id": 41}}}).wantTitle(400, "Invalid attribute")

	results(a.do("DELETE", "/organizations/destroy_many?external_ids=B-1", nil))
	assert.Zero(t, a.OrganizationID("Beta"))
	got = results(a.do("DELETE", fmt.Sprintf("/organizations/destroy_many?ids=%d,42", gamma), nil))
	assert.Equal(t, object{"id": num(gamma), "action": "delete", "status": "Deleted", "success": true}, got[0])
	assert.Equal(t, false, got[1].(object)["success"])
	a.do("DELETE", "/organizations/destroy_many", nil).wantTitle(400, "Invalid attribute")
	require.Len(t, a.Organizations(), 1)
}

// §9: memberships of organizations by create_many and destroy_many.
func TestMemberships_Many(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	made := a.do("POST", "/"+memberList+"/create_many", object{memberList: []object{
		{"user_id": 72, "organization_id": 41}, {"user_id": 71, "organization_id": 41}, {"user_id": 72, "organization_id": 42},
	}}).want(200).object()
	a.job(made["id"])
	results := a.job(made["id"])["results"].([]any)
	first, last := a.membershipID(72, 41), a.membershipID(72, 42)
	assert.Equal(t, object{"id": num(first), "action": "create", "status": "Created", "success": true}, results[0])
	assert.Equal(t, object{"index": num(1), "error": "RecordInvalid", "details": "User: is already a member of the organization"}, results[1])
	for _, later := range []bool{false, true} {
		b := members(t, zendesktest.Rules{MembershipsGoLater: later}, nil)
		gone := fmt.Sprintf("/%s/destroy_many?ids=%d&ids=%d", memberList, b.membershipID(71, 41), b.membershipID(71, 42))
		j := b.do("DELETE", gone, nil).want(200).object()
		assert.Equal(t, later, len(b.UserOrganizations(71)) == 3)
		b.job(j["id"])
		assert.Len(t, b.job(j["id"])["results"], 2)
		assert.Equal(t, []int64{43}, b.UserOrganizations(71))
	}
	assert.NotZero(t, last)
}
