package mappingtest_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/mapping/mappingtest"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

func options(t testing.TB) *mappingtest.Options {
	t.Helper()
	entry := func(s string) expr.Entry {
		return expr.Entry{SCIM: schema.StringValue(s), Native: schema.StringValue(s)}
	}
	locales, err := expr.NewValueMap(expr.MapSpec{Entries: []expr.Entry{entry("en-US"), entry("de"), entry("fr")}, Parent: true,
		Default: schema.StringValue("en-US")})
	require.NoError(t, err)
	return &mappingtest.Options{
		Schemas: []schema.Schema{scim.UserSchema(), scim.EnterpriseUserSchema(), scim.GroupSchema()},
		Patch:   patchThroughSCIM,
		// The driver's map, from the account's list of locales.
		Compile: &mapping.Options{ValueMaps: map[string]*expr.ValueMap{"zendesk.locale": locales}},
	}
}

// TestVectors runs the shared vectors. One that is skipped has to fail: else its
// line in testdata/skip.txt is out of date.
func TestVectors(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testx.Shared(t), "vectors", "mapping")
	skip := skipList(t)
	results, err := mappingtest.RunFS(os.DirFS(dir), options(t))
	require.NoError(t, err)
	require.NotEmpty(t, results)
	for _, r := range results {
		t.Run(strings.TrimSuffix(r.File, ".json"), func(t *testing.T) {
			t.Parallel()
			reason, skipped := skip[r.File]
			if skipped {
				assert.Error(t, r.Err, "passes, but is skipped: %s", reason)
				return
			}
			assert.NoError(t, r.Err)
		})
	}
	for name := range skip {
		assert.FileExists(t, filepath.Join(dir, name))
	}
}

// TestCases runs cases for what no shared vector covers: combined matches, limits,
// overlong queries.
func TestCases(t *testing.T) {
	t.Parallel()
	results, err := mappingtest.RunFS(os.DirFS(filepath.Join("testdata", "cases")), options(t))
	require.NoError(t, err)
	require.NotEmpty(t, results)
	for _, r := range results {
		t.Run(strings.TrimSuffix(r.File, ".json"), func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, r.Err)
			assert.Equal(t, r.Name+".json", r.File)
		})
	}
}

func skipList(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "skip.txt"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	skip := make(map[string]string)
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, ": ")
		require.True(t, ok, "a line is a file, a colon and the reason: %s", line)
		skip[name] = reason
	}
	return skip
}

// TestReferenceDocuments runs the tests of the example documents.
func TestReferenceDocuments(t *testing.T) {
	t.Parallel()
	docs, ds := mapping.ParseFS(os.DirFS(filepath.Join(testx.Shared(t), "reference", "mappings")))
	require.Empty(t, ds.String())
	require.Len(t, docs, 3)
	for _, doc := range docs {
		t.Run(doc.Name(), func(t *testing.T) {
			t.Parallel()
			for _, r := range mappingtest.RunDocument(doc, options(t)) {
				t.Run(r.Name, func(t *testing.T) {
					t.Parallel()
					assert.NoError(t, r.Err)
				})
			}
		})
	}
}
