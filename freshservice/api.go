package freshservice

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// resource is one of the API's collections: the last part of its path, which is
// also the key around a list of it. Around a single object it is the singular.
type resource string

// The collections in use.
const (
	requesters      resource = "requesters"
	agents          resource = "agents"
	departments     resource = "departments"
	locations       resource = "locations"
	roles           resource = "roles"
	agentGroups     resource = "groups"
	requesterGroups resource = "requester_groups"
	workspaces      resource = "workspaces"
	requesterFields resource = "requester_fields"
	agentFields     resource = "agent_fields"

	departmentFields resource = "department_fields"
)

func (r resource) path() string { return "/" + string(r) }
func (r resource) one() string  { return strings.TrimSuffix(string(r), "s") }
func (r resource) many() string { return string(r) }

// buckets are the rate limits that lists of it draw from, beside the account's.
func (r resource) buckets() []string {
	switch r {
	case requesters:
		return []string{bucketRequesters}
	case agents:
		return []string{bucketAgents}
	default:
		return nil
	}
}

// wirePage is a page of a list as the API gave it.
type wirePage struct {
	items []schema.Value
	next  int // page that follows, 0 if the answer names none
}

// view reads one object. The second result is the key that it was wrapped in.
func (d *driver) view(ctx context.Context, res resource, id string) (schema.Value, string, error) {
	resp, err := d.http.Do(ctx, &httpx.Request{
		Method: http.MethodGet, Path: res.path() + "/{id}", PathValues: map[string]string{"id": id},
	})
	if err != nil {
		return schema.Value{}, "", err
	}
	return unwrap(http.MethodGet, resp, res)
}

// index reads a page of a list. Page 0 is a list that is asked for whole.
func (d *driver) index(ctx context.Context, res resource, params url.Values, page int, background bool) (wirePage, error) {
	q := make(url.Values, len(params)+1)
	for name, vs := range params {
		q[name] = vs
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	req := &httpx.Request{Method: http.MethodGet, Path: res.path(), Query: q, Buckets: res.buckets()}
	if background {
		req.Class = httpx.Background
	}
	return d.page(ctx, req, res, page)
}

// every reads a list to its end, as it comes without parameters of its own. It
// fails where the list is longer than such lists can be.
func (d *driver) every(ctx context.Context, res resource, params url.Values) ([]schema.Value, error) {
	var out []schema.Value
	for page := 0; ; {
		got, err := d.index(ctx, res, params, page, false)
		if err != nil {
			return nil, err
		}
		out = append(out, got.items...)
		if page = got.next; page == 0 {
			return out, nil
		}
		if page > maxWholePages {
			return nil, malformed(http.MethodGet, res.path(), "the list has no end")
		}
	}
}

// page makes the request for a page of a list of such objects.
func (d *driver) page(ctx context.Context, req *httpx.Request, res resource, page int) (wirePage, error) {
	resp, err := d.http.Do(ctx, req)
	if err != nil {
		return wirePage{}, err
	}
	body, err := schema.ParseJSON(resp.Body)
	if err != nil {
		return wirePage{}, malformed(req.Method, req.Path, "the answer is not JSON")
	}
	list := body.Member(res.many())
	if list.IsUnset() {
		list = firstOf(body, schema.KindList)
	}
	if list.Kind() != schema.KindList {
		return wirePage{}, malformed(req.Method, req.Path, "the answer holds no list")
	}
	out := wirePage{items: make([]schema.Value, 0, list.Len()), next: nextPage(resp.Header, max(page, 1))}
	for item := range list.Elements() {
		if item.Kind() != schema.KindObject {
			return wirePage{}, malformed(req.Method, req.Path, "the answer holds a list of something else than objects")
		}
		out.items = append(out.items, item)
	}
	return out, nil
}

// write makes a request with a body and reads the object in the answer.
func (d *driver) write(ctx context.Context, method string, res resource, id, action string, body []byte) (schema.Value, error) {
	req := &httpx.Request{Method: method, Path: res.path()}
	if id != "" {
		req.Path += "/{id}"
		req.PathValues = map[string]string{"id": id}
	}
	req.Path += action
	if body != nil {
		req.Body = body
	}
	resp, err := d.http.Do(ctx, req)
	if err != nil {
		return schema.Value{}, err
	}
	if len(resp.Body) == 0 && method != http.MethodPost {
		return schema.Value{}, nil // 204, or an answer that tells nothing
	}
	v, _, err := unwrap(method, resp, res)
	return v, err
}

// unwrap returns the object in an answer. Keys are told apart loosely: samples
// of the vendor have the plural around a single object.
func unwrap(method string, resp *httpx.Response, res resource) (schema.Value, string, error) {
	body, err := schema.ParseJSON(resp.Body)
	if err != nil {
		return schema.Value{}, "", malformed(method, res.path(), "the answer is not JSON")
	}
	for _, key := range [...]string{res.one(), res.many()} {
		if v := body.Member(key); v.Kind() == schema.KindObject {
			return v, res.one(), nil
		} else if v.Kind() == schema.KindList && v.Len() == 1 && v.At(0).Kind() == schema.KindObject {
			return v.At(0), res.one(), nil
		}
	}
	for key, v := range body.Members() {
		if v.Kind() == schema.KindObject {
			return v, key, nil
		}
	}
	return schema.Value{}, "", malformed(method, res.path(), "the answer holds no object")
}

func firstOf(body schema.Value, k schema.Kind) schema.Value {
	for _, v := range body.Members() {
		if v.Kind() == k {
			return v
		}
	}
	return schema.Value{}
}

// nextPage returns the page that the Link header names as the next one, 0 if it
// names none. Nothing of the URL in it is used but the number.
func nextPage(h http.Header, page int) int {
	for _, field := range h.Values("Link") {
		for _, link := range strings.Split(field, ",") {
			target, params, ok := strings.Cut(link, ">")
			if !ok || !isNext(params) {
				continue
			}
			_, query, _ := strings.Cut(strings.TrimSpace(target), "?")
			values, _ := url.ParseQuery(query)
			if n, err := strconv.Atoi(values.Get("page")); err == nil && n > page {
				return n
			}
			return page + 1
		}
	}
	return 0
}

func isNext(params string) bool {
	for _, p := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && strings.EqualFold(strings.Trim(strings.TrimSpace(value), `"`), "next") {
			return true
		}
	}
	return false
}
