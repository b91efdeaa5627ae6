package expr

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

// value reads a literal of the language, or a list of them in brackets.
func value(t testing.TB, text string) schema.Value {
	t.Helper()
	if text == "unset" {
		return schema.Value{}
	}
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err, text)
	return v
}

func step(t testing.TB, text string) *Step {
	t.Helper()
	s, err := ParseStep(text)
	require.NoError(t, err, text)
	return s
}

func TestStep_ForwardAndBackward(t *testing.T) {
	t.Parallel()
	cases := []struct {
		step  string
		class Class
		in    string
		out   string
		back  string // of out
	}{
		{`toInt`, Iso, `"42"`, `42`, `"42"`},
		{`toInt`, Iso, `["1","2"]`, `[1,2]`, `["1","2"]`},
		{`toString`, Iso, `42`, `"42"`, `42`},
		{`toBool`, Iso, `"Yes"`, `true`, `"true"`},
		{`toBool`, Iso, `"0"`, `false`, `"false"`},
		{`boolString`, Iso, `true`, `"true"`, `true`},
		{`not`, Iso, `true`, `false`, `true`},
		{`prefix("E-")`, Iso, `"1"`, `"E-1"`, `"1"`},
		{`suffix("@x")`, Iso, `"a"`, `"a@x"`, `"a"`},
		{`dateFormat("dd.MM.yyyy", "yyyy-MM-dd")`, Iso, `"31.12.2026"`, `"2026-12-31"`, `"31.12.2026"`},
		{`dateFormat("yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssZ")`, Lossy, `"2026-12-31"`, `"2026-12-31T00:00:00Z"`, `"2026-12-31"`},
		{`dateFormat("yyyy-MM-dd", "yyyy")`, Lossy, `"2026-12-31"`, `"2026"`, `"2026"`},
		{`base64`, Iso, `"ä"`, `"w6Q="`, `"ä"`},
		{`utf8hex`, Iso, `"ä"`, `"C3A4"`, `"ä"`},
		{`wrap`, Iso, `5`, `[5]`, `5`},
		{`wrap`, Iso, `[5,6]`, `[5,6]`, `5`},
		{`lower`, Fold, `"AbC"`, `"abc"`, `"abc"`},
		{`upper()`, Fold, `["a","b"]`, `["A","B"]`, `["A","B"]`},
		{`trim`, Lossy, `" a "`, `"a"`, `"a"`},
		{`digits`, Lossy, `"+1 2"`, `"12"`, `"12"`},
		{`truncate(2)`, Lossy, `"abc"`, `"ab"`, `"ab"`},
		{`stripSpaces`, Lossy, `"a b"`, `"ab"`, `"ab"`},
		{`normalizeDiacritics`, Lossy, `"é"`, `"e"`, `"e"`},
		{`pcase`, Lossy, `"ab"`, `"Ab"`, `"Ab"`},
		{`replace("a", "b")`, Lossy, `"aa"`, `"bb"`, `"bb"`},
		{`first`, Lossy, `["a","b"]`, `"a"`, `"a"`},
		{`dedupe`, Lossy, `["a","b","a"]`, `["a","b"]`, `["a","b"]`},
		{`dedupe`, Lossy, `[1,"1",1,true,1.5]`, `[1,"1",true,1.5]`, `[1,"1",true,1.5]`},
		{`sort`, Lossy, `["b",2,"a",1.5]`, `[1.5,2,"a","b"]`, `[1.5,2,"a","b"]`},
		{`split(",")`, Lossy, `"a , b,,"`, `["a","b"]`, `"a,b"`},
		{`joinList(";")`, Lossy, `["a","b",""]`, `"a;b"`, `["a","b"]`},
		{`left(1)`, None, `"abc"`, `"a"`, `unset`},
		{`matches("[a-c]+")`, None, `"abc"`, `true`, `unset`},
		{`extract("b+")`, None, `"abbc"`, `"bb"`, `unset`},
		{`count`, None, `["a","b"]`, `2`, `unset`},
		{`item(2)`, None, `["a","b"]`, `"b"`, `unset`},
		{`default("x")`, None, `unset`, `"x"`, `unset`},
		{`default("x")`, None, `["a"]`, `["a"]`, `unset`},
		{`coalesce(null, "y")`, None, `""`, `"y"`, `unset`},
		{`isPresent`, None, `unset`, `false`, `unset`},
		{`isUnset`, None, `unset`, `true`, `unset`},
		{`switch("a", 1, "b", 2)`, None, `"b"`, `2`, `unset`},
		{`switch("a", 1, 3)`, None, `["a","x"]`, `[1,3]`, `unset`},
		{`switch("a", 1)`, None, `"x"`, `unset`, `unset`},
		{`map("lang")`, Iso, `"de"`, `"de"`, `"de"`},
		{`lookup("department")`, Iso, `"Sales"`, `"Sales"`, `"Sales"`},
		{`lower`, Fold, `unset`, `unset`, `unset`},
		{`lower`, Fold, `null`, `unset`, `unset`},
		{`word(5)`, None, `["a b"]`, `unset`, `unset`},
	}
	for _, tc := range cases {
		s := step(t, tc.step)
		assert.Equal(t, tc.class, s.Class(), tc.step)
		out, err := s.Forward(value(t, tc.in))
		require.NoError(t, err, tc.step)
		assert.Equal(t, tc.out, show(out), "%s of %s", tc.step, tc.in)
		back, ok := s.Backward(out)
		if tc.back == "unset" {
			assert.False(t, ok, tc.step)
			continue
		}
		assert.True(t, ok, tc.step)
		assert.Equal(t, tc.back, show(back), "%s back from %s", tc.step, tc.out)
	}
}

// What a step cannot take back reads as unset, and never fails.
func TestStep_BackwardOfForeignValues(t *testing.T) {
	t.Parallel()
	for _, tc := range [][3]string{
		{`toInt`, `"42"`, `unset`},
		{`toString`, `"042"`, `unset`},
		{`toString`, `5`, `unset`},
		{`toBool`, `"true"`, `unset`},
		{`boolString`, `"maybe"`, `unset`},
		{`boolString`, `"YES"`, `true`},
		{`not`, `"x"`, `unset`},
		{`prefix("E-")`, `"1"`, `unset`},
		{`prefix("E-")`, `5`, `unset`},
		{`prefix("E-")`, `["E-1","2","E-3"]`, `["1","3"]`},
		{`prefix("E-")`, `["1"]`, `unset`},
		{`suffix("x")`, `"1"`, `unset`},
		{`dateFormat("dd.MM.yyyy", "yyyy-MM-dd")`, `"2026-02-30"`, `unset`},
		{`dateFormat("dd.MM.yyyy", "yyyy-MM-dd")`, `20260101`, `unset`},
		{`base64`, `"%"`, `unset`},
		{`base64`, `"/w=="`, `unset`},
		{`utf8hex`, `"xy"`, `unset`},
		{`utf8hex`, `"c3a4"`, `"ä"`},
		{`wrap`, `[null]`, `unset`},
		{`lower`, `5`, `5`},
		{`lower`, `null`, `unset`},
		{`joinList(",")`, `5`, `unset`},
		{`split(",")`, `"a,b"`, `"a,b"`},
	} {
		back, ok := step(t, tc[0]).Backward(value(t, tc[1]))
		assert.Equal(t, tc[2] != "unset", ok, tc[0])
		if ok {
			assert.Equal(t, tc[2], show(back), tc[0])
		}
	}
}

func TestParseStep_Errors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text       string
		code       Code
		suggestion string
	}{
		{``, CodeSyntax, ``},
		{`lower(`, CodeSyntax, ``},
		{`lower upper`, CodeSyntax, ``},
		{`"x"`, CodeSyntax, ``},
		{`truncate('4')`, CodeSyntax, `"`},
		{`lowr`, CodeUnknownFunc, `lower`},
		{`mapp("x")`, CodeUnknownFunc, `map`},
		{`map`, CodeType, ``},
		{`map("")`, CodeType, ``},
		{`lookup("a", "b")`, CodeType, ``},
		{`truncate`, CodeType, ``},
		{`truncate("4")`, CodeType, ``},
		{`truncate(null)`, CodeType, ``},
		{`lower(1)`, CodeType, ``},
		{`prefix(title)`, CodeType, ``},
		{`prefix(1 + 2)`, CodeType, ``},
		{`join(", ")`, CodeType, ``},
		{`dateDiff("2026-01-01", "2026-01-01")`, CodeType, ``},
		{`switch("a")`, CodeType, ``},
		{`matches("(")`, CodeType, ``},
		{`matches("(a{40}){25}")`, CodeCost, ``},
		{`dateFormat("dd", "yyyy")`, CodeType, ``},
	} {
		_, err := ParseStep(tc.text)
		e := AsError(err)
		if assert.NotNil(t, e, tc.text) {
			assert.Equal(t, tc.code, e.Code, "%s: %s", tc.text, e.Msg)
			assert.Equal(t, tc.suggestion, e.Suggestion, tc.text)
			assert.LessOrEqual(t, e.Offset+e.Length, len(tc.text))
		}
	}
}

func TestStep_Facts(t *testing.T) {
	t.Parallel()
	s := step(t, ` map ( "tz.rails" ) `)
	assert.Equal(t, []string{"map", "tz.rails", `map("tz.rails")`}, []string{s.Name(), s.Ref(), s.String()})
	s = step(t, `replace("a",  "\u00e4")`)
	assert.Equal(t, `replace("a", "ä")`, s.String())
	assert.Len(t, s.Args(), 2)
	assert.Empty(t, s.Ref())
	assert.True(t, step(t, `wrap`).TakesList())
	assert.False(t, step(t, `lower`).TakesList())

	for text, want := range map[string][2]string{
		`lower`: {"string", "list<string>"}, `toInt`: {"integer", "list<integer>"}, `wrap`: {"list<string>", "list<string>"},
		`first`: {"string", "string"}, `split(",")`: {"list<string>", "list<string>"}, `joinList(",")`: {"string", "string"},
		`map("x")`: {"any", "list<any>"}, `default("x")`: {"any", "list<any>"}, `isPresent`: {"boolean", "boolean"},
	} {
		for i, list := range []bool{false, true} {
			got, err := step(t, text).Type(Type{Kind: String, List: list})
			require.NoError(t, err)
			assert.Equal(t, want[i], got.String(), text)
		}
	}
	_, err := step(t, `lower`).Type(Type{Kind: Integer})
	require.ErrorIs(t, err, &Error{Code: CodeType})
	_, err = step(t, `wrap`).Type(Type{Kind: Object})
	require.ErrorIs(t, err, &Error{Code: CodeType})
	got, err := step(t, `lower`).Type(Type{Kind: Null})
	require.NoError(t, err)
	assert.Equal(t, Null, got.Kind)
}

func TestStep_ForwardErrors(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]Code{`toInt`: CodeConvert, `not`: CodeType} {
		_, err := step(t, text).Forward(schema.StringValue("secret"))
		require.ErrorIs(t, err, &Error{Code: code})
		assert.NotContains(t, err.Error(), "secret")
	}
	_, err := step(t, `lower`).Forward(schema.MembersValue(schema.Member{Name: "a", Value: schema.IntegerValue(1)}))
	require.ErrorIs(t, err, &Error{Code: CodeType})
	_, err = step(t, `lower`).Forward(schema.ListValue(schema.StringsValue("a")))
	require.ErrorIs(t, err, &Error{Code: CodeType}, "a list of lists")
}

// A step may shorten a text of any length, and refuses to make one longer than 4
// KiB.
func TestStep_LongText(t *testing.T) {
	t.Parallel()
	long := schema.StringValue(strings.Repeat(" x", 5000))
	for _, text := range []string{`trim`, `truncate(10)`, `lower`, `replace(" ", "")`, `replace("x", "y")`, `word(3)`} {
		_, err := step(t, text).Forward(long)
		require.NoError(t, err, text)
	}
	for _, text := range []string{`prefix("a")`, `suffix("a")`, `replace("x", "yy")`, `base64`, `utf8hex`, `replaceRegex("x", "yy")`} {
		_, err := step(t, text).Forward(long)
		require.ErrorIs(t, err, &Error{Code: CodeLimit}, text)
	}
}

// The laws of iso steps: on its domain the inverse takes back what the step
// made, and the step makes again what the inverse took back.
func TestStep_InverseLaws(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() schema.Value { return schema.StringValue(randomText(rng)) }
	number := func() schema.Value { return schema.IntegerValue(rng.Int64() - rng.Int64()) }
	boolean := func() schema.Value { return schema.BooleanValue(rng.IntN(2) == 0) }
	day := func() schema.Value {
		d := date{rng.IntN(9999), 1 + rng.IntN(12), 1 + rng.IntN(28)}
		l, _ := parseLayout("dd.MM.yyyy")
		return schema.StringValue(l.format(d))
	}
	for name, domain := range map[string]func() schema.Value{
		`toInt`:                                  func() schema.Value { return schema.StringValue(strconv.FormatInt(rng.Int64()-rng.Int64(), 10)) },
		`toString`:                               number,
		`toBool`:                                 func() schema.Value { return schema.StringValue(strconv.FormatBool(rng.IntN(2) == 0)) },
		`boolString`:                             boolean,
		`not`:                                    boolean,
		`prefix("ä-")`:                           text,
		`suffix("@example.com")`:                 text,
		`dateFormat("dd.MM.yyyy", "yyyy/MM/dd")`: day,
		`base64`:                                 text,
		`utf8hex`:                                text,
		`wrap`:                                   number,
	} {
		s := step(t, name)
		require.Equal(t, Iso, s.Class(), name)
		for range 300 {
			v := domain()
			out, err := s.Forward(v)
			require.NoError(t, err, name)
			back, ok := s.Backward(out)
			require.True(t, ok, "%s of %s", name, show(v))
			require.True(t, back.Equal(v), "%s: %s became %s became %s", name, show(v), show(out), show(back))
			again, err := s.Forward(back)
			require.NoError(t, err)
			require.True(t, again.Equal(out), name)
		}
	}
	// Fold and lossy steps are stable: what was written is written again.
	for _, name := range []string{`lower`, `upper`, `trim`, `digits`, `truncate(3)`, `stripSpaces`, `normalizeDiacritics`, `split(",")`} {
		s := step(t, name)
		for range 300 {
			out, err := s.Forward(text())
			require.NoError(t, err)
			back, ok := s.Backward(out)
			if !ok {
				continue
			}
			again, err := s.Forward(back)
			require.NoError(t, err)
			require.True(t, again.Equal(normalize(out, true)), "%s: %s, %s", name, show(out), show(again))
		}
	}
}

func randomText(rng *rand.Rand) string {
	letters := []rune("aBcÄöü,; ßøÆ9+-\u0301ǅ\t€😀")
	rs := make([]rune, 1+rng.IntN(20))
	for i := range rs {
		rs[i] = letters[rng.IntN(len(letters))]
	}
	return string(rs)
}
