package archtest

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPackages checks that each package says what it is for, and that each that
// others can import has a doc.go with the sections that its users look for, and an
// example that runs.
func TestPackages(t *testing.T) {
	t.Parallel()
	for _, l := range packages(t) {
		name, ours := l.name()
		if !ours {
			continue
		}
		code, tests, err := parsePackage(l.Dir)
		if assert.NoError(t, err) {
			for _, breach := range packageBreaches(name, l.Name, code, tests) {
				t.Error(breach)
			}
		}
	}
}

// parsePackage parses the files of a directory, by base name.
func parsePackage(dir string) (code, tests map[string]*ast.File, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	code, tests = map[string]*ast.File{}, map[string]*ast.File{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		if err != nil {
			return nil, nil, err
		}
		if strings.HasSuffix(e.Name(), "_test.go") {
			tests[e.Name()] = f
		} else {
			code[e.Name()] = f
		}
	}
	return code, tests, nil
}

// packageBreaches returns what a package's documentation lacks.
func packageBreaches(dir, name string, code, tests map[string]*ast.File) []string {
	var out []string
	breach := func(format string, args ...any) { out = append(out, dir+": "+fmt.Sprintf(format, args...)) }
	var text string
	exports := false
	for _, file := range slices.Sorted(maps.Keys(code)) {
		f := code[file]
		if f.Doc != nil {
			if text != "" {
				breach("two package comments")
			}
			text = f.Doc.Text()
		}
		exports = exports || slices.ContainsFunc(f.Decls, isExported)
	}
	switch begin := "Package " + name + " "; {
	case name == "main":
		if !strings.HasPrefix(text, "Command ") {
			breach(`the package comment of a command begins with "Command "`)
		}
		return out
	case !strings.HasPrefix(text, begin):
		breach("the package comment begins with %q", begin)
		return out
	case !exports || strings.Contains("/"+dir+"/", "/internal/"):
		return out
	case code["doc.go"] == nil || code["doc.go"].Doc == nil:
		breach("the package comment is not in doc.go")
	}
	for _, section := range []string{"# Errors", "# Concurrency"} {
		if !strings.Contains("\n"+text, "\n"+section+"\n") {
			breach("the package comment has no section %q", section)
		}
	}
	if !hasExample(tests) {
		breach("no example with checked output")
	}
	return out
}

// isExported reports whether a declaration has an exported name.
func isExported(d ast.Decl) bool {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Name.IsExported()
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					return true
				}
			case *ast.ValueSpec:
				if slices.ContainsFunc(s.Names, (*ast.Ident).IsExported) {
					return true
				}
			}
		}
	}
	return false
}

// hasExample reports whether there is an example that go test runs.
func hasExample(tests map[string]*ast.File) bool {
	for _, f := range tests {
		for _, e := range doc.Examples(f) {
			if e.Output != "" {
				return true
			}
		}
	}
	return false
}

func TestPackageBreaches(t *testing.T) {
	t.Parallel()
	const (
		sound   = "// Package a does a thing.\n//\n// # Errors\n//\n// None.\n//\n// # Concurrency\n//\n// Safe.\npackage a\n"
		export  = "package a\n\n// F does.\nfunc F() {}\n"
		example = "package a_test\n\nimport \"fmt\"\n\nfunc Example() {\n\tfmt.Println(1)\n\t// Output: 1\n}\n"
	)
	for _, tc := range []struct {
		name, dir, doc, code, test string
		want                       []string
	}{
		{"sound", "a", sound, export, example, nil},
		{"exports nothing", "a", "// Package a tests.\npackage a\n", "package a\n", "package a\n", nil},
		{"no comment", "a", "package a\n", "package a\n", "package a\n", []string{`a: the package comment begins with "Package a "`}},
		{"in another file", "a", "package a\n", sound + "\n// F does.\nfunc F() {}\n", example, []string{"a: the package comment is not in doc.go"}},
		{"two comments", "a", sound, "// Package a, again.\npackage a\n", "package a\n", []string{"a: two package comments"}},
		{"internal", "internal/a", "package a\n", "// Package a helps.\npackage a\n\n// F does.\nfunc F() {}\n", "package a\n", nil},
		{"no sections", "a", "// Package a does.\npackage a\n", export, example,
			[]string{`a: the package comment has no section "# Errors"`, `a: the package comment has no section "# Concurrency"`}},
		{"no example", "a", sound, export, "package a\n", []string{"a: no example with checked output"}},
		{"an example that does not run", "a", sound, export, "package a_test\n\nfunc Example() {}\n", []string{"a: no example with checked output"}},
		{"a command", "examples/a", "// Command a does.\npackage main\n", "package main\n", "package main\n", nil},
		{"a silent command", "examples/a", "package main\n", "package main\n", "package main\n",
			[]string{`examples/a: the package comment of a command begins with "Command "`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, content := range map[string]string{"doc.go": tc.doc, "a.go": tc.code, "a_test.go": tc.test} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
			}
			code, tests, err := parsePackage(dir)
			require.NoError(t, err)
			assert.Equal(t, tc.want, packageBreaches(tc.dir, code["doc.go"].Name.Name, code, tests))
		})
	}
}
