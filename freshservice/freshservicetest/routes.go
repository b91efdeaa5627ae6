package freshservicetest

import (
	"cmp"
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
	host         string
	query        url.Values
	queryErr     error
	body         []byte
	header       http.Header
	now          time.Time
	base         string // what absolute URLs start with
	id           int64  // the first {id} of the route
	member       int64  // the second one
	key          *Key
	scopes       []string // of the access token; nil: an API key
}

const apiRoot = "/api/v2"

func (c *call) inAPI() bool {
	return (c.path == apiRoot || strings.HasPrefix(c.path, apiRoot+"/")) && !strings.HasSuffix(c.host, orgDomain)
}

// route is one documented verb and path. A nil handler is not simulated.
type route struct {
	method, path string // {id} stands for an id
	scope        string // of OAuth, without its prefix
	permission   Permission
	limit        subLimit
	body         bool     // wants a JSON object
	parameters   []string // query parameters that it knows
	handle       func(*call) answer
}

// route finds the route of a call and sets its id. Where only the verb is
// wrong, it returns the verbs that the path has.
func (a *Account) route(c *call) (rt *route, allowed []string) {
	have := strings.Split(strings.TrimPrefix(c.path, apiRoot+"/"), "/")
	for i := range a.routes {
		r := &a.routes[i]
		ids, ok := matchRoute(r.path, have)
		switch {
		case !ok:
		case r.method == c.method:
			c.id, c.member = ids[0], ids[1]
			return r, nil
		default:
			allowed = append(allowed, r.method)
		}
	}
	return nil, allowed
}

// matchRoute compares a path with a pattern, which has two {id} at most. One
// that is no positive int64 matches with the id 0, which nothing has.
func matchRoute(pattern string, have []string) (ids [2]int64, ok bool) {
	want := strings.Split(pattern, "/")
	if len(want) != len(have) {
		return ids, false
	}
	found := 0
	for i, segment := range want {
		if segment != "{id}" {
			if segment != have[i] {
				return ids, false
			}
			continue
		}
		if have[i] == "" {
			return ids, false
		}
		if n, err := strconv.ParseInt(have[i], 10, 64); err == nil && n > 0 {
			ids[found] = n
		}
		found++
	}
	return ids, true
}

// dispatch makes the checks that all routes share and runs the route.
func (a *Account) dispatch(c *call, rt *route, allowed []string) answer {
	if ans, ok := a.authenticate(c); !ok {
		return ans
	}
	if rt == nil && allowed == nil {
		return flat(http.StatusNotFound, "unknown_path",
			fmt.Sprintf("freshservicetest: the API has no path %s", c.path))
	}
	if rt == nil {
		ans := flat(http.StatusMethodNotAllowed, "method_not_allowed",
			fmt.Sprintf("%s is not allowed here. It should be one of these method(s): %s", c.method, strings.Join(allowed, ", ")))
		ans.Header.Set("Allow", strings.Join(allowed, ", "))
		return ans
	}
	if !acceptable(c.header.Values("Accept")) {
		return flat(http.StatusNotAcceptable, "not_acceptable", "Accept must be application/json or */*")
	}
	if rt.handle == nil {
		return flat(http.StatusNotImplemented, "not_simulated",
			fmt.Sprintf("freshservicetest: %s %s/%s is not simulated yet", rt.method, apiRoot, rt.path))
	}
	if ans, ok := a.checkBody(c, rt); !ok {
		return ans
	}
	if ans, ok := a.checkParameters(c, rt); !ok {
		return ans
	}
	if !c.inScope(rt) {
		return flat(cmp.Or(a.rules.MissingScopeStatus, http.StatusForbidden), "access_token_invalid", "The access token lacks a scope.")
	}
	if !c.may(rt.permission) {
		return denied()
	}
	return rt.handle(c)
}

func denied() answer {
	return flat(http.StatusForbidden, "access_denied", "You are not authorized to perform this action.")
}

// may reports whether the owner of the call's key has a permission.
func (c *call) may(p Permission) bool {
	return p == "" || !slices.Contains(c.key.Without, p)
}

// authenticate checks the access token, or the API key: the user name of HTTP
// Basic, with any filler that is not empty as the password (§1.2).
func (a *Account) authenticate(c *call) (answer, bool) {
	bad := flat(http.StatusUnauthorized, "invalid_credentials", "You have to be logged in to perform this action.")
	if scheme, value, _ := strings.Cut(c.header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return a.bearer(c, value)
	}
	r := http.Request{Header: c.header}
	name, filler, ok := r.BasicAuth()
	if !ok || filler == "" {
		return bad, false
	}
	if strings.Contains(name, "@") { // user name and password, gone since 2023
		return flat(http.StatusUnauthorized, "unsupported_authentication_type",
			"User name and password are no longer supported. Use an API key."), false
	}
	for i := range a.keys {
		k := &a.keys[i]
		if k.Value != name {
			continue
		}
		u := a.users.Records[cmp.Or(k.Agent, a.ownerID)]
		if u == nil || !u.agent || !u.active {
			return bad, false
		}
		c.key = k
		return answer{}, true
	}
	return bad, false
}

// acceptable reports whether the client takes JSON (§1.1).
func acceptable(accept []string) bool {
	if len(accept) == 0 {
		return true
	}
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		switch kind, _, _ := mime.ParseMediaType(strings.TrimSpace(part)); kind {
		case "application/json", "*/*":
			return true
		}
	}
	return false
}

// checkBody looks at what all bodies have in common (§1.1, §1.5).
func (a *Account) checkBody(c *call, rt *route) (answer, bool) {
	if a.rules.StrictGets && c.method == http.MethodGet && c.header.Get("Content-Type") != "" {
		return simulator.Empty(http.StatusInternalServerError), false
	}
	if len(c.body) > maxBody {
		return flat(http.StatusRequestEntityTooLarge, "too_large", "freshservicetest: the body is too large"), false
	}
	if !rt.body {
		if len(c.body) > 0 && !a.rules.IgnoreUnwantedBodies {
			return flat(http.StatusBadRequest, "no_content_required", "Payload is not expected for this request"), false
		}
		return answer{}, true
	}
	kind, _, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return flat(http.StatusUnsupportedMediaType, "invalid_content_type",
			"Content-Type header is wrong. It should be application/json."), false
	}
	return answer{}, true
}

// checkParameters refuses query parameters that the route does not know (§1.5).
func (a *Account) checkParameters(c *call, rt *route) (answer, bool) {
	if c.queryErr != nil {
		return a.invalid(invalidValue("query", "The query string is malformed")), false
	}
	var errs []fieldError
	for _, name := range sortedKeys(c.query) {
		if a.rules.StrictGets && c.method == http.MethodGet && c.query.Get(name) == "" {
			return simulator.Empty(http.StatusInternalServerError), false
		}
		if !a.rules.IgnoreUnknownParameters && !slices.Contains(rt.parameters, name) {
			errs = append(errs, unexpected(name))
		}
	}
	if errs != nil {
		return a.invalid(errs...), false
	}
	return answer{}, true
}

// object reads the body of a call.
func (c *call) object() (map[string]any, answer, bool) {
	v, ok := simulator.DecodeObject(c.body)
	if !ok {
		return nil, flat(http.StatusBadRequest, "invalid_json", "Request body has invalid json format"), false
	}
	return v, answer{}, true
}

// created is the answer 201 with its Location header (§1.3).
func (c *call) created(collection string, id int64, key string, v any) answer {
	ans := wrapped(http.StatusCreated, key, v)
	ans.Header.Set("Location", c.base+apiRoot+"/"+collection+"/"+strconv.FormatInt(id, 10))
	return ans
}
