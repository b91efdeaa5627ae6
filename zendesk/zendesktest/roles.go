package zendesktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// RoleType is the kind of a custom role (§8).
type RoleType int

// The kinds.
const (
	CustomAgent  RoleType = 0
	LightAgent   RoleType = 1
	ChatAgent    RoleType = 2
	Contributor  RoleType = 3
	AdminRole    RoleType = 4
	BillingAdmin RoleType = 5
)

// CustomRole is a role of the account (§8).
type CustomRole struct {
	// ID is the id. Zero: the next free one.
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        RoleType `json:"role_type"`
	// ManageGroups, ManageGroupMemberships and ManageOrganizations let agents of
	// the role do what administrators may (§6.1).
	ManageGroups           bool `json:"manage_groups"`
	ManageGroupMemberships bool `json:"manage_group_memberships"`
	ManageOrganizations    bool `json:"manage_organizations"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// AddCustomRole adds a role and returns its id.
func (a *Account) AddCustomRole(r CustomRole) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addCustomRole(r)
}

func (a *Account) addCustomRole(r CustomRole) int64 {
	r.ID = a.idOr(r.ID)
	if r.CreatedAt.IsZero() {
		r.CreatedAt = a.clock()
	}
	a.customRoles = append(a.customRoles, r)
	return r.ID
}

func (a *Account) customRole(id int64) *CustomRole {
	if i := slices.IndexFunc(a.customRoles, func(r CustomRole) bool { return r.ID == id }); i >= 0 {
		return &a.customRoles[i]
	}
	return nil
}

// roleType is role_type in an answer.
func (a *Account) roleType(u *user) any {
	switch r := a.customRole(u.customRole); {
	case u.role == admin:
		return AdminRole
	case u.role == agent && r != nil:
		return r.Type
	}
	return nil
}

// sitting reports whether a user takes a paid seat: agents and administrators
// do, suspended ones too; light agents and contributors do not (§8).
func (a *Account) sitting(u *user) bool {
	if !u.live() || !u.team() {
		return false
	}
	if r := a.customRole(u.customRole); u.role == agent && r != nil {
		return r.Type != LightAgent && r.Type != Contributor
	}
	return true
}

// SeatsTaken returns how many paid seats are taken (§8).
func (a *Account) SeatsTaken() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seatsTaken()
}

func (a *Account) seatsTaken() int { return len(a.all(a.sitting)) }

// noSeat is the refusal of a promotion on a full account (§8, §15.2).
func (a *Account) noSeat() answer {
	const message = "Subscription limit reached"
	switch a.rules.NoSeat {
	case NoSeatOnRole:
		return a.refused("role", invalidValue, "Role: "+message)
	case NoSeatForbidden:
		return forbidden(message)
	}
	return a.refused("base", "", message)
}

// setRole carries role and custom_role_id of a request over to a draft (§4.3,
// §8).
func (d *draft) setRole() {
	a, u := d.a, d.u
	wanted, hasRole := d.text("role", false)
	id, hasCustom := d.id("custom_role_id", true)
	if d.bad != nil || !hasRole && !hasCustom {
		return
	}
	before := u.role
	role := u.role
	if hasRole {
		if wanted != endUser && wanted != agent && wanted != admin {
			d.problems.add("role", invalidValue, "Role: is invalid")
			return
		}
		role = wanted
	}
	switch r := a.customRole(id); {
	case id != 0 && r == nil:
		d.problems.add("custom_role_id", invalidValue, "Custom role: is invalid")
		return
	case id != 0 && !hasRole && a.rules.CustomRoleAloneIgnored && u.role == endUser:
	case id != 0 && r.Type == AdminRole && a.rules.AdminRoleRefused:
		d.problems.add("custom_role_id", invalidValue, "Custom role: is invalid")
		return
	case id != 0 && r.Type == AdminRole:
		role, u.customRole = admin, id
	case id != 0:
		// With role "end-user" as well the user becomes an agent (§4.1).
		if role != admin || !hasRole {
			role = agent
		}
		u.customRole = id
	case hasCustom:
		u.customRole = 0
	case role == admin && before != admin && a.rules.AdminDropsCustomRole:
		u.customRole = 0
	}
	u.role = role
	switch {
	case role == endUser:
		a.downgrade(u)
	case role == agent && u.customRole == 0 && (before != agent || hasCustom) && !a.rules.NoDefaultRole:
		u.customRole = a.defaultRoleID()
	case role == agent && before == admin && !hasCustom && a.customRole(u.customRole) != nil && a.customRole(u.customRole).Type == AdminRole:
		u.customRole = a.defaultRoleID()
	}
	if u.team() && before == endUser {
		u.restriction = ""
		r := a.customRole(u.customRole)
		u.privateOnly = r != nil && r.Type == LightAgent
	}
}

// defaultRoleID is the custom role of agents who are made ones without (§4.3).
func (a *Account) defaultRoleID() int64 {
	if a.defaultRole != 0 {
		return a.defaultRole
	}
	for _, r := range a.customRoles {
		if r.Type == CustomAgent {
			return r.ID
		}
	}
	return 0
}

// downgrade takes from an end user what only team members have (§4.7).
func (a *Account) downgrade(u *user) {
	u.customRole, u.groups, u.assigned = 0, nil, 0
	u.moderator, u.privateOnly = false, false
	u.restriction = "requested"
}

func (a *Account) roleView(r *CustomRole) map[string]any {
	members := len(a.all(func(u *user) bool { return u.live() && u.customRole == r.ID }))
	manages := r.Type == AdminRole
	return map[string]any{
		"id": r.ID, "name": r.Name, "description": r.Description, "role_type": r.Type, "team_member_count": members,
		"configuration": map[string]any{
			"light_agent": r.Type == LightAgent, "manage_team_members": manages, "manage_groups": manages || r.ManageGroups,
			"manage_group_memberships": manages || r.ManageGroupMemberships, "manage_organizations": manages || r.ManageOrganizations,
			"end_user_profile_access": "full",
		},
		"created_at": stamp(r.CreatedAt), "updated_at": stamp(r.CreatedAt),
	}
}

// listRoles serves GET /custom_roles, which is not paginated (§3, §8).
func (a *Account) listRoles(*call) answer {
	if len(a.customRoles) == 0 {
		switch a.rules.NoCustomRolesStatus {
		case http.StatusForbidden:
			return notAllowed()
		case http.StatusNotFound:
			return named(http.StatusNotFound, "InvalidEndpoint", "Not found")
		}
	}
	out := []map[string]any{}
	for i := range a.customRoles {
		out = append(out, a.roleView(&a.customRoles[i]))
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"custom_roles": out, "count": len(out), "next_page": nil, "previous_page": nil,
	})
}

func (a *Account) showRole(c *call) answer {
	r := a.customRole(c.ids[0])
	if r == nil {
		return notFound()
	}
	return wrapped(http.StatusOK, "custom_role", a.roleView(r))
}

// integer reads a JSON integer.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
