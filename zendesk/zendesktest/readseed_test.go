package zendesktest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const wholeSeed = `{
	"plan": "team", "variant": "deleted-groups-not-found", "seats": 3, "bulk_import": true,
	"time_zone": "London", "time_zones": ["London", "Berlin"], "locales": ["en-US", "de"],
	"settings": {"tagging": false, "multiple_organizations": false},
	"oauth_clients": [{"id": "client", "secret": "s", "user": 7, "scopes": ["read"]}],
	"access_tokens": [{"value": "token", "scope": "users:read"}], "api_tokens": ["api"],
	"owner": {"id": 1, "name": "Avery", "email": "avery@example.com"},
	"default_group_id": 50, "default_role_id": 60,
	"groups": [{"id": 50, "name": "Desk"}, {"id": 51, "name": "Night", "private": true}],
	"custom_roles": [{"id": 60, "name": "Advisor", "role_type": 0, "manage_groups": true}, {"id": 61, "name": "Light", "role_type": 1}],
	"user_fields": [{"key": "badge", "type": "dropdown", "custom_field_options": [{"name": "Red", "value": "red"}]},
		{"key": "desk", "type": "integer"}, {"key": "langs", "type": "multiselect", "custom_field_options": [{"value": "en"}, {"value": "de"}]},
		{"key": "start", "type": "date"}],
	"organization_fields": [{"key": "region"}],
	"organizations": [{"id": 70, "name": "Acme", "domain_names": ["example.net"], "organization_fields": {"region": "north"}}],
	"users": [{"id": 7, "name": "Grace", "email": "grace@example.com", "role": "agent", "custom_role_id": 60, "group_ids": [51, 50]},
		{"id": 8, "name": "Ada", "external_id": "E-1", "organization_ids": [70], "created_at": "2026-01-02T03:04:05Z",
			"user_fields": {"badge": "red", "desk": 9007199254740993, "langs": ["de", "en"], "start": "2026-01-05"}}]
}`

func TestReadSeed(t *testing.T) {
	t.Parallel()
	opts, err := zendesktest.ReadSeed(strings.NewReader(wholeSeed))
	require.NoError(t, err)
	assert.Equal(t, zendesktest.Team, opts.Plan)
	assert.True(t, opts.Rules.DeletedGroupsNotFound)
	a := newAccount(t, *opts)
	assert.Equal(t, int64(1), a.OwnerID())
	ada := a.User(8)
	assert.Equal(t, []any{"E-1", int64(70), "2026-01-02T03:04:05Z", "London"}, []any{ada["external_id"], ada["organization_id"], ada["created_at"], ada["time_zone"]})
	assert.Equal(t, object{"badge": "red", "desk": num(9007199254740993), "langs": []string{"en", "de"}, "start": "2026-01-05T00:00:00Z"}, ada["user_fields"], "no digit is lost")
	assert.NotContains(t, ada, "tags", "tagging is off")
	assert.Equal(t, []int64{51, 50}, a.UserGroups(7))
	assert.Equal(t, int64(50), a.GroupID("Desk"))
	assert.Equal(t, "north", a.Organizations()[0]["organization_fields"].(object)["region"])
	settings := a.do("GET", "/account/settings", nil).want(200).object()
	assert.Equal(t, false, settings["user"].(object)["multiple_organizations"])
	assert.Equal(t, true, settings["user"].(object)["language_selection"], "the default")
	a.as("Bearer token", "GET", "/users", nil).want(200)
	a.do("POST", "/users/create_many", object{"users": []object{{"name": "x"}}}).want(200)
	assert.Equal(t, []string{"client", "s", "api"}, []string{a.ClientID(), a.ClientSecret(), a.APIToken()})

	empty, err := zendesktest.ReadSeed(strings.NewReader("{}"))
	require.NoError(t, err)
	settingsOf := zendesktest.DefaultSettings()
	assert.Equal(t, &zendesktest.Options{Settings: &settingsOf}, empty)
}

func TestReadSeed_Refusals(t *testing.T) {
	t.Parallel()
	for seed, want := range map[string]string{
		``:                                              "seed: the seed is empty",
		`{"people": []}`:                                `unknown field "people"`,
		`{"users": [{"primary_email": "x"}]}`:           `unknown field "primary_email"`,
		`{"settings": {"tags": true}}`:                  `unknown field "tags"`,
		`{"users": [{"id": "7"}]}`:                      "cannot unmarshal string",
		`{} {}`:                                         "more than one JSON object",
		`{"plan": "gold"}`:                              `no plan "gold"`,
		`{"variant": "odd"}`:                            `no variant "odd"`,
		`{"users": [{"role": "owner"}]}`:                `no role "owner"`,
		`{"owner": {"role": "x"}}`:                      `no role "x"`,
		`{"custom_roles": [{"role_type": 6}]}`:          "no role type 6",
		`{"user_fields": [{"type": "number"}]}`:         `no type "number" of fields`,
		`{"users": [{"id": 7}], "groups": [{"id": 7}]}`: "two records have the id 7",
		`{"owner": {"id": 7}, "organizations": [{"id": 7}]}`:        "two records have the id 7",
		`{"custom_roles": [{"id": 7}], "user_fields": [{"id": 7}]}`: "two records have the id 7",
		`{"organization_fields": [{"id": 7}], "owner": {"id": 7}}`:  "two records have the id 7",
	} {
		opts, err := zendesktest.ReadSeed(strings.NewReader(seed))
		require.ErrorContains(t, err, want, seed)
		assert.Nil(t, opts)
	}
}
