package zendesk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

const (
	// maxSmallPages is how far a list that is taken to be small is read, and the
	// search for an address.
	maxSmallPages = 10
	// maxCursor is the length of a cursor that is sent back.
	maxCursor = 4096
)

var errTooMany = connector.Errorf(connector.Unsupported, "", "the account has more of them than are read")

// List implements connector.Driver: one call for each page. Whatever the answer,
// only records that pass the filter are returned, so a page can be shorter than
// its Next suggests. An eq filter on the id or the external id is looked up
// directly, one on the address by a search, whose index lags some minutes behind.
func (d *driver) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	switch object {
	case ObjectUser:
		return d.listUsers(ctx, q)
	case ObjectGroup, ObjectOrganization:
		k, err := d.knowledge(ctx)
		if err != nil {
			return nil, err
		}
		return d.listCircles(ctx, d.circleOf(k, object), q)
	case ObjectCustomRole:
		return d.listRoles(ctx, q)
	default:
		return nil, noObject()
	}
}

// listing is a List of one object.
type listing struct {
	res    resource
	params url.Values // that go with every call
	typ    *schema.Type
	query  connector.Query
	match  *schema.Matcher // of query.Filter, nil for all
	// along are the identities of the users on the page, by user, where they came
	// along; nil else.
	along map[string][]identity
	// rec makes a record of a list's item, nil for one that is of no concern.
	rec func(schema.Value) (*schema.Record, error)
}

func newListing(res resource, t *schema.Type, q connector.Query) (*listing, error) {
	l := &listing{res: res, typ: t, query: q, rec: func(v schema.Value) (*schema.Record, error) { return decode(t, v) }}
	if len(q.Cursor) > maxCursor {
		return nil, noPage()
	}
	if q.Filter == nil {
		return l, nil
	}
	var err error
	if l.match, err = t.Match(q.Filter); err != nil {
		return nil, connector.Errorf(connector.Unsupported, "", "the filter does not fit the fields of the object")
	}
	return l, nil
}

func noPage() error { return connector.Errorf(connector.Invalid, "", "there is no such page") }

// newUserListing is newListing for users.
func (d *driver) newUserListing(t *schema.Type, q connector.Query) (*listing, error) {
	l, err := newListing(users, t, q)
	if err != nil {
		return nil, err
	}
	l.rec = func(v schema.Value) (*schema.Record, error) {
		if isGone(v) {
			return nil, nil
		}
		return d.decodeUser(t, v)
	}
	return l, nil
}

// listUsers answers a List of users.
func (d *driver) listUsers(ctx context.Context, q connector.Query) (*connector.Page, error) {
	k, err := d.knowledge(ctx)
	if err != nil {
		return nil, err
	}
	l, err := d.newUserListing(k.user, q)
	if err != nil {
		return nil, err
	}
	page, err := d.pageOfUsers(ctx, k.user, l)
	if err != nil {
		return nil, err
	}
	return page, d.fillSets(ctx, page.Records, q.Omit, l.along, q.Background)
}

func (d *driver) pageOfUsers(ctx context.Context, t *schema.Type, l *listing) (*connector.Page, error) {
	q := l.query
	if id, ok := eqOn(q.Filter, "id"); ok {
		return l.lookup(func() (*schema.Record, error) { return d.getUser(ctx, t, id) })
	}
	if key, ok := eqOn(q.Filter, "external_id"); ok {
		l.params = params("external_id", key)
		return d.page(ctx, l)
	}
	if address, ok := eqOn(q.Filter, "email"); ok {
		return d.byEmail(ctx, l, address)
	}
	if role, ok := eqOn(q.Filter, "role"); ok {
		role = strings.ToLower(role)
		if role != roleEndUser && role != roleAgent && role != roleAdmin {
			return &connector.Page{}, nil // the parameter takes names of custom roles as well
		}
		l.params = params("role", role)
	} else if q.Filter != nil {
		return nil, connector.Errorf(connector.Unsupported, "", "Zendesk's search cannot say this")
	}
	return d.page(ctx, l)
}

// byEmail searches for an address: one call. Partial matches and further
// addresses of others are found as well, so more pages are read while what was
// looked for is not among them.
func (d *driver) byEmail(ctx context.Context, l *listing, address string) (*connector.Page, error) {
	if !strings.Contains(address, "@") {
		return &connector.Page{}, nil // nobody has an address that is none
	}
	text, err := emailQuery(address)
	if err != nil {
		return nil, err
	}
	l.res = users.at("/users/search")
	l.params = params("query", text)
	for range maxSmallPages {
		got, err := d.index(ctx, l.res, nil, l.params, l.query.Background)
		if err != nil {
			return nil, d.failSearch(err)
		}
		recs, err := l.records(got.items)
		if err != nil {
			return nil, err
		}
		if len(recs) > 0 || got.next == "" {
			return &connector.Page{Records: recs, Total: len(recs)}, nil
		}
		l.params.Set("page", got.next)
	}
	return nil, connector.Errorf(connector.Unsupported, "email", "Zendesk's search finds too much for this address")
}

// lookup is a list of the record with an id.
func (l *listing) lookup(get func() (*schema.Record, error)) (*connector.Page, error) {
	rec, err := get()
	switch {
	case errors.Is(err, connector.NotFound):
		return &connector.Page{}, nil
	case err != nil:
		return nil, err
	case l.match != nil && !l.match.Match(rec):
		return &connector.Page{}, nil
	}
	return &connector.Page{Records: []*schema.Record{rec}, Total: 1}, nil
}

// page reads a page of a list with cursors.
func (d *driver) page(ctx context.Context, l *listing) (*connector.Page, error) {
	p := clone(l.params)
	p.Set("page[size]", strconv.Itoa(pageSize))
	if l.query.Cursor != "" {
		p.Set("page[after]", l.query.Cursor)
	}
	if w := wanted(l.typ, l.query.Omit); l.res == users && (w.emails || w.phones) {
		p.Set("include", identities.many) // or else it takes a call for each user
	}
	got, err := d.index(ctx, l.res, nil, p, l.query.Background)
	if err != nil {
		if statusOf(err) == http.StatusBadRequest && l.query.Cursor != "" {
			return nil, noPage()
		}
		return nil, d.fail(err, request{})
	}
	recs, err := l.records(got.items)
	if err != nil {
		return nil, err
	}
	if l.along, err = identitiesAlong(got.side); err != nil {
		return nil, err
	}
	out := &connector.Page{Records: recs, Next: got.next, Total: -1}
	switch {
	case l.query.Cursor != "":
	case got.next == "":
		out.Total = len(recs)
	case l.query.Filter == nil && d.choices.counts:
		if out.Total, err = d.count(ctx, l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// maxExact is up to which number Zendesk counts exactly (developer.zendesk.com,
// "Count Users").
const maxExact = 100_000

// count asks how many records a list has; negative where that is not known.
func (d *driver) count(ctx context.Context, l *listing) (int, error) {
	v, err := d.call(ctx, http.MethodGet, resource{path: l.res.path, one: "count"}, "/count", nil, nil)
	if err != nil {
		return -1, d.fail(err, request{})
	}
	if n, ok := v.Member("value").Integer(); ok && n >= 0 && n <= maxExact {
		return int(n), nil
	}
	return -1, nil
}

// records decodes items, and keeps those that pass the filter.
func (l *listing) records(items []schema.Value) ([]*schema.Record, error) {
	recs := make([]*schema.Record, 0, len(items))
	for _, item := range items {
		rec, err := l.rec(item)
		if err != nil {
			return nil, err
		}
		if rec != nil && (l.match == nil || l.match.Match(rec)) {
			recs = append(recs, rec)
		}
	}
	return recs, nil
}

// failSearch is fail for a lookup by value: what the API does not take there it
// cannot look for, and the caller has to find it another way.
func (d *driver) failSearch(err error) error {
	status := statusOf(err)
	err = d.fail(err, request{})
	if errors.Is(err, connector.Internal) && (status == http.StatusBadRequest || status == http.StatusUnprocessableEntity) {
		return &connector.Error{Code: connector.Unsupported, Reason: "Zendesk's search does not take the filter", Err: err}
	}
	return err
}
