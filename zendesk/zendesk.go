package zendesk

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// What [Options.EmailChange] can say.
const (
	// EmailReplace gives the user the new address in place of the old one.
	EmailReplace = "replace"
	// EmailKeep makes the new address the primary one and keeps the old one as a
	// further address, so that mail from it still finds the user.
	EmailKeep = "keep"
)

// What [Options.Organizations] can say.
const (
	// OrganizationsReferenced has organizations as what users refer to, and no more.
	// References can make them.
	OrganizationsReferenced = "referenced"
	// OrganizationsGroups has them as groups as well, whose members are their users.
	OrganizationsGroups = "groups"
)

// What [Options.SecondaryEmails], [Options.SecondaryPhones] and
// [Options.SecondaryOrganizations] can say.
const (
	// SetIgnored leaves what a user has beyond the first one as it is, and does not
	// show it.
	SetIgnored = "ignored"
	// SetManaged makes a field of it, which is read and written as a set.
	SetManaged = "managed"
)

// DefaultScopes is what [Options.Scopes] is by default: e-mail addresses cannot
// be changed with anything narrower (developer.zendesk.com, "User identities").
const DefaultScopes = "read write"

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
	// AllowAdmin lets users be created as administrators and raised to be ones, by
	// their role or by a custom role of that kind. Without it that is Denied.
	AllowAdmin bool
	// EmailChange is [EmailReplace] or [EmailKeep]; "" means EmailReplace.
	EmailChange string
	// SecondaryEmails is [SetIgnored] or [SetManaged]; "" means SetIgnored. Managed,
	// users have the field "secondary_emails": the addresses beyond the primary one.
	// Reading a user then takes one more call.
	SecondaryEmails string
	// SecondaryPhones is the same for phone numbers and the field
	// "secondary_phones". Both fields together take one more call.
	SecondaryPhones string
	// SecondaryOrganizations is the same for the field "secondary_organization_ids":
	// the organizations of a user beyond the default one. Reading a user takes one more
	// call for it. In an account whose users have one organization there is no such
	// field.
	SecondaryOrganizations string
	// Organizations is [OrganizationsReferenced] or [OrganizationsGroups]; "" means
	// OrganizationsReferenced.
	Organizations string
	// Counts has lists of more than one page say how many records there are in all,
	// which takes one more call. Zendesk counts exactly up to 100,000; of more there is
	// no total.
	Counts bool
	// AccountOwner is the e-mail address or the id of the account's owner, who is never
	// disabled, downgraded or deleted: the API does not tell who it is. "" leaves the
	// owner's protection to Zendesk, which refuses a deletion.
	AccountOwner string
	// Scopes are what access tokens are asked for, separated by spaces; "" means
	// [DefaultScopes]. API tokens have none.
	Scopes string

	// UserAgent is the User-Agent of calls; "" means "usher".
	UserAgent string
	// Transport makes the connections; nil means one that refuses addresses inside
	// the network and uses no proxy.
	Transport http.RoundTripper
	// BaseURL takes the place of "https://{subdomain}.zendesk.com" for simulators
	// and tests: http and private addresses are then allowed. Never set it from
	// what an administrator can type in.
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
	// Logger gets a line for each call, without personal data, and warnings; nil
	// means none.
	Logger *slog.Logger
	// DescriptionAge is how long the account's fields are remembered; 0 means
	// [connector.DefaultDescriptionAge].
	DescriptionAge time.Duration

	// Tokens returns where the tokens of a connection are kept that an [Application]
	// opens with the setting refresh_token or [GrantAuthorizationCode], by the account,
	// such as "acme.zendesk.com", and the OAuth client's id. It should return the same
	// store for the same names. Nil keeps them in memory and needs a refresh_token,
	// which has to be renewed before the program is started again: Zendesk takes a
	// refresh token once. New does not use it.
	Tokens func(account, clientID string) connector.TokenStore

	// budgets shares an account's rate limit among connections to it.
	budgets *httpx.Budgets
}

// New returns the target for the account at {subdomain}.zendesk.com. It calls
// nothing. Host-mapped domains are not taken, only the label.
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
	http       *httpx.Client
	auth       *authorizer
	account    string // "acme.zendesk.com"
	allowAdmin bool
	keepEmail  bool
	choices    choices
	patience   time.Duration // of waits for jobs
	log        *slog.Logger
	types      fixedTypes

	mu     sync.Mutex
	known  *known              // latest, nil until the account was described
	made   map[string]madeType // types of objects as they were described last
	me     *self               // whom the credential belongs to, nil until asked
	owner  string              // id of the account's owner, "" until it was found
	roles  roleTypes           // kinds of custom roles
	beyond map[string]int      // pages that lists of all memberships were seen to be longer than, by path

	// What becomes of custom fields that an update does not send, a customRule. The
	// vendor's samples show that they stay, no page says so.
	custom atomic.Int32
}

var (
	_ connector.Driver  = (*driver)(nil)
	_ connector.Checker = (*driver)(nil)
	_ connector.Members = (*driver)(nil)
	_ connector.Omitter = (*driver)(nil)
	_ connector.Changes = (*driver)(nil)
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
	d := &driver{account: label + ".zendesk.com", allowAdmin: o.AllowAdmin, log: o.Logger}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	switch o.EmailChange {
	case "", EmailReplace:
	case EmailKeep:
		d.keepEmail = true
	default:
		return nil, &connector.SettingError{Field: "settings." + settingEmailChange, Msg: "it has to be one of " + EmailReplace + ", " + EmailKeep}
	}
	if d.choices, err = readChoices(o); err != nil {
		return nil, err
	}
	if d.patience = o.Patience; d.patience <= 0 {
		d.patience = httpx.DefaultPatience
	}
	scopes, err := checkScopes(o.Scopes)
	if err != nil {
		return nil, err
	}
	if d.types, err = newFixedTypes(); err != nil {
		return nil, fmt.Errorf("zendesk: %w", err)
	}

	root, ho := httpOptions(d.account, o)
	if d.auth, err = newAuthorizer(auth, scopes, root, ho, d); err != nil {
		return nil, fmt.Errorf("zendesk: %w", err)
	}
	ho.BaseURL, ho.RateHint, ho.Authorize = root+"/api/v2", readRates, d.auth.authorize
	if ho.Reserve, err = rateReserve(o.RateReserve); err != nil {
		return nil, err
	}
	if o.budgets != nil {
		ho.Budget = o.budgets.For(d.account)
	}
	if d.http, err = httpx.New(&ho); err != nil {
		return nil, fmt.Errorf("zendesk: %w", err)
	}
	if auth.kind == byAuthorizationCode && auth.consent.inMemory {
		d.log.Warn("Zendesk's refresh tokens are kept in memory only: after a restart somebody has to authorize the OAuth client anew",
			slog.String("account", d.account))
	}
	if auth.kind == byAPIToken {
		d.log.Warn("Zendesk is retiring API tokens: one that is unused for 30 days is deactivated since 2026-07-28, "+
			"none can be made from 2026-10-27, all stop working on 2027-04-30; use an OAuth client",
			slog.String("account", d.account))
	}
	return d, nil
}

// httpOptions returns where the account is, and what all clients of it have in
// common.
func httpOptions(account string, o *Options) (root string, ho httpx.Options) {
	ho = httpx.Options{
		Transport: o.Transport, UserAgent: o.UserAgent, Patience: o.Patience, Clock: o.Clock, Jitter: o.Jitter, Logger: o.Logger,
	}
	if o.BaseURL == "" {
		return "https://" + account, ho
	}
	ho.AllowInsecure, ho.AllowPrivate = true, true
	return strings.TrimSuffix(o.BaseURL, "/"), ho
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
			Msg: `only the first part of the account's address is wanted: "acme" for acme.zendesk.com`}
	}
	return s, nil
}

// checkScopes returns the scopes with one space between them.
func checkScopes(s string) (string, error) {
	if s = strings.Join(strings.Fields(s), " "); s == "" {
		s = DefaultScopes
	}
	if !isScopes(s) {
		return "", &connector.SettingError{Field: "settings." + settingScopes, Msg: `scopes are names like "read" or "users:write", separated by spaces`}
	}
	return s, nil
}

// isScopes reports whether a text is a list of OAuth scopes (RFC 6749 section
// 3.3, less the characters that Zendesk's names do not have).
func isScopes(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == ':', c == '_', c == '-', c == '.', c == ' ':
		default:
			return false
		}
	}
	return len(s) <= 4096
}
