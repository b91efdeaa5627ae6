package provision_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/scim/scimtest"
)

// TestBadInput_NothingIsWritten sends what a client must not, and holds that the
// target is not called for it.
func TestBadInput_NothingIsWritten(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	w.takeCalls()
	const core = "urn:ietf:params:scim:schemas:core:2.0:User"
	for _, tt := range []struct {
		name, method, path string
		header             http.Header
		body               any
		status             int
		scimType, names    string
	}{
		{"body over 1 MiB", "POST", "/Users", nil, strings.Repeat(" ", 1<<20+1) + "{}", 413, "", ""},
		{"compressed body", "POST", "/Users", http.Header{"Content-Encoding": {"gzip"}}, "{}", 415, "", ""},
		{"malformed JSON", "POST", "/Users", nil, `{"userName":`, 400, "invalidSyntax", ""},
		{"wrong type", "POST", "/Users", nil, `{"schemas":["` + core + `"],"userName":"x@example.com","active":[1]}`, 400, "invalidValue", "active"},
		{"userName missing", "POST", "/Users", nil, `{"schemas":["` + core + `"]}`, 400, "invalidValue", "userName"},
		{"unknown PATCH path", "PATCH", "/Users/" + id, nil, patch(set("nope", "x")), 400, "invalidPath", "nope"},
		{"unknown filter attribute", "GET", "/Users?filter=nope+eq+%22x%22", nil, nil, 400, "invalidFilter", "nope"},
		{"filter syntax", "GET", "/Users?filter=userName+eq", nil, nil, 400, "invalidFilter", ""},
		{"over-long filter", "GET", "/Users?filter=userName+eq+%22" + strings.Repeat("x", 5000) + "%22", nil, nil, 400, "invalidFilter", ""},
		{"over-deep filter", "GET", "/Users?filter=" + strings.Repeat("(", 60) + "userName+pr" + strings.Repeat(")", 60), nil, nil, 400, "invalidFilter", ""},
		{"no token", "GET", "/Users", http.Header{"Authorization": {""}}, nil, 401, "", ""},
		{"wrong token", "GET", "/Users", http.Header{"Authorization": {"Bearer nope"}}, nil, 401, "", ""},
		{"unknown path", "GET", "/Nothing", nil, nil, 404, "", ""},
		{"wrong verb", "DELETE", "/Users", nil, nil, 405, "", ""},
		{"id that cannot be one", "GET", "/Users/..%2Fagents", nil, nil, 404, "", ""},
		{"id that is no number", "DELETE", "/Users/7x", nil, nil, 404, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := tt.body
			if s, ok := body.(string); ok {
				body = []byte(s)
			}
			r, err := w.client.Do(t.Context(), tt.method, tt.path, tt.header, body)
			require.NoError(t, err)
			require.Equal(t, tt.status, r.Status, "%s", r.Raw)
			assert.True(t, strings.HasPrefix(r.Header.Get("Content-Type"), "application/scim+json"))
			assert.Equal(t, strconv.Itoa(tt.status), r.Body["status"])
			if tt.scimType != "" {
				assert.Equal(t, tt.scimType, r.Body["scimType"])
			}
			assert.Contains(t, fmt.Sprint(r.Body["detail"]), tt.names)
			if tt.status == 401 {
				assert.NotEmpty(t, r.Header.Get("WWW-Authenticate"))
			}
			assert.Empty(t, w.takeCalls())
		})
	}
}

// TestRefused_NamesTheAttribute holds that the target's word on a field comes
// back under the SCIM attribute's name.
func TestRefused_NamesTheAttribute(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Fields: []freshservicetest.RequesterField{
		{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green", "blue"}},
	}}, nil, nil)
	const fs = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	r := must(t, w, "POST", "/Users", user("ada@example.com", map[string]any{fs: map[string]any{"badge_color": "mauve"}}), 400)
	assert.Equal(t, "invalidValue", r.Body["scimType"])
	assert.Contains(t, r.Body["detail"], "badge_color")
	assert.Contains(t, r.Body["detail"], fs)
	assert.Empty(t, w.account.Requesters())
	ev := w.events.last()
	assert.Contains(t, ev.Words, "Nothing was written")
	assert.Contains(t, ev.Words, "ada@example.com")

	// What only the target knows to be wrong: a dropdown that lost a choice.
	w.account.RemoveRequesterField("badge_color")
	w.account.AddRequesterField(freshservicetest.RequesterField{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"green"}})
	r = must(t, w, "POST", "/Users", user("ada@example.com", map[string]any{fs: map[string]any{"badge_color": "red"}}), 400)
	assert.Equal(t, "invalidValue", r.Body["scimType"])
	assert.Contains(t, r.Body["detail"], fs+":badge_color")
	assert.Empty(t, w.account.Requesters())
}

func TestTarget_BadKey(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	w.account.Fault(freshservicetest.Fault{Status: 401, Body: `{"code":"invalid_credentials","message":"vendor text"}`, ContentType: "application/json", Times: -1})
	for _, do := range []func() *scimtest.Response{
		func() *scimtest.Response { return must(t, w, "GET", "/Users", nil, 502) },
		func() *scimtest.Response { return must(t, w, "POST", "/Users", user("ada@example.com", nil), 502) },
	} {
		r := do()
		assert.NotContains(t, string(r.Raw), "vendor text")
		assert.NotContains(t, string(r.Raw), w.account.APIKey())
		assert.Contains(t, w.events.last().Words, "does not accept the credential")
	}
}

func TestTarget_RateLimited(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	w.account.Fault(freshservicetest.Fault{Status: 429, RetryAfter: "37", Times: -1})
	r := must(t, w, "POST", "/Users", user("ada@example.com", nil), 429)
	after, err := strconv.Atoi(r.Header.Get("Retry-After"))
	require.NoError(t, err)
	assert.InDelta(t, 37, after, 1)
	assert.Empty(t, w.account.Requesters())
}

func TestTarget_Down(t *testing.T) {
	t.Parallel()
	for _, f := range []freshservicetest.Fault{
		{Kind: freshservicetest.Refuse, Status: 503, Times: -1},
		{Kind: freshservicetest.Unreachable, Times: -1},
		{Kind: freshservicetest.Refuse, Status: 500, Body: "<html>oops</html>", Times: -1},
	} {
		t.Run(string(f.Kind)+strconv.Itoa(f.Status), func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, nil, nil, nil)
			id := create(t, w, user("ada@example.com", nil)).ID()
			w.account.Fault(f)
			for _, do := range []func() *scimtest.Response{
				func() *scimtest.Response { return must(t, w, "GET", "/Users/"+id, nil, 503) },
				func() *scimtest.Response { return must(t, w, "GET", "/Users", nil, 503) },
				func() *scimtest.Response {
					return must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x")), 503)
				},
				func() *scimtest.Response { return must(t, w, "DELETE", "/Users/"+id, nil, 503) },
			} {
				r := do()
				assert.NotEmpty(t, r.Header.Get("Retry-After"))
				assert.NotContains(t, string(r.Raw), "oops")
			}
			w.account.ClearFaults()
			must(t, w, "GET", "/Users/"+id, nil, 200)
		})
	}
}

// TestCreate_AnswerLost: whatever happens to the answer of a create, there is one
// requester in the end, and the client is told of it.
func TestCreate_AnswerLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []freshservicetest.FaultKind{
		freshservicetest.LostAnswer, freshservicetest.CutBody, freshservicetest.Malformed, freshservicetest.FailAfter, freshservicetest.Unreachable,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, nil, nil, nil)
			w.account.Fault(freshservicetest.Fault{Kind: kind, Method: "POST", Path: "/api/v2/requesters"})
			r := create(t, w, user("ada@example.com", map[string]any{"title": "Countess"}))
			require.Len(t, w.account.Requesters(), 1, "no duplicate, no loss")
			assert.Equal(t, fmt.Sprint(w.account.Requesters()[0]["id"]), r.ID())
			assert.Contains(t, w.events.last().Words, "looked up")
			must(t, w, "GET", "/Users/"+r.ID(), nil, 200)
		})
	}
}

// TestCreate_AnswerLostAndSomebodyElse: a lost answer does not hand over an
// account that was there before.
func TestCreate_AnswerLostAndSomebodyElse(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{{ID: 900, FirstName: "Other", PrimaryEmail: "ada@example.com"}}}, nil, nil)
	w.account.Fault(freshservicetest.Fault{Kind: freshservicetest.LostAnswer, Method: "POST", Path: "/api/v2/requesters"})
	r := must(t, w, "POST", "/Users", user("ada@example.com", map[string]any{"title": "Countess"}), 409)
	assert.Equal(t, "uniqueness", r.Body["scimType"])
	assert.Equal(t, "Other", record(t, w, "900")["first_name"])
	assert.Len(t, w.account.Requesters(), 1)
}

// TestUpdate_AnswerLost: an update is repeated until it is known to be done.
func TestUpdate_AnswerLost(t *testing.T) {
	t.Parallel()
	for _, kind := range []freshservicetest.FaultKind{freshservicetest.LostAnswer, freshservicetest.FailAfter, freshservicetest.Unreachable} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, nil, nil, nil)
			id := create(t, w, user("ada@example.com", nil)).ID()
			w.account.Fault(freshservicetest.Fault{Kind: kind, Method: "PUT", Path: "/api/v2/requesters/*"})
			must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x")), 200)
			assert.Equal(t, "x", record(t, w, id)["job_title"])
			w.account.Fault(freshservicetest.Fault{Kind: kind, Method: "DELETE", Path: "/api/v2/requesters/*"})
			must(t, w, "DELETE", "/Users/"+id, nil, 204)
			assert.Equal(t, false, record(t, w, id)["active"])
			must(t, w, "GET", "/Users/"+id, nil, 404)
		})
	}
}

// TestUpdate_FailsInTheMiddle: when the second of two calls fails the client is
// told, and its repetition finishes the work.
func TestUpdate_FailsInTheMiddle(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	ops := patch(set("title", "x"), set("active", false))
	w.account.Fault(freshservicetest.Fault{Status: 503, Method: "DELETE", Path: "/api/v2/requesters/*", Times: -1})
	must(t, w, "PATCH", "/Users/"+id, ops, 503)
	w.account.ClearFaults()
	r := must(t, w, "PATCH", "/Users/"+id, ops, 200)
	assert.Equal(t, false, r.Body["active"])
	assert.Equal(t, "x", record(t, w, id)["job_title"])
}
