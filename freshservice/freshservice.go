package freshservice

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

// Auth is a credential for an account. However it is printed, it does not show.
type Auth struct{ key connector.Secret }

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

	// UserAgent is the User-Agent of calls; "" means "usher".
	UserAgent string
	// Transport makes the connections; nil means one that refuses addresses inside
	// the network and uses no proxy.
	Transport http.RoundTripper
	// BaseURL takes the place of "https://{subdomain}.freshservice.com/api/v2" for
	// simulators and tests: http and private addresses are then allowed. Never set
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
	http    *httpx.Client
	account string // "acme.freshservice.com"
	blind   bool   // nobody has the department tickets flag
	types   fixedTypes
	rates   rates

	mu   sync.Mutex
	desc *connector.Description // latest

	// What the account taught about rules that the vendor does not document.
	learned learned
}

// learned are findings about one account. They only save calls: each is found
// out again by a refusal or from an answer.
type learned struct {
	clearWith atomic.Int32 // how an empty text is sent, a clearing
	custom    atomic.Int32 // what becomes of custom fields that are not sent, a customRule
}

var (
	_ connector.Driver  = (*driver)(nil)
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
	if !isKey(auth.key.Reveal()) {
		return nil, &connector.SettingError{Field: "credentials." + settingKey, Msg: "the API key is missing, or has characters that no key has"}
	}
	d := &driver{account: label + ".freshservice.com"}
	switch o.DepartmentTickets {
	case "", TicketsUsed:
	case TicketsUnused:
		d.blind = true
	default:
		return nil, &connector.SettingError{Field: "settings." + settingTickets, Msg: "it has to be one of " + TicketsUsed + ", " + TicketsUnused}
	}
	if d.types, err = newFixedTypes(); err != nil {
		return nil, fmt.Errorf("freshservice: %w", err)
	}
	reserve, err := rateReserve(o.RateReserve)
	if err != nil {
		return nil, err
	}
	ho := &httpx.Options{
		Reserve:   reserve,
		BaseURL:   "https://" + d.account + "/api/v2",
		Transport: o.Transport, UserAgent: o.UserAgent, Patience: o.Patience, Clock: o.Clock, Jitter: o.Jitter, Logger: o.Logger,
		RateHint: d.rates.hint,
		Authorize: func(r *http.Request) error {
			r.SetBasicAuth(auth.key.Reveal(), "X") // the password is a filler
			return nil
		},
	}
	if o.BaseURL != "" {
		ho.BaseURL, ho.AllowInsecure, ho.AllowPrivate = o.BaseURL, true, true
	}
	if o.budgets != nil {
		ho.Budget = o.budgets.For(d.account)
	}
	if d.http, err = httpx.New(ho); err != nil {
		return nil, fmt.Errorf("freshservice: %w", err)
	}
	return d, nil
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
