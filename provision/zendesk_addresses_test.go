package provision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// addressesOf are the e-mail addresses of a user, the primary one first.
func (w *world) addressesOf(id int64) []string {
	var first, more []string
	for _, i := range w.zendesk.Identities(id) {
		switch {
		case i["type"] != "email":
		case i["primary"] == true:
			first = append(first, i["value"].(string))
		default:
			more = append(more, i["value"].(string))
		}
	}
	return append(first, more...)
}

func (w *world) phonesOf(id int64) []string {
	var out []string
	for _, i := range w.zendesk.Identities(id) {
		if i["type"] == "phone_number" {
			out = append(out, i["value"].(string))
		}
	}
	return out
}

// TestZendesk_AddressChange: a new login goes by the identities, in three calls at
// most beside the read of a PUT, and what becomes of the old address is a setting.
func TestZendesk_AddressChange(t *testing.T) {
	t.Parallel()
	const (
		reads    = "GET /users/{id}"
		lists    = "GET /users/{id}/identities?page[size]&type[]"
		rewrites = "PUT /users/{id}/identities/{id}"
		adds     = "POST /users/{id}/identities"
		promotes = "PUT /users/{id}/identities/{id}/make_primary"
		drops    = "DELETE /users/{id}/identities/{id}"
	)
	account := func() *zendesktest.Options {
		o := staff()
		o.Users = append(o.Users, zendesktest.User{ID: 710, Name: "Two", Email: "two@example.com", OtherEmails: []string{"second@example.com"}})
		return o
	}
	tests := []struct {
		name, change string
		user         int64
		to           string
		want         []string
		calls        []string // without the reads of the user itself
	}{
		{"replaced", zendesk.EmailReplace, 702, "new@example.com", []string{"new@example.com"}, []string{lists, rewrites}},
		{"kept", zendesk.EmailKeep, 702, "new@example.com", []string{"new@example.com", "person@example.com"}, []string{lists, adds, promotes}},
		{"to one that is there, replaced", zendesk.EmailReplace, 710, "second@example.com", []string{"second@example.com"}, []string{lists, promotes, drops}},
		{"to one that is there, kept", zendesk.EmailKeep, 710, "second@example.com", []string{"second@example.com", "two@example.com"}, []string{lists, promotes}},
		{"of an agent", zendesk.EmailReplace, 700, "new@example.com", []string{"new@example.com"}, []string{lists, rewrites}},
		{"another case", zendesk.EmailReplace, 702, "PERSON@example.com", []string{"person@example.com"}, nil},
	}
	for _, tt := range tests {
		for _, method := range []string{"PATCH", "PUT"} {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				w := zendeskWorld(t, account(), &zendesk.Options{EmailChange: tt.change}, nil)
				path := fmt.Sprintf("/Users/%d", tt.user)
				body := must(t, w, "GET", path, nil, 200).Body
				w.takeCalls()
				var request any = patch(set("userName", tt.to))
				if method == "PUT" {
					body["userName"] = tt.to
					delete(body, "emails")
					request = body
				}
				r := must(t, w, method, path, request, 200)
				assert.Equal(t, tt.want, w.addressesOf(tt.user))
				assert.Equal(t, tt.want[0], w.zendesk.User(tt.user)["email"])
				assert.Equal(t, tt.want[0], r.Body["userName"])
				var calls []string
				all := w.takeCalls()
				if len(tt.calls) == 2 {
					assert.Equal(t, 1, strings.Count(strings.Join(all, "\n"), reads+"\n"), "three calls with the read before")
				}
				for _, c := range all {
					if c != reads && c != "GET /groups/{id}" { // a reference: the default group of an agent
						calls = append(calls, c)
					}
				}
				assert.Equal(t, tt.calls, calls)
				assert.LessOrEqual(t, len(calls), 3)

				must(t, w, method, path, request, 200)
				assert.Equal(t, tt.want, w.addressesOf(tt.user), "twice is once")
				assert.NotContains(t, w.takeCalls(), adds)
				assert.Equal(t, 1, find(t, w, `userName eq "`+tt.to+`"`).Total())
			})
		}
	}
}

// TestZendesk_AddressOfSomebodyElse: an address that another user has, as the
// primary one or as a further one, is refused, and nothing is written.
func TestZendesk_AddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	o := staff()
	o.Users = append(o.Users, zendesktest.User{ID: 710, Name: "Two", Email: "two@example.com", OtherEmails: []string{"second@example.com"}})
	for _, change := range []string{zendesk.EmailReplace, zendesk.EmailKeep} {
		for _, address := range []string{"two@example.com", "second@example.com"} {
			w := zendeskWorld(t, o, &zendesk.Options{EmailChange: change}, nil)
			r := must(t, w, "PATCH", "/Users/702", patch(set("displayName", "Other"), set("userName", address)), 409)
			assert.Equal(t, "uniqueness", r.Body["scimType"])
			assert.Equal(t, []string{"person@example.com"}, w.addressesOf(702))
			assert.Equal(t, "Person", w.zendesk.User(702)["name"])
			r = must(t, w, "POST", "/Users", user(address, nil), 409)
			assert.Equal(t, "uniqueness", r.Body["scimType"])
		}
	}
}

// TestZendesk_SeveralOfEach: further addresses, numbers and organizations are sets
// where the settings say so, and only what comes or goes is written.
func TestZendesk_SeveralOfEach(t *testing.T) {
	t.Parallel()
	managed := &zendesk.Options{SecondaryEmails: zendesk.SetManaged, SecondaryPhones: zendesk.SetManaged, SecondaryOrganizations: zendesk.SetManaged}
	w := zendeskWorld(t, touring(zendesktest.Rules{}), managed, nil)
	several := func(emails, phones, organizations []string) map[string]any {
		mail := []any{map[string]any{"type": "work", "value": "ada@example.com", "primary": true}}
		for _, e := range emails {
			mail = append(mail, map[string]any{"type": "other", "value": e})
		}
		phone := []any{map[string]any{"type": "work", "value": "+15550100", "primary": true}}
		for _, p := range phones {
			phone = append(phone, map[string]any{"type": "other", "value": p})
		}
		return user("ada@example.com", map[string]any{
			"emails": mail, "phoneNumbers": phone, enterprise: map[string]any{"organization": "Sales"}, zendeskURN: map[string]any{"organizations": organizations},
		})
	}
	r := create(t, w, several([]string{"a@example.org", "b@example.org"}, []string{"+15550101"}, []string{"Lab", "Office"}))
	id := w.zendesk.UserByEmail("ada@example.com")["id"].(int64)
	path := "/Users/" + r.ID()
	check := func(of string, emails, phones []string, organizations []int64) {
		t.Helper()
		assert.Equal(t, "ada@example.com", w.addressesOf(id)[0], of)
		assert.ElementsMatch(t, emails, w.addressesOf(id)[1:], of)
		assert.ElementsMatch(t, phones, w.phonesOf(id), of)
		assert.Equal(t, organizations[0], w.zendesk.User(id)["organization_id"], of)
		assert.ElementsMatch(t, organizations, w.zendesk.UserOrganizations(id), of)
		body := must(t, w, "GET", path, nil, 200).Body
		assert.Len(t, body["emails"], 1+len(emails), of)
		assert.Len(t, body["phoneNumbers"], len(phones), of)
	}
	check("create", []string{"a@example.org", "b@example.org"}, []string{"+15550100", "+15550101"}, []int64{41, 43, 44})

	must(t, w, "PUT", path, several([]string{"b@example.org", "C@example.org"}, []string{"+15550102"}, []string{"Tour Operations", "Lab"}), 200)
	check("PUT", []string{"b@example.org", "c@example.org"}, []string{"+15550100", "+15550102"}, []int64{41, 42, 43})
	w.takeCalls()
	must(t, w, "PUT", path, several([]string{"b@example.org", "C@example.org"}, []string{"+15550102"}, []string{"Tour Operations", "Lab"}), 200)
	for _, c := range w.takeCalls() {
		assert.Contains(t, c, "GET ", "a PUT of the same writes nothing")
	}
	must(t, w, "PATCH", path, patch(map[string]any{"op": "add", "path": "emails", "value": []any{map[string]any{"type": "other", "value": "d@example.org"}}}), 200)
	must(t, w, "PATCH", path, patch(map[string]any{"op": "remove", "path": zendeskURN + ":organizations", "value": []any{"Lab"}}), 200)
	check("PATCH", []string{"b@example.org", "c@example.org", "d@example.org"}, []string{"+15550100", "+15550102"}, []int64{41, 42})
	must(t, w, "PUT", path, user("ada@example.com", map[string]any{"phoneNumbers": []any{map[string]any{"type": "work", "value": "+15550100"}}}), 200)
	check("PUT of a client that does not speak of them", []string{"b@example.org", "c@example.org", "d@example.org"}, []string{"+15550100"}, []int64{41, 42})
	must(t, w, "PATCH", path, patch(map[string]any{"op": "remove", "path": zendeskURN + ":organizations"}), 200)
	must(t, w, "PUT", path, several(nil, nil, nil), 200)
	check("PUT without any", nil, []string{"+15550100"}, []int64{41})
	assert.Equal(t, []int64{41, 42, 43}, w.zendesk.UserOrganizations(704), "nobody else moves")

	must(t, w, "POST", "/Users", user("x@example.com", map[string]any{zendeskURN: map[string]any{"organizations": []string{"Nowhere"}}}), 400)
	must(t, w, "PATCH", path, patch(map[string]any{"op": "add", "path": "emails", "value": []any{map[string]any{"type": "other", "value": "one@example.com"}}}), 409)
	check("an address of somebody else", nil, []string{"+15550100"}, []int64{41})
}

// TestZendesk_Phones: a changed number takes the place of the old one, which a
// plain write would not do, and a cleared one is gone.
func TestZendesk_Phones(t *testing.T) {
	t.Parallel()
	o := staff()
	o.Users = append(o.Users, zendesktest.User{ID: 710, Name: "Line", Email: "line@example.com", Phone: "+15550100"},
		zendesktest.User{ID: 711, Name: "Shared", Email: "shared@example.com", Phone: "+15550190", SharedPhone: true})
	w := zendeskWorld(t, o, nil, nil)
	number := func(value string) map[string]any {
		return patch(set("phoneNumbers", []any{map[string]any{"type": "work", "value": value, "primary": true}}))
	}
	for _, tt := range []struct {
		user int64
		to   string
		want []string
	}{
		{702, "+15550111", []string{"+15550111"}},
		{710, "+15550112", []string{"+15550112"}},
		{711, "+15550113", []string{"+15550113"}},
		{710, "+15550112", []string{"+15550112"}},
		{702, "+15550113", nil}, // somebody has it: it is shared, and no identity
	} {
		must(t, w, "PATCH", fmt.Sprintf("/Users/%d", tt.user), number(tt.to), 200)
		assert.Equal(t, tt.to, w.zendesk.User(tt.user)["phone"])
		assert.Equal(t, tt.want, w.phonesOf(tt.user), "%d to %s", tt.user, tt.to)
	}
	must(t, w, "PATCH", "/Users/710", patch(map[string]any{"op": "remove", "path": "phoneNumbers"}), 200)
	assert.Empty(t, w.zendesk.User(710)["phone"])
	assert.Nil(t, must(t, w, "GET", "/Users/710", nil, 200).Body["phoneNumbers"])
}

// TestZendesk_SetsInDiscovery: what clients are told of further addresses, numbers
// and organizations follows the settings, and the account.
func TestZendesk_SetsInDiscovery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		driver *zendesk.Options
		single bool
		want   []string // fields that attributes reach
	}{
		{"ignored", nil, false, nil},
		{"managed", &zendesk.Options{SecondaryEmails: zendesk.SetManaged, SecondaryPhones: zendesk.SetManaged, SecondaryOrganizations: zendesk.SetManaged}, false,
			[]string{"secondary_emails", "secondary_organization_ids", "secondary_phones"}},
		{"managed, users have one organization", &zendesk.Options{SecondaryOrganizations: zendesk.SetManaged}, true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			account := touring(zendesktest.Rules{})
			if tt.single {
				account.Settings = &zendesktest.Settings{Tagging: true}
			}
			w := zendeskWorld(t, account, tt.driver, nil)
			var got []string
			list, err := w.backend.Attributes(t.Context())
			require.NoError(t, err)
			for _, a := range list {
				for _, f := range a.Fields {
					if strings.HasPrefix(f, "secondary_") {
						got = append(got, f)
					}
				}
			}
			slices.Sort(got)
			assert.Equal(t, tt.want, got)
			shown := fmt.Sprint(must(t, w, "GET", "/Schemas/"+zendeskURN, nil, 200).Body)
			assert.Equal(t, slices.Contains(tt.want, "secondary_organization_ids"), strings.Contains(shown, "name:organizations"))
		})
	}
}
