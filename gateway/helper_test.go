package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/gateway"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

const (
	publicURL = "https://scim.example.com"
	userURN   = "urn:ietf:params:scim:schemas:core:2.0:User"
	requestID = "test-request-1"
)

// fixture is a gateway with everything that a test wants to look at.
type fixture struct {
	*gateway.Gateway
	t     *testing.T
	admin string
	clock *testx.Clock
	log   *buffer
	// hooks of the applications
	check func(key string) error
	list  func(ctx context.Context) error
}

// buffer is a log that may be written and read at once.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// lines returns the records of a message.
func (b *buffer) lines(t *testing.T, msg string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(b.String()) {
		var rec map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &rec), line)
		if rec["msg"] == msg {
			out = append(out, rec)
		}
	}
	return out
}

// newFixture returns a gateway with the applications memory and crm, which wants
// settings and has a check.
func newFixture(t *testing.T, change func(*gateway.Options)) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: testx.NewClock(zeroTime), log: &buffer{}}
	objects := memoryObjects(t)
	inMemory := memory.Application(objects, nil)
	inMemory.Open = func(context.Context, connector.Settings) (*connector.Target, error) {
		d, err := memory.New(objects, &memory.Options{Clock: f.clock.Now})
		if err != nil {
			return nil, err
		}
		return connector.NewTarget(&hooked{Driver: d, f: f}, nil)
	}
	crm := connector.Application{
		Name: "crm", Title: "CRM",
		Settings: []connector.Setting{
			{Name: "domain", Required: true},
			{Name: "seats", Kind: connector.NumberSetting},
			{Name: "api_key", Kind: connector.SecretSetting, Required: true},
		},
		Open: func(_ context.Context, s connector.Settings) (*connector.Target, error) {
			d, err := memory.New(objects, nil)
			if err != nil {
				return nil, err
			}
			return connector.NewTarget(&hooked{Driver: d, f: f, key: s.Secret("api_key").Reveal()}, nil)
		},
	}
	person, err := schema.NewType("person", schema.Fields{
		"id": {Mutability: schema.ReadOnly}, "login": {Required: true, Filter: schema.Eq}, "job": {},
	})
	require.NoError(t, err)
	hr := memory.Application([]memory.Object{{Name: "person", Type: person, Unique: []string{"login"}}}, nil)
	hr.Name, hr.Mappings = "hr", fstest.MapFS{"person.yaml": {Data: []byte(hrMapping)}}
	apps, err := connector.NewRegistry(inMemory, crm, hr)
	require.NoError(t, err)
	var hash gateway.TokenHash
	f.admin, hash, err = gateway.NewToken(strings.NewReader(strings.Repeat("admin token of the test ", 4)))
	require.NoError(t, err)
	o := &gateway.Options{
		Applications: apps, PublicURL: publicURL, AdminToken: hash, Clock: f.clock.Now,
		Logger: slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(o)
	}
	f.Gateway, err = gateway.New(o)
	require.NoError(t, err)
	return f
}

// hrMapping is the default mapping of the application hr.
const hrMapping = `apiVersion: mapping/v1
name: hr-person
resource: {type: User, schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"]}
target: {object: person, id: id, schema: {fields: {login: {type: string, required: true, filter: [eq]}, job: {type: string}}}}
match:
  - {scim: userName, target: login, precedence: 1}
rules:
  - {name: login, scim: userName, target: login, required: true}
  - {name: job, scim: title, target: job}
`

func memoryObjects(t *testing.T) []memory.Object {
	t.Helper()
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	require.NoError(t, err)
	group, err := scim.GroupType()
	require.NoError(t, err)
	return []memory.Object{
		{Name: "user", Type: user.Type, Unique: []string{"userName"}, Groups: "groups", Active: "active"},
		{Name: "group", Type: group.Type, Members: "members", Member: []string{"user", "group"}},
	}
}

// hooked is a memory driver with the hooks of a fixture.
type hooked struct {
	*memory.Driver
	f   *fixture
	key string
}

var (
	_ connector.Driver  = (*hooked)(nil)
	_ connector.Members = (*hooked)(nil)
	_ connector.Checker = (*hooked)(nil)
)

func (h *hooked) Check(context.Context) error {
	if h.f.check != nil {
		return h.f.check(h.key)
	}
	return nil
}

func (h *hooked) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	if h.f.list != nil {
		if err := h.f.list(ctx); err != nil {
			return nil, err
		}
	}
	return h.Driver.List(ctx, object, q)
}

// connect adds a connection to memory and returns its token.
func (f *fixture) connect(id string) string {
	f.t.Helper()
	token, hash, err := f.NewToken()
	require.NoError(f.t, err)
	f.add(id, gateway.Token{Name: "idp-of-" + id, Hash: hash})
	return token
}

// add adds a connection to memory with these tokens.
func (f *fixture) add(id string, tokens ...gateway.Token) {
	f.t.Helper()
	_, err := f.Add(f.t.Context(), gateway.Config{ID: id, Target: "memory", Tokens: tokens})
	require.NoError(f.t, err)
}

// request makes a request; headers are pairs.
func (f *fixture) request(method, path, token, body string, headers ...string) *http.Request {
	r := httptest.NewRequestWithContext(f.t.Context(), method, path, strings.NewReader(body))
	if body == "" {
		r = httptest.NewRequestWithContext(f.t.Context(), method, path, nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Request-Id", requestID)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// do asks the gateway.
func (f *fixture) do(method, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, f.request(method, path, token, body, headers...))
	return w
}

// object parses a JSON object.
func object(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &out), w.Body.String())
	return out
}

// apiError returns code and field of an error of the administration API.
func apiError(t *testing.T, w *httptest.ResponseRecorder) (code, field string) {
	t.Helper()
	var out struct {
		Error struct{ Code, Message, Field string }
	}
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&out), w.Body.String())
	require.NotEmpty(t, out.Error.Message)
	return out.Error.Code, out.Error.Field
}

// pushUser creates a user.
func (f *fixture) pushUser(path, token, userName string) *httptest.ResponseRecorder {
	return f.do(http.MethodPost, path+"/Users", token, `{"schemas":["`+userURN+`"],"userName":"`+userName+`"}`)
}

func newMemoryDriver(t *testing.T) *memory.Driver {
	t.Helper()
	d, err := memory.New(memoryObjects(t), nil)
	require.NoError(t, err)
	return d
}
