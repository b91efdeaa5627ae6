package scim_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim"
)

// Whatever the body of a search says, it is answered with a list or with a
// client's error, and a GET that says the same is answered in the same way.
func FuzzSearchBody(f *testing.F) {
	for _, members := range []string{
		`"filter":"userName eq \"p1@example.com\"","count":2`, `"sortBy":"emails[type eq \"work\"].value","sortOrder":"descending"`,
		`"cursor":"","count":1,"sortBy":"title"`, `"cursor":"AAAA"`, `"attributes":["userName","name.givenName"],"startIndex":2`,
		`"excludedAttributes":"emails, meta","count":"1"`, `"filter":"not (userName pr) or meta.resourceType eq \"User\""`,
		`"filter":"password pr"`, `"startIndex":-1e3,"count":true`, `"filter":null,"sortOrder":5,"unknown":[{}]`, `"count":99999999999999999999`,
		`"filter":"displayName ne null and (active eq \"True\" or members[value eq \"1\"])","sortBy":"displayName"`,
	} {
		f.Add(`{"schemas":["`+searchURN+`"],`+members+`}`, false)
		f.Add(`{`+members+`}`, true)
	}
	compatible, s := pager(f, 4, nil)
	strictly := newHandler(f, s, strict)
	f.Fuzz(func(t *testing.T, body string, strictProfile bool) {
		h := compatible
		if strictProfile {
			h = strictly
		}
		for _, path := range []string{"/Users/.search", "/.search", "/Groups/.search"} {
			a := do(t, h, "POST", path, body)
			requireListOrError(t, a)
			if query, ok := asQuery(body); ok && a.Code == 200 {
				b := do(t, h, "GET", strings.TrimSuffix(path, ".search")+"?"+query, "")
				requireListOrError(t, b)
				delete(a.body, "nextCursor") // never the same twice
				delete(b.body, "nextCursor")
				require.Equal(t, a.body, b.body)
			}
		}
	})
}

func requireListOrError(t *testing.T, a answer) {
	t.Helper()
	switch a.Code {
	case 200:
		require.LessOrEqual(t, float64(len(ids(a))), a.get("totalResults"))
		require.Equal(t, float64(len(ids(a))), a.get("itemsPerPage"))
		require.NotContains(t, a.Body.String(), "password")
	case 400:
		require.NotEmpty(t, a.get("scimType"), a.Body.String())
		fallthrough
	case 413, 415:
		require.NotEmpty(t, a.get("detail"))
	default:
		t.Fatal(a.Code, a.Body.String())
	}
}

// asQuery writes a search that has only text and lists of text as the query of a
// GET.
func asQuery(body string) (string, bool) {
	var members map[string]any
	if json.Unmarshal([]byte(body), &members) != nil {
		return "", false
	}
	q := url.Values{}
	for name, v := range members {
		switch v := v.(type) {
		case string:
			q.Set(name, v)
		case []any:
			if strings.EqualFold(name, "schemas") {
				continue
			}
			for _, e := range v {
				text, ok := e.(string)
				if !ok {
					return "", false
				}
				q.Add(name, text)
			}
		default:
			return "", false
		}
	}
	return q.Encode(), true
}

// A cursor that was not issued for the query is never taken, and what PageOf makes
// of a cursor is a part of the list that leads to its end.
func FuzzCursor(f *testing.F) {
	h, s := pager(f, 5, nil)
	issued := next(do(f, h, "GET", "/Users?count=2&cursor=", ""))
	for _, c := range []string{"", "AAAA", issued, issued[1:], issued + "A", "2,5,2", "9,9,none", "-1,,", ",,", "1,-5,", "3", "%00", strings.Repeat("A", 4097)} {
		f.Add(c, false)
		f.Add(c, true)
	}
	typ := s.TypeSet.ByName("User").Type
	f.Fuzz(func(t *testing.T, cursor string, sorted bool) {
		a := do(t, h, "GET", "/Users?count=2&cursor="+url.QueryEscape(cursor), "")
		switch {
		case cursor == "" || sameCursor(cursor, issued):
			require.Equal(t, 200, a.Code)
		default:
			requireError(t, a, 400, "invalidCursor")
		}
		q := scim.Query{StartIndex: 1, ByCursor: true, Count: 2, Cursor: cursor}
		if sorted {
			q.Sort = sortBy(t, typ, "userName", true)
		}
		for pages := 0; ; pages++ {
			require.Less(t, pages, 4)
			page := scim.PageOf(q, slices.Values(s.Resources))
			require.LessOrEqual(t, len(page.Resources), 2)
			require.Equal(t, 5, page.Total)
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			require.Len(t, page.Resources, 2)
		}
	})
}

// sameCursor passes over line ends, as base64 does.
func sameCursor(a, b string) bool {
	return strings.NewReplacer("\r", "", "\n", "").Replace(a) == b
}
