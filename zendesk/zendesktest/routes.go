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
