package httpx_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/internal/httpx"
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
