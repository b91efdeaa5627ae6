package freshservice_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

func people(n int) []freshservicetest.Requester {
	out := make([]freshservicetest.Requester, n)
	for i := range out {
		out[i] = freshservicetest.Requester{
			ID: int64(1000 + i), FirstName: fmt.Sprintf("P%04d", i), LastName: "Many", PrimaryEmail: fmt.Sprintf("p%04d@example.com", i),
		}
	}
	return out
}

func TestList_EveryoneOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 99, 100, 101, 250} {
		f := start(t, &freshservicetest.Options{Requesters: people(n)}, nil)
		calls := f.calls(t, func(ctx context.Context) {
			recs, err := f.find(ctx, "requester", "")
			require.NoError(t, err)
			assert.Len(t, recs, n)
			seen := map[int64]bool{}
			for _, r := range recs {
				seen[r.Integer("id")] = true
			}
			assert.Len(t, seen, n)
		})
		assert.Len(t, calls, max(1, (n+99)/100))
	}
}

func TestList_FirstPage(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: people(101)}, nil)
	page, err := f.List(t.Context(), "requester", connector.Query{Limit: 3})
	require.NoError(t, err)
	assert.Len(t, page.Records, 100, "the largest page whatever is asked for")
	assert.Negative(t, page.Total)
	page, err = f.List(t.Context(), "requester", connector.Query{Cursor: page.Next})
	require.NoError(t, err)
	assert.Len(t, page.Records, 1)
	assert.Empty(t, page.Next)

	one := start(t, &freshservicetest.Options{Requesters: people(7)}, nil)
	page, err = one.List(t.Context(), "requester", connector.Query{})
	require.NoError(t, err)
	assert.Equal(t, 7, page.Total, "the end was seen")

	for _, cursor := range []string{"0", "-1", "x", "01", "1e3", "99999999999999999999"} {
		_, err := one.List(t.Context(), "requester", connector.Query{Cursor: cursor})
		require.ErrorIs(t, err, connector.Invalid, cursor)
	}
}

// filters has an account with people, to be searched.
func filters(t *testing.T, rules freshservicetest.Rules) *fixture {
	grace := freshservicetest.Requester{
		ID: 101, FirstName: "Grace", LastName: "O'Malley", PrimaryEmail: "o'malley+sea@example.com", JobTitle: "Pirate", DepartmentIDs: []int64{42},
		ReportingManagerID: 100, Language: "de", MobilePhone: "+353 1", CustomFields: map[string]any{"nick": "Queen", "desk": 7, "badge_color": "it's blue"},
		Inactive: true, CreatedAt: time.Date(2020, 5, 6, 23, 59, 0, 0, time.UTC),
	}
	first := ada(100)
	first.CreatedAt = time.Date(2020, 5, 7, 0, 30, 0, 0, time.UTC)
	first.CustomFields = map[string]any{"nick": "Enchantress", "badge_color": "red"}
	return start(t, &freshservicetest.Options{
		Fields: everyField(), Rules: rules, IndexLag: freshservicetest.NoIndexLag,
		Departments: []freshservicetest.Department{{ID: 42, Name: "Sales"}},
		Requesters:  []freshservicetest.Requester{first, grace},
	}, nil)
}

func TestList_Filters(t *testing.T) {
	t.Parallel()
	f := filters(t, freshservicetest.Rules{})
	for filter, want := range map[string][]int64{
		`primary_email eq "ADA@example.com"`:                               {100},
		`primary_email eq "o'malley+sea@example.com"`:                      {101},
		`primary_email eq "a@example.com"`:                                 {}, // a secondary address
		`primary_email eq "admin@example.com"`:                             {}, // an agent's
		`primary_email sw "ada"`:                                           {100},
		`primary_email sw "example"`:                                       {}, // the search takes parts of addresses, too
		`first_name eq "Grace"`:                                            {101},
		`first_name sw "gr"`:                                               {101},
		`job_title eq "Pirate" or job_title eq "Analyst"`:                  {100, 101},
		`language eq "de" and (first_name eq "Ada" or last_name sw "O")`:   {101},
		`department_ids eq 42`:                                             {101},
		`reporting_manager_id eq 100`:                                      {101},
		`mobile_phone_number eq "+353 1"`:                                  {101},
		`custom_fields.nick eq "Queen"`:                                    {101},
		`custom_fields.desk eq 7`:                                          {101},
		`custom_fields.badge_color eq "red"`:                               {100},
		`id eq 101`:                                                        {101},
		`id eq 5`:                                                          {},
		`id eq 101 and first_name eq "Ada"`:                                {},
		`primary_email eq "ada@example.com" and first_name eq "Ada"`:       {100},
		`primary_email eq "ada@example.com" and first_name eq "Grace"`:     {},
		`created_at ge "2020-05-07T00:00:00Z"`:                             {100},
		`created_at gt "2020-05-06T23:59:00Z"`:                             {100},
		`created_at lt "2020-05-07T00:30:00Z"`:                             {101},
		`created_at le "2020-05-07T00:30:00Z"`:                             {100, 101},
		`created_at ge "2020-05-07T01:00:00+02:00" and first_name sw "a"`:  {100},
		`primary_email eq "nobody@example.com" or primary_email sw "ada@"`: {100},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			recs, err := f.find(ctx, "requester", filter)
			require.NoError(t, err, filter)
			assert.ElementsMatch(t, want, ids(recs), filter)
		})
		assert.Len(t, calls, 1, filter)
	}
}

// TestList_OrOfLookups joins what the search cannot say to what it can.
func TestList_OrOfLookups(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: people(70), IndexLag: freshservicetest.NoIndexLag}, nil)
	for filter, c := range map[string]struct {
		want  int
		calls int
	}{
		`id eq 1000 or id eq 1001`:                                                        {2, 2},
		`id eq 1000 or id eq 1000 and first_name sw "P"`:                                  {1, 2},
		`id eq 1000 or id eq 5`:                                                           {1, 2},
		`id eq 1000 or primary_email eq "p0001@example.com"`:                              {2, 2},
		`id eq 1050 or primary_email sw "p"`:                                              {70, 4}, // three pages of the search
		`id eq 1050 or primary_email eq "p0050@example.com" or primary_email sw "p000"`:   {11, 2},
		`primary_email sw "p000" and (id eq 1000 or id eq 1050)`:                          {1, 1},
		`primary_email eq "p0002@example.com" and (id eq 1002 or first_name eq "nobody")`: {1, 1},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			recs, err := f.find(ctx, "requester", filter)
			require.NoError(t, err, filter)
			assert.Len(t, recs, c.want, filter)
		})
		assert.Len(t, calls, c.calls, filter)
	}
	users, err := f.find(t.Context(), "user", `addresses eq "p0003@example.com" or addresses eq "admin@example.com"`)
	require.NoError(t, err)
	assert.Len(t, users, 2)

	page, err := f.List(t.Context(), "requester", connector.Query{Filter: schema.MustParseFilter(`id eq 1000 or id eq 1001`)})
	require.NoError(t, err)
	assert.Equal(t, 2, page.Total)
}

func TestList_FiltersThatFreshserviceCannotSay(t *testing.T) {
	t.Parallel()
	f := filters(t, freshservicetest.Rules{})
	for _, filter := range []string{
		`last_name eq "O'Malley"`,
		`first_name eq "a\"b"`,
		`first_name eq "a\\b"`,
		`first_name eq "a\nb"`,
		`first_name eq ""`,
		`custom_fields.badge_color eq "it's blue"`,
		`custom_fields.desk eq 7.5`,
		`custom_fields.hired eq "2020-01-01"`,
		`custom_fields.on_site eq true`,
		`external_id eq "1"`,
		`active eq true`,
		`first_name co "a"`,
		`not (first_name eq "Ada")`,
		`primary_email sw "o'malley"`,
		`first_name eq "Ada" or last_name eq "O'Malley"`,
		`last_name eq "O'Malley" and first_name eq "a\"b"`,
	} {
		calls := f.calls(t, func(ctx context.Context) {
			_, err := f.find(ctx, "requester", filter)
			require.ErrorIs(t, err, connector.Unsupported, filter)
		})
		assert.Empty(t, calls, filter)
	}
}

func TestList_AddressesThatAreNone(t *testing.T) {
	t.Parallel()
	f := filters(t, freshservicetest.Rules{})
	calls := f.calls(t, func(ctx context.Context) {
		recs, err := f.find(ctx, "requester", `primary_email eq "ada"`)
		require.NoError(t, err)
		assert.Empty(t, recs)
	})
	assert.Empty(t, calls)
}

func TestList_SearchPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules freshservicetest.Rules
		n     int
		calls int
	}{
		"one page":     {freshservicetest.Rules{}, 29, 1},
		"a full page":  {freshservicetest.Rules{}, 30, 2},
		"three pages":  {freshservicetest.Rules{}, 75, 3},
		"link headers": {freshservicetest.Rules{QueryLink: true}, 75, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{Requesters: people(c.n), Rules: c.rules, IndexLag: freshservicetest.NoIndexLag}, nil)
			calls := f.calls(t, func(ctx context.Context) {
				recs, err := f.find(ctx, "requester", `last_name eq "many"`)
				require.NoError(t, err)
				assert.Len(t, recs, c.n)
			})
			assert.Len(t, calls, c.calls)
		})
	}
	t.Run("more than the search gives", func(t *testing.T) {
		t.Parallel()
		f := start(t, &freshservicetest.Options{Requesters: people(1201), IndexLag: freshservicetest.NoIndexLag}, nil)
		recs, err := f.find(t.Context(), "requester", `last_name eq "many"`)
		require.ErrorIs(t, err, connector.Unsupported, "never an end that is none")
		assert.Len(t, recs, 1200)
	})
}

func TestList_Users(t *testing.T) {
	t.Parallel()
	f := filters(t, freshservicetest.Rules{})
	owner := f.sim.OwnerID()
	for filter, c := range map[string]struct {
		want  []int64
		calls int
	}{
		"":                                     {[]int64{100, 101, owner}, 1},
		`primary_email eq "admin@example.com"`: {[]int64{owner}, 1},
		`primary_email eq "ada@example.com"`:   {[]int64{100}, 1},
		`name eq "ada byron"`:                  {[]int64{100}, 1},
		`name eq "Avery Admin"`:                {[]int64{owner}, 1},
		`id eq 100`:                            {[]int64{100}, 1},
		fmt.Sprintf("id eq %d", owner):         {[]int64{owner}, 2},
		`addresses eq "ada@example.com"`:       {[]int64{100}, 1},
		`addresses eq "nobody@example.com"`:    {[]int64{}, 3},
		`addresses eq "o'nobody@example.com"`:  {[]int64{}, 2},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			recs, err := f.find(ctx, "user", filter)
			require.NoError(t, err, filter)
			assert.ElementsMatch(t, c.want, ids(recs), filter)
		})
		assert.Len(t, calls, c.calls, filter)
	}
}

func TestList_HoldersOfAnAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules   freshservicetest.Rules
		address string
		want    int64
	}{
		"secondary, where it is shown":    {freshservicetest.Rules{EmailFilterMatchesSecondary: true}, "countess@example.com", 100},
		"deactivated, hidden from email=": {freshservicetest.Rules{EmailFilterHidesInactive: true}, "gone@example.com", 102},
		"agent":                           {freshservicetest.Rules{}, "Admin@example.com", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{
				Rules: c.rules, IndexLag: freshservicetest.NoIndexLag,
				Owner:      &freshservicetest.Agent{ID: 1, FirstName: "Avery", LastName: "Admin", Email: "admin@example.com"},
				Requesters: []freshservicetest.Requester{ada(100), {ID: 102, FirstName: "Gone", PrimaryEmail: "gone@example.com", Inactive: true}},
			}, nil)
			recs, err := f.find(t.Context(), "user", fmt.Sprintf("addresses eq %q", c.address))
			require.NoError(t, err)
			require.Equal(t, []int64{c.want}, ids(recs))
			assert.Equal(t, c.want == 1, recs[0].Bool("is_agent"))
		})
	}
}

func TestList_UsersWithoutTheRightToSeeAgents(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Keys:       []freshservicetest.Key{{Value: "k", Without: []freshservicetest.Permission{freshservicetest.ManageAgents}}},
		Requesters: []freshservicetest.Requester{ada(100)}, IndexLag: freshservicetest.NoIndexLag,
	}, nil)
	for _, filter := range []string{`primary_email eq "ada@example.com"`, `name eq "Ada Byron"`, `addresses eq "ada@example.com"`} {
		recs, err := f.find(t.Context(), "user", filter)
		require.NoError(t, err, filter)
		assert.Equal(t, []int64{100}, ids(recs), filter)
	}
}

func TestList_Agents(t *testing.T) {
	t.Parallel()
	f := filters(t, freshservicetest.Rules{})
	for filter, want := range map[string][]int64{
		"":                               {f.sim.OwnerID()},
		`email eq "ADMIN@example.com"`:   {f.sim.OwnerID()},
		`email eq "ada@example.com"`:     {},
		`first_name sw "av"`:             {f.sim.OwnerID()},
		`email sw "admin@"`:              {f.sim.OwnerID()},
		`first_name eq "Avery"`:          {f.sim.OwnerID()},
		`id eq 100`:                      {},
		`email eq "ada" or email sw ")"`: {},
	} {
		recs, err := f.find(t.Context(), "agent", filter)
		require.NoError(t, err, filter)
		assert.ElementsMatch(t, want, ids(recs), filter)
	}
}

func TestList_DepartmentsAndLocations(t *testing.T) {
	t.Parallel()
	var deps []freshservicetest.Department
	for i := range 120 {
		deps = append(deps, freshservicetest.Department{ID: int64(200 + i), Name: fmt.Sprintf("Dept %03d", i)})
	}
	deps = append(deps, freshservicetest.Department{ID: 42, Name: "Sales"}, freshservicetest.Department{ID: 43, Name: `Children's "Toys"`})
	f := start(t, &freshservicetest.Options{
		Departments: deps, Rules: freshservicetest.Rules{QueryCaseSensitive: true, PluralLocationWrapper: true}, IndexLag: freshservicetest.NoIndexLag,
		Locations: []freshservicetest.Location{{ID: 7, Name: "HQ", City: "Bonn"}, {ID: 8, Name: "HQ", ParentID: 7}},
	}, nil)
	for filter, c := range map[string]struct {
		want  []int64
		calls int
	}{
		`name eq "Sales"`:               {[]int64{42}, 1},
		`name eq "sALES"`:               {[]int64{42}, 3}, // the search is particular here
		`name eq "Children's \"Toys\""`: {[]int64{43}, 2},
		`name eq "Nope"`:                {[]int64{}, 3},
		`id eq 43`:                      {[]int64{43}, 1},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			recs, err := f.find(ctx, "department", filter)
			require.NoError(t, err, filter)
			assert.Equal(t, c.want, ids(recs), filter)
		})
		assert.Len(t, calls, c.calls, filter)
	}
	all, err := f.find(t.Context(), "department", "")
	require.NoError(t, err)
	assert.Len(t, all, len(deps))

	both, err := f.find(t.Context(), "location", `name eq "HQ"`)
	require.NoError(t, err)
	assert.ElementsMatch(t, []int64{7, 8}, ids(both))
	hq, err := f.Get(t.Context(), connector.Ref{Object: "location", ID: "7"})
	require.NoError(t, err)
	assert.Equal(t, "Bonn", hq.String("address.city"))
}

func TestList_TooManyDepartmentsToLookThrough(t *testing.T) {
	t.Parallel()
	deps := make([]freshservicetest.Department, 1001)
	for i := range deps {
		deps[i] = freshservicetest.Department{Name: fmt.Sprintf("D %d", i)}
	}
	f := start(t, &freshservicetest.Options{Departments: deps}, nil)
	_, err := f.find(t.Context(), "department", `name eq "it's not there"`)
	assert.ErrorIs(t, err, connector.Unsupported)
}

func TestCreate_Department(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	calls := f.calls(t, func(ctx context.Context) {
		rec, err := f.Create(ctx, "department", f.record(t, "department", map[string]any{"name": "Tour Operations"}))
		require.NoError(t, err)
		assert.Equal(t, f.sim.DepartmentID("Tour Operations"), rec.Integer("id"))
	})
	assert.Equal(t, []string{"POST /departments"}, calls)
	assert.JSONEq(t, `{"name":"Tour Operations"}`, f.lastBody())

	// The index of the search does not have it yet; it is found all the same.
	recs, err := f.find(t.Context(), "department", `name eq "Tour Operations"`)
	require.NoError(t, err)
	assert.Len(t, recs, 1)

	_, err = f.Create(t.Context(), "department", f.record(t, "department", map[string]any{"name": "Tour Operations"}))
	require.ErrorIs(t, err, connector.AlreadyExists)
	assert.Equal(t, "name", errorOf(t, err).Field)
}

func TestList_AnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"requesters":null}`, `{"requesters":[1]}`, `{"requesters":[{"first_name":"no id"}]}`, `{"requesters":[{"id":-4}]}`, `<html>`} {
		f := stubRecords(t, func(string, string) (int, string) { return 200, body })
		_, err := f.List(t.Context(), "requester", connector.Query{})
		require.ErrorIs(t, err, connector.Internal, body)
	}
	f := stubRecords(t, func(string, string) (int, string) { return 200, `{"people":[{"id":"17","first_name":"Ada"}]}` })
	page, err := f.List(t.Context(), "requester", connector.Query{})
	require.NoError(t, err, "the key around the list does not matter")
	assert.Equal(t, schema.IntegerValue(17), page.Records[0].Get("id"))
}
