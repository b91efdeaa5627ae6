package provision_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

// TestZendesk_WordsOfFailures: an event says that nothing was written only where
// that is so. One request can take several calls, and an answer can be lost.
func TestZendesk_WordsOfFailures(t *testing.T) {
	t.Parallel()
	managed := &zendesk.Options{SecondaryEmails: zendesk.SetManaged}
	other := map[string]any{"op": "add", "path": "emails", "value": []any{map[string]any{"type": "other", "value": "agent@example.com"}}}
	for _, tt := range []struct {
		name   string
		fault  *zendesktest.Fault
		path   string
		body   any
		status int
		want   string
	}{
		{"refused at once", nil, "/Users/702", patch(set("userType", "Admin")), 403, "Nothing was written"},
		{"the second of two", nil, "/Users/702", patch(set("displayName", "P"), other), 409, "Part of it was written before"},
		{"an answer that is lost", &zendesktest.Fault{Kind: zendesktest.LostAnswer, Method: "PUT", Times: -1}, "/Users/702",
			patch(set("displayName", "P")), 503, "Whether anything was written is not known"},
		{"a token is nothing written", &zendesktest.Fault{Kind: zendesktest.Refuse, Status: 401, Times: -1}, "/Users/702",
			patch(set("displayName", "P")), 502, "Nothing was written"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := zendeskWorld(t, staff(), managed, nil)
			if tt.fault != nil {
				w.zendesk.Fault(*tt.fault)
			}
			must(t, w, "PATCH", tt.path, tt.body, tt.status)
			assert.Contains(t, w.events.last().Words, tt.want)
		})
	}
}

// TestZendesk_WordsOfNewGroups: the event of a new group has its name among what was
// written, and a group that could not have its members leaves nothing behind.
func TestZendesk_WordsOfNewGroups(t *testing.T) {
	t.Parallel()
	w := zendeskWorld(t, teams(2), nil, nil)
	must(t, w, "POST", "/Groups", groupOf("Night", 1001, 1002), 201)
	assert.Equal(t, []string{"name", "members (+2 -0)"}, w.events.last().Changed)

	r := must(t, w, "POST", "/Groups", groupOf("Day", 1001, 999999), 400)
	assert.Equal(t, "members: nobody has the id 999999", r.Body["detail"])
	assert.Zero(t, w.zendesk.GroupID("Day"))
	ev := w.events.last()
	assert.Empty(t, ev.Changed)
	assert.Contains(t, ev.Words, "The group could not have its members, and was taken away again")
}

// TestZendesk_WordsOfUnfinishedUsers: what a create takes further calls for and does
// not get is a warning, and the next PUT mends it.
func TestZendesk_WordsOfUnfinishedUsers(t *testing.T) {
	t.Parallel()
	managed := &zendesk.Options{SecondaryPhones: zendesk.SetManaged}
	w := zendeskWorld(t, nil, managed, nil)
	w.zendesk.Fault(zendesktest.Fault{Kind: zendesktest.Refuse, Status: 403, Method: "POST", Path: "/api/v2/users/*/identities"})
	numbers := []any{map[string]any{"type": "work", "value": "+15550100", "primary": true}, map[string]any{"type": "other", "value": "+15550101"}}
	body := user("ada@example.com", map[string]any{"phoneNumbers": numbers})
	r := create(t, w, body)
	assert.Len(t, r.Body["phoneNumbers"], 1, "what is not there is not shown")
	ev := w.events.last()
	assert.Equal(t, []string{"The new user's further phone numbers could not be set (denied)"}, ev.Warnings)
	assert.NotContains(t, ev.Words, "+1555")

	r = must(t, w, "PUT", "/Users/"+r.ID(), body, 200)
	assert.Len(t, r.Body["phoneNumbers"], 2)
	assert.Empty(t, w.events.last().Warnings)
}

// TestZendesk_NewUserThatCannotBeReadInFull: who was made is there, although what
// belongs to the user could not be looked at: a client that tried again would be
// told that somebody else has the address.
func TestZendesk_NewUserThatCannotBeReadInFull(t *testing.T) {
	t.Parallel()
	managed := &zendesk.Options{SecondaryEmails: zendesk.SetManaged}
	w := zendeskWorld(t, nil, managed, nil)
	w.zendesk.Fault(zendesktest.Fault{Kind: zendesktest.Refuse, Status: 503, Method: "GET", Path: "/api/v2/users/*/identities", Times: -1})
	mails := []any{map[string]any{"type": "work", "value": "ada@example.com", "primary": true}, map[string]any{"type": "other", "value": "ada2@example.com"}}
	r := create(t, w, user("ada@example.com", map[string]any{"emails": mails}))
	assert.NotEmpty(t, r.ID())
	assert.Equal(t, []string{"What the new user has several of could not be read (unavailable)"}, w.events.last().Warnings)
	assert.Len(t, w.addressesOf(w.zendesk.UserByEmail("ada@example.com")["id"].(int64)), 2)
}
