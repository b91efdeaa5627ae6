package zendesktest

import "time"

// Sandbox returns options for an account to try things out with: a few people at
// example.com, groups, organizations, custom roles and a custom field of every
// type. The vendor's limits for a Suite Enterprise account are on: 700 calls a minute, one
// update a second and five a minute for one user. The search does not lag. The
// ids are the same every time.
//
// The people: Avery Admin is the account's owner, Grace Hopper an agent with the
// custom role Advisor, Alan Turing a light agent; Ada Byron and Katherine
// Johnson are end users; Charles Babbage is a suspended one. Grace is in the
// groups Support, the default one, and Field service; Night desk is private.
func Sandbox() *Options {
	const (
		supportGroup int64 = 6164039664101 + iota
		advisor
		light
		adminRole
		engineering
		sales
		grace
		alan
		ada
		katherine
		charles
		fieldService
		nightDesk
		region
		contract
	)
	created := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	return &Options{
		IndexLag:     NoIndexLag,
		DefaultGroup: supportGroup,
		Seats:        10,
		Groups: []Group{
			{ID: supportGroup, Name: "Support", CreatedAt: created},
			{ID: fieldService, Name: "Field service", Description: "Out and about", CreatedAt: created},
			{ID: nightDesk, Name: "Night desk", Private: true, CreatedAt: created},
		},
		Owner: &User{Name: "Avery Admin", Email: "admin@example.com", CustomRoleID: adminRole, CreatedAt: created},
		CustomRoles: []CustomRole{
			{ID: advisor, Name: "Advisor", Description: "Works on tickets", Type: CustomAgent, CreatedAt: created},
			{ID: light, Name: "Light agent", Description: "Reads and comments in private", Type: LightAgent, CreatedAt: created},
			{ID: adminRole, Name: "Admin", Description: "May do everything", Type: AdminRole, CreatedAt: created},
		},
		Fields: []UserField{
			{Key: "employee_number", Title: "Employee number", CreatedAt: created},
			{Key: "about", Title: "About", Type: TextareaField, CreatedAt: created},
			{Key: "badge_code", Title: "Badge code", Type: RegexpField, Regexp: `\A[A-Z]{2}-\d{3}\z`, CreatedAt: created},
			{Key: "on_site", Title: "On site", Type: CheckboxField, Tag: "on_site", CreatedAt: created},
			{Key: "start_date", Title: "Start date", Type: DateField, CreatedAt: created},
			{Key: "desk_number", Title: "Desk number", Type: IntegerField, CreatedAt: created},
			{Key: "day_rate", Title: "Day rate", Type: DecimalField, CreatedAt: created},
			{Key: "badge_color", Title: "Badge color", Type: DropdownField, CreatedAt: created, Options: []FieldOption{
				{Name: "Red", Value: "badge_red"}, {Name: "Green", Value: "badge_green"}, {Name: "Blue", Value: "badge_blue"}}},
			{Key: "languages_spoken", Title: "Languages spoken", Type: MultiselectField, CreatedAt: created, Options: []FieldOption{
				{Name: "English", Value: "speaks_english"}, {Name: "German", Value: "speaks_german"}, {Name: "French", Value: "speaks_french"}}},
			{Key: "manager", Title: "Manager", Type: LookupField, Target: "zen:user", CreatedAt: created},
		},
		OrganizationFields: []OrganizationField{
			{ID: region, Key: "region", Title: "Region", CreatedAt: created},
			{ID: contract, Key: "contract", Title: "Contract", Type: DropdownField, CreatedAt: created, Options: []FieldOption{
				{ID: contract + 1, Name: "Basic", Value: "contract_basic"}, {ID: contract + 2, Name: "Full", Value: "contract_full"}}},
		},
		Organizations: []Organization{
			{ID: engineering, Name: "Engineering", ExternalID: "org-eng", Fields: map[string]any{"region": "north"}, CreatedAt: created},
			{ID: sales, Name: "Sales", ExternalID: "org-sales", CreatedAt: created},
		},
		Users: []User{
			{ID: grace, Name: "Grace Hopper", Email: "grace@example.com", Role: "agent", CustomRoleID: advisor, Alias: "Grace",
				GroupIDs: []int64{supportGroup, fieldService}, Signature: "Grace, support", OrganizationIDs: []int64{engineering}, CreatedAt: created.Add(1 * time.Hour)},
			{ID: alan, Name: "Alan Turing", Email: "alan@example.com", Role: "agent", CustomRoleID: light, PrivateOnly: true,
				TimeZone: "London", Locale: "en-gb", CreatedAt: created.Add(2 * time.Hour)},
			{ID: ada, Name: "Ada Byron", Email: "ada@example.com", OtherEmails: []string{"a.byron@example.com"}, ExternalID: "emp-17",
				Phone: "+442079460001", OrganizationIDs: []int64{engineering}, Notes: "Writes programs.", TimeZone: "London",
				Locale: "en-gb", Tags: []string{"vip"}, CreatedAt: created.Add(3 * time.Hour), Fields: map[string]any{
					"employee_number": "E-17", "about": "Writes programs.", "badge_code": "AB-017", "on_site": true,
					"start_date": "2025-09-01", "desk_number": 42, "day_rate": 5.5, "badge_color": "badge_blue",
					"languages_spoken": []string{"speaks_english", "speaks_french"}, "manager": grace,
				}},
			{ID: katherine, Name: "Katherine Johnson", Email: "katherine@example.com", ExternalID: "emp-23",
				OrganizationIDs: []int64{sales}, TimeZone: "Lisbon", Locale: "pt", CreatedAt: created.Add(4 * time.Hour)},
			{ID: charles, Name: "Charles Babbage", Email: "charles@example.com", Suspended: true, CreatedAt: created.Add(5 * time.Hour)},
		},
	}
}
