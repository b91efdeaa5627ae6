package scimtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

func match(t *testing.T, matcher, document string, vars map[string]string) (map[string]string, []scimtest.Failure) {
	t.Helper()
	m, err := scimtest.ParseMatcher([]byte(matcher))
	require.NoError(t, err)
	captures, failures, err := m.Match([]byte(document), vars)
	require.NoError(t, err)
	if len(failures) > 0 {
		assert.Nil(t, captures)
		for _, f := range failures {
			assert.NotContains(t, f.String(), "\n")
		}
	}
	return captures, failures
}

// Each matcher stands for the member "a" of an object; a document without "a"
// is written as the empty string.
func TestMatcher_Operators(t *testing.T) {
	t.Parallel()
	tests := []struct {
		matcher string
		passes  []string
		fails   []string
	}{
		{`"$any"`, []string{`"x"`, `0`, `false`, `{}`, `[null]`, `" "`}, []string{``, `null`, `""`, `[]`}},
		{`"$missing"`, []string{``}, []string{`null`, `[]`, `""`, `0`}},
		{`"$absent"`, []string{``, `null`, `[]`}, []string{`""`, `{}`, `0`, `false`, `[null]`}},
		{`"$string"`, []string{`""`, `"x"`}, []string{``, `null`, `1`, `true`, `[]`, `{}`}},
		{`"$number"`, []string{`0`, `-1.5`, `12345678901234567890`}, []string{``, `null`, `"1"`, `true`}},
		{`"$boolean"`, []string{`true`, `false`}, []string{``, `null`, `"true"`, `0`}},
		{`"$array"`, []string{`[]`, `[1]`}, []string{``, `null`, `{}`, `"[]"`}},
		{`"$object"`, []string{`{}`, `{"b":1}`}, []string{``, `null`, `[]`, `"{}"`}},
		{
			`"$datetime"`,
			[]string{`"2026-01-02T03:04:05"`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05.123+02:00"`},
			[]string{``, `null`, `""`, `"2026-01-02"`, `"2026-01-02 03:04:05"`, `"x2026-01-02T03:04:05"`, `20260102`, `"2026-01-02T03:04:0"`, `"2026-1-02T03:04:05Z"`},
		},
		{`"$capture:x"`, []string{`"u-1"`, `" "`}, []string{``, `null`, `""`, `1`, `["u-1"]`}},
		{`"$ci:Ada@Example.com"`, []string{`"ada@example.COM"`}, []string{``, `null`, `"ada@example.com "`, `1`}},
		{`"$ci:ÄÖ"`, []string{`"äö"`}, []string{`"ao"`}},
		{`"$ci:"`, []string{`""`}, []string{``, `null`, `"x"`}},
		{`"$prefix:application/SCIM"`, []string{`"Application/scim+json"`, `"application/scim"`}, []string{``, `null`, `"application/sci"`, `" application/scim"`}},
		{`"$prefix:k"`, []string{`"\u212Aelvin"`}, []string{`"elvin"`}}, // U+212A folds to k and is longer in UTF-8
		{`"$contains:a:b"`, []string{`"xa:by"`, `"a:b"`}, []string{``, `null`, `"A:B"`, `["a:b"]`}},
		{`"$contains:"`, []string{`""`, `"x"`}, []string{``, `null`}},

		{`{"$exact": [1, 2]}`, []string{`[1,2]`, `[2,1]`}, []string{``, `null`, `[1]`, `[1,2,3]`, `[1,1]`, `{}`, `[1,3]`}},
		{`{"$exact": []}`, []string{`[]`}, []string{``, `null`, `[1]`}},
		{`{"$len": 2}`, []string{`[1,2]`, `[null,null]`}, []string{``, `null`, `[1]`, `[1,2,3]`, `"ab"`, `{"a":1,"b":2}`}},
		{`{"$len": 0}`, []string{`[]`}, []string{``, `null`, `[1]`}},
		{`{"$none": {"b": 1}}`, []string{`[]`, `[{"b":2}]`, `[{}]`, `[1]`}, []string{``, `null`, `[{"b":1}]`, `[{"b":2},{"b":1,"c":3}]`, `{}`}},
		{`{"$count": ["$string", 2]}`, []string{`["a","b"]`, `["a",1,"b",null]`}, []string{``, `null`, `[]`, `["a"]`, `["a","b","c"]`, `"ab"`}},
		{`{"$count": [1, 0]}`, []string{`[]`, `[2]`}, []string{``, `null`, `[1]`}},
		{`{"$all": ["$string", "$contains:a", "$contains:b"]}`, []string{`"ab"`, `"b a"`}, []string{``, `null`, `"a"`, `"b"`, `["a","b"]`}},
		{`{"$all": ["$absent", "$missing"]}`, []string{``}, []string{`null`, `[]`}},
		{`{"$all": []}`, []string{``, `null`, `1`}, nil},
		{`{"$optional": "$string"}`, []string{``, `null`, `""`, `"x"`}, []string{`1`, `[]`, `false`}},
		{`{"$optional": {"b": "$absent"}}`, []string{``, `null`, `{}`, `{"b":null}`}, []string{`{"b":1}`, `[]`}},

		{`{"b": 1, "c": "$missing"}`, []string{`{"b":1}`, `{"b":1,"d":2}`}, []string{``, `null`, `{}`, `{"b":1,"c":null}`, `{"B":1}`, `[{"b":1}]`}},
		{`{}`, []string{`{}`, `{"b":1}`}, []string{``, `null`, `[]`, `"x"`}},
		{`{"$ref": "x", "value": "y"}`, []string{`{"$ref":"x","value":"y","type":"z"}`}, []string{`{"value":"y"}`}},
		{`[1, 1]`, []string{`[1,1]`, `[1,2,1]`}, []string{``, `null`, `[1]`, `[1,2]`, `1`}},
		{`[]`, []string{`[]`, `[1]`}, []string{``, `null`, `{}`}},

		{`"x"`, []string{`"x"`}, []string{``, `null`, `"X"`, `"x "`, `["x"]`}},
		{`""`, []string{`""`}, []string{``, `null`, `" "`}},
		{`"x$any"`, []string{`"x$any"`}, []string{`"y"`}},
		{`null`, []string{`null`}, []string{``, `false`, `0`, `""`, `[]`}},
		{`true`, []string{`true`}, []string{``, `null`, `false`, `"true"`, `1`}},
		{`false`, []string{`false`}, []string{``, `null`, `true`, `"false"`, `0`}},
		{`1`, []string{`1`, `1.0`, `10e-1`, `0.1E+1`}, []string{``, `null`, `"1"`, `true`, `-1`, `1.0000000000000000001`}},
		{`0`, []string{`0`, `-0`, `0.000`, `0e99999999999999999999`}, []string{`1`, `""`, `false`}},
		{`-2.50`, []string{`-2.5`, `-25e-1`}, []string{`2.5`, `-2.05`}},
		{`9007199254740993`, []string{`9007199254740993`, `9007199254740993.0`, `900719925474099.3e1`}, []string{`9007199254740992`, `9007199254740994`, `"9007199254740993"`}},
		{`12345678901234567890123`, []string{`12345678901234567890123`}, []string{`12345678901234567890124`}},
		{`1e999999999`, []string{`10e999999998`}, []string{`1e999999998`, `-1e999999999`}},
	}
	for _, test := range tests {
		t.Run(test.matcher, func(t *testing.T) {
			t.Parallel()
			document := func(a string) string {
				if a == "" {
					return `{"z":0}`
				}
				return `{"z":0,"a":` + a + `}`
			}
			for _, a := range test.passes {
				_, failures := match(t, `{"a":`+test.matcher+`}`, document(a), nil)
				assert.Empty(t, failures, "%s should match %s", test.matcher, document(a))
			}
			for _, a := range test.fails {
				_, failures := match(t, `{"a":`+test.matcher+`}`, document(a), nil)
				if assert.NotEmpty(t, failures, "%s should not match %s", test.matcher, document(a)) {
					assert.True(t, strings.HasPrefix(failures[0].Pointer, "/a"), failures[0].Pointer)
				}
			}
		})
	}
}

func TestMatcher_EmptyDocumentIsNotThere(t *testing.T) {
	t.Parallel()
	for _, matcher := range []string{`"$missing"`, `"$absent"`, `{"$optional": "$string"}`} {
		_, failures := match(t, matcher, " \n", nil)
		assert.Empty(t, failures, matcher)
	}
	for _, matcher := range []string{`"$any"`, `{}`, `null`, `[]`} {
		_, failures := match(t, matcher, "", nil)
		assert.NotEmpty(t, failures, matcher)
	}
}

func TestMatcher_PairingDefeatsGreed(t *testing.T) {
	t.Parallel()
	// The first matcher fits both elements and must leave the first one to the
	// second matcher.
	for _, matcher := range []string{
		`[{"type": "$any", "value": "$capture:a"}, {"type": "work", "value": "$capture:b"}]`,
		`{"$exact": [{"type": "$any", "value": "$capture:a"}, {"type": "work", "value": "$capture:b"}]}`,
	} {
		captures, failures := match(t, matcher, `[{"type":"work","value":"1"},{"type":"home","value":"2"}]`, nil)
		require.Empty(t, failures)
		assert.Equal(t, map[string]string{"a": "2", "b": "1"}, captures)
	}
}

func TestMatcher_PairingNeedsALongChain(t *testing.T) {
	t.Parallel()
	// Matcher i fits elements i and i+1, the last one only element 0: each of the
	// others has to move on by one.
	const n = 40
	var matchers, elements []string
	for i := range n {
		fits := fmt.Sprintf(`{"m%d": true, "id": "$capture:c%d"}`, i, i)
		element := []string{fmt.Sprintf(`"id": "e%d"`, i), fmt.Sprintf(`"m%d": true`, i)}
		if i > 0 {
			element = append(element, fmt.Sprintf(`"m%d": true`, i-1))
		}
		matchers = append(matchers, fits)
		elements = append(elements, "{"+strings.Join(element, ",")+"}")
	}
	matchers[n-1] = `{"id": {"$all": ["e0", "$capture:last"]}}`
	document := "[" + strings.Join(elements, ",") + "]"

	captures, failures := match(t, `{"$exact": [`+strings.Join(matchers, ",")+"]}", document, nil)

	require.Empty(t, failures)
	assert.Equal(t, "e0", captures["last"])
	for i := range n - 1 {
		assert.Equal(t, fmt.Sprintf("e%d", i+1), captures[fmt.Sprintf("c%d", i)])
	}
}

func TestMatcher_PairingTakesTheFirstThatFits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, matcher, document string
		want                    map[string]string
	}{
		{"order of the array", `["$capture:a", "$capture:b"]`, `["1","2","3"]`, map[string]string{"a": "1", "b": "2"}},
		{"first matcher first", `["$capture:a", {"$all": ["$ci:X", "$capture:b"]}]`, `["x","y","X"]`, map[string]string{"a": "x", "b": "X"}},
		{"moved no further than needed", `["$capture:a", "$capture:b", {"$all": ["1", "$capture:c"]}]`, `["1","2","3"]`, map[string]string{"a": "2", "b": "3", "c": "1"}},
		{"nested arrays", `[{"m": ["$capture:a", "2"]}, {"m": ["2"], "n": 1}]`, `[{"m":["2","3"],"n":1},{"m":["4","2"]}]`, map[string]string{"a": "4"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			captures, failures := match(t, test.matcher, test.document, nil)
			require.Empty(t, failures)
			assert.Equal(t, test.want, captures)
		})
	}
}

func TestMatcher_Captures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, matcher, document string
		want                    map[string]string
	}{
		{"object", `{"id": "$capture:id", "meta": {"location": "$capture:loc"}}`, `{"id":"1","meta":{"location":"/2"}}`, map[string]string{"id": "1", "loc": "/2"}},
		{"all", `{"$all": ["$capture:a", "$capture:b"]}`, `"x"`, map[string]string{"a": "x", "b": "x"}},
		{"optional there", `{"a": {"$optional": "$capture:a"}}`, `{"a":"x"}`, map[string]string{"a": "x"}},
		{"optional not there", `{"a": {"$optional": "$capture:a"}}`, `{}`, map[string]string{}},
		{"count takes none", `{"$count": ["$capture:a", 1]}`, `["x"]`, map[string]string{}},
		{"none takes none", `{"$none": {"a": "$capture:a", "b": 1}}`, `[{"a":"x"}]`, map[string]string{}},
		{"the later one counts", `{"b": "$capture:x", "a": "$capture:x"}`, `{"a":"1","b":"2"}`, map[string]string{"x": "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			captures, failures := match(t, test.matcher, test.document, nil)
			require.Empty(t, failures)
			assert.Equal(t, test.want, captures)
		})
	}
}

func TestMatcher_Variables(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"id": "u-1", "odd": "$any", "brace": "{{id}}", "key": "userName", "empty": ""}
	passes := [][2]string{
		{`"{{id}}"`, `"u-1"`},
		{`"x{{id}}y{{id}}"`, `"xu-1yu-1"`},
		{`"{{empty}}"`, `""`},
		{`"$contains:{{id}}"`, `"a/u-1/b"`},
		{`"$ci:{{id}}"`, `"U-1"`},
		{`"$prefix:{{id}}"`, `"u-1x"`},
		{`{"{{key}}": 1}`, `{"userName":1}`},
		{`{"$none": "{{id}}"}`, `["u-2"]`},
		{`"{{odd}}"`, `"$any"`},       // a value is never an operator
		{`"{{brace}}"`, `"{{id}}"`},   // nor filled in again
		{`"{{i d}}"`, `"{{i d}}"`},    // not a name
		{`"{{}} {{"`, `"{{}} {{"`},    //
		{`"{{{id}}}"`, `"{u-1}"`},     //
		{`"{{id}}}}"`, `"u-1}}"`},     //
		{`"{{{{id}}"`, `"{{u-1"`},     //
		{`"{{id} }"`, `"{{id} }"`},    //
		{`"{{id }}"`, `"{{id }}"`},    //
		{`"\u007b{id}}"`, `"u-1"`},    // escapes are read first
		{`{"a": "$missing"}`, `{}`},   //
		{`"{{odd}}x"`, `"$anyx"`},     //
		{`"id: {{id}}"`, `"id: u-1"`}, //
	}
	for _, pair := range passes {
		_, failures := match(t, pair[0], pair[1], vars)
		assert.Empty(t, failures, "%s should match %s", pair[0], pair[1])
	}
	_, failures := match(t, `"{{odd}}"`, `"x"`, vars)
	assert.NotEmpty(t, failures)

	for _, matcher := range []string{
		`"{{nope}}"`, `"$ci:{{nope}}"`, `{"{{nope}}": 1}`, `{"a": [{"$none": "{{nope}}"}]}`,
		`{"$optional": "{{nope}}"}`, `{"userName": 1, "{{key}}": 2}`,
	} {
		m, err := scimtest.ParseMatcher([]byte(matcher))
		require.NoError(t, err)
		_, _, err = m.Match([]byte(`{}`), vars)
		var file *scimtest.FileError
		assert.ErrorAs(t, err, &file, matcher)
	}
}

func TestParseMatcher_Mistakes(t *testing.T) {
	t.Parallel()
	tests := []struct{ matcher, pointer string }{
		{`"$unknown"`, ""},
		{`"$"`, ""},
		{`"$any:x"`, ""},
		{`"$ci"`, ""},
		{`"$capture"`, ""},
		{`{"a": "$capture:"}`, "/a"},
		{`{"a": ["x", "$capture:a-b"]}`, "/a/1"},
		{`"$capture:token"`, ""},
		{`"$capture:baseURL"`, ""},
		{`"$capture:{{x}}"`, ""},
		{`{"$ref": "x"}`, "/$ref"},
		{`{"$exact": {}}`, "/$exact"},
		{`{"$exact": ["$nope"]}`, "/$exact/0"},
		{`{"$all": "$any"}`, "/$all"},
		{`{"$len": "2"}`, "/$len"},
		{`{"$len": -1}`, "/$len"},
		{`{"$len": 1.5}`, "/$len"},
		{`{"$count": "$any"}`, "/$count"},
		{`{"$count": ["$any"]}`, "/$count"},
		{`{"$count": ["$any", "1"]}`, "/$count"},
		{`{"$count": ["$any", 1, 2]}`, "/$count"},
		{`{"$count": ["$nope", 1]}`, "/$count/0"},
		{`{"$none": "$nope"}`, "/$none"},
		{`{"$optional": {"b/c": "$nope"}}`, "/$optional/b~1c"},
		{`{"a": 1, "a": 2}`, "/a"},
		{`{"a": 1} 2`, ""},
		{`{`, ""},
		{``, ""},
		{"\"\xff\"", ""},
	}
	for _, test := range tests {
		_, err := scimtest.ParseMatcher([]byte(test.matcher))
		var file *scimtest.FileError
		if assert.ErrorAs(t, err, &file, test.matcher) {
			assert.Equal(t, test.pointer, file.Pointer, test.matcher)
		}
	}
}

func TestMatcher_DocumentThatIsNotJSON(t *testing.T) {
	t.Parallel()
	m, err := scimtest.ParseMatcher([]byte(`"$any"`))
	require.NoError(t, err)
	for _, document := range []string{`{`, `<html>`, `{} {}`, `1,`} {
		_, _, err := m.Match([]byte(document), nil)
		assert.Error(t, err, document)
	}
}

func TestMatcher_FailuresReadWell(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, matcher, document string
		want                    []string
	}{
		{
			"several members", `{"id": "$any", "active": true, "n": {"v": 1}}`, `{"id":"","active":"true","n":{"v":2}}`,
			[]string{
				`document /id: expected "$any", got ""`,
				`document /active: expected true, got "true"`,
				`document /n/v: expected 1, got 2`,
			},
		},
		{
			"other spelling", `{"userName": "a"}`, `{"username":"a"}`,
			[]string{`document /userName: expected "a", got nothing (there is a member "username", but names are compared exactly)`},
		},
		{
			"escaped pointer", `{"a/b~c": 1}`, `{"a/b~c":2}`,
			[]string{`document /a~1b~0c: expected 1, got 2`},
		},
		{
			"nearest element", `{"emails": [{"type": "work", "value": "a"}]}`, `{"emails":[{"type":"home"},{"type":"work","value":"b"}]}`,
			[]string{`document /emails: expected an element {"type":"work","value":"a"}, got none among 2 elements (nearest: document /emails/1/value: expected "a", got "b")`},
		},
		{
			"no free element", `["$string", "x", "$any"]`, `["x", "y"]`,
			[]string{`document: expected an element "$any", got none that is free (other matchers need the elements that match: /0, /1)`},
		},
		{
			"empty array", `[1]`, `[]`,
			[]string{`document: expected an element 1, got an empty array`},
		},
		{
			"exact with too many", `{"$exact": [1]}`, `[2, 1]`,
			[]string{`document: expected exactly 1 element, got 2 elements (not asked for: /0 2)`},
		},
		{
			"none", `{"$none": {"id": "{{id}}"}}`, `[{"id":"x"},{"id":"u-1"}]`,
			[]string{`document: expected {"$none":{"id":"u-1"}}, got 1 matching element of 2 (matching: /1)`},
		},
		{
			"count", `{"$count": ["$string", 2]}`, `["a"]`,
			[]string{`document: expected {"$count":["$string",2]}, got 1 matching element of 1 (matching: /0)`},
		},
		{"len", `{"$len": 2}`, `[1]`, []string{`document: expected {"$len":2}, got 1 element`}},
		{"no HTML escapes", `"a"`, `"<&>"`, []string{`document: expected "a", got "<&>"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, failures := match(t, test.matcher, test.document, map[string]string{"id": "u-1"})
			var got []string
			for _, f := range failures {
				got = append(got, f.String())
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestFailure_ShortensLongValues(t *testing.T) {
	t.Parallel()
	_, failures := match(t, `"x"`, `"`+strings.Repeat("ä", 5000)+`"`, nil)
	require.Len(t, failures, 1)
	assert.Less(t, len(failures[0].String()), 500)
	assert.Contains(t, failures[0].String(), "… (10002 bytes)")
	assert.True(t, strings.HasPrefix(failures[0].Actual, `"ä`))
}

func TestMatcher_StringGivesTheMatcherBack(t *testing.T) {
	t.Parallel()
	const text = `{"b":["$any","$capture:x","$ci:y",null,1.50,true],"a":{"$all":[{"$len":1},{"$none":"$string"},{"$count":[{"c":"{{v}}"},2]},{"$optional":"$absent"},{"$exact":[]}]}}`
	m, err := scimtest.ParseMatcher([]byte(text))
	require.NoError(t, err)
	assert.Equal(t, text, m.String())
}
