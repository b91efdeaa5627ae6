package connector_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func TestTarget_Errors(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection reset")
	for name, c := range map[string]struct {
		err   error
		code  connector.Code
		field string
		cause error
	}{
		"plain":           {cause, connector.Unknown, "", cause},
		"code":            {connector.Denied, connector.Denied, "", nil},
		"wrapped code":    {fmt.Errorf("x: %w", connector.Denied), connector.Denied, "", connector.Denied},
		"error":           {&connector.Error{Code: connector.RateLimited, Field: "f", Reason: "r", RetryAfter: time.Second, Err: cause}, connector.RateLimited, "f", cause},
		"wrapped error":   {fmt.Errorf("page 2: %w", &connector.Error{Code: connector.RateLimited, Field: "f", Reason: "r", RetryAfter: time.Second, Err: cause}), connector.RateLimited, "f", cause},
		"canceled inside": {fmt.Errorf("x: %w", context.Canceled), connector.Canceled, "", context.Canceled},
		"timeout inside":  {context.DeadlineExceeded, connector.DeadlineExceeded, "", context.DeadlineExceeded},
	} {
		s := newSetup(t)
		s.fake.get = func(context.Context, connector.Ref) (*schema.Record, error) { return s.person(7, "a"), c.err }
		rec, err := s.Get(t.Context(), personRef)
		assert.Nil(t, rec, name)
		e := requireError(t, err, c.code, "get", "person", c.field)
		if c.cause != nil {
			require.ErrorIs(t, err, c.cause, name)
		}
		if c.field != "" {
			assert.Equal(t, time.Second, e.RetryAfter, name)
			assert.Equal(t, "r", e.Reason, name)
		}
	}
}

func TestTarget_ErrorsOfATargetBehindADriver(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	inner := &connector.Error{Code: connector.NotFound, Op: "list", Object: "contact"}
	s.fake.get = func(context.Context, connector.Ref) (*schema.Record, error) { return nil, inner }
	_, err := s.Get(t.Context(), personRef)
	assert.Same(t, inner, err, "what says what was being done is left alone")
}

//nolint:paralleltest // it measures the memory of the process
func TestTarget_LocksLeaveNothing(t *testing.T) {
	s := newSetup(t)
	s.fake.update = func(context.Context, connector.Ref, connector.Change) (*schema.Record, error) { return nil, nil }
	change := connector.Change{Base: s.person(7, "a"), Edits: []schema.Edit{{Slot: s.typ.Slot("name"), Value: schema.StringValue("x")}}}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for i := range 20_000 {
		_, err := s.Update(t.Context(), connector.Ref{Object: "person", ID: strconv.Itoa(i)}, change)
		require.NoError(t, err)
	}
	assert.Less(t, heap()-before, int64(1<<20))
	runtime.KeepAlive(s)
}

func TestTarget_ContextErrors(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	_, err := s.Description(t.Context())
	require.NoError(t, err)
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("shutting down"))
	_, err = s.Get(ended, personRef)
	requireError(t, err, connector.Canceled, "get", "person", "")

	for code, want := range map[connector.Code]connector.Code{
		connector.Unavailable: connector.Canceled, connector.Unknown: connector.Canceled,
		connector.Ambiguous: connector.Ambiguous, connector.NotFound: connector.NotFound,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		s.fake.create = func(context.Context, string, *schema.Record) (*schema.Record, error) {
			cancel()
			return nil, connector.Errorf(code, "", "the connection broke")
		}
		_, err = s.Create(ctx, "person", s.person(0, "a"))
		requireError(t, err, want, "create", "person", "")
		cancel()
	}
}

func TestTarget_Panics(t *testing.T) {
	t.Parallel()
	s := newSetup(t)
	var log bytes.Buffer
	target, err := connector.NewTarget(s.groups, &connector.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	s.fake.get = func(context.Context, connector.Ref) (*schema.Record, error) { panic("ada@example.com") }
	_, err = target.Get(t.Context(), personRef)
	requireError(t, err, connector.Internal, "get", "person", "")
	s.fake.get = func(context.Context, connector.Ref) (*schema.Record, error) {
		return []*schema.Record{}[len(log.String())*0], nil
	}
	_, err = target.Get(t.Context(), personRef)
	requireError(t, err, connector.Internal, "get", "person", "")
	require.ErrorContains(t, err, "index out of range")
	assert.NotContains(t, err.Error()+log.String(), "ada@")
	assert.Contains(t, log.String(), "errors_test.go", "the log has the stack")

	s.fake.update = func(context.Context, connector.Ref, connector.Change) (*schema.Record, error) { panic(1) }
	change := connector.Change{Base: s.person(7, "a"), Edits: []schema.Edit{{Slot: s.typ.Slot("name"), Value: schema.StringValue("x")}}}
	for range 2 {
		_, err = target.Update(t.Context(), personRef, change)
		requireError(t, err, connector.Internal, "update", "person", "")
	}
}
