package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

const (
	// maxLookupCache is how many answers are kept.
	maxLookupCache = 10_000
	// prefetchFrom is how many references to one kind of object make it cheaper
	// to read the object's first pages than each record.
	prefetchFrom  = 4
	prefetchPages = 3
	// scanPages is how many pages are read where the target cannot be asked for a
	// key, because its query language has no way to write it.
	scanPages = 10
)

// lookups resolves references to other records: names to ids, ids to addresses.
// Answers are kept for a bounded time, and one caller at a time asks
// for each.
type lookups struct {
	target   *connector.Target
	clock    func() time.Time
	ttl, neg time.Duration

	mu      sync.Mutex
	answers map[lookupKey]lookupAnswer
	flights map[lookupKey]chan struct{}
	arrived int // how often forget was called
}

// lookupKey says who is looked for, and how: mappings can have different lookups
// of one name.
type lookupKey struct {
	name, object, keys, value, result string

	text string
	read bool
}

type lookupAnswer struct {
	mapping.Resolution
	until time.Time
}

func newLookups(t *connector.Target, clock func() time.Time, ttl, neg time.Duration) *lookups {
	return &lookups{
		target: t, clock: clock, ttl: ttl, neg: neg,
		answers: make(map[lookupKey]lookupAnswer),
		flights: make(map[lookupKey]chan struct{}),
	}
}

func keyFor(n mapping.Need) lookupKey {
	text := n.Value.Text()
	if !n.Lookup.CaseExact {
		text = strings.ToLower(text)
	}
	l := n.Lookup
	keys := l.Keys[0]
	if len(l.Keys) > 1 {
		keys = strings.Join(l.Keys, ",")
	}
	return lookupKey{name: l.Name, object: l.Object, keys: keys, value: l.Value, result: l.Return, text: text, read: n.Read}
}

// resolve answers needs, from memory where it can.
func (l *lookups) resolve(ctx context.Context, needs []mapping.Need, res *mapping.Resolved) error {
	if len(needs) == 0 {
		return nil
	}
	if err := l.prefetch(ctx, needs); err != nil {
		return err
	}
	for _, n := range needs {
		r, err := l.one(ctx, n)
		if err != nil {
			return err
		}
		res.Add(n, r)
	}
	return nil
}

func (l *lookups) one(ctx context.Context, n mapping.Need) (mapping.Resolution, error) {
	k := keyFor(n)
	for {
		l.mu.Lock()
		if a, ok := l.answers[k]; ok && l.clock().Before(a.until) {
			l.mu.Unlock()
			return a.Resolution, nil
		}
		done, busy := l.flights[k]
		if !busy {
			done = make(chan struct{})
			l.flights[k] = done
		}
		l.mu.Unlock()
		if !busy {
			return l.fetch(ctx, n, k, done)
		}
		select {
		case <-done: // the answer is there, or the one who asked has failed: look again
		case <-ctx.Done():
			return mapping.Resolution{}, context.Cause(ctx)
		}
	}
}

func (l *lookups) fetch(ctx context.Context, n mapping.Need, k lookupKey, done chan struct{}) (r mapping.Resolution, err error) {
	l.mu.Lock()
	before := l.arrived
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.flights, k)
		close(done)
		if err != nil || r.State != mapping.Found && l.arrived != before {
			return // whom nobody knew may be there by now
		}
		l.keepBoth(n, k, r)
	}()
	return l.ask(ctx, n)
}

// remember stores the answer to a need that was found in another way.
func (l *lookups) remember(n mapping.Need, r mapping.Resolution) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keepBoth(n, keyFor(n), r)
}

// keepBoth stores an answer, and that of the way back: who was found by a name is
// read by the id soon after. The lock is held.
func (l *lookups) keepBoth(n mapping.Need, k lookupKey, r mapping.Resolution) {
	l.keep(k, r)
	if !n.Read && r.State == mapping.Found {
		l.keep(keyFor(mapping.Need{Lookup: n.Lookup, Value: r.Native, Read: true}), r)
	}
}

// keep stores an answer; the lock is held.
func (l *lookups) keep(k lookupKey, r mapping.Resolution) {
	ttl := l.ttl
	if r.State != mapping.Found {
		ttl = l.neg
	}
	if len(l.answers) >= maxLookupCache {
		clear(l.answers)
	}
	l.answers[k] = lookupAnswer{r, l.clock().Add(ttl)}
}

// forget drops what was remembered of a record that was written, by its id and the
// other texts that it goes by: that there was none, and what is no longer so.
func (l *lookups) forget(texts ...string) {
	is := func(text string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.EqualFold(text, t) })
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrived++
	for k, a := range l.answers {
		switch {
		case a.State != mapping.Found:
			if is(k.text) {
				delete(l.answers, k)
			}
		case len(texts) > 0 && a.Native.Text() == texts[0] && !(is(k.text) && is(a.Return.Text())):
			delete(l.answers, k) // it has another name now
		}
	}
}

// ask looks a reference up at the target.
func (l *lookups) ask(ctx context.Context, n mapping.Need) (mapping.Resolution, error) {
	desc, err := l.target.Description(ctx)
	if err != nil {
		return mapping.Resolution{}, err
	}
	obj := desc.Object(n.Lookup.Object)
	if obj == nil {
		return mapping.Resolution{}, connector.Errorf(connector.Unsupported, "", "the target has no %s to look up", n.Lookup.Object)
	}
	fields := n.Lookup.Keys
	if n.Read {
		fields = []string{n.Lookup.Value}
	}
	for _, field := range fields {
		candidates, err := l.candidates(ctx, obj, field, n)
		if err != nil {
			return mapping.Resolution{}, err
		}
		if r := n.Choose(candidates); r.State != mapping.Missing {
			return r, nil
		}
	}
	return mapping.Resolution{}, nil
}

// candidates reads the records that may have a value in a field.
func (l *lookups) candidates(ctx context.Context, obj *connector.Object, field string, n mapping.Need) ([]*schema.Record, error) {
	if field == obj.IDField() {
		rec, err := l.target.GetWithout(ctx, connector.Ref{Object: obj.Name, ID: n.Value.Text()}, omitMembers(obj)...)
		if errors.Is(err, connector.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return []*schema.Record{rec}, nil
	}
	attr := obj.Type.Lookup(field)
	if attr == nil {
		return nil, nil
	}
	value := n.Value
	if attr.Type == schema.Integer {
		var ok bool
		if value, ok = schema.NumberValue(value.Text()); !ok {
			return nil, nil
		}
	}
	if attr.Filter&schema.Eq != 0 {
		recs, err := l.pages(ctx, obj, fieldEq(field, value), 1)
		if !errors.Is(err, connector.Unsupported) {
			return recs, err
		}
	}
	return l.pages(ctx, obj, nil, scanPages)
}

func (l *lookups) pages(ctx context.Context, obj *connector.Object, f schema.Filter, pages int) ([]*schema.Record, error) {
	var out []*schema.Record
	q := connector.Query{Filter: f, Omit: omitMembers(obj)}
	for range pages {
		p, err := l.target.List(ctx, obj.Name, q)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Records...)
		if p.Next == "" {
			break
		}
		q.Cursor = p.Next
	}
	return out, nil
}

// omitMembers names the field of a group's members, which a reference to the
// group has no use for.
func omitMembers(obj *connector.Object) []string {
	if obj.MemberField == "" {
		return nil
	}
	return []string{obj.MemberField}
}

// prefetch reads the first pages of objects to which many needs refer by id, as
// a list of users with their managers does.
func (l *lookups) prefetch(ctx context.Context, needs []mapping.Need) error {
	count := make(map[*mapping.Lookup]int)
	for _, n := range needs {
		if n.Read && !l.known(n) {
			count[n.Lookup]++
		}
	}
	for lookup, missing := range count {
		if missing < prefetchFrom {
			continue
		}
		desc, err := l.target.Description(ctx)
		if err != nil {
			return err
		}
		obj := desc.Object(lookup.Object)
		if obj == nil {
			continue
		}
		recs, err := l.pages(ctx, obj, nil, prefetchPages)
		if err != nil {
			return err
		}
		l.mu.Lock()
		for _, n := range needs {
			if n.Read && n.Lookup == lookup {
				if r := n.Choose(recs); r.State == mapping.Found {
					l.keep(keyFor(n), r)
				}
			}
		}
		l.mu.Unlock()
	}
	return nil
}

func (l *lookups) known(n mapping.Need) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.answers[keyFor(n)]
	return ok && l.clock().Before(a.until)
}

// fieldEq is the filter for one field of a target.
func fieldEq(field string, v schema.Value) schema.Filter {
	attr, sub, _ := strings.Cut(field, ".")
	return &schema.Compare{Path: schema.Path{Attr: attr, Sub: sub}, Op: schema.Eq, Value: v}
}
