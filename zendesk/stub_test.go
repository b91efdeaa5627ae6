package zendesk_test

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
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/zendesk"
)

// A stub answers whatever a test wants to see answered: what the simulator, which
// keeps to the documentation, never would. Tokens, fields, languages and the
// credential's user are answered unless the test does.
type stubRequest struct {
	method, path, body string
	query              url.Values
}

type stubAnswer struct {
	status int // 0: 200
	body   string
	header http.Header
}

func stubWith(t *testing.T, answer func(*stubRequest) stubAnswer) *connector.Target {
	t.Helper()
	return stubClock(t, testx.NewClock(time.Time{}), answer)
}

func stubClock(t *testing.T, clock zendesk.Clock, answer func(*stubRequest) stubAnswer) *connector.Target {
	t.Helper()
	return stubOptions(t, &zendesk.Options{Clock: clock}, answer)
}

func stubOptions(t *testing.T, o *zendesk.Options, answer func(*stubRequest) stubAnswer) *connector.Target {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path := strings.TrimPrefix(r.URL.Path, "/api/v2")
		a := answer(&stubRequest{r.Method, path, string(body), r.URL.Query()})
		if a.status == 404 && a.body == "" {
			switch path {
			case "/oauth/tokens":
				a = stubAnswer{status: 201, body: `{"access_token":"token-` + canary + `","scope":"read write","expires_in":3600}`}
			case "/users/me":
				a = stubAnswer{body: `{"user":{"id":1,"role":"admin"}}`}
			case "/user_fields":
				a = stubAnswer{body: `{"user_fields":[{"key":"badge_color","type":"dropdown","active":true,"custom_field_options":[{"name":"Red","value":"red"},{"name":"Green","value":"green"}]}],"meta":{"has_more":false}}`}
			case "/locales":
				a = stubAnswer{body: `{"locales":[{"id":1,"locale":"en-US"}]}`}
			}
		}
		for name, vs := range a.header {
			w.Header()[name] = vs
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(srv.Close)
	o.BaseURL, o.Jitter = srv.URL, func() float64 { return 0 }
	target, err := zendesk.New("acme", zendesk.ClientCredentials("client", "secret-"+canary), o)
	require.NoError(t, err)
	return target
}

// stub answers by method and path.
func stub(t *testing.T, answer func(method, path string) (status int, body string)) *connector.Target {
	t.Helper()
	return stubWith(t, func(r *stubRequest) stubAnswer {
		status, body := answer(r.method, r.path)
		return stubAnswer{status: status, body: body}
	})
}

// canary must never show in an error or a log.
const canary = "s3cr3t-canary"
