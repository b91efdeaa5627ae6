package zendesk

import (
	"context"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Get implements connector.Driver: one call, and one more for the members of a
// group, for each hundred, and for each of a user's further addresses and further
// organizations where they are fields.
func (d *driver) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return d.GetWithout(ctx, r, nil)
}

// GetWithout implements connector.Omitter: the fields that cost calls of their own
// are left out.
func (d *driver) GetWithout(ctx context.Context, r connector.Ref, omit []string) (*schema.Record, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	switch r.Object {
	case ObjectUser:
		rec, err := d.getUser(ctx, k.user, r.ID)
		if err != nil {
			return nil, err
		}
		return rec, d.fillSets(ctx, []*schema.Record{rec}, omit, nil, false)
	case ObjectGroup, ObjectOrganization:
		c := d.circleOf(k, r.Object)
		rec, err := d.getCircle(ctx, c, r.ID)
		if err != nil {
			return nil, err
		}
		return rec, d.fillMembers(ctx, c, []*schema.Record{rec}, omit, true, false)
	case ObjectCustomRole:
		return d.getRole(ctx, r.ID)
	default:
		return nil, noObject()
	}
}

func noObject() error { return connector.Errorf(connector.Unsupported, "", "there is no such object") }

// Create implements connector.Driver: one call, and those that further addresses
// and organizations of a user take. Zendesk sends the new user no mail unless the
// record says so in skip_verify_email.
func (d *driver) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	switch object {
	case ObjectUser:
		return d.createUser(ctx, rec)
	case ObjectGroup, ObjectOrganization:
		k, err := d.knowledge(ctx)
		if err != nil {
			return nil, err
		}
		return d.createCircle(ctx, d.circleOf(k, object), rec)
	default:
		return nil, noObject()
	}
}

// Update implements connector.Driver: one call, to /users/{id}. More are needed
// for a new e-mail address (two, or up to four where the old one is kept or the
// new one is there already), for a phone number that takes the place of a direct
// line (three more), for the organization of a user who may have several, and one
// for each further address or organization that comes or goes.
//
// What others could stand in the way of, the address, is changed first.
func (d *driver) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	switch r.Object {
	case ObjectUser:
		return d.updateUser(ctx, r.ID, c)
	case ObjectGroup, ObjectOrganization:
		k, err := d.knowledge(ctx)
		if err != nil {
			return nil, err
		}
		return d.updateCircle(ctx, d.circleOf(k, r.Object), r.ID, c)
	default:
		return nil, noObject()
	}
}

// Act implements connector.Driver. An end user is suspended, unsuspended and
// deleted by one call. An agent or administrator is made an end user first, one
// more, which frees the seat and is not undone by Activate; with Keep, the role
// stays. Where the hint does not tell the role, it is asked for, one more. Groups
// and organizations are deleted by one call.
func (d *driver) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case r.Object == ObjectUser:
		rec, err := d.actUser(ctx, k.user, r.ID, a)
		if err != nil || rec == nil {
			return nil, err
		}
		return rec, d.fillSets(ctx, []*schema.Record{rec}, nil, nil, false)
	case (r.Object == ObjectGroup || r.Object == ObjectOrganization) && a.Kind == connector.Delete:
		return nil, d.deleteCircle(ctx, d.circleOf(k, r.Object), r.ID)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "the driver has no such action for it")
	}
}
