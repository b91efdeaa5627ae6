package memory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// people makes n users and returns their references.
func (s *store) people(t testing.TB, n int) []connector.Ref {
	t.Helper()
	refs := make([]connector.Ref, n)
	for i := range refs {
		rec := s.user.New()
		rec.SetString("userName", fmt.Sprintf("u%d", i))
		rec.SetString("displayName", fmt.Sprintf("U %d", i))
		rec, err := s.Create(t.Context(), "user", rec)
		require.NoError(t, err)
		refs[i] = connector.Ref{Object: "user", ID: rec.String("id")}
	}
	return refs
}

func (s *store) members(t testing.TB, group string) (ids []string) {
	t.Helper()
	for v := range s.get(t, "group", group).Get("members").Elements() {
		ids = append(ids, v.Member("value").Text())
	}
	return ids
}

func (s *store) values(t testing.TB, ids ...string) schema.Value {
	t.Helper()
	list := make([]schema.Value, len(ids))
	for i, id := range ids {
		m := s.group.Lookup("members").Sub.New()
		m.SetString("value", id)
		list[i] = schema.ObjectValue(m)
	}
	return schema.ListValue(list...)
}

func modified(rec *schema.Record) string { return rec.Get("meta").Member("lastModified").Text() }

func TestMembers_Shown(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	p := s.people(t, 2)
	inner := s.add(t, "group", `{"displayName": "inner"}`)
	g := s.add(t, "group", fmt.Sprintf(`{"displayName": "outer", "members": [{"value": "%s", "display": "Given"}, {"value": "%s"}, {"value": "%s"}]}`, p[0].ID, p[1].ID, inner))
	assert.JSONEq(t, fmt.Sprintf(`[{"value": "%s", "display": "Given", "type": "User"}, {"value": "%s", "display": "U 1", "type": "User"},
		{"value": "%s", "display": "inner", "type": "Group"}]`, p[0].ID, p[1].ID, inner), string(s.get(t, "group", g).Get("members").AppendJSON(nil)))
	assert.JSONEq(t, fmt.Sprintf(`[{"value": "%s", "display": "outer", "type": "direct"}]`, g), string(s.get(t, "user", p[1].ID).Get("groups").AppendJSON(nil)))
	without, err := s.GetWithout(t.Context(), connector.Ref{Object: "group", ID: g}, "members")
	require.NoError(t, err)
	assert.False(t, without.Has("members"))
	assert.Equal(t, "outer", without.String("displayName"))
}

func TestMembers_Update(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	p := s.people(t, 4)
	a, b, c, d := p[0].ID, p[1].ID, p[2].ID, p[3].ID
	g := s.add(t, "group", fmt.Sprintf(`{"displayName": "g", "members": [{"value": "%s"}, {"value": "%s"}]}`, a, b))
	was := modified(s.get(t, "group", g))

	for _, step := range []struct {
		name   string
		op     schema.EditOp
		value  schema.Value
		want   []string
		change bool
	}{
		{"add who is there", schema.Add, s.values(t, a), []string{a, b}, false},
		{"remove who is not", schema.Remove, s.values(t, d, "999"), []string{a, b}, false},
		{"set the same in another order", schema.Set, s.values(t, b, a), []string{a, b}, false},
		{"add", schema.Add, s.values(t, c, d, c), []string{a, b, c, d}, true},
		{"remove", schema.Remove, s.values(t, b), []string{a, c, d}, true},
		{"set", schema.Set, s.values(t, d, b), []string{d, b}, true},
		{"clear", schema.Clear, schema.ListValue(), nil, true},
		{"set nothing", schema.Set, schema.ListValue(), nil, false},
	} {
		s.clock.Advance(time.Second)
		_, err := s.edit(t, "group", g, "members", step.op, step.value)
		require.NoError(t, err, step.name)
		assert.Equal(t, step.want, s.members(t, g), step.name)
		now := modified(s.get(t, "group", g))
		assert.Equal(t, step.change, now != was, step.name)
		was = now
		for _, ref := range p {
			in := s.get(t, "user", ref.ID).Get("groups").Len() == 1
			assert.Equal(t, in, contains(step.want, ref.ID), "%s: the user's side", step.name)
		}
	}
}

func contains(ids []string, id string) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

func TestMembers_Unknown(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	p := s.people(t, 2)
	g := s.add(t, "group", fmt.Sprintf(`{"displayName": "g", "members": [{"value": "%s"}]}`, p[0].ID))
	_, err := s.Create(t.Context(), "group", parse(t, s.group, `{"displayName": "h", "members": [{"value": "999"}]}`))
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, 1, s.driver.Len("group"))
	for _, bad := range []string{"999", g} {
		for _, op := range []schema.EditOp{schema.Set, schema.Add} {
			_, err = s.edit(t, "group", g, "members", op, s.values(t, p[1].ID, bad))
			require.ErrorIs(t, err, connector.Invalid)
			assert.Equal(t, []string{p[0].ID}, s.members(t, g))
		}
	}
	results, err := s.EditMembers(t.Context(), connector.Ref{Object: "group", ID: g},
		[]connector.Ref{{Object: "user", ID: "999"}, p[1], {Object: "group", ID: g}, {Object: "group", ID: p[1].ID}}, []connector.Ref{p[0], {Object: "user", ID: "998"}})
	require.NoError(t, err)
	require.Len(t, results, 6)
	require.ErrorIs(t, results[0], connector.NotFound)
	require.NoError(t, results[1])
	require.ErrorIs(t, results[2], connector.Invalid)
	require.ErrorIs(t, results[3], connector.NotFound, "a user's id is no group's")
	require.NoError(t, results[4])
	require.NoError(t, results[5])
	assert.Equal(t, []string{p[1].ID}, s.members(t, g))
	was := modified(s.get(t, "group", g))
	s.clock.Advance(time.Second)
	_, err = s.EditMembers(t.Context(), connector.Ref{Object: "group", ID: g}, []connector.Ref{p[1]}, []connector.Ref{p[0]})
	require.NoError(t, err)
	assert.Equal(t, was, modified(s.get(t, "group", g)), "nothing was changed")
	_, err = s.EditMembers(t.Context(), connector.Ref{Object: "group", ID: g}, nil, []connector.Ref{p[1]})
	require.NoError(t, err)
	assert.NotEqual(t, was, modified(s.get(t, "group", g)))
	_, err = s.EditMembers(t.Context(), p[0], nil, []connector.Ref{p[1]})
	require.ErrorIs(t, err, connector.Unsupported)
}

func TestMembers_Large(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{PageSize: 10})
	p := s.people(t, 100)
	g := connector.Ref{Object: "group", ID: s.add(t, "group", `{"displayName": "g"}`)}
	_, err := s.EditMembers(t.Context(), g, p, nil)
	require.NoError(t, err)
	page, err := s.ListMembers(t.Context(), g, "")
	require.NoError(t, err)
	assert.Equal(t, 100, page.Total)
	assert.Equal(t, "U 0", page.Records[0].String("displayName"))
	// The member that the cursor stands on, and most of the others, leave.
	_, err = s.EditMembers(t.Context(), g, nil, p[5:80])
	require.NoError(t, err)
	var got []string
	for page.Next != "" {
		page, err = s.ListMembers(t.Context(), g, page.Next)
		require.NoError(t, err)
		for _, rec := range page.Records {
			got = append(got, rec.String("id"))
		}
	}
	var want []string
	for _, r := range p[80:] {
		want = append(want, r.ID)
	}
	assert.Equal(t, want, got)
	assert.Len(t, s.members(t, g.ID), 25)
	_, err = s.EditMembers(t.Context(), g, p[7:8], p[:4])
	require.NoError(t, err)
	assert.Equal(t, append(append([]string{p[4].ID}, want...), p[7].ID), s.members(t, g.ID), "in the order of joining")
	_, err = s.ListMembers(t.Context(), g, "elsewhere")
	require.ErrorIs(t, err, connector.Invalid)
}

func TestMembers_Deleted(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	p := s.people(t, 2)
	g := s.add(t, "group", fmt.Sprintf(`{"displayName": "g", "members": [{"value": "%s"}, {"value": "%s"}]}`, p[0].ID, p[1].ID))
	outer := s.add(t, "group", fmt.Sprintf(`{"displayName": "outer", "members": [{"value": "%s"}]}`, g))
	s.clock.Advance(time.Second)
	_, err := s.Act(t.Context(), p[0], connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	assert.Equal(t, []string{p[1].ID}, s.members(t, g))
	assert.Equal(t, "2026-01-02T03:04:06.000Z", modified(s.get(t, "group", g)))
	_, err = s.Act(t.Context(), connector.Ref{Object: "group", ID: g}, connector.Action{Kind: connector.Delete})
	require.NoError(t, err)
	assert.False(t, s.get(t, "user", p[1].ID).Has("groups"))
	assert.Empty(t, s.members(t, outer))
}

func TestMembers_DeactivatedStay(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	p := s.people(t, 1)
	g := s.add(t, "group", fmt.Sprintf(`{"displayName": "g", "members": [{"value": "%s"}]}`, p[0].ID))
	_, err := s.edit(t, "user", p[0].ID, "active", schema.Set, schema.BooleanValue(false))
	require.NoError(t, err)
	assert.Equal(t, []string{p[0].ID}, s.members(t, g))
	ids, _ := s.list(t, "user", `userName eq "u0"`)
	assert.Equal(t, []string{p[0].ID}, ids)
}
