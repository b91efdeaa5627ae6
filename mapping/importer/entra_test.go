package importer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/importer"
)

// entraOf is a schema with one mapping, of an expression to the field out.
func entraOf(t testing.TB, expression string) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{"objectMappings": []any{map[string]any{
		"sourceObjectName": "User", "attributeMappings": []any{map[string]any{
			"targetAttributeName": "out", "source": map[string]any{"type": "Function", "expression": expression},
		}},
	}}})
	require.NoError(t, err)
	return data
}

const ada = `{"userName":"Ada.L@example.com","displayName":"Ada  Lovelace","name":{"givenName":"Ada","familyName":"Løvelaçe"},"title":"Chief, Engineer",
"addresses":[{"type":"work","locality":"London","region":"","country":"GB"}],
"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7","department":"Lab"}}`

// Every function of Entra's language: what it gives for ada, in the words of the
// vendor's reference.
func TestEntra_Functions(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`Append([givenName], "@x")`:                                             `"Ada@x"`,
		`BitAnd(&HF, &HF7)`:                                                     `7`,
		`CBool("True")`:                                                         `true`,
		`Coalesce([state], [city], "none")`:                                     `"London"`,
		`ConvertToBase64("Hello world!")`:                                       `"SABlAGwAbABvACAAdwBvAHIAbABkACEA"`,
		`ConvertToUTF8Hex("Hello world!")`:                                      `"48656C6C6F20776F726C6421"`,
		`Count(Split([jobTitle], ","))`:                                         `2`,
		`CStr(12)`:                                                              `"12"`,
		`DateAdd("d", 1, "2026-01-31")`:                                         `"2026-02-01"`,
		`DateDiff("d", "2026-01-31", "2026-02-02")`:                             `2`,
		`DateFromNum(132223104000000000)`:                                       `"2020-01-01T00:00:00Z"`,
		`NumFromDate("2020-01-01T00:00:00Z")`:                                   `132223104000000000`,
		`FormatDateTime("20260131", , "yyyyMMdd", "dd.MM.yyyy")`:                `"31.01.2026"`,
		`IIF([country]="GB", [country], [department])`:                          `"GB"`,
		`IIF([country]<>"GB", [country], [department])`:                         `"Lab"`,
		`InStr("The quick brown fox", "quick")`:                                 `5`,
		`InStr("repEated", "E", 1, 1)`:                                          `2`,
		`IIF(IsNull([state]), "n", "y")`:                                        `"n"`,
		`IIF(IsNullOrEmpty([city]), "n", "y")`:                                  `"y"`,
		`IIF(IsPresent([city]), "y", "n")`:                                      `"y"`,
		`IIF(IsString([city]), "y", "n")`:                                       `"y"`,
		`Item(Split([jobTitle], ","), 2)`:                                       `"Engineer"`,
		`Join(" ", [givenName], [state], [surname])`:                            `"Ada Løvelaçe"`,
		`Left([surname], 3)`:                                                    `"Løv"`,
		`Mid("John Doe", 3, 5)`:                                                 `"hn Do"`,
		`NormalizeDiacritics([surname])`:                                        `"Loevelace"`,
		`IIF(Not(IsPresent([city])), "n", "y")`:                                 `"y"`,
		`PCase("hello o'NEIL")`:                                                 `"Hello O'Neil"`,
		`Count(RemoveDuplicates(Split("a,b,a", ",")))`:                          `2`,
		`Replace([userPrincipalName], "@example.com", , , "", , )`:              `"Ada.L"`,
		`Replace([city], "on", , , "in", , )`:                                   `"Lindin"`,
		`Replace([city], , "o(?<x>n)", , "<$>", , )`:                            `"L<$>d<$>"`,
		`Replace([city], , "(?<x>on)", "x", [country], , )`:                     `"LGBdGB"`,
		`Replace("+1 (425) 555", , "\\((?<area>\\d+)\\)", "area", "$9", , )`:    `"+1 ($9) 555"`,
		`Replace("a.b@x", , "^(?<l>.*)@", "l", , [jobTitle], )`:                 `"Chief, Engineer@x"`,
		`Replace([givenName], "%1", , , , , "Hi %1!")`:                          `"Hi Ada!"`,
		`StripSpaces([displayName])`:                                            `"AdaLovelace"`,
		`Switch([department], "Other", "Lab", "L", "Ops", "O")`:                 `"L"`,
		`Switch([city], "Other", "Lab", "L")`:                                   `"Other"`,
		`ToLower([userPrincipalName])`:                                          `"ada.l@example.com"`,
		`ToUpper([givenName], )`:                                                `"ADA"`,
		`Word("The quick brown fox", 3, " ")`:                                   `"brown"`,
		`Append("a ""quoted"" \"text\" \d", "")`:                                `"a \"quoted\" \"text\" \\d"`,
		`IgnoreFlowIfNullOrEmpty(Redact(ToLower([givenName])))`:                 `"ada"`,
		`CDate("2026-01-31")`:                                                   `"2026-01-31"`,
		`ToLower(Replace(Join(".", [givenName], [surname]), "ø", , , "o", , ))`: `"ada.lovelaçe"`,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			r, err := importer.Entra(entraOf(t, expression), nil)
			require.NoError(t, err)
			require.True(t, r.Complete(), "%v", r.Lines)
			plan := compiled(t, r, nil)
			var got map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(write(t, plan, ada)), &got), "%s", r.Document)
			assert.JSONEq(t, want, string(got["out"]), "%s", r.Document)
		})
	}
}

// What cannot be carried over is named with the reason; nothing is dropped
// silently.
func TestEntra_Left(t *testing.T) {
	t.Parallel()
	for expression, why := range map[string]string{
		`Guid()`:                                      "random",
		`RandomString(10, 1, 1, 1, 1, "")`:            "random",
		`SelectUniqueValue([mail])`:                   "tried out",
		`Left(Guid(), 3)`:                             "random",
		`Nope([mail])`:                                "Nope is not known",
		`[extensionAttribute9]`:                       "[extensionAttribute9] arrives is not known",
		`ToLower([mail], "tr-TR")`:                    "culture",
		`PCase([mail], "-")`:                          "separators",
		`CDate([mail], "en-US")`:                      "culture",
		`InStr([mail], "a", 2)`:                       "other than the first",
		`Replace([mail], , "(?=x)", , "y", , )`:       "(?=",
		`Replace([mail], , "(a)\\1", , "y", , )`:      "back references",
		`Replace([mail], , "a(?<n>b)+", "n", "y",,)`:  "within others",
		`Replace([mail], , "(a(?<n>b))", "n", "y",,)`: "within others",
		`Replace([mail], , "a|(?<n>b)", "n", "y",,)`:  "beside alternatives",
		`Replace([mail], , "a(?<m>b)", "n", "y",,)`:   "no group n",
		`Replace([mail], , "ab", "n", "y",,)`:         "no group n",
		`Replace([mail], , [city], , "y", , )`:        "no literal",
		`Replace([mail], , "(", , "y", , )`:           "none of RE2",
		`Replace([mail])`:                             "no counterpart",
		`FormatDateTime([mail], , "MMM d", "yyyy")`:   "more than yyyy",
		`FormatDateTime([mail], "x", "yyyy", "yyyy")`: "style",
		`Switch([city], "a", "b")`:                    "has no value",
		`Left([mail])`:                                "Left has 1 arguments",
		`Append([mail], Redact("x"))`:                 "around the whole",
		`Append([mail], vbTextCompare)`:               "word vbTextCompare",
		`Append([mail]`:                               "ends too early",
		`Append("x`:                                   "no end",
		`Append([], "x")`:                             "at 8 is unexpected",
		`Now() x`:                                     `'x' at 7`,
		strings.Repeat("Not(", 40) + "[mail]" + strings.Repeat(")", 40): "nested deeper",
		``: "has no source",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			r, err := importer.Entra(entraOf(t, expression), nil)
			require.NoError(t, err)
			require.Len(t, r.Lines, 1)
			assert.Equal(t, importer.Left, r.Lines[0].Status)
			assert.Contains(t, r.Lines[0].Why, why)
			assert.Equal(t, "out", r.Lines[0].Where)
			compiled(t, r, nil)
		})
	}
}

func TestEntra_Options(t *testing.T) {
	t.Parallel()
	r, err := importer.Entra(entraOf(t, "[extensionAttribute9]"), &importer.Options{Attributes: map[string]string{"ExtensionAttribute9": "nickName"}})
	require.NoError(t, err)
	assert.Equal(t, []string{"carried out = [extensionAttribute9] → rule out"}, lines(r))
	assert.JSONEq(t, `{"out":"N"}`, write(t, compiled(t, r, nil), `{"userName":"x","nickName":"N"}`))

	for _, c := range []struct{ mapping, want string }{
		{`"flowType": "MultiValueAddOnly"`, "multi: add"}, {`"flowType": "ValueAddOnly"`, "multi: add"},
		{`"flowType": "AttributeAddOnly"`, "apply: ifEmpty"}, {`"flowType": "ObjectAddOnly"`, "apply: create"},
		{`"flowBehavior": "FlowAlways"`, "enforce: true"}, {`"defaultValue": "d"`, `default: d`},
		{`"matchingPriority": 3`, "precedence: 3, expr: "},
	} {
		r, err := importer.Entra([]byte(`{"attributeMappings":[{"targetAttributeName":"out",`+c.mapping+`,"source":{"type":"Function","expression":"ToLower([mail])"}}]}`), nil)
		require.NoError(t, err)
		assert.Contains(t, string(r.Document), c.want)
		assert.True(t, r.Complete())
	}
	r, err = importer.Entra([]byte(`{"attributeMappings":[{"targetAttributeName":"out","flowType":"Sometimes","source":{"type":"Attribute","name":"mail"}}]}`), nil)
	require.NoError(t, err)
	assert.False(t, r.Complete())
}

// A scope is carried over whole or not at all: a part of it lets in whom the whole
// keeps out.
func TestEntra_Scope(t *testing.T) {
	t.Parallel()
	scoped := func(clauses string) []byte {
		return []byte(`{"scope":{"groups":[{"clauses":[` + clauses + `]}]},"attributeMappings":[{"targetAttributeName":"out","source":{"type":"Attribute","name":"mail"}}]}`)
	}
	for operator, want := range map[string]string{
		"EQUALS": `toString(title) == "5"`, "NOT EQUALS": `toString(title) != "5"`, "IS TRUE": "title == true", "IS FALSE": "title == false",
		"IS NULL": "isUnset(title)", "IS NOT NULL": "isPresent(title)", "INCLUDES": `contains(title, "5")`, "ENDS WITH": `endsWith(title, "5")`,
		"STARTS_WITH": `startsWith(title, "5")`, "REGEX MATCH": `matches(title, "5")`, "NOT REGEX MATCH": `!matches(title, "5")`,
		"Greater_Than": `toInt(title) > toInt("5")`, "GREATER_THAN_OR_EQUALS": `toInt(title) >= toInt("5")`,
	} {
		r, err := importer.Entra(scoped(`{"sourceOperandName":"jobTitle","operatorName":"`+operator+`","targetOperand":{"values":["5"]}}`), nil)
		require.NoError(t, err)
		assert.True(t, r.Complete(), "%v", r.Lines)
		unquoted := strings.NewReplacer("'", "", `"`, "", `\`, "")
		assert.Contains(t, unquoted.Replace(string(r.Document)), "scope: "+unquoted.Replace(want), operator)
	}
	for _, clauses := range []string{
		`{"sourceOperandName":"jobTitle","operatorName":"IsMemberOf","targetOperand":{"values":["5"]}}`,
		`{"sourceOperandName":"jobTitle","operatorName":"EQUALS","targetOperand":{"values":["5","6"]}}`,
		`{"sourceOperandName":"jobTitle","operatorName":"REGEX MATCH","targetOperand":{"values":["(?!x)"]}}`,
		`{"sourceOperandName":"nope","operatorName":"IS NULL"}`,
	} {
		r, err := importer.Entra(scoped(`{"sourceOperandName":"mail","operatorName":"IS NOT NULL"},`+clauses), nil)
		require.NoError(t, err)
		assert.False(t, r.Complete())
		assert.NotContains(t, string(r.Document), "scope:")
		assert.Contains(t, r.Lines[1].Why, "the whole scope is left out")
	}
}

// Of what the source says twice one is carried over, and the other is told.
func TestEntra_Twice(t *testing.T) {
	t.Parallel()
	base := requester(t)
	r, err := importer.Entra([]byte(`{"attributeMappings":[
		{"targetAttributeName":"title","matchingPriority":1,"source":{"type":"Function","expression":"ToUpper([jobTitle])"}},
		{"targetAttributeName":"title","source":{"type":"Attribute","name":"department"}},
		{"targetAttributeName":"userName","matchingPriority":1,"source":{"type":"Attribute","name":"userPrincipalName"}}]}`), &importer.Options{Base: base})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"carried title = ToUpper([jobTitle]) → rule job_title",
		"left title = department: another mapping of the attribute stands before it",
		"left userName = matching precedence: another attribute has the same precedence",
		"carried userName = userPrincipalName → rule login",
	}, lines(r))
	compiled(t, r, base)
	r, err = importer.Entra([]byte(`{"scope":{"groups":[{"name":"all","clauses":[]}]},"attributeMappings":[
		{"targetAttributeName":"id","matchingPriority":1,"source":{"type":"Attribute","name":"objectId"}}]}`), nil)
	require.NoError(t, err)
	assert.Contains(t, r.Lines[0].Why, "without clauses")
	compiled(t, r, nil)
}

func TestEntra_NoSchema(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "x", "[]", "{}", `{"synchronizationRules":[]}`} {
		_, err := importer.Entra([]byte(text), nil)
		require.Error(t, err, text)
	}
}

func FuzzEntra(f *testing.F) {
	for _, e := range []string{`Switch([a], , "x", "y")`, `Replace([mail],,"(?<n>x)","n","$1",,)`, `[mail]`, `Append("a""b", "\\")`, `&HFF = -1`} {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		r, err := importer.Entra(entraOf(t, expression), nil)
		require.NoError(t, err, "whatever the expression is, there is a document and a line")
		require.Len(t, r.Lines, 1)
	})
}

func TestAnEntraMappingWithoutATargetTakesNoRulesPlace(t *testing.T) {
	base, ds := mapping.Parse("base.yaml", []byte(`
apiVersion: mapping/v1
name: base
resource: {type: User, schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]}
target: {object: person, schema: {fields: {name: {type: string}}}}
rules:
  - {name: joined, expr: 'displayName + "!"', target: name, direction: toTarget}
`))
	require.Empty(t, ds)
	r, err := importer.Entra([]byte(`{"attributeMappings": [
		{"targetAttributeName": "", "source": {"type": "Attribute", "name": "city"}}]}`), &importer.Options{Base: base})
	require.NoError(t, err)
	require.Len(t, r.Lines, 1)
	require.Equal(t, importer.Left, r.Lines[0].Status)
	require.NotContains(t, string(r.Document), "joined")
}
