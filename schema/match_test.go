package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

// A scan compares many values: those of a usual length cost no memory.
func TestMatch_AllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	u := user(t)
	r := ada(t, u)
	for _, filter := range []string{
		`userName co "DA"`, `userName gt "A"`, `emails co "EXAMPLE.com"`, `emails[type eq "HOME" and value sw "ADA"]`, `emails[type eq "work"].value ew "COM"`,
		`schemas co "Enterprise"`, `schemas pr`, `meta.created gt "2026-01-01T00:00:00Z"`, `not (userName eq "x" or name.givenName pr)`,
	} {
		m, err := u.Match(schema.MustParseFilter(filter))
		require.NoError(t, err, filter)
		require.True(t, m.Match(r), filter)
		assert.Zero(t, testing.AllocsPerRun(20, func() { m.Match(r) }), filter)
	}
}

// What a resource's schemas are is computed, unless it has some of its own.
func TestMatch_Schemas(t *testing.T) {
	t.Parallel()
	const core, ext = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	u := user(t)
	with, without, own := ada(t, u), u.New(), u.New()
	without.Set(ext+":department", schema.Null())
	own.Set("schemas", schema.StringsValue("urn:x"))
	for filter, want := range map[string][3]bool{
		`schemas eq "` + core + `"`: {true, true, false},
		`schemas eq "` + ext + `"`:  {true, false, false},
		`schemas ne "` + core + `"`: {true, false, true},
		`schemas co "ENTERPRISE"`:   {true, false, false},
		`schemas eq "urn:x"`:        {false, false, true},
		`schemas pr`:                {true, true, true},
		`schemas eq null`:           {false, false, false},
		`schemas ne null`:           {true, true, true},
	} {
		m, err := u.Match(schema.MustParseFilter(filter))
		require.NoError(t, err, filter)
		assert.Equal(t, want, [3]bool{m.Match(with), m.Match(without), m.Match(own)}, filter)
	}
}

// While types change there may be records of the type that was, or that will be.
func TestMatch_RecordsOfAnotherType(t *testing.T) {
	t.Parallel()
	before, err := schema.NewType("t", schema.Fields{"b": {}, "c": {}})
	require.NoError(t, err)
	after, err := schema.NewType("t", schema.Fields{"a": {}, "b": {Type: schema.Boolean}, "c": {}})
	require.NoError(t, err)
	old, now := before.New(), after.New()
	for _, r := range []*schema.Record{old, now} {
		r.SetString("c", "x")
	}
	for _, typ := range []*schema.Type{before, after} {
		m, err := typ.Match(schema.MustParseFilter(`c eq "X"`))
		require.NoError(t, err)
		assert.True(t, m.Match(old))
		assert.True(t, m.Match(now))
	}
	m, err := after.Match(schema.MustParseFilter(`not (a eq "x")`))
	require.NoError(t, err)
	assert.True(t, m.Match(now))
	assert.False(t, m.Match(old), "it has no a")
}

// A complex value is present when it has a node that is not empty.
func TestMatch_Present(t *testing.T) {
	t.Parallel()
	u := user(t)
	for value, want := range map[string]bool{`""`: false, `"x"`: true, `null`: false} {
		r := u.New()
		name := u.Lookup("name").Sub.New()
		var v schema.Value
		require.NoError(t, v.UnmarshalJSON([]byte(value)))
		name.Set("givenName", v)
		r.Set("name", schema.ObjectValue(name))
		for filter, want := range map[string]bool{`name pr`: want, `name.givenName pr`: want, `name eq null`: !want, `name ne null`: want} {
			m, err := u.Match(schema.MustParseFilter(filter))
			require.NoError(t, err)
			assert.Equal(t, want, m.Match(r), "%s: %s", filter, value)
		}
	}
}

func TestParseFilter_NotUTF8(t *testing.T) {
	t.Parallel()
	_, err := schema.ParseFilter("a eq \"\xff\"")
	require.ErrorContains(t, err, "UTF-8")
	_, err = schema.ParsePath("a[b eq \"\xff\"]")
	require.ErrorContains(t, err, "UTF-8")
}

// A number that is one, but has more digits than are compared, is told from what is
// none.
func TestParseFilter_NumberLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]schema.ErrorKind{"a eq 1e9999": schema.KindLimit, "a eq 1e": schema.KindSyntax, "a eq x": schema.KindSyntax} {
		_, err := schema.ParseFilter(text)
		var e *schema.SyntaxError
		require.ErrorAs(t, err, &e, text)
		assert.Equal(t, want, e.Kind, text)
	}
}
