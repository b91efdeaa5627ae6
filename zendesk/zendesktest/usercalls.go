package zendesktest

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (a *Account) usersList(c *call, items []*user, offsetOnly bool) list[*user] {
	return list[*user]{
		key: "users", items: items, place: (*user).place, offsetOnly: offsetOnly, sortable: !offsetOnly,
		view: func(u *user) map[string]any { return a.userView(c, u) },
		side: func(users []*user) map[string]any { return a.sideloads(c, users) },
	}
}

// userFilter reads the filters of the list (§4.2).
func (a *Account) userFilter(c *call) func(*user) bool {
	roles := append(slices.Clone(c.query["role[]"]), c.query["role"]...)
	external, byExternal := c.query.Get("external_id"), c.query.Has("external_id")
	set, bySet := c.query.Get("permission_set"), c.query.Has("permission_set")
	return func(u *user) bool {
		if !u.live() {
			return false
		}
		if len(roles) > 0 && !slices.ContainsFunc(roles, func(r string) bool {
			custom := a.customRole(u.customRole)
			return r == u.role || custom != nil && custom.Name == r // a custom role's name, too
		}) {
			return false
		}
		return (!byExternal || u.externalID != "" && fold(u.externalID) == fold(external)) &&
			(!bySet || u.customRole != 0 && text(u.customRole) == set)
	}
}

func (a *Account) listUsers(c *call) answer {
	return page(a, c, a.usersList(c, a.all(a.userFilter(c)), false))
}

func (a *Account) countUsers(c *call) answer { return count(c, len(a.all(a.userFilter(c)))) }

// showUser serves a deleted user too, with active false (§4.6).
func (a *Account) showUser(c *call) answer {
	u := a.users.Records[c.ids[0]]
	if u == nil || !u.live() && a.rules.DeletedUsersNotFound {
		return notFound()
	}
	out := map[string]any{"user": a.userView(c, u)}
	maps.Copy(out, a.sideloads(c, []*user{u}))
	return jsonAnswer(http.StatusOK, out)
}

// showManyUsers leaves unknown ids out (§4.6).
func (a *Account) showManyUsers(c *call) answer {
	deleted := c.query.Get("include_deleted") == "true"
	var values []string
	var bad *answer
	byIDs := c.query.Has("ids")
	switch {
	case byIDs:
		values, bad = manyValues(c.query.Get("ids"))
	case c.query.Has("external_ids"):
		values, bad = manyValues(c.query.Get("external_ids"))
	default:
		return invalidParameter("ids", "must be given")
	}
	if bad != nil {
		return *bad
	}
	hits := a.all(func(u *user) bool {
		if !u.live() && !deleted {
			return false
		}
		return slices.ContainsFunc(values, func(v string) bool {
			if byIDs {
				return v == text(u.id)
			}
			return u.externalID != "" && fold(v) == fold(u.externalID)
		})
	})
	out := map[string]any{
		"users": views(hits, func(u *user) map[string]any { return a.userView(c, u) }),
		"count": len(hits), "next_page": nil, "previous_page": nil,
	}
	maps.Copy(out, a.sideloads(c, hits))
	return jsonAnswer(http.StatusOK, out)
}

// newUser is a user as nothing has been said of it.
func (a *Account) newUser(id int64, at time.Time) *user {
	return &user{
		id: id, role: endUser, restriction: "requested", locale: a.locales[0].id, timeZone: a.timeZone,
		texts: map[string]string{}, fields: map[string]any{}, created: at.UTC(), updated: at.UTC(),
	}
}

func (a *Account) createUser(c *call) answer {
	in, bad, ok := c.object("user")
	if !ok {
		return bad
	}
	u, refusal := a.insert(c, in, false)
	if refusal != nil {
		return *refusal
	}
	return a.createdUser(c, u)
}

func (a *Account) createdUser(c *call, u *user) answer {
	ans := wrapped(http.StatusCreated, "user", a.userView(c, u))
	ans.Header.Set("Location", c.url("users", u.id))
	return ans
}

// insert stores a new user; upsert says that create_or_update asks for it.
func (a *Account) insert(c *call, in map[string]any, upsert bool) (*user, *answer) {
	d := &draft{a: a, c: c, u: a.newUser(a.take(), c.now), in: in, create: true, upsert: upsert, problems: problems{}}
	if bad, ok := d.assign(); !ok {
		return nil, &bad
	}
	a.putUser(d.u, c.now)
	return d.u, nil
}

func (a *Account) updateUser(c *call) answer {
	u := a.users.Records[c.ids[0]]
	if u == nil {
		return notFound()
	}
	if bad, ok := a.drawUpdate(c, u); !ok {
		return bad
	}
	in, bad, ok := c.object("user")
	if !ok {
		return bad
	}
	u, refusal := a.change(c, u, in, false)
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusOK, "user", a.userView(c, u))
}

// change carries a request over to a user.
func (a *Account) change(c *call, u *user, in map[string]any, upsert bool) (*user, *answer) {
	refuse := func(ans answer) (*user, *answer) { return nil, &ans }
	switch {
	case !u.live() && a.rules.UpdateDeletedInvalid:
		return refuse(a.refused("base", "", "The user is deleted"))
	case !u.live():
		return refuse(notFound())
	case u.shared:
		return refuse(forbidden("The user is shared from another account")) // §4.1
	}
	d := &draft{a: a, c: c, u: u.clone(), in: in, upsert: upsert, problems: problems{}}
	if bad, ok := d.assign(); !ok {
		return refuse(bad)
	}
	d.u.updated = c.now
	a.putUser(d.u, c.now)
	return d.u, nil
}

// createOrUpdateUser matches by external id or address (§4.4).
func (a *Account) createOrUpdateUser(c *call) answer {
	in, bad, ok := c.object("user")
	if !ok {
		return bad
	}
	u, refusal := a.match(in)
	if refusal != nil {
		return *refusal
	}
	if bad, ok := a.drawUpdate(c, u); !ok {
		return bad
	}
	if u == nil {
		if u, refusal = a.insert(c, in, true); refusal != nil {
			return *refusal
		}
		return a.createdUser(c, u)
	}
	if u, refusal = a.change(c, u, in, true); refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusOK, "user", a.userView(c, u))
}

// match finds the user whom create_or_update is about, or nil (§4.4).
func (a *Account) match(in map[string]any) (*user, *answer) {
	external, _ := in["external_id"].(string)
	address, _ := in["email"].(string)
	var found int64
	if external != "" {
		found = a.holder(externalKey(external), 0)
	}
	if id := a.byAddress(address); id != 0 {
		if found != 0 && found != id {
			ans := a.refused("email", duplicateValue, "Email: "+address+" is already being used by another user")
			return nil, &ans
		}
		found = id
	}
	return a.users.Records[found], nil
}

func (a *Account) byAddress(address string) int64 {
	if address == "" {
		return 0
	}
	id := a.holder(emailKey(address), 0)
	u := a.users.Records[id]
	if !u.live() || a.rules.MatchPrimaryOnly && fold(u.email()) != fold(address) {
		return 0
	}
	return id
}

// deleteUser deletes softly (§4.7): 200 with the user, active false.
func (a *Account) deleteUser(c *call) answer {
	u, refusal := a.remove(c, c.ids[0])
	if refusal != nil {
		return *refusal
	}
	return wrapped(http.StatusOK, "user", a.userView(c, u))
}

// remove deletes a user softly, unless that is refused.
func (a *Account) remove(c *call, id int64) (*user, *answer) {
	refuse := func(ans answer) (*user, *answer) { return nil, &ans }
	u := a.users.Records[id]
	switch {
	case !u.live():
		return refuse(notFound())
	case u.id == a.ownerID:
		return refuse(a.ownerRefused("The account owner cannot be deleted"))
	case u.team() && c.caller.user.role != admin:
		return refuse(notAllowed())
	case u.team() && a.rules.TeamDeletionRefused:
		return refuse(a.refused("base", "", u.name+" is a team member"))
	case u.requested > 0:
		return refuse(a.refused("base", "", u.name+" is the requester of "+strconv.Itoa(u.requested)+" tickets that are not closed"))
	}
	return a.softDelete(u, c.now), nil
}

func (a *Account) softDelete(u *user, now time.Time) *user {
	d := u.clone()
	d.deleted, d.updated = now, now
	d.assigned, d.groups = 0, nil
	a.putUser(d, now)
	a.erodeAt(now.Add(erasedAfter))
	return d
}

func (a *Account) relatedUser(c *call) answer {
	u := a.users.Records[c.ids[0]]
	if !u.live() {
		return notFound()
	}
	return wrapped(http.StatusOK, "user_related", map[string]any{
		"assigned_tickets": u.assigned, "requested_tickets": u.requested, "ccd_tickets": 0, "organization_subscriptions": 0,
	})
}

func (a *Account) deleteSessions(c *call) answer {
	if !a.users.Records[c.ids[0]].live() {
		return notFound()
	}
	return noContent()
}

// me serves GET /users/me: an anonymous user, with 200, for a caller who is not
// known (§1.5).
func (a *Account) me(c *call) answer {
	if c.caller == nil {
		anonymous := a.newUser(0, time.Time{})
		v := a.userView(c, anonymous)
		for _, name := range []string{"id", "email", "url", "created_at", "updated_at"} {
			v[name] = nil
		}
		v["name"] = "Anonymous user"
		return wrapped(http.StatusOK, "user", v)
	}
	v := a.userView(c, a.users.Records[c.caller.user.id])
	v["authenticity_token"] = "zendesktest-authenticity-token"
	return wrapped(http.StatusOK, "user", v)
}

// erasedAfter is when a soft-deleted user's data is erased (§4.7).
const erasedAfter = 30 * 24 * time.Hour

// erode erases the users whose time has come. Most calls find none: the time of
// the next is known.
func (a *Account) erode(now time.Time) {
	if a.erodes.IsZero() || now.Before(a.erodes) {
		return
	}
	a.erodes = time.Time{}
	for _, u := range a.deletedUsers() {
		switch {
		case u.erased:
		case now.Sub(u.deleted) >= erasedAfter:
			a.erase(u, now)
		default:
			a.erodeAt(u.deleted.Add(erasedAfter))
		}
	}
}

// erodeAt notes when a user is to be erased.
func (a *Account) erodeAt(t time.Time) {
	if a.erodes.IsZero() || t.Before(a.erodes) {
		a.erodes = t
	}
}

// erase leaves of a user the id only (§4.7).
func (a *Account) erase(u *user, now time.Time) *user {
	e := a.newUser(u.id, u.created)
	e.name, e.deleted, e.erased, e.updated = "Permanently Deleted User", u.deleted, true, now
	a.putUser(e, now)
	return e
}

func (a *Account) deletedUsers() []*user {
	return a.all(func(u *user) bool { return !u.live() })
}

// listDeleted lists permanently deleted users as well.
func (a *Account) listDeleted(c *call) answer {
	return page(a, c, list[*user]{
		key: "deleted_users", items: a.deletedUsers(), place: (*user).place, sortable: true,
		view: func(u *user) map[string]any { return a.deletedView(c, u) },
	})
}

func (a *Account) countDeleted(c *call) answer { return count(c, len(a.deletedUsers())) }

// deletedUser finds a user who is deleted, but not permanently.
func (a *Account) deletedUser(c *call) *user {
	if u := a.users.Records[c.ids[0]]; u != nil && !u.live() && !u.erased {
		return u
	}
	return nil
}

func (a *Account) showDeleted(c *call) answer {
	u := a.deletedUser(c)
	if u == nil {
		return notFound()
	}
	return wrapped(http.StatusOK, "deleted_user", a.deletedView(c, u))
}

// eraseDeleted deletes permanently, which needs a soft delete first (§4.7).
func (a *Account) eraseDeleted(c *call) answer {
	if !a.meter.erasures.take(c.now) {
		return a.updateLimited("You have exceeded the rate limit for permanent deletions.", a.meter.erasures.resets(c.now))
	}
	u := a.deletedUser(c)
	if u == nil {
		return notFound()
	}
	return wrapped(http.StatusOK, "deleted_user", a.deletedView(c, a.erase(u, c.now)))
}

// domain is what follows the @ of an address.
func domain(address string) string {
	_, d, _ := strings.Cut(address, "@")
	return fold(d)
}
