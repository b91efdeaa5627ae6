package provision_test

import (
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/connector/memory"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/scimtest"
)

// officeMapping joins users to people of departments, which are made when they are
// missing, and of teams, which are not.
func officeMapping() fs.FS {
	return fstest.MapFS{"person.yaml": {Data: []byte(`
apiVersion: mapping/v1
name: person
resource:
  type: User
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]
prefixes: {ent: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}
target:
  object: person
  schema:
    fields:
      name: {type: string, required: true, filter: [eq]}
      title: {type: string, maxLength: 5}
      department: {type: string}
match: [{precedence: 1, scim: userName, target: name}]
lookups:
  department: {object: department, keys: [name], value: id, onMissing: create, create: {note: '"for " + userName'}}
rules:
  - {scim: userName, target: name, required: true}
  - {scim: title, target: title}
  - {scim: 'ent:department', target: department, pipe: ['lookup("department")']}
`)}}
}

// office is a connection to people and departments in memory.
func office(t *testing.T, o *provision.Options) (*world, *memory.Driver) {
	t.Helper()
	typ := func(name string, fields schema.Fields) *schema.Type {
		fields["id"] = schema.Attribute{Mutability: schema.ReadOnly}
		out, err := schema.NewType(name, fields)
		require.NoError(t, err)
		return out
	}
	d, err := memory.New([]memory.Object{
		{Name: "person", Unique: []string{"name"}, Type: typ("person", schema.Fields{"name": {Required: true, Filter: schema.Eq}, "title": {}, "department": {}})},
		{Name: "department", Index: []string{"name"}, Type: typ("department", schema.Fields{"name": {Required: true, Filter: schema.Eq}, "note": {}})},
	}, nil)
	require.NoError(t, err)
	w := newWorld(t)
	w.target, err = connector.NewTarget(d, nil)
	require.NoError(t, err)
	w.mappings = officeMapping()
	w.serve(o, scim.ProfileCompatible())
	return w, d
}

func departmentsOf(t *testing.T, d *memory.Driver) []string {
	t.Helper()
	p, err := d.List(t.Context(), "department", connector.Query{})
	require.NoError(t, err)
	var out []string
	for _, r := range p.Records {
		out = append(out, r.String("name")+" "+r.String("note"))
	}
	return out
}

func inDepartment(name, department string) map[string]any {
	return user(name, map[string]any{scim.EnterpriseUserURN: map[string]any{"department": department}})
}

func TestCreateReferences(t *testing.T) {
	t.Parallel()
	w, d := office(t, &provision.Options{CreateReferences: true})
	ada := create(t, w, inDepartment("ada", "Lab"))
	assert.Equal(t, "Lab", ada.Body[scim.EnterpriseUserURN].(map[string]any)["department"])
	assert.Equal(t, []string{"Lab for ada"}, departmentsOf(t, d))
	assert.Contains(t, w.events.last().Words, "did not exist and was made")
	create(t, w, inDepartment("bob", "LAB"))
	assert.Len(t, departmentsOf(t, d), 1, "it is there now")
	must(t, w, "PATCH", "/Users/"+ada.ID(), patch(set(scim.EnterpriseUserURN+":department", "Ops")), 200)
	assert.Equal(t, []string{"Lab for ada", "Ops for ada"}, departmentsOf(t, d))

	tooLong := inDepartment("eve", "Spies")
	tooLong["title"] = "Director"
	must(t, w, "POST", "/Users", tooLong, 400)
	assert.Len(t, departmentsOf(t, d), 2, "nothing is made for a write that another rule refuses")
}

func TestCreateReferences_NotAllowed(t *testing.T) {
	t.Parallel()
	w, d := office(t, &provision.Options{})
	got := must(t, w, "POST", "/Users", inDepartment("ada", "Lab"), 400)
	assert.Contains(t, got.Body["detail"], `no department with name "Lab"`)
	assert.Empty(t, departmentsOf(t, d))
}

// TestCreateReferences_Once: however many miss the same record at the same time, it
// is made once, even where the target lets several have one name.
func TestCreateReferences_Once(t *testing.T) {
	t.Parallel()
	w, d := office(t, &provision.Options{CreateReferences: true})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c := scimtest.NewClient(scimtest.Handler(w.handler, baseURL, token))
			res, err := c.Create(t.Context(), "/Users", inDepartment(fmt.Sprint("user", i), []string{"Lab", "lab"}[i%2]))
			assert.NoError(t, err)
			assert.Equal(t, 201, res.Status)
		})
	}
	wg.Wait()
	assert.Len(t, departmentsOf(t, d), 1)
}

// TestCreateReferences_Lost: an answer that got lost is settled by looking again.
func TestCreateReferences_Lost(t *testing.T) {
	t.Parallel()
	w, d := office(t, &provision.Options{CreateReferences: true})
	d.Fail(memory.Fault{Op: "create", Object: "department", Code: connector.Ambiguous, After: true})
	create(t, w, inDepartment("ada", "Lab"))
	assert.Len(t, departmentsOf(t, d), 1)
}
