package elimityscim

import (
	"fmt"
	"strings"

	"github.com/elimity-com/scim/optional"
	elimity "github.com/elimity-com/scim/schema"

	"github.com/usher-scim/usher/schema"
	convert "github.com/usher-scim/usher/scim/internal/elimity"
)

// FromElimity returns a schema of the library as one of usher, for use as an
// extension in [scim.UserType] or as the core of a type of its own.
func FromElimity(s elimity.Schema) schema.Schema { return convert.Schema(s) }

// ToElimity returns a schema as the library has it: every characteristic, with
// sub-attributes, canonical values and reference types, as far as the library has a
// place for it. Dates, and attributes of any type, become what they are shown as;
// attributes with a common dotted prefix (custom_fields.shift) become a complex
// attribute. References and binary values are always case-exact there, canonical
// values are for text only, and what is read-only is not required: the library
// would demand it of clients. It fails on names that the library does not accept.
func ToElimity(s schema.Schema) (out elimity.Schema, err error) {
	// The library's constructors panic on names that they do not like.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("elimityscim: schema %s: %v", s.URN, p)
		}
	}()
	out = elimity.Schema{ID: s.URN, Name: text(s.Name), Description: text(s.Description)}
	groups := make(map[string]*elimity.ComplexParams)
	var order []*elimity.ComplexParams
	for i := range s.Attributes {
		a := &s.Attributes[i]
		prefix, rest, dotted := strings.Cut(a.Name, ".")
		switch {
		case dotted && a.Type == schema.Complex:
			return out, fmt.Errorf("elimityscim: attribute %s of schema %s is complex below another one", a.Name, s.URN)
		case dotted:
			g := groups[prefix]
			if g == nil {
				g = &elimity.ComplexParams{Name: prefix}
				groups[prefix], order = g, append(order, g)
			}
			g.SubAttributes = append(g.SubAttributes, simple(a, rest))
			g.Required = g.Required || required(a)
		case a.Type == schema.Complex:
			c, err := complexAttribute(a)
			if err != nil {
				return out, err
			}
			out.Attributes = append(out.Attributes, c)
		default:
			out.Attributes = append(out.Attributes, elimity.SimpleCoreAttribute(simple(a, a.Name)))
		}
	}
	for _, g := range order {
		out.Attributes = append(out.Attributes, elimity.ComplexCoreAttribute(*g))
	}
	return out, nil
}

func text(s string) optional.String {
	if s == "" {
		return optional.String{}
	}
	return optional.NewString(s)
}

func complexAttribute(a *schema.Attribute) (elimity.CoreAttribute, error) {
	p := elimity.ComplexParams{
		Name: a.Name, Description: text(a.Description), MultiValued: a.MultiValued, Required: required(a),
		Mutability: mutability(a), Returned: returned(a), Uniqueness: uniqueness(a),
	}
	for s := range schema.Slot(a.Sub.Len()) {
		sub := a.Sub.Attribute(s)
		if sub.Type == schema.Complex {
			return elimity.CoreAttribute{}, fmt.Errorf("elimityscim: attribute %s.%s is complex below another one", a.Name, sub.Name)
		}
		p.SubAttributes = append(p.SubAttributes, simple(sub, sub.Name))
	}
	return elimity.ComplexCoreAttribute(p), nil
}

func simple(a *schema.Attribute, name string) elimity.SimpleParams {
	d, m, r, u := text(a.Description), mutability(a), returned(a), uniqueness(a)
	typ := a.Type
	if typ == schema.Any {
		typ = a.Shown
	}
	switch typ {
	case schema.Boolean:
		return elimity.SimpleBooleanParams(elimity.BooleanParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r})
	case schema.Integer, schema.Decimal:
		number := elimity.AttributeTypeInteger()
		if typ == schema.Decimal {
			number = elimity.AttributeTypeDecimal()
		}
		return elimity.SimpleNumberParams(elimity.NumberParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r, Uniqueness: u, Type: number})
	case schema.DateTime:
		return elimity.SimpleDateTimeParams(elimity.DateTimeParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r})
	case schema.Binary:
		return elimity.SimpleBinaryParams(elimity.BinaryParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r})
	case schema.Reference:
		p := elimity.ReferenceParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r, Uniqueness: u}
		for _, t := range a.ReferenceTypes {
			p.ReferenceTypes = append(p.ReferenceTypes, elimity.AttributeReferenceType(t))
		}
		return elimity.SimpleReferenceParams(p)
	default:
		return elimity.SimpleStringParams(elimity.StringParams{Name: name, Description: d, MultiValued: a.MultiValued, Required: required(a), Mutability: m, Returned: r, Uniqueness: u, CaseExact: a.CaseExact, CanonicalValues: a.Choices})
	}
}

// required reports whether clients have to send an attribute.
func required(a *schema.Attribute) bool { return a.Required && a.Writable() }

func mutability(a *schema.Attribute) elimity.AttributeMutability {
	switch a.Mutability {
	case schema.ReadOnly:
		return elimity.AttributeMutabilityReadOnly()
	case schema.Immutable:
		return elimity.AttributeMutabilityImmutable()
	case schema.WriteOnly:
		return elimity.AttributeMutabilityWriteOnly()
	default:
		return elimity.AttributeMutabilityReadWrite()
	}
}

func returned(a *schema.Attribute) elimity.AttributeReturned {
	switch a.Returned {
	case schema.ReturnedAlways:
		return elimity.AttributeReturnedAlways()
	case schema.ReturnedNever:
		return elimity.AttributeReturnedNever()
	case schema.ReturnedRequest:
		return elimity.AttributeReturnedRequest()
	default:
		return elimity.AttributeReturnedDefault()
	}
}

func uniqueness(a *schema.Attribute) elimity.AttributeUniqueness {
	switch a.Uniqueness {
	case schema.UniqueServer:
		return elimity.AttributeUniquenessServer()
	case schema.UniqueGlobal:
		return elimity.AttributeUniquenessGlobal()
	default:
		return elimity.AttributeUniquenessNone()
	}
}
