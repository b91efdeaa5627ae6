package zendesk

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// getUser reads a user, without what has paths of its own.
func (d *driver) getUser(ctx context.Context, t *schema.Type, id string) (*schema.Record, error) {
	v, err := d.view(ctx, users, id)
	if err != nil {
		return nil, d.fail(err, request{typ: t, byID: true})
	}
	return d.decodeUser(t, v)
}

func (d *driver) createUser(ctx context.Context, rec *schema.Record) (*schema.Record, error) {
	role := rec.String("role")
	if err := d.mayHave(ctx, rec, role); err != nil {
		return nil, err
	}
	req := request{typ: rec.Type(), create: true, raises: role == roleAgent || role == roleAdmin}
	v, err := d.call(ctx, http.MethodPost, users, "", nil, body(users.one, userBody(rec)))
	if err != nil {
		return nil, d.taken(ctx, d.fail(err, req), req, rec.Get, 0)
	}
	out, err := d.decodeUser(rec.Type(), v)
	if err != nil {
		return nil, d.fail(err, req)
	}
	d.completeUser(ctx, out, rec)
	return out, nil
}

// taken looks once whether a refused address or external id is in use, where the
// answer only says that it is refused: the code for that is not documented for all
// of them. sent returns what was sent, self is the id of the record that is being
// updated.
func (d *driver) taken(ctx context.Context, err error, req request, sent func(string) schema.Value, self int64) error {
	field, ok := refusedWithoutCode(err, req)
	if !ok || sent(field).Unassigned() {
		return err
	}
	q := connector.Query{Omit: append(allSets[:], fieldMembers), Filter: &schema.Compare{
		Path: schema.Path{Attr: field}, Op: schema.Eq, Value: sent(field),
	}}
	for range maxSmallPages { // groups are looked for page by page
		page, failed := d.List(ctx, req.typ.Name(), q)
		if failed != nil {
			return err
		}
		for _, holder := range page.Records {
			if holder.Integer("id") != self {
				own, _ := errors.AsType[*connector.Error](err)
				return &connector.Error{Code: connector.AlreadyExists, Field: field, Reason: takenWords(req.typ), Err: own.Err}
			}
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	return err
}

func (d *driver) updateUser(ctx context.Context, id string, c connector.Change) (*schema.Record, error) {
	u, err := d.planUpdate(ctx, id, c)
	if err != nil {
		return nil, err
	}
	if u.email != "" {
		if err := d.changeEmail(ctx, u, id); err != nil {
			return nil, err
		}
	}
	if u.organization != nil {
		if err := d.moveOrganization(ctx, u, id); err != nil {
			return nil, err
		}
	}
	var rec *schema.Record
	if !u.empty() {
		if rec, err = d.write(ctx, id, u); d.wantsGroup(ctx, u, id, err) {
			rec, err = d.write(ctx, id, u)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := d.writeSets(ctx, id, u); err != nil {
		return nil, err
	}
	if u.empty() && u.email == "" && u.organization == nil && len(u.sets) == 0 {
		if u.base == nil {
			return nil, nil //nolint:nilnil // nothing that can be changed was asked for
		}
		return u.base.Clone(), nil
	}
	if rec == nil && c.Base != nil && c.Base.Bool("verified") && u.organization == nil && len(u.sets) == 0 {
		return nil, nil //nolint:nilnil // the address alone has changed: the caller knows the user
	}
	if rec == nil {
		if rec, err = d.getUser(ctx, u.typ, id); err != nil {
			return nil, err
		}
	}
	return rec, d.fillSets(ctx, []*schema.Record{rec}, nil, nil, false)
}

// wantsGroup makes an agent a member of the group that is to be the default one,
// where that is why an update was refused, and reports whether it did.
func (d *driver) wantsGroup(ctx context.Context, u *update, id string, err error) bool {
	own, ok := errors.AsType[*connector.Error](err)
	group, sent := u.sent("default_group_id")
	if !ok || own.Code != connector.Invalid || own.Field != "default_group_id" || !sent || group.Unassigned() {
		return false
	}
	k, failed := d.knowledge(ctx)
	if failed != nil {
		return false
	}
	e := &memberEdit{d: d, k: k, circle: d.circleOf(k, ObjectGroup), id: group.Text()}
	return d.join(ctx, e.circle, e.membershipOf(id)) == nil
}

// write sends the fields of an update, and sees to what Zendesk has made of them.
func (d *driver) write(ctx context.Context, id string, u *update) (*schema.Record, error) {
	rec, err := d.putUser(ctx, id, u)
	if err != nil || rec == nil {
		return nil, err
	}
	switch rule := u.customKept(rec); rule {
	case customMerged:
		d.custom.Store(int32(rule))
	case customWhole:
		d.custom.Store(int32(rule))
		u.sendAllCustom()
		if rec, err = d.putUser(ctx, id, u); err != nil || rec == nil {
			return nil, err
		}
	}
	switch {
	case !u.phone:
	case !samePhone(rec.String("phone"), u.phoneNumber):
		return d.replacePhone(ctx, u, id, rec)
	case u.phoneNumber == "" && u.base != nil && u.typ.Slot(fieldPhones) != schema.NoSlot:
		return rec, d.dropLine(ctx, u, id) // left, it would show among the further numbers
	}
	return rec, nil
}

// putUser sends an update. The record is nil where the answer is empty.
func (d *driver) putUser(ctx context.Context, id string, u *update) (*schema.Record, error) {
	suspends, _ := u.value("suspended").Bool()
	shared := u.base != nil && u.base.Bool("shared") // whose owner is another account: no update is let through
	req := request{typ: u.typ, byID: true, raises: u.raises && !shared, takes: suspends || u.value("role").Text() == roleEndUser}
	v, err := d.call(ctx, http.MethodPut, users, byID, map[string]string{"id": id}, body(users.one, u.body()))
	if err == nil && v.IsUnset() {
		return nil, nil
	}
	if err == nil {
		return d.decodeUser(req.typ, v)
	}
	err = d.taken(ctx, d.fail(err, req), req, u.value, number(id))
	if own, ok := errors.AsType[*connector.Error](err); ok && own.Field == "" && (own.Code == connector.Invalid || own.Code == connector.Denied && req.takes) {
		// What is answered for a user who was deleted is not documented.
		if _, gone := d.getUser(ctx, u.typ, id); errors.Is(gone, connector.NotFound) {
			return nil, gone
		}
	}
	return nil, err
}

// putOne sends a single field of a user.
func (d *driver) putOne(ctx context.Context, t *schema.Type, id, field string, v schema.Value) (*schema.Record, error) {
	u := &update{typ: t, fields: make(map[schema.Slot]schema.Value, 1)}
	u.set(field, v)
	return d.putUser(ctx, id, u)
}

func (d *driver) actUser(ctx context.Context, t *schema.Type, id string, a connector.Action) (*schema.Record, error) {
	if a.Kind == connector.Activate {
		return d.suspend(ctx, t, id, false)
	}
	if err := d.notProtected(ctx, id); err != nil {
		return nil, err
	}
	switch a.Kind {
	case connector.Deactivate:
		if a.Keep {
			return d.suspend(ctx, t, id, true)
		}
		return d.deactivate(ctx, t, id, a.Hint)
	case connector.Downgrade:
		return d.demote(ctx, t, id)
	case connector.Delete:
		if !a.Keep {
			if _, err := d.downgrade(ctx, t, id, a.Hint); err != nil {
				return nil, err
			}
		}
		return nil, d.delete(ctx, t, id)
	case connector.Erase:
		return nil, d.erase(ctx, t, id, a.Hint)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action")
	}
}

// notProtected protects the user as whom the driver itself acts, and the account's
// owner.
func (d *driver) notProtected(ctx context.Context, id string) error {
	me, err := d.self(ctx)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch id {
	case me.id:
		return connector.Errorf(connector.Denied, "", "it is the user whom the connection itself acts as")
	case d.owner:
		return connector.Errorf(connector.Denied, "", "it is the account's owner")
	}
	return nil
}

// deactivate suspends a user, an agent or administrator after a downgrade: that
// is the order that the vendor recommends.
func (d *driver) deactivate(ctx context.Context, t *schema.Type, id, hint string) (*schema.Record, error) {
	rec, err := d.downgrade(ctx, t, id, hint)
	if err != nil {
		return nil, err
	}
	if rec != nil && rec.Bool("suspended") {
		return rec, nil
	}
	if rec, err = d.suspend(ctx, t, id, true); err != nil {
		return nil, err
	}
	if rec != nil && rec.Has("role") && rec.String("role") != roleEndUser {
		return d.demote(ctx, t, id) // the hint was out of date
	}
	return rec, nil
}

func (d *driver) suspend(ctx context.Context, t *schema.Type, id string, on bool) (*schema.Record, error) {
	return d.putOne(ctx, t, id, "suspended", schema.BooleanValue(on))
}

// downgrade makes an agent or administrator an end user. The record is nil where
// nothing of the user was read.
func (d *driver) downgrade(ctx context.Context, t *schema.Type, id, hint string) (*schema.Record, error) {
	if hint == "" {
		rec, err := d.getUser(ctx, t, id)
		if err != nil {
			return nil, err
		}
		if hint = rec.String("role"); hint == roleEndUser {
			return rec, nil
		}
	}
	if hint == roleEndUser {
		return nil, nil
	}
	return d.demote(ctx, t, id)
}

func (d *driver) demote(ctx context.Context, t *schema.Type, id string) (*schema.Record, error) {
	return d.putOne(ctx, t, id, "role", schema.StringValue(roleEndUser))
}

// delete is the vendor's soft delete: the user is gone, and the data are erased
// after 30 days. There is no way back.
func (d *driver) delete(ctx context.Context, t *schema.Type, id string) error {
	_, err := d.call(ctx, http.MethodDelete, users, byID, map[string]string{"id": id}, nil)
	err = d.fail(err, request{typ: t, byID: true, deletes: true})
	if errors.Is(err, connector.NotFound) && wasSent(err) {
		return nil // an earlier attempt did it, and its answer was lost
	}
	return err
}

// erase deletes a user for good, also one that was deleted before.
func (d *driver) erase(ctx context.Context, t *schema.Type, id, hint string) error {
	_, err := d.downgrade(ctx, t, id, hint)
	if err == nil {
		err = d.delete(ctx, t, id)
	}
	if err != nil && !errors.Is(err, connector.NotFound) {
		return err
	}
	_, err = d.call(ctx, http.MethodDelete, deletedUsers, byID, map[string]string{"id": id}, nil)
	err = d.fail(err, request{typ: t, byID: true, deletes: true})
	if errors.Is(err, connector.NotFound) && wasSent(err) {
		return nil
	}
	return err
}

// wasSent reports whether an attempt before the one that failed may have been
// carried out.
func wasSent(err error) bool {
	e, ok := errors.AsType[*httpx.Error](err)
	return ok && e.Ambiguous()
}
