package httpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Kind says what went wrong with a call, in a form that programs can use. The values are stable and fit for
// log fields and metrics.
type Kind string

// The kinds of [Error].
const (
	// KindStatus: the target answered, with a status that the request does not accept.
	KindStatus Kind = "status"
	// KindRateLimited: the target answered 429, or the rate budget cannot serve the request within its
	// patience. The request had no effect. RetryAfter is set.
	KindRateLimited Kind = "rate_limited"
	// KindUnavailable: no connection, no answer to a request that was safe to repeat, or a status of 500 and
	// above (501 and 505 excepted).
	KindUnavailable Kind = "unavailable"
	// KindAmbiguous: a request that must not be repeated was sent and its answer was lost. Look before doing
	// it again.
	KindAmbiguous Kind = "ambiguous"
	// KindCanceled: the caller's context was cancelled.
	KindCanceled Kind = "canceled"
	// KindDeadlineExceeded: the caller's context passed its deadline.
	KindDeadlineExceeded Kind = "deadline_exceeded"
	// KindTooLarge: the answer is longer than Options.MaxResponseBytes.
	KindTooLarge Kind = "too_large"
	// KindMalformed: the answer is not what the request needs, such as text that is not JSON.
	KindMalformed Kind = "malformed"
	// KindRefused: the client itself refused, because of the address dialled or a redirect.
	KindRefused Kind = "refused"
	// KindCredentials: Options.Authorize failed. The request was not sent.
	KindCredentials Kind = "credentials"
	// KindInvalid: the Request is wrong, such as a path value that is missing. A defect of the caller.
	KindInvalid Kind = "invalid"
	// KindDryRun: the context came from [WithDryRun], so the request was not sent. The error is [ErrDryRun].
	KindDryRun Kind = "dry_run"
)

// ErrDryRun is found by [errors.Is] in the error of a request that was withheld by [WithDryRun].
var ErrDryRun = errors.New("dry run: request not sent")

// Error is what [Client.Do] and [Response.Decode] return when they fail. Its text holds method, pattern, status
// and a fixed phrase, never anything of the URL, a header or a body; neither does the text of anything that
// can be unwrapped from it.
type Error struct {
	// Kind is always set.
	Kind Kind
	// Method and Pattern name the request; ids and query values are not in the pattern.
	Method, Pattern string
	// Status is the last HTTP status seen, 0 if there was no answer.
	Status int
	// RetryAfter is how long to wait before another try, as far as known: set for every KindRateLimited, and
	// for KindUnavailable if the target said so. At most one hour, and at least a second for KindRateLimited.
	RetryAfter time.Duration
	// Body is the beginning of the last error answer, at most Options.MaxErrorBytes. Vendors put personal
	// data here: never log it.
	Body []byte `json:"-"`
	// Header is the header of the last answer, cookies taken out; nil if there was none.
	Header http.Header `json:"-"`
	// RequestID is the target's X-Request-Id, if it is of a harmless form.
	RequestID string
	// Attempts is the number of times the request was tried, 0 if it was refused before the first.
	Attempts int
	// Sent says that at least one attempt may have been carried out by the target although no conclusive
	// answer to that attempt came back: the connection broke, the attempt timed out, or the answer was a 5xx.
	// A later attempt may still have got an answer, which then is in Status: a DELETE with Sent and status
	// 404 has most likely succeeded.
	Sent bool
	// Err is the cause. Its text is a fixed phrase; errors.Is and errors.As see what is behind it.
	Err error
}

var (
	_ error          = (*Error)(nil)
	_ slog.LogValuer = (*Error)(nil)
)

// Error returns a one-line text without personal data or secrets.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Method)
	b.WriteByte(' ')
	b.WriteString(e.Pattern)
	b.WriteString(": ")
	b.WriteString(strings.ReplaceAll(string(e.Kind), "_", " "))
	if e.Status != 0 {
		b.WriteString(": status ")
		b.WriteString(strconv.Itoa(e.Status))
	}
	if e.Attempts > 1 {
		b.WriteString(" after ")
		b.WriteString(strconv.Itoa(e.Attempts))
		b.WriteString(" attempts")
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause, if any.
func (e *Error) Unwrap() error { return e.Err }

// GoString keeps body and header out of "%#v".
func (e *Error) GoString() string { return "&httpx.Error{" + e.Error() + "}" }

// LogValue returns the parts that are fit for a log.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("kind", string(e.Kind)),
		slog.String("method", e.Method),
		slog.String("pattern", e.Pattern),
		slog.Int("status", e.Status),
		slog.Int("attempts", e.Attempts),
	}
	if e.RequestID != "" {
		attrs = append(attrs, slog.String("target_request_id", e.RequestID))
	}
	if e.RetryAfter > 0 {
		attrs = append(attrs, slog.Duration("retry_after", e.RetryAfter))
	}
	if e.Sent {
		attrs = append(attrs, slog.Bool("sent", true))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("reason", e.Err.Error()))
	}
	return slog.GroupValue(attrs...)
}

// Ambiguous reports whether the request may have changed something although the caller has no answer that says
// so: whatever the kind, it was sent, it was no GET or HEAD, and no conclusive answer came back. A create for
// which it is true is settled by looking the record up, never by repeating it.
func (e *Error) Ambiguous() bool {
	return e.Sent && !safeMethod(e.Method)
}

// KindOf returns the kind of the first [Error] in err's tree, or "" if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// cause hides the text of an error, which may hold a URL, an address or a piece of an answer, behind a fixed
// phrase. errors.Is and errors.As look through it; there is no Unwrap, so printing a chain cannot.
type cause struct {
	phrase string
	err    error
}

func (c *cause) Error() string        { return c.phrase }
func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }
func (c *cause) As(target any) bool   { return errors.As(c.err, target) }

// Sentinels behind causes.
var (
	errAttemptTimeout = errors.New("attempt timed out")
	errRefusedAddress = errors.New("address not allowed")
	errForeignHost    = errors.New("request to another host")
)

// hide returns err as a cause with a phrase chosen by its type, never by its text.
func hide(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok && u.Err != nil {
		err = u.Err
	}
	return &cause{phrase: phrase(err), err: err}
}

// phrase describes a transport error in fixed words.
func phrase(err error) string {
	switch {
	case errors.Is(err, errAttemptTimeout):
		return "no answer in time"
	case errors.Is(err, errRefusedAddress):
		return "address is private, local or reserved"
	case errors.Is(err, errForeignHost):
		return "request would leave the configured host"
	case errors.Is(err, context.Canceled):
		return "context canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "context deadline exceeded"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "connection closed before the end of the answer"
	}
	if isCertificateError(err) {
		return "certificate is not trusted"
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsNotFound {
			return "host name not found"
		}
		return "host name could not be resolved"
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return "network timeout"
	}
	if o, ok := errors.AsType[*net.OpError](err); ok && o.Op == "dial" {
		return "could not connect"
	}
	return "connection failed"
}

// isCertificateError reports whether err is a problem of the peer's certificate or of speaking TLS at all,
// which another try does not cure.
func isCertificateError(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok
}
