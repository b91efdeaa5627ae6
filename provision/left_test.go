package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLeft_WhatATargetDoesNotTakeOverIsTold: a PATCH that the target passes over in
// part is a success, and the event says which part.
func TestLeft_WhatATargetDoesNotTakeOverIsTold(t *testing.T) {
	t.Parallel()
	w, _ := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil, "displayName", "Ada"), 201).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("displayName", "Ada B."), set("nickName", "Countess"), set(deskUser+":role", "chef")), 200)
	require.Len(t, w.events.last().Warnings, 1)
	assert.Contains(t, w.events.last().Words, "Left as it was, since the target does not take it over: nickName, "+deskUser+":role.")
	assert.NotContains(t, w.events.last().Words, "Countess")
	must(t, w, "PATCH", "/Users/"+id, patch(set("displayName", "Ada")), 200)
	assert.Empty(t, w.events.last().Warnings)

	// What cannot be taken away is told as well, and what waits for somebody is not.
	id = must(t, w, "POST", "/Users", person("bob@example.com", map[string]any{"isStaff": true, "role": "chef"}), 201).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(map[string]any{"op": "remove", "path": deskUser + ":role"}, set(enterprise+":manager", "late@example.com")), 200)
	assert.Contains(t, w.events.last().Words, "take it over: "+deskUser+":role.")
	assert.NotContains(t, w.events.last().Words, "take it over: "+enterprise)
	assert.Contains(t, w.events.last().Words, "manager will be written when")
}
