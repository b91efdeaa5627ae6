package provision_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const (
	baseURL = "https://scim.example.com/scim/v2"
	token   = "a-token-for-tests"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// events is a Sink that keeps what it is told.
type events struct {
	mu   sync.Mutex
	list []provision.Event
}

func (s *events) Begin(context.Context, *provision.Event) error { return nil }

func (s *events) End(_ context.Context, e *provision.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, *e)
}

func (s *events) last() provision.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[len(s.list)-1]
}

// world is a connection with everything around it.
type world struct {
	t       testing.TB
	clock   *testx.Clock
	events  *events
	state   *provision.MemoryState
	target  *connector.Target
	backend *provision.Backend
	handler *scim.Handler
	client  *scimtest.Client

	mappings fs.FS
	account  *freshservicetest.Account // of a Freshservice world
	managed  bool                      // its agents are
	zendesk  *zendesktest.Account      // of a Zendesk world

	mu    sync.Mutex
	calls []string // to the target since takeCalls
}

func (w *world) serve(given *provision.Options, profile scim.Profile) {
	w.t.Helper()
	opts := copyOf(given)
	var n atomic.Int64
	opts.NewID = func() string { return fmt.Sprintf("event-%d", n.Add(1)) }
	opts.Sink, opts.Clock = w.events, w.clock.Now
	if opts.State == nil {
		opts.State = w.state
	}
	var err error
	w.backend, err = provision.New(w.target, w.mappings, opts)
	require.NoError(w.t, err)
	w.handler, err = scim.NewHandler(w.backend, &scim.Options{BaseURL: baseURL, Auth: scim.BearerToken(token), Profile: profile})
	require.NoError(w.t, err)
	w.client = scimtest.NewClient(scimtest.Handler(w.handler, baseURL, token))
}

// The default mappings without the tests that stand in them: to read those takes
// longer than all the rest of a world, of which there are thousands.
var (
	freshserviceMappings = sync.OnceValue(func() fs.FS { return withoutTests(freshservice.Mappings) })
	zendeskMappings      = sync.OnceValue(func() fs.FS { return withoutTests(zendesk.Mappings) })
)

func withoutTests(mappings fs.FS) fs.FS {
	out := fstest.MapFS{}
	err := fs.WalkDir(mappings, ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(mappings, p)
		text, _, _ := strings.Cut(string(data), "\ntests:\n")
		out[p] = &fstest.MapFile{Data: []byte(text + "\n")}
		return err
	})
	if err != nil {
		panic(err)
	}
	return out
}

// copyOf copies options, which may be those of several worlds; nil stands for
// none.
func copyOf[T any](p *T) *T {
	out := new(T)
	if p != nil {
		*out = *p
	}
	return out
}

func newWorld(t testing.TB) *world {
	return &world{t: t, clock: testx.NewClock(start), events: &events{}, state: provision.NewMemoryState()}
}

// freshserviceWorld is a connection to a simulated account.
func freshserviceWorld(t testing.TB, account *freshservicetest.Options, driver *freshservice.Options, opts *provision.Options) *world {
	t.Helper()
	w := newWorld(t)
	account = copyOf(account)
	if account.Plan == "" {
		account.Plan = freshservicetest.Unlimited
	}
	account.Clock = w.clock.Now
	srv := freshservicetest.NewServer(account)
	t.Cleanup(srv.Close)
	w.account, w.mappings = srv.Account, freshserviceMappings()
	fo := copyOf(driver)
	fo.Transport, fo.Clock = srv.Client().Transport, hurry{w.clock}
	fo.Jitter = func() float64 { return 0 }
	var err error
	w.target, err = freshservice.New("acme", freshservice.APIKey(w.account.APIKey()), fo)
	require.NoError(t, err)
	w.serve(opts, scim.ProfileCompatible())
	// What the account's fields are is asked once and not for each operation.
	_, err = w.backend.Types(t.Context())
	require.NoError(t, err)
	w.account.ResetRequests()
	return w
}

// hurry is a clock on which every wait is over at once and has taken its time: that
// of a limit, and that for a job. The time that an attempt may take is no wait.
type hurry struct{ *testx.Clock }

func (c hurry) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	if d >= httpx.DefaultAttemptTimeout {
		return c.Clock.AfterFunc(d, f)
	}
	return time.AfterFunc(0, func() { c.Advance(d); f() }).Stop
}

// zendeskWorld is a connection to a simulated Zendesk account.
func zendeskWorld(t testing.TB, account *zendesktest.Options, driver *zendesk.Options, opts *provision.Options) *world {
	t.Helper()
	w := newWorld(t)
	account = copyOf(account)
	if account.Plan == "" {
		account.Plan = zendesktest.Unlimited
	}
	account.Clock = w.clock.Now
	srv := zendesktest.NewServer(account)
	t.Cleanup(srv.Close)
	w.zendesk, w.mappings = srv.Account, zendeskMappings()
	zo := copyOf(driver)
	zo.Transport, zo.Clock = srv.Client().Transport, hurry{w.clock}
	zo.Jitter = func() float64 { return 0 }
	var err error
	w.target, err = zendesk.New("acme", zendesk.ClientCredentials(w.zendesk.ClientID(), w.zendesk.ClientSecret()), zo)
	require.NoError(t, err)
	w.serve(opts, scim.ProfileCompatible())
	_, err = w.backend.Types(t.Context())
	require.NoError(t, err)
	w.zendesk.ResetRequests()
	return w
}

// zendeskMapped is zendeskWorld with a mapping document of one's own.
func zendeskMapped(t *testing.T, document string, account *zendesktest.Options, driver *zendesk.Options, opts *provision.Options) *world {
	t.Helper()
	w := zendeskWorld(t, account, driver, opts)
	w.mappings = withOverrideOf(t, zendeskMappings(), document)
	w.serve(opts, scim.ProfileCompatible())
	_, err := w.backend.Types(t.Context())
	require.NoError(t, err)
	w.zendesk.ResetRequests()
	return w
}

// memoryObjects are users and groups as a SCIM store holds them.
func memoryObjects(t testing.TB) []memory.Object {
	t.Helper()
	user, err := scim.UserType(scim.EnterpriseUserSchema())
	require.NoError(t, err)
	group, err := scim.GroupType()
	require.NoError(t, err)
	return []memory.Object{
		{Name: "user", Type: user.Type, Unique: []string{"userName"}, Index: []string{"externalId", "emails.value"}, Groups: "groups", Active: "active"},
		{Name: "group", Type: group.Type, Unique: []string{"displayName"}, Index: []string{"externalId"}, Members: "members", Member: []string{"user", "group"}},
	}
}

// memoryWorld is a connection to a store in memory.
func memoryWorld(t testing.TB, profile scim.Profile) *world {
	t.Helper()
	w := newWorld(t)
	var err error
	w.target, err = memory.NewTarget(memoryObjects(t), &memory.Options{Clock: w.clock.Now, Observe: func(op, object string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, op+" "+object)
	}})
	require.NoError(t, err)
	w.serve(&provision.Options{}, profile)
	return w
}

var idSegment = regexp.MustCompile(`/(\d+|V3-[0-9a-f]+)`)

// takeCalls returns the calls to the target since it was asked last: of a
// Freshservice account as the account saw them.
func (w *world) takeCalls() []string {
	var out []string
	note := func(method, path string, query url.Values) {
		line := method + " " + idSegment.ReplaceAllString(strings.TrimPrefix(path, "/api/v2"), "/{id}")
		if names := queryNames(query); names != "" {
			line += "?" + names
		}
		out = append(out, line)
	}
	switch {
	case w.account != nil:
		for _, r := range w.account.Requests() {
			note(r.Method, r.Path, r.Query)
		}
		w.account.ResetRequests()
	case w.zendesk != nil:
		for _, r := range w.zendesk.Requests() {
			note(r.Method, r.Path, r.Query)
		}
		w.zendesk.ResetRequests()
	default:
		w.mu.Lock()
		defer w.mu.Unlock()
		out, w.calls = w.calls, nil
	}
	return out
}

// natives returns the people that the target holds.
func (w *world) natives() []map[string]any {
	if w.zendesk != nil {
		return w.zendesk.Users()
	}
	if w.managed {
		return slices.Concat(w.account.Agents(), w.account.Requesters())
	}
	return w.account.Requesters()
}

// nativeGroups returns the groups that the target holds, and what else SCIM shows as
// groups, with the ids of their members. Zendesk's default group, which has all
// agents, is not among them.
func (w *world) nativeGroups() []map[string]any {
	if w.zendesk == nil {
		out := w.account.AgentGroups()
		for _, g := range w.account.RequesterGroups() {
			g["members"] = w.account.Members(g["id"].(int64))
			out = append(out, g)
		}
		return out
	}
	var out []map[string]any
	for _, g := range w.zendesk.Groups() {
		if g["default"] != true {
			g["members"] = w.zendesk.GroupMembers(g["id"].(int64))
			out = append(out, g)
		}
	}
	members := make(map[any][]any)
	for _, u := range w.zendesk.Users() {
		for _, id := range w.zendesk.UserOrganizations(u["id"].(int64)) {
			members[id] = append(members[id], u["id"])
		}
	}
	for _, o := range w.zendesk.Organizations() {
		o["members"] = members[o["id"]]
		out = append(out, o)
	}
	return out
}

func queryNames(q url.Values) string {
	var names []string
	for n := range q {
		names = append(names, n)
	}
	slices.Sort(names)
	return strings.Join(names, "&")
}

// user is a body for a create.
func user(name string, more map[string]any) map[string]any {
	body := map[string]any{
		"schemas":  []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"userName": name,
		"name":     map[string]any{"givenName": "Ada", "familyName": "Byron"},
		"active":   true,
	}
	for k, v := range more {
		body[k] = v
	}
	return body
}
