package freshservice

import (
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// getUser reads a person who may be either, from the path of requesters first:
// there are more of them.
func (d *driver) getUser(ctx context.Context, id string) (*schema.Record, error) {
	v, key, err := d.view(ctx, requesters, id)
	if err == nil {
		return d.userRecord(v, key == agents.one())
	}
	err = fail(err, request{typ: d.types.user, byID: true})
	if !errors.Is(err, connector.NotFound) {
		return nil, err
	}
	v, err = d.viewAgent(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.userRecord(v, true)
}

// userRecord makes a user of a requester or an agent, whose attributes differ in
// name.
func (d *driver) userRecord(v schema.Value, isAgent bool) (*schema.Record, error) {
	rec, err := decode(d.types.user, v)
	if err != nil {
		return nil, err
	}
	if email := v.Member("email").Text(); email != "" && !rec.Has("primary_email") {
		rec.SetString("primary_email", email)
	}
	if !rec.Bool("is_agent") {
		rec.Set("is_agent", schema.BooleanValue(isAgent))
	}
	rec.SetString("name", strings.TrimSpace(rec.String("first_name")+" "+rec.String("last_name")))
	addresses := make([]string, 0, 4)
	for _, a := range append([]string{rec.String("primary_email")}, v.Member("secondary_emails").Strings()...) {
		if a != "" {
			addresses = append(addresses, a)
		}
	}
	rec.Set(fieldAddresses, schema.StringsValue(addresses...))
	return rec, nil
}

func (d *driver) users(ctx context.Context, q connector.Query) listing {
	return listing{
		res: requesters, typ: d.types.user, params: params("include_agents", "true"), email: "primary_email", query: q,
		get: func(id string) (*schema.Record, error) { return d.getUser(ctx, id) },
		rec: func(v schema.Value) (*schema.Record, error) { return d.userRecord(v, false) },
	}
}

// listUsers answers a List of people of both kinds. An agent's key that may not
// manage agents gets requesters only; the check of the connection says so.
func (d *driver) listUsers(ctx context.Context, q connector.Query) (*connector.Page, error) {
	l := d.users(ctx, q)
	if address, ok := eqOn(q.Filter, fieldAddresses); ok {
		return d.holders(ctx, l, address)
	}
	page, err := d.list(ctx, l)
	if errors.Is(err, connector.Denied) {
		l.params = nil
		page, err = d.list(ctx, l)
	}
	return page, err
}

// holders looks for whoever has an address, as primary or secondary one. The
// lookup of an address may not show everybody (deactivated people, agents, other
// people's secondary addresses: nothing is documented), so three ways are tried
// until one finds somebody. Nobody found does not mean that the address is
// free: a secondary address may be invisible to all of them.
func (d *driver) holders(ctx context.Context, l listing, address string) (*connector.Page, error) {
	match, err := l.typ.Match(l.query.Filter)
	if err != nil {
		return nil, connector.Errorf(connector.Unsupported, "", "the filter does not fit the fields of the object")
	}
	l.match = match

	page, err := d.byEmail(ctx, l, address)
	denied := errors.Is(err, connector.Denied)
	if denied {
		l.params = nil
		page, err = d.byEmail(ctx, l, address)
	}
	if err != nil || len(page.Records) > 0 {
		return page, err
	}
	if !denied {
		ag := l
		ag.res, ag.params = agents, nil
		ag.rec = func(v schema.Value) (*schema.Record, error) { return d.userRecord(v, true) }
		page, err = d.byEmail(ctx, ag, address)
		if err != nil && !errors.Is(err, connector.Denied) || err == nil && len(page.Records) > 0 {
			return page, err
		}
	}
	quoted, ok := quoteValue(address)
	if !ok {
		return &connector.Page{}, nil
	}
	p := clone(l.params)
	p.Set("query", `"primary_email:`+quoted+`"`)
	got, err := d.index(ctx, l.res, p, 0, l.query.Background)
	if err != nil {
		return nil, failSearch(err)
	}
	recs, err := l.records(got.items)
	if err != nil {
		return nil, err
	}
	return &connector.Page{Records: recs, Total: len(recs)}, nil
}
