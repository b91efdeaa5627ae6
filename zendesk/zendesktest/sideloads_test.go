package zendesktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// §4.2: include brings other records along, in lists, searches and exports.
func TestSideloads(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	grace, ada := a.UserByEmail("grace@example.com")["id"].(int64), a.UserByEmail("ada@example.com")["id"].(int64)
	const include = "include=identities,groups,organizations,roles,abilities"
	one := a.do("GET", path("users", grace)+"?"+include, nil)
	assert.Equal(t, num(grace), one.want(200).body["user"].(object)["id"])
	assert.Equal(t, []any{"grace@example.com"}, one.all("identities", "value"))
	assert.Equal(t, []any{"Support", "Field service"}, one.all("groups", "name"))
	assert.Equal(t, []any{"Engineering"}, one.all("organizations", "name"))
	assert.Equal(t, []any{"Advisor"}, one.all("roles", "name"))
	assert.NotContains(t, one.body, "abilities")
	for _, p := range []string{
		"/users?role=end-user&page[size]=1&", "/users?role=end-user&per_page=1&", "/users/search?query=ada&", "/users/show_many?external_ids=emp-17&",
	} {
		r := a.do("GET", p+include, nil)
		assert.Equal(t, []any{"ada@example.com", "a.byron@example.com", "+442079460001"}, r.all("identities", "value"), p)
		assert.Equal(t, nums(ada, ada, ada), r.all("identities", "user_id"))
	}
	for _, p := range []string{"/incremental/users?", "/incremental/users/cursor?"} {
		assert.NotEmpty(t, a.do("GET", p+"start_time=0&"+include, nil).all("groups", "id"))
	}
	b := sandbox(t, zendesktest.Rules{SideloadsIgnored: true})
	assert.NotContains(t, b.do("GET", "/users?"+include, nil).want(200).body, "identities")
}
