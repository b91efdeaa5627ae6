package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
)

// TestKindsFaults_StateIsLost forgets everything before the request: an id finds
// its kind all the same.
func TestKindsFaults_StateIsLost(t *testing.T) {
	t.Parallel()
	for name, op := range deskOperations() {
		switch name {
		case "convert, waiting for a manager", "enable", "enable staff", "enable and convert", "enable a member without more", "revive", "revive as another kind":
			continue // these live on what State has: the same process has to go on
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := newDeskWorld(t, &provision.Options{Policies: op.policies})
			id := ""
			if op.before != nil {
				id = op.before(t, w, d)
			}
			w.serve(&provision.Options{Policies: op.policies, State: provision.NewMemoryState()}, w.profile())
			if name == "disable" {
				joinsTeam(t, w, "te-70", id) // what is to be restored came through this connection
			}
			method, path, body := op.do(id)
			r, err := w.client.Do(t.Context(), method, path, nil, body)
			require.NoError(t, err)
			require.Contains(t, []int{200, 201, 204}, r.Status, string(r.Raw))
			if method != "DELETE" {
				id = r.ID()
			}
			op.after(t, w, d, id)
		})
	}
}

func TestKinds_WhatALateReferenceWroteIsListed(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil, "displayName", "Ada", enterprise, map[string]any{"manager": "boss@example.com"}), 201).ID()
	boss := must(t, w, "POST", "/Users", person("boss@example.com", nil), 201).ID()
	require.Equal(t, boss, d.rec("guest", id).Get("manager").Text())
	// The search by name may lag behind: what was written of late stands.
	r := list(t, w, "/Users", "filter", `displayName eq "Ada"`)
	require.Len(t, r.Resources(), 1)
	assert.Equal(t, must(t, w, "GET", "/Users/"+id, nil, 200).Body["meta"], r.Resources()[0]["meta"])
	assert.NotEmpty(t, r.Resources()[0][enterprise])
}

func TestKinds_VersionsOfAListAreThoseOfAGet(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: "downgrade"}}})
	id := aStaff(t, w, d)
	version := func() string {
		meta, _ := must(t, w, "GET", "/Users/"+id, nil, 200).Body["meta"].(map[string]any)
		return meta["version"].(string)
	}
	patchIf := func(v string, status int, sets ...map[string]any) {
		r, err := w.client.Do(t.Context(), "PATCH", "/Users/"+id, map[string][]string{"If-Match": {v}}, patch(sets...))
		require.NoError(t, err)
		require.Equal(t, status, r.Status, string(r.Raw))
	}
	staff := version()
	patchIf(staff, 200, set("active", false))
	off := version()
	assert.NotEqual(t, staff, off)
	patchIf(staff, 412, set("active", true))
	for _, r := range list(t, w, "/Users").Resources() {
		if r["id"] == id {
			assert.Equal(t, off, r["meta"].(map[string]any)["version"])
		}
	}
	patchIf(off, 200, set("active", true), set(deskUser+":isStaff", true))
	require.NotNil(t, d.records[connector.Ref{Object: "staff", ID: id}])
	patchIf(off, 412, set("active", false))
}
