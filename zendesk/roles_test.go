package zendesk_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func roleAccount() *zendesktest.Options {
	return &zendesktest.Options{Users: people(), CustomRoles: []zendesktest.CustomRole{
		{ID: 31, Name: "Light agent", Type: zendesktest.LightAgent},
		{ID: 32, Name: "Advisor", Type: zendesktest.CustomAgent},
		{ID: 34, Name: "Admin", Type: zendesktest.AdminRole},
		{ID: 35, Name: "Billing admin", Type: zendesktest.BillingAdmin},
	}}
}

func TestRoles_NobodyIsRaisedWithoutAWord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id     string // "" for a create
		values map[string]any
		field  string
		code   connector.Code
	}{
		"custom role of an end user":       {"100", map[string]any{"custom_role_id": 32}, "custom_role_id", connector.Invalid},
		"custom role with end user":        {"200", map[string]any{"custom_role_id": 32, "role": "end-user"}, "custom_role_id", connector.Invalid},
		"custom role of an administrator":  {"300", map[string]any{"custom_role_id": 32}, "custom_role_id", connector.Invalid},
		"administrator":                    {"100", map[string]any{"role": "admin"}, "role", connector.Denied},
		"agent to administrator":           {"200", map[string]any{"role": "admin"}, "role", connector.Denied},
		"custom administrator":             {"200", map[string]any{"custom_role_id": 34}, "custom_role_id", connector.Denied},
		"custom billing administrator":     {"100", map[string]any{"role": "agent", "custom_role_id": 35}, "custom_role_id", connector.Denied},
		"no such custom role":              {"200", map[string]any{"custom_role_id": 99}, "custom_role_id", connector.Invalid},
		"new administrator":                {"", map[string]any{"role": "admin"}, "role", connector.Denied},
		"new with custom role only":        {"", map[string]any{"custom_role_id": 32}, "custom_role_id", connector.Invalid},
		"new end user with custom role":    {"", map[string]any{"custom_role_id": 32, "role": "end-user"}, "custom_role_id", connector.Invalid},
		"new agent by administrators role": {"", map[string]any{"custom_role_id": 34, "role": "agent"}, "custom_role_id", connector.Denied},
	} {
		for _, how := range []string{"read", "blind"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				f := start(t, roleAccount(), nil)
				var err error
				switch {
				case c.id == "":
					_, err = f.create(t, t.Context(), withName(c.values))
				case how == "read":
					_, err = f.change(t, t.Context(), user(c.id), c.values)
				default:
					_, err = f.blind(t, t.Context(), user(c.id), c.values)
				}
				require.ErrorIs(t, err, c.code)
				assert.Equal(t, c.field, errorOf(t, err).Field)
				for _, r := range f.sim.Requests() {
					assert.NotContains(t, []string{"PUT /api/v2/users/" + c.id, "POST /api/v2/users"}, r.Method+" "+r.Path, "nothing was written")
				}
			})
		}
	}
}

func withName(values map[string]any) map[string]any {
	out := map[string]any{"name": "New", "email": "new@example.com"}
	for k, v := range values {
		out[k] = v
	}
	return out
}

func TestRoles_Agents(t *testing.T) {
	t.Parallel()
	f := start(t, roleAccount(), nil)
	made, err := f.create(t, t.Context(), withName(map[string]any{"role": "agent", "custom_role_id": 31}))
	require.NoError(t, err)
	assert.Equal(t, [2]string{"agent", "31"}, [2]string{made.String("role"), made.String("custom_role_id")})

	// An agent's custom role goes with the role, and its kind is asked for once.
	rec, err := f.change(t, t.Context(), refOf(made), map[string]any{"custom_role_id": 32})
	require.NoError(t, err)
	assert.Equal(t, "32", rec.String("custom_role_id"))
	assert.Equal(t, map[string]any{"role": "agent", "custom_role_id": 32.0}, f.body(t, "PUT"))
	_, err = f.change(t, t.Context(), user("200"), map[string]any{"custom_role_id": 32})
	require.NoError(t, err)
	looks := 0
	for _, r := range f.sim.Requests() {
		if r.Path == "/api/v2/custom_roles/32" {
			looks++
		}
	}
	assert.Equal(t, 1, looks)

	rec, err = f.change(t, t.Context(), user("100"), map[string]any{"role": "agent"})
	require.NoError(t, err)
	assert.Equal(t, "agent", rec.String("role"))
	rec, err = f.change(t, t.Context(), refOf(made), map[string]any{"role": "end-user", "custom_role_id": nil})
	require.NoError(t, err)
	assert.Equal(t, "end-user", rec.String("role"))
	assert.Equal(t, map[string]any{"role": "end-user"}, f.body(t, "PUT"), "a custom role beside it would make an agent again")
}

func TestRoles_Administrators(t *testing.T) {
	t.Parallel()
	f := start(t, roleAccount(), &zendesk.Options{AllowAdmin: true})
	_, err := f.change(t, t.Context(), user("200"), map[string]any{"custom_role_id": 32})
	require.NoError(t, err)
	rec, err := f.change(t, t.Context(), user("200"), map[string]any{"role": "admin"})
	require.NoError(t, err)
	assert.Equal(t, "admin", rec.String("role"))
	assert.Equal(t, map[string]any{"role": "admin", "custom_role_id": nil}, f.body(t, "PUT"), "no stale custom role is left")
	_, err = f.change(t, t.Context(), user("100"), map[string]any{"role": "admin", "custom_role_id": 32})
	require.ErrorIs(t, err, connector.Invalid)
	made, err := f.create(t, t.Context(), withName(map[string]any{"role": "admin"}))
	require.NoError(t, err)
	assert.Equal(t, "admin", made.String("role"))

	// Who is one already may be changed and lowered without the switch.
	f = start(t, roleAccount(), nil)
	_, err = f.change(t, t.Context(), user("300"), map[string]any{"role": "admin", "name": "Alan T"})
	require.NoError(t, err)
	_, err = f.change(t, t.Context(), user("300"), map[string]any{"role": "agent"})
	require.NoError(t, err)
}

func TestRoles_NoSeat(t *testing.T) {
	t.Parallel()
	for _, kind := range []zendesktest.NoSeat{zendesktest.NoSeatOnBase, zendesktest.NoSeatOnRole, zendesktest.NoSeatForbidden} {
		account := roleAccount()
		account.Seats, account.Rules.NoSeat = 3, kind
		f := start(t, account, nil)
		_, err := f.change(t, t.Context(), user("100"), map[string]any{"role": "agent"})
		require.ErrorIs(t, err, connector.Exhausted)
		assert.Equal(t, "role", errorOf(t, err).Field)
		_, err = f.create(t, t.Context(), withName(map[string]any{"role": "agent"}))
		require.ErrorIs(t, err, connector.Exhausted)
		_, err = f.create(t, t.Context(), withName(nil))
		require.NoError(t, err)
	}
}

// TestRoles_ForbiddenIsNotAlwaysASeat: a 403 means the seats only where an
// administrator asks, with every scope, for a user of the account's own.
func TestRoles_ForbiddenIsNotAlwaysASeat(t *testing.T) {
	t.Parallel()
	account := roleAccount()
	account.Users = append(account.Users, zendesktest.User{ID: 400, Name: "Shared", Email: "shared@example.com", Shared: true})
	f := start(t, account, nil)
	_, err := f.change(t, t.Context(), user("400"), map[string]any{"role": "agent"})
	require.ErrorIs(t, err, connector.Denied)
	_, err = f.change(t, t.Context(), user("400"), map[string]any{"name": "S"})
	require.ErrorIs(t, err, connector.Denied)
}

// TestUser_TheNamedOwnerIsProtected: the account's owner, whom no call of the API
// tells, is whom a setting names, by address or id.
func TestUser_TheNamedOwnerIsProtected(t *testing.T) {
	t.Parallel()
	for _, owner := range []string{"GRACE@example.com", "200"} {
		f := start(t, &zendesktest.Options{Users: people(), IndexLag: zendesktest.NoIndexLag}, &zendesk.Options{AccountOwner: owner})
		desc, err := f.Description(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []connector.Ref{user("200")}, desc.Protected)
		f.sim.ResetRequests()
		for _, a := range []connector.Action{{Kind: connector.Deactivate, Keep: true}, {Kind: connector.Downgrade}, {Kind: connector.Delete, Hint: "agent"}, {Kind: connector.Erase}} {
			_, err := f.Act(t.Context(), user("200"), a)
			require.ErrorIs(t, err, connector.Denied, "%s", a.Kind)
			assert.Contains(t, errorOf(t, err).Reason, "owner")
		}
		_, err = f.blind(t, t.Context(), user("200"), map[string]any{"role": "end-user"})
		require.ErrorIs(t, err, connector.Denied)
		assert.Empty(t, f.sim.Requests())
	}
	f := start(t, &zendesktest.Options{Users: people(), IndexLag: zendesktest.NoIndexLag}, &zendesk.Options{AccountOwner: "nobody@example.com"})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Empty(t, desc.Protected)
}
