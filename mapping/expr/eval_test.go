package expr

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/usher-scim/usher/schema"
)

func TestEval_PathsAndOperators(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		// paths
		{`userName`, `"BJensen@example.com"`},
		{`USERNAME`, `"BJensen@example.com"`},
		{`name.givenName`, `"Barbara"`},
		{`displayName`, `unset`},
		{`emails[type eq "work"].value`, `"Work@example.com"`},
		{`emails[type eq "fax"].value`, `unset`},
		{`emails[type eq "work" and primary eq true].value`, `unset`},
		{`emails[not (type eq "home")].value`, `"Main@example.com"`},
		{`emails.value`, `"Main@example.com"`},
		{`emails`, `"Main@example.com"`},
		{`ent:department`, `"Sales"`},
		{`ENT:Department`, `"Sales"`},
		{entURN + `:department`, `"Sales"`},
		{userURN + `:title`, `"Tour Guide"`},
		{userURN + `:custom.flag`, `"TRUE"`},
		{`ent:manager`, `"42"`},
		{`ent:manager.displayName`, `"Boss"`},
		{`fs:2ndLine`, `unset`},
		{`fs:any`, `["x","y"]`},
		{`tags`, `"b"`},
		// target, $op, $now
		{`$target.first_name`, `"Ada"`},
		{`$target.custom_fields.badge`, `unset`},
		{`$target.custom_fields."a.b"`, `"dotted"`},
		{`$target.department_ids`, `7`},
		{`$op`, `"replace"`},
		{`$op == "create"`, `false`},
		{`$now`, `"2026-03-01T11:30:00Z"`},
		// literals
		{`"a\u00e4\n"`, `"aä\n"`},
		{`-12`, `-12`},
		{`1.50`, `1.50`},
		{`9007199254740993`, `9007199254740993`},
		{`true`, `true`},
		{`null`, `unset`},
		{`""`, `unset`},
		// comparisons are exact
		{`userType == "contractor"`, `false`},
		{`userType == "Contractor"`, `true`},
		{`userType != "Contractor"`, `false`},
		{`custom.flag == true`, `false`},
		{`custom.flag == "TRUE"`, `true`},
		{`level == 3`, `true`},
		{`level == 3.0`, `true`},
		{`level < 3.5`, `true`},
		{`level >= 4`, `false`},
		{`score > 1`, `true`},
		{`userType < "D"`, `true`},
		{`userType > "contractor"`, `false`},
		{`custom.flag < 5`, `false`},
		{`custom.flag >= 5`, `false`},
		{`split("a,b", ",") == split("a, b", ",")`, `true`},
		// date and time compare by instant
		{`start < $now`, `true`},
		{`start == "2026-03-01T11:00:00Z"`, `true`},
		{`start != "2026-03-01T11:00:00Z"`, `false`},
		{`"2026-03-01T12:00:00+01:00" == "2026-03-01T11:00:00Z"`, `false`},
		{`birthday < "1990-03-01"`, `true`},
		{`start > "no date"`, `false`},
		// conditions
		{`active ? "yes" : "no"`, `"yes"`},
		{`custom.flag ? "yes" : "no"`, `"no"`},
		{`displayName == null ? "none" : displayName`, `"none"`},
		{`active && isPresent(title) ? title + " <" + userName + ">" : "n/a"`, `"Tour Guide <BJensen@example.com>"`},
		{`false ? 1 : false ? 2 : 3`, `3`},
		{`(true ? false : true) ? 1 : 2`, `2`},
		{`!active || ent:department == "Sales" && level == 3`, `true`},
		{`true || false && false`, `true`},
		{`!true == false`, `true`},
		{`active != false || $op != "create"`, `true`},
		// plus
		{`1 + 2`, `3`},
		{`1 + 2 + "a"`, `"3a"`},
		{`"a" + 1 + 2`, `"a12"`},
		{`0.1 + 0.2`, `0.3`},
		{`1 + 0.5`, `1.5`},
		{`1e2 + 1`, `101`},
		{`"x" + true`, `"xtrue"`},
		{`fs:isAgent + "!"`, `"True!"`},
		{`$target.first_name + "-" + level + "-" + score`, `"Ada-3-1.5"`},
		// pipes
		{`userName | lower`, `"bjensen@example.com"`},
		{`userName | before("@") | upper()`, `"BJENSEN"`},
		{`active ? "A" : "B" | lower`, `"a"`},
		{`(userName | lower) + "!"`, `"bjensen@example.com!"`},
		{`coalesce(phoneNumbers[type eq "mobile"].value, "0 55") | digits`, `"055"`},
		{`custom.flag | toBool | boolString`, `"true"`},
	}
	f := newFixture(t)
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			p := f.compile(t, tc.text)
			v, err := p.Eval(&f.scope)
			require.NoError(t, err)
			assert.Equal(t, tc.want, show(v))
			assert.LessOrEqual(t, f.scope.used, p.Cost(), "steps counted against the static bound")
		})
	}
}

func TestEval_List(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{`emails.value`, `["home@example.com","Work@example.com","Main@example.com"]`},
		{`emails`, `["home@example.com","Work@example.com","Main@example.com"]`},
		{`emails.value | lower`, `["home@example.com","work@example.com","main@example.com"]`},
		{`emails.value | before("@") | upper`, `["HOME","WORK","MAIN"]`},
		{`emails[type eq "work"].value`, `["Work@example.com"]`},
		{`emails[type eq "fax"].value`, `unset`},
		{`tags`, `["b","a","b"]`},
		{`tags | dedupe | sort`, `["a","b"]`},
		{`$target.department_ids`, `[7,8]`},
		{`active ? tags : emails.value`, `["b","a","b"]`},
		{`coalesce(phoneNumbers.value, emails.value)`, `["home@example.com","Work@example.com","Main@example.com"]`},
		{`switch(userType, "Contractor", tags)`, `["b","a","b"]`},
		{`wrap(title)`, `["Tour Guide"]`},
		{`wrap(tags)`, `["b","a","b"]`},
		{`split(title, " ")`, `["Tour","Guide"]`},
		{`fs:any`, `["x","y"]`},
		{`title`, `"Tour Guide"`},
		{`tags == "b" ? tags : null`, `["b","a","b"]`},
	}
	f := newFixture(t)
	f.env.List = true
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			v, err := f.compile(t, tc.text).Eval(&f.scope)
			require.NoError(t, err)
			assert.Equal(t, tc.want, show(v))
		})
	}
}

// The unset column is displayName, which has no value; see mapping-design.md
// section 2.3.
func TestEval_UnsetPropagation(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{`displayName + "x"`, `unset`},
		{`"x" + displayName`, `unset`},
		{`fs:2ndLine + fs:2ndLine`, `unset`},
		{`1 + null`, `unset`},
		{`lower(displayName)`, `unset`},
		{`replace(title, displayName, "x")`, `unset`},
		{`mid(title, 1, fs:2ndLine)`, `unset`},
		{`isEmail(displayName)`, `unset`},
		{`isString(displayName)`, `unset`},
		{`count(phoneNumbers.value)`, `unset`},
		{`wrap(displayName)`, `unset`},
		{`not(fs:2ndLine)`, `unset`},
		{`lower(null)`, `unset`},
		// the exceptions
		{`coalesce(displayName, null, title)`, `"Tour Guide"`},
		{`coalesce(displayName, null)`, `unset`},
		{`coalesce("", title)`, `"Tour Guide"`},
		{`default(displayName, "x")`, `"x"`},
		{`default(title, "x")`, `"Tour Guide"`},
		{`displayName | default("x") | upper`, `"X"`},
		{`join(" ", name.givenName, name.middleName, name.familyName)`, `"Barbara Jensen"`},
		{`join(" ", displayName, name.middleName)`, `unset`},
		{`join(displayName, "a", "b")`, `"ab"`},
		{`join(", ", tags, level)`, `"b, a, b, 3"`},
		{`isPresent(displayName)`, `false`},
		{`isPresent(title)`, `true`},
		{`isPresent(name)`, `true`},
		{`isPresent(ent:manager)`, `true`},
		{`isPresent(` + fsURN + `)`, `true`},
		{`isPresent(emails[type eq "fax"])`, `false`},
		{`isPresent(trim("  "))`, `false`},
		{`isUnset(displayName)`, `true`},
		{`isUnset(false)`, `false`},
		{`isUnset(0)`, `false`},
		{`isUnset(phoneNumbers[type eq "mobile" and primary eq true].value)`, `true`},
		{`switch(displayName, "a", 1, 2)`, `2`},
		{`switch(displayName, null, 1, 2)`, `1`},
		{`switch(displayName, "a", 1)`, `unset`},
		{`switch(userType, "Employee", "full", "Contractor", "occasional", "none")`, `"occasional"`},
		{`switch(userType, "contractor", "folded", "exact")`, `"exact"`},
		{`switch(level, 1, "one", 3, "three")`, `"three"`},
		{`switch(start, "2026-03-01T11:00:00Z", "then")`, `"then"`},
		{`displayName == "x"`, `false`},
		{`displayName != "x"`, `true`},
		{`displayName == null`, `true`},
		{`displayName == ""`, `true`},
		{`displayName == name.middleName`, `true`},
		{`fs:2ndLine && true`, `false`},
		{`fs:2ndLine || true`, `true`},
		{`!fs:2ndLine`, `true`},
		// ordering with unset is false
		{`displayName < "x"`, `false`},
		{`displayName >= "x"`, `false`},
		{`fs:2ndLine <= 1`, `false`},
		{`fs:2ndLine ? 1 : 2`, `2`},
	}
	f := newFixture(t)
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			p := f.compile(t, tc.text)
			v, err := p.Eval(&f.scope)
			require.NoError(t, err)
			assert.Equal(t, tc.want, show(v))
			assert.LessOrEqual(t, f.scope.used, p.Cost())
		})
	}
}

func TestEval_EmptyScope(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, text := range []string{`userName`, `$target.first_name`, `$op`, `$now`, `emails.value | lower`} {
		v, err := f.compile(t, text).Eval(nil)
		require.NoError(t, err)
		assert.True(t, v.IsUnset(), text)
	}
	other := ordered(t, "other", schema.Attribute{Name: "a"})
	v, err := f.compile(t, `userName`).Eval(&Scope{Resource: other.New()})
	require.NoError(t, err)
	assert.True(t, v.IsUnset(), "a record of another type has no values")
}

func TestEval_EmptyStringIsAValue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.scope.Resource.SetString("title", "")
	for text, want := range map[string][2]string{
		`title`:                 {`unset`, `""`},
		`isPresent(title)`:      {`false`, `true`},
		`title == ""`:           {`true`, `true`},
		`title == null`:         {`true`, `false`},
		`coalesce(title, "x")`:  {`"x"`, `""`},
		`join("-", title, "x")`: {`"x"`, `"-x"`},
		`title + "x"`:           {`unset`, `"x"`},
		`replace("a", "a", "")`: {`unset`, `""`},
		`switch(title, "", 1)`:  {`1`, `1`},
	} {
		for i, keep := range []bool{false, true} {
			f.env.EmptyString = keep
			v, err := f.compile(t, text).Eval(&f.scope)
			require.NoError(t, err)
			assert.Equal(t, want[i], show(v), "%s, emptyString value: %v", text, keep)
		}
	}
}

func TestEval_Pick(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.env.Pick = PickFirst
	v, err := f.compile(t, `emails.value`).Eval(&f.scope)
	require.NoError(t, err)
	assert.Equal(t, `"home@example.com"`, show(v))

	f.env.Pick = PickError
	_, err = f.compile(t, `"x" + emails.value`).Eval(&f.scope)
	require.ErrorIs(t, err, &Error{Code: CodeAmbiguous})
	assert.Equal(t, 6, AsError(err).Offset)
	for text, want := range map[string]string{
		`emails[type eq "work"].value`: `"Work@example.com"`,
		`isPresent(emails.value)`:      `true`,
		`count(emails.value)`:          `3`,
	} {
		v, err := f.compile(t, text).Eval(&f.scope)
		require.NoError(t, err, text)
		assert.Equal(t, want, show(v))
	}
}
