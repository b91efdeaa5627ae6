package provision_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
)

// TestKindsRaces_NobodyWaitsForEver sends all that can meet at one person and one
// group at the same time. Locks are name, then group, then person: whoever takes
// them in another order makes two wait for each other, which the deadline shows.
func TestKindsRaces_NobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: "downgrade", Conflict: "adopt", ConflictSpecial: true}, "guest": {Conflict: "adopt", ConflictSpecial: true}}})
	id := aGuest(t, w, d)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	members := func(op string) map[string]any {
		return patch(map[string]any{"op": op, "path": "members", "value": []map[string]any{{"value": id}}})
	}
	requests := []struct {
		method, path string
		body         any
	}{
		{"PATCH", "/Users/" + id, patch(set(deskUser+":isStaff", true))},
		{"PATCH", "/Users/" + id, patch(set(deskUser+":isStaff", false))},
		{"PATCH", "/Users/" + id, patch(set("active", false))},
		{"PATCH", "/Users/" + id, patch(set("active", true), set("displayName", "Ada"))},
		{"PUT", "/Users/" + id, person("ada@example.com", map[string]any{"isStaff": true, "room": "7"}, "active", true)},
		{"POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true})},
		{"POST", "/Users", person("ada@example.com", nil, enterprise, map[string]any{"manager": "boss@example.com"})},
		{"PATCH", "/Groups/te-70", members("add")},
		{"PATCH", "/Groups/te-70", members("remove")},
		{"PUT", "/Groups/te-70", deskGroupBody("T", "team", id)},
		{"DELETE", "/Users/" + id, nil},
		{"GET", "/Users/" + id, nil},
		{"GET", "/Users?filter=userName+eq+%22ada@example.com%22", nil},
	}
	var all sync.WaitGroup
	failed := make(chan string, 1000)
	for _, r := range requests {
		all.Go(func() {
			for range 20 {
				got, err := w.client.Do(ctx, r.method, r.path, nil, r.body)
				if err != nil {
					failed <- err.Error()
				} else if got.Status >= 500 {
					failed <- fmt.Sprintf("%s %s: %s", r.method, r.path, got.Raw)
				}
			}
		})
	}
	all.Wait()
	close(failed)
	for f := range failed {
		assert.Fail(t, f)
	}
	require.NoError(t, ctx.Err())
	require.Len(t, people(d), 3, "one person, under one id, of one kind")
	require.True(t, d.rec("guest", id) != nil || d.rec("staff", id) != nil)

	// Whatever came last, the next request is carried out.
	r := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true}), 201)
	assert.Equal(t, id, r.ID())
	assert.True(t, d.rec("staff", id).Bool("active"))
	assert.Equal(t, []string{"ada@example.com"}, names(list(t, w, "/Users", "filter", `userName eq "ada@example.com"`)))
}
