package zendesk

import (
	"context"
	"net/http"
	"slices"
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
	id, kind, value string
	primary         bool // among those of its type
}

// identitiesOf reads a user's addresses, phone numbers, or both.
func (d *driver) identitiesOf(ctx context.Context, t *schema.Type, user string, c choices, background bool) ([]identity, error) {
	p := params("page[size]", strconv.Itoa(pageSize))
	kinds := []string{identityEmail, identityPhone}
	if c.emails != c.phones {
		kinds = kinds[:1]
		if c.phones {
			kinds[0] = identityPhone
		}
		p.Set("type[]", kinds[0])
	}
	items, err := d.pagesOf(ctx, identities, map[string]string{"user": user}, p, maxSmallPages, background)
	if err != nil {
		return nil, d.fail(err, request{typ: t, byID: true})
	}
	var out []identity
	for _, item := range items {
		id, err := readIdentity(item)
		if err != nil {
			return nil, err
		}
		// The filter is a newer part of the API, and primary is said per type.
		if slices.Contains(kinds, id.kind) {
			out = append(out, id)
		}
	}
	return out, nil
}

func readIdentity(v schema.Value) (identity, error) {
	primary, _ := v.Member("primary").Bool()
	out := identity{id: decodeID(v.Member("id")), kind: v.Member("type").Text(), value: v.Member("value").Text(), primary: primary}
	if out.id == "" {
		return out, malformed(http.MethodGet, identities.path, "the answer holds an identity without an id")
	}
	return out, nil
}

// identitiesAlong reads the identities that came along with a list of users, by
// user. It is nil where none did: an account need not know how.
func identitiesAlong(list schema.Value) (map[string][]identity, error) {
	if list.Kind() != schema.KindList {
		return nil, nil //nolint:nilnil // none came
	}
	out := make(map[string][]identity)
	for v := range list.Elements() {
		id, err := readIdentity(v)
		if err != nil {
			return nil, err
		}
		user := decodeID(v.Member("user_id"))
		out[user] = append(out[user], id)
	}
	return out, nil
}

// newIdentity is the body of a new identity. Nobody is mailed about it.
func newIdentity(kind, value string, primary bool) schema.Value {
	list := []schema.Member{
		{Name: "type", Value: schema.StringValue(kind)},
		{Name: "value", Value: schema.StringValue(value)},
		{Name: "verified", Value: schema.BooleanValue(true)},
	}
	if kind == identityEmail {
		list = append(list,
			schema.Member{Name: "primary", Value: schema.BooleanValue(primary)},
			schema.Member{Name: "skip_verify_email", Value: schema.BooleanValue(true)})
	}
	return schema.MembersValue(list...)
}

// changeEmail gives a user another primary address. An update of the user would
// add a further one instead. Each step can be repeated: what is there already is
// found in the list.
func (d *driver) changeEmail(ctx context.Context, u *update, user string) error {
	t, address := u.typ, u.email
	have, err := d.identitiesOf(ctx, t, user, choices{emails: true}, false)
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
		made, err := d.call(ctx, http.MethodPost, identities, "", map[string]string{"user": user}, body(identities.one, newIdentity(identityEmail, address, old == nil)))
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
// added it: a direct line is not replaced by another (reference, 4.9). The old line,
// which the record still shows, is deleted, then the number is set once more.
func (d *driver) replacePhone(ctx context.Context, u *update, user string, rec *schema.Record) (*schema.Record, error) {
	lines, err := d.identitiesOf(ctx, u.typ, user, choices{phones: true}, false)
	if err != nil {
		return nil, err
	}
	dropped := false
	for _, line := range lines {
		if samePhone(line.value, u.phoneNumber) || !samePhone(line.value, rec.String("phone")) {
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

// dropLine deletes the direct line of a user whose phone was cleared.
func (d *driver) dropLine(ctx context.Context, u *update, user string) error {
	lines, err := d.identitiesOf(ctx, u.typ, user, choices{phones: true}, false)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if samePhone(line.value, u.base.String("phone")) {
			return d.dropIdentity(ctx, u.typ, user, line.id)
		}
	}
	return nil
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
