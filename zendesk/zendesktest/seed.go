package zendesktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// User is a user to be seeded. Empty attributes are unset, but that locale and
// time zone get the account's own.
type User struct {
	// ID is the id. Zero: the next free one. An id that is taken replaces its
	// record.
	ID   int64  `json:"id"`
	Name string `json:"name"`
	// Email is the primary address.
	Email string `json:"email"`
	// OtherEmails are secondary addresses.
	OtherEmails []string `json:"other_emails"`
	// Unverified leaves the addresses unverified.
	Unverified bool   `json:"unverified"`
	ExternalID string `json:"external_id"`
	// Role is "end-user", "agent" or "admin". Empty: "end-user".
	Role string `json:"role"`
	// CustomRoleID goes with an agent, or an administrator.
	CustomRoleID int64 `json:"custom_role_id"`
	Suspended    bool  `json:"suspended"`
	// Shared makes a user who is shared from another account (§4.1).
	Shared bool `json:"shared"`
	// Phone is a direct line; SharedPhone makes it a shared number.
	Phone       string `json:"phone"`
	SharedPhone bool   `json:"shared_phone_number"`
	// GroupIDs are the groups of a team member, the default one first. Empty: the
	// account's default group.
	GroupIDs []int64 `json:"group_ids"`
	// OrganizationIDs are the organizations, the default one first.
	OrganizationIDs []int64 `json:"organization_ids"`
	Alias           string  `json:"alias"`
	Signature       string  `json:"signature"`
	Details         string  `json:"details"`
	Notes           string  `json:"notes"`
	// Locale is the code of a locale.
	Locale   string `json:"locale"`
	TimeZone string `json:"time_zone"`
	// Tags are kept as they are; the tags of custom fields are added.
	Tags              []string `json:"tags"`
	TicketRestriction string   `json:"ticket_restriction"`
	PrivateOnly       bool     `json:"only_private_comments"`
	Moderator         bool     `json:"moderator"`
	// Fields are values of custom fields by key: string, bool, any number,
	// []string, time.Time.
	Fields map[string]any `json:"user_fields"`
	// RequestedTickets and AssignedTickets are the open tickets of the user;
	// whoever requested some cannot be deleted (§4.7).
	RequestedTickets int `json:"requested_tickets"`
	AssignedTickets  int `json:"assigned_tickets"`
	// DeletedAt makes a soft-deleted user. Zero: a live one.
	DeletedAt   time.Time `json:"deleted_at"`
	LastLoginAt time.Time `json:"last_login_at"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// AddUser stores a user and returns the id. Nothing is validated, and the search
// knows the user at once.
func (a *Account) AddUser(s User) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addUser(s)
}

func (a *Account) addUser(s User) int64 {
	if s.CreatedAt.IsZero() {
		s.CreatedAt = a.clock()
	}
	u := a.newUser(a.idOr(s.ID), s.CreatedAt)
	u.name, u.externalID, u.role = s.Name, s.ExternalID, cmp.Or(s.Role, endUser)
	u.customRole, u.suspended, u.shared = s.CustomRoleID, s.Suspended, s.Shared
	u.tags = slices.Clone(s.Tags)
	u.timeZone = cmp.Or(s.TimeZone, a.timeZone)
	u.requested, u.assigned, u.lastLogin, u.deleted = s.RequestedTickets, s.AssignedTickets, s.LastLoginAt, s.DeletedAt
	for _, l := range a.locales {
		if l.code == s.Locale {
			u.locale = l.id
		}
	}
	for name, v := range map[string]string{"alias": s.Alias, "signature": s.Signature, "details": s.Details, "notes": s.Notes} {
		if v != "" {
			u.texts[name] = v
		}
	}
	u.restriction = s.TicketRestriction
	if !u.team() {
		u.restriction = cmp.Or(s.TicketRestriction, "requested")
	}
	u.privateOnly, u.moderator = s.PrivateOnly, s.Moderator
	d := &draft{a: a, c: &call{now: u.created}, u: u}
	d.organize(s.OrganizationIDs...)
	for _, g := range s.GroupIDs {
		d.joinGroup(g)
	}
	d.keepGrouped()
	if s.Email != "" {
		d.add("email", s.Email, !s.Unverified, true)
	}
	for _, e := range s.OtherEmails {
		d.add("email", e, !s.Unverified, false)
	}
	if u.phone, u.phoneShared = s.Phone, s.SharedPhone; s.Phone != "" && !s.SharedPhone {
		d.add(phoneKind, s.Phone, false, true)
	}
	for key, v := range s.Fields {
		if v = seedValue(findField(a.fields, key), v); v == nil {
			continue
		}
		u.fields[key] = v
		if f := findField(a.fields, key); f != nil && a.settings.Tagging && a.rules.FieldTags != FieldTagsNone {
			u.tags = append(u.tags, f.tags(v)...)
		}
	}
	slices.Sort(u.tags)
	u.tags = slices.Compact(u.tags)
	a.putUser(u, time.Time{})
	if !u.live() {
		a.erodeAt(u.deleted.Add(erasedAfter))
	}
	return u.id
}

// DeleteUser deletes a user softly, as an administrator does in the product.
func (a *Account) DeleteUser(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.users.Records[id]; u.live() {
		a.softDelete(u, a.clock().UTC())
	}
}

// EraseUser deletes a user permanently.
func (a *Account) EraseUser(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.users.Records[id]; u != nil {
		now := a.clock().UTC()
		if u.live() {
			u = a.softDelete(u, now)
		}
		a.erase(u, now)
	}
}

// seedValue brings a Go value into the form in which values are stored.
func seedValue(f *UserField, v any) any {
	switch v := v.(type) {
	case nil, bool, json.Number:
		return v
	case time.Time:
		return v.UTC()
	case []string:
		return slices.Clone(v)
	case []any:
		list, _ := texts(v)
		return list
	case string:
		if f != nil && f.Type == DateField {
			if t, ok := parseDate(v); ok {
				return t
			}
		}
		return v
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return json.Number(fmt.Sprint(v))
	case float32, float64:
		if b, err := json.Marshal(v); err == nil {
			return json.Number(b)
		}
	}
	return fmt.Sprint(v)
}

// seed fills a new account.
func (a *Account) seed(o Options) {
	owner := User{Name: "Avery Admin", Email: "admin@example.com"}
	if o.Owner != nil {
		owner = *o.Owner
	}
	owner.Role = admin
	a.mu.Lock()
	defer a.mu.Unlock()
	a.created = a.clock().UTC()
	a.defaultGroup = o.DefaultGroup
	if a.defaultGroup == 0 {
		a.defaultGroup = a.take()
	}
	if !slices.ContainsFunc(o.Groups, func(g Group) bool { return g.ID == a.defaultGroup }) {
		a.addGroup(Group{ID: a.defaultGroup, Name: defaultGroupName})
	}
	for _, g := range o.Groups {
		a.addGroup(g)
	}
	a.ownerID = a.addUser(owner)
	for _, t := range o.AccessTokens {
		scopes := []string{}
		for _, s := range strings.Fields(cmp.Or(t.Scope, "read write")) {
			if knownScope(s) {
				scopes = append(scopes, s)
			}
		}
		a.tokens[t.Value] = &accessToken{user: cmp.Or(t.User, a.ownerID), scopes: scopes}
	}
	a.defaultRole = o.DefaultRole
	for _, r := range o.CustomRoles {
		a.addCustomRole(r)
	}
	for _, f := range o.Fields {
		a.addField(&a.fields, f)
	}
	for _, f := range o.OrganizationFields {
		a.addField(&a.organizationFields, f)
	}
	for _, g := range o.Organizations {
		a.addOrganization(g)
	}
	for _, u := range o.Users {
		a.addUser(u)
	}
}
