package scim_test

import (
	"context"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
	"github.com/usher-scim/usher/scim/scimtest"
)

// without is the compatible profile less one repair.
func without(repair string) func(*scim.Options) {
	return func(o *scim.Options) {
		all := scim.ProfileCompatible().Repairs
		o.Profile = scim.Profile{Name: "without " + repair, Repairs: slices.DeleteFunc(all, func(r string) bool { return r == repair })}
	}
}

// Each repair makes a request do what its client means. Without that one repair
// the same request is refused, or does something else.
func TestRepairs(t *testing.T) {
	t.Parallel()
	manager := entURN + ":manager"
	cases := map[string]struct {
		request, body string
		path          []string // to look at in the answer
		want          any
		refused       string // the scimType without the repair, "" where another value comes of it
	}{
		"stringBooleans":        {"PATCH /Users/1", patchBody(op("Replace", "active", `"False"`)), at("active"), false, "invalidValue"},
		"emptyAsUnset":          {"POST /Users", `{"userName":"o@example.com","active":""}`, at("active"), true, "invalidValue"},
		"createMissing":         {"PATCH /Users/1", patchBody(op("Add", `phoneNumbers[type eq "work"].value`, `"1"`)), at("phoneNumbers"), []any{object{"type": "work", "value": "1"}}, "noTarget"},
		"removeAbsent":          {"PATCH /Users/1", patchBody(op("remove", `emails[type eq "other"]`, "")), at("emails"), []any{work, home}, "noTarget"},
		"removeByValue":         {"PATCH /Users/1", patchBody(op("Remove", "emails", `[{"value":"a@example.com"}]`)), at("emails"), []any{home}, "invalidValue"},
		"extensionPath":         {"PATCH /Users/1", patchBody(op("add", entURN, `{"department":"x"}`)), at(entURN, "department"), "x", "invalidPath"},
		"bareExtension":         {"PATCH /Users/1", patchBody(op("replace", "department", `"x"`)), at(entURN, "department"), "x", "invalidPath"},
		"dottedKeys":            {"PATCH /Users/1", patchBody(op("replace", "", `{"name.givenName":"x"}`)), at("name", "givenName"), "x", ""},
		"qualifiedKeys":         {"PATCH /Users/1", patchBody(op("replace", "", `{"`+entURN+`:department":"x"}`)), at(entURN, "department"), "x", ""},
		"unknownKeys":           {"PATCH /Users/1", patchBody(op("replace", "", `{"nope":1,"title":"x"}`)), at("title"), "x", "invalidPath"},
		"readOnlyRepeats":       {"PATCH /Users/1", patchBody(op("replace", "", `{"id":"1","title":"x"}`)), at("title"), "x", "mutability"},
		"addNull":               {"PATCH /Users/1", patchBody(op("Add", "title", `null`)), at("title"), nil, "invalidValue"},
		"plainReference":        {"PATCH /Users/1", patchBody(op("Add", manager, `"8"`)), at(entURN, "manager", "value"), "8", "invalidValue"},
		"singleAsList":          {"PUT /Users/1", userBody(`"emails":{"value":"x"}`), at("emails"), []any{object{"value": "x"}}, "invalidValue"},
		"listAsSingle":          {"PATCH /Users/1", patchBody(op("Add", manager, `[{"value":"8"}]`)), at(entURN, "manager", "value"), "8", "invalidValue"},
		"severalPrimaries":      {"PUT /Users/1", userBody(`"emails":[{"value":"x","primary":true},{"value":"y","primary":true}]`), at("emails"), []any{object{"value": "x", "primary": true}, object{"value": "y", "primary": false}}, "invalidValue"},
		"textRoles":             {"PATCH /Users/1", patchBody(op("Add", "roles", `[{"value":"{\"value\":\"Admin\",\"displayName\":\"A\"}"}]`)), at("roles"), []any{object{"value": "Admin", "display": "A"}}, ""},
		"missingSchemas":        {"PUT /Users/1", `{"userName":"ada@example.com","title":"x"}`, at("title"), "x", "invalidSyntax"},
		"filterBehindValuePath": {"GET /Users?filter=" + url.QueryEscape(`emails[type eq "work"].value eq "a@example.com"`), "", at("totalResults"), 1.0, "invalidFilter"},
		"looseUserName":         {"PUT /Users/1", `{"schemas":["` + userURN + `"],"userName":"Ada King"}`, at("userName"), "Ada King", "invalidValue"},
		"textParameters":        {"POST /Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":"1","attributes":"userName"}`, at("itemsPerPage"), 1.0, "invalidValue"},
		"estimatedTotals":       {"GET /Users", "", at("totalResults"), 2.0, ""},
	}
	assert.ElementsMatch(t, scim.ProfileCompatible().Repairs, slices.Collect(maps.Keys(cases)))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, path, _ := strings.Cut(c.request, " ")
			for _, profile := range []func(*scim.Options){nil, without(name)} {
				s := teststore.New(t)
				h := newHandler(t, estimating{s}, profile)
				patched(t, h)
				before := s.Resources[0]
				a := do(t, h, method, path, c.body)
				switch {
				case profile == nil:
					require.Less(t, a.Code, 300, a.Body.String())
					assert.Equal(t, c.want, a.get(c.path...), a.Body.String())
				case c.refused != "":
					requireError(t, a, 400, c.refused)
					assert.Same(t, before, s.Resources[0], "nothing is written")
				default:
					require.Less(t, a.Code, 300, a.Body.String())
					assert.NotEqual(t, c.want, a.get(c.path...), a.Body.String())
				}
			}
		})
	}
}

// estimating is a backend that counts only when it has to.
type estimating struct{ *teststore.Store }

func (e estimating) List(ctx context.Context, typ string, q scim.Query) (*scim.Page, error) {
	page, err := e.Store.List(ctx, typ, q)
	if err == nil && !q.ExactTotal && q.Filter == nil {
		page.Total, page.Exact = page.Total+1, false
	}
	return page, err
}

// conversations are those that the shared vectors have for a repair.
var conversations = map[string][]string{
	"stringBooleans":        {"entra/09-disable-and-restore-string-booleans", "entra/22-roles-from-app-role"},
	"createMissing":         {"entra/12-add-value-on-missing-element", "entra/13-replace-value-on-missing-element", "entra/25-three-ops-on-one-address"},
	"removeAbsent":          {"entra/27-remove-member-who-is-not-there"},
	"removeByValue":         {"entra/18-group-remove-member-value-array"},
	"extensionPath":         {"entra/29-whole-extension-by-path"},
	"dottedKeys":            {"entra/11-flag-pathless-dotted-keys"},
	"qualifiedKeys":         {"entra/11-flag-pathless-dotted-keys"},
	"readOnlyRepeats":       {"okta/11-group-rename-repeats-id"},
	"plainReference":        {"entra/15-manager-as-plain-string"},
	"filterBehindValuePath": {"entra/07-match-by-email-and-externalid"},
}

// These conversations fail without their repair. TestVectors shows that they pass
// with it.
func TestRepairs_Conversations(t *testing.T) {
	t.Parallel()
	list, err := scimtest.LoadVectors(filepath.Join(testx.Shared(t), "vectors"))
	require.NoError(t, err)
	for repair, ids := range conversations {
		for _, id := range ids {
			i := slices.IndexFunc(list, func(c *scimtest.Conversation) bool { return c.ID() == id })
			require.GreaterOrEqual(t, i, 0, id)
			h := newHandler(t, teststore.New(t), without(repair))
			assert.Error(t, scimtest.Run(t.Context(), scimtest.Handler(h, baseURL, token), list[i], nil).Err(), "%s without %s", id, repair)
		}
	}
}
