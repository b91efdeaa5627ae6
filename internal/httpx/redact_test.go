package httpx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/httpx"
)

func TestRedactString(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                 "",
		"nothing to hide":                  "nothing to hide",
		"really? no":                       "really? no",
		"a = b":                            "a = b",
		"to ada@example.com.":              "to [redacted]",
		"<ada@example.com>":                "<[redacted]>",
		`"ada.b+c@sub.example.com"`:        `"[redacted]"`,
		"email=ada%40example.com":          "email=[redacted]",
		"zoë@exämple.com":                  "[redacted]",
		"GET https://h/p?q=1&r=s HTTP":     "GET https://h/p?[redacted] HTTP",
		"https://user:pw@h/p":              "https://[redacted]@h/p",
		"Authorization: Basic YWRhOlg=":    "Authorization: Basic [redacted]",
		"bearer abc.def-ghi":               "bearer [redacted]",
		"token usher_0123456789abcdef was": "token [redacted] was",
	}
	for in, want := range tests {
		assert.Equal(t, want, httpx.RedactString(in))
	}
}

func FuzzRedactString(f *testing.F) {
	f.Add("mail ada@example.com", "?a=b")
	f.Fuzz(func(t *testing.T, a, b string) {
		out := httpx.RedactString(a + " eve.canary@example.com " + b)
		require.NotContains(t, out, "eve.canary@example.com")
		require.Equal(t, out, httpx.RedactString(out), "redacting twice changes nothing")
	})
}

// It must stay a proper handler, with groups and attributes.
func TestRedactingHandler_IsAHandler(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	h := httpx.NewRedactingHandler(slog.NewJSONHandler(&buf, nil))
	assert.NoError(t, slogtest.TestHandler(h, func() []map[string]any {
		var all []map[string]any
		for line := range strings.SplitSeq(strings.TrimSpace(buf.String()), "\n") {
			var m map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &m))
			all = append(all, m)
		}
		return all
	}))
}

type person struct{ Name, Email string }

func TestRedactingHandler_KeepsSecretsOut(t *testing.T) {
	t.Parallel()
	const mail, secret = "eve@example.com", "s3cret"
	u, err := url.Parse("https://u:s3cret@h.example.com/users/eve%40example.com?email=s3cret")
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.String(), nil)
	require.NoError(t, err)
	req.SetBasicAuth(secret, "X")
	values := []any{
		"to " + mail, errors.New("no such user " + mail), fmt.Errorf("get %q: failed", u.String()),
		person{"Eve", mail}, &person{"Eve", mail}, []string{mail}, map[string]string{"m": mail},
		u, *u, req, req.Header, &http.Response{Status: "200 OK", Header: req.Header}, url.Values{"email": {secret}}, []byte(secret),
		slog.GroupValue(slog.String("password", secret), slog.Group("g", slog.String("to", mail))), nil,
	}
	for _, keep := range []bool{false, true} {
		var buf bytes.Buffer
		log := slog.New(httpx.NewRedactingHandler(httpx.NewRedactingHandler(
			slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		for _, v := range values {
			if keep {
				log.With("v", v).WithGroup("g").Info("m", "x", 1)
			} else {
				log.Debug("to "+mail, "v", v, "n", 3, "d", time.Second)
			}
		}
		for _, name := range []string{"Authorization", "api_key", "client-secret", "password", "Set-Cookie", "access_token"} {
			log.Info("m", name, secret)
		}
		assert.NotContains(t, buf.String(), mail)
		assert.NotContains(t, buf.String(), "eve%40example.com")
		assert.NotContains(t, buf.String(), secret)
		assert.NotContains(t, buf.String(), "czNjcmV0", "basic credentials")
		if !keep {
			assert.Contains(t, buf.String(), "n=3 d=1s")
		}
	}
}
