package zendesktest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// account is an account under test, called without a network.
type account struct {
	*zendesktest.Account
	t     *testing.T
	clock *testx.Clock
}

// newAccount makes an account whose limits are off unless the options say
// otherwise.
func newAccount(t *testing.T, opts zendesktest.Options) *account {
	t.Helper()
	c := testx.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	if opts.Clock == nil {
		opts.Clock = c.Now
	}
	if opts.IndexLag == 0 {
		opts.IndexLag = zendesktest.NoIndexLag
	}
	if opts.Limits == nil && opts.Plan == "" {
		opts.Plan = zendesktest.Unlimited
	}
	a := zendesktest.New(&opts)
	t.Cleanup(a.Close)
	return &account{Account: a, t: t, clock: c}
}

// sandbox is the sandbox account without limits.
func sandbox(t *testing.T, rules zendesktest.Rules) *account {
	t.Helper()
	opts := *zendesktest.Sandbox()
	opts.Rules, opts.Plan = rules, zendesktest.Unlimited
	return newAccount(t, opts)
}

// reply is an answer and its JSON.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// request makes a request with the owner's API token; body may be a string or
// anything that encodes as JSON.
func (a *account) request(method, path string, body any) *http.Request {
	a.t.Helper()
	var r io.Reader = http.NoBody
	if body != nil {
		text, ok := body.(string)
		if !ok {
			b, err := json.Marshal(body)
			require.NoError(a.t, err)
			text = string(b)
		}
		r = strings.NewReader(text)
	}
	req := httptest.NewRequestWithContext(a.t.Context(), method, path, r)
	req.SetBasicAuth(a.OwnerEmail()+"/token", a.APIToken())
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (a *account) send(req *http.Request) reply {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	out := reply{t: a.t, status: w.Code, header: w.Header(), raw: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		var v any
		dec := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
		dec.UseNumber()
		require.NoError(a.t, dec.Decode(&v), out.raw)
		out.body, _ = v.(map[string]any)
	}
	return out
}

func (a *account) do(method, path string, body any) reply {
	a.t.Helper()
	return a.send(a.request(method, "/api/v2"+path, body))
}

// as makes a request with another credential: "address" by API token, or
// "Bearer …".
func (a *account) as(who, method, path string, body any) reply {
	a.t.Helper()
	req := a.request(method, "/api/v2"+path, body)
	switch {
	case who == "":
		req.Header.Del("Authorization")
	case strings.HasPrefix(who, "Bearer "):
		req.Header.Set("Authorization", who)
	default:
		req.SetBasicAuth(who+"/token", a.APIToken())
	}
	return a.send(req)
}

// put updates a user.
func (a *account) put(id int64, user object) reply {
	a.t.Helper()
	return a.do("PUT", path("users", id), object{"user": user})
}

// post creates a user.
func (a *account) post(user object) reply {
	a.t.Helper()
	return a.do("POST", "/users", object{"user": user})
}

// want asserts the status and returns the reply.
func (r reply) want(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.raw)
	return r
}

// wantDetail asserts a validation failure of one field, with the error code in
// its details (§2.4).
func (r reply) wantDetail(field, code string) reply {
	r.t.Helper()
	r.want(http.StatusUnprocessableEntity)
	require.Equal(r.t, "RecordInvalid", r.body["error"])
	details, _ := r.body["details"].(object)
	list, _ := details[field].([]any)
	require.NotEmpty(r.t, list, r.raw)
	got, _ := list[0].(object)["error"].(string)
	require.Equal(r.t, code, got, r.raw)
	return r
}

// wantError asserts the shape {"error": "code"}.
func (r reply) wantError(status int, code string) reply {
	r.t.Helper()
	r.want(status)
	require.Equal(r.t, code, r.body["error"], r.raw)
	return r
}

// wantTitle asserts the shape {"error": {"title": …}}.
func (r reply) wantTitle(status int, title string) reply {
	r.t.Helper()
	r.want(status)
	inner, ok := r.body["error"].(object)
	require.True(r.t, ok, r.raw)
	require.Equal(r.t, title, inner["title"], r.raw)
	return r
}

// object is the object below the reply's only key.
func (r reply) object() object {
	r.t.Helper()
	require.Len(r.t, r.body, 1, r.raw)
	for _, v := range r.body {
		o, ok := v.(object)
		require.True(r.t, ok, r.raw)
		return o
	}
	return nil
}

// all is the attribute of all objects in a list.
func (r reply) all(key, attribute string) []any {
	r.t.Helper()
	list, ok := r.want(http.StatusOK).body[key].([]any)
	require.True(r.t, ok, r.raw)
	out := []any{}
	for _, item := range list {
		out = append(out, item.(object)[attribute])
	}
	return out
}

func (r reply) id() int64 {
	r.t.Helper()
	id, err := r.object()["id"].(json.Number).Int64()
	require.NoError(r.t, err)
	return id
}

func num(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func path(collection string, id int64, rest ...string) string {
	return "/" + collection + "/" + strconv.FormatInt(id, 10) + strings.Join(append([]string{""}, rest...), "/")
}

type object = map[string]any

func toInt(t *testing.T, v any) int64 {
	t.Helper()
	n, ok := v.(json.Number)
	require.True(t, ok, "%v is no number", v)
	id, err := n.Int64()
	require.NoError(t, err)
	return id
}
