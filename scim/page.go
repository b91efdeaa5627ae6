package scim

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// appendHead appends a ListResponse (RFC 7644 section 3.4.2) up to its resources.
// A page by cursor has no startIndex, and no totalResults where the backend does
// not know the exact one (RFC 9865 section 2).
func (p *parameters) appendHead(dst []byte, q Query, total int, exact bool, items int, next string) []byte {
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"]`...)
	if exact || !q.ByCursor {
		dst = strconv.AppendInt(append(dst, `,"totalResults":`...), int64(total), 10)
	}
	dst = strconv.AppendInt(append(dst, `,"itemsPerPage":`...), int64(items), 10)
	if !p.byCursor {
		dst = strconv.AppendInt(append(dst, `,"startIndex":`...), int64(q.StartIndex), 10)
	}
	if next != "" {
		dst = schema.AppendQuoted(append(dst, `,"nextCursor":`...), next)
	}
	return append(dst, `,"Resources":[`...)
}

// PageOf answers a query from all resources of a type, for backends that hold
// them in memory: it filters, sorts, and pages by index and by cursor, so that
// such a backend has [Features].Sort and [Features].Cursor for nothing. The
// resources come in the order that lists are to have, which should not change
// between requests: that of creation, then of ids.
//
// Pages by cursor that are not sorted are in the order of ids, shorter ones
// first: whatever is created or deleted between two pages, no other resource is
// left out or comes twice. Sorted ones go on behind the last resource shown; where
// that is gone, nothing is left out, but something may come twice.
//
// It holds no more than the page, or, for a sorted list, a multiple of the
// resources up to the page's end, by cursor all that pass the filter.
func PageOf(q Query, all iter.Seq[*Resource]) *Page {
	if q.Count > 0 && (q.ByCursor || !q.Sort.IsZero()) {
		return q.orderedPage(all)
	}
	page := &Page{Resources: []*Resource{}, Exact: true}
	for res := range all {
		if !q.Matches(res.Record) {
			continue
		}
		page.Total++
		if page.Total >= q.StartIndex && len(page.Resources) < q.Count {
			page.Resources = append(page.Resources, res)
		}
	}
	return page
}

// orderedPage is PageOf where the page is not the next best resources in the order
// in which they come.
func (q *Query) orderedPage(all iter.Seq[*Resource]) *Page {
	byID := q.ByCursor && q.Sort.IsZero()
	keep := first{compare: q.Sort.compareResources}
	switch {
	case byID:
		// One more than wanted tells whether there is another page.
		keep = first{compare: compareIDs, most: q.Count + 1}
	case !q.ByCursor:
		keep.most = q.StartIndex - 1 + q.Count
	}
	page := &Page{Exact: true}
	for res := range all {
		if !q.Matches(res.Record) {
			continue
		}
		page.Total++
		if !byID || compareText(idOf(res), q.Cursor) > 0 {
			keep.add(res)
		}
	}
	list := keep.sorted()
	if byID {
		if len(list) > q.Count {
			list = list[:q.Count]
			page.Next = idOf(list[q.Count-1])
		}
		page.Resources = list
		return page
	}
	var from, to int
	from, to, page.Next = q.window(len(list), func(i int) string { return idOf(list[i]) })
	page.Resources = list[from:to]
	return page
}

func idOf(res *Resource) string { return res.Record.At(schema.SlotID).Text() }

func compareIDs(a, b *Resource) int { return compareText(idOf(a), idOf(b)) }

// compareText takes 10 for more than 9.
func compareText(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func (s Sort) compareResources(a, b *Resource) int { return s.Compare(a.Record, b.Record) }

// first keeps the first resources of those that are added, in order; equal ones
// in the order in which they came.
type first struct {
	most    int // 0: all
	compare func(a, b *Resource) int
	list    []*Resource
	full    bool // list begins with the first ones so far, in order
}

func (f *first) add(res *Resource) {
	if f.full && f.compare(res, f.list[f.most-1]) >= 0 {
		return
	}
	f.list = append(f.list, res)
	if f.most > 0 && len(f.list)/2 >= f.most {
		f.sorted()
		f.full = true
	}
}

// sorted returns the first ones.
func (f *first) sorted() []*Resource {
	slices.SortStableFunc(f.list, f.compare)
	if f.most > 0 && len(f.list) > f.most {
		clear(f.list[f.most:])
		f.list = f.list[:f.most]
	}
	return f.list
}

// window returns which of n resources in the order of the query it wants, and the
// cursor of the page behind them. Such a cursor says how many resources were
// shown, of how many, and which was the last one.
func (q *Query) window(n int, id func(i int) string) (from, to int, next string) {
	from = q.StartIndex - 1
	if q.ByCursor {
		from = 0
		if q.Cursor != "" {
			from = behind(q.Cursor, n, id)
		}
	}
	from = min(from, n)
	to = min(from+q.Count, n)
	if q.ByCursor && to > from && to < n {
		next = fmt.Sprintf("%d,%d,%s", to, n, id(to-1))
	}
	return from, to, next
}

// behind returns where the page begins that a cursor means. Where the last
// resource shown is gone, so many may be gone before it as there are fewer.
func behind(cursor string, n int, id func(i int) string) int {
	shown, rest, _ := strings.Cut(cursor, ",")
	of, last, _ := strings.Cut(rest, ",")
	for i := range n {
		if id(i) == last {
			return i + 1
		}
	}
	before, _ := strconv.Atoi(shown)
	total, _ := strconv.Atoi(of)
	return max(0, before-max(0, total-n))
}
