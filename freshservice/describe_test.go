package freshservice_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// everyField has a custom field of every type.
func everyField() []freshservicetest.RequesterField {
	return []freshservicetest.RequesterField{
		{Name: "nick", Type: freshservicetest.TextField},
		{Name: "story", Type: freshservicetest.ParagraphField},
		{Name: "on_site", Type: freshservicetest.CheckboxField},
		{Name: "desk", Type: freshservicetest.NumberField, Required: true},
		{Name: "badge_color", Label: "Badge colour", Type: freshservicetest.DropdownField, Choices: []string{"red", "green", "it's blue"}},
		{Name: "hired", Type: freshservicetest.DateField},
		{Name: "pager", Type: freshservicetest.PhoneField},
		{Name: "site", Type: freshservicetest.URLField},
	}
}

func TestDescribe_BuiltInFields(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "acme.freshservice.com", desc.Account)
	assert.NotEmpty(t, desc.Version)

	o := desc.Object("requester")
	require.NotNil(t, o)
	assert.Equal(t, []string{"primary_email"}, o.Unique)
	assert.Equal(t, "active", o.Active)
	assert.False(t, o.ReadOnly)
	assert.False(t, o.BlindUpdate)
	assert.True(t, o.Can(connector.Deactivate))
	assert.True(t, o.Can(connector.Activate))
	assert.True(t, o.Can(connector.Erase))
	assert.False(t, o.Can(connector.Delete))
	assert.True(t, o.Search.Sees("primary_email"))
	assert.False(t, o.Search.Sees("first_name"))

	for name, want := range map[string]schema.Attribute{
		"first_name":             {Required: true, MaxLength: 255, Filter: schema.Eq | schema.Sw},
		"primary_email":          {MaxLength: 255, Filter: schema.Eq | schema.Sw, Uniqueness: schema.UniqueServer},
		"department_ids":         {Type: schema.Integer, MultiValued: true, Unordered: true, Filter: schema.Eq, FilterAs: "department_id"},
		"background_information": {ClearAs: schema.ClearEmpty},
		"active":                 {Type: schema.Boolean, Mutability: schema.ReadOnly},
		"external_id":            {},
	} {
		want.Name = name
		assert.Equal(t, want, *o.Type.Lookup(name))
	}
	language := o.Type.Lookup("language")
	assert.Contains(t, language.Choices, "ja-JP", "the account's languages")
	assert.False(t, o.Type.Lookup("last_name").Required)

	for _, name := range []string{"agent", "user", "location"} {
		assert.True(t, desc.Object(name).ReadOnly, name)
	}
	assert.Equal(t, o.IDSpace, desc.Object("agent").IDSpace)
	assert.Equal(t, o.IDSpace, desc.Object("user").IDSpace)
	assert.NotEqual(t, o.IDSpace, desc.Object("department").IDSpace)
}

func TestDescribe_CustomFields(t *testing.T) {
	t.Parallel()
	for name, choices := range map[string]freshservicetest.Choices{
		"strings": freshservicetest.ChoicesAsStrings,
		"objects": freshservicetest.ChoicesAsObjects,
		"map":     freshservicetest.ChoicesAsMap,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{Fields: everyField(), Rules: freshservicetest.Rules{Choices: choices}}, nil)
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			typ := desc.Object("requester").Type
			want := map[string]schema.Attribute{
				"nick":        {MaxLength: 255, Filter: schema.Eq},
				"story":       {},
				"on_site":     {Type: schema.Boolean},
				"desk":        {Type: schema.Decimal, Required: true, Filter: schema.Eq},
				"badge_color": {Choices: []string{"red", "green", "it's blue"}, Filter: schema.Eq, Description: "Badge colour"},
				"hired":       {Type: schema.Date},
				"pager":       {MaxLength: 255, Filter: schema.Eq},
				"site":        {},
			}
			for name, w := range want {
				a := typ.Lookup("custom_fields." + name)
				require.NotNil(t, a, name)
				w.Name, w.Custom = "custom_fields."+name, true
				if w.Description == "" {
					w.Description = a.Description
				}
				if w.Filter != 0 {
					w.FilterAs = name
				}
				got := *a
				if name == "badge_color" {
					assert.ElementsMatch(t, w.Choices, got.Choices)
					got.Choices = w.Choices
				}
				assert.Equal(t, w, got)
			}
		})
	}
}

func TestDescribe_RequiredByTheForm(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{RequiredAttributes: []string{"last_name", "work_phone_number"}}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	typ := desc.Object("requester").Type
	assert.True(t, typ.Lookup("last_name").Required)
	assert.True(t, typ.Lookup("work_phone_number").Required, "known as phone in the list of fields")
	assert.False(t, typ.Lookup("job_title").Required)
}

func TestDescribe_CostsOneCallAndKeepsItsTypes(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Fields: everyField()}, nil)
	ctx := t.Context()
	first, err := f.Description(ctx)
	require.NoError(t, err)
	_, err = f.Get(ctx, connector.Ref{Object: "requester", ID: "1"})
	require.ErrorIs(t, err, connector.NotFound)
	reqs := f.sim.Requests()
	require.Len(t, reqs, 2)
	assert.Equal(t, "/api/v2/requester_fields", reqs[0].Path)
	assert.Empty(t, reqs[0].Query)

	f.clock.Advance(time.Hour)
	second, err := f.Description(ctx)
	require.NoError(t, err)
	assert.Len(t, f.sim.Requests(), 3)
	assert.Same(t, first.Object("requester").Type, second.Object("requester").Type)

	f.sim.AddRequesterField(freshservicetest.RequesterField{Name: "locker"})
	third, err := f.Refresh(ctx)
	require.NoError(t, err)
	assert.NotEqual(t, first.Version, third.Version)
	assert.NotNil(t, third.Object("requester").Type.Lookup("custom_fields.locker"))
	assert.Same(t, first.Object("agent").Type, third.Object("agent").Type)

	// A record of the old type is still taken.
	rec := first.Object("requester").Type.New()
	rec.SetString("first_name", "Ada")
	rec.SetString("primary_email", "ada@example.com")
	rec.Set("custom_fields.desk", schema.IntegerValue(7))
	made, err := f.Create(ctx, "requester", rec)
	require.NoError(t, err)
	assert.Same(t, third.Object("requester").Type, made.Type())
}

func TestDescribe_FieldsThatCollideOrAreOdd(t *testing.T) {
	t.Parallel()
	const fields = `{"requester_fields":[
		{"name":"email","type":"default_email","default":true,"required_for_agents":true},
		{"name":"","type":"custom_text"},
		{"name":"job_title","type":"custom_text","default":false},
		{"name":"Twice","type":"custom_text"},{"name":"twice","type":"custom_number"},
		{"name":"a.b","type":"custom_text"},
		{"name":"x:'y","type":"custom_text"},
		{"name":"levels","type":"custom_multi_select_dropdown","choices":[["one",1],["two",2]]},
		{"name":"nobody_knows","type":"default_new","default":true}
	]}`
	f := stub(t, func(string, string) (int, string) { return 200, fields })
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	typ := desc.Object("requester").Type
	assert.True(t, typ.Lookup("primary_email").Required)
	assert.Zero(t, typ.Lookup("custom_fields.job_title").Filter, "the search would take it for the built-in one")
	assert.Equal(t, schema.String, typ.Lookup("custom_fields.twice").Type, "the first of two names that differ in case")
	assert.NotNil(t, typ.Lookup(`custom_fields."a.b"`))
	assert.Zero(t, typ.Lookup("custom_fields.x:'y").Filter, "it cannot stand in a query")
	assert.Equal(t, schema.Any, typ.Lookup("custom_fields.levels").Type)
	assert.Nil(t, typ.Lookup("nobody_knows"))
}

func TestDescribe_FollowsPages(t *testing.T) {
	t.Parallel()
	f := stubWith(t, func(r *stubRequest) stubAnswer {
		if r.query.Get("page") == "2" {
			return stubAnswer{body: `{"requester_fields":[{"name":"late","type":"custom_text"}]}`}
		}
		return stubAnswer{body: `{"requester_fields":[]}`, link: `<https://elsewhere.example.com/x?page=2>; rel="next"`}
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.NotNil(t, desc.Object("requester").Type.Lookup("custom_fields.late"))
}

func TestDescribe_Fails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		code   connector.Code
	}{
		"bad key":         {401, `{"code":"invalid_credentials","message":"x"}`, connector.Unauthenticated},
		"no right":        {403, `{"code":"access_denied","message":"x"}`, connector.Denied},
		"no account":      {404, ``, connector.Unavailable},
		"no JSON":         {200, `<html>`, connector.Internal},
		"no list":         {200, `{"requester_fields":{"a":1}}`, connector.Internal},
		"list of strings": {200, `{"requester_fields":["a"]}`, connector.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := stub(t, func(string, string) (int, string) { return c.status, c.body })
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
