package httpx

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// The defaults of [BudgetOptions].
const (
	DefaultMaxQueue          = 100
	DefaultWindow            = time.Minute
	DefaultBackgroundReserve = 0.25
)

// AccountBucket is the name of the limit that every request of an account draws from.
const AccountBucket = "account"

// RateHint is what an answer says about the target's rate limits.
type RateHint struct {
	// Limits are the states that the answer reports.
	Limits []Limit
	// RetryAfter overrides the Retry-After header, if it is more than 0.
	RetryAfter time.Duration
	// Bucket is the one that a 429 blocks. Empty: the request's most specific one.
	Bucket string
}

// Limit is the state of one bucket as the target reports it.
type Limit struct {
	// Bucket names it. Empty: the request's most specific one.
	Bucket string
	// Total is how many credits a window has; Limits with a Total of 0 or less are ignored.
	Total int
	// Remaining is how many are left.
	Remaining int
	// Reset is when the window ends, from now. 0: unknown; it is then taken to have begun with the first answer
	// that told of it.
	Reset time.Duration
	// Window is how long a window is. 0: as it was known, at first BudgetOptions.Window.
	Window time.Duration
}

// BudgetOptions configure a [Budget]. Zero values are the defaults.
type BudgetOptions struct {
	// Clock is the source of time. Default: the system's.
	Clock Clock
	// MaxQueue is how many requests may wait at once. Default: [DefaultMaxQueue].
	MaxQueue int
	// Window is the time in which a bucket's total comes back when the target does not say. Default:
	// [DefaultWindow].
	Window time.Duration
	// BackgroundReserve is the share of each bucket, in [0,1), that background requests leave to interactive
	// ones, of what Options.Reserve lets all of them have. It shrinks as a window goes on, because what nobody
	// used by its end is lost. Default: [DefaultBackgroundReserve]; a negative number is 0.
	BackgroundReserve float64
}

// Budget is the rate budget of one account. All clients of the account share it. It learns the limits from the
// answers, makes requests wait when they are used up, interactive ones ahead of background ones and else in
// order of arrival, and turns them away when the wait would be longer than their patience. Until an answer tells
// a limit there is none. It is safe for concurrent use; it starts no goroutine, and holds a timer only while
// requests wait.
type Budget struct {
	clock    Clock
	maxQueue int
	window   time.Duration
	reserve  float64

	mu      sync.Mutex
	buckets map[string]*bucket
	waiting []*waiter // in the order in which they go
	tickets uint64
	stop    func() bool // the armed timer
}

// NewBudget returns a budget that knows no limits yet.
func NewBudget(opts *BudgetOptions) *Budget {
	if opts == nil {
		opts = &BudgetOptions{}
	}
	b := &Budget{
		clock:    opts.Clock,
		maxQueue: DefaultMaxQueue,
		window:   DefaultWindow,
		reserve:  min(max(or(opts.BackgroundReserve, DefaultBackgroundReserve), 0), 0.99),
		buckets:  make(map[string]*bucket),
	}
	if b.clock == nil {
		b.clock = systemClock{}
	}
	if opts.MaxQueue > 0 {
		b.maxQueue = opts.MaxQueue
	}
	if opts.Window > 0 {
		b.window = opts.Window
	}
	return b
}

// Budgets keeps one [Budget] per account. It belongs to whoever makes the clients and is safe for concurrent use.
type Budgets struct {
	opts BudgetOptions
	mu   sync.Mutex
	all  map[string]*Budget
}

// NewBudgets returns an empty registry whose budgets are made with opts.
func NewBudgets(opts *BudgetOptions) *Budgets {
	r := &Budgets{all: make(map[string]*Budget)}
	if opts != nil {
		r.opts = *opts
	}
	return r
}

// For returns the budget of an account, the same one every time. The account is any string that names it, such
// as "freshservice/acme".
func (r *Budgets) For(account string) *Budget {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, ok := r.all[account]
	if !ok {
		b = NewBudget(&r.opts)
		r.all[account] = b
	}
	return b
}

// overBudget is the error of a request that the budget turned away.
type overBudget struct{ retryAfter time.Duration }

func (e *overBudget) Error() string { return "rate budget is used up" }

// waiter is a request in the queue.
type waiter struct {
	class   Class
	ticket  uint64
	cost    float64
	keep    share
	buckets []string
	giveUp  time.Time     // end of patience
	latest  time.Time     // end of patience or the context's deadline: waiting longer is no use
	done    chan struct{} // closed when grant or err is set; nil until somebody waits
	grant   *grant
	err     error
}

// end tells who waits.
func (w *waiter) end() {
	if w.done != nil {
		close(w.done)
	}
}

// grant is the right to send one attempt. It must be finished.
type grant struct {
	budget  *Budget
	cost    float64
	buckets []string
	draws   []draw // from each
}

// block closes a bucket after a 429.
type block struct {
	bucket string
	until  time.Time
}

// acquire waits until the call may be sent, at most for patience. It fails with the context's error or
// *overBudget.
func (b *Budget) acquire(ctx context.Context, c *call, patience time.Duration) (*grant, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	now := b.clock.Now()
	if c.ticket == 0 {
		b.tickets++
		c.ticket = b.tickets
	}
	w := &waiter{
		class: c.class, ticket: c.ticket, cost: c.cost, keep: b.keep(c), buckets: drawn(c.buckets),
		giveUp: now.Add(max(patience, 0)),
	}
	w.latest = w.giveUp
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(w.latest) {
		w.latest = deadline
	}
	at, _ := slices.BinarySearchFunc(b.waiting, w, func(a, x *waiter) int {
		return cmp.Or(cmp.Compare(a.class, x.class), cmp.Compare(a.ticket, x.ticket))
	})
	b.waiting = slices.Insert(b.waiting, at, w)
	b.dispatch(now)
	if w.grant == nil && w.err == nil && len(b.waiting) > b.maxQueue {
		b.turnAwayLast(now)
	}
	if w.grant != nil || w.err != nil {
		defer b.mu.Unlock()
		return w.grant, w.err
	}
	w.done = make(chan struct{})
	b.mu.Unlock()

	select {
	case <-w.done:
		return w.grant, w.err
	case <-ctx.Done():
		b.mu.Lock()
		b.drop(w)
		b.dispatch(b.clock.Now())
		granted := w.grant
		b.mu.Unlock()
		if granted != nil {
			granted.cancel()
		}
		return nil, ctx.Err()
	}
}

// drawn returns the account's bucket and the named ones, each once.
func drawn(named []string) []string {
	all := make([]string, 1, 1+len(named))
	all[0] = AccountBucket
	for _, n := range named {
		if n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// drop takes w out of the queue, if it is there. Call with b.mu held.
func (b *Budget) drop(w *waiter) {
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	}
}

// turnAwayLast makes room in a full queue: the least urgent request goes, the newcomer or a background one that
// it displaces. Call with b.mu held.
func (b *Budget) turnAwayLast(now time.Time) {
	w := b.waiting[len(b.waiting)-1]
	w.err = &overBudget{retryAfter: b.delay(w, now)}
	w.end()
	b.drop(w)
	b.dispatch(now)
}

// delay estimates how long w would have to wait, at least a second. Call with b.mu held.
func (b *Budget) delay(w *waiter, now time.Time) time.Duration {
	ahead := make(map[string]float64)
	for _, x := range b.waiting {
		if x != w {
			for _, n := range x.buckets {
				ahead[n] += x.cost
			}
		}
	}
	var eta time.Time
	for _, n := range w.buckets {
		if t := b.bucket(n, now).ready(now, w.cost, ahead[n], w.keep); t.After(eta) {
			eta = t
		}
	}
	return clampDelay(eta.Sub(now))
}

func clampDelay(d time.Duration) time.Duration {
	return min(max(d, time.Second), maxRetryAfter)
}

// keep is what a call leaves of each bucket.
func (b *Budget) keep(c *call) share {
	s := share{hard: c.reserve}
	if c.class == Background {
		s.soft = (1 - c.reserve) * b.reserve
	}
	return s
}

// line is who waits for a bucket.
type line struct {
	cost float64 // that they want together
	hard float64 // the least reserve that one of them keeps
}

// dispatch lets go whoever may go, turns away whoever would wait too long, and arms the timer for the next
// change. A waiter that a bucket refuses holds that bucket against all behind it who keep as large a reserve, so
// the order within a bucket is kept while other buckets go on. Call with b.mu held.
func (b *Budget) dispatch(now time.Time) {
	if b.stop != nil {
		b.stop()
		b.stop = nil
	}
	if len(b.waiting) == 0 {
		return
	}
	var lines map[string]line // of those in front who have to wait
	var next time.Time
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	left := b.waiting[:0]
	for _, w := range b.waiting {
		var eta time.Time
		held := false
		for _, n := range w.buckets {
			before, behind := lines[n]
			if behind && w.keep.hard < before.hard {
				before, behind = line{}, false
			}
			t := b.bucket(n, now).ready(now, w.cost, before.cost, w.keep)
			if held = held || behind || !t.IsZero(); t.After(eta) {
				eta = t
			}
		}
		switch {
		case !held:
			w.grant = b.take(w, now)
			w.end()
			continue
		case eta.After(w.latest) || !now.Before(w.giveUp):
			w.err = &overBudget{retryAfter: clampDelay(eta.Sub(now))}
			w.end()
			continue
		}
		if lines == nil {
			lines = make(map[string]line, 4)
		}
		for _, n := range w.buckets {
			if l, ok := lines[n]; ok {
				lines[n] = line{l.cost + w.cost, min(l.hard, w.keep.hard)}
			} else if t := b.bucket(n, now).ready(now, w.cost, 0, w.keep); !t.IsZero() {
				lines[n] = line{w.cost, w.keep.hard}
			}
		}
		if eta.After(now) {
			sooner(eta)
		}
		sooner(w.giveUp)
		left = append(left, w)
	}
	clear(b.waiting[len(left):])
	b.waiting = left
	if !next.IsZero() && len(left) > 0 {
		b.stop = b.clock.AfterFunc(next.Sub(now), b.wake)
	}
}

// wake is the timer's function.
func (b *Budget) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dispatch(b.clock.Now())
}

// take draws the credits of w. Call with b.mu held.
func (b *Budget) take(w *waiter, now time.Time) *grant {
	g := &grant{budget: b, cost: w.cost, buckets: w.buckets, draws: make([]draw, len(w.buckets))}
	for i, n := range w.buckets {
		g.draws[i] = b.bucket(n, now).take(now, w.cost)
	}
	return g
}

// cancel gives the grant back unused.
func (g *grant) cancel() {
	b := g.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	for i, n := range g.buckets {
		b.bucket(n, now).undo(g.cost, g.draws[i])
	}
	b.dispatch(now)
}

// finish gives the grant back with what the answer said, if there was one. blocked is nil unless it was a 429.
func (g *grant) finish(limits []Limit, blocked *block, answered bool) {
	b := g.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	own := g.buckets[len(g.buckets)-1]
	for i, n := range g.buckets {
		b.bucket(n, now).done(g.cost, g.draws[i], blocked == nil, answered)
	}
	for _, l := range limits {
		if l.Total <= 0 {
			continue
		}
		name := cmp.Or(l.Bucket, own)
		k := b.bucket(name, now)
		d := draw{at: now, granted: k.granted, flying: k.flying}
		if i := slices.Index(g.buckets, name); i >= 0 {
			d = g.draws[i]
		}
		k.learn(now, l, d)
	}
	if blocked != nil {
		b.bucket(cmp.Or(blocked.bucket, own), now).close(blocked.until)
	}
	for i, n := range g.buckets {
		if k := b.bucket(n, now); blocked == nil && answered && g.draws[i].probe && k.over(now) {
			k.assume(now)
		}
	}
	b.dispatch(now)
}
