package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// Code says why an operation failed, whatever the target. The numbers never
// change; new codes are added at the end.
type Code int

// The codes.
const (
	Unknown          Code = iota // no reason is known
	NotFound                     // no such record
	AlreadyExists                // a unique value is taken
	Invalid                      // the target refuses a value
	Conflict                     // the record is in a state that forbids it, or was changed meanwhile
	Precondition                 // a condition of the request does not hold
	Denied                       // the credential lacks the right, or the target forbids it for everybody
	Unauthenticated              // the credential is wrong or has expired
	RateLimited                  // too many requests; RetryAfter says when to come back
	Unsupported                  // the target or the driver cannot do it
	Unavailable                  // the target cannot be reached or is in trouble
	Canceled                     // the caller gave up
	DeadlineExceeded             // time ran out
	Internal                     // the driver is at fault, or the target's answer makes no sense
	Ambiguous                    // a request was sent and its answer lost: it may have been carried out
	Exhausted                    // a quota is used up (licences, seats) and retrying does not help
	ReadOnly                     // the record or the field cannot be changed from outside
)

var codeNames = [...]string{
	"unknown", "not found", "already exists", "invalid", "conflict", "precondition failed", "denied", "unauthenticated",
	"rate limited", "unsupported", "unavailable", "canceled", "deadline exceeded", "internal", "ambiguous", "exhausted",
	"read-only",
}

// String returns the code's name in lower case.
func (c Code) String() string {
	if c >= 0 && int(c) < len(codeNames) {
		return codeNames[c]
	}
	return fmt.Sprintf("code(%d)", int(c))
}

// Error makes a code an error, so that errors.Is(err, connector.NotFound) holds
// for every error of that code.
func (c Code) Error() string { return c.String() }

// Error is the error of drivers and targets.
type Error struct {
	Code Code
	// Op and Object say what was being done; a [Target] fills them in.
	Op, Object string
	// Field is the field that the target named, as the object's type spells it.
	Field string
	// Reason is a short sentence without personal data, credentials, or the
	// vendor's own words, fit for a client.
	Reason string
	// RetryAfter is how long to wait before trying again; 0 where it is not known.
	RetryAfter time.Duration
	// Err is the cause, for logs.
	Err error
}

// Errorf returns an error with a code, the field it is about ("" for none) and a
// reason fit for a client.
func Errorf(code Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Field: field, Reason: fmt.Sprintf(format, args...)}
}

// Error returns operation, object, field, code and reason.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		if e.Object != "" {
			b.WriteString(" " + e.Object)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Code.String())
	if e.Field != "" {
		b.WriteString(" " + e.Field)
	}
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is the error's code.
func (e *Error) Is(target error) bool {
	c, ok := target.(Code)
	return ok && c == e.Code
}

// CodeOf returns the code of an error: that of the [*Error] it is or wraps, those
// of context errors, else Unknown. A nil error has no code; do not ask.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if c, ok := errors.AsType[Code](err); ok {
		return c
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	default:
		return Unknown
	}
}

// wrap makes any error an *Error that says what was being done. What already
// says so is left as it is.
func wrap(ctx context.Context, op, object string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*Error](err)
	if ok && e.Op != "" {
		return err
	}
	out := &Error{Op: op, Object: object, Code: CodeOf(err)}
	switch {
	case ok && error(e) == err:
		*out = *e
		out.Op, out.Object = op, object
	case ok:
		// The cause is the whole chain: what the driver added to the error stays.
		out.Field, out.Reason, out.RetryAfter, out.Err = e.Field, e.Reason, e.RetryAfter, err
	case err != error(out.Code):
		out.Err = err
	}
	// Clients report the end of a context in many disguises. An answer that was
	// lost stays one: the caller has to find out.
	if ended := ctx.Err(); ended != nil && (out.Code == Unknown || out.Code == Unavailable) {
		out.Code = CodeOf(ended)
	}
	return out
}

// caught turns a panic of a driver into an error. The panic's own text could
// have data of people in it, so only what the runtime says is kept.
func (t *Target) caught(ctx context.Context, op, object string, p any) error {
	cause := fmt.Errorf("the driver panicked with a %T", p)
	if r, ok := p.(runtime.Error); ok {
		cause = fmt.Errorf("the driver panicked: %w", r)
	}
	t.log.LogAttrs(ctx, slog.LevelError, "a driver panicked", slog.String("op", op), slog.String("object", object),
		slog.String("cause", cause.Error()), slog.String("stack", string(debug.Stack())))
	return &Error{Code: Internal, Op: op, Object: object, Err: cause}
}
