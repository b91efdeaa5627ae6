package provision_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

const freshGroup = "urn:ietf:params:scim:schemas:extension:freshservice:2.0:Group"

// groupBody is the body of a group; kind "" says nothing of that.
func groupBody(name, kind string, members ...string) map[string]any {
	list := []map[string]any{}
	for _, id := range members {
		list = append(list, map[string]any{"value": id})
	}
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name, "members": list}
	if kind != "" {
		body[freshGroup] = map[string]any{"kind": kind}
	}
	return body
}

// TestRoutes_WhatAGroupBecomes: a group that says what it is becomes that, whatever
// the setting says of those that do not.
func TestRoutes_WhatAGroupBecomes(t *testing.T) {
	t.Parallel()
	driver := &freshservice.Options{Agents: freshservice.AgentsManaged, Owner: "admin@example.com", Departments: freshservice.DepartmentsAsGroups}
	for _, preferred := range []string{"", "agent_group", "requester_group", "department"} {
		o := &provision.Options{}
		tags := map[string]string{"": "rg-", "agent": "ag-", "Requester": "rg-", "department": "dp-", "bogus": ""}
		if preferred != "" {
			o.NewObjects = map[string]string{"Group": preferred}
			tags[""] = map[string]string{"agent_group": "ag-", "requester_group": "rg-", "department": "dp-"}[preferred]
		}
		w := freshserviceWorld(t, nil, driver, o)
		for kind, tag := range tags {
			if tag == "" {
				r := must(t, w, "POST", "/Groups", groupBody("G"+kind, kind), 400)
				assert.Equal(t, "invalidValue", r.Body["scimType"])
				assert.Contains(t, r.Body["detail"], "no-known-kind")
				continue
			}
			r := must(t, w, "POST", "/Groups", groupBody("G"+kind, kind), 201)
			assert.True(t, strings.HasPrefix(r.ID(), tag), "%q with %q: %s", kind, preferred, r.ID())
		}
	}
}

// TestRoutes_MembersOfAnyKind: whoever of the kinds that can be members nobody has
// seen yet is found.
func TestRoutes_MembersOfAnyKind(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{
		Agents:     []freshservicetest.Agent{{ID: 70, FirstName: "A", Email: "a@example.com"}},
		Requesters: []freshservicetest.Requester{{ID: 71, FirstName: "R", PrimaryEmail: "r@example.com"}},
	}
	driver := &freshservice.Options{Agents: freshservice.AgentsManaged, Owner: "admin@example.com", Departments: freshservice.DepartmentsAsGroups}
	w := freshserviceWorld(t, account, driver, nil)
	r := must(t, w, "POST", "/Groups", groupBody("Lab", "department", "70", "71"), 201)
	assert.Len(t, r.Body["members"], 2)
	assert.NotEmpty(t, w.account.Agent(70)["department_ids"])
	assert.NotEmpty(t, w.account.Requester(71)["department_ids"])
	must(t, w, "PATCH", "/Groups/"+r.ID(), patch(map[string]any{"op": "add", "path": "members", "value": []map[string]any{{"value": "72"}}}), 400)
}

// TestRoutes_APUTOfAGroupKeepsCustomFields: identity providers know a group by its
// name and members.
func TestRoutes_APUTOfAGroupKeepsCustomFields(t *testing.T) {
	t.Parallel()
	const ext = "urn:ietf:params:scim:schemas:extension:zendesk:2.0:Group"
	account := &zendesktest.Options{OrganizationFields: []zendesktest.UserField{{Key: "region"}}}
	w := zendeskWorld(t, account, &zendesk.Options{Organizations: "groups"}, &provision.Options{NewObjects: map[string]string{"Group": "organization"}})
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Lab", ext: map[string]any{"region": "north"}}
	id := must(t, w, "POST", "/Groups", body, 201).ID()
	region := func() any {
		r := must(t, w, "GET", "/Groups/"+id, nil, 200)
		m, _ := r.Body[ext].(map[string]any)
		return m["region"]
	}
	require.Equal(t, "north", region())
	must(t, w, "PUT", "/Groups/"+id, groupBody("Lab 2", ""), 200)
	assert.Equal(t, "north", region())
	body[ext] = map[string]any{"region": "south"}
	must(t, w, "PUT", "/Groups/"+id, body, 200)
	assert.Equal(t, "south", region())
	must(t, w, "PATCH", "/Groups/"+id, patch(map[string]any{"op": "remove", "path": ext + ":region"}), 204)
	assert.Nil(t, region())
}
