package connectortest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// retryAfter is how long the kit's rate limits last. Where time can be made to
// pass it is longer than a driver should wait by itself for somebody who wants an
// answer.
func (h *Harness) retryAfter() time.Duration {
	if h.Wait == nil {
		return time.Second
	}
	return time.Minute
}

// operation is something to ask of the driver while its target fails.
type operation struct {
	op     Op
	action connector.ActionKind
	// do asks for it. Asked again it asks for the same.
	do func(ctx context.Context) error
	// done says what is wrong with the target after it was done; nil where there is
	// nothing to see.
	done func() string
	// made counts the records that a create made; nil for other operations.
	made func() int
}

func (o operation) String() string {
	if o.op == OpAct {
		return "Act(" + o.action.String() + ")"
	}
	return strings.ToUpper(string(o.op[:1])) + string(o.op[1:])
}

// reads returns the operations that read.
func (t *trial) reads() []operation {
	rec := t.existing()
	return []operation{
		{op: OpGet, do: func(ctx context.Context) error {
			got, err := t.d.Get(ctx, t.ref(rec))
			if err == nil {
				err = wellFormed(t.object, got)
			}
			return err
		}},
		{op: OpList, do: func(ctx context.Context) error {
			pages, err := t.pages(ctx, connector.Query{})
			if err != nil {
				return err
			}
			for _, p := range pages {
				if len(p.Records) > 0 {
					return nil
				}
			}
			return errors.New("the list is empty, which it is not")
		}},
	}
}

// writes returns the operations that write, each on a record of its own.
func (t *trial) writes() []operation {
	if !t.canCreate() {
		return nil
	}
	out := []operation{t.creating()}
	base, donor := t.mustCreate(), t.sample()
	if slots := editable(t.object, base, donor); len(slots) > 0 {
		e := schema.Edit{Slot: slots[0], Value: donor.At(slots[0])}
		out = append(out, operation{op: OpUpdate, do: func(ctx context.Context) error {
			_, err := t.d.Update(ctx, t.ref(base), t.edit(base, e))
			return err
		}, done: func() string {
			if got := t.mustGet(t.ref(base)).At(e.Slot); !same(t.object.Type.Attribute(e.Slot), got, e.Value) {
				return fmt.Sprintf("%s is %s, wanted is %s", t.object.Type.Path(e.Slot), show(got), show(e.Value))
			}
			return ""
		}})
	}
	if len(t.object.Actions) > 0 && t.object.Actions[0] != connector.Convert {
		rec := t.mustCreate()
		kind := t.object.Actions[0]
		out = append(out, operation{op: OpAct, action: kind, do: func(ctx context.Context) error {
			_, err := t.d.Act(ctx, t.ref(rec), connector.Action{Kind: kind})
			if gone := kind == connector.Delete || kind == connector.Erase; gone && connector.CodeOf(orNone(err)) == connector.NotFound {
				err = nil
			}
			return err
		}})
	}
	return out
}

// creating returns a create, of the same record each time.
func (t *trial) creating() operation {
	rec := t.sample()
	key, v := t.key(rec)
	return operation{op: OpCreate, do: func(ctx context.Context) error {
		out, err := t.d.Create(ctx, t.object.Name, rec.Clone())
		if err == nil {
			err = wellFormed(t.object, out)
		}
		return err
	}, made: func() int { return t.count(key, v) }}
}

// each asks for operations while their target fails, and reports whether the
// harness could bring that about for one at least.
func (t *trial) each(kind FaultKind, ops []operation, look func(operation, error)) bool {
	t.Helper()
	could := false
	for _, o := range ops {
		if !t.inject(Fault{Kind: kind, Op: o.op, Action: o.action, RetryAfter: t.h.retryAfter()}) {
			continue
		}
		could = true
		err := o.do(t.ctx)
		t.calm()
		look(o, err)
	}
	return could
}

func (t *trial) skipUnless(could bool) {
	if !could {
		t.Skipf("the harness cannot bring this about")
	}
}

// finally wants an operation to succeed once the target is well.
func (t *trial) finally(o operation, err error) {
	t.Helper()
	if err != nil {
		if err = o.do(t.ctx); err != nil {
			t.Errorf("%s failed when the target was well again: %v", o, err)
			return
		}
	}
	if o.done != nil {
		if wrong := o.done(); wrong != "" {
			t.Errorf("%s succeeded, but %s", o, wrong)
		}
	}
	if o.made != nil {
		if n := o.made(); n != 1 {
			t.Errorf("%s succeeded in the end, and %d records were made", o, n)
		}
	}
}

// runRateLimit has the target refuse a call as one too many. The driver waits by
// itself or says how long to wait; then it goes well.
func runRateLimit(t *trial) {
	t.skipUnless(t.each(RateLimited, append(t.reads(), t.writes()...), func(o operation, err error) {
		if err != nil {
			e, ok := errors.AsType[*connector.Error](err)
			if connector.CodeOf(err) != connector.RateLimited {
				t.Errorf("%s at the rate limit gave %s, wanted is RateLimited or a success", o, outcome(err))
				return
			}
			if !ok || e.RetryAfter <= 0 {
				t.Errorf("%s at the rate limit gave RateLimited without RetryAfter; the target said %s", o, t.h.retryAfter())
			}
			if err := t.h.wait(t.ctx, t.h.retryAfter()); err != nil {
				t.Fatalf("the wait for the end of the rate limit failed: %v", err)
			}
			if o.made != nil && o.made() != 0 {
				t.Errorf("%s was refused at the rate limit, and a record was made", o)
			}
		}
		t.finally(o, err)
	}))
}

// runUnavailable has the target refuse a call because it is in trouble. The
// driver tries again by itself or says that the target is unavailable.
func runUnavailable(t *trial) {
	t.skipUnless(t.each(Unavailable, append(t.reads(), t.writes()...), func(o operation, err error) {
		if err != nil {
			switch code := connector.CodeOf(err); {
			case code == connector.Unavailable:
				if o.made != nil && o.made() != 0 {
					t.Errorf("%s failed as unavailable, and a record was made", o)
				}
			case code == connector.Ambiguous && (o.op == OpCreate || o.op == OpUpdate || o.op == OpAct):
			default:
				t.Errorf("%s, with a target that is in trouble, gave %s, wanted is Unavailable or a success", o, outcome(err))
				return
			}
		}
		t.finally(o, err)
	}))
}

// runLostAnswer has the target carry out a call, and its answer get lost. A
// create is settled by the driver or Ambiguous, and never made twice; other
// writes can be repeated.
func runLostAnswer(t *trial) {
	could := false
	for _, kind := range []FaultKind{LostAnswer, UnavailableAfter} {
		could = t.each(kind, t.writes(), func(o operation, err error) {
			code := connector.CodeOf(orNone(err))
			if o.made != nil {
				if err != nil && code != connector.Ambiguous {
					t.Errorf("%s whose answer was lost (%s) gave %s, wanted is Ambiguous: whoever tries again makes a second record", o, kind, outcome(err))
				}
				if n := o.made(); n != 1 {
					t.Errorf("%s whose answer was lost (%s): %d records were made", o, kind, n)
				}
				return
			}
			if err != nil && code != connector.Ambiguous && code != connector.Unavailable {
				t.Errorf("%s whose answer was lost (%s) gave %s, wanted is Ambiguous, Unavailable or a success", o, kind, outcome(err))
			}
			t.finally(o, err)
		}) || could
	}
	t.skipUnless(could)
}

// runMalformed has the target answer with something that cannot be read.
func runMalformed(t *trial) {
	t.skipUnless(t.each(Malformed, append(t.reads(), t.writes()...), func(o operation, err error) {
		code := connector.CodeOf(orNone(err))
		switch {
		case o.made != nil:
			if err != nil && code != connector.Ambiguous {
				t.Errorf("%s with an answer that cannot be read gave %s, wanted is Ambiguous: whoever tries again makes a second record", o, outcome(err))
			}
			if n := o.made(); n != 1 {
				t.Errorf("%s with an answer that cannot be read: %d records were made", o, n)
			}
			return
		case err == nil, code == connector.Internal, code == connector.Unavailable, code == connector.Ambiguous:
		default:
			t.Errorf("%s with an answer that cannot be read gave %s, wanted is Internal, Unavailable or a success", o, outcome(err))
		}
		t.finally(o, err)
	}))
}

// gaveUp reports whether an error can be that of a context that has ended. Errors
// without a code, and Unavailable, a Target takes for that.
func gaveUp(err error) bool {
	switch connector.CodeOf(orNone(err)) {
	case connector.Canceled, connector.DeadlineExceeded, connector.Unavailable:
		return true
	case connector.Unknown:
		return err != nil
	default:
		return false
	}
}

// runCancelled calls with a context that has ended already: nothing is done.
func runCancelled(t *trial) {
	ended, cancel := context.WithCancel(t.ctx)
	cancel()
	late, cancelLate := context.WithTimeout(t.ctx, 0)
	defer cancelLate()
	for _, o := range append(t.reads(), t.writes()...) {
		for _, c := range []struct {
			how string
			ctx context.Context
		}{{"was cancelled", ended}, {"is past its deadline", late}} {
			calls := 0
			if t.h.Calls != nil {
				calls = t.h.Calls()
			}
			if err := o.do(c.ctx); !gaveUp(err) {
				t.Errorf("%s with a context that %s gave %s", o, c.how, outcome(err))
			}
			if t.h.Calls != nil && t.h.Calls() != calls {
				t.Errorf("%s with a context that %s called the target", o, c.how)
			}
			if o.made != nil && o.made() != 0 {
				t.Errorf("%s with a context that %s made a record", o, c.how)
			}
		}
	}
}

// runSlow gives up on a call that the target does not answer.
func runSlow(t *trial) {
	could := false
	for _, o := range append(t.reads(), t.writes()...) {
		if !t.inject(Fault{Kind: Slow, Op: o.op, Action: o.action}) {
			continue
		}
		could = true
		ctx, cancel := context.WithCancel(t.ctx)
		soon, cancelSoon := context.WithTimeout(t.ctx, 5*time.Millisecond)
		stop := context.AfterFunc(soon, cancel)
		err, returned := t.within(ctx, o)
		stop()
		cancelSoon()
		cancel()
		t.calm()
		switch {
		case !returned:
			t.Errorf("%s did not return within %s of the end of its context", o, t.o.Patience)
		case gaveUp(err), o.op != OpGet && o.op != OpList && connector.CodeOf(orNone(err)) == connector.Ambiguous:
		default:
			t.Errorf("%s whose context ended before the answer came gave %s", o, outcome(err))
		}
		if !returned {
			return // the driver may hold a lock
		}
	}
	t.skipUnless(could)
}

// within runs an operation, and waits no longer than the options say once its
// context has ended. A call that goes on is left behind.
func (t *trial) within(ctx context.Context, o operation) (err error, returned bool) { //nolint:revive // the error is what was found, not how this went
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("the driver panicked: %v", p)
			}
		}()
		done <- o.do(ctx)
	}()
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.o.Patience)
	defer cancel()
	select {
	case err := <-done:
		return err, true
	case <-patience.Done():
		return nil, false
	}
}
