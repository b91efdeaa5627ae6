package zendesktest_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func (a *account) search(query, more string) reply {
	a.t.Helper()
	return a.do("GET", "/search?query="+url.QueryEscape(query)+more, nil)
}

// §10: results of all types, by terms; offsets only.
func TestSearchAll(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	eng, field := a.OrganizationID("Engineering"), a.GroupID("Field service")
	ada := a.UserByEmail("ada@example.com")["id"].(int64)
	for _, tt := range []struct {
		query string
		types []any
		ids   []any
	}{
		{"type:user email:ada@example.com", []any{"user"}, nums(ada)},
		{`type:organization name:"engineering"`, []any{"organization"}, nums(eng)},
		{"type:organization external_id:ORG-ENG", []any{"organization"}, nums(eng)},
		{"type:organization region:north", []any{"organization"}, nums(eng)},
		{"type:organization created<2026-02-01 -name:Sales", []any{"organization"}, nums(eng)},
		{"type:group field", []any{"group"}, nums(field)},
		{"type:ticket", []any{}, []any{}},
		{`group:"Field service"`, []any{"user"}, nums(a.UserByEmail("grace@example.com")["id"].(int64))},
	} {
		r := a.search(tt.query, "")
		assert.Equal(t, tt.types, r.all("results", "result_type"), tt.query)
		assert.Equal(t, tt.ids, r.all("results", "id"), tt.query)
		count := a.do("GET", "/search/count?query="+url.QueryEscape(tt.query), nil).want(200)
		assert.Equal(t, num(int64(len(tt.ids))), count.body["count"])
	}
	all := a.search("type:user", "&sort_by=created_at&sort_order=asc").all("results", "created_at")
	assert.Less(t, all[0], all[len(all)-1])
	a.search("x", "&page[size]=5").wantTitle(400, "Invalid attribute")
	a.do("GET", "/search", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/search/count", nil).wantTitle(400, "Invalid attribute")
}

// §10: a thousand results and no more; the count is that of all.
func TestSearchAll_Window(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(1050)})
	last := a.search("type:user role:end-user", "&page=10&per_page=100")
	assert.Len(t, last.all("results", "id"), 100)
	assert.Equal(t, num(1050), last.body["count"])
	assert.Nil(t, last.body["next_page"])
	a.search("type:user role:end-user", "&page=11&per_page=100").wantError(422, "invalid")
}

// §4.6: the search lags, that of deleted records too.
func TestSearchAll_Lag(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{IndexLag: 2 * time.Minute})
	a.group(object{"name": "Fresh"}).want(201)
	a.organization(object{"name": "Fresh"}).want(201)
	assert.Empty(t, a.search("fresh", "").all("results", "id"))
	a.clock.Advance(2 * time.Minute)
	assert.Len(t, a.search("fresh", "").all("results", "id"), 2)
}

// §10: the export has one type, by the time of creation, forwards, with cursors
// that live for an hour.
func TestSearchAll_Export(t *testing.T) {
	t.Parallel()
	a := history(t, 5, zendesktest.Options{})
	const at = "/search/export?query=role:end-user&filter[type]=user"
	first := a.do("GET", at+"&page[size]=3", nil)
	assert.Equal(t, nums(1000, 1001, 1002), first.all("results", "id"))
	meta := first.body["meta"].(object)
	assert.Equal(t, true, meta["has_more"])
	next := at + "&page[size]=3&page[after]=" + meta["after_cursor"].(string)
	rest := a.do("GET", next, nil)
	assert.Equal(t, nums(1003, 1004), rest.all("results", "id"))
	assert.Equal(t, []any{false, nil}, []any{rest.body["meta"].(object)["has_more"], rest.body["links"].(object)["next"]})
	a.clock.Advance(time.Hour)
	a.do("GET", next, nil).want(400)
	a.do("GET", at+"&page[after]=x", nil).want(400)
	a.do("GET", at+"&page[size]=1001", nil).want(400)
	a.do("GET", "/search/export?query=x", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/search/export?query=type:user&filter[type]=user", nil).wantError(422, "invalid")
}

// §2.2: 2500 searches and 100 exports a minute.
func TestSearchAll_Limits(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Limits: &zendesktest.Limits{Searches: 2, SearchExports: 1}})
	assert.Equal(t, "total=2; remaining=1; resets=60", a.search("x", "").want(200).header.Get("zendesk-ratelimit-search-index"))
	a.do("GET", "/search/count?query=x", nil).want(200)
	a.search("x", "").want(429)
	a.do("GET", "/search/export?query=x&filter[type]=user", nil).want(200)
	a.do("GET", "/search/export?query=x&filter[type]=user", nil).want(429)
}
