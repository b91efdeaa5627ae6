package freshservicetest

// AgentField is a custom field of agents (§8.1), whose fields are not those of
// requesters: a conversion carries over the values of fields that both have
// under one name and type.
type AgentField struct {
	// Name is the key in custom_fields.
	Name string `json:"name"`
	// Label is what people see. Empty: made from Name.
	Label string `json:"label"`
	// Type is the field's type. Empty: [TextField].
	Type FieldType `json:"type"`
	// Choices are the values of a dropdown. Discovery does not tell them.
	Choices []string `json:"choices"`
	// Required makes the field mandatory on create, unless
	// [Rules.RequiredFieldsOptional] (§8.1).
	Required bool `json:"required"`
}

// AddAgentField adds a custom field, or replaces the one of that name. Values
// that agents have already stay as they are.
func (a *Account) AddAgentField(f AgentField) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addAgentField(f)
}

func (a *Account) addAgentField(f AgentField) {
	a.agentFields = putField(a.agentFields, RequesterField{
		Name: f.Name, Label: f.Label, Type: f.Type, Choices: f.Choices, Required: f.Required,
	})
}

// builtinAgentFields are the built-in fields as discovery names them (§8.1):
// field name, label, API attribute. Their types have no prefix "default_".
func builtinAgentFields() [][3]string {
	return [][3]string{
		{"name", "Full Name", "first_name"},
		{"job_title", "Title", "job_title"},
		{"email", "Email", "email"},
		{"work_phone", "Work Phone", "work_phone_number"},
		{"mobile_phone", "Mobile Phone", "mobile_phone_number"},
		{"department_ids", "Departments", "department_ids"},
		{ticketsFlag, "Can view all tickets from associated departments", ticketsFlag},
		{"reporting_manager", "Reporting Manager", "reporting_manager_id"},
		{"address", "Address", "address"},
		{"time_zone", "Time Zone", "time_zone"},
		{"time_format", "Time Format", "time_format"},
		{"language", "Language", "language"},
		{"location", "Location", "location_id"},
		{"description", "Background Information", "background_information"},
		{"groups", "Groups", "member_of"},
		{"role", "Roles", "roles"},
		{"level", "Scoreboard Level", "scoreboard_level_id"},
		{"signature", "Signature", "signature"},
	}
}

// listAgentFields serves GET /agent_fields, whose descriptors are of another
// shape than those of requesters: no id and no choices (§8.1).
func (a *Account) listAgentFields(c *call) answer {
	if c.query.Has("include") && c.query.Get("include") != "user_field_groups" {
		return a.invalid(invalidValue("include", messageChoice))
	}
	out := []map[string]any{}
	add := func(name, label, kind string, builtin, mandatory bool) {
		out = append(out, map[string]any{
			"name":                 name,
			"type":                 kind,
			"default_field":        builtin,
			"user_field_group_id":  fieldGroup,
			"label_for_admins":     label,
			"mandatory_for_admins": mandatory,
			// §5.4: administrators cannot edit the name of an agent.
			"editable_by_admins":   name != "name",
			"label_for_agents":     label,
			"visible_to_agents":    true,
			"editable_by_agents":   false,
			"mandatory_for_agents": false,
		})
	}
	for _, b := range builtinAgentFields() {
		add(b[0], b[1], b[0], true, b[2] == "first_name" || b[2] == "email" || b[2] == "roles")
	}
	for _, f := range a.agentFields {
		add(f.Name, f.Label, string(f.Type), false, f.Required)
	}
	return c.fieldList("agent_fields", out)
}
