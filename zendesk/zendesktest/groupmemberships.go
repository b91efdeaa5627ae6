package zendesktest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// groupMembership is one group of a team member (§6.2). One of a team member's
// is the default one, the user's default_group_id.
type groupMembership struct {
	id, group        int64
	isDefault        bool
	created, updated time.Time
}

// defaultGroup is the default group, or 0.
func (u *user) defaultGroup() int64 {
	for _, m := range u.groups {
		if m.isDefault {
			return m.group
		}
	}
	return 0
}

// inGroup finds the membership in a group, or -1.
func (u *user) inGroup(group int64) int {
	return slices.IndexFunc(u.groups, func(m groupMembership) bool { return m.group == group })
}

// joinGroup adds a membership, which is the default one where there is none.
func (d *draft) joinGroup(group int64) {
	d.a.nextMembership++
	d.u.groups = append(d.u.groups, groupMembership{
		id: d.a.nextMembership, group: group, isDefault: d.u.defaultGroup() == 0, created: d.c.now.UTC(), updated: d.c.now.UTC(),
	})
}

// preferGroup makes one of the memberships the default one.
func (d *draft) preferGroup(at int) {
	for i := range d.u.groups {
		if m := &d.u.groups[i]; m.isDefault != (i == at) {
			m.isDefault, m.updated = i == at, d.c.now.UTC()
		}
	}
}

// leaveGroup ends a membership; the oldest of the others takes the place of the
// default one.
func (d *draft) leaveGroup(at int) {
	gone := d.u.groups[at]
	d.u.groups = slices.Delete(d.u.groups, at, at+1)
	if gone.isDefault && len(d.u.groups) > 0 {
		d.preferGroup(0)
	}
}

// keepGrouped sees to it that a team member is in one group at least, and an end
// user in none (§6.2).
func (d *draft) keepGrouped() {
	switch {
	case !d.u.team():
		d.u.groups = nil
	case len(d.u.groups) == 0:
		d.joinGroup(d.a.defaultGroup)
	}
}

// grouped is a group membership with its user.
type grouped struct {
	*user
	groupMembership
}

func (a *Account) groupMembershipView(c *call, g grouped) map[string]any {
	m := g.groupMembership
	return map[string]any{
		"id": m.id, "url": c.url("group_memberships", m.id), "user_id": g.user.id, "group_id": m.group, "default": m.isDefault,
		"created_at": stamp(m.created), "updated_at": stamp(m.updated),
	}
}

// groupMemberships are the memberships of live users that pass a filter, by id.
func (a *Account) groupMemberships(keep func(grouped) bool) []grouped {
	var out []grouped
	for _, u := range a.all((*user).live) {
		for _, m := range u.groups {
			if g := (grouped{u, m}); keep(g) {
				out = append(out, g)
			}
		}
	}
	slices.SortFunc(out, func(x, y grouped) int { return cmp.Compare(x.groupMembership.id, y.groupMembership.id) })
	return out
}

func (a *Account) groupMembershipsPage(c *call, keep func(grouped) bool) answer {
	return page(a, c, list[grouped]{
		key: "group_memberships", items: a.groupMemberships(keep),
		place: func(g grouped) place { return place{g.groupMembership.updated, g.groupMembership.id} },
		view:  func(g grouped) map[string]any { return a.groupMembershipView(c, g) },
	})
}

// listGroupMemberships serves both the whole list and that of the memberships
// that can be assigned, which is the same here.
func (a *Account) listGroupMemberships(c *call) answer {
	return a.groupMembershipsPage(c, func(grouped) bool { return true })
}

func (a *Account) listUserGroupMemberships(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	return a.groupMembershipsPage(c, func(g grouped) bool { return g.user.id == u.id })
}

func (a *Account) listMembershipsOfGroup(c *call) answer {
	if !a.groups.Records[c.ids[0]].live() {
		return notFound()
	}
	return a.groupMembershipsPage(c, func(g grouped) bool { return g.group == c.ids[0] })
}

func (a *Account) findGroupMembership(id int64) (grouped, bool) {
	found := a.groupMemberships(func(g grouped) bool { return g.groupMembership.id == id })
	if len(found) == 0 {
		return grouped{}, false
	}
	return found[0], true
}

func (a *Account) showGroupMembership(c *call) answer {
	g, ok := a.findGroupMembership(c.ids[0])
	if !ok {
		return notFound()
	}
	return wrapped(http.StatusOK, "group_membership", a.groupMembershipView(c, g))
}

func (a *Account) createGroupMembership(c *call) answer {
	in, bad, ok := c.object("group_membership")
	if !ok {
		return bad
	}
	if len(c.ids) > 0 { // below a user
		in["user_id"] = json.Number(text(c.ids[0]))
	}
	g, refusal := a.addToGroup(c, in)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusCreated, "group_membership", a.groupMembershipView(c, g))
}

// addToGroup makes a membership. Only team members can be members (§6.2).
func (a *Account) addToGroup(c *call, in map[string]any) (grouped, *answer) {
	d := &draft{a: a, c: c, in: in, problems: problems{}}
	userID, _ := d.id("user_id", false)
	groupID, _ := d.id("group_id", false)
	chosen, _ := d.flag("default", true)
	if d.bad != nil {
		return grouped{}, d.bad
	}
	u, g := a.users.Records[userID], a.groups.Records[groupID]
	if !u.live() {
		d.missing("user_id", "User")
	}
	if !g.live() {
		d.missing("group_id", "Group")
	}
	if u.live() && g.live() {
		switch {
		case !u.team():
			d.problems.add("user_id", invalidValue, "User: must be an agent")
		case u.inGroup(g.id) >= 0:
			d.problems.add("user_id", duplicateValue, "User: is already a member of the group")
		}
	}
	if bad := d.refusal(); bad != nil {
		return grouped{}, bad
	}
	d.u = u.clone()
	d.joinGroup(g.id)
	last := len(d.u.groups) - 1
	if chosen && !a.rules.NewMembershipsNotDefault {
		d.preferGroup(last)
	}
	a.putUser(d.u, c.now)
	return grouped{d.u, d.u.groups[last]}, nil
}

func (a *Account) deleteGroupMembership(c *call) answer {
	id := c.ids[len(c.ids)-1]
	g, ok := a.findGroupMembership(id)
	if !ok || len(c.ids) == 2 && g.user.id != c.ids[0] {
		return notFound()
	}
	if _, refusal := a.removeFromGroup(c, id); refusal != nil {
		return *refusal
	}
	return noContent()
}

// removeFromGroup ends a membership. What becomes of the last one is doubtful
// (§6.2, §15.5).
func (a *Account) removeFromGroup(c *call, id int64) (int64, *answer) {
	g, ok := a.findGroupMembership(id)
	if !ok {
		ans := notFound()
		return 0, &ans
	}
	last := len(g.user.groups) == 1
	if last && (!a.rules.LastGroupBounces || g.group == a.defaultGroup) {
		ans := a.refused("base", "", "An agent must be a member of at least one group")
		return 0, &ans
	}
	d := &draft{a: a, c: c, u: g.user.clone()}
	d.leaveGroup(d.u.inGroup(g.group))
	d.keepGrouped()
	a.putUser(d.u, c.now)
	return id, nil
}

func (a *Account) createManyGroupMemberships(c *call) answer {
	list, bad := c.objects("group_memberships", "created")
	if bad != nil {
		return *bad
	}
	j := &job{kind: "Bulk Create Group Membership", resource: "Group Membership", verb: creating}
	for _, in := range list {
		j.items = append(j.items, item{do: func(c *call) (int64, *answer) {
			g, refusal := a.addToGroup(c, in)
			return g.groupMembership.id, refusal
		}})
	}
	return a.queue(c, j)
}

// deleteManyGroupMemberships removes at once and leaves the rest, the tickets, to
// the job (§6.2 by the operation's own text).
func (a *Account) deleteManyGroupMemberships(c *call) answer {
	ids, bad := c.idValues()
	if bad != nil {
		return *bad
	}
	j := &job{
		kind: "Bulk Delete Group Membership", resource: "Group Membership", verb: deleting, atOnce: !a.rules.MembershipsGoLater,
	}
	for _, id := range ids {
		j.items = append(j.items, item{id: id, do: func(c *call) (int64, *answer) { return a.removeFromGroup(c, id) }})
	}
	return a.queue(c, j)
}

// makeGroupMembershipDefault answers the whole list of the user.
func (a *Account) makeGroupMembershipDefault(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	at := slices.IndexFunc(u.groups, func(m groupMembership) bool { return m.id == c.ids[1] })
	switch {
	case at < 0:
		return notFound()
	case c.caller.user.id != u.id && !a.mayManage(c.caller.user, groupMembershipManagers):
		return notAllowed()
	}
	d := &draft{a: a, c: c, u: u.clone()}
	d.preferGroup(at)
	a.putUser(d.u, c.now)
	return a.groupMembershipsPage(c, func(g grouped) bool { return g.user.id == u.id })
}

// setGroup carries default_group_id, or its alias group_id, over (§4.1).
func (d *draft) setGroup() {
	a := d.a
	id, sent := d.id("default_group_id", true)
	if !sent {
		id, sent = d.id("group_id", true)
	}
	if d.bad != nil || !d.u.team() {
		return
	}
	fresh := len(d.u.groups) == 0
	d.keepGrouped()
	switch {
	case !sent || id == 0:
	case !a.groups.Records[id].live():
		d.problems.add("default_group_id", invalidValue, "Default group: is invalid")
	case d.u.inGroup(id) >= 0:
		d.preferGroup(d.u.inGroup(id))
	case fresh || a.rules.DefaultGroupJoins:
		d.joinGroup(id)
		d.preferGroup(len(d.u.groups) - 1)
	default:
		d.problems.add("default_group_id", invalidValue, "Default group: the user is not a member")
	}
}

// setGroupIDs carries group_ids over, which only create_or_update knows (§4.1,
// §15.7).
func (d *draft) setGroupIDs() {
	a := d.a
	v, sent := d.in["group_ids"]
	if !sent || !d.upsert || a.rules.GroupIDs == GroupIDsIgnored || !d.u.team() {
		return
	}
	list, ok := v.([]any)
	if !ok && v != nil {
		d.wrong("group_ids", "an array of integers")
		return
	}
	var ids []int64
	for _, each := range list {
		id, ok := integer(each)
		switch {
		case !ok:
			d.wrong("group_ids", "an array of integers")
			return
		case !a.groups.Records[id].live():
			d.problems.add("group_ids", invalidValue, "Group: is invalid")
			return
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if d.u.inGroup(id) < 0 {
			d.joinGroup(id)
		}
	}
	if a.rules.GroupIDs == GroupIDsReplace {
		for i := len(d.u.groups) - 1; i >= 0; i-- {
			if !slices.Contains(ids, d.u.groups[i].group) {
				d.leaveGroup(i)
			}
		}
		d.keepGrouped()
	}
}
