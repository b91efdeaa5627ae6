package zendesktest

import (
	"slices"
	"strings"
)

// sideloads are the records that go with users in an answer, by the names in
// include (§4.2). Names that are not known are ignored.
func (a *Account) sideloads(c *call, users []*user) map[string]any {
	out := map[string]any{}
	if a.rules.SideloadsIgnored {
		return out
	}
	for name := range strings.SplitSeq(c.query.Get("include"), ",") {
		switch strings.TrimSpace(name) {
		case "identities":
			views := []map[string]any{}
			for _, u := range users {
				for i := range u.identities {
					views = append(views, a.identityView(c, u, &u.identities[i]))
				}
			}
			out["identities"] = views
		case "groups":
			out["groups"] = views(a.groupsThat(func(g *group) bool {
				return slices.ContainsFunc(users, func(u *user) bool { return u.inGroup(g.id) >= 0 })
			}), func(g *group) map[string]any { return a.groupView(c, g) })
		case "organizations":
			l := a.organizationsList(c, func(o *organization) bool {
				return slices.ContainsFunc(users, func(u *user) bool { return u.member(o.id) >= 0 })
			})
			out["organizations"] = views(l.items, l.view)
		case "roles":
			roles := []map[string]any{}
			for i := range a.customRoles {
				if slices.ContainsFunc(users, func(u *user) bool { return u.customRole == a.customRoles[i].ID }) {
					roles = append(roles, a.roleView(&a.customRoles[i]))
				}
			}
			out["roles"] = roles
		}
	}
	return out
}
