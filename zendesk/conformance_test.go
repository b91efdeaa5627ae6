package zendesk_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// conformance is one of the ways in which the kit meets the driver.
type conformance struct {
	role    string // of the samples
	token   bool   // an API token in place of an OAuth client
	several bool   // users may have several organizations
	options zendesk.Options
	rules   zendesktest.Rules
	skip    map[string]string
}

// endUsers is what the samples of an end user cannot show.
var endUsers = map[string]string{"members/group": "only agents can be members of a group; the run with agents has them"}

// TestConformance runs the conformance kit against a simulated account whose
// search lags behind, as the vendor's does. A change of role changes other fields
// as well, so each run has samples of one role; TestRoles and its kin have the
// changes.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]conformance{
		"end users, OAuth client": {role: "end-user", several: true, skip: endUsers},
		"agents, API token": {
			role: "agent", token: true, several: true,
			options: zendesk.Options{EmailChange: zendesk.EmailKeep, Organizations: zendesk.OrganizationsGroups},
			skip:    map[string]string{"actions/user": "an agent is made an end user before it is suspended, and by design nothing makes it an agent again but a change of its role"},
		},
		"what users have several of": {
			role: "end-user", several: true,
			skip: map[string]string{
				"members/group": endUsers["members/group"],
				"clear/user":    "where a user has several organizations, the next one becomes the default when the default one goes",
			},
			options: zendesk.Options{SecondaryEmails: zendesk.SetManaged, SecondaryPhones: zendesk.SetManaged, SecondaryOrganizations: zendesk.SetManaged},
		},
		"custom fields sent as a whole": {role: "end-user", rules: zendesktest.Rules{UserFieldsReplace: true}, skip: endUsers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, c.harness, &connectortest.Options{
				Skip:    c.skip,
				Retry:   []time.Duration{2 * zendesktest.DefaultIndexLag},
				Records: 205, // more than two pages of a list
			})
		})
	}
}

// harness is an account of its own with something of every kind in it.
func (c conformance) harness(t *testing.T) *connectortest.Harness {
	clock := testx.NewClock(time.Time{})
	settings := zendesktest.DefaultSettings()
	settings.MultipleOrganizations = c.several
	settings.GroupNamesUnique = c.token // in one of the runs
	sim := zendesktest.NewServer(&zendesktest.Options{
		Clients:   []zendesktest.OAuthClient{{ID: "kit", Secret: canary}},
		APITokens: []string{canary},
		Clock:     clock.Now,
		Plan:      zendesktest.Unlimited,
		Settings:  &settings,
		Fields:    everyField(),
		Groups:    []zendesktest.Group{{ID: 51, Name: "Support"}, {ID: 52, Name: "Night desk"}},
		CustomRoles: []zendesktest.CustomRole{
			{ID: 31, Name: "Staff", Type: zendesktest.CustomAgent},
			{ID: 32, Name: "Night O'Hare", Type: zendesktest.CustomAgent},
		},
		Organizations: []zendesktest.Organization{
			{ID: 41, Name: "Sales", ExternalID: "s-1"}, {ID: 42, Name: "Tour Operations"}, {ID: 43, Name: "O'Hare"}, {ID: 44, Name: "Tours"},
		},
		Users: []zendesktest.User{
			{ID: 61, Name: "Alan Agent", Email: "alan@example.com", Role: "agent", CustomRoleID: 31},
			{ID: 71, Name: "Rosa Seeded", Email: "rosa@example.com", OtherEmails: []string{"r@example.com"}, ExternalID: "r-71", OrganizationIDs: []int64{41}},
			{ID: 72, Name: "Rolf", Email: "rolf@example.com", Suspended: true},
			{ID: 73, Name: "Gone", Email: "gone@example.com", DeletedAt: clock.Now().Add(-time.Hour)},
		},
		Rules: c.rules,
	})
	t.Cleanup(sim.Close)

	var log logBuffer
	o := c.options
	o.BaseURL, o.Clock, o.Jitter = sim.URL, hurried{clock}, func() float64 { return 0 }
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	auth := zendesk.ClientCredentials(sim.ClientID(), sim.ClientSecret())
	if c.token {
		auth = zendesk.APIToken(sim.OwnerEmail(), sim.APIToken())
	}
	target, err := zendesk.New("acme", auth, &o)
	require.NoError(t, err)
	return &connectortest.Harness{
		Driver:  target.Driver(),
		Sample:  c.sample,
		Inject:  func(f connectortest.Fault) bool { return inject(sim, f) },
		Wait:    func(_ context.Context, d time.Duration) error { clock.Advance(d); return nil },
		Calls:   func() int { return len(sim.Requests()) },
		Secrets: []string{canary},
		Logs:    log.String,
	}
}

// sample is the kit's own, with what this account has, and without what a user of
// the role cannot have.
func (c conformance) sample(o *connector.Object, i int) *schema.Record {
	rec := connectortest.Sample(o, i)
	switch o.Name {
	case zendesk.ObjectGroup:
		rec.Set("is_public", schema.Value{}) // a private one stays private
		return rec
	case zendesk.ObjectOrganization:
		rec.Set("group_id", schema.IntegerValue(51+int64(i%2)))
		rec.Set("domain_names", schema.StringsValue(fmt.Sprintf("d%d.example.com", i), fmt.Sprintf("e%d.example.com", i)))
		rec.Set("tags", schema.StringsValue(fmt.Sprintf("tag_%d", i), "all"))
		return rec
	}
	if o.Name != zendesk.ObjectUser {
		return rec
	}
	odd := int64(i % 2)
	rec.SetString("role", c.role)
	rec.SetString("time_zone", []string{"Berlin", "Pacific Time (US & Canada)"}[odd])
	rec.SetString("locale", []string{"en-US", "de"}[odd])
	rec.Set("user_fields.boss", schema.IntegerValue(71+odd))
	rec.SetString("user_fields.code", fmt.Sprintf("A%d", i))
	// Whoever has a new address has a verified one.
	rec.Set("verified", schema.BooleanValue(true))
	rec.Set("organization_id", schema.IntegerValue(41+odd))
	if c.options.SecondaryOrganizations == zendesk.SetManaged {
		rec.Set("secondary_organization_ids", schema.ListValue(schema.IntegerValue(43+odd)))
	}
	if c.options.SecondaryPhones == zendesk.SetManaged {
		rec.Set("secondary_phones", schema.StringsValue(fmt.Sprintf("+1666%07d", 2*i), fmt.Sprintf("+1666%07d", 2*i+1)))
	}
	if c.role == "agent" {
		return rec // in the custom role 31: one that is cleared comes back as the default
	}
	for _, field := range []string{"alias", "signature", "moderator", "only_private_comments", "ticket_restriction"} {
		rec.Set(field, schema.Value{})
	}
	return rec
}

// inject scripts the account.
func inject(sim *zendesktest.Server, fault connectortest.Fault) bool {
	sim.ClearFaults()
	if fault.Kind == connectortest.NoFault {
		return true
	}
	root := "/api/v2/" + fault.Object + "s"
	s := zendesktest.Fault{Path: root}
	switch fault.Op {
	case connectortest.OpGet:
		s.Method, s.Path = "GET", root+"/*"
	case connectortest.OpList:
		s.Method = "GET"
	case connectortest.OpCreate:
		s.Method = "POST"
	case connectortest.OpUpdate:
		s.Method, s.Path = "PUT", root+"/*"
	case connectortest.OpAct:
		s.Path = root + "/*"
	}
	switch fault.Kind {
	case connectortest.RateLimited:
		s.Status, s.RetryAfter = 429, fmt.Sprint(int(fault.RetryAfter.Seconds()))
	case connectortest.Unavailable:
		s.Status, s.Body = 503, "<html>ada@example.com: try later</html>"
	case connectortest.UnavailableAfter:
		s.Kind = zendesktest.FailAfter
	case connectortest.LostAnswer:
		s.Kind = zendesktest.LostAnswer
	case connectortest.Malformed:
		s.Kind = zendesktest.Malformed
	case connectortest.Slow:
		// All calls: one that was given up before may still be on its way to the
		// account, and would take a single fault away.
		s.Kind, s.Times = zendesktest.Delay, -1
	default:
		return false
	}
	sim.Fault(s)
	return true
}

// logBuffer is a buffer for several goroutines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Clone(b.buf.String())
}
