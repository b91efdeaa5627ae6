package freshservicetest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/internal/simulator"
)

// maxBody bounds what is read of a request, in bytes. The vendor's own limit is
// not documented.
const maxBody = 8 << 20

// Account is a Freshservice account and the http.Handler that serves it. It is
// made by [New] and safe for concurrent use.
type Account struct {
	// Fixed once New returns.
	rules      Rules
	keys       []Key
	ownerID    int64
	clock      func() time.Time
	languages  []language
	timeZones  map[string]bool
	timeZone   string
	dateZone   *time.Location
	required   map[string]bool
	seats      int  // of full-time agents; zero: without a limit
	higherPlan bool // Pro or Enterprise
	publicURL  string
	pageGuard  func(*http.Request) bool
	routes     []route
	moments    *simulator.Faults[string] // see After
	faults     *simulator.Faults[FaultKind]

	mu               sync.Mutex // guards all below
	nextID           int64
	users            *simulator.Store[user]
	owners           map[string][]int64 // folded e-mail address → users that have it
	byName           []*user            // users by first name; nil: to be sorted again
	departments      *simulator.Store[department]
	locations        *simulator.Store[location]
	groups           *simulator.Store[group]
	requesterGroups  *simulator.Store[requesterGroup]
	fields           []RequesterField
	agentFields      []RequesterField
	departmentFields []DepartmentField
	roles            []Role
	workspaces       []Workspace
	activations      []string
	happenings       []func() // by the kind in moments
	oauth            oauth
	meter            *meter
	journal          *simulator.Journal
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
		rules:           o.Rules,
		keys:            slices.Clone(o.Keys),
		clock:           o.Clock,
		timeZone:        cmp.Or(o.TimeZone, "Eastern Time (US & Canada)"),
		dateZone:        o.DateZone,
		required:        map[string]bool{},
		publicURL:       o.PublicURL,
		pageGuard:       o.PageGuard,
		journal:         simulator.NewJournal(cmp.Or(o.KeptRequests, DefaultKeptRequests)),
		faults:          simulator.NewFaults[FaultKind](apiRoot, o.Sleep),
		moments:         simulator.NewFaults[string](apiRoot, nil),
		nextID:          cmp.Or(o.FirstID, DefaultFirstID),
		users:           simulator.NewStore[user](lag),
		owners:          map[string][]int64{},
		departments:     simulator.NewStore[department](lag),
		locations:       simulator.NewStore[location](lag),
		groups:          simulator.NewStore[group](0),
		requesterGroups: simulator.NewStore[requesterGroup](0),
		seats:           o.FullTimeSeats,
		higherPlan:      o.Plan != Starter && o.Plan != Growth,
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
	if a.dateZone == nil {
		a.dateZone = time.UTC
	}
	for _, name := range o.RequiredAttributes {
		a.required[name] = true
	}
	a.setChoices(o)
	a.oauth = newOAuth(o.OAuth)
	a.departmentFields = slices.Clone(o.DepartmentFields)
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
		now:    a.clock().UTC(),
		host:   r.Host,
		base:   simulator.BaseURL(r, a.publicURL, vendorDomain),
	}
	_, c.queryErr = url.ParseQuery(r.URL.RawQuery)

	logged := c.body
	if c.oauthEndpoint() != "" {
		logged = nil // codes and refresh tokens are not for the page
	}
	a.mu.Lock()
	rec := a.journal.Record(simulator.Request{
		Method: c.method, Path: c.path, Query: c.query, Header: r.Header, Body: logged, Time: c.now,
	})
	var fault *script
	if c.inAPI() || c.oauthEndpoint() != "" {
		fault = a.faults.Take(c.method, c.path, c.query)
	}
	if fault != nil {
		rec.Fault = string(fault.Kind)
	}
	a.mu.Unlock()

	var happens func()
	ans, ok := a.faults.Play(r.Context(), fault, func() answer {
		if fault.Holds() {
			c.now = a.clock().UTC()
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		happens = a.happening(c)
		return a.metered(c, rec, fault)
	})
	if happens != nil {
		happens()
	}
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

// metered draws from the rate limit, which every call below /api/v2 does
// whatever becomes of it (§2), and dispatches.
func (a *Account) metered(c *call, rec *simulator.Request, fault *script) answer {
	if endpoint := c.oauthEndpoint(); endpoint != "" {
		if fault.Is(Refuse) {
			return fault.Instead(http.StatusServiceUnavailable)
		}
		ans := a.serveOAuth(c, endpoint)
		if fault.Is(FailAfter) {
			return fault.Instead(http.StatusInternalServerError)
		}
		return ans
	}
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
	case fault.Is(Refuse):
		rec.Credits = cost
		ans = fault.Instead(http.StatusServiceUnavailable)
	default:
		rec.Credits = cost
		ans = a.dispatch(c, rt, allowed)
		if fault.Is(FailAfter) {
			ans = fault.Instead(http.StatusInternalServerError)
		}
	}
	for name, values := range h {
		ans.Header[name] = values
	}
	return ans
}

func (a *Account) rateLimited() answer {
	if a.rules.RateLimitBody {
		return flat(http.StatusTooManyRequests, "rate_limit_exceeded", "You have exceeded the limit of requests")
	}
	return simulator.Empty(http.StatusTooManyRequests)
}

// The domains of the real accounts, and of the organisations that they belong to:
// the API is below the former alone, OAuth below the latter (§1.1, §1.2). Hosts of
// any other domain, as a loopback address, serve both.
const (
	vendorDomain = ".freshservice.com"
	orgDomain    = ".myfreshworks.com"
)

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
// https://{anything}.freshservice.com and, for [OAuth],
// https://{anything}.myfreshworks.com to the server too, so that a program that
// builds the vendor's address itself can be tested unchanged, and fails for all
// other hosts. Redirects are not followed: the vendor sends none.
func (s *Server) Client() *http.Client {
	return simulator.Client(s.listener, vendorDomain, "freshservicetest", orgDomain)
}

// Close ends held calls, waits for calls under way and stops the server.
func (s *Server) Close() {
	s.Account.Close()
	s.listener.Close()
}
