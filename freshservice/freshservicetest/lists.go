package freshservicetest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The bounds of pages (§3).
const (
	defaultPerPage = 30
	maxPerPage     = 100
	queryPerPage   = 30
	maxQueryPage   = 40
)

// filtered reports whether a list call asks for less than everything.
func filtered(q url.Values) bool {
	for _, name := range []string{"query", "email", "mobile_phone_number", "work_phone_number", "active", "state"} {
		if q.Has(name) {
			return true
		}
	}
	return false
}

// page is a part of a list.
type page struct {
	number, size int
	query        bool // of a "query=" list
}

// page reads page and per_page (§3).
func (a *Account) page(c *call) (page, []fieldError) {
	p := page{number: 1, size: defaultPerPage, query: c.query.Has("query")}
	var errs []fieldError
	read := func(name string, into *int, most int) {
		if !c.query.Has(name) {
			return
		}
		n, err := strconv.Atoi(c.query.Get(name))
		switch {
		case err != nil || n < 1:
			errs = append(errs, invalidValue(name, messagePositiveInteger))
		case n > most:
			errs = append(errs, invalidValue(name, "It should be at most "+strconv.Itoa(most)))
		default:
			*into = n
		}
	}
	pages := 1 << 30
	if p.query {
		pages = maxQueryPage
	}
	read("page", &p.number, pages)
	read("per_page", &p.size, maxPerPage)
	if p.query && a.rules.QueryPerPage != PerPageHonoured {
		if a.rules.QueryPerPage == PerPageRefused && p.size != queryPerPage {
			errs = append(errs, unexpected("per_page"))
		}
		p.size = queryPerPage
	}
	return p, errs
}

// slice returns the bounds of the page in n records and whether more follow.
func (p page) slice(n int) (from, to int, more bool) {
	from = n
	if p.number-1 <= n/p.size { // so that the product stays small
		from = min((p.number-1)*p.size, n)
	}
	to = min(from+p.size, n)
	return from, to, to < n
}

// link adds the Link header that leads to the next page (§3).
func (a *Account) link(c *call, ans answer, p page, more bool) answer {
	if !more || p.query && (!a.rules.QueryLink || p.number >= maxQueryPage) {
		return ans
	}
	q := url.Values{}
	for name, values := range c.query {
		q[name] = values
	}
	q.Set("page", strconv.Itoa(p.number+1))
	ans.Header.Set("Link", "<"+c.base+c.path+"?"+q.Encode()+`>; rel="next"`)
	return ans
}

// listUsers answers a page of the users that pass a filter: by first name, or
// for queries the youngest first (§3).
func (a *Account) listUsers(c *call, f *userFilter, key string, view func(*user) map[string]any) answer {
	p, errs := a.page(c)
	if errs != nil {
		return a.invalid(errs...)
	}
	var hits []*user
	if !f.indexed {
		for _, u := range a.usersByName() {
			if f.keeps(u) {
				hits = append(hits, u)
			}
		}
	} else {
		for id, u := range a.users.Indexed(c.now) {
			if !f.keeps(u) || f.search != nil && !f.search.matches(f.document(u)) {
				continue
			}
			if !a.rules.QueryShowsIndexCopy {
				// The index finds; what is answered is the record as it is now,
				// if it still is and is of the kind asked for.
				if u = a.users.Records[id]; u == nil || !f.kind(u) {
					continue
				}
			}
			hits = append(hits, u)
		}
		slices.SortFunc(hits, func(x, y *user) int { return youngestFirst(x.created, y.created, x.id, y.id) })
	}
	from, to, more := p.slice(len(hits))
	out := []map[string]any{}
	for _, u := range hits[from:to] {
		out = append(out, view(u))
	}
	return a.link(c, wrapped(http.StatusOK, key, out), p, more)
}

// youngestFirst is the order of "query=" results.
func youngestFirst(x, y time.Time, xid, yid int64) int {
	if c := y.Compare(x); c != 0 {
		return c
	}
	if xid > yid {
		return -1
	}
	return 1
}

func sortYoungest[T any](list []*T, created func(*T) time.Time, id func(*T) int64) {
	slices.SortFunc(list, func(x, y *T) int { return youngestFirst(created(x), created(y), id(x), id(y)) })
}
