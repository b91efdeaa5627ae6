package freshservicetest

import (
	"net/http"
	"strconv"
	"time"
)

// Plan is a Freshservice plan, which sets the rate limits of an account (§2).
type Plan string

// The plans. Unlimited is not one of the vendor's: it never refuses.
const (
	Starter    Plan = "starter"
	Growth     Plan = "growth"
	Pro        Plan = "pro"
	Enterprise Plan = "enterprise"
	Unlimited  Plan = "unlimited"
)

// unlimitedTotal is what X-RateLimit-Total says on an unlimited account.
const unlimitedTotal = 1_000_000

// Limits are an account's rate limits: calls per window (§2).
type Limits struct {
	// Overall is the account's budget for all calls together.
	Overall int
	// ListRequesters and ListAgents bound the calls of GET /requesters and
	// GET /agents, which draw from Overall as well. Zero: no sub-limit.
	ListRequesters int
	ListAgents     int
	// Window is the length of the window, which begins with its first call.
	// Zero: a minute. Accounts opened before September 2020 may have an hour.
	Window time.Duration
}

// Limits returns the vendor's table for the plan (§2); for Unlimited and for
// unknown plans, limits without an end.
func (p Plan) Limits() Limits {
	switch p {
	case Starter:
		return Limits{Overall: 100, ListRequesters: 40, ListAgents: 40}
	case Growth:
		return Limits{Overall: 200, ListRequesters: 70, ListAgents: 70}
	case Pro:
		return Limits{Overall: 400, ListRequesters: 120, ListAgents: 120}
	case Enterprise, "":
		return Limits{Overall: 500, ListRequesters: 140, ListAgents: 140}
	default:
		return Limits{}
	}
}

// bucket is a call budget of one window. The zero value has no limit.
type bucket struct {
	total int
	used  int
	ends  time.Time
}

func (b *bucket) roll(now time.Time, window time.Duration) {
	if !now.Before(b.ends) {
		b.used, b.ends = 0, now.Add(window)
	}
}

func (b *bucket) remaining() int {
	if b.total <= 0 {
		return unlimitedTotal
	}
	return b.total - b.used
}

// meter counts calls. It is guarded by the account's lock.
type meter struct {
	window  time.Duration
	overall bucket
	sub     map[subLimit]*bucket
}

// subLimit names a group of calls that has a budget of its own.
type subLimit int

const (
	noSubLimit subLimit = iota
	listRequestersLimit
	listAgentsLimit
)

func newMeter(l Limits) *meter {
	if l.Window <= 0 {
		l.Window = time.Minute
	}
	return &meter{
		window:  l.Window,
		overall: bucket{total: l.Overall},
		sub: map[subLimit]*bucket{
			listRequestersLimit: {total: l.ListRequesters},
			listAgentsLimit:     {total: l.ListAgents},
		},
	}
}

// draw takes credits from the overall budget and, where there is one, from the
// sub-limit. It sets the headers that come with every answer; they speak of the
// bucket that the call drew from (§2). A call that finds too little left draws
// nothing and is told in whole seconds when to come back.
func (m *meter) draw(h http.Header, sub subLimit, cost int, now time.Time) bool {
	m.overall.roll(now, m.window)
	shown := &m.overall
	if b := m.sub[sub]; b != nil && b.total > 0 {
		b.roll(now, m.window)
		shown = b
	}
	refusing := shown
	if m.overall.remaining() < cost {
		refusing = &m.overall
	}
	ok := refusing.remaining() >= cost
	if ok {
		m.overall.used += cost
		if shown != &m.overall {
			shown.used += cost
		}
	} else {
		shown, cost = refusing, 0
		wait := (refusing.ends.Sub(now) + time.Second - 1) / time.Second
		h.Set("Retry-After", strconv.Itoa(int(wait)))
	}
	total := shown.total
	if total <= 0 {
		total = unlimitedTotal
	}
	h.Set("X-RateLimit-Total", strconv.Itoa(total))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(shown.remaining()))
	h.Set("X-RateLimit-Used-CurrentRequest", strconv.Itoa(cost))
	return ok
}
