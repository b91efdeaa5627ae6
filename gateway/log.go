package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// exchange is a request on its way: the writer of its answer, and what the log
// says of it.
type exchange struct {
	http.ResponseWriter
	begin  time.Time
	id     string
	status int
	bytes  int64

	route      string // pattern of the path; "" for none that is served
	connection string
	actor      string
	refused    string // why there was no way in
}

// Unwrap serves http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 { // 1xx come before the answer
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.bytes += int64(n)
	return n, err
}

// finish is deferred: it answers for a panic and writes the access log. The query
// stays out of the log, since filters have people's addresses in them.
func (g *Gateway) finish(x *exchange, r *http.Request) {
	p := recover()
	if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the value that net/http looks for
		g.log.ErrorContext(r.Context(), "panic", "request_id", x.id, "panic", panicText(p), "stack", string(debug.Stack()))
		if x.status == 0 {
			writeSCIMError(x, &scim.Error{Status: http.StatusInternalServerError, Detail: "Something went wrong here. The log has more under request id " + x.id + "."})
			p = nil
		} else {
			p = http.ErrAbortHandler // the answer is cut, and the client has to see that
		}
	}
	status := x.status
	if status == 0 && p == nil {
		status = http.StatusOK
	}
	level := slog.LevelInfo
	if status >= 500 {
		level = slog.LevelWarn
	}
	if g.log.Enabled(r.Context(), level) && x.route != "/healthz" {
		attrs := []slog.Attr{
			slog.String("request_id", x.id),
			slog.String("method", printable(r.Method, 16)),
			slog.String("route", x.route),
			slog.Int("status", status),
			slog.Int64("bytes", x.bytes),
			slog.Duration("duration", g.opts.Clock().Sub(x.begin)),
			slog.String("client", g.clientAddr(r)),
			slog.String("agent", printable(r.UserAgent(), 200)),
		}
		for _, a := range []slog.Attr{
			slog.String("connection", x.connection), slog.String("actor", x.actor), slog.String("refused", x.refused),
		} {
			if a.Value.String() != "" {
				attrs = append(attrs, a)
			}
		}
		g.log.LogAttrs(r.Context(), level, "request", attrs...)
	}
	if p != nil {
		panic(p)
	}
}

// panicText says what a panic was about. Values other than the runtime's own may
// hold anything and are told by their type only.
func panicText(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", p)
}

// logEvent writes an event's line: what was done, and not to whom, since a log
// goes further than the provisioning log.
func (g *Gateway) logEvent(ctx context.Context, e *provision.Event) {
	level := slog.LevelInfo
	if e.Outcome == provision.Failed {
		level = slog.LevelWarn
	}
	if e.Code == connector.Unauthenticated.String() {
		g.log.ErrorContext(ctx, "the target refuses the connection's credential: give the connection a valid one",
			"connection", e.Connection, "request_id", e.Request.ID)
	}
	if !g.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("event", e.ID), slog.String("request_id", e.Request.ID), slog.String("connection", e.Connection),
		slog.String("actor", e.Request.Actor), slog.String("action", string(e.Action)), slog.String("type", e.Ref.Type),
		slog.String("outcome", string(e.Outcome)), slog.Int("calls", len(e.Calls)), slog.Duration("duration", e.Duration),
	}
	if e.Code != "" {
		attrs = append(attrs, slog.String("code", e.Code), slog.Int("status", e.Status))
	}
	g.log.LogAttrs(ctx, level, "event", attrs...)
}
