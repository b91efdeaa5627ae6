package freshservicetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// user is a requester or an agent: one record, seen through two views (§5.1).
// Attributes stand under their requester names; unset ones are absent. The
// values are string, int64, bool, []string and []int64; of custom fields string,
// bool, json.Number and time.Time. A stored user is not changed.
type user struct {
	id               int64
	agent            bool
	active           bool
	loggedIn         bool
	created, updated time.Time
	attrs            map[string]any
	custom           map[string]any // values of the requester fields
	agentCustom      map[string]any // values of the agent fields
	roles            []RoleAssignment
}

// clone returns a copy whose attributes may be set. The lists are shared: they
// are replaced, never changed.
func (u *user) clone() *user {
	c := *u
	c.attrs = maps.Clone(u.attrs)
	c.custom = maps.Clone(u.custom)
	c.agentCustom = maps.Clone(u.agentCustom)
	return &c
}

// name is how queries and the page call the user (§4.4).
func (u *user) name() string {
	return strings.TrimSpace(u.text("first_name") + " " + u.text("last_name"))
}

func (u *user) text(name string) string {
	s, _ := u.attrs[name].(string)
	return s
}

func (u *user) strings(name string) []string {
	s, _ := u.attrs[name].([]string)
	return s
}

func (u *user) ids(name string) []int64 {
	s, _ := u.attrs[name].([]int64)
	return s
}

// flag is a boolean attribute, false where it is not set.
func (u *user) flag(name string) bool { return u.attrs[name] == true }

// set stores a value, or unsets the attribute where it is nil.
func (u *user) set(name string, v any) {
	if v == nil {
		delete(u.attrs, name)
		return
	}
	u.attrs[name] = v
}

// emails are the addresses that the user takes from all others, primary first.
func (u *user) emails() []string {
	var out []string
	if p := u.text("primary_email"); p != "" {
		out = append(out, p)
	}
	return append(out, u.strings("secondary_emails")...)
}

// fold makes addresses comparable.
func fold(address string) string { return strings.ToLower(address) }

// putUser stores a user and keeps the address book and the order by name.
func (a *Account) putUser(u *user, at time.Time) {
	a.forgetAddresses(u.id)
	for _, e := range u.emails() {
		a.owners[fold(e)] = append(a.owners[fold(e)], u.id)
	}
	a.users.Put(u.id, u, at)
	a.byName = nil
}

func (a *Account) removeUser(id int64, at time.Time) {
	a.forgetAddresses(id)
	a.users.Put(id, nil, at)
	a.byName = nil
}

func (a *Account) forgetAddresses(id int64) {
	u := a.users.Records[id]
	if u == nil {
		return
	}
	for _, e := range u.emails() {
		k := fold(e)
		a.owners[k] = slices.DeleteFunc(a.owners[k], func(o int64) bool { return o == id })
		if len(a.owners[k]) == 0 {
			delete(a.owners, k)
		}
	}
}

// ownerOf returns the user, other than self, to whom an address belongs
// (§4.1), or 0.
func (a *Account) ownerOf(address string, self int64) int64 {
	for _, id := range a.owners[fold(address)] {
		if id == self {
			continue
		}
		if !a.rules.EmailCaseSensitive || slices.Contains(a.users.Records[id].emails(), address) {
			return id
		}
	}
	return 0
}

// usersByName returns all users by first name, the order of unfiltered lists
// (§3). The caller must not change the slice.
func (a *Account) usersByName() []*user {
	if a.byName == nil {
		type keyed struct {
			key string
			u   *user
		}
		all := make([]keyed, 0, len(a.users.Records))
		for _, u := range a.users.Records {
			all = append(all, keyed{strings.ToLower(u.text("first_name")), u})
		}
		slices.SortFunc(all, func(x, y keyed) int {
			if c := strings.Compare(x.key, y.key); c != 0 {
				return c
			}
			return cmp.Compare(x.u.id, y.u.id)
		})
		a.byName = make([]*user, len(all))
		for i, k := range all {
			a.byName[i] = k.u
		}
	}
	return a.byName
}

// take gives out the next free id.
func (a *Account) take() int64 {
	for {
		id := a.nextID
		a.nextID++
		if !a.taken(id) {
			return id
		}
	}
}

func (a *Account) taken(id int64) bool {
	return a.users.Records[id] != nil || a.departments.Records[id] != nil || a.locations.Records[id] != nil ||
		a.groups.Records[id] != nil || a.requesterGroups.Records[id] != nil || a.role(id) != nil
}

// requesterView is the JSON of a user under the requester attributes (§4.1).
func (a *Account) requesterView(u *user) map[string]any {
	v := a.sharedView(u)
	v["primary_email"] = u.attrs["primary_email"]
	v["secondary_emails"] = append([]string{}, u.strings("secondary_emails")...)
	if a.rules.EmptySecondariesAsString && len(u.strings("secondary_emails")) == 0 {
		v["secondary_emails"] = ""
	}
	v["can_see_all_changes_from_associated_departments"] = u.flag(changesFlag)
	v["is_agent"] = u.agent
	v["custom_fields"] = a.customView(a.fields, u.custom)
	return v
}

// sharedView holds what both views have. Unset attributes are null (§1.3).
func (a *Account) sharedView(u *user) map[string]any {
	v := map[string]any{
		"id":            u.id,
		"active":        u.active,
		"has_logged_in": u.loggedIn,
		"vip_user":      u.flag("vip_user"),
		ticketsFlag:     u.flag(ticketsFlag),
		"created_at":    a.stamp(u.created),
		"updated_at":    a.stamp(u.updated),
	}
	for _, name := range []string{
		"first_name", "last_name", "job_title", "reporting_manager_id", "address", "time_zone", "time_format",
		"language", "location_id", "background_information", "external_id",
	} {
		v[name] = u.attrs[name]
	}
	for _, name := range []string{"work_phone_number", "mobile_phone_number"} {
		v[name] = u.attrs[name]
		if s := u.text(name); a.rules.PhonesAsIntegers && integerText.MatchString(s) {
			v[name] = json.Number(s)
		}
	}
	ids := append([]int64{}, u.ids("department_ids")...)
	v["department_ids"] = ids
	if a.rules.IDsAsStrings {
		texts := make([]string, len(ids))
		for i, id := range ids {
			texts[i] = strconv.FormatInt(id, 10)
		}
		v["department_ids"] = texts
	}
	names := []string{}
	for _, id := range ids {
		if d := a.departments.Records[id]; d != nil {
			names = append(names, d.name)
		}
	}
	v["department_names"] = names
	v["location_name"] = nil
	if id, ok := u.attrs["location_id"].(int64); ok && a.locations.Records[id] != nil {
		v["location_name"] = a.locations.Records[id].Name
	}
	return v
}

// integerText is the text of a JSON integer.
var integerText = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// stamp writes a time as the API does (§1.3).
func (a *Account) stamp(t time.Time) string {
	t = t.UTC()
	switch a.rules.Timestamps {
	case TimestampsOffset:
		return t.In(time.FixedZone("", 5*60*60+30*60)).Format("2006-01-02T15:04:05-07:00")
	case TimestampsMillis:
		return t.Format("2006-01-02T15:04:05.000Z")
	}
	return t.Format("2006-01-02T15:04:05Z")
}
