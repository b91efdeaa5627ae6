package httpx_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

// Whatever goes wrong, no key, address, query value, id, host or piece of a body is in an error, a log line or a
// recorded call.
func TestCanary_NothingPersonalOrSecretGetsOut(t *testing.T) {
	t.Parallel()
	const (
		key   = "key-c4n4ry"
		mail  = "eve.c4n4ry@example.com"
		query = "query-c4n4ry"
		id    = "id-c4n4ry"
		reply = "reply-c4n4ry"
	)
	leak := errors.New("transport says https://h/" + id + "?email=" + mail + " " + key + " " + query)
	headers := []string{"X-Request-Id", mail, "Set-Cookie", "s=" + key, "X-Echo", mail, "Location", "https://" + mail + "/?" + query}
	with := func(status int, more ...string) step {
		return answer(status, `{"m":"`+reply+` `+mail+`"}`, append(more, headers...)...)
	}
	tests := map[string][]step{
		"400":               {with(400)},
		"302":               {with(302)},
		"429":               {with(429, "Retry-After", "60")},
		"503":               {with(503)},
		"not JSON":          {answer(200, "<"+reply+mail)},
		"wrong type":        {answer(200, `"`+reply+mail+`"`)},
		"lost":              {fail(leak)},
		"lost in transport": {fail(&url.Error{Op: "Get", URL: "https://h/?" + query, Err: leak})},
		"dial":              {fail(&net.OpError{Op: "dial", Net: "tcp", Err: leak})},
		"dns":               {fail(&net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: key + ".example.com", Err: query}})},
		"cut": {func(r *http.Request) (*http.Response, error) {
			resp, _ := with(200)(r)
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, brokenReader{leak}))
			return resp, nil
		}},
		"too large": {answer(200, string(bytes.Repeat([]byte(reply), 10000)))},
		"hang":      {hang},
		"no answer": {func(*http.Request) (*http.Response, error) { return nil, nil }},
	}
	for name, steps := range tests {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+"/"+method, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					var log bytes.Buffer
					c := newClient(t, newScript(steps...), httpx.Options{
						BaseURL:          "https://host-c4n4ry.example.com/api",
						MaxResponseBytes: 1000, MaxAttempts: 2, AttemptTimeout: time.Second,
						Logger:    slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
						Authorize: func(r *http.Request) error { r.SetBasicAuth(key, "X"); return nil },
					})
					var rec httpx.Recorder
					resp, err := c.Do(httpx.WithRecorder(t.Context(), &rec), &httpx.Request{
						Method: method, Path: "/users/{id}", PathValues: map[string]string{"id": id},
						Query: url.Values{"email": {mail}, "q": {query}}, Body: map[string]string{"email": mail},
					})
					if err == nil {
						var v map[string]any
						err = resp.Decode(&v)
					}
					e := asError(t, err)
					calls, jsonErr := json.Marshal(rec.Calls())
					require.NoError(t, jsonErr)
					require.NotEmpty(t, rec.Calls())
					asJSON, jsonErr := json.Marshal(e)
					require.NoError(t, jsonErr)
					slog.New(slog.NewTextHandler(&log, nil)).Error("plain logger", "err", err, "wrapped", fmt.Errorf("op: %w", err))
					out := []string{
						err.Error(), fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err), string(calls), string(asJSON), log.String(),
						fmt.Sprintf("%+v", rec.Calls()), e.RequestID,
					}
					for u := errors.Unwrap(err); u != nil; u = errors.Unwrap(u) {
						out = append(out, u.Error(), fmt.Sprintf("%v %+v %s", u, u, u))
					}
					for _, text := range out {
						assert.NotContains(t, text, "c4n4ry")
						assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(key+":X")))
					}
					assert.Contains(t, log.String(), "/users/{id}")
				})
			})
		}
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestLog_OneLinePerAttemptAndOnePerFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var buf bytes.Buffer
		c := newClient(t, newScript(answer(503, ""), answer(409, "", "X-Request-Id", "r-2")), httpx.Options{
			Logger: slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{
				Level: slog.LevelDebug,
				ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
					if len(groups) == 0 && a.Key == slog.TimeKey {
						return slog.Attr{}
					}
					return a
				},
			})),
		})
		_, err := c.Do(t.Context(), &httpx.Request{Method: "PUT", Path: "/users/{id}", PathValues: map[string]string{"id": "1"}})
		require.Error(t, err)
		const a = `{"level":"DEBUG","msg":"target attempt","method":"PUT","pattern":"/users/{id}",`
		assert.Equal(t, a+`"status":503,"kind":"unavailable","attempt":1,"duration":0,"waited":0,"target_request_id":""}
`+a+`"status":409,"kind":"status","attempt":2,"duration":0,"waited":0,"target_request_id":"r-2"}
{"level":"WARN","msg":"target call failed","call":{"kind":"status","method":"PUT","pattern":"/users/{id}","status":409,"attempts":2,"target_request_id":"r-2","sent":true}}
`, buf.String())
	})
}

func TestError_SeesThroughItsCause(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	_, err := newClient(t, newScript(fail(&net.OpError{Op: "read", Err: own})), httpx.Options{}).Do(
		t.Context(), &httpx.Request{Method: http.MethodPost, Path: "/x"})
	assert.ErrorIs(t, err, own)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Equal(t, httpx.KindAmbiguous, httpx.KindOf(fmt.Errorf("create: %w", err)))
	assert.Empty(t, httpx.KindOf(own))
	assert.Empty(t, httpx.KindOf(nil))
}
