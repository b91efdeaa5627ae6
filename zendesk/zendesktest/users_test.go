package zendesktest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// §4.1: the object of a fresh end user is the recorded one.
func TestCreate_Minimal(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	got := a.post(object{"name": "testUser"}).want(201)
	id := got.id()
	want := object{
		"id": num(id), "url": "http://example.com/api/v2/users/" + num(id).String() + ".json", "name": "testUser", "email": nil,
		"created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z",
		"time_zone": "Eastern Time (US & Canada)", "iana_time_zone": "America/New_York", "phone": nil, "shared_phone_number": nil,
		"photo": nil, "locale_id": num(1), "locale": "en-US", "organization_id": nil, "role": "end-user", "verified": false,
		"external_id": nil, "tags": []any{}, "alias": nil, "active": true, "shared": false, "shared_agent": false,
		"last_login_at": nil, "two_factor_auth_enabled": false, "signature": nil, "details": nil, "notes": nil, "role_type": nil,
		"custom_role_id": nil, "moderator": false, "ticket_restriction": "requested", "only_private_comments": false,
		"restricted_agent": true, "suspended": false, "default_group_id": nil, "report_csv": false, "user_fields": object{},
	}
	assert.Equal(t, want, got.object())
	assert.Equal(t, want["url"], got.header.Get("Location"), "§4.2")
	assert.Equal(t, want, a.do("GET", path("users", id), nil).want(200).object())
	assert.Equal(t, want, a.do("GET", path("users", id)+".json", nil).want(200).object(), "§0: .json is optional")
}

func TestCreate_Full(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	org := a.AddOrganization(zendesktest.Organization{Name: "Engineering"})
	got := a.post(object{
		"name": "Ada", "email": "Ada@example.com", "external_id": "Emp-1", "verified": true, "skip_verify_email": true,
		"phone": "+442079460000", "organization_id": org, "locale": "PT-br", "locale_id": 8, "time_zone": "London",
		"details": "d", "notes": "n", "alias": "a", "signature": "s", "tags": []string{"x", "y", "x"}, "suspended": true,
		"remote_photo_url": "https://example.com/ada.png", "nickname": "ignored", "id": 5, "active": false, "role_type": 4,
	}).want(201)
	u := got.object()
	want := object{
		"name": "Ada", "email": "Ada@example.com", "external_id": "Emp-1", "verified": true, "phone": "+442079460000",
		"shared_phone_number": false, "organization_id": num(org), "locale": "pt-br", "locale_id": num(19),
		"time_zone": "London", "iana_time_zone": "Europe/London", "details": "d", "notes": "n", "alias": "a",
		"signature": nil, // agents and admins only
		"tags":      []any{"x", "y"}, "suspended": true, "active": true, "role_type": nil,
	}
	for k, v := range want {
		assert.Equal(t, v, u[k], k)
	}
	assert.NotEqual(t, num(5), u["id"])
	assert.NotContains(t, u, "nickname", "§4.8: unknown properties are ignored silently")
	assert.NotContains(t, u, "skip_verify_email")
	ids := a.Identities(got.id())
	require.Len(t, ids, 2)
	assert.Equal(t, []any{"email", true, true}, []any{ids[0]["type"], ids[0]["primary"], ids[0]["verified"]})
	assert.Equal(t, []any{"phone_number", true}, []any{ids[1]["type"], ids[1]["primary"]})
}

func TestWrite_Refusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		change      object
		field, code string // a 422 with details; with no field a 400
	}{
		{"name empty (§2.4)", object{"name": ""}, "name", "BlankValue"},
		{"name blank (§4.1)", object{"name": " "}, "name", "BlankValue"},
		{"name null", object{"name": nil}, "name", "BlankValue"},
		{"name is no text", object{"name": 5}, "", ""},
		{"e-mail is none", object{"email": "ada"}, "email", "InvalidFormat"},
		{"e-mail with a name", object{"email": "Ada <ada2@example.com>"}, "email", "InvalidFormat"},
		{"e-mail in use (§4.3)", object{"email": "ada@example.com"}, "email", "DuplicateValue"},
		{"e-mail in use, other case", object{"email": "ADA@example.com"}, "email", "DuplicateValue"},
		{"secondary e-mail in use (§5)", object{"email": "a.byron@example.com"}, "email", "DuplicateValue"},
		{"external id in use (§4.1)", object{"external_id": "emp-17"}, "external_id", "DuplicateValue"},
		{"external id in use, other case (§4.1)", object{"external_id": "EMP-17"}, "external_id", "DuplicateValue"},
		{"external id is no text", object{"external_id": 17}, "", ""},
		{"role is none of three (§4.3)", object{"role": "owner"}, "role", "InvalidValue"},
		{"role null", object{"role": nil}, "", ""},
		{"custom role unknown", object{"role": "agent", "custom_role_id": 9}, "custom_role_id", "InvalidValue"},
		{"custom role is no id", object{"custom_role_id": "9"}, "", ""},
		{"organization unknown", object{"organization_id": 9}, "organization_id", "InvalidValue"},
		{"organizations unknown", object{"organization_ids": []int{9}}, "organization_ids", "InvalidValue"},
		{"organization name unknown", object{"organization": object{"name": "x"}}, "organization", "InvalidValue"},
		{"organization is no object", object{"organization": "Sales"}, "", ""},
		{"locale unknown (§11)", object{"locale": "xx"}, "locale", "InvalidValue"},
		{"locale with underscore (§11)", object{"locale": "en_US"}, "locale", "InvalidValue"},
		{"locale id unknown", object{"locale_id": 4711}, "locale_id", "InvalidValue"},
		{"time zone unknown (§4.1)", object{"time_zone": "Nowhere"}, "time_zone", "InvalidValue"},
		{"time zone by IANA (§4.1)", object{"time_zone": "America/New_York"}, "time_zone", "InvalidValue"},
		{"suspended is no flag", object{"suspended": "true"}, "", ""},
		{"tags are no list", object{"tags": "x"}, "", ""},
		{"tags are no texts", object{"tags": []int{1}}, "", ""},
		{"fields are no object", object{"user_fields": []int{}}, "", ""},
		{"phone is no text", object{"phone": 5}, "", ""},
		{"identities are no list", object{"identities": object{}}, "", ""},
		{"identity in use", object{"identities": []object{{"type": "email", "value": "ada@example.com"}}}, "identities", "DuplicateValue"},
		{"identity of an unknown type", object{"identities": []object{{"type": "fax", "value": "x"}}}, "type", "InvalidValue"},
		{"group unknown", object{"role": "agent", "default_group_id": 9}, "default_group_id", "InvalidValue"},
		{"restriction unknown (§4.1)", object{"role": "agent", "ticket_restriction": "x"}, "ticket_restriction", "InvalidValue"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, zendesktest.Rules{})
			before := len(a.Users())
			check := func(r reply) {
				t.Helper()
				if tt.field == "" {
					r.wantTitle(400, "Invalid attribute")
					return
				}
				r.wantDetail(tt.field, tt.code)
			}
			in := object{"name": "New", "email": "new@example.com"}
			for k, v := range tt.change {
				in[k] = v
			}
			check(a.post(in))
			assert.Len(t, a.Users(), before, "nothing is written")
			id := a.AddUser(zendesktest.User{Name: "Old", Email: "old@example.com"})
			was := a.User(id)
			check(a.put(id, tt.change))
			assert.Equal(t, was, a.User(id), "nothing is written")
		})
	}
}

func TestWrite_Bodies(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	a.do("POST", "/users", "{").want(422)
	a.do("POST", "/users", `{"user":{"name":"x"}}{}`).want(422)
	a.do("POST", "/users", `{"name":"x"}`).wantTitle(400, "Invalid attribute")
	a.do("POST", "/users", `{"user":[]}`).wantTitle(400, "Invalid attribute")
	a.post(object{}).wantDetail("name", "BlankValue")
	r := a.request("POST", "/api/v2/users", `{"user":{"name":"x"}}`)
	r.Header.Set("Content-Type", "text/plain")
	a.send(r).want(415)
	a.do("POST", "/users", `{"user":{"name":"`+strings.Repeat("x", 9<<20)+`"}}`).want(413)
	assert.Len(t, a.Users(), 1)
}

// Switches that let something through, or refuse something.
func TestWrite_Rules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		rules  zendesktest.Rules
		change object
		status int
		want   object
	}{
		{"e-mail required (§4.1)", zendesktest.Rules{EmailRequired: true}, object{"email": nil}, 422, nil},
		{"lower case", zendesktest.Rules{LowercaseEmails: true}, object{"email": "New@Example.com"}, 201, object{"email": "new@example.com"}},
		{"as sent", zendesktest.Rules{}, object{"email": "New@Example.com"}, 201, object{"email": "New@Example.com"}},
		{"unknown property", zendesktest.Rules{UnknownPropertiesRefused: true}, object{"nickname": "x"}, 422, nil},
		{"unknown field", zendesktest.Rules{UnknownPropertiesRefused: true}, object{"user_fields": object{"x": 1}}, 422, nil},
		{"unknown locale", zendesktest.Rules{UnknownLocalesIgnored: true}, object{"locale": "xx"}, 201, object{"locale": "en-US"}},
		{"unknown locale id", zendesktest.Rules{UnknownLocalesIgnored: true}, object{"locale_id": 4711}, 201, object{"locale": "en-US"}},
		{"language is an alias (§4.1)", zendesktest.Rules{}, object{"language": "de"}, 201, object{"locale": "de"}},
		{"unknown zone", zendesktest.Rules{UnknownTimeZonesIgnored: true}, object{"time_zone": "x"}, 201, object{"time_zone": "Eastern Time (US & Canada)"}},
		{"IANA accepted", zendesktest.Rules{IANATimeZonesAccepted: true}, object{"time_zone": "Europe/London"}, 201, object{"time_zone": "Europe/London", "iana_time_zone": "Europe/London"}},
		{"IANA returned", zendesktest.Rules{TimeZonesAsIANA: true}, object{"time_zone": "Edinburgh"}, 201, object{"time_zone": "Europe/London", "iana_time_zone": "Europe/London"}},
		{"unknown organization", zendesktest.Rules{UnknownOrganizationsIgnored: true}, object{"organization_id": 9, "organization_ids": []int{8}}, 201, object{"organization_id": nil}},
		{"organization by name", zendesktest.Rules{}, object{"organization": object{"name": "sales"}}, 201, nil},
		{"type errors", zendesktest.Rules{TypeErrorsAsRecordInvalid: true}, object{"suspended": "x"}, 422, nil},
		{"restriction of an end user (§4.1)", zendesktest.Rules{}, object{"ticket_restriction": "groups"}, 201, object{"ticket_restriction": "requested"}},
		{"restriction of an end user, kept", zendesktest.Rules{}, object{"ticket_restriction": "organization"}, 201, object{"ticket_restriction": "organization"}},
		{"restriction of an agent", zendesktest.Rules{}, object{"role": "agent", "ticket_restriction": "groups"}, 201, object{"ticket_restriction": "groups", "restricted_agent": true}},
		{"no restriction of an agent", zendesktest.Rules{}, object{"role": "agent"}, 201, object{"ticket_restriction": nil, "restricted_agent": false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, tt.rules)
			in := object{"name": "New", "email": "new@example.com"}
			for k, v := range tt.change {
				in[k] = v
			}
			got := a.post(in).want(tt.status)
			for k, v := range tt.want {
				assert.Equal(t, v, got.object()[k], k)
			}
			if tt.name == "organization by name" {
				assert.Equal(t, num(a.OrganizationID("Sales")), got.object()["organization_id"])
			}
		})
	}
	a := sandbox(t, zendesktest.Rules{DetailsWithoutCodes: true})
	a.post(object{"name": "New", "email": "ada@example.com"}).wantDetail("email", "")
}

// §4.1: which attributes null clears.
func TestUpdate_Null(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	id := a.AddUser(zendesktest.User{
		Name: "x", ExternalID: "e", Alias: "a", Details: "d", Notes: "n", Phone: "+15551234567", OrganizationIDs: []int64{a.OrganizationID("Sales")},
	})
	for _, name := range []string{"external_id", "alias", "details", "notes", "phone", "organization_id"} {
		require.NotNil(t, a.User(id)[name], name)
		got := a.put(id, object{name: nil}).want(200).object()
		assert.Nil(t, got[name], name)
		assert.Contains(t, got, name)
	}
	for _, name := range []string{"locale", "time_zone", "tags", "suspended", "user_fields", "role", "verified"} {
		a.put(id, object{name: nil}).want(400)
	}
}

// §4.8: an update leaves alone what it does not send, and is idempotent.
func TestUpdate_LeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	id := a.UserByEmail("ada@example.com")["id"].(int64)
	before := a.do("GET", path("users", id), nil).object()
	a.clock.Advance(time.Hour)
	got := a.put(id, object{"name": "Ada Lovelace", "user_fields": object{"desk_number": 43}}).want(200).object()
	before["name"], before["updated_at"] = "Ada Lovelace", "2026-03-01T13:00:00Z"
	before["user_fields"].(object)["desk_number"] = num(43)
	assert.Equal(t, before, got)
	assert.Equal(t, got, a.put(id, object{"name": "Ada Lovelace"}).want(200).object())
	a.do("PUT", "/users/999", object{"user": object{"name": "x"}}).wantError(404, "RecordNotFound")
	a.do("PUT", "/users/abc", object{"user": object{"name": "x"}}).wantError(404, "RecordNotFound")
}

// §4.8: an address in an update becomes a secondary one, unverified unless
// verified is sent; verified alone turns the primary one.
func TestUpdate_Email(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	id := a.AddUser(zendesktest.User{Name: "x", Email: "x@example.com", Unverified: true})
	got := a.put(id, object{"email": "y@example.com"}).want(200).object()
	assert.Equal(t, "x@example.com", got["email"], "the primary address is untouched")
	assert.Equal(t, false, got["verified"])
	assert.Equal(t, true, a.put(id, object{"email": "z@example.com", "verified": true}).object()["verified"])
	state := func() (out []any) {
		for _, i := range a.Identities(id) {
			out = append(out, []any{i["value"], i["primary"], i["verified"]})
		}
		return out
	}
	assert.Equal(t, []any{[]any{"x@example.com", true, false}, []any{"y@example.com", false, false}, []any{"z@example.com", false, true}}, state())
	a.put(id, object{"email": "X@example.com"}).want(200)
	a.put(id, object{"email": "y@example.com"}).want(200)
	assert.Len(t, a.Identities(id), 3, "an address that the user has: no effect")
	a.put(id, object{"verified": true}).want(200)
	assert.Equal(t, []any{"x@example.com", true, true}, state()[0])
	a.put(id, object{"verified": false}).want(200)
	assert.Equal(t, []any{"x@example.com", true, false}, state()[0])

	b := sandbox(t, zendesktest.Rules{ResentEmailRefused: true})
	b.put(b.UserByEmail("ada@example.com")["id"].(int64), object{"email": "ada@example.com"}).wantDetail("email", "DuplicateValue")
	bare := b.AddUser(zendesktest.User{Name: "x"})
	assert.Equal(t, "n@example.com", b.put(bare, object{"email": "n@example.com"}).want(200).object()["email"], "the first address is the primary one")
}

// §6.3: organization_id removes all other memberships.
func TestUpdate_Organization(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	eng, sales := a.OrganizationID("Engineering"), a.OrganizationID("Sales")
	id := a.AddUser(zendesktest.User{Name: "x", OrganizationIDs: []int64{eng, sales}})
	assert.Equal(t, num(sales), a.put(id, object{"organization_id": sales}).want(200).object()["organization_id"])
	assert.Equal(t, []int64{sales}, a.UserOrganizations(id))
	a.put(id, object{"organization_ids": []int64{eng, sales}}).want(200)
	assert.Equal(t, []int64{eng, sales}, a.UserOrganizations(id))
	one := newAccount(t, zendesktest.Options{Settings: &zendesktest.Settings{}})
	x, y := one.AddOrganization(zendesktest.Organization{Name: "x"}), one.AddOrganization(zendesktest.Organization{Name: "y"})
	one.post(object{"name": "x", "organization_ids": []int64{x, y}}).wantDetail("organization_ids", "InvalidValue")
}

// §4.3: the domain of a verified address makes a member.
func TestDomainMapping(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	org := a.AddOrganization(zendesktest.Organization{Name: "x", Domains: []string{"example.com"}})
	id := a.post(object{"name": "x", "email": "x@example.com"}).want(201).id()
	assert.Nil(t, a.User(id)["organization_id"], "not verified")
	a.put(id, object{"verified": true}).want(200)
	assert.Equal(t, org, a.User(id)["organization_id"])
}

// §4.9: the table of phone numbers.
func TestPhone(t *testing.T) {
	t.Parallel()
	const taken, fresh, other = "+15550000001", "+15550000002", "+15550000003"
	phones := func(a *account, id int64) (out []any) {
		for _, i := range a.Identities(id) {
			if i["type"] == "phone_number" {
				out = append(out, i["value"])
			}
		}
		return out
	}
	for _, tt := range []struct {
		name       string
		state      zendesktest.User
		send       object
		phone      any
		shared     any
		identities []any
	}{
		{"none, unique", zendesktest.User{}, object{"phone": fresh}, fresh, false, []any{fresh}},
		{"none, not unique", zendesktest.User{}, object{"phone": taken}, taken, true, nil},
		{"none, shared by wish", zendesktest.User{}, object{"phone": fresh, "shared_phone_number": true}, fresh, true, nil},
		{"shared, unique", zendesktest.User{Phone: taken, SharedPhone: true}, object{"phone": fresh}, fresh, false, []any{fresh}},
		{"shared, not unique", zendesktest.User{Phone: fresh, SharedPhone: true}, object{"phone": taken}, taken, true, nil},
		{"direct line, unique", zendesktest.User{Phone: fresh}, object{"phone": other}, fresh, false, []any{fresh, other}},
		{"direct line, not unique", zendesktest.User{Phone: fresh}, object{"phone": taken}, fresh, false, []any{fresh}},
		{"direct line, the same", zendesktest.User{Phone: fresh}, object{"phone": fresh}, fresh, false, []any{fresh}},
		{"cleared", zendesktest.User{Phone: fresh}, object{"phone": ""}, nil, nil, []any{fresh}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, zendesktest.Rules{})
			a.AddUser(zendesktest.User{Name: "holder", Phone: taken})
			tt.state.Name = "x"
			id := a.AddUser(tt.state)
			got := a.put(id, tt.send).want(200).object()
			assert.Equal(t, tt.phone, got["phone"])
			assert.Equal(t, tt.shared, got["shared_phone_number"])
			assert.Equal(t, tt.identities, phones(a, id))
		})
	}
	t.Run("identity deleted, then set", func(t *testing.T) {
		t.Parallel()
		a := sandbox(t, zendesktest.Rules{})
		id := a.AddUser(zendesktest.User{Name: "x", Phone: fresh})
		a.do("DELETE", path("users", id, "identities", num(a.Identities(id)[0]["id"].(int64)).String()), nil).want(204)
		assert.Equal(t, fresh, a.User(id)["phone"], "the number lingers")
		assert.Equal(t, other, a.put(id, object{"phone": other}).want(200).object()["phone"])
		assert.Equal(t, []any{other}, phones(a, id))
	})
	t.Run("validation", func(t *testing.T) {
		t.Parallel()
		a := newAccount(t, zendesktest.Options{Settings: &zendesktest.Settings{PhoneValidation: true}})
		a.post(object{"name": "x", "phone": "5551234"}).wantDetail("phone", "InvalidFormat")
		a.post(object{"name": "x", "phone": "+1 555 123 4567"}).wantDetail("phone", "InvalidFormat")
		a.post(object{"name": "x", "phone": fresh}).want(201)
		a.post(object{"name": "x", "phone": "5551234", "role": "agent"}).want(201)
	})
	t.Run("rules", func(t *testing.T) {
		t.Parallel()
		a := sandbox(t, zendesktest.Rules{ClearedPhoneDropsIdentity: true, DeletedPhoneCleared: true})
		id := a.AddUser(zendesktest.User{Name: "x", Phone: fresh})
		a.put(id, object{"phone": ""}).want(200)
		assert.Empty(t, phones(a, id))
		id = a.AddUser(zendesktest.User{Name: "y", Phone: other})
		a.do("DELETE", path("users", id, "identities", num(a.Identities(id)[0]["id"].(int64)).String()), nil).want(204)
		assert.Nil(t, a.User(id)["phone"])
	})
}

// §4.4: create_or_update matches without case and rewrites the case.
func TestCreateOrUpdate(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	send := func(u object) reply { return a.do("POST", "/users/create_or_update", object{"user": u}) }
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	got := send(object{"name": "Ada", "external_id": "EMP-17"}).want(200)
	assert.Equal(t, ada, got.id())
	assert.Equal(t, "EMP-17", got.object()["external_id"])
	assert.Equal(t, ada, send(object{"name": "Ada", "email": "a.byron@example.com"}).want(200).id(), "a secondary address")
	assert.Equal(t, "agent", send(object{"name": "Grace", "email": "grace@example.com"}).want(200).object()["role"], "keeps the role")
	created := send(object{"name": "New", "email": "new@example.com"}).want(201)
	assert.Equal(t, "end-user", created.object()["role"])
	assert.NotEmpty(t, created.header.Get("Location"))
	send(object{"name": "x", "email": "katherine@example.com", "external_id": "emp-17"}).wantDetail("email", "DuplicateValue")
	b := sandbox(t, zendesktest.Rules{MatchPrimaryOnly: true})
	b.do("POST", "/users/create_or_update", object{"user": object{"name": "x", "email": "a.byron@example.com"}}).wantDetail("email", "DuplicateValue")
}

// §4.7, §4.6: suspension is reversible; deletion is soft, then permanent.
func TestSuspend(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	grace := a.UserByEmail("grace@example.com")["id"].(int64)
	got := a.put(grace, object{"suspended": true}).want(200).object()
	assert.Equal(t, []any{true, true, "agent"}, []any{got["suspended"], got["active"], got["role"]})
	assert.Equal(t, 2, a.SeatsTaken(), "a suspended agent still holds a seat")
	got = a.put(grace, object{"suspended": false}).want(200).object()
	assert.Equal(t, num(a.DefaultGroupID()), got["default_group_id"])
	a.put(a.OwnerID(), object{"suspended": true}).wantDetail("base", "")
}

func TestDelete(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	got := a.do("DELETE", path("users", ada), nil).want(200).object()
	assert.Equal(t, []any{false, num(ada), "Ada Byron"}, []any{got["active"], got["id"], got["name"]})
	assert.Equal(t, false, a.do("GET", path("users", ada), nil).want(200).object()["active"], "§4.6")
	a.do("DELETE", path("users", ada), nil).wantError(404, "RecordNotFound")
	a.put(ada, object{"name": "x"}).wantError(404, "RecordNotFound")
	a.do("GET", path("users", ada, "identities"), nil).wantError(404, "RecordNotFound")
	assert.NotContains(t, a.do("GET", "/users", nil).all("users", "id"), num(ada))
	assert.Empty(t, a.do("GET", "/users?external_id=emp-17", nil).all("users", "id"))
	assert.Empty(t, a.do("GET", "/users/show_many?ids="+num(ada).String(), nil).all("users", "id"))
	assert.Equal(t, []any{num(ada)}, a.do("GET", "/users/show_many?include_deleted=true&ids="+num(ada).String(), nil).all("users", "id"))
	again := a.post(object{"name": "Ada", "email": "ada@example.com", "external_id": "emp-17"}).want(201).id()
	assert.NotEqual(t, ada, again, "§4.7: the address is free, a re-hire has a new id")

	assert.Equal(t, []any{num(ada)}, a.do("GET", "/deleted_users", nil).all("deleted_users", "id"))
	assert.Equal(t, "ada@example.com", a.do("GET", path("deleted_users", ada), nil).want(200).object()["email"])
	assert.Equal(t, num(1), a.do("GET", "/deleted_users/count", nil).want(200).object()["value"])
	a.do("DELETE", path("deleted_users", again), nil).wantError(404, "RecordNotFound") // only after a soft delete
	got = a.do("DELETE", path("deleted_users", ada), nil).want(200).object()
	assert.Equal(t, []any{"Permanently Deleted User", nil}, []any{got["name"], got["email"]})
	a.do("GET", path("deleted_users", ada), nil).wantError(404, "RecordNotFound")
	assert.Equal(t, []any{"Permanently Deleted User"}, a.do("GET", "/deleted_users", nil).all("deleted_users", "name"))
	assert.Equal(t, true, a.do("GET", path("users", ada), nil).want(200).object()["permanently_deleted"])
}

func TestDelete_Refusals(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	a.do("DELETE", path("users", a.OwnerID()), nil).wantDetail("base", "") // §4.7
	busy := a.AddUser(zendesktest.User{Name: "x", RequestedTickets: 2, AssignedTickets: 1})
	related := a.do("GET", path("users", busy, "related"), nil).want(200).object()
	assert.Equal(t, []any{num(2), num(1)}, []any{related["requested_tickets"], related["assigned_tickets"]})
	a.do("DELETE", path("users", busy), nil).wantDetail("base", "")
	assigned := a.AddUser(zendesktest.User{Name: "x", Role: "agent", AssignedTickets: 1})
	a.do("DELETE", path("users", assigned, "sessions"), nil).want(204)
	a.do("DELETE", path("users", assigned), nil).want(200)
	a.do("DELETE", "/users/999/sessions", nil).want(404)
	b := sandbox(t, zendesktest.Rules{OwnerForbidden: true})
	b.do("DELETE", path("users", b.OwnerID()), nil).wantTitle(403, "Forbidden")
}

// §4.7: 30 days after the deletion the data is gone by itself.
func TestDelete_ErodesAfterThirtyDays(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	ada, kat := a.UserByEmail("ada@example.com")["id"].(int64), a.UserByEmail("katherine@example.com")["id"].(int64)
	a.DeleteUser(ada)
	a.clock.Advance(24 * time.Hour)
	a.DeleteUser(kat)
	a.clock.Advance(29*24*time.Hour - time.Second)
	assert.Len(t, a.do("GET", "/deleted_users", nil).all("deleted_users", "id"), 2)
	assert.Equal(t, "Ada Byron", a.User(ada)["name"])
	a.clock.Advance(time.Second)
	a.do("GET", "/users/me", nil).want(200)
	assert.Equal(t, "Permanently Deleted User", a.User(ada)["name"])
	assert.Equal(t, "Katherine Johnson", a.User(kat)["name"])
	a.clock.Advance(24 * time.Hour)
	a.do("GET", "/users/me", nil).want(200)
	assert.Equal(t, "Permanently Deleted User", a.User(kat)["name"])
}

func TestDelete_Rules(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{DeletedUsersNotFound: true, UpdateDeletedInvalid: true, DeletedKeepAddresses: true})
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	a.do("DELETE", path("users", ada), nil).want(200)
	a.do("GET", path("users", ada), nil).want(404)
	a.put(ada, object{"name": "x"}).wantDetail("base", "")
	a.post(object{"name": "x", "email": "ada@example.com"}).wantDetail("email", "DuplicateValue")
	a.post(object{"name": "x", "external_id": "emp-17"}).want(201)
	a.EraseUser(ada)
	a.post(object{"name": "x", "email": "ada@example.com"}).want(201)
}

// §4.1: a user who is shared from another account cannot be updated.
func TestUpdate_Shared(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	a.put(a.AddUser(zendesktest.User{Name: "x", Shared: true}), object{"name": "y"}).wantTitle(403, "Forbidden")
}
