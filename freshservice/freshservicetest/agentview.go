package freshservicetest

import (
	"cmp"
	"encoding/json"
	"strconv"
)

// agentView is the JSON of a user under the agent attributes (§5.1).
func (a *Account) agentView(u *user) map[string]any {
	v := a.sharedView(u)
	v["email"] = u.attrs["primary_email"]
	for _, name := range []string{"signature", "license_type", "scoreboard_level_id"} {
		v[name] = u.attrs[name]
	}
	v["occasional"] = u.flag("occasional")
	v["api_key_enabled"] = u.flag("api_key_enabled") || a.holdsKey(u.id)
	v["scoreboard_points"] = nil
	v["auto_assign_tickets"] = true
	v["auto_assign_status_changed_at"] = nil
	v["last_login_at"] = nil
	v["last_active_at"] = nil
	roles := []map[string]any{}
	for _, r := range u.roles {
		roles = append(roles, r.view())
	}
	v["roles"] = roles
	m := a.membershipsOf(u.id)
	v["member_of"], v["observer_of"] = m.member, m.observer
	v["member_of_pending_approval"], v["observer_of_pending_approval"] = m.memberPending, m.observerPending
	workspaces := append([]int64{}, u.ids("workspace_ids")...)
	v["workspace_ids"] = workspaces
	info := []map[string]any{}
	for _, id := range workspaces {
		info = append(info, map[string]any{"workspace_id": id, "scoreboard_level_id": u.attrs["scoreboard_level_id"], "points": nil})
	}
	v["workspace_info"] = info
	v["custom_fields"] = a.customView(a.agentFields, u.agentCustom)
	return v
}

// holdsKey reports whether an API key of the account belongs to the agent.
func (a *Account) holdsKey(id int64) bool {
	for i := range a.keys {
		if cmp.Or(a.keys[i].Agent, a.ownerID) == id {
			return true
		}
	}
	return false
}

// convertLevel reads scoreboard_level_id, which is 1 to 6 (§5.1).
func (a *Account) convertLevel(name string, in any) (any, *fieldError) {
	n, ok := in.(json.Number)
	if !ok {
		e := a.mismatch(name, "Positive Integer")
		return nil, &e
	}
	level, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || level < 1 || level > 6 {
		e := invalidValue(name, messageChoice)
		return nil, &e
	}
	return level, nil
}
