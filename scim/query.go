package scim

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// parameters are those of a query that the front knows; others are ignored (RFC
// 7644 section 3.4.2). They come with a GET, or in the body of a search.
type parameters struct {
	filter, sortBy, sortOrder, startIndex, count, cursor, attributes, excluded string
	// hasCursor says that there is a cursor, though it may be empty: it asks for
	// the first page of those by cursor.
	hasCursor bool
	// byCursor says that the answer is a page by cursor, see paging.
	byCursor bool
	// used are the repairs that reading them needed.
	used repairSet
}

// hasFilter reports whether there is a filter: some clients send the parameter
// without a value.
func (p *parameters) hasFilter() bool { return strings.TrimSpace(p.filter) != "" }

// parameters reads the query. A plus is a space. Of a parameter that comes
// again the first one with a value counts, except for the two that are lists.
func (x *exchange) parameters() (parameters, error) {
	var p parameters
	var attributes, excluded []string
	for rest := x.r.URL.RawQuery; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		dst := p.named(name)
		if dst == nil {
			continue
		}
		text, err := url.QueryUnescape(value)
		if err != nil {
			return p, Errorf(http.StatusBadRequest, InvalidValue, "The parameter %s is not percent-encoded as it should be.", name)
		}
		switch {
		case text == "":
		case dst == &p.attributes:
			attributes = append(attributes, text)
		case dst == &p.excluded:
			excluded = append(excluded, text)
		case *dst == "":
			*dst = text
		}
		p.hasCursor = p.hasCursor || dst == &p.cursor
	}
	p.attributes, p.excluded = strings.Join(attributes, ","), strings.Join(excluded, ",")
	return p, nil
}

// named returns the parameter of that name, in any case, or nil.
func (p *parameters) named(name string) *string {
	switch strings.ToLower(name) {
	case "filter":
		return &p.filter
	case "sortby":
		return &p.sortBy
	case "sortorder":
		return &p.sortOrder
	case "startindex":
		return &p.startIndex
	case "count":
		return &p.count
	case "cursor":
		return &p.cursor
	case "attributes":
		return &p.attributes
	case "excludedattributes":
		return &p.excluded
	default:
		return nil
	}
}

func (x *exchange) projection(l *layout) (Projection, error) {
	if x.r.URL.RawQuery == "" {
		return Projection{}, nil
	}
	p, err := x.parameters()
	if err != nil {
		return Projection{}, err
	}
	return ParseProjection(l.typ, p.attributes, p.excluded)
}

// query returns what the backend is asked for resources of a type.
func (x *exchange) query(l *layout, p *parameters) (Query, error) {
	q, err := x.paging(l.rt.Name, p)
	if err != nil {
		return q, err
	}
	if q.Wants, err = ParseProjection(l.typ, p.attributes, p.excluded); err != nil {
		return q, err
	}
	d := x.decoder(l)
	d.used = p.used
	if p.hasFilter() {
		if q.Filter, err = d.filter(p.filter, x.h.set.MaxFilterLength); err != nil {
			return q, err
		}
		q.locations = x.locations(l, p.filter)
	}
	if x.view.types.features.Sort {
		if q.Sort, err = d.sort(p.sortBy, p.sortOrder); err != nil {
			return q, err
		}
	}
	q.Repairs = d.used.names()
	return q, nil
}

// locations returns what the locations of a type's resources begin with, "" where
// the filter does not speak of what records need not have.
func (x *exchange) locations(l *layout, filter string) string {
	named := strings.ToLower(filter)
	if !strings.Contains(named, "meta.resourcetype") && !strings.Contains(named, "meta.location") {
		return ""
	}
	return x.h.set.base + l.rt.Endpoint + "/"
}

// paging reads which part of the list is wanted. The endpoint is that of the
// query: the name of a type, "" for all of them.
//
// Which way of paging it is says the parameter cursor (RFC 9865 section 2); a
// backend without cursors pages by index whoever asks. A count of 0 asks for no
// page, so the backend hears of no cursor.
func (x *exchange) paging(endpoint string, p *parameters) (Query, error) {
	set := &x.h.set
	q := Query{StartIndex: 1, ExactTotal: set.ExactTotals || set.repairs&estimatedTotals == 0}
	p.byCursor = p.hasCursor && x.view.types.features.Cursor
	misfit := InvalidValue
	if p.byCursor {
		misfit = InvalidCount
	}
	var err error
	if q.Count, err = number("count", p.count, misfit, set.DefaultCount, 0); err != nil {
		return q, err
	}
	q.Count = min(q.Count, set.MaxCount)
	if q.StartIndex, err = number("startIndex", p.startIndex, InvalidValue, 1, 1); err != nil {
		return q, err
	}
	switch {
	case !p.byCursor && p.cursor != "":
		return q, invalidCursor()
	case !p.byCursor:
		return q, nil
	case q.StartIndex > 1:
		return q, Errorf(http.StatusBadRequest, InvalidValue, "The parameters cursor and startIndex exclude each other.")
	case p.cursor != "":
		if q.Cursor, err = x.openCursor(endpoint, p); err != nil {
			return q, err
		}
	}
	if q.ByCursor = q.Count > 0; !q.ByCursor {
		q.Cursor = ""
	}
	return q, nil
}

// maxNumber leaves backends room to add to an index.
const maxNumber = 1<<31 - 1

// number reads a parameter that is a whole number; what is too small or too
// large counts as the least or the largest one.
func number(name, text, misfit string, def, least int) (int, error) {
	if text == "" {
		return def, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, Errorf(http.StatusBadRequest, misfit, "The parameter %s has to be a whole number.", name)
	}
	return min(max(n, least), maxNumber), nil
}
