package zendesktest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The bounds of pages (§3).
const (
	maxPage       = 100
	maxOffset     = 10_000
	maxValues     = 100 // ids in one show_many
	paginationBad = "InvalidPaginationParameter"
)

// place is where a record stands in a list: by id, or by the time of its last
// update with the latest first.
type place struct {
	updated time.Time
	id      int64
}

func byID(x, y place) int { return cmp.Compare(x.id, y.id) }

func latestFirst(x, y place) int {
	if c := y.updated.Compare(x.updated); c != 0 {
		return c
	}
	return cmp.Compare(x.id, y.id)
}

// cursor writes a place as clients see it.
func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf("%d.%d", p.updated.UnixNano(), p.id)))
}

func parseCursor(s string) (place, bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return place{}, false
	}
	at, id, ok := strings.Cut(string(b), ".")
	nanos, err1 := strconv.ParseInt(at, 10, 64)
	n, err2 := strconv.ParseInt(id, 10, 64)
	return place{time.Unix(0, nanos).UTC(), n}, ok && err1 == nil && err2 == nil
}

// list is a list that can be paged.
type list[T any] struct {
	key        string
	items      []T // by id
	place      func(T) place
	view       func(T) map[string]any
	offsetOnly bool
	// window is how far offsets go. Zero: 10,000; a search says 422 beyond it (§10).
	window int
	// side is what a page has besides for its items. Nil: nothing.
	side func([]T) map[string]any
	// sortable lets sort, sort_by and sort_order through.
	sortable bool
}

// page answers the page of a list that a call asks for, by cursor or offset.
func page[T any](a *Account, c *call, l list[T]) answer {
	cursors := false
	for name := range c.query {
		cursors = cursors || strings.HasPrefix(name, "page[")
	}
	switch {
	case cursors && l.offsetOnly:
		return invalidParameter("page", "must be an integer from "+strings.TrimPrefix(c.path, "/"))
	case cursors:
		return cursorPage(a, c, l)
	}
	return offsetPage(a, c, l)
}

// sortOrder is the order that "sort" asks for.
func sortOrder(s string) (func(x, y place) int, bool) {
	switch s {
	case "", "id":
		return byID, true
	case "-id":
		return func(x, y place) int { return byID(y, x) }, true
	case "-updated_at":
		return latestFirst, true
	case "updated_at":
		return func(x, y place) int { return latestFirst(y, x) }, true
	}
	return nil, false
}

func badPage(title, detail string) answer {
	return listed(http.StatusBadRequest, paginationBad, title, detail)
}

func cursorPage[T any](a *Account, c *call, l list[T]) answer {
	size, ok := positive(c.query, "page[size]", maxPage)
	if !ok {
		return badPage("Invalid page size", "page[size] must be a positive integer")
	}
	if size > maxPage {
		if !a.rules.PageSizeCapped {
			return badPage("Invalid page size", "page[size] must be at most 100")
		}
		size = maxPage
	}
	order := byID
	if l.sortable { // sort_by is silently dropped (§3)
		if order, ok = sortOrder(c.query.Get("sort")); !ok {
			return badPage("Invalid sort", "sort is not valid for this resource")
		}
	}
	items := slices.Clone(l.items)
	slices.SortStableFunc(items, func(x, y T) int { return order(l.place(x), l.place(y)) })
	from, to := 0, min(size, len(items))
	if s := c.query.Get("page[after]"); s != "" {
		at, ok := parseCursor(s)
		if !ok {
			return badPage("Invalid cursor", "page[after] is not valid")
		}
		from, _ = slices.BinarySearchFunc(items, at, func(x T, p place) int {
			if order(l.place(x), p) <= 0 {
				return -1
			}
			return 1
		})
		to = min(from+size, len(items))
	} else if s := c.query.Get("page[before]"); s != "" {
		at, ok := parseCursor(s)
		if !ok {
			return badPage("Invalid cursor", "page[before] is not valid")
		}
		to, _ = slices.BinarySearchFunc(items, at, func(x T, p place) int {
			if order(l.place(x), p) < 0 {
				return -1
			}
			return 1
		})
		from = max(to-size, 0)
	}
	backwards := c.query.Get("page[before]") != "" && c.query.Get("page[after]") == ""
	more := to < len(items)
	if backwards {
		more = from > 0
	}
	meta := map[string]any{"has_more": more, "after_cursor": nil, "before_cursor": nil}
	links := map[string]any{"next": nil, "prev": nil}
	if from < to {
		first, last := l.place(items[from]).cursor(), l.place(items[to-1]).cursor()
		// A last page may carry a cursor all the same (§3).
		if more || !a.rules.LastPageWithoutCursor {
			meta["after_cursor"] = last
		}
		meta["before_cursor"] = first
		if to < len(items) {
			links["next"] = a.pageURL(c, "page[after]", last, "page[before]")
		}
		if from > 0 {
			links["prev"] = a.pageURL(c, "page[before]", first, "page[after]")
		}
	}
	out := map[string]any{l.key: views(items[from:to], l.view), "meta": meta, "links": links}
	if l.side != nil {
		maps.Copy(out, l.side(items[from:to]))
	}
	return jsonAnswer(http.StatusOK, out)
}

func offsetPage[T any](a *Account, c *call, l list[T]) answer {
	number, ok := positive(c.query, "page", 1)
	if !ok {
		return invalidParameter("page", "must be an integer from "+strings.TrimPrefix(c.path, "/"))
	}
	size, ok := positive(c.query, "per_page", maxPage)
	if !ok {
		return badPage("Invalid page size", "per_page must be a positive integer")
	}
	size = min(size, maxPage)
	if l.window > 0 && (number-1)*size >= l.window {
		return named(http.StatusUnprocessableEntity, "invalid", "Invalid search: Requested response size was greater than Search Response Limits")
	}
	if number > maxOffset/size {
		return listed(http.StatusBadRequest, "InvalidPaginationDepth", "Pagination is too deep",
			"Offset pagination goes up to 10000 records. Use cursor pagination.")
	}
	items := l.items
	if l.sortable && (c.query.Has("sort_by") || c.query.Has("sort_order")) {
		by := cmp.Or(c.query.Get("sort_by"), "id")
		if c.query.Get("sort_order") == "desc" {
			by = "-" + by
		}
		if order, ok := sortOrder(by); ok {
			items = slices.Clone(items)
			slices.SortStableFunc(items, func(x, y T) int { return order(l.place(x), l.place(y)) })
		}
	}
	from := min((number-1)*size, len(items))
	last := len(items)
	if l.window > 0 {
		last = min(last, l.window)
	}
	to := min(from+size, last)
	out := map[string]any{
		l.key: views(items[from:to], l.view), "count": len(items), "next_page": nil, "previous_page": nil,
	}
	if l.side != nil {
		maps.Copy(out, l.side(items[from:to]))
	}
	if to < last {
		out["next_page"] = a.pageURL(c, "page", strconv.Itoa(number+1), "")
	}
	if number > 1 {
		out["previous_page"] = a.pageURL(c, "page", strconv.Itoa(number-1), "")
	}
	return jsonAnswer(http.StatusOK, out)
}

func views[T any](items []T, view func(T) map[string]any) []map[string]any {
	out := make([]map[string]any, 0, len(items))
	for _, it := range items {
		out = append(out, view(it))
	}
	return out
}

// positive reads a query parameter that must be 1 or more.
func positive(q url.Values, name string, def int) (int, bool) {
	if !q.Has(name) {
		return def, true
	}
	n, err := strconv.Atoi(q.Get(name))
	return n, err == nil && n > 0
}

// pageURL is the call's address with one parameter changed and one dropped.
func (a *Account) pageURL(c *call, name, value, drop string) string {
	q := url.Values{}
	for k, v := range c.query {
		q[k] = v
	}
	q.Set(name, value)
	q.Del(drop)
	base := c.base
	if a.rules.ForeignLinkHost {
		base = "https://z3n-elsewhere" + vendorDomain
	}
	return base + c.path + "?" + q.Encode()
}

// manyValues reads a comma-separated parameter of a show_many call.
func manyValues(s string) ([]string, *answer) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	if len(out) > maxValues {
		ans := jsonAnswer(http.StatusBadRequest, map[string]any{
			"error": "TooManyValues", "description": "Parameter  cannot specify more than 100 values", "max_count": maxValues,
		})
		return nil, &ans
	}
	return out, nil
}

// count is the answer of the count endpoints.
func count(c *call, n int) answer {
	return wrapped(http.StatusOK, "count", map[string]any{"value": n, "refreshed_at": stamp(c.now)})
}

// stamp writes a time as the API does (§0).
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
