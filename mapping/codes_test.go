package mapping_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
)

// declaredCodes are the codes of errors.go.
func declaredCodes(t *testing.T) map[mapping.Code]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	require.NoError(t, err)
	codes := make(map[mapping.Code]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
				text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				codes[mapping.Code(text)] = true
			}
		}
		return true
	})
	require.Greater(t, len(codes), 30)
	return codes
}

// loadProblems has a document for each code of a problem when it is loaded. The
// mark § stands where the problem is; it is taken out before the document is
// read.
var loadProblems = map[mapping.Code]struct{ fields, rules, more, suggestion string }{
	mapping.CodeSyntax:             {"a: {type: string}", "{scim: title, target: a, §pipes: []}", "", "pipe"},
	mapping.CodeUnknownAttribute:   {"a: {type: string}", `{expr: "lower(§titel)", target: a}`, "", "title"},
	mapping.CodeUnknownField:       {"first_name: {type: string}", "{scim: title, target: §frist_name}", "", "first_name"},
	mapping.CodeUnknownFunc:        {"a: {type: string}", `{scim: title, target: a, pipe: [trim, §lowr]}`, "", "lower"},
	mapping.CodeUnknownValueMap:    {"a: {type: string}", `{scim: title, target: a, pipe: [§'map("knds")']}`, "valueMaps: {kinds: {entries: [[a, b]]}}\n", "kinds"},
	mapping.CodeUnknownLookup:      {"a: {type: string}", `{scim: title, target: a, pipe: [§'lookup("mangaer")']}`, "lookups: {manager: {object: o, keys: [k], value: v}}\n", "manager"},
	mapping.CodeUnknownPrefix:      {"a: {type: string}", `{scim: §'etn:department', target: a}`, "", "ent"},
	mapping.CodeUnknownSchema:      {"a: {type: string}", "{scim: title, target: a}", "", ""},
	mapping.CodeType:               {"a: {type: integer}", "{scim: title, target: §a}", "", ""},
	mapping.CodeLossy:              {"a: {type: string}", "{scim: title, target: a, §pipe: [trim]}", "", ""},
	mapping.CodeNoInverse:          {"a: {type: string}", "{scim: title, target: a, expr: §lower(title)}", "", ""},
	mapping.CodeReadOnlyField:      {"a: {type: string, readOnly: true}", "{scim: title, target: §a}", "", ""},
	mapping.CodeDuplicateTarget:    {"a: {type: string}", "{scim: title, target: a}\n{scim: nickName, target: §a}", "", ""},
	mapping.CodeClearRequired:      {"a: {type: string, required: true}", "{scim: title, target: §a}", "", ""},
	mapping.CodeSecretDirection:    {"a: {type: string}", "{scim: title, target: a, secret: true, direction: §both}", "", ""},
	mapping.CodeMatchPrecedence:    {"a: {type: string, filter: [eq]}", "{scim: title, target: a}", "match: [{precedence: 3, scim: title, target: a}, {precedence: §3, scim: userName, target: a}]\n", ""},
	mapping.CodeMatchNotFilterable: {"a: {type: string}", "{scim: title, target: a}", "match: [{precedence: 3, scim: title, target: §a}]\n", ""},
	mapping.CodeCost:               {"a: {type: string}", "{target: a, expr: §" + strings.Repeat("title + ", 201) + "title}", "", ""},
}

// Every problem of a document says where it is, to the character, shows the line
// with a caret below the place, and suggests the nearest name where one is near.
func TestDiagnostic_Codes(t *testing.T) {
	t.Parallel()
	for code, tc := range loadProblems {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			marked := document(tc.fields, tc.rules, tc.more)
			if code == mapping.CodeUnknownSchema {
				marked = strings.Replace(marked, "schemas: ['", "schemas: [§'urn:example:scim:schemas:nowhere', '", 1)
			}
			text, line, column := place(t, marked)
			doc, ds := mapping.Parse("test.yaml", []byte(text))
			if doc != nil {
				typ, err := doc.ResourceType(bases(), nil)
				if code == mapping.CodeUnknownSchema {
					typ, err = compile(t, document("a: {type: string}", "{scim: title, target: a}", "")).Resource(), nil
				}
				require.NoError(t, err)
				_, ds = mapping.Compile(doc, typ, nil, nil)
			}
			require.Len(t, ds, 1, "%s", ds)
			requireDiagnostic(t, ds[0], "test.yaml", code, text, line, column, tc.suggestion)
		})
	}
}

// place takes the mark out of a document and returns where it stood.
func place(t *testing.T, marked string) (text string, line, column int) {
	t.Helper()
	before, after, ok := strings.Cut(marked, "§")
	require.True(t, ok, "no place is marked")
	return before + after, 1 + strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n")
}

func requireDiagnostic(t *testing.T, d mapping.Diagnostic, file string, code mapping.Code, text string, line, column int, suggestion string) {
	t.Helper()
	require.Equal(t, code, d.Code, "%s", d.Error())
	assert.Equal(t, file, d.File)
	assert.Equal(t, line, d.Line, "%s", d.Snippet)
	assert.Equal(t, column, d.Column, "%s", d.Snippet)
	assert.NotEmpty(t, d.At)
	assert.NotEmpty(t, d.Msg)
	assert.Equal(t, suggestion, d.Suggestion)
	message := fmt.Sprintf("%s:%d:%d: %s", file, line, column, d.Msg)
	if suggestion != "" {
		message += "; did you mean " + suggestion + "?"
	}
	assert.Equal(t, message+" ["+string(code)+"]", d.Error())

	lines := strings.Split(d.Snippet, "\n")
	require.Len(t, lines, 2, "%s", d.Snippet)
	caret := strings.Index(lines[1], "^")
	require.Positive(t, caret)
	source := strings.Split(text, "\n")[line-1]
	assert.Equal(t, source[column-1:][:1], lines[0][caret:][:1], "%s", d.Snippet)
	assert.Contains(t, source, strings.TrimSpace(lines[0]))
	assert.Equal(t, d.Snippet, strings.Split(mapping.Diagnostics{d}.String(), "\n")[1]+"\n"+lines[1])
}

func TestDiagnostic_Cycle(t *testing.T) {
	t.Parallel()
	text, line, column := place(t, "apiVersion: mapping/v1\nname: a\nextends: §b\n")
	a := parse(t, "a.yaml", text)
	b := parse(t, "b.yaml", "apiVersion: mapping/v1\nname: b\nextends: a\n")
	docs, ds := mapping.Resolve([]*mapping.Document{b, a}, nil)
	assert.Empty(t, docs)
	require.Len(t, ds, 1)
	requireDiagnostic(t, ds[0], "a.yaml", mapping.CodeCycle, text, line, column, "")

	text, line, column = place(t, "apiVersion: mapping/v1\nname: mine\nextends: §freshservise-requester\n")
	_, ds = mapping.Resolve([]*mapping.Document{parse(t, "c.yaml", text)}, []*mapping.Document{parse(t, "base.yaml",
		strings.Replace(document("a: {type: string}", "{scim: title, target: a}", ""), "name: test", "name: freshservice-requester", 1))})
	require.Len(t, ds, 1)
	requireDiagnostic(t, ds[0], "c.yaml", mapping.CodeSyntax, text, line, column, "freshservice-requester")
}

func TestDiagnostic_Limit(t *testing.T) {
	t.Parallel()
	text, line, column := place(t, strings.Replace(document("a: {type: string}\nb: {type: string}", "{scim: title, target: a}\n{scim: nickName, target: b}", ""), "rules:", "§rules:", 1))
	doc := parse(t, "test.yaml", text)
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)
	_, ds := mapping.Compile(doc, typ, nil, &mapping.Options{MaxRules: 1})
	require.Len(t, ds, 1)
	requireDiagnostic(t, ds[0], "test.yaml", mapping.CodeLimit, text, line, column, "")
}

// runErrors has a write, a match or a read for each code of an error.
var runErrors = map[mapping.Code]struct {
	fields, rules, more string
	user, stored        string // a replace, where something is stored
	want                mapping.Error
}{
	mapping.CodeRequired:   {"a: {type: string}", "{scim: title, target: a, required: true}", "", `{}`, "", mapping.Error{Path: "title", Reason: "required value is unset"}},
	mapping.CodeType:       {"a: {type: integer}", "{scim: 'x:a', target: a}", "", `{"urn:x:ext":{"a":"7"}}`, "", mapping.Error{Path: "x:a", Reason: "a: integer is wanted, got string"}},
	mapping.CodeConvert:    {"a: {type: integer}", "{scim: title, target: a, pipe: [toInt]}", "", `{"title":"07"}`, "", mapping.Error{Path: "title", Reason: `not an integer: "07"`}},
	mapping.CodeValueMap:   {"a: {type: string}", "{scim: title, target: a, pipe: ['map(\"m\")']}", "valueMaps: {m: {entries: [[x, y]]}}\n", `{"title":"z"}`, "", mapping.Error{Path: "title", Reason: `no entry for "z" in value map m`}},
	mapping.CodeValidate:   {"a: {type: string, maxLength: 2}", "{scim: title, target: a}", "", `{"title":"abc"}`, "", mapping.Error{Path: "title", Reason: `"abc" is longer than 2 characters`}},
	mapping.CodeMutability: {"a: {type: string, createOnly: true}", "{scim: title, target: a}", "", `{"title":"abc"}`, `{"a":"x"}`, mapping.Error{SCIMType: "mutability", Path: "title", Reason: "a can only be set on create"}},
	mapping.CodeLimit:      {"a: {type: string}", "{expr: '" + strings.Repeat("title + ", 60) + "title', target: a}", "", `{"title":"` + strings.Repeat("x", 80) + `"}`, "", mapping.Error{Reason: "a text is longer than 4 KiB"}},
	mapping.CodeAmbiguousValue: {"a: {type: string}", "{scim: emails.value, target: a, pick: error, direction: toTarget}", "",
		`{"emails":[{"value":"x"},{"value":"y"}]}`, "", mapping.Error{Path: "emails.value", Reason: "several values where one is wanted"}},
	mapping.CodeLookupMissing: {"a: {type: integer}", "{scim: title, target: a, pipe: ['lookup(\"l\")']}", "lookups: {l: {object: o, keys: [name, code], value: id}}\n",
		`{"title":"nobody"}`, "", mapping.Error{Path: "title", Reason: `no o with name or code "nobody"`}},
	mapping.CodeLookupAmbiguous: {"a: {type: integer}", "{scim: title, target: a, pipe: ['lookup(\"l\")']}", "lookups: {l: {object: o, keys: [name], value: id}}\n",
		`{"title":"twice"}`, "", mapping.Error{Path: "title", Reason: `several records of o with name "twice"`}},
	mapping.CodeLookupCreateLimit: {"a: {type: list<integer>}", "{scim: emails.value, target: a, pipe: ['lookup(\"l\")'], direction: toTarget}", "lookups: {l: {object: o, keys: [name], value: id, onMissing: create}}\n",
		`{"emails":[{"value":"x"},{"value":"y"}]}`, "", mapping.Error{Path: "emails.value", Reason: "more than 1 records of o would have to be made"}},
}

// Every error of a write names rule, path, field and reason, with the status and
// the scimType that a client gets.
func TestErrors_Codes(t *testing.T) {
	t.Parallel()
	for code, tc := range runErrors {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			plan := compile(t, document(tc.fields, tc.rules, tc.more))
			in := &mapping.Input{Resource: resource(t, plan, tc.user)}
			if tc.stored != "" {
				in.Op, in.Stored = mapping.Replace, native(t, plan, tc.stored)
			}
			var res mapping.Resolved
			for _, n := range plan.Needs(nil, in) {
				if n.Value.Text() == "twice" {
					res.Add(n, mapping.Resolution{State: mapping.Ambiguous})
				}
			}
			var out mapping.Result
			errs := all(plan.ToTarget(&out, in, &res))
			require.Len(t, errs, 1)
			got, want := errs[0], tc.want
			if want.SCIMType == "" {
				want.SCIMType = "invalidValue"
			}
			assert.Equal(t, code, got.Code)
			assert.Equal(t, 400, got.Status)
			assert.Equal(t, want.SCIMType, got.SCIMType)
			assert.Equal(t, "a", got.Rule)
			assert.Equal(t, "a", got.Target)
			assert.Equal(t, want.Path, got.Path)
			assert.Equal(t, want.Reason, got.Reason)
			for _, part := range []string{want.Path, "a", want.Reason, string(code)} {
				assert.Contains(t, got.Error(), part)
			}
		})
	}
}

// runWarnings has a write for each code of a warning.
var runWarnings = map[mapping.Code]struct{ fields, rules, more, user, stored string }{
	mapping.WarnLookupMissing: {"a: {type: integer}", "{scim: title, target: a, pipe: ['lookup(\"l\")']}", "lookups: {l: {object: o, keys: [name], value: id, onMissing: ignore}}\n", `{"title":"x"}`, `{}`},
	mapping.WarnValueMap:      {"a: {type: string}", "{scim: timezone, target: a, pipe: ['map(\"tz.rails\")']}", "", `{"timezone":"Antarctica/Troll"}`, `{}`},
	mapping.WarnUnclearable:   {"a: {type: string, clearAs: omit}", "{scim: title, target: a}", "", `{}`, `{"a":"x"}`},
}

func TestWarnings_Codes(t *testing.T) {
	t.Parallel()
	for code, tc := range runWarnings {
		plan := compile(t, document(tc.fields, tc.rules, tc.more))
		var out mapping.Result
		require.NoError(t, plan.ToTarget(&out, &mapping.Input{Op: mapping.Replace, Resource: resource(t, plan, tc.user), Stored: native(t, plan, tc.stored)}, nil), code)
		assert.Equal(t, []mapping.Warning{{Code: code, Rule: "a", Target: "a"}}, out.Warnings)
		assert.Empty(t, out.Edits)
	}
}

// No code is declared that nothing here produces.
func TestCodes_Complete(t *testing.T) {
	t.Parallel()
	made := map[mapping.Code]bool{
		mapping.CodeCycle:          true, // TestDiagnostic_Cycle
		mapping.CodeMatchAmbiguous: true, // below
	}
	for code := range loadProblems {
		made[code] = true
	}
	for code := range runErrors {
		made[code] = true
	}
	for code := range runWarnings {
		made[code] = true
	}
	assert.Equal(t, declaredCodes(t), made)

	plan := compile(t, document("a: {type: string, filter: [eq]}", "{scim: title, target: a}", "match: [{precedence: 1, scim: title, target: a}]\n"))
	queries, err := plan.Matches(resource(t, plan, `{"title":"x"}`))
	require.NoError(t, err)
	e := mapping.AmbiguousMatch(&queries[0]).All[0]
	assert.Equal(t, mapping.Error{Status: 409, SCIMType: "uniqueness", Path: "title", Target: "a", Code: mapping.CodeMatchAmbiguous, Reason: "several records have this value"}, e)
}
