package scim_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// patchCase is the operations of a PATCH of the user that [patched] makes, and
// what an attribute is afterwards, or the scimType that they are refused with.
type patchCase struct {
	ops     string
	path    []string
	want    any
	refused string
}

func at(names ...string) []string { return names }

func TestRFC_Patch(t *testing.T) {
	t.Parallel()
	manager := entURN + ":manager"
	asNew := object{"value": "n@example.com", "type": "other"}
	for id, cases := range map[string][]patchCase{
		"PAT-03": {{op("add", "displayName", `"x"`), at("displayName"), "x", ""}, {op("add", "displayName", `"x"`) + "," + op("add", "nickName", `"y"`), at("nickName"), "y", ""}, {``, nil, nil, "invalidSyntax"}},
		"PAT-04": {{op("move", "title", `"x"`), nil, nil, "invalidSyntax"}, {`{"path":"title","value":"x"}`, nil, nil, "invalidSyntax"}, {`{"op":["add"],"path":"title","value":"x"}`, nil, nil, "invalidSyntax"},
			{`{"op":"add","op":"remove","path":"title"}`, nil, nil, "invalidSyntax"}},
		"PAT-05": {{op("add", "", `{"nickName":"x"}`), at("nickName"), "x", ""}, {op("replace", "", `{"nickName":"x"}`), at("nickName"), "x", ""}, {op("remove", "", ""), nil, nil, "noTarget"}},
		"PAT-06": {{op("add", "title", `"x"`) + "," + op("remove", "title", "") + "," + op("add", "title", `"y"`), at("title"), "y", ""},
			{op("remove", "emails", "") + "," + op("add", "emails", `[{"value":"n@example.com","type":"other"}]`) + "," + op("replace", `emails[type eq "other"].display`, `"N"`), at("emails"), []any{object{"value": "n@example.com", "type": "other", "display": "N"}}, ""}},
		"PAT-08": {{op("replace", "groups", `[{"value":"1"}]`), nil, nil, "mutability"}, {op("add", "id", `"7"`), nil, nil, "mutability"}, {op("replace", extURN+":birth", `"1852"`), nil, nil, "mutability"},
			{op("replace", "title", `5`), nil, nil, "invalidValue"}, {op("replace", "active", `"False"`), nil, nil, "invalidValue"}, {op("add", "emails", `{"value":"x"}`), nil, nil, "invalidValue"}},
		"PAT-09": {{op("remove", "title", "") + "," + op("add", extURN+":birth", `"1815"`), at(extURN, "birth"), "1815", ""}},
		"PAT-10": {{op("add", extURN+":badge", `"red"`), at("schemas"), []any{userURN, entURN, extURN}, ""}, {op("remove", entURN+":department", "") + "," + op("remove", manager, ""), at("schemas"), []any{userURN, extURN}, ""}},
		"PAT-20": {{op("replace", "title", `"x"`), at("title"), "x", ""}, {op("replace", userURN+":title", `"x"`), at("title"), "x", ""}, {op("replace", entURN+":department", `"x"`), at(entURN, "department"), "x", ""},
			{op("replace", "name.givenName", `"x"`), at("name", "givenName"), "x", ""}, {op("replace", userURN+":name.givenName", `"x"`), at("name", "givenName"), "x", ""}, {op("replace", manager+".value", `"8"`), at(entURN, "manager", "value"), "8", ""},
			{op("replace", `emails[type eq "home"]`, `{"value":"n@example.com","type":"other"}`), at("emails"), []any{work, asNew}, ""},
			{op("replace", userURN+`:emails[type eq "home"]`, `{"value":"n@example.com","type":"other"}`), at("emails"), []any{work, asNew}, ""},
			{op("replace", `emails[type eq "work" and primary eq true].value`, `"x"`), at("emails"), []any{object{"value": "x", "type": "work", "primary": true}, home}, ""},
			{op("replace", userURN+`:emails[not (type eq "work")].type`, `"x"`), at("emails"), []any{work, object{"value": "h@example.com", "type": "x"}}, ""}},
		"PAT-21": {{op("add", "nope", `"x"`), nil, nil, "invalidPath"}, {op("add", "name.nope", `"x"`), nil, nil, "invalidPath"}, {op("add", "title.x", `"x"`), nil, nil, "invalidPath"}, {op("add", "urn:x:y:z", `"x"`), nil, nil, "invalidPath"},
			{op("add", "title..x", `"x"`), nil, nil, "invalidPath"}, {op("add", "na me", `"x"`), nil, nil, "invalidPath"}, {`{"op":"add","path":5,"value":"x"}`, nil, nil, "invalidPath"},
			{op("remove", `emails[type eq "work"].nope`, ""), nil, nil, "invalidPath"}, {op("add", "", `{"nope":"x"}`), nil, nil, "invalidPath"}},
		"PAT-22": {{op("remove", `emails[type xx "work"]`, ""), nil, nil, "invalidFilter"}, {op("remove", `emails[nope eq "work"]`, ""), nil, nil, "invalidFilter"}, {op("remove", `emails[primary gt true]`, ""), nil, nil, "invalidFilter"},
			{op("remove", `emails[type eq work]`, ""), nil, nil, "invalidFilter"}, {op("remove", `emails[]`, ""), nil, nil, "invalidFilter"}, {op("remove", `emails[type eq "work"`, ""), nil, nil, "invalidFilter"}},
		"PAT-23": {{op("add", "", `{"`+entURN+`":{"department":"x"}}`), at(entURN, "department"), "x", ""}, {op("replace", "", `{"`+entURN+`":null}`), at(entURN), nil, ""}, {op("remove", entURN, ""), nil, nil, "invalidPath"}},
		"PAT-30": {{op("add", "title", ""), nil, nil, "invalidValue"}, {op("add", "", ""), nil, nil, "invalidValue"}, {op("add", "emails", ""), nil, nil, "invalidValue"}},
		"PAT-31": {{op("add", "", `{"displayName":"x","emails":[{"value":"n@example.com","type":"other"}],"name":{"middleName":"B"}}`), at("emails"), []any{work, home, asNew}, ""},
			{op("add", "", `{"name":{"middleName":"B"}}`), at("name"), object{"givenName": "Ada", "middleName": "B", "familyName": "King"}, ""}, {op("add", "", `"x"`), nil, nil, "invalidValue"}, {op("add", "", `[]`), nil, nil, "invalidValue"}},
		"PAT-32": {{op("add", "displayName", `"x"`), at("displayName"), "x", ""}, {op("add", "phoneNumbers", `[{"value":"1"}]`), at("phoneNumbers"), []any{object{"value": "1"}}, ""}, {op("add", extURN+":level", `3`), at(extURN, "level"), 3.0, ""}},
		"PAT-33": {{op("add", "name", `{"givenName":"A","middleName":"B"}`), at("name"), object{"givenName": "A", "middleName": "B", "familyName": "King"}, ""}},
		"PAT-34": {{op("add", "emails", `[{"value":"n@example.com","type":"other"}]`), at("emails"), []any{work, home, asNew}, ""}, {op("add", extURN+":tags", `["a"]`) + "," + op("add", extURN+":tags", `["b","c"]`), at(extURN, "tags"), []any{"a", "b", "c"}, ""}},
		"PAT-35": {{op("add", "title", `"x"`), at("title"), "x", ""}, {op("add", "name.givenName", `"x"`), at("name", "givenName"), "x", ""}},
		"PAT-36": {{op("add", "emails", `[{"value":"a@example.com","type":"work","primary":true}]`), at("emails"), []any{work, home}, ""}, {op("add", "title", `"Countess"`), at("title"), "Countess", ""}},
		"PAT-40": {{op("remove", "", ""), nil, nil, "noTarget"}, {op("remove", "", `{"title":"Countess"}`), nil, nil, "noTarget"}},
		"PAT-41": {{op("remove", "title", ""), at("title"), nil, ""}, {op("remove", "name", ""), at("name"), nil, ""}, {op("remove", "name.givenName", ""), at("name"), object{"familyName": "King"}, ""}, {op("remove", manager, ""), at(entURN), object{"department": "Math"}, ""}},
		"PAT-42": {{op("remove", "emails", ""), at("emails"), nil, ""}},
		"PAT-43": {{op("remove", `emails[type eq "work"]`, ""), at("emails"), []any{home}, ""}, {op("remove", `emails[value pr]`, ""), at("emails"), nil, ""}},
		"PAT-44": {{op("remove", `emails[type eq "work"].primary`, ""), at("emails"), []any{object{"value": "a@example.com", "type": "work"}, home}, ""}, {op("remove", `emails.type`, ""), at("emails"), []any{object{"value": "a@example.com", "primary": true}, object{"value": "h@example.com"}}, ""}},
		"PAT-45": {{op("remove", "userName", ""), nil, nil, "mutability"}, {op("replace", "userName", "null"), nil, nil, "mutability"}, {op("remove", "id", ""), nil, nil, "mutability"}, {op("remove", "groups", ""), nil, nil, "mutability"},
			{op("remove", "meta.created", ""), nil, nil, "mutability"}, {op("remove", "schemas", ""), nil, nil, "mutability"}, {op("remove", extURN+":birth", ""), nil, nil, "mutability"}},
		"PAT-46": {{op("remove", `emails[type eq "none"]`, ""), nil, nil, "noTarget"}, {op("remove", `emails[type eq "none"].display`, ""), nil, nil, "noTarget"}},
		"PAT-50": {{op("replace", "", `{"title":"x","emails":[{"value":"n@example.com","type":"other"}]}`), at("emails"), []any{asNew}, ""}, {op("replace", "", `{"title":"x"}`), at("title"), "x", ""}},
		"PAT-51": {{op("replace", "title", `"x"`), at("title"), "x", ""}, {op("replace", "active", `false`), at("active"), false, ""}},
		"PAT-52": {{op("replace", "emails", `[{"value":"n@example.com","type":"other"}]`), at("emails"), []any{asNew}, ""}, {op("replace", "emails", `[]`), at("emails"), nil, ""}},
		"PAT-53": {{op("replace", "displayName", `"x"`), at("displayName"), "x", ""}, {op("replace", "phoneNumbers", `[{"value":"1"}]`), at("phoneNumbers"), []any{object{"value": "1"}}, ""}, {op("replace", "name.middleName", `"B"`), at("name", "middleName"), "B", ""}},
		"PAT-54": {{op("replace", "name", `{"givenName":"A","middleName":"B"}`), at("name"), object{"givenName": "A", "middleName": "B", "familyName": "King"}, ""}},
		"PAT-55": {{op("replace", `emails[type eq "work"]`, `{"value":"n@example.com","type":"other"}`), at("emails"), []any{asNew, home}, ""}, {op("replace", `emails[value pr]`, `{"value":"n@example.com","type":"other"}`), at("emails"), []any{asNew}, ""}},
		"PAT-56": {{op("replace", `emails[value ew "example.com"].type`, `"x"`), at("emails"), []any{object{"value": "a@example.com", "type": "x", "primary": true}, object{"value": "h@example.com", "type": "x"}}, ""}},
		"PAT-57": {{op("replace", `emails[type eq "none"]`, `{"value":"x"}`), nil, nil, "noTarget"}, {op("replace", `emails[type eq "none"].value`, `"x"`), nil, nil, "noTarget"}},
		"MUL-05": {{op("add", "emails", `[{"value":"n@example.com","type":"other","primary":true}]`), at("emails"), []any{object{"value": "a@example.com", "type": "work", "primary": false}, home, object{"value": "n@example.com", "type": "other", "primary": true}}, ""},
			{op("replace", `emails[type eq "home"].primary`, `true`), at("emails"), []any{object{"value": "a@example.com", "type": "work", "primary": false}, object{"value": "h@example.com", "type": "home", "primary": true}}, ""}},
		"GEN-20": {{op("replace", "title", "null"), at("title"), nil, ""}, {op("replace", "emails", "[]"), at("emails"), nil, ""}, {op("replace", "emails", "null"), at("emails"), nil, ""}, {op("replace", "name", `{"givenName":null}`), at("name"), object{"familyName": "King"}, ""}},
		"NOT-05": {{op("replace", "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", `"x"`), at("name", "familyName"), "x", ""}, {op("replace", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value", `"8"`), at(entURN, "manager", "value"), "8", ""}},
		"AMB-01": {{op("Replace", "title", `"x"`), at("title"), "x", ""}, {op("ADD", "title", `"x"`), at("title"), "x", ""}, {op("rEmOvE", "title", ""), at("title"), nil, ""}},
		"AMB-02": {{op("remove", "emails", ""), at("emails"), nil, ""}, {op("remove", "emails", `[{"value":"a@example.com"}]`), nil, nil, "invalidValue"}, {op("remove", "emails", `[]`), nil, nil, "invalidValue"}, {op("remove", "emails", `null`), nil, nil, "invalidValue"}},
		"AMB-03": {{op("add", `phoneNumbers[type eq "work"].value`, `"1"`), nil, nil, "noTarget"}, {op("add", `phoneNumbers[type eq "work"]`, `{"value":"1"}`), nil, nil, "noTarget"}},
		"AMB-05": {{op("replace", "", `{"id":"1","title":"x"}`), nil, nil, "mutability"}, {op("replace", "id", `"1"`), nil, nil, "mutability"}},
		"AMB-09": {{op("replace", "title", "null"), at("title"), nil, ""}, {op("replace", `emails[type eq "home"].type`, "null"), at("emails"), []any{work, object{"value": "h@example.com"}}, ""}, {op("replace", `emails[type eq "home"]`, "null"), at("emails"), []any{work}, ""}, {op("add", "title", "null"), nil, nil, "invalidValue"}},
		"AMB-11": {{op("replace", "", `{"name.givenName":"x"}`), nil, nil, "invalidPath"}},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				s := teststore.New(t)
				h := newHandler(t, s, strict)
				patched(t, h)
				before := s.Resources[0]
				a := do(t, h, "PATCH", "/Users/1", patchBody(c.ops))
				if c.refused != "" {
					requireError(t, a, 400, c.refused)
					assert.Same(t, before, s.Resources[0], "%s: nothing is written", c.ops)
					continue
				}
				require.Equal(t, 200, a.Code, "%s: %s", c.ops, a.Body)
				assert.Equal(t, c.want, a.get(c.path...), c.ops)
				assert.Equal(t, a.body, do(t, h, "GET", "/Users/1", "").body, "the answer is what is stored")
			}
		})
	}
}

// What stands around the operations of a PATCH.
func TestRFC_PatchMessage(t *testing.T) {
	t.Parallel()
	rename := op("replace", "title", `"x"`)
	for id, check := range map[string]func(t *testing.T, h *scim.Handler, s *teststore.Store){
		"PAT-01": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, true, do(t, h, "GET", "/ServiceProviderConfig", "").get("patch", "supported"))
			assert.Equal(t, 200, do(t, h, "PATCH", "/Users/1", patchBody(rename)).Code)
		},
		"PAT-02": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, schemas := range []string{``, `"schemas":[],`, `"schemas":["` + userURN + `"],`, `"schemas":null,`} {
				requireError(t, do(t, h, "PATCH", "/Users/1", `{`+schemas+`"Operations":[`+rename+`]}`), 400, "invalidSyntax", "PatchOp")
			}
		},
		// The first operation is taken back when the second fails, whether that shows
		// before or after the resource is read.
		"PAT-07": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			before := s.Resources[0]
			for _, second := range []string{op("replace", "nope", `"x"`), op("replace", `emails[type eq "none"].value`, `"x"`), op("remove", "userName", "")} {
				a := do(t, h, "PATCH", "/Users/1", patchBody(rename, second))
				require.Equal(t, 400, a.Code)
				assert.Same(t, before, s.Resources[0])
				assert.Equal(t, "Countess", do(t, h, "GET", "/Users/1", "").get("title"))
			}
		},
		"PAT-11": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			assert.Equal(t, "x", do(t, h, "PATCH", "/Users/1", patchBody(rename)).get("title"))
			blind := newHandler(t, s, func(o *scim.Options) { o.PatchUserStatus = 204 })
			a := do(t, blind, "PATCH", "/Users/1", patchBody(rename))
			assert.Equal(t, 204, a.Code)
			assert.Zero(t, a.Body.Len())
			a = do(t, blind, "PATCH", "/Users/1?attributes=title", patchBody(rename))
			assert.Equal(t, 200, a.Code)
			assert.Equal(t, "x", a.get("title"))
		},
		"PAT-12": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "title", "5"))), 400, "invalidValue", "title")
			requireError(t, do(t, h, "PATCH", "/Users/9", patchBody(rename)), 404, "")
			requireError(t, do(t, h, "PATCH", "/Users/1", `{`), 400, "invalidSyntax")
		},
		"PAT-37": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			before := do(t, h, "GET", "/Users/1", "")
			a := do(t, h, "PATCH", "/Users/1", patchBody(op("add", "title", `"Countess"`), op("add", "emails", `[{"value":"h@example.com","type":"home"}]`)))
			require.Equal(t, 200, a.Code)
			assert.Equal(t, before.get("meta"), a.get("meta"))
			a = do(t, h, "PATCH", "/Users/1", patchBody(rename))
			assert.NotEqual(t, before.get("meta", "lastModified"), a.get("meta", "lastModified"))
		},
		// A clash is a 409 in a PATCH, too.
		"AMB-12": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"bob@example.com"}`).Code)
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "userName", `"BOB@example.com"`))), 409, "uniqueness")
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := teststore.New(t)
			h := newHandler(t, s, strict)
			patched(t, h)
			check(t, h, s)
		})
	}
}
