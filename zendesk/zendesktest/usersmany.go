package zendesktest

import (
	"net/http"
	"slices"
	"strings"
)

// manyUsers are the users of calls for many (§4.5).
func (a *Account) manyUsers() many {
	return many{
		singular: "user", plural: "users", resource: "User",
		byExternal: func(externalID string) int64 { return a.holder(externalKey(externalID), 0) },
		insert:     func(c *call, in map[string]any) (int64, *answer) { return idOf(a.insert(c, in, false)) },
		change: func(c *call, id int64, in map[string]any) (int64, *answer) {
			u := a.users.Records[id]
			if u == nil {
				ans := notFound()
				return 0, &ans
			}
			return idOf(a.change(c, u, in, false))
		},
		remove: func(c *call, id int64) (int64, *answer) { return idOf(a.remove(c, id)) },
	}
}

// upsertedUsers are those of create_or_update_many.
func (a *Account) upsertedUsers() many {
	m := a.manyUsers()
	m.insert = func(c *call, in map[string]any) (int64, *answer) {
		u, refusal := a.match(in)
		switch {
		case refusal != nil:
			return 0, refusal
		case u == nil:
			return idOf(a.insert(c, in, true))
		}
		c.updated = true
		return idOf(a.change(c, u, in, true))
	}
	return m
}

func idOf(u *user, refusal *answer) (int64, *answer) {
	if refusal != nil {
		return 0, refusal
	}
	return u.id, nil
}

// imports lets a handler be called where bulk user import is enabled (§4.5).
func (a *Account) imports(handle func(*call) answer) func(*call) answer {
	return func(c *call) answer {
		if !a.bulkImport {
			return forbidden("Bulk user imports are not enabled for this account")
		}
		return handle(c)
	}
}

// logoutMany ends the sessions of many users (§4.2).
func (a *Account) logoutMany(c *call) answer {
	if _, bad := c.idValues(); bad != nil {
		return *bad
	}
	return jsonAnswer(http.StatusAccepted, "")
}

// requestSeat would mail the owner to buy seats (§4.2).
func (a *Account) requestSeat(c *call) answer {
	in, bad, ok := c.object("user")
	if !ok {
		return bad
	}
	d := &draft{a: a, c: c, in: in, problems: problems{}}
	for _, field := range []string{"name", "email"} {
		if s, _ := d.text(field, true); strings.TrimSpace(s) == "" {
			d.problems.add(field, blankValue, label(field)+": cannot be blank")
		}
	}
	if bad := d.refusal(); bad != nil {
		return *bad
	}
	return jsonAnswer(http.StatusOK, "")
}

// minAutocomplete is how much of a name it takes to find one (§4.6).
const minAutocomplete = 2

// autocompleteUsers finds by the start of a name, or by phone number, out of the
// index; people with foreign identities are not found (§4.6).
func (a *Account) autocompleteUsers(c *call) answer {
	name, phone := c.query.Get("name"), c.query.Get("phone")
	if c.method == http.MethodPost {
		in, bad, ok := c.document()
		if !ok {
			return bad
		}
		name, _ = in["name"].(string)
		phone, _ = in["phone"].(string)
	}
	if name == "" && phone == "" {
		return invalidParameter("name", "must be given")
	}
	var hits []*user
	for id, u := range a.users.Indexed(c.now) {
		cur := a.users.Records[id]
		foreign := slices.ContainsFunc(u.identities, func(i identity) bool { return i.kind == "foreign" })
		found := u.live() && cur.live() && !foreign
		switch {
		case name != "":
			found = found && len(name) >= minAutocomplete && strings.HasPrefix(fold(u.name), fold(name))
		default:
			found = found && u.phone == phone
		}
		if found {
			hits = append(hits, cur)
		}
	}
	slices.SortFunc(hits, func(x, y *user) int { return byID(x.place(), y.place()) })
	return page(a, c, a.usersList(c, hits, true))
}
