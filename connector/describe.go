package connector

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/schema"
)

// described is a description with what a target derives from it.
type described struct {
	*Description
	known map[string]*object
	seq   uint64 // number of the call that brought it
	at    time.Time
}

// object is an Object with its id pattern ready for use.
type object struct {
	*Object
	id *regexp.Regexp // nil for digits
}

// descriptions keeps the latest description. One caller at a time asks the
// driver, the others wait for its answer.
type descriptions struct {
	age   time.Duration
	clock func() time.Time

	mu     sync.Mutex
	cur    *described
	begun  uint64        // calls begun
	flight chan struct{} // closed when the call under way has ended; nil without one
	err    error         // of the last call
	ended  uint64        // number of the last call that ended with an answer or a real error
	retry  time.Time     // after a failed refresh: not before then
}

// hasType reports whether the latest description gives an object that type: a
// record may be of a type that was discovered while its operation was under way.
func (c *descriptions) hasType(name string, typ *schema.Type) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cur == nil {
		return false
	}
	o := c.cur.known[name]
	return o != nil && o.Type == typ
}

// Description returns what the driver says of the target, asked at most once in
// [Options.DescriptionAge], however many callers there are. It must not be
// changed. Errors: those of the driver; Internal when the description
// contradicts itself or what the driver implements.
func (t *Target) Description(ctx context.Context) (*Description, error) {
	d, err := t.describe(ctx, 0)
	if err != nil {
		return nil, err
	}
	return d.Description, nil
}

// Refresh is Description with an answer that was asked for after the call.
func (t *Target) Refresh(ctx context.Context) (*Description, error) {
	t.cache.mu.Lock()
	after := t.cache.begun + 1
	t.cache.mu.Unlock()
	d, err := t.describe(ctx, after)
	if err != nil {
		return nil, err
	}
	return d.Description, nil
}

// describe returns a description from call number atLeast or a later one; 0 asks
// for any that is not too old.
func (t *Target) describe(ctx context.Context, atLeast uint64) (*described, error) {
	c := &t.cache
	waited := false
	for {
		c.mu.Lock()
		if d, err, ok := c.answer(atLeast, waited); ok {
			c.mu.Unlock()
			return d, err
		}
		flight := c.flight
		if flight == nil {
			c.begun++
			seq := c.begun
			c.flight = make(chan struct{})
			c.mu.Unlock()
			return t.askDriver(ctx, seq, atLeast == 0)
		}
		// Whoever waits for a call that began early enough takes its answer.
		waited = c.begun >= atLeast
		c.mu.Unlock()
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, wrap(ctx, "describe", "", context.Cause(ctx))
		}
	}
}

// answer says what is known without another call, with the lock held.
func (c *descriptions) answer(atLeast uint64, waited bool) (*described, error, bool) {
	if atLeast > 0 {
		switch {
		case c.cur != nil && c.cur.seq >= atLeast:
			return c.cur, nil, true
		case waited && c.ended >= atLeast && c.err != nil:
			return nil, c.err, true
		}
		return nil, nil, false
	}
	now := c.clock()
	switch {
	case c.cur != nil && (now.Sub(c.cur.at) < c.age || now.Sub(c.cur.at) < 2*c.age && now.Before(c.retry)):
		return c.cur, nil, true
	case waited && c.ended == c.begun && c.err != nil:
		return nil, c.err, true
	}
	return nil, nil, false
}

// askDriver makes the call that the others wait for. With stale, an old
// description stands in for a failed refresh, for as long again as it was fresh.
func (t *Target) askDriver(ctx context.Context, seq uint64, stale bool) (*described, error) {
	c := &t.cache
	var desc *Description
	err := t.call(ctx, "describe", "", func() (err error) {
		desc, err = t.driver.Describe(ctx)
		return err
	})
	var d *described
	if err == nil {
		if d, err = derive(desc, t.members != nil); err != nil {
			err = &Error{Code: Internal, Op: "describe", Err: err}
		}
	}
	now := c.clock()

	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.flight)
	c.flight = nil
	if err == nil {
		d.seq, d.at = seq, now
		c.cur, c.err, c.ended, c.retry = d, nil, seq, time.Time{}
		return d, nil
	}
	if ctx.Err() == nil {
		// A caller that gave up says nothing about the target; the next in line asks
		// for itself.
		c.err, c.ended = err, seq
		c.retry = now.Add(c.age / 10)
	}
	if stale && c.cur != nil && now.Sub(c.cur.at) < 2*c.age && ctx.Err() == nil {
		t.log.WarnContext(ctx, "the target's description could not be refreshed, the old one is used", "code", CodeOf(err).String())
		return c.cur, nil
	}
	return nil, err
}

// derive checks a description and prepares it for use.
func derive(d *Description, hasMembers bool) (*described, error) {
	if d == nil {
		return nil, errors.New("the driver gave no description")
	}
	out := &described{Description: d, known: make(map[string]*object, len(d.Objects))}
	for i := range d.Objects {
		o := &d.Objects[i]
		if o.Name == "" || out.known[o.Name] != nil {
			return nil, fmt.Errorf("object %q has no name of its own", o.Name)
		}
		out.known[o.Name] = &object{Object: o}
	}
	for _, o := range out.known {
		if err := out.deriveObject(o, hasMembers); err != nil {
			return nil, fmt.Errorf("object %s: %w", o.Name, err)
		}
	}
	if d.Owner != (Ref{}) && out.known[d.Owner.Object] == nil {
		return nil, fmt.Errorf("the owner is of the object %q, which is not described", d.Owner.Object)
	}
	for _, r := range d.Protected {
		if out.known[r.Object] == nil {
			return nil, fmt.Errorf("somebody protected is of the object %q, which is not described", r.Object)
		}
	}
	return out, nil
}

func (d *described) deriveObject(o *object, hasMembers bool) error {
	if o.Type == nil {
		return errors.New("it has no type")
	}
	if o.IDPattern != nil {
		re, err := regexp.Compile(`\A(?:` + o.IDPattern.String() + `)\z`)
		if err != nil {
			return fmt.Errorf("id pattern: %w", err)
		}
		o.id = re
	}
	names := append([]string{o.IDField()}, o.Unique...)
	names = slices.Concat(names, o.DroppedByDeactivate, o.ResetByActivate, o.Search.Consistent, o.KinFilter, o.Sparse)
	for _, name := range [...]string{o.Admin, o.MemberField} {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if o.Type.Slot(name) == schema.NoSlot {
			return fmt.Errorf("its type has no field %s", name)
		}
	}
	if o.Active != "" {
		if a := o.Type.Lookup(o.Active); a == nil || a.Type != schema.Boolean || a.MultiValued {
			return fmt.Errorf("%s is no boolean field of its type", o.Active)
		}
	}
	for _, a := range o.Actions {
		if a < Deactivate || a > Downgrade {
			return fmt.Errorf("action %d does not exist", a)
		}
		if o.ReadOnly {
			return errors.New("it is read-only and has actions")
		}
	}
	if o.Members && !hasMembers {
		return errors.New("it declares Members, which the driver does not implement")
	}
	if o.Members && len(o.Member) == 0 {
		return errors.New("it declares Members but not of which objects they are")
	}
	for _, k := range o.Kin {
		if kin := d.known[k]; kin == nil || kin.space() != o.space() {
			return fmt.Errorf("its kin are of the object %q, which is not described or has other ids", k)
		}
	}
	for _, m := range o.Member {
		if d.known[m] == nil {
			return fmt.Errorf("its members are of the object %q, which is not described", m)
		}
	}
	return nil
}

func (o *object) validID(id string) bool {
	if o.id != nil {
		return id != "" && o.id.MatchString(id)
	}
	if len(id) < 1 || len(id) > 19 {
		return false
	}
	for i := range len(id) {
		if id[i] < '0' || id[i] > '9' {
			return false
		}
	}
	return true
}

// space returns the name under which ids of the object are unique.
func (o *object) space() string {
	if o.IDSpace == "" {
		return o.Name
	}
	return o.IDSpace
}
