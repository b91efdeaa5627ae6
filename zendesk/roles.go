package zendesk

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
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
		rec, err := d.getRole(ctx, role.Text())
		if errors.Is(err, connector.NotFound) {
			return connector.Errorf(connector.Invalid, "custom_role_id", "there is no such custom role")
		}
		if err != nil {
			return err
		}
		kind = d.noteRole(rec)
	}
	if makesAdmins(kind) {
		return noAdmin("custom_role_id")
	}
	return nil
}

// makesAdmins reports whether a kind of custom role makes administrators.
func makesAdmins(kind int64) bool { return kind == roleTypeAdmin || kind == roleTypeBillingAdmin }

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

// getRole reads a custom role.
func (d *driver) getRole(ctx context.Context, id string) (*schema.Record, error) {
	v, err := d.view(ctx, customRoles, id)
	if err != nil {
		return nil, d.fail(err, request{typ: d.types.customRole, byID: true})
	}
	return decode(d.types.customRole, v)
}

// listRoles reads the custom roles, which come in one piece. An account whose plan
// has none answers 404.
func (d *driver) listRoles(ctx context.Context, q connector.Query) (*connector.Page, error) {
	l, err := newListing(customRoles, d.types.customRole, q)
	if err != nil {
		return nil, err
	}
	if id, ok := eqOn(q.Filter, "id"); ok {
		return l.lookup(func() (*schema.Record, error) { return d.getRole(ctx, id) })
	}
	got, err := d.index(ctx, customRoles, nil, nil, q.Background)
	if e, ok := errors.AsType[*httpx.Error](err); ok && e.Status == http.StatusNotFound && readRefusal(e.Body).isJSON {
		return &connector.Page{}, nil
	}
	if err != nil {
		return nil, d.fail(err, request{})
	}
	recs, err := l.records(got.items)
	if err != nil {
		return nil, err
	}
	for _, rec := range recs {
		d.noteRole(rec)
	}
	return &connector.Page{Records: recs, Total: len(recs)}, nil
}
