package freshservicetest

import (
	"cmp"
	"net/http"
	"slices"
)

// memberView is the reduced shape in which groups list their members: the key of
// the address is "email" (§6.2).
func memberView(u *user) map[string]any {
	return map[string]any{
		"id": u.id, "first_name": u.attrs["first_name"], "last_name": u.attrs["last_name"], "email": u.attrs["primary_email"],
	}
}

// listMembers serves GET /requester_groups/{id}/members, by the members' ids,
// which is our order (§6.2).
func (a *Account) listMembers(c *call) answer {
	g := a.requesterGroups.Records[c.id]
	if g == nil {
		return a.notFound()
	}
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	ids := slices.Sorted(slices.Values(g.Members))
	from, to, more := p.slice(len(ids))
	out := []map[string]any{}
	for _, id := range ids[from:to] {
		if u := a.users.Records[id]; u != nil {
			out = append(out, memberView(u))
		}
	}
	return a.link(c, wrapped(http.StatusOK, "requesters", out), p, more)
}

// addMember serves POST /requester_groups/{id}/members/{requester_id}, which
// answers 200 (§6.2).
func (a *Account) addMember(c *call) answer {
	g, u, bad, ok := a.membership(c)
	if !ok {
		return bad
	}
	switch {
	case u.agent && !a.rules.AgentsJoinRequesterGroups:
		return a.notFound()
	case !u.active && !a.rules.InactiveJoinRequesterGroups:
		return a.refusal(http.StatusBadRequest, "The requester is deactivated")
	case slices.Contains(g.Members, u.id):
		if status := cmp.Or(a.rules.AddMemberAgainStatus, http.StatusOK); status != http.StatusOK {
			return a.refusalOf("requester_id", status, "The requester is a member already")
		}
	default:
		next := *g
		next.Members = append(slices.Clone(g.Members), u.id)
		a.requesterGroups.Put(g.ID, &next, c.now)
	}
	if a.rules.AddMemberBody {
		return wrapped(http.StatusOK, "requester", memberView(u))
	}
	return emptyOK()
}

// removeMember serves DELETE /requester_groups/{id}/members/{requester_id}
// (§6.2).
func (a *Account) removeMember(c *call) answer {
	g, u, bad, ok := a.membership(c)
	if !ok {
		return bad
	}
	if !slices.Contains(g.Members, u.id) {
		if status := cmp.Or(a.rules.RemoveAbsentMemberStatus, http.StatusNotFound); status != http.StatusNoContent {
			return a.refusalOf("requester_id", status, "The requester is not a member")
		}
		return noContent()
	}
	next := *g
	next.Members = without(g.Members, u.id)
	a.requesterGroups.Put(g.ID, &next, c.now)
	return noContent()
}

// membership finds the group, which must be a manual one, and the person.
func (a *Account) membership(c *call) (g *requesterGroup, u *user, bad answer, ok bool) {
	g, u = a.requesterGroups.Records[c.id], a.users.Records[c.member]
	switch {
	case g == nil || u == nil:
		return nil, nil, a.notFound(), false
	case g.RuleBased:
		return nil, nil, a.ruleBased(), false
	}
	return g, u, answer{}, true
}
