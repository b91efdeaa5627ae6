package scim

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-scim/usher/schema"
)

// decoder turns the JSON of a request into values of a type.
type decoder struct {
	l          *layout
	allowed    repairSet
	used       repairSet
	maxMembers int
	// maxFiltered is how many values may be named by a filter: each of them is a
	// search through a list that the same request can make long. filtered is how
	// many have been.
	maxFiltered, filtered int
	// paths carries out what keys with a filter or a sub-attribute mean.
	paths applier
	// keepNulls keeps nulls within complex values, where a PATCH means them.
	keepNulls bool
	// ignored are names that were passed over, for the log; not all of very many.
	ignored []string
}

// can reports whether a repair is allowed, and notes that it was made.
func (d *decoder) can(r repairSet) bool {
	if d.allowed&r == 0 {
		return false
	}
	d.used |= r
	return true
}

func (d *decoder) ignore(name string) {
	if len(d.ignored) < 20 {
		if len(name) > 100 {
			name = strings.ToValidUTF8(name[:100], "") + "..."
		}
		d.ignored = append(d.ignored, name)
	}
}

// place is where a value stands, for errors.
type place struct {
	slot schema.Slot
	sub  *schema.Attribute // nil for the attribute itself
}

func (d *decoder) path(p place) string {
	text := d.l.typ.Path(p.slot)
	if p.sub != nil {
		text += "." + p.sub.Name
	}
	return text
}

func syntaxError(format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, InvalidSyntax, format, args...)
}

// byteOrderMark is what some programs begin UTF-8 with. A parser of JSON may pass
// over it (RFC 8259 section 8.1).
const byteOrderMark = "\ufeff"

// parseBody reads the JSON of a request, which has to be an object.
func parseBody(data []byte) (schema.Value, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if !utf8.Valid(data) {
		return schema.Value{}, syntaxError("The body is not in UTF-8.") // a name must not arrive with holes in it
	}
	v, err := schema.ParseJSON(data)
	if err != nil {
		return schema.Value{}, syntaxError("The body is not a JSON document that can be read: %v.", err)
	}
	if v.Kind() != schema.KindObject {
		return schema.Value{}, syntaxError("The body has to be a JSON object, it is %s.", kindPhrase(v.Kind()))
	}
	return v, nil
}

// resource reads the body of a POST or PUT.
func (d *decoder) resource(body schema.Value) (*schema.Record, error) {
	if err := d.checkSchemas(body.Member("schemas")); err != nil {
		return nil, err
	}
	rec := d.l.typ.New()
	for name, v := range body.Members() {
		if err := d.member(rec, name, v); err != nil {
			return nil, err
		}
	}
	return rec, d.checkRequired(rec)
}

// checkSchemas looks for the core URN; other URNs need not be known.
func (d *decoder) checkSchemas(v schema.Value) error {
	if names(v, d.l.typ.URN()) || d.can(missingSchemas) {
		return nil
	}
	return syntaxError("The attribute schemas has to name %s.", d.l.typ.URN())
}

// names reports whether the attribute schemas of a body names the URN.
func names(schemas schema.Value, urn string) bool {
	for e := range schemas.Elements() {
		if s, ok := e.Str(); ok && strings.EqualFold(s, urn) {
			return true
		}
	}
	return false
}

// member reads one member of the body into the record.
func (d *decoder) member(rec *schema.Record, name string, v schema.Value) error {
	k := d.resolve(name)
	switch {
	case k.schema >= 0:
		return d.schemaObject(rec, k.schema, v)
	case k.group != nil:
		return d.group(rec, k.group, name, v)
	case k.sel.Slot == schema.NoSlot:
		d.ignore(name)
		return nil
	default:
		return d.assign(rec, k.sel, v)
	}
}

func (d *decoder) schemaObject(rec *schema.Record, number int, v schema.Value) error {
	x := &d.l.schemas[number]
	if v.Unassigned() && v.Kind() != schema.KindList {
		return nil
	}
	if v.Kind() != schema.KindObject {
		return invalidValue(x.urn, "an object is wanted, got "+kindPhrase(v.Kind()))
	}
	for name, m := range v.Members() {
		f, sel := d.schemaMember(number, name)
		var err error
		switch {
		case f != nil && f.slot == schema.NoSlot:
			err = d.group(rec, f, name, m)
		case sel.Slot == schema.NoSlot:
			d.ignore(x.urn + ":" + name)
		default:
			err = d.assign(rec, sel, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// schemaMember finds what a member of a schema's object means.
func (d *decoder) schemaMember(number int, name string) (*field, schema.Selector) {
	none := schema.Selector{Slot: schema.NoSlot, Sub: schema.NoSlot}
	x := &d.l.schemas[number]
	if f := find(x.fields, name); f != nil {
		return f, d.whole(f.slot)
	}
	if number == 0 {
		if f := find(d.l.common[:], name); f != nil {
			return f, d.whole(f.slot)
		}
	}
	if s := d.l.typ.Slot(x.urn + ":" + name); s != schema.NoSlot {
		return nil, d.whole(s)
	}
	if strings.ContainsAny(name, ".[") && d.allowed&dottedKeys != 0 {
		if sel, ok := d.pathKey(x.urn+":"+name, dottedKeys); ok && sel.Schema == "" {
			return nil, sel
		}
	}
	return nil, none
}

func (d *decoder) whole(s schema.Slot) schema.Selector {
	return schema.Selector{Type: d.l.typ, Slot: s, Sub: schema.NoSlot}
}

// group reads an object whose members are attributes with dotted names.
func (d *decoder) group(rec *schema.Record, f *field, name string, v schema.Value) error {
	if v.IsNull() {
		for i := range f.group {
			rec.SetAt(f.group[i].slot, schema.Null())
		}
		return nil
	}
	if v.Kind() != schema.KindObject {
		return invalidValue(f.name, "an object is wanted, got "+kindPhrase(v.Kind()))
	}
	for inner, m := range v.Members() {
		g := find(f.group, inner)
		if g == nil {
			d.ignore(name + "." + inner)
			continue
		}
		if err := d.assign(rec, d.whole(g.slot), m); err != nil {
			return err
		}
	}
	return nil
}

// assign puts a value where a key means it to be.
func (d *decoder) assign(rec *schema.Record, sel schema.Selector, v schema.Value) error {
	a, leaf := sel.Attribute(), sel.Leaf()
	if a.Mutability == schema.ReadOnly || leaf.Mutability == schema.ReadOnly {
		return nil
	}
	if sel.Sub == schema.NoSlot && sel.Filter == nil {
		out, err := d.value(a, v, place{slot: sel.Slot})
		if err != nil {
			return err
		}
		// "name.givenName" may have come before "name".
		if was, given := rec.At(sel.Slot).Record(), out.Record(); was != nil && given != nil {
			out = merge(a, was, given)
		}
		if a.MultiValued && out.Len() > 1 {
			out = unite(a, schema.Value{}, out) // each value once
		}
		rec.SetAt(sel.Slot, out)
		return nil
	}
	op, err := d.op(OpReplace, sel, v)
	if err != nil {
		return err
	}
	op.CreateMissing = true
	d.paths.rec = rec
	d.paths.searches += comparisons(&op)
	return d.paths.apply(&op)
}

// value reads the value of an attribute, of a list if it is multi-valued.
func (d *decoder) value(a *schema.Attribute, v schema.Value, at place) (schema.Value, error) {
	switch {
	case v.IsNull() || v.IsUnset():
		return schema.Null(), nil
	case d.isBlank(a, v):
		return schema.Null(), nil
	case a.MultiValued:
		return d.list(a, v, at)
	case v.Kind() == schema.KindList && a.Type != schema.Any:
		if v.Len() > 1 || !d.can(listAsSingle) {
			return schema.Value{}, d.misfit(a, v, at)
		}
		if v.Len() == 0 || v.At(0).IsNull() {
			return schema.Null(), nil
		}
		v = v.At(0)
	}
	return d.single(a, v, at)
}

// isBlank holds for "" where a resource has an object, or a list of them; references
// have a repair of their own. In a PATCH such a value must not clear what is there.
func (d *decoder) isBlank(a *schema.Attribute, v schema.Value) bool {
	return a.Type == schema.Complex && (a.MultiValued || a.Sub.Slot("value") == schema.NoSlot) &&
		!d.keepNulls && isEmptyText(v) && d.can(emptyAsUnset)
}

func (d *decoder) list(a *schema.Attribute, v schema.Value, at place) (schema.Value, error) {
	if v.Kind() != schema.KindList {
		if a.Type == schema.Complex && v.Kind() != schema.KindObject || !d.can(singleAsList) {
			return schema.Value{}, d.misfit(a, v, at)
		}
		v = schema.ListValue(v)
	}
	if v.Len() > d.maxMembers {
		return schema.Value{}, Errorf(http.StatusRequestEntityTooLarge, "", "Attribute %s: a request may have %d values at most.", d.path(at), d.maxMembers)
	}
	out := make([]schema.Value, 0, v.Len())
	primary := false
	for e := range v.Elements() {
		if e.IsNull() {
			continue
		}
		w, err := d.single(a, e, at)
		if err != nil {
			return schema.Value{}, err
		}
		if w.IsNull() {
			continue
		}
		if a.Sub != nil && a.Name == "roles" {
			w = d.textRole(a, w)
		}
		if isPrimary(a, w) {
			if primary && !d.can(severalPrimaries) {
				return schema.Value{}, invalidValue(d.path(at), "one value at most can be primary")
			}
			if primary {
				rec := w.Record().Clone()
				rec.SetAt(primarySlot(a), schema.BooleanValue(false))
				w = schema.ObjectValue(rec)
			}
			primary = true
		}
		out = append(out, w)
	}
	return schema.ListValue(out...), nil
}

// single reads one value. It is null where a repair takes the value for none.
func (d *decoder) single(a *schema.Attribute, v schema.Value, at place) (schema.Value, error) {
	text, isText := v.Str()
	if isText && strings.TrimSpace(text) == "" && !isTextType(a.Type) && a.Type != schema.Complex && d.can(emptyAsUnset) {
		return schema.Null(), nil
	}
	ok := false
	switch a.Type {
	case schema.Any:
		return v, nil
	case schema.Boolean:
		if isText {
			if b, is := schema.ParseBoolean(text); is && d.can(stringBooleans) {
				return schema.BooleanValue(b), nil
			}
		}
		ok = v.Kind() == schema.KindBoolean
	case schema.Integer:
		ok = v.Kind() == schema.KindInteger
	case schema.Decimal:
		ok = v.Kind() == schema.KindInteger || v.Kind() == schema.KindDecimal
	case schema.DateTime:
		_, err := time.Parse(time.RFC3339Nano, text)
		ok = isText && err == nil
	case schema.Date:
		_, err := time.Parse(time.DateOnly, text)
		ok = isText && err == nil
	case schema.Binary:
		_, err := base64.StdEncoding.DecodeString(text)
		ok = isText && err == nil
	case schema.Complex:
		return d.complex(a, v, at)
	default:
		if isText && at.slot == d.l.userName && at.sub == nil {
			return d.userName(v, text, at)
		}
		ok = isText
	}
	if !ok {
		return schema.Value{}, d.misfit(a, v, at)
	}
	return v, nil
}

func isTextType(t schema.DataType) bool { return t == schema.String || t == schema.Reference }

func (d *decoder) complex(a *schema.Attribute, v schema.Value, at place) (schema.Value, error) {
	value := a.Sub.Slot("value")
	if s, ok := v.Str(); ok && !a.MultiValued && value != schema.NoSlot && d.can(plainReference) {
		if strings.TrimSpace(s) == "" {
			return schema.Null(), nil
		}
		rec := a.Sub.New()
		rec.SetAt(value, v)
		return schema.ObjectValue(rec), nil
	}
	if v.Kind() != schema.KindObject {
		return schema.Value{}, d.misfit(a, v, at)
	}
	rec := a.Sub.New()
	for name, m := range v.Members() {
		s := a.Sub.Slot(name)
		if s == schema.NoSlot {
			d.ignore(d.path(at) + "." + name)
			continue
		}
		sub := a.Sub.Attribute(s)
		if sub.Mutability == schema.ReadOnly {
			continue
		}
		w, err := d.value(sub, m, place{at.slot, sub})
		if err != nil {
			return schema.Value{}, err
		}
		if w.IsNull() && !d.keepNulls {
			continue
		}
		rec.SetAt(s, w)
	}
	if !a.MultiValued && value != schema.NoSlot && isEmptyText(rec.At(value)) && d.can(plainReference) {
		return schema.Null(), nil
	}
	for s := range schema.Slot(a.Sub.Len()) {
		if sub := a.Sub.Attribute(s); sub.Required && sub.Writable() && !d.keepNulls && rec.At(s).Unassigned() {
			return schema.Value{}, invalidValue(d.path(place{at.slot, sub}), "it is required")
		}
	}
	d.l.refs[at.slot].drop(rec)
	return schema.ObjectValue(rec), nil
}

// textRole reads a role whose value is a JSON text with value and displayName.
func (d *decoder) textRole(a *schema.Attribute, w schema.Value) schema.Value {
	slot := a.Sub.Slot("value")
	if slot == schema.NoSlot || w.Record() == nil {
		return w
	}
	text := w.Record().At(slot).Text()
	if !strings.HasPrefix(text, "{") || d.allowed&textRoles == 0 {
		return w
	}
	v, err := schema.ParseJSON([]byte(text))
	if err != nil || v.Member("value").Kind() != schema.KindString {
		return w
	}
	d.used |= textRoles
	rec := w.Record().Clone()
	rec.SetAt(slot, v.Member("value"))
	if name := v.Member("displayName"); name.Kind() == schema.KindString && !rec.Has("display") {
		rec.Set("display", name)
	}
	return schema.ObjectValue(rec)
}

func (d *decoder) misfit(a *schema.Attribute, v schema.Value, at place) error {
	wanted := map[schema.DataType]string{
		schema.Boolean: "true or false", schema.Integer: "a whole number", schema.Decimal: "a number",
		schema.DateTime: "a date and time such as 2026-01-31T08:00:00Z", schema.Date: "a date such as 2026-01-31",
		schema.Binary: "text in base64", schema.Complex: "an object",
	}[a.Type]
	if wanted == "" {
		wanted = "text"
	}
	if a.MultiValued {
		wanted = "a list, each value " + wanted
	}
	if v.Kind() == schema.KindString && !a.MultiValued && (a.Type == schema.DateTime || a.Type == schema.Date || a.Type == schema.Binary) {
		return invalidValue(d.path(at), wanted+" is wanted") // it is text, but not of that form
	}
	return invalidValue(d.path(at), wanted+" is wanted, got "+kindPhrase(v.Kind()))
}

func kindPhrase(k schema.Kind) string {
	switch k {
	case schema.KindInteger, schema.KindDecimal:
		return "a number"
	case schema.KindString:
		return "text"
	case schema.KindObject:
		return "an object"
	default:
		return "a " + k.String()
	}
}

// checkRequired finds required attributes without a value. Those of an extension
// count where the extension is there or has to be.
func (d *decoder) checkRequired(rec *schema.Record) error {
	t := d.l.typ
	for i, x := range t.Schemas() {
		wanted := i == 0
		for _, urn := range d.l.rt.Required {
			wanted = wanted || strings.EqualFold(urn, x.URN)
		}
		present := wanted
		for s := schema.Slot(0); !present && int(s) < t.Len(); s++ {
			present = t.Attribute(s).Schema == x.URN && !rec.At(s).Unassigned()
		}
		if !present {
			continue
		}
		found := i == 0
		for s := range schema.Slot(t.Len()) {
			a := t.Attribute(s)
			if a.Schema != x.URN {
				continue
			}
			v := rec.At(s)
			found = found || !v.Unassigned()
			if a.Required && a.Writable() && (v.Unassigned() || isEmptyText(v)) {
				return invalidValue(t.Path(s), "it is required")
			}
		}
		if !found {
			return invalidValue(x.URN, "the extension is required")
		}
	}
	return nil
}
