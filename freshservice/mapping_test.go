package freshservice_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

func defaultMapping(t *testing.T) *mapping.Document {
	t.Helper()
	docs, problems := mapping.ParseFS(freshservice.Mappings)
	require.NoError(t, problems.Err())
	i := slices.IndexFunc(docs, func(d *mapping.Document) bool { return d.Name() == "freshservice-requester" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, freshservice.ObjectRequester, docs[i].Object())
	return docs[i]
}

func scimSchemas() []schema.Schema {
	return []schema.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseUserSchema()}
}

// replaceText carries out operations that replace texts, all that the document's
// own tests have.
func replaceText(cur *schema.Record, operations []byte) (*schema.Record, error) {
	var wire []struct{ Op, Path, Value string }
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
		if w.Op != "replace" {
			return nil, fmt.Errorf("operation %s", w.Op)
		}
		ops = append(ops, scim.Op{Kind: scim.OpReplace, Target: sel, Value: schema.StringValue(w.Value), CreateMissing: true})
	}
	return scim.ApplyPatch(cur, ops)
}

func TestMapping_ItsOwnTests(t *testing.T) {
	t.Parallel()
	results := mappingtest.RunDocument(defaultMapping(t), &mappingtest.Options{Schemas: scimSchemas(), Patch: replaceText})
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
	for name, account := range map[string]*freshservicetest.Options{
		"plain":  nil,
		"custom": {Fields: everyField()},
		"strict": {Fields: everyField(), RequiredAttributes: []string{"last_name", "job_title", "email", "location_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, account, nil)
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			target := desc.Object(freshservice.ObjectRequester).Type
			doc := defaultMapping(t).WithCustom(target, scimSchemas()...)
			resource, err := doc.ResourceType(scimSchemas(), target)
			require.NoError(t, err)
			_, problems := mapping.Compile(doc, resource, target, nil)
			require.NoError(t, problems.Err())

			ruled := map[string]bool{}
			for _, r := range doc.Rules() {
				ruled[r.Target] = true
			}
			for s := range schema.Slot(target.Len()) {
				if a := target.Attribute(s); a.Writable() {
					assert.True(t, ruled[a.Name], "no rule fills %s", a.Name)
				}
			}
			for _, l := range []string{freshservice.ObjectDepartment, freshservice.ObjectUser, freshservice.ObjectLocation} {
				assert.NotNil(t, desc.Object(l), "the document looks up objects of this kind")
			}
		})
	}
}

// TestMapping_SaysWhatTheDriverSays holds the fields in the document, which make
// it testable on its own, against those that the driver describes.
func TestMapping_SaysWhatTheDriverSays(t *testing.T) {
	t.Parallel()
	type field struct {
		Type               string
		Required, ReadOnly bool
		Set                bool
		MaxLength          int
		ClearAs            string
		OneOf              []string
		Filter             []string
		FilterAs           string
	}
	var doc struct {
		Target struct {
			Schema struct{ Fields map[string]yaml.Node }
			Query  struct {
				And, Or   bool
				MaxLength int `yaml:"maxLength"`
			}
		}
	}
	data, err := fs.ReadFile(freshservice.Mappings, "mapping/requester.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, &doc))
	require.NotEmpty(t, doc.Target.Schema.Fields)

	desc, err := start(t, nil, nil).Description(t.Context())
	require.NoError(t, err)
	o := desc.Object(freshservice.ObjectRequester)
	assert.Equal(t, o.Search.And, doc.Target.Query.And)
	assert.Equal(t, o.Search.Or, doc.Target.Query.Or)
	assert.Equal(t, o.Search.MaxLength, doc.Target.Query.MaxLength)

	kinds := map[schema.DataType]string{schema.String: "string", schema.Boolean: "boolean", schema.Integer: "integer", schema.DateTime: "datetime"}
	clears := map[schema.ClearAs]string{schema.ClearEmpty: "empty", schema.ClearEmptyList: "emptyList"}
	for name, node := range doc.Target.Schema.Fields {
		var said struct {
			Type      string
			Required  bool
			ReadOnly  bool `yaml:"readOnly"`
			Set       bool
			MaxLength int      `yaml:"maxLength"`
			ClearAs   string   `yaml:"clearAs"`
			OneOf     []string `yaml:"oneOf"`
			Filter    []string
			FilterAs  string `yaml:"filterAs"`
		}
		require.NoError(t, node.Decode(&said), name)
		a := o.Type.Lookup(name)
		if !assert.NotNil(t, a, "the driver has no field %s", name) {
			continue
		}
		want := field{
			Type: kinds[a.Type], Required: a.Required, ReadOnly: !a.Writable(), Set: a.Unordered,
			MaxLength: a.MaxLength, ClearAs: clears[a.ClearAs], FilterAs: a.FilterAs,
		}
		if a.MultiValued {
			want.Type, want.ClearAs = "list<"+want.Type+">", "emptyList"
		}
		if name != "language" { // the account's list
			want.OneOf = a.Choices
		}
		for op := schema.Eq; op < schema.AllOps; op <<= 1 {
			if a.Filter&op != 0 {
				want.Filter = append(want.Filter, op.String())
			}
		}
		got := field(said)
		slices.Sort(got.Filter)
		slices.Sort(want.Filter)
		assert.Equal(t, want, got, name)
	}
	for s := range schema.Slot(o.Type.Len()) {
		if a := o.Type.Attribute(s); a.Writable() {
			assert.Contains(t, doc.Target.Schema.Fields, a.Name)
		}
	}
}
