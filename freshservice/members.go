package freshservice

import (
	"context"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// ListMembers implements connector.Members: one call for a page, for all of an agent
// group.
func (d *driver) ListMembers(ctx context.Context, group connector.Ref, cursor string) (*connector.Page, error) {
	switch group.Object {
	case ObjectAgentGroup:
		return d.agentGroupMembers(ctx, group.ID)
	case ObjectRequesterGroup:
		return d.requesterGroupPage(ctx, group.ID, cursor, false)
	case ObjectDepartment:
		if cursor == "" {
			if _, err := d.getFixed(ctx, departments, d.departmentType(), group.ID); err != nil {
				return nil, err
			}
		}
		return d.departmentPage(ctx, group.ID, cursor, false)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "it has no members")
	}
}

// agentGroupMembers lists the approved members of a group, of whom no more than the
// id is told.
func (d *driver) agentGroupMembers(ctx context.Context, id string) (*connector.Page, error) {
	group, err := d.getFixed(ctx, agentGroups, d.types.agentGroup, id)
	if err != nil {
		return nil, err
	}
	t, err := d.typeOf(ctx, ObjectAgent)
	if err != nil {
		return nil, err
	}
	out := &connector.Page{}
	for v := range group.Get(fieldMembers).Elements() {
		rec := t.New()
		rec.Set("id", v)
		out.Records = append(out.Records, rec)
	}
	out.Total = len(out.Records)
	return out, nil
}

// EditMembers implements connector.Members: two calls for any number of members of
// an agent group, one for each of a requester group, two for each of a department.
func (d *driver) EditMembers(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	switch group.Object {
	case ObjectAgentGroup:
		return d.editAgentGroup(ctx, group, add, remove)
	case ObjectRequesterGroup:
		return d.editRequesterGroup(ctx, group, add, remove)
	case ObjectDepartment:
		return d.editDepartment(ctx, group, add, remove)
	default:
		return nil, connector.Errorf(connector.Unsupported, "", "it has no members")
	}
}

// fillMembers puts the members into the record of a group that does not have them
// from the API: one call for a page of them.
func (d *driver) fillMembers(ctx context.Context, object string, group *schema.Record, background bool) error {
	var read func(ctx context.Context, id, cursor string, background bool) (*connector.Page, error)
	switch {
	case object == ObjectRequesterGroup:
		read = d.requesterGroupPage
	case object == ObjectDepartment && d.grouped:
		read = d.departmentPage
	default:
		return nil
	}
	var members []schema.Value
	cursor := ""
	for {
		got, err := read(ctx, group.String("id"), cursor, background)
		if err != nil {
			return err
		}
		for _, rec := range got.Records {
			members = append(members, rec.Get("id"))
		}
		if cursor = got.Next; cursor == "" {
			group.Set(fieldMembers, schema.ListValue(members...))
			return nil
		}
	}
}

// fillPage fills the members of the groups of a page, unless the query has no use
// for them.
func (d *driver) fillPage(ctx context.Context, object string, page *connector.Page, q connector.Query) error {
	for _, name := range q.Omit {
		if name == fieldMembers {
			return nil
		}
	}
	for _, group := range page.Records {
		if err := d.fillMembers(ctx, object, group, q.Background); err != nil {
			return err
		}
	}
	return nil
}
