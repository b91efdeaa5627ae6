package freshservicetest

import (
	"cmp"
	"net/http"
)

// agentKinds is the attribute table of agents (§5.1): what is not in it, such as
// the attributes removed in 2023, is an invalid_field. member_of and observer_of
// are not in it: see [Account.takeMemberships].
func (a *Account) agentKinds(create bool) map[string]kind {
	kinds := map[string]kind{
		"first_name":                    nameKind,
		"last_name":                     nameKind,
		"job_title":                     textKind,
		"work_phone_number":             phoneKind,
		"mobile_phone_number":           phoneKind,
		"email":                         emailKind,
		"occasional":                    flagKind,
		"department_ids":                departmentsKind,
		ticketsFlag:                     flagKind,
		changesFlag:                     readonlyKind,
		"reporting_manager_id":          managerKind,
		"location_id":                   locationKind,
		"address":                       longTextKind,
		"background_information":        longTextKind,
		"time_zone":                     timeZoneKind,
		"time_format":                   timeFormatKind,
		"language":                      languageKind,
		"roles":                         rolesKind,
		"workspace_ids":                 workspacesKind,
		"scoreboard_level_id":           levelKind,
		"signature":                     longTextKind,
		"custom_fields":                 agentCustomKind,
		"id":                            readonlyKind,
		"member_of_pending_approval":    readonlyKind,
		"observer_of_pending_approval":  readonlyKind,
		"workspace_info":                readonlyKind,
		"active":                        readonlyKind,
		"has_logged_in":                 readonlyKind,
		"last_login_at":                 readonlyKind,
		"last_active_at":                readonlyKind,
		"created_at":                    readonlyKind,
		"updated_at":                    readonlyKind,
		"external_id":                   readonlyKind,
		"vip_user":                      readonlyKind,
		"auto_assign_tickets":           readonlyKind,
		"auto_assign_status_changed_at": readonlyKind,
		"scoreboard_points":             readonlyKind,
		"department_names":              readonlyKind,
		"location_name":                 readonlyKind,
	}
	if a.rules.AgentExternalIDWritable {
		kinds["external_id"] = externalIDKind
	}
	if a.rules.LicenseTypeWritable {
		kinds["license_type"] = licenseKind
	}
	if create {
		kinds["api_key_enabled"] = flagKind
		return kinds
	}
	names := []string{"first_name", "last_name"}
	profile := append(names, "job_title", "work_phone_number", "mobile_phone_number")
	switch a.rules.AgentProfile {
	case ProfileInvalidField:
		for _, name := range profile {
			delete(kinds, name)
		}
	case ProfileReadonly:
		for _, name := range profile {
			kinds[name] = readonlyKind
		}
	case ProfileNamesReadonly:
		for _, name := range names {
			kinds[name] = readonlyKind
		}
	case ProfileIgnored:
		for _, name := range profile {
			kinds[name] = ignoredKind
		}
	}
	return kinds
}

// agent finds an agent; requesters too where the rules serve them here.
func (a *Account) agent(id int64, orRequester bool) *user {
	u := a.users.Records[id]
	if u == nil || !u.agent && !(orRequester && a.rules.AgentsServeRequesters) {
		return nil
	}
	return u
}

// createAgent serves POST /agents (§5.3). The person is active at once and gets
// an activation e-mail, see [Account.ActivationMails].
func (a *Account) createAgent(c *call) answer {
	in, bad, ok := c.object()
	if !ok {
		return bad
	}
	u := &user{
		agent: true, active: true, created: c.now, updated: c.now,
		attrs: map[string]any{}, custom: map[string]any{}, agentCustom: map[string]any{},
	}
	for _, name := range []string{"language", "time_zone", "time_format"} {
		u.set(name, a.defaultOf(name))
	}
	u.set("occasional", a.rules.OccasionalByDefault)
	memberships, errs := a.takeMemberships(u, in)
	errs = append(errs, a.assign(u, in, a.agentKinds(true))...)
	errs = append(errs, a.missingOf(in, []string{"first_name", "email", "roles"}, a.agentFields)...)
	if errs != nil {
		return a.invalid(errs...)
	}
	if bad, ok := a.checkRoles(c, u, nil); !ok {
		return bad
	}
	if bad, ok := a.checkUnique(u, nil, in, "email"); !ok {
		return bad
	}
	if !u.flag("occasional") && a.seatsFull(0) {
		return a.noSeat()
	}
	a.assignDomain(u, in)
	u.id = a.take()
	a.putUser(u, c.now)
	a.applyMemberships(u.id, memberships, c.now)
	a.activations = append(a.activations, u.text("primary_email"))
	return c.created("agents", u.id, "agent", a.agentView(u))
}

// viewAgent serves GET /agents/{id} (§5.3).
func (a *Account) viewAgent(c *call) answer {
	u := a.agent(c.id, true)
	if u == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}

// listAgents serves GET /agents, deactivated ones included (§5.3).
func (a *Account) listAgents(c *call) answer {
	f, bad := a.userFilter(c, a.agentQueryFields())
	if bad != nil {
		return a.invalid(*bad)
	}
	f.kind = func(u *user) bool { return u.agent }
	f.document = a.agentDocument
	if c.query.Has("state") {
		state := c.query.Get("state")
		if state != "fulltime" && state != "occasional" {
			return a.invalid(invalidValue("state", messageChoice))
		}
		f.keep = append(f.keep, func(u *user) bool { return u.flag("occasional") == (state == "occasional") })
	}
	return a.listUsers(c, f, "agents", a.agentView)
}

// updateAgent serves PUT /agents/{id}: what is not sent stays, but for the flag
// that is reset unless it is sent as true (§4.6, §5.1).
func (a *Account) updateAgent(c *call) answer {
	cur := a.agent(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	in, bad, ok := c.object()
	if !ok {
		return bad
	}
	if status := cmp.Or(a.rules.UpdateInactiveStatus, http.StatusOK); !cur.active && status != http.StatusOK {
		return a.refusal(status, "The agent is deactivated")
	}
	u := cur.clone()
	u.set(ticketsFlag, false)
	memberships, errs := a.takeMemberships(u, in)
	errs = append(errs, a.assign(u, in, a.agentKinds(false))...)
	readdressed := u.text("primary_email") != cur.text("primary_email")
	if a.rules.OwnerEmailReadonly && cur.id == a.ownerID && readdressed {
		errs = append(errs, a.readonly("email"))
	}
	if errs != nil {
		return a.invalid(errs...)
	}
	if _, sent := in["roles"]; sent {
		if bad, ok := a.checkRoles(c, u, cur); !ok {
			return bad
		}
	}
	if bad, ok := a.checkUnique(u, cur, in, "email"); !ok {
		return bad
	}
	if u.active && cur.flag("occasional") && !u.flag("occasional") && a.seatsFull(u.id) {
		return a.noSeat()
	}
	u.updated = c.now
	a.putUser(u, c.now)
	a.applyMemberships(u.id, memberships, c.now)
	if a.rules.AgentEmailActivates && readdressed {
		a.activations = append(a.activations, u.text("primary_email"))
	}
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}

// seatsFull reports whether the active full-time agents, but for one, take all
// seats (§5.5).
func (a *Account) seatsFull(but int64) bool {
	if a.seats <= 0 {
		return false
	}
	taken := 0
	for id, u := range a.users.Records {
		if id != but && u.agent && u.active && !u.flag("occasional") {
			taken++
		}
	}
	return taken >= a.seats
}

// noSeat is the answer at the seat limit (§5.5).
func (a *Account) noSeat() answer {
	return flat(http.StatusForbidden, cmp.Or(a.rules.SeatLimitCode, "access_denied"),
		"You have reached the maximum number of agents")
}

// deactivateAgent serves DELETE /agents/{id}: 200 with the agent, who keeps all
// but the headship of departments (§5.4).
func (a *Account) deactivateAgent(c *call) answer {
	cur := a.agent(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if !cur.active {
		if status := a.rules.RepeatDeactivateStatus; status != 0 && status != http.StatusNoContent {
			return a.refusal(status, "The agent is deactivated already")
		}
		return wrapped(http.StatusOK, "agent", a.agentView(cur))
	}
	u := cur.clone()
	u.active = false
	u.updated = c.now
	a.putUser(u, c.now)
	for _, id := range a.departments.IDs() {
		if d := *a.departments.Records[id]; d.head == u.id {
			d.head = 0
			a.departments.Put(id, &d, c.now)
		}
	}
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}

// reactivateAgent serves PUT /agents/{id}/reactivate: whatever the agent was,
// the agent is an occasional one now (§5.4).
func (a *Account) reactivateAgent(c *call) answer {
	cur := a.agent(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if status := cmp.Or(a.rules.RepeatReactivateStatus, http.StatusOK); cur.active && status != http.StatusOK {
		return a.refusal(status, "The agent is active already")
	}
	u := cur.clone()
	if !cur.active && !a.rules.ReactivateKeepsFullTime {
		u.set("occasional", true)
	}
	if !cur.active && (a.rules.SeatLimitOnReactivate || !u.flag("occasional")) && a.seatsFull(u.id) {
		return a.noSeat()
	}
	a.resetFlag(u)
	u.active = true
	u.updated = c.now
	a.putUser(u, c.now)
	return wrapped(http.StatusOK, "agent", a.agentView(u))
}
