package provision_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// motley is an account with people of many kinds: without addresses, disabled,
// deleted, changed a moment ago, with user names that only State knows.
func motley(t *testing.T) *world {
	t.Helper()
	pick := func(i int, from ...string) string { return from[i%len(from)] }
	account := &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}, {ID: 43, Name: "Sales"}},
		Fields: []freshservicetest.RequesterField{
			{Name: "desk"}, {Name: "floor", Type: freshservicetest.NumberField}, {Name: "on_site", Type: freshservicetest.CheckboxField},
		},
	}
	for i := range 40 {
		r := freshservicetest.Requester{
			ID: int64(100 + i), FirstName: pick(i, "Ada", "Bob", "ada", "Ada Maria", "Zoë"), LastName: pick(i, "Byron", "", "O'Neil"),
			JobTitle: pick(i, "Analyst", "", "analyst", "Chief Analyst"), WorkPhone: pick(i, "777", "555", "5551", "+1 555"),
			Language: pick(i, "en", "de", "fr"), TimeZone: pick(i, "London", "Edinburgh", "Berlin"), Inactive: i%7 == 0,
		}
		if i%6 != 0 {
			r.PrimaryEmail = fmt.Sprintf(pick(i, "ada%d@example.com", "Bob.%d@example.org"), i)
		}
		if i%4 == 0 {
			r.SecondaryEmails = []string{fmt.Sprintf("other%d@example.com", i)}
		}
		if i%2 == 1 {
			r.ExternalID = fmt.Sprintf("x-%d", i)
		}
		if i%3 == 0 {
			r.DepartmentIDs = []int64{42, 43}[:1+i%2]
		}
		if i%8 == 0 {
			r.CustomFields = map[string]any{"desk": "7b", "floor": i, "on_site": true}
		}
		account.Requesters = append(account.Requesters, r)
	}
	w := freshserviceWorld(t, account, nil, nil)
	for i := range 4 {
		create(t, w, user(fmt.Sprintf("ada%d", i), map[string]any{
			"title": "Analyst", "externalId": fmt.Sprintf("new-%d", i),
			"emails": []any{map[string]any{"type": "work", "value": fmt.Sprintf("zz%d@example.com", i)}},
		}))
	}
	must(t, w, "PATCH", "/Users/103", patch(set("title", "Baron")), 200)
	must(t, w, "PATCH", "/Users/104", patch(set("active", false)), 200)
	must(t, w, "DELETE", "/Users/105", nil, 204)
	return w
}

// manyFilters are filters on the users of motley, the same ones each time.
func manyFilters() []string {
	attributes := []struct {
		path   string
		values []string
	}{
		{"userName", []string{`"ada2@example.com"`, `"ADA2@EXAMPLE.COM"`, `"ada1"`, `"zz1@example.com"`, `"ada"`, `"requester-106"`, `"requester-105"`, `"requester-"`, `"z"`}},
		{"id", []string{`"103"`, `"105"`, `"9"`}},
		{"externalId", []string{`"x-1"`, `"X-1"`, `"new-1"`, `"x"`}},
		{"active", []string{"true", "false"}},
		{"name.givenName", []string{`"ada"`, `"Ada Maria"`, `"a"`, `"zOË"`}},
		{"name.familyName", []string{`"O'Neil"`, `"Byron"`, `""`}},
		{"displayName", []string{`"Ada Byron"`, `"Ada"`}},
		{"title", []string{`"analyst"`, `"Ana"`, `"Baron"`}},
		{`emails[type eq "work"].value`, []string{`"ada2@example.com"`, `"zz1@example.com"`, `"ada"`}},
		{"emails", []string{`"other4@example.com"`, `"ada2@example.com"`}},
		{`phoneNumbers[type eq "work"].value`, []string{`"555"`, `"777"`}},
		{"locale", []string{`"de"`, `"de-AT"`}},
		{"timezone", []string{`"Europe/London"`, `"Europe/"`}},
		{enterprise + ":department", []string{`"Lab"`, `"sales"`, `"Nowhere"`}},
		{extension + ":departments", []string{`"Lab"`}},
		{extension + ":desk", []string{`"7b"`, `"7B"`}},
		{extension + ":floor", []string{"8", "99"}},
		{extension + ":on_site", []string{"true", "false"}},
		{"meta.created", []string{`"2026-03-01T09:00:00Z"`, `"2026-02-28T09:00:00Z"`}},
	}
	random := rand.New(rand.NewPCG(1, 2))
	one := func(list []string) string { return list[random.IntN(len(list))] }
	leaf := func() string {
		a := attributes[random.IntN(len(attributes))]
		switch random.IntN(3) {
		case 0:
			return a.path + " " + one([]string{"ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}) + " " + one(a.values)
		case 1:
			return "not (" + a.path + " pr)"
		default:
			return a.path + " eq " + one(a.values)
		}
	}
	var filters []string
	for _, a := range attributes {
		for _, op := range []string{"eq", "sw", "gt"} {
			for _, v := range a.values {
				filters = append(filters, a.path+" "+op+" "+v)
			}
		}
		filters = append(filters, a.path+" pr")
	}
	for range 60 {
		filters = append(filters, leaf()+" and "+leaf(), leaf()+" or "+leaf(), leaf()+" and ("+leaf()+" or not ("+leaf()+"))")
	}
	return filters
}

// TestFind_AnyFilter compares the answers to many filters with what the filter
// picks from all users: whatever the target can be asked for, nobody is missing
// and nobody is there who should not be.
func TestFind_AnyFilter(t *testing.T) {
	t.Parallel()
	w := motley(t)
	types, err := w.backend.Types(t.Context())
	require.NoError(t, err)
	typ := types.ByName("User").Type
	all, err := w.backend.List(t.Context(), "User", scim.Query{StartIndex: 1, Count: 1000, ExactTotal: true})
	require.NoError(t, err)
	require.Len(t, all.Resources, 43)

	tried := 0
	for _, text := range manyFilters() {
		f, err := schema.ParseFilter(text)
		require.NoError(t, err, text)
		m, err := schema.Binding{Type: typ}.Match(f)
		if err != nil {
			continue // no such comparison
		}
		tried++
		var want []string
		for _, r := range all.Resources {
			if m.Match(r.Record) {
				want = append(want, r.Record.String("id"))
			}
		}
		r := must(t, w, "GET", "/Users?count=1000&filter="+url.QueryEscape(text), nil, 200)
		var got []string
		for _, u := range r.Resources() {
			got = append(got, u["id"].(string))
		}
		slices.Sort(want)
		slices.Sort(got)
		assert.Equal(t, want, got, text)
		assert.Equal(t, len(want), r.Total(), text)
	}
	assert.Greater(t, tried, 200)
}

// TestFind_WhatOnlyStateKnows: a search by something else shows the user name
// that State keeps, of users written a moment ago as well.
func TestFind_WhatOnlyStateKnows(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	create(t, w, user("ada", map[string]any{"title": "Countess", "emails": []any{map[string]any{"type": "work", "value": "zz@example.com"}}}))
	for filter, want := range map[string]int{
		`title eq "Countess"`: 1, `title eq "Countess" and userName eq "ada"`: 1, `title eq "Countess" and userName sw "ad"`: 1,
		`userName sw "ad"`: 1, `userName sw "zz"`: 0, `userName eq "ada" or userName eq "bob@example.com"`: 1, `userName eq "zz@example.com"`: 0,
	} {
		r := find(t, w, filter)
		if assert.Equal(t, want, r.Total(), filter) && want == 1 {
			assert.Equal(t, "ada", r.Resources()[0]["userName"], filter)
		}
	}
}

// TestFind_Nameless: SCIM demands a user name of everybody. Who has no address
// gets one from the id, is found by it, and a PUT of what was read changes
// nothing.
func TestFind_Nameless(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{{ID: 7, FirstName: "Ada", WorkPhone: "5551"}}}, nil, nil)
	read := must(t, w, "GET", "/Users/7", nil, 200).Body
	assert.Equal(t, "requester-7", read["userName"])
	assert.Equal(t, 1, find(t, w, `userName eq "Requester-7"`).Total())
	assert.Equal(t, 0, find(t, w, `userName eq "requester-8"`).Total())
	must(t, w, "PUT", "/Users/7", read, 200)
	assert.Nil(t, record(t, w, "7")["primary_email"])
	assert.Equal(t, "unchanged", string(w.events.last().Outcome))
	must(t, w, "PATCH", "/Users/7", patch(set("userName", "ada@example.com")), 200)
	assert.Equal(t, "ada@example.com", record(t, w, "7")["primary_email"])
	assert.Equal(t, 0, find(t, w, `userName eq "requester-7"`).Total())
}

// TestFind_OthersWriteToo: the copy of a record that was written a moment ago does
// not hide what somebody else has written since.
func TestFind_OthersWriteToo(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{IndexLag: freshservicetest.NoIndexLag}, nil, nil)
	id := create(t, w, user("ada@example.com", map[string]any{"title": "Countess"})).ID()
	w.clock.Advance(60e9)
	var n int64
	_, err := fmt.Sscan(id, &n)
	require.NoError(t, err)
	w.account.AddRequester(freshservicetest.Requester{ID: n, FirstName: "Ada", PrimaryEmail: "ada@example.com", JobTitle: "Analyst"})
	assert.Equal(t, 1, find(t, w, `title eq "Analyst"`).Total())
}

// TestNames_KeptByStateAreUnique: two users cannot have one user name, wherever it
// is kept.
func TestNames_KeptByStateAreUnique(t *testing.T) {
	t.Parallel()
	mail := func(address string) map[string]any {
		return map[string]any{"emails": []any{map[string]any{"type": "work", "value": address}}}
	}
	w := freshserviceWorld(t, nil, nil, nil)
	ada := create(t, w, user("ada", mail("ada@example.com"))).ID()
	for _, name := range []string{"ada", "ADA"} {
		r := must(t, w, "POST", "/Users", user(name, mail("bob@example.com")), 409)
		assert.Equal(t, "uniqueness", r.Body["scimType"])
	}
	require.Len(t, w.account.Requesters(), 1)
	bob := create(t, w, user("bob", mail("bob@example.com"))).ID()
	must(t, w, "PATCH", "/Users/"+bob, patch(set("userName", "Ada")), 409)
	must(t, w, "PUT", "/Users/"+bob, user("ada", mail("bob@example.com")), 409)
	assert.Equal(t, "bob", must(t, w, "GET", "/Users/"+bob, nil, 200).Body["userName"])
	must(t, w, "PUT", "/Users/"+ada, user("ada", mail("ada@example.com")), 200)
	must(t, w, "PATCH", "/Users/"+ada, patch(set("userName", "ADA")), 200)

	must(t, w, "PATCH", "/Users/"+ada, patch(set("userName", "countess")), 200)
	must(t, w, "PATCH", "/Users/"+bob, patch(set("userName", "ada")), 200)
	must(t, w, "DELETE", "/Users/"+bob, nil, 204)
	must(t, w, "PATCH", "/Users/"+ada, patch(set("userName", "ada")), 200)

	var all []func() (string, string, any)
	for i := range 8 {
		all = append(all, request("POST", "/Users", user("carol", mail(fmt.Sprintf("c%d@example.com", i)))))
	}
	status := together(t, w, all...)
	slices.Sort(status)
	assert.Equal(t, "[201"+strings.Repeat(" 409", 7)+"]", fmt.Sprint(status))
}

// TestFind_ByWhatIsNotShown: a filter may be about what the answer leaves out, and
// about what the front makes.
func TestFind_ByWhatIsNotShown(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	id := create(t, w, user("ada@example.com", map[string]any{"emails": []any{map[string]any{"value": "ada@example.org", "type": "work"}}})).ID()
	other := create(t, w, user("bob@example.com", nil)).ID()
	g := newGroup(t, w, "Lab", id)
	for _, tt := range []struct {
		path, filter string
		want         []string
	}{
		{"/Users?attributes=userName", `emails.value eq "ada@example.org"`, []string{id}},
		{"/Users?attributes=userName", `emails[type eq "work"]`, []string{id}},
		{"/Users?attributes=userName", `not (emails pr)`, []string{other}},
		{"/Users?excludedAttributes=groups", `groups.value eq "` + g + `"`, []string{id}},
		{"/Groups?excludedAttributes=members", `members.value eq "` + id + `"`, []string{g}},
		{"/Groups?excludedAttributes=members", `members.value eq "` + other + `"`, nil},
		{"/Groups?attributes=id", `id eq "` + g + `" and members eq "` + id + `"`, []string{g}},
		{"/Groups?attributes=id", `id eq "` + g + `" and members eq "` + other + `"`, nil},
		{"/Users?attributes=userName", `meta.location eq "` + baseURL + "/Users/" + id + `"`, []string{id}},
		{"/Users?attributes=userName", `meta.location co "/Users/" and emails.value sw "ada" and userName sw "a"`, []string{id}},
		{"/Users?attributes=userName", `meta.resourceType eq "Group"`, nil},
		{"/Users?attributes=userName", `meta.resourceType eq "User" and emails pr`, []string{id}},
	} {
		path := tt.path + "&filter=" + url.QueryEscape(tt.filter)
		for _, more := range []string{"", "&sortBy=id", "&cursor="} {
			r := must(t, w, "GET", path+more, nil, 200)
			assert.Equal(t, len(tt.want), r.Total(), path+more)
			assert.Equal(t, tt.want, listIDs(t, w, path+more), path+more)
		}
	}
}
