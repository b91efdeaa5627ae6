package mapping

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// attributePlan says how an attribute of the resource is read.
type attributePlan struct {
	slot     schema.Slot
	attr     *schema.Attribute
	whole    *leafPlan     // an attribute without sub-attributes
	parts    []leafPlan    // of a single complex attribute
	elements []elementPlan // of a multi-valued complex attribute
}

// elementPlan says how the elements with one filter are read.
type elementPlan struct {
	filter string   // in its canonical form
	base   []static // what the filter demands
	parts  []leafPlan
}

// leafPlan says how one path is read: the first rule with a value wins.
type leafPlan struct {
	slot  schema.Slot // of the attribute, or within the complex attribute
	attr  *schema.Attribute
	text  bool // attr holds one text
	rules []*rule
}

func newLeaf(slot schema.Slot, a *schema.Attribute, rules ...*rule) leafPlan {
	return leafPlan{slot: slot, attr: a, text: a.Type == schema.String && !a.MultiValued, rules: rules}
}

// pathKey identifies a path, however it was written.
type pathKey struct {
	slot, sub schema.Slot
	filter    string
}

func keyOf(sel schema.Selector) pathKey {
	k := pathKey{slot: sel.Slot, sub: sel.Sub}
	if a := sel.Attribute(); a != nil && a.Sub != nil && k.sub == schema.NoSlot {
		k.sub = a.Sub.Slot("value")
	}
	if sel.Filter != nil {
		k.filter = canonical(sel.Filter, sel.Attribute().Sub)
	}
	return k
}

// canonical is the form of a value filter that does not depend on the order of
// its conditions nor on case where that does not count.
func canonical(m *schema.Matcher, t *schema.Type) string {
	rec, ok := m.Element()
	if !ok {
		return m.String()
	}
	var b strings.Builder
	for slot, v := range rec.Values() {
		text := string(v.AppendJSON(nil))
		if !t.Attribute(slot).CaseExact {
			text = strings.ToLower(text)
		}
		b.WriteString(t.Attribute(slot).Name + "=" + text + "&")
	}
	return b.String()
}

// paths arranges the rules that are read by attribute, element and path.
func (p *Plan) paths() {
	p.readers = make(map[pathKey][]*rule)
	for _, u := range p.rules {
		if !u.reads || u.sel.Slot == schema.NoSlot {
			continue
		}
		k := keyOf(u.sel)
		p.readers[k] = append(p.readers[k], u)
		a := p.attributePlan(u.sel)
		switch {
		case a.attr.Sub == nil:
			if a.whole == nil {
				leaf := newLeaf(u.sel.Slot, a.attr)
				a.whole = &leaf
			}
			a.whole.rules = append(a.whole.rules, u)
		case k.sub == schema.NoSlot:
			// A complex attribute without a value cannot be read into as a whole.
		case !a.attr.MultiValued:
			addPart(&a.parts, a.attr, k.sub, u)
		default:
			addPart(&a.element(u.sel, k.filter).parts, a.attr, k.sub, u)
		}
	}
	p.room()
}

// maxObjects and maxValues bound the memory that a read takes at once.
const (
	maxObjects = 64
	maxValues  = 512
)

// room works out how much a read makes.
func (p *Plan) room() {
	for i := range p.attributes {
		switch a := &p.attributes[i]; {
		case a.parts != nil:
			p.objects++
			p.values += a.attr.Sub.Len()
		case a.elements != nil:
			p.objects += 1 + len(a.elements)
			p.values += (1 + a.attr.Sub.Len()) * len(a.elements)
		}
	}
	p.objects, p.values = min(p.objects, maxObjects), min(p.values, maxValues)
}

func (p *Plan) attributePlan(sel schema.Selector) *attributePlan {
	for i := range p.attributes {
		if p.attributes[i].slot == sel.Slot {
			return &p.attributes[i]
		}
	}
	p.attributes = append(p.attributes, attributePlan{slot: sel.Slot, attr: sel.Attribute()})
	return &p.attributes[len(p.attributes)-1]
}

func (a *attributePlan) element(sel schema.Selector, filter string) *elementPlan {
	for i := range a.elements {
		if a.elements[i].filter == filter {
			return &a.elements[i]
		}
	}
	e := elementPlan{filter: filter}
	if sel.Filter != nil {
		if rec, ok := sel.Filter.Element(); ok {
			for slot, v := range rec.Values() {
				e.base = append(e.base, static{slot, v})
			}
		}
	}
	a.elements = append(a.elements, e)
	return &a.elements[len(a.elements)-1]
}

func addPart(parts *[]leafPlan, a *schema.Attribute, sub schema.Slot, u *rule) {
	for i := range *parts {
		if (*parts)[i].slot == sub {
			(*parts)[i].rules = append((*parts)[i].rules, u)
			return
		}
	}
	*parts = append(*parts, newLeaf(sub, a.Sub.Attribute(sub), u))
}

// reading is one read of a record.
type reading struct {
	plan  *Plan
	rec   *schema.Record
	res   *Resolved
	scope *expr.Scope // of inverses; nil until there is one
	arena *schema.Arena
}

// ToSCIM reads a record of the target into out, an empty record of the resource
// type. It cannot fail: what cannot be read is left out, as is a reference
// without an answer in res. The id is the field that the document names, as
// text.
func (p *Plan) ToSCIM(out, rec *schema.Record, res *Resolved) {
	rec = adapt(p.target, rec)
	p.read(out, rec, res)
}

func (p *Plan) read(out, rec *schema.Record, res *Resolved) {
	d := reading{plan: p, rec: rec, res: res}
	for i := range p.copies {
		c := &p.copies[i]
		if v := rec.At(c.to); !v.Unassigned() {
			out.SetAt(c.from, v)
		}
	}
	for i := range p.attributes {
		a := &p.attributes[i]
		switch {
		case a.whole != nil:
			if v, _ := d.leaf(a.whole); !v.IsUnset() {
				out.SetAt(a.slot, v)
			}
		case a.parts != nil:
			if obj := d.object(a.attr.Sub, a.parts); obj != nil {
				out.SetAt(a.slot, schema.ObjectValue(obj))
			}
		case a.elements != nil:
			if list := d.elements(a); list != nil {
				out.SetAt(a.slot, d.arena.List(list))
			}
		}
	}
	if p.idSlot != schema.NoSlot {
		if id := rec.At(p.idSlot).Text(); id != "" {
			out.SetAt(schema.SlotID, schema.StringValue(id))
		}
	}
}

// newObject makes a complex value of the resource.
func (d *reading) newObject(t *schema.Type) *schema.Record {
	if d.arena == nil {
		d.arena = schema.NewArena(d.plan.objects, d.plan.values)
	}
	return d.arena.New(t)
}

// object reads the parts of a single complex attribute, nil when none has a
// value.
func (d *reading) object(t *schema.Type, parts []leafPlan) *schema.Record {
	var obj *schema.Record
	for i := range parts {
		v, _ := d.leaf(&parts[i])
		if v.IsUnset() {
			continue
		}
		if obj == nil {
			obj = d.newObject(t)
		}
		obj.SetAt(parts[i].slot, v)
	}
	return obj
}

// elements reads a multi-valued complex attribute: rules with one filter share
// an element, a list gives an element per value.
func (d *reading) elements(a *attributePlan) []schema.Value {
	var list []schema.Value
	for i := range a.elements {
		e := &a.elements[i]
		first := len(list)
		for k := range e.parts {
			part := &e.parts[k]
			v, u := d.leaf(part)
			if v.IsUnset() {
				continue
			}
			several := v.Kind() == schema.KindList && !part.attr.MultiValued
			n := 1
			if several {
				n = v.Len()
			}
			for len(list) < first+n {
				obj := d.newObject(a.attr.Sub)
				for _, s := range e.base {
					obj.SetAt(s.slot, s.value)
				}
				if list == nil {
					list = d.arena.Values(len(a.elements))
				}
				list = append(list, schema.ObjectValue(obj))
			}
			for j := range n {
				obj, w := list[first+j].Record(), v
				if several {
					w = v.At(j)
				}
				obj.SetAt(part.slot, w)
				for _, s := range u.statics {
					obj.SetAt(s.slot, s.value)
				}
			}
		}
	}
	return list
}

// leaf reads one path: the value of the first rule that has one.
func (d *reading) leaf(l *leafPlan) (schema.Value, *rule) {
	for _, u := range l.rules {
		v := d.value(u)
		// Nearly all that is read is text for an attribute that holds a text.
		if s, ok := v.Str(); ok && s != "" && l.text {
			return v, u
		}
		if v = d.fit(l.attr, v); !v.IsUnset() {
			return v, u
		}
	}
	return schema.Value{}, nil
}

// fit makes a value one of the attribute's: unset where it cannot be.
func (d *reading) fit(a *schema.Attribute, v schema.Value) schema.Value {
	if v.Unassigned() {
		return schema.Value{}
	}
	if v.Kind() != schema.KindList {
		if s, ok := v.Str(); ok && s == "" && !d.plan.emptyString {
			return schema.Value{}
		}
		v = coerceSCIM(a, v)
		if a.MultiValued && !v.IsUnset() {
			return schema.ListValue(v)
		}
		return v
	}
	fits := true
	for i := range v.Len() {
		e := v.At(i)
		s, ok := e.Str()
		fits = fits && (!ok || s != "" || d.plan.emptyString) && !e.IsNull() && coerceSCIM(a, e).Equal(e)
	}
	if fits {
		return v
	}
	out := make([]schema.Value, 0, v.Len())
	for e := range v.Elements() {
		if s, ok := e.Str(); e.Unassigned() || ok && s == "" && !d.plan.emptyString {
			continue
		}
		if w := coerceSCIM(a, e); !w.IsUnset() {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return schema.Value{}
	}
	return schema.ListValue(out...)
}

// value reads a rule's field, or its inverse.
func (d *reading) value(u *rule) schema.Value {
	if u.inverse != nil {
		if d.scope == nil {
			d.scope = &expr.Scope{Target: d.rec, Steps: d.plan.steps}
		}
		v, err := u.inverse.Eval(d.scope)
		if err != nil {
			return schema.Value{}
		}
		return v
	}
	if u.field == nil {
		return schema.Value{}
	}
	v := d.rec.At(u.field.slot)
	for i := len(u.steps) - 1; i >= 0 && !v.Unassigned(); i-- {
		s := &u.steps[i]
		switch {
		case s.values != nil:
			v = each(v, s.values.m.Backward)
		case s.lookup != nil:
			l := s.lookup
			v = each(v, func(id schema.Value) (schema.Value, bool) { return l.back(d.res, id) })
		default:
			w, ok := s.fn.Backward(v)
			if !ok {
				return schema.Value{}
			}
			v = w
		}
	}
	return v
}

// back returns what reads for an id. The id itself does where that is what the
// lookup returns and nobody has found it missing.
func (l *Lookup) back(res *Resolved, id schema.Value) (schema.Value, bool) {
	answer, known := res.Get(Need{Lookup: l, Value: id, Read: true})
	if !known && strings.EqualFold(l.Return, l.Value) {
		return id, true
	}
	return answer.Return, answer.State == Found && !answer.Return.Unassigned()
}

// each converts a value, or each element of a list, leaving out what cannot be
// converted.
func each(v schema.Value, convert func(schema.Value) (schema.Value, bool)) schema.Value {
	if v.Kind() != schema.KindList {
		w, ok := convert(v)
		if !ok {
			return schema.Value{}
		}
		return w
	}
	out := make([]schema.Value, 0, v.Len())
	for i := range v.Len() {
		if w, ok := convert(v.At(i)); ok {
			out = append(out, w)
		}
	}
	return schema.ListValue(out...)
}

// references yields the stored references of a record with the rules that read
// them, those apart whose lookup returns the very value it is written by.
func (p *Plan) references(rec *schema.Record, yield func(*rule, Need)) {
	if !p.hasLookups {
		return
	}
	rec = adapt(p.target, rec)
	for _, u := range p.rules {
		if !u.reads || !u.lookups || u.field == nil || u.inverse != nil {
			continue
		}
		v := rec.At(u.field.slot)
		for i := len(u.steps) - 1; i >= 0 && !v.Unassigned(); i-- {
			s := &u.steps[i]
			if s.lookup != nil {
				if strings.EqualFold(s.lookup.Return, s.lookup.Value) {
					break
				}
				for e := range v.Elements() {
					if e.Text() != "" {
						yield(u, Need{Lookup: s.lookup, Value: e, Read: true})
					}
				}
				break
			}
			if s.values != nil {
				v = each(v, s.values.m.Backward)
				continue
			}
			w, ok := s.fn.Backward(v)
			if !ok {
				break
			}
			v = w
		}
	}
}

// ReadNeeds appends the references that [Plan.ToSCIM] needs resolved, without
// duplicates. A lookup that returns the very value it is written by needs none.
func (p *Plan) ReadNeeds(dst []Need, rec *schema.Record) []Need {
	all := needs{list: dst}
	p.references(rec, func(_ *rule, n Need) { all.add(n) })
	return all.list
}

// ReadErrors reports the stored references to records that do not exist, of
// lookups for which that is an error (onUnknownId: error): an [*Errors] with
// status 500, since no request can mend it, or nil. [Plan.ToSCIM] leaves them
// out.
func (p *Plan) ReadErrors(rec *schema.Record, res *Resolved) error {
	var all []Error
	p.references(rec, func(u *rule, n Need) {
		if found, known := res.Get(n); !n.Lookup.UnknownIDFails || !known || found.State == Found {
			return
		}
		all = append(all, Error{Status: 500, Rule: u.name, Path: u.decl.scim, Target: u.decl.target, Code: CodeLookupMissing,
			Reason: "no " + n.Lookup.Object + " with " + n.Lookup.Value + " " + u.show(n.Value) + ", which the record refers to", index: u.index})
	})
	if all == nil {
		return nil
	}
	return &Errors{All: all}
}

// sources notes what the plan has to ask for at all.
func (p *Plan) sources() {
	p.hasLookups = slices.ContainsFunc(p.rules, func(u *rule) bool { return u.lookups })
}
