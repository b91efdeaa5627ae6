package scim

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/schema"
)

// Sort is an order of resources (RFC 7644 section 3.4.2.3). The zero Sort is
// none.
type Sort struct {
	// By is the attribute, or the sub-attribute, by which resources are sorted.
	By         schema.Selector
	Descending bool
}

// IsZero reports whether no order is asked for.
func (s Sort) IsZero() bool { return s.By.Type == nil }

// Compare returns the order of two records of the type that By is bound to:
// negative where a comes first, 0 where nothing tells them apart, so that callers
// sort stably. Values are compared by their attribute's type, see
// [schema.Attribute.Order]. Of several values the primary one counts, else the
// first; a complex one stands for its value. What has no value comes last in
// ascending and first in descending order.
func (s Sort) Compare(a, b *schema.Record) int {
	if s.IsZero() {
		return 0
	}
	return s.compareKeys(s.key(a), s.key(b))
}

// compareKeys compares what key returned.
func (s Sort) compareKeys(v, w schema.Value) int {
	order := 0
	switch attr := s.attribute(); {
	case attr == nil || v.IsUnset() && w.IsUnset():
	case v.IsUnset():
		order = 1
	case w.IsUnset():
		order = -1
	default:
		order = attr.Order(v, w)
	}
	if s.Descending {
		return -order
	}
	return order
}

// attribute returns the attribute whose values are compared, nil where there is
// none.
func (s Sort) attribute() *schema.Attribute {
	leaf := s.By.Leaf()
	if leaf != nil && leaf.Type == schema.Complex {
		if s.By.Sub != schema.NoSlot {
			return nil
		}
		return leaf.Sub.Lookup("value")
	}
	return leaf
}

// key returns the value by which a record is sorted, unset where it has none.
func (s Sort) key(rec *schema.Record) schema.Value {
	attr := s.By.Attribute()
	if attr == nil {
		return schema.Value{}
	}
	if s.By.Slot == schema.SlotMeta && s.By.Sub == metaResourceType {
		return schema.StringValue(rec.Type().Name()) // records need not have it
	}
	v := rec.At(s.By.Slot)
	if v.Kind() != schema.KindList {
		return s.part(attr, v)
	}
	primary := schema.NoSlot
	if attr.Sub != nil {
		primary = attr.Sub.Slot("primary")
	}
	var first schema.Value
	for i := range v.Len() {
		part := s.part(attr, v.At(i))
		if part.IsUnset() {
			continue
		}
		if primary == schema.NoSlot {
			return part
		}
		if is, _ := v.At(i).Record().At(primary).Bool(); is {
			return part
		}
		if first.IsUnset() {
			first = part
		}
	}
	return first
}

// part returns what counts of one of the attribute's values, unset where that is
// not assigned.
func (s Sort) part(attr *schema.Attribute, v schema.Value) schema.Value {
	if attr.Sub != nil {
		elem, sub := v.Record(), s.By.Sub
		if sub == schema.NoSlot {
			sub = attr.Sub.Slot("value")
		}
		if elem == nil || sub == schema.NoSlot || s.By.Filter != nil && !s.By.Filter.Match(elem) {
			return schema.Value{}
		}
		if v = elem.At(sub); v.Kind() == schema.KindList {
			v = v.At(0)
		}
	}
	if v.Unassigned() {
		return schema.Value{}
	}
	return v
}

// sort reads the order of a list (RFC 7644 section 3.4.2.3). An attribute that
// the type does not have is an error, as in a filter: a list that is not in the
// order asked for would be taken for one that is.
func (d *decoder) sort(by, order string) (Sort, error) {
	s := Sort{}
	switch {
	case order == "" || strings.EqualFold(order, "ascending"):
	case strings.EqualFold(order, "descending"):
		s.Descending = true
	default:
		return s, Errorf(http.StatusBadRequest, InvalidValue, "The parameter sortOrder has to be ascending or descending.")
	}
	if by = strings.TrimSpace(by); by == "" {
		return Sort{}, nil
	}
	p, err := schema.ParsePath(by)
	if err == nil {
		s.By, err = d.selectPath(p)
	}
	if err != nil {
		return Sort{}, Errorf(http.StatusBadRequest, InvalidValue, "The parameter sortBy cannot be used: %v.", err)
	}
	if err := d.checkSort(s); err != nil {
		return Sort{}, err
	}
	return s, nil
}

// checkSort refuses what has no order, what records do not have, and what is
// never shown: its order would be a way to guess it.
func (d *decoder) checkSort(s Sort) error {
	refused := func(why string) error {
		return Errorf(http.StatusBadRequest, InvalidValue, "Resources cannot be sorted by %s: %s.", s.path(), why)
	}
	if s.By.Slot == schema.NoSlot {
		return refused("it is a schema, name one of its attributes")
	}
	attr := s.By.Attribute()
	if neverShown(attr) || neverShown(s.By.Leaf()) {
		return refused("it is never returned")
	}
	if s.By.Filter != nil {
		if err := d.checkFilter(attr.Sub, s.By.Filter.Filter()); err != nil {
			return refused("it is found by what is never returned")
		}
	}
	by := s.attribute()
	switch {
	case by == nil:
		return refused("it is complex, name one of its sub-attributes")
	case neverShown(by):
		return refused("it is never returned")
	case s.By.Slot == schema.SlotMeta && (s.By.Sub == metaLocation || s.By.Sub == metaVersion):
		return refused("it is no part of what is stored")
	}
	return nil
}

// path is what is sorted by, without the values of a filter.
func (s Sort) path() string {
	if s.By.Slot == schema.NoSlot {
		return s.By.Schema
	}
	return attributePath(s.By)
}
