package freshservicetest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// fields is a custom field of every type (§8.2).
func fields() []freshservicetest.RequesterField {
	return []freshservicetest.RequesterField{
		{Name: "note", Type: freshservicetest.TextField},
		{Name: "about", Type: freshservicetest.ParagraphField},
		{Name: "on_site", Type: freshservicetest.CheckboxField},
		{Name: "desk", Type: freshservicetest.NumberField},
		{Name: "color", Type: freshservicetest.DropdownField, Choices: []string{"red", "blue"}},
		{Name: "start", Type: freshservicetest.DateField},
		{Name: "sos", Type: freshservicetest.PhoneField},
		{Name: "link", Type: freshservicetest.URLField},
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Fields: fields()})
	dep := a.AddDepartment(freshservicetest.Department{Name: "Engineering"})
	loc := a.AddLocation(freshservicetest.Location{Name: "HQ"})
	in := object{
		"first_name": "Ada", "last_name": "Byron", "primary_email": "Ada@example.com",
		"secondary_emails": []string{"a.byron@example.com"}, "job_title": "Analyst",
		"work_phone_number": "+44 20 7946 0000", "mobile_phone_number": 62442, "department_ids": []int64{dep},
		"reporting_manager_id": a.OwnerID(), "location_id": loc, "language": "de", "time_zone": "London",
		"time_format": "24h", "can_see_all_tickets_from_associated_departments": true, "address": "1 Example Street",
		"background_information": "none", "external_id": "00u1",
		"custom_fields": object{
			"note": "n", "about": "a", "on_site": true, "desk": 12.5, "color": "blue",
			"start": "2026-02-03", "sos": "112", "link": "https://example.com",
		},
	}
	got := a.do("POST", "/requesters", in).want(201)
	want := object{
		"id": json.Number(got.id()), "first_name": "Ada", "last_name": "Byron", "primary_email": "Ada@example.com",
		"secondary_emails": []any{"a.byron@example.com"}, "job_title": "Analyst",
		"work_phone_number": "+44 20 7946 0000", "mobile_phone_number": "62442", "department_ids": []any{num(dep)},
		"department_names": []any{"Engineering"}, "reporting_manager_id": num(a.OwnerID()), "location_id": num(loc),
		"location_name": "HQ", "language": "de", "time_zone": "London", "time_format": "24h",
		"can_see_all_tickets_from_associated_departments": true,
		"can_see_all_changes_from_associated_departments": false,
		"address": "1 Example Street", "background_information": "none", "external_id": "00u1", "active": true,
		"has_logged_in": false, "is_agent": false, "vip_user": false,
		"created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z",
		"custom_fields": object{
			"note": "n", "about": "a", "on_site": true, "desk": json.Number("12.5"), "color": "blue",
			"start": "2026-02-03T00:00:00Z", "sos": "112", "link": "https://example.com",
		},
	}
	assert.Equal(t, want, got.object())
	assert.Equal(t, "http://example.com/api/v2/requesters/"+got.id(), got.header.Get("Location"), "§1.3")
	assert.Equal(t, want, a.do("GET", "/requesters/"+got.id(), nil).want(200).object(), "the record is what create said")
}

// §1.3: empty attributes are null, not dropped.
func TestCreate_MinimalIsAllNull(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Fields: fields(), TimeZone: "Chennai"})
	got := a.do("POST", "/requesters", object{"first_name": "Ada", "work_phone_number": "1"}).want(201).object()
	for _, name := range []string{
		"last_name", "job_title", "primary_email", "mobile_phone_number", "reporting_manager_id", "location_id",
		"location_name", "address", "background_information", "external_id",
	} {
		v, ok := got[name]
		assert.True(t, ok, name)
		assert.Nil(t, v, name)
	}
	assert.Equal(t, "en", got["language"])
	assert.Equal(t, "Chennai", got["time_zone"], "the account's zone, §10.1")
	assert.Empty(t, got["secondary_emails"])
	assert.Empty(t, got["department_ids"])
	assert.Equal(t, object{
		"note": nil, "about": nil, "on_site": nil, "desk": nil, "color": nil, "start": nil, "sos": nil, "link": nil,
	}, got["custom_fields"], "§8.2")
}

func TestCreate_Refusals(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 256)
	tests := []struct {
		name        string
		change      object // on a body that is right
		field, code string
	}{
		{"unknown attribute (§1.3)", object{"nickname": "x"}, "nickname", "invalid_field"},
		{"wrapped body (§1.3)", object{"requester": object{}}, "requester", "invalid_field"},
		{"id is read only (§4.1)", object{"id": 1}, "id", "readonly_field"},
		{"active is read only (§4.1)", object{"active": false}, "active", "readonly_field"},
		{"is_agent is read only (§4.1)", object{"is_agent": true}, "is_agent", "readonly_field"},
		{"department_names (§4.1)", object{"department_names": []string{"x"}}, "department_names", "readonly_field"},
		{"created_at (§4.1)", object{"created_at": "2026-01-01"}, "created_at", "readonly_field"},
		{"vip_user (§13.5)", object{"vip_user": true}, "vip_user", "readonly_field"},
		{"first_name missing (§4.1)", object{"first_name": absent}, "first_name", "missing_field"},
		{"first_name null (§4.1)", object{"first_name": nil}, "first_name", "missing_field"},
		{"first_name blank (§1.5)", object{"first_name": ""}, "first_name", "invalid_value"},
		{"no e-mail and no phone (§4.1)", object{"primary_email": absent}, "primary_email", "missing_field"},
		{"blank e-mail and no phone (§4.1)", object{"primary_email": ""}, "primary_email", "missing_field"},
		{"e-mail is none", object{"primary_email": "ada"}, "primary_email", "invalid_value"},
		{"e-mail with a name", object{"primary_email": "Ada <ada@example.com>"}, "primary_email", "invalid_value"},
		{"secondary e-mail is none", object{"secondary_emails": []string{"x"}}, "secondary_emails", "invalid_value"},
		{"string wanted (§1.5)", object{"job_title": 5}, "job_title", "datatype_mismatch"},
		{"list wanted (§1.5)", object{"secondary_emails": "x@example.com"}, "secondary_emails", "datatype_mismatch"},
		{"list of strings wanted", object{"secondary_emails": []int{1}}, "secondary_emails", "datatype_mismatch"},
		{"flag wanted", object{"can_see_all_tickets_from_associated_departments": "true"}, "can_see_all_tickets_from_associated_departments", "datatype_mismatch"},
		{"id as a string (§1.3)", object{"location_id": "1"}, "location_id", "datatype_mismatch"},
		{"id as a fraction (§1.5)", object{"location_id": 1.5}, "location_id", "invalid_value"},
		{"negative id (§1.5)", object{"department_ids": []int{-1}}, "department_ids", "invalid_value"},
		{"unknown department (§4.1)", object{"department_ids": []int{99}}, "department_ids", "invalid_value"},
		{"unknown location (§4.1)", object{"location_id": 99}, "location_id", "invalid_value"},
		{"unknown manager (§4.1)", object{"reporting_manager_id": 99}, "reporting_manager_id", "invalid_value"},
		{"IANA time zone (§10.1)", object{"time_zone": "Europe/London"}, "time_zone", "invalid_value"},
		{"time format (§4.1)", object{"time_format": "24"}, "time_format", "invalid_value"},
		{"language (§10.2)", object{"language": "en-GB"}, "language", "invalid_value"},
		{"language in the wrong case (§10.2)", object{"language": "EN"}, "language", "invalid_value"},
		{"too long (§4.1)", object{"job_title": long}, "job_title", "invalid_value"},
		{"unknown custom field (§8.2)", object{"custom_fields": object{"nope": 1}}, "nope", "invalid_field"},
		{"custom fields are an object", object{"custom_fields": "x"}, "custom_fields", "datatype_mismatch"},
		{"text (§8.2)", object{"custom_fields": object{"note": 1}}, "note", "datatype_mismatch"},
		{"checkbox (§8.2)", object{"custom_fields": object{"on_site": "yes"}}, "on_site", "datatype_mismatch"},
		{"number (§8.2)", object{"custom_fields": object{"desk": "12"}}, "desk", "datatype_mismatch"},
		{"choice (§8.2)", object{"custom_fields": object{"color": "mauve"}}, "color", "invalid_value"},
		{"choice in the wrong case (§8.2)", object{"custom_fields": object{"color": "Red"}}, "color", "invalid_value"},
		{"date (§8.2)", object{"custom_fields": object{"start": "03.02.2026"}}, "start", "invalid_value"},
		{"date that does not exist", object{"custom_fields": object{"start": "2026-02-30"}}, "start", "invalid_value"},
		{"phone (§8.2)", object{"custom_fields": object{"sos": 112}}, "sos", "datatype_mismatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, freshservicetest.Options{Fields: fields()})
			in := object{"first_name": "Ada", "primary_email": "ada@example.com"}
			for k, v := range tt.change {
				if in[k] = v; v == absent {
					delete(in, k)
				}
			}
			a.do("POST", "/requesters", in).wantError(400, tt.field, tt.code)
			assert.Empty(t, a.Requesters(), "nothing is half-written")
		})
	}
}

// absent stands for an attribute that is taken out.
const absent = "\x00absent"

func TestCreate_AllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	got := a.do("POST", "/requesters", object{"language": "xx", "nickname": "y"}).want(400)
	assert.Len(t, got.body["errors"], 3, got.raw)
}

// §8.1, §8.2, §9.2: mandatory custom fields and form attributes.
func TestCreate_AccountMakesFieldsMandatory(t *testing.T) {
	t.Parallel()
	opts := freshservicetest.Options{
		Fields:             []freshservicetest.RequesterField{{Name: "badge", Required: true}},
		RequiredAttributes: []string{"last_name"},
	}
	a := newAccount(t, opts)
	in := object{"first_name": "Ada", "primary_email": "ada@example.com"}
	a.do("POST", "/requesters", in).wantError(400, "last_name", "missing_field")
	in["last_name"] = "Byron"
	a.do("POST", "/requesters", in).wantError(400, "badge", "missing_field")
	in["custom_fields"] = object{"badge": ""}
	a.do("POST", "/requesters", in).wantError(400, "badge", "invalid_value")
	in["custom_fields"] = object{"badge": "B1"}
	id := a.do("POST", "/requesters", in).want(201).id()
	a.do("PUT", "/requesters/"+id, object{"custom_fields": object{"badge": nil}}).wantError(400, "badge", "missing_field")
	a.do("PUT", "/requesters/"+id, object{"last_name": ""}).wantError(400, "last_name", "invalid_value")
	a.do("PUT", "/requesters/"+id, object{"job_title": "x"}).want(200)

	opts.Rules.RequiredFieldsOptional = true
	b := newAccount(t, opts)
	delete(in, "custom_fields")
	b.do("POST", "/requesters", in).want(201)
}

// §4.1: e-mail addresses are unique account-wide, primary and secondary,
// requester and agent, active or not; also on update.
func TestEmailsAreUnique(t *testing.T) {
	t.Parallel()
	seeded := func(t *testing.T, r freshservicetest.Rules) *account {
		a := newAccount(t, freshservicetest.Options{Rules: r})
		a.AddRequester(freshservicetest.Requester{FirstName: "P", PrimaryEmail: "primary@example.com", SecondaryEmails: []string{"second@example.com"}})
		a.AddRequester(freshservicetest.Requester{FirstName: "D", PrimaryEmail: "gone@example.com", Inactive: true})
		a.AddAgent(freshservicetest.Agent{FirstName: "G", Email: "agent@example.com"})
		return a
	}
	for _, taken := range []string{"primary@example.com", "second@example.com", "gone@example.com", "agent@example.com", "PRIMARY@example.com"} {
		t.Run(taken, func(t *testing.T) {
			t.Parallel()
			a := seeded(t, freshservicetest.Rules{})
			before := a.Requesters()
			a.do("POST", "/requesters", object{"first_name": "N", "primary_email": taken}).wantError(409, "primary_email", "duplicate_value")
			a.do("POST", "/requesters", object{"first_name": "N", "primary_email": "new@example.com", "secondary_emails": []string{taken}}).
				wantError(409, "secondary_emails", "duplicate_value")
			assert.Equal(t, before, a.Requesters())
			id := a.AddRequester(freshservicetest.Requester{FirstName: "N", PrimaryEmail: "new@example.com"})
			a.do("PUT", path("requesters", id), object{"primary_email": taken}).wantError(409, "primary_email", "duplicate_value")
			a.do("PUT", path("requesters", id), object{"primary_email": "New@example.com"}).want(200)
		})
	}
	t.Run("rules", func(t *testing.T) {
		t.Parallel()
		in := object{"first_name": "N", "primary_email": "primary@example.com"}
		seeded(t, freshservicetest.Rules{DuplicateStatus: 400}).do("POST", "/requesters", in).wantError(400, "primary_email", "duplicate_value")
		seeded(t, freshservicetest.Rules{DuplicateCode: "invalid_value"}).do("POST", "/requesters", in).wantError(409, "primary_email", "invalid_value")
		seeded(t, freshservicetest.Rules{DuplicateShape: freshservicetest.DuplicateWithoutField}).do("POST", "/requesters", in).wantError(409, "", "duplicate_value")
		seeded(t, freshservicetest.Rules{DuplicateShape: freshservicetest.DuplicateFlat}).do("POST", "/requesters", in).wantCode(409, "duplicate_value")
		named := seeded(t, freshservicetest.Rules{DuplicateNamesUser: true}).do("POST", "/requesters", in).wantError(409, "primary_email", "duplicate_value")
		assert.Contains(t, named.raw, `"additional_info":{"user_id":2100000000`)
		in["primary_email"] = "Primary@example.com"
		seeded(t, freshservicetest.Rules{EmailCaseSensitive: true}).do("POST", "/requesters", in).want(201)
	})
}

// §9.2: addresses keep their case, and a secondary equal to the primary is
// refused; both are switches.
func TestEmailCaseAndEqualSecondary(t *testing.T) {
	t.Parallel()
	in := object{"first_name": "N", "primary_email": "Ada@example.com", "secondary_emails": []string{"ada@example.com", "B@example.com"}}
	newAccount(t, freshservicetest.Options{}).do("POST", "/requesters", in).wantError(409, "secondary_emails", "duplicate_value")
	rules := freshservicetest.Rules{DropSecondaryEqualToPrimary: true, LowercaseEmails: true}
	got := newAccount(t, freshservicetest.Options{Rules: rules}).do("POST", "/requesters", in).want(201).object()
	assert.Equal(t, "ada@example.com", got["primary_email"])
	assert.Equal(t, []any{"b@example.com"}, got["secondary_emails"])
}

// §13.6: what making a secondary address the primary one does.
func TestPromoteSecondary(t *testing.T) {
	t.Parallel()
	run := func(p freshservicetest.PromoteSecondary) reply {
		a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{PromoteSecondary: p}})
		id := a.AddRequester(freshservicetest.Requester{FirstName: "A", PrimaryEmail: "one@example.com", SecondaryEmails: []string{"two@example.com"}})
		return a.do("PUT", path("requesters", id), object{"primary_email": "two@example.com"})
	}
	got := run(freshservicetest.PromoteMoves).want(200).object()
	assert.Equal(t, "two@example.com", got["primary_email"])
	assert.Empty(t, got["secondary_emails"])
	got = run(freshservicetest.PromoteSwaps).want(200).object()
	assert.Equal(t, []any{"one@example.com"}, got["secondary_emails"])
	run(freshservicetest.PromoteRefused).wantError(409, "primary_email", "duplicate_value")
}

// A seed may break the rules; an update that does not touch its addresses is not
// refused for it.
func TestSeedsAreNotValidated(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Languages: []string{"en", "tlh"}, TimeZones: []string{"UTC"}})
	var id int64
	for range 2 {
		id = a.AddRequester(freshservicetest.Requester{PrimaryEmail: "same@example.com", Language: "xx", TimeZone: "Nowhere"})
	}
	a.do("PUT", path("requesters", id), object{"language": "tlh", "time_zone": "UTC"}).want(200)
	a.do("PUT", path("requesters", id), object{"time_zone": "London"}).wantError(400, "time_zone", "invalid_value")
	a.do("PUT", path("requesters", id), object{"primary_email": "same@example.com"}).want(409)
}

func TestOtherUniqueness(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{PhonesUnique: strict, ExternalIDsUnique: strict}})
		a.AddRequester(freshservicetest.Requester{FirstName: "A", WorkPhone: "1", ExternalID: "x"})
		phone := a.do("POST", "/requesters", object{"first_name": "B", "work_phone_number": "1"})
		ext := a.do("POST", "/requesters", object{"first_name": "B", "work_phone_number": "2", "external_id": "x"})
		if !strict {
			phone.want(201)
			ext.want(201)
			continue
		}
		phone.wantError(409, "work_phone_number", "duplicate_value")
		ext.wantError(409, "external_id", "duplicate_value")
	}
}

// §4.6: PUT is partial, lists are replaced, and the departments' tickets flag
// falls unless it is sent as true.
func TestUpdate(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{Fields: fields()})
	d1 := a.AddDepartment(freshservicetest.Department{Name: "One"})
	d2 := a.AddDepartment(freshservicetest.Department{Name: "Two"})
	id := a.AddRequester(freshservicetest.Requester{
		FirstName: "Ada", LastName: "Byron", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"b@example.com"},
		DepartmentIDs: []int64{d1}, SeesDepartmentTickets: true, CustomFields: object{"note": "n", "desk": 4},
	})
	const flag = "can_see_all_tickets_from_associated_departments"
	a.clock.Advance(90_000_000_000)
	got := a.do("PUT", path("requesters", id), object{"job_title": "Countess", flag: true}).want(200).object()
	assert.Equal(t, "Countess", got["job_title"])
	assert.Equal(t, "Byron", got["last_name"])
	assert.Equal(t, true, got[flag])
	assert.Equal(t, "2026-03-01T12:01:30Z", got["updated_at"])
	assert.Equal(t, "2026-03-01T12:00:00Z", got["created_at"])

	got = a.do("PUT", path("requesters", id), object{
		"secondary_emails": []string{"c@example.com"}, "department_ids": []int64{d2}, "custom_fields": object{"note": "m"},
	}).want(200).object()
	assert.Equal(t, false, got[flag], "reset")
	assert.Equal(t, []any{"c@example.com"}, got["secondary_emails"])
	assert.Equal(t, []any{num(d2)}, got["department_ids"])
	assert.Equal(t, "m", got["custom_fields"].(object)["note"])
	assert.Equal(t, json.Number("4"), got["custom_fields"].(object)["desk"], "merged by key")
	a.do("POST", "/requesters", object{"first_name": "B", "primary_email": "b@example.com"}).want(201)

	a.do("PUT", path("requesters", id), "{}").want(200)
	a.do("PUT", path("requesters", 1), object{}).want(404)
}

func TestUpdate_Rules(t *testing.T) {
	t.Parallel()
	run := func(r freshservicetest.Rules, in object) reply {
		a := newAccount(t, freshservicetest.Options{Fields: fields(), Rules: r})
		for _, name := range []string{"One", "Two"} {
			a.AddDepartment(freshservicetest.Department{ID: int64(len(name)) + int64(name[0]), Name: name})
		}
		id := a.AddRequester(freshservicetest.Requester{
			FirstName: "Ada", JobTitle: "old", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"b@example.com"},
			DepartmentIDs: []int64{82}, CustomFields: object{"note": "n", "desk": 4}, VIP: true,
		})
		return a.do("PUT", path("requesters", id), in)
	}
	const changes = "can_see_all_changes_from_associated_departments"
	got := run(freshservicetest.Rules{CustomFieldsReplace: true}, object{"custom_fields": object{"note": "m"}}).want(200).object()
	assert.Nil(t, got["custom_fields"].(object)["desk"])
	got = run(freshservicetest.Rules{SecondaryEmailsMerge: true}, object{"secondary_emails": []string{"c@example.com"}}).want(200).object()
	assert.Equal(t, []any{"b@example.com", "c@example.com"}, got["secondary_emails"])
	got = run(freshservicetest.Rules{DepartmentIDsMerge: true}, object{"department_ids": []int{87}}).want(200).object()
	assert.Equal(t, []any{num(82), num(87)}, got["department_ids"])
	run(freshservicetest.Rules{ExternalIDReadonly: true}, object{"external_id": "x"}).wantError(400, "external_id", "readonly_field")
	got = run(freshservicetest.Rules{VIPUserWritable: true}, object{"vip_user": false}).want(200).object()
	assert.Equal(t, false, got["vip_user"])
	run(freshservicetest.Rules{}, object{changes: true}).wantError(400, changes, "readonly_field")
	got = run(freshservicetest.Rules{AllChangesFlagWritable: true}, object{changes: true}).want(200).object()
	assert.Equal(t, true, got[changes])
	run(freshservicetest.Rules{ReadonlyAsInvalidField: true}, object{"active": true}).wantError(400, "active", "invalid_field")
	run(freshservicetest.Rules{ValidationStatus: 422}, object{"active": true}).wantError(422, "active", "readonly_field")
	run(freshservicetest.Rules{TypeErrorsAsInvalidValue: true}, object{"job_title": 1}).wantError(400, "job_title", "invalid_value")
	run(freshservicetest.Rules{PrefixCustomFieldErrors: true}, object{"custom_fields": object{"desk": "x"}}).wantError(400, "custom_fields.desk", "datatype_mismatch")
	got = run(freshservicetest.Rules{IgnoreUnknownReferences: true}, object{"department_ids": []int{5}}).want(200).object()
	assert.Equal(t, []any{num(5)}, got["department_ids"])
	run(freshservicetest.Rules{MaxLength: -1}, object{"job_title": strings.Repeat("x", 5000)}).want(200)
	run(freshservicetest.Rules{MaxLength: 3}, object{"job_title": "four"}).wantError(400, "job_title", "invalid_value")
	got = run(freshservicetest.Rules{SanitizeNames: true}, object{"first_name": " <b>Ada</b> "}).want(200).object()
	assert.Equal(t, "Ada", got["first_name"])
	got = run(freshservicetest.Rules{SilentlyIgnores: []string{"job_title"}}, object{"job_title": "new"}).want(200).object()
	assert.Equal(t, "old", got["job_title"])
	run(freshservicetest.Rules{}, object{"language": "UK"}).want(200)
	run(freshservicetest.Rules{DocumentedLanguagesOnly: true}, object{"language": "UK"}).wantError(400, "language", "invalid_value")
	run(freshservicetest.Rules{}, object{"time_zone": "Samara"}).want(200)
	run(freshservicetest.Rules{OlderTimeZones: true}, object{"time_zone": "Samara"}).wantError(400, "time_zone", "invalid_value")
	run(freshservicetest.Rules{}, object{"primary_email": nil}).wantError(400, "primary_email", "missing_field")
	run(freshservicetest.Rules{LastContactClearable: true}, object{"primary_email": nil}).want(200)
}

// §4.6: clearing is null or "", a switch.
func TestUpdate_Clearing(t *testing.T) {
	t.Parallel()
	const title, location = "job_title", "location_id"
	tests := []struct {
		name  string
		rule  freshservicetest.Clearing
		in    object
		field string // refused; empty: accepted
		code  string
		want  object
	}{
		{"either: null", freshservicetest.ClearEither, object{title: nil, location: nil}, "", "", object{title: nil, location: nil}},
		{"either: empty", freshservicetest.ClearEither, object{title: ""}, "", "", object{title: nil}},
		{"by null: null", freshservicetest.ClearByNull, object{title: nil, location: nil}, "", "", object{title: nil, location: nil}},
		{"by null: empty", freshservicetest.ClearByNull, object{title: ""}, title, "invalid_value", nil},
		{"by empty: null", freshservicetest.ClearByEmpty, object{title: nil}, title, "datatype_mismatch", nil},
		{"by empty: empty", freshservicetest.ClearByEmpty, object{title: ""}, "", "", object{title: nil}},
		{"by empty: reference", freshservicetest.ClearByEmpty, object{location: nil}, "", "", object{location: nil}},
		{"null ignored", freshservicetest.ClearNullIgnored, object{title: nil, location: nil}, "", "", object{title: "old", location: num(7)}},
		{"list by []", freshservicetest.ClearEither, object{"secondary_emails": []string{}}, "", "", object{"secondary_emails": []any{}}},
		{"list by null", freshservicetest.ClearEither, object{"secondary_emails": nil}, "secondary_emails", "datatype_mismatch", nil},
		{"language falls back", freshservicetest.ClearEither, object{"language": nil}, "", "", object{"language": "en"}},
		{"language empty", freshservicetest.ClearEither, object{"language": ""}, "language", "invalid_value", nil},
		{"flag by null", freshservicetest.ClearEither, object{"can_see_all_tickets_from_associated_departments": nil}, "can_see_all_tickets_from_associated_departments", "datatype_mismatch", nil},
		{"custom by null", freshservicetest.ClearByNull, object{"custom_fields": object{"note": nil}}, "", "", object{"custom_fields": object{"note": nil, "desk": num(4)}}},
		{"custom by empty", freshservicetest.ClearByEmpty, object{"custom_fields": object{"note": ""}}, "", "", object{"custom_fields": object{"note": nil, "desk": num(4)}}},
		{"custom null refused", freshservicetest.ClearByEmpty, object{"custom_fields": object{"note": nil}}, "note", "datatype_mismatch", nil},
		{"custom number by null", freshservicetest.ClearByEmpty, object{"custom_fields": object{"desk": nil}}, "", "", object{"custom_fields": object{"note": "n", "desk": nil}}},
		{"custom null ignored", freshservicetest.ClearNullIgnored, object{"custom_fields": object{"note": nil}}, "", "", object{"custom_fields": object{"note": "n", "desk": num(4)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, freshservicetest.Options{
				Rules:     freshservicetest.Rules{Clearing: tt.rule},
				Fields:    []freshservicetest.RequesterField{{Name: "note"}, {Name: "desk", Type: freshservicetest.NumberField}},
				Locations: []freshservicetest.Location{{ID: 7, Name: "HQ"}},
			})
			id := a.AddRequester(freshservicetest.Requester{
				FirstName: "Ada", PrimaryEmail: "ada@example.com", JobTitle: "old", LocationID: 7, Language: "de",
				SecondaryEmails: []string{"b@example.com"}, CustomFields: object{"note": "n", "desk": 4},
			})
			got := a.do("PUT", path("requesters", id), tt.in)
			if tt.field != "" {
				got.wantError(400, tt.field, tt.code)
				return
			}
			record := got.want(200).object()
			for k, v := range tt.want {
				assert.Equal(t, v, record[k], k)
			}
		})
	}
}

// §4.7: deactivation and reactivation.
func TestDeactivateAndReactivate(t *testing.T) {
	t.Parallel()
	setup := func(r freshservicetest.Rules) (*account, int64, int64) {
		a := newAccount(t, freshservicetest.Options{Rules: r, Locations: []freshservicetest.Location{{ID: 7, Name: "HQ"}}})
		d := a.AddDepartment(freshservicetest.Department{Name: "One"})
		id := a.AddRequester(freshservicetest.Requester{
			FirstName: "Ada", PrimaryEmail: "ada@example.com", DepartmentIDs: []int64{d}, LocationID: 7,
			ReportingManagerID: a.OwnerID(), SeesDepartmentTickets: true,
		})
		return a, id, d
	}
	const flag = "can_see_all_tickets_from_associated_departments"
	t.Run("default", func(t *testing.T) {
		t.Parallel()
		a, id, d := setup(freshservicetest.Rules{})
		got := a.do("DELETE", path("requesters", id), nil).want(204)
		assert.Empty(t, got.raw)
		record := a.do("GET", path("requesters", id), nil).want(200).object()
		assert.Equal(t, false, record["active"])
		assert.Equal(t, []any{num(d)}, record["department_ids"], "still there")
		a.do("DELETE", path("requesters", id), nil).want(204)
		record = a.do("PUT", path("requesters", id, "reactivate"), nil).want(200).object()
		assert.Equal(t, true, record["active"])
		assert.Empty(t, record["department_ids"])
		assert.Nil(t, record["reporting_manager_id"])
		assert.Nil(t, record["location_id"])
		assert.Equal(t, false, record[flag])
		a.do("PUT", path("requesters", id, "reactivate"), nil).want(200)
		a.do("PUT", path("requesters", id, "reactivate"), object{}).wantCode(400, "no_content_required")
	})
	t.Run("drop on deactivate", func(t *testing.T) {
		t.Parallel()
		a, id, _ := setup(freshservicetest.Rules{ReactivationDrops: freshservicetest.DropOnDeactivate})
		a.do("DELETE", path("requesters", id), nil).want(204)
		assert.Empty(t, a.Requester(id)["department_ids"])
	})
	t.Run("drop never, flag kept", func(t *testing.T) {
		t.Parallel()
		a, id, d := setup(freshservicetest.Rules{ReactivationDrops: freshservicetest.DropNever, ReactivateKeepsFlag: true})
		a.do("DELETE", path("requesters", id), nil).want(204)
		record := a.do("PUT", path("requesters", id, "reactivate"), nil).want(200).object()
		assert.Equal(t, []any{num(d)}, record["department_ids"])
		assert.Equal(t, num(7), record["location_id"])
		assert.Equal(t, true, record[flag])
	})
	t.Run("repetition", func(t *testing.T) {
		t.Parallel()
		a, id, _ := setup(freshservicetest.Rules{RepeatDeactivateStatus: 404, RepeatReactivateStatus: 409})
		a.do("PUT", path("requesters", id, "reactivate"), nil).wantCode(409, "inconsistent_state")
		a.do("DELETE", path("requesters", id), nil).want(204)
		a.do("DELETE", path("requesters", id), nil).want(404)
	})
	t.Run("update of an inactive one", func(t *testing.T) {
		t.Parallel()
		for status, rule := range map[int]int{200: 0, 404: 404, 409: 409, 400: 400} {
			a, id, _ := setup(freshservicetest.Rules{UpdateInactiveStatus: rule})
			a.do("DELETE", path("requesters", id), nil).want(204)
			a.do("PUT", path("requesters", id), object{"job_title": "x"}).want(status)
			wrote := a.Requester(id)["job_title"] == "x"
			assert.Equal(t, status == 200, wrote)
		}
	})
	t.Run("unknown id", func(t *testing.T) {
		t.Parallel()
		a, _, _ := setup(freshservicetest.Rules{})
		a.do("DELETE", "/requesters/99", nil).want(404)
		a.do("PUT", "/requesters/99/reactivate", nil).want(404)
		a.do("DELETE", "/requesters/99/forget", nil).want(404)
		a.do("GET", "/requesters/ada", nil).want(404)
		a.do("DELETE", path("requesters", a.OwnerID()), nil).want(404)
	})
}

// §4.7: forget is for good, and frees the addresses.
func TestForget(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com"})
	report := a.AddRequester(freshservicetest.Requester{FirstName: "B", PrimaryEmail: "b@example.com", ReportingManagerID: id})
	a.AddDepartment(freshservicetest.Department{Name: "One", HeadUserID: id, PrimeUserID: report})
	a.do("DELETE", path("requesters", id, "forget"), nil).want(204)
	a.do("GET", path("requesters", id), nil).want(404)
	assert.Nil(t, a.Requester(report)["reporting_manager_id"])
	assert.Nil(t, a.Departments()[0]["head_user_id"])
	assert.Equal(t, report, a.Departments()[0]["prime_user_id"])
	a.RemoveUser(report)
	a.do("GET", path("requesters", report), nil).want(404)
	assert.Nil(t, a.Departments()[0]["prime_user_id"])
	a.do("POST", "/requesters", object{"first_name": "Ada", "primary_email": "ada@example.com"}).want(201)

	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{ForgetNeedsInactive: true}})
	id = b.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com"})
	b.do("DELETE", path("requesters", id, "forget"), nil).want(409)
	b.do("DELETE", path("requesters", id), nil).want(204)
	b.do("DELETE", path("requesters", id, "forget"), nil).want(204)
}

// §4.8: conversion keeps the id.
func TestConvertToAgent(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"b@example.com"}})
	got := a.do("PUT", path("requesters", id, "convert_to_agent"), nil).want(200).object()
	assert.Equal(t, num(id), got["id"])
	assert.Equal(t, "ada@example.com", got["email"])
	assert.Equal(t, true, got["occasional"])
	assert.Len(t, got["roles"], 1)
	assert.NotContains(t, got, "primary_email")
	assert.NotContains(t, got, "secondary_emails")
	a.do("GET", path("requesters", id), nil).want(404)
	a.do("GET", path("agents", id), nil).want(200)
	in := object{"first_name": "B", "primary_email": "b@example.com"}
	a.do("POST", "/requesters", in).want(409)
	off := a.AddRequester(freshservicetest.Requester{FirstName: "Off", PrimaryEmail: "off@example.com", Inactive: true})
	a.do("PUT", path("requesters", off, "convert_to_agent"), nil).want(409)
	phone := a.AddRequester(freshservicetest.Requester{FirstName: "Phone", WorkPhone: "1"})
	a.do("PUT", path("requesters", phone, "convert_to_agent"), nil).wantError(400, "email", "missing_field")

	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{ConvertFreesSecondary: true, ConvertInactiveStatus: 200}})
	id = b.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"b@example.com"}, Inactive: true})
	b.do("PUT", path("requesters", id, "convert_to_agent"), nil).want(200)
	b.do("POST", "/requesters", in).want(201)
}

// §13.4: an agent's id at the requester endpoints, and the reverse.
func TestCrossing(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{})
	r := a.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com"})
	a.do("GET", path("requesters", a.OwnerID()), nil).want(404)
	a.do("PUT", path("requesters", a.OwnerID()), object{}).want(404)
	a.do("GET", path("agents", r), nil).want(404)

	b := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{RequestersServeAgents: true, AgentsServeRequesters: true}})
	r = b.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com"})
	got := b.do("GET", path("requesters", b.OwnerID()), nil).want(200).object()
	assert.Equal(t, true, got["is_agent"])
	assert.Equal(t, "admin@example.com", got["primary_email"])
	b.do("PUT", path("requesters", b.OwnerID()), object{"job_title": "x"}).want(200)
	assert.Equal(t, "x", b.Agent(b.OwnerID())["job_title"])
	b.do("GET", path("agents", r), nil).want(200)
}

// §1.3: ids are exact, also where a float64 is not.
func TestIDsAreExact(t *testing.T) {
	t.Parallel()
	a := newAccount(t, freshservicetest.Options{FirstID: freshservicetest.FirstInexactID})
	require.Equal(t, freshservicetest.FirstInexactID, a.OwnerID())
	id := a.AddRequester(freshservicetest.Requester{FirstName: "Ada", PrimaryEmail: "ada@example.com"})
	got := a.do("PUT", path("requesters", id), `{"reporting_manager_id":9007199254740993}`).want(200)
	assert.Contains(t, got.raw, `"reporting_manager_id":9007199254740993`)
	assert.Contains(t, got.raw, `"id":9007199254740994`)
}

// §4.1, §8.2, §1.3: the forms that answers may take.
func TestAnswerForms(t *testing.T) {
	t.Parallel()
	view := func(r freshservicetest.Rules) object {
		a := newAccount(t, freshservicetest.Options{Rules: r, Fields: fields()})
		d := a.AddDepartment(freshservicetest.Department{ID: 5, Name: "One"})
		id := a.AddRequester(freshservicetest.Requester{
			FirstName: "Ada", WorkPhone: "62442", MobilePhone: "+1", DepartmentIDs: []int64{d},
			CustomFields: object{"start": "2026-02-03"},
		})
		return a.do("GET", path("requesters", id), nil).want(200).object()
	}
	got := view(freshservicetest.Rules{PhonesAsIntegers: true})
	assert.Equal(t, num(62442), got["work_phone_number"])
	assert.Equal(t, "+1", got["mobile_phone_number"])
	assert.Equal(t, []any{"5"}, view(freshservicetest.Rules{IDsAsStrings: true})["department_ids"])
	assert.Equal(t, "2026-02-03", view(freshservicetest.Rules{PlainDates: true})["custom_fields"].(object)["start"])
	assert.Empty(t, view(freshservicetest.Rules{EmptySecondariesAsString: true})["secondary_emails"])
	assert.IsType(t, "", view(freshservicetest.Rules{EmptySecondariesAsString: true})["secondary_emails"])
	assert.Equal(t, "2026-03-01T17:30:00+05:30", view(freshservicetest.Rules{Timestamps: freshservicetest.TimestampsOffset})["created_at"])
	assert.Equal(t, "2026-03-01T12:00:00.000Z", view(freshservicetest.Rules{Timestamps: freshservicetest.TimestampsMillis})["created_at"])
	a := newAccount(t, freshservicetest.Options{Rules: freshservicetest.Rules{NullCustomFields: true}, Fields: fields()})
	id := a.AddRequester(freshservicetest.Requester{FirstName: "A"})
	assert.Nil(t, a.do("GET", path("requesters", id), nil).want(200).object()["custom_fields"])
}
