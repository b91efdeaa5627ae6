package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func TestMergeResourcesHasTheWidestOfEachAttribute(t *testing.T) {
	const core, ext, other = "urn:example:core", "urn:example:ext", "urn:example:other"
	one, err := schema.NewResource("User",
		schema.Schema{URN: core, Attributes: []schema.Attribute{{Name: "userName", Required: true, MaxLength: 10}}},
		schema.Schema{URN: ext, Attributes: []schema.Attribute{
			{Name: "seat", Mutability: schema.ReadOnly, Required: true, Choices: []string{"a"}},
			{Name: "level", Type: schema.Integer},
			{Name: "secret", Mutability: schema.WriteOnly, Returned: schema.ReturnedNever},
		}})
	require.NoError(t, err)
	two, err := schema.NewResource("User",
		schema.Schema{URN: core, Attributes: []schema.Attribute{{Name: "userName", Required: true}}},
		schema.Schema{URN: ext, Attributes: []schema.Attribute{
			{Name: "SEAT", Choices: []string{"b"}, Description: "Where one sits."},
			{Name: "level"},
			{Name: "secret", Mutability: schema.ReadOnly},
		}},
		schema.Schema{URN: other, Attributes: []schema.Attribute{{Name: "more", MultiValued: true, Required: true}}})
	require.NoError(t, err)

	got, err := schema.MergeResources(one, two)
	require.NoError(t, err)
	assert.Equal(t, "User", got.Name())
	name := got.Lookup("userName")
	assert.True(t, name.Required)
	assert.Zero(t, name.MaxLength, "one of them has no limit")
	seat := got.Lookup(ext + ":seat")
	require.NotNil(t, seat)
	assert.Equal(t, schema.ReadWrite, seat.Mutability)
	assert.False(t, seat.Required)
	assert.Equal(t, []string{"a", "b"}, seat.Choices)
	assert.Equal(t, "Where one sits.", seat.Description)
	assert.Equal(t, schema.Any, got.Lookup(ext+":level").Type)
	secret := got.Lookup(ext + ":secret")
	assert.Equal(t, schema.WriteOnly, secret.Mutability)
	assert.Equal(t, schema.ReturnedDefault, secret.Returned)
	assert.True(t, got.Lookup(other+":more").MultiValued)
	assert.False(t, got.Lookup(other+":more").Required, "only one of them knows it")
	assert.Equal(t, []string{"a"}, one.Lookup(ext+":seat").Choices, "the types that went in are as they were")

	same, err := schema.MergeResources(one)
	require.NoError(t, err)
	assert.Same(t, one, same)
}

// Custom fields in the core schema are parts of one attribute.
func TestMergeResourcesHasThePartsOfBoth(t *testing.T) {
	typ := func(parts ...schema.Attribute) *schema.Type {
		sub, err := schema.NewOrdered("custom_fields", parts...)
		require.NoError(t, err)
		typ, err := schema.NewResource("User", schema.Schema{URN: "urn:example:core",
			Attributes: []schema.Attribute{{Name: "custom_fields", Type: schema.Complex, Sub: sub}}})
		require.NoError(t, err)
		return typ
	}
	one := typ(schema.Attribute{Name: "badge", Required: true, Choices: []string{"red"}}, schema.Attribute{Name: "desk", Required: true})
	two := typ(schema.Attribute{Name: "Badge", Required: true, Choices: []string{"blue"}}, schema.Attribute{Name: "shift", Required: true})
	got, err := schema.MergeResources(one, two)
	require.NoError(t, err)
	sub := got.Lookup("custom_fields").Sub
	require.Equal(t, 3, sub.Len())
	assert.Equal(t, []string{"red", "blue"}, sub.Lookup("badge").Choices)
	assert.True(t, sub.Lookup("badge").Required)
	assert.False(t, sub.Lookup("desk").Required, "only one of them knows it")
	assert.False(t, sub.Lookup("shift").Required, "only one of them knows it")
	assert.Equal(t, 2, one.Lookup("custom_fields").Sub.Len(), "the types that went in are as they were")
	assert.True(t, one.Lookup("custom_fields").Sub.Lookup("desk").Required)

	_, err = schema.MergeResources(one, typ(schema.Attribute{Name: "desk", MultiValued: true}))
	assert.ErrorContains(t, err, "desk")
}

func TestMergeResourcesRefusesAListBesideASingleValue(t *testing.T) {
	one, err := schema.NewResource("User", schema.Schema{URN: "urn:example:core", Attributes: []schema.Attribute{{Name: "tags"}}})
	require.NoError(t, err)
	two, err := schema.NewResource("User", schema.Schema{URN: "urn:example:core", Attributes: []schema.Attribute{{Name: "tags", MultiValued: true}}})
	require.NoError(t, err)
	_, err = schema.MergeResources(one, two)
	assert.ErrorContains(t, err, "tags")
}
