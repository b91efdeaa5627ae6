package zendesktest

import "slices"

// setPhone carries phone and shared_phone_number over (§4.9): a number that
// nobody else has becomes a direct line with an identity; one that is in use
// becomes a shared number; a second number never replaces a direct line.
func (d *draft) setPhone() {
	a, u := d.a, d.u
	number, sent := d.text("phone", true)
	asShared, _ := d.flag("shared_phone_number", true)
	if d.bad != nil || !sent || number == u.phone && number != "" {
		return
	}
	if number == "" {
		u.phone, u.phoneShared = "", false
		if a.rules.ClearedPhoneDropsIdentity {
			u.identities = slices.DeleteFunc(u.identities, func(i identity) bool { return i.kind == phoneKind })
		}
		return
	}
	if a.settings.PhoneValidation && !u.team() && !e164.MatchString(number) {
		d.problems.add("phone", invalidFormat, "Phone: is not a valid phone number")
		return
	}
	unique := a.holder(phoneKey(number), u.id) == 0
	own := slices.ContainsFunc(u.identities, func(i identity) bool { return i.kind == phoneKind && i.value == number })
	direct := slices.ContainsFunc(u.identities, func(i identity) bool { return i.kind == phoneKind && i.value == u.phone })
	switch {
	case direct && u.phone != "":
		if unique && !own {
			d.add(phoneKind, number, false, false)
		}
	case unique && !asShared:
		u.phone, u.phoneShared = number, false
		if !own {
			d.add(phoneKind, number, false, true)
		}
	default:
		u.phone, u.phoneShared = number, true
	}
}

const phoneKind = "phone_number"
