package zendesktest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Organization is an organization to be seeded (§6.3).
type Organization struct {
	// ID is the id. Zero: the next free one.
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
	Details    string `json:"details"`
	Notes      string `json:"notes"`
	// Domains make verified users with such addresses members (§4.3).
	Domains []string `json:"domain_names"`
	Tags    []string `json:"tags"`
	// GroupID is the group that new tickets of the organization go to.
	GroupID int64 `json:"group_id"`
	// SharedTickets and SharedComments let the people of the organization see and
	// comment on each other's tickets.
	SharedTickets  bool `json:"shared_tickets"`
	SharedComments bool `json:"shared_comments"`
	// Fields are values of [Options.OrganizationFields] by key, as in [User].
	Fields map[string]any `json:"organization_fields"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// organization is an organization. A stored one is not changed.
type organization struct {
	id               int64
	name, externalID string
	details, notes   string
	domains, tags    []string
	group            int64 // 0: none
	sharedTickets    bool
	sharedComments   bool
	fields           map[string]any
	created, updated time.Time
}

func (o *organization) clone() *organization {
	c := *o
	c.domains, c.tags, c.fields = slices.Clone(o.domains), slices.Clone(o.tags), maps.Clone(o.fields)
	return &c
}

// AddOrganization stores an organization and returns its id. Nothing is
// validated.
func (a *Account) AddOrganization(o Organization) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addOrganization(o)
}

func (a *Account) addOrganization(o Organization) int64 {
	if o.CreatedAt.IsZero() {
		o.CreatedAt = a.clock()
	}
	s := &organization{
		id: a.idOr(o.ID), name: o.Name, externalID: o.ExternalID, details: o.Details, notes: o.Notes,
		domains: slices.Clone(o.Domains), tags: slices.Clone(o.Tags), group: o.GroupID, sharedTickets: o.SharedTickets,
		sharedComments: o.SharedComments, fields: map[string]any{}, created: o.CreatedAt.UTC(), updated: o.CreatedAt.UTC(),
	}
	for key, v := range o.Fields {
		if v = seedValue(findField(a.organizationFields, key), v); v != nil {
			s.fields[key] = v
		}
	}
	a.organizations.Put(s.id, s, time.Time{})
	return s.id
}

func (a *Account) organizationView(c *call, o *organization) map[string]any {
	return map[string]any{
		"id": o.id, "url": c.url("organizations", o.id), "name": o.name, "external_id": null(o.externalID),
		"details": null(o.details), "notes": null(o.notes), "domain_names": append([]string{}, o.domains...),
		"tags": append([]string{}, o.tags...), "group_id": null(o.group), "shared_tickets": o.sharedTickets, "shared_comments": o.sharedComments,
		"organization_fields": a.fieldsView(a.organizationFields, o.fields), "created_at": stamp(o.created), "updated_at": stamp(o.updated),
	}
}

func (a *Account) organizationsList(c *call, keep func(*organization) bool) list[*organization] {
	var items []*organization
	for _, id := range a.organizations.IDs() {
		if o := a.organizations.Records[id]; keep(o) {
			items = append(items, o)
		}
	}
	return list[*organization]{
		key: "organizations", items: items, sortable: true,
		place: func(o *organization) place { return place{o.updated, o.id} },
		view:  func(o *organization) map[string]any { return a.organizationView(c, o) },
	}
}

// listOrganizations is not for agents who see their own organization only (§6.3).
func (a *Account) listOrganizations(c *call) answer {
	if c.caller.user.restriction == "organization" {
		return notAllowed()
	}
	return page(a, c, a.organizationsList(c, func(*organization) bool { return true }))
}

func (a *Account) showOrganization(c *call) answer {
	o := a.organizations.Records[c.ids[0]]
	if o == nil {
		return notFound()
	}
	return wrapped(http.StatusOK, "organization", a.organizationView(c, o))
}

// searchOrganizations is exact and without case, by one of the two (§6.3).
func (a *Account) searchOrganizations(c *call) answer {
	if c.query.Has("name") == c.query.Has("external_id") {
		return invalidParameter("name", "must be given, or external_id, and not both")
	}
	name, external := c.query.Get("name"), c.query.Get("external_id")
	return page(a, c, a.organizationsList(c, func(o *organization) bool {
		if c.query.Has("name") {
			return strings.EqualFold(o.name, name)
		}
		return o.externalID != "" && strings.EqualFold(o.externalID, external)
	}))
}

func (a *Account) showManyOrganizations(c *call) answer {
	targets, bad := c.targets()
	if bad != nil {
		return *bad
	}
	return page(a, c, a.organizationsList(c, func(o *organization) bool {
		return slices.ContainsFunc(targets, func(t target) bool {
			return t.id == o.id || t.external != "" && strings.EqualFold(t.external, o.externalID)
		})
	}))
}

// setOrganization carries organization_id, organization_ids and organization
// over. Writing organization_id removes all other memberships (§6.3).
func (d *draft) setOrganization() {
	a := d.a
	if id, sent := d.id("organization_id", true); sent {
		switch {
		case id == 0:
			d.organize()
		case a.organizations.Records[id] != nil:
			d.organize(id)
		case !a.rules.UnknownOrganizationsIgnored:
			d.problems.add("organization_id", invalidValue, "Organization: is invalid")
		}
	}
	if v, sent := d.in["organization_ids"]; sent {
		d.setOrganizationList(v)
	}
	v, sent := d.in["organization"]
	if !sent || v == nil {
		return
	}
	in, ok := v.(map[string]any)
	name, isText := in["name"].(string)
	if !ok || !isText {
		d.wrong("organization", "an object with a name")
		return
	}
	for _, id := range a.organizations.IDs() {
		if strings.EqualFold(a.organizations.Records[id].name, name) {
			d.organize(id)
			return
		}
	}
	if !a.rules.UnknownOrganizationsIgnored {
		d.problems.add("organization", invalidValue, "Organization: is invalid")
	}
}

func (d *draft) setOrganizationList(v any) {
	list, ok := v.([]any)
	if !ok && v != nil {
		d.wrong("organization_ids", "an array of integers")
		return
	}
	var ids []int64
	for _, item := range list {
		id, ok := integer(item)
		if !ok {
			d.wrong("organization_ids", "an array of integers")
			return
		}
		if d.a.organizations.Records[id] == nil {
			if !d.a.rules.UnknownOrganizationsIgnored {
				d.problems.add("organization_ids", invalidValue, "Organization: is invalid")
			}
			continue
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 1 && !d.a.settings.MultipleOrganizations {
		d.problems.add("organization_ids", invalidValue, "Organization: a user can have one only")
		return
	}
	d.organize(ids...)
}

// joinByDomain makes a verified user a member of the organization that lists the
// domain of a verified address, where there is no other (§4.3).
func (d *draft) joinByDomain() {
	if id := d.a.organizationByDomain(d.u); id != 0 {
		d.organize(id)
	}
}

// organizationByDomain is the organization that a user without one is to join, or
// 0.
func (a *Account) organizationByDomain(u *user) int64 {
	if len(u.memberships) > 0 {
		return 0
	}
	for _, i := range u.identities {
		if i.kind != "email" || !i.verified() {
			continue
		}
		for _, id := range a.organizations.IDs() {
			if slices.ContainsFunc(a.organizations.Records[id].domains, func(s string) bool { return fold(s) == domain(i.value) }) {
				return id
			}
		}
	}
	return 0
}
