package provision

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// left are the attributes that a request wants to have changed and that are as they
// were after it: the target has no field for them, or takes them on create only. A
// client is not told, because it would send the same again and again; the event
// tells.
// What the routes go by has been carried out, or there would have been an error: a
// flag as a text is not told apart from one as a boolean.
func (fam *family) left(before, wanted, after *schema.Record) []string {
	var out []string
	t := wanted.Type()
	for s, v := range wanted.Values() {
		a := t.Attribute(s)
		if s == schema.SlotSchemas || s == schema.SlotMeta || !a.Writable() || a.Returned == schema.ReturnedNever || v.Unassigned() ||
			fam.routes != nil && fam.routes.Reads(s) {
			continue
		}
		if !schema.SameValue(a, v, before.At(s)) && schema.SameValue(a, before.At(s), after.At(s)) {
			out = append(out, t.Path(s))
		}
	}
	return out
}

// warnLeft tells of what was left as it was.
func (e *Event) warnLeft(names []string) {
	if len(names) > 0 {
		e.warn("Left as it was, since the target does not take it over: " + strings.Join(names, ", "))
	}
}
