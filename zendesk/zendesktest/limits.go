package zendesktest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Plan is a Zendesk Suite plan, which sets the rate limits of an account (§2.1).
type Plan string

// The plans. Unlimited is not one of the vendor's: it never refuses.
const (
	Team           Plan = "team"
	Growth         Plan = "growth"
	Professional   Plan = "professional"
	Enterprise     Plan = "enterprise"
	EnterprisePlus Plan = "enterprise plus"
	Unlimited      Plan = "unlimited"
)

// unlimitedTotal is what X-Rate-Limit says on an unlimited account.
const unlimitedTotal = 1_000_000

// Limits are an account's rate limits. A window begins with its first call; a
// call that is refused does not count.
type Limits struct {
	// Account is the budget for all calls, per minute (§2.1). Zero: none.
	Account int
	// UpdatesPerUser bounds the PUT and create_or_update calls for one user, per
	// minute (§2.2). Zero: no bound.
	UpdatesPerUser int
	// UpdatesPerSecond bounds the same calls for all users together (§2.2).
	// Zero: no bound.
	UpdatesPerSecond int
	// UpdatesPerOrganization bounds the PUT calls for one organization, per minute
	// (§2.2). Zero: no bound.
	UpdatesPerOrganization int
	// Jobs bounds the background jobs that are queued or running (§2.2). Zero: no
	// bound.
	Jobs int
	// Exports and CursorExports bound the incremental exports by time and by
	// cursor, per minute (§2.2). Zero: no bound.
	Exports, CursorExports int
	// Searches bounds GET /search and its count, SearchExports GET
	// /search/export, per minute (§2.2). Zero: no bound.
	Searches, SearchExports int
	// Erasures bounds the permanent deletions, per ten minutes (§2.2). Zero: no
	// bound.
	Erasures int
}

// Limits returns the vendor's table for the plan (§2.1, §2.2); for Unlimited
// and for unknown plans, limits without an end.
func (p Plan) Limits() Limits {
	l := Limits{
		UpdatesPerUser: 5, UpdatesPerSecond: 1, UpdatesPerOrganization: 5, Jobs: 30,
		Exports: 10, CursorExports: 20, Searches: 2500, SearchExports: 100, Erasures: 700,
	}
	switch p {
	case Team:
		l.Account = 200
	case Growth, Professional:
		l.Account = 400
	case Enterprise, "":
		l.Account = 700
	case EnterprisePlus:
		l.Account = 2500
	default:
		return Limits{}
	}
	return l
}

// bucket is a call budget of one window. A total of zero has no limit.
type bucket struct {
	total  int
	window time.Duration
	used   int
	ends   time.Time
}

func (b *bucket) roll(now time.Time) {
	if !now.Before(b.ends) {
		b.used, b.ends = 0, now.Add(b.window)
	}
}

func (b *bucket) remaining() int {
	if b.total <= 0 {
		return unlimitedTotal
	}
	return b.total - b.used
}

// header is the bucket as the vendor writes it into a header (§2.3).
func (b *bucket) header(now time.Time) string {
	return fmt.Sprintf("total=%d; remaining=%d; resets=%d", b.total, b.remaining(), b.resets(now))
}

// take draws one call, if there is one.
func (b *bucket) take(now time.Time) bool {
	b.roll(now)
	if b.remaining() < 1 {
		return false
	}
	b.used++
	return true
}

// resets is the number of whole seconds until the window ends.
func (b *bucket) resets(now time.Time) int {
	return int((b.ends.Sub(now) + time.Second - 1) / time.Second)
}

// meter counts calls. It is guarded by the account's lock.
type meter struct {
	limits                  Limits
	account                 bucket
	second                  bucket
	erasures                bucket
	exports, cursorExports  bucket
	searches, searchExports bucket
	records                 map[int64]*bucket // of users and organizations, whose ids are of one series
}

func newMeter(l Limits) *meter {
	return &meter{
		limits:        l,
		account:       bucket{total: l.Account, window: time.Minute},
		second:        bucket{total: l.UpdatesPerSecond, window: time.Second},
		erasures:      bucket{total: l.Erasures, window: 10 * time.Minute},
		exports:       bucket{total: l.Exports, window: time.Minute},
		cursorExports: bucket{total: l.CursorExports, window: time.Minute},
		searches:      bucket{total: l.Searches, window: time.Minute},
		searchExports: bucket{total: l.SearchExports, window: time.Minute},
		records:       map[int64]*bucket{},
	}
}

// draw takes a call from the account's budget and sets the headers that come
// with every answer (§2.3).
func (a *Account) draw(h http.Header, now time.Time) bool {
	b := &a.meter.account
	ok := b.take(now)
	total := b.total
	if total <= 0 {
		total = unlimitedTotal
	}
	if a.rules.RateHeaders != RateHeadersNew {
		h.Set("X-Rate-Limit", strconv.Itoa(total))
		h.Set("X-Rate-Limit-Remaining", strconv.Itoa(b.remaining()))
	}
	if a.rules.RateHeaders != RateHeadersOld {
		h.Set("Ratelimit-Limit", strconv.Itoa(total))
		h.Set("Ratelimit-Remaining", strconv.Itoa(b.remaining()))
		h.Set("Ratelimit-Reset", strconv.Itoa(b.resets(now)))
	}
	return ok
}

// accountLimited is the answer to a call beyond the account's budget.
func (a *Account) accountLimited(now time.Time) answer {
	const message = "Number of allowed API requests per minute exceeded"
	ans := jsonAnswer(http.StatusTooManyRequests, map[string]string{"error": "APIRateLimitExceeded", "description": message})
	if a.rules.RateLimitBody == RateLimitText {
		ans = textAnswer(http.StatusTooManyRequests, message)
	}
	return a.retryAfter(ans, a.meter.account.resets(now))
}

func (a *Account) retryAfter(ans answer, seconds int) answer {
	if !a.rules.NoRetryAfter {
		ans.Header.Set("Retry-After", strconv.Itoa(seconds))
	}
	return ans
}

// drawUpdate takes a call from the budgets for updates (§2.2): u is the user who
// is to be changed, nil for one who is to be created. It sets the call's header
// and returns the refusal, if it is one.
func (a *Account) drawUpdate(c *call, u *user) (answer, bool) {
	m := a.meter
	var b *bucket
	if u != nil && m.limits.UpdatesPerUser > 0 {
		b = m.bucketOf(u.id, m.limits.UpdatesPerUser)
		b.roll(c.now)
		defer func() {
			c.out.Set("Zendesk-RateLimit-create-update-user", b.header(c.now))
		}()
		if b.remaining() < 1 {
			message := fmt.Sprintf("You have exceeded the rate limit for updating a single unique user. user email: %s id: %d external_id: %s",
				u.email(), u.id, u.externalID)
			return a.updateLimited(message, b.resets(c.now)), false
		}
	}
	if !m.second.take(c.now) {
		return a.updateLimited("You have exceeded the rate limit for updating users.", m.second.resets(c.now)), false
	}
	if b != nil {
		b.used++
	}
	return answer{}, true
}

// bucketOf is the budget per minute for one record.
func (m *meter) bucketOf(id int64, total int) *bucket {
	b := m.records[id]
	if b == nil {
		b = &bucket{total: total, window: time.Minute}
		m.records[id] = b
	}
	return b
}

// drawBucket takes a call from the budget of an endpoint, sets its header, "" for
// none, and returns the refusal, if it is one.
func (a *Account) drawBucket(c *call, b *bucket, header string) (answer, bool) {
	ok := b.take(c.now)
	if b.total > 0 && header != "" {
		c.out.Set(header, b.header(c.now))
	}
	if !ok {
		return a.updateLimited("You have exceeded the rate limit of this endpoint.", b.resets(c.now)), false
	}
	return answer{}, true
}

func (a *Account) updateLimited(message string, seconds int) answer {
	ans := textAnswer(http.StatusTooManyRequests, message)
	if a.rules.RateLimitBody == RateLimitJSON {
		ans = jsonAnswer(http.StatusTooManyRequests, map[string]string{"error": "TooManyRequests", "description": message})
	}
	return a.retryAfter(ans, seconds)
}
