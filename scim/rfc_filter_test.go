package scim_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// The tests in the files rfc_*_test.go go through the conformance table
// (docs/conformance.md) by its ids, against a handler in the strict profile.

const extURN = teststore.FreshURN

// filtered is a strict handler with the users that the tests of filters search:
// 1 has nearly everything, 2 and 3 have some.
func filtered(t testing.TB) *scim.Handler {
	t.Helper()
	h := newHandler(t, teststore.New(t), strict)
	for _, body := range []string{
		`"userName":"Ada@example.com","externalId":"Ext-A","title":"Countess","displayName":"Ada Lovelace","nickName":"",
			"name":{"givenName":"Ada","familyName":"Lovelace"},"password":"x","profileUrl":"https://example.com/Ada",
			"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"a.l@example.net","type":"home"}],
			"x509Certificates":[{"value":"QUJD"}],
			"` + entURN + `":{"department":"Math","manager":{"value":"aB7"}},
			"` + extURN + `":{"level":7,"score":1.5,"since":"1815-12-10","at":"2026-01-31T08:00:00Z","tags":["x","Y"],"anything":5}`,
		`"userName":"bob@example.com","active":false,"displayName":"Bob","custom_fields":{"shift":"late"},
			"emails":[{"value":"bob@example.com","type":"home","primary":true}],
			"` + extURN + `":{"level":12,"score":2,"since":"1900-01-01","at":"2026-01-31T10:30:00+01:00"}`,
		`"userName":"eve@example.com","displayName":"say \"hi\" \\ é","title":"émigrée"`,
	} {
		a := do(t, h, "POST", "/Users", `{"schemas":["`+userURN+`"],`+body+`}`)
		require.Equal(t, 201, a.Code, a.Body.String())
	}
	return h
}

// filterCase is a filter and the ids that it finds, or, when there are none, a
// word of the error that it is answered with.
type filterCase struct {
	filter  string
	want    string // ids, with blanks between them; "-" for nobody
	refused string
}

func TestRFC_Filter(t *testing.T) {
	t.Parallel()
	h := filtered(t)
	level, score, since, at := extURN+":level", extURN+":score", extURN+":since", extURN+":at"
	for id, cases := range map[string][]filterCase{
		"FIL-01": {{`displayName eq "bob"`, "2", ""}, {`displayName eq "nobody"`, "-", ""}, {`userName pr`, "1 2 3", ""}},
		"FIL-02": {{`eq`, "", "ends"}, {`"x"`, "", "string"}, {`userName eq "x" and`, "", "ends"}, {`and userName pr`, "", ""},
			{`(userName pr`, "", "ends"}, {`userName pr)`, "", ""}, {`()`, "", ""}, {`not userName pr`, "", ""}, {`userName pr userName pr`, "", ""},
			{`emails[type eq "work"`, "", "ends"}, {`emails[]`, "", ""}, {`1userName pr`, "", "1userName"}},
		"FIL-03": {{`title eq "countess"`, "1", ""}, {`active eq false`, "2", ""}, {level + ` eq 7`, "1", ""}, {level + ` eq 7.0`, "1", ""},
			{score + ` eq 1.50`, "1", ""}, {score + ` eq 2`, "2", ""}, {since + ` eq "1900-01-01"`, "2", ""}, {at + ` eq "2026-01-31T09:00:00+01:00"`, "1", ""},
			{`x509Certificates.value eq "QUJD"`, "1", ""}, {`profileUrl eq "https://example.com/Ada"`, "1", ""}, {`title eq null`, "2", ""},
			{extURN + `:tags eq "y"`, "1", ""}, {extURN + `:anything eq 5`, "1", ""}, {`title eq "Countess "`, "-", ""}},
		"FIL-04": {{`title ne "countess"`, "2 3", ""}, {`active ne false`, "1 3", ""}, {level + ` ne 7`, "2 3", ""}, {at + ` ne "2026-01-31T08:00:00Z"`, "2 3", ""},
			{`title ne null`, "1 3", ""}, {`emails.type ne "home"`, "1 3", ""}},
		"FIL-05": {{`title co "UNT"`, "1", ""}, {`emails.value co "example.net"`, "1", ""}, {`title co ""`, "1 3", ""}, {at + ` co "T08"`, "1", ""}, {level + ` co 1`, "", "substrings"}},
		"FIL-06": {{`userName sw "ADA"`, "1", ""}, {`title sw "ountess"`, "-", ""}, {since + ` sw "18"`, "1", ""}, {level + ` sw 1`, "", "substrings"}, {`active sw true`, "", "eq and ne"}},
		"FIL-07": {{`title ew "TESS"`, "1", ""}, {`title ew "count"`, "-", ""}, {`userName ew "@example.com"`, "1 2 3", ""}, {score + ` ew 5`, "", "substrings"}},
		"FIL-08": {{`title pr`, "1 3", ""}, {`nickName pr`, "-", ""}, {`emails pr`, "1 2", ""}, {`name pr`, "1", ""}, {`name.givenName pr`, "1", ""},
			{entURN + `:manager pr`, "1", ""}, {`active pr`, "1 2 3", ""}, {level + ` pr`, "1 2", ""}, {`phoneNumbers pr`, "-", ""}, {`not (emails pr)`, "3", ""}},
		"FIL-09": {{`displayName gt "ada lovelace"`, "2 3", ""}, {level + ` gt 7`, "2", ""}, {score + ` gt 1.4999`, "1 2", ""}, {since + ` gt "1815-12-10"`, "2", ""},
			{at + ` gt "2026-01-31T09:00:00Z"`, "2", ""}, {`meta.created gt "2020-01-01T00:00:00Z"`, "1 2 3", ""},
			{`meta.created gt "2020-01-01T00:00:00"`, "1 2 3", ""}, {at + ` gt "2026-01-31T09:00:00"`, "2", ""}, {`meta.created lt "2020-01-01T00:00:00.5"`, "-", ""}},
		"FIL-10": {{`displayName ge "BOB"`, "2 3", ""}, {level + ` ge 7`, "1 2", ""}, {level + ` ge 7.5`, "2", ""}, {at + ` ge "2026-01-31T09:30:00Z"`, "2", ""}, {at + ` ge "2026-01-31T09:30:00.001Z"`, "-", ""}},
		"FIL-11": {{`displayName lt "bob"`, "1", ""}, {level + ` lt 12`, "1", ""}, {score + ` lt 1.5`, "-", ""}, {since + ` lt "1815-12-11"`, "1", ""}, {at + ` lt "2026-01-31T10:00:00+01:00"`, "1", ""}},
		"FIL-12": {{`displayName le "Bob"`, "1 2", ""}, {level + ` le 7`, "1", ""}, {since + ` le "1900-01-01"`, "1 2", ""}, {at + ` le "2026-01-31T09:30:00Z"`, "1 2", ""}},
		"FIL-13": {{`active gt true`, "", "boolean"}, {`active ge true`, "", "boolean"}, {`active lt true`, "", "boolean"}, {`active le true`, "", "boolean"}, {`emails.primary gt false`, "", "boolean"},
			{`x509Certificates.value gt "QUJD"`, "", "binary"}, {`x509Certificates.value ge "QUJD"`, "", "binary"}, {`x509Certificates.value lt "QUJD"`, "", "binary"}, {`x509Certificates.value le "QUJD"`, "", "binary"}},
		"FIL-14": {{`title pr and active eq true`, "1 3", ""}, {`title pr and active eq true and emails pr`, "1", ""}, {`title pr and active eq false`, "-", ""}},
		"FIL-15": {{`title eq "countess" or active eq false`, "1 2", ""}, {`title eq "a" or title eq "b" or id eq "3"`, "3", ""}},
		"FIL-16": {{`not (title eq "countess")`, "2 3", ""}, {`not (not (title eq "countess"))`, "1", ""}, {`not(active eq false) and title pr`, "1 3", ""}, {`not (title pr or emails pr)`, "-", ""}},
		"FIL-17": {{`id eq "1" or id eq "2" and active eq true`, "1", ""}, {`(id eq "1" or id eq "2") and active eq false`, "2", ""}, {`not (id eq "1") and title pr`, "3", ""},
			{`not (id eq "1") or id eq "1" and title pr`, "1 2 3", ""}, {`id eq "3" and (title pr and (active eq true))`, "3", ""}},
		"FIL-18": {{`emails[type eq "work" and value co "@example.com"]`, "1", ""}, {`emails[type eq "home" and primary eq true]`, "2", ""}, {`emails[type eq "home" and not (primary eq true)]`, "1", ""},
			{`emails[type eq "work"] and title pr`, "1", ""}, {`not (emails[type eq "work"])`, "2 3", ""}, {`emails[type eq "none"]`, "-", ""}, {`title[value eq "x"]`, "", "multi-valued"}, {`emails[nope eq "x"]`, "", "nope"}},
		"FIL-19": {{`TITLE EQ "countess"`, "1", ""}, {`Name.GIVENname Sw "A" AND Active eq TRUE`, "1", ""}, {`NOT (title PR) OR EMAILS[Type eQ "work"]`, "1 2", ""}, {strings.ToUpper(entURN) + `:DEPARTMENT eq "math"`, "1", ""}},
		"FIL-20": {{`userName eq "ADA@EXAMPLE.COM"`, "1", ""}, {`externalId eq "Ext-A"`, "1", ""}, {`externalId eq "ext-a"`, "-", ""}, {`externalId sw "ext"`, "-", ""}, {`externalId co "A"`, "1", ""},
			{entURN + `:manager.value eq "aB7"`, "1", ""}, {entURN + `:manager.value eq "ab7"`, "-", ""}, {`title eq "ÉMIGRÉE"`, "3", ""}},
		"FIL-21": {{`emails.value eq "a.l@example.net"`, "1", ""}, {`emails.type eq "home"`, "1 2", ""}, {extURN + `:tags eq "x"`, "1", ""}, {`emails.type eq "work" and emails.type eq "home"`, "1", ""}},
		"FIL-22": {{`name.givenName eq "ada"`, "1", ""}, {`givenName eq "ada"`, "", "givenName"}, {`name.nope eq "ada"`, "", "name.nope"}, {`name eq "ada"`, "", "sub-attributes"}},
		"FIL-23": {{`active eq true`, "1 3", ""}, {`meta.resourceType eq "User"`, "1 2 3", ""}, {`meta.resourceType eq "Group"`, "-", ""}, {`schemas eq "` + userURN + `"`, "1 2 3", ""},
			{`schemas eq "` + entURN + `"`, "1", ""}, {`schemas co "enterprise"`, "1", ""}, {`meta.location eq "` + baseURL + `/Users/2"`, "2", ""}, {`meta.location ew "/3"`, "3", ""}, {`id eq "2"`, "2", ""}, {`id pr`, "1 2 3", ""}},
		"FIL-24": {{`title xx "a"`, "", "xx"}, {`title = "a"`, "", "="}, {`title regex "a"`, "", "regex"}, {`title equals "a"`, "", "equals"}},
		"FIL-25": {{`nope eq "a"`, "", "nope"}, {`urn:x:y:z eq "a"`, "", "urn:x:y:z"}, {`title eq 5`, "", "string"}, {`title eq true`, "", "string"}, {level + ` eq "7"`, "", "number"}, {`active eq "true"`, "", "true or false"},
			{`active eq 1`, "", "true or false"}, {`meta.created eq "yesterday"`, "", "date-time"}, {`title gt null`, "", "null"}, {`password eq "x"`, "", "password"}, {`meta.version eq "x"`, "", "meta.version"}},
		"FIL-26": {{`title eq "countess"`, "1", ""}, {level + ` eq 7`, "1", ""}, {score + ` eq 15e-1`, "1", ""}, {level + ` gt -1`, "1 2", ""}, {`active eq true`, "1 3", ""}, {`active eq false`, "2", ""}, {`title eq null`, "2", ""},
			{`title eq countess`, "", "JSON string"}, {`title eq 'countess'`, "", ""}, {level + ` eq 07`, "", "JSON"}, {level + ` eq +7`, "", "JSON"}},
		"FIL-27": {{userURN + `:title eq "countess"`, "1", ""}, {userURN + `:name.givenName eq "ada"`, "1", ""}, {entURN + `:department eq "math"`, "1", ""}, {entURN + `:manager.value eq "aB7"`, "1", ""},
			{userURN + `:emails[type eq "work"]`, "1", ""}, {`department eq "math"`, "", "department"}, {userURN + `:custom_fields.shift eq "late"`, "2", ""}, {`custom_fields.shift eq "late"`, "2", ""}},
		"FIL-28": {{`displayName eq "say \"hi\" \\ é"`, "3", ""}, {`displayName co "\u00E9"`, "3", ""}, {`displayName co "\\"`, "3", ""}, {`displayName co "\"hi\""`, "3", ""}, {`displayName co "a\/b"`, "-", ""}, {`displayName co "\x"`, "", ""}, {`displayName co "\ud83d\ude00"`, "-", ""}},
		"FIL-29": {{`emails eq "ada@example.com"`, "1", ""}, {`emails co "example.com"`, "1 2", ""}, {entURN + `:manager eq "aB7"`, "1", ""}, {`emails eq null`, "3", ""}, {`addresses eq "x"`, "", "sub-attributes"}},
		"FIL-30": {{`title pr`, "1 3", ""}},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				a := do(t, h, "GET", "/Users?filter="+url.QueryEscape(c.filter), "")
				if c.want == "" {
					requireError(t, a, 400, "invalidFilter", c.refused)
					continue
				}
				require.Equal(t, 200, a.Code, "%s: %s", c.filter, a.Body)
				assert.Equal(t, strings.Fields(strings.Trim(c.want, "-")), ids(a), c.filter)
			}
		})
	}
	assert.Equal(t, true, do(t, h, "GET", "/ServiceProviderConfig", "").get("filter", "supported"))
}
