package provision_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// crowd is a store with one group of many members. It returns the ids of the
// group, of a member, and of somebody who is none.
func crowd(t *testing.T, members int) (w *world, group, member, other string) {
	t.Helper()
	w = memoryWorld(t, scim.ProfileCompatible())
	types, err := w.backend.Types(t.Context())
	require.NoError(t, err)
	var refs []connector.Ref
	for i := range members + 1 {
		rec := types.ByName("User").Type.New()
		rec.SetString("userName", fmt.Sprintf("u%06d@example.com", i))
		made, err := w.target.Create(t.Context(), "user", rec)
		require.NoError(t, err)
		refs = append(refs, connector.Ref{Object: "user", ID: made.String("id")})
	}
	rec := types.ByName("Group").Type.New()
	rec.SetString("displayName", "Everybody")
	made, err := w.target.Create(t.Context(), "group", rec)
	require.NoError(t, err)
	group = made.String("id")
	_, err = w.target.EditMembers(t.Context(), connector.Ref{Object: "group", ID: group}, refs[:members], nil)
	require.NoError(t, err)
	w.takeCalls()
	return w, group, refs[members/2].ID, refs[members].ID
}

// TestGroups_CostOfTheChange: what a request costs does not depend on how many
// members the group has, as long as it does not ask for them. Not parallel: it
// counts what is allocated.
func TestGroups_CostOfTheChange(t *testing.T) {
	type request struct {
		method, path string
		body         any
		calls        []string
	}
	edit := func(op, id string) any {
		return patch(map[string]any{"op": op, "path": "members", "value": values(id)})
	}
	costs := func(members int) (names []string, bytes []uint64) {
		w, g, member, other := crowd(t, members)
		for _, tt := range []struct {
			name     string
			requests []request
		}{
			{"read without members", []request{{"GET", "/Groups/" + g + "?excludedAttributes=members", nil, []string{"get group"}}}},
			{"read of the name", []request{{"GET", "/Groups/" + g + "?attributes=displayName", nil, []string{"get group"}}}},
			{"list without members", []request{{"GET", "/Groups?excludedAttributes=members", nil, []string{"list group"}}}},
			{"list by cursor", []request{{"GET", "/Groups?excludedAttributes=members&cursor=", nil, []string{"list group"}}}},
			{"sorted list", []request{{"GET", "/Groups?excludedAttributes=members&sortBy=displayName", nil, []string{"list group"}}}},
			{"find by name", []request{{"GET", "/Groups?excludedAttributes=members&filter=" + url.QueryEscape(`displayName eq "Everybody"`), nil, []string{"list group"}}}},
			// Entra ID asks this before it adds somebody.
			{"is a member", []request{{"GET", "/Groups?attributes=id&filter=" + url.QueryEscape(`id eq "`+g+`" and members eq "`+member+`"`), nil, []string{"list group"}}}},
			{"is no member", []request{{"GET", "/Groups?attributes=id&filter=" + url.QueryEscape(`id eq "`+g+`" and members eq "`+other+`"`), nil, []string{"list group"}}}},
			{"add and remove", []request{
				{"PATCH", "/Groups/" + g, edit("add", other), []string{"update group"}},
				{"PATCH", "/Groups/" + g, edit("remove", other), []string{"update group"}},
			}},
			{"add who is there", []request{{"PATCH", "/Groups/" + g, edit("add", member), []string{"update group"}}}},
			{"remove who is not", []request{{"PATCH", "/Groups/" + g, edit("remove", other), []string{"update group"}}}},
		} {
			least := ^uint64(0)
			for range 5 {
				least = min(least, allocated(func() {
					for _, r := range tt.requests {
						w.calls = w.calls[:0]
						must(t, w, r.method, r.path, r.body, 200, 204)
						require.Equal(t, r.calls, w.calls, tt.name)
					}
				}))
			}
			names, bytes = append(names, tt.name), append(bytes, least)
		}
		return names, bytes
	}
	names, few := costs(10)
	_, many := costs(100_000)
	for i, name := range names {
		t.Logf("%s: %d bytes with 10 members, %d with 100,000", name, few[i], many[i])
		// The list of members alone would be megabytes.
		assert.Less(t, many[i], few[i]+512<<10, name)
	}
}

// TestGroups_Burst: 500 PATCHes of one member each are 500 calls, and never read
// the group.
func TestGroups_Burst(t *testing.T) {
	const members, burst = 100_000, 500
	w, g, _, other := crowd(t, members)
	path := "/Groups/" + g
	at := 0
	once := func() {
		op := []string{"add", "remove"}[at%2]
		at++
		must(t, w, "PATCH", path, patch(map[string]any{"op": op, "path": "members", "value": values(other)}), 204)
	}
	once()
	once()
	w.takeCalls()
	bytes := allocated(func() {
		for range burst {
			once()
		}
	})
	calls := w.takeCalls()
	require.Len(t, calls, burst)
	for _, c := range calls {
		require.Equal(t, "update group", c)
	}
	// Room for more members is made now and then; a copy of them for each PATCH
	// would be gigabytes.
	assert.Less(t, bytes/burst, uint64(64<<10))
}

// TestGroups_DeltaToTheDriver: where a group is no whole that is written at once,
// only those who join and leave reach the driver.
func TestGroups_DeltaToTheDriver(t *testing.T) {
	t.Parallel()
	m := memoryWorld(t, scim.ProfileCompatible())
	d := &membersOnly{Driver: m.target.Driver()}
	w := newWorld(t)
	var err error
	w.target, err = connector.NewTarget(d, &connector.Options{Clock: w.clock.Now})
	require.NoError(t, err)
	w.serve(&provision.Options{}, scim.ProfileCompatible())
	a, b := create(t, w, user("a@example.com", nil)).ID(), create(t, w, user("b@example.com", nil)).ID()
	g := newGroup(t, w, "Lab", a)
	m.takeCalls()
	must(t, w, "PATCH", "/Groups/"+g, patch(
		map[string]any{"op": "add", "path": "members", "value": values(b)},
		map[string]any{"op": "remove", "path": `members[value eq "` + a + `"]`},
	), 204)
	assert.Equal(t, []string{"edit members group"}, m.takeCalls())
	assert.Equal(t, []string{b}, members(t, w, g))
}

// membersOnly is a driver that has to be given a record as it was read for every
// update.
type membersOnly struct {
	connector.Driver
}

func (d *membersOnly) Unwrap() connector.Driver { return d.Driver }

func (d *membersOnly) Describe(ctx context.Context) (*connector.Description, error) {
	inner, err := d.Driver.Describe(ctx)
	if err != nil {
		return nil, err
	}
	out := *inner
	out.Objects = nil
	for _, o := range inner.Objects {
		o.BlindUpdate = false
		out.Objects = append(out.Objects, o)
	}
	return &out, nil
}
