package importer_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/importer"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// requester is the default document for Freshservice requesters.
func requester(t testing.TB) *mapping.Document {
	t.Helper()
	data, err := os.ReadFile("../../freshservice/mapping/requester.yaml")
	require.NoError(t, err)
	doc, ds := mapping.Parse("requester.yaml", data)
	require.Empty(t, ds)
	return doc
}

func bases() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema(), scim.GroupSchema()}
}

// compiled holds an import against what the engine makes of it: the document has
// to compile.
func compiled(t testing.TB, r *importer.Result, base *mapping.Document) *mapping.Plan {
	t.Helper()
	doc, ds := mapping.Parse("imported.yaml", r.Document)
	require.Empty(t, ds.String(), "%s", r.Document)
	if base != nil {
		doc, ds = doc.Extend(base)
		require.Empty(t, ds.String(), "%s", r.Document)
	}
	typ, err := doc.ResourceType(bases(), nil)
	require.NoError(t, err, "%s", r.Document)
	plan, ds := mapping.Compile(doc, typ, nil, nil)
	require.Empty(t, ds.String(), "%s", r.Document)
	return plan
}

func lines(r *importer.Result) []string {
	var out []string
	for _, l := range r.Lines {
		out = append(out, l.String())
	}
	return out
}

// write gives what a plan writes for a user, as JSON with dotted names.
func write(t testing.TB, plan *mapping.Plan, user string) string {
	t.Helper()
	codec, err := scim.NewCodec(scim.ResourceType{Name: "User", Endpoint: "/Users", Type: plan.Resource()}, scim.ProfileCompatible())
	require.NoError(t, err)
	body, err := schema.ParseJSON([]byte(user))
	require.NoError(t, err)
	rec, _, err := codec.Resource(body)
	require.NoError(t, err)
	var out mapping.Result
	require.NoError(t, plan.ToTarget(&out, &mapping.Input{Resource: rec}, nil))
	return string(schema.ObjectValue(out.Record).AppendJSON(nil))
}

const entraJSON = `{"synchronizationRules": [{"objectMappings": [
  {"name": "Groups", "enabled": true, "sourceObjectName": "Group", "targetObjectName": "Group", "attributeMappings": []},
  {"name": "Users", "enabled": true, "sourceObjectName": "User", "targetObjectName": "User",
   "scope": {"groups": [
     {"clauses": [{"sourceOperandName": "department", "operatorName": "EQUALS", "targetOperand": {"values": ["Lab"]}},
                  {"sourceOperandName": "jobTitle", "operatorName": "IS NOT NULL", "targetOperand": {"values": []}}]},
     {"clauses": [{"sourceOperandName": "userPrincipalName", "operatorName": "REGEX MATCH", "targetOperand": {"values": [".*@example.com"]}}]}]},
   "attributeMappings": [
     {"targetAttributeName": "userName", "flowType": "Always", "flowBehavior": "FlowWhenChanged", "matchingPriority": 1, "source": {"type": "Attribute", "name": "userPrincipalName", "expression": "[userPrincipalName]"}},
     {"targetAttributeName": "active", "source": {"type": "Function", "expression": "Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")"}},
     {"targetAttributeName": "name.givenName", "flowType": "Always", "source": {"type": "Function", "expression": "Left(StripSpaces([givenName]), 3)"}},
     {"targetAttributeName": "title", "flowType": "ObjectAddOnly", "defaultValue": "none", "source": {"type": "Function", "expression": "IgnoreFlowIfNullOrEmpty(ToUpper([jobTitle]))"}},
     {"targetAttributeName": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "source": {"type": "Attribute", "name": "department"}},
     {"targetAttributeName": "locale", "source": {"type": "Constant", "expression": "de"}},
     {"targetAttributeName": "nickName", "source": {"type": "Attribute", "name": "mailNickname"}},
     {"targetAttributeName": "timezone", "source": {"type": "Attribute", "name": "extensionAttribute1"}},
     {"targetAttributeName": "addresses[type eq \"work\"].formatted", "source": {"type": "Function", "expression": "SelectUniqueValue([city], [state])"}},
     {"targetAttributeName": "phoneNumbers[type eq \"work\"].value", "source": {"type": "Function", "expression": "Guid()"}}
   ]}]}]}`

func TestEntra_Override(t *testing.T) {
	t.Parallel()
	base := requester(t)
	r, err := importer.Entra([]byte(entraJSON), &importer.Options{Name: "ours", Base: base})
	require.NoError(t, err)
	assert.Equal(t, []string{
		"left Groups: another object mapping: a document is for one; import it by itself",
		"carried scope",
		"carried userName = [userPrincipalName] → rule login",
		`changed active = Switch([IsSoftDeleted], , "False", "True", "True", "False"): active is no field: what it means is the connection's policy for disabling`,
		"carried name.givenName = Left(StripSpaces([givenName]), 3) → rule first-name",
		"carried title = IgnoreFlowIfNullOrEmpty(ToUpper([jobTitle])) → rule job_title",
		"carried urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department = department → rule department",
		"carried locale = de → rule language",
		"left nickName = mailNickname: the base " + base.Name() + " writes no field from this attribute: add a rule for it",
		"left timezone = [extensionAttribute1]: the SCIM attribute in which [extensionAttribute1] arrives is not known: say so with the option Attributes",
		`left addresses[type eq "work"].formatted = SelectUniqueValue([city], [state]): values are not tried out here until one is free: let the target refuse what is taken`,
		`left phoneNumbers[type eq "work"].value = Guid(): nothing random is made here: let the target make it, or map an attribute that has it`,
	}, lines(r))
	assert.False(t, r.Complete())
	t.Logf("%s", r.Document)
	plan := compiled(t, r, base)
	got := write(t, plan, `{"userName":"ada@example.com","name":{"givenName":" A d a Maria","familyName":"L"},"title":"x"}`)
	assert.Contains(t, got, `"first_name":"Ada"`)
	assert.Contains(t, got, `"job_title":"X"`)
}
