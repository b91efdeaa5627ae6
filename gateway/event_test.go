package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

func users(events []any) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.(map[string]any)["user"].(string))
	}
	return out
}

func TestEvents_Query(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	acme, umbrella := f.connect("acme"), f.connect("umbrella")
	ada := object(t, f.pushUser("/scim/v2", acme, "ada@example.com"))
	f.pushUser("/scim/v2", umbrella, "grace@example.com")
	f.pushUser("/scim/v2", acme, "ada@example.com")
	f.pushUser("/scim/v2", acme, "alan@example.com")
	id := ada["id"].(string)

	for query, want := range map[string][]string{
		"":                                  {"alan@example.com", "ada@example.com", "grace@example.com", "ada@example.com"},
		"?limit=2":                          {"alan@example.com", "ada@example.com"},
		"?limit=99":                         {"alan@example.com", "ada@example.com", "grace@example.com", "ada@example.com"},
		"?connection=umbrella":              {"grace@example.com"},
		"?user=ADA@example.com":             {"ada@example.com", "ada@example.com"},
		"?user=ada":                         {},
		"?connection=acme&user=" + id:       {"ada@example.com"},
		"?connection=acme&user=grace":       {},
		"?connection=nowhere":               {},
		"?connection=acme&limit=1":          {"alan@example.com"},
		"?user=ada%40example.com&limit=1":   {"ada@example.com"},
		"?connection=&user=&limit=3":        {"alan@example.com", "ada@example.com", "grace@example.com"},
		"?user=alan@example.com&connection": {"alan@example.com"},
	} {
		w := f.do(http.MethodGet, "/api/v1/events"+query, f.admin, "")
		require.Equal(t, http.StatusOK, w.Code, query)
		assert.Equal(t, want, users(object(t, w)["events"].([]any)), query)
	}
	for query, field := range map[string]string{
		"?limit=0": "limit", "?limit=-1": "limit", "?limit=x": "limit", "?usr=ada": "usr", "?user=a&user=b": "user", "?%zz": "",
	} {
		w := f.do(http.MethodGet, "/api/v1/events"+query, f.admin, "")
		assert.Equal(t, http.StatusBadRequest, w.Code, query)
		_, got := apiError(t, w)
		assert.Equal(t, field, got, query)
	}
}

func TestEvents_Shape(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	created := object(t, f.pushUser("/scim/v2", token, "ada@example.com"))
	w := f.do(http.MethodGet, "/api/v1/events", f.admin, "")
	list := object(t, w)["events"].([]any)
	require.Len(t, list, 1)
	e := list[0].(map[string]any)
	id, _ := e["id"].(string)
	assert.NotEmpty(t, id)
	assert.NotEmpty(t, e["words"])
	for _, list := range []string{"changed", "done", "repairs", "warnings", "calls"} {
		assert.IsType(t, []any{}, e[list], list)
		delete(e, list)
	}
	delete(e, "id")
	delete(e, "words")
	assert.Equal(t, map[string]any{
		"time": "2026-01-02T03:04:05Z", "duration_ms": 0.0, "connection": "acme",
		"request": map[string]any{"id": requestID, "actor": "idp-of-acme", "profile": "compatible"},
		"action":  "create", "resource": map[string]any{"type": "User", "id": created["id"]}, "user": "ada@example.com",
		"target": map[string]any{"object": "user", "id": created["id"]}, "matched": e["matched"],
		"outcome": "success", "status": 0.0, "code": "",
	}, e)
}

func TestEvents_HoldNoValues(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	w := f.do(http.MethodPost, "/scim/v2/Users", token, `{"schemas":["`+userURN+`"],"userName":"ada@example.com","title":"Countess of Lovelace","password":"hunter-2-password"}`)
	require.Equal(t, http.StatusCreated, w.Code)
	f.do(http.MethodGet, "/scim/v2/Users?filter=title%20eq%20%22Countess%20of%20Lovelace%22", token, "")
	shown := f.do(http.MethodGet, "/api/v1/events", f.admin, "").Body.String()
	for _, secret := range []string{"Countess", "hunter", token, f.admin} {
		assert.NotContains(t, shown, secret)
		assert.NotContains(t, f.log.String(), secret)
	}
	assert.NotContains(t, f.log.String(), "ada@example.com", "people are named in events, not in logs")
}

func TestEvents_NewestAreKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *gateway.Options) { o.Events = 3 })
	token := f.connect("acme")
	for i := range 8 {
		f.pushUser("/scim/v2", token, fmt.Sprintf("user-%d@example.com", i))
		var want []string
		for j := i; j >= 0 && j > i-3; j-- {
			want = append(want, fmt.Sprintf("user-%d@example.com", j))
		}
		var got []string
		for _, e := range f.Events(gateway.EventQuery{}) {
			got = append(got, e.User)
		}
		require.Equal(t, want, got)
	}
}

// refusing is a sink of the host program.
type refusing struct{ begun, ended int }

func (s *refusing) Begin(_ context.Context, e *provision.Event) error {
	s.begun++
	if e.Action == provision.ActionDelete {
		return scim.Errorf(http.StatusServiceUnavailable, "", "too many deletions")
	}
	return nil
}

func (s *refusing) End(context.Context, *provision.Event) { s.ended++ }

// The names of people are the client's, and a userName may be as long as a body.
func TestEvents_AreBounded(t *testing.T) {
	t.Parallel()
	var whole *provision.Event
	f := newFixture(t, func(o *gateway.Options) { o.Sink = keeping{&whole} })
	token := f.connect("acme")
	long := strings.Repeat("ä", 200_000)
	w := f.pushUser("/scim/v2", token, long)
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, long, whole.User, "the host's own sink gets it whole")
	list := f.Events(gateway.EventQuery{User: long})
	require.Len(t, list, 1, "it is found by the whole name")
	e := list[0]
	assert.Less(t, len(e.User), 600)
	assert.True(t, utf8.ValidString(e.User))
	assert.True(t, strings.HasPrefix(long, strings.TrimSuffix(e.User, "…")))
	assert.Empty(t, f.Events(gateway.EventQuery{User: "ä"}))
	assert.Less(t, f.do(http.MethodGet, "/api/v1/events", f.admin, "").Body.Len(), 10_000)
}

// keeping is a sink that keeps the last event.
type keeping struct{ last **provision.Event }

func (keeping) Begin(context.Context, *provision.Event) error { return nil }
func (k keeping) End(_ context.Context, e *provision.Event)   { *k.last = e }

func TestEvents_HostsSink(t *testing.T) {
	t.Parallel()
	s := &refusing{}
	f := newFixture(t, func(o *gateway.Options) { o.Sink = s })
	token := f.connect("acme")
	id := object(t, f.pushUser("/scim/v2", token, "ada@example.com"))["id"].(string)
	assert.Equal(t, 1, s.ended)
	w := f.do(http.MethodDelete, "/scim/v2/Users/"+id, token, "")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "too many deletions")
	assert.Equal(t, http.StatusOK, f.do(http.MethodGet, "/scim/v2/Users/"+id, token, "").Code)
}

func TestLog_Request(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	f.do(http.MethodGet, "/connections/acme/scim/v2/Users/ada@example.com?filter=x", token, "", "User-Agent", "okta\x1b[31m\u2028\u202e é")
	lines := f.log.lines(t, "request")
	require.Len(t, lines, 1)
	l := lines[0]
	assert.Equal(t, requestID, l["request_id"])
	assert.Equal(t, "GET", l["method"])
	assert.Equal(t, "/connections/{id}/scim/v2/Users/{id}", l["route"])
	assert.EqualValues(t, http.StatusNotFound, l["status"])
	assert.Equal(t, "acme", l["connection"])
	assert.Equal(t, "idp-of-acme", l["actor"])
	assert.Equal(t, `okta\u001b[31m\u2028\u202e é`, l["agent"])
	assert.Equal(t, "192.0.2.1", l["client"])
	assert.NotContains(t, l, "refused")
}

func TestLog_Routes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/scim/v2":                               "/scim/v2",
		"/scim/v2/":                              "/scim/v2",
		"/scim/v2/Groups":                        "/scim/v2/Groups",
		"/scim/v2/Users/.search":                 "/scim/v2/Users/.search",
		"/scim/v2/ada@example.com":               "/scim/v2/{other}",
		"/scim/v2/Users/1/2/3":                   "/scim/v2/Users/{id}",
		"/connections/who@example.com/scim/v2/x": "/connections/{id}/scim/v2/{other}",
		"/ada@example.com":                       "",
	} {
		f := newFixture(t, nil)
		f.do(http.MethodGet, path, f.connect("acme"), "")
		lines := f.log.lines(t, "request")
		require.Len(t, lines, 1, path)
		assert.Equal(t, want, lines[0]["route"], path)
		assert.NotContains(t, f.log.String(), "example.com", path)
	}
}

func TestLog_Refusals(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.connect("acme")
	other := f.connect("umbrella")
	f.do(http.MethodGet, "/connections/acme/scim/v2/Users", other, "")
	f.do(http.MethodGet, "/scim/v2/Users", "usher_unknown", "")
	f.do(http.MethodGet, "/scim/v2/Users", "", "")
	var got []any
	for _, l := range f.log.lines(t, "request") {
		got = append(got, l["refused"])
		assert.NotContains(t, l, "connection")
	}
	assert.Equal(t, []any{"token of another connection", "unknown token", "no bearer token"}, got)
	assert.NotContains(t, f.log.String(), "usher_unknown")
}

func TestLog_CredentialOfTheTarget(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	f.list = func(context.Context) error { return connector.Errorf(connector.Unauthenticated, "", "") }
	w := f.do(http.MethodGet, "/scim/v2/Users", token, "")
	assert.Equal(t, http.StatusBadGateway, w.Code)
	lines := f.log.lines(t, "the target refuses the connection's credential: give the connection a valid one")
	require.Len(t, lines, 1)
	assert.Equal(t, "acme", lines[0]["connection"])
	assert.Equal(t, requestID, lines[0]["request_id"])
}

func TestLog_ClientBehindProxies(t *testing.T) {
	t.Parallel()
	trusted, err := gateway.ParseProxies([]string{"192.0.2.0/24", "10.0.0.1", "2001:db8::/32"})
	require.NoError(t, err)
	mapped, err := gateway.ParseProxies([]string{"::ffff:192.0.2.0/120"})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		proxies   []netip.Prefix
		remote    string
		forwarded []string
		want      string
	}{
		"nobody is trusted":          {nil, "192.0.2.1:1234", []string{"203.0.113.7"}, "192.0.2.1"},
		"the sender is not trusted":  {trusted, "198.51.100.1:1234", []string{"203.0.113.7"}, "198.51.100.1"},
		"one proxy":                  {trusted, "192.0.2.1:1234", []string{"203.0.113.7"}, "203.0.113.7"},
		"two proxies":                {trusted, "192.0.2.1:1234", []string{"203.0.113.7, 10.0.0.1"}, "203.0.113.7"},
		"two headers":                {trusted, "192.0.2.1:1234", []string{"203.0.113.7", "10.0.0.1"}, "203.0.113.7"},
		"made up before":             {trusted, "192.0.2.1:1234", []string{"203.0.113.99, 203.0.113.7"}, "203.0.113.7"},
		"proxies only":               {trusted, "192.0.2.1:1234", []string{"10.0.0.1"}, "10.0.0.1"},
		"no header":                  {trusted, "192.0.2.1:1234", nil, "192.0.2.1"},
		"rubbish":                    {trusted, "192.0.2.1:1234", []string{"203.0.113.7, \x1b[31m"}, "192.0.2.1"},
		"rubbish behind a proxy":     {trusted, "192.0.2.1:1234", []string{"unknown, 10.0.0.1"}, "10.0.0.1"},
		"IPv6":                       {trusted, "[2001:db8::1]:1234", []string{"2001:db9::7"}, "2001:db9::7"},
		"IPv4 in IPv6":               {trusted, "[::ffff:192.0.2.1]:1234", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		"a socket that is no socket": {trusted, "pipe", []string{"203.0.113.7"}, "pipe"},
		"with a port":                {trusted, "192.0.2.1:1234", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		"IPv6 with a port":           {trusted, "192.0.2.1:1234", []string{"[2001:db9::7]:4711"}, "2001:db9::7"},
		"IPv6 in brackets":           {trusted, "192.0.2.1:1234", []string{"[2001:db9::7]"}, "2001:db9::7"},
		"a zone can be any text":     {trusted, "192.0.2.1:1234", []string{"fe80::7%\u202eany text"}, "fe80::7"},
		"a zone of the peer":         {trusted, "[fe80::1%eth0]:1234", nil, "fe80::1"},
		"proxies as IPv4 in IPv6":    {mapped, "192.0.2.1:1234", []string{"203.0.113.7"}, "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *gateway.Options) { o.TrustedProxies = c.proxies })
			r := f.request(http.MethodGet, "/scim/v2/Users", "", "")
			r.RemoteAddr = c.remote
			r.Header["X-Forwarded-For"] = c.forwarded
			f.ServeHTTP(discard{}, r)
			lines := f.log.lines(t, "request")
			require.Len(t, lines, 1)
			assert.Equal(t, c.want, lines[0]["client"])
		})
	}
	for _, bad := range []string{"", "proxy.example.com", "10.0.0.0/33", "fe80::1%eth0"} {
		_, err := gateway.ParseProxies([]string{bad})
		assert.Error(t, err, bad)
	}
}

// discard is a writer of answers that nobody reads.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestPanic(t *testing.T) {
	t.Parallel()
	boom := true
	f := newFixture(t, func(o *gateway.Options) {
		o.TrustedProxies = nil
		o.Random = nil
		o.Sink = panicking{&boom}
	})
	token := f.connect("acme")
	w := f.pushUser("/scim/v2", token, "ada@example.com")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Equal(t, "application/scim+json", w.Header().Get("Content-Type"))
	assert.Contains(t, w.Body.String(), requestID)
	assert.NotContains(t, w.Body.String(), "secret")
	assert.NotContains(t, f.log.String(), "a secret in a panic")
	boom = false
	assert.Equal(t, http.StatusCreated, f.pushUser("/scim/v2", token, "ada@example.com").Code, "it serves on")
	require.NoError(t, f.Close(t.Context()), "the request has been counted out")
}

type panicking struct{ on *bool }

func (p panicking) Begin(context.Context, *provision.Event) error {
	if *p.on {
		panic(struct{ s string }{"a secret in a panic"})
	}
	return nil
}
func (panicking) End(context.Context, *provision.Event) {}

// What goes wrong outside of the SCIM handler is answered as well.
func TestPanic_InTheGateway(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	r := f.request(http.MethodGet, "/healthz", "", "")
	r.URL = nil
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), requestID)
	assert.Len(t, f.log.lines(t, "panic"), 1)

	r = f.request(http.MethodPost, connections, f.admin, "{}")
	r.Body = io.NopCloser(aborting{})
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() { f.ServeHTTP(httptest.NewRecorder(), r) }, "net/http knows what that means")
	require.NoError(t, f.Close(t.Context()), "both requests have been counted out")
}

type aborting struct{}

func (aborting) Read([]byte) (int, error) { panic(http.ErrAbortHandler) }

// TestEvents_OfRequestsRefusedBeforeTheBackend: what the front refuses stands in
// the log as well, once, and what the backend refuses is not there twice.
func TestEvents_OfRequestsRefusedBeforeTheBackend(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	f.pushUser("/scim/v2", token, "ada@example.com")
	for _, tt := range []struct {
		method, path, body, action, words string
		status                            int
	}{
		{"POST", "/scim/v2/Users", `{"schemas":["` + userURN + `"]}`, "create", "userName", 400},
		{"POST", "/connections/acme/scim/v2/Users", `{`, "create", "JSON", 400},
		{"GET", "/scim/v2/Users?filter=nope+eq+%22x%22", "", "list", "nope", 400},
		{"PATCH", "/connections/acme/scim/v2/Users/7", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]}`, "patch", "User 7", 400},
		{"POST", "/scim/v2/Users", `{"schemas":["` + userURN + `"],"userName":"ada@example.com"}`, "create", "ada@example.com", 409},
	} {
		before := len(f.Events(gateway.EventQuery{}))
		w := f.do(tt.method, tt.path, token, tt.body)
		require.Equal(t, tt.status, w.Code, "%s", w.Body)
		events := f.Events(gateway.EventQuery{})
		require.Len(t, events, before+1, "%s %s", tt.method, tt.path)
		e := events[0]
		assert.Equal(t, provision.Action(tt.action), e.Action)
		assert.Equal(t, "acme", e.Connection)
		assert.Equal(t, provision.Failed, e.Outcome)
		assert.Equal(t, tt.status, e.Status)
		assert.NotEmpty(t, e.Request.ID)
		assert.Contains(t, e.Words, tt.words)
	}
}

// Operations of a bulk request are refused one by one, and stand in the log as
// requests of their own would, once each.
func TestEvents_OfBulkOperations(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	for _, base := range []string{"/scim/v2", "/connections/acme/scim/v2"} {
		before := len(f.Events(gateway.EventQuery{}))
		w := f.do(http.MethodPost, base+"/Bulk", token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
			{"method":"POST","path":"/Users","bulkId":"a","data":{"schemas":["`+userURN+`"],"userName":"ada@example.com"}},
			{"method":"POST","path":"/Users","bulkId":"b","data":{"schemas":["`+userURN+`"]}},
			{"method":"PATCH","path":"/Users/7","data":{"Operations":[]}},
			{"method":"DELETE","path":"/Users/8"},
			{"method":"DELETE","path":"/Users/bulkId:a"},
			{"method":"DELETE","path":"/Users/bulkId:b"},
			{"method":"POST","path":"/Users","bulkId":"c","data":{"schemas":["`+userURN+`"],"userName":"bob@example.com","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"bulkId:d"}}}},
			{"method":"POST","path":"/Users","bulkId":"d","data":{"schemas":["`+userURN+`"],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"bulkId:c"}}}},
			{"method":"DELETE","path":"/Users/bulkId:c"}]}`)
		require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
		var got []string
		events := f.Events(gateway.EventQuery{})
		for _, e := range events[:len(events)-before] {
			assert.Equal(t, requestID, e.Request.ID)
			got = append(got, fmt.Sprint(e.Action, " ", e.Outcome, " ", e.Status))
		}
		assert.ElementsMatch(t, []string{
			"create success 0", "create failure 400", "patch failure 400", "delete failure 404", "delete success 0", "delete failure 409",
			"create success 0", "create failure 400", "patch failure 409", "delete success 0",
		}, got)
	}
}
