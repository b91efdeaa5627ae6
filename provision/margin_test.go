package provision_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// everyRequest are requests of all kinds to a user.
func everyRequest(id string) []func() (string, string, any) {
	return []func() (string, string, any){
		request("GET", "/Users/"+id, nil), request("GET", "/Users", nil),
		request("GET", "/Users?filter="+url.QueryEscape(`userName eq "ada@example.com"`), nil),
		request("POST", "/Users", user("ada@example.com", nil)), request("POST", "/Users", user("bob@example.com", nil)),
		request("PUT", "/Users/"+id, user("ada@example.com", map[string]any{"title": "x"})),
		request("PATCH", "/Users/"+id, patch(set("active", false))), request("PATCH", "/Users/"+id, patch(set("active", true))),
		request("DELETE", "/Users/"+id, nil),
	}
}

// ailing is a State of which one method fails.
type ailing struct {
	*provision.MemoryState
	method string
}

func (s *ailing) fail(method string) error {
	if s.method == method {
		return errors.New("dsn=postgres://canary")
	}
	return nil
}

func (s *ailing) Load(ctx context.Context, keys ...provision.Key) ([]*provision.Entry, error) {
	if err := s.fail("Load"); err != nil {
		return nil, err
	}
	return s.MemoryState.Load(ctx, keys...)
}

func (s *ailing) Find(ctx context.Context, attr, value string) ([]*provision.Entry, error) {
	if err := s.fail("Find"); err != nil {
		return nil, err
	}
	return s.MemoryState.Find(ctx, attr, value)
}

func (s *ailing) FindLate(ctx context.Context, keys ...string) ([]*provision.Entry, error) {
	if err := s.fail("FindLate"); err != nil {
		return nil, err
	}
	return s.MemoryState.FindLate(ctx, keys...)
}

func (s *ailing) Save(ctx context.Context, e *provision.Entry) error {
	if err := s.fail("Save"); err != nil {
		return err
	}
	return s.MemoryState.Save(ctx, e)
}

// TestState_Fails: what cannot be remembered or recalled is told, in an answer
// that says to come back or in a warning, and a finished write is no failure.
func TestState_Fails(t *testing.T) {
	t.Parallel()
	later := 503
	for method, want := range map[string][]int{
		"Load":     {later, later, later, later, later, later, later, later, later},
		"Find":     {200, 200, later, later, later, later, 200, 200, 204},
		"FindLate": {200, 200, 200, 409, 201, 200, 200, 200, 204},
		"Save":     {200, 200, 200, 409, 201, 200, 200, 200, later},
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			s := &ailing{MemoryState: provision.NewMemoryState()}
			w := freshserviceWorld(t, nil, nil, &provision.Options{State: s})
			id := create(t, w, user("ada@example.com", map[string]any{"externalId": "x"})).ID()
			s.method = method
			for i, request := range everyRequest(id) {
				verb, path, body := request()
				r := must(t, w, verb, path, body, want[i], 201)
				ev := w.events.last()
				assert.NotContains(t, string(r.Raw)+fmt.Sprintf("%+v", ev), "canary")
				if r.Status == later {
					assert.NotEmpty(t, r.Header.Get("Retry-After"))
				}
				if method == "Save" && r.Status < 300 && verb != "GET" {
					assert.Contains(t, ev.Words, "not remembered")
				}
			}
		})
	}
}

// TestState_DeleteIsRepeated: a DELETE whose tombstone could not be kept is
// finished by the next attempt.
func TestState_DeleteIsRepeated(t *testing.T) {
	t.Parallel()
	for _, v := range freshservicetest.Variants() {
		if !strings.HasPrefix(v.Name, "repeat-deactivate") && v.Name != "default" {
			continue
		}
		s := &ailing{MemoryState: provision.NewMemoryState()}
		w := freshserviceWorld(t, &freshservicetest.Options{Rules: v.Rules}, nil, &provision.Options{State: s})
		id := create(t, w, user("ada@example.com", nil)).ID()
		s.method = "Save"
		must(t, w, "DELETE", "/Users/"+id, nil, 503)
		s.method = ""
		must(t, w, "DELETE", "/Users/"+id, nil, 204)
		must(t, w, "GET", "/Users/"+id, nil, 404)
	}
}

// refusing is a Sink that lets nothing through.
type refusing struct{ ended int }

func (r *refusing) Begin(context.Context, *provision.Event) error {
	return &scim.Error{Status: 503, Detail: "held back", RetryAfter: time.Minute}
}
func (r *refusing) End(context.Context, *provision.Event) { r.ended++ }

func TestSink_Refuses(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", nil)).ID()
	sink := &refusing{}
	backend, err := provision.New(w.target, nil, &provision.Options{Sink: sink, State: w.state})
	require.NoError(t, err)
	w.takeCalls()
	_, err = backend.Get(t.Context(), scim.Ref{Type: "User", ID: id}, scim.ReadOptions{})
	var refused *scim.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 503, refused.Status)
	require.Error(t, backend.Delete(t.Context(), scim.Ref{Type: "User", ID: id}, scim.WriteOptions{}))
	assert.Empty(t, w.takeCalls())
	assert.Zero(t, sink.ended)
}

// TestEvents_NoValues: an event has the identifiers of its user and no other
// value, whatever goes wrong. What the client may see is in the answer.
func TestEvents_NoValues(t *testing.T) {
	t.Parallel()
	const canary = "canary"
	w := freshserviceWorld(t, &freshservicetest.Options{Fields: []freshservicetest.RequesterField{
		{Name: "floor", Type: freshservicetest.NumberField}, {Name: "hired", Type: freshservicetest.DateField},
	}}, nil, nil)
	element := func(value string) []any { return []any{map[string]any{"type": "work", "value": value}} }
	all := map[string]any{
		"title": canary, "password": canary, "nickName": canary, "locale": canary, "timezone": canary,
		"name":         map[string]any{"givenName": canary, "familyName": canary},
		"phoneNumbers": element(canary), "addresses": []any{map[string]any{"type": "work", "formatted": canary}},
	}
	id := create(t, w, user("ada@example.com", all)).ID()
	for _, more := range []map[string]any{
		{enterprise: map[string]any{"manager": map[string]any{"value": canary}}},
		{extension: map[string]any{"floor": canary}}, {extension: map[string]any{"hired": canary}}, {extension: map[string]any{"location": canary}},
		{"title": strings.Repeat(canary, 100)}, {"phoneNumbers": element(canary + "@example.com")}, {"phoneNumbers": element(`"` + canary + `" fails pattern " ` + canary + "@")},
	} {
		body := user("new@example.com", more)
		for _, r := range []func() (string, string, any){request("POST", "/Users", body), request("PUT", "/Users/"+id, body), request("DELETE", "/Users/0", nil)} {
			method, path, body := r()
			_, err := w.client.Do(t.Context(), method, path, nil, body)
			require.NoError(t, err)
		}
	}
	for _, op := range []map[string]any{set("title", canary+"2"), set("timezone", canary), set(enterprise+":manager", canary), set("name.familyName", canary+"3")} {
		must(t, w, "PATCH", "/Users/"+id, patch(op), 200)
	}
	for _, filter := range []string{`title eq "canary"`, `title co "canary"`, `name.givenName sw "canary"`, `externalId eq "canary"`} {
		find(t, w, filter)
	}
	w.account.Fault(freshservicetest.Fault{
		Status: 400, Body: `{"description":"canary","errors":[{"field":"canary","message":"canary","code":"canary"}]}`, ContentType: "application/json", Times: -1,
	})
	_, err := w.client.Do(t.Context(), "PATCH", "/Users/"+id, nil, patch(set("title", "y")))
	require.NoError(t, err)
	must(t, w, "POST", "/Users", user("carol@example.com", nil), 400)
	for _, ev := range w.events.list {
		assert.NotContains(t, fmt.Sprintf("%+v", ev), canary)
	}
}

// TestTypes_ChangeUnderWay: the account gets and loses fields while the handler
// lives on. Records that were kept meanwhile are of the types of before.
func TestTypes_ChangeUnderWay(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	refresh := func() {
		t.Helper()
		_, err := w.target.Refresh(t.Context())
		require.NoError(t, err)
	}
	id := create(t, w, user("ada@example.com", map[string]any{"title": "Countess"})).ID()
	must(t, w, "GET", "/Schemas/"+extension, nil, 200)
	w.account.AddRequesterField(freshservicetest.RequesterField{Name: "desk"})
	refresh()
	assert.Contains(t, string(must(t, w, "GET", "/Schemas/"+extension, nil, 200).Raw), `"desk"`)
	assert.Equal(t, 1, find(t, w, `title eq "Countess"`).Total(), "of the types of before")
	must(t, w, "PATCH", "/Users/"+id, patch(set(extension+":desk", "7b")), 200)
	assert.Equal(t, 1, find(t, w, extension+`:desk eq "7b"`).Total())
	for i := range 4 {
		w.account.AddRequesterField(freshservicetest.RequesterField{Name: fmt.Sprintf("field_%d", i)})
		refresh()
		switch i {
		case 0:
			must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
		case 1:
			must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
		case 2:
			must(t, w, "GET", "/Users", nil, 200)
		}
	}
	w.account.RemoveRequesterField("desk")
	refresh()
	assert.NotContains(t, string(must(t, w, "GET", "/Users/"+id, nil, 200).Raw), `"desk"`)
	assert.NotContains(t, string(must(t, w, "GET", "/Schemas/"+extension, nil, 200).Raw), `"desk"`)
}

// TestRoute_Agent: nobody becomes an agent, by whatever request, and what comes
// with it is not written.
func TestRoute_Agent(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	id := create(t, w, user("ada@example.com", map[string]any{extension: map[string]any{"isAgent": "False"}})).ID()
	for _, v := range []any{true, "True", "true"} {
		for _, r := range []func() (string, string, any){
			request("PATCH", "/Users/"+id, patch(set("title", "x"), set(extension+":isAgent", v))),
			request("PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "value": map[string]any{"title": "x", extension: map[string]any{"isAgent": v}}})),
			request("PUT", "/Users/"+id, user("ada@example.com", map[string]any{"title": "x", extension: map[string]any{"isAgent": v}})),
		} {
			method, path, body := r()
			assert.Equal(t, "invalidValue", must(t, w, method, path, body, 400).Body["scimType"])
		}
	}
	assert.Nil(t, record(t, w, id)["job_title"])
	must(t, w, "PATCH", "/Users/"+id, patch(set("title", "x"), set(extension+":isAgent", false)), 200)
}
