package scim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// parseDocument reads the JSON of a discovery document.
func parseDocument(data []byte) (schema.Value, error) {
	if len(data) > MaxSchemaSize {
		return schema.Value{}, fmt.Errorf("scim: the document is larger than %d bytes", MaxSchemaSize)
	}
	v, err := schema.ParseJSON(data)
	if err != nil {
		return schema.Value{}, fmt.Errorf("scim: %w", err)
	}
	return v, nil
}

// listed returns the resources of a ListResponse; a list, and an object of another
// kind, as they are.
func listed(v schema.Value) (schema.Value, error) {
	r := v.Member("Resources")
	switch {
	case v.Kind() == schema.KindNull:
		return v, errors.New("scim: the document says null")
	case r.IsUnset():
		return v, nil
	case r.Kind() != schema.KindList:
		return v, errors.New("scim: Resources has to be a list")
	default:
		return r, nil
	}
}

// jsonObject reads the members of a JSON object. The first error stands.
type jsonObject struct {
	schema.Value
	where string // what the object is, for errors
	err   error
}

func newJSONObject(v schema.Value, where string) *jsonObject {
	o := &jsonObject{Value: v, where: where}
	if v.Kind() != schema.KindObject {
		o.fail("has to be an object, it is %s", kindPhrase(v.Kind()))
	}
	return o
}

func (o *jsonObject) fail(format string, args ...any) {
	if o.err == nil {
		o.err = fmt.Errorf("scim: %s %s", o.where, fmt.Sprintf(format, args...))
	}
}

// absent reports whether a member is left out: null says as much.
func absent(m schema.Value) bool { return m.IsUnset() || m.IsNull() }

// text returns the member that is text, "" where there is none.
func (o *jsonObject) text(name string) string {
	m := o.Member(name)
	s, ok := m.Str()
	if !ok && !absent(m) {
		o.fail("has a %s that is not text", name)
	}
	return s
}

func (o *jsonObject) boolean(name string) bool {
	m := o.Member(name)
	b, ok := m.Bool()
	if !ok && !absent(m) {
		o.fail("has a %s that is neither true nor false", name)
	}
	return b
}

// texts returns the member that is a list of texts, nil where there is none.
func (o *jsonObject) texts(name string) []string {
	var out []string
	for e := range o.list(name).Elements() {
		s, ok := e.Str()
		if !ok {
			o.fail("has a value in %s that is not text", name)
		}
		out = append(out, s)
	}
	return out
}

func (o *jsonObject) list(name string) schema.Value {
	m := o.Member(name)
	if m.Kind() == schema.KindList {
		return m
	}
	if !absent(m) {
		o.fail("has %s that are not a list", name)
	}
	return schema.Value{}
}

// isA checks the member schemas, which may be left out: the schemas that RFC 7643
// publishes have none.
func (o *jsonObject) isA(urn string) {
	m := o.Member("schemas")
	for e := range m.Elements() {
		if strings.EqualFold(e.Text(), urn) {
			return
		}
	}
	if !absent(m) {
		o.fail("is not a %s: its schemas have to name %s", urn[strings.LastIndexByte(urn, ':')+1:], urn)
	}
}

// keyword returns the value with that name in any case, and def where there is no
// such member.
func keyword[T fmt.Stringer](o *jsonObject, name string, def T, values ...T) T {
	text := o.text(name)
	if text == "" {
		return def
	}
	for _, v := range values {
		if strings.EqualFold(v.String(), text) {
			return v
		}
	}
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = v.String()
	}
	o.fail("has %s %.40q, which is none of %s", name, text, strings.Join(words, ", "))
	return def
}
