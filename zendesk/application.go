package zendesk

import (
	"context"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/internal/httpx"
)

// Names of the settings of an [Application].
const (
	settingSubdomain     = "subdomain"
	settingAllowAdmin    = "allow_admin"
	settingEmailChange   = "email_change"
	settingEmails        = "secondary_emails"
	settingPhones        = "secondary_phones"
	settingMore          = "secondary_organizations"
	settingOrganizations = "organizations"
	settingOwner         = "account_owner"
	settingCounts        = "counts"
	settingScopes        = "scopes"
	settingGrant         = "grant"
	settingClientID      = "client_id"
	settingClientSecret  = "client_secret"
	settingRefreshToken  = "refresh_token"
	settingEmail         = "email"
	settingAPIToken      = "api_token"
	settingRateReserve   = "rate_reserve"
)

// What the setting grant of an [Application] can say: how the OAuth client gets
// tokens (RFC 6749 sections 4.4 and 4.1).
const (
	GrantClientCredentials = "client_credentials"
	GrantAuthorizationCode = "authorization_code"
)

// Application returns Zendesk for a [connector.Registry]. Options that the
// settings of a connection do not have come from o, which may be nil; those that
// they have are the settings' defaults. Connections to one account that are opened through the same Application share its rate limit.
func Application(o *Options) connector.Application {
	var base Options
	if o != nil {
		base = *o
	}
	if base.budgets == nil {
		base.budgets = httpx.NewBudgets(&httpx.BudgetOptions{Clock: base.Clock})
	}
	if base.EmailChange == "" {
		base.EmailChange = EmailReplace
	}
	for _, v := range []*string{&base.SecondaryEmails, &base.SecondaryPhones, &base.SecondaryOrganizations} {
		if *v == "" {
			*v = SetIgnored
		}
	}
	if base.Organizations == "" {
		base.Organizations = OrganizationsReferenced
	}
	if base.Scopes == "" {
		base.Scopes = DefaultScopes
	}
	return connector.Application{
		Name:     "zendesk",
		Title:    "Zendesk Support",
		Mappings: Mappings,
		Settings: []connector.Setting{
			{Name: settingSubdomain, Required: true, Help: `The first part of the account's address: "acme" for acme.zendesk.com.`},
			{Name: settingAllowAdmin, Kind: connector.SwitchSetting, Default: base.AllowAdmin,
				Help: "Whether users may be made administrators."},
			{Name: settingEmailChange, Default: base.EmailChange, Choices: []string{EmailReplace, EmailKeep},
				Help: "What becomes of the old e-mail address when a user gets a new one: say keep if it is to stay as a further address."},
			{Name: settingEmails, Default: base.SecondaryEmails, Choices: []string{SetIgnored, SetManaged},
				Help: "Whether the addresses of a user beyond the primary one are read and written. Reading a user then takes one more call."},
			{Name: settingPhones, Default: base.SecondaryPhones, Choices: []string{SetIgnored, SetManaged},
				Help: "Whether the phone numbers of a user beyond the first one are read and written."},
			{Name: settingMore, Default: base.SecondaryOrganizations, Choices: []string{SetIgnored, SetManaged},
				Help: "Whether the organizations of a user beyond the default one are read and written. Reading a user then takes one more call."},
			{Name: settingOrganizations, Default: base.Organizations, Choices: []string{OrganizationsReferenced, OrganizationsGroups},
				Help: "Whether organizations are groups as well, or only what users refer to."},
			{Name: settingOwner, Default: base.AccountOwner,
				Help: "The e-mail address or id of the account's owner, who is then never disabled, downgraded or deleted."},
			{Name: settingCounts, Kind: connector.SwitchSetting, Default: base.Counts,
				Help: "Whether lists of more than one page say how many records there are in all, which takes one more call."},
			{Name: settingScopes, Default: base.Scopes,
				Help: `What the OAuth client's tokens are asked for. Changes of e-mail addresses need "read write".`},
			{Name: settingGrant, Default: GrantClientCredentials, Choices: []string{GrantClientCredentials, GrantAuthorizationCode},
				Help: "How the OAuth client gets tokens. Say authorization_code if it acts for a user who consented to it, whose tokens the program keeps; so it does with a refresh_token."},
			{Name: settingRateReserve, Kind: connector.NumberSetting, Default: httpx.ReserveSetting(base.RateReserve),
				Help: "The percentage of each rate limit that is left to other programs that use the account's API, from 0 to 90."},
			{Name: settingClientID, Kind: connector.SecretSetting,
				Help: "The identifier of a confidential OAuth client, from Admin Center > Apps and integrations > APIs > OAuth clients."},
			{Name: settingClientSecret, Kind: connector.SecretSetting, Help: "The secret of the OAuth client."},
			{Name: settingRefreshToken, Kind: connector.SecretSetting,
				Help: "Where the OAuth client acts for a user who consented to it, and not for its owner: the refresh token. Zendesk takes it once; the next ones are kept by the program."},
			{Name: settingEmail, Kind: connector.SecretSetting,
				Help: "Instead of an OAuth client: the e-mail address of the administrator as whom an API token acts."},
			{Name: settingAPIToken, Kind: connector.SecretSetting,
				Help: "Instead of an OAuth client: an API token. Zendesk retires them: all stop working on 2027-04-30."},
		},
		Open: func(_ context.Context, s connector.Settings) (*connector.Target, error) {
			auth, err := readAuth(s, &base)
			if err != nil {
				return nil, err
			}
			opts := base
			opts.AllowAdmin = s.Switch(settingAllowAdmin)
			opts.EmailChange = s.Text(settingEmailChange)
			opts.SecondaryEmails = s.Text(settingEmails)
			opts.SecondaryPhones = s.Text(settingPhones)
			opts.SecondaryOrganizations = s.Text(settingMore)
			opts.Organizations = s.Text(settingOrganizations)
			opts.Counts = s.Switch(settingCounts)
			opts.AccountOwner = s.Text(settingOwner)
			opts.Scopes = s.Text(settingScopes)
			opts.RateReserve = httpx.ReserveOption(s.Number(settingRateReserve))
			return New(s.Text(settingSubdomain), auth, &opts)
		},
	}
}

// readAuth takes the one credential that is given: an OAuth client, with a user's
// refresh token or without one, or an address with an API token.
func readAuth(s connector.Settings, o *Options) (Auth, error) {
	id, secret, refresh := s.Secret(settingClientID), s.Secret(settingClientSecret), s.Secret(settingRefreshToken)
	email, token := s.Secret(settingEmail), s.Secret(settingAPIToken)
	oauth := !id.IsEmpty() || !secret.IsEmpty() || !refresh.IsEmpty()
	basic := !email.IsEmpty() || !token.IsEmpty()
	wrong := func(field, msg string) (Auth, error) {
		return Auth{}, &connector.SettingError{Field: "credentials." + field, Msg: msg}
	}
	switch {
	case oauth && basic:
		return wrong(settingAPIToken, "either client_id and client_secret are wanted, or email and api_token")
	case basic && email.IsEmpty():
		return wrong(settingEmail, "it is required with an API token")
	case basic && token.IsEmpty():
		return wrong(settingAPIToken, "it is required with an e-mail address")
	case basic:
		return Auth{name: email, secret: token}, nil
	case id.IsEmpty():
		return wrong(settingClientID, "it is required")
	case !refresh.IsEmpty() || s.Text(settingGrant) == GrantAuthorizationCode:
		if refresh.IsEmpty() && o.Tokens == nil {
			return wrong(settingRefreshToken, "it is required where the program keeps no tokens")
		}
		c := &consent{initial: connector.Token{Refresh: refresh}}
		if o.Tokens != nil {
			c.tokens = o.Tokens(strings.ToLower(s.Text(settingSubdomain))+".zendesk.com", id.Reveal())
		} else {
			c.tokens, c.inMemory = connector.NewTokenMemory(connector.Token{}), true
		}
		return Auth{kind: byAuthorizationCode, name: id, secret: secret, consent: c}, nil
	case secret.IsEmpty():
		return wrong(settingClientSecret, "it is required")
	default:
		return Auth{kind: byClientCredentials, name: id, secret: secret}, nil
	}
}
