package mapping

import (
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
// its part, the rest is residual. A filter that does not bind to the type is
// residual as a whole.
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
		path := f.Path
		path.Sub = cmp.Path.Attr
		var others []schema.Filter
		others = append(append(others, conds[:i]...), conds[i+1:]...)
		path.Filter = join(others, true)
		if d := p.leaf(f, path, cmp.Op, cmp.Value); d.Residual == nil {
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
	name := fieldPath(f.attr.Name)
	if op == schema.Pr {
		return Pushdown{Query: &schema.Compare{Path: name, Op: op}}
	}
	values, ok := u.operands(value)
	if !ok {
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
	return Pushdown{Query: join(leaves, false)}
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
// stands for. It returns false where there is none.
func (u *rule) operands(v schema.Value) ([]schema.Value, bool) {
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
	return values, len(values) > 0
}

// fieldPath is the path by which a filter names a field.
func fieldPath(name string) schema.Path {
	if p, err := schema.ParsePath(name); err == nil {
		return p
	}
	return schema.Path{Attr: name}
}

// same renames the paths of a filter for a plan that copies every attribute. It
// returns false where a field does not declare an operator.
func (p *Plan) same(f schema.Filter) (schema.Filter, bool) {
	switch f := f.(type) {
	case schema.And:
		fs, ok := p.sameAll(f)
		return schema.And(fs), ok
	case schema.Or:
		fs, ok := p.sameAll(f)
		return schema.Or(fs), ok
	case schema.Not:
		g, ok := p.same(f.Filter)
		return schema.Not{Filter: g}, ok
	case *schema.ValuePath:
		path, field := p.samePath(f.Path)
		if field == nil || !declares(field, f.Filter) {
			return nil, false
		}
		return &schema.ValuePath{Path: path, Filter: f.Filter}, true
	case *schema.Compare:
		path, field := p.samePath(f.Path)
		if field == nil || field.attr.Filter&f.Op == 0 {
			return nil, false
		}
		if f.Path.Filter != nil && !declares(field, f.Path.Filter) {
			return nil, false
		}
		return &schema.Compare{Path: path, Op: f.Op, Value: f.Value}, true
	default:
		return nil, false
	}
}

func (p *Plan) sameAll(fs []schema.Filter) ([]schema.Filter, bool) {
	out := make([]schema.Filter, len(fs))
	for i, f := range fs {
		g, ok := p.same(f)
		if !ok {
			return nil, false
		}
		out[i] = g
	}
	return out, true
}

// declares reports whether a field declares all operators of a value filter.
func declares(f *field, filter schema.Filter) bool {
	switch g := filter.(type) {
	case schema.And:
		for _, h := range g {
			if !declares(f, h) {
				return false
			}
		}
		return true
	case schema.Or:
		for _, h := range g {
			if !declares(f, h) {
				return false
			}
		}
		return true
	case schema.Not:
		return declares(f, g.Filter)
	case *schema.Compare:
		return f.attr.Filter&g.Op != 0
	default:
		return false
	}
}

// samePath returns the path of the field that holds an attribute.
func (p *Plan) samePath(path schema.Path) (schema.Path, *field) {
	sel, err := p.resource.Select(path)
	if err != nil || sel.Slot == schema.NoSlot {
		return path, nil
	}
	if sel.Slot == schema.SlotID && p.idSlot != schema.NoSlot {
		f := &p.fields[p.idSlot]
		return fieldPath(f.attr.Name), f
	}
	for i := range p.copies {
		c := &p.copies[i]
		if c.from != sel.Slot {
			continue
		}
		f := &p.fields[c.to]
		out := fieldPath(f.attr.Name)
		if out.Sub != "" {
			return path, nil // a dotted field cannot have a sub-attribute as well
		}
		out.Filter, out.Sub = path.Filter, ""
		if sel.Sub != schema.NoSlot {
			out.Sub = sel.Attribute().Sub.Attribute(sel.Sub).Name
		}
		return out, f
	}
	return path, nil
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
