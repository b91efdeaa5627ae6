package freshservice

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
)

// attempt is something that Check reads, and what the agent may not do where that
// is refused.
type attempt struct {
	res   resource
	lacks string
	whole bool // the list takes no parameters
}

// attempts are what is read of what the connection serves.
func (d *driver) attempts() []attempt {
	list := []attempt{
		{requesterFields, "view the fields of requesters", true},
		{requesters, "view requesters", false},
		{agents, "manage agents (to find managers and holders of an address who are agents)", false},
		{departments, "view departments", false},
		{locations, "view locations", false},
		{requesterGroups, "view requester groups", false},
	}
	if d.grouped {
		list = append(list, attempt{departmentFields, "view the fields of departments", true})
	}
	if d.managed {
		list[2].lacks = "manage agents"
		list = append(list,
			attempt{agentFields, "view the fields of agents", true},
			attempt{roles, "view agent roles", true},
			attempt{workspaces, "view workspaces", true},
			attempt{agentGroups, "view agent groups", true},
		)
	}
	return list
}

// Check implements connector.Checker: it tries the address, the credential, and each
// permission that can be tried by reading, one call each, and looks up the agent
// whose credential it is said to be. Whether that agent may create, edit and
// deactivate people shows only when it does.
//
// Errors: Unavailable when there is no such account, Unauthenticated for the
// credential, Denied with everything that is missing, Precondition for the
// setting owner.
func (d *driver) Check(ctx context.Context) error {
	var missing []string
	for i, try := range d.attempts() {
		p := params("per_page", "1")
		if try.whole {
			p = nil
		}
		_, err := d.index(ctx, try.res, p, 0, false)
		switch err = fail(err, request{}); {
		case err == nil:
		case errors.Is(err, connector.Denied):
			missing = append(missing, try.lacks)
		case i == 0 && statusOf(err) == http.StatusNotFound:
			return &connector.Error{Code: connector.Unavailable, Reason: "there is no Freshservice account at " + d.account, Err: err}
		case try.res == workspaces && statusOf(err) == http.StatusNotFound: // an account without them
		default:
			return err
		}
	}
	if len(missing) > 0 {
		return connector.Errorf(connector.Denied, "", "the agent whose credential is used may not: %s", strings.Join(missing, "; "))
	}
	return d.checkOwner(ctx)
}

// checkOwner looks at the agent whose credential is used. The API does not say whose
// a key is; but it cannot be that of somebody who is deactivated, or who may not
// use keys (reference, 1.2).
func (d *driver) checkOwner(ctx context.Context) error {
	if d.owner == "" {
		return nil
	}
	v, err := d.agentWithAddress(ctx, d.owner)
	if err != nil {
		return err
	}
	wrong := func(why string) error {
		return connector.Errorf(connector.Precondition, "", "the setting %s has to be the address of the agent whose credential is used: %s", settingOwner, why)
	}
	if v.IsUnset() {
		return wrong("no agent of the account has it")
	}
	if active, said := v.Member("active").Bool(); said && !active {
		return wrong("the agent who has it is deactivated")
	}
	if allowed, said := v.Member("api_key_enabled").Bool(); d.byKey && said && !allowed {
		return wrong("the agent who has it may not use an API key")
	}
	return nil
}
