package scim

import (
	"fmt"
	"strings"

	elimity "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/schema"
)

// The URNs of the schemas that RFC 7643 defines for resources.
const (
	UserURN           = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseUserURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// UserSchema returns the User schema of RFC 7643 section 4.1. It differs from
// the published document (section 8.7.1) where that contradicts the text: ids of
// groups are compared with case, as id is. The result is the caller's.
func UserSchema() schema.Schema {
	s := fromElimity(elimity.CoreUserSchema())
	sub(&s, "groups", "value").CaseExact = true
	return s
}

// GroupSchema returns the Group schema of RFC 7643 section 4.2. As the text has
// it, and unlike the published document, displayName is required; ids of members
// are compared with case, as id is. The result is the caller's.
func GroupSchema() schema.Schema {
	s := fromElimity(elimity.CoreGroupSchema())
	for i := range s.Attributes {
		if s.Attributes[i].Name == "displayName" {
			s.Attributes[i].Required = true
		}
	}
	sub(&s, "members", "value").CaseExact = true
	return s
}

// EnterpriseUserSchema returns the enterprise extension of RFC 7643 section 4.3.
// The id of the manager is compared with case, as id is. The result is the
// caller's.
func EnterpriseUserSchema() schema.Schema {
	s := fromElimity(elimity.ExtensionEnterpriseUser())
	sub(&s, "manager", "value").CaseExact = true
	return s
}

// UserType returns the resource type User with the core User schema and the
// extensions, of which [EnterpriseUserSchema] has to be named like any other. A
// schema with the core URN adds its attributes to the core schema. It fails when
// two attributes have the same name.
func UserType(extensions ...schema.Schema) (ResourceType, error) {
	return newResourceType("User", "/Users", "User Account", UserSchema(), extensions)
}

// GroupType returns the resource type Group, see [UserType].
func GroupType(extensions ...schema.Schema) (ResourceType, error) {
	return newResourceType("Group", "/Groups", "Group", GroupSchema(), extensions)
}

func newResourceType(name, endpoint, description string, core schema.Schema, extensions []schema.Schema) (ResourceType, error) {
	var others []schema.Schema
	for _, x := range extensions {
		if strings.EqualFold(x.URN, core.URN) {
			core.Attributes = append(core.Attributes, x.Attributes...)
			continue
		}
		others = append(others, x)
	}
	t, err := schema.NewResource(name, core, others...)
	if err != nil {
		return ResourceType{}, fmt.Errorf("scim: %w", err)
	}
	return ResourceType{Name: name, Endpoint: endpoint, Description: description, Type: t}, nil
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

// fromElimity converts the schema data of github.com/elimity-com/scim.
func fromElimity(in elimity.Schema) schema.Schema {
	out := schema.Schema{URN: in.ID, Name: in.Name.Value(), Description: in.Description.Value()}
	for _, a := range in.Attributes {
		out.Attributes = append(out.Attributes, attributeFromElimity(a))
	}
	return out
}

func attributeFromElimity(in elimity.CoreAttribute) schema.Attribute {
	a := schema.Attribute{
		Name: in.Name(), Description: strings.TrimSpace(in.Description()), MultiValued: in.MultiValued(), Required: in.Required(),
		CaseExact: in.CaseExact(), Choices: in.CanonicalValues(),
		Type:       keyword(in.AttributeType(), schema.Boolean, schema.Integer, schema.Decimal, schema.DateTime, schema.Reference, schema.Binary, schema.Complex),
		Mutability: keyword(in.Mutability(), schema.ReadOnly, schema.Immutable, schema.WriteOnly),
		Returned:   keyword(in.Returned(), schema.ReturnedAlways, schema.ReturnedNever, schema.ReturnedRequest),
		Uniqueness: keyword(in.Uniqueness(), schema.UniqueServer, schema.UniqueGlobal),
	}
	for _, r := range in.ReferenceTypes() {
		a.ReferenceTypes = append(a.ReferenceTypes, string(r))
	}
	if a.Type == schema.Complex {
		subs := make([]schema.Attribute, 0, len(in.SubAttributes()))
		for _, s := range in.SubAttributes() {
			subs = append(subs, attributeFromElimity(s))
		}
		// Elimity's constructors refuse what NewOrdered would refuse.
		a.Sub, _ = schema.NewOrdered(a.Name, subs...)
	}
	return a
}

// keyword returns the value of that name, else the zero value, which is the
// RFC's default.
func keyword[T fmt.Stringer](name string, values ...T) T {
	for _, v := range values {
		if v.String() == name {
			return v
		}
	}
	var zero T
	return zero
}
