package freshservice

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// The objects of a Freshservice account that the driver knows.
const (
	// ObjectRequester is a person who can ask for help.
	ObjectRequester = "requester"
	// ObjectAgent is a person who works in Freshservice; read-only, and with fewer
	// fields, where agents are not managed.
	ObjectAgent = "agent"
	// ObjectUser is any person, requester or agent, with the few fields that
	// managers and holders of an address are found by; read-only. Its field
	// "addresses" is searched with more effort than others: an eq filter on it
	// also looks where the ordinary lookup of an address may not.
	ObjectUser = "user"
	// ObjectDepartment is a department. Where departments are groups, it has members,
	// and can be changed and deleted; else it can be made and read.
	ObjectDepartment = "department"
	// ObjectLocation is a location; read-only.
	ObjectLocation = "location"
	// ObjectAgentGroup is a group of agents, in one workspace; read-only where agents
	// are not managed.
	ObjectAgentGroup = "agent_group"
	// ObjectRequesterGroup is a group of requesters. Those whose members a rule of
	// Freshservice finds cannot be changed.
	ObjectRequesterGroup = "requester_group"
	// ObjectAgentRole is a role of agents; read-only.
	ObjectAgentRole = "agent_role"
	// ObjectWorkspace is a workspace; read-only.
	ObjectWorkspace = "workspace"
)

// people is the space of ids that requesters and agents share: a conversion
// keeps the id.
const people = "user"

// Fields that the driver itself has to know.
const (
	container        = "custom_fields" // of the fields that the account added
	fieldAddresses   = "addresses"     // of a user: primary and secondary addresses
	fieldSeesAll     = "can_see_all_tickets_from_associated_departments"
	fieldExternalID  = "external_id"
	fieldOccasional  = "occasional"
	fieldRoles       = "roles"            // of an agent: the assignments as Freshservice has them
	fieldRoleIDs     = "role_ids"         // of an agent: the roles that are assigned
	fieldAssignments = "role_assignments" // of an agent: the scopes of roles, in words
	fieldIsAdmin     = "is_admin"
	fieldMembers     = "members"
	fieldDepartments = "department_ids"
)

// Describe implements connector.Driver: one call, to /requester_fields; where agents
// are managed one more to /agent_fields, and the first time one that finds the
// owner; where departments are groups one more to /department_fields.
//
// Errors: Precondition where no agent has the owner's address: without knowing
// whose the credential is, it cannot be protected.
func (d *driver) Describe(ctx context.Context) (*connector.Description, error) {
	requester, facts, err := d.discover(ctx, requesterFields, ObjectRequester, builtinRequester())
	if err != nil {
		return nil, err
	}
	var agent schema.Fields
	agentFacts := ""
	if d.managed {
		if agent, agentFacts, err = d.discover(ctx, agentFields, ObjectAgent, builtinAgent()); err != nil {
			return nil, err
		}
		if d.profile {
			for _, name := range profileFields() {
				a := agent[name]
				a.Mutability = schema.ReadWrite
				agent[name] = a
			}
		}
	}
	department, departmentFacts := schema.Fields(nil), ""
	if d.grouped {
		if department, departmentFacts, err = d.discover(ctx, departmentFields, ObjectDepartment, builtinDepartment()); err != nil {
			return nil, err
		}
	}
	owner, err := d.findOwner(ctx)
	if err != nil {
		return nil, err
	}
	version := digest(facts, agentFacts, departmentFacts)

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.desc != nil && d.desc.Version == version {
		return d.desc, nil // the same types, so that plans made for them live on
	}
	types := discoveredTypes{agent: d.types.agent, department: d.types.department}
	types.requester, err = schema.NewType(ObjectRequester, requester)
	if err == nil && d.managed {
		types.agent, err = schema.NewType(ObjectAgent, agent)
	}
	if err == nil && d.grouped {
		types.department, err = schema.NewType(ObjectDepartment, department)
	}
	if err != nil {
		return nil, &connector.Error{Code: connector.Internal, Err: fmt.Errorf("the account's fields make no type: %w", err)}
	}
	d.desc = d.describe(types, version)
	if owner != "" {
		d.desc.Owner = connector.Ref{Object: ObjectAgent, ID: owner}
	}
	return d.desc, nil
}

// findOwner returns the id of the agent whose credential is used, "" where its
// address is not a setting. Once found it stays, whatever becomes of the address.
func (d *driver) findOwner(ctx context.Context) (string, error) {
	if d.owner == "" {
		return "", nil
	}
	d.mu.Lock()
	id := d.ownerID
	d.mu.Unlock()
	if id != "" {
		return id, nil
	}
	v, err := d.agentWithAddress(ctx, d.owner)
	if err != nil {
		return "", err
	}
	if v.IsUnset() {
		return "", connector.Errorf(connector.Precondition, "",
			"no agent of the account has the address of the setting %s, which has to be that of the agent whose credential is used", settingOwner)
	}
	id = v.Member("id").Text()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ownerID = id
	return id, nil
}

// agentWithAddress finds an agent by the address, as the API answers it; unset
// where there is none.
func (d *driver) agentWithAddress(ctx context.Context, address string) (schema.Value, error) {
	got, err := d.index(ctx, agents, params("email", address), 0, false)
	if err != nil {
		return schema.Value{}, fail(err, request{})
	}
	for _, v := range got.items {
		if strings.EqualFold(v.Member("email").Text(), address) && integerOf(v.Member("id")) > 0 {
			return v, nil
		}
	}
	return schema.Value{}, nil
}

// discoveredTypes are the types of the objects whose fields the account adds to.
type discoveredTypes struct{ requester, agent, department *schema.Type }

// describe puts the description together.
func (d *driver) describe(types discoveredTypes, version string) *connector.Description {
	people, groups := d.describePeople(types.requester, types.agent), d.describeGroups(types.department)
	named := connector.Search{Consistent: []string{"id", "name"}}
	return &connector.Description{
		Account: d.account,
		Version: version,
		Objects: append(append(people, groups...),
			connector.Object{Name: ObjectLocation, Type: d.types.location, Tag: "lo", ReadOnly: true, Unserved: true, Search: named, PageSize: pageSize},
			connector.Object{Name: ObjectAgentRole, Type: d.types.role, Tag: "ro", ReadOnly: true, Unserved: true, Search: named, PageSize: pageSize},
			connector.Object{Name: ObjectWorkspace, Type: d.types.workspace, Tag: "ws", ReadOnly: true, Unserved: true, Search: named, PageSize: pageSize},
		),
	}
}

func (d *driver) describePeople(requester, agent *schema.Type) []connector.Object {
	search := func(consistent ...string) connector.Search {
		return connector.Search{And: true, Or: true, MaxLength: queryLength, Consistent: append(consistent, "id")}
	}
	r := connector.Object{
		Name: ObjectRequester, Type: requester, IDSpace: people,
		Unique: []string{"primary_email"}, Active: "active",
		Actions: []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Erase},
		// The reactivate sample shows the references gone. Reactivate is itself a
		// PUT that does not send the flag, which resets it.
		DroppedByDeactivate: []string{fieldDepartments, "reporting_manager_id", "location_id", fieldSeesAll},
		LeavesGroups:        true,
		Search:              search("primary_email"),
		PageSize:            pageSize,
		BlindUpdate:         d.blind,
	}
	a := connector.Object{
		Name: ObjectAgent, Type: agent, IDSpace: people,
		Unique: []string{"email"}, Active: "active",
		Search:   search("email"),
		PageSize: pageSize,
		ReadOnly: true, Unserved: true,
	}
	if d.managed {
		r.Actions = append(r.Actions, connector.Convert)
		r.Kin, r.KinFilter = []string{ObjectAgent}, kinFilter(requester)
		a.ReadOnly, a.Unserved = false, false
		a.Actions = r.Actions
		// Reactivate makes everybody an occasional agent, and is a PUT that does not
		// send the flag.
		a.ResetByActivate = []string{fieldOccasional, fieldSeesAll}
		a.Admin = fieldIsAdmin
		a.Sparse = sparse(agent)
		a.BlindUpdate = d.blind
	}
	u := connector.Object{
		Name: ObjectUser, Type: d.types.user, IDSpace: people, ReadOnly: true, Unserved: true,
		Unique: []string{"primary_email"}, Active: "active",
		Search:   search("primary_email", fieldAddresses),
		PageSize: pageSize,
	}
	return []connector.Object{r, a, u}
}

func (d *driver) describeGroups(department *schema.Type) []connector.Object {
	remove := []connector.ActionKind{connector.Delete}
	named := connector.Search{Consistent: []string{"id", "name"}}
	ag := connector.Object{
		Name: ObjectAgentGroup, Type: d.types.agentGroup, Tag: "ag",
		Members: true, Member: []string{ObjectAgent}, MemberField: fieldMembers,
		Search: named, PageSize: pageSize, ReadOnly: true, Unserved: true,
	}
	if d.managed {
		ag.ReadOnly, ag.Unserved, ag.Actions = false, false, remove
	}
	rg := connector.Object{
		Name: ObjectRequesterGroup, Type: d.types.requesterGroup, Tag: "rg",
		Members: true, Member: []string{ObjectRequester}, MemberField: fieldMembers,
		Actions: remove, Search: named, PageSize: pageSize,
	}
	dp := connector.Object{
		Name: ObjectDepartment, Type: department, Tag: "dp", Unserved: true,
		Search: named, PageSize: pageSize,
	}
	if d.grouped {
		dp.Unserved, dp.Actions = false, remove
		dp.Members, dp.Member, dp.MemberField = true, []string{ObjectRequester}, fieldMembers
		if d.managed {
			dp.Member = append(dp.Member, ObjectAgent)
		}
	}
	return []connector.Object{ag, rg, dp}
}

// typeOf returns the type of an object as it was described last.
func (d *driver) typeOf(ctx context.Context, object string) (*schema.Type, error) {
	d.mu.Lock()
	desc := d.desc
	d.mu.Unlock()
	if desc == nil {
		var err error
		if desc, err = d.Describe(ctx); err != nil {
			return nil, err
		}
	}
	o := desc.Object(object)
	if o == nil {
		return nil, noObject()
	}
	return o.Type, nil
}

// departmentType returns the type of departments as it was described last.
func (d *driver) departmentType() *schema.Type {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.desc == nil {
		return d.types.department
	}
	return d.desc.Object(ObjectDepartment).Type
}
