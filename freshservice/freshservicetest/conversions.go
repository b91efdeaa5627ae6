package freshservicetest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"
)

// convertRequester serves PUT /requesters/{id}/convert_to_agent: the id stays,
// the agent is an occasional one with the SD Agent role and in no group (§4.8).
func (a *Account) convertRequester(c *call) answer {
	cur := a.requester(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if status := cmp.Or(a.rules.ConvertInactiveStatus, http.StatusConflict); !cur.active && status != http.StatusOK {
		return a.refusal(status, "The requester is deactivated")
	}
	if cur.text("primary_email") == "" { // mandatory for agents (§5.1)
		return a.invalid(missing("email"))
	}
	if a.rules.SeatLimitOnConvert && a.seatsFull(cur.id) {
		return a.noSeat()
	}
	u := cur.clone()
	u.agent = true
	u.set("occasional", true)
	if len(u.roles) == 0 { // not kept from earlier, see DemotionKeepsRoles
		u.roles = a.convertedRoles()
	}
	u.agentCustom = carry(a.fields, u.custom, a.agentFields, u.agentCustom)
	if !a.rules.ConversionKeepsCustom {
		u.custom = nil
	}
	a.resetFlag(u)
	u.updated = c.now
	if a.rules.ConvertFreesSecondary {
		u.set("secondary_emails", nil)
	}
	a.putUser(u, c.now)
	if !a.rules.AgentsJoinRequesterGroups {
		a.leaveRequesterGroups(u.id)
	}
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}

// convertAgent serves PUT /agents/{id}/convert_to_requester: id, profile and
// shared custom fields stay, roles and group memberships go (§5.4).
func (a *Account) convertAgent(c *call) answer {
	cur := a.agent(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if status := cmp.Or(a.rules.ConvertInactiveStatus, http.StatusConflict); !cur.active && status != http.StatusOK {
		return a.refusal(status, "The agent is deactivated")
	}
	u := cur.clone()
	u.agent = false
	for _, name := range agentOnly() {
		u.set(name, nil)
	}
	if !a.rules.DemotionKeepsRoles {
		u.roles = nil
	}
	u.custom = carry(a.agentFields, u.agentCustom, a.fields, u.custom)
	if !a.rules.ConversionKeepsCustom {
		u.agentCustom = nil
	}
	a.resetFlag(u)
	u.updated = c.now
	a.putUser(u, c.now)
	a.leaveGroups(u.id)
	return wrapped(http.StatusOK, "requester", a.requesterView(u))
}

// resetFlag is what a PUT without a body does to the flag that every PUT resets
// (§4.1).
func (a *Account) resetFlag(u *user) {
	if !a.rules.ReactivateKeepsFlag {
		u.set(ticketsFlag, false)
	}
}

// agentOnly are the stored attributes that requesters do not have (§5.1).
func agentOnly() []string {
	return []string{"occasional", "workspace_ids", "api_key_enabled", "license_type", "scoreboard_level_id", "signature"}
}

// carry returns the values of a kind's custom fields after a conversion to it:
// those that it had, and over them those of the fields that both kinds share by
// name and type (§8.2).
func carry(from []RequesterField, values map[string]any, to []RequesterField, had map[string]any) map[string]any {
	out := maps.Clone(had)
	if out == nil {
		out = map[string]any{}
	}
	for _, f := range from {
		shared := fieldNamed(to, f.Name)
		if v, set := values[f.Name]; set && shared != nil && shared.Type == f.Type {
			out[f.Name] = v
		}
	}
	return out
}

// forgetRequester serves DELETE /requesters/{id}/forget (§4.7).
func (a *Account) forgetRequester(c *call) answer { return a.forget(c, a.requester(c.id, false)) }

// forgetAgent serves DELETE /agents/{id}/forget (§5.3).
func (a *Account) forgetAgent(c *call) answer { return a.forget(c, a.agent(c.id, false)) }

// forget erases a person for good; the addresses are free again.
func (a *Account) forget(c *call, u *user) answer {
	if u == nil {
		return a.notFound()
	}
	if u.active && a.rules.ForgetNeedsInactive {
		return a.refusal(http.StatusConflict, "The user is active")
	}
	a.erase(u.id, c.now)
	return noContent()
}

// erase removes a user and what refers to the user: nobody reports to, no
// department is led by, and no group has a person who is gone.
func (a *Account) erase(gone int64, now time.Time) {
	a.removeUser(gone, now)
	for _, id := range a.users.IDs() {
		if r := a.users.Records[id]; r.attrs["reporting_manager_id"] == gone {
			r = r.clone()
			r.set("reporting_manager_id", nil)
			a.putUser(r, now)
		}
	}
	for _, id := range a.departments.IDs() {
		d := *a.departments.Records[id]
		if d.head != gone && d.prime != gone {
			continue
		}
		if d.head == gone {
			d.head = 0
		}
		if d.prime == gone {
			d.prime = 0
		}
		a.departments.Put(id, &d, now)
	}
	a.leaveGroups(gone)
	a.leaveRequesterGroups(gone)
}

// without returns the list without an id.
func without(ids []int64, gone int64) []int64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == gone })
}
