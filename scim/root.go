package scim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// root serves a query over all types on the base (RFC 7644 section 3.4.2.1).
func (x *exchange) root() error {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return x.methods("GET, HEAD")
	}
	p, err := x.parameters()
	if err != nil {
		return err
	}
	return x.listAll(&p)
}

// part is a query over all types for one of them.
type part struct {
	l *layout
	q Query // without its place in the list
	// sort is the order of a list of several types, which the front makes.
	sort Sort
}

// union is a page of resources of several types.
type union struct {
	items []item
	total int
	exact bool
	next  string // the cursor of the page that follows
}

type item struct {
	part int
	res  *Resource
	key  schema.Value // by which it is sorted
}

func (u *union) add(i int, page *Page) {
	for _, res := range page.Resources {
		u.items = append(u.items, item{part: i, res: res})
	}
}

// count adds a type's total.
func (u *union) count(page *Page) {
	u.total += page.Total
	u.exact = u.exact && page.Exact
}

// listAll answers a query over all types: one after the other, in the order in
// which the backend has them. Each resource is shown as its own type has it.
func (x *exchange) listAll(p *parameters) error {
	q, err := x.paging("", p)
	if err != nil {
		return err
	}
	parts, err := x.parts(p, q)
	if err != nil {
		return err
	}
	u := &union{exact: true}
	switch {
	case len(parts) > 1 && q.Count > 0 && !order(parts).IsZero():
		err = x.sortedUnion(u, parts, q)
	case q.ByCursor:
		err = x.unionByCursor(u, parts, q)
	default:
		err = x.unionByIndex(u, parts, q)
	}
	if err != nil {
		return err
	}
	next := ""
	if u.next != "" {
		if next, err = x.sealCursor("", u.next, p); err != nil {
			return err
		}
	}
	encoders := make([]encoder, len(parts))
	for i := range parts {
		l := parts[i].l
		encoders[i] = encoder{base: x.h.set.base, l: l, mask: parts[i].q.Wants.masks(l)}
	}
	b := x.h.buffer()
	defer x.h.release(b)
	*b = p.appendHead(*b, q, u.total, u.exact, len(u.items), next)
	for i, it := range u.items {
		if i > 0 {
			*b = append(*b, ',')
		}
		*b = encoders[it.part].resource(*b, it.res)
	}
	*b = append(*b, "]}\n"...)
	return x.answer(http.StatusOK, *b)
}

// parts returns the query for each type of which a resource may pass the filter.
func (x *exchange) parts(p *parameters, base Query) ([]part, error) {
	var all schema.Filter
	if p.hasFilter() {
		var err error
		if all, err = parseFilter(p.filter, x.h.set.MaxFilterLength); err != nil {
			return nil, err
		}
	}
	var parts []part
	var terms terms
	var unsorted error
	sorted := false
	for _, l := range x.view.layouts {
		d := x.decoder(l)
		d.used = p.used
		part := part{l: l, q: Query{StartIndex: 1, ExactTotal: base.ExactTotal}}
		var err error
		if part.q.Wants, err = ParseProjection(l.typ, p.attributes, p.excluded); err != nil {
			return nil, err
		}
		if x.view.types.features.Sort {
			if part.sort, err = d.sort(p.sortBy, p.sortOrder); err != nil {
				unsorted = cmp.Or(unsorted, err)
			} else {
				sorted = true
			}
		}
		passes := always
		if all != nil {
			f := d.qualified(all)
			if err := d.checkFilter(l.typ, f); err != nil {
				return nil, err
			}
			f, passes = terms.of(&d, f)
			if passes == depends {
				if part.q.Filter, err = d.bind(d.prepared(f)); err != nil {
					return nil, filterError(err)
				}
				part.q.locations = x.locations(l, p.filter)
			}
		}
		part.q.Repairs = d.used.names()
		if passes != never {
			parts = append(parts, part)
		}
	}
	if err := terms.err(); err != nil {
		return nil, err
	}
	if !sorted && unsorted != nil {
		return nil, unsorted
	}
	if len(parts) == 1 {
		parts[0].q.Sort = parts[0].sort
	}
	return parts, nil
}

// unionByIndex asks one type after the other until the page is full, and all of
// them for their totals.
func (x *exchange) unionByIndex(u *union, parts []part, base Query) error {
	skip, left := base.StartIndex-1, base.Count
	for i, part := range parts {
		q := part.q
		if left > 0 {
			q.StartIndex, q.Count = skip+1, left
		}
		page, err := x.page(part.l, q)
		if err != nil {
			return err
		}
		u.add(i, page)
		u.count(page)
		left -= len(page.Resources)
		if !page.Exact || skip+len(page.Resources) < page.Total {
			left = 0 // the place of what follows is behind what is missing here
		}
		skip = max(0, skip-page.Total)
	}
	return nil
}

// unionByCursor begins with the type that the cursor names. Its cursors are the
// name of a type and the backend's cursor there.
func (x *exchange) unionByCursor(u *union, parts []part, base Query) error {
	name, cursor, _ := strings.Cut(base.Cursor, "\x00")
	begun, left := base.Cursor == "", base.Count
	for i, part := range parts {
		q := part.q
		if part.l.rt.Name == name {
			begun = true
		}
		if begun && left > 0 {
			q.ByCursor, q.Cursor, q.Count = true, cursor, left
			cursor = ""
		}
		page, err := x.page(part.l, q)
		if err != nil {
			return err
		}
		u.count(page)
		u.add(i, page)
		left -= len(page.Resources)
		switch {
		case u.next != "" || !begun:
		case q.ByCursor && page.Next != "":
			u.next, left = part.l.rt.Name+"\x00"+page.Next, 0
		case !q.ByCursor && (page.Total > 0 || !page.Exact):
			u.next = part.l.rt.Name + "\x00"
		}
	}
	if !begun {
		return invalidCursor()
	}
	return nil
}

// sortedUnion reads all resources, puts them in order, and takes the page out of
// them. There may be MaxCount of them.
func (x *exchange) sortedUnion(u *union, parts []part, base Query) error {
	most := x.h.set.MaxCount
	for i, part := range parts {
		before := len(u.items)
		for {
			q := part.q
			q.StartIndex, q.Count = len(u.items)-before+1, most
			page, err := x.page(part.l, q)
			if err != nil {
				return err
			}
			if u.add(i, page); max(len(u.items), before+page.Total) > most {
				return Errorf(http.StatusBadRequest, TooMany, "More than %d resources of several types cannot be sorted: narrow the query by a filter, or ask for one type.", most)
			}
			if len(page.Resources) == 0 || page.Exact && len(u.items)-before >= page.Total {
				break
			}
		}
	}
	by := order(parts)
	for i := range u.items {
		if s := parts[u.items[i].part].sort; !s.IsZero() {
			u.items[i].key = s.key(u.items[i].res.Record)
		}
	}
	slices.SortStableFunc(u.items, func(a, b item) int { return by.compareKeys(a.key, b.key) })
	var from, to int
	from, to, u.next = base.window(len(u.items), func(i int) string {
		return parts[u.items[i].part].l.rt.Name + "/" + idOf(u.items[i].res)
	})
	u.total, u.items = len(u.items), u.items[from:to]
	return nil
}

// order returns the order of a list of several types: that of the first one which
// has the attribute. The resources of those that lack it have no value.
func order(parts []part) Sort {
	for i := range parts {
		if s := parts[i].sort; !s.IsZero() {
			return s
		}
	}
	return Sort{}
}
