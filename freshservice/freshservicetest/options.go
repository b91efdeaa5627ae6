package freshservicetest

import (
	"context"
	_ "embed" // for the two lists below
	"net/http"
	"strings"
	"time"
)

// Defaults of [Options].
const (
	// DefaultAPIKey is the API key of an account without [Options.Keys].
	DefaultAPIKey = "freshservicetest-key"
	// DefaultFirstID is the first id given out: like the vendor's, beyond 32
	// bits (§1.3).
	DefaultFirstID int64 = 21000000001
	// FirstInexactID is a value for [Options.FirstID] from which on ids do not
	// survive a conversion to float64.
	FirstInexactID int64 = 1<<53 + 1
	// DefaultIndexLag is the lag of "query=" after a write. The vendor says "a
	// few minutes" (§4.5).
	DefaultIndexLag = 3 * time.Minute
	// NoIndexLag makes "query=" see every write at once.
	NoIndexLag time.Duration = -1
	// DefaultKeptRequests is how many requests are kept for [Account.Requests].
	DefaultKeptRequests = 10000
)

// Options describe an account. The zero value, like nil, is an Enterprise
// account that holds the owner of the API key [DefaultAPIKey] and nobody else.
// The account does not keep or change the slices and maps in it.
type Options struct {
	// Keys are the API keys that are accepted. Empty: [DefaultAPIKey], which
	// belongs to the owner and may do everything.
	Keys []Key
	// OAuth is the app whose access tokens are accepted beside the keys. Nil:
	// none.
	OAuth *OAuth
	// Owner is the agent to whom the keys without an agent of their own belong.
	// Nil: Avery Admin, admin@example.com. Owner is seeded first, and without
	// roles an Account Admin.
	Owner *Agent

	// Clock is the time of the account. Nil: time.Now. It must not call back
	// into the account.
	Clock func() time.Time
	// Sleep serves [Fault.Delay]; it returns early with the context's error
	// when ctx ends. Nil: a real timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// FirstID is the first id given out; ids then go up by one. Zero:
	// [DefaultFirstID].
	FirstID int64

	// Plan sets the rate limits (§2). Empty: [Enterprise].
	Plan Plan
	// Limits replaces those of Plan.
	Limits *Limits
	// IndexLag is how long "query=" takes to see a write (§4.5). Zero:
	// [DefaultIndexLag]; negative: none.
	IndexLag time.Duration

	// Languages are the codes accepted for a user's language. Empty: the
	// reference's list (§10.2), see also [Rules.DocumentedLanguagesOnly].
	Languages []string
	// TimeZones are the names accepted for a user's time_zone. Empty: the
	// reference's list (§10.1), see also [Rules.OlderTimeZones].
	TimeZones []string
	// TimeZone is the account's own time zone, given to users who are created
	// without one. Empty: "Eastern Time (US & Canada)".
	TimeZone string
	// DateZone is where the day of a custom date field begins (§8.2). Nil: UTC.
	DateZone *time.Location
	// RequiredAttributes are optional requester attributes, under their API
	// names, that this account's form makes mandatory, for example "last_name"
	// (§4.1).
	RequiredAttributes []string

	// FullTimeSeats is how many active full-time agents the account has paid
	// for, the owner included; one more is refused with 403 (§5.5). Zero: no
	// limit.
	FullTimeSeats int

	// Roles and Workspaces are seeded before the owner, AgentFields too. Without
	// roles the account has a set of its own, see [SDAgentRole]; the primary
	// workspace, 2, is always there. DepartmentFields are the custom fields of
	// departments.
	Roles            []Role
	Workspaces       []Workspace
	AgentFields      []AgentField
	DepartmentFields []DepartmentField
	// Fields and what follows are seeded in this order; see the Add methods of
	// [Account].
	Fields          []RequesterField
	Departments     []Department
	Locations       []Location
	Agents          []Agent
	Requesters      []Requester
	AgentGroups     []AgentGroup
	RequesterGroups []RequesterGroup

	// Rules are the switches for doubtful behaviour.
	Rules Rules

	// PublicURL is what Location and Link headers start with, without a final
	// slash and without "/api/v2"; needed when the account is mounted below
	// another path. Empty: derived from the request's Host.
	PublicURL string
	// PageGuard decides whether a request may see the HTML page, for example by
	// its Host. Nil: every request may. It is called without locks.
	PageGuard func(*http.Request) bool
	// KeptRequests is how many requests are kept for [Account.Requests]; older
	// ones are dropped. Zero: [DefaultKeptRequests].
	KeptRequests int
}

// Key is an API key: the user name of HTTP Basic authentication (§1.2).
type Key struct {
	// Value is the key itself.
	Value string `json:"value"`
	// Agent is the id of the agent to whom the key belongs. Zero: the owner.
	// The key of an inactive or missing agent is refused [I §1.2].
	Agent int64 `json:"agent"`
	// Without lists the permissions that the agent lacks; calls that need them
	// answer 403 with the code access_denied.
	Without []Permission `json:"without"`
}

// Permission is something that the key's owner may do (§1.2).
type Permission string

// The permissions. What departments, locations and workspaces need is not
// documented by name; here it is what their OAuth scopes tell apart (§1.2).
const (
	ViewRequesters   Permission = "view requesters"
	EditRequesters   Permission = "edit requesters"
	DeleteRequesters Permission = "delete requesters"
	// ManageAgents is needed by every agent endpoint, by include_agents=true
	// and by the conversion of a requester.
	ManageAgents Permission = "manage agents"
	ViewRoles    Permission = "view roles"

	ViewAgentGroups   Permission = "view agent groups"
	EditAgentGroups   Permission = "edit agent groups"
	DeleteAgentGroups Permission = "delete agent groups"

	ViewDepartments   Permission = "view departments"
	ManageDepartments Permission = "manage departments"
	DeleteDepartments Permission = "delete departments"
	ViewLocations     Permission = "view locations"
	EditLocations     Permission = "edit locations"
	DeleteLocations   Permission = "delete locations"
	ViewWorkspaces    Permission = "view workspaces"
)

//go:embed languages.txt
var languageTable string

//go:embed timezones.txt
var timeZoneTable string

// language is one choice of the field "language".
type language struct {
	code, label string
	documented  bool
}

func languages() []language {
	var out []language
	for line := range strings.Lines(languageTable) {
		part := strings.Split(strings.TrimSpace(line), "\t")
		if len(part) == 3 {
			out = append(out, language{part[0], part[1], part[2] == "documented"})
		}
	}
	return out
}

// recentTimeZones are the names that §10.1 fears an older Rails does not know.
func recentTimeZones() []string {
	return []string{"Puerto Rico", "Chatham Is.", "Kaliningrad", "Samara", "Srednekolymsk", "Montevideo"}
}

func timeZones() []string {
	return strings.Split(strings.TrimSpace(timeZoneTable), "\n")
}
