package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// However large an event is, what is kept of it is not.
func TestRing_Bounds(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 100_000)
	var many []string
	for i := range 5000 {
		many = append(many, fmt.Sprint(i, long[:1000]))
	}
	in := &provision.Event{
		User: long, Words: long, Matched: long, Ref: scim.Ref{Type: "User", ID: long}, Changed: many, Done: many, Repairs: many, Warnings: many,
		Calls: make([]provision.Call, 5000),
	}
	in.Target.ID = long
	r := newRing(2)
	r.add(in)
	list := r.find(EventQuery{})
	require.Len(t, list, 1)
	e := list[0]
	assert.Less(t, len(fmt.Sprintf("%+v", *e)), 300_000)
	assert.Len(t, e.Changed, maxEventList+1)
	assert.Equal(t, "and 4900 more", e.Changed[maxEventList])
	assert.Len(t, e.Calls, maxEventCalls)
	assert.Equal(t, "4744 more calls are not shown", e.Warnings[len(e.Warnings)-1])
	assert.Len(t, in.Warnings, 5000, "the event itself is left alone")
	for _, user := range []string{long, long[:maxEventName] + "…"} {
		assert.Len(t, r.find(EventQuery{User: user}), 1)
	}
	assert.Empty(t, r.find(EventQuery{User: long[:100]}))
}
