package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// attributes lists a plan's attributes by their paths.
func attributes(t testing.TB, p *mapping.Plan) map[string]mapping.Attribute {
	t.Helper()
	out := make(map[string]mapping.Attribute)
	for _, a := range p.Attributes() {
		require.NotContains(t, out, a.Path.String(), "a path has one entry")
		out[a.Path.String()] = a
	}
	return out
}

func TestPlan_Attributes(t *testing.T) {
	t.Parallel()
	plan := compile(t, document(`
		id: {type: integer, readOnly: true}
		login: {type: string, required: true, filter: [eq], maxLength: 80}
		first: {type: string, required: true}
		color: {type: string, oneOf: [red, green]}
		seat: {type: boolean}
		tags: {type: list<string>, set: true}
		born: {type: string, createOnly: true}
		since: {type: datetime, readOnly: true}
		phone: {type: string}
		city: {type: string}
		boss: {type: integer}
	`, `
		{name: login, scim: userName, target: login, description: The login., onUnset: keep}
		{name: first, scim: name.givenName, target: first, onUnset: keep}
		{name: full, scim: displayName, inverse: $target.first}
		{name: color, scim: 'x:a', target: color, pipe: [lower]}
		{name: seat, scim: userType, target: seat, pipe: ['map("seats")']}
		{name: tags, scim: 'roles.value', target: tags}
		{name: born, scim: nickName, target: born, apply: create}
		{name: since, scim: meta.created, target: since, direction: toScim}
		{name: phone, scim: 'phoneNumbers[type eq "work"].value', target: phone, alternatives: true, when: isPresent(x:b)}
		{name: primary, scim: 'phoneNumbers[primary eq true].value', target: phone, direction: toTarget, alternative: true, when: 'isUnset(phoneNumbers[type eq "mobile"].value)'}
		{name: city, expr: 'coalesce(addresses[type eq "work"].locality, title)', target: city}
		{name: boss, scim: 'ent:manager', target: boss, pipe: [toInt]}
	`, `
valueMaps: {seats: {entries: [[Full, true], [Part, false]]}}
match: [{precedence: 1, scim: userName, target: login}]
`))
	got := attributes(t, plan)
	type row struct {
		fields                []string
		fieldType, typ        schema.DataType
		choices               []string
		multi, required, once bool
		way                   mapping.Direction
	}
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
	want := map[string]row{
		"userName":                            {fields: []string{"login"}, required: true},
		"name.givenName":                      {fields: []string{"first"}, required: true},
		"displayName":                         {fields: []string{"first"}, way: mapping.ToSCIM},
		"urn:x:ext:a":                         {fields: []string{"color"}, choices: []string{"red", "green"}},
		"userType":                            {fields: []string{"seat"}, fieldType: schema.Boolean},
		"roles.value":                         {fields: []string{"tags"}, multi: true},
		"nickName":                            {fields: []string{"born"}, once: true},
		"meta.created":                        {fields: []string{"since"}, fieldType: schema.DateTime, typ: schema.DateTime, way: mapping.ToSCIM},
		enterprise:                            {fields: []string{"boss"}, fieldType: schema.Integer},
		"title":                               {fields: []string{"city"}, way: mapping.ToTarget},
		"urn:x:ext:b":                         {fieldType: schema.Any, way: mapping.ToTarget},
		`phoneNumbers[type eq "work"].value`:  {fields: []string{"phone"}},
		`phoneNumbers[primary eq true].value`: {fields: []string{"phone"}, way: mapping.ToTarget},
		`addresses[type eq "work"].locality`:  {fields: []string{"city"}, way: mapping.ToTarget},
	}
	for path, a := range got {
		assert.Equal(t, want[path], row{a.Fields, a.FieldType, a.Type, a.Choices, a.MultiValued, a.Required, a.CreateOnly, a.Direction}, path)
		assert.Empty(t, a.Also, path)
		assert.False(t, a.Custom, path)
	}
	assert.Len(t, got, len(want))
	assert.Equal(t, "The login.", got["userName"].Description)
	assert.Contains(t, got["nickName"].Description, "casual way", "what the schema says, for want of anything else")
}

// A custom field has one entry, under the path that it is read into; the other
// paths that fill it stand with that.
func TestPlan_AttributesOfCustomFields(t *testing.T) {
	t.Parallel()
	doc, ds := mapping.Parse("test.yaml", []byte(document("id: {type: integer, readOnly: true}", `
		{name: desk, scim: 'x:a', target: custom_fields.desk, direction: toTarget}
		{name: off, scim: 'x:b', target: custom_fields.off, disabled: true}
	`, "")))
	require.Empty(t, ds.String())
	target, err := schema.NewType("person", schema.Fields{
		"id":                            {Type: schema.Integer, Mutability: schema.ReadOnly},
		"custom_fields.desk":            {Type: schema.Decimal, Custom: true},
		"custom_fields.off":             {Custom: true, Description: "Off", Choices: []string{"x"}},
		"custom_fields.badge":           {Custom: true, Required: true, Description: "Badge", Choices: []string{"red", "green"}},
		"custom_fields.employee_number": {Custom: true, Required: true},
		"custom_fields.since":           {Type: schema.Date, Custom: true, Mutability: schema.Immutable},
		"custom_fields.seen":            {Type: schema.DateTime, Custom: true, Mutability: schema.ReadOnly},
	})
	require.NoError(t, err)
	full := doc.WithCustom(target, bases()...)
	typ, err := full.ResourceType(bases(), target)
	require.NoError(t, err)
	plan, ds := mapping.Compile(full, typ, target, nil)
	require.Empty(t, ds.String())
	got := attributes(t, plan)

	paths := func(sels []schema.Selector) (out []string) {
		for _, s := range sels {
			out = append(out, s.String())
		}
		return out
	}
	for path, want := range map[string]struct {
		field     string
		also      []string
		fieldType schema.DataType
		required  bool
		way       mapping.Direction
		once      bool
	}{
		"urn:x:ext:a":     {"custom_fields.desk", nil, schema.Decimal, false, mapping.ToTarget, false},
		"urn:x:ext:badge": {"custom_fields.badge", []string{"custom_fields.badge"}, schema.String, true, mapping.Both, false},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": {"custom_fields.employee_number",
			[]string{"urn:x:ext:employee_number", "custom_fields.employee_number"}, schema.String, true, mapping.Both, false},
		"urn:x:ext:since": {"custom_fields.since", []string{"custom_fields.since"}, schema.Date, false, mapping.Both, true},
		"urn:x:ext:seen":  {"custom_fields.seen", nil, schema.DateTime, false, mapping.ToSCIM, false},
		"":                {"custom_fields.off", nil, schema.String, false, mapping.Both, false},
	} {
		a, ok := got[path]
		require.True(t, ok, path)
		assert.Equal(t, []string{want.field}, a.Fields, path)
		assert.Equal(t, want.also, paths(a.Also), path)
		assert.Equal(t, want.fieldType, a.FieldType, path)
		assert.Equal(t, want.required, a.Required, path)
		assert.Equal(t, want.way, a.Direction, path)
		assert.Equal(t, want.once, a.CreateOnly, path)
		assert.True(t, a.Custom, path)
	}
	assert.Len(t, got, 6)
	assert.Equal(t, "Badge", got["urn:x:ext:badge"].Description)
	assert.Equal(t, []string{"red", "green"}, got["urn:x:ext:badge"].Choices)
	assert.Equal(t, schema.String, got["urn:x:ext:since"].Type, "as /Schemas shows it")
	assert.Equal(t, []string{"x"}, got[""].Choices)
	name, urn := got["urn:x:ext:badge"].Also[0].Relative()
	assert.Equal(t, "custom_fields.badge", name)
	assert.Equal(t, scim.UserSchema().URN, urn)
}

// A plan that copies every attribute lists the parts of complex ones.
func TestIdentity_Attributes(t *testing.T) {
	t.Parallel()
	user, err := scim.UserType()
	require.NoError(t, err)
	plan, err := mapping.Identity(user.Type, user.Type)
	require.NoError(t, err)
	got := attributes(t, plan)
	for path, want := range map[string]mapping.Attribute{
		"userName":        {Fields: []string{"userName"}, Required: true},
		"name.familyName": {Fields: []string{"name"}, FieldType: schema.Complex},
		"emails.value":    {Fields: []string{"emails"}, FieldType: schema.Complex, MultiValued: true},
		"emails.primary":  {Fields: []string{"emails"}, FieldType: schema.Complex, Type: schema.Boolean, MultiValued: true},
		"meta.created":    {Fields: []string{"meta"}, FieldType: schema.Complex, Type: schema.DateTime, Direction: mapping.ToSCIM},
		"password":        {Fields: []string{"password"}, Direction: mapping.ToTarget},
	} {
		a, ok := got[path]
		require.True(t, ok, path)
		a.Path, a.Description, a.Choices = schema.Selector{}, "", nil
		assert.Equal(t, want, a, path)
	}
	assert.NotContains(t, got, "name")
	assert.NotContains(t, got, "schemas")
}
