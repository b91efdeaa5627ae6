package zendesk_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func defaultMapping(t *testing.T) *mapping.Document {
	t.Helper()
	docs, problems := mapping.ParseFS(zendesk.Mappings)
	require.NoError(t, problems.Err())
	i := slices.IndexFunc(docs, func(d *mapping.Document) bool { return d.Name() == "zendesk-user" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, zendesk.ObjectUser, docs[i].Object())
	return docs[i]
}

func scimSchemas() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseUserSchema()}
}

// replace carries out operations that replace texts and booleans, all that the
// document's own tests have.
func replace(cur *schema.Record, operations []byte) (*schema.Record, error) {
	var wire []struct {
		Op, Path string
		Value    schema.Value
	}
	if err := json.Unmarshal(operations, &wire); err != nil {
		return nil, err
	}
	var ops []scim.Op
	for _, w := range wire {
		path, err := schema.ParsePath(w.Path)
		if err != nil {
			return nil, err
		}
		sel, err := cur.Type().Select(path)
		if err != nil {
			return nil, err
		}
		if w.Op != "replace" && w.Op != "Replace" {
			return nil, fmt.Errorf("operation %s", w.Op)
		}
		ops = append(ops, scim.Op{Kind: scim.OpReplace, Target: sel, Value: w.Value, CreateMissing: true})
	}
	return scim.ApplyPatch(cur, ops)
}

func TestMapping_ItsOwnTests(t *testing.T) {
	t.Parallel()
	results := mappingtest.RunDocument(defaultMapping(t), &mappingtest.Options{
		Schemas: scimSchemas(), Patch: replace,
		Compile: &mapping.Options{ValueMaps: map[string]*expr.ValueMap{"zendesk.locale": expr.NewLanguageMap("en-US", "de", "pt-br")}},
	})
	require.NotEmpty(t, results)
	for _, r := range results {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, r.Err)
		})
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

			ruled := map[string]bool{}
			for _, r := range doc.Rules() {
				ruled[r.Target] = true
			}
			for s := range schema.Slot(target.Len()) {
				// Groups, and with them the default group, are for a later day.
				if a := target.Attribute(s); a.Writable() && a.Name != "default_group_id" {
					assert.True(t, ruled[a.Name], "no rule fills %s", a.Name)
				}
			}
			for _, l := range []string{zendesk.ObjectOrganization, zendesk.ObjectCustomRole} {
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

// TestMapping_SaysWhatTheDriverSays holds the fields in the document, which make
// it testable on its own, against those that the driver describes.
func TestMapping_SaysWhatTheDriverSays(t *testing.T) {
	t.Parallel()
	type field struct {
		Type                     string
		Required, ReadOnly, Once bool
		Set                      bool
		ClearAs                  string
		OneOf                    []string
		Filter                   []string
	}
	var doc struct {
		Target struct {
			Schema struct{ Fields map[string]yaml.Node }
		}
	}
	data, err := fs.ReadFile(zendesk.Mappings, "mapping/user.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &doc))
	require.NotEmpty(t, doc.Target.Schema.Fields)

	desc, err := start(t, nil, nil).Description(t.Context())
	require.NoError(t, err)
	o := desc.Object(zendesk.ObjectUser)
	kinds := map[schema.DataType]string{schema.String: "string", schema.Boolean: "boolean", schema.Integer: "integer", schema.DateTime: "datetime"}
	clears := map[schema.ClearAs]string{schema.ClearEmpty: "empty", schema.ClearOmit: "omit"}
	for name, node := range doc.Target.Schema.Fields {
		var said struct {
			Type     string
			Required bool
			ReadOnly bool `yaml:"readOnly"`
			Once     bool `yaml:"createOnly"`
			Set      bool
			ClearAs  string   `yaml:"clearAs"`
			OneOf    []string `yaml:"oneOf"`
			Filter   []string
		}
		require.NoError(t, node.Decode(&said), name)
		a := o.Type.Lookup(name)
		if !assert.NotNil(t, a, "the driver has no field %s", name) {
			continue
		}
		want := field{
			Type: kinds[a.Type], Required: a.Required, ReadOnly: !a.Writable(), Set: a.Unordered, ClearAs: clears[a.ClearAs],
			Once: name == "skip_verify_email",
		}
		if a.MultiValued {
			want.Type, want.ClearAs = "list<"+want.Type+">", "emptyList"
		}
		if name != "locale" { // the account's list
			want.OneOf = a.Choices
		}
		for op := schema.Eq; op < schema.AllOps; op <<= 1 {
			if a.Filter&op != 0 {
				want.Filter = append(want.Filter, op.String())
			}
		}
		assert.Equal(t, want, field(said), name)
	}
	for s := range schema.Slot(o.Type.Len()) {
		if a := o.Type.Attribute(s); a.Writable() {
			assert.Contains(t, doc.Target.Schema.Fields, a.Name)
		}
	}
}
