package freshservicetest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ticketsFlag is the attribute that every PUT resets unless it sends true
// (§4.6).
const ticketsFlag = "can_see_all_tickets_from_associated_departments"

const changesFlag = "can_see_all_changes_from_associated_departments"

// kind says what a request may put into an attribute.
type kind int

const (
	readonlyKind kind = iota
	ignoredKind       // is taken and not stored
	textKind
	nameKind
	longTextKind
	phoneKind
	externalIDKind
	emailKind
	emailsKind
	departmentsKind
	managerKind
	locationKind
	flagKind
	languageKind
	timeZoneKind
	timeFormatKind
	customKind
	// Agents alone have these.
	agentCustomKind
	rolesKind
	workspacesKind
	levelKind
	licenseKind
)

// requesterKinds is the attribute table of requesters (§4.1): what is not in it
// is an invalid_field.
func (a *Account) requesterKinds() map[string]kind {
	kinds := map[string]kind{
		"first_name":             nameKind,
		"last_name":              nameKind,
		"job_title":              textKind,
		"primary_email":          emailKind,
		"secondary_emails":       emailsKind,
		"work_phone_number":      phoneKind,
		"mobile_phone_number":    phoneKind,
		"department_ids":         departmentsKind,
		ticketsFlag:              flagKind,
		changesFlag:              readonlyKind,
		"reporting_manager_id":   managerKind,
		"address":                longTextKind,
		"time_zone":              timeZoneKind,
		"time_format":            timeFormatKind,
		"language":               languageKind,
		"location_id":            locationKind,
		"background_information": longTextKind,
		"custom_fields":          customKind,
		"external_id":            externalIDKind,
		"id":                     readonlyKind,
		"department_names":       readonlyKind,
		"location_name":          readonlyKind,
		"active":                 readonlyKind,
		"has_logged_in":          readonlyKind,
		"is_agent":               readonlyKind,
		"vip_user":               readonlyKind,
		"created_at":             readonlyKind,
		"updated_at":             readonlyKind,
	}
	if a.rules.ExternalIDReadonly {
		kinds["external_id"] = readonlyKind
	}
	if a.rules.VIPUserWritable {
		kinds["vip_user"] = flagKind
	}
	if a.rules.AllChangesFlagWritable {
		kinds[changesFlag] = flagKind
	}
	return kinds
}

// storedName is under which name an attribute of either kind is stored.
func storedName(name string) string {
	if name == "email" {
		return "primary_email"
	}
	return name
}

// assign checks the attributes of a request against the attribute table of its
// kind and sets them on u, which is the caller's copy. It returns what is wrong with them, in the order of the names.
func (a *Account) assign(u *user, in map[string]any, kinds map[string]kind) []fieldError {
	var errs []fieldError
	for _, name := range sortedKeys(in) {
		k, known := kinds[name]
		switch {
		case !known:
			errs = append(errs, unexpected(name))
			continue
		case k == readonlyKind:
			errs = append(errs, a.readonly(name))
			continue
		case k == ignoredKind:
			continue
		case k == customKind, k == agentCustomKind:
			fields, values := a.fields, &u.custom
			if k == agentCustomKind {
				fields, values = a.agentFields, &u.agentCustom
			}
			custom, bad := a.assignCustom(fields, *values, in[name])
			if errs = append(errs, bad...); bad == nil && !slices.Contains(a.rules.SilentlyIgnores, name) {
				*values = custom
			}
			continue
		case k == rolesKind:
			roles, bad := a.convertRoles(name, in[name])
			if bad != nil {
				errs = append(errs, *bad)
			} else if !slices.Contains(a.rules.SilentlyIgnores, name) {
				u.roles = roles
			}
			continue
		}
		v, keep, bad := a.convert(u, name, k, in[name])
		if bad != nil {
			errs = append(errs, *bad)
		} else if !keep && !slices.Contains(a.rules.SilentlyIgnores, name) {
			u.set(storedName(name), v)
		}
	}
	return errs
}

// convert turns a JSON value into the value of an attribute; nil unsets it. keep
// leaves the attribute as it is.
func (a *Account) convert(u *user, name string, k kind, in any) (v any, keep bool, bad *fieldError) {
	fail := func(e fieldError) (any, bool, *fieldError) { return nil, false, &e }
	switch k {
	case flagKind:
		b, ok := in.(bool)
		if !ok {
			return fail(a.mismatch(name, "Boolean"))
		}
		return b, false, nil
	case emailsKind:
		v, bad = a.convertEmails(u, name, in)
		return v, false, bad
	case departmentsKind:
		v, bad = a.convertDepartments(u, name, in)
		return v, false, bad
	case workspacesKind:
		v, bad = a.convertWorkspaces(name, in)
		return v, false, bad
	}
	if in == nil {
		v, keep, bad = a.clear(name, k)
		return v, keep, bad
	}
	switch k {
	case managerKind, locationKind:
		id, e := a.convertID(name, in)
		if e != nil {
			return nil, false, e
		}
		exists := k == managerKind && a.users.Records[id] != nil || k == locationKind && a.locations.Records[id] != nil
		if !exists && !a.rules.IgnoreUnknownReferences {
			return fail(invalidValue(name, "There is no record with this id"))
		}
		return id, false, nil
	case phoneKind, externalIDKind: // documented as numbers, really strings (§4.1)
		if n, ok := in.(json.Number); ok {
			in = n.String()
		}
	}
	if k == levelKind {
		v, bad = a.convertLevel(name, in)
		return v, false, bad
	}
	s, ok := in.(string)
	if !ok {
		return fail(a.mismatch(name, "String"))
	}
	v, bad = a.convertText(name, k, s)
	return v, false, bad
}

// clear is the effect of null on a string or a reference (§4.6).
func (a *Account) clear(name string, k kind) (v any, keep bool, bad *fieldError) {
	switch {
	case a.mandatory(name):
		e := missing(name)
		return nil, false, &e
	case a.rules.Clearing == ClearByEmpty && k != managerKind && k != locationKind && k != levelKind:
		e := a.mismatch(name, "String")
		return nil, false, &e
	case a.rules.Clearing == ClearNullIgnored:
		return nil, true, nil
	}
	return a.defaultOf(name), false, nil
}

// defaultOf is what an attribute has when nobody set it.
func (a *Account) defaultOf(name string) any {
	switch name {
	case "language":
		return "en"
	case "time_zone":
		return a.timeZone
	case "time_format":
		return "12h"
	}
	return nil
}

// mandatory reports whether the attribute must have a value.
func (a *Account) mandatory(name string) bool {
	return name == "first_name" || name == "email" || a.required[name]
}

func (a *Account) convertText(name string, k kind, s string) (any, *fieldError) {
	fail := func(message string) (any, *fieldError) {
		e := invalidValue(name, message)
		return nil, &e
	}
	if k == nameKind && a.rules.SanitizeNames {
		s = strings.TrimSpace(htmlTag.ReplaceAllString(s, ""))
	}
	choice := k == languageKind || k == timeZoneKind || k == timeFormatKind || k == licenseKind
	if s == "" {
		switch {
		case a.mandatory(name):
			return fail(messageEmpty)
		case a.rules.Clearing == ClearByNull:
			return fail("It should not be blank")
		case choice && a.rules.Clearing != ClearByEmpty:
			return fail(messageChoice)
		}
		return a.defaultOf(name), nil
	}
	if choice {
		ok := k == languageKind && a.hasLanguage(s) || k == timeZoneKind && a.timeZones[s] ||
			k == timeFormatKind && (s == "12h" || s == "24h") || k == licenseKind && (s == "it" || s == "business")
		if !ok {
			return fail(messageChoice)
		}
		return s, nil
	}
	if k != longTextKind && a.tooLong(s) {
		return fail("It is too long")
	}
	if k == emailKind {
		if !validEmail(s) {
			return fail(`["It should be a valid email address"]`)
		}
		if a.rules.LowercaseEmails {
			s = strings.ToLower(s)
		}
	}
	return s, nil
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

func (a *Account) tooLong(s string) bool {
	limit := cmp.Or(a.rules.MaxLength, 255)
	return limit > 0 && utf8.RuneCountInString(s) > limit
}

func (a *Account) hasLanguage(code string) bool {
	return slices.ContainsFunc(a.languages, func(l language) bool { return l.code == code })
}

// validEmail takes one bare address with a dotted or single-label domain.
func validEmail(s string) bool {
	addr, err := mail.ParseAddress(s)
	return err == nil && addr.Name == "" && addr.Address == s
}

func (a *Account) convertEmails(u *user, name string, in any) (any, *fieldError) {
	list, ok := in.([]any)
	if !ok {
		e := a.mismatch(name, "Array")
		return nil, &e
	}
	var out []string
	if a.rules.SecondaryEmailsMerge {
		out = slices.Clone(u.strings(name))
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			e := a.mismatch(name, "String")
			return nil, &e
		}
		v, bad := a.convertText(name, emailKind, s)
		if bad != nil {
			return nil, bad
		}
		s, ok = v.(string)
		if !ok { // blank
			e := invalidValue(name, `["It should be a valid email address"]`)
			return nil, &e
		}
		if a.rules.SecondaryEmailsMerge && slices.Contains(out, s) {
			continue
		}
		out = append(out, s)
	}
	return out, nil
}

func (a *Account) convertDepartments(u *user, name string, in any) (any, *fieldError) {
	list, ok := in.([]any)
	if !ok {
		e := a.mismatch(name, "Array")
		return nil, &e
	}
	var out []int64
	if a.rules.DepartmentIDsMerge {
		out = slices.Clone(u.ids(name))
	}
	for _, item := range list {
		id, bad := a.convertID(name, item)
		if bad != nil {
			return nil, bad
		}
		if a.departments.Records[id] == nil && !a.rules.IgnoreUnknownReferences {
			e := invalidValue(name, "There is no department with this id")
			return nil, &e
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

// convertID reads an id. A number that is none has the code of the vendor's
// sample (§1.5), which is invalid_value.
func (a *Account) convertID(name string, in any) (int64, *fieldError) {
	n, ok := in.(json.Number)
	if !ok {
		e := a.mismatch(name, "Positive Integer")
		return 0, &e
	}
	id, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || id <= 0 {
		e := invalidValue(name, messagePositiveInteger)
		return 0, &e
	}
	return id, nil
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
