package zendesk_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// managed switches every set on.
func managed() *zendesk.Options {
	return &zendesk.Options{SecondaryEmails: zendesk.SetManaged, SecondaryPhones: zendesk.SetManaged, SecondaryOrganizations: zendesk.SetManaged}
}

func setAccount() *zendesktest.Options {
	users := people()
	users[0].OtherEmails = []string{"a1@example.com", "a2@example.com"}
	users[0].OrganizationIDs = []int64{5, 6}
	return &zendesktest.Options{Users: users, Organizations: []zendesktest.Organization{
		{ID: 5, Name: "Universal"}, {ID: 6, Name: "Paramount"}, {ID: 7, Name: "Columbia"},
	}}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

const (
	identitiesOf, newIdentity, noIdentity = "GET /users/{user}/identities", "POST /users/{user}/identities", "DELETE /users/{user}/identities/{id}"
	getUser, putUser                      = "GET /users/{id}", "PUT /users/{id}"
	organizationsOf                       = "GET /users/{user}/organization_memberships"
	filledOrganizations                   = "GET /users/{id}/organization_memberships"
)

// TestSets_AreOffByDefault: nothing of them is read, shown or written.
func TestSets_AreOffByDefault(t *testing.T) {
	t.Parallel()
	f := start(t, setAccount(), nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	for _, name := range []string{"secondary_emails", "secondary_phones", "secondary_organization_ids"} {
		assert.Nil(t, desc.Object("user").Type.Lookup(name), name)
	}
	assert.Equal(t, []string{getUser}, f.calls(t, func(ctx context.Context) {
		_, err := f.Get(ctx, user("100"))
		require.NoError(t, err)
	}))
}

func TestSets_Read(t *testing.T) {
	t.Parallel()
	f := start(t, setAccount(), managed())
	var rec *schema.Record
	assert.Equal(t, []string{getUser, identitiesOf, filledOrganizations}, f.calls(t, func(ctx context.Context) {
		var err error
		rec, err = f.Get(ctx, user("100"))
		require.NoError(t, err)
	}))
	assert.Equal(t, []string{"a1@example.com", "a2@example.com"}, sorted(rec.Strings("secondary_emails")))
	assert.Equal(t, [2]string{"5", "[6]"}, [2]string{rec.String("organization_id"), string(rec.Get("secondary_organization_ids").AppendJSON(nil))})
	assert.Equal(t, []string{getUser}, f.calls(t, func(ctx context.Context) {
		_, err := f.GetWithout(ctx, user("100"), "secondary_emails", "secondary_phones", "secondary_organization_ids")
		require.NoError(t, err)
	}))
	// A list of all users reads the memberships of all at once.
	calls := f.calls(t, func(ctx context.Context) {
		page, err := f.List(ctx, "user", connector.Query{Omit: []string{"secondary_emails", "secondary_phones"}})
		require.NoError(t, err)
		at := slices.IndexFunc(page.Records, func(r *schema.Record) bool { return r.Integer("id") == 100 })
		assert.Equal(t, "[6]", string(page.Records[at].Get("secondary_organization_ids").AppendJSON(nil)))
	})
	assert.Equal(t, []string{"GET /users", "GET /organization_memberships"}, calls)
}

// TestSets_IdentitiesComeAlong with a list of users where the account gives them so;
// else each user's are asked for.
func TestSets_IdentitiesComeAlong(t *testing.T) {
	t.Parallel()
	for along, want := range map[bool]int{true: 0, false: 2} {
		var mu sync.Mutex
		asked := 0
		target := stubOptions(t, &zendesk.Options{SecondaryEmails: zendesk.SetManaged}, func(r *stubRequest) stubAnswer {
			mu.Lock()
			defer mu.Unlock()
			const of = `[{"id":1,"user_id":100,"type":"email","value":"a@example.com","primary":true},{"id":2,"user_id":100,"type":"email","value":"b@example.com"}]`
			switch {
			case r.path == "/users":
				assert.Equal(t, "identities", r.query.Get("include"))
				side := ""
				if along {
					side = `,"identities":` + of
				}
				return stubAnswer{body: `{"users":[{"id":100,"email":"a@example.com"},{"id":101}],"meta":{"has_more":false}` + side + `}`}
			case strings.HasSuffix(r.path, "/identities"):
				asked++
				if r.path == "/users/100/identities" {
					return stubAnswer{body: `{"identities":` + of + `}`}
				}
				return stubAnswer{body: `{"identities":[]}`}
			}
			return stubAnswer{status: 404}
		})
		page, err := target.List(t.Context(), zendesk.ObjectUser, connector.Query{})
		require.NoError(t, err)
		assert.Equal(t, []string{"b@example.com"}, page.Records[0].Strings("secondary_emails"))
		assert.Empty(t, page.Records[1].Strings("secondary_emails"))
		assert.Equal(t, want, asked)
	}
}

func TestSets_OneOrganizationLeavesNoField(t *testing.T) {
	t.Parallel()
	settings := zendesktest.DefaultSettings()
	settings.MultipleOrganizations = false
	f := start(t, &zendesktest.Options{Users: people(), Settings: &settings}, managed())
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Nil(t, desc.Object("user").Type.Lookup("secondary_organization_ids"))
	assert.NotNil(t, desc.Object("user").Type.Lookup("secondary_emails"))
}

// TestSets_Emails: the addresses beyond the primary one are a set, of which only the
// difference is written (reference, 5).
func TestSets_Emails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[string]any
		keep   bool
		writes []string // of identities
		want   []string // the primary address first
	}{
		"one comes, one goes": {map[string]any{"secondary_emails": []string{"A1@example.com", "a3@example.com"}}, false,
			[]string{newIdentity, noIdentity}, []string{"ada@example.com", "a1@example.com", "a3@example.com"}},
		"the same again":          {map[string]any{"secondary_emails": []string{"a2@example.com", "a1@example.com"}}, false, nil, []string{"ada@example.com", "a1@example.com", "a2@example.com"}},
		"all go":                  {map[string]any{"secondary_emails": nil}, false, []string{noIdentity, noIdentity}, []string{"ada@example.com"}},
		"the primary one is none": {map[string]any{"secondary_emails": []string{"ada@example.com", "a1@example.com", "a2@example.com"}}, false, nil, []string{"ada@example.com", "a1@example.com", "a2@example.com"}},
		"with another primary one, which was a further one": {map[string]any{"email": "a1@example.com", "secondary_emails": []string{"a2@example.com"}}, false,
			[]string{noIdentity}, []string{"a1@example.com", "a2@example.com"}},
		"and the old one kept": {map[string]any{"email": "a1@example.com", "secondary_emails": []string{"a2@example.com", "ada@example.com"}}, true,
			nil, []string{"a1@example.com", "a2@example.com", "ada@example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := managed()
			if c.keep {
				o.EmailChange = zendesk.EmailKeep
			}
			f := start(t, setAccount(), o)
			var writes []string
			for _, call := range f.calls(t, func(ctx context.Context) {
				rec, err := f.blind(t, ctx, user("100"), c.values)
				require.NoError(t, err)
				assert.Equal(t, c.want, append([]string{rec.String("email")}, sorted(rec.Strings("secondary_emails"))...))
			}) {
				if call == newIdentity || call == noIdentity {
					writes = append(writes, call)
				}
			}
			assert.Equal(t, c.writes, writes)
			have := f.addresses(100)
			assert.Equal(t, c.want, append(have[:1:1], sorted(have[1:])...))
			for _, i := range f.sim.Identities(100) {
				assert.True(t, i["type"] != "email" || i["verified"] == true, "nobody gets a mail about it")
			}
		})
	}
}

func TestSets_AnAddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	f := start(t, setAccount(), managed())
	_, err := f.blind(t, t.Context(), user("100"), map[string]any{"secondary_emails": []string{"grace@example.com"}})
	require.ErrorIs(t, err, connector.AlreadyExists)
	assert.Equal(t, "secondary_emails", errorOf(t, err).Field)
	_, err = f.create(t, t.Context(), map[string]any{"name": "N", "email": "n@example.com", "secondary_emails": []string{"grace@example.com"}})
	require.Error(t, err)
	assert.Nil(t, f.sim.UserByEmail("n@example.com"), "nobody was made")
}

// TestSets_ALostAddition is settled by looking.
func TestSets_ALostAddition(t *testing.T) {
	t.Parallel()
	f := start(t, setAccount(), managed())
	f.sim.Fault(zendesktest.Fault{Kind: zendesktest.LostAnswer, Method: "POST", Path: "/api/v2/users/*/identities"})
	want := map[string]any{"secondary_emails": []string{"a1@example.com", "a2@example.com", "a3@example.com"}}
	if _, err := f.blind(t, t.Context(), user("100"), want); err != nil {
		_, err = f.blind(t, t.Context(), user("100"), want)
		require.NoError(t, err)
	}
	assert.Len(t, f.addresses(100), 4)
}

func TestSets_Create(t *testing.T) {
	t.Parallel()
	f := start(t, setAccount(), managed())
	rec, err := f.create(t, t.Context(), map[string]any{
		"name": "N", "email": "n@example.com", "secondary_emails": []string{"n1@example.com"}, "phone": "+15550177", "secondary_phones": []string{"+15550178"},
		"organization_id": 7, "secondary_organization_ids": schema.ListValue(schema.IntegerValue(5)),
	})
	require.NoError(t, err)
	got, err := f.Get(t.Context(), refOf(rec))
	require.NoError(t, err)
	assert.True(t, got.Equal(rec))
	assert.Equal(t, []string{"n1@example.com"}, got.Strings("secondary_emails"))
	assert.Equal(t, [2]string{"+15550177", "+15550178"}, [2]string{got.String("phone"), got.Strings("secondary_phones")[0]})
	assert.Equal(t, []int64{7, 5}, f.sim.UserOrganizations(rec.Integer("id")))
}

// TestSets_Organizations: memberships come and go one by one, and the default one
// has a field of its own (reference, 6.3).
func TestSets_Organizations(t *testing.T) {
	t.Parallel()
	list := func(ids ...int64) schema.Value {
		var vs []schema.Value
		for _, id := range ids {
			vs = append(vs, schema.IntegerValue(id))
		}
		return schema.ListValue(vs...)
	}
	for name, c := range map[string]struct {
		values map[string]any
		want   []int64
	}{
		"one comes, one goes":            {map[string]any{"secondary_organization_ids": list(7)}, []int64{5, 7}},
		"all go":                         {map[string]any{"secondary_organization_ids": nil}, []int64{5}},
		"the default one changes":        {map[string]any{"organization_id": 7}, []int64{7, 6}},
		"the default one becomes second": {map[string]any{"organization_id": 6, "secondary_organization_ids": list(5)}, []int64{6, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, setAccount(), managed())
			calls := f.calls(t, func(ctx context.Context) {
				_, err := f.blind(t, ctx, user("100"), c.values)
				require.NoError(t, err)
			})
			assert.Equal(t, c.want, f.sim.UserOrganizations(100))
			assert.NotContains(t, calls, putUser, "it would end the others")
		})
	}
	f := start(t, setAccount(), managed())
	_, err := f.blind(t, t.Context(), user("100"), map[string]any{"secondary_organization_ids": list(99)})
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, "secondary_organization_ids", errorOf(t, err).Field)
}

// TestSets_FaultsOfEveryWrite: whatever goes wrong with one of the calls, the same
// change asked for again ends as it should, and nothing is there twice.
func TestSets_FaultsOfEveryWrite(t *testing.T) {
	t.Parallel()
	writes := []zendesktest.Fault{
		{Method: "PUT", Path: "/api/v2/users/*"}, {Method: "POST", Path: "/api/v2/users/*/identities"},
		{Method: "DELETE", Path: "/api/v2/users/*/identities/*"}, {Method: "PUT", Path: "/api/v2/users/*/identities/*/make_primary"},
		{Method: "POST", Path: "/api/v2/organization_memberships"}, {Method: "DELETE", Path: "/api/v2/users/*/organizations/*"},
		{Method: "PUT", Path: "/api/v2/users/*/organizations/*/make_default"},
	}
	for name, fault := range map[string]zendesktest.Fault{
		"lost answer": {Kind: zendesktest.LostAnswer}, "cut body": {Kind: zendesktest.CutBody}, "500 after": {Kind: zendesktest.FailAfter, Times: -1},
		"503": zendesktest.Maintenance("1"), "503 for ever": {Status: 503, Times: -1}, "409": zendesktest.DatabaseConflict(),
		"429 text":     {Status: 429, RetryAfter: "1", Body: "user email: ada@example.com", ContentType: "text/plain"},
		"429 for long": {Status: 429, RetryAfter: "300", Times: -1}, "unreachable": {Kind: zendesktest.Unreachable, Times: -1},
	} {
		for _, at := range writes {
			t.Run(name+" "+at.Method+at.Path[7:], func(t *testing.T) {
				t.Parallel()
				f := hurry(t, setAccount(), managed())
				_, err := f.Description(t.Context())
				require.NoError(t, err)
				broken := fault
				broken.Method, broken.Path = at.Method, at.Path
				f.sim.Fault(broken)
				want := map[string]any{
					"name": "Ada L", "email": "a1@example.com", "secondary_emails": []string{"a3@example.com"}, "phone": "+15550199",
					"secondary_phones": []string{"+15550188"}, "organization_id": 7, "secondary_organization_ids": schema.ListValue(schema.IntegerValue(6)),
				}
				if _, err = f.blind(t, t.Context(), user("100"), want); err != nil {
					assert.NotContains(t, err.Error(), "ada@example.com")
					assert.NotEqual(t, connector.Unknown, connector.CodeOf(err))
				}
				f.sim.ClearFaults()
				f.clock.Advance(10 * time.Minute)
				rec, err := f.blind(t, t.Context(), user("100"), want)
				require.NoError(t, err)
				assert.Equal(t, [3]string{"Ada L", "a1@example.com", "+15550199"}, [3]string{rec.String("name"), rec.String("email"), rec.String("phone")})
				assert.Equal(t, []string{"a1@example.com", "a3@example.com"}, f.addresses(100))
				assert.Equal(t, []string{"+15550188"}, rec.Strings("secondary_phones"))
				assert.Equal(t, []int64{7, 6}, f.sim.UserOrganizations(100))
			})
		}
	}
}
