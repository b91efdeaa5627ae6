package freshservice

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// What [Options.DepartmentTickets] can say.
const (
	// TicketsUsed keeps the flag "can see all tickets from associated
	// departments": it is read before each update and sent again with it, because
	// an update that does not send it takes it away.
	TicketsUsed = "used"
	// TicketsUnused says that nobody in the account has the flag. Updates can then
	// be made without reading the record first.
	TicketsUnused = "unused"
)

// What [Options.Agents] can say.
const (
	// AgentsIgnored leaves agents alone: they are only read, to find managers and
	// holders of an address.
	AgentsIgnored = "ignored"
	// AgentsManaged serves agents and their groups like requesters and theirs.
	AgentsManaged = "managed"
)

// What [Options.AgentProfile] can say.
const (
	// ProfileOnCreate sends names, title and phones of agents on create only:
	// Freshservice documents no way of changing them.
	ProfileOnCreate = "create"
	// ProfileOnUpdate sends them on update too, in a call of their own whose refusal
	// is logged and does not fail the rest.
	ProfileOnUpdate = "update"
)

// What [Options.Departments] can say.
const (
	// DepartmentsReferenced has departments as what people refer to.
	DepartmentsReferenced = "referenced"
	// DepartmentsAsGroups serves them as groups as well, whose members are the people
	// who have the department.
	DepartmentsAsGroups = "groups"
)

// Auth is a credential for an account. However it is printed, it does not show.
type Auth struct {
	key   connector.Secret
	grant *grant // of an app, in place of a key
}

// check refuses what no credential can be.
func (a Auth) check() error {
	if a.grant != nil {
		return a.grant.check()
	}
	if !isKey(a.key.Reveal()) {
		return &connector.SettingError{Field: "credentials." + settingKey, Msg: "the API key is missing, or has characters that no key has"}
	}
	return nil
}

// client returns a client of the API that uses the credential.
func (a Auth) client(ho httpx.Options, o *Options) (caller, error) {
	var c caller
	ho.Authorize = func(r *http.Request) error {
		r.SetBasicAuth(a.key.Reveal(), "X") // the password is a filler
		return nil
	}
	var err error
	if a.grant != nil {
		if c.source, err = a.grant.source(o); err != nil {
			return caller{}, err
		}
		ho.Authorize = c.source.Authorize
	}
	c.Client, err = httpx.New(&ho)
	return c, err
}

// APIKey returns the credential of an agent's API key, found in the agent's
// profile settings. The agent needs the permissions that [connector.Target.Check]
// asks for; better a full-time agent made for this than a person's own, because
// deactivating the agent ends the connection.
func APIKey(key string) Auth { return Auth{key: connector.NewSecret(key)} }

// Clock is a source of time. Every wait goes through it. It must be safe for
// concurrent use.
type Clock interface {
	// Now returns the time.
	Now() time.Time
	// AfterFunc calls f once, after d, and not from inside AfterFunc. The function
	// returned cancels the call and reports whether it did so in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// Options are the settings of a connection. The zero value, like a nil *Options,
// has the defaults.
type Options struct {
	// DepartmentTickets is [TicketsUsed] or [TicketsUnused]; "" means TicketsUsed.
	DepartmentTickets string
	// Agents is [AgentsIgnored] or [AgentsManaged]; "" means AgentsIgnored.
	Agents string
	// Owner is the e-mail address of the agent whose credential is used. It is
	// required where agents are managed: that agent is never disabled, downgraded or
	// deleted.
	Owner string
	// AgentProfile is [ProfileOnCreate] or [ProfileOnUpdate]; "" means
	// ProfileOnCreate.
	AgentProfile string
	// Departments is [DepartmentsReferenced] or [DepartmentsAsGroups]; "" means
	// DepartmentsReferenced.
	Departments string

	// UserAgent is the User-Agent of calls; "" means "usher".
	UserAgent string
	// Transport makes the connections; nil means one that refuses addresses inside
	// the network and uses no proxy.
	Transport http.RoundTripper
	// BaseURL takes the place of "https://{subdomain}.freshservice.com/api/v2" for
	// simulators and tests, and what stands before "/api/v2" that of the
	// organisation's domain: http and private addresses are then allowed. Never set
	// it from what an administrator can type in.
	BaseURL string
	// Patience is how long a call may wait for the rate limit and between
	// attempts; 0 means 20 seconds.
	Patience time.Duration
	// RateReserve is the share of each of the account's rate limits, in percent up
	// to 90 and rounded down to whole calls, that is left to the customer's other
	// programs: calls wait rather than use more. 0 means [DefaultRateReserve], [NoRateReserve] none.
	RateReserve int
	// Clock is the time; nil means the system's.
	Clock Clock
	// Jitter returns random numbers in [0,1) for the waits between attempts; nil
	// means math/rand/v2.
	Jitter func() float64
	// Logger gets a line for each call, without personal data; nil means none.
	Logger *slog.Logger
	// DescriptionAge is how long the account's fields are remembered; 0 means
	// [connector.DefaultDescriptionAge].
	DescriptionAge time.Duration

	// Tokens returns where the tokens of a connection are kept that an [Application]
	// opens with the setting client_id, by the account, such as "acme.freshservice.com",
	// and the app's client id. It should return the same store for the same names. Nil
	// keeps them in memory, and needs the setting refresh_token. New does not use it.
	Tokens func(account, clientID string) connector.TokenStore

	// budgets shares an account's rate limit among connections to it.
	budgets *httpx.Budgets
}

// New returns the target for the account at {subdomain}.freshservice.com. It calls
// nothing. Custom domains do not serve the API, so only the label is taken.
//
// Connections made by New do not know of each other: to have several share the
// rate limit of one account, open them through an [Application].
//
// Errors: a [*connector.SettingError] for a setting that is wrong.
func New(subdomain string, auth Auth, o *Options) (*connector.Target, error) {
	d, err := newDriver(subdomain, auth, o)
	if err != nil {
		return nil, err
	}
	to := &connector.Options{}
	if o != nil {
		to.Logger, to.DescriptionAge = o.Logger, o.DescriptionAge
		if o.Clock != nil {
			to.Clock = o.Clock.Now
		}
	}
	return connector.NewTarget(d, to)
}

// driver reaches one account.
type driver struct {
	http    caller
	account string // "acme.freshservice.com"
	blind   bool   // nobody has the department tickets flag
	managed bool   // agents are
	profile bool   // of agents is sent on update, too
	grouped bool   // departments are groups
	owner   string // address of the agent whose credential is used, or ""
	byKey   bool   // the credential is an API key
	log     *slog.Logger
	types   fixedTypes
	rates   rates

	roles, groups, workspaces *catalog
	people                    stripes // locks of people whose departments are edited
	moves                     moves

	mu      sync.Mutex
	desc    *connector.Description // latest
	ownerID string                 // of the agent whose credential is used, once it was found

	// What the account taught about rules that the vendor does not document.
	learned learned

	cutShort cutShort // changes of requester groups that ended in the middle
}

// learned are findings about one account. They only save calls: each is found
// out again by a refusal or from an answer.
type learned struct {
	clearWith atomic.Int32 // how an empty text is sent, a clearing
	custom    atomic.Int32 // what becomes of custom fields that are not sent, a customRule
	// noExternalID says that requests of a kind of people must not have external_id.
	noExternalID [2]atomic.Bool
	// agentWritten says that the credential has changed an agent, which it therefore
	// may.
	agentWritten atomic.Bool
}

var (
	_ connector.Driver  = (*driver)(nil)
	_ connector.Members = (*driver)(nil)
	_ connector.Omitter = (*driver)(nil)
	_ connector.Checker = (*driver)(nil)
)

func newDriver(subdomain string, auth Auth, o *Options) (*driver, error) {
	if o == nil {
		o = &Options{}
	}
	label, err := checkSubdomain(subdomain)
	if err != nil {
		return nil, err
	}
	if err := auth.check(); err != nil {
		return nil, err
	}
	d := &driver{account: label + ".freshservice.com", byKey: auth.grant == nil, log: o.Logger}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if err := d.configure(o); err != nil {
		return nil, err
	}
	if d.types, err = newFixedTypes(d.grouped); err != nil {
		return nil, fmt.Errorf("freshservice: %w", err)
	}
	ho := httpOptions(o)
	ho.BaseURL, ho.RateHint = "https://"+d.account+"/api/v2", d.rates.hint
	if o.BaseURL != "" {
		ho.BaseURL = o.BaseURL
	}
	if ho.Reserve, err = rateReserve(o.RateReserve); err != nil {
		return nil, err
	}
	if o.budgets != nil {
		ho.Budget = o.budgets.For(d.account)
	}
	if d.http, err = auth.client(ho, o); err != nil {
		return nil, fmt.Errorf("freshservice: %w", err)
	}
	if auth.grant != nil && auth.grant.inMemory && o.Logger != nil {
		o.Logger.Warn("the refresh tokens of Freshservice are kept in memory only: after a restart an administrator may have to authorize the app anew",
			slog.String("account", d.account))
	}
	return d, nil
}

// configure reads the settings that say what is served and how.
func (d *driver) configure(o *Options) error {
	for _, choice := range [...]struct {
		setting, value, otherwise, chosen string
		to                                *bool
	}{
		{settingTickets, o.DepartmentTickets, TicketsUsed, TicketsUnused, &d.blind},
		{settingAgents, o.Agents, AgentsIgnored, AgentsManaged, &d.managed},
		{settingProfile, o.AgentProfile, ProfileOnCreate, ProfileOnUpdate, &d.profile},
		{settingDepartments, o.Departments, DepartmentsReferenced, DepartmentsAsGroups, &d.grouped},
	} {
		switch choice.value {
		case "", choice.otherwise:
		case choice.chosen:
			*choice.to = true
		default:
			return &connector.SettingError{Field: "settings." + choice.setting, Msg: "it has to be one of " + choice.otherwise + ", " + choice.chosen}
		}
	}
	d.owner = strings.TrimSpace(o.Owner)
	switch {
	case d.owner == "" && d.managed:
		return &connector.SettingError{Field: "settings." + settingOwner,
			Msg: "the e-mail address of the agent whose credential is used is wanted where agents are managed, so that nothing takes that agent's access away"}
	case d.owner != "" && !strings.Contains(d.owner, "@"):
		return &connector.SettingError{Field: "settings." + settingOwner, Msg: "it is no e-mail address"}
	}
	var now func() time.Time
	if o.Clock != nil {
		now = o.Clock.Now
	}
	if now == nil {
		now = time.Now
	}
	d.roles = newCatalog(now, func(ctx context.Context) ([]schema.Value, error) { return d.every(ctx, roles, nil) })
	d.workspaces = newCatalog(now, d.readWorkspaces)
	d.groups = newCatalog(now, d.readGroups)
	d.people, d.moves.now = newStripes(), now
	return nil
}

// httpOptions returns what all clients of the account have in common.
func httpOptions(o *Options) httpx.Options {
	insecure := o.BaseURL != ""
	return httpx.Options{
		Transport: o.Transport, UserAgent: o.UserAgent, Patience: o.Patience, Clock: o.Clock, Jitter: o.Jitter, Logger: o.Logger,
		AllowInsecure: insecure, AllowPrivate: insecure,
	}
}

// checkSubdomain returns the label in lower case.
func checkSubdomain(s string) (string, error) {
	s = strings.ToLower(s)
	ok := len(s) > 0 && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-'
	for i := range len(s) {
		c := s[i]
		ok = ok && (c == '-' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9')
	}
	if !ok {
		return "", &connector.SettingError{Field: "settings." + settingSubdomain,
			Msg: `only the first part of the account's address is wanted: "acme" for acme.freshservice.com`}
	}
	return s, nil
}

// isKey reports whether a key can be the user name of HTTP Basic authentication.
func isKey(key string) bool {
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return key != "" && len(key) <= 512
}
