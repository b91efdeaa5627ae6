package zendesk

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/internal/httpx"
	"github.com/usher-scim/usher/schema"
)

// Types of identities.
const (
	identityEmail = "email"
	identityPhone = "phone_number"
)

// identity is an address or a phone number of a user.
type identity struct {
	id, value string
	primary   bool // among those of its type
}

// identitiesOf reads a user's identities of a type.
func (d *driver) identitiesOf(ctx context.Context, t *schema.Type, user, kind string) ([]identity, error) {
	p := params("type[]", kind, "page[size]", strconv.Itoa(pageSize))
	items, err := d.everything(ctx, identities, map[string]string{"user": user}, p, false)
	if err != nil {
		return nil, d.fail(err, request{typ: t, byID: true})
	}
	var out []identity
	for _, item := range items {
		id := decodeID(item.Member("id"))
		if id == "" {
			return nil, malformed(http.MethodGet, identities.path, "the answer holds an identity without an id")
		}
		// The filter is a newer part of the API, and primary is said per type.
		if item.Member("type").Text() == kind {
			primary, _ := item.Member("primary").Bool()
			out = append(out, identity{id: id, value: item.Member("value").Text(), primary: primary})
		}
	}
	return out, nil
}

// changeEmail gives a user another primary address. An update of the user would
// add a further one instead. Each step can be repeated: what is there already is
// found in the list.
func (d *driver) changeEmail(ctx context.Context, u *update, user string) error {
	t, address := u.typ, u.email
	have, err := d.identitiesOf(ctx, t, user, identityEmail)
	if err != nil {
		return err
	}
	var old, present *identity
	for i := range have {
		switch id := &have[i]; {
		case strings.EqualFold(id.value, address):
			present = id
		case id.primary:
			old = id
		}
	}
	req := request{typ: t, byID: true, value: "email"}
	failed := func(err error) error { return d.taken(ctx, d.fail(err, req), req, u.value, number(user)) }
	switch {
	case present != nil && present.primary:
		return nil
	case present == nil && old != nil && !d.keepEmail:
		err := d.identityCall(ctx, http.MethodPut, user, old.id, "", body(identities.one, schema.MembersValue(
			schema.Member{Name: "value", Value: schema.StringValue(address)},
			schema.Member{Name: "verified", Value: schema.BooleanValue(true)},
		)))
		return failed(err)
	case present == nil:
		made, err := d.call(ctx, http.MethodPost, identities, "", map[string]string{"user": user}, body(identities.one, schema.MembersValue(
			schema.Member{Name: "type", Value: schema.StringValue(identityEmail)},
			schema.Member{Name: "value", Value: schema.StringValue(address)},
			schema.Member{Name: "verified", Value: schema.BooleanValue(true)},
			schema.Member{Name: "primary", Value: schema.BooleanValue(old == nil)},
			schema.Member{Name: "skip_verify_email", Value: schema.BooleanValue(true)},
		)))
		if err != nil {
			return failed(err)
		}
		if primary, _ := made.Member("primary").Bool(); primary {
			return nil
		}
		present = &identity{id: decodeID(made.Member("id"))}
		if present.id == "" {
			return malformed(http.MethodPost, identities.path, "the answer holds an identity without an id")
		}
	}
	if err := d.makePrimary(ctx, user, present.id); err != nil {
		return d.fail(err, req)
	}
	if old == nil || d.keepEmail {
		return nil
	}
	return d.dropIdentity(ctx, t, user, old.id)
}

// makePrimary makes an identity the first of its type. It answers with all of
// them.
func (d *driver) makePrimary(ctx context.Context, user, id string) error {
	return d.identityCall(ctx, http.MethodPut, user, id, "/make_primary", nil)
}

// identityCall changes one identity. What the answers hold is of no use.
func (d *driver) identityCall(ctx context.Context, method, user, id, action string, body *schema.Value) error {
	req := &httpx.Request{Method: method, Path: identities.path + byID + action, PathValues: map[string]string{"user": user, "id": id}}
	if body != nil {
		req.Body = body.AppendJSON(nil)
	}
	_, err := d.do(ctx, req)
	return err
}

// dropIdentity deletes an identity; one that is not there is no failure.
func (d *driver) dropIdentity(ctx context.Context, t *schema.Type, user, id string) error {
	err := d.identityCall(ctx, http.MethodDelete, user, id, "", nil)
	if statusOf(err) == http.StatusNotFound {
		return nil
	}
	return d.fail(err, request{typ: t, byID: true, value: "email"})
}

// replacePhone makes a number the user's own after an update of the user has only
// added it: a direct line is not replaced by another (reference, 4.9). The old
// lines are deleted, then the number is set once more.
func (d *driver) replacePhone(ctx context.Context, u *update, user string, rec *schema.Record) (*schema.Record, error) {
	lines, err := d.identitiesOf(ctx, u.typ, user, identityPhone)
	if err != nil {
		return nil, err
	}
	dropped := false
	for _, line := range lines {
		if samePhone(line.value, u.phoneNumber) {
			continue
		}
		if err := d.dropIdentity(ctx, u.typ, user, line.id); err != nil {
			return nil, err
		}
		dropped = true
	}
	if !dropped {
		return rec, nil // it stands in a form that the account prefers
	}
	return d.putOne(ctx, u.typ, user, "phone", schema.StringValue(u.phoneNumber))
}

// samePhone compares phone numbers by their digits.
func samePhone(a, b string) bool {
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '+' {
				return r
			}
			return -1
		}, s)
	}
	da, db := digits(a), digits(b)
	return da == db && (da != "" || a == b)
}

// number reads an id, 0 for none.
func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}
