package zendesk

import (
	"context"
	"net/http"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// multiState says whether users of the account can have several organizations.
type multiState uint8

const (
	multiUnknown multiState = iota
	multiNo
	multiYes
)

// splitOrganization takes a new organization out of the fields of a user who may
// have several: written there, it would end all memberships but one.
func (d *driver) splitOrganization(ctx context.Context, u *update) error {
	v, ok := u.sent("organization_id")
	if !ok || u.base != nil && u.base.Get("organization_id").Unassigned() {
		return nil // whoever has no default organization has none
	}
	several, err := d.severalOrganizations(ctx)
	if err != nil || !several {
		return err
	}
	delete(u.fields, u.typ.Slot("organization_id"))
	u.organization = &v
	return nil
}

// severalOrganizations asks the account's settings, once. Where they cannot be
// read, users are taken to have several, which is safe.
func (d *driver) severalOrganizations(ctx context.Context) (bool, error) {
	d.mu.Lock()
	state := d.multi
	d.mu.Unlock()
	if state == multiUnknown {
		v, err := d.call(ctx, http.MethodGet, resource{path: "/account/settings", one: "settings"}, "", nil, nil)
		switch status := statusOf(err); {
		case status == http.StatusForbidden, status == http.StatusNotFound:
			state = multiYes
		case err != nil:
			return false, d.fail(err, request{})
		default:
			state = multiYes
			if on, said := v.Member("user").Member("multiple_organizations").Bool(); said && !on {
				state = multiNo
			}
		}
		d.mu.Lock()
		d.multi = state
		d.mu.Unlock()
	}
	return state == multiYes, nil
}

// moveOrganization changes the default organization of a user and leaves the
// other memberships alone: it joins the new one, makes it the default, and ends
// the membership that was the default before.
func (d *driver) moveOrganization(ctx context.Context, u *update, user string) error {
	req := request{typ: u.typ, byID: true}
	have, err := d.everything(ctx, memberships, map[string]string{"user": user}, params("page[size]", "100"), false)
	if err != nil {
		return d.fail(err, req)
	}
	next := u.organization.Text()
	old, there := "", false
	for _, m := range have {
		id := decodeID(m.Member("organization_id"))
		if isDefault, _ := m.Member("default").Bool(); isDefault {
			old = id
		}
		there = there || id == next
	}
	if len(have) <= 1 {
		u.set("organization_id", *u.organization)
		u.organization = nil
		return nil
	}
	if next != "" && next != old {
		if !there {
			fields := schema.MembersValue(
				schema.Member{Name: "user_id", Value: schema.IntegerValue(number(user))},
				schema.Member{Name: "organization_id", Value: *u.organization},
			)
			_, err := d.call(ctx, http.MethodPost, memberships.at("/organization_memberships"), "", nil, body(memberships.one, fields))
			if err != nil {
				return d.fail(err, req)
			}
		}
		if err := d.membershipCall(ctx, http.MethodPut, user, next, "/make_default"); err != nil {
			return d.fail(err, req)
		}
	}
	if old != "" && old != next {
		err := d.membershipCall(ctx, http.MethodDelete, user, old, "")
		if statusOf(err) != http.StatusNotFound {
			return d.fail(err, req)
		}
	}
	return nil
}

// membershipCall changes the membership of a user in an organization.
func (d *driver) membershipCall(ctx context.Context, method, user, organization, action string) error {
	_, err := d.do(ctx, &httpx.Request{
		Method: method, Path: "/users/{user}/organizations/{organization}" + action,
		PathValues: map[string]string{"user": user, "organization": organization},
	})
	return err
}
