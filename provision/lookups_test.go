package provision_test

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

// asked counts the lists that are read of an object; while gate is there, each
// waits for it.
type asked struct {
	*memory.Driver
	mu    sync.Mutex
	lists map[string]int
	gate  chan struct{}
}

func (a *asked) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	a.mu.Lock()
	a.lists[object]++
	a.mu.Unlock()
	if a.gate != nil && object != "person" {
		<-a.gate
	}
	return a.Driver.List(ctx, object, q)
}

func (a *asked) count(object string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lists[object]
}

// company has users in departments and groups led by teams: two mappings whose
// lookups have the same name and mean different objects.
func company() fs.FS {
	doc := func(name, resource, urn, source, object string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(fmt.Sprintf(`
apiVersion: mapping/v1
name: %[1]s
resource: {type: %[2]s, schemas: ["%[3]s", "urn:x:ext:%[2]s"], extensionAttributes: {"urn:x:ext:%[2]s": [refers]}}
target:
  object: %[1]s
  schema: {fields: {name: {type: string, required: true, filter: [eq]}, refers: {type: string}}}
match: [{precedence: 1, scim: %[4]s, target: name}]
lookups: {ref: {object: %[5]s, keys: [name], value: id}}
rules:
  - {scim: %[4]s, target: name, required: true}
  - {scim: "urn:x:ext:%[2]s:refers", target: refers, pipe: ['lookup("ref")']}
`, name, resource, urn, source, object))}
	}
	return fstest.MapFS{
		"person.yaml": doc("person", "User", scim.UserURN, "userName", "department"),
		"crew.yaml":   doc("crew", "Group", scim.GroupURN, "displayName", "team"),
	}
}

func companyWorld(t *testing.T, o *provision.Options) (*world, *asked) {
	t.Helper()
	typ := func(name string) *schema.Type {
		out, err := schema.NewType(name, schema.Fields{"id": {Mutability: schema.ReadOnly}, "name": {Required: true, Filter: schema.Eq}, "refers": {}})
		require.NoError(t, err)
		return out
	}
	var objects []memory.Object
	for _, name := range []string{"person", "crew", "department", "team"} {
		objects = append(objects, memory.Object{Name: name, Type: typ(name), Index: []string{"name"}})
	}
	d, err := memory.New(objects, nil)
	require.NoError(t, err)
	a := &asked{Driver: d, lists: make(map[string]int)}
	w := newWorld(t)
	w.target, err = connector.NewTarget(a, nil)
	require.NoError(t, err)
	w.mappings = company()
	if o == nil {
		o = &provision.Options{}
	}
	w.serve(o, scim.ProfileCompatible())
	for i, object := range []string{"department", "department", "team"} {
		rec := objects[2].Type.New()
		if object == "team" {
			rec = objects[3].Type.New()
		}
		rec.SetString("name", []string{"Lab", "Ops", "Lab"}[i])
		_, err := d.Create(t.Context(), object, rec)
		require.NoError(t, err)
	}
	return w, a
}

func refersTo(typ, name, ref string) map[string]any {
	urn, key := scim.UserURN, "userName"
	if typ == "Group" {
		urn, key = scim.GroupURN, "displayName"
	}
	return map[string]any{"schemas": []any{urn, "urn:x:ext:" + typ}, key: name, "urn:x:ext:" + typ: map[string]any{"refers": ref}}
}

// Callers who need the same reference at the same time wait for the one who asks
// (law L14 of the mapping engine).
func TestLookups_SingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, a := companyWorld(t, nil)
		a.gate = make(chan struct{})
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				c := scimtest.NewClient(scimtest.Handler(w.handler, baseURL, token))
				res, err := c.Create(t.Context(), "/Users", refersTo("User", fmt.Sprint("user", i), []string{"Lab", "LAB"}[i%2]))
				assert.NoError(t, err)
				assert.Equal(t, 201, res.Status)
			})
		}
		synctest.Wait() // all who can wait do
		assert.Equal(t, 1, a.count("department"), "one asks, the others wait for it")
		close(a.gate)
		wg.Wait()
		assert.Equal(t, 1, a.count("department"))
	})
}

// An answer from memory is the answer that the target gave, and is asked for again
// in time; a reference that is not there is asked for sooner.
func TestLookups_Remembered(t *testing.T) {
	t.Parallel()
	w, a := companyWorld(t, &provision.Options{LookupTTL: time.Minute, LookupNegativeTTL: time.Second})
	record := func(id string) string {
		rec, err := a.Get(t.Context(), connector.Ref{Object: "person", ID: id})
		require.NoError(t, err)
		return rec.String("refers")
	}
	first := record(create(t, w, refersTo("User", "ada", "Lab")).ID())
	assert.NotEmpty(t, first)
	assert.Equal(t, first, record(create(t, w, refersTo("User", "bob", "lab")).ID()))
	assert.Equal(t, 1, a.count("department"))
	w.clock.Advance(time.Minute)
	assert.Equal(t, first, record(create(t, w, refersTo("User", "eve", "Lab")).ID()))
	assert.Equal(t, 2, a.count("department"))

	for _, want := range []int{3, 3, 4} {
		must(t, w, "POST", "/Users", refersTo("User", "dan", "Gone"), 400)
		assert.Equal(t, want, a.count("department"))
		w.clock.Advance(600 * time.Millisecond)
	}
}

// Lookups of two mappings are two, whatever they are called.
func TestLookups_TwoOfOneName(t *testing.T) {
	t.Parallel()
	w, a := companyWorld(t, nil)
	ada := create(t, w, refersTo("User", "ada", "Lab"))
	crew := must(t, w, "POST", "/Groups", refersTo("Group", "crew", "Lab"), 201)
	user, err := a.Get(t.Context(), connector.Ref{Object: "person", ID: ada.ID()})
	require.NoError(t, err)
	page, err := a.Driver.List(t.Context(), "crew", connector.Query{})
	require.NoError(t, err)
	require.Len(t, page.Records, 1, crew.Body)
	team, err := a.Get(t.Context(), connector.Ref{Object: "team", ID: page.Records[0].String("refers")})
	require.NoError(t, err)
	assert.Equal(t, "Lab", team.String("name"))
	assert.NotEqual(t, user.String("refers"), page.Records[0].String("refers"))
	must(t, w, "POST", "/Groups", refersTo("Group", "other", "Ops"), 400)
}
