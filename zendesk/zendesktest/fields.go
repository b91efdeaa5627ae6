package zendesktest

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FieldType is the type of a custom user field (§7).
type FieldType string

// The types.
const (
	TextField        FieldType = "text"
	TextareaField    FieldType = "textarea"
	RegexpField      FieldType = "regexp"
	CheckboxField    FieldType = "checkbox"
	DateField        FieldType = "date"
	IntegerField     FieldType = "integer"
	DecimalField     FieldType = "decimal"
	DropdownField    FieldType = "dropdown"
	MultiselectField FieldType = "multiselect"
	LookupField      FieldType = "lookup"
)

func fieldTypes() []FieldType {
	return []FieldType{
		TextField, TextareaField, RegexpField, CheckboxField, DateField, IntegerField, DecimalField, DropdownField, MultiselectField, LookupField,
	}
}

// OrganizationField is a custom field of organizations (§7).
type OrganizationField = UserField

// UserField is a custom field of users (§7).
type UserField struct {
	// ID is the field's id. Zero: the next free one.
	ID int64 `json:"id"`
	// Key is the name in user_fields, for example "badge_color".
	Key string `json:"key"`
	// Title is what people see. Empty: made from Key.
	Title       string `json:"title"`
	Description string `json:"description"`
	// Type is the field's type. Empty: [TextField].
	Type FieldType `json:"type"`
	// Options are the choices of a dropdown or multiselect.
	Options []FieldOption `json:"custom_field_options"`
	// Regexp is regexp_for_validation of a [RegexpField]. What Go's regexp
	// package does not take is not checked.
	Regexp string `json:"regexp_for_validation"`
	// Tag is the tag that a set checkbox gives its user. Empty: none.
	Tag string `json:"tag"`
	// Target is relationship_target_type of a [LookupField], for example
	// "zen:user". The existence of users and organizations is checked.
	Target string `json:"relationship_target_type"`
	// Inactive fields are discovered, but cannot be written or read.
	Inactive bool `json:"inactive"`
	// System marks a field of the vendor's own.
	System bool `json:"system"`
	// CreatedAt is also the time of the last update. Zero: now.
	CreatedAt time.Time `json:"created_at"`
}

// FieldOption is a choice of a dropdown or multiselect (§7).
type FieldOption struct {
	// ID is the option's id. Zero: the next free one.
	ID int64 `json:"id"`
	// Name is what people see. Empty: Value.
	Name string `json:"name"`
	// Value is what the API reads and writes, which is also a tag.
	Value string `json:"value"`
}

// AddUserField adds a custom field, or replaces the one of that key, and returns
// its id. Values that people have already stay as they are.
func (a *Account) AddUserField(f UserField) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addField(&a.fields, f)
}

// AddOrganizationField is [Account.AddUserField] for organizations.
func (a *Account) AddOrganizationField(f OrganizationField) int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addField(&a.organizationFields, f)
}

func (a *Account) addField(fields *[]UserField, f UserField) int64 {
	f.ID = a.idOr(f.ID)
	f.Type = cmp.Or(f.Type, TextField)
	f.Title = cmp.Or(f.Title, label(f.Key))
	f.Options = slices.Clone(f.Options)
	for i := range f.Options {
		f.Options[i].ID = a.idOr(f.Options[i].ID)
		f.Options[i].Name = cmp.Or(f.Options[i].Name, f.Options[i].Value)
	}
	if f.CreatedAt.IsZero() {
		f.CreatedAt = a.clock()
	}
	if old := findField(*fields, f.Key); old != nil {
		*old = f
	} else {
		*fields = append(*fields, f)
	}
	return f.ID
}

// RemoveUserField removes a custom field and everybody's value of it.
func (a *Account) RemoveUserField(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fields = slices.DeleteFunc(a.fields, func(f UserField) bool { return f.Key == key })
	for _, u := range a.all(func(u *user) bool { return u.fields[key] != nil }) {
		c := u.clone()
		delete(c.fields, key)
		a.putUser(c, a.clock().UTC())
	}
}

// findField finds a custom field by its key, or returns nil.
func findField(fields []UserField, key string) *UserField {
	if i := slices.IndexFunc(fields, func(f UserField) bool { return f.Key == key }); i >= 0 {
		return &fields[i]
	}
	return nil
}

// fieldsView is user_fields or organization_fields in an answer: every active
// field, null where unset.
func (a *Account) fieldsView(fields []UserField, values map[string]any) map[string]any {
	out := map[string]any{}
	for i := range fields {
		if f := &fields[i]; !f.Inactive {
			out[f.Key] = a.fieldView(f, values[f.Key])
		}
	}
	return out
}

func (a *Account) fieldView(f *UserField, v any) any {
	switch v := v.(type) {
	case nil:
		switch f.Type {
		case CheckboxField:
			return false
		case MultiselectField:
			return []string{}
		}
	case time.Time:
		if a.rules.DatesWithOffset {
			return v.UTC().Format("2006-01-02T15:04:05+00:00")
		}
		return stamp(v)
	case []string: // the order is not kept (§7)
		out := []string{}
		for _, o := range f.Options {
			if slices.Contains(v, o.Value) {
				out = append(out, o.Value)
			}
		}
		return out
	case json.Number:
		if f.Type == LookupField && a.rules.LookupsAsStrings {
			return v.String()
		}
	}
	return v
}

// tags are the tags that a value of the field puts on its user (§7).
func (f *UserField) tags(v any) []string {
	switch v := v.(type) {
	case bool:
		if f.Type == CheckboxField && v && f.Tag != "" {
			return []string{f.Tag}
		}
	case string:
		if f.Type == DropdownField && v != "" {
			return []string{v}
		}
	case []string:
		return v
	}
	return nil
}

// drop takes the value that a tag stands for away.
func (f *UserField) drop(values map[string]any, tag string) {
	if list, ok := values[f.Key].([]string); ok && len(list) > 1 {
		values[f.Key] = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == tag })
		return
	}
	delete(values, f.Key)
}

// setFields carries user_fields over, and the tags that they put on the user.
func (d *draft) setFields() {
	d.u.fields, d.u.tags = d.customFields("user_fields", d.a.fields, d.u.fields, d.u.tags)
}

// customFields carries the object of custom fields below a name over: keys that
// are not sent stay (§4.8), keys that no active field has are ignored. It returns
// the values, and the tags with those that stand for values (§7).
func (d *draft) customFields(name string, fields []UserField, have map[string]any, tags []string) (values map[string]any, tagged []string) {
	v, sent := d.in[name]
	if !sent {
		return have, tags
	}
	in, ok := v.(map[string]any)
	if !ok {
		d.wrong(name, "an object")
		return have, tags
	}
	a := d.a
	out := maps.Clone(have)
	if out == nil || a.rules.UserFieldsReplace {
		out = map[string]any{}
	}
	for _, key := range sortedKeys(in) {
		f := findField(fields, key)
		if f == nil || f.Inactive {
			if a.rules.UnknownPropertiesRefused {
				d.problems.add(key, invalidValue, label(key)+": is unknown")
			}
			continue
		}
		value, ok := a.convert(f, in[key])
		switch {
		case !ok:
			d.problems.add(key, invalidValue, f.Title+": is invalid")
		case value == nil:
			delete(out, key)
		default:
			out[key] = value
		}
	}
	if a.settings.Tagging && a.rules.FieldTags != FieldTagsNone {
		tags = retag(fields, have, out, tags)
	}
	return out, tags
}

// retag takes the tags of values that have gone away and adds those of new ones.
func retag(fields []UserField, before, after map[string]any, tags []string) []string {
	for i := range fields {
		f := &fields[i]
		kept := f.tags(after[f.Key])
		for _, t := range f.tags(before[f.Key]) {
			if !slices.Contains(kept, t) {
				tags = slices.DeleteFunc(slices.Clone(tags), func(s string) bool { return s == t })
			}
		}
		for _, t := range kept {
			if !slices.Contains(tags, t) {
				tags = append(slices.Clip(tags), t)
			}
		}
	}
	return tags
}

// convert checks a value against its field (§7). Nil clears; "" clears texts and
// dropdowns.
func (a *Account) convert(f *UserField, in any) (any, bool) {
	if in == nil {
		return nil, true
	}
	if a.rules.FieldValuesCoerced {
		in = coerce(f, in)
	}
	switch f.Type {
	case CheckboxField:
		b, ok := in.(bool)
		return b, ok
	case IntegerField:
		_, ok := integer(in)
		return in, ok
	case DecimalField:
		n, ok := in.(json.Number)
		return n, ok
	case MultiselectField:
		list, ok := texts(in)
		for _, s := range list {
			ok = ok && f.has(s)
		}
		if len(list) == 0 {
			return nil, ok
		}
		slices.Sort(list)
		return slices.Compact(list), ok
	case LookupField:
		return a.lookup(f, in)
	}
	s, ok := in.(string)
	switch {
	case !ok:
		return nil, false
	case s == "":
		return nil, true
	case f.Type == DropdownField:
		return s, f.has(s)
	case f.Type == RegexpField:
		re, err := regexp.Compile(f.Regexp)
		return s, err != nil || re.MatchString(s)
	case f.Type == DateField:
		return parseDate(s)
	}
	return s, true
}

// lookup checks the target of a lookup field: an id, or its text.
func (a *Account) lookup(f *UserField, in any) (any, bool) {
	if s, ok := in.(string); ok {
		if s == "" {
			return nil, true
		}
		in = json.Number(s)
	}
	id, ok := integer(in)
	if !ok {
		return nil, false
	}
	switch f.Target {
	case "zen:user":
		ok = a.users.Records[id].live()
	case "zen:organization":
		ok = a.organizations.Records[id] != nil
	}
	return json.Number(text(id)), ok
}

func (f *UserField) has(value string) bool {
	return slices.ContainsFunc(f.Options, func(o FieldOption) bool { return o.Value == value })
}

// coerce turns texts into numbers and flags and back.
func coerce(f *UserField, in any) any {
	s, isText := in.(string)
	n, isNumber := in.(json.Number)
	switch {
	case isText && f.Type == CheckboxField:
		if b, err := strconv.ParseBool(s); err == nil {
			return b
		}
	case isText && (f.Type == IntegerField || f.Type == DecimalField):
		if _, err := strconv.ParseFloat(s, 64); err == nil && json.Valid([]byte(s)) {
			return json.Number(s)
		}
	case isNumber && (f.Type == TextField || f.Type == TextareaField):
		return n.String()
	}
	return in
}

// parseDate reads a date or a full date-time, of which the date part counts.
func parseDate(s string) (any, bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			y, m, d := t.Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), true
		}
	}
	return nil, false
}

// plain is a value as the search compares it.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	case time.Time:
		return v.Format(time.DateOnly)
	case []string:
		return strings.Join(v, " ")
	}
	return ""
}
