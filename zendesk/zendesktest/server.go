package zendesktest

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

// Account is a Zendesk account and the http.Handler that serves it. It is made
// by [New] and safe for concurrent use.
type Account struct {
	// Fixed once New returns.
	rules        Rules
	clients      []OAuthClient
	apiTokens    []string
	ownerID      int64
	clock        func() time.Time
	sleep        func(context.Context, time.Duration) error
	settings     Settings
	seats        int
	defaultGroup int64
	defaultRole  int64
	locales      []locale
	zones        []zone
	timeZone     string
	publicURL    string
	pageGuard    func(*http.Request) bool
	keptRequests int
	routes       []route
	closed       chan struct{}
	closeOnce    sync.Once

	mu            sync.Mutex // guards all below
	created       time.Time
	nextID        int64
	users         *store[user]
	keys          map[string][]int64 // uniqueness key → live users that hold it
	order         []int64            // all user ids, ascending; nil: to be sorted again
	customRoles   []CustomRole
	organizations *store[organization]
	fields        []UserField
	erodes        time.Time // when the next deleted user is to be erased; zero: none
	tokens        map[string]*accessToken
	issued        int64
	tokenUses     map[string]time.Time // API token → last use
	meter         *meter
	faults        []*Fault
	requests      []*Request
	calls         int64
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
		rules:         o.Rules,
		clients:       slices.Clone(o.Clients),
		apiTokens:     slices.Clone(o.APITokens),
		clock:         o.Clock,
		sleep:         o.Sleep,
		settings:      DefaultSettings(),
		seats:         o.Seats,
		timeZone:      or(o.TimeZone, "Eastern Time (US & Canada)"),
		publicURL:     o.PublicURL,
		pageGuard:     o.PageGuard,
		keptRequests:  or(o.KeptRequests, DefaultKeptRequests),
		closed:        make(chan struct{}),
		nextID:        or(o.FirstID, DefaultFirstID),
		users:         newStore[user](lag),
		keys:          map[string][]int64{},
		organizations: newStore[organization](lag),
		tokens:        map[string]*accessToken{},
		tokenUses:     map[string]time.Time{},
	}
	for i := range a.clients {
		a.clients[i].Scopes = slices.Clone(a.clients[i].Scopes)
	}
	if len(a.clients) == 0 {
		a.clients = []OAuthClient{{ID: DefaultClientID, Secret: DefaultClientSecret}}
	}
	if len(a.apiTokens) == 0 {
		a.apiTokens = []string{DefaultAPIToken}
	}
	if a.clock == nil {
		a.clock = time.Now
	}
	if a.sleep == nil {
		a.sleep = waitReal
	}
	if o.Settings != nil {
		a.settings = *o.Settings
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

// setChoices settles which locales and time zones are accepted.
func (a *Account) setChoices(o Options) {
	all := locales()
	a.locales = all
	if len(o.Locales) > 0 {
		a.locales = nil
		for i, code := range o.Locales {
			at := slices.IndexFunc(all, func(l locale) bool { return strings.EqualFold(l.code, code) })
			if at >= 0 {
				a.locales = append(a.locales, all[at])
			} else {
				a.locales = append(a.locales, locale{code: code, name: code, id: int64(9000 + i)})
			}
		}
	}
	for _, z := range timeZones() {
		if len(o.TimeZones) == 0 || slices.Contains(o.TimeZones, z.name) {
			a.zones = append(a.zones, z)
		}
	}
}

// ClientID returns the identifier of the first OAuth client.
func (a *Account) ClientID() string { return a.clients[0].ID }

// ClientSecret returns the secret of the first OAuth client.
func (a *Account) ClientSecret() string { return a.clients[0].Secret }

// APIToken returns the first API token. It goes with [Account.OwnerEmail] or
// with the address of any other user.
func (a *Account) APIToken() string { return a.apiTokens[0] }

// OwnerID returns the id of the account's owner.
func (a *Account) OwnerID() int64 { return a.ownerID }

// OwnerEmail returns the primary e-mail address of the account's owner.
func (a *Account) OwnerEmail() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.users.records[a.ownerID].email()
}

// DefaultGroupID returns the id of the group that new team members join.
func (a *Account) DefaultGroupID() int64 { return a.defaultGroup }

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
		out:    http.Header{},
		now:    a.clock().UTC(),
		base:   a.baseURL(r),
	}
	_, c.queryErr = url.ParseQuery(r.URL.RawQuery)

	a.mu.Lock()
	rec := a.record(c, r.Header)
	var fault *Fault
	if c.inAPI() || c.path == tokenPath {
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
	ans := a.metered(c, fault)
	if fault != nil && fault.Kind == Malformed {
		if ans.body = ans.body[:len(ans.body)/2]; len(ans.body) == 0 && ans.status != http.StatusNoContent {
			ans.body = []byte("{")
		}
	}
	ans.header.Set("X-Request-Id", rec.ID)
	return ans
}

// metered draws from the account's limit, which every call below /api/v2 does
// whatever becomes of it (§2.3), and dispatches. The token endpoint is outside.
func (a *Account) metered(c *call, fault *Fault) answer {
	if c.path != tokenPath && !c.inAPI() {
		return named(http.StatusNotFound, "outside_api", fmt.Sprintf(
			"zendesktest: %s %s is outside /api/v2: the client's base URL is wrong", c.method, c.path))
	}
	if c.inAPI() && !a.draw(c.out, c.now) {
		return a.finish(c, a.accountLimited(c.now))
	}
	if fault != nil && fault.Kind == Refuse {
		return a.finish(c, fault.instead(http.StatusServiceUnavailable))
	}
	a.erode(c.now)
	ans := a.dispatch(c)
	if fault != nil && fault.Kind == FailAfter {
		ans = fault.instead(http.StatusInternalServerError)
	}
	return a.finish(c, ans)
}

// finish adds the headers that the call has gathered.
func (a *Account) finish(c *call, ans answer) answer {
	for name, values := range c.out {
		ans.header[name] = values
	}
	return ans
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
const vendorDomain = ".zendesk.com"

// Server is an [Account] on a loopback port. Close it when done.
type Server struct {
	*Account
	// URL is "http://127.0.0.1:port", without a final slash; the API is below
	// it at /api/v2, the token endpoint at /oauth/tokens.
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
// https://{anything}.zendesk.com to the server too, so that a program that
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
var errOutside = errors.New("zendesktest: host is neither the simulator nor below " + vendorDomain[1:])

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
