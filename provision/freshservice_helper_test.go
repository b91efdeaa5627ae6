package provision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// ownerAddress is that of the agent whose key the worlds use.
const ownerAddress = "admin@example.com"

// managedWorld is a connection to a simulated account whose agents are managed. What
// is looked up once and remembered, such as roles, is known.
func managedWorld(t testing.TB, account *freshservicetest.Options, driver *freshservice.Options, opts *provision.Options) *world {
	t.Helper()
	o := copyOf(driver)
	o.Agents, o.Owner = freshservice.AgentsManaged, ownerAddress
	w := freshserviceWorld(t, account, o, opts)
	w.managed = true
	owner := find(t, w, `userName eq "`+ownerAddress+`"`).Resources()[0]
	must(t, w, "GET", "/Users/"+owner["id"].(string), nil, 200)
	// A create that is refused for its address has looked its role up.
	must(t, w, "POST", "/Users", agentBody(ownerAddress, nil, nil), 409)
	w.takeCalls()
	return w
}

// newAgentsDocument gives agents whose request names no role one of their own, as
// an administrator's own document does.
const newAgentsDocument = `
apiVersion: mapping/v1
name: acme-agent
extends: freshservice-agent
rules:
  - name: roles-of-assignments
    scim: fs:roleAssignments
    target: role_ids
    direction: toTarget
    pipe: ['before(":")', 'before("@")', trim, 'lookup("role")']
    onUnset: keep
    alternatives: true
    alternative: true
  - {name: usual-role, expr: '"SD Agent"', pipe: ['lookup("role")', wrap], target: role_ids, apply: create, alternative: true}
`

// newAgentsWorld is a managedWorld in which all new users are agents, and all new
// groups those of agents. The account lets names, title and phones be changed; its
// owner, who would be in every list, is put away.
func newAgentsWorld(t testing.TB, account *freshservicetest.Options) *world {
	t.Helper()
	account = copyOf(account)
	account.Rules.AgentProfile = freshservicetest.ProfileAccepted
	w := managedWorld(t, account, &freshservice.Options{AgentProfile: freshservice.ProfileOnUpdate}, nil)
	w.mappings = withOverride(t, newAgentsDocument)
	w.serve(&provision.Options{NewObjects: map[string]string{"User": "agent", "Group": "agent_group"}}, scim.ProfileCompatible())
	owner := fmt.Sprint(w.account.AgentByEmail(ownerAddress)["id"])
	require.NoError(t, w.state.Save(t.Context(), &provision.Entry{Key: provision.Key{Space: "user", ID: owner}, Object: "agent", Tombstone: start}))
	w.takeCalls()
	return w
}

// agentBody is a body for the create of an agent.
func agentBody(name string, ext map[string]any, more map[string]any) map[string]any {
	in := map[string]any{"isAgent": true}
	for k, v := range ext {
		in[k] = v
	}
	body := user(name, map[string]any{"roles": []any{map[string]any{"value": "IT Agent"}}, extension: in})
	for k, v := range more {
		body[k] = v
	}
	return body
}

// number is an id as the simulator has it.
func number(t testing.TB, id string) (n int64) {
	t.Helper()
	_, err := fmt.Sscan(id, &n)
	require.NoError(t, err)
	return n
}

// agent is the agent behind an id.
func agent(t testing.TB, w *world, id string) map[string]any {
	t.Helper()
	a := w.account.Agent(number(t, id))
	require.NotNil(t, a, "no agent %s", id)
	return a
}

// cost holds the target calls since the last look against those wanted, look-ups of
// what people refer to apart (design §7).
func cost(t testing.TB, w *world, name string, want ...string) {
	t.Helper()
	calls := slices.DeleteFunc(w.takeCalls(), func(c string) bool {
		return strings.HasPrefix(c, "GET /departments") || strings.HasPrefix(c, "GET /locations") || strings.HasPrefix(c, "GET /roles")
	})
	assert.Equal(t, nonNil(want), nonNil(calls), name)
}

func scimID(id int64) string { return fmt.Sprint(id) }

// addMembers adds members to a group.
func addMembers(ids ...string) map[string]any {
	return patch(map[string]any{"op": "add", "path": "members", "value": memberList(ids...)})
}

func removeMember(id string) map[string]any {
	return patch(map[string]any{"op": "remove", "path": `members[value eq "` + id + `"]`})
}

func memberList(ids ...string) []any {
	out := []any{}
	for _, id := range ids {
		out = append(out, map[string]any{"value": id})
	}
	return out
}
