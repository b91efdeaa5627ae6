package freshservice

import (
	"context"
	"net/http"
	"slices"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Get implements connector.Driver: one call; of a user two where it is an agent; of
// a requester group, and of a department with members, further ones for the
// members.
func (d *driver) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return d.GetWithout(ctx, r, nil)
}

// GetWithout implements connector.Omitter: without members it is one call.
func (d *driver) GetWithout(ctx context.Context, r connector.Ref, fields []string) (*schema.Record, error) {
	if k, ok := kindOf(r.Object); ok {
		t, err := d.typeOf(ctx, k.object)
		if err != nil {
			return nil, err
		}
		return d.getPerson(ctx, k, t, r.ID)
	}
	if r.Object == ObjectUser {
		return d.getUser(ctx, r.ID)
	}
	res, t, ok := d.fixed(r.Object)
	if !ok {
		return nil, noObject()
	}
	rec, err := d.getFixed(ctx, res, t, r.ID)
	if err != nil || slices.Contains(fields, fieldMembers) {
		return rec, err
	}
	return rec, d.fillMembers(ctx, r.Object, rec, false)
}

func noObject() error { return connector.Errorf(connector.Unsupported, "", "there is no such object") }

// fixed returns collection and type of the objects that are no people.
func (d *driver) fixed(object string) (resource, *schema.Type, bool) {
	switch object {
	case ObjectAgentGroup:
		return agentGroups, d.types.agentGroup, true
	case ObjectRequesterGroup:
		return requesterGroups, d.types.requesterGroup, true
	case ObjectDepartment:
		return departments, d.departmentType(), true
	case ObjectLocation:
		return locations, d.types.location, true
	case ObjectAgentRole:
		return roles, d.types.role, true
	case ObjectWorkspace:
		return workspaces, d.types.workspace, true
	default:
		return "", nil, false
	}
}

func (d *driver) getFixed(ctx context.Context, res resource, t *schema.Type, id string) (*schema.Record, error) {
	v, _, err := d.view(ctx, res, id)
	if err != nil {
		return nil, fail(err, request{typ: t, byID: true})
	}
	return decode(t, v)
}

// Create implements connector.Driver: one call; one more, once, where the account
// does not take external ids.
func (d *driver) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	if k, ok := kindOf(object); ok {
		return d.createPerson(ctx, k, rec)
	}
	res, t, ok := d.fixed(object)
	if !ok {
		return nil, noObject()
	}
	req := request{typ: t, create: true}
	v, err := d.write(ctx, http.MethodPost, res, "", "", createBody(rec).encode())
	if err != nil {
		return nil, fail(err, req)
	}
	out, err := decode(t, v)
	return out, fail(err, req)
}

// Update implements connector.Driver. See [driver.updatePerson] for people; groups
// and departments take one call.
func (d *driver) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if k, ok := kindOf(r.Object); ok {
		return d.updatePerson(ctx, k, r, c)
	}
	switch r.Object {
	case ObjectAgentGroup:
		return d.updateAgentGroup(ctx, r, c)
	case ObjectRequesterGroup:
		return d.updateRequesterGroup(ctx, r, c)
	case ObjectDepartment:
		return d.putNamed(ctx, departments, r, c)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "it cannot be changed")
	}
}

// putNamed updates what has a name that every update has to have. The texts that
// are emptied are tried with null and with "", as those of people are.
func (d *driver) putNamed(ctx context.Context, res resource, r connector.Ref, c connector.Change) (*schema.Record, error) {
	u := newUpdate(c, clearing(d.learned.clearWith.Load()), customRule(d.learned.custom.Load()) == customWhole)
	u.sent.set(c.Type.Slot("name"), c.Want.Get("name"))
	return d.putRecord(ctx, res, r.ID, u)
}

// putRecord sends an update of what is no person. The record is nil where the
// answer is empty.
func (d *driver) putRecord(ctx context.Context, res resource, id string, u *update) (*schema.Record, error) {
	send := func(u *update) (*schema.Record, error) {
		v, err := d.write(ctx, http.MethodPut, res, id, "", u.body())
		if err != nil || v.IsUnset() {
			return nil, fail(err, request{typ: u.typ, byID: true})
		}
		return decode(u.typ, v)
	}
	rec, err := send(u)
	if err != nil && u.otherClearing(err) {
		if rec, err = send(u); err == nil {
			d.learned.clearWith.Store(int32(u.clearing))
		}
	}
	if err != nil || rec == nil {
		return nil, err
	}
	if u.customKept(rec) == customWhole {
		d.learned.custom.Store(int32(customWhole))
		u.sendAllCustom()
		if rec, err = send(u); err != nil || rec == nil {
			return nil, err
		}
	}
	if again := u.ignoredClearing(rec); again != nil {
		again.sent.set(u.typ.Slot("name"), u.want.Get("name"))
		if after, err := send(again); err == nil && after != nil {
			return after, nil
		}
	}
	return rec, nil
}

// Act implements connector.Driver: one call; two where the answer does not say
// whether the action had been done before.
func (d *driver) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	if k, ok := kindOf(r.Object); ok {
		return d.actPerson(ctx, k, r, a)
	}
	res, t, ok := d.fixed(r.Object)
	if !ok || a.Kind != connector.Delete {
		return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action for it")
	}
	_, err := d.write(ctx, http.MethodDelete, res, r.ID, "", nil)
	err = fail(err, request{typ: t, byID: true})
	if err != nil && r.Object == ObjectRequesterGroup {
		return nil, d.ruled(ctx, r.ID, err)
	}
	return nil, err
}
