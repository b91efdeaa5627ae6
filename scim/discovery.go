package scim

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/schema"
)

const (
	configURN       = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	resourceTypeURN = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
	schemaURN       = "urn:ietf:params:scim:schemas:core:2.0:Schema"
)

// documents are the discovery documents of a version of the types, made when
// they are first asked for.
type documents struct {
	once    sync.Once
	config  []byte
	types   []document // by name
	schemas []document // by URN
	// The lists of all of them.
	allTypes, allSchemas []byte
}

type document struct {
	name string
	body []byte
}

// discovery serves the endpoints of RFC 7644 section 4.
func (x *exchange) discovery(endpoint, name string) error {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return x.methods("GET, HEAD")
	}
	p, err := x.parameters()
	if err != nil {
		return err
	}
	if p.hasFilter() {
		return Errorf(http.StatusForbidden, "", "The path /%s cannot be filtered.", endpoint)
	}
	d := x.view.docs
	d.once.Do(func() { d.build(&x.h.set, x.view.types) })
	name = strings.TrimSuffix(name, "/")
	var list []document
	switch {
	case endpoint == "ServiceProviderConfig" && name == "":
		return x.answer(http.StatusOK, d.config)
	case endpoint == "ServiceProviderConfig":
		return notFoundPath()
	case endpoint == "ResourceTypes":
		if name == "" {
			return x.answer(http.StatusOK, d.allTypes)
		}
		list = d.types
	default:
		if name == "" {
			return x.answer(http.StatusOK, d.allSchemas)
		}
		list = d.schemas
	}
	for _, doc := range list {
		if strings.EqualFold(doc.name, name) {
			return x.answer(http.StatusOK, doc.body)
		}
	}
	return notFound(strings.TrimSuffix(endpoint, "s"))
}

func (d *documents) build(set *settings, types *Types) {
	d.config = appendConfig(nil, set, types.features)
	for _, rt := range types.All() {
		d.types = append(d.types, document{rt.Name, appendResourceType(nil, set, &rt)})
		for _, s := range rt.Type.Schemas() {
			if !has(d.schemas, s.URN) {
				d.schemas = append(d.schemas, document{s.URN, appendSchema(nil, set, rt.Type, &s)})
			}
		}
	}
	d.allTypes, d.allSchemas = appendDocuments(nil, d.types), appendDocuments(nil, d.schemas)
}

func has(list []document, name string) bool {
	for _, doc := range list {
		if strings.EqualFold(doc.name, name) {
			return true
		}
	}
	return false
}

func appendDocuments(dst []byte, list []document) []byte {
	n := strconv.Itoa(len(list))
	dst = append(dst, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":`+n+`,"itemsPerPage":`+n+`,"startIndex":1,"Resources":[`...)
	for i, doc := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, doc.body...)
	}
	return append(dst, "]}"...)
}

// writer appends the members of JSON objects.
type writer struct{ buf []byte }

func (w *writer) key(name string) {
	if n := len(w.buf); n > 0 && w.buf[n-1] != '{' && w.buf[n-1] != '[' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(schema.AppendQuoted(w.buf, name), ':')
}

func (w *writer) text(name, value string) {
	w.key(name)
	w.buf = schema.AppendQuoted(w.buf, value)
}

// optional leaves the member out when there is nothing to say.
func (w *writer) optional(name, value string) {
	if value != "" {
		w.text(name, value)
	}
}

func (w *writer) boolean(name string, value bool) {
	w.key(name)
	w.buf = strconv.AppendBool(w.buf, value)
}

func (w *writer) number(name string, value int) {
	w.key(name)
	w.buf = strconv.AppendInt(w.buf, int64(value), 10)
}

func (w *writer) texts(name string, values ...string) {
	w.key(name)
	w.buf = schema.StringsValue(values...).AppendJSON(w.buf)
}

// open begins an object or a list; of a list's element the name is "".
func (w *writer) open(name string, bracket byte) {
	if name != "" {
		w.key(name)
	} else if n := len(w.buf); n > 0 && w.buf[n-1] == '}' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(w.buf, bracket)
}

func (w *writer) close(bracket byte) { w.buf = append(w.buf, bracket) }

func (w *writer) meta(resourceType, location string) {
	w.open("meta", '{')
	w.text("resourceType", resourceType)
	w.text("location", location)
	w.close('}')
}

func (w *writer) supported(name string, is bool) {
	w.open(name, '{')
	w.boolean("supported", is)
	w.close('}')
}

// appendConfig appends the ServiceProviderConfig of RFC 7643 section 5. It
// announces what works.
func appendConfig(dst []byte, set *settings, f Features) []byte {
	w := &writer{dst}
	w.open("", '{')
	w.texts("schemas", configURN)
	w.optional("documentationUri", set.DocumentationURI)
	w.supported("patch", true)
	w.open("bulk", '{')
	w.boolean("supported", !set.NoBulk)
	w.number("maxOperations", set.MaxBulkOps)
	w.number("maxPayloadSize", set.MaxBulkBody)
	w.close('}')
	w.open("filter", '{')
	w.boolean("supported", true)
	w.number("maxResults", set.MaxCount)
	w.close('}')
	w.supported("changePassword", f.ChangePassword)
	w.supported("sort", f.Sort)
	w.supported("etag", f.Versions)
	// RFC 9865 section 4.
	w.open("pagination", '{')
	w.boolean("cursor", f.Cursor)
	w.boolean("index", true)
	w.text("defaultPaginationMethod", "index")
	w.number("defaultPageSize", set.DefaultCount)
	w.number("maxPageSize", set.MaxCount)
	if seconds := int(set.CursorTimeout / time.Second); f.Cursor && seconds > 0 {
		w.number("cursorTimeout", seconds)
	}
	w.close('}')
	w.open("authenticationSchemes", '[')
	for _, s := range set.AuthSchemes {
		w.open("", '{')
		w.text("type", s.Type)
		w.text("name", s.Name)
		w.text("description", s.Description)
		w.optional("specUri", s.SpecURI)
		w.optional("documentationUri", s.DocumentationURI)
		w.boolean("primary", s.Primary)
		w.close('}')
	}
	w.close(']')
	w.meta("ServiceProviderConfig", set.base+"/ServiceProviderConfig")
	w.close('}')
	return w.buf
}

// appendResourceType appends a ResourceType of RFC 7643 section 6.
func appendResourceType(dst []byte, set *settings, rt *ResourceType) []byte {
	w := &writer{dst}
	w.open("", '{')
	w.texts("schemas", resourceTypeURN)
	w.text("id", rt.Name)
	w.text("name", rt.Name)
	w.text("endpoint", rt.Endpoint)
	w.optional("description", rt.Description)
	w.text("schema", rt.Type.URN())
	w.open("schemaExtensions", '[')
	for _, s := range rt.Type.Schemas()[1:] {
		w.open("", '{')
		w.text("schema", s.URN)
		w.boolean("required", rt.requires(s.URN))
		w.close('}')
	}
	w.close(']')
	w.meta("ResourceType", set.base+"/ResourceTypes/"+rt.Name)
	w.close('}')
	return w.buf
}

// requires reports whether resources have to have the extension.
func (rt *ResourceType) requires(urn string) bool {
	for _, r := range rt.Required {
		if strings.EqualFold(r, urn) {
			return true
		}
	}
	return false
}

// appendSchema appends a Schema of RFC 7643 section 7.
func appendSchema(dst []byte, set *settings, t *schema.Type, s *schema.Schema) []byte {
	w := &writer{dst}
	w.open("", '{')
	w.texts("schemas", schemaURN)
	w.text("id", s.URN)
	w.optional("name", strings.Join(strings.Fields(s.Name), "")) // some clients trip over blanks
	w.optional("description", s.Description)
	w.open("attributes", '[')
	sl := schemaLayout{urn: s.URN}
	for i := schema.SlotMeta + 1; int(i) < t.Len(); i++ {
		if a := t.Attribute(i); a.Schema == s.URN {
			sl.add(i, a)
		}
	}
	w.fields(sl.fields)
	w.close(']')
	w.meta("Schema", set.base+"/Schemas/"+s.URN)
	w.close('}')
	return w.buf
}

func (w *writer) fields(fields []field) {
	for i := range fields {
		f := &fields[i]
		w.open("", '{')
		w.text("name", f.name)
		if f.slot == schema.NoSlot {
			// Attributes with a common dotted prefix are shown as what they look
			// like in a resource.
			w.characteristics(&schema.Attribute{Type: schema.Complex}, f.group)
		} else {
			w.characteristics(f.attr, f.subs)
		}
		w.close('}')
	}
}

func (w *writer) characteristics(a *schema.Attribute, subs []field) {
	w.text("type", shownType(a))
	w.boolean("multiValued", a.MultiValued)
	w.optional("description", a.Description)
	w.boolean("required", a.Required)
	if a.Type != schema.Complex && a.Type != schema.Boolean {
		w.boolean("caseExact", a.CaseExact)
	}
	if len(a.Choices) > 0 {
		w.texts("canonicalValues", a.Choices...)
	}
	if len(a.ReferenceTypes) > 0 {
		w.texts("referenceTypes", a.ReferenceTypes...)
	}
	w.text("mutability", a.Mutability.String())
	w.text("returned", a.Returned.String())
	w.text("uniqueness", a.Uniqueness.String())
	if len(subs) > 0 {
		w.open("subAttributes", '[')
		w.fields(subs)
		w.close(']')
	}
}

// shownType is the type that RFC 7643 has for an attribute.
func shownType(a *schema.Attribute) string {
	switch a.Type {
	case schema.Date:
		return schema.String.String()
	case schema.Any:
		if a.Shown == schema.Any || a.Shown == schema.Date || a.Shown == schema.Complex {
			return schema.String.String()
		}
		return a.Shown.String()
	default:
		return a.Type.String()
	}
}
