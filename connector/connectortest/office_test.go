package connectortest_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

// office is a driver that has everything the kit looks at: people who can be
// deactivated, erased and made guests, teams with members, rooms that can only be
// read. Its records are in memory; its target can be made to fail.
type office struct {
	*memory.Driver
	desc *connector.Description

	mu     sync.Mutex
	nextID int
	forced string // id of the next record, for a conversion
	fault  connectortest.Fault
	calls  int
	closed chan struct{} // when the test has ended
}

var (
	_ connector.Driver  = (*office)(nil)
	_ connector.Members = (*office)(nil)
	_ connector.Checker = (*office)(nil)
	_ connector.Omitter = (*office)(nil)
)

func newType(t testing.TB, name string, fields schema.Fields) *schema.Type {
	t.Helper()
	typ, err := schema.NewType(name, fields)
	require.NoError(t, err)
	return typ
}

func newOffice(t testing.TB) *office {
	t.Helper()
	ref := newType(t, "member", schema.Fields{"value": {CaseExact: true}})
	eq := schema.Eq
	id := schema.Attribute{Mutability: schema.ReadOnly, Filter: eq, CaseExact: true}
	person := newType(t, "person", schema.Fields{
		"id": id, "email": {Required: true, Filter: eq | schema.Sw},
		"name": {MaxLength: 60, Filter: eq | schema.Sw | schema.Co}, "title": {Filter: eq}, "badge": {Choices: []string{"red", "green"}}, "rank": {Choices: []string{"boss", "staff"}},
		"level": {Type: schema.Integer, Filter: eq | schema.Gt}, "started": {Type: schema.Date}, "tags": {MultiValued: true, Unordered: true, Filter: eq},
		"code": {Mutability: schema.Immutable}, "active": {Type: schema.Boolean}, "password": {Mutability: schema.WriteOnly, Returned: schema.ReturnedNever},
	})
	guest := newType(t, "guest", schema.Fields{"id": id, "email": {Filter: eq}, "name": {}})
	team := newType(t, "team", schema.Fields{"id": id, "name": {Required: true, Filter: eq}, "note": {},
		"members": {Type: schema.Complex, MultiValued: true, Sub: ref, Unordered: true}})
	room := newType(t, "room", schema.Fields{"id": id, "name": {Filter: schema.Sw}})
	o := &office{closed: make(chan struct{})}
	t.Cleanup(func() { close(o.closed) })
	var err error
	o.Driver, err = memory.New([]memory.Object{
		{Name: "person", Type: person, Unique: []string{"email"}}, {Name: "guest", Type: guest},
		{Name: "team", Type: team, Unique: []string{"name"}, Members: "members", Member: []string{"person"}}, {Name: "room", Type: room},
	}, &memory.Options{PageSize: 4, NewID: o.newID})
	require.NoError(t, err)
	rec := room.New()
	rec.SetString("name", "Attic")
	_, err = o.Driver.Create(t.Context(), "room", rec)
	require.NoError(t, err)
	inner, err := o.Driver.Describe(t.Context())
	require.NoError(t, err)
	desc := *inner
	desc.Objects = append([]connector.Object(nil), inner.Objects...)
	o.desc = &desc
	for i := range desc.Objects {
		x := &desc.Objects[i]
		x.Search = connector.Search{And: true, Or: true, Immediate: true}
		switch x.Name {
		case "person":
			x.Active, x.IDSpace = "active", "people"
			x.Actions = []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete, connector.Erase, connector.Convert, connector.Downgrade}
			x.Hint, x.Ordinary = "rank", "staff"
			x.DroppedByDeactivate = []string{"level"}
			x.Kin, x.KinFilter = []string{"guest"}, []string{"email"}
		case "guest":
			x.IDSpace, x.Sparse = "people", []string{"name"}
		case "team":
			x.MemberField = "members"
		case "room":
			x.ReadOnly, x.Actions = true, nil
		}
	}
	return o
}

// newID is called with the memory driver's lock held.
func (o *office) newID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id := o.forced; id != "" {
		o.forced = ""
		return id
	}
	o.nextID++
	return strconv.Itoa(o.nextID)
}

// inject is a Harness.Inject.
func (o *office) inject(f connectortest.Fault) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault = f
	return true
}

// begin counts a call, and returns the fault that it meets.
func (o *office) begin(ctx context.Context, op connectortest.Op, object string) (connectortest.FaultKind, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	f := o.fault
	if f.Op != op || f.Object != object {
		return 0, nil
	}
	o.fault = connectortest.Fault{}
	switch f.Kind {
	case connectortest.RateLimited:
		return f.Kind, &connector.Error{Code: connector.RateLimited, RetryAfter: f.RetryAfter}
	case connectortest.Unavailable:
		return f.Kind, connector.Unavailable
	}
	return f.Kind, nil
}

// end returns the error of a call that was carried out and whose answer did not
// come.
func (o *office) end(ctx context.Context, op connectortest.Op, f connectortest.FaultKind) error {
	switch {
	case f == connectortest.NoFault:
		return nil
	case op == connectortest.OpCreate:
		return connector.Errorf(connector.Ambiguous, "", "the answer was lost")
	case f == connectortest.Malformed:
		return connector.Errorf(connector.Internal, "", "the answer makes no sense")
	default:
		return connector.Errorf(connector.Unavailable, "", "the answer was lost")
	}
}

func (o *office) slow(ctx context.Context, f connectortest.FaultKind) error {
	if f != connectortest.Slow {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func call[T any](ctx context.Context, o *office, op connectortest.Op, object string, do func() (T, error)) (none T, _ error) {
	f, err := o.begin(ctx, op, object)
	if err == nil {
		err = o.slow(ctx, f)
	}
	if err != nil {
		return none, err
	}
	out, err := do()
	if err == nil {
		err = o.end(ctx, op, f)
	}
	if err != nil {
		return none, err
	}
	return out, nil
}

func (o *office) Describe(ctx context.Context) (*connector.Description, error) {
	return o.desc, ctx.Err()
}

func (o *office) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	return call(ctx, o, connectortest.OpGet, r.Object, func() (*schema.Record, error) { return o.Driver.Get(ctx, r) })
}

func (o *office) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	return call(ctx, o, connectortest.OpList, object, func() (*connector.Page, error) {
		if q.Kin {
			return o.listAll(ctx, q)
		}
		return o.Driver.List(ctx, object, q)
	})
}

// listAll lists people and, after them, guests, of whom it knows no names.
func (o *office) listAll(ctx context.Context, q connector.Query) (*connector.Page, error) {
	q.Kin = false
	const guests = "guests "
	if cursor, ok := strings.CutPrefix(q.Cursor, guests); ok || q.Cursor == guests {
		q.Cursor = cursor
		page, err := o.Driver.List(ctx, "guest", q)
		if err != nil {
			return nil, err
		}
		for _, rec := range page.Records {
			rec.Set("name", schema.Value{})
		}
		if page.Next != "" {
			page.Next = guests + page.Next
		}
		page.Total = -1
		return page, nil
	}
	page, err := o.Driver.List(ctx, "person", q)
	if err == nil && page.Next == "" {
		page.Next = guests
	}
	if err == nil {
		page.Total = -1
	}
	return page, err
}

func (o *office) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	return call(ctx, o, connectortest.OpCreate, object, func() (*schema.Record, error) {
		rec := rec.Clone()
		if object == "person" {
			rec.Set("active", schema.BooleanValue(true))
			if err := checkPerson(rec); err != nil {
				return nil, err
			}
		}
		return o.Driver.Create(ctx, object, rec)
	})
}

// checkPerson refuses what the type of a person rules out.
func checkPerson(rec *schema.Record) error {
	if b := rec.String("badge"); b != "" && b != "red" && b != "green" {
		return connector.Errorf(connector.Invalid, "badge", "it is red or green")
	}
	if len([]rune(rec.String("name"))) > 60 {
		return connector.Errorf(connector.Invalid, "name", "it is too long")
	}
	if !rec.Has("email") {
		return connector.Errorf(connector.Invalid, "email", "a person has an address")
	}
	return nil
}

func (o *office) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	return call(ctx, o, connectortest.OpUpdate, r.Object, func() (*schema.Record, error) { return o.Driver.Update(ctx, r, c) })
}

func (o *office) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	return call(ctx, o, connectortest.OpAct, r.Object, func() (*schema.Record, error) {
		typ := o.desc.Object(r.Object).Type
		set := func(edits ...schema.Edit) (*schema.Record, error) {
			return o.Driver.Update(ctx, r, connector.Change{Type: typ, Edits: edits})
		}
		active := schema.Edit{Slot: typ.Slot("active"), Value: schema.BooleanValue(a.Kind == connector.Activate)}
		switch a.Kind {
		case connector.Deactivate:
			return set(active, schema.Edit{Slot: typ.Slot("level"), Op: schema.Clear})
		case connector.Activate:
			return set(active)
		case connector.Downgrade:
			return set(schema.Edit{Slot: typ.Slot("rank"), Value: schema.StringValue("staff")})
		case connector.Delete, connector.Erase:
			return o.Driver.Act(ctx, r, connector.Action{Kind: connector.Delete})
		default:
			return o.convert(ctx, r, a.To)
		}
	})
}

func (o *office) convert(ctx context.Context, r connector.Ref, to string) (*schema.Record, error) {
	old, err := o.Driver.Get(ctx, r)
	if err != nil {
		return o.Driver.Get(ctx, connector.Ref{Object: to, ID: r.ID}) // it may be one already
	}
	if _, err := o.Driver.Act(ctx, r, connector.Action{Kind: connector.Delete}); err != nil {
		return nil, err
	}
	rec := o.desc.Object(to).Type.New()
	rec.SetString("email", old.String("email"))
	rec.SetString("name", old.String("name"))
	o.mu.Lock()
	o.forced = r.ID
	o.mu.Unlock()
	return o.Driver.Create(ctx, to, rec)
}

func (o *office) harness() *connectortest.Harness {
	return &connectortest.Harness{
		Driver: o, Inject: o.inject, Secrets: []string{secret},
		Wait:  func(context.Context, time.Duration) error { return nil },
		Calls: func() int { o.mu.Lock(); defer o.mu.Unlock(); return o.calls },
	}
}

// at returns the fault that the next call meets.
func (o *office) at(op connectortest.Op, object string) connectortest.FaultKind {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fault.Op == op && o.fault.Object == object {
		return o.fault.Kind
	}
	return connectortest.NoFault
}

const secret = "s3cr3t-canary"
