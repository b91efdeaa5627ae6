package freshservicetest

import "slices"

// The methods below return what the API would answer for a record, as a copy.
// Ids are int64, numbers in custom fields json.Number, times strings.

// Requester returns a requester by id, or nil where there is none. It does not
// return agents.
func (a *Account) Requester(id int64) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.users.Records[id]; u != nil && !u.agent {
		return a.requesterView(u)
	}
	return nil
}

// RequesterByEmail returns the requester to whom an address belongs, as primary
// or secondary, in any case, active or not; nil where there is none.
func (a *Account) RequesterByEmail(address string) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range a.owners[fold(address)] {
		if u := a.users.Records[id]; !u.agent {
			return a.requesterView(u)
		}
	}
	return nil
}

// Requesters returns all requesters in the order of their ids.
func (a *Account) Requesters() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.users.IDs() {
		if u := a.users.Records[id]; !u.agent {
			out = append(out, a.requesterView(u))
		}
	}
	return out
}

// Agent returns an agent by id, or nil where there is none.
func (a *Account) Agent(id int64) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.users.Records[id]; u != nil && u.agent {
		return a.agentView(u)
	}
	return nil
}

// Agents returns all agents in the order of their ids.
func (a *Account) Agents() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.users.IDs() {
		if u := a.users.Records[id]; u.agent {
			out = append(out, a.agentView(u))
		}
	}
	return out
}

// Departments returns all departments in the order of their ids.
func (a *Account) Departments() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.departments.IDs() {
		out = append(out, a.departmentView(a.departments.Records[id]))
	}
	return out
}

// DepartmentID returns the id of the department of that exact name, or 0.
func (a *Account) DepartmentID(name string) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range a.departments.IDs() {
		if a.departments.Records[id].name == name {
			return id
		}
	}
	return 0
}

// Locations returns all locations in the order of their ids.
func (a *Account) Locations() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.locations.IDs() {
		out = append(out, a.locationView(a.locations.Records[id]))
	}
	return out
}

// RequesterFields returns the custom fields of requesters in the order in which
// discovery lists them.
func (a *Account) RequesterFields() []RequesterField {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := slices.Clone(a.fields)
	for i := range out {
		out[i].Choices = slices.Clone(out[i].Choices)
	}
	return out
}

// AgentGroup returns an agent group by id, or nil where there is none.
func (a *Account) AgentGroup(id int64) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g := a.groups.Records[id]; g != nil {
		return a.groupView(g)
	}
	return nil
}

// AgentGroups returns the agent groups of all workspaces in the order of their
// ids.
func (a *Account) AgentGroups() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.groups.IDs() {
		out = append(out, a.groupView(a.groups.Records[id]))
	}
	return out
}

// RequesterGroup returns a requester group by id, or nil where there is none.
func (a *Account) RequesterGroup(id int64) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g := a.requesterGroups.Records[id]; g != nil {
		return a.requesterGroupView(g)
	}
	return nil
}

// RequesterGroups returns all requester groups in the order of their ids.
func (a *Account) RequesterGroups() []map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := []map[string]any{}
	for _, id := range a.requesterGroups.IDs() {
		out = append(out, a.requesterGroupView(a.requesterGroups.Records[id]))
	}
	return out
}

// Members returns the ids of a requester group's members in ascending order.
func (a *Account) Members(requesterGroup int64) []int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if g := a.requesterGroups.Records[requesterGroup]; g != nil {
		return slices.Sorted(slices.Values(g.Members))
	}
	return nil
}

// Roles returns all roles in the order in which GET /roles lists them.
func (a *Account) Roles() []Role {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.roles)
}

// AgentByEmail returns the agent to whom an address belongs, in any case, active
// or not; nil where there is none.
func (a *Account) AgentByEmail(address string) map[string]any {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range a.owners[fold(address)] {
		if u := a.users.Records[id]; u.agent {
			return a.agentView(u)
		}
	}
	return nil
}

// ActivationMails returns the addresses to which the account has sent an
// activation e-mail, in order: those of agents who were created (§5.3).
func (a *Account) ActivationMails() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.activations)
}
