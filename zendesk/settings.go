package zendesk

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// choices are the settings that decide which objects and fields there are.
type choices struct {
	groups        bool // organizations are groups
	emails        bool // further addresses are a field of users
	phones        bool // further phone numbers are one
	organizations bool // further organizations are one
	counts        bool // lists are counted
	owner         string
}

func readChoices(o *Options) (choices, error) {
	c := choices{owner: strings.TrimSpace(o.AccountOwner), counts: o.Counts}
	for _, s := range [...]struct {
		name, value, no, yes string
		to                   *bool
	}{
		{settingOrganizations, o.Organizations, OrganizationsReferenced, OrganizationsGroups, &c.groups},
		{settingEmails, o.SecondaryEmails, SetIgnored, SetManaged, &c.emails},
		{settingPhones, o.SecondaryPhones, SetIgnored, SetManaged, &c.phones},
		{settingMore, o.SecondaryOrganizations, SetIgnored, SetManaged, &c.organizations},
	} {
		switch s.value {
		case "", s.no:
		case s.yes:
			*s.to = true
		default:
			return c, &connector.SettingError{Field: "settings." + s.name, Msg: "it has to be one of " + s.no + ", " + s.yes}
		}
	}
	if c.owner != "" && number(c.owner) <= 0 && !strings.Contains(c.owner, "@") {
		return c, &connector.SettingError{Field: "settings." + settingOwner, Msg: "an e-mail address or an id is wanted"}
	}
	return c, nil
}

// accountSettings are those of the account's own settings that change what the
// driver does (developer.zendesk.com, "Account settings").
type accountSettings struct {
	several     bool // users may have several organizations
	uniqueNames bool // groups have names of their own
}

// readSettings asks for the account's settings. Where they cannot be read, users
// are taken to have several organizations, which is safe.
func (d *driver) readSettings(ctx context.Context) (accountSettings, error) {
	v, err := d.call(ctx, http.MethodGet, resource{path: "/account/settings", one: "settings"}, "", nil, nil)
	switch statusOf(err) {
	case http.StatusForbidden, http.StatusNotFound:
		return accountSettings{several: true}, nil
	}
	if err != nil {
		return accountSettings{}, d.fail(err, request{})
	}
	several, said := v.Member("user").Member("multiple_organizations").Bool()
	unique, _ := v.Member("groups").Member("check_group_name_uniqueness").Bool()
	return accountSettings{several: several || !said, uniqueNames: unique}, nil
}

// accountOwner returns the id of the account's owner as the setting names it, ""
// where it names nobody. No call of the API tells who it is.
func (d *driver) accountOwner(ctx context.Context, t *schema.Type) (string, error) {
	d.mu.Lock()
	id := d.owner
	d.mu.Unlock()
	if id != "" || d.choices.owner == "" {
		return id, nil
	}
	if id = d.choices.owner; number(id) <= 0 {
		l, err := d.newUserListing(t, connector.Query{Filter: &schema.Compare{
			Path: schema.Path{Attr: "email"}, Op: schema.Eq, Value: schema.StringValue(id),
		}})
		if err != nil {
			return "", err
		}
		page, err := d.byEmail(ctx, l, id)
		if err != nil {
			return "", err
		}
		if len(page.Records) == 0 {
			d.log.WarnContext(ctx, "the setting account_owner names nobody in the account", slog.String("account", d.account))
			return "", nil
		}
		id = page.Records[0].String("id")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.owner = id
	return id, nil
}
