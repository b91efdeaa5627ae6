package provision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestZendesk_FaultsOfEveryCall breaks each call of each operation in every way,
// once and for good, and then sends the request again as a client would. Nobody is
// made twice, and in the end all is as it was asked for.
func TestZendesk_FaultsOfEveryCall(t *testing.T) {
	t.Parallel()
	operations := []struct {
		name         string
		method, path string
		body         any
		role, email  string
		active       bool // as the simulator has it: not deleted
		suspended    bool
	}{
		{"create", "POST", "/Users", user("ada@example.com", map[string]any{"displayName": "Ada"}), "end-user", "ada@example.com", true, false},
		{"create disabled", "POST", "/Users", user("ada@example.com", map[string]any{"displayName": "Ada", "externalId": "x-1", "active": false}), "end-user", "ada@example.com", true, true},
		{"new address", "PUT", "/Users/702", user("ada@example.com", map[string]any{"displayName": "Ada", "userType": "Agent"}), "agent", "ada@example.com", true, false},
		{"agent disabled", "PATCH", "/Users/700", patch(set("active", false)), "end-user", "agent@example.com", true, true},
		{"agent disabled by PUT", "PUT", "/Users/700", user("agent@example.com", map[string]any{"displayName": "Agent", "active": false}), "end-user", "agent@example.com", true, true},
		{"agent enabled", "PATCH", "/Users/701", patch(set("active", true), set("displayName", "Back")), "agent", "gone@example.com", true, false},
		{"agent deleted", "DELETE", "/Users/700", nil, "end-user", "agent@example.com", false, false},
		{"delete refused", "DELETE", "/Users/704", nil, "end-user", "asker@example.com", true, true},
	}
	meets, meetsDelete := zendesktest.DatabaseConflict(), zendesktest.DatabaseConflict()
	meets.Method, meetsDelete.Method = "PUT", "DELETE" // reads meet no writes
	faults := []zendesktest.Fault{
		{Kind: zendesktest.Refuse, Status: 503, RetryAfter: "1"}, {Kind: zendesktest.Refuse, Status: 429, RetryAfter: "1"}, {Kind: zendesktest.Refuse, Status: 401},
		{Kind: zendesktest.FailAfter, Status: 502}, {Kind: zendesktest.LostAnswer}, {Kind: zendesktest.CutBody}, meets, meetsDelete,
	}
	for _, op := range operations {
		for _, fault := range faults {
			for _, times := range []int{1, -1} {
				t.Run(fmt.Sprintf("%s/%s %s %d x%d", op.name, fault.Method, fault.Kind, fault.Status, times), func(t *testing.T) {
					t.Parallel()
					for skip := range 8 {
						w := zendeskWorld(t, staff(), nil, nil)
						people := len(w.natives())
						f := fault
						f.Path, f.Skip, f.Times = "/api/v2/users/**", skip, times
						if op.method == "POST" && skip == 0 {
							f.Path = "/api/v2/users"
						}
						w.zendesk.Fault(f)
						r, err := w.client.Do(t.Context(), op.method, op.path, nil, op.body)
						require.NoError(t, err)
						hit := len(w.zendesk.PendingFaults()) == 0 || times < 0 && w.zendesk.PendingFaults()[0].Skip == 0
						if r.Status >= 400 {
							require.Contains(t, []int{409, 429, 502, 503}, r.Status, "call %d: %s", skip, r.Raw)
						}
						w.zendesk.ClearFaults()
						w.clock.Advance(2 * time.Minute) // what the vendor's limits ask for
						again, err := w.client.Do(t.Context(), op.method, op.path, nil, op.body)
						require.NoError(t, err)
						if op.method == "POST" && again.Status == 409 {
							found := find(t, w, `userName eq "ada@example.com"`)
							require.Equal(t, 1, found.Total(), "call %d", skip)
							must(t, w, "PUT", "/Users/"+found.Resources()[0]["id"].(string), op.body, 200)
							again.Status = 200
						}
						require.Contains(t, []int{200, 201, 204, 404}, again.Status, "call %d: %s", skip, again.Raw)
						made := 0
						if op.method == "POST" {
							made = 1
						}
						live := 0
						var got map[string]any
						for _, u := range w.natives() {
							if u["active"] == true {
								live++
							}
							if u["email"] == op.email {
								got = u
							}
						}
						if op.active {
							require.Equal(t, people+made, live, "call %d", skip)
							require.NotNil(t, got, "call %d", skip)
							assert.Equal(t, []any{op.role, op.suspended}, []any{got["role"], got["suspended"]}, "call %d", skip)
						} else {
							assert.Equal(t, people-1, live, "call %d", skip)
						}
						if op.method == "DELETE" {
							must(t, w, "GET", op.path, nil, 404)
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
