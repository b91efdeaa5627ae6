package zendesktest

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// searchWindow is how many results a search gives (§10).
	searchWindow = 1000
	// maxSearchExport is the largest page of the export of a search (§3).
	maxSearchExport = 1000
	// searchCursorLife is how long a cursor of the export is good for (§10).
	searchCursorLife = time.Hour
)

// searchTypes are the types of results (§10). There are no tickets here.
func searchTypes() []string { return []string{"user", "organization", "group", "ticket"} }

// found is a result of a search.
type found struct {
	place
	created time.Time
	view    map[string]any
}

// search finds records of any type out of the index, which lags (§4.6): all that
// fulfil the terms, by id.
func (a *Account) search(c *call, terms []term) []found {
	var out []found
	add := func(kind string, p place, created time.Time, view map[string]any) {
		view["result_type"] = kind
		out = append(out, found{place: p, created: created, view: view})
	}
	all := func(is func(term) bool) bool {
		return !slices.ContainsFunc(terms, func(t term) bool { return is(t) == t.negated })
	}
	for id, u := range a.users.Indexed(c.now) {
		cur := a.users.Records[id]
		hidden := !cur.live() && a.rules.SearchHidesDeleted
		if u.live() && cur != nil && !hidden && all(func(t term) bool { return a.fulfils(u, t) }) {
			add("user", cur.place(), cur.created, a.userView(c, cur))
		}
	}
	for id, o := range a.organizations.Indexed(c.now) {
		if cur := a.organizations.Records[id]; cur != nil && all(func(t term) bool { return a.organizationFulfils(o, t) }) {
			add("organization", place{cur.updated, id}, cur.created, a.organizationView(c, cur))
		}
	}
	for id, g := range a.groups.Indexed(c.now) {
		if cur := a.groups.Records[id]; g.live() && cur.live() && all(func(t term) bool { return groupFulfils(g, t) }) {
			add("group", place{cur.updated, id}, cur.created, a.groupView(c, cur))
		}
	}
	slices.SortFunc(out, func(x, y found) int { return byID(x.place, y.place) })
	return out
}

func (a *Account) organizationFulfils(o *organization, t term) bool {
	switch t.key {
	case "type":
		return strings.EqualFold(t.value, "organization")
	case "name":
		return contains(o.name, t.value)
	case "external_id":
		return fold(o.externalID) == fold(t.value)
	case "notes":
		return contains(o.notes, t.value)
	case "details":
		return contains(o.details, t.value)
	case "tags":
		return slices.ContainsFunc(o.tags, func(s string) bool { return strings.EqualFold(s, t.value) })
	case "created":
		return compareDay(o.created, t.op, t.value)
	case "updated":
		return compareDay(o.updated, t.op, t.value)
	case "":
		return contains(o.name, t.value) || contains(o.details, t.value) || contains(o.notes, t.value)
	}
	f := findField(a.organizationFields, t.key)
	return f != nil && o.fields[f.Key] != nil && contains(plain(o.fields[f.Key]), t.value)
}

func groupFulfils(g *group, t term) bool {
	switch t.key {
	case "type":
		return strings.EqualFold(t.value, "group")
	case "name", "":
		return contains(g.name, t.value)
	case "created":
		return compareDay(g.created, t.op, t.value)
	case "updated":
		return compareDay(g.updated, t.op, t.value)
	}
	return false
}

// searchQuery reads the query of a search.
func searchQuery(c *call) ([]term, *answer) {
	switch query := c.query.Get("query"); {
	case !c.query.Has("query"):
		ans := invalidParameter("query", "must be given")
		return nil, &ans
	case len(query) > maxQuery:
		ans := named(http.StatusUnprocessableEntity, "invalid", "Invalid search: the query is too long")
		return nil, &ans
	default:
		return parseSearch(query), nil
	}
}

// searchAll serves GET /search: offset pages of the first 1000 results; the count
// is that of all (§10).
func (a *Account) searchAll(c *call) answer {
	if bad, ok := a.drawBucket(c, &a.meter.searches, "Zendesk-RateLimit-search-index"); !ok {
		return bad
	}
	terms, bad := searchQuery(c)
	if bad != nil {
		return *bad
	}
	hits := a.search(c, terms)
	switch c.query.Get("sort_by") {
	case "created_at":
		slices.SortStableFunc(hits, func(x, y found) int { return y.created.Compare(x.created) })
	case "updated_at":
		slices.SortStableFunc(hits, func(x, y found) int { return y.updated.Compare(x.updated) })
	}
	if c.query.Get("sort_order") == "asc" && c.query.Has("sort_by") {
		slices.Reverse(hits)
	}
	ans := page(a, c, list[found]{
		key: "results", items: hits, offsetOnly: true, window: searchWindow,
		place: func(f found) place { return f.place },
		view:  func(f found) map[string]any { return f.view },
		side:  func([]found) map[string]any { return map[string]any{"facets": nil} },
	})
	return ans
}

func (a *Account) countSearch(c *call) answer {
	if bad, ok := a.drawBucket(c, &a.meter.searches, "Zendesk-RateLimit-search-index"); !ok {
		return bad
	}
	terms, bad := searchQuery(c)
	if bad != nil {
		return *bad
	}
	return jsonAnswer(http.StatusOK, map[string]int{"count": len(a.search(c, terms))})
}

// exportSearch serves GET /search/export: all results of one type in the order of
// their creation, forwards only, with cursors that live for an hour (§10).
func (a *Account) exportSearch(c *call) answer {
	if bad, ok := a.drawBucket(c, &a.meter.searchExports, ""); !ok {
		return bad
	}
	terms, bad := searchQuery(c)
	if bad != nil {
		return *bad
	}
	kind := c.query.Get("filter[type]")
	if !slices.Contains(searchTypes(), kind) {
		return invalidParameter("filter[type]", "must be one of "+strings.Join(searchTypes(), ", "))
	}
	if slices.ContainsFunc(terms, func(t term) bool { return t.key == "type" }) {
		return named(http.StatusUnprocessableEntity, "invalid", "Invalid search: type is not allowed in the query")
	}
	size, ok := positive(c.query, "page[size]", maxPage)
	if !ok || size > maxSearchExport && !a.rules.PageSizeCapped {
		return badPage("Invalid page size", "page[size] must be from 1 to 1000")
	}
	hits := a.search(c, append(terms, term{key: "type", op: ":", value: kind}))
	order := func(x, y found) int { return cmp.Or(x.created.Compare(y.created), cmp.Compare(x.id, y.id)) }
	slices.SortFunc(hits, order)
	if s := c.query.Get("page[after]"); s != "" {
		after, ok := parseSearchCursor(s, c.now)
		if !ok {
			return badPage("Invalid cursor", "page[after] is not valid or has expired")
		}
		hits = slices.DeleteFunc(hits, func(x found) bool { return order(x, after) <= 0 })
	}
	shown := hits[:min(size, maxSearchExport, len(hits))]
	meta := map[string]any{"has_more": len(shown) < len(hits), "after_cursor": nil, "before_cursor": nil}
	links := map[string]any{"next": nil, "prev": nil}
	if len(shown) < len(hits) {
		cursor := searchCursor(shown[len(shown)-1], c.now)
		meta["after_cursor"], links["next"] = cursor, a.pageURL(c, "page[after]", cursor, "")
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"results": views(shown, func(f found) map[string]any { return f.view }), "facets": nil, "meta": meta, "links": links,
	})
}

// searchCursor writes the place after a result, and when it was given out.
func searchCursor(f found, now time.Time) string {
	at := strconv.FormatInt(now.Unix(), 10)
	return base64.RawURLEncoding.EncodeToString([]byte(at + "." + place{f.created, f.id}.cursor()))
}

func parseSearchCursor(s string, now time.Time) (found, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	at, rest, _ := strings.Cut(string(b), ".")
	given, err2 := strconv.ParseInt(at, 10, 64)
	p, ok := parseCursor(rest)
	if err != nil || err2 != nil || !ok || now.Sub(time.Unix(given, 0)) >= searchCursorLife {
		return found{}, false
	}
	return found{place: place{id: p.id}, created: p.updated}, true
}
