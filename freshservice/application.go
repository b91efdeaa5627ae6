package freshservice

import (
	"context"
	"strings"

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

	settingRateReserve  = "rate_reserve"
	settingOrgDomain    = "org_domain"
	settingOAuthPath    = "oauth_path"
	settingClientID     = "client_id"
	settingClientSecret = "client_secret"
	settingRefreshToken = "refresh_token"
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
			{Name: settingOrgDomain, Help: `With OAuth: the domain of the account's organisation, such as "acme.myfreshworks.com".`},
			{Name: settingOAuthPath, Default: OAuthPath, Choices: []string{OAuthPath, OrgOAuthPath},
				Help: "With OAuth: where the organisation's token endpoint is; Freshworks' pages have both."},
			{Name: settingKey, Kind: connector.SecretSetting, Help: "The API key of an agent, from the agent's profile settings."},
			{Name: settingClientID, Kind: connector.SecretSetting, Help: "Instead of an API key: the client id of an OAuth app."},
			{Name: settingClientSecret, Kind: connector.SecretSetting, Help: "The client secret of the OAuth app."},
			{Name: settingRefreshToken, Kind: connector.SecretSetting,
				Help: "The refresh token that the OAuth app got when an administrator authorized it. Later ones are kept by the program; one that keeps them for good may have the first one, too."},
		},
		Open: func(_ context.Context, s connector.Settings) (*connector.Target, error) {
			auth, err := readAuth(s, &base)
			if err != nil {
				return nil, err
			}
			opts := base
			opts.DepartmentTickets, opts.Departments = s.Text(settingTickets), s.Text(settingDepartments)
			opts.Agents, opts.Owner, opts.AgentProfile = s.Text(settingAgents), s.Text(settingOwner), s.Text(settingProfile)
			opts.RateReserve = httpx.ReserveOption(s.Number(settingRateReserve))
			return New(s.Text(settingSubdomain), auth, &opts)
		},
	}
}

// readAuth takes the one credential that is given: an API key, or an app with an
// administrator's refresh token.
func readAuth(s connector.Settings, o *Options) (Auth, error) {
	key, id, secret, refresh := s.Secret(settingKey), s.Secret(settingClientID), s.Secret(settingClientSecret), s.Secret(settingRefreshToken)
	wrong := func(field, msg string) (Auth, error) {
		return Auth{}, &connector.SettingError{Field: field, Msg: msg}
	}
	oauth := !id.IsEmpty() || !secret.IsEmpty() || !refresh.IsEmpty()
	switch {
	case !oauth && key.IsEmpty():
		return wrong("credentials."+settingKey, "it is required, or else client_id, client_secret and refresh_token")
	case !oauth:
		return Auth{key: key}, nil
	case !key.IsEmpty():
		return wrong("credentials."+settingKey, "either an API key is wanted, or client_id, client_secret and refresh_token")
	case id.IsEmpty():
		return wrong("credentials."+settingClientID, "it is required with OAuth")
	case secret.IsEmpty():
		return wrong("credentials."+settingClientSecret, "it is required with OAuth")
	case refresh.IsEmpty() && o.Tokens == nil:
		return wrong("credentials."+settingRefreshToken, "it is required with OAuth where the program keeps no tokens")
	case s.Text(settingOrgDomain) == "":
		return wrong("settings."+settingOrgDomain, "it is required with OAuth")
	}
	g := &grant{
		app:     OAuthApp{OrgDomain: s.Text(settingOrgDomain), ClientID: id.Reveal(), ClientSecret: secret, Path: s.Text(settingOAuthPath)},
		initial: connector.Token{Refresh: refresh},
	}
	if o.Tokens != nil {
		g.tokens = o.Tokens(strings.ToLower(s.Text(settingSubdomain))+".freshservice.com", id.Reveal())
	} else {
		g.tokens, g.inMemory = connector.NewTokenMemory(connector.Token{}), true
	}
	return Auth{grant: g}, nil
}
