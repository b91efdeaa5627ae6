package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// testIndex has the tests of the checkout by the directory of their package and
// their name ("scim.TestPaths"), each with the texts that its function, or a table
// of its file, has: one of them is the name of each subtest.
type testIndex map[string]map[string]bool

// testsOf returns the index of all tests.
func testsOf(t *testing.T) testIndex {
	t.Helper()
	index := testIndex{}
	files(t, func(name string, content []byte) {
		if strings.HasSuffix(name, "_test.go") {
			require.NoError(t, index.add(name, content))
		}
	})
	return index
}

func (x testIndex) add(name string, content []byte) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, content, 0)
	if err != nil {
		return err
	}
	common := map[string]bool{}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			collectTexts(g, common)
		}
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !isTestName(f.Name.Name) {
			continue
		}
		texts := map[string]bool{}
		collectTexts(f, texts)
		for s := range common {
			texts[s] = true
		}
		x[path.Dir(name)+"."+f.Name.Name] = texts
	}
	return nil
}

func isTestName(name string) bool {
	for _, p := range []string{"Test", "Fuzz", "Example"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

func collectTexts(n ast.Node, into map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				into[s] = true
			}
		}
		return true
	})
}

// missing returns why there is no such test, "" where there is: a test is named
// by its package's directory and its function, and may have a subtest.
func (x testIndex) missing(name string) string {
	dir, rest, ok := splitTest(name)
	if !ok {
		return "is no test's name"
	}
	function, sub, _ := strings.Cut(rest, "/")
	texts, ok := x[dir+"."+function]
	switch {
	case !ok:
		return "there is no such test"
	case sub != "" && !texts[sub]:
		return "the test has no such subtest"
	default:
		return ""
	}
}

// splitTest splits "scim.TestPaths/sub" into "scim" and "TestPaths/sub".
func splitTest(name string) (dir, test string, ok bool) {
	for _, word := range []string{".Test", ".Fuzz", ".Example"} {
		if dir, _, ok := strings.Cut(name, word); ok && dir != "" {
			return dir, name[len(dir)+1:], true
		}
	}
	return "", "", false
}

func TestTestIndex(t *testing.T) {
	t.Parallel()
	x := testIndex{}
	require.NoError(t, x.add("scim/a_test.go", []byte("package scim\n"+
		"var table = map[string]int{\"in the table\": 1}\n"+
		"func TestOne(t *testing.T) { t.Run(\"sub\", nil) }\nfunc FuzzTwo(f *testing.F) {}\nfunc helper() { _ = \"other\" }\n")))
	for name, want := range map[string]string{
		"scim.TestOne": "", "scim.TestOne/sub": "", "scim.TestOne/in the table": "", "scim.FuzzTwo": "",
		"scim.TestOne/other": "the test has no such subtest", "scim.TestTwo": "there is no such test", "schema.TestOne": "there is no such test",
		"scim.helper": "is no test's name", "TestOne": "is no test's name",
	} {
		assert.Equal(t, want, x.missing(name), name)
	}
	assert.Error(t, x.add("scim/b_test.go", []byte("nonsense")))
}
