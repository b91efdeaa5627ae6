// Package elimity reads the schema data of github.com/elimity-com/scim.
package elimity

import (
	"fmt"
	"strings"

	elimity "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/schema"
)

// Schema converts a schema.
func Schema(in elimity.Schema) schema.Schema {
	out := schema.Schema{URN: in.ID, Name: in.Name.Value(), Description: in.Description.Value()}
	for _, a := range in.Attributes {
		out.Attributes = append(out.Attributes, attribute(a))
	}
	return out
}

func attribute(in elimity.CoreAttribute) schema.Attribute {
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
			subs = append(subs, attribute(s))
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
