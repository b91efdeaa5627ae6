package simulator

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// BaseURL is what absolute URLs in the answer to a request start with: public if
// it is set, and else the host that the client called. Domain is the vendor's,
// with a dot before it; its hosts are always called by https.
func BaseURL(r *http.Request, public, domain string) string {
	switch {
	case public != "":
		return public
	case strings.HasSuffix(r.Host, domain) || r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

// Client returns a client for a server that also leads calls to https hosts in
// the vendor's domain, or in more of them, which are given with a dot before
// them, to the server. It fails for all other hosts, in the name of the
// simulator's package. Redirects are not followed.
func Client(s *httptest.Server, domain, name string, more ...string) *http.Client {
	return &http.Client{
		Transport: &transport{
			to: strings.TrimPrefix(s.URL, "http://"), domain: domain, more: slices.Clone(more), name: name,
			next: s.Client().Transport,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// transport leads the vendor's host names to the server.
type transport struct {
	to, domain, name string
	more             []string
	next             http.RoundTripper
}

var _ http.RoundTripper = (*transport)(nil)

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.to {
		below := func(domain string) bool { return strings.HasSuffix(r.URL.Host, domain) }
		if r.URL.Scheme != "https" || !below(t.domain) && !slices.ContainsFunc(t.more, below) {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, fmt.Errorf("%s: host is neither the simulator nor below %s: %s", t.name, t.domain[1:], r.URL.Host)
		}
		host := r.URL.Host
		r = r.Clone(r.Context())
		r.Host = host
		r.URL.Scheme, r.URL.Host = "http", t.to
	}
	return t.next.RoundTrip(r)
}
