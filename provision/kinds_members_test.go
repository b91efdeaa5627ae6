package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
)

func deskGroupBody(name, kind string, members ...string) map[string]any {
	list := []map[string]any{}
	for _, m := range members {
		list = append(list, map[string]any{"value": m})
	}
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, deskGroup: map[string]any{"kind": kind}, "members": list}
}

func (d *desk) groups(object string) (ids []string) {
	for r := range d.records {
		if r.Object == object {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// TestKindsFaults_Groups breaks each call of each operation on groups, as
// TestKindsFaults_EveryCall does for users.
func TestKindsFaults_Groups(t *testing.T) {
	t.Parallel()
	made := func(t *testing.T, w *world) string {
		return must(t, w, "POST", "/Groups", deskGroupBody("T", "team", "60"), 201).ID()
	}
	for name, op := range map[string]struct {
		before func(t *testing.T, w *world) string
		do     func(id string) (method, path string, body any)
		name   string
		want   []string // members; nil where the group is gone
	}{
		"create": {nil, func(string) (string, string, any) { return "POST", "/Groups", deskGroupBody("T", "team", "60", "62") }, "T", []string{"60", "62"}},
		"replace": {made, func(id string) (string, string, any) {
			return "PUT", "/Groups/" + id, deskGroupBody("T2", "team", "62")
		}, "T2", []string{"62"}},
		"rename and join": {made, func(id string) (string, string, any) {
			return "PATCH", "/Groups/" + id, patch(set("displayName", "T2"), map[string]any{"op": "add", "path": "members", "value": []map[string]any{{"value": "62"}}})
		}, "T2", []string{"60", "62"}},
		"leave": {made, func(id string) (string, string, any) {
			return "PATCH", "/Groups/" + id, patch(map[string]any{"op": "remove", "path": `members[value eq "60"]`})
		}, "T", []string{}},
		"delete": {made, func(id string) (string, string, any) { return "DELETE", "/Groups/" + id, nil }, "", nil},
	} {
		for _, after := range []bool{false, true} {
			for _, once := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/after %v, once %v", name, after, once), func(t *testing.T) {
					t.Parallel()
					for skip := 0; skip < 12; skip++ {
						w, d := newDeskWorld(t, nil)
						d.put("guest", "60", "g@example.com")
						d.put("guest", "62", "h@example.com")
						id := ""
						if op.before != nil {
							id = op.before(t, w)
						}
						f := &fault{skip: skip, after: after, once: once}
						d.setFault(f)
						method, path, body := op.do(id)
						_, err := w.client.Do(t.Context(), method, path, nil, body)
						require.NoError(t, err)
						d.setFault(nil)
						again, err := w.client.Do(t.Context(), method, path, nil, body)
						require.NoError(t, err)
						if method == "POST" && again.Status == 409 {
							found := list(t, w, "/Groups", "filter", `displayName eq "T"`)
							require.Equal(t, 1, found.Total(), "call %d: %s", skip, again.Raw)
							id = found.Resources()[0]["id"].(string)
							again = must(t, w, "PUT", "/Groups/"+id, body, 200)
						}
						require.Contains(t, []int{200, 201, 204, 404}, again.Status, "call %d: %s", skip, again.Raw)
						if op.want == nil {
							require.Empty(t, d.groups("team"))
						} else {
							require.Len(t, d.groups("team"), 1, "call %d", skip)
							r := connector.Ref{Object: "team", ID: d.groups("team")[0]}
							assert.Equal(t, op.name, d.records[r].String("name"), "call %d", skip)
							assert.ElementsMatch(t, op.want, d.members[r], "call %d", skip)
						}
						if !f.hit || t.Failed() {
							break
						}
					}
				})
			}
		}
	}
}

func TestKinds_AGroupWhoseAnswerWasLostIsFilled(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	d.put("guest", "60", "g@example.com")
	d.setFault(&fault{after: true, once: true})
	r := must(t, w, "POST", "/Groups", deskGroupBody("T", "team", "60"), 201)
	assert.Equal(t, []string{"60"}, team(d, r.ID()[3:]))

	// One of that name that has members is somebody else's.
	d.put("team", "70", "U")
	d.members[connector.Ref{Object: "team", ID: "70"}] = []string{"60"}
	must(t, w, "POST", "/Groups", deskGroupBody("U", "team", "60"), 409)
}

func TestKinds_AMemberIsLookedAtAgainBeforeTheyAreRefused(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := aStaff(t, w, d)
	d.put("team", "70", "T")
	join := patch(map[string]any{"op": "add", "path": "members", "value": []map[string]any{{"value": id}}})
	d.takeCalls()
	must(t, w, "PATCH", "/Groups/te-70", join, 400)
	assert.Equal(t, []string{"get staff"}, d.takeCalls())

	d.behindOurBack(id, "staff", "guest")
	must(t, w, "PATCH", "/Groups/te-70", join, 204)
	assert.Equal(t, []string{id}, team(d, "70"))

	// Whether they are what was seen cannot be known: nothing is refused for good.
	d.behindOurBack(id, "guest", "staff")
	d.fail["get staff"] = connector.Unavailable
	must(t, w, "PATCH", "/Groups/te-70", join, 503)
}
