package httpx

import (
	"math"
	"time"
)

const (
	// maxBuckets bounds the buckets kept for one account; idle ones go first. Targets have limits per record
	// (Zendesk: updates of one user), so their number has no natural end.
	maxBuckets = 512
	// probeInterval is how long the first request after a block keeps the others back when it gets no answer.
	probeInterval = time.Second
)

// bucket is one limit of the target. All times are the budget's; Budget.mu guards it.
type bucket struct {
	window time.Duration

	total  float64 // credits of a window, 0 if unknown
	left   float64 // credits left at the time asOf, those in flight taken off
	asOf   time.Time
	reset  time.Time // when the window ends; zero: credits come back evenly
	flying float64   // credits of attempts that have no answer yet

	blocked  time.Time // closed until then
	probing  bool      // the block is over, and no answer has shown yet that the target agrees
	probes   int       // probes in flight
	nextOpen time.Time // when another probe may go although the last has no answer
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
	for _, full := range []bool{true, false} {
		for n, k := range b.buckets {
			k.refill(now)
			if used[n] || k.flying > 0 || full && (k.blocked.After(now) || k.left < k.total) {
				continue
			}
			delete(b.buckets, n)
		}
		if len(b.buckets) < maxBuckets {
			return
		}
	}
}

// refill credits what came back since asOf.
func (k *bucket) refill(now time.Time) {
	passed := now.Sub(k.asOf)
	if passed <= 0 {
		return
	}
	k.asOf = now
	if k.total == 0 {
		return
	}
	if !k.reset.IsZero() {
		if now.Before(k.reset) {
			return
		}
		k.left, k.reset = k.total-k.flying, time.Time{}
		return
	}
	k.left = min(k.total-k.flying, k.left+k.rate()*passed.Seconds())
}

// rate is how many credits come back in a second.
func (k *bucket) rate() float64 { return k.total / k.window.Seconds() }

// ready returns the zero time if cost credits can be had now, else when to ask again. ahead is what others get
// first, floor the share of the total that must stay.
func (k *bucket) ready(now time.Time, cost, ahead, floor float64) time.Time {
	if k.blocked.After(now) {
		return k.blocked
	}
	if k.probing {
		if k.probes == 0 && ahead == 0 || !k.nextOpen.After(now) {
			return time.Time{}
		}
		return k.nextOpen
	}
	if k.total == 0 {
		return time.Time{}
	}
	// A request that wants more than a whole window, or than the reserve leaves of a small one, goes when the
	// window is full.
	need := ahead + min(cost+floor*k.total, k.total)
	const slack = 1e-6
	if k.left+slack >= need {
		return time.Time{}
	}
	if k.reset.IsZero() {
		wait := (need - k.left) / k.rate()
		return now.Add(time.Duration(wait*float64(time.Second)) + time.Millisecond)
	}
	further := math.Ceil(need/k.total) - 1
	return k.reset.Add(time.Duration(max(further, 0)) * k.window)
}

// take draws credits, and reports whether the request is a probe.
func (k *bucket) take(now time.Time, cost float64) bool {
	k.left -= cost
	k.flying += cost
	if !k.probing {
		return false
	}
	k.probes++
	k.nextOpen = now.Add(probeInterval)
	return true
}

// done notes that an attempt has ended.
func (k *bucket) done(cost float64, probe, passed bool) {
	k.flying = max(0, k.flying-cost)
	if !probe {
		return
	}
	k.probes = max(0, k.probes-1)
	if passed {
		k.probing = false
	}
}

// undo gives back what a request drew that was never sent.
func (k *bucket) undo(cost float64, probe bool) {
	k.left += cost
	k.done(cost, probe, false)
}

// learn takes over what the target reports, less what is still in flight.
func (k *bucket) learn(now time.Time, l Limit) {
	if l.Window > 0 {
		k.window = l.Window
	}
	k.total = float64(l.Total)
	k.left = min(float64(max(l.Remaining, 0)), k.total) - k.flying
	k.asOf = now
	k.reset = time.Time{}
	if l.Reset > 0 {
		k.reset = now.Add(min(l.Reset, maxRetryAfter))
	}
}

// close blocks the bucket after a 429.
func (k *bucket) close(until time.Time) {
	if until.After(k.blocked) {
		k.blocked = until
	}
	k.probing = true
}
