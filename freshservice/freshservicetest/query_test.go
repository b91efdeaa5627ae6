package freshservicetest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func library(r freshservicetest.Rules) freshservicetest.Options {
	day := func(d int) time.Time { return time.Date(2026, time.January, d, 23, 0, 0, 0, time.UTC) }
	return freshservicetest.Options{
		Rules:  r,
		Owner:  &freshservicetest.Agent{ID: 1, FirstName: "Owner", Email: "owner@example.com", CreatedAt: day(1)},
		Fields: append(fields(), freshservicetest.RequesterField{Name: "first_name"}), // a clash: the built-in one wins
		Requesters: []freshservicetest.Requester{
			{ID: 10, FirstName: "Ada", LastName: "Byron", PrimaryEmail: "ada.byron@example.com", JobTitle: "Analyst",
				WorkPhone: "62442", DepartmentIDs: []int64{5, 6}, ReportingManagerID: 1, LocationID: 7, TimeZone: "London",
				CustomFields: object{"note": "x y", "desk": 12, "color": "red", "start": "2026-02-03", "sos": "112"}, CreatedAt: day(2)},
			{ID: 11, FirstName: "Bob", LastName: "Ross", PrimaryEmail: "bob@test.example.com", JobTitle: "Painter",
				MobilePhone: "+1 800", DepartmentIDs: []int64{5}, Language: "de",
				CustomFields: object{"note": "it's", "desk": 2.5}, CreatedAt: day(3)},
			{ID: 12, FirstName: "Zoe", PrimaryEmail: "zoe@example.com", Inactive: true, CreatedAt: day(4)},
		},
	}
}

// §4.4: the grammar, the fields, and the order: youngest first (§3).
func TestQuery(t *testing.T) {
	t.Parallel()
	all := freshservicetest.Rules{}
	tests := []struct {
		rules freshservicetest.Rules
		query string
		want  []int64
	}{
		{all, "primary_email:'ada.byron@example.com'", []int64{10}},
		{all, "primary_email : 'ada.byron@example.com'", []int64{10}},
		{all, "primary_email:'ADA.byron@example.com'", []int64{10}},
		{freshservicetest.Rules{QueryCaseSensitive: true}, "primary_email:'ADA.byron@example.com'", nil},
		{all, "primary_email:'a.byron'", nil},
		{all, "name:'Ada Byron'", []int64{10}},
		{all, "name:'Zoe'", []int64{12}},
		{freshservicetest.Rules{QueryHidesInactive: true}, "name:'Zoe'", nil},
		{all, "first_name:'Ada' OR first_name:'Zoe'", []int64{12, 10}},
		{all, "first_name:'Ada' AND job_title:'Painter'", nil},
		{all, "first_name:'Zoe' OR first_name:'Ada' AND job_title:'Painter'", []int64{12}},
		{all, "(first_name:'Zoe' OR first_name:'Ada') AND time_zone:'London'", []int64{10}},
		{all, "((first_name:'Zoe'))", []int64{12}},
		{all, "department_id:5", []int64{11, 10}},
		{all, "department_id:6", []int64{10}},
		{all, "department_id:null", []int64{12}},
		{all, "department_id:>6", []int64{10}},
		{all, "department_id:<5", []int64{11, 10}},
		{all, "reporting_manager_id:1", []int64{10}},
		{all, "location_id:7", []int64{10}},
		{all, "location_id:null", []int64{12, 11}},
		{all, "last_name:null", []int64{12}},
		{all, "language:'de'", []int64{11}},
		{all, "work_phone_number:62442", []int64{10}},
		{all, "work_phone_number:'62442'", []int64{10}},
		{all, "mobile_phone_number:'+1 800'", []int64{11}},
		{all, "created_at:'2026-01-03'", []int64{11}},
		{all, "created_at:>'2026-01-03'", []int64{12, 11}},
		{all, "created_at:<'2026-01-03'", []int64{11, 10}},
		{all, "updated_at:>'2026-01-04'", []int64{12}},
		{all, "note:'x y'", []int64{10}},
		{all, "desk:12", []int64{10}},
		{all, "desk:>2", []int64{11, 10}},
		{all, "desk:<3", []int64{11}},
		{all, "desk:null", []int64{12}},
		{all, "color:'red'", []int64{10}},
		{all, "start:'2026-02-03'", []int64{10}},
		{all, "start:>'2026-02-04'", nil},
		{all, "sos:112", []int64{10}},
		{all, "~[first_name|last_name]:'ro'", []int64{11}},
		{all, "~[name]:'ada b'", []int64{10}},
		{all, "~[primary_email]:'byr'", []int64{10}},
		{all, "~[primary_email]:'test.ex'", []int64{11}},
		{all, "~[primary_email]:'xample'", nil},
		{all, "~[mobile_phone_number]:'+1'", []int64{11}},
		{freshservicetest.Rules{QueryEscape: freshservicetest.EscapeBackslash}, `note:'it\'s'`, []int64{11}},
		{freshservicetest.Rules{QueryEscape: freshservicetest.EscapeDoubled}, `note:'it''s'`, []int64{11}},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			want := []any{}
			for _, id := range tt.want {
				want = append(want, num(id))
			}
			assert.Equal(t, want, newAccount(t, library(tt.rules)).query("/requesters", tt.query).all("requesters", "id"))
		})
	}
}

// §4.4, §1.5: what a query is refused for, with the code invalid_value.
func TestQuery_Refusals(t *testing.T) {
	t.Parallel()
	for _, q := range []string{
		"", "first_name", "first_name:", "first_name:Ada", "first_name:'Ada", "first_name:'Ada' AND", "first_name:'Ada' first_name:'B'",
		"(first_name:'Ada'", "first_name:'Ada')", "AND first_name:'Ada'", "first_name:'Ada' and last_name:'B'", "NOT first_name:'Ada'",
		"first_name:>'Ada'", "department_id:'5'", "department_id:five", "department_id:99999999999999999999", "created_at:'01.02.2026'",
		"created_at:2026-01-01", "id:10", "external_id:'x'", "active:true", "secondary_emails:'x'", "is_agent:true", "email:'x'",
		"about:'x'", "on_site:true", "link:'x'", "nope:1", "~[job_title]:'x'", "~[first_name:'x'", "~[]:'x'", "~[first_name]'x'",
		"~[first_name]:''", `note:'a"b'`, `note:'a\b'`, `note:'it's'`, "department_id:nullx",
	} {
		t.Run(q, func(t *testing.T) {
			t.Parallel()
			newAccount(t, library(freshservicetest.Rules{})).query("/requesters", q).wantError(400, "query", "invalid_value")
		})
	}
}

func TestQuery_UnknownFieldMessage(t *testing.T) {
	t.Parallel()
	got := newAccount(t, freshservicetest.Options{}).query("/requesters", "nope:1").wantError(400, "query", "invalid_value")
	assert.Contains(t, got.raw, `"message":"[:invalid_field]"`)
}

func TestQuery_QuotesAndLength(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	a.do("GET", "/requesters?query="+url.QueryEscape("first_name:'Ada'"), nil).wantError(400, "query", "invalid_value")
	a.do("GET", "/requesters?query=", nil).wantError(400, "query", "invalid_value")
	const frame = len(`"first_name:''"`)
	a.query("/requesters", "first_name:'"+strings.Repeat("é", 512-frame)+"'").want(200)
	a.query("/requesters", "first_name:'"+strings.Repeat("é", 513-frame)+"'").wantError(400, "query", "invalid_value")
	a.query("/requesters", strings.Repeat("(", 510)).wantError(400, "query", "invalid_value")
}

// §3: queries give 30 per page and at most 40 pages; per_page and Link there
// are switches.
func TestQuery_Paging(t *testing.T) {
	t.Parallel()
	get := func(r freshservicetest.Rules, params string) reply {
		a := newAccount(t, freshservicetest.Options{Requesters: crowd(1300), Rules: r})
		return a.do("GET", "/requesters?query="+url.QueryEscape(`"job_title:'crowd'"`)+params, nil)
	}
	got := get(freshservicetest.Rules{}, "&per_page=100")
	ids := got.all("requesters", "id")
	assert.Len(t, ids, 30)
	assert.Equal(t, num(2299), ids[0], "youngest first")
	assert.Empty(t, got.header.Get("Link"))
	assert.Equal(t, num(2299-39*30), get(freshservicetest.Rules{}, "&page=40").all("requesters", "id")[0])
	get(freshservicetest.Rules{}, "&page=41").wantError(400, "page", "invalid_value")
	get(freshservicetest.Rules{}, "&per_page=101").wantError(400, "per_page", "invalid_value")

	assert.Len(t, get(freshservicetest.Rules{QueryPerPage: freshservicetest.PerPageHonoured}, "&per_page=100").all("requesters", "id"), 100)
	get(freshservicetest.Rules{QueryPerPage: freshservicetest.PerPageRefused}, "&per_page=100").wantError(400, "per_page", "invalid_field")
	get(freshservicetest.Rules{QueryPerPage: freshservicetest.PerPageRefused}, "&per_page=30").want(200)

	link := get(freshservicetest.Rules{QueryLink: true}, "").header.Get("Link")
	assert.Equal(t, `<http://example.com/api/v2/requesters?page=2&query=%22job_title%3A%27crowd%27%22>; rel="next"`, link)
	assert.Empty(t, get(freshservicetest.Rules{QueryLink: true}, "&page=40").header.Get("Link"), "page 41 would be refused")
}

// §4.5: the index lags behind creates, updates and erasures.
func TestQuery_IndexLag(t *testing.T) {
	t.Parallel()
	find := func(a *account, title string) []any {
		return a.query("/requesters", "job_title:'"+title+"'").all("requesters", "job_title")
	}
	a := newAccount(t, freshservicetest.Options{IndexLag: 2 * time.Minute})
	id := a.do("POST", "/requesters", object{"first_name": "A", "primary_email": "a@example.com", "job_title": "one"}).want(201).id()
	assert.Empty(t, find(a, "one"))
	assert.Len(t, a.do("GET", "/requesters", nil).all("requesters", "id"), 1, "the list is current")
	assert.Len(t, a.do("GET", "/requesters?email=a@example.com", nil).all("requesters", "id"), 1, "email= is current")
	a.clock.Advance(2 * time.Minute)
	assert.Equal(t, []any{"one"}, find(a, "one"))

	a.do("PUT", "/requesters/"+id, object{"job_title": "two"}).want(200)
	assert.Equal(t, []any{"two"}, find(a, "one"), "found by the old title, answered as it is now")
	assert.Empty(t, find(a, "two"))
	a.clock.Advance(time.Minute)
	a.do("PUT", "/requesters/"+id, object{"job_title": "three"}).want(200)
	a.clock.Advance(time.Minute)
	assert.Equal(t, []any{"three"}, find(a, "two"))
	assert.Empty(t, find(a, "one"))
	a.clock.Advance(time.Minute)
	a.do("DELETE", "/requesters/"+id+"/forget", nil).want(204)
	assert.Empty(t, find(a, "three"), "found, but erased")
	a.clock.Advance(time.Hour)
	assert.Empty(t, find(a, "three"))

	b := newAccount(t, freshservicetest.Options{IndexLag: time.Minute, Rules: freshservicetest.Rules{QueryShowsIndexCopy: true, EmailFilterUsesIndex: true}})
	n := b.AddRequester(freshservicetest.Requester{FirstName: "B", PrimaryEmail: "b@example.com", JobTitle: "old"})
	b.do("PUT", path("requesters", n), object{"job_title": "new", "primary_email": "c@example.com"}).want(200)
	assert.Equal(t, []any{"old"}, find(b, "old"))
	assert.Empty(t, b.do("GET", "/requesters?email=c@example.com", nil).all("requesters", "id"))
	b.clock.Advance(time.Minute)
	assert.Len(t, b.do("GET", "/requesters?email=c@example.com", nil).all("requesters", "id"), 1)
}

// A converted requester is no requester any more, whatever the index thinks.
func TestQuery_LagAndConversion(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{IndexLag: time.Minute})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "B", PrimaryEmail: "b@example.com"})
	a.do("PUT", path("requesters", id, "convert_to_agent"), nil).want(200)
	assert.Empty(t, a.query("/requesters", "first_name:'B'").all("requesters", "id"))
}
