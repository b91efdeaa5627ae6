package scimtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// mediaType is the media type of SCIM (RFC 7644 section 8.1).
const mediaType = "application/scim+json"

// patchSchema is the schema of a PATCH request (RFC 7644 section 3.5.2).
const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// Client makes single SCIM requests for tests and examples. Paths are relative
// to the base URL, begin with a slash and are percent-encoded by the caller.
// A method returns an error only if there was no answer; a status of 400 or
// more is an answer like any other. A Client is safe for concurrent use.
type Client struct {
	target Target
}

// NewClient returns a client of target. It sends the target's token.
func NewClient(target Target) *Client { return &Client{target: target} }

// Response is an answer of a service provider.
type Response struct {
	// Status is the HTTP status code.
	Status int
	// Header has the header fields.
	Header http.Header
	// Raw is the body as received; empty if there was none.
	Raw []byte
	// Body is the parsed body, nil if it is not a JSON object. Numbers are
	// json.Number, so that none loses digits.
	Body map[string]any
}

func newResponse(status int, header http.Header, raw []byte) *Response {
	r := &Response{Status: status, Header: header, Raw: raw}
	if v, err := parseActual(raw); err == nil {
		r.Body, _ = v.v.(map[string]any)
	}
	return r
}

// ID returns the id of the resource in the body, "" if there is none.
func (r *Response) ID() string {
	id, _ := r.Body["id"].(string)
	return id
}

// Resources returns the resources of a list response; nil if it has none.
// Elements that are not objects are left out.
func (r *Response) Resources() []map[string]any {
	list, _ := r.Body["Resources"].([]any)
	var out []map[string]any
	for _, e := range list {
		if resource, ok := e.(map[string]any); ok {
			out = append(out, resource)
		}
	}
	return out
}

// Total returns the totalResults of a list response, -1 if it has none.
func (r *Response) Total() int {
	number, _ := r.Body["totalResults"].(json.Number)
	n, err := number.Int64()
	if err != nil {
		return -1
	}
	return int(n)
}

// PatchOp is one operation of a PATCH request (RFC 7644 section 3.5.2). It also
// holds what some clients send and the RFC does not know, such as "Replace".
type PatchOp struct {
	Op string `json:"op"`
	// Path is the attribute path; an empty one is left out.
	Path string `json:"path,omitempty"`
	// Value is any value that encoding/json takes; nil is left out.
	Value any `json:"value,omitempty"`
}

// Get reads the resource or list at path.
func (c *Client) Get(ctx context.Context, path string) (*Response, error) {
	return c.Do(ctx, http.MethodGet, path, nil, nil)
}

// List reads the list at path, such as "/Users", with query parameters such as
// filter, startIndex and count. A nil query means none.
func (c *Client) List(ctx context.Context, path string, query url.Values) (*Response, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.Do(ctx, http.MethodGet, path, nil, nil)
}

// Create posts a resource to path, such as "/Users".
func (c *Client) Create(ctx context.Context, path string, resource map[string]any) (*Response, error) {
	return c.Do(ctx, http.MethodPost, path, nil, resource)
}

// Replace puts a whole resource to path, such as "/Users/2819c223".
func (c *Client) Replace(ctx context.Context, path string, resource map[string]any) (*Response, error) {
	return c.Do(ctx, http.MethodPut, path, nil, resource)
}

// Patch sends operations to the resource at path.
func (c *Client) Patch(ctx context.Context, path string, ops ...PatchOp) (*Response, error) {
	if ops == nil {
		ops = []PatchOp{}
	}
	return c.Do(ctx, http.MethodPatch, path, nil, map[string]any{
		"schemas":    []string{patchSchema},
		"Operations": ops,
	})
}

// Delete deletes the resource at path.
func (c *Client) Delete(ctx context.Context, path string) (*Response, error) {
	return c.Do(ctx, http.MethodDelete, path, nil, nil)
}

// Do sends any request. The body is encoded with encoding/json; a []byte or
// json.RawMessage is sent as it is, and nil means that none is sent. Accept and,
// if there is a body, Content-Type are application/scim+json unless header has
// others; header's Authorization replaces the target's token, and an empty one
// leaves it out. Neither header nor body is kept or changed.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body any) (*Response, error) {
	x := exchange{method: method, path: path, header: http.Header{}}
	switch body := body.(type) {
	case nil:
	case []byte:
		x.body, x.hasBody = body, true
	case json.RawMessage:
		x.body, x.hasBody = body, true
	default:
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		x.body, x.hasBody = data, true
	}
	x.header.Set("Accept", mediaType)
	if x.hasBody {
		x.header.Set("Content-Type", mediaType)
	}
	for name, values := range header {
		x.header[http.CanonicalHeaderKey(name)] = append([]string(nil), values...)
	}
	authorize(x.header, c.target.token)
	res, err := c.target.do(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return res, nil
}

// authorize adds the token unless the header has its own Authorization, and
// takes an empty one out.
func authorize(header http.Header, token string) {
	if _, ok := header["Authorization"]; !ok {
		if token != "" {
			header.Set("Authorization", "Bearer "+token)
		}
		return
	}
	if header.Get("Authorization") == "" {
		header.Del("Authorization")
	}
}
