package scim_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// An account may have fields named manager and department; Entra ID means those
// of the enterprise extension all the same.
func TestBareExtension_OfSeveral(t *testing.T) {
	t.Parallel()
	own := func(urn string) schema.Schema {
		return schema.Schema{URN: urn, Name: "Own", Attributes: []schema.Attribute{{Name: "manager"}, {Name: "department"}, {Name: "desk"}, {Name: "only" + urn[len(urn)-1:]}}}
	}
	for _, extensions := range [][]schema.Schema{
		{own("urn:example:1"), scim.EnterpriseUserSchema(), own("urn:example:2"), own("urn:example:3")},
		{scim.EnterpriseUserSchema(), own("urn:example:1"), own("urn:example:2"), own("urn:example:3")},
	} {
		user, err := scim.UserType(extensions...)
		require.NoError(t, err)
		s := teststore.New(t)
		features := s.TypeSet.Features()
		s.TypeSet, err = scim.NewTypes("1", user)
		require.NoError(t, err)
		s.With(features)
		h := newHandler(t, s, nil)
		require.Equal(t, 201, do(t, h, "POST", "/Users", `{"userName":"a","only2":"x"}`).Code)
		a := do(t, h, "PATCH", "/Users/1", patchBody(op("Add", "manager", `"7"`)+","+op("Add", "department", `"Lab"`)))
		require.Equal(t, 200, a.Code, a.Body.String())
		assert.Equal(t, "7", a.get(entURN, "manager", "value"))
		assert.Equal(t, "Lab", a.get(entURN, "department"))
		assert.Equal(t, object{"only2": "x"}, a.get("urn:example:2"))
		for filter, total := range map[string]float64{`id eq "1" and manager eq "7"`: 1, `manager eq "8"`: 0, `only2 pr`: 1} {
			a := do(t, h, "GET", "/Users?filter="+url.QueryEscape(filter), "")
			require.Equal(t, 200, a.Code, a.Body.String())
			assert.Equal(t, total, a.get("totalResults"), filter)
		}
		requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("Add", "desk", `"9"`))), 400, "invalidPath")
	}
}
