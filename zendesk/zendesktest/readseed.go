package zendesktest

import (
	"fmt"
	"io"
	"slices"

	"github.com/usher-scim/usher/internal/simulator"
)

// seedFile is the form of a seed; see [ReadSeed].
type seedFile struct {
	Plan               Plan                `json:"plan"`
	Variant            string              `json:"variant"`
	Settings           Settings            `json:"settings"`
	Seats              int                 `json:"seats"`
	BulkImport         bool                `json:"bulk_import"`
	TimeZone           string              `json:"time_zone"`
	TimeZones          []string            `json:"time_zones"`
	Locales            []string            `json:"locales"`
	Clients            []OAuthClient       `json:"oauth_clients"`
	AccessTokens       []AccessToken       `json:"access_tokens"`
	APITokens          []string            `json:"api_tokens"`
	Owner              *User               `json:"owner"`
	DefaultGroup       int64               `json:"default_group_id"`
	DefaultRole        int64               `json:"default_role_id"`
	Groups             []Group             `json:"groups"`
	CustomRoles        []CustomRole        `json:"custom_roles"`
	UserFields         []UserField         `json:"user_fields"`
	OrganizationFields []OrganizationField `json:"organization_fields"`
	Organizations      []Organization      `json:"organizations"`
	Users              []User              `json:"users"`
}

// ReadSeed reads the description of an account, one JSON object:
//
//	{
//	  "plan": "enterprise", "variant": "default", "seats": 10, "bulk_import": false,
//	  "time_zone": "London", "time_zones": ["London"], "locales": ["en-US", "de"],
//	  "settings": {"multiple_organizations": true, "tagging": true, "check_group_name_uniqueness": true,
//	    "end_user_phone_number_validation": false, "agent_created_welcome_emails": true,
//	    "language_selection": true, "time_zone_selection": true, "light_agents": false, "no_api_tokens": false},
//	  "oauth_clients": [{"id": "…", "secret": "…", "user": 7, "scopes": ["read", "write"], "public": false}],
//	  "access_tokens": [{"value": "…", "scope": "users:read", "user": 7}],
//	  "api_tokens": ["…"],
//	  "owner": {"name": "Avery Admin", "email": "admin@example.com"},
//	  "default_group_id": 50, "default_role_id": 60,
//	  "groups": [{"id": 50, "name": "Support", "description": "", "private": false, "deleted": false}],
//	  "custom_roles": [{"id": 60, "name": "Advisor", "role_type": 0, "manage_groups": false,
//	    "manage_group_memberships": false, "manage_organizations": false}],
//	  "user_fields": [{"key": "badge_color", "type": "dropdown", "custom_field_options": [{"name": "Red", "value": "red"}]}],
//	  "organization_fields": [{"key": "region", "title": "Region"}],
//	  "organizations": [{"id": 70, "name": "Engineering", "external_id": "E", "domain_names": ["example.com"],
//	    "organization_fields": {"region": "north"}}],
//	  "users": [{"id": 7, "name": "Grace", "email": "grace@example.com", "role": "agent", "custom_role_id": 60,
//	    "group_ids": [50], "organization_ids": [70], "other_emails": ["g@example.com"], "unverified": false,
//	    "user_fields": {"badge_color": "red"}, "requested_tickets": 0}]
//	}
//
// Every part may be left out, and a setting that is left out is that of
// [DefaultSettings]. The keys are the API's attribute names or say the same as
// the Go fields; "variant" is the name of one of [Variants]. Times are RFC 3339.
//
// ReadSeed refuses unknown keys, types that do not fit, unknown plans, variants,
// roles and types of fields, two records of one id, and more than 64 MiB.
// References are not checked, as in [Options]. What a file cannot say, such as
// the clock, is left for the caller to set; nothing in the result is shared.
func ReadSeed(r io.Reader) (*Options, error) {
	f := seedFile{Settings: DefaultSettings()}
	err := simulator.DecodeSeed(r, &f)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, fmt.Errorf("zendesktest: seed: %w", err)
	}
	o := &Options{
		Plan: f.Plan, Settings: &f.Settings, Seats: f.Seats, BulkImport: f.BulkImport, TimeZone: f.TimeZone, TimeZones: f.TimeZones,
		Locales: f.Locales, Clients: f.Clients, AccessTokens: f.AccessTokens, APITokens: f.APITokens, Owner: f.Owner,
		DefaultGroup: f.DefaultGroup, DefaultRole: f.DefaultRole, Groups: f.Groups, CustomRoles: f.CustomRoles, Fields: f.UserFields,
		OrganizationFields: f.OrganizationFields, Organizations: f.Organizations, Users: f.Users,
	}
	for _, v := range Variants() {
		if v.Name == f.Variant {
			o.Rules = v.Rules
		}
	}
	return o, nil
}

// check finds what JSON cannot say is wrong.
func (f *seedFile) check() error {
	if !slices.Contains([]Plan{"", Team, Growth, Professional, Enterprise, EnterprisePlus, Unlimited}, f.Plan) {
		return fmt.Errorf("there is no plan %q", f.Plan)
	}
	if f.Variant != "" && !slices.ContainsFunc(Variants(), func(v Variant) bool { return v.Name == f.Variant }) {
		return fmt.Errorf("there is no variant %q", f.Variant)
	}
	var ids simulator.IDs
	people := f.Users
	if f.Owner != nil {
		people = append(slices.Clone(people), *f.Owner)
	}
	for _, u := range people {
		if !slices.Contains([]string{"", endUser, agent, admin}, u.Role) {
			return fmt.Errorf("there is no role %q", u.Role)
		}
		ids.Add(u.ID)
	}
	for _, fields := range [][]UserField{f.UserFields, f.OrganizationFields} {
		for _, field := range fields {
			if field.Type != "" && !slices.Contains(fieldTypes(), field.Type) {
				return fmt.Errorf("there is no type %q of fields", field.Type)
			}
			ids.Add(field.ID)
		}
	}
	for _, g := range f.Groups {
		ids.Add(g.ID)
	}
	for _, r := range f.CustomRoles {
		if r.Type < CustomAgent || r.Type > BillingAdmin {
			return fmt.Errorf("there is no role type %d", r.Type)
		}
		ids.Add(r.ID)
	}
	for _, o := range f.Organizations {
		ids.Add(o.ID)
	}
	return ids.Err()
}
