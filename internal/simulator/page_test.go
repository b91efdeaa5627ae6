package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/internal/simulator"
)

func TestPage(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	page := &simulator.Page{
		Application: "Example", Root: "/api",
		Guard:  func(r *http.Request) bool { return r.Header.Get("X-Guest") == "" },
		People: "<h2>People</h2>{{range .}}<p>{{.}}</p>{{end}}\n",
		Data: func() (any, []simulator.Request) {
			return []string{"Ada <script>"}, []simulator.Request{
				{Method: "GET", Path: "/api/first", Query: url.Values{"q": {"x"}}, Status: 200, Time: noon},
				{Method: "PUT", Path: "/api/last", Body: []byte("<b>"), Time: noon},
			}
		},
	}
	get := func(method, guest string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
		r.Header.Set("X-Guest", guest)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-")
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		return w
	}
	w := get("GET", "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	text := w.Body.String()
	assert.Contains(t, text, "<title>Example simulator</title>")
	assert.Contains(t, text, "<p>Ada &lt;script&gt;</p>")
	assert.Contains(t, text, "<td>12:00:00</td><td>GET /api/first?q=x</td><td>200 OK</td>")
	assert.Contains(t, text, "<td>PUT /api/last</td><td>no answer</td><td><code>&lt;b&gt;</code></td>")
	assert.Less(t, strings.Index(text, "/api/last"), strings.Index(text, "/api/first"), "the last one first")

	assert.Equal(t, http.StatusOK, get("HEAD", "").Code)
	assert.Equal(t, http.StatusForbidden, get("GET", "yes").Code)
	w = get("POST", "")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	page.People = "{{"
	assert.Equal(t, http.StatusInternalServerError, get("GET", "").Code)
}
