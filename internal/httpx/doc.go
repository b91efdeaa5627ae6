// Package httpx is the one HTTP client that every driver uses to reach its target.
//
// A [Client] is made once per connection and calls paths below one base URL. It puts in one place what each
// driver would otherwise get wrong in its own way: retries that never do a thing twice, the rate budget of the
// account, timeouts, body limits, the guard against addresses inside the network, redaction, and the record of
// calls that events and tests count.
//
// # Retries
//
// A request is tried again, up to Options.MaxAttempts times, when that cannot do harm:
//
//	                                   GET, HEAD, PUT, DELETE    POST, PATCH
//	no connection (surely not sent)    yes                       yes
//	status 429                         yes                       yes
//	5xx except 501 and 505             yes                       no
//	sent, and the answer was lost      yes                       no
//	any other status, bad certificate  no                        no
//
// Request.Idempotency overrides the columns. What a POST left open is told by [Error.Ambiguous]; the caller looks
// and never repeats blindly. Between attempts the client waits a random time below a doubling limit, and never
// less than Retry-After. All waits of a call together stay within its patience (20 seconds by default), and none
// goes past the deadline of its context: a longer one fails the call at once, with RetryAfter in the error.
//
// # Rate budget
//
// A [Budget] is shared by all clients of one account. It learns from the answers through Options.RateHint, keeps
// requests in order, interactive ones first, and closes a bucket after a 429 until its Retry-After; then one
// request goes ahead alone to find out whether the target agrees.
//
// Limits are counted in windows whose beginning most targets do not tell. Of such a window the budget uses what
// the answers say is left, waits until it is over for certain, and lets one request find the next. So a steady
// stream uses every window whole and is not refused, whether windows begin with the first call or by the clock.
//
// Each client leaves its Options.Reserve of every bucket to other programs; background requests leave a share of
// the rest to interactive ones, which shrinks as the window goes on.
//
// # Errors
//
// Every failure of a call is an [*Error] with a [Kind]. Neither its text nor the text of what it wraps holds any
// part of a URL, a header or a body, so it may be logged; its Body and Header fields may not.
//
// # Concurrency
//
// [Client], [Budget], [Budgets] and [Recorder] are safe for concurrent use. The package starts no goroutines of
// its own; timers exist only while a call waits.
//
// # Stability
//
// Internal to usher.
package httpx
