package freshservice_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestRequesterGroup_MoreMembersThanAMinuteAllows: a change that the rate limit ends
// in the middle goes on where it ended when it is asked for again (reference, 2 and
// 6.2), and adds nobody twice.
func TestRequesterGroup_MoreMembersThanAMinuteAllows(t *testing.T) {
	t.Parallel()
	o := &freshservicetest.Options{Plan: freshservicetest.Starter, RequesterGroups: []freshservicetest.RequesterGroup{{ID: 9, Name: "Everybody"}}}
	var refs []connector.Ref
	for i := range 250 {
		id := int64(1000 + i)
		o.Requesters = append(o.Requesters, freshservicetest.Requester{ID: id, FirstName: "P", PrimaryEmail: fmt.Sprintf("p%d@example.com", i)})
		refs = append(refs, connector.Ref{Object: "requester", ID: fmt.Sprint(id)})
	}
	f := start(t, o, &freshservice.Options{RateReserve: freshservice.NoRateReserve, Patience: time.Second})
	group := connector.Ref{Object: "requester_group", ID: "9"}
	rounds := 0
	for done := false; !done; rounds++ {
		require.Less(t, rounds, 6)
		results, err := f.EditMembers(t.Context(), group, refs, nil)
		done = err == nil
		for _, err := range results {
			if err != nil {
				require.ErrorIs(t, err, connector.RateLimited)
				done = false
			}
		}
		f.clock.Advance(61 * time.Second)
	}
	assert.GreaterOrEqual(t, rounds, 3)
	adds := 0
	for _, r := range f.sim.Requests() {
		if r.Method == "POST" && r.Status == 200 {
			adds++
		}
	}
	assert.Equal(t, 250, adds)
}
