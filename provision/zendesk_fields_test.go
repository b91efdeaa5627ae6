package provision_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// formed is an account with a field of every type.
func formed() *zendesktest.Options {
	options := func(values ...string) (out []zendesktest.FieldOption) {
		for _, v := range values {
			out = append(out, zendesktest.FieldOption{Value: v, Name: strings.ToUpper(v)})
		}
		return out
	}
	o := staff()
	o.Fields = []zendesktest.UserField{
		{Key: "desk"}, {Key: "story", Type: zendesktest.TextareaField},
		{Key: "badge", Type: zendesktest.RegexpField, Regexp: "^B-[0-9]+$"},
		{Key: "on_site", Type: zendesktest.CheckboxField, Tag: "on_site_staff"},
		{Key: "since", Type: zendesktest.DateField}, {Key: "floor", Type: zendesktest.IntegerField}, {Key: "hours", Type: zendesktest.DecimalField},
		{Key: "color", Type: zendesktest.DropdownField, Options: options("red", "green")},
		{Key: "skills", Type: zendesktest.MultiselectField, Options: options("go", "sql", "tea")},
		{Key: "buddy", Type: zendesktest.LookupField, Target: "zen:user"},
		{Key: "old", Inactive: true},
	}
	return o
}

// TestZendesk_FieldsOfEveryType: what is sent is stored in the type of the field and
// read back, whether it was sent as that or as a text.
func TestZendesk_FieldsOfEveryType(t *testing.T) {
	t.Parallel()
	typed := map[string]any{
		"desk": "7b", "story": "Two\nlines", "badge": "B-17", "on_site": true, "since": "2026-01-05", "floor": 3, "hours": 37.5,
		"color": "red", "skills": []any{"go", "tea"}, "buddy": 702, "tags": []any{"VIP"},
	}
	texts := map[string]any{
		"desk": "7b", "story": "Two\nlines", "badge": "B-17", "on_site": "True", "since": "2026-01-05", "floor": "3", "hours": "37.5",
		"color": "red", "skills": []any{"tea", "go"}, "buddy": "702", "tags": []any{"vip"},
	}
	for name, in := range map[string]map[string]any{"typed": typed, "as texts": texts} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, formed(), nil, nil)
			body := user("ada@example.com", map[string]any{zendeskURN: in})
			path := "/Users/" + create(t, w, body).ID()
			w.costs(t, "create", "POST /users")
			stored := func(want string, tags ...string) {
				t.Helper()
				u := w.zendesk.UserByEmail("ada@example.com")
				got, err := json.Marshal(u["user_fields"])
				require.NoError(t, err)
				assert.JSONEq(t, want, string(got))
				assert.ElementsMatch(t, tags, u["tags"])
			}
			all := `{"badge":"B-17","buddy":702,"color":"red","desk":"7b","floor":3,"hours":37.5,"on_site":true,"since":"2026-01-05T00:00:00Z","skills":["go","tea"],"story":"Two\nlines"}`
			stored(all, "go", "on_site_staff", "red", "tea", "vip")
			read := must(t, w, "GET", path, nil, 200).Body[zendeskURN].(map[string]any)
			assert.Equal(t, []any{"vip"}, read["tags"], "those that the fields make are not the user's own")
			assert.Equal(t, []any{true, "red", "7b", "B-17"}, []any{read["on_site"], read["color"], read["desk"], read["badge"]})
			assert.NotContains(t, read, "old")

			w.takeCalls()
			must(t, w, "PUT", path, body, 200)
			w.costs(t, "PUT of the same", "GET /users/{id}")
			must(t, w, "PATCH", path, patch(set(zendeskURN+":floor", 4), set(zendeskURN+":tags", []any{"new"})), 200)
			stored(strings.Replace(all, `"floor":3`, `"floor":4`, 1), "go", "new", "on_site_staff", "red", "tea")
			must(t, w, "PATCH", path, patch(map[string]any{"op": "remove", "path": zendeskURN + ":color"}, set(zendeskURN+":skills", []any{"sql"}), set(zendeskURN+":on_site", false)), 200)
			stored(`{"badge":"B-17","buddy":702,"color":null,"desk":"7b","floor":4,"hours":37.5,"on_site":false,"since":"2026-01-05T00:00:00Z","skills":["sql"],"story":"Two\nlines"}`, "new", "sql")
			delete(body, zendeskURN)
			must(t, w, "PUT", path, body, 200)
			u := w.zendesk.UserByEmail("ada@example.com")
			for key, v := range u["user_fields"].(map[string]any) {
				assert.Contains(t, []string{"null", "[]", "false", `""`}, toJSON(t, v), key)
			}
			assert.Empty(t, u["tags"])
		})
	}
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// TestZendesk_FieldErrors: a value that does not fit is refused with the name that
// SCIM has for it, before anybody is made.
func TestZendesk_FieldErrors(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, formed(), nil, nil)
	people := len(w.natives())
	tests := []struct {
		name, attribute string
		value           any
	}{
		{"a pattern", zendeskURN + ":badge", "17"},
		{"no option", zendeskURN + ":color", "mauve"},
		{"no option of several", zendeskURN + ":skills", []any{"go", "cobol"}},
		{"no number", zendeskURN + ":floor", "third"},
		{"no date", zendeskURN + ":since", "yesterday"},
		{"no switch", zendeskURN + ":on_site", "perhaps"},
		{"nobody", zendeskURN + ":buddy", 999},
		{"a tag with a blank", zendeskURN + ":tags", []any{"not ok"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			short := strings.TrimPrefix(tt.attribute, zendeskURN+":")
			in := user("x@example.com", map[string]any{zendeskURN: map[string]any{short: tt.value}})
			for _, r := range []struct {
				method, path string
				body         any
			}{{"POST", "/Users", in}, {"PATCH", "/Users/702", patch(set(tt.attribute, tt.value))}} {
				got := must(t, w, r.method, r.path, r.body, 400)
				assert.Equal(t, "invalidValue", got.Body["scimType"])
				assert.Contains(t, got.Body["detail"], short)
				assert.Contains(t, w.events.last().Words, short)
			}
		})
	}
	assert.Len(t, w.natives(), people)
	assert.Equal(t, "Person", w.zendesk.User(702)["name"])
}

// TestZendesk_LanguageAndZone: tags of languages and names of zones come in the forms
// that clients have.
func TestZendesk_LanguageAndZone(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, &zendesktest.Options{Locales: []string{"en-US", "de", "pt-br"}}, nil, nil)
	for i, tt := range []struct{ attribute, value, field, want string }{
		{"locale", "de_DE", "locale", "de"}, {"locale", "pt-BR", "locale", "pt-br"}, {"preferredLanguage", "de-AT", "locale", "de"},
		{"locale", "fr-FR", "locale", "en-US"},
		{"timezone", "Europe/Berlin", "time_zone", "Berlin"}, {"timezone", "Asia/Calcutta", "time_zone", "Kolkata"},
	} {
		name := fmt.Sprintf("user%d@example.com", i)
		id := create(t, w, user(name, map[string]any{tt.attribute: tt.value})).ID()
		assert.Equal(t, tt.want, w.zendesk.UserByEmail(name)[tt.field], tt.value)
		w.takeCalls()
		must(t, w, "PUT", "/Users/"+id, user(name, map[string]any{tt.attribute: tt.value}), 200)
		w.costs(t, "PUT of the same", readsUser)
	}
}

// organizationsOrError refuses what the default mapping leaves out.
const organizationsOrError = `
apiVersion: mapping/v1
name: organizations-or-error
extends: zendesk-user
lookups:
  organization: {object: organization, keys: [name, external_id], value: id, onMissing: create}
`

// TestZendesk_OrganizationOfUser: by name or external id, in any case; one that there
// is not is left out with a warning, or made where the connection may.
func TestZendesk_OrganizationOfUser(t *testing.T) {
	t.Parallel()
	account := func() *zendesktest.Options {
		return &zendesktest.Options{IndexLag: zendesktest.NoIndexLag, Organizations: []zendesktest.Organization{{ID: 41, Name: "Sales", ExternalID: "org-1"}}}
	}
	in := func(name, organization string) map[string]any {
		return user(name, map[string]any{enterprise: map[string]any{"organization": organization}})
	}
	w := zendeskWorld(t, account(), nil, nil)
	for i, named := range []string{"Sales", "SALES", "org-1", "ORG-1"} {
		r := create(t, w, in(fmt.Sprintf("u%d@example.com", i), named))
		assert.Equal(t, int64(41), w.zendesk.UserByEmail(fmt.Sprintf("u%d@example.com", i))["organization_id"], named)
		assert.Equal(t, "Sales", r.Body[enterprise].(map[string]any)["organization"])
	}
	create(t, w, in("lost@example.com", "Nowhere"))
	assert.Contains(t, w.events.last().Words, "organization")
	assert.Nil(t, w.zendesk.UserByEmail("lost@example.com")["organization_id"])
	assert.Len(t, w.zendesk.Organizations(), 1)

	w = zendeskWorld(t, account(), nil, &provision.Options{CreateReferences: true})
	create(t, w, in("first@example.com", "Studio"))
	const byName, byExternalID = "GET /organizations/search?name", "GET /organizations/search?external_id"
	w.costs(t, "made on demand, with a second look once nobody else can make it", byName, byExternalID, byName, byExternalID, "POST /organizations", "POST /users")
	create(t, w, in("second@example.com", "studio"))
	assert.Len(t, w.zendesk.Organizations(), 2)
	id := w.zendesk.OrganizationID("Studio")
	for _, name := range []string{"first@example.com", "second@example.com"} {
		assert.Equal(t, id, w.zendesk.UserByEmail(name)["organization_id"])
	}
	must(t, w, "PATCH", "/Users/"+find(t, w, `userName eq "first@example.com"`).Resources()[0]["id"].(string), patch(set(enterprise+":organization", "Third")), 200)
	assert.Len(t, w.zendesk.Organizations(), 3)

	w = zendeskMapped(t, organizationsOrError, account(), nil, nil)
	must(t, w, "POST", "/Users", in("none@example.com", "Studio"), 400)
	assert.Len(t, w.zendesk.Organizations(), 1, "not without create_references")
	assert.Nil(t, w.zendesk.UserByEmail("none@example.com"))
}
