package freshservicetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FieldType is the type of a custom requester field (§8.2).
type FieldType string

// The types that users have. Decimals, multi-select and dependent fields exist
// on tickets and are not confirmed for users.
const (
	TextField      FieldType = "custom_text"
	ParagraphField FieldType = "custom_paragraph"
	CheckboxField  FieldType = "custom_checkbox"
	NumberField    FieldType = "custom_number"
	DropdownField  FieldType = "custom_dropdown"
	DateField      FieldType = "custom_date"
	PhoneField     FieldType = "custom_phone_number"
	URLField       FieldType = "custom_url"
)

// RequesterField is a custom field of requesters (§8.1).
type RequesterField struct {
	// ID is the descriptor's id. Zero: the next free one.
	ID int64 `json:"id"`
	// Name is the key in custom_fields, for example "badge_color".
	Name string `json:"name"`
	// Label is what people see. Empty: made from Name.
	Label string `json:"label"`
	// Type is the field's type. Empty: [TextField].
	Type FieldType `json:"type"`
	// Choices are the values of a dropdown.
	Choices []string `json:"choices"`
	// Required makes the field mandatory for agents and, unless
	// [Rules.RequiredFieldsOptional], for API writes (§8.1).
	Required bool `json:"required"`
}

// AddRequesterField adds a custom field, or replaces the one of that name, and
// returns its id. Values that people have already stay as they are.
func (a *Account) AddRequesterField(f RequesterField) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addField(f)
}

func (a *Account) addField(f RequesterField) int64 {
	f.ID = a.idOr(f.ID)
	a.fields = putField(a.fields, f)
	return f.ID
}

// putField adds a custom field, or replaces the one of that name.
func putField(fields []RequesterField, f RequesterField) []RequesterField {
	f.Type = cmp.Or(f.Type, TextField)
	f.Label = cmp.Or(f.Label, strings.ReplaceAll(f.Name, "_", " "))
	f.Choices = slices.Clone(f.Choices)
	if old := fieldNamed(fields, f.Name); old != nil {
		*old = f
		return fields
	}
	return append(fields, f)
}

// RemoveRequesterField removes a custom field and everybody's value of it.
func (a *Account) RemoveRequesterField(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fields = slices.DeleteFunc(a.fields, func(f RequesterField) bool { return f.Name == name })
	for _, u := range a.users.Records {
		if _, ok := u.custom[name]; ok {
			c := u.clone()
			delete(c.custom, name)
			a.putUser(c, a.clock().UTC())
		}
	}
}

// fieldNamed finds a custom field by its name.
func fieldNamed(fields []RequesterField, name string) *RequesterField {
	if i := slices.IndexFunc(fields, func(f RequesterField) bool { return f.Name == name }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// customView is custom_fields in an answer: every field, null where unset.
func (a *Account) customView(fields []RequesterField, custom map[string]any) any {
	set := false
	v := make(map[string]any, len(fields))
	for _, f := range fields {
		value := a.customValue(custom[f.Name])
		v[f.Name] = value
		set = set || value != nil
	}
	if a.rules.NullCustomFields && !set {
		return nil
	}
	return v
}

func (a *Account) customValue(v any) any {
	if t, ok := v.(time.Time); ok {
		if a.rules.PlainDates {
			return t.In(a.dateZone).Format(time.DateOnly)
		}
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return v
}

// assignCustom checks custom_fields of a request against fields (§8.2) and
// returns the new values. Keys that are not sent stay, unless the rule
// CustomFieldsReplace is on (§4.6).
func (a *Account) assignCustom(fields []RequesterField, cur map[string]any, in any) (map[string]any, []fieldError) {
	object, ok := in.(map[string]any)
	if !ok {
		return nil, []fieldError{a.mismatch("custom_fields", "Hash")}
	}
	out := maps.Clone(cur)
	if out == nil || a.rules.CustomFieldsReplace {
		out = map[string]any{}
	}
	var errs []fieldError
	for _, name := range sortedKeys(object) {
		f := fieldNamed(fields, name)
		if f == nil {
			errs = append(errs, unexpected(a.customName(name)))
			continue
		}
		v, keep, bad := a.convertCustom(f, object[name])
		switch {
		case bad != nil:
			errs = append(errs, *bad)
		case keep:
			if old, ok := cur[name]; ok {
				out[name] = old
			}
		case v == nil:
			delete(out, name)
		default:
			out[name] = v
		}
	}
	return out, errs
}

// customName is how an error names a custom field.
func (a *Account) customName(name string) string {
	if a.rules.PrefixCustomFieldErrors {
		return "custom_fields." + name
	}
	return name
}

func (a *Account) convertCustom(f *RequesterField, in any) (v any, keep bool, bad *fieldError) {
	name := a.customName(f.Name)
	fail := func(e fieldError) (any, bool, *fieldError) { return nil, false, &e }
	required := f.Required && !a.rules.RequiredFieldsOptional
	if in == nil {
		textual := f.Type != NumberField && f.Type != CheckboxField && f.Type != DateField
		switch {
		case required:
			return fail(missing(name))
		case a.rules.Clearing == ClearByEmpty && textual:
			return fail(a.mismatch(name, "String"))
		case a.rules.Clearing == ClearNullIgnored:
			return nil, true, nil
		}
		return nil, false, nil
	}
	switch f.Type {
	case CheckboxField:
		if b, ok := in.(bool); ok {
			return b, false, nil
		}
		return fail(a.mismatch(name, "Boolean"))
	case NumberField:
		if n, ok := in.(json.Number); ok {
			return n, false, nil
		}
		return fail(a.mismatch(name, "Number"))
	}
	s, ok := in.(string)
	if !ok {
		return fail(a.mismatch(name, "String"))
	}
	switch {
	case s == "" && required:
		return fail(invalidValue(name, messageEmpty))
	case s == "" && (a.rules.Clearing == ClearByNull || f.Type == DateField):
		return fail(invalidValue(name, "It should not be blank"))
	case s == "":
		return nil, false, nil
	case f.Type == DropdownField && !slices.Contains(f.Choices, s):
		return fail(invalidValue(name, messageChoice))
	case f.Type == DateField:
		t, ok := parseDate(s, a.dateZone)
		if !ok {
			return fail(invalidValue(name, `["It should be a valid date"]`))
		}
		return t, false, nil
	case f.Type != ParagraphField && a.tooLong(s):
		return fail(invalidValue(name, "It is too long"))
	}
	return s, false, nil
}

// parseDate reads a date, which begins in zone, or a date-time, which is UTC
// without a zone of its own (§1.3, §8.2).
func parseDate(s string, zone *time.Location) (time.Time, bool) {
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// builtinFields are the built-in fields as discovery names them (§8.1): field
// name, label, API attribute.
func builtinFields() [][3]string {
	return [][3]string{
		{"first_name", "First Name", "first_name"},
		{"last_name", "Last Name", "last_name"},
		{"job_title", "Title", "job_title"},
		{"email", "Email", "primary_email"},
		{"phone", "Work Phone", "work_phone_number"},
		{"mobile", "Mobile Phone", "mobile_phone_number"},
		{"department_ids", "Department", "department_ids"},
		{ticketsFlag, "Can see all tickets from this department", ticketsFlag},
		{"reporting_manager_id", "Reporting Manager", "reporting_manager_id"},
		{"address", "Address", "address"},
		{"time_zone", "Time Zone", "time_zone"},
		{"time_format", "Time Format", "time_format"},
		{"language", "Language", "language"},
		{"location_id", "Location", "location_id"},
		{"description", "Background Information", "background_information"},
	}
}

// fieldGroup is the one user_field_group of an account.
const fieldGroup int64 = 1

// listRequesterFields serves GET /requester_fields (§8.1).
func (a *Account) listRequesterFields(c *call) answer {
	if c.query.Has("include") && c.query.Get("include") != "user_field_groups" {
		return a.invalid(invalidValue("include", messageChoice))
	}
	out := []map[string]any{}
	for i, b := range builtinFields() {
		d := a.descriptor(int64(i+1), b[0], b[1], len(out)+1, a.mandatory(b[2]), !a.rules.NewDescriptorNames)
		d["type"] = "default_" + b[0]
		d["default"] = true
		if b[0] == "language" {
			choices := map[string]string{}
			for _, l := range a.languages {
				choices[l.code] = l.label
			}
			d["choices"] = choices
		}
		out = append(out, d)
	}
	for _, f := range a.fields {
		d := a.descriptor(f.ID, f.Name, f.Label, len(out)+1, f.Required, false)
		d["type"] = string(f.Type)
		d["default"] = false
		if f.Type == DropdownField {
			d["choices"] = a.choicesView(f.Choices)
		}
		out = append(out, d)
	}
	return c.fieldList("requester_fields", out)
}

// fieldList is the answer of descriptors and, where asked for, their groups.
func (c *call) fieldList(key string, descriptors []map[string]any) answer {
	body := map[string]any{key: descriptors}
	if c.query.Has("include") {
		body["user_field_groups"] = []map[string]any{{"id": fieldGroup, "name": "Default"}}
	}
	return jsonAnswer(http.StatusOK, body)
}

// descriptor holds what all descriptors have; customers selects the older key
// names, which the vendor's sample has for built-in fields.
func (a *Account) descriptor(id int64, name, label string, position int, required, customers bool) map[string]any {
	who := "requester"
	if customers {
		who = "customer"
	}
	return map[string]any{
		"id":                         id,
		"name":                       name,
		"label":                      label,
		"position":                   position,
		"user_field_group_id":        fieldGroup,
		"required_for_agents":        required,
		"editable_in_signup":         name == "first_name" || name == "email",
		who + "s_can_edit":           false,
		"label_for_" + who + "s":     label,
		"required_for_" + who + "s":  false,
		"displayed_for_" + who + "s": true,
		"choices":                    []any{},
	}
}

func (a *Account) choicesView(choices []string) any {
	switch a.rules.Choices {
	case ChoicesAsObjects:
		out := []map[string]any{}
		for i, c := range choices {
			out = append(out, map[string]any{"id": i + 1, "value": c})
		}
		return out
	case ChoicesAsMap:
		out := map[string]string{}
		for _, c := range choices {
			out[c] = c
		}
		return out
	}
	return append([]string{}, choices...)
}

// idOr is the given id, or where it is zero the next free one.
func (a *Account) idOr(id int64) int64 {
	if id != 0 {
		return id
	}
	return a.take()
}
