package connector_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// fake is a driver whose methods are whatever a test makes them. Methods that
// were not set fail the test: nothing should have been called.
type fake struct {
	t        testing.TB
	describe func(context.Context) (*connector.Description, error)
	get      func(context.Context, connector.Ref) (*schema.Record, error)
	list     func(context.Context, string, connector.Query) (*connector.Page, error)
	create   func(context.Context, string, *schema.Record) (*schema.Record, error)
	update   func(context.Context, connector.Ref, connector.Change) (*schema.Record, error)
	act      func(context.Context, connector.Ref, connector.Action) (*schema.Record, error)
}

var errUncalled = errors.New("this must not be called")

func (f *fake) Describe(ctx context.Context) (*connector.Description, error) { return f.describe(ctx) }

func (f *fake) Get(ctx context.Context, r connector.Ref) (*schema.Record, error) {
	if f.get == nil {
		f.t.Error("Get must not be called")
		return nil, errUncalled
	}
	return f.get(ctx, r)
}

func (f *fake) List(ctx context.Context, object string, q connector.Query) (*connector.Page, error) {
	if f.list == nil {
		f.t.Error("List must not be called")
		return nil, errUncalled
	}
	return f.list(ctx, object, q)
}

func (f *fake) Create(ctx context.Context, object string, rec *schema.Record) (*schema.Record, error) {
	if f.create == nil {
		f.t.Error("Create must not be called")
		return nil, errUncalled
	}
	return f.create(ctx, object, rec)
}

func (f *fake) Update(ctx context.Context, r connector.Ref, c connector.Change) (*schema.Record, error) {
	if f.update == nil {
		f.t.Error("Update must not be called")
		return nil, errUncalled
	}
	return f.update(ctx, r, c)
}

func (f *fake) Act(ctx context.Context, r connector.Ref, a connector.Action) (*schema.Record, error) {
	if f.act == nil {
		f.t.Error("Act must not be called")
		return nil, errUncalled
	}
	return f.act(ctx, r, a)
}

// fakeGroups has every optional ability.
type fakeGroups struct {
	*fake
	listMembers func(ref connector.Ref, cursor string) (*connector.Page, error)
	editMembers func(add, remove []connector.Ref) ([]error, error)
	check       func() error
	without     func(fields []string) (*schema.Record, error)
}

func (f *fakeGroups) ListMembers(_ context.Context, g connector.Ref, cursor string) (*connector.Page, error) {
	return f.listMembers(g, cursor)
}
func (f *fakeGroups) EditMembers(_ context.Context, _ connector.Ref, add, remove []connector.Ref) ([]error, error) {
	return f.editMembers(add, remove)
}
func (f *fakeGroups) Check(context.Context) error { return f.check() }
func (f *fakeGroups) GetWithout(_ context.Context, _ connector.Ref, fields []string) (*schema.Record, error) {
	return f.without(fields)
}

// wrapper hides everything but the six methods.
type wrapper struct {
	connector.Driver
	inner connector.Driver
}

func (w wrapper) Unwrap() connector.Driver { return w.inner }

func wrapped(d connector.Driver) connector.Driver {
	return wrapper{Driver: wrapper{Driver: d, inner: d}, inner: d}
}

func personType(t testing.TB, more ...string) *schema.Type {
	t.Helper()
	fields := schema.Fields{
		"id":                       {Type: schema.Integer, Mutability: schema.ReadOnly},
		"email":                    {Filter: schema.Eq | schema.Sw},
		"name":                     {},
		"active":                   {Type: schema.Boolean, Filter: schema.Eq},
		"code":                     {Mutability: schema.Immutable},
		"tags":                     {MultiValued: true},
		"custom_fields.badge_size": {Type: schema.Integer, Filter: schema.Eq | schema.Gt, FilterAs: "cf_badge_size"},
	}
	for _, name := range more {
		fields[name] = schema.Attribute{}
	}
	typ, err := schema.NewType("person", fields)
	require.NoError(t, err)
	return typ
}

func describe(d connector.Description) func(context.Context) (*connector.Description, error) {
	return func(context.Context) (*connector.Description, error) { return &d, nil }
}

type setup struct {
	*connector.Target
	fake   *fake
	groups *fakeGroups
	typ    *schema.Type
	object *connector.Object
	desc   *connector.Description
}

// newSetup returns a target with a person, a guest that a person can become, a
// team of persons, and a read-only city.
func newSetup(t testing.TB) *setup {
	t.Helper()
	typ := personType(t)
	team, err := schema.NewType("team", schema.Fields{"key": {}})
	require.NoError(t, err)
	city, err := schema.NewType("city", schema.Fields{"id": {}})
	require.NoError(t, err)
	guest, err := schema.NewType("guest", schema.Fields{"id": {}})
	require.NoError(t, err)
	s := &setup{fake: &fake{t: t}, typ: typ}
	s.groups = &fakeGroups{fake: s.fake}
	s.desc = &connector.Description{Account: "fake", Objects: []connector.Object{
		{Name: "person", Type: typ, Unique: []string{"email"}, Active: "active", IDSpace: "people", Search: connector.Search{And: true},
			Actions: []connector.ActionKind{connector.Deactivate, connector.Convert}},
		{Name: "guest", Type: guest, IDSpace: "people"},
		{Name: "team", Type: team, ID: "key", IDPattern: regexp.MustCompile(`t|t-[0-9]+`), Members: true, Member: []string{"person"}, BlindUpdate: true},
		{Name: "city", Type: city, ReadOnly: true},
	}}
	s.object = s.desc.Object("person")
	s.fake.describe = func(context.Context) (*connector.Description, error) { return s.desc, nil }
	s.Target, err = connector.NewTarget(s.groups, nil)
	require.NoError(t, err)
	return s
}

func (s *setup) person(id int64, email string) *schema.Record {
	rec := s.typ.New()
	if id != 0 {
		rec.Set("id", schema.IntegerValue(id))
	}
	rec.SetString("email", email)
	return rec
}

// requireError asserts code, operation, object and field, and that no *Error
// wraps another that says what was being done.
func requireError(t testing.TB, err error, code connector.Code, op, object, field string) *connector.Error {
	t.Helper()
	require.ErrorIs(t, err, code)
	e, ok := err.(*connector.Error) //nolint:errorlint // the outermost error is what is meant
	require.True(t, ok, "%T", err)
	require.Equal(t, op, e.Op)
	require.Equal(t, object, e.Object)
	require.Equal(t, field, e.Field)
	inner, ok := errors.AsType[*connector.Error](e.Err)
	require.False(t, ok && inner.Op != "", "wrapped twice: %v", err)
	return e
}

var personRef = connector.Ref{Object: "person", ID: "7"}
