package scim_test

import (
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// Spellings of one name, by RFC 8265 section 3.4: full-width letters, a letter
// with its accent apart, half-width katakana with a voiced sound mark.
const (
	wideName, plainName        = "ａｄａ＠example.com", "ada@example.com"
	apartName, composedName    = "jose\u0301@example.com", "jos\u00e9@example.com"
	halfwidthName, katakanaFul = "\uff76\uff9e@example.com", "\u30ac@example.com"
)

func userNamed(name string) string {
	return `{"schemas":["` + scim.UserURN + `"],"userName":` + string(schema.AppendQuoted(nil, name)) + `}`
}

func TestUserName_IsPrepared(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		plainName:     plainName,
		wideName:      plainName,
		apartName:     composedName,
		composedName:  composedName,
		halfwidthName: katakanaFul,
		"1\u00e9":     "1\u00e9",
		"ADA":         "ADA", // case is kept
		"\u212b":      "\u00c5",
	} {
		for _, p := range []scim.Profile{scim.ProfileStrict(), scim.ProfileCompatible()} {
			s := teststore.New(t)
			h := newHandler(t, s, func(o *scim.Options) { o.Profile = p })
			a := do(t, h, "POST", "/Users", userNamed(sent))
			require.Equal(t, 201, a.Code, a.Body.String())
			assert.Equal(t, want, a.get("userName"))
			assert.Empty(t, s.Writes[0].Repairs, "preparation is the rule, not a repair")

			require.Equal(t, 200, do(t, h, "PUT", "/Users/1", userNamed("other")).Code)
			assert.Equal(t, want, do(t, h, "PUT", "/Users/1", userNamed(sent)).get("userName"))
			require.Equal(t, 200, do(t, h, "PUT", "/Users/1", userNamed("other")).Code)
			quoted := string(schema.AppendQuoted(nil, sent))
			assert.Equal(t, want, do(t, h, "PATCH", "/Users/1", patchBody(op("replace", "userName", quoted))).get("userName"))
			require.Equal(t, 200, do(t, h, "PUT", "/Users/1", userNamed("other")).Code)
			assert.Equal(t, want, do(t, h, "PATCH", "/Users/1", patchBody(op("add", "", `{"userName":`+quoted+`}`))).get("userName"))
		}
	}
}

// Two spellings are one name: the second user is a conflict, and each finds the
// first.
func TestUserName_SpellingsAreOneName(t *testing.T) {
	t.Parallel()
	for _, names := range [][2]string{{wideName, plainName}, {apartName, composedName}, {halfwidthName, katakanaFul}} {
		s := teststore.New(t)
		h := newHandler(t, s, nil)
		require.Equal(t, 201, do(t, h, "POST", "/Users", userNamed(names[0])).Code)
		requireError(t, do(t, h, "POST", "/Users", userNamed(names[1])), 409, "uniqueness")
		for _, name := range names {
			for filter, total := range map[string]int{
				`userName eq "` + name + `"`: 1,
				`urn:ietf:params:scim:schemas:core:2.0:User:USERNAME eq "` + name + `"`: 1,
				`userName sw "` + name + `"`:                          1,
				`userName ne "` + name + `"`:                          0,
				`not (userName eq "` + name + `")`:                    0,
				`userName ge "` + name + `"`:                          1,
				`userName gt "` + name + `"`:                          0,
				`id pr and (userName eq "` + name + `" or id eq "9")`: 1,
			} {
				for _, path := range []string{"/Users", "/"} {
					a := do(t, h, "GET", path+"?filter="+url.QueryEscape(filter), "")
					require.Equal(t, 200, a.Code, a.Body.String())
					assert.EqualValues(t, total, a.get("totalResults"), path+" "+filter)
				}
			}
		}
	}
}

// What another program has stored in a target is found as it is written there,
// and only userName is prepared.
func TestUserName_StoredUnprepared(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	require.Equal(t, 201, do(t, h, "POST", "/Users", `{"userName":"a","displayName":"`+apartName+`"}`).Code)
	assert.Equal(t, apartName, s.Resources[0].Record.String("displayName"))
	rec := s.Resources[0].Record.Clone()
	rec.SetString("userName", apartName)
	s.Resources[0] = &scim.Resource{Record: rec}
	for filter, total := range map[string]int{
		`userName eq "` + apartName + `"`:    1,
		`userName ne "` + apartName + `"`:    0,
		`userName co "` + "e\u0301" + `"`:    1,
		`displayName eq "` + apartName + `"`: 1,
	} {
		assert.EqualValues(t, total, do(t, h, "GET", "/Users?filter="+url.QueryEscape(filter), "").get("totalResults"), filter)
	}
	do(t, h, "GET", "/Users?filter="+url.QueryEscape(`userName eq "`+plainName+`"`), "")
	assert.Equal(t, `userName eq "`+plainName+`"`, s.LastQuery.Filter.String(), "a common name stays one comparison")
}

// What RFC 8265 does not allow in names: strict refuses it, compatible keeps it.
func TestUserName_Loose(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]string{
		"Ada Lovelace":      "Ada Lovelace",
		" ada":              " ada",
		"ada\u007f":         "ada\u007f",
		"a\tb":              "a\tb",
		"\ufb01t":           "\ufb01t",           // a ligature, which only a compatibility form takes apart
		"a\u05d0":           "a\u05d0",           // left to right, then right to left
		"Ａｄａ Jose\u0301":    "Ada Jos\u00e9",     // prepared all the same
		"\u3000ada":         " ada",              // a wide blank
		"ada\u200blovelace": "ada\u200blovelace", // a blank of no width
	} {
		s := teststore.New(t)
		compatible := newHandler(t, s, nil)
		a := do(t, compatible, "POST", "/Users", userNamed(name))
		require.Equal(t, 201, a.Code, a.Body.String())
		assert.Equal(t, kept, a.get("userName"))
		assert.Equal(t, []string{scim.RepairLooseUserName}, s.Writes[0].Repairs, "%q", name)

		severe := newHandler(t, s, strict)
		for _, c := range []struct{ method, path, body string }{
			{"POST", "/Users", userNamed(name)},
			{"PUT", "/Users/1", userNamed(name)},
			{"PATCH", "/Users/1", patchBody(op("replace", "userName", string(schema.AppendQuoted(nil, name))))},
		} {
			requireError(t, do(t, severe, c.method, c.path, c.body), 400, "invalidValue", "userName", "RFC 8265")
		}
		// A filter only asks.
		assert.EqualValues(t, 1, do(t, severe, "GET", "/Users?filter="+url.QueryEscape(`userName eq `+string(schema.AppendQuoted(nil, name))), "").get("totalResults"))
	}
	for _, name := range []string{"", " "} {
		requireError(t, do(t, newHandler(t, teststore.New(t), nil), "POST", "/Users", userNamed(name)), 400, "invalidValue", "userName", "required")
		requireError(t, do(t, newHandler(t, teststore.New(t), strict), "POST", "/Users", userNamed(name)), 400, "invalidValue", "userName")
	}
}

// The password is the target's to prepare.
func TestPassword_IsHandedOnAsSent(t *testing.T) {
	t.Parallel()
	s := teststore.New(t)
	h := newHandler(t, s, nil)
	a := do(t, h, "POST", "/Users", `{"userName":"a","password":"`+wideName+` \u00a0"}`)
	require.Equal(t, 201, a.Code, a.Body.String())
	assert.Equal(t, wideName+" \u00a0", s.Resources[0].Record.String("password"))
	assert.NotContains(t, a.body, "password")
}

// Other types have names of their own.
func TestUserName_OfUsersOnly(t *testing.T) {
	t.Parallel()
	typ, err := schema.NewResource("Robot", schema.Schema{URN: "urn:example:Robot", Attributes: []schema.Attribute{{Name: "userName"}}})
	require.NoError(t, err)
	s := teststore.New(t)
	s.TypeSet, err = scim.NewTypes("1", scim.ResourceType{Name: "Robot", Endpoint: "/Robots", Type: typ})
	require.NoError(t, err)
	h := newHandler(t, s, func(o *scim.Options) { o.Profile = scim.ProfileStrict() })
	a := do(t, h, "POST", "/Robots", `{"schemas":["urn:example:Robot"],"userName":"R 2"}`)
	require.Equal(t, 201, a.Code, a.Body.String())
	assert.Equal(t, "R 2", a.get("userName"))
	require.Equal(t, 201, do(t, h, "POST", "/Robots", `{"schemas":["urn:example:Robot"],"userName":"`+composedName+`"}`).Code)
	assert.EqualValues(t, 0, do(t, h, "GET", "/Robots?filter="+url.QueryEscape(`userName eq "`+apartName+`"`), "").get("totalResults"))
}

// Preparing what is prepared changes nothing, whatever is sent.
func FuzzUserName(f *testing.F) {
	for _, name := range []string{plainName, wideName, apartName, halfwidthName, "a b", "\u05d0", "\u212b\u0301", "ﾊﾟ"} {
		f.Add(name)
	}
	user, err := scim.UserType()
	require.NoError(f, err)
	loose, err := scim.NewCodec(user, scim.ProfileCompatible())
	require.NoError(f, err)
	strict, err := scim.NewCodec(user, scim.ProfileStrict())
	require.NoError(f, err)
	read := func(c *scim.Codec, name string) (string, error) {
		body, err := schema.ParseJSON([]byte(userNamed(name)))
		if err != nil {
			return "", err
		}
		rec, _, err := c.Resource(body)
		if err != nil {
			return "", err
		}
		return rec.String("userName"), nil
	}
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			return
		}
		once, err := read(loose, name)
		if err != nil {
			return
		}
		again, err := read(loose, once)
		require.NoError(t, err)
		assert.Equal(t, once, again)
		if proper, err := read(strict, name); err == nil {
			assert.Equal(t, proper, once, "the form of a name does not depend on the profile")
		}
	})
}
