package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// cursorLife is for how long a list by cursor can go on without a record coming
// twice that was written shortly before it began.
const cursorLife = time.Hour

// stage is the part of a list by cursor in which a page begins.
type stage byte

// A list by cursor has two parts: first those records that the target's search may
// not find, although they are there, and then the target's pages, without them.
// So nothing has to be remembered between two pages. Where something is written
// meanwhile, a record may come twice rather than not at all.
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
	// after is the id of the last record that is done: of the unlisted ones, or of
	// those on the target's page. It is what counts, since records may come and go
	// before it; that there are skip records up to it says how many to ask for.
	after  string
	skip   int
	cursor string // the target's, of the page
}

// String returns the form that is a backend's cursor.
func (p position) String() string {
	return fmt.Sprintf("%c%s.%d.%d.%d.%s%s", p.stage, strconv.FormatInt(p.began.UnixMilli(), 36), p.seen, p.skip, len(p.after), p.after, p.cursor)
}

// parsePosition reads what String returned.
func parsePosition(s string) (p position, ok bool) {
	parts := strings.SplitN(s, ".", 5)
	if len(parts) != 5 || parts[0] == "" {
		return p, false
	}
	p.stage = stage(parts[0][0])
	began, err1 := strconv.ParseInt(parts[0][1:], 36, 48)
	seen, err2 := strconv.ParseInt(parts[1], 10, 32)
	skip, err3 := strconv.ParseInt(parts[2], 10, 32)
	after, err4 := strconv.ParseInt(parts[3], 10, 32)
	if err := cmp.Or(err1, err2, err3, err4); err != nil || min(seen, skip, after) < 0 || int(after) > len(parts[4]) {
		return p, false
	}
	p.began, p.seen, p.skip = time.UnixMilli(began), int(seen), int(skip)
	p.after, p.cursor = parts[4][:after], parts[4][after:]
	if p.stage == unlisted && (skip > 0 || p.cursor != "") || p.stage != unlisted && (skip > 0) != (after > 0) {
		return p, false
	}
	return p, strings.ContainsRune("uls", rune(p.stage)) && p.String() == s
}

// walkByCursor gives the page of a list that begins at a cursor. While nothing
// changes, each record comes on one page. The cost is one call for each page of
// the target, and one more where a page of the client's ends within one of the
// target's, which then is read again. known are records that State has for the
// filter.
func (b *Backend) walkByCursor(ctx context.Context, ev *Event, src *source, q query, known []string) (*scim.Page, error) {
	bind := src.bind
	at := position{stage: unlisted, began: b.opts.Clock().Truncate(time.Millisecond)}
	if q.Cursor != "" {
		var ok bool
		if at, ok = parsePosition(q.Cursor); !ok {
			return nil, badCursor(nil)
		}
	}
	w := &cursorWalk{walker: b.walker(ev, src, q, len(known) > 0, at.began), at: at}
	w.resumed = at.stage != unlisted && at.cursor != ""
	w.elsewhere = make(map[string]bool, len(known))
	for _, id := range known {
		ref, _ := bind.ref(id)
		w.elsewhere[ref.ID] = true
	}
	if w.consistent && !bind.obj.Search.Immediate {
		hidden, err := b.hiddenRefs(ctx, src, at.began)
		if err != nil {
			return nil, err
		}
		for _, ref := range hidden {
			w.elsewhere[ref.ID] = true
		}
		w.trusted = w.trusted && len(hidden) == 0
	}
	if q.Cursor != "" {
		// Who was written since may only have become one of them then, too late to be
		// given as such.
		for _, kind := range src.kinds() {
			for ref := range b.overlay.since(kind.obj.Name, at.began) {
				if at.stage != unlisted || ref.ID <= at.after {
					delete(w.elsewhere, ref.ID)
				}
			}
		}
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
	// elsewhere are the ids of records that are looked for beside the target's
	// search, and have to be read for that; those of fresh need not. An id is enough:
	// kinds that come in one list share them.
	elsewhere map[string]bool
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
		w.cursor, w.skip = w.at.cursor, w.at.skip
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
	refs := make(map[string]connector.Ref, len(w.elsewhere)+len(w.fresh))
	for id := range w.elsewhere {
		refs[id] = w.bind.refOf(id)
	}
	for ref, e := range w.fresh {
		// Who was converted is gone as one kind, and there as another.
		if _, ok := refs[ref.ID]; !ok || e.rec != nil {
			refs[ref.ID] = ref
		}
	}
	for _, id := range slices.Sorted(maps.Keys(refs)) {
		if id <= w.at.after {
			continue
		}
		if w.full() {
			w.end(0, false)
			return true, nil
		}
		w.at.after = id
		r, err := w.fromElsewhere(ctx, refs[id])
		if err != nil {
			return false, err
		}
		if r != nil {
			w.page.Resources = append(w.page.Resources, r)
		}
	}
	w.at.after = ""
	return false, nil
}

// fromElsewhere returns the resource of such a record, nil where it is gone or does
// not pass the filter.
func (w *cursorWalk) fromElsewhere(ctx context.Context, ref connector.Ref) (*scim.Resource, error) {
	var found []*stored
	var err error
	if e, ok := w.fresh[ref]; ok {
		found, err = w.asWritten(ctx, ref, e)
	} else {
		found, err = w.b.readAll(ctx, w.ev, w.bind.fam, w.q, []string{w.bind.scimID(ref.ID)})
	}
	if err != nil || len(found) == 0 {
		return nil, err
	}
	r, err := w.b.resource(ctx, found[0], forReading)
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
	kind := w.bind.fam.kindOf(ref.Object)
	entry, err := w.b.entry(ctx, kind.obj, ref.ID)
	if err != nil || !entry.Tombstone.IsZero() {
		return nil, err
	}
	return []*stored{{bind: kind, ref: ref, rec: e.rec, entry: entry, partial: e.partial}}, nil
}

// takePage takes resources from a page of the target, and reports whether the
// client's page is done.
func (w *cursorWalk) takePage(ctx context.Context, p *connector.Page) (done bool, err error) {
	recs, err := w.notGiven(ctx, w.rest(p.Records))
	if err != nil {
		return false, err
	}
	found, err := w.visible(ctx, recs)
	if err != nil {
		return false, err
	}
	room := w.q.Count - len(w.page.Resources)
	more := 0
	if !w.filtered && len(found) > room {
		more = len(found) - room // they need not be looked at to be counted
		w.stop(p.Records, found[room].ref)
		found = found[:room]
	}
	all, err := w.b.resources(ctx, found, forReading)
	if err != nil {
		return false, err
	}
	for i, r := range all {
		if w.filtered && !w.passes(r) {
			continue
		}
		if w.full() {
			if more == 0 {
				w.stop(p.Records, found[i].ref)
			}
			more++
			continue
		}
		if err := w.give(ctx, found[i], r); err != nil {
			return false, err
		}
	}
	if more == 0 && p.Next != "" {
		w.at.after, w.at.skip, w.at.cursor = "", 0, p.Next
	}
	most := w.b.opts.ScanLimit
	if w.trusted {
		most += w.q.Count // all of it may be on the page
	}
	if more == 0 && p.Next != "" && !w.full() && w.read < most {
		return false, nil
	}
	w.end(more, p.Next == "")
	if p.Total >= 0 && w.countable() {
		w.page.Total, w.page.Exact = p.Total, true
	}
	return true, nil
}

// rest returns the records of a page that are behind the position. Where the last
// one that is done is gone, as a DELETE makes it be, that is the whole page: it
// cannot be told how many others are gone too, and twice is better than never.
func (w *cursorWalk) rest(recs []*schema.Record) []*schema.Record {
	for i, rec := range recs {
		if w.at.after != "" && w.refOf(rec).ID == w.at.after {
			return recs[i+1:]
		}
	}
	return recs
}

// stop makes the next page begin with a record of the target's page.
func (w *cursorWalk) stop(recs []*schema.Record, next connector.Ref) {
	w.at.skip = slices.IndexFunc(recs, func(rec *schema.Record) bool { return w.refOf(rec) == next })
	w.at.after = ""
	if w.at.skip > 0 {
		w.at.after = w.refOf(recs[w.at.skip-1]).ID
	}
}

// refOf is the reference of a record of the target's page.
func (w *cursorWalk) refOf(rec *schema.Record) connector.Ref { return w.src.kindOf(rec).obj.RefOf(rec) }

// writtenAs is the reference under which a record was written of late: it may
// have been converted since the target's search has seen it.
func (w *cursorWalk) writtenAs(ref connector.Ref) connector.Ref {
	for _, kind := range w.src.kinds() {
		if other := kind.refOf(ref.ID); w.fresh[other].rec != nil {
			return other
		}
	}
	return ref
}

// modifiedAfter reports whether a record of the target's page is younger than one
// that was written through this connection.
func (w *cursorWalk) modifiedAfter(rec, written *schema.Record) bool {
	kind := w.src.kindOf(rec)
	return kind.modified(adapt(rec, kind.obj.Type)).After(kind.modified(written))
}

// notGiven leaves out the records of a page that came before it, from elsewhere.
func (w *cursorWalk) notGiven(ctx context.Context, recs []*schema.Record) ([]*schema.Record, error) {
	if len(w.elsewhere) == 0 && len(w.fresh) == 0 {
		return recs, nil
	}
	out := make([]*schema.Record, 0, len(recs))
	for _, rec := range recs {
		ref := w.refOf(rec)
		if w.elsewhere[ref.ID] {
			continue
		}
		ref = w.writtenAs(ref)
		// What was written since the list began is looked at where it stands.
		if e, ok := w.fresh[ref]; ok && !e.at.After(w.at.began) {
			r, err := w.fromElsewhere(ctx, ref)
			if err != nil {
				return nil, err
			}
			// Somebody else may have made it one that passes the filter.
			if r != nil || e.rec == nil || !w.modifiedAfter(rec, e.rec) {
				continue
			}
		}
		out = append(out, rec)
	}
	return out, nil
}
