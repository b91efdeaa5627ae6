package scim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// ResourceType is a kind of resource that is served (RFC 7643 section 6).
type ResourceType struct {
	// Name is what meta.resourceType says ("User").
	Name string
	// Endpoint is the path below the base URL, one segment of letters, digits and
	// any of - . _ ~ ("/Users").
	Endpoint    string
	Description string
	// Type has the attributes, made by schema.NewResource.
	Type *schema.Type
	// Required are the URNs of extensions that every resource has to have.
	Required []string
}

// NewResourceType returns a resource type with a core schema and extensions. An
// extension with the URN of the core schema adds its attributes to that. Of the
// common attributes (RFC 7643 section 3.1) a core schema can only describe
// externalId anew: id, meta and schemas are the front's own, and are passed over
// in it. It fails when a name, the endpoint or a URN is not what it has to be, and
// when two attributes have the same name.
func NewResourceType(name, endpoint, description string, core schema.Schema, extensions ...schema.Schema) (ResourceType, error) {
	var others []schema.Schema
	attrs := slices.Clone(core.Attributes)
	for _, x := range extensions {
		if strings.EqualFold(x.URN, core.URN) {
			attrs = append(attrs, x.Attributes...)
			continue
		}
		others = append(others, x)
	}
	core.Attributes = slices.DeleteFunc(attrs, func(a schema.Attribute) bool {
		return strings.EqualFold(a.Name, "schemas") || strings.EqualFold(a.Name, "id") || strings.EqualFold(a.Name, "meta")
	})
	t, err := schema.NewResource(name, core, others...)
	if err != nil {
		return ResourceType{}, fmt.Errorf("scim: %w", err)
	}
	rt := ResourceType{Name: name, Endpoint: endpoint, Description: description, Type: t}
	return rt, rt.check()
}

// check finds what a handler cannot serve.
func (rt *ResourceType) check() error {
	segment, slash := strings.CutPrefix(rt.Endpoint, "/")
	switch {
	case rt.Name == "" || rt.Type == nil || !rt.Type.IsResource():
		return fmt.Errorf("scim: resource type %q needs a name and a type made by schema.NewResource", rt.Name)
	case !slash || segment == "" || segment[0] == '.' || strings.IndexFunc(segment, func(c rune) bool { return c >= 0x80 || !isUnreserved(byte(c)) }) >= 0:
		return fmt.Errorf("scim: endpoint %q of resource type %s is not a slash and one path segment", rt.Endpoint, rt.Name)
	case isVersion(segment) || slices.ContainsFunc(reservedEndpoints(), func(s string) bool { return strings.EqualFold(s, segment) }):
		return fmt.Errorf("scim: endpoint %q of resource type %s has another meaning in SCIM", rt.Endpoint, rt.Name)
	}
	for _, urn := range rt.Required {
		if s := rt.Type.Schema(urn); s == nil || s == &rt.Type.Schemas()[0] {
			return fmt.Errorf("scim: resource type %s requires %q, which is none of its extensions", rt.Name, urn)
		}
	}
	for s := range schema.Slot(rt.Type.Len()) {
		a := rt.Type.Attribute(s)
		if sub := nested(a); sub != "" {
			return fmt.Errorf("scim: attribute %s of resource type %s is complex, and so is its sub-attribute %s (RFC 7643 section 2.3.8)", a.Name, rt.Name, sub)
		}
	}
	id, meta := rt.Type.Attribute(schema.SlotID), rt.Type.Attribute(schema.SlotMeta)
	if id.Type != schema.String || id.MultiValued || meta.Sub == nil || meta.MultiValued || !isMeta(meta.Sub) {
		return fmt.Errorf("scim: resource type %s has an id or a meta of its own: leave them out of the schema", rt.Name)
	}
	return nil
}

// nested returns the name of a sub-attribute that is complex itself, or "".
func nested(a *schema.Attribute) string {
	if a.Sub == nil {
		return ""
	}
	for s := range schema.Slot(a.Sub.Len()) {
		if sub := a.Sub.Attribute(s); sub.Sub != nil {
			return sub.Name
		}
	}
	return ""
}

// reservedEndpoints are the paths of RFC 7644 section 3.2 that no resource type
// can have.
func reservedEndpoints() []string {
	return []string{"Me", "Bulk", "Schemas", "ResourceTypes", "ServiceProviderConfig"}
}

// isMeta reports whether a type has the slots that answers are made from.
func isMeta(t *schema.Type) bool {
	return t.Slot("resourceType") == metaResourceType && t.Slot("created") == metaCreated && t.Slot("lastModified") == metaLastModified &&
		t.Slot("location") == metaLocation && t.Slot("version") == metaVersion
}

// requires reports whether resources have to have the extension.
func (rt *ResourceType) requires(urn string) bool {
	return slices.ContainsFunc(rt.Required, func(r string) bool { return strings.EqualFold(r, urn) })
}

// Features are what a backend can do beyond the least. The front announces them
// in /ServiceProviderConfig, and passes nothing on to a backend that it did not
// say it can do.
type Features struct {
	// Sort says that List honours [Query].Sort.
	Sort bool
	// Cursor says that List honours [Query].ByCursor.
	Cursor bool
	// Versions says that resources have versions, and that writes honour
	// [WriteOptions].IfMatch.
	Versions bool
	// ChangePassword says that the password of a user can be written.
	ChangePassword bool
}

// Types are the resource types of a backend at one time. They are immutable.
type Types struct {
	version  string
	list     []ResourceType
	features Features
}

// NewTypes returns a set of types. The version changes when an attribute does:
// discovery documents are cached by it. It fails when a name or an endpoint is
// missing, malformed or there twice, and when a required extension is none of the
// type's.
func NewTypes(version string, types ...ResourceType) (*Types, error) {
	for i := range types {
		if err := types[i].check(); err != nil {
			return nil, err
		}
		for _, other := range types[:i] {
			if strings.EqualFold(other.Name, types[i].Name) || strings.EqualFold(other.Endpoint, types[i].Endpoint) {
				return nil, fmt.Errorf("scim: resource type %s is there twice", types[i].Name)
			}
		}
	}
	return &Types{version: version, list: slices.Clone(types)}, nil
}

// With returns the types of a backend with these features.
func (t *Types) With(f Features) *Types {
	out := *t
	out.features = f
	return &out
}

// Features returns what was given to With.
func (t *Types) Features() Features { return t.features }

// Version returns what was given to NewTypes.
func (t *Types) Version() string { return t.version }

// All returns the types in the order given. The slice must not be changed.
func (t *Types) All() []ResourceType { return t.list }

// ByName returns the type of that name, or nil.
func (t *Types) ByName(name string) *ResourceType {
	for i := range t.list {
		if t.list[i].Name == name {
			return &t.list[i]
		}
	}
	return nil
}

// ByEndpoint returns the type served under that path ("/Users"), or nil.
func (t *Types) ByEndpoint(endpoint string) *ResourceType {
	for i := range t.list {
		if t.list[i].Endpoint == endpoint {
			return &t.list[i]
		}
	}
	return nil
}
