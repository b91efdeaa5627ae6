package freshservice_test

import (
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// defaultMapping is the document of requesters, as it ships.
func defaultMapping(t *testing.T) *mapping.Document {
	t.Helper()
	docs, problems := mapping.ParseFS(freshservice.Mappings)
	require.NoError(t, problems.Err())
	i := slices.IndexFunc(docs, func(d *mapping.Document) bool { return d.Name() == "freshservice-requester" })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, freshservice.ObjectRequester, docs[i].Object())
	return docs[i]
}

// everyMapping are all documents of the directory, by name, and the sets among
// them.
func everyMapping(t *testing.T) (docs map[string]*mapping.Document, sets []*mapping.Document) {
	t.Helper()
	all, problems := mapping.ParseFS(os.DirFS("mapping"))
	require.NoError(t, problems.Err())
	docs = make(map[string]*mapping.Document)
	for _, d := range all {
		if d.IsSet() {
			sets = append(sets, d)
		} else {
			docs[d.Name()] = d
		}
	}
	return docs, sets
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
	docs, sets := everyMapping(t)
	require.Len(t, docs, 5)
	for name, doc := range docs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := freshservice.Type(doc.Object())
			require.NotNil(t, target)
			require.NoError(t, mappingtest.CheckFields(doc, target))
			resource, err := doc.ResourceType(scimSchemas(), target, sets...)
			require.NoError(t, err)
			_, problems := mapping.Compile(doc, resource, target, nil)
			require.NoError(t, problems.Err())
			assert.Empty(t, unruled(doc, target), "no rule fills these")

			results := mappingtest.RunDocument(doc, &mappingtest.Options{Schemas: scimSchemas(), Patch: patched})
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
	for _, object := range []string{
		freshservice.ObjectRequester, freshservice.ObjectAgent, freshservice.ObjectUser, freshservice.ObjectDepartment,
		freshservice.ObjectLocation, freshservice.ObjectAgentGroup, freshservice.ObjectRequesterGroup, freshservice.ObjectAgentRole,
	} {
		typ := freshservice.Type(object)
		require.NotNil(t, typ, object)
		assert.Equal(t, object, typ.Name())
		assert.Equal(t, schema.Integer, typ.Lookup("id").Type, object)
	}
	assert.Nil(t, freshservice.Type("asset"))

	// What an account is described to have is made of the same data.
	desc, err := start(t, nil, nil).Description(t.Context())
	require.NoError(t, err)
	for _, o := range desc.Objects {
		typ := freshservice.Type(o.Name)
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

// TestMapping_AsksAsTheDriverDoes holds the document's word on queries, which make
// it testable on its own, against the driver's.
func TestMapping_AsksAsTheDriverDoes(t *testing.T) {
	t.Parallel()
	desc, err := start(t, nil, nil).Description(t.Context())
	require.NoError(t, err)
	search := desc.Object(freshservice.ObjectRequester).Search
	doc := defaultMapping(t)
	require.NotNil(t, doc.Query())
	assert.Equal(t, mapping.Query{And: search.And, Or: search.Or, MaxLength: search.MaxLength}, *doc.Query())
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

			assert.Empty(t, unruled(doc, target), "no rule fills these")
			for _, l := range []string{freshservice.ObjectDepartment, freshservice.ObjectUser, freshservice.ObjectLocation} {
				assert.NotNil(t, desc.Object(l), "the document looks up objects of this kind")
			}
		})
	}
}

// TestMapping_FitsWhatIsServed: every default document compiles against what a
// connection that serves everything is described to have, custom fields of agents
// among it, which are offered under the names that Okta and the marketplace's apps
// have for them.
func TestMapping_FitsWhatIsServed(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{freshservice.ProfileOnCreate, freshservice.ProfileOnUpdate} {
		o := managed()
		o.AgentProfile, o.Departments = profile, freshservice.DepartmentsAsGroups
		f := start(t, &freshservicetest.Options{AgentFields: []freshservicetest.AgentField{{Name: "shift", Type: freshservicetest.TextField, Required: true}}}, o)
		desc, err := f.Description(t.Context())
		require.NoError(t, err)
		docs, sets := everyMapping(t)
		for name, doc := range docs {
			target := desc.Object(doc.Object())
			require.False(t, target.Unserved, name)
			full := doc.WithCustom(target.Type, scimSchemas()...)
			resource, err := full.ResourceType(scimSchemas(), target.Type, sets...)
			require.NoError(t, err, name)
			plan, problems := mapping.Compile(full, resource, target.Type, nil)
			require.NoError(t, problems.Err(), name)
			assert.Empty(t, unruled(full, target.Type), name)
			if doc.Object() != freshservice.ObjectAgent {
				continue
			}
			for _, path := range []string{"custom_fields.shift", "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User:shift"} {
				_, err := resource.Select(schema.MustParsePath(path))
				assert.NoError(t, err, path)
			}
			// A title is written later where the setting says so, and else passed over.
			in, stored := resource.New(), target.Type.New()
			in.SetString("userName", "a@example.com")
			in.SetString("title", "new")
			stored.SetString("email", "a@example.com")
			stored.SetString("job_title", "old")
			var out mapping.Result
			require.NoError(t, plan.ToTarget(&out, &mapping.Input{Op: mapping.Replace, Resource: in, Stored: stored}, nil))
			assert.Equal(t, profile == freshservice.ProfileOnUpdate, out.Record.String("job_title") == "new", profile)
		}
	}
}
