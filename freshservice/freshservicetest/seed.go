package freshservicetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Requester is a person to be seeded. Empty attributes are unset, but that
// language, time_zone and time_format get the account's defaults.
type Requester struct {
	// ID is the id. Zero: the next free one. An id that is taken replaces its
	// record.
	ID                    int64    `json:"id"`
	FirstName             string   `json:"first_name"`
	LastName              string   `json:"last_name"`
	JobTitle              string   `json:"job_title"`
	PrimaryEmail          string   `json:"primary_email"`
	SecondaryEmails       []string `json:"secondary_emails"`
	WorkPhone             string   `json:"work_phone_number"`
	MobilePhone           string   `json:"mobile_phone_number"`
	DepartmentIDs         []int64  `json:"department_ids"`
	ReportingManagerID    int64    `json:"reporting_manager_id"`
	LocationID            int64    `json:"location_id"`
	Address               string   `json:"address"`
	TimeZone              string   `json:"time_zone"`
	TimeFormat            string   `json:"time_format"`
	Language              string   `json:"language"`
	BackgroundInformation string   `json:"background_information"`
	ExternalID            string   `json:"external_id"`
	// SeesDepartmentTickets is
	// can_see_all_tickets_from_associated_departments.
	SeesDepartmentTickets bool `json:"can_see_all_tickets_from_associated_departments"`
	VIP                   bool `json:"vip_user"`
	// Inactive makes a deactivated person.
	Inactive    bool `json:"inactive"`
	HasLoggedIn bool `json:"has_logged_in"`
	// CustomFields are values by field name: string, bool, any number, nil, and
	// for dates a time.Time or a string in a form that the API takes.
	CustomFields map[string]any `json:"custom_fields"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// Agent is an agent to be seeded. Empty attributes are as in [Requester].
type Agent struct {
	// ID is the id, out of one space with requesters. Zero: the next free one.
	ID                    int64   `json:"id"`
	FirstName             string  `json:"first_name"`
	LastName              string  `json:"last_name"`
	JobTitle              string  `json:"job_title"`
	Email                 string  `json:"email"`
	WorkPhone             string  `json:"work_phone_number"`
	MobilePhone           string  `json:"mobile_phone_number"`
	DepartmentIDs         []int64 `json:"department_ids"`
	ReportingManagerID    int64   `json:"reporting_manager_id"`
	LocationID            int64   `json:"location_id"`
	Address               string  `json:"address"`
	TimeZone              string  `json:"time_zone"`
	TimeFormat            string  `json:"time_format"`
	Language              string  `json:"language"`
	BackgroundInformation string  `json:"background_information"`
	ExternalID            string  `json:"external_id"`
	SeesDepartmentTickets bool    `json:"can_see_all_tickets_from_associated_departments"`
	// Occasional makes a day-pass agent.
	Occasional bool `json:"occasional"`
	// Roles are the role assignments. Empty: SD Agent for the whole help desk.
	Roles []RoleAssignment `json:"roles"`
	// WorkspaceIDs are the workspaces that the agent belongs to.
	WorkspaceIDs []int64 `json:"workspace_ids"`
	Signature    string  `json:"signature"`
	// ScoreboardLevel is scoreboard_level_id, 1 to 6. Zero: null.
	ScoreboardLevel int64 `json:"scoreboard_level_id"`
	Inactive        bool  `json:"inactive"`
	HasLoggedIn     bool  `json:"has_logged_in"`
	// CustomFields are values by agent field name, as in [Requester]. Those
	// without an [AgentField] are not shown.
	CustomFields map[string]any `json:"custom_fields"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// Department is a department to be seeded.
type Department struct {
	// ID is the id. Zero: the next free one.
	ID          int64    `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	HeadUserID  int64    `json:"head_user_id"`
	PrimeUserID int64    `json:"prime_user_id"`
	Domains     []string `json:"domains"`
	// CustomFields are values by the name of a [DepartmentField]: string, bool or
	// any number.
	CustomFields map[string]any `json:"custom_fields"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// Location is a location to be seeded.
type Location struct {
	// ID is the id. Zero: the next free one.
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	ParentID    int64  `json:"parent_location_id"`
	ContactID   int64  `json:"primary_contact_id"`
	Line1       string `json:"line1"`
	Line2       string `json:"line2"`
	City        string `json:"city"`
	State       string `json:"state"`
	Country     string `json:"country"`
	Zipcode     string `json:"zipcode"`
	ContactName string `json:"contact_name"`
	Email       string `json:"email"`
	Phone       string `json:"phone"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// AddRequester stores a person and returns the id. Nothing is validated, and
// "query=" knows the person at once.
func (a *Account) AddRequester(r Requester) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addRequester(r)
}

func (a *Account) addRequester(r Requester) int64 {
	u := a.newUser(r.ID, r.CreatedAt)
	u.active, u.loggedIn = !r.Inactive, r.HasLoggedIn
	for name, v := range map[string]string{
		"first_name": r.FirstName, "last_name": r.LastName, "job_title": r.JobTitle, "primary_email": r.PrimaryEmail,
		"work_phone_number": r.WorkPhone, "mobile_phone_number": r.MobilePhone, "address": r.Address,
		"time_zone": r.TimeZone, "time_format": r.TimeFormat, "language": r.Language,
		"background_information": r.BackgroundInformation, "external_id": r.ExternalID,
	} {
		if v != "" {
			u.set(name, v)
		}
	}
	if r.VIP {
		u.set("vip_user", true)
	}
	u.set("secondary_emails", slices.Clone(r.SecondaryEmails))
	u.setReferences(r.DepartmentIDs, r.ReportingManagerID, r.LocationID, r.SeesDepartmentTickets)
	for name, v := range r.CustomFields {
		if v = a.seedValue(fieldNamed(a.fields, name), v); v != nil {
			u.custom[name] = v
		}
	}
	a.putUser(u, time.Time{})
	return u.id
}

// RemoveUser erases a requester or agent, as an administrator does who merges or
// forgets a person: the id turns 404 and the addresses are free.
func (a *Account) RemoveUser(id int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.erase(id, a.clock().UTC())
}

// AddAgent stores an agent and returns the id. Nothing is validated.
func (a *Account) AddAgent(g Agent) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addAgent(g)
}

func (a *Account) addAgent(g Agent) int64 {
	u := a.newUser(g.ID, g.CreatedAt)
	u.agent, u.active, u.loggedIn = true, !g.Inactive, g.HasLoggedIn
	u.set("occasional", g.Occasional)
	u.set("workspace_ids", slices.Clone(g.WorkspaceIDs))
	if g.ScoreboardLevel != 0 {
		u.set("scoreboard_level_id", g.ScoreboardLevel)
	}
	for _, r := range g.Roles {
		r.Groups = slices.Clone(r.Groups)
		u.roles = append(u.roles, r)
	}
	if len(u.roles) == 0 {
		u.roles = a.convertedRoles()
	}
	for name, v := range map[string]string{
		"first_name": g.FirstName, "last_name": g.LastName, "job_title": g.JobTitle, "primary_email": g.Email,
		"work_phone_number": g.WorkPhone, "mobile_phone_number": g.MobilePhone, "address": g.Address,
		"time_zone": g.TimeZone, "time_format": g.TimeFormat, "language": g.Language,
		"background_information": g.BackgroundInformation, "external_id": g.ExternalID, "signature": g.Signature,
	} {
		if v != "" {
			u.set(name, v)
		}
	}
	u.setReferences(g.DepartmentIDs, g.ReportingManagerID, g.LocationID, g.SeesDepartmentTickets)
	u.agentCustom = map[string]any{}
	for name, v := range g.CustomFields {
		if v = a.seedValue(fieldNamed(a.agentFields, name), v); v != nil {
			u.agentCustom[name] = v
		}
	}
	a.putUser(u, time.Time{})
	return u.id
}

func (a *Account) newUser(id int64, created time.Time) *user {
	if created.IsZero() {
		created = a.clock()
	}
	u := &user{
		id: a.idOr(id), created: created.UTC(), updated: created.UTC(),
		attrs: map[string]any{}, custom: map[string]any{},
	}
	for _, name := range []string{"language", "time_zone", "time_format"} {
		u.set(name, a.defaultOf(name))
	}
	return u
}

func (u *user) setReferences(departments []int64, manager, location int64, flag bool) {
	u.set("department_ids", slices.Clone(departments))
	if manager != 0 {
		u.set("reporting_manager_id", manager)
	}
	if location != 0 {
		u.set("location_id", location)
	}
	u.set(ticketsFlag, flag)
}

// seedValue brings a Go value into the form in which values are stored.
func (a *Account) seedValue(f *RequesterField, v any) any {
	switch v := v.(type) {
	case nil, string, bool, json.Number, time.Time:
		if s, ok := v.(string); ok && f != nil && f.Type == DateField {
			if t, ok := parseDate(s, a.dateZone); ok {
				return t
			}
		}
		return v
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return json.Number(fmt.Sprint(v))
	case float32, float64:
		if b, err := json.Marshal(v); err == nil {
			return json.Number(b)
		}
	}
	return fmt.Sprint(v)
}

// AddDepartment stores a department and returns its id. Nothing is validated.
func (a *Account) AddDepartment(d Department) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addDepartment(d)
}

func (a *Account) addDepartment(d Department) int64 {
	if d.CreatedAt.IsZero() {
		d.CreatedAt = a.clock()
	}
	s := &department{
		id: a.idOr(d.ID), name: d.Name, description: d.Description, head: d.HeadUserID, prime: d.PrimeUserID,
		domains: slices.Clone(d.Domains), custom: map[string]any{}, created: d.CreatedAt.UTC(), updated: d.CreatedAt.UTC(),
	}
	for name, v := range d.CustomFields {
		s.custom[name] = a.seedValue(nil, v)
	}
	a.departments.Put(s.id, s, time.Time{})
	return s.id
}

// AddLocation stores a location and returns its id. Nothing is validated.
func (a *Account) AddLocation(l Location) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addLocation(l)
}

func (a *Account) addLocation(l Location) int64 {
	if l.CreatedAt.IsZero() {
		l.CreatedAt = a.clock()
	}
	l.ID = a.idOr(l.ID)
	l.CreatedAt = l.CreatedAt.UTC()
	a.locations.Put(l.ID, &location{Location: l, updated: l.CreatedAt}, time.Time{})
	return l.ID
}

// seed fills a new account.
func (a *Account) seed(o Options) {
	owner := Agent{FirstName: "Avery", LastName: "Admin", Email: "admin@example.com", HasLoggedIn: true}
	if o.Owner != nil {
		owner = *o.Owner
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	roles := o.Roles
	if len(roles) == 0 {
		roles = defaultRoles()
	}
	for _, r := range roles {
		a.addRole(r)
	}
	a.addWorkspace(Workspace{ID: primaryWorkspace, Name: "IT"})
	for _, w := range o.Workspaces {
		a.addWorkspace(w)
	}
	for _, f := range o.AgentFields {
		a.addAgentField(f)
	}
	if len(owner.Roles) == 0 {
		owner.Roles = a.ownerRoles()
	}
	a.ownerID = a.addAgent(owner)
	for _, f := range o.Fields {
		a.addField(f)
	}
	for _, d := range o.Departments {
		a.addDepartment(d)
	}
	for _, l := range o.Locations {
		a.addLocation(l)
	}
	for _, g := range o.Agents {
		a.addAgent(g)
	}
	for _, r := range o.Requesters {
		a.addRequester(r)
	}
	for _, g := range o.AgentGroups {
		a.addAgentGroup(g)
	}
	for _, g := range o.RequesterGroups {
		a.addRequesterGroup(g)
	}
}
