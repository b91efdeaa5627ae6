package zendesktest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Group is a group of team members to be seeded (§6.1).
type Group struct {
	// ID is the id. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// Private makes a group that is not public.
	Private bool `json:"private"`
	// Deleted makes a soft-deleted group.
	Deleted bool `json:"deleted"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// group is a group of team members. A stored group is not changed.
type group struct {
	id                int64
	name, description string
	private, deleted  bool
	created, updated  time.Time
}

// live reports whether there is a group and it is not deleted.
func (g *group) live() bool { return g != nil && !g.deleted }

// AddGroup stores a group and returns its id. Nothing is validated. An id that is
// taken replaces its group, the default one too.
func (a *Account) AddGroup(g Group) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addGroup(g)
}

func (a *Account) addGroup(g Group) int64 {
	if g.CreatedAt.IsZero() {
		g.CreatedAt = a.clock()
	}
	s := &group{
		id: a.idOr(g.ID), name: g.Name, description: g.Description, private: g.Private, deleted: g.Deleted,
		created: g.CreatedAt.UTC(), updated: g.CreatedAt.UTC(),
	}
	a.groups.Put(s.id, s, time.Time{})
	return s.id
}

func (a *Account) groupView(c *call, g *group) map[string]any {
	return map[string]any{
		"id": g.id, "url": c.url("groups", g.id), "name": g.name, "description": g.description, "is_public": !g.private,
		"default": g.id == a.defaultGroup, "deleted": g.deleted, "created_at": stamp(g.created), "updated_at": stamp(g.updated),
	}
}

// groupsThat are the groups that pass a filter, by id.
func (a *Account) groupsThat(keep func(*group) bool) []*group {
	var out []*group
	for _, id := range a.groups.IDs() {
		if g := a.groups.Records[id]; keep(g) {
			out = append(out, g)
		}
	}
	return out
}

func (a *Account) groupsPage(c *call, keep func(*group) bool) answer {
	return page(a, c, list[*group]{
		key: "groups", items: a.groupsThat(keep), sortable: true,
		place: func(g *group) place { return place{g.updated, g.id} },
		view:  func(g *group) map[string]any { return a.groupView(c, g) },
	})
}

// listGroups lists deleted groups too, unless they are excluded (§6.1).
func (a *Account) listGroups(c *call) answer {
	exclude := c.query.Get("exclude_deleted") == "true" || a.rules.DeletedGroupsUnlisted
	return a.groupsPage(c, func(g *group) bool { return g.live() || !exclude })
}

func (a *Account) listAssignableGroups(c *call) answer { return a.groupsPage(c, (*group).live) }

func (a *Account) countGroups(c *call) answer { return count(c, len(a.groupsThat((*group).live))) }

// listUserGroups lists the groups of a user (§4.2); an end user has none.
func (a *Account) listUserGroups(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	return a.groupsPage(c, func(g *group) bool { return g.live() && u.inGroup(g.id) >= 0 })
}

// listGroupUsers lists the people of a group (§4.2).
func (a *Account) listGroupUsers(c *call) answer {
	if !a.groups.Records[c.ids[0]].live() {
		return notFound()
	}
	return page(a, c, a.usersList(c, a.all(func(u *user) bool { return u.live() && u.inGroup(c.ids[0]) >= 0 }), false))
}

// showGroup serves a deleted group too (§6.1).
func (a *Account) showGroup(c *call) answer {
	g := a.groups.Records[c.ids[0]]
	if g == nil || g.deleted && a.rules.DeletedGroupsNotFound {
		return notFound()
	}
	return wrapped(http.StatusOK, "group", a.groupView(c, g))
}

// assignGroup carries a request over to a group.
func (a *Account) assignGroup(c *call, g *group, in map[string]any, create bool) *answer {
	d := &draft{a: a, c: c, in: in, create: create, problems: problems{}}
	name, sent := d.text("name", true)
	switch {
	case d.bad != nil:
	case sent && strings.TrimSpace(name) != "":
		if a.settings.GroupNamesUnique && a.groupNamed(name, g.id) {
			d.problems.add("name", duplicateValue, "Name: has already been taken")
		}
		g.name = name
	case sent || create:
		d.problems.add("name", blankValue, "Name: cannot be blank")
	}
	if s, sent := d.text("description", true); sent {
		g.description = s
	}
	public, sent := d.flag("is_public", false)
	switch {
	case !sent:
	case public && g.private && a.rules.PrivateGroupsStaySilently:
	case public && g.private: // private cannot become public again (§6.1)
		d.problems.add("is_public", invalidValue, "Is public: a private group cannot be made public")
	default:
		g.private = !public
	}
	return d.refusal()
}

// refusal is the answer for what has been found wrong, or nil.
func (d *draft) refusal() *answer {
	if d.bad == nil && len(d.problems) > 0 {
		ans := d.a.recordInvalid(d.problems)
		d.bad = &ans
	}
	return d.bad
}

// groupNamed reports whether a live group other than self has a name.
func (a *Account) groupNamed(name string, self int64) bool {
	return len(a.groupsThat(func(g *group) bool {
		return g.live() && g.id != self && (g.name == name || !a.rules.GroupNamesCaseSensitive && strings.EqualFold(g.name, name))
	})) > 0
}

func (a *Account) createGroup(c *call) answer {
	in, bad, ok := c.object("group")
	if !ok {
		return bad
	}
	g := &group{created: c.now, updated: c.now}
	if bad := a.assignGroup(c, g, in, true); bad != nil {
		return *bad
	}
	g.id = a.take()
	a.groups.Put(g.id, g, c.now)
	return wrapped(http.StatusCreated, "group", a.groupView(c, g))
}

func (a *Account) updateGroup(c *call) answer {
	old := a.groups.Records[c.ids[0]]
	if !old.live() {
		return notFound()
	}
	in, bad, ok := c.object("group")
	if !ok {
		return bad
	}
	g := *old
	if bad := a.assignGroup(c, &g, in, false); bad != nil {
		return *bad
	}
	g.updated = c.now
	a.groups.Put(g.id, &g, c.now)
	return wrapped(http.StatusOK, "group", a.groupView(c, &g))
}

// deleteGroup deletes softly and ends the memberships (§6.1). Whoever was in no
// other group is in the default group then (§6.2).
func (a *Account) deleteGroup(c *call) answer {
	old := a.groups.Records[c.ids[0]]
	switch {
	case !old.live():
		return notFound()
	case old.id == a.defaultGroup && a.rules.DefaultGroupForbidden:
		return forbidden("The default group cannot be deleted")
	case old.id == a.defaultGroup:
		return a.refused("base", "", "The default group cannot be deleted")
	}
	g := *old
	g.deleted, g.updated = true, c.now
	a.groups.Put(g.id, &g, c.now)
	for _, u := range a.all(func(u *user) bool { return u.live() && u.inGroup(g.id) >= 0 }) {
		d := &draft{a: a, c: c, u: u.clone()}
		d.leaveGroup(d.u.inGroup(g.id))
		d.keepGrouped()
		a.putUser(d.u, c.now)
	}
	return noContent()
}

// Groups returns the groups, deleted ones too, in the order of their ids.
func (a *Account) Groups() []map[string]any {
	defer a.look()()
	return views(a.groupsThat(func(*group) bool { return true }), func(g *group) map[string]any { return a.groupView(&call{}, g) })
}

// GroupID returns the id of the live group of that exact name, or 0.
func (a *Account) GroupID(name string) int64 {
	defer a.look()()
	for _, g := range a.groupsThat((*group).live) {
		if g.name == name {
			return g.id
		}
	}
	return 0
}

// GroupMembers returns the ids of the users in a group, in ascending order.
func (a *Account) GroupMembers(id int64) []int64 {
	defer a.look()()
	out := []int64{}
	for _, u := range a.all(func(u *user) bool { return u.live() && u.inGroup(id) >= 0 }) {
		out = append(out, u.id)
	}
	return out
}

// UserGroups returns the ids of a user's groups, the default one first and the
// others in the order in which they were joined.
func (a *Account) UserGroups(id int64) []int64 {
	defer a.look()()
	out := []int64{}
	if u := a.users.Records[id]; u != nil {
		for _, m := range u.groups {
			if m.isDefault {
				out = slices.Insert(out, 0, m.group)
			} else {
				out = append(out, m.group)
			}
		}
	}
	return out
}
