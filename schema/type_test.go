package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
)

const (
	coreURN = "urn:ietf:params:scim:schemas:core:2.0:User"
	entURN  = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

func TestType_Names(t *testing.T) {
	t.Parallel()
	u := user(t)
	for name, want := range map[string]string{
		"userName":                              "userName",
		"USERNAME":                              "userName",
		coreURN + ":username":                   "userName",
		strings.ToUpper(coreURN) + ":userName":  "userName",
		"id":                                    "id",
		coreURN + ":id":                         "id",
		entURN + ":department":                  entURN + ":department",
		strings.ToUpper(entURN + ":department"): entURN + ":department",
		"department":                            "",
		coreURN:                                 "",
		"":                                      "",
		"ünicode":                               "",
		strings.Repeat("x", 300):                "",
	} {
		s := u.Slot(name)
		if want == "" {
			assert.Equal(t, schema.NoSlot, s, name)
			assert.Nil(t, u.Lookup(name))
			continue
		}
		require.NotEqual(t, schema.NoSlot, s, name)
		assert.Equal(t, want, u.Path(s))
		assert.Same(t, u.Attribute(s), u.Lookup(name))
	}
	assert.Equal(t, coreURN, u.URN())
	assert.Equal(t, entURN, u.Schema(strings.ToUpper(entURN)).URN)
	assert.Nil(t, u.Schema("urn:x"))
	assert.True(t, u.IsResource())
}

func TestNewType(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewType("requester", schema.Fields{"b": {}, "custom_fields.x": {}, "a": {}})
	require.NoError(t, err)
	assert.Equal(t, "a", typ.Attribute(0).Name)
	assert.Equal(t, "custom_fields.x", typ.Attribute(2).Name)
	assert.False(t, typ.IsResource())
	assert.Empty(t, typ.URN())
	sel, err := typ.Select(schema.MustParsePath("custom_fields.X"))
	require.NoError(t, err)
	assert.Equal(t, schema.Slot(2), sel.Slot)

	for name, attrs := range map[string][]schema.Attribute{
		"no name":              {{}},
		"twice":                {{Name: "a"}, {Name: "A"}},
		"complex without subs": {{Name: "a", Type: schema.Complex}},
		"subs without complex": {{Name: "a", Sub: typ}},
	} {
		_, err := schema.NewOrdered("x", attrs...)
		require.Error(t, err, name)
		_, err = schema.NewResource("x", schema.Schema{URN: "urn:x", Attributes: attrs})
		require.Error(t, err, name)
	}
	_, err = schema.NewResource("x", schema.Schema{URN: "x"})
	require.ErrorContains(t, err, "URN")
	_, err = schema.NewResource("x", schema.Schema{URN: "urn:x"}, schema.Schema{URN: "URN:X"})
	require.ErrorContains(t, err, "twice")
}

// A core schema may give the common attributes other characteristics.
func TestNewResource_CommonAttributes(t *testing.T) {
	t.Parallel()
	u, err := schema.NewResource("x", schema.Schema{URN: "urn:x", Attributes: []schema.Attribute{{Name: "externalId", Required: true}, {Name: "a"}}})
	require.NoError(t, err)
	assert.True(t, u.Attribute(schema.SlotExternalID).Required)
	assert.Equal(t, schema.Slot(4), u.Slot("a"))
	assert.Equal(t, 5, u.Len())
}

func TestSelect(t *testing.T) {
	t.Parallel()
	u := user(t)
	r := ada(t, u)
	for path, want := range map[string][]string{
		"userName":                     {"Ada"},
		coreURN + ":userName":          {"Ada"},
		"emails.value":                 {"Ada@example.com", "ada@home.example"},
		`emails[type eq "home"].value`: {"ada@home.example"},
		`emails[type eq "none"].value`: nil,
		entURN + ":level":              {"3"},
		entURN + ":manager.value":      nil,
		entURN + ".level":              {"3"},
		"name.givenName":               nil,
		"schemas":                      {coreURN, entURN},
		"meta.created":                 {"2026-01-02T03:04:05Z"},
	} {
		sel, err := u.Select(schema.MustParsePath(path))
		require.NoError(t, err, path)
		var got []string
		for v := range sel.Values(r) {
			got = append(got, v.Text())
		}
		assert.Equal(t, want, got, path)
	}
	sel, err := u.Select(schema.MustParsePath(strings.ToUpper(entURN)))
	require.NoError(t, err)
	assert.Equal(t, entURN, sel.Schema)
	assert.Nil(t, sel.Attribute())
	assert.Nil(t, sel.Leaf())
	for path, kind := range map[string]schema.ErrorKind{
		"nope":                      schema.KindUnknown,
		"department":                schema.KindUnknown,
		"name.nope":                 schema.KindUnknown,
		"userName.x":                schema.KindUnknown,
		"urn:x:y:userName":          schema.KindUnknown,
		`userName[value eq "x"]`:    schema.KindType,
		`name[givenName eq "x"]`:    schema.KindType,
		`emails[nope eq "x"]`:       schema.KindUnknown,
		`emails[primary eq "True"]`: schema.KindType,
	} {
		_, err := u.Select(schema.MustParsePath(path))
		var e *schema.SyntaxError
		require.ErrorAs(t, err, &e, path)
		assert.Equal(t, kind, e.Kind, path)
	}
	_, err = schema.Binding{Type: u, StringBooleans: true}.Select(schema.MustParsePath(`emails[primary eq "True"]`))
	require.NoError(t, err)
}

// A resource may have attributes with dotted names, too.
func TestSelect_DottedNames(t *testing.T) {
	t.Parallel()
	u, err := schema.NewResource("User", schema.Schema{URN: coreURN, Attributes: []schema.Attribute{{Name: "custom_fields.shift"}}})
	require.NoError(t, err)
	for _, path := range []string{"custom_fields.shift", "Custom_Fields.Shift", coreURN + ":custom_fields.shift"} {
		sel, err := u.Select(schema.MustParsePath(path))
		require.NoError(t, err, path)
		assert.Equal(t, "custom_fields.shift", sel.Leaf().Name)
		assert.Equal(t, schema.NoSlot, sel.Sub)
	}
	m, err := u.Match(schema.MustParseFilter(`custom_fields.shift eq "late"`))
	require.NoError(t, err)
	r := u.New()
	assert.False(t, m.Match(r))
	r.SetString("custom_fields.shift", "LATE")
	assert.True(t, m.Match(r))
}

func TestParse_Refuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", schema.MaxFilterLength+1)
	for text, kind := range map[string]schema.ErrorKind{
		"": schema.KindSyntax, " ": schema.KindSyntax, "a": schema.KindSyntax, "a eq": schema.KindSyntax, `a eq "x`: schema.KindSyntax,
		`a eq x`: schema.KindSyntax, `a xx "x"`: schema.KindSyntax, `a pr pr`: schema.KindSyntax, `a eq "x" and`: schema.KindSyntax,
		`(a pr`: schema.KindSyntax, `a pr)`: schema.KindSyntax, `a[b pr`: schema.KindSyntax, `a[]`: schema.KindSyntax, `a.b[c pr]`: schema.KindSyntax,
		`a eq 'x'`: schema.KindSyntax, `a eq “x”`: schema.KindSyntax, `a eq 01`: schema.KindSyntax, `not a pr`: schema.KindSyntax, `.a pr`: schema.KindSyntax,
		`x:a pr`: schema.KindSyntax, `"a" eq "b"`: schema.KindSyntax, `a eq "\x"`: schema.KindSyntax,
		long + " pr":                             schema.KindLimit,
		strings.Repeat("(", 40) + "a pr":         schema.KindLimit,
		strings.Repeat("not (", 40) + "a pr":     schema.KindLimit,
		strings.Repeat("a pr or ", 200) + "a pr": schema.KindLimit,
	} {
		_, err := schema.ParseFilter(text)
		var e *schema.SyntaxError
		require.ErrorAs(t, err, &e, "%.40s", text)
		assert.Equal(t, kind, e.Kind, "%.40s", text)
	}
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "a b", "a:b", "a[", "a[b pr", `a[b pr].`, `a[b pr] .c`, "a/b", "a[b pr].c.d", "é"} {
		_, err := schema.ParsePath(text)
		var e *schema.SyntaxError
		require.ErrorAs(t, err, &e, text)
	}
	assert.Panics(t, func() { schema.MustParseFilter("a") })
	assert.Panics(t, func() { schema.MustParsePath("a..b") })
}

func TestFilter_String(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`  a   EQ  "x"  `:                       `a eq "x"`,
		`(a pr)`:                                `a pr`,
		`(a pr or b pr) and c pr`:               `(a pr or b pr) and c pr`,
		`a pr or (b pr and c pr)`:               `a pr or b pr and c pr`,
		`(a pr and b pr) and (c pr)`:            `a pr and b pr and c pr`,
		`NOT(a pr)`:                             `not (a pr)`,
		`not eq "x"`:                            `not eq "x"`,
		`a eq TRUE and b eq Null`:               `a eq true and b eq null`,
		`a eq "<\u0041\">"`:                     `a eq "<A\">"`,
		`emails[ type eq "work" ].value eq "x"`: `emails[type eq "work"].value eq "x"`,
		`urn:x:y:2.0:A-B:c eq 1.50`:             `urn:x:y:2.0:A-B:c eq 1.50`,
	} {
		f, err := schema.ParseFilter(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, f.String())
	}
}

func TestMatcher_Element(t *testing.T) {
	t.Parallel()
	emails := user(t).Lookup("emails").Sub
	for filter, want := range map[string]string{
		`type eq "work"`:                                `{"type":"work"}`,
		`type eq "work" and primary eq true`:            `{"type":"work","primary":true}`,
		`type eq "work" or type eq "home"`:              "",
		`type eq "work" and type eq "home"`:             "",
		`type ne "work"`:                                "",
		`type pr`:                                       "",
		`type eq null`:                                  "",
		`not (type eq "work")`:                          "",
		`type eq "work" and (value eq "x" or value pr)`: "",
	} {
		m, err := emails.Match(schema.MustParseFilter(filter))
		require.NoError(t, err, filter)
		e, ok := m.Element()
		assert.Equal(t, want != "", ok, filter)
		if ok {
			assert.JSONEq(t, want, string(schema.ObjectValue(e).AppendJSON(nil)))
			assert.True(t, m.Match(e))
		}
	}
	m, err := schema.Binding{Type: emails, StringBooleans: true}.Match(schema.MustParseFilter(`primary eq "True"`))
	require.NoError(t, err)
	e, ok := m.Element()
	require.True(t, ok)
	assert.True(t, e.Bool("primary"))
}

func TestCheckValue(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewOrdered("x",
		schema.Attribute{Name: "string"}, schema.Attribute{Name: "boolean", Type: schema.Boolean}, schema.Attribute{Name: "integer", Type: schema.Integer},
		schema.Attribute{Name: "decimal", Type: schema.Decimal}, schema.Attribute{Name: "dateTime", Type: schema.DateTime}, schema.Attribute{Name: "date", Type: schema.Date},
		schema.Attribute{Name: "any", Type: schema.Any}, schema.Attribute{Name: "list", MultiValued: true})
	require.NoError(t, err)
	s := schema.StringValue
	for name, c := range map[string]struct{ good, bad []schema.Value }{
		"string":   {[]schema.Value{s("x"), {}, schema.Null()}, []schema.Value{num(t, "1"), schema.ListValue(s("x"))}},
		"boolean":  {[]schema.Value{schema.BooleanValue(true)}, []schema.Value{s("true"), num(t, "1")}},
		"integer":  {[]schema.Value{num(t, "1")}, []schema.Value{num(t, "1.0"), s("1")}},
		"decimal":  {[]schema.Value{num(t, "1"), num(t, "1.5")}, []schema.Value{s("1")}},
		"dateTime": {[]schema.Value{s("2026-01-02T03:04:05.678+01:00")}, []schema.Value{s("2026-01-02"), s("x"), num(t, "1")}},
		"date":     {[]schema.Value{s("2026-01-02")}, []schema.Value{s("2026-01-02T03:04:05Z"), s("2026-02-30")}},
		"any":      {[]schema.Value{s("x"), num(t, "1"), obj("a", s("x")), schema.ListValue(s("x"))}, nil},
		"list":     {[]schema.Value{schema.StringsValue("a"), schema.ListValue()}, []schema.Value{s("a"), schema.ListValue(num(t, "1"))}},
	} {
		a := typ.Lookup(name)
		for _, v := range c.good {
			require.NoError(t, a.CheckValue(v), "%s %s", name, v.AppendJSON(nil))
		}
		for _, v := range c.bad {
			require.ErrorContains(t, a.CheckValue(v), name, "%s", v.AppendJSON(nil))
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	u := user(t)
	r := ada(t, u)
	assert.Equal(t, []string{coreURN, entURN}, r.Schemas())
	c := r.Clone()
	assert.True(t, c.Equal(r))
	c.SetString("userName", "Byron")
	assert.Equal(t, "Ada", r.String("userName"))
	assert.False(t, c.Equal(r))
	c.CopyFrom(r)
	assert.True(t, c.Equal(r))
	c.Set("name", schema.Null())
	assert.True(t, c.Equal(r), "null and nothing make no difference")
	assert.False(t, c.Set("nope", schema.Null()))
	assert.True(t, c.Get("nope").IsUnset())
	c.Reset()
	assert.Equal(t, []string{coreURN}, c.Schemas())
	assert.False(t, c.Equal(user(t).New()), "another type")
	assert.Equal(t, int64(3), r.Integer(entURN+":level"))
	assert.True(t, r.Bool("active"))
	assert.True(t, r.Has("emails"))
}

func TestRecord_Apply(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewOrdered("x", schema.Attribute{Name: "name"}, schema.Attribute{Name: "list", MultiValued: true, Unordered: true})
	require.NoError(t, err)
	r := typ.New()
	r.Apply(
		schema.Edit{Slot: 0, Op: schema.Set, Value: schema.StringValue("x")},
		schema.Edit{Slot: 1, Op: schema.Add, Value: schema.StringsValue("a", "b")},
		schema.Edit{Slot: 1, Op: schema.Add, Value: schema.StringsValue("b", "c")},
		schema.Edit{Slot: 1, Op: schema.Remove, Value: schema.StringsValue("a", "z")},
	)
	assert.Equal(t, []string{"b", "c"}, r.Strings("list"))
	other := typ.New()
	other.SetString("name", "x")
	other.Set("list", schema.StringsValue("c", "b"))
	assert.True(t, r.Equal(other), "the list has no order")
	r.Apply(schema.Edit{Slot: 1, Op: schema.Remove, Value: schema.StringsValue("b", "c")}, schema.Edit{Slot: 0, Op: schema.Clear})
	assert.False(t, r.Has("list"))
	assert.False(t, r.Has("name"))
}

// A record of a type that has changed since keeps what both have, by name.
func TestRecord_As(t *testing.T) {
	t.Parallel()
	oldSub, err := schema.NewOrdered("s", schema.Attribute{Name: "a"}, schema.Attribute{Name: "b"})
	require.NoError(t, err)
	newSub, err := schema.NewOrdered("s", schema.Attribute{Name: "B"}, schema.Attribute{Name: "c"})
	require.NoError(t, err)
	const urn, ext = "urn:x:core", "urn:x:ext"
	before, err := schema.NewResource("T", schema.Schema{URN: urn, Attributes: []schema.Attribute{
		{Name: "gone"}, {Name: "list", Type: schema.Complex, MultiValued: true, Sub: oldSub}, {Name: "one", Type: schema.Complex, Sub: oldSub},
	}}, schema.Schema{URN: ext, Attributes: []schema.Attribute{{Name: "x"}}})
	require.NoError(t, err)
	after, err := schema.NewResource("T", schema.Schema{URN: urn, Attributes: []schema.Attribute{
		{Name: "fresh"}, {Name: "one", Type: schema.Complex, Sub: newSub}, {Name: "list", Type: schema.Complex, MultiValued: true, Sub: newSub},
	}}, schema.Schema{URN: ext, Attributes: []schema.Attribute{{Name: "w"}, {Name: "x"}}})
	require.NoError(t, err)
	elem := oldSub.New()
	elem.SetString("a", "lost")
	elem.SetString("b", "kept")
	r := before.New()
	r.SetString("id", "1")
	r.SetString("gone", "g")
	r.Set("one", schema.ObjectValue(elem))
	r.Set("list", schema.ListValue(schema.ObjectValue(elem), schema.Null()))
	r.SetString(ext+":x", "x")

	got := r.As(after)
	require.Same(t, after, got.Type())
	require.Equal(t, `{"id":"1","one":{"B":"kept"},"list":[{"B":"kept"},null],"x":"x"}`, string(schema.ObjectValue(got).AppendJSON(nil)))
	for e := range got.Get("list").Elements() {
		require.NoError(t, got.Type().Lookup("one").CheckValue(e))
	}
	require.Same(t, r, r.As(before))
	require.Equal(t, "lost", r.Get("one").Member("a").Text(), "the record is left alone")
}
