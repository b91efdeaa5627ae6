package provision

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// left are the attributes that a request wants to have changed or taken away and that
// are as they were after it: the target has no field for them, or takes them on create
// only. A client is not told, because it would send the same again and again; the
// event tells.
//
// What the routes go by has been carried out, or there would have been an error: a
// flag as a text is not told apart from one as a boolean. What waits for somebody is
// told of elsewhere.
func (c *modification) left(before, wanted, after *schema.Record) []string {
	var out []string
	t, routes := wanted.Type(), c.bind.fam.routes
	for i := range t.Len() {
		s := schema.Slot(i)
		a := t.Attribute(s)
		if s == schema.SlotSchemas || s == schema.SlotMeta || !a.Writable() || a.Returned == schema.ReturnedNever ||
			routes != nil && routes.Reads(s) || c.waits(s) {
			continue
		}
		if !schema.SameValue(a, wanted.At(s), before.At(s)) && schema.SameValue(a, before.At(s), after.At(s)) {
			out = append(out, t.Path(s))
		}
	}
	return out
}

// waits reports whether a field behind an attribute is to be written once somebody is
// there.
func (c *modification) waits(s schema.Slot) bool {
	if len(c.result.Deferred) == 0 {
		return false
	}
	fields := c.bind.plan.Fields(nil, schema.Selector{Type: c.bind.typ, Slot: s, Sub: schema.NoSlot})
	return slices.ContainsFunc(c.result.Deferred, func(d mapping.Deferred) bool {
		return slices.Contains(fields, c.bind.obj.Type.Slot(d.Target))
	})
}

// warnLeft tells of what was left as it was.
func (e *Event) warnLeft(names []string) {
	if len(names) > 0 {
		e.warn("Left as it was, since the target does not take it over: " + strings.Join(names, ", "))
	}
}
