package zendesktest

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/internal/simulator"
)

// call is one request on its way through the account.
type call struct {
	method, path string
	query        url.Values
	queryErr     error
	body         []byte
	header       http.Header
	out          http.Header // headers gathered for the answer
	now          time.Time
	base         string  // what absolute URLs start with
	ids          []int64 // the {id}s of the route
	name         string  // the {name} of the route
	route        *route
	caller       *caller // nil: anonymous
	updated      bool    // what an item of create_or_update_many did
}

const apiRoot = "/api/v2"

func (c *call) inAPI() bool {
	return c.path == apiRoot || strings.HasPrefix(c.path, apiRoot+"/")
}

// shownBody is the body as the journal keeps it.
func (c *call) shownBody() []byte {
	if c.path != tokenPath {
		return c.body
	}
	in, ok := tokenRequest(c)
	if !ok {
		return []byte("(not shown)")
	}
	for _, secret := range []string{"client_secret", "code", "code_verifier", "refresh_token"} {
		if in[secret] != nil {
			in[secret] = "(blanked)"
		}
	}
	out, err := json.Marshal(in)
	if err != nil {
		return []byte("(not shown)")
	}
	return out
}

// allowed is who may call a route (§4.2).
type allowed int

const (
	agents allowed = iota
	admins
	anyone
	// Administrators, and agents whose custom role says so.
	groupManagers
	groupMembershipManagers
	organizationManagers
)

// mayManage reports whether somebody may do what is for administrators, or for
// those with a right.
func (a *Account) mayManage(u *user, right allowed) bool {
	r := a.customRole(u.customRole)
	if u.role == admin || r == nil {
		return u.role == admin
	}
	switch right {
	case groupManagers:
		return r.ManageGroups
	case groupMembershipManagers:
		return r.ManageGroupMemberships
	case organizationManagers:
		return r.ManageOrganizations
	}
	return false
}

// route is one documented verb and path that is simulated.
type route struct {
	method, path string // {id} stands for an id, {name} for any text
	scope        scope
	allowed      allowed
	body         string // wants a JSON object below this key
	handle       func(*call) answer
}

// routeTable lists the simulated routes. Of two that match, the first counts.
func (a *Account) routeTable() []route {
	return []route{
		{method: "GET", path: "users", scope: usersScope, handle: a.listUsers},
		{method: "POST", path: "users", scope: usersScope, body: "user", handle: a.createUser},
		{method: "GET", path: "users/me", scope: usersScope, allowed: anyone, handle: a.me},
		{method: "GET", path: "users/count", scope: usersScope, handle: a.countUsers},
		{method: "GET", path: "users/search", scope: usersScope, handle: a.searchUsers},
		{method: "GET", path: "users/show_many", scope: usersScope, handle: a.showManyUsers},
		{method: "POST", path: "users/create_or_update", scope: usersScope, body: "user", handle: a.createOrUpdateUser},
		{method: "POST", path: "users/create_many", scope: usersScope, body: "users", handle: a.imports(forMany(a.createMany, a.manyUsers))},
		{method: "POST", path: "users/create_or_update_many", scope: usersScope, body: "users", handle: a.imports(forMany(a.createMany, a.upsertedUsers))},
		{method: "PUT", path: "users/update_many", scope: usersScope, body: "users", handle: forMany(a.updateMany, a.manyUsers)},
		{method: "DELETE", path: "users/destroy_many", scope: usersScope, allowed: admins, handle: forMany(a.destroyMany, a.manyUsers)},
		{method: "GET", path: "users/autocomplete", scope: usersScope, handle: a.autocompleteUsers},
		{method: "POST", path: "users/autocomplete", scope: usersScope, body: "name", handle: a.autocompleteUsers},
		{method: "POST", path: "users/logout_many", scope: usersScope, allowed: admins, handle: a.logoutMany},
		{method: "POST", path: "users/request_create", scope: usersScope, body: "user", handle: a.requestSeat},
		{method: "GET", path: "users/{id}", scope: usersScope, handle: a.showUser},
		{method: "PUT", path: "users/{id}", scope: usersScope, body: "user", handle: a.updateUser},
		{method: "DELETE", path: "users/{id}", scope: usersScope, handle: a.deleteUser},
		{method: "GET", path: "users/{id}/related", scope: usersScope, handle: a.relatedUser},
		{method: "DELETE", path: "users/{id}/sessions", scope: usersScope, allowed: admins, handle: a.deleteSessions},

		{method: "GET", path: "users/{id}/identities", scope: broadScope, handle: a.listIdentities},
		{method: "POST", path: "users/{id}/identities", scope: broadScope, body: "identity", handle: a.createIdentity},
		{method: "GET", path: "users/{id}/identities/{id}", scope: broadScope, handle: a.showIdentity},
		{method: "PUT", path: "users/{id}/identities/{id}", scope: broadScope, body: "identity", handle: a.updateIdentity},
		{method: "DELETE", path: "users/{id}/identities/{id}", scope: broadScope, handle: a.deleteIdentity},
		{method: "PUT", path: "users/{id}/identities/{id}/make_primary", scope: broadScope, handle: a.makePrimary},
		{method: "PUT", path: "users/{id}/identities/{id}/verify", scope: broadScope, handle: a.verifyIdentity},
		{method: "PUT", path: "users/{id}/identities/{id}/request_verification", scope: broadScope, handle: a.requestVerification},

		{method: "GET", path: "deleted_users", scope: usersScope, handle: a.listDeleted},
		{method: "GET", path: "deleted_users/count", scope: usersScope, handle: a.countDeleted},
		{method: "GET", path: "deleted_users/{id}", scope: usersScope, handle: a.showDeleted},
		{method: "DELETE", path: "deleted_users/{id}", scope: usersScope, allowed: admins, handle: a.eraseDeleted},

		{method: "GET", path: "user_fields", scope: referenceScope, handle: a.listFields},
		{method: "GET", path: "user_fields/show_many", scope: referenceScope, handle: a.showManyFields},
		{method: "GET", path: "user_fields/{name}", scope: referenceScope, handle: a.showField},
		{method: "GET", path: "user_fields/{name}/options", scope: referenceScope, handle: a.listOptions},
		{method: "GET", path: "organization_fields", scope: referenceScope, handle: a.listFields},
		{method: "GET", path: "organization_fields/{name}", scope: referenceScope, handle: a.showField},

		{method: "GET", path: "groups", scope: referenceScope, handle: a.listGroups},
		{method: "POST", path: "groups", scope: referenceScope, allowed: groupManagers, body: "group", handle: a.createGroup},
		{method: "GET", path: "groups/assignable", scope: referenceScope, handle: a.listAssignableGroups},
		{method: "GET", path: "groups/count", scope: referenceScope, handle: a.countGroups},
		{method: "GET", path: "groups/{id}", scope: referenceScope, handle: a.showGroup},
		{method: "PUT", path: "groups/{id}", scope: referenceScope, allowed: admins, body: "group", handle: a.updateGroup},
		{method: "DELETE", path: "groups/{id}", scope: referenceScope, allowed: groupManagers, handle: a.deleteGroup},
		{method: "GET", path: "groups/{id}/memberships", scope: referenceScope, handle: a.listMembershipsOfGroup},
		{method: "GET", path: "groups/{id}/users", scope: usersScope, handle: a.listGroupUsers},
		{method: "GET", path: "users/{id}/groups", scope: referenceScope, handle: a.listUserGroups},

		{method: "GET", path: "group_memberships", scope: referenceScope, handle: a.listGroupMemberships},
		{method: "POST", path: "group_memberships", scope: referenceScope, allowed: groupMembershipManagers, body: "group_membership", handle: a.createGroupMembership},
		{method: "GET", path: "group_memberships/assignable", scope: referenceScope, handle: a.listGroupMemberships},
		{method: "POST", path: "group_memberships/create_many", scope: referenceScope, allowed: groupMembershipManagers, body: "group_memberships", handle: a.createManyGroupMemberships},
		{method: "DELETE", path: "group_memberships/destroy_many", scope: referenceScope, allowed: groupMembershipManagers, handle: a.deleteManyGroupMemberships},
		{method: "GET", path: "group_memberships/{id}", scope: referenceScope, handle: a.showGroupMembership},
		{method: "DELETE", path: "group_memberships/{id}", scope: referenceScope, allowed: groupMembershipManagers, handle: a.deleteGroupMembership},
		{method: "GET", path: "users/{id}/group_memberships", scope: referenceScope, handle: a.listUserGroupMemberships},
		{method: "POST", path: "users/{id}/group_memberships", scope: referenceScope, allowed: groupMembershipManagers, body: "group_membership", handle: a.createGroupMembership},
		{method: "DELETE", path: "users/{id}/group_memberships/{id}", scope: referenceScope, allowed: groupMembershipManagers, handle: a.deleteGroupMembership},
		{method: "PUT", path: "users/{id}/group_memberships/{id}/make_default", scope: referenceScope, handle: a.makeGroupMembershipDefault},

		{method: "GET", path: "job_statuses", scope: referenceScope, handle: a.listJobs},
		{method: "GET", path: "job_statuses/show_many", scope: referenceScope, handle: a.showManyJobs},
		{method: "GET", path: "job_statuses/{name}", scope: referenceScope, handle: a.showJob},

		{method: "GET", path: "organizations", scope: organizationsScope, handle: a.listOrganizations},
		{method: "POST", path: "organizations", scope: organizationsScope, allowed: organizationManagers, body: "organization", handle: a.createOrganization},
		{method: "GET", path: "organizations/count", scope: organizationsScope, handle: a.countOrganizations},
		{method: "GET", path: "organizations/autocomplete", scope: organizationsScope, handle: a.autocompleteOrganizations},
		{method: "POST", path: "organizations/create_or_update", scope: organizationsScope, body: "organization", handle: a.createOrUpdateOrganization},
		{method: "POST", path: "organizations/create_many", scope: organizationsScope, body: "organizations", handle: forMany(a.createMany, a.manyOrganizations)},
		{method: "PUT", path: "organizations/update_many", scope: organizationsScope, body: "organizations", handle: forMany(a.updateMany, a.manyOrganizations)},
		{method: "DELETE", path: "organizations/destroy_many", scope: organizationsScope, allowed: organizationManagers, handle: forMany(a.destroyMany, a.manyOrganizations)},
		{method: "GET", path: "organizations/search", scope: organizationsScope, handle: a.searchOrganizations},
		{method: "GET", path: "organizations/show_many", scope: organizationsScope, handle: a.showManyOrganizations},
		{method: "GET", path: "organizations/{id}", scope: organizationsScope, handle: a.showOrganization},
		{method: "PUT", path: "organizations/{id}", scope: organizationsScope, body: "organization", handle: a.updateOrganization},
		{method: "DELETE", path: "organizations/{id}", scope: organizationsScope, allowed: organizationManagers, handle: a.deleteOrganization},
		{method: "GET", path: "organizations/{id}/related", scope: organizationsScope, handle: a.relatedOrganization},
		{method: "GET", path: "organizations/{id}/users", scope: usersScope, handle: a.listOrganizationUsers},

		{method: "GET", path: "organizations/{id}/organization_memberships", scope: referenceScope, handle: a.listOrganizationMemberships},
		{method: "GET", path: "users/{id}/organizations", scope: organizationsScope, handle: a.listUserOrganizations},
		{method: "DELETE", path: "users/{id}/organizations/{id}", scope: referenceScope, handle: a.unassignOrganization},
		{method: "PUT", path: "users/{id}/organizations/{id}/make_default", scope: referenceScope, handle: a.makeOrganizationDefault},

		{method: "GET", path: "organization_memberships", scope: referenceScope, handle: a.listMemberships},
		{method: "POST", path: "organization_memberships", scope: referenceScope, body: "organization_membership", handle: a.createMembership},
		{method: "POST", path: "organization_memberships/create_many", scope: referenceScope, body: "organization_memberships", handle: a.createManyMemberships},
		{method: "DELETE", path: "organization_memberships/destroy_many", scope: referenceScope, handle: a.deleteManyMemberships},
		{method: "GET", path: "organization_memberships/{id}", scope: referenceScope, handle: a.showMembership},
		{method: "DELETE", path: "organization_memberships/{id}", scope: referenceScope, handle: a.deleteMembership},
		{method: "GET", path: "users/{id}/organization_memberships", scope: referenceScope, handle: a.listUserMemberships},
		{method: "PUT", path: "users/{id}/organization_memberships/{id}/make_default", scope: referenceScope, handle: a.makeMembershipDefault},

		{method: "GET", path: "incremental/users", scope: usersScope, allowed: admins, handle: exported(a, a.userExport, exportByTime)},
		{method: "GET", path: "incremental/users/cursor", scope: usersScope, allowed: admins, handle: exported(a, a.userExport, exportByCursor)},
		{method: "GET", path: "incremental/users/sample", scope: usersScope, allowed: admins, handle: exported(a, a.userExport, exportSample)},
		{method: "GET", path: "incremental/organizations", scope: organizationsScope, allowed: admins, handle: exported(a, a.organizationExport, exportByTime)},
		{method: "GET", path: "incremental/organizations/sample", scope: organizationsScope, allowed: admins, handle: exported(a, a.organizationExport, exportSample)},

		{method: "GET", path: "search", scope: referenceScope, handle: a.searchAll},
		{method: "GET", path: "search/count", scope: referenceScope, handle: a.countSearch},
		{method: "GET", path: "search/export", scope: referenceScope, handle: a.exportSearch},

		{method: "GET", path: "custom_roles", scope: referenceScope, handle: a.listRoles},
		{method: "GET", path: "custom_roles/{id}", scope: referenceScope, handle: a.showRole},
		{method: "GET", path: "locales", scope: referenceScope, handle: a.listLocales},
		{method: "GET", path: "locales/public", scope: referenceScope, handle: a.listLocales},
		{method: "GET", path: "locales/agent", scope: referenceScope, handle: a.listLocales},
		{method: "GET", path: "locales/{name}", scope: referenceScope, handle: a.showLocale},
		{method: "GET", path: "time_zones", scope: referenceScope, handle: a.listTimeZones},
		{method: "GET", path: "account/settings", scope: referenceScope, handle: a.showSettings},
	}
}

// documented are the first segments of paths that the reference names.
func documented() []string {
	return []string{
		"account", "custom_roles", "deleted_users", "end_users", "group_memberships", "groups", "incremental", "job_statuses",
		"locales", "oauth", "organization_fields", "organization_memberships", "organization_merges", "organizations", "search",
		"time_zones", "user_fields", "users",
	}
}

// route finds the route of a call and sets its ids and name. A final ".json" is
// optional (§0).
func (a *Account) route(c *call) (rt *route, first string) {
	have := strings.Split(strings.TrimSuffix(strings.TrimPrefix(c.path, apiRoot+"/"), ".json"), "/")
	for i := range a.routes {
		if r := &a.routes[i]; r.method == c.method && c.matches(r.path, have) {
			return r, have[0]
		}
	}
	return nil, have[0]
}

// matches compares a path with a pattern. An {id} that is no positive int64
// matches with the id 0, which nothing has.
func (c *call) matches(pattern string, have []string) bool {
	want := strings.Split(pattern, "/")
	if len(want) != len(have) {
		return false
	}
	c.ids, c.name = nil, ""
	for i, segment := range want {
		switch {
		case have[i] == "":
			return false
		case segment == "{name}":
			c.name = have[i]
		case segment == "{id}":
			n, err := strconv.ParseInt(have[i], 10, 64)
			if err != nil || n < 0 {
				n = 0
			}
			c.ids = append(c.ids, n)
		case segment != have[i]:
			return false
		}
	}
	return true
}

// dispatch makes the checks that all routes share and runs the route.
func (a *Account) dispatch(c *call) answer {
	if c.path == tokenPath {
		return a.issue(c)
	}
	rt, first := a.route(c)
	if refusal, ok := a.authenticate(c, rt != nil && rt.allowed == anyone); !ok {
		return refusal
	}
	if rt == nil {
		return unrouted(c, first)
	}
	if c.queryErr != nil {
		return titled(http.StatusBadRequest, "Invalid attribute", "The query string is malformed")
	}
	if c.route = rt; c.caller == nil {
		return rt.handle(c)
	}
	switch {
	case !a.may(c, rt.scope):
		return forbidden("You are missing the required scope.")
	case rt.allowed != anyone && !c.caller.user.team():
		return notAllowed()
	case rt.allowed != anyone && rt.allowed != agents && !a.mayManage(c.caller.user, rt.allowed):
		return notAllowed()
	case len(c.body) > maxBody:
		return named(http.StatusRequestEntityTooLarge, "too_large", "zendesktest: the body is too large")
	}
	if rt.body != "" {
		kind, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
		if err != nil || kind != "application/json" {
			return named(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "Content-Type must be application/json")
		}
	}
	return rt.handle(c)
}

// unrouted is the answer for a path that is documented and not simulated, or
// for one that the vendor does not have.
func unrouted(c *call, first string) answer {
	if !slices.Contains(documented(), first) {
		return named(http.StatusNotFound, "InvalidEndpoint", fmt.Sprintf("zendesktest: the API has no path %s", c.path))
	}
	switch c.method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete:
		return notYet(c)
	}
	ans := named(http.StatusMethodNotAllowed, "method_not_allowed", fmt.Sprintf("zendesktest: %s is not a verb of the API", c.method))
	ans.Header.Set("Allow", "GET, POST, PUT, DELETE")
	return ans
}

// notYet is the answer for what is documented and not simulated.
func notYet(c *call) answer {
	return named(http.StatusNotImplemented, "not_simulated", fmt.Sprintf("zendesktest: %s %s is not simulated yet", c.method, c.path))
}

// object reads the object below a key of the call's body.
func (c *call) object(key string) (map[string]any, answer, bool) {
	v, bad, ok := c.document()
	if !ok {
		return nil, bad, false
	}
	inner, ok := v[key].(map[string]any)
	if !ok {
		return nil, invalidParameter(key, "must be an object"), false
	}
	return inner, answer{}, true
}

// document reads the call's body, which has to be an object.
func (c *call) document() (map[string]any, answer, bool) {
	v, ok := simulator.DecodeObject(c.body)
	if !ok {
		return nil, jsonAnswer(http.StatusUnprocessableEntity, map[string]string{
			"error": "Unprocessable Entity", "message": "Server could not parse JSON",
		}), false
	}
	return v, answer{}, true
}

// url is the address of a record.
func (c *call) url(parts ...any) string {
	var b strings.Builder
	b.WriteString(c.base + apiRoot)
	for _, p := range parts {
		fmt.Fprintf(&b, "/%v", p)
	}
	return b.String() + ".json"
}
