package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const guideFile = "../../docs/connector-authors.md"

// piece is a fenced block of the guide that says in which file it belongs, or a
// command that runs tests.
type piece struct {
	file, text string
	run        string // the argument of -run
	fails      bool
}

var testCommand = regexp.MustCompile(`^go test \./examples/(?:mydirectory|customconnector) -run '?([^' ]+)'?( +# fails.*)?$`)

// readGuide returns the pieces of each section of the guide, in order.
func readGuide(t *testing.T) [][]piece {
	t.Helper()
	data, err := os.ReadFile(guideFile)
	require.NoError(t, err)
	var out [][]piece
	for _, section := range strings.Split(string(data), "\n## ")[1:] {
		var pieces []piece
		blocks := strings.Split("\n"+section, "\n```")
		for i := 1; i < len(blocks); i += 2 {
			info, text, _ := strings.Cut(blocks[i], "\n")
			language, file, marked := strings.Cut(info, " ")
			switch {
			case marked:
				pieces = append(pieces, piece{file: file, text: text + "\n"})
			case language == "sh":
				for line := range strings.Lines(text + "\n") {
					if m := testCommand.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
						pieces = append(pieces, piece{run: m[1], fails: m[2] != ""})
					} else {
						assert.NotContains(t, line, "go test", "the test does not know this command")
					}
				}
			}
		}
		out = append(out, pieces)
	}
	return out
}

// TestGuide_Blocks checks that the blocks of the guide are the files that are
// compiled, and that those of the driver are all of it.
func TestGuide_Blocks(t *testing.T) {
	t.Parallel()
	var rest string
	for _, p := range slices.Concat(readGuide(t)...) {
		if p.file == "" || p.file == "todo.go" {
			continue
		}
		file, err := os.ReadFile(filepath.FromSlash(p.file))
		require.NoError(t, err)
		assert.Contains(t, string(file), p.text, "not in %s", p.file)
		if p.file == "directory.go" {
			if rest == "" {
				rest = string(file)
			}
			assert.Equal(t, 1, strings.Count(rest, p.text), "twice in the guide:\n%s", p.text)
			rest = strings.Replace(rest, p.text, "", 1)
		}
	}
	assert.Empty(t, strings.TrimSpace(rest), "the guide leaves this out")
}

// TestGuide_Steps does what a reader does: takes the blocks in their order, keeps
// in todo.go what is not written yet, and runs the commands after each step.
func TestGuide_Steps(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("skipped: no go command to build the steps with")
	}
	roster, err := os.ReadFile("roster.go")
	require.NoError(t, err)
	var driver, todo, test string
	steps := 0
	for i, section := range readGuide(t) {
		commands := 0
		for _, p := range section {
			switch p.file {
			case "directory.go":
				driver += p.text + "\n"
			case "todo.go":
				todo = p.text
			case "directory_test.go":
				test = p.text
			}
			if p.run != "" {
				commands++
			}
		}
		if commands == 0 || driver == "" || !slices.ContainsFunc(section, func(p piece) bool { return strings.HasPrefix(p.run, "TestDirectory") }) {
			continue
		}
		steps++
		files := map[string]string{
			"roster.go": string(roster), "directory_test.go": test,
			"directory.go": prune(t, driver, nil), "todo.go": prune(t, todo, methods(t, driver)),
		}
		t.Run("section "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			binary := build(t, "guide"+strconv.Itoa(i), files)
			for _, p := range section {
				if p.run == "" {
					continue
				}
				cmd := exec.CommandContext(t.Context(), binary, "-test.v", "-test.run", p.run)
				cmd.Dir = t.TempDir()
				said, err := cmd.CombinedOutput()
				assert.Contains(t, string(said), "=== RUN", "-run %s runs nothing", p.run)
				if p.fails {
					assert.Error(t, err, "-run %s passes", p.run)
				} else {
					assert.NoError(t, err, "-run %s: %s", p.run, said)
				}
			}
		})
	}
	assert.Equal(t, 5, steps, "steps that run the kit")
}

// methods returns the names of the functions and methods of a file.
func methods(t *testing.T, source string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	require.NoError(t, err)
	out := map[string]bool{}
	for _, d := range file.Decls {
		if f, isFunc := d.(*ast.FuncDecl); isFunc {
			out[f.Name.Name] = true
		}
	}
	return out
}

// prune takes functions out of a file, and then the imports that are not used.
func prune(t *testing.T, source string, written map[string]bool) string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	require.NoError(t, err, source)
	file.Decls = slices.DeleteFunc(file.Decls, func(d ast.Decl) bool {
		f, isFunc := d.(*ast.FuncDecl)
		return isFunc && written[f.Name.Name]
	})
	used := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	file.Decls = slices.DeleteFunc(file.Decls, func(d ast.Decl) bool {
		g, isGen := d.(*ast.GenDecl)
		if !isGen || g.Tok != token.IMPORT {
			return false
		}
		g.Specs = slices.DeleteFunc(g.Specs, func(s ast.Spec) bool {
			p, err := strconv.Unquote(s.(*ast.ImportSpec).Path.Value)
			return err == nil && !used[path.Base(p)]
		})
		return len(g.Specs) == 0
	})
	var b bytes.Buffer
	require.NoError(t, format.Node(&b, fset, file))
	return b.String()
}

// build builds the tests of a package that is in no folder, beside this one.
func build(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	here, err := os.Getwd()
	require.NoError(t, err)
	replace := map[string]string{}
	for file, text := range files {
		replace[filepath.Join(here, name, file)] = filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600))
	binary := filepath.Join(dir, "step.exe")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./"+name)
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return binary
}
