package zendesk_test

import (
	"bytes"
	"context"
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
	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// refused is a body with details, of entries "field code".
func refused(entries ...string) string {
	var parts []string
	for _, e := range entries {
		field, code, _ := strings.Cut(e, " ")
		if code != "" {
			code = fmt.Sprintf(`,"error":%q`, code)
		}
		parts = append(parts, fmt.Sprintf(`%q:[{"description":"%s: says %s"%s}]`, field, field, canary, code))
	}
	return `{"error":"RecordInvalid","description":"` + canary + `","details":{` + strings.Join(parts, ",") + `}}`
}

func TestErrors_Table(t *testing.T) {
	t.Parallel()
	titled := `{"error":{"title":"Forbidden","message":"` + canary + `"}}`
	for _, c := range []struct {
		status int
		body   string
		code   connector.Code
		field  string
	}{
		{422, refused("name BlankValue"), connector.Invalid, "name"},
		{422, refused("phone InvalidValue"), connector.Invalid, "phone"},
		{422, refused("email InvalidFormat"), connector.Invalid, "email"},
		{422, refused("email DuplicateValue"), connector.AlreadyExists, "email"},
		{422, refused("external_id DuplicateValue"), connector.AlreadyExists, "external_id"},
		{422, refused("name BlankValue", "external_id DuplicateValue"), connector.AlreadyExists, "external_id"},
		{422, refused("email DuplicateValue", "name BlankValue"), connector.AlreadyExists, "email"},
		{422, refused("badge_color InvalidValue"), connector.Invalid, "user_fields.badge_color"},
		{422, refused("user_fields.badge_color InvalidValue"), connector.Invalid, "user_fields.badge_color"},
		{422, refused("Badge_Color InvalidValue"), connector.Invalid, "user_fields.badge_color"},
		{422, refused("base InvalidValue"), connector.Invalid, ""},
		{422, refused(canary + " InvalidValue"), connector.Invalid, ""},
		{422, refused("email"), connector.Invalid, "email"},
		{422, `{"error":"RecordInvalid"}`, connector.Invalid, ""},
		{422, `{"errors":[{"code":"` + canary + `"}]}`, connector.Invalid, ""},
		{422, ``, connector.Invalid, ""},
		{422, `<html>` + canary, connector.Invalid, ""},
		{422, `["` + canary + `"]`, connector.Invalid, ""},
		{422, `{"error":"RecordInvalid","details":"` + canary + `"}`, connector.Invalid, ""},
		{413, ``, connector.Invalid, ""},
		{400, refused("locale InvalidValue"), connector.Invalid, "locale"},
		{400, titled, connector.Invalid, ""},
		{401, `{"error":"Couldn't authenticate you"}`, connector.Unauthenticated, ""},
		{401, `{"error":"invalid_token"}`, connector.Unauthenticated, ""},
		{403, titled, connector.Denied, ""},
		{403, ``, connector.Denied, ""},
		{404, `{"error":"InvalidEndpoint","description":"Not found"}`, connector.Unavailable, ""},
		{404, `<html>` + canary, connector.Unavailable, ""},
		{405, ``, connector.Internal, ""},
		{409, `{"error":"DatabaseConflict","description":"` + canary + `"}`, connector.Ambiguous, ""},
		{409, ``, connector.Ambiguous, ""},
		{409, refused("email DuplicateValue"), connector.AlreadyExists, "email"},
		{415, ``, connector.Internal, ""},
		{429, canary, connector.RateLimited, ""},
		{500, canary, connector.Ambiguous, ""},
		{503, ``, connector.Ambiguous, ""},
		{201, ``, connector.Ambiguous, ""},
		{201, `{"user":`, connector.Ambiguous, ""},
		{201, `{"user":[]}`, connector.Ambiguous, ""},
		{201, `{"user":{"name":"` + canary + `"}}`, connector.Ambiguous, ""},
		{302, ``, connector.Ambiguous, ""},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.body), func(t *testing.T) {
			t.Parallel()
			f := stub(t, func(method, path string) (int, string) {
				switch {
				case method == http.MethodPost && path == "/users":
					return c.status, c.body
				case path == "/users/search":
					return 200, `{"users":[]}`
				}
				return 404, ""
			})
			desc, err := f.Description(t.Context())
			require.NoError(t, err)
			rec := desc.Object("user").Type.New()
			rec.SetString("name", canary)
			rec.SetString("email", canary+"@example.com")
			_, err = f.Create(t.Context(), "user", rec)
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
	f := stub(t, func(method, path string) (int, string) {
		if method == http.MethodPost && path == "/users" {
			return 422, refused("locale InvalidValue", "badge_color InvalidValue", canary+" InvalidValue")
		}
		return 404, ""
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	rec := desc.Object("user").Type.New()
	rec.SetString("name", "Ada")
	_, err = f.Create(t.Context(), "user", rec)
	require.ErrorIs(t, err, connector.Invalid)
	assert.Equal(t, "not one of en-US; also refused: user_fields.badge_color", errorOf(t, err).Reason)
}

func TestErrors_FieldThatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	f := stub(t, func(method, path string) (int, string) {
		if method == http.MethodPost && path == "/users" {
			return 422, refused("cost_center BlankValue")
		}
		return 404, ""
	})
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	rec := desc.Object("user").Type.New()
	rec.SetString("name", "Ada")
	_, err = f.Create(t.Context(), "user", rec)
	assert.Equal(t, "Zendesk refuses its field cost_center, which is not known here", errorOf(t, err).Reason)
}

func TestErrors_GoneIsNotTheSameAsNoAccount(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]connector.Code{
		`{"error":"RecordNotFound","description":"Not found"}`: connector.NotFound,
		``: connector.Unavailable, // the stub's own answers end with an empty one
		`<html>No help desk at acme.zendesk.com</html>`:         connector.Unavailable,
		`{"error":"InvalidEndpoint","description":"Not found"}`: connector.Unavailable,
	} {
		if body == "" {
			continue
		}
		f := stub(t, func(_, path string) (int, string) {
			if path == "/users/100" {
				return 404, body
			}
			return 404, ""
		})
		_, err := f.Get(t.Context(), user("100"))
		require.ErrorIs(t, err, code, body)
	}
}

func TestErrors_DeletedUsersUpdateMayBeInvalid(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people(), Rules: zendesktest.Rules{UpdateDeletedInvalid: true}}, nil)
	f.sim.DeleteUser(100)
	_, err := f.Act(t.Context(), user("100"), connector.Action{Kind: connector.Deactivate, Hint: "end-user"})
	require.ErrorIs(t, err, connector.NotFound)
}

func TestFaults_LostCreatesAreAmbiguous(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault zendesktest.Fault
		made  bool
	}{
		"lost answer":       {zendesktest.Fault{Kind: zendesktest.LostAnswer}, true},
		"cut body":          {zendesktest.Fault{Kind: zendesktest.CutBody}, true},
		"half the text":     {zendesktest.Fault{Kind: zendesktest.Malformed}, true},
		"500 after it":      {zendesktest.Fault{Kind: zendesktest.FailAfter}, true},
		"maintenance":       {zendesktest.Maintenance("1"), false},
		"database conflict": {zendesktest.DatabaseConflict(), false},
		"connection reset":  {zendesktest.Fault{Kind: zendesktest.Unreachable}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, nil, nil)
			rec := f.record(t, "user", map[string]any{"name": "Ada", "email": "ada@example.com"})
			c.fault.Method, c.fault.Path, c.fault.Times = "POST", "/api/v2/users", -1
			f.sim.Fault(c.fault)
			f.sim.ResetRequests()
			_, err := f.Create(t.Context(), "user", rec)
			require.ErrorIs(t, err, connector.Ambiguous)
			assert.Len(t, f.sim.Requests(), 1, "a create is never repeated")
			assert.Equal(t, c.made, f.sim.UserByEmail("ada@example.com") != nil)
		})
	}
}

func TestFaults_OtherWritesAreRepeated(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]zendesktest.Fault{
		"lost answer": {Kind: zendesktest.LostAnswer}, "cut body": {Kind: zendesktest.CutBody}, "500 after it": {Kind: zendesktest.FailAfter},
		"503 before it": {Kind: zendesktest.Refuse}, "reset": {Kind: zendesktest.Unreachable}, "two writes met": zendesktest.DatabaseConflict(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: people()}, nil)
			ctx := t.Context()
			_, err := f.Description(ctx)
			require.NoError(t, err)
			script := func(method, path string) {
				fault.Method, fault.Path = method, path
				f.sim.Fault(fault)
			}

			script("PUT", "/api/v2/users/*")
			rec, err := f.blind(t, ctx, user("100"), map[string]any{"name": "Ada L"})
			require.NoError(t, err)
			assert.Equal(t, "Ada L", rec.String("name"))

			script("PUT", "/api/v2/users/*")
			rec, err = f.Act(ctx, user("200"), connector.Action{Kind: connector.Deactivate, Hint: "agent"})
			require.NoError(t, err)
			assert.False(t, rec.Bool("enabled"))

			script("PUT", "/api/v2/users/*")
			_, err = f.Act(ctx, user("200"), connector.Action{Kind: connector.Activate})
			require.NoError(t, err)

			script("PUT", "/api/v2/users/*/identities/*")
			rec, err = f.blind(t, ctx, user("100"), map[string]any{"email": "new@example.com"})
			require.NoError(t, err)
			assert.Equal(t, "new@example.com", rec.String("email"))

			script("DELETE", "/api/v2/users/*")
			_, err = f.Act(ctx, user("200"), connector.Action{Kind: connector.Delete, Hint: "end-user"})
			require.NoError(t, err)

			script("DELETE", "/api/v2/deleted_users/*")
			_, err = f.Act(ctx, user("200"), connector.Action{Kind: connector.Erase, Hint: "end-user"})
			require.NoError(t, err)
			assert.Empty(t, f.sim.PendingFaults())
		})
	}
}

func TestFaults_ConflictsEnd(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	fault := zendesktest.DatabaseConflict()
	fault.Method, fault.Times = "PUT", -1
	f.sim.Fault(fault)
	calls := f.calls(t, func(ctx context.Context) {
		_, err := f.blind(t, ctx, user("100"), map[string]any{"name": "x"})
		require.ErrorIs(t, err, connector.Conflict)
	})
	assert.Len(t, calls, 3)
}

func TestFaults_DownIsUnavailable(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	_, err := f.Description(t.Context())
	require.NoError(t, err)
	fault := zendesktest.Maintenance("70")
	fault.Times = -1
	f.sim.Fault(fault)
	_, err = f.Act(t.Context(), user("100"), connector.Action{Kind: connector.Erase, Hint: "end-user"})
	require.ErrorIs(t, err, connector.Unavailable)
	assert.Equal(t, 70*time.Second, errorOf(t, err).RetryAfter)
}

func TestSecrets_AreInNoErrorAndNoLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	users := people()
	users[0].Email = "ada-" + canary + "@example.com"
	f := start(t, &zendesktest.Options{
		Clients: []zendesktest.OAuthClient{{ID: "client-" + canary, Secret: "secret-" + canary}}, Users: users,
	}, &zendesk.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx := t.Context()
	var failures []error
	note := func(err error) { failures = append(failures, err) }

	// The token endpoint first: it gets the secret in its body.
	for _, kind := range []zendesktest.FaultKind{zendesktest.LostAnswer, zendesktest.CutBody, zendesktest.Malformed, zendesktest.Refuse} {
		f.sim.Fault(zendesktest.Fault{Kind: kind, Path: "/oauth/tokens", Times: 9, Status: 401, Body: `{"error":"` + canary + `"}`})
		_, err := f.Description(ctx)
		note(err)
		f.sim.ClearFaults()
		f.clock.Advance(time.Hour)
	}
	_, err := f.find(ctx, "user", `email eq "ada-`+canary+`@example.com"`)
	require.NoError(t, err)
	_, err = f.create(t, ctx, map[string]any{"name": canary, "email": "ada-" + canary + "@example.com"})
	note(err)
	_, err = f.blind(t, ctx, user("200"), map[string]any{"email": "ada-" + canary + "@example.com"})
	note(err)
	for _, kind := range []zendesktest.FaultKind{zendesktest.LostAnswer, zendesktest.CutBody, zendesktest.Malformed} {
		f.sim.Fault(zendesktest.Fault{Kind: kind, Method: "PUT", Times: 9})
		_, err = f.blind(t, ctx, user("100"), map[string]any{"details": canary + string(kind)})
		note(err)
		f.sim.ClearFaults()
	}
	for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 500} {
		f.sim.Fault(zendesktest.Fault{Method: "PUT", Status: status, RetryAfter: "100", Body: `{"error":"` + canary + `","description":"` + canary +
			`","details":{"` + canary + `":[{"description":"` + canary + `","error":"` + canary + `"}]}}`, Times: 9})
		_, err = f.blind(t, ctx, user("100"), map[string]any{"details": canary})
		note(err)
		f.sim.ClearFaults()
		f.clock.Advance(time.Hour)
	}
	require.NotEmpty(t, log.String())
	assert.NotContains(t, log.String(), canary)
	for _, err := range failures {
		require.Error(t, err)
		assert.NotContains(t, fmt.Sprintf("%v|%+v|%#v", err, err, err), canary)
	}
}

func TestRecords_AreNotShared(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	one, err := f.Get(t.Context(), user("100"))
	require.NoError(t, err)
	same, err := f.Update(t.Context(), user("100"), connector.Change{Base: one, Edits: edits(t, one.Type(), map[string]any{"email": "ADA@example.com"})})
	require.NoError(t, err)
	same.SetString("name", "Somebody")
	assert.Equal(t, "Ada Byron", one.String("name"))
	added := schema.Edit{Slot: one.Type().Slot("tags"), Op: schema.Add, Value: schema.StringsValue("x")}
	_, err = f.Update(t.Context(), user("100"), connector.Change{Base: one, Edits: []schema.Edit{added}})
	require.NoError(t, err)
	assert.Equal(t, []string{"vip"}, one.Strings("tags"))
}

func TestDryRun_NothingIsWritten(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: people()}, nil)
	_, err := f.change(t, httpx.WithDryRun(t.Context()), user("100"), map[string]any{"email": "new@example.com", "name": "x"})
	require.ErrorIs(t, err, httpx.ErrDryRun)
	assert.Equal(t, []string{"ada@example.com"}, f.addresses(100))
}
