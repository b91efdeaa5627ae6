package connector_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func requester(t testing.TB) *schema.Type {
	t.Helper()
	phone, err := schema.NewType("phone", schema.Fields{"number": {}, "verified": {Type: schema.Boolean}})
	require.NoError(t, err)
	typ, err := schema.NewType("requester", schema.Fields{
		"id":                                   {Type: schema.Integer, Mutability: schema.ReadOnly},
		"ref":                                  {},
		"name":                                 {ClearAs: schema.ClearEmpty},
		"vip":                                  {Type: schema.Boolean},
		"rate":                                 {Type: schema.Decimal, ClearAs: schema.ClearOmit},
		"born":                                 {Type: schema.Date},
		"seen":                                 {Type: schema.DateTime},
		"emails":                               {MultiValued: true},
		"departments":                          {Type: schema.Integer, MultiValued: true, ClearAs: schema.ClearNull},
		"phone":                                {Type: schema.Complex, Sub: phone},
		"phones":                               {Type: schema.Complex, Sub: phone, MultiValued: true},
		"raw":                                  {Type: schema.Any},
		"custom_fields.badge_color":            {},
		"custom_fields.size":                   {Type: schema.Integer},
		"address.city":                         {Whole: true},
		"address.street":                       {Whole: true},
		"address.geo.lat":                      {Type: schema.Decimal},
		connector.JoinField("odd", "a.b", `"`): {},
	})
	require.NoError(t, err)
	return typ
}

func value(t testing.TB, text string) schema.Value {
	t.Helper()
	v, err := schema.ParseJSON([]byte(text))
	require.NoError(t, err)
	return v
}

func TestDecodeRecord(t *testing.T) {
	t.Parallel()
	typ := requester(t)
	unset := "unset"
	for _, c := range []struct{ json, field, want string }{
		{`{"id": 9007199254740993}`, "id", `9007199254740993`},
		{`{"id": "9007199254740993"}`, "id", `9007199254740993`},
		{`{"id": 17.00}`, "id", `17`},
		{`{"id": 17.5}`, "id", unset},
		{`{"id": 1e3}`, "id", unset},
		{`{"id": 99999999999999999999}`, "id", unset},
		{`{"id": "17a"}`, "id", unset},
		{`{"id": true}`, "id", unset},
		{`{"id": ""}`, "id", `null`},
		{`{"id": null}`, "id", `null`},
		{`{}`, "id", unset},
		{`{"ref": 9007199254740993}`, "ref", `"9007199254740993"`},
		{`{"ref": 1.50}`, "ref", `"1.50"`},
		{`{"ref": true}`, "ref", `"true"`},
		{`{"ref": ""}`, "ref", `""`},
		{`{"ref": ["a"]}`, "ref", unset},
		{`{"ref": {"a": 1}}`, "ref", unset},
		{`{"REF": "x"}`, "ref", `"x"`},
		{`{"vip": "TRUE"}`, "vip", `true`},
		{`{"vip": 0}`, "vip", `false`},
		{`{"vip": 2}`, "vip", unset},
		{`{"vip": "maybe"}`, "vip", unset},
		{`{"rate": "0.10"}`, "rate", `0.10`},
		{`{"rate": 3}`, "rate", `3`},
		{`{"rate": "x"}`, "rate", unset},
		{`{"born": "2020-02-30"}`, "born", `"2020-02-30"`},
		{`{"born": ""}`, "born", `null`},
		{`{"seen": "2026-01-02T03:04:05+01:00"}`, "seen", `"2026-01-02T03:04:05+01:00"`},
		{`{"emails": ["a", "", null, 3]}`, "emails", `["a","3"]`},
		{`{"emails": "a"}`, "emails", `["a"]`},
		{`{"emails": ""}`, "emails", `[]`},
		{`{"emails": []}`, "emails", `[]`},
		{`{"emails": null}`, "emails", `null`},
		{`{"departments": ["12", 13]}`, "departments", `[12,13]`},
		{`{"phone": {"number": 112, "verified": "true", "other": 1}}`, "phone", `{"number":"112","verified":true}`},
		{`{"phone": "112"}`, "phone", unset},
		{`{"phones": [{"number": "1"}, "x", {"number": "2"}]}`, "phones", `[{"number":"1"},{"number":"2"}]`},
		{`{"raw": {"a": [1, null, "x"]}}`, "raw", `{"a":[1,null,"x"]}`},
		{`{"custom_fields": {"badge_color": "red", "other": 1}}`, "custom_fields.badge_color", `"red"`},
		{`{"Custom_Fields": {"SIZE": "4"}}`, "custom_fields.size", `4`},
		{`{"custom_fields": null}`, "custom_fields.size", unset},
		{`{"custom_fields": "none"}`, "custom_fields.size", unset},
		{`{"custom_fields.size": 4}`, "custom_fields.size", unset},
		{`{"address": {"geo": {"lat": 1.5}, "city": "Bern"}}`, "address.geo.lat", `1.5`},
		{`{"odd": {"a.b": {"\"": "x"}}}`, connector.JoinField("odd", "a.b", `"`), `"x"`},
		{`{"nonsense": {"a": {"b": 1}}}`, "id", unset},
		{`[1]`, "id", unset},
		{`null`, "id", unset},
	} {
		v := connector.DecodeRecord(typ, value(t, c.json)).Get(c.field)
		if c.want == unset {
			assert.Truef(t, v.IsUnset(), "%s: %s", c.json, v.AppendJSON(nil))
			continue
		}
		assert.Equal(t, c.want, string(v.AppendJSON(nil)), c.json)
		assert.False(t, v.IsUnset(), c.json)
		if a := typ.Lookup(c.field); a.Type != schema.Date {
			require.NoError(t, a.CheckValue(v), c.json)
		}
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for name, segments := range map[string][]string{
		"a":               {"a"},
		"a.b.c":           {"a", "b", "c"},
		`a."b.c".d`:       {"a", "b.c", "d"},
		`"x\"y".""."\\"`:  {`x"y`, "", `\`},
		"größe.ünïcode d": {"größe", "ünïcode d"},
	} {
		assert.Equal(t, name, connector.JoinField(segments...))
		assert.Equal(t, segments, connector.SplitField(name))
	}
}

func TestRecordBody(t *testing.T) {
	t.Parallel()
	typ := requester(t)
	const text = `{"address":{"city":"Bern","geo":{"lat":1.50}},"custom_fields":{"size":4},"departments":[12],"name":"","odd":{"a.b":{"\"":"x"}},"phone":{"number":"1"}}`
	rec := connector.DecodeRecord(typ, value(t, text))
	rec.Set("vip", schema.Null())
	rec.Set("emails", schema.ListValue())
	assert.Equal(t, text, string(connector.RecordBody(rec).AppendJSON(nil)))
	assert.Equal(t, `{}`, string(connector.RecordBody(typ.New()).AppendJSON(nil)))
}

func TestChangeBody(t *testing.T) {
	t.Parallel()
	typ := requester(t)
	want := connector.DecodeRecord(typ, value(t, `{"id": 3, "address": {"city": "Bern", "street": "Main", "geo": {"lat": 2}}, "emails": ["a", "b"]}`))
	edit := func(field string, op schema.EditOp, v schema.Value) schema.Edit {
		return schema.Edit{Slot: typ.Slot(field), Op: op, Value: v}
	}
	for name, c := range map[string]struct {
		edits []schema.Edit
		body  string
	}{
		"set":                 {[]schema.Edit{edit("custom_fields.size", schema.Set, schema.IntegerValue(9007199254740993)), edit("ref", schema.Set, schema.StringValue("x"))}, `{"custom_fields":{"size":9007199254740993},"ref":"x"}`},
		"set an empty string": {[]schema.Edit{edit("ref", schema.Set, schema.StringValue(""))}, `{"ref":""}`},
		"clear":               {[]schema.Edit{edit("ref", schema.Clear, schema.Value{}), edit("custom_fields.size", schema.Clear, schema.Value{})}, `{"ref":null,"custom_fields":{"size":null}}`},
		"clear a list":        {[]schema.Edit{edit("emails", schema.Clear, schema.Value{})}, `{"emails":[]}`},
		"clear as the field":  {[]schema.Edit{edit("name", schema.Clear, schema.Value{}), edit("departments", schema.Clear, schema.Value{}), edit("rate", schema.Clear, schema.Value{})}, `{"name":"","departments":null}`},
		"clear as the edit":   {[]schema.Edit{edit("ref", schema.Clear, schema.StringValue(""))}, `{"ref":""}`},
		"set null":            {[]schema.Edit{edit("name", schema.Set, schema.Null()), edit("emails", schema.Set, schema.ListValue())}, `{"name":"","emails":[]}`},
		"add":                 {[]schema.Edit{edit("emails", schema.Add, schema.StringsValue("b"))}, `{"emails":["a","b"]}`},
		"remove the last":     {[]schema.Edit{edit("departments", schema.Remove, schema.ListValue(schema.IntegerValue(1)))}, `{"departments":null}`},
		"whole":               {[]schema.Edit{edit("address.city", schema.Set, schema.StringValue("Bern"))}, `{"address":{"street":"Main","city":"Bern"}}`},
		"whole, two":          {[]schema.Edit{edit("address.city", schema.Set, schema.StringValue("Bern")), edit("address.street", schema.Clear, schema.Value{})}, `{"address":{"street":null,"city":"Bern"}}`},
		"below whole":         {[]schema.Edit{edit("address.geo.lat", schema.Set, schema.IntegerValue(2))}, `{"address":{"geo":{"lat":2}}}`},
		"nothing":             {nil, `{}`},
	} {
		v, err := connector.ChangeBody(connector.Change{Type: typ, Edits: c.edits, Want: want})
		require.NoError(t, err, name)
		assert.JSONEq(t, c.body, string(v.AppendJSON(nil)), name)
	}
	for _, field := range []string{"emails", "address.city"} {
		_, err := connector.ChangeBody(connector.Change{Type: typ, Edits: []schema.Edit{edit(field, schema.Add, schema.StringsValue("b"))}})
		require.ErrorIs(t, err, connector.Unsupported, field)
	}
	_, err := connector.ChangeBody(connector.Change{Type: typ, Edits: []schema.Edit{edit("address.city", schema.Set, schema.StringValue("b"))}})
	require.ErrorIs(t, err, connector.Unsupported)
}

// FuzzDecodeRecord: whatever a target answers, the record fits its type, and what
// is sent back reads the same.
func FuzzDecodeRecord(f *testing.F) {
	f.Add(`{"id": "17", "custom_fields": {"size": 4.0}, "emails": "", "phones": [{"number": 1}], "raw": [[{}]]}`)
	f.Add(`{"address": {"geo": {"lat": "1e5"}}, "odd": {"a.b": {"\"": 1}}, "vip": "True"}`)
	typ := requester(f)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := schema.ParseJSON([]byte(text))
		if err != nil {
			return
		}
		rec := connector.DecodeRecord(typ, v)
		for s, v := range rec.Values() {
			if a := typ.Attribute(s); a.Type != schema.Date && a.Type != schema.DateTime {
				require.NoError(t, a.CheckValue(v))
			}
		}
		body, err := schema.ParseJSON(connector.RecordBody(rec).AppendJSON(nil))
		require.NoError(t, err)
		again := connector.DecodeRecord(typ, body)
		require.True(t, again.Equal(connector.DecodeRecord(typ, connector.RecordBody(again))))
	})
}

func TestUTC(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-02T03:04:05+05:30": "2026-01-01T21:34:05Z", "2026-01-02T03:04:05.120Z": "2026-01-02T03:04:05.12Z",
		"0000-01-01T00:00:00+00:10": "", "9999-12-31T23:59:59-00:10": "", "yesterday": "", "": "",
	} {
		got, ok := connector.UTC(text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want != "", ok, text)
	}
}
