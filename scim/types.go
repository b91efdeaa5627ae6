package scim

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// ResourceType is a kind of resource that is served (RFC 7643 section 6).
type ResourceType struct {
	// Name is what meta.resourceType says ("User").
	Name string
	// Endpoint is the path below the base URL, one segment ("/Users").
	Endpoint    string
	Description string
	// Type has the attributes, made by schema.NewResource.
	Type *schema.Type
	// Required are the URNs of extensions that every resource has to have.
	Required []string
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
// missing, malformed or there twice.
func NewTypes(version string, types ...ResourceType) (*Types, error) {
	t := &Types{version: version, list: types}
	for i, rt := range types {
		switch {
		case rt.Name == "" || rt.Type == nil || !rt.Type.IsResource():
			return nil, fmt.Errorf("scim: resource type %q needs a name and a type made by schema.NewResource", rt.Name)
		case len(rt.Endpoint) < 2 || rt.Endpoint[0] != '/' || strings.ContainsAny(rt.Endpoint[1:], "/?#"):
			return nil, fmt.Errorf("scim: endpoint %q of resource type %s is not one path segment", rt.Endpoint, rt.Name)
		}
		for _, other := range types[:i] {
			if other.Name == rt.Name || strings.EqualFold(other.Endpoint, rt.Endpoint) {
				return nil, fmt.Errorf("scim: resource type %s is there twice", rt.Name)
			}
		}
	}
	return t, nil
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
