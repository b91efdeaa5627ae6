package zendesktest

import (
	"context"
	_ "embed" // for the two lists below
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Defaults of [Options].
const (
	// DefaultClientID and DefaultClientSecret are the OAuth client of an account
	// without [Options.Clients].
	DefaultClientID     = "zendesktest-client"
	DefaultClientSecret = "zendesktest-client-secret"
	// DefaultAPIToken is the API token of an account without
	// [Options.APITokens].
	DefaultAPIToken = "zendesktest-api-token"
	// DefaultFirstID is the first id given out: like the vendor's, beyond 32
	// bits (§0).
	DefaultFirstID int64 = 6164039664282
	// FirstInexactID is a value for [Options.FirstID] from which on ids do not
	// survive a conversion to float64.
	FirstInexactID int64 = 1<<53 + 1
	// DefaultIndexLag is the lag of the search after a write. The vendor's
	// people and users name one to ten minutes (§4.6).
	DefaultIndexLag = 2 * time.Minute
	// NoIndexLag makes the search see every write at once.
	NoIndexLag time.Duration = -1
	// DefaultKeptRequests is how many requests are kept for [Account.Requests].
	DefaultKeptRequests = 10000
)

const (
	// defaultJobDuration is when a job is done that nobody asks for.
	defaultJobDuration = 2 * time.Second
	// defaultGroupName is the name of a default group that is not seeded.
	defaultGroupName = "Support"
)

// Options describe an account. The zero value, like nil, is a Suite Enterprise
// account without custom roles that holds its owner and nobody else. The account
// does not keep or change the slices and maps in it.
type Options struct {
	// Clients are the OAuth clients that get tokens (§1.3), by client credentials
	// or, after [Account.Authorize], by an authorization code and refresh tokens.
	// Empty: [DefaultClientID] with [DefaultClientSecret], which acts as the owner.
	Clients []OAuthClient
	// APITokens are accepted together with the e-mail address of any user
	// (§1.1). Empty: [DefaultAPIToken].
	APITokens []string
	// AccessTokens are bearer tokens that exist from the start and do not
	// expire.
	AccessTokens []AccessToken
	// Owner is the account's owner, an administrator. Nil: Avery Admin,
	// admin@example.com. Owner is seeded first.
	Owner *User

	// Clock is the time of the account. Nil: time.Now. It must not call back
	// into the account.
	Clock func() time.Time
	// Sleep serves [Fault.Delay]; it returns early with the context's error
	// when ctx ends. Nil: a real timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// FirstID is the first id given out; ids then go up by one. Zero:
	// [DefaultFirstID].
	FirstID int64

	// Plan sets the rate limits (§2). Empty: [Enterprise]. Mind that every plan
	// allows one update a second: where Clock stands still, the second one is
	// refused, unless the plan is [Unlimited] or Limits says otherwise.
	Plan Plan
	// Limits replaces those of Plan.
	Limits *Limits
	// IndexLag is how long the search takes to see a write (§4.6). Zero:
	// [DefaultIndexLag]; negative: none.
	IndexLag time.Duration

	// Settings are the account's settings. Nil: [DefaultSettings].
	Settings *Settings
	// Seats is how many agents and administrators the account has paid for, the
	// owner included (§8). Zero: no limit.
	Seats int
	// DefaultGroup is the id of the group that new team members join (§4.3). It
	// is made with the name "Support" where Groups does not have it. Zero: the next
	// free id.
	DefaultGroup int64
	// DefaultRole is the id of the custom role that an agent gets who is made
	// one without a custom_role_id (§4.3). Zero: the first of CustomRoles that
	// has the type [CustomAgent].
	DefaultRole int64

	// Locales are the codes of the languages enabled on the account (§11).
	// Empty: all that the simulator knows. The first is the account's own.
	Locales []string
	// TimeZones are the names accepted for time_zone, out of the simulator's
	// list. Empty: the whole list (§11).
	TimeZones []string
	// TimeZone is the account's own time zone, given to users who are created
	// without one. Empty: "Eastern Time (US & Canada)".
	TimeZone string

	// The records are seeded in this order, Groups before the owner; see the Add
	// methods of [Account].
	Groups             []Group
	CustomRoles        []CustomRole
	Fields             []UserField
	OrganizationFields []OrganizationField
	Organizations      []Organization
	Users              []User

	// JobDuration is how long a background job takes on Clock (§9): it waits for a
	// quarter of the time and then does one item after the other. Zero: a job goes
	// on when it is asked for, is at work at the first poll and done at the second,
	// or when two seconds have passed. Negative: jobs are done when they are
	// queued, though the first answer does not say so.
	JobDuration time.Duration

	// BulkImport enables create_many and create_or_update_many of users, which the
	// vendor's support does for an account at its owner's request (§4.5).
	BulkImport bool

	// Rules are the switches for doubtful behaviour.
	Rules Rules

	// PublicURL is what URLs in answers start with, without a final slash and
	// without "/api/v2"; needed when the account is mounted below another path.
	// Empty: derived from the request's Host.
	PublicURL string
	// PageGuard decides whether a request may see the HTML page, for example by
	// its Host. Nil: every request may. It is called without locks.
	PageGuard func(*http.Request) bool
	// KeptRequests is how many requests are kept for [Account.Requests]; older
	// ones are dropped. Zero: [DefaultKeptRequests].
	KeptRequests int
}

// OAuthClient is an OAuth client of the account (§1.2).
type OAuthClient struct {
	// ID is the identifier, the client_id of OAuth.
	ID string `json:"id"`
	// Secret is the client_secret.
	Secret string `json:"secret"`
	// User is the id of the user as whom the client's tokens act. Zero: the
	// owner.
	User int64 `json:"user"`
	// Scopes is the ceiling of what tokens may be asked for. Empty: no ceiling.
	Scopes []string `json:"scopes"`
	// Public makes a client of kind "public", which gets no client credentials
	// grant.
	Public bool `json:"public"`
}

// AccessToken is a bearer token that exists from the start.
type AccessToken struct {
	Value string `json:"value"`
	// Scope is what the token may do, separated by spaces, for example
	// "users:read". Empty: "read write".
	Scope string `json:"scope"`
	// User is the id of the user as whom the token acts. Zero: the owner.
	User int64 `json:"user"`
}

// Settings are the account settings that matter to users (§11).
type Settings struct {
	// MultipleOrganizations lets a user have more than one organization (§6.3).
	MultipleOrganizations bool `json:"multiple_organizations"`
	// Tagging gives users tags.
	Tagging bool `json:"tagging"`
	// WelcomeEmails is agent_created_welcome_emails. It is only reported: the
	// simulator sends no mail.
	WelcomeEmails bool `json:"agent_created_welcome_emails"`
	// PhoneValidation is end_user_phone_number_validation: the phone numbers of
	// end users must be E.164 (§4.9).
	PhoneValidation bool `json:"end_user_phone_number_validation"`
	// LanguageSelection and TimeZoneSelection are only reported.
	LanguageSelection bool `json:"language_selection"`
	TimeZoneSelection bool `json:"time_zone_selection"`
	// GroupNamesUnique is check_group_name_uniqueness: no two live groups have the
	// same name (§6.1).
	GroupNamesUnique bool `json:"check_group_name_uniqueness"`
	// LightAgents is active_features.light_agents. It is only reported.
	LightAgents bool `json:"light_agents"`
	// NoAPITokens switches access by API token off.
	NoAPITokens bool `json:"no_api_tokens"`
}

// DefaultSettings are those of an account without [Options.Settings]: several
// organizations per user, tags, welcome mails, no validation of phone numbers.
func DefaultSettings() Settings {
	return Settings{
		MultipleOrganizations: true, Tagging: true, WelcomeEmails: true,
		LanguageSelection: true, TimeZoneSelection: true, GroupNamesUnique: true,
	}
}

//go:embed locales.txt
var localeTable string

//go:embed timezones.txt
var timeZoneTable string

// locale is a language of the account (§11).
type locale struct {
	code, name string
	id         int64
}

func locales() []locale {
	var out []locale
	for line := range strings.Lines(localeTable) {
		part := strings.Split(strings.TrimSpace(line), "\t")
		if len(part) != 3 {
			continue
		}
		if id, err := strconv.ParseInt(part[1], 10, 64); err == nil {
			out = append(out, locale{code: part[0], id: id, name: part[2]})
		}
	}
	return out
}

// zone is a time zone by its friendly name (§4.1).
type zone struct{ name, iana string }

func timeZones() []zone {
	var out []zone
	for line := range strings.Lines(timeZoneTable) {
		if name, iana, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			out = append(out, zone{name, iana})
		}
	}
	return out
}
