package zendesk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// resource is one of the API's collections: its path below /api/v2, and the keys
// around one object and around a list.
type resource struct{ path, one, many string }

// The collections in use.
var (
	users              = resource{"/users", "user", "users"}
	deletedUsers       = resource{"/deleted_users", "deleted_user", "deleted_users"}
	identities         = resource{"/users/{user}/identities", "identity", "identities"}
	groups             = resource{"/groups", "group", "groups"}
	organizations      = resource{"/organizations", "organization", "organizations"}
	customRoles        = resource{"/custom_roles", "custom_role", "custom_roles"}
	userFields         = resource{"/user_fields", "user_field", "user_fields"}
	organizationFields = resource{"/organization_fields", "organization_field", "organization_fields"}
	locales            = resource{"/locales", "locale", "locales"}
)

// at is the resource below another path: the search, a list below a record.
func (r resource) at(path string) resource { return resource{path, r.one, r.many} }

// wirePage is a page of a list as the API gave it.
type wirePage struct {
	items []schema.Value
	next  string       // cursor or number of the page that follows, "" for none
	side  schema.Value // the identities that came along, unset where none were asked for or given
}

// Simultaneous writes of one record are refused with 409 DatabaseConflict. Those
// that can be repeated are, after a random wait below these.
var conflictWaits = [...]time.Duration{200 * time.Millisecond, 800 * time.Millisecond}

// do makes a call: once more with a new token where the account refuses the one
// that was sent, and again where a write that can be repeated met another.
func (d *driver) do(ctx context.Context, req *httpx.Request) (*httpx.Response, error) {
	for conflicts := 0; ; {
		resp, err := d.auth.do(ctx, d.http, req)
		if statusOf(err) != http.StatusConflict || conflicts >= len(conflictWaits) ||
			req.Method != http.MethodPut && req.Method != http.MethodDelete || !isDatabaseConflict(err) {
			return resp, err
		}
		if d.http.Pause(ctx, conflictWaits[conflicts]) != nil {
			return resp, err
		}
		conflicts++
	}
}

// isDatabaseConflict reports whether a 409 is about two writes that met, and not
// about a value. The body's form is not verified, so one without details counts.
func isDatabaseConflict(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	return ok && len(readRefusal(e.Body).fields) == 0
}

// call makes a call and reads the object in its answer, which is unset where the
// answer is empty. values are those of the path.
func (d *driver) call(ctx context.Context, method string, res resource, action string, values map[string]string, body *schema.Value) (schema.Value, error) {
	req := &httpx.Request{Method: method, Path: res.path + action, PathValues: values}
	switch {
	case method == http.MethodPut && res == users && action == byID:
		req.Buckets = updateBuckets(values["id"])
	case method == http.MethodPut && res == organizations:
		req.Buckets = []string{"update organization " + values["id"]} // five a minute of each
	case res == deletedUsers:
		req.Buckets = []string{bucketErasure}
	}
	if body != nil {
		req.Body = body.AppendJSON(nil)
	}
	resp, err := d.do(ctx, req)
	if err != nil {
		return schema.Value{}, err
	}
	if len(resp.Body) == 0 && method != http.MethodPost && method != http.MethodGet {
		return schema.Value{}, nil
	}
	v, err := schema.ParseJSON(resp.Body)
	if err != nil {
		return schema.Value{}, malformed(method, req.Path, "the answer is not JSON")
	}
	if v = v.Member(res.one); v.Kind() != schema.KindObject {
		return schema.Value{}, malformed(method, req.Path, "the answer holds no object")
	}
	return v, nil
}

// byID is the action of a call about one record of a collection.
const byID = "/{id}"

// view reads one object.
func (d *driver) view(ctx context.Context, res resource, id string) (schema.Value, error) {
	return d.call(ctx, http.MethodGet, res, byID, map[string]string{"id": id}, nil)
}

// index reads a page of a list. Lists that have cursors are asked for them.
func (d *driver) index(ctx context.Context, res resource, values map[string]string, params url.Values, background bool) (wirePage, error) {
	req := &httpx.Request{Method: http.MethodGet, Path: res.path, PathValues: values, Query: params}
	if background {
		req.Class = httpx.Background
	}
	resp, err := d.do(ctx, req)
	if err != nil {
		return wirePage{}, err
	}
	body, err := schema.ParseJSON(resp.Body)
	if err != nil {
		return wirePage{}, malformed(req.Method, req.Path, "the answer is not JSON")
	}
	list := body.Member(res.many)
	if list.Kind() != schema.KindList {
		return wirePage{}, malformed(req.Method, req.Path, "the answer holds no list")
	}
	out := wirePage{items: make([]schema.Value, 0, list.Len()), next: nextPage(body, params), side: body.Member(identities.many)}
	for item := range list.Elements() {
		if item.Kind() != schema.KindObject {
			return wirePage{}, malformed(req.Method, req.Path, "the answer holds a list of something else than objects")
		}
		out.items = append(out.items, item)
	}
	return out, nil
}

// nextPage returns the cursor of the page that follows, or its number where the
// list has pages by number. The URLs in the answer are not followed: they may
// stand on another host (and credentials must not go there).
func nextPage(body schema.Value, params url.Values) string {
	if meta := body.Member("meta"); meta.Kind() == schema.KindObject {
		if more, _ := meta.Member("has_more").Bool(); more {
			return meta.Member("after_cursor").Text()
		}
		return ""
	}
	if next, ok := body.Member("next_page").Str(); !ok || next == "" {
		return ""
	}
	page, err := strconv.Atoi(params.Get("page"))
	if err != nil {
		page = 1
	}
	return strconv.Itoa(page + 1)
}

// everything reads all pages of a list of moderate length.
func (d *driver) everything(ctx context.Context, res resource, values map[string]string, params url.Values, background bool) ([]schema.Value, error) {
	return d.pagesOf(ctx, res, values, params, maxSmallPages, background)
}

// body returns {key: v}.
func body(key string, v schema.Value) *schema.Value {
	out := schema.MembersValue(schema.Member{Name: key, Value: v})
	return &out
}

func params(pairs ...string) url.Values {
	v := make(url.Values, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

func clone(v url.Values) url.Values {
	out := make(url.Values, len(v)+2)
	for name, vs := range v {
		out[name] = vs
	}
	return out
}
