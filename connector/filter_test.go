package connector_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func TestEqOn(t *testing.T) {
	t.Parallel()
	for filter, field := range map[string]string{
		`email eq "a"`:                     "email",
		`custom_fields.size eq "a"`:        "custom_fields.size",
		`email ne "a"`:                     "",
		`email eq "a" and id eq "1"`:       "",
		`emails[type eq "x"].value eq "a"`: "",
		`not (email eq "a")`:               "",
	} {
		got, v, ok := connector.EqOn(schema.MustParseFilter(filter))
		assert.Equal(t, field != "", ok, filter)
		assert.Equal(t, field, got, filter)
		if ok {
			assert.Equal(t, "a", v.Text())
		}
	}
	_, _, ok := connector.EqOn(nil)
	assert.False(t, ok)
}

func TestLeaves(t *testing.T) {
	t.Parallel()
	typ := personType(t)
	leaves, ok := connector.Leaves(typ, schema.MustParseFilter(`email eq "a" and Custom_Fields.badge_size gt 3`))
	require.True(t, ok)
	require.Len(t, leaves, 2)
	assert.Equal(t, "email", leaves[0].Name)
	assert.Equal(t, connector.Leaf{Field: typ.Lookup("custom_fields.badge_size"), Name: "cf_badge_size", Op: schema.Gt, Value: schema.IntegerValue(3)}, leaves[1])
	leaves, ok = connector.Leaves(typ, schema.MustParseFilter(`active pr`))
	require.True(t, ok)
	assert.True(t, leaves[0].Value.IsUnset())
	leaves, ok = connector.Leaves(typ, nil)
	assert.True(t, ok)
	assert.Empty(t, leaves)
	for _, filter := range []string{`email eq "a" or name eq "b"`, `email eq "a" and (name eq "b" or name eq "c")`, `not (email eq "a")`, `nonsense eq "a"`,
		`email eq "a" and nonsense pr`} {
		_, ok = connector.Leaves(typ, schema.MustParseFilter(filter))
		assert.False(t, ok, filter)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	typ := personType(t)
	errOp := errors.New("no such operator")
	leaf := func(l connector.Leaf) (string, error) {
		if l.Op != schema.Eq {
			return "", errOp
		}
		return l.Name + ":" + strconv.Quote(l.Value.Text()), nil
	}
	for filter, want := range map[string]string{
		`email eq "a"`: `email:"a"`,
		`email eq "a" and (name eq "b" or custom_fields.badge_size eq 3)`: `email:"a" AND (name:"b" OR cf_badge_size:"3")`,
		`email eq "a" and name eq "b" or name eq "c"`:                     `email:"a" AND name:"b" OR name:"c"`,
	} {
		got, err := connector.Render(typ, schema.MustParseFilter(filter), " AND ", " OR ", leaf)
		require.NoError(t, err, filter)
		assert.Equal(t, want, got)
	}
	_, err := connector.Render(typ, schema.MustParseFilter(`name eq "x" and email co "a"`), "&", "|", leaf)
	require.ErrorIs(t, err, errOp)
	for _, filter := range []string{`not (email eq "a")`, `nonsense eq "a"`} {
		_, err = connector.Render(typ, schema.MustParseFilter(filter), "&", "|", leaf)
		require.ErrorIs(t, err, connector.Unsupported, filter)
	}
}

// TestCanonical_Resource spells the paths of SCIM types, which the memory target
// has.
func TestCanonical_Resource(t *testing.T) {
	t.Parallel()
	email, err := schema.NewOrdered("email", schema.Attribute{Name: "value", Filter: schema.Eq}, schema.Attribute{Name: "type"})
	require.NoError(t, err)
	manager, err := schema.NewOrdered("manager", schema.Attribute{Name: "displayName"})
	require.NoError(t, err)
	typ, err := schema.NewResource("User",
		schema.Schema{URN: "urn:example:User", Attributes: []schema.Attribute{{Name: "userName"}, {Name: "emails", Type: schema.Complex, MultiValued: true, Sub: email}}},
		schema.Schema{URN: "urn:example:ext:2.0:User", Attributes: []schema.Attribute{{Name: "manager", Type: schema.Complex, Sub: manager}}})
	require.NoError(t, err)
	all := &connector.Object{Type: typ, Search: connector.Search{Any: true}}
	for in, want := range map[string]string{
		`URN:example:user:USERNAME eq "a"`:                      `userName eq "a"`,
		`EMAILS[TYPE eq "work" and Value pr]`:                   `emails[type eq "work" and value pr]`,
		`Emails[Type eq "work"].VALUE eq "a"`:                   `emails[type eq "work"].value eq "a"`,
		`emails co "x" or META.LastModified pr`:                 `emails co "x" or meta.lastModified pr`,
		`urn:EXAMPLE:ext:2.0:User:MANAGER.displayname sw "B"`:   `urn:example:ext:2.0:User:manager.displayName sw "B"`,
		`not (urn:example:ext:2.0:User:manager.DISPLAYNAME pr)`: `not (urn:example:ext:2.0:User:manager.displayName pr)`,
	} {
		f, err := all.Canonical(schema.MustParseFilter(in))
		require.NoError(t, err, in)
		assert.Equal(t, want, f.String())
		_, err = typ.Match(f)
		require.NoError(t, err)
	}
	some := &connector.Object{Type: typ}
	for in, ok := range map[string]bool{
		`emails.value eq "a"`: true, `emails eq "a"`: true, `emails.type eq "a"`: false,
		`emails[type eq "work"].value eq "a"`: false, `emails[value eq "a"]`: false,
	} {
		_, err := some.Canonical(schema.MustParseFilter(in))
		assert.Equal(t, ok, err == nil, in)
	}
}
