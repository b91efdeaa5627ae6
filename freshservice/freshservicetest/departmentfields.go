package freshservicetest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// DepartmentField is a custom field of departments (§7.1). Its descriptor has no
// type: strings, numbers and booleans are taken as they are.
type DepartmentField struct {
	// Name is the key in custom_fields.
	Name string `json:"name"`
	// Label is what people see. Empty: made from Name.
	Label string `json:"label"`
	// Required makes the field mandatory on create.
	Required bool `json:"required"`
}

func (a *Account) departmentCustom(d *department) map[string]any {
	v := map[string]any{}
	for _, f := range a.departmentFields {
		v[f.Name] = d.custom[f.Name]
	}
	return v
}

// setDepartmentCustom merges custom_fields of a request by key (§4.6).
func (a *Account) setDepartmentCustom(d *department, in any) *fieldError {
	object, ok := in.(map[string]any)
	if !ok {
		e := a.mismatch("custom_fields", "Hash")
		return &e
	}
	custom := maps.Clone(d.custom)
	if custom == nil || a.rules.CustomFieldsReplace {
		custom = map[string]any{}
	}
	for _, name := range sortedKeys(object) {
		if !slices.ContainsFunc(a.departmentFields, func(f DepartmentField) bool { return f.Name == name }) {
			e := unexpected(a.customName(name))
			return &e
		}
		switch object[name].(type) {
		case []any, map[string]any:
			e := a.mismatch(a.customName(name), "String")
			return &e
		}
		custom[name] = object[name]
	}
	d.custom = custom
	return nil
}

// missingDepartmentFields are the mandatory custom fields that a new department
// does not have.
func (a *Account) missingDepartmentFields(d *department) []fieldError {
	var errs []fieldError
	for _, f := range a.departmentFields {
		if f.Required && !a.rules.RequiredFieldsOptional && d.custom[f.Name] == nil {
			errs = append(errs, missing(a.customName(f.Name)))
		}
	}
	return errs
}

// listDepartmentFields serves GET /department_fields: descriptors without a
// type (§7.1).
func (a *Account) listDepartmentFields(*call) answer {
	out := []map[string]any{}
	add := func(name, label string, mandatory, builtin bool) {
		out = append(out, map[string]any{
			"name": name, "label": label, "mandatory": mandatory, "is_default_field": builtin,
			"created_at": a.stamp(time.Unix(0, 0)), "updated_at": a.stamp(time.Unix(0, 0)),
		})
	}
	for _, f := range [][2]string{
		{"name", "Department Name"}, {"description", "Description"}, {"head_user_id", "Department Head"},
		{"prime_user_id", "Prime User"}, {"domains", "Domains"},
	} {
		add(f[0], f[1], f[0] == "name", true)
	}
	for _, f := range a.departmentFields {
		add(f.Name, cmp.Or(f.Label, strings.ReplaceAll(f.Name, "_", " ")), f.Required, false)
	}
	return wrapped(http.StatusOK, "department_fields", out)
}
