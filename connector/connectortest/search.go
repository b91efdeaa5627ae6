package connectortest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/connector"
	"github.com/usher-scim/usher/schema"
)

func needsFilters(_ *subject, o *connector.Object) string {
	if o.Search.Any {
		return ""
	}
	for s := range schema.Slot(o.Type.Len()) {
		a := o.Type.Attribute(s)
		if a.Filter != 0 {
			return ""
		}
		for u := range subSlots(a) {
			if a.Sub.Attribute(u).Filter != 0 {
				return ""
			}
		}
	}
	return "no field declares a filter"
}

// subSlots yields the sub-attributes of a complex attribute.
func subSlots(a *schema.Attribute) func(func(schema.Slot) bool) {
	return func(yield func(schema.Slot) bool) {
		if a.Sub == nil {
			return
		}
		for u := range schema.Slot(a.Sub.Len()) {
			if !yield(u) {
				return
			}
		}
	}
}

// runFilters asks every declared operator of every declared field for values that
// are there and for some that are not, and compares the answer with what an
// evaluation of all records gives. Unsupported is an answer for values that a
// search may be unable to express, never for ordinary ones.
func runFilters(t *trial) {
	world := t.world()
	if len(world) == 0 {
		t.Skipf("there are no records of it, and the kit cannot make any: have the harness seed some")
	}
	for _, f := range t.filters(world) {
		t.answers(world, f)
	}
}

// answers compares the answer to a filter with an evaluation of all records.
func (t *trial) answers(world []*schema.Record, f schema.Filter) {
	t.Helper()
	asked, err := t.object.Canonical(f)
	if err != nil {
		return // not declared
	}
	if most := t.object.Search.MaxLength; most > 0 && len(f.String()) > most {
		return
	}
	m, err := t.object.Type.Match(asked)
	if err != nil {
		t.Errorf("the filter %s does not fit the type: %v", f, err)
		return
	}
	var want []string
	for _, rec := range world {
		if m.Match(rec) {
			want = append(want, rec.String(t.object.IDField()))
		}
	}
	slices.Sort(want)
	var got []string
	t.settle(func() bool {
		got, err = t.found(asked)
		return err != nil || slices.Equal(got, want)
	})
	switch {
	case err != nil && connector.CodeOf(err) == connector.Unsupported && !ordinary(asked):
	case err != nil:
		t.Errorf("List with the declared filter %s failed: %v", f, err)
	case !slices.Equal(got, want):
		t.Errorf("List with the filter %s gave %d records %v, wanted are %d %v", f, len(got), some(got), len(want), some(want))
	}
}

// ordinary reports whether a filter's texts are such that every search can express
// them: letters, digits, and what stands in names, addresses and times.
func ordinary(f schema.Filter) bool {
	switch f := f.(type) {
	case schema.And:
		return !slices.ContainsFunc(f, func(g schema.Filter) bool { return !ordinary(g) })
	case schema.Or:
		return !slices.ContainsFunc(f, func(g schema.Filter) bool { return !ordinary(g) })
	case schema.Not:
		return ordinary(f.Filter)
	case *schema.ValuePath:
		return ordinary(f.Filter)
	case *schema.Compare:
		return !strings.ContainsFunc(f.Value.Text(), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" -_.@:/+", r)
		})
	default:
		return false
	}
}

// some shortens a list for a message.
func some(ids []string) []string {
	if len(ids) > 8 {
		return append(slices.Clone(ids[:8]), "…")
	}
	return ids
}

// world returns all records of the object, some of them new.
func (t *trial) world() []*schema.Record {
	t.Helper()
	var made []string
	if t.canCreate() {
		for range 5 {
			made = append(made, t.ref(t.mustCreate()).ID)
		}
		// One that has few fields: what is not there passes few filters.
		if rec, err := t.create(t.minimal()); err == nil {
			made = append(made, t.ref(rec).ID)
		}
	}
	var recs []*schema.Record
	var err error
	t.settle(func() bool {
		if recs, err = t.all(connector.Query{}); err != nil {
			return true
		}
		ids := t.ids(recs)
		return !slices.ContainsFunc(made, func(id string) bool { return !slices.Contains(ids, id) })
	})
	if err != nil {
		t.Fatalf("List of all records failed: %v", err)
	}
	for _, id := range made {
		if !slices.Contains(t.ids(recs), id) {
			t.Fatalf("List of all records does not give the record %s, which was created", id)
		}
	}
	return recs
}

// filters returns the filters to ask for.
func (t *trial) filters(world []*schema.Record) []schema.Filter {
	typ := t.object.Type
	var out, eqs []schema.Filter
	add := func(f schema.Filter) {
		if _, err := t.object.Canonical(f); err != nil {
			return
		}
		out = append(out, f)
		if c, ok := f.(*schema.Compare); ok && c.Op == schema.Eq && !c.Value.IsNull() && len(eqs) < 40 {
			eqs = append(eqs, f)
		}
	}
	for s := range schema.Slot(typ.Len()) {
		a := typ.Attribute(s)
		path, err := schema.ParsePath(typ.Path(s))
		if err != nil || a.Type == schema.Any || !readable(a) {
			continue
		}
		if a.Type != schema.Complex {
			t.comparisons(add, path, a, valuesOf(world, s, schema.NoSlot))
			continue
		}
		for u := range subSlots(a) {
			b := a.Sub.Attribute(u)
			if b.Type == schema.Complex || b.Type == schema.Any || !readable(b) {
				continue
			}
			p := path
			p.Sub = b.Name
			values := valuesOf(world, s, u)
			t.comparisons(add, p, b, values)
			if a.MultiValued && t.object.Search.Any && len(values) > 0 {
				add(&schema.ValuePath{Path: path, Filter: &schema.Compare{Path: schema.Path{Attr: b.Name}, Op: schema.Eq, Value: values[0]}})
			}
		}
	}
	// Every comparison with the next: that gives pairs about one field and about two.
	for i := 0; i+1 < len(eqs); i++ {
		x, y := eqs[i], eqs[i+1]
		add(schema.And{x, y})
		add(schema.Or{x, y})
		add(schema.And{schema.Or{x, y}, y})
		add(schema.Not{Filter: x})
	}
	return out
}

// comparisons adds the comparisons of a field with some of its values.
func (t *trial) comparisons(add func(schema.Filter), p schema.Path, a *schema.Attribute, values []schema.Value) {
	ops := opsOf(a.Filter)
	if t.object.Search.Any {
		ops = opsOf(schema.AllOps)
	}
	if len(values) > 2 {
		values = []schema.Value{values[0], values[len(values)-1]}
	}
	for _, op := range ops {
		if op == schema.Pr {
			add(&schema.Compare{Path: p, Op: op})
			continue
		}
		for _, v := range append(values, absentValue(a)) {
			for _, operand := range operands(a, op, v) {
				add(&schema.Compare{Path: p, Op: op, Value: operand})
			}
		}
		if t.object.Search.Any && (op == schema.Eq || op == schema.Ne) {
			add(&schema.Compare{Path: p, Op: op, Value: schema.Null()})
		}
	}
}

// operands returns what a value of a field is asked for by.
func operands(a *schema.Attribute, op schema.Op, v schema.Value) []schema.Value {
	s, isText := v.Str()
	if !isText || a.Type == schema.DateTime || a.Type == schema.Date {
		return []schema.Value{v}
	}
	switch op {
	case schema.Sw:
		s = piece(s, 0, 3)
	case schema.Ew:
		s = piece(s, utf8.RuneCountInString(s)-3, 3)
	case schema.Co:
		s = piece(s, 1, 3)
	}
	if s == "" {
		return nil
	}
	out := []schema.Value{schema.StringValue(s)}
	if t := swapCase(s); t != s && a.Type == schema.String {
		out = append(out, schema.StringValue(t))
	}
	return out
}

// piece returns n characters of s from one on, without spaces at its ends, which
// not every search can express.
func piece(s string, from, n int) string {
	runes := []rune(s)
	from = max(from, 0)
	if from >= len(runes) {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(string(runes[from:min(from+n, len(runes))]))
}

// absentValue returns a value that no record has.
func absentValue(a *schema.Attribute) schema.Value {
	b := *a
	b.MultiValued, b.Choices = false, nil
	switch b.Type {
	case schema.Boolean:
		return schema.BooleanValue(true)
	case schema.Decimal:
		return schema.IntegerValue(770077)
	}
	return sampleOne(&b, true, 770077)
}

// valuesOf returns the values that records have in a field, or in a sub-attribute
// of it, each once, in the order of the records.
func valuesOf(world []*schema.Record, s, sub schema.Slot) []schema.Value {
	var out []schema.Value
	add := func(v schema.Value) {
		for e := range v.Elements() {
			if !isEmpty(e) && !slices.ContainsFunc(out, e.Equal) {
				out = append(out, e)
			}
		}
	}
	for _, rec := range world {
		for e := range rec.At(s).Elements() {
			switch {
			case sub == schema.NoSlot:
				add(e)
			case e.Record() != nil:
				add(e.Record().At(sub))
			}
		}
	}
	return out
}

// consistentFields returns the fields of a record whose eq filter sees every
// finished write.
func consistentFields(o *connector.Object, rec *schema.Record) []schema.Slot {
	var out []schema.Slot
	for s, v := range rec.Values() {
		a := o.Type.Attribute(s)
		if v.Unassigned() || a.Type == schema.Complex || a.Type == schema.Any || !readable(a) || !o.Search.Sees(o.Type.Path(s)) {
			continue
		}
		if o.Search.Any || a.Filter&schema.Eq != 0 {
			out = append(out, s)
		}
	}
	return out
}

func needsConsistent(s *subject, o *connector.Object) string {
	if len(consistentFields(o, s.h.sample(o, 0))) == 0 && !o.Search.Sees(o.IDField()) {
		return "no field of the samples is declared as consistent"
	}
	return ""
}

// runOwnWrites looks for a record right after it was created, changed and
// deactivated, by the fields whose search is declared to be up to date.
func runOwnWrites(t *trial) {
	for _, name := range t.consistentNames() {
		s := t.object.Type.Slot(name)
		rec := t.mustCreate()
		if rec.At(s).Unassigned() {
			continue
		}
		id := t.ref(rec).ID
		if !t.sees(name, rec.At(s), id) {
			t.Errorf("right after a create, %s eq does not find the record, and the field is declared as consistent", name)
			continue
		}
		a := t.object.Type.Attribute(s)
		if donor := t.sample(); a.Mutability == schema.ReadWrite && slices.Contains(editable(t.object, rec, donor), s) {
			old, next := rec.At(s), donor.At(s)
			t.mustUpdate(t.ref(rec), t.edit(rec, schema.Edit{Slot: s, Value: next}))
			if !t.sees(name, next, id) {
				t.Errorf("right after an update, %s eq does not find the record by its new value", name)
			}
			if t.sees(name, old, id) && !a.MultiValued {
				t.Errorf("right after an update, %s eq still finds the record by its old value", name)
			}
			rec = t.mustGet(t.ref(rec))
		}
		if t.object.Can(connector.Deactivate) {
			if _, err := t.act(t.ref(rec), connector.Action{Kind: connector.Deactivate}); err != nil {
				t.Fatalf("Act(deactivate) failed: %v", err)
			}
			if after := t.mustGet(t.ref(rec)); !after.At(s).Unassigned() && !t.sees(name, after.At(s), id) {
				t.Errorf("right after a deactivation, %s eq does not find the record", name)
			}
		}
	}
}

// consistentNames returns the names of the fields to look by.
func (t *trial) consistentNames() []string {
	var out []string
	for _, s := range consistentFields(t.object, t.sample()) {
		out = append(out, t.object.Type.Path(s))
	}
	if id := t.object.IDField(); t.object.Search.Sees(id) && !slices.Contains(out, id) {
		if _, ok := t.eq(id, probe(t.object.Type.Lookup(id))); ok {
			out = append(out, id)
		}
	}
	return out
}

// sees reports whether an eq filter finds a record.
func (t *trial) sees(field string, v schema.Value, id string) bool {
	t.Helper()
	if v.Kind() == schema.KindList {
		v = v.At(0)
	}
	f, ok := t.eq(field, v)
	if !ok {
		t.Fatalf("%s does not answer eq", field)
	}
	ids, err := t.found(f)
	if err != nil {
		t.Fatalf("List with the filter %s failed: %v", f, err)
	}
	return slices.Contains(ids, id)
}
