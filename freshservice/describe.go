package freshservice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// The objects of a Freshservice account that the driver knows.
const (
	// ObjectRequester is a person who can ask for help.
	ObjectRequester = "requester"
	// ObjectAgent is a person who works in Freshservice; read-only here.
	ObjectAgent = "agent"
	// ObjectUser is any person, requester or agent, with the few fields that
	// managers and holders of an address are found by; read-only. Its field
	// "addresses" is searched with more effort than others: an eq filter on it
	// also looks where the ordinary lookup of an address may not.
	ObjectUser = "user"
	// ObjectDepartment is a department; it can be made and read.
	ObjectDepartment = "department"
	// ObjectLocation is a location; read-only.
	ObjectLocation = "location"
	// ObjectAgentGroup is a group of agents, ObjectRequesterGroup one of requesters
	// and ObjectAgentRole a role of agents. No connection has them yet: there is
	// their [Type], and a mapping of the groups.
	ObjectAgentGroup     = "agent_group"
	ObjectRequesterGroup = "requester_group"
	ObjectAgentRole      = "agent_role"
)

// people is the space of ids that requesters and agents share: a conversion
// keeps the id.
const people = "user"

// Fields that the driver itself has to know.
const (
	container      = "custom_fields" // of the fields that the account added
	fieldAddresses = "addresses"     // of a user: primary and secondary addresses
	fieldSeesAll   = "can_see_all_tickets_from_associated_departments"
)

// maxFieldPages bounds the discovery of fields.
const maxFieldPages = 20

// Describe implements connector.Driver: one call, to /requester_fields.
func (d *driver) Describe(ctx context.Context) (*connector.Description, error) {
	var found []schema.Value
	for page := 0; ; {
		p, err := d.index(ctx, requesterFields, nil, page, false)
		if err != nil {
			return nil, fail(err, request{})
		}
		found = append(found, p.items...)
		if page = p.next; page == 0 {
			break
		}
		if page > maxFieldPages {
			return nil, malformed("GET", requesterFields.path(), "the list has no end")
		}
	}
	fields, version := discover(found)

	d.mu.Lock()
	defer d.mu.Unlock()
	if d.desc != nil && d.desc.Version == version {
		return d.desc, nil // the same types, so that plans made for them live on
	}
	requester, err := schema.NewType(ObjectRequester, fields)
	if err != nil {
		return nil, &connector.Error{Code: connector.Internal, Err: fmt.Errorf("the account's fields make no type: %w", err)}
	}
	d.desc = d.describe(requester, version)
	return d.desc, nil
}

// describe puts the description together.
func (d *driver) describe(requester *schema.Type, version string) *connector.Description {
	return &connector.Description{
		Account: d.account,
		Version: version,
		Objects: []connector.Object{
			{
				Name: ObjectRequester, Type: requester, IDSpace: people,
				Unique: []string{"primary_email"}, Active: "active",
				Actions: []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Erase},
				// The reactivate sample shows the references gone. Reactivate is itself a
				// PUT that does not send the flag, which resets it.
				DroppedByDeactivate: []string{"department_ids", "reporting_manager_id", "location_id", fieldSeesAll},
				Search:              connector.Search{And: true, Or: true, MaxLength: queryLength, Consistent: []string{"id", "primary_email"}},
				PageSize:            pageSize,
				BlindUpdate:         d.blind,
			},
			{
				Name: ObjectAgent, Type: d.types.agent, IDSpace: people, ReadOnly: true,
				Unique: []string{"email"}, Active: "active",
				Search:   connector.Search{And: true, Or: true, MaxLength: queryLength, Consistent: []string{"id", "email"}},
				PageSize: pageSize,
			},
			{
				Name: ObjectUser, Type: d.types.user, IDSpace: people, ReadOnly: true,
				Unique: []string{"primary_email"}, Active: "active",
				Search:   connector.Search{And: true, Or: true, MaxLength: queryLength, Consistent: []string{"id", "primary_email", fieldAddresses}},
				PageSize: pageSize,
			},
			{
				Name: ObjectDepartment, Type: d.types.department, Tag: "dp",
				Search: connector.Search{Consistent: []string{"id", "name"}}, PageSize: pageSize,
			},
			{
				Name: ObjectLocation, Type: d.types.location, Tag: "lo", ReadOnly: true,
				Search: connector.Search{Consistent: []string{"id", "name"}}, PageSize: pageSize,
			},
		},
	}
}

// requesterType returns the type of requesters as it was described last.
func (d *driver) requesterType(ctx context.Context) (*schema.Type, error) {
	d.mu.Lock()
	desc := d.desc
	d.mu.Unlock()
	if desc == nil {
		var err error
		if desc, err = d.Describe(ctx); err != nil {
			return nil, err
		}
	}
	return desc.Objects[0].Type, nil
}

// discover returns the fields of a requester with what the account's
// administrators made of them, and a version that changes with the result.
func discover(found []schema.Value) (schema.Fields, string) {
	fields := builtinRequester()
	taken := make(map[string]bool, len(fields)+len(found))
	for name := range fields {
		taken[name] = true
	}
	var facts []string
	for _, v := range found {
		f := readField(v)
		if f.name == "" {
			continue
		}
		facts = append(facts, f.String())
		if !f.custom {
			adjust(fields, f)
			continue
		}
		name := customName(f.name)
		if key := strings.ToLower(name); !taken[key] { // names are compared without case
			taken[key] = true
			fields[name] = f.attribute(taken[strings.ToLower(f.name)])
		}
	}
	slices.Sort(facts)
	sum := sha256.Sum256([]byte(strings.Join(facts, "\n")))
	return fields, hex.EncodeToString(sum[:8])
}

// customName is the name that a custom field has in the type.
func customName(key string) string { return connector.JoinField(container, key) }

// adjust brings a built-in field in line with the account.
func adjust(fields schema.Fields, f field) {
	name := f.name
	if to, ok := apiName(name); ok {
		name = to
	}
	a, ok := fields[name]
	if !ok {
		return
	}
	a.Required = a.Required || f.required && a.Writable()
	if name == "language" && len(f.choices) > 0 {
		a.Choices = f.choices
	}
	fields[name] = a
}

// field is an entry of /requester_fields.
type field struct {
	name, kind, label string
	custom, required  bool
	choices           []string
}

func readField(v schema.Value) field {
	f := field{
		name: v.Member("name").Text(), kind: v.Member("type").Text(), label: v.Member("label").Text(),
		choices: readChoices(v.Member("choices")),
	}
	f.required, _ = v.Member("required_for_agents").Bool()
	byDefault, _ := v.Member("default").Bool()
	f.custom = strings.HasPrefix(f.kind, "custom_") || !byDefault && !strings.HasPrefix(f.kind, "default_")
	return f
}

// String returns everything that the type depends on.
func (f field) String() string {
	return fmt.Sprintf("%q %q %q %t %t %q", f.name, f.kind, f.label, f.custom, f.required, f.choices)
}

// attribute describes a custom field. The search takes single-line texts,
// numbers, dropdowns, phone numbers and dates; dates are left out, because days
// there are days in UTC and here in the account's zone. shadowed says that a
// built-in field has the name, which the search would then mean.
func (f field) attribute(shadowed bool) schema.Attribute {
	a := schema.Attribute{Custom: true, Required: f.required, Description: f.label}
	searched := false
	switch f.kind {
	case "custom_text", "custom_phone_number":
		a.MaxLength, searched = nameLength, true
	case "custom_paragraph", "custom_url":
	case "custom_dropdown":
		a.Choices, searched = f.choices, true
	case "custom_number":
		a.Type, searched = schema.Decimal, true
	case "custom_decimal":
		a.Type = schema.Decimal
	case "custom_checkbox":
		a.Type = schema.Boolean
	case "custom_date":
		a.Type = schema.Date
	default: // not known to exist for people: taken and given as it is
		a.Type = schema.Any
	}
	if searched && !shadowed && isQueryField(f.name) {
		a.Filter, a.FilterAs = eq, f.name
	}
	return a
}

// readChoices reads the choices of a field, whose form is documented for
// language only: an object from value to label. Lists of strings, of objects and
// of lists that begin with the value are taken as well.
func readChoices(v schema.Value) []string {
	var out []string
	seen := make(map[string]bool)
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	if v.Kind() == schema.KindObject {
		for value := range v.Members() {
			add(value)
		}
		return out
	}
	for e := range v.Elements() {
		switch e.Kind() {
		case schema.KindObject:
			for _, key := range [...]string{"value", "name", "label"} {
				if s := e.Member(key).Text(); s != "" {
					add(s)
					break
				}
			}
		case schema.KindList:
			add(e.At(0).Text())
		default:
			add(e.Text())
		}
	}
	return out
}

// apiName translates the name that field discovery and error answers have for a
// built-in field to that of the attribute, where the two differ.
func apiName(name string) (string, bool) {
	switch name {
	case "email":
		return "primary_email", true
	case "phone", "work_phone":
		return "work_phone_number", true
	case "mobile", "mobile_phone":
		return "mobile_phone_number", true
	case "description":
		return "background_information", true
	case "department", "departments", "department_id":
		return "department_ids", true
	case "reporting_manager":
		return "reporting_manager_id", true
	case "location":
		return "location_id", true
	default:
		return "", false
	}
}
