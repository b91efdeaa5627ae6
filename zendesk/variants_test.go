package zendesk_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestVariants_Life takes a user through a life under every doubtful rule of the
// vendor's, one at a time.
func TestVariants_Life(t *testing.T) {
	t.Parallel()
	for _, v := range zendesktest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{
				Rules: v.Rules, Fields: everyField(), Users: people(),
				Organizations: []zendesktest.Organization{{ID: 5, Name: "Universal Studios"}},
				CustomRoles:   []zendesktest.CustomRole{{ID: 32, Name: "Advisor", Type: zendesktest.CustomAgent}},
			}, nil)
			ctx := t.Context()
			require.NoError(t, f.Check(ctx))

			made, err := f.create(t, ctx, map[string]any{
				"name": "Edith", "email": "edith@example.com", "external_id": "E-1", "phone": "+15550111", "organization_id": 5, "locale": "de", "time_zone": "Berlin",
				"tags": []string{"vip"}, "notes": "n", "user_fields.team": "sales", "user_fields.hired": "2026-03-04", "user_fields.on_site": true,
				"user_fields.desk": 7, "user_fields.boss": 300,
			})
			require.NoError(t, err)
			ref := refOf(made)
			got, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, got.Equal(made))
			assert.Equal(t, "2026-03-04", got.String("user_fields.hired"))
			assert.Equal(t, "300", got.String("user_fields.boss"))
			assert.Equal(t, []string{"vip"}, got.Strings("tags"))

			found, err := f.find(ctx, "user", `external_id eq "e-1"`)
			require.NoError(t, err)
			assert.Equal(t, []int64{made.Integer("id")}, ids(found))

			// An edit leaves everything else alone, and what is cleared is cleared.
			after, err := f.change(t, ctx, ref, map[string]any{
				"email": "edith2@example.com", "notes": nil, "phone": "+15550122", "user_fields.team": "tour_operations", "user_fields.desk": nil,
			})
			require.NoError(t, err)
			stored, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, stored.Equal(after))
			for name, want := range map[string]string{
				"email": "edith2@example.com", "notes": "", "phone": "+15550122", "organization_id": "5", "locale": "de", "external_id": "E-1",
				"user_fields.team": "tour_operations", "user_fields.desk": "", "user_fields.hired": "2026-03-04", "user_fields.on_site": "true",
			} {
				assert.Equal(t, want, stored.String(name), name)
			}
			assert.Equal(t, []string{"vip"}, stored.Strings("tags"))
			assert.Equal(t, []string{"edith2@example.com"}, f.addresses(made.Integer("id")))

			f.clock.Advance(5 * time.Minute) // for the search, which some of the rest falls back on
			_, err = f.create(t, ctx, map[string]any{"name": "B", "email": "EDITH2@example.com"})
			require.ErrorIs(t, err, connector.AlreadyExists)
			assert.Equal(t, "email", errorOf(t, err).Field)
			_, err = f.blind(t, ctx, user("200"), map[string]any{"email": "edith2@example.com"})
			require.ErrorIs(t, err, connector.AlreadyExists)
			found, err = f.find(ctx, "user", `email eq "edith2@example.com"`)
			require.NoError(t, err)
			assert.Equal(t, []int64{made.Integer("id")}, ids(found))

			// An agent, who is disabled, enabled and deleted.
			agent, err := f.change(t, ctx, ref, map[string]any{"role": "agent", "custom_role_id": 32})
			require.NoError(t, err)
			assert.Equal(t, "agent", agent.String("role"))
			for range 2 {
				off, err := f.Act(ctx, ref, connector.Action{Kind: connector.Deactivate})
				require.NoError(t, err)
				assert.False(t, off.Bool("enabled"))
				assert.Equal(t, "end-user", off.String("role"))
			}
			for range 2 {
				on, err := f.Act(ctx, ref, connector.Action{Kind: connector.Activate})
				require.NoError(t, err)
				assert.True(t, on.Bool("enabled"))
			}
			_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Delete})
			require.NoError(t, err)
			_, err = f.Get(ctx, ref)
			require.ErrorIs(t, err, connector.NotFound)
			found, err = f.find(ctx, "user", "")
			require.NoError(t, err)
			assert.NotContains(t, ids(found), made.Integer("id"))
			for _, kind := range []connector.ActionKind{connector.Deactivate, connector.Activate, connector.Delete} {
				_, err = f.Act(ctx, ref, connector.Action{Kind: kind, Hint: "end-user"})
				require.ErrorIs(t, err, connector.NotFound, "%s", kind)
			}
			_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Erase})
			require.NoError(t, err)
		})
	}
}

func TestTarget_ConcurrentUse(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{Users: crowd(20), Fields: everyField(), Rules: zendesktest.Rules{UserFieldsReplace: true}}, nil)
	ctx := t.Context()
	desc, err := f.Description(ctx)
	require.NoError(t, err)
	typ := desc.Object("user").Type
	var wg sync.WaitGroup
	errs := make(chan error, 400)
	for i := range 20 {
		first := edits(t, typ, map[string]any{"user_fields.nick": "a", "user_fields.team": "sales", "tags": []string{"t"}})
		second := edits(t, typ, map[string]any{"name": fmt.Sprint("N", i), "user_fields.nick": fmt.Sprint(i), "email": fmt.Sprintf("q%04d@example.com", i)})
		wg.Go(func() {
			ref := user(fmt.Sprint(1000 + i))
			base, err := f.Get(ctx, ref)
			errs <- err
			if err != nil {
				return
			}
			base, err = f.Update(ctx, ref, connector.Change{Base: base, Edits: first})
			errs <- err
			_, err = f.Update(ctx, ref, connector.Change{Base: base, Edits: second})
			errs <- err
			_, err = f.Refresh(ctx)
			errs <- err
			_, err = f.find(ctx, "user", fmt.Sprintf(`email eq "p%04d@example.com"`, i))
			errs <- err
		})
	}
	f.sim.RevokeTokens()
	wg.Wait()
	close(errs)
	for err := range errs {
		assert.NoError(t, err)
	}
	for i := range 20 {
		rec, err := f.Get(ctx, user(fmt.Sprint(1000+i)))
		require.NoError(t, err)
		assert.Equal(t, [4]string{fmt.Sprint("N", i), fmt.Sprint(i), "sales", fmt.Sprintf("q%04d@example.com", i)},
			[4]string{rec.String("name"), rec.String("user_fields.nick"), rec.String("user_fields.team"), rec.String("email")})
		assert.Equal(t, []string{"t"}, rec.Strings("tags"))
	}
}
