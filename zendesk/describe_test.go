package zendesk_test

import "github.com/usher-scim/usher/zendesk/zendesktest"

// everyField has a custom field of every type.
func everyField() []zendesktest.UserField {
	options := []zendesktest.FieldOption{{Name: "Sales", Value: "sales"}, {Name: "Tour Operations", Value: "tour_operations"}}
	return []zendesktest.UserField{
		{Key: "nick", Type: zendesktest.TextField},
		{Key: "story", Type: zendesktest.TextareaField},
		{Key: "code", Type: zendesktest.RegexpField, Regexp: `[A-Z]\d+`},
		{Key: "on_site", Type: zendesktest.CheckboxField, Tag: "on_site_staff"},
		{Key: "plain_flag", Type: zendesktest.CheckboxField},
		{Key: "hired", Type: zendesktest.DateField},
		{Key: "desk", Type: zendesktest.IntegerField},
		{Key: "share", Type: zendesktest.DecimalField},
		{Key: "team", Title: "Team", Type: zendesktest.DropdownField, Options: options},
		{Key: "skills", Type: zendesktest.MultiselectField, Options: []zendesktest.FieldOption{{Value: "go"}, {Value: "sql"}}},
		{Key: "boss", Type: zendesktest.LookupField, Target: "zen:user"},
		{Key: "old", Type: zendesktest.TextField, Inactive: true},
	}
}
