package zendesktest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxMemberships is how many organizations a user can have (§6.3).
const maxMemberships = 300

// membership is one organization of a user (§6.3). At most one of a user's is
// the default one, the user's organization_id.
type membership struct {
	id, organization int64
	isDefault        bool
	created, updated time.Time
}

// organization is the default organization, or 0.
func (u *user) organization() int64 {
	for _, m := range u.memberships {
		if m.isDefault {
			return m.organization
		}
	}
	return 0
}

// organizations are the ids of all organizations, the default one first and the
// others in the order in which they were joined.
func (u *user) organizations() []int64 {
	var out []int64
	for _, m := range u.memberships {
		if m.isDefault {
			out = slices.Insert(out, 0, m.organization)
		} else {
			out = append(out, m.organization)
		}
	}
	return out
}

// member finds the membership in an organization, or -1.
func (u *user) member(organization int64) int {
	return slices.IndexFunc(u.memberships, func(m membership) bool { return m.organization == organization })
}

// organize makes the organizations the user's only ones, the first of them the
// default. Memberships that stay keep their ids.
func (d *draft) organize(organizations ...int64) {
	old := d.u.memberships
	d.u.memberships = nil
	for _, id := range organizations {
		at := slices.IndexFunc(old, func(m membership) bool { return m.organization == id })
		if at < 0 {
			d.join(id)
		} else {
			d.u.memberships = append(d.u.memberships, old[at])
		}
	}
	if len(organizations) > 0 {
		d.prefer(0)
	}
}

// join adds a membership, which is the default one where there is none.
func (d *draft) join(organization int64) {
	first := d.u.organization() == 0
	d.u.memberships = append(d.u.memberships, membership{
		id: d.a.take(), organization: organization, isDefault: first, created: d.c.now.UTC(), updated: d.c.now.UTC(),
	})
}

// prefer makes one of the memberships the default one.
func (d *draft) prefer(at int) {
	for i := range d.u.memberships {
		if m := &d.u.memberships[i]; m.isDefault != (i == at) {
			m.isDefault, m.updated = i == at, d.c.now.UTC()
		}
	}
}

// leave ends a membership. What becomes the default one then is doubtful (§6.3).
func (d *draft) leave(at int) {
	gone := d.u.memberships[at]
	d.u.memberships = slices.Delete(d.u.memberships, at, at+1)
	if gone.isDefault && len(d.u.memberships) > 0 && !d.a.rules.NoNewDefaultOrganization {
		d.prefer(0)
	}
}

// enrolled is a membership with its user.
type enrolled struct {
	*user
	membership
}

func (a *Account) membershipView(c *call, e enrolled) map[string]any {
	name := ""
	if o := a.organizations.Records[e.membership.organization]; o != nil {
		name = o.name
	}
	return map[string]any{
		"id": e.membership.id, "url": c.url("organization_memberships", e.membership.id), "user_id": e.user.id,
		"organization_id": e.membership.organization, "organization_name": name, "default": trueOrNull(e.isDefault),
		"view_tickets": e.restriction == "" || e.restriction == "organization",
		"created_at":   stamp(e.membership.created), "updated_at": stamp(e.membership.updated),
	}
}

// trueOrNull writes a membership's "default", which is null instead of false.
func trueOrNull(isDefault bool) any {
	if isDefault {
		return true
	}
	return nil
}

// membershipsOf are the memberships of live users that pass a filter, by id.
func (a *Account) membershipsOf(keep func(enrolled) bool) []enrolled {
	var out []enrolled
	for _, u := range a.all((*user).live) {
		for _, m := range u.memberships {
			if e := (enrolled{u, m}); keep(e) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(x, y enrolled) int { return cmp.Compare(x.membership.id, y.membership.id) })
	return out
}

func (a *Account) membershipsPage(c *call, items []enrolled) answer {
	return page(a, c, list[enrolled]{
		key: "organization_memberships", items: items,
		place: func(e enrolled) place { return place{e.membership.updated, e.membership.id} },
		view:  func(e enrolled) map[string]any { return a.membershipView(c, e) },
	})
}

func (a *Account) listMemberships(c *call) answer {
	return a.membershipsPage(c, a.membershipsOf(func(enrolled) bool { return true }))
}

// listUserMemberships lists the default one first, the others by name (§6.3).
func (a *Account) listUserMemberships(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	return a.userMemberships(c, u)
}

func (a *Account) userMemberships(c *call, u *user) answer {
	var items []enrolled
	for _, m := range u.memberships {
		items = append(items, enrolled{u, m})
	}
	if a.rules.MembershipsByID {
		slices.SortFunc(items, func(x, y enrolled) int { return cmp.Compare(x.membership.id, y.membership.id) })
		return a.membershipsPage(c, items)
	}
	name := func(e enrolled) string {
		if o := a.organizations.Records[e.membership.organization]; o != nil {
			return fold(o.name)
		}
		return ""
	}
	slices.SortFunc(items, func(x, y enrolled) int {
		switch {
		case x.isDefault:
			return -1
		case y.isDefault:
			return 1
		}
		return cmp.Or(strings.Compare(name(x), name(y)), cmp.Compare(x.membership.id, y.membership.id))
	})
	// Cursors of this list stand for a rank: names are no place.
	ranks := map[int64]int64{}
	for i, e := range items {
		ranks[e.membership.id] = int64(i)
	}
	return page(a, c, list[enrolled]{
		key: "organization_memberships", items: items,
		place: func(e enrolled) place { return place{id: ranks[e.membership.id]} },
		view:  func(e enrolled) map[string]any { return a.membershipView(c, e) },
	})
}

func (a *Account) listOrganizationMemberships(c *call) answer {
	if a.organizations.Records[c.ids[0]] == nil {
		return notFound()
	}
	return a.membershipsPage(c, a.membershipsOf(func(e enrolled) bool { return e.membership.organization == c.ids[0] }))
}

// listUserOrganizations lists the organizations of a user (§4.2).
func (a *Account) listUserOrganizations(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	return page(a, c, a.organizationsList(c, func(o *organization) bool { return u.member(o.id) >= 0 }))
}

// findMembership finds a membership of a live user by its id.
func (a *Account) findMembership(id int64) (enrolled, bool) {
	found := a.membershipsOf(func(e enrolled) bool { return e.membership.id == id })
	if len(found) == 0 {
		return enrolled{}, false
	}
	return found[0], true
}

func (a *Account) showMembership(c *call) answer {
	e, ok := a.findMembership(c.ids[0])
	if !ok {
		return notFound()
	}
	return wrapped(http.StatusOK, "organization_membership", a.membershipView(c, e))
}

// mayEnroll: agents change the memberships of end users only.
func mayEnroll(c *call, u *user) bool { return c.caller.user.role == admin || !u.team() }

// enroll runs a change of one user's memberships on a draft, and stores and
// returns it.
func (a *Account) enroll(c *call, u *user, change func(*draft)) *user {
	d := &draft{a: a, c: c, u: u.clone(), problems: problems{}}
	change(d)
	if d.u.organization() != u.organization() && !a.rules.MembershipsKeepUpdatedAt {
		d.u.updated = c.now
	}
	a.putUser(d.u, c.now)
	return d.u
}

func (a *Account) createMembership(c *call) answer {
	in, bad, ok := c.object("organization_membership")
	if !ok {
		return bad
	}
	e, refusal := a.addMembership(c, in)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusCreated, "organization_membership", a.membershipView(c, e))
}

// addMembership makes a membership, and refuses what is there already (§6.3).
func (a *Account) addMembership(c *call, in map[string]any) (enrolled, *answer) {
	refuse := func(ans answer) (enrolled, *answer) { return enrolled{}, &ans }
	d := &draft{a: a, c: c, in: in, problems: problems{}}
	userID, _ := d.id("user_id", false)
	organizationID, _ := d.id("organization_id", false)
	chosen, _ := d.flag("default", true)
	if d.bad != nil {
		return refuse(*d.bad)
	}
	u, o := a.users.Records[userID], a.organizations.Records[organizationID]
	if !u.live() {
		d.missing("user_id", "User")
	}
	if o == nil {
		d.missing("organization_id", "Organization")
	}
	if bad := d.refusal(); bad != nil {
		return refuse(*bad)
	}
	switch {
	case !mayEnroll(c, u):
		return refuse(notAllowed())
	case u.member(o.id) >= 0:
		return refuse(a.refused("user_id", duplicateValue, "User: is already a member of the organization"))
	case len(u.memberships) >= maxMemberships:
		return refuse(a.refused("user_id", invalidValue, "User: has as many organizations as a user can have"))
	case len(u.memberships) > 0 && !a.settings.MultipleOrganizations && !a.rules.SecondMembershipReplaces:
		return refuse(a.refused("user_id", invalidValue, "User: can have one organization only"))
	}
	u = a.enroll(c, u, func(d *draft) {
		if !a.settings.MultipleOrganizations {
			d.u.memberships = nil
		}
		d.join(o.id)
		if chosen && !a.rules.NewMembershipsNotDefault {
			d.prefer(len(d.u.memberships) - 1)
		}
	})
	return enrolled{u, u.memberships[len(u.memberships)-1]}, nil
}

// missing notes that a new membership names nothing that exists.
func (d *draft) missing(field, what string) {
	if _, sent := d.in[field]; sent && d.a.rules.UnknownMembershipIDsNotFound {
		ans := notFound()
		d.bad = &ans
		return
	}
	d.problems.add(field, invalidValue, what+": is invalid")
}

func (a *Account) deleteMembership(c *call) answer {
	if _, refusal := a.removeMembership(c, c.ids[0]); refusal != nil {
		return *refusal
	}
	return noContent()
}

// removeMembership ends a membership by its id.
func (a *Account) removeMembership(c *call, id int64) (int64, *answer) {
	e, ok := a.findMembership(id)
	refuse := func(ans answer) (int64, *answer) { return 0, &ans }
	switch {
	case !ok:
		return refuse(notFound())
	case !mayEnroll(c, e.user):
		return refuse(notAllowed())
	}
	a.enroll(c, e.user, func(d *draft) { d.leave(d.u.member(e.membership.organization)) })
	return id, nil
}

// unassignOrganization ends a membership by its pair (§6.3).
func (a *Account) unassignOrganization(c *call) answer {
	u := a.owner(c)
	if u == nil || u.member(c.ids[1]) < 0 {
		return notFound()
	}
	a.enroll(c, u, func(d *draft) { d.leave(d.u.member(c.ids[1])) })
	return noContent()
}

func (a *Account) createManyMemberships(c *call) answer {
	list, bad := c.objects("organization_memberships", "created")
	if bad != nil {
		return *bad
	}
	j := &job{kind: "Bulk Create Organization Membership", resource: "Organization Membership", verb: creating}
	for _, in := range list {
		j.items = append(j.items, item{do: func(c *call) (int64, *answer) {
			e, refusal := a.addMembership(c, in)
			return e.membership.id, refusal
		}})
	}
	return a.queue(c, j)
}

// deleteManyMemberships removes at once, like that of groups.
func (a *Account) deleteManyMemberships(c *call) answer {
	ids, bad := c.idValues()
	if bad != nil {
		return *bad
	}
	j := &job{
		kind: "Bulk Delete Organization Membership", resource: "Organization Membership", verb: deleting, atOnce: !a.rules.MembershipsGoLater,
	}
	for _, id := range ids {
		j.items = append(j.items, item{id: id, do: func(c *call) (int64, *answer) { return a.removeMembership(c, id) }})
	}
	return a.queue(c, j)
}

// makeMembershipDefault answers the whole list.
func (a *Account) makeMembershipDefault(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	at := slices.IndexFunc(u.memberships, func(m membership) bool { return m.id == c.ids[1] })
	switch {
	case at < 0:
		return notFound()
	case !mayEnroll(c, u):
		return notAllowed()
	}
	return a.userMemberships(c, a.enroll(c, u, func(d *draft) { d.prefer(at) }))
}

// makeOrganizationDefault answers the membership.
func (a *Account) makeOrganizationDefault(c *call) answer {
	u := a.owner(c)
	if u == nil || u.member(c.ids[1]) < 0 {
		return notFound()
	}
	at := u.member(c.ids[1])
	u = a.enroll(c, u, func(d *draft) { d.prefer(at) })
	return wrapped(http.StatusOK, "organization_membership", a.membershipView(c, enrolled{u, u.memberships[at]}))
}
