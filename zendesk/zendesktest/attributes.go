package zendesktest

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
)

// draft is a user who is being written.
type draft struct {
	a        *Account
	c        *call
	u        *user
	in       map[string]any
	create   bool
	upsert   bool // by create_or_update
	problems problems
	bad      *answer // a refusal that ends it all
}

// wrong refuses a value of the wrong JSON type; so is null, but for the
// attributes that null clears (§4.1).
func (d *draft) wrong(field, want string) {
	if d.bad == nil {
		ans := d.a.wrongType(field, want)
		d.bad = &ans
	}
}

// text reads a string. Null, where it may be, is "".
func (d *draft) text(name string, nullable bool) (string, bool) {
	v, sent := d.in[name]
	if !sent {
		return "", false
	}
	s, ok := v.(string)
	if !ok && (v != nil || !nullable) {
		d.wrong(name, "a string")
		return "", false
	}
	return s, true
}

func (d *draft) flag(name string, nullable bool) (value, sent bool) {
	v, sent := d.in[name]
	if !sent || v == nil && nullable {
		return false, sent
	}
	b, ok := v.(bool)
	if !ok {
		d.wrong(name, "a boolean")
		return false, false
	}
	return b, true
}

// id reads an id. Null, where it may be, is 0.
func (d *draft) id(name string, nullable bool) (int64, bool) {
	v, sent := d.in[name]
	if !sent {
		return 0, false
	}
	n, ok := integer(v)
	if !ok && (v != nil || !nullable) {
		d.wrong(name, "an integer")
		return 0, false
	}
	return n, true
}

// texts reads a list of strings.
func (d *draft) texts(name string) ([]string, bool) {
	v, sent := d.in[name]
	if !sent {
		return nil, false
	}
	out, ok := texts(v)
	if !ok {
		d.wrong(name, "an array of strings")
	}
	return out, ok
}

func texts(v any) ([]string, bool) {
	list, ok := v.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, isText := item.(string)
		if !isText {
			return nil, false
		}
		out = append(out, s)
	}
	return out, ok
}

// userAttributes are the attributes of the table in §4.1, writable or not, and
// their aliases.
func userAttributes() []string {
	return []string{
		"id", "url", "name", "email", "external_id", "role", "custom_role_id", "role_type", "active", "suspended",
		"suspension_details", "verified", "skip_verify_email", "identities", "phone", "shared_phone_number",
		"organization_id", "organization", "organization_name", "organization_ids", "default_group_id", "group_id",
		"group_ids", "alias", "signature", "details", "notes", "locale", "language", "locale_id", "time_zone",
		"iana_time_zone", "tags", "user_fields", "restricted_agent", "ticket_restriction", "only_private_comments",
		"moderator", "agent_brand_ids", "remote_photo_url", "photo", "chat_only", "shared", "shared_agent", "report_csv",
		"two_factor_auth_enabled", "last_login_at", "created_at", "updated_at", "separation", "permanently_deleted",
		"password",
	}
}

// assign carries a request over to the draft. It reports whether the user may be
// stored; otherwise the answer is the refusal.
func (d *draft) assign() (answer, bool) {
	before := d.u.clone()
	if d.a.rules.UnknownPropertiesRefused {
		for _, name := range sortedKeys(d.in) {
			if !slices.Contains(userAttributes(), name) {
				d.problems.add(name, invalidValue, label(name)+": is unknown")
			}
		}
	}
	for _, step := range []func(){
		d.setName, d.setRole, d.setFlags, d.setTexts, d.setExternalID, d.setEmail, d.setIdentities, d.setPhone,
		d.setOrganization, d.setLocale, d.setTimeZone, d.setRestriction, d.setGroup, d.setGroupIDs, d.setTags, d.setFields,
	} {
		step()
		if d.bad != nil {
			return *d.bad, false
		}
	}
	a := d.a
	switch {
	case d.c.caller.user.role != admin && (d.u.team() || !d.create && before.team()):
		return notAllowed(), false // agents may write end users only (§4.2)
	case d.u.id == a.ownerID && (d.u.role != admin || d.u.suspended):
		return a.ownerRefused("The account owner cannot be downgraded or suspended"), false
	case len(d.problems) > 0:
		return a.recordInvalid(d.problems), false
	case a.seats > 0 && a.sitting(d.u) && (d.create || !a.sitting(before)) && a.seatsTaken() >= a.seats:
		return a.noSeat(), false
	}
	return answer{}, true
}

// ownerRefused is the refusal of what would take the owner away (§4.7).
func (a *Account) ownerRefused(message string) answer {
	if a.rules.OwnerForbidden {
		return forbidden(message)
	}
	return a.refused("base", "", message)
}

func (d *draft) setName() {
	name, sent := d.text("name", true)
	switch {
	case sent && strings.TrimSpace(name) != "":
		d.u.name = name
	case sent || d.create && d.bad == nil:
		d.problems.add("name", blankValue, "Name: is too short (minimum is 1 characters)")
	}
}

func (d *draft) setFlags() {
	if v, sent := d.flag("suspended", false); sent {
		d.u.suspended = v
	}
	if v, sent := d.flag("moderator", false); sent && d.u.team() {
		d.u.moderator = v
	}
	if v, sent := d.flag("only_private_comments", false); sent && d.u.team() {
		d.u.privateOnly = v
	}
	d.flag("skip_verify_email", true) // write only; the simulator sends no mail
	d.text("remote_photo_url", true)  // fetched later, if at all
}

// setTexts carries the free texts over. Null clears them (§4.1).
func (d *draft) setTexts() {
	for _, name := range []string{"alias", "signature", "details", "notes"} {
		v, sent := d.in[name]
		if !sent {
			continue
		}
		s, _ := d.text(name, true)
		if v == nil {
			delete(d.u.texts, name)
		} else if d.bad == nil {
			d.u.texts[name] = s
		}
	}
}

func (d *draft) setExternalID() {
	s, sent := d.text("external_id", true)
	if !sent {
		return
	}
	if s != "" && d.a.holder(externalKey(s), d.u.id) != 0 {
		d.problems.add("external_id", duplicateValue, "External: "+s+" is already being used by another user")
		return
	}
	d.u.externalID = s
}

// validEmail reports whether an address is one, without a name.
func validEmail(s string) bool {
	m, err := mail.ParseAddress(s)
	return err == nil && m.Address == s && m.Name == ""
}

// setEmail carries email and verified over. On create the address is the primary
// one; on update it is added as a secondary one (§4.8).
func (d *draft) setEmail() {
	a, u := d.a, d.u
	address, _ := d.text("email", true)
	verified, flagged := d.flag("verified", false)
	if d.bad != nil {
		return
	}
	if a.rules.LowercaseEmails {
		address = fold(address)
	}
	if address == "" {
		if d.create && a.rules.EmailRequired {
			d.problems.add("email", blankValue, "Email: cannot be blank")
		}
		if i := u.primary("email"); flagged && i != nil {
			i.verify(verified, d.c.now)
			d.joinByDomain()
		}
		return
	}
	own := slices.IndexFunc(u.identities, func(i identity) bool { return identityKey(i.kind, i.value) == emailKey(address) })
	switch {
	case !validEmail(address):
		d.problems.add("email", invalidFormat, "Email: "+address+" is not properly formatted")
	case a.holder(emailKey(address), u.id) != 0:
		d.problems.add("email", duplicateValue, "Email: "+address+" is already being used by another user")
	case own >= 0 && a.rules.ResentEmailRefused:
		d.problems.add("email", duplicateValue, "Email: "+address+" is already being used by this user")
	case own >= 0:
		if flagged {
			u.identities[own].verify(verified, d.c.now)
		}
	default:
		d.add("email", address, verified, u.primary("email") == nil)
	}
	d.joinByDomain()
}

// setIdentities carries the write-only list of identities over (§4.1).
func (d *draft) setIdentities() {
	v, sent := d.in["identities"]
	if !sent {
		return
	}
	list, ok := v.([]any)
	if !ok {
		d.wrong("identities", "an array")
		return
	}
	for _, item := range list {
		in, ok := item.(map[string]any)
		if !ok {
			d.wrong("identities", "an array of objects")
			return
		}
		each := &draft{a: d.a, c: d.c, u: d.u, in: in, create: d.create, problems: d.problems}
		if each.newIdentity("identities"); each.bad != nil {
			d.bad = each.bad
			return
		}
	}
}

func (d *draft) setLocale() {
	a := d.a
	code, sent := d.text("locale", false)
	if !sent {
		code, sent = d.text("language", false) // the alias (§4.1)
	}
	if sent {
		i := slices.IndexFunc(a.locales, func(l locale) bool { return strings.EqualFold(l.code, code) })
		switch {
		case i >= 0:
			d.u.locale = a.locales[i].id
		case !a.rules.UnknownLocalesIgnored:
			d.problems.add("locale", invalidValue, "Locale: is invalid")
		}
		return // locale wins over locale_id (§4.1)
	}
	id, sent := d.id("locale_id", false)
	if !sent {
		return
	}
	switch {
	case slices.ContainsFunc(a.locales, func(l locale) bool { return l.id == id }):
		d.u.locale = id
	case !a.rules.UnknownLocalesIgnored:
		d.problems.add("locale_id", invalidValue, "Locale: is invalid")
	}
}

func (d *draft) setTimeZone() {
	a := d.a
	name, sent := d.text("time_zone", false)
	if !sent {
		return
	}
	known := slices.ContainsFunc(a.zones, func(z zone) bool {
		return z.name == name || a.rules.IANATimeZonesAccepted && z.iana == name
	})
	switch {
	case known:
		d.u.timeZone = name
	case !a.rules.UnknownTimeZonesIgnored:
		d.problems.add("time_zone", invalidValue, "Time zone: is invalid")
	}
}

// setRestriction carries ticket_restriction over (§4.1).
func (d *draft) setRestriction() {
	s, sent := d.text("ticket_restriction", true)
	if !sent {
		return
	}
	switch s {
	case "", "organization", "requested":
		d.u.restriction = s
	case "groups", "assigned":
		d.u.restriction = s
		if !d.u.team() {
			d.u.restriction = "requested"
		}
	default:
		if d.u.team() {
			d.problems.add("ticket_restriction", invalidValue, "Ticket restriction: is invalid")
			return
		}
		d.u.restriction = "requested"
	}
}

// setTags replaces the tags (§4.8). Tags that stand for the value of a custom
// field go with it (§7).
func (d *draft) setTags() {
	tags, sent := d.texts("tags")
	if !sent || !d.a.settings.Tagging {
		return
	}
	d.u.tags = nil
	for _, t := range tags {
		if !slices.Contains(d.u.tags, t) {
			d.u.tags = append(d.u.tags, t)
		}
	}
	if d.a.rules.FieldTags != FieldTagsLinked {
		return
	}
	for i := range d.a.fields {
		f := &d.a.fields[i]
		for _, t := range f.tags(d.u.fields[f.Key]) {
			if !slices.Contains(d.u.tags, t) {
				f.drop(d.u.fields, t)
			}
		}
	}
}

// e164 is a phone number with its country code (§4.9).
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
