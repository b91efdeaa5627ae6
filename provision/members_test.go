package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

func newGroup(t *testing.T, w *world, name string, ids ...string) string {
	t.Helper()
	return must(t, w, "POST", "/Groups", group(name, ids...), 201).ID()
}

func group(name string, ids ...string) map[string]any {
	return map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "members": values(ids...)}
}

func values(ids ...string) []any {
	list := []any{}
	for _, id := range ids {
		list = append(list, map[string]any{"value": id})
	}
	return list
}

func members(t *testing.T, w *world, group string) (ids []string) {
	t.Helper()
	list, _ := must(t, w, "GET", "/Groups/"+group, nil, 200).Body["members"].([]any)
	for _, m := range list {
		ids = append(ids, m.(map[string]any)["value"].(string))
	}
	return ids
}

// TestMembers changes a group in every way. What fails changes nothing (RFC 7644
// section 3.5.2).
func TestMembers(t *testing.T) {
	t.Parallel()
	add := func(ids ...string) map[string]any {
		return map[string]any{"op": "add", "path": "members", "value": values(ids...)}
	}
	remove := func(id string) map[string]any {
		return map[string]any{"op": "remove", "path": `members[value eq "` + id + `"]`}
	}
	w := memoryWorld(t, scim.ProfileCompatible())
	a, b := create(t, w, user("a@example.com", nil)).ID(), create(t, w, user("b@example.com", nil)).ID()
	other := newGroup(t, w, "Other")
	for _, tt := range []struct {
		name   string
		method string
		body   map[string]any
		status int
		want   []string
	}{
		{"add", "PATCH", patch(add(b)), 204, []string{a, b}},
		{"add who is there", "PATCH", patch(add(a)), 204, []string{a}},
		{"one of two is unknown", "PATCH", patch(add(b, "nobody")), 400, []string{a}},
		{"unknown one beside a removal", "PATCH", patch(remove(a), add("nobody")), 400, []string{a}},
		{"add and remove", "PATCH", patch(add(b), remove(a)), 204, []string{b}},
		{"remove who is not there", "PATCH", patch(remove(b)), 204, []string{a}},
		{"remove who is unknown", "PATCH", patch(remove("nobody")), 204, []string{a}},
		{"a group as member", "PATCH", patch(add(other)), 204, []string{a, other}},
		{"a group leaves", "PATCH", patch(add(b, other), remove(other), remove(a)), 204, []string{b}},
		{"replace", "PATCH", patch(set("members", values(b))), 204, []string{b}},
		{"replace by an unknown one", "PATCH", patch(set("members", values(b, "nobody"))), 400, []string{a}},
		{"remove all", "PATCH", patch(map[string]any{"op": "remove", "path": "members"}), 204, nil},
		{"PUT", "PUT", group("G", b, other), 200, []string{b, other}},
		{"PUT of an unknown one", "PUT", group("G", b, "nobody"), 400, []string{a}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGroup(t, w, tt.name, a)
			if tt.method == "PUT" {
				tt.body["displayName"] = tt.name
			}
			must(t, w, tt.method, "/Groups/"+g, tt.body, tt.status)
			assert.Equal(t, tt.want, members(t, w, g))
			if tt.status == 400 {
				assert.Contains(t, w.events.list[len(w.events.list)-2].Words, "Nothing was written")
			}
		})
	}
	t.Run("a group that is a member of another", func(t *testing.T) {
		g := newGroup(t, w, "Nested", a, other)
		must(t, w, "PATCH", "/Groups/"+g, patch(remove(other)), 204)
		require.Equal(t, []string{a}, members(t, w, g))
		must(t, w, "PATCH", "/Groups/"+g, patch(add(g)), 400)
	})
	must(t, w, "PATCH", "/Groups/nobody", patch(add(a)), 404)
	must(t, w, "PATCH", "/Groups/"+a, patch(add(b)), 404)
}
