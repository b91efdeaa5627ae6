package scim

import (
	data "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/schema"
	"github.com/usher-scim/usher/scim/internal/elimity"
)

// The URNs of the schemas that RFC 7643 defines for resources.
const (
	UserURN           = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// UserSchema returns the User schema of RFC 7643 section 4.1. It differs from
// the published document (section 8.7.1) where that contradicts the text or has a
// verified erratum: references are compared with case (section 2.3.7), ids of
// groups as well, as id is, and groups refer to groups only (erratum 8471). The
// result is the caller's.
func UserSchema() schema.Schema {
	s := elimity.Schema(data.CoreUserSchema())
	sub(&s, "groups", "value").CaseExact = true
	sub(&s, "groups", "$ref").ReferenceTypes = []string{"Group"}
	return s
}

// GroupSchema returns the Group schema of RFC 7643 section 4.2. As the text has
// it, and unlike the published document, displayName is required (erratum 5368);
// references are compared with case, ids of members as well, as id is; members
// have a display (section 2.4, erratum 6011). The result is the caller's.
func GroupSchema() schema.Schema {
	s := elimity.Schema(data.CoreGroupSchema())
	for i := range s.Attributes {
		if s.Attributes[i].Name == "displayName" {
			s.Attributes[i].Required = true
		}
	}
	sub(&s, "members", "value").CaseExact = true
	return s
}

// EnterpriseUserSchema returns the enterprise extension of RFC 7643 section 4.3.
// References are compared with case, the id of the manager as well, as id is
// (erratum 8472). The result is the caller's.
func EnterpriseUserSchema() schema.Schema {
	s := elimity.Schema(data.ExtensionEnterpriseUser())
	s.Name = "EnterpriseUser" // as it is published
	sub(&s, "manager", "value").CaseExact = true
	return s
}

// UserType returns the resource type User with the core User schema and the
// extensions, of which [EnterpriseUserSchema] has to be named like any other, see
// [NewResourceType].
func UserType(extensions ...schema.Schema) (ResourceType, error) {
	return NewResourceType("User", "/Users", "User Account", UserSchema(), extensions...)
}

// GroupType returns the resource type Group, see [UserType].
func GroupType(extensions ...schema.Schema) (ResourceType, error) {
	return NewResourceType("Group", "/Groups", "Group", GroupSchema(), extensions...)
}

// sub returns a sub-attribute of a schema that has just been made.
func sub(s *schema.Schema, attr, name string) *schema.Attribute {
	for i := range s.Attributes {
		if a := &s.Attributes[i]; a.Name == attr {
			return a.Sub.Lookup(name)
		}
	}
	return nil
}
