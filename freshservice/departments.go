package freshservice

import (
	"context"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// getFixed reads a department or a location.
func (d *driver) getFixed(ctx context.Context, res resource, t *schema.Type, id string) (*schema.Record, error) {
	v, _, err := d.view(ctx, res, id)
	if err != nil {
		return nil, fail(err, request{typ: t, byID: true})
	}
	return decode(t, v)
}

// listFixed answers a List of departments or locations.
func (d *driver) listFixed(ctx context.Context, res resource, t *schema.Type, q connector.Query) (*connector.Page, error) {
	return d.list(ctx, listing{
		res: res, typ: t, query: q, small: true,
		get: func(id string) (*schema.Record, error) { return d.getFixed(ctx, res, t, id) },
		rec: func(v schema.Value) (*schema.Record, error) { return decode(t, v) },
	})
}
