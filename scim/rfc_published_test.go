package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// published is what RFC 7643 section 8.7.1 says of the attributes: type, then what
// differs from the defaults of section 2.2.
func published() map[string]string {
	return map[string]string{
		userURN: `userName string required server
name complex
name.(formatted string;familyName string;givenName string;middleName string;honorificPrefix string;honorificSuffix string)
displayName string
nickName string
profileUrl reference to=external
title string
userType string
preferredLanguage string
locale string
timezone string
active boolean
password string writeOnly never
emails complex list
emails.(value string;display string;type string of=work,home,other;primary boolean)
phoneNumbers complex list
phoneNumbers.(value string;display string;type string of=work,home,mobile,fax,pager,other;primary boolean)
ims complex list
ims.(value string;display string;type string of=aim,gtalk,icq,xmpp,msn,skype,qq,yahoo;primary boolean)
photos complex list
photos.(value reference to=external;display string;type string of=photo,thumbnail;primary boolean)
addresses complex list
addresses.(formatted string;streetAddress string;locality string;region string;postalCode string;country string;type string of=work,home,other)
groups complex list readOnly
groups.(value string readOnly;$ref reference readOnly to=User,Group;display string readOnly;type string readOnly of=direct,indirect)
entitlements complex list
entitlements.(value string;display string;type string;primary boolean)
roles complex list
roles.(value string;display string;type string;primary boolean)
x509Certificates complex list
x509Certificates.(value binary;display string;type string;primary boolean)`,
		groupURN: `displayName string
members complex list
members.(value string immutable;$ref reference immutable to=User,Group;type string immutable of=User,Group)`,
		entURN: `employeeNumber string
costCenter string
organization string
division string
department string
manager complex
manager.(value string;$ref reference to=User;displayName string readOnly)`,
	}
}

// onPurpose are the differences: what is served instead, and why.
func onPurpose() map[string][2]string {
	const (
		reference = "section 2.3.7: a reference is case exact"
		id        = "section 3.1: an id is case exact"
	)
	return map[string][2]string{
		"profileUrl":             {"reference exact to=external", reference},
		"photos.value":           {"reference exact to=external", reference},
		"x509Certificates.value": {"binary exact", "section 2.3.6: binary values are case exact (errata 6000, 8470)"},
		"addresses.primary":      {"boolean", "section 2.4: it belongs to every multi-valued attribute"},
		"groups.value":           {"string exact readOnly", id},
		"groups.$ref":            {"reference exact readOnly to=Group", "erratum 8471; and " + reference},
		"Group displayName":      {"string required", "section 4.2 and erratum 5368"},
		"members.value":          {"string exact immutable", id},
		"members.$ref":           {"reference exact immutable to=User,Group", reference},
		"members.display":        {"string immutable", "section 2.4 and erratum 6011"},
		"manager.value":          {"string exact", id + " (erratum 8472)"},
		"manager.$ref":           {"reference exact to=User", reference},
	}
}

// DSC-21, DSC-23: the core schemas are served as they are published, but for
// differences on purpose. A difference that vanishes has to be taken off the list.
func TestSchemas_AsPublished(t *testing.T) {
	t.Parallel()
	h := newHandler(t, teststore.New(t), nil)
	differences := onPurpose()
	for urn, text := range published() {
		want := map[string]string{}
		for line := range strings.SplitSeq(text, "\n") {
			if parent, subs, ok := strings.Cut(line, ".("); ok {
				for sub := range strings.SplitSeq(strings.TrimSuffix(subs, ")"), ";") {
					name, rest, _ := strings.Cut(sub, " ")
					want[parent+"."+name] = rest
				}
				continue
			}
			name, rest, _ := strings.Cut(line, " ")
			want[name] = rest
		}
		s := do(t, h, "GET", "/Schemas/"+urn, "")
		require.Equal(t, 200, s.Code)
		served := map[string]string{}
		list := s.get("attributes")
		if urn == userURN { // the store's own
			list = exceptFor(list.([]any), "custom_fields")
		}
		characteristics("", list, served)
		for name, got := range served {
			key := name
			if urn == groupURN && name == "displayName" {
				key = "Group displayName"
			}
			if d, ok := differences[key]; ok {
				assert.Equal(t, d[0], got, key)
				assert.NotEqual(t, d[0], want[name], "%s is as it is published", key)
				delete(differences, key)
			} else {
				assert.Equal(t, want[name], got, "%s %s", urn, name)
			}
			delete(want, name)
		}
		assert.Empty(t, want, "what is published and not served")
	}
	assert.Empty(t, differences, "differences that are none")
	for urn, name := range map[string]string{userURN: "User", groupURN: "Group", entURN: "EnterpriseUser"} {
		assert.Equal(t, name, do(t, h, "GET", "/Schemas/"+urn, "").get("name"))
	}
	assert.Equal(t, "EnterpriseUser", scim.EnterpriseUserSchema().Name, "in a server of another library, too")
}

func exceptFor(list []any, name string) []any {
	var out []any
	for _, a := range list {
		if a.(object)["name"] != name {
			out = append(out, a)
		}
	}
	return out
}

// characteristics says of each attribute its type and what differs from the
// defaults.
func characteristics(parent string, list any, out map[string]string) {
	for _, e := range list.([]any) {
		a := e.(object)
		text := a["type"].(string)
		for _, flag := range [][2]string{{"caseExact", "exact"}, {"multiValued", "list"}, {"required", "required"}} {
			if a[flag[0]] == true {
				text += " " + flag[1]
			}
		}
		for _, word := range [][2]string{{"mutability", "readWrite"}, {"returned", "default"}, {"uniqueness", "none"}} {
			if a[word[0]] != word[1] {
				text += " " + a[word[0]].(string)
			}
		}
		for _, words := range [][2]string{{"referenceTypes", "to"}, {"canonicalValues", "of"}} {
			if v, ok := a[words[0]].([]any); ok {
				text += " " + words[1] + "=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", ","), "[]")
			}
		}
		name := parent + a["name"].(string)
		out[name] = text
		if a["type"] == "complex" {
			characteristics(name+".", a["subAttributes"], out)
		}
	}
}
