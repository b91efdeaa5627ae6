package schema_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func user(t testing.TB) *schema.Type {
	t.Helper()
	email, err := schema.NewOrdered("email", schema.Attribute{Name: "value"}, schema.Attribute{Name: "type"}, schema.Attribute{Name: "primary", Type: schema.Boolean})
	require.NoError(t, err)
	manager, err := schema.NewOrdered("manager", schema.Attribute{Name: "value", CaseExact: true}, schema.Attribute{Name: "displayName"})
	require.NoError(t, err)
	name, err := schema.NewOrdered("name", schema.Attribute{Name: "givenName"}, schema.Attribute{Name: "familyName"})
	require.NoError(t, err)
	u, err := schema.NewResource("User",
		schema.Schema{URN: "urn:ietf:params:scim:schemas:core:2.0:User", Attributes: []schema.Attribute{
			{Name: "userName", Required: true, Uniqueness: schema.UniqueServer},
			{Name: "name", Type: schema.Complex, Sub: name},
			{Name: "active", Type: schema.Boolean},
			{Name: "emails", Type: schema.Complex, MultiValued: true, Sub: email},
		}},
		schema.Schema{URN: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", Attributes: []schema.Attribute{
			{Name: "department"}, {Name: "manager", Type: schema.Complex, Sub: manager}, {Name: "level", Type: schema.Integer},
		}})
	require.NoError(t, err)
	return u
}

func ada(t testing.TB, u *schema.Type) *schema.Record {
	t.Helper()
	emails := u.Lookup("emails").Sub
	work, home := emails.New(), emails.New()
	work.SetString("value", "Ada@example.com")
	work.SetString("type", "work")
	work.Set("primary", schema.BooleanValue(true))
	home.SetString("value", "ada@home.example")
	home.SetString("type", "home")
	r := u.New()
	r.SetString("id", "7")
	r.SetString("userName", "Ada")
	r.Set("active", schema.BooleanValue(true))
	r.Set("emails", schema.ListValue(schema.ObjectValue(work), schema.ObjectValue(home)))
	r.Set("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:level", schema.IntegerValue(3))
	meta := u.Lookup("meta").Sub.New()
	meta.SetString("created", "2026-01-02T03:04:05Z")
	r.Set("meta", schema.ObjectValue(meta))
	return r
}

func TestMatch(t *testing.T) {
	t.Parallel()
	u := user(t)
	r := ada(t, u)
	for filter, want := range map[string]bool{
		`userName eq "ada"`:                          true,
		`userName EQ "ADA" and active eq true`:       true,
		`userName eq "ada" and not (active eq true)`: false,
		`id eq "7"`: true,
		`emails[type eq "work"].value eq "ada@example.com"`:                       true,
		`emails[type eq "home"].value eq "ada@example.com"`:                       false,
		`emails[type eq "work" and value co "example"]`:                           true,
		`emails co "home.example"`:                                                true,
		`emails.type eq "home" and emails.primary eq true`:                        true,
		`emails[type eq "home" and primary eq true]`:                              false,
		`name.givenName pr`:                                                       false,
		`name.givenName ne "x"`:                                                   true,
		`name.givenName eq null`:                                                  true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:level ge 3`:   true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:level gt 3`:   false,
		`meta.created lt "2026-01-02T04:04:06+01:00"`:                             true,
		`meta.created gt "2026-01-02T04:04:06+01:00"`:                             false,
		`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`: true,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName sw "A"`:              true,
		`userName eq "a" or userName eq "ada" and active eq true`:                 true,
	} {
		f, err := schema.ParseFilter(filter)
		require.NoError(t, err, filter)
		m, err := u.Match(f)
		require.NoError(t, err, filter)
		require.Equal(t, want, m.Match(r), filter)
		again, err := schema.ParseFilter(f.String())
		require.NoError(t, err, f.String())
		require.Equal(t, f.String(), again.String())
	}
}
