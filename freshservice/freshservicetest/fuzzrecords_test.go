package freshservicetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

// FuzzRecordBody: for each kind of records, no panic; a refusal writes nothing;
// what is created can be read back as it was answered.
func FuzzRecordBody(f *testing.F) {
	collections := []string{"agents", "groups", "requester_groups", "departments", "locations"}
	for i, s := range []string{
		`{"first_name":"M","email":"m@example.com","roles":[{"role_id":21000150301,"assignment_scope":"specified_groups","groups":[21000000111]}],"member_of":[21000000112],"scoreboard_level_id":6}`,
		`{"name":"x","approval_required":true,"members":[21000000106],"leaders":[21000000106],"workspace_id":3,"unassigned_for":"1d"}`,
		`{"name":"x","description":null}`,
		`{"name":"x","head_user_id":21000000106,"domains":["example.com"],"custom_fields":{}}`,
		`{"name":"x","parent_location_id":21000000104,"address":{"city":"London"}}`,
		`{"name":1e999}`, `{"roles":[[]]}`, `{"members":[9223372036854775808]}`, `[]`, "\xff",
	} {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, kind uint8, body string) {
		collection := collections[int(kind)%len(collections)]
		a := New(Sandbox())
		do := func(method, path, body string) (int, map[string]any, http.Header) {
			r := httptest.NewRequestWithContext(t.Context(), method, "/api/v2/"+path, strings.NewReader(body))
			r.SetBasicAuth(a.APIKey(), "X")
			if body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			var v map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				t.Fatalf("%d with %q", w.Code, w.Body)
			}
			return w.Code, v, w.Header()
		}
		count := func() int {
			return len(a.Agents()) + len(a.AgentGroups()) + len(a.RequesterGroups()) + len(a.Departments()) + len(a.Locations())
		}
		if body == "" {
			return
		}
		before := count()
		status, created, header := do(http.MethodPost, collection, body)
		if status != http.StatusCreated {
			if count() != before || status < 400 || status >= 500 {
				t.Fatalf("refused with %d, and %d records", status, count()-before)
			}
			return
		}
		_, path, _ := strings.Cut(header.Get("Location"), "/api/v2/")
		status, viewed, _ := do(http.MethodGet, path, "")
		if status != http.StatusOK || !reflect.DeepEqual(created, viewed) {
			t.Fatalf("created %v, then %d %v", created, status, viewed)
		}
		if count() != before+1 {
			t.Fatal("created, but not there")
		}
	})
}

// FuzzReadSeed: no panic, and what is accepted makes an account that serves.
func FuzzReadSeed(f *testing.F) {
	f.Add(`{"agents":[{"id":7,"first_name":"G","email":"g@example.com","custom_fields":{"a":[1]}}],"agent_groups":[{"members":[7,7,8]}]}`)
	f.Add(`{"requester_fields":[{"name":"a"},{"name":"a"}],"requesters":[{"custom_fields":{"a":1e400}}],"keys":[{}]}`)
	f.Add(`{"owner":{},"roles":[{}],"workspaces":[{"id":2}],"plan":"starter","variant":"ids-as-strings"}`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, seed string) {
		o, err := ReadSeed(strings.NewReader(seed))
		if err != nil {
			return
		}
		a := New(o)
		for _, path := range []string{"/api/v2/requesters?include_agents=true", "/api/v2/agents", "/api/v2/groups", "/api/v2/roles", "/"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
			r.SetBasicAuth(a.APIKey(), "X")
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code >= http.StatusInternalServerError {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
	})
}
