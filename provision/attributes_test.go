package provision_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// listed returns the attributes of an object, by path; custom fields that have none
// by their field.
func listed(t testing.TB, w *world, object string) map[string]provision.Attribute {
	t.Helper()
	all, err := w.backend.Attributes(t.Context())
	require.NoError(t, err)
	out := make(map[string]provision.Attribute)
	for _, a := range all {
		if a.Object != object {
			continue
		}
		path := a.Path.String()
		if path == "" {
			path = a.Fields[0]
		}
		require.NotContains(t, out, path)
		out[path] = a
	}
	return out
}

func TestAttributes_CustomFields(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Fields: []freshservicetest.RequesterField{
		{Name: "badge_color", Label: "Badge color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green"}, Required: true},
		{Name: "since", Label: "Since", Type: freshservicetest.DateField},
	}}, nil, nil)
	got := listed(t, w, "requester")
	badge := got[freshURN+":badge_color"]
	name, urn := badge.Path.Relative()
	assert.Equal(t, []string{"badge_color", freshURN}, []string{name, urn})
	require.Len(t, badge.Also, 1)
	name, urn = badge.Also[0].Relative()
	assert.Equal(t, []string{"custom_fields.badge_color", scim.UserSchema().URN}, []string{name, urn}, "the name that Okta's integration has for it")
	badge.Path, badge.Also = schema.Selector{}, nil
	assert.Equal(t, provision.Attribute{ResourceType: "User", Object: "requester", Attribute: mapping.Attribute{
		Fields: []string{"custom_fields.badge_color"}, Description: "Badge color", Choices: []string{"red", "green"}, Required: true, Custom: true,
	}}, badge)
	assert.Equal(t, schema.Date, got[freshURN+":since"].FieldType)

	// A field that is added while the connection is at work is there once the
	// account's fields are asked for again.
	w.account.AddRequesterField(freshservicetest.RequesterField{Name: "locker", Label: "Locker"})
	_, err := w.target.Refresh(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "Locker", listed(t, w, "requester")[freshURN+":locker"].Description)
}

// What is done by an action, or decides what a record becomes, is sent as well,
// although no rule writes it.
func TestAttributes_ActionsGoBothWays(t *testing.T) {
	t.Parallel()
	got := listed(t, freshserviceWorld(t, nil, nil, nil), "requester")
	assert.Equal(t, mapping.Both, got["active"].Direction)
	assert.Equal(t, mapping.Both, got[freshURN+":isAgent"].Direction)
	assert.Equal(t, mapping.ToSCIM, got[freshURN+":vip"].Direction)
	assert.Equal(t, mapping.ToTarget, got["preferredLanguage"].Direction)
	assert.True(t, got["userName"].Required)
	assert.Equal(t, []string{"12h", "24h"}, got[freshURN+":timeFormat"].Choices)
}

func TestAttributes_OfAStoreAreAllOfItsTypes(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	users, groups := listed(t, w, "user"), listed(t, w, "group")
	assert.Equal(t, "User", users["name.givenName"].ResourceType)
	assert.Equal(t, mapping.Both, users["active"].Direction)
	assert.Equal(t, "Group", groups["members.value"].ResourceType)
	assert.True(t, groups["members.value"].MultiValued)
}

// Errors are for administrators, who are to see what is wrong.
func TestAttributes_OfAnAccountThatTheKeyDoesNotOpen(t *testing.T) {
	t.Parallel()
	srv := freshservicetest.NewServer(nil)
	t.Cleanup(srv.Close)
	target, err := freshservice.New("acme", freshservice.APIKey("wrong"), &freshservice.Options{Transport: srv.Client().Transport})
	require.NoError(t, err)
	b, err := provision.New(target, freshservice.Mappings, nil)
	require.NoError(t, err)
	_, err = b.Attributes(t.Context())
	assert.ErrorIs(t, err, connector.Unauthenticated)
}

// The list and /Schemas are two sides of the same thing: what is listed is in
// /Schemas with the same type, choices and rights, and every attribute of the
// application's own there is listed.
func TestAttributes_AgreeWithSchemas(t *testing.T) {
	t.Parallel()
	fresh := freshservicetest.Sandbox()
	fresh.Fields = append(fresh.Fields, freshservicetest.RequesterField{Name: "shift", Label: "Shift", Required: true})
	for name, tc := range map[string]struct {
		w   *world
		urn string
		own string // container of custom fields
	}{
		"freshservice": {freshserviceWorld(t, fresh, nil, nil), freshURN, "custom_fields"},
		"zendesk":      {zendeskWorld(t, zendesktest.Sandbox(), nil, nil), zendeskURN, "user_fields"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			types, err := tc.w.backend.Types(t.Context())
			require.NoError(t, err)
			all, err := tc.w.backend.Attributes(t.Context())
			require.NoError(t, err)
			shownAs := map[string]map[string]map[string]any{}
			for _, rt := range types.All() {
				for _, s := range rt.Type.Schemas() {
					if shownAs[s.URN] == nil {
						shownAs[s.URN] = shown(t, tc.w, s.URN)
					}
				}
			}
			find := func(path schema.Selector) map[string]any {
				name, urn := path.Relative()
				first, sub, _ := strings.Cut(name, ".")
				first, _, filtered := strings.Cut(first, "[")
				if filtered {
					sub = name[strings.LastIndexByte(name, '.')+1:]
				}
				a := shownAs[urn][first]
				if a == nil || sub == "" {
					return a
				}
				for _, s := range a["subAttributes"].([]any) {
					if s := s.(map[string]any); s["name"] == sub {
						return s
					}
				}
				return nil
			}
			seen := map[string]bool{}
			for _, a := range all {
				required := false
				for i, path := range append([]schema.Selector{a.Path}, a.Also...) {
					name, urn := path.Relative()
					seen[urn+":"+name] = true
					if first := path.Attribute().Name; first == "meta" || first == "externalId" {
						continue // those that all resources have are in no schema
					}
					s := find(path)
					require.NotNil(t, s, "%s is not in /Schemas", path)
					if s["type"] != "complex" {
						assert.Equal(t, a.Type.String(), s["type"], path)
					}
					required = required || s["required"] == true
					if urn != tc.urn {
						continue
					}
					assert.Equal(t, a.MultiValued, s["multiValued"], path)
					assert.Equal(t, a.Direction == mapping.ToSCIM, s["mutability"] == "readOnly", path)
					assert.Equal(t, i > 0 || a.Direction == mapping.ToTarget, s["mutability"] == "writeOnly", path)
					choices, _ := s["canonicalValues"].([]any)
					assert.Len(t, a.Choices, len(choices), path)
					for i, c := range choices {
						assert.Equal(t, a.Choices[i], c, path)
					}
				}
				if a.Custom {
					assert.Equal(t, required, a.Required, a.Path)
				}
			}
			for name := range shownAs[tc.urn] {
				assert.True(t, seen[tc.urn+":"+name], "%s is in /Schemas and not listed", name)
			}
			custom := shownAs[scim.UserSchema().URN][tc.own]["subAttributes"].([]any)
			assert.NotEmpty(t, custom)
			for _, s := range custom {
				path := scim.UserSchema().URN + ":" + tc.own + "." + s.(map[string]any)["name"].(string)
				assert.True(t, seen[path], "%s is in /Schemas and not listed", path)
			}
		})
	}
}

// Where several kinds of records stand behind one resource type, each has a list
// of its own.
func TestAttributes_ByObject(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{
		Fields:      []freshservicetest.RequesterField{{Name: "badge_color", Label: "Badge color"}},
		AgentFields: []freshservicetest.AgentField{{Name: "shift", Label: "Shift"}},
	}, &freshservice.Options{Agents: freshservice.AgentsManaged, Owner: "admin@example.com"}, nil)
	all, err := w.backend.Attributes(t.Context())
	require.NoError(t, err)
	objects := map[string]string{}
	for _, a := range all {
		objects[a.Object] = a.ResourceType
	}
	assert.Equal(t, map[string]string{"requester": "User", "agent": "User", "requester_group": "Group", "agent_group": "Group"}, objects)

	requester, agent, group := listed(t, w, "requester"), listed(t, w, "agent"), listed(t, w, "agent_group")
	assert.Contains(t, requester, freshURN+":badge_color")
	assert.NotContains(t, requester, freshURN+":shift")
	assert.Equal(t, "Shift", agent[freshURN+":shift"].Description)
	assert.False(t, requester["title"].CreateOnly)
	assert.True(t, agent["title"].CreateOnly, "Freshservice documents no way of changing it")
	assert.Equal(t, []string{"role_ids"}, agent["roles.value"].Fields)
	assert.Equal(t, mapping.Both, agent[freshURN+":isAgent"].Direction, "it converts")
	const kind = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:Group:kind"
	assert.Equal(t, mapping.Both, group[kind].Direction, "it decides what a new group is")
	assert.Equal(t, mapping.Both, group["members.value"].Direction)
}
