package freshservice

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// Lists are paged by number, over rows that move: whoever is made, renamed or
// forgotten while a list is read pushes the others to and fro, and pages that are
// read one after the other repeat some and leave out others (reference, 3). So a
// page is not asked for where the last one ended, but a few rows before. That it
// begins with people of the page before tells that nobody was left out in between,
// and they are not given again. Where it does not the list has become shorter, and
// is read further back. This holds for changes between two pages of up to about as
// many rows as a page has.

// place is where the next page of a list begins.
type place struct {
	at    int     // rows before it; of a search the number of its page
	given []int64 // ids on the page before, sorted
}

const (
	overlap = 6            // rows before a place that are read again
	enough  = overlap / 2  // of them have to be those of the page before
	back    = pageSize / 2 // rows by which the place is looked for further back
	maxBack = 20           // how often
)

// String returns the form that is a cursor: the number, and the ids as differences.
func (p place) String() string {
	if len(p.given) == 0 {
		return strconv.Itoa(p.at)
	}
	var raw []byte
	last := int64(0)
	for _, id := range p.given {
		raw = binary.AppendVarint(raw, id-last)
		last = id
	}
	return strconv.Itoa(p.at) + "." + base64.RawURLEncoding.EncodeToString(raw)
}

// parsePlace reads what String returned. The empty cursor is the beginning, first
// being its number.
func parsePlace(s string, first int) (place, error) {
	if s == "" {
		return place{at: first}, nil
	}
	bad := connector.Errorf(connector.Invalid, "", "there is no such page")
	number, ids, _ := strings.Cut(s, ".")
	at, err := parseCursor(number)
	if err != nil {
		return place{}, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(ids)
	if err != nil || len(raw) > pageSize*binary.MaxVarintLen64 {
		return place{}, bad
	}
	p := place{at: at}
	last := int64(0)
	for len(raw) > 0 {
		d, n := binary.Varint(raw)
		if n <= 0 {
			return place{}, bad
		}
		last += d
		p.given, raw = append(p.given, last), raw[n:]
	}
	if !slices.IsSorted(p.given) || len(p.given) > pageSize || p.String() != s {
		return place{}, bad
	}
	return p, nil
}

// has reports whether somebody was on the page before.
func (p place) has(id int64) bool {
	_, found := slices.BinarySearch(p.given, id)
	return found
}

// window returns the page that has some rows before a place, and as many behind it
// as can be: its number and its size. Pages begin at multiples of their size only.
func window(at int) (page, size int) {
	from := max(at-overlap, 0)
	page, size = 1, pageSize
	most := pageSize - at
	for n := pageSize; n > pageSize*3/4; n-- {
		if rows := from/n*n + n - at; rows > most {
			page, size, most = from/n+1, n, rows
		}
	}
	return page, size
}

// scan reads a page of everything, from a place on.
func (d *driver) scan(ctx context.Context, l listing, cursor string) (*connector.Page, error) {
	p, err := parsePlace(cursor, 0)
	if err != nil {
		return nil, err
	}
	q := clone(l.params)
	for steps, at := 0, p.at; ; steps++ {
		page, size := window(at)
		q.Set("per_page", strconv.Itoa(size))
		got, err := d.index(ctx, l.res, q, page, l.query.Background)
		if err != nil {
			return nil, fail(err, request{})
		}
		start := (page - 1) * size
		from, ok := p.meets(got.items, steps > 0)
		if !ok && start > 0 && steps < maxBack {
			at = max(start-back, 0) // somebody in between would be left out
			continue
		}
		out, err := l.after(p, got.items[from:], got.next)
		if err == nil && got.next != 0 {
			out.Next = place{at: start + len(got.items), given: idsOf(got.items)}.String()
		}
		return out, err
	}
}

// meets reports whether rows join those of the page before: they begin with some of
// them, or, where they were read further back, have some of them. from is the first
// row that can be new.
func (p place) meets(items []schema.Value, further bool) (from int, ok bool) {
	found, first := 0, 0
	for i, v := range items {
		if i >= overlap && !further {
			break
		}
		if !p.has(integerOf(v.Member("id"))) {
			continue
		}
		if found++; found == 1 {
			first = i
		}
	}
	if !further {
		first = 0
	}
	return first, found >= min(enough, len(p.given))
}

// after makes a page of those items that were not on the one before. next says
// whether there are more.
func (l listing) after(p place, items []schema.Value, next int) (*connector.Page, error) {
	fresh := slices.DeleteFunc(slices.Clone(items), func(v schema.Value) bool { return p.has(integerOf(v.Member("id"))) })
	recs, err := l.records(fresh)
	if err != nil {
		return nil, err
	}
	out := &connector.Page{Records: recs, Total: -1}
	if next == 0 && len(p.given) == 0 {
		out.Total = len(recs)
	}
	return out, nil
}

// idsOf returns the ids of items, sorted.
func idsOf(items []schema.Value) []int64 {
	out := make([]int64, len(items))
	for i, v := range items {
		out[i] = integerOf(v.Member("id"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
