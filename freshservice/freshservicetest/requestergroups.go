package freshservicetest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// RequesterGroup is a requester group to be seeded (§6.2).
type RequesterGroup struct {
	// ID is the id. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	// RuleBased makes a group that the API only reads.
	RuleBased bool `json:"rule_based"`
	// Members are ids of requesters.
	Members []int64 `json:"members"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// requesterGroup is a stored requester group; it is not changed.
type requesterGroup struct {
	RequesterGroup
	updated time.Time
}

// AddRequesterGroup stores a requester group and returns its id. Nothing is
// validated.
func (a *Account) AddRequesterGroup(g RequesterGroup) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addRequesterGroup(g)
}

func (a *Account) addRequesterGroup(g RequesterGroup) int64 {
	g.ID = a.idOr(g.ID)
	g.Members = slices.Clone(g.Members)
	if g.CreatedAt.IsZero() {
		g.CreatedAt = a.clock()
	}
	g.CreatedAt = g.CreatedAt.UTC()
	a.requesterGroups.Put(g.ID, &requesterGroup{RequesterGroup: g, updated: g.CreatedAt}, time.Time{})
	return g.ID
}

// leaveRequesterGroups takes a user out of all requester groups.
func (a *Account) leaveRequesterGroups(user int64) {
	for _, id := range a.requesterGroups.IDs() {
		next := *a.requesterGroups.Records[id]
		if !slices.Contains(next.Members, user) {
			continue
		}
		next.Members = without(next.Members, user)
		a.requesterGroups.Put(id, &next, time.Time{})
	}
}

// kind is the type of the group.
func (g *requesterGroup) kind() string {
	if g.RuleBased {
		return "rule_based"
	}
	return "manual"
}

func (a *Account) requesterGroupView(g *requesterGroup) map[string]any {
	return map[string]any{
		"id": g.ID, "name": g.Name, "description": orNull(g.Description), "type": g.kind(), "workspace_id": globalWorkspace,
		"created_at": a.stamp(g.CreatedAt), "updated_at": a.stamp(g.updated),
	}
}

// listRequesterGroups serves GET /requester_groups: both types, in the order of
// their ids, which is ours (§6.2).
func (a *Account) listRequesterGroups(c *call) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	ids := a.requesterGroups.IDs()
	from, to, more := p.slice(len(ids))
	out := []map[string]any{}
	for _, id := range ids[from:to] {
		out = append(out, a.requesterGroupView(a.requesterGroups.Records[id]))
	}
	return a.link(c, wrapped(http.StatusOK, "requester_groups", out), p, more)
}

// viewRequesterGroup serves GET /requester_groups/{id}.
func (a *Account) viewRequesterGroup(c *call) answer {
	g := a.requesterGroups.Records[c.id]
	if g == nil {
		return a.notFound()
	}
	return wrapped(http.StatusOK, "requester_group", a.requesterGroupView(g))
}

// createRequesterGroup serves POST /requester_groups: a manual group (§6.2).
func (a *Account) createRequesterGroup(c *call) answer {
	g := &requesterGroup{RequesterGroup: RequesterGroup{CreatedAt: c.now}}
	if bad, ok := a.assignRequesterGroup(c, g, true); !ok {
		return bad
	}
	g.ID = a.take()
	a.requesterGroups.Put(g.ID, g, c.now)
	return c.created("requester_groups", g.ID, "requester_group", a.requesterGroupView(g))
}

// updateRequesterGroup serves PUT /requester_groups/{id}, for manual groups; the
// name is marked mandatory there too (§6.2).
func (a *Account) updateRequesterGroup(c *call) answer {
	cur := a.requesterGroups.Records[c.id]
	if cur == nil {
		return a.notFound()
	}
	if cur.RuleBased {
		return a.ruleBased()
	}
	g := *cur
	if bad, ok := a.assignRequesterGroup(c, &g, !a.rules.RequesterGroupNameOptionalOnUpdate); !ok {
		return bad
	}
	a.requesterGroups.Put(g.ID, &g, c.now)
	return wrapped(http.StatusOK, "requester_group", a.requesterGroupView(&g))
}

// deleteRequesterGroup serves DELETE /requester_groups/{id}; the members stay.
func (a *Account) deleteRequesterGroup(c *call) answer {
	g := a.requesterGroups.Records[c.id]
	switch {
	case g == nil:
		return a.notFound()
	case g.RuleBased && !a.rules.RuleBasedDeletable:
		return a.ruleBased()
	}
	a.requesterGroups.Put(c.id, nil, c.now)
	return noContent()
}

// assignRequesterGroup checks the attributes of a request and sets them on g,
// which is the caller's copy. workspace_id is an attribute of MSP requests only.
func (a *Account) assignRequesterGroup(c *call, g *requesterGroup, named bool) (answer, bool) {
	in, bad, ok := c.object()
	if !ok {
		return bad, false
	}
	var errs []fieldError
	if _, sent := in["name"]; named && !sent {
		errs = append(errs, missing("name"))
	}
	for _, name := range sortedKeys(in) {
		var e *fieldError
		switch name {
		case "name":
			g.Name, e = a.convertName(name, in[name])
		case "description":
			g.Description, e = a.convertDescription(name, in[name])
		case "id", "type", "created_at", "updated_at":
			read := a.readonly(name)
			e = &read
		default:
			unknown := unexpected(name)
			e = &unknown
		}
		if e != nil {
			errs = append(errs, *e)
		}
	}
	if errs != nil {
		return a.invalid(errs...), false
	}
	for id, other := range a.requesterGroups.Records {
		if !a.rules.GroupNamesRepeat && id != g.ID && strings.EqualFold(other.Name, g.Name) {
			return a.duplicate("name", 0), false
		}
	}
	g.updated = c.now
	return answer{}, true
}

// ruleBased is the refusal to change a group whose members a rule selects (§6.2).
func (a *Account) ruleBased() answer {
	switch status := a.rules.RuleBasedStatus; status {
	case 0, http.StatusForbidden:
		return denied()
	default:
		return a.refusalOf("type", status, "The group is rule based")
	}
}
