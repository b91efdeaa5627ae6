package freshservicetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzQuery: no panic, and what is understood keeps its meaning when it is
// written out and read again.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{
		`"primary_email:'ada@example.com'"`, `"(first_name:'a' OR department_id:>5) AND created_at:<'2026-01-02'"`,
		`"~[first_name|primary_email]:'x'"`, `"location_id:null"`, `"work_phone_number:123"`, `"desk_number:-1"`,
		`"about:'x'"`, `"`, `""`, `"((((("`, `"first_name:'it\'s'"`, `"first_name:'it''s'"`,
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(1))
		f.Add(s, uint8(2))
	}
	accounts := map[QueryEscape]*Account{}
	for _, e := range []QueryEscape{EscapeNone, EscapeBackslash, EscapeDoubled} {
		o := Sandbox()
		o.Rules.QueryEscape = e
		accounts[e] = New(o)
	}
	f.Fuzz(func(t *testing.T, s string, escape uint8) {
		a := accounts[QueryEscape(escape%3)]
		fields := a.requesterQueryFields()
		n, err := a.parseQuery(s, fields)
		if err != nil {
			return
		}
		for _, u := range a.users.Records {
			n.matches(a.requesterDocument(u))
		}
		text := `"` + n.String() + `"`
		if len(text) > maxQuery {
			return // parentheses and quotes made it longer
		}
		again, err := a.parseQuery(text, fields)
		if err != nil {
			t.Fatalf("%q was read as %s, which is refused: %v", s, text, err)
		}
		if again.String() != n.String() {
			t.Fatalf("%q was read as %s, then as %s", s, n, again)
		}
	})
}

// FuzzRequesterBody: no panic; a refusal writes nothing; an acceptance answers
// what the account then holds; a PUT of the same body changes nothing more.
func FuzzRequesterBody(f *testing.F) {
	for _, s := range []string{
		`{"first_name":"Ada","primary_email":"ada2@example.com"}`,
		`{"first_name":"A","work_phone_number":1,"department_ids":[21000000101],"custom_fields":{"desk_number":1e400}}`,
		`{"first_name":"A","mobile_phone_number":"1","custom_fields":{"start_date":"2026-01-02T03:04:05+05:30","badge_color":"red","on_site":true}}`,
		`{"first_name":null,"secondary_emails":["a@example.com","a@example.com"],"language":"de"}`,
		`{"nickname":{}}`, `[]`, `{}`, `{"first_name":"A"}{}`, "\xff", `{"reporting_manager_id":9007199254740993}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a := New(Sandbox())
		do := func(method, path string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), method, "/api/v2"+path, strings.NewReader(body))
			r.SetBasicAuth(a.APIKey(), "X")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d with %q", w.Code, w.Body)
			}
			return w
		}
		before := len(a.Requesters())
		w := do(http.MethodPost, "/requesters")
		after := len(a.Requesters())
		switch w.Code {
		case http.StatusCreated:
			if after != before+1 {
				t.Fatal("created, but not there")
			}
		case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge:
			if after != before {
				t.Fatal("refused, but there")
			}
			return
		default:
			t.Fatalf("status %d", w.Code)
		}
		path := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com/api/v2")
		first, second := do(http.MethodPut, path), do(http.MethodPut, path)
		if first.Code != http.StatusOK || first.Body.String() != second.Body.String() {
			a, b := strip(first.Body.Bytes()), strip(second.Body.Bytes())
			if first.Code != http.StatusOK || a != b {
				t.Fatalf("PUT of what POST took: %d %s, then %s", first.Code, a, b)
			}
		}
	})
}

// strip leaves out the time of the update.
func strip(body []byte) string {
	var v map[string]map[string]any
	if json.Unmarshal(body, &v) != nil {
		return string(body)
	}
	delete(v["requester"], "updated_at")
	out, err := json.Marshal(v)
	if err != nil {
		return string(body)
	}
	return string(out)
}
