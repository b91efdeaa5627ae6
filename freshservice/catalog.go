package freshservice

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/schema"
)

// How long a catalog is used, and how old it may be where it lacks what is looked
// for.
const (
	catalogAge     = 5 * time.Minute
	catalogRecheck = 20 * time.Second
)

// catalog is a list of the account's that is short and seldom changes (roles,
// groups, workspaces), as it was read last. One caller reads it, the others wait.
// It is safe for concurrent use.
type catalog struct {
	read func(ctx context.Context) ([]schema.Value, error)
	now  func() time.Time
	free chan struct{} // has an element while nobody reads

	mu      sync.Mutex
	entries []entry
	at      time.Time
}

// entry is what a catalog knows of an object.
type entry struct {
	id        int64
	name      string
	workspace int64 // of a group
	admin     bool  // of a role: it gives an administrator's rights
}

func newCatalog(now func() time.Time, read func(context.Context) ([]schema.Value, error)) *catalog {
	c := &catalog{read: read, now: now, free: make(chan struct{}, 1)}
	c.free <- struct{}{}
	return c
}

// all returns the entries, which are not to be changed, read again where they are
// older than age.
func (c *catalog) all(ctx context.Context, age time.Duration) ([]entry, error) {
	if list, ok := c.known(age); ok {
		return list, nil
	}
	select {
	case <-c.free:
		defer func() { c.free <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if list, ok := c.known(age); ok {
		return list, nil // somebody else has read it meanwhile
	}
	values, err := c.read(ctx)
	if err != nil {
		return nil, fail(err, request{})
	}
	list := make([]entry, 0, len(values))
	for _, v := range values {
		if e := readEntry(v); e.id > 0 {
			list = append(list, e)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries, c.at = list, c.now()
	return list, nil
}

func (c *catalog) known(age time.Duration) ([]entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries, !c.at.IsZero() && c.now().Sub(c.at) < age
}

// find returns the entries that match. A catalog without any is read again, unless
// that has just been done.
func (c *catalog) find(ctx context.Context, match func(entry) bool) ([]entry, error) {
	for _, age := range [...]time.Duration{catalogAge, catalogRecheck} {
		list, err := c.all(ctx, age)
		if err != nil {
			return nil, err
		}
		var found []entry
		for _, e := range list {
			if match(e) {
				found = append(found, e)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// byID returns the entry with an id.
func (c *catalog) byID(ctx context.Context, id int64) (entry, bool, error) {
	found, err := c.find(ctx, func(e entry) bool { return e.id == id })
	if err != nil || len(found) == 0 {
		return entry{}, false, err
	}
	return found[0], true, nil
}

func readEntry(v schema.Value) entry {
	e := entry{name: v.Member("name").Text(), admin: isAdminRole(v)}
	e.id = integerOf(v.Member("id"))
	e.workspace = integerOf(v.Member("workspace_id"))
	return e
}

// integerOf returns an id, which some answers have as a text; 0 for none.
func integerOf(v schema.Value) int64 {
	if n, ok := v.Integer(); ok {
		return n
	}
	n, _ := strconv.ParseInt(v.Text(), 10, 64)
	return n
}

// isAdminRole reports whether a role gives an administrator's rights. Older
// accounts do not tell the type of a role, but have the same names for these
// (reference, 5.6).
func isAdminRole(v schema.Value) bool {
	if kind, ok := v.Member("role_type").Integer(); ok {
		return kind == 1
	}
	name := v.Member("name").Text()
	return strings.EqualFold(name, "Account Admin") || strings.EqualFold(name, "Admin")
}

// readWorkspaces lists the workspaces of the account. One without them has none.
func (d *driver) readWorkspaces(ctx context.Context) ([]schema.Value, error) {
	list, err := d.every(ctx, workspaces, nil)
	if statusOf(err) == http.StatusNotFound {
		return nil, nil
	}
	return list, err
}

// readGroups lists the agent groups of every workspace: there is no list of them
// all (reference, 6.1).
func (d *driver) readGroups(ctx context.Context) ([]schema.Value, error) {
	ids, err := d.workspaceIDs(ctx)
	if err != nil {
		return nil, err
	}
	var out []schema.Value
	for _, id := range ids {
		list, err := d.every(ctx, agentGroups, workspaceParam(id))
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// stripes are locks of records by their ids, several ids to a lock.
type stripes []chan struct{}

func newStripes() stripes {
	s := make(stripes, 64)
	for i := range s {
		s[i] = make(chan struct{}, 1)
	}
	return s
}

// lock waits for the record and returns what frees it.
func (s stripes) lock(ctx context.Context, id string) (unlock func(), err error) {
	n := 0
	for i := range len(id) {
		n = (n*31 + int(id[i])) % len(s)
	}
	select {
	case s[n] <- struct{}{}:
		return func() { <-s[n] }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
