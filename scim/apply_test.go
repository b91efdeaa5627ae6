package scim_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

func target(t testing.TB, typ *schema.Type, path string) schema.Selector {
	t.Helper()
	sel, err := typ.Select(schema.MustParsePath(path))
	require.NoError(t, err)
	return sel
}

func group(t testing.TB, ids ...string) *schema.Record {
	t.Helper()
	rec := teststore.Types(t).ByName("Group").Type.New()
	rec.SetString("displayName", "Crew")
	rec.Set("members", members(rec.Type(), ids...))
	return rec
}

func members(typ *schema.Type, ids ...string) schema.Value {
	list := make([]schema.Value, len(ids))
	for i, id := range ids {
		m := typ.Lookup("members").Sub.New()
		m.SetString("value", id)
		list[i] = schema.ObjectValue(m)
	}
	return schema.ListValue(list...)
}

func TestApplyPatch_LeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	cur := group(t, "1", "2")
	before := string(schema.ObjectValue(cur).AppendJSON(nil))
	typ := cur.Type()
	got, err := scim.ApplyPatch(cur, []scim.Op{
		{Kind: scim.OpReplace, Target: target(t, typ, "displayName"), Value: schema.StringValue("x")},
		{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, "3")},
		{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "1"]`)},
		{Kind: scim.OpAdd, Target: target(t, typ, `members[value eq "2"].display`), Value: schema.StringValue("two")},
	})
	require.NoError(t, err)
	assert.Equal(t, before, string(schema.ObjectValue(cur).AppendJSON(nil)))
	assert.JSONEq(t, `{"displayName":"x","members":[{"value":"2","display":"two"},{"value":"3"}]}`, string(schema.ObjectValue(got).AppendJSON(nil)))
	assert.False(t, got.Equal(cur))
	got, err = scim.ApplyPatch(cur, []scim.Op{{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, "2", "1")}})
	require.NoError(t, err)
	assert.True(t, got.Equal(cur), "nothing to write")
}

// Operations that a handler would not have passed on are found all the same.
func TestApplyPatch_Refuses(t *testing.T) {
	t.Parallel()
	cur := group(t, "1")
	typ := cur.Type()
	for name, c := range map[string]struct {
		op       scim.Op
		scimType string
	}{
		"no target":  {scim.Op{Kind: scim.OpAdd, Target: schema.Selector{Slot: schema.NoSlot}, Value: schema.StringValue("x")}, scim.InvalidPath},
		"a schema":   {scim.Op{Kind: scim.OpRemove, Target: schema.Selector{Type: typ, Slot: schema.NoSlot, Sub: schema.NoSlot, Schema: groupURN}}, scim.InvalidPath},
		"read-only":  {scim.Op{Kind: scim.OpReplace, Target: target(t, typ, "id"), Value: schema.StringValue("x")}, scim.Mutability},
		"required":   {scim.Op{Kind: scim.OpRemove, Target: target(t, typ, "displayName")}, scim.Mutability},
		"no value":   {scim.Op{Kind: scim.OpAdd, Target: target(t, typ, "members")}, scim.InvalidValue},
		"must match": {scim.Op{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "9"]`), MustMatch: true}, scim.NoTarget},
		"no element": {scim.Op{Kind: scim.OpAdd, Target: target(t, typ, `members[value eq "9"].display`), Value: schema.StringValue("x")}, scim.NoTarget},
		"immutable":  {scim.Op{Kind: scim.OpReplace, Target: target(t, typ, `members[value eq "1"].value`), Value: schema.StringValue("2")}, scim.Mutability},
	} {
		_, err := scim.ApplyPatch(cur, []scim.Op{c.op})
		var e *scim.Error
		require.True(t, errors.As(err, &e), "%s: %v", name, err)
		assert.Equal(t, c.scimType, e.Type, name)
		assert.Equal(t, 400, e.Status, name)
		assert.NotContains(t, e.Detail, `"9"`, "a filter's values are not repeated")
	}
}

// The work is linear: a pairwise comparison of these lists would take minutes.
func TestApplyPatch_ManyMembers(t *testing.T) {
	t.Parallel()
	const n = 50_000
	var odd, even []string
	for i := range n {
		odd, even = append(odd, fmt.Sprint(2*i+1)), append(even, fmt.Sprint(2*i))
	}
	cur := group(t, odd...)
	typ := cur.Type()
	ops := []scim.Op{
		{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, even...)},
		{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, odd...)},
		{Kind: scim.OpRemove, Target: target(t, typ, "members"), Value: members(typ, odd...)},
	}
	got, err := scim.ApplyPatch(cur, ops)
	require.NoError(t, err)
	assert.Equal(t, n, got.Get("members").Len())
	add, remove, ok := scim.MemberDelta(ops)
	assert.True(t, ok)
	assert.Len(t, add, n)
	assert.Len(t, remove, n)
}

func TestApplyReplace(t *testing.T) {
	t.Parallel()
	typ := teststore.Types(t).ByName("User").Type
	cur := typ.New()
	cur.SetString("id", "1")
	cur.SetString("userName", "a")
	cur.SetString(teststore.FreshURN+":birth", "1815")
	manager := typ.Lookup(entURN + ":manager").Sub
	boss := manager.New()
	boss.SetString("value", "7")
	boss.SetString("displayName", "Boss")
	cur.Set(entURN+":manager", schema.ObjectValue(boss))

	in := typ.New()
	in.SetString("userName", "b")
	same := manager.New()
	same.SetString("value", "7")
	in.Set(entURN+":manager", schema.ObjectValue(same))
	got, err := scim.ApplyReplace(cur, in)
	require.NoError(t, err)
	assert.Equal(t, "1", got.String("id"))
	assert.Equal(t, "b", got.String("userName"))
	assert.Equal(t, "1815", got.String(teststore.FreshURN+":birth"))
	assert.Equal(t, "Boss", got.Get(entURN+":manager").Member("displayName").Text())
	assert.False(t, in.Has("id"), "the input is left alone")

	other := manager.New()
	other.SetString("value", "8")
	in.Set(entURN+":manager", schema.ObjectValue(other))
	got, err = scim.ApplyReplace(cur, in)
	require.NoError(t, err)
	assert.True(t, got.Get(entURN+":manager").Member("displayName").IsUnset(), "that was the name of another manager")
}

func TestMemberDelta(t *testing.T) {
	t.Parallel()
	typ := teststore.Types(t).ByName("Group").Type
	add := func(ids ...string) scim.Op {
		return scim.Op{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, ids...)}
	}
	remove := func(filter string) scim.Op {
		return scim.Op{Kind: scim.OpRemove, Target: target(t, typ, "members["+filter+"]")}
	}
	removeValues := func(ids ...string) scim.Op {
		return scim.Op{Kind: scim.OpRemove, Target: target(t, typ, "members"), Value: members(typ, ids...)}
	}
	for name, c := range map[string]struct {
		ops         []scim.Op
		add, remove []string
		ok          bool
	}{
		"nothing":           {nil, nil, nil, false},
		"add":               {[]scim.Op{add("1", "2", "1")}, []string{"1", "2"}, nil, true},
		"remove by filter":  {[]scim.Op{remove(`value eq "1"`)}, nil, []string{"1"}, true},
		"remove several":    {[]scim.Op{remove(`VALUE eq "1" or value eq "2"`)}, nil, []string{"1", "2"}, true},
		"remove by values":  {[]scim.Op{removeValues("1", "2")}, nil, []string{"1", "2"}, true},
		"the last one wins": {[]scim.Op{add("1", "2"), removeValues("1"), remove(`value eq "3"`), add("3")}, []string{"2", "3"}, []string{"1"}, true},
		"add nobody":        {[]scim.Op{add()}, nil, nil, true},
		"remove all":        {[]scim.Op{{Kind: scim.OpRemove, Target: target(t, typ, "members")}}, nil, nil, false},
		"replace":           {[]scim.Op{{Kind: scim.OpReplace, Target: target(t, typ, "members"), Value: members(typ, "1")}}, nil, nil, false},
		"another filter":    {[]scim.Op{remove(`display eq "x"`)}, nil, nil, false},
		"two conditions":    {[]scim.Op{remove(`value eq "1" and type eq "User"`)}, nil, nil, false},
		"other operator":    {[]scim.Op{remove(`value ne "1"`)}, nil, nil, false},
		"another attribute": {[]scim.Op{add("1"), {Kind: scim.OpReplace, Target: target(t, typ, "displayName"), Value: schema.StringValue("x")}}, nil, nil, false},
		"a sub-attribute":   {[]scim.Op{{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "1"].display`)}}, nil, nil, false},
		"has to be there":   {[]scim.Op{{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "1"]`), MustMatch: true}}, nil, nil, false},
		"a member of no id": {[]scim.Op{add("")}, nil, nil, false},
	} {
		gotAdd, gotRemove, ok := scim.MemberDelta(c.ops)
		assert.Equal(t, c.ok, ok, name)
		assert.Equal(t, c.add, gotAdd, name)
		assert.Equal(t, c.remove, gotRemove, name)
	}
}

// A net form and the operations themselves come to the same members.
func TestMemberDelta_AgreesWithApplyPatch(t *testing.T) {
	t.Parallel()
	typ := teststore.Types(t).ByName("Group").Type
	for n := range 3 * 3 * 3 * 3 {
		var ops []scim.Op
		for k := n; len(ops) < 4; k /= 3 {
			id := fmt.Sprint(k % 3)
			if len(ops)%2 == 0 {
				ops = append(ops, scim.Op{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, id)})
			} else {
				ops = append(ops, scim.Op{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "`+id+`"]`)})
			}
		}
		cur := group(t, "0")
		cur.SetAt(typ.Slot("members"), members(cur.Type(), "0"))
		want, err := scim.ApplyPatch(cur, ops)
		require.NoError(t, err)
		add, remove, ok := scim.MemberDelta(ops)
		require.True(t, ok)
		has := map[string]bool{"0": true}
		for _, id := range add {
			has[id] = true
		}
		for _, id := range remove {
			delete(has, id)
		}
		got := map[string]bool{}
		for m := range want.Get("members").Elements() {
			got[m.Record().String("value")] = true
		}
		assert.Equal(t, got, has, "%d", n)
	}
}

func TestApplyRepaired(t *testing.T) {
	t.Parallel()
	cur := group(t, "1")
	typ := cur.Type()
	for name, c := range map[string]struct {
		op   scim.Op
		want []string
	}{
		"found":          {scim.Op{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "1"]`)}, nil},
		"not found":      {scim.Op{Kind: scim.OpRemove, Target: target(t, typ, `members[value eq "2"]`)}, []string{scim.RepairRemoveAbsent}},
		"of values":      {scim.Op{Kind: scim.OpRemove, Target: target(t, typ, "members"), Value: members(typ, "2")}, nil},
		"not created":    {scim.Op{Kind: scim.OpAdd, Target: target(t, typ, `members[value eq "1"].display`), Value: schema.StringValue("x"), CreateMissing: true}, nil},
		"created":        {scim.Op{Kind: scim.OpAdd, Target: target(t, typ, `members[value eq "2"].display`), Value: schema.StringValue("x"), CreateMissing: true}, []string{scim.RepairCreateMissing}},
		"null of no one": {scim.Op{Kind: scim.OpReplace, Target: target(t, typ, `members[value eq "2"].display`), Value: schema.Null(), CreateMissing: true}, nil},
	} {
		_, got, err := scim.ApplyRepaired(cur, []scim.Op{c.op})
		require.NoError(t, err, name)
		assert.Equal(t, c.want, got, name)
	}
}

// A field that appears moves others to other slots: what was stored before is
// changed by name.
func TestApply_AfterTheTypesHaveChanged(t *testing.T) {
	t.Parallel()
	was, err := scim.UserType(schema.Schema{URN: "urn:x:test", Attributes: []schema.Attribute{{Name: "color"}, {Name: "gone"}}})
	require.NoError(t, err)
	is, err := scim.UserType(schema.Schema{URN: "urn:x:test", Attributes: []schema.Attribute{{Name: "badge"}, {Name: "color"}}})
	require.NoError(t, err)
	cur := was.Type.New()
	cur.SetString("id", "1")
	cur.SetString("userName", "ada")
	cur.SetString("urn:x:test:color", "red")
	cur.SetString("urn:x:test:gone", "x")
	mail := was.Type.Lookup("emails").Sub.New()
	mail.SetString("type", "work")
	cur.Set("emails", schema.ListValue(schema.ObjectValue(mail)))
	got, err := scim.ApplyPatch(cur, []scim.Op{
		{Kind: scim.OpReplace, Target: target(t, is.Type, "urn:x:test:badge"), Value: schema.StringValue("7")},
		{Kind: scim.OpReplace, Target: target(t, is.Type, `emails[type eq "work"].value`), Value: schema.StringValue("a@example.com")},
	})
	require.NoError(t, err)
	require.Same(t, is.Type, got.Type())
	assert.JSONEq(t, `{"id":"1","userName":"ada","emails":[{"type":"work","value":"a@example.com"}],"badge":"7","color":"red"}`, string(schema.ObjectValue(got).AppendJSON(nil)))
	in := is.Type.New()
	in.SetString("userName", "ada")
	got, err = scim.ApplyReplace(cur, in)
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"1","userName":"ada"}`, string(schema.ObjectValue(got).AppendJSON(nil)))
}
