package zendesktest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// maxExport is how many records a page of an incremental export has, if not
	// fewer are asked for (§10).
	maxExport = 1000
	// sampleSize is how many a sample has.
	sampleSize = 50
	// exportDelay is how old a start has to be, and what is exported.
	exportDelay = time.Minute
)

// export is an incremental export (§10).
type export[T any] struct {
	key   string
	items []T
	place func(T) place
	view  func(T) map[string]any
	side  func([]T) map[string]any // as of a list
}

// exported is the handler of an export.
func exported[T any](a *Account, of func(*call) export[T], serve func(*Account, *call, export[T]) answer) func(*call) answer {
	return func(c *call) answer { return serve(a, c, of(c)) }
}

func (a *Account) userExport(c *call) export[*user] {
	return export[*user]{
		key: "users", items: a.all(func(*user) bool { return true }), place: (*user).place,
		view: func(u *user) map[string]any { return a.userView(c, u) },
		side: func(users []*user) map[string]any { return a.sideloads(c, users) },
	}
}

func (a *Account) organizationExport(c *call) export[*organization] {
	l := a.organizationsList(c, func(*organization) bool { return true })
	return export[*organization]{key: l.key, items: l.items, place: l.place, view: l.view}
}

// oldestFirst is the order of exports.
func oldestFirst(x, y place) int {
	return cmp.Or(x.updated.Compare(y.updated), cmp.Compare(x.id, y.id))
}

// visible are the records that an export shows at a time, in its order.
func (e export[T]) visible(a *Account, now time.Time) []T {
	items := slices.Clone(e.items)
	if !a.rules.ExportsSeeLastMinute {
		items = slices.DeleteFunc(items, func(x T) bool { return e.place(x).updated.After(now.Add(-exportDelay)) })
	}
	slices.SortFunc(items, func(x, y T) int { return oldestFirst(e.place(x), e.place(y)) })
	return items
}

// startTime reads start_time. The refusal of a time that is too recent is not
// documented; its status is a guess.
func startTime(c *call) (time.Time, *answer) {
	n, err := strconv.ParseInt(c.query.Get("start_time"), 10, 64)
	if err != nil || n < 0 {
		ans := invalidParameter("start_time", "must be a Unix time")
		return time.Time{}, &ans
	}
	t := time.Unix(n, 0).UTC()
	if t.After(c.now.Add(-exportDelay)) {
		ans := named(http.StatusBadRequest, "StartTimeTooRecent", "Too recent start_time. Use a start_time older than 60 seconds")
		return time.Time{}, &ans
	}
	return t, nil
}

// exportSize reads per_page.
func (a *Account) exportSize(c *call) (int, *answer) {
	size, ok := positive(c.query, "per_page", maxExport)
	if !ok || size > maxExport && !a.rules.PageSizeCapped {
		ans := badPage("Invalid page size", "per_page must be from 1 to 1000")
		return 0, &ans
	}
	return min(size, maxExport), nil
}

// exportByCursor serves a page from start_time on, or of what follows a cursor.
func exportByCursor[T any](a *Account, c *call, e export[T]) answer {
	if bad, ok := a.drawBucket(c, &a.meter.cursorExports, "Zendesk-RateLimit-incremental-exports-cursor"); !ok {
		return bad
	}
	var after place
	if s := c.query.Get("cursor"); s != "" {
		var ok bool
		if after, ok = parseCursor(s); !ok {
			return badPage("Invalid cursor", "cursor is not valid")
		}
	} else {
		from, bad := startTime(c)
		if bad != nil {
			return *bad
		}
		after = place{updated: from, id: -1}
	}
	size, bad := a.exportSize(c)
	if bad != nil {
		return *bad
	}
	items := e.visible(a, c.now)
	items = slices.DeleteFunc(items, func(x T) bool { return oldestFirst(e.place(x), after) <= 0 })
	shown := items[:min(size, len(items))]
	out := map[string]any{
		e.key: views(shown, e.view), "end_of_stream": len(shown) == len(items),
		"after_cursor": nil, "after_url": nil, "before_cursor": nil, "before_url": nil,
	}
	if len(shown) > 0 {
		after = e.place(shown[len(shown)-1])
	}
	if len(shown) > 0 || !a.rules.EmptyExportWithoutCursor {
		out["after_cursor"] = after.cursor()
		out["after_url"] = a.pageURL(c, "cursor", after.cursor(), "start_time")
	}
	if e.side != nil {
		maps.Copy(out, e.side(shown))
	}
	return jsonAnswer(http.StatusOK, out)
}

// exportByTime serves a page from start_time on. Records of one second are not
// torn apart, so that a page can be larger; the next page has the last second of
// this one again.
func exportByTime[T any](a *Account, c *call, e export[T]) answer {
	if bad, ok := a.drawBucket(c, &a.meter.exports, "Zendesk-RateLimit-incremental-exports"); !ok {
		return bad
	}
	size, bad := a.exportSize(c)
	if bad != nil {
		return *bad
	}
	return timePage(a, c, e, size)
}

// exportSample serves a few records to try the export out with.
func exportSample[T any](a *Account, c *call, e export[T]) answer {
	if bad, ok := a.drawBucket(c, &a.meter.exports, "Zendesk-RateLimit-incremental-exports"); !ok {
		return bad
	}
	return timePage(a, c, e, sampleSize)
}

func timePage[T any](a *Account, c *call, e export[T], size int) answer {
	from, bad := startTime(c)
	if bad != nil {
		return *bad
	}
	second := func(x T) int64 { return e.place(x).updated.Unix() }
	items := e.visible(a, c.now)
	items = slices.DeleteFunc(items, func(x T) bool { return second(x) < from.Unix() })
	n := min(size, len(items))
	for n < len(items) && second(items[n]) == second(items[n-1]) {
		n++
	}
	end := from.Unix()
	if n > 0 {
		end = second(items[n-1])
	}
	out := map[string]any{
		e.key: views(items[:n], e.view), "count": n, "end_time": end, "end_of_stream": n == len(items),
		"next_page": a.pageURL(c, "start_time", strconv.FormatInt(end, 10), ""),
	}
	if e.side != nil {
		maps.Copy(out, e.side(items[:n]))
	}
	return jsonAnswer(http.StatusOK, out)
}
