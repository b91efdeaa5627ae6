package provision_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
)

// TestFields_OfBothKinds: custom fields of requesters and agents under the extension's
// URN and Okta's names, with what is wrong about a value told by the attribute (§8).
func TestFields_OfBothKinds(t *testing.T) {
	t.Parallel()
	choices := []string{"red", "green"}
	account := &freshservicetest.Options{
		Fields: []freshservicetest.RequesterField{
			{Name: "badge", Type: freshservicetest.DropdownField, Choices: choices}, {Name: "desk", Required: true}, {Name: "floor", Type: freshservicetest.NumberField},
		},
		AgentFields: []freshservicetest.AgentField{
			{Name: "badge", Type: freshservicetest.DropdownField, Choices: choices}, {Name: "shift", Type: freshservicetest.TextField, Required: true}, {Name: "level", Type: freshservicetest.NumberField},
		},
	}
	w := managedWorldWithout(t, account)
	schema := string(must(t, w, "GET", "/Schemas/"+extension, nil, 200).Raw)
	for _, name := range []string{"badge", "desk", "floor", "shift", "level", "isAgent", "roleAssignments"} {
		assert.Contains(t, schema, `"`+name+`"`)
	}
	for _, kind := range []struct {
		mandatory, number string
		agent             bool
	}{{"desk", "floor", false}, {"shift", "level", true}} {
		address := fmt.Sprintf("%s@example.com", kind.mandatory)
		body := func(ext, dotted map[string]any) map[string]any {
			out := user(address, nil)
			if kind.agent {
				out = agentBody(address, nil, nil)
			}
			if out[extension] == nil {
				out[extension] = map[string]any{}
			}
			for k, v := range ext {
				out[extension].(map[string]any)[k] = v
			}
			if dotted != nil {
				out["custom_fields"] = dotted
			}
			return out
		}
		for name, c := range map[string]struct {
			ext    map[string]any
			detail string
		}{
			"no such choice": {map[string]any{kind.mandatory: "x", "badge": "mauve"}, "badge"},
			"wrong type":     {map[string]any{kind.mandatory: "x", kind.number: "many"}, kind.number},
			"missing":        {nil, kind.mandatory},
		} {
			r := must(t, w, "POST", "/Users", body(c.ext, nil), 400)
			assert.Equal(t, "invalidValue", r.Body["scimType"], name)
			assert.Contains(t, r.Body["detail"], c.detail, name)
		}
		assert.Nil(t, w.account.AgentByEmail(address))
		assert.Nil(t, w.account.RequesterByEmail(address))

		r := create(t, w, body(map[string]any{kind.mandatory: "7b", kind.number: 3}, map[string]any{"badge": "red"}))
		rec := w.account.RequesterByEmail(address)
		if kind.agent {
			rec = w.account.AgentByEmail(address)
		}
		custom := rec["custom_fields"].(map[string]any)
		assert.Equal(t, "7b", custom[kind.mandatory])
		assert.Equal(t, "red", custom["badge"])
		assert.Equal(t, "3", fmt.Sprint(custom[kind.number]))
		assert.Equal(t, "red", extensionOf(r, extension)["badge"])
		r = must(t, w, "PATCH", "/Users/"+r.ID(), patch(set("custom_fields.badge", "green"), set(extension+":"+kind.number, 4)), 200)
		assert.Equal(t, "green", extensionOf(r, extension)["badge"])
		assert.Equal(t, "4", fmt.Sprint(extensionOf(r, extension)[kind.number]))
		assert.Equal(t, "7b", extensionOf(r, extension)[kind.mandatory])
	}
}

// managedWorldWithout is managedWorld for an account in which not everybody can be made.
func managedWorldWithout(t *testing.T, account *freshservicetest.Options) *world {
	t.Helper()
	w := agentsWorld(t, account)
	w.managed = true
	return w
}

// TestReferences_TheManagerArrivesLate: as an agent, for people of both kinds.
func TestReferences_TheManagerArrivesLate(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"boss@example.com", "Ada Byron"} {
		w := managedWorld(t, nil, nil, nil)
		manager := map[string]any{enterprise: map[string]any{"manager": map[string]any{"value": by}}}
		with := func(body map[string]any) map[string]any {
			for k, v := range manager {
				body[k] = v
			}
			body["name"] = map[string]any{"givenName": "Someone"}
			return body
		}
		requester := create(t, w, with(user("r@example.com", nil))).ID()
		agentID := create(t, w, with(agentBody("a@example.com", nil, nil))).ID()
		assert.Nil(t, record(t, w, requester)["reporting_manager_id"])
		boss := create(t, w, agentBody("boss@example.com", nil, nil)).ID()
		assert.Equal(t, boss, fmt.Sprint(record(t, w, requester)["reporting_manager_id"]), by)
		assert.Equal(t, boss, fmt.Sprint(agent(t, w, agentID)["reporting_manager_id"]), by)
	}
}

// TestReferences_DepartmentsOnDemand are made once, where the connection allows it.
func TestReferences_DepartmentsOnDemand(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{false, true} {
		w := managedWorld(t, nil, nil, &provision.Options{CreateReferences: allowed})
		more := map[string]any{enterprise: map[string]any{"department": "Tours"}}
		if !allowed {
			r := must(t, w, "POST", "/Users", agentBody("a@example.com", nil, more), 400)
			assert.Contains(t, r.Body["detail"], "department")
			assert.Empty(t, w.account.Departments())
			continue
		}
		create(t, w, agentBody("a@example.com", nil, more))
		create(t, w, user("r@example.com", more))
		require.Len(t, w.account.Departments(), 1)
		id := w.account.DepartmentID("Tours")
		assert.Equal(t, []int64{id}, w.account.AgentByEmail("a@example.com")["department_ids"])
		assert.Equal(t, []int64{id}, w.account.RequesterByEmail("r@example.com")["department_ids"])
	}
}

// TestRoles_FromAnAppRole is as near as entra/22 comes: the role is one of the
// account's, whose name is read back.
func TestRoles_FromAnAppRole(t *testing.T) {
	t.Parallel()
	w := newAgentsWorld(t, nil)
	w.account.AddRole(freshservicetest.Role{Name: "Viewer"})
	r := create(t, w, user("kim@example.com", map[string]any{"roles": []any{map[string]any{
		"primary": "True", "type": "WindowsAzureActiveDirectoryRole", "display": "Viewer", "value": "viewer",
	}}}))
	assert.Equal(t, []any{map[string]any{"value": "Viewer"}}, r.Body["roles"])
	assert.Equal(t, r.Body["roles"], must(t, w, "GET", "/Users/"+r.ID(), nil, 200).Body["roles"])
}
