package zendesktest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// crowd is n users with the ids 1000 and up.
func crowd(n int) (out []zendesktest.User) {
	for i := range n {
		out = append(out, zendesktest.User{ID: int64(1000 + i), Name: fmt.Sprintf("User %d", i), ExternalID: fmt.Sprintf("X%d", i)})
	}
	return out
}

func meta(r reply) (more bool, after, next any) {
	r.t.Helper()
	m := r.want(200).body["meta"].(object)
	return m["has_more"].(bool), m["after_cursor"], r.body["links"].(object)["next"]
}

// §3: cursors, to the end, while records come and go.
func TestList_Cursor(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(250)})
	var seen []any
	query := "page[size]=100"
	for range 3 {
		r := a.do("GET", "/users?"+query, nil)
		seen = append(seen, r.all("users", "id")...)
		more, after, next := meta(r)
		assert.NotContains(t, r.body, "count")
		require.Equal(t, len(seen) < 251, more)
		require.NotNil(t, after, "the last page may carry a cursor")
		if more {
			assert.Contains(t, next, "page%5Bafter%5D="+after.(string))
			assert.True(t, strings.HasPrefix(next.(string), "http://example.com/api/v2/users?"))
		} else {
			assert.Nil(t, next)
		}
		a.DeleteUser(1000) // before the place of the cursor
		query = "page[size]=100&page[after]=" + after.(string)
	}
	require.Len(t, seen, 251)
	assert.Equal(t, num(1000), seen[0])
	assert.Equal(t, num(1249), seen[249])
	unique := map[any]bool{}
	for _, id := range seen {
		unique[id] = true
	}
	assert.Len(t, unique, 251)
	r := a.do("GET", "/users?"+query, nil)
	assert.Empty(t, r.all("users", "id"))
	more, after, next := meta(r)
	assert.Equal(t, []any{false, nil, nil}, []any{more, after, next})
}

func TestList_CursorBackwards(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(5)})
	r := a.do("GET", "/users?page[size]=2", nil)
	_, after, _ := meta(r)
	second := a.do("GET", "/users?page[size]=2&page[after]="+after.(string), nil)
	assert.Equal(t, []any{num(1002), num(1003)}, second.all("users", "id"))
	before := second.body["meta"].(object)["before_cursor"].(string)
	back := a.do("GET", "/users?page[size]=2&page[before]="+before, nil)
	assert.Equal(t, []any{num(1000), num(1001)}, back.all("users", "id"))
	assert.Equal(t, false, back.body["meta"].(object)["has_more"])
}

// §3: the orders of a list, and the one that is silently dropped.
func TestList_Sort(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(3)})
	a.clock.Advance(time.Hour)
	a.put(1001, object{"notes": "x"}).want(200)
	first := func(query string) any { return a.do("GET", "/users?"+query, nil).all("users", "id")[0] }
	assert.Equal(t, num(1000), first("page[size]=10"))
	assert.Equal(t, num(1001), first("page[size]=10&sort=-updated_at"))
	assert.Equal(t, num(1000), first("page[size]=10&sort_by=updated_at&sort_order=desc"), "dropped")
	assert.Equal(t, num(1001), first("sort_by=updated_at&sort_order=desc"))
	a.do("GET", "/users?page[size]=10&sort=name", nil).want(400)
}

// §3: offsets.
func TestList_Offset(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(250)})
	r := a.do("GET", "/users?per_page=100&page=2", nil)
	assert.Len(t, r.all("users", "id"), 100)
	assert.Equal(t, num(251), r.body["count"])
	assert.Equal(t, "http://example.com/api/v2/users?page=3&per_page=100", r.body["next_page"])
	assert.Equal(t, "http://example.com/api/v2/users?page=1&per_page=100", r.body["previous_page"])
	assert.NotContains(t, r.body, "meta")
	r = a.do("GET", "/users?page=3", nil)
	assert.Len(t, r.all("users", "id"), 51)
	assert.Nil(t, r.body["next_page"])
	assert.Len(t, a.do("GET", "/users?per_page=500", nil).all("users", "id"), 100, "100 at most")
	assert.Empty(t, a.do("GET", "/users?page=100&per_page=100", nil).all("users", "id"))
	deep := a.do("GET", "/users?page=101&per_page=100", nil).want(400)
	assert.Equal(t, "InvalidPaginationDepth", deep.body["errors"].([]any)[0].(object)["code"])
	a.do("GET", "/users?page=0", nil).want(400)
	a.do("GET", "/users?page=x", nil).wantTitle(400, "Invalid attribute")
}

func TestList_BadPages(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(150)})
	for _, query := range []string{"page[size]=0", "page[size]=x", "page[size]=101", "page[after]=x", "page[before]=x", "page[after]=MQ"} {
		r := a.do("GET", "/users?"+query, nil).want(400)
		assert.Equal(t, "InvalidPaginationParameter", r.body["errors"].([]any)[0].(object)["code"], query)
	}
	// Offset only (§3).
	a.do("GET", "/users/search?query=x&page[size]=10", nil).wantTitle(400, "Invalid attribute")
	b := newAccount(t, zendesktest.Options{Users: crowd(150), Rules: zendesktest.Rules{
		PageSizeCapped: true, LastPageWithoutCursor: true, ForeignLinkHost: true,
	}})
	r := b.do("GET", "/users?page[size]=500", nil)
	assert.Len(t, r.all("users", "id"), 100)
	_, after, next := meta(r)
	assert.Contains(t, next, "https://z3n-elsewhere.zendesk.com/", "follow the cursor, not the URL")
	_, after, _ = meta(b.do("GET", "/users?page[size]=500&page[after]="+after.(string), nil))
	assert.Nil(t, after)
	b.do("GET", "/users?a=%zz", nil).want(400)
}

// §4.2: filters of the list, which is consistent (§4.6).
func TestList_Filters(t *testing.T) {
	t.Parallel()
	opts := *zendesktest.Sandbox()
	opts.Plan, opts.IndexLag = zendesktest.Unlimited, time.Hour
	a := newAccount(t, opts)
	names := func(query string) []any { return a.do("GET", "/users?"+query, nil).all("users", "name") }
	assert.Equal(t, []any{"Ada Byron"}, names("external_id=EMP-17"), "without case")
	assert.Empty(t, names("external_id=emp"), "but exact")
	assert.Empty(t, names("external_id="))
	assert.Equal(t, []any{"Grace Hopper", "Alan Turing"}, names("role=agent"))
	assert.Equal(t, []any{"Avery Admin", "Grace Hopper", "Alan Turing"}, reorder(names("role[]=agent&role[]=admin")))
	assert.Equal(t, []any{"Alan Turing"}, names("role="+url.QueryEscape("Light agent")), "a custom role's name")
	assert.Equal(t, []any{"Grace Hopper"}, names("permission_set="+num(a.roleID("Advisor")).String()))
	assert.Empty(t, names("role=owner"))
	assert.Equal(t, num(3), a.do("GET", "/users/count?role=end-user", nil).want(200).object()["value"])
	a.post(object{"name": "New", "external_id": "n1"}).want(201)
	assert.Equal(t, []any{"New"}, names("external_id=n1"), "at once, whatever the index knows")
}

// reorder puts the owner, whose id the simulator gave, first.
func reorder(names []any) []any {
	out := []any{}
	for _, n := range names {
		if n == "Avery Admin" {
			out = append([]any{n}, out...)
		} else {
			out = append(out, n)
		}
	}
	return out
}

func TestShowMany(t *testing.T) {
	t.Parallel()
	a := newAccount(t, zendesktest.Options{Users: crowd(101)})
	assert.Equal(t, []any{num(1001), num(1002)}, a.do("GET", "/users/show_many?ids=1002,1001,9,x", nil).all("users", "id"), "unknown ids are left out")
	assert.Equal(t, []any{num(1003)}, a.do("GET", "/users/show_many?external_ids=x3,y", nil).all("users", "id"))
	var ids []string
	for i := range 101 {
		ids = append(ids, fmt.Sprint(1000+i))
	}
	assert.Len(t, a.do("GET", "/users/show_many?ids="+strings.Join(ids[:100], ","), nil).all("users", "id"), 100)
	got := a.do("GET", "/users/show_many?ids="+strings.Join(ids, ","), nil).wantError(400, "TooManyValues")
	assert.Equal(t, num(100), got.body["max_count"])
	a.do("GET", "/users/show_many?external_ids="+strings.Join(ids, ","), nil).wantError(400, "TooManyValues")
	a.do("GET", "/users/show_many", nil).wantTitle(400, "Invalid attribute")
}

// §4.6, §10: the search.
func TestSearch(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	const ada, alan, avery, charles, grace, kat = "Ada Byron", "Alan Turing", "Avery Admin", "Charles Babbage", "Grace Hopper", "Katherine Johnson"
	for _, tt := range []struct {
		query string
		want  []any
	}{
		{`ada@example.com`, []any{ada}},
		{`ADA@EXAMPLE.COM`, []any{ada}},
		{`email:"ada@example.com"`, []any{ada}},
		{`email:a.byron@example.com`, []any{ada}},
		{`email:alan`, []any{alan}}, // partial
		{`name:"Grace Hopper"`, []any{grace}},
		{`name:grace`, []any{grace}},
		{`hopper`, []any{grace}},
		{`grace hopper`, []any{grace}},
		{`grace turing`, []any{}},
		{`programs`, []any{ada}}, // notes
		{`+442079460001`, []any{ada}},
		{`external_id:EMP-17`, []any{ada}},
		{`external_id:emp`, []any{}},
		{`role:agent`, []any{grace, alan}},
		{`role:admin`, []any{avery}},
		{`role:agent -hopper`, []any{alan}},
		{`-role:end-user -role:agent`, []any{avery}},
		{`type:user role:admin`, []any{avery}},
		{`type:organization`, []any{}},
		{`organization:Engineering`, []any{grace, ada}},
		{`organization:` + num(a.OrganizationID("Sales")).String(), []any{kat}},
		{`tags:VIP`, []any{ada}},
		{`is_suspended:true`, []any{charles}},
		{`is_verified:false`, []any{}},
		{`badge_color:badge_blue`, []any{ada}},
		{`desk_number:42`, []any{ada}},
		{`created<2026-01-05 role:agent`, []any{}},
		{`created>=2026-01-05 role:agent`, []any{grace, alan}},
		{`created>2026-01-05T10:30:00Z role:agent`, []any{alan}},
		{`created:2026-01-05 role:agent`, []any{grace, alan}},
		{`updated<=2026-01-05 role:agent`, []any{grace, alan}},
		{`created>never`, []any{}},
		{`nosuchkey:x`, []any{}},
		{`"Ada Byron"`, []any{ada}},
		{`"ada`, []any{ada}}, // never fails
		{`kat*`, []any{kat}},
		{`name:"a\"b"`, []any{}},
		{`group:` + num(a.DefaultGroupID()).String() + ` -role:admin`, []any{grace, alan}},
		{`phone:0001 details:`, []any{ada}},
	} {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			got := a.do("GET", "/users/search?query="+url.QueryEscape(tt.query), nil)
			assert.Equal(t, tt.want, got.all("users", "name"))
			assert.Equal(t, num(int64(len(tt.want))), got.body["count"])
		})
	}
	assert.Len(t, a.do("GET", "/users/search?query=*", nil).all("users", "id"), 6)
	assert.Equal(t, []any{ada}, a.do("GET", "/users/search?external_id=Emp-17", nil).all("users", "name"), "a plain value")
	assert.Empty(t, a.do("GET", "/users/search?external_id=role:agent", nil).all("users", "name"))
	a.do("GET", "/users/search", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/users/search?query="+strings.Repeat("x", 5000), nil).wantError(422, "invalid")
	assert.Empty(t, sandbox(t, zendesktest.Rules{SearchPrimaryOnly: true}).do("GET", "/users/search?query=a.byron", nil).all("users", "name"))
}

// §4.6: the search lags behind a write; look-ups by id and external id do not.
func TestSearch_Lag(t *testing.T) {
	t.Parallel()
	lagging := func(rules zendesktest.Rules) *account {
		return newAccount(t, zendesktest.Options{IndexLag: zendesktest.DefaultIndexLag, Rules: rules})
	}
	find := func(a *account, query string) []any {
		return a.do("GET", "/users/search?"+query, nil).all("users", "name")
	}
	a := lagging(zendesktest.Rules{})
	id := a.post(object{"name": "New", "email": "new@example.com", "external_id": "n1"}).want(201).id()
	assert.Empty(t, find(a, "query=new@example.com"))
	assert.Empty(t, find(a, "external_id=n1"))
	a.do("GET", path("users", id), nil).want(200)
	a.clock.Advance(zendesktest.DefaultIndexLag)
	assert.Equal(t, []any{"New"}, find(a, "query=new@example.com"))
	a.put(id, object{"name": "Renamed"}).want(200)
	assert.Equal(t, []any{"Renamed"}, find(a, "query=name:New"), "the index finds by the old name, the answer is the record")
	assert.Empty(t, find(a, "query=Renamed"))
	a.do("DELETE", path("users", id), nil).want(200)
	stale := a.do("GET", "/users/search?query=new@example.com", nil)
	assert.Equal(t, []any{false}, stale.all("users", "active"))
	a.clock.Advance(zendesktest.DefaultIndexLag)
	assert.Empty(t, find(a, "query=new@example.com"))

	b := lagging(zendesktest.Rules{UserSearchConsistent: true})
	b.post(object{"name": "New", "email": "new@example.com"}).want(201)
	assert.Equal(t, []any{"New"}, find(b, "query=new@example.com"))

	c := lagging(zendesktest.Rules{SearchHidesDeleted: true})
	gone := c.AddUser(zendesktest.User{Name: "Gone"})
	c.do("DELETE", path("users", gone), nil).want(200)
	assert.Empty(t, find(c, "query=Gone"))
}

// §6.3, §11: the lists of references.
func TestReferences(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	eng := a.OrganizationID("Engineering")
	assert.Equal(t, []any{"Engineering", "Sales"}, a.do("GET", "/organizations?page[size]=100", nil).all("organizations", "name"))
	assert.Equal(t, []any{num(eng)}, a.do("GET", "/organizations/search?name=ENGINEERING", nil).all("organizations", "id"))
	assert.Empty(t, a.do("GET", "/organizations/search?name=Eng", nil).all("organizations", "id"), "exact")
	assert.Equal(t, []any{num(eng)}, a.do("GET", "/organizations/search?external_id=ORG-eng", nil).all("organizations", "id"))
	a.do("GET", "/organizations/search?name=x&external_id=y", nil).wantTitle(400, "Invalid attribute")
	a.do("GET", "/organizations/search", nil).wantTitle(400, "Invalid attribute")
	assert.Equal(t, "Engineering", a.do("GET", path("organizations", eng), nil).want(200).object()["name"])
	assert.Equal(t, []any{"Sales"}, a.do("GET", "/organizations/show_many?external_ids=org-sales", nil).all("organizations", "name"))
	a.do("GET", "/organizations/9", nil).wantError(404, "RecordNotFound")

	l := a.do("GET", "/locales", nil)
	assert.Contains(t, l.all("locales", "locale"), "pt-br")
	assert.Contains(t, l.all("locales", "id"), num(1176))
	for _, list := range []string{"/locales/public", "/locales/agent"} {
		assert.NotEmpty(t, a.do("GET", list, nil).all("locales", "id"))
	}
	assert.Equal(t, num(1), a.do("GET", "/locales/en-us", nil).want(200).object()["id"], "compared without case")
	assert.Equal(t, "de", a.do("GET", "/locales/8", nil).want(200).object()["locale"])
	a.do("GET", "/locales/xx", nil).wantError(404, "RecordNotFound")
	zones := a.do("GET", "/time_zones", nil).all("time_zones", "name")
	assert.Contains(t, zones, "Eastern Time (US & Canada)")
	assert.Len(t, zones, 151)
	settings := a.do("GET", "/account/settings", nil).want(200).object()
	assert.Equal(t, true, settings["user"].(object)["multiple_organizations"])
	assert.Equal(t, "true", settings["api"].(object)["api_token_access"])

	few := newAccount(t, zendesktest.Options{Locales: []string{"de", "xx"}, TimeZones: []string{"UTC"}, TimeZone: "UTC"})
	assert.Equal(t, []any{"de", "xx"}, few.do("GET", "/locales", nil).all("locales", "locale"))
	assert.Equal(t, []any{"UTC"}, few.do("GET", "/time_zones", nil).all("time_zones", "name"))
	got := few.post(object{"name": "x"}).want(201).object()
	assert.Equal(t, []any{"de", "UTC", "Etc/UTC"}, []any{got["locale"], got["time_zone"], got["iana_time_zone"]})
	few.post(object{"name": "x", "locale": "en-US"}).wantDetail("locale", "InvalidValue")
	few.post(object{"name": "x", "time_zone": "London"}).wantDetail("time_zone", "InvalidValue")
}

// What is not simulated is loud.
func TestRoutes_Unknown(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	for _, tt := range []struct{ method, path string }{
		{"GET", "/users/5/entitlements/full"},
		{"PUT", "/users/5/merge"}, {"GET", "/incremental/tickets"}, {"DELETE", "/users"}, {"GET", "/users/"},
	} {
		got := a.do(tt.method, tt.path, nil).wantError(501, "not_simulated")
		assert.Contains(t, got.body["description"], tt.method+" /api/v2"+tt.path)
	}
	a.do("GET", "/requesters", nil).wantError(404, "InvalidEndpoint")
	assert.NotEmpty(t, a.do("PATCH", "/users/5", nil).want(405).header.Get("Allow"))
	a.send(a.request("GET", "/scim/v2/Users", nil)).wantError(404, "outside_api")
	assert.Len(t, a.Requests(), 8, "all are recorded")
	a.ResetRequests()
	assert.Empty(t, a.Requests())
}
