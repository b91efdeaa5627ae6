package zendesktest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// organizationDraft is an organization that is being written.
type organizationDraft struct {
	draft
	o *organization
}

// assignOrganization carries a request over to an organization; create is for one
// that is new.
func (a *Account) assignOrganization(c *call, o *organization, in map[string]any, create bool) *answer {
	d := &organizationDraft{draft: draft{a: a, c: c, in: in, create: create, problems: problems{}}, o: o}
	if !a.mayManage(c.caller.user, organizationManagers) && (create || !onlyNotes(in)) {
		ans := notAllowed()
		return &ans
	}
	d.setName()
	if s, sent := d.text("external_id", true); sent {
		if s != "" && a.organizationThat(o.id, func(x *organization) bool { return strings.EqualFold(x.externalID, s) }) != nil {
			d.problems.add("external_id", duplicateValue, "External: "+s+" has already been taken")
		}
		o.externalID = s
	}
	if s, sent := d.text("details", true); sent {
		o.details = s
	}
	if s, sent := d.text("notes", true); sent {
		o.notes = s
	}
	if v, sent := d.flag("shared_tickets", false); sent {
		o.sharedTickets = v
	}
	if v, sent := d.flag("shared_comments", false); sent {
		o.sharedComments = v
	}
	if id, sent := d.id("group_id", true); sent {
		if id != 0 && !a.groups.Records[id].live() {
			d.problems.add("group_id", invalidValue, "Group: is invalid")
		}
		o.group = id
	}
	if list, sent := d.texts("domain_names"); sent { // all that there were go (the operation's text)
		o.domains = list
	}
	if list, sent := d.texts("tags"); sent && a.settings.Tagging {
		o.tags = list
	}
	o.fields, o.tags = d.customFields("organization_fields", a.organizationFields, o.fields, o.tags)
	return d.refusal()
}

// onlyNotes reports whether a request changes no more than other agents may (the
// operation's text).
func onlyNotes(in map[string]any) bool {
	for name := range in {
		if name != "notes" && name != "id" {
			return false
		}
	}
	return true
}

func (d *organizationDraft) setName() {
	a, o := d.a, d.o
	name, sent := d.text("name", true)
	switch {
	case d.bad != nil:
	case sent && strings.TrimSpace(name) != "":
		if a.organizationThat(o.id, func(x *organization) bool { return strings.EqualFold(x.name, name) }) != nil {
			d.problems.add("name", duplicateValue, "Name: "+name+" has already been taken")
		}
		o.name = name
	case sent || d.create:
		d.problems.add("name", blankValue, "Name: cannot be blank")
	}
}

// organizationThat finds an organization other than self, or returns nil.
func (a *Account) organizationThat(self int64, is func(*organization) bool) *organization {
	for id, o := range a.organizations.Records {
		if id != self && is(o) {
			return o
		}
	}
	return nil
}

// organizationByExternal finds an organization by its external id, or returns 0.
func (a *Account) organizationByExternal(externalID string) int64 {
	if o := a.organizationThat(0, func(o *organization) bool { return o.externalID != "" && strings.EqualFold(o.externalID, externalID) }); o != nil {
		return o.id
	}
	return 0
}

// manyOrganizations are the organizations of calls for many (§6.3).
func (a *Account) manyOrganizations() many {
	id := func(o *organization, refusal *answer) (int64, *answer) {
		if refusal != nil {
			return 0, refusal
		}
		return o.id, nil
	}
	return many{
		singular: "organization", plural: "organizations", resource: "Organization", byExternal: a.organizationByExternal,
		insert: func(c *call, in map[string]any) (int64, *answer) { return id(a.insertOrganization(c, in)) },
		change: func(c *call, at int64, in map[string]any) (int64, *answer) {
			return id(a.changeOrganization(c, at, in))
		},
		remove: a.removeOrganization,
	}
}

// insertOrganization stores a new organization.
func (a *Account) insertOrganization(c *call, in map[string]any) (*organization, *answer) {
	o := &organization{fields: map[string]any{}, created: c.now, updated: c.now}
	if bad := a.assignOrganization(c, o, in, true); bad != nil {
		return nil, bad
	}
	o.id = a.take()
	a.putOrganization(c, o, nil)
	return o, nil
}

// changeOrganization carries a request over to an organization.
func (a *Account) changeOrganization(c *call, id int64, in map[string]any) (*organization, *answer) {
	old := a.organizations.Records[id]
	if old == nil {
		ans := notFound()
		return nil, &ans
	}
	o := old.clone()
	if bad := a.assignOrganization(c, o, in, false); bad != nil {
		return nil, bad
	}
	o.updated = c.now
	a.putOrganization(c, o, old)
	return o, nil
}

// putOrganization stores an organization. Where it has got a domain, verified
// people without an organization become members (§6.3).
func (a *Account) putOrganization(c *call, o, old *organization) {
	a.organizations.Put(o.id, o, c.now)
	fresh := slices.ContainsFunc(o.domains, func(s string) bool { return old == nil || !slices.Contains(old.domains, s) })
	if !fresh || a.rules.DomainsForNewUsersOnly {
		return
	}
	for _, u := range a.all(func(u *user) bool { return u.live() && a.organizationByDomain(u) != 0 }) {
		a.enroll(c, u, func(d *draft) { d.joinByDomain() })
	}
}

// removeOrganization ends the memberships, too.
func (a *Account) removeOrganization(c *call, id int64) (int64, *answer) {
	if a.organizations.Records[id] == nil {
		ans := notFound()
		return 0, &ans
	}
	for _, u := range a.all(func(u *user) bool { return u.live() && u.member(id) >= 0 }) {
		a.enroll(c, u, func(d *draft) { d.leave(d.u.member(id)) })
	}
	a.organizations.Put(id, nil, c.now)
	return id, nil
}

func (a *Account) createOrganization(c *call) answer {
	in, bad, ok := c.object("organization")
	if !ok {
		return bad
	}
	return a.createdOrganization(c, in)
}

func (a *Account) createdOrganization(c *call, in map[string]any) answer {
	o, refusal := a.insertOrganization(c, in)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusCreated, "organization", a.organizationView(c, o))
}

// updateOrganization is limited for each organization (§2.2).
func (a *Account) updateOrganization(c *call) answer {
	id := c.ids[0]
	if a.organizations.Records[id] == nil {
		return notFound()
	}
	if limit := a.meter.limits.UpdatesPerOrganization; limit > 0 {
		if b := a.meter.bucketOf(id, limit); !b.take(c.now) {
			return a.updateLimited("You have exceeded the rate limit for updating a single unique organization. id: "+text(id), b.resets(c.now))
		}
	}
	in, bad, ok := c.object("organization")
	if !ok {
		return bad
	}
	return a.updatedOrganization(c, id, in)
}

func (a *Account) updatedOrganization(c *call, id int64, in map[string]any) answer {
	o, refusal := a.changeOrganization(c, id, in)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusOK, "organization", a.organizationView(c, o))
}

// createOrUpdateOrganization matches by id or external id, never by name (§6.3).
func (a *Account) createOrUpdateOrganization(c *call) answer {
	in, bad, ok := c.object("organization")
	if !ok {
		return bad
	}
	external, _ := in["external_id"].(string)
	id := a.organizationByExternal(external)
	if v, sent := in["id"]; sent && v != nil {
		n, isInteger := v.(json.Number)
		given, err := n.Int64()
		switch {
		case !isInteger || err != nil:
			return a.wrongType("id", "an integer")
		case a.organizations.Records[given] != nil:
			id = given
		case !a.rules.OrganizationIDUnknownCreates:
			return notFound()
		}
	}
	if id == 0 {
		return a.createdOrganization(c, in)
	}
	return a.updatedOrganization(c, id, in)
}

func (a *Account) deleteOrganization(c *call) answer {
	if _, refusal := a.removeOrganization(c, c.ids[0]); refusal != nil {
		return *refusal
	}
	return noContent()
}

func (a *Account) countOrganizations(c *call) answer {
	return count(c, len(a.organizations.Records))
}

// autocompleteOrganizations finds by the start of the name (§6.3).
func (a *Account) autocompleteOrganizations(c *call) answer {
	name := c.query.Get("name")
	if name == "" {
		return invalidParameter("name", "must be given")
	}
	l := a.organizationsList(c, func(o *organization) bool { return strings.HasPrefix(fold(o.name), fold(name)) })
	l.offsetOnly = true
	return page(a, c, l)
}

func (a *Account) relatedOrganization(c *call) answer {
	if a.organizations.Records[c.ids[0]] == nil {
		return notFound()
	}
	members := a.membershipsOf(func(e enrolled) bool { return e.membership.organization == c.ids[0] })
	return wrapped(http.StatusOK, "organization_related", map[string]any{"users_count": len(members), "tickets_count": 0})
}

// listOrganizationUsers lists the people of an organization (§4.2).
func (a *Account) listOrganizationUsers(c *call) answer {
	if a.organizations.Records[c.ids[0]] == nil {
		return notFound()
	}
	return page(a, c, a.usersList(c, a.all(func(u *user) bool { return u.live() && u.member(c.ids[0]) >= 0 }), false))
}
