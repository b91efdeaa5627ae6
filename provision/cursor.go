package provision

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// cursorLife is for how long a list by cursor can go on without a record coming
// twice that was written shortly before it began.
const cursorLife = time.Hour

// stage is the part of a list by cursor in which a page begins.
type stage byte

// A list by cursor has two parts: first those records that the target's search may
// not find, although they are there, and then the target's pages, without them.
// So nothing has to be remembered between two pages.
const (
	unlisted stage = 'u'
	listed   stage = 'l'
	scanned  stage = 's' // listed, with all there is instead of what the filter finds
)

// position is where a page of a list by cursor begins.
type position struct {
	stage stage
	began time.Time // when the list began, to the millisecond
	seen  int       // resources on the pages before
	skip  int       // records to pass over: of those unlisted, or behind the cursor
	// cursor is the target's, of a page that may have been given in part.
	cursor string
}

// String returns the form that is a backend's cursor.
func (p position) String() string {
	return string(p.stage) + strconv.FormatInt(p.began.UnixMilli(), 36) + "." + strconv.Itoa(p.seen) + "." + strconv.Itoa(p.skip) + "." + p.cursor
}

// parsePosition reads what String returned.
func parsePosition(s string) (p position, ok bool) {
	parts := strings.SplitN(s, ".", 4)
	if len(parts) != 4 || parts[0] == "" {
		return p, false
	}
	p.stage, p.cursor = stage(parts[0][0]), parts[3]
	began, err1 := strconv.ParseInt(parts[0][1:], 36, 48)
	seen, err2 := strconv.ParseInt(parts[1], 10, 32)
	skip, err3 := strconv.ParseInt(parts[2], 10, 32)
	p.began, p.seen, p.skip = time.UnixMilli(began), int(seen), int(skip)
	if err1 != nil || err2 != nil || err3 != nil || seen < 0 || skip < 0 || p.stage == unlisted && p.cursor != "" {
		return p, false
	}
	return p, strings.ContainsRune("uls", rune(p.stage)) && p.String() == s
}

// walkByCursor gives the page of a list that begins at a cursor. While nothing
// changes, each record comes on one page. The cost is one call for each page of
// the target, and one more where a page of the client's ends within one of the
// target's, which then is read again. known are records that State has for the
// filter.
func (b *Backend) walkByCursor(ctx context.Context, ev *Event, bind *binding, q query, push mapping.Pushdown, known []connector.Ref) (*scim.Page, error) {
	at := position{stage: unlisted, began: b.opts.Clock().Truncate(time.Millisecond)}
	if q.Cursor != "" {
		var ok bool
		if at, ok = parsePosition(q.Cursor); !ok {
			return nil, badCursor(nil)
		}
	}
	w := &cursorWalk{walker: b.walker(ev, bind, q, push, len(known) > 0, at.began), at: at, resumed: at.cursor != ""}
	w.written, w.fresh = w.fresh, nil
	w.elsewhere = make(map[connector.Ref]bool, len(known))
	for _, ref := range known {
		w.elsewhere[ref] = true
	}
	if w.consistent && !bind.obj.Search.Immediate {
		hidden, err := b.hiddenRefs(ctx, bind, push, at.began)
		if err != nil {
			return nil, err
		}
		for _, ref := range hidden {
			w.elsewhere[ref] = true
		}
		w.trusted = w.trusted && len(hidden) == 0
	}
	if at.stage == scanned {
		w.scan()
	}
	return w.run(ctx)
}

// cursorWalk is a walk that gives one page by cursor.
type cursorWalk struct {
	*walker
	at position
	// The records that are looked for beside the target's search: those that were
	// written of late, and others, which have to be read.
	written   map[connector.Ref]overlaid
	elsewhere map[connector.Ref]bool
	resumed   bool // the target's cursor came from outside
}

func (w *cursorWalk) run(ctx context.Context) (*scim.Page, error) {
	if w.at.stage == unlisted {
		if full, err := w.takeElsewhere(ctx); full || err != nil {
			return w.page, err
		}
		w.at.stage = listed
	}
	for {
		w.walker.cursor = w.at.cursor
		p, err := w.list(ctx)
		switch {
		case err == nil:
		case errors.Is(err, connector.Unsupported) && w.push.Query != nil && w.at.cursor == "" && w.at.skip == 0:
			// The target's query language has no way to say it.
			w.scan()
			w.at.stage = scanned
			continue
		case errors.Is(err, connector.Unsupported) && w.push.Query != nil:
			return nil, w.tooMany() // the target's search has no more results
		case errors.Is(err, connector.Invalid) && w.resumed:
			return nil, badCursor(err)
		default:
			return nil, err
		}
		w.resumed = false
		w.read += len(p.Records)
		done, err := w.takePage(ctx, p)
		if done || err != nil {
			return w.page, err
		}
	}
}

// full reports whether the page has all that were asked for.
func (w *cursorWalk) full() bool { return len(w.page.Resources) >= w.q.Count }

// end completes the page. more is how many resources there are behind it, at the
// least; the list goes on at w.at unless that is all and they are none.
func (w *cursorWalk) end(more int, all bool) {
	w.at.seen += len(w.page.Resources)
	if more > 0 || !all {
		w.page.Next = w.at.String()
	}
	w.page.Total, w.page.Exact = w.at.seen+more, all
	if !all {
		w.page.Total++
	}
}

// takeElsewhere takes records that the target's search may not give, and reports
// whether the page is full with them.
func (w *cursorWalk) takeElsewhere(ctx context.Context) (full bool, err error) {
	refs := maps.Clone(w.elsewhere)
	for ref := range w.written {
		refs[ref] = true
	}
	for i, ref := range sortedRefs(maps.Keys(refs)) {
		if i < w.at.skip {
			continue
		}
		if w.full() {
			w.at.skip = i
			w.end(0, false)
			return true, nil
		}
		r, err := w.fromElsewhere(ctx, ref)
		if err != nil {
			return false, err
		}
		if r != nil {
			w.page.Resources = append(w.page.Resources, r)
		}
	}
	w.at.skip = 0
	return false, nil
}

// fromElsewhere returns the resource of such a record, nil where it is gone or does
// not pass the filter.
func (w *cursorWalk) fromElsewhere(ctx context.Context, ref connector.Ref) (*scim.Resource, error) {
	var found []*stored
	var err error
	if e, ok := w.written[ref]; ok {
		found, err = w.asWritten(ctx, ref, e)
	} else {
		found, err = w.b.readAll(ctx, w.ev, w.bind, w.q, []connector.Ref{ref})
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r, err := w.b.resource(ctx, w.bind, found[0])
	if err != nil || !w.q.Matches(r.Record) {
		return nil, err
	}
	return r, nil
}

// asWritten returns a record as it was written, none where a DELETE has put it
// away.
func (w *cursorWalk) asWritten(ctx context.Context, ref connector.Ref, e overlaid) ([]*stored, error) {
	if e.rec == nil {
		return nil, nil
	}
	entry, err := w.b.entry(ctx, w.bind.obj, ref.ID)
	if err != nil || !entry.Tombstone.IsZero() {
		return nil, err
	}
	return []*stored{{ref: ref, rec: e.rec, entry: entry, partial: e.partial}}, nil
}

// takePage takes resources from a page of the target, and reports whether the
// client's page is done.
func (w *cursorWalk) takePage(ctx context.Context, p *connector.Page) (done bool, err error) {
	passed := min(w.at.skip, len(p.Records))
	found, err := w.visible(ctx, p.Records[passed:])
	if err != nil {
		return false, err
	}
	if found, err = w.unseen(ctx, found); err != nil {
		return false, err
	}
	room := w.q.Count - len(w.page.Resources)
	more := 0
	if !w.filtered && len(found) > room {
		more = len(found) - room // they need not be looked at to be counted
		w.at.skip = passed + found[room].at
		found = found[:room]
	}
	all, err := w.b.resources(ctx, w.bind, found)
	if err != nil {
		return false, err
	}
	for i, r := range all {
		if w.filtered && !w.passes(r) {
			continue
		}
		if w.full() {
			if more == 0 {
				w.at.skip = passed + found[i].at
			}
			more++
			continue
		}
		w.page.Resources = append(w.page.Resources, r)
	}
	if more == 0 && p.Next != "" {
		w.at.skip -= passed
		w.at.cursor = p.Next
	}
	if more == 0 && p.Next != "" && !w.full() && w.read < w.b.opts.ScanLimit {
		return false, nil
	}
	w.end(more, p.Next == "")
	if p.Total >= 0 && w.countable() {
		w.page.Total, w.page.Exact = p.Total, true
	}
	return true, nil
}

// unseen leaves out records that were taken from elsewhere.
func (w *cursorWalk) unseen(ctx context.Context, found []*stored) ([]*stored, error) {
	out := found[:0]
	for _, f := range found {
		if w.elsewhere[f.ref] {
			continue
		}
		if e, ok := w.written[f.ref]; ok {
			r, err := w.fromElsewhere(ctx, f.ref)
			if err != nil {
				return nil, err
			}
			// What was written does not pass the filter; somebody else may have changed
			// that since.
			if r != nil || e.rec == nil || !w.bind.modified(f.rec).After(w.bind.modified(e.rec)) {
				continue
			}
		}
		out = append(out, f)
	}
	return out, nil
}
