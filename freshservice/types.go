package freshservice

import (
	"cmp"
	"slices"

	"github.com/usher-scim/usher/schema"
)

// Type returns the type of an object with the fields that Freshservice documents
// for every account: those that connections serve, and those that default mappings
// are there for. The fields that an account has added are not among them; those,
// and what a connection can do with an object so far, are in its description. It
// is nil for what is no object.
func Type(object string) *schema.Type {
	fields := fieldsOf(object)
	if fields == nil {
		return nil
	}
	t, err := schema.NewType(object, fields)
	if err != nil {
		return nil // not for the fields below, see TestType
	}
	return t
}

// fieldsOf returns the fields of an object that every account has.
func fieldsOf(object string) schema.Fields {
	switch object {
	case ObjectRequester:
		return builtinRequester()
	case ObjectAgent:
		return builtinAgent()
	case ObjectUser:
		return builtinUser()
	case ObjectAgentGroup:
		return builtinAgentGroup()
	case ObjectRequesterGroup:
		return builtinRequesterGroup()
	case ObjectDepartment:
		return builtinDepartment()
	case ObjectLocation:
		return builtinLocation()
	case ObjectAgentRole:
		return builtinAgentRole()
	case ObjectWorkspace:
		return builtinWorkspace()
	default:
		return nil
	}
}

// The operators that a search takes, by the kind of field.
const (
	eq     = schema.Eq
	eqSw   = schema.Eq | schema.Sw
	within = schema.Gt | schema.Ge | schema.Lt | schema.Le
)

func readOnly(t schema.DataType) schema.Attribute {
	return schema.Attribute{Type: t, Mutability: schema.ReadOnly}
}

func readOnlyList(t schema.DataType) schema.Attribute {
	return schema.Attribute{Type: t, MultiValued: true, Unordered: true, Mutability: schema.ReadOnly}
}

func idField() schema.Attribute {
	return schema.Attribute{Type: schema.Integer, Mutability: schema.ReadOnly, Filter: eq}
}

// ids is a field with the ids of other records, in any order.
func ids() schema.Attribute {
	return schema.Attribute{Type: schema.Integer, MultiValued: true, Unordered: true}
}

func timeField() schema.Attribute {
	return schema.Attribute{Type: schema.DateTime, Mutability: schema.ReadOnly, Filter: within}
}

// builtinPerson are the fields that requesters and agents have alike.
func builtinPerson() schema.Fields {
	return schema.Fields{
		"id":                  idField(),
		"first_name":          {Required: true, MaxLength: nameLength, Filter: eqSw},
		"last_name":           {MaxLength: nameLength, Filter: eqSw},
		"job_title":           {MaxLength: nameLength, Filter: eq},
		"work_phone_number":   {MaxLength: nameLength, Filter: eqSw},
		"mobile_phone_number": {MaxLength: nameLength, Filter: eqSw},
		"department_ids":      {Type: schema.Integer, MultiValued: true, Unordered: true, Filter: eq, FilterAs: "department_id"},
		fieldSeesAll:          {Type: schema.Boolean},
		"can_see_all_changes_from_associated_departments": readOnly(schema.Boolean),
		"reporting_manager_id":                            {Type: schema.Integer, Filter: eq},
		"address":                                         {},
		"time_zone":                                       {Filter: eq},
		"time_format":                                     {Choices: []string{"12h", "24h"}},
		"language":                                        {Filter: eq},
		"location_id":                                     {Type: schema.Integer, Filter: eq},
		"background_information":                          {ClearAs: schema.ClearEmpty},
		"external_id":                                     {},
		"active":                                          readOnly(schema.Boolean),
		"is_agent":                                        readOnly(schema.Boolean),
		"vip_user":                                        readOnly(schema.Boolean),
		"has_logged_in":                                   readOnly(schema.Boolean),
		"department_names":                                {MultiValued: true, Mutability: schema.ReadOnly},
		"location_name":                                   readOnly(schema.String),
		"created_at":                                      timeField(),
		"updated_at":                                      timeField(),
	}
}

// builtinRequester are those of api.freshservice.com, "Requester Attributes" and
// "Filter Requesters".
func builtinRequester() schema.Fields {
	f := builtinPerson()
	f["primary_email"] = schema.Attribute{MaxLength: nameLength, Filter: eqSw, Uniqueness: schema.UniqueServer}
	f["secondary_emails"] = schema.Attribute{MultiValued: true, Unordered: true, Uniqueness: schema.UniqueServer}
	f["belongs_to_workspace_ids"] = schema.Attribute{Type: schema.Integer, MultiValued: true, Unordered: true, Description: "MSP accounts only."}
	return f
}

// builtinAgent are those of api.freshservice.com, "Agent Attributes" and "Filter
// Agents". Names, title and phones are not in the table of what an update takes
// (reference, 5.4): they are written once.
func builtinAgent() schema.Fields {
	f := builtinPerson()
	for _, name := range profileFields() {
		a := f[name]
		a.Mutability = schema.Immutable
		f[name] = a
	}
	active := f["active"]
	active.Filter = eq
	f["active"] = active
	f["email"] = schema.Attribute{Required: true, MaxLength: nameLength, Filter: eqSw, Uniqueness: schema.UniqueServer}
	f[fieldOccasional] = schema.Attribute{Type: schema.Boolean, Filter: eq}
	f[fieldRoleIDs] = schema.Attribute{Type: schema.Integer, MultiValued: true, Unordered: true, Required: true,
		Description: "The roles that are assigned. Freshservice has assignments with a scope, roles, which are made of these ids and of role_assignments."}
	f[fieldAssignments] = schema.Attribute{MultiValued: true, Unordered: true,
		Description: "The roles that do not hold for the entire help desk, with their scope: \"IT Agent: member_groups\", \"IT Agent @ HR: specified_groups: Payroll, Benefits\"."}
	f[fieldRoles] = schema.Attribute{Type: schema.Any, MultiValued: true, Mutability: schema.ReadOnly,
		Description: "The assignments as Freshservice has them."}
	f[fieldIsAdmin] = schema.Attribute{Type: schema.Boolean, Mutability: schema.ReadOnly,
		Description: "Whether a role gives an administrator's rights. The driver finds it out."}
	f["member_of"] = readOnlyList(schema.Integer) // written through the groups
	f["member_of_pending_approval"] = readOnlyList(schema.Integer)
	f["observer_of"] = ids()
	f["observer_of_pending_approval"] = readOnlyList(schema.Integer)
	f["workspace_ids"] = ids()
	f["api_key_enabled"] = schema.Attribute{Type: schema.Boolean, Mutability: schema.Immutable}
	f["license_type"] = readOnly(schema.String)
	f["scoreboard_level_id"] = schema.Attribute{Type: schema.Integer, Choices: []string{"1", "2", "3", "4", "5", "6"}}
	f["scoreboard_points"] = readOnly(schema.Integer)
	f["signature"] = schema.Attribute{ClearAs: schema.ClearEmpty}
	f["auto_assign_tickets"] = readOnly(schema.Boolean)
	f["auto_assign_status_changed_at"] = readOnly(schema.DateTime)
	f["last_login_at"] = readOnly(schema.DateTime)
	f["last_active_at"] = readOnly(schema.DateTime)
	return f
}

// profileFields are those of an agent that no documented update takes.
func profileFields() []string {
	return []string{"first_name", "last_name", "job_title", "work_phone_number", "mobile_phone_number"}
}

// kinFilter are the fields of requesters that a list of requesters and agents can
// be filtered by: those that mean the same for both.
func kinFilter(requester *schema.Type) []string {
	var out []string
	for s := range schema.Slot(requester.Len()) {
		if a := requester.Attribute(s); a.Filter != 0 && !a.Custom {
			out = append(out, a.Name)
		}
	}
	return out
}

// sparse are the fields of agents that lists of requesters and agents lack: they
// have the attributes of requesters.
func sparse(agent *schema.Type) []string {
	shared := builtinRequester()
	var out []string
	for s := range schema.Slot(agent.Len()) {
		name := agent.Attribute(s).Name
		if _, both := shared[name]; !both && name != "email" {
			out = append(out, name)
		}
	}
	return out
}

// builtinUser are what requesters and agents are searched by together.
func builtinUser() schema.Fields {
	name := schema.Attribute{Mutability: schema.ReadOnly, Filter: eqSw}
	return schema.Fields{
		"id": idField(), "first_name": name, "last_name": name, "name": name, "primary_email": name,
		fieldAddresses: {MultiValued: true, Unordered: true, Mutability: schema.ReadOnly, Filter: eq},
		"active":       readOnly(schema.Boolean), "is_agent": readOnly(schema.Boolean),
	}
}

// builtinAgentGroup are those of api.freshservice.com, "Agent Groups". There is no
// search: groups are found in their list, which is short.
func builtinAgentGroup() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Required: true, MaxLength: nameLength, Filter: eq}, "description": {},
		"members": ids(), "observers": ids(), "leaders": ids(),
		"members_pending_approval":   readOnlyList(schema.Integer),
		"observers_pending_approval": readOnlyList(schema.Integer),
		"leaders_pending_approval":   readOnlyList(schema.Integer),
		"workspace_id":               {Type: schema.Integer, Mutability: schema.Immutable},
		"restricted":                 {Type: schema.Boolean},
		"approval_required":          {Type: schema.Boolean},
		"auto_ticket_assign":         {Type: schema.Boolean},
		// 15m is not documented, and accounts have it.
		"unassigned_for":    {Choices: []string{"15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "3d"}, ClearAs: schema.ClearOmit},
		"business_hours_id": {Type: schema.Integer},
		"escalate_to":       {Type: schema.Integer},
		"ocs_schedule_id":   readOnly(schema.Integer),
		"created_at":        readOnly(schema.DateTime),
		"updated_at":        readOnly(schema.DateTime),
	}
}

// builtinRequesterGroup are those of api.freshservice.com, "Requester Groups", with
// the members, which have a path of their own.
func builtinRequesterGroup() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Required: true, MaxLength: nameLength, Filter: eq}, "description": {},
		"members":      ids(),
		"type":         {Mutability: schema.ReadOnly, Choices: []string{"manual", "rule_based"}},
		"workspace_id": readOnly(schema.Integer),
	}
}

// builtinDepartment are those of api.freshservice.com, "Departments", with the
// members, who are the people that have the department.
func builtinDepartment() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Required: true, MaxLength: nameLength, Filter: eq}, "description": {},
		"head_user_id": {Type: schema.Integer}, "prime_user_id": {Type: schema.Integer},
		"domains":      {MultiValued: true, Unordered: true},
		fieldMembers:   ids(),
		"workspace_id": readOnly(schema.Integer), "created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// builtinLocation are those of api.freshservice.com, "Locations"; they are looked up
// and never written.
func builtinLocation() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Mutability: schema.ReadOnly, Filter: eq}, "parent_location_id": readOnly(schema.Integer),
		"primary_contact_id": readOnly(schema.Integer),
		"address.line1":      readOnly(schema.String), "address.line2": readOnly(schema.String), "address.city": readOnly(schema.String),
		"address.state": readOnly(schema.String), "address.country": readOnly(schema.String), "address.zipcode": readOnly(schema.String),
		"workspace_id": readOnly(schema.Integer), "created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// builtinAgentRole are those of api.freshservice.com, "Agent Roles"; the API has
// them read-only.
func builtinAgentRole() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Mutability: schema.ReadOnly, Filter: eq}, "description": readOnly(schema.String),
		"default": readOnly(schema.Boolean), "role_type": readOnly(schema.Integer),
		"created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// builtinWorkspace are those of api.freshservice.com, "Workspaces".
func builtinWorkspace() schema.Fields {
	return schema.Fields{
		"id": idField(), "name": {Mutability: schema.ReadOnly, Filter: eq}, "description": readOnly(schema.String),
		"type": readOnly(schema.String), "primary": readOnly(schema.Boolean), "restricted": readOnly(schema.Boolean),
		"state": readOnly(schema.String), "template_name": readOnly(schema.String),
		"created_at": readOnly(schema.DateTime), "updated_at": readOnly(schema.DateTime),
	}
}

// fixedTypes are the types of the objects whose fields are the same in every
// account, and that of agents where they are not managed.
type fixedTypes struct {
	agent, user, agentGroup, requesterGroup, department, location, role, workspace *schema.Type
}

// newFixedTypes makes them. grouped says that departments are groups.
func newFixedTypes(grouped bool) (t fixedTypes, err error) {
	make := func(name string, fields schema.Fields) *schema.Type {
		typ, e := schema.NewType(name, fields)
		err = cmp.Or(err, e)
		return typ
	}
	// Agents are read, with as much as finding somebody takes.
	t.agent = make(ObjectAgent, limited(builtinAgent(), schema.ReadOnly,
		"id", "first_name", "last_name", "email", "work_phone_number", "mobile_phone_number", "job_title", fieldOccasional, "active",
		fieldDepartments, "reporting_manager_id", "location_id", fieldExternalID, "language", "time_zone", "has_logged_in",
		"created_at", "updated_at"))
	t.user = make(ObjectUser, builtinUser())
	t.agentGroup = make(ObjectAgentGroup, builtinAgentGroup())
	t.requesterGroup = make(ObjectRequesterGroup, builtinRequesterGroup())
	department := builtinDepartment()
	if !grouped {
		// Departments are made and not changed: their fields are written once.
		delete(department, fieldMembers)
		department = limited(department, schema.Immutable)
	}
	t.department = make(ObjectDepartment, department)
	t.location = make(ObjectLocation, builtinLocation())
	t.role = make(ObjectAgentRole, builtinAgentRole())
	t.workspace = make(ObjectWorkspace, builtinWorkspace())
	return t, err
}

// limited returns fields, all of them where none are named, of which those that
// can be written have another mutability.
func limited(fields schema.Fields, m schema.Mutability, names ...string) schema.Fields {
	out := make(schema.Fields, len(fields))
	for name, a := range fields {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		if a.Writable() {
			a.Mutability = m
		}
		if m == schema.ReadOnly {
			a.Required = false
		}
		out[name] = a
	}
	return out
}
