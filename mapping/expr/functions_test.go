package expr

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		// conversions
		{`toInt("42")`, `42`},
		{`toInt("-7")`, `-7`},
		{`toInt("9223372036854775807")`, `9223372036854775807`},
		{`toInt(42)`, `42`},
		{`toString(42)`, `"42"`},
		{`toString(1.50)`, `"1.50"`},
		{`toString(true)`, `"true"`},
		{`toString("x")`, `"x"`},
		{`toBool("TRUE")`, `true`},
		{`toBool("False")`, `false`},
		{`toBool("1")`, `true`},
		{`toBool(0)`, `false`},
		{`toBool("yes")`, `true`},
		{`toBool("NO")`, `false`},
		{`toBool(true)`, `true`},
		{`boolString(false)`, `"false"`},
		{`not(true)`, `false`},
		{`prefix("1", "E-")`, `"E-1"`},
		{`suffix("1", "-E")`, `"1-E"`},
		{`base64("Hällo")`, `"SMOkbGxv"`},
		{`utf8hex("Aé")`, `"41C3A9"`},
		{`base64utf16("Hello world!")`, `"SABlAGwAbABvACAAdwBvAHIAbABkACEA"`},
		{`base64utf16("😀")`, `"PdgA3g=="`},
		{`bitAnd(15, 247)`, `7`},
		{`bitAnd(-1, 5)`, `5`},
		{`numFromDate("1601-01-01")`, `0`},
		{`numFromDate("2020-01-01T00:00:00Z")`, `132223104000000000`},
		{`dateFromNum(132223104000000000)`, `"2020-01-01T00:00:00Z"`},
		{`dateFromNum(0)`, `"1601-01-01T00:00:00Z"`},
		{`dateFromNum(1)`, `"1601-01-01T00:00:00.0000001Z"`},
		{`dateFormat("31.12.2026", "dd.MM.yyyy", "yyyy-MM-dd")`, `"2026-12-31"`},
		{`dateFormat("2026-12-31", "yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssZ")`, `"2026-12-31T00:00:00Z"`},
		{`dateFormat("20260102030405", "yyyyMMddHHmmss", "HH:mm:ss dd/MM/yyyy")`, `"03:04:05 02/01/2026"`},
		{`dateFormat(birthday, "yyyy-MM-dd", "MM/dd")`, `"02/28"`},
		{`dateFormat(birthday, title == "x" ? "" : "yyyy-MM-dd", "yyyy")`, `"1990"`},
		// text
		{`lower("ÄB")`, `"äb"`},
		{`upper("äb")`, `"ÄB"`},
		{"trim(\"\u00a0 a b\u2003\")", `"a b"`},
		{`digits("+49 (30) 12٣")`, `"493012"`},
		{`digits("none")`, `unset`},
		{"stripSpaces(\" a\u00a0b\\tc \")", `"abc"`},
		{`stripSpaces("abc")`, `"abc"`},
		{`truncate("äöü", 2)`, `"äö"`},
		{`left("äöü", 0)`, `unset`},
		{`left("äöü", 9)`, `"äöü"`},
		{`left("abc", -1)`, `"abc"`},
		{`right("äöü", 2)`, `"öü"`},
		{`right("äöü", 0)`, `unset`},
		{`right("abc", 9)`, `"abc"`},
		{`right("abc", -1)`, `"abc"`},
		{`mid("äöüß", 2, 2)`, `"öü"`},
		{`mid("abc", 3, 9)`, `"c"`},
		{`mid("abc", 4, 1)`, `unset`},
		{`mid("abc", 0, 1)`, `unset`},
		{`mid("abc", 1, 0)`, `unset`},
		{`word("Ada  Byron King", 2)`, `"Byron"`},
		{`word("Ada", 2)`, `unset`},
		{`word("Ada", 0)`, `unset`},
		{`word(" Ada", 1)`, `"Ada"`},
		{`word("a,b;;c", 3, ",;")`, `"c"`},
		{`word("a b,c d", 2, ",")`, `"c d"`},
		{`before("ada@example.com", "@")`, `"ada"`},
		{`before("ada", "@")`, `"ada"`},
		{`before("ada", "")`, `"ada"`},
		{`after("Ada Byron King", " ")`, `"Byron King"`},
		{`after("Ada   Byron", " ")`, `"Byron"`},
		{`after("ada", "@")`, `unset`},
		{`after("ada@", "@")`, `unset`},
		{`replace("a.b.c", ".", "-")`, `"a-b-c"`},
		{`replace("a.b", ".", "")`, `"ab"`},
		{`replace("abc", "", "x")`, `"abc"`},
		{`pcase("ada BYRON-king o'NEIL 3rd")`, `"Ada Byron-King O'Neil 3rd"`},
		{"pcase(\"rene\u0301e\")", "\"Rene\u0301e\""},
		{`normalizeDiacritics("Ærøskøbing Straße Œuvre Ørsted ŽIŽEK")`, `"AEroeskoebing Strasse OEuvre OErsted ZIZEK"`},
		{`normalizeDiacritics("Nguyễn Ἀθῆναι Й")`, `"Nguyen Αθηναι И"`},
		{"normalizeDiacritics(\"e\u0301\")", `"e"`},
		{`normalizeDiacritics("한국 plain")`, `"한국 plain"`},
		{`normalizeDiacritics("łđ")`, `"łđ"`},
		// facts
		{`len("äöü")`, `3`},
		{`contains("abc", "b")`, `true`},
		{`contains("abc", "B")`, `false`},
		{`startsWith("abc", "ab")`, `true`},
		{`endsWith("abc", "ab")`, `false`},
		{`instr("äöü", "ü")`, `3`},
		{`instr("abc", "x")`, `0`},
		{`isEmail("a@b")`, `true`},
		{`isEmail("a@b@c")`, `false`},
		{`isEmail("@b")`, `false`},
		{`isEmail("a@")`, `false`},
		{`isEmail("a b@c")`, `false`},
		{"isEmail(\"a@b\u00a0c\")", `false`},
		{`isEmail(5)`, `false`},
		{`isString("x")`, `true`},
		{`isString(5)`, `false`},
		// patterns
		{`matches("abc", "a.c")`, `true`},
		{`matches("xabcx", "a.c")`, `false`},
		{`matches("ab", "a|ab")`, `true`},
		{`matches("a\nb", "a.b")`, `false`},
		{`replaceRegex("John Smith", "(\\w+) (\\w+)", "$2, $1")`, `"Smith, John"`},
		{`replaceRegex("aaa", "b", "c")`, `"aaa"`},
		{`replaceRegex("aab", "a*", "x")`, `"xbx"`},
		{`extract("id=42;", "[0-9]+")`, `"42"`},
		{`extract("id=42;", "id=([0-9]+)")`, `"42"`},
		{`extract("id=42;", "id=([0-9]+)", 0)`, `"id=42"`},
		{`extract("id=42;", "id=(?P<n>[0-9]+)", "n")`, `"42"`},
		{`extract("none", "[0-9]+")`, `unset`},
		{`extract("b", "(a)|b", 1)`, `unset`},
		// lists
		{`first(emails.value)`, `"home@example.com"`},
		{`first("x")`, `"x"`},
		{`first(lower(emails.value | upper))`, `"home@example.com"`},
		{`item(emails.value, 2)`, `"Work@example.com"`},
		{`item(emails.value, 4)`, `unset`},
		{`item(emails.value, 0)`, `unset`},
		{`item("x", 1)`, `"x"`},
		{`count(emails.value)`, `3`},
		{`count("x")`, `1`},
		{`count(dedupe(tags))`, `2`},
		{`joinList(tags, ", ")`, `"b, a, b"`},
		{`joinList("x", ",")`, `"x"`},
		{`joinList(sort(dedupe(tags)), "")`, `"ab"`},
		{`joinList(split(" a ,, b ", ","), "|")`, `"a|b"`},
		{`split(",", ",")`, `unset`},
		{`split("a b", "")`, `["a b"]`},
		{`first(split("x;y", ";"))`, `"x"`},
		{`wrap("x") == wrap("x")`, `true`},
		{`joinList(fs:any, "+")`, `"x+y"`},
		{`lower(fs:any)`, `["x","y"]`},
		{`joinList(sort($target.department_ids), " ")`, `"7 8"`},
		// dates
		{`dateAdd("2026-01-31", "m", 1)`, `"2026-02-28"`},
		{`dateAdd("2024-02-29", "yyyy", 1)`, `"2025-02-28"`},
		{`dateAdd("2026-01-31", "m", -2)`, `"2025-11-30"`},
		{`dateAdd("2026-01-01", "d", -1)`, `"2025-12-31"`},
		{`dateAdd("2026-01-01", "ww", 2)`, `"2026-01-15"`},
		{`dateAdd("2026-01-01", "h", 25)`, `"2026-01-02T01:00:00Z"`},
		{`dateAdd($now, "n", 45)`, `"2026-03-01T12:15:00Z"`},
		{`dateAdd("2026-03-01T12:00:00+01:00", "s", 61)`, `"2026-03-01T12:01:01+01:00"`},
		{`dateDiff("d", $now, dateAdd($now, "d", 3))`, `3`},
		{`dateDiff("d", "2026-03-01T12:00:00Z", "2026-03-02T11:00:00Z")`, `0`},
		{`dateDiff("ww", "2026-03-15", "2026-03-01")`, `-2`},
		{`dateDiff("h", "2026-03-01", "2026-03-02")`, `24`},
		{`dateDiff("n", "2026-03-01", "2026-03-02")`, `1440`},
		{`dateDiff("s", "2026-03-01T00:00:00.9Z", "2026-03-01T00:00:02.1Z")`, `1`},
		{`dateDiff("yyyy", birthday, $now)`, `36`},
		{`dateDiff("yyyy", "1990-03-02", "2026-03-01")`, `35`},
		{`dateDiff("m", "2026-01-31", "2026-02-28")`, `1`},
		{`dateDiff("m", "2026-03-01", "2026-01-15")`, `-1`},
		{`$now > dateAdd(start, "h", -1) && $now < dateAdd(start, "d", 1)`, `true`},
	}
	f := newFixture(t)
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			p := f.compile(t, tc.text)
			v, err := p.Eval(&f.scope)
			require.NoError(t, err)
			assert.Equal(t, tc.want, show(v))
			assert.LessOrEqual(t, f.scope.used, p.Cost(), "steps counted against the static bound")
		})
	}
}

// Every function of the table is in one of the cases above or in the table of
// unset propagation.
func TestFunctions_Listed(t *testing.T) {
	t.Parallel()
	var names []string
	for f := range Functions() {
		names = append(names, f.Name)
		if f.Params == nil {
			assert.Positive(t, f.Min, f.Name)
		}
		assert.Less(t, f.Optional, len(f.Params)+1, f.Name)
	}
	assert.IsIncreasing(t, names)
	want := strings.Fields(`toInt toString toBool boolString not prefix suffix dateFormat base64 utf8hex wrap lower upper
		trim digits truncate stripSpaces normalizeDiacritics pcase replace first dedupe sort split joinList
		left right mid word before after item count len contains startsWith endsWith matches replaceRegex extract
		instr isEmail isString join coalesce default isPresent isUnset switch dateAdd dateDiff
		base64utf16 bitAnd dateFromNum numFromDate`)
	assert.ElementsMatch(t, want, names)
}

func TestFunctions_RunTimeErrors(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3072)
	cases := []struct {
		text   string
		code   Code
		reason string
		offset int
	}{
		{`toInt("0042")`, CodeConvert, `not an integer: "0042"`, 0},
		{`toInt("12a")`, CodeConvert, `not an integer: "12a"`, 0},
		{`toInt("-0")`, CodeConvert, `not an integer: "-0"`, 0},
		{`toInt("+1")`, CodeConvert, `not an integer: "+1"`, 0},
		{`toInt(" 1")`, CodeConvert, `not an integer: " 1"`, 0},
		{`toInt("9223372036854775808")`, CodeConvert, `not an integer: "9223372036854775808"`, 0},
		{`toInt(1.5)`, CodeConvert, `not an integer: 1.5`, 0},
		{`toInt(true)`, CodeConvert, `not an integer: true`, 0},
		{`title + (1 + toInt("x"))`, CodeConvert, `not an integer: "x"`, 13},
		{`toBool("maybe")`, CodeConvert, `not a boolean: "maybe"`, 0},
		{`toBool(2)`, CodeConvert, `not a boolean: 2`, 0},
		{`boolString(custom.flag)`, CodeType, `boolString takes boolean, not string`, 0},
		{`lower(fs:any | count | toString) + lower(custom.flag) + lower(fs:isAgent == "True" ? 5 : fs:any)`, CodeType, `lower takes string, not integer`, 56},
		{`dateFormat("31.02.2026", "dd.MM.yyyy", "yyyy")`, CodeConvert, `not a date of the format dd.MM.yyyy: "31.02.2026"`, 0},
		{`dateFormat("2026-1-1", "yyyy-MM-dd", "yyyy")`, CodeConvert, `not a date of the format yyyy-MM-dd: "2026-1-1"`, 0},
		{`dateFormat(title, title, "yyyy")`, CodeType, `a date format has yyyy MM dd HH mm ss, not o`, 0},
		{`dateAdd("soon", "d", 1)`, CodeConvert, `not a date: "soon"`, 0},
		{`dateAdd("2026-01-01", title, 1)`, CodeType, `an interval is yyyy, m, d, ww, h, n or s, not "Tour Guide"`, 0},
		{`dateAdd("2026-01-01", "yyyy", 9000)`, CodeLimit, `a date is out of range`, 0},
		{`dateAdd("2026-01-01", "d", 9999999999)`, CodeLimit, `a date is out of range`, 0},
		{`dateDiff("d", "soon", "2026-01-01")`, CodeConvert, `not a date: "soon"`, 0},
		{`fs:any + "x"`, CodeType, `+ cannot take a list`, 0},
		{`fs:isAgent + fs:any`, CodeType, `+ cannot take a list or an object`, 0},
		{`replace("a", "a", fs:any)`, CodeType, `replace takes string, not list`, 0},
		{`9223372036854775807 + 1`, CodeLimit, `a sum exceeds 64 bits`, 0},
		{`1e999 + 1e-999`, CodeLimit, `a sum has too many digits`, 0},
		{`extract("a", "a", $target.department_ids)`, CodeType, `the regular expression has no group 7`, 0},
		{`title + replace("aaaaaaaa", "a", "` + long[:600] + `")`, CodeLimit, `a text is longer than 4 KiB`, 8},
		{`"` + long + `" | suffix(userName) | base64`, CodeLimit, `a text is longer than 4 KiB`, 0},
		{`utf8hex("` + long + `")`, CodeLimit, `a text is longer than 4 KiB`, 0},
	}
	f := newFixture(t)
	for _, tc := range cases {
		t.Run(tc.text[:min(len(tc.text), 40)], func(t *testing.T) {
			_, err := f.compile(t, tc.text).Eval(&f.scope)
			require.ErrorIs(t, err, &Error{Code: tc.code})
			e := AsError(err)
			assert.Equal(t, tc.reason, e.Reason(false))
			assert.Equal(t, tc.offset, e.Offset)
			assert.NotZero(t, e.Length)
			if text := literal(e.Value); !e.Value.IsUnset() {
				assert.NotContains(t, err.Error(), text, "an error's text never shows the value")
				assert.Equal(t, e.Msg+": [redacted]", e.Reason(true))
			}
		})
	}
}

func TestEval_Limits(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.List = true
	eval := func(text string) error {
		_, err := f.compile(t, text).Eval(&f.scope)
		return err
	}
	limit := &Error{Code: CodeLimit}
	half := strings.Repeat("y", 2100)
	f.scope.Resource.SetString("title", half)
	require.NoError(t, eval(`title`))
	require.ErrorIs(t, eval(`title + title`), limit)
	require.ErrorIs(t, eval(`join("", title, title)`), limit)
	require.ErrorIs(t, eval(`prefix(title, title)`), limit)
	require.ErrorIs(t, eval(`suffix(title, title)`), limit)
	require.ErrorIs(t, eval(`joinList(split(title + ",", ","), ",") + title`), limit)
	require.ErrorIs(t, eval(`replaceRegex(title, "y", "zz")`), limit)

	f.scope.Resource.SetString("title", half+half)
	require.ErrorIs(t, eval(`title`), limit, "an input longer than 4 KiB")
	require.NoError(t, eval(`isPresent(title)`))

	many := strings.Repeat("a,", 1001)
	f.scope.Resource.SetString("title", many)
	require.ErrorIs(t, eval(`split(title, ",")`), limit, "1001 elements")
	require.NoError(t, eval(`split(after(title, ","), ",")`), "1000 elements")

	words := make([]string, 40)
	for i := range words {
		words[i] = half
	}
	f.scope.Resource.Set("tags", stringsValue(words))
	require.ErrorIs(t, eval(`tags | lower`), limit, "84000 bytes in a list")
	require.NoError(t, eval(`isPresent(tags)`))

	f.scope.Resource.SetString("title", "abc")
	f.scope.Steps = 3
	require.ErrorIs(t, eval(`title | lower | upper | lower | upper`), limit)
	f.scope.Steps = 0
	require.NoError(t, eval(`title | lower | upper | lower | upper`))
}
