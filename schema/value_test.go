package schema_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func num(t testing.TB, s string) schema.Value {
	t.Helper()
	v, ok := schema.NumberValue(s)
	require.True(t, ok, s)
	return v
}

func obj(members ...any) schema.Value {
	var ms []schema.Member
	for i := 0; i < len(members); i += 2 {
		ms = append(ms, schema.Member{Name: members[i].(string), Value: members[i+1].(schema.Value)})
	}
	return schema.MembersValue(ms...)
}

func TestNumberValue(t *testing.T) {
	t.Parallel()
	for text, kind := range map[string]schema.Kind{
		"0": schema.KindInteger, "-7": schema.KindInteger, "9223372036854775807": schema.KindInteger, "9223372036854775808": schema.KindDecimal,
		"-0": schema.KindDecimal, "1.0": schema.KindDecimal, "1e3": schema.KindDecimal, "-1.5E-30": schema.KindDecimal,
	} {
		v := num(t, text)
		assert.Equal(t, kind, v.Kind(), text)
		assert.Equal(t, text, v.Text())
		assert.Equal(t, text, string(v.AppendJSON(nil)), "numbers stay as they are written")
	}
	for _, text := range []string{"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1e1234", "0x1", "NaN", "1 ", "1_000", strings.Repeat("9", 65)} {
		_, ok := schema.NumberValue(text)
		assert.False(t, ok, text)
	}
}

func TestValue_Equal(t *testing.T) {
	t.Parallel()
	s, list := schema.StringValue, schema.ListValue
	for _, c := range []struct {
		a, b  schema.Value
		equal bool
	}{
		{num(t, "1"), num(t, "1.0"), true},
		{num(t, "100"), num(t, "1e2"), true},
		{num(t, "9007199254740993"), num(t, "9007199254740992"), false},
		{num(t, "1"), s("1"), false},
		{s("a"), s("A"), false},
		{schema.Null(), schema.Value{}, false},
		{schema.Null(), schema.Null(), true},
		{schema.BooleanValue(true), schema.BooleanValue(false), false},
		{list(s("a"), s("b")), list(s("b"), s("a")), false},
		{list(), schema.Null(), false},
		{obj("a", s("x"), "b", s("y")), obj("B", s("y"), "A", s("x")), true},
		{obj("a", s("x")), obj("a", s("x"), "b", s("y")), false},
		{obj("a", s("x")), obj("b", s("x")), false},
	} {
		assert.Equal(t, c.equal, c.a.Equal(c.b), "%s %s", c.a.AppendJSON(nil), c.b.AppendJSON(nil))
		assert.Equal(t, c.equal, c.b.Equal(c.a))
	}
	assert.True(t, list(s("a"), s("b"), s("a")).EqualUnordered(list(s("a"), s("a"), s("b"))))
	assert.False(t, list(s("a"), s("b"), s("b")).EqualUnordered(list(s("a"), s("a"), s("b"))))
}

func TestValue_Unassigned(t *testing.T) {
	t.Parallel()
	for _, v := range []schema.Value{{}, schema.Null(), schema.ListValue(), schema.ListValue(schema.Null()), obj(), obj("a", schema.Null()), obj("a", obj())} {
		assert.True(t, v.Unassigned(), "%s", v.AppendJSON(nil))
	}
	for _, v := range []schema.Value{schema.StringValue(""), schema.BooleanValue(false), num(t, "0"), schema.ListValue(schema.StringValue("")), obj("a", schema.Null(), "b", schema.StringValue(""))} {
		assert.False(t, v.Unassigned(), "%s", v.AppendJSON(nil))
	}
	sub := user(t).Lookup("name").Sub.New()
	assert.True(t, schema.ObjectValue(sub).Unassigned())
	sub.Set("familyName", schema.Null())
	assert.True(t, schema.ObjectValue(sub).Unassigned())
	sub.SetString("familyName", "")
	assert.False(t, schema.ObjectValue(sub).Unassigned())
}

func TestValue_Accessors(t *testing.T) {
	t.Parallel()
	list := schema.StringsValue("a", "b")
	assert.Equal(t, 2, list.Len())
	assert.Equal(t, "b", list.At(1).Text())
	assert.True(t, list.At(2).IsUnset())
	assert.True(t, list.At(-1).IsUnset())
	assert.Equal(t, []string{"a", "b"}, list.Strings())
	assert.True(t, list.Contains(schema.StringValue("b")))
	assert.Equal(t, []string{"a", "b", "c"}, list.Append(schema.StringValue("c")).Strings())
	assert.Equal(t, 2, list.Len(), "values do not change")
	assert.Equal(t, []string{"x"}, schema.Value{}.Append(schema.StringValue("x")).Strings())
	assert.Equal(t, []string{"x", "y"}, schema.StringValue("x").Append(schema.StringValue("y")).Strings())
	o := obj("Name", schema.StringValue("x"), "n", num(t, "1"))
	assert.Equal(t, "x", o.Member("NAME").Text())
	assert.True(t, o.Member("other").IsUnset())
	assert.Equal(t, 2, o.Len())
	assert.Nil(t, o.Record())
	f, ok := num(t, "1.5").Float()
	assert.True(t, ok)
	assert.InDelta(t, 1.5, f, 0)
	_, ok = schema.StringValue("1").Float()
	assert.False(t, ok)
	b, err := json.Marshal(o)
	require.NoError(t, err)
	assert.JSONEq(t, `{"Name":"x","n":1}`, string(b))
	var back schema.Value
	require.NoError(t, json.Unmarshal(b, &back))
	assert.True(t, back.Equal(o))
}

func TestParseJSON_Refuses(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		kind schema.ErrorKind
		msg  string
	}{
		"":                       {schema.KindSyntax, "ends early"},
		"  ":                     {schema.KindSyntax, "ends early"},
		`{"a":1`:                 {schema.KindSyntax, "ends early"},
		`"abc`:                   {schema.KindSyntax, "ends early"},
		`"abc\`:                  {schema.KindSyntax, "ends early"},
		`{"a":1} x`:              {schema.KindSyntax, "follows"},
		`{a:1}`:                  {schema.KindSyntax, "invalid character 'a'"},
		`{"a":1,}`:               {schema.KindSyntax, "invalid character '}'"},
		`[1 2]`:                  {schema.KindSyntax, "invalid character '2'"},
		`tru`:                    {schema.KindSyntax, "ends early"},
		`trux`:                   {schema.KindSyntax, "invalid character 'x'"},
		`1.2.3`:                  {schema.KindSyntax, "number"},
		`-`:                      {schema.KindSyntax, "number"},
		`"\q"`:                   {schema.KindSyntax, "escape"},
		"\"a\nb\"":               {schema.KindSyntax, "control"},
		`{"name":1,"NAME":2}`:    {schema.KindSyntax, "twice"},
		`{"a":{"b":1,"b":2}}`:    {schema.KindSyntax, "twice"},
		"{\"s\":1,\"\u017f\":2}": {schema.KindSyntax, "twice"},
		strings.Repeat("[", 40):  {schema.KindLimit, "nests"},
		`1e9999`:                 {schema.KindLimit, "digits"},
	} {
		_, err := schema.ParseJSON([]byte(text))
		var e *schema.SyntaxError
		require.ErrorAs(t, err, &e, text)
		assert.Equal(t, c.kind, e.Kind, text)
		assert.Contains(t, e.Error(), c.msg, text)
	}
	// Many members, so that names are found by an index.
	var b strings.Builder
	for i := range 100 {
		b.WriteString(`"` + strings.Repeat("k", i+1) + `":1,`)
	}
	_, err := schema.ParseJSON([]byte("{" + b.String() + `"x":1}`))
	require.NoError(t, err)
	for _, twice := range []string{"K", strings.Repeat("k", 100), "\u212a"} {
		_, err = schema.ParseJSON([]byte("{" + b.String() + `"` + twice + `":1}`))
		require.ErrorContains(t, err, "twice", twice)
	}
}

func TestParseJSON_DoesNotKeepTheData(t *testing.T) {
	t.Parallel()
	data := []byte(`{"name":"value","list":["a"]}`)
	v, err := schema.ParseJSON(data)
	require.NoError(t, err)
	for i := range data {
		data[i] = 'x'
	}
	assert.Equal(t, "value", v.Member("name").Text())
	assert.Equal(t, []string{"a"}, v.Member("list").Strings())
}

func TestAppendQuoted(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "ä €", "\"\\\b\n\r\t\x00\x1f", "<script>&", "\u2028\u2029", "\xff\xc0a", "\U0001F600", "\x7f"} {
		want, err := json.Marshal(s)
		require.NoError(t, err)
		var a, b string
		require.NoError(t, json.Unmarshal(want, &a))
		require.NoError(t, json.Unmarshal(schema.AppendQuoted(nil, s), &b), s)
		assert.Equal(t, a, b)
		assert.NotContains(t, string(schema.AppendQuoted(nil, s)), "<")
	}
}

// Whatever its size, an Integer is exact in every way that it is read.
func TestIntegerValue_Exact(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, -1, 1 << 31, -1 << 31, 1<<53 + 1, 1<<55 - 1, 1 << 55, -1 << 55, -1<<55 - 1, math.MaxInt64, math.MinInt64} {
		text := strconv.FormatInt(n, 10)
		v := schema.IntegerValue(n)
		got, ok := v.Integer()
		assert.True(t, ok)
		assert.Equal(t, n, got)
		assert.Equal(t, text, v.Text())
		assert.Equal(t, text, string(v.AppendJSON(nil)))
		assert.Equal(t, schema.KindInteger, v.Kind())
		parsed, ok := schema.NumberValue(text)
		assert.True(t, ok)
		assert.Equal(t, v, parsed)
		assert.True(t, v.Equal(parsed))
		assert.False(t, v.Equal(schema.IntegerValue(n^1)))
		_, isText := v.Str()
		assert.False(t, isText)
		f, ok := v.Float()
		assert.True(t, ok)
		assert.InDelta(t, float64(n), f, 0)
		a := &schema.Attribute{Type: schema.Integer}
		assert.Equal(t, n > 5, a.Order(v, schema.IntegerValue(5)) > 0)
	}
}
