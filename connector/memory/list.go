package memory

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// scanChunk is how many records are looked at before writers get their turn and
// the context is asked.
const scanChunk = 1024

// List reads a page in the order of creation. A filter with an eq on id, on an
// indexed attribute, on a member or on a group costs what it finds; every other
// filter looks at all records, for the total on the first page and for the rest
// on the following ones. The total is exact as of the first page.
func (d *Driver) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	after, err := d.begin(ctx, "list", object)
	if err != nil {
		return nil, err
	}
	t := d.tables[object]
	if t == nil {
		return nil, errNoObject()
	}
	l := listing{driver: d, table: t, query: q, room: d.pageSize, results: t.without(q.Omit), skip: q.Offset}
	if q.Limit > 0 {
		l.room = min(l.room, q.Limit)
	}
	if err := l.start(); err != nil {
		return nil, err
	}
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		more = l.chunk()
	}
	if after != nil {
		return nil, after
	}
	return l.page(), nil
}

// listing is one page under way.
type listing struct {
	driver  *Driver
	table   *table
	query   connector.Query
	room    int
	results *slots // what the records of the page have
	skip    int

	filter  *schema.Matcher
	wants   *slots          // what the filter looks at
	only    map[string]bool // the members it looks at; nil for all
	scratch *schema.Record

	from    uint64 // records up to this seq are done
	last    uint64 // the seq of the last record of the page
	total   int    // what the cursor says; negative: to be counted
	found   int
	records []*schema.Record
	more    bool
}

// start reads the query. The cursor is the seq of the last record and the total.
func (l *listing) start() error {
	l.total = -1
	if l.query.Cursor != "" {
		seq, total, ok := strings.Cut(l.query.Cursor, ".")
		from, err := strconv.ParseUint(seq, 10, 64)
		n, err2 := strconv.ParseUint(total, 10, 31)
		if !ok || err != nil || err2 != nil {
			return connector.Errorf(connector.Invalid, "", "the cursor is not one of this list")
		}
		l.from, l.total = from, int(n)
	}
	if l.query.Filter == nil {
		return nil
	}
	m, err := l.table.typ.Match(l.query.Filter)
	if err != nil {
		return &connector.Error{Code: connector.Invalid, Reason: "the filter does not fit the object", Err: err}
	}
	l.filter = m
	l.scratch = l.table.typ.New()
	l.wants = newSlots(l.table.typ)
	l.only = make(map[string]bool)
	l.look(l.query.Filter)
	return nil
}

// look notes which attributes the filter looks at, and which members.
func (l *listing) look(f schema.Filter) {
	t := l.table
	switch f := f.(type) {
	case schema.And:
		for _, g := range f {
			l.look(g)
		}
	case schema.Or:
		for _, g := range f {
			l.look(g)
		}
	case schema.Not:
		l.look(f.Filter)
	case *schema.ValuePath:
		if sel, err := t.typ.Select(f.Path); err == nil {
			l.lookAt(sel, nil)
		}
	case *schema.Compare:
		if sel, err := t.typ.Select(f.Path); err == nil {
			l.lookAt(sel, f)
		}
	}
}

func (l *listing) lookAt(sel schema.Selector, c *schema.Compare) {
	t := l.table
	if sel.Slot == schema.SlotSchemas && t.typ.IsResource() {
		l.wants = nil // they follow from all the rest
	}
	if l.wants != nil {
		l.wants.in[sel.Slot] = true
	}
	if sel.Slot != t.members || l.only == nil {
		return
	}
	if id, ok := t.referenceTo(sel, c, t.refSub); ok {
		l.only[id] = true
		return
	}
	l.only = nil
}

// referenceTo returns the id that a comparison looks for in an attribute that
// refers to records: members.value eq "…", members eq "…".
func (t *table) referenceTo(sel schema.Selector, c *schema.Compare, at refSlots) (string, bool) {
	if c == nil || c.Op != schema.Eq || sel.Filter != nil || sel.Sub != schema.NoSlot && sel.Sub != at.value {
		return "", false
	}
	return exactText(c.Value, sel.Attribute().Sub.Attribute(at.value))
}

// exactText returns the only text that equals v, if there is only one.
func exactText(v schema.Value, a *schema.Attribute) (string, bool) {
	s := v.Text()
	if s == "" || !a.CaseExact && strings.ToLower(s) != strings.ToUpper(s) {
		return "", false
	}
	return s, true
}

// chunk looks at some records and reports whether there are more to look at.
func (l *listing) chunk() bool {
	t := l.table
	l.driver.mu.RLock()
	defer l.driver.mu.RUnlock()
	if l.filter == nil {
		l.all()
		return false
	}
	if found, ok := l.driver.candidates(t, l.filter.Filter(), nil); ok {
		i, _ := slices.BinarySearchFunc(found, l.from+1, bySeq)
		for _, s := range found[i:] {
			if !l.visit(s) {
				break
			}
		}
		return false
	}
	i := t.after(l.from)
	end := min(i+scanChunk, len(t.order))
	for ; i < end; i++ {
		s := t.order[i].s
		l.from = t.order[i].seq
		if s != nil && !l.visit(s) {
			return false
		}
	}
	return end < len(t.order)
}

// all takes a page without a filter.
func (l *listing) all() {
	t := l.table
	i := t.after(l.from)
	l.total = t.len()
	if t.holes == 0 {
		i, l.skip = min(i+l.skip, len(t.order)), 0
	}
	for ; i < len(t.order) && !l.more; i++ {
		s := t.order[i].s
		switch {
		case s == nil:
		case l.skip > 0:
			l.skip--
		default:
			l.take(s)
		}
	}
}

// visit looks at one record and reports whether to go on.
func (l *listing) visit(s *stored) bool {
	l.scratch.Reset()
	s.fill(l.scratch, l.wants, l.only)
	if !l.filter.Match(l.scratch) {
		return true
	}
	l.found++
	if l.skip > 0 {
		l.skip--
		return true
	}
	l.take(s)
	return l.total < 0 || !l.more
}

func (l *listing) take(s *stored) {
	if len(l.records) == l.room {
		l.more = true
		return
	}
	if l.records == nil {
		l.records = make([]*schema.Record, 0, min(l.room, l.table.len()))
	}
	l.records = append(l.records, l.driver.read(s, l.results, false))
	l.last = s.seq
}

func (l *listing) page() *connector.Page {
	if l.total < 0 {
		l.total = l.found
	}
	p := &connector.Page{Records: l.records, Total: l.total}
	if l.more {
		p.Next = strconv.FormatUint(l.last, 10) + "." + strconv.Itoa(l.total)
	}
	return p
}

// candidates returns records, by seq, among which all are that pass the filter;
// ok is false where that is not quicker than looking at all. The slice must not be
// changed. within is the attribute whose values the filter is about, nil for the
// record.
func (d *Driver) candidates(t *table, f schema.Filter, within *schema.Path) (found []*stored, ok bool) {
	switch f := f.(type) {
	case schema.And:
		for _, g := range f {
			if c, can := d.candidates(t, g, within); can && (!ok || len(c) < len(found)) {
				found, ok = c, true
			}
		}
		return found, ok
	case schema.Or:
		var union []*stored
		for _, g := range f {
			c, can := d.candidates(t, g, within)
			if !can {
				return nil, false
			}
			union = append(union, c...)
		}
		return sorted(union), true
	case *schema.ValuePath:
		return d.candidates(t, f.Filter, &f.Path)
	case *schema.Compare:
		if f.Op != schema.Eq {
			return nil, false
		}
		p := f.Path
		if within != nil {
			p = schema.Path{URN: within.URN, Attr: within.Attr, Sub: f.Path.Attr}
		}
		p.Filter = nil
		sel, err := t.typ.Select(p)
		if err != nil {
			return nil, false
		}
		return d.lookupEq(t, sel, &schema.Compare{Path: p, Op: schema.Eq, Value: f.Value})
	default:
		return nil, false
	}
}

func (d *Driver) lookupEq(t *table, sel schema.Selector, c *schema.Compare) ([]*stored, bool) {
	switch sel.Slot {
	case t.id:
		id, ok := exactText(c.Value, sel.Attribute())
		if !ok {
			return nil, false
		}
		if s := t.byID[id]; s != nil {
			return []*stored{s}, true
		}
		return nil, true
	case t.members:
		id, ok := t.referenceTo(sel, c, t.refSub)
		if !ok {
			return nil, false
		}
		var groups []*stored
		if who := d.lookupMember(t, id); who != nil {
			groups = who.groups
		}
		return sorted(t.own(slices.Values(groups))), true
	case t.groups:
		id, ok := t.referenceTo(sel, c, t.inSub)
		if !ok {
			return nil, false
		}
		var in []*stored
		for _, other := range d.tables {
			if g := other.byID[id]; g != nil && g.members != nil {
				in = t.own(g.members.all())
			}
		}
		return sorted(in), true
	}
	text, ok := c.Value.Str()
	if !ok {
		return nil, false
	}
	sub := sel.Sub
	if a := sel.Attribute(); a.Type == schema.Complex && sub == schema.NoSlot {
		sub = a.Sub.Slot("value")
	}
	x := t.index(sel.Slot, sub)
	if x == nil {
		return nil, false
	}
	return x.find(text), true
}

// own returns those of the records that the table has.
func (t *table) own(records func(func(*stored) bool)) []*stored {
	var out []*stored
	for s := range records {
		if s.table == t {
			out = append(out, s)
		}
	}
	return out
}

// all yields the members in the order in which they joined.
func (m *membership) all() func(func(*stored) bool) {
	return func(yield func(*stored) bool) {
		for _, x := range m.list {
			if x.who != nil && !yield(x.who) {
				return
			}
		}
	}
}

// sorted puts records into the order of their seq, each once.
func sorted(records []*stored) []*stored {
	slices.SortFunc(records, func(a, b *stored) int { return cmp.Compare(a.seq, b.seq) })
	return slices.Compact(records)
}
