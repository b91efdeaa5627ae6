package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/internal/testx"
)

const (
	enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	extensionSchema  = "urn:ietf:params:scim:schemas:extension:"
)

// macros matches what OneLogin puts values in place of.
var macros = regexp.MustCompile(`\{\$(\w+\.\w+)\}`)

// oneLogin returns the template of docs/idp/onelogin.md for a help desk.
func oneLogin(t *testing.T, helpDesk string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(testx.Root(t), "docs", "idp", "onelogin.md"))
	require.NoError(t, err)
	for _, block := range strings.Split(string(page), "\n```json\n")[1:] {
		template, _, _ := strings.Cut(block, "\n```\n")
		if strings.Contains(template, extensionSchema+helpDesk+":") {
			return template
		}
	}
	require.Fail(t, "the page has no template", helpDesk)
	return ""
}

// filled puts values in place of macros, "" where there is none.
func filled(template string, values map[string]string) string {
	return macros.ReplaceAllStringFunc(template, func(m string) string {
		return values[macros.FindStringSubmatch(m)[1]]
	})
}

// What administrators are told to paste has to work, filled and with empty
// parameters.
func TestOneLoginTemplates(t *testing.T) {
	t.Parallel()
	r := start(t, newProgram())
	for helpDesk, want := range map[string]struct{ badge, unit string }{
		"freshservice": {"blue", "department"},
		"zendesk":      {"badge_blue", "organization"},
	} {
		t.Run(helpDesk, func(t *testing.T) {
			t.Parallel()
			template, c := oneLogin(t, helpDesk), r.connection(helpDesk+"-sandbox")
			values := map[string]string{
				"parameters.scimusername": "aldo@example.com", "user.email": "aldo@example.com",
				"user.firstname": "Aldo", "user.lastname": "Berg", "user.display_name": "Aldo Berg",
			}
			full := map[string]string{
				"parameters.title": "Planner", "parameters.phone": "+44 20 7946 0003",
				"parameters.department": "Sales", "parameters.external_manager_id": "ada@example.com", "parameters.organization": "Sales",
				"parameters.location": "Headquarters", "parameters.badge_color": want.badge,
			}
			for name, value := range values {
				full[name] = value
			}
			for _, m := range macros.FindAllStringSubmatch(template, -1) {
				require.Contains(t, full, m[1], "a macro that this test does not know")
			}

			made := ask(t, http.MethodPost, c.SCIMURL+"/Users", c.Token, filled(template, full))
			require.Equal(t, http.StatusCreated, made.status, made.text)
			user := made.object(t)
			assert.Equal(t, "aldo@example.com", user["userName"])
			assert.Equal(t, true, user["active"])
			enterprise := user[enterpriseSchema].(map[string]any)
			assert.Equal(t, "Sales", enterprise[want.unit])
			if helpDesk == "freshservice" {
				assert.Equal(t, "21000000107", enterprise["manager"].(map[string]any)["value"], "Ada")
			}
			assert.Equal(t, want.badge, user[extensionSchema+helpDesk+":2.0:User"].(map[string]any)["badge_color"])

			emptied := ask(t, http.MethodPut, c.SCIMURL+"/Users/"+user["id"].(string), c.Token, filled(template, values))
			require.Equal(t, http.StatusOK, emptied.status, emptied.text)
			user = emptied.object(t)
			assert.Equal(t, "Aldo Berg", user["displayName"])
			assert.NotContains(t, user, "title")
			assert.NotContains(t, user[extensionSchema+helpDesk+":2.0:User"], "badge_color")
			if helpDesk == "freshservice" {
				assert.NotContains(t, user, enterpriseSchema)
			}
		})
	}
}
