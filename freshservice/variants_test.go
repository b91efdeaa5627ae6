package freshservice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/schema"
)

// TestVariants_Life takes a requester through a life under every doubtful rule of
// the vendor's, one at a time.
func TestVariants_Life(t *testing.T) {
	t.Parallel()
	for _, v := range freshservicetest.Variants() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &freshservicetest.Options{
				Rules: v.Rules,
				Fields: []freshservicetest.RequesterField{
					{Name: "badge_color", Type: freshservicetest.DropdownField, Choices: []string{"red", "green"}},
					{Name: "hired", Type: freshservicetest.DateField},
				},
				Departments: []freshservicetest.Department{{ID: 42, Name: "Sales"}, {ID: 43, Name: "Tour Operations"}},
			}, nil)
			ctx := t.Context()

			made, err := f.Create(ctx, "requester", f.record(t, "requester", map[string]any{
				"first_name": "Ada", "last_name": "Byron", "primary_email": "ada@example.com", "secondary_emails": []string{"a@example.com"},
				"work_phone_number": "5551234", "department_ids": []int64{42}, "language": "de", "job_title": "Analyst", "background_information": "x",
				"custom_fields.badge_color": "red", "custom_fields.hired": "2026-03-04",
				"can_see_all_tickets_from_associated_departments": true,
			}))
			require.NoError(t, err)
			ref := refOf(made)
			assert.Equal(t, "2026-03-04", made.String("custom_fields.hired"))
			assert.Equal(t, []string{"42"}, made.Strings("department_ids"))
			assert.Equal(t, "5551234", made.String("work_phone_number"))

			got, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, got.Equal(made))

			if v.Rules.EmailFilterUsesIndex || v.Rules.EmailFilterHidesInactive {
				f.clock.Advance(5 * time.Minute) // only the search finds them, and it lags
			}
			found, err := f.find(ctx, "requester", `primary_email eq "ada@example.com"`)
			require.NoError(t, err)
			assert.Len(t, found, 1)

			// An edit leaves everything else alone, and what is cleared is cleared.
			after, err := f.change(t, ctx, ref, map[string]any{
				"job_title": nil, "background_information": nil, "custom_fields.badge_color": "green", "language": "en",
			})
			require.NoError(t, err)
			stored, err := f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, stored.Equal(after))
			assert.Empty(t, stored.String("job_title"))
			assert.Empty(t, stored.String("background_information"))
			assert.Equal(t, "green", stored.String("custom_fields.badge_color"))
			assert.Equal(t, "2026-03-04", stored.String("custom_fields.hired"))
			assert.Equal(t, []string{"42"}, stored.Strings("department_ids"))
			assert.True(t, stored.Bool("can_see_all_tickets_from_associated_departments"))

			_, err = f.Create(ctx, "requester", f.record(t, "requester", map[string]any{"first_name": "B", "primary_email": "ADA@example.com"}))
			if !v.Rules.EmailCaseSensitive {
				require.ErrorIs(t, err, connector.AlreadyExists)
				assert.Equal(t, "primary_email", errorOf(t, err).Field)
			}
			_, err = f.Create(ctx, "requester", f.record(t, "requester", map[string]any{"first_name": "B", "primary_email": "a@example.com"}))
			if v.Rules.DuplicateCode == "" {
				require.ErrorIs(t, err, connector.AlreadyExists)
			} else {
				// Refused like a malformed one, and other people's secondary addresses cannot be looked for.
				require.ErrorIs(t, err, connector.Invalid)
			}
			holder, err := f.find(ctx, "user", `addresses eq "ada@example.com"`)
			require.NoError(t, err)
			assert.Contains(t, ids(holder), made.Integer("id"))

			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Deactivate})
				require.NoError(t, err)
			}
			got, err = f.Get(ctx, ref)
			require.NoError(t, err)
			assert.False(t, got.Bool("active"))
			holder, err = f.find(ctx, "user", `addresses eq "ada@example.com"`)
			require.NoError(t, err)
			assert.Contains(t, ids(holder), made.Integer("id"))

			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Activate})
				require.NoError(t, err)
			}
			got, err = f.Get(ctx, ref)
			require.NoError(t, err)
			assert.True(t, got.Bool("active"))

			// The references that were dropped can be given back.
			back, err := f.change(t, ctx, ref, map[string]any{"department_ids": []int64{43}, "can_see_all_tickets_from_associated_departments": true})
			require.NoError(t, err)
			assert.True(t, back.Get("department_ids").Contains(schema.IntegerValue(43)))

			deps, err := f.find(ctx, "department", `name eq "tour operations"`)
			require.NoError(t, err)
			assert.Equal(t, []int64{43}, ids(deps))

			for range 2 {
				_, err = f.Act(ctx, ref, connector.Action{Kind: connector.Erase})
				require.NoError(t, err)
			}
			_, err = f.Get(ctx, ref)
			assert.ErrorIs(t, err, connector.NotFound)
		})
	}
}
