package scimtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
)

func TestClient_Requests(t *testing.T) {
	t.Parallel()
	user := map[string]any{"id": "u-1", "n": json.Number("9007199254740993")}
	targets(t, "secret", func(t *testing.T, target scimtest.Target) {
		c := scimtest.NewClient(target)
		ctx := t.Context()
		tests := []struct {
			name string
			do   func() (*scimtest.Response, error)
			line string
			body string
		}{
			{"get", func() (*scimtest.Response, error) { return c.Get(ctx, "/Users/a%2Fb") }, "/scim/v2/Users/a%2Fb", ""},
			{"list", func() (*scimtest.Response, error) {
				return c.List(ctx, "/Users", url.Values{"filter": {`userName eq "a@example.com"`}, "count": {"1"}})
			}, "/scim/v2/Users?count=1&filter=userName+eq+%22a%40example.com%22", ""},
			{"list all", func() (*scimtest.Response, error) { return c.List(ctx, "/Users", nil) }, "/scim/v2/Users", ""},
			{"create", func() (*scimtest.Response, error) { return c.Create(ctx, "/Users", user) }, "/scim/v2/Users", `{"id":"u-1","n":9007199254740993}`},
			{"replace", func() (*scimtest.Response, error) { return c.Replace(ctx, "/Users/u-1", user) }, "/scim/v2/Users/u-1", `{"id":"u-1","n":9007199254740993}`},
			{"patch", func() (*scimtest.Response, error) {
				return c.Patch(ctx, "/Users/u-1", scimtest.PatchOp{Op: "Replace", Path: "active", Value: false}, scimtest.PatchOp{Op: "remove", Path: "title"})
			}, "/scim/v2/Users/u-1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":false},{"op":"remove","path":"title"}]}`},
			{"patch of nothing", func() (*scimtest.Response, error) { return c.Patch(ctx, "/Users/u-1") }, "/scim/v2/Users/u-1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]}`},
			{"delete", func() (*scimtest.Response, error) { return c.Delete(ctx, "/Users/u-1") }, "/scim/v2/Users/u-1", ""},
			{"raw", func() (*scimtest.Response, error) { return c.Do(ctx, "POST", "/x", nil, []byte(`{"a":`)) }, "/scim/v2/x", ""},
		}
		for _, test := range tests {
			res, err := test.do()
			require.NoError(t, err, test.name)
			assert.Equal(t, 200, res.Status, test.name)
			assert.Equal(t, test.line, res.Header.Get("Got-Target"), test.name)
			assert.Equal(t, "Bearer secret", res.Header.Get("Got-Authorization"), test.name)
			assert.Equal(t, "application/scim+json", res.Header.Get("Got-Accept"), test.name)
			if test.body != "" {
				assert.JSONEq(t, test.body, string(res.Raw), test.name)
				assert.Equal(t, "application/scim+json", res.Header.Get("Got-Content-Type"), test.name)
			}
		}
	})
}

func TestClient_Response(t *testing.T) {
	t.Parallel()
	c := scimtest.NewClient(scimtest.Handler(echo(), "http://x", "t"))
	answer := func(body string) *scimtest.Response {
		res, err := c.Do(t.Context(), "GET", "/", http.Header{"X-Status": {"404"}, "x-answer": {body}}, nil)
		require.NoError(t, err)
		assert.Equal(t, 404, res.Status)
		return res
	}
	list := answer(`{"totalResults":3,"Resources":[{"id":"a"},1,{"id":"b"}]}`)
	assert.Equal(t, 3, list.Total())
	assert.Equal(t, []map[string]any{{"id": "a"}, {"id": "b"}}, list.Resources())
	assert.Empty(t, list.ID())

	user := answer(`{"id":"u-1","n":9007199254740993}`)
	assert.Equal(t, "u-1", user.ID())
	assert.Equal(t, json.Number("9007199254740993"), user.Body["n"])
	assert.Equal(t, -1, user.Total())
	assert.Nil(t, user.Resources())

	html := answer(`<html>`)
	assert.Nil(t, html.Body)
	assert.Equal(t, "<html>", string(html.Raw))
	assert.Empty(t, html.ID())
}

func TestClient_HeadersAndErrors(t *testing.T) {
	t.Parallel()
	targets(t, "secret", func(t *testing.T, target scimtest.Target) {
		c := scimtest.NewClient(target)
		header := http.Header{"accept": {"application/json"}, "Authorization": {""}, "Content-Type": {"text/plain"}}
		res, err := c.Do(t.Context(), "POST", "/", header, json.RawMessage(`{}`))
		require.NoError(t, err)
		assert.Equal(t, "application/json", res.Header.Get("Got-Accept"))
		assert.Equal(t, "text/plain", res.Header.Get("Got-Content-Type"))
		assert.Empty(t, res.Header.Values("Got-Authorization"))
		assert.Len(t, header, 3, "the caller's header is not changed")

		_, err = c.Get(t.Context(), "/a b")
		assert.ErrorContains(t, err, "not percent-encoded")
		_, err = c.Create(t.Context(), "/Users", map[string]any{"f": func() {}})
		assert.Error(t, err)
		_, err = c.Do(t.Context(), "GET", "/", http.Header{"A": {"b\r\nc"}}, nil)
		assert.Error(t, err)
		_, err = c.Do(t.Context(), "G T", "/", nil, nil)
		assert.Error(t, err)
	})
}
