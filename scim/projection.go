package scim

import "github.com/usher-scim/usher/schema"

// Projection says which attributes an answer shows: the request's attributes
// and excludedAttributes (RFC 7644 section 3.9). The zero Projection shows the
// default set. Backends use it to leave out work, not to trim records; the
// front does that.
type Projection struct {
	only    []schema.Selector
	exclude []schema.Selector
}

// Wants reports whether the answer shows an attribute of the type, or a part of
// it.
func (p Projection) Wants(t *schema.Type, s schema.Slot) bool {
	a := t.Attribute(s)
	switch {
	case a.Returned == schema.ReturnedNever || a.Mutability == schema.WriteOnly:
		return false
	case a.Returned == schema.ReturnedAlways:
		return true
	case p.only != nil:
		for _, sel := range p.only {
			if sel.Slot == s || sel.Schema != "" && sel.Schema == a.Schema {
				return true
			}
		}
		return false
	}
	for _, sel := range p.exclude {
		if sel.Sub == schema.NoSlot && (sel.Slot == s || sel.Schema != "" && sel.Schema == a.Schema) {
			return false
		}
	}
	return a.Returned != schema.ReturnedRequest
}
