package freshservicetest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// §1.2: HTTP Basic with the key as user name and any filler as password.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{
		Agents: []freshservicetest.Agent{{ID: 5, FirstName: "Off", Email: "off@example.com", Inactive: true}},
		Keys:   []freshservicetest.Key{{Value: "first"}, {Value: "second"}, {Value: "off", Agent: 5}, {Value: "nobody", Agent: 6}},
	})
	tests := []struct {
		name string
		set  func(*http.Request)
		code string // empty: accepted
	}{
		{"key and X", func(r *http.Request) { r.SetBasicAuth("first", "X") }, ""},
		{"other key, other filler", func(r *http.Request) { r.SetBasicAuth("second", "anything") }, ""},
		{"no header", func(r *http.Request) { r.Header.Del("Authorization") }, "invalid_credentials"},
		{"unknown key", func(r *http.Request) { r.SetBasicAuth("third", "X") }, "invalid_credentials"},
		{"empty filler", func(r *http.Request) { r.SetBasicAuth("first", "") }, "invalid_credentials"},
		{"empty key", func(r *http.Request) { r.SetBasicAuth("", "X") }, "invalid_credentials"},
		{"key of an inactive agent", func(r *http.Request) { r.SetBasicAuth("off", "X") }, "invalid_credentials"},
		{"key of nobody", func(r *http.Request) { r.SetBasicAuth("nobody", "X") }, "invalid_credentials"},
		{"user name and password", func(r *http.Request) { r.SetBasicAuth("admin@example.com", "secret") }, "unsupported_authentication_type"},
		{"bearer", func(r *http.Request) { r.Header.Set("Authorization", "Bearer first") }, "access_token_invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := a.request("GET", "/api/v2/requesters", nil)
			tt.set(r)
			if got := a.send(r); tt.code == "" {
				got.want(200)
			} else {
				got.wantCode(401, tt.code)
			}
		})
	}
}

// §1.2: what the key's owner may not do is 403 access_denied.
func TestPermissions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		without      freshservicetest.Permission
		method, path string
		body         any
	}{
		{freshservicetest.ViewRequesters, "GET", "/requesters", nil},
		{freshservicetest.ViewRequesters, "GET", "/requesters/5", nil},
		{freshservicetest.ViewRequesters, "GET", "/requester_fields", nil},
		{freshservicetest.EditRequesters, "POST", "/requesters", object{}},
		{freshservicetest.EditRequesters, "PUT", "/requesters/5", object{}},
		{freshservicetest.DeleteRequesters, "DELETE", "/requesters/5", nil},
		{freshservicetest.DeleteRequesters, "DELETE", "/requesters/5/forget", nil},
		{freshservicetest.ManageAgents, "GET", "/agents", nil},
		{freshservicetest.ManageAgents, "GET", "/requesters?include_agents=true", nil},
		{freshservicetest.ManageAgents, "POST", "/agents", object{}},
		{freshservicetest.ManageAgents, "GET", "/agents/6", nil},
		{freshservicetest.ManageAgents, "PUT", "/agents/6", object{}},
		{freshservicetest.ManageAgents, "DELETE", "/agents/6", nil},
		{freshservicetest.ManageAgents, "PUT", "/agents/6/reactivate", nil},
		{freshservicetest.ManageAgents, "DELETE", "/agents/6/forget", nil},
		{freshservicetest.ManageAgents, "PUT", "/agents/6/convert_to_requester", nil},
		{freshservicetest.ManageAgents, "PUT", "/requesters/5/convert_to_agent", nil},
		{freshservicetest.ManageAgents, "GET", "/agent_fields", nil},
		{freshservicetest.DeleteRequesters, "PUT", "/requesters/5/reactivate", nil},
		{freshservicetest.ViewRoles, "GET", "/roles", nil},
		{freshservicetest.ViewRoles, "GET", "/roles/7", nil},
		{freshservicetest.ViewWorkspaces, "GET", "/workspaces", nil},
		{freshservicetest.ViewWorkspaces, "GET", "/workspaces/2", nil},
		{freshservicetest.ViewAgentGroups, "GET", "/groups", nil},
		{freshservicetest.ViewAgentGroups, "GET", "/groups/7", nil},
		{freshservicetest.EditAgentGroups, "POST", "/groups", object{}},
		{freshservicetest.EditAgentGroups, "PUT", "/groups/7", object{}},
		{freshservicetest.DeleteAgentGroups, "DELETE", "/groups/7", nil},
		{freshservicetest.ViewRequesters, "GET", "/requester_groups", nil},
		{freshservicetest.ViewRequesters, "GET", "/requester_groups/8", nil},
		{freshservicetest.ViewRequesters, "GET", "/requester_groups/8/members", nil},
		{freshservicetest.EditRequesters, "POST", "/requester_groups", object{}},
		{freshservicetest.EditRequesters, "PUT", "/requester_groups/8", object{}},
		{freshservicetest.EditRequesters, "POST", "/requester_groups/8/members/5", nil},
		{freshservicetest.EditRequesters, "DELETE", "/requester_groups/8/members/5", nil},
		{freshservicetest.DeleteRequesters, "DELETE", "/requester_groups/8", nil},
		{freshservicetest.ViewDepartments, "GET", "/departments", nil},
		{freshservicetest.ViewDepartments, "GET", "/departments/9", nil},
		{freshservicetest.ViewDepartments, "GET", "/department_fields", nil},
		{freshservicetest.ManageDepartments, "POST", "/departments", object{}},
		{freshservicetest.ManageDepartments, "PUT", "/departments/9", object{}},
		{freshservicetest.DeleteDepartments, "DELETE", "/departments/9", nil},
		{freshservicetest.ViewLocations, "GET", "/locations", nil},
		{freshservicetest.ViewLocations, "GET", "/locations/9", nil},
		{freshservicetest.EditLocations, "POST", "/locations", object{}},
		{freshservicetest.EditLocations, "PUT", "/locations/9", object{}},
		{freshservicetest.DeleteLocations, "DELETE", "/locations/9", nil},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			t.Parallel()
			person := []freshservicetest.Requester{{ID: 5, FirstName: "Ada", PrimaryEmail: "ada@example.com"}}
			key := freshservicetest.Key{Value: "k", Without: []freshservicetest.Permission{tt.without}}
			a := newAccount(t, freshservicetest.Options{Keys: []freshservicetest.Key{key}, Requesters: person})
			a.do(tt.method, tt.path, tt.body).wantCode(403, "access_denied")
			assert.Len(t, a.Requesters(), 1)
			b := newAccount(t, freshservicetest.Options{Requesters: person})
			assert.NotEqual(t, 403, b.do(tt.method, tt.path, tt.body).status)
		})
	}
}

// §1.1, §1.4, §1.5: what HTTP itself gets wrong.
func TestProtocol(t *testing.T) {
	t.Parallel()
	in := `{"first_name":"Ada","primary_email":"ada@example.com"}`
	tests := []struct {
		name         string
		method, path string
		body         any
		change       func(*http.Request)
		status       int
		code         string
	}{
		{"PATCH does not exist (§1.1)", "PATCH", "/requesters/5", in, nil, 405, "method_not_allowed"},
		{"wrong verb", "POST", "/requesters/5", in, nil, 405, "method_not_allowed"},
		{"DELETE of the collection", "DELETE", "/requesters", nil, nil, 405, "method_not_allowed"},
		{"unknown path", "GET", "/people", nil, nil, 404, "unknown_path"},
		{"final slash", "GET", "/requesters/", nil, nil, 404, "unknown_path"},
		{"XML (§1.1)", "POST", "/requesters", in, contentType("application/xml"), 415, "invalid_content_type"},
		{"no content type", "POST", "/requesters", in, contentType(""), 415, "invalid_content_type"},
		{"JSON with a charset", "POST", "/requesters", in, contentType("application/json; charset=utf-8"), 201, ""},
		{"Accept of HTML (§1.1)", "GET", "/requesters", nil, accept("text/html"), 406, "not_acceptable"},
		{"Accept of all", "GET", "/requesters", nil, accept("text/html, */*;q=0.1"), 200, ""},
		{"Accept of JSON", "GET", "/requesters", nil, accept("application/json"), 200, ""},
		{"not JSON (§1.5)", "POST", "/requesters", `{"first_name":`, nil, 400, "invalid_json"},
		{"JSON, not an object", "POST", "/requesters", `[]`, nil, 400, "invalid_json"},
		{"null", "POST", "/requesters", `null`, nil, 400, "invalid_json"},
		{"two objects", "POST", "/requesters", in + in, nil, 400, "invalid_json"},
		{"empty body", "POST", "/requesters", ``, nil, 400, "invalid_json"},
		{"body on GET (§1.5)", "GET", "/requesters", `{}`, nil, 400, "no_content_required"},
		{"body on DELETE (§1.5)", "DELETE", "/requesters/5", `{}`, nil, 400, "no_content_required"},
		{"not simulated", "PUT", "/requesters/5/merge", nil, nil, 501, "not_simulated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, freshservicetest.Options{})
			r := a.request(tt.method, "/api/v2"+tt.path, tt.body)
			if tt.change != nil {
				tt.change(r)
			}
			got := a.send(r)
			if tt.code == "" {
				got.want(tt.status)
			} else {
				got.wantCode(tt.status, tt.code)
			}
			require.Len(t, a.Requests(), 1)
			assert.Equal(t, tt.status, a.Requests()[0].Status)
		})
	}
}

func contentType(v string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Content-Type", v) }
}

func accept(v string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept", v) }
}

func TestProtocol_Allow(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	got := a.do("PATCH", "/requesters/5", object{}).want(405)
	assert.Equal(t, "GET, PUT, DELETE", got.header.Get("Allow"))
}

// A call outside /api/v2 is a wrong base URL: it fails loudly and is recorded.
func TestOutsideTheAPI(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	got := a.send(a.request("GET", "/api/v1/requesters", nil)).wantCode(404, "outside_api")
	assert.Contains(t, got.raw, "GET /api/v1/requesters")
	a.send(a.request("GET", "/api/v2x", nil)).wantCode(404, "outside_api")
	require.Len(t, a.Requests(), 2)
	assert.Equal(t, "/api/v1/requesters", a.Requests()[0].Path)
}

// §1.1, §2: headers of every answer.
func TestHeaders(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	seen := map[string]bool{}
	for _, p := range []string{"/requesters", "/requesters/1", "/nowhere", "/groups"} {
		r := a.request("GET", "/api/v2"+p, nil)
		if p == "/groups" {
			r.Header.Del("Authorization")
		}
		got := a.send(r)
		assert.Equal(t, "latest=v2; requested=v2", got.header.Get("X-Freshservice-Api-Version"), p)
		assert.NotEmpty(t, got.header.Get("X-Ratelimit-Total"), p)
		assert.NotEmpty(t, got.header.Get("X-Ratelimit-Remaining"), p)
		assert.Equal(t, "1", got.header.Get("X-Ratelimit-Used-Currentrequest"), p)
		id := got.header.Get("X-Request-Id")
		assert.NotEmpty(t, id)
		assert.False(t, seen[id], "request ids differ")
		seen[id] = true
	}
}

// §1.5: 404 for an unknown id is taken to be empty.
func TestNotFoundBody(t *testing.T) {
	t.Parallel()
	got := newAccount(t, freshservicetest.Options{}).do("GET", "/requesters/1", nil).want(404)
	assert.Empty(t, got.raw)
	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{NotFoundBody: true}})
	b.do("GET", "/requesters/1", nil).wantCode(404, "not_found")
	b.do("GET", "/requesters/99999999999999999999", nil).want(404)
}

// §1.1: what Freshdesk answers 500 to.
func TestStrictGets(t *testing.T) {
	t.Parallel()
	for strict, status := range map[bool]int{false: 200, true: 500} {
		a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{StrictGets: strict}})
		r := a.request("GET", "/api/v2/requesters", nil)
		r.Header.Set("Content-Type", "application/json")
		a.send(r).want(status)
		a.do("GET", "/requesters", nil).want(200)
	}
	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{StrictGets: true}})
	b.do("GET", "/requesters?email=", nil).want(500)
}

func TestIgnoreUnwantedBodies(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{IgnoreUnwantedBodies: true}})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "A", PrimaryEmail: "a@example.com"})
	a.do("PUT", path("requesters", id, "reactivate"), object{}).want(200)
}

// §1.5: parameters that a route does not know.
func TestUnknownParameters(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	for _, p := range []string{"/requesters?active=true", "/requesters?updated_since=2026-01-01", "/requesters/5?include=x", "/departments?name=x"} {
		got := a.do("GET", p, nil).want(400)
		assert.Contains(t, got.raw, `"code":"invalid_field"`)
	}
	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{IgnoreUnknownParameters: true}})
	b.do("GET", "/requesters?updated_since=2026-01-01", nil).want(200)
}

// The journal keeps what arrived, and never the key.
func TestRequests(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{KeptRequests: 2})
	a.do("GET", "/requesters", nil).want(200)
	a.do("GET", "/requesters?email=ada%2Bx@example.com", nil).want(200)
	sent := a.do("POST", "/requesters", object{"first_name": "Ada"}).want(400)
	got := a.Requests()
	require.Len(t, got, 2, "the oldest is dropped")
	assert.Equal(t, "ada+x@example.com", got[0].Query.Get("email"))
	assert.Equal(t, "POST", got[1].Method)
	assert.Equal(t, "/api/v2/requesters", got[1].Path)
	assert.JSONEq(t, `{"first_name":"Ada"}`, string(got[1].Body))
	assert.Equal(t, 400, got[1].Status)
	assert.Equal(t, 1, got[1].Credits)
	assert.Equal(t, a.clock.Now(), got[1].Time)
	assert.Equal(t, sent.header.Get("X-Request-Id"), got[1].ID)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "Authorization")
	got[1].Body[0] = 'X'
	got[1].Query.Set("x", "y")
	assert.JSONEq(t, `{"first_name":"Ada"}`, string(a.Requests()[1].Body), "copies")
	assert.Empty(t, a.Requests()[1].Query)
	a.ResetRequests()
	assert.Empty(t, a.Requests())
}

// Views handed out are copies.
func TestInspectionIsACopy(t *testing.T) {
	t.Parallel()
	a := newAccount(t, *freshservicetest.Sandbox())
	ada := a.RequesterByEmail("A.BYRON@example.com")
	require.NotNil(t, ada)
	ada["first_name"] = "X"
	ada["custom_fields"].(map[string]any)["about"] = "X"
	ada["department_ids"].([]int64)[0] = 1
	ada["secondary_emails"].([]string)[0] = "X"
	again := a.Requester(ada["id"].(int64))
	assert.Equal(t, "Ada", again["first_name"])
	assert.Equal(t, "Writes programs.", again["custom_fields"].(map[string]any)["about"])
	assert.Equal(t, []string{"a.byron@example.com"}, again["secondary_emails"])
	assert.Equal(t, []int64{a.DepartmentID("Engineering")}, again["department_ids"])
	fields := a.RequesterFields()
	fields[4].Choices[0] = "X"
	assert.Equal(t, "red", a.RequesterFields()[4].Choices[0])
}
