package provision_test

import (
	"bytes"
	"net/url"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim/scimtest"
)

const deskUser, deskGroup = deskURN + ":User", deskURN + ":Group"

// person is the body of a user of a desk.
func person(name string, ext map[string]any, more ...any) map[string]any {
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": name}
	if ext != nil {
		body[deskUser] = ext
	}
	for i := 0; i < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

func names(r *scimtest.Response) []string {
	var out []string
	for _, res := range r.Resources() {
		name, _ := res["userName"].(string)
		if name == "" {
			name, _ = res["displayName"].(string)
		}
		out = append(out, name)
	}
	return out
}

func list(t *testing.T, w *world, path string, pairs ...string) *scimtest.Response {
	t.Helper()
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	r, err := w.client.List(t.Context(), path, q)
	require.NoError(t, err)
	require.Equal(t, 200, r.Status, string(r.Raw))
	return r
}

func extensionOf(r *scimtest.Response, urn string) map[string]any {
	m, _ := r.Body[urn].(map[string]any)
	return m
}

func TestKinds_RoutesDecideWhatANewOneBecomes(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	for _, c := range []struct {
		say    any
		object string
	}{{nil, "guest"}, {true, "staff"}, {"True", "staff"}, {"false", "guest"}} {
		ext := map[string]any{"isStaff": c.say, "role": "chef"}
		r := must(t, w, "POST", "/Users", person("p"+string(rune('a'+len(d.records)))+"@example.com", ext), 201)
		assert.NotNil(t, d.rec(c.object, r.ID()), "isStaff %v makes a %s", c.say, c.object)
		assert.Equal(t, []string{"create " + c.object}, d.takeCalls())
		got := must(t, w, "GET", "/Users/"+r.ID(), nil, 200)
		assert.Equal(t, []string{"get " + c.object}, d.takeCalls(), "the kind is known")
		assert.Equal(t, c.object == "staff", extensionOf(got, deskUser)["isStaff"])
	}
}

func TestKinds_AnIDFindsItsKind(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	d.put("staff", "50", "s@example.com", "role", "chef")
	r := must(t, w, "GET", "/Users/50", nil, 200)
	assert.Equal(t, "chef", extensionOf(r, deskUser)["role"])
	assert.Equal(t, []string{"get guest", "get staff"}, d.takeCalls(), "two calls at most without a hint")
	must(t, w, "GET", "/Users/50", nil, 200)
	assert.Equal(t, []string{"get staff"}, d.takeCalls())
	must(t, w, "GET", "/Users/51", nil, 404)
	d.takeCalls()

	// Somebody makes a guest of them, behind our back.
	rec := d.rec("staff", "50")
	delete(d.records, connector.Ref{Object: "staff", ID: "50"})
	d.put("guest", "50", rec.String("email"))
	must(t, w, "PATCH", "/Users/50", patch(set("displayName", "Sam")), 200)
	assert.Equal(t, []string{"get staff", "get guest", "update guest"}, d.takeCalls(), "the hint is verified by use")
	assert.Equal(t, "Sam", d.rec("guest", "50").String("name"))
}

func TestKinds_ConversionKeepsTheIDAndWritesTheRest(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil, "displayName", "Ada"), 201).ID()
	d.takeCalls()

	r := must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", "true"), set(deskUser+":role", "chef"), set(deskUser+":dayPass", false)), 200)
	assert.Equal(t, []string{"get guest", "convert guest", "update staff"}, d.takeCalls(), "one call, and one for what a conversion sets")
	assert.Equal(t, id, r.ID())
	assert.Equal(t, map[string]any{"isStaff": true, "role": "chef", "dayPass": false}, extensionOf(r, deskUser))
	assert.Equal(t, "Ada", d.rec("staff", id).String("name"))
	assert.Equal(t, "staff", w.events.last().Target.Object)
	assert.Contains(t, w.events.last().Done, "convert")

	// A PUT that does not say what somebody is to be leaves them what they are.
	r = must(t, w, "PUT", "/Users/"+id, person("ada@example.com", nil, "displayName", "Ada B."), 200)
	assert.Equal(t, true, extensionOf(r, deskUser)["isStaff"])
	assert.Equal(t, []string{"get staff", "update staff"}, d.takeCalls())

	must(t, w, "PUT", "/Users/"+id, person("ada@example.com", map[string]any{"isStaff": false}, "displayName", "Ada B."), 200)
	assert.Equal(t, []string{"get staff", "convert staff"}, d.takeCalls(), "nothing is left to write")
	require.NotNil(t, d.rec("guest", id))
	assert.Nil(t, d.rec("staff", id))
	must(t, w, "GET", "/Users/"+id, nil, 200)
	assert.Equal(t, []string{"get guest"}, d.takeCalls())
}

func TestKinds_ADisabledAccountIsEnabledBeforeItIsConverted(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"room": "7"}), 201).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	require.Empty(t, d.rec("guest", id).String("room"))
	d.takeCalls()
	r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", true), set(deskUser+":isStaff", true)), 200)
	assert.Equal(t, []string{"get guest", "activate guest", "convert guest", "update staff"}, d.takeCalls())
	assert.Equal(t, true, r.Body["active"])
	assert.Equal(t, "7", d.rec("staff", id).String("room"), "what the deactivation took is back")
}

func TestKinds_AConversionThatCannotBeWrittenIsRefusedBefore(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil), 201).ID()
	d.takeCalls()
	must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", true), set(deskUser+":dayPass", "perhaps")), 400)
	assert.Equal(t, []string{"get guest"}, d.takeCalls())

	// Where the write after it fails, the request can be repeated.
	d.fail["update staff"] = connector.Errorf(connector.Exhausted, "day_pass", "no seat is left")
	r := must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", true), set(deskUser+":dayPass", false)), 403)
	assert.Contains(t, r.Body["detail"], "no seat is left")
	d.takeCalls()
	must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", true), set(deskUser+":dayPass", false)), 200)
	assert.Equal(t, []string{"get staff", "update staff"}, d.takeCalls())
}

func TestKinds_OneListHasAll(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	for _, id := range []string{"3", "4", "5", "6"} {
		d.put("guest", id, "g"+id+"@example.com")
	}
	d.put("staff", "7", "s7@example.com", "role", "chef")
	d.takeCalls()
	all := []string{"owner@example.com", "account-owner@example.com", "g3@example.com", "g4@example.com", "g5@example.com", "g6@example.com", "s7@example.com"}

	r := list(t, w, "/Users")
	assert.Equal(t, all, names(r))
	assert.Equal(t, 7, r.Total())
	assert.Equal(t, []string{"list guest and kin", "list guest and kin", "list guest and kin"}, d.takeCalls())
	assert.NotContains(t, r.Resources()[6][deskUser], "role", "the joint list does not have it")
	assert.Equal(t, true, r.Resources()[6][deskUser].(map[string]any)["isStaff"])
	assert.NotContains(t, r.Resources()[6]["meta"], "version", "not all of it is known")
	assert.Contains(t, r.Resources()[3]["meta"], "version")

	var byCursor []string
	cursor := ""
	for {
		r := list(t, w, "/Users", "cursor", cursor, "count", "2")
		byCursor = append(byCursor, names(r)...)
		if cursor, _ = r.Body["nextCursor"].(string); cursor == "" {
			break
		}
	}
	assert.Equal(t, all, byCursor)
	d.takeCalls()

	// A filter that means the same for both is asked once.
	assert.Equal(t, []string{"s7@example.com"}, names(list(t, w, "/Users", "filter", `userName eq "S7@example.com"`)))
	assert.Equal(t, []string{`list guest and kin email eq "S7@example.com"`}, d.takeCalls())

	// One on what the joint list lacks goes to the lists of each.
	r = list(t, w, "/Users", "filter", deskUser+`:role eq "chef"`)
	assert.Equal(t, []string{"s7@example.com"}, names(r))
	assert.Equal(t, "chef", r.Resources()[0][deskUser].(map[string]any)["role"])
	assert.NotContains(t, d.takeCalls(), "list guest and kin")
}

func TestKinds_ListsInTurn(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	for _, id := range []string{"31", "32", "33", "34"} {
		d.put("team", id, "team "+id)
	}
	d.put("crew", "41", "crew 41")
	d.put("crew", "42", "crew 42")
	d.put("club", "51", "club 51")
	d.takeCalls()
	all := []string{"team 31", "team 32", "team 33", "team 34", "crew 41", "crew 42"}

	r := list(t, w, "/Groups")
	assert.Equal(t, all, names(r), "what the target does not serve is not there")
	assert.Equal(t, 6, r.Total())
	assert.Equal(t, "cr-41", r.Resources()[4]["id"])

	for count := 1; count <= 7; count++ {
		var byIndex, byCursor []string
		for start := 1; ; start += count {
			r := list(t, w, "/Groups", "startIndex", itoa(start), "count", itoa(count))
			byIndex = append(byIndex, names(r)...)
			if start+count > r.Total() {
				break
			}
		}
		assert.Equal(t, all, byIndex, "count %d", count)
		cursor := ""
		for {
			r := list(t, w, "/Groups", "cursor", cursor, "count", itoa(count))
			byCursor = append(byCursor, names(r)...)
			if cursor, _ = r.Body["nextCursor"].(string); cursor == "" {
				break
			}
		}
		assert.Equal(t, all, byCursor, "count %d", count)
	}
	assert.Equal(t, []string{"crew 42"}, names(list(t, w, "/Groups", "filter", `displayName eq "crew 42"`)))
	assert.Equal(t, []string{"crew 42"}, names(list(t, w, "/Groups", "filter", `id eq "cr-42"`)))
	sorted := list(t, w, "/Groups", "sortBy", "displayName", "sortOrder", "descending", "count", "2")
	assert.Equal(t, []string{"team 34", "team 33"}, names(sorted))
	for _, bad := range []string{"7/0/", "x", "0/-1/", "0/0", "00/0/"} {
		r, err := w.client.List(t.Context(), "/Groups", url.Values{"cursor": {bad}})
		require.NoError(t, err)
		assert.Equal(t, 400, r.Status, bad)
	}
}

func TestKinds_GroupsOfEachKind(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	d.put("guest", "60", "g@example.com")
	d.put("staff", "61", "s@example.com")
	group := func(name, kind string, members ...string) map[string]any {
		body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": name}
		if kind != "" {
			body[deskGroup] = map[string]any{"kind": kind}
		}
		var list []map[string]any
		for _, m := range members {
			list = append(list, map[string]any{"value": m})
		}
		body["members"] = list
		return body
	}
	r := must(t, w, "POST", "/Groups", group("T", "", "60"), 201)
	team := r.ID()
	assert.Equal(t, []string{"create team", "edit members of team +1 -0"}, d.takeCalls())
	assert.Regexp(t, `^te-\d+$`, team)
	assert.Equal(t, "60", r.Body["members"].([]any)[0].(map[string]any)["value"])
	r = must(t, w, "POST", "/Groups", group("C", "crew", "61"), 201)
	crew := r.ID()
	assert.Regexp(t, `^cr-\d+$`, crew)
	assert.Equal(t, "crew", extensionOf(r, deskGroup)["kind"])
	d.takeCalls()

	// The kind cannot change, a name can, without the members being read.
	must(t, w, "PATCH", "/Groups/"+team, patch(set(deskGroup+":kind", "crew")), 400)
	d.takeCalls()
	must(t, w, "PATCH", "/Groups/"+team, patch(set("displayName", "T2")), 204)
	assert.Equal(t, []string{"get team without members", "update team"}, d.takeCalls())
	must(t, w, "DELETE", "/Groups/"+crew, nil, 204)
	must(t, w, "GET", "/Groups/"+crew, nil, 404)
	d.takeCalls()

	// A PUT writes the difference of the members.
	d.put("guest", "62", "h@example.com")
	must(t, w, "PUT", "/Groups/"+team, group("T2", "", "62"), 200)
	assert.Equal(t, []string{"get team", "edit members of team +1 -1"}, d.takeCalls())
	assert.Equal(t, []string{"62"}, d.members[connector.Ref{Object: "team", ID: team[3:]}])
}

func TestKinds_MembersOfTheWrongKind(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	d.put("guest", "60", "g@example.com")
	d.put("staff", "61", "s@example.com")
	d.put("team", "70", "T")
	d.put("crew", "71", "C")
	add := func(ids ...string) map[string]any {
		var list []map[string]any
		for _, id := range ids {
			list = append(list, map[string]any{"value": id})
		}
		return patch(map[string]any{"op": "add", "path": "members", "value": list})
	}
	r := must(t, w, "PATCH", "/Groups/te-70", add("60", "61"), 400)
	assert.Contains(t, r.Body["detail"], "only guest belong there")
	assert.Equal(t, []string{"60"}, d.members[connector.Ref{Object: "team", ID: "70"}], "the others were added")

	// Who is known to be of another kind is not sent to the group.
	must(t, w, "GET", "/Users/61", nil, 200)
	d.takeCalls()
	r = must(t, w, "PATCH", "/Groups/te-70", add("61"), 400)
	assert.Contains(t, r.Body["detail"], "61 is a staff, and only guests can be members of a team")
	assert.Equal(t, []string{"get staff"}, d.takeCalls())

	// Some targets go on without them.
	must(t, w, "PATCH", "/Groups/cr-71", add("60", "61"), 204)
	assert.Equal(t, []string{"61"}, d.members[connector.Ref{Object: "crew", ID: "71"}])
	assert.Contains(t, w.events.last().Words, "left out: 60")

	// A group that cannot be made as it was asked for is taken away again.
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "New", "members": []map[string]any{{"value": "61"}}}
	d.takeCalls()
	must(t, w, "POST", "/Groups", body, 400)
	assert.Equal(t, []string{"create team", "get staff", "delete team"}, d.takeCalls())
}

func TestKinds_MembershipsAreRestored(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil), 201).ID()
	d.put("team", "70", "T")
	d.put("team", "71", "U")
	d.put("team", "72", "V")
	join := patch(map[string]any{"op": "add", "path": "members", "value": []map[string]any{{"value": id}}})
	for _, g := range []string{"te-70", "te-71", "te-72"} {
		must(t, w, "PATCH", "/Groups/"+g, join, 204)
	}
	must(t, w, "PATCH", "/Groups/te-71", patch(map[string]any{"op": "remove", "path": `members[value eq "` + id + `"]`}), 204)
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	must(t, w, "DELETE", "/Groups/te-72", nil, 204)
	d.takeCalls()
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
	assert.Equal(t, []string{"get guest", "activate guest", "edit members of team +1 -0", "edit members of team +1 -0"}, d.takeCalls(), "one call for each")
	assert.Equal(t, []string{id}, d.members[connector.Ref{Object: "team", ID: "70"}])
	assert.Empty(t, d.members[connector.Ref{Object: "team", ID: "71"}], "somebody was taken out of it before")
	assert.Contains(t, w.events.last().Done, "rejoin 1 groups")
}

func TestKinds_WhatAnActivationResetsIsWrittenBack(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true, "dayPass": false}), 201).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	d.takeCalls()
	d.fail["update staff"] = connector.Unavailable
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 503)
	r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
	assert.Equal(t, false, extensionOf(r, deskUser)["dayPass"])
	assert.False(t, d.rec("staff", id).Bool("day_pass"))
	assert.True(t, d.rec("staff", id).Bool("active"))
}

func TestKinds_LateReferencesAcrossKinds(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil, enterprise, map[string]any{"manager": "boss@example.com"}), 201).ID()
	require.Zero(t, d.rec("guest", id).Integer("manager"))
	boss := must(t, w, "POST", "/Users", person("boss@example.com", map[string]any{"isStaff": true}), 201).ID()
	assert.Equal(t, boss, d.rec("guest", id).Get("manager").Text())
}

func TestKinds_SettingsAndProblems(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{NewObjects: map[string]string{"Group": "crew"}})
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "X"}
	must(t, w, "POST", "/Groups", body, 201)
	assert.Equal(t, []string{"create crew"}, d.takeCalls())

	w.serve(&provision.Options{NewObjects: map[string]string{"Group": "club"}}, w.profile())
	_, err := w.backend.Types(t.Context())
	assert.ErrorContains(t, w.backend.Check(t.Context()), "new resources of type Group are to become club")
	assert.Error(t, err)

	fs := deskMappings()
	delete(fs, "groups.yaml")
	w.mappings = fs
	w.serve(nil, w.profile())
	assert.ErrorContains(t, w.backend.Check(t.Context()), "no MappingSet with routes")

	fs = deskMappings()
	fs["again.yaml"] = &fstest.MapFile{Data: bytes.Replace(fs["team.yaml"].Data, []byte("name: desk-team"), []byte("name: again"), 1)}
	w.mappings = fs
	w.serve(nil, w.profile())
	assert.ErrorContains(t, w.backend.Check(t.Context()), "two mappings for resource type Group and object team")
}

func TestPolicy_Departures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy provision.Policy
		patch  bool // active: false, else DELETE
		calls  []string
		object string // that is left
		active bool   // in the target
		shown  bool   // by SCIM, and whether as active
	}{
		"disable":                            {provision.Policy{}, true, []string{"get staff", "deactivate staff"}, "staff", false, true},
		"disable: deactivate":                {provision.Policy{Disable: "deactivate"}, true, []string{"get staff", "deactivate staff"}, "staff", false, true},
		"disable: downgrade":                 {provision.Policy{Disable: "downgrade"}, true, []string{"get staff", "convert staff"}, "guest", true, true},
		"disable: downgrade-then-deactivate": {provision.Policy{Disable: "downgrade-then-deactivate"}, true, []string{"get staff", "convert staff", "deactivate guest"}, "guest", false, true},
		"disable: erase":                     {provision.Policy{Disable: "erase"}, true, []string{"get staff", "erase staff"}, "", false, false},
		"disable: ignore":                    {provision.Policy{Disable: "ignore"}, true, []string{"get staff"}, "staff", true, true},
		"delete":                             {provision.Policy{}, false, []string{"deactivate staff"}, "staff", false, false},
		"delete: downgrade":                  {provision.Policy{Delete: "downgrade"}, false, []string{"convert staff"}, "guest", true, false},
		"delete: downgrade-then-deactivate":  {provision.Policy{Delete: "downgrade-then-deactivate"}, false, []string{"convert staff", "deactivate guest"}, "guest", false, false},
		"delete: erase":                      {provision.Policy{Delete: "erase"}, false, []string{"erase staff"}, "", false, false},
		"delete: ignore":                     {provision.Policy{Delete: "ignore"}, false, []string{"get staff"}, "staff", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"staff": c.policy}})
			id := must(t, w, "POST", "/Users", person("ada@example.com", map[string]any{"isStaff": true}), 201).ID()
			d.takeCalls()
			if c.patch {
				r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
				assert.Equal(t, c.policy.Disable == "ignore", r.Body["active"])
			} else {
				must(t, w, "DELETE", "/Users/"+id, nil, 204)
			}
			assert.Equal(t, c.calls, d.takeCalls())
			for _, object := range []string{"guest", "staff"} {
				rec := d.rec(object, id)
				require.Equal(t, c.object == object, rec != nil, object)
				if rec != nil {
					assert.Equal(t, c.active, rec.Bool("active"))
				}
			}
			if !c.shown {
				must(t, w, "GET", "/Users/"+id, nil, 404)
				assert.NotContains(t, names(list(t, w, "/Users")), "ada@example.com")
				return
			}
			r := must(t, w, "GET", "/Users/"+id, nil, 200)
			assert.Equal(t, c.policy.Disable == "ignore", r.Body["active"])
			d.takeCalls()
			// What is shown as disabled is so whoever asks again, and can be enabled.
			if c.policy.Disable != "ignore" {
				must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
				assert.Len(t, d.takeCalls(), 1)
			}
			r = must(t, w, "PATCH", "/Users/"+id, patch(set("active", true)), 200)
			assert.Equal(t, true, r.Body["active"])
			assert.True(t, d.rec(c.object, id).Bool("active"))
		})
	}
}

func TestPolicy_EnableIgnore(t *testing.T) {
	t.Parallel()
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"guest": {Enable: "ignore"}}})
	id := must(t, w, "POST", "/Users", person("ada@example.com", nil), 201).ID()
	must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), 200)
	d.takeCalls()
	r := must(t, w, "PATCH", "/Users/"+id, patch(set("active", true), set("displayName", "Ada")), 200)
	assert.Equal(t, []string{"get guest", "update guest"}, d.takeCalls())
	assert.Equal(t, false, r.Body["active"])
	assert.Contains(t, w.events.last().Words, "was not enabled")
}

func TestProtected_NobodyCanBeRemovedWhoIsProtected(t *testing.T) {
	t.Parallel()
	for _, admins := range []bool{false, true} {
		w, d := newDeskWorld(t, &provision.Options{ProtectAdmins: admins})
		d.put("staff", "3", "chief@example.com", "chief", true)
		d.put("staff", "4", "other@example.com")
		for id, protected := range map[string]bool{"1": true, "2": true, "3": admins, "4": false} {
			for _, act := range []func(want int){
				func(want int) { must(t, w, "PATCH", "/Users/"+id, patch(set("active", false)), min(want, 403)) },
				func(want int) {
					must(t, w, "PATCH", "/Users/"+id, patch(set(deskUser+":isStaff", false)), min(want, 403))
				},
				func(want int) {
					if want == 200 {
						want = 204
					}
					must(t, w, "DELETE", "/Users/"+id, nil, want)
				},
			} {
				d.takeCalls()
				if !protected {
					act(200)
					continue
				}
				act(403)
				for _, call := range d.takeCalls() {
					assert.Contains(t, []string{"get staff", "get guest"}, call, "nothing was done")
				}
			}
		}
	}
}

func TestConflict_AccountsOfAnotherKind(t *testing.T) {
	t.Parallel()
	body := person("sam@example.com", nil, "displayName", "Sam")
	w, d := newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"guest": {Conflict: "adopt"}}})
	d.put("staff", "9", "sam@example.com")
	d.put("guest", "10", "g@example.com")
	must(t, w, "POST", "/Users", body, 409)
	assert.Equal(t, "10", must(t, w, "POST", "/Users", person("g@example.com", nil), 201).ID())
	assert.NotNil(t, d.rec("staff", "9"))

	w, d = newDeskWorld(t, &provision.Options{Policies: map[string]provision.Policy{"guest": {Conflict: "adopt", ConflictSpecial: true}}})
	d.put("staff", "9", "sam@example.com")
	r := must(t, w, "POST", "/Users", body, 201)
	assert.Equal(t, "9", r.ID())
	require.NotNil(t, d.rec("guest", "9"), "it is made what the create asks for")
	assert.Equal(t, "Sam", d.rec("guest", "9").String("name"))
	must(t, w, "POST", "/Users", person("owner@example.com", nil), 409)

	// Whom a DELETE has put away comes back as what the create asks for.
	w, d = newDeskWorld(t, nil)
	id := must(t, w, "POST", "/Users", person("sam@example.com", map[string]any{"isStaff": true}), 201).ID()
	must(t, w, "DELETE", "/Users/"+id, nil, 204)
	d.takeCalls()
	r = must(t, w, "POST", "/Users", body, 201)
	assert.Equal(t, id, r.ID())
	assert.Equal(t, true, r.Body["active"])
	require.NotNil(t, d.rec("guest", id))
	assert.True(t, slices.Contains(w.events.last().Done, "revive"), w.events.last().Done)
}
