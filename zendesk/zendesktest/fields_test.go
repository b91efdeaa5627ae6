package zendesktest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// §7: what each type takes, and how it comes back. A nil want with ok is a
// cleared value.
func TestFields_Values(t *testing.T) {
	t.Parallel()
	var def zendesktest.Rules
	coerced := zendesktest.Rules{FieldValuesCoerced: true}
	for _, tt := range []struct {
		name  string
		rules zendesktest.Rules
		key   string
		send  any
		ok    bool
		want  any
	}{
		{"text", def, "employee_number", "E-1", true, "E-1"},
		{"text cleared", def, "employee_number", nil, true, nil},
		{"text emptied", def, "employee_number", "", true, nil},
		{"text is a number", def, "employee_number", 5, false, nil},
		{"text is a number, coerced", coerced, "employee_number", 5, true, "5"},
		{"textarea", def, "about", "a\nb", true, "a\nb"},
		{"regexp", def, "badge_code", "AB-123", true, "AB-123"},
		{"regexp not met", def, "badge_code", "AB-12", false, nil},
		{"regexp cleared", def, "badge_code", nil, true, nil},
		{"checkbox", def, "on_site", true, true, true},
		{"checkbox off", def, "on_site", false, true, false},
		{"checkbox as text", def, "on_site", "true", false, nil},
		{"checkbox as text, coerced", coerced, "on_site", "true", true, true},
		{"date", def, "start_date", "2026-01-05", true, "2026-01-05T00:00:00Z"},
		{"date in full", def, "start_date", "2026-01-05T00:00:00Z", true, "2026-01-05T00:00:00Z"},
		{"date with an offset", zendesktest.Rules{DatesWithOffset: true}, "start_date", "2026-01-05T00:00:00+00:00", true, "2026-01-05T00:00:00+00:00"},
		{"date is none", def, "start_date", "5 January", false, nil},
		{"date that is not in the calendar", def, "start_date", "2026-02-30", false, nil},
		{"date cleared", def, "start_date", nil, true, nil},
		{"integer", def, "desk_number", 42, true, num(42)},
		{"integer beyond 2^53", def, "desk_number", num(9007199254740993), true, num(9007199254740993)},
		{"integer with a fraction", def, "desk_number", 4.2, false, nil},
		{"integer as text", def, "desk_number", "42", false, nil},
		{"integer as text, coerced", coerced, "desk_number", "42", true, num(42)},
		{"decimal", def, "day_rate", 5.1, true, json.Number("5.1")},
		{"decimal as text", def, "day_rate", "5.1", false, nil},
		{"dropdown by value", def, "badge_color", "badge_red", true, "badge_red"},
		{"dropdown by name", def, "badge_color", "Red", false, nil},
		{"dropdown unknown", def, "badge_color", "mauve", false, nil},
		{"dropdown cleared", def, "badge_color", nil, true, nil},
		{"multiselect", def, "languages_spoken", []string{"speaks_french", "speaks_english"}, true, []any{"speaks_english", "speaks_french"}},
		{"multiselect unknown", def, "languages_spoken", []string{"speaks_latin"}, false, nil},
		{"multiselect as text", def, "languages_spoken", "speaks_french", false, nil},
		{"multiselect emptied", def, "languages_spoken", []string{}, true, []any{}},
		{"lookup of nobody", def, "manager", 9, false, nil},
		{"lookup is no id", def, "manager", "x", false, nil},
		{"lookup cleared", def, "manager", nil, true, nil},
		{"key that no field has (§4.8)", def, "nickname", "x", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := sandbox(t, tt.rules)
			ada := a.UserByEmail("ada@example.com")["id"].(int64)
			got := a.put(ada, object{"user_fields": object{tt.key: tt.send}})
			if !tt.ok {
				got.wantDetail(tt.key, "InvalidValue")
				return
			}
			fields := got.want(200).object()["user_fields"].(object)
			assert.Equal(t, tt.want, fields[tt.key])
			if tt.key != "nickname" {
				assert.Len(t, fields, 10, "every field, set or not")
				return
			}
			assert.NotContains(t, fields, "nickname")
		})
	}
	a := sandbox(t, zendesktest.Rules{})
	x := a.post(object{"name": "x", "user_fields": object{"manager": a.OwnerID()}}).want(201).object()
	assert.Equal(t, num(a.OwnerID()), x["user_fields"].(object)["manager"])
	b := sandbox(t, zendesktest.Rules{LookupsAsStrings: true, UserFieldsReplace: true})
	ada := b.UserByEmail("ada@example.com")["id"].(int64)
	fields := b.put(ada, object{"user_fields": object{"manager": b.OwnerID()}}).want(200).object()["user_fields"].(object)
	assert.Equal(t, num(b.OwnerID()).String(), fields["manager"])
	assert.Nil(t, fields["employee_number"], "UserFieldsReplace")
	assert.Equal(t, false, fields["on_site"], "an unset checkbox is false")
}

// §7: values show as tags; a client that writes tags must not strip them.
func TestFields_Tags(t *testing.T) {
	t.Parallel()
	const color, on = "badge_color", "on_site"
	a := sandbox(t, zendesktest.Rules{})
	id := a.post(object{"name": "x", "tags": []string{"own"}, "user_fields": object{color: "badge_red", on: true}}).want(201).id()
	tags := func(a *account) any { return a.do("GET", path("users", id), nil).object()["tags"] }
	field := func(a *account, key string) any {
		return a.do("GET", path("users", id), nil).object()["user_fields"].(object)[key]
	}
	assert.Equal(t, []any{"own", on, "badge_red"}, tags(a))
	a.put(id, object{"user_fields": object{color: "badge_blue", on: false}}).want(200)
	assert.Equal(t, []any{"own", "badge_blue"}, tags(a))
	a.put(id, object{"tags": []string{"other"}}).want(200)
	assert.Equal(t, []any{"other"}, tags(a), "tags replaces (§4.8)")
	assert.Nil(t, field(a, color), "the value went with its tag")
	a.put(id, object{"tags": []string{}, "user_fields": object{"languages_spoken": []string{"speaks_english", "speaks_french"}}}).want(200)
	a.put(id, object{"tags": []string{"speaks_french"}}).want(200)
	assert.Equal(t, []any{"speaks_french"}, field(a, "languages_spoken"))

	for name, rules := range map[string]zendesktest.Rules{
		"shown": {FieldTags: zendesktest.FieldTagsShown}, "none": {FieldTags: zendesktest.FieldTagsNone},
	} {
		b := sandbox(t, rules)
		id = b.post(object{"name": "x", "user_fields": object{color: "badge_red"}}).want(201).id()
		assert.Len(t, tags(b), map[string]int{"shown": 1, "none": 0}[name])
		b.put(id, object{"tags": []string{}}).want(200)
		assert.Empty(t, tags(b))
		assert.Equal(t, "badge_red", field(b, color), name)
	}
	off := newAccount(t, zendesktest.Options{Settings: &zendesktest.Settings{}})
	got := off.post(object{"name": "x", "tags": []string{"y"}}).want(201).object()
	assert.NotContains(t, got, "tags", "§4.1: only when user tagging is on")
}

// §7: discovery.
func TestFields_Discovery(t *testing.T) {
	t.Parallel()
	a := sandbox(t, zendesktest.Rules{})
	a.AddUserField(zendesktest.UserField{Key: "old", Inactive: true, System: true})
	list := a.do("GET", "/user_fields?page[size]=100", nil)
	keys := list.all("user_fields", "key")
	require.Len(t, keys, 11)
	assert.Equal(t, "employee_number", keys[0], "in the account's order")
	assert.Equal(t, []any{
		"text", "textarea", "regexp", "checkbox", "date", "integer", "decimal", "dropdown", "multiselect", "lookup", "text",
	}, list.all("user_fields", "type"))
	one := func(key string) object { return a.do("GET", "/user_fields/"+key, nil).want(200).object() }
	assert.Equal(t, `\A[A-Z]{2}-\d{3}\z`, one("badge_code")["regexp_for_validation"])
	assert.Equal(t, "on_site", one("on_site")["tag"])
	assert.Equal(t, "zen:user", one("manager")["relationship_target_type"])
	first := one("badge_color")["custom_field_options"].([]any)[0].(object)
	assert.Equal(t, []any{"Red", "badge_red"}, []any{first["name"], first["value"]}, "Value is name, Tag is value")
	assert.Equal(t, []any{false, true}, []any{one("old")["active"], one("old")["system"]})
	assert.Equal(t, one("about"), a.do("GET", "/user_fields/"+one("about")["id"].(json.Number).String(), nil).want(200).object(), "by id too")
	assert.Equal(t, []any{"badge_red", "badge_green", "badge_blue"}, a.do("GET", "/user_fields/badge_color/options", nil).all("custom_field_options", "value"))
	a.do("GET", "/user_fields/x", nil).wantError(404, "RecordNotFound")
	a.do("GET", "/user_fields/x/options", nil).wantError(404, "RecordNotFound")
	id := a.post(object{"name": "x", "user_fields": object{"old": "y"}}).want(201)
	assert.NotContains(t, id.object()["user_fields"], "old")
	a.RemoveUserField("badge_color")
	assert.NotContains(t, a.UserByEmail("ada@example.com")["user_fields"], "badge_color")
	a.do("GET", "/user_fields/badge_color", nil).want(404)
}
