package freshservicetest

import (
	"cmp"
	"net/http"
	"slices"
)

// createRequester serves POST /requesters (§4.2).
func (a *Account) createRequester(c *call) answer {
	in, bad, ok := c.object()
	if !ok {
		return bad
	}
	u := &user{active: true, created: c.now, updated: c.now, attrs: map[string]any{}, custom: map[string]any{}}
	for _, name := range []string{"language", "time_zone", "time_format"} {
		u.set(name, a.defaultOf(name))
	}
	errs := a.assign(u, in, a.requesterKinds())
	errs = append(errs, a.missingOf(in, append([]string{"first_name"}, sortedKeys(a.required)...), a.fields)...)
	if errs == nil && !hasContact(u) {
		errs = append(errs, missing("primary_email"))
	}
	if errs != nil {
		return a.invalid(errs...)
	}
	if bad, ok := a.checkUnique(u, nil, in, "primary_email"); !ok {
		return bad
	}
	a.assignDomain(u, in)
	u.id = a.take()
	a.putUser(u, c.now)
	return c.created("requesters", u.id, "requester", a.requesterView(u))
}

// missingOf are the mandatory attributes and custom fields that a create does
// not send.
func (a *Account) missingOf(in map[string]any, names []string, fields []RequesterField) []fieldError {
	var errs []fieldError
	for _, name := range names {
		if _, sent := in[name]; !sent {
			errs = append(errs, missing(name))
		}
	}
	custom, _ := in["custom_fields"].(map[string]any)
	for _, f := range fields {
		if _, sent := custom[f.Name]; f.Required && !sent && !a.rules.RequiredFieldsOptional {
			errs = append(errs, missing(a.customName(f.Name)))
		}
	}
	return errs
}

// hasContact reports whether one of the three ways to reach a person is there
// (§4.1).
func hasContact(u *user) bool {
	return u.text("primary_email") != "" || u.text("work_phone_number") != "" || u.text("mobile_phone_number") != ""
}

// viewRequester serves GET /requesters/{id}.
func (a *Account) viewRequester(c *call) answer {
	u := a.requester(c.id, true)
	if u == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "requester", a.requesterView(u))
}

// listRequesters serves GET /requesters (§4.3).
func (a *Account) listRequesters(c *call) answer {
	agents := false
	if c.query.Has("include_agents") {
		switch c.query.Get("include_agents") {
		case "true":
			agents = true
		case "false":
		default:
			return a.invalid(invalidValue("include_agents", messageChoice))
		}
	}
	if agents && !c.may(ManageAgents) {
		return denied()
	}
	f, bad := a.userFilter(c, a.requesterQueryFields())
	if bad != nil {
		return a.invalid(*bad)
	}
	f.kind = func(u *user) bool { return agents || !u.agent }
	f.document = a.requesterDocument
	if a.rules.ListHidesInactive && !filtered(c.query) {
		f.keep = append(f.keep, func(u *user) bool { return u.active })
	}
	return a.listUsers(c, f, "requesters", a.requesterView)
}

// requester finds a requester; agents too where the rules serve them here.
func (a *Account) requester(id int64, orAgent bool) *user {
	u := a.users.Records[id]
	if u == nil || u.agent && !(orAgent && a.rules.RequestersServeAgents) {
		return nil
	}
	return u
}

// updateRequester serves PUT /requesters/{id}: what is not sent stays, but for
// the flag that is reset unless it is sent as true (§4.6).
func (a *Account) updateRequester(c *call) answer {
	cur := a.requester(c.id, true)
	if cur == nil {
		return a.notFound()
	}
	in, bad, ok := c.object()
	if !ok {
		return bad
	}
	if status := cmp.Or(a.rules.UpdateInactiveStatus, http.StatusOK); !cur.active && status != http.StatusOK {
		return a.refusal(status, "The requester is deactivated")
	}
	u := cur.clone()
	u.set(ticketsFlag, false)
	if a.rules.AllChangesFlagResets {
		u.set(changesFlag, false)
	}
	errs := a.assign(u, in, a.requesterKinds())
	if errs == nil && !hasContact(u) && hasContact(cur) && !a.rules.LastContactClearable {
		errs = append(errs, missing("primary_email"))
	}
	if errs != nil {
		return a.invalid(errs...)
	}
	if bad, ok := a.checkUnique(u, cur, in, "primary_email"); !ok {
		return bad
	}
	u.updated = c.now
	a.putUser(u, c.now)
	return wrapped(http.StatusOK, "requester", a.requesterView(u))
}

// checkUnique settles the addresses of u, which is the caller's copy, and
// refuses what others have (§4.1, §9.2). cur is the record before, or nil;
// address is how requests and errors name the primary one.
func (a *Account) checkUnique(u, cur *user, in map[string]any, address string) (answer, bool) {
	_, primarySent := in[address]
	_, sent := in["secondary_emails"]
	if !primarySent && !sent { // what was seeded is not the request's fault
		return a.checkOtherUnique(u, in)
	}
	primary := u.text("primary_email")
	secondary := slices.Clone(u.strings("secondary_emails"))
	is := func(other string) func(string) bool {
		return func(s string) bool { return fold(s) == fold(other) }
	}
	if cur != nil && !sent && fold(primary) != fold(cur.text("primary_email")) && slices.ContainsFunc(secondary, is(primary)) {
		if a.rules.PromoteSecondary == PromoteRefused {
			return a.duplicate(address, u.id), false
		}
		secondary = slices.DeleteFunc(secondary, is(primary))
		if old := cur.text("primary_email"); a.rules.PromoteSecondary == PromoteSwaps && old != "" {
			secondary = append(secondary, old)
		}
	}
	var kept []string
	for _, s := range secondary {
		if primary != "" && is(primary)(s) || slices.ContainsFunc(kept, is(s)) {
			if !a.rules.DropSecondaryEqualToPrimary {
				return a.duplicate("secondary_emails", u.id), false
			}
			continue
		}
		kept = append(kept, s)
	}
	if owner := a.ownerOf(primary, u.id); primary != "" && owner != 0 {
		return a.duplicate(address, owner), false
	}
	for _, s := range kept {
		if owner := a.ownerOf(s, u.id); owner != 0 {
			return a.duplicate("secondary_emails", owner), false
		}
	}
	u.set("secondary_emails", kept)
	return a.checkOtherUnique(u, in)
}

// checkOtherUnique refuses phone numbers and external ids that others have,
// where the rules say so.
func (a *Account) checkOtherUnique(u *user, in map[string]any) (answer, bool) {
	for _, name := range []string{"work_phone_number", "mobile_phone_number", "external_id"} {
		unique := a.rules.PhonesUnique
		if name == "external_id" {
			unique = a.rules.ExternalIDsUnique
		}
		value := u.text(name)
		if _, sent := in[name]; !unique || !sent || value == "" {
			continue
		}
		for _, id := range a.users.IDs() {
			if id != u.id && a.users.Records[id].text(name) == value {
				return a.duplicate(name, id), false
			}
		}
	}
	return answer{}, true
}

// deactivateRequester serves DELETE /requesters/{id} (§4.7).
func (a *Account) deactivateRequester(c *call) answer {
	cur := a.requester(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if !cur.active {
		if status := cmp.Or(a.rules.RepeatDeactivateStatus, http.StatusNoContent); status != http.StatusNoContent {
			return a.refusal(status, "The requester is deactivated already")
		}
		return noContent()
	}
	u := cur.clone()
	u.active = false
	u.updated = c.now
	if a.rules.ReactivationDrops == DropOnDeactivate {
		dropReferences(u)
	}
	a.putUser(u, c.now)
	a.leaveRequesterGroups(u.id)
	return noContent()
}

// dropReferences unsets what the vendor's reactivate sample shows empty (§4.7).
func dropReferences(u *user) {
	for _, name := range []string{"department_ids", "reporting_manager_id", "location_id"} {
		u.set(name, nil)
	}
}

// reactivateRequester serves PUT /requesters/{id}/reactivate (§4.7).
func (a *Account) reactivateRequester(c *call) answer {
	cur := a.requester(c.id, false)
	if cur == nil {
		return a.notFound()
	}
	if status := cmp.Or(a.rules.RepeatReactivateStatus, http.StatusOK); cur.active && status != http.StatusOK {
		return a.refusal(status, "The requester is active already")
	}
	u := cur.clone()
	if !cur.active && a.rules.ReactivationDrops == DropOnReactivate {
		dropReferences(u)
	}
	a.resetFlag(u)
	u.active = true
	u.updated = c.now
	a.putUser(u, c.now)
	return wrapped(http.StatusOK, "requester", a.requesterView(u))
}
