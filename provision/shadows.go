package provision

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// applyShadows puts the attributes that State keeps into a resource that was
// read.
func (bind *binding) applyShadows(rec *schema.Record, e *Entry) {
	if e == nil {
		return
	}
	if e.Off && bind.typ.Slot("active") != schema.NoSlot {
		rec.SetAt(bind.typ.Slot("active"), schema.BooleanValue(false))
	}
	for _, s := range bind.shadows {
		v := e.Shadow[bind.typ.Path(s)]
		// The target's own external id stands; State only knows where it is.
		if v == "" || s == schema.SlotExternalID && !rec.At(s).Unassigned() {
			continue
		}
		rec.SetAt(s, schema.StringValue(v))
	}
}

// nameNameless gives a resource without a user name, which its target's record
// has no address for, one by the id: SCIM demands it of every user.
func (bind *binding) nameNameless(out, rec *schema.Record) {
	if bind.userName == schema.NoSlot || bind.obj.Type.IsResource() || !out.At(bind.userName).Unassigned() {
		return
	}
	out.SetAt(bind.userName, schema.StringValue(bind.obj.Name+"-"+rec.String(bind.obj.IDField())))
}

// namelessID returns the id in a user name that nameNameless has made.
func (bind *binding) namelessID(e equality) (id string, ok bool) {
	if e.slot != bind.userName || len(e.value) <= len(bind.obj.Name) || !strings.EqualFold(e.value[:len(bind.obj.Name)], bind.obj.Name) {
		return "", false
	}
	return strings.CutPrefix(e.value[len(bind.obj.Name):], "-")
}

// hiddenLogin is the name under which an entry keeps the login address of a
// disabled account: the target's lookup of addresses may not show it.
const hiddenLogin = "login"

// keepLogin notes the login address of a disabled account.
func (bind *binding) keepLogin(e *Entry, rec *schema.Record) {
	if bind.activeField == schema.NoSlot || len(bind.obj.Unique) == 0 || rec == nil {
		return
	}
	login := ""
	if !bind.isActive(rec) {
		login = rec.Get(bind.obj.Unique[0]).Text()
	}
	e.setShadow(hiddenLogin, login)
}

// keepShadows notes in an entry what reading the record would not give back:
// a user name that is no address, an external id that cannot be searched.
func (bind *binding) keepShadows(e *Entry, wanted, read *schema.Record) {
	for _, s := range bind.shadows {
		path := bind.typ.Path(s)
		want := wanted.At(s).Text()
		have := read.At(s).Text()
		switch {
		case want == "":
			e.setShadow(path, "")
		case s == schema.SlotExternalID:
			// Kept whether or not the target holds it: State is what finds it.
			e.setShadow(path, want)
		case strings.EqualFold(want, have):
			e.setShadow(path, "")
		default:
			e.setShadow(path, want)
		}
	}
}
