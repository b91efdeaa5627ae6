package expr

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

const (
	userURN = "urn:ietf:params:scim:schemas:core:2.0:User"
	entURN  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	fsURN   = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
)

func ordered(t testing.TB, name string, attrs ...schema.Attribute) *schema.Type {
	t.Helper()
	typ, err := schema.NewOrdered(name, attrs...)
	require.NoError(t, err)
	return typ
}

func elements(t testing.TB, name string) *schema.Type {
	return ordered(t, name,
		schema.Attribute{Name: "value"},
		schema.Attribute{Name: "type"},
		schema.Attribute{Name: "display"},
		schema.Attribute{Name: "primary", Type: schema.Boolean})
}

// userType is a User with the attributes that the tests speak of.
func userType(t testing.TB) *schema.Type {
	t.Helper()
	name := ordered(t, "name", schema.Attribute{Name: "formatted"}, schema.Attribute{Name: "givenName"},
		schema.Attribute{Name: "familyName"}, schema.Attribute{Name: "middleName"})
	manager := ordered(t, "manager", schema.Attribute{Name: "value"}, schema.Attribute{Name: "$ref", Type: schema.Reference},
		schema.Attribute{Name: "displayName"})
	custom := ordered(t, "custom", schema.Attribute{Name: "flag", Type: schema.Any})
	core := schema.Schema{URN: userURN, Name: "User", Attributes: []schema.Attribute{
		{Name: "userName"}, {Name: "displayName"}, {Name: "title"}, {Name: "userType"}, {Name: "locale"},
		{Name: "active", Type: schema.Boolean},
		{Name: "name", Type: schema.Complex, Sub: name},
		{Name: "emails", Type: schema.Complex, MultiValued: true, Sub: elements(t, "emails")},
		{Name: "phoneNumbers", Type: schema.Complex, MultiValued: true, Sub: elements(t, "phoneNumbers")},
		{Name: "custom", Type: schema.Complex, Sub: custom},
		{Name: "tags", MultiValued: true},
		{Name: "level", Type: schema.Integer}, {Name: "score", Type: schema.Decimal},
		{Name: "start", Type: schema.DateTime}, {Name: "birthday", Type: schema.Date},
	}}
	ent := schema.Schema{URN: entURN, Name: "Enterprise", Attributes: []schema.Attribute{
		{Name: "department"}, {Name: "manager", Type: schema.Complex, Sub: manager},
	}}
	fs := schema.Schema{URN: fsURN, Name: "Freshservice", Attributes: []schema.Attribute{
		{Name: "isAgent", Type: schema.Any}, {Name: "any", Type: schema.Any}, {Name: "2ndLine", Type: schema.Any},
	}}
	typ, err := schema.NewResource("User", core, ent, fs)
	require.NoError(t, err)
	return typ
}

func targetType(t testing.TB) *schema.Type {
	t.Helper()
	typ, err := schema.NewType("requester", schema.Fields{
		"first_name": {}, "last_name": {}, "active": {Type: schema.Boolean}, "department_ids": {Type: schema.Integer, MultiValued: true},
		"custom_fields.badge": {}, `custom_fields."a.b"`: {}, "notes": {MaxLength: 10},
	})
	require.NoError(t, err)
	return typ
}

var prefixes = map[string]string{"ent": entURN, "fs": fsURN}

// fixture has the types and a scope over a full user.
type fixture struct {
	env   Env
	scope Scope
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	user, target := userType(t), targetType(t)
	rec := user.New()
	set := func(name string, v schema.Value) { t.Helper(); require.True(t, rec.Set(name, v), name) }
	sub := func(attr string, members map[string]schema.Value) schema.Value {
		r := user.Lookup(attr).Sub.New()
		for k, v := range members {
			require.True(t, r.Set(k, v), k)
		}
		return schema.ObjectValue(r)
	}
	str := schema.StringValue
	set("userName", str("BJensen@example.com"))
	set("title", str("Tour Guide"))
	set("userType", str("Contractor"))
	set("locale", str("de-AT"))
	set("active", schema.BooleanValue(true))
	set("name", sub("name", map[string]schema.Value{"givenName": str("Barbara"), "familyName": str("Jensen")}))
	set("emails", schema.ListValue(
		sub("emails", map[string]schema.Value{"value": str("home@example.com"), "type": str("home")}),
		sub("emails", map[string]schema.Value{"value": str("Work@example.com"), "type": str("Work")}),
		sub("emails", map[string]schema.Value{"value": str("Main@example.com"), "type": str("other"), "primary": schema.BooleanValue(true)}),
	))
	set("custom", sub("custom", map[string]schema.Value{"flag": str("TRUE")}))
	set("tags", schema.StringsValue("b", "a", "", "b"))
	set("level", schema.IntegerValue(3))
	score, _ := schema.NumberValue("1.5")
	set("score", score)
	set("start", str("2026-03-01T12:00:00+01:00"))
	set("birthday", str("1990-02-28"))
	set(entURN+":department", str("Sales"))
	set(entURN+":manager", sub(entURN+":manager", map[string]schema.Value{"value": str("42"), "displayName": str("Boss")}))
	set(fsURN+":isAgent", str("True"))
	set(fsURN+":any", schema.StringsValue("x", "y"))

	stored := target.New()
	stored.Set("first_name", str("Ada"))
	stored.Set("active", schema.BooleanValue(false))
	stored.Set("department_ids", schema.ListValue(schema.IntegerValue(7), schema.IntegerValue(8)))
	stored.Set("custom_fields.badge", schema.Null())
	stored.Set(`custom_fields."a.b"`, str("dotted"))
	return &fixture{
		env:   Env{Resource: user, Target: target, Prefixes: prefixes},
		scope: Scope{Resource: rec, Target: stored, Op: "replace", Now: time.Date(2026, 3, 1, 11, 30, 0, 0, time.UTC)},
	}
}

func (f *fixture) compile(t testing.TB, text string) *Program {
	t.Helper()
	e, err := Parse(text)
	require.NoError(t, err, text)
	p, errs := Compile(e, &f.env)
	require.Empty(t, errs, text)
	return p
}

// show is v as JSON, "unset" if it is.
func show(v schema.Value) string {
	if v.IsUnset() {
		return "unset"
	}
	return literal(v)
}

func stringsValue(ss []string) schema.Value { return schema.StringsValue(ss...) }
