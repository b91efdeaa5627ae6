package zendesktest

import (
	"net/http"
	"slices"
	"time"
)

// writableKinds are the types of identity that the API creates (§5).
func writableKinds() []string {
	return []string{"email", "twitter", "facebook", "google", "agent_forwarding", phoneKind}
}

// verify sets or takes back the verification (§5).
func (i *identity) verify(v bool, now time.Time) {
	switch {
	case v && !i.verified():
		i.method, i.verifiedAt = "low", now
	case !v:
		i.method = "none"
	}
	i.updated = now
}

// add gives the draft's user an identity; the first of its kind is the primary
// one.
func (d *draft) add(kind, value string, verified, primary bool) *identity {
	id := d.a.nextID
	d.a.nextID++
	i := identity{id: id, kind: kind, value: value, method: "none", created: d.c.now, updated: d.c.now}
	i.verify(verified, d.c.now)
	i.primary = d.u.primary(kind) == nil
	d.u.identities = append(d.u.identities, i)
	if primary && !i.primary {
		d.u.promote(id)
	}
	return d.u.identity(id)
}

// promote makes an identity the primary one of its kind (§5).
func (u *user) promote(id int64) {
	chosen := u.identity(id)
	for i := range u.identities {
		if u.identities[i].kind == chosen.kind {
			u.identities[i].primary = u.identities[i].id == id
		}
	}
	if chosen.kind == phoneKind {
		u.phone, u.phoneShared = chosen.value, false
	}
}

// verification reads verified and verification_method (§5).
func (d *draft) verification() (verified, sent bool) {
	verified, sent = d.flag("verified", true)
	method, named := d.text("verification_method", false)
	if !named || d.bad != nil {
		return verified, sent
	}
	if method != "none" && method != "low" {
		ans := titled(http.StatusBadRequest, "Invalid attribute", "verification_method must be none or low")
		d.bad = &ans
	}
	return method == "low", true
}

// checkValue looks at the value of an identity that is to be stored; own is the
// identity that may have it already, 0 for a new one.
func (d *draft) checkValue(field, kind, value string, own int64) bool {
	a := d.a
	key := identityKey(kind, value)
	taken := a.holder(key, d.u.id) != 0 || slices.ContainsFunc(d.u.identities, func(i identity) bool {
		return i.id != own && identityKey(i.kind, i.value) == key
	})
	switch {
	case value == "":
		d.problems.add(field, blankValue, label(field)+": cannot be blank")
	case kind == "email" && !validEmail(value):
		d.problems.add(field, invalidFormat, label(field)+": "+value+" is not properly formatted")
	case taken:
		d.problems.add(field, duplicateValue, label(field)+": "+value+" is already being used by another user")
	default:
		return true
	}
	return false
}

// newIdentity adds what the body of an identity asks for. Problems stand under
// field.
func (d *draft) newIdentity(field string) *identity {
	kind, _ := d.text("type", false)
	value, _ := d.text("value", false)
	primary, _ := d.flag("primary", true)
	verified, _ := d.verification()
	d.flag("skip_verify_email", true)
	if d.bad != nil {
		return nil
	}
	if d.a.rules.LowercaseEmails && kind == "email" {
		value = fold(value)
	}
	if !slices.Contains(writableKinds(), kind) {
		d.problems.add("type", invalidValue, "Type: is invalid")
		return nil
	}
	if !d.checkValue(field, kind, value, 0) {
		return nil
	}
	i := d.add(kind, value, verified, primary)
	if kind == phoneKind && d.u.phone == "" {
		d.u.phone = value
	}
	d.joinByDomain()
	return i
}

func (a *Account) identityView(c *call, u *user, i *identity) map[string]any {
	v := map[string]any{
		"id": i.id, "url": c.url("users", u.id, "identities", i.id), "user_id": u.id, "type": i.kind, "value": i.value,
		"primary": i.primary, "verified": i.verified(), "verification_method": i.method, "verified_at": nullTime(i.verifiedAt),
		"created_at": stamp(i.created), "updated_at": stamp(i.updated),
	}
	if i.kind == "email" {
		v["deliverable_state"], v["undeliverable_count"] = deliverable(i.value), 0
	}
	return v
}

// deliverable is the deliverable_state of an address (§5).
func deliverable(address string) string {
	for _, domain := range []string{"@example.com", "@example.net", "@example.org", "@example.edu"} {
		if l := len(address) - len(domain); l > 0 && fold(address[l:]) == domain {
			return "reserved_example"
		}
	}
	return "deliverable"
}

// owner finds the user of an identities call.
func (a *Account) owner(c *call) *user {
	if u := a.users.Records[c.ids[0]]; u.live() {
		return u
	}
	return nil
}

func (a *Account) identitiesList(c *call, u *user, keep func(*identity) bool) list[*identity] {
	var items []*identity
	for i := range u.identities {
		if keep(&u.identities[i]) {
			items = append(items, &u.identities[i])
		}
	}
	return list[*identity]{
		key: "identities", items: items,
		place: func(i *identity) place { return place{i.updated, i.id} },
		view:  func(i *identity) map[string]any { return a.identityView(c, u, i) },
	}
}

func (a *Account) listIdentities(c *call) answer {
	u := a.owner(c)
	if u == nil {
		return notFound()
	}
	kinds := append(slices.Clone(c.query["type[]"]), c.query["type"]...)
	return page(a, c, a.identitiesList(c, u, func(i *identity) bool {
		return len(kinds) == 0 || slices.Contains(kinds, i.kind)
	}))
}

// changeIdentities runs a change of one user's identities on a draft.
func (a *Account) changeIdentities(c *call, change func(*draft) answer) answer {
	u := a.owner(c)
	if u == nil || len(c.ids) > 1 && u.identity(c.ids[1]) == nil {
		return notFound()
	}
	if c.caller.user.role != admin && u.team() {
		return notAllowed()
	}
	d := &draft{a: a, c: c, u: u.clone(), problems: problems{}}
	if c.route.body != "" {
		in, bad, ok := c.object(c.route.body)
		if !ok {
			return bad
		}
		d.in = in
	}
	ans := change(d)
	switch {
	case d.bad != nil:
		return *d.bad
	case len(d.problems) > 0:
		return a.recordInvalid(d.problems)
	case ans.Status < 300:
		d.u.updated = c.now
		a.putUser(d.u, c.now)
	}
	return ans
}

func (a *Account) createIdentity(c *call) answer {
	return a.changeIdentities(c, func(d *draft) answer {
		i := d.newIdentity("value")
		if i == nil {
			return answer{Status: http.StatusUnprocessableEntity}
		}
		return wrapped(http.StatusCreated, "identity", a.identityView(c, d.u, i))
	})
}

func (a *Account) showIdentity(c *call) answer {
	u := a.owner(c)
	if u == nil || u.identity(c.ids[1]) == nil {
		return notFound()
	}
	return wrapped(http.StatusOK, "identity", a.identityView(c, u, u.identity(c.ids[1])))
}

// updateIdentity changes value and verification, not primary (§5).
func (a *Account) updateIdentity(c *call) answer {
	return a.changeIdentities(c, func(d *draft) answer {
		i := d.u.identity(c.ids[1])
		value, sent := d.text("value", false)
		verified, flagged := d.verification()
		if d.bad != nil {
			return *d.bad
		}
		if a.rules.LowercaseEmails && i.kind == "email" {
			value = fold(value)
		}
		if sent && value != i.value {
			if !d.checkValue("value", i.kind, value, i.id) {
				return answer{Status: http.StatusUnprocessableEntity}
			}
			if i.kind == phoneKind && d.u.phone == i.value {
				d.u.phone = value
			}
			i.value, i.updated = value, c.now
			if !a.rules.ChangedIdentityStaysVerified {
				i.verify(false, c.now)
			}
		}
		if flagged {
			i.verify(verified, c.now)
		}
		d.joinByDomain()
		return wrapped(http.StatusOK, "identity", a.identityView(c, d.u, i))
	})
}

// deleteIdentity takes an identity away. The number of a phone identity may
// linger on the profile (§4.9).
func (a *Account) deleteIdentity(c *call) answer {
	return a.changeIdentities(c, func(d *draft) answer {
		gone := *d.u.identity(c.ids[1])
		if gone.primary && gone.kind == "email" && a.rules.PrimaryDeletionRefused {
			return a.refused("base", "", "The primary email cannot be deleted")
		}
		d.u.identities = slices.DeleteFunc(d.u.identities, func(i identity) bool { return i.id == gone.id })
		if gone.primary {
			at := slices.IndexFunc(d.u.identities, func(i identity) bool { return i.kind == gone.kind })
			if at >= 0 && gone.kind == "email" {
				d.u.promote(d.u.identities[at].id)
			} else if at >= 0 {
				d.u.identities[at].primary = true
			}
		}
		if gone.kind == phoneKind && gone.value == d.u.phone && a.rules.DeletedPhoneCleared {
			d.u.phone, d.u.phoneShared = "", false
		}
		return noContent()
	})
}

// makePrimary answers the whole list (§5).
func (a *Account) makePrimary(c *call) answer {
	return a.changeIdentities(c, func(d *draft) answer {
		d.u.promote(c.ids[1])
		d.u.identity(c.ids[1]).updated = c.now
		return page(a, c, a.identitiesList(c, d.u, func(*identity) bool { return true }))
	})
}

func (a *Account) verifyIdentity(c *call) answer {
	return a.changeIdentities(c, func(d *draft) answer {
		if d.u.id == a.ownerID {
			return forbidden("The account owner's identity cannot be verified here")
		}
		i := d.u.identity(c.ids[1])
		i.verify(true, c.now)
		d.joinByDomain()
		return wrapped(http.StatusOK, "identity", a.identityView(c, d.u, i))
	})
}

// requestVerification would mail a link (§5).
func (a *Account) requestVerification(c *call) answer {
	u := a.owner(c)
	if u == nil || u.identity(c.ids[1]) == nil {
		return notFound()
	}
	return jsonAnswer(http.StatusOK, "")
}
