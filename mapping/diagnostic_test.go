package mapping_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// problems parses and compiles a document and returns its problems as lines of
// code and pointer.
func problems(t *testing.T, text string) (lines []string, all mapping.Diagnostics) {
	t.Helper()
	doc, ds := mapping.Parse("test.yaml", []byte(text))
	if doc != nil {
		typ, err := doc.ResourceType(bases(), nil)
		if err != nil {
			var e *mapping.DiagnosticsError
			require.ErrorAs(t, err, &e)
			ds = e.List
		} else {
			_, ds = mapping.Compile(doc, typ, nil, nil)
		}
	}
	for _, d := range ds {
		lines = append(lines, string(d.Code)+" "+d.At)
	}
	return lines, ds
}

func TestCompile_Problems(t *testing.T) {
	t.Parallel()
	const fields = `
		s: {type: string, filter: [eq]}
		n: {type: integer}
		l: {type: list<string>}
		ro: {type: string, readOnly: true}
		req: {type: string, required: true}
		o: {type: object}
	`
	const lookups = "lookups: {dep: {object: department, keys: [name], value: id}}\nvalueMaps: {m: {entries: [[a, b]]}}\n"
	for name, tc := range map[string]struct {
		rules, more string
		want        []string
	}{
		"right":                       {rules: `{scim: title, target: s}`},
		"unknown attribute":           {rules: `{scim: titel, target: s}`, want: []string{"E_UNKNOWN_ATTRIBUTE /rules/0/scim"}},
		"unknown sub-attribute":       {rules: `{scim: name.first, target: s}`, want: []string{"E_UNKNOWN_ATTRIBUTE /rules/0/scim"}},
		"unknown prefix":              {rules: `{scim: 'enn:department', target: s}`, want: []string{"E_UNKNOWN_PREFIX /rules/0/scim"}},
		"unknown field":               {rules: `{scim: title, target: t}`, want: []string{"E_UNKNOWN_FIELD /rules/0/target"}},
		"unknown function":            {rules: `{scim: title, target: s, pipe: [lowr]}`, want: []string{"E_UNKNOWN_FUNC /rules/0/pipe/0"}},
		"unknown function in expr":    {rules: `{expr: 'lowr(title)', target: s}`, want: []string{"E_UNKNOWN_FUNC /rules/0/expr"}},
		"unknown value map":           {rules: `{scim: title, target: s, pipe: ['map("x")']}`, want: []string{"E_UNKNOWN_VALUE_MAP /rules/0/pipe/0"}},
		"unknown lookup":              {rules: `{scim: title, target: s, pipe: [trim, 'lookup("x")']}`, want: []string{"E_UNKNOWN_LOOKUP /rules/0/pipe/1"}},
		"all at once":                 {rules: "{scim: titel, target: t, pipe: [lowr]}\n{scim: title, target: ro}", want: []string{"E_UNKNOWN_ATTRIBUTE /rules/0/scim", "E_UNKNOWN_FIELD /rules/0/target", "E_UNKNOWN_FUNC /rules/0/pipe/0", "E_READONLY_FIELD /rules/1/target"}},
		"scalar for a list":           {rules: `{scim: title, target: l}`, want: []string{"E_TYPE /rules/0/target"}},
		"scalar lookup for a list":    {rules: `{scim: title, target: l, pipe: ['lookup("dep")']}`, more: lookups, want: []string{"E_TYPE /rules/0/target"}},
		"text for a number":           {rules: `{scim: title, target: n}`, want: []string{"E_TYPE /rules/0/target"}},
		"converted":                   {rules: `{scim: title, target: n, pipe: [toInt]}`},
		"wrapped":                     {rules: `{scim: title, target: l, pipe: [wrap]}`},
		"text for an object":          {rules: `{scim: title, target: o}`, want: []string{"E_TYPE /rules/0/target"}},
		"wrong const":                 {rules: `{const: 1, target: s}`, want: []string{"E_TYPE /rules/0/const"}},
		"wrong default":               {rules: `{scim: title, target: s, default: [x]}`, want: []string{"E_TYPE /rules/0/default"}},
		"wrong expr":                  {rules: `{expr: 'title == "x"', target: s}`, want: []string{"E_TYPE /rules/0/expr"}},
		"condition is no boolean":     {rules: `{scim: title, target: s, when: 'lower(title)'}`, want: []string{"E_TYPE /rules/0/when"}},
		"scope is no boolean":         {rules: `{scim: title, target: s}`, more: "scope: lower(title)\n", want: []string{"E_TYPE /scope"}},
		"lossy":                       {rules: `{scim: title, target: s, pipe: [trim]}`, want: []string{"E_LOSSY /rules/0/pipe"}},
		"lossy with a reason":         {rules: `{scim: title, target: s, pipe: [trim], lossy: spaces do not matter}`},
		"lossy one way":               {rules: `{scim: title, target: s, pipe: [trim], direction: toTarget}`},
		"fold where case counts":      {rules: `{scim: externalId, target: s, pipe: [lower]}`, want: []string{"E_LOSSY /rules/0/pipe"}},
		"fold":                        {rules: `{scim: userName, target: s, pipe: [lower]}`},
		"step without inverse":        {rules: `{scim: title, target: s, pipe: ['left(3)']}`, want: []string{"E_NO_INVERSE /rules/0/pipe/0"}},
		"expr without inverse":        {rules: `{scim: title, target: s, expr: 'lower(title)'}`, want: []string{"E_NO_INVERSE /rules/0/expr"}},
		"expr with inverse":           {rules: `{scim: title, target: s, expr: 'lower(title)', inverse: $target.s}`},
		"filter that cannot be read":  {rules: `{scim: 'emails[type ne "x"].value', target: s}`, want: []string{"E_NO_INVERSE /rules/0/scim"}},
		"the same, only written":      {rules: `{scim: 'emails[type ne "x"].value', target: s, direction: toTarget}`},
		"read-only field":             {rules: `{scim: title, target: ro}`, want: []string{"E_READONLY_FIELD /rules/0/target"}},
		"read-only field, only read":  {rules: `{scim: title, target: ro, direction: toScim}`},
		"two rules for a field":       {rules: "{scim: title, target: s}\n{scim: nickName, target: s}", want: []string{"E_DUPLICATE_TARGET /rules/1/target"}},
		"alternatives, half said":     {rules: "{scim: title, target: s, alternatives: true}\n{scim: nickName, target: s}", want: []string{"E_DUPLICATE_TARGET /rules/1/target"}},
		"alternatives":                {rules: "{scim: title, target: s, alternatives: true}\n{scim: nickName, target: s, alternative: true}"},
		"required could be cleared":   {rules: `{scim: title, target: req}`, want: []string{"E_CLEAR_REQUIRED /rules/0/target"}},
		"required, kept":              {rules: `{scim: title, target: req, onUnset: keep}`},
		"required by the rule":        {rules: `{scim: title, target: req, required: true}`},
		"required, always a default":  {rules: `{scim: title, target: req, default: x, defaultOn: always}`},
		"required, second decides":    {rules: "{scim: title, target: req, when: active, onUnset: keep, alternatives: true}\n{scim: nickName, target: req, alternative: true}", want: []string{"E_CLEAR_REQUIRED /rules/1/target"}},
		"secret that is read":         {rules: `{scim: title, target: s, secret: true}`, want: []string{"E_SECRET_DIRECTION /rules/0/direction"}},
		"secret":                      {rules: `{scim: password, target: s, secret: true, direction: toTarget}`},
		"match without eq":            {rules: `{scim: title, target: s}`, more: "match: [{precedence: 1, scim: userName, target: n}]\n", want: []string{"E_MATCH_NOT_FILTERABLE /match/0/target"}},
		"equal precedence":            {rules: `{scim: title, target: s}`, more: "match: [{precedence: 1, scim: userName, target: s}, {precedence: 1, scim: title, target: s}]\n", want: []string{"E_MATCH_PRECEDENCE /match/1/precedence"}},
		"element of a single value":   {rules: `{scim: title, target: s, element: {primary: true}}`, want: []string{"E_TYPE /rules/0/element/primary"}},
		"unknown part of an element":  {rules: `{scim: emails.value, target: s, element: {first: true}}`, want: []string{"E_UNKNOWN_ATTRIBUTE /rules/0/element/first"}},
		"inverse of an unknown field": {rules: `{scim: title, inverse: $target.x}`, want: []string{"E_UNKNOWN_FIELD /rules/0/inverse"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, all := problems(t, document(fields, tc.rules, tc.more))
			assert.ElementsMatch(t, tc.want, got, "%s", all)
			for _, d := range all {
				assert.Positive(t, d.Line, "%s has no line", d.At)
				assert.Positive(t, d.Column)
				assert.Contains(t, d.Snippet, "^")
			}
		})
	}
}

func TestParse_Problems(t *testing.T) {
	t.Parallel()
	head := "apiVersion: mapping/v1\nname: x\nresource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']}\ntarget: {object: o}\n"
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"empty":                     {"", []string{" the document is empty"}},
		"not YAML":                  {"a: [", []string{" not YAML"}},
		"not a mapping":             {"- a\n", []string{" a mapping is wanted"}},
		"missing members":           {"apiVersion: mapping/v1\n", []string{"/name", "/resource", "/target", "/rules"}},
		"wrong version":             {strings.Replace(head, "v1", "v2", 1) + "rules: []\n", []string{"/apiVersion"}},
		"unknown member":            {head + "rules: []\nruls: []\n", []string{"/ruls"}},
		"unknown member of a rule":  {head + "rules: [{scim: title, target: a, pipes: []}]\n", []string{"/rules/0/pipes"}},
		"duplicate members":         {head + "name: y\nrules: []\ntarget: {object: o}\n", []string{" member name is there twice", " member target is there twice"}},
		"tag":                       {head + "rules: !!set {}\n", []string{" tag"}},
		"custom tag":                {head + "rules: []\nscope: !x abc\n", []string{" tag"}},
		"merge key":                 {head + "rules: []\noptions: {<<: {emptyString: unset}}\n", []string{" a member's name"}},
		"two documents":             {head + "rules: []\n---\na: b\n", []string{" a file holds one document"}},
		"too deep":                  {head + "rules: []\nscope: " + deep + "\n", []string{" the document nests deeper"}},
		"alias of itself":           {"a: &a [*a]\n", []string{" alias"}},
		"wrong kinds":               {head + "scope: [a]\nmatch: x\nrules: {a: b}\n", []string{"/scope", "/match", "/rules"}},
		"bad choice":                {head + "rules: [{scim: title, target: a, apply: alway}]\n", []string{"/rules/0/apply"}},
		"rule without a source":     {head + "rules: [{target: a}]\n", []string{"/rules/0/scim"}},
		"rule without a target":     {head + "rules: [{scim: a}]\n", []string{"/rules/0/target"}},
		"const and expr":            {head + "rules: [{const: 1, expr: title, target: a}]\n", []string{"/rules/0/const"}},
		"names twice":               {head + "rules: [{name: n, scim: title, target: a}, {name: n, scim: title, target: b}]\n", []string{"/rules/1/name"}},
		"bad pattern":               {head + "rules: [{scim: title, target: a, validate: [{pattern: '('}]}]\n", []string{"/rules/0/validate/0/pattern"}},
		"pattern that would escape": {head + "rules: [{scim: title, target: a, validate: [{pattern: 'a)|(b'}]}]\n", []string{"/rules/0/validate/0/pattern"}},
		"bad type":                  {head[:len(head)-len("}\n")] + ", schema: {fields: {a: {type: text}}}}\nrules: []\n", []string{"/target/schema/fields/a/type"}},
		"bad entry":                 {head + "rules: []\nvalueMaps: {m: {entries: [[a]]}}\n", []string{"/valueMaps/m/entries/0"}},
		"bad duration":              {head + "rules: []\nlookups: {l: {object: o, keys: [k], value: v, cache: {ttl: soon}}}\n", []string{"/lookups/l/cache/ttl"}},
		"routes of a mapping":       {head + "rules: []\nroutes: []\n", []string{"/routes"}},
		"unique":                    {head + "rules: [{unique: [a, b], target: a}]\n", []string{"/rules/0/unique"}},
		"a long name":               {head + "rules: []\n" + strings.Repeat("x", 257) + ": 1\n", []string{" a member's name is longer than 256 bytes"}},
		"JSON, a long name":         {`{"` + strings.Repeat("x", 300) + `": 1}`, []string{" a member's name is longer than 256 bytes"}},
		"JSON, twice":               {`{"apiVersion": "mapping/v1", "name": "x", "name": "y"}`, []string{" member name is there twice"}},
		"not UTF-8":                 {"a: \xff\n", []string{" the document is not UTF-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, ds := mapping.Parse("test.yaml", []byte(tc.text))
			require.Nil(t, doc)
			require.Len(t, ds, len(tc.want), "%s", ds)
			for i, want := range tc.want {
				assert.Equal(t, mapping.CodeSyntax, ds[i].Code)
				if strings.HasPrefix(want, "/") {
					assert.Equal(t, want, ds[i].At)
				} else {
					assert.Contains(t, ds[i].Error(), want)
				}
			}
		})
	}
}

func TestParse_AliasBomb(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, ds := mapping.Parse("bomb.yaml", []byte(b.String()))
	require.NotEmpty(t, ds)
	assert.Contains(t, ds.String(), "more than")
	assert.Less(t, len(ds.String()), 10_000)
}

// A problem within an expression points at its place in the line.
func TestDiagnostic_Place(t *testing.T) {
	t.Parallel()
	text := document("a: {type: string}\nb: {type: string}", `{expr: "lower(tite)", target: a}`+"\n"+`{scim: 'titel', target: b}`, "")
	_, ds := problems(t, text)
	require.Len(t, ds, 2, "%s", ds)
	d := ds[0]
	line := strings.Split(text, "\n")[d.Line-1]
	assert.Equal(t, "tite)", line[d.Column-1:][:5])
	assert.Equal(t, "title", d.Suggestion)
	assert.Equal(t, "test.yaml", d.File)
	caret := strings.Split(d.Snippet, "\n")
	assert.Equal(t, strings.Index(caret[0], "tite)"), strings.Index(caret[1], "^"))
	assert.Equal(t, fmt.Sprintf(`test.yaml:%d:%d: no attribute "tite"; did you mean title? [E_UNKNOWN_ATTRIBUTE]`, d.Line, d.Column), d.Error())

	err := ds.Err()
	var e *mapping.DiagnosticsError
	require.ErrorAs(t, err, &e)
	assert.Contains(t, err.Error(), "titel")
	assert.NoError(t, mapping.Diagnostics(nil).Err())
}

// JSON and YAML of equal content are the same document.
func TestParse_JSON(t *testing.T) {
	t.Parallel()
	yaml := "apiVersion: mapping/v1\nname: x\nresource: {type: User, schemas: ['urn:ietf:params:scim:schemas:core:2.0:User']}\n" +
		"target: {object: o, schema: {fields: {a: {type: string}}}}\nrules:\n  - {scim: title, target: a}\n"
	json := "{\"apiVersion\": \"mapping/v1\",\n\t\"name\": \"x\", \"resource\": {\"type\": \"User\", \"schemas\": [\"urn:ietf:params:scim:schemas:core:2.0:User\"]},\n" +
		"\"target\": {\"object\": \"o\", \"schema\": {\"fields\": {\"a\": {\"type\": \"string\"}}}}, \"rules\": [{\"scim\": \"title\", \"target\": \"a\"}]}"
	a, ds := mapping.Parse("a.yaml", []byte(yaml))
	require.Empty(t, ds)
	b, ds := mapping.Parse("b.json", []byte(json))
	require.Empty(t, ds)
	assert.Equal(t, a.Hash(), b.Hash())
	assert.Len(t, a.Hash(), 64)
	assert.Equal(t, a.Rules(), b.Rules())

	_, ds = mapping.Parse("b.json", []byte(strings.Replace(json, `"rules"`, `"rulez"`, 1)))
	require.Len(t, ds, 2)
	assert.Equal(t, "/rulez", ds[0].At)
	assert.Equal(t, 3, ds[0].Line)
	assert.Equal(t, "rules", ds[0].Suggestion)
}

func TestParseFS(t *testing.T) {
	t.Parallel()
	text := document("a: {type: string}", "{scim: title, target: a}", "")
	docs, ds := mapping.ParseFS(fstest.MapFS{
		"b/two.yml":  {Data: []byte(text)},
		"a/one.yaml": {Data: []byte(text)},
		"c/bad.json": {Data: []byte("{}")},
		"readme.md":  {Data: []byte("no document")},
	})
	require.Len(t, docs, 2)
	assert.Equal(t, "a/one.yaml", docs[0].File())
	assert.Equal(t, "b/two.yml", docs[1].File())
	require.NotEmpty(t, ds)
	assert.Equal(t, "c/bad.json", ds[0].File)
}

func TestResourceType(t *testing.T) {
	t.Parallel()
	text := document("a: {type: string, oneOf: [x, y]}\nlist: {type: list<string>}\nn: {type: integer, required: true}",
		"{scim: 'x:a', target: a}\n{scim: 'x:list', target: list}\n{scim: 'x:b', target: n, onUnset: keep}", "")
	text = strings.Replace(text, "'urn:x:ext': [a, b, list]", "'urn:x:ext': [a, b, list], 'urn:ietf:params:scim:schemas:core:2.0:User': [custom_fields.shift, name.nick, title]", 1)
	doc, ds := mapping.Parse("x.yaml", []byte(text))
	require.Empty(t, ds)
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err)

	assert.Equal(t, []string{"x", "y"}, typ.Lookup("urn:x:ext:a").Choices)
	assert.True(t, typ.Lookup("urn:x:ext:list").MultiValued)
	assert.Equal(t, schema.Integer, typ.Lookup("urn:x:ext:b").Shown)
	assert.True(t, typ.Lookup("urn:x:ext:b").Required)
	assert.Equal(t, schema.Any, typ.Lookup("urn:x:ext:b").Type)
	require.NotNil(t, typ.Lookup("custom_fields").Sub)
	assert.NotEqual(t, schema.NoSlot, typ.Lookup("custom_fields").Sub.Slot("shift"))
	assert.NotEqual(t, schema.NoSlot, typ.Lookup("name").Sub.Slot("nick"))
	assert.NotEqual(t, schema.NoSlot, typ.Lookup("name").Sub.Slot("givenName"))
	assert.Equal(t, schema.String, typ.Lookup("title").Type, "a known attribute stays as it is")

	_, err = doc.ResourceType([]schema.Schema{bases()[0]}, nil)
	var e *mapping.DiagnosticsError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, mapping.CodeUnknownSchema, e.List[0].Code)
	assert.Equal(t, "/resource/schemas/1", e.List[0].At)
}
