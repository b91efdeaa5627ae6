package connector_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func TestTarget_UnknownObject(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	_, err := s.Get(t.Context(), connector.Ref{Object: "robot", ID: "1"})
	requireError(t, err, connector.Unsupported, "get", "robot", "")
	_, err = s.List(t.Context(), "robot", connector.Query{})
	requireError(t, err, connector.Unsupported, "list", "robot", "")
	_, err = s.Create(t.Context(), "robot", s.typ.New())
	requireError(t, err, connector.Unsupported, "create", "robot", "")
}

func TestTarget_IDs(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for _, id := range []string{"", "a", "-1", "1 ", "1/../2", "12345678901234567890", "７"} {
		_, err := s.Get(t.Context(), connector.Ref{Object: "person", ID: id})
		requireError(t, err, connector.NotFound, "get", "person", "")
	}
	for _, id := range []string{"", "t-", "t-1\n", "xt", "t-1x"} {
		_, err := s.Update(t.Context(), connector.Ref{Object: "team", ID: id}, connector.Change{Edits: make([]schema.Edit, 1)})
		requireError(t, err, connector.NotFound, "update", "team", "")
		_, err = s.Act(t.Context(), connector.Ref{Object: "team", ID: id}, connector.Action{Kind: connector.Delete})
		requireError(t, err, connector.NotFound, "delete", "team", "")
		_, err = s.ListMembers(t.Context(), connector.Ref{Object: "team", ID: id}, "")
		requireError(t, err, connector.NotFound, "list members", "team", "")
	}
	// "t" is the first alternative, which must not hide that the second fits.
	s.groups.without = func([]string) (*schema.Record, error) {
		rec := s.desc.Object("team").Type.New()
		rec.SetString("key", "t-12")
		return rec, nil
	}
	_, err := s.GetWithout(t.Context(), connector.Ref{Object: "team", ID: "t-12"}, "name")
	require.NoError(t, err)
}

func TestTarget_Get(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.fake.get = func(_ context.Context, r connector.Ref) (*schema.Record, error) {
		return s.person(7, "a@example.com"), nil
	}
	rec, err := s.Get(t.Context(), personRef)
	require.NoError(t, err)
	assert.Equal(t, "a@example.com", rec.String("email"))
	_, err = s.Get(t.Context(), connector.Ref{Object: "person", ID: "007"})
	requireError(t, err, connector.NotFound, "get", "person", "")

	var asked []string
	s.groups.without = func(fields []string) (*schema.Record, error) {
		asked = fields
		return s.person(7, "b@example.com"), nil
	}
	rec, err = s.GetWithout(t.Context(), personRef, "tags")
	require.NoError(t, err)
	assert.Equal(t, "b@example.com", rec.String("email"))
	assert.Equal(t, []string{"tags"}, asked)

	plain, err := connector.NewTarget(s.fake, nil)
	require.NoError(t, err)
	_, err = plain.Description(t.Context())
	requireError(t, err, connector.Internal, "describe", "", "")
	assert.ErrorContains(t, err, "Members")
}

func TestTarget_Results(t *testing.T) {
	t.Parallel()
	other := personType(t)
	for name, c := range map[string]struct {
		rec *schema.Record
		ok  bool
	}{
		"none":          {nil, false},
		"of other type": {other.New(), false},
		"without id":    {nil, false},
		"with a bad id": {nil, false},
		"good":          {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetup(t)
			rec := c.rec
			switch name {
			case "without id":
				rec = s.person(0, "a")
			case "with a bad id":
				rec = s.person(-3, "a")
			case "good":
				rec = s.person(7, "a")
			}
			s.fake.get = func(context.Context, connector.Ref) (*schema.Record, error) { return rec, nil }
			s.fake.create = func(context.Context, string, *schema.Record) (*schema.Record, error) { return rec, nil }
			s.fake.update = func(context.Context, connector.Ref, connector.Change) (*schema.Record, error) { return rec, nil }
			s.fake.act = func(context.Context, connector.Ref, connector.Action) (*schema.Record, error) { return rec, nil }
			s.fake.list = func(context.Context, string, connector.Query) (*connector.Page, error) {
				return &connector.Page{Records: []*schema.Record{rec}}, nil
			}
			s.groups.listMembers = func(connector.Ref, string) (*connector.Page, error) {
				return &connector.Page{Records: []*schema.Record{rec}}, nil
			}
			base := s.person(7, "b")
			edit := connector.Change{Base: base, Edits: []schema.Edit{{Slot: s.typ.Slot("name"), Value: schema.StringValue("x")}}}
			_, getErr := s.Get(t.Context(), personRef)
			_, createErr := s.Create(t.Context(), "person", s.person(0, "a"))
			_, listErr := s.List(t.Context(), "person", connector.Query{})
			_, membersErr := s.ListMembers(t.Context(), connector.Ref{Object: "team", ID: "t"}, "")
			_, updateErr := s.Update(t.Context(), personRef, edit)
			_, actErr := s.Act(t.Context(), personRef, connector.Action{Kind: connector.Deactivate})
			for op, err := range map[string]error{"get": getErr, "create": createErr, "list": listErr, "list members": membersErr, "update": updateErr, "deactivate": actErr} {
				switch {
				case c.ok, rec == nil && (op == "update" || op == "deactivate"):
					require.NoError(t, err, op)
				default:
					object := "person"
					require.ErrorIs(t, err, connector.Internal, op)
					requireError(t, err, connector.Internal, op, object, "")
				}
			}
		})
	}
}

func TestTarget_Pages(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	s.fake.list = func(context.Context, string, connector.Query) (*connector.Page, error) { return nil, nil }
	_, err := s.List(t.Context(), "person", connector.Query{})
	requireError(t, err, connector.Internal, "list", "person", "")

	s.fake.list = func(_ context.Context, _ string, q connector.Query) (*connector.Page, error) {
		next := map[string]string{"": "2", "2": "3", "3": "3"}[q.Cursor]
		return &connector.Page{Records: []*schema.Record{s.person(int64(len(next)+1), "a")}, Next: next}, nil
	}
	n := 0
	for _, err = range s.All(t.Context(), "person", connector.Query{}) {
		if err != nil {
			break
		}
		n++
	}
	assert.Equal(t, 2, n)
	requireError(t, err, connector.Internal, "list", "person", "")
	for range s.All(t.Context(), "person", connector.Query{}) {
		break // must not panic
	}

	_, err = s.List(t.Context(), "person", connector.Query{Offset: 1})
	requireError(t, err, connector.Unsupported, "list", "person", "")
	s.object.Offset = true
	var got connector.Query
	s.fake.list = func(_ context.Context, _ string, q connector.Query) (*connector.Page, error) {
		got = q
		return &connector.Page{}, nil
	}
	_, err = s.List(t.Context(), "person", connector.Query{Offset: 1, Limit: -4})
	require.NoError(t, err)
	assert.Equal(t, connector.Query{Offset: 1}, got)
	_, err = s.List(t.Context(), "person", connector.Query{Offset: 1, Cursor: "2"})
	requireError(t, err, connector.Unsupported, "list", "person", "")
}

func TestTarget_Filters(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	var got schema.Filter
	list := func(_ context.Context, _ string, q connector.Query) (*connector.Page, error) {
		got = q.Filter
		return &connector.Page{}, nil
	}
	for filter, want := range map[string]string{
		`EMAIL eq "A"`:                             `email eq "A"`,
		`Email sw "a" and ACTIVE eq true`:          `email sw "a" and active eq true`,
		`Custom_Fields.BADGE_size gt 3`:            `custom_fields.badge_size gt 3`,
		`email eq "a" or email eq "b"`:             "",
		`email co "a"`:                             "email",
		`name eq "a"`:                              "name",
		`nonsense eq "a"`:                          "nonsense",
		`email eq null`:                            "email",
		`not (email eq "a")`:                       "",
		`email eq "a" and name eq "b"`:             "name",
		`active eq "yes"`:                          "active eq",
		`custom_fields.badge_size eq "x"`:          "custom_fields.badge_size eq",
		`custom_fields.other eq 3`:                 "custom_fields",
		`urn:example:x:email eq "a"`:               "urn:example:x:email",
		`custom_fields[badge_size eq 3]`:           "custom_fields",
		`email[value eq "x"]`:                      "email",
		`email eq "a" and (name pr or active pr)`:  "",
		`email eq "a" and active eq true or id pr`: "",
	} {
		f, err := schema.ParseFilter(filter)
		require.NoError(t, err, filter)
		code := connector.Unsupported
		switch filter {
		case `active eq "yes"`, `custom_fields.badge_size eq "x"`, `email[value eq "x"]`:
			code = connector.Invalid
		}
		if s.fake.list = nil; want == `email eq "A"` || want == `email sw "a" and active eq true` || want == `custom_fields.badge_size gt 3` {
			s.fake.list = list
			_, err = s.List(t.Context(), "person", connector.Query{Filter: f})
			require.NoError(t, err, filter)
			assert.Equal(t, want, got.String())
			continue
		}
		_, err = s.List(t.Context(), "person", connector.Query{Filter: f})
		requireError(t, err, code, "list", "person", want)
	}
	s.object.Search.Any = true
	s.fake.list = list
	_, err := s.List(t.Context(), "person", connector.Query{Filter: schema.MustParseFilter(`not (NAME co "x" or Email eq null)`)})
	require.NoError(t, err)
	assert.Equal(t, `not (name co "x" or email eq null)`, got.String())
}

func TestTarget_Create(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for name, c := range map[string]struct {
		change func(r *schema.Record)
		field  string
	}{
		"read-only":      {func(r *schema.Record) { r.Set("id", schema.IntegerValue(3)) }, "id"},
		"text as number": {func(r *schema.Record) { r.SetString("custom_fields.badge_size", "3") }, "custom_fields.badge_size"},
		"no list":        {func(r *schema.Record) { r.SetString("tags", "a") }, "tags"},
	} {
		rec := s.person(0, "a")
		c.change(rec)
		_, err := s.Create(t.Context(), "person", rec)
		requireError(t, err, connector.Invalid, "create", "person", c.field)
		assert.NotEmpty(t, name)
	}
	_, err := s.Create(t.Context(), "person", nil)
	requireError(t, err, connector.Invalid, "create", "person", "")
	_, err = s.Create(t.Context(), "person", s.desc.Object("team").Type.New())
	requireError(t, err, connector.Invalid, "create", "person", "")
	_, err = s.Create(t.Context(), "city", s.desc.Object("city").Type.New())
	requireError(t, err, connector.Unsupported, "create", "city", "")

	s.fake.create = func(_ context.Context, _ string, rec *schema.Record) (*schema.Record, error) {
		out := rec.Clone()
		out.Set("id", schema.IntegerValue(7))
		return out, nil
	}
	rec := s.person(0, "a")
	rec.Set("id", schema.Null())
	rec.SetString("code", "once")
	out, err := s.Create(t.Context(), "person", rec)
	require.NoError(t, err)
	assert.Equal(t, "once", out.String("code"))
}

func TestTarget_Update(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	base := s.person(7, "a")
	base.SetString("code", "once")
	edit := func(field string, op schema.EditOp, v schema.Value) []schema.Edit {
		return []schema.Edit{{Slot: s.typ.Slot(field), Op: op, Value: v}}
	}
	out, err := s.Update(t.Context(), personRef, connector.Change{Base: base})
	require.NoError(t, err)
	assert.Same(t, base, out, "nothing to do is no call")

	text, number := schema.StringValue("x"), schema.IntegerValue(3)
	for _, c := range []struct {
		edits []schema.Edit
		field string
	}{
		{edit("id", schema.Set, number), "id"},
		{edit("id", schema.Clear, schema.Value{}), "id"},
		{edit("code", schema.Set, text), "code"},
		{edit("code", schema.Clear, schema.Null()), "code"},
		{edit("email", schema.Set, number), "email"},
		{edit("email", schema.Add, text), "email"},
		{edit("tags", schema.Remove, text), "tags"},
		{edit("tags", 9, schema.StringsValue("x")), "tags"},
	} {
		_, err = s.Update(t.Context(), personRef, connector.Change{Base: base, Edits: c.edits})
		requireError(t, err, connector.Invalid, "update", "person", c.field)
	}
	_, err = s.Update(t.Context(), personRef, connector.Change{Base: base, Edits: []schema.Edit{{Slot: 99}}})
	requireError(t, err, connector.Internal, "update", "person", "")
	_, err = s.Update(t.Context(), personRef, connector.Change{Edits: edit("name", schema.Set, text)})
	requireError(t, err, connector.Unsupported, "update", "person", "")
	_, err = s.Update(t.Context(), connector.Ref{Object: "city", ID: "1"}, connector.Change{Edits: edit("name", schema.Set, text)})
	requireError(t, err, connector.Unsupported, "update", "city", "")

	var got connector.Change
	s.fake.update = func(_ context.Context, _ connector.Ref, c connector.Change) (*schema.Record, error) {
		got = c
		return nil, nil
	}
	out, err = s.Update(t.Context(), personRef, connector.Change{Base: base, Edits: append(edit("name", schema.Set, text),
		append(edit("code", schema.Set, schema.StringValue("once")), edit("tags", schema.Add, schema.StringsValue("t"))...)...)})
	require.NoError(t, err)
	assert.Nil(t, out)
	require.NotNil(t, got.Want)
	assert.Equal(t, "x", got.Want.String("name"))
	assert.Equal(t, []string{"t"}, got.Want.Strings("tags"))
	assert.Same(t, s.typ, got.Type)
	assert.False(t, base.Has("name"), "the caller's record is not changed")

	s.object.BlindUpdate = true
	_, err = s.Update(t.Context(), personRef, connector.Change{Edits: edit("code", schema.Set, text)})
	require.NoError(t, err)
	assert.Nil(t, got.Want)
	assert.Nil(t, got.Base)
}

// TestTarget_TypesChange has a caller work with the fields of yesterday.
func TestTarget_TypesChange(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	old := s.typ
	s.typ = personType(t, "added", "another") // other slots for the same names
	s.object.Type = s.typ
	s.object.BlindUpdate = true
	_, err := s.Refresh(t.Context())
	require.NoError(t, err)
	var got connector.Change
	s.fake.update = func(_ context.Context, _ connector.Ref, c connector.Change) (*schema.Record, error) {
		got = c
		return s.person(7, "a"), nil
	}
	base := old.New()
	base.SetString("email", "a")
	edits := []schema.Edit{{Slot: old.Slot("name"), Value: schema.StringValue("x")}}
	for _, c := range []connector.Change{{Edits: edits, Base: base}, {Edits: edits, Type: old}} {
		_, err = s.Update(t.Context(), personRef, c)
		require.NoError(t, err)
		require.Len(t, got.Edits, 1)
		assert.Equal(t, s.typ.Slot("name"), got.Edits[0].Slot)
		assert.Same(t, s.typ, got.Type)
	}
	s.fake.create = func(_ context.Context, _ string, rec *schema.Record) (*schema.Record, error) {
		assert.Same(t, s.typ, rec.Type())
		rec.Set("id", schema.IntegerValue(1))
		return rec, nil
	}
	out, err := s.Create(t.Context(), "person", base)
	require.NoError(t, err)
	assert.Equal(t, "a", out.String("email"))

	gone := personType(t, "gone")
	rec := gone.New()
	rec.SetString("gone", "x")
	_, err = s.Create(t.Context(), "person", rec)
	requireError(t, err, connector.Conflict, "create", "person", "gone")
	_, err = s.Update(t.Context(), personRef, connector.Change{Type: gone, Edits: []schema.Edit{{Slot: gone.Slot("gone")}}})
	requireError(t, err, connector.Conflict, "update", "person", "gone")
}

func TestTarget_Act(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	for _, a := range []connector.Action{{Kind: connector.Delete}, {}, {Kind: 99}, {Kind: connector.Convert},
		{Kind: connector.Convert, To: "team"}, {Kind: connector.Convert, To: "person"}, {Kind: connector.Convert, To: "robot"}} {
		_, err := s.Act(t.Context(), personRef, a)
		requireError(t, err, connector.Unsupported, a.Kind.String(), "person", "")
	}
	guest := s.desc.Object("guest").Type.New()
	guest.SetString("id", "7")
	s.fake.act = func(_ context.Context, _ connector.Ref, a connector.Action) (*schema.Record, error) {
		if a.Kind == connector.Deactivate {
			return nil, nil
		}
		return guest, nil
	}
	out, err := s.Act(t.Context(), personRef, connector.Action{Kind: connector.Deactivate})
	require.NoError(t, err)
	assert.Nil(t, out)
	out, err = s.Act(t.Context(), personRef, connector.Action{Kind: connector.Convert, To: "guest"})
	require.NoError(t, err)
	assert.Same(t, guest, out)
}

func TestTarget_Members(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	team := connector.Ref{Object: "team", ID: "t-1"}
	_, err := s.ListMembers(t.Context(), personRef, "")
	requireError(t, err, connector.Unsupported, "list members", "person", "")
	_, err = s.EditMembers(t.Context(), personRef, []connector.Ref{personRef}, nil)
	requireError(t, err, connector.Unsupported, "edit members", "person", "")
	results, err := s.EditMembers(t.Context(), team, nil, nil)
	require.NoError(t, err)
	assert.Empty(t, results)

	results, err = s.EditMembers(t.Context(), team, []connector.Ref{{Object: "person", ID: "x"}}, []connector.Ref{{Object: "city", ID: "1"}})
	require.NoError(t, err, "nothing is left to be sent")
	requireError(t, results[0], connector.NotFound, "edit members", "team", "")
	requireError(t, results[1], connector.Invalid, "edit members", "team", "")

	s.groups.editMembers = func(add, remove []connector.Ref) ([]error, error) {
		assert.Equal(t, []connector.Ref{{Object: "person", ID: "1"}, {Object: "person", ID: "2"}}, add)
		assert.Equal(t, []connector.Ref{{Object: "person", ID: "3"}}, remove)
		return []error{nil, connector.Errorf(connector.Conflict, "", "full"), errors.New("odd")}, nil
	}
	results, err = s.EditMembers(t.Context(), team,
		[]connector.Ref{{Object: "person", ID: "1"}, {Object: "person", ID: ""}, {Object: "person", ID: "2"}}, []connector.Ref{{Object: "person", ID: "3"}})
	require.NoError(t, err)
	require.Len(t, results, 4)
	require.NoError(t, results[0])
	requireError(t, results[1], connector.NotFound, "edit members", "team", "")
	requireError(t, results[2], connector.Conflict, "edit members", "team", "")
	requireError(t, results[3], connector.Unknown, "edit members", "team", "")

	s.groups.editMembers = func(_, _ []connector.Ref) ([]error, error) { return nil, nil }
	_, err = s.EditMembers(t.Context(), team, []connector.Ref{personRef}, nil)
	requireError(t, err, connector.Internal, "edit members", "team", "")
}

func TestTarget_AbilitiesBehindWrappers(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	checked := false
	s.groups.check = func() error { checked = true; return connector.Denied }
	target, err := connector.NewTarget(wrapped(s.groups), nil)
	require.NoError(t, err)
	_, err = target.Description(t.Context())
	require.NoError(t, err, "Members is found behind the wrappers")
	requireError(t, target.Check(t.Context()), connector.Denied, "check", "", "")
	assert.True(t, checked)

	s.desc.Objects = s.desc.Objects[:1]
	s.desc.Objects[0].Actions = nil
	target, err = connector.NewTarget(wrapped(s.fake), nil)
	require.NoError(t, err)
	require.NoError(t, target.Check(t.Context()), "without a Checker, Describe is the check")
	assert.NotNil(t, target.Driver())

	var loop wrapper
	loop.Driver, loop.inner = s.fake, &loop
	_, err = connector.NewTarget(&loop, nil)
	require.NoError(t, err, "a wrapper of itself is no endless loop")
}

func TestTarget_OneWriterPerRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSetup(t)
		var writers, most, calls atomic.Int32
		release := make(chan struct{})
		slow := func() {
			calls.Add(1)
			if n := writers.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-release
			writers.Add(-1)
		}
		s.fake.update = func(context.Context, connector.Ref, connector.Change) (*schema.Record, error) {
			slow()
			return nil, nil
		}
		s.fake.act = func(context.Context, connector.Ref, connector.Action) (*schema.Record, error) {
			slow()
			return nil, nil
		}
		change := connector.Change{Base: s.person(7, "a"), Edits: []schema.Edit{{Slot: s.typ.Slot("name"), Value: schema.StringValue("x")}}}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _, err := s.Update(t.Context(), personRef, change); assert.NoError(t, err) })
		}
		wg.Go(func() {
			_, err := s.Act(t.Context(), personRef, connector.Action{Kind: connector.Deactivate})
			assert.NoError(t, err)
		})
		synctest.Wait()
		assert.EqualValues(t, 1, writers.Load())

		// Another record is another matter, and who waits may give up.
		wg.Go(func() {
			_, err := s.Update(t.Context(), connector.Ref{Object: "person", ID: "8"}, change)
			assert.NoError(t, err)
		})
		synctest.Wait()
		assert.EqualValues(t, 2, writers.Load())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Update(ctx, personRef, change)
		requireError(t, err, connector.DeadlineExceeded, "update", "person", "")

		close(release)
		wg.Wait()
		assert.EqualValues(t, 5, calls.Load())
		assert.EqualValues(t, 2, most.Load())
	})
}

func TestNewTarget_Refuses(t *testing.T) {
	t.Parallel()
	_, err := connector.NewTarget(nil, nil)
	require.ErrorIs(t, err, connector.Invalid)
	_, err = connector.NewTarget(&fake{t: t}, &connector.Options{DescriptionAge: -1})
	require.ErrorIs(t, err, connector.Invalid)
}
