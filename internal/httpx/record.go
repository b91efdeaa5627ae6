package httpx

import (
	"context"
	"sync"
	"time"
)

// Call is the record of one attempt at the target. It holds no ids, query values, headers or bodies.
type Call struct {
	// Method and Pattern name the request.
	Method, Pattern string
	// Status is the answer's status, 0 if there was none.
	Status int
	// Kind is "" for an accepted answer, else what went wrong with this attempt.
	Kind Kind
	// Start is when the attempt began to be sent; waiting for the rate budget comes before it.
	Start time.Time
	// Duration is the time from Start to the end of the answer.
	Duration time.Duration
	// Waited is the time this attempt waited for the rate budget before Start.
	Waited time.Duration
	// Attempt counts from 1 within one Client.Do.
	Attempt int
	// RequestID is the target's X-Request-Id, if it is of a harmless form.
	RequestID string
	// DryRun says that the request was withheld, see [WithDryRun].
	DryRun bool
}

// Recorder collects the attempts made under a context. The zero value is ready; it is safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	calls []Call
}

// Calls returns a copy of what was recorded so far, in order of completion.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Call(nil), r.calls...)
}

func (r *Recorder) add(c Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

type (
	recorderKey struct{}
	dryRunKey   struct{}
)

// recorders is a chain, so that a recorder for one step does not hide the one for the whole operation.
type recorders struct {
	rec    *Recorder
	parent *recorders
}

// WithRecorder returns a context whose calls are recorded by rec, and by every recorder that ctx has already.
// An attempt is recorded when it ends, if it was sent or a connection was tried; one that the rate budget
// refuses is not a call to the target and is not recorded.
func WithRecorder(ctx context.Context, rec *Recorder) context.Context {
	if rec == nil {
		return ctx
	}
	parent, _ := ctx.Value(recorderKey{}).(*recorders)
	return context.WithValue(ctx, recorderKey{}, &recorders{rec: rec, parent: parent})
}

func record(ctx context.Context, c Call) {
	r, _ := ctx.Value(recorderKey{}).(*recorders)
	for ; r != nil; r = r.parent {
		r.rec.add(c)
	}
}

// WithDryRun returns a context under which only GET and HEAD requests are sent, and those marked
// [Request.Harmless]. Others are recorded with DryRun set and fail with an [Error] of [KindDryRun], which is
// [ErrDryRun].
func WithDryRun(ctx context.Context) context.Context {
	return context.WithValue(ctx, dryRunKey{}, true)
}

func isDryRun(ctx context.Context) bool {
	on, _ := ctx.Value(dryRunKey{}).(bool)
	return on
}
