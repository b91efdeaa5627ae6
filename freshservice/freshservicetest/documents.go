package freshservicetest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/usher-scim/usher/internal/simulator"
)

// requesterQueryFields are the fields that "query=" knows (§4.4).
func (a *Account) requesterQueryFields() map[string]queryKind {
	fields := customQueryFields(a.fields)
	fields["primary_email"] = textQuery
	return fields
}

// agentQueryFields are those of requesters with "email" in place of
// "primary_email", and the custom fields of agents (§5.3).
func (a *Account) agentQueryFields() map[string]queryKind {
	fields := customQueryFields(a.agentFields)
	fields["email"] = textQuery
	return fields
}

// customQueryFields are the built-in fields of all users, which win, and those
// of the custom fields that a query can have.
func customQueryFields(custom []RequesterField) map[string]queryKind {
	fields := map[string]queryKind{}
	for _, f := range custom {
		switch f.Type {
		case TextField, DropdownField:
			fields[f.Name] = textQuery
		case PhoneField:
			fields[f.Name] = phoneQuery
		case NumberField:
			fields[f.Name] = integerQuery
		case DateField:
			fields[f.Name] = dateQuery
		}
	}
	for name, k := range userQueryFields() {
		fields[name] = k
	}
	return fields
}

func userQueryFields() map[string]queryKind {
	return map[string]queryKind{
		"first_name":           textQuery,
		"last_name":            textQuery,
		"name":                 textQuery,
		"job_title":            textQuery,
		"work_phone_number":    phoneQuery,
		"mobile_phone_number":  phoneQuery,
		"department_id":        integerQuery,
		"reporting_manager_id": integerQuery,
		"location_id":          integerQuery,
		"time_zone":            textQuery,
		"language":             textQuery,
		"created_at":           dateQuery,
		"updated_at":           dateQuery,
	}
}

// userDocument is a user as a query sees it.
type userDocument struct {
	account *Account
	user    *user
	custom  map[string]any // of the kind that is listed
}

var _ document = userDocument{}

// requesterDocument is a user in a list of requesters, with agents or without.
func (a *Account) requesterDocument(u *user) document { return userDocument{a, u, u.custom} }

func (a *Account) agentDocument(u *user) document { return userDocument{a, u, u.agentCustom} }

func (d userDocument) value(field string) any {
	u := d.user
	switch field {
	case "name": // first, space, last (§4.4)
		return u.name()
	case "email":
		field = "primary_email"
	case "department_id":
		return u.ids("department_ids")
	case "created_at":
		return u.created.UTC()
	case "updated_at":
		return u.updated.UTC()
	}
	if _, builtin := userQueryFields()[field]; builtin || field == "primary_email" {
		return u.attrs[field]
	}
	switch v := d.custom[field].(type) {
	case time.Time:
		return v.In(d.account.dateZone)
	case json.Number:
		if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return n
		}
		n, _ := v.Float64()
		return n
	default:
		return v
	}
}

// starts is the starts-with search; of an address it also knows the parts
// (§4.4).
func (d userDocument) starts(field, prefix string) bool {
	s, _ := d.value(field).(string)
	s = strings.ToLower(s)
	if strings.HasPrefix(s, prefix) {
		return true
	}
	if field != "primary_email" && field != "email" {
		return false
	}
	apart := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for part := range strings.FieldsFuncSeq(s, apart) {
		if strings.HasPrefix(part, prefix) {
			return true
		}
	}
	_, domain, _ := strings.Cut(s, "@")
	return domain != "" && strings.HasPrefix(domain, prefix)
}

// namedDocument is a department or a location, which can be found by name only
// (§7).
type namedDocument string

var _ document = namedDocument("")

func (d namedDocument) value(string) any { return string(d) }

func (d namedDocument) starts(string, string) bool { return false }

// searchNamed runs a "name:'…'" query over departments or locations.
func searchNamed[T any](a *Account, c *call, s *simulator.Store[T], name func(*T) string, created func(*T) time.Time, id func(*T) int64) ([]*T, *fieldError) {
	q, err := a.parseQuery(c.query.Get("query"), map[string]queryKind{"name": textQuery})
	if err != nil {
		e := invalidValue("query", err.Error())
		return nil, &e
	}
	if n, exact := q.(comparison); !exact || n.null { // the exact name is the only filter
		e := invalidValue("query", errUnknownField.Error())
		return nil, &e
	}
	var hits []*T
	for key, r := range s.Indexed(c.now) {
		if !q.matches(namedDocument(name(r))) {
			continue
		}
		if !a.rules.QueryShowsIndexCopy {
			if r = s.Records[key]; r == nil {
				continue
			}
		}
		hits = append(hits, r)
	}
	sortYoungest(hits, created, id)
	return hits, nil
}
