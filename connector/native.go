package connector

import (
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/schema"
)

// JoinField returns the name of a field below containers: "custom_fields" and
// "badge_color" make "custom_fields.badge_color". A segment with a dot or a
// quote in it is quoted.
func JoinField(segments ...string) string {
	var b strings.Builder
	for i, s := range segments {
		if i > 0 {
			b.WriteByte('.')
		}
		if s == "" || strings.ContainsAny(s, `."\`) {
			s = strconv.Quote(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

// SplitField takes the name of a field apart; it undoes JoinField.
func SplitField(name string) []string {
	var out []string
	for {
		if q, err := strconv.QuotedPrefix(name); err == nil && q[0] == '"' {
			s, _ := strconv.Unquote(q)
			out = append(out, s)
			name = name[len(q):]
			if !strings.HasPrefix(name, ".") {
				return out
			}
			name = name[1:]
			continue
		}
		s, rest, more := strings.Cut(name, ".")
		out = append(out, s)
		if !more {
			return out
		}
		name = rest
	}
}

// DecodeRecord reads an object of a target's answer, as schema.ParseJSON gives
// it, into a record. Members below a container go to the fields with dotted
// names, see [JoinField]. Members that the type has no field for are passed
// over.
//
// Values are brought to the type of their field where that loses nothing:
//
//	field      takes besides its own kind
//	String     numbers and booleans, as they are written
//	Integer    whole numbers in strings and with a zero fraction ("17", 17.0)
//	Decimal    numbers in strings
//	Boolean    "true", "false" in any case, 0 and 1
//	Any        everything, as it is
//
// The same goes for the elements of a list; a list field takes a single value as a
// list of one, and "" and null elements are left out of it. Date-times stay the
// text that they are. A null stays a null, which counts as unassigned; "" is an
// empty list for a list and null for a field that is not text. What cannot be brought to
// the type is left unset.
func DecodeRecord(t *schema.Type, obj schema.Value) *schema.Record {
	rec := t.New()
	decodeMembers(rec, "", obj)
	return rec
}

func decodeMembers(rec *schema.Record, prefix string, obj schema.Value) {
	t := rec.Type()
	for name, v := range obj.Members() {
		path := JoinField(name)
		if prefix != "" {
			path = prefix + "." + path
		}
		if s := t.Slot(path); s != schema.NoSlot {
			rec.SetAt(s, decodeValue(t.Attribute(s), v))
			continue
		}
		if v.Kind() == schema.KindObject {
			decodeMembers(rec, path, v)
		}
	}
}

func decodeValue(a *schema.Attribute, v schema.Value) schema.Value {
	if v.IsUnset() || v.IsNull() {
		return v
	}
	text, isText := v.Str()
	if !a.MultiValued {
		if isText && text == "" && a.Type >= schema.Boolean && a.Type <= schema.Date {
			return schema.Null()
		}
		return decodeOne(a, v)
	}
	var list []schema.Value
	for e := range v.Elements() {
		if s, ok := e.Str(); ok && s == "" {
			continue
		}
		if d := decodeOne(a, e); !d.IsUnset() && !d.IsNull() {
			list = append(list, d)
		}
	}
	return schema.ListValue(list...)
}

func decodeOne(a *schema.Attribute, v schema.Value) schema.Value {
	switch a.Type {
	case schema.Any:
		return v
	case schema.Complex:
		if v.Kind() != schema.KindObject {
			return schema.Value{}
		}
		return schema.ObjectValue(DecodeRecord(a.Sub, v))
	case schema.Boolean:
		return decodeBoolean(v)
	case schema.Integer:
		return decodeInteger(v)
	case schema.Decimal:
		if s, ok := v.Str(); ok {
			v, _ = schema.NumberValue(strings.TrimSpace(s))
		}
		if k := v.Kind(); k != schema.KindInteger && k != schema.KindDecimal {
			return schema.Value{}
		}
		return v
	default:
		switch v.Kind() {
		case schema.KindString:
			return v
		case schema.KindInteger, schema.KindDecimal, schema.KindBoolean:
			return schema.StringValue(v.Text())
		default:
			return schema.Value{}
		}
	}
}

func decodeBoolean(v schema.Value) schema.Value {
	if n, ok := v.Integer(); ok && (n == 0 || n == 1) {
		return schema.BooleanValue(n == 1)
	}
	if s, ok := v.Str(); ok {
		if b, ok := schema.ParseBoolean(strings.TrimSpace(s)); ok {
			return schema.BooleanValue(b)
		}
	}
	if v.Kind() != schema.KindBoolean {
		return schema.Value{}
	}
	return v
}

func decodeInteger(v schema.Value) schema.Value {
	if v.Kind() == schema.KindInteger {
		return v
	}
	text := strings.TrimSpace(v.Text())
	if v.Kind() == schema.KindDecimal {
		// "17.0" is 17; an exponent or a fraction is no id and no count.
		whole, fraction, _ := strings.Cut(text, ".")
		if strings.Trim(fraction, "0") != "" {
			return schema.Value{}
		}
		text = whole
	} else if v.Kind() != schema.KindString {
		return schema.Value{}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return schema.IntegerValue(n)
	}
	return schema.Value{}
}

// RecordBody returns the assigned values of a record as the object that a target
// gets on a create: fields with dotted names below their containers.
func RecordBody(rec *schema.Record) schema.Value {
	var root container
	for s, v := range rec.Values() {
		if !v.Unassigned() {
			root.put(rec.Type().Attribute(s).Name, v)
		}
	}
	return root.value()
}

// ChangeBody returns the fields that a change edits as the object that a target
// gets on an update. A field that loses its value is sent as its ClearAs says
// (left out for ClearOmit), unless the edit brings a value for that; one whose
// list gains or loses elements is sent whole, from c.Want. With an edited field that
// is Whole go all assigned fields of the same container, from c.Want. Errors:
// Unsupported where Want is needed and missing. c.Type has to be set, as it is
// for drivers.
func ChangeBody(c Change) (schema.Value, error) {
	var root container
	for _, e := range c.Edits {
		a := c.Type.Attribute(e.Slot)
		v := e.Value
		switch e.Op {
		case schema.Add, schema.Remove:
			if c.Want == nil {
				return schema.Value{}, Errorf(Unsupported, a.Name, "the record has to be read before the list is changed")
			}
			v = c.Want.At(e.Slot)
			if v.Unassigned() {
				v = a.ClearAs.Value(a.MultiValued)
			}
		case schema.Clear:
			if v.IsUnset() {
				v = a.ClearAs.Value(a.MultiValued)
			}
		default:
			if v.Unassigned() {
				v = a.ClearAs.Value(a.MultiValued)
			}
		}
		if a.Whole {
			if c.Want == nil {
				return schema.Value{}, Errorf(Unsupported, a.Name, "the record has to be read before the field is changed")
			}
			putSiblings(&root, c, a)
		}
		if !v.IsUnset() {
			root.put(a.Name, v)
		}
	}
	return root.value(), nil
}

// putSiblings puts the other fields of a's container.
func putSiblings(root *container, c Change, a *schema.Attribute) {
	own := SplitField(a.Name)
	prefix := JoinField(own[:len(own)-1]...)
	for s, v := range c.Want.Values() {
		b := c.Type.Attribute(s)
		path := SplitField(b.Name)
		if b != a && b.Writable() && !v.Unassigned() && len(path) == len(own) && JoinField(path[:len(path)-1]...) == prefix {
			root.putNew(b.Name, v)
		}
	}
}

// container builds nested objects with members in the order of their arrival.
type container struct {
	names  []string
	values []schema.Value // unset where inner has one
	inner  []*container
}

func (c *container) put(field string, v schema.Value)    { c.at(SplitField(field), v, true) }
func (c *container) putNew(field string, v schema.Value) { c.at(SplitField(field), v, false) }

func (c *container) at(path []string, v schema.Value, replace bool) {
	i := 0
	for i < len(c.names) && c.names[i] != path[0] {
		i++
	}
	isNew := i == len(c.names)
	if isNew {
		c.names, c.values, c.inner = append(c.names, path[0]), append(c.values, schema.Value{}), append(c.inner, nil)
	}
	if len(path) > 1 {
		if c.inner[i] == nil {
			c.inner[i] = &container{}
		}
		c.inner[i].at(path[1:], v, replace)
		return
	}
	if isNew || replace {
		c.values[i] = v
	}
}

func (c *container) value() schema.Value {
	members := make([]schema.Member, len(c.names))
	for i, name := range c.names {
		v := c.values[i]
		if c.inner[i] != nil {
			v = c.inner[i].value()
		}
		members[i] = schema.Member{Name: name, Value: v}
	}
	return schema.MembersValue(members...)
}

// UTC gives an instant in RFC 3339 in UTC, as drivers keep date-times. It is
// false for a text that is none, and for one that UTC moves out of the years 0
// to 9999, which the format cannot write.
func UTC(text string) (string, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return "", false
	}
	at = at.UTC()
	if y := at.Year(); y < 0 || y > 9999 {
		return "", false
	}
	return at.Format(time.RFC3339Nano), true
}
