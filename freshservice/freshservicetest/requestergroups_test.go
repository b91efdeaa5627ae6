package freshservicetest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
)

func int64Of(v any) int64 {
	n, _ := v.(json.Number)
	id, _ := n.Int64()
	return id
}

// club is an account with a manual and a rule-based group.
func club(r freshservicetest.Rules) freshservicetest.Options {
	o := desk(r)
	o.Requesters = append(o.Requesters,
		freshservicetest.Requester{ID: 11, FirstName: "Bob", LastName: "Kahn", PrimaryEmail: "bob@example.com"},
		freshservicetest.Requester{ID: 12, FirstName: "Zoe", PrimaryEmail: "zoe@example.com", Inactive: true})
	o.RequesterGroups = append(o.RequesterGroups,
		freshservicetest.RequesterGroup{ID: 81, Name: "Everybody", RuleBased: true, Members: []int64{10, 11}})
	return o
}

// §6.2: create, view, list, update, delete of manual groups.
func TestRequesterGroups(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	got := a.do("POST", "/requester_groups", object{"name": "Wi-Fi", "description": "d"}).want(201)
	assert.Equal(t, "http://example.com/api/v2/requester_groups/"+got.id(), got.header.Get("Location"))
	assert.Equal(t, object{
		"id": got.object()["id"], "name": "Wi-Fi", "description": "d", "type": "manual", "workspace_id": num(1),
		"created_at": "2026-03-01T12:00:00Z", "updated_at": "2026-03-01T12:00:00Z",
	}, got.object())
	assert.Equal(t, []any{"manual", "rule_based", "manual"}, a.do("GET", "/requester_groups", nil).all("requester_groups", "type"))
	assert.Len(t, a.do("GET", "/requester_groups?per_page=1&page=2", nil).all("requester_groups", "id"), 1)
	record := a.do("PUT", "/requester_groups/80", object{"name": "VPN users"}).want(200).object()
	assert.Equal(t, "VPN users", record["name"])
	assert.Equal(t, record, a.do("GET", "/requester_groups/80", nil).want(200).object())
	a.do("PUT", "/requester_groups/80", object{"description": "x"}).wantError(400, "name", "missing_field")
	a.do("PUT", "/requester_groups/80", object{"name": "x", "type": "manual"}).wantError(400, "type", "readonly_field")
	a.do("PUT", "/requester_groups/80", object{"name": "x", "members": []int{10}}).wantError(400, "members", "invalid_field")
	a.do("POST", "/requester_groups", object{"name": "x", "workspace_id": 1}).wantError(400, "workspace_id", "invalid_field")
	a.do("POST", "/requester_groups", object{"name": "wi-fi"}).wantError(409, "name", "duplicate_value")
	a.do("POST", "/requester_groups", object{}).wantError(400, "name", "missing_field")
	a.do("PUT", "/requester_group/80", object{"name": "x"}).wantCode(404, "unknown_path")
	a.do("DELETE", "/requester_groups/80", nil).want(204)
	a.do("DELETE", "/requester_groups/80", nil).want(404)
	a.do("GET", "/requesters/10", nil).want(200)
	b := newAccount(t, club(freshservicetest.Rules{RequesterGroupNameOptionalOnUpdate: true}))
	b.do("PUT", "/requester_groups/80", object{"description": "x"}).want(200)
}

// §6.2: rule-based groups are read only; status and code are a switch.
func TestRequesterGroups_RuleBased(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]string{0: "access_denied", 400: "", 409: "inconsistent_state"} {
		a := newAccount(t, club(freshservicetest.Rules{RuleBasedStatus: status}))
		for _, call := range []reply{
			a.do("PUT", "/requester_groups/81", object{"name": "x"}),
			a.do("DELETE", "/requester_groups/81", nil),
			a.do("POST", "/requester_groups/81/members/10", nil),
			a.do("DELETE", "/requester_groups/81/members/10", nil),
		} {
			switch status {
			case 400:
				call.wantError(400, "type", "incompatible_field")
			case 0:
				call.wantCode(403, code)
			default:
				call.wantCode(status, code)
			}
		}
		assert.Equal(t, []any{num(10), num(11)}, a.do("GET", "/requester_groups/81/members", nil).all("requesters", "id"))
	}
	a := newAccount(t, club(freshservicetest.Rules{RuleBasedDeletable: true}))
	a.do("DELETE", "/requester_groups/81", nil).want(204)
}

// §6.2: members are added and removed one at a time, and listed in a reduced
// shape with the key "email".
func TestRequesterGroups_Members(t *testing.T) {
	t.Parallel()
	a := newAccount(t, club(freshservicetest.Rules{}))
	got := a.do("POST", "/requester_groups/80/members/11", nil).want(200)
	assert.Empty(t, got.raw)
	list := a.do("GET", "/requester_groups/80/members", nil).want(200)
	assert.Equal(t, []any{
		object{"id": num(10), "first_name": "Ada", "last_name": nil, "email": "ada@example.com"},
		object{"id": num(11), "first_name": "Bob", "last_name": "Kahn", "email": "bob@example.com"},
	}, list.body["requesters"])
	paged := a.do("GET", "/requester_groups/80/members?per_page=1", nil)
	assert.Equal(t, []any{num(10)}, paged.all("requesters", "id"))
	assert.Contains(t, paged.header.Get("Link"), "page=2")
	a.do("DELETE", "/requester_groups/80/members/10", nil).want(204)
	assert.Equal(t, []any{num(11)}, a.do("GET", "/requester_groups/80/members", nil).all("requesters", "id"))

	a.do("POST", "/requester_groups/80/members/11", nil).want(200)
	a.do("DELETE", "/requester_groups/80/members/10", nil).want(404)
	a.do("POST", "/requester_groups/80/members/99", nil).want(404)
	a.do("POST", "/requester_groups/80/members/x", nil).want(404)
	a.do("POST", "/requester_groups/99/members/10", nil).want(404)
	a.do("GET", "/requester_groups/99/members", nil).want(404)
	a.do("POST", "/requester_groups/80/members/2", nil).want(404)
	a.do("POST", "/requester_groups/80/members/12", nil).wantError(400, "active", "incompatible_field")
	a.do("POST", "/requester_groups/80/members/10", object{}).wantCode(400, "no_content_required")
	assert.Equal(t, []any{num(11)}, a.do("GET", "/requester_groups/80/members", nil).all("requesters", "id"))
}

// §13.8: repeated additions and removals, agents and deactivated requesters.
func TestRequesterGroups_MemberRules(t *testing.T) {
	t.Parallel()
	with := func(r freshservicetest.Rules) *account { return newAccount(t, club(r)) }
	with(freshservicetest.Rules{AddMemberAgainStatus: 409}).do("POST", "/requester_groups/80/members/10", nil).wantCode(409, "inconsistent_state")
	with(freshservicetest.Rules{AddMemberAgainStatus: 400}).do("POST", "/requester_groups/80/members/10", nil).wantError(400, "requester_id", "incompatible_field")
	with(freshservicetest.Rules{RemoveAbsentMemberStatus: 204}).do("DELETE", "/requester_groups/80/members/11", nil).want(204)
	with(freshservicetest.Rules{RemoveAbsentMemberStatus: 409}).do("DELETE", "/requester_groups/80/members/11", nil).want(409)
	with(freshservicetest.Rules{InactiveJoinRequesterGroups: true}).do("POST", "/requester_groups/80/members/12", nil).want(200)
	got := with(freshservicetest.Rules{AddMemberBody: true}).do("POST", "/requester_groups/80/members/11", nil).want(200).object()
	assert.Equal(t, "bob@example.com", got["email"])
	a := with(freshservicetest.Rules{AgentsJoinRequesterGroups: true})
	a.do("POST", "/requester_groups/80/members/2", nil).want(200)
	a.do("PUT", "/requesters/10/convert_to_agent", nil).want(200)
	assert.Equal(t, []any{num(2), num(10)}, a.do("GET", "/requester_groups/80/members", nil).all("requesters", "id"))
}

// §4.7, §6.2: deactivation, promotion and forgetting end memberships, and
// reactivation does not bring them back.
func TestRequesterGroups_MembersLeave(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*account){
		"deactivated": func(a *account) { a.do("DELETE", "/requesters/10", nil).want(204) },
		"reactivated": func(a *account) {
			a.do("DELETE", "/requesters/10", nil).want(204)
			a.do("PUT", "/requesters/10/reactivate", nil).want(200)
		},
		"promoted":  func(a *account) { a.do("PUT", "/requesters/10/convert_to_agent", nil).want(200) },
		"forgotten": func(a *account) { a.do("DELETE", "/requesters/10/forget", nil).want(204) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t, club(freshservicetest.Rules{}))
			leave(a)
			for _, group := range []string{"80", "81"} {
				assert.NotContains(t, a.do("GET", "/requester_groups/"+group+"/members", nil).all("requesters", "id"), num(10))
			}
		})
	}
}
