package memory_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/schema"
)

func TestFail(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	a := connector.Ref{Object: "user", ID: s.add(t, "user", `{"userName": "a"}`)}

	s.driver.Fail(memory.Fault{Op: "get", Skip: 1, Times: 2, Code: connector.RateLimited, RetryAfter: 7 * time.Second})
	_, err := s.Get(t.Context(), a)
	require.NoError(t, err)
	for range 2 {
		_, err = s.Get(t.Context(), a)
		require.ErrorIs(t, err, connector.RateLimited)
		var e *connector.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, 7*time.Second, e.RetryAfter)
		assert.Equal(t, "get", e.Op)
	}
	_, err = s.Get(t.Context(), a)
	require.NoError(t, err)

	s.driver.Fail(memory.Fault{Op: "create", Object: "user", Code: connector.Ambiguous, After: true})
	s.add(t, "group", `{"displayName": "g"}`)
	_, err = s.Create(t.Context(), "user", parse(t, s.user, `{"userName": "b"}`))
	require.ErrorIs(t, err, connector.Ambiguous)
	ids, _ := s.list(t, "user", `userName eq "b"`)
	assert.Len(t, ids, 1, "the answer was lost, not the request")

	s.driver.Fail(memory.Fault{Op: "create", Code: connector.Unavailable})
	_, err = s.Create(t.Context(), "user", parse(t, s.user, `{"userName": "c"}`))
	require.ErrorIs(t, err, connector.Unavailable)
	assert.Equal(t, 2, s.driver.Len("user"))
}

// TestFail_After has every operation take effect and fail.
func TestFail_After(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	u := connector.Ref{Object: "user", ID: s.add(t, "user", `{"userName": "a"}`)}
	g := connector.Ref{Object: "group", ID: s.add(t, "group", `{"displayName": "g"}`)}
	for op, call := range map[string]func() error{
		"get":          func() error { _, err := s.Get(t.Context(), u); return err },
		"list":         func() error { _, err := s.List(t.Context(), "user", connector.Query{}); return err },
		"check":        func() error { return s.Check(t.Context()) },
		"describe":     func() error { _, err := s.Refresh(t.Context()); return err },
		"list members": func() error { _, err := s.ListMembers(t.Context(), g, ""); return err },
		"edit members": func() error { _, err := s.EditMembers(t.Context(), g, []connector.Ref{u}, nil); return err },
		"update": func() error {
			_, err := s.edit(t, "user", u.ID, "title", schema.Set, schema.StringValue("x"))
			return err
		},
	} {
		for _, after := range []bool{false, true} {
			s.driver.Fail(memory.Fault{Op: op, Code: connector.Unavailable, After: after})
			require.ErrorIs(t, call(), connector.Unavailable, op)
			require.NoError(t, call(), op)
		}
	}
	assert.Equal(t, []string{u.ID}, s.members(t, g.ID))
	assert.Equal(t, "x", s.get(t, "user", u.ID).String("title"))
	s.driver.Fail(memory.Fault{Op: "act", Code: connector.Ambiguous, After: true})
	_, err := s.Act(t.Context(), u, connector.Action{Kind: connector.Delete})
	require.ErrorIs(t, err, connector.Ambiguous)
	assert.Zero(t, s.driver.Len("user"))
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	s := newStore(t, memory.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rec := parse(t, s.user, `{"userName": "a"}`)
	_, err := s.driver.Create(ctx, "user", rec)
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, s.driver.Len("user"))
}

func TestObserve(t *testing.T) {
	t.Parallel()
	var calls []string
	s := newStore(t, memory.Options{Observe: func(op, object string) { calls = append(calls, op+" "+object) }})
	id := s.add(t, "user", `{"userName": "a"}`)
	s.get(t, "user", id)
	assert.Equal(t, []string{"describe ", "create user", "get user"}, calls)
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	objs := objects(t)
	plain, err := schema.NewType("plain", schema.Fields{"name": {}})
	require.NoError(t, err)
	with := func(change func(o *memory.Object)) []memory.Object {
		o := objs[0]
		change(&o)
		return []memory.Object{o}
	}
	for name, c := range map[string][]memory.Object{
		"no name":              with(func(o *memory.Object) { o.Name = "" }),
		"no type":              with(func(o *memory.Object) { o.Type = nil }),
		"no id":                {{Name: "plain", Type: plain}},
		"twice":                {objs[0], objs[0]},
		"unknown unique":       with(func(o *memory.Object) { o.Unique = []string{"nonsense"} }),
		"index of a boolean":   with(func(o *memory.Object) { o.Index = []string{"active"} }),
		"index of what is not": with(func(o *memory.Object) { o.Index = []string{"password"} }),
		"index with a filter":  with(func(o *memory.Object) { o.Index = []string{`emails[type eq "work"].value`} }),
		"groups is text":       with(func(o *memory.Object) { o.Groups = "title" }),
		"members of nothing":   {{Name: "group", Type: objs[1].Type, Members: "members"}},
		"members of unknown":   {{Name: "group", Type: objs[1].Type, Members: "members", Member: []string{"user"}}},
	} {
		_, err := memory.New(c, nil)
		require.Error(t, err, name)
	}
	_, err = memory.NewTarget(objs, &memory.Options{PageSize: -1})
	require.Error(t, err)
}

func TestApplication(t *testing.T) {
	t.Parallel()
	r, err := connector.NewRegistry(memory.Application(objects(t), nil))
	require.NoError(t, err)
	user, _ := types(t)
	for range 2 {
		target, err := r.Open(t.Context(), "memory", connector.Settings{})
		require.NoError(t, err)
		d, err := target.Description(t.Context())
		require.NoError(t, err)
		rec := d.Object("user").Type.New()
		rec.SetString("userName", "a")
		_, err = target.Create(t.Context(), "user", rec)
		require.NoError(t, err, "every target is empty")
	}
	assert.NotNil(t, user)
}
