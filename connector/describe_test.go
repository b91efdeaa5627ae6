package connector_test

import (
	"context"
	"regexp"
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

func TestDescription_Contradictions(t *testing.T) {
	t.Parallel()
	typ := personType(t)
	for name, change := range map[string]func(d *connector.Description, o *connector.Object){
		"no name":            func(_ *connector.Description, o *connector.Object) { o.Name = "" },
		"no type":            func(_ *connector.Description, o *connector.Object) { o.Type = nil },
		"twice":              func(d *connector.Description, o *connector.Object) { d.Objects = append(d.Objects, *o) },
		"id unknown":         func(_ *connector.Description, o *connector.Object) { o.ID = "key" },
		"unique unknown":     func(_ *connector.Description, o *connector.Object) { o.Unique = []string{"login"} },
		"consistent unknown": func(_ *connector.Description, o *connector.Object) { o.Search.Consistent = []string{"login"} },
		"dropped unknown":    func(_ *connector.Description, o *connector.Object) { o.DroppedByDeactivate = []string{"login"} },
		"active unknown":     func(_ *connector.Description, o *connector.Object) { o.Active = "enabled" },
		"active is text":     func(_ *connector.Description, o *connector.Object) { o.Active = "email" },
		"action unknown":     func(_ *connector.Description, o *connector.Object) { o.Actions = []connector.ActionKind{77} },
		"read-only with action": func(_ *connector.Description, o *connector.Object) {
			o.ReadOnly, o.Actions = true, []connector.ActionKind{connector.Delete}
		},
		"members undeclared": func(_ *connector.Description, o *connector.Object) { o.Members, o.Member = true, []string{"person"} },
		"member unknown":     func(_ *connector.Description, o *connector.Object) { o.Member = []string{"robot"} },
		"owner unknown":      func(d *connector.Description, _ *connector.Object) { d.Owner = connector.Ref{Object: "robot", ID: "1"} },
	} {
		d := connector.Description{Objects: []connector.Object{{Name: "person", Type: typ}}}
		o := d.Objects[0]
		change(&d, &o)
		d.Objects[0] = o
		target, err := connector.NewTarget(&fake{t: t, describe: describe(d)}, nil)
		require.NoError(t, err)
		_, err = target.Get(t.Context(), personRef)
		require.ErrorIs(t, err, connector.Internal, name)
	}
	target, err := connector.NewTarget(&fake{t: t, describe: func(context.Context) (*connector.Description, error) { return nil, nil }}, nil)
	require.NoError(t, err)
	_, err = target.Description(t.Context())
	requireError(t, err, connector.Internal, "describe", "", "")
}

// aging is a target whose descriptions are counted.
type aging struct {
	*connector.Target
	calls atomic.Int32
	fail  atomic.Bool
	mu    sync.Mutex
	now   time.Time
}

func (a *aging) advance(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func newAging(t *testing.T, before func(ctx context.Context, call int32) error) *aging {
	t.Helper()
	a := &aging{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	typ := personType(t)
	f := &fake{t: t, describe: func(ctx context.Context) (*connector.Description, error) {
		n := a.calls.Add(1)
		if before != nil {
			if err := before(ctx, n); err != nil {
				return nil, err
			}
		}
		if a.fail.Load() {
			return nil, connector.Unavailable
		}
		return &connector.Description{Version: string('0' + rune(n)), Objects: []connector.Object{{Name: "person", Type: typ, IDPattern: regexp.MustCompile("x")}}}, nil
	}}
	var err error
	a.Target, err = connector.NewTarget(f, &connector.Options{DescriptionAge: 10 * time.Minute, Clock: func() time.Time {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.now
	}})
	require.NoError(t, err)
	return a
}

func (a *aging) version(t *testing.T) string {
	t.Helper()
	d, err := a.Description(t.Context())
	require.NoError(t, err)
	return d.Version
}

func TestDescription_Ages(t *testing.T) {
	t.Parallel()
	a := newAging(t, nil)
	assert.Equal(t, "1", a.version(t))
	a.advance(9 * time.Minute)
	assert.Equal(t, "1", a.version(t))
	a.advance(time.Minute)
	assert.Equal(t, "2", a.version(t))
	d, err := a.Refresh(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "3", d.Version)
	assert.Equal(t, "3", a.version(t))
}

func TestDescription_FailedRefresh(t *testing.T) {
	t.Parallel()
	a := newAging(t, nil)
	assert.Equal(t, "1", a.version(t))
	a.fail.Store(true)
	_, err := a.Refresh(t.Context())
	requireError(t, err, connector.Unavailable, "describe", "", "")
	a.advance(10 * time.Minute)
	assert.Equal(t, "1", a.version(t), "an old description is better than none")
	assert.Equal(t, "1", a.version(t))
	assert.EqualValues(t, 3, a.calls.Load(), "it is not asked for again at once")
	a.advance(time.Minute)
	assert.Equal(t, "1", a.version(t))
	assert.EqualValues(t, 4, a.calls.Load())
	a.advance(9 * time.Minute)
	_, err = a.Description(t.Context())
	requireError(t, err, connector.Unavailable, "describe", "", "")
	a.fail.Store(false)
	assert.Equal(t, "6", a.version(t))
}

func TestDescription_SingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := newAging(t, func(ctx context.Context, _ int32) error {
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		first, giveUp := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := a.Description(first)
			assert.ErrorIs(t, err, connector.Canceled)
		})
		synctest.Wait()
		for range 10 {
			wg.Go(func() {
				d, err := a.Description(t.Context())
				if assert.NoError(t, err, "another caller gave up, not this one") {
					assert.Contains(t, []string{"2", "3"}, d.Version)
				}
			})
		}
		synctest.Wait()
		assert.EqualValues(t, 1, a.calls.Load())
		giveUp()
		synctest.Wait()
		assert.EqualValues(t, 2, a.calls.Load(), "one of those who waited asks for all")
		impatient, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			_, err := a.Description(impatient)
			assert.ErrorIs(t, err, connector.Canceled)
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		assert.EqualValues(t, 2, a.calls.Load())

		// A refresh wants an answer to a question that is asked after it.
		var refreshed *connector.Description
		wg.Go(func() {
			var err error
			refreshed, err = a.Refresh(t.Context())
			assert.NoError(t, err)
		})
		synctest.Wait()
		close(release)
		wg.Wait()
		require.NotNil(t, refreshed)
		assert.Equal(t, "3", refreshed.Version)
		assert.EqualValues(t, 3, a.calls.Load())
	})
}

func TestDescription_WaitersShareFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := newAging(t, func(context.Context, int32) error { <-release; return connector.Denied })
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				_, err := a.Description(t.Context())
				assert.ErrorIs(t, err, connector.Denied)
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		assert.EqualValues(t, 1, a.calls.Load())
	})
}

func TestDescription_Helpers(t *testing.T) {
	t.Parallel()
	typ := personType(t)
	d := &connector.Description{Objects: []connector.Object{{Name: "a", Type: typ, Search: connector.Search{Consistent: []string{"email"}}}, {Name: "b", Type: typ, ID: "code"}}}
	assert.Same(t, &d.Objects[0], d.ObjectOf(typ))
	assert.Nil(t, d.ObjectOf(personType(t)))
	assert.Nil(t, d.Object("c"))
	rec := typ.New()
	rec.Set("id", schema.IntegerValue(9007199254740993))
	rec.SetString("code", "x")
	assert.Equal(t, connector.Ref{Object: "a", ID: "9007199254740993"}, d.Objects[0].RefOf(rec))
	assert.Equal(t, connector.Ref{Object: "b", ID: "x"}, d.Objects[1].RefOf(rec))
	assert.True(t, d.Objects[0].Search.Sees("EMAIL"))
	assert.False(t, d.Objects[0].Search.Sees("name"))
	assert.True(t, connector.Search{Immediate: true}.Sees("name"))
}
