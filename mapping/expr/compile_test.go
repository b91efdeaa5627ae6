package expr

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

func TestCompile_Errors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text       string
		code       Code
		at         string // the part of the text at fault
		suggestion string
	}{
		{`userNam`, CodeUnknownAttribute, `userNam`, `userName`},
		{`xyzzy`, CodeUnknownAttribute, `xyzzy`, ``},
		{`name.givenNam`, CodeUnknownAttribute, `name.givenNam`, `givenName`},
		{`title + department`, CodeUnknownAttribute, `department`, `ent:department`},
		{`ent:departmen`, CodeUnknownAttribute, `ent:departmen`, `ent:department`},
		{`emails[typ eq "work"].value`, CodeUnknownAttribute, `emails[typ eq "work"].value`, `type`},
		{`title[type eq "x"]`, CodeType, `title[type eq "x"]`, ``},
		{`True`, CodeUnknownAttribute, `True`, `true`},
		{`en:department`, CodeUnknownPrefix, `en`, `ent`},
		{`$target.first_nam`, CodeUnknownField, `$target.first_nam`, `first_name`},
		{`$target.custom_fields.badges`, CodeUnknownField, `$target.custom_fields.badges`, `custom_fields.badge`},
		{`lowr(title)`, CodeUnknownFunc, `lowr(title)`, `lower`},
		{`title | Lower`, CodeUnknownFunc, `title | Lower`, `lower`},
		{`map(title, "x")`, CodeUnknownFunc, `map(title, "x")`, ``},
		{`lower()`, CodeType, `lower()`, ``},
		{`lower(title, 1)`, CodeType, `lower(title, 1)`, ``},
		{`word(title)`, CodeType, `word(title)`, ``},
		{`switch(title, "a")`, CodeType, `switch(title, "a")`, ``},
		{`default(title, 1, 2)`, CodeType, `default(title, 1, 2)`, ``},
		{`lower(level)`, CodeType, `level`, ``},
		{`left(title, "2")`, CodeType, `"2"`, ``},
		{`not(title)`, CodeType, `title`, ``},
		{`left(title, split("1", ","))`, CodeType, `split("1", ",")`, ``},
		{`title ? 1 : 2`, CodeType, `title`, ``},
		{`active && title`, CodeType, `title`, ``},
		{`!level`, CodeType, `level`, ``},
		{`active == "true"`, CodeType, `active == "true"`, ``},
		{`level == "3"`, CodeType, `level == "3"`, ``},
		{`active < true`, CodeType, `active < true`, ``},
		{`level < null`, CodeType, `level < null`, ``},
		{`level < title`, CodeType, `level < title`, ``},
		{`split(title, ",") == title`, CodeType, `split(title, ",") == title`, ``},
		{`active + active`, CodeType, `active`, ``},
		{`1 + true`, CodeType, `true`, ``},
		{`title + split(title, ",")`, CodeType, `split(title, ",")`, ``},
		{`name`, CodeType, `name`, ``},
		{`name + "x"`, CodeType, `name`, ``},
		{`lower(` + fsURN + `)`, CodeType, fsURN, ``},
		{`switch(title, 1, "x")`, CodeType, `1`, ``},
		{`join(1, title)`, CodeType, `1`, ``},
		{`matches(title, "(")`, CodeType, `matches(title, "(")`, ``},
		{`matches(title, title)`, CodeType, `title`, ``},
		{`matches(title, "(a{40}){25}")`, CodeCost, `matches(title, "(a{40}){25}")`, ``},
		{`extract(title, "a", 1)`, CodeType, `extract(title, "a", 1)`, ``},
		{`extract(title, "a", "n")`, CodeType, `extract(title, "a", "n")`, ``},
		{`dateFormat(title, "dd.MM", "yyyy")`, CodeType, `dateFormat(title, "dd.MM", "yyyy")`, ``},
		{`dateFormat(title, "d.M.yyyy", "yyyy")`, CodeType, `dateFormat(title, "d.M.yyyy", "yyyy")`, ``},
		{`dateAdd(start, "day", 1)`, CodeType, `dateAdd(start, "day", 1)`, ``},
		{`dateDiff("day", start, $now)`, CodeType, `dateDiff("day", start, $now)`, ``},
		{`dateAdd(level, "d", 1)`, CodeType, `level`, ``},
	}
	f := newFixture(t)
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			e, err := Parse(tc.text)
			require.NoError(t, err)
			p, errs := Compile(e, &f.env)
			require.Len(t, errs, 1)
			assert.Nil(t, p)
			assert.Equal(t, tc.code, errs[0].Code, errs[0].Msg)
			assert.Equal(t, tc.suggestion, errs[0].Suggestion)
			assert.Equal(t, tc.at, tc.text[errs[0].Offset:errs[0].Offset+errs[0].Length], errs[0].Msg)
		})
	}
}

func TestCompile_AllErrorsInOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	_, errs := Compile(MustParse(`userNam + lowr(titel) + ($target.x == 1 ? level : !title)`), &f.env)
	var codes []Code
	for i, e := range errs {
		codes = append(codes, e.Code)
		if i > 0 && errs[i-1].Code != CodeUnknownFunc {
			assert.GreaterOrEqual(t, e.Offset, errs[i-1].Offset)
		}
	}
	assert.Equal(t, []Code{CodeUnknownAttribute, CodeUnknownFunc, CodeUnknownAttribute, CodeUnknownField, CodeType}, codes)

	_, errs = Compile(MustParse(`userName + $target.first_name`), nil)
	require.Len(t, errs, 2, "without types there are no attributes")
}

func TestCompile_Cost(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.List = true
	long := `matches(tags | first, "` + strings.Repeat("a?", 300) + `")`
	p := f.compile(t, long)
	assert.Less(t, p.Cost(), MaxSteps)

	e := MustParse(`replaceRegex(tags, "` + strings.Repeat("a?", 450) + `", "b")`)
	_, errs := Compile(e, &f.env)
	require.Len(t, errs, 1)
	assert.Equal(t, CodeCost, errs[0].Code)
}

func TestProgram_Facts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.compile(t, `active && ent:department == "x" ? emails[type eq "work"].value : lower(EMAILS[TYPE EQ "work"].value) + Active + title`)
	var inputs []string
	for _, in := range p.Inputs() {
		inputs = append(inputs, in.String())
	}
	assert.Equal(t, []string{"active", entURN + ":department", `emails[type eq "work"].value`, `emails[TYPE eq "work"].value`, "title"}, inputs)
	assert.False(t, p.UsesTarget() || p.UsesOp() || p.UsesNow())
	p = f.compile(t, `$op == "create" && isUnset($target.first_name) && start < $now`)
	assert.True(t, p.UsesTarget() && p.UsesOp() && p.UsesNow())
	assert.Equal(t, Type{Kind: Boolean}, p.Type())
	holds, err := p.Holds(&f.scope)
	require.NoError(t, err)
	assert.False(t, holds)
	for text, want := range map[string]bool{`active`: true, `!active`: false, `custom.flag`: false, `fs:2ndLine`: false, `null`: false} {
		holds, err := f.compile(t, text).Holds(&f.scope)
		require.NoError(t, err)
		assert.Equal(t, want, holds, text)
	}
}

func TestProgram_Type(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for text, want := range map[string][2]string{ // scalar, list
		`title`:                           {"string", "string"},
		`level`:                           {"integer", "integer"},
		`score`:                           {"number", "number"},
		`start`:                           {"time", "time"},
		`active`:                          {"boolean", "boolean"},
		`fs:any`:                          {"any", "any"},
		`null`:                            {"null", "null"},
		`emails`:                          {"string", "list<string>"},
		`tags | lower`:                    {"string", "list<string>"},
		`tags | len`:                      {"integer", "list<integer>"},
		`split(title, ",")`:               {"list<string>", "list<string>"},
		`wrap(level)`:                     {"list<integer>", "list<integer>"},
		`first(tags)`:                     {"string", "string"},
		`count(tags)`:                     {"integer", "integer"},
		`joinList(tags, ",")`:             {"string", "string"},
		`$target.department_ids`:          {"integer", "list<integer>"},
		`active ? title : start`:          {"string", "string"},
		`active ? level : score`:          {"number", "number"},
		`active ? level : null`:           {"integer", "integer"},
		`active ? level : title`:          {"any", "any"},
		`active ? tags : title`:           {"string", "any"},
		`coalesce(null, level)`:           {"integer", "integer"},
		`level + 1`:                       {"integer", "integer"},
		`level + 1.5`:                     {"number", "number"},
		`level + title`:                   {"string", "string"},
		`switch(title, "a", true, false)`: {"boolean", "boolean"},
		`dateAdd(start, "d", 1)`:          {"time", "time"},
		`toInt(title)`:                    {"integer", "integer"},
	} {
		for i, list := range []bool{false, true} {
			f.env.List = list
			assert.Equal(t, want[i], f.compile(t, text).Type().String(), "%s, list %v", text, list)
		}
	}
}

func TestType_Fits(t *testing.T) {
	t.Parallel()
	one := func(k Kind) Type { return Type{Kind: k} }
	list := func(k Kind) Type { return Type{Kind: k, List: true} }
	assert.True(t, one(Integer).Fits(one(Number)))
	assert.False(t, one(Number).Fits(one(Integer)))
	assert.True(t, one(Time).Fits(one(String)))
	assert.True(t, one(Any).Fits(list(String)))
	assert.True(t, one(Null).Fits(list(String)))
	assert.False(t, list(String).Fits(one(String)))
	assert.False(t, one(String).Fits(list(String)))
	assert.True(t, list(Any).Fits(list(Integer)))
	assert.False(t, one(Boolean).Fits(one(String)))
}

func TestResolve(t *testing.T) {
	t.Parallel()
	user := userType(t)
	for text, want := range map[string]string{
		`ent:Manager.VALUE`:             entURN + `:manager.value`,
		userURN + `:NAME.familyname`:    `name.familyName`,
		`emails[type eq "work"].value`:  `emails[type eq "work"].value`,
		fsURN:                           fsURN,
		strings.ToUpper(fsURN) + `:ANY`: fsURN + `:any`,
		`custom.flag`:                   `custom.flag`,
	} {
		sel, err := Resolve(text, user, prefixes)
		require.NoError(t, err)
		assert.Equal(t, want, sel.String())
	}
	for text, code := range map[string]Code{
		`"x"`: CodeSyntax, `a b`: CodeSyntax, `lower(title)`: CodeSyntax, `nope`: CodeUnknownAttribute, `x:title`: CodeUnknownPrefix,
		`name[formatted eq "x"]`: CodeType,
	} {
		_, err := Resolve(text, user, prefixes)
		require.ErrorIs(t, err, &Error{Code: code}, text)
	}
}

func TestResolveField(t *testing.T) {
	t.Parallel()
	typ := targetType(t)
	for text, want := range map[string]string{
		`first_name`: `first_name`, `custom_fields.badge`: `custom_fields.badge`, `custom_fields."badge"`: `custom_fields.badge`,
		`custom_fields."a.b"`: `custom_fields."a.b"`,
	} {
		slot, err := ResolveField(text, typ)
		require.NoError(t, err, text)
		assert.Equal(t, want, typ.Attribute(slot).Name)
	}
	for text, code := range map[string]Code{
		`nope`: CodeUnknownField, `custom_fields.a.b`: CodeUnknownField, ``: CodeSyntax, `a.`: CodeSyntax, `a[0]`: CodeSyntax, `"a`: CodeSyntax,
	} {
		slot, err := ResolveField(text, typ)
		require.ErrorIs(t, err, &Error{Code: code}, text)
		assert.Equal(t, schema.NoSlot, slot)
	}
	_, err := ResolveField(`firstname`, typ)
	assert.Equal(t, "first_name", AsError(err).Suggestion)
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"lower", "upper", "left", "len"}
	for name, want := range map[string]string{"lowr": "lower", "LOWER": "lower", "uper": "upper", "xy": "", "lenn": "len", "lowering": "", "": "", "abcdef": ""} {
		assert.Equal(t, want, Suggest(name, names), name)
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	read := func(path string, o ReadOptions) *Reader {
		sel, err := Resolve(path, f.env.Resource, prefixes)
		require.NoError(t, err)
		return NewReader(sel, o)
	}
	for path, want := range map[string][2]string{
		`emails`:                       {`"Main@example.com"`, `["home@example.com","Work@example.com","Main@example.com"]`},
		`emails.type`:                  {`"other"`, `["home","Work","other"]`},
		`emails[value co "o"].value`:   {`"Work@example.com"`, `["home@example.com","Work@example.com"]`},
		`emails[primary eq true].type`: {`"other"`, `["other"]`},
		`ent:manager`:                  {`"42"`, `"42"`},
		`tags`:                         {`"b"`, `["b","a","b"]`},
		`phoneNumbers`:                 {`unset`, `unset`},
		`schemas`:                      {`"` + userURN + `"`, `["` + userURN + `","` + entURN + `","` + fsURN + `"]`},
		entURN:                         {`{"department":"Sales","manager":{"value":"42","displayName":"Boss"}}`, `{"department":"Sales","manager":{"value":"42","displayName":"Boss"}}`},
		`name`:                         {`{"givenName":"Barbara","familyName":"Jensen"}`, `{"givenName":"Barbara","familyName":"Jensen"}`},
	} {
		if path == `emails[value co "o"].value` {
			want = [2]string{`"Main@example.com"`, `["home@example.com","Work@example.com","Main@example.com"]`}
		}
		r := read(path, ReadOptions{})
		v, err := r.Scalar(f.scope.Resource)
		require.NoError(t, err)
		assert.Equal(t, want[0], show(v), path)
		assert.Equal(t, want[1], show(r.List(f.scope.Resource)), path)
		v, err = r.Scalar(nil)
		require.NoError(t, err)
		assert.True(t, v.IsUnset())
		assert.True(t, r.List(nil).IsUnset())
	}

	assert.Equal(t, `["b","a","","b"]`, show(read(`tags`, ReadOptions{EmptyString: true}).List(f.scope.Resource)))
	_, err := read(`tags`, ReadOptions{Pick: PickError}).Scalar(f.scope.Resource)
	require.ErrorIs(t, err, &Error{Code: CodeAmbiguous})
	assert.Equal(t, Type{Kind: String, List: true}, read(`emails`, ReadOptions{}).Type())
	assert.Equal(t, `emails.value`, read(`emails.value`, ReadOptions{}).Selector().String())
}

func TestReader_ManagerReference(t *testing.T) {
	t.Parallel()
	user := userType(t)
	rec := user.New()
	manager := user.Lookup(entURN + ":manager").Sub.New()
	manager.SetString("$ref", "https://example.com/v2/Users/77")
	rec.Set(entURN+":manager", schema.ObjectValue(manager))
	sel, err := Resolve("ent:manager", user, prefixes)
	require.NoError(t, err)
	v, err := NewReader(sel, ReadOptions{}).Scalar(rec)
	require.NoError(t, err)
	assert.Equal(t, `"77"`, show(v), "the last segment of $ref where there is no value")

	rec.Set(entURN+":manager", schema.StringValue("boss@example.com"))
	v, err = NewReader(sel, ReadOptions{}).Scalar(rec)
	require.NoError(t, err)
	assert.Equal(t, `"boss@example.com"`, show(v), "a bare value")
}

// A program, its readers and the value maps are shared; each goroutine has its
// own scope.
func TestProgram_Concurrent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var programs []*Program
	for _, text := range []string{`lower(userName) + "x"`, `switch(userType, "Contractor", 1)`, `extract(title, "T(o)")`,
		`dateFormat(birthday, "yyyy-MM-dd", "dd.MM.yyyy")`, `$now`, `joinList(sort(tags), ",")`} {
		programs = append(programs, f.compile(t, text))
	}
	want := make([]string, len(programs))
	for i, p := range programs {
		v, err := p.Eval(&f.scope)
		require.NoError(t, err)
		want[i] = show(v)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			scope := Scope{Resource: f.scope.Resource, Target: f.scope.Target, Now: f.scope.Now}
			for range 50 {
				for i, p := range programs {
					if v, err := p.Eval(&scope); err != nil || show(v) != want[i] {
						t.Errorf("%s, %v", show(v), err)
					}
				}
				if _, ok := BuiltinMap("tz.rails").Forward(schema.StringValue("GB"), schema.Value{}); !ok {
					t.Error("no zone")
				}
			}
		})
	}
	wg.Wait()
}
