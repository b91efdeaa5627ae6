package archtest

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
)

// application is an app with a page of its attributes.
type application struct {
	name, dir, page string
	served          fs.FS // the documents that connections serve
	typ             func(object string) *schema.Type
}

var applications = []application{
	{"Freshservice", "freshservice", "docs/reference/freshservice.md", freshservice.Mappings, freshservice.Type},
	{"Zendesk", "zendesk", "docs/reference/zendesk.md", zendesk.Mappings, zendesk.Type},
}

// TestAttributePages keeps the pages that say what is sent for which attribute
// equal to the default mapping documents. With -update it writes them.
func TestAttributePages(t *testing.T) {
	t.Parallel()
	for _, app := range applications {
		t.Run(app.name, func(t *testing.T) {
			t.Parallel()
			want := app.write(t)
			name := filepath.Join(checkout(t), filepath.FromSlash(app.page))
			if *update {
				require.NoError(t, os.WriteFile(name, []byte(want), 0o644))
				return
			}
			assert.Equal(t, want, read(t, app.page), "%s: run go test ./internal/archtest -run TestAttributePages -update", app.page)
		})
	}
}

// document is what a page tells of a mapping document.
type document struct {
	Name, Kind, Description string
	Prefixes                map[string]string
	Resource                struct {
		Type    string
		Schemas []string
	}
	Target struct{ Object string }
	Match  []struct {
		SCIM, Target string
		Pipe         []string
		Fold         bool
	}
	ValueMaps map[string]struct{ Entries [][]any } `yaml:"valueMaps"`
	Lookups   map[string]struct {
		Object    string
		OnMissing string `yaml:"onMissing"`
		Keys      []string
		Return    string
	}
	Rules  []rule
	Routes []struct{ When, Use string }

	file   string
	served bool
}

type rule struct {
	Name, Description          string
	SCIM                       string `yaml:"scim"`
	Target, Direction          string
	Expr, Inverse, When        string
	Pipe                       []string
	Const, Default             any
	DefaultOn                  string `yaml:"defaultOn"`
	Apply                      string
	OnUnset                    string `yaml:"onUnset"`
	Required, Secret, Disabled bool
	Optional                   bool
	Pick, Multi, Lossy         string
	Element                    map[string]any
	Alternatives, Alternative  bool
	Enforce                    bool
	Validate                   []map[string]any
	Unknown                    map[string]any `yaml:",inline"`
}

// documents reads the documents of an application: those that are served first.
func (app application) documents(t *testing.T) []document {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(checkout(t), app.dir, "mapping", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var docs []document
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		doc := document{file: app.dir + "/mapping/" + filepath.Base(name)}
		require.NoError(t, yamlv3.Unmarshal(data, &doc), name)
		doc.Rules = slices.DeleteFunc(doc.Rules, func(r rule) bool { return r.Disabled })
		parsed, problems := mapping.Parse(doc.file, data)
		require.NoError(t, problems.Err())
		for i, r := range parsed.Rules() {
			require.Empty(t, doc.Rules[i].Unknown, "%s, rule %s: the page does not tell of these", doc.file, r.Name)
			doc.Rules[i].Name = r.Name
		}
		_, err = fs.Stat(app.served, "mapping/"+path.Base(doc.file))
		doc.served = err == nil
		docs = append(docs, doc)
	}
	slices.SortStableFunc(docs, func(a, b document) int {
		rank := func(d document) int {
			switch {
			case d.Kind != "":
				return 0
			case d.served:
				return 1
			default:
				return 2
			}
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
	})
	return docs
}

// write writes the page of an application.
func (app application) write(t *testing.T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: attribute by attribute\n\n", app.name)
	fmt.Fprintf(&b, "<!-- Made of %s/mapping/*.yaml by `go test ./internal/archtest -run TestAttributePages -update`. -->\n\n", app.dir)
	fmt.Fprintf(&b, `What the default [mapping documents](../guides/mapping.md) send to %[1]s for which SCIM attribute, and what they show of
what is there. A document of your own can change any of it, rule by rule.

- **Both ways**: written to %[1]s and read from it. **Written**: never read back. **Read**: only shown; where it does
  more than that, the remarks say so.
- A PUT that has no value for an attribute clears its field, unless the row says otherwise. A PATCH writes what it changes.
  Fields that are as they should be are not sent.
- Several rows for one field: the first one that applies and has a value counts.
- The last column is the rule's name, by which a document of your own replaces it or switches it off.
`, app.name)
	for _, doc := range app.documents(t) {
		app.section(t, &b, &doc)
	}
	return b.String()
}

func (app application) section(t *testing.T, b *strings.Builder, doc *document) {
	fmt.Fprintf(b, "\n## %s\n\n", title(strings.TrimPrefix(doc.Name, app.dir+"-")))
	fmt.Fprintf(b, "[%s](../../%s), the document `%s`.", path.Base(doc.file), doc.file, doc.Name)
	if doc.Kind != "" {
		one := "user"
		if strings.HasSuffix(doc.Name, "groups") {
			one = "group"
		}
		b.WriteString(" It says which document a " + one + " is for:\n\n")
		for _, r := range doc.Routes {
			if r.When == "" {
				fmt.Fprintf(b, "- else `%s`\n", r.Use)
				continue
			}
			fmt.Fprintf(b, "- `%s` where %s\n", r.Use, condition(r.When))
		}
		doc.prefixes(b)
		return
	}
	fmt.Fprintf(b, " SCIM `%s`, %s `%s`.", doc.Resource.Type, app.name, doc.Target.Object)
	if !doc.served {
		b.WriteString(" **Connections do not serve it yet.**")
	}
	fmt.Fprintf(b, "\n\n%s\n", wrapped(doc.Description))
	doc.prefixes(b)
	b.WriteString("\nA record that is there already is found by:\n\n")
	for i, m := range doc.Match {
		fmt.Fprintf(b, "%d. %s in %s", i+1, mono(m.SCIM), mono(m.Target))
		if m.Fold {
			b.WriteString(", upper and lower case alike")
		}
		b.WriteByte('\n')
	}
	typ := app.typ(doc.Target.Object)
	require.NotNil(t, typ, doc.Name)
	fmt.Fprintf(b, "\n| SCIM | | %s | What happens | Remarks | Rule |\n|---|---|---|---|---|---|\n", app.name)
	for _, r := range doc.Rules {
		var field *schema.Attribute
		if r.Target != "" {
			field = typ.Lookup(r.Target)
			require.NotNil(t, field, "%s: field %s", doc.Name, r.Target)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", r.attributes(t), r.way(), r.fields(),
			cell(strings.Join(doc.happens(t, app.name, &r, field), "; ")), cell(r.Description), cell(mono(r.Name)))
	}
}

func (doc *document) prefixes(b *strings.Builder) {
	if len(doc.Prefixes) == 0 {
		return
	}
	var list []string
	for short, urn := range doc.Prefixes {
		list = append(list, fmt.Sprintf("`%s:` is `%s`", short, urn))
	}
	slices.Sort(list)
	fmt.Fprintf(b, "\n%s.\n", strings.Join(list, ", "))
}

// wrapped breaks a text into lines.
func wrapped(text string) string {
	const width = 115
	var b strings.Builder
	n := 0
	for _, word := range strings.Fields(text) {
		switch {
		case n == 0:
		case n+1+len(word) > width:
			b.WriteByte('\n')
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += len(word)
	}
	return b.String()
}

// title makes a heading of the rest of a document's name.
func title(s string) string {
	s = strings.ReplaceAll(s, "-", " ")
	return strings.ToUpper(s[:1]) + s[1:]
}

// mono marks a text as code.
func mono(s string) string { return "`" + s + "`" }

// cell makes a text fit for a cell of a table, where a bar would end it.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

func monos[T any](list []T, last string) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = mono(fmt.Sprint(e))
	}
	if n := len(out); n > 1 && last != "" {
		return strings.Join(out[:n-1], ", ") + " " + last + " " + out[n-1]
	}
	return strings.Join(out, ", ")
}

// attributes are the attributes that a rule is about: its path, or those of its
// expression.
func (r *rule) attributes(t *testing.T) string {
	if r.SCIM != "" {
		return cell(mono(r.SCIM))
	}
	if r.Expr == "" {
		return ""
	}
	e, err := expr.Parse(r.Expr)
	require.NoError(t, err, r.Expr)
	var paths []string
	for _, ref := range e.Paths() {
		p := ref.Path.String()
		if ref.Prefix != "" {
			p = ref.Prefix + ":" + p
		}
		if !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	return cell(monos(paths, ""))
}

func (r *rule) reads() bool {
	return r.SCIM != "" && r.Direction != "toTarget"
}

func (r *rule) writes() bool {
	return r.Target != "" && r.Direction != "toScim"
}

func (r *rule) way() string {
	switch {
	case r.reads() && r.writes():
		return "both ways"
	case r.reads():
		return "read"
	default:
		return "written"
	}
}

var targetPath = regexp.MustCompile(`\$target\.([A-Za-z0-9_.]+)`)

// fields are the fields that a rule is about: its own, or those that its inverse
// reads.
func (r *rule) fields() string {
	if r.Target != "" {
		return mono(r.Target)
	}
	var names []string
	for _, m := range targetPath.FindAllStringSubmatch(r.Inverse, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return monos(names, "")
}

// happens says what a rule does with a value, in words.
func (doc *document) happens(t *testing.T, app string, r *rule, field *schema.Attribute) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Alternative {
		say("where the rows above have no value for the field")
	}
	leaves := false // a PUT without it leaves the field alone
	if words := condition(r.When); putWithout.MatchString(r.When) {
		leaves = true
	} else if words != "" {
		say("only where %s", words)
	}
	if r.Const != nil {
		say("always %s", mono(fmt.Sprint(r.Const)))
	}
	switch words, plain := conversion(r.Expr, field); {
	case r.Expr == "", mono(r.Expr) == r.attributes(t):
	case plain:
		say("%s", words)
	default:
		say("made by %s", mono(r.Expr))
	}
	for _, step := range r.Pipe {
		if words := doc.step(t, app, step, r); words != "" {
			say("%s", words)
		}
	}
	if r.Inverse != "" && r.Inverse != "$target."+r.Target {
		say("made by %s", mono(r.Inverse))
	}
	if r.writes() {
		out = append(out, r.writing(field, leaves)...)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Element)) {
		say("read with %s %s", mono(name), mono(fmt.Sprint(r.Element[name])))
	}
	if r.Lossy != "" {
		say("%s", r.Lossy)
	}
	if r.Secret {
		say("never shown in errors and events")
	}
	return out
}

// writing says when a field is written, and what it takes.
func (r *rule) writing(field *schema.Attribute, leaves bool) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if r.Expr == "" && r.Const == nil && len(r.Pipe) == 0 {
		switch {
		case field.Type == schema.Boolean:
			say("`true` or `false`")
		case field.Type == schema.Integer && field.MultiValued:
			say("numbers")
		case field.MultiValued && !strings.Contains(r.SCIM, "."):
			say("a list")
		}
	}
	if len(field.Choices) > 0 && len(r.Pipe) == 0 {
		say("one of %s", monos(field.Choices, ""))
	}
	if field.MaxLength > 0 {
		say("up to %d characters", field.MaxLength)
	}
	for _, v := range r.Validate {
		for _, name := range slices.Sorted(maps.Keys(v)) {
			switch name {
			case "pattern":
				say("has to match %s", mono(fmt.Sprint(v[name])))
			case "min":
				say("at least %v", v[name])
			case "max":
				say("at most %v", v[name])
			default:
				say("%s %v", name, v[name])
			}
		}
	}
	switch r.Apply {
	case "create":
		say("on create only")
	case "update":
		say("not on create")
	case "ifEmpty":
		say("where the field is empty")
	case "writable":
		say("on create, and later where the account lets it be changed")
	}
	if r.Default != nil {
		when := " on create"
		if r.DefaultOn == "always" {
			when = ""
		}
		say("%s where there is none%s", mono(fmt.Sprint(r.Default)), when)
	}
	switch {
	case !field.Required && !r.Required || r.Alternative:
	case r.Alternatives:
		say("one of these rows has to have a value")
	default:
		say("required")
	}
	if field.Mutability == schema.Immutable && r.Apply != "create" && r.Apply != "writable" {
		say("cannot be changed later")
	}
	switch {
	case r.Alternative || r.Apply == "create" || r.Const != nil:
	case leaves, r.OnUnset == "keep":
		say("a PUT without it leaves the field alone")
	case r.OnUnset == "error":
		say("a PUT without it is refused")
	case field.ClearAs == schema.ClearOmit:
		say("cannot be cleared")
	}
	if r.Enforce {
		say("written with every change")
	}
	if r.Multi == "add" {
		say("adds values and takes none away")
	}
	switch r.Pick {
	case "first":
		say("the first of several")
	case "error":
		say("several are refused")
	}
	return out
}

var (
	putWithout = regexp.MustCompile(`^\$op != "replace" \|\| isPresent\(([^()]+)\)$`)
	address    = regexp.MustCompile(`^isEmail\(([^()]+)\)$`)
	absent     = regexp.MustCompile(`^isUnset\((.+)\)$`)
	converted  = regexp.MustCompile(`^([^()| ]+) \| (toBool|toInt)$`)
	boolean    = regexp.MustCompile(`^([^()| ]+) \| toBool$`)
)

// condition says in words when a rule or a route applies.
func condition(when string) string {
	when = strings.Join(strings.Fields(when), " ")
	if m := address.FindStringSubmatch(when); m != nil {
		return mono(m[1]) + " is an address"
	}
	if m := absent.FindStringSubmatch(when); m != nil {
		return "there is no " + mono(m[1])
	}
	if m := boolean.FindStringSubmatch(when); m != nil {
		return mono(m[1]) + " is true"
	}
	if when == "" {
		return ""
	}
	return mono(when) + " holds"
}

// conversion says what an expression does that only reads a text as something
// else.
func conversion(text string, field *schema.Attribute) (words string, plain bool) {
	m := converted.FindStringSubmatch(text)
	switch {
	case m == nil:
		return "", false
	case m[2] == "toBool":
		return "`true` or `false`, as a text too", true
	case field.MultiValued:
		return "numbers, as texts too", true
	default:
		return "a number, as a text too", true
	}
}

// The value maps that come with the engine and with drivers, in words.
var valueMaps = map[string]string{
	"locale.language": "the language as %s calls it",
	"tz.rails":        "the zone as %s calls it, one that it has no name for is left alone with a warning",
	"zendesk.locale":  "the language as the account has it",
}

var argument = regexp.MustCompile(`^(\w+)(?:\("([^"]*)"\))?$`)

// step says what a step of a pipe does.
func (doc *document) step(t *testing.T, app, step string, r *rule) string {
	m := argument.FindStringSubmatch(strings.TrimSpace(step))
	require.NotNil(t, m, "step %s", step)
	switch m[1] {
	case "lower":
		return "in lower case"
	case "wrap":
		return "as a list of one"
	case "trim":
		return ""
	case "before":
		return "what stands before " + mono(m[2])
	case "toInt":
		if !r.writes() || slices.ContainsFunc(r.Pipe, func(s string) bool { return strings.HasPrefix(s, "lookup") }) {
			return ""
		}
		return "by their ids"
	case "map":
		if words := valueMaps[m[2]]; words != "" {
			return strings.ReplaceAll(words, "%s", app)
		}
		values, ok := doc.ValueMaps[m[2]]
		require.True(t, ok, "value map %s has no words", m[2])
		var list []string
		for _, e := range values.Entries {
			list = append(list, fmt.Sprintf("%s is %s", mono(fmt.Sprint(e[0])), mono(fmt.Sprint(e[1]))))
		}
		return strings.Join(list, ", ")
	case "lookup":
		l, ok := doc.Lookups[m[2]]
		require.True(t, ok, "lookup %s", m[2])
		if !r.writes() {
			return "shown by " + mono(cmp.Or(l.Return, l.Keys[0]))
		}
		missing := map[string]string{
			"": "one that is not there is refused with 400", "error": "one that is not there is refused with 400",
			"ignore":         "one that is not there is left out with a warning",
			"defer":          "one that is not there yet is set once it is",
			"create":         "one that is not there is made where `create_references` is on, else refused with 400",
			"createOrIgnore": "one that is not there is made where `create_references` is on, else left out with a warning",
		}
		return fmt.Sprintf("the %s found by %s, %s", mono(l.Object), monos(l.Keys, "or"), missing[l.OnMissing])
	}
	t.Errorf("the step %s has no words", step)
	return ""
}

func TestAttributeWords(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		"isEmail(userName)":        "`userName` is an address",
		"isUnset(emails[a eq 1])":  "there is no `emails[a eq 1]`",
		"fs:isAgent | toBool":      "`fs:isAgent` is true",
		"active   !=\n false":      "`active != false` holds",
		"isEmail(a) || isEmail(b)": "`isEmail(a) || isEmail(b)` holds",
		"":                         "",
	} {
		assert.Equal(t, want, condition(when))
	}
	words, plain := conversion("fs:a | toInt", &schema.Attribute{MultiValued: true})
	assert.Equal(t, "numbers, as texts too", words)
	assert.True(t, plain)
	_, plain = conversion("lower(a) | toInt", &schema.Attribute{})
	assert.False(t, plain)
	assert.Equal(t, `a \| b`, cell("a |\n b"))
	assert.Equal(t, "`a`, `b` or `c`", monos([]string{"a", "b", "c"}, "or"))
	assert.Equal(t, strings.Repeat("a ", 57)+"a\nbb", wrapped(strings.Repeat("a ", 58)+"bb"))
}
