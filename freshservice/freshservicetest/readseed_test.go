package freshservicetest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

const wholeSeed = `{
	"plan": "pro", "full_time_seats": 3, "time_zone": "London", "variant": "list-hides-inactive",
	"keys": [{"value": "k", "agent": 7, "without": ["view roles"]}],
	"oauth": {"client_id": "app", "client_secret": "s3cret"},
	"department_fields": [{"name": "floor"}],
	"owner": {"id": 1, "first_name": "Avery", "email": "admin@example.com"},
	"roles": [{"id": 5, "name": "SD Agent", "role_type": 2, "custom": true}],
	"workspaces": [{"id": 3, "name": "People", "inactive": true}],
	"requester_fields": [{"name": "badge", "type": "custom_dropdown", "choices": ["red"], "required": true}, {"name": "desk", "type": "custom_number"}],
	"agent_fields": [{"name": "shift", "label": "Shift"}],
	"departments": [{"id": 50, "name": "Engineering", "head_user_id": 7, "domains": ["example.com"]}],
	"locations": [{"id": 60, "name": "HQ", "city": "London"}],
	"agents": [{"id": 7, "first_name": "Grace", "email": "grace@example.com", "occasional": true, "custom_fields": {"shift": "late"},
		"roles": [{"role_id": 5, "assignment_scope": "specified_groups", "groups": [70]}]}],
	"requesters": [{"id": 10, "first_name": "Ada", "primary_email": "ada@example.com", "secondary_emails": ["a@example.com"],
		"custom_fields": {"badge": "red", "desk": 9007199254740993}, "created_at": "2026-01-02T03:04:05Z"},
		{"first_name": "Zoe", "inactive": true}],
	"agent_groups": [{"id": 70, "name": "Desk", "members": [7]}],
	"requester_groups": [{"id": 80, "name": "VPN", "members": [10]}, {"id": 81, "name": "All", "rule_based": true}]
}`

func TestReadSeed(t *testing.T) {
	t.Parallel()
	opts, err := freshservicetest.ReadSeed(strings.NewReader(wholeSeed + "\n"))
	require.NoError(t, err)
	assert.Equal(t, freshservicetest.Pro, opts.Plan)
	assert.True(t, opts.Rules.ListHidesInactive)
	assert.Equal(t, []freshservicetest.Key{{Value: "k", Agent: 7, Without: []freshservicetest.Permission{freshservicetest.ViewRoles}}}, opts.Keys)
	a := newAccount(t, *opts)
	ada := a.Requester(10)
	assert.Equal(t, "2026-01-02T03:04:05Z", ada["created_at"])
	assert.Equal(t, "London", ada["time_zone"])
	assert.Equal(t, map[string]any{"badge": "red", "desk": num(9007199254740993)}, ada["custom_fields"], "no digit is lost")
	assert.Equal(t, "late", a.Agent(7)["custom_fields"].(map[string]any)["shift"])
	assert.Equal(t, []int64{70}, a.Agent(7)["member_of"])
	assert.Equal(t, []int64{10}, a.Members(80))
	assert.Equal(t, "rule_based", a.RequesterGroup(81)["type"])
	assert.Equal(t, int64(7), a.Departments()[0]["head_user_id"])
	a.do("GET", "/roles", nil).wantCode(403, "access_denied")
	a.do("GET", "/workspaces/3", nil).want(200)
	assert.Len(t, a.do("GET", "/department_fields", nil).all("department_fields", "name"), 6)
	assert.NotEmpty(t, a.Authorize(redirect))
	assert.Len(t, a.Requesters(), 2)

	empty, err := freshservicetest.ReadSeed(strings.NewReader("{}"))
	require.NoError(t, err)
	assert.Equal(t, &freshservicetest.Options{}, empty)
}

func TestReadSeed_Refusals(t *testing.T) {
	t.Parallel()
	for seed, want := range map[string]string{
		``:                                     "seed: the seed is empty",
		`{"people": []}`:                       `unknown field "people"`,
		`{"agents": [{"primary_email": "x"}]}`: `unknown field "primary_email"`,
		`{"agents": [{"id": "7"}]}`:            "cannot unmarshal string",
		`{"agents": `:                          "unexpected EOF",
		`{} {}`:                                "more than one JSON object",
		`{}]`:                                  "more than one JSON object",
		`{"plan": "gold"}`:                     `no plan "gold"`,
		`{"variant": "odd"}`:                   `no variant "odd"`,
		`{"agents": [{"id": 7}], "requesters": [{"id": 7}]}`: "two records have the id 7",
		`{"owner": {"id": 7}, "roles": [{"id": 7}]}`:         "two records have the id 7",
	} {
		opts, err := freshservicetest.ReadSeed(strings.NewReader(seed))
		require.ErrorContains(t, err, want, seed)
		assert.Nil(t, opts)
	}
}

// A file that never ends is not read to its end.
func TestReadSeed_Bounded(t *testing.T) {
	t.Parallel()
	_, err := freshservicetest.ReadSeed(blanks{})
	require.ErrorContains(t, err, "longer than 67108864 bytes")
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
