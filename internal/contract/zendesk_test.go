package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// nullable are the attributes that live tenants answer with null although the
// document of April 2025 does not allow it: of users the recorded object of
// zendesk-api.md §4.1, of deleted users the text of the operation itself
// ("properties that normally contain personal data … are null"), of
// organizations and identities nothing.
func nullable() map[string][]string {
	return map[string][]string{
		"UserForAdmin": {
			"email", "alias", "signature", "details", "notes", "default_group_id", "last_login_at",
		},
		"DeletedUserObject": {"email", "organization_id"},
	}
}

// undocumented are the properties that the document lacks and the reference has:
// of users §4.1, of identities §5, of locales §11.
func undocumented() map[string][]string {
	return map[string][]string{
		"UserForAdmin":                 {"permanently_deleted", "authenticity_token"},
		"DeletedUserObject":            nil,
		"UserIdentityObject":           nil,
		"OrganizationObject":           nil,
		"OrganizationMembershipObject": nil,
		"CustomFieldObject":            nil,
		"CustomRoleObject":             nil,
		"GroupObject":                  nil,
		"GroupMembershipObject":        nil,
		"JobStatusObject":              nil,
		"LocaleObject":                 {"native_name", "presentation_name", "rtl", "default"},
	}
}

// amend makes the document as strict as can be: what agents see of a user is
// UserForAdmin, and no object has a property that is written nowhere.
func amend(schemas openapi3.Schemas) {
	for name, attributes := range nullable() {
		for _, a := range attributes {
			schemas[name].Value.Properties[a].Value.Nullable = true
		}
	}
	// The document gives both as references to one object.
	schemas["UserObject"].Value.AnyOf = openapi3.SchemaRefs{schemas["UserForAdmin"]}
	closed := false
	for name, extra := range undocumented() {
		s := schemas[name].Value
		for _, p := range extra {
			s.Properties[p] = openapi3.NewSchemaRef("", openapi3.NewSchema())
		}
		s.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
	}
	// The document has texts and numbers only; checkboxes and lists are other
	// values, and what is unset is null (§7).
	open := true
	schemas["OrganizationObject"].Value.Properties["organization_fields"].Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &open}
	amendResults(schemas)
}

// amendResults lets the results of jobs be as they were recorded and as the
// reference expects them (§9): a creation has a status in place of the index, and
// a creation that failed no id.
func amendResults(schemas openapi3.Schemas) {
	results := schemas["JobStatusResultObject"].Value
	results.AnyOf, results.OneOf = results.OneOf, nil
	created, failed := schemas["CreateResourceResult"].Value, schemas["FailedResult"].Value
	created.Required = []string{"id"}
	created.Properties["status"] = openapi3.NewSchemaRef("", openapi3.NewStringSchema())
	failed.Required = []string{"error", "details"}
	failed.Properties["index"] = openapi3.NewSchemaRef("", openapi3.NewIntegerSchema())
	closed := false
	for _, s := range []*openapi3.Schema{created, failed, schemas["UpdateResourceResult"].Value} {
		s.AdditionalProperties = openapi3.AdditionalProperties{Has: &closed}
	}
}

// unlisted are paths that the document lacks and the reference has (§4.2, §6.1,
// §6.2), with the path of the document whose operations they serve.
func unlisted() map[string]string {
	return map[string]string{
		"/api/v2/users/{user_id}/groups":                                   "/api/v2/groups",
		"/api/v2/organizations/{organization_id}/users":                    "/api/v2/users",
		"/api/v2/organizations/{organization_id}/organization_memberships": "/api/v2/organization_memberships",
		"/api/v2/users/{user_id}/organizations":                            "/api/v2/organizations",
		"/api/v2/users/{user_id}/organization_memberships":                 "/api/v2/organization_memberships",
		"/api/v2/groups/{group_id}/users":                                  "/api/v2/users",
		"/api/v2/groups/{group_id}/memberships":                            "/api/v2/group_memberships",
		"/api/v2/users/{user_id}/group_memberships":                        "/api/v2/group_memberships",
		"/api/v2/users/{user_id}/group_memberships/{group_membership_id}":  "/api/v2/group_memberships/{group_membership_id}",
	}
}

// amendPaths adds the paths that the document lacks, and drops the parameters
// that the document has in paths without a place for them.
func amendPaths(doc *openapi3.T) {
	for path, like := range unlisted() {
		item := *doc.Paths.Value(like)
		doc.Paths.Set(path, &item)
	}
	for path, item := range doc.Paths.Map() {
		item.Parameters = placed(path, item.Parameters)
		for _, op := range item.Operations() {
			op.Parameters = placed(path, op.Parameters)
		}
	}
}

func placed(path string, parameters openapi3.Parameters) openapi3.Parameters {
	return slices.DeleteFunc(slices.Clone(parameters), func(p *openapi3.ParameterRef) bool {
		return p.Value.In == "path" && !strings.Contains(path, "{"+p.Value.Name+"}")
	})
}

func zendesk(t *testing.T) *contract {
	t.Helper()
	return load(t, filepath.Join(testx.Shared(t), "reference", "zendesk-support-oas.yaml"), func(doc *openapi3.T) {
		amend(doc.Components.Schemas)
		amendPaths(doc)
	})
}

// tenant is a sandbox account that is held to the contract.
type tenant struct {
	*contract
	*zendesktest.Account
	t     *testing.T
	rules zendesktest.Rules
}

func newTenant(t *testing.T, c *contract, rules zendesktest.Rules) *tenant {
	t.Helper()
	o := zendesktest.Sandbox()
	o.Rules, o.Plan, o.BulkImport = rules, zendesktest.Unlimited, true
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	o.Clock = func() time.Time { return now }
	a := zendesktest.New(o)
	t.Cleanup(a.Close)
	return &tenant{contract: c, Account: a, t: t, rules: rules}
}

func (a *tenant) request(method, path string, body any) *http.Request {
	a.t.Helper()
	var r io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(a.t, err)
		r = bytes.NewReader(b)
	}
	req := httptest.NewRequestWithContext(a.t.Context(), method, base+"/api/v2"+path, r)
	req.SetBasicAuth(a.OwnerEmail()+"/token", a.APIToken())
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// do makes a call, checks it, and returns what stands below the answer's only
// key, or the whole answer.
func (a *tenant) do(method, path string, body any, status int) object {
	a.t.Helper()
	w := a.serve(a.t, a.Account, a.request(method, path, body))
	require.Equal(a.t, status, w.Code, "%s %s: %s", method, path, w.Body)
	if status >= 400 {
		a.refusal(w)
	}
	var v object
	if json.Unmarshal(w.Body.Bytes(), &v) != nil {
		return nil
	}
	if len(v) == 1 {
		for _, inner := range v {
			if o, ok := inner.(object); ok {
				return o
			}
		}
	}
	return v
}

// refusal holds an error against the four envelopes of zendesk-api.md §2.4; the
// document has the third only.
func (a *tenant) refusal(w *httptest.ResponseRecorder) {
	a.t.Helper()
	if strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		require.Equal(a.t, http.StatusTooManyRequests, w.Code)
		return
	}
	var v object
	require.NoError(a.t, json.Unmarshal(w.Body.Bytes(), &v), w.Body.String())
	if _, ok := v["errors"]; ok {
		require.NoError(a.t, a.doc.Components.Schemas["Errors"].Value.VisitJSON(v))
		return
	}
	switch e := v["error"].(type) {
	case string:
		require.NotEmpty(a.t, e)
	case object:
		require.NotEmpty(a.t, e["title"])
		require.NotEmpty(a.t, e["message"])
	default:
		a.t.Fatalf("no error in %s", w.Body)
	}
	details, _ := v["details"].(object)
	for field, list := range details {
		for _, d := range list.([]any) {
			require.NotEmpty(a.t, d.(object)["description"], field)
		}
	}
}

type object = map[string]any

func id(v any) string { return fmt.Sprintf("%.0f", v) }

// drive makes every call that the simulator serves and the document has.
func (a *tenant) drive() {
	user := object{
		"name": "Mary Somerville", "email": "mary@example.com", "external_id": "emp-99", "role": "end-user", "skip_verify_email": true,
		"phone": "+15551230000", "locale": "en-gb", "time_zone": "London", "tags": []string{"vip"}, "notes": "n", "details": "d",
		"organization_id": a.OrganizationID("Sales"), "verified": true,
		"user_fields": object{
			"employee_number": "E-99", "on_site": true, "start_date": "2026-01-05", "desk_number": 9, "day_rate": 5.1,
			"badge_color": "badge_red", "languages_spoken": []string{"speaks_german"}, "manager": a.OwnerID(), "badge_code": "AB-123",
		},
	}
	created := a.do("POST", "/users", object{"user": user}, 201)
	mary := "/users/" + id(created["id"])
	bare := "/users/" + id(a.do("POST", "/users", object{"user": object{"name": "Bare", "email": "bare@example.com"}}, 201)["id"])
	a.do("GET", mary, nil, 200)
	a.do("PUT", mary, object{"user": object{"name": "Mary S.", "email": "ms@example.com", "suspended": true}}, 200)
	a.do("PUT", mary, object{"user": object{"role": "agent"}}, 200)
	a.do("PUT", mary, object{"user": object{"role": "admin", "custom_role_id": nil, "organization_id": nil}}, 200)
	a.do("PUT", mary, object{"user": object{"role": "end-user", "external_id": nil, "phone": ""}}, 200)
	a.do("POST", "/users/create_or_update", object{"user": object{"name": "Mary", "email": "mary@example.com"}}, unless(a.rules.ResentEmailRefused, 200))
	a.do("POST", "/users/create_or_update", object{"user": object{"name": "New", "email": "new@example.com"}}, 201)
	a.do("GET", "/users", nil, 200)
	for _, q := range []string{
		"page[size]=2", "page[size]=2&sort=-updated_at", "per_page=2&page=2", "role=agent", "role[]=agent", "external_id=emp-17", "permission_set=6164039664102",
	} {
		a.do("GET", "/users?"+q, nil, 200)
	}
	a.do("GET", "/users/count?role=agent", nil, 200)
	a.do("GET", "/users/me", nil, 200)
	a.do("GET", "/users/search?query="+url.QueryEscape(`email:"mary@example.com"`), nil, 200)
	a.do("GET", "/users/search?external_id=emp-17", nil, 200)
	a.do("GET", "/users/show_many?external_ids=emp-17,emp-23", nil, 200)
	a.do("GET", mary+"/related", nil, 200)
	a.driveIdentities(mary)
	a.driveMemberships(mary, created["id"])

	a.do("DELETE", mary, nil, 200)
	a.do("DELETE", bare, nil, 200)
	a.do("GET", "/deleted_users?page[size]=10", nil, 200)
	a.do("GET", "/deleted_users/count", nil, 200)
	a.do("GET", strings.Replace(mary, "/users", "/deleted_users", 1), nil, 200)
	a.do("DELETE", strings.Replace(bare, "/users", "/deleted_users", 1), nil, 200)
	a.do("GET", "/deleted_users", nil, 200)

	a.do("GET", "/user_fields?page[size]=100", nil, 200)
	a.do("GET", "/user_fields", nil, 200)
	a.do("GET", "/user_fields/badge_color", nil, 200)
	for _, f := range a.UserFields() {
		a.do("GET", fmt.Sprintf("/user_fields/%d", f.ID), nil, 200)
		a.do("GET", fmt.Sprintf("/user_fields/%d/options", f.ID), nil, 200)
	}
	a.do("GET", "/organizations?page[size]=1", nil, 200)
	a.do("GET", "/organizations/search?name=Sales", nil, 200)
	a.do("GET", "/organizations/show_many?external_ids=org-eng", nil, 200)
	a.do("GET", fmt.Sprintf("/organizations/%d", a.OrganizationID("Sales")), nil, 200)
	a.driveGroups()
	a.driveOrganizations()
	a.driveManyUsers()
	a.driveExports()
	a.do("GET", "/custom_roles", nil, 200)
	a.do("GET", fmt.Sprintf("/custom_roles/%d", a.CustomRoles()[0].ID), nil, 200)
	for _, p := range []string{"/locales", "/locales/public", "/locales/agent", "/locales/1", "/account/settings"} {
		a.do("GET", p, nil, 200)
	}
}

func (a *tenant) driveIdentities(user string) {
	at := user + "/identities"
	one := at + "/" + id(a.do("POST", at, object{"identity": object{"type": "email", "value": "m2@example.com", "verified": true}}, 201)["id"])
	a.do("POST", at, object{"identity": object{"type": "phone_number", "value": "+15551239999"}}, 201)
	a.do("GET", at, nil, 200)
	a.do("GET", at+"?type[]=email&page[size]=1", nil, 200)
	a.do("GET", one, nil, 200)
	a.do("PUT", one, object{"identity": object{"value": "m3@example.com", "verified": true}}, 200)
	a.do("PUT", one+"/verify", nil, 200)
	a.do("PUT", one+"/request_verification", nil, 200)
	a.do("PUT", one+"/make_primary", nil, 200)
	a.do("DELETE", one, nil, unless(a.rules.PrimaryDeletionRefused, 204))
}

// unless is the status of what a doubtful rule refuses.
func unless(refused bool, status int) int {
	if refused {
		return http.StatusUnprocessableEntity
	}
	return status
}

// driveMemberships leaves the user without organizations.
func (a *tenant) driveMemberships(user string, userID any) {
	const at = "/organization_memberships"
	sales, engineering := a.OrganizationID("Sales"), a.OrganizationID("Engineering")
	a.do("PUT", user, object{"user": object{"organization_id": sales}}, 200)
	made := a.do("POST", at, object{"organization_membership": object{"user_id": userID, "organization_id": engineering}}, 201)
	one := at + "/" + id(made["id"])
	a.do("GET", one, nil, 200)
	a.do("GET", at, nil, 200)
	a.do("GET", at+"?page[size]=1", nil, 200)
	a.do("PUT", user+one+"/make_default", nil, 200)
	a.do("PUT", fmt.Sprintf("%s/organizations/%d/make_default", user, sales), nil, 200)
	a.do("DELETE", one, nil, 204)
	a.do("DELETE", fmt.Sprintf("%s/organizations/%d", user, sales), nil, 204)
}

// driveGroups leaves a deleted group.
func (a *tenant) driveGroups() {
	const at = "/group_memberships"
	group := a.do("POST", "/groups", object{"group": object{"name": "Returns", "description": "d", "is_public": true}}, 201)["id"]
	one := "/groups/" + id(group)
	agent := a.do("POST", "/users", object{"user": object{"name": "Agent", "email": "agent@example.com", "role": "agent"}}, 201)["id"]
	user := "/users/" + id(agent)
	a.do("PUT", one, object{"group": object{"name": "Returned", "is_public": false}}, 200)
	for _, path := range []string{
		"/groups", "/groups?exclude_deleted=true&page[size]=1", "/groups/assignable", "/groups/count", one, user + "/groups", one + "/users",
		one + "/memberships", user + at, at, at + "?page[size]=1", at + "/assignable",
	} {
		a.do("GET", path, nil, 200)
	}
	made := a.do("POST", at, object{"group_membership": object{"user_id": agent, "group_id": group}}, 201)["id"]
	a.do("GET", at+"/"+id(made), nil, 200)
	a.do("PUT", user+at+"/"+id(made)+"/make_default", nil, 200)
	a.do("DELETE", at+"/"+id(made), nil, 204)
	made = a.do("POST", user+at, object{"group_membership": object{"group_id": group}}, 201)["id"]
	a.do("DELETE", user+at+"/"+id(made), nil, 204)

	ada := a.UserByEmail("ada@example.com")["id"]
	a.job(a.do("POST", at+"/create_many", object{"group_memberships": []object{
		{"user_id": agent, "group_id": group}, {"user_id": ada, "group_id": group},
	}}, 200))
	list := a.do("GET", one+"/memberships", nil, 200)["group_memberships"].([]any)
	require.Len(a.t, list, 1)
	a.job(a.do("DELETE", at+"/destroy_many?ids="+id(list[0].(object)["id"])+",9", nil, 200))
	a.do("DELETE", one, nil, 204)
	a.do("GET", "/job_statuses?page[size]=10", nil, 200)
}

func (a *tenant) driveOrganizations() {
	const at = "/organizations"
	in := object{
		"name": "Returns Ltd", "external_id": "org-r", "details": "d", "notes": "n", "domain_names": []string{"example.net"},
		"tags": []string{"t"}, "shared_tickets": true, "shared_comments": true, "organization_fields": object{"region": "north"},
	}
	made := a.do("POST", at, object{"organization": in}, 201)["id"]
	one := at + "/" + id(made)
	a.do("PUT", one, object{"organization": object{"notes": nil, "organization_fields": object{"region": nil}}}, 200)
	a.do("POST", at+"/create_or_update", object{"organization": object{"external_id": "org-r", "notes": "x"}}, 200)
	a.do("POST", at+"/create_or_update", object{"organization": object{"name": "More Ltd", "external_id": "org-m"}}, 201)
	ada := "/users/" + fmt.Sprint(a.UserByEmail("ada@example.com")["id"])
	for _, path := range []string{
		at + "/count", at + "/autocomplete?name=Ret", one + "/related", one + "/users", one + "/organization_memberships",
		ada + "/organizations", ada + "/organization_memberships", "/organization_fields", "/organization_fields?page[size]=10",
	} {
		a.do("GET", path, nil, 200)
	}
	for _, f := range a.OrganizationFields() {
		a.do("GET", fmt.Sprintf("/organization_fields/%d", f.ID), nil, 200)
	}
	a.job(a.do("POST", at+"/create_many", object{"organizations": []object{{"name": "Third Ltd"}, {"name": "Returns Ltd"}}}, 200))
	a.job(a.do("PUT", at+"/update_many?external_ids=org-r,org-x", object{"organization": object{"notes": "y"}}, 200))
	a.job(a.do("PUT", at+"/update_many", object{"organizations": []object{{"id": made, "notes": "z"}}}, 200))
	a.job(a.do("POST", "/organization_memberships/create_many", object{"organization_memberships": []object{
		{"user_id": a.OwnerID(), "organization_id": made},
	}}, 200))
	list := a.do("GET", one+"/organization_memberships", nil, 200)["organization_memberships"].([]any)
	require.NotEmpty(a.t, list)
	a.job(a.do("DELETE", "/organization_memberships/destroy_many?ids="+id(list[0].(object)["id"]), nil, 200))
	a.job(a.do("DELETE", at+"/destroy_many?external_ids=org-m", nil, 200))
	a.do("DELETE", one, nil, 204)
}

func (a *tenant) driveManyUsers() {
	list := object{"users": []object{
		{"name": "Many", "email": "many@example.com", "external_id": "emp-m"}, {"name": "x", "email": "ada@example.com"},
	}}
	a.job(a.do("POST", "/users/create_many", list, 200))
	a.job(a.do("POST", "/users/create_or_update_many", list, 200))
	many := fmt.Sprint(a.UserByEmail("many@example.com")["id"])
	a.job(a.do("PUT", "/users/update_many?ids="+many+",9", object{"user": object{"notes": "x"}}, 200))
	a.job(a.do("PUT", "/users/update_many", object{"users": []object{{"external_id": "emp-m", "notes": "y"}}}, 200))
	a.job(a.do("DELETE", "/users/destroy_many?external_ids=emp-m,emp-x", nil, 200))
	a.do("GET", "/users/autocomplete?name=Ada", nil, 200)
	a.do("POST", "/users/logout_many?ids="+many, nil, 202)
	a.do("POST", "/users/request_create", object{"user": object{"name": "x", "email": "x@example.com"}}, 200)
}

func (a *tenant) driveExports() {
	for _, path := range []string{
		"/incremental/users?start_time=0&per_page=2", "/incremental/organizations?start_time=0", "/incremental/users/cursor?start_time=0&per_page=2",
		"/search?query=ada", "/search?query=type:group", "/search/count?query=ada", "/search/export?query=ada&filter[type]=user&page[size]=1",
	} {
		a.do("GET", path, nil, 200)
	}
}

// job polls a job to its end.
func (a *tenant) job(queued object) {
	at := "/job_statuses/" + queued["id"].(string)
	require.Equal(a.t, "working", a.do("GET", at, nil, 200)["status"])
	require.Equal(a.t, "completed", a.do("GET", at, nil, 200)["status"])
	a.do("GET", "/job_statuses/show_many?ids="+queued["id"].(string), nil, 200)
}

// Every request that the simulator takes and every answer that it gives are what
// the vendor's document says, under the default rules; and every operation that
// the simulator serves is tried.
func TestZendesk(t *testing.T) {
	t.Parallel()
	c := zendesk(t)
	newTenant(t, c, zendesktest.Rules{}).drive()
	assert.ElementsMatch(t, []string{
		"ListUsers", "CreateUser", "ShowCurrentUser", "CountUsers", "SearchUsers", "ShowManyUsers", "CreateOrUpdateUser",
		"ShowUser", "UpdateUser", "DeleteUser", "ShowUserRelated",
		"ListUserIdentities", "CreateUserIdentity", "ShowUserIdentity", "UpdateUserIdentity", "DeleteUserIdentity",
		"MakeUserIdentityPrimary", "VerifyUserIdentity", "RequestUserVerfication",
		"ListDeletedUsers", "CountDeletedUsers", "ShowDeletedUser", "PermanentlyDeleteUser",
		"ListUserFields", "ShowUserField", "ListUserFieldOptions",
		"ListOrganizations", "SearchOrganizations", "ShowManyOrganizations", "ShowOrganization", "CreateOrganization",
		"UpdateOrganization", "DeleteOrganization", "CreateOrUpdateOrganization", "CountOrganizations", "AutocompleteOrganizations",
		"OrganizationRelated", "CreateManyOrganizations", "UpdateManyOrganizations", "DeleteManyOrganizations",
		"ListOrganizationFields", "ShowOrganizationField",
		"CreateManyOrganizationMemberships", "DeleteManyOrganizationMemberships",
		"ListOrganizationMemberships", "CreateOrganizationMembership", "ShowOrganizationMembershipById", "DeleteOrganizationMembership",
		"SetOrganizationMembershipAsDefault", "SetOrganizationAsDefault", "UnassignOrganization",
		"CreateManyUsers", "CreateOrUpdateManyUsers", "UpdateManyUsers", "DestroyManyUsers", "AutocompleteUsers", "LogoutManyUsers",
		"RequestUserCreate", "IncrementalUserExportTime", "IncrementalUserExportCursor", "IncrementalOrganizationExport",
		"ListSearchResults", "CountSearchResults", "ExportSearchResults",
		"ListGroups", "CreateGroup", "ShowGroupById", "UpdateGroup", "DeleteGroup", "ListAssignableGroups", "CountGroups",
		"ListGroupMemberships", "CreateGroupMembership", "ShowGroupMembershipById", "DeleteGroupMembership",
		"ListAssignableGroupMemberships", "GroupMembershipBulkCreate", "GroupMembershipBulkDelete", "GroupMembershipSetDefault",
		"ListJobStatuses", "ShowJobStatus", "ShowManyJobStatuses",
		"ListCustomRoles", "ShowCustomRoleById", "ListLocales", "ListAvailablePublicLocales", "ListLocalesForAgent",
		"ShowLocaleById", "ShowAccountSettings",
	}, c.driven)
}

// The same under every doubtful rule, whose refusals are what the document says,
// too.
func TestZendesk_Variants(t *testing.T) {
	t.Parallel()
	c := zendesk(t)
	for _, v := range zendesktest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			newTenant(t, c, v.Rules).drive()
		})
	}
}

// Refusals come in the envelopes of the reference.
func TestZendesk_Refusals(t *testing.T) {
	t.Parallel()
	c := zendesk(t)
	for _, rules := range []zendesktest.Rules{{}, {DetailsWithoutCodes: true, TypeErrorsAsRecordInvalid: true}} {
		a := newTenant(t, c, rules)
		a.do("POST", "/users", object{"user": object{"name": "x", "email": "ada@example.com"}}, 422)
		a.do("POST", "/users", object{"user": object{"name": "", "email": "x@example.com"}}, 422)
		a.do("POST", "/users", object{"user": object{"name": "x", "role": "owner"}}, 422)
		a.do("GET", "/users/9", nil, 404)
		a.do("POST", "/groups", object{"group": object{"name": "support"}}, 422)
		a.do("DELETE", fmt.Sprintf("/groups/%d", a.DefaultGroupID()), nil, 422)
		a.do("POST", "/group_memberships", object{"group_membership": object{
			"user_id": a.UserByEmail("ada@example.com")["id"], "group_id": a.DefaultGroupID(),
		}}, 422)
		a.do("POST", "/group_memberships/create_many", object{"group_memberships": make([]object, 101)}, 400)
		a.do("POST", "/organizations", object{"organization": object{"name": "sales"}}, 422)
		a.do("POST", "/organizations/create_or_update", object{"organization": object{"id": 9}}, 404)
		a.do("DELETE", "/organizations/9", nil, 404)
		a.do("GET", "/job_statuses/V3-0", nil, 404)
		a.do("GET", "/search?query=x&page=11", nil, 422)
		a.do("GET", "/incremental/users/cursor?start_time=0&per_page=1001", nil, 400)
		a.do("DELETE", fmt.Sprintf("/users/%d", a.OwnerID()), nil, 422)
		a.do("GET", "/users?page[size]=1000", nil, 400)
		a.do("GET", "/users?page=500&per_page=100", nil, 400)
		a.do("GET", "/users/search?query=x&page[size]=5", nil, 400)
		a.do("GET", "/users/show_many?ids="+strings.Repeat("1,", 101), nil, 400)
		a.do("PUT", "/organization_fields/reorder", object{"organization_field_ids": []int{}}, 501)
		r := a.request("GET", "/users", nil)
		r.Header.Del("Authorization")
		w := a.serve(t, a.Account, r)
		require.Equal(t, 401, w.Code)
		a.refusal(w)
	}
}

// A limit of jobs is a refusal like others.
func TestZendesk_TooManyJobs(t *testing.T) {
	t.Parallel()
	o := zendesktest.Sandbox()
	o.Limits = &zendesktest.Limits{Jobs: 1}
	account := zendesktest.New(o)
	t.Cleanup(account.Close)
	a := &tenant{contract: zendesk(t), Account: account, t: t}
	a.do("DELETE", "/users/destroy_many?ids=9", nil, 200)
	a.do("DELETE", "/users/destroy_many?ids=9", nil, 429)
}

// The anonymous user of /users/me is a known departure: its id is null.
func TestZendesk_AnonymousDeparts(t *testing.T) {
	t.Parallel()
	a := newTenant(t, zendesk(t), zendesktest.Rules{})
	r := a.request("GET", "/users/me", nil)
	r.Header.Del("Authorization")
	w, err := a.check(t, a.Account, r)
	require.Equal(t, 200, w.Code)
	require.ErrorContains(t, err, "null", "zendesk-api.md §1.5: the contract sees it, so it looks at values")
}

// The contract can fail: an answer with a strange property or a wrong type does.
func TestZendesk_ContractHolds(t *testing.T) {
	t.Parallel()
	a := newTenant(t, zendesk(t), zendesktest.Rules{})
	for name, change := range map[string]func(object){
		"strange property": func(u object) { u["nickname"] = "x" },
		"wrong type":       func(u object) { u["id"] = "5" },
		"null":             func(u object) { u["tags"] = nil },
		"missing":          func(u object) { delete(u, "name") },
	} {
		t.Run(name, func(t *testing.T) {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner := httptest.NewRecorder()
				a.ServeHTTP(inner, r)
				var v map[string]object
				if json.Unmarshal(inner.Body.Bytes(), &v) == nil {
					change(v["user"])
				}
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(v)
			})
			_, err := a.check(t, h, a.request("GET", "/users/me", nil))
			require.Error(t, err)
		})
	}
	_, err := a.check(t, a.Account, a.request("POST", "/users", object{"name": "no wrapper"}))
	require.Error(t, err, "the request, too")
}
