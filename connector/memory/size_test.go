package memory_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// fill stores n users of some 20 attributes and a group of all of them if asked.
func fill(t testing.TB, d *memory.Driver, user *schema.Type, n int) []connector.Ref {
	t.Helper()
	template := parse(t, user, ada)
	emails := user.Lookup("emails").Sub
	refs := make([]connector.Ref, n)
	for i := range refs {
		rec := template.Clone()
		name := fmt.Sprintf("user%07d@example.com", i)
		rec.SetString("userName", name)
		rec.SetString("externalId", fmt.Sprintf("00u%07d", i))
		rec.SetString("displayName", fmt.Sprintf("User Number %d", i))
		work, home := emails.New(), emails.New()
		work.SetString("value", name)
		work.SetString("type", "work")
		home.SetString("value", fmt.Sprintf("home%07d@example.com", i))
		home.SetString("type", "home")
		rec.Set("emails", schema.ListValue(schema.ObjectValue(work), schema.ObjectValue(home)))
		out, err := d.Create(t.Context(), "user", rec)
		require.NoError(t, err)
		refs[i] = connector.Ref{Object: "user", ID: out.String("id")}
	}
	return refs
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The tests here measure the whole process, so they do not run in parallel.

//nolint:paralleltest // see above
func TestResidentMemoryPerUser(t *testing.T) {
	const n = 20_000
	objs := objects(t)
	before := heap()
	d, err := memory.New(objs, nil)
	require.NoError(t, err)
	refs := fill(t, d, objs[0].Type, n)
	group := objs[1].Type.New()
	group.SetString("displayName", "all")
	out, err := d.Create(t.Context(), "group", group)
	require.NoError(t, err)
	_, err = d.EditMembers(t.Context(), connector.Ref{Object: "group", ID: out.String("id")}, refs, nil)
	require.NoError(t, err)
	after := heap()
	runtime.KeepAlive(d)
	perUser := (after - before) / n
	t.Logf("%d bytes per user of %d attributes", perUser, attributes(parse(t, objs[0].Type, ada)))
	assert.LessOrEqual(t, perUser, uint64(2048))
}

func attributes(rec *schema.Record) (n int) {
	for _, v := range rec.Values() {
		if !v.Unassigned() {
			n++
		}
	}
	return n
}

//nolint:paralleltest // see above
func TestCostDoesNotGrow(t *testing.T) {
	objs := objects(t)
	costs := map[string][]float64{}
	for _, n := range []int{500, 8000} {
		d, err := memory.New(objs, &memory.Options{PageSize: 100, Cache: -1})
		require.NoError(t, err)
		refs := fill(t, d, objs[0].Type, n)
		group := objs[1].Type.New()
		group.SetString("displayName", "all")
		out, err := d.Create(t.Context(), "group", group)
		require.NoError(t, err)
		g := connector.Ref{Object: "group", ID: out.String("id")}
		_, err = d.EditMembers(t.Context(), g, refs, nil)
		require.NoError(t, err)
		measure := func(name string, f func() error) {
			costs[name] = append(costs[name], testing.AllocsPerRun(10, func() { require.NoError(t, f(), name) }))
		}
		mid := refs[n/2]
		for _, filter := range []string{`userName eq "USER0000042@example.com"`, `externalId eq "00u0000042"`, `displayName eq "user number 42"`,
			`emails.value eq "home0000042@example.com"`, `emails[type eq "work"].value eq "user0000042@example.com"`, `id eq "MID"`} {
			f := schema.MustParseFilter(strings.Replace(filter, "MID", mid.ID, 1))
			measure(filter, func() error {
				page, err := d.List(t.Context(), "user", connector.Query{Filter: f})
				if err == nil && len(page.Records) != 1 {
					return fmt.Errorf("%d records", len(page.Records))
				}
				return err
			})
		}
		f := schema.MustParseFilter(`members eq "` + mid.ID + `"`)
		measure("groups of a member", func() error {
			_, err := d.List(t.Context(), "group", connector.Query{Filter: f, Omit: []string{"members"}})
			return err
		})
		measure("first page", func() error { _, err := d.List(t.Context(), "user", connector.Query{}); return err })
		measure("middle page", func() error {
			_, err := d.List(t.Context(), "user", connector.Query{Cursor: fmt.Sprintf("%d.%d", n/2, n)})
			return err
		})
		measure("page at an offset", func() error {
			_, err := d.List(t.Context(), "user", connector.Query{Offset: n / 2})
			return err
		})
		measure("edit members", func() error {
			_, err := d.EditMembers(t.Context(), g, []connector.Ref{mid}, []connector.Ref{mid})
			return err
		})
		measure("update with members", func() error {
			_, err := d.Update(t.Context(), g, connector.Change{Edits: []schema.Edit{{Slot: objs[1].Type.Slot("members"), Op: schema.Remove,
				Value: schema.ListValue(schema.ObjectValue(func() *schema.Record {
					m := objs[1].Type.Lookup("members").Sub.New()
					m.SetString("value", mid.ID)
					return m
				}()))}}})
			return err
		})
		measure("page of members", func() error { _, err := d.ListMembers(t.Context(), g, ""); return err })
		measure("group without members", func() error { _, err := d.GetWithout(t.Context(), g, []string{"members"}); return err })
	}
	for name, c := range costs {
		assert.InDelta(t, c[0], c[1], c[0]/20+3, "%s: allocations with 500 and with 8000 users", name)
	}
}

//nolint:paralleltest // see above
func TestComingAndGoingLeavesNothing(t *testing.T) {
	objs := objects(t)
	d, err := memory.New(objs, &memory.Options{Cache: 16})
	require.NoError(t, err)
	refs := fill(t, d, objs[0].Type, 20)
	group := objs[1].Type.New()
	group.SetString("displayName", "all")
	out, err := d.Create(t.Context(), "group", group)
	require.NoError(t, err)
	g := connector.Ref{Object: "group", ID: out.String("id")}
	before := heap()
	for i := range 10_000 {
		_, err = d.EditMembers(t.Context(), g, refs, nil)
		require.NoError(t, err)
		_, err = d.EditMembers(t.Context(), g, nil, refs)
		require.NoError(t, err)
		rec := objs[0].Type.New()
		rec.SetString("userName", "user"+strconv.Itoa(i))
		rec, err = d.Create(t.Context(), "user", rec)
		require.NoError(t, err)
		_, err = d.Act(t.Context(), connector.Ref{Object: "user", ID: rec.String("id")}, connector.Action{Kind: connector.Delete})
		require.NoError(t, err)
	}
	after := heap()
	runtime.KeepAlive(d)
	assert.Less(t, int64(after)-int64(before), int64(1<<19))
}

func BenchmarkDriver(b *testing.B) {
	objs := objects(b)
	user := objs[0].Type
	for _, c := range []struct {
		name  string
		cache int
	}{{"cached", 10_000}, {"not cached", -1}} {
		d, err := memory.New(objs, &memory.Options{Cache: c.cache})
		require.NoError(b, err)
		refs := fill(b, d, user, 10_000)
		b.Run(c.name, func(b *testing.B) { benchmark(b, d, user, refs) })
	}
}

func benchmark(b *testing.B, d *memory.Driver, user *schema.Type, refs []connector.Ref) {
	run := func(name string, f func(i int) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := f(i); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	ctx := b.Context()
	list := func(filter string, limit int) func(int) error {
		q := connector.Query{Limit: limit}
		if filter != "" {
			q.Filter = schema.MustParseFilter(filter)
		}
		return func(int) error { _, err := d.List(ctx, "user", q); return err }
	}
	run("Get", func(i int) error { _, err := d.Get(ctx, refs[i%len(refs)]); return err })
	run("Update", func(i int) error {
		_, err := d.Update(ctx, refs[i%len(refs)], connector.Change{Edits: []schema.Edit{{Slot: user.Slot("title"), Value: schema.StringValue(strconv.Itoa(i))}}})
		return err
	})
	run("EqUserName", list(`userName eq "user0000042@example.com"`, 0))
	run("Scan", list(`title co "nothing"`, 0))
	rec := parse(b, user, ada)
	run("Create", func(i int) error {
		rec.SetString("userName", "new"+strconv.Itoa(i)+strconv.Itoa(b.N)+b.Name())
		_, err := d.Create(ctx, "user", rec)
		return err
	})
	run("List100", list("", 100))
}
