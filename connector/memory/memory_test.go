package memory_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func sub(t testing.TB, name string, attrs ...schema.Attribute) *schema.Type {
	t.Helper()
	typ, err := schema.NewOrdered(name, attrs...)
	require.NoError(t, err)
	return typ
}

// types are a User and a Group in the shape of RFC 7643.
func types(t testing.TB) (user, group *schema.Type) {
	t.Helper()
	list := func(name string, more ...schema.Attribute) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.Complex, MultiValued: true, Sub: sub(t, name,
			append([]schema.Attribute{{Name: "value"}, {Name: "display"}, {Name: "type"}, {Name: "primary", Type: schema.Boolean}}, more...)...)}
	}
	ref := func(name string, m schema.Mutability) schema.Attribute {
		return schema.Attribute{Name: name, Type: schema.Complex, MultiValued: true, Mutability: m, Sub: sub(t, name,
			schema.Attribute{Name: "value", CaseExact: true}, schema.Attribute{Name: "$ref", Type: schema.Reference},
			schema.Attribute{Name: "display"}, schema.Attribute{Name: "type"})}
	}
	user, err := schema.NewResource("User",
		schema.Schema{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Attributes: []schema.Attribute{
			{Name: "userName", Required: true, Uniqueness: schema.UniqueServer},
			{Name: "name", Type: schema.Complex, Sub: sub(t, "name", schema.Attribute{Name: "formatted"},
				schema.Attribute{Name: "familyName"}, schema.Attribute{Name: "givenName"}, schema.Attribute{Name: "middleName"})},
			{Name: "displayName"}, {Name: "nickName"}, {Name: "profileUrl", Type: schema.Reference}, {Name: "title"}, {Name: "userType"},
			{Name: "preferredLanguage"}, {Name: "locale"}, {Name: "timezone"}, {Name: "active", Type: schema.Boolean},
			{Name: "password", Mutability: schema.WriteOnly, Returned: schema.ReturnedNever},
			list("emails"), list("phoneNumbers"), list("roles"), ref("groups", schema.ReadOnly),
			{Name: "addresses", Type: schema.Complex, MultiValued: true, Sub: sub(t, "addresses", schema.Attribute{Name: "formatted"},
				schema.Attribute{Name: "streetAddress"}, schema.Attribute{Name: "locality"}, schema.Attribute{Name: "region"},
				schema.Attribute{Name: "postalCode"}, schema.Attribute{Name: "country"}, schema.Attribute{Name: "type"})},
		}},
		schema.Schema{URN: enterprise, Attributes: []schema.Attribute{
			{Name: "employeeNumber"}, {Name: "costCenter"}, {Name: "organization"}, {Name: "department"},
			{Name: "manager", Type: schema.Complex, Sub: sub(t, "manager", schema.Attribute{Name: "value", CaseExact: true}, schema.Attribute{Name: "displayName"})},
			{Name: "badge", Type: schema.Integer}, {Name: "share", Type: schema.Decimal}, {Name: "extra", Type: schema.Any},
		}})
	require.NoError(t, err)
	group, err = schema.NewResource("Group", schema.Schema{URN: "urn:ietf:params:scim:schemas:core:2.0:Group", Attributes: []schema.Attribute{
		{Name: "displayName", Required: true}, ref("members", schema.ReadWrite),
	}})
	require.NoError(t, err)
	return user, group
}

func objects(t testing.TB) []memory.Object {
	user, group := types(t)
	return []memory.Object{
		{Name: "user", Type: user, Unique: []string{"userName"}, Index: []string{"externalId", "displayName", "emails.value"}, Groups: "groups", Active: "active"},
		{Name: "group", Type: group, Unique: []string{"displayName"}, Index: []string{"externalId"}, Members: "members", Member: []string{"user", "group"}},
	}
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type store struct {
	*connector.Target
	driver      *memory.Driver
	clock       *clock
	user, group *schema.Type
}

func newStore(t testing.TB, o memory.Options) *store {
	t.Helper()
	s := &store{clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	o.Clock = s.clock.Now
	objs := objects(t)
	s.user, s.group = objs[0].Type, objs[1].Type
	var err error
	s.driver, err = memory.New(objs, &o)
	require.NoError(t, err)
	s.Target, err = connector.NewTarget(s.driver, nil)
	require.NoError(t, err)
	return s
}

// parse reads a record of a type from JSON.
func parse(t testing.TB, typ *schema.Type, text string) *schema.Record {
	t.Helper()
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	rec := typ.New()
	for name, m := range v.Members() {
		if typ.Schema(name) == nil {
			require.True(t, rec.Set(name, connector.DecodeRecord(typ, schema.MembersValue(schema.Member{Name: name, Value: m})).Get(name)), name)
			continue
		}
		for n, x := range m.Members() {
			a := typ.Lookup(name + ":" + n)
			require.NotNil(t, a, n)
			holder := sub(t, "x", *a)
			require.True(t, rec.Set(name+":"+n, connector.DecodeRecord(holder, schema.MembersValue(schema.Member{Name: n, Value: x})).Get(n)))
		}
	}
	return rec
}

func (s *store) add(t testing.TB, object, text string) string {
	t.Helper()
	typ := s.user
	if object == "group" {
		typ = s.group
	}
	rec, err := s.Create(t.Context(), object, parse(t, typ, text))
	require.NoError(t, err)
	return rec.String("id")
}

func (s *store) get(t testing.TB, object, id string) *schema.Record {
	t.Helper()
	rec, err := s.Get(t.Context(), connector.Ref{Object: object, ID: id})
	require.NoError(t, err)
	return rec
}

func (s *store) edit(t testing.TB, object, id, attr string, op schema.EditOp, v schema.Value) (*schema.Record, error) {
	t.Helper()
	typ := s.user
	if object == "group" {
		typ = s.group
	}
	return s.Update(t.Context(), connector.Ref{Object: object, ID: id}, connector.Change{Edits: []schema.Edit{{Slot: typ.Slot(attr), Op: op, Value: v}}})
}

func (s *store) list(t testing.TB, object, filter string) (ids []string, total int) {
	t.Helper()
	q := connector.Query{}
	if filter != "" {
		q.Filter = schema.MustParseFilter(filter)
	}
	for {
		page, err := s.List(t.Context(), object, q)
		require.NoError(t, err)
		for _, rec := range page.Records {
			ids = append(ids, rec.String("id"))
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return ids, page.Total
		}
	}
}

const ada = `{"userName": "ada@example.com", "externalId": "A-1", "name": {"givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron"},
	"displayName": "Ada", "nickName": "A", "title": "Analyst", "active": true, "locale": "en-GB", "timezone": "Europe/London", "userType": "Employee",
	"preferredLanguage": "en", "profileUrl": "https://example.com/ada",
	"emails": [{"value": "Ada@example.com", "type": "work", "primary": true}, {"value": "ada@home.example", "type": "home"}],
	"phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}, {"value": "+44 7700 900000", "type": "mobile"}],
	"addresses": [{"streetAddress": "1 Main St", "locality": "London", "region": "LDN", "postalCode": "N1", "country": "GB", "type": "work"}],
	"roles": [{"value": "r1", "display": "One"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "0017", "costCenter": "7", "organization": "Engine", "department": "Sums",
		"manager": {"value": "99", "displayName": "Charles"}, "badge": 9007199254740993, "share": 0.10, "extra": {"a": [1, "x", null, {"b": true}]}}}`

func TestFidelity(t *testing.T) {
	t.Parallel()
	for _, cache := range []int{0, -1, 1} {
		testFidelity(t, cache)
	}
}

func testFidelity(t *testing.T, cache int) {
	s := newStore(t, memory.Options{Cache: cache})
	in := parse(t, s.user, ada)
	out, err := s.Create(t.Context(), "user", in)
	require.NoError(t, err)
	assert.Equal(t, "1", out.String("id"))
	s.add(t, "user", `{"userName": "pushes the other out of a cache of one"}`)
	read := s.get(t, "user", "1")
	assert.True(t, read.Equal(out))
	for slot, v := range in.Values() {
		assert.Truef(t, v.Equal(read.At(slot)), "%s: %s, want %s", s.user.Path(slot), read.At(slot).AppendJSON(nil), v.AppendJSON(nil))
	}
	assert.Equal(t, `{"resourceType":"User","created":"2026-01-02T03:04:05.000Z","lastModified":"2026-01-02T03:04:05.000Z"}`,
		string(read.Get("meta").AppendJSON(nil)))
	assert.Equal(t, int64(9007199254740993), read.Integer(enterprise+":badge"))
	assert.Equal(t, "0.10", read.String(enterprise+":share"), "decimals keep their text")
}

func TestPasswordIsNotKept(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	id := s.add(t, "user", `{"userName": "a", "password": "hunter2"}`)
	assert.False(t, s.get(t, "user", id).Has("password"))
	ids, _ := s.list(t, "user", `password eq "hunter2"`)
	assert.Empty(t, ids)
	s.clock.Advance(time.Second)
	_, err := s.edit(t, "user", id, "password", schema.Set, schema.StringValue("other"))
	require.NoError(t, err)
	assert.Equal(t, "2026-01-02T03:04:06.000Z", s.get(t, "user", id).Get("meta").Member("lastModified").Text(), "a new password is a change")
}

func TestIDs_Injected(t *testing.T) {
	t.Parallel()
	next := []string{"u-a", "u-a", "bad id"}
	s := newStore(t, memory.Options{NewID: func() string { id := next[0]; next = next[1:]; return id }})
	assert.Equal(t, "u-a", s.add(t, "user", `{"userName": "a"}`))
	for _, why := range []string{"in use", "malformed"} {
		_, err := s.Create(t.Context(), "user", parse(t, s.user, `{"userName": "b"}`))
		require.ErrorIs(t, err, connector.Internal, why)
	}
	assert.Equal(t, 1, s.driver.Len("user"))
}

func TestUpdate_TimesChangeOnlyWithTheRecord(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	id := s.add(t, "user", ada)
	s.clock.Advance(time.Minute)
	rec, err := s.edit(t, "user", id, "title", schema.Set, schema.StringValue("Analyst"))
	require.NoError(t, err)
	assert.Equal(t, "2026-01-02T03:04:05.000Z", rec.Get("meta").Member("lastModified").Text())
	rec, err = s.edit(t, "user", id, "title", schema.Clear, schema.Null())
	require.NoError(t, err)
	assert.False(t, rec.Has("title"))
	assert.Equal(t, "2026-01-02T03:05:05.000Z", rec.Get("meta").Member("lastModified").Text())
	assert.Equal(t, "2026-01-02T03:04:05.000Z", rec.Get("meta").Member("created").Text())
	assert.Equal(t, "Ada", rec.String("displayName"), "other attributes are left alone")
}

func TestUpdate_Refused(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	a, _ := s.add(t, "user", `{"userName": "a"}`), s.add(t, "user", `{"userName": "b", "title": "x"}`)
	ref := connector.Ref{Object: "user", ID: a}
	edits := func(attr string, v schema.Value) connector.Change {
		return connector.Change{Edits: []schema.Edit{
			{Slot: s.user.Slot("title"), Value: schema.StringValue("new")}, {Slot: s.user.Slot(attr), Value: v}}}
	}
	for name, c := range map[string]struct {
		change connector.Change
		code   connector.Code
		field  string
	}{
		"taken":     {edits("userName", schema.StringValue("B")), connector.AlreadyExists, "userName"},
		"misfit":    {edits("active", schema.StringValue("yes")), connector.Invalid, "active"},
		"read-only": {edits("id", schema.StringValue("9")), connector.Invalid, "id"},
	} {
		for _, update := range []func(context.Context, connector.Ref, connector.Change) (*schema.Record, error){s.Update, s.driver.Update} {
			_, err := update(t.Context(), ref, c.change)
			require.ErrorIs(t, err, c.code, name)
			var e *connector.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.field, e.Field, name)
			assert.False(t, s.get(t, "user", a).Has("title"), "nothing of it was written")
		}
	}
	_, err := s.edit(t, "user", "77", "title", schema.Set, schema.StringValue("x"))
	require.ErrorIs(t, err, connector.NotFound)
}

func TestUnique(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	id := s.add(t, "user", `{"userName": "Ma\u017fe"}`)
	for _, same := range []string{"Ma\u017fe", "mase", "MASE"} {
		_, err := s.Create(t.Context(), "user", parse(t, s.user, fmt.Sprintf(`{"userName": %q}`, same)))
		require.ErrorIs(t, err, connector.AlreadyExists, same)
	}
	rec, err := s.edit(t, "user", id, "userName", schema.Set, schema.StringValue("mase"))
	require.NoError(t, err, "a record does not stand in its own way")
	assert.Equal(t, "mase", rec.String("userName"))
	_, err = s.edit(t, "user", id, "userName", schema.Set, schema.StringValue("other"))
	require.NoError(t, err)
	second := s.add(t, "user", `{"userName": "MASE"}`)
	_, err = s.Act(t.Context(), connector.Ref{Object: "user", ID: second}, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	s.add(t, "user", `{"userName": "mase"}`)
	s.add(t, "group", `{"displayName": "mase"}`)
}

func TestAct(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	ref := connector.Ref{Object: "user", ID: s.add(t, "user", ada)}
	_, err := s.Act(t.Context(), ref, connector.Action{Kind: connector.Deactivate})
	require.ErrorIs(t, err, connector.Unsupported)
	_, err = s.driver.Act(t.Context(), ref, connector.Action{Kind: connector.Erase})
	require.ErrorIs(t, err, connector.Unsupported)
	_, err = s.Act(t.Context(), ref, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	_, err = s.Get(t.Context(), ref)
	require.ErrorIs(t, err, connector.NotFound)
	_, err = s.Act(t.Context(), ref, connector.Action{Kind: connector.Delete})
	require.ErrorIs(t, err, connector.NotFound)
	ids, total := s.list(t, "user", `emails.value eq "ada@example.com"`)
	assert.Empty(t, ids)
	assert.Zero(t, total)
}

// TestList_FindsWhatMatches compares every way of answering a filter with a
// matcher that looks at all records.
func TestList_FindsWhatMatches(t *testing.T) {
	t.Parallel()
	for name, cache := range map[string]int{"cached": 0, "not cached": -1, "some cached": 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			testListFindsWhatMatches(t, cache)
		})
	}
}

func testListFindsWhatMatches(t *testing.T, cache int) {
	s := newStore(t, memory.Options{PageSize: 7, Cache: cache})
	var users []string
	for i := range 60 {
		users = append(users, s.add(t, "user", fmt.Sprintf(`{"userName": "User%d", "externalId": "X%d", "displayName": "Name %d", "active": %t,
			"emails": [{"value": "u%d@example.com", "type": "work"}, {"value": "shared%d@example.com", "type": "home"}],
			"%s": {"badge": %d}}`, i, i%30, i%5, i%2 == 0, i, i%3, enterprise, i)))
	}
	for i := range 20 {
		var members []string
		for j := i; j < len(users); j += 6 + i {
			members = append(members, `{"value": "`+users[j]+`"}`)
		}
		s.add(t, "group", fmt.Sprintf(`{"displayName": "Group %d", "members": [%s]}`, i, strings.Join(members, ",")))
	}
	for _, id := range []string{users[3], users[40]} {
		_, err := s.Act(t.Context(), connector.Ref{Object: "user", ID: id}, connector.Action{Kind: connector.Delete})
		require.NoError(t, err)
	}
	some := users[12]
	for object, filters := range map[string][]string{
		"user": {
			``, `userName eq "user7"`, `id eq "` + some + `"`, `ID eq "nobody"`, `externalId eq "X4"`, `externalId eq "x4"`, `displayName eq "NAME 2"`,
			`emails.value eq "SHARED1@example.com"`, `emails eq "u9@example.com"`, `emails[type eq "work"].value eq "shared1@example.com"`,
			`emails[type eq "home"].value eq "shared1@example.com"`, `emails[type eq "home" and value eq "shared1@example.com"]`,
			`emails[type eq "work" or value eq "shared1@example.com"]`, `displayName eq "name 1" and active eq true`,
			`active eq true and displayName eq "name 1" and userName sw "user1"`, `userName eq "user1" or userName eq "user2" or userName eq "USER1"`,
			`userName eq "user1" or active eq false`, `not (displayName eq "name 1")`, `displayName ne "name 1"`, `userName co "er1"`, `userName ew "9"`,
			`userName gt "user5"`, `title pr`, `externalId eq null`, `groups pr`, `groups.value eq "61"`, `groups eq "62" and active eq true`,
			`groups.display eq "group 1"`, `meta.created ge "2026-01-01T00:00:00Z"`, `meta.lastModified lt "2026-01-01T00:00:00Z"`,
			enterprise + `:badge ge 30`, `schemas eq "` + enterprise + `"`, `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "user3"`,
		},
		"group": {
			``, `displayName eq "group 3"`, `members.value eq "` + some + `"`, `members eq "` + some + `"`, `members[value eq "` + some + `"]`,
			`members.value eq "` + some + `" or members.value eq "` + users[0] + `"`, `members.value ne "` + some + `"`, `members.display co "name 1"`,
			`members.type eq "User"`, `members pr`, `not (members pr)`, `members.value eq "nobody"`, `id eq "63" and members eq "` + some + `"`,
			`not (members.value eq "` + some + `")`, `members.value eq "` + some + `" and members.value eq "` + users[0] + `"`,
		},
	} {
		all, n := s.list(t, object, "")
		require.Len(t, all, n)
		typ := s.user
		if object == "group" {
			typ = s.group
		}
		for _, f := range filters {
			want := []string(nil)
			for _, id := range all {
				m := true
				if f != "" {
					matcher, err := typ.Match(schema.MustParseFilter(f))
					require.NoError(t, err, f)
					m = matcher.Match(s.get(t, object, id))
				}
				if m {
					want = append(want, id)
				}
			}
			got, total := s.list(t, object, f)
			assert.Equal(t, want, got, f)
			assert.Equal(t, len(want), total, f)
		}
	}
}

func TestList_PagesWhileRecordsComeAndGo(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{PageSize: 3})
	var ids []string
	for i := range 10 {
		ids = append(ids, s.add(t, "user", fmt.Sprintf(`{"userName": "u%d", "active": true}`, i)))
	}
	for _, filter := range []schema.Filter{nil, schema.MustParseFilter("active eq true")} {
		page, err := s.List(t.Context(), "user", connector.Query{Filter: filter})
		require.NoError(t, err)
		require.Len(t, page.Records, 3)
		var got []string
		for first := true; ; first = false {
			for _, rec := range page.Records {
				got = append(got, rec.String("id"))
			}
			if first {
				// The record that the cursor stands on, one before it and one after it go.
				for _, i := range []int{2, 0, 4} {
					_, err = s.Act(t.Context(), connector.Ref{Object: "user", ID: ids[i]}, connector.Action{Kind: connector.Delete})
					require.NoError(t, err)
				}
				ids = append(ids, s.add(t, "user", fmt.Sprintf(`{"userName": "late%d", "active": true}`, len(ids))))
			}
			if page.Next == "" {
				break
			}
			page, err = s.List(t.Context(), "user", connector.Query{Filter: filter, Cursor: page.Next})
			require.NoError(t, err)
		}
		want := append([]string{ids[0], ids[1], ids[2], ids[3]}, ids[5:]...)
		assert.Equal(t, want, got)
		left, _ := s.list(t, "user", "")
		ids = left
	}
	_, err := s.List(t.Context(), "user", connector.Query{Cursor: "elsewhere"})
	require.ErrorIs(t, err, connector.Invalid)
}

func TestList_LimitOffsetOmit(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{PageSize: 4})
	for i := range 10 {
		s.add(t, "user", fmt.Sprintf(`{"userName": "u%d", "title": "t"}`, i))
	}
	_, err := s.Act(t.Context(), connector.Ref{Object: "user", ID: "2"}, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	for _, filter := range []schema.Filter{nil, schema.MustParseFilter(`title eq "t"`)} {
		page, err := s.List(t.Context(), "user", connector.Query{Filter: filter, Limit: 2, Offset: 3, Omit: []string{"title"}})
		require.NoError(t, err)
		require.Len(t, page.Records, 2)
		assert.Equal(t, "5", page.Records[0].String("id"))
		assert.False(t, page.Records[0].Has("title"))
		assert.Equal(t, 9, page.Total)
		page, err = s.List(t.Context(), "user", connector.Query{Filter: filter, Offset: 100})
		require.NoError(t, err)
		assert.Empty(t, page.Records)
		assert.Empty(t, page.Next)
		assert.Equal(t, 9, page.Total)
	}
}

func TestNothingIsShared(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	in := parse(t, s.user, ada)
	out, err := s.Create(t.Context(), "user", in)
	require.NoError(t, err)
	in.SetString("title", "changed by the caller")
	out.SetString("title", "changed by the caller")
	s.get(t, "user", "1").SetString("title", "changed by the caller")
	page, err := s.List(t.Context(), "user", connector.Query{})
	require.NoError(t, err)
	page.Records[0].SetString("title", "changed by the caller")
	first := s.get(t, "user", "1")
	assert.Equal(t, "Analyst", first.String("title"))
	_, err = s.edit(t, "user", "1", "title", schema.Set, schema.StringValue("Countess"))
	require.NoError(t, err)
	assert.Equal(t, "Analyst", first.String("title"), "a record that was handed out does not change")
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{PageSize: 5, Cache: 9})
	g := s.add(t, "group", `{"displayName": "all"}`)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				name := strconv.Itoa(w) + "-" + strconv.Itoa(i)
				rec := s.user.New()
				rec.SetString("userName", name)
				rec, err := s.Create(context.Background(), "user", rec)
				if !assert.NoError(t, err) {
					return
				}
				ref := connector.Ref{Object: "user", ID: rec.String("id")}
				_, err = s.EditMembers(context.Background(), connector.Ref{Object: "group", ID: g}, []connector.Ref{ref}, nil)
				assert.NoError(t, err)
				_, err = s.List(context.Background(), "user", connector.Query{Filter: schema.MustParseFilter(`userName sw "1"`)})
				assert.NoError(t, err)
				_, err = s.Update(context.Background(), ref, connector.Change{Edits: []schema.Edit{{Slot: s.user.Slot("title"), Value: schema.StringValue("x")}}})
				assert.NoError(t, err)
				if i%2 == 0 {
					_, err = s.Act(context.Background(), ref, connector.Action{Kind: connector.Delete})
					assert.NoError(t, err)
				}
			}
		})
	}
	wg.Wait()
	_, total := s.list(t, "user", "")
	assert.Equal(t, 8*12, total)
	assert.Equal(t, 8*12, s.get(t, "group", g).Get("members").Len())
}
