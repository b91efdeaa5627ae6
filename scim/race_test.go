package scim_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// growing is a store whose types change while it is used.
type growing struct {
	*teststore.Store
	types   atomic.Pointer[scim.Types]
	running atomic.Int32
}

func (g *growing) Types(context.Context) (*scim.Types, error) { return g.types.Load(), nil }

const growingURN = "urn:ietf:params:scim:schemas:extension:growing:2.0:User"

// fields are the custom fields of a version of the types. They move the others to
// other slots.
func growingFields(version int) []string {
	all := []string{"alpha", "beta", "delta", "gamma"}
	return slices.Concat(all[:version%len(all)], []string{"tag"})
}

func newGrowing(t testing.TB) *growing {
	t.Helper()
	g := &growing{Store: teststore.New(t)}
	g.grow(t, 0)
	return g
}

func (g *growing) grow(t testing.TB, version int) {
	t.Helper()
	x := schema.Schema{URN: growingURN, Name: "Growing"}
	for _, name := range growingFields(version) {
		x.Attributes = append(x.Attributes, schema.Attribute{Name: name})
	}
	user, err := scim.UserType(x)
	require.NoError(t, err)
	group, err := scim.GroupType()
	require.NoError(t, err)
	types, err := scim.NewTypes(fmt.Sprint(version), user, group)
	require.NoError(t, err)
	g.types.Store(types.With(scim.Features{Sort: true, Cursor: true}))
}

// uniform is a user with the tag in attributes that a mix of two writes, or of two
// types, would make differ.
func uniform(tag string) string {
	return fmt.Sprintf(`{"schemas":["%s"],"userName":"grown","nickName":%[2]q,"title":%[2]q,"displayName":%[2]q,"name":{"givenName":%[2]q,"familyName":%[2]q},
		"emails":[{"value":%[2]q,"type":"work"},{"value":%[2]q,"type":"home"}],"%[3]s":{"tag":%[2]q}}`, userURN, tag, growingURN)
}

// requireUniform checks a user that uniform has made.
func requireUniform(t testing.TB, user object) {
	tag := user["title"]
	got := []any{user["nickName"], user["displayName"], user["name"].(object)["givenName"], user["name"].(object)["familyName"], user[growingURN].(object)["tag"]}
	for _, mail := range user["emails"].([]any) {
		got = append(got, mail.(object)["value"])
	}
	assert.Len(t, got, 7)
	for _, v := range got {
		assert.Equal(t, tag, v, "%v", user)
	}
	assert.Equal(t, []any{userURN, growingURN}, user["schemas"])
}

// Requests of all kinds at the same time, while fields come and go: every answer is
// of one write and of one version of the types.
func TestHandler_ConcurrentUse(t *testing.T) {
	t.Parallel()
	g := newGrowing(t)
	h := newHandler(t, g, nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", uniform("begin")).Code)
	require.Equal(t, 201, do(t, h, "POST", "/Groups", `{"displayName":"g","members":[{"value":"1"}]}`).Code)
	const times = 60
	var all sync.WaitGroup
	repeat := func(f func(i int)) {
		all.Go(func() {
			for i := range times {
				f(i)
			}
		})
	}
	for w := range 2 {
		repeat(func(i int) {
			a := do(t, h, "PUT", "/Users/1", uniform(fmt.Sprint("put", w, i)))
			if assert.Equal(t, 200, a.Code, a.Body.String()) {
				requireUniform(t, a.body)
			}
		})
		repeat(func(i int) {
			tag := fmt.Sprintf("%q", fmt.Sprint("patch", w, i))
			a := do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "", `{"title":`+tag+`,"nickName":`+tag+`,"displayName":`+tag+`}`), op("replace", "name", `{"givenName":`+tag+`,"familyName":`+tag+`}`),
				op("replace", `emails[type eq "work"].value`, tag), op("replace", `emails[type eq "home"].value`, tag), op("replace", growingURN+":tag", tag)))
			if assert.Equal(t, 200, a.Code, a.Body.String()) {
				requireUniform(t, a.body)
			}
		})
		repeat(func(int) {
			if a := do(t, h, "GET", "/Users/1", ""); assert.Equal(t, 200, a.Code, a.Body.String()) {
				requireUniform(t, a.body)
			}
		})
		repeat(func(i int) {
			path := []string{"/Users", `/Users?filter=userName+eq+%22GROWN%22+and+` + growingURN + `:tag+pr`, "/?filter=emails.type+eq+%22work%22", "/Users?sortBy=" + growingURN + ":tag&cursor"}[i%4]
			a := do(t, h, "GET", path, "")
			if assert.Equal(t, 200, a.Code, a.Body.String()) {
				for _, e := range a.get("Resources").([]any) {
					if e.(object)["userName"] != nil {
						requireUniform(t, e.(object))
					}
				}
				assert.NotEmpty(t, a.get("Resources"), path)
			}
		})
		repeat(func(int) {
			a := do(t, h, "GET", "/Schemas/"+growingURN, "")
			if assert.Equal(t, 200, a.Code) {
				var names []string
				for _, e := range a.get("attributes").([]any) {
					names = append(names, e.(object)["name"].(string))
				}
				assert.Equal(t, growingFields(len(names)-1), names, "a document of one version")
			}
			assert.Equal(t, 200, do(t, h, "GET", "/ServiceProviderConfig", "").Code)
		})
		repeat(func(i int) {
			a := do(t, h, "POST", "/Bulk", bulkBody("", bulkOp("PUT", "/Users/1", "", uniform(fmt.Sprint("bulk", w, i))), bulkOp("PATCH", "/Groups/2", "", patchBody(op("add", "members", `[{"value":"1"}]`)))))
			assert.Equal(t, 200, a.Code, a.Body.String())
			assert.NotContains(t, a.Body.String(), `"response"`)
		})
	}
	repeat(func(i int) { g.grow(t, i) })
	all.Wait()
	requireUniform(t, do(t, h, "GET", "/Users/1", "").body)
}

// stubborn is a store whose methods take their time, and count themselves.
type stubborn struct{ *growing }

func (s stubborn) wait(ctx context.Context) error {
	s.running.Add(1)
	defer s.running.Add(-1)
	<-ctx.Done()
	return ctx.Err()
}

func (s stubborn) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	if in.String("displayName") == "slow" {
		return nil, s.wait(ctx)
	}
	return s.growing.Create(ctx, typ, in, o)
}

func (s stubborn) Get(ctx context.Context, r scim.Ref, o scim.ReadOptions) (*scim.Resource, error) {
	if r.ID == "slow" {
		return nil, s.wait(ctx)
	}
	return s.growing.Get(ctx, r, o)
}

// Whatever becomes of a request, no goroutine of the handler outlives it: the
// bubble waits for those that do, and fails where it waits in vain.
func TestHandler_LeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := stubborn{newGrowing(t)}
		h := newHandler(t, s, nil)
		slow := postGroup("a", "slow")
		send := func(ctx context.Context, method, path, body string) int {
			r := request(method, path, body).WithContext(ctx)
			w := &discard{header: http.Header{}}
			h.ServeHTTP(w, r)
			assert.Zero(t, s.running.Load(), "%s %s: the backend is still at work", method, path)
			return w.status
		}
		bulk := bulkBody("", postUser("x", "x"), slow, postGroup("b", "slow"), postGroup("c", "c", withMembers("bulkId:a")), postUser("y", "y"))
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"GET", "/Users/slow", "", 503},
			{"POST", "/Groups", `{"displayName":"slow"}`, 503},
			{"POST", "/Bulk", bulk, 200},
			{"GET", "/Users", "", 200},
			{"POST", "/Bulk", bulkBody(`"failOnErrors":1,`, slow, postUser("z", "z")), 200},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan int)
			go func() { done <- send(ctx, c.method, c.path, c.body) }()
			synctest.Wait() // until nothing goes on any more
			cancel()
			assert.Equal(t, c.status, <-done, "%s %s", c.method, c.path)
		}
		s.Panics = true
		assert.Equal(t, 500, send(t.Context(), "GET", "/Users/1", ""))
		assert.Equal(t, 200, send(t.Context(), "POST", "/Bulk", bulkBody("", postUser("p", "p"), postUser("q", "q"), postUser("r", "r"))))
	})
}
