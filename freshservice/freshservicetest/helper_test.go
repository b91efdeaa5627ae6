package freshservicetest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/testx"
)

// account is an account under test, called without a network.
type account struct {
	*freshservicetest.Account
	t     *testing.T
	clock *testx.Clock
}

func newAccount(t *testing.T, opts freshservicetest.Options) *account {
	t.Helper()
	c := testx.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	if opts.Clock == nil {
		opts.Clock = c.Now
	}
	if opts.IndexLag == 0 {
		opts.IndexLag = freshservicetest.NoIndexLag
	}
	a := freshservicetest.New(&opts)
	t.Cleanup(a.Close)
	return &account{Account: a, t: t, clock: c}
}

// reply is an answer and its JSON.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// request makes an authenticated request; body may be a string or anything that
// encodes as JSON.
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
	req.SetBasicAuth(a.APIKey(), "X")
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
		dec := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
		dec.UseNumber()
		require.NoError(a.t, dec.Decode(&out.body), out.raw)
	}
	return out
}

func (a *account) do(method, path string, body any) reply {
	a.t.Helper()
	return a.send(a.request(method, "/api/v2"+path, body))
}

func (a *account) query(path, expr string) reply {
	a.t.Helper()
	return a.do("GET", path+"?query="+url.QueryEscape(`"`+expr+`"`), nil)
}

// want asserts the status and returns the reply.
func (r reply) want(status int) reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, r.raw)
	return r
}

// wantError asserts the first error's field and code in the validation shape.
func (r reply) wantError(status int, field, code string) reply {
	r.t.Helper()
	r.want(status)
	errs, _ := r.body["errors"].([]any)
	require.NotEmpty(r.t, errs, r.raw)
	require.Equal(r.t, "Validation failed", r.body["description"])
	first := errs[0].(map[string]any)
	if field == "" {
		require.NotContains(r.t, first, "field")
	} else {
		require.Equal(r.t, field, first["field"], r.raw)
	}
	require.Equal(r.t, code, first["code"], r.raw)
	return r
}

// wantCode asserts the flat error shape.
func (r reply) wantCode(status int, code string) reply {
	r.t.Helper()
	r.want(status)
	require.Equal(r.t, code, r.body["code"], r.raw)
	require.Contains(r.t, r.body, "message")
	return r
}

// object is the object below the reply's only key.
func (r reply) object() map[string]any {
	r.t.Helper()
	require.Len(r.t, r.body, 1, r.raw)
	for _, v := range r.body {
		o, ok := v.(map[string]any)
		require.True(r.t, ok, r.raw)
		return o
	}
	return nil
}

// first is the list of the attribute of all objects in the list.
func (r reply) all(key, attribute string) []any {
	r.t.Helper()
	list, ok := r.want(http.StatusOK).body[key].([]any)
	require.True(r.t, ok, r.raw)
	out := []any{}
	for _, item := range list {
		out = append(out, item.(map[string]any)[attribute])
	}
	return out
}

func (r reply) id() string {
	r.t.Helper()
	return r.object()["id"].(json.Number).String()
}

func num(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func path(collection string, id int64, rest ...string) string {
	return "/" + collection + "/" + strconv.FormatInt(id, 10) + strings.Join(append([]string{""}, rest...), "/")
}

type object = map[string]any
