package httpx_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
)

// freshHint reads headers of the kind that tell total and remaining of the bucket the call drew from.
func freshHint(r *http.Response) httpx.RateHint {
	total, err := strconv.Atoi(r.Header.Get("X-RateLimit-Total"))
	if err != nil {
		return httpx.RateHint{}
	}
	left, _ := strconv.Atoi(r.Header.Get("X-RateLimit-Remaining"))
	return httpx.RateHint{Limits: []httpx.Limit{{Total: total, Remaining: left}}}
}

// zenHint reads headers of the kind that tell the account's limit with its reset.
func zenHint(r *http.Response) httpx.RateHint {
	total, err := strconv.Atoi(r.Header.Get("ratelimit-limit"))
	if err != nil {
		return httpx.RateHint{}
	}
	left, _ := strconv.Atoi(r.Header.Get("ratelimit-remaining"))
	reset, _ := strconv.Atoi(r.Header.Get("ratelimit-reset"))
	return httpx.RateHint{Limits: []httpx.Limit{{
		Bucket: httpx.AccountBucket, Total: total, Remaining: left, Reset: time.Duration(reset) * time.Second,
	}}}
}

// oneIn is of a driver that knows by itself that one call is allowed in a window.
func oneIn(window time.Duration) func(*http.Response) httpx.RateHint {
	return func(*http.Response) httpx.RateHint {
		return httpx.RateHint{Limits: []httpx.Limit{{Bucket: httpx.AccountBucket, Total: 1, Window: window}}}
	}
}

func limits(total, left int) []string {
	return []string{"X-RateLimit-Total", strconv.Itoa(total), "X-RateLimit-Remaining", strconv.Itoa(left)}
}

// pool runs calls in goroutines and notes when they ended, and how.
type pool struct {
	t    *testing.T
	c    *httpx.Client
	wg   sync.WaitGroup
	mu   sync.Mutex
	errs map[string]error
	at   map[string]time.Duration
	from time.Time
}

func newPool(t *testing.T, c *httpx.Client) *pool {
	return &pool{t: t, c: c, errs: map[string]error{}, at: map[string]time.Duration{}, from: time.Now()}
}

// start begins a call and returns when it is in the queue or beyond.
func (p *pool) start(ctx context.Context, name string, r httpx.Request) {
	r.Method = http.MethodGet
	if r.Path == "" {
		r.Path = "/" + name
	}
	p.wg.Go(func() {
		_, err := p.c.Do(ctx, &r)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.errs[name] = err
		p.at[name] = time.Since(p.from)
	})
	synctest.Wait()
}

func (p *pool) wait() { p.wg.Wait() }

// err returns how a call ended, and fails the test if it has not.
func (p *pool) err(name string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	err, ended := p.errs[name]
	assert.True(p.t, ended, "%s has not ended", name)
	return err
}

// took returns when a call ended, and fails the test if it has not.
func (p *pool) took(name string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, ended := p.at[name]
	assert.True(p.t, ended, "%s has not ended", name)
	return d
}

// ended returns how many calls have ended.
func (p *pool) ended() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.errs)
}

// paths returns the last parts of the URLs that were called, in order.
func (s *script) paths() []string {
	var out []string
	for _, c := range s.calls() {
		u, _, _ := strings.Cut(c.url, "?")
		out = append(out, u[strings.LastIndex(u, "/")+1:])
	}
	return out
}

func TestBudget_UnknownLimitsHoldNobodyBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{}))
		for i := range 200 {
			p.start(t.Context(), strconv.Itoa(i), httpx.Request{})
		}
		p.wait()
		assert.Len(t, rt.calls(), 200)
		assert.Zero(t, time.Since(p.from))
	})
}

// When the window began is not known, so it is over for certain a window after the first answer that told of it.
// Then one goes ahead to find out what is there.
func TestBudget_WaitsOutAWindowOfUnknownPhase(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(300 * time.Millisecond)
			return answer(200, "{}", limits(60, 59)...)(r)
		}
		rt := newScript(answer(200, "{}", limits(60, 2)...), answer(200, "{}", limits(60, 1)...), answer(200, "{}", limits(60, 0)...),
			slow, answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Patience: 2 * time.Minute}))
		for _, n := range []string{"learn", "a", "b", "c", "d", "e"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		p.wait()
		assert.Equal(t, []string{"learn", "a", "b", "c"}, rt.paths()[:4])
		assert.Zero(t, p.took("b"), "two were left")
		assert.Equal(t, time.Minute, rt.calls()[3].at.Sub(p.from))
		assert.Equal(t, time.Minute+300*time.Millisecond, p.took("d"), "others wait for what the first finds")
		assert.Equal(t, time.Minute+300*time.Millisecond, p.took("e"))
	})
}

// A target without windows gives credits back one by one. Where few are back when a window should be over, the
// budget no longer waits for the moment when all are.
func TestBudget_CreditsThatComeBackEvenly(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 0)...), answer(200, "{}", limits(60, 2)...), answer(200, "{}", limits(60, 1)...),
			answer(200, "{}", limits(60, 0)...))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Patience: 2 * time.Minute}))
		for i := range 7 {
			p.start(t.Context(), strconv.Itoa(i), httpx.Request{})
		}
		p.wait()
		assert.Equal(t, time.Minute, p.took("3"))
		assert.Equal(t, time.Minute+time.Second, p.took("4").Round(100*time.Millisecond))
		assert.Equal(t, time.Minute+2*time.Second, p.took("5").Round(100*time.Millisecond))
	})
}

// Others use the account too: what they took shows in the next answer.
func TestBudget_WhatOthersTook(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 59)...), answer(200, "{}", limits(60, 2)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		for _, n := range []string{"learn", "a", "b", "c", "d"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		p.wait()
		require.NoError(t, p.err("c"))
		require.Error(t, p.err("d"), "no wait of a minute within its patience")
		assert.Len(t, rt.calls(), 4)
	})
}

// A window that begins by the target's own clock shows in an answer with more left than was known of.
func TestBudget_ANewWindowBeforeItsTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 1)...), answer(200, "{}", limits(60, 59)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		p.start(t.Context(), "learn", httpx.Request{})
		time.Sleep(20 * time.Second)
		for i := range 60 {
			p.start(t.Context(), strconv.Itoa(i), httpx.Request{})
		}
		p.wait()
		assert.Len(t, rt.calls(), 61)
		assert.Equal(t, 20*time.Second, time.Since(p.from))
	})
}

// Answers overtake each other. An older report must not bring back what was used meanwhile.
func TestBudget_ReportsOutOfOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		late := func(d time.Duration, left int) func(*http.Request) (*http.Response, error) {
			return func(r *http.Request) (*http.Response, error) {
				time.Sleep(d)
				return answer(200, "{}", limits(60, left)...)(r)
			}
		}
		rt := newScript(late(0, 5), late(300*time.Millisecond, 4), late(200*time.Millisecond, 3), late(100*time.Millisecond, 2), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		for i := range 4 {
			p.start(t.Context(), strconv.Itoa(i), httpx.Request{})
		}
		p.wait()
		for i := range 4 {
			p.start(t.Context(), fmt.Sprint("more", i), httpx.Request{})
		}
		p.wait()
		assert.Len(t, rt.calls(), 6, "two were left, whichever answer came last")
	})
}

func TestBudget_WaitsForTheResetThatTheTargetTells(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", "ratelimit-limit", "700", "ratelimit-remaining", "0", "ratelimit-reset", "12"), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: zenHint}))
		for _, n := range []string{"learn", "a", "b"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		p.wait()
		assert.Equal(t, 12*time.Second, p.took("a"))
		assert.Equal(t, 12*time.Second, p.took("b"))
	})
}

func TestBudget_WindowThatTheDriverKnows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: oneIn(time.Second)}))
		for _, n := range []string{"learn", "a", "b", "c"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		p.wait()
		for i, n := range []string{"learn", "a", "b", "c"} {
			assert.Equal(t, time.Duration(i)*time.Second, p.took(n).Round(100*time.Millisecond), "one a second")
		}
	})
}

func TestBudget_InteractiveGoesAheadOfBackground(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}"))
		budget := httpx.NewBudget(&httpx.BudgetOptions{BackgroundReserve: -1})
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: oneIn(time.Second), Budget: budget}))
		p.start(t.Context(), "learn", httpx.Request{})
		for _, n := range []string{"b1", "b2", "i1", "b3", "i2"} {
			class := httpx.Interactive
			if n[0] == 'b' {
				class = httpx.Background
			}
			p.start(t.Context(), n, httpx.Request{Class: class})
		}
		p.wait()
		assert.Equal(t, []string{"learn", "i1", "i2", "b1", "b2", "b3"}, rt.paths())
	})
}

func TestBudget_BackgroundLeavesAReserve(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		// 15 of 60 are reserved for a whole window: of 16 left, background may have one. The reserve shrinks by one in
		// four seconds; two more went meanwhile.
		rt := newScript(answer(200, "{}", limits(60, 16)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		p.start(t.Context(), "learn", httpx.Request{})
		p.start(t.Context(), "b1", httpx.Request{Class: httpx.Background})
		p.start(t.Context(), "b2", httpx.Request{Class: httpx.Background})
		p.start(t.Context(), "i1", httpx.Request{})
		p.start(t.Context(), "i2", httpx.Request{})
		p.wait()
		assert.Equal(t, []string{"learn", "b1", "i1", "i2", "b2"}, rt.paths())
		assert.Zero(t, p.took("b1"))
		assert.Zero(t, p.took("i2"))
		assert.Equal(t, 12*time.Second, p.took("b2").Round(100*time.Millisecond))
	})
}

// What a client leaves to other programs it leaves for the whole window.
func TestBudget_ReserveForOthers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 14)...), answer(200, "{}", limits(60, 13)...), answer(200, "{}", limits(60, 12)...),
			answer(200, "{}", limits(60, 59)...))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Reserve: 0.2, Patience: 2 * time.Minute}))
		for _, n := range []string{"learn", "a", "b", "c"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		time.Sleep(59 * time.Second)
		assert.Equal(t, []string{"learn", "a", "b"}, rt.paths(), "twelve of sixty stay")
		p.wait()
		assert.Equal(t, time.Minute, p.took("c"))
	})
}

func TestBudget_EachClientKeepsItsOwnReserve(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		budget := httpx.NewBudget(nil)
		rt := newScript(answer(200, "{}", limits(60, 30)...), answer(200, "{}"))
		half := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Budget: budget, Reserve: 0.5, Patience: 2 * time.Minute}))
		none := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Budget: budget}))
		none.start(t.Context(), "learn", httpx.Request{})
		half.start(t.Context(), "waits", httpx.Request{})
		for i := range 30 {
			none.start(t.Context(), strconv.Itoa(i), httpx.Request{})
			assert.Zero(t, none.took(strconv.Itoa(i)), "it is not held by one that keeps more")
		}
		none.start(t.Context(), "over", httpx.Request{})
		require.Error(t, none.err("over"))
		half.wait()
		assert.Equal(t, time.Minute, half.took("waits"))
	})
}

// Background traffic alone uses a whole window all the same: what the urgent leave by its end would be lost.
func TestBudget_BackgroundAloneUsesTheWindow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		left := 100
		rt := newScript(func(r *http.Request) (*http.Response, error) {
			left--
			return answer(200, "{}", limits(100, left)...)(r)
		})
		c := newClient(t, rt, httpx.Options{RateHint: freshHint})
		for range 97 {
			r := get("/x")
			r.Class = httpx.Background
			_, err := c.Do(t.Context(), r)
			require.NoError(t, err)
		}
		at := func(n int) time.Duration {
			return rt.calls()[n-1].at.Sub(rt.calls()[0].at).Round(100 * time.Millisecond)
		}
		assert.Zero(t, at(75))
		assert.Equal(t, 24*time.Second, at(85), "a quarter is kept back, and less and less of it")
		assert.Less(t, at(97), time.Minute)
	})
}

func TestNew_Reserve(t *testing.T) {
	t.Parallel()
	for _, r := range []float64{-0.1, 1, 2, math.NaN()} {
		_, err := httpx.New(&httpx.Options{BaseURL: "https://acme.example.com", Reserve: r})
		assert.Error(t, err, r)
	}
}

// A limit so small that reserve and cost exceed it must not shut background requests out for good.
func TestBudget_ReserveOfASmallLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(1, 0)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		p.start(t.Context(), "learn", httpx.Request{})
		p.start(t.Context(), "b1", httpx.Request{Class: httpx.Background, Cost: 5, Patience: 2 * time.Minute})
		p.wait()
		require.NoError(t, p.err("b1"))
		assert.Equal(t, time.Minute, p.took("b1").Round(time.Second))
	})
}

func TestBudget_429BlocksTheWholeBucket(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "10"), answer(200, "{}"))
		c := newClient(t, rt, httpx.Options{})
		p := newPool(t, c)
		p.start(t.Context(), "first", httpx.Request{})
		time.Sleep(3 * time.Second)
		p.start(t.Context(), "second", httpx.Request{})
		p.start(t.Context(), "short", httpx.Request{Patience: 5 * time.Second})
		assert.Len(t, rt.calls(), 1, "nobody goes while the bucket is closed")
		e := asError(t, p.err("short"))
		assert.Equal(t, httpx.KindRateLimited, e.Kind)
		assert.Equal(t, 7*time.Second, e.RetryAfter)
		assert.Zero(t, e.Attempts)
		assert.False(t, e.Sent)
		p.wait()
		assert.Equal(t, []string{"first", "first", "second"}, rt.paths(), "a retry keeps its place in the queue")
		assert.Equal(t, 10*time.Second, p.took("first"))
		assert.Equal(t, 10*time.Second, p.took("second"))
	})
}

// After a block one request goes ahead to find out; a herd would run into the next 429.
func TestBudget_OneProbeAfterABlock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(400 * time.Millisecond)
			return answer(200, "{}")(r)
		}
		rt := newScript(answer(429, "", "Retry-After", "5"), answer(429, "", "Retry-After", "5"), slow)
		p := newPool(t, newClient(t, rt, httpx.Options{}))
		for i := range 10 {
			p.start(t.Context(), fmt.Sprint("r", i), httpx.Request{})
		}
		p.wait()
		calls := rt.calls()
		require.Len(t, calls, 12)
		var at []time.Duration
		for _, c := range calls[:4] {
			at = append(at, c.at.Sub(p.from))
		}
		assert.Equal(t, []time.Duration{0, 5 * time.Second, 10 * time.Second, 10400 * time.Millisecond}, at)
		assert.Equal(t, 10800*time.Millisecond, p.took("r9"), "then all go")
	})
}

// A probe that hangs holds the others back for a second, not for its whole timeout.
func TestBudget_HangingProbe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "5"), hang, answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{MaxAttempts: 2}))
		p.start(t.Context(), "a", httpx.Request{})
		p.start(t.Context(), "b", httpx.Request{})
		p.wait()
		assert.Error(t, p.err("a"))
		require.NoError(t, p.err("b"))
		assert.Equal(t, 6*time.Second, p.took("b"))
	})
}

func TestBudget_BucketsAreApart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(
			answer(429, "", append(limits(40, 0), "Retry-After", "10")...), // of the list bucket
			answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		list := httpx.Request{Buckets: []string{"list"}}
		p.start(t.Context(), "list1", list)
		p.start(t.Context(), "list2", list)
		p.start(t.Context(), "get", httpx.Request{})
		assert.Equal(t, []string{"list1", "get"}, rt.paths(), "the block of one limit does not touch the account's")
		p.wait()
		require.NoError(t, p.err("list1"))
		require.NoError(t, p.err("list2"))
		assert.GreaterOrEqual(t, p.took("list2"), 10*time.Second)
	})
}

func TestBudget_BlockOfTheAccountHoldsItsBuckets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "10"), answer(200, "{}"))
		c := newClient(t, rt, httpx.Options{RateHint: func(*http.Response) httpx.RateHint {
			return httpx.RateHint{Bucket: httpx.AccountBucket, RetryAfter: 4 * time.Second}
		}})
		p := newPool(t, c)
		p.start(t.Context(), "list", httpx.Request{Buckets: []string{"list"}})
		p.start(t.Context(), "other", httpx.Request{Buckets: []string{"other"}})
		p.wait()
		assert.Equal(t, 4*time.Second, p.took("list"), "the driver's word overrides the header")
		assert.Equal(t, 4*time.Second, p.took("other"))
	})
}

func TestBudget_CostIsDrawn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 3)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Patience: time.Minute}))
		p.start(t.Context(), "learn", httpx.Request{})
		p.start(t.Context(), "dear", httpx.Request{Cost: 3})
		p.start(t.Context(), "next", httpx.Request{})
		p.wait()
		assert.Zero(t, p.took("dear"))
		assert.Equal(t, time.Minute, p.took("next"))
	})
}

func TestBudget_UnsentAttemptsCostNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(60, 1)...), fail(errDial), fail(errDial), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint, Jitter: func() float64 { return 0 }}))
		p.start(t.Context(), "learn", httpx.Request{})
		p.start(t.Context(), "a", httpx.Request{})
		p.wait()
		require.NoError(t, p.err("a"))
		assert.Zero(t, p.took("a"))
	})
}

func TestBudget_TooLongAWaitFailsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		// One in ten seconds: the first waits 10 s, the second 20 s, the third would wait 30 s.
		rt := newScript(answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: oneIn(10 * time.Second), Patience: 25 * time.Second}))
		for _, n := range []string{"learn", "a", "b", "c"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		e := asError(t, p.err("c"))
		assert.Equal(t, httpx.KindRateLimited, e.Kind)
		assert.Equal(t, 30*time.Second, e.RetryAfter.Round(time.Second))
		assert.Equal(t, "GET /c: rate limited: rate budget is used up", e.Error())
		assert.Zero(t, time.Since(p.from))
		p.wait()
		require.NoError(t, p.err("a"))
		require.NoError(t, p.err("b"))
	})
}

func TestBudget_WaitPastTheDeadlineFailsAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: oneIn(10 * time.Second)}))
		p.start(t.Context(), "learn", httpx.Request{})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		p.start(ctx, "a", httpx.Request{})
		e := asError(t, p.err("a"))
		assert.Equal(t, httpx.KindRateLimited, e.Kind)
		assert.Equal(t, 10*time.Second, e.RetryAfter.Round(time.Second))
		assert.Zero(t, time.Since(p.from))
	})
}

// Those who wait are turned away as soon as a new 429 puts their turn past their patience.
func TestBudget_NewBlockTurnsTheQueueAway(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "5"), answer(429, "", "Retry-After", "60"))
		p := newPool(t, newClient(t, rt, httpx.Options{}))
		for _, n := range []string{"a", "b", "c"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		p.wait()
		assert.Equal(t, 5*time.Second, time.Since(p.from))
		for _, n := range []string{"a", "b", "c"} {
			assert.Equal(t, time.Minute, asError(t, p.err(n)).RetryAfter, n)
		}
		assert.Equal(t, []string{"a", "a"}, rt.paths())
	})
}

func TestBudget_QueueLimit(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "10"), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{}))
		for i := range 100 {
			p.start(t.Context(), fmt.Sprint("q", i), httpx.Request{})
		}
		assert.Zero(t, p.ended(), "a hundred may wait")
		p.start(t.Context(), "over", httpx.Request{})
		e := asError(t, p.err("over"))
		assert.Equal(t, httpx.KindRateLimited, e.Kind)
		assert.Equal(t, 10*time.Second, e.RetryAfter)
		p.wait()
		assert.Len(t, rt.calls(), 101)
	})
}

func TestBudget_InteractiveDisplacesBackgroundInAFullQueue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "10"), answer(200, "{}"))
		budget := httpx.NewBudget(&httpx.BudgetOptions{MaxQueue: 3})
		p := newPool(t, newClient(t, rt, httpx.Options{Budget: budget}))
		p.start(t.Context(), "first", httpx.Request{})
		p.start(t.Context(), "b1", httpx.Request{Class: httpx.Background})
		p.start(t.Context(), "b2", httpx.Request{Class: httpx.Background})
		p.start(t.Context(), "i1", httpx.Request{})
		assert.Equal(t, httpx.KindRateLimited, httpx.KindOf(p.err("b2")), "the last of the least urgent goes")
		p.start(t.Context(), "b3", httpx.Request{Class: httpx.Background})
		assert.Equal(t, httpx.KindRateLimited, httpx.KindOf(p.err("b3")))
		p.wait()
		require.NoError(t, p.err("i1"))
		require.NoError(t, p.err("b1"))
	})
}

func TestBudget_CanceledInTheQueue(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: oneIn(time.Second)}))
		p.start(t.Context(), "learn", httpx.Request{})
		ctx, cancel := context.WithCancel(t.Context())
		p.start(ctx, "a", httpx.Request{})
		p.start(t.Context(), "b", httpx.Request{})
		cancel()
		synctest.Wait()
		e := asError(t, p.err("a"))
		assert.Equal(t, httpx.KindCanceled, e.Kind)
		assert.ErrorIs(t, e, context.Canceled)
		assert.False(t, e.Sent)
		assert.Zero(t, e.Attempts)
		p.wait()
		assert.Equal(t, []string{"learn", "b"}, rt.paths())
		assert.Equal(t, time.Second, p.took("b").Round(100*time.Millisecond), "it moves up")
	})
}

func TestBudget_IsSharedByClientsOfOneAccount(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		budgets := httpx.NewBudgets(nil)
		limited := newScript(answer(429, "", "Retry-After", "10"), answer(200, "{}"))
		other := newScript(answer(200, "{}"))
		one := newClient(t, limited, httpx.Options{Budget: budgets.For("acme")})
		two := newClient(t, other, httpx.Options{Budget: budgets.For("acme")})
		three := newClient(t, other, httpx.Options{Budget: budgets.For("globex")})
		p := newPool(t, one)
		p.start(t.Context(), "x", httpx.Request{})
		start := time.Now()
		_, err := three.Do(t.Context(), get("/x"))
		require.NoError(t, err)
		assert.Zero(t, time.Since(start), "another account")
		_, err = two.Do(t.Context(), get("/x"))
		require.NoError(t, err)
		assert.Equal(t, 10*time.Second, time.Since(start), "the same account")
		p.wait()
	})
}

// A report may or may not have counted what is in flight with it; the answers to that will tell.
func TestBudget_InFlightIsTakenOff(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(left int) func(*http.Request) (*http.Response, error) {
			return func(r *http.Request) (*http.Response, error) {
				time.Sleep(200 * time.Millisecond)
				return answer(200, "{}", limits(60, left)...)(r)
			}
		}
		rt := newScript(slow(4), slow(3), answer(200, "{}", limits(60, 2)...), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{RateHint: freshHint}))
		for _, n := range []string{"slow1", "slow2", "learn", "a"} {
			p.start(t.Context(), n, httpx.Request{})
		}
		assert.NotContains(t, rt.paths(), "a", "two are left and two are on their way")
		p.wait()
		require.NoError(t, p.err("a"))
		assert.Equal(t, 200*time.Millisecond, p.took("a"))
	})
}

// Limits of single records come without number; the budget does not keep them all.
func TestBudget_ManyBuckets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(200, "{}", limits(5, 4)...))
		c := newClient(t, rt, httpx.Options{RateHint: freshHint})
		for i := range 3000 {
			r := get("/x")
			r.Buckets = []string{fmt.Sprint("user-", i)}
			_, err := c.Do(t.Context(), r)
			require.NoError(t, err)
		}
		assert.Len(t, rt.calls(), 3000)
	})
}

func TestBudget_Race(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(200, "{}", limits(1000000, 900000)...))
	budget := httpx.NewBudget(nil)
	c := newClient(t, rt, httpx.Options{RateHint: freshHint, Budget: budget})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
			defer cancel()
			for j := range 25 {
				if (i+j)%7 == 0 {
					go cancel()
				}
				r := get("/x")
				r.Class = httpx.Class(j % 2)
				r.Buckets = []string{fmt.Sprint("b", j%3)}
				_, _ = c.Do(ctx, r)
			}
		})
	}
	wg.Wait()
	_, err := c.Do(t.Context(), get("/x"))
	assert.NoError(t, err)
}

// A request whose first attempt was long under way does not go behind those that came later.
func TestBudget_RetryKeepsItsPlace(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(2 * time.Second)
			return answer(429, "", "Retry-After", "3")(r)
		}
		rt := newScript(slow, answer(429, "", "Retry-After", "5"), answer(200, "{}"))
		p := newPool(t, newClient(t, rt, httpx.Options{}))
		p.start(t.Context(), "early", httpx.Request{})
		p.start(t.Context(), "blocks", httpx.Request{})
		p.start(t.Context(), "late", httpx.Request{})
		p.wait()
		require.NoError(t, p.err("early"))
		assert.Equal(t, []string{"early", "blocks", "early"}, rt.paths()[:3])
	})
}

// Permission and cancellation at the same moment: a permit that nobody uses goes back.
func TestBudget_UnusedPermitGoesBack(t *testing.T) {
	t.Parallel()
	for i := range 200 {
		synctest.Test(t, func(t *testing.T) {
			clock := testx.NewClock(time.Time{})
			rt := newScript(answer(200, "{}", "ratelimit-limit", "1", "ratelimit-remaining", "0", "ratelimit-reset", "10"), answer(200, "{}"))
			p := newPool(t, newClient(t, rt, httpx.Options{RateHint: zenHint, Clock: clock}))
			p.start(t.Context(), "learn", httpx.Request{})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			p.start(ctx, "a", httpx.Request{})
			if i%2 == 0 {
				cancel()
				clock.Advance(10 * time.Second)
			} else {
				clock.Advance(10 * time.Second)
				cancel()
			}
			p.wait()
			sent := len(rt.calls()) == 2
			p.start(t.Context(), "b", httpx.Request{})
			clock.Advance(time.Millisecond)
			p.wait()
			assert.Equal(t, !sent, p.err("b") == nil)
		})
	}
}
