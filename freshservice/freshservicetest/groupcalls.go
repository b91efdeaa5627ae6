package freshservicetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// unassignedFor are the values of unassigned_for; 15m was seen in answers (§6.1).
func unassignedFor() []string {
	return []string{"15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "3d"}
}

// listGroups serves GET /groups: the groups of one workspace, the primary one
// unless another is named; there is no list across workspaces (§6.1).
func (a *Account) listGroups(c *call) answer {
	p, errs := a.page(c)
	workspace := primaryWorkspace
	if c.query.Has("workspace_id") {
		id, err := strconv.ParseInt(c.query.Get("workspace_id"), 10, 64)
		if workspace = id; err != nil || id != globalWorkspace && a.workspace(id) == nil {
			errs = append(errs, invalidValue("workspace_id", messagePositiveInteger))
		}
	}
	if errs != nil {
		return a.invalid(errs...)
	}
	var hits []*group
	for _, id := range a.groups.IDs() {
		if g := a.groups.Records[id]; g.WorkspaceID == workspace {
			hits = append(hits, g)
		}
	}
	from, to, more := p.slice(len(hits))
	out := []map[string]any{}
	for _, g := range hits[from:to] {
		out = append(out, a.groupView(g))
	}
	return a.link(c, wrapped(http.StatusOK, "groups", out), p, more)
}

// viewGroup serves GET /groups/{id}.
func (a *Account) viewGroup(c *call) answer {
	g := a.groups.Records[c.id]
	if g == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "group", a.groupView(g))
}

// createGroup serves POST /groups. Where approval is required, only leaders join
// at once (§6.1).
func (a *Account) createGroup(c *call) answer {
	g := &group{AgentGroup: AgentGroup{
		WorkspaceID: primaryWorkspace, UnassignedFor: defaultUnassignedFor, CreatedAt: c.now,
	}}
	if bad, ok := a.assignGroup(c, g, nil); !ok {
		return bad
	}
	g.ID = a.take()
	a.groups.Put(g.ID, g, c.now)
	return c.created("groups", g.ID, "group", a.groupView(g))
}

// updateGroup serves PUT /groups/{id}: partial, but lists replace (§6.1).
func (a *Account) updateGroup(c *call) answer {
	cur := a.groups.Records[c.id]
	if cur == nil {
		return a.notFound()
	}
	g := *cur
	if bad, ok := a.assignGroup(c, &g, cur); !ok {
		return bad
	}
	a.groups.Put(g.ID, &g, c.now)
	return wrapped(http.StatusOK, "group", a.groupView(&g))
}

// deleteGroup serves DELETE /groups/{id}; the members stay, and roles that were
// bound to the group alone are narrowed (§5.2).
func (a *Account) deleteGroup(c *call) answer {
	if a.groups.Records[c.id] == nil {
		return a.notFound()
	}
	a.groups.Put(c.id, nil, c.now)
	a.rescope(c.id, c.now)
	return noContent()
}

// assignGroup checks the attributes of a request and sets them on g, which is
// the caller's copy. cur is the group before, or nil.
func (a *Account) assignGroup(c *call, g, cur *group) (answer, bool) {
	in, bad, ok := c.object()
	if !ok {
		return bad, false
	}
	var errs []fieldError
	if _, sent := in["name"]; cur == nil && !sent {
		errs = append(errs, missing("name"))
	}
	lists := map[seat][]int64{}
	for _, name := range sortedKeys(in) {
		s := slices.Index([]string{"members", "observers", "leaders"}, name)
		if s < 0 {
			if e := a.setGroup(g, cur, name, in[name]); e != nil {
				errs = append(errs, *e)
			}
			continue
		}
		ids, e := a.convertGroupAgents(name, in[name], cur, seat(s))
		if e != nil {
			errs = append(errs, *e)
			continue
		}
		lists[seat(s)] = ids
	}
	if errs != nil {
		return a.invalid(errs...), false
	}
	if !a.higherPlan && len(lists[observerSeat])+len(lists[leaderSeat]) > 0 {
		return a.noFeature(), false
	}
	if bad, ok := a.checkGroupName(g); !ok {
		return bad, false
	}
	// Approval is a matter of restricted groups: to require it restricts the
	// group, and to lift the restriction lifts it.
	if _, sent := in["restricted"]; in["approval_required"] == true && !sent {
		g.Restricted = true
	}
	g.ApprovalRequired = g.gated()
	a.seatAgents(g, cur, lists)
	g.updated = c.now
	return answer{}, true
}

// seatAgents settles who is in a group and who waits (§6.1).
func (a *Account) seatAgents(g, cur *group, lists map[seat][]int64) {
	for i := range g.seats {
		s := seat(i)
		if cur != nil && cur.gated() && !g.gated() { // all requests are granted
			g.seats[s] = g.seats[s].approveAll()
		}
		ids, sent := lists[s]
		switch {
		case sent && cur == nil && s == leaderSeat:
			g.seats[s] = seating{approved: ids}
		case sent:
			g.seats[s] = g.seats[s].replace(ids, g.gated())
		case a.rules.PendingResend != ResendInLists:
			g.seats[s].waiting = nil
		}
	}
}

// convertGroupAgents reads members, observers or leaders: ids of agents alone
// (§6.1).
func (a *Account) convertGroupAgents(name string, in any, cur *group, s seat) ([]int64, *fieldError) {
	ids, bad := a.convertIDs(name, in)
	if bad != nil {
		return nil, bad
	}
	fail := func(message string) ([]int64, *fieldError) {
		e := invalidValue(name, message)
		return nil, &e
	}
	out := ids[:0]
	for _, id := range ids {
		u := a.users.Records[id]
		if u == nil || !u.agent {
			return fail("There is no agent with this id")
		}
		known := cur != nil && cur.seats[s].has(id)
		switch {
		case u.active || a.rules.InactiveInGroups == InactiveAccepted:
		case a.rules.InactiveInGroups == InactiveDropped:
			continue
		case !known || a.rules.InactiveInGroups == InactiveRefused:
			return fail("The agent is deactivated")
		}
		out = append(out, id)
	}
	return out, nil
}

// checkGroupName refuses a name that another group of the workspace has (§13.12).
func (a *Account) checkGroupName(g *group) (answer, bool) {
	for id, other := range a.groups.Records {
		if !a.rules.GroupNamesRepeat && id != g.ID && other.WorkspaceID == g.WorkspaceID && strings.EqualFold(other.Name, g.Name) {
			return a.duplicate("name", 0), false
		}
	}
	return answer{}, true
}

// setGroup sets one attribute, lists excepted. agent_ids, removed in 2023, is as
// unknown as any other (§6.1).
func (a *Account) setGroup(g, cur *group, name string, in any) (bad *fieldError) {
	fail := func(e fieldError) *fieldError { return &e }
	switch name {
	case "name":
		g.Name, bad = a.convertName(name, in)
	case "description":
		g.Description, bad = a.convertDescription(name, in)
	case "workspace_id":
		id, e := a.convertID(name, in)
		switch {
		case e != nil:
			return e
		case cur != nil && id != cur.WorkspaceID:
			return fail(a.readonly(name))
		case a.workspace(id) == nil:
			return fail(invalidValue(name, "There is no workspace with this id"))
		}
		g.WorkspaceID = id
	case "restricted":
		g.Restricted, bad = a.convertFlag(name, in)
	case "approval_required":
		g.ApprovalRequired, bad = a.convertFlag(name, in)
	case "auto_ticket_assign":
		g.AutoAssign, bad = a.convertFlag(name, in)
	case "unassigned_for":
		s, ok := in.(string)
		if !ok {
			return fail(a.mismatch(name, "String"))
		}
		if !slices.Contains(unassignedFor(), s) {
			return fail(invalidValue(name, messageChoice))
		}
		g.UnassignedFor = s
	case "business_hours_id":
		g.BusinessHoursID, bad = a.convertReference(name, in, func(int64) bool { return true })
	case "escalate_to":
		g.EscalateTo, bad = a.convertReference(name, in, func(id int64) bool { return a.agent(id, false) != nil })
	case "id", "members_pending_approval", "observers_pending_approval", "leaders_pending_approval", "ocs_schedule_id",
		"created_at", "updated_at":
		return fail(a.readonly(name))
	default:
		return fail(unexpected(name))
	}
	return bad
}

// ApproveAgent grants an agent's requests to join a group, as a leader does, and
// reports whether there was one.
func (a *Account) ApproveAgent(group, agent int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.groups.Records[group]
	if g == nil {
		return false
	}
	next, granted := *g, false
	for s := range next.seats {
		granted = granted || slices.Contains(next.seats[s].waiting, agent)
		next.seats[s] = next.seats[s].approve(agent)
	}
	a.groups.Put(group, &next, a.clock().UTC())
	return granted
}
