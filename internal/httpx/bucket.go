package httpx

import (
	"math"
	"time"
)

const (
	// maxBuckets bounds the buckets kept for one account; idle ones go first. Targets have limits per record
	// (Zendesk: updates of one user), so their number has no natural end.
	maxBuckets = 512
	// probeInterval is how long the first request after a block, or of a new window, keeps the others back when
	// it gets no answer.
	probeInterval = time.Second
	// slack absorbs rounding.
	slack = 1e-6
)

// bucket is one limit of the target. All times are the budget's; Budget.mu guards it.
//
// A target counts in windows, and seldom says when one ends. So a window is taken to have begun no later than the
// answer that first told of it, which puts its end at the latest possible moment, and no credits are believed to
// be back before an answer shows them: once the window is over, one request goes ahead to find out. Whether a
// window begins with its first call or by the target's own clock makes no difference then.
type bucket struct {
	window time.Duration

	total   float64   // credits of a window, 0 if unknown
	left    float64   // credits left, those in flight taken off
	doubt   float64   // how many more may be left, because a report may or may not have counted what was in flight
	ends    time.Time // when the window is over for certain
	even    bool      // there seem to be no windows: credits come back evenly
	asOf    time.Time // when left was brought up to date, for even
	granted float64   // credits granted in all
	flying  float64   // credits of attempts that have no answer yet

	blocked  time.Time // closed until then
	probing  bool      // the block is over, and no answer has shown yet that the target agrees
	probes   int       // probes in flight
	nextOpen time.Time // when another probe may go although the last has no answer
}

// draw is what a request took from a bucket, and what the bucket was like then.
type draw struct {
	at      time.Time
	granted float64 // in all, this request included
	flying  float64 // of others
	probe   bool
}

// share is which parts of a bucket's total a request must leave.
type share struct {
	hard float64 // always, rounded down to whole credits: for other users of the account
	soft float64 // as long as the window lasts: for more urgent requests, which need it less and less
}

// bucket returns the bucket of that name, brought up to now. Call with b.mu held.
func (b *Budget) bucket(name string, now time.Time) *bucket {
	k, ok := b.buckets[name]
	if !ok {
		if len(b.buckets) >= maxBuckets {
			b.evict(now)
		}
		k = &bucket{window: b.window, asOf: now}
		b.buckets[name] = k
	}
	k.refill(now)
	return k
}

// evict drops buckets that hold nothing worth knowing, and in need any that nobody uses.
func (b *Budget) evict(now time.Time) {
	used := map[string]bool{AccountBucket: true}
	for _, w := range b.waiting {
		for _, n := range w.buckets {
			used[n] = true
		}
	}
	for _, idle := range []bool{true, false} {
		for n, k := range b.buckets {
			k.refill(now)
			if used[n] || k.flying > 0 || idle && (k.blocked.After(now) || k.left < k.total && !k.over(now)) {
				continue
			}
			delete(b.buckets, n)
		}
		if len(b.buckets) < maxBuckets {
			return
		}
	}
}

// refill credits what came back evenly.
func (k *bucket) refill(now time.Time) {
	passed := now.Sub(k.asOf)
	if passed <= 0 {
		return
	}
	k.asOf = now
	if k.even {
		k.left = min(k.total-k.flying, k.left+k.rate()*passed.Seconds())
	}
}

// rate is how many credits come back in a second.
func (k *bucket) rate() float64 { return k.total / k.window.Seconds() }

// over reports whether the last window that is known of has ended.
func (k *bucket) over(now time.Time) bool {
	return k.total > 0 && !k.even && !now.Before(k.ends)
}

// ready returns the zero time if cost credits can be had now, else when to ask again. ahead is what others get
// first.
func (k *bucket) ready(now time.Time, cost, ahead float64, keep share) time.Time {
	if k.blocked.After(now) {
		return k.blocked
	}
	if k.probing {
		return k.probeTime(now, ahead)
	}
	if k.total == 0 {
		return time.Time{}
	}
	// A request that wants more than a whole window, or than the reserve leaves of a small one, goes when the
	// window is full.
	hard := cost + math.Floor(keep.hard*k.total+slack)
	soft := keep.soft * k.total
	if !k.even {
		soft *= min(max(k.ends.Sub(now).Seconds()/k.window.Seconds(), 0), 1)
	}
	free := k.left - ahead + slack
	need := min(hard+soft, k.total)
	switch {
	case free >= need:
		return time.Time{}
	case k.even:
		wait := (need - free) / k.rate()
		return now.Add(time.Duration(wait*float64(time.Second)) + time.Millisecond)
	case k.over(now):
		return k.probeTime(now, ahead)
	case k.flying > 0 && free+k.doubt >= need:
		return now.Add(probeInterval) // the answers under way will tell
	case free >= hard:
		// What is kept for the urgent shrinks to this by then.
		rest := time.Duration((free - hard) / (keep.soft * k.total) * float64(k.window))
		return k.ends.Add(-rest).Add(time.Millisecond)
	}
	further := math.Ceil((ahead+min(hard, k.total))/k.total) - 1
	return k.ends.Add(time.Duration(max(further, 0)) * k.window)
}

// probeTime is when a request may go to find out how things are: one at a time.
func (k *bucket) probeTime(now time.Time, ahead float64) time.Time {
	if k.probes == 0 && ahead == 0 || !k.nextOpen.After(now) {
		return time.Time{}
	}
	return k.nextOpen
}

// take draws credits.
func (k *bucket) take(now time.Time, cost float64) draw {
	d := draw{at: now, granted: k.granted + cost, flying: k.flying, probe: k.probing || k.over(now)}
	k.left -= cost
	k.granted += cost
	k.flying += cost
	if d.probe {
		k.probes++
		k.nextOpen = now.Add(probeInterval)
	}
	return d
}

// done notes that an attempt has ended. answered says that the target counted it.
func (k *bucket) done(cost float64, d draw, passed, answered bool) {
	k.flying = max(0, k.flying-cost)
	if !answered {
		k.doubt += cost
	}
	if !d.probe {
		return
	}
	k.probes = max(0, k.probes-1)
	if passed {
		k.probing = false
	}
}

// undo gives back what a request drew that was never sent.
func (k *bucket) undo(cost float64, d draw) {
	k.left += cost
	k.granted -= cost
	k.done(cost, d, false, true)
}

// learn takes over what the answer to the request that made the draw reports.
func (k *bucket) learn(now time.Time, l Limit, d draw) {
	if l.Window > 0 {
		k.window = l.Window
	}
	total := float64(l.Total)
	high := min(float64(max(l.Remaining, 0)), total)
	// The target counts in an order of its own: the report may miss all that was in flight with this request.
	low := high - (k.granted - d.granted) - d.flying
	known := total == k.total
	renewed := !known || !k.even && !d.at.Before(k.ends) || low > k.left+k.doubt+slack
	switch {
	case l.Reset > 0:
		k.even = false
		k.ends = now.Add(min(l.Reset, maxRetryAfter))
	case renewed:
		// A new window brings most of the credits back at once. If few are back when it is due, they are
		// trickling in, or others take them; then waiting for one moment would be no use.
		k.even = known && high < total/2
		k.ends = now.Add(k.window)
	}
	if renewed {
		k.left, k.doubt = low, high-low
	} else {
		left := min(max(k.left, low), high)
		k.doubt = min(max(k.doubt-max(left-k.left, 0), 0), high-left)
		k.left = left
	}
	k.total, k.asOf = total, now
}

// assume takes a window that is over to be followed by a full one: a request of it passed, and the answer did not
// tell of this bucket.
func (k *bucket) assume(now time.Time) {
	k.left, k.doubt, k.ends = k.total-k.flying, 0, now.Add(k.window)
}

// close blocks the bucket after a 429, whose Retry-After is the one word about when a window ends that every
// target has.
func (k *bucket) close(until time.Time) {
	if until.After(k.blocked) {
		k.blocked = until
	}
	k.ends, k.even = k.blocked, false
	k.probing = true
}
