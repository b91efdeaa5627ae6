package freshservice_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/connectortest"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// TestConformance runs the conformance kit against a simulated account whose
// search lags behind, as the vendor's does.
func TestConformance(t *testing.T) {
	t.Parallel()
	everything := freshservice.Options{
		Agents: freshservice.AgentsManaged, Owner: "admin@example.com", Departments: freshservice.DepartmentsAsGroups,
	}
	blind := everything
	blind.DepartmentTickets, blind.AgentProfile = freshservice.TicketsUnused, freshservice.ProfileOnUpdate
	for name, o := range map[string]freshservice.Options{
		"reads before it writes":   {},
		"blind writes":             {DepartmentTickets: freshservice.TicketsUnused},
		"everything":               everything,
		"everything, blind writes": blind,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connectortest.Run(t, func(t *testing.T) *connectortest.Harness { return harness(t, o) }, &connectortest.Options{
				Retry:   []time.Duration{2 * freshservicetest.DefaultIndexLag},
				Records: 105, // more than a page of a list
			})
		})
	}
}

// harness is an account of its own with something of every kind in it.
func harness(t *testing.T, o freshservice.Options) *connectortest.Harness {
	var log logBuffer
	o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := start(t, &freshservicetest.Options{
		Plan:   freshservicetest.Unlimited,
		Keys:   []freshservicetest.Key{{Value: canary}},
		Fields: everyField(),
		AgentFields: []freshservicetest.AgentField{
			{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green", "it's blue"}},
			{Name: "shift", Type: freshservicetest.TextField},
		},
		Rules: freshservicetest.Rules{
			// By default nobody is found by a secondary address, and an eq on the field
			// addresses, which says that it is answered, misses them.
			EmailFilterMatchesSecondary: true,
			// By default agents lose what they are not given, see TestUpdate_Profile and
			// TestExternalID.
			AgentExternalIDWritable: true, AgentProfile: freshservicetest.ProfileAccepted,
			ConvertInactiveStatus: 200,
		},
		DepartmentFields: []freshservicetest.DepartmentField{{Name: "cost_center"}},
		Departments: []freshservicetest.Department{
			{ID: 41, Name: "Sales"}, {ID: 42, Name: "Tour Operations"}, {ID: 43, Name: "O'Hare"},
		},
		Locations:  []freshservicetest.Location{{ID: 51, Name: "Berlin"}, {ID: 52, Name: "New York", City: "New York"}},
		Workspaces: []freshservicetest.Workspace{{ID: 3, Name: "HR"}},
		Agents: []freshservicetest.Agent{
			{ID: 61, FirstName: "Alan", LastName: "Agent", Email: "alan@example.com", JobTitle: "Analyst", DepartmentIDs: []int64{41, 42}, LocationID: 51},
			{ID: 62, FirstName: "Barbara", Email: "barbara@example.com", Inactive: true, WorkPhone: "+15550100"},
		},
		AgentGroups: []freshservicetest.AgentGroup{
			{ID: 81, Name: "Network", Members: []int64{61}}, {ID: 82, Name: "Payroll", WorkspaceID: 3},
		},
		RequesterGroups: []freshservicetest.RequesterGroup{{ID: 91, Name: "Everybody", RuleBased: true, Members: []int64{71}}},
		Requesters: []freshservicetest.Requester{
			{ID: 71, FirstName: "Rosa", LastName: "Seeded", PrimaryEmail: "rosa@example.com", SecondaryEmails: []string{"r@example.com"}},
			{ID: 72, FirstName: "Rolf", PrimaryEmail: "rolf@example.com", Inactive: true},
		},
	}, &o)
	return &connectortest.Harness{
		Driver:  f.Driver(),
		Sample:  sample,
		Inject:  f.inject,
		Wait:    func(_ context.Context, d time.Duration) error { f.clock.Advance(d); return nil },
		Calls:   func() int { return len(f.sim.Requests()) },
		Secrets: []string{canary},
		Logs:    log.String,
	}
}

// sample is the kit's own, with references to what the account holds and without
// what not every account takes.
func sample(o *connector.Object, i int) *schema.Record {
	rec := connectortest.Sample(o, i)
	odd := int64(i % 2)
	number := func(field string, n int64) { rec.Set(field, schema.IntegerValue(n)) }
	switch o.Name {
	case freshservice.ObjectRequester, freshservice.ObjectAgent:
		rec.Set("department_ids", schema.ListValue(schema.IntegerValue(41+odd), schema.IntegerValue(42+odd)))
		number("location_id", 51+odd)
		number("reporting_manager_id", 61+10*odd)
		rec.SetString("time_zone", []string{"Berlin", "Pacific Time (US & Canada)"}[odd])
	}
	switch o.Name {
	case freshservice.ObjectRequester:
		number("custom_fields.desk", int64(i))              // the search knows whole numbers only
		rec.Set("belongs_to_workspace_ids", schema.Value{}) // of accounts of service providers only
	case freshservice.ObjectAgent:
		rec.Set("role_ids", schema.ListValue(schema.IntegerValue(freshservicetest.ITAgentRole), schema.IntegerValue([]int64{freshservicetest.SDAgentRole, freshservicetest.SupervisorRole}[odd])))
		rec.Set("role_assignments", schema.StringsValue([]string{"IT Agent: specified_groups: Network", "IT Agent @ HR: member_groups"}[odd]))
		rec.Set("observer_of", schema.ListValue(schema.IntegerValue(81+odd)))
		rec.Set("workspace_ids", schema.ListValue(schema.IntegerValue(2+odd)))
		number("scoreboard_level_id", 1+odd)
		rec.SetString("custom_fields.badge_color", []string{"red", "green"}[odd]) // choices of agents' fields are not told
	case freshservice.ObjectAgentGroup:
		rec.Set("observers", schema.ListValue(schema.IntegerValue(61)))
		rec.Set("leaders", schema.ListValue(schema.IntegerValue(61)))
		number("escalate_to", 61)
		number("workspace_id", 2+odd)
		rec.Set("approval_required", schema.BooleanValue(false)) // members would wait
	case freshservice.ObjectDepartment:
		number("head_user_id", 61+10*odd)
	}
	return rec
}

// inject scripts the account.
func (f *fixture) inject(fault connectortest.Fault) bool {
	f.sim.ClearFaults()
	if fault.Kind == connectortest.NoFault {
		return true
	}
	root := "/api/v2/" + map[string]string{
		freshservice.ObjectUser: "requester", freshservice.ObjectAgentGroup: "group", freshservice.ObjectAgentRole: "role",
	}[fault.Object] + "s"
	if root == "/api/v2/s" {
		root = "/api/v2/" + fault.Object + "s"
	}
	s := freshservicetest.Fault{Path: root}
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
		s.Path = root + "/**"
	}
	switch fault.Kind {
	case connectortest.RateLimited:
		s.Status, s.RetryAfter = 429, fmt.Sprint(int(fault.RetryAfter.Seconds()))
	case connectortest.Unavailable:
		s.Status, s.Body = 503, "<html>ada@example.com: try later</html>"
	case connectortest.UnavailableAfter:
		s.Kind = freshservicetest.FailAfter
	case connectortest.LostAnswer:
		s.Kind = freshservicetest.LostAnswer
	case connectortest.Malformed:
		s.Kind = freshservicetest.Malformed
	case connectortest.Slow:
		// All calls: one that was given up before may still be on its way to the
		// account, and would take a single fault away.
		s.Kind, s.Times = freshservicetest.Delay, -1
	default:
		return false
	}
	f.sim.Fault(s)
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
