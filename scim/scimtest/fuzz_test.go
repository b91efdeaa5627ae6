package scimtest_test

import (
	"testing"

	"github.com/usher-scim/usher/scim/scimtest"
)

// FuzzMatcher looks for panics, for answers that differ between two runs, and
// for matchers that change when they are written and read again.
func FuzzMatcher(f *testing.F) {
	seeds := [][2]string{
		{`"$any"`, `"x"`},
		{`{"a": "$capture:id", "b": {"$optional": 1e5}}`, `{"a":"x","b":100000}`},
		{`{"$exact": [{"t": "$any"}, {"t": "w", "v": "{{v}}"}]}`, `[{"t":"w","v":"1"},{"t":"h"}]`},
		{`{"$count": ["$string", 2]}`, `["a","b",1]`},
		{`{"$all": [{"$len": 1}, {"$none": "$number"}, ["$datetime"]]}`, `["2026-01-02T03:04:05Z"]`},
		{`["$ci:a", "$prefix:b", "$contains:c"]`, `["A","Bb","abc"]`},
		{`{"{{v}}": "$missing", "x": "$absent"}`, ``},
		{`12345678901234567890.5e-3`, `1.23456789012345678905e16`},
	}
	for _, s := range seeds {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, matcher, document string) {
		if len(matcher) > 2000 || len(document) > 2000 {
			t.Skip("pairing takes long on long input")
		}
		m, err := scimtest.ParseMatcher([]byte(matcher))
		if err != nil {
			return
		}
		again, err := scimtest.ParseMatcher([]byte(m.String()))
		if err != nil || again.String() != m.String() {
			t.Fatalf("%s is read again as %v, %v", m, again, err)
		}
		vars := map[string]string{"v": "1", "id": "$any"}
		captures, failures, err := m.Match([]byte(document), vars)
		captures2, failures2, err2 := again.Match([]byte(document), vars)
		if (err == nil) != (err2 == nil) || len(failures) != len(failures2) || len(captures) != len(captures2) {
			t.Fatalf("two runs of %s differ", m)
		}
		for _, failure := range failures {
			if failure.String() == "" {
				t.Fatal("empty failure")
			}
		}
	})
}

// FuzzParse looks for panics in reading and running conversation files.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte(`{"name":"n","source":"s","level":"rfc","requires":["patch"],"about":"a","steps":[{"note":"x","request":{"method":"POST","path":"/Users?x={{token}}","headers":{"A":"{{baseURL}}"},"body":{"{{token}}":null}},"expect":{"status":[201],"headers":{"Location":"$capture:l"},"body":{"id":"$capture:id"}}},{"request":{"method":"PUT","path":"/{{id}}","bodyText":"{"},"expect":{"status":[400]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4000 {
			t.Skip("long")
		}
		c, err := scimtest.Parse("x.json", data)
		if err != nil {
			return
		}
		if result := scimtest.Run(t.Context(), scimtest.Handler(echo(), "http://x/scim", "t"), c, nil); result == nil {
			t.Fatal("no result")
		}
	})
}
