package freshservice

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// maxSmallPages is how far a list that is taken to be small is read to find one
// record by name.
const maxSmallPages = 10

// List implements connector.Driver. An eq filter on the id or the address, alone
// or within an and, is looked up directly; other filters go to the search, whose
// index lags some minutes behind. Of an or, the parts that only a lookup can
// answer are looked up one by one. Whatever the answer, only records that pass
// the filter are returned, so a page can be shorter than its Next suggests.
func (d *driver) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	if direct, rest := splitOr(q.Filter); len(direct) > 0 {
		return d.either(ctx, object, q, direct, rest)
	}
	switch object {
	case ObjectRequester:
		return d.listRequesters(ctx, q)
	case ObjectAgent:
		return d.listAgents(ctx, q)
	case ObjectUser:
		return d.listUsers(ctx, q)
	case ObjectAgentGroup:
		return d.listAgentGroups(ctx, q)
	}
	res, t, ok := d.fixed(object)
	if !ok {
		return nil, noObject()
	}
	page, err := d.list(ctx, listing{
		res: res, typ: t, query: q, small: true, plain: res != departments && res != locations,
		get: func(id string) (*schema.Record, error) { return d.getFixed(ctx, res, t, id) },
		rec: func(v schema.Value) (*schema.Record, error) { return decode(t, v) },
	})
	if err != nil {
		return nil, err
	}
	return page, d.fillPage(ctx, object, page, q)
}

// splitOr returns the parts of an or that the search cannot say and a lookup can:
// those with an eq on an id or on a person's addresses. rest is nil without
// others.
func splitOr(f schema.Filter) (direct []schema.Filter, rest schema.Filter) {
	or, ok := f.(schema.Or)
	if !ok {
		return nil, nil
	}
	var others schema.Or
	for _, g := range or {
		_, byID := eqOn(g, "id")
		_, byAddress := eqOn(g, fieldAddresses)
		if byID || byAddress {
			direct = append(direct, g)
		} else {
			others = append(others, g)
		}
	}
	switch len(others) {
	case 0:
		return direct, nil
	case 1:
		return direct, others[0]
	default:
		return direct, others
	}
}

// either answers an or: what the lookups find is on the first page, together with
// the first page of the rest. Later pages leave it out.
func (d *driver) either(ctx context.Context, object string, q connector.Query, direct []schema.Filter, rest schema.Filter) (*connector.Page, error) {
	out := &connector.Page{Total: -1}
	seen := make(map[int64]bool)
	add := func(rec *schema.Record) {
		if id := rec.Integer("id"); !seen[id] {
			seen[id] = true
			out.Records = append(out.Records, rec)
		}
	}
	first := q.Cursor == ""
	if first {
		for _, g := range direct {
			page, err := d.List(ctx, object, connector.Query{Filter: g, Background: q.Background, Omit: q.Omit, Kin: q.Kin})
			if err != nil {
				return nil, err
			}
			for _, rec := range page.Records {
				add(rec)
			}
		}
	}
	if rest != nil {
		q.Filter = rest
		page, err := d.List(ctx, object, q)
		if err != nil {
			return nil, err
		}
		for _, rec := range page.Records {
			if first || !d.passesAny(ctx, object, rec, direct) {
				add(rec)
			}
		}
		out.Next = page.Next
	}
	if first && out.Next == "" {
		out.Total = len(out.Records)
	}
	return out, nil
}

// passesAny reports whether a record passes one of several filters.
func (d *driver) passesAny(ctx context.Context, object string, rec *schema.Record, filters []schema.Filter) bool {
	t := rec.Type()
	if own, err := d.typeOf(ctx, object); err == nil && object == ObjectRequester {
		t = own
	}
	for _, f := range filters {
		if m, err := t.Match(f); err == nil && m.Match(asRequester(t, rec)) {
			return true
		}
	}
	return false
}

// listing is a List of one object.
type listing struct {
	res    resource
	typ    *schema.Type
	params url.Values // that go with every call
	query  connector.Query
	// email is the field that the parameter "email" finds; "" without one.
	email string
	// small says that the whole list may be read where the search does not help, and
	// plain that there is no search.
	small, plain bool
	// states says that the list takes the parameters "active" and "state".
	states bool
	// get reads the record with an id.
	get func(id string) (*schema.Record, error)
	// rec makes a record of a list's item, nil for one that is of no concern.
	rec func(schema.Value) (*schema.Record, error)

	match *schema.Matcher // of query.Filter, nil for all
}

func (d *driver) list(ctx context.Context, l listing) (*connector.Page, error) {
	f := l.query.Filter
	if f == nil {
		return d.scan(ctx, l, l.query.Cursor)
	}
	var err error
	if l.match, err = l.typ.Match(f); err != nil {
		return nil, connector.Errorf(connector.Unsupported, "", "the filter does not fit the fields of the object")
	}
	if id, ok := eqOn(f, "id"); ok {
		return l.lookup(id)
	}
	if address, ok := eqOn(f, l.email); ok && l.email != "" {
		return d.byEmail(ctx, l, address)
	}
	for _, phone := range [...]string{"work_phone_number", "mobile_phone_number"} {
		if number, ok := eqOn(f, phone); ok && l.email != "" {
			l.params = clone(l.params)
			l.params.Set(phone, number) // made for it, and no search that lags behind
			return d.scan(ctx, l, l.query.Cursor)
		}
	}
	return d.search(ctx, l)
}

// parseCursor reads the number of a page. The empty cursor is page 1.
func parseCursor(s string) (int, error) {
	if s == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1_000_000 || strconv.Itoa(n) != s {
		return 0, connector.Errorf(connector.Invalid, "", "there is no such page")
	}
	return n, nil
}

// lookup is a list of the record with an id.
func (l listing) lookup(id string) (*connector.Page, error) {
	rec, err := l.get(id)
	switch {
	case errors.Is(err, connector.NotFound):
		return &connector.Page{}, nil
	case err != nil:
		return nil, err
	case !l.passes(rec):
		return &connector.Page{}, nil
	}
	return &connector.Page{Records: []*schema.Record{rec}, Total: 1}, nil
}

// byEmail asks for an address with the parameter that is made for it: one call,
// no search index, no quoting.
func (d *driver) byEmail(ctx context.Context, l listing, address string) (*connector.Page, error) {
	if !strings.Contains(address, "@") {
		return &connector.Page{}, nil // nobody has an address that is none
	}
	p := clone(l.params)
	p.Set("email", address)
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

// search reads a page of what the search finds.
func (d *driver) search(ctx context.Context, l listing) (*connector.Page, error) {
	if l.plain {
		return d.scanSmall(ctx, l)
	}
	if l.states {
		if p, whole := stateParams(l.query.Filter); len(p) > 0 {
			if l.params = p; whole {
				return d.scan(ctx, l, l.query.Cursor)
			}
		}
	}
	expr, err := renderQuery(l.typ, l.query.Filter)
	if err != nil {
		switch {
		case l.small:
			return d.scanSmall(ctx, l)
		case l.states && saysState(l.query.Filter):
			return d.scan(ctx, l, l.query.Cursor) // the search knows no states
		}
		return nil, err
	}
	if l.states {
		l.params = nil // what is left of them is looked at in the answer
	}
	at, err := parsePlace(l.query.Cursor, 1)
	if err != nil {
		return nil, err
	}
	if at.at > queryPages {
		return nil, connector.Errorf(connector.Unsupported, "",
			"Freshservice's search gives no more than %d records", queryPage*queryPages)
	}
	p := clone(l.params)
	p.Set("query", expr)
	got, err := d.index(ctx, l.res, p, at.at, l.query.Background)
	if err != nil {
		return nil, failSearch(err)
	}
	if len(got.items) >= queryPage {
		got.next = at.at + 1 // the Link header is not to be relied on here
	}
	// The youngest come first: who is made meanwhile pushes others to the next page.
	out, err := l.after(at, got.items, got.next)
	if err != nil {
		return nil, err
	}
	if l.small && len(out.Records) == 0 && at.at == 1 {
		return d.scanSmall(ctx, l)
	}
	if got.next != 0 {
		out.Next = place{at: got.next, given: idsOf(got.items)}.String()
	}
	return out, nil
}

// stateParams returns the parameters of a list of agents for a filter that is, or
// has as parts of an and, comparisons of active and occasional. whole says that
// they are all of it.
func stateParams(f schema.Filter) (p url.Values, whole bool) {
	parts := schema.And{f}
	if and, ok := f.(schema.And); ok {
		parts = and
	}
	p, whole = url.Values{}, true
	for _, g := range parts {
		active, isActive := eqOn(g, "active")
		occasional, isState := eqOn(g, fieldOccasional)
		switch {
		case isActive:
			p.Set("active", active)
		case isState && occasional == "true":
			p.Set("state", "occasional")
		case isState:
			p.Set("state", "fulltime")
		default:
			whole = false
		}
	}
	return p, whole
}

// saysState reports whether a filter compares active or occasional anywhere.
func saysState(f schema.Filter) bool {
	switch f := f.(type) {
	case schema.And:
		return slices.ContainsFunc(f, saysState)
	case schema.Or:
		return slices.ContainsFunc(f, saysState)
	default:
		name, _, ok := connector.EqOn(f)
		return ok && (strings.EqualFold(name, "active") || strings.EqualFold(name, fieldOccasional))
	}
}

// scanSmall looks through a whole list of moderate length: for a name that
// cannot be put in a query, for one that the search's index does not have yet,
// and for one in another case, about which the search may be particular.
func (d *driver) scanSmall(ctx context.Context, l listing) (*connector.Page, error) {
	out := &connector.Page{}
	cursor := ""
	for page := 1; ; page++ {
		if page > maxSmallPages {
			return nil, connector.Errorf(connector.Unsupported, "", "the account has too many to look for one by name")
		}
		got, err := d.scan(ctx, l, cursor)
		if err != nil {
			return nil, err
		}
		out.Records = append(out.Records, got.Records...)
		if cursor = got.Next; cursor == "" {
			break
		}
	}
	out.Total = len(out.Records)
	return out, nil
}

// records decodes items, and keeps those that pass the filter.
func (l listing) records(items []schema.Value) ([]*schema.Record, error) {
	recs := make([]*schema.Record, 0, len(items))
	for _, item := range items {
		rec, err := l.rec(item)
		if err != nil {
			return nil, err
		}
		if rec != nil && l.passes(rec) {
			recs = append(recs, rec)
		}
	}
	return recs, nil
}

// passes reports whether a record passes the filter, which is one for the
// listing's own type: kin are looked at as if they were of it.
func (l listing) passes(rec *schema.Record) bool {
	return l.match == nil || l.match.Match(asRequester(l.typ, rec))
}

// failSearch is fail for a lookup by value: what the API does not take there it
// cannot look for, and the caller has to find it another way.
func failSearch(err error) error {
	err = fail(err, request{})
	if errors.Is(err, connector.Internal) && statusOf(err) == 400 {
		return &connector.Error{Code: connector.Unsupported, Reason: "Freshservice's search does not take the filter", Err: err}
	}
	return err
}

func clone(v url.Values) url.Values {
	out := make(url.Values, len(v)+2)
	for name, vs := range v {
		out[name] = vs
	}
	return out
}
