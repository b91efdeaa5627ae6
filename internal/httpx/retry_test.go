package httpx_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/internal/testx"
)

// Each rule of the package documentation against each method.
func TestDo_RetryRules(t *testing.T) {
	t.Parallel()
	repeatable := []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete}
	others := []string{http.MethodPost, http.MethodPatch}
	all := append(append([]string(nil), repeatable...), others...)
	tests := []struct {
		name      string
		methods   []string
		override  httpx.Idempotency
		step      step
		tries     int
		kind      httpx.Kind
		ambiguous bool // for methods other than GET and HEAD
	}{
		{"not sent", all, 0, fail(errDial), 3, httpx.KindUnavailable, false},
		{"429", all, 0, answer(429, "", "Retry-After", "1"), 3, httpx.KindRateLimited, false},
		{"lost", repeatable, 0, fail(errLost), 3, httpx.KindUnavailable, true},
		{"lost", others, 0, fail(errLost), 1, httpx.KindAmbiguous, true},
		{"500", repeatable, 0, answer(500, ""), 3, httpx.KindUnavailable, true},
		{"500", others, 0, answer(500, ""), 1, httpx.KindUnavailable, true},
		{"502", repeatable, 0, answer(502, ""), 3, httpx.KindUnavailable, true},
		{"502", others, 0, answer(502, ""), 1, httpx.KindUnavailable, true},
		{"503", repeatable, 0, answer(503, "", "Retry-After", "1"), 3, httpx.KindUnavailable, true},
		{"503", others, 0, answer(503, "", "Retry-After", "1"), 1, httpx.KindUnavailable, true},
		{"504", repeatable, 0, answer(504, ""), 3, httpx.KindUnavailable, true},
		{"504", others, 0, answer(504, ""), 1, httpx.KindUnavailable, true},
		{"524 of an edge", repeatable, 0, answer(524, ""), 3, httpx.KindUnavailable, true},
		{"501", all, 0, answer(501, ""), 1, httpx.KindStatus, false},
		{"400", all, 0, answer(400, ""), 1, httpx.KindStatus, false},
		{"404", all, 0, answer(404, ""), 1, httpx.KindStatus, false},
		{"409", all, 0, answer(409, ""), 1, httpx.KindStatus, false},
		{"timeout", repeatable, 0, hang, 3, httpx.KindUnavailable, true},
		{"timeout", others, 0, hang, 1, httpx.KindAmbiguous, true},
		{"POST marked idempotent, lost", []string{http.MethodPost}, httpx.Idempotent, fail(errLost), 3, httpx.KindUnavailable, true},
		{"POST marked idempotent, 503", []string{http.MethodPost}, httpx.Idempotent, answer(503, ""), 3, httpx.KindUnavailable, true},
		{"PUT marked not idempotent, lost", []string{http.MethodPut}, httpx.NotIdempotent, fail(errLost), 1, httpx.KindAmbiguous, true},
		{"PUT marked not idempotent, 502", []string{http.MethodPut}, httpx.NotIdempotent, answer(502, ""), 1, httpx.KindUnavailable, true},
		{"PUT marked not idempotent, not sent", []string{http.MethodPut}, httpx.NotIdempotent, fail(errDial), 3, httpx.KindUnavailable, false},
	}
	for _, tt := range tests {
		for _, method := range tt.methods {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					rt := newScript(tt.step)
					c := newClient(t, rt, httpx.Options{MaxAttempts: 3, AttemptTimeout: time.Second})
					_, err := c.Do(t.Context(), &httpx.Request{
						Method: method, Path: "/requesters", Body: []byte(`{"a":1}`), Idempotency: tt.override,
					})
					e := asError(t, err)
					assert.Len(t, rt.calls(), tt.tries)
					assert.Equal(t, tt.tries, e.Attempts)
					assert.Equal(t, tt.kind, e.Kind)
					safe := method == http.MethodGet || method == http.MethodHead
					assert.Equal(t, tt.ambiguous && !safe, e.Ambiguous())
					if n, err := strconv.Atoi(tt.name); err == nil {
						assert.Equal(t, n, e.Status)
					}
					for _, s := range rt.calls() {
						assert.Equal(t, `{"a":1}`, s.body, "every attempt sends the whole body")
					}
				})
			})
		}
	}
}

// inBubble runs a parallel test in a bubble of fake time.
func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

func TestDo_RetryAfter(t *testing.T) {
	t.Parallel()
	// A synctest bubble begins at midnight UTC of this day.
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		status int
		header string
		want   time.Duration // wait before the second attempt; -1: there is none
		told   time.Duration // RetryAfter of the error, if there is no second attempt
	}{
		{"429 seconds", 429, "7", 7 * time.Second, 0},
		{"503 seconds", 503, "7", 7 * time.Second, 0},
		{"429 date", 429, begin.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second, 0},
		{"503 date", 503, begin.Add(9 * time.Second).Format(http.TimeFormat), 9 * time.Second, 0},
		{"429 date in RFC 850 form", 429, begin.Add(9 * time.Second).Format(time.RFC850), 9 * time.Second, 0},
		{"429 at the limit of patience", 429, "20", 20 * time.Second, 0},
		{"429 past patience", 429, "21", -1, 21 * time.Second},
		{"503 past patience", 503, "21", -1, 21 * time.Second},
		{"429 of an hourly account", 429, "1521", -1, 1521 * time.Second},
		{"429 absurd", 429, "99999999999999999999999", -1, time.Hour},
		{"429 absurd date", 429, begin.AddDate(100, 0, 0).Format(http.TimeFormat), -1, time.Hour},
		{"429 absent", 429, "", -1, time.Minute},
		{"429 garbage", 429, "soon", -1, time.Minute},
		{"429 negative", 429, "-5", -1, time.Minute},
		{"429 date in the past backs off", 429, begin.Add(-time.Hour).Format(http.TimeFormat), 250 * time.Millisecond, 0},
		{"429 zero backs off", 429, "0", 250 * time.Millisecond, 0},
		{"503 absent backs off", 503, "", 250 * time.Millisecond, 0},
		{"503 shorter than the backoff", 503, "0", 250 * time.Millisecond, 0},
		{"500 with the header", 500, "3", 3 * time.Second, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var fields []string
				if tt.header != "" {
					fields = []string{"Retry-After", tt.header}
				}
				rt := newScript(answer(tt.status, `{}`, fields...), answer(200, `{}`))
				c := newClient(t, rt, httpx.Options{})
				start := time.Now()
				_, err := c.Do(t.Context(), get("/x"))
				if tt.want >= 0 {
					require.NoError(t, err)
					assert.Equal(t, []time.Duration{tt.want}, rt.gaps())
					return
				}
				e := asError(t, err)
				assert.Equal(t, tt.told, e.RetryAfter)
				assert.Equal(t, tt.status, e.Status)
				assert.Equal(t, []byte(`{}`), e.Body)
				assert.Zero(t, time.Since(start), "fails at once")
			})
		})
	}
}

func TestDo_RetryAfterNeverPassesTheDeadline(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				rt := newScript(answer(status, "", "Retry-After", "5"))
				c := newClient(t, rt, httpx.Options{})
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				start := time.Now()
				_, err := c.Do(ctx, get("/x"))
				e := asError(t, err)
				assert.Equal(t, 5*time.Second, e.RetryAfter)
				assert.Equal(t, status, e.Status)
				assert.Zero(t, time.Since(start))
				assert.Len(t, rt.calls(), 1)
			})
		})
	}
}

func TestDo_BackoffNeverPassesTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(fail(errDial))
		c := newClient(t, rt, httpx.Options{MaxAttempts: 10})
		ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
		defer cancel()
		_, err := c.Do(ctx, get("/x"))
		assert.Equal(t, httpx.KindUnavailable, httpx.KindOf(err))
		assert.Equal(t, []time.Duration{250 * time.Millisecond}, rt.gaps(), "the next wait of 500 ms would end at 750 ms")
	})
}

func TestDo_PatienceBoundsAllWaitsTogether(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(503, "", "Retry-After", "8"))
		c := newClient(t, rt, httpx.Options{MaxAttempts: 10})
		start := time.Now()
		_, err := c.Do(t.Context(), get("/x"))
		e := asError(t, err)
		assert.Equal(t, httpx.KindUnavailable, e.Kind)
		assert.Equal(t, []time.Duration{8 * time.Second, 8 * time.Second}, rt.gaps())
		assert.Equal(t, 16*time.Second, time.Since(start), "the third wait would make 24 s of 20 s")
	})
}

func TestDo_PatienceOfTheRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "", "Retry-After", "120"), answer(200, "{}"))
		c := newClient(t, rt, httpx.Options{})
		r := get("/x")
		r.Patience = 3 * time.Minute
		_, err := c.Do(t.Context(), r)
		require.NoError(t, err)
		assert.Equal(t, []time.Duration{2 * time.Minute}, rt.gaps())
	})
}

func TestDo_BackoffDoublesUpToItsLimitUnderFullJitter(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		draws := []float64{1, 0.5, 0, 0.25, 1}
		rt := newScript(fail(errDial))
		c := newClient(t, rt, httpx.Options{
			MaxAttempts: 6, BackoffMin: 100 * time.Millisecond, BackoffMax: time.Second,
			Jitter: func() float64 {
				f := draws[0]
				draws = draws[1:]
				return f
			},
		})
		_, err := c.Do(t.Context(), get("/x"))
		assert.Error(t, err)
		assert.Equal(t, []time.Duration{
			100 * time.Millisecond, // 1 × 100
			100 * time.Millisecond, // 0.5 × 200
			0,                      // 0 × 400
			200 * time.Millisecond, // 0.25 × 800
			time.Second,            // 1 × min(1600, 1000)
		}, rt.gaps())
	})
}

// The library has no clock hook; no wait may be on its timers.
func TestDo_WaitsOnTheInjectedClock(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		clock := testx.NewClock(time.Time{})
		rt := newScript(answer(503, "", "Retry-After", "10"), answer(429, "", "Retry-After", "9"), answer(200, "{}"))
		c := newClient(t, rt, httpx.Options{Clock: clock})
		done := make(chan error, 1)
		go func() {
			_, err := c.Do(t.Context(), get("/x"))
			done <- err
		}()
		settle := func() { // lets the library's own timers of zero run, and no more than an hour of others
			time.Sleep(time.Hour)
			synctest.Wait()
		}
		settle()
		assert.Len(t, rt.calls(), 1)
		clock.Advance(10*time.Second - 1)
		settle()
		assert.Len(t, rt.calls(), 1)
		clock.Advance(1)
		settle()
		assert.Len(t, rt.calls(), 2)
		clock.Advance(9*time.Second - 1)
		settle()
		assert.Len(t, rt.calls(), 2)
		clock.Advance(1)
		require.NoError(t, <-done)
		assert.Zero(t, clock.Pending(), "no timer is left behind")
	})
}

func TestDo_AttemptTimeoutIsPerAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(status int, d time.Duration) step {
			return func(r *http.Request) (*http.Response, error) {
				select {
				case <-time.After(d):
					return answer(status, "{}")(r)
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
			}
		}
		rt := newScript(hang, slow(503, 900*time.Millisecond), hang, slow(200, 900*time.Millisecond))
		c := newClient(t, rt, httpx.Options{AttemptTimeout: time.Second, Jitter: func() float64 { return 0 }})
		start := time.Now()
		resp, err := c.Do(t.Context(), get("/x"))
		require.NoError(t, err)
		assert.Equal(t, 4, resp.Attempts)
		assert.Equal(t, 3800*time.Millisecond, time.Since(start), "all attempts together may take longer than one")
	})
}

// slowBody gives its bytes only after its request was given up.
type slowBody struct{ ctx context.Context }

func (b slowBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}
func (slowBody) Close() error { return nil }

func TestDo_AttemptTimeoutCoversTheBody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		stuck := func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 201, Header: http.Header{}, ContentLength: -1, Body: slowBody{r.Context()}}, nil
		}
		c := newClient(t, newScript(stuck), httpx.Options{AttemptTimeout: time.Second})
		start := time.Now()
		_, err := c.Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
		e := asError(t, err)
		assert.Equal(t, httpx.KindAmbiguous, e.Kind)
		assert.True(t, e.Ambiguous())
		assert.Equal(t, "POST /x: ambiguous: no answer in time", e.Error())
		assert.Equal(t, time.Second, time.Since(start))
	})
}

func TestDo_ContextErrorsWin(t *testing.T) {
	t.Parallel()
	canceled := func(t *testing.T) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		return ctx, cancel
	}
	late := func(t *testing.T) (context.Context, context.CancelFunc) {
		return context.WithTimeout(t.Context(), 100*time.Millisecond)
	}
	tests := []struct {
		name string
		ctx  func(*testing.T) (context.Context, context.CancelFunc)
		step step
		kind httpx.Kind
		is   error
		sent bool
	}{
		{"canceled in flight", canceled, hang, httpx.KindCanceled, context.Canceled, true},
		{"deadline in flight", late, hang, httpx.KindDeadlineExceeded, context.DeadlineExceeded, true},
		{"canceled during backoff", canceled, answer(429, "", "Retry-After", "1"), httpx.KindCanceled, context.Canceled, false},
		{"canceled during 503's wait", canceled, answer(503, "", "Retry-After", "1"), httpx.KindCanceled, context.Canceled, true},
	}
	for _, tt := range tests {
		for _, method := range []string{http.MethodPut, http.MethodPost} {
			t.Run(tt.name+"/"+method, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					ctx, cancel := tt.ctx(t)
					defer cancel()
					rt := newScript(tt.step)
					c := newClient(t, rt, httpx.Options{})
					_, err := c.Do(ctx, &httpx.Request{Method: method, Path: "/x", Idempotency: httpx.Idempotent})
					e := asError(t, err)
					assert.Equal(t, tt.kind, e.Kind)
					assert.ErrorIs(t, err, tt.is)
					assert.Equal(t, tt.sent, e.Ambiguous())
					assert.Len(t, rt.calls(), 1)
				})
			})
		}
	}
}

func TestDo_ContextEndedBeforehandSendsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rt := newScript(answer(200, "{}"))
	_, err := newClient(t, rt, httpx.Options{}).Do(ctx, get("/x"))
	assert.Equal(t, httpx.KindCanceled, httpx.KindOf(err))
	assert.Empty(t, rt.calls())
}

// An answer that came is worth more than the news that nobody waits for it: the record exists.
func TestDo_WholeAnswerWinsOverContext(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 409} {
		ctx, cancel := context.WithCancel(t.Context())
		rt := newScript(func(r *http.Request) (*http.Response, error) {
			cancel()
			return answer(status, `{"id":1}`)(r)
		})
		resp, err := newClient(t, rt, httpx.Options{}).Do(ctx, &httpx.Request{Method: http.MethodPost, Path: "/x"})
		if status == 201 {
			require.NoError(t, err)
			assert.Equal(t, []byte(`{"id":1}`), resp.Body)
			continue
		}
		assert.Equal(t, 409, asError(t, err).Status)
		assert.Equal(t, httpx.KindStatus, httpx.KindOf(err))
	}
}

func TestDo_PostIsSentAgainOnlyWhereItWasRejected(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(fail(errDial), answer(429, "", "Retry-After", "1"), answer(201, "{}"))
		resp, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
		require.NoError(t, err)
		assert.Equal(t, 3, resp.Attempts)
		assert.False(t, resp.Sent)
	})
}

// A DELETE whose first answer was lost and whose repetition finds nothing has succeeded; the caller has to know.
func TestDo_SentIsKeptOverLaterAttempts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := &httpx.Request{Method: http.MethodDelete, Path: "/x"}
		_, err := newClient(t, newScript(fail(errLost), answer(404, "")), httpx.Options{}).Do(t.Context(), r)
		e := asError(t, err)
		assert.Equal(t, 404, e.Status)
		assert.True(t, e.Sent)
		assert.True(t, e.Ambiguous())

		r.Accept = []int{404}
		resp, err := newClient(t, newScript(fail(errLost), answer(404, "")), httpx.Options{}).Do(t.Context(), r)
		require.NoError(t, err)
		assert.True(t, resp.Sent)

		resp, err = newClient(t, newScript(answer(404, "")), httpx.Options{}).Do(t.Context(), r)
		require.NoError(t, err)
		assert.False(t, resp.Sent)
	})
}

func TestDo_AcceptedStatusIsNotRetried(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(503, "down"))
	r := get("/x")
	r.Accept = []int{503}
	resp, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, 503, resp.Status)
	assert.Equal(t, []byte("down"), resp.Body)
	assert.Len(t, rt.calls(), 1)
}

// Without an ErrorHandler the library closes the last answer and reports only "giving up".
func TestDo_LastStatusHeaderAndBodySurvive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(500, "first"), answer(502, "second"), answer(503, strings.Repeat("x", 5000), "X-Request-Id", "r-3"))
		_, err := newClient(t, rt, httpx.Options{MaxAttempts: 3}).Do(t.Context(), get("/x"))
		e := asError(t, err)
		assert.Equal(t, 503, e.Status)
		assert.Len(t, e.Body, 4096)
		assert.Equal(t, "r-3", e.RequestID)
		assert.Equal(t, "r-3", e.Header.Get("X-Request-Id"))
		assert.Equal(t, "GET /x: unavailable: status 503 after 3 attempts", e.Error())
	})
}

// The budget's refusal of a retry does not wipe out what the target said before.
func TestDo_StatusSurvivesARefusedRetry(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rt := newScript(answer(429, "slow down", "Retry-After", "5"), answer(429, "slower", "Retry-After", "30"))
		_, err := newClient(t, rt, httpx.Options{}).Do(t.Context(), get("/x"))
		e := asError(t, err)
		assert.Equal(t, httpx.KindRateLimited, e.Kind)
		assert.Equal(t, 429, e.Status)
		assert.Equal(t, []byte("slower"), e.Body)
		assert.Equal(t, 30*time.Second, e.RetryAfter)
	})
}
