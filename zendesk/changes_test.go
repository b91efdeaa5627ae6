package zendesk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestChanges_Users: what was made, changed and deleted since a point in time, and
// from where one left off (reference, 10).
func TestChanges_Users(t *testing.T) {
	t.Parallel()
	f := hurry(t, &zendesktest.Options{Users: people()}, nil)
	feed, ok := connector.Ability[connector.Changes](f.Target)
	require.True(t, ok)
	f.clock.Advance(time.Hour)
	begun := f.clock.Now()
	made, err := f.create(t, t.Context(), map[string]any{"name": "New", "email": "new@example.com"})
	require.NoError(t, err)
	_, err = f.blind(t, t.Context(), user("100"), map[string]any{"name": "Ada L"})
	require.NoError(t, err)
	_, err = f.Act(t.Context(), user("400"), connector.Action{Kind: connector.Delete, Hint: "end-user"})
	require.NoError(t, err)
	f.clock.Advance(10 * time.Minute)

	page, err := feed.ListChanges(t.Context(), zendesk.ObjectUser, begun, "")
	require.NoError(t, err)
	assert.ElementsMatch(t, []int64{100, made.Integer("id")}, ids(page.Records))
	assert.Equal(t, []connector.Ref{user("400")}, page.Gone)
	assert.False(t, page.More)
	require.NotEmpty(t, page.Next)

	again, err := feed.ListChanges(t.Context(), zendesk.ObjectUser, begun, page.Next)
	require.NoError(t, err)
	assert.Empty(t, again.Records)
	_, err = f.blind(t, t.Context(), user("200"), map[string]any{"name": "G"})
	require.NoError(t, err)
	f.clock.Advance(10 * time.Minute)
	later, err := feed.ListChanges(t.Context(), zendesk.ObjectUser, begun, page.Next)
	require.NoError(t, err)
	assert.Equal(t, []int64{200}, ids(later.Records))

	// A start that is too near is moved back, not refused.
	_, err = feed.ListChanges(t.Context(), zendesk.ObjectUser, f.clock.Now().Add(time.Hour), "")
	require.NoError(t, err)
	_, err = feed.ListChanges(t.Context(), zendesk.ObjectUser, begun, "no cursor")
	require.ErrorIs(t, err, connector.Invalid)
	_, err = feed.ListChanges(t.Context(), zendesk.ObjectGroup, begun, "")
	require.ErrorIs(t, err, connector.Unsupported)
}

func TestChanges_Pages(t *testing.T) {
	t.Parallel()
	f := hurry(t, &zendesktest.Options{Users: crowd(1200)}, nil)
	feed, _ := connector.Ability[connector.Changes](f.Target)
	f.clock.Advance(time.Hour)
	seen := map[int64]bool{}
	cursor := ""
	for pages := 1; ; pages++ {
		page, err := feed.ListChanges(t.Context(), zendesk.ObjectUser, time.Time{}, cursor)
		require.NoError(t, err)
		for _, id := range ids(page.Records) {
			seen[id] = true
		}
		if cursor = page.Next; !page.More {
			assert.Equal(t, 2, pages)
			break
		}
	}
	assert.Len(t, seen, 1201, "and the owner")
}

func TestChanges_Organizations(t *testing.T) {
	t.Parallel()
	f := hurry(t, &zendesktest.Options{Organizations: []zendesktest.Organization{{ID: 5, Name: "Universal"}, {ID: 6, Name: "Paramount"}}}, nil)
	feed, _ := connector.Ability[connector.Changes](f.Target)
	f.clock.Advance(time.Hour)
	begun := f.clock.Now()
	_, err := f.blind(t, t.Context(), organization("6"), map[string]any{"notes": "n"})
	require.NoError(t, err)
	f.clock.Advance(time.Hour)
	page, err := feed.ListChanges(t.Context(), zendesk.ObjectOrganization, begun, "")
	require.NoError(t, err)
	assert.Equal(t, []int64{6}, ids(page.Records))
	_, err = feed.ListChanges(t.Context(), zendesk.ObjectOrganization, begun, "x")
	require.ErrorIs(t, err, connector.Invalid)
}

// TestCounts: a total where the setting asks for it and Zendesk counts exactly.
func TestCounts(t *testing.T) {
	t.Parallel()
	for _, counts := range []bool{false, true} {
		f := start(t, &zendesktest.Options{Users: crowd(150)}, &zendesk.Options{Counts: counts})
		page, err := f.List(t.Context(), zendesk.ObjectUser, connector.Query{})
		require.NoError(t, err)
		want := -1
		if counts {
			want = 151
		}
		assert.Equal(t, want, page.Total)
		next, err := f.List(t.Context(), zendesk.ObjectUser, connector.Query{Cursor: page.Next})
		require.NoError(t, err)
		assert.Equal(t, -1, next.Total)
	}
	// Beyond 100,000 the count is approximate (reference, 4.2).
	for n, want := range map[int]int{100_000: 100_000, 100_001: -1} {
		target := stubOptions(t, &zendesk.Options{Counts: true}, func(r *stubRequest) stubAnswer {
			switch r.path {
			case "/users":
				return stubAnswer{body: `{"users":[],"meta":{"has_more":true,"after_cursor":"x"}}`}
			case "/users/count":
				return stubAnswer{body: fmt.Sprintf(`{"count":{"value":%d,"refreshed_at":null}}`, n)}
			}
			return stubAnswer{status: 404}
		})
		page, err := target.List(t.Context(), zendesk.ObjectUser, connector.Query{})
		require.NoError(t, err)
		assert.Equal(t, want, page.Total)
	}
}
