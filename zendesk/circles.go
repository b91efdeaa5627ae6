package zendesk

import (
	"context"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// circle is an object whose records have members: groups have agents,
// organizations have users.
type circle struct {
	object string
	typ    *schema.Type
	res    resource
	joins  resource // its memberships
	list   string   // path of those of one record
	ofUser string   // path of those of one user
	key    string   // of the record in a membership
}

func (d *driver) circleOf(k *known, object string) *circle {
	if object == ObjectGroup {
		return &circle{
			object: object, typ: k.typeOf(object), res: groups, key: "group_id",
			joins: resource{"/group_memberships", "group_membership", "group_memberships"},
			list:  "/groups/{id}/memberships", ofUser: "/users/{user}/group_memberships",
		}
	}
	return &circle{
		object: object, typ: k.typeOf(object), res: organizations, key: "organization_id",
		joins: organizationMemberships,
		list:  "/organizations/{id}/organization_memberships", ofUser: "/users/{user}/organization_memberships",
	}
}

// hasMembers reports whether members are a field.
func (c *circle) hasMembers() bool { return c.typ.Slot(fieldMembers) != schema.NoSlot }

// record decodes a record; nil for a group that was deleted, which some calls go
// on showing.
func (d *driver) record(c *circle, v schema.Value) (*schema.Record, error) {
	if deleted, _ := v.Member("deleted").Bool(); deleted {
		return nil, nil //nolint:nilnil // there is none
	}
	rec, err := decode(c.typ, v)
	if err != nil {
		return nil, err
	}
	d.hideFieldTags(rec)
	return rec, nil
}

// getCircle reads a record without its members.
func (d *driver) getCircle(ctx context.Context, c *circle, id string) (*schema.Record, error) {
	v, err := d.view(ctx, c.res, id)
	if err != nil {
		return nil, d.fail(err, request{typ: c.typ, byID: true})
	}
	rec, err := d.record(c, v)
	if err == nil && rec == nil {
		return nil, connector.Errorf(connector.NotFound, "", "the %s was deleted", c.object)
	}
	return rec, err
}

// createCircle makes a record: one call.
func (d *driver) createCircle(ctx context.Context, c *circle, rec *schema.Record) (*schema.Record, error) {
	out := rec.Type().New()
	for s, v := range rec.Values() {
		if a := rec.Type().Attribute(s); a.Writable() && !v.Unassigned() && a.Name != fieldMembers {
			out.SetAt(s, v)
		}
	}
	req := request{typ: rec.Type(), create: true}
	v, err := d.call(ctx, http.MethodPost, c.res, "", nil, body(c.res.one, connector.RecordBody(out)))
	if err != nil {
		return nil, d.taken(ctx, d.fail(err, req), req, rec.Get, 0)
	}
	made, err := d.record(c, v)
	if err == nil && made == nil {
		err = malformed(http.MethodPost, c.res.path, "the answer holds a record that was deleted")
	}
	return made, d.fail(err, req)
}

// updateCircle changes a record: one call. Its custom fields go out together, and
// tags with those that the fields make: a blind change of either reads it first.
func (d *driver) updateCircle(ctx context.Context, c *circle, id string, ch connector.Change) (*schema.Record, error) {
	if ch.Base == nil && d.needsCircle(c, ch) {
		base, err := d.getCircle(ctx, c, id)
		if err != nil {
			return nil, err
		}
		ch.Base, ch.Want = base, base.Clone()
		ch.Want.Apply(ch.Edits...)
	}
	u := &update{typ: ch.Type, base: ch.Base, want: ch.Want, fields: make(map[schema.Slot]schema.Value, len(ch.Edits))}
	for _, e := range ch.Edits {
		if a := u.typ.Attribute(e.Slot); a.Writable() && a.Name != fieldMembers {
			u.edit(a, e)
		}
	}
	d.keepFieldTags(u)
	if u.custom {
		u.sendAllCustom()
	}
	if u.empty() {
		if ch.Base == nil {
			return nil, nil //nolint:nilnil // nothing that can be changed was asked for
		}
		return ch.Base.Clone(), nil
	}
	req := request{typ: u.typ, byID: true}
	v, err := d.call(ctx, http.MethodPut, c.res, byID, map[string]string{"id": id}, body(c.res.one, u.body()))
	if err != nil {
		return nil, d.taken(ctx, d.fail(err, req), req, u.value, number(id))
	}
	if v.IsUnset() {
		return nil, nil //nolint:nilnil // the answer told nothing
	}
	rec, err := d.record(c, v)
	if err == nil && rec == nil {
		return nil, connector.Errorf(connector.NotFound, "", "the %s was deleted", c.object)
	}
	if err != nil {
		return nil, d.fail(err, req)
	}
	if ch.Base != nil && c.hasMembers() {
		rec.Set(fieldMembers, ch.Base.Get(fieldMembers)) // an update changes none
	}
	return rec, nil
}

// needsCircle reports whether a blind change has to see the record first.
func (d *driver) needsCircle(c *circle, ch connector.Change) bool {
	for _, e := range ch.Edits {
		a := ch.Type.Attribute(e.Slot)
		if a.Custom || e.Op == schema.Add || e.Op == schema.Remove || a.Name == "tags" && d.hasTagFields(c.object) {
			return true
		}
	}
	return false
}

// deleteCircle deletes a record, which Zendesk cannot undo.
func (d *driver) deleteCircle(ctx context.Context, c *circle, id string) error {
	_, err := d.call(ctx, http.MethodDelete, c.res, byID, map[string]string{"id": id}, nil)
	err = d.fail(err, request{typ: c.typ, byID: true, deletes: true})
	if connector.CodeOf(err) == connector.NotFound && wasSent(err) {
		return nil // an earlier attempt did it, and its answer was lost
	}
	return err
}

// listCircles answers a List. Groups have no search: their list is gone through.
func (d *driver) listCircles(ctx context.Context, c *circle, q connector.Query) (*connector.Page, error) {
	l, err := newListing(c.res, c.typ, q)
	if err != nil {
		return nil, err
	}
	l.rec = func(v schema.Value) (*schema.Record, error) { return d.record(c, v) }
	page, err := d.pageOfCircles(ctx, c, l)
	if err != nil {
		return nil, err
	}
	whole := q.Filter == nil && q.Cursor == "" && page.Next == ""
	return page, d.fillMembers(ctx, c, page.Records, q.Omit, whole, q.Background)
}

func (d *driver) pageOfCircles(ctx context.Context, c *circle, l *listing) (*connector.Page, error) {
	filter := l.query.Filter
	if id, ok := eqOn(filter, "id"); ok {
		return l.lookup(func() (*schema.Record, error) { return d.getCircle(ctx, c, id) })
	}
	if c.object == ObjectGroup {
		l.params = params("exclude_deleted", "true")
		return d.scan(ctx, l)
	}
	if filter == nil {
		return d.page(ctx, l)
	}
	for _, key := range [...]string{"external_id", "name"} { // the search takes one of them
		if v, ok := eqOn(filter, key); ok {
			return d.exact(ctx, l, params(key, v))
		}
	}
	return nil, connector.Errorf(connector.Unsupported, "", "Zendesk's search cannot say this")
}

// scan is page for a list that is gone through for a filter: ten pages at once.
func (d *driver) scan(ctx context.Context, l *listing) (*connector.Page, error) {
	page, err := d.page(ctx, l)
	if err != nil || l.match == nil {
		return page, err
	}
	whole := l.query.Cursor == ""
	for range maxSmallPages - 1 {
		if page.Next == "" {
			break
		}
		l.query.Cursor = page.Next
		more, err := d.page(ctx, l)
		if err != nil {
			return nil, err
		}
		page.Records, page.Next = append(page.Records, more.Records...), more.Next
	}
	if page.Total = -1; whole && page.Next == "" {
		page.Total = len(page.Records)
	}
	return page, nil
}

// exact asks the exact search of organizations.
func (d *driver) exact(ctx context.Context, l *listing, p map[string][]string) (*connector.Page, error) {
	got, err := d.index(ctx, organizations.at("/organizations/search"), nil, p, l.query.Background)
	if err != nil {
		return nil, d.failSearch(err)
	}
	recs, err := l.records(got.items)
	return &connector.Page{Records: recs, Total: len(recs)}, err
}
