package provision_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

// TestVariants_Life takes a user through a whole life under every doubtful rule
// of the vendor's, one at a time: what is not documented must not matter.
func TestVariants_Life(t *testing.T) {
	t.Parallel()
	const ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	const fs = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:User"
	for _, v := range freshservicetest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, &freshservicetest.Options{
				Rules:       v.Rules,
				Departments: []freshservicetest.Department{{ID: 42, Name: "Lab"}},
				Fields:      []freshservicetest.RequesterField{{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green"}}, {Name: "desk"}},
				Requesters:  []freshservicetest.Requester{{ID: 500, FirstName: "Boss", PrimaryEmail: "boss@example.com"}},
			}, nil, nil)
			body := func(more map[string]any) map[string]any {
				in := user("ada@example.com", map[string]any{
					"externalId": "x-1", "title": "Analyst",
					"emails":       []any{map[string]any{"type": "work", "value": "ada@example.com", "primary": true}, map[string]any{"type": "other", "value": "a@example.org"}},
					"phoneNumbers": []any{map[string]any{"type": "work", "value": "5551234"}},
					ent:            map[string]any{"department": "Lab", "manager": map[string]any{"value": "500"}},
					fs:             map[string]any{"badge_color": "red", "desk": "7b", "seesDepartmentTickets": true},
				})
				for k, v := range more {
					in[k] = v
				}
				return in
			}
			title := "Analyst"
			if len(v.Rules.SilentlyIgnores) > 0 {
				title = "" // the account does not keep it
			}
			whole := func(body map[string]any, title, badge string) {
				t.Helper()
				assert.Equal(t, "ada@example.com", body["userName"])
				assert.Equal(t, "x-1", body["externalId"])
				if title == "" {
					assert.Nil(t, body["title"])
				} else {
					assert.Equal(t, title, body["title"])
				}
				require.IsType(t, map[string]any{}, body[ent])
				assert.Equal(t, "Lab", body[ent].(map[string]any)["department"])
				require.IsType(t, map[string]any{}, body[ent].(map[string]any)["manager"])
				assert.Equal(t, "500", body[ent].(map[string]any)["manager"].(map[string]any)["value"])
				assert.Equal(t, badge, body[fs].(map[string]any)["badge_color"])
				assert.Equal(t, "7b", body[fs].(map[string]any)["desk"])
				assert.Equal(t, true, body[fs].(map[string]any)["seesDepartmentTickets"])
				assert.Len(t, body["emails"], 2)
				assert.Equal(t, true, body["active"])
			}
			made := create(t, w, body(nil))
			id := made.ID()
			path := "/Users/" + id
			whole(made.Body, title, "red")
			whole(must(t, w, "GET", path, nil, 200).Body, title, "red")
			assert.Equal(t, 1, find(t, w, `userName eq "ADA@example.com"`).Total(), "found at once")
			assert.Equal(t, 1, find(t, w, `emails[type eq "work"].value eq "ada@example.com"`).Total())
			assert.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
			assert.Equal(t, 2, must(t, w, "GET", "/Users", nil, 200).Total())
			must(t, w, "POST", "/Users", body(nil), 409)
			require.Len(t, w.account.Requesters(), 2)

			whole(must(t, w, "PUT", path, body(map[string]any{"title": "Countess"}), 200).Body, or(title, "Countess"), "red")
			whole(must(t, w, "PATCH", path, patch(set(fs+":badge_color", "green")), 200).Body, or(title, "Countess"), "green")
			r := must(t, w, "PATCH", path, patch(map[string]any{"op": "remove", "path": "title"}), 200)
			assert.Nil(t, r.Body["title"])
			whole(must(t, w, "GET", path, nil, 200).Body, "", "green")

			r = must(t, w, "PATCH", path, patch(set("active", false)), 200)
			assert.Equal(t, false, r.Body["active"])
			assert.Equal(t, false, must(t, w, "GET", path, nil, 200).Body["active"])
			assert.Equal(t, 1, find(t, w, `userName eq "ada@example.com"`).Total(), "a disabled one stays visible")
			assert.Equal(t, 1, find(t, w, `emails[type eq "work"].value eq "ada@example.com"`).Total())
			assert.Equal(t, 1, find(t, w, `externalId eq "x-1"`).Total())
			must(t, w, "POST", "/Users", body(nil), 409)
			must(t, w, "PATCH", path, patch(set("active", false)), 200)

			whole(must(t, w, "PATCH", path, patch(set("active", true)), 200).Body, "", "green")
			whole(must(t, w, "GET", path, nil, 200).Body, "", "green")

			must(t, w, "PUT", path, body(map[string]any{"active": false}), 200)
			assert.Equal(t, false, record(t, w, id)["active"])
			must(t, w, "DELETE", path, nil, 204)
			must(t, w, "GET", path, nil, 404)
			must(t, w, "DELETE", path, nil, 404)
			assert.Equal(t, 0, find(t, w, `userName eq "ada@example.com"`).Total())
			assert.Equal(t, 0, find(t, w, `externalId eq "x-1"`).Total())
			assert.Equal(t, 1, must(t, w, "GET", "/Users", nil, 200).Total())
			assert.Equal(t, false, record(t, w, id)["active"], "never erased")

			if v.Rules.EmailFilterUsesIndex || v.Rules.EmailFilterHidesInactive {
				w.clock.Advance(5 * time.Minute) // nothing else finds who has the address
			}
			again := create(t, w, body(nil))
			assert.Equal(t, id, again.ID(), "the same account")
			whole(again.Body, title, "red")
			whole(must(t, w, "GET", path, nil, 200).Body, title, "red")
			assert.Equal(t, true, record(t, w, id)["active"])
			assert.Len(t, w.account.Requesters(), 2)
			must(t, w, "DELETE", path, nil, 204)
			assert.Equal(t, false, record(t, w, id)["active"])
			assert.NotEmpty(t, fmt.Sprint(w.events.last().Words))
		})
	}
}

func or(title, then string) string {
	if title == "" {
		return ""
	}
	return then
}
