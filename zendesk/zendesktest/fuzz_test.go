package zendesktest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzSearch: no panic, and what is understood keeps its meaning when it is
// written out and read again.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{
		`email:"ada@example.com"`, `-role:agent grace`, `created>=2026-01-02 -name:"a b"`, `"`, `-`, `--x`, `:x`, `a:`, `a:"`,
		`name:"a\"b\\"`, `"\`, `desk_number:-1`, `*`, `<`, `key:"x"y`, `-"x"`, "\xff:\xff", `badge_color:badge_red`, ``,
	} {
		f.Add(s)
	}
	o := Sandbox()
	a := New(o)
	f.Fuzz(func(t *testing.T, s string) {
		terms := parseSearch(s)
		if len(terms) > len(s) {
			t.Fatalf("%q has %d terms", s, len(terms))
		}
		for _, term := range terms {
			for _, u := range a.users.Records {
				a.matches(u, term)
			}
			again := parseSearch(term.String())
			if term.key == "" && term.value == "" {
				continue // an empty word says nothing and is not read again
			}
			if len(again) != 1 || again[0] != term {
				t.Fatalf("%q was read as %+v, written as %q and read as %+v", s, term, term.String(), again)
			}
		}
	})
}

// FuzzUserBody: no panic; a refusal writes nothing; a PUT of what POST took
// changes nothing more.
func FuzzUserBody(f *testing.F) {
	for _, s := range []string{
		`{"user":{"name":"New","email":"new@example.com","external_id":"e1","role":"agent","custom_role_id":6164039664102}}`,
		`{"user":{"name":"New","phone":"+15551234567","organization_ids":[6164039664105,6164039664106],"tags":["a","b"]}}`,
		`{"user":{"name":"New","user_fields":{"desk_number":1e400,"start_date":"2026-01-02","badge_color":"badge_red","on_site":true}}}`,
		`{"user":{"name":"New","user_fields":{"languages_spoken":["speaks_french"],"manager":"6164039664107","badge_code":"AB-123"}}}`,
		`{"user":{"name":"New","identities":[{"type":"email","value":"n@example.com","primary":true}],"locale_id":8,"verified":true}}`,
		`{"user":{"name":null,"role":"admin"}}`, `{"user":[]}`, `[]`, `{}`, `{"user":{"name":"A"}}{}`, "\xff",
		`{"user":{"name":"A","organization":{"name":"sales"},"ticket_restriction":"groups","suspended":true}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := Sandbox()
		o.Plan = Unlimited
		a := New(o)
		do := func(method, path string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.SetBasicAuth("admin@example.com/token", a.APIToken())
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d with %q", w.Code, w.Body)
			}
			return w
		}
		before := len(a.Users())
		w := do(http.MethodPost, "/api/v2/users")
		after := len(a.Users())
		switch w.Code {
		case http.StatusCreated:
			if after != before+1 {
				t.Fatal("created, but not there")
			}
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			if after != before {
				t.Fatal("refused, but there")
			}
			return
		default:
			t.Fatalf("status %d", w.Code)
		}
		if strings.Contains(body, "identities") {
			return // adds them again, which is refused
		}
		at := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
		first, second := do(http.MethodPut, at), do(http.MethodPut, at)
		if a, b := strip(first), strip(second); first.Code != http.StatusOK || a != b {
			t.Fatalf("PUT of what POST took: %d %s, then %s", first.Code, a, b)
		}
	})
}

// FuzzManyBody: no panic, valid JSON, and a job does its items whatever they are.
func FuzzManyBody(f *testing.F) {
	for _, s := range []string{
		`{"users":[{"name":"New","email":"new@example.com"},{"external_id":"emp-17","notes":"x","group_ids":[6164039664101]},{}]}`,
		`{"group_memberships":[{"user_id":6164039664108,"group_id":6164039664112},{"user_id":null},{"user_id":1e400}]}`,
		`{"organization_memberships":[{"user_id":6164039664109,"organization_id":6164039664106,"default":true}]}`,
		`{"organizations":[{"id":6164039664105,"domain_names":["example.com"]},{"external_id":"org-sales","group_id":1}]}`,
		`{"organization":{"name":"x","organization_fields":{"contract":"contract_full"}},"users":[[]]}`, `[]`, `{}`, "\xff",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		o := Sandbox()
		o.Plan, o.JobDuration, o.BulkImport = Unlimited, -1, true
		a := New(o)
		for _, call := range []struct{ method, path string }{
			{"POST", "users/create_many"}, {"POST", "users/create_or_update_many"}, {"PUT", "users/update_many"},
			{"POST", "group_memberships/create_many"}, {"POST", "organization_memberships/create_many"},
			{"POST", "organizations/create_many"}, {"PUT", "organizations/update_many"}, {"PUT", "organizations/update_many?ids=6164039664105,x"},
			{"POST", "organizations/create_or_update"}, {"POST", "groups"}, {"POST", "users/autocomplete"},
		} {
			r := httptest.NewRequestWithContext(t.Context(), call.method, "/api/v2/"+call.path, strings.NewReader(body))
			r.SetBasicAuth("admin@example.com/token", a.APIToken())
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if w.Code >= 500 || !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s: %d with %q", call.path, w.Code, w.Body)
			}
		}
		for _, j := range a.jobs {
			if j.status != jobCompleted || len(j.results) != len(j.items) {
				t.Fatalf("%s: %s with %d results of %d", j.kind, j.status, len(j.results), len(j.items))
			}
		}
		for _, u := range a.users.Records {
			if u.live() && u.team() != (len(u.groups) > 0) {
				t.Fatalf("%s %d is in %d groups", u.role, u.id, len(u.groups))
			}
		}
	})
}

// FuzzTokenRequest: no panic, and never a token without the secret.
func FuzzTokenRequest(f *testing.F) {
	for _, s := range []string{
		`{"grant_type":"client_credentials","client_id":"zendesktest-client","client_secret":"x","scope":"read"}`,
		`{"grant_type":{},"client_id":5}`, `{"grant_type":"refresh_token","client_id":"zendesktest-client","refresh_token":[]}`,
		`{"grant_type":"authorization_code","client_id":"zendesktest-client","code":"x","redirect_uri":5,"code_verifier":""}`, `grant_type=client_credentials&client_id=zendesktest-client&scope=read`, `%`, `[]`, ``,
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	a := New(nil)
	f.Fuzz(func(t *testing.T, body string, form bool) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tokenPath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code < 300 && !strings.Contains(body, DefaultClientSecret) && !form {
			t.Fatalf("%q got %s", body, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("%d with %q", w.Code, w.Body)
		}
	})
}

// strip leaves out the time of the update.
func strip(w *httptest.ResponseRecorder) string {
	var v map[string]map[string]any
	if json.Unmarshal(w.Body.Bytes(), &v) != nil {
		return w.Body.String()
	}
	delete(v["user"], "updated_at")
	out, err := json.Marshal(v)
	if err != nil {
		return w.Body.String()
	}
	return string(out)
}
