package zendesk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

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

func TestDescribe_BuiltInFields(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Locales: []string{"en-US", "de"}}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "acme.zendesk.com", desc.Account)
	assert.Equal(t, user(schema.IntegerValue(f.sim.OwnerID()).Text()), desc.Owner)

	o := desc.Object("user")
	require.NotNil(t, o)
	assert.Equal(t, []string{"email", "external_id"}, o.Unique)
	assert.Equal(t, [2]string{"enabled", "role"}, [2]string{o.Active, o.Hint})
	assert.True(t, o.BlindUpdate)
	assert.True(t, o.BlindActions)
	assert.False(t, o.ReadOnly)
	assert.Equal(t, []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete, connector.Erase, connector.Downgrade}, o.Actions)
	for name, want := range map[string]schema.Attribute{
		"name":            {Required: true},
		"email":           {Filter: schema.Eq, Uniqueness: schema.UniqueServer, ClearAs: schema.ClearOmit},
		"external_id":     {Filter: schema.Eq, Uniqueness: schema.UniqueServer},
		"organization_id": {Type: schema.Integer},
		"suspended":       {Type: schema.Boolean, Mutability: schema.ReadOnly},
		"tags":            {MultiValued: true, Unordered: true},
		"phone":           {ClearAs: schema.ClearEmpty},
		"locale":          {Choices: []string{"en-US", "de"}, ClearAs: schema.ClearOmit},
	} {
		want.Name = name
		assert.Equal(t, want, *o.Type.Lookup(name))
	}
	assert.True(t, desc.Object("custom_role").ReadOnly)
	organization := desc.Object("organization")
	assert.False(t, organization.ReadOnly, "references can make them")
	assert.True(t, organization.Unserved)
	assert.False(t, organization.Members)
}

func TestDescribe_CustomFields(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Fields: everyField()}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	typ := desc.Object("user").Type
	for name, want := range map[string]schema.Attribute{
		"nick": {}, "story": {}, "code": {},
		"on_site": {Type: schema.Boolean, ClearAs: schema.ClearFalse}, "plain_flag": {Type: schema.Boolean, ClearAs: schema.ClearFalse},
		"hired": {Type: schema.Date}, "desk": {Type: schema.Integer}, "share": {Type: schema.Decimal},
		"team":   {Choices: []string{"sales", "tour_operations"}, Description: "Team"},
		"skills": {Choices: []string{"go", "sql"}, MultiValued: true, Unordered: true},
		"boss":   {Type: schema.Integer},
	} {
		a := typ.Lookup("user_fields." + name)
		require.NotNil(t, a, name)
		want.Name, want.Custom = "user_fields."+name, true
		if want.Description == "" {
			want.Description = a.Description
		}
		assert.Equal(t, want, *a)
	}
	assert.Nil(t, typ.Lookup("user_fields.old"))
}

func TestDescribe_CostsAndKeepsItsTypes(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Fields: everyField()}, nil)
	ctx := t.Context()
	paths := func() (out []string) {
		for _, r := range f.sim.Requests() {
			out = append(out, r.Path)
		}
		f.sim.ResetRequests()
		return out
	}
	first, err := f.Description(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"/oauth/tokens", "/api/v2/users/me", "/api/v2/user_fields", "/api/v2/locales", "/api/v2/account/settings"}, paths())
	f.clock.Advance(30 * time.Minute)
	second, err := f.Description(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"/api/v2/user_fields", "/api/v2/locales", "/api/v2/account/settings"}, paths(), "who one is stays the same")
	assert.Same(t, first.Object("user").Type, second.Object("user").Type)

	f.sim.AddUserField(zendesktest.UserField{Key: "locker", Type: zendesktest.TextField})
	third, err := f.Refresh(ctx)
	require.NoError(t, err)
	assert.NotEqual(t, first.Version, third.Version)
	assert.NotNil(t, third.Object("user").Type.Lookup("user_fields.locker"))
	assert.Same(t, first.Object("organization").Type, third.Object("organization").Type)

	// A record of the old type is still taken.
	rec := first.Object("user").Type.New()
	rec.SetString("name", "Ada")
	rec.Set("user_fields.desk", schema.IntegerValue(7))
	made, err := f.Create(ctx, "user", rec)
	require.NoError(t, err)
	assert.Same(t, third.Object("user").Type, made.Type())
}

func TestDescribe_FieldsThatCollideOrAreOdd(t *testing.T) {
	t.Parallel()
	const fields = `{"user_fields":[
		{"key":"","type":"text"},{"key":"Twice","type":"text"},{"key":"twice","type":"integer"},{"key":"a.b","type":"text"},
		{"key":"widget","type":"lookup","relationship_target_type":"zen:custom_object:widget"},{"key":"new","type":"from_the_future"},
		{"key":"off","type":"text","active":false}],"meta":{"has_more":false}}`
	f := stub(t, func(_, path string) (int, string) {
		if path == "/user_fields" {
			return 200, fields
		}
		return 404, ""
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	typ := desc.Object("user").Type
	assert.Equal(t, schema.String, typ.Lookup("user_fields.twice").Type, "the first of two names that differ in case")
	assert.NotNil(t, typ.Lookup(`user_fields."a.b"`))
	assert.Equal(t, schema.String, typ.Lookup("user_fields.widget").Type)
	assert.Equal(t, schema.Any, typ.Lookup("user_fields.new").Type)
	assert.Nil(t, typ.Lookup("user_fields.off"))
}

func TestDescribe_FollowsPages(t *testing.T) {
	t.Parallel()
	f := stubWith(t, func(r *stubRequest) stubAnswer {
		switch {
		case r.path != "/user_fields":
			return stubAnswer{status: 404}
		case r.query.Get("page[after]") == "c 1":
			return stubAnswer{body: `{"user_fields":[{"key":"late","type":"text"}],"meta":{"has_more":false,"after_cursor":"c 2"}}`}
		}
		return stubAnswer{body: `{"user_fields":[],"meta":{"has_more":true,"after_cursor":"c 1"},"links":{"next":"https://elsewhere.example.com/x"}}`}
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.NotNil(t, desc.Object("user").Type.Lookup("user_fields.late"))
}

func TestDescribe_WithoutLanguages(t *testing.T) {
	t.Parallel()
	f := stub(t, func(_, path string) (int, string) {
		if path == "/locales" {
			return 403, `{"error":{"title":"Forbidden","message":"x"}}`
		}
		return 404, ""
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Empty(t, desc.Object("user").Type.Lookup("locale").Choices)
}

func TestDescribe_Fails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   connector.Code
	}{
		"no right":        {403, `{"error":{"title":"Forbidden","message":"x"}}`, connector.Denied},
		"no account":      {404, `<html>`, connector.Unavailable},
		"no JSON":         {200, `<html>`, connector.Internal},
		"no list":         {200, `{"user_fields":{"a":1}}`, connector.Internal},
		"list of strings": {200, `{"user_fields":["a"]}`, connector.Internal},
		"no end":          {200, `{"user_fields":[],"meta":{"has_more":true,"after_cursor":"again"}}`, connector.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stub(t, func(_, path string) (int, string) {
				if path == "/user_fields" {
					return c.status, c.body
				}
				return 404, ""
			})
			_, err := f.Description(t.Context())
			require.ErrorIs(t, err, c.code)
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		f := start(t, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.Description(ctx)
		assert.ErrorIs(t, err, connector.Canceled)
	})
}
