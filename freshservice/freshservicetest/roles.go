package freshservicetest

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// RoleType says whom a role is for (§5.6).
type RoleType int

// The types of roles.
const (
	AdminRole RoleType = 1
	AgentRole RoleType = 2
)

// The ids of the roles that an account without [Options.Roles] has. They are
// below [DefaultFirstID].
const (
	AccountAdminRole int64 = 21000150290 + iota
	AdministratorRole
	SupervisorRole
	RequesterManagerRole
	ITAgentRole
	SDAgentRole int64 = 21000150301
)

// Role is a role of the account (§5.6); the API only reads it.
type Role struct {
	// ID is the id. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Type is role_type. Zero: [AgentRole].
	Type RoleType `json:"role_type"`
	// Custom says that the account made the role: its "default" is false.
	Custom bool `json:"custom"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// RoleAssignment is a role that an agent has (§5.2).
type RoleAssignment struct {
	RoleID int64 `json:"role_id"`
	// Scope is assignment_scope: "entire_helpdesk", "member_groups",
	// "specified_groups" or "assigned_items".
	Scope string `json:"assignment_scope"`
	// Groups are the agent groups of "specified_groups".
	Groups []int64 `json:"groups"`
	// WorkspaceID is where the role counts. Zero: null, the primary workspace.
	WorkspaceID int64 `json:"workspace_id"`
}

func (r RoleAssignment) view() map[string]any {
	v := map[string]any{
		"role_id": r.RoleID, "assignment_scope": r.Scope, "groups": append([]int64{}, r.Groups...), "workspace_id": nil,
	}
	if r.WorkspaceID != 0 {
		v["workspace_id"] = r.WorkspaceID
	}
	return v
}

// defaultRoles are those of an account that is given none.
func defaultRoles() []Role {
	return []Role{
		{ID: AccountAdminRole, Name: accountAdmin, Description: "Has complete control over the help desk.", Type: AdminRole},
		{ID: AdministratorRole, Name: "Admin", Description: "Configures the help desk.", Type: AdminRole},
		{ID: SupervisorRole, Name: "IT Supervisor", Description: "Supervises agents.", Type: AgentRole},
		{ID: RequesterManagerRole, Name: "Requester Manager", Description: "Manages requesters.", Type: AdminRole},
		{ID: ITAgentRole, Name: "IT Agent", Description: "Works on tickets.", Type: AgentRole},
		{ID: SDAgentRole, Name: "SD Agent", Description: "Service desk agent.", Type: AgentRole},
	}
}

func (a *Account) addRole(r Role) int64 {
	r.ID = a.idOr(r.ID)
	r.Type = cmp.Or(r.Type, AgentRole)
	if r.CreatedAt.IsZero() {
		r.CreatedAt = a.clock()
	}
	if old := a.role(r.ID); old != nil {
		*old = r
	} else {
		a.roles = append(a.roles, r)
	}
	return r.ID
}

// AddRole stores a role and returns its id. Nothing is validated.
func (a *Account) AddRole(r Role) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addRole(r)
}

// role finds a role by its id.
func (a *Account) role(id int64) *Role {
	if i := slices.IndexFunc(a.roles, func(r Role) bool { return r.ID == id }); i >= 0 {
		return &a.roles[i]
	}
	return nil
}

// convertedRoles is what a converted requester gets: the role SD Agent for the
// whole help desk (§4.8). An account without a role of that name gives its first
// one for agents.
func (a *Account) convertedRoles() []RoleAssignment { return a.firstRole("SD Agent", AgentRole) }

// ownerRoles is what the owner of the account has.
func (a *Account) ownerRoles() []RoleAssignment { return a.firstRole(accountAdmin, AdminRole) }

// accountAdmin is the name of the role that exists at the global level only
// (§5.2).
const accountAdmin = "Account Admin"

// firstRole assigns the role of that name for the whole help desk, or where there
// is none the first one of the type.
func (a *Account) firstRole(name string, t RoleType) []RoleAssignment {
	i := slices.IndexFunc(a.roles, func(r Role) bool { return r.Name == name })
	if i < 0 {
		i = slices.IndexFunc(a.roles, func(r Role) bool { return r.Type == t })
	}
	if i < 0 {
		return nil
	}
	return []RoleAssignment{{RoleID: a.roles[i].ID, Scope: "entire_helpdesk"}}
}

func (a *Account) roleView(r *Role) map[string]any {
	v := map[string]any{
		"id": r.ID, "name": r.Name, "description": r.Description, "default": !r.Custom, "role_type": r.Type,
		"created_at": a.stamp(r.CreatedAt), "updated_at": a.stamp(r.CreatedAt),
	}
	if a.rules.RolesWithScopes {
		delete(v, "role_type")
		v["scopes"] = map[string]any{"ticket": "all_tickets", "problem": nil, "change": nil, "release": nil, "asset": nil}
	}
	return v
}

// viewRole serves GET /roles/{id}.
func (a *Account) viewRole(c *call) answer {
	r := a.role(c.id)
	if r == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "role", a.roleView(r))
}

// listRoles serves GET /roles (§5.6).
func (a *Account) listRoles(c *call) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	from, to, more := p.slice(len(a.roles))
	out := []map[string]any{}
	for i := range a.roles[from:to] {
		out = append(out, a.roleView(&a.roles[from+i]))
	}
	return a.link(c, wrapped(http.StatusOK, "roles", out), p, more)
}

// convertRoles reads role assignments; the list replaces what the agent had and
// is not empty (§5.2).
func (a *Account) convertRoles(name string, in any) ([]RoleAssignment, *fieldError) {
	list, ok := in.([]any)
	if !ok {
		e := a.mismatch(name, "Array")
		return nil, &e
	}
	if len(list) == 0 {
		e := invalidValue(name, messageEmpty)
		return nil, &e
	}
	var out []RoleAssignment
	for _, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			e := a.mismatch(name, "Hash")
			return nil, &e
		}
		r, bad := a.convertRole(object)
		if bad != nil {
			return nil, bad
		}
		out = append(out, r)
	}
	return out, nil
}

// convertRole reads one assignment. What is wrong is said of "roles".
func (a *Account) convertRole(in map[string]any) (r RoleAssignment, bad *fieldError) {
	fail := func(e fieldError) (RoleAssignment, *fieldError) { return RoleAssignment{}, &e }
	const name = "roles"
	for _, key := range sortedKeys(in) {
		switch v := in[key]; key {
		case "role_id":
			if r.RoleID, bad = a.convertID(name, v); bad != nil {
				return r, bad
			}
		case "assignment_scope":
			if r.Scope, _ = v.(string); r.Scope == "" {
				return fail(a.mismatch(name, "String"))
			}
		case "workspace_id":
			if v == nil {
				continue
			}
			if r.WorkspaceID, bad = a.convertID(name, v); bad != nil {
				return r, bad
			}
		case "groups":
			list, ok := v.([]any)
			if !ok && v != nil {
				return fail(a.mismatch(name, "Array"))
			}
			for _, item := range list {
				id, bad := a.convertID(name, item)
				if bad != nil {
					return r, bad
				}
				r.Groups = append(r.Groups, id)
			}
		default:
			return fail(unexpected(name))
		}
	}
	role := a.role(r.RoleID)
	_, groupsSent := in["groups"]
	specified := r.Scope == "specified_groups"
	switch {
	case r.RoleID == 0 || r.Scope == "" || specified && len(r.Groups) == 0:
		return fail(missing(name))
	case role == nil:
		return fail(invalidValue(name, "There is no role with this id"))
	case !slices.Contains([]string{"entire_helpdesk", "member_groups", "specified_groups", "assigned_items"}, r.Scope):
		return fail(invalidValue(name, messageChoice))
	case !specified && groupsSent && !a.rules.RoleGroupsIgnored:
		return fail(unexpected(name))
	case r.WorkspaceID > globalWorkspace && a.workspace(r.WorkspaceID) == nil:
		return fail(invalidValue(name, "There is no workspace with this id"))
	case role.Name == accountAdmin && r.WorkspaceID > globalWorkspace:
		return fail(invalidValue(name, "This role exists at the global level only"))
	}
	if !specified {
		r.Groups = nil
	}
	workspace := cmp.Or(r.WorkspaceID, primaryWorkspace) // for group lookups (§5.2)
	for _, id := range r.Groups {
		if g := a.groups.Records[id]; g == nil || g.WorkspaceID != workspace {
			return fail(invalidValue(name, "There is no group with this id in the workspace"))
		}
	}
	return r, nil
}

// checkRoles refuses assignments that the plan (§5.2) or the rules do not allow.
// cur is the agent before, or nil.
func (a *Account) checkRoles(c *call, u, cur *user) (answer, bool) {
	if slices.ContainsFunc(u.roles, func(r RoleAssignment) bool { return r.Scope == "specified_groups" }) && !a.higherPlan {
		return a.noFeature(), false
	}
	if cur != nil && a.rules.OwnRolesLocked && cur.id == cmp.Or(c.key.Agent, a.ownerID) {
		return denied(), false
	}
	return answer{}, true
}

// noFeature is the answer for what the account's plan does not have (§1.4).
func (a *Account) noFeature() answer {
	return flat(http.StatusForbidden, "require_feature", "The feature is not available in your plan")
}

// rescope narrows specified_groups roles whose last group is gone (§5.2).
func (a *Account) rescope(gone int64, now time.Time) {
	for _, id := range a.users.IDs() {
		u := a.users.Records[id]
		if !slices.ContainsFunc(u.roles, func(r RoleAssignment) bool { return slices.Contains(r.Groups, gone) }) {
			continue
		}
		u = u.clone()
		u.roles = slices.Clone(u.roles)
		for i := range u.roles {
			r := &u.roles[i]
			if !slices.Contains(r.Groups, gone) {
				continue
			}
			if r.Groups = without(r.Groups, gone); len(r.Groups) == 0 {
				r.Scope = "assigned_items"
			}
		}
		a.putUser(u, now)
	}
}
