package scim

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/usher-scim/usher/schema"
)

// maxPooled is the largest buffer that is kept for the next request.
const maxPooled = 256 << 10

// buffer returns an empty buffer; release gives it back.
func (h *Handler) buffer() *[]byte {
	if b, ok := h.buffers.Get().(*[]byte); ok {
		*b = (*b)[:0]
		return b
	}
	b := make([]byte, 0, 2048)
	return &b
}

func (h *Handler) release(b *[]byte) {
	if cap(*b) <= maxPooled {
		h.buffers.Put(b)
	}
}

// answer sends a body.
func (x *exchange) answer(status int, body []byte) error {
	x.sent = true
	if x.r.Method == http.MethodHead {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		x.w.WriteHeader(status)
		return nil
	}
	x.w.WriteHeader(status)
	if _, err := x.w.Write(body); err != nil {
		// The client has gone; there is nobody to tell.
		x.h.set.Logger.LogAttrs(x.ctx, slog.LevelDebug, "scim: answer not sent", slog.String("request_id", x.id), slog.Any("error", err))
	}
	return nil
}

// empty sends status 204.
func (x *exchange) empty() error {
	x.sent = true
	x.w.Header().Del("Content-Type")
	x.w.WriteHeader(http.StatusNoContent)
	return nil
}

// notModified sends status 304.
func (x *exchange) notModified() error {
	x.sent = true
	x.w.Header().Del("Content-Type")
	x.w.WriteHeader(http.StatusNotModified)
	return nil
}

// resource sends a resource.
func (x *exchange) resource(status int, l *layout, res *Resource, p Projection) error {
	if err := checkResource(l, res); err != nil {
		return err
	}
	if res.Version != "" && status == http.StatusOK && x.unchanged(res.Version) {
		x.versionHeader(res)
		return x.notModified()
	}
	b := x.h.buffer()
	defer x.h.release(b)
	e := encoder{base: x.h.set.base, l: l, mask: p.masks(l)}
	*b = append(e.resource(*b, res), '\n')
	if status == http.StatusCreated {
		x.w.Header().Set("Location", x.location(l.rt.Endpoint, res.Record.At(schema.SlotID).Text()))
	}
	x.versionHeader(res)
	return x.answer(status, *b)
}

// location is the permanent URI of a resource.
func (x *exchange) location(endpoint, id string) string {
	loc := make([]byte, 0, len(x.h.set.base)+len(endpoint)+32)
	return string(appendLocation(append(loc, x.h.set.base...), endpoint, id))
}

func (x *exchange) versionHeader(res *Resource) {
	if res.Version != "" {
		x.w.Header().Set("Etag", etag(res.Version))
	}
}

// checkResource finds a backend that does not keep its promises before a client
// does.
func checkResource(l *layout, res *Resource) error {
	if res == nil || res.Record == nil {
		return errors.New("the backend returned no resource and no error")
	}
	if !res.Record.Type().IsResource() || res.Record.At(schema.SlotID).Text() == "" {
		return errors.New("the backend returned a " + l.rt.Name + " without an id")
	}
	return nil
}

// fail answers an error.
func (x *exchange) fail(err error) {
	if !x.sent {
		x.send(x.report(err))
	}
}

// report tells those who want to know of an error, and returns what the client
// gets to see of it.
func (x *exchange) report(err error) *Error {
	e := x.visible(err)
	gone := errors.Is(err, context.Canceled) && x.context().Err() != nil // the client has not waited
	switch {
	case e.Status >= http.StatusInternalServerError && e.Status != http.StatusNotImplemented && !gone:
		x.log(slog.LevelError, e, err)
	case e.Err != nil:
		x.log(slog.LevelWarn, e, err)
	}
	x.refused(e)
	return e
}

func (x *exchange) refused(e *Error) {
	x.told = true
	if x.h.set.Refused != nil {
		x.h.set.Refused(x.r.WithContext(x.context()), e)
	}
}

func (x *exchange) log(level slog.Level, e *Error, err error) {
	x.h.set.Logger.LogAttrs(x.context(), level, "scim: request failed", slog.String("request_id", x.id),
		slog.String("method", x.r.Method), slog.Int("status", e.Status), slog.String("scim_type", e.Type), slog.Any("error", err))
}

// visible returns what the client gets to see of an error.
func (x *exchange) visible(err error) *Error {
	var e *Error
	switch {
	case errors.As(err, &e) && e != nil && e.Status >= 400 && e.Status <= 599:
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: http.StatusServiceUnavailable, Detail: "The request took too long and was given up.", RetryAfter: time.Second, Err: err}
	case errors.Is(err, context.Canceled):
		return &Error{Status: http.StatusServiceUnavailable, Detail: "The request was given up.", RetryAfter: time.Second, Err: err}
	default:
		return internalError(x.id, err)
	}
}

func internalError(id string, err error) *Error {
	return &Error{
		Status: http.StatusInternalServerError, Err: err,
		Detail: "Something went wrong inside the service provider; its log has more under request " + id + ".",
	}
}

// send writes an error (RFC 7644 section 3.12).
func (x *exchange) send(e *Error) {
	header := x.w.Header()
	header.Set("Content-Type", mediaType)
	header.Del("Location") // where /Me has found it, but no more
	if e.Status == http.StatusUnauthorized {
		x.challenge()
	}
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((e.RetryAfter+time.Second-1)/time.Second), 10))
	}
	_ = x.answer(e.Status, e.AppendJSON(nil))
}

// AppendJSON appends the message of RFC 7644 section 3.12 that clients get.
func (e *Error) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`...)
	dst = append(strconv.AppendInt(dst, int64(e.Status), 10), '"')
	if e.Type != "" {
		dst = schema.AppendQuoted(append(dst, `,"scimType":`...), e.Type)
	}
	detail := e.Detail
	if detail == "" {
		detail = http.StatusText(e.Status) + "."
	}
	return append(schema.AppendQuoted(append(dst, `,"detail":`...), detail), "}\n"...)
}
