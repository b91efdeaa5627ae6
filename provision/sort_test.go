package provision_test

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/freshservice/freshservicetest"
	"github.com/usher-scim/usher/provision"
	"github.com/usher-scim/usher/scim"
)

// TestSort pages through sorted lists, by index and by cursor: each user comes
// once, in the order asked for, those who are equal in the order of the list.
func TestSort(t *testing.T) {
	t.Parallel()
	w := motley(t)
	text := func(path ...string) func(map[string]any) string {
		return func(u map[string]any) string {
			for _, p := range path[:len(path)-1] {
				u, _ = u[p].(map[string]any)
			}
			s, _ := u[path[len(path)-1]].(string)
			return strings.ToLower(s)
		}
	}
	for _, tt := range []struct {
		query string
		key   func(map[string]any) string
	}{
		{"sortBy=userName", text("userName")},
		{"sortBy=title", text("title")},
		{"sortBy=name.familyName&sortOrder=descending", text("name", "familyName")},
		{"sortBy=" + enterprise + ":department", text(enterprise, "department")},
		{"sortBy=displayName&filter=" + url.QueryEscape(`title eq "Analyst"`), text("displayName")},
		{"sortBy=displayName&filter=" + url.QueryEscape(`externalId eq "new-1"`), text("displayName")},
	} {
		t.Run(tt.query, func(t *testing.T) {
			_, filter, _ := strings.Cut(tt.query, "&filter=")
			list := must(t, w, "GET", "/Users?count=1000&filter="+filter, nil, 200).Resources()
			descending := strings.Contains(tt.query, "descending")
			slices.SortStableFunc(list, func(a, b map[string]any) int {
				x, y := tt.key(a), tt.key(b)
				order := cmp.Compare(x, y)
				if x == "" || y == "" {
					order = -order // without a value last
				}
				if descending {
					return -order
				}
				return order
			})
			var want []string
			for _, u := range list {
				want = append(want, u["id"].(string))
			}
			require.NotEmpty(t, want)
			var byIndex []string
			for at := 1; at <= len(want); at += 7 {
				r := must(t, w, "GET", fmt.Sprintf("/Users?startIndex=%d&count=7&%s", at, tt.query), nil, 200)
				assert.Equal(t, len(want), r.Total())
				for _, u := range r.Resources() {
					byIndex = append(byIndex, u["id"].(string))
				}
			}
			assert.Equal(t, want, byIndex)
			assert.Equal(t, want, slices.Concat(walk(t, w, "/Users?"+tt.query, 5)...))
		})
	}
}

// TestSort_ScanLimit: more records than may be read are refused, unless a filter
// that the target can answer leaves few.
func TestSort_ScanLimit(t *testing.T) {
	t.Parallel()
	account := &freshservicetest.Options{}
	for i := range 450 {
		account.Requesters = append(account.Requesters, freshservicetest.Requester{
			FirstName: "P", PrimaryEmail: fmt.Sprintf("p%03d@example.com", i), JobTitle: []string{"Analyst", "Baron"}[i%2],
		})
	}
	for limit, status := range map[int]int{200: 400, 400: 400, 449: 400, 450: 200, 1000: 200} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			w := freshserviceWorld(t, account, nil, &provision.Options{ScanLimit: limit})
			for _, paging := range []string{"", "&cursor=", "&startIndex=400"} {
				w.takeCalls()
				r := must(t, w, "GET", "/Users?sortBy=userName"+paging, nil, status)
				if status == 400 {
					assert.Equal(t, scim.TooMany, r.Body["scimType"])
					assert.Contains(t, r.Body["detail"], "sortBy")
				}
				assert.LessOrEqual(t, len(w.takeCalls()), (limit+99)/100+1, "pages overlap a little")
			}
			r := must(t, w, "GET", "/Users?count=0&sortBy=userName", nil, 200)
			assert.Empty(t, r.Resources())
			w.takeCalls()
			r = must(t, w, "GET", "/Users?sortBy=title&filter="+url.QueryEscape(`userName eq "p007@example.com"`), nil, 200)
			assert.Equal(t, 1, r.Total())
			assert.Len(t, w.takeCalls(), 1)
		})
	}
	t.Run("a target that counts is asked once", func(t *testing.T) {
		w := memoryWorld(t, scim.ProfileCompatible())
		w.serve(&provision.Options{ScanLimit: 20}, scim.ProfileCompatible())
		for i := range 21 {
			create(t, w, user(fmt.Sprintf("p%02d@example.com", i), nil))
		}
		w.takeCalls()
		must(t, w, "GET", "/Users?sortBy=userName&count=1", nil, 400)
		assert.Equal(t, []string{"list user"}, w.takeCalls())
	})
}

// TestSort_ByWhatIsNotShown: an attribute that the answer does not show is read all
// the same.
func TestSort_ByWhatIsNotShown(t *testing.T) {
	t.Parallel()
	w := memoryWorld(t, scim.ProfileCompatible())
	var ids []string
	for _, name := range []string{"c", "a", "b"} {
		ids = append(ids, create(t, w, user(name, map[string]any{"emails": []any{map[string]any{"value": name + "@example.com"}}})).ID())
	}
	assert.Equal(t, []string{ids[1], ids[2], ids[0]}, listIDs(t, w, "/Users?attributes=userName&sortBy=emails"))
}
