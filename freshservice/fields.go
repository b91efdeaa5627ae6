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

// discover reads the fields that the account has for an object, and returns the
// object's fields with what the account's administrators made of them, and a text
// that differs where the fields do.
func (d *driver) discover(ctx context.Context, res resource, object string, fields schema.Fields) (schema.Fields, string, error) {
	found, err := d.every(ctx, res, nil)
	if err != nil {
		return nil, "", fail(err, request{})
	}
	facts := discovered(object, fields, found)
	return fields, facts, nil
}

// discovered brings fields in line with what was found.
func discovered(object string, fields schema.Fields, found []schema.Value) string {
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
			adjust(object, fields, f)
			continue
		}
		name := customName(f.name)
		if key := strings.ToLower(name); !taken[key] { // names are compared without case
			taken[key] = true
			fields[name] = f.attribute(taken[strings.ToLower(f.name)])
		}
	}
	slices.Sort(facts)
	return strings.Join(facts, "\n")
}

// digest makes a version of what fields were found.
func digest(facts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(facts, "\n\n")))
	return hex.EncodeToString(sum[:8])
}

// customName is the name that a custom field has in the type.
func customName(key string) string { return connector.JoinField(container, key) }

// adjust brings a built-in field in line with the account.
func adjust(object string, fields schema.Fields, f field) {
	name := f.name
	if to, ok := apiName(object, name); ok {
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

// field is an entry of /requester_fields, /agent_fields or /department_fields.
type field struct {
	name, kind, label string
	custom, required  bool
	choices           []string
}

// readField reads a descriptor: those of requesters, of agents and of departments
// have other names for the same (reference, 7.1 and 8.1). Those of departments have
// no type.
func readField(v schema.Value) field {
	either := func(names ...string) schema.Value {
		for _, name := range names {
			if m := v.Member(name); !m.IsUnset() {
				return m
			}
		}
		return schema.Value{}
	}
	f := field{
		name: v.Member("name").Text(), kind: v.Member("type").Text(), label: either("label", "label_for_admins").Text(),
		choices: readChoices(v.Member("choices")),
	}
	f.required, _ = either("required_for_agents", "mandatory_for_admins", "mandatory").Bool()
	byDefault, _ := either("default", "default_field", "is_default_field").Bool()
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
	default: // not known to exist for people, or of a department: taken and given as it is
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
// built-in field of an object to that of its field, where the two differ.
func apiName(object, name string) (string, bool) {
	switch object {
	case ObjectRequester, ObjectUser:
	case ObjectAgent:
		switch name {
		case "email", "primary_email":
			return "email", true
		case "name":
			return "first_name", true
		case "role", "roles", "role_id", "assignment_scope":
			return "role_ids", true
		case "groups", "group_ids":
			return "member_of", true
		case "level":
			return "scoreboard_level_id", true
		}
	default:
		return "", false
	}
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
