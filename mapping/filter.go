package mapping

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/mapping/expr"
	"github.com/usher-scim/usher/schema"
)

// Pushdown is a SCIM filter, divided.
type Pushdown struct {
	// Query is the target's part, over its own type (paths are names of fields);
	// nil for none.
	Query schema.Filter
	// None says that no record can pass; Query and Residual are then nil.
	None bool
	// Residual is what has to be checked on the resources that were read; nil
	// for none.
	Residual schema.Filter
}

// Exact reports whether the target's count of the query is the count of the
// filter.
func (d Pushdown) Exact() bool { return d.Residual == nil }

// Filter divides a filter over the resource type: what the target can answer is
// its part, the rest is residual, as is a comparison that does not bind to the
// type.
func (p *Plan) Filter(f schema.Filter) Pushdown {
	if f == nil {
		return Pushdown{}
	}
	var d Pushdown
	if p.identity {
		if q, ok := p.same(f); ok {
			d = Pushdown{Query: q}
		} else {
			d = p.divide(f)
		}
	} else {
		d = p.divide(f)
	}
	// The driver writes the query in the target's own language, which is about
	// as long.
	if n := p.query.MaxLength; n > 0 && d.Query != nil && len(d.Query.String()) > n {
		return Pushdown{Residual: f}
	}
	return d
}

func (p *Plan) divide(f schema.Filter) Pushdown {
	switch f := f.(type) {
	case schema.And:
		return p.divideAnd(f)
	case schema.Or:
		return p.divideOr(f)
	case *schema.Compare:
		return p.leaf(f, f.Path, f.Op, f.Value)
	case *schema.ValuePath:
		return p.valuePath(f)
	default:
		return Pushdown{Residual: f}
	}
}

func (p *Plan) divideAnd(fs schema.And) Pushdown {
	var pushed, rest []schema.Filter
	for _, f := range fs {
		d := p.divide(f)
		if d.None {
			return Pushdown{None: true}
		}
		if d.Query != nil && len(pushed) > 0 && !p.query.And {
			d = Pushdown{Residual: f}
		}
		if d.Query != nil {
			pushed = append(pushed, d.Query)
		}
		if d.Residual != nil {
			rest = append(rest, d.Residual)
		}
	}
	return Pushdown{Query: join(pushed, true), Residual: join(rest, true)}
}

func (p *Plan) divideOr(fs schema.Or) Pushdown {
	var pushed []schema.Filter
	for _, f := range fs {
		d := p.divide(f)
		if d.None {
			continue
		}
		if d.Residual != nil || d.Query == nil {
			return Pushdown{Residual: fs}
		}
		pushed = append(pushed, d.Query)
	}
	switch {
	case len(pushed) == 0:
		return Pushdown{None: true}
	case len(pushed) > 1 && !p.query.Or:
		return Pushdown{Residual: fs}
	}
	return Pushdown{Query: join(pushed, false)}
}

// join puts filters together; a part of the same kind is taken apart first.
func join(fs []schema.Filter, and bool) schema.Filter {
	switch {
	case len(fs) == 0:
		return nil
	case len(fs) == 1:
		return fs[0]
	}
	var flat []schema.Filter
	for _, f := range fs {
		switch g := f.(type) {
		case schema.And:
			if and {
				flat = append(flat, g...)
				continue
			}
		case schema.Or:
			if !and {
				flat = append(flat, g...)
				continue
			}
		}
		flat = append(flat, f)
	}
	if and {
		return schema.And(flat)
	}
	return schema.Or(flat)
}

// valuePath reads a[f and value eq "x"] as a[f].value eq "x".
func (p *Plan) valuePath(f *schema.ValuePath) Pushdown {
	conds := []schema.Filter{f.Filter}
	if all, ok := f.Filter.(schema.And); ok {
		conds = all
	}
	for i, c := range conds {
		cmp, ok := c.(*schema.Compare)
		if !ok || cmp.Path.URN != "" || cmp.Path.Filter != nil || cmp.Path.Sub != "" {
			continue
		}
		// An element there has to be, whatever the comparison: a[…].value ne "x" is
		// true without one.
		if cmp.Op == schema.Ne {
			continue
		}
		path := f.Path
		path.Sub = cmp.Path.Attr
		var others []schema.Filter
		others = append(append(others, conds[:i]...), conds[i+1:]...)
		path.Filter = join(others, true)
		if d := p.leaf(f, path, cmp.Op, cmp.Value); d.None || d.Query != nil {
			return d
		}
	}
	return Pushdown{Residual: f}
}

// leaf pushes one comparison, if the rule that reads its path lets it.
func (p *Plan) leaf(whole schema.Filter, path schema.Path, op schema.Op, value schema.Value) Pushdown {
	residual := Pushdown{Residual: whole}
	sel, err := p.resource.Select(path)
	if err != nil || sel.Slot == schema.NoSlot {
		return residual
	}
	if sel.Slot == schema.SlotID && p.idSlot != schema.NoSlot {
		return p.idLeaf(whole, op, value)
	}
	// Where several rules read the path, a record may pass through the second of
	// them: only all of them together would find it.
	rules := p.readers[keyOf(sel)]
	if len(rules) != 1 {
		return residual
	}
	u := rules[0]
	f := u.field
	if f == nil || u.decl.expr != "" || u.inverse != nil || u.decl.secret || f.attr.Filter&op == 0 {
		return residual
	}
	// "" and null ask for what has no value; targets differ in that.
	if text, ok := value.Str(); op != schema.Pr && (value.IsNull() || value.IsUnset() || ok && text == "") {
		return residual
	}
	if len(u.steps) > 0 && ambiguous(leafOf(sel), value) {
		return residual
	}
	limit := expr.Fold
	if op&(schema.Eq|schema.Ne) == 0 {
		for _, s := range u.steps {
			if s.fn.Name() != "wrap" && s.class(u) != expr.Fold {
				return residual
			}
		}
	}
	if u.class > limit || u.lookups {
		return residual
	}
	// Where the target finds more than what reads as the operand, the rest is
	// left out of what was read; what it must not find it cannot be asked for.
	loose := u.loose()
	if loose && op == schema.Ne {
		return residual
	}
	pushed := func(q schema.Filter) Pushdown {
		d := Pushdown{Query: q}
		if loose {
			d.Residual = whole
		}
		return d
	}
	name := fieldPath(f.attr.Name)
	if op == schema.Pr {
		return pushed(&schema.Compare{Path: name, Op: op})
	}
	values := u.operands(value)
	if op&(schema.Eq|schema.Ne) != 0 {
		values = p.reading(u, path, value, values)
	}
	if len(values) == 0 {
		if op == schema.Eq {
			return Pushdown{None: true}
		}
		return residual
	}
	var leaves []schema.Filter
	for _, v := range values {
		if !f.attr.Fits(v) {
			return residual
		}
		leaves = append(leaves, &schema.Compare{Path: name, Op: op, Value: v})
	}
	if len(leaves) > 1 && (op != schema.Eq || !p.query.Or) {
		return residual
	}
	return pushed(join(leaves, false))
}

// ambiguous holds for an operand that may stand for values of several kinds,
// which steps tell apart: an attribute without a declared type compares 7 as "7".
func ambiguous(a *schema.Attribute, operand schema.Value) bool {
	text, ok := operand.Str()
	if a.Type != schema.Any || operand.IsUnset() {
		return false
	}
	_, number := schema.NumberValue(text)
	_, boolean := schema.ParseBoolean(text)
	return !ok || number || boolean
}

// loose reports whether comparing a rule's field is not quite comparing what is
// read of it: only the first element of a list that wrap has made is read, and
// most conversions of text know cases apart that the target does not.
func (u *rule) loose() bool {
	a := &u.field.attr
	for i, s := range u.steps {
		switch {
		case s.fn.Name() == "wrap":
			return true
		case s.values != nil && s.values.m.Folds(), s.fn.Class() == expr.Fold:
		case a.Type == schema.String && !a.CaseExact && !(i == len(u.steps)-1 && s.fn.Name() == "toString"):
			return true
		}
	}
	return false
}

// reading returns those native values that read as the operand: toBool takes
// "yes" as true, which reads as "true".
func (p *Plan) reading(u *rule, path schema.Path, operand schema.Value, natives []schema.Value) []schema.Value {
	folds := func(s step) bool { return s.values == nil && s.fn.Class() == expr.Fold }
	if !slices.ContainsFunc(u.steps, func(s step) bool { return !folds(s) }) {
		return natives
	}
	m, err := p.resource.Match(&schema.Compare{Path: path, Op: schema.Eq, Value: operand})
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(natives), func(native schema.Value) bool {
		if u.field.attr.MultiValued {
			native = schema.ListValue(native)
		}
		rec, out := p.target.New(), p.resource.New()
		rec.SetAt(u.field.slot, native)
		p.read(out, rec, nil)
		return !m.Match(out)
	})
}

// idLeaf pushes a comparison of the id, where the target can be searched by it.
func (p *Plan) idLeaf(whole schema.Filter, op schema.Op, value schema.Value) Pushdown {
	f := &p.fields[p.idSlot]
	text, ok := value.Str()
	if !ok || op != schema.Eq || f.attr.Filter&op == 0 || text == "" {
		return Pushdown{Residual: whole}
	}
	v := coerceOne(&f.attr, value)
	if f.attr.CheckValue(v) != nil {
		return Pushdown{None: true}
	}
	return Pushdown{Query: &schema.Compare{Path: fieldPath(f.attr.Name), Op: op, Value: v}}
}

// operands takes a filter's operand through the pipe: every native value that it
// stands for, none where there is none.
func (u *rule) operands(v schema.Value) []schema.Value {
	values := []schema.Value{v}
	for i := range u.steps {
		s := &u.steps[i]
		var next []schema.Value
		for _, v := range values {
			switch {
			case s.values != nil:
				if all := s.values.m.All(v); len(all) > 0 {
					next = append(next, all...)
				} else if w, ok := s.values.m.Forward(v, schema.Value{}); ok {
					next = append(next, w)
				}
			case s.fn.Name() == "wrap":
				next = append(next, v)
			default:
				if w, err := s.fn.Forward(v); err == nil && !w.IsUnset() {
					next = append(next, w)
				}
			}
		}
		values = next
	}
	if u.decl.coerce {
		for i := range values {
			values[i] = coerceOne(&u.field.attr, values[i])
		}
	}
	return values
}

// fieldPath is the path by which a filter names a field.
func fieldPath(name string) schema.Path {
	if p, err := schema.ParsePath(name); err == nil {
		return p
	}
	return schema.Path{Attr: name}
}

// filterName is the name in the target's search of the field that a query names.
func (p *Plan) filterName(path schema.Path) string {
	if a := p.target.Lookup(strings.TrimSpace(path.String())); a != nil {
		if f := p.fields[p.target.Slot(a.Name)].attr; f.FilterAs != "" {
			return f.FilterAs
		}
		return a.Name
	}
	return path.String()
}

// FilterName returns the name that the target's own search has for the field
// that a path of [Pushdown.Query] or [MatchQuery] names: its FilterAs, else its
// name.
func (p *Plan) FilterName(path schema.Path) string { return p.filterName(path) }
