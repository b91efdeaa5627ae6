package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
)

// behindOurBack makes somebody another kind of record in the application.
func (d *desk) behindOurBack(id, from, to string) {
	d.mu.Lock()
	rec := d.records[connector.Ref{Object: from, ID: id}]
	delete(d.records, connector.Ref{Object: from, ID: id})
	d.mu.Unlock()
	d.put(to, id, rec.String("email"))
}

func TestKinds_ADeleteReachesWhoWasConvertedBehindOurBack(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := aStaff(t, w, d)
	d.behindOurBack(id, "staff", "guest")
	d.takeCalls()
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	assert.Equal(t, []string{"deactivate staff", "get staff", "get guest", "deactivate guest"}, d.takeCalls())
	assert.False(t, d.rec("guest", id).Bool("active"))
	must(t, w, "GET", "/Users/"+id, nil, 404)

	// Who is protected as the other kind is so still.
	w, d = newDeskWorld(t, &provision.Options{ProtectAdmins: true})
	id = must(t, w, "POST", "/Users", person("ada@example.com", nil), 201).ID()
	d.behindOurBack(id, "guest", "staff")
	d.rec("staff", id).Set("chief", boolean(true))
	must(t, w, "DELETE", "/Users/"+id, nil, 403)
	assert.True(t, d.rec("staff", id).Bool("active"))
}

func TestPolicy_ARepeatedPUTGivesNoRightsBack(t *testing.T) {
	t.Parallel()
	for _, policy := range []provision.DisablePolicy{"downgrade", "downgrade-then-deactivate"} {
		w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: policy}}})
		id := aStaff(t, w, d)
		off := person("ada@example.com", map[string]any{"isStaff": true}, "active", false)
		for range 3 {
			r := must(t, w, "PUT", "/Users/"+id, off, 200)
			assert.Equal(t, false, r.Body["active"])
			require.NotNil(t, d.rec("guest", id), policy)
		}
		d.takeCalls()
		must(t, w, "PUT", "/Users/"+id, off, 200)
		assert.Equal(t, []string{"get guest"}, d.takeCalls())

		// Enabling, the same request says what they are to be again.
		r := must(t, w, "PUT", "/Users/"+id, person("ada@example.com", map[string]any{"isStaff": true}, "active", true), 200)
		assert.Equal(t, true, r.Body["active"])
		require.NotNil(t, d.rec("staff", id), policy)
		assert.True(t, d.rec("staff", id).Bool("active"))
	}
}

func TestPolicy_TheEventNamesWhatADowngradeHasMade(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: "downgrade", Delete: "downgrade"}}})
	id := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true}, "active", false), 201).ID()
	require.NotNil(t, d.rec("guest", id))
	assert.Equal(t, connector.Ref{Object: "guest", ID: id}, w.events.last().Target)
	id = must(t, w, "POST", "/Users", person("eve@example.com", map[string]any{"isStaff": true}), 201).ID()
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	assert.Equal(t, connector.Ref{Object: "guest", ID: id}, w.events.last().Target)
}

func TestKinds_AConversionLosesNothing(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := disabled(aGuest)(t, w, d)
	must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", true)), 200)
	assert.False(t, d.rec("staff", id).Bool("active"))
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
	assert.Equal(t, "7", d.rec("staff", id).String("room"), "what the deactivation took is given back to the other kind")

	// A guest's team is none of staff, whatever they become later.
	must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", false)), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
	assert.Empty(t, team(d, "70"))
}

func TestKinds_WhoIsConvertedIsListedOnce(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": {Disable: "downgrade"}}})
	id := aStaff(t, w, d)
	must(t, w, "PATCH", "/Users/"+id, patch(set("displayName", "Ada")), 200)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	// The search by name may lag behind: what was written of late is added.
	r := list(t, w, "/Users", "filter", `displayName eq "Ada"`)
	assert.Equal(t, []string{"ada@example.com"}, names(r))
	assert.Equal(t, []string{"ada@example.com"}, names(list(t, w, "/Users", "filter", `displayName eq "Ada"`, "cursor", "")))
}
