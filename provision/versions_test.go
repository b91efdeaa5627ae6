package provision_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

// with sends a request with a header.
func with(t testing.TB, w *world, header, value, method, path string, body any, status ...int) *scimtest.Response {
	t.Helper()
	h := http.Header{}
	if header != "" {
		h.Set(header, value)
	}
	r, err := w.client.Do(t.Context(), method, path, h, body)
	require.NoError(t, err)
	require.Contains(t, status, r.Status, "%s %s: %s", method, path, r.Raw)
	return r
}

// etag returns the version of the resource in an answer, which is in its ETag and
// in its meta.version.
func etag(t testing.TB, r *scimtest.Response) string {
	t.Helper()
	tag := r.Header.Get("Etag")
	require.Regexp(t, `^W/"[A-Za-z0-9_-]{16}"$`, tag)
	assert.Equal(t, tag, r.Body["meta"].(map[string]any)["version"])
	return tag
}

// noEtag holds that an answer has no version.
func noEtag(t testing.TB, r *scimtest.Response) {
	t.Helper()
	assert.Empty(t, r.Header.Get("Etag"))
	meta, _ := r.Body["meta"].(map[string]any)
	assert.NotContains(t, meta, "version")
}

func everyWorld(t *testing.T) map[string]*world {
	t.Helper()
	return map[string]*world{
		"memory":       memoryWorld(t, scim.ProfileCompatible()),
		"freshservice": freshserviceWorld(t, &freshservicetest.Options{Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}}}, nil, nil),
		"zendesk":      zendeskWorld(t, nil, nil, nil),
	}
}

// TestVersions_OneForOneState: a write's answer, a read, a list and a search give
// the same version, until the next write.
func TestVersions_OneForOneState(t *testing.T) {
	t.Parallel()
	for name, w := range everyWorld(t) {
		t.Run(name, func(t *testing.T) {
			var path, now string
			check := func(r *scimtest.Response) {
				t.Helper()
				tag := etag(t, r)
				if path == "" {
					path = "/Users/" + r.ID()
				}
				require.NotEqual(t, now, tag)
				now = tag
				assert.Equal(t, now, etag(t, must(t, w, "GET", path, nil, 200)), "read")
				for _, query := range []string{"", "?sortBy=userName", "?cursor=", "?filter=" + url.QueryEscape(`userName eq "ada@example.com"`), "?filter=" + url.QueryEscape(`displayName co "a"`)} {
					list := must(t, w, "GET", "/Users"+query, nil, 200).Resources()
					found := 0
					for _, u := range list {
						if "/Users/"+u["id"].(string) == path {
							found++
							assert.Equal(t, now, u["meta"].(map[string]any)["version"], query)
						}
					}
					assert.Equal(t, 1, found, query)
				}
				w.clock.Advance(time.Minute)
			}
			unchanged := func(r *scimtest.Response) {
				t.Helper()
				assert.Equal(t, now, etag(t, r))
				w.clock.Advance(time.Minute)
			}
			body := user("ada@example.com", map[string]any{
				"displayName": "Ada Byron", "externalId": "x-1", "timezone": "Europe/London",
				enterprise: map[string]any{"department": "Lab"},
			})
			check(create(t, w, body))
			check(must(t, w, "PATCH", path, patch(set("timezone", "Europe/Berlin")), 200))
			unchanged(must(t, w, "PATCH", path, patch(set("timezone", "Europe/Berlin"), set("displayName", "Ada Byron")), 200))
			body["externalId"] = "x-2"
			body["timezone"] = "Europe/Paris"
			r := must(t, w, "PUT", path, body, 200)
			modified := r.Body["meta"].(map[string]any)["lastModified"]
			check(r)
			r = must(t, w, "PUT", path, body, 200)
			assert.Equal(t, modified, r.Body["meta"].(map[string]any)["lastModified"])
			unchanged(r)
			r = must(t, w, "PATCH", path, patch(set("active", false)), 200)
			if name == "freshservice" {
				// Freshservice does not tell what has become of the requester.
				noEtag(t, r)
				r = must(t, w, "GET", path, nil, 200)
			}
			check(r)
			check(must(t, w, "PATCH", path, patch(set("active", true)), 200))
		})
	}
}

// TestVersions_EveryProcess: the version depends on nothing but the resource.
func TestVersions_EveryProcess(t *testing.T) {
	t.Parallel()
	for range 2 {
		w := memoryWorld(t, scim.ProfileCompatible())
		r := create(t, w, user("ada@example.com", map[string]any{
			"emails":   []any{map[string]any{"value": "ada@example.com", "type": "work", "primary": true}, map[string]any{"value": "b@example.com"}},
			enterprise: map[string]any{"department": "Lab"},
		}))
		assert.Equal(t, `W/"FRjQHYpw1ThiTWKN"`, etag(t, r))
	}
}

// TestVersions_WhatCounts says which changes around a resource make another
// version of it.
func TestVersions_WhatCounts(t *testing.T) {
	t.Parallel()
	t.Run("groups of a user, by their ids", func(t *testing.T) {
		w := memoryWorld(t, scim.ProfileCompatible())
		path := "/Users/" + create(t, w, user("ada@example.com", nil)).ID()
		before := etag(t, must(t, w, "GET", path, nil, 200))
		g := newGroup(t, w, "Lab", path[len("/Users/"):])
		joined := etag(t, must(t, w, "GET", path, nil, 200))
		assert.NotEqual(t, before, joined)
		must(t, w, "PATCH", "/Groups/"+g, patch(set("displayName", "Laboratory")), 204)
		r := must(t, w, "GET", path, nil, 200)
		assert.Equal(t, "Laboratory", r.Body["groups"].([]any)[0].(map[string]any)["display"])
		assert.Equal(t, joined, etag(t, r))
	})
	t.Run("members of a group", func(t *testing.T) {
		w := memoryWorld(t, scim.ProfileCompatible())
		a, b := create(t, w, user("a@example.com", nil)).ID(), create(t, w, user("b@example.com", nil)).ID()
		g := "/Groups/" + newGroup(t, w, "Lab", a)
		before := etag(t, must(t, w, "GET", g, nil, 200))
		must(t, w, "PATCH", g, patch(map[string]any{"op": "add", "path": "members", "value": values(b)}), 204)
		assert.NotEqual(t, before, etag(t, must(t, w, "GET", g, nil, 200)))
	})
	t.Run("a department by its id", func(t *testing.T) {
		w, id := labWorld(t, freshservicetest.Rules{})
		before := etag(t, must(t, w, "GET", "/Users/"+id, nil, 200))
		w.account.AddDepartment(freshservicetest.Department{ID: 42, Name: "Laboratory"}) // its new name
		w.clock.Advance(time.Hour)
		r := must(t, w, "GET", "/Users/"+id, nil, 200)
		assert.Equal(t, "Laboratory", r.Body[enterprise].(map[string]any)["department"])
		assert.Equal(t, before, etag(t, r))
	})
}

// TestVersions_NotOfAPart: what was not read whole has no version, and what a write
// has made of it is not guessed.
func TestVersions_NotOfAPart(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	a := create(t, w, user("a@example.com", nil)).ID()
	g := newGroup(t, w, "Lab", a)
	for _, path := range []string{"/Groups/" + g + "?excludedAttributes=members", "/Groups/" + g + "?attributes=displayName,meta.created", "/Users/" + a + "?attributes=userName"} {
		noEtag(t, must(t, w, "GET", path, nil, 200))
	}
	for _, path := range []string{"/Groups?excludedAttributes=members", "/Groups?excludedAttributes=members&sortBy=displayName", "/Groups?excludedAttributes=members&cursor="} {
		assert.NotContains(t, must(t, w, "GET", path, nil, 200).Resources()[0]["meta"], "version", path)
	}
	etag(t, must(t, w, "GET", "/Groups/"+g+"?excludedAttributes=displayName", nil, 200))

	t.Run("unless it is asked for", func(t *testing.T) {
		for _, path := range []string{"/Groups/" + g, "/Users/" + a} {
			whole := etag(t, must(t, w, "GET", path, nil, 200))
			for _, names := range []string{"meta.version", "meta", "id,META.Version", "displayName,meta.created,meta.version"} {
				assert.Equal(t, whole, etag(t, must(t, w, "GET", path+"?attributes="+names, nil, 200)), names)
			}
		}
		list := must(t, w, "GET", "/Groups?attributes=meta.version", nil, 200).Resources()[0]
		assert.NotEmpty(t, list["meta"].(map[string]any)["version"])
		assert.NotContains(t, list, "members")
	})

	t.Run("a write that tells nothing", func(t *testing.T) {
		m := memoryWorld(t, scim.ProfileCompatible())
		w := newWorld(t)
		var err error
		w.target, err = connector.NewTarget(taciturn{m.target.Driver()}, &connector.Options{Clock: w.clock.Now})
		require.NoError(t, err)
		w.serve(&provision.Options{}, scim.ProfileCompatible())
		path := "/Users/" + create(t, w, user("a@example.com", nil)).ID()
		noEtag(t, must(t, w, "PUT", path, user("a@example.com", map[string]any{"title": "Countess"}), 200))
		tag := etag(t, must(t, w, "GET", path, nil, 200))
		with(t, w, "If-Match", tag, "PUT", path, user("a@example.com", nil), 200)
	})
}

// taciturn is a driver whose updates return nothing.
type taciturn struct{ connector.Driver }

func (d taciturn) Unwrap() connector.Driver { return d.Driver }

func (d taciturn) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	_, err := d.Driver.Update(ctx, r, c)
	return nil, err
}

// writes are all kinds of writes to one resource, and what they cost with the
// right version: one read more than without where that does not read.
var writes = []struct {
	name   string
	world  string
	method string
	path   string // of the collection
	body   func(id string) any
	status int
	calls  []string
}{
	{"PUT", "memory", "PUT", "/Users", func(string) any { return user("ada@example.com", map[string]any{"title": "Baron"}) }, 200, []string{"get user", "update user"}},
	{"PATCH", "memory", "PATCH", "/Users", func(string) any { return patch(set("title", "Baron")) }, 200, []string{"get user", "update user"}},
	{"DELETE", "memory", "DELETE", "/Users", nil, 204, []string{"get user", "act user"}},
	{"PATCH without operations", "memory", "PATCH", "/Users", func(string) any { return patch(map[string]any{"op": "add", "value": map[string]any{}}) }, 200, []string{"get user"}},
	{"member added", "memory", "PATCH", "/Groups", func(id string) any {
		return patch(map[string]any{"op": "add", "path": "members", "value": values(id)})
	}, 204, []string{"get group", "update group"}},
	{"group renamed", "memory", "PATCH", "/Groups", func(string) any { return patch(set("displayName", "Laboratory")) }, 204, []string{"get group", "update group"}},
	{"group deleted", "memory", "DELETE", "/Groups", nil, 204, []string{"get group", "act group"}},

	{"PUT", "freshservice", "PUT", "/Users", func(string) any { return user("ada@example.com", map[string]any{"title": "Baron"}) }, 200, []string{"GET /requesters/{id}", "PUT /requesters/{id}"}},
	{"PATCH", "freshservice", "PATCH", "/Users", func(string) any { return patch(set("title", "Baron")) }, 200, []string{"GET /requesters/{id}", "PUT /requesters/{id}"}},
	{"disable", "freshservice", "PATCH", "/Users", func(string) any { return patch(set("active", false)) }, 200, []string{"GET /requesters/{id}", "DELETE /requesters/{id}"}},
	{"DELETE", "freshservice", "DELETE", "/Users", nil, 204, []string{"GET /requesters/{id}", "DELETE /requesters/{id}"}},

	{"PUT", "zendesk", "PUT", "/Users", func(string) any { return user("ada@example.com", map[string]any{"nickName": "Baron"}) }, 200, []string{"GET /users/{id}", "PUT /users/{id}"}},
	{"PATCH that is blind else", "zendesk", "PATCH", "/Users", func(string) any { return patch(set("nickName", "Baron")) }, 200, []string{"GET /users/{id}", "PUT /users/{id}"}},
	{"disable, without a read else", "zendesk", "PATCH", "/Users", func(string) any { return patch(set("active", false)) }, 200, []string{"GET /users/{id}", "PUT /users/{id}"}},
	{"DELETE", "zendesk", "DELETE", "/Users", nil, 204, []string{"GET /users/{id}", "DELETE /users/{id}"}},
}

// TestIfMatch: a write that asks for another version than the present one is
// refused, and nothing is written; one that asks for the present one is carried
// out.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range writes {
		t.Run(tt.world+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			w := everyWorld(t)[tt.world]
			id := create(t, w, user("ada@example.com", nil)).ID()
			path := tt.path + "/" + id
			if tt.path == "/Groups" {
				path = tt.path + "/" + newGroup(t, w, "Lab")
			}
			var body any
			if tt.body != nil {
				body = tt.body(id)
			}
			tag := etag(t, must(t, w, "GET", path, nil, 200))
			w.clock.Advance(time.Minute)
			w.takeCalls()
			for _, wrong := range []string{`W/"0"`, `"0"`, "0", `W/"0", "1"`, `W/""`} {
				r := with(t, w, "If-Match", wrong, tt.method, path, body, 412)
				assert.Equal(t, "412", r.Body["status"])
				assert.Len(t, w.takeCalls(), 1, "it is read, and nothing else")
				if ev := w.events.last(); ev.Action != provision.ActionGet {
					assert.Equal(t, 412, ev.Status)
					assert.Contains(t, ev.Words, "Nothing was written")
				}
			}
			assert.Equal(t, tag, etag(t, must(t, w, "GET", path, nil, 200)))
			w.takeCalls()
			with(t, w, "If-Match", `"0", `+tag, tt.method, path, body, tt.status)
			assert.Equal(t, tt.calls, w.takeCalls())
			if tt.method == "DELETE" {
				with(t, w, "If-Match", tag, tt.method, path, body, 404)
				with(t, w, "If-Match", "*", tt.method, path, body, 404)
			}
		})
		t.Run(tt.world+" "+tt.name+", in any version", func(t *testing.T) {
			t.Parallel()
			w := everyWorld(t)[tt.world]
			id := create(t, w, user("ada@example.com", nil)).ID()
			path := tt.path + "/" + id
			if tt.path == "/Groups" {
				path = tt.path + "/" + newGroup(t, w, "Lab")
			}
			var body any
			if tt.body != nil {
				body = tt.body(id)
			}
			with(t, w, "If-Match", "*", tt.method, path, body, tt.status)
		})
	}
}

// TestIfMatch_FormsOfTheTag: the tag is taken as it was given out, as a strong one,
// and without quotes.
func TestIfMatch_FormsOfTheTag(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	body := user("ada@example.com", map[string]any{"title": "Countess"})
	r := create(t, w, body)
	tag := etag(t, r)
	opaque := tag[len(`W/"`) : len(tag)-1]
	for _, form := range []string{tag, `w/"` + opaque + `"`, `"` + opaque + `"`, opaque, `"0","1", ` + tag, "0, " + opaque} {
		same := with(t, w, "If-Match", form, "PUT", "/Users/"+r.ID(), body, 200)
		assert.Equal(t, tag, etag(t, same), "there was nothing to change")
	}
}

// TestIfMatch_OneWins: of two writers who read the same version, one has to read
// again.
func TestIfMatch_OneWins(t *testing.T) {
	t.Parallel()
	for name, w := range everyWorld(t) {
		t.Run(name, func(t *testing.T) {
			r := create(t, w, user("ada@example.com", nil))
			path, tag := "/Users/"+r.ID(), etag(t, r)
			w.clock.Advance(time.Minute)
			var ok, refused atomic.Int32
			var wg sync.WaitGroup
			for _, name := range []string{"Ada Byron", "Ada King", "Ada Lovelace", "Augusta"} {
				wg.Go(func() {
					body := patch(set("displayName", name), set("name.givenName", name))
					r, err := w.client.Do(t.Context(), "PATCH", path, http.Header{"If-Match": {tag}}, body)
					if assert.NoError(t, err) {
						switch r.Status {
						case 200:
							ok.Add(1)
						case 412:
							refused.Add(1)
						}
					}
				})
			}
			wg.Wait()
			assert.EqualValues(t, 1, ok.Load())
			assert.EqualValues(t, 3, refused.Load())
		})
	}
}

// TestIfMatch_Revived: the version of an account before it was deleted is not that
// of the account that came back.
func TestIfMatch_Revived(t *testing.T) {
	t.Parallel()
	w := freshserviceWorld(t, nil, nil, nil)
	r := create(t, w, user("ada@example.com", nil))
	path, old := "/Users/"+r.ID(), etag(t, r)
	w.clock.Advance(time.Minute)
	with(t, w, "If-Match", old, "DELETE", path, nil, 204)
	with(t, w, "If-Match", old, "PUT", path, user("ada@example.com", nil), 404)
	w.clock.Advance(time.Minute)
	back := create(t, w, user("ada@example.com", nil))
	require.Equal(t, path, "/Users/"+back.ID())
	assert.Equal(t, etag(t, back), etag(t, must(t, w, "GET", path, nil, 200)))
	with(t, w, "If-Match", old, "PUT", path, user("ada@example.com", nil), 412)
	with(t, w, "If-Match", etag(t, back), "DELETE", path, nil, 204)
}

// TestIfNoneMatch: what the client has already is not sent again.
func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	for name, w := range everyWorld(t) {
		t.Run(name, func(t *testing.T) {
			r := create(t, w, user("ada@example.com", nil))
			path, tag := "/Users/"+r.ID(), etag(t, r)
			for _, method := range []string{"GET", "HEAD"} {
				for _, same := range []string{tag, "*", `"0", ` + tag} {
					r := with(t, w, "If-None-Match", same, method, path, nil, 304)
					assert.Empty(t, r.Raw)
					assert.Equal(t, tag, r.Header.Get("Etag"))
				}
				with(t, w, "If-None-Match", `W/"0"`, method, path, nil, 200)
			}
			w.clock.Advance(time.Minute)
			must(t, w, "PATCH", path, patch(set("displayName", "Countess"), set("name.familyName", "King")), 200)
			with(t, w, "If-None-Match", tag, "GET", path, nil, 200)
			with(t, w, "If-None-Match", tag, "GET", "/Users", nil, 200)
		})
	}
}

// TestFeatures: what is announced is what the backend does.
func TestFeatures(t *testing.T) {
	t.Parallel()
	for name, w := range everyWorld(t) {
		types, err := w.backend.Types(t.Context())
		require.NoError(t, err)
		// Neither help desk takes a password.
		assert.Equal(t, scim.Features{Sort: true, Cursor: true, Versions: true, ChangePassword: name == "memory"}, types.Features(), name)
		config := must(t, w, "GET", "/ServiceProviderConfig", nil, 200).Body
		assert.Equal(t, true, config["etag"].(map[string]any)["supported"])
		assert.Equal(t, true, config["sort"].(map[string]any)["supported"])
		assert.Equal(t, name == "memory", config["changePassword"].(map[string]any)["supported"])
		assert.Equal(t, true, config["pagination"].(map[string]any)["cursor"])
	}
}
