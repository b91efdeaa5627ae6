package freshservice

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// moveAge is how long a change of members is remembered: the search lags "a few
// minutes" behind (reference, 4.5).
const moveAge = 10 * time.Minute

// moves are the people whose departments this connection has changed lately, which
// the search may not know yet. It is safe for concurrent use.
type moves struct {
	now func() time.Time

	mu     sync.Mutex
	recent map[move]moved
}

type move struct{ department, person string }

type moved struct {
	object string // of the person
	in     bool
	at     time.Time
}

func (m *moves) note(department string, r connector.Ref, in bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.recent == nil {
		m.recent = make(map[move]moved)
	}
	maps.DeleteFunc(m.recent, func(_ move, x moved) bool { return now.Sub(x.at) > moveAge })
	m.recent[move{department, r.ID}] = moved{r.Object, in, now}
}

// forget drops what is remembered of a person about whom something else was done.
func (m *moves) forget(person string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.recent, func(k move, _ moved) bool { return k.person == person })
}

// of returns what is remembered of a department, by the ids of people.
func (m *moves) of(department string) map[string]moved {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[string]moved)
	for k, x := range m.recent {
		if k.department == department && m.now().Sub(x.at) <= moveAge {
			out[k.person] = x
		}
	}
	return out
}

// departmentPage reads a page of the people who have a department, from the search,
// which shows 1,200 people at most. Whoever came or left through this connection
// while the search lags behind is on the first page, or on none.
func (d *driver) departmentPage(ctx context.Context, id, cursor string, background bool) (*connector.Page, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil, connector.Errorf(connector.NotFound, "", "there is no such department")
	}
	q := connector.Query{
		Filter:     &schema.Compare{Path: schema.Path{Attr: fieldDepartments}, Op: schema.Eq, Value: schema.IntegerValue(number)},
		Background: background, Kin: d.managed, Cursor: cursor,
	}
	out, err := d.listRequesters(ctx, q)
	if err != nil {
		return nil, err
	}
	recent := d.moves.of(id)
	out.Records = slices.DeleteFunc(out.Records, func(rec *schema.Record) bool {
		_, known := recent[rec.String("id")]
		return known
	})
	if cursor == "" {
		for _, person := range slices.Sorted(maps.Keys(recent)) {
			x := recent[person]
			if !x.in {
				continue
			}
			t, err := d.typeOf(ctx, x.object)
			if err != nil {
				return nil, err
			}
			rec := t.New()
			rec.Set("id", idValue(connector.Ref{ID: person}))
			out.Records = append(out.Records, rec)
		}
	}
	if out.Total >= 0 {
		out.Total = len(out.Records)
	}
	return out, nil
}

// editDepartment changes the department of people: each is read and written, with a
// result of its own.
func (d *driver) editDepartment(ctx context.Context, group connector.Ref, add, remove []connector.Ref) ([]error, error) {
	if _, err := d.getFixed(ctx, departments, d.departmentType(), group.ID); err != nil {
		return nil, err
	}
	results := make([]error, 0, len(add)+len(remove))
	var stop error
	for i, r := range slices.Concat(add, remove) {
		err := stop
		if err == nil {
			if err = d.moveInto(ctx, r, idValue(group), i < len(add)); err == nil {
				d.moves.note(group.ID, r, i < len(add))
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, connector.NotFound):
			if i >= len(add) {
				err = nil // who is not there has no department
			}
		case isSystemic(err):
			stop = err
		}
		results = append(results, err)
	}
	return results, nil
}

// isSystemic reports whether an error is about everything that would follow.
func isSystemic(err error) bool {
	switch connector.CodeOf(err) {
	case connector.Unauthenticated, connector.RateLimited, connector.Unavailable, connector.Canceled, connector.DeadlineExceeded:
		return true
	default:
		return false
	}
}

// moveInto gives somebody a department, or takes it away: the other departments
// are read just before, because the list is written whole.
func (d *driver) moveInto(ctx context.Context, r connector.Ref, department schema.Value, in bool) error {
	k, ok := kindOf(r.Object)
	if !ok {
		return connector.Errorf(connector.Invalid, fieldMembers, "only people have a department")
	}
	unlock, err := d.people.lock(ctx, r.ID)
	if err != nil {
		return err
	}
	defer unlock()
	k, base, err := d.findPerson(ctx, k, r.ID)
	if err != nil {
		return err
	}
	t := base.Type()
	s := t.Slot(fieldDepartments)
	has := base.At(s)
	if has.Contains(department) == in {
		return nil
	}
	e := schema.Edit{Slot: s, Op: schema.Add, Value: schema.ListValue(department)}
	if !in {
		e.Op = schema.Remove
	}
	_, err = d.changePerson(ctx, k, r.ID, rebased(connector.Change{Type: t, Edits: []schema.Edit{e}}, base))
	return err
}

// findPerson reads somebody of a kind, or of the other where agents are managed:
// they may have been converted since the caller saw them, or never been seen.
func (d *driver) findPerson(ctx context.Context, k kind, id string) (kind, *schema.Record, error) {
	kinds := []kind{k}
	if d.managed {
		other := ObjectAgent
		if k.isAgent() {
			other = ObjectRequester
		}
		o, _ := kindOf(other)
		kinds = append(kinds, o)
	}
	var rec *schema.Record
	for _, of := range kinds {
		t, err := d.typeOf(ctx, of.object)
		if err != nil {
			return of, nil, err
		}
		if rec, err = d.getPerson(ctx, of, t, id); err == nil || !errors.Is(err, connector.NotFound) {
			return of, rec, err
		}
	}
	return k, nil, connector.Errorf(connector.NotFound, "", "there is nobody with this id")
}
