package scimtest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// maxAnswer is the largest answer, in bytes, that is read from a URL target.
const maxAnswer = 32 << 20

// Target is the service provider that is asked: a handler in this process or a
// server at a URL. Make one with [Handler] or [URL]; the zero Target fails every
// request. It is safe for concurrent use if its handler or HTTP client is.
type Target struct {
	baseURL string // without a slash at its end
	host    string
	scheme  string
	prefix  string // the path of baseURL as it is sent
	token   string
	send    func(*http.Request) (*http.Response, error)
	err     error
}

// Handler returns a target that calls h directly. Each request is written out
// and read again as a server would read it, so h sees the path as it was sent,
// and what h writes is treated as a server treats it: an answer that cannot have
// a body loses it. No goroutine and no network connection is involved, so it can
// be used in a testing/synctest bubble. A panic of h is reported as an error
// with its stack.
//
// The baseURL is where h takes itself to be mounted, such as
// "https://scim.example.com/scim/v2"; its host and path appear in the requests.
// The token is sent as a bearer token; if it is empty, no Authorization header
// is added. A wrong baseURL is reported by every use of the target.
func Handler(h http.Handler, baseURL, token string) Target {
	t := newTarget(baseURL, token)
	if h == nil && t.err == nil {
		t.err = errors.New("handler is nil")
	}
	t.send = func(r *http.Request) (*http.Response, error) { return serve(h, r) }
	return t
}

// URL returns a target that sends its requests with client to the server at
// baseURL, such as "https://scim.example.com/scim/v2". Redirects are not
// followed: they are answers like any other. A nil client means one with a
// timeout of 60 seconds that does not ask for compression; the transport of
// another client may add Accept-Encoding. The token and a wrong baseURL are
// treated as in [Handler].
func URL(client *http.Client, baseURL, token string) Target {
	t := newTarget(baseURL, token)
	own := http.Client{Timeout: time.Minute}
	if client != nil {
		own = *client
	} else {
		transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
		if standard, ok := http.DefaultTransport.(*http.Transport); ok {
			transport = standard.Clone()
		}
		transport.DisableCompression = true
		own.Transport = transport
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.send = own.Do
	return t
}

// BaseURL returns the base URL without a slash at its end.
func (t Target) BaseURL() string { return t.baseURL }

func newTarget(baseURL, token string) Target {
	baseURL = strings.TrimRight(baseURL, "/")
	t := Target{baseURL: baseURL, token: token}
	u, err := url.Parse(baseURL)
	if err != nil {
		t.err = fmt.Errorf("base URL: %w", err)
		return t
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(baseURL, "?#") {
		t.err = errors.New("base URL must be http or https, with a host and without user, query and fragment")
		return t
	}
	t.scheme, t.host, t.prefix = u.Scheme, u.Host, u.EscapedPath()
	return t
}

// exchange is one request as it goes out, variables filled in.
type exchange struct {
	method  string
	path    string // relative to the base URL
	header  http.Header
	body    []byte
	hasBody bool
}

func (t Target) do(ctx context.Context, x exchange) (*Response, error) {
	if t.err != nil {
		return nil, t.err
	}
	if t.send == nil {
		return nil, errors.New("target was not made by Handler or URL")
	}
	r, err := t.request(ctx, x)
	if err != nil {
		return nil, err
	}
	res, err := t.send(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	closeErr := res.Body.Close()
	if err = errors.Join(err, closeErr); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(raw) > maxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return newResponse(res.StatusCode, res.Header, raw), nil
}

// request builds the outgoing request. An opaque URL is the one form that
// net/http sends without encoding it again.
func (t Target) request(ctx context.Context, x exchange) (*http.Request, error) {
	if err := checkTarget(x.path); err != nil {
		return nil, err
	}
	var body io.Reader
	if x.hasBody {
		body = bytes.NewReader(x.body)
	}
	r, err := http.NewRequestWithContext(ctx, x.method, t.baseURL, body)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	opaque := t.prefix + x.path
	if strings.HasPrefix(opaque, "//") {
		opaque = "//" + t.host + opaque // would be taken for a host otherwise
	}
	r.URL = &url.URL{Scheme: t.scheme, Host: t.host, Opaque: opaque}
	for name, values := range x.header {
		for _, v := range values {
			if err := checkHeader(name, v); err != nil {
				return nil, err
			}
		}
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if _, ok := r.Header["User-Agent"]; !ok {
		r.Header["User-Agent"] = []string{""} // keeps net/http from adding its own
	}
	return r, nil
}

// checkTarget refuses what would break the request line.
func checkTarget(path string) error {
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("path %s does not begin with a slash", quoteJSON(path))
	}
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("path %s is not percent-encoded: byte 0x%02X", quoteJSON(path), c)
		}
	}
	return nil
}

func checkHeader(name, v string) error {
	if !isToken(name) {
		return fmt.Errorf("header name %s is not allowed in HTTP", quoteJSON(name))
	}
	for i := range len(v) {
		if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("header %s: byte 0x%02X is not allowed in HTTP", name, c)
		}
	}
	return nil
}

// isToken reports whether s is a token of RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(s[i])) {
			return false
		}
	}
	return s != ""
}

// serve passes a request to a handler the way a server would.
func serve(h http.Handler, out *http.Request) (res *http.Response, err error) {
	ctx := out.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var wire bytes.Buffer
	if err := out.Write(&wire); err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	in, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		return nil, fmt.Errorf("a server would refuse the request: %w", err)
	}
	in = in.WithContext(ctx)
	in.RemoteAddr = "192.0.2.1:1234" // TEST-NET-1, as in net/http/httptest
	if out.URL.Scheme == "https" {
		in.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: out.URL.Hostname()}
	}
	defer func() {
		if p := recover(); p != nil {
			res, err = nil, fmt.Errorf("the handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, in)
	res = rec.Result()
	if res.StatusCode < 200 || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified || in.Method == http.MethodHead {
		res.Body = http.NoBody
	} else if res.Header.Get("Content-Length") == "" {
		res.Header.Set("Content-Length", strconv.Itoa(rec.Body.Len()))
	}
	return res, nil
}
