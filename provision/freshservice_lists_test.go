package provision_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
)

// peopleAccount is an account with requesters and agents, some of them disabled, in turn by
// their first names, which is the app's order (§3).
func peopleAccount(n int) *freshservicetest.Options {
	account := &freshservicetest.Options{}
	for i := range n {
		first, address := fmt.Sprintf("P%04d", i), fmt.Sprintf("p%04d@example.com", i)
		if i%4 == 0 {
			account.Agents = append(account.Agents, freshservicetest.Agent{FirstName: first, Email: address, JobTitle: "Guide", Inactive: i%12 == 0})
		} else {
			account.Requesters = append(account.Requesters, freshservicetest.Requester{FirstName: first, PrimaryEmail: address, JobTitle: "Guest", Inactive: i%12 == 1})
		}
	}
	return account
}

// byCursor reads all users page by page.
func byCursor(t *testing.T, w *world, filter string) []string {
	t.Helper()
	var out []string
	for cursor := ""; ; {
		q := url.Values{"cursor": {cursor}, "count": {"40"}}
		if filter != "" {
			q.Set("filter", filter)
		}
		r := must(t, w, "GET", "/Users?"+q.Encode(), nil, 200)
		out = append(out, names(r)...)
		next, _ := r.Body["nextCursor"].(string)
		if next == "" {
			return out
		}
		cursor = next
	}
}

// TestLists_EveryRecordOnce: over both kinds, deactivated ones included, in the app's
// order, by index and by cursor.
func TestLists_EveryRecordOnce(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, peopleAccount(250), nil, nil)
	all := byCursor(t, w, "")
	require.Len(t, all, 251)
	assert.Equal(t, ownerAddress, all[0])
	assert.True(t, slices.IsSorted(all), "the app's order is that of first names")
	assert.Len(t, slices.Compact(all), 251)
	for _, c := range w.takeCalls() {
		assert.Equal(t, "GET /requesters?include_agents&per_page", noPage(c))
	}

	var indexed []string
	for at := 1; ; at += 100 {
		r := must(t, w, "GET", fmt.Sprintf("/Users?startIndex=%d&count=100", at), nil, 200)
		indexed = append(indexed, names(r)...)
		if at+100 > r.Total() {
			assert.Equal(t, 251, r.Total())
			break
		}
	}
	assert.Equal(t, all, indexed)

	// Lists say of agents what the list has, and no more (§4.3).
	w.takeCalls()
	r := must(t, w, "GET", "/Users?count=5", nil, 200)
	cost(t, w, "first page", "GET /requesters?include_agents&per_page")
	first := r.Resources()[1]
	assert.Equal(t, true, first[extension].(map[string]any)["isAgent"])
	assert.Equal(t, false, first["active"])
	assert.NotContains(t, first, "roles")
	assert.Contains(t, must(t, w, "GET", "/Users/"+first["id"].(string), nil, 200).Body, "roles")
}

func noPage(call string) string {
	if i := len(call) - len("&page&per_page"); i > 0 && call[i:] == "&page&per_page" {
		return call[:i] + "&per_page"
	}
	return call
}

// TestLists_RowsShift: people are renamed, come and go between two pages. Nobody is
// lost, and nobody comes twice but who was renamed.
func TestLists_RowsShift(t *testing.T) {
	t.Parallel()
	const n = 260
	address := func(i int) string { return fmt.Sprintf("p%04d@example.com", i) }
	for name, shift := range map[string]struct {
		who string
		do  func(a *freshservicetest.Account)
	}{
		"come": {"", func(a *freshservicetest.Account) {
			a.AddRequester(freshservicetest.Requester{FirstName: "A0", PrimaryEmail: "a0@example.com"})
		}},
		"go":          {address(5), func(a *freshservicetest.Account) { a.RemoveUser(a.RequesterByEmail(address(5))["id"].(int64)) }},
		"rename":      {address(5), func(a *freshservicetest.Account) { rename(a, address(5), "Zoe") }},
		"rename back": {address(230), func(a *freshservicetest.Account) { rename(a, address(230), "A1") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for skip := range 3 {
				w := managedWorld(t, peopleAccount(n), nil, nil)
				w.account.After(freshservicetest.Moment{Method: "GET", Path: "/api/v2/requesters", Query: []string{"include_agents"}, Skip: skip}, func() { shift.do(w.account) })
				times := make(map[string]int)
				for _, found := range byCursor(t, w, "") {
					times[found]++
				}
				for i := range n {
					if address(i) != shift.who {
						assert.Equal(t, 1, times[address(i)], "%s after page %d", address(i), skip)
					}
				}
				if shift.who != "" && name == "rename" {
					assert.Positive(t, times[shift.who])
				}
			}
		})
	}
}

func rename(a *freshservicetest.Account, address, first string) {
	id := a.RequesterByEmail(address)["id"].(int64)
	a.AddRequester(freshservicetest.Requester{ID: id, FirstName: first, PrimaryEmail: address})
}

// TestFilters_Freshservice: what the app is asked, and what is compared afterwards.
func TestFilters_Freshservice(t *testing.T) {
	t.Parallel()
	account := peopleAccount(40)
	account.Requesters[0].WorkPhone, account.Requesters[0].ExternalID = "555 1", "E-1"
	account.Agents[1].MobilePhone, account.Agents[1].JobTitle = "555 2", "Sherpa"
	w := managedWorld(t, account, nil, nil)
	for _, c := range []struct {
		filter string
		total  int
		calls  []string
	}{
		{`userName eq "P0004@example.com"`, 1, []string{"GET /requesters?email&include_agents"}},
		{`emails.value eq "p0001@example.com"`, 1, []string{"GET /requesters?include_agents&per_page"}},
		{`phoneNumbers[type eq "work"].value eq "555 1"`, 1, []string{"GET /requesters?include_agents&per_page&work_phone_number"}},
		{`phoneNumbers[type eq "mobile"].value eq "555 2"`, 1, []string{"GET /requesters?include_agents&mobile_phone_number&per_page"}},
		{`title eq "Sherpa"`, 1, nil},
		{`title eq "Guide" and active eq false`, 4, nil},
		{`name.givenName sw "P000"`, 10, nil},
		{`title eq "Sherpa" or userName eq "p0002@example.com"`, 2, nil},
		{extension + `:isAgent eq true`, 11, []string{"GET /requesters?include_agents&per_page"}},
		{extension + `:isAgent eq false and active eq false`, 4, nil},
		{`externalId eq "E-1"`, 1, []string{"GET /requesters?include_agents&per_page"}},
		{`not (active eq true)`, 8, []string{"GET /requesters?include_agents&per_page"}},
		{`userName eq "nobody@example.com"`, 0, []string{"GET /requesters?email&include_agents"}},
	} {
		r := find(t, w, c.filter)
		assert.Equal(t, c.total, r.Total(), c.filter)
		assert.Len(t, r.Resources(), c.total, c.filter)
		if c.calls == nil {
			calls := w.takeCalls()
			assert.NotEmpty(t, calls, c.filter)
			continue
		}
		cost(t, w, c.filter, c.calls...)
	}
}

// TestFilters_Limits: a query longer than 512 characters, more results than a query
// gives, and a scan that would read too much (§4.4, design D7).
func TestFilters_Limits(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, peopleAccount(160), nil, &provision.Options{ScanLimit: 50})
	long := ""
	for i := range 30 {
		long += fmt.Sprintf(` or name.givenName eq "P%04d"`, i)
	}
	r := must(t, w, "GET", "/Users?filter="+url.QueryEscape(long[4:]), nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"])
	for _, c := range w.account.Requests() {
		assert.LessOrEqual(t, len(c.Query.Get("query")), 512)
	}
	r = must(t, w, "GET", "/Users?filter="+url.QueryEscape(`externalId eq "nobody"`), nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"])
	r = must(t, w, "GET", "/Users?filter="+url.QueryEscape(extension+`:vip eq true`), nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"])

	big := managedWorld(t, peopleAccount(1700), nil, nil)
	r = must(t, big, "GET", "/Users?filter="+url.QueryEscape(`title eq "Guest"`), nil, 400)
	assert.Equal(t, "tooMany", r.Body["scimType"], "never fewer than there are, without a word")
	assert.Equal(t, 425, find(t, big, `title eq "Guide"`).Total())
}

// TestLists_OwnWritesDespiteTheLag: agents, conversions and departures are seen at
// once, although the index lags (§4.5, design D7).
func TestLists_OwnWritesDespiteTheLag(t *testing.T) {
	t.Parallel()
	w := managedWorld(t, &freshservicetest.Options{Rules: freshservicetest.Rules{EmailFilterUsesIndex: true}}, nil, nil)
	id := create(t, w, agentBody("ada@example.com", nil, map[string]any{"title": "Countess"})).ID()
	seen := func(agent bool) {
		t.Helper()
		for _, filter := range []string{`userName eq "ada@example.com"`, `title eq "Countess"`} {
			r := find(t, w, filter)
			require.Equal(t, 1, r.Total(), filter)
			assert.Equal(t, agent, r.Resources()[0][extension].(map[string]any)["isAgent"], filter)
		}
	}
	seen(true)
	must(t, w, "PATCH", "/Users/"+id, patch(isAgent(false)), 200)
	seen(false)
	must(t, w, "PATCH", "/Users/"+id, patch(isAgent("True")), 200)
	seen(true)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	seen(true)
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	assert.Equal(t, 0, find(t, w, `title eq "Countess"`).Total())
}
