package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The hand-written conversion that the engine is measured against: from struct
// to struct, as a programmer would write it who knows both sides.
type typedUser struct {
	userName, externalID, nickName, title, givenName, familyName, locale, userType string
	emails, phones, addresses                                                      []typedValue
	employeeNumber, costCenter, department, manager, badge, displayName            string
}

type typedValue struct {
	kind, value string
	primary     bool
}

type typedPerson struct {
	login, firstName, lastName, nickname, jobTitle, primaryEmail, privateEmail string
	otherEmails                                                                []string
	workPhone, mobilePhone, address, language, kind, externalID                string
	managerID                                                                  int64
	departmentIDs                                                              []int64
	employeeNumber, costCenter, badge, displayName                             string
}

type typedMaps struct {
	languages, kinds map[string]string
	departments      map[string]int64
	people           map[string]int64
}

func typedPick(vs []typedValue, kind string) string {
	first, found := "", false
	for i := range vs {
		if strings.EqualFold(vs[i].kind, kind) {
			if vs[i].primary {
				return vs[i].value
			}
			if !found {
				first, found = vs[i].value, true
			}
		}
	}
	return first
}

func typedConvert(out *typedPerson, in *typedUser, m *typedMaps) bool {
	*out = typedPerson{otherEmails: out.otherEmails[:0], departmentIDs: out.departmentIDs[:0]}
	out.login = strings.ToLower(in.userName)
	out.firstName, out.lastName = in.givenName, in.familyName
	if out.login == "" || out.firstName == "" {
		return false
	}
	out.nickname, out.jobTitle = in.nickName, in.title
	out.primaryEmail = strings.ToLower(typedPick(in.emails, "work"))
	out.privateEmail = typedPick(in.emails, "home")
	for i := range in.emails {
		if strings.EqualFold(in.emails[i].kind, "other") {
			out.otherEmails = append(out.otherEmails, in.emails[i].value)
		}
	}
	out.workPhone, out.mobilePhone = typedPick(in.phones, "work"), typedPick(in.phones, "mobile")
	out.address = typedPick(in.addresses, "work")
	for l := strings.ToLower(in.locale); ; {
		if v, ok := m.languages[l]; ok {
			out.language = v
			break
		}
		i := strings.LastIndexAny(l, "-_")
		if i < 0 {
			return false
		}
		l = l[:i]
	}
	kind, ok := m.kinds[strings.ToLower(in.userType)]
	if !ok {
		return false
	}
	out.kind, out.externalID = kind, in.externalID
	if out.managerID, ok = m.people[strings.ToLower(in.manager)]; !ok {
		return false
	}
	id, ok := m.departments[strings.ToLower(in.department)]
	if !ok {
		return false
	}
	out.departmentIDs = append(out.departmentIDs, id)
	out.employeeNumber, out.costCenter = in.employeeNumber, in.costCenter
	if out.badge = in.badge; len(out.badge) > 40 {
		return false
	}
	out.displayName = in.displayName
	return true
}

func typedInput() (*typedUser, *typedMaps) {
	return &typedUser{userName: "BJensen@example.com", externalID: "701984", nickName: "Babs", title: "Tour Guide",
			givenName: "Barbara", familyName: "Jensen", locale: "de-DE", userType: "Employee",
			emails: []typedValue{{"home", "babs@example.org", false}, {"work", "bjensen@example.com", true}, {"other", "b@other.example", false}},
			phones: []typedValue{{"work", "+1 555 555 8377", false}, {"mobile", "+1 555 555 4444", false}}, addresses: []typedValue{{"work", "100 Universal City Plaza", false}},
			employeeNumber: "701984", costCenter: "7", department: "Tour Operations", manager: "500", badge: "B-7", displayName: "Barbara Jensen"},
		&typedMaps{languages: map[string]string{"en": "en", "de": "de", "fr": "fr", "pt-br": "pt-BR", "ja": "ja-JP"},
			kinds:       map[string]string{"employee": "staff", "contractor": "temp"},
			departments: map[string]int64{"tour operations": 42}, people: map[string]int64{"500": 42}}
}

// The other hand-written conversion: from a decoded JSON object to a map that
// would be encoded, as is written by a programmer who has neither side's types.
func mapConvert(in map[string]any, m *typedMaps) (map[string]any, bool) {
	text := func(o map[string]any, name string) string { s, _ := o[name].(string); return s }
	object := func(o map[string]any, name string) map[string]any { c, _ := o[name].(map[string]any); return c }
	list := func(name, kind string) (all []any, one string) {
		found := false
		vs, _ := in[name].([]any)
		for _, v := range vs {
			e, _ := v.(map[string]any)
			value := text(e, "value")
			if name == "addresses" {
				value = text(e, "formatted")
			}
			if !strings.EqualFold(text(e, "type"), kind) || value == "" {
				continue
			}
			all = append(all, value)
			if primary, _ := e["primary"].(bool); primary || !found {
				one, found = value, true
			}
		}
		return all, one
	}
	out := make(map[string]any, 20)
	put := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	name, ent := object(in, "name"), object(in, entURN)
	put("login", strings.ToLower(text(in, "userName")))
	put("first_name", text(name, "givenName"))
	if out["login"] == nil || out["first_name"] == nil {
		return nil, false
	}
	put("last_name", text(name, "familyName"))
	put("nickname", text(in, "nickName"))
	put("job_title", text(in, "title"))
	_, work := list("emails", "work")
	put("primary_email", strings.ToLower(work))
	_, home := list("emails", "home")
	put("private_email", home)
	if others, _ := list("emails", "other"); others != nil {
		out["other_emails"] = others
	}
	_, phone := list("phoneNumbers", "work")
	put("work_phone", phone)
	_, mobile := list("phoneNumbers", "mobile")
	put("mobile_phone", mobile)
	_, address := list("addresses", "work")
	put("address", address)
	for l := strings.ToLower(text(in, "locale")); ; {
		if v, ok := m.languages[l]; ok {
			put("language", v)
			break
		}
		i := strings.LastIndexAny(l, "-_")
		if i < 0 {
			return nil, false
		}
		l = l[:i]
	}
	kind, ok := m.kinds[strings.ToLower(text(in, "userType"))]
	if !ok {
		return nil, false
	}
	put("kind", kind)
	put("external_id", text(in, "externalId"))
	manager, ok := m.people[strings.ToLower(text(object(ent, "manager"), "value"))]
	if !ok {
		return nil, false
	}
	out["manager_id"] = manager
	department, ok := m.departments[strings.ToLower(text(ent, "department"))]
	if !ok {
		return nil, false
	}
	out["department_ids"] = []any{department}
	put("employee_number", text(ent, "employeeNumber"))
	put("cost_center", text(ent, "costCenter"))
	badge := text(object(in, exampleURN), "badge")
	if len(badge) > 40 {
		return nil, false
	}
	put("custom_fields.badge", badge)
	put("display_name", text(in, "displayName"))
	return out, true
}

const (
	entURN     = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	exampleURN = "urn:ietf:params:scim:schemas:extension:example:2.0:User"
)

// mapInput is the benchmarks' user, decoded.
func mapInput(t testing.TB) map[string]any {
	t.Helper()
	var in map[string]any
	require.NoError(t, json.Unmarshal([]byte(twentyUser), &in))
	return in
}

// The conversions that the engine is measured against do the same as it does.
func TestBaselines(t *testing.T) {
	t.Parallel()
	user, tables := typedInput()
	var person typedPerson
	require.True(t, typedConvert(&person, user, tables))
	assert.Equal(t, "bjensen@example.com", person.login)
	assert.Equal(t, int64(42), person.managerID)

	made, ok := mapConvert(mapInput(t), tables)
	require.True(t, ok)
	text, err := json.Marshal(made)
	require.NoError(t, err)
	assert.JSONEq(t, show(newTwenty(t).stored(t)), string(text))
}
