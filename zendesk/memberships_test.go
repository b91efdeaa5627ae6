package zendesk_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// organizationStub is an account whose user 100 is a member of organizations, the
// first one by default. It notes what is written.
func organizationStub(t *testing.T, settings string, member ...int) (*fixture, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var writes []string
	target := stubWith(t, func(r *stubRequest) stubAnswer {
		mu.Lock()
		defer mu.Unlock()
		if r.method != "GET" && !strings.HasPrefix(r.path, "/oauth") {
			writes = append(writes, strings.TrimSpace(r.method+" "+r.path+" "+r.body))
		}
		switch {
		case r.path == "/account/settings":
			if settings == "" {
				return stubAnswer{status: 403, body: `{"error":{"title":"Forbidden","message":"x"}}`}
			}
			return stubAnswer{body: settings}
		case r.path == "/users/100":
			first := "null"
			if len(member) > 0 {
				first = fmt.Sprint(member[0])
			}
			return stubAnswer{body: `{"user":{"id":100,"role":"end-user","active":true,"organization_id":` + first + `}}`}
		case r.path == "/users/100/organization_memberships":
			var items []string
			for i, m := range member {
				items = append(items, fmt.Sprintf(`{"id":%d,"user_id":100,"organization_id":%d,"default":%t}`, 900+m, m, i == 0))
			}
			return stubAnswer{body: `{"organization_memberships":[` + strings.Join(items, ",") + `],"meta":{"has_more":false}}`}
		case r.path == "/organization_memberships":
			return stubAnswer{status: 201, body: `{"organization_membership":{"id":1}}`}
		case strings.HasPrefix(r.path, "/users/100/organizations/"):
			if r.method == "DELETE" {
				return stubAnswer{status: 204}
			}
			return stubAnswer{body: `{"organization_memberships":[]}`}
		}
		return stubAnswer{status: 404}
	})
	return &fixture{Target: target}, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return writes
	}
}

func TestOrganization_OtherMembershipsStay(t *testing.T) {
	t.Parallel()
	const several, single = `{"settings":{"user":{"multiple_organizations":true}}}`, `{"settings":{"user":{"multiple_organizations":false}}}`
	const put = `PUT /users/100 {"user":{"organization_id":%s}}`
	join := func(n int) string {
		return fmt.Sprintf(`POST /organization_memberships {"organization_membership":{"user_id":100,"organization_id":%d}}`, n)
	}
	for name, c := range map[string]struct {
		settings string
		member   []int
		to       any
		want     []string
	}{
		"accounts with one":        {single, []int{5}, 7, []string{fmt.Sprintf(put, "7")}},
		"users with none":          {several, nil, 7, []string{fmt.Sprintf(put, "7")}},
		"users with one":           {several, []int{5}, 7, []string{fmt.Sprintf(put, "7")}},
		"users with one, cleared":  {several, []int{5}, nil, []string{fmt.Sprintf(put, "null")}},
		"users with two":           {several, []int{5, 6}, 7, []string{join(7), "PUT /users/100/organizations/7/make_default", "DELETE /users/100/organizations/5"}},
		"one of the user's others": {several, []int{5, 6}, 6, []string{"PUT /users/100/organizations/6/make_default", "DELETE /users/100/organizations/5"}},
		"two, cleared":             {several, []int{5, 6}, nil, []string{"DELETE /users/100/organizations/5"}},
		"the same one":             {several, []int{5, 6}, 5, nil},
		"settings unreadable":      {"", []int{5, 6}, 7, []string{join(7), "PUT /users/100/organizations/7/make_default", "DELETE /users/100/organizations/5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, writes := organizationStub(t, c.settings, c.member...)
			_, err := f.blind(t, t.Context(), user("100"), map[string]any{"organization_id": c.to})
			require.NoError(t, err)
			assert.Equal(t, c.want, writes())
		})
	}
}

func TestOrganization_InTheSimulatedAccount(t *testing.T) {
	t.Parallel()
	for name, multiple := range map[string]bool{"one": false, "several": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := people()
			settings := zendesktest.DefaultSettings()
			settings.MultipleOrganizations = multiple
			f := start(t, &zendesktest.Options{Users: users, Settings: &settings, Organizations: []zendesktest.Organization{{ID: 5, Name: "A"}, {ID: 6, Name: "B"}}}, nil)
			base, err := f.Get(t.Context(), user("100"))
			require.NoError(t, err)
			calls := f.calls(t, func(ctx context.Context) {
				_, err = f.Update(ctx, user("100"), changeOf(base, edits(t, base.Type(), map[string]any{"organization_id": 5})))
				require.NoError(t, err)
			})
			assert.Equal(t, []string{"PUT /users/{id}"}, calls, "whoever has none joins by the update itself")
			assert.Equal(t, []int64{5}, f.sim.UserOrganizations(100))
		})
	}
}
