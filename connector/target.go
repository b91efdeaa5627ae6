package connector

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/usher-scim/usher/schema"
)

// DefaultDescriptionAge is how long a description is used where
// [Options.DescriptionAge] is 0.
const DefaultDescriptionAge = 5 * time.Minute

// Options of a [Target]. The zero value, like a nil *Options, has the defaults.
type Options struct {
	// Clock tells the time by which descriptions age; nil means time.Now.
	Clock func() time.Time
	// DescriptionAge is how long a [Description] is used before the driver is
	// asked for another. Where that fails the old one goes on for as long again.
	// 0 means [DefaultDescriptionAge]; a negative age fails in NewTarget.
	DescriptionAge time.Duration
	// Logger gets panics of the driver and failed refreshes; nil means nothing is
	// logged.
	Logger *slog.Logger
}

// Target is one account of one application, reached through a [Driver]: what the
// rest of usher holds. It checks what goes in and what comes out, so that no
// driver has to: objects and ids are known and well formed, filters are
// declared, records are of the described type, panics become errors, and every
// error is an [*Error] that says what was being done.
//
// A Target is safe for concurrent use. It never calls the driver for an
// operation that the description rules out, and never twice for one call of its
// own, [Target.All] and descriptions apart.
type Target struct {
	driver  Driver
	members Members // nil where the driver has not the ability
	checker Checker
	omitter Omitter
	log     *slog.Logger
	cache   descriptions
	locks   locks
}

// NewTarget returns the target that d reaches. It calls nothing of d. Errors:
// Invalid for a nil driver and for options out of range.
func NewTarget(d Driver, o *Options) (*Target, error) {
	if d == nil {
		return nil, Errorf(Invalid, "", "a target needs a driver")
	}
	if o == nil {
		o = &Options{}
	}
	if o.DescriptionAge < 0 {
		return nil, Errorf(Invalid, "", "the age of a description cannot be negative")
	}
	t := &Target{driver: d, log: o.Logger}
	t.members, t.checker, t.omitter = abilities(d)
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.cache = descriptions{age: o.DescriptionAge, clock: o.Clock}
	if t.cache.age == 0 {
		t.cache.age = DefaultDescriptionAge
	}
	if t.cache.clock == nil {
		t.cache.clock = time.Now
	}
	return t, nil
}

// Driver returns the driver that was given to NewTarget.
func (t *Target) Driver() Driver { return t.driver }

// Unwrapper is what a driver has that wraps another, so that optional abilities
// are found behind it: [Members], [Checker] and [Omitter] are looked for in the
// wrapper first, then in what it wraps. A wrapper that wants to see calls of an
// ability has it itself.
type Unwrapper interface{ Unwrap() Driver }

// maxWrappers ends the search in a wrapper that wraps itself.
const maxWrappers = 32

// ability returns d, or the first driver behind its wrappers, that is a T.
func ability[T any](d Driver) (found T) {
	for range maxWrappers {
		if t, ok := d.(T); ok {
			return t
		}
		w, ok := d.(Unwrapper)
		if !ok {
			break
		}
		if d = w.Unwrap(); d == nil {
			break
		}
	}
	return found
}

// Ability finds an ability that a driver may have beyond those that a [Target]
// serves itself: the driver, or the first one behind its wrappers, that is a T.
func Ability[T any](t *Target) (found T, ok bool) {
	found = ability[T](t.driver)
	return found, any(found) != nil
}

// abilities finds the optional abilities of a driver; it is the one place that
// looks for them.
func abilities(d Driver) (Members, Checker, Omitter) {
	return ability[Members](d), ability[Checker](d), ability[Omitter](d)
}

// Get reads a record. It is of the object's type and has the id asked for.
// Errors: NotFound when there is none, and without a call for an id that the
// object cannot have.
func (t *Target) Get(ctx context.Context, r Ref) (*schema.Record, error) {
	return t.GetWithout(ctx, r)
}

// GetWithout is Get for a caller that has no use for some fields. They may be
// unset in the record, where the driver saves work by leaving them out.
func (t *Target) GetWithout(ctx context.Context, r Ref, fields ...string) (*schema.Record, error) {
	const op = "get"
	_, o, err := t.record(ctx, op, r)
	if err != nil {
		return nil, err
	}
	var rec *schema.Record
	err = t.call(ctx, op, r.Object, func() (err error) {
		if t.omitter != nil && len(fields) > 0 {
			rec, err = t.omitter.GetWithout(ctx, r, fields)
		} else {
			rec, err = t.driver.Get(ctx, r)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := t.checkResult(op, o, rec); err != nil {
		return nil, err
	}
	// An API that reads "007" as 7 has found another record, for all that is
	// known of the id.
	if rec.String(o.IDField()) != r.ID {
		return nil, &Error{Code: NotFound, Op: op, Object: r.Object, Reason: "the target knows it by another id"}
	}
	return rec, nil
}

// List reads a page. Names in the filter may be in any case; the driver gets
// them as the type spells them. Errors: Unsupported, without a call, when the
// filter uses a field, an operator or a combination that the object does not
// declare; Invalid when a value does not fit its field.
func (t *Target) List(ctx context.Context, object string, q Query) (*Page, error) {
	const op = "list"
	d, o, err := t.object(ctx, op, object)
	if err != nil {
		return nil, err
	}
	q.Kin = q.Kin && len(o.Kin) > 0
	if q.Filter != nil {
		if q.Filter, err = o.Canonical(q.Filter); err != nil {
			return nil, wrap(ctx, op, object, err)
		}
	}
	q.Limit = max(q.Limit, 0)
	if q.Offset < 0 || q.Offset > 0 && (!o.Offset || q.Cursor != "") {
		return nil, &Error{Code: Unsupported, Op: op, Object: object, Reason: "the list cannot begin there"}
	}
	var page *Page
	err = t.call(ctx, op, object, func() (err error) {
		page, err = t.driver.List(ctx, object, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.checkPage(op, object, page, q.Cursor, func(rec *schema.Record) error {
		if q.Kin && rec != nil {
			return t.checkResult(op, d.among(o, o.Kin, rec), rec)
		}
		return t.checkResult(op, o, rec)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// among returns the object of a record that can be of the object o or of others.
func (d *described) among(o *object, others []string, rec *schema.Record) *object {
	for _, name := range others {
		if m := d.known[name]; rec.Type() == m.Type {
			return m
		}
	}
	return o
}

// All reads every record that passes the query, page by page. It ends with the
// first error.
func (t *Target) All(ctx context.Context, object string, q Query) iter.Seq2[*schema.Record, error] {
	return func(yield func(*schema.Record, error) bool) {
		for {
			page, err := t.List(ctx, object, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, rec := range page.Records {
				if !yield(rec, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.Cursor, q.Offset = page.Next, 0
		}
	}
}

// Create makes a record and returns it as the target stored it. Errors, besides
// the driver's: Invalid with Field, without a call, when a value does not fit
// its field or the field is read-only; Unsupported when the object is.
func (t *Target) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	const op = "create"
	_, o, err := t.object(ctx, op, object)
	if err != nil {
		return nil, err
	}
	rec, err = o.checkCreate(rec)
	if err != nil {
		return nil, wrap(ctx, op, object, err)
	}
	var out *schema.Record
	err = t.call(ctx, op, object, func() (err error) {
		out, err = t.driver.Create(ctx, object, rec)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, t.checkResult(op, o, out)
}

// Update changes fields of a record. Without edits nothing is called, and the
// answer is c.Base. Where c has a Base but no Want, the driver gets Base with the
// edits applied as Want. It returns the record as stored, or nil where the target
// does not tell. Errors as for Create; Unsupported for a change without Base
// where the object takes no blind writes.
func (t *Target) Update(ctx context.Context, r Ref, c Change) (*schema.Record, error) {
	const op = "update"
	_, o, err := t.record(ctx, op, r)
	if err != nil {
		return nil, err
	}
	if len(c.Edits) == 0 {
		return c.Base, nil
	}
	if c, err = o.checkChange(c); err != nil {
		return nil, wrap(ctx, op, r.Object, err)
	}
	var out *schema.Record
	err = t.write(ctx, op, o, r, func() (err error) {
		out, err = t.driver.Update(ctx, r, c)
		return err
	})
	if err != nil || out == nil {
		return nil, err
	}
	return out, t.checkResult(op, o, out)
}

// Act does what is not an edit of fields; repeating it is a success. It returns
// the record as stored (after Convert: of the type of the new object), or nil
// where the target does not tell or nothing is left. Errors, besides the
// driver's: Unsupported, without a call, for an action that the object does not
// declare.
func (t *Target) Act(ctx context.Context, r Ref, a Action) (*schema.Record, error) {
	op := a.Kind.String()
	d, o, err := t.record(ctx, op, r)
	if err != nil {
		return nil, err
	}
	after, err := d.checkAction(o, a)
	if err != nil {
		return nil, wrap(ctx, op, r.Object, err)
	}
	var out *schema.Record
	err = t.write(ctx, op, o, r, func() (err error) {
		out, err = t.driver.Act(ctx, r, a)
		return err
	})
	if err != nil || out == nil {
		return nil, err
	}
	return out, t.checkResult(op, after, out)
}

// ListMembers reads a page of a group's members: records of the types of
// [Object.Member], with an id at least. [Description.ObjectOf] tells their
// objects. Errors: Unsupported where the object does not declare Members.
func (t *Target) ListMembers(ctx context.Context, group Ref, cursor string) (*Page, error) {
	const op = "list members"
	d, o, err := t.group(ctx, op, group)
	if err != nil {
		return nil, err
	}
	var page *Page
	err = t.call(ctx, op, group.Object, func() (err error) {
		page, err = t.members.ListMembers(ctx, group, cursor)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = t.checkPage(op, group.Object, page, cursor, func(rec *schema.Record) error {
		m := d.known[o.Member[0]]
		if rec != nil {
			m = d.among(m, o.Member, rec)
		}
		return t.checkResult(op, m, rec)
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// EditMembers adds and removes members. It returns one result for each
// reference, first those to add, then those to remove, nil for success. A
// reference whose id its object cannot have is NotFound and one to an object
// that has no place in the group Invalid, in its result and without being sent.
// The second result is set only when nothing was tried.
func (t *Target) EditMembers(ctx context.Context, group Ref, add, remove []Ref) ([]error, error) {
	const op = "edit members"
	d, o, err := t.group(ctx, op, group)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return nil, &Error{Code: Unsupported, Op: op, Object: group.Object, Reason: "the target does not let it be changed"}
	}
	results := make([]error, len(add)+len(remove))
	sent := make([]int, 0, len(results)) // what the driver gets, as positions in results
	pick := func(refs []Ref, base int) []Ref {
		var out []Ref
		for i, r := range refs {
			if err := d.checkMember(o, r); err != nil {
				results[base+i] = wrap(ctx, op, group.Object, err)
				continue
			}
			sent = append(sent, base+i)
			out = append(out, r)
		}
		return out
	}
	add, remove = pick(add, 0), pick(remove, len(add))
	if len(sent) == 0 {
		return results, nil
	}
	var got []error
	err = t.write(ctx, op, o, group, func() (err error) {
		got, err = t.members.EditMembers(ctx, group, add, remove)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(got) != len(sent) {
		return nil, &Error{Code: Internal, Op: op, Object: group.Object,
			Err: fmt.Errorf("the driver gave %d results for %d members", len(got), len(sent))}
	}
	for i, at := range sent {
		results[at] = wrap(ctx, op, group.Object, got[i])
	}
	return results, nil
}

// Check tries the connection. A driver that is no [Checker] is asked for a fresh
// description instead, which reaches most targets.
func (t *Target) Check(ctx context.Context) error {
	if t.checker == nil {
		_, err := t.Refresh(ctx)
		return err
	}
	return t.call(ctx, "check", "", func() error { return t.checker.Check(ctx) })
}

// call runs one call of the driver: not after the context has ended, with panics
// caught and errors wrapped.
func (t *Target) call(ctx context.Context, op, object string, f func() error) (err error) {
	if ctx.Err() != nil {
		return wrap(ctx, op, object, context.Cause(ctx))
	}
	defer func() {
		if p := recover(); p != nil {
			err = t.caught(ctx, op, object, p)
		}
	}()
	return wrap(ctx, op, object, f())
}

// write is call with no other write of the same record at the same time.
func (t *Target) write(ctx context.Context, op string, o *object, r Ref, f func() error) error {
	unlock, err := t.locks.lock(ctx, Ref{Object: o.space(), ID: r.ID})
	if err != nil {
		return wrap(ctx, op, r.Object, err)
	}
	defer unlock()
	return t.call(ctx, op, r.Object, f)
}

// object returns the description of an object by its name.
func (t *Target) object(ctx context.Context, op, name string) (*described, *object, error) {
	d, err := t.describe(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	o := d.known[name]
	if o == nil {
		return nil, nil, &Error{Code: Unsupported, Op: op, Object: name, Reason: "the target has no such object"}
	}
	return d, o, nil
}

// record is object for a reference, whose id it checks.
func (t *Target) record(ctx context.Context, op string, r Ref) (*described, *object, error) {
	d, o, err := t.object(ctx, op, r.Object)
	if err != nil {
		return nil, nil, err
	}
	if !o.validID(r.ID) {
		return nil, nil, &Error{Code: NotFound, Op: op, Object: r.Object}
	}
	return d, o, nil
}

// group is record for an object that has members.
func (t *Target) group(ctx context.Context, op string, r Ref) (*described, *object, error) {
	d, o, err := t.record(ctx, op, r)
	if err != nil {
		return nil, nil, err
	}
	if !o.Members {
		return nil, nil, &Error{Code: Unsupported, Op: op, Object: r.Object, Reason: "it has no members"}
	}
	return d, o, nil
}

// checkPage looks at a page as a whole and, by check, at each of its records.
func (t *Target) checkPage(op, object string, p *Page, cursor string, check func(*schema.Record) error) error {
	switch {
	case p == nil:
		return &Error{Code: Internal, Op: op, Object: object, Err: errors.New("the driver gave no page")}
	case p.Next != "" && p.Next == cursor:
		return &Error{Code: Internal, Op: op, Object: object, Err: errors.New("the driver gave the same cursor again")}
	}
	for _, rec := range p.Records {
		if err := check(rec); err != nil {
			return err
		}
	}
	return nil
}

// checkResult looks at a record that came from the driver: there, of the
// object's type, with an id that can be used in further calls.
func (t *Target) checkResult(op string, o *object, rec *schema.Record) error {
	var why string
	switch {
	case rec == nil:
		why = "the driver gave no record"
	case rec.Type() != o.Type && !t.cache.hasType(o.Name, rec.Type()):
		why = "the driver gave a record of another type"
	case !o.validID(rec.String(o.IDField())):
		why = "the driver gave a record whose id does not match Object.IDPattern (nil: 1 to 19 digits)"
	default:
		return nil
	}
	return &Error{Code: Internal, Op: op, Object: o.Name, Err: errors.New(why)}
}
