package scim_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// Resources, their making, reading, replacing and deleting. Each check begins with
// the user that [patched] makes.
func TestRFC_Resources(t *testing.T) {
	t.Parallel()
	for id, check := range map[string]func(t *testing.T, h *scim.Handler, s *teststore.Store){
		"GEN-03": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "displayName", `"Zoë 😀 \u00e9"`)))
			assert.Equal(t, "Zoë 😀 é", a.get("displayName"))
			assert.Contains(t, a.Body.String(), "Zoë 😀 é", "as UTF-8, not escaped")
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "displayName", "\"\xff\""))), 400, "invalidSyntax")
		},
		"GEN-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, accept := range []string{"", "application/scim+json", "application/json", "*/*", "application/scim+json, application/json;q=0.9", "text/html"} {
				a := do(t, h, "GET", "/Users/1", "", "Accept", accept)
				assert.Equal(t, 200, a.Code, accept)
				assert.Equal(t, "application/scim+json", a.Header().Get("Content-Type"), accept)
			}
		},
		"GEN-06": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, request := range []string{"GET /Users", "GET /Users/1", "GET /Users/9", "GET /Schemas", "GET /ResourceTypes/User", "GET /ServiceProviderConfig", "GET /Nothing", "PUT /Users", "POST /Users"} {
				method, path, _ := strings.Cut(request, " ")
				assert.Equal(t, "application/scim+json", do(t, h, method, path, "").Header().Get("Content-Type"), request)
			}
		},
		"GEN-07": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, do(t, h, "GET", "/Users", "").get("schemas"))
			assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, do(t, h, "GET", "/Schemas", "").get("schemas"))
			assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, do(t, h, "GET", "/Users/9", "").get("schemas"))
		},
		"GEN-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.NotContains(t, do(t, h, "GET", "/Schemas?count=100", "").Body.String(), `"id":"urn:ietf:params:scim:api:`)
			requireError(t, do(t, h, "GET", "/Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp", ""), 404, "")
		},
		"GEN-11": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, path := range []string{"/Users?nope=1", "/Users/1?nope=%zz&x", "/Schemas?a=b", "/Users?aadOptscim062020"} {
				assert.Equal(t, 200, do(t, h, "GET", path, "").Code, path)
			}
		},
		"GEN-12": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", `{"SCHEMAS":["`+userURN+`"],"USERNAME":"ada@example.com","Name":{"GIVENNAME":"G"},"`+strings.ToUpper(entURN)+`":{"DEPARTMENT":"D"},"`+extURN+`":{"BIRTH":"1815"}}`)
			require.Equal(t, 200, a.Code, a.Body.String())
			assert.Equal(t, "G", a.get("name", "givenName"))
			assert.Equal(t, "D", a.get(entURN, "department"))
			assert.Equal(t, "x", do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "NAME.Givenname", `"x"`))).get("name", "givenName"))
			assert.Equal(t, 1.0, do(t, h, "GET", "/Users?FILTER=Name.GivenNAME+eq+%22x%22", "").get("totalResults"))
			assert.Equal(t, object{"givenName": "x"}, do(t, h, "GET", "/Users/1?Attributes=NAME.GIVENNAME", "").get("name"))
		},
		"GEN-13": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "POST", "/Users", `{"name":{"familyName":"F","givenName":"G"},"userName":"o@example.com","active":true,"schemas":["`+userURN+`"]}`)
			require.Equal(t, 201, a.Code)
			a = do(t, h, "PATCH", "/Users/2", `{"Operations":[{"value":"x","path":"title","op":"add"}],"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`)
			assert.Equal(t, "x", a.get("title"))
		},
		"GEN-15": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, filter := range []string{"userName%20eq%20%22ada%40example.com%22", "userName+eq+%22ada@example.com%22", "%75serName%20eq%20%22ada%40example%2Ecom%22"} {
				assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter="+filter, "").get("totalResults"), filter)
			}
			assert.Equal(t, 200, do(t, h, "GET", "/Users/%31", "").Code)
			requireError(t, do(t, h, "GET", "/Users?filter=%zz", ""), 400, "invalidValue", "filter")
		},
		"RES-01": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, query := range []string{"", "?attributes=title", "?excludedAttributes=schemas,id", "?attributes=" + entURN + ":department"} {
				assert.Contains(t, do(t, h, "GET", "/Users/1"+query, "").get("schemas"), userURN, query)
			}
		},
		"RES-02": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`","`+userURN+`","`+entURN+`","`+entURN+`"],"userName":"o@example.com","`+entURN+`":{"department":"D"}}`)
			assert.Equal(t, []any{userURN, entURN}, a.get("schemas"))
		},
		"RES-03": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "GET", "/Users/1", "")
			assert.Equal(t, []any{userURN, entURN, extURN}, a.get("schemas"))
			assert.Equal(t, "Math", a.get(entURN, "department"))
			assert.Equal(t, []any{userURN, extURN}, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", `{"`+entURN+`":null}`))).get("schemas"))
		},
		"RES-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, "1", do(t, h, "PUT", "/Users/1", userBody(`"id":"77"`)).get("id"))
			assert.Equal(t, "2", do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"id":"1","userName":"o@example.com"}`).get("id"))
			assert.Equal(t, "1", do(t, h, "GET", "/Users/1?excludedAttributes=id", "").get("id"))
			assert.Equal(t, "1", do(t, h, "GET", "/Users/1?attributes=title", "").get("id"))
			assert.Equal(t, 204, do(t, h, "DELETE", "/Users/2", "").Code)
			assert.Equal(t, "3", do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"o@example.com"}`).get("id"), "an id is not used again")
		},
		"RES-06": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, "Ext-1", do(t, h, "PATCH", "/Users/1", patchBody(op("add", "externalId", `"Ext-1"`))).get("externalId"))
			a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"externalId":"Ext-1","userName":"o@example.com"}`)
			assert.Equal(t, "Ext-1", a.get("externalId"), "it is the client's: two resources may have the same one")
			assert.Equal(t, 2.0, do(t, h, "GET", "/Users?filter=externalId+eq+%22Ext-1%22", "").get("totalResults"))
			assert.Equal(t, 0.0, do(t, h, "GET", "/Users?filter=externalId+eq+%22ext-1%22", "").get("totalResults"))
		},
		"RES-07": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			meta := do(t, h, "GET", "/Users/1", "").get("meta", "created")
			a := do(t, h, "PUT", "/Users/1", userBody(`"meta":{"resourceType":"Robot","created":"1990-01-01T00:00:00Z","location":"https://example.net/","version":"x"}`))
			assert.Equal(t, meta, a.get("meta", "created"))
			assert.Equal(t, "User", a.get("meta", "resourceType"))
			assert.Equal(t, baseURL+"/Users/1", a.get("meta", "location"))
		},
		"RES-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, "User", do(t, h, "GET", "/Users/1", "").get("meta", "resourceType"))
			assert.Equal(t, "Group", do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).get("meta", "resourceType"))
			assert.Equal(t, "User", do(t, h, "GET", "/Users", "").get("Resources").([]any)[0].(object)["meta"].(object)["resourceType"])
		},
		"RES-10": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, baseURL+"/Users/1", do(t, h, "GET", "/Users/1", "").get("meta", "location"))
			a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"o@example.com"}`)
			assert.Equal(t, a.Header().Get("Location"), a.get("meta", "location"))
			assert.Empty(t, a.Header().Get("Content-Location"))
		},
		"RES-12": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g","externalId":"e"}`)
			assert.Equal(t, "e", a.get("externalId"))
			assert.NotNil(t, a.get("meta", "created"))
			assert.NotContains(t, do(t, h, "GET", "/ServiceProviderConfig", "").body, "id")
		},
		"RES-13": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for value, ok := range map[string]bool{`"2026-01-31T08:00:00Z"`: true, `"2026-01-31T08:00:00.123456+05:30"`: true, `"2026-01-31"`: false, `"08:00:00"`: false, `"2026-13-01T00:00:00Z"`: false, `"2026-01-31 08:00:00"`: false, `1769846400`: false} {
				a := do(t, h, "PATCH", "/Users/1", patchBody(op("replace", extURN+":at", value)))
				if ok {
					assert.Equal(t, strings.Trim(value, `"`), a.get(extURN, "at"), "as it was sent")
				} else {
					requireError(t, a, 400, "invalidValue", "at")
				}
			}
		},
		"RES-14": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for value, ok := range map[string]bool{"7": true, "-7": true, "9007199254740993": true, "7.5": false, `"7"`: false, "true": false} {
				a := do(t, h, "PATCH", "/Users/1", patchBody(op("replace", extURN+":level", value)))
				if ok {
					assert.Contains(t, a.Body.String(), `"level":`+value)
				} else {
					requireError(t, a, 400, "invalidValue", "level")
				}
			}
			assert.NotContains(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", extURN+":level", "1e2"))).Body.String(), "1e2", "an exponent is refused or never comes back")
		},
		"RES-15": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, []any{object{"value": "QUJD"}}, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "x509Certificates", `[{"value":"QUJD"}]`))).get("x509Certificates"))
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "x509Certificates", `[{"value":"not base64"}]`))), 400, "invalidValue", "x509Certificates.value")
		},
		"MUL-01": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "PUT", "/Users/1", userBody(`"emails":[{"value":"a","primary":true},{"value":"b","primary":true}]`)), 400, "invalidValue", "primary")
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "emails", `[{"value":"a","primary":true},{"value":"b","primary":true}]`))), 400, "invalidValue", "primary")
			assert.Equal(t, 200, do(t, h, "PUT", "/Users/1", userBody(`"emails":[{"value":"a","primary":true},{"value":"b"},{"value":"c","primary":false}]`)).Code)
		},
		"MUL-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", userBody(`"emails":[{"value":"a","type":"work"},{"value":"A","type":"WORK"},{"value":"a","type":"home"}]`))
			assert.Equal(t, []any{object{"value": "a", "type": "work"}, object{"value": "a", "type": "home"}}, a.get("emails"))
			a = do(t, h, "PATCH", "/Users/1", patchBody(op("add", "emails", `[{"value":"a","type":"home"},{"value":"b"},{"value":"b"}]`)))
			assert.Len(t, a.get("emails"), 3)
		},
		"MUL-06": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, ops := range []string{op("remove", "emails", ""), op("remove", "emails[value pr]", ""), op("replace", "emails", "[]")} {
				assert.NotContains(t, do(t, h, "PATCH", "/Users/1", patchBody(ops)).body, "emails")
			}
			assert.NotContains(t, do(t, h, "PATCH", "/Users/1", patchBody(op("remove", "name.givenName", ""), op("remove", "name.familyName", ""))).body, "name")
		},
		"CRE-03": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"o@example.com","title":"T","emails":[{"value":"o@example.com"}]}`)
			require.Equal(t, 201, a.Code)
			assert.Equal(t, a.body, do(t, h, "GET", "/Users/2", "").body)
		},
		"CRE-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"o@example.com","id":"9","meta":{"created":"1990-01-01T00:00:00Z"},"groups":[{"value":"1"}],"`+entURN+`":{"manager":{"value":"1","displayName":"x"}}}`)
			require.Equal(t, 201, a.Code)
			assert.Equal(t, "2", a.get("id"))
			assert.NotContains(t, a.body, "groups")
			assert.Equal(t, "1", a.get(entURN, "manager", "value"))
			assert.Nil(t, a.get(entURN, "manager", "displayName"))
		},
		"CRE-07": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"ADA@example.com"}`), 409, "uniqueness", "userName")
		},
		"CRE-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"title":"x"}`), 400, "invalidValue", "userName")
			for _, body := range []string{"", "{", `{"userName":"o@example.com"}`, `{"schemas":["` + groupURN + `"],"userName":"o@example.com"}`, "[]"} {
				requireError(t, do(t, h, "POST", "/Users", body), 400, "invalidSyntax")
			}
		},
		"CRE-09": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "").Code)
			assert.Equal(t, 201, do(t, h, "POST", "/Users", ada).Code)
		},
		"DEL-02": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 204, do(t, h, "DELETE", "/Users/1", "").Code)
			requireError(t, do(t, h, "GET", "/Users/1", ""), 404, "")
			requireError(t, do(t, h, "PUT", "/Users/1", userBody("")), 404, "")
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "title", `"x"`))), 404, "")
			requireError(t, do(t, h, "DELETE", "/Users/1", ""), 404, "")
			assert.Equal(t, 0.0, do(t, h, "GET", "/Users?filter=id+eq+%221%22", "").get("totalResults"))
		},
		"PUT-03": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", userBody(`"title":"x","emails":[{"value":"n"}],"password":"p","`+extURN+`":{"secret":"s"}`))
			require.Equal(t, 200, a.Code, a.Body.String())
			assert.Equal(t, "x", a.get("title"))
			assert.Equal(t, []any{object{"value": "n"}}, a.get("emails"))
			assert.Equal(t, "s", s.Resources[0].Record.String(extURN+":secret"))
		},
		"PUT-05": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", userBody(`"title":null,"emails":[],"name":{"givenName":null},"`+entURN+`":null`))
			require.Equal(t, 200, a.Code, a.Body.String())
			for _, name := range []string{"title", "emails", "name", entURN} {
				assert.NotContains(t, a.body, name)
			}
		},
		"PUT-09": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			before := s.Resources[0]
			requireError(t, do(t, h, "PUT", "/Users/1", `{"schemas":["`+userURN+`"],"title":"x"}`), 400, "invalidValue", "userName")
			assert.Same(t, before, s.Resources[0])
		},
		"PUT-10": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", userBody(`"title":"x"`))
			require.Equal(t, 200, a.Code)
			assert.Equal(t, a.body, do(t, h, "GET", "/Users/1", "").body)
		},
		"PUT-11": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],"userName":"o@example.com"}`).Code)
			requireError(t, do(t, h, "PUT", "/Users/2", userBody("")), 409, "uniqueness")
		},
		"PRJ-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			only := "?attributes=" + url.QueryEscape("title,"+entURN+":department")
			for request, body := range map[string]string{
				"GET /Users/1": "", "PUT /Users/1": userBody(`"title":"x","` + entURN + `":{"department":"D"}`), "PATCH /Users/1": patchBody(op("replace", "title", `"y"`)),
				"POST /Users": `{"schemas":["` + userURN + `"],"userName":"o@example.com","title":"z","nickName":"n","` + entURN + `":{"department":"D"}}`,
			} {
				method, path, _ := strings.Cut(request, " ")
				a := do(t, h, method, path+only, body)
				require.Less(t, a.Code, 300, a.Body.String())
				assert.Len(t, a.body, 4, "%s: %s", request, a.Body)
				for _, name := range []string{"id", "schemas", "title", entURN} {
					assert.Contains(t, a.body, name, request)
				}
				if method != "POST" {
					a = do(t, h, method, path+"?excludedAttributes=title,meta", body)
					require.Equal(t, 200, a.Code, a.Body.String())
					assert.NotContains(t, a.body, "title", request)
					assert.NotContains(t, a.body, "meta", request)
					assert.Contains(t, a.body, "userName", request)
				}
			}
		},
		"SCH-04": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			for request, body := range map[string]string{
				"POST /Users":    `{"schemas":["` + userURN + `"],"userName":"o@example.com","password":"s3cret"}`,
				"PUT /Users/1":   userBody(`"password":"s3cret"`),
				"PATCH /Users/1": patchBody(op("replace", "password", `"s3cret"`)),
				"GET /Users/1?attributes=password,userName": "", "GET /Users?attributes=password": "", "GET /Users": "",
			} {
				method, path, _ := strings.Cut(request, " ")
				a := do(t, h, method, path, body)
				require.Less(t, a.Code, 300, a.Body.String())
				assert.NotContains(t, a.Body.String(), "s3cret", request)
				assert.NotContains(t, a.Body.String(), `"password"`, request)
			}
			assert.Equal(t, "s3cret", s.Resources[0].Record.String("password"), "the backend gets it")
		},
		"SCH-12": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g","members":[{"value":"1"}]}`).Code)
			groups := do(t, h, "GET", "/Users/1", "").get("groups").([]any)
			require.Len(t, groups, 1)
			assert.Equal(t, "2", groups[0].(object)["value"])
			assert.Equal(t, groups, do(t, h, "PUT", "/Users/1", userBody(`"groups":[]`)).get("groups"))
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("remove", "groups", ""))), 400, "mutability", "groups")
		},
		"SCH-15": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"]}`), 400, "invalidValue", "displayName")
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).Code)
			requireError(t, do(t, h, "PATCH", "/Groups/2", patchBody(op("remove", "displayName", ""))), 400, "mutability", "displayName")
		},
		"SCH-16": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g","members":[{"value":"1","type":"User"}]}`).Code)
			requireError(t, do(t, h, "PATCH", "/Groups/2", patchBody(op("replace", `members[value eq "1"].value`, `"2"`))), 400, "mutability", "members")
			requireError(t, do(t, h, "PATCH", "/Groups/2", patchBody(op("replace", `members[value eq "1"].type`, `"Group"`))), 400, "mutability", "members")
			require.Equal(t, 204, do(t, h, "PATCH", "/Groups/2", patchBody(op("remove", `members[value eq "1"]`, ""), op("add", "members", `[{"value":"7"}]`))).Code)
			members := do(t, h, "GET", "/Groups/2", "").get("members").([]any)
			require.Len(t, members, 1)
			assert.Equal(t, "7", members[0].(object)["value"])
		},
		"AMB-06": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			requireError(t, do(t, h, "PUT", "/Groups/1", `{"schemas":["`+groupURN+`"],"members":[]}`), 400, "invalidValue", "displayName")
			assert.Equal(t, true, attribute(do(t, h, "GET", "/Schemas/"+groupURN, "").get("attributes"), "displayName")["required"])
		},
		"AMB-07": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			body := userBody(`"nope":1,"name":{"nope":1,"givenName":"G"},"urn:x:y":{"a":1},"title":"x"`)
			body = strings.Replace(body, `["`, `["http://example.com/unknown","urn:x:y","`, 1)
			a := do(t, h, "PUT", "/Users/1", body)
			require.Equal(t, 200, a.Code, a.Body.String())
			assert.Equal(t, "x", a.get("title"))
			assert.Equal(t, []any{userURN, extURN}, a.get("schemas"))
			assert.NotContains(t, a.Body.String(), "nope")
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "", `{"nope":1}`))), 400, "invalidPath", "nope")
		},
		"AMB-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "PUT", "/Users/1", userBody(""))
			for _, name := range []string{"title", "emails", "name", entURN} {
				assert.NotContains(t, a.body, name)
			}
			assert.Equal(t, "1815", a.get(extURN, "birth"), "what is immutable stays")
		},
		"AMB-10": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "GET", "/Users?filter="+url.QueryEscape(`emails[type eq "work"].value eq "a@example.com"`), ""), 400, "invalidFilter", "brackets")
		},
		"AMB-14": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter=userName+eq+%22ada@example.com%22", "").get("totalResults"))
			assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter=emails.value+eq+%22a@example.com%22", "").get("totalResults"))
		},
		"LST-05": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			a := do(t, h, "GET", "/Users?filter=userName+eq+%22nobody%22", "")
			assert.Equal(t, 200, a.Code)
			assert.Equal(t, 0.0, a.get("totalResults"))
			assert.Equal(t, []any{}, a.get("Resources"))
		},
		"LST-06": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).Code)
			a := do(t, h, "GET", "/", "")
			assert.Equal(t, 2.0, a.get("totalResults"))
			assert.Equal(t, []string{"1", "2"}, ids(a))
			assert.Equal(t, []string{"2"}, ids(do(t, h, "GET", "/?filter=id+eq+%222%22", "")))
		},
		"LST-08": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).Code)
			for filter, want := range map[string][]string{`userName pr`: {"1"}, `not (userName pr)`: {"2"}, `userName eq null`: {"2"}, `members pr`: {}, `userName pr or displayName eq "g"`: {"1", "2"}} {
				assert.Equal(t, want, ids(do(t, h, "GET", "/?filter="+url.QueryEscape(filter), "")), filter)
			}
		},
		"LST-09": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"schemas":["`+groupURN+`"],"displayName":"g"}`).Code)
			assert.Equal(t, []string{"2"}, ids(do(t, h, "GET", "/?filter=meta.resourceType+eq+%22Group%22", "")))
			assert.Equal(t, []string{"1"}, ids(do(t, h, "GET", "/?filter=meta.resourceType+eq+%22User%22+and+userName+pr", "")))
		},
		"LST-07": func(t *testing.T, h *scim.Handler, s *teststore.Store) {
			s.Fail = scim.Errorf(400, scim.TooMany, "Search by userName.")
			requireError(t, do(t, h, "GET", "/Users?filter=title+co+%22x%22", ""), 400, "tooMany", "Search by userName.")
		},
		"NOT-01": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, "x", do(t, h, "PATCH", "/Users/1", patchBody(op("replace", userURN+":title", `"x"`))).get("title"))
			assert.Equal(t, "y", do(t, h, "PATCH", "/Users/1", patchBody(op("replace", entURN+":department", `"y"`))).get(entURN, "department"))
			assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter="+userURN+":title+eq+%22x%22+and+"+entURN+":department+eq+%22y%22", "").get("totalResults"))
			assert.Equal(t, object{"department": "y"}, do(t, h, "GET", "/Users/1?attributes="+entURN+":department", "").get(entURN))
		},
		"NOT-03": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "department", `"y"`))), 400, "invalidPath", "department")
			requireError(t, do(t, h, "GET", "/Users?filter=department+pr", ""), 400, "invalidFilter", "department")
			assert.NotContains(t, do(t, h, "GET", "/Users/1?attributes=department", "").body, entURN)
		},
		"NOT-04": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			assert.Equal(t, object{"givenName": "Ada"}, do(t, h, "GET", "/Users/1?attributes=name.givenName", "").get("name"))
			assert.Equal(t, 1.0, do(t, h, "GET", "/Users?filter=name.givenName+eq+%22ada%22", "").get("totalResults"))
			requireError(t, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "name:givenName", `"y"`))), 400, "invalidPath")
		},
		"ERR-02": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for path, status := range map[string]string{"/Users/9": "404", "/Users?filter=x": "400"} {
				assert.Equal(t, status, do(t, h, "GET", path, "").get("status"))
			}
			assert.Equal(t, "401", do(t, h, "GET", "/Users", "", "Authorization", "").get("status"))
			assert.Equal(t, "405", do(t, h, "PATCH", "/Users", "").get("status"))
		},
		"DSC-13": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, path := range []string{"/Schemas", "/ResourceTypes", "/ServiceProviderConfig"} {
				assert.Equal(t, do(t, h, "GET", path, "").body, do(t, h, "GET", path+"?sortBy=name&sortOrder=descending&startIndex=3&count=1&attributes=id", "").body)
			}
		},
		"DSC-22": func(t *testing.T, h *scim.Handler, _ *teststore.Store) {
			for _, s := range do(t, h, "GET", "/Schemas", "").get("Resources").([]any) {
				for _, a := range s.(object)["attributes"].([]any) {
					subs, _ := a.(object)["subAttributes"].([]any)
					for _, sub := range subs {
						assert.NotContains(t, sub, "subAttributes")
						assert.NotEqual(t, "complex", sub.(object)["type"])
					}
				}
			}
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

// RFC 7644 section 1.3: the base URI has no query of its own, a client's path and
// parameters follow it.
func TestRFC_BaseURI(t *testing.T) {
	t.Parallel()
	_, err := scim.NewHandler(teststore.New(t), &scim.Options{BaseURL: baseURL + "?tenant=1", Auth: scim.NoAuth()})
	require.Error(t, err)
	h := newHandler(t, teststore.New(t), strict)
	r := httptest.NewRequest("GET", baseURL+"/Users?count=0", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Equal(t, 200, w.Code)
}
