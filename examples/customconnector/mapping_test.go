package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// maxDriver is how many lines a driver may have, comments and blank lines
// included.
const maxDriver = 150

func TestDriver_IsShort(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("directory.go")
	require.NoError(t, err)
	assert.LessOrEqual(t, strings.Count(string(source), "\n"), maxDriver)
}

func TestMapping_Tests(t *testing.T) {
	t.Parallel()
	docs, problems := mapping.ParseFS(Mappings)
	require.NoError(t, problems.Err())
	require.Len(t, docs, 1)
	results := mappingtest.RunDocument(docs[0], &mappingtest.Options{
		Schemas: []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema()},
		Patch:   replaceText,
	})
	require.NotEmpty(t, results)
	for _, r := range results {
		assert.NoError(t, r.Err, r.Name)
	}
}

// TestMapping_FieldsOfTheDriver compares what the document says of the fields with
// what the driver says.
func TestMapping_FieldsOfTheDriver(t *testing.T) {
	t.Parallel()
	d, err := New("users.csv")
	require.NoError(t, err)
	docs, problems := mapping.ParseFS(Mappings)
	require.NoError(t, problems.Err())
	assert.NoError(t, mappingtest.CheckFields(docs[0], d.user))
}

// replaceText carries out operations that replace texts, all that the document's
// tests have.
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
		ops = append(ops, scim.Op{Kind: scim.OpReplace, Target: sel, Value: schema.StringValue(w.Value), CreateMissing: true})
	}
	return scim.ApplyPatch(cur, ops)
}
