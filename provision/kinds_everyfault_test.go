package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
)

// deskOperation is an operation whose every call is broken.
type deskOperation struct {
	policies map[string]provision.Policy
	before   func(t *testing.T, w *world, d *desk) (id string)
	do       func(id string) (method, path string, body any)
	// after looks at what there is once the request was repeated until it was
	// answered.
	after func(t *testing.T, w *world, d *desk, id string)
}

func team(d *desk, id string) []string { return d.members[connector.Ref{Object: "team", ID: id}] }

func people(d *desk) (out []string) {
	for r := range d.records {
		if d.desc.Object(r.Object).IDSpace == "people" {
			out = append(out, r.Object+" "+r.ID)
		}
	}
	return out
}

var joinsTeam = func(t *testing.T, w *world, group, id string) {
	t.Helper()
	must(t, w, "PATCH", "/Groups/"+group, patch(map[string]any{"op": "add", "path": "members", "value": []map[string]any{{"value": id}}}), 204)
}

// aGuest makes a guest with a room who is in a team.
func aGuest(t *testing.T, w *world, d *desk) string {
	id := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"room": "7"}), 201).ID()
	d.put("team", "70", "T")
	joinsTeam(t, w, "te-70", id)
	return id
}

func aMember(t *testing.T, w *world, d *desk) string {
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil), 201).ID()
	d.put("team", "70", "T")
	joinsTeam(t, w, "te-70", id)
	return id
}

func disabled(make func(*testing.T, *world, *desk) string) func(*testing.T, *world, *desk) string {
	return func(t *testing.T, w *world, d *desk) string {
		id := make(t, w, d)
		must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
		return id
	}
}

func removed(make func(*testing.T, *world, *desk) string) func(*testing.T, *world, *desk) string {
	return func(t *testing.T, w *world, d *desk) string {
		id := make(t, w, d)
		must(t, w, "DELETE", "/Users/"+id, nil, 204)
		return id
	}
}

func aStaff(t *testing.T, w *world, _ *desk) string {
	return must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true, "dayPass": false, "role": "chef"}), 201).ID()
}

func deskOperations() map[string]deskOperation {
	patching := func(sets ...map[string]any) func(id string) (string, string, any) {
		return func(id string) (string, string, any) { return "PATCH", "/Users/" + id, patch(sets...) }
	}
	deleting := func(id string) (string, string, any) { return "DELETE", "/Users/" + id, nil }
	creating := func(ext map[string]any, more ...any) func(string) (string, string, any) {
		return func(string) (string, string, any) { return "POST", "/Users", person("ada@example.com", ext, more...) }
	}
	staffPolicy := func(p provision.Policy) map[string]provision.Policy { return map[string]provision.Policy{"staff": p} }
	toStaff := patching(set(deskUser+":isStaff", true), set(deskUser+":role", "chef"), set(deskUser+":dayPass", false))
	isChef := func(t *testing.T, w *world, d *desk, id string) {
		rec := d.rec("staff", id)
		require.NotNil(t, rec)
		assert.Equal(t, "chef", rec.String("role"))
		assert.False(t, rec.Bool("day_pass"))
		assert.True(t, rec.Bool("active"))
	}
	// An account that is to be a guest who cannot be used, or one of whom SCIM says
	// so: a failure in between may leave less than was asked for, never more.
	isOff := func(t *testing.T, w *world, d *desk, id string) {
		require.NotNil(t, d.rec("guest", id))
		assert.Equal(t, false, must(t, w, "GET", "/Users/"+id, nil, 200).Body["active"])
	}
	isGone := func(t *testing.T, w *world, d *desk, id string) {
		must(t, w, "GET", "/Users/"+id, nil, 404)
		assert.NotContains(t, names(list(t, w, "/Users")), "ada@example.com")
		require.NotNil(t, d.rec("guest", id))
	}
	restored := func(t *testing.T, w *world, d *desk, id string) {
		rec := d.rec("guest", id)
		require.NotNil(t, rec)
		assert.True(t, rec.Bool("active"))
		assert.Equal(t, "7", rec.String("room"))
		assert.Equal(t, []string{id}, team(d, "70"))
	}
	enabledAgain := func(t *testing.T, w *world, d *desk, id string) {
		assert.False(t, d.rec("guest", id).Bool("active"))
		must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
		restored(t, w, d, id)
	}
	return map[string]deskOperation{
		"create": {do: creating(map[string]any{"isStaff": true, "dayPass": false, "role": "chef"}), after: isChef},
		"create disabled": {do: creating(map[string]any{"room": "7"}, "active", false), after: func(t *testing.T, w *world, d *desk, id string) {
			assert.False(t, d.rec("guest", id).Bool("active"))
		}},
		"convert": {before: aGuest, do: toStaff, after: isChef},
		"convert, waiting for a manager": {
			before: func(t *testing.T, w *world, d *desk) string {
				return must(t, w, "POST", "/Users", person("ada@example.com", nil, enterprise, map[string]any{"manager": "boss@example.com"}), 201).ID()
			}, do: toStaff, after: func(t *testing.T, w *world, d *desk, id string) {
				isChef(t, w, d, id)
				boss := must(t, w, "POST", "/Users", person("boss@example.com", nil), 201).ID()
				assert.Equal(t, boss, d.rec("staff", id).Get("manager").Text())
				delete(d.records, connector.Ref{Object: "guest", ID: boss})
			},
		},
		"convert back": {before: aStaff, do: patching(set(deskUser+":isStaff", false)), after: func(t *testing.T, w *world, d *desk, id string) {
			require.NotNil(t, d.rec("guest", id))
		}},
		"enable and convert": {before: disabled(aGuest), do: patching(set("active", true), set(deskUser+":isStaff", true), set(deskUser+":role", "chef"), set(deskUser+":dayPass", false)),
			after: func(t *testing.T, w *world, d *desk, id string) {
				isChef(t, w, d, id)
				assert.Equal(t, "7", d.rec("staff", id).String("room"))
			}},
		"disable": {before: aGuest, do: patching(set("active", false)), after: enabledAgain},
		"enable":  {before: disabled(aGuest), do: patching(set("active", true)), after: restored},
		"enable a member without more": {before: disabled(aMember), do: patching(set("active", true)), after: func(t *testing.T, w *world, d *desk, id string) {
			assert.Equal(t, []string{id}, team(d, "70"))
		}},
		"enable staff": {before: disabled(aStaff), do: patching(set("active", true)), after: isChef},
		"downgrade":    {policies: staffPolicy(provision.Policy{Disable: "downgrade"}), before: aStaff, do: patching(set("active", false)), after: isOff},
		"downgrade by PUT": {policies: staffPolicy(provision.Policy{Disable: "downgrade"}), before: aStaff, do: func(id string) (string, string, any) {
			return "PUT", "/Users/" + id, person("ada@example.com", map[string]any{"isStaff": true}, "active", false)
		}, after: isOff},
		"downgrade, deactivate": {policies: staffPolicy(provision.Policy{Disable: "downgrade-then-deactivate"}), before: aStaff, do: func(id string) (string, string, any) {
			return "PUT", "/Users/" + id, person("ada@example.com", map[string]any{"isStaff": true}, "active", false)
		}, after: func(t *testing.T, w *world, d *desk, id string) {
			isOff(t, w, d, id)
			assert.False(t, d.rec("guest", id).Bool("active"))
		}},
		"delete":            {before: aGuest, do: deleting, after: isGone},
		"delete: downgrade": {policies: staffPolicy(provision.Policy{Delete: "downgrade"}), before: aStaff, do: deleting, after: isGone},
		"delete: downgrade, deactivate": {policies: staffPolicy(provision.Policy{Delete: "downgrade-then-deactivate"}), before: aStaff, do: deleting, after: func(t *testing.T, w *world, d *desk, id string) {
			isGone(t, w, d, id)
			assert.False(t, d.rec("guest", id).Bool("active"))
		}},
		"revive as another kind": {before: removed(aGuest), do: creating(map[string]any{"isStaff": true, "dayPass": false, "role": "chef"}), after: isChef},
		"revive":                 {before: removed(aStaff), do: creating(map[string]any{"isStaff": true, "dayPass": false, "role": "chef"}), after: isChef},
		"adopt another kind": {policies: staffPolicy(provision.Policy{Conflict: "adopt", ConflictSpecial: true}), before: func(_ *testing.T, _ *world, d *desk) string {
			d.put("guest", "9", "ada@example.com")
			return "9"
		}, do: creating(map[string]any{"isStaff": true, "dayPass": false, "role": "chef"}), after: isChef},
	}
}

// TestKindsFaults_EveryCall breaks each call of each operation, with and without
// its effect, once and until the client tries again.
func TestKindsFaults_EveryCall(t *testing.T) {
	t.Parallel()
	for name, op := range deskOperations() {
		if op.after == nil {
			continue
		}
		for _, after := range []bool{false, true} {
			for _, once := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/after %v, once %v", name, after, once), func(t *testing.T) {
					t.Parallel()
					for skip := 0; skip < 20; skip++ {
						w, d := newDeskWorld(t, &provision.Options{Policies: op.policies})
						id := ""
						if op.before != nil {
							id = op.before(t, w, d)
						}
						f := &fault{skip: skip, after: after, once: once}
						d.setFault(f)
						method, path, body := op.do(id)
						d.takeCalls()
						first, err := w.client.Do(t.Context(), method, path, nil, body)
						require.NoError(t, err)
						if first.Status >= 400 {
							require.Equal(t, 503, first.Status, "call %d: %s", skip, first.Raw)
						}
						if method == "DELETE" && first.Status == 204 || method != "DELETE" && first.Status < 300 && f.hit && !once {
							assert.Equal(t, method == "DELETE", first.Status == 204, "call %d", skip)
						}
						d.setFault(nil)
						again, err := w.client.Do(t.Context(), method, path, nil, body)
						require.NoError(t, err)
						if method == "POST" && again.Status == 409 {
							found := must(t, w, "GET", "/Users?filter=userName+eq+%22ada@example.com%22", nil, 200)
							require.Equal(t, 1, found.Total(), "call %d: %s", skip, again.Raw)
							id = found.Resources()[0]["id"].(string)
							again = must(t, w, "PUT", "/Users/"+id, body, 200)
						}
						if method == "DELETE" {
							require.Contains(t, []int{204, 404}, again.Status, "call %d: %s", skip, again.Raw)
						} else {
							require.Contains(t, []int{200, 201}, again.Status, "call %d: %s", skip, again.Raw)
							id = again.ID()
						}
						require.Len(t, people(d), 3, "call %d: nobody is there twice", skip)
						op.after(t, w, d, id)
						if !f.hit {
							break
						}
						if t.Failed() {
							t.Fatalf("call %d: %v", skip, d.takeCalls())
						}
					}
				})
			}
		}
	}
}
