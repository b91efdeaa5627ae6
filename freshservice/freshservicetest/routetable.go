package freshservicetest

// routeTable lists the routes of the reference (§4.2, §5.3, §6, §7).
func (a *Account) routeTable() []route {
	paging := []string{"page", "per_page"}
	requesterList := append([]string{"query", "email", "mobile_phone_number", "work_phone_number", "include_agents"}, paging...)
	if a.rules.ActiveParameter {
		requesterList = append(requesterList, "active")
	}
	agentList := append([]string{"query", "email", "mobile_phone_number", "work_phone_number", "active", "state"}, paging...)
	named := append([]string{"query"}, paging...)
	return []route{
		{method: "GET", path: "requesters", scope: "requesters.view", permission: ViewRequesters, limit: listRequestersLimit, parameters: requesterList, handle: a.listRequesters},
		{method: "POST", path: "requesters", scope: "requesters.create", permission: EditRequesters, body: true, handle: a.createRequester},
		{method: "GET", path: "requesters/{id}", scope: "requesters.view", permission: ViewRequesters, handle: a.viewRequester},
		{method: "PUT", path: "requesters/{id}", scope: "requesters.edit", permission: EditRequesters, body: true, handle: a.updateRequester},
		{method: "DELETE", path: "requesters/{id}", scope: "requesters.delete", permission: DeleteRequesters, handle: a.deactivateRequester},
		{method: "PUT", path: "requesters/{id}/reactivate", scope: "requesters.delete", permission: DeleteRequesters, handle: a.reactivateRequester},
		{method: "DELETE", path: "requesters/{id}/forget", scope: "requesters.delete", permission: DeleteRequesters, handle: a.forgetRequester},
		{method: "PUT", path: "requesters/{id}/convert_to_agent", scope: "requesters.manage", permission: ManageAgents, handle: a.convertRequester},
		{method: "PUT", path: "requesters/{id}/merge", scope: "requesters.edit"},
		{method: "GET", path: "requester_fields", scope: "requesters.fields.view", permission: ViewRequesters, parameters: []string{"include"}, handle: a.listRequesterFields},

		{method: "GET", path: "agents", scope: "agents.manage", permission: ManageAgents, limit: listAgentsLimit, parameters: agentList, handle: a.listAgents},
		{method: "POST", path: "agents", scope: "agents.manage", permission: ManageAgents, body: true, handle: a.createAgent},
		{method: "GET", path: "agents/{id}", scope: "agents.manage", permission: ManageAgents, handle: a.viewAgent},
		{method: "PUT", path: "agents/{id}", scope: "agents.manage", permission: ManageAgents, body: true, handle: a.updateAgent},
		{method: "DELETE", path: "agents/{id}", scope: "agents.manage", permission: ManageAgents, handle: a.deactivateAgent},
		{method: "PUT", path: "agents/{id}/reactivate", scope: "agents.manage", permission: ManageAgents, handle: a.reactivateAgent},
		{method: "DELETE", path: "agents/{id}/forget", scope: "agents.manage", permission: ManageAgents, handle: a.forgetAgent},
		{method: "PUT", path: "agents/{id}/convert_to_requester", scope: "agents.manage", permission: ManageAgents, handle: a.convertAgent},
		{method: "GET", path: "agent_fields", scope: "agents.fields.view", permission: ManageAgents, parameters: []string{"include"}, handle: a.listAgentFields},

		{method: "GET", path: "roles", scope: "agents.roles.view", permission: ViewRoles, parameters: paging, handle: a.listRoles},
		{method: "GET", path: "roles/{id}", scope: "agents.roles.view", permission: ViewRoles, handle: a.viewRole},
		{method: "GET", path: "workspaces", scope: "workspaces.view", permission: ViewWorkspaces, parameters: paging, handle: a.listWorkspaces},
		{method: "GET", path: "workspaces/{id}", scope: "workspaces.view", permission: ViewWorkspaces, handle: a.viewWorkspace},

		{method: "GET", path: "groups", scope: "agentgroups.manage", permission: ViewAgentGroups, parameters: append([]string{"workspace_id"}, paging...), handle: a.listGroups},
		{method: "POST", path: "groups", scope: "agentgroups.manage.itsm", permission: EditAgentGroups, body: true, handle: a.createGroup},
		{method: "GET", path: "groups/{id}", scope: "agentgroups.manage", permission: ViewAgentGroups, handle: a.viewGroup},
		{method: "PUT", path: "groups/{id}", scope: "agentgroups.manage", permission: EditAgentGroups, body: true, handle: a.updateGroup},
		{method: "DELETE", path: "groups/{id}", scope: "agentgroups.manage", permission: DeleteAgentGroups, handle: a.deleteGroup},

		{method: "GET", path: "requester_groups", scope: "requesters.view", permission: ViewRequesters, parameters: paging, handle: a.listRequesterGroups},
		{method: "POST", path: "requester_groups", scope: "requesters.edit", permission: EditRequesters, body: true, handle: a.createRequesterGroup},
		{method: "GET", path: "requester_groups/{id}", scope: "requesters.view", permission: ViewRequesters, handle: a.viewRequesterGroup},
		{method: "PUT", path: "requester_groups/{id}", scope: "requesters.edit", permission: EditRequesters, body: true, handle: a.updateRequesterGroup},
		{method: "DELETE", path: "requester_groups/{id}", scope: "requesters.delete", permission: DeleteRequesters, handle: a.deleteRequesterGroup},
		{method: "GET", path: "requester_groups/{id}/members", scope: "requesters.view", permission: ViewRequesters, parameters: paging, handle: a.listMembers},
		{method: "POST", path: "requester_groups/{id}/members/{id}", scope: "requesters.edit", permission: EditRequesters, handle: a.addMember},
		{method: "DELETE", path: "requester_groups/{id}/members/{id}", scope: "requesters.edit", permission: EditRequesters, handle: a.removeMember},

		{method: "GET", path: "departments", scope: "departments.view", permission: ViewDepartments, parameters: named, handle: a.listDepartments},
		{method: "POST", path: "departments", scope: "departments.manage", permission: ManageDepartments, body: true, handle: a.createDepartment},
		{method: "GET", path: "departments/{id}", scope: "departments.view", permission: ViewDepartments, handle: a.viewDepartment},
		{method: "PUT", path: "departments/{id}", scope: "departments.manage", permission: ManageDepartments, body: true, handle: a.updateDepartment},
		{method: "DELETE", path: "departments/{id}", scope: "departments.delete", permission: DeleteDepartments, handle: a.deleteDepartment},
		{method: "GET", path: "department_fields", scope: "departments.fields.view", permission: ViewDepartments, handle: a.listDepartmentFields},

		{method: "GET", path: "locations", scope: "locations.view", permission: ViewLocations, parameters: named, handle: a.listLocations},
		{method: "GET", path: "locations/{id}", scope: "locations.view", permission: ViewLocations, handle: a.viewLocation},
		{method: "POST", path: "locations", scope: "locations.create", permission: EditLocations, body: true, handle: a.createLocation},
		{method: "PUT", path: "locations/{id}", scope: "locations.edit", permission: EditLocations, body: true, handle: a.updateLocation},
		{method: "DELETE", path: "locations/{id}", scope: "locations.delete", permission: DeleteLocations, handle: a.deleteLocation},
	}
}
