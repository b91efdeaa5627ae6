package freshservice

import (
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/connector"
)

// Check implements connector.Checker: it tries the address, the key, and each
// permission that can be tried by reading, in five calls. Whether the key's
// agent may create, edit and deactivate requesters shows only when it does.
//
// Errors: Unavailable when there is no such account, Unauthenticated for the key,
// Denied with everything that is missing.
func (d *driver) Check(ctx context.Context) error {
	tries := [...]struct {
		res    resource
		lacks  string
		params []string
	}{
		{res: requesterFields, lacks: "view the fields of requesters"},
		{res: requesters, lacks: "view requesters"},
		{res: agents, lacks: "manage agents (to find managers and holders of an address who are agents)"},
		{res: departments, lacks: "view departments"},
		{res: locations, lacks: "view locations"},
	}
	var missing []string
	for i, try := range tries {
		p := params("per_page", "1")
		if try.res == requesterFields {
			p = nil
		}
		_, err := d.index(ctx, try.res, p, 0, false)
		switch err = fail(err, request{}); {
		case err == nil:
		case errors.Is(err, connector.Denied):
			missing = append(missing, try.lacks)
		case i == 0 && statusOf(err) == 404:
			return &connector.Error{Code: connector.Unavailable, Reason: "there is no Freshservice account at " + d.account, Err: err}
		default:
			return err
		}
	}
	if len(missing) > 0 {
		return connector.Errorf(connector.Denied, "", "the agent whose API key is used may not: %s", strings.Join(missing, "; "))
	}
	return nil
}
