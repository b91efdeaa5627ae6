package scim

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// ParseResourceTypes reads resource types as RFC 7643 section 6 writes them: a
// ListResponse, as /ResourceTypes serves it, a list, or one resource type alone.
// They are made of those schemas that they name; the endpoint may lack its slash.
// The error names the resource type at fault.
func ParseResourceTypes(data []byte, schemas ...schema.Schema) ([]ResourceType, error) {
	v, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	list, err := listed(v)
	if err != nil {
		return nil, err
	}
	out := make([]ResourceType, 0, list.Len())
	for e := range list.Elements() {
		rt, err := readResourceType(e, schemas)
		if err != nil {
			return nil, err
		}
		out = append(out, rt)
	}
	if _, err := NewTypes("", out...); err != nil {
		return nil, err
	}
	return out, nil
}

func readResourceType(v schema.Value, schemas []schema.Schema) (ResourceType, error) {
	o := newJSONObject(v, "the resource type")
	name := o.text("name")
	if o.err == nil && name == "" {
		o.fail("has no name")
	}
	if o.err != nil {
		return ResourceType{}, o.err
	}
	o.where = fmt.Sprintf("resource type %.100q", name)
	o.isA(resourceTypeURN)
	endpoint := o.text("endpoint")
	if endpoint != "" && endpoint[0] != '/' {
		endpoint = "/" + endpoint
	}
	core := o.schema("schema", schemas)
	var extensions []schema.Schema
	var required []string
	for e := range o.list("schemaExtensions").Elements() {
		x := newJSONObject(e, o.where+": an extension")
		s := x.schema("schema", schemas)
		if x.boolean("required") {
			required = append(required, s.URN)
		}
		if x.err != nil {
			return ResourceType{}, x.err
		}
		if strings.EqualFold(s.URN, core.URN) {
			o.fail("has its schema %s for an extension as well", s.URN)
		}
		extensions = append(extensions, s)
	}
	if o.err != nil {
		return ResourceType{}, o.err
	}
	rt, err := NewResourceType(name, endpoint, o.text("description"), core, extensions...)
	if err != nil {
		return ResourceType{}, err
	}
	rt.Required = required
	return rt, o.err
}

// schema returns the one of some schemas that a member names.
func (o *jsonObject) schema(name string, schemas []schema.Schema) schema.Schema {
	urn := o.text(name)
	for _, s := range schemas {
		if strings.EqualFold(s.URN, urn) {
			return s
		}
	}
	switch {
	case urn == "":
		o.fail("has no %s", name)
	default:
		o.fail("names the schema %.100q, which is none of those given", urn)
	}
	return schema.Schema{}
}
