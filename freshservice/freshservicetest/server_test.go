package freshservicetest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func get(t *testing.T, c *http.Client, url, key string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.SetBasicAuth(key, "X")
	res, err := c.Do(r)
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
	s := newServer(t, freshservicetest.Options{Requesters: crowd(31)})
	res, _, err := get(t, s.Client(), s.URL+"/api/v2/requesters", s.APIKey())
	require.NoError(t, err)
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "<"+s.URL+`/api/v2/requesters?page=2>; rel="next"`, res.Header.Get("Link"))
	res, _, err = get(t, s.Client(), "https://acme.freshservice.com/api/v2/requesters", s.APIKey())
	require.NoError(t, err)
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, `<https://acme.freshservice.com/api/v2/requesters?page=2>; rel="next"`, res.Header.Get("Link"))
	for _, url := range []string{"https://example.com/api/v2/requesters", "http://acme.freshservice.com/api/v2/requesters", "https://freshservice.com.example.com/"} {
		_, _, err = get(t, s.Client(), url, s.APIKey())
		require.ErrorContains(t, err, "host is neither the simulator nor")
	}
	assert.Len(t, s.Requests(), 2)
}

// The account can be mounted below a path of another program.
func TestAccount_Mounted(t *testing.T) {
	t.Parallel()
	a := freshservicetest.New(&freshservicetest.Options{PublicURL: "http://example.com/sim"})
	mux := http.NewServeMux()
	mux.Handle("/sim/", http.StripPrefix("/sim", a))
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/sim/api/v2/requesters", strings.NewReader(newcomer))
	r.SetBasicAuth(a.APIKey(), "X")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	require.Equal(t, 201, w.Code)
	assert.True(t, strings.HasPrefix(w.Header().Get("Location"), "http://example.com/sim/api/v2/requesters/"))
}

// The page shows people and requests, escaped, under a strict policy.
func TestPage(t *testing.T) {
	t.Parallel()
	opts := freshservicetest.Sandbox()
	opts.PageGuard = func(r *http.Request) bool { return strings.HasPrefix(r.Host, "127.0.0.1:") }
	s := newServer(t, *opts)
	s.AddRequester(freshservicetest.Requester{FirstName: "<script>alert(1)</script>"})
	_, _, err := get(t, s.Client(), s.URL+"/api/v2/requesters?email=ada@example.com", s.APIKey())
	require.NoError(t, err)
	res, body, err := get(t, s.Client(), s.URL+"/", "")
	require.NoError(t, err)
	assert.Equal(t, 200, res.StatusCode)
	assert.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-")
	for _, want := range []string{
		"Ada Byron", "a.byron@example.com", "Engineering, Sales", "badge_color: blue", "start_date: 2025-09-01T00:00:00Z",
		"GET /api/v2/requesters?email=ada%40example.com", "200 OK", "&lt;script&gt;",
	} {
		assert.Contains(t, body, want)
	}
	assert.NotContains(t, body, "<script")
	for _, want := range []string{
		"Requesters (5)", "Agents (2)", "SD Agent: entire_helpdesk", "Agent groups (3)", "Service Desk", "Requester groups (2)",
		"<td>VPN Users<br></td><td>manual<br></td><td>Ada Byron<br>Alan Turing<br></td>", "rule_based", "Departments (3)", "Tour Operations",
	} {
		assert.Contains(t, body, want)
	}
	assert.Len(t, s.Requests(), 1, "the page is no call")

	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.Host = "evil.example.com"
	s.ServeHTTP(w, r)
	assert.Equal(t, 403, w.Code)
}

// The sandbox has people, departments, locations and a field of every type; what
// is in it passes the account's own checks.
func TestSandbox(t *testing.T) {
	t.Parallel()
	opts := freshservicetest.Sandbox()
	a := newAccount(t, *opts)
	assert.Len(t, a.Requesters(), 4)
	assert.Len(t, a.Agents(), 2)
	assert.Len(t, a.Locations(), 2)
	types := map[freshservicetest.FieldType]bool{}
	for _, f := range a.RequesterFields() {
		types[f.Type] = true
	}
	assert.Len(t, types, 8)
	for _, name := range []string{"Engineering", "Sales", "Tour Operations"} {
		assert.NotZero(t, a.DepartmentID(name))
	}
	for _, r := range a.Requesters() {
		in := object{}
		for _, k := range []string{
			"first_name", "last_name", "primary_email", "secondary_emails", "department_ids", "reporting_manager_id",
			"location_id", "time_zone", "time_format", "language", "custom_fields",
		} {
			in[k] = r[k]
		}
		got := a.do("PUT", path("requesters", r["id"].(int64)), in).want(200).object()
		assert.Equal(t, r["primary_email"], got["primary_email"])
	}
	assert.Equal(t, false, a.RequesterByEmail("charles@example.com")["active"])
	assert.Equal(t, true, a.Agent(a.OwnerID())["api_key_enabled"])
	a.query("/requesters", "badge_color:'blue'").want(200)
	for _, g := range a.AgentGroups() {
		in := object{"members": g["members"], "observers": g["observers"], "leaders": g["leaders"], "workspace_id": g["workspace_id"]}
		a.do("PUT", path("groups", g["id"].(int64)), in).want(200)
	}
	for _, g := range a.RequesterGroups() {
		for _, id := range a.Members(g["id"].(int64)) {
			assert.NotNil(t, a.Requester(id))
		}
	}
	assert.NotSame(t, opts, freshservicetest.Sandbox())
}

// Every field of Rules has a variant that sets it.
func TestVariants_CoverRules(t *testing.T) {
	t.Parallel()
	set := map[string]bool{}
	for _, v := range freshservicetest.Variants() {
		rules := reflect.ValueOf(v.Rules)
		for field, value := range rules.Fields() {
			set[field.Name] = set[field.Name] || !value.IsZero()
		}
	}
	for name, found := range set {
		assert.True(t, found, name)
	}
}

// Every variant differs from the default, has a name of its own, and serves.
func TestVariants(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, v := range freshservicetest.Variants() {
		key := fmt.Sprintf("%+v", v.Rules)
		assert.False(t, seen[key], "%s repeats another", v.Name)
		assert.False(t, seen[v.Name], v.Name)
		assert.Equal(t, i == 0, v.Name == "default")
		seen[key], seen[v.Name] = true, true
		opts := freshservicetest.Sandbox()
		opts.Rules = v.Rules
		a := newAccount(t, *opts)
		id := a.do("POST", "/requesters", `{"first_name":"New","primary_email":"new@example.com"}`).want(201).id()
		a.do("GET", "/requesters/"+id, nil).want(200)
		a.do("PUT", "/requesters/"+id, object{"last_name": "x"}).want(200)
	}
}

// Calls from many clients at once take effect one at a time.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	opts := freshservicetest.Sandbox()
	s := newServer(t, *opts)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				if res, err := post(t.Context(), s); err == nil {
					_ = res.Body.Close()
				}
				if res, err := http.Get(s.URL); err == nil { //nolint:noctx // the page
					_ = res.Body.Close()
				}
			}
			s.AddDepartment(freshservicetest.Department{Name: fmt.Sprint(i)})
			_ = s.Requesters()
			_ = s.Requests()
			s.Fault(freshservicetest.Fault{Status: 429, Times: 1})
		})
	}
	wg.Wait()
	created := 0
	for _, r := range s.Requests() {
		if r.Status == 201 {
			created++
		}
	}
	assert.Equal(t, 0, created, "ada@example.com is in use from the start")
	assert.Len(t, s.Departments(), 11)
	_, err := json.Marshal(s.Requesters())
	require.NoError(t, err)
}

// What the account holds can be looked at, as copies.
func TestInspect(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	group := a.AddAgentGroup(freshservicetest.AgentGroup{Name: "New", Members: []int64{2}})
	crowd := a.AddRequesterGroup(freshservicetest.RequesterGroup{Name: "Crowd", Members: []int64{11, 10}})
	role := a.AddRole(freshservicetest.Role{Name: "Auditor", Custom: true})
	assert.Equal(t, "Auditor", a.Roles()[len(a.Roles())-1].Name)
	assert.Equal(t, json.Number(fmt.Sprint(role)), a.do("GET", path("roles", role), nil).want(200).object()["id"])
	assert.Equal(t, []int64{10, 11}, a.Members(crowd))
	a.Members(crowd)[0] = 99
	assert.Equal(t, []int64{10, 11}, a.Members(crowd))
	assert.Nil(t, a.Members(99))
	assert.Equal(t, []int64{70, group}, a.Agent(2)["member_of"])
	a.AgentGroup(group)["members"].([]int64)[0] = 99
	assert.Equal(t, []int64{2}, a.AgentGroup(group)["members"])
	assert.Equal(t, int64(2), a.AgentByEmail("GRACE@example.com")["id"])
	assert.Nil(t, a.AgentByEmail("ada@example.com"))
	a.RequesterByEmail("ada@example.com")["secondary_emails"].([]string)[0] = "x"
	assert.NotNil(t, a.RequesterByEmail("a.byron@example.com"))
	for _, nothing := range []map[string]any{a.Agent(10), a.Requester(2), a.AgentGroup(80), a.RequesterGroup(70)} {
		assert.Nil(t, nothing)
	}
}

// Calls of all kinds may come at once.
func TestConcurrency_EveryWrite(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	var wg sync.WaitGroup
	for line, body := range writes() {
		method, path, _ := split(line)
		req := a.request(method, "/api/v2"+path, body)
		wg.Go(func() { a.ServeHTTP(httptest.NewRecorder(), req) })
		wg.Go(func() { a.Agents(); a.AgentGroups(); a.Members(80) })
	}
	wg.Wait()
	assert.Len(t, a.Requests(), len(writes()))
}
