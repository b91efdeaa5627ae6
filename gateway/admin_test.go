package gateway_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/gateway"
)

const connections = "/api/v1/connections"

func TestAdmin_AddsAConnectionThatServesAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	w := f.do(http.MethodPost, connections, f.admin,
		`{"name":"acme","target":"memory","settings":{},"credentials":{},"profile":"strict","mapping":null}`)
	require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, publicURL+connections+"/acme", w.Header().Get("Location"))

	body := object(t, w)
	token, _ := body["token"].(string)
	assert.Equal(t, map[string]any{
		"id": "acme", "name": "acme", "target": "memory", "scim_url": publicURL + "/connections/acme/scim/v2", "token": token,
	}, body)
	assert.Regexp(t, `^usher_[a-z2-7]{52}$`, token)
	assert.Equal(t, http.StatusCreated, f.pushUser("/connections/acme/scim/v2", token, "ada@example.com").Code)
	assert.Equal(t, http.StatusCreated, f.pushUser("/scim/v2", token, "grace@example.com").Code)

	second := object(t, f.do(http.MethodPost, connections, f.admin, `{"name":"Umbrella Ltd","target":"memory"}`))
	assert.Equal(t, "umbrella-ltd", second["id"])
	assert.Equal(t, "Umbrella Ltd", second["name"])
	w = f.do(http.MethodGet, "/scim/v2/Users", second["token"].(string), "")
	assert.EqualValues(t, 0, object(t, w)["totalResults"], "each has a memory of its own")
}

func TestAdmin_List(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	assert.JSONEq(t, `{"connections":[]}`, f.do(http.MethodGet, connections, f.admin, "").Body.String())
	f.add("acme",
		gateway.Token{Name: "okta", Hash: gateway.HashToken("1"), Expires: time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)},
		gateway.Token{Name: "auditor", Hash: gateway.HashToken("2"), ReadOnly: true})
	w := f.do(http.MethodGet, connections, f.admin, "")
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"connections":[{"id":"acme","name":"acme","target":"memory","scim_url":"https://scim.example.com/connections/acme/scim/v2",
		"profile":"compatible","created_at":"2026-01-02T03:04:05Z","tokens":[
		{"name":"okta","read_only":false,"expires_at":"2027-06-30T00:00:00Z"},{"name":"auditor","read_only":true,"expires_at":null}]}]}`, w.Body.String())
}

func TestAdmin_Delete(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	w := f.do(http.MethodDelete, connections+"/acme", f.admin, "")
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Empty(t, w.Body.String())
	assert.Equal(t, http.StatusUnauthorized, f.do(http.MethodGet, "/scim/v2/Users", token, "").Code)
	w = f.do(http.MethodDelete, connections+"/acme", f.admin, "")
	assert.Equal(t, http.StatusNotFound, w.Code)
	code, _ := apiError(t, w)
	assert.Equal(t, "not_found", code)
}

func TestAdmin_Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body        string
		status      int
		code, field string
	}{
		"no body":          {``, 400, "invalid", ""},
		"no JSON":          {`name`, 400, "invalid", ""},
		"no object":        {`["name"]`, 400, "invalid", ""},
		"two objects":      {`{"name":"a","target":"memory"} {}`, 400, "invalid", ""},
		"unknown member":   {`{"name":"a","target":"memory","tarpit":1}`, 400, "invalid", "tarpit"},
		"wrong type":       {`{"name":7,"target":"memory"}`, 400, "invalid", "name"},
		"no name":          {`{"target":"memory"}`, 400, "invalid", "name"},
		"no target":        {`{"name":"a"}`, 400, "invalid", "target"},
		"name":             {`{"name":"a\u001b[2J","target":"memory"}`, 400, "invalid", "name"},
		"id":               {`{"id":"A B","name":"a","target":"memory"}`, 400, "invalid", "id"},
		"taken":            {`{"name":"taken","target":"memory"}`, 409, "exists", "id"},
		"unknown target":   {`{"name":"a","target":"fax"}`, 400, "unknown_target", "target"},
		"profile":          {`{"name":"a","target":"memory","profile":"x"}`, 400, "invalid", "profile"},
		"policy":           {`{"name":"a","target":"memory","policies":{"user":{"delete":"burn"}}}`, 400, "invalid", "policies"},
		"policy's member":  {`{"name":"a","target":"memory","policies":{"user":{"remove":"burn"}}}`, 400, "invalid", "remove"},
		"enabling":         {`{"name":"a","target":"memory","policies":{"user":{"enable":"burn"}}}`, 400, "invalid", "policies"},
		"special":          {`{"name":"a","target":"memory","policies":{"user":{"conflict_special":"yes"}}}`, 400, "invalid", "policies.conflict_special"},
		"administrators":   {`{"name":"a","target":"memory","protect_admins":1}`, 400, "invalid", "protect_admins"},
		"new objects":      {`{"name":"a","target":"memory","new_objects":["group"]}`, 400, "invalid", "new_objects"},
		"new object":       {`{"name":"a","target":"hr","new_objects":{"User":"ghost"}}`, 400, "invalid", ""},
		"mapping":          {`{"name":"a","target":"memory","mapping":{"nonsense":1}}`, 400, "invalid", "mapping"},
		"mapping's type":   {`{"name":"a","target":"memory","mapping":"file.yaml"}`, 400, "invalid", "mapping"},
		"setting missing":  {`{"name":"a","target":"crm","credentials":{"api_key":"k"}}`, 400, "invalid", "settings.domain"},
		"setting unknown":  {`{"name":"a","target":"crm","settings":{"domain":"d","url":"x"},"credentials":{"api_key":"k"}}`, 400, "invalid", "settings.url"},
		"setting's type":   {`{"name":"a","target":"crm","settings":{"domain":{}},"credentials":{"api_key":"k"}}`, 400, "invalid", "settings.domain"},
		"setting's number": {`{"name":"a","target":"crm","settings":{"domain":"d","seats":1.5},"credentials":{"api_key":"k"}}`, 400, "invalid", "settings.seats"},
		"credential type":  {`{"name":"a","target":"crm","settings":{"domain":"d"},"credentials":{"api_key":7}}`, 400, "invalid", "credentials.api_key"},
		"wrong key":        {`{"name":"a","target":"crm","settings":{"domain":"d"},"credentials":{"api_key":"wrong-secret"}}`, 400, "refused", "credentials"},
		"too large":        {`{"name":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "too_large", ""},
		"too large a tail": {`{"name":"a","target":"memory"}` + strings.Repeat(" ", 1<<20), 413, "too_large", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, nil)
			f.check = func(key string) error {
				if key == "wrong-secret" {
					return connector.Errorf(connector.Unauthenticated, "", "the key %s is wrong", key)
				}
				return nil
			}
			f.connect("taken")
			w := f.do(http.MethodPost, connections, f.admin, c.body)
			assert.Equal(t, c.status, w.Code, w.Body.String())
			code, field := apiError(t, w)
			assert.Equal(t, c.code, code, w.Body.String())
			assert.Equal(t, c.field, field, w.Body.String())
			assert.NotContains(t, w.Body.String(), "wrong-secret")
			assert.Len(t, f.List(), 1, "nothing was added")
		})
	}
}

// A mapping document takes the place of the application's own of that name.
func TestAdmin_Mapping(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	job := func(mapping string) []string {
		t.Helper()
		w := f.do(http.MethodPost, connections, f.admin, fmt.Sprintf(`{"name":"hr-%d","target":"hr","mapping":%s}`, len(mapping), mapping))
		require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
		token := object(t, w)["token"].(string)
		w = f.do(http.MethodPost, "/scim/v2/Users", token, `{"schemas":["`+userURN+`"],"userName":"ada@example.com","title":"Analyst","nickName":"Ada"}`)
		require.Equal(t, http.StatusCreated, w.Code, w.Body.String())
		body := object(t, w)
		title, _ := body["title"].(string)
		nick, _ := body["nickName"].(string)
		return []string{title, nick}
	}
	assert.Equal(t, []string{"Analyst", ""}, job("null"))
	assert.Equal(t, []string{"", "Ada"}, job(`{"apiVersion":"mapping/v1","name":"hr-person",
		"resource":{"type":"User","schemas":["`+userURN+`"]},"target":{"object":"person","id":"id",
		"schema":{"fields":{"login":{"type":"string","required":true,"filter":["eq"]},"job":{"type":"string"}}}},
		"match":[{"scim":"userName","target":"login","precedence":1}],
		"rules":[{"name":"login","scim":"userName","target":"login","required":true},{"name":"job","scim":"nickName","target":"job"}]}`))
}

func TestAdmin_UnknownTargetNamesTheKnown(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	w := f.do(http.MethodPost, connections, f.admin, `{"name":"a","target":"fax"}`)
	assert.Contains(t, w.Body.String(), "crm, hr, memory")
}

// The target may be back before the identity provider comes.
func TestAdmin_UnreachableTargetIsAdded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	f.check = func(string) error { return connector.Errorf(connector.Unavailable, "", "no route") }
	w := f.do(http.MethodPost, connections, f.admin, `{"name":"a","target":"crm","settings":{"domain":"d"},"credentials":{"api_key":"k"}}`)
	assert.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	assert.Len(t, f.log.lines(t, "the test of a new connection failed"), 1)
}

// What the server's environment holds is not for the callers of this API.
func TestAdmin_ReferencesAreNotFollowed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	var got string
	f.check = func(key string) error { got = key; return nil }
	w := f.do(http.MethodPost, connections, f.admin, `{"name":"a","target":"crm","settings":{"domain":"d"},"credentials":{"api_key":"env:PATH"}}`)
	require.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "env:PATH", got)
}

func TestAdmin_MediaTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"compressed":   {"Content-Encoding", "gzip", 415},
		"form":         {"Content-Type", "application/x-www-form-urlencoded", 415},
		"malformed":    {"Content-Type", ";", 415},
		"with charset": {"Content-Type", "application/json; charset=utf-8", 201},
		"none":         {"Content-Type", "", 201},
		"identity":     {"Content-Encoding", "identity", 201},
	} {
		w := f.do(http.MethodPost, connections, f.admin, `{"name":"`+name+`","target":"memory"}`, c.header, c.value)
		assert.Equal(t, c.status, w.Code, name)
	}
}

func TestAdmin_Token(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	token := f.connect("acme")
	for name, header := range map[string]string{
		"none": "", "connection's": "Bearer " + token, "wrong": "Bearer " + f.admin + "x", "basic": "Basic " + f.admin, "bare": f.admin,
	} {
		for _, path := range []string{connections, connections + "/acme", "/api/v1/events", "/api/v1/nothing"} {
			w := f.do(http.MethodDelete, path, "", "", "Authorization", header)
			assert.Equal(t, http.StatusUnauthorized, w.Code, name)
			assert.Equal(t, `Bearer realm="usher administration"`, w.Header().Get("WWW-Authenticate"), name)
			code, _ := apiError(t, w)
			assert.Equal(t, "unauthenticated", code, name)
		}
	}
	assert.Len(t, f.List(), 1)

	off := newFixture(t, func(o *gateway.Options) { o.AdminToken = gateway.TokenHash{} })
	assert.Equal(t, http.StatusNotFound, off.do(http.MethodGet, connections, f.admin, "").Code)
	assert.Equal(t, http.StatusNotFound, off.do(http.MethodGet, connections, "", "").Code)
}

func TestAdmin_Methods(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for path, allow := range map[string]string{
		connections: "GET, POST", connections + "/acme": "DELETE", connections + "/acme/attributes": "GET", "/api/v1/events": "GET",
	} {
		w := f.do(http.MethodPut, path, f.admin, "{}")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, path)
		assert.Equal(t, allow, w.Header().Get("Allow"), path)
		code, _ := apiError(t, w)
		assert.Equal(t, "method", code)
	}
	for _, path := range []string{"/api/v1", "/api/v1/", "/api/v1/connections/", "/api/v1/connections/a/b", "/api/v1/eventsx"} {
		w := f.do(http.MethodGet, path, f.admin, "")
		assert.NotEqual(t, http.StatusOK, w.Code, path)
	}
}

// D16 (j).
func TestAdmin_HostAndOrigin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host    string
		headers []string
		served  bool
	}{
		"address":            {"127.0.0.1:8080", nil, true},
		"name":               {"LOCALHOST:8080", nil, true},
		"IPv6":               {"[::1]:8080", nil, true},
		"no port":            {"localhost", nil, true},
		"other name":         {"evil.example.net:8080", nil, false},
		"longer name":        {"localhost.example.net", nil, false},
		"other address":      {"192.0.2.1:8080", nil, false},
		"no host":            {"", nil, false},
		"own page":           {"127.0.0.1:8080", []string{"Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"}, true},
		"other page":         {"127.0.0.1:8080", []string{"Origin", "https://evil.example.net"}, false},
		"other port":         {"127.0.0.1:8080", []string{"Origin", "http://127.0.0.1:3000"}, false},
		"no origin's origin": {"127.0.0.1:8080", []string{"Origin", "null"}, false},
		"cross-site":         {"127.0.0.1:8080", []string{"Sec-Fetch-Site", "cross-site"}, false},
		"same-site":          {"127.0.0.1:8080", []string{"Sec-Fetch-Site", "same-site"}, false},
		"typed in":           {"127.0.0.1:8080", []string{"Sec-Fetch-Site", "none"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, func(o *gateway.Options) { o.AdminHosts = []string{"127.0.0.1", "::1", "localhost"} })
			r := f.request(http.MethodGet, connections, f.admin, "", c.headers...)
			r.Host = c.host
			w := httptest.NewRecorder()
			f.ServeHTTP(w, r)
			if c.served {
				assert.Equal(t, http.StatusOK, w.Code)
				return
			}
			assert.Equal(t, http.StatusForbidden, w.Code)
			code, _ := apiError(t, w)
			assert.Equal(t, "forbidden", code)
		})
	}
}

func TestAdmin_NoHostsAllowAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	r := f.request(http.MethodGet, connections, f.admin, "")
	r.Host = "usher.internal.example.com"
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	assert.Equal(t, http.StatusOK, w.Code)
}

func TestAdmin_NoRandomness(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(o *gateway.Options) { o.Random, o.CursorKey = failing{}, make([]byte, 32) })
	w := f.do(http.MethodPost, connections, f.admin, `{"name":"a","target":"memory"}`)
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	code, _ := apiError(t, w)
	assert.Equal(t, "internal", code)
	assert.Contains(t, w.Body.String(), requestID)
	assert.Empty(t, f.List())
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("dry") }

func TestTokenHash(t *testing.T) {
	t.Parallel()
	h := gateway.HashToken("usher_x")
	back, err := gateway.ParseTokenHash(h.String())
	require.NoError(t, err)
	assert.Equal(t, h, back)
	back, err = gateway.ParseTokenHash(strings.TrimPrefix(h.String(), "sha256:"))
	require.NoError(t, err)
	assert.Equal(t, h, back)
	for _, bad := range []string{"", "sha256:", "usher_secret", h.String() + "00", h.String()[:70], strings.Repeat("0", 64), "md5:" + h.String()} {
		_, err := gateway.ParseTokenHash(bad)
		require.Error(t, err, bad)
		if bad != "" {
			assert.NotContains(t, err.Error(), bad)
		}
	}
	_, _, err = gateway.NewToken(strings.NewReader("short"))
	require.Error(t, err)
}

func TestAdmin_ErrorsAreOneShape(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	w := f.do(http.MethodGet, "/api/v2/connections", "", "")
	var shape map[string]map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &shape))
	assert.Equal(t, "not_found", shape["error"]["code"])
	assert.Contains(t, shape["error"]["message"], "/scim/v2")
	assert.Contains(t, shape["error"], "field")
}

func TestAdmin_WrongTypesInWords(t *testing.T) {
	t.Parallel()
	f := newFixture(t, nil)
	for body, message := range map[string]string{
		`{"name":7}`:                "a string is wanted",
		`{"settings":7}`:            "an object is wanted",
		`{"credentials":"s3cret"}`:  "an object is wanted",
		`{"policies":{"user":[7]}}`: "an object is wanted",
		`[]`:                        "an object is wanted",
	} {
		w := f.do(http.MethodPost, connections, f.admin, body)
		require.Equal(t, http.StatusBadRequest, w.Code)
		assert.Equal(t, message, object(t, w)["error"].(map[string]any)["message"], body)
	}
}
