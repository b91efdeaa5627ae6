package freshservice

import (
	"context"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// Names of the settings of an [Application].
const (
	settingSubdomain   = "subdomain"
	settingTickets     = "department_tickets"
	settingAgents      = "agents"
	settingOwner       = "owner"
	settingProfile     = "agent_profile"
	settingDepartments = "departments"
	settingKey         = "api_key"

	settingRateReserve = "rate_reserve"
)

// Application returns Freshservice for a [connector.Registry]. Options that the
// settings of a connection do not have come from o, which may be nil.
// Connections to one account that are opened through the same Application share
// its rate limit.
func Application(o *Options) connector.Application {
	var base Options
	if o != nil {
		base = *o
	}
	if base.budgets == nil {
		base.budgets = httpx.NewBudgets(&httpx.BudgetOptions{Clock: base.Clock})
	}
	return connector.Application{
		Name:     "freshservice",
		Title:    "Freshservice",
		Mappings: Mappings,
		Settings: []connector.Setting{
			{Name: settingSubdomain, Required: true, Help: `The first part of the account's address: "acme" for acme.freshservice.com.`},
			{Name: settingTickets, Default: TicketsUsed, Choices: []string{TicketsUsed, TicketsUnused},
				Help: "Say unused if nobody may see all tickets of their departments: updates then need one call instead of two."},
			{Name: settingAgents, Default: AgentsIgnored, Choices: []string{AgentsIgnored, AgentsManaged},
				Help: "Say managed to have agents and their groups provisioned, too."},
			{Name: settingOwner, Help: "The e-mail address of the agent whose credential is used; needed where agents are managed. Nothing is done that would take this agent's access away."},
			{Name: settingProfile, Default: ProfileOnCreate, Choices: []string{ProfileOnCreate, ProfileOnUpdate},
				Help: "Names, title and phones of agents are sent when one is created; say update to try it on updates, too, in a call of its own that Freshservice may refuse."},
			{Name: settingDepartments, Default: DepartmentsReferenced, Choices: []string{DepartmentsReferenced, DepartmentsAsGroups},
				Help: "Say groups to have departments provisioned as groups, too. Whoever has the department is a member."},
			{Name: settingRateReserve, Kind: connector.NumberSetting, Default: httpx.ReserveSetting(base.RateReserve),
				Help: "The percentage of each rate limit that is left to other programs that use the account's API, from 0 to 90."},
			{Name: settingKey, Kind: connector.SecretSetting, Required: true, Help: "The API key of an agent, from the agent's profile settings."},
		},
		Open: func(_ context.Context, s connector.Settings) (*connector.Target, error) {
			opts := base
			opts.DepartmentTickets, opts.Departments = s.Text(settingTickets), s.Text(settingDepartments)
			opts.Agents, opts.Owner, opts.AgentProfile = s.Text(settingAgents), s.Text(settingOwner), s.Text(settingProfile)
			opts.RateReserve = httpx.ReserveOption(s.Number(settingRateReserve))
			return New(s.Text(settingSubdomain), Auth{key: s.Secret(settingKey)}, &opts)
		},
	}
}
