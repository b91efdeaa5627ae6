package zendesktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// identities is "value primary verified" of each of a user's identities.
func (a *account) identities(id int64) (out []string) {
	for _, i := range a.Identities(id) {
		s := i["type"].(string) + " " + i["value"].(string)
		if i["primary"].(bool) {
			s += " primary"
		}
		if i["verified"].(bool) {
			s += " verified"
		}
		out = append(out, s)
	}
	return out
}

func (a *account) identityID(user int64, value string) string {
	a.t.Helper()
	for _, i := range a.Identities(user) {
		if i["value"] == value {
			return num(i["id"].(int64)).String()
		}
	}
	a.t.Fatal("no such identity: " + value)
	return ""
}

func TestIdentities_List(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	list := a.do("GET", path("users", ada, "identities"), nil)
	assert.Equal(t, []any{"ada@example.com", "a.byron@example.com", "+442079460001"}, list.all("identities", "value"))
	assert.Equal(t, []any{true, false, true}, list.all("identities", "primary"), "primary is per type (§5)")
	assert.Equal(t, []any{"reserved_example", "reserved_example", nil}, list.all("identities", "deliverable_state"))
	assert.Equal(t, []any{"ada@example.com", "a.byron@example.com"}, a.do("GET", path("users", ada, "identities")+"?type[]=email", nil).all("identities", "value"))
	first := a.do("GET", path("users", ada, "identities")+"?page[size]=2", nil).want(200)
	assert.Equal(t, true, first.body["meta"].(object)["has_more"])
	one := a.do("GET", path("users", ada, "identities", a.identityID(ada, "a.byron@example.com")), nil).want(200).object()
	assert.Equal(t, num(ada), one["user_id"])
	a.do("GET", path("users", ada, "identities", "9"), nil).wantError(404, "RecordNotFound")
	a.do("GET", "/users/9/identities", nil).wantError(404, "RecordNotFound")
}

// §5.1, way A: replace in place.
func TestIdentities_Replace(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	at := func(value string) string { return path("users", ada, "identities", a.identityID(ada, value)) }
	put := func(value string, in object) reply {
		return a.do("PUT", at(value), object{"identity": in})
	}
	got := put("ada@example.com", object{"value": "countess@example.com", "verified": true, "primary": false}).want(200).object()
	assert.Equal(t, []any{"countess@example.com", true, true}, []any{got["value"], got["primary"], got["verified"]}, "primary is not written here")
	assert.Equal(t, "countess@example.com", a.User(ada)["email"])
	put("countess@example.com", object{"value": "katherine@example.com"}).wantDetail("value", "DuplicateValue")
	put("countess@example.com", object{"value": "A.Byron@example.com"}).wantDetail("value", "DuplicateValue")
	put("countess@example.com", object{"value": "x"}).wantDetail("value", "InvalidFormat")
	put("countess@example.com", object{"value": ""}).wantDetail("value", "BlankValue")
	put("countess@example.com", object{"value": 5}).wantTitle(400, "Invalid attribute")
	put("countess@example.com", object{"verification_method": "sso"}).wantTitle(400, "Invalid attribute")
	put("countess@example.com", object{"value": "Countess@example.com"}).want(200)
	assert.Equal(t, "email Countess@example.com primary", a.identities(ada)[0], "a changed value has to be verified again")
	put("Countess@example.com", object{"verification_method": "low"}).want(200)
	assert.Equal(t, "email Countess@example.com primary verified", a.identities(ada)[0])
	put("Countess@example.com", object{"verification_method": "none"}).want(200)
	assert.Equal(t, "email Countess@example.com primary", a.identities(ada)[0])
	put("+442079460001", object{"value": "+442079460002"}).want(200)
	assert.Equal(t, "+442079460002", a.User(ada)["phone"])
	a.post(object{"name": "x", "email": "ada@example.com"}).want(201) // the old address is free

	b := sandbox(t, zendesktest.Rules{ChangedIdentityStaysVerified: true})
	b.do("PUT", path("users", ada, "identities", b.identityID(ada, "ada@example.com")), object{"identity": object{"value": "x@example.com"}}).want(200)
	assert.Equal(t, "email x@example.com primary verified", b.identities(ada)[0])
}

// §5.1, way B: add, promote, delete.
func TestIdentities_AddAndPromote(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	kat := a.UserByEmail("katherine@example.com")["id"].(int64)
	post := func(in object) reply { return a.do("POST", path("users", kat, "identities"), object{"identity": in}) }
	got := post(object{"type": "email", "value": "kj@example.com", "verified": true, "skip_verify_email": true}).want(201).object()
	assert.Equal(t, []any{false, true, "low"}, []any{got["primary"], got["verified"], got["verification_method"]})
	list := a.do("PUT", path("users", kat, "identities", a.identityID(kat, "kj@example.com"), "make_primary"), nil)
	assert.Equal(t, []any{false, true}, list.all("identities", "primary"), "the whole list")
	assert.Equal(t, "kj@example.com", a.do("GET", path("users", kat), nil).object()["email"])
	a.do("DELETE", path("users", kat, "identities", a.identityID(kat, "katherine@example.com")), nil).want(204)
	assert.Equal(t, []string{"email kj@example.com primary verified"}, a.identities(kat))

	post(object{"type": "email", "value": "k2@example.com", "primary": true}).want(201)
	assert.Equal(t, "k2@example.com", a.User(kat)["email"], "primary counts on create")
	post(object{"type": "phone_number", "value": "+15551234567"}).want(201)
	assert.Equal(t, "+15551234567", a.User(kat)["phone"])
	for name, tt := range map[string]struct {
		in          object
		field, code string
	}{
		"somebody's":   {object{"type": "email", "value": "ada@example.com"}, "value", "DuplicateValue"},
		"own":          {object{"type": "email", "value": "KJ@example.com"}, "value", "DuplicateValue"},
		"no address":   {object{"type": "email", "value": "x"}, "value", "InvalidFormat"},
		"no value":     {object{"type": "email"}, "value", "BlankValue"},
		"no type":      {object{"value": "x@example.com"}, "type", "InvalidValue"},
		"unknown type": {object{"type": "sdk", "value": "x"}, "type", "InvalidValue"},
	} {
		t.Run(name, func(t *testing.T) {
			before := a.identities(kat)
			post(tt.in).wantDetail(tt.field, tt.code)
			assert.Equal(t, before, a.identities(kat))
		})
	}
	post(object{"type": "email", "value": "z@example.com", "verification_method": "full"}).wantTitle(400, "Invalid attribute")
	a.do("POST", path("users", kat, "identities"), object{"email": "x"}).wantTitle(400, "Invalid attribute")
}

func TestIdentities_DeleteAndVerify(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	at := func(value string, rest ...string) string {
		return path("users", ada, append([]string{"identities", a.identityID(ada, value)}, rest...)...)
	}
	a.do("DELETE", at("ada@example.com"), nil).want(204)
	assert.Equal(t, "a.byron@example.com", a.User(ada)["email"], "the next address is the primary one")
	a.do("DELETE", path("users", ada, "identities", "9"), nil).wantError(404, "RecordNotFound")
	x := a.AddUser(zendesktest.User{Name: "x", Email: "x@example.com", Unverified: true})
	got := a.do("PUT", path("users", x, "identities", a.identityID(x, "x@example.com"), "verify"), nil).want(200).object()
	assert.Equal(t, true, got["verified"])
	assert.NotNil(t, got["verified_at"])
	owner := a.OwnerID()
	a.do("PUT", path("users", owner, "identities", a.identityID(owner, "admin@example.com"), "verify"), nil).wantTitle(403, "Forbidden")
	assert.Equal(t, `""`, a.do("PUT", at("a.byron@example.com", "request_verification"), nil).want(200).raw)
	a.as("grace@example.com", "PUT", path("users", owner, "identities", a.identityID(owner, "admin@example.com")), object{"identity": object{"value": "x2@example.com"}}).want(403)

	b := sandbox(t, zendesktest.Rules{PrimaryDeletionRefused: true})
	b.do("DELETE", path("users", ada, "identities", b.identityID(ada, "ada@example.com")), nil).wantDetail("base", "")
}

// §4.1: identities on create, all or nothing.
func TestIdentities_OnCreate(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	got := a.post(object{"name": "x", "email": "x@example.com", "identities": []object{
		{"type": "email", "value": "y@example.com", "verified": true}, {"type": "twitter", "value": "x"},
	}}).want(201)
	require.Equal(t, []string{"email x@example.com primary", "email y@example.com verified", "twitter x primary"}, a.identities(got.id()))
	a.post(object{"name": "z", "identities": []object{{"type": "email", "value": "z@example.com"}, {"type": "email", "value": "y@example.com"}}}).want(422)
	assert.Nil(t, a.UserByEmail("z@example.com"))
}
