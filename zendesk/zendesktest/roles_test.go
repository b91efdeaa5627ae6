package zendesktest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// roleID is the id of a custom role by name.
func (a *account) roleID(name string) int64 {
	a.t.Helper()
	for _, r := range a.CustomRoles() {
		if r.Name == name {
			return r.ID
		}
	}
	a.t.Fatal("no such role: " + name)
	return 0
}

// §4.1, §8: what role and custom_role_id make of a user, silent promotions
// included. In the wants, a custom role is named; "" is none.
func TestRoles(t *testing.T) {
	t.Parallel()
	const end, agent, admin = "end-user", "agent", "admin"
	type state struct{ role, custom string }
	null := "null"
	var def zendesktest.Rules
	for _, tt := range []struct {
		name         string
		rules        zendesktest.Rules
		from         state
		role, custom string // sent; "" is not
		want         state
		roleType     any
	}{
		{"end user stays", def, state{end, ""}, end, "", state{end, ""}, nil},
		{"standard agent gets the default role (§4.3)", def, state{end, ""}, agent, "", state{agent, "Advisor"}, num(0)},
		{"without a default role", zendesktest.Rules{NoDefaultRole: true}, state{end, ""}, agent, "", state{agent, ""}, nil},
		{"custom role", def, state{end, ""}, agent, "Advisor", state{agent, "Advisor"}, num(0)},
		{"light agent", def, state{end, ""}, agent, "Light agent", state{agent, "Light agent"}, num(1)},
		{"custom role with end-user promotes silently (§4.1)", def, state{end, ""}, end, "Advisor", state{agent, "Advisor"}, num(0)},
		{"custom role alone promotes", def, state{end, ""}, "", "Advisor", state{agent, "Advisor"}, num(0)},
		{"custom role alone is ignored", zendesktest.Rules{CustomRoleAloneIgnored: true}, state{end, ""}, "", "Advisor", state{end, ""}, nil},
		{"custom role alone changes an agent", zendesktest.Rules{CustomRoleAloneIgnored: true}, state{agent, "Light agent"}, "", "Advisor", state{agent, "Advisor"}, num(0)},
		{"admin", def, state{end, ""}, admin, "", state{admin, ""}, num(4)},
		{"admin by the role of type 4 (§8)", def, state{end, ""}, agent, "Admin", state{admin, "Admin"}, num(4)},
		{"agent to admin keeps a stale role (§8)", def, state{agent, "Advisor"}, admin, "", state{admin, "Advisor"}, num(4)},
		{"agent to admin, role dropped", zendesktest.Rules{AdminDropsCustomRole: true}, state{agent, "Advisor"}, admin, "", state{admin, ""}, num(4)},
		{"agent to admin with null", def, state{agent, "Advisor"}, admin, null, state{admin, ""}, num(4)},
		{"admin to agent", def, state{admin, "Admin"}, agent, "", state{agent, "Advisor"}, num(0)},
		{"downgrade", def, state{agent, "Advisor"}, end, "", state{end, ""}, nil},
		{"downgrade with null", def, state{agent, "Advisor"}, end, null, state{end, ""}, nil},
		{"downgrade with the role promotes again", def, state{agent, "Advisor"}, end, "Advisor", state{agent, "Advisor"}, num(0)},
		{"null takes the custom role", def, state{agent, "Light agent"}, "", null, state{agent, "Advisor"}, num(0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, tt.rules)
			u := zendesktest.User{Name: "x", Email: "x@example.com", Role: tt.from.role}
			if tt.from.custom != "" {
				u.CustomRoleID = a.roleID(tt.from.custom)
			}
			in := object{}
			if tt.role != "" {
				in["role"] = tt.role
			}
			switch tt.custom {
			case "":
			case null:
				in["custom_role_id"] = nil
			default:
				in["custom_role_id"] = a.roleID(tt.custom)
			}
			got := a.put(a.AddUser(u), in).want(200).object()
			assert.Equal(t, tt.want.role, got["role"])
			var custom any
			if tt.want.custom != "" {
				custom = num(a.roleID(tt.want.custom))
			}
			assert.Equal(t, custom, got["custom_role_id"])
			assert.Equal(t, tt.roleType, got["role_type"])
			if tt.want.role == end {
				assert.Nil(t, got["default_group_id"])
			}
		})
	}
	a := sandbox(t, zendesktest.Rules{AdminRoleRefused: true})
	a.post(object{"name": "x", "role": "agent", "custom_role_id": a.roleID("Admin")}).wantDetail("custom_role_id", "InvalidValue")
}

// §4.3, §4.7: what a promotion gives and a downgrade takes.
func TestDowngrade(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	got := a.post(object{"name": "x", "email": "x@example.com", "role": "agent", "signature": "s", "moderator": true}).want(201)
	id := got.id()
	assert.Equal(t, num(a.DefaultGroupID()), got.object()["default_group_id"], "a new team member is in the default group")
	assert.Equal(t, "s", got.object()["signature"])
	assert.Equal(t, true, got.object()["moderator"])
	down := a.put(id, object{"role": "end-user"}).want(200).object()
	for name, want := range map[string]any{
		"default_group_id": nil, "custom_role_id": nil, "role_type": nil, "signature": nil, "moderator": false,
		"ticket_restriction": "requested", "restricted_agent": true, "email": "x@example.com", "suspended": false,
	} {
		assert.Equal(t, want, down[name], name)
	}
	light := a.post(object{"name": "y", "role": "agent", "custom_role_id": a.roleID("Light agent")}).want(201).object()
	assert.Equal(t, true, light["only_private_comments"])
	both := a.post(object{"name": "z", "role": "agent"}).want(201).id()
	done := a.put(both, object{"role": "end-user", "suspended": true}).want(200).object()
	assert.Equal(t, []any{"end-user", true}, []any{done["role"], done["suspended"]}, "in one body")
	a.put(a.OwnerID(), object{"role": "end-user"}).wantDetail("base", "")
	a.put(a.OwnerID(), object{"role": "agent"}).wantDetail("base", "")
}

// §8: who takes a seat, and what a full account says.
func TestSeats(t *testing.T) {
	t.Parallel()
	full := func(rule zendesktest.NoSeat) *account {
		opts := *zendesktest.Sandbox()
		opts.Plan, opts.Seats, opts.Rules = zendesktest.Unlimited, 2, zendesktest.Rules{NoSeat: rule}
		return newAccount(t, opts)
	}
	a := full(zendesktest.NoSeatOnBase)
	require.Equal(t, 2, a.SeatsTaken())
	a.post(object{"name": "x", "role": "agent"}).wantDetail("base", "")
	a.post(object{"name": "x", "role": "admin"}).wantDetail("base", "")
	a.post(object{"name": "x", "role": "agent", "custom_role_id": a.roleID("Light agent")}).want(201)
	end := a.post(object{"name": "x"}).want(201).id()
	a.put(end, object{"role": "agent"}).wantDetail("base", "")
	light := a.UserByEmail("alan@example.com")["id"].(int64)
	a.put(light, object{"custom_role_id": a.roleID("Advisor")}).wantDetail("base", "")
	grace := a.UserByEmail("grace@example.com")["id"].(int64)
	a.put(grace, object{"notes": "x"}).want(200)
	a.put(grace, object{"suspended": true}).want(200)
	a.put(end, object{"role": "agent"}).wantDetail("base", "")
	a.put(grace, object{"role": "end-user"}).want(200)
	assert.Equal(t, 1, a.SeatsTaken(), "the downgrade frees the seat")
	a.put(end, object{"role": "agent"}).want(200)
	full(zendesktest.NoSeatOnRole).post(object{"name": "x", "role": "agent"}).wantDetail("role", "InvalidValue")
	full(zendesktest.NoSeatForbidden).post(object{"name": "x", "role": "agent"}).wantTitle(403, "Forbidden")
}

// §8: the list of custom roles, and accounts that have none.
func TestCustomRoles(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	got := a.do("GET", "/custom_roles", nil)
	assert.Equal(t, []any{"Advisor", "Light agent", "Admin"}, got.all("custom_roles", "name"))
	assert.Equal(t, []any{num(0), num(1), num(4)}, got.all("custom_roles", "role_type"))
	assert.Equal(t, []any{num(1), num(1), num(1)}, got.all("custom_roles", "team_member_count"))
	assert.Equal(t, num(3), got.body["count"])
	one := a.do("GET", path("custom_roles", a.roleID("Light agent")), nil).want(200).object()
	assert.Equal(t, true, one["configuration"].(object)["light_agent"])
	a.do("GET", "/custom_roles/9", nil).wantError(404, "RecordNotFound")
	for status, rules := range map[int]zendesktest.Rules{200: {}, 403: {NoCustomRolesStatus: 403}, 404: {NoCustomRolesStatus: 404}} {
		newAccount(t, zendesktest.Options{Rules: rules}).do("GET", "/custom_roles", nil).want(status)
	}
}
