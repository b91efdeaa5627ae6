package zendesktest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The three values of role (§4.1).
const (
	endUser = "end-user"
	agent   = "agent"
	admin   = "admin"
)

// user is a user of any role, live or deleted. A stored user is not changed.
type user struct {
	id               int64
	name             string
	externalID       string
	role             string
	customRole       int64 // 0: none
	suspended        bool
	shared           bool
	tags             []string
	locale           int64
	timeZone         string
	phone            string
	phoneShared      bool
	groups           []groupMembership // in the order in which they began, like those of organizations
	memberships      []membership
	texts            map[string]string // alias, signature, details, notes; absent: null
	restriction      string            // ticket_restriction; "": null
	moderator        bool
	privateOnly      bool
	fields           map[string]any // string, bool, json.Number, time.Time, []string
	identities       []identity
	requested        int // tickets
	assigned         int
	created, updated time.Time
	lastLogin        time.Time
	deleted          time.Time // zero: live
	erased           bool      // permanently deleted
}

// identity is a way to know a user (§5).
type identity struct {
	id               int64
	kind, value      string
	primary          bool
	method           string // verification_method
	verifiedAt       time.Time
	created, updated time.Time
}

func (i *identity) verified() bool { return i.method != "none" }

func (u *user) clone() *user {
	c := *u
	c.tags = slices.Clone(u.tags)
	c.groups = slices.Clone(u.groups)
	c.memberships = slices.Clone(u.memberships)
	c.texts = maps.Clone(u.texts)
	c.fields = maps.Clone(u.fields)
	c.identities = slices.Clone(u.identities)
	return &c
}

// live reports whether there is a user and it is not deleted.
func (u *user) live() bool { return u != nil && u.deleted.IsZero() }

// team reports whether the user is a team member.
func (u *user) team() bool { return u.role == agent || u.role == admin }

// primary returns the primary identity of a kind, or nil.
func (u *user) primary(kind string) *identity {
	for i := range u.identities {
		if u.identities[i].kind == kind && u.identities[i].primary {
			return &u.identities[i]
		}
	}
	return nil
}

func (u *user) email() string {
	if i := u.primary("email"); i != nil {
		return i.value
	}
	return ""
}

// identity returns an identity by its id, or nil.
func (u *user) identity(id int64) *identity {
	for i := range u.identities {
		if u.identities[i].id == id {
			return &u.identities[i]
		}
	}
	return nil
}

func (u *user) verified() bool {
	return slices.ContainsFunc(u.identities, func(i identity) bool { return i.verified() })
}

// fold makes addresses and external ids comparable (§4.1).
func fold(s string) string { return strings.ToLower(s) }

func emailKey(address string) string { return "email:" + fold(address) }
func externalKey(id string) string   { return "external_id:" + fold(id) }
func phoneKey(number string) string  { return "phone_number:" + number }

func identityKey(kind, value string) string {
	if kind == "email" {
		return emailKey(value)
	}
	return kind + ":" + value
}

// uniqueKeys are the values that a user takes from all others.
func (a *Account) uniqueKeys(u *user) []string {
	var out []string
	if u == nil || u.erased {
		return nil
	}
	if u.live() || a.rules.DeletedKeepAddresses {
		for _, i := range u.identities {
			out = append(out, identityKey(i.kind, i.value))
		}
	}
	if !u.live() {
		return out
	}
	if u.externalID != "" {
		out = append(out, externalKey(u.externalID))
	}
	if u.phone != "" {
		out = append(out, phoneKey(u.phone))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// putUser stores a user and keeps the look-up tables.
func (a *Account) putUser(u *user, at time.Time) {
	old := a.users.Records[u.id]
	for _, k := range a.uniqueKeys(old) {
		a.keys[k] = slices.DeleteFunc(a.keys[k], func(id int64) bool { return id == u.id })
		if len(a.keys[k]) == 0 {
			delete(a.keys, k)
		}
	}
	for _, k := range a.uniqueKeys(u) {
		a.keys[k] = append(a.keys[k], u.id)
	}
	if old == nil {
		if n := len(a.order); n > 0 && a.order[n-1] > u.id {
			a.order = nil
		} else if a.order != nil || len(a.users.Records) == 0 {
			a.order = append(a.order, u.id)
		}
	}
	a.users.Put(u.id, u, at)
}

// holder returns the user, other than self, who holds a key, or 0.
func (a *Account) holder(key string, self int64) int64 {
	for _, id := range a.keys[key] {
		if id != self {
			return id
		}
	}
	return 0
}

// all returns the users that pass a filter, by id.
func (a *Account) all(keep func(*user) bool) []*user {
	if a.order == nil {
		a.order = a.users.IDs()
	}
	var out []*user
	for _, id := range a.order {
		if u := a.users.Records[id]; keep(u) {
			out = append(out, u)
		}
	}
	return out
}

func (u *user) place() place { return place{u.updated, u.id} }

// take gives out the next free id.
func (a *Account) take() int64 {
	for {
		id := a.nextID
		a.nextID++
		if a.users.Records[id] == nil && a.organizations.Records[id] == nil && a.groups.Records[id] == nil {
			return id
		}
	}
}

// idOr returns id, or the next free one for 0.
func (a *Account) idOr(id int64) int64 {
	if id != 0 {
		return id
	}
	return a.take()
}

// null is nil for the zero value.
func null[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// userView is the JSON of a user as agents see it (§4.1, the recorded object).
func (a *Account) userView(c *call, u *user) map[string]any {
	l := a.localeByID(u.locale)
	z := a.zone(u.timeZone)
	v := map[string]any{
		"id":                      u.id,
		"url":                     c.url("users", u.id),
		"name":                    u.name,
		"email":                   null(u.email()),
		"created_at":              stamp(u.created),
		"updated_at":              stamp(u.updated),
		"time_zone":               z.name,
		"iana_time_zone":          z.iana,
		"phone":                   null(u.phone),
		"shared_phone_number":     nil,
		"photo":                   nil,
		"locale_id":               l.id,
		"locale":                  l.code,
		"organization_id":         null(u.organization()),
		"role":                    u.role,
		"verified":                u.verified(),
		"external_id":             null(u.externalID),
		"alias":                   nil,
		"active":                  u.live(),
		"shared":                  u.shared,
		"shared_agent":            false,
		"last_login_at":           nullTime(u.lastLogin),
		"two_factor_auth_enabled": false,
		"signature":               nil,
		"details":                 nil,
		"notes":                   nil,
		"role_type":               a.roleType(u),
		"custom_role_id":          null(u.customRole),
		"moderator":               u.moderator,
		"ticket_restriction":      null(u.restriction),
		"only_private_comments":   u.privateOnly,
		"restricted_agent":        u.role != admin && (u.role == endUser || u.restriction != ""),
		"suspended":               u.suspended,
		"default_group_id":        null(u.defaultGroup()),
		"report_csv":              false,
		"user_fields":             a.fieldsView(a.fields, u.fields),
	}
	if a.rules.TimeZonesAsIANA {
		v["time_zone"] = z.iana
	}
	if u.phone != "" {
		v["shared_phone_number"] = u.phoneShared
	}
	for name, text := range u.texts {
		if name != "signature" || u.team() {
			v[name] = text
		}
	}
	if a.settings.Tagging {
		v["tags"] = append([]string{}, u.tags...)
	}
	if u.erased {
		v["permanently_deleted"] = true
	}
	return v
}

// deletedView is the JSON of a deleted user in its own list (§4.2).
func (a *Account) deletedView(c *call, u *user) map[string]any {
	v := a.userView(c, u)
	out := map[string]any{}
	for _, name := range []string{
		"id", "name", "email", "created_at", "updated_at", "time_zone", "phone", "shared_phone_number", "photo",
		"locale_id", "locale", "organization_id", "role", "active",
	} {
		out[name] = v[name]
	}
	out["shared_phone_number"] = nil
	out["url"] = c.url("deleted_users", u.id)
	return out
}

// localeByID returns a locale of the account; the account's own for others.
func (a *Account) localeByID(id int64) locale {
	for _, l := range a.locales {
		if l.id == id {
			return l
		}
	}
	return a.locales[0]
}

// zone finds a time zone by its friendly name, or takes an IANA name as it is.
func (a *Account) zone(name string) zone {
	for _, z := range a.zones {
		if z.name == name {
			return z
		}
	}
	return zone{name, name}
}

// byName orders users for the page.
func byName(x, y *user) int {
	if c := strings.Compare(fold(x.name), fold(y.name)); c != 0 {
		return c
	}
	return cmp.Compare(x.id, y.id)
}

func text(id int64) string { return strconv.FormatInt(id, 10) }
