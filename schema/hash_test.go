package schema_test

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func TestFold(t *testing.T) {
	t.Parallel()
	texts := []string{"", "k", "K", "\u212a", "s", "S", "ſ", "i", "I", "İ", "ı", "é", "É", "ß", "ẞ", "ss", "σ", "ς", "Σ", "Å", "\u212b", "ada@EXAMPLE.com", "ADA@example.COM"}
	for _, a := range texts {
		for _, b := range texts {
			assert.Equal(t, strings.EqualFold(a, b), schema.Fold(a) == schema.Fold(b), "%q %q", a, b)
		}
	}
}

// What eq finds, the other operators find as well.
func TestMatch_FoldsAlike(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewType("t", schema.Fields{"a": {}})
	require.NoError(t, err)
	for _, c := range [][2]string{{"\u212aate", "kate"}, {"ſam", "SAM"}, {"ΟΔΟΣ", "οδος"}, {"İ", "i"}, {"É", "é"}} {
		rec := typ.New()
		rec.SetString("a", c[0])
		match := func(op string) bool {
			m, err := typ.Match(schema.MustParseFilter(fmt.Sprintf("a %s %q", op, c[1])))
			require.NoError(t, err)
			return m.Match(rec)
		}
		same := strings.EqualFold(c[0], c[1])
		for _, op := range []string{"eq", "co", "sw", "ew"} {
			assert.Equal(t, same, match(op), "%q %s %q", c[0], op, c[1])
		}
		assert.Equal(t, same, match("le") && match("ge"), "%q %q", c[0], c[1])
		assert.Equal(t, !same, match("ne"), "%q %q", c[0], c[1])
	}
}

// Names are found as they are compared everywhere else.
func TestType_SlotFoldsNames(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewType("t", schema.Fields{"größe": {}, "skill": {}})
	require.NoError(t, err)
	for _, name := range []string{"größe", "GRÖßE", "GRÖẞE", "ſkill", "S\u212aILL"} {
		assert.NotNil(t, typ.Lookup(name), name)
	}
	_, err = schema.NewType("t", schema.Fields{"skill": {}, "ſkill": {}})
	require.Error(t, err)
}

func TestValue_Hash(t *testing.T) {
	t.Parallel()
	seed := maphash.MakeSeed()
	typ, err := schema.NewType("t", schema.Fields{"a": {}, "b": {Type: schema.Integer}, "c": {}})
	require.NoError(t, err)
	rec := typ.New()
	rec.SetString("a", "x")
	rec.Set("b", num(t, "1"))
	s := schema.StringValue
	values := []schema.Value{
		{}, schema.Null(), schema.BooleanValue(true), schema.BooleanValue(false), s(""), s("1"), s("x"),
		num(t, "0"), num(t, "-0"), num(t, "0.0"), num(t, "1"), num(t, "1.0"), num(t, "10e-1"), num(t, "0.01e2"), num(t, "-1"), num(t, "1e400"), num(t, "1e401"),
		num(t, "100"), num(t, "1E+2"), num(t, "0.1"), num(t, "0.10"), num(t, "9007199254740993"), num(t, "9007199254740992"), num(t, "9007199254740993.0"),
		num(t, "9223372036854775807"), num(t, "9223372036854775808"), num(t, "-9223372036854775808"),
		schema.ListValue(), schema.ListValue(num(t, "1")), schema.ListValue(num(t, "1.0")), schema.ListValue(s("x"), s("1")), schema.ListValue(s("1"), s("x")),
		obj(), obj("a", s("x"), "b", num(t, "1")), obj("B", num(t, "1.0"), "A", s("x")), obj("a", s("x")), obj("a", s("x"), "b", s("1")), obj("a", s("x"), "c", num(t, "1")),
		obj("a", num(t, "1"), "b", s("x")), schema.ObjectValue(rec),
	}
	for _, v := range values {
		for _, w := range values {
			assert.Equal(t, v.Equal(w), w.Equal(v))
			assert.Equal(t, v.Equal(w), v.Hash(seed) == w.Hash(seed), "%s %s", v.AppendJSON(nil), w.AppendJSON(nil))
		}
	}
}

func TestNumbersAreComparedExactly(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewType("t", schema.Fields{"n": {Type: schema.Decimal}})
	require.NoError(t, err)
	order := []string{"-1e999", "-9223372036854775809", "-9223372036854775808", "-1.5", "-1.05", "-1", "-0.1", "0", "1e-999", "0.1", "0.11", "0.2", "1", "1.0000000000000000000000000000000000001",
		"2", "10", "9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e30", "2e30", "1e999"}
	for i, a := range order {
		rec := typ.New()
		rec.Set("n", num(t, a))
		for j, b := range order {
			for op, want := range map[string]bool{"lt": i < j, "le": i <= j, "eq": i == j, "ne": i != j, "ge": i >= j, "gt": i > j} {
				m, err := typ.Match(schema.MustParseFilter("n " + op + " " + b))
				require.NoError(t, err)
				assert.Equal(t, want, m.Match(rec), "%s %s %s", a, op, b)
			}
		}
	}
}

// Compared pairwise, these lists and objects would take minutes.
func TestManyValues(t *testing.T) {
	t.Parallel()
	const n = 100_000
	typ, err := schema.NewType("t", schema.Fields{"list": {MultiValued: true, Unordered: true}})
	require.NoError(t, err)
	var odd, even, members, swapped []schema.Value
	var forth, back []schema.Member
	for i := range n {
		even, odd = append(even, obj("id", schema.IntegerValue(int64(2*i)))), append(odd, obj("id", schema.IntegerValue(int64(2*i+1))))
		forth = append(forth, schema.Member{Name: fmt.Sprint("a", i), Value: schema.Null()})
	}
	back = slices.Clone(forth)
	slices.Reverse(back)
	assert.True(t, schema.MembersValue(forth...).Equal(schema.MembersValue(back...)))
	back[n/2].Name = "other"
	assert.False(t, schema.MembersValue(forth...).Equal(schema.MembersValue(back...)))

	rec := typ.New()
	rec.Apply(schema.Edit{Op: schema.Add, Value: schema.ListValue(even...)}, schema.Edit{Op: schema.Add, Value: schema.ListValue(odd...)},
		schema.Edit{Op: schema.Add, Value: schema.ListValue(even...)})
	assert.Equal(t, 2*n, rec.At(0).Len())
	members = append(append(members, odd...), even...)
	slices.Reverse(members)
	assert.True(t, rec.At(0).EqualUnordered(schema.ListValue(members...)))
	swapped = slices.Clone(members)
	swapped[0] = swapped[1]
	assert.False(t, rec.At(0).EqualUnordered(schema.ListValue(swapped...)), "duplicates count")
	rec.Apply(schema.Edit{Op: schema.Remove, Value: schema.ListValue(odd...)})
	assert.True(t, rec.At(0).Equal(schema.ListValue(even...)))
}

func TestErrorsQuoteShortNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ö", 1<<16)
	_, err := schema.ParseJSON([]byte(`{"` + long + `":1,"` + long + `":2}`))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "twice")
	assert.Less(t, len(err.Error()), 300)
}

// Sets are compared and joined in the same way whatever their length is, long
// ones by an index.
func TestSets(t *testing.T) {
	t.Parallel()
	list := func(from, to int) schema.Value {
		var vs []schema.Value
		for i := from; i < to; i++ {
			vs = append(vs, schema.IntegerValue(int64(i)))
		}
		return schema.ListValue(vs...)
	}
	reversed := func(v schema.Value) schema.Value {
		vs := slices.Collect(v.Elements())
		slices.Reverse(vs)
		return schema.ListValue(append(vs, vs[0])...)
	}
	for _, n := range []int{1, 15, 16, 17, 5000} {
		all := list(0, n)
		assert.True(t, all.SameSet(reversed(all)), n)
		assert.False(t, all.SameSet(list(0, n+1)), n)
		assert.False(t, list(0, n+1).SameSet(all), n)
		assert.True(t, all.Union(reversed(all)).Equal(all), n)
		more := list(n/2, n+3).Append(schema.IntegerValue(int64(n + 1)))
		assert.True(t, all.Union(more).Equal(list(0, n+3)), n)
	}
	assert.True(t, schema.StringValue("a").SameSet(schema.StringsValue("a", "a")))
	assert.True(t, schema.Value{}.Union(schema.StringsValue("a", "a")).Equal(schema.StringsValue("a")))
}
