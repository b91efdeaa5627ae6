package zendesk

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
)

// Check implements connector.Checker: it tries the address, the credential, and
// each permission that can be tried by reading, in eleven calls and one for an
// access token. Whether users may be created and changed shows only when they are; what
// can be said of that beforehand is said: an access token without the scopes that
// were asked for, and a user who is no administrator.
//
// Errors: Unavailable when there is no such account, Unauthenticated for the
// credential, Denied with everything that is missing.
func (d *driver) Check(ctx context.Context) error {
	me, err := d.askSelf(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.me = me
	d.mu.Unlock()

	var missing []string
	if me.role != roleAdmin {
		missing = append(missing, "change agents and administrators, for which an administrator is needed (the credential belongs to an "+roleWords(me.role)+")")
	}
	one := params("page[size]", "1")
	for _, try := range [...]struct {
		res    resource
		values map[string]string
		lacks  string
	}{
		{res: users, lacks: "read users"},
		{res: userFields, lacks: "read the fields of users"},
		{res: identities, values: map[string]string{"user": me.id},
			lacks: `read and change e-mail addresses (an OAuth client needs the scopes "read write" for that, users:read and users:write are not enough)`},
		{res: organizations, lacks: "read organizations"},
		{res: organizationMemberships, lacks: "read who is in which organization"},
		{res: groups, lacks: "read groups"},
		{res: resource{path: "/group_memberships", many: "group_memberships"}, lacks: "read the members of groups"},
		{res: locales, lacks: "read the account's languages"},
	} {
		p := one
		if try.res == locales {
			p = nil
		}
		_, err := d.index(ctx, try.res, try.values, p, false)
		switch err = d.fail(err, request{}); {
		case err == nil:
		case errors.Is(err, connector.Denied):
			missing = append(missing, try.lacks)
		default:
			return err
		}
	}
	_, err = d.call(ctx, http.MethodGet, resource{path: "/account/settings", one: "settings"}, "", nil, nil)
	switch err = d.fail(err, request{}); {
	case err == nil:
	case errors.Is(err, connector.Denied):
		missing = append(missing, "read the account's settings")
	default:
		return err
	}
	_, err = d.listRoles(ctx, connector.Query{})
	switch {
	case err == nil:
	case errors.Is(err, connector.Denied):
		// A plan without custom roles may answer so, too.
		if len(missing) > 0 {
			missing = append(missing, "read custom roles")
		}
	default:
		return err
	}
	if d.choices.owner != "" {
		k, err := d.knowledge(ctx)
		if err != nil {
			return err
		}
		if owner, err := d.accountOwner(ctx, k.user); err != nil {
			return err
		} else if owner == "" {
			return connector.Errorf(connector.Invalid, "", "the setting account_owner names nobody in the account")
		}
	}
	if scopes := d.auth.lacking(); len(scopes) > 0 {
		missing = append(missing, "use the scopes "+strings.Join(scopes, " ")+", which the OAuth client's token was not given")
	}
	if len(missing) > 0 {
		return connector.Errorf(connector.Denied, "", "the credential may not: %s", strings.Join(missing, "; "))
	}
	return nil
}

// roleWords names a role; what the API says is shown only where it is one.
func roleWords(role string) string {
	switch role {
	case roleAgent, roleEndUser:
		return role
	default:
		return "unknown role"
	}
}
