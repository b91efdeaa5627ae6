package provision

import (
	"net/http"
	"slices"
	"strings"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim"
)

// served reports whether there is anything behind the resource type.
func (fam *family) served() bool { return len(fam.kinds) > 0 }

// kindOf returns the kind of an object, or nil.
func (fam *family) kindOf(object string) *binding {
	for _, bind := range fam.kinds {
		if bind.obj.Name == object {
			return bind
		}
	}
	return nil
}

// kindIn returns the kind that routes know by a name, or nil.
func (fam *family) kindIn(role string) *binding {
	for _, bind := range fam.kinds {
		if bind.role == role {
			return bind
		}
	}
	return nil
}

// kindWith returns the kind of a record, by its type, or by the type's name where
// the account's fields have just changed; the first where none has it.
func (fam *family) kindWith(t *schema.Type) *binding {
	for _, same := range []func(*schema.Type) bool{
		func(of *schema.Type) bool { return of == t }, func(of *schema.Type) bool { return of.Name() == t.Name() },
	} {
		for _, bind := range fam.kinds {
			if same(bind.obj.Type) {
				return bind
			}
		}
	}
	return fam.kinds[0]
}

// route decides of which kind a resource is to be. An error says that there is no
// such kind here, or that the resource does not say it clearly.
func (fam *family) route(in *mapping.Input) (*binding, error) {
	if fam.routes == nil {
		return fam.fallback, nil
	}
	name, err := fam.routes.Says(in)
	if err != nil {
		return nil, err
	}
	if name == "" {
		if fam.fallback != nil {
			return fam.fallback, nil // a setting may have put another one there
		}
		name = fam.routes.Fallback()
	}
	if bind := fam.kindIn(name); bind != nil {
		return bind, nil
	}
	return nil, scim.Errorf(http.StatusBadRequest, scim.InvalidValue,
		"this %s is one for the mapping %q, which this connection does not have: what it is to become cannot be provisioned through it", fam.name, name)
}

// reroute decides of which kind a resource is to be that is of one already. It
// changes only when the request changes what the routes go by: what somebody
// made of a record in the target stands.
func (bind *binding) reroute(in *mapping.Input) (*binding, error) {
	if bind.fam.routes == nil {
		return bind, nil
	}
	to, err := bind.fam.route(in)
	if err != nil || to == bind || in.Current == nil {
		return to, err
	}
	before := *in
	before.Resource = in.Current
	if was, err := bind.fam.route(&before); err == nil && was == to {
		return bind, nil
	}
	return to, nil
}

// keepRoute gives a resource that replaces another what the routes go by, where it
// does not speak of it: a PUT that does not say what somebody is to be leaves
// them what they are.
func (fam *family) keepRoute(rec, current *schema.Record) {
	if fam.routes == nil || len(fam.kinds) < 2 {
		return
	}
	for _, in := range fam.routes.Inputs() {
		if in.Slot != schema.NoSlot && in.Type == fam.typ && rec.At(in.Slot).Unassigned() {
			rec.SetAt(in.Slot, current.At(in.Slot))
		}
	}
}

// candidates are the kinds that a SCIM id can be of: that whose tag it has, else
// those without a tag.
func (fam *family) candidates(id string) []*binding {
	var plain []*binding
	for _, bind := range fam.kinds {
		if bind.obj.Tag == "" {
			plain = append(plain, bind)
		} else if strings.HasPrefix(id, bind.obj.Tag+"-") {
			return []*binding{bind}
		}
	}
	return plain
}

// likely puts the kind that a record was last seen as first.
func likely(kinds []*binding, e *Entry) []*binding {
	i := slices.IndexFunc(kinds, func(bind *binding) bool { return bind.obj.Name == e.Object })
	if i <= 0 {
		return kinds
	}
	out := append([]*binding{kinds[i]}, kinds[:i]...)
	return append(out, kinds[i+1:]...)
}

// known reports whether a record of the kind can be written without a look: ids
// that several kinds share may belong to another one than it was seen as.
func (bind *binding) known(e *Entry) bool {
	return bind.obj.IDSpace == "" || e.Object == bind.obj.Name
}

// related are the kinds whose records share ids with the binding's, itself among
// them.
func (bind *binding) related() []*binding {
	if bind.obj.IDSpace == "" {
		return []*binding{bind}
	}
	var out []*binding
	for _, other := range bind.fam.kinds {
		if other.obj.IDSpace == bind.obj.IDSpace {
			out = append(out, other)
		}
	}
	return out
}

// lower is the kind that a downgrade of the binding's records makes of them: one
// without special rights that the target can convert them to. It is nil where
// there is none.
func (bind *binding) lower() *binding {
	if !bind.obj.Can(connector.Convert) || bind.obj.Admin == "" {
		return nil
	}
	for _, other := range bind.related() {
		if other != bind && other.obj.Admin == "" {
			return other
		}
	}
	return nil
}

// blindRoute reports whether a PATCH that touches these attributes leaves a record
// of the kind that it is.
func (fam *family) blindRoute(touched []schema.Selector) bool {
	return fam.routes == nil || fam.routes.Blind(touched)
}

// has reports whether a key can be that of one of the family's records.
func (fam *family) has(k Key) bool {
	return slices.ContainsFunc(fam.kinds, func(bind *binding) bool { return keyOf(bind.obj, k.ID) == k })
}

// scimID is the SCIM id of a record by its key.
func (fam *family) scimID(k Key) string {
	for _, bind := range fam.kinds {
		if keyOf(bind.obj, k.ID) == k {
			return bind.scimID(k.ID)
		}
	}
	return k.ID
}
