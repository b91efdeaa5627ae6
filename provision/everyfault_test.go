package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestFaults_EveryCall breaks each call of each operation in every way, once and
// for good, and then sends the request again as a client would. Nobody is
// made twice, nothing is lost, and in the end all is as it was asked for.
func TestFaults_EveryCall(t *testing.T) {
	t.Parallel()
	whole := func(more map[string]any) map[string]any {
		body := user("ada@example.com", map[string]any{
			"externalId": "x-1", "title": "Countess",
			enterprise: map[string]any{"department": "Lab"}, extension: map[string]any{"seesDepartmentTickets": true},
		})
		for k, v := range more {
			body[k] = v
		}
		return body
	}
	operations := []struct {
		name   string
		before func(t *testing.T, w *world) (id string)
		do     func(id string) (method, path string, body any)
		active bool
		gone   bool
	}{
		{name: "create", do: func(string) (string, string, any) { return "POST", "/Users", whole(nil) }, active: true},
		{name: "create disabled", do: func(string) (string, string, any) { return "POST", "/Users", whole(map[string]any{"active": false}) }},
		{name: "revive", before: func(t *testing.T, w *world) string {
			id := create(t, w, whole(map[string]any{"title": "x"})).ID()
			must(t, w, "DELETE", "/Users/"+id, nil, 204)
			return id
		}, do: func(string) (string, string, any) { return "POST", "/Users", whole(nil) }, active: true},
		{name: "replace", before: func(t *testing.T, w *world) string { return create(t, w, user("ada@example.com", nil)).ID() },
			do: func(id string) (string, string, any) { return "PUT", "/Users/" + id, whole(nil) }, active: true},
		{name: "patch", before: func(t *testing.T, w *world) string {
			return create(t, w, whole(map[string]any{"title": "x"})).ID()
		}, do: func(id string) (string, string, any) { return "PATCH", "/Users/" + id, patch(set("title", "Countess")) }, active: true},
		{name: "change and disable", before: func(t *testing.T, w *world) string {
			return create(t, w, whole(map[string]any{"title": "x"})).ID()
		}, do: func(id string) (string, string, any) {
			return "PATCH", "/Users/" + id, patch(set("title", "Countess"), set("active", false))
		}},
		{name: "enable", before: func(t *testing.T, w *world) string {
			id := create(t, w, whole(nil)).ID()
			must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
			return id
		}, do: func(id string) (string, string, any) { return "PATCH", "/Users/" + id, patch(set("active", true)) }, active: true},
		{name: "delete", before: func(t *testing.T, w *world) string { return create(t, w, whole(nil)).ID() },
			do: func(id string) (string, string, any) { return "DELETE", "/Users/" + id, nil }, gone: true},
	}
	faults := []freshservicetest.Fault{
		{Kind: freshservicetest.Refuse, Status: 503}, {Kind: freshservicetest.Refuse, Status: 500}, {Kind: freshservicetest.Refuse, Status: 429, RetryAfter: "0"},
		{Kind: freshservicetest.FailAfter, Status: 502}, {Kind: freshservicetest.Unreachable}, {Kind: freshservicetest.LostAnswer},
		{Kind: freshservicetest.CutBody}, {Kind: freshservicetest.Malformed},
	}
	for _, op := range operations {
		for _, drops := range []freshservicetest.ReactivationDrops{freshservicetest.DropOnReactivate, freshservicetest.DropOnDeactivate} {
			if drops != freshservicetest.DropOnReactivate && op.name != "enable" && op.name != "revive" {
				continue // it makes no difference
			}
			for _, fault := range faults {
				for _, times := range []int{1, -1} {
					name := fmt.Sprintf("%s/%s %d x%d/%d", op.name, fault.Kind, fault.Status, times, drops)
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						for skip := 0; ; skip++ {
							w := freshserviceWorld(t, &freshservicetest.Options{Rules: freshservicetest.Rules{ReactivationDrops: drops}, Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}}}, nil, nil)
							id := ""
							if op.before != nil {
								id = op.before(t, w)
							}
							f := fault
							f.Skip, f.Times = skip, times
							w.account.Fault(f)
							method, path, body := op.do(id)
							r, err := w.client.Do(t.Context(), method, path, nil, body)
							require.NoError(t, err)
							hit := len(w.account.PendingFaults()) == 0 || times < 0 && w.account.PendingFaults()[0].Skip == 0
							if r.Status >= 400 {
								require.Contains(t, []int{429, 502, 503}, r.Status, "call %d: %s", skip, r.Raw)
							}
							w.account.ClearFaults()
							// The client tries again, until the service says that it is done. One that
							// is told that the user exists looks it up and sends an update.
							again, err := w.client.Do(t.Context(), method, path, nil, body)
							require.NoError(t, err)
							if method == "POST" && again.Status == 409 {
								found := must(t, w, "GET", "/Users?filter=userName+eq+%22ada@example.com%22", nil, 200)
								require.Equal(t, 1, found.Total(), "call %d", skip)
								again = must(t, w, "PUT", "/Users/"+found.Resources()[0]["id"].(string), body, 200)
							}
							if op.gone {
								require.Contains(t, []int{204, 404}, again.Status)
								must(t, w, method, path, body, 404)
							} else {
								require.Contains(t, []int{200, 201}, again.Status, "call %d: %s", skip, again.Raw)
							}
							require.Len(t, w.account.Requesters(), 1, "call %d", skip)
							rec := w.account.Requesters()[0]
							assert.Equal(t, op.active, rec["active"], "call %d", skip)
							assert.Equal(t, "Countess", rec["job_title"], "call %d", skip)
							if op.active {
								assert.Equal(t, "Lab", again.Body[enterprise].(map[string]any)["department"], "call %d", skip)
								assert.Equal(t, true, rec["can_see_all_tickets_from_associated_departments"], "call %d", skip)
							}
							if !hit || t.Failed() {
								break
							}
						}
					})
				}
			}
		}
	}
}
