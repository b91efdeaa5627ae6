package httpx

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a target can ask for: its longest window is an hour (Freshservice accounts from
// before September 2020).
const maxRetryAfter = time.Hour

// callKey carries the call through http.Client and go-retryablehttp, whose CheckRetry sees a context but not
// the request.
type callKey struct{}

// call is the state of one Client.Do. It is used by one goroutine at a time: http.Client calls the transport
// and go-retryablehttp calls its hooks in the goroutine of Do.
type call struct {
	method, pattern string
	repeatable      bool
	harmless        bool
	accept          []int
	class           Class
	buckets         []string
	cost            float64
	reserve         float64
	patience        time.Duration

	ticket   uint64        // place in the budget's queue, kept over retries
	tries    int           // rounds of go-retryablehttp
	attempts int           // round trips, redirects included
	waited   time.Duration // for the budget and between attempts
	next     time.Duration // wait before the next try, set by checkRetry
	hops     int           // redirects followed in this try
	follow   bool          // the last answer is a redirect to be followed
	sent     bool          // an attempt may have taken effect and has no conclusive answer
	last     outcome
}

// outcome is how an attempt ended.
type outcome struct {
	kind       Kind // "" is an accepted answer
	status     int
	header     http.Header
	body       []byte
	requestID  string
	retryAfter time.Duration
	retry      bool // may be tried again as far as the rules go
	err        error
}

func callFrom(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

func (c *call) accepts(status int) bool {
	if status >= 200 && status < 300 {
		return true
	}
	for _, s := range c.accept {
		if s == status {
			return true
		}
	}
	return false
}

// unavailable reports whether a status says that the target or a proxy before it failed.
func unavailable(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
}

// redirect reports whether a status asks the client to go elsewhere.
func redirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// judge sets kind and retry of an answer, and whether the call may have had an effect that nobody confirmed.
func (c *call) judge(o *outcome) {
	switch {
	case c.accepts(o.status):
	case o.status == http.StatusTooManyRequests:
		o.kind, o.retry = KindRateLimited, true // rejected before it was carried out
	case unavailable(o.status):
		o.kind, o.retry = KindUnavailable, c.repeatable
		c.sent = true
	case redirect(o.status):
		o.kind = KindRefused
		o.err = &cause{phrase: "redirect not followed", err: errForeignHost}
		c.sent = c.sent || !safeMethod(c.method)
	default:
		o.kind = KindStatus
	}
}

// mayFollow reports whether an answer sends a GET on within its scheme and host, and not too often.
func (c *call) mayFollow(req *http.Request, resp *http.Response) bool {
	if !redirect(resp.StatusCode) || c.accepts(resp.StatusCode) || !safeMethod(c.method) || c.hops >= maxRedirects {
		return false
	}
	to, err := req.URL.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" || to.User != nil ||
		to.Scheme != req.URL.Scheme || to.Host != req.URL.Host {
		return false
	}
	c.hops++
	return true
}

// checkRedirect is http.Client's CheckRedirect: it follows what mayFollow allowed. Anything else ends with the
// redirecting answer.
func checkRedirect(req *http.Request, _ []*http.Request) error {
	if c := callFrom(req.Context()); c != nil && c.follow {
		return nil
	}
	return http.ErrUseLastResponse
}

// judgeError sets kind and retry of an attempt that ended without an answer. unsent says that the target
// surely saw nothing of the request.
func (c *call) judgeError(o *outcome, unsent bool) {
	if !unsent {
		c.sent = true
	}
	switch {
	case unsent || c.repeatable:
		o.kind, o.retry = KindUnavailable, true
	default:
		o.kind = KindAmbiguous
	}
}

// checkRetry is go-retryablehttp's CheckRetry. It decides, and leaves the wait in the call for prepareRetry.
// It never returns an error: the outcome is in the call.
func (c *Client) checkRetry(ctx context.Context, _ *http.Response, err error) (bool, error) {
	call := callFrom(ctx)
	if call == nil {
		return false, nil
	}
	call.tries++
	if call.last.kind == "" && err != nil {
		// http.Client failed after a good round trip, for instance on a Location it cannot parse.
		call.last.kind, call.last.err = KindMalformed, hide(err)
		return false, nil
	}
	if !call.last.retry || call.tries >= c.maxAttempts || ctx.Err() != nil {
		return false, nil
	}
	call.next = c.backoff(call.tries - 1)
	need := max(call.next, call.last.retryAfter)
	if call.last.kind == KindRateLimited && call.last.retryAfter > 0 {
		// The budget has blocked the bucket for that long, so the wait is in its queue.
		call.next = 0
	} else {
		call.next = need
	}
	if call.waited+need > call.patience {
		return false, nil
	}
	if deadline, ok := ctx.Deadline(); ok && !c.clock.Now().Add(need).Before(deadline) {
		return false, nil
	}
	return true, nil
}

// prepareRetry is go-retryablehttp's PrepareRetry. Its own timer, which has no clock hook, is always set to
// zero; the real wait is here, on our clock.
func (c *Client) prepareRetry(req *http.Request) error {
	call := callFrom(req.Context())
	if call == nil {
		return nil
	}
	call.waited += call.next
	call.hops = 0
	return sleep(req.Context(), c.clock, call.next)
}

// backoff returns a random wait for the retry after the n-th try, n from 0: full jitter over a doubling range.
func (c *Client) backoff(n int) time.Duration {
	limit := c.backoffMax
	if n < 30 && c.backoffMin<<n < limit {
		limit = c.backoffMin << n
	}
	return time.Duration(c.jitter() * float64(limit))
}

// parseRetryAfter reads the header of RFC 9110 10.2.3: whole seconds or an HTTP date. ok is false if it is
// absent or means nothing. The result is between 0 and maxRetryAfter.
func parseRetryAfter(h http.Header, now time.Time) (d time.Duration, ok bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if digits(v) {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true
		}
		return time.Duration(n) * time.Second, true
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
