package zendesktest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/internal/simulator"
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
	settings     Settings
	seats        int
	defaultGroup int64
	defaultRole  int64
	locales      []locale
	zones        []zone
	timeZone     string
	publicURL    string
	pageGuard    func(*http.Request) bool
	jobDuration  time.Duration
	bulkImport   bool
	routes       []route
	faults       *simulator.Faults[FaultKind]

	mu            sync.Mutex // guards all below
	created       time.Time
	nextID        int64
	users         *simulator.Store[user]
	keys          map[string][]int64 // uniqueness key → live users that hold it
	order         []int64            // all user ids, ascending; nil: to be sorted again
	customRoles   []CustomRole
	groups        *simulator.Store[group]
	organizations *simulator.Store[organization]
	// nextMembership is the last id of a group membership: a series of its own, so
	// that the memberships that come unasked shift no other id.
	nextMembership     int64
	jobs               []*job // in the order in which they were queued
	queued             int64  // jobs ever
	jobFaults          []*JobFault
	fields             []UserField
	organizationFields []OrganizationField
	erodes             time.Time // when the next deleted user is to be erased; zero: none
	tokens             map[string]*accessToken
	refreshTokens      map[string]*refreshToken
	codes              map[string]code
	issued             int64
	tokenUses          map[string]time.Time // API token → last use
	meter              *meter
	journal            *simulator.Journal
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
	lag := cmp.Or(o.IndexLag, DefaultIndexLag)
	a := &Account{
		rules:         o.Rules,
		clients:       slices.Clone(o.Clients),
		apiTokens:     slices.Clone(o.APITokens),
		clock:         o.Clock,
		settings:      DefaultSettings(),
		seats:         o.Seats,
		timeZone:      cmp.Or(o.TimeZone, "Eastern Time (US & Canada)"),
		publicURL:     o.PublicURL,
		pageGuard:     o.PageGuard,
		journal:       simulator.NewJournal(cmp.Or(o.KeptRequests, DefaultKeptRequests)),
		faults:        simulator.NewFaults[FaultKind](apiRoot, o.Sleep),
		nextID:        cmp.Or(o.FirstID, DefaultFirstID),
		users:         simulator.NewStore[user](lag),
		keys:          map[string][]int64{},
		groups:        simulator.NewStore[group](lag),
		organizations: simulator.NewStore[organization](lag),
		jobDuration:   o.JobDuration,
		bulkImport:    o.BulkImport,
		tokens:        map[string]*accessToken{},
		refreshTokens: map[string]*refreshToken{},
		codes:         map[string]code{},
		tokenUses:     map[string]time.Time{},
	}
	a.nextMembership = a.nextID + 1_000_000
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
	return a.users.Records[a.ownerID].email()
}

// DefaultGroupID returns the id of the group that new team members join.
func (a *Account) DefaultGroupID() int64 { return a.defaultGroup }

// Close ends calls that a [Delay] or [Late] fault without a duration holds. It
// may be called more than once; the account goes on serving.
func (a *Account) Close() { a.faults.Close() }

// ServeHTTP answers one call. It ends with the panic http.ErrAbortHandler where
// a fault script closes the connection.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/" || r.URL.Path == "" {
		a.humanPage().ServeHTTP(w, r)
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
		base:   simulator.BaseURL(r, a.publicURL, vendorDomain),
	}
	_, c.queryErr = url.ParseQuery(r.URL.RawQuery)

	a.mu.Lock()
	rec := a.journal.Record(simulator.Request{
		Method: c.method, Path: c.path, Query: c.query, Header: r.Header, Body: c.shownBody(), Time: c.now,
	})
	var fault *script
	if c.inAPI() || c.path == tokenPath {
		fault = a.faults.Take(c.method, strings.TrimSuffix(c.path, ".json"), c.query)
	}
	if fault != nil {
		rec.Fault = string(fault.Kind)
	}
	a.mu.Unlock()

	ans, ok := a.faults.Play(r.Context(), fault, func() answer {
		if fault.Holds() {
			c.now = a.clock().UTC()
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.metered(c, fault)
	})
	if !ok {
		panic(http.ErrAbortHandler)
	}
	ans.Header.Set("X-Request-Id", rec.ID)
	a.mu.Lock()
	rec.Status = ans.Status
	a.mu.Unlock()
	if fault.Is(CutBody) {
		ans.WriteHalf(w)
		panic(http.ErrAbortHandler)
	}
	ans.Write(w)
}

// metered draws from the account's limit, which every call below /api/v2 does
// whatever becomes of it (§2.3), and dispatches. The token endpoint is outside.
func (a *Account) metered(c *call, fault *script) answer {
	if c.path != tokenPath && !c.inAPI() {
		return named(http.StatusNotFound, "outside_api", fmt.Sprintf(
			"zendesktest: %s %s is outside /api/v2: the client's base URL is wrong", c.method, c.path))
	}
	if c.inAPI() && !a.draw(c.out, c.now) {
		return a.finish(c, a.accountLimited(c.now))
	}
	if fault.Is(Refuse) {
		return a.finish(c, fault.Instead(http.StatusServiceUnavailable))
	}
	a.erode(c.now)
	a.settle(c.now)
	ans := a.dispatch(c)
	if fault.Is(FailAfter) {
		ans = fault.Instead(http.StatusInternalServerError)
	}
	return a.finish(c, ans)
}

// finish adds the headers that the call has gathered.
func (a *Account) finish(c *call, ans answer) answer {
	for name, values := range c.out {
		ans.Header[name] = values
	}
	return ans
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
	return simulator.Client(s.listener, vendorDomain, "zendesktest")
}

// Close ends held calls, waits for calls under way and stops the server.
func (s *Server) Close() {
	s.Account.Close()
	s.listener.Close()
}
