package scim

import (
	"errors"

	"github.com/usher-scim/usher/schema"
)

// terms takes the filter of a query over several types apart for each of them
// (RFC 7644 section 3.4.2.1): an attribute that a type lacks has no value there,
// and what meta.resourceType is compared with says which types are meant. It
// remembers the comparisons that no type could make sense of.
type terms struct {
	errs []error // by comparison, in the filter's order; nil where a type has it
	n    int
}

// passing says which of a type's resources pass a filter.
type passing int8

const (
	depends passing = iota // some, perhaps
	always                 // all
	never                  // none
)

func (p passing) not() passing { return [...]passing{depends, never, always}[p] }

// of returns what is left of the filter for the decoder's type: without the
// comparisons that are the same for all of its resources. It is nil unless the
// second result is depends.
func (t *terms) of(d *decoder, f schema.Filter) (schema.Filter, passing) {
	t.n = 0
	return t.reduce(d, f)
}

// err returns the error of the first comparison that no type has.
func (t *terms) err() error {
	for _, err := range t.errs {
		if err != nil {
			return filterError(err)
		}
	}
	return nil
}

func (t *terms) reduce(d *decoder, f schema.Filter) (schema.Filter, passing) {
	switch f := f.(type) {
	case schema.And:
		rest, p := t.reduceAll(d, f, never)
		if len(rest) > 1 {
			return schema.And(rest), p
		}
		return only(rest), p
	case schema.Or:
		rest, p := t.reduceAll(d, f, always)
		if len(rest) > 1 {
			return schema.Or(rest), p
		}
		return only(rest), p
	case schema.Not:
		inner, p := t.reduce(d, f.Filter)
		if p == depends {
			return schema.Not{Filter: inner}, p
		}
		return nil, p.not()
	default:
		return t.comparison(d, f)
	}
}

func only(fs []schema.Filter) schema.Filter {
	if len(fs) == 0 {
		return nil
	}
	return fs[0]
}

// reduceAll reduces the members of an And or an Or, of which one that is decisive
// settles the whole. All of them are looked at all the same: for their errors.
func (t *terms) reduceAll(d *decoder, fs []schema.Filter, decisive passing) ([]schema.Filter, passing) {
	var rest []schema.Filter
	settled := false
	for _, f := range fs {
		g, p := t.reduce(d, f)
		settled = settled || p == decisive
		if p == depends {
			rest = append(rest, g)
		}
	}
	switch {
	case settled:
		return nil, decisive
	case rest == nil:
		return nil, decisive.not()
	default:
		return rest, depends
	}
}

func (t *terms) comparison(d *decoder, f schema.Filter) (schema.Filter, passing) {
	n := t.n
	t.n++
	m, err := d.bind(f)
	t.note(n, err)
	compare, isCompare := f.(*schema.Compare)
	switch {
	case err != nil && isCompare && (compare.Value.IsNull() && compare.Op == schema.Eq || !compare.Value.IsNull() && compare.Op == schema.Ne):
		// No value is equal to null, and to nothing else.
		return nil, always
	case err != nil:
		return nil, never
	case !isCompare:
		return f, depends
	}
	sel, err := d.l.typ.Select(compare.Path)
	if err != nil || sel.Slot != schema.SlotMeta || sel.Sub != metaResourceType {
		return f, depends
	}
	if m.Match(withMeta(d.l.typ.New(), "")) {
		return nil, always
	}
	return nil, never
}

// note keeps the error of a comparison that no type has had so far: the first
// one, unless a later one says what is wrong and not just that the type lacks the
// attribute.
func (t *terms) note(n int, err error) {
	switch {
	case n == len(t.errs):
		t.errs = append(t.errs, err)
	case err == nil || t.errs[n] != nil && !unknown(err):
		t.errs[n] = err
	}
}

func unknown(err error) bool {
	var e *schema.SyntaxError
	return errors.As(err, &e) && e.Kind == schema.KindUnknown
}
