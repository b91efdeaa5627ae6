package scim

import "github.com/usher-scim/usher/schema"

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
	sub := s.By.Sub
	if attr.Type == schema.Complex && sub == schema.NoSlot {
		if sub = attr.Sub.Slot("value"); sub == schema.NoSlot {
			return schema.Value{}
		}
	}
	primary := schema.NoSlot
	if attr.Sub != nil {
		primary = attr.Sub.Slot("primary")
	}
	var first schema.Value
	for v := range (schema.Selector{Type: s.By.Type, Slot: s.By.Slot, Filter: s.By.Filter, Sub: schema.NoSlot}).Values(rec) {
		elem := v.Record()
		if sub != schema.NoSlot {
			if elem == nil {
				continue
			}
			v = firstOf(elem.At(sub))
		}
		if v.Unassigned() {
			continue
		}
		if primary == schema.NoSlot || elem == nil {
			return v
		}
		if is, _ := elem.At(primary).Bool(); is {
			return v
		}
		if first.IsUnset() {
			first = v
		}
	}
	return first
}

// firstOf returns the first value of a list, and any other value as it is.
func firstOf(v schema.Value) schema.Value {
	for e := range v.Elements() {
		if !e.Unassigned() {
			return e
		}
	}
	return schema.Value{}
}
