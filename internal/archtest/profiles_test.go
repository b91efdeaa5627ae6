package archtest

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

var update = flag.Bool("update", false, "write the generated tables of the documents anew")

// repair is what the comment of a repair's constant says.
type repair struct{ name, accepts, clients string }

// repairsOf reads the constants Repair… of a Go file. Their comments begin with
// the constant's name and end with the clients in parentheses.
func repairsOf(t *testing.T, source string) []repair {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "profile.go", source, parser.ParseComments)
	require.NoError(t, err)
	var out []repair
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Repair") {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		require.True(t, ok, spec.Names[0].Name)
		name, err := strconv.Unquote(lit.Value)
		require.NoError(t, err)
		text := strings.Join(strings.Fields(spec.Doc.Text()), " ")
		text, ok = strings.CutPrefix(text, spec.Names[0].Name+" ")
		require.True(t, ok, "the comment of %s begins with its name", name)
		i := strings.LastIndex(text, " (")
		require.True(t, i > 0 && strings.HasSuffix(text, ")."), "the comment of %s ends with the clients in parentheses", name)
		out = append(out, repair{name, text[:i], text[i+2 : len(text)-2]})
		return true
	})
	return out
}

func TestRepairsOf(t *testing.T) {
	t.Parallel()
	got := repairsOf(t, "package scim\nconst (\n\t// RepairOne takes a[b eq \"c\"] (or not)\n\t// in lists (Entra ID: manager).\n\tRepairOne = \"one\"\n\tother = 1\n)\n")
	assert.Equal(t, []repair{{"one", `takes a[b eq "c"] (or not) in lists`, "Entra ID: manager"}}, got)
}

// repairTable is the table of the guide.
func repairTable(repairs []repair, conversations map[string][]string) string {
	var b strings.Builder
	b.WriteString("\n| Repair | What it does | Who needs it | Test |\n|---|---|---|---|\n")
	for _, r := range repairs {
		tests := "`scim.TestRepairs/" + r.name + "`"
		for _, c := range conversations[r.name] {
			tests += ", `" + c + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.name, codeSpans(r.accepts), r.clients, tests)
	}
	return b.String()
}

// codeSpans marks the words of a Go comment that are code in Markdown: those with
// signs that prose does not have.
func codeSpans(text string) string {
	// A value path has blanks in it.
	if i, j := strings.IndexByte(text, '['), strings.LastIndexByte(text, '"'); i > 0 && j > i {
		start := strings.LastIndexByte(text[:i], ' ') + 1
		return codeSpans(text[:start]) + "`" + text[start:j+1] + "`" + codeSpans(text[j+1:])
	}
	words := strings.Split(text, " ")
	for i, w := range words {
		plain := strings.TrimRight(w, ",.;:")
		if strings.ContainsAny(plain, `."`) && plain != "" {
			words[i] = "`" + plain + "`" + w[len(plain):]
		}
	}
	return strings.Join(words, " ")
}

func TestCodeSpans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`takes "" for none, and "True"`:          "takes `\"\"` for none, and `\"True\"`",
		`takes a[b eq "c"].d eq "e" in a list`:   "takes `a[b eq \"c\"].d eq \"e\"` in a list",
		"without a path: name.givenName.":        "without a path: `name.givenName`.",
		"elements, and no others; none of it: x": "elements, and no others; none of it: x",
	} {
		assert.Equal(t, want, codeSpans(text))
	}
}

const repairsBegin, repairsEnd = "<!-- repairs: ", "<!-- /repairs -->\n"

// TestRepairTable keeps the table of the guide equal to the comments of the
// constants, and finds a test for each repair. With -update it writes the table.
func TestRepairTable(t *testing.T) {
	t.Parallel()
	const name = "docs/guides/profiles.md"
	repairs := repairsOf(t, read(t, "scim/profile.go"))
	var names []string
	for _, r := range repairs {
		names = append(names, r.name)
	}
	assert.ElementsMatch(t, scim.ProfileCompatible().Repairs, names, "the constants are what the profile has")
	document := read(t, name)
	before, rest, ok := strings.Cut(document, repairsBegin)
	require.True(t, ok, "the beginning of the table is marked")
	marker, rest, _ := strings.Cut(rest, "\n")
	table, after, ok := strings.Cut(rest, repairsEnd)
	require.True(t, ok, "the end of the table is marked")
	want := repairTable(repairs, literalLists(t, "scim/repairs_test.go", "conversations"))
	if *update {
		document = before + repairsBegin + marker + "\n" + want + "\n" + repairsEnd + after
		require.NoError(t, os.WriteFile(filepath.Join(checkout(t), filepath.FromSlash(name)), []byte(document), 0o644))
		return
	}
	assert.Equal(t, want+"\n", table, "%s: run go test ./internal/archtest -run TestRepairTable -update", name)
	index := testsOf(t)
	for _, n := range names {
		assert.Empty(t, index.missing("scim.TestRepairs/"+n), n)
	}
}

// literalLists returns the entries of a variable of a file that is a map of lists
// of texts.
func literalLists(t *testing.T, name, variable string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	ast.Inspect(source(t, name), func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != variable {
			return true
		}
		lit, ok := spec.Values[0].(*ast.CompositeLit)
		require.True(t, ok)
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			require.True(t, ok)
			keys, values := map[string]bool{}, []string{}
			collectTexts(kv.Key, keys)
			list, ok := kv.Value.(*ast.CompositeLit)
			require.True(t, ok)
			for _, v := range list.Elts {
				s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				require.NoError(t, err)
				values = append(values, s)
			}
			for k := range keys {
				out[k] = values
			}
		}
		return false
	})
	require.NotEmpty(t, out, variable)
	return out
}
