package provision_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const (
	freshURN   = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	zendeskURN = "urn:ietf:params:scim:schemas:extension:zendesk:2.0:User"
)

// shown returns the attributes of a schema that a connection serves, by name.
func shown(t testing.TB, w *world, urn string) map[string]map[string]any {
	t.Helper()
	r := must(t, w, http.MethodGet, "/Schemas/"+urn, nil, 200)
	out := map[string]map[string]any{}
	for _, a := range r.Body["attributes"].([]any) {
		m := a.(map[string]any)
		out[m["name"].(string)] = m
	}
	return out
}

// The fields that an account's administrators have added are in /Schemas with
// their type, their choices, and whether they are required.
func TestSchemas_FreshserviceCustomFields(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Fields: []freshservicetest.RequesterField{
		{Name: "badge_color", Label: "Badge color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green"}, Required: true},
		{Name: "shift", Label: "Shift", Type: freshservicetest.DropdownField, Choices: []string{"early", "late"}},
		{Name: "desk", Label: "Desk", Type: freshservicetest.NumberField, Required: true},
		{Name: "about", Label: "About", Type: freshservicetest.ParagraphField},
		{Name: "on_site", Label: "On site", Type: freshservicetest.CheckboxField},
		{Name: "since", Label: "Since", Type: freshservicetest.DateField},
		{Name: "employee_number", Label: "Number", Required: true},
	}}, nil, nil)
	own := shown(t, w, freshURN)
	for name, want := range map[string]map[string]any{
		"badge_color":     {"type": "string", "required": true, "canonicalValues": []any{"red", "green"}, "description": "Badge color"},
		"shift":           {"type": "string", "required": false, "canonicalValues": []any{"early", "late"}, "description": "Shift"},
		"desk":            {"type": "decimal", "required": true, "canonicalValues": nil, "description": "Desk"},
		"about":           {"type": "string", "required": false, "canonicalValues": nil, "description": "About"},
		"on_site":         {"type": "boolean", "required": false, "canonicalValues": nil, "description": "On site"},
		"since":           {"type": "string", "required": false, "canonicalValues": nil, "description": "Since"},
		"employee_number": {"type": "string", "required": true, "canonicalValues": nil, "description": "Number"},
	} {
		a := own[name]
		require.NotNil(t, a, name)
		for key, v := range want {
			assert.EqualValues(t, v, a[key], "%s %s", name, key)
		}
		assert.Equal(t, false, a["multiValued"], name)
		if name == "employee_number" {
			continue // read into the attribute that SCIM has for it
		}
		assert.Equal(t, "readWrite", a["mutability"], name)
		assert.Equal(t, "default", a["returned"], name)
	}
	// Where Okta puts them they are shown as well, and required by nobody. They can
	// be written there, and are read from the extension.
	custom := shown(t, w, "urn:ietf:params:scim:schemas:core:2.0:User")["custom_fields"]
	assert.Equal(t, "complex", custom["type"])
	assert.Equal(t, false, custom["required"])
	assert.Len(t, custom["subAttributes"], 7)
	onlyWritten := append(custom["subAttributes"].([]any), custom, own["employee_number"])
	for _, a := range onlyWritten {
		assert.Equal(t, "writeOnly", a.(map[string]any)["mutability"], a.(map[string]any)["name"])
		assert.Equal(t, "never", a.(map[string]any)["returned"], a.(map[string]any)["name"])
	}

	// It holds what is shown: one form or another is wanted.
	r := must(t, w, http.MethodPost, "/Users", user("no@example.com", nil), 400)
	assert.Contains(t, string(r.Raw), freshURN+":badge_color")
	assert.Empty(t, w.account.RequesterByEmail("no@example.com"))
	create(t, w, user("one@example.com", map[string]any{freshURN: map[string]any{"badge_color": "red", "desk": 4, "employee_number": "1"}}))
	create(t, w, user("two@example.com", map[string]any{
		"custom_fields": map[string]any{"badge_color": "green", "desk": 5}, enterprise: map[string]any{"employeeNumber": "2"},
		freshURN: map[string]any{"shift": "late"},
	}))
	assert.Equal(t, "green", w.account.RequesterByEmail("two@example.com")["custom_fields"].(map[string]any)["badge_color"])
	assert.Equal(t, 1, find(t, w, freshURN+`:badge_color eq "green"`).Total())
	for _, filter := range []string{`custom_fields.badge_color eq "green"`, `custom_fields.desk gt 1 or title pr`, freshURN + `:employee_number eq "1"`} {
		// An empty list would say that nobody has it.
		r = must(t, w, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), nil, 400)
		assert.Equal(t, "invalidFilter", r.Body["scimType"], filter)
	}
	r = must(t, w, http.MethodPost, "/Users", user("three@example.com", map[string]any{freshURN: map[string]any{"badge_color": "mauve", "desk": 4, "employee_number": "3"}}), 400)
	assert.Contains(t, string(r.Raw), "red, green")
	r = must(t, w, http.MethodPost, "/Users", user("four@example.com", map[string]any{"custom_fields": map[string]any{"badge_color": "mauve", "desk": 4, "employee_number": "3"}}), 400)
	assert.Contains(t, r.Body["detail"], `"mauve" is not one of red, green`, "who is to mend it is told what is wrong")
}

// A field that is added while the connection is at work is shown once the
// account's fields are asked for again.
func TestSchemas_FollowTheAccount(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	before := must(t, w, http.MethodGet, "/Schemas", nil, 200)
	w.account.AddRequesterField(freshservicetest.RequesterField{Name: "locker", Type: freshservicetest.DropdownField, Choices: []string{"a", "b"}})
	_, err := w.target.Refresh(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []any{"a", "b"}, shown(t, w, freshURN)["locker"]["canonicalValues"])
	after, err := w.client.Do(t.Context(), http.MethodGet, "/Schemas", http.Header{"If-None-Match": {before.Header.Get("ETag")}}, nil)
	require.NoError(t, err)
	assert.Equal(t, 200, after.Status)
	again, err := w.client.Do(t.Context(), http.MethodGet, "/Schemas", http.Header{"If-None-Match": {after.Header.Get("ETag")}}, nil)
	require.NoError(t, err)
	assert.Equal(t, 304, again.Status)
}

// What only the target says is announced as read-only, so that an identity
// provider does not offer it as something to send; what a condition looks at can
// be sent, although no rule writes it.
func TestSchemas_WhatIsOnlyReadIsReadOnly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		open                func(t *testing.T) *world
		urn                 string
		readOnly, readWrite []string
	}{
		"freshservice": {
			func(t *testing.T) *world { return freshserviceWorld(t, nil, nil, nil) }, freshURN,
			[]string{"vip", "hasLoggedIn", "departments"},
			[]string{"isAgent", "timeFormat", "location", "backgroundInformation", "seesDepartmentTickets", "workspaces"},
		},
		"zendesk": {
			func(t *testing.T) *world { return zendeskWorld(t, nil, nil, nil) }, zendeskURN,
			[]string{"chatOnly", "roleType", "shared", "sharedAgent", "restrictedAgent", "reportCsv", "sharedPhoneNumber",
				"twoFactorAuthEnabled", "lastLoginAt"},
			[]string{"details", "notes", "signature", "tags", "ticketRestriction", "onlyPrivateComments", "moderator", "verified", "defaultGroup"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := tc.open(t)
			got := map[string]any{}
			for name, a := range shown(t, w, tc.urn) {
				got[name] = a["mutability"]
			}
			want := map[string]any{}
			for _, name := range tc.readOnly {
				want[name] = "readOnly"
			}
			for _, name := range tc.readWrite {
				want[name] = "readWrite"
			}
			assert.Equal(t, want, got)

			// RFC 7644: passed over in a POST and a PUT, refused in a PATCH.
			body := user("ada@example.com", map[string]any{tc.urn: map[string]any{tc.readOnly[0]: true}})
			path := "/Users/" + create(t, w, body).ID()
			must(t, w, http.MethodPut, path, body, 200)
			r := must(t, w, http.MethodPatch, path, patch(set(tc.urn+":"+tc.readOnly[0], true)), 400)
			assert.Equal(t, "mutability", r.Body["scimType"])
		})
	}
}

func TestSchemas_ZendeskCustomFields(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, &zendesktest.Options{Fields: []zendesktest.UserField{
		{Key: "badge", Title: "Badge", Type: "dropdown", Options: []zendesktest.FieldOption{{Name: "Red", Value: "badge_red"}, {Name: "Green", Value: "badge_green"}}},
		{Key: "skills", Title: "Skills", Type: "multiselect", Options: []zendesktest.FieldOption{{Name: "Go", Value: "skill_go"}}},
		{Key: "floor", Title: "Floor", Type: "integer"},
	}}, nil, nil)
	own := shown(t, w, zendeskURN)
	for name, want := range map[string][]any{
		"badge":  {"string", false, false, []any{"badge_red", "badge_green"}, "Badge"},
		"skills": {"string", true, false, []any{"skill_go"}, "Skills"},
		"floor":  {"integer", false, false, nil, "Floor"},
	} {
		a := own[name]
		assert.Equal(t, want, []any{a["type"], a["multiValued"], a["required"], a["canonicalValues"], a["description"]}, name)
	}
}
