package zendesktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func newServer(t *testing.T, opts zendesktest.Options) *zendesktest.Server {
	t.Helper()
	s := zendesktest.NewServer(&opts)
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, s *zendesktest.Server, url string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.SetBasicAuth(s.OwnerEmail()+"/token", s.APIToken())
	res, err := s.Client().Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(body), nil
}

// The client reaches the simulator under its own URL and under the vendor's host
// names, and nothing else.
func TestServer_Client(t *testing.T) {
	t.Parallel()
	s := newServer(t, zendesktest.Options{})
	for _, base := range []string{s.URL, "https://acme.zendesk.com"} {
		res, body, err := get(t, s, base+"/api/v2/users")
		require.NoError(t, err)
		assert.Equal(t, 200, res.StatusCode)
		assert.Contains(t, body, fmt.Sprintf(`"url":"%s/api/v2/users/%d.json"`, base, s.OwnerID()))
	}
	for _, url := range []string{"https://example.com/api/v2/users", "http://acme.zendesk.com/api/v2/users", "https://zendesk.com.example.com/"} {
		_, _, err := get(t, s, url)
		require.ErrorContains(t, err, "host is neither the simulator nor")
	}
	assert.Len(t, s.Requests(), 2)
}

// The account can be mounted below a path of another program.
func TestAccount_Mounted(t *testing.T) {
	t.Parallel()
	a := zendesktest.New(&zendesktest.Options{PublicURL: "http://example.com/sim"})
	mux := http.NewServeMux()
	mux.Handle("/sim/", http.StripPrefix("/sim", a))
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/sim/api/v2/users", strings.NewReader(`{"user":{"name":"x"}}`))
	r.SetBasicAuth(a.OwnerEmail()+"/token", a.APIToken())
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	require.Equal(t, 201, w.Code)
	assert.True(t, strings.HasPrefix(w.Header().Get("Location"), "http://example.com/sim/api/v2/users/"))
}

// The page shows people and requests, escaped, under a strict policy, and no
// secret.
func TestPage(t *testing.T) {
	t.Parallel()
	opts := zendesktest.Sandbox()
	opts.PageGuard = func(r *http.Request) bool { return strings.HasPrefix(r.Host, "127.0.0.1:") }
	s := newServer(t, *opts)
	s.DeleteUser(s.AddUser(zendesktest.User{Name: "<script>alert(1)</script>"}))
	_, _, err := get(t, s, s.URL+"/api/v2/users/search?query=ada@example.com")
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/api/v2/group_memberships/destroy_many?ids=5", http.NoBody)
	r.SetBasicAuth(s.OwnerEmail()+"/token", s.APIToken())
	s.ServeHTTP(httptest.NewRecorder(), r)
	form := "grant_type=client_credentials&client_id=" + s.ClientID() + "&client_secret=" + s.ClientSecret() + "&scope=read"
	res, err := s.Client().Post(s.URL+"/oauth/tokens", "application/x-www-form-urlencoded", strings.NewReader(form)) //nolint:noctx // a test
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 201, res.StatusCode)
	res, body, err := get(t, s, s.URL+"/")
	require.NoError(t, err)
	assert.Equal(t, 200, res.StatusCode)
	assert.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-")
	for _, want := range []string{
		"Ada Byron", "a.byron@example.com", "Engineering", "badge_color: badge_blue", "start_date: 2025-09-01",
		"GET /api/v2/users/search?query=ada%40example.com", "200 OK", "&lt;script&gt;", "agent, Advisor", "suspended", "deleted",
		"POST /oauth/tokens", "(blanked)", "Field service", "default", "private", "org-sales", "Bulk Delete Group Membership", "queued", "0 of 1",
	} {
		assert.Contains(t, body, want)
	}
	assert.NotContains(t, body, "<script")
	assert.NotContains(t, body, s.ClientSecret())
	assert.Len(t, s.Requests(), 3, "the page is no call")

	w := httptest.NewRecorder()
	r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Host = "evil.example.com"
	s.ServeHTTP(w, r)
	assert.Equal(t, 403, w.Code)
}

// What is in the sandbox passes the account's own checks: it can be written back
// as it is read.
func TestSandbox(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	require.Len(t, a.Users(), 6)
	types := map[zendesktest.FieldType]bool{}
	for _, f := range a.UserFields() {
		types[f.Type] = true
	}
	assert.Len(t, types, 10, "a field of every type")
	assert.Equal(t, 2, a.SeatsTaken(), "the owner and Grace; light agents take none (§8)")
	for _, u := range a.Users() {
		id := u["id"].(int64)
		in := object{}
		for k, v := range u {
			switch k {
			case "id", "url", "created_at", "updated_at", "active":
			default:
				in[k] = v
			}
		}
		if u["locale"] == nil {
			delete(in, "locale")
		}
		got := a.put(id, in).want(200).object()
		before, err := json.Marshal(u)
		require.NoError(t, err)
		var want object
		require.NoError(t, json.Unmarshal(before, &want))
		for _, k := range []string{"name", "email", "role", "tags", "user_fields", "phone", "time_zone", "locale", "external_id", "verified", "signature"} {
			wantText, err := json.Marshal(want[k])
			require.NoError(t, err)
			gotText, err := json.Marshal(got[k])
			require.NoError(t, err)
			assert.JSONEq(t, string(wantText), string(gotText), "%s of %s", k, u["name"])
		}
	}
	assert.Equal(t, true, a.UserByEmail("charles@example.com")["suspended"])
	assert.Equal(t, []any{"badge_blue", "on_site", "speaks_english", "speaks_french", "vip"},
		a.do("GET", path("users", a.UserByEmail("ada@example.com")["id"].(int64)), nil).object()["tags"], "§7")
	assert.NotZero(t, a.OrganizationID("Sales"))
	assert.Len(t, a.Organizations(), 2)
	assert.Len(t, a.CustomRoles(), 3)
}

// Every variant differs from the default, has a name of its own, and serves.
func TestVariants(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, v := range zendesktest.Variants() {
		key := fmt.Sprintf("%+v", v.Rules)
		assert.False(t, seen[key], "%s repeats another", v.Name)
		assert.False(t, seen[v.Name], v.Name)
		assert.Equal(t, i == 0, v.Name == "default")
		seen[key], seen[v.Name] = true, true
		a := sandbox(t, v.Rules)
		id := a.post(object{"name": "New", "email": "new@example.com"}).want(201).id()
		a.do("GET", path("users", id), nil).want(200)
		a.put(id, object{"notes": "x"}).want(200)
		a.do("DELETE", path("users", id), nil).want(200)
	}
}

// Calls from many clients at once take effect one at a time.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	opts := zendesktest.Sandbox()
	opts.Plan = zendesktest.Unlimited
	s := newServer(t, *opts)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				w := httptest.NewRecorder()
				r := httptest.NewRequest("POST", "/api/v2/users", strings.NewReader(`{"user":{"name":"x","email":"new@example.com"}}`)) //nolint:noctx // a test
				r.SetBasicAuth("admin@example.com/token", s.APIToken())
				r.Header.Set("Content-Type", "application/json")
				s.ServeHTTP(w, r)
				w = httptest.NewRecorder()
				s.ServeHTTP(w, httptest.NewRequest("GET", "/", http.NoBody)) //nolint:noctx // the page
			}
			s.AddOrganization(zendesktest.Organization{Name: fmt.Sprint(i)})
			_ = s.Users()
			_ = s.Requests()
		})
	}
	wg.Wait()
	created := 0
	for _, r := range s.Requests() {
		if r.Status == 201 {
			created++
		}
	}
	assert.Equal(t, 1, created, "the address is in use from then on")
	assert.Len(t, s.Organizations(), 10)
}
