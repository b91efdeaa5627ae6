package mappingtest

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// resourceRecord makes a record of a SCIM resource's JSON: members that the type
// does not have are left out, a bare value stands for the value of a complex
// attribute.
func resourceRecord(t *schema.Type, v schema.Value) *schema.Record {
	rec := t.New()
	for name, m := range v.Members() {
		if strings.EqualFold(name, "schemas") {
			continue
		}
		if s := t.Schema(name); s != nil && m.Kind() == schema.KindObject {
			for sub, w := range m.Members() {
				setAttribute(rec, s.URN+":"+sub, w)
			}
			continue
		}
		setAttribute(rec, name, m)
	}
	return rec
}

func setAttribute(rec *schema.Record, name string, v schema.Value) {
	if slot := rec.Type().Slot(name); slot != schema.NoSlot {
		rec.SetAt(slot, attributeValue(rec.Type().Attribute(slot), v))
	}
}

func attributeValue(a *schema.Attribute, v schema.Value) schema.Value {
	if v.Unassigned() {
		return schema.Value{}
	}
	if !a.MultiValued {
		return elementValue(a, v)
	}
	var list []schema.Value
	for e := range v.Elements() {
		list = append(list, elementValue(a, e))
	}
	return schema.ListValue(list...)
}

func elementValue(a *schema.Attribute, v schema.Value) schema.Value {
	if a.Sub == nil {
		return v
	}
	rec := a.Sub.New()
	if v.Kind() != schema.KindObject {
		setAttribute(rec, "value", v)
	} else {
		for name, m := range v.Members() {
			setAttribute(rec, name, m)
		}
	}
	return schema.ObjectValue(rec)
}

// resourceJSON is a resource as JSON, with schemas and with extensions in their
// objects.
func resourceJSON(rec *schema.Record) schema.Value {
	t := rec.Type()
	members := []schema.Member{{Name: "schemas", Value: schema.StringsValue(rec.Schemas()...)}}
	extensions := make(map[string][]schema.Member)
	for slot, v := range rec.Values() {
		a := t.Attribute(slot)
		switch {
		case slot == schema.SlotSchemas || v.Unassigned():
		case a.Schema == t.URN():
			members = append(members, schema.Member{Name: a.Name, Value: v})
		default:
			extensions[a.Schema] = append(extensions[a.Schema], schema.Member{Name: a.Name, Value: v})
		}
	}
	for _, s := range t.Schemas() {
		if ms := extensions[s.URN]; ms != nil {
			members = append(members, schema.Member{Name: s.URN, Value: schema.MembersValue(ms...)})
		}
	}
	return schema.MembersValue(members...)
}

// native is a target's record with the members that its type does not have.
type native struct {
	rec  *schema.Record
	rest []schema.Member // by dotted name
}

func nativeRecord(t *schema.Type, v schema.Value) *native {
	n := &native{rec: t.New()}
	n.add("", v)
	return n
}

func (n *native) add(prefix string, v schema.Value) {
	for name, m := range v.Members() {
		full := prefix + name
		switch {
		case n.rec.Set(full, m):
		case m.Kind() == schema.KindObject && m.Len() > 0 && n.hasBelow(full):
			n.add(full+".", m)
		default:
			n.rest = append(n.rest, schema.Member{Name: full, Value: m})
		}
	}
}

// hasBelow reports whether a field's dotted name begins with a container.
func (n *native) hasBelow(container string) bool {
	t := n.rec.Type()
	for i := range t.Len() {
		if strings.HasPrefix(t.Attribute(schema.Slot(i)).Name, container+".") {
			return true
		}
	}
	return false
}

// json is a record as nested JSON: with the members of rest, and null for what
// was cleared.
func (n *native) json(rec *schema.Record, cleared []schema.Edit) schema.Value {
	var ms []schema.Member
	for slot, v := range rec.Values() {
		ms = append(ms, schema.Member{Name: rec.Type().Attribute(slot).Name, Value: v})
	}
	for _, e := range cleared {
		if e.Op == schema.Clear {
			ms = append(ms, schema.Member{Name: rec.Type().Attribute(e.Slot).Name, Value: schema.Null()})
		}
	}
	return nest(append(ms, n.rest...))
}

// nest turns dotted names into objects.
func nest(ms []schema.Member) schema.Value {
	var out []schema.Member
	inner := make(map[string][]schema.Member)
	for _, m := range ms {
		first, rest, dotted := strings.Cut(m.Name, ".")
		if !dotted {
			out = append(out, m)
			continue
		}
		if inner[first] == nil {
			out = append(out, schema.Member{Name: first})
		}
		inner[first] = append(inner[first], schema.Member{Name: strings.Trim(rest, `"`), Value: m.Value})
	}
	for i := range out {
		if below := inner[out[i].Name]; below != nil && out[i].Value.IsUnset() {
			out[i].Value = nest(below)
		}
	}
	return schema.MembersValue(out...)
}

// equal compares JSON: members without order, lists without order where the
// place says so.
func equal(want, got schema.Value, at string, unordered func(string) bool) bool {
	switch want.Kind() {
	case schema.KindObject:
		if got.Kind() != schema.KindObject || want.Len() != got.Len() {
			return false
		}
		for name, w := range want.Members() {
			if !equal(w, got.Member(name), at+"."+name, unordered) {
				return false
			}
		}
		return true
	case schema.KindList:
		if got.Kind() != schema.KindList || want.Len() != got.Len() {
			return false
		}
		if unordered == nil || !unordered(strings.TrimPrefix(at, ".")) {
			for i := range want.Len() {
				if !equal(want.At(i), got.At(i), at, unordered) {
					return false
				}
			}
			return true
		}
		used := make([]bool, got.Len())
	next:
		for w := range want.Elements() {
			for i := range got.Len() {
				if !used[i] && equal(w, got.At(i), at, unordered) {
					used[i] = true
					continue next
				}
			}
			return false
		}
		return true
	default:
		return want.Kind() == got.Kind() && want.Equal(got)
	}
}

// tables are the contents of what lookups refer to.
type tables struct {
	objects map[string][]schema.Value
	next    int64
}

func newTables(v, next schema.Value) *tables {
	t := &tables{objects: make(map[string][]schema.Value), next: 1}
	if n, ok := next.Integer(); ok {
		t.next = n
	}
	for name, list := range v.Members() {
		for e := range list.Elements() {
			t.objects[name] = append(t.objects[name], e)
		}
	}
	return t
}

// records returns the records of an object, of a type made for them.
func (t *tables) records(object string) []*schema.Record {
	fields := make(schema.Fields)
	for _, e := range t.objects[object] {
		for name := range e.Members() {
			fields[name] = schema.Attribute{Type: schema.Any}
		}
	}
	typ, err := schema.NewType(object, fields)
	if err != nil {
		return nil
	}
	var recs []*schema.Record
	for _, e := range t.objects[object] {
		rec := typ.New()
		for name, v := range e.Members() {
			rec.Set(name, v)
		}
		recs = append(recs, rec)
	}
	return recs
}
