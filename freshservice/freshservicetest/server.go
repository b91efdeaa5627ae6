package freshservicetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxBody bounds what is read of a request, in bytes. The vendor's own limit is
// not documented.
const maxBody = 8 << 20

// Account is a Freshservice account and the http.Handler that serves it. It is
// made by [New] and safe for concurrent use.
type Account struct {
	// Fixed once New returns.
	rules        Rules
	keys         []Key
	ownerID      int64
	clock        func() time.Time
	sleep        func(context.Context, time.Duration) error
	languages    []language
	timeZones    map[string]bool
	timeZone     string
	dateZone     *time.Location
	required     map[string]bool
	publicURL    string
	pageGuard    func(*http.Request) bool
	keptRequests int
	routes       []route
	closed       chan struct{}
	closeOnce    sync.Once

	mu          sync.Mutex // guards all below
	nextID      int64
	users       *store[user]
	owners      map[string][]int64 // folded e-mail address → users that have it
	byName      []*user            // users by first name; nil: to be sorted again
	departments *store[department]
	locations   *store[location]
	fields      []RequesterField
	meter       *meter
	faults      []*Fault
	requests    []*Request
	calls       int64
}

// An Account is a handler.
var _ http.Handler = (*Account)(nil)

// New makes an account. Nil options are the zero Options. The account has no
// listener: serve it as an http.Handler, below a path of your choice if the
// prefix is stripped, or use [NewServer].
func New(opts *Options) *Account {
	var o Options
	if opts != nil {
		o = *opts
	}
	lag := or(o.IndexLag, DefaultIndexLag)
	a := &Account{
		rules:        o.Rules,
		keys:         slices.Clone(o.Keys),
		clock:        o.Clock,
		sleep:        o.Sleep,
		timeZone:     or(o.TimeZone, "Eastern Time (US & Canada)"),
		dateZone:     o.DateZone,
		required:     map[string]bool{},
		publicURL:    o.PublicURL,
		pageGuard:    o.PageGuard,
		keptRequests: or(o.KeptRequests, DefaultKeptRequests),
		closed:       make(chan struct{}),
		nextID:       or(o.FirstID, DefaultFirstID),
		users:        newStore[user](lag),
		owners:       map[string][]int64{},
		departments:  newStore[department](lag),
		locations:    newStore[location](lag),
	}
	a.rules.SilentlyIgnores = slices.Clone(o.Rules.SilentlyIgnores)
	for i := range a.keys {
		a.keys[i].Without = slices.Clone(a.keys[i].Without)
	}
	if len(a.keys) == 0 {
		a.keys = []Key{{Value: DefaultAPIKey}}
	}
	if a.clock == nil {
		a.clock = time.Now
	}
	if a.sleep == nil {
		a.sleep = waitReal
	}
	if a.dateZone == nil {
		a.dateZone = time.UTC
	}
	for _, name := range o.RequiredAttributes {
		a.required[name] = true
	}
	a.setChoices(o)
	limits := o.Plan.Limits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	a.meter = newMeter(limits)
	a.routes = a.routeTable()
	a.seed(o)
	return a
}

// setChoices settles which languages and time zones are accepted.
func (a *Account) setChoices(o Options) {
	for _, l := range languages() {
		if len(o.Languages) > 0 && !slices.Contains(o.Languages, l.code) {
			continue
		}
		if l.documented || !o.Rules.DocumentedLanguagesOnly {
			a.languages = append(a.languages, l)
		}
	}
	for _, code := range o.Languages {
		if !a.hasLanguage(code) {
			a.languages = append(a.languages, language{code: code, label: code})
		}
	}
	zones := o.TimeZones
	if len(zones) == 0 {
		zones = timeZones()
	}
	a.timeZones = make(map[string]bool, len(zones))
	for _, z := range zones {
		a.timeZones[z] = true
	}
	if o.Rules.OlderTimeZones {
		for _, z := range recentTimeZones() {
			delete(a.timeZones, z)
		}
	}
}

// APIKey returns the first API key of the account.
func (a *Account) APIKey() string { return a.keys[0].Value }

// OwnerID returns the id of the agent to whom the API key belongs.
func (a *Account) OwnerID() int64 { return a.ownerID }

// Close ends calls that a [Delay] or [Late] fault without a duration holds. It
// may be called more than once; the account goes on serving.
func (a *Account) Close() { a.closeOnce.Do(func() { close(a.closed) }) }

// ServeHTTP answers one call. It ends with the panic http.ErrAbortHandler where
// a fault script closes the connection.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" || r.URL.Path == "" {
		a.servePage(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client has gone away
	}
	c := &call{
		method: r.Method,
		path:   r.URL.Path,
		query:  r.URL.Query(),
		body:   body,
		header: r.Header,
		now:    a.clock().UTC(),
		base:   a.baseURL(r),
	}
	_, c.queryErr = url.ParseQuery(r.URL.RawQuery)

	a.mu.Lock()
	rec := a.record(c, r.Header)
	var fault *Fault
	if c.inAPI() {
		fault = a.takeFault(c)
	}
	if fault != nil {
		rec.Fault = fault.Kind
	}
	a.mu.Unlock()

	if fault != nil && fault.Kind != Late && (fault.Kind == Delay || fault.Delay > 0) {
		if !a.wait(r.Context(), fault.Delay) {
			panic(http.ErrAbortHandler)
		}
		c.now = a.clock().UTC()
	}
	if fault != nil && fault.Kind == Unreachable {
		panic(http.ErrAbortHandler)
	}
	ans := a.answer(c, rec, fault)
	if fault != nil && fault.Kind == Late && !a.wait(r.Context(), fault.Delay) {
		panic(http.ErrAbortHandler)
	}
	if fault != nil && (fault.Kind == LostAnswer || fault.Kind == CutBody && len(ans.body) == 0) {
		panic(http.ErrAbortHandler)
	}
	a.mu.Lock()
	rec.Status = ans.status
	a.mu.Unlock()
	write(w, ans, fault != nil && fault.Kind == CutBody)
}

// answer lets a call take effect.
func (a *Account) answer(c *call, rec *Request, fault *Fault) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	ans := a.metered(c, rec, fault)
	if fault != nil && fault.Kind == Malformed {
		if ans.body = ans.body[:len(ans.body)/2]; len(ans.body) == 0 && ans.status != http.StatusNoContent {
			ans.body = []byte("{")
		}
	}
	ans.header.Set("X-Request-Id", rec.ID)
	return ans
}

// metered draws from the rate limit, which every call below /api/v2 does
// whatever becomes of it (§2), and dispatches.
func (a *Account) metered(c *call, rec *Request, fault *Fault) answer {
	if !c.inAPI() {
		return flat(http.StatusNotFound, "outside_api", fmt.Sprintf(
			"freshservicetest: %s %s is outside /api/v2: the client's base URL is wrong", c.method, c.path))
	}
	rt, allowed := a.route(c)
	h := http.Header{}
	h.Set("X-Freshservice-Api-Version", "latest=v2; requested=v2")
	sub, cost := noSubLimit, 1
	if rt != nil {
		sub = rt.limit
		if a.rules.FilteredListsDrawOverall && filtered(c.query) {
			sub = noSubLimit
		}
		if c.query.Has("include") && slices.Contains(rt.parameters, "include") {
			cost = 3 // 1 + 2 on a list call (§2)
		}
	}
	var ans answer
	switch {
	case !a.meter.draw(h, sub, cost, c.now):
		ans = a.rateLimited()
	case fault != nil && fault.Kind == Refuse:
		rec.Credits = cost
		ans = fault.instead(http.StatusServiceUnavailable)
	default:
		rec.Credits = cost
		ans = a.dispatch(c, rt, allowed)
		if fault != nil && fault.Kind == FailAfter {
			ans = fault.instead(http.StatusInternalServerError)
		}
	}
	for name, values := range h {
		ans.header[name] = values
	}
	return ans
}

func (a *Account) rateLimited() answer {
	if a.rules.RateLimitBody {
		return flat(http.StatusTooManyRequests, "rate_limit_exceeded", "You have exceeded the limit of requests")
	}
	return answer{status: http.StatusTooManyRequests, header: http.Header{}}
}

// baseURL is what absolute URLs in answers start with.
func (a *Account) baseURL(r *http.Request) string {
	switch {
	case a.publicURL != "":
		return a.publicURL
	case strings.HasSuffix(r.Host, vendorDomain) || r.TLS != nil:
		return "https://" + r.Host
	default:
		return "http://" + r.Host
	}
}

// write sends an answer, or for cut only its first half.
func write(w http.ResponseWriter, ans answer, cut bool) {
	for name, values := range ans.header {
		w.Header()[name] = values
	}
	if ans.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(ans.body)))
	}
	w.WriteHeader(ans.status)
	if cut {
		_, _ = w.Write(ans.body[:len(ans.body)/2])
		// Without a flush the half would be thrown away with the connection.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(ans.body) // a client that has gone away is its own concern
}

// vendorDomain is where the real accounts live.
const vendorDomain = ".freshservice.com"

// Server is an [Account] on a loopback port. Close it when done.
type Server struct {
	*Account
	// URL is "http://127.0.0.1:port", without a final slash; the API is below
	// it at /api/v2.
	URL string

	listener *httptest.Server
}

// NewServer starts a server for a new account; nil options are the zero
// Options. Like httptest.NewServer it panics when no loopback port can be had.
func NewServer(opts *Options) *Server {
	a := New(opts)
	l := httptest.NewServer(a)
	return &Server{Account: a, URL: l.URL, listener: l}
}

// Client returns a client for the server. It sends calls to
// https://{anything}.freshservice.com to the server too, so that a program that
// builds the vendor's address itself can be tested unchanged, and fails for all
// other hosts. Redirects are not followed: the vendor sends none.
func (s *Server) Client() *http.Client {
	return &http.Client{
		Transport: &transport{to: strings.TrimPrefix(s.URL, "http://"), next: s.listener.Client().Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// Close ends held calls, waits for calls under way and stops the server.
func (s *Server) Close() {
	s.Account.Close()
	s.listener.Close()
}

// transport leads the vendor's host names to the server.
type transport struct {
	to   string
	next http.RoundTripper
}

var _ http.RoundTripper = (*transport)(nil)

// errOutside is what a call to a strange host fails with.
var errOutside = errors.New("freshservicetest: host is neither the simulator nor below " + vendorDomain[1:])

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.to {
		if r.URL.Scheme != "https" || !strings.HasSuffix(r.URL.Host, vendorDomain) {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			return nil, fmt.Errorf("%w: %s", errOutside, r.URL.Host)
		}
		host := r.URL.Host
		r = r.Clone(r.Context())
		r.Host = host
		r.URL.Scheme, r.URL.Host = "http", t.to
	}
	return t.next.RoundTrip(r)
}
