package scim

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Limits of what ParseSchema, ParseSchemas and ParseResourceTypes accept, besides
// schema.MaxJSONDepth.
const (
	MaxSchemaSize       = 1 << 20 // of the whole document, in bytes
	MaxSchemaAttributes = 1000    // in one schema, sub-attributes included
)

// ParseSchema reads a schema as RFC 7643 section 7 writes it, and /Schemas serves
// it: an object with id, attributes, and perhaps name and description. What is left
// out of an attribute is as section 2.2 has it, except that references and binary
// values are compared with case (sections 2.3.6 and 2.3.7). Keywords may be in any
// case. Members that are not known, such as meta, are passed over.
//
// The schema that was served comes back, as far as the RFC can say what it is: a
// [schema.Date] and a [schema.Any] are what they are shown as, attributes with a
// common dotted prefix are a complex one, and its name has no blanks.
//
// The error names the attribute at fault.
func ParseSchema(data []byte) (schema.Schema, error) {
	v, err := parseDocument(data)
	if err != nil {
		return schema.Schema{}, err
	}
	return readSchema(v)
}

// ParseSchemas reads several schemas, see [ParseSchema]: a ListResponse, as
// /Schemas serves it, a list, or one schema alone. No two may have the same URN.
func ParseSchemas(data []byte) ([]schema.Schema, error) {
	v, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	list, err := listed(v)
	if err != nil {
		return nil, err
	}
	out := make([]schema.Schema, 0, list.Len())
	seen := make(map[string]bool, list.Len())
	for e := range list.Elements() {
		s, err := readSchema(e)
		if err != nil {
			return nil, err
		}
		if seen[schema.Fold(s.URN)] {
			return nil, fmt.Errorf("scim: schema %s is there twice", s.URN)
		}
		seen[schema.Fold(s.URN)] = true
		out = append(out, s)
	}
	return out, nil
}

func readSchema(v schema.Value) (schema.Schema, error) {
	o := newJSONObject(v, "the schema")
	s := schema.Schema{URN: o.text("id"), Name: o.text("name"), Description: o.text("description")}
	o.isA(schemaURN)
	switch {
	case o.err != nil:
		return schema.Schema{}, o.err
	case s.URN == "":
		o.fail("has no id")
	case !isSchemaURN(s.URN):
		o.fail("has the id %.100q, which is not a URN: urn, a namespace, and a name", s.URN)
	default:
		o.where = "schema " + s.URN
	}
	attributes := o.list("attributes")
	if attributes.IsUnset() {
		o.fail("has no attributes")
	}
	if o.err != nil {
		return schema.Schema{}, o.err
	}
	r := attributeReader{schema: o.where}
	attrs, err := r.attributes(attributes, "")
	if err != nil {
		return schema.Schema{}, err
	}
	s.Attributes = attrs
	return s, nil
}

// attributeReader reads the attributes of a schema, and counts them.
type attributeReader struct {
	schema string
	n      int
}

// attributes reads a list of attributes, or of the sub-attributes of a parent.
func (r *attributeReader) attributes(list schema.Value, parent string) ([]schema.Attribute, error) {
	if r.n += list.Len(); r.n > MaxSchemaAttributes {
		return nil, fmt.Errorf("scim: %s has more than %d attributes", r.schema, MaxSchemaAttributes)
	}
	out := make([]schema.Attribute, 0, list.Len())
	seen := make(map[string]bool, list.Len())
	for e := range list.Elements() {
		a, err := r.attribute(e, parent)
		if err != nil {
			return nil, err
		}
		if seen[schema.Fold(a.Name)] {
			return nil, fmt.Errorf("scim: %s has attribute %s%s twice", r.schema, parent, a.Name)
		}
		seen[schema.Fold(a.Name)] = true
		out = append(out, a)
	}
	return out, nil
}

func (r *attributeReader) attribute(v schema.Value, parent string) (schema.Attribute, error) {
	o := newJSONObject(v, r.schema+": an attribute")
	if parent != "" {
		o.where = r.schema + ": a sub-attribute of " + strings.TrimSuffix(parent, ".")
	}
	name := o.text("name")
	switch {
	case o.err != nil:
		return schema.Attribute{}, o.err
	case name == "":
		o.fail("has no name")
	case !isAttributeName(name, parent != ""):
		o.fail("has the name %.100q: a letter has to come first, then letters, digits, and any of - _ $", name)
	default:
		o.where = r.schema + ": attribute " + parent + name
	}
	a := schema.Attribute{
		Name: name, Description: o.text("description"), MultiValued: o.boolean("multiValued"), Required: o.boolean("required"),
		Type: keyword(o, "type", schema.String, schema.String, schema.Boolean, schema.Decimal, schema.Integer, schema.DateTime,
			schema.Binary, schema.Reference, schema.Complex),
		Mutability: keyword(o, "mutability", schema.ReadWrite, schema.ReadOnly, schema.ReadWrite, schema.Immutable, schema.WriteOnly),
		Returned:   keyword(o, "returned", schema.ReturnedDefault, schema.ReturnedAlways, schema.ReturnedNever, schema.ReturnedDefault, schema.ReturnedRequest),
		Uniqueness: keyword(o, "uniqueness", schema.NotUnique, schema.NotUnique, schema.UniqueServer, schema.UniqueGlobal),
		Choices:    o.texts("canonicalValues"), ReferenceTypes: o.texts("referenceTypes"),
	}
	a.CaseExact = o.boolean("caseExact")
	if absent(o.Member("caseExact")) {
		a.CaseExact = a.Type == schema.Reference || a.Type == schema.Binary
	}
	subs := o.list("subAttributes")
	switch {
	case a.Type != schema.Complex && subs.Len() > 0:
		o.fail("has sub-attributes, and is not complex but of type %s", a.Type)
	case a.Type == schema.Complex && parent != "":
		o.fail("is complex, and so is what it belongs to (RFC 7643 section 2.3.8)")
	case a.Type == schema.Complex && subs.Len() == 0:
		o.fail("is complex and has no sub-attributes")
	}
	if o.err != nil || a.Type != schema.Complex {
		return a, o.err
	}
	inner, err := r.attributes(subs, name+".")
	if err != nil {
		return a, err
	}
	if a.Sub, err = schema.NewOrdered(name, inner...); err != nil {
		return a, fmt.Errorf("scim: %s: %w", r.schema, err)
	}
	return a, nil
}

// isAttributeName follows the grammar of RFC 7643 section 2.1, and takes the
// sub-attribute $ref, which does not (section 2.4).
func isAttributeName(s string, sub bool) bool {
	if sub && strings.EqualFold(s, "$ref") {
		return true
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '_' && c != '$') {
			return false
		}
	}
	return s != "" && len(s) <= maxNameLength
}

// isSchemaURN reports whether an id has the form of a URN (RFC 8141) that paths
// and filters can name.
func isSchemaURN(s string) bool {
	parts := strings.SplitN(s, ":", 3)
	if len(s) > maxNameLength || len(parts) < 3 || !strings.EqualFold(parts[0], "urn") {
		return false
	}
	for i := range len(parts[1]) {
		if c := parts[1][i]; !isUnreserved(c) || c == '.' || c == '_' || c == '~' {
			return false
		}
	}
	for i := range len(parts[2]) {
		if c := parts[2][i]; !isUnreserved(c) && strings.IndexByte(":%+$@!*'/", c) < 0 {
			return false
		}
	}
	return parts[1] != "" && len(parts[1]) <= 32 && parts[1][0] != '-' && parts[2] != "" && !strings.HasSuffix(s, ":")
}

// maxNameLength is how long a URN, and the name of an attribute, may be in bytes.
const maxNameLength = 256
