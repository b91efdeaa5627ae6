package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/internal/simulator"
)

func TestClient(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		fmt.Fprint(w, simulator.BaseURL(r, "", ".example.com"))
	}))
	t.Cleanup(s.Close)
	get := func(url string) (int, string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, strings.NewReader("body"))
		if !assert.NoError(t, err) {
			return 0, "", err
		}
		res, err := simulator.Client(s, ".example.com", "exampletest", ".example.net").Do(r)
		if err != nil {
			return 0, "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res.StatusCode, string(body), err
	}
	_, body, err := get(s.URL)
	assert.NoError(t, err)
	assert.Equal(t, s.URL, body)
	_, body, err = get("https://acme.example.com/x")
	assert.NoError(t, err)
	assert.Equal(t, "https://acme.example.com", body)
	_, body, err = get("https://acme.example.net/x")
	assert.NoError(t, err)
	assert.Equal(t, "http://acme.example.net", body, "led there, but not the vendor's first domain")
	status, _, err := get(s.URL + "/away")
	assert.NoError(t, err)
	assert.Equal(t, http.StatusFound, status)
	for _, url := range []string{"https://example.org", "http://acme.example.com", "https://example.com"} {
		_, _, err = get(url)
		assert.ErrorContains(t, err, "exampletest: host is neither the simulator nor below example.com: ", url)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "https://127.0.0.1:1/", http.NoBody)
	assert.Equal(t, "https://127.0.0.1:1", simulator.BaseURL(r, "", ".example.com"), "by TLS")
	assert.Equal(t, "http://public/p", simulator.BaseURL(r, "http://public/p", ".example.com"))
}
