package scim_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// checking is a backend that takes no reference to what is not there.
type checking struct{ *teststore.Store }

func (c checking) check(ctx context.Context, v schema.Value) error {
	for e := range v.Elements() {
		rec := e.Record()
		if rec == nil || rec.String("value") == "" {
			continue
		}
		_, err := c.Get(ctx, scim.Ref{Type: "User", ID: rec.String("value")}, scim.ReadOptions{})
		if err != nil {
			_, err = c.Get(ctx, scim.Ref{Type: "Group", ID: rec.String("value")}, scim.ReadOptions{})
		}
		if err != nil {
			return scim.Errorf(http.StatusBadRequest, scim.InvalidValue, "There is no such resource.")
		}
	}
	return nil
}

func (c checking) checkRecord(ctx context.Context, rec *schema.Record) error {
	if err := c.check(ctx, rec.Get("members")); err != nil {
		return err
	}
	return c.check(ctx, rec.Get(entURN+":manager"))
}

func (c checking) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	if err := c.checkRecord(ctx, in); err != nil {
		return nil, err
	}
	return c.Store.Create(ctx, typ, in, o)
}

func (c checking) Update(ctx context.Context, r scim.Ref, u scim.Update, o scim.WriteOptions) (*scim.Resource, error) {
	if u.Replace != nil {
		if err := c.checkRecord(ctx, u.Replace); err != nil {
			return nil, err
		}
	}
	for i := range u.Patch {
		if u.Patch[i].Target.Attribute().Name == "members" {
			if err := c.check(ctx, u.Patch[i].Value); err != nil {
				return nil, err
			}
		}
	}
	return c.Store.Update(ctx, r, u, o)
}

// disorder is a backend that carries out the calls that are made at the same time
// in an order drawn by lot: within a synctest bubble, one call when nothing else
// can go on.
type disorder struct {
	checking
	arrived chan chan struct{}
	stop    chan struct{}
	most    int // how many calls were waiting at the same time at most
}

// newDisorder starts the drawing, until stop is closed.
func newDisorder(s *teststore.Store, random *rand.Rand) *disorder {
	d := &disorder{checking: checking{s}, arrived: make(chan chan struct{}), stop: make(chan struct{})}
	go func() {
		var waiting []chan struct{}
		for {
			synctest.Wait()
			select {
			case c := <-d.arrived:
				waiting = append(waiting, c)
				d.most = max(d.most, len(waiting))
				continue
			default:
			}
			if len(waiting) == 0 {
				select {
				case c := <-d.arrived:
					waiting = append(waiting, c)
				case <-d.stop:
					return
				}
				continue
			}
			i := random.IntN(len(waiting))
			close(waiting[i])
			waiting = slices.Delete(waiting, i, i+1)
		}
	}()
	return d
}

func (d *disorder) turn() {
	c := make(chan struct{})
	d.arrived <- c
	<-c
}

func (d *disorder) Create(ctx context.Context, typ string, in *schema.Record, o scim.WriteOptions) (*scim.Resource, error) {
	d.turn()
	return d.checking.Create(ctx, typ, in, o)
}

func (d *disorder) Update(ctx context.Context, r scim.Ref, u scim.Update, o scim.WriteOptions) (*scim.Resource, error) {
	d.turn()
	return d.checking.Update(ctx, r, u, o)
}

func (d *disorder) Delete(ctx context.Context, r scim.Ref, o scim.WriteOptions) error {
	d.turn()
	return d.Store.Delete(ctx, r, o)
}

// jobOp is an operation of a random job. Its texts may have references in them.
type jobOp struct{ method, path, bulkID, version, data string }

func (o jobOp) String() string {
	text := bulkOp(o.method, o.path, o.bulkID, o.data)
	if o.version != "" {
		text = strings.TrimSuffix(text, "}") + `,"version":` + quote(o.version) + "}"
	}
	return text
}

// jobMaker makes random jobs, with few names to go round.
type jobMaker struct {
	*rand.Rand
	ids map[string][]string // by endpoint: of resources that are there, and references
}

func (m *jobMaker) pick(s ...string) string   { return s[m.IntN(len(s))] }
func (m *jobMaker) name() string              { return m.pick(strings.Split("aAbcdefghiklmnopqrstuvwxyz", "")...) }
func (m *jobMaker) endpoint() string          { return m.pick("/Users", "/Users", "/Groups") }
func (m *jobMaker) id(endpoint string) string { return m.pick(m.ids[endpoint]...) }
func (m *jobMaker) list() string {
	return fmt.Sprintf(`[{"value":%q},{"value":%q}]`, m.id("/Users"), m.id(m.endpoint()))
}
func (m *jobMaker) path(endpoint string) string { return endpoint + "/" + m.id(endpoint) }

func (m *jobMaker) data(endpoint string) string {
	if endpoint == "/Groups" {
		return fmt.Sprintf(`{"displayName":%q,"members":%s}`, m.name(), m.list())
	}
	return fmt.Sprintf(`{"userName":%q,"externalId":%q,%s}`, m.name(), m.name(), manager(m.id("/Users")))
}

// job makes the operations. References are to POSTs before, or to any.
func (m *jobMaker) job(n int, forward bool, versions []string) []jobOp {
	ops := make([]jobOp, n)
	for i := range ops {
		if o := &ops[i]; m.IntN(3) == 0 {
			o.method, o.path, o.bulkID = "POST", m.endpoint(), fmt.Sprint("n", i)
			if forward {
				m.ids[o.path] = append(m.ids[o.path], "bulkId:"+o.bulkID)
			}
		}
	}
	for i := range ops {
		o := &ops[i]
		if o.method == "POST" {
			if o.data = m.data(o.path); !forward {
				m.ids[o.path] = append(m.ids[o.path], "bulkId:"+o.bulkID)
			}
			continue
		}
		switch m.IntN(7) {
		case 0:
			e := m.endpoint()
			*o = jobOp{method: "PUT", path: m.path(e), data: m.data(e)}
		case 1:
			*o = jobOp{method: "DELETE", path: m.path(m.endpoint())}
		case 2:
			*o = jobOp{method: "PATCH", path: m.path("/Users"), data: patchBody(op("replace", "userName", quote(m.name())))}
		case 3:
			*o = jobOp{method: "PATCH", path: m.path("/Users"), data: patchBody(op("replace", "title", quote(m.name())), op("add", entURN+":manager.value", quote(m.id("/Users"))))}
		case 4:
			*o = jobOp{method: "PATCH", path: m.path("/Groups"), data: patchBody(op("remove", `members[value eq `+quote(m.id("/Users"))+`]`, ""))}
		default:
			*o = jobOp{method: "PATCH", path: m.path("/Groups"), data: patchBody(op("add", "members", m.list()))}
		}
		if m.IntN(10) == 0 {
			o.version = m.pick(versions...)
		}
	}
	return ops
}

// withResources returns a handler with some users and groups, their ids by
// endpoint, and their versions.
func withResources(t testing.TB, b scim.Backend, workers int) (h http.Handler, ids map[string][]string, versions []string) {
	t.Helper()
	h = newHandler(t, b, func(o *scim.Options) { o.BulkWorkers = workers })
	ids = make(map[string][]string)
	post := func(endpoint, body string) string {
		a := do(t, h, "POST", endpoint, body)
		require.Equal(t, 201, a.Code)
		id := a.get("id").(string)
		ids[endpoint] = append(ids[endpoint], id)
		versions = append(versions, a.Header().Get("Etag"))
		return id
	}
	for i, n := range []string{"b", "d", "f", "x", "y", "z"} {
		id := post("/Users", fmt.Sprintf(`{"userName":%q}`, n))
		if i%2 == 0 {
			post("/Groups", fmt.Sprintf(`{"displayName":%q,"members":[{"value":%q}]}`, n, id))
		}
	}
	return h, ids, versions
}

var bulkIDs = regexp.MustCompile(`bulkId:n\d+`)

// inTurn sends the operations of a job as requests of their own, and returns their
// statuses. A reference to what could not be created is a conflict.
func inTurn(t testing.TB, h http.Handler, ops []jobOp) (statuses []string, created map[string]string) {
	t.Helper()
	created = make(map[string]string)
	for _, o := range ops {
		text := []string{o.path, o.data}
		for i := range text {
			text[i] = bulkIDs.ReplaceAllStringFunc(text[i], func(ref string) string {
				return cmp.Or(created[strings.TrimPrefix(ref, "bulkId:")], ref)
			})
		}
		if strings.Contains(text[0]+text[1], "bulkId:") {
			statuses = append(statuses, "409")
			continue
		}
		var header []string
		if o.version != "" {
			header = []string{"If-Match", o.version}
		}
		a := do(t, h, o.method, text[0], text[1], header...)
		statuses = append(statuses, fmt.Sprint(a.Code))
		if o.bulkID != "" && a.Code == 201 {
			created[o.bulkID] = a.get("id").(string)
		}
	}
	return statuses, created
}

// content is what a store holds, with the ids that the operations made replaced by
// their bulkIds, and without times.
func content(s *teststore.Store, created map[string]string) []string {
	names := make(map[string]string, len(created))
	for bulkID, id := range created {
		names[id] = bulkID
	}
	var out []string
	for _, res := range s.Resources {
		rec := res.Record.Clone()
		rec.SetAt(schema.SlotMeta, schema.Value{})
		text := string(schema.ObjectValue(rec).AppendJSON(nil))
		for id, name := range names {
			text = strings.ReplaceAll(text, `"`+id+`"`, `"`+name+`"`)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// bulkOf sends a job as a bulk request, and returns the statuses, and the ids of
// what was created by their bulkIds.
func bulkOf(t testing.TB, h http.Handler, ops []jobOp) (statuses []string, created map[string]string) {
	t.Helper()
	texts := make([]string, len(ops))
	for i, o := range ops {
		texts[i] = o.String()
	}
	created = make(map[string]string)
	for i, r := range bulk(t, h, bulkBody("", texts...)) {
		statuses = append(statuses, r["status"].(string))
		if ops[i].method == "POST" && r["location"] != nil {
			created[ops[i].bulkID] = idOf(t, r)
		}
	}
	return statuses, created
}

func newVersioned(t testing.TB) *teststore.Store {
	t.Helper()
	return teststore.New(t).With(scim.Features{Versions: true})
}

// However the operations that run at the same time overtake each other, statuses
// and resources are those of requests that are sent one after the other.
func TestBulk_AsInTurn(t *testing.T) {
	t.Parallel()
	most := 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			plain := newVersioned(t)
			h, ids, versions := withResources(t, checking{plain}, 1)
			ops := (&jobMaker{random, ids}).job(40, false, versions)
			want, wantIDs := inTurn(t, h, ops)

			d := newDisorder(newVersioned(t), random)
			h, _, _ = withResources(t, d, 8)
			got, gotIDs := bulkOf(t, h, ops)
			close(d.stop)
			require.Equal(t, want, got, "seed %d", seed)
			require.Equal(t, content(plain, wantIDs), content(d.Store, gotIDs), "seed %d", seed)
			most = max(most, d.most)
		})
	}
	assert.Greater(t, most, 2, "operations have run at the same time")
}

// The same with references in all directions, which single requests cannot have:
// here one worker says what is right.
func TestBulk_AsOneWorker(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 2))
			plain := newVersioned(t)
			h, ids, versions := withResources(t, checking{plain}, 1)
			ops := (&jobMaker{random, ids}).job(40, true, versions)
			want, wantIDs := bulkOf(t, h, ops)

			d := newDisorder(newVersioned(t), random)
			h, _, _ = withResources(t, d, 8)
			got, gotIDs := bulkOf(t, h, ops)
			close(d.stop)
			require.Equal(t, want, got, "seed %d", seed)
			require.Equal(t, content(plain, wantIDs), content(d.Store, gotIDs), "seed %d", seed)
		})
	}
}

// As many operations run at the same time as is set, and not more.
func TestBulk_Workers(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 2, 7} {
		for members, want := range map[string]int{"": workers, `"failOnErrors":1,`: 1} {
			synctest.Test(t, func(t *testing.T) {
				d := newDisorder(teststore.New(t), rand.New(rand.NewPCG(1, 3)))
				h := newHandler(t, d, func(o *scim.Options) { o.BulkWorkers = workers })
				var ops []string
				for i := range 20 {
					ops = append(ops, postUser(fmt.Sprint("n", i), fmt.Sprint("user", i)))
				}
				bulk(t, h, bulkBody(members, ops...))
				close(d.stop)
				assert.Equal(t, want, d.most)
				for i, res := range d.Resources {
					if want == 1 {
						assert.Equal(t, fmt.Sprint("user", i), res.Record.String("userName"), "in order")
					}
				}
			})
		}
	}
}

// A conflict over a value that only the backend holds unique, with an operation
// that was to come before and has not ended, is none.
func TestBulk_ConflictComesTooEarly(t *testing.T) {
	t.Parallel()
	for _, freed := range []bool{true, false} {
		tooEarly := make(chan struct{})
		attempts, told := 0, 0
		b := &backend{teststore.New(t), func(ctx context.Context, _ string, _ scim.Ref, in *schema.Record) error {
			switch scim.BulkOperation(ctx) {
			case 1: // the PATCH frees the value, after the POST has asked for it
				<-tooEarly
			case 2:
				if attempts++; attempts == 1 {
					close(tooEarly)
				}
				assert.False(t, in.Has("title"), "each attempt has a record of its own")
				in.SetString("title", "spoiled")
				if attempts == 1 || !freed {
					return scim.Errorf(http.StatusConflict, scim.Uniqueness, "The badge is taken.")
				}
			}
			return nil
		}}
		h := newHandler(t, b, func(o *scim.Options) { o.Refused = func(*http.Request, *scim.Error) { told++ } })
		require.Equal(t, 201, do(t, h, "POST", "/Users", userBody("")).Code)
		badge := `{"` + teststore.FreshURN + `:badge":"red"}`
		results := bulk(t, h, bulkBody("", bulkOp("PATCH", "/Users/1", "", patchBody(op("remove", teststore.FreshURN+":badge", ""))),
			postUser("x", "x", `"`+teststore.FreshURN+`":{"badge":"red"}`), bulkOp("PATCH", "/Users/bulkId:x", "", patchBody(op("add", "", badge)))))
		assert.Equal(t, 2, attempts)
		if freed {
			assert.Equal(t, "200, 201, 200", statuses(results))
			assert.Zero(t, told)
		} else {
			assert.Equal(t, "200, 409 uniqueness, 409", statuses(results))
			assert.Equal(t, 2, told, "once for each operation")
		}
	}
}

// Operations that are known not to disturb each other do not wait, and those that
// might do.
func TestBulk_Abreast(t *testing.T) {
	t.Parallel()
	put := func(i int) string {
		return bulkOp("PUT", fmt.Sprint("/Users/", i), "", fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	patch := func(i int, attr, value string) string {
		return bulkOp("PATCH", fmt.Sprint("/Users/", i), "", patchBody(op("replace", attr, value)))
	}
	for name, c := range map[string]struct {
		op   func(i int) string
		want int
	}{
		"DELETE":                   {func(i int) string { return bulkOp("DELETE", fmt.Sprint("/Users/", i), "", "") }, 4},
		"PATCH":                    {func(i int) string { return patch(i, "title", `"x"`) }, 4},
		"PATCH that disables":      {func(i int) string { return patch(i, "active", `false`) }, 4},
		"PATCH of a name":          {func(i int) string { return patch(i, "userName", quote(fmt.Sprint("new", i))) }, 1},
		"PUT":                      {put, 1},
		"POST":                     {func(i int) string { return postUser(fmt.Sprint(i), fmt.Sprint("n", i)) }, 4},
		"POST with the same title": {func(i int) string { return postUser(fmt.Sprint(i), fmt.Sprint("n", i), `"title":"x"`) }, 4},
		"POST with the same address": {func(i int) string {
			return postUser(fmt.Sprint(i), fmt.Sprint("n", i), `"emails":[{"value":"Ada@example.com"}]`)
		}, 1},
		"POST with the same external id": {func(i int) string { return postUser(fmt.Sprint(i), fmt.Sprint("n", i), `"externalId":"x"`) }, 1},
		"POST with a manager who is named by an address": {func(i int) string {
			return postUser(fmt.Sprint(i), fmt.Sprintf("n%d@example.com", i), manager(fmt.Sprintf("N%d@example.com", i-1)))
		}, 1},
		"POST with the same type of email": {func(i int) string {
			return postUser(fmt.Sprint(i), fmt.Sprint("n", i), fmt.Sprintf(`"emails":[{"value":"%d","type":"work"}]`, i))
		}, 4},
		"POST with the same display name": {func(i int) string { return postUser(fmt.Sprint(i), fmt.Sprint("n", i), `"displayName":"x"`) }, 4},
		"POST of groups with one name":    {func(i int) string { return postGroup(fmt.Sprint(i), "n") }, 1},
		"POST with the same manager":      {func(i int) string { return postUser(fmt.Sprint(i), fmt.Sprint("n", i), manager("1")) }, 4},
		"with a version":                  {func(i int) string { return strings.TrimSuffix(patch(i, "title", `"x"`), "}") + `,"version":"W/\"1\""}` }, 1},
		"what cannot be understood before the ids are there": {func(i int) string {
			if i == 1 {
				return postUser("a b", "a")
			}
			return postUser(fmt.Sprint(i), "bulkId:a b") // no name, says the profile
		}, 1},
		"on one resource": {func(int) string { return patch(1, "title", `"x"`) }, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisorder(newVersioned(t), rand.New(rand.NewPCG(1, 4)))
			h := newHandler(t, d, strict)
			var ops []string
			for i := range 10 {
				require.Equal(t, 201, do(t, h, "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"u%d"}`, userURN, i+1)).Code)
				ops = append(ops, c.op(i+1))
			}
			bulk(t, h, bulkBody("", ops...))
			close(d.stop)
			assert.Equal(t, c.want, d.most, name)
		})
	}
}
