package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

func patchBody(ops ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// op writes one operation; path and value may be "".
func op(name, path, value string) string {
	s := fmt.Sprintf(`{"op":%q`, name)
	if path != "" {
		s += fmt.Sprintf(`,"path":%q`, path)
	}
	if value != "" {
		s += `,"value":` + value
	}
	return s + "}"
}

type object = map[string]any

var (
	work = object{"value": "a@example.com", "type": "work", "primary": true}
	home = object{"value": "h@example.com", "type": "home"}
)

// patched is the user that the tests of PATCH begin with.
func patched(t testing.TB, h *scim.Handler) {
	t.Helper()
	a := do(t, h, "POST", "/Users", userBody(`"title":"Countess","name":{"givenName":"Ada","familyName":"King"},
		"emails":[{"value":"a@example.com","type":"work","primary":true},{"value":"h@example.com","type":"home"}],
		"`+entURN+`":{"department":"Math","manager":{"value":"7","$ref":"../Users/7"}},"`+teststore.FreshURN+`":{"birth":"1815"}`))
	require.Equal(t, 201, a.Code, a.Body.String())
}

const (
	asCompatible = ""     // strict does the same, without a repair
	refused      = "400 " // strict: with this scimType
)

func TestPatch(t *testing.T) {
	t.Parallel()
	manager := entURN + ":manager"
	for name, c := range map[string]struct {
		ops     string
		path    []string
		want    any
		repairs []string
		strict  string
	}{
		// RFC 7644 section 3.5.2.1.
		"add single":               {op("add", "displayName", `"x"`), []string{"displayName"}, "x", nil, asCompatible},
		"add over a value":         {op("add", "title", `"x"`), []string{"title"}, "x", nil, asCompatible},
		"add sub-attribute":        {op("add", "name.middleName", `"B"`), []string{"name"}, object{"givenName": "Ada", "middleName": "B", "familyName": "King"}, nil, asCompatible},
		"add complex":              {op("add", "name", `{"givenName":"A","middleName":"B"}`), []string{"name"}, object{"givenName": "A", "middleName": "B", "familyName": "King"}, nil, asCompatible},
		"add to list":              {op("add", "emails", `[{"value":"x"}]`), []string{"emails"}, []any{work, home, object{"value": "x"}}, nil, asCompatible},
		"add what is there":        {op("add", "emails", `[{"value":"A@example.com","type":"WORK"}]`), []string{"emails"}, []any{work, home}, nil, asCompatible},
		"add to what is there":     {op("add", "emails", `[{"value":"h@example.com","type":"home","display":"H"}]`), []string{"emails"}, []any{work, object{"value": "h@example.com", "type": "home", "display": "H"}}, nil, asCompatible},
		"add another type":         {op("add", "emails", `[{"value":"a@example.com","type":"home"}]`), []string{"emails"}, []any{work, home, object{"value": "a@example.com", "type": "home"}}, nil, asCompatible},
		"add a primary":            {op("add", "emails", `[{"value":"x","primary":true}]`), []string{"emails"}, []any{object{"value": "a@example.com", "type": "work", "primary": false}, home, object{"value": "x", "primary": true}}, nil, asCompatible},
		"add by filter":            {op("add", `emails[type eq "home"].display`, `"H"`), []string{"emails"}, []any{work, object{"value": "h@example.com", "type": "home", "display": "H"}}, nil, asCompatible},
		"add object by filter":     {op("add", `emails[type eq "home"]`, `{"display":"H"}`), []string{"emails"}, []any{work, object{"value": "h@example.com", "type": "home", "display": "H"}}, nil, asCompatible},
		"add primary by filter":    {op("add", `emails[type eq "home"].primary`, `true`), []string{"emails"}, []any{object{"value": "a@example.com", "type": "work", "primary": false}, object{"value": "h@example.com", "type": "home", "primary": true}}, nil, asCompatible},
		"add to unset":             {op("add", "phoneNumbers", `[{"value":"1"}]`), []string{"phoneNumbers"}, []any{object{"value": "1"}}, nil, asCompatible},
		"add without path":         {op("add", "", `{"displayName":"x","name":{"middleName":"B"}}`), []string{"name"}, object{"givenName": "Ada", "middleName": "B", "familyName": "King"}, nil, asCompatible},
		"add empty list":           {op("add", "emails", `[]`), []string{"emails"}, []any{work, home}, nil, asCompatible},
		"add list without path":    {op("add", "", `{"emails":[{"value":"x"}]}`), []string{"emails"}, []any{work, home, object{"value": "x"}}, nil, asCompatible},
		"add immutable":            {op("add", teststore.FreshURN+":birth", `"1815"`), []string{teststore.FreshURN, "birth"}, "1815", nil, asCompatible},
		"add custom field":         {op("add", "custom_fields.shift", `"late"`), []string{"custom_fields"}, object{"shift": "late"}, nil, asCompatible},
		"add custom field by core": {op("add", userURN+":custom_fields.shift", `"late"`), []string{"custom_fields"}, object{"shift": "late"}, nil, asCompatible},
		"add custom fields":        {op("add", "", `{"custom_fields":{"shift":"late","floor":2}}`), []string{"custom_fields"}, object{"shift": "late", "floor": 2.0}, nil, asCompatible},
		// Section 3.5.2.2.
		"remove single":            {op("remove", "title", ""), []string{"title"}, nil, nil, asCompatible},
		"remove what is not there": {op("remove", "nickName", ""), []string{"nickName"}, nil, nil, asCompatible},
		"remove sub-attribute":     {op("remove", "name.givenName", ""), []string{"name"}, object{"familyName": "King"}, nil, asCompatible},
		"remove list":              {op("remove", "emails", ""), []string{"emails"}, nil, nil, asCompatible},
		"remove by filter":         {op("remove", `emails[type eq "work"]`, ""), []string{"emails"}, []any{home}, nil, asCompatible},
		"remove the last":          {op("remove", `emails[value pr]`, ""), []string{"emails"}, nil, nil, asCompatible},
		"remove sub by filter":     {op("remove", `emails[type eq "work"].primary`, ""), []string{"emails"}, []any{object{"value": "a@example.com", "type": "work"}, home}, nil, asCompatible},
		"remove sub of all":        {op("remove", `emails.type`, ""), []string{"emails"}, []any{object{"value": "a@example.com", "primary": true}, object{"value": "h@example.com"}}, nil, asCompatible},
		"remove manager":           {op("remove", manager, ""), []string{entURN}, object{"department": "Math"}, nil, asCompatible},
		"remove manager's value":   {op("remove", manager+".value", ""), []string{entURN}, object{"department": "Math"}, nil, asCompatible},
		"remove single with value": {op("remove", "title", `"Countess"`), []string{"title"}, nil, nil, asCompatible},
		// Section 3.5.2.3.
		"replace single":            {op("replace", "title", `"x"`), []string{"title"}, "x", nil, asCompatible},
		"replace without path":      {op("replace", "", `{"title":"x"}`), []string{"title"}, "x", nil, asCompatible},
		"replace list":              {op("replace", "emails", `[{"value":"x"}]`), []string{"emails"}, []any{object{"value": "x"}}, nil, asCompatible},
		"replace by empty list":     {op("replace", "emails", `[]`), []string{"emails"}, nil, nil, asCompatible},
		"replace complex":           {op("replace", "name", `{"givenName":"A"}`), []string{"name"}, object{"givenName": "A", "familyName": "King"}, nil, asCompatible},
		"replace within complex":    {op("replace", "name", `{"givenName":null}`), []string{"name"}, object{"familyName": "King"}, nil, asCompatible},
		"replace unset":             {op("replace", "displayName", `"x"`), []string{"displayName"}, "x", nil, asCompatible},
		"replace element":           {op("replace", `emails[type eq "work"]`, `{"value":"x","type":"work"}`), []string{"emails"}, []any{object{"value": "x", "type": "work"}, home}, nil, asCompatible},
		"replace several elements":  {op("replace", `emails[value pr]`, `{"value":"x"}`), []string{"emails"}, []any{object{"value": "x"}}, nil, asCompatible},
		"replace sub by filter":     {op("replace", `emails[type eq "work"].value`, `"x"`), []string{"emails"}, []any{object{"value": "x", "type": "work", "primary": true}, home}, nil, asCompatible},
		"replace sub of all":        {op("replace", `emails.type`, `"other"`), []string{"emails"}, []any{object{"value": "a@example.com", "type": "other", "primary": true}, object{"value": "h@example.com", "type": "other"}}, nil, asCompatible},
		"replace by null":           {op("replace", "title", `null`), []string{"title"}, nil, nil, asCompatible},
		"replace manager":           {op("replace", manager, `{"value":"8"}`), []string{entURN, "manager"}, managerIs("8"), nil, asCompatible},
		"replace same manager":      {op("replace", manager, `{"value":"7"}`), []string{entURN, "manager"}, managerIs("7"), nil, asCompatible},
		"replace manager by {}":     {op("replace", manager, `{}`), []string{entURN, "manager"}, managerIs("7"), nil, asCompatible},
		"name of the manager only":  {op("replace", manager, `{"displayName":"x"}`), []string{entURN, "manager"}, managerIs("7"), nil, asCompatible},
		"the same without a path":   {op("replace", "", `{"`+entURN+`":{"manager":{"displayName":"x"}}}`), []string{entURN, "manager"}, managerIs("7"), nil, asCompatible},
		"the same, added":           {op("add", manager, `{"displayName":"x"}`), []string{entURN, "manager"}, managerIs("7"), nil, asCompatible},
		"manager's value by null":   {op("replace", manager, `{"value":null}`), []string{entURN}, object{"department": "Math"}, nil, asCompatible},
		"replace manager's value":   {op("replace", manager+".value", `"8"`), []string{entURN, "manager"}, managerIs("8"), nil, asCompatible},
		"replace extension members": {op("replace", "", `{"`+entURN+`":{"department":"x"}}`), []string{entURN, "department"}, "x", nil, asCompatible},
		"core URN in path":          {op("replace", userURN+":title", `"x"`), []string{"title"}, "x", nil, asCompatible},
		"names in any case":         {op("replace", `EMAILS[TYPE EQ "WORK"].Value`, `"x"`), []string{"emails"}, []any{object{"value": "x", "type": "work", "primary": true}, home}, nil, asCompatible},
		"op in any case":            {op("REPLACE", "title", `"x"`), []string{"title"}, "x", nil, asCompatible},
		"in order":                  {op("add", "title", `"x"`) + "," + op("remove", "title", "") + "," + op("add", "title", `"y"`), []string{"title"}, "y", nil, asCompatible},

		// Repairs.
		"text for boolean":             {op("replace", "active", `"False"`), []string{"active"}, false, []string{"stringBooleans"}, refused + "invalidValue"},
		"text for boolean, no path":    {op("replace", "", `{"active":"false"}`), []string{"active"}, false, []string{"stringBooleans"}, refused + "invalidValue"},
		"boolean in filter":            {op("replace", `emails[primary eq "True"].value`, `"x"`), []string{"emails"}, []any{object{"value": "x", "type": "work", "primary": true}, home}, []string{"stringBooleans"}, refused + "invalidFilter"},
		"missing element, add":         {op("add", `phoneNumbers[type eq "work"].value`, `"1"`), []string{"phoneNumbers"}, []any{object{"type": "work", "value": "1"}}, nil, refused + "noTarget"},
		"missing element, replace":     {op("replace", `emails[type eq "other" and primary eq true].value`, `"x"`), []string{"emails"}, []any{object{"value": "a@example.com", "type": "work", "primary": false}, home, object{"value": "x", "type": "other", "primary": true}}, nil, refused + "noTarget"},
		"missing element, object":      {op("replace", `addresses[type eq "work"]`, `{"country":"GB"}`), []string{"addresses"}, []any{object{"type": "work", "country": "GB"}}, nil, refused + "noTarget"},
		"missing element, sub of all":  {op("replace", `phoneNumbers.value`, `"1"`), []string{"phoneNumbers"}, []any{object{"value": "1"}}, nil, refused + "noTarget"},
		"missing element, null":        {op("replace", `phoneNumbers[type eq "work"].value`, `null`), []string{"phoneNumbers"}, nil, nil, refused + "noTarget"},
		"element keeps filter's type":  {op("replace", `emails[type eq "home"]`, `{"value":"x"}`), []string{"emails"}, []any{work, object{"value": "x", "type": "home"}}, nil, "another element"},
		"remove absent by filter":      {op("remove", `emails[type eq "none"]`, ""), []string{"emails"}, []any{work, home}, nil, refused + "noTarget"},
		"remove by values":             {op("remove", "emails", `[{"value":"A@example.com"},{"value":"nobody"}]`), []string{"emails"}, []any{home}, []string{"removeByValue"}, refused + "invalidValue"},
		"remove by value and type":     {op("remove", "emails", `[{"value":"a@example.com","type":"home"}]`), []string{"emails"}, []any{work, home}, []string{"removeByValue"}, refused + "invalidValue"},
		"remove one value":             {op("remove", "emails", `{"value":"a@example.com"}`), []string{"emails"}, []any{home}, []string{"removeByValue"}, refused + "invalidValue"},
		"remove by texts":              {op("remove", "emails", `["a@example.com"]`), []string{"emails"}, []any{home}, []string{"removeByValue"}, refused + "invalidValue"},
		"remove no values":             {op("remove", "emails", `[]`), []string{"emails"}, []any{work, home}, []string{"removeByValue"}, refused + "invalidValue"},
		"remove null":                  {op("remove", "emails", `null`), []string{"emails"}, []any{work, home}, []string{"removeByValue"}, refused + "invalidValue"},
		"extension as path":            {op("add", entURN, `{"department":"x"}`), []string{entURN, "department"}, "x", []string{"extensionPath"}, refused + "invalidPath"},
		"remove extension":             {op("remove", entURN, ""), []string{entURN}, nil, []string{"extensionPath"}, refused + "invalidPath"},
		"replace extension by null":    {op("replace", "", `{"`+entURN+`":null}`), []string{entURN}, nil, nil, asCompatible},
		"bare name of an extension":    {op("replace", "manager", `"8"`), []string{entURN, "manager", "value"}, "8", []string{"bareExtension", "plainReference"}, refused + "invalidPath"},
		"bare name, no path":           {op("replace", "", `{"department":"x"}`), []string{entURN, "department"}, "x", []string{"bareExtension"}, refused + "invalidPath"},
		"dotted keys":                  {op("replace", "", `{"name.givenName":"A","name.familyName":"K"}`), []string{"name"}, object{"givenName": "A", "familyName": "K"}, []string{"dottedKeys"}, refused + "invalidPath"},
		"key with filter":              {op("replace", "", `{"emails[type eq \"work\"].value":"x"}`), []string{"emails"}, []any{object{"value": "x", "type": "work", "primary": true}, home}, []string{"dottedKeys"}, refused + "invalidPath"},
		"qualified keys":               {op("replace", "", `{"`+entURN+`:department":"x"}`), []string{entURN, "department"}, "x", []string{"qualifiedKeys"}, refused + "invalidPath"},
		"qualified keys of core":       {op("replace", "", `{"`+userURN+`:title":"x"}`), []string{"title"}, "x", []string{"qualifiedKeys"}, refused + "invalidPath"},
		"core object":                  {op("replace", "", `{"`+userURN+`":{"title":"x"}}`), []string{"title"}, "x", []string{"qualifiedKeys"}, refused + "invalidPath"},
		"custom fields by core object": {op("replace", "", `{"`+userURN+`":{"custom_fields":{"shift":"x"},"nickName":"n"}}`), []string{"custom_fields"}, object{"shift": "x"}, []string{"qualifiedKeys"}, refused + "invalidPath"},
		"custom fields null":           {op("add", "custom_fields.shift", `"late"`) + "," + op("replace", "", `{"custom_fields":null}`), []string{"custom_fields"}, nil, nil, asCompatible},
		"unknown custom field":         {op("replace", "", `{"custom_fields":{"nope":1,"floor":2}}`), []string{"custom_fields"}, object{"floor": 2.0}, []string{"unknownKeys"}, refused + "invalidPath"},
		"dotted in extension":          {op("replace", "", `{"`+entURN+`":{"manager.value":"8"}}`), []string{entURN, "manager", "value"}, "8", []string{"dottedKeys"}, refused + "invalidPath"},
		"unknown in extension":         {op("replace", "", `{"`+entURN+`":{"nope":"8","department":"x"}}`), []string{entURN, "department"}, "x", []string{"unknownKeys"}, refused + "invalidPath"},
		"add null extension":           {op("add", "", `{"`+entURN+`":null}`), []string{entURN, "department"}, "Math", []string{"addNull"}, refused + "invalidValue"},
		"unknown keys":                 {op("replace", "", `{"nope":1,"title":"x","urn:x:y":{"a":1}}`), []string{"title"}, "x", []string{"unknownKeys"}, refused + "invalidPath"},
		"own id":                       {op("replace", "", `{"id":"1","title":"x"}`), []string{"title"}, "x", []string{"readOnlyRepeats"}, refused + "mutability"},
		"own id by path":               {op("replace", "id", `"1"`), []string{"title"}, "Countess", []string{"readOnlyRepeats"}, refused + "mutability"},
		"schemas and meta":             {op("add", "", `{"schemas":["x"],"meta":{"resourceType":"User"},"groups":[],"title":"x"}`), []string{"title"}, "x", []string{"readOnlyRepeats"}, refused + "mutability"},
		"schemas by path":              {op("add", "schemas", `["`+entURN+`"]`), []string{"title"}, "Countess", []string{"readOnlyRepeats"}, refused + "mutability"},
		"add null":                     {op("add", "title", `null`), []string{"title"}, nil, []string{"addNull"}, refused + "invalidValue"},
		"add null to list":             {op("add", "emails", `null`), []string{"emails"}, []any{work, home}, []string{"addNull"}, refused + "invalidValue"},
		"manager as text":              {op("add", manager, `"8"`), []string{entURN, "manager"}, managerIs("8"), []string{"plainReference"}, refused + "invalidValue"},
		"manager as empty text":        {op("replace", manager, `""`), []string{entURN}, object{"department": "Math"}, []string{"plainReference"}, refused + "invalidValue"},
		"manager with empty value":     {op("add", manager, `{"value":""}`), []string{entURN}, object{"department": "Math"}, []string{"plainReference"}, "an empty value"},
		"manager as list":              {op("add", manager, `[{"$ref":null,"value":"8"}]`), []string{entURN, "manager"}, managerIs("8"), []string{"listAsSingle"}, refused + "invalidValue"},
		"one for a list":               {op("add", "emails", `{"value":"x"}`), []string{"emails"}, []any{work, home, object{"value": "x"}}, []string{"singleAsList"}, refused + "invalidValue"},
		"list for one":                 {op("replace", "title", `["x"]`), []string{"title"}, "x", []string{"listAsSingle"}, refused + "invalidValue"},
		"list for an element":          {op("replace", `emails[type eq "work"]`, `[{"value":"x","type":"work"}]`), []string{"emails"}, []any{object{"value": "x", "type": "work"}, home}, []string{"listAsSingle"}, refused + "invalidValue"},
		"role as JSON text":            {op("add", "roles", `[{"value":"{\"value\":\"Admin\",\"displayName\":\"A\"}"}]`), []string{"roles"}, []any{object{"value": "Admin", "display": "A"}}, []string{"textRoles"}, "taken as it is"},
		"role by primary":              {op("add", `roles[primary eq "True"].value`, `"Admin"`), []string{"roles"}, []any{object{"value": "Admin", "primary": true}}, []string{"stringBooleans"}, refused + "invalidFilter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, nil)
			patched(t, h)
			s.Writes = nil
			a := do(t, h, "PATCH", "/Users/1", patchBody(c.ops))
			require.Equal(t, 200, a.Code, a.Body.String())
			a = do(t, h, "GET", "/Users/1", "")
			assert.Equal(t, c.want, a.get(c.path...), a.Body.String())
			if len(s.Writes) > 0 {
				assert.Equal(t, c.repairs, s.Writes[0].Repairs)
			}

			s = teststore.New(t)
			h = newHandler(t, s, strict)
			patched(t, h)
			before := s.Resources[0]
			b := do(t, h, "PATCH", "/Users/1", patchBody(c.ops))
			if strings.HasPrefix(c.strict, refused) {
				requireError(t, b, 400, strings.TrimPrefix(c.strict, refused))
				assert.Same(t, before, s.Resources[0], "nothing was written")
				return
			}
			require.Equal(t, 200, b.Code, b.Body.String())
			if c.strict == asCompatible {
				assert.Equal(t, c.want, b.get(c.path...), b.Body.String())
			} else {
				assert.NotEqual(t, c.want, b.get(c.path...))
			}
			if len(s.Writes) > 0 {
				assert.Empty(t, s.Writes[len(s.Writes)-1].Repairs)
			}
		})
	}
}

func TestPatch_Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		scimType string
		words    string
	}{
		"no operations":            {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`, "invalidSyntax", "Operations"},
		"empty operations":         {patchBody(), "invalidSyntax", "Operations"},
		"operations of no kind":    {`{"Operations":"x"}`, "invalidSyntax", "Operations"},
		"an operation of no kind":  {patchBody(`5`), "invalidSyntax", "object"},
		"no op":                    {patchBody(`{"path":"title"}`), "invalidSyntax", "op"},
		"unknown op":               {patchBody(op("move", "title", `"x"`)), "invalidSyntax", "op"},
		"path of no kind":          {patchBody(`{"op":"add","path":5,"value":1}`), "invalidPath", "text"},
		"malformed path":           {patchBody(op("add", "title..x", `"x"`)), "invalidPath", "title..x"},
		"unknown path":             {patchBody(op("add", "nope", `"x"`)), "invalidPath", "nope"},
		"unknown sub-attribute":    {patchBody(op("add", "name.nope", `"x"`)), "invalidPath", "name.nope"},
		"sub of a text":            {patchBody(op("add", "title.x", `"x"`)), "invalidPath", "title.x"},
		"unknown extension":        {patchBody(op("add", "urn:x:y:z", `"x"`)), "invalidPath", "urn:x:y:z"},
		"path of spaces in it":     {patchBody(op("add", "na me", `"x"`)), "invalidPath", ""},
		"filter on a text":         {patchBody(op("add", `title[value eq "x"]`, `"x"`)), "invalidPath", "title"},
		"malformed filter":         {patchBody(op("add", `emails[type xx "work"].value`, `"x"`)), "invalidFilter", "xx"},
		"unclosed filter":          {patchBody(op("add", `emails[type eq "work`, `"x"`)), "invalidFilter", ""},
		"unknown in filter":        {patchBody(op("add", `emails[nope eq "work"].value`, `"x"`)), "invalidFilter", "nope"},
		"misfit in filter":         {patchBody(op("add", `emails[primary gt true].value`, `"x"`)), "invalidFilter", "primary"},
		"long path":                {patchBody(op("add", strings.Repeat("a", 5000), `"x"`)), "invalidPath", "4096"},
		"remove without path":      {patchBody(op("remove", "", "")), "noTarget", "path"},
		"add without value":        {patchBody(op("add", "title", "")), "invalidValue", "title"},
		"replace without value":    {patchBody(op("replace", "emails", "")), "invalidValue", "emails"},
		"no path, no object":       {patchBody(op("add", "", `"x"`)), "invalidValue", "object"},
		"no path, no value":        {patchBody(op("add", "", "")), "invalidValue", "object"},
		"wrong type":               {patchBody(op("replace", "title", `5`)), "invalidValue", "title"},
		"wrong type, no path":      {patchBody(op("replace", "", `{"active":"maybe"}`)), "invalidValue", "active"},
		"wrong type, sub":          {patchBody(op("replace", "name.givenName", `{}`)), "invalidValue", "name.givenName"},
		"wrong type, element":      {patchBody(op("add", "emails", `["x"]`)), "invalidValue", "emails"},
		"wrong type, by filter":    {patchBody(op("add", `emails[type eq "work"]`, `"x"`)), "invalidValue", "emails"},
		"wrong type, extension":    {patchBody(op("add", entURN, `"x"`)), "invalidValue", entURN},
		"value to remove of none":  {patchBody(op("remove", "emails", `[{"display":"x"}]`)), "invalidValue", "emails"},
		"null to remove":           {patchBody(op("remove", "emails", `[{"value":null}]`)), "invalidValue", "emails"},
		"required":                 {patchBody(op("remove", "userName", "")), "mutability", "userName"},
		"required by null":         {patchBody(op("replace", "userName", "null")), "mutability", "userName"},
		"required, empty":          {patchBody(op("replace", "userName", `""`)), "invalidValue", "userName"},
		"schemas to remove":        {patchBody(op("remove", "schemas", "")), "mutability", "schemas"},
		"id to remove":             {patchBody(op("remove", "id", `"1"`)), "mutability", "id"},
		"text that is no date":     {patchBody(op("add", teststore.FreshURN+":at", `"yesterday"`)), "invalidValue", "08:00:00Z is wanted."},
		"read-only":                {patchBody(op("replace", "groups", `[{"value":"1"}]`)), "mutability", "groups"},
		"read-only, no path":       {patchBody(op("replace", "", `{"groups":[{"value":"1"}]}`)), "mutability", "groups"},
		"empty text for a list":    {patchBody(op("replace", "emails", `""`)), "invalidValue", "emails"},
		"empty text for an object": {patchBody(op("replace", "name", `""`)), "invalidValue", "name"},
		"read-only sub":            {patchBody(op("replace", entURN+":manager.displayName", `"x"`)), "mutability", "displayName"},
		"another id":               {patchBody(op("replace", "", `{"id":"2"}`)), "mutability", "id"},
		"meta by path":             {patchBody(op("replace", "meta", `{"created":"2026-01-01T00:00:00Z"}`)), "mutability", "meta"},
		"immutable":                {patchBody(op("replace", teststore.FreshURN+":birth", `"1852"`)), "mutability", "birth"},
		"immutable, remove":        {patchBody(op("remove", teststore.FreshURN+":birth", "")), "mutability", "birth"},
		"core URN to remove":       {patchBody(op("remove", userURN, "")), "invalidPath", userURN},
		"filter of no element":     {patchBody(op("add", `emails[type eq "x" or type eq "y"].value`, `"x"`)), "noTarget", "emails"},
		"custom fields of no kind": {patchBody(op("add", "", `{"custom_fields":5}`)), "invalidValue", "custom_fields"},
		"custom field of no kind":  {patchBody(op("add", "", `{"custom_fields":{"floor":"x"}}`)), "invalidValue", "custom_fields.floor"},
		"core URN of no kind":      {patchBody(op("add", "", `{"`+userURN+`":null}`) + "," + op("replace", userURN, `null`)), "invalidValue", userURN},
		"two primaries":            {patchBody(op("add", "emails", `[{"value":"x","primary":"yes"}]`)), "invalidValue", "emails.primary"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, nil)
			patched(t, h)
			before := s.Resources[0]
			// An operation that would succeed comes first: all or none.
			body := strings.Replace(c.body, `"Operations":[{`, `"Operations":[{"op":"add","path":"nickName","value":"x"},{`, 1)
			requireError(t, do(t, h, "PATCH", "/Users/1", body), 400, c.scimType, c.words)
			assert.Same(t, before, s.Resources[0])
		})
	}
	s := teststore.New(t)
	h := newHandler(t, s, func(o *scim.Options) { o.MaxPatchOps = 2 })
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "title", `"x"`), op("add", "title", `"x"`), op("add", "title", `"x"`))), 413, "", "2")
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "title", `"x"`))), 404, "")
	requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "", `{"nope":1}`))), 404, "")
}

func TestPatch_Message(t *testing.T) {
	t.Parallel()
	for body, repaired := range map[string]bool{
		`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"operations":[` + op("add", "title", `"x"`) + `]}`: false,
		`{"Operations":[` + op("add", "title", `"x"`) + `]}`:                                                             true,
		`{"schemas":["urn:x"],"Operations":[` + op("add", "title", `"x"`) + `]}`:                                         true,
		`{"schemas":"urn:ietf:params:scim:api:messages:2.0:PatchOp","Operations":[` + op("add", "title", `"x"`) + `]}`:   false,
	} {
		s := teststore.New(t)
		h := newHandler(t, s, nil)
		patched(t, h)
		require.Equal(t, 200, do(t, h, "PATCH", "/Users/1", body).Code)
		if repaired {
			assert.Equal(t, []string{"missingSchemas"}, s.Writes[1].Repairs)
			requireError(t, do(t, newHandler(t, s, strict), "PATCH", "/Users/1", body), 400, "invalidSyntax", "PatchOp")
		} else {
			assert.Equal(t, 200, do(t, newHandler(t, s, strict), "PATCH", "/Users/1", body).Code)
		}
	}
}

func TestPatch_Statuses(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	do(t, h, "POST", "/Users", ada)
	do(t, h, "POST", "/Groups", `{"displayName":"Crew","members":[{"value":"1"}]}`)
	rename := patchBody(op("replace", "displayName", `"x"`))
	assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", rename).Code)
	a := do(t, h, "PATCH", "/Groups/2", rename)
	assert.Equal(t, 204, a.Code)
	assert.Zero(t, a.Body.Len())
	assert.Equal(t, 204, do(t, h, "PATCH", "/Groups/2?excludedAttributes=members", rename).Code)
	a = do(t, h, "PATCH", "/Groups/2?attributes=displayName", rename)
	assert.Equal(t, 200, a.Code)
	assert.NotContains(t, a.body, "members")

	other := newHandler(t, s, func(o *scim.Options) { o.PatchUserStatus, o.PatchGroupStatus = 204, 200 })
	assert.Equal(t, 204, do(t, other, "PATCH", "/Users/1", rename).Code)
	assert.Equal(t, 200, do(t, other, "PATCH", "/Users/1?attributes=id", rename).Code)
	assert.Equal(t, 200, do(t, other, "PATCH", "/Groups/2", rename).Code)

	// A backend that does not know the result is read where the client gets it.
	s.Blind, s.Calls = true, nil
	assert.Equal(t, 204, do(t, h, "PATCH", "/Groups/2", rename).Code)
	assert.Equal(t, []string{"update"}, s.Calls)
	assert.Equal(t, "x", do(t, h, "PATCH", "/Users/1", rename).get("displayName"))
	assert.Equal(t, []string{"update", "update", "get"}, s.Calls)
}

// What changes nothing does not change lastModified; what says nothing does not
// reach the backend as a write.
func TestPatch_NoChange(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	patched(t, h)
	before := s.Resources[0]
	for _, ops := range []string{
		op("replace", "title", `"Countess"`),
		op("add", "emails", `[{"value":"a@example.com","type":"work","primary":true}]`),
		op("replace", "emails", `[{"value":"a@example.com","type":"work","primary":true},{"value":"h@example.com","type":"home"}]`),
		op("remove", "nickName", ""),
		op("remove", `emails[type eq "none"]`, ""),
		op("add", "", `{"name":{"givenName":"Ada"}}`),
		op("replace", entURN+":manager", `"7"`),
	} {
		require.Equal(t, 200, do(t, h, "PATCH", "/Users/1", patchBody(ops)).Code, ops)
		assert.Same(t, before, s.Resources[0], ops)
	}
	s.Calls = nil
	assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", `{"id":"1"}`))).Code)
	assert.Equal(t, []string{"get"}, s.Calls)
}

// An operation reaches the backend as one per attribute, typed.
func TestPatch_TakenApart(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	patched(t, h)
	do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", `{"active":"True","name":{"givenName":"A","familyName":null},
		"emails":{"value":"x"},"custom_fields":{"shift":"late"},"`+entURN+`":{"department":"d","manager":"8"}}`),
		op("Remove", `emails[type eq "work"].value`, "")))
	var got []string
	for _, o := range s.LastUpdate.Patch {
		got = append(got, o.Kind.String()+" "+o.Target.String()+" "+string(o.Value.AppendJSON(nil)))
		if a := o.Target.Leaf(); o.Target.Filter == nil {
			require.NoError(t, a.CheckValue(o.Value))
		}
	}
	assert.Equal(t, []string{
		"replace active true", "replace name.familyName null", "replace name.givenName \"A\"", `replace emails [{"value":"x"}]`,
		`replace custom_fields.shift "late"`, `replace ` + entURN + `:department "d"`, `replace ` + entURN + `:manager {"value":"8"}`,
		`remove emails[type eq "work"].value null`,
	}, got)
	assert.Equal(t, []string{"stringBooleans", "plainReference", "singleAsList"}, s.Writes[1].Repairs)
}

func TestPatch_Members(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ops    string
		want   []string
		strict string
	}{
		"add":                     {op("add", "members", `[{"value":"3"},{"value":"1","display":"again"}]`), []string{"1", "2", "3"}, ""},
		"add with type":           {op("add", "members", `[{"value":"1","type":"User"}]`), []string{"1", "2"}, ""},
		"add, ids with case":      {op("add", "members", `[{"value":"a"},{"value":"A"}]`), []string{"1", "2", "a", "A"}, ""},
		"add, $ref null":          {op("add", "members", `[{"value":"3","$ref":null}]`), []string{"1", "2", "3"}, ""},
		"remove by filter":        {op("remove", `members[value eq "1"]`, ""), []string{"2"}, ""},
		"remove by values":        {op("remove", "members", `[{"value":"2","$ref":null},{"value":"9"}]`), []string{"1"}, "invalidValue"},
		"remove absent":           {op("remove", `members[value eq "9"]`, ""), []string{"1", "2"}, "noTarget"},
		"remove all":              {op("remove", "members", ""), nil, ""},
		"remove no value":         {op("remove", "members", `[]`), []string{"1", "2"}, "invalidValue"},
		"remove null":             {op("remove", "members", `null`), []string{"1", "2"}, "invalidValue"},
		"replace":                 {op("replace", "members", `[{"value":"2"},{"value":"3"}]`), []string{"2", "3"}, ""},
		"replace, twice the same": {op("replace", "members", `[{"value":"2"},{"value":"2"}]`), []string{"2"}, ""},
		"replace by nobody":       {op("replace", "members", `[]`), nil, ""},
		"replace without path":    {op("replace", "", `{"members":[],"displayName":"Crew"}`), nil, ""},
		"remove and add":          {op("remove", `members[value eq "1"]`, "") + "," + op("add", "members", `[{"value":"3"}]`), []string{"2", "3"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, profile := range []func(*scim.Options){nil, strict} {
				s := teststore.New(t)
				h := newHandler(t, s, profile)
				do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"Crew","members":[{"value":"1"},{"value":"2"}]}`)
				a := do(t, h, "PATCH", "/Groups/1", patchBody(c.ops))
				want := c.want
				if profile != nil && c.strict != "" {
					requireError(t, a, 400, c.strict)
					want = []string{"1", "2"}
				} else {
					require.Equal(t, 204, a.Code, a.Body.String())
				}
				var got []string
				list, _ := do(t, h, "GET", "/Groups/1", "").get("members").([]any)
				for _, m := range list {
					got = append(got, m.(object)["value"].(string))
				}
				assert.Equal(t, want, got)
			}
		})
	}
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	do(t, h, "POST", "/Groups", `{"displayName":"Crew","members":[{"value":"1"}]}`)
	requireError(t, do(t, h, "PATCH", "/Groups/1", patchBody(op("replace", `members[value eq "1"].value`, `"2"`))), 400, "mutability", "members")
}
