package scim_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// Operations that are carried out together have the result that they have one by
// one, errors and repairs included.
func TestApplyPatch_RunsAreAsOneByOne(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	types := teststore.Types(t)
	user, grp := types.ByName("User").Type, types.ByName("Group").Type
	anyOp := func(typ *schema.Type, attr string, kind int, many bool) scim.Op {
		id := fmt.Sprint(random.IntN(6))
		if typ == user {
			id = []string{"a", "A", "ſ", "s", "S", ""}[random.IntN(6)]
		}
		if many && id != "" {
			id += fmt.Sprint(random.IntN(20))
		}
		a := typ.Lookup(attr)
		element := schema.StringValue(id)
		if a.Sub != nil {
			rec := a.Sub.New()
			rec.SetString("value", id)
			if random.IntN(3) == 0 {
				rec.SetString("type", []string{"User", "Group", "work"}[random.IntN(3)])
			}
			if random.IntN(3) == 0 {
				rec.Set("primary", schema.BooleanValue(true))
			}
			element = schema.ObjectValue(rec)
		}
		o := scim.Op{Kind: scim.OpAdd, Target: target(t, typ, attr), Value: schema.ListValue(element)}
		switch kind {
		case 0:
			o.Kind = scim.OpRemove
		case 1:
			if a.Sub != nil && a.Sub.Lookup("value") != nil {
				o.Kind, o.Value = scim.OpRemove, schema.Value{}
				o.Target = target(t, typ, fmt.Sprintf(`%s[value eq %q]`, attr, id))
				if random.IntN(4) == 0 {
					o.Target = target(t, typ, fmt.Sprintf(`%s[value eq "1" or (VALUE eq %q or value eq "s1")]`, attr, id))
				}
				o.MustMatch = random.IntN(20) == 0
			}
		}
		return o
	}
	failed := 0
	for range 1500 {
		typ := []*schema.Type{user, grp}[random.IntN(2)]
		var ops []scim.Op
		many := random.IntN(10) == 0 // so that there is an index
		for range 1 + random.IntN(12) {
			attr, kind, n := "members", random.IntN(3), 1+random.IntN(3)
			if typ == user {
				attr = []string{"emails", "x509Certificates", "addresses", teststore.FreshURN + ":tags"}[random.IntN(4)]
			}
			if many {
				n = 30
			}
			for range n {
				ops = append(ops, anyOp(typ, attr, kind, many))
			}
		}
		one, oneErr := typ.New(), error(nil)
		used := map[string]bool{}
		for i := range ops {
			var repairs []string
			next, r, err := scim.ApplyRepaired(one, ops[i:i+1])
			if repairs = r; err != nil {
				oneErr = err
				break
			}
			one = next
			for _, r := range repairs {
				used[r] = true
			}
		}
		all, repairs, err := scim.ApplyRepaired(typ.New(), ops)
		if oneErr != nil {
			failed++
			require.Equal(t, oneErr, err)
			continue
		}
		require.NoError(t, err)
		require.Len(t, repairs, len(used))
		for s := range schema.Slot(typ.Len()) {
			require.True(t, schema.SameValue(typ.Attribute(s), one.At(s), all.At(s)), "%s: %s, not %s", typ.Path(s), all.At(s).AppendJSON(nil), one.At(s).AppendJSON(nil))
		}
	}
	assert.Positive(t, failed)
}

// One operation per member, as some clients send them, looks at the group once and
// not a thousand times.
func TestApplyPatch_ManyOperations(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprint(i))
	}
	cur := group(t, ids...)
	typ := cur.Type()
	var ops []scim.Op
	for i := range n / 2 {
		ops = append(ops, scim.Op{Kind: scim.OpRemove, Target: target(t, typ, fmt.Sprintf(`members[value eq "%d"]`, 2*i))})
	}
	for i := range n / 2 {
		ops = append(ops, scim.Op{Kind: scim.OpAdd, Target: target(t, typ, "members"), Value: members(typ, fmt.Sprint("n", i))})
	}
	for i := range n / 2 {
		ops = append(ops, scim.Op{Kind: scim.OpRemove, Target: target(t, typ, "members"), Value: members(typ, fmt.Sprint(2*i+1))})
	}
	got, err := scim.ApplyPatch(cur, ops)
	require.NoError(t, err)
	assert.Equal(t, n/2, got.Get("members").Len())
	assert.Equal(t, "n0", got.Get("members").At(0).Record().String("value"))
}
