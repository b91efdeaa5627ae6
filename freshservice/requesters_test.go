package freshservice_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

const seesAll = "can_see_all_tickets_from_associated_departments"

// lastBody is the body of the last call that the account saw.
func (f *fixture) lastBody() string {
	reqs := f.sim.Requests()
	return string(reqs[len(reqs)-1].Body)
}

func ada(id int64) freshservicetest.Requester {
	return freshservicetest.Requester{
		ID: id, FirstName: "Ada", LastName: "Byron", PrimaryEmail: "ada@example.com", SecondaryEmails: []string{"a@example.com", "countess@example.com"},
		WorkPhone: "+44 20 7946 0000", JobTitle: "Analyst", CustomFields: map[string]any{"nick": "Enchantress", "badge_color": "red"},
	}
}

func TestCreate_BodyAndCalls(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Fields: everyField(), FirstID: freshservicetest.FirstInexactID}, nil)
	rec := f.record(t, "requester", map[string]any{
		"first_name": "Ada", "primary_email": "Ada@example.com",
		"secondary_emails":  []string{"a@example.com", "ADA@example.com", "A@example.com", ""},
		"work_phone_number": "+44 20 7946 0000", "mobile_phone_number": "123", "job_title": "",
		seesAll: false, "external_id": "701984",
		"custom_fields.desk": 12, "custom_fields.on_site": false, "custom_fields.badge_color": "it's blue",
		"custom_fields.hired": "2026-03-04", "department_ids": []int64{},
	})
	before := rec.Clone()
	var made *schema.Record
	calls := f.calls(t, func(ctx context.Context) {
		var err error
		made, err = f.Create(ctx, "requester", rec)
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"POST /requesters"}, calls)
	assert.True(t, rec.Equal(before), "the input was changed")
	assert.JSONEq(t, `{"first_name":"Ada","primary_email":"Ada@example.com","secondary_emails":["a@example.com"],
		"work_phone_number":"+44 20 7946 0000","mobile_phone_number":"123","job_title":"","external_id":"701984",
		"can_see_all_tickets_from_associated_departments":false,
		"custom_fields":{"desk":12,"on_site":false,"badge_color":"it's blue","hired":"2026-03-04"}}`, f.lastBody())

	assert.Greater(t, made.Integer("id"), int64(1)<<53, "ids stay exact")
	assert.Equal(t, made.Integer("id"), f.sim.RequesterByEmail("ada@example.com")["id"])
	assert.True(t, made.Bool("active"))
	assert.Equal(t, "12", made.String("custom_fields.desk"))
	assert.Equal(t, "2026-03-04", made.String("custom_fields.hired"))
}

func TestCreate_Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[string]any
		code   connector.Code
		field  string
		calls  int
	}{
		"no contact":        {map[string]any{"first_name": "A", "custom_fields.desk": 1}, connector.Invalid, "primary_email", 0},
		"no first name":     {map[string]any{"primary_email": "x@example.com", "custom_fields.desk": 1}, connector.Invalid, "first_name", 1},
		"required field":    {map[string]any{"first_name": "A", "primary_email": "x@example.com"}, connector.Invalid, "custom_fields.desk", 1},
		"bad choice":        {map[string]any{"first_name": "A", "primary_email": "x@example.com", "custom_fields.desk": 1, "custom_fields.badge_color": "mauve"}, connector.Invalid, "custom_fields.badge_color", 1},
		"bad language":      {map[string]any{"first_name": "A", "primary_email": "x@example.com", "custom_fields.desk": 1, "language": "tlh"}, connector.Invalid, "language", 1},
		"no department":     {map[string]any{"first_name": "A", "primary_email": "x@example.com", "custom_fields.desk": 1, "department_ids": []int64{9}}, connector.Invalid, "department_ids", 1},
		"malformed address": {map[string]any{"first_name": "A", "primary_email": "x@@example", "custom_fields.desk": 1}, connector.Invalid, "primary_email", 2},
		"taken":             {map[string]any{"first_name": "A", "primary_email": "Ada@Example.com", "custom_fields.desk": 1}, connector.AlreadyExists, "primary_email", 1},
		"taken, secondary":  {map[string]any{"first_name": "A", "primary_email": "countess@example.com", "custom_fields.desk": 1}, connector.AlreadyExists, "primary_email", 1},
		"taken, by agent":   {map[string]any{"first_name": "A", "primary_email": "admin@example.com", "custom_fields.desk": 1}, connector.AlreadyExists, "primary_email", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{Fields: everyField(), Requesters: []freshservicetest.Requester{ada(100)}}, nil)
			calls := f.calls(t, func(ctx context.Context) {
				_, err := f.Create(ctx, "requester", f.record(t, "requester", c.values))
				require.ErrorIs(t, err, c.code)
				assert.Equal(t, c.field, errorOf(t, err).Field)
				for _, v := range c.values {
					if s, ok := v.(string); ok && len(s) > 1 {
						assert.NotContains(t, err.Error(), s, "an error shows a value")
					}
				}
			})
			assert.Len(t, calls, c.calls)
			assert.Len(t, f.sim.Requesters(), 1)
		})
	}
}

func TestCreate_SaysWhichChoicesThereAre(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Fields: []freshservicetest.RequesterField{{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green", "blue"}}}}, nil)
	_, err := f.Create(t.Context(), "requester", f.record(t, "requester", map[string]any{"first_name": "A", "primary_email": "x@example.com", "custom_fields.badge_color": "mauve"}))
	assert.Equal(t, "not one of red, green, blue", errorOf(t, err).Reason)
}

func TestUpdate_SendsWhatWasEdited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]any
		sees   bool
		want   string
	}{
		"one field":                {map[string]any{"job_title": "Countess"}, false, `{"job_title":"Countess"}`},
		"flag goes along":          {map[string]any{"job_title": "Countess"}, true, `{"job_title":"Countess","` + seesAll + `":true}`},
		"flag is taken away":       {map[string]any{seesAll: false}, true, `{"` + seesAll + `":false}`},
		"flag is cleared":          {map[string]any{seesAll: nil}, true, `{"` + seesAll + `":false}`},
		"clearing":                 {map[string]any{"job_title": nil, "reporting_manager_id": nil, "department_ids": nil, "background_information": nil}, false, `{"job_title":null,"reporting_manager_id":null,"department_ids":[],"background_information":""}`},
		"custom field":             {map[string]any{"custom_fields.badge_color": "green"}, false, `{"custom_fields":{"badge_color":"green"}}`},
		"custom field cleared":     {map[string]any{"custom_fields.nick": nil}, false, `{"custom_fields":{"nick":null}}`},
		"secondary addresses":      {map[string]any{"secondary_emails": []string{"b@example.com", "B@example.com", "ADA@example.com"}}, false, `{"secondary_emails":["b@example.com"]}`},
		"no secondary addresses":   {map[string]any{"secondary_emails": nil}, false, `{"secondary_emails":[]}`},
		"secondary becomes main":   {map[string]any{"primary_email": "A@example.com"}, false, `{"primary_email":"A@example.com","secondary_emails":["countess@example.com"]}`},
		"new main, new secondary":  {map[string]any{"primary_email": "n@example.com", "secondary_emails": []string{"N@example.com", "o@example.com"}}, false, `{"primary_email":"n@example.com","secondary_emails":["o@example.com"]}`},
		"another address":          {map[string]any{"primary_email": "n@example.com"}, false, `{"primary_email":"n@example.com"}`},
		"a phone number is a text": {map[string]any{"mobile_phone_number": "0049123"}, false, `{"mobile_phone_number":"0049123"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := ada(100)
			who.SeesDepartmentTickets = c.sees
			f := start(t, &freshservicetest.Options{Fields: everyField(), Requesters: []freshservicetest.Requester{who}}, nil)
			ref := connector.Ref{Object: "requester", ID: "100"}
			base, err := f.Get(t.Context(), ref)
			require.NoError(t, err)
			calls := f.calls(t, func(ctx context.Context) {
				rec, err := f.Update(ctx, ref, connector.Change{Base: base, Edits: edits(t, base.Type(), c.change)})
				require.NoError(t, err)
				base = rec
			})
			assert.Equal(t, []string{"PUT /requesters/{id}"}, calls)
			assert.JSONEq(t, c.want, f.lastBody())
			stored, err := f.Get(t.Context(), ref)
			require.NoError(t, err)
			assert.True(t, stored.Equal(base))
		})
	}
}

func TestUpdate_ListEditsSendTheWholeList(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 1, Name: "A"}, {ID: 2, Name: "B"}},
		Requesters:  []freshservicetest.Requester{{ID: 100, FirstName: "A", PrimaryEmail: "a@example.com", DepartmentIDs: []int64{1}}},
	}, nil)
	ref := connector.Ref{Object: "requester", ID: "100"}
	base, err := f.Get(t.Context(), ref)
	require.NoError(t, err)
	slot := base.Type().Slot("department_ids")
	calls := f.calls(t, func(ctx context.Context) {
		rec, err := f.Update(ctx, ref, connector.Change{Base: base, Edits: []schema.Edit{{Slot: slot, Op: schema.Add, Value: schema.ListValue(schema.IntegerValue(2))}}})
		require.NoError(t, err)
		assert.Equal(t, []string{"1", "2"}, rec.Strings("department_ids"))
		base = rec
	})
	assert.Equal(t, []string{"PUT /requesters/{id}"}, calls)
	rec, err := f.Update(t.Context(), ref, connector.Change{Base: base, Edits: []schema.Edit{
		{Slot: slot, Op: schema.Remove, Value: schema.ListValue(schema.IntegerValue(1), schema.IntegerValue(2))},
	}})
	require.NoError(t, err)
	assert.Empty(t, rec.Strings("department_ids"))
	assert.JSONEq(t, `{"department_ids":[]}`, f.lastBody())
}

func TestUpdate_Blind(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}},
		&freshservice.Options{DepartmentTickets: freshservice.TicketsUnused})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	o := desc.Object("requester")
	require.True(t, o.BlindUpdate)
	calls := f.calls(t, func(ctx context.Context) {
		rec, err := f.Update(ctx, connector.Ref{Object: "requester", ID: "100"},
			connector.Change{Edits: edits(t, o.Type, map[string]any{"job_title": "Countess", "address": nil})})
		require.NoError(t, err)
		assert.Equal(t, "Countess", rec.String("job_title"))
	})
	assert.Equal(t, []string{"PUT /requesters/{id}"}, calls)
	assert.JSONEq(t, `{"job_title":"Countess","address":null}`, f.lastBody())
}

func TestUpdate_BlindIsSafe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules  freshservicetest.Rules
		change map[string]any
		calls  []int // of two updates
	}{
		"custom fields are merged":   {freshservicetest.Rules{}, map[string]any{"custom_fields.nick": "Countess"}, []int{2, 1}},
		"custom fields are replaced": {freshservicetest.Rules{CustomFieldsReplace: true}, map[string]any{"custom_fields.nick": "Countess"}, []int{3, 2}},
		"null is ignored":            {freshservicetest.Rules{Clearing: freshservicetest.ClearNullIgnored}, map[string]any{"job_title": nil}, []int{2, 1}},
		"null is refused":            {freshservicetest.Rules{Clearing: freshservicetest.ClearByEmpty}, map[string]any{"job_title": nil}, []int{2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := ada(101)
			other.PrimaryEmail, other.SecondaryEmails = "other@example.com", nil
			f := start(t, &freshservicetest.Options{Fields: everyField(), Rules: c.rules, Requesters: []freshservicetest.Requester{ada(100), other}},
				&freshservice.Options{DepartmentTickets: freshservice.TicketsUnused})
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			for i, want := range c.calls {
				ref := connector.Ref{Object: "requester", ID: fmt.Sprint(100 + i)}
				calls := f.calls(t, func(ctx context.Context) {
					rec, err := f.Update(ctx, ref, connector.Change{Edits: edits(t, desc.Object("requester").Type, c.change)})
					require.NoError(t, err)
					assert.Equal(t, "red", rec.String("custom_fields.badge_color"))
					for field, v := range c.change {
						if v == nil {
							assert.Empty(t, rec.String(field))
						} else {
							assert.Equal(t, v, rec.String(field))
						}
					}
				})
				assert.Len(t, calls, want)
			}
		})
	}
}

func TestUpdate_LearnsHowTheAccountClears(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules       freshservicetest.Rules
		change      map[string]any
		first, then int
	}{
		"null is refused":     {freshservicetest.Rules{Clearing: freshservicetest.ClearByEmpty}, map[string]any{"job_title": nil}, 2, 1},
		"empty is refused":    {freshservicetest.Rules{Clearing: freshservicetest.ClearByNull}, map[string]any{"background_information": nil, "job_title": nil}, 2, 1},
		"null is ignored":     {freshservicetest.Rules{Clearing: freshservicetest.ClearNullIgnored}, map[string]any{"job_title": nil}, 2, 1},
		"both are taken":      {freshservicetest.Rules{}, map[string]any{"job_title": nil, "background_information": nil}, 1, 1},
		"custom fields whole": {freshservicetest.Rules{CustomFieldsReplace: true}, map[string]any{"custom_fields.nick": "Countess"}, 2, 1},
		"never cleared":       {freshservicetest.Rules{SilentlyIgnores: []string{"job_title"}}, map[string]any{"job_title": nil}, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who, other := ada(100), ada(101)
			who.BackgroundInformation, other.BackgroundInformation = "x", "x"
			who.SeesDepartmentTickets, other.SeesDepartmentTickets = true, true
			other.PrimaryEmail, other.SecondaryEmails = "other@example.com", nil
			f := start(t, &freshservicetest.Options{Fields: everyField(), Rules: c.rules, Requesters: []freshservicetest.Requester{who, other}}, nil)
			for i, want := range []int{c.first, c.then} {
				ref := connector.Ref{Object: "requester", ID: fmt.Sprint(100 + i)}
				base, err := f.Get(t.Context(), ref)
				require.NoError(t, err)
				calls := f.calls(t, func(ctx context.Context) {
					rec, err := f.Update(ctx, ref, connector.Change{Base: base, Edits: edits(t, base.Type(), c.change)})
					require.NoError(t, err)
					assert.Equal(t, "red", rec.String("custom_fields.badge_color"))
					assert.True(t, rec.Bool(seesAll))
					for field, v := range c.change {
						if v == nil && name != "never cleared" {
							assert.Empty(t, rec.String(field), field)
						}
					}
				})
				assert.Len(t, calls, want)
			}
		})
	}
}

func TestUpdate_Refused(t *testing.T) {
	t.Parallel()
	other := ada(101)
	other.PrimaryEmail, other.SecondaryEmails = "other@example.com", nil
	for name, c := range map[string]struct {
		change map[string]any
		code   connector.Code
		field  string
	}{
		"taken":           {map[string]any{"primary_email": "other@example.com"}, connector.AlreadyExists, "primary_email"},
		"taken secondary": {map[string]any{"secondary_emails": []string{"other@example.com"}}, connector.AlreadyExists, "secondary_emails"},
		"first name":      {map[string]any{"first_name": nil}, connector.Invalid, "first_name"},
		"bad choice":      {map[string]any{"job_title": "x", "custom_fields.badge_color": "mauve"}, connector.Invalid, "custom_fields.badge_color"},
		"too long":        {map[string]any{"job_title": string(make([]byte, 300))}, connector.Invalid, "job_title"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{Fields: everyField(), Requesters: []freshservicetest.Requester{ada(100), other}}, nil)
			before := f.sim.Requester(100)
			_, err := f.change(t, t.Context(), connector.Ref{Object: "requester", ID: "100"}, c.change)
			require.ErrorIs(t, err, c.code)
			assert.Equal(t, c.field, errorOf(t, err).Field)
			assert.Equal(t, before, f.sim.Requester(100), "half of it was written")
		})
	}
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
		base, err := f.Get(t.Context(), connector.Ref{Object: "requester", ID: "100"})
		require.NoError(t, err)
		_, err = f.Update(t.Context(), connector.Ref{Object: "requester", ID: "999"},
			connector.Change{Base: base, Edits: edits(t, base.Type(), map[string]any{"job_title": "x"})})
		assert.ErrorIs(t, err, connector.NotFound)
	})
}

func TestAct_Calls(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
	ref := connector.Ref{Object: "requester", ID: "100"}
	for _, c := range []struct {
		act  connector.ActionKind
		want string
		rec  bool
	}{
		{connector.Deactivate, "DELETE /requesters/{id}", false},
		{connector.Deactivate, "DELETE /requesters/{id}", false}, // repeated
		{connector.Activate, "PUT /requesters/{id}/reactivate", true},
		{connector.Activate, "PUT /requesters/{id}/reactivate", true}, // repeated
		{connector.Erase, "DELETE /requesters/{id}/forget", false},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			rec, err := f.Act(ctx, ref, connector.Action{Kind: c.act})
			require.NoError(t, err)
			if assert.Equal(t, c.rec, rec != nil) && rec != nil {
				assert.True(t, rec.Bool("active"))
			}
		})
		assert.Equal(t, []string{c.want}, calls)
	}
	assert.Nil(t, f.sim.Requester(100))
}

func TestAct_ConflictsAreCheckedAgainstTheRecord(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 404, 409} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			gone := ada(100)
			gone.Inactive = true
			f := start(t, &freshservicetest.Options{
				Requesters: []freshservicetest.Requester{gone},
				Rules:      freshservicetest.Rules{RepeatDeactivateStatus: status, RepeatReactivateStatus: status},
			}, nil)
			ref := connector.Ref{Object: "requester", ID: "100"}
			calls := f.calls(t, func(ctx context.Context) {
				rec, err := f.Act(ctx, ref, connector.Action{Kind: connector.Deactivate})
				require.NoError(t, err)
				assert.False(t, rec.Bool("active"))
			})
			assert.Equal(t, []string{"DELETE /requesters/{id}", "GET /requesters/{id}"}, calls)
		})
	}
	t.Run("and it was not done", func(t *testing.T) {
		t.Parallel()
		f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
		f.sim.Fault(freshservicetest.Fault{Method: "DELETE", Status: 409, Body: `{"code":"incompatible_field"}`})
		_, err := f.Act(t.Context(), connector.Ref{Object: "requester", ID: "100"}, connector.Action{Kind: connector.Deactivate})
		assert.ErrorIs(t, err, connector.Conflict)
	})
	t.Run("and it cannot be read", func(t *testing.T) {
		t.Parallel()
		f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
		f.sim.Fault(freshservicetest.Fault{Method: "DELETE", Status: 404})
		f.sim.Fault(freshservicetest.Fault{Method: "GET", Status: 503, Times: -1})
		_, err := f.Act(t.Context(), connector.Ref{Object: "requester", ID: "100"}, connector.Action{Kind: connector.Deactivate})
		assert.ErrorIs(t, err, connector.Unavailable)
	})
}

func TestAct_NotOnAgents(t *testing.T) {
	t.Parallel()
	for _, served := range []bool{false, true} {
		f := start(t, &freshservicetest.Options{Rules: freshservicetest.Rules{RequestersServeAgents: served}}, nil)
		owner := connector.Ref{Object: "requester", ID: fmt.Sprint(f.sim.OwnerID())}
		_, err := f.Get(t.Context(), owner)
		require.ErrorIs(t, err, connector.NotFound)
		for _, kind := range []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Erase} {
			_, err := f.Act(t.Context(), owner, connector.Action{Kind: kind})
			require.ErrorIs(t, err, connector.NotFound, kind)
		}
		assert.Equal(t, true, f.sim.Agent(f.sim.OwnerID())["active"])
	}
}

func TestErase_WantsToBeDeactivatedFirst(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}, Rules: freshservicetest.Rules{ForgetNeedsInactive: true}}, nil)
	calls := f.calls(t, func(ctx context.Context) {
		_, err := f.Act(ctx, connector.Ref{Object: "requester", ID: "100"}, connector.Action{Kind: connector.Erase})
		require.NoError(t, err)
	})
	assert.Equal(t, []string{"DELETE /requesters/{id}/forget", "DELETE /requesters/{id}", "DELETE /requesters/{id}/forget"}, calls)
	assert.Nil(t, f.sim.Requester(100))
}

func TestGet_Kinds(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]freshservicetest.Rules{
		"apart": {}, "requesters serve agents": {RequestersServeAgents: true}, "agents serve requesters": {AgentsServeRequesters: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}, Rules: rules}, nil)
			ctx := t.Context()
			owner := fmt.Sprint(f.sim.OwnerID())

			_, err := f.Get(ctx, connector.Ref{Object: "requester", ID: owner})
			require.ErrorIs(t, err, connector.NotFound)
			if _, err = f.Get(ctx, connector.Ref{Object: "agent", ID: "100"}); !rules.AgentsServeRequesters {
				// Where the account shows a requester as an agent, nothing tells the two apart.
				require.ErrorIs(t, err, connector.NotFound)
			}
			_, err = f.Get(ctx, connector.Ref{Object: "user", ID: "5"})
			require.ErrorIs(t, err, connector.NotFound)

			agent, err := f.Get(ctx, connector.Ref{Object: "agent", ID: owner})
			require.NoError(t, err)
			assert.Equal(t, "admin@example.com", agent.String("email"))

			for id, want := range map[string][3]string{"100": {"ada@example.com", "Ada Byron", "false"}, owner: {"admin@example.com", "Avery Admin", "true"}} {
				u, err := f.Get(ctx, connector.Ref{Object: "user", ID: id})
				require.NoError(t, err)
				assert.Equal(t, want, [3]string{u.String("primary_email"), u.String("name"), u.String("is_agent")})
				assert.Contains(t, u.Strings("addresses"), want[0])
			}
		})
	}
}

func TestUpdate_AgentsAndDepartmentsThatAreNotServed(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	_, err := f.Create(t.Context(), "agent", f.record(t, "agent", nil))
	require.ErrorIs(t, err, connector.Unsupported)
	base := f.record(t, "department", map[string]any{"id": 4, "name": "x"})
	_, err = f.Update(t.Context(), connector.Ref{Object: "department", ID: "4"}, connector.Change{Base: base, Edits: edits(t, base.Type(), map[string]any{"name": "y"})})
	assert.ErrorIs(t, err, connector.Invalid, "its fields are immutable")
}

func TestUpdate_ElementsOfListsWithoutTheRecord(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Departments: []freshservicetest.Department{{ID: 41, Name: "Sales"}, {ID: 42, Name: "Ops"}, {ID: 43, Name: "IT"}},
		Requesters:  []freshservicetest.Requester{{ID: 100, FirstName: "Ada", PrimaryEmail: "ada@example.com", DepartmentIDs: []int64{41, 42}}},
	}, &freshservice.Options{DepartmentTickets: freshservice.TicketsUnused})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	slot := desc.Object("requester").Type.Slot("department_ids")
	for _, c := range []struct {
		op   schema.EditOp
		id   int64
		want []string
	}{
		{schema.Add, 43, []string{"41", "42", "43"}},
		{schema.Add, 43, []string{"41", "42", "43"}},
		{schema.Remove, 41, []string{"42", "43"}},
		{schema.Remove, 41, []string{"42", "43"}},
	} {
		calls := f.calls(t, func(ctx context.Context) {
			rec, err := f.Update(ctx, connector.Ref{Object: "requester", ID: "100"}, connector.Change{
				Edits: []schema.Edit{{Slot: slot, Op: c.op, Value: schema.ListValue(schema.IntegerValue(c.id))}},
			})
			require.NoError(t, err)
			assert.Equal(t, c.want, rec.Strings("department_ids"), "%s %d", c.op, c.id)
		})
		assert.Equal(t, []string{"GET /requesters/{id}", "PUT /requesters/{id}"}, calls)
	}
}

func TestAnswers_ThatTellLess(t *testing.T) {
	t.Parallel()
	f := stubRecords(t, func(method, path string) (int, string) {
		if method == "PUT" {
			return 204, ""
		}
		return 404, ""
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	typ := desc.Object("requester").Type
	base := typ.New()
	base.Set("id", schema.IntegerValue(100))
	ref := connector.Ref{Object: "requester", ID: "100"}
	rec, err := f.Update(t.Context(), ref, connector.Change{Base: base, Edits: edits(t, typ, map[string]any{"job_title": "x"})})
	require.NoError(t, err)
	assert.Nil(t, rec)
	rec, err = f.Act(t.Context(), ref, connector.Action{Kind: connector.Activate})
	require.NoError(t, err)
	assert.Nil(t, rec)
	for _, object := range []string{"department", "location", "agent", "user"} {
		_, err = f.Get(t.Context(), connector.Ref{Object: object, ID: "100"})
		require.ErrorIs(t, err, connector.NotFound, object)
	}
	_, err = f.List(t.Context(), "requester", connector.Query{})
	require.ErrorIs(t, err, connector.Unavailable, "that a list is not there says nothing about a record")
}

func TestAnswers_AreReturnedAsTheyAre(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{
		Requesters: []freshservicetest.Requester{ada(100)},
		Rules:      freshservicetest.Rules{SilentlyIgnores: []string{"job_title"}, SanitizeNames: true},
	}, nil)
	rec, err := f.change(t, t.Context(), connector.Ref{Object: "requester", ID: "100"}, map[string]any{"job_title": "Countess", "first_name": " Ada <b>K.</b>"})
	require.NoError(t, err)
	assert.Equal(t, "Analyst", rec.String("job_title"))
	assert.Equal(t, f.sim.Requester(100)["first_name"], rec.String("first_name"))
}
