package provision_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

type bulkResult struct{ Method, BulkID, Location, Status string }

// operation is a part of a bulk request.
type operation struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	BulkID string         `json:"bulkId,omitempty"`
	Data   map[string]any `json:"data,omitempty"`
}

func sendBulk(t *testing.T, w *world, ops []operation) []bulkResult {
	t.Helper()
	r, err := w.client.Do(t.Context(), http.MethodPost, "/Bulk", nil, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:BulkRequest"}, "Operations": ops,
	})
	require.NoError(t, err)
	require.Equal(t, 200, r.Status, "%s", r.Body)
	var out []bulkResult
	for _, v := range r.Body["Operations"].([]any) {
		m := v.(map[string]any)
		text := func(name string) string { s, _ := m[name].(string); return s }
		out = append(out, bulkResult{text("method"), text("bulkId"), text("location"), text("status")})
	}
	return out
}

// Operations of a bulk request come to the same at a target as single requests do:
// the same answers by the same calls, with an event each.
func TestBulk_AsSingleRequests(t *testing.T) {
	t.Parallel()
	for name, newOne := range map[string]func(t *testing.T) *world{
		"memory":       func(t *testing.T) *world { return memoryWorld(t, scim.ProfileCompatible()) },
		"freshservice": func(t *testing.T) *world { return freshserviceWorld(t, nil, nil, nil) },
		"zendesk":      func(t *testing.T) *world { return zendeskWorld(t, nil, nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			title := map[string]any{
				"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
				"Operations": []any{map[string]any{"op": "replace", "path": "title", "value": "Countess"}},
			}
			ops := []operation{
				{"POST", "/Users", "a", user("ada@example.com", nil)},
				{"POST", "/Users", "b", user("bob@example.com", nil)},
				{"POST", "/Users", "c", user("ADA@example.com", nil)},
				{"PATCH", "/Users/bulkId:a", "", title},
				{"DELETE", "/Users/bulkId:b", "", nil},
				{"POST", "/Users", "d", user("bob@example.com", nil)},
				{"PUT", "/Users/bulkId:a", "", user("ada@example.com", nil)},
				{"DELETE", "/Users/987654321", "", nil},
				{"POST", "/Users", "f", user("fay@example.com", map[string]any{enterprise: map[string]any{"manager": map[string]any{"value": "Ada@example.com"}}})},
				{"POST", "/Users", "e", user("eve@example.com", map[string]any{"emails": []any{map[string]any{"value": "eve@example.com", "type": "work", "primary": true}}})},
			}
			single, inBulk := newOne(t), newOne(t)
			var want []string
			ids := make(map[string]string)
			for _, op := range ops {
				path := op.Path
				if endpoint, bulkID, ok := strings.Cut(path, "bulkId:"); ok {
					path = endpoint + ids[bulkID]
				}
				r, err := single.client.Do(t.Context(), op.Method, path, nil, op.Data)
				require.NoError(t, err)
				want = append(want, fmt.Sprint(r.Status))
				if op.Method == "POST" && r.Status == 201 {
					ids[op.BulkID] = r.Body["id"].(string)
				}
			}
			var got []string
			for _, r := range sendBulk(t, inBulk, ops) {
				got = append(got, r.Status)
			}
			assert.Equal(t, want, got)
			wantCalls, gotCalls := single.takeCalls(), inBulk.takeCalls()
			slices.Sort(wantCalls)
			slices.Sort(gotCalls)
			assert.Equal(t, wantCalls, gotCalls)
			assert.Len(t, inBulk.events.list, len(single.events.list))
		})
	}
}

// Groups get members that are made in the same request, and groups in a circle
// each other.
func TestBulk_Groups(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	group := func(bulkID string, members ...string) operation {
		var list []any
		for _, m := range members {
			list = append(list, map[string]any{"value": m})
		}
		return operation{"POST", "/Groups", bulkID, map[string]any{
			"schemas": []string{scim.GroupURN}, "displayName": bulkID, "members": list,
		}}
	}
	ops := []operation{group("outer", "bulkId:inner", "bulkId:u0"), group("inner", "bulkId:outer", "bulkId:u1")}
	for i := range 20 {
		ops = append(ops, operation{"POST", "/Users", fmt.Sprint("u", i), user(fmt.Sprintf("user%d@example.com", i), nil)})
	}
	results := sendBulk(t, w, ops)
	for _, r := range results {
		assert.Equal(t, "201", r.Status, r)
	}
	id := func(i int) string { return results[i].Location[strings.LastIndexByte(results[i].Location, '/')+1:] }
	members := func(i int) []any {
		r, err := w.client.Get(t.Context(), "/Groups/"+id(i))
		require.NoError(t, err)
		var out []any
		for _, m := range r.Body["members"].([]any) {
			out = append(out, m.(map[string]any)["value"])
		}
		return out
	}
	assert.ElementsMatch(t, []any{id(1), id(2)}, members(0))
	assert.ElementsMatch(t, []any{id(0), id(3)}, members(1))
}
