package zendesk

import (
	"context"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// splitOrganization takes a new default organization out of the fields of a user
// who may have several: written there, it would end all memberships but one.
func (d *driver) splitOrganization(ctx context.Context, u *update) error {
	v, ok := u.sent("organization_id")
	if !ok {
		return nil
	}
	k, err := d.knowledge(ctx)
	if err != nil {
		return err
	}
	if !k.settings.several || u.base != nil && u.base.Get("organization_id").Unassigned() && u.typ.Slot(fieldOrganizations) == schema.NoSlot {
		return nil // whoever has no default organization has none
	}
	u.organization = &v
	delete(u.fields, u.typ.Slot("organization_id"))
	return nil
}

// keepsOrganization reports whether an update wants an organization among those
// beyond the default one.
func (u *update) keepsOrganization(id string) bool {
	for _, e := range u.sets {
		if u.typ.Attribute(e.Slot).Name == fieldOrganizations && (e.Op == schema.Set || e.Op == schema.Add) {
			return slices.ContainsFunc(slices.Collect(e.Value.Elements()), func(v schema.Value) bool { return v.Text() == id })
		}
	}
	return false
}

// organizationsOf reads the memberships of a user.
func (d *driver) organizationsOf(ctx context.Context, user string) ([]membership, error) {
	c := &circle{key: "organization_id"}
	items, err := d.upTo(ctx, organizationMemberships.at("/users/{user}/organization_memberships"), map[string]string{"user": user}, maxSmallPages, false)
	if err != nil {
		return nil, err
	}
	out := make([]membership, len(items))
	for i, item := range items {
		out[i] = readMembership(c, item)
	}
	return out, nil
}

// moveOrganization changes the default organization of a user and leaves the
// other memberships alone: it joins the new one, makes it the default, and ends
// the membership that was the default before, unless the update keeps it as a
// further one.
func (d *driver) moveOrganization(ctx context.Context, u *update, user string) error {
	req := request{typ: u.typ, byID: true}
	have, err := d.organizationsOf(ctx, user)
	if err != nil {
		return d.fail(err, req)
	}
	next := u.organization.Text()
	old, there := "", false
	for _, m := range have {
		if m.isDefault {
			old = m.circle
		}
		there = there || m.circle == next
	}
	if len(have) <= 1 && (old == "" || !u.keepsOrganization(old)) {
		u.set("organization_id", *u.organization)
		u.organization = nil
		return nil
	}
	if next != "" && next != old {
		if !there {
			if err := d.joinOrganization(ctx, user, next); err != nil {
				return d.failMembership(err, req, "organization_id")
			}
		}
		if err := d.membershipCall(ctx, http.MethodPut, user, next, "/make_default"); err != nil {
			return d.fail(err, req)
		}
	}
	if old != "" && old != next && !u.keepsOrganization(old) {
		return d.fail(d.leaveOrganization(ctx, user, old), req)
	}
	return nil
}

// joinOrganization makes a user a member; one who is one already is a success.
func (d *driver) joinOrganization(ctx context.Context, user, organization string) error {
	err := d.join(ctx, &circle{joins: organizationMemberships}, schema.MembersValue(
		schema.Member{Name: "user_id", Value: schema.IntegerValue(number(user))},
		schema.Member{Name: "organization_id", Value: schema.IntegerValue(number(organization))},
	))
	if statusOf(err) != http.StatusUnprocessableEntity {
		return err
	}
	// Not every refusal tells that it is there already.
	have, failed := d.organizationsOf(ctx, user)
	if failed != nil {
		return failed
	}
	if slices.ContainsFunc(have, func(m membership) bool { return m.circle == organization }) {
		return nil
	}
	return err
}

// failMembership is fail for a membership that is refused: the field is the one
// that the organization came from.
func (d *driver) failMembership(err error, req request, field string) error {
	switch statusOf(err) {
	case http.StatusUnprocessableEntity, http.StatusNotFound, http.StatusBadRequest:
		return &connector.Error{Code: connector.Invalid, Field: field, Reason: "Zendesk does not take the user into the organization: there is none with the id, or the user has one already and may have no other", Err: err}
	}
	return d.fail(err, req)
}

// leaveOrganization ends a membership; one that is not there is no failure.
func (d *driver) leaveOrganization(ctx context.Context, user, organization string) error {
	err := d.membershipCall(ctx, http.MethodDelete, user, organization, "")
	if statusOf(err) == http.StatusNotFound {
		return nil
	}
	return err
}

// membershipCall changes the membership of a user in an organization.
func (d *driver) membershipCall(ctx context.Context, method, user, organization, action string) error {
	_, err := d.do(ctx, &httpx.Request{
		Method: method, Path: "/users/{user}/organizations/{organization}" + action,
		PathValues: map[string]string{"user": user, "organization": organization},
	})
	return err
}
