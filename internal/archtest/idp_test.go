package archtest

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/zendesk"
)

// attributeColumn begins the column of attributes in the tables in which the pages
// for identity providers say which attribute comes to which field. The columns of
// fields have the names of the applications.
const attributeColumn = "SCIM attribute"

// code matches what a cell names as code.
var code = regexp.MustCompile("`([^`]+)`")

// mapped are the fields that each attribute of a default mapping is written to.
type mapped map[string][]string

// mappedFields reads the default mappings of users.
func (app application) mappedFields(t *testing.T) mapped {
	t.Helper()
	out := mapped{}
	for _, doc := range app.documents(t) {
		for _, r := range doc.Rules {
			if doc.Resource.Type != "User" || r.Target == "" || r.Direction == "toScim" {
				continue
			}
			if r.SCIM != "" {
				out[r.SCIM] = append(out[r.SCIM], r.Target)
			}
			// Expressions name the attributes that they put together.
			for _, name := range regexp.MustCompile(`[a-zA-Z]+(\[type eq "work"\])?(\.[a-zA-Z]+)?`).FindAllString(r.Expr, -1) {
				out[name] = append(out[name], r.Target)
			}
		}
	}
	return out
}

// tableBreaches returns the rows of a page's attribute tables that a mapping
// contradicts: a field that the attribute does not reach, and an attribute that
// reaches a field although the cell is empty.
func tableBreaches(page string, targets map[string]mapped) (breaches []string, rows int) {
	var columns []string
	for _, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "|") {
			columns = nil
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if columns == nil {
			columns = cells
			continue
		}
		at := slices.Index(columns, attributeColumn)
		if at < 0 || at >= len(cells) {
			continue
		}
		m := code.FindStringSubmatch(cells[at])
		if m == nil || m[0] != cells[at] {
			continue // a group of attributes, in words
		}
		attribute := m[1]
		rows++
		for i, column := range columns {
			fields, ok := targets[column]
			if !ok || i >= len(cells) {
				continue
			}
			breaches = append(breaches, cellBreaches(attribute, column, cells[i], fields)...)
		}
	}
	return breaches, rows
}

func cellBreaches(attribute, column, cell string, fields mapped) []string {
	var out []string
	if cell == "" && len(fields[attribute]) > 0 {
		out = append(out, fmt.Sprintf("%s: %s reaches %s", column, attribute, fields[attribute][0]))
	}
	// The field stands first; what follows are words, and names of other things.
	m := code.FindStringSubmatch(cell)
	if m != nil && strings.HasPrefix(cell, m[0]) && !slices.Contains(fields[attribute], m[1]) {
		out = append(out, fmt.Sprintf("%s: %s does not reach %s", column, attribute, m[1]))
	}
	return out
}

// TestIdentityProviders checks the attribute tables of the pages for identity
// providers against the default mappings.
func TestIdentityProviders(t *testing.T) {
	t.Parallel()
	targets := map[string]mapped{}
	for _, app := range applications {
		targets[app.name] = app.mappedFields(t)
	}
	for _, page := range []string{"okta", "entra", "miniorange", "onelogin"} {
		breaches, rows := tableBreaches(read(t, filepath.Join("docs", "idp", page+".md")), targets)
		assert.Empty(t, breaches, page)
		assert.Greater(t, rows, 10, "rows of the table of %s", page)
	}
}

// newObjects matches what a table says of the setting new_objects.
var newObjects = regexp.MustCompile("(?m)^\\|.*`new_objects: \\{Group: (\\w+)\\}`")

// TestIdentityProviders_Groups checks that the first page says of each object that
// a group can become how it becomes one, but for those that it becomes where
// nothing is said.
func TestIdentityProviders_Groups(t *testing.T) {
	t.Parallel()
	unsaid := []string{freshservice.ObjectRequesterGroup, zendesk.ObjectGroup}
	var want, got []string
	for _, app := range applications {
		for _, doc := range app.documents(t) {
			if doc.Resource.Type == "Group" && !slices.Contains(unsaid, doc.Target.Object) {
				want = append(want, doc.Target.Object)
			}
		}
	}
	for _, m := range newObjects.FindAllStringSubmatch(read(t, "docs/idp/README.md"), -1) {
		got = append(got, m[1])
	}
	require.NotEmpty(t, want)
	assert.ElementsMatch(t, want, got)
}

func TestTableBreaches(t *testing.T) {
	t.Parallel()
	targets := map[string]mapped{
		"Freshservice": {"title": {"job_title"}, "userName": {"primary_email"}},
		"Zendesk":      {"userName": {"email"}},
	}
	const head = "| Okta | SCIM attribute | Freshservice | Zendesk |\n|---|---|---|---|\n"
	breaches, rows := tableBreaches(head+"| a | `title` | `job_title` | |\n| b | `userName` | `primary_email`, in lower case | `email` |\n", targets)
	assert.Empty(t, breaches)
	assert.Equal(t, 2, rows)
	breaches, _ = tableBreaches(head+"| a | `title` | `title` | `email` |\n| b | `userName` | | |\n", targets)
	assert.Equal(t, []string{
		"Freshservice: title does not reach title", "Zendesk: title does not reach email",
		"Freshservice: userName reaches primary_email", "Zendesk: userName reaches email",
	}, breaches)
}
