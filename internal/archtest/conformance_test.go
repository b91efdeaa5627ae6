package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
)

const conformanceTable = "docs/conformance.md"

// statuses are what the conformance table can say of a line of the RFCs. Those
// that are true need a test.
var statuses = map[string]bool{
	"met":            true,
	"by the backend": false,
	"refused":        true,
	"not offered":    false,
	"departure":      false,
	"deployment":     false,
}

// checklistIDs matches the ids of the checklist, in its lists and in its tables.
var checklistIDs = regexp.MustCompile(`(?m)^(?:\d+\. |\| )([A-Z]{3}-\d\d) `)

// TestConformance_Checklist compares the list of ids that comes with the tests
// with the checklist itself.
func TestConformance_Checklist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(testx.Shared(t), "reference", "rfc-checklist.md"))
	require.NoError(t, err)
	var want []string
	for _, m := range checklistIDs.FindAllStringSubmatch(string(text), -1) {
		want = append(want, m[1])
	}
	assert.Equal(t, want, checklist(t))
}

// checklist returns the ids of all lines that the table has to have.
func checklist(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "checklist.txt"))
	require.NoError(t, err)
	return strings.Fields(string(text))
}

// TestConformance keeps the table honest: it has every line once, and the tests
// that it names are there. That they pass, their own packages show.
func TestConformance(t *testing.T) {
	t.Parallel()
	ids := checklist(t)
	require.Greater(t, len(ids), 300)
	for _, breach := range conformanceBreaches(read(t, conformanceTable), ids, testsOf(t)) {
		t.Error(breach)
	}
}

var (
	conformanceRow = regexp.MustCompile(`^\| ([A-Z]{3}-\d\d) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$`)
	codeSpan       = regexp.MustCompile("`([^`]*)`")
)

// conformanceBreaches returns what is wrong with the table.
func conformanceBreaches(document string, ids []string, tests testIndex) []string {
	var out []string
	seen := map[string]bool{}
	for i, line := range strings.Split(document, "\n") {
		breach := func(format string, args ...any) {
			out = append(out, fmt.Sprintf("%s:%d: ", conformanceTable, i+1)+fmt.Sprintf(format, args...))
		}
		m := conformanceRow.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "| ") && checklistIDs.MatchString(line) {
				breach("the row does not have four cells")
			}
			continue
		}
		id, status, how := m[1], m[2], m[3]
		needsTest, known := statuses[status]
		named := codeSpan.FindAllStringSubmatch(m[4], -1)
		switch {
		case !slices.Contains(ids, id):
			breach("the checklist has no %s", id)
		case seen[id]:
			breach("%s is there twice", id)
		case !known:
			breach("%s: %q is no status", id, status)
		case needsTest && len(named) == 0:
			breach("%s: %s needs a test", id, status)
		case strings.TrimSpace(how) == "":
			breach("%s does not say how", id)
		}
		seen[id] = true
		for _, n := range named {
			if why := tests.missing(n[1]); why != "" {
				breach("%s: %s: %s", id, n[1], why)
			}
		}
	}
	for _, id := range ids {
		if !seen[id] {
			out = append(out, fmt.Sprintf("%s: %s is missing", conformanceTable, id))
		}
	}
	return out
}

func TestConformanceBreaches(t *testing.T) {
	t.Parallel()
	tests := testIndex{"scim.TestOne": {"GEN-01": true}}
	for row, want := range map[string]string{
		"| GEN-01 | met | by this | `scim.TestOne/GEN-01`, `scim.TestOne` |": "",
		"| GEN-01 | departure | for a reason | |":                            "the row does not have four cells",
		"| GEN-01 | departure | for a reason |  |":                           "",
		"| GEN-01 | met | by this | `scim.TestTwo` |":                        "GEN-01: scim.TestTwo: there is no such test",
		"| GEN-01 | met | by this | `scim.TestOne/GEN-02` |":                 "GEN-01: scim.TestOne/GEN-02: the test has no such subtest",
		"| GEN-01 | departure | for a reason | `somewhere` |":                "GEN-01: somewhere: is no test's name",
		"| GEN-01 | met | by this |  |":                                      "GEN-01: met needs a test",
		"| GEN-01 | refused | as may be |  |":                                "GEN-01: refused needs a test",
		"| GEN-01 | done | by this | `scim.TestOne` |":                       `GEN-01: "done" is no status`,
		"| GEN-01 | met |   | `scim.TestOne` |":                              "GEN-01 does not say how",
		"| GEN-01 | met | by | this | `scim.TestOne` |":                      "the row does not have four cells",
	} {
		got := conformanceBreaches("# Title\n"+row+"\n", []string{"GEN-01"}, tests)
		switch want {
		case "":
			assert.Empty(t, got, row)
		default:
			require.NotEmpty(t, got, row)
			assert.Equal(t, conformanceTable+":2: "+want, got[0], row)
		}
	}
	const row = "| GEN-01 | met | by this | `scim.TestOne` |\n"
	assert.Equal(t, []string{conformanceTable + ": GEN-02 is missing"}, conformanceBreaches(row, []string{"GEN-01", "GEN-02"}, tests))
	assert.Equal(t, []string{conformanceTable + ":2: GEN-01 is there twice"}, conformanceBreaches(row+row, []string{"GEN-01"}, tests))
	assert.Equal(t, []string{conformanceTable + ":1: the checklist has no GEN-01"}, conformanceBreaches(row, nil, tests))
}
