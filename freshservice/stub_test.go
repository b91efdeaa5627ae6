package freshservice_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/internal/testx"
)

// A stub answers whatever a test wants to see answered: what the simulator, which
// keeps to the documentation, never would.
type stubRequest struct {
	method, path, body string
	query              url.Values
}

type stubAnswer struct {
	status int // 0: 200
	body   string
	link   string
	header http.Header
}

func stubWith(t *testing.T, answer func(*stubRequest) stubAnswer) *connector.Target {
	t.Helper()
	return stubOptions(t, &freshservice.Options{}, answer)
}

func stubOptions(t *testing.T, o *freshservice.Options, answer func(*stubRequest) stubAnswer) *connector.Target {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a := answer(&stubRequest{r.Method, strings.TrimPrefix(r.URL.Path, "/api/v2"), string(body), r.URL.Query()})
		for name, vs := range a.header {
			w.Header()[name] = vs
		}
		if a.link != "" {
			w.Header().Set("Link", a.link)
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(srv.Close)
	o.BaseURL, o.Clock, o.Jitter = srv.URL+"/api/v2", testx.NewClock(time.Time{}), func() float64 { return 0 }
	target, err := freshservice.New("acme", freshservice.APIKey("key-"+canary), o)
	require.NoError(t, err)
	return target
}

// stub answers by method and path; the list of fields is empty unless answer has
// one.
func stub(t *testing.T, answer func(method, path string) (status int, body string)) *connector.Target {
	t.Helper()
	return stubWith(t, func(r *stubRequest) stubAnswer {
		status, body := answer(r.method, r.path)
		return stubAnswer{status: status, body: body}
	})
}

// stubRecords is stub with an empty list of fields.
func stubRecords(t *testing.T, answer func(method, path string) (status int, body string)) *connector.Target {
	t.Helper()
	return stub(t, func(method, path string) (int, string) {
		if path == "/requester_fields" {
			return 200, `{"requester_fields":[{"name":"badge_color","type":"custom_dropdown","choices":["red","green"]}]}`
		}
		return answer(method, path)
	})
}

// canary must never show in an error or a log.
const canary = "s3cr3t-canary"

// stubManaged is stub for a connection that has agents, whose owner is number 7.
func stubManaged(t *testing.T, answer func(method, path string) (status int, body string)) *connector.Target {
	t.Helper()
	return stubOptions(t, managed(), func(r *stubRequest) stubAnswer {
		switch {
		case r.path == "/requester_fields", r.path == "/agent_fields":
			return stubAnswer{body: `{"fields":[]}`}
		case r.path == "/agents" && r.query.Get("email") != "":
			return stubAnswer{body: `{"agents":[{"id":7,"email":"admin@example.com","active":true,"api_key_enabled":true}]}`}
		}
		status, body := answer(r.method, r.path)
		return stubAnswer{status: status, body: body}
	})
}
