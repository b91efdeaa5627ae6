package freshservice_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// refused is a body of the first form, with entries "field code".
func refused(entries ...string) string {
	var parts []string
	for _, e := range entries {
		field, code, _ := strings.Cut(e, " ")
		parts = append(parts, fmt.Sprintf(`{"field":%q,"message":"no %s, says %s","code":%q}`, field, canary, canary, code))
	}
	return `{"description":"Validation failed ` + canary + `","errors":[` + strings.Join(parts, ",") + `]}`
}

func TestErrors_Table(t *testing.T) {
	t.Parallel()
	flat := func(code string) string { return fmt.Sprintf(`{"code":%q,"message":%q}`, code, canary) }
	for _, c := range []struct {
		status int
		body   string
		code   connector.Code
		field  string
	}{
		{400, refused("first_name missing_field"), connector.Invalid, "first_name"},
		{400, refused("email invalid_value"), connector.Invalid, "primary_email"},
		{400, refused("phone datatype_mismatch"), connector.Invalid, "work_phone_number"},
		{400, refused("mobile invalid_value"), connector.Invalid, "mobile_phone_number"},
		{400, refused("description invalid_value"), connector.Invalid, "background_information"},
		{400, refused("department_id invalid_value"), connector.Invalid, "department_ids"},
		{400, refused("badge_color invalid_value"), connector.Invalid, "custom_fields.badge_color"},
		{400, refused("custom_fields.badge_color invalid_value"), connector.Invalid, "custom_fields.badge_color"},
		{400, refused("Badge_Color readonly_field"), connector.Invalid, "custom_fields.badge_color"},
		{400, refused(canary + " invalid_field"), connector.Invalid, ""},
		{400, refused("primary_email duplicate_value"), connector.AlreadyExists, "primary_email"},
		{409, refused("email duplicate_value"), connector.AlreadyExists, "primary_email"},
		{409, refused("secondary_emails duplicate_value"), connector.AlreadyExists, "secondary_emails"},
		{409, refused("email invalid_value"), connector.AlreadyExists, "primary_email"},
		{409, refused(" duplicate_value"), connector.AlreadyExists, "primary_email"},
		{409, flat("duplicate_value"), connector.AlreadyExists, "primary_email"},
		{400, flat("duplicate_value"), connector.AlreadyExists, "primary_email"},
		{409, ``, connector.AlreadyExists, "primary_email"},
		{409, flat("incompatible_field"), connector.Conflict, ""},
		{400, refused("primary_email duplicate_value", "language invalid_value"), connector.Invalid, "language"},
		{400, ``, connector.Invalid, ""},
		{400, `<html>` + canary, connector.Invalid, ""},
		{400, flat("invalid_json"), connector.Invalid, ""},
		{422, refused("language invalid_value"), connector.Invalid, "language"},
		{401, flat("invalid_credentials"), connector.Unauthenticated, ""},
		{401, ``, connector.Unauthenticated, ""},
		{403, flat("access_denied"), connector.Denied, ""},
		{403, flat("require_feature"), connector.Denied, ""},
		{403, flat("account_suspended"), connector.Denied, ""},
		{403, flat("password_lockout"), connector.Denied, ""},
		{403, flat("password_expired"), connector.Unauthenticated, ""},
		{403, ``, connector.Denied, ""},
		{404, ``, connector.Unavailable, ""},
		{405, ``, connector.Internal, ""},
		{406, ``, connector.Internal, ""},
		{415, ``, connector.Internal, ""},
		{429, ``, connector.RateLimited, ""},
		{500, canary, connector.Ambiguous, ""},
		{503, ``, connector.Ambiguous, ""},
		{201, ``, connector.Ambiguous, ""},
		{201, `{"requester":`, connector.Ambiguous, ""},
		{201, `{"requester":{"first_name":"` + canary + `"}}`, connector.Ambiguous, ""},
		{302, ``, connector.Ambiguous, ""},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.body), func(t *testing.T) {
			t.Parallel()
			f := stubRecords(t, func(method, _ string) (int, string) {
				if method == http.MethodGet {
					return 200, `{"requesters":[]}`
				}
				return c.status, c.body
			})
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			rec := desc.Object("requester").Type.New()
			rec.SetString("first_name", canary)
			rec.SetString("primary_email", canary+"@example.com")
			_, err = f.Create(t.Context(), "requester", rec)
			require.ErrorIs(t, err, c.code)
			e := errorOf(t, err)
			assert.Equal(t, c.field, e.Field)
			assert.Equal(t, "create", e.Op)
			for ; err != nil; err = errors.Unwrap(err) {
				assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), canary)
			}
			assert.NotContains(t, e.Reason, canary)
			assert.Equal(t, c.code == connector.RateLimited, e.RetryAfter > 0)
		})
	}
}

func TestErrors_AllFieldsAreNamed(t *testing.T) {
	t.Parallel()
	f := stubRecords(t, func(string, string) (int, string) {
		return 400, refused("language invalid_value", "badge_color invalid_value", "language datatype_mismatch", canary+" invalid_field")
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	rec := desc.Object("requester").Type.New()
	rec.SetString("primary_email", "ada@example.com")
	_, err = f.Create(t.Context(), "requester", rec)
	assert.Equal(t, "Freshservice does not take the value; also refused: custom_fields.badge_color", errorOf(t, err).Reason)
}

func TestErrors_FieldThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	rec := f.record(t, "requester", map[string]any{"first_name": "Ada", "primary_email": "ada@example.com"})
	f.sim.AddRequesterField(freshservicetest.RequesterField{Name: "cost_center", Required: true})
	_, err := f.Create(t.Context(), "requester", rec)
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, "Freshservice refuses its field cost_center, which is not known here", errorOf(t, err).Reason)
}

func TestErrors_ConflictOfAnUpdateIsNoDuplicate(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
	f.sim.Fault(freshservicetest.Fault{Method: "PUT", Status: 409})
	_, err := f.change(t, t.Context(), connector.Ref{Object: "requester", ID: "100"}, map[string]any{"primary_email": "n@example.com"})
	assert.ErrorIs(t, err, connector.Conflict)
}

func TestFaults_LostCreatesAreAmbiguous(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault freshservicetest.Fault
		code  connector.Code
		made  bool
		calls int
	}{
		"lost answer":      {freshservicetest.Fault{Kind: freshservicetest.LostAnswer}, connector.Ambiguous, true, 1},
		"cut body":         {freshservicetest.Fault{Kind: freshservicetest.CutBody}, connector.Ambiguous, true, 1},
		"half the text":    {freshservicetest.Fault{Kind: freshservicetest.Malformed}, connector.Ambiguous, true, 1},
		"500 after it":     {freshservicetest.Fault{Kind: freshservicetest.FailAfter}, connector.Ambiguous, true, 1},
		"503 before it":    {freshservicetest.Fault{Kind: freshservicetest.Refuse}, connector.Ambiguous, false, 1},
		"connection reset": {freshservicetest.Fault{Kind: freshservicetest.Unreachable}, connector.Ambiguous, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, nil, nil)
			rec := f.record(t, "requester", map[string]any{"first_name": "Ada", "primary_email": "ada@example.com"})
			c.fault.Method, c.fault.Times = "POST", -1
			f.sim.Fault(c.fault)
			f.sim.ResetRequests()
			_, err := f.Create(t.Context(), "requester", rec)
			require.ErrorIs(t, err, c.code)
			assert.Len(t, f.sim.Requests(), c.calls, "a create is never repeated")
			assert.Equal(t, c.made, f.sim.RequesterByEmail("ada@example.com") != nil)
		})
	}
}

func TestFaults_OtherWritesAreRepeated(t *testing.T) {
	t.Parallel()
	for _, kind := range []freshservicetest.FaultKind{freshservicetest.LostAnswer, freshservicetest.CutBody, freshservicetest.FailAfter, freshservicetest.Refuse, freshservicetest.Unreachable} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			// A deactivation that was carried out is refused when it is repeated.
			f := start(t, &freshservicetest.Options{
				Requesters: []freshservicetest.Requester{ada(100)},
				Rules:      freshservicetest.Rules{RepeatDeactivateStatus: 404, RepeatReactivateStatus: 409},
			}, nil)
			ref := connector.Ref{Object: "requester", ID: "100"}
			ctx := t.Context()

			base, err := f.Get(ctx, ref)
			require.NoError(t, err)
			f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "PUT"})
			rec, err := f.Update(ctx, ref, connector.Change{Base: base, Edits: edits(t, base.Type(), map[string]any{"job_title": "Countess"})})
			require.NoError(t, err)
			assert.Equal(t, "Countess", rec.String("job_title"))

			f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "DELETE"})
			_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Deactivate})
			require.NoError(t, err)
			assert.Equal(t, false, f.sim.Requester(100)["active"])

			f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "PUT"})
			rec, err = f.Act(ctx, ref, connector.Action{Kind: connector.Activate})
			require.NoError(t, err)
			assert.True(t, rec.Bool("active"))

			f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "DELETE"})
			_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Erase})
			require.NoError(t, err)
			assert.Nil(t, f.sim.Requester(100))

			f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "GET"})
			_, err = f.Get(ctx, connector.Ref{Object: "user", ID: fmt.Sprint(f.sim.OwnerID())})
			require.NoError(t, err)
		})
	}
}

func TestFaults_DownIsUnavailable(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	f.sim.Fault(freshservicetest.Fault{Status: 503, RetryAfter: "70", Times: -1})
	_, err = f.Act(t.Context(), connector.Ref{Object: "requester", ID: "100"}, connector.Action{Kind: connector.Erase})
	require.ErrorIs(t, err, connector.Unavailable)
	assert.NotNil(t, f.sim.Requester(100))
}

func TestFaults_RateLimited(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	f.sim.Fault(freshservicetest.Fault{Status: 429, RetryAfter: "1521", Times: 1})
	rec := f.record(t, "requester", map[string]any{"first_name": "B", "primary_email": "b@example.com"})
	_, err = f.Create(t.Context(), "requester", rec)
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Equal(t, 1521*time.Second, errorOf(t, err).RetryAfter)

	// Nobody is asked before the time is up, and then everything is well.
	before := len(f.sim.Requests())
	_, err = f.Create(t.Context(), "requester", rec)
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Len(t, f.sim.Requests(), before)
	f.clock.Advance(1522 * time.Second)
	_, err = f.Create(t.Context(), "requester", rec)
	require.NoError(t, err)
}

func TestSecrets_AreInNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	f := start(t, &freshservicetest.Options{
		Keys:       []freshservicetest.Key{{Value: "key-" + canary}},
		Requesters: []freshservicetest.Requester{{ID: 100, FirstName: "Ada", PrimaryEmail: "ada-" + canary + "@example.com"}},
	}, &freshservice.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx := t.Context()
	ref := connector.Ref{Object: "requester", ID: "100"}
	var failures []error
	note := func(err error) { failures = append(failures, err) }

	_, err := f.find(ctx, "requester", `primary_email eq "ada-`+canary+`@example.com"`)
	require.NoError(t, err)
	_, err = f.find(ctx, "user", `name eq "`+canary+`"`)
	require.NoError(t, err)
	_, err = f.Create(ctx, "requester", f.record(t, "requester", map[string]any{"first_name": canary, "primary_email": "ada-" + canary + "@example.com"}))
	note(err)
	_, err = f.change(t, ctx, ref, map[string]any{"language": canary})
	note(err)
	for _, kind := range []freshservicetest.FaultKind{freshservicetest.LostAnswer, freshservicetest.CutBody, freshservicetest.Malformed} {
		base, err := f.Get(ctx, ref)
		require.NoError(t, err)
		f.sim.Fault(freshservicetest.Fault{Kind: kind, Method: "PUT", Times: 9})
		_, err = f.Update(ctx, ref, connector.Change{Base: base, Edits: edits(t, base.Type(), map[string]any{"job_title": canary + string(kind)})})
		note(err)
		f.sim.ClearFaults()
	}
	for _, status := range []int{400, 401, 403, 404, 409, 500} {
		f.sim.Fault(freshservicetest.Fault{Method: "PUT", Status: status, Body: `{"code":"` + canary + `","message":"` + canary + `","errors":[{"field":"` + canary + `","code":"` + canary + `"}]}`, Times: 9})
		_, err = f.change(t, ctx, ref, map[string]any{"job_title": canary})
		note(err)
		f.sim.ClearFaults()
	}
	require.NotEmpty(t, log.String())
	assert.NotContains(t, log.String(), canary)
	for _, err := range failures {
		require.Error(t, err)
		assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), canary)
	}
}

func TestLimits_SubLimitsAreLearned(t *testing.T) {
	t.Parallel()
	// 60 calls in all, 3 of them lists of requesters: the fourth list waits, other calls go on.
	f := start(t, &freshservicetest.Options{
		Limits:     &freshservicetest.Limits{Overall: 60, ListRequesters: 3, ListAgents: 3},
		Requesters: []freshservicetest.Requester{ada(100)},
	}, &freshservice.Options{Patience: time.Millisecond})
	ctx := t.Context()
	for range 3 {
		_, err := f.List(ctx, "requester", connector.Query{})
		require.NoError(t, err)
	}
	before := len(f.sim.Requests())
	_, err := f.List(ctx, "requester", connector.Query{})
	require.ErrorIs(t, err, connector.RateLimited)
	assert.Len(t, f.sim.Requests(), before, "the account was not asked")
	_, err = f.Get(ctx, connector.Ref{Object: "requester", ID: "100"})
	require.NoError(t, err)
	_, err = f.List(ctx, "agent", connector.Query{})
	require.NoError(t, err)
	for _, r := range f.sim.Requests() {
		assert.NotEqual(t, 429, r.Status)
	}
	f.clock.Advance(time.Minute)
	_, err = f.List(ctx, "requester", connector.Query{Background: true})
	require.NoError(t, err)
}

func TestLimits_LookupsDoNotTeachAWrongLimit(t *testing.T) {
	t.Parallel()
	// Where lookups draw from the account's budget, its size is not taken for that of lists.
	f := start(t, &freshservicetest.Options{
		Limits: &freshservicetest.Limits{Overall: 60, ListRequesters: 3, ListAgents: 3},
		Rules:  freshservicetest.Rules{FilteredListsDrawOverall: true}, Requesters: []freshservicetest.Requester{ada(100)},
	}, &freshservice.Options{Patience: time.Millisecond})
	ctx := t.Context()
	for range 10 {
		_, err := f.find(ctx, "requester", `primary_email eq "ada@example.com"`)
		require.NoError(t, err)
	}
	for range 3 {
		_, err := f.List(ctx, "requester", connector.Query{})
		require.NoError(t, err)
	}
	_, err := f.List(ctx, "requester", connector.Query{})
	require.ErrorIs(t, err, connector.RateLimited)
	for _, r := range f.sim.Requests() {
		assert.NotEqual(t, 429, r.Status)
	}
}

func TestDryRun_NothingIsWritten(t *testing.T) {
	t.Parallel()
	f := start(t, nil, nil)
	rec := f.record(t, "requester", map[string]any{"first_name": "Ada", "primary_email": "ada@example.com"})
	_, err := f.Create(httpx.WithDryRun(t.Context()), "requester", rec)
	require.ErrorIs(t, err, httpx.ErrDryRun)
	assert.Empty(t, f.sim.Requesters())
}

func TestRecords_AreNotShared(t *testing.T) {
	t.Parallel()
	f := start(t, &freshservicetest.Options{Requesters: []freshservicetest.Requester{ada(100)}}, nil)
	ref := connector.Ref{Object: "requester", ID: "100"}
	one, err := f.Get(t.Context(), ref)
	require.NoError(t, err)
	same, err := f.Update(t.Context(), ref, connector.Change{Base: one, Edits: []schema.Edit{{Slot: one.Type().Slot("secondary_emails"), Op: schema.Add, Value: schema.StringsValue("a@example.com")}}})
	require.NoError(t, err)
	same.SetString("first_name", "Somebody")
	assert.Equal(t, "Ada", one.String("first_name"))
}
