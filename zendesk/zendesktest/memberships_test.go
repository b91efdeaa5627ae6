package zendesktest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const (
	memberList = "organization_memberships"
	memberOne  = "organization_membership"
)

// members is an account with four organizations and a user in two of them.
func members(t *testing.T, rules zendesktest.Rules, settings *zendesktest.Settings) *account {
	t.Helper()
	return newAccount(t, zendesktest.Options{
		Rules: rules, Settings: settings,
		Organizations: []zendesktest.Organization{{ID: 41, Name: "Zeta"}, {ID: 42, Name: "beta"}, {ID: 43, Name: "Alpha"}, {ID: 44, Name: "Mu"}},
		Users: []zendesktest.User{
			{ID: 71, Name: "Ada", Email: "ada@example.com", OrganizationIDs: []int64{41, 42, 43}},
			{ID: 72, Name: "Bea", Email: "bea@example.com"},
			{ID: 73, Name: "Grace", Email: "grace@example.com", Role: "agent", OrganizationIDs: []int64{42}},
			{ID: 74, Name: "Alan", Email: "alan@example.com", Role: "agent", OrganizationIDs: []int64{41, 42}},
			{ID: 75, Name: "Gone", Email: "gone@example.com", OrganizationIDs: []int64{41}, DeletedAt: time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)},
		},
	})
}

// membershipID is the id of a user's membership in an organization.
func (a *account) membershipID(user, organization int64) int64 {
	a.t.Helper()
	for _, m := range a.do("GET", path("users", user, memberList), nil).want(200).body[memberList].([]any) {
		if m := m.(object); m["organization_id"] == num(organization) {
			id, err := m["id"].(json.Number).Int64()
			require.NoError(a.t, err)
			return id
		}
	}
	a.t.Fatalf("user %d is not in %d", user, organization)
	return 0
}

func (a *account) enroll(user, organization int64, more object) reply {
	a.t.Helper()
	in := object{"user_id": user, "organization_id": organization}
	for k, v := range more {
		in[k] = v
	}
	return a.do("POST", "/"+memberList, object{memberOne: in})
}

func nums(ids ...int64) []any {
	out := []any{}
	for _, id := range ids {
		out = append(out, num(id))
	}
	return out
}

// §6.3: a user's list has the default one first, then the others by name.
func TestMemberships_List(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	for _, suffix := range []string{"", ".json"} {
		list := a.do("GET", "/users/71/"+memberList+suffix, nil)
		assert.Equal(t, nums(41, 43, 42), list.all(memberList, "organization_id"))
		assert.Equal(t, []any{"Zeta", "Alpha", "beta"}, list.all(memberList, "organization_name"))
		assert.Equal(t, []any{true, nil, nil}, list.all(memberList, "default"), "null stands for false")
		assert.Equal(t, nums(71, 71, 71), list.all(memberList, "user_id"))
	}
	assert.Empty(t, a.do("GET", "/users/72/"+memberList, nil).all(memberList, "id"))
	assert.Len(t, a.do("GET", "/"+memberList, nil).all(memberList, "id"), 6, "deleted users are in none")
	assert.Equal(t, nums(71, 74), a.do("GET", "/organizations/41/"+memberList, nil).all(memberList, "user_id"))
	assert.Equal(t, nums(41, 42, 43), a.do("GET", "/users/71/organizations", nil).all("organizations", "id"))
	for _, p := range []string{
		"/users/9/" + memberList, "/users/75/" + memberList, "/users/9/organizations", "/organizations/9/" + memberList, "/" + memberList + "/9",
	} {
		a.do("GET", p, nil).wantError(404, "RecordNotFound")
	}
	id := a.membershipID(71, 42)
	one := a.do("GET", path(memberList, id), nil).want(200).object()
	assert.Equal(t, []any{num(id), num(71), num(42), nil, "beta", false},
		[]any{one["id"], one["user_id"], one["organization_id"], one["default"], one["organization_name"], one["view_tickets"]})
	assert.Contains(t, one["url"], fmt.Sprintf("/api/v2/organization_memberships/%d.json", id))

	b := members(t, zendesktest.Rules{MembershipsByID: true}, nil)
	b.do("PUT", path("users", 71, memberList, num(b.membershipID(71, 43)).String(), "make_default"), nil).want(200)
	assert.Equal(t, nums(41, 42, 43), b.do("GET", "/users/71/"+memberList, nil).all(memberList, "organization_id"))
}

// §3: by cursor and by offset, in the same order.
func TestMemberships_Pages(t *testing.T) {
	t.Parallel()
	for _, rules := range []zendesktest.Rules{{}, {MembershipsByID: true}} {
		a := members(t, rules, nil)
		at := "/users/71/" + memberList
		whole := a.do("GET", at, nil).all(memberList, "organization_id")
		var byCursor []any
		for query := "?page[size]=1"; query != ""; {
			r := a.do("GET", at+query, nil)
			got := r.all(memberList, "organization_id")
			require.Len(t, got, 1)
			byCursor, query = append(byCursor, got...), ""
			if meta := r.body["meta"].(object); meta["has_more"] == true {
				query = "?page[size]=1&page[after]=" + meta["after_cursor"].(string)
			}
		}
		assert.Equal(t, whole, byCursor)
		second := a.do("GET", at+"?per_page=2&page=2", nil)
		assert.Equal(t, whole[2:], second.all(memberList, "organization_id"))
		assert.Equal(t, num(3), second.body["count"])
		a.do("GET", at+"?page[size]=101", nil).want(400)
		assert.Len(t, a.do("GET", "/"+memberList+"?page[size]=2", nil).all(memberList, "id"), 2)
	}
}

// §6.3: a new membership leaves the others alone; the first is the default one.
func TestMemberships_Create(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	first := a.enroll(72, 44, nil).want(201).object()
	assert.Equal(t, []any{true, num(72), num(44)}, []any{first["default"], first["user_id"], first["organization_id"]})
	assert.Equal(t, int64(44), a.User(72)["organization_id"])
	assert.Nil(t, a.enroll(72, 41, nil).want(201).object()["default"])
	assert.Equal(t, []int64{44, 41}, a.UserOrganizations(72))
	assert.Equal(t, true, a.enroll(72, 42, object{"default": true}).want(201).object()["default"])
	assert.Equal(t, []int64{42, 44, 41}, a.UserOrganizations(72))
	assert.Equal(t, int64(42), a.User(72)["organization_id"])

	before := a.UserOrganizations(72)
	for _, organization := range before {
		a.enroll(72, organization, nil).wantDetail("user_id", "DuplicateValue")
	}
	a.enroll(9, 41, nil).wantDetail("user_id", "InvalidValue")
	a.enroll(75, 42, nil).wantDetail("user_id", "InvalidValue")
	a.enroll(72, 9, nil).wantDetail("organization_id", "InvalidValue")
	a.do("POST", "/"+memberList, object{memberOne: object{"user_id": 72}}).wantDetail("organization_id", "InvalidValue")
	a.do("POST", "/"+memberList, object{memberOne: object{"organization_id": 43}}).wantDetail("user_id", "InvalidValue")
	a.enroll(72, 43, object{"user_id": "72"}).wantTitle(400, "Invalid attribute")
	a.enroll(72, 43, object{"default": 1}).wantTitle(400, "Invalid attribute")
	a.do("POST", "/"+memberList, object{"user_id": 72, "organization_id": 43}).wantTitle(400, "Invalid attribute")
	assert.Equal(t, before, a.UserOrganizations(72), "a refusal changes nothing")

	b := members(t, zendesktest.Rules{UnknownMembershipIDsNotFound: true, NewMembershipsNotDefault: true}, nil)
	b.enroll(9, 41, nil).wantError(404, "RecordNotFound")
	b.enroll(72, 9, nil).wantError(404, "RecordNotFound")
	assert.Nil(t, b.enroll(71, 44, object{"default": true}).want(201).object()["default"])
	assert.Equal(t, []int64{41, 42, 43, 44}, b.UserOrganizations(71))
}

// §6.3: up to 300 organizations.
func TestMemberships_Limit(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{})
	var ids []int64
	for i := range 301 {
		ids = append(ids, a.AddOrganization(zendesktest.Organization{Name: fmt.Sprint("o", i)}))
	}
	id := a.AddUser(zendesktest.User{Name: "x", OrganizationIDs: ids[:299]})
	a.enroll(id, ids[299], nil).want(201)
	a.enroll(id, ids[300], nil).wantDetail("user_id", "InvalidValue")
	assert.Len(t, a.UserOrganizations(id), 300)
}

// §6.3: where a user has one organization, a second one is refused, or replaces
// the first.
func TestMemberships_SingleOrganization(t *testing.T) {
	t.Parallel()
	for _, replaces := range []bool{false, true} {
		a := members(t, zendesktest.Rules{SecondMembershipReplaces: replaces}, &zendesktest.Settings{})
		a.enroll(72, 41, nil).want(201)
		a.enroll(72, 41, nil).wantDetail("user_id", "DuplicateValue")
		if replaces {
			assert.Equal(t, true, a.enroll(72, 42, nil).want(201).object()["default"])
			assert.Equal(t, []int64{42}, a.UserOrganizations(72))
			continue
		}
		a.enroll(72, 42, nil).wantDetail("user_id", "InvalidValue")
		assert.Equal(t, []int64{41}, a.UserOrganizations(72))
	}
}

// §6.3: the default membership is organization_id; by membership the answer is
// the list, by organization the membership.
func TestMemberships_MakeDefault(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	a.clock.Advance(time.Hour)
	at := func(user, organization int64) string {
		return path("users", user, memberList, num(a.membershipID(user, organization)).String(), "make_default")
	}
	list := a.do("PUT", at(71, 42), nil)
	assert.Equal(t, nums(42, 43, 41), list.all(memberList, "organization_id"))
	assert.Equal(t, []any{true, nil, nil}, list.all(memberList, "default"))
	assert.Equal(t, int64(42), a.User(71)["organization_id"])
	assert.Equal(t, "2026-03-01T13:00:00Z", a.User(71)["updated_at"])
	got := a.do("PUT", "/users/71/organizations/43/make_default", nil).want(200).object()
	assert.Equal(t, []any{num(43), true}, []any{got["organization_id"], got["default"]})
	assert.Equal(t, []int64{43, 41, 42}, a.UserOrganizations(71), "nothing else ends")
	for _, p := range []string{
		"/users/71/organizations/44/make_default", "/users/9/organizations/41/make_default", "/users/71/" + memberList + "/9/make_default",
		"/users/9/" + memberList + "/9/make_default",
		path("users", 72, memberList, num(a.membershipID(71, 41)).String(), "make_default"), // another's membership
	} {
		a.do("PUT", p, nil).wantError(404, "RecordNotFound")
	}

	b := members(t, zendesktest.Rules{MembershipsKeepUpdatedAt: true}, nil)
	before := b.User(71)["updated_at"]
	b.clock.Advance(time.Hour)
	b.do("PUT", "/users/71/organizations/43/make_default", nil).want(200)
	assert.Equal(t, before, b.User(71)["updated_at"])
	assert.Equal(t, int64(43), b.User(71)["organization_id"])
}

// §6.3: by id or by pair; the others stay.
func TestMemberships_Delete(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	id := a.membershipID(71, 42)
	assert.Empty(t, a.do("DELETE", path(memberList, id), nil).want(204).raw)
	assert.Equal(t, []int64{41, 43}, a.UserOrganizations(71))
	a.do("DELETE", path(memberList, id), nil).wantError(404, "RecordNotFound")
	a.do("DELETE", "/users/71/organizations/42", nil).wantError(404, "RecordNotFound")
	a.do("DELETE", "/users/9/organizations/41", nil).wantError(404, "RecordNotFound")
	a.do("DELETE", "/users/71/organizations/41", nil).want(204)
	assert.Equal(t, []int64{43}, a.UserOrganizations(71))
	assert.Equal(t, int64(43), a.User(71)["organization_id"], "another becomes the default one")
	a.do("DELETE", "/users/71/organizations/43", nil).want(204)
	assert.Nil(t, a.User(71)["organization_id"])
	assert.NotEqual(t, num(id).String(), a.enroll(71, 42, nil).want(201).object()["id"].(json.Number).String(), "a new membership")

	b := members(t, zendesktest.Rules{NoNewDefaultOrganization: true}, nil)
	b.do("DELETE", "/users/71/organizations/41", nil).want(204)
	assert.Nil(t, b.User(71)["organization_id"])
	assert.Equal(t, []any{nil, nil}, b.do("GET", "/users/71/"+memberList, nil).all(memberList, "default"))
}

// §6.3: organization_id ends the others; a membership that stays is the same one.
func TestMemberships_OrganizationID(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	id := a.membershipID(71, 43)
	a.put(71, object{"organization_id": 43}).want(200)
	list := a.do("GET", "/users/71/"+memberList, nil)
	assert.Equal(t, nums(id), list.all(memberList, "id"))
	assert.Equal(t, []any{true}, list.all(memberList, "default"))
	a.put(71, object{"organization_id": nil}).want(200)
	assert.Empty(t, a.UserOrganizations(71))
}

// The vendor's document: agents change the memberships of end users only, where
// the path names the membership.
func TestMemberships_AllowedFor(t *testing.T) {
	t.Parallel()
	a := members(t, zendesktest.Rules{}, nil)
	own := num(a.membershipID(74, 42)).String()
	as := func(method, path string, body any) reply { return a.as("grace@example.com", method, path, body) }
	enroll := func(user int64) reply {
		return as("POST", "/"+memberList, object{memberOne: object{"user_id": user, "organization_id": 44}})
	}
	enroll(71).want(201)
	enroll(74).wantTitle(403, "Forbidden")
	as("PUT", "/users/74/"+memberList+"/"+own+"/make_default", nil).wantTitle(403, "Forbidden")
	as("DELETE", "/"+memberList+"/"+own, nil).wantTitle(403, "Forbidden")
	assert.Equal(t, []int64{41, 42}, a.UserOrganizations(74))
	as("GET", "/users/74/"+memberList, nil).want(200)
	as("PUT", "/users/74/organizations/42/make_default", nil).want(200)
	as("DELETE", "/users/74/organizations/41", nil).want(204)
	assert.Equal(t, []int64{42}, a.UserOrganizations(74))
	a.as("bea@example.com", "GET", "/"+memberList, nil).want(http.StatusForbidden)
}

// §1.4, §15.6: the scope of memberships is not known.
func TestMemberships_Scope(t *testing.T) {
	t.Parallel()
	for _, covers := range []bool{false, true} {
		a := newAccount(t, zendesktest.Options{
			Rules:        zendesktest.Rules{UsersScopeCoversReferences: covers},
			AccessTokens: []zendesktest.AccessToken{{Value: "r", Scope: "users:read"}, {Value: "w", Scope: "users:write"}, {Value: "o", Scope: "organizations:read organizations:write"}},
			Users:        []zendesktest.User{{ID: 71, Name: "Ada", OrganizationIDs: []int64{41}}},
		})
		a.AddOrganization(zendesktest.Organization{ID: 41, Name: "Zeta"})
		read, write := 403, 403
		if covers {
			read, write = 200, 204
		}
		a.as("Bearer o", "GET", "/users/71/"+memberList, nil).want(403)
		a.as("Bearer r", "GET", "/users/71/"+memberList, nil).want(read)
		a.as("Bearer r", "DELETE", "/users/71/organizations/41", nil).want(403)
		a.as("Bearer w", "DELETE", "/users/71/organizations/41", nil).want(write)
	}
}
