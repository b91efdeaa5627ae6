package importer_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/importer"
)

const oktaURN = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"

func TestOkta(t *testing.T) {
	t.Parallel()
	base := requester(t)
	for name, text := range map[string]string{
		"schema API": `{"definitions":{"base":{"properties":{"firstName":{"type":"string","externalName":"name.givenName","externalNamespace":"urn:ietf:params:scim:schemas:core:2.0:User"}}},
			"custom":{"properties":{
				"badge":{"title":"Badge","type":"string","externalName":"custom_fields.badge_color","externalNamespace":"urn:ietf:params:scim:schemas:core:2.0:User"},
				"floor":{"type":"integer","externalName":"floor","externalNamespace":"` + oktaURN + `"},
				"local":{"type":"string"}, "odd":{"type":"string","externalName":"a b"}, "shoe":{"type":"string","externalName":"shoeSize"}}}}}`,
		"table": "Display Name, Variable name, External name, External namespace, Type\n" +
			", firstName, name.givenName, urn:ietf:params:scim:schemas:core:2.0:User, string\n" +
			"Badge, badge, custom_fields.badge_color,, string\n, floor, floor, " + oktaURN + ", integer\n, local, , ,\n, odd, a b\n, shoe, shoeSize\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := importer.Okta([]byte(text), &importer.Options{Base: base})
			require.NoError(t, err)
			got := lines(r)
			for _, want := range []string{
				"carried name.givenName = urn:ietf:params:scim:schemas:core:2.0:User → rule first-name",
				"changed floor = " + oktaURN + " → rule custom_fields.floor: the field decides what type its value has, not Okta's integer",
				"left a b: the external name cannot be that of a SCIM attribute",
				"left shoeSize: no rule of the base is for it: say which field it is to reach in a rule",
			} {
				assert.Contains(t, got, want)
			}
			assert.Contains(t, string(r.Document), "  - name: custom_fields.badge_color\n    description: Badge\n    scim: custom_fields.badge_color\n    target: custom_fields.badge_color\n")
			doc, ds := mapping.Parse("imported.yaml", r.Document)
			require.Empty(t, ds.String())
			doc, ds = doc.Extend(base)
			require.Empty(t, ds.String())
			typ, err := doc.ResourceType(bases(), nil)
			require.NoError(t, err)
			assert.NotNil(t, typ.Lookup(oktaURN+":floor"))
			assert.NotNil(t, typ.Lookup(oktaURN+":vip"), "the base has its attributes still")
		})
	}
	r, err := importer.Okta([]byte(`{"badge":{"type":"string","externalName":"custom_fields.badge"},"floor":{"type":"string","externalName":"floor","externalNamespace":"urn:x:y"}}`), nil)
	require.NoError(t, err)
	assert.True(t, r.Complete())
	assert.JSONEq(t, `{"custom_fields.badge":"red","custom_fields.floor":"3"}`,
		write(t, compiled(t, r, nil), `{"userName":"a","custom_fields":{"badge":"red"},"urn:x:y":{"floor":"3"}}`))
	for _, text := range []string{"", "{", "[]", "{}", "a,b\n1,2\n", "External name\n", `{"properties":{}}`, "\"a"} {
		_, err := importer.Okta([]byte(text), nil)
		require.Error(t, err, text)
	}
}

func TestMiniOrange(t *testing.T) {
	t.Parallel()
	r, err := importer.MiniOrange([]byte(`{"user":{"name":"@firstName @lastName","email":"@email","external_id":"@ExternalUserId","role":"end-user","verified":true,
		"user_fields":{"dept":"@department","mixed":"x-@nope"},"notes":"ask support@example.com","phones":["@mobile"],"tags":["a","b"],"gone":null,
		"address":"@street, @city"}}`), &importer.Options{Name: "zendesk"})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`carried name = "@firstName @lastName" → rule name`,
		`carried email = "@email" → rule email`,
		`left external_id = "@ExternalUserId": @ExternalUserId is the id of the record, which is no field that is written`,
		`carried role = "end-user" → rule role`,
		`carried verified = true → rule verified`,
		`carried user_fields.dept = "@department" → rule user_fields.dept`,
		`left user_fields.mixed = "x-@nope": the SCIM attribute in which @nope arrives is not known: say so with the option Attributes`,
		`carried notes = "ask support@example.com" → rule notes`,
		`changed phones = "@mobile" → rule phones: it is a list: the field has to hold one`,
		`left tags = ["a","b"]: a list of more than one text has no counterpart: write a rule for the attribute`,
		`left gone = null: null says nothing: a field without a rule is not sent`,
		`carried address = "@street, @city" → rule address`,
	}, lines(r))
	assert.JSONEq(t, `{"name":"Ada Løvelaçe","role":"end-user","verified":true,"user_fields.dept":"Lab","notes":"ask support@example.com","address":", London"}`,
		write(t, compiled(t, r, nil), ada))
	for _, text := range []string{"", "x", "[]", `"x"`, `{"a":1} {"b":2}`} {
		_, err := importer.MiniOrange([]byte(text), nil)
		require.Error(t, err, text)
	}
}

// With a base, a rule takes the place of the one for the same field.
func TestMiniOrange_Base(t *testing.T) {
	t.Parallel()
	base := requester(t)
	r, err := importer.MiniOrange([]byte(`{"first_name":"@firstName","job_title":"@title in @city","language":"de"}`), &importer.Options{Base: base})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`carried first_name = "@firstName" → rule first-name`,
		`carried job_title = "@title in @city" → rule job_title`,
		`carried language = "de" → rule preferred-language`,
	}, lines(r))
	got := write(t, compiled(t, r, base), strings.Replace(ada, `"department":"Lab"`, `"costCenter":"1"`, 1))
	assert.Contains(t, got, `"job_title":"Chief, Engineer in London"`)
}

func FuzzMiniOrange(f *testing.F) {
	for _, s := range []string{`{"a":"@email"}`, `{"u":{"a.b":"x @email\u0085 y","a":{"b":"@title"}}}`, `{"\u0000":"@email"}`, `{"a":["@email"],"a#2":"true"}`, `{"":"@email"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := importer.MiniOrange([]byte(text), nil)
		if err == nil {
			require.NotEmpty(t, r.Document)
		} else {
			require.NotContains(t, err.Error(), "a document that is wrong", "%s", text)
		}
	})
}

func FuzzOkta(f *testing.F) {
	for _, s := range []string{`{"a":{"type":"string","externalName":"custom_fields.a"}}`, "External name,Type\nfloor,string\n", `{"properties":{"x":{"externalName":"y","externalNamespace":"urn:a b: c"}}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := importer.Okta([]byte(text), nil); err != nil {
			require.NotContains(t, err.Error(), "a document that is wrong", "%s", text)
		}
	})
}
