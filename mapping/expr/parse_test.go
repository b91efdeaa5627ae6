package expr

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse_PrintsBack(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{`a|lower`, `lower(a)`},
		{`a | word(2) | upper()`, `upper(word(a, 2))`},
		{`a?b :c`, `a ? b : c`},
		{`a ? b: c`, `a ? b : c`},
		{`a ? "b":"c"`, `a ? "b" : "c"`},
		{`a ? fs:b : fs:c`, `a ? fs:b : fs:c`},
		{`a ? b : c ? d : e`, `a ? b : c ? d : e`},
		{`(a ? b : c) ? d : e`, `(a ? b : c) ? d : e`},
		{`a && (b && c)`, `a && (b && c)`},
		{`(a && b) || c`, `a && b || c`},
		{`a && (b || c)`, `a && (b || c)`},
		{`! ( a == b )`, `!a == b`},
		{`(!a) == b`, `(!a) == b`},
		{`!!a`, `!!a`},
		{`a+(b+c)`, `a + (b + c)`},
		{`((a))+1`, `a + 1`},
		{`(a + b) == (c)`, `a + b == c`},
		{`(a == b) == c`, `(a == b) == c`},
		{`f (a , b|g)`, `f(a, g(b))`},
		{`emails [type eq "work"]`, ``},
		{`emails[type  EQ "work"  and not(value co "]")].value`, `emails[type eq "work" and not (value co "]")].value`},
		{`urn:ietf:params:scim:schemas:core:2.0:User:name.givenName+"x"`, `urn:ietf:params:scim:schemas:core:2.0:User:name.givenName + "x"`},
		{`$target.a."b.c".d-e`, `$target.a."b.c".d-e`},
		{`$target."a"`, `$target.a`},
		{`"\u00e4\"\\\/\u0001\t"`, `"ä\"\\/\u0001\t"`},
		{`-1.50e+3`, `-1.50e+3`},
		{`null == true`, `null == true`},
		{`true(1)`, `true(1)`},
		{"a\n\t&& b", `a && b`},
	}
	for _, tc := range cases {
		e, err := Parse(tc.text)
		if tc.want == "" {
			require.Error(t, err, tc.text)
			continue
		}
		require.NoError(t, err, tc.text)
		assert.Equal(t, tc.want, e.String())
		again, err := Parse(e.String())
		require.NoError(t, err, tc.want)
		assert.True(t, same(e.root, again.root), "%s and %s", tc.text, tc.want)
	}
}

// same reports whether two trees are equal but for their positions.
func same(a, b *node) bool {
	if a.op != b.op || a.name != b.name || !a.value.Equal(b.value) || literal(a.value) != literal(b.value) ||
		a.path.String() != b.path.String() || len(a.args) != len(b.args) {
		return false
	}
	for i := range a.args {
		if !same(a.args[i], b.args[i]) {
			return false
		}
	}
	return true
}

func TestParse_Errors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text       string
		code       Code
		offset     int
		suggestion string
	}{
		{``, CodeSyntax, 0, ``},
		{`a +`, CodeSyntax, 3, ``},
		{`a b`, CodeSyntax, 2, ``},
		{`a and b`, CodeSyntax, 2, `&&`},
		{`a or b`, CodeSyntax, 2, `||`},
		{`a eq "b"`, CodeSyntax, 2, `==`},
		{`a = "b"`, CodeSyntax, 2, `==`},
		{`a <> "b"`, CodeSyntax, 2, `!=`},
		{`a & b`, CodeSyntax, 2, `&&`},
		{`a == b == c`, CodeSyntax, 7, ``},
		{`'a'`, CodeSyntax, 0, `"`},
		{`a == “b”`, CodeSyntax, 5, `"`},
		{`emails[type eq “work”].value`, CodeSyntax, 15, `"`},
		{`"abc`, CodeSyntax, 0, ``},
		{`x + "a\qb"`, CodeSyntax, 4, ``},
		{"\"a\nb\"", CodeSyntax, 0, ``},
		{`(a`, CodeSyntax, 2, ``},
		{`f(a`, CodeSyntax, 3, ``},
		{`f(a;b)`, CodeSyntax, 3, ``},
		{`a | `, CodeSyntax, 4, ``},
		{`a | f && b`, CodeSyntax, 6, ``},
		{`a ? b`, CodeSyntax, 5, ``},
		{`a ? b:c`, CodeSyntax, 7, `b :c`},
		{`a.`, CodeSyntax, 0, ``},
		{`a[type eq]`, CodeSyntax, 9, ``},
		{`a[type eq "x"`, CodeSyntax, 1, ``},
		{`$opp`, CodeSyntax, 0, `$op`},
		{`$target`, CodeSyntax, 0, ``},
		{`$target.`, CodeSyntax, 8, ``},
		{`01`, CodeSyntax, 0, ``},
		{`1.2.3`, CodeSyntax, 0, ``},
		{`-x`, CodeSyntax, 0, ``},
		{"a\xff", CodeSyntax, 0, ``},
		{`1e9999`, CodeSyntax, 0, ``},
		{strings.Repeat("a", MaxLength+1), CodeCost, 0, ``},
		{strings.Repeat("(", 65) + "a" + strings.Repeat(")", 65), CodeCost, 65, ``},
		{strings.Repeat("!", 65) + "a", CodeCost, 65, ``},
		{"a" + strings.Repeat("|f", 32), CodeCost, 0, ``},
		{"a" + strings.Repeat("+a", 200), CodeCost, 0, ``},
		{"a[" + strings.Repeat("(", 33) + "b pr" + strings.Repeat(")", 33) + "]", CodeCost, 34, ``},
	}
	for _, tc := range cases {
		_, err := Parse(tc.text)
		e := AsError(err)
		if !assert.NotNil(t, e, tc.text) {
			continue
		}
		assert.Equal(t, tc.code, e.Code, tc.text)
		assert.Equal(t, tc.offset, e.Offset, "%s: %s", tc.text, e.Msg)
		assert.Equal(t, tc.suggestion, e.Suggestion, "%s: %s", tc.text, e.Msg)
		assert.LessOrEqual(t, e.Offset+e.Length, len(tc.text))
	}
	for _, text := range []string{"a" + strings.Repeat("|f", 31), "a" + strings.Repeat("+a", 198)} {
		_, err := Parse(text)
		assert.NoError(t, err, "just within the bounds")
	}
}

func TestExpr_Paths(t *testing.T) {
	t.Parallel()
	e := MustParse(`(fs:isAgent | toBool) && emails[type eq "work"].value == ` + entURN + `:department`)
	var got []string
	for _, p := range e.Paths() {
		got = append(got, p.Prefix+"|"+p.Path.String())
	}
	assert.Equal(t, []string{"fs|isAgent", `|emails[type eq "work"].value`, "|" + entURN + ":department"}, got)
	assert.Panics(t, func() { MustParse("(") })
}
