package scim

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// reference says whose location the $ref of a complex attribute is (RFC 7643
// section 2.4): that of the resource that has the value for its id.
//
// Where that can be told, the $ref is the front's own: an answer shows the
// location whatever is stored, and a $ref that a client sends is passed over, so
// that sending back what was read changes nothing.
type reference struct {
	ref, value schema.Slot
	kind       schema.Slot // of the sub-attribute type, or NoSlot
	only       string      // the endpoint of all values, "" where there is no such one
	// kinds are the resource types that type can name.
	kinds []kindOfResource
}

type kindOfResource struct{ name, endpoint string }

// newReference returns the reference that the values of an attribute are, or nil:
// they need a value, and a $ref to a type that is served.
func newReference(a *schema.Attribute, served []ResourceType) *reference {
	if a.Sub == nil {
		return nil
	}
	r := &reference{ref: a.Sub.Slot("$ref"), value: a.Sub.Slot("value"), kind: a.Sub.Slot("type")}
	if r.ref == schema.NoSlot || r.value == schema.NoSlot {
		return nil
	}
	to := a.Sub.Attribute(r.ref).ReferenceTypes
	for i := range served {
		if rt := &served[i]; slices.Contains(to, rt.Name) {
			r.kinds = append(r.kinds, kindOfResource{rt.Name, rt.Endpoint})
		}
	}
	switch {
	case len(r.kinds) == 0:
		return nil
	case len(to) == 1:
		r.only = r.kinds[0].endpoint
	}
	return r
}

// target returns where the resource is that a value refers to, or false where
// that cannot be told: nothing says of what type it is, or it has no id.
func (r *reference) target(rec *schema.Record) (endpoint, id string, ok bool) {
	if id = rec.At(r.value).Text(); id == "" || !validID(id) {
		return "", "", false
	}
	if r.kind != schema.NoSlot {
		// The type of a user's group is "direct" or "indirect", which names none.
		if kind := rec.At(r.kind).Text(); kind != "" {
			for i := range r.kinds {
				if strings.EqualFold(r.kinds[i].name, kind) {
					return r.kinds[i].endpoint, id, true
				}
			}
		}
	}
	return r.only, id, r.only != ""
}

// drop takes a $ref away that answers make anew.
func (r *reference) drop(rec *schema.Record) {
	if r == nil || rec.At(r.ref).IsUnset() {
		return
	}
	if _, _, ok := r.target(rec); ok {
		rec.SetAt(r.ref, schema.Value{})
	}
}
