package freshservicetest

import "time"

// Sandbox returns options for an account to try things out with: a few people
// at example.com, departments, locations, groups of every kind and a custom field
// of every type; no index lag, and limits that are far away. The ids are the same
// every time.
//
// The people: Avery Admin owns the API key and Grace Hopper is an agent; Ada
// Byron, Alan Turing and Katherine Johnson are requesters; Charles Babbage is a
// deactivated one. The agent groups are Service Desk (Grace), Security, which new
// members join by approval, and in the workspace People (3) Onboarding. The
// requester groups are VPN Users (Ada, Alan) and the rule-based Everyone.
func Sandbox() *Options {
	const (
		engineering int64 = 21000000101 + iota
		sales
		tours
		headquarters
		harbour
		grace
		ada
		alan
		katherine
		charles
		serviceDesk
		security
		onboarding
		vpnUsers
		everyone
	)
	const people int64 = 3
	created := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	return &Options{
		IndexLag: NoIndexLag,
		Limits:   &Limits{Overall: 100_000, ListRequesters: 50_000, ListAgents: 50_000},
		Owner: &Agent{
			FirstName: "Avery", LastName: "Admin", Email: "admin@example.com", JobTitle: "Service account",
			HasLoggedIn: true, CreatedAt: created,
		},
		Fields: []RequesterField{
			{Name: "employee_number", Label: "Employee number", Type: TextField},
			{Name: "about", Label: "About", Type: ParagraphField},
			{Name: "on_site", Label: "On site", Type: CheckboxField},
			{Name: "desk_number", Label: "Desk number", Type: NumberField},
			{Name: "badge_color", Label: "Badge color", Type: DropdownField, Choices: []string{"red", "green", "blue"}},
			{Name: "start_date", Label: "Start date", Type: DateField},
			{Name: "emergency_phone", Label: "Emergency phone", Type: PhoneField},
			{Name: "profile_url", Label: "Profile", Type: URLField},
		},
		Workspaces: []Workspace{{ID: people, Name: "People", CreatedAt: created}},
		AgentFields: []AgentField{
			{Name: "employee_number", Label: "Employee number", Type: TextField},
			{Name: "shift", Label: "Shift", Type: DropdownField, Choices: []string{"early", "late"}},
			{Name: "certified", Label: "Certified", Type: CheckboxField},
		},
		Departments: []Department{
			{ID: engineering, Name: "Engineering", HeadUserID: grace, CreatedAt: created},
			{ID: sales, Name: "Sales", CreatedAt: created},
			{ID: tours, Name: "Tour Operations", CreatedAt: created},
		},
		Locations: []Location{
			{ID: headquarters, Name: "Headquarters", Line1: "1 Example Street", City: "London", Country: "United Kingdom", Zipcode: "N1 1AA", CreatedAt: created},
			{ID: harbour, Name: "Harbour Office", ParentID: headquarters, City: "Lisbon", Country: "Portugal", CreatedAt: created},
		},
		Agents: []Agent{
			{ID: grace, FirstName: "Grace", LastName: "Hopper", Email: "grace@example.com", JobTitle: "IT manager",
				DepartmentIDs: []int64{engineering}, LocationID: headquarters, HasLoggedIn: true, CreatedAt: created},
		},
		Requesters: []Requester{
			{ID: ada, FirstName: "Ada", LastName: "Byron", PrimaryEmail: "ada@example.com",
				SecondaryEmails: []string{"a.byron@example.com"}, JobTitle: "Analyst", WorkPhone: "+44 20 7946 0001",
				DepartmentIDs: []int64{engineering}, ReportingManagerID: grace, LocationID: headquarters,
				TimeZone: "London", TimeFormat: "24h", Language: "en", SeesDepartmentTickets: true,
				CustomFields: map[string]any{
					"employee_number": "E-17", "about": "Writes programs.", "on_site": true, "desk_number": 42,
					"badge_color": "blue", "start_date": "2025-09-01", "emergency_phone": "+44 20 7946 0099",
					"profile_url": "https://example.com/people/ada",
				},
				CreatedAt: created.Add(1 * time.Hour)},
			{ID: alan, FirstName: "Alan", LastName: "Turing", PrimaryEmail: "alan@example.com", JobTitle: "Researcher",
				DepartmentIDs: []int64{engineering, sales}, ReportingManagerID: ada, TimeZone: "London",
				CustomFields: map[string]any{"employee_number": "E-23", "badge_color": "red"},
				CreatedAt:    created.Add(2 * time.Hour)},
			{ID: katherine, FirstName: "Katherine", LastName: "Johnson", PrimaryEmail: "katherine@example.com",
				DepartmentIDs: []int64{tours}, LocationID: harbour, Language: "pt-PT", TimeZone: "Lisbon",
				CreatedAt: created.Add(3 * time.Hour)},
			{ID: charles, FirstName: "Charles", LastName: "Babbage", PrimaryEmail: "charles@example.com", Inactive: true,
				CreatedAt: created.Add(4 * time.Hour)},
		},
		AgentGroups: []AgentGroup{
			{ID: serviceDesk, Name: "Service Desk", Description: "First line", Members: []int64{grace}, Leaders: []int64{grace}, CreatedAt: created},
			{ID: security, Name: "Security", Restricted: true, ApprovalRequired: true, CreatedAt: created},
			{ID: onboarding, Name: "Onboarding", WorkspaceID: people, CreatedAt: created},
		},
		RequesterGroups: []RequesterGroup{
			{ID: vpnUsers, Name: "VPN Users", Members: []int64{ada, alan}, CreatedAt: created},
			{ID: everyone, Name: "Everyone", RuleBased: true, Members: []int64{ada, alan, katherine}, CreatedAt: created},
		},
	}
}
