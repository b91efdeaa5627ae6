package zendesk

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/internal/httpx"
)

// Reference 2.2 and 2.3.
func TestRateHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path string
		status       int
		header       map[string]string
		want         httpx.RateHint
	}{
		"older headers": {header: map[string]string{"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "699"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Bucket: "account", Total: 700, Remaining: 699}}}},
		"newer headers": {header: map[string]string{"ratelimit-limit": "700", "ratelimit-remaining": "5", "ratelimit-reset": "41"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Bucket: "account", Total: 700, Remaining: 5, Reset: 41 * time.Second}}}},
		"account used up": {status: 429, header: map[string]string{"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "0"},
			want: httpx.RateHint{Bucket: "account", Limits: []httpx.Limit{{Bucket: "account", Total: 700}}}},
		"jobs in flight": {method: "POST", path: "/api/v2/users/create_many", header: map[string]string{"zendesk-ratelimit-inflight-jobs": "total=30; remaining=29; resets=60"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Bucket: "jobs", Total: 30, Remaining: 29, Window: 10 * time.Second}}}},
		"incremental export": {path: "/api/v2/incremental/users/cursor", header: map[string]string{"Zendesk-RateLimit-incremental-exports-cursor": "total=20; remaining=3; resets=30"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Bucket: "incremental exports by cursor", Total: 20, Remaining: 3, Reset: 30 * time.Second}}}},
		"search": {path: "/api/v2/search", header: map[string]string{"Zendesk-RateLimit-search-index": "total=2500; remaining=2499; resets=60"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Bucket: "search", Total: 2500, Remaining: 2499, Reset: time.Minute}}}},
		"update of a user": {method: "PUT", path: "/api/v2/users/7", header: map[string]string{"Zendesk-RateLimit-create-update-user": "total=5; remaining=4; resets=53"},
			want: httpx.RateHint{Limits: []httpx.Limit{{Total: 5, Remaining: 4, Reset: 53 * time.Second}, {Bucket: bucketUpdates, Total: 1, Window: time.Second}}}},
		"nonsense": {header: map[string]string{"X-Rate-Limit": "many", "zendesk-ratelimit-inflight-jobs": "total=; remaining=-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := &http.Response{StatusCode: max(c.status, 200), Header: http.Header{}, Request: &http.Request{Method: c.method, URL: &url.URL{Path: c.path}}}
			for k, v := range c.header {
				resp.Header.Set(k, v)
			}
			assert.Equal(t, c.want, readRates(resp))
		})
	}
}
