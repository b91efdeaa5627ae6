package zendesk

import (
	"context"
	"errors"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Kinds of custom roles that make administrators (developer.zendesk.com, "Custom
// agent roles", role_type).
const (
	roleTypeAdmin        = 4
	roleTypeBillingAdmin = 5
)

// roleTypes remembers the kinds of custom roles, which never change, by id.
type roleTypes map[int64]int64

// mayHave decides whether a user may be given a role and the custom role that the
// record has.
func (d *driver) mayHave(ctx context.Context, rec *schema.Record, role string) error {
	if role == roleAdmin && !d.allowAdmin {
		return noAdmin("role")
	}
	custom := rec.Get("custom_role_id")
	if custom.Unassigned() {
		return nil
	}
	// With another role it would make the user an agent without a word.
	if role != roleAgent {
		return connector.Errorf(connector.Invalid, "custom_role_id", "only an agent can have a custom role")
	}
	return d.mayHaveCustom(ctx, custom)
}

// mayHaveCustom refuses a custom role that makes administrators.
func (d *driver) mayHaveCustom(ctx context.Context, role schema.Value) error {
	if d.allowAdmin {
		return nil
	}
	id, ok := role.Integer()
	if !ok {
		return connector.Errorf(connector.Invalid, "custom_role_id", "a number is wanted")
	}
	d.mu.Lock()
	kind, known := d.roles[id]
	d.mu.Unlock()
	if !known {
		rec, err := d.getFixed(ctx, customRoles, d.types.customRole, role.Text())
		if errors.Is(err, connector.NotFound) {
			return connector.Errorf(connector.Invalid, "custom_role_id", "there is no such custom role")
		}
		if err != nil {
			return err
		}
		kind = d.noteRole(rec)
	}
	if kind == roleTypeAdmin || kind == roleTypeBillingAdmin {
		return noAdmin("custom_role_id")
	}
	return nil
}

// noteRole remembers the kind of a custom role that was read.
func (d *driver) noteRole(rec *schema.Record) int64 {
	kind := rec.Integer("role_type")
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.roles == nil {
		d.roles = make(roleTypes)
	}
	d.roles[rec.Integer("id")] = kind
	return kind
}

func noAdmin(field string) error {
	return connector.Errorf(connector.Denied, field, "this connection does not make administrators (allow_admin)")
}
