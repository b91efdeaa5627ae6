package zendesktest

import (
	"slices"
)

// The methods below show the account from the outside, as it is now and without
// a call: each returns what the API would answer for a record, as a copy. Ids
// are int64, numbers in custom fields json.Number, times strings; URLs start
// with "/api/v2".

// look locks the account for a look from outside, with the jobs where they are by
// now, and returns the unlock.
func (a *Account) look() (unlock func()) {
	a.mu.Lock()
	a.settle(a.clock().UTC())
	return a.mu.Unlock
}

// User returns a user by id, deleted ones too, or nil where there is none.
func (a *Account) User(id int64) map[string]any {
	defer a.look()()
	if u := a.users.Records[id]; u != nil {
		return a.userView(&call{}, u)
	}
	return nil
}

// UserByEmail returns the live user to whom an address belongs, as primary or
// secondary, in any case; nil where there is none.
func (a *Account) UserByEmail(address string) map[string]any { return a.byKey(emailKey(address)) }

// UserByExternalID returns the live user who has an external id, in any case;
// nil where there is none.
func (a *Account) UserByExternalID(id string) map[string]any { return a.byKey(externalKey(id)) }

func (a *Account) byKey(key string) map[string]any {
	defer a.look()()
	for _, id := range a.keys[key] {
		if u := a.users.Records[id]; u.live() {
			return a.userView(&call{}, u)
		}
	}
	return nil
}

// Users returns all live users in the order of their ids.
func (a *Account) Users() []map[string]any {
	defer a.look()()
	return views(a.all((*user).live), func(u *user) map[string]any { return a.userView(&call{}, u) })
}

// DeletedUsers returns the deleted users, permanently or not, in the order of
// their ids.
func (a *Account) DeletedUsers() []map[string]any {
	defer a.look()()
	return views(a.deletedUsers(), func(u *user) map[string]any { return a.userView(&call{}, u) })
}

// Identities returns the identities of a user, the oldest first; none for an
// unknown id.
func (a *Account) Identities(id int64) []map[string]any {
	defer a.look()()
	out := []map[string]any{}
	if u := a.users.Records[id]; u != nil {
		for i := range u.identities {
			out = append(out, a.identityView(&call{}, u, &u.identities[i]))
		}
	}
	return out
}

// UserOrganizations returns the ids of a user's organizations, the default one
// first.
func (a *Account) UserOrganizations(id int64) []int64 {
	defer a.look()()
	if u := a.users.Records[id]; u != nil {
		return u.organizations()
	}
	return nil
}

// Organizations returns all organizations in the order of their ids.
func (a *Account) Organizations() []map[string]any {
	defer a.look()()
	out := []map[string]any{}
	for _, id := range a.organizations.IDs() {
		out = append(out, a.organizationView(&call{}, a.organizations.Records[id]))
	}
	return out
}

// OrganizationID returns the id of the organization of that exact name, or 0.
func (a *Account) OrganizationID(name string) int64 {
	defer a.look()()
	for _, id := range a.organizations.IDs() {
		if a.organizations.Records[id].name == name {
			return id
		}
	}
	return 0
}

// CustomRoles returns the custom roles in the order in which they were added.
func (a *Account) CustomRoles() []CustomRole {
	defer a.look()()
	return slices.Clone(a.customRoles)
}

// UserFields returns the custom fields in the order in which discovery lists
// them.
func (a *Account) UserFields() []UserField {
	defer a.look()()
	return cloneFields(a.fields)
}

// OrganizationFields returns the custom fields of organizations in the order in
// which discovery lists them.
func (a *Account) OrganizationFields() []OrganizationField {
	defer a.look()()
	return cloneFields(a.organizationFields)
}

func cloneFields(fields []UserField) []UserField {
	out := slices.Clone(fields)
	for i := range out {
		out[i].Options = slices.Clone(out[i].Options)
	}
	return out
}
