package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
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
	config  document
	types   []document // by name
	schemas []document // by URN
	// The lists of all of them.
	allTypes, allSchemas document
}

type document struct {
	name    string
	body    []byte
	version string // changes with the body
}

func newDocument(name string, body []byte) document {
	sum := sha256.Sum256(body)
	return document{name, body, hex.EncodeToString(sum[:8])}
}

// discovery serves the endpoints of RFC 7644 section 4.
func (x *exchange) discovery(endpoint, name string) error {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return x.methods("GET, HEAD")
	}
	if hasFilter(x.r.URL.RawQuery) {
		return Errorf(http.StatusForbidden, "", "The path /%s cannot be filtered.", endpoint)
	}
	d := x.view.docs
	d.once.Do(func() { d.build(&x.h.set, x.view.types) })
	name = strings.TrimSuffix(name, "/")
	all, list := &d.allSchemas, d.schemas
	switch endpoint {
	case "ServiceProviderConfig":
		all, list = &d.config, nil
	case "ResourceTypes":
		all, list = &d.allTypes, d.types
	}
	if name == "" {
		return x.document(all)
	}
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return x.document(&list[i])
		}
	}
	if list == nil {
		return notFoundPath()
	}
	return notFound(strings.TrimSuffix(endpoint, "s"))
}

// hasFilter reports whether a query has a filter that says something. No other
// parameter matters to discovery, however it is written.
func hasFilter(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err != nil || !strings.EqualFold(plain, "filter") {
			continue
		}
		if text, err := url.QueryUnescape(value); err != nil || strings.TrimSpace(text) != "" {
			return true
		}
	}
	return false
}

// document sends a discovery document, unless the client has it already.
func (x *exchange) document(d *document) error {
	x.w.Header().Set("Etag", etag(d.version))
	if x.unchanged(d.version) {
		return x.notModified()
	}
	return x.answer(http.StatusOK, d.body)
}

func (d *documents) build(set *settings, types *Types) {
	d.config = newDocument("", appendConfig(nil, set, types.features))
	var schemas []schema.Schema
	for _, rt := range types.All() {
		d.types = append(d.types, newDocument(rt.Name, appendResourceType(nil, set, &rt)))
		for _, s := range rt.Type.Schemas() {
			schemas = addSchema(schemas, s)
		}
	}
	for i := range schemas {
		d.schemas = append(d.schemas, newDocument(schemas[i].URN, appendSchema(nil, set, &schemas[i])))
	}
	d.allTypes, d.allSchemas = newDocument("", appendDocuments(nil, d.types)), newDocument("", appendDocuments(nil, d.schemas))
}

// addSchema adds a schema to a list. Two types may share a schema of which each
// has other attributes: it is shown once, with the attributes of both.
func addSchema(list []schema.Schema, s schema.Schema) []schema.Schema {
	i := slices.IndexFunc(list, func(l schema.Schema) bool { return strings.EqualFold(l.URN, s.URN) })
	if i < 0 {
		return append(list, s)
	}
	have := list[i].Attributes
	for _, a := range s.Attributes {
		if !slices.ContainsFunc(have, func(h schema.Attribute) bool { return strings.EqualFold(h.Name, a.Name) }) {
			have = append(slices.Clip(have), a)
		}
	}
	list[i].Attributes = have
	return list
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
	w.meta("ResourceType", set.base+"/ResourceTypes/"+url.PathEscape(rt.Name))
	w.close('}')
	return w.buf
}

// appendSchema appends a Schema of RFC 7643 section 7.
func appendSchema(dst []byte, set *settings, s *schema.Schema) []byte {
	w := &writer{dst}
	w.open("", '{')
	w.texts("schemas", schemaURN)
	w.text("id", s.URN)
	w.optional("name", strings.Join(strings.Fields(s.Name), "")) // some clients trip over blanks
	w.optional("description", s.Description)
	w.open("attributes", '[')
	var sl schemaLayout
	for i := range s.Attributes {
		sl.add(schema.Slot(i), &s.Attributes[i])
	}
	w.fields(sl.fields)
	w.close(']')
	w.meta("Schema", set.base+"/Schemas/"+url.PathEscape(s.URN))
	w.close('}')
	return w.buf
}

func (w *writer) fields(fields []field) {
	for i := range fields {
		f := &fields[i]
		w.open("", '{')
		w.text("name", f.name)
		if f.slot == schema.NoSlot {
			w.characteristics(groupAttribute(f.group), f.group)
		} else {
			w.characteristics(f.attr, f.subs)
		}
		w.close('}')
	}
}

// groupAttribute shows attributes with a common dotted prefix as what they look
// like in a resource: a complex attribute, required as soon as a member is, and
// read-only when all are.
func groupAttribute(members []field) *schema.Attribute {
	a := &schema.Attribute{Type: schema.Complex, Mutability: schema.ReadOnly}
	for i := range members {
		m := members[i].attr
		a.Required = a.Required || m.Required
		if m.Mutability != schema.ReadOnly {
			a.Mutability = schema.ReadWrite
		}
	}
	return a
}

func (w *writer) characteristics(a *schema.Attribute, subs []field) {
	w.text("type", a.ShownType().String())
	w.boolean("multiValued", a.MultiValued)
	w.optional("description", a.Description)
	w.boolean("required", a.Required || a.Demanded)
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
