package zendesk_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// people are an end user, an agent, an administrator and somebody suspended.
func people() []zendesktest.User {
	return []zendesktest.User{
		{ID: 100, Name: "Ada Byron", Email: "ada@example.com", ExternalID: "E-100", Phone: "+15550100", Tags: []string{"vip"}},
		{ID: 200, Name: "Grace Hopper", Email: "grace@example.com", Role: "agent"},
		{ID: 300, Name: "Alan Turing", Email: "alan@example.com", Role: "admin"},
		{ID: 400, Name: "Charles Babbage", Email: "charles@example.com", Suspended: true},
	}
}

func user(id string) connector.Ref { return connector.Ref{Object: zendesk.ObjectUser, ID: id} }

// body returns the user in the body of the last call with a method.
func (f *fixture) body(t *testing.T, method string) map[string]any {
	t.Helper()
	reqs := f.sim.Requests()
	for i := len(reqs) - 1; i >= 0; i-- {
		if reqs[i].Method == method && len(reqs[i].Body) > 0 {
			var b struct{ User map[string]any }
			require.NoError(t, json.Unmarshal(reqs[i].Body, &b))
			return b.User
		}
	}
	t.Fatalf("no %s with a body", method)
	return nil
}

func TestUser_CreateSendsWhatIsSetAndNoMail(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Fields: everyField(), Organizations: []zendesktest.Organization{{ID: 5, Name: "Universal"}}}, nil)
	var made *schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		made, err = f.create(t, ctx, map[string]any{
			"name": "Ada", "email": "ada@example.com", "external_id": "E-1", "phone": "+15550100", "locale": "de", "time_zone": "Berlin",
			"organization_id": 5, "tags": []string{"vip"}, "user_fields.nick": "a", "user_fields.hired": "2026-03-04", "user_fields.team": "sales",
			"user_fields.on_site": true, "user_fields.desk": 7, "user_fields.skills": []string{"go", "sql"}, "user_fields.boss": f.sim.OwnerID(),
		})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"POST /users"}, calls)
	sent := f.body(t, "POST")
	assert.Equal(t, true, sent["skip_verify_email"])
	assert.NotContains(t, sent, "role", "the vendor's default stands")
	assert.NotContains(t, sent, "enabled")
	for name, want := range map[string]string{
		"email": "ada@example.com", "role": "end-user", "locale": "de", "time_zone": "Berlin", "organization_id": "5", "enabled": "true",
		"user_fields.hired": "2026-03-04", "user_fields.team": "sales", "user_fields.on_site": "true", "user_fields.desk": "7",
	} {
		assert.Equal(t, want, made.String(name), name)
	}
	assert.Equal(t, []string{"vip"}, made.Strings("tags"), "the tags of fields are the fields' business")
	assert.ElementsMatch(t, []string{"go", "sql"}, made.Strings("user_fields.skills"))
	got, err := f.Get(t.Context(), refOf(made))
	require.NoError(t, err)
	assert.True(t, got.Equal(made))

	_, err = f.create(t, t.Context(), map[string]any{"name": "B", "email": "b@example.com", "skip_verify_email": false})
	require.NoError(t, err)
	assert.Equal(t, false, f.body(t, "POST")["skip_verify_email"])
}

func TestUser_WithoutAddress(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	made, err := f.create(t, t.Context(), map[string]any{"name": "Walk-in"})
	require.NoError(t, err)
	assert.False(t, made.Has("email"))
	after, err := f.change(t, t.Context(), refOf(made), map[string]any{"email": "walk@example.com"})
	require.NoError(t, err)
	assert.Equal(t, "walk@example.com", after.String("email"))
}

func TestUser_TakenValues(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"with codes": {}, "without": {DetailsWithoutCodes: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people(), Rules: rules}, nil)
			for field, values := range map[string]map[string]any{
				"email":       {"name": "B", "email": "ADA@example.com"},
				"external_id": {"name": "B", "email": "b@example.com", "external_id": "e-100"},
			} {
				_, err := f.create(t, t.Context(), values)
				require.ErrorIs(t, err, connector.AlreadyExists)
				assert.Equal(t, field, errorOf(t, err).Field)
			}
			_, err := f.change(t, t.Context(), user("200"), map[string]any{"external_id": "E-100"})
			require.ErrorIs(t, err, connector.AlreadyExists)
			assert.Equal(t, "external_id", errorOf(t, err).Field)
			before := f.sim.User(200)
			_, err = f.change(t, t.Context(), user("200"), map[string]any{"email": "ada@example.com", "name": "Other"})
			require.ErrorIs(t, err, connector.AlreadyExists)
			assert.Equal(t, "email", errorOf(t, err).Field)
			assert.Equal(t, before["name"], f.sim.User(200)["name"], "nothing was written")
		})
	}
}

func TestUser_ARefusedValueIsNotADuplicate(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people(), Rules: zendesktest.Rules{DetailsWithoutCodes: true}}, nil)
	_, err := f.create(t, t.Context(), map[string]any{"name": "B", "email": "no address"})
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, "email", errorOf(t, err).Field)
}

func TestUser_UpdateSendsTheEditsOnly(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	var rec *schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		rec, err = f.blind(t, ctx, user("100"), map[string]any{"name": "Ada L", "details": "x", "notes": nil, "time_zone": "Berlin"})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"PUT /users/{id}"}, calls)
	assert.Equal(t, map[string]any{"name": "Ada L", "details": "x", "notes": nil, "time_zone": "Berlin"}, f.body(t, "PUT"))
	assert.Equal(t, "Ada L", rec.String("name"))
	assert.Equal(t, "ada@example.com", rec.String("email"))

	// What Zendesk has no way of clearing is left alone, without a call.
	calls = f.calls(t, func(ctx context.Context) {
		_, err := f.blind(t, ctx, user("100"), map[string]any{"time_zone": nil, "email": nil, "locale": nil, "role": nil})
		require.NoError(t, err)
	})
	assert.Empty(t, calls)
}

func TestUser_CustomFields(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{
		"merged": {}, "replaced": {UserFieldsReplace: true}, "other forms": {DatesWithOffset: true, LookupsAsStrings: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := people()
			users[0].Fields = map[string]any{"nick": "a", "team": "sales", "on_site": true, "desk": 7, "skills": []string{"go"}, "boss": 300}
			f := start(t, &zendesktest.Options{Users: users, Fields: everyField(), Rules: rules}, nil)
			check := func(want map[string]string) {
				t.Helper()
				got, err := f.Get(t.Context(), user("100"))
				require.NoError(t, err)
				for name, v := range want {
					assert.Equal(t, v, got.String("user_fields."+name), name)
				}
				assert.Equal(t, []string{"go"}, got.Strings("user_fields.skills"))
				assert.Equal(t, []string{"vip"}, got.Strings("tags"))
			}
			check(map[string]string{"nick": "a", "team": "sales", "on_site": "true", "desk": "7", "boss": "300"})
			_, err := f.blind(t, t.Context(), user("100"), map[string]any{"user_fields.nick": "b"})
			require.NoError(t, err)
			check(map[string]string{"nick": "b", "team": "sales", "on_site": "true", "desk": "7", "boss": "300"})
			_, err = f.change(t, t.Context(), user("100"), map[string]any{"user_fields.team": "tour_operations", "user_fields.desk": nil})
			require.NoError(t, err)
			check(map[string]string{"nick": "b", "team": "tour_operations", "on_site": "true", "desk": "", "boss": "300"})
			_, err = f.change(t, t.Context(), user("100"), map[string]any{"user_fields.on_site": nil, "user_fields.hired": "2026-03-04"})
			require.NoError(t, err)
			check(map[string]string{"nick": "b", "on_site": "false", "hired": "2026-03-04"})

			_, err = f.change(t, t.Context(), user("100"), map[string]any{"user_fields.team": "mauve"})
			require.ErrorIs(t, err, connector.Invalid)
			assert.Equal(t, "user_fields.team", errorOf(t, err).Field)
			assert.Contains(t, errorOf(t, err).Reason, "not one of sales, tour_operations")
		})
	}
}

func TestUser_CustomFieldsBlindOnceTheyAreKnownToBeMerged(t *testing.T) {
	t.Parallel()
	users := people()
	users[0].Fields = map[string]any{"nick": "a", "code": "A1"}
	f := start(t, &zendesktest.Options{Users: users, Fields: everyField()}, nil)
	write := func(v string) []string {
		return f.calls(t, func(ctx context.Context) {
			_, err := f.blind(t, ctx, user("100"), map[string]any{"user_fields.nick": v})
			require.NoError(t, err)
		})
	}
	assert.Equal(t, []string{"GET /users/{id}", "PUT /users/{id}"}, write("b"))
	assert.Equal(t, []string{"PUT /users/{id}"}, write("c"))
}

func TestUser_TagsKeepThoseOfFields(t *testing.T) {
	t.Parallel()
	users := people()
	users[0].Fields = map[string]any{"team": "sales", "on_site": true, "skills": []string{"go"}}
	f := start(t, &zendesktest.Options{Users: users, Fields: everyField()}, nil)
	_, err := f.blind(t, t.Context(), user("100"), map[string]any{"tags": []string{"new"}})
	require.NoError(t, err)
	assert.ElementsMatch(t, []any{"new", "sales", "on_site_staff", "go"}, f.body(t, "PUT")["tags"])
	got, err := f.Get(t.Context(), user("100"))
	require.NoError(t, err)
	assert.Equal(t, []string{"new"}, got.Strings("tags"))
	assert.Equal(t, "sales", got.String("user_fields.team"))
	assert.True(t, got.Bool("user_fields.on_site"))

	// Elements join and leave, and a field may change in the same update.
	base, err := f.Get(t.Context(), user("100"))
	require.NoError(t, err)
	after, err := f.Update(t.Context(), user("100"), connector.Change{Base: base, Edits: append(
		edits(t, base.Type(), map[string]any{"user_fields.team": "tour_operations"}),
		schema.Edit{Slot: base.Type().Slot("tags"), Op: schema.Add, Value: schema.StringsValue("two")},
		schema.Edit{Slot: base.Type().Slot("tags"), Op: schema.Remove, Value: schema.StringsValue("new")},
	)})
	require.NoError(t, err)
	assert.Equal(t, []string{"two"}, after.Strings("tags"))
	assert.Equal(t, "tour_operations", after.String("user_fields.team"))
}

func TestUser_Phone(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{
		"lingers": {}, "drops": {ClearedPhoneDropsIdentity: true, DeletedPhoneCleared: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := append(people(), zendesktest.User{ID: 500, Name: "Shared", Email: "s@example.com", Phone: "+15550500", SharedPhone: true})
			f := start(t, &zendesktest.Options{Users: users, Rules: rules}, nil)
			phones := func(id int64) (out []any) {
				for _, i := range f.sim.Identities(id) {
					if i["type"] == "phone_number" {
						out = append(out, i["value"])
					}
				}
				return out
			}
			// A direct line is replaced, not added to.
			rec, err := f.blind(t, t.Context(), user("100"), map[string]any{"phone": "+15550199"})
			require.NoError(t, err)
			assert.Equal(t, "+15550199", rec.String("phone"))
			assert.Equal(t, "+15550199", f.sim.User(100)["phone"])
			assert.Len(t, phones(100), 1)

			rec, err = f.change(t, t.Context(), user("100"), map[string]any{"phone": nil})
			require.NoError(t, err)
			assert.Empty(t, rec.String("phone"))
			assert.Empty(t, f.sim.User(100)["phone"])

			for _, id := range []string{"200", "500"} { // none before, and a shared one
				calls := f.calls(t, func(ctx context.Context) {
					_, err = f.blind(t, ctx, user(id), map[string]any{"phone": "+1555020" + id[:1]})
				})
				require.NoError(t, err)
				assert.Equal(t, []string{"PUT /users/{id}"}, calls)
			}
		})
	}
}

func TestUser_Disable(t *testing.T) {
	t.Parallel()
	const get, put = "GET /users/{id}", "PUT /users/{id}"
	for name, c := range map[string]struct {
		id, hint string
		calls    []string
	}{
		"end user":                {"100", "end-user", []string{put}},
		"end user without hint":   {"100", "", []string{get, put}},
		"agent":                   {"200", "agent", []string{put, put}},
		"agent without hint":      {"200", "", []string{get, put, put}},
		"administrator":           {"300", "admin", []string{put, put}},
		"agent taken for another": {"200", "end-user", []string{put, put}},
		"end user, out of date":   {"100", "agent", []string{put, put}},
		"suspended already":       {"400", "", []string{get}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people()}, nil)
			var rec *schema.Record
			calls := f.calls(t, func(ctx context.Context) {
				var err error
				rec, err = f.Act(ctx, user(c.id), connector.Action{Kind: connector.Deactivate, Hint: c.hint})
				require.NoError(t, err)
			})
			assert.Equal(t, c.calls, calls)
			assert.False(t, rec.Bool("enabled"))
			assert.True(t, rec.Bool("suspended"))
			assert.Equal(t, "end-user", rec.String("role"))
			stored := f.sim.User(rec.Integer("id"))
			assert.Equal(t, true, stored["suspended"])
			assert.Equal(t, "end-user", stored["role"], "the seat is free")

			for range 2 {
				rec, err := f.Act(t.Context(), user(c.id), connector.Action{Kind: connector.Activate})
				require.NoError(t, err)
				assert.True(t, rec.Bool("enabled"))
				assert.Equal(t, "end-user", rec.String("role"), "a downgrade is not undone")
			}
		})
	}
}

func TestUser_DowngradeComesBeforeSuspension(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	f.calls(t, func(ctx context.Context) {
		_, err := f.Act(ctx, user("200"), connector.Action{Kind: connector.Deactivate, Hint: "agent"})
		require.NoError(t, err)
	})
	var bodies []string
	for _, r := range f.sim.Requests() {
		if r.Method == "PUT" {
			bodies = append(bodies, string(r.Body))
		}
	}
	assert.Equal(t, []string{`{"user":{"role":"end-user"}}`, `{"user":{"suspended":true}}`}, bodies)
}

func TestUser_Delete(t *testing.T) {
	t.Parallel()
	const get, put, del, erase = "GET /users/{id}", "PUT /users/{id}", "DELETE /users/{id}", "DELETE /deleted_users/{id}"
	for name, c := range map[string]struct {
		id   string
		act  connector.Action
		want []string
	}{
		"end user":              {"100", connector.Action{Kind: connector.Delete, Hint: "end-user"}, []string{del}},
		"end user without hint": {"100", connector.Action{Kind: connector.Delete}, []string{get, del}},
		"agent":                 {"200", connector.Action{Kind: connector.Delete, Hint: "agent"}, []string{put, del}},
		"erase":                 {"100", connector.Action{Kind: connector.Erase, Hint: "end-user"}, []string{del, erase}},
		"erase an agent":        {"200", connector.Action{Kind: connector.Erase}, []string{get, put, del, erase}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people()}, nil)
			calls := f.calls(t, func(ctx context.Context) {
				rec, err := f.Act(ctx, user(c.id), c.act)
				require.NoError(t, err)
				assert.Nil(t, rec)
			})
			assert.Equal(t, c.want, calls)
			_, err := f.Get(t.Context(), user(c.id))
			require.ErrorIs(t, err, connector.NotFound)
			for _, kind := range []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete} {
				_, err = f.Act(t.Context(), user(c.id), connector.Action{Kind: kind})
				require.ErrorIs(t, err, connector.NotFound, "%s", kind)
			}
			_, err = f.blind(t, t.Context(), user(c.id), map[string]any{"name": "x"})
			require.ErrorIs(t, err, connector.NotFound)
		})
	}
}

func TestUser_EraseTakesWhoWasDeletedBefore(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	f.sim.DeleteUser(100)
	_, err := f.Act(t.Context(), user("100"), connector.Action{Kind: connector.Erase})
	require.NoError(t, err)
	_, err = f.Act(t.Context(), user("99999"), connector.Action{Kind: connector.Erase})
	require.ErrorIs(t, err, connector.NotFound)
}

func TestUser_RefusalOfADeletionSurfaces(t *testing.T) {
	t.Parallel()
	users := people()
	users[0].RequestedTickets, users[1].RequestedTickets = 1, 1
	f := start(t, &zendesktest.Options{Users: users}, nil)
	for _, kind := range []connector.ActionKind{connector.Delete, connector.Erase} {
		for _, id := range []string{"100", "200"} {
			_, err := f.Act(t.Context(), user(id), connector.Action{Kind: kind})
			require.ErrorIs(t, err, connector.Conflict)
			assert.Contains(t, errorOf(t, err).Reason, "tickets")
		}
	}
}

func TestUser_TheConnectionsOwnIsProtected(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people(), Clients: []zendesktest.OAuthClient{{ID: "c", Secret: "s", User: 300}}}, &zendesk.Options{AllowAdmin: true})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	assert.Equal(t, user("300"), desc.Owner)
	f.sim.ResetRequests()
	for _, kind := range []connector.ActionKind{connector.Deactivate, connector.Delete, connector.Erase} {
		_, err := f.Act(t.Context(), user("300"), connector.Action{Kind: kind, Hint: "admin"})
		require.ErrorIs(t, err, connector.Denied, "%s", kind)
	}
	for _, role := range []string{"end-user", "agent"} {
		_, err = f.blind(t, t.Context(), user("300"), map[string]any{"role": role})
		require.ErrorIs(t, err, connector.Denied)
	}
	assert.Empty(t, f.sim.Requests())
	_, err = f.blind(t, t.Context(), user("300"), map[string]any{"name": "Alan T"})
	require.NoError(t, err)
}

func TestUser_TheAccountsOwnerIsZendesksBusiness(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules zendesktest.Rules
		code  connector.Code
	}{"422": {zendesktest.Rules{}, connector.Conflict}, "403": {zendesktest.Rules{OwnerForbidden: true}, connector.Denied}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people(), Rules: c.rules, Clients: []zendesktest.OAuthClient{{ID: "c", Secret: "s", User: 300}}}, nil)
			id := f.sim.User(f.sim.OwnerID())["id"]
			ref := user(schema.IntegerValue(id.(int64)).Text())
			_, err := f.Act(t.Context(), ref, connector.Action{Kind: connector.Delete, Hint: "end-user"})
			require.ErrorIs(t, err, c.code)
			_, err = f.Act(t.Context(), ref, connector.Action{Kind: connector.Deactivate, Hint: "admin"})
			require.Error(t, err)
			assert.NotNil(t, f.sim.User(f.sim.OwnerID()))
		})
	}
}

func TestUser_SharedFromAnotherAccount(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: append(people(), zendesktest.User{ID: 600, Name: "S", Email: "s@example.com", Shared: true})}, nil)
	_, err := f.blind(t, t.Context(), user("600"), map[string]any{"name": "x"})
	require.ErrorIs(t, err, connector.Denied)
}

// TestUser_KeepLeavesTheRole: suspended or deleted without a downgrade.
func TestUser_KeepLeavesTheRole(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	calls := f.calls(t, func(ctx context.Context) {
		rec, err := f.Act(ctx, user("200"), connector.Action{Kind: connector.Deactivate, Keep: true})
		require.NoError(t, err)
		assert.Equal(t, [2]any{"agent", true}, [2]any{rec.String("role"), rec.Bool("suspended")})
		_, err = f.Act(ctx, user("200"), connector.Action{Kind: connector.Delete, Keep: true})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"PUT /users/{id}", "DELETE /users/{id}"}, calls)
}

func TestUser_DowngradeAlone(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	for _, id := range []string{"100", "200", "300"} {
		for range 2 {
			calls := f.calls(t, func(ctx context.Context) {
				rec, err := f.Act(ctx, user(id), connector.Action{Kind: connector.Downgrade})
				require.NoError(t, err)
				assert.Equal(t, [2]any{"end-user", true}, [2]any{rec.String("role"), rec.Bool("enabled")})
			})
			assert.Equal(t, []string{"PUT /users/{id}"}, calls)
		}
	}
}

// TestUser_AdministratorsAreTold by role and by custom role (reference, 8).
func TestUser_AdministratorsAreTold(t *testing.T) {
	t.Parallel()
	account := roleAccount()
	account.Users = append(account.Users, zendesktest.User{ID: 501, Name: "L", Email: "l@example.com", Role: "agent", CustomRoleID: 31})
	f := start(t, account, nil)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	field := desc.Object("user").Admin
	for id, want := range map[string]bool{"100": false, "200": false, "300": true, "501": false} {
		rec, err := f.Get(t.Context(), user(id))
		require.NoError(t, err)
		assert.Equal(t, want, rec.Bool(field), id)
	}
	custom := stub(t, func(_, path string) (int, string) {
		if path == "/users/9" {
			return 200, `{"user":{"id":9,"role":"agent","role_type":4,"custom_role_id":34}}`
		}
		return 404, ""
	})
	rec, err := custom.Get(t.Context(), user("9"))
	require.NoError(t, err)
	assert.True(t, rec.Bool("admin"))
}
