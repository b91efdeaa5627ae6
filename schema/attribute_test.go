package schema_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

func TestAttribute_ShownType(t *testing.T) {
	t.Parallel()
	for want, attrs := range map[schema.DataType][]schema.Attribute{
		schema.String: {{}, {Type: schema.Date}, {Type: schema.Any}, {Type: schema.Any, Shown: schema.Any}, {Type: schema.Any, Shown: schema.Date},
			{Type: schema.Any, Shown: schema.Complex}},
		schema.Integer:  {{Type: schema.Integer}, {Type: schema.Any, Shown: schema.Integer}},
		schema.DateTime: {{Type: schema.DateTime, Shown: schema.Boolean}},
		schema.Complex:  {{Type: schema.Complex}},
	} {
		for _, a := range attrs {
			assert.Equal(t, want, a.ShownType(), "%v shown as %v", a.Type, a.Shown)
		}
	}
}

func TestSelector_Relative(t *testing.T) {
	t.Parallel()
	mail, err := schema.NewOrdered("emails", schema.Attribute{Name: "type"}, schema.Attribute{Name: "value"})
	require.NoError(t, err)
	user, err := schema.NewResource("User",
		schema.Schema{URN: "urn:x:core", Attributes: []schema.Attribute{{Name: "emails", Type: schema.Complex, MultiValued: true, Sub: mail}}},
		schema.Schema{URN: "urn:x:ext", Attributes: []schema.Attribute{{Name: "badge"}}})
	require.NoError(t, err)
	for path, want := range map[string][2]string{
		`emails[type eq "work"].value`: {`emails[type eq "work"].value`, "urn:x:core"},
		"urn:x:core:emails":            {"emails", "urn:x:core"},
		"externalId":                   {"externalId", "urn:x:core"},
		"URN:X:ext:Badge":              {"badge", "urn:x:ext"},
		"urn:x:ext":                    {"", "urn:x:ext"},
	} {
		sel, err := user.Select(schema.MustParsePath(path))
		require.NoError(t, err, path)
		name, urn := sel.Relative()
		assert.Equal(t, want, [2]string{name, urn}, path)
	}
	name, urn := schema.Selector{Slot: schema.NoSlot}.Relative()
	assert.Equal(t, [2]string{}, [2]string{name, urn})
}
