package zendesk

import (
	"context"
	"errors"
	"net/http"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// getFixed reads an organization or a custom role.
func (d *driver) getFixed(ctx context.Context, res resource, t *schema.Type, id string) (*schema.Record, error) {
	v, err := d.view(ctx, res, id)
	if err != nil {
		return nil, d.fail(err, request{typ: t, byID: true})
	}
	return decode(t, v)
}

// listFixed answers a List of organizations or custom roles. Names and external
// ids of organizations have a search of their own, which is exact; the custom roles
// come in one piece.
func (d *driver) listFixed(ctx context.Context, res resource, t *schema.Type, q connector.Query) (*connector.Page, error) {
	l, err := newListing(res, t, q)
	if err != nil {
		return nil, err
	}
	if id, ok := eqOn(q.Filter, "id"); ok {
		return l.lookup(func() (*schema.Record, error) { return d.getFixed(ctx, res, t, id) })
	}
	if res == customRoles {
		return d.listRoles(ctx, l)
	}
	if q.Filter == nil {
		return d.page(ctx, l)
	}
	for _, key := range [...]string{"external_id", "name"} { // the search takes one of them
		if v, ok := eqOn(q.Filter, key); ok {
			return d.exact(ctx, l, params(key, v))
		}
	}
	return nil, connector.Errorf(connector.Unsupported, "", "Zendesk's search cannot say this")
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

// listRoles reads the custom roles, which come in one piece. An account whose plan
// has none answers 404.
func (d *driver) listRoles(ctx context.Context, l *listing) (*connector.Page, error) {
	got, err := d.index(ctx, customRoles, nil, nil, l.query.Background)
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
