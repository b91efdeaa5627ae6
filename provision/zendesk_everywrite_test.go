package provision_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/scim/scimtest"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// snapshot is all that matters of an account, without ids, which differ.
func (w *world) snapshot() []string {
	var out []string
	name := make(map[any]any)
	for _, g := range w.zendesk.Groups() {
		name[g["id"]] = g["name"]
	}
	for _, o := range w.zendesk.Organizations() {
		name[o["id"]] = o["name"]
		out = append(out, fmt.Sprintf("organization %v", o["name"]))
	}
	named := func(ids []int64) (names []string) {
		for _, id := range ids {
			names = append(names, fmt.Sprint(name[id]))
		}
		if len(names) > 1 {
			slices.Sort(names[1:]) // the first is the default one
		}
		return names
	}
	for _, u := range w.zendesk.Users() {
		id := u["id"].(int64)
		out = append(out, fmt.Sprintf("user %v %v %v suspended=%v %v in %v, %v", w.addressesOf(id), u["name"], u["role"], u["suspended"],
			u["phone"], named(w.zendesk.UserOrganizations(id)), named(w.zendesk.UserGroups(id))))
	}
	for _, g := range w.zendesk.Groups() {
		if g["deleted"] != true {
			out = append(out, fmt.Sprintf("group %v of %d", g["name"], len(w.zendesk.GroupMembers(g["id"].(int64)))))
		}
	}
	slices.Sort(out)
	return out
}

// TestZendesk_FaultsOfEveryWrite breaks each call of each operation that comes to
// several, in every way, until the client has its answer, and then sends the request
// again as a client would. In the end the account is as it is without any fault:
// nothing is there twice, and nothing is lost.
func TestZendesk_FaultsOfEveryWrite(t *testing.T) {
	t.Parallel()
	account := func() *zendesktest.Options {
		o := teams(8)
		o.Groups = append(o.Groups, zendesktest.Group{ID: 13, Name: "Night"})
		o.Organizations = touring(zendesktest.Rules{}).Organizations
		o.Users = append(o.Users,
			zendesktest.User{ID: 701, Name: "Three", Email: "three@example.com", OrganizationIDs: []int64{41, 42, 43}},
			zendesktest.User{ID: 702, Name: "One", Email: "one@example.com", Phone: "+15550100", OrganizationIDs: []int64{41}},
			zendesktest.User{ID: 710, Name: "Night watch", Email: "watch@example.com", Role: "agent", GroupIDs: []int64{10, 13}})
		return o
	}
	groups := &zendesk.Options{Organizations: zendesk.OrganizationsGroups}
	agent := user("ada@example.com", map[string]any{"displayName": "Ada", "userType": "Agent", enterprise: map[string]any{"organization": "Lab"}})
	// The membership that was the default one ends last. Where that fails, nobody knows
	// any more that it was.
	lingers := []string{"in [Office Lab Tour Operations]", "in [Office Lab Sales Tour Operations]"}
	operations := []struct {
		name, method, path string
		body               any
		driver             *zendesk.Options
		// left is what a failure may leave behind: what was there before.
		left []string
	}{
		{"create of an agent in an organization", "POST", "/Users", agent, nil, nil},
		{"promotion", "PATCH", "/Users/702", patch(set("userType", "Agent"), set("displayName", "First")), nil, nil},
		{"promotion by PUT", "PUT", "/Users/702", user("one@example.com", map[string]any{"displayName": "First", "userType": "Agent"}), nil, nil},
		{"downgrade and suspension", "PATCH", "/Users/1001", patch(set("active", false)), nil, nil},
		{"new address", "PATCH", "/Users/702", patch(set("userName", "new@example.com"), set("displayName", "First")), nil, nil},
		{"new address, the old one kept", "PATCH", "/Users/702", patch(set("userName", "new@example.com")), &zendesk.Options{EmailChange: zendesk.EmailKeep}, nil},
		{"new number", "PATCH", "/Users/702", patch(set("phoneNumbers", []any{map[string]any{"type": "work", "value": "+15550111"}})), nil, nil},
		{"another organization", "PATCH", "/Users/701", patch(set(enterprise+":organization", "Office")), nil, lingers},
		{"two members come", "PATCH", "/Groups/gr-13", patch(add(1001, 1002)), nil, nil},
		{"two members go", "PATCH", "/Groups/gr-11", patch(remove(1001), remove(1002)), nil, nil},
		{"members by jobs", "PUT", "/Groups/gr-11", groupOf("Crew", 1005, 1006, 1007, 1008, 710), nil, nil},
		{"many come and one goes", "PUT", "/Groups/gr-13", groupOf("Night shift", ids(1001, 6)...), nil, nil},
		{"create of a group with members", "POST", "/Groups", groupOf("Day", 1001, 1002, 1003, 1004, 1005), nil, nil},
		{"members of an organization", "PATCH", "/Groups/or-44", patch(add(701, 1001)), groups, nil},
		{"members leave an organization", "PUT", "/Groups/or-41", groupOf("Sales", 1001), groups, nil},
	}
	text := zendesktest.Fault{Kind: zendesktest.Refuse, Status: 429, RetryAfter: "1", ContentType: "text/plain", Body: "You have exceeded the rate limit"}
	object := zendesktest.Fault{Kind: zendesktest.Refuse, Status: 429, RetryAfter: "1", ContentType: "application/json", Body: `{"error":"APIRateLimitExceeded","description":"Too many requests"}`}
	faults := []zendesktest.Fault{
		zendesktest.Maintenance("1"), text, object, {Kind: zendesktest.FailAfter, Status: 500}, {Kind: zendesktest.LostAnswer}, {Kind: zendesktest.CutBody},
		zendesktest.DatabaseConflict(),
	}
	for _, op := range operations {
		run := func(t *testing.T, fault *zendesktest.Fault) *world {
			t.Helper()
			w := zendeskWorld(t, account(), op.driver, nil)
			if fault == nil {
				r := must(t, w, op.method, op.path, op.body, 200, 201, 204)
				require.NotNil(t, r)
				return w
			}
			w.zendesk.Fault(*fault)
			r, err := w.client.Do(t.Context(), op.method, op.path, nil, op.body)
			require.NoError(t, err)
			if r.Status >= 400 {
				require.Contains(t, []int{409, 429, 500, 502, 503}, r.Status, "%s", r.Raw)
			}
			if pending := w.zendesk.PendingFaults(); len(pending) > 0 {
				require.Equal(t, []int{0, -1}, []int{pending[0].Skip, pending[0].Times}, "the fault was met")
			}
			w.zendesk.ClearFaults()
			w.clock.Advance(2 * time.Minute) // what the limits ask for, and jobs end
			w.repeat(t, op.method, op.path, op.body)
			return w
		}
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			whole := run(t, nil)
			want, calls := whole.snapshot(), telling(whole.takeCalls())
			for _, f := range faults {
				for _, times := range []int{1, -1} {
					if times == 1 && f.Kind != zendesktest.FailAfter && f.Kind != zendesktest.LostAnswer {
						continue // the client's own attempts see to it
					}
					t.Run(fmt.Sprintf("%s %d %s x%d", f.Kind, f.Status, f.ContentType, times), func(t *testing.T) {
						t.Parallel()
						for _, skip := range calls {
							fault := f
							fault.Skip, fault.Times = skip, times
							got := run(t, &fault).snapshot()
							if op.left != nil {
								for i := range got {
									got[i] = strings.Replace(got[i], op.left[1], op.left[0], 1)
								}
							}
							require.Equal(t, want, got, "call %d", skip)
						}
					})
				}
			}
		})
	}
}

// telling are the indexes of the calls that are worth a fault: all that write, the
// first that reads, and the first that asks for a job.
func telling(calls []string) (at []int) {
	seen := make(map[string]bool)
	for i, c := range calls {
		kind := fmt.Sprint(strings.HasPrefix(c, "GET "), strings.HasPrefix(c, "GET /job_statuses"))
		if !strings.HasPrefix(c, "GET ") || !seen[kind] {
			at = append(at, i)
		}
		seen[kind] = true
	}
	return at
}

// repeat sends a request again as a client does: one that finds its create done
// already looks for what is there and brings it up to date.
func (w *world) repeat(t *testing.T, method, path string, body any) *scimtest.Response {
	t.Helper()
	r, err := w.client.Do(t.Context(), method, path, nil, body)
	require.NoError(t, err)
	if method == "POST" && r.Status == 409 {
		attribute := "displayName"
		if path == "/Users" {
			attribute = "userName"
		}
		found := must(t, w, "GET", path+"?filter="+url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, body.(map[string]any)[attribute])), nil, 200)
		require.Equal(t, 1, found.Total())
		return must(t, w, "PUT", path+"/"+found.Resources()[0]["id"].(string), body, 200)
	}
	require.Less(t, r.Status, 300, "the repeated request: %s", r.Raw)
	return r
}
