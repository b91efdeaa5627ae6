package httpx

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"
)

// attempts is the transport that every attempt goes through, redirects included. It waits for the budget,
// sets the credentials, bounds the time, reads the whole body and records.
type attempts struct{ c *Client }

var _ http.RoundTripper = attempts{}

// noBody replaces every body that was read.
var noBody = io.NopCloser(bytes.NewReader(nil))

// RoundTrip implements http.RoundTripper. The outcome is left in the call, the error only makes http.Client stop.
func (t attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.try(req)
	if err != nil && req.Body != nil {
		_ = req.Body.Close() // the contract of RoundTripper; harmless if done already
	}
	return resp, err
}

func (t attempts) try(req *http.Request) (*http.Response, error) {
	c := t.c
	ctx := req.Context()
	call := callFrom(ctx)
	if call == nil || req.URL.Host != c.base.Host || req.URL.Scheme != c.base.Scheme {
		return nil, errForeignHost
	}
	if isDryRun(ctx) && !safeMethod(req.Method) && !call.harmless {
		call.last = outcome{kind: KindDryRun, err: ErrDryRun}
		record(ctx, Call{Method: call.method, Pattern: call.pattern, Kind: KindDryRun, Start: c.clock.Now(), DryRun: true})
		return nil, ErrDryRun
	}

	out, err := c.authorized(req)
	if err != nil {
		call.last = unauthorized(err)
		return nil, call.last.err
	}

	queued := c.clock.Now()
	grant, err := c.budget.acquire(ctx, call, call.patience-call.waited)
	waited := c.clock.Now().Sub(queued)
	call.waited += waited
	if err == nil && ctx.Err() != nil {
		grant.cancel()
		err = ctx.Err()
	}
	if err != nil {
		t.refuse(call, err)
		return nil, err
	}

	call.attempts++
	start := c.clock.Now()
	resp, o := t.send(ctx, out, call)
	took := c.clock.Now().Sub(start)
	if o.unsent {
		grant.cancel()
	} else {
		grant.finish(o.limits, o.block, o.status != 0)
	}

	call.last = o.outcome
	entry := Call{
		Method: call.method, Pattern: call.pattern, Status: o.status, Kind: o.kind, Start: start, Duration: took,
		Waited: waited, Attempt: call.attempts, RequestID: o.requestID,
	}
	record(ctx, entry)
	c.logAttempt(ctx, entry)
	if resp == nil {
		return nil, o.err
	}
	return resp, nil
}

// refuse notes that the budget did not let the attempt go. What an earlier attempt brought stays.
func (t attempts) refuse(call *call, err error) {
	call.last.retry = false
	if over, ok := errors.AsType[*overBudget](err); ok {
		call.last.kind, call.last.retryAfter, call.last.err = KindRateLimited, over.retryAfter, over
		return
	}
	call.last.kind, call.last.err = KindUnavailable, hide(err) // the context's error; Do knows better
}

// authorized returns a copy of req with credentials, which http.Client and go-retryablehttp never see and so
// cannot carry to another host.
func (c *Client) authorized(req *http.Request) (*http.Request, error) {
	out := req.Clone(req.Context())
	if c.authorize == nil {
		return out, nil
	}
	ctx, stop := c.attemptContext(req.Context())
	defer stop()
	hooked := req.Clone(ctx)
	hooked.Body = nil // not the hook's to read; GetBody has it
	if err := c.authorize(hooked); err != nil {
		return nil, err
	}
	out.Header = hooked.Header
	for _, values := range out.Header {
		for _, v := range values {
			if strings.ContainsAny(v, "\r\n\x00") {
				return nil, errors.New("header field holds a line break")
			}
		}
	}
	return out, nil
}

// unauthorized is the outcome of a failed authorization. If the hook made a call of its own, for a token say, then
// what went wrong with that call went wrong with this one.
func unauthorized(err error) outcome {
	o := outcome{kind: KindCredentials, err: &cause{phrase: "credentials could not be set", err: err}}
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Kind {
		case KindRateLimited, KindUnavailable, KindCanceled, KindDeadlineExceeded:
			o.kind, o.retryAfter = e.Kind, e.RetryAfter
		}
	}
	return o
}

// attemptContext bounds one attempt. Its cause tells our timeout from the caller's context.
func (c *Client) attemptContext(ctx context.Context) (context.Context, func()) {
	bounded, cancel := context.WithCancelCause(ctx)
	stop := c.clock.AfterFunc(c.attemptTimeout, func() { cancel(errAttemptTimeout) })
	return bounded, func() {
		stop()
		cancel(nil)
	}
}

// sentOutcome is an outcome with what the answer said about the rate limits.
type sentOutcome struct {
	outcome
	limits []Limit
	block  *block
	unsent bool // the target saw nothing of it, so it cost nothing
}

// send makes the attempt and reads its answer.
func (t attempts) send(ctx context.Context, req *http.Request, call *call) (*http.Response, sentOutcome) {
	c := t.c
	bounded, stop := c.attemptContext(ctx)
	defer stop()

	var wire connTrace
	resp, err := c.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(bounded, wire.hooks())))
	if err == nil && resp == nil {
		err = errors.New("transport returned neither answer nor error")
	}
	if err != nil {
		unsent := wire.unsent(err)
		return nil, sentOutcome{outcome: t.lost(bounded, call, err, unsent), unsent: unsent}
	}

	o := sentOutcome{outcome: outcome{
		status: resp.StatusCode, header: keepHeader(resp.Header), requestID: harmlessID(resp.Header.Get("X-Request-Id")),
	}}
	call.judge(&o.outcome)
	if call.follow = call.mayFollow(req, resp); call.follow {
		o.kind, o.err = "", nil
	}
	now := c.clock.Now()
	retryAfter, known := parseRetryAfter(resp.Header, now)
	hint := c.hint(resp)
	if hint.RetryAfter > 0 {
		retryAfter, known = min(hint.RetryAfter, maxRetryAfter), true
	}
	o.limits = hint.Limits
	if o.status == http.StatusTooManyRequests {
		if !known {
			retryAfter = c.retryAfterDefault
		}
		o.block = &block{bucket: hint.Bucket, until: now.Add(retryAfter)}
	}
	if o.status == http.StatusTooManyRequests || unavailable(o.status) {
		o.retryAfter = retryAfter
	}

	body, err := t.read(resp, o.kind == "", req.Method == http.MethodHead)
	switch {
	case err == nil:
		o.body = body
	case o.kind != "":
		o.body = body // the status counts; what came of the body is kept
	case errors.Is(err, errTooLarge):
		o.kind, o.err = KindTooLarge, err
		call.sent = call.sent || !safeMethod(call.method)
	default:
		o.outcome = t.lost(bounded, call, err, false)
		return nil, o
	}
	resp.Body = noBody
	return resp, o
}

// lost is the outcome of an attempt that ended without a whole answer.
func (t attempts) lost(bounded context.Context, call *call, err error, unsent bool) outcome {
	if errors.Is(context.Cause(bounded), errAttemptTimeout) {
		err = errAttemptTimeout
	}
	o := outcome{err: hide(err)}
	switch {
	case errors.Is(err, errRefusedAddress):
		o.kind = KindRefused
	case isCertificateError(err):
		o.kind = KindUnavailable
	default:
		call.judgeError(&o, unsent)
	}
	return o
}

var errTooLarge = errors.New("answer is longer than allowed")

// read takes in a body within its limit and closes it. The rest of an error answer is drained, within reason,
// so that the connection can be used again.
func (t attempts) read(resp *http.Response, accepted, head bool) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	if !accepted {
		body, err := io.ReadAll(io.LimitReader(resp.Body, t.c.maxErrorBytes))
		if err == nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		}
		return body, err
	}
	limit := t.c.maxResponseBytes
	if resp.ContentLength > limit && !head {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	return body, nil
}

// hint asks the driver what the answer says about limits.
func (c *Client) hint(resp *http.Response) RateHint {
	if c.rateHint == nil {
		return RateHint{}
	}
	h := c.rateHint(resp)
	h.RetryAfter = max(h.RetryAfter, 0)
	return h
}

// connTrace finds out whether an attempt got as far as a connection. Its hooks may run after the round trip.
type connTrace struct{ asked, got atomic.Bool }

func (w *connTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.got.Store(true) },
	}
}

// unsent reports whether the target surely saw nothing: a connection was wanted and never had, or dialling
// failed (for transports that do not trace).
func (w *connTrace) unsent(err error) bool {
	if w.got.Load() {
		return false
	}
	if w.asked.Load() {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// keepHeader copies a header without cookies.
func keepHeader(h http.Header) http.Header {
	h = h.Clone()
	h.Del("Set-Cookie")
	return h
}

// harmlessID returns id if it can be logged and stored, else "".
func harmlessID(id string) string {
	if len(id) > 128 {
		return ""
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return ""
		}
	}
	return id
}

func (c *Client) logAttempt(ctx context.Context, call Call) {
	if !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "target attempt",
		slog.String("method", call.Method), slog.String("pattern", call.Pattern), slog.Int("status", call.Status),
		slog.String("kind", string(call.Kind)), slog.Int("attempt", call.Attempt),
		slog.Duration("duration", call.Duration.Round(time.Microsecond)), slog.Duration("waited", call.Waited),
		slog.String("target_request_id", call.RequestID))
}
