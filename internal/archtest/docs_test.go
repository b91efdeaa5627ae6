package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/scim"
)

// embedLines is how long the README's program may be, blank lines not counted.
const embedLines = 30

// read returns a file of the checkout.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(checkout(t), filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

// fenced returns the blocks of a Markdown document that are marked as being in a
// language.
func fenced(document, language string) []string {
	var out []string
	for rest := document; ; {
		_, after, ok := strings.Cut(rest, "\n```"+language+"\n")
		if !ok {
			return out
		}
		block, more, ok := strings.Cut(after, "\n```\n")
		if !ok {
			return out
		}
		out, rest = append(out, block+"\n"), "\n"+more
	}
}

func TestFenced(t *testing.T) {
	t.Parallel()
	const doc = "# a\n\n```go\none\ntwo\n```\n\n```sh\nthree\n```\n```go\nfour\n```\n"
	assert.Equal(t, []string{"one\ntwo\n", "four\n"}, fenced(doc, "go"))
	assert.Equal(t, []string{"three\n"}, fenced(doc, "sh"))
	assert.Empty(t, fenced("```go\nopen\n", "go"))
}

// TestREADME checks that the program and the configuration in the README are the
// files that are compiled and parsed.
func TestREADME(t *testing.T) {
	t.Parallel()
	readme := read(t, "README.md")
	program := read(t, "examples/embed/main.go")
	if _, after, ok := strings.Cut(program, "package main\n"); assert.True(t, ok) {
		program = "package main\n" + after // the comment above it is the README's text
	}
	assert.Equal(t, []string{program}, fenced(readme, "go"), "the program of the README is not examples/embed")
	blank := strings.Count(program, "\n\n")
	assert.LessOrEqual(t, strings.Count(program, "\n")-blank, embedLines, "lines of examples/embed")
	assert.Equal(t, []string{read(t, "docs/guides/usher.yaml")}, fenced(readme, "yaml"), "the configuration of the README is not docs/guides/usher.yaml")
}

// TestConfiguration lets the server read the README's configuration. It is given
// a port that does not exist, so that it ends before it calls anybody.
func TestConfiguration(t *testing.T) {
	t.Parallel()
	root := checkout(t)
	server := filepath.Join(t.TempDir(), "server")
	run(t, root, []string{"GOWORK="}, "build", "-o", server, "./examples/server")
	start := func(env ...string) string {
		cmd := exec.CommandContext(t.Context(), server, "--config", "docs/guides/usher.yaml", "--listen", "127.0.0.1:99999")
		cmd.Dir, cmd.Env = root, env
		out, err := cmd.CombinedOutput()
		assert.Error(t, err)
		return string(out)
	}
	assert.Contains(t, start("USHER_ADMIN_TOKEN=a", "FRESHSERVICE_API_KEY=b", "USHER_OKTA_TOKEN=c"), "usher: cannot listen")
	assert.Contains(t, start("USHER_ADMIN_TOKEN=a", "USHER_OKTA_TOKEN=c"),
		"docs/guides/usher.yaml:11: connections[0].credentials.api_key: the environment has no variable FRESHSERVICE_API_KEY")
}

// linkTargets matches the targets of Markdown links.
var linkTargets = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinks checks that links between documents lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	known := map[string]bool{".": true}
	documents := map[string]string{}
	files(t, func(name string, content []byte) {
		for dir := name; dir != "."; dir = path.Dir(dir) {
			known[dir] = true
		}
		if strings.HasSuffix(name, ".md") {
			documents[name] = string(content)
		}
	})
	for name, content := range documents {
		for _, breach := range linkBreaches(name, content, known) {
			t.Error(breach)
		}
	}
}

// linkBreaches returns the links of a document to files that are not known.
func linkBreaches(name, content string, known map[string]bool) []string {
	var out []string
	for _, m := range linkTargets.FindAllStringSubmatch(content, -1) {
		to, _, _ := strings.Cut(m[1], "#")
		if to == "" || strings.Contains(to, "://") {
			continue
		}
		if !known[path.Join(path.Dir(name), to)] {
			out = append(out, fmt.Sprintf("%s: there is no %s", name, to))
		}
	}
	return out
}

func TestLinkBreaches(t *testing.T) {
	t.Parallel()
	const text = "[a](../b.md) [c](c.md#part) [d](https://example.com/d) [e](#here)"
	assert.Empty(t, linkBreaches("docs/x.md", text, map[string]bool{"b.md": true, "docs/c.md": true}))
	assert.Equal(t, []string{"docs/x.md: there is no ../b.md"}, linkBreaches("docs/x.md", text, map[string]bool{"docs/c.md": true}))
}

// TestDocumented checks that what a user can write, and what comes back, is
// described where they look for it.
func TestDocumented(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, document string
		words          func(t *testing.T) []string
	}{
		{"flags of the server", "docs/guides/configuration.md", func(t *testing.T) []string {
			var out []string
			for _, name := range callArguments(t, "examples/server/flags.go", regexp.MustCompile(`^(String|Bool|Int|Duration)Var$`), 1) {
				out = append(out, "`--"+name+"`")
			}
			return out
		}},
		{"fields of the configuration", "docs/guides/configuration.md", func(t *testing.T) []string {
			return quoted(literalKeys(t, "examples/server/config.go", "members"))
		}},
		{"members of a mapping rule", "docs/guides/mapping.md", func(t *testing.T) []string {
			return quoted(literalKeys(t, "mapping/decoderule.go", "members"))
		}},
		{"fields of an event", "docs/guides/events.md", func(t *testing.T) []string {
			return quoted(jsonNames(t, "gateway/eventjson.go"))
		}},
		{"repairs", "docs/guides/profiles.md", func(*testing.T) []string { return quoted(scim.ProfileCompatible().Repairs) }},
		{"settings of Freshservice", "docs/guides/configuration.md", func(*testing.T) []string {
			var out []string
			for _, s := range freshservice.Application(nil).Settings {
				out = append(out, "`"+s.Name+"`")
			}
			return out
		}},
		{"modules", "NOTICE", func(t *testing.T) []string {
			var out []string
			for _, m := range regexp.MustCompile(`(?m)^\s+(\S+) v\S+`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
				out = append(out, m[1]+" ")
			}
			return out
		}},
		{"decisions", "docs/decisions/README.md", func(t *testing.T) []string {
			found, err := filepath.Glob(filepath.Join(checkout(t), "docs", "decisions", "[0-9]*.md"))
			require.NoError(t, err)
			for i := range found {
				found[i] = "(" + filepath.Base(found[i]) + ")"
			}
			return found
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			words := tc.words(t)
			require.NotEmpty(t, words)
			assert.Empty(t, missing(read(t, tc.document), words), "not in %s", tc.document)
		})
	}
}

// missing returns the words that a document lacks.
func missing(document string, words []string) []string {
	var out []string
	for _, w := range words {
		if !strings.Contains(document, w) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func TestMissing(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"`b`"}, missing("| `a` | b |", []string{"`a`", "`b`", "`b`"}))
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = "`" + w + "`"
	}
	return out
}

// source parses a Go file of the checkout.
func source(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, read(t, name), 0)
	require.NoError(t, err)
	return file
}

// callArguments returns the literal at a place among the arguments of calls.
func callArguments(t *testing.T, name string, method *regexp.Regexp, place int) []string {
	t.Helper()
	var out []string
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) <= place {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && method.MatchString(sel.Sel.Name) {
			if lit, ok := call.Args[place].(*ast.BasicLit); ok {
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

// literalKeys returns the keys of literals of a map type.
func literalKeys(t *testing.T, name, typ string) []string {
	t.Helper()
	var out []string
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != typ {
			return true
		}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				if key, ok := kv.Key.(*ast.BasicLit); ok {
					s, err := strconv.Unquote(key.Value)
					require.NoError(t, err)
					out = append(out, s)
				}
			}
		}
		return true
	})
	return out
}

// jsonNames returns the JSON names of the fields of a file's structs.
func jsonNames(t *testing.T, name string) []string {
	t.Helper()
	var out []string
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		require.NoError(t, err)
		if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); name != "" && name != "-" {
			out = append(out, name)
		}
		return true
	})
	return out
}
