package zendesk_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// defaultMapping is the document of users, as it ships.
func defaultMapping(t *testing.T) *mapping.Document {
	t.Helper()
	docs, problems := mapping.ParseFS(zendesk.Mappings)
	require.NoError(t, problems.Err())
	i := slices.IndexFunc(docs, func(d *mapping.Document) bool { return d.Name() == "zendesk-user" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, zendesk.ObjectUser, docs[i].Object())
	return docs[i]
}

// everyMapping are all documents of the directory, by name.
func everyMapping(t *testing.T) map[string]*mapping.Document {
	t.Helper()
	all, problems := mapping.ParseFS(os.DirFS("mapping"))
	require.NoError(t, problems.Err())
	docs := make(map[string]*mapping.Document)
	for _, d := range all {
		if !d.IsSet() {
			docs[d.Name()] = d
		}
	}
	return docs
}

func scimSchemas() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseUserSchema()}
}

// patched carries operations out as a server does.
func patched(cur *schema.Record, operations []byte) (*schema.Record, error) {
	codec, err := scim.NewCodec(scim.ResourceType{Name: cur.Type().Name(), Type: cur.Type()}, scim.ProfileCompatible())
	if err != nil {
		return nil, err
	}
	body, err := schema.ParseJSON([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":` + string(operations) + `}`))
	if err != nil {
		return nil, err
	}
	ops, _, err := codec.Patch(cur.Get("id").Text(), body)
	if err != nil {
		return nil, err
	}
	return scim.ApplyPatch(cur, ops)
}

// TestMapping_ItsOwnTests compiles each document against the type that the driver
// has of its object, and runs the tests that it brings.
func TestMapping_ItsOwnTests(t *testing.T) {
	t.Parallel()
	// As before an account has said which languages it has.
	options := &mapping.Options{ValueMaps: zendesk.ValueMaps(&connector.Description{})}
	docs := everyMapping(t)
	require.Len(t, docs, 3)
	for name, doc := range docs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := zendesk.Type(doc.Object())
			require.NotNil(t, target)
			require.NoError(t, mappingtest.CheckFields(doc, target))
			resource, err := doc.ResourceType(scimSchemas(), target)
			require.NoError(t, err)
			_, problems := mapping.Compile(doc, resource, target, options)
			require.NoError(t, problems.Err())
			assert.Empty(t, unruled(doc, target), "no rule fills these")

			results := mappingtest.RunDocument(doc, &mappingtest.Options{Schemas: scimSchemas(), Patch: patched, Compile: options})
			require.NotEmpty(t, results)
			for _, r := range results {
				assert.NoError(t, r.Err, r.Name)
			}
		})
	}
}

// unruled returns the fields that can be written and that no rule writes.
func unruled(doc *mapping.Document, target *schema.Type) []string {
	ruled := map[string]bool{}
	for _, r := range doc.Rules() {
		if r.Direction != mapping.ToSCIM {
			ruled[r.Target] = true
		}
	}
	var out []string
	for s := range schema.Slot(target.Len()) {
		if a := target.Attribute(s); a.Writable() && !ruled[a.Name] {
			out = append(out, a.Name)
		}
	}
	return out
}

func TestType(t *testing.T) {
	t.Parallel()
	for _, object := range []string{zendesk.ObjectUser, zendesk.ObjectGroup, zendesk.ObjectOrganization, zendesk.ObjectCustomRole} {
		typ := zendesk.Type(object)
		require.NotNil(t, typ, object)
		assert.Equal(t, object, typ.Name())
		assert.Equal(t, schema.Integer, typ.Lookup("id").Type, object)
	}
	assert.Nil(t, zendesk.Type("ticket"))
	answer, err := schema.ParseJSON([]byte(`{"id":1,"photo":{"content_url":"https://acme.zendesk.com/a.png"}}`))
	require.NoError(t, err)
	assert.Equal(t, "https://acme.zendesk.com/a.png", connector.DecodeRecord(zendesk.Type("user"), answer).String("photo.content_url"))

	// What an account is described to have is made of the same data.
	desc, err := start(t, nil, nil).Description(t.Context())
	require.NoError(t, err)
	for _, o := range desc.Objects {
		typ := zendesk.Type(o.Name)
		require.NotNil(t, typ, o.Name)
		for s := range schema.Slot(o.Type.Len()) {
			a := o.Type.Attribute(s)
			b := typ.Lookup(a.Name)
			require.NotNil(t, b, "%s.%s", o.Name, a.Name)
			assert.Equal(t, b.Type, a.Type, "%s.%s", o.Name, a.Name)
			assert.Equal(t, b.Filter, a.Filter, "%s.%s", o.Name, a.Name)
			assert.True(t, b.Writable() || !a.Writable(), "%s.%s", o.Name, a.Name)
		}
	}
}

func TestMapping_FitsAnyAccount(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]*zendesktest.Options{
		"plain":  nil,
		"custom": {Fields: everyField()},
		"small":  {Locales: []string{"fr"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, account, nil)
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			target := desc.Object(zendesk.ObjectUser).Type
			doc := defaultMapping(t).WithCustom(target, scimSchemas()...)
			resource, err := doc.ResourceType(scimSchemas(), target)
			require.NoError(t, err)
			_, problems := mapping.Compile(doc, resource, target, &mapping.Options{ValueMaps: zendesk.ValueMaps(desc)})
			require.NoError(t, problems.Err())

			assert.Empty(t, unruled(doc, target), "no rule fills these")
			for _, l := range []string{zendesk.ObjectOrganization, zendesk.ObjectCustomRole, zendesk.ObjectGroup} {
				assert.NotNil(t, desc.Object(l), "the document looks up objects of this kind")
			}
		})
	}
}

func TestValueMaps_AreTheAccounts(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Locales: []string{"en-US", "de", "pt-br"}}, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	m := f.Driver().(interface {
		ValueMaps(*connector.Description) map[string]*expr.ValueMap
	}).ValueMaps(desc)["zendesk.locale"]
	for in, want := range map[string]string{"de-AT": "de", "pt_BR": "pt-br", "en-us": "en-US", "sv": "en-US"} {
		got, ok := m.Forward(schema.StringValue(in), schema.Value{})
		assert.True(t, ok, in)
		assert.Equal(t, want, got.Text(), in)
	}
}

// TestMapping_TheGuidesDocuments compiles the documents that the guide shows, against
// an account with the settings that they are for.
func TestMapping_TheGuidesDocuments(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/guides/zendesk.md")
	require.NoError(t, err)
	f := start(t, setAccount(), managed())
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	target := desc.Object(zendesk.ObjectUser).Type
	shown := 0
	for _, block := range strings.Split(string(guide), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		if !strings.HasPrefix(text, "apiVersion:") {
			continue
		}
		shown++
		doc, problems := mapping.Parse("guide.yaml", []byte(text))
		require.NoError(t, problems.Err())
		full, problems := doc.Extend(defaultMapping(t))
		require.NoError(t, problems.Err())
		resource, err := full.ResourceType(scimSchemas(), target)
		require.NoError(t, err)
		_, problems = mapping.Compile(full, resource, target, &mapping.Options{ValueMaps: zendesk.ValueMaps(desc), AllowCreate: true})
		require.NoError(t, problems.Err(), text)
	}
	assert.Equal(t, 1, shown)
}
