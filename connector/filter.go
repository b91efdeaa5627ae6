package connector

import (
	"errors"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Canonical returns the filter with its names as the object's type spells them,
// if the object answers it: every field and operator is declared, and
// comparisons are joined in declared ways. Errors: Unsupported with Field where
// that is not so; Invalid where a value does not fit its field.
func (o *Object) Canonical(f schema.Filter) (schema.Filter, error) {
	if _, err := o.Type.Match(f); err != nil {
		return nil, bindError(err)
	}
	return o.canonical(o.Type, f)
}

func bindError(err error) error {
	syntax, ok := errors.AsType[*schema.SyntaxError](err)
	switch {
	case !ok:
		return &Error{Code: Internal, Err: err}
	case syntax.Kind == schema.KindUnknown:
		return Errorf(Unsupported, syntax.Text, "the target has no such field")
	default:
		return &Error{Code: Invalid, Field: syntax.Text, Reason: syntax.Msg}
	}
}

func (o *Object) canonical(t *schema.Type, f schema.Filter) (schema.Filter, error) {
	switch f := f.(type) {
	case schema.And:
		if !o.Search.And && !o.Search.Any {
			return nil, Errorf(Unsupported, "", "the target's search has no and")
		}
		fs, err := o.canonicalAll(t, f)
		return schema.And(fs), err
	case schema.Or:
		if !o.Search.Or && !o.Search.Any {
			return nil, Errorf(Unsupported, "", "the target's search has no or")
		}
		fs, err := o.canonicalAll(t, f)
		return schema.Or(fs), err
	case schema.Not:
		if !o.Search.Any {
			return nil, Errorf(Unsupported, "", "the target's search has no not")
		}
		inner, err := o.canonical(t, f.Filter)
		return schema.Not{Filter: inner}, err
	case *schema.ValuePath:
		if !o.Search.Any {
			return nil, Errorf(Unsupported, f.Path.String(), "the target's search has no value filters")
		}
		p := f.Path
		p.Filter = f.Filter
		p, _, err := o.canonicalPath(t, p)
		if err != nil {
			return nil, err
		}
		inner := p.Filter
		p.Filter = nil
		return &schema.ValuePath{Path: p, Filter: inner}, nil
	case *schema.Compare:
		p, leaf, err := o.canonicalPath(t, f.Path)
		if err != nil {
			return nil, err
		}
		if !o.Search.Any && (leaf.Filter&f.Op == 0 || f.Value.IsNull() || f.Path.Filter != nil) {
			return nil, Errorf(Unsupported, p.String(), "the target's search does not answer %s for it", f.Op)
		}
		return &schema.Compare{Path: p, Op: f.Op, Value: f.Value}, nil
	default:
		return nil, Errorf(Unsupported, "", "the filter is of an unknown kind")
	}
}

func (o *Object) canonicalAll(t *schema.Type, fs []schema.Filter) ([]schema.Filter, error) {
	out := make([]schema.Filter, len(fs))
	for i, f := range fs {
		g, err := o.canonical(t, f)
		if err != nil {
			return nil, err
		}
		out[i] = g
	}
	return out, nil
}

// canonicalPath spells a path as the type does, and returns the attribute that is
// compared.
func (o *Object) canonicalPath(t *schema.Type, p schema.Path) (schema.Path, *schema.Attribute, error) {
	sel, err := t.Select(p)
	if err != nil {
		return p, nil, bindError(err)
	}
	leaf := sel.Leaf()
	if leaf == nil {
		return p, nil, Errorf(Invalid, p.String(), "a schema cannot be compared")
	}
	if leaf.Type == schema.Complex {
		if v := leaf.Sub.Lookup("value"); v != nil {
			leaf = v
		}
	}
	a := sel.Attribute()
	out := schema.Path{Attr: a.Name}
	if t.IsResource() {
		if a.Schema != t.URN() {
			out.URN = a.Schema
		}
	} else {
		out.Attr, out.Sub, _ = strings.Cut(a.Name, ".")
	}
	if p.Filter != nil {
		if out.Filter, err = o.canonical(a.Sub, p.Filter); err != nil {
			return p, nil, err
		}
	}
	if sel.Sub != schema.NoSlot {
		sub := a.Sub.Attribute(sel.Sub).Name
		if out.Sub != "" {
			sub = out.Sub + "." + sub
		}
		out.Sub = sub
	}
	return out, leaf, nil
}

// Leaf is one comparison of a filter, with the field it is about.
type Leaf struct {
	// Field is the field as its type describes it: of "emails.value" that of
	// value.
	Field *schema.Attribute
	// Name is what the target's search calls the field: FilterAs where it is set,
	// else the path in the filter.
	Name  string
	Op    schema.Op
	Value schema.Value // unset for pr
}

// Leaves returns the comparisons of a filter that is one comparison or several
// joined by and. For other filters, and paths that the type lacks, ok is false.
// A nil filter has no comparisons.
func Leaves(t *schema.Type, f schema.Filter) (leaves []Leaf, ok bool) {
	switch f := f.(type) {
	case nil:
		return nil, true
	case *schema.Compare:
		l, ok := leafOf(t, f)
		return []Leaf{l}, ok
	case schema.And:
		for _, g := range f {
			c, ok := g.(*schema.Compare)
			if !ok {
				return nil, false
			}
			l, ok := leafOf(t, c)
			if !ok {
				return nil, false
			}
			leaves = append(leaves, l)
		}
		return leaves, true
	default:
		return nil, false
	}
}

func leafOf(t *schema.Type, c *schema.Compare) (Leaf, bool) {
	sel, err := t.Select(c.Path)
	if err != nil || sel.Leaf() == nil || sel.Filter != nil {
		return Leaf{}, false
	}
	l := Leaf{Field: sel.Leaf(), Name: sel.Leaf().FilterAs, Op: c.Op, Value: c.Value}
	if l.Name == "" {
		l.Name = c.Path.String()
	}
	return l, true
}

// EqOn returns field and value of a filter that is a single eq comparison.
// Fields that a target looks up one by one need nothing else.
func EqOn(f schema.Filter) (field string, value schema.Value, ok bool) {
	c, isCompare := f.(*schema.Compare)
	if !isCompare || c.Op != schema.Eq || c.Path.Filter != nil {
		return "", schema.Value{}, false
	}
	return c.Path.String(), c.Value, true
}

// Render writes a filter in a target's own search language: leaf writes one
// comparison, with its value escaped, and and and or are what stands between two.
// An or within an and gets parentheses. Errors: that of leaf; Unsupported for not
// and value filters.
func Render(t *schema.Type, f schema.Filter, and, or string, leaf func(Leaf) (string, error)) (string, error) {
	join := func(fs []schema.Filter, sep string) (string, error) {
		parts := make([]string, len(fs))
		for i, g := range fs {
			s, err := Render(t, g, and, or, leaf)
			if err != nil {
				return "", err
			}
			if _, isOr := g.(schema.Or); isOr && sep == and {
				s = "(" + s + ")"
			}
			parts[i] = s
		}
		return strings.Join(parts, sep), nil
	}
	switch f := f.(type) {
	case schema.And:
		return join(f, and)
	case schema.Or:
		return join(f, or)
	case *schema.Compare:
		l, ok := leafOf(t, f)
		if !ok {
			return "", Errorf(Unsupported, f.Path.String(), "the target's search cannot say this")
		}
		return leaf(l)
	default:
		return "", Errorf(Unsupported, "", "the target's search cannot say this")
	}
}
