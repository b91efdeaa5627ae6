package freshservicetest

import (
	"fmt"
	"io"
	"slices"

	"github.com/usher-scim/usher/internal/simulator"
)

// seedFile is the form of a seed; see [ReadSeed].
type seedFile struct {
	Plan             Plan              `json:"plan"`
	FullTimeSeats    int               `json:"full_time_seats"`
	TimeZone         string            `json:"time_zone"`
	Variant          string            `json:"variant"`
	Keys             []Key             `json:"keys"`
	OAuth            *OAuth            `json:"oauth"`
	Owner            *Agent            `json:"owner"`
	Roles            []Role            `json:"roles"`
	Workspaces       []Workspace       `json:"workspaces"`
	RequesterFields  []RequesterField  `json:"requester_fields"`
	AgentFields      []AgentField      `json:"agent_fields"`
	DepartmentFields []DepartmentField `json:"department_fields"`
	Departments      []Department      `json:"departments"`
	Locations        []Location        `json:"locations"`
	Agents           []Agent           `json:"agents"`
	Requesters       []Requester       `json:"requesters"`
	AgentGroups      []AgentGroup      `json:"agent_groups"`
	RequesterGroups  []RequesterGroup  `json:"requester_groups"`
}

// ReadSeed reads the description of an account, one JSON object:
//
//	{
//	  "plan": "enterprise", "full_time_seats": 3, "time_zone": "London",
//	  "variant": "default",
//	  "keys": [{"value": "…", "agent": 7, "without": ["manage agents"]}],
//	  "oauth": {"client_id": "…", "client_secret": "…", "redirect_uri": "…"},
//	  "owner": {"first_name": "Avery", "email": "admin@example.com"},
//	  "roles": [{"id": 5, "name": "SD Agent", "role_type": 2, "custom": false}],
//	  "workspaces": [{"id": 3, "name": "People", "inactive": false}],
//	  "requester_fields": [{"name": "badge_color", "type": "custom_dropdown", "choices": ["red"]}],
//	  "agent_fields": [{"name": "shift"}],
//	  "department_fields": [{"name": "cost_centre"}],
//	  "departments": [{"id": 50, "name": "Engineering", "head_user_id": 7}],
//	  "locations": [{"id": 60, "name": "Headquarters", "city": "London"}],
//	  "agents": [{"id": 7, "first_name": "Grace", "email": "grace@example.com", "occasional": true}],
//	  "requesters": [{"id": 10, "first_name": "Ada", "primary_email": "ada@example.com", "inactive": false}],
//	  "agent_groups": [{"id": 70, "name": "Service Desk", "members": [7]}],
//	  "requester_groups": [{"id": 80, "name": "VPN Users", "rule_based": false, "members": [10]}]
//	}
//
// Every part may be left out. The keys of records are the API's attribute names,
// with the additions "inactive", "custom", "rule_based" and "required"; "variant"
// is the name of one of [Variants]. Times are RFC 3339.
//
// ReadSeed refuses unknown keys, types that do not fit, unknown plans and
// variants, two records of one id, and more than 64 MiB. References are not
// checked, as in [Options]. What a file cannot say, such as the clock, is left
// for the caller to set; nothing in the result is shared.
func ReadSeed(r io.Reader) (*Options, error) {
	var f seedFile
	err := simulator.DecodeSeed(r, &f)
	if err == nil {
		err = f.check()
	}
	if err != nil {
		return nil, fmt.Errorf("freshservicetest: seed: %w", err)
	}
	o := &Options{
		Plan: f.Plan, FullTimeSeats: f.FullTimeSeats, TimeZone: f.TimeZone, Keys: f.Keys, OAuth: f.OAuth, Owner: f.Owner,
		Roles: f.Roles, Workspaces: f.Workspaces, Fields: f.RequesterFields, AgentFields: f.AgentFields, DepartmentFields: f.DepartmentFields,
		Departments: f.Departments, Locations: f.Locations, Agents: f.Agents, Requesters: f.Requesters,
		AgentGroups: f.AgentGroups, RequesterGroups: f.RequesterGroups,
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
	if !slices.Contains([]Plan{"", Starter, Growth, Pro, Enterprise, Unlimited}, f.Plan) {
		return fmt.Errorf("there is no plan %q", f.Plan)
	}
	if f.Variant != "" && !slices.ContainsFunc(Variants(), func(v Variant) bool { return v.Name == f.Variant }) {
		return fmt.Errorf("there is no variant %q", f.Variant)
	}
	var ids simulator.IDs
	if f.Owner != nil {
		ids.Add(f.Owner.ID)
	}
	eachID(f.Roles, ids.Add, func(r Role) int64 { return r.ID })
	eachID(f.RequesterFields, ids.Add, func(r RequesterField) int64 { return r.ID })
	eachID(f.Departments, ids.Add, func(r Department) int64 { return r.ID })
	eachID(f.Locations, ids.Add, func(r Location) int64 { return r.ID })
	eachID(f.Agents, ids.Add, func(r Agent) int64 { return r.ID })
	eachID(f.Requesters, ids.Add, func(r Requester) int64 { return r.ID })
	eachID(f.AgentGroups, ids.Add, func(r AgentGroup) int64 { return r.ID })
	eachID(f.RequesterGroups, ids.Add, func(r RequesterGroup) int64 { return r.ID })
	return ids.Err()
}

func eachID[T any](records []T, add func(int64), id func(T) int64) {
	for _, r := range records {
		add(id(r))
	}
}
