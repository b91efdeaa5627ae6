package zendesk

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

// allSets are the fields of users for what has paths of its own.
var allSets = [...]string{fieldEmails, fieldPhones, fieldOrganizations}

// isSet reports whether a field is one of them.
func isSet(name string) bool { return slices.Contains(allSets[:], name) }

// wanted returns which of the fields a type has and nobody leaves out.
func wanted(t *schema.Type, omit []string) choices {
	has := func(name string) bool {
		return t.Slot(name) != schema.NoSlot && !containsFold(omit, name)
	}
	return choices{emails: has(fieldEmails), phones: has(fieldPhones), organizations: has(fieldOrganizations)}
}

// fillSets puts the further addresses, phone numbers and organizations of users
// into their records: one call for each user's identities, unless they came along,
// and one for each user's organizations, unless all that there are can be read with
// less.
func (d *driver) fillSets(ctx context.Context, recs []*schema.Record, omit []string, along map[string][]identity, background bool) error {
	if len(recs) == 0 {
		return nil
	}
	t := recs[0].Type()
	c := wanted(t, omit)
	if c.emails || c.phones {
		for _, rec := range recs {
			have := along[rec.String("id")]
			if along == nil {
				var err error
				if have, err = d.identitiesOf(ctx, t, rec.String("id"), c, background); err != nil {
					return err
				}
			}
			fillIdentities(rec, have, c)
		}
	}
	if !c.organizations {
		return nil
	}
	ids := make([]string, len(recs))
	for i, rec := range recs {
		ids[i] = rec.String("id")
	}
	found, err := d.joined(ctx, joins{
		all: organizationMemberships, each: organizationMemberships.at("/users/{id}/organization_memberships"), key: "user_id", value: "organization_id",
	}, ids, false, background)
	if err != nil {
		return d.fail(err, request{typ: t, byID: true})
	}
	for i, rec := range recs {
		first := rec.Get("organization_id")
		rec.Set(fieldOrganizations, schema.ListValue(slices.DeleteFunc(found[ids[i]], first.Equal)...))
	}
	return nil
}

// fillIdentities sets the fields of the further addresses and phone numbers.
func fillIdentities(rec *schema.Record, have []identity, c choices) {
	if c.emails {
		rec.Set(fieldEmails, schema.StringsValue(furtherEmails(have, rec.String("email"))...))
	}
	if c.phones {
		var out []string
		for _, id := range have {
			if id.kind == identityPhone && !samePhone(id.value, rec.String("phone")) {
				out = append(out, id.value)
			}
		}
		rec.Set(fieldPhones, schema.StringsValue(out...))
	}
}

func furtherEmails(have []identity, primary string) (out []string) {
	for _, id := range have {
		if id.kind == identityEmail && !id.primary && !strings.EqualFold(id.value, primary) {
			out = append(out, id.value)
		}
	}
	return out
}

// setBody adds to the body of a create what a new user has several of. The default
// organization is the first one of the list, which is how Zendesk orders them.
func setBody(rec, out *schema.Record) schema.Value {
	var more []schema.Member
	var list []schema.Value
	for _, address := range rec.Strings(fieldEmails) {
		if !strings.EqualFold(address, rec.String("email")) {
			list = append(list, newIdentity(identityEmail, address, false))
		}
	}
	if len(list) > 0 {
		more = append(more, schema.Member{Name: "identities", Value: schema.ListValue(list...)})
	}
	of := rec.Get(fieldOrganizations)
	if of.Len() > 0 {
		ids := slices.Collect(of.Elements())
		if first := rec.Get("organization_id"); !first.Unassigned() {
			ids = slices.Insert(slices.DeleteFunc(ids, first.Equal), 0, first)
		}
		more = append(more, schema.Member{Name: "organization_ids", Value: schema.ListValue(ids...)})
	}
	v := connector.RecordBody(out)
	if len(more) == 0 {
		return v
	}
	for name, value := range v.Members() {
		if name != "organization_id" || of.Len() == 0 {
			more = append(more, schema.Member{Name: name, Value: value})
		}
	}
	return schema.MembersValue(more...)
}

// completeUser gives a user who was just made what the body of a create cannot say
// for certain: the default one of several organizations, and further phone numbers.
// The user is there whatever comes of it, so a failure is a remark; the record shows
// what is there, and the next update by it mends what is missing.
func (d *driver) completeUser(ctx context.Context, out, sent *schema.Record) {
	id, t := out.String("id"), out.Type()
	first := sent.Get("organization_id")
	if sent.Get(fieldOrganizations).Len() > 0 && !first.Unassigned() && !first.Equal(out.Get("organization_id")) {
		if err := d.membershipCall(ctx, http.MethodPut, id, first.Text(), "/make_default"); err != nil {
			connector.Remark(ctx, "The new user's default organization could not be set ("+connector.CodeOf(d.fail(err, request{})).String()+")")
		} else {
			out.Set("organization_id", first)
		}
	}
	if numbers := sent.Get(fieldPhones); numbers.Len() > 0 {
		u := &update{typ: t, base: out}
		if err := d.writeIdentities(ctx, id, u, schema.Edit{Slot: t.Slot(fieldPhones), Value: numbers}, nil); err != nil {
			connector.Remark(ctx, "The new user's further phone numbers could not be set ("+connector.CodeOf(err).String()+")")
		}
	}
	var none []string
	for _, name := range allSets {
		if sent.Get(name).Len() == 0 {
			none = append(none, name)
		}
	}
	if err := d.fillSets(ctx, []*schema.Record{out}, none, nil, false); err != nil {
		connector.Remark(ctx, "What the new user has several of could not be read ("+connector.CodeOf(err).String()+")")
	}
}

// writeSets makes the sets of a user what the edits want, by single calls: what is
// there stays.
func (d *driver) writeSets(ctx context.Context, user string, u *update) error {
	var identities []schema.Edit
	for _, e := range u.sets {
		if u.typ.Attribute(e.Slot).Name != fieldOrganizations {
			identities = append(identities, e)
			continue
		}
		if err := d.writeOrganizations(ctx, user, u, e); err != nil {
			return err
		}
	}
	if len(identities) == 0 {
		return nil
	}
	have, err := d.identitiesOf(ctx, u.typ, user, choices{emails: true, phones: true}, false)
	if err != nil {
		return err
	}
	for _, e := range identities {
		if err := d.writeIdentities(ctx, user, u, e, have); err != nil {
			return err
		}
	}
	return nil
}

// writeIdentities carries out an edit of the further addresses or phone numbers.
// The first ones, which have fields of their own, are never taken away.
func (d *driver) writeIdentities(ctx context.Context, user string, u *update, e schema.Edit, have []identity) error {
	name := u.typ.Attribute(e.Slot).Name
	kind, same := identityEmail, strings.EqualFold
	if name == fieldPhones {
		kind, same = identityPhone, samePhone
	}
	var first string
	var present []string
	ids := make(map[string]string)
	for _, id := range have {
		switch {
		case id.kind != kind:
		case id.primary && kind == identityEmail, kind == identityPhone && u.isFirstPhone(id):
			first = id.value
		default:
			present = append(present, id.value)
			ids[id.value] = id.id
		}
	}
	add, remove := differenceOf(e, present, same)
	req := request{typ: u.typ, byID: true, value: name}
	for _, value := range add {
		if first != "" && same(first, value) {
			continue
		}
		_, err := d.call(ctx, http.MethodPost, identities, "", map[string]string{"user": user}, body(identities.one, newIdentity(kind, value, false)))
		if err != nil {
			err = d.fail(err, req)
			if connector.CodeOf(err) == connector.AlreadyExists && d.hasIdentity(ctx, u.typ, user, kind, value, same) {
				continue // an earlier attempt did it
			}
			return err
		}
	}
	for _, value := range remove {
		if err := d.dropIdentity(ctx, u.typ, user, ids[value]); err != nil {
			return err
		}
	}
	return nil
}

// isFirstPhone reports whether a phone identity is that of the field phone.
func (u *update) isFirstPhone(id identity) bool {
	if u.phone {
		return samePhone(id.value, u.phoneNumber)
	}
	if u.base != nil {
		return samePhone(id.value, u.base.String("phone"))
	}
	return id.primary
}

func (d *driver) hasIdentity(ctx context.Context, t *schema.Type, user, kind, value string, same func(a, b string) bool) bool {
	have, err := d.identitiesOf(ctx, t, user, choices{emails: true, phones: true}, false)
	return err == nil && slices.ContainsFunc(have, func(id identity) bool { return id.kind == kind && same(id.value, value) })
}

// writeOrganizations carries out an edit of the organizations of a user.
func (d *driver) writeOrganizations(ctx context.Context, user string, u *update, e schema.Edit) error {
	req := request{typ: u.typ, byID: true}
	have, err := d.organizationsOf(ctx, user)
	if err != nil {
		return d.fail(err, req)
	}
	var present []string
	first := ""
	for _, m := range have {
		if m.isDefault {
			first = m.circle // which has a field of its own
		} else {
			present = append(present, m.circle)
		}
	}
	add, remove := differenceOf(e, present, func(a, b string) bool { return a == b })
	for _, id := range add {
		if id == first {
			continue
		}
		if err := d.joinOrganization(ctx, user, id); err != nil {
			return d.failMembership(err, req, fieldOrganizations)
		}
	}
	for _, id := range remove {
		if err := d.leaveOrganization(ctx, user, id); err != nil {
			return d.fail(err, req)
		}
	}
	return nil
}

// differenceOf returns what an edit of a set adds to what is there, and what it
// takes away.
func differenceOf(e schema.Edit, have []string, same func(a, b string) bool) (add, remove []string) {
	in := func(list []string, s string) bool {
		return slices.ContainsFunc(list, func(x string) bool { return same(x, s) })
	}
	var named []string
	for v := range e.Value.Elements() {
		if s := v.Text(); s != "" && !in(named, s) {
			named = append(named, s)
		}
	}
	if e.Op == schema.Clear {
		named = nil
	}
	for _, s := range named {
		if e.Op != schema.Remove && !in(have, s) {
			add = append(add, s)
		}
	}
	for _, s := range have {
		if e.Op == schema.Remove && in(named, s) || (e.Op == schema.Set || e.Op == schema.Clear) && !in(named, s) {
			remove = append(remove, s)
		}
	}
	return add, remove
}
