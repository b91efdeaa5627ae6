package zendesk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/zendesk"
	"github.com/usher-scim/usher/zendesk/zendesktest"
)

func crowd(n int) []zendesktest.User {
	out := make([]zendesktest.User, n)
	for i := range out {
		out[i] = zendesktest.User{ID: int64(1000 + i), Name: fmt.Sprintf("P %04d", i), Email: fmt.Sprintf("p%04d@example.com", i)}
	}
	return out
}

func TestList_PagesByCursor(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]zendesktest.Rules{"plain": {}, "no cursor at the end": {LastPageWithoutCursor: true}, "host-mapped": {ForeignLinkHost: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, &zendesktest.Options{Users: crowd(249), Rules: rules}, nil) // and the owner
			f.sim.DeleteUser(1005)
			var found []*schema.Record
			calls := f.calls(t, func(ctx context.Context) {
				var err error
				found, err = f.find(ctx, "user", "")
				require.NoError(t, err)
			})
			assert.Equal(t, []string{"GET /users", "GET /users", "GET /users"}, calls)
			assert.Len(t, found, 249)
			seen := map[int64]bool{}
			for _, id := range ids(found) {
				assert.False(t, seen[id])
				seen[id] = true
			}
			assert.False(t, seen[1005], "who was deleted is nobody")
			page, err := f.List(t.Context(), "user", connector.Query{})
			require.NoError(t, err)
			assert.Equal(t, -1, page.Total)
			_, err = f.List(t.Context(), "user", connector.Query{Cursor: "no such cursor"})
			require.ErrorIs(t, err, connector.Invalid)
		})
	}
	f := start(t, &zendesktest.Options{Users: crowd(3)}, nil)
	page, err := f.List(t.Context(), "user", connector.Query{})
	require.NoError(t, err)
	assert.Equal(t, 4, page.Total)
}

func TestList_Lookups(t *testing.T) {
	t.Parallel()
	users := people()
	users[0].OrganizationIDs = []int64{5}
	users[1].OrganizationIDs = []int64{6, 5}
	users[0].OtherEmails = []string{"lovelace@example.com"}
	f := start(t, &zendesktest.Options{
		Users:         append(users, zendesktest.User{ID: 500, Name: "ada@example.com", Email: "xada@example.com", Notes: "ada@example.com"}),
		Organizations: []zendesktest.Organization{{ID: 5, Name: "Universal Studios", ExternalID: "U-1"}, {ID: 6, Name: "Acme"}},
		CustomRoles:   []zendesktest.CustomRole{{ID: 31, Name: "Light agent", Type: zendesktest.LightAgent}},
		IndexLag:      zendesktest.NoIndexLag,
	}, nil)
	for _, c := range []struct {
		object, filter string
		want           []int64
		call           string
	}{
		{"user", `id eq 100`, []int64{100}, "GET /users/{id}"},
		{"user", `id eq 99`, []int64{}, "GET /users/{id}"},
		{"user", `external_id eq "e-100"`, []int64{100}, "GET /users"},
		{"user", `external_id eq "none"`, []int64{}, "GET /users"},
		{"user", `email eq "ADA@example.com"`, []int64{100}, "GET /users/search"},
		{"user", `email eq "lovelace@example.com"`, []int64{}, "GET /users/search"},
		{"user", `email eq "nobody@example.com"`, []int64{}, "GET /users/search"},
		{"user", `email eq "nobody"`, []int64{}, ""},
		{"user", `role eq "agent"`, []int64{200}, "GET /users"},
		{"user", `role eq "Light agent"`, []int64{}, ""},
		{"user", `email eq "ada@example.com" and external_id eq "E-100"`, []int64{100}, "GET /users"},
		{"user", `email eq "ada@example.com" and external_id eq "other"`, []int64{}, "GET /users"},
		{"user", `role eq "agent" and email eq "ada@example.com"`, []int64{}, "GET /users/search"},
		{"organization", `name eq "universal studios"`, []int64{5}, "GET /organizations/search"},
		{"organization", `external_id eq "u-1"`, []int64{5}, "GET /organizations/search"},
		{"organization", `name eq "Universal"`, []int64{}, "GET /organizations/search"},
		{"organization", `id eq 6`, []int64{6}, "GET /organizations/{id}"},
		{"organization", ``, []int64{5, 6}, "GET /organizations"},
		{"custom_role", `name eq "light agent"`, []int64{31}, "GET /custom_roles"},
		{"custom_role", `id eq 31`, []int64{31}, "GET /custom_roles/{id}"},
	} {
		t.Run(c.object+" "+c.filter, func(t *testing.T) {
			calls := f.calls(t, func(ctx context.Context) {
				found, err := f.find(ctx, c.object, c.filter)
				require.NoError(t, err)
				assert.ElementsMatch(t, c.want, ids(found))
			})
			if c.call == "" {
				assert.Empty(t, calls)
			} else {
				assert.Equal(t, []string{c.call}, calls)
			}
		})
	}
	for _, filter := range []string{`email eq "a\"b@example.com"`, `email eq "a*@example.com"`} {
		_, err := f.find(t.Context(), "user", filter)
		require.ErrorIs(t, err, connector.Unsupported)
	}
	for _, filter := range []string{`name eq "x"`, `email sw "x"`, `role eq "agent" or role eq "admin"`} {
		_, err := f.find(t.Context(), "user", filter)
		require.ErrorIs(t, err, connector.Unsupported, "not declared")
	}
}

func TestList_TheAddressIsFoundAfterTheLag(t *testing.T) {
	t.Parallel()
	f := start(t, &zendesktest.Options{IndexLag: 2 * time.Minute}, nil)
	made, err := f.create(t, t.Context(), map[string]any{"name": "Ada", "email": "ada@example.com", "external_id": "E-1"})
	require.NoError(t, err)
	desc, err := f.Description(t.Context())
	require.NoError(t, err)
	search := desc.Object("user").Search
	assert.False(t, search.Sees("email"), "and the driver says so")
	assert.True(t, search.Sees("external_id"))
	found, err := f.find(t.Context(), "user", `external_id eq "E-1"`)
	require.NoError(t, err)
	assert.Equal(t, ids([]*schema.Record{made}), ids(found))
	f.clock.Advance(3 * time.Minute)
	found, err = f.find(t.Context(), "user", `email eq "ada@example.com"`)
	require.NoError(t, err)
	assert.Equal(t, ids([]*schema.Record{made}), ids(found))
}

func TestList_TheSearchIsReadOnUntilTheAddressIsThere(t *testing.T) {
	t.Parallel()
	f := stubWith(t, func(r *stubRequest) stubAnswer {
		if r.path != "/users/search" {
			return stubAnswer{status: 404}
		}
		assert.Equal(t, `email:"ada@example.com"`, r.query.Get("query"))
		if r.query.Get("page") == "2" {
			return stubAnswer{body: `{"users":[{"id":8,"email":"Ada@example.com"}],"next_page":null}`}
		}
		return stubAnswer{body: `{"users":[{"id":7,"email":"xada@example.com"}],"next_page":"https://elsewhere.example.com/api/v2/users/search?page=2"}`}
	})
	page, err := f.List(t.Context(), "user", connector.Query{Filter: schema.MustParseFilter(`email eq "ada@example.com"`)})
	require.NoError(t, err)
	assert.Equal(t, []int64{8}, ids(page.Records))
}

func TestList_WhatTheSearchDoesNotTakeIsUnsupported(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 422} {
		f := stub(t, func(_, path string) (int, string) {
			if path == "/users/search" || path == "/organizations/search" {
				return status, `{"error":"invalid","description":"x"}`
			}
			return 404, ""
		})
		for object, filter := range map[string]string{"user": `email eq "ada@example.com"`, "organization": `name eq "x"`} {
			_, err := f.List(t.Context(), object, connector.Query{Filter: schema.MustParseFilter(filter)})
			require.ErrorIs(t, err, connector.Unsupported, "the caller finds it another way")
		}
	}
}

func TestList_ASearchWithoutEndIsGivenUp(t *testing.T) {
	t.Parallel()
	f := stub(t, func(_, path string) (int, string) {
		if path == "/users/search" {
			return 200, `{"users":[{"id":7,"email":"other@example.com"}],"next_page":"x"}`
		}
		return 404, ""
	})
	_, err := f.List(t.Context(), "user", connector.Query{Filter: schema.MustParseFilter(`email eq "ada@example.com"`)})
	require.ErrorIs(t, err, connector.Unsupported, "never a false empty list")
}

func TestList_AccountsWithoutCustomRoles(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 404} {
		f := start(t, &zendesktest.Options{Rules: zendesktest.Rules{NoCustomRolesStatus: status}}, nil)
		page, err := f.List(t.Context(), zendesk.ObjectCustomRole, connector.Query{})
		require.NoError(t, err)
		assert.Empty(t, page.Records)
	}
	f := start(t, &zendesktest.Options{Rules: zendesktest.Rules{NoCustomRolesStatus: 403}}, nil)
	_, err := f.List(t.Context(), zendesk.ObjectCustomRole, connector.Query{})
	require.ErrorIs(t, err, connector.Denied)
}
