package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ambient are the functions that bring the time of day, a wait or randomness into
// a program, by import path; nil means all of the package's.
var ambient = map[string][]string{
	"time":         {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"},
	"crypto/rand":  nil,
	"math/rand":    nil,
	"math/rand/v2": nil,
}

// systemDefaults are the functions that may call them: each is the default of an
// option. Elsewhere such a function may only be given to an option that is not
// set. Examples are programs and may do what they like.
var systemDefaults = []string{
	"internal/httpx/clock.go: Now",            // Options.Clock
	"internal/httpx/clock.go: AfterFunc",      // Options.Clock
	"internal/httpx/clock.go: defaultJitter",  // Options.Jitter
	"internal/testx/clock.go: AfterFunc",      // a wait of no length at all
	"internal/simulator/faults.go: sleepReal", // Options.Sleep
	"scim/options.go: newCursorKey",           // Options.CursorKey
}

func TestSources(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	files(t, func(name string, content []byte) {
		if !isCode(name) {
			return
		}
		breaches, err := sourceBreaches(name, content, used)
		if assert.NoError(t, err) {
			for _, breach := range breaches {
				t.Error(breach)
			}
		}
	})
	for _, entry := range systemDefaults {
		assert.Truef(t, used[entry], "systemDefaults has %q, which calls nothing of the kind", entry)
	}
}

// isCode reports whether a file is Go code other than a test or its data.
func isCode(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.Contains("/"+name, "/testdata/")
}

// sourceBreaches returns the functions named init of a file and where it asks for
// the time or for randomness that was not injected. It notes the entries of
// systemDefaults that it needed.
func sourceBreaches(name string, content []byte, used map[string]bool) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, content, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	imports := ambientImports(file)
	var out []string
	at := func(n ast.Node, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s: %s", fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
	}
	for _, decl := range file.Decls {
		f, isFunc := decl.(*ast.FuncDecl)
		if isFunc && f.Recv == nil && f.Name.Name == "init" {
			at(f, "a function init: what it does, a constructor can do in the open")
		}
		if strings.HasPrefix(name, "examples/") {
			continue
		}
		defaults := map[ast.Node]bool{}
		ast.Inspect(decl, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.IfStmt: // if o.Clock == nil { o.Clock = time.Now }
				if asksForUnset(n.Cond) {
					markDefaults(n.Body, defaults)
				}
			case *ast.SelectorExpr:
				what := ambientName(n, imports)
				if what == "" || defaults[n] {
					return true
				}
				if isFunc {
					entry := name + ": " + f.Name.Name
					if slices.Contains(systemDefaults, entry) {
						used[entry] = true
						return true
					}
				}
				at(n, "%s outside of the default of an option", what)
			}
			return true
		})
	}
	return out, nil
}

// ambientImports returns the import paths of ambient by the names under which a
// file knows them.
func ambientImports(file *ast.File) map[string]string {
	out := map[string]string{}
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if _, watched := ambient[p]; err != nil || !watched {
			continue
		}
		local := path.Base(strings.TrimSuffix(p, "/v2"))
		if spec.Name != nil {
			local = spec.Name.Name
		}
		out[local] = p
	}
	return out
}

// ambientName returns the name of the watched function that a selector means, ""
// for none.
func ambientName(sel *ast.SelectorExpr, imports map[string]string) string {
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	p, ok := imports[x.Name]
	if !ok || ambient[p] != nil && !slices.Contains(ambient[p], sel.Sel.Name) || !ast.IsExported(sel.Sel.Name) {
		return ""
	}
	return p + "." + sel.Sel.Name
}

// asksForUnset reports whether a condition compares something with nil.
func asksForUnset(cond ast.Expr) bool {
	b, ok := cond.(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL {
		return false
	}
	y, ok := b.Y.(*ast.Ident)
	return ok && y.Name == "nil"
}

// markDefaults notes the bare functions and readers that a block assigns.
func markDefaults(block *ast.BlockStmt, defaults map[ast.Node]bool) {
	for _, stmt := range block.List {
		if a, ok := stmt.(*ast.AssignStmt); ok {
			for _, value := range a.Rhs {
				defaults[value] = true
			}
		}
	}
}

func TestSourceBreaches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, file, body, want string }{
		{"init", "a/a.go", `func init() {}`, "a function init"},
		{"the time", "a/a.go", `func f() time.Time { return time.Now() }`, "time.Now outside"},
		{"the time, by way of a variable", "a/a.go", `var now = time.Now`, "time.Now outside"},
		{"a wait", "a/a.go", `func f() { time.Sleep(1) }`, "time.Sleep outside"},
		{"randomness", "a/a.go", `func f() int { return dice.IntN(6) }`, "math/rand/v2.IntN outside"},
		{"a call for a default", "a/a.go", `func f(t *time.Time) { if t == nil { x := time.Now(); _ = x } }`, "time.Now outside"},
		{"secrets", "a/a.go", `func f(b []byte) { rand.Read(b) }`, "crypto/rand.Read outside"},
		{"the default of an option", "a/a.go", `func f(o *O) { if o.Clock == nil { o.Clock = time.Now } }`, ""},
		{"a type and a constant", "a/a.go", `const d = time.Second; func f(time.Duration) {}`, ""},
		{"a method", "a/a.go", `func (o *O) init() { o.time.Now() }`, ""},
		{"an example", "examples/a/a.go", `func f() time.Time { return time.Now() }`, ""},
		{"the system's clock", "internal/httpx/clock.go", `func (c) Now() time.Time { return time.Now() }`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			used := map[string]bool{}
			src := "package a\nimport (\"crypto/rand\"; \"time\"; dice \"math/rand/v2\")\n" + tc.body + "\n"
			breaches, err := sourceBreaches(tc.file, []byte(src), used)
			require.NoError(t, err)
			if tc.want == "" {
				assert.Empty(t, breaches)
				return
			}
			require.Len(t, breaches, 1)
			assert.Contains(t, breaches[0], tc.file+":3:")
			assert.Contains(t, breaches[0], tc.want)
		})
	}
	_, err := sourceBreaches("a/a.go", []byte("package"), nil)
	assert.Error(t, err)
}
