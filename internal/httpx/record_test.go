package httpx_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

func TestRecorder_RecordsEachAttempt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(30 * time.Millisecond)
			return answer(200, "{}", "X-Request-Id", "ok-1")(r)
		}
		rt := newScript(fail(errLost), answer(429, "", "Retry-After", "2", "X-Request-Id", "ada@example.com"), slow)
		c := newClient(t, rt, httpx.Options{})
		begin := time.Now()
		var rec httpx.Recorder
		_, err := c.Do(httpx.WithRecorder(t.Context(), &rec), &httpx.Request{
			Method: http.MethodPut, Path: "/requesters/{id}", PathValues: map[string]string{"id": "17"},
		})
		require.NoError(t, err)
		const p = "/requesters/{id}"
		at := func(d time.Duration) time.Time { return begin.Add(d) }
		assert.Equal(t, []httpx.Call{
			{Method: "PUT", Pattern: p, Kind: httpx.KindUnavailable, Start: at(0), Attempt: 1},
			{Method: "PUT", Pattern: p, Status: 429, Kind: httpx.KindRateLimited, Start: at(250 * time.Millisecond), Attempt: 2},
			{
				Method: "PUT", Pattern: p, Status: 200, Start: at(2250 * time.Millisecond), Duration: 30 * time.Millisecond,
				Waited: 2 * time.Second, Attempt: 3, RequestID: "ok-1",
			},
		}, rec.Calls())
	})
}

func TestRecorder_PatternOverride(t *testing.T) {
	t.Parallel()
	var rec httpx.Recorder
	r := get("/api/v2/list/next")
	r.Pattern = "/list"
	_, err := newClient(t, newScript(answer(404, "")), httpx.Options{}).Do(httpx.WithRecorder(t.Context(), &rec), r)
	assert.EqualError(t, err, "GET /list: status: status 404")
	require.Len(t, rec.Calls(), 1)
	assert.Equal(t, "/list", rec.Calls()[0].Pattern)
}

func TestRecorder_RedirectsAreCalls(t *testing.T) {
	t.Parallel()
	var rec httpx.Recorder
	rt := newScript(answer(302, "", "Location", "/api/v2/y"), answer(200, "{}"))
	_, err := newClient(t, rt, httpx.Options{}).Do(httpx.WithRecorder(t.Context(), &rec), get("/x"))
	require.NoError(t, err)
	require.Len(t, rec.Calls(), 2)
	assert.Equal(t, 302, rec.Calls()[0].Status)
	assert.Empty(t, rec.Calls()[0].Kind)
}

// What the budget refuses never reached the target and is not one of its calls.
func TestRecorder_RefusedByTheBudgetIsNoCall(t *testing.T) {
	t.Parallel()
	c := newClient(t, newScript(answer(429, "", "Retry-After", "60")), httpx.Options{})
	var rec httpx.Recorder
	ctx := httpx.WithRecorder(t.Context(), &rec)
	for range 3 {
		_, err := c.Do(ctx, get("/x"))
		assert.Equal(t, httpx.KindRateLimited, httpx.KindOf(err))
	}
	assert.Len(t, rec.Calls(), 1)
}

func TestRecorder_NestedAndConcurrent(t *testing.T) {
	t.Parallel()
	c := newClient(t, newScript(answer(200, "{}")), httpx.Options{})
	var outer httpx.Recorder
	ctx := httpx.WithRecorder(t.Context(), &outer)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			var inner httpx.Recorder
			_, _ = c.Do(httpx.WithRecorder(ctx, &inner), get("/x"))
			assert.Len(t, inner.Calls(), 1)
		})
	}
	wg.Wait()
	calls := outer.Calls()
	assert.Len(t, calls, 10)
	calls[0].Method = "changed"
	assert.NotEqual(t, "changed", outer.Calls()[0].Method, "the list is a copy")
	assert.Equal(t, ctx, httpx.WithRecorder(ctx, nil))
}

func TestDryRun_WithholdsWrites(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(200, "{}"))
	hooked := false
	c := newClient(t, rt, httpx.Options{Authorize: func(*http.Request) error { hooked = true; return nil }})
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		var rec httpx.Recorder
		ctx := httpx.WithRecorder(httpx.WithDryRun(t.Context()), &rec)
		_, err := c.Do(ctx, &httpx.Request{Method: method, Path: "/x", Body: map[string]any{"a": 1}})
		e := asError(t, err)
		assert.ErrorIs(t, err, httpx.ErrDryRun)
		assert.Equal(t, httpx.KindDryRun, e.Kind)
		assert.False(t, e.Ambiguous())
		require.Len(t, rec.Calls(), 1)
		assert.True(t, rec.Calls()[0].DryRun)
		assert.Equal(t, method, rec.Calls()[0].Method)
	}
	assert.Empty(t, rt.calls())
	assert.False(t, hooked)

	var rec httpx.Recorder
	_, err := c.Do(httpx.WithRecorder(httpx.WithDryRun(t.Context()), &rec), get("/x"))
	require.NoError(t, err)
	assert.False(t, rec.Calls()[0].DryRun)
}

func TestDryRun_SendsWhatIsHarmless(t *testing.T) {
	t.Parallel()
	rt := newScript(answer(200, "{}"))
	c := newClient(t, rt, httpx.Options{})
	var rec httpx.Recorder
	_, err := c.Do(httpx.WithRecorder(httpx.WithDryRun(t.Context()), &rec), &httpx.Request{Method: "POST", Path: "/token", Harmless: true})
	require.NoError(t, err)
	require.Len(t, rec.Calls(), 1)
	assert.False(t, rec.Calls()[0].DryRun)
	assert.Len(t, rt.calls(), 1)
}
