package httpx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// The defaults of [Options].
const (
	DefaultAttemptTimeout   = 30 * time.Second
	DefaultMaxAttempts      = 4
	DefaultPatience         = 20 * time.Second
	DefaultBackoffMin       = 250 * time.Millisecond
	DefaultBackoffMax       = 5 * time.Second
	DefaultMaxResponseBytes = 8 << 20
	DefaultMaxErrorBytes    = 4 << 10
	DefaultRetryAfter       = 60 * time.Second
	DefaultUserAgent        = "usher"
)

// maxRedirects is how often a GET is sent on within the same host.
const maxRedirects = 3

// Options configure a [Client]. Zero values are the defaults; negative numbers are errors.
type Options struct {
	// BaseURL is the absolute URL below which all requests go. Required; https unless AllowInsecure; no user
	// part, query or fragment.
	BaseURL string
	// AllowInsecure allows http. For simulators.
	AllowInsecure bool
	// AllowPrivate allows loopback, private, unique local and shared addresses. For simulators and targets
	// in the operator's own network. It has no effect on an injected Transport, which guards itself.
	AllowPrivate bool

	// Authorize sets the credentials of one attempt on its header; it is called anew for each. It may block
	// and must heed the request's context. The request is a copy, of which only the header is taken over; the
	// body, if a signature needs it, is in GetBody. The text of its error is never shown. Nil: no credentials.
	Authorize func(*http.Request) error
	// UserAgent is the User-Agent header. Default: [DefaultUserAgent].
	UserAgent string

	// Transport makes the connections. Default: one with the dial guard, and without proxies.
	Transport http.RoundTripper
	// Resolver resolves names for the default transport. Default: net.DefaultResolver.
	Resolver *net.Resolver
	// Clock is the source of time. Default: the system's.
	Clock Clock
	// Jitter returns a random number in [0,1) and is safe for concurrent use. Default: math/rand/v2.
	Jitter func() float64
	// Logger receives a line at debug level for each attempt and one at warning level for each failed call,
	// through [NewRedactingHandler]. Default: none.
	Logger *slog.Logger

	// AttemptTimeout bounds one attempt, from dialling to the end of the body. The caller's context bounds the
	// whole. Default: [DefaultAttemptTimeout].
	AttemptTimeout time.Duration
	// MaxAttempts is the number of tries, the first included. Default: [DefaultMaxAttempts].
	MaxAttempts int
	// Patience bounds what one call may wait in all, in the budget's queue and between attempts; a Retry-After
	// beyond it fails the call at once. Default: [DefaultPatience].
	Patience time.Duration
	// BackoffMin and BackoffMax are the first and the largest upper end of the random wait between attempts.
	// Defaults: [DefaultBackoffMin], [DefaultBackoffMax].
	BackoffMin, BackoffMax time.Duration
	// MaxResponseBytes bounds an accepted answer, after decompression. Default: [DefaultMaxResponseBytes].
	MaxResponseBytes int64
	// MaxErrorBytes is how much of an error answer is kept. Default: [DefaultMaxErrorBytes].
	MaxErrorBytes int64

	// Budget is the rate budget of the account, to be shared by all clients of that account. Default: one of
	// the client's own.
	Budget *Budget
	// Reserve is the share of each of the account's limits, in [0,1), that this client leaves to other programs:
	// its requests wait rather than use more. It is rounded down to whole credits. Clients that share a Budget each keep to their own. Default: none.
	Reserve float64
	// RateHint reads the target's rate limit headers; it must not touch the body. Retry-After is read without
	// it. Default: nothing is learned.
	RateHint func(*http.Response) RateHint
	// RetryAfterDefault is assumed for a 429 that does not say how long. Default: [DefaultRetryAfter].
	RetryAfterDefault time.Duration
}

// Client calls one target. It is safe for concurrent use, and made to live as long as the connection it serves.
type Client struct {
	base              *url.URL
	authorize         func(*http.Request) error
	userAgent         string
	transport         http.RoundTripper
	clock             Clock
	jitter            func() float64
	logger            *slog.Logger
	attemptTimeout    time.Duration
	maxAttempts       int
	patience          time.Duration
	backoffMin        time.Duration
	backoffMax        time.Duration
	maxResponseBytes  int64
	maxErrorBytes     int64
	budget            *Budget
	reserve           float64
	rateHint          func(*http.Response) RateHint
	retryAfterDefault time.Duration
	retrier           *retryablehttp.Client
}

// New returns a client, or an error that says which option is wrong.
func New(opts *Options) (*Client, error) {
	if opts == nil {
		opts = &Options{}
	}
	base, err := parseBase(opts.BaseURL, opts.AllowInsecure)
	if err != nil {
		return nil, fmt.Errorf("httpx: base URL: %w", err)
	}
	if opts.AttemptTimeout < 0 || opts.MaxAttempts < 0 || opts.Patience < 0 || opts.BackoffMin < 0 || opts.BackoffMax < 0 ||
		opts.MaxResponseBytes < 0 || opts.MaxErrorBytes < 0 || opts.RetryAfterDefault < 0 || opts.Reserve < 0 {
		return nil, errors.New("httpx: options must not be negative")
	}
	if !(opts.Reserve < 1) {
		return nil, errors.New("httpx: reserve must be less than 1")
	}
	c := &Client{
		base:              base,
		authorize:         opts.Authorize,
		userAgent:         or(opts.UserAgent, DefaultUserAgent),
		transport:         opts.Transport,
		clock:             opts.Clock,
		jitter:            opts.Jitter,
		attemptTimeout:    or(opts.AttemptTimeout, DefaultAttemptTimeout),
		maxAttempts:       or(opts.MaxAttempts, DefaultMaxAttempts),
		patience:          or(opts.Patience, DefaultPatience),
		backoffMin:        or(opts.BackoffMin, DefaultBackoffMin),
		backoffMax:        or(opts.BackoffMax, DefaultBackoffMax),
		maxResponseBytes:  or(opts.MaxResponseBytes, DefaultMaxResponseBytes),
		maxErrorBytes:     or(opts.MaxErrorBytes, DefaultMaxErrorBytes),
		budget:            opts.Budget,
		reserve:           opts.Reserve,
		rateHint:          opts.RateHint,
		retryAfterDefault: min(or(opts.RetryAfterDefault, DefaultRetryAfter), maxRetryAfter),
	}
	if strings.ContainsAny(c.userAgent, "\r\n\x00") {
		return nil, errors.New("httpx: user agent holds a line break")
	}
	if c.transport == nil {
		c.transport = newTransport(opts)
	}
	if c.clock == nil {
		c.clock = systemClock{}
	}
	if c.jitter == nil {
		c.jitter = defaultJitter
	}
	if c.budget == nil {
		c.budget = NewBudget(&BudgetOptions{Clock: c.clock})
	}
	if opts.Logger != nil {
		c.logger = slog.New(NewRedactingHandler(opts.Logger.Handler()))
	} else {
		c.logger = slog.New(slog.DiscardHandler)
	}
	c.retrier = &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: attempts{c}, CheckRedirect: checkRedirect},
		Logger:     nil, // the library's default writes URLs to stderr
		RetryMax:   c.maxAttempts - 1,
		CheckRetry: c.checkRetry,
		// The wait is in PrepareRetry, on our clock; the default would also obey any Retry-After, uncapped.
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: c.prepareRetry,
		// Without a handler the library would close the last answer and forget its status.
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) { return resp, err },
	}
	return c, nil
}

// CloseIdleConnections closes the connections that are not in use. The client stays usable.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Now returns the time by the client's clock.
func (c *Client) Now() time.Time { return c.clock.Now() }

// Sleep waits by the client's clock, for something that the target does meanwhile. It fails with the context's error.
func (c *Client) Sleep(ctx context.Context, d time.Duration) error { return sleep(ctx, c.clock, d) }

// Pause waits a random time below limit, by the client's clock: before a request is made again whose refusal only the
// driver understands. It fails with the context's error.
func (c *Client) Pause(ctx context.Context, limit time.Duration) error {
	return sleep(ctx, c.clock, time.Duration(c.jitter()*float64(limit)))
}

// or returns v, or def if v is zero.
func or[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// parseBase checks a base URL. Its errors do not quote it: it might hold a password.
func parseBase(raw string, insecure bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("is required")
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("must be absolute")
	case u.Scheme != "https" && (!insecure || u.Scheme != "http"):
		return nil, errors.New("must be https")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not hold a query or fragment")
	case u.Path != "" && !cleanPattern(u.Path):
		return nil, errors.New("path must be plain")
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// Do makes the request and returns the accepted answer, or an [*Error]. It retries within the rules of the
// package documentation. A whole answer wins over a context that ended at the same time; otherwise the context's
// error wins over any other.
func (c *Client) Do(ctx context.Context, req *Request) (*Response, error) {
	if req == nil {
		return nil, &Error{Kind: KindInvalid, Err: errors.New("no request")}
	}
	fail := func(err error) (*Response, error) {
		return nil, &Error{Kind: KindInvalid, Method: req.Method, Pattern: safePattern(req), Err: err}
	}
	if err := req.check(); err != nil {
		return fail(err)
	}
	target, err := req.join(c.base)
	if err != nil {
		return fail(err)
	}
	body, err := req.encode()
	if err != nil {
		return fail(err)
	}
	state := &call{
		method: req.Method, pattern: req.pattern(), repeatable: req.repeatable(), harmless: req.Harmless, accept: slices.Clone(req.Accept),
		class: req.Class, buckets: slices.Clone(req.Buckets), cost: float64(or(req.Cost, 1)), reserve: c.reserve,
		patience: or(req.Patience, c.patience),
	}
	if err := ctx.Err(); err != nil {
		return nil, c.failure(ctx, state)
	}
	var raw any
	if body != nil {
		raw = body
	}
	out, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, callKey{}, state), req.Method, target.String(), raw)
	if err != nil {
		return fail(&cause{phrase: "request cannot be built", err: err})
	}
	for name, values := range req.Header {
		out.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	out.Header.Set("User-Agent", c.userAgent)
	if out.Header.Get("Accept") == "" {
		out.Header.Set("Accept", "application/json")
	}
	if body != nil && out.Header.Get("Content-Type") == "" {
		out.Header.Set("Content-Type", "application/json")
	}

	// What the library returns is of no interest: the last outcome is in state, its body read and closed.
	resp, err := c.retrier.Do(out)
	if resp != nil {
		_ = resp.Body.Close()
	}
	if last := state.last; err == nil && last.kind == "" && resp != nil {
		return &Response{
			Status: last.status, Header: last.header, Body: last.body, Attempts: state.attempts, Sent: state.sent,
			method: state.method, pattern: state.pattern, requestID: last.requestID,
		}, nil
	}
	if state.last.kind == "" {
		state.last.kind, state.last.err = KindUnavailable, hide(or(err, errForeignHost))
	}
	return nil, c.failure(ctx, state)
}

// safePattern keeps a wrong path, which may hold anything, out of errors.
func safePattern(r *Request) string {
	if p := r.pattern(); cleanPattern(p) {
		return p
	}
	return "(invalid path)"
}

// failure turns the last outcome into an error and logs it.
func (c *Client) failure(ctx context.Context, s *call) *Error {
	e := &Error{
		Kind: s.last.kind, Method: s.method, Pattern: s.pattern, Status: s.last.status, RetryAfter: s.last.retryAfter,
		Body: s.last.body, Header: s.last.header, RequestID: s.last.requestID, Attempts: s.attempts, Sent: s.sent,
		Err: s.last.err,
	}
	if e.Kind == KindRateLimited {
		e.RetryAfter = clampDelay(e.RetryAfter)
	}
	level := slog.LevelWarn
	if err := ctx.Err(); err != nil {
		switch e.Kind {
		case "", KindUnavailable, KindRateLimited, KindAmbiguous, KindCredentials:
			e.Kind, e.Err, e.RetryAfter = KindCanceled, err, 0
			if errors.Is(err, context.DeadlineExceeded) {
				e.Kind = KindDeadlineExceeded
			}
		}
	}
	if e.Kind == KindCanceled || e.Kind == KindDryRun {
		level = slog.LevelDebug
	}
	if c.logger.Enabled(ctx, level) {
		c.logger.LogAttrs(ctx, level, "target call failed", slog.Any("call", e))
	}
	return e
}
