package freshservice_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestList_RowsThatMove: pages are offsets over rows sorted by first name (reference,
// 3). Whoever is there all the time comes once, whatever is made, renamed or
// forgotten between two pages.
func TestList_RowsThatMove(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			o := &freshservicetest.Options{}
			for i := range 430 {
				o.Requesters = append(o.Requesters, freshservicetest.Requester{
					ID: int64(1000 + i), FirstName: fmt.Sprintf("%05d", r.IntN(100_000)), PrimaryEmail: fmt.Sprintf("p%d@example.com", i),
				})
			}
			f := start(t, o, nil)
			moved := map[int64]bool{} // who is not there all the time under one name
			seen := map[int64]int{}
			cursor, calls := "", 0
			for n := 0; ; n++ {
				f.sim.ResetRequests()
				page, err := f.List(t.Context(), "requester", connector.Query{Cursor: cursor})
				require.NoError(t, err)
				calls += len(f.sim.Requests())
				for _, rec := range page.Records {
					seen[rec.Integer("id")]++
				}
				if cursor = page.Next; cursor == "" {
					break
				}
				require.Less(t, n, 30)
				for range r.IntN(25) {
					id := int64(1000 + r.IntN(430))
					switch r.IntN(3) {
					case 0:
						made := f.sim.AddRequester(freshservicetest.Requester{FirstName: fmt.Sprintf("%05d", r.IntN(100_000)), PrimaryEmail: fmt.Sprintf("new%d-%d@example.com", n, r.Int())})
						moved[made] = true
					case 1:
						moved[id] = true
						f.sim.RemoveUser(id)
					default:
						moved[id] = true
						f.sim.RemoveUser(id)
						f.sim.AddRequester(freshservicetest.Requester{ID: id, FirstName: fmt.Sprintf("%05d", r.IntN(100_000)), PrimaryEmail: fmt.Sprintf("again%d-%d@example.com", n, r.Int())})
					}
				}
			}
			for i := range 430 {
				if id := int64(1000 + i); !moved[id] {
					assert.Equal(t, 1, seen[id], "id %d", id)
				}
			}
			assert.Less(t, calls, 14, "hardly more calls than pages")
		})
	}
}

// TestList_ManyGoBetweenTwoPages: the list is read further back until somebody of the
// page before shows.
func TestList_ManyGoBetweenTwoPages(t *testing.T) {
	t.Parallel()
	o := &freshservicetest.Options{}
	for i := range 350 {
		o.Requesters = append(o.Requesters, freshservicetest.Requester{ID: int64(1000 + i), FirstName: fmt.Sprintf("%05d", i), PrimaryEmail: fmt.Sprintf("p%d@example.com", i)})
	}
	f := start(t, o, nil)
	var seen []int64
	cursor := ""
	for {
		page, err := f.List(t.Context(), "requester", connector.Query{Cursor: cursor})
		require.NoError(t, err)
		for _, rec := range page.Records {
			seen = append(seen, rec.Integer("id"))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		if len(seen) < 250 {
			for id := len(seen) - 100; id < len(seen)-20; id++ {
				f.sim.RemoveUser(int64(1000 + id))
			}
		}
	}
	assert.Len(t, seen, 350)
}

func TestList_CursorsThatAreNone(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{}, nil)
	for _, cursor := range []string{"0", "-1", "x", "1.", "1.!!", "1.AA=", "100.////", "01", "1.AgE.2"} {
		_, err := f.List(context.Background(), "requester", connector.Query{Cursor: cursor})
		assert.ErrorIs(t, err, connector.Invalid, cursor)
	}
}
