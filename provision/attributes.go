package provision

import (
	"context"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/schema"
)

// Attribute is a SCIM attribute that a connection takes or shows, and what becomes
// of it in the target: a line of the list by which an administrator fills in the
// attribute mapping of an identity provider.
type Attribute struct {
	// ResourceType is the SCIM resource type ("User"), Object the kind of record in
	// the target that the rest is about: one type can have several.
	ResourceType, Object string
	mapping.Attribute
}

// Attributes lists the attributes of the connection, by resource type and object:
// what the mapping documents offer, and every custom field that the account has.
// Errors are those of the target, which may have to be asked for its fields, or a
// *mapping.DiagnosticsError.
func (b *Backend) Attributes(ctx context.Context) ([]Attribute, error) {
	m, err := b.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []Attribute
	for _, rt := range m.types.All() {
		for _, bind := range m.families[rt.Name].kinds {
			for _, a := range bind.plan.Attributes() {
				if bind.acts(a.Path) {
					a.Direction = mapping.Both
				}
				out = append(out, Attribute{rt.Name, bind.obj.Name, a})
			}
		}
	}
	return out, nil
}

// acts reports whether what a client sends for a path does something else than
// writing a field: it disables, or it decides which object a resource is.
func (bind *binding) acts(path schema.Selector) bool {
	switch {
	case path.Type == nil:
		return false // a custom field that the mapping does not reach
	case path.Slot == bind.active:
		return true
	default:
		return !bind.fam.blindRoute([]schema.Selector{path})
	}
}
